/* What comes to its end by itself: a suspension, on the day that was set. The event is the engine's. */
#include "db/queries.h"
#include "ledger/change.h"

#include "base/banned.h"

enum { AT_ONCE = 50 };

typedef struct {
    Date today;
    int64_t at_ms, ended;
} EndArgs;

static bool end_one(DbConn *tx, const EndArgs *args, Arena *arena, Str uid, GError **err)
{
    Actor engine = { NULL, { STR_NONE, "engine", args->at_ms } };
    Change change;
    if (!change_begin(&change, tx, &engine, arena, uid, DB_NULL_INT, "resume", err))
        return false;
    change.after.state = change.before.state_before;
    change.after.state_before = STR_NONE;
    change.after.suspended_until = DATE_NONE;
    return change_end(&change, err);
}

static bool end_in_tx(DbConn *tx, void *data, GError **err)
{
    EndArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(Str) uids = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, TasksToResume, err, .today = args->today, .limit = AT_ONCE);
    for (TasksToResumeRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &uids) = arena_str(arena, row.uid);
    args->ended = 0;
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < uids.n; i++)
        if (!end_one(tx, args, arena, uids.v[i], err))
            return false;
    args->ended = (int64_t) uids.n;
    return true;
}

bool ledger_end_suspensions(Db *db, const Clock *clock, int64_t *ret_ended, GError **err)
{
    EndArgs args = { .today = clock_today(clock) };
    int64_t total = 0;
    do {
        args.at_ms = clock_now_ms(clock);
        if (!db_write(db, DB_MESSAGES, end_in_tx, &args, err))
            return false;
        total += args.ended;
    } while (args.ended == AT_ONCE);
    *ret_ended = total;
    return true;
}
