#include "hub/defect.h"

#include "base/json.h"
#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

static bool load(DbConn *tx, Arena *arena, Str uid, int64_t version, DefectFindRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(tx, DefectFind, arena, ret_row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no defect '" STR_FMT "'", STR_ARG(uid));
    if (ret_row->version == version)
        return true;
    error_set(err, BH_CONFLICT, "the defect has changed");
    return error_detail(err, "version-stale");
}

static bool wrong_state(Str state, GError **err)
{
    error_set(err, BH_CONFLICT, "this defect is '" STR_FMT "'", STR_ARG(state));
    error_params(err, "state=" STR_FMT, STR_ARG(state));
    return error_detail(err, "wrong-state");
}

/* What people wrote stands in the note; the event has its digest. */
static bool note(DbConn *tx, Arena *arena, const HubActor *actor, const DefectFindRow *row, const char *kind, const char *verb, Str text, GError **err)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    if (text.n > 0)
        json_member_str(&json, "text", audit_digest(arena, text));
    json_end_object(&json);
    audit_append(tx, &actor->who, verb, (AuditObject) { "defect", row->uid }, str_from_gstring(data));
    return text.n == 0 || db_exec(tx, DefectNoteAdd, NULL, err, .defect = row->id, .kind = str_from(kind), .text = text, .account = actor->account, .at = actor->who.at_ms);
}

static bool check_text(Str text, const char *at, const char *missing, GError **err)
{
    if (text.n > 0 && utf8_length(text) <= LIMIT_TEXT_CHARS)
        return true;
    error_set(err, BH_BAD_INPUT, "a text of 1 to %d characters is needed", LIMIT_TEXT_CHARS);
    error_at(err, "%s", at);
    return error_detail(err, missing);
}

static bool check_due(const HubActor *actor, Date due, GError **err)
{
    if (due != DATE_NONE && due >= actor->today)
        return true;
    error_set(err, BH_BAD_INPUT, "it is due today or later");
    error_at(err, "/due");
    return error_detail(err, "due-past");
}

static bool send_one(DbConn *tx, Arena *arena, const HubActor *actor, Str uid, int64_t version, Date due, Str text, int64_t *ret_org, GError **err)
{
    DefectFindRow row;
    int64_t changes;
    if (!load(tx, arena, uid, version, &row, err)
        || !db_exec(tx, DefectSend, &changes, err, .id = row.id, .version = version, .due = due, .at = actor->who.at_ms, .account = actor->account))
        return false;
    *ret_org = row.org;
    return changes == 1 ? note(tx, arena, actor, &row, "send", "send-back", text, err) : wrong_state(row.state, err);
}

bool hub_defect_send(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Date due, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t org;
    return check_due(actor, due, err) && send_one(tx, arena, actor, uid, version, due, text, &org, err) && defects_tell_sent(tx, actor, org, 1, due, text, err);
}

typedef struct {
    int64_t org, n;
} OrgCount;
typedef ARENA_LIST(OrgCount) OrgCounts;

static void count_org(Arena *arena, OrgCounts *counts, int64_t org)
{
    for (size_t i = 0; i < counts->n; i++)
        if (counts->v[i].org == org) {
            counts->v[i].n++;
            return;
        }
    *ARENA_PUSH(arena, counts) = (OrgCount) { org, 1 };
}

/* What the wish itself makes impossible; anything else is a failure of the whole. */
static bool is_refusal(const GError *failure)
{
    return failure->code == BH_CONFLICT || failure->code == BH_NOT_FOUND || failure->code == BH_BAD_INPUT;
}

bool hub_defects_send(DbConn *tx, const HubActor *actor, HubDefectSend *list, size_t n, Date due, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    OrgCounts counts = { 0 };
    if (!check_due(actor, due, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        GError *failure = NULL;
        int64_t org;
        if (list[i].failure) /* refused by the caller */
            continue;
        if (send_one(tx, arena, actor, list[i].uid, list[i].version, due, text, &org, &failure))
            count_org(arena, &counts, org);
        else if (is_refusal(failure))
            list[i].failure = failure;
        else {
            g_propagate_error(err, failure);
            return false;
        }
    }
    for (size_t i = 0; i < counts.n; i++)
        if (!defects_tell_sent(tx, actor, counts.v[i].org, counts.v[i].n, due, text, err))
            return false;
    return true;
}

bool hub_defect_answer(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Str text, bool corrected, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DefectFindRow row;
    int64_t changes;
    if (!check_text(text, "/text", "text-missing", err) || !load(tx, arena, uid, version, &row, err))
        return false;
    bool ok = corrected ? db_exec(tx, DefectCorrected, &changes, err, .id = row.id, .version = version)
                        : db_exec(tx, DefectTouched, &changes, err, .id = row.id, .version = version);
    if (!ok)
        return false;
    return changes == 1 ? note(tx, arena, actor, &row, "answer", corrected ? "corrected" : "answer", text, err) : wrong_state(row.state, err);
}

bool hub_defect_waive(DbConn *tx, const HubActor *actor, Str uid, int64_t version, Str reason, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DefectFindRow row;
    int64_t changes;
    if (!check_text(reason, "/reason", "reason-missing", err) || !load(tx, arena, uid, version, &row, err)
        || !db_exec(tx, DefectWaive, &changes, err, .id = row.id, .version = version, .reason = reason, .account = actor->account, .at = actor->who.at_ms))
        return false;
    return changes == 1 ? note(tx, arena, actor, &row, "waive", "waive", reason, err) : wrong_state(row.state, err);
}
