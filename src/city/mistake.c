/* Mistakes that people and programs make, at the rates of the recipe, more where an institution is careless; at most one in a row, so that what finds it is known. */
#include "city/random.h"
#include "city/send.h"

#include "base/banned.h"

enum { SALT_MISTAKE = 900 };

static int output_of(const CityOutputs *outputs, Str id)
{
    for (size_t i = 0; i < outputs->n; i++)
        if (str_eq(outputs->v[i].id, id))
            return (int) i;
    return -1;
}

static double carelessness(const CityRun *run, uint16_t org)
{
    Decimal factor = run->orgs.v[org].diligence->mistakes;
    double value = (double) factor.value;
    for (int i = 0; i < factor.scale; i++)
        value /= 10;
    return value;
}

typedef struct {
    CityTask *task;
    CityBatch *batch;
    const CityOcc *occs;
    const CityMistake *mistake;
    uint64_t salt;
    int output, with;
    ExprKind kind; /* of the field */
} Making;

static void *copy_values(Arena *arena, const void *values, size_t n, ExprKind kind)
{
    void *copy = arena_alloc_array(arena, n, column_size(kind));
    memcpy(copy, values, n * column_size(kind));
    return copy;
}

static void make_own(const Making *m, int output)
{
    Arena *arena = m->batch->rows->scratch;
    size_t n = m->batch->rows->n;
    ExprColumn *column = ARENA_NEW(arena, ExprColumn);
    column->values = copy_values(arena, m->batch->columns[output]->values, n, m->kind);
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n);
    if (m->batch->columns[output]->nulls)
        memcpy(nulls, m->batch->columns[output]->nulls, n);
    column->nulls = nulls;
    m->batch->columns[output] = column;
}

static void set_cell(const Making *m, int output, size_t row, const ExprColumn *from, size_t from_row)
{
    ExprColumn *column = (ExprColumn *) m->batch->columns[output];
    size_t size = column_size(m->kind);
    memcpy((char *) column->values + row * size, (const char *) from->values + from_row * size, size);
    ((uint8_t *) column->nulls)[row] = column_null(from, from_row);
}

static Str *raw_cell(const Making *m, size_t row)
{
    Str **raw = &m->batch->raw[m->output];
    if (!*raw)
        *raw = ARENA_ARRAY(m->batch->rows->scratch, Str, m->batch->rows->n);
    return &(*raw)[row];
}

static bool wrong_digit(const Making *m, size_t row)
{
    const ExprColumn *column = m->batch->columns[m->output];
    if (m->kind != EXPR_TEXT || column_null(column, row))
        return false;
    Str text = arena_str(m->batch->rows->scratch, ((const Str *) column->values)[row]);
    char *last = (char *) text.p + text.n - 1;
    *last = *last >= '0' && *last < '9' ? (char) (*last + 1) : '0';
    *raw_cell(m, row) = text;
    return true;
}

/* Whether the row can have it: a value that is empty has none. */
static bool make_in_row(const Making *m, size_t row, const ExprColumn *set)
{
    const CityMistake *mistake = m->mistake;
    bool filled = m->output < 0 || !column_null(m->batch->columns[m->output], row);
    switch ((CityMistakeKind) mistake->kind) {
    case MISTAKE_SET:
        if (column_null(set, row))
            return false;
        set_cell(m, m->output, row, set, row);
        return true;
    case MISTAKE_SWAP: {
        if (!filled || column_null(m->batch->columns[m->with], row))
            return false;
        ExprColumn before = *m->batch->columns[m->output];
        before.values = copy_values(m->batch->rows->scratch, before.values, m->batch->rows->n, m->kind);
        set_cell(m, m->output, row, m->batch->columns[m->with], row);
        set_cell(m, m->with, row, &before, row);
        return true;
    }
    case MISTAKE_BLANK: *raw_cell(m, row) = STR(""); return filled;
    case MISTAKE_TEXT: *raw_cell(m, row) = mistake->text; return true;
    case MISTAKE_DIGIT: return wrong_digit(m, row);
    case MISTAKE_TWICE: case MISTAKE_LOST: return true;
    }
    return false;
}

/* What a message does not say cannot be wrong in it. */
static bool is_sent(const Making *m, uint16_t org)
{
    const CityDialects *dialects = m->task->dialects;
    const CitySoftware *software = city_software(dialects, &m->task->run->orgs.v[org], false);
    const CityTemplate *template = software->format == FORMAT_FHIR ? dialects->fhir : software->format == FORMAT_HL7 ? dialects->hl7 : NULL;
    return !template || ((m->output < 0 || template_has(template, (size_t) m->output)) && (m->with < 0 || template_has(template, (size_t) m->with)));
}

