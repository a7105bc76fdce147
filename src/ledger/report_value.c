/* Kept reports and decisions as their events name them. */
#include "db/queries.h"
#include "ledger/change.h"
#include "ledger/report.h"

#include "base/banned.h"

static Str int_text(Arena *arena, int64_t value)
{
    return arena_printf(arena, "%" G_GINT64_FORMAT, value);
}

bool report_value(DbConn *conn, Str uid, Arena *arena, int64_t *ret_id, Str *ret_value, GError **err)
{
    ReportWholeRow row;
    bool found;
    if (!db_one(conn, ReportWhole, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no report '" STR_FMT "'", STR_ARG(uid));
    const Str said[] = {
        row.plan_uid, row.org_uid, row.period, int_text(arena, row.day_from), int_text(arena, row.day_to), int_text(arena, row.made), row.made_by, row.previous_uid,
        int_text(arena, row.seq), row.hash, row.digest, row.units, row.body,
    };
    *ret_id = row.id;
    *ret_value = arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(row.kind), STR_ARG(state_digest(arena, said, G_N_ELEMENTS(said))));
    return true;
}

Str decision_value(Str text, Str task_uid, Str account_uid, int64_t at, Arena *arena)
{
    const Str said[] = { text, task_uid, account_uid, int_text(arena, at) };
    return state_digest(arena, said, G_N_ELEMENTS(said));
}
