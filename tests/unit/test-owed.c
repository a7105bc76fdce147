/* What persons owe: small cases by hand, and that looking only at what changed gives what computing everybody gives; on both engines. */
#include "db/driver.h"
#include "db/queries.h"
#include "hub/hub.h"
#include "indicator/owed.h"
#include "pack/store.h"

#include "install.h"
#include "store-ask.h"

#include "base/banned.h"

static const char elements_yaml[] = "elements:\n  id_card: {name: I, name_en: I, type: id_card, sensitivity: 5}\n";
static const char pack_yaml[] =
    "pack: care\nversion: 1.0.0\nneeds: bihuan 1\nname: C\nname_en: C\n"
    "datasets:\n"
    "  child:\n    name: C\n    name_en: C\n    kind: register\n    org: clinic\n    subject: {person: {by: [id_card]}}\n    key: [number]\n"
    "    fields:\n"
    "      clinic: {name: O, name_en: O, type: org, required: true}\n"
    "      number: {name: N, name_en: N, type: integer, required: true}\n"
    "      home: {name: H, name_en: H, type: org}\n"
    "      born: {name: B, name_en: B, type: date}\n"
    "      state: {name: S, name_en: S, type: text}\n"
    "    rules:\n      - {id: number_range, check: number > 0, level: warning, says: s, says_en: s}\n"
    "  act:\n    name: A\n    name_en: A\n    kind: event\n    org: clinic\n    date: on_day\n    subject: {person: {by: [id_card]}}\n    key: [number]\n"
    "    fields:\n"
    "      clinic: {name: O, name_en: O, type: org, required: true}\n"
    "      number: {name: N, name_en: N, type: integer, required: true}\n"
    "      on_day: {name: D, name_en: D, type: date, required: true}\n"
    "      what: {name: W, name_en: W, type: text}\n"
    "duties:\n"
    "  once:\n    name: F\n    name_en: F\n    owed_for: child\n    when: \"state = 'in'\"\n    due: add_days(born, 30)\n    grace: 10 days\n    chased_by: home\n"
    "    done_by: {dataset: act, where: \"what = 'a'\"}\n"
    "  monthly:\n    name: M\n    name_en: M\n    owed_for: child\n    every: month\n    times: 2\n    within: 5 days\n    grace: 3 days\n    chased_by: home\n"
    "    done_by: {dataset: act, where: \"what = 'v'\"}\n";
static const char proof_yaml[] = "proof:\n  - {id: c, says: s, says_en: s, dataset: child, file: c.csv, today: 2026-01-31, defects: [{row: 1, rule: number_range}]}\n";
static const char proof_csv[] = "clinic,number,id_card,valid_from\nA,-1,11010519491231002X,2026-01-01\n";

enum { JANUARY = 56 * 12, MAX_SQL = 2000 };

typedef struct {
    Fixture *f;
    PacksRef *packs;
    Quality quality;
    int64_t child, act, here, there;
} Care;

/* --- The store --------------------------------------------------------------------------------------------------------------- */

static void day(Care *care, const char *text)
{
    enum { DAY_MS = 24 * 3600 * 1000, MORNING = 3600 * 1000 };
    Date date = DATE_NONE;
    g_assert_true(date_parse(str_from(text), &date));
    clock_set(care->f->clock, (int64_t) date * DAY_MS + MORNING);
}

static void install(Care *care)
{
    const InstallFile files[] = { { "elements.yaml", elements_yaml }, { "care/pack.yaml", pack_yaml }, { "care/tests/proof.yaml", proof_yaml }, { "care/tests/c.csv", proof_csv } };
    care->packs = install_packs(care->f, files, G_N_ELEMENTS(files), false);
}

static void open_care(Fixture *f, Care *ret_care)
{
    *ret_care = (Care) { .f = f };
    install(ret_care);
    ret_care->child = store_ask(ret_care->f->db, "SELECT id FROM dataset WHERE name = 'care.child'");
    ret_care->act = store_ask(ret_care->f->db, "SELECT id FROM dataset WHERE name = 'care.act'");
    ret_care->here = store_ask(ret_care->f->db, "SELECT min(id) FROM org WHERE kind = 'hospital'");
    ret_care->there = store_ask(ret_care->f->db, "SELECT max(id) FROM org WHERE kind = 'hospital'");
    ret_care->quality = (Quality) { f->db, f->clock, ret_care->packs, NULL };
    day(ret_care, "2026-03-15");
}

static void close_care(Care *care)
{
    packs_unref(care->packs);
}

