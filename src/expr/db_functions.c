/* The functions as SQLite calls them: the row forms of the tables with values turned to and fro, and four aggregates of its own. A day goes as ISO
 * text there, a bool as 0 and 1. Faults are null only. */
#include "expr/func.h"
#include "expr/total.h"

#include "base/banned.h"

/* --- Functions ------------------------------------------------------------------------------------------------------ */

static char letter_of(const char *args, size_t at)
{
    char last = 0;
    for (const char *p = args; *p && *p != '*'; p++) {
        if (*p == '?')
            continue;
        last = *p;
        if (at-- == 0)
            break;
    }
    return last;
}

static Value value_of(char letter, const DbCallValue *given)
{
    Date day;
    if (given->kind == DB_CALL_NULL)
        return (Value) { .null = true };
    if (letter != 'd')
        return (Value) { .number = given->number, .text = given->text };
    return given->kind == DB_CALL_TEXT && date_parse(given->text, &day) ? (Value) { .number = day } : (Value) { .null = true };
}

static void give(char letter, ExprKind any, const Value *value, Arena *arena, DbCallValue *ret)
{
    char *buffer;
    if (value->null)
        return;
    if (letter == 'd') {
        buffer = arena_alloc(arena, DATE_TEXT_MAX);
        *ret = (DbCallValue) { .kind = DB_CALL_TEXT, .text = str_from(date_format((Date) value->number, buffer)) };
    } else if (letter == 't' || (letter == 'a' && any == EXPR_TEXT)) {
        *ret = (DbCallValue) { .kind = DB_CALL_TEXT, .text = value->text };
    } else {
        *ret = (DbCallValue) { .kind = DB_CALL_INT, .number = value->number };
    }
}

static void call_function(const void *data, const DbCallValue *given, size_t n, Arena *arena, DbCallValue *ret)
{
    const Function *function = data;
    Value *args = ARENA_ARRAY(arena, Value, n), answer = { .null = true };
    Call call = { .arena = arena, .kind = EXPR_NUMBER };
    for (size_t i = 0; i < n; i++) {
        args[i] = value_of(letter_of(function->args, i), &given[i]);
        if (args[i].null && !(function->flags & SEES_NULL))
            return;
        if (given[i].kind == DB_CALL_TEXT) /* days among `any` are ISO text too, and order as such */
            call.kind = EXPR_TEXT;
    }
    if (function->row == fn_date_of)
        call.zone_minutes = (int) args[1].number;
    function->row(&call, args, n, &answer);
    give(function->answer[0], call.kind, &answer, arena, ret);
}

/* --- Aggregates ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Wide sum;
    int64_t count;
    int shift;
} Sum;

static void sum_step(const void *data, void **state, const DbCallValue *args, size_t n)
{
    (void) data;
    Sum *sum = *state ? *state : (*state = g_new0(Sum, 1));
    if (args[0].kind != DB_CALL_INT)
        return;
    sum->sum += args[0].number;
    sum->count++;
    sum->shift = n > 1 ? (int) args[1].number : 0;
}

static void sum_end(const void *data, void *state, Arena *arena, DbCallValue *ret)
{
    (void) data, (void) arena;
    const Sum *sum = state;
    if (sum && sum->count > 0 && number_fits(sum->sum, &ret->number))
        ret->kind = DB_CALL_INT;
    g_free(state);
}

static void avg_end(const void *data, void *state, Arena *arena, DbCallValue *ret)
{
    (void) data, (void) arena;
    const Sum *sum = state;
    if (sum && total_avg(sum->sum, sum->count, sum->shift, &ret->number))
        ret->kind = DB_CALL_INT;
    g_free(state);
}

/* What came first, or last: its value, by an order and a key. Texts are ours. */
typedef struct {
    DbCallValue value, order;
    int64_t key;
} First;

static DbCallValue own(DbCallValue value)
{
    if (value.kind == DB_CALL_TEXT)
        value.text.p = g_memdup2(value.text.p, value.text.n);
    return value;
}

static void let_go(First *first)
{
    g_free((char *) first->value.text.p);
    g_free((char *) first->order.text.p);
}

static int order_of(const DbCallValue *a, const DbCallValue *b)
{
    return a->kind == DB_CALL_TEXT ? str_cmp(a->text, b->text) : (a->number > b->number) - (a->number < b->number);
}

static void first_step(const void *data, void **state, const DbCallValue *args, size_t n)
{
    (void) n;
    bool last = GPOINTER_TO_INT(data);
    if (args[1].kind == DB_CALL_NULL)
        return;
    First *first = *state;
    if (first) {
        int order = order_of(&args[1], &first->order);
        order = order ? order : (args[2].number > first->key) - (args[2].number < first->key);
        if (last ? order <= 0 : order >= 0)
            return;
        let_go(first);
    } else {
        first = *state = g_new0(First, 1);
    }
    *first = (First) { own(args[0]), own(args[1]), args[2].number };
}

static void first_end(const void *data, void *state, Arena *arena, DbCallValue *ret)
{
    (void) data;
    First *first = state;
    if (!first)
        return;
    *ret = first->value;
    if (ret->kind == DB_CALL_TEXT)
        ret->text = arena_str(arena, ret->text);
    let_go(first);
    g_free(first);
}

static const DbFunction aggregates[] = {
    { .name = "bh_sum", .step = sum_step, .end = sum_end },
    { .name = "bh_avg", .step = sum_step, .end = avg_end },
    { .name = "bh_first", .step = first_step, .end = first_end },
    { .name = "bh_last", .data = GINT_TO_POINTER(1), .step = first_step, .end = first_end },
};

/* --- The list ------------------------------------------------------------------------------------------------------- */

/* The rows of a table that have a C form of one row. */
static const Function *nth(const Function *table, size_t *index)
{
    for (; table->name; table++)
        if (table->row && (*index)-- == 0)
            return table;
    return NULL;
}

bool expr_db_functions(size_t index, DbFunction *ret_function)
{
    const Function *function = nth(expr_functions, &index);
    if (!function)
        function = nth(expr_operators, &index);
    if (!function && index >= G_N_ELEMENTS(aggregates))
        return false;
    *ret_function = function ? (DbFunction) { .data = function, .call = call_function } : aggregates[index];
    if (function)
        g_snprintf(ret_function->name, sizeof ret_function->name, "bh_%s", function->name);
    return true;
}
