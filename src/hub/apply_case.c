/* Cases begin with their records, go where they go, and are gone with them. In the transaction of the records; of a dataset without a flow nothing is asked and nothing written. */
#include "base/json.h"
#include "db/queries.h"
#include "hub/apply.h"

#include "base/banned.h"

static HubCells cells_of(const Apply *apply, const RunChunk *chunk, size_t first, size_t end)
{
    return (HubCells) { apply->spec.columns, apply->spec.n, chunk->cells + first * apply->spec.n, end - first };
}

static int64_t key_of(const HubCells *cells, size_t row)
{
    return cells->cells[row * cells->width + RUN_KEY].number;
}

static bool is_written(const DbMergeTold *told)
{
    return told->outcome == DB_ADDED || told->outcome == DB_CHANGED || told->outcome == DB_MOVED;
}

static bool is_accepted(const HubCells *cells, size_t row, const DbMergeTold *told)
{
    return is_written(told) && cells->cells[row * cells->width + RUN_STATE].number != HUB_HELD;
}

/* --- Beginning ----------------------------------------------------------------------------------------------------------------- */

static void write_case(JsonWriter *json, int64_t key, int64_t since, int64_t due)
{
    char number[24], uid[UID_TEXT_MAX];
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, key);
    json_begin_array(json);
    json_cstr(json, number);
    json_cstr(json, uid_new(uid));
    json_int(json, since);
    json_int(json, due);
    json_end_array(json);
}

static bool begin(DbConn *tx, const Apply *apply, const HubCells *cells, const DbMergeTold *told, const uint8_t *when, GError **err)
{
    const PackFlow *flow = apply->dataset->flow;
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    bool any = false;
    json_writer_init(&json, text, false);
    json_begin_array(&json);
    for (size_t i = 0; i < cells->n; i++)
        if (is_accepted(cells, i, &told[i])) {
            int64_t since = hub_flow_since(apply->flow, cells, i, apply->now_ms);
            write_case(&json, key_of(cells, i), since, hub_flow_due(apply->flow, flow->first, since, when + i * flow->steps.n));
            any = true;
        }
    json_end_array(&json);
    return !any || db_exec(tx, CaseBegin, NULL, err, .dataset = apply->tables.dataset, .org = cells->cells[RUN_ORG].number, .month = cells->cells[RUN_MONTH].number, .state = flow->first,
                           .at = apply->now_ms, .batch = apply->batch, .begun = str_from_gstring(text));
}

/* What was deleted and comes again, so many. Held, too: it is the same record. */
static bool bring_back(DbConn *tx, const Apply *apply, const HubCells *cells, const DbMergeTold *told, int64_t *ret_back, GError **err)
{
    int64_t *keys = ARENA_ARRAY(apply->arena, int64_t, cells->n);
    size_t n = 0;
    for (size_t i = 0; i < cells->n; i++)
        if (told[i].outcome == DB_ADDED)
            keys[n++] = key_of(cells, i);
    return n == 0 || db_exec(tx, CaseBack, ret_back, err, .dataset = apply->tables.dataset, .org = cells->cells[RUN_ORG].number, .month = cells->cells[RUN_MONTH].number,
                             .keys = db_ids(tx, apply->arena, keys, n), .at = apply->now_ms);
}

/* --- Whom it concerns ------------------------------------------------------------------------------------------------------------ */

static ptrdiff_t column_of(const Apply *apply, Str name)
{
    for (size_t i = 0; i < apply->spec.n; i++)
        if (str_eq(str_from(apply->spec.columns[i]), name))
            return (ptrdiff_t) i;
    return -1;
}

/* The fields, beside that of the record's own organisation, in which it names others. */
static size_t named_columns(const Apply *apply, size_t *ret_columns)
{
    size_t n = 0;
    for (size_t i = 0; i < apply->dataset->fields.n; i++) {
        const PackField *field = &apply->dataset->fields.v[i];
        ptrdiff_t column = field->type == PACK_ORG && !field->retired && !str_eq(field->entry.id, apply->dataset->org) ? column_of(apply, field->entry.id) : -1;
        if (column >= 0)
            ret_columns[n++] = (size_t) column;
    }
    return n;
}

static void write_named(JsonWriter *json, const HubCells *cells, size_t row, size_t column)
{
    char number[24];
    int64_t org = cells->cells[row * cells->width + column].number;
    if (org == DB_NULL_INT || org == cells->cells[row * cells->width + RUN_ORG].number)
        return;
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, key_of(cells, row));
    json_begin_array(json);
    json_cstr(json, number);
    json_int(json, org);
    json_end_array(json);
}

