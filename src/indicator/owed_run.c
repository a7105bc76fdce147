/* Whose records changed, reading what concerns them, and the rounds in which their duties are computed and written. What was looked at is marked last: whatever ends a run, the next one finds the same again. */
#include "indicator/links.h"
#include "indicator/owing.h"

#include "db/queries.h"

#include "base/banned.h"

enum { FIRST_MONTH = -100000, LAST_MONTH = 100000, DIRTY_MOST = 50000, STALE_MOST = 5000, STEP_ROWS = 2000, ASKED_PERSONS = 200 };

typedef OwedStaleRow Place; /* a segment */
typedef struct {
    Owing *owing;
    QualityTold told;
    void *data;
    ARENA_LIST(Place) stale;
    LinkNews links;
    int64_t changed;
} Run;

/* --- What there is --------------------------------------------------------------------------------------------------------------- */

static OwedDuty *duty_named(const Owing *owing, Str name)
{
    for (size_t i = 0; i < owing->n_duties; i++)
        if (str_eq(owing->duties[i].name, name))
            return &owing->duties[i];
    return NULL;
}

static bool of_persons(const PackDataset *dataset)
{
    return dataset && dataset->subject && dataset->subject->person;
}

static Str joined(Arena *arena, Str a, char between, Str b)
{
    return arena_concat(arena, arena_concat(arena, a, (Str) { &between, 1 }), b);
}

/* Those of which both datasets are installed and are about persons. */
static void find_duties(Owing *owing, size_t most)
{
    owing->duties = ARENA_ARRAY(owing->arena, OwedDuty, most + 1);
    for (size_t p = 0; p < packs_count(owing->quality->packs); p++) {
        const Pack *pack = packs_get(owing->quality->packs, p);
        for (size_t i = 0; i < pack->duties.n; i++) {
            const PackDuty *duty = &pack->duties.v[i];
            OwedDuty one = { .duty = duty, .owes = records_set(&owing->sets, duty->owed_for), .meets = duty->done_by ? records_set(&owing->sets, duty->done_by->dataset) : NULL };
            if (!one.owes || !one.meets || !of_persons(one.owes->pack) || !of_persons(one.meets->pack))
                continue;
            one.name = joined(owing->arena, pack->id, '.', duty->entry.id);
            one.rules = joined(owing->arena, joined(owing->arena, pack->hash, ' ', one.owes->pack->pack->hash), ' ', one.meets->pack->pack->hash);
            owed_periods(owing, &one);
            owing->duties[owing->n_duties++] = one;
        }
    }
}

static size_t count_duties(const PacksRef *packs)
{
    size_t n = 0;
    for (size_t p = 0; p < packs_count(packs); p++)
        n += packs_get(packs, p)->duties.n;
    return n;
}

/* Duties as they are numbered; those that nobody declares any more are computed as owed by nobody. */
static bool number_duties(DbConn *conn, Owing *owing, GError **err)
{
    ARENA_LIST(OwedDuty) gone = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, OwedDuties, err);
    size_t known = 0;
    for (OwedDutiesRow row; rows && db_next(rows, &row, err);) {
        OwedDuty *duty = duty_named(owing, row.name);
        if (duty) {
            duty->id = row.id;
            known++;
            owing->all |= row.month != owing->month || !str_eq(row.rules, duty->rules);
        } else if (row.month != 0 || row.rules.n > 0) {
            *ARENA_PUSH(owing->arena, &gone) = (OwedDuty) { .id = row.id, .name = arena_str(owing->arena, row.name), .rules = STR("") };
        }
    }
    owing->all |= known < owing->n_duties || gone.n > 0;
    OwedDuty *all = ARENA_ARRAY(owing->arena, OwedDuty, owing->n_duties + gone.n + 1);
    for (size_t i = 0; i < owing->n_duties; i++)
        all[i] = owing->duties[i];
    for (size_t i = 0; i < gone.n; i++)
        all[owing->n_duties++] = gone.v[i];
    owing->duties = all;
    return db_rows_ok(rows);
}

