/* The table of functions: name, arguments, answer, C forms, SQL forms. No row without all; each has an example in docs/expressions.md that a test runs,
 * and the property test holds the forms against each other. Letters: function.h. */
#include "expr/func.h"

#include "base/banned.h"

const Function expr_functions[] = {
    /* days and instants */
    { "add_days", "di", "d", fn_add_days, batch_add_days, NULL, NULL, MAY_OVERFLOW },
    { "add_months", "di", "d", fn_add_months, batch_add_months, NULL, NULL, MAY_OVERFLOW },
    { "add_years", "di", "d", fn_add_years, batch_add_years, NULL, NULL, MAY_OVERFLOW },
    { "days", "dd", "i", fn_days, batch_days, "CAST($2 - $1 AS BIGINT)", NULL, STRICT },
    { "months", "dd", "i", fn_months, batch_months, NULL, NULL, STRICT },
    { "years", "dd", "i", fn_years, batch_years, NULL, NULL, STRICT },
    { "age_days", "dd", "i", fn_days, batch_days, "CAST($2 - $1 AS BIGINT)", NULL, STRICT },
    { "age_months", "dd", "i", fn_months, batch_months, "bh_months($1, $2)", NULL, STRICT },
    { "age_years", "dd", "i", fn_years, batch_years, "bh_years($1, $2)", NULL, STRICT },
    { "year", "d", "i", fn_year, batch_year, "CAST(extract(year FROM $1) AS BIGINT)", NULL, STRICT },
    { "quarter", "d", "i", fn_quarter, batch_quarter, "CAST(extract(quarter FROM $1) AS BIGINT)", NULL, STRICT },
    { "month", "d", "i", fn_month, batch_month, "CAST(extract(month FROM $1) AS BIGINT)", NULL, STRICT },
    { "day", "d", "i", fn_day, batch_day, "CAST(extract(day FROM $1) AS BIGINT)", NULL, STRICT },
    { "weekday", "d", "i", fn_weekday, batch_weekday, "CAST(extract(isodow FROM $1) AS BIGINT)", NULL, STRICT },
    { "month_start", "d", "d", fn_month_start, NULL, NULL, NULL, STRICT },
    { "month_end", "d", "d", fn_month_end, NULL, NULL, NULL, STRICT },
    { "year_start", "d", "d", fn_year_start, NULL, NULL, NULL, STRICT },
    { "year_end", "d", "d", fn_year_end, NULL, NULL, NULL, STRICT },
    { "date_of", "T", "d", fn_date_of, NULL, "bh_date_of($1, $z)", "bh_date_of($1, $z)", STRICT },
    { "hours", "TT", "i", fn_hours, NULL, NULL, NULL, STRICT },
    { "minutes", "TT", "i", fn_minutes, NULL, NULL, NULL, STRICT },
    /* text */
    { "length", "t", "i", fn_length, NULL, "CAST(char_length($1) AS BIGINT)", NULL, STRICT },
    { "upper", "t", "t", fn_upper, NULL, "upper(($1) COLLATE \"C\")", NULL, STRICT },
    { "lower", "t", "t", fn_lower, NULL, "lower(($1) COLLATE \"C\")", NULL, STRICT },
    { "trim", "t", "t", fn_trim, NULL, NULL, NULL, STRICT },
    { "substr", "ti?i", "t", fn_substr, NULL, NULL, NULL, STRICT },
    { "replace", "tt?t", "t", fn_replace, NULL, NULL, NULL, STRICT },
    { "starts_with", "tt", "b", fn_starts_with, batch_starts_with, "starts_with($1, $2)", NULL, STRICT },
    { "ends_with", "tt", "b", fn_ends_with, batch_ends_with, NULL, NULL, STRICT },
    { "contains", "tt", "b", fn_contains, batch_contains, "(strpos($1, $2) > 0)", NULL, STRICT },
    { "text", "n", "t", fn_text, NULL, "bh_text($1, $s)", "bh_text($1, $s)", STRICT },
    { "number", "tc", "s", fn_number, NULL, NULL, NULL, STRICT },
    /* numbers */
    { "round", "nc", "r", fn_round, NULL, "bh_round($1, $2, $s)", "bh_round($1, $2, $s)", STRICT },
    { "floor", "n", "i", fn_floor, NULL, "bh_floor($1, $s)", "bh_floor($1, $s)", STRICT },
    { "ceil", "n", "i", fn_ceil, NULL, "bh_ceil($1, $s)", "bh_ceil($1, $s)", STRICT },
    { "abs", "n", "n", fn_abs, NULL, "abs($1)", NULL, STRICT },
    /* any kind */
    { "least", "aa*", "a", fn_least, NULL, "LEAST($*)", NULL, SEES_NULL },
    { "greatest", "aa*", "a", fn_greatest, NULL, "GREATEST($*)", NULL, SEES_NULL },
    { "coalesce", "aa*", "a", NULL, NULL, "coalesce($*)", "coalesce($*)", SEES_NULL },
    { "nullif", "aa", "a", fn_nullif, NULL, "nullif($1, $2)", "nullif($1, $2)", SEES_NULL },
    /* numbers that carry a check */
    { "id_valid", "t", "b", fn_id_valid, batch_id_valid, NULL, NULL, STRICT },
    { "id_birth", "t", "d", fn_id_birth, NULL, NULL, NULL, STRICT },
    { "id_sex", "t", "t", fn_id_sex, NULL, NULL, NULL, STRICT },
    { "uscc_valid", "t", "b", fn_uscc_valid, batch_uscc_valid, NULL, NULL, STRICT },
    { "phone_valid", "t", "b", fn_phone_valid, batch_phone_valid, NULL, NULL, STRICT },
    { NULL },
};

const Function expr_operators[] = {
    { "add", "nn", "n", fn_add, NULL, NULL, NULL, STRICT },
    { "sub", "nn", "n", fn_sub, NULL, NULL, NULL, STRICT },
    { "mul", "nn", "n", fn_mul, NULL, NULL, NULL, STRICT },
    { "div", "nni", "n", fn_div, NULL, NULL, NULL, STRICT },
    { "rescale", "ni", "n", fn_rescale, NULL, NULL, NULL, STRICT },
    { "join", "tt", "t", fn_join, NULL, NULL, NULL, STRICT },
    { "like", "tt", "b", fn_like, NULL, NULL, NULL, STRICT },
    { "icd_in", "tt", "b", fn_icd_in, NULL, NULL, NULL, STRICT },
    { "code_on", "tdt", "b", fn_code_on, NULL, NULL, NULL, STRICT },
    { NULL },
};

const Function *operator_find(Op op)
{
    enum { JOIN = 5, LIKE = 6 };
    return &expr_operators[op == OP_JOIN ? JOIN : LIKE];
}
