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
    return db_exec(tx, ScheduleSet, NULL, err, .kind = name, .due = due->now + (int64_t) due->kind->every_minutes * MS_A_MINUTE);
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
