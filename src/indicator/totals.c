/* Aggregates of expressions over the records of one organisation's period; and which records they take. */
#include "indicator/engine.h"

#include "base/banned.h"

typedef struct {
    const Engine *engine;
    const ExprAggregate *aggregates;
    ExprTotal **totals; /* by aggregate; NULL: of another dataset */
    size_t n;
    const RecordSet *set;
    ExprDays days;
    Arena *scratch;
} Totalling;

/* Of a register all records, whatever the period. */
static RecordWish wish_of(const Engine *engine, const RecordSet *set, int64_t org, Period period)
{
    bool reg = set->pack->kind == PACK_REGISTER;
    return (RecordWish) { .set = set, .org = org, .first = reg ? 0 : hub_month(period_start(period)), .last = reg ? 0 : hub_month(period_end(period)), .persons = engine->quality->persons };
}

/* Registers are read as of the period's last day: group 1 is what was not valid then. */
static const uint32_t *groups_of(const PackDataset *pack, ExprDays days, const RecordBatch *batch, Arena *scratch)
{
    uint32_t *groups = ARENA_ARRAY(scratch, uint32_t, batch->n + 1);
    ExprColumn from, to;
    ExprKind kind;
    if (pack->kind != PACK_REGISTER || !records_column(pack, batch, STR("valid_from"), &from, &kind) || !records_column(pack, batch, STR("valid_to"), &to, &kind))
        return groups;
    for (size_t i = 0; i < batch->n; i++) {
        bool begun = (from.nulls && from.nulls[i]) || ((const Date *) from.values)[i] <= days.period_end;
        bool over = !(to.nulls && to.nulls[i]) && ((const Date *) to.values)[i] < days.period_end;
        groups[i] = !begun || over;
    }
    return groups;
}

static bool total_batch(const RecordBatch *batch, void *data, GError **err)
{
    (void) err;
    const Totalling *t = data;
    ArenaMark mark = arena_mark(t->scratch);
    const uint32_t *groups = groups_of(t->set->pack, t->days, batch, t->scratch);
    ExprBatch rows = { .n = batch->n, .columns = batch->columns, .days = t->days, .keys = batch->keys };
    for (size_t i = 0; i < t->n; i++)
        if (t->totals[i] && t->aggregates[i].dataset->scope == t->set->pack->stored->scope)
            expr_total_add(t->totals[i], t->engine->runner, &rows, groups, t->scratch);
    arena_rewind(t->scratch, mark);
    return true;
}

static bool read_before(const Totalling *t, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (t->aggregates[before].dataset->scope == t->aggregates[i].dataset->scope)
            return true;
    return false;
}

/* Each dataset is read once, for all its aggregates. One that is not installed has no records. */
static bool read_all(Totalling *t, int64_t org, Period period, GError **err)
{
    for (size_t i = 0; i < t->n; i++) {
        t->set = records_set_of_scope(&t->engine->sets, t->aggregates[i].dataset->scope);
        if (!t->set || read_before(t, i))
            continue;
        RecordWish wish = wish_of(t->engine, t->set, org, period);
        if (!records_read(t->engine->quality, &wish, total_batch, t, err))
            return false;
    }
    return true;
}

static void end_totals(Totalling *t, Arena *arena, ExprColumn *columns)
{
    for (size_t i = 0; i < t->n; i++) {
        ExprResult result;
        expr_total_end(t->totals[i], arena, &result);
        columns[i] = result.column;
        expr_total_free(t->totals[i]);
    }
}

bool totals_columns(const Engine *engine, const Expr *expr, int64_t org, Period period, Arena *arena, const ExprColumn **ret_columns, GError **err)
{
    g_autoptr(Arena) scratch = arena_new();
    Totalling t = { .engine = engine, .days = { DATE_NONE, period_start(period), period_end(period) }, .scratch = scratch };
    t.aggregates = expr_aggregates(expr, &t.n);
    t.totals = ARENA_ARRAY(arena, ExprTotal *, t.n + 1);
    for (size_t i = 0; i < t.n; i++)
        t.totals[i] = expr_total_new(&t.aggregates[i], 2);
    ExprColumn *columns = ARENA_ARRAY(arena, ExprColumn, t.n + 1);
    *ret_columns = columns;
    bool ok = read_all(&t, org, period, err);
    end_totals(&t, arena, columns);
    return ok;
}

bool totals_eval(const Engine *engine, const Expr *expr, int64_t org, Period period, int64_t *ret_value, bool *ret_null, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const ExprColumn *columns;
    if (!totals_columns(engine, expr, org, period, arena, &columns, err))
        return false;
    ExprBatch one = { .n = 1, .aggregates = columns, .days = { DATE_NONE, period_start(period), period_end(period) } };
    ExprResult result;
    expr_eval(engine->runner, expr, &one, arena, &result);
    *ret_null = result.column.nulls && result.column.nulls[0];
    *ret_value = *ret_null ? 0 : expr_type(expr).kind == EXPR_BOOL ? ((const uint8_t *) result.column.values)[0] : ((const int64_t *) result.column.values)[0];
    return true;
}

/* --- Which records ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Engine *engine;
    const ExprAggregate *aggregate;
    const RecordSet *set;
    ExprDays days;
    Arena *scratch;
    GArray *taken; /* QualityPlace */
} Taking;

static bool is_true(const ExprColumn *column, size_t i)
{
    return !(column->nulls && column->nulls[i]) && ((const uint8_t *) column->values)[i];
}

/* The same rows as expr_total_add counts: those of the condition that have a value where one is asked for. */
static bool take_batch(const RecordBatch *batch, void *data, GError **err)
{
    (void) err;
    const Taking *t = data;
    ArenaMark mark = arena_mark(t->scratch);
    const uint32_t *groups = groups_of(t->set->pack, t->days, batch, t->scratch);
    ExprBatch rows = { .n = batch->n, .columns = batch->columns, .days = t->days, .keys = batch->keys };
    ExprResult condition = { 0 }, value = { 0 };
    if (t->aggregate->condition)
        expr_eval(t->engine->runner, t->aggregate->condition, &rows, t->scratch, &condition);
    if (t->aggregate->value)
        expr_eval(t->engine->runner, t->aggregate->value, &rows, t->scratch, &value);
    for (size_t i = 0; i < batch->n; i++) {
        if (groups[i] != 0 || (t->aggregate->condition && !is_true(&condition.column, i)) || (value.column.nulls && value.column.nulls[i]))
            continue;
        QualityPlace place = { .org = batch->orgs[i], .month = batch->months[i], .key = batch->keys[i], .person = batch->persons ? batch->persons[i] : 0 };
        g_array_append_val(t->taken, place);
    }
    arena_rewind(t->scratch, mark);
    return true;
}

bool totals_taken(const Engine *engine, const ExprAggregate *aggregate, int64_t org, Period period, GArray *taken, GError **err)
{
    g_autoptr(Arena) scratch = arena_new();
    Taking t = { .engine = engine, .aggregate = aggregate, .set = records_set_of_scope(&engine->sets, aggregate->dataset->scope),
                 .days = { DATE_NONE, period_start(period), period_end(period) }, .scratch = scratch, .taken = taken };
    if (!t.set)
        return true;
    RecordWish wish = wish_of(engine, t.set, org, period);
    wish.roots = engine->roots;
    return records_read(engine->quality, &wish, take_batch, &t, err);
}
