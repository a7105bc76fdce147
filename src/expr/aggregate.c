/* Aggregates over groups: an array of states, fed batch by batch. Sums in 128 bits; texts that are kept are the total's own. */
#include "expr/eval.h"

#include "expr/total.h"

#include "base/banned.h"

/* One value that outlives its batch. */
typedef struct {
    bool set, null;
    int64_t number;
    Str text; /* g_malloc */
} Kept;

struct ExprTotal {
    const ExprAggregate *aggregate;
    size_t n_groups;
    int64_t *counts;
    Wide *sums;
    Kept *values, *orders; /* min, max; first, last */
    int64_t *keys;
    GHashTable *seen;      /* Seen *, for count_distinct */
    Arena *arena;          /* of what is in seen */
    uint8_t *faults;
    bool faulted;
};

typedef struct {
    Str text; /* the value as bytes */
    uint32_t group;
} Seen;

static guint seen_hash(gconstpointer p)
{
    const Seen *seen = p;
    return str_hash(&seen->text) * 31 + seen->group;
}

static gboolean seen_equal(gconstpointer a, gconstpointer b)
{
    const Seen *x = a, *y = b;
    return x->group == y->group && str_eq(x->text, y->text);
}

ExprTotal *expr_total_new(const ExprAggregate *aggregate, size_t n_groups)
{
    ExprTotal *total = g_new0(ExprTotal, 1);
    ExprAggregateKind kind = aggregate->kind;
    total->aggregate = aggregate;
    total->n_groups = n_groups;
    total->faults = g_new0(uint8_t, n_groups);
    total->counts = g_new0(int64_t, n_groups);
    if (kind == EXPR_SUM || kind == EXPR_AVG)
        total->sums = g_new0(Wide, n_groups);
    if (kind >= EXPR_MIN)
        total->values = g_new0(Kept, n_groups);
    if (kind >= EXPR_FIRST) {
        total->orders = g_new0(Kept, n_groups);
        total->keys = g_new0(int64_t, n_groups);
    }
    if (kind == EXPR_COUNT_DISTINCT) {
        total->seen = g_hash_table_new(seen_hash, seen_equal);
        total->arena = arena_new();
    }
    return total;
}

static void free_kept(Kept *kept, size_t n)
{
    for (size_t i = 0; kept && i < n; i++)
        g_free((char *) kept[i].text.p);
    g_free(kept);
}

void expr_total_free(ExprTotal *total)
{
    if (!total)
        return;
    free_kept(total->values, total->n_groups);
    free_kept(total->orders, total->n_groups);
    g_clear_pointer(&total->seen, g_hash_table_unref);
    arena_free(total->arena);
    g_free(total->counts);
    g_free(total->sums);
    g_free(total->keys);
    g_free(total->faults);
    g_free(total);
}

/* --- Feeding -------------------------------------------------------------------------------------------------------- */

static Value value_at(const Expr *part, const ExprResult *result, size_t row)
{
    Vector v = { expr_type(part).kind, false, result->column.values, result->column.nulls };
    return vector_value(&v, row);
}

static void keep(Kept *kept, const Value *value)
{
    g_free((char *) kept->text.p);
    *kept = (Kept) { true, value->null, value->number, STR_NONE };
    if (value->text.p)
        kept->text = (Str) { g_memdup2(value->text.p, value->text.n), value->text.n };
}

static int order_of(ExprKind kind, const Value *a, const Kept *b)
{
    return kind == EXPR_TEXT ? str_cmp(a->text, b->text) : (a->number > b->number) - (a->number < b->number);
}

static void add_extreme(ExprTotal *total, uint32_t group, const Value *value, int sign)
{
    Kept *best = &total->values[group];
    if (!best->set || sign * order_of(total->aggregate->type.kind, value, best) > 0)
        keep(best, value);
}

static void add_first(ExprTotal *total, uint32_t group, const Value *value, const Value *order, int64_t key)
{
    int sign = total->aggregate->kind == EXPR_LAST ? 1 : -1;
    Kept *best = &total->orders[group];
    if (best->set) {
        int by = order_of(expr_type(total->aggregate->order).kind, order, best);
        by = by ? by : (key > total->keys[group]) - (key < total->keys[group]);
        if (sign * by <= 0)
            return;
    }
    keep(best, order);
    keep(&total->values[group], value);
    total->keys[group] = key;
}

static void add_distinct(ExprTotal *total, uint32_t group, const Value *value)
{
    Str bytes = value->text.p ? value->text : (Str) { (const char *) &value->number, sizeof value->number };
    Seen wanted = { bytes, group };
    if (g_hash_table_contains(total->seen, &wanted))
        return;
    Seen *seen = ARENA_NEW(total->arena, Seen);
    *seen = (Seen) { arena_str(total->arena, bytes), group };
    g_hash_table_add(total->seen, seen);
    total->counts[group]++;
}

/* The parts of one batch. */
typedef struct {
    ExprResult condition, value, order;
} Parts;

