#include "quality-fixture.h"

#include "db/driver.h"
#include "db/queries.h"
#include "install.h"
#include "store-ask.h"

#include "base/banned.h"

static const char pack_yaml[] =
    "pack: watch\nversion: 1.0.0\nneeds: bihuan 1\nname: W\nname_en: W\n"
    "datasets:\n"
    "  visit:\n"
    "    name: V\n    name_en: V\n    kind: event\n    org: hospital\n    date: on_day\n    key: [number]\n"
    "    reporters: {types: [hospital]}\n    every: month\n    due: 3 working days\n    lock: 10 working days\n"
    "    fields:\n"
    "      hospital: {name: H, name_en: H, type: org, required: true}\n"
    "      number: {name: N, name_en: N, type: text, required: true}\n"
    "      on_day: {name: D, name_en: D, type: date, required: true}\n"
    "      ward: {name: W, name_en: W, type: text, required: true}\n"
    "      fee: {name: F, name_en: F, type: decimal, decimals: 2}\n"
    "      payer: {name: P, name_en: P, type: text, required_when: fee > 0}\n"
    "      stay_no: {name: S, name_en: S, type: text}\n"
    "    rules:\n"
    "      - {id: fee_range, check: fee >= 0, level: warning, says: s, says_en: s}\n"
    "      - {id: ward_of_fee, when: fee > 100, check: \"ward <> 'X'\", level: warning, says: s, says_en: s}\n"
    "      - {id: has_stay, kind: link, when: stay_no is not null, level: warning, to: stay, match: {stay_no: stay_no}, says: s, says_en: s}\n"
    "      - {id: once, kind: unique, level: warning, by: [on_day, ward, fee], says: s, says_en: s}\n"
    "      - {id: elsewhere, kind: unique, level: warning, by: [stay_no], across: all, prefer: first, says: s, says_en: s}\n"
    "      - {id: declared, kind: total, level: warning, received: count(visit), declared: \"sum(volume, visits)\", tolerance_percent: 5, says: s, says_en: s}\n"
    "      - {id: fees_agree, kind: set, level: warning, check: \"coalesce(sum(visit, fee), 0) <= coalesce(sum(volume, fees), 0)\", says: s, says_en: s}\n"
    "      - {id: steady, kind: volume, level: warning, measure: count(visit), says: s, says_en: s}\n"
    "    quality: {line: 90}\n"
    "  volume:\n"
    "    name: B\n    name_en: B\n    kind: aggregate\n    org: hospital\n    every: month\n    key: [part]\n    #volume\n"
    "    fields:\n"
    "      hospital: {name: H, name_en: H, type: org, required: true}\n"
    "      part: {name: N, name_en: N, type: text, required: true}\n"
    "      visits: {name: V, name_en: V, type: integer, required: true}\n"
    "      fees: {name: F, name_en: F, type: decimal, decimals: 2}\n"
    "    rules:\n"
    "      - {id: one_teller, kind: unique, level: warning, says: s, says_en: s, by: [part], across: all}\n"
    "      - {id: usual, kind: volume, level: warning, measure: \"sum(volume, visits)\", says: s, says_en: s}\n"
    "  stay:\n"
    "    name: S\n    name_en: S\n    kind: event\n    org: hospital\n    date: in_day\n    key: [stay_no]\n    #stay\n"
    "    fields:\n"
    "      hospital: {name: H, name_en: H, type: org, required: true}\n"
    "      stay_no: {name: N, name_en: N, type: text, required: true}\n"
    "      in_day: {name: D, name_en: D, type: date, required: true}\n";

static const char proof_yaml[] =
    "proof:\n  - {id: c, says: s, says_en: s, dataset: visit, file: v.csv, today: 2026-01-31, defects: [{row: 2, rule: fee_range}, {row: 3, rule: ward_of_fee},"
    " {row: 4, rule: once}, {row: 5, rule: elsewhere}]}\n";
static const char visits_csv[] =
    "hospital,number,on_day,ward,fee,payer,stay_no\nA,1,2026-01-01,W,1,p,s1\nA,2,2026-01-01,W,-1,p,\nA,3,2026-01-02,X,200,p,\nA,4,2026-01-01,W,1,p,\nB,5,2026-01-03,W,1,p,s1\n";

