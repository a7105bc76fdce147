/* A tree as SQL. One of the few files that build SQL: the text consists of what stands here, in sql_aggregate.c and in the table of functions, of the identifiers of checked packs, and of numbers of ours; all else is a value. */
#include "expr/sql.h"

#include "expr/function.h"

#include "base/json.h"

#include "base/banned.h"

void sql_say(SqlPrinter *p, const char *text)
{
    g_string_append(p->sql, text);
}

static void say_number(SqlPrinter *p, int64_t number)
{
    g_string_append_printf(p->sql, "%" G_GINT64_FORMAT, number);
}

static void say_value(SqlPrinter *p, DbValue value)
{
    g_string_append_c(p->sql, '?');
    *ARENA_PUSH(p->arena, &p->values) = value;
}

static void say_null(SqlPrinter *p, ExprKind kind)
{
    static const char *const nulls[] = {
        [EXPR_NONE] = "NULL", [EXPR_BOOL] = "CAST(NULL AS BOOLEAN)", [EXPR_NUMBER] = "CAST(NULL AS BIGINT)", [EXPR_TEXT] = "CAST(NULL AS TEXT)",
        [EXPR_DATE] = "CAST(NULL AS DATE)", [EXPR_TIME] = "CAST(NULL AS BIGINT)",
    };
    sql_say(p, sql_is_postgres(p) ? nulls[kind] : "NULL");
}

static void say_typed(SqlPrinter *p, ExprKind kind, int64_t number, Str text)
{
    if (kind == EXPR_BOOL)
        sql_say(p, number ? "TRUE" : "FALSE");
    else
        say_value(p, kind == EXPR_TEXT ? DB_TEXT(text) : kind == EXPR_DATE ? DB_DATE(number) : DB_INT(number));
}

/* --- Leaves --------------------------------------------------------------------------------------------------------- */

static void print_literal(SqlPrinter *p, const Node *node)
{
    if (node->literal.null)
        say_null(p, node->type.kind);
    else
        say_typed(p, node->type.kind, node->literal.number, node->literal.text);
}

static void print_field(SqlPrinter *p, const Node *node)
{
    g_assert(node->field->sql);
    sql_say(p, node->field->sql);
}

static void print_day(SqlPrinter *p, const Node *node)
{
    Date day = *(const Date *) ((const char *) &p->days + node->day);
    if (day == DATE_NONE)
        say_null(p, EXPR_DATE);
    else
        say_value(p, DB_DATE(day));
}

/* --- Operators ------------------------------------------------------------------------------------------------------ */

/* Texts are compared by code point on both, whatever collation a part of it comes with. */
void sql_operand(SqlPrinter *p, const Node *node)
{
    bool collate = sql_is_postgres(p) && node->type.kind == EXPR_TEXT;
    sql_say(p, collate ? "(" : "");
    sql_print(p, node);
    sql_say(p, collate ? ") COLLATE \"C\"" : "");
}

static void print_infix(SqlPrinter *p, const Node *node)
{
    static const char *const words[] = { [OP_EQ] = " = ", [OP_NE] = " <> ", [OP_LT] = " < ", [OP_LE] = " <= ", [OP_GT] = " > ", [OP_GE] = " >= ",
                                         [OP_AND] = " AND ", [OP_OR] = " OR " };
    sql_say(p, "(");
    for (uint32_t i = 0; i < node->n; i++) {
        sql_say(p, i > 0 ? words[node->op] : "");
        sql_operand(p, node->args[i]);
    }
    sql_say(p, ")");
}

