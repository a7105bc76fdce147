/* The packs' own rules over what was made: a row without a mistake breaks none, and what a mistake is to be found by finds it. What needs more than the row (parents, periods, what came twice)
 * is found where records are kept. */
#include "city/send.h"

#include "base/banned.h"

typedef struct {
    CityTask *task;
    const CityBatch *batch;
    const PackDataset *dataset;
    ExprColumn *columns; /* of the dataset's record */
    uint8_t *raw;        /* by row: something is there that is no value */
} Checking;

static int output_of(const Checking *c, Str id)
{
    const CityOutputs *outputs = c->task->dialects->outputs;
    for (size_t i = 0; i < outputs->n; i++)
        if (str_eq(outputs->v[i].id, id))
            return (int) i;
    return -1;
}

/* A fact of the person is what the row says of it: as input, or in a field of that element. */
static int output_of_fact(const Checking *c, Str element)
{
    for (size_t i = 0; i < c->dataset->fields.n; i++)
        if (c->dataset->fields.v[i].element && str_eq(c->dataset->fields.v[i].element->entry.id, element))
            return output_of(c, c->dataset->fields.v[i].entry.id);
    return output_of(c, element);
}

static void empty_column(const Checking *c, ExprKind kind, ExprColumn *ret_column)
{
    size_t n = c->batch->rows->n;
    uint8_t *nulls = ARENA_ARRAY(c->batch->rows->scratch, uint8_t, n);
    memset(nulls, 1, n);
    *ret_column = (ExprColumn) { .values = arena_alloc_array(c->batch->rows->scratch, n, column_size(kind)), .nulls = nulls };
}

static void take_column(const Checking *c, int output, ExprColumn *ret_column)
{
    size_t n = c->batch->rows->n;
    const Str *raw = c->batch->raw[output];
    *ret_column = *c->batch->columns[output];
    if (!raw)
        return;
    uint8_t *nulls = ARENA_ARRAY(c->batch->rows->scratch, uint8_t, n);
    bool text = c->task->dialects->outputs->v[output].as == PACK_ID_CARD;
    Str *texts = text ? ARENA_ARRAY(c->batch->rows->scratch, Str, n) : NULL;
    for (size_t i = 0; i < n; i++) {
        nulls[i] = raw[i].p ? !text || raw[i].n == 0 : column_null(ret_column, i);
        if (text)
            texts[i] = raw[i].p ? raw[i] : ((const Str *) ret_column->values)[i];
    }
    ret_column->nulls = nulls;
    if (text)
        ret_column->values = texts;
}

static void fill_columns(Checking *c)
{
    const ExprScope *record = c->dataset->record;
    c->columns = ARENA_ARRAY(c->batch->rows->scratch, ExprColumn, record->n_fields);
    for (size_t i = 0; i < record->n_fields; i++) {
        Str name = record->fields[i].name, person = STR("person.");
        int output = str_starts(name, person) ? output_of_fact(c, str_from_at(name, person.n)) : output_of(c, name);
        if (output >= 0 && c->batch->columns[output])
            take_column(c, output, &c->columns[record->fields[i].column]);
        else
            empty_column(c, record->fields[i].type.kind, &c->columns[record->fields[i].column]);
    }
}

/* By row: the expression is false (or, for `when`, true). */
static uint8_t *run(const Checking *c, const PackExpr *expr, ExprRunner *runner, Date today, bool wanted)
{
    CityRows *rows = c->batch->rows;
    ExprResult result;
    Period period = c->task->stream->periods[c->task->file];
    bool dated = c->task->file > 0;
    ExprBatch batch = { .n = rows->n, .columns = c->columns, .days = { today, dated ? period_start(period) : DATE_NONE, dated ? period_end(period) : DATE_NONE } };
    uint8_t *out = ARENA_ARRAY(rows->scratch, uint8_t, rows->n);
    if (!expr->expr)
        memset(out, wanted, rows->n);
    else
        expr_eval(runner, expr->expr, &batch, rows->scratch, &result);
    for (size_t i = 0; expr->expr && i < rows->n; i++)
        out[i] = !column_null(&result.column, i) && ((const uint8_t *) result.column.values)[i] == wanted;
    return out;
}

static bool is_to_find(const CityMistake *mistake, Str rule)
{
    for (size_t i = 0; i < mistake->finds.n; i++)
        if (str_eq(mistake->finds.v[i].text, rule))
            return true;
    return false;
}