/* --- Records as an import leaves them: the row, what it was, the segment, the person's notes ------------------------------------------ */

typedef struct {
    Care *care;
    bool child;
    int month, key;
    int64_t org, person;
    const char *sql; /* of the row; NULL: it is deleted */
} Record;

static bool record_in_tx(DbConn *tx, void *data, GError **err)
{
    const Record *r = data;
    g_autoptr(Arena) arena = arena_new();
    PackTables tables;
    const PackDataset *pack = packs_dataset(r->care->packs, r->child ? STR("care.child") : STR("care.act"));
    int64_t dataset = r->child ? r->care->child : r->care->act;
    const char *columns = r->child ? "month_, org_, key_, batch_, state_, person_, valid_from, valid_to, number, home, born, state"
                                   : "month_, org_, key_, batch_, state_, person_, number, on_day, what";
    static int n;
    const char *sql = arena_printf(arena,
        "INSERT INTO batch (id, uid, dataset, org, mode, state, rows, rejected, held, warned, added, changed, same, deleted, done_rows, run_name, run_hash, rules, opened) "
        "SELECT coalesce(max(id), 0) + 1, 'o%d', %d, %d, 'add', 'done', 1, 0, 0, 0, 1, 0, 0, 0, 1, '', '', '', 0 FROM batch;"
        "INSERT INTO hist_%s (%s, batch_out_) SELECT %s, (SELECT max(id) FROM batch) FROM %s WHERE month_ = %d AND org_ = %d AND key_ = %d;"
        "DELETE FROM %s WHERE month_ = %d AND org_ = %d AND key_ = %d;%s;"
        "INSERT INTO segment (dataset, org, month, version, rows, held, warned, batch, loading) VALUES (%d, %d, %d, 1, 1, 0, 0, 1, FALSE) "
        "ON CONFLICT (dataset, org, month) DO UPDATE SET version = segment.version + 1",
        ++n, (int) dataset, (int) r->org, pack->table.p, columns, columns, pack->table.p, r->month, (int) r->org, r->key, pack->table.p, r->month, (int) r->org, r->key,
        r->sql ? r->sql : "SELECT 1", (int) dataset, (int) r->org, r->month).p;
    PersonRecord note = { r->person, dataset, r->month, r->org, r->key };
    return pack_tables(tx, pack, arena, &tables, err) && db_table_month(tx, &tables.rows, r->month, err) && db_table_month(tx, &tables.history, r->month, err)
           && tx->driver->script(tx, (char *) sql, err) && (!r->sql || hub_records_note(tx, &note, 1, err));
}

static void put(const Record *record)
{
    g_autoptr(GError) err = NULL;
    db_write(record->care->f->db, DB_BULK, record_in_tx, (void *) record, &err);
    g_assert_no_error(err);
}

static int64_t number_of(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(text == NULL || date_parse(str_from(text), &date));
    return date;
}

static const char *day_sql(Care *care, const char *text)
{
    return text ? arena_printf(care->f->arena, "'%s'", text).p : "NULL";
}

typedef struct {
    int key;
    int64_t person;
    const char *born, *state, *from, *to;
    bool held;
} Child;

static void child(Care *care, int64_t org, Child c)
{
    Record record = { care, true, 0, c.key, org, c.person, NULL };
    record.sql = arena_printf(care->f->arena, "INSERT INTO care__child (month_, org_, key_, batch_, state_, person_, valid_from, valid_to, number, home, born, state) "
                              "VALUES (0, %d, %d, (SELECT max(id) FROM batch), %d, %d, %s, %s, %d, NULL, %s, '%s')",
                              (int) org, c.key, c.held ? 2 : 0, (int) c.person, day_sql(care, c.from), day_sql(care, c.to), c.key, day_sql(care, c.born), c.state ? c.state : "in").p;
    put(&record);
}

static void act(Care *care, int key, int64_t person, const char *what, const char *on)
{
    Record record = { care, false, hub_month((Date) number_of(on)), key, care->there, person, NULL };
    record.sql = arena_printf(care->f->arena, "INSERT INTO care__act (month_, org_, key_, batch_, state_, person_, number, on_day, what) VALUES (%d, %d, %d, (SELECT max(id) FROM batch), 0, %d, %d, %s, '%s')",
                              record.month, (int) record.org, key, (int) person, key, day_sql(care, on), what).p;
    put(&record);
}

static void take_act(Care *care, int key, const char *on)
{
    put(&(Record) { care, false, hub_month((Date) number_of(on)), key, care->there, 0, NULL });
}

