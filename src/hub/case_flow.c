/* A flow over records: which steps are for which of them, and until when. */
#include "db/queries.h"
#include "hub/case.h"
#include "hub/person.h"
#include "pack/store.h"

#include "base/banned.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

/* A column of the record that a `when` reads. */
typedef struct {
    uint32_t record;
    Str column;                 /* of the table; of a fact: person_ */
    const PackElement *element; /* of a fact of the person, or NULL */
    ExprKind kind;
} Read;

struct HubFlow {
    Hub *hub;
    const PackDataset *dataset;
    const PackFlow *flow;
    Calendar calendar;
    int zone_minutes;
    ExprDays days;
    Read *reads;
    size_t n_reads;
    ExprRunner *runner;
};

/* --- Making --------------------------------------------------------------------------------------------------------------------- */

static const PackElement *element_of(const PacksRef *packs, Str name)
{
    size_t n;
    const PackElement *elements = packs_elements(packs, &n);
    for (size_t i = 0; str_starts(name, STR("person.")) && i < n; i++)
        if (str_eq(elements[i].entry.id, str_from_at(name, 7)))
            return &elements[i];
    return NULL;
}

static void add_read(HubFlow *flow, const PacksRef *packs, uint32_t column)
{
    const ExprField *field = &flow->dataset->record->fields[column];
    for (size_t i = 0; i < flow->n_reads; i++)
        if (flow->reads[i].record == column)
            return;
    const PackElement *element = element_of(packs, field->name);
    Str name = element ? STR("person_") : str_eq(field->name, flow->dataset->org) ? STR("org_") : field->name;
    flow->reads[flow->n_reads++] = (Read) { column, name, element, field->type.kind };
}

HubFlow *hub_flow_new(Hub *hub, DbConn *conn, const PackDataset *dataset, Arena *arena, GError **err)
{
    g_autoptr(PacksRef) packs = hub_packs(hub);
    const Clock *clock = hub_open(hub)->clock;
    HubFlow *flow = g_new0(HubFlow, 1);
    *flow = (HubFlow) { .hub = hub, .dataset = dataset, .flow = dataset->flow, .zone_minutes = clock_zone_minutes(clock), .days = { clock_today(clock), DATE_NONE, DATE_NONE },
                        .reads = ARENA_ARRAY(arena, Read, dataset->record->n_fields + 1), .runner = expr_runner_new() };
    for (size_t s = 0; s < dataset->flow->steps.n; s++) {
        const Expr *when = dataset->flow->steps.v[s].when.expr;
        size_t n = 0;
        const uint32_t *columns = when ? expr_columns(when, false, &n) : NULL;
        for (size_t i = 0; i < n; i++)
            add_read(flow, packs, columns[i]);
    }
    if (calendar_load(conn, arena, CALENDAR_CHINA, &flow->calendar, err))
        return flow;
    hub_flow_free(flow);
    return NULL;
}

void hub_flow_free(HubFlow *flow)
{
    if (!flow)
        return;
    expr_runner_free(flow->runner);
    g_free(flow);
}

/* --- Which steps are for a record ------------------------------------------------------------------------------------------------ */

static ptrdiff_t column_of(const HubCells *cells, Str name)
{
    for (size_t i = 0; i < cells->width; i++)
        if (str_eq(str_from(cells->columns[i]), name))
            return (ptrdiff_t) i;
    return -1;
}

const DbValue *hub_cell(const HubCells *cells, size_t row, Str column)
{
    ptrdiff_t at = column_of(cells, column);
    return at < 0 ? NULL : &cells->cells[row * cells->width + (size_t) at];
}

static bool is_null(const DbValue *value, ExprKind kind)
{
    return kind == EXPR_TEXT ? !value->text.p : kind == EXPR_DATE ? value->number == DATE_NONE : value->number == DB_NULL_INT;
}

static void put_value(void *values, size_t at, const DbValue *value, ExprKind kind)
{
    switch (kind) {
    case EXPR_BOOL: ((uint8_t *) values)[at] = value->number == 1; return;
    case EXPR_TEXT: ((Str *) values)[at] = value->text; return;
    case EXPR_DATE: ((Date *) values)[at] = (Date) value->number; return;
    default: ((int64_t *) values)[at] = value->number; return;
    }
}

/* What is not stored (the subject's inputs) has no value. */
static ExprColumn gather(const HubCells *cells, ptrdiff_t column, ExprKind kind, Arena *arena)
{
    uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, cells->n);
    void *values = arena_alloc_array(arena, cells->n, sizeof(Str)); /* the largest of them */
    for (size_t i = 0; i < cells->n; i++) {
        const DbValue *value = column < 0 ? NULL : &cells->cells[i * cells->width + (size_t) column];
        nulls[i] = !value || is_null(value, kind);
        if (!nulls[i])
            put_value(values, i, value, kind);
    }
    return (ExprColumn) { .values = values, .nulls = nulls };
}