static bool add_duties_in_tx(DbConn *tx, void *data, GError **err)
{
    const Owing *owing = data;
    for (size_t i = 0; i < owing->n_duties; i++) {
        g_autoptr(DbRows) rows = db_query(tx, OwedDuties, err);
        bool there = false;
        for (OwedDutiesRow row; rows && db_next(rows, &row, err);)
            there |= str_eq(row.name, owing->duties[i].name);
        if (!db_rows_ok(rows))
            return false;
        db_rows_free(g_steal_pointer(&rows));
        if (!there && !db_exec(tx, OwedDutyAdd, NULL, err, .name = owing->duties[i].name))
            return false;
    }
    return true;
}

static bool has_unnumbered(const Owing *owing)
{
    for (size_t i = 0; i < owing->n_duties; i++)
        if (owing->duties[i].id == 0)
            return true;
    return false;
}

static bool open_duties(Owing *owing, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(owing->quality->db, err);
    if (!conn || !calendar_load(conn, owing->arena, CALENDAR_CHINA, &owing->calendar, err) || !records_sets(conn, owing->quality->packs, owing->arena, &owing->sets, err))
        return false;
    find_duties(owing, count_duties(owing->quality->packs));
    if (!number_duties(conn, owing, err))
        return false;
    db_done(g_steal_pointer(&conn));
    if (!has_unnumbered(owing))
        return true;
    if (!db_write(owing->quality->db, DB_BULK, add_duties_in_tx, owing, err))
        return false;
    conn = db_reader(owing->quality->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, OwedDuties, err) : NULL;
    for (OwedDutiesRow row; rows && db_next(rows, &row, err);) {
        OwedDuty *duty = duty_named(owing, row.name);
        if (duty)
            duty->id = row.id;
    }
    return db_rows_ok(rows);
}

/* --- Who is dirty ---------------------------------------------------------------------------------------------------------------- */

static const RecordSet *set_of(const Owing *owing, int64_t dataset)
{
    for (size_t i = 0; i < owing->n_duties; i++) {
        const OwedDuty *duty = &owing->duties[i];
        if (duty->duty && (duty->owes->id == dataset || duty->meets->id == dataset))
            return duty->owes->id == dataset ? duty->owes : duty->meets;
    }
    return NULL;
}

