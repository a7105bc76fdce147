/* What a file may not change: periods that are closed, to the day; and what mode replace may not take for absent. On both stores. */
#include "hub/hub.h"

#include "db/driver.h"
#include "install.h"
#include "store-ask.h"

#include "base/banned.h"

static const char pack_yaml[] =
    "pack: l\nversion: 1.0.0\nneeds: bihuan 1\nname: L\nname_en: L\n"
    "datasets:\n"
    "  visit:\n"
    "    name: V\n    name_en: V\n    kind: event\n    org: clinic\n    date: on_day\n    key: [no]\n"
    "    reporters: {types: [hospital]}\n    every: month\n    due: 3 working days\n    lock: 10 working days\n"
    "    fields:\n"
    "      clinic: {name: H, name_en: H, type: org, required: true}\n"
    "      no: {name: N, name_en: N, type: text, required: true}\n"
    "      on_day: {name: D, name_en: D, type: date, required: true}\n"
    "      n: {name: W, name_en: W, type: integer}\n"
    "    rules:\n"
    "      - {id: counted, check: n >= 0, level: warning, says: s, says_en: s}\n"
    "  daily:\n"
    "    name: B\n    name_en: B\n    kind: aggregate\n    org: clinic\n    every: day\n    key: [ward]\n"
    "    fields:\n"
    "      clinic: {name: H, name_en: H, type: org, required: true}\n"
    "      ward: {name: W, name_en: W, type: text, required: true}\n"
    "      beds: {name: B, name_en: B, type: integer, required: true}\n";

static PacksRef *install(Fixture *f)
{
    const InstallFile files[] = {
        { "elements.yaml", "elements: {}\n" },
        { "l/pack.yaml", pack_yaml },
        { "l/tests/proof.yaml", "proof:\n  - {id: c, says: s, says_en: s, dataset: visit, file: v.csv, today: 2026-01-31, defects: [{row: 1, rule: counted}]}\n" },
        { "l/tests/v.csv", "clinic,no,on_day,n\nX,1,2026-01-01,-1\n" },
    };
    return install_packs(f, files, G_N_ELEMENTS(files), false);
}

typedef struct {
    Fixture *f;
    PacksRef *packs;
    Hub *hub;
    int64_t org;
    HubImport how; /* mode, period, strict, sure */
} Place;

static void place_open(Place *place, Fixture *f)
{
    *place = (Place) { .f = f, .packs = install(f) };
    place->hub = hub_new(&(HubOptions) { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), NULL, place->packs });
    place->org = fixture_org(f, "990000-WJW").id;
}

static void place_close(Place *place)
{
    hub_free(place->hub);
    packs_unref(place->packs);
}

static HubResult import(Place *place, const char *dataset, const char *text)
{
    GError *err = NULL;
    HubResult result;
    HubImport wish = place->how;
    wish.dataset = packs_dataset(place->packs, str_from(dataset));
    wish.org = place->org;
    wish.intake = DB_NULL_INT;
    IngestInput input = { .bytes = str_from(text) };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
    g_assert_no_error(err);
    hub_import(place->hub, &wish, reader, NULL, NULL, place->f->arena, &result, &err);
    g_assert_no_error(err);
    return result;
}

static Period period_of(const char *text)
{
    Period period = 0;
    g_assert_true(period_parse(str_from(text), &period));
    return period;
}

static const char *day_from_today(const Place *place, int days, char text[static DATE_TEXT_MAX])
{
    return date_format(clock_today(place->f->clock) + days, text);
}

/* --- Closed periods ----------------------------------------------------------------------------------------------------------- */

/* January is expected of the sender; `locked` is its last day. */
static void expect(const Place *place, int locked)
{
    char day[DATE_TEXT_MAX];
    store_run(place->f->db, "INSERT INTO expected (uid, dataset, org, period, month, due, locked, timed, closed, state, records, excused, version) "
                  "SELECT 'e1', id, %" G_GINT64_FORMAT ", %d, 672, '2026-02-04', '%s', TRUE, TRUE, 'in', 1, FALSE, 1 FROM dataset WHERE name = 'l.visit'",
        place->org, (int) period_of("2026-01"), day_from_today(place, locked, day));
}