static int64_t compute(Care *care)
{
    g_autoptr(GError) err = NULL;
    int64_t n = 0;
    owed_run(&care->quality, NULL, NULL, &n, &err);
    g_assert_no_error(err);
    return n;
}

/* --- Cases by hand ------------------------------------------------------------------------------------------------------------ */

#define OF(duty) "FROM owed WHERE duty = (SELECT id FROM duty_pack WHERE name = 'care." duty "')"

static int64_t owed_once(Care *care, int person)
{
    return store_ask(care->f->db, "SELECT count(*) " OF("once") " AND person = %d", person);
}

static int64_t done_once(Care *care, int person)
{
    return store_ask(care->f->db, "SELECT count(*) " OF("once") " AND person = %d AND done_on IS NOT NULL", person);
}

static void test_state(void)
{
    static const struct {
        Date due, last, done;
        bool excused;
        Date today;
        OwedState state;
    } cases[] = {
        { 10, 20, DATE_NONE, false, 9, OWED_COMING }, { 10, 20, DATE_NONE, false, 10, OWED_DUE }, { 10, 20, DATE_NONE, false, 20, OWED_DUE }, { 10, 20, DATE_NONE, false, 21, OWED_MISSED },
        { 10, 20, 20, false, 30, OWED_DONE },         { 10, 20, 21, false, 30, OWED_LATE },       { 10, 20, DATE_NONE, true, 30, OWED_EXCUSED }, { 10, 20, 5, false, 5, OWED_DONE },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(owed_state(cases[i].due, cases[i].last, cases[i].done, cases[i].excused, cases[i].today), ==, cases[i].state);
}

static void test_day(Fixture *f)
{
    Care care;
    open_care(f, &care);
    child(&care, care.here, (Child) { 1, 1, .born = "2026-01-01" });
    child(&care, care.here, (Child) { 2, 2, .born = "2026-01-01" });
    child(&care, care.here, (Child) { 3, 3, .born = "2026-01-01", .state = "out" });            /* `when` */
    child(&care, care.here, (Child) { 4, 4, .born = "2026-01-01", .held = true });              /* held back */
    child(&care, care.here, (Child) { 5, 5, .born = "2026-01-01", .to = "2026-01-30" });        /* gone before the day */
    child(&care, care.here, (Child) { 6, 6, .born = "2026-01-01", .to = "2026-01-31" });        /* on it */
    child(&care, care.here, (Child) { 7, 7, .born = "2020-01-01" });                            /* long ago */
    child(&care, care.here, (Child) { 8, 8 });                                                  /* nobody knows */
    child(&care, care.here, (Child) { 9, 9, .born = "2024-01-31" });                            /* due on the first day that is kept */
    child(&care, care.here, (Child) { 10, 10, .born = "2024-01-30" });
    act(&care, 1, 1, "a", "2026-02-10");
    act(&care, 2, 2, "b", "2026-02-10"); /* another thing */
    g_assert_cmpint(compute(&care), >, 0);
    static const int owing[] = { 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0 };
    for (int i = 1; i < (int) G_N_ELEMENTS(owing); i++) {
        g_test_message("person %d", i);
        g_assert_cmpint(owed_once(&care, i), ==, owing[i]);
    }
    g_assert_cmpint(done_once(&care, 1), ==, 1);
    g_assert_cmpint(done_once(&care, 2), ==, 0);
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) " OF("once") " AND person = 1 AND due = '2026-01-31' AND last = '2026-02-10' AND done_on = '2026-02-10'"), ==, 1);
    g_assert_cmpint(compute(&care), ==, 0);
    take_act(&care, 1, "2026-02-10"); /* deleted: owed again */
    g_assert_cmpint(compute(&care), ==, 1);
    g_assert_cmpint(done_once(&care, 1), ==, 0);
    act(&care, 1, 2, "a", "2026-02-10");
    act(&care, 1, 1, "a", "2026-02-10"); /* it was another person's */
    compute(&care);
    g_assert_cmpint(done_once(&care, 1), ==, 1);
    g_assert_cmpint(done_once(&care, 2), ==, 0);
    close_care(&care);
}