static void add_dirty(const Owing *owing, int64_t person)
{
    int64_t root = owing_root(owing, person);
    if (person <= 0)
        return;
    g_array_append_val(owing->dirty, root);
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

static void sort_dirty(GArray *dirty)
{
    guint n = 0;
    g_array_sort(dirty, by_id);
    for (guint i = 0; i < dirty->len; i++)
        if (i == 0 || g_array_index(dirty, int64_t, i) != g_array_index(dirty, int64_t, n - 1))
            g_array_index(dirty, int64_t, n++) = g_array_index(dirty, int64_t, i);
    g_array_set_size(dirty, n);
}

/* Who was merged or parted is dirty, with the root before and the one now; so is who was merged: nothing is owed by that id any more. */
static bool look_at_links(DbConn *conn, Run *run, GError **err)
{
    Owing *owing = run->owing;
    if (!links_unseen(conn, LINKS_OF_OWED, INT64_MAX, owing->arena, &run->links, err))
        return false;
    for (size_t i = 0; i < run->links.merged.n; i++)
        g_array_append_val(owing->dirty, run->links.merged.v[i].person);
    for (size_t i = 0; i < run->links.persons.n; i++)
        add_dirty(owing, run->links.persons.v[i]);
    return true;
}

static bool look_at_segments(DbConn *conn, Run *run, GError **err)
{
    size_t concerned = 0;
    g_autoptr(DbRows) rows = db_query(conn, OwedStale, err);
    for (OwedStaleRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(run->owing->arena, &run->stale) = row;
        concerned += set_of(run->owing, row.dataset) != NULL;
    }
    run->owing->all |= concerned > STALE_MOST;
    return db_rows_ok(rows);
}

static bool take_persons(const RecordBatch *batch, void *data, GError **err)
{
    (void) err;
    const Owing *owing = data;
    for (size_t i = 0; batch->persons && i < batch->n; i++)
        add_dirty(owing, batch->persons[i]);
    return true;
}

/* Whom rows of now and of before are about. */
static bool find_dirty(Run *run, GError **err)
{
    Owing *owing = run->owing;
    for (size_t i = 0; !owing->all && i < run->stale.n; i++) {
        const Place *place = &run->stale.v[i];
        const RecordSet *set = set_of(owing, place->dataset);
        Str none = STR("");
        RecordWish wish = { .set = set, .org = place->org, .first = (int) place->month, .last = (int) place->month, .names = &none, .n_names = 1 };
        RecordWish before = wish;
        before.history = true;
        if (set && (!records_read(owing->quality, &wish, take_persons, owing, err) || !records_read(owing->quality, &before, take_persons, owing, err)))
            return false;
        sort_dirty(owing->dirty);
        owing->all |= owing->dirty->len > DIRTY_MOST;
    }
    sort_dirty(owing->dirty);
    return true;
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------------ */

static bool take_batch(const RecordBatch *batch, void *data, GError **err)
{
    void **both = data;
    return owed_take_batch(both[0], both[1], batch, err);
}

static bool read_set(const Owing *owing, const RecordSet *set, int64_t org, int first, int last, GError **err)
{
    void *both[] = { (void *) owing, (void *) set };
    RecordWish wish = { .set = set, .org = org, .first = first, .last = last, .persons = owing->quality->persons };
    return records_read(owing->quality, &wish, take_batch, both, err);
}

/* All of the datasets that duties with lists name, each once. */
static bool read_all(const Run *run, GError **err)
{
    const Owing *owing = run->owing;
    for (size_t s = 0; s < owing->sets.n; s++) {
        const RecordSet *set = &owing->sets.v[s];
        bool needed = false;
        for (size_t d = 0; d < owing->n_duties; d++)
            needed |= owing->duties[d].claims && (owing->duties[d].owes == set || owing->duties[d].meets == set);
        if (needed && ((run->told && !run->told(run->data, err)) || !read_set(owing, set, 0, FIRST_MONTH, LAST_MONTH, err)))
            return false;
    }
    return true;
}

static guint place_hash(gconstpointer p)
{
    const Place *place = p;
    return (guint) (place->dataset * 31 + place->org * 7919 + place->month);
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
    const Place *x = a, *y = b;
    return x->dataset == y->dataset && x->org == y->org && x->month == y->month;
}

/* Everybody who is computed, with those that were merged onto them. */
static GArray *whom(const Run *run)
{
    GArray *persons = g_array_new(false, false, sizeof(int64_t));
    g_array_append_vals(persons, run->owing->dirty->data, run->owing->dirty->len);
    GHashTableIter merged;
    void *person, *root;
    g_hash_table_iter_init(&merged, run->owing->roots);
    while (g_hash_table_iter_next(&merged, &person, &root))
        if (owing_is_dirty(run->owing, *(const int64_t *) root))
            g_array_append_vals(persons, person, 1);
    sort_dirty(persons);
    return persons;
}

/* The segments in which their records stand. */
static bool find_places(const Run *run, GHashTable *places, GError **err)
{
    g_autoptr(GArray) persons = whom(run);
    for (guint i = 0; i < persons->len; i += ASKED_PERSONS) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(DbConn) conn = db_reader(run->owing->quality->db, err);
        const PersonRecord *records;
        size_t n;
        if (!conn || !hub_records_of(conn, &g_array_index(persons, int64_t, i), MIN(ASKED_PERSONS, persons->len - i), arena, &records, &n, err))
            return false;
        for (size_t r = 0; r < n; r++) {
            Place place = { .dataset = records[r].dataset, .org = records[r].org, .month = records[r].month };
            if (set_of(run->owing, place.dataset) && !g_hash_table_contains(places, &place))
                g_hash_table_add(places, g_memdup2(&place, sizeof place));
        }
    }
    return true;
}

static bool read_dirty(const Run *run, GError **err)
{
    g_autoptr(GHashTable) places = g_hash_table_new_full(place_hash, place_equal, g_free, NULL);
    if (run->owing->dirty->len == 0)
        return true;
    if (!find_places(run, places, err))
        return false;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, places);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const Place *place = key;
        if (!read_set(run->owing, set_of(run->owing, place->dataset), place->org, (int) place->month, (int) place->month, err))
            return false;
    }
    return true;
}

/* --- Rounds ----------------------------------------------------------------------------------------------------------------------------- */

static bool write_duty(Run *run, OwedDuty *duty, GError **err)
{
    g_autoptr(GArray) rows = duty->duty ? owed_rows(run->owing, duty) : g_array_new(false, false, sizeof(OwedRow));
    return owed_write(run->owing, duty, rows, run->told, run->data, &run->changed, err);
}

