/* A tree runs bottom up, a whole batch at each node. What reads one dictionary-coded column alone is run over the entries of the dictionary, once
 * for all batches, and looked up by code; what reads no column is run once. */
#include "expr/eval.h"

#include "base/banned.h"

/* --- Vectors in the making ------------------------------------------------------------------------------------------ */

void *frame_values(Frame *f, ExprKind kind)
{
    return arena_alloc_array(f->scratch, f->n, kind_size(kind));
}

uint8_t *frame_bytes(Frame *f)
{
    return ARENA_ARRAY(f->scratch, uint8_t, f->n);
}

static const uint8_t one_null[] = { 1 };
static const int64_t zeros[] = { 0, 0 };
G_STATIC_ASSERT(sizeof zeros >= sizeof(Str));

Vector vector_null(Frame *f, ExprKind kind)
{
    (void) f;
    return (Vector) { kind, true, zeros, one_null };
}

void frame_fault(Frame *f, size_t row, uint8_t bits)
{
    f->faults[row] |= bits;
    f->faulted = true;
}

uint8_t *frame_nulls(Frame *f, const Vector *args, size_t n, bool *ret_all)
{
    uint8_t *joined = NULL;
    *ret_all = false;
    for (size_t i = 0; i < n; i++) {
        if (!args[i].nulls)
            continue;
        if (args[i].constant) {
            *ret_all |= args[i].nulls[0];
        } else if (!joined) {
            joined = frame_bytes(f);
            memcpy(joined, args[i].nulls, f->n);
        } else {
            kernel_join_nulls(joined, args[i].nulls, f->n);
        }
    }
    return joined;
}

uint8_t *frame_overflow(Frame *f, uint8_t *bad, uint8_t *nulls, const uint8_t *active)
{
    if (nulls)
        kernel_clear(bad, nulls, f->n);
    for (size_t i = 0; i < f->n; i++)
        if (bad[i] && (!active || active[i]))
            frame_fault(f, i, EXPR_FAULT_OVERFLOW);
    if (!nulls)
        return bad;
    kernel_join_nulls(nulls, bad, f->n);
    return nulls;
}

uint8_t *frame_own_bools(Frame *f, const Vector *v, uint8_t **ret_nulls)
{
    uint8_t *bools = frame_bytes(f);
    *ret_nulls = v->nulls ? frame_bytes(f) : NULL;
    if (v->constant) {
        memset(bools, vector_bools(v)[0], f->n);
        if (v->nulls)
            memset(*ret_nulls, v->nulls[0], f->n);
        return bools;
    }
    memcpy(bools, v->values, f->n);
    if (v->nulls)
        memcpy(*ret_nulls, v->nulls, f->n);
    return bools;
}

/* --- Leaves --------------------------------------------------------------------------------------------------------- */

static Vector constant(Frame *f, ExprKind kind, int64_t number, Str text)
{
    void *value = arena_alloc(f->scratch, sizeof(Str));
    if (kind == EXPR_TEXT)
        *(Str *) value = text;
    else if (kind == EXPR_DATE)
        *(Date *) value = (Date) number;
    else if (kind == EXPR_BOOL)
        *(uint8_t *) value = (uint8_t) number;
    else
        *(int64_t *) value = number;
    return (Vector) { kind, true, value, NULL };
}

static Vector eval_literal(Frame *f, const Node *node, const uint8_t *active)
{
    (void) active;
    return node->literal.null ? vector_null(f, node->type.kind) : constant(f, node->type.kind, node->literal.number, node->literal.text);
}

static Vector eval_day(Frame *f, const Node *node, const uint8_t *active)
{
    (void) active;
    Date day = *(const Date *) ((const char *) &f->batch->days + node->day);
    return day == DATE_NONE ? vector_null(f, EXPR_DATE) : constant(f, EXPR_DATE, day, STR_NONE);
}

static Vector spelled_out(Frame *f, const ExprColumn *column)
{
    Str *texts = frame_values(f, EXPR_TEXT);
    for (size_t i = 0; i < f->n; i++)
        if (!column->nulls || !column->nulls[i])
            texts[i] = column->dict->values[column->codes[i]];
    return (Vector) { EXPR_TEXT, false, texts, column->nulls };
}

static Vector of_column(Frame *f, ExprKind kind, const ExprColumn *column)
{
    if (column->codes)
        return spelled_out(f, column);
    Vector v = { kind, false, column->values, column->nulls };
    if (kind != EXPR_BOOL || !column->nulls)
        return v;
    uint8_t *bools = frame_bytes(f);
    memcpy(bools, column->values, f->n);
    kernel_clear(bools, column->nulls, f->n);
    v.values = bools;
    return v;
}