/* Due days that lie apart, one after the other; and one child in two places. */
static void test_again(Fixture *f)
{
    Care care;
    open_care(f, &care);
    child(&care, care.here, (Child) { 1, 1, .born = "2025-01-01", .from = "2025-01-01", .to = "2025-10-01" });
    child(&care, care.here, (Child) { 2, 1, .born = "2026-01-01", .from = "2026-01-01" });
    child(&care, care.here, (Child) { 3, 2, .born = "2026-01-01", .from = "2026-01-01", .to = "2026-02-10" });
    child(&care, care.there, (Child) { 4, 2, .born = "2026-01-01", .from = "2026-02-11" });
    act(&care, 1, 1, "a", "2025-02-10");
    act(&care, 2, 2, "a", "2026-01-20");
    compute(&care);
    g_assert_cmpint(owed_once(&care, 1), ==, 1);
    g_assert_cmpint(done_once(&care, 1), ==, 0); /* that was for the first */
    g_assert_cmpint(done_once(&care, 2), ==, 1); /* done where it was before */
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) " OF("once") " AND person = 2 AND org = %d", (int) care.there), ==, 1);
    close_care(&care);
}

static void test_period(Fixture *f)
{
    Care care;
    open_care(f, &care);
    child(&care, care.here, (Child) { 1, 1, .from = "2026-01-31", .to = "2026-03-30" });
    act(&care, 1, 1, "v", "2026-01-01");
    act(&care, 2, 1, "v", "2026-01-31");
    act(&care, 3, 1, "v", "2026-01-31");
    act(&care, 4, 1, "v", "2026-02-01");
    act(&care, 5, 1, "v", "2026-03-01");
    compute(&care);
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) " OF("monthly")), ==, 2); /* January and February: in March it is gone on the last day */
    g_assert_cmpint(store_ask(care.f->db, "SELECT done " OF("monthly") " AND due = '2026-02-05' AND last = '2026-02-08' AND done_on = '2026-01-31'"), ==, 3);
    g_assert_cmpint(store_ask(care.f->db, "SELECT done " OF("monthly") " AND due = '2026-03-05' AND done_on IS NULL"), ==, 1);
    close_care(&care);
}

static void test_window(Fixture *f)
{
    Care care;
    open_care(f, &care);
    child(&care, care.here, (Child) { 1, 1, .from = "2020-01-01" });
    compute(&care);
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) " OF("monthly")), ==, OWED_PAST + OWED_AHEAD + 1);
    day(&care, "2026-04-01");
    g_assert_cmpint(compute(&care), ==, 2); /* one month goes, one comes */
    g_assert_cmpint(compute(&care), ==, 0);
    close_care(&care);
}

static void test_merged(Fixture *f)
{
    Care care;
    open_care(f, &care);
    child(&care, care.here, (Child) { 1, 1, .born = "2026-01-01" });
    act(&care, 1, 2, "a", "2026-02-10");
    compute(&care);
    g_assert_cmpint(done_once(&care, 1), ==, 0);
    store_run(care.f->db, "INSERT INTO person_link (person, onto, root, at) VALUES (2, 1, 1, 0)");
    g_assert_cmpint(compute(&care), ==, 1);
    g_assert_cmpint(done_once(&care, 1), ==, 1);
    store_run(care.f->db, "DELETE FROM person_link");
    store_run(care.f->db, "INSERT INTO person_link (person, onto, root, at) VALUES (1, 2, 2, 0)");
    compute(&care);
    g_assert_cmpint(owed_once(&care, 1), ==, 0);
    g_assert_cmpint(done_once(&care, 2), ==, 1);
    store_run(care.f->db, "DELETE FROM person_link");
    compute(&care);
    g_assert_cmpint(done_once(&care, 1), ==, 0);
    g_assert_cmpint(owed_once(&care, 2), ==, 0);
    g_assert_cmpint(compute(&care), ==, 0);
    close_care(&care);
}

typedef struct {
    Care *care;
    const char *reason;
    int64_t person;
} Excuse;

static bool excuse_in_tx(DbConn *tx, void *data, GError **err)
{
    const Excuse *excuse = data;
    OwedExcusing what = { .who = { STR_NONE, "command", clock_now_ms(excuse->care->f->clock) }, .account = DB_NULL_INT, .duty = STR("care.once"), .person = excuse->person,
                          .person_uid = STR("p"), .reason = str_from(excuse->reason) };
    return owed_excuse(tx, &what, err);
}

static void excuse(Care *care, int64_t person, const char *reason, int code)
{
    g_autoptr(GError) err = NULL;
    Excuse wish = { care, reason, person };
    db_write(care->f->db, DB_BULK, excuse_in_tx, &wish, &err);
    if (code < 0)
        g_assert_no_error(err);
    else
        g_assert_error(err, BH_ERROR, code);
}

