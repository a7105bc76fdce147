#include "db/queries.h"
#include "job/run.h"

#include "base/banned.h"

enum { MS_A_MINUTE = 60 * 1000 };

typedef struct {
    Jobs *jobs;
    const JobKind *kind;
    int64_t now;
    Arena *arena;
} Due;

/* What has an hour is due at the next such hour, whenever it ran: a server that was started late runs it in the morning again. */
static int64_t next_due(const Jobs *jobs, const JobKind *kind, int64_t now)
{
    int64_t zone = (int64_t) clock_zone_minutes(jobs->clock) * MS_A_MINUTE, day = (int64_t) 24 * 60 * MS_A_MINUTE;
    if (kind->from_hour == 0)
        return now + (int64_t) kind->every_minutes * MS_A_MINUTE;
    int64_t hour = (int64_t) date_of_instant(now, clock_zone_minutes(jobs->clock)) * day - zone + (int64_t) kind->from_hour * 60 * MS_A_MINUTE;
    return hour > now ? hour : hour + day;
}

/* Of one kind never two at a time: one that is late is not done twice to make up for it. */
static bool insert_work(DbConn *tx, void *data, GError **err)
{
    const Due *due = data;
    JobOpenOfKindRow open;
    bool found;
    Str name = str_from(due->kind->name), uid;
    if (!db_one(tx, JobOpenOfKind, due->arena, &open, &found, err, .kind = name))
        return false;
    JobStart start = { .kind = due->kind->name, .account = DB_NULL_INT, .at_ms = due->now };
    if (open.n == 0 && !job_start(tx, &start, due->arena, &uid, err))
        return false;
    return db_exec(tx, ScheduleSet, NULL, err, .kind = name, .due = next_due(due->jobs, due->kind, due->now));
}

static bool is_due(Jobs *jobs, const JobKind *kind, Arena *arena, int64_t now, bool *ret_due, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(jobs->db, err);
    ScheduleDueRow row;
    bool found;
    if (!conn || !db_one(conn, ScheduleDue, arena, &row, &found, err, .kind = str_from(kind->name)))
        return false;
    *ret_due = !found || row.due <= now;
    return true;
}

bool schedule_insert_due(Jobs *jobs, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t now = clock_now_ms(jobs->clock);
    for (const JobKind **kind = jobs->kinds; *kind; kind++) {
        bool due = false;
        if ((*kind)->every_minutes > 0 && !is_due(jobs, *kind, arena, now, &due, err))
            return false;
        Due insert = { jobs, *kind, now, arena };
        if (due && !db_write(jobs->db, DB_MESSAGES, insert_work, &insert, err))
            return false;
    }
    return true;
}
