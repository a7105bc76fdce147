#include "http/case-json.h"

#include "http/person-json.h"

#include "base/banned.h"

struct CaseOf {
    Str name;
    const PackDataset *dataset; /* NULL: no pack has it any more, or it has no flow now */
    RecordView view;
    HubFlow *flow;
};

/* What is read of one case. */
typedef struct {
    CaseFindRow row;
    HubConcerned concerned;
    const CaseOf *of;
    HubCells record;     /* n 0: it is not there */
    const uint8_t *when; /* NULL: as that */
} Seen;

/* --- What cases share -------------------------------------------------------------------------------------------------------------- */

bool case_show_begin(CaseShow *show, HttpRequest *request, DbConn *conn, const PacksRef *packs, GError **err)
{
    *show = (CaseShow) { .request = request, .conn = conn, .packs = packs };
    show->functions = hub_functions_of(conn, api_user(request), request->arena, err);
    return show->functions != NULL;
}

void case_show_end(CaseShow *show)
{
    for (size_t i = 0; i < show->of.n; i++)
        hub_flow_free(show->of.v[i]->flow);
}

static bool find_of(CaseShow *show, Str name, const CaseOf **ret_of, GError **err)
{
    Arena *arena = show->request->arena;
    for (size_t i = 0; i < show->of.n; i++)
        if (str_eq(show->of.v[i]->name, name)) {
            *ret_of = show->of.v[i];
            return true;
        }
    CaseOf *of = ARENA_NEW(arena, CaseOf);
    *of = (CaseOf) { .name = arena_str(arena, name), .dataset = packs_dataset(show->packs, name) };
    if (of->dataset && !of->dataset->flow)
        of->dataset = NULL;
    if (of->dataset && !record_view(show->conn, of->dataset, arena, &of->view, err))
        return false;
    if (of->dataset)
        of->flow = hub_flow_new(api_app(show->request)->hub, show->conn, of->dataset, arena, err);
    *ARENA_PUSH(arena, &show->of) = of;
    *ret_of = of;
    return !of->dataset || of->flow;
}

/* Whoever may not read the record is not told whether there is a case of it. */
static bool find(CaseShow *show, Str uid, Seen *ret_seen, GError **err)
{
    Arena *arena = show->request->arena;
    Seen seen = { 0 };
    bool found;
    if (!db_one(show->conn, CaseFind, arena, &seen.row, &found, err, .uid = uid))
        return false;
    if (found && !hub_case_concerned(show->conn, seen.row.id, seen.row.org_path, seen.row.org_area, arena, &seen.concerned, err))
        return false;
    if (!found || !may(api_user(show->request), VERB_READ_DATA, &seen.concerned.all).ok)
        return error_set(err, BH_NOT_FOUND, "no such case");
    if (!find_of(show, seen.row.dataset, &seen.of, err))
        return false;
    const RecordPlace place = { seen.row.org, seen.row.month, seen.row.key };
    found = false;
    if (seen.of->dataset && seen.row.gone == DB_NULL_INT && !record_find(show->conn, &seen.of->view, &place, arena, &seen.record.cells, &found, err))
        return false;
    seen.record.columns = seen.of->view.columns;
    seen.record.width = seen.of->view.n;
    seen.record.n = found;
    seen.when = found ? hub_flow_when(seen.of->flow, &seen.record, arena) : NULL;
    *ret_seen = seen;
    return true;
}

/* --- Its members --------------------------------------------------------------------------------------------------------------------- */

static void write_state(JsonWriter *json, const char *name, const PackFlow *flow, Str id)
{
    const PackState *state = flow ? hub_flow_state(flow, id) : NULL;
    json_key(json, name);
    json_begin_object(json);
    json_member_str(json, "id", id);
    json_member_str(json, "name", state ? state->name : id);
    json_member_str(json, "name_en", state ? state->name_en : STR_NONE);
    json_member_bool(json, "final", state && state->final);
    json_end_object(json);
}

void json_case_count(JsonWriter *json, const PackFlow *flow, const CaseBoardRow *row)
{
    json_begin_object(json);
    write_state(json, "state", flow, row->state);
    json_member_int(json, "n", row->n);
    json_member_int(json, "late", row->late);
    json_end_object(json);
}

static void write_values(const CaseShow *show, const Seen *seen, JsonWriter *json)
{
    const RecordView *view = &seen->of->view;
    json_key(json, "values");
    json_begin_object(json);
    for (size_t i = 0; seen->record.n > 0 && i < view->n; i++)
        if (view->fields[i] && !pack_type_personal(view->fields[i]->type))
            json_member_str(json, view->columns[i], record_cell(show->request, show->conn, view->fields[i], &seen->record.cells[i]));
    json_end_object(json);
}