static void test_excused(Fixture *f)
{
    Care care;
    open_care(f, &care);
    child(&care, care.here, (Child) { 1, 1, .born = "2026-01-01" });
    child(&care, care.here, (Child) { 2, 2, .born = "2026-01-01" });
    act(&care, 1, 2, "a", "2026-02-01");
    compute(&care);
    excuse(&care, 1, " ", BH_BAD_INPUT);
    excuse(&care, 3, "r", BH_NOT_FOUND);
    excuse(&care, 2, "r", BH_CONFLICT); /* is done */
    excuse(&care, 1, "r", -1);
    excuse(&care, 1, "s", -1);
    store_run(care.f->db, "UPDATE duty_pack SET rules = ''");
    compute(&care);
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) FROM owed_excused WHERE person = 1 AND reason = 's'"), ==, 1); /* it stays */
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) FROM event WHERE verb = 'owed-excuse'"), ==, 2);
    close_care(&care);
}

/* --- What changed, and everything ------------------------------------------------------------------------------------------------- */

static bool killed(void *data, GError **err)
{
    int *left = data;
    return (*left)-- > 0 || error_set(err, BH_UNAVAILABLE, "the test ends it");
}

/* Some records come, change and go. */
static void disturb(Care *care, GRand *rand)
{
    static const char *const days[] = { "2025-12-31", "2026-01-15", "2026-02-10", "2026-02-11", "2026-03-01" };
    static const char *const whats[] = { "a", "v", "b" };
    enum { KEYS = 12, CHANGES = 6 };
    for (int i = 0; i < CHANGES; i++) {
        int key = g_rand_int_range(rand, 1, KEYS), person = g_rand_int_range(rand, 1, KEYS);
        const char *on = days[g_rand_int_range(rand, 0, G_N_ELEMENTS(days))];
        switch (g_rand_int_range(rand, 0, 4)) {
        case 0: child(care, care->here, (Child) { key, person, .born = on, .state = key % 4 ? "in" : "out", .to = key % 3 ? NULL : "2026-02-28", .held = key % 5 == 0 }); break;
        case 1: take_act(care, key, on); break;
        default: act(care, key, person, whats[g_rand_int_range(rand, 0, G_N_ELEMENTS(whats))], on);
        }
    }
    if (g_rand_int_range(rand, 0, 3) == 0)
        store_run(care->f->db, "DELETE FROM person_link");
    if (g_rand_int_range(rand, 0, 3) == 0)
        store_run(care->f->db, "INSERT INTO person_link (person, onto, root, at) VALUES (3, 5, 5, 0) ON CONFLICT DO NOTHING");
}

#define ROWS "SELECT duty, person, seq, org, due, last, times, done, coalesce(done_on, '1900-01-01') AS done_on FROM "

static void test_same(Fixture *f)
{
    enum { ROUNDS = 12 };
    Care care;
    open_care(f, &care);
    GRand *rand = g_rand_new_with_seed(7);
    store_run(care.f->db, "CREATE TABLE kept AS SELECT * FROM owed");
    for (int i = 0; i < ROUNDS; i++) {
        disturb(&care, rand);
        int steps = g_rand_int_range(rand, 0, 6);
        int64_t n;
        g_autoptr(GError) err = NULL;
        if (!owed_run(&care.quality, killed, &steps, &n, &err))
            g_assert_error(err, BH_ERROR, BH_UNAVAILABLE);
        compute(&care);
        store_run(care.f->db, "DELETE FROM kept");
        store_run(care.f->db, "INSERT INTO kept SELECT * FROM owed");
        store_run(care.f->db, "UPDATE duty_pack SET rules = 'another'"); /* everybody again */
        if (i % 2)
            store_run(care.f->db, "DELETE FROM owed");
        compute(&care);
        g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) FROM (" ROWS "owed EXCEPT " ROWS "kept) x"), ==, 0);
        g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) FROM (" ROWS "kept EXCEPT " ROWS "owed) x"), ==, 0);
        g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) FROM owed"), ==, store_ask(care.f->db, "SELECT count(*) FROM kept"));
    }
    g_assert_cmpint(store_ask(care.f->db, "SELECT count(*) FROM owed WHERE done_on IS NOT NULL"), >, 0);
    g_rand_free(rand);
    close_care(&care);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/owed/state", test_state);
    fixture_add("owed", "day", true, test_day);
    fixture_add("owed", "again", true, test_again);
    fixture_add("owed", "period", true, test_period);
    fixture_add("owed", "window", true, test_window);
    fixture_add("owed", "merged", true, test_merged);
    fixture_add("owed", "excused", true, test_excused);
    fixture_add("owed", "incremental-is-all", true, test_same);
    return g_test_run();
}