/* The same with reports of volumes and stays that are awaited. */
static char *awaiting_yaml(void)
{
    g_autoptr(GString) text = g_string_new(pack_yaml);
    g_string_replace(text, "#volume", "reporters: {types: [hospital]}\n    due: 3 working days", 1);
    g_string_replace(text, "#stay", "reporters: {types: [hospital]}\n    every: month\n    due: 3 working days", 1);
    return g_string_free(g_steal_pointer(&text), false);
}

static void install(Watch *watch, const char *yaml)
{
    const InstallFile files[] = { { "watch/pack.yaml", yaml }, { "watch/tests/proof.yaml", proof_yaml }, { "watch/tests/v.csv", visits_csv } };
    watch->packs = install_packs(watch->f, files, G_N_ELEMENTS(files), false);
}

static int64_t dataset_id(Watch *watch, const char *name)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(watch->f->db, &err);
    DatasetByNameRow row = { 0 };
    bool found = false;
    db_one(conn, DatasetByName, watch->f->arena, &row, &found, &err, .name = str_from(name));
    g_assert_no_error(err);
    g_assert_true(found);
    return row.id;
}

static void open_with(Fixture *f, const char *yaml, Watch *ret_watch)
{
    *ret_watch = (Watch) { .f = f };
    install(ret_watch, yaml);
    ret_watch->visits = packs_dataset(ret_watch->packs, STR(WATCH_VISITS));
    ret_watch->volumes = packs_dataset(ret_watch->packs, STR("watch.volume"));
    ret_watch->stays = packs_dataset(ret_watch->packs, STR("watch.stay"));
    ret_watch->visit_id = dataset_id(ret_watch, WATCH_VISITS);
    ret_watch->volume_id = dataset_id(ret_watch, "watch.volume");
    ret_watch->stay_id = dataset_id(ret_watch, "watch.stay");
    ret_watch->hospital = store_ask(f->db, "SELECT min(id) FROM org WHERE kind = 'hospital'");
    ret_watch->other = store_ask(f->db, "SELECT max(id) FROM org WHERE kind = 'hospital'");
    ret_watch->reporters = store_ask(f->db, "SELECT count(*) FROM org WHERE kind = 'hospital'");
    ret_watch->quality = (Quality) { f->db, f->clock, ret_watch->packs };
}

void watch_open(Fixture *f, Watch *ret_watch)
{
    open_with(f, pack_yaml, ret_watch);
}

void watch_open_awaiting(Fixture *f, Watch *ret_watch)
{
    g_autofree char *yaml = awaiting_yaml();
    open_with(f, yaml, ret_watch);
}

void watch_close(Watch *watch)
{
    packs_unref(watch->packs);
}

void watch_day(Watch *watch, const char *day)
{
    Date date = DATE_NONE;
    enum { DAY_MS = 24 * 3600 * 1000, HOUR = 9, ZONE = 8 };
    g_assert_true(date_parse(str_from(day), &date));
    clock_set(watch->f->clock, (int64_t) date * DAY_MS + (int64_t) (HOUR - ZONE) * 3600 * 1000);
}