static void print_arithmetic(SqlPrinter *p, const Node *node)
{
    static const char *const names[] = { [OP_ADD] = "bh_add(", [OP_SUB] = "bh_sub(", [OP_MUL] = "bh_mul(", [OP_DIV] = "bh_div(" };
    bool sum = node->op == OP_ADD || node->op == OP_SUB;
    sql_say(p, names[node->op]);
    for (uint32_t i = 0; i < node->n; i++) {
        int shift = sum ? node->type.scale - node->args[i]->type.scale : 0;
        sql_say(p, i > 0 ? ", " : "");
        sql_say(p, shift > 0 ? "bh_rescale(" : "");
        sql_print(p, node->args[i]);
        if (shift > 0)
            g_string_append_printf(p->sql, ", %d)", shift);
    }
    if (node->op == OP_DIV)
        g_string_append_printf(p->sql, ", %d", 6 - node->args[0]->type.scale + node->args[1]->type.scale);
    sql_say(p, ")");
}

void sql_wrapped(SqlPrinter *p, const char *before, const Node *node, const char *after)
{
    sql_say(p, before);
    sql_print(p, node);
    sql_say(p, after);
}

static void print_neg(SqlPrinter *p, const Node *node)
{
    sql_wrapped(p, "(- ", node->args[0], ")");
}

static void print_not(SqlPrinter *p, const Node *node)
{
    sql_wrapped(p, "(NOT ", node->args[0], ")");
}

static void print_is_null(SqlPrinter *p, const Node *node)
{
    sql_wrapped(p, "(", node->args[0], " IS NULL)");
}

static void print_rescale(SqlPrinter *p, const Node *node)
{
    sql_wrapped(p, "bh_rescale(", node->args[0], ", ");
    say_number(p, node->type.scale - node->args[0]->type.scale);
    sql_say(p, ")");
}

static void print_between(SqlPrinter *p, const Node *node)
{
    sql_say(p, "(");
    sql_operand(p, node->args[0]);
    sql_wrapped(p, " BETWEEN ", node->args[1], " AND ");
    sql_print(p, node->args[2]);
    sql_say(p, ")");
}

static void print_in(SqlPrinter *p, const Node *node)
{
    ExprKind kind = node->args[0]->type.kind;
    size_t n = node->texts ? node->texts->n : node->n_numbers;
    const char *comma = "";
    sql_wrapped(p, "(", node->args[0], " IN (");
    for (size_t i = 0; i < n; i++, comma = ", ") {
        sql_say(p, comma);
        say_typed(p, kind, node->texts ? 0 : node->numbers[i], node->texts ? node->texts->texts[i] : STR_NONE);
    }
    for (uint32_t i = 1; i < node->n; i++, comma = ", ")
        sql_wrapped(p, comma, node->args[i], "");
    if (node->has_null) {
        sql_say(p, comma);
        say_null(p, kind);
    }
    sql_say(p, "))");
}

static void print_join(SqlPrinter *p, const Node *node)
{
    sql_wrapped(p, "bh_join(", node->args[0], ", ");
    sql_wrapped(p, "", node->args[1], ")");
}

static void print_like(SqlPrinter *p, const Node *node)
{
    sql_wrapped(p, sql_is_postgres(p) ? "(" : "bh_like(", node->args[0], sql_is_postgres(p) ? " LIKE " : ", ");
    sql_wrapped(p, "", node->args[1], sql_is_postgres(p) ? " ESCAPE '')" : ")");
}

static void print_case(SqlPrinter *p, const Node *node)
{
    sql_say(p, "CASE");
    for (uint32_t i = 0; i + 1 < node->n; i += 2) {
        sql_wrapped(p, " WHEN ", node->args[i], " THEN ");
        sql_print(p, node->args[i + 1]);
    }
    if (node->n % 2)
        sql_wrapped(p, " ELSE ", node->args[node->n - 1], "");
    sql_say(p, " END");
}

/* --- Codes ---------------------------------------------------------------------------------------------------------- */

enum { FEW_CODES = 64 }; /* so many are values of their own; more go as one JSON text */

