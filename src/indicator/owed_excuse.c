/* What a person need not do. */
#include "db/queries.h"
#include "indicator/owed.h"
#include "indicator/private.h"

#include "base/json.h"

#include "base/banned.h"

/* The reason is told by its digest only: events are kept longer than persons. */
static void append_event(DbConn *tx, const OwedExcusing *what)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "duty", what->duty);
    json_member_int(&json, "seq", what->seq);
    json_member_str(&json, "reason", audit_digest(arena, what->reason));
    json_end_object(&json);
    audit_append(tx, &what->who, "owed-excuse", (AuditObject) { "person", what->person_uid }, str_from_gstring(data));
}

bool owed_excuse(DbConn *tx, const OwedExcusing *what, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    OwedFindRow row;
    bool found;
    if (!reason_check(what->reason, err) || !db_one(tx, OwedFind, arena, &row, &found, err, .duty = what->duty, .person = what->person, .seq = what->seq))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "nothing of the kind is owed");
    if (row.done_on != DATE_NONE) {
        error_set(err, BH_CONFLICT, "it is done");
        return error_detail(err, "wrong-state");
    }
    if (!db_exec(tx, OwedExcuse, NULL, err, .duty = row.duty_id, .person = what->person, .seq = what->seq, .reason = what->reason, .account = what->account, .at = what->who.at_ms))
        return false;
    append_event(tx, what);
    return true;
}