static bool write_person(const CaseShow *show, const Seen *seen, JsonWriter *json, GError **err)
{
    const DbValue *person = seen->record.n > 0 ? hub_cell(&seen->record, 0, STR("person_")) : NULL;
    return json_member_known_person(show->request, show->conn, person ? person->number : 0, json, err);
}

/* Their names in both languages, which the pages choose from. */
static Str missing_params(const CaseShow *show, const Seen *seen, const PackStep *step)
{
    g_autoptr(GString) ids = g_string_new(NULL), names = g_string_new(NULL), names_en = g_string_new(NULL);
    for (size_t i = 0; i < step->needs.n; i++) {
        const PackField *field = pack_field(seen->of->dataset, step->needs.v[i].text);
        if (!field || !hub_step_lacks(&seen->record, step->needs.v[i].text))
            continue;
        g_string_append_printf(ids, "%s" STR_FMT, ids->len > 0 ? "," : "", STR_ARG(field->entry.id));
        g_string_append_printf(names, "%s" STR_FMT, names->len > 0 ? "、" : "", STR_ARG(field->name));
        g_string_append_printf(names_en, "%s" STR_FMT, names_en->len > 0 ? ", " : "", STR_ARG(field->name_en.p ? field->name_en : field->name));
    }
    return arena_printf(show->request->arena, "fields=%s\nnames=%s\nnames_en=%s", ids->str, names->str, names_en->str);
}

