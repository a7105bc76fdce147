#include "flow/signals.h"

#include "db/queries.h"

#include "base/banned.h"

bool signal_raise(DbConn *tx, const SignalSeen *seen, int64_t now_ms, bool *ret_new, GError **err)
{
    char uid[UID_TEXT_MAX];
    int64_t changes;
    if (!db_exec(tx, SignalAgain, &changes, err, .kind = str_from(seen->kind), .subject = seen->subject, .period = seen->period, .value = seen->value,
                 .line = seen->line, .params = seen->params))
        return false;
    if (ret_new)
        *ret_new = changes == 0;
    return changes > 0
           || db_exec(tx, SignalInsert, NULL, err, .uid = str_from(uid_new(uid)), .kind = str_from(seen->kind), .subject = seen->subject, .what = seen->what,
                      .org = seen->org, .period = seen->period, .value = seen->value, .line = seen->line, .params = seen->params, .opened = now_ms);
}

bool signal_clear(DbConn *tx, const char *kind, Str subject, int64_t value, int64_t now_ms, GError **err)
{
    return db_exec(tx, SignalClear, NULL, err, .kind = str_from(kind), .subject = subject, .value = value, .cleared = now_ms);
}

static Signal from_row(const SignalsInRow *row)
{
    return (Signal) {
        .id = row->id, .org = row->org, .value = row->value, .line = row->line, .version = row->version, .uid = row->uid, .kind = row->kind, .subject = row->subject,
        .what = row->what, .params = row->params, .state = row->state, .task = row->task, .period = (Period) row->period,
    };
}

bool signals_in(DbConn *conn, const char *kind, const char *state, size_t most, Arena *arena, Signal **ret_signals, size_t *ret_n, GError **err)
{
    ARENA_LIST(Signal) signals = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, SignalsIn, err, .kind = str_from(kind), .state = str_from(state), .limit = (int64_t) most);
    for (SignalsInRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(SignalsIn, &row, arena);
        *ARENA_PUSH(arena, &signals) = from_row(&row);
    }
    *ret_signals = signals.v;
    *ret_n = signals.n;
    return db_rows_ok(rows);
}

bool signal_lasts(DbConn *conn, Str task, bool *ret_lasts, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    SignalsLastingRow row;
    bool found;
    if (!db_one(conn, SignalsLasting, arena, &row, &found, err, .task = task))
        return false;
    *ret_lasts = found && row.n > 0;
    return true;
}

static bool changed_once(int64_t changes, GError **err)
{
    if (changes == 1)
        return true;
    error_set(err, BH_CONFLICT, "the signal was changed in between");
    return error_detail(err, "version-stale");
}

bool signal_take(DbConn *tx, const Signal *signal, Str task, GError **err)
{
    int64_t changes;
    return db_exec(tx, SignalTake, &changes, err, .id = signal->id, .version = signal->version, .task = task) && changed_once(changes, err);
}

bool signal_end(DbConn *tx, const Signal *signal, GError **err)
{
    int64_t changes;
    return db_exec(tx, SignalEnd, &changes, err, .id = signal->id, .version = signal->version) && changed_once(changes, err);
}