/* A column of the scope around the dataset: each row's is that of the row there. */
static Vector of_outer(Frame *f, const Node *node)
{
    const ExprColumn *column = &f->batch->outer->columns[node->field->column];
    const uint32_t *rows = f->batch->outer_rows;
    ExprKind kind = node->type.kind;
    size_t size = kind_size(kind);
    char *values = frame_values(f, kind);
    uint8_t *nulls = frame_bytes(f);
    for (size_t i = 0; i < f->n; i++) {
        nulls[i] = column->nulls && column->nulls[rows[i]];
        if (nulls[i])
            continue;
        const void *from = column->codes ? (const void *) &column->dict->values[column->codes[rows[i]]] : (const char *) column->values + rows[i] * size;
        memcpy(values + i * size, from, size);
    }
    return (Vector) { kind, false, values, nulls };
}

static Vector eval_field(Frame *f, const Node *node, const uint8_t *active)
{
    (void) active;
    if (node->outer)
        return of_outer(f, node);
    const ExprColumn *column = f->lifted && (int) node->field->column == f->lifted_column ? f->lifted : &f->batch->columns[node->field->column];
    return of_column(f, node->type.kind, column);
}

static Vector eval_aggregate(Frame *f, const Node *node, const uint8_t *active)
{
    (void) active;
    return of_column(f, node->type.kind, &f->batch->aggregates[node->aggregate]);
}

static const EvalOp ops[] = {
    [OP_LITERAL] = eval_literal, [OP_FIELD] = eval_field, [OP_DAY] = eval_day, [OP_AGGREGATE] = eval_aggregate, [OP_FUNCTION] = eval_function,
    [OP_NEG] = eval_arithmetic, [OP_ADD] = eval_arithmetic, [OP_SUB] = eval_arithmetic, [OP_MUL] = eval_arithmetic, [OP_DIV] = eval_arithmetic,
    [OP_JOIN] = eval_operator, [OP_EQ] = eval_compare, [OP_NE] = eval_compare, [OP_LT] = eval_compare, [OP_LE] = eval_compare, [OP_GT] = eval_compare,
    [OP_GE] = eval_compare, [OP_AND] = eval_and, [OP_OR] = eval_or, [OP_NOT] = eval_not, [OP_IS_NULL] = eval_is_null, [OP_BETWEEN] = eval_between,
    [OP_IN] = eval_in, [OP_LIKE] = eval_operator, [OP_CASE] = eval_case, [OP_RESCALE] = eval_rescale, [OP_RANK] = eval_rank,
    [OP_CODE_IN] = eval_code_in, [OP_ICD_IN] = eval_icd_in, [OP_REGEXP] = eval_regexp,
};

/* --- Once for all rows ------------------------------------------------------------------------------------------------ */

static Vector eval_once(Frame *f, const Node *node, const uint8_t *active)
{
    uint8_t faults = 0;
    if (active && !kernel_any(active, f->n))
        return vector_null(f, node->type.kind);
    Frame once = *f;
    once.n = 1;
    once.faults = &faults;
    once.lifted = NULL;
    Vector v = ops[node->op](&once, node, NULL);
    v.constant = true;
    for (size_t i = 0; faults && i < f->n; i++)
        if (!active || active[i])
            frame_fault(f, i, faults);
    return v;
}

/* --- Once for each entry of a dictionary ------------------------------------------------------------------------------ */

static void memo_grow(Memo *memo, size_t entries, size_t size)
{
    if (entries <= memo->cap)
        return;
    memo->cap = MAX(entries, 2 * memo->cap);
    memo->values = g_realloc(memo->values, memo->cap * size);
    memo->nulls = g_realloc(memo->nulls, memo->cap);
    memo->faults = g_realloc(memo->faults, memo->cap);
}

/* The answers for one stretch go behind those that are there. */
static void memo_keep(Memo *memo, size_t at, const Frame *f, const Vector *v, ExprKind kind)
{
    size_t size = kind_size(kind);
    memo_grow(memo, at + f->n, size);
    for (size_t i = 0; i < f->n; i++) {
        size_t from = v->constant ? 0 : i;
        bool null = vector_is_null(v, i);
        memo->nulls[at + i] = null;
        memo->any_null |= null;
        memcpy(memo->values + (at + i) * size, (const char *) v->values + from * size, size);
        if (kind == EXPR_TEXT)
            ((Str *) memo->values)[at + i] = null ? STR_NONE : arena_str(memo->arena, vector_texts(v)[from]);
    }
    memcpy(memo->faults + at, f->faults, f->n);
    memo->any_fault |= f->faulted;
}