static void tell(Checking *c, const char *what, Str rule, size_t row)
{
    CityTask *task = c->task;
    const CityOcc *occ = &c->batch->rows->occs[row];
    char day[DATE_TEXT_MAX];
    enum { TOLD_BYTES = 4000 };
    if (task->told->len > TOLD_BYTES)
        return;
    g_string_append_printf(task->told, "%s" STR_FMT ": %s " STR_FMT ", %s:", task->told->len > 0 ? "\n" : "", STR_ARG(task->stream->stream->name), what,
                           STR_ARG(rule), date_format(occ->day, day));
    CityFileOut file = { .dialects = task->dialects, .org = &task->run->orgs.v[occ->org], .software = task->run->orgs.v[occ->org].software };
    for (size_t i = 0; i < task->dialects->outputs->n; i++) {
        const CityOutput *output = &task->dialects->outputs->v[i];
        if (!c->batch->columns[i] || column_null(c->batch->columns[i], row))
            continue;
        g_string_append_printf(task->told, " " STR_FMT "=", STR_ARG(output->id));
        write_cell(&file, output, c->batch->columns[i], row, task->told);
    }
}

static void check_rule(Checking *c, const PackRule *rule, ExprRunner *runner, Date today)
{
    const uint8_t *applies = run(c, &rule->when, runner, today, true), *broken = run(c, &rule->check, runner, today, false);
    for (size_t i = 0; i < c->batch->rows->n; i++) {
        const CityMistake *mistake = c->batch->mistakes[i];
        bool breaks = applies[i] && broken[i];
        if (!mistake && breaks) {
            c->task->wrong_rows++;
            tell(c, "a row without a mistake breaks", rule->entry.id, i);
        } else if (mistake && !breaks && is_to_find(mistake, rule->entry.id)) {
            c->task->tame_mistakes++;
            tell(c, "a mistake does not break", rule->entry.id, i);
        } else if (mistake && breaks && !is_to_find(mistake, rule->entry.id))
            c->batch->also[i] = arena_printf(c->batch->rows->scratch, STR_FMT " " STR_FMT, STR_ARG(c->batch->also[i]), STR_ARG(rule->entry.id));
    }
}

static void check_required(Checking *c, const PackField *field, ExprRunner *runner, Date today)
{
    int output = output_of(c, field->entry.id);
    if ((!field->required && !field->required_when.expr) || output < 0)
        return;
    const uint8_t *when = run(c, &field->required_when, runner, today, true);
    const ExprColumn *column = c->batch->columns[output];
    for (size_t i = 0; i < c->batch->rows->n; i++)
        if (!c->batch->mistakes[i] && when[i] && (!column || column_null(column, i))) {
            c->task->wrong_rows++;
            tell(c, "a row without a mistake lacks", field->entry.id, i);
        }
}

static bool is_code(const PackCodes *codes, Str text)
{
    for (size_t i = 0; i < codes->values.n; i++)
        if (str_eq(codes->values.v[i].code, text))
            return true;
    return false;
}

static void check_codes(Checking *c, const CityOutput *output, const ExprColumn *column)
{
    const PackCodes *codes = output->codes;
    Str last = STR_NONE;
    for (size_t i = 0; codes && column && i < c->batch->rows->n; i++) {
        if (c->batch->mistakes[i] || column_null(column, i))
            continue;
        Str text = ((const Str *) column->values)[i];
        if (!str_eq(text, last) && !is_code(codes, text)) {
            c->task->wrong_rows++;
            tell(c, "a row without a mistake has no code of its table in", output->id, i);
        } else
            last = text;
    }
}

void check_batch(CityTask *task, CityBatch *batch, ExprRunner *runner, Date today)
{
    batch->also = ARENA_ARRAY(batch->rows->scratch, Str, batch->rows->n);
    Checking c = { .task = task, .batch = batch, .dataset = task->stream->stream->dataset };
    fill_columns(&c);
    for (size_t i = 0; i < c.dataset->rules.n; i++)
        if (c.dataset->rules.v[i].kind == PACK_ROW)
            check_rule(&c, &c.dataset->rules.v[i], runner, today);
    for (size_t i = 0; i < c.dataset->fields.n; i++)
        check_required(&c, &c.dataset->fields.v[i], runner, today);
    for (size_t i = 0; i < task->dialects->outputs->n; i++)
        check_codes(&c, &task->dialects->outputs->v[i], batch->columns[i]);
    task->checked += batch->rows->n;
}
