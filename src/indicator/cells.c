#include "indicator/cells.h"

#include "base/banned.h"

CellCount cells_new(const PackDataset *pack, Arena *arena)
{
    CellCount count = { .fields = ARENA_ARRAY(arena, CellField, pack->fields.n + 1), .applies = ARENA_ARRAY(arena, int64_t, pack->rules.n + 1) };
    return count;
}

/* --- Expressions over stored columns --------------------------------------------------------------------------------------------- */

static const ExprField *stored_field(const PackDataset *pack, Str name)
{
    const ExprScope *scope = pack->stored->scope;
    for (size_t i = 0; i < scope->n_fields; i++)
        if (str_eq(scope->fields[i].name, name))
            return &scope->fields[i];
    return NULL;
}

/* A personal field is stored as an int: whether it is null can be asked, its text cannot. So nothing that reads it runs here. */
bool cells_layout(const PackDataset *pack, const Expr *expr, const RecordBatch *batch, Date today, Arena *scratch, ExprBatch *ret_batch)
{
    size_t n;
    const uint32_t *reads = expr_columns(expr, false, &n);
    ExprColumn *columns = ARENA_ARRAY(scratch, ExprColumn, pack->record->n_fields);
    for (size_t i = 0; i < n; i++) {
        const ExprField *field = stored_field(pack, pack->record->fields[reads[i]].name);
        if (!field)
            return false;
        columns[reads[i]] = batch->columns[field->column];
    }
    *ret_batch = (ExprBatch) { .n = batch->n, .columns = columns, .days = { today, DATE_NONE, DATE_NONE } };
    return true;
}

/* By row: whether it is true. NULL: it cannot be told. */
static const uint8_t *holds(const PackDataset *pack, const Expr *expr, const RecordBatch *batch, ExprRunner *runner, Date today, Arena *scratch)
{
    ExprBatch laid;
    ExprResult result;
    if (!cells_layout(pack, expr, batch, today, scratch, &laid))
        return NULL;
    expr_eval(runner, expr, &laid, scratch, &result);
    uint8_t *answers = ARENA_ARRAY(scratch, uint8_t, batch->n);
    for (size_t i = 0; i < batch->n; i++)
        answers[i] = !(result.column.nulls && result.column.nulls[i]) && ((const uint8_t *) result.column.values)[i];
    return answers;
}

/* --- Counting ---------------------------------------------------------------------------------------------------------------------- */

static void add_field(CellField *count, const PackDataset *pack, const PackField *field, const RecordBatch *batch, ExprRunner *runner, Date today, Arena *scratch)
{
    const uint8_t *nulls = batch->columns[field->column].nulls;
    const uint8_t *when = !field->required && field->required_when.expr ? holds(pack, field->required_when.expr, batch, runner, today, scratch) : NULL;
    int64_t empty = 0;
    for (size_t i = 0; nulls && i < batch->n; i++)
        empty += nulls[i];
    count->there += (int64_t) batch->n - empty;
    if (field->required) {
        count->required += (int64_t) batch->n;
        count->filled += (int64_t) batch->n - empty;
    }
    for (size_t i = 0; when && i < batch->n; i++) {
        count->required += when[i];
        count->filled += when[i] && !(nulls && nulls[i]);
    }
}

static void add_rule(int64_t *applies, const PackDataset *pack, const PackRule *rule, const RecordBatch *batch, ExprRunner *runner, Date today, Arena *scratch)
{
    const uint8_t *when = rule->when.expr ? holds(pack, rule->when.expr, batch, runner, today, scratch) : NULL;
    if (*applies < 0)
        return;
    if (rule->when.expr && !when) {
        *applies = -1;
        return;
    }
    for (size_t i = 0; i < batch->n; i++)
        *applies += !when || when[i];
}

void cells_add(CellCount *count, const PackDataset *pack, const RecordBatch *batch, ExprRunner *runner, Date today, Arena *scratch)
{
    count->rows += (int64_t) batch->n;
    for (size_t i = 0; i < batch->n; i++)
        count->held += batch->states[i] == HUB_HELD;
    for (size_t i = 0; i < pack->fields.n; i++) {
        const PackField *field = &pack->fields.v[i];
        if (!field->retired && !str_eq(field->entry.id, pack->org))
            add_field(&count->fields[i], pack, field, batch, runner, today, scratch);
    }
    for (size_t i = 0; i < pack->rules.n; i++)
        if (pack->rules.v[i].kind == PACK_ROW)
            add_rule(&count->applies[i], pack, &pack->rules.v[i], batch, runner, today, scratch);
}
