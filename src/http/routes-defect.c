/* What is wrong in records: the work list of those who send it back and of those who mend it. */
#include "hub/defect.h"

#include "http/data.h"

#include "base/limits.h"

#include "base/banned.h"

/* --- One ---------------------------------------------------------------------------------------------------------------------- */

static Allowed in_states(Allowed allowed, Str state, const char *states)
{
    for (Str rest = str_from(states), word = str_cut(&rest, ' '); allowed.ok && word.p; word = str_cut(&rest, ' '))
        if (str_eq(word, state))
            return allowed;
    return allowed.ok ? (Allowed) { .why = "wrong-state" } : allowed;
}

/* Nobody waives what his own organisation answers for. */
static Allowed may_waive(const HttpRequest *request, const DefectFindRow *row, const MayObject *facts)
{
    Allowed allowed = api_allowed(request, VERB_WAIVE_DATA, facts);
    return allowed.ok && user_stands_within(api_user(request), row->org_path) ? (Allowed) { .why = "own-organisation" } : allowed;
}

static void write_may(const HttpRequest *request, const DefectFindRow *row, JsonWriter *json)
{
    MayObject facts = data_facts(request->arena, row->org_path, row->org_area);
    Allowed send = in_states(api_allowed(request, VERB_RETURN_DATA, &facts), row->state, "found sent corrected");
    Allowed answer = in_states(api_allowed(request, VERB_SEND_DATA, &facts), row->state, "found sent corrected");
    Allowed waive = in_states(may_waive(request, row, &facts), row->state, "found sent corrected");
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "send", &send);
    json_member_allowed(json, "answer", &answer);
    json_member_allowed(json, "waive", &waive);
    json_end_object(json);
}

static void write_defect(const HttpRequest *request, const PacksRef *packs, const DefectFindRow *row, JsonWriter *json)
{
    Date today = clock_today(request->app->clock);
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_ref(json, "org", row->org_uid, row->org_name);
    json_member_dataset(json, "dataset", packs, row->dataset);
    json_member_str(json, "rule", row->rule);
    json_rule_texts(json, packs, row->dataset, row->rule);
    json_member_str(json, "level", row->level);
    json_member_str(json, "state", row->state);
    json_member_month(json, "month", row->month);
    json_member_period(json, "period", row->period);
    json_member_str(json, "record", row->key == DB_NULL_INT ? STR_NONE : data_record_id(request->arena, row->org, row->month, row->key));
    json_member_instant(json, request, "found", row->found_at);
    json_member_date(json, "due", row->due);
    json_member_instant(json, request, "sent", row->sent_at);
    json_member_instant(json, request, "closed", row->closed_at);
    json_member_str(json, "reason", row->reason);
    json_member_int(json, "again", row->times);
    json_member_bool(json, "late", row->due != DATE_NONE && row->due < today && row->closed_at == DB_NULL_INT);
    json_member_int(json, "version", row->version);
    write_may(request, row, json);
}

static bool write_notes(const HttpRequest *request, DbConn *conn, int64_t defect, JsonWriter *json, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, DefectNotes, err, .defect = defect);
    json_key(json, "notes");
    json_begin_array(json);
    for (DefectNotesRow row; rows && db_next(rows, &row, err);) {
        PersonRef by;
        DefectNotesRow kept = row;
        db_row_keep(DefectNotes, &kept, request->arena);
        if (!person_ref(conn, request->arena, kept.account, &by, NULL, err))
            return false;
        json_begin_object(json);
        json_member_str(json, "kind", kept.kind);
        json_member_str(json, "text", kept.text);
        json_member_person(json, "by", &by);
        json_member_instant(json, request, "at", kept.at);
        json_end_object(json);
    }
    json_end_array(json);
    return db_rows_ok(rows);
}

/* Whoever may not read the records is not told that something is wrong in them. */
static bool find_defect(const HttpRequest *request, DbConn *conn, Str uid, DefectFindRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, DefectFind, request->arena, ret_row, &found, err, .uid = uid))
        return false;
    MayObject facts = found ? data_facts(request->arena, ret_row->org_path, ret_row->org_area) : (MayObject) { 0 };
    found = found && may(api_user(request), VERB_READ_DATA, &facts).ok;
    return found || error_set(err, BH_NOT_FOUND, "no defect '" STR_FMT "'", STR_ARG(uid));
}

/* How it was found and closed: by an import, by the rules that ran again, or by comparing records with others. */
static const char *by_what(int64_t batch, Str intake)
{
    return batch == DB_NULL_INT ? "compare" : intake.p ? "import" : "recheck";
}