/* The rows that are to have it, as far as they have none yet. */
static uint8_t *choose_rows(const Making *m, size_t *ret_n)
{
    CityRows *rows = m->batch->rows;
    const double *shares = rows_number(rows, &m->mistake->share, 0);
    const uint64_t *keys = rows_keys(rows);
    uint8_t *chosen = ARENA_ARRAY(rows->scratch, uint8_t, rows->n);
    *ret_n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        double share = shares[i] * carelessness(m->task->run, m->occs[i].org);
        chosen[i] = !m->batch->mistakes[i] && random_unit(random_of(keys[i], m->salt)) < share && is_sent(m, m->occs[i].org);
        *ret_n += chosen[i];
    }
    if (*ret_n == 0 || !m->mistake->when.node)
        return chosen;
    const uint8_t *when = rows_true(rows, &m->mistake->when, true);
    for (size_t i = 0; i < rows->n; i++)
        chosen[i] &= when[i];
    return chosen;
}

/* What the recipe puts in, as the field has it. */
static const ExprColumn *eval_set(const Making *m)
{
    CityRows *rows = m->batch->rows;
    const ExprColumn *answer = rows_eval(rows, &m->mistake->expr);
    int from = expr_type(m->mistake->expr.expr).scale, to = m->task->dialects->outputs->v[m->output].scale;
    if (m->kind != EXPR_NUMBER || from == to)
        return answer;
    int64_t *values = ARENA_ARRAY(rows->scratch, int64_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        values[i] = number_rescale(((const int64_t *) answer->values)[i], from, to);
    ExprColumn *column = ARENA_NEW(rows->scratch, ExprColumn);
    *column = (ExprColumn) { .values = values, .nulls = answer->nulls };
    return column;
}

static void make_one(Making *m)
{
    CityRows *rows = m->batch->rows;
    size_t n;
    const uint8_t *chosen = choose_rows(m, &n);
    if (n == 0)
        return;
    const ExprColumn *set = m->mistake->kind == MISTAKE_SET ? eval_set(m) : NULL;
    if (set || m->mistake->kind == MISTAKE_SWAP)
        make_own(m, m->output);
    if (m->mistake->kind == MISTAKE_SWAP)
        make_own(m, m->with);
    for (size_t i = 0; i < rows->n; i++)
        if (chosen[i] && make_in_row(m, i, set))
            m->batch->mistakes[i] = m->mistake;
}

void mistakes_make(CityTask *task, CityBatch *batch, const CityOcc *occs)
{
    const CityStream *stream = task->stream->stream;
    const CityOutputs *outputs = task->dialects->outputs;
    for (size_t i = 0; i < stream->mistakes.n; i++) {
        const CityMistake *mistake = &stream->mistakes.v[i];
        Making m = { .task = task, .batch = batch, .occs = occs, .mistake = mistake, .salt = SALT_MISTAKE + i, .output = mistake->field.p ? output_of(outputs, mistake->field) : -1,
                     .with = mistake->with.p ? output_of(outputs, mistake->with) : -1 };
        if (mistake->field.p && (m.output < 0 || outputs->v[m.output].column < 0))
            continue;
        if (m.output >= 0)
            m.kind = stream->plan->columns[outputs->v[m.output].column].type.kind;
        make_one(&m);
    }
}

/* What is to find it: "pack.dataset.rule", "required:field", "type:field", "reject". */
static void add_expected(GString *out, const CityStream *stream, const CityMistake *mistake)
{
    for (size_t i = 0; i < mistake->finds.n; i++) {
        Str name = mistake->finds.v[i].text;
        bool by_field = str_eq(name, STR("required")) || str_eq(name, STR("type")), word = by_field || str_eq(name, STR("reject")) || str_eq(name, STR("repeated")) || str_eq(name, STR("none"));
        g_string_append(out, i > 0 ? " " : "");
        if (by_field)
            g_string_append_printf(out, STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(mistake->field));
        else
            g_string_append_printf(out, STR_FMT "%s" STR_FMT, STR_ARG(word ? STR("") : stream->dataset->full_name), word ? "" : ".", STR_ARG(name));
    }
}

void mistake_line(CityTask *task, const CityFileOut *file, const char *path, const CityMistake *mistake, Str also)
{
    const CityStream *stream = task->stream->stream;
    g_string_append_printf(task->mistakes, "%s,%" G_GUINT64_FORMAT "," STR_FMT "," STR_FMT ",%s,", path, file->rows, STR_ARG(stream->dataset->full_name), STR_ARG(mistake->field),
                           city_mistake_kinds[mistake->kind]);
    add_expected(task->mistakes, stream, mistake);
    g_string_append_printf(task->mistakes, "," STR_FMT "\n", STR_ARG(also.n > 0 ? str_from_at(also, 1) : STR("")));
    task->n_mistakes++;
}