static void drop_lists(OwedDuty *duty)
{
    g_clear_pointer(&duty->claims, g_array_unref);
    g_clear_pointer(&duty->met, g_array_unref);
}

static void make_lists(OwedDuty *duty)
{
    duty->claims = g_array_new(false, false, sizeof(OwedClaim));
    duty->met = g_array_new(false, false, sizeof(OwedMet));
}

/* Duties [from, to) together: read, computed, written. */
static bool compute(Run *run, size_t from, size_t to, GError **err)
{
    Owing *owing = run->owing;
    for (size_t i = from; i < to; i++)
        if (owing->duties[i].duty)
            make_lists(&owing->duties[i]);
    bool ok = owing->all ? read_all(run, err) : read_dirty(run, err);
    for (size_t i = from; i < to; i++) {
        ok = ok && write_duty(run, &owing->duties[i], err);
        drop_lists(&owing->duties[i]);
    }
    return ok;
}

/* Of everybody, the duties of one register at a time: that is what must be held in memory. */
static bool compute_all(Run *run, GError **err)
{
    const Owing *owing = run->owing;
    for (size_t from = 0, to; from < owing->n_duties; from = to) {
        for (to = from + 1; owing->all && to < owing->n_duties && owing->duties[to].owes == owing->duties[from].owes;)
            to++;
        to = owing->all ? to : owing->n_duties;
        if (!compute(run, from, to, err))
            return false;
    }
    return true;
}

/* --- Marking -------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Run *run;
    size_t first;
} Marking;

static bool mark_segments_in_tx(DbConn *tx, void *data, GError **err)
{
    const Marking *marking = data;
    const Run *run = marking->run;
    for (size_t i = marking->first; i < run->stale.n && i < marking->first + STEP_ROWS; i++) {
        const Place *place = &run->stale.v[i];
        if (!db_exec(tx, OwedSeenPut, NULL, err, .dataset = place->dataset, .org = place->org, .month = place->month, .version = place->version))
            return false;
    }
    return true;
}

static bool mark_rest_in_tx(DbConn *tx, void *data, GError **err)
{
    const Run *run = data;
    if (!links_seen(tx, LINKS_OF_OWED, &run->links, err))
        return false;
    for (size_t i = 0; run->owing->all && i < run->owing->n_duties; i++) {
        const OwedDuty *duty = &run->owing->duties[i];
        if (!db_exec(tx, OwedDutyPut, NULL, err, .id = duty->id, .rules = duty->rules, .month = duty->duty ? run->owing->month : 0))
            return false;
    }
    return true;
}

static bool mark(Run *run, GError **err)
{
    const Owing *owing = run->owing;
    Marking marking = { .run = run };
    for (; marking.first < run->stale.n; marking.first += STEP_ROWS)
        if (!db_write(owing->quality->db, DB_BULK, mark_segments_in_tx, &marking, err))
            return false;
    return (!owing->all && run->links.persons.n == 0) || db_write(owing->quality->db, DB_BULK, mark_rest_in_tx, run, err);
}

/* --- A run ----------------------------------------------------------------------------------------------------------------------------------- */

static bool look(Run *run, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(run->owing->quality->db, err);
    /* The roots first: everybody else is computed as one of them. */
    return conn && links_roots(conn, run->owing->roots, err) && look_at_links(conn, run, err) && look_at_segments(conn, run, err);
}

static void set_days(Owing *owing, Date today)
{
    owing->month = hub_month(today);
    Date start = quality_month_start(owing->month);
    owing->first = date_add_months(start, -OWED_PAST);
    owing->last = date_add_months(start, OWED_AHEAD + 1) - 1;
}

bool owed_run(const Quality *quality, QualityTold told, void *data, int64_t *ret_changed, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(GHashTable) roots = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    g_autoptr(GArray) dirty = g_array_new(false, false, sizeof(int64_t));
    Owing owing = { .quality = quality, .arena = arena, .runner = runner, .zone = clock_zone_minutes(quality->clock), .roots = roots, .dirty = dirty };
    Run run = { .owing = &owing, .told = told, .data = data };
    set_days(&owing, clock_today(quality->clock));
    bool ok = open_duties(&owing, err) && look(&run, err) && find_dirty(&run, err);
    ok = ok && (owing.n_duties == 0 || (!owing.all && dirty->len == 0) || compute_all(&run, err)) && mark(&run, err);
    *ret_changed = run.changed;
    return ok;
}
