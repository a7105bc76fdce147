/* Pairs of persons that may be one: what speaks for it and what against, and what somebody decided. */
#include "http/case-json.h"
#include "http/person-json.h"

#include "base/banned.h"

static const DbFilter pair_filters[] = { { "state", "p.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT }, { "why", "p.why", DB_FILTER_EQ, DB_TYPE_TEXT } };

/* Both must be of those whom the asker may merge; a pair of which he may know one only is not his to decide. */
static bool may_decide(HttpRequest *request, DbConn *conn, int64_t a, int64_t b, bool *ret_may, GError **err)
{
    PersonSeen first, second;
    *ret_may = may_reach(api_user(request), VERB_MERGE_PERSON, request->arena).all;
    if (*ret_may)
        return true;
    if (!person_seen(request, conn, a, &first, err) || !person_seen(request, conn, b, &second, err))
        return false;
    *ret_may = may(api_user(request), VERB_MERGE_PERSON, &first.facts).ok && may(api_user(request), VERB_MERGE_PERSON, &second.facts).ok;
    return true;
}

/* The first value of an element that was said of somebody; NULL: none was. */
static const PersonValue *first_value(const PersonView *view, Str element)
{
    for (size_t i = 0; i < view->n_values; i++)
        if (str_eq(view->values[i].element, element) && !view->values[i].further)
            return &view->values[i];
    return NULL;
}

/* Equal values of a type have one place in the vault. */
static bool have_same(const PersonView *a, const PersonView *b, Str element)
{
    for (size_t i = 0; i < a->n_values; i++)
        for (size_t k = 0; k < b->n_values; k++)
            if (str_eq(a->values[i].element, element) && str_eq(b->values[k].element, element) && a->values[i].vault == b->values[k].vault)
                return true;
    return false;
}

/* known: of both; else it says nothing for one person, and nothing against. */
static void write_compared(JsonWriter *json, const PacksRef *packs, Str element, Str a, Str b, bool known, bool same)
{
    json_begin_object(json);
    json_member_str(json, "field", element);
    json_element_names(json, packs, element);
    json_member_str(json, "a", a);
    json_member_str(json, "b", b);
    json_key(json, "same");
    if (known)
        json_bool(json, same);
    else
        json_null(json);
    json_end_object(json);
}

/* What speaks for one person, and what against it: of all that was said of either. Days and sexes stand with the two themselves. */
static void write_compare(const PersonView *a, const PersonView *b, const PacksRef *packs, JsonWriter *json)
{
    Str birth = STR("birth"), sex = STR("sex");
    json_key(json, "compare");
    json_begin_array(json);
    write_compared(json, packs, birth, STR_NONE, STR_NONE, a->birth != DATE_NONE && b->birth != DATE_NONE, a->birth == b->birth);
    write_compared(json, packs, sex, STR_NONE, STR_NONE, a->sex.n > 0 && b->sex.n > 0, str_eq(a->sex, b->sex));
    for (int side = 0; side < 2; side++) {
        const PersonView *view = side ? b : a;
        for (size_t i = 0; i < view->n_values; i++) {
            Str element = view->values[i].element;
            const PersonValue *of_a = first_value(a, element), *of_b = first_value(b, element);
            if (view->values[i].further || (side && of_a) || (!side && of_a != &view->values[i]) || (side && of_b != &view->values[i]))
                continue; /* each element once */
            write_compared(json, packs, element, of_a ? of_a->shown : STR_NONE, of_b ? of_b->shown : STR_NONE, of_a && of_b, have_same(a, b, element));
        }
    }
    json_end_array(json);
}

static bool view_of(HttpRequest *request, DbConn *conn, int64_t person, PersonView *ret_view, GError **err)
{
    bool found;
    return hub_person_view(api_app(request)->persons, conn, person, request->arena, ret_view, &found, err) && (found || error_set(err, BH_NOT_FOUND, "no such person"));
}

static bool write_pair(HttpRequest *request, DbConn *conn, const PersonPairsRow *row, JsonWriter *json, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, NULL);
    PersonView a, b;
    if (!view_of(request, conn, row->a, &a, err) || !view_of(request, conn, row->b, &b, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_key(json, "a");
    json_person_brief(&a, json);
    json_key(json, "b");
    json_person_brief(&b, json);
    write_compare(&a, &b, packs, json);
    json_member_str(json, "why", row->why);
    json_member_int(json, "score", row->score);
    json_member_str(json, "state", row->state);
    json_member_instant(json, request, "found", row->found);
    json_member_instant(json, request, "decided", row->decided);
    json_member_int(json, "version", row->version);
    json_end_object(json);
    return true;
}

/* A page of the list may be shorter than asked for: it holds those of its pairs that are the asker's to decide. */
static bool get_pairs(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DbList *list = db_list_new(request->arena, PersonPairs, "p.id");
    ARENA_LIST(PersonPairsRow) pairs = { 0 };
    Str state = http_query(request, "state"), why = http_query(request, "why");
    if (!conn || !db_list_filter(list, pair_filters, G_N_ELEMENTS(pair_filters), STR("state"), state.p ? state : STR("open"), err) ||
        (why.p && !db_list_filter(list, pair_filters, G_N_ELEMENTS(pair_filters), STR("why"), why, err)) || !http_list_page(request, list, err))
        return false;
    {
        g_autoptr(DbRows) rows = db_list_run(list, conn, err);
        for (PersonPairsRow row; rows && db_list_next(list, rows, &row, err);) {
            db_row_keep(PersonPairs, &row, request->arena);
            *ARENA_PUSH(request->arena, &pairs) = row;
        }
        if (!db_rows_ok(rows))
            return false;
    }
    JsonWriter *json = http_list_open(request);
    for (size_t i = 0; i < pairs.n; i++) {
        bool mine;
        if (!may_decide(request, conn, pairs.v[i].a, pairs.v[i].b, &mine, err) || (mine && !write_pair(request, conn, &pairs.v[i], json, err)))
            return false;
    }
    return http_list_close(request, list, conn, json, err);
}

typedef struct {
    HttpRequest *request;
    Str uid, decision;
    int64_t version;
} Decide;

static bool decide_in_tx(DbConn *tx, void *data, GError **err)
{
    const Decide *decide = data;
    AuditWho who = api_who(decide->request);
    return hub_pair_decide(api_app(decide->request)->persons, tx, decide->uid, decide->version, decide->decision, decide->request->session->account, &who, err);
}

static bool find_pair(HttpRequest *request, DbConn *conn, PersonPairsRow *ret_row, GError **err)
{
    PersonPairByUidRow row;
    bool found, mine = false;
    Str uid = http_path(request, "uid");
    if (!db_one(conn, PersonPairByUid, request->arena, &row, &found, err, .uid = uid) || (found && !may_decide(request, conn, row.a, row.b, &mine, err)))
        return false;
    *ret_row = (PersonPairsRow) { row.id, uid, row.a, row.b, row.why, row.score, row.state, row.found, row.decided, row.account, row.version };
    return mine || error_set(err, BH_NOT_FOUND, "no such pair");
}

static bool write_present(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    PersonPairsRow row;
    return find_pair(request, conn, &row, err) && write_pair(request, conn, &row, json, err);
}

static bool post_pair(HttpRequest *request, GError **err)
{
    PersonPairsRow row;
    Decide decide = { .request = request, .uid = http_path(request, "uid") };
    {
        g_autoptr(DbConn) conn = db_reader(request->app->db, err);
        if (!conn || !find_pair(request, conn, &row, err))
            return false;
    }
    if (!http_if_match(request, &decide.version, err) || !json_get_str(request->json, "decision", &decide.decision, err))
        return false;
    if (!http_write(request, decide_in_tx, &decide, err))
        return http_answer_stale(request, write_present, err);
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && find_pair(request, conn, &row, err) && write_pair(request, conn, &row, http_json(request, 200), err);
}

/* --- The table ------------------------------------------------------------------------------------------------------------------------------ */

static const Route routes[] = {
    { HTTP_GET, "/api/v1/persons/pairs", HTTP_SESSION, get_pairs, HTTP_LIST_QUERY " state+:open|later|same|different why:numbers|likely", HTTP_NO_BODY, "PersonPairs",
      "two that may be one person, and wait for somebody to decide" },
    { HTTP_POST, "/api/v1/persons/pairs/{uid}", HTTP_SESSION, post_pair, NULL, HTTP_JSON, "PersonPair", "decide: same, different, later; open: undone" },
};

static const HttpShape shapes[] = {
    { "PairField", "field name name_en? a? b? same:bool?" },
    { "PersonPair", "uid:uid a:KnownPerson b:KnownPerson compare:[PairField] why score:int state found:instant decided:instant? version:int" },
    { "PersonPairs", "rows:[PersonPair] next? total:int?" },
};

const RouteTable pair_routes = ROUTE_TABLE(routes, shapes);
