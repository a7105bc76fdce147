/* Records that owe and records that meet, out of batches: by expressions over columns. */
#include "indicator/owing.h"

#include "base/banned.h"

int64_t owing_root(const Owing *owing, int64_t person)
{
    const int64_t *root = g_hash_table_size(owing->roots) > 0 ? g_hash_table_lookup(owing->roots, &person) : NULL;
    return root ? *root : person;
}

bool owing_is_dirty(const Owing *owing, int64_t root)
{
    size_t low = 0, high = owing->all ? 0 : owing->dirty->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t there = g_array_index(owing->dirty, int64_t, middle);
        if (there == root)
            return true;
        if (there < root)
            low = middle + 1;
        else
            high = middle;
    }
    return owing->all;
}

/* By row: the root of its person where the row counts, else 0: it is held back, about nobody, or about somebody who is not computed now. */
static const int64_t *roots_of(const Owing *owing, const RecordBatch *batch, Arena *arena, size_t *ret_n)
{
    int64_t *roots = ARENA_ARRAY(arena, int64_t, batch->n + 1);
    *ret_n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        roots[i] = batch->persons && batch->persons[i] > 0 && batch->states[i] != HUB_HELD ? owing_root(owing, batch->persons[i]) : 0;
        if (roots[i] != 0 && !owing_is_dirty(owing, roots[i]))
            roots[i] = 0;
        *ret_n += roots[i] != 0;
    }
    return roots;
}

static ExprColumn eval(const Owing *owing, const Expr *expr, const RecordBatch *batch, Arena *arena)
{
    ExprBatch rows = { .n = batch->n, .columns = batch->columns, .days = { DATE_NONE, DATE_NONE, DATE_NONE }, .keys = batch->keys };
    ExprResult result;
    expr_eval(owing->runner, expr, &rows, arena, &result);
    return result.column;
}

/* By row: whether it is true; NULL: there is no expression, all are. */
static const uint8_t *truth(const Owing *owing, const Expr *expr, const RecordBatch *batch, Arena *arena)
{
    if (!expr)
        return NULL;
    uint8_t *answers = ARENA_ARRAY(arena, uint8_t, batch->n + 1);
    ExprColumn column = eval(owing, expr, batch, arena);
    for (size_t i = 0; i < batch->n; i++)
        answers[i] = !(column.nulls && column.nulls[i]) && ((const uint8_t *) column.values)[i];
    return answers;
}

/* The days of a column of dates or instants; DATE_NONE where there is none. */
static const Date *days_of(const Owing *owing, const ExprColumn *column, ExprKind kind, size_t n, Arena *arena)
{
    Date *days = ARENA_ARRAY(arena, Date, n + 1);
    for (size_t i = 0; i < n; i++)
        days[i] = !column->values || (column->nulls && column->nulls[i]) ? DATE_NONE
                  : kind == EXPR_DATE                                    ? ((const Date *) column->values)[i]
                                                                         : date_of_instant(((const int64_t *) column->values)[i], owing->zone);
    return days;
}

static const Date *days_named(const Owing *owing, const PackDataset *pack, const RecordBatch *batch, Str name, Arena *arena)
{
    ExprColumn column = { 0 };
    ExprKind kind = EXPR_DATE;
    if (!name.p || !records_column(pack, batch, name, &column, &kind))
        column = (ExprColumn) { 0 };
    return days_of(owing, &column, kind, batch->n, arena);
}

/* A record that is over says which of another one's days it does not meet. */
static bool is_kept(const Owing *owing, const OwedDuty *duty, const OwedClaim *claim)
{
    if (duty->duty->every != PACK_NEVER)
        return claim->to == DATE_NONE || (duty->n_periods > 0 && claim->to >= duty->periods[0].end);
    return claim->due != DATE_NONE && (claim->to != DATE_NONE || (claim->due >= owing->first && claim->due <= owing->last));
}

static void take_claims(const Owing *owing, OwedDuty *duty, const RecordBatch *batch, const int64_t *roots, Arena *arena)
{
    const PackDataset *pack = duty->owes->pack;
    const uint8_t *when = truth(owing, duty->duty->when.expr, batch, arena);
    ExprColumn due = { 0 }, org = { 0 };
    ExprKind kind = EXPR_NUMBER;
    if (duty->duty->due.expr)
        due = eval(owing, duty->duty->due.expr, batch, arena);
    const Date *dues = days_of(owing, &due, EXPR_DATE, batch->n, arena);
    const Date *from = days_named(owing, pack, batch, STR("valid_from"), arena), *to = days_named(owing, pack, batch, STR("valid_to"), arena);
    if (!duty->duty->chased_by.p || !records_column(pack, batch, duty->duty->chased_by, &org, &kind))
        org = (ExprColumn) { 0 };
    for (size_t i = 0; i < batch->n; i++) {
        if (roots[i] == 0 || (when && !when[i]))
            continue;
        bool chased = org.values && !(org.nulls && org.nulls[i]);
        OwedClaim claim = { roots[i], chased ? ((const int64_t *) org.values)[i] : batch->orgs[i], dues[i], from[i], to[i] };
        if (is_kept(owing, duty, &claim))
            g_array_append_val(duty->claims, claim);
    }
}

static void take_met(const Owing *owing, OwedDuty *duty, const RecordBatch *batch, const int64_t *roots, Arena *arena)
{
    const PackDataset *pack = duty->meets->pack;
    const uint8_t *where = truth(owing, duty->duty->done_by->where.expr, batch, arena);
    const Date *days = days_named(owing, pack, batch, pack->kind == PACK_REGISTER ? STR("valid_from") : pack->date, arena);
    for (size_t i = 0; i < batch->n; i++) {
        OwedMet met = { roots[i], days[i] };
        bool kept = duty->duty->every == PACK_NEVER || (duty->n_periods > 0 && met.day >= duty->periods[0].start);
        if (roots[i] != 0 && met.day != DATE_NONE && kept && (!where || where[i]))
            g_array_append_val(duty->met, met);
    }
}

bool owed_take_batch(const Owing *owing, const RecordSet *set, const RecordBatch *batch, GError **err)
{
    (void) err;
    g_autoptr(Arena) arena = arena_new();
    size_t n;
    const int64_t *roots = roots_of(owing, batch, arena, &n);
    for (size_t d = 0; n > 0 && d < owing->n_duties; d++) {
        OwedDuty *duty = &owing->duties[d];
        if (duty->duty && duty->claims && duty->owes == set)
            take_claims(owing, duty, batch, roots, arena);
        if (duty->duty && duty->met && duty->meets == set)
            take_met(owing, duty, batch, roots, arena);
    }
    return true;
}