/* Runs the node over n values of its column; `values` NULL: one null. */
static void memo_run(Frame *f, const Node *node, Memo *memo, size_t at, const Str *values, size_t n)
{
    static const Str nothing = { "", 0 };
    ArenaMark mark = arena_mark(f->scratch);
    ExprColumn column = { .values = values ? values : &nothing, .nulls = values ? NULL : one_null };
    Frame over = *f;
    over.n = n;
    over.faulted = false;
    over.faults = ARENA_ARRAY(f->scratch, uint8_t, n);
    over.lifted = &column;
    over.lifted_column = node->only;
    Vector v = ops[node->op](&over, node, NULL);
    memo_keep(memo, at, &over, &v, node->type.kind);
    arena_rewind(f->scratch, mark);
}

static void memo_answer(Frame *f, const Node *node, Memo *memo, const ExprDict *dict)
{
    if (memo->dict != dict->id) {
        arena_free(memo->arena);
        memo->arena = arena_new();
        memo->dict = dict->id;
        memo->n = 0;
        memo->any_null = memo->any_fault = false;
        memo_run(f, node, memo, 0, NULL, 1);
    }
    while (memo->n < dict->n) {
        uint32_t n = MIN(dict->n - memo->n, (uint32_t) EXPR_BATCH_ROWS);
        memo_run(f, node, memo, memo->n + 1, dict->values + memo->n, n);
        memo->n += n;
    }
}

static Vector eval_lifted(Frame *f, const Node *node, const uint8_t *active, const ExprColumn *column, const Memo *memo)
{
    ExprKind kind = node->type.kind;
    void *values = frame_values(f, kind);
    kernel_gather(kind, memo->values, column->codes, column->nulls, values, f->n);
    uint8_t *nulls = memo->any_null ? frame_bytes(f) : NULL;
    if (nulls)
        kernel_gather_bytes(memo->nulls, column->codes, column->nulls, nulls, f->n);
    for (size_t i = 0; memo->any_fault && i < f->n; i++) {
        uint8_t fault = memo->faults[column->nulls && column->nulls[i] ? 0 : (size_t) column->codes[i] + 1];
        if (fault && (!active || active[i]))
            frame_fault(f, i, fault);
    }
    return (Vector) { kind, false, values, nulls };
}

/* The column, if running the node over its dictionary is less work than over the rows: there are not more new entries than rows. (A day of ExprDays
 * may differ from batch to batch: what names one is not kept.) */
static const ExprColumn *lifts(const Frame *f, const Node *node, Memo **ret_memo)
{
    if (node->only < 0 || node->op == OP_FIELD || f->lifted || node->names_day)
        return NULL;
    const ExprColumn *column = &f->batch->columns[node->only];
    if (!column->codes)
        return NULL;
    Memo *memo = runner_memo(f->runner, node);
    uint32_t known = memo->dict == column->dict->id ? memo->n : 0;
    *ret_memo = memo;
    return column->dict->n - known <= f->n ? column : NULL;
}

Vector eval_node(Frame *f, const Node *node, const uint8_t *active)
{
    if (node->op == OP_LITERAL)
        return eval_literal(f, node, active);
    if (node->only == COLUMN_NONE && f->n > 1)
        return eval_once(f, node, active);
    Memo *memo = NULL;
    const ExprColumn *column = lifts(f, node, &memo);
    if (!column)
        return ops[node->op](f, node, active);
    memo_answer(f, node, memo, column->dict);
    return eval_lifted(f, node, active, column, memo);
}

/* --- The whole ------------------------------------------------------------------------------------------------------ */

static ExprColumn to_column(Frame *f, const Vector *v)
{
    if (!v->constant)
        return (ExprColumn) { .values = v->values, .nulls = v->nulls };
    size_t size = kind_size(v->kind);
    char *values = frame_values(f, v->kind);
    for (size_t i = 0; i < f->n; i++)
        memcpy(values + i * size, v->values, size);
    uint8_t *nulls = v->nulls && v->nulls[0] ? frame_bytes(f) : NULL;
    if (nulls)
        memset(nulls, 1, f->n);
    return (ExprColumn) { .values = values, .nulls = nulls };
}

void expr_eval(ExprRunner *runner, const Expr *expr, const ExprBatch *batch, Arena *scratch, ExprResult *ret_result)
{
    *ret_result = (ExprResult) { .column = { .values = zeros } };
    if (batch->n == 0)
        return;
    g_assert(batch->n <= EXPR_BATCH_ROWS);
    Frame f = { .runner = runner, .batch = batch, .scratch = scratch, .zone_minutes = expr->zone_minutes, .n = batch->n };
    f.faults = frame_bytes(&f);
    Vector v = eval_node(&f, expr->root, NULL);
    ret_result->column = to_column(&f, &v);
    ret_result->faults = f.faulted ? f.faults : NULL;
}
