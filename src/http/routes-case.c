/* Cases: the records that are on their way through their pack's flow: which wait for whom, one with its steps, and taking a step. */
#include "base/limits.h"
#include "http/case-json.h"

#include "base/banned.h"

enum { GIVEN_MOST = 64 };

/* --- Lists ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter case_filters[] = { { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT }, { "state", "c.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT } };

static bool by_words(const HttpRequest *request, DbList *list, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(case_filters); i++) {
        Str value = http_query(request, case_filters[i].name);
        if (value.p && !db_list_filter(list, case_filters, G_N_ELEMENTS(case_filters), str_from(case_filters[i].name), value, err))
            return false;
    }
    return true;
}

/* Of an organisation and those below it, and those that name one of them. */
static bool by_org(const HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    Org org;
    bool asked;
    if (!data_org_asked(request, conn, &org, &asked, err))
        return false;
    if (!asked)
        return true;
    const DbValue values[] = { DB_TEXT(org.path), DB_TEXT(org.path), DB_TEXT(org.path), DB_TEXT(org.path) };
    db_list_where_values(list, "(substr(o.path, 1, length(?)) = ? OR c.id IN (SELECT x.flow_case FROM flow_case_org x JOIN org n ON n.id = x.org WHERE substr(n.path, 1, length(?)) = ?))",
                         values, G_N_ELEMENTS(values));
    return true;
}

/* Those whose record was deleted are shown only when they are asked for. */
static void by_state(const HttpRequest *request, DbList *list)
{
    const Clock *clock = request->app->clock;
    const int64_t now[] = { clock_now_ms(clock) };
    Date due_to = http_query_date(request, "due_to");
    db_list_where(list, http_query_flag(request, "gone") ? "c.gone IS NOT NULL" : "c.gone IS NULL", NULL, 0);
    if (http_query_flag(request, "open") || http_query_flag(request, "late") || http_query_flag(request, "mine"))
        db_list_where(list, "c.ended IS NULL", NULL, 0);
    if (http_query_flag(request, "late"))
        db_list_where(list, "c.due < ?", now, 1);
    const int64_t end[] = { (due_to + INT64_C(1)) * 24 * 60 * 60 * 1000 - clock_zone_minutes(clock) * INT64_C(60000) };
    if (due_to != DATE_NONE)
        db_list_where(list, "c.due < ? AND c.ended IS NULL", end, 1);
}

static bool knows(const Str *functions, const PackStep *step, bool *ret_reporter)
{
    bool known = false;
    for (size_t i = 0; i < step->by.n; i++) {
        *ret_reporter |= str_eq(step->by.v[i].text, STR("reporter"));
        for (const Str *function = functions; function->p; function++)
            known |= str_eq(*function, step->by.v[i].text);
    }
    return known;
}

static void add_states(GString *out, const PackDataset *dataset, const PackStep *step)
{
    for (size_t i = 0; i < step->from.n; i++)
        g_string_append_printf(out, "," STR_FMT "/" STR_FMT ",", STR_ARG(dataset->full_name), STR_ARG(step->from.v[i].text));
}

/* DATASET/STATE of which a step leads out that such functions take, or the reporting organisation. */
static void my_states(const PacksRef *packs, const Str *functions, GString *by_function, GString *by_reporter)
{
    for (size_t p = 0; p < packs_count(packs); p++)
        for (size_t d = 0; d < packs_get(packs, p)->datasets.n; d++) {
            const PackDataset *dataset = &packs_get(packs, p)->datasets.v[d];
            for (size_t s = 0; dataset->flow && s < dataset->flow->steps.n; s++) {
                const PackStep *step = &dataset->flow->steps.v[s];
                bool reporter = false;
                if (knows(functions, step, &reporter))
                    add_states(by_function, dataset, step);
                if (reporter)
                    add_states(by_reporter, dataset, step);
            }
        }
}

/* What my unit can take a step of: by what it does, or because it is the reporting organisation, below it or above it. */
static bool by_mine(const HttpRequest *request, DbConn *conn, const PacksRef *packs, DbList *list, GError **err)
{
    if (!http_query_flag(request, "mine"))
        return true;
    const Str *functions = hub_functions_of(conn, api_user(request), request->arena, err);
    g_autoptr(GString) function = g_string_new("-"), reporter = g_string_new("-");
    if (!functions)
        return false;
    my_states(packs, functions, function, reporter);
    Str path = api_user(request)->org_path.p ? api_user(request)->org_path : STR("/");
    Str by_function = arena_str(request->arena, str_from_gstring(function)), by_reporter = arena_str(request->arena, str_from_gstring(reporter));
    const DbValue values[] = { DB_TEXT(by_function), DB_TEXT(by_function), DB_TEXT(by_reporter), DB_TEXT(by_reporter), DB_TEXT(path), DB_TEXT(path), DB_TEXT(path) };
    db_list_where_values(list,
                         "(replace(?, ',' || d.name || '/' || c.state || ',', '') <> ? OR (replace(?, ',' || d.name || '/' || c.state || ',', '') <> ? AND "
                         "(substr(o.path, 1, length(?)) = ? OR substr(?, 1, length(o.path)) = o.path)))",
                         values, G_N_ELEMENTS(values));
    return true;
}

