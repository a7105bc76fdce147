/* The records of a month: what is filled, on which days and weeks they fall, and whether they came in time. A record came when its first version did: a correction is never late. */
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

bool work_expected(DbConn *conn, const Quality *quality, Work *work, GError **err)
{
    int zone = clock_zone_minutes(quality->clock), months;
    PeriodKind kind = PERIOD_MONTH;
    expected_kind(work->set->pack, &kind);
    months = kind == PERIOD_YEAR ? 11 : kind == PERIOD_QUARTER ? 2 : kind == PERIOD_WEEK ? 1 : 0;
    work->expected.n = 0;
    g_autoptr(DbRows) rows = db_query(conn, ExpectedOf, err, .dataset = work->set->id, .org = work->org, .first = work->month - months, .last = work->month);
    for (ExpectedOfRow row; rows && db_next(rows, &row, err);) {
        WorkExpected *expected = ARENA_PUSH(work->arena, &work->expected);
        *expected = (WorkExpected) { (Period) row.period, row.due, row.timed, row.closed, EXPECTED_WAITING,
                                     row.zero_at == DB_NULL_INT ? DATE_NONE : date_of_instant(row.zero_at, zone) };
        for (int i = 0; expected_states[i]; i++)
            if (str_eq(row.state, str_from(expected_states[i])))
                expected->state = (ExpectedState) i;
    }
    return db_rows_ok(rows);
}

/* --- Arrival ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Engine *engine;
    Work *work;
    PeriodKind kind;
    bool has_periods;
    GHashTable *late;   /* key of a record that was late, as it stands now: when it was due */
    GHashTable *counts; /* period: records */
    Arena *scratch;
} Counting;

static bool day_of_batch(const Counting *c, int64_t batch, Date *ret_day, GError **err)
{
    gpointer day;
    BatchOpenedRow row;
    bool found;
    if (g_hash_table_lookup_extended(c->engine->arrived, &batch, NULL, &day)) {
        *ret_day = (Date) GPOINTER_TO_INT(day);
        return true;
    }
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(c->engine->quality->db, err);
    if (!conn || !db_one(conn, BatchOpened, arena, &row, &found, err, .id = batch))
        return false;
    *ret_day = found ? date_of_instant(row.opened, clock_zone_minutes(c->engine->quality->clock)) : DATE_NONE;
    g_hash_table_insert(c->engine->arrived, g_memdup2(&batch, sizeof batch), GINT_TO_POINTER(*ret_day));
    return true;
}

const WorkExpected *work_timed(const Work *work, Period period)
{
    for (size_t i = 0; i < work->expected.n; i++)
        if (work->expected.v[i].period == period)
            return work->expected.v[i].timed ? &work->expected.v[i] : NULL;
    return NULL;
}

/* The period in which a record falls; false: it has none. */
static bool period_of(const Counting *c, const RecordBatch *batch, const ExprColumn *day, ExprKind kind, size_t row, Period *ret_period)
{
    const PackDataset *pack = c->work->set->pack;
    if (!c->has_periods || pack->kind == PACK_REGISTER)
        return false;
    if (batch->periods) {
        *ret_period = (Period) batch->periods[row];
        return true;
    }
    if (!day->values || (day->nulls && day->nulls[row]))
        return false;
    Date date = kind == EXPR_DATE ? ((const Date *) day->values)[row]
                                  : date_of_instant(((const int64_t *) day->values)[row], clock_zone_minutes(c->engine->quality->clock));
    *ret_period = period_of_date(c->kind, date);
    return true;
}

static bool add_arrival(Counting *c, const RecordBatch *batch, size_t row, Period period, GError **err)
{
    const WorkExpected *expected = work_timed(c->work, period);
    Date came = DATE_NONE;
    if (!expected)
        return true;
    if (!day_of_batch(c, batch->batches[row], &came, err))
        return false;
    c->work->timed++;
    if (came <= expected->due)
        c->work->in_time++;
    else
        g_hash_table_insert(c->late, g_memdup2(&batch->keys[row], sizeof(int64_t)), GINT_TO_POINTER(expected->due));
    return true;
}

static void add_period(Counting *c, Period period)
{
    if (c->kind != PERIOD_DAY && c->kind != PERIOD_WEEK)
        return;
    gpointer key = GINT_TO_POINTER(period);
    g_hash_table_insert(c->counts, key, GINT_TO_POINTER(GPOINTER_TO_INT(g_hash_table_lookup(c->counts, key)) + 1));
}

static bool count_batch(const RecordBatch *batch, void *data, GError **err)
{
    Counting *c = data;
    const PackDataset *pack = c->work->set->pack;
    ExprColumn day = { 0 };
    ExprKind kind = EXPR_NONE;
    cells_add(&c->work->cells, pack, batch, c->engine->runner, c->engine->today, c->scratch);
    arena_rewind(c->scratch, (ArenaMark) { 0 });
    if (pack->date.p)
        records_column(pack, batch, pack->date, &day, &kind);
    for (size_t row = 0; row < batch->n; row++) {
        Period period;
        if (!period_of(c, batch, &day, kind, row, &period))
            continue;
        add_period(c, period);
        if (!add_arrival(c, batch, row, period, err))
            return false;
    }
    return true;
}

/* An earlier version of it came in time. */
static bool forgive_batch(const RecordBatch *batch, void *data, GError **err)
{
    Counting *c = data;
    for (size_t row = 0; row < batch->n; row++) {
        gpointer due;
        Date came;
        if (!g_hash_table_lookup_extended(c->late, &batch->keys[row], NULL, &due))
            continue;
        if (!day_of_batch(c, batch->batches[row], &came, err))
            return false;
        if (came <= (Date) GPOINTER_TO_INT(due)) {
            c->work->in_time++;
            g_hash_table_remove(c->late, &batch->keys[row]);
        }
    }
    return true;
}

static bool read_both(Counting *c, GError **err)
{
    Work *work = c->work;
    int month = work_read_month(work);
    RecordWish wish = { .set = work->set, .org = work->org, .first = month, .last = month, .persons = c->engine->quality->persons };
    if (!records_read(c->engine->quality, &wish, count_batch, c, err))
        return false;
    wish.history = true;
    return g_hash_table_size(c->late) == 0 || records_read(c->engine->quality, &wish, forgive_batch, c, err);
}

bool count_records(const Engine *engine, Work *work, GError **err)
{
    g_autoptr(GHashTable) late = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL), counts = g_hash_table_new(NULL, NULL);
    g_autoptr(Arena) scratch = arena_new();
    Counting c = { .engine = engine, .work = work, .late = late, .counts = counts, .scratch = scratch };
    c.has_periods = expected_kind(work->set->pack, &c.kind);
    work->cells = cells_new(work->set->pack, work->arena);
    if (!read_both(&c, err))
        return false;
    GHashTableIter iter;
    gpointer period, n;
    g_hash_table_iter_init(&iter, counts);
    while (g_hash_table_iter_next(&iter, &period, &n))
        *ARENA_PUSH(work->arena, &work->counts) = (ExpectedRecords) { (Period) GPOINTER_TO_INT(period), GPOINTER_TO_INT(n) };
    return true;
}