static void print_rank(SqlPrinter *p, const Node *node)
{
    const ExprCodes *codes = node->codes;
    if (codes->set->n == 0) {
        say_null(p, EXPR_NUMBER);
        return;
    }
    sql_wrapped(p, "CAST(CASE ", node->args[0], "");
    for (size_t i = 0; i < codes->set->n; i++) {
        sql_say(p, " WHEN ");
        say_value(p, DB_TEXT(codes->set->texts[i]));
        g_string_append_printf(p->sql, " THEN %d", codes_at(codes, i)->rank);
    }
    sql_say(p, " END AS BIGINT)");
}

static void print_few(SqlPrinter *p, const Node *node)
{
    const char *comma = "";
    sql_wrapped(p, "(", node->args[0], " IN (");
    for (size_t i = 0; i < node->codes->set->n; i++) {
        if (node->below && !node->below[i])
            continue;
        sql_say(p, comma);
        say_value(p, DB_TEXT(node->codes->set->texts[i]));
        comma = ", ";
    }
    sql_say(p, "))");
}

/* ["A00","A01"] */
static Str codes_json(SqlPrinter *p, const Node *node)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter w;
    json_writer_init(&w, out, false);
    json_begin_array(&w);
    for (size_t i = 0; i < node->codes->set->n; i++)
        if (!node->below || node->below[i])
            json_str(&w, node->codes->set->texts[i]);
    json_end_array(&w);
    return arena_str(p->arena, str_from_gstring(out));
}

/* A line for each code and its days, "MMR\t2010-01-01\t\n", the first one behind a line's end too: found by its line, on both engines. */
static Str dated_codes(SqlPrinter *p, const Node *node)
{
    g_autoptr(GString) lines = g_string_new("\n");
    char buffer[DATE_TEXT_MAX];
    const ExprCodes *codes = node->codes;
    for (size_t i = 0; i < codes->first[codes->set->n]; i++) {
        const ExprCode *code = &codes->codes[i];
        g_string_append_len(lines, code->code.p, (gssize) code->code.n);
        g_string_append_printf(lines, "\t%s", code->from == DATE_NONE ? "" : date_format(code->from, buffer));
        g_string_append_printf(lines, "\t%s\n", code->to == DATE_NONE ? "" : date_format(code->to, buffer));
    }
    return arena_str(p->arena, str_from_gstring(lines));
}

static size_t codes_meant(const Node *node)
{
    size_t n = 0;
    for (size_t i = 0; i < node->codes->set->n; i++)
        n += !node->below || node->below[i];
    return n;
}

static void print_code_in(SqlPrinter *p, const Node *node)
{
    size_t n = codes_meant(node);
    if (node->n > 1) {
        sql_wrapped(p, "bh_code_on(", node->args[0], ", ");
        sql_wrapped(p, "", node->args[1], ", ");
        say_value(p, DB_TEXT(dated_codes(p, node)));
        sql_say(p, ")");
    } else if (n == 0) { /* IN of nothing would be false for null too */
        sql_wrapped(p, "CASE WHEN ", node->args[0], " IS NULL THEN NULL ELSE FALSE END");
    } else if (n <= FEW_CODES) {
        print_few(p, node);
    } else {
        sql_wrapped(p, "(", node->args[0], sql_is_postgres(p) ? " IN (SELECT jsonb_array_elements_text(CAST(" : " IN (SELECT value FROM json_each(");
        say_value(p, DB_TEXT(codes_json(p, node)));
        sql_say(p, sql_is_postgres(p) ? " AS jsonb))))" : ")))");
    }
}

static void print_icd_in(SqlPrinter *p, const Node *node)
{
    g_autoptr(GString) ranges = g_string_new(NULL);
    for (size_t i = 0; i < node->n_ranges; i++)
        g_string_append_printf(ranges, "%s" STR_FMT "-" STR_FMT, i > 0 ? "," : "", STR_ARG(node->ranges[i].low), STR_ARG(node->ranges[i].high));
    sql_wrapped(p, "bh_icd_in(", node->args[0], ", ");
    say_value(p, DB_TEXT(arena_str(p->arena, str_from_gstring(ranges))));
    sql_say(p, ")");
}

/* --- Functions ------------------------------------------------------------------------------------------------------ */