static void add_row(ExprTotal *total, const Parts *parts, const ExprBatch *batch, size_t row, uint32_t group)
{
    const ExprAggregate *a = total->aggregate;
    Value value = { 0 };
    if (a->value)
        value = value_at(a->value, &parts->value, row);
    if (a->order) {
        Value order = value_at(a->order, &parts->order, row);
        if (!order.null)
            add_first(total, group, &value, &order, batch->keys[row]);
        return;
    }
    if (value.null)
        return;
    if (a->kind == EXPR_COUNT_DISTINCT)
        add_distinct(total, group, &value);
    else
        add_extreme(total, group, &value, a->kind == EXPR_MIN ? -1 : 1);
}

/* Counts and sums are what is asked most: without a call for each row. False for others. */
static bool add_plain(ExprTotal *total, const Parts *parts, const uint8_t *wanted, const uint32_t *groups, size_t n)
{
    const ExprAggregate *a = total->aggregate;
    const uint8_t *nulls = a->value ? parts->value.column.nulls : NULL;
    const int64_t *numbers = parts->value.column.values;
    if (a->order || (a->value && !total->sums))
        return false;
    for (size_t i = 0; i < n; i++) {
        if ((wanted && !wanted[i]) || (nulls && nulls[i]))
            continue;
        total->counts[groups[i]]++;
        if (total->sums)
            total->sums[groups[i]] += numbers[i];
    }
    return true;
}

static void add_faults(ExprTotal *total, const ExprResult *part, const uint8_t *wanted, const uint32_t *groups, size_t n)
{
    for (size_t i = 0; part->faults && i < n; i++)
        if (part->faults[i] && (!wanted || wanted[i])) {
            total->faults[groups[i]] |= part->faults[i];
            total->faulted = true;
        }
}

/* The rows that the condition takes; NULL: all. */
static const uint8_t *wanted_of(const ExprAggregate *a, const Parts *parts, size_t n, Arena *scratch)
{
    if (!a->condition)
        return NULL;
    uint8_t *wanted = ARENA_ARRAY(scratch, uint8_t, n);
    memcpy(wanted, parts->condition.column.values, n);
    if (parts->condition.column.nulls)
        kernel_clear(wanted, parts->condition.column.nulls, n);
    return wanted;
}

void expr_total_add(ExprTotal *total, ExprRunner *runner, const ExprBatch *batch, const uint32_t *groups, Arena *scratch)
{
    const ExprAggregate *a = total->aggregate;
    Parts parts = { 0 };
    if (batch->n == 0)
        return;
    if (a->condition)
        expr_eval(runner, a->condition, batch, scratch, &parts.condition);
    if (a->value)
        expr_eval(runner, a->value, batch, scratch, &parts.value);
    if (a->order)
        expr_eval(runner, a->order, batch, scratch, &parts.order);
    const uint8_t *wanted = wanted_of(a, &parts, batch->n, scratch);
    add_faults(total, &parts.condition, NULL, groups, batch->n);
    add_faults(total, &parts.value, wanted, groups, batch->n);
    add_faults(total, &parts.order, wanted, groups, batch->n);
    if (add_plain(total, &parts, wanted, groups, batch->n))
        return;
    for (size_t i = 0; i < batch->n; i++)
        if (!wanted || wanted[i])
            add_row(total, &parts, batch, i, groups[i]);
}

/* --- Answers -------------------------------------------------------------------------------------------------------- */

static Value kept_value(const Kept *kept)
{
    return (Value) { !kept->set || kept->null, kept->number, kept->text };
}

static Value answer_of(ExprTotal *total, size_t group)
{
    const ExprAggregate *a = total->aggregate;
    Value value = { .null = true };
    int64_t count = total->counts[group];
    switch (a->kind) {
    case EXPR_COUNT:
    case EXPR_COUNT_DISTINCT: return (Value) { .number = count };
    case EXPR_EXISTS: return (Value) { .number = count > 0 };
    case EXPR_SUM: value.null = count == 0 || !number_fits(total->sums[group], &value.number); break;
    case EXPR_AVG: value.null = !total_avg(total->sums[group], count, 6 - expr_type(a->value).scale, &value.number); break;
    default: return kept_value(&total->values[group]);
    }
    if (value.null && count > 0) {
        total->faults[group] |= EXPR_FAULT_OVERFLOW;
        total->faulted = true;
    }
    return value;
}

void expr_total_end(ExprTotal *total, Arena *arena, ExprResult *ret_result)
{
    ExprKind kind = total->aggregate->type.kind;
    char *values = arena_alloc_array(arena, total->n_groups, kind_size(kind));
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, total->n_groups), *faults = ARENA_ARRAY(arena, uint8_t, total->n_groups);
    for (size_t i = 0; i < total->n_groups; i++) {
        Value value = answer_of(total, i);
        nulls[i] = value.null;
        value.text = arena_str(arena, value.text); /* none stays none */
        value_put(kind, values, i, &value);
    }
    if (total->n_groups > 0)
        memcpy(faults, total->faults, total->n_groups);
    *ret_result = (ExprResult) { { .values = values, .nulls = nulls }, total->faulted ? faults : NULL };
}