static bool write_ends(HttpRequest *request, DbConn *conn, const PacksRef *packs, const DefectFindRow *row, JsonWriter *json, GError **err)
{
    Str brought = row->found_uid;
    if (!brought.p && !data_brought_by(request, conn, packs, row, &brought, err))
        return false;
    json_member_cstr(json, "found_how", by_what(row->found_batch, row->found_uid));
    json_member_str(json, "found_by", brought);
    json_member_cstr(json, "closed_how", str_eq(row->state, STR("closed")) ? by_what(row->closed_batch, row->closed_uid) : NULL);
    json_member_str(json, "closed_by", row->closed_uid);
    json_end_object(json);
    return true;
}

static bool json_one(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    DefectFindRow row;
    if (!packs || !find_defect(request, conn, http_path(request, "uid"), &row, err))
        return false;
    write_defect(request, packs, &row, json);
    if (!data_write_about(request, conn, packs, &row, json, err) || !write_notes(request, conn, row.id, json, err))
        return false;
    return write_ends(request, conn, packs, &row, json, err);
}

static bool get_defect(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && json_one(request, conn, http_json(request, 200), err);
}

bool data_json_defect(HttpRequest *request, DbConn *conn, const PacksRef *packs, Str uid, JsonWriter *json, GError **err)
{
    DefectFindRow row;
    if (!find_defect(request, conn, uid, &row, err))
        return false;
    write_defect(request, packs, &row, json);
    json_end_object(json);
    return true;
}

/* --- Lists ---------------------------------------------------------------------------------------------------------------------- */

static const DbFilter defect_filters[] = {
    { "dataset", "d.name", DB_FILTER_EQ, DB_TYPE_TEXT },    { "rule", "f.rule", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "level", "f.level", DB_FILTER_EQ, DB_TYPE_TEXT },     { "state", "f.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "due_to", "f.due", DB_FILTER_LE, DB_TYPE_DATE },
};

#define FILTERS " org:uid dataset:text rule+:text level:error|warning state+:found|sent|corrected|closed|waived from to due_to:date intake:uid mine:bool"

bool data_filter_months(const HttpRequest *request, const char *name, bool last, int64_t *ret_month, GError **err)
{
    Str text = http_query(request, name);
    Period period;
    if (!text.p)
        return true;
    if (!period_parse(text, &period)) {
        error_set(err, BH_BAD_INPUT, "a month is written 2026-01");
        return error_at(err, "query:%s", name);
    }
    *ret_month = hub_month(last ? period_end(period) : period_start(period));
    return true;
}

static bool filter_months(const HttpRequest *request, DbList *list, GError **err)
{
    int64_t from = -1, to = -1;
    if (!data_filter_months(request, "from", false, &from, err) || !data_filter_months(request, "to", true, &to, err))
        return false;
    if (from >= 0)
        db_list_where(list, "f.month >= ?", &from, 1);
    if (to >= 0)
        db_list_where(list, "f.month <= ?", &to, 1);
    return true;
}

static bool filter_defects(const HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(defect_filters); i++) {
        Str value = http_query(request, defect_filters[i].name);
        if (value.p && !db_list_filter(list, defect_filters, G_N_ELEMENTS(defect_filters), str_from(defect_filters[i].name), value, err))
            return false;
    }
    Str intake = http_query(request, "intake");
    DbValue uid[] = { DB_TEXT(intake), DB_TEXT(api_user(request)->org_path), DB_TEXT(api_user(request)->org_path) };
    if (intake.p)
        db_list_where_values(list, "f.found_batch IN (SELECT b.id FROM batch b JOIN intake i ON i.id = b.intake WHERE i.uid = ?)", uid, 1);
    if (http_query_flag(request, "mine")) {
        db_list_where_values(list, "substr(o.path, 1, length(?)) = ?", &uid[1], 2);
        db_list_where_values(list, "f.state = ?", (DbValue[]) { DB_TEXT(STR("sent")) }, 1);
    }
    return filter_months(request, list, err) && data_filter_below(request, conn, list, err);
}