static bool get_cases(HttpRequest *request, GError **err)
{
    static const DbOrder orders[] = { { "due", "c.due", DB_TYPE_INT, false }, { "changed", "c.changed", DB_TYPE_INT, true } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Str order = http_query(request, "order");
    DbList *list = db_list_new(request->arena, CaseList, "c.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !by_words(request, list, err) || !by_mine(request, conn, packs, list, err) || !by_org(request, conn, list, err)
        || !db_list_order(list, orders, G_N_ELEMENTS(orders), order.p ? order : STR("due"), err) || !http_list_page(request, list, err))
        return false;
    by_state(request, list);
    g_auto(CaseShow) show = { 0 };
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    if (!case_show_begin(&show, request, conn, packs, err))
        return false;
    for (CaseListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!json_case(&show, arena_str(request->arena, row.uid), json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- The board -------------------------------------------------------------------------------------------------------------------- */

static bool is_of(const PackFlow *flow, Str state)
{
    return hub_flow_state(flow, state) != NULL;
}

/* The flow's states in their order, then those that it had in an edition before. */
static bool write_board(HttpRequest *request, DbConn *conn, DbList *list, const PackFlow *flow, JsonWriter *json, GError **err)
{
    ARENA_LIST(CaseBoardRow) found = { 0 };
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (CaseBoardRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(CaseBoard, &row, request->arena);
        *ARENA_PUSH(request->arena, &found) = row;
    }
    for (size_t s = 0; s < flow->states.n; s++) {
        CaseBoardRow one = { .state = flow->states.v[s].entry.id };
        for (size_t i = 0; i < found.n; i++)
            if (str_eq(found.v[i].state, one.state))
                one = found.v[i];
        json_case_count(json, flow, &one);
    }
    for (size_t i = 0; i < found.n; i++)
        if (!is_of(flow, found.v[i].state))
            json_case_count(json, flow, &found.v[i]);
    return db_rows_ok(rows);
}

static bool get_board(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset = NULL;
    Str name = http_query(request, "dataset");
    if (conn && !name.p) {
        error_set(err, BH_BAD_INPUT, "a board is of one dataset");
        return error_at(err, "query:dataset");
    }
    if (!conn || !data_dataset(packs, name, &dataset, err))
        return false;
    if (!dataset->flow)
        return error_set(err, BH_NOT_FOUND, "'" STR_FMT "' has no flow", STR_ARG(name));
    DbList *list = db_list_new(request->arena, CaseBoard, "c.id", .account = request->session->account, .today = clock_today(request->app->clock), .now = clock_now_ms(request->app->clock));
    if (!db_list_filter(list, case_filters, G_N_ELEMENTS(case_filters), STR("dataset"), name, err) || !by_org(request, conn, list, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_dataset(json, "dataset", packs, dataset->full_name);
    json_key(json, "states");
    json_begin_array(json);
    if (!write_board(request, conn, list, dataset->flow, json, err))
        return false;
    json_end_array(json);
    json_end_object(json);
    return true;
}

/* --- One ------------------------------------------------------------------------------------------------------------------------------ */

static bool json_one(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_auto(CaseShow) show = { 0 };
    return packs && case_show_begin(&show, request, conn, packs, err) && json_case_whole(&show, http_path(request, "uid"), json, err);
}

static bool get_case(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_one(request, conn, http_json(request, 200), err);
}

/* --- A step ----------------------------------------------------------------------------------------------------------------------------- */

static bool write_with_key(void *writer, DbWork work, void *data, GError **err)
{
    return http_write(writer, work, data, err);
}

static bool read_given(HttpRequest *request, HubTaking *taking, GError **err)
{
    const JsonValue *values = request->json ? json_get(request->json, "values") : NULL;
    HubGiven *given = ARENA_ARRAY(request->arena, HubGiven, GIVEN_MOST);
    if (!values || values->type == JSON_NULL)
        return true;
    if (values->type != JSON_BEGIN_OBJECT || values->count > GIVEN_MOST)
        return json_bad(values, err, "an object of at most %d fields is expected", GIVEN_MOST);
    for (const JsonValue *value = values->first; value; value = value->next) {
        if (value->type != JSON_STRING && value->type != JSON_NULL)
            return json_bad(value, err, "a value is a text, or null");
        given[taking->n_given++] = (HubGiven) { value->name, value->type == JSON_STRING ? value->text : STR("") };
    }
    taking->given = given;
    return true;
}

/* The record would be held back: the problem, and what the rules find. */
static bool answer_held(HttpRequest *request, Str uid, const HubStepFounds *found, GError **err)
{
    const char *detail = err && *err ? error_get_detail(*err) : NULL;
    g_autoptr(PacksRef) packs = detail && g_str_equal(detail, "would-be-held") ? data_packs(request, NULL) : NULL;
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, NULL) : NULL;
    CaseFindRow row;
    bool known = false;
    if (!conn || !db_one(conn, CaseFind, request->arena, &row, &known, NULL, .uid = uid) || !known)
        return false;
    JsonWriter *json = http_problem_open(request, *err);
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; i < found->n; i++) {
        Str field = found->v[i].rule;
        str_cut(&field, ':');
        json_begin_object(json);
        json_member_str(json, "rule", found->v[i].rule);
        json_member_str(json, "field", field);
        json_rule_texts(json, packs, row.dataset, found->v[i].rule);
        json_member_cstr(json, "level", found->v[i].level == PACK_ERROR ? "error" : "warning");
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    g_clear_error(err);
    return true;
}

static bool post_step(HttpRequest *request, GError **err)
{
    Hub *hub;
    HubStepFounds found;
    HubTaking taking = { .uid = http_path(request, "uid"), .step = http_path(request, "step"), .actor = { api_who(request), request->session->account, clock_today(request->app->clock) },
                         .user = api_user(request), .write = write_with_key, .writer = request };
    if (!http_if_match(request, &taking.version, err) || !data_hub(request, &hub, err) || (request->json && !json_opt_str(request->json, "note", &taking.note, err))
        || !read_given(request, &taking, err))
        return false;
    if (!hub_case_take(hub, &taking, request->arena, &found, err))
        return answer_held(request, taking.uid, &found, err) || http_answer_stale(request, json_one, err);
    return get_case(request, err);
}

#define FILTERS "dataset:text org:uid state+:text open:bool late:bool mine:bool gone:bool due_to:date order:due|changed"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/cases", HTTP_SESSION, get_cases, HTTP_LIST_QUERY " " FILTERS, HTTP_NO_BODY, "Cases", "cases, those first of which a step is due soonest" },
    { HTTP_GET, "/api/v1/cases/board", HTTP_SESSION, get_board, "dataset:text org:uid", HTTP_NO_BODY, "CaseBoard", "how many cases of a dataset stand in which state" },
    { HTTP_GET, "/api/v1/cases/{uid}", HTTP_SESSION, get_case, NULL, HTTP_NO_BODY, "CaseWhole", "a case, its flow and the steps that were taken" },
    { HTTP_POST, "/api/v1/cases/{uid}/do/{step:word}", HTTP_SESSION, post_step, NULL, HTTP_JSON, "CaseWhole", "take a step of a case, and fill in what it needs" },
};

#define MEMBERS "uid dataset:DatasetRef org:Ref concerns:[Ref] record? state:any since:instant due:instant? late:bool begun:instant ended:instant? gone:instant? values:any person:any? version:int may:any"

static const HttpShape shapes[] = {
    { "Case", MEMBERS },
    { "Cases", "rows:[Case] next? total:int" },
    { "CaseCount", "state:any n:int late:int" },
    { "CaseBoard", "dataset:DatasetRef states:[CaseCount]" },
    { "CaseStep", "step name? name_en? from to by:PersonRef? at:instant note? late_ms:int? values:any intake:uid?" },
    { "CaseWhole", MEMBERS " steps:[CaseStep] flow:any?" },
};

static const HttpExportColumn columns[] = {
    { "dataset.name", "data.dataset", EXPORT_TEXT, 24 }, { "org.name", "duties.org", EXPORT_TEXT, 36 },  { "state.name", "duties.state", EXPORT_TEXT, 16 },
    { "since", "cases.since", EXPORT_TEXT, 18 },         { "due", "duties.due", EXPORT_TEXT, 18 },       { "late", "cases.is-late", EXPORT_TEXT, 10 },
    { "ended", "cases.ended", EXPORT_TEXT, 18 },         { "uid", "export.uid", EXPORT_TEXT, 28, .hidden = true },
};
static const HttpExport lists[] = { { "/api/v1/cases", "data.tab.cases", columns, G_N_ELEMENTS(columns) } };

const RouteTable case_routes = { routes, G_N_ELEMENTS(routes), shapes, G_N_ELEMENTS(shapes), lists, G_N_ELEMENTS(lists) };
