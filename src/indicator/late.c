#include "indicator/late.h"

#include "db/pick.h"
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

enum { VERSIONS = 100 /* of one record that are looked at, the oldest first */ };

typedef struct {
    int64_t batch;
    Date day;
} BatchDay;

struct LateMonth {
    Quality quality; /* only its clock */
    RecordSet set;
    Work work;
    const DbTable *history;
    PeriodKind kind;
    bool none;
    ARENA_LIST(BatchDay) days;
    Arena *arena;
};

LateMonth *late_month(DbConn *conn, const Clock *clock, const PackDataset *dataset, int64_t dataset_id, const DbTable *history, int64_t org, int month, Arena *arena, GError **err)
{
    LateMonth *m = ARENA_ARRAY(arena, LateMonth, 1);
    *m = (LateMonth) { .quality = { .clock = clock }, .set = { .pack = dataset, .id = dataset_id }, .history = history, .none = true, .arena = arena };
    m->work = (Work) { .set = &m->set, .org = org, .month = month, .arena = arena };
    if (dataset->kind == PACK_REGISTER || !expected_kind(dataset, &m->kind))
        return m;
    if (!work_expected(conn, &m->quality, &m->work, err))
        return NULL;
    for (size_t i = 0; i < m->work.expected.n; i++)
        m->none &= !m->work.expected.v[i].timed;
    return m;
}

bool late_none(const LateMonth *month)
{
    return month->none;
}

/* A month comes in few batches. */
static bool day_of_batch(DbConn *conn, LateMonth *m, int64_t batch, Date *ret_day, GError **err)
{
    BatchOpenedRow row;
    bool found;
    for (size_t i = 0; i < m->days.n; i++)
        if (m->days.v[i].batch == batch) {
            *ret_day = m->days.v[i].day;
            return true;
        }
    if (!db_one(conn, BatchOpened, m->arena, &row, &found, err, .id = batch))
        return false;
    *ret_day = found ? date_of_instant(row.opened, clock_zone_minutes(m->quality.clock)) : DATE_NONE;
    *ARENA_PUSH(m->arena, &m->days) = (BatchDay) { batch, *ret_day };
    return true;
}

/* An earlier version of it came in time. */
static bool is_correction(DbConn *conn, LateMonth *m, int64_t key, Date due, bool *ret_is, GError **err)
{
    static const char *const columns[] = { "batch_" };
    const DbPickIf where[] = { { "month_", DB_PICK_EQ, DB_INT(m->work.month) }, { "org_", DB_PICK_EQ, DB_INT(m->work.org) }, { "key_", DB_PICK_EQ, DB_INT(key) } };
    const DbPick pick = { .table = m->history, .columns = columns, .n_columns = 1, .where = where, .n_where = G_N_ELEMENTS(where), .order = "batch_", .limit = VERSIONS };
    const DbValue *cells;
    size_t n;
    *ret_is = false;
    if (!db_pick(conn, &pick, m->arena, &cells, &n, err))
        return false;
    for (size_t i = 0; i < n && !*ret_is; i++) {
        Date came = DATE_NONE;
        if (!day_of_batch(conn, m, cells[i].number, &came, err))
            return false;
        *ret_is = came <= due;
    }
    return true;
}

bool late_record(DbConn *conn, LateMonth *month, const LateRecord *record, bool *ret_late, GError **err)
{
    *ret_late = false;
    if (month->none || (!record->period && record->day == DATE_NONE))
        return true;
    const WorkExpected *expected = work_timed(&month->work, record->period ? record->period : period_of_date(month->kind, record->day));
    Date came = DATE_NONE;
    bool corrected = false;
    if (!expected)
        return true;
    if (!day_of_batch(conn, month, record->batch, &came, err) || (came > expected->due && !is_correction(conn, month, record->key, expected->due, &corrected, err)))
        return false;
    *ret_late = came > expected->due && !corrected;
    return true;
}
