/* func.h: the functions' C forms, for the rows of the table; private to src/expr. */
#pragma once

#include "expr/function.h"
#include "expr/number.h"

#define ROW(name) void name(Call *call, const Value *args, size_t n, Value *ret)
#define BATCH(name) void name(const Call *call, const Vector *args, size_t rows, Vector *ret)

/* func_date.c */
ROW(fn_add_days); ROW(fn_add_months); ROW(fn_add_years);
ROW(fn_days); ROW(fn_months); ROW(fn_years); ROW(fn_hours); ROW(fn_minutes); ROW(fn_date_of);
ROW(fn_year); ROW(fn_quarter); ROW(fn_month); ROW(fn_day); ROW(fn_weekday);
ROW(fn_month_start); ROW(fn_month_end); ROW(fn_year_start); ROW(fn_year_end);
BATCH(batch_days); BATCH(batch_months); BATCH(batch_years); BATCH(batch_year); BATCH(batch_quarter); BATCH(batch_month); BATCH(batch_day);
BATCH(batch_weekday); BATCH(batch_add_days); BATCH(batch_add_months); BATCH(batch_add_years);

/* func_text.c */
ROW(fn_length); ROW(fn_upper); ROW(fn_lower); ROW(fn_trim); ROW(fn_substr); ROW(fn_replace); ROW(fn_starts_with); ROW(fn_ends_with);
ROW(fn_contains); ROW(fn_text); ROW(fn_number); ROW(fn_join); ROW(fn_like);
BATCH(batch_starts_with); BATCH(batch_ends_with); BATCH(batch_contains);

/* icd.c, func_text.c */
ROW(fn_icd_in); ROW(fn_code_on);

/* func_number.c */
ROW(fn_round); ROW(fn_floor); ROW(fn_ceil); ROW(fn_abs); ROW(fn_least); ROW(fn_greatest); ROW(fn_nullif);
ROW(fn_add); ROW(fn_sub); ROW(fn_mul); ROW(fn_div); ROW(fn_rescale);

/* func_id.c */
ROW(fn_id_valid); ROW(fn_id_birth); ROW(fn_id_sex); ROW(fn_uscc_valid); ROW(fn_phone_valid);
BATCH(batch_id_valid); BATCH(batch_uscc_valid); BATCH(batch_phone_valid);

static inline void answer_number(Value *ret, int64_t number)
{
    *ret = (Value) { .number = number };
}

/* An empty text is null; one that was made too long is a fault. */
static inline void answer_text(Call *call, Value *ret, Str text)
{
    if (text.n > LIMIT_EXPR_MADE_BYTES)
        call->faults |= EXPR_FAULT_OVERFLOW;
    else if (text.n > 0)
        *ret = (Value) { .text = text };
}

static inline void answer_wide(Call *call, Value *ret, Wide wide)
{
    int64_t number;
    if (number_fits(wide, &number))
        answer_number(ret, number);
    else
        call->faults |= EXPR_FAULT_OVERFLOW;
}