/* --- Records --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Watch *watch;
    const PackDataset *pack;
    int month;
    int64_t dataset, org;
    GString *sql;
} Filling;

static bool fill_in_tx(DbConn *tx, void *data, GError **err)
{
    const Filling *filling = data;
    g_autoptr(Arena) arena = arena_new();
    PackTables tables;
    return pack_tables(tx, filling->pack, arena, &tables, err) && db_table_month(tx, &tables.rows, filling->month, err)
           && db_table_month(tx, &tables.history, filling->month, err) && tx->driver->script(tx, filling->sql->str, err);
}

static void quoted(GString *sql, const char *text)
{
    if (text)
        g_string_append_printf(sql, ", '%s'", text);
    else
        g_string_append(sql, ", NULL");
}

static void mark_segment(const Filling *filling, int deleted)
{
    static int n;
    const char *table = filling->pack->table.p;
    int dataset = (int) filling->dataset, org = (int) filling->org, month = filling->month;
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "INSERT INTO batch (id, uid, dataset, org, mode, state, rows, rejected, held, warned, added, changed, same, deleted, done_rows, run_name, run_hash, rules, opened) "
                           "SELECT coalesce(max(id), 0) + 1, 'w%d', %d, %d, 'add', 'done', 1, 0, 0, 0, 1, 0, 0, %d, 1, '', '', '', %" G_GINT64_FORMAT " FROM batch;",
                           ++n, dataset, org, deleted, clock_now_ms(filling->watch->f->clock));
    g_string_append_printf(sql, "INSERT INTO batch_part VALUES ((SELECT max(id) FROM batch), %d, %d, 1, 0, 0, 1, 0, 0, %d);", org, month, deleted);
    g_string_append(sql, filling->sql->str);
    g_string_append_printf(sql, ";INSERT INTO segment (dataset, org, month, version, rows, held, warned, batch, loading) VALUES (%d, %d, %d, 1, "
                           "(SELECT count(*) FROM %s WHERE month_ = %d AND org_ = %d), 0, 0, (SELECT max(id) FROM batch), FALSE) ON CONFLICT (dataset, org, month) DO UPDATE SET "
                           "version = segment.version + 1, rows = excluded.rows, batch = excluded.batch",
                           dataset, org, month, table, month, org);
    g_string_assign(filling->sql, sql->str);
}

static void fill_table(Filling *filling, int deleted)
{
    g_autoptr(GError) err = NULL;
    mark_segment(filling, deleted);
    db_write(filling->watch->f->db, DB_BULK, fill_in_tx, filling, &err);
    g_assert_no_error(err);
    g_string_free(filling->sql, true);
}

#define NEWEST "(SELECT max(id) FROM batch)"

void watch_visits(Watch *watch, const WatchVisit *visits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const WatchVisit *v = &visits[i];
        Filling filling = { watch, watch->visits, v->month, watch->visit_id, v->org, g_string_new(NULL) };
        g_string_append_printf(filling.sql, "DELETE FROM watch__visit WHERE month_ = %d AND org_ = %d AND key_ = %d;", v->month, (int) v->org, v->key);
        g_string_append_printf(filling.sql, "INSERT INTO watch__visit (month_, org_, key_, batch_, state_, number, on_day, ward, fee, payer, stay_no) VALUES (%d, %d, %d, " NEWEST ", 0, 'n%d', '%s'",
                               v->month, (int) v->org, v->key, v->key, v->day);
        quoted(filling.sql, v->ward);
        if (v->fee < 0)
            g_string_append(filling.sql, ", NULL");
        else
            g_string_append_printf(filling.sql, ", %d", v->fee);
        quoted(filling.sql, v->payer);
        quoted(filling.sql, v->stay);
        g_string_append(filling.sql, ")");
        fill_table(&filling, 0);
    }
}

void watch_take(Watch *watch, int64_t org, int month, int key)
{
    Filling filling = { watch, watch->visits, month, watch->visit_id, org, g_string_new(NULL) };
    g_string_append_printf(filling.sql, "DELETE FROM watch__visit WHERE month_ = %d AND org_ = %d AND key_ = %d", month, (int) org, key);
    fill_table(&filling, 1);
}

void watch_volume(Watch *watch, int64_t org, int month, int visits, int fees)
{
    Filling filling = { watch, watch->volumes, month, watch->volume_id, org, g_string_new(NULL) };
    Period period = period_add(period_of_date(PERIOD_MONTH, 0), month);
    g_string_append_printf(filling.sql, "DELETE FROM watch__volume WHERE month_ = %d AND org_ = %d;", month, (int) org);
    g_string_append_printf(filling.sql, "INSERT INTO watch__volume (month_, org_, key_, batch_, state_, period_, part, visits, fees) VALUES (%d, %d, 1, " NEWEST ", 0, %d, 'all', %d, %d)", month,
                           (int) org, (int) period, visits, fees);
    fill_table(&filling, 0);
}

void watch_stay(Watch *watch, int64_t org, int month, int key, const char *number)
{
    Filling filling = { watch, watch->stays, month, watch->stay_id, org, g_string_new(NULL) };
    g_string_append_printf(filling.sql, "INSERT INTO watch__stay (month_, org_, key_, batch_, state_, stay_no, in_day) VALUES (%d, %d, %d, " NEWEST ", 0, '%s', '2026-01-01')", month, (int) org, key,
                           number);
    fill_table(&filling, 0);
}

void watch_defect(Watch *watch, int64_t org, int month, int key, const char *rule)
{
    store_run(watch->f->db, "INSERT INTO defect (uid, dataset, org, month, key, rule, level, state, found_at, times, version) VALUES ('d%d%d%s', %d, %d, %d, %d, '%s', 'warning', "
                                           "'found', 1, 0, 1)",
                                           month, key, rule, (int) watch->visit_id, (int) org, month, key, rule);
}

int64_t watch_compute(Watch *watch)
{
    g_autoptr(GError) err = NULL;
    int64_t n = 0;
    quality_run(&watch->quality, NULL, NULL, &n, &err);
    g_assert_no_error(err);
    return n;
}
