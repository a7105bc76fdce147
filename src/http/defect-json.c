/* A defect as it is written, with what this account may do to it. */
#include "http/defect-json.h"

#include "base/banned.h"

static Allowed in_states(Allowed allowed, Str state, const char *states)
{
    for (Str rest = str_from(states), word = str_cut(&rest, ' '); allowed.ok && word.p; word = str_cut(&rest, ' '))
        if (str_eq(word, state))
            return allowed;
    return allowed.ok ? (Allowed) { .why = "wrong-state" } : allowed;
}

/* Nobody waives what his own organisation answers for. */
Allowed defect_may_waive(const HttpRequest *request, const DefectFindRow *row, const MayObject *facts)
{
    Allowed allowed = api_allowed(request, VERB_WAIVE_DATA, facts);
    return allowed.ok && user_stands_within(api_user(request), row->org_path) ? (Allowed) { .why = "own-organisation" } : allowed;
}

static void write_may(const HttpRequest *request, const DefectFindRow *row, JsonWriter *json)
{
    MayObject facts = data_facts(request->arena, row->org_path, row->org_area);
    Allowed send = in_states(api_allowed(request, VERB_RETURN_DATA, &facts), row->state, "found sent corrected");
    Allowed answer = in_states(api_allowed(request, VERB_SEND_DATA, &facts), row->state, "found sent corrected");
    Allowed waive = in_states(defect_may_waive(request, row, &facts), row->state, "found sent corrected");
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
bool defect_find(const HttpRequest *request, DbConn *conn, Str uid, DefectFindRow *ret_row, GError **err)
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

bool data_json_defect(HttpRequest *request, DbConn *conn, const PacksRef *packs, Str uid, JsonWriter *json, GError **err)
{
    DefectFindRow row;
    if (!defect_find(request, conn, uid, &row, err))
        return false;
    write_defect(request, packs, &row, json);
    json_end_object(json);
    return true;
}

bool defect_json_whole(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    DefectFindRow row;
    if (!packs || !defect_find(request, conn, http_path(request, "uid"), &row, err))
        return false;
    write_defect(request, packs, &row, json);
    if (!data_write_about(request, conn, packs, &row, json, err) || !write_notes(request, conn, row.id, json, err))
        return false;
    return write_ends(request, conn, packs, &row, json, err);
}
