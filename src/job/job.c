#include "job/job.h"

#include "base/crypto.h"
#include "db/queries.h"

#include "base/banned.h"

bool job_start(DbConn *tx, const JobStart *start, Arena *arena, Str *ret_uid, GError **err)
{
    char uid[UID_TEXT_MAX];
    uid_new(uid);
    if (!db_exec(tx, JobInsert, NULL, err, .uid = str_from(uid), .kind = str_from(start->kind), .argument = start->argument,
                 .account = start->account, .at = start->at_ms))
        return false;
    *ret_uid = arena_str(arena, str_from(uid));
    return true;
}

bool job_by_uid(DbConn *conn, Arena *arena, Str uid, Job *ret_job, bool *ret_found, GError **err)
{
    JobByUidRow row;
    if (!db_one(conn, JobByUid, arena, &row, ret_found, err, .uid = uid))
        return false;
    if (*ret_found)
        *ret_job = (Job) { row.id, row.uid, row.kind, row.state, row.progress, row.doing, row.result, row.error,
                           row.account, row.created, row.finished, row.attempts };
    return true;
}

static void member_json(JsonWriter *writer, const char *name, Str json)
{
    json_key(writer, name);
    if (json.p)
        json_raw(writer, json);
    else
        json_null(writer);
}

static void member_instant(JsonWriter *writer, const char *name, int64_t instant, int zone_minutes)
{
    char text[INSTANT_TEXT_MAX];
    json_member_cstr(writer, name, instant == DB_NULL_INT ? NULL : instant_format(instant, zone_minutes, text));
}

void job_write(const Job *job, int zone_minutes, JsonWriter *writer)
{
    json_member_str(writer, "uid", job->uid);
    json_member_str(writer, "kind", job->kind);
    json_member_str(writer, "state", job->state);
    json_key(writer, "progress");
    json_decimal(writer, decimal_make(job->progress_permille, 3));
    json_member_str(writer, "doing", job->doing);
    member_json(writer, "result", job->result);
    member_json(writer, "error", job->error);
    member_instant(writer, "created", job->created, zone_minutes);
    member_instant(writer, "finished", job->finished, zone_minutes);
}