static ExprColumn facts(const HubFlow *flow, const HubCells *cells, const Read *read, Arena *arena)
{
    HubPersons *persons = hub_open(flow->hub)->persons;
    ptrdiff_t column = column_of(cells, read->column);
    int64_t *ids = ARENA_ARRAY(arena, int64_t, cells->n);
    ExprColumn known;
    if (!persons || column < 0)
        return gather(cells, -1, read->kind, arena);
    for (size_t i = 0; i < cells->n; i++)
        ids[i] = cells->cells[i * cells->width + (size_t) column].number;
    hub_persons_fact(persons, read->element, ids, cells->n, NULL, arena, &known);
    return known;
}

static void run_steps(HubFlow *flow, const HubCells *cells, uint8_t *when, Arena *arena)
{
    const PackFlow *steps = flow->flow;
    ExprColumn *columns = ARENA_ARRAY(arena, ExprColumn, flow->dataset->record->n_fields);
    for (size_t i = 0; i < flow->n_reads; i++) {
        const Read *read = &flow->reads[i];
        columns[read->record] = read->element ? facts(flow, cells, read, arena) : gather(cells, column_of(cells, read->column), read->kind, arena);
    }
    ExprBatch batch = { .n = cells->n, .columns = columns, .days = flow->days };
    for (size_t s = 0; s < steps->steps.n; s++) {
        ExprResult result = { 0 };
        if (steps->steps.v[s].when.expr)
            expr_eval(flow->runner, steps->steps.v[s].when.expr, &batch, arena, &result);
        const uint8_t *holds = result.column.values, *nulls = result.column.nulls;
        for (size_t i = 0; i < cells->n; i++)
            when[i * steps->steps.n + s] = !holds || (holds[i] == 1 && !(nulls && nulls[i]));
    }
}

const uint8_t *hub_flow_when(HubFlow *flow, const HubCells *cells, Arena *arena)
{
    uint8_t *when = ARENA_ARRAY(arena, uint8_t, cells->n * flow->flow->steps.n + 1);
    g_autoptr(Arena) scratch = arena_new();
    for (size_t from = 0; from < cells->n; from += EXPR_BATCH_ROWS) {
        HubCells part = *cells;
        part.cells += from * cells->width;
        part.n = MIN(cells->n - from, (size_t) EXPR_BATCH_ROWS);
        run_steps(flow, &part, when + from * flow->flow->steps.n, scratch);
    }
    return when;
}

/* --- Until when --------------------------------------------------------------------------------------------------------------------- */

const PackState *hub_flow_state(const PackFlow *flow, Str id)
{
    for (size_t i = 0; i < flow->states.n; i++)
        if (str_eq(flow->states.v[i].entry.id, id))
            return &flow->states.v[i];
    return NULL;
}

bool hub_step_leads(const PackStep *step, Str from)
{
    for (size_t i = 0; i < step->from.n; i++)
        if (str_eq(step->from.v[i].text, from))
            return true;
    return false;
}

int64_t hub_flow_since(const HubFlow *flow, const HubCells *cells, size_t row, int64_t arrived)
{
    const PackField *field = flow->flow->since;
    const DbValue *value = field ? hub_cell(cells, row, field->entry.id) : NULL;
    if (!value || is_null(value, field->expr_type.kind))
        return arrived;
    int64_t said = field->type == PACK_TIME ? value->number : value->number * DAY_MS - flow->zone_minutes * (HOUR_MS / 60);
    return MIN(said, arrived);
}

int64_t hub_step_due(const HubFlow *flow, const PackStep *step, int64_t since)
{
    if (!step->within.node)
        return CASE_NO_DUE;
    if (step->within.unit == PACK_HOURS)
        return since + step->within.n * HOUR_MS;
    Date last = calendar_after(&flow->calendar, date_of_instant(since, flow->zone_minutes), step->within);
    return (last + INT64_C(1)) * DAY_MS - flow->zone_minutes * (HOUR_MS / 60) - 1;
}

int64_t hub_flow_due(const HubFlow *flow, Str state, int64_t since, const uint8_t *when)
{
    int64_t due = CASE_NO_DUE;
    for (size_t s = 0; s < flow->flow->steps.n; s++)
        if (when[s] && hub_step_leads(&flow->flow->steps.v[s], state))
            due = MIN(due, hub_step_due(flow, &flow->flow->steps.v[s], since));
    return due;
}