/* Of rows that are new or say something else: whom they name now. */
static bool name_orgs(DbConn *tx, const Apply *apply, const HubCells *cells, const DbMergeTold *told, GError **err)
{
    size_t *columns = ARENA_ARRAY(apply->arena, size_t, apply->dataset->fields.n), n_columns = named_columns(apply, columns), n = 0;
    int64_t *keys = ARENA_ARRAY(apply->arena, int64_t, cells->n);
    g_autoptr(GString) named = g_string_new(NULL);
    JsonWriter json;
    if (n_columns == 0)
        return true;
    json_writer_init(&json, named, false);
    json_begin_array(&json);
    for (size_t i = 0; i < cells->n; i++) {
        if (!is_written(&told[i]))
            continue;
        keys[n++] = key_of(cells, i);
        for (size_t c = 0; c < n_columns; c++)
            write_named(&json, cells, i, columns[c]);
    }
    json_end_array(&json);
    int64_t dataset = apply->tables.dataset, org = cells->cells[RUN_ORG].number, month = cells->cells[RUN_MONTH].number;
    return db_exec(tx, CaseOrgsDrop, NULL, err, .dataset = dataset, .org = org, .month = month, .keys = db_ids(tx, apply->arena, keys, n))
           && (str_eq(str_from_gstring(named), STR("[]")) || db_exec(tx, CaseOrgsPut, NULL, err, .dataset = dataset, .org = org, .month = month, .named = str_from_gstring(named)));
}

/* --- Other values, other deadlines ------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t id, since, due;
} NewDue;

static int64_t since_now(const Apply *apply, const HubCells *cells, size_t row, const CasesOpenOfRow *open)
{
    return open->untouched && str_eq(open->state, apply->dataset->flow->first) ? hub_flow_since(apply->flow, cells, row, open->begun) : open->since;
}

/* Of rows that changed, moved or came back: by what they say now. */
static bool due_again(DbConn *tx, const Apply *apply, const HubCells *cells, const DbMergeTold *told, const uint8_t *when, GError **err)
{
    ARENA_LIST(NewDue) list = { 0 };
    size_t at = 0, n_steps = apply->dataset->flow->steps.n;
    g_autoptr(DbRows) rows = db_query(tx, CasesOpenOf, err, .dataset = apply->tables.dataset, .org = cells->cells[RUN_ORG].number, .month = cells->cells[RUN_MONTH].number,
                                      .first = key_of(cells, 0), .last = key_of(cells, cells->n - 1));
    for (CasesOpenOfRow row; rows && db_next(rows, &row, err);) {
        while (at < cells->n && key_of(cells, at) < row.key)
            at++;
        if (at == cells->n || key_of(cells, at) != row.key || !is_written(&told[at]))
            continue;
        int64_t since = since_now(apply, cells, at, &row), due = hub_flow_due(apply->flow, row.state, since, when + at * n_steps);
        if (due != row.due || since != row.since)
            *ARENA_PUSH(apply->arena, &list) = (NewDue) { row.id, since, due };
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!db_exec(tx, CaseDuePut, NULL, err, .id = list.v[i].id, .since = list.v[i].since, .due = list.v[i].due))
            return false;
    return true;
}

bool apply_cases(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, size_t first, size_t end, GError **err)
{
    bool added = false, changed = false;
    int64_t back = 0;
    if (!apply->flow)
        return true;
    for (size_t i = first; i < end; i++) {
        added |= told[i].outcome == DB_ADDED;
        changed |= told[i].outcome == DB_CHANGED || told[i].outcome == DB_MOVED;
    }
    if (!added && !changed)
        return true;
    HubCells cells = cells_of(apply, chunk, first, end);
    const uint8_t *when = hub_flow_when(apply->flow, &cells, apply->arena);
    return (!added || bring_back(tx, apply, &cells, told + first, &back, err)) && begin(tx, apply, &cells, told + first, when, err) && name_orgs(tx, apply, &cells, told + first, err)
           && ((!changed && back == 0) || due_again(tx, apply, &cells, told + first, when, err));
}

/* --- Moving, going ------------------------------------------------------------------------------------------------------------------ */

bool apply_case_move(DbConn *tx, const Apply *apply, int64_t org, int64_t key, int64_t from, int64_t to, GError **err)
{
    return !apply->flow || db_exec(tx, CaseMove, NULL, err, .dataset = apply->tables.dataset, .org = org, .month = from, .key = key, .to = to);
}

bool apply_cases_gone(DbConn *tx, const Apply *apply, int64_t month, int64_t org, const int64_t *keys, size_t n, GError **err)
{
    return !apply->flow || db_exec(tx, CaseGone, NULL, err, .dataset = apply->tables.dataset, .org = org, .month = month, .keys = db_ids(tx, apply->arena, keys, n), .at = apply->now_ms);
}