static void grant(const Place *place, int until)
{
    char day[DATE_TEXT_MAX];
    store_run(place->f->db, "INSERT INTO expected_grant (uid, expected, until, reason, at) SELECT 'g%d', id, '%s', 'r', 1 FROM expected", until + 100, day_from_today(place, until, day));
}

#define JANUARY_1 "no,on_day,n\nA,2026-01-05,1\n"
#define BOTH_2 "no,on_day,n\nA,2026-01-05,2\nB,2026-02-05,2\n"

static void test_last_day(Fixture *f)
{
    Place place;
    place_open(&place, f);
    expect(&place, 0);
    g_assert_cmpint(import(&place, "l.visit", JANUARY_1).added, ==, 1); /* on its last day a period is open */
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM expected WHERE corrected IS NOT NULL"), ==, 0);
    store_run(f->db, "DELETE FROM expected");
    expect(&place, -1);
    HubResult r = import(&place, "l.visit", BOTH_2); /* the row of February goes in */
    g_assert_cmpint(r.rejected, ==, 1);
    g_assert_cmpint(r.added, ==, 1);
    g_assert_cmpint(r.changed, ==, 0);
    g_assert_cmpint(r.n_locked, ==, 1);
    g_assert_true(r.locked[0].period == period_of("2026-01") && r.locked[0].rows == 1 && r.locked[0].since == clock_today(f->clock) - 1);
    g_assert_true(str_eq(r.found[0].code, STR("period-locked")) && r.found[0].reject && str_eq(r.found[0].first, STR("line 2")) && r.has_errors);
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(n) AS BIGINT) FROM l__visit"), ==, 3);
    place.how.strict = true;
    r = import(&place, "l.visit", BOTH_2);
    g_assert_true(r.refused);
    place_close(&place);
}