static bool get_defects(HttpRequest *request, GError **err)
{
    static const DbOrder orders[] = { { "found", "f.found_at", DB_TYPE_INT, true }, { "due", "coalesce(f.due, '9999-12-31')", DB_TYPE_DATE, false } };
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    Str order = http_query(request, "order");
    DbList *list = db_list_new(request->arena, DefectList, "f.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_defects(request, conn, list, err) || !db_list_order(list, orders, G_N_ELEMENTS(orders), order.p ? order : STR("found"), err)
        || !http_list_page(request, list, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run(list, conn, err);
    JsonWriter *json = http_list_open(request);
    for (DefectListRow row; rows && db_list_next(list, rows, &row, err);)
        if (!data_json_defect(request, conn, packs, arena_str(request->arena, row.uid), json, err))
            return false;
    return db_rows_ok(rows) && http_list_close(request, list, conn, json, err);
}

/* --- Counts ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str key, one, other; /* key: of both */
    Str level;
    int64_t n, late;
} Tally;

typedef struct {
    Arena *arena;
    GHashTable *by_key; /* Str * → Tally * */
    ARENA_LIST(Tally *) all;
} Tallies;

static void tally(Tallies *tallies, Str one, Str other, Str level, bool late)
{
    Str key = arena_printf(tallies->arena, STR_FMT "\n" STR_FMT, STR_ARG(one), STR_ARG(other));
    Tally *found = g_hash_table_lookup(tallies->by_key, &key);
    if (!found) {
        found = ARENA_NEW(tallies->arena, Tally);
        *found = (Tally) { .key = key, .one = arena_str(tallies->arena, one), .other = arena_str(tallies->arena, other), .level = arena_str(tallies->arena, level) };
        g_hash_table_insert(tallies->by_key, &found->key, found);
        *ARENA_PUSH(tallies->arena, &tallies->all) = found;
    }
    found->n++;
    found->late += late;
}

static int most_first(const void *a, const void *b)
{
    const Tally *one = *(Tally *const *) a, *other = *(Tally *const *) b;
    return one->n != other->n ? (one->n > other->n ? -1 : 1) : str_cmp(one->key, other->key);
}

enum { BY_STATE, BY_LEVEL, BY_DATASET, BY_RULE, BY_ORG, BY_ALL };

static void add_row(Tallies *by, const DefectCountRow *row)
{
    static const Str none = STR_INIT("");
    tally(&by[BY_STATE], row->state, none, none, row->late);
    tally(&by[BY_LEVEL], row->level, none, none, row->late);
    tally(&by[BY_DATASET], row->dataset, none, none, row->late);
    tally(&by[BY_RULE], row->dataset, row->rule, row->level, row->late);
    tally(&by[BY_ORG], row->org_uid, row->org_name, none, row->late);
}

static void write_words(JsonWriter *json, const char *name, const Tallies *tallies)
{
    json_key(json, name);
    json_begin_object(json);
    for (size_t i = 0; i < tallies->all.n; i++) {
        json_key_str(json, tallies->all.v[i]->one);
        json_int(json, tallies->all.v[i]->n);
    }
    json_end_object(json);
}

static void write_tallies(JsonWriter *json, const char *name, const PacksRef *packs, const Tallies *tallies, int by)
{
    json_key(json, name);
    json_begin_array(json);
    for (size_t i = 0; i < tallies->all.n; i++) {
        const Tally *one = tallies->all.v[i];
        json_begin_object(json);
        if (by == BY_ORG)
            json_member_ref(json, "org", one->one, one->other);
        else
            json_member_dataset(json, "dataset", packs, one->one);
        if (by == BY_RULE) {
            json_member_str(json, "rule", one->other);
            json_rule_texts(json, packs, one->one, one->other);
            json_member_str(json, "level", one->level);
        }
        json_member_int(json, "n", one->n);
        json_member_int(json, "late", one->late);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool get_counts(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    DbList *list = db_list_new(request->arena, DefectCount, "f.id", .account = request->session->account, .today = clock_today(request->app->clock));
    if (!conn || !filter_defects(request, conn, list, err))
        return false;
    Tallies by[BY_ALL];
    int64_t total = 0;
    for (int i = 0; i < BY_ALL; i++)
        by[i] = (Tallies) { .arena = request->arena, .by_key = g_hash_table_new(str_hash, str_equal) };
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (DefectCountRow row; rows && db_next(rows, &row, err); total++)
        add_row(by, &row);
    for (int i = 0; i < BY_ALL; i++) {
        g_hash_table_unref(by[i].by_key);
        if (by[i].all.n > 1)
            qsort(by[i].all.v, by[i].all.n, sizeof *by[i].all.v, most_first);
    }
    if (!db_rows_ok(rows))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_member_int(json, "total", total);
    write_words(json, "state", &by[BY_STATE]);
    write_words(json, "level", &by[BY_LEVEL]);
    write_tallies(json, "dataset", packs, &by[BY_DATASET], BY_DATASET);
    write_tallies(json, "rule", packs, &by[BY_RULE], BY_RULE);
    write_tallies(json, "org", packs, &by[BY_ORG], BY_ORG);
    json_end_object(json);
    return true;
}

/* --- What people do ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    HttpRequest *request;
    HubActor actor;
    Str uid, text;
    int64_t version;
    Date due;
    bool corrected;
} Doing;

static Doing doing_of(HttpRequest *request, Str uid)
{
    HubActor actor = { api_who(request), request->session->account, clock_today(request->app->clock) };
    return (Doing) { .request = request, .actor = actor, .uid = uid, .text = STR("") };
}

static bool send_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return hub_defect_send(tx, &doing->actor, doing->uid, doing->version, doing->due, doing->text, err);
}

static bool answer_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return hub_defect_answer(tx, &doing->actor, doing->uid, doing->version, doing->text, doing->corrected, err);
}

static bool waive_in_tx(DbConn *tx, void *data, GError **err)
{
    const Doing *doing = data;
    return hub_defect_waive(tx, &doing->actor, doing->uid, doing->version, doing->text, err);
}

static bool refused(GError **err, const Allowed *allowed)
{
    if (allowed->ok)
        return true;
    error_set(err, BH_FORBIDDEN, "this account may not do that: %s", allowed->why);
    if (allowed->params.p)
        error_params(err, STR_FMT, STR_ARG(allowed->params));
    return error_detail(err, allowed->why);
}

static bool check_may(HttpRequest *request, Str uid, Verb verb, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    DefectFindRow row;
    if (!conn || !find_defect(request, conn, uid, &row, err))
        return false;
    MayObject facts = data_facts(request->arena, row.org_path, row.org_area);
    Allowed allowed = verb == VERB_WAIVE_DATA ? may_waive(request, &row, &facts) : api_allowed(request, verb, &facts);
    return refused(err, &allowed);
}

static bool change(HttpRequest *request, Verb verb, DbWork work, Doing *doing, GError **err)
{
    if (!http_if_match(request, &doing->version, err) || !check_may(request, doing->uid, verb, err))
        return false;
    if (!http_write(request, work, doing, err))
        return http_answer_stale(request, json_one, err);
    return get_defect(request, err);
}

static bool post_send(HttpRequest *request, GError **err)
{
    Doing doing = doing_of(request, http_path(request, "uid"));
    return api_read_date(request->json, "due", &doing.due, err) && json_opt_str(request->json, "note", &doing.text, err)
           && change(request, VERB_RETURN_DATA, send_in_tx, &doing, err);
}

static bool post_answer(HttpRequest *request, GError **err)
{
    Doing doing = doing_of(request, http_path(request, "uid"));
    return json_opt_str(request->json, "text", &doing.text, err) && json_opt_bool(request->json, "corrected", &doing.corrected, err)
           && change(request, VERB_SEND_DATA, answer_in_tx, &doing, err);
}

static bool post_waive(HttpRequest *request, GError **err)
{
    Doing doing = doing_of(request, http_path(request, "uid"));
    return json_opt_str(request->json, "reason", &doing.text, err) && change(request, VERB_WAIVE_DATA, waive_in_tx, &doing, err);
}

/* --- Many at once ------------------------------------------------------------------------------------------------------------------------ */

static void write_refusal(JsonWriter *json, Str uid, const GError *failure)
{
    const char *detail = error_get_detail(failure);
    json_begin_object(json);
    json_member_str(json, "uid", uid);
    json_member_cstr(json, "code", detail ? detail : error_class_of(failure)->name);
    json_member_cstr(json, "message", failure->message);
    json_end_object(json);
}

typedef struct {
    const HttpRequest *request;
    HubActor actor;
    HubDefectSend *list;
    const bool *barred; /* refused before anything was written */
    size_t n;
    Date due;
    Str text;
} Many;

static void forget(const Many *many)
{
    for (size_t i = 0; i < many->n; i++)
        if (!many->barred[i])
            g_clear_error(&many->list[i].failure);
}

static bool send_many_in_tx(DbConn *tx, void *data, GError **err)
{
    const Many *many = data;
    forget(many); /* of a try before this one */
    return hub_defects_send(tx, &many->actor, many->list, many->n, many->due, many->text, err);
}

static bool read_many(HttpRequest *request, const JsonValue *list, Many *many, GError **err)
{
    bool *barred = ARENA_ARRAY(request->arena, bool, list->count + 1);
    many->list = ARENA_ARRAY(request->arena, HubDefectSend, list->count + 1);
    for (const JsonValue *value = list->first; value; value = value->next) {
        HubDefectSend *one = &many->list[many->n];
        if (!json_get_str(value, "uid", &one->uid, err) || !json_get_int(value, "version", 0, INT64_MAX, &one->version, err))
            return false;
        barred[many->n++] = !check_may(request, one->uid, VERB_RETURN_DATA, &one->failure);
    }
    many->barred = barred;
    return true;
}

static void write_many(const Many *many, JsonWriter *json)
{
    json_begin_object(json);
    json_key(json, "done");
    json_begin_array(json);
    for (size_t i = 0; i < many->n; i++) {
        if (many->list[i].failure)
            continue;
        json_begin_object(json);
        json_member_str(json, "uid", many->list[i].uid);
        json_member_int(json, "version", many->list[i].version + 1);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "refused");
    json_begin_array(json);
    for (size_t i = 0; i < many->n; i++)
        if (many->list[i].failure)
            write_refusal(json, many->list[i].uid, many->list[i].failure);
    json_end_array(json);
    json_end_object(json);
}

static bool post_send_many(HttpRequest *request, GError **err)
{
    Doing wish = doing_of(request, STR_NONE);
    Many many = { .request = request, .actor = wish.actor };
    const JsonValue *list;
    if (!json_get_array(request->json, "defects", &list, err) || !api_read_date(request->json, "due", &many.due, err) || !json_opt_str(request->json, "note", &wish.text, err))
        return false;
    if (list->count > LIMIT_LIST_ROWS)
        return json_bad(list, err, "at most %d at once", LIMIT_LIST_ROWS);
    many.text = wish.text;
    bool ok = read_many(request, list, &many, err) && http_write(request, send_many_in_tx, &many, err);
    if (ok)
        write_many(&many, http_json(request, 200));
    for (size_t i = 0; i < many.n; i++)
        g_clear_error(&many.list[i].failure);
    return ok;
}

/* --- Every day ---------------------------------------------------------------------------------------------------------------------------- */

static bool go_on(void *run, GError **err)
{
    return job_progress(run, 0.5, NULL, err);
}

bool job_defects(JobRun *run, GError **err)
{
    HubDefectDay day;
    if (!hub_defects_daily(run->db, run->clock, go_on, run, &day, err))
        return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "returned", day.returned);
    json_member_int(json, "late", day.late);
    json_member_int(json, "raised", day.raised);
    json_end_object(json);
    return true;
}

/* --- Routes -------------------------------------------------------------------------------------------------------------------------------- */

#define DEFECT "/api/v1/defects/{uid}"

static const Route routes[] = {
    { HTTP_GET, "/api/v1/defects", HTTP_SESSION, get_defects, HTTP_LIST_QUERY FILTERS " order:found|due", HTTP_NO_BODY, "Defects", "what is wrong in records" },
    { HTTP_GET, "/api/v1/defects/counts", HTTP_SESSION, get_counts, FILTERS, HTTP_NO_BODY, "DefectCounts", "how much, by state, dataset, rule and organisation" },
    { HTTP_POST, "/api/v1/defects/send", HTTP_SESSION, post_send_many, NULL, HTTP_JSON, "DefectsSent", "send several back" },
    { HTTP_GET, DEFECT, HTTP_SESSION, get_defect, NULL, HTTP_NO_BODY, "DefectWhole", "a defect with what was said of it" },
    { HTTP_POST, DEFECT "/send", HTTP_SESSION, post_send, NULL, HTTP_JSON, "DefectWhole", "send it back to its institution, with a day" },
    { HTTP_POST, DEFECT "/answer", HTTP_SESSION, post_answer, NULL, HTTP_JSON, "DefectWhole", "answer it, or say that it is corrected" },
    { HTTP_POST, DEFECT "/waive", HTTP_SESSION, post_waive, NULL, HTTP_JSON, "DefectWhole", "let it stand, with a reason" },
};

#define MEMBERS "uid:uid org:Ref dataset:DatasetRef rule says? says_en? level state month? period? record? found:instant due:date? sent:instant? closed:instant? reason? again:int late:bool" \
                " version:int may:any"

static const HttpShape shapes[] = {
    { "Defect", MEMBERS },
    { "Defects", "rows:[Defect] next? total:int" },
    { "DefectWhole", MEMBERS " values:any notes:any found_how found_by:uid? closed_how? closed_by:uid?" },
    { "DefectCounts", "total:int state:any level:any dataset:any rule:any org:any" },
    { "DefectsSent", "done:any refused:any" },
};

const RouteTable defect_routes = ROUTE_TABLE(routes, shapes);