static void print_args(SqlPrinter *p, const Node *node)
{
    for (uint32_t i = 0; i < node->n; i++) {
        sql_say(p, i > 0 ? ", " : "");
        sql_operand(p, node->args[i]);
    }
}

/* One place of a form: $1 … $9, $*, $s, $z. */
static void print_place(SqlPrinter *p, const Node *node, char place)
{
    if (g_ascii_isdigit(place))
        sql_print(p, node->args[place - '1']);
    else if (place == '*')
        print_args(p, node);
    else
        say_number(p, place == 's' ? node->args[0]->type.scale : p->expr->zone_minutes);
}

static void print_function(SqlPrinter *p, const Node *node)
{
    const char *form = sql_is_postgres(p) ? node->function->postgres : node->function->sqlite;
    if (!form) {
        g_string_append_printf(p->sql, "bh_%s(", node->function->name);
        print_args(p, node);
        sql_say(p, ")");
        return;
    }
    for (; *form; form++) {
        if (*form == '$')
            print_place(p, node, *++form);
        else
            g_string_append_c(p->sql, *form);
    }
}

/* --- The whole ------------------------------------------------------------------------------------------------------ */

static void print_aggregate(SqlPrinter *p, const Node *node)
{
    if (p->aggregates)
        sql_say(p, p->aggregates[node->aggregate]);
    else
        sql_aggregate(p, &p->expr->aggregates[node->aggregate]);
}

static void print_regexp(SqlPrinter *p, const Node *node)
{
    (void) p, (void) node;
    g_assert_not_reached(); /* only scopes that are never printed allow it */
}

void sql_print(SqlPrinter *p, const Node *node)
{
    static void (*const printers[])(SqlPrinter *, const Node *) = {
        [OP_LITERAL] = print_literal, [OP_FIELD] = print_field, [OP_DAY] = print_day, [OP_AGGREGATE] = print_aggregate, [OP_FUNCTION] = print_function,
        [OP_NEG] = print_neg, [OP_ADD] = print_arithmetic, [OP_SUB] = print_arithmetic, [OP_MUL] = print_arithmetic, [OP_DIV] = print_arithmetic,
        [OP_JOIN] = print_join, [OP_EQ] = print_infix, [OP_NE] = print_infix, [OP_LT] = print_infix, [OP_LE] = print_infix, [OP_GT] = print_infix,
        [OP_GE] = print_infix, [OP_AND] = print_infix, [OP_OR] = print_infix, [OP_NOT] = print_not, [OP_IS_NULL] = print_is_null,
        [OP_BETWEEN] = print_between, [OP_IN] = print_in, [OP_LIKE] = print_like, [OP_CASE] = print_case, [OP_RESCALE] = print_rescale,
        [OP_RANK] = print_rank, [OP_CODE_IN] = print_code_in, [OP_ICD_IN] = print_icd_in, [OP_REGEXP] = print_regexp,
    };
    printers[node->op](p, node);
}

static ExprSql finish(SqlPrinter *p)
{
    ExprSql sql = { arena_str(p->arena, str_from_gstring(p->sql)).p, p->values.v, p->values.n };
    g_string_free(p->sql, true);
    return sql;
}

ExprSql expr_sql(const Expr *expr, DbEngine engine, ExprDays days, const char *const *aggregates, Arena *arena)
{
    SqlPrinter p = { .arena = arena, .sql = g_string_new(NULL), .engine = engine, .days = days, .aggregates = aggregates, .expr = expr };
    sql_print(&p, expr->root);
    return finish(&p);
}

ExprSql expr_aggregate_sql(const ExprAggregate *aggregate, DbEngine engine, ExprDays days, Arena *arena)
{
    const Expr *any = aggregate->value ? aggregate->value : aggregate->condition;
    SqlPrinter p = { .arena = arena, .sql = g_string_new(NULL), .engine = engine, .days = days, .expr = any };
    sql_aggregate(&p, aggregate);
    return finish(&p);
}