static void test_grant(Fixture *f)
{
    Place place;
    place_open(&place, f);
    import(&place, "l.visit", JANUARY_1);
    expect(&place, -30);
    grant(&place, -1); /* ended yesterday */
    g_assert_cmpint(import(&place, "l.visit", BOTH_2).rejected, ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM expected WHERE corrected IS NOT NULL"), ==, 0);
    grant(&place, 0); /* ends today */
    HubResult r = import(&place, "l.visit", BOTH_2);
    g_assert_cmpint(r.rejected, ==, 0);
    g_assert_cmpint(r.changed, ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM expected WHERE corrected IS NOT NULL"), ==, 1);
    store_run(f->db, "UPDATE expected SET corrected = NULL");
    g_assert_cmpint(import(&place, "l.visit", BOTH_2).same, ==, 2); /* what changes nothing leaves no mark */
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM expected WHERE corrected IS NOT NULL"), ==, 0);
    place_close(&place);
}

/* What is closed is not emptied by a file that is all of the year. */
static void test_replace_leaves_closed(Fixture *f)
{
    Place place;
    place_open(&place, f);
    import(&place, "l.visit", "no,on_day,n\nA,2026-01-05,1\nC,2026-01-06,1\nB,2026-02-05,1\nD,2026-02-06,1\n");
    expect(&place, -1);
    place.how = (HubImport) { .mode = HUB_REPLACE, .period = period_of("2026"), .sure = true };
    HubResult r = import(&place, "l.visit", "no,on_day,n\nB,2026-02-05,1\n");
    g_assert_cmpint(r.there, ==, 2);
    g_assert_cmpint(r.deleted, ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM l__visit WHERE month_ = 672"), ==, 2);
    place_close(&place);
}

/* --- Absent, or only wrong ------------------------------------------------------------------------------------------------------ */

static void test_rejected_is_not_absent(Fixture *f)
{
    Place place;
    place_open(&place, f);
    import(&place, "l.visit", "no,on_day,n\nA,2026-01-05,1\nB,2026-01-06,1\nC,2026-01-07,1\nD,2026-01-08,1\nE,2026-01-09,1\n");
    place.how = (HubImport) { .mode = HUB_REPLACE, .period = period_of("2026-01") };
    HubResult r = import(&place, "l.visit", "no,on_day,n\nA,2026-01-05,1\nB,x,1\nC,2026-01-07,1\nD,2026-03-08,1\nE,2026-01-09,1\n");
    g_assert_false(r.asks);
    g_assert_cmpint(r.rejected, ==, 2);
    g_assert_cmpint(r.deleted, ==, 0); /* B has no day that can be read, D one of another month: both are named */
    r = import(&place, "l.visit", "no,on_day,n\nA,2026-01-05,1\n,2026-01-06,1\nC,2026-01-07,1\nD,2026-01-08,1\nE,2026-01-09,1\n");
    g_assert_true(r.asks); /* one of five is no more than may go, but it may be the row without a number */
    g_assert_cmpint(r.unread, ==, 1);
    g_assert_cmpint(r.would_delete, ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM l__visit"), ==, 5);
    r = import(&place, "l.visit", "no,on_day,n\nA,2026-01-05,1\nB,2026-01-06,1\nC,2026-01-07,1\nD,2026-01-08,1\nE,2026-01-09,1\n,2026-01-10,1\n");
    g_assert_false(r.asks); /* nothing would go */
    place.how.sure = true;
    r = import(&place, "l.visit", "no,on_day,n\nA,2026-01-05,1\n,2026-01-06,1\nC,2026-01-07,1\nD,2026-01-08,1\nE,2026-01-09,1\n");
    g_assert_cmpint(r.deleted, ==, 1);
    place_close(&place);
}

static void test_a_fifth_may_go(Fixture *f)
{
    Place place;
    place_open(&place, f);
    import(&place, "l.visit", "no,on_day\nA,2026-01-05\nB,2026-01-06\nC,2026-01-07\nD,2026-01-08\nE,2026-01-09\n");
    place.how = (HubImport) { .mode = HUB_REPLACE, .period = period_of("2026-01") };
    HubResult r = import(&place, "l.visit", "no,on_day\nA,2026-01-05\nB,2026-01-06\nC,2026-01-07\nD,2026-01-08\n");
    g_assert_false(r.asks); /* 20 % */
    g_assert_cmpint(r.deleted, ==, 1);
    r = import(&place, "l.visit", "no,on_day\nA,2026-01-05\nB,2026-01-06\nC,2026-01-07\n");
    g_assert_true(r.asks); /* 25 % */
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM l__visit"), ==, 4);
    place_close(&place);
}

/* --- Days ---------------------------------------------------------------------------------------------------------------------------- */

static void test_days(Fixture *f)
{
    Place place;
    place_open(&place, f);
    import(&place, "l.daily", "period,ward,beds\n2026-01-05,A,1\n2026-01-05,B,1\n2026-01-06,A,1\n2026-02-01,A,1\n");
    place.how = (HubImport) { .mode = HUB_REPLACE, .period = period_of("2026-01-05"), .sure = true };
    HubResult r = import(&place, "l.daily", "ward,beds\nA,2\n");
    g_assert_cmpint(r.there, ==, 2);
    g_assert_cmpint(r.deleted, ==, 1); /* the other ward of that day; no other day */
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM l__daily"), ==, 3);
    place.how.period = period_of("2026-01");
    r = import(&place, "l.daily", "period,ward,beds\n2026-01-07,A,2\n2026-02-01,A,2\n"); /* a month holds days, and its rows say them */
    g_assert_cmpint(r.rejected, ==, 1);
    g_assert_cmpint(r.deleted, ==, 2);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM l__daily"), ==, 2);
    place.how.period = period_of("2026-01-05"); /* records, too, may be replaced day by day */
    import(&place, "l.visit", "no,on_day\nA,2026-01-05\n");
    place.how.mode = HUB_ADD;
    place.how.period = 0;
    import(&place, "l.visit", "no,on_day\nB,2026-01-05\nC,2026-01-06\n");
    place.how = (HubImport) { .mode = HUB_REPLACE, .period = period_of("2026-01-05"), .sure = true };
    r = import(&place, "l.visit", "no,on_day\nA,2026-01-05\n");
    g_assert_cmpint(r.deleted, ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM l__visit"), ==, 2);
    place_close(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("hub-lock", "last-day", true, test_last_day);
    fixture_add("hub-lock", "grant", true, test_grant);
    fixture_add("hub-lock", "replace-leaves-closed", true, test_replace_leaves_closed);
    fixture_add("hub-lock", "rejected-is-not-absent", true, test_rejected_is_not_absent);
    fixture_add("hub-lock", "a-fifth-may-go", true, test_a_fifth_may_go);
    fixture_add("hub-lock", "days", true, test_days);
    return g_test_run();
}