static Str functions_params(const CaseShow *show, const PackStep *step)
{
    g_autoptr(GString) by = g_string_new("functions=");
    for (size_t i = 0; i < step->by.n; i++)
        g_string_append_printf(by, "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(step->by.v[i].text));
    return arena_str(show->request->arena, str_from_gstring(by));
}

static Allowed allowed(const CaseShow *show, const Seen *seen, size_t s)
{
    const PackStep *step = &seen->of->dataset->flow->steps.v[s];
    May answer = hub_step_may(api_user(show->request), show->functions, step, &seen->concerned);
    const char *why = hub_step_obstacle(step, seen->row.state, seen->row.gone != DB_NULL_INT, &seen->record, seen->when && seen->when[s]);
    if (why && g_str_equal(why, "wrong-state"))
        return (Allowed) { .why = why };
    if (!answer.ok && g_str_equal(answer.why, "not-your-function"))
        return (Allowed) { .why = answer.why, .params = functions_params(show, step) };
    if (!answer.ok || !why)
        return api_allowed_of(show->request->arena, &answer);
    return (Allowed) { .why = why, .params = g_str_equal(why, "needs-missing") ? missing_params(show, seen, step) : STR_NONE };
}

static void write_may(const CaseShow *show, const Seen *seen, JsonWriter *json)
{
    const PackFlow *flow = seen->of->dataset ? seen->of->dataset->flow : NULL;
    json_key(json, "may");
    json_begin_object(json);
    for (size_t s = 0; flow && s < flow->steps.n; s++) {
        Allowed one = allowed(show, seen, s);
        json_member_allowed(json, arena_str(show->request->arena, flow->steps.v[s].entry.id).p, &one);
    }
    json_end_object(json);
}

/* Those whom the record names; and the record's id for who may open it. */
static void write_concerned(const CaseShow *show, const Seen *seen, JsonWriter *json)
{
    const CaseFindRow *row = &seen->row;
    bool reads = may(api_user(show->request), VERB_READ_DATA, &seen->concerned.own).ok;
    json_key(json, "concerns");
    json_begin_array(json);
    for (size_t i = 0; i < seen->concerned.n_named; i++)
        json_ref(json, seen->concerned.named[i].uid, seen->concerned.named[i].name);
    json_end_array(json);
    json_member_str(json, "record", reads ? data_record_id(show->request->arena, row->org, row->month, row->key) : STR_NONE);
}

static bool write_case(const CaseShow *show, const Seen *seen, JsonWriter *json, GError **err)
{
    const CaseFindRow *row = &seen->row;
    bool open = row->ended == DB_NULL_INT && row->gone == DB_NULL_INT;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_dataset(json, "dataset", show->packs, row->dataset);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    write_concerned(show, seen, json);
    write_state(json, "state", seen->of->dataset ? seen->of->dataset->flow : NULL, row->state);
    json_member_instant(json, show->request, "since", row->since);
    json_member_instant(json, show->request, "due", open && row->due < CASE_NO_DUE ? row->due : DB_NULL_INT);
    json_member_bool(json, "late", open && row->due < clock_now_ms(show->request->app->clock));
    json_member_instant(json, show->request, "begun", row->begun);
    json_member_instant(json, show->request, "ended", row->ended);
    json_member_instant(json, show->request, "gone", row->gone);
    write_values(show, seen, json);
    if (!write_person(show, seen, json, err))
        return false;
    json_member_int(json, "version", row->version);
    write_may(show, seen, json);
    return true;
}

bool json_case(CaseShow *show, Str uid, JsonWriter *json, GError **err)
{
    Seen seen;
    if (!find(show, uid, &seen, err) || !write_case(show, &seen, json, err))
        return false;
    json_end_object(json);
    return true;
}

/* --- With its steps --------------------------------------------------------------------------------------------------------------------- */

static const PackStep *step_of(const Seen *seen, Str id)
{
    const PackFlow *flow = seen->of->dataset ? seen->of->dataset->flow : NULL;
    for (size_t i = 0; flow && i < flow->steps.n; i++)
        if (str_eq(flow->steps.v[i].entry.id, id))
            return &flow->steps.v[i];
    return NULL;
}

static bool write_step(const CaseShow *show, const Seen *seen, const CaseStepsRow *row, JsonWriter *json, GError **err)
{
    const PackStep *step = step_of(seen, row->step);
    PersonRef by;
    if (!person_ref(show->conn, show->request->arena, row->account, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "step", row->step);
    json_member_str(json, "name", step ? step->name : row->step);
    json_member_str(json, "name_en", step ? step->name_en : STR_NONE);
    json_member_str(json, "from", row->from_state);
    json_member_str(json, "to", row->to_state);
    json_member_person(json, "by", &by);
    json_member_instant(json, show->request, "at", row->at);
    json_member_str(json, "note", row->note);
    json_key(json, "late_ms");
    if (row->late_ms == DB_NULL_INT)
        json_null(json);
    else
        json_int(json, row->late_ms);
    json_member_text(json, "values", row->filled.p ? row->filled : STR("{}"));
    json_member_str(json, "intake", row->intake);
    json_end_object(json);
    return true;
}

static bool write_steps(const CaseShow *show, const Seen *seen, JsonWriter *json, GError **err)
{
    ARENA_LIST(CaseStepsRow) steps = { 0 };
    g_autoptr(DbRows) rows = db_query(show->conn, CaseSteps, err, .case_id = seen->row.id);
    for (CaseStepsRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(CaseSteps, &row, show->request->arena);
        *ARENA_PUSH(show->request->arena, &steps) = row;
    }
    json_key(json, "steps");
    json_begin_array(json);
    for (size_t i = 0; i < steps.n; i++)
        if (!write_step(show, seen, &steps.v[i], json, err))
            return false;
    json_end_array(json);
    return db_rows_ok(rows);
}

bool json_case_whole(CaseShow *show, Str uid, JsonWriter *json, GError **err)
{
    Seen seen;
    if (!find(show, uid, &seen, err) || !write_case(show, &seen, json, err) || !write_steps(show, &seen, json, err))
        return false;
    json_key(json, "flow");
    json_flow(json, seen.of->dataset ? seen.of->dataset->flow : NULL);
    json_end_object(json);
    return true;
}

/* --- Of a record -------------------------------------------------------------------------------------------------------------------------- */

bool json_member_case(HttpRequest *request, DbConn *conn, const PacksRef *packs, const RecordView *view, const RecordPlace *place, bool whole, JsonWriter *json, GError **err)
{
    CaseOfRecordRow row = { STR_NONE };
    CaseOfGoneRow gone;
    bool found = false;
    if (view->dataset->flow
        && !db_one(conn, CaseOfRecord, request->arena, &row, &found, err, .dataset = view->tables.dataset, .org = place->org, .month = place->month, .key = place->key))
        return false;
    if (view->dataset->flow && whole && !found) {
        if (!db_one(conn, CaseOfGone, request->arena, &gone, &found, err, .dataset = view->tables.dataset, .org = place->org, .month = place->month, .key = place->key))
            return false;
        row.uid = found ? gone.uid : STR_NONE;
    }
    if (!found || !whole) {
        json_member_str(json, "case", found ? row.uid : STR_NONE);
        return true;
    }
    g_auto(CaseShow) show = { 0 };
    json_key(json, "case");
    return case_show_begin(&show, request, conn, packs, err) && json_case(&show, row.uid, json, err);
}
