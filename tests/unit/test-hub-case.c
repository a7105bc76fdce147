/* Until when a step must be taken: hours over midnight and over the year's end, days and working days over holidays; and since when a case is where it is. */
#include "hub/case.h"

#include "base/csv.h"
#include "install.h"

#include "base/banned.h"

enum { ZONE_MINUTES = 480, HOUR_MS = 3600 * 1000 };

#define PLAIN(name) "  " name ":\n    name: D\n    name_en: D\n    kind: case\n    org: o\n    date: seen_at\n    key: [k]\n    flow: " name "\n    fields:\n" \
    "      o: {name: O, name_en: O, type: org, required: true}\n      seen_at: {name: S, name_en: S, type: time, required: true}\n" \
    "      found_on: {name: F, name_en: F, type: date}\n      k: {name: K, name_en: K, type: integer, required: true}\n"
#define FLOW(name, since) "  " name ":\n    name: F\n    name_en: F\n    first: new\n" since \
    "    states:\n      new: {name: N, name_en: N}\n      done: {name: D, name_en: D, final: true}\n    steps:\n"
#define STEP(name, more) "      " name ": {name: S, name_en: S, from: new, to: done, by: reporter" more "}\n"

static const char pack[] =
    "pack: a\nversion: 1.0.0\nneeds: bihuan 1\nname: A\nname_en: A\nflows:\n"
    FLOW("spans", "    since: seen_at\n")
    STEP("none", "") STEP("h2", ", within: 2 hours") STEP("h24", ", within: 24 hours") STEP("d1", ", within: 1 day") STEP("d3", ", within: 3 days") STEP("w1", ", within: 1 working day")
    STEP("w10", ", within: 10 working days") STEP("week", ", within: 1 week") STEP("m1", ", within: 1 month") STEP("m3", ", within: 3 months") STEP("y1", ", within: 1 year")
    FLOW("by_day", "    since: found_on\n") STEP("d3", ", within: 3 days") STEP("w1", ", within: 1 working day")
    FLOW("as_it_comes", "") STEP("h2", ", within: 2 hours, when: k > 5") STEP("h24", ", within: 24 hours") "datasets:\n" PLAIN("spans") PLAIN("by_day") PLAIN("as_it_comes");
static const char proof[] = "proof:\n  - {id: c, says: s, says_en: s, dataset: spans, file: r.csv, today: 2026-01-31, defects: []}\n";

/* --- A flow, with the calendar of China ------------------------------------------------------------------------------------- */

static bool import_in_tx(DbConn *tx, void *data, GError **err)
{
    const AuditWho who = { STR_NONE, "command", 0 };
    return calendar_import(tx, data, &who, err);
}

static void put_calendar(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "calendars", "cn.csv", NULL);
    g_autoptr(GString) content = file_read(path, 1024 * 1024, &err);
    CsvTable table;
    Calendar calendar;
    csv_table(arena_str(f->arena, str_from_gstring(content)), 10000, f->arena, &table, &err);
    OrgRows rows = { table.header, table.n_columns, table.rows, table.n_rows, table.first_line };
    calendar_read(&rows, CALENDAR_CHINA, f->arena, &calendar, &err);
    db_write(f->db, DB_INTERACTIVE, import_in_tx, &calendar, &err);
    g_assert_no_error(err);
}

typedef struct {
    PacksRef *packs;
    Hub *hub;
    HubFlow *flow;
    const PackFlow *of;
} Open;

static Open open_flow(Fixture *f, const char *dataset)
{
    g_autoptr(GError) err = NULL;
    const InstallFile files[] = { { "a/pack.yaml", pack }, { "a/tests/proof.yaml", proof }, { "a/tests/r.csv", "o,seen_at,k\n" } };
    put_calendar(f);
    PacksRef *packs = install_packs(f, files, G_N_ELEMENTS(files), false);
    const HubOptions options = { .db = f->db, .clock = f->clock, .keys = f->keys, .blobs = f->blobs, .data_dir = temp_dir_path(f->folder), .packs = packs };
    Open open = { packs, hub_new(&options), NULL, packs_dataset(packs, str_from(dataset))->flow };
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    open.flow = hub_flow_new(open.hub, conn, packs_dataset(packs, str_from(dataset)), f->arena, &err);
    g_assert_no_error(err);
    return open;
}

static void close_flow(Open *open)
{
    hub_flow_free(open->flow);
    hub_free(open->hub);
    packs_unref(open->packs);
}

/* "2026-12-31 23:30", in the store's zone. */
static int64_t instant(const char *text)
{
    Date day;
    int64_t hours, minutes;
    g_assert_true(date_parse((Str) { text, 10 }, &day) && str_to_int64((Str) { text + 11, 2 }, &hours) && str_to_int64((Str) { text + 14, 2 }, &minutes));
    return ((int64_t) day * 24 + hours) * HOUR_MS + (minutes - ZONE_MINUTES) * 60000;
}

static const PackStep *step_of(const Open *open, const char *id)
{
    for (size_t i = 0; i < open->of->steps.n; i++)
        if (str_eq(open->of->steps.v[i].entry.id, str_from(id)))
            return &open->of->steps.v[i];
    g_assert_not_reached();
}

/* --- Until when -------------------------------------------------------------------------------------------------------------- */

static void test_spans(Fixture *f)
{
    static const struct {
        const char *step, *since, *due;
        bool end; /* with the last millisecond before `due` */
    } cases[] = {
        { "h2", "2026-12-31 09:00", "2026-12-31 11:00", false },
        { "h2", "2026-12-31 22:00", "2027-01-01 00:00", false },  /* midnight is the last instant */
        { "h2", "2026-12-31 23:30", "2027-01-01 01:30", false },  /* over the year's end */
        { "h24", "2026-12-31 15:00", "2027-01-01 15:00", false },
        { "h24", "2028-02-28 08:00", "2028-02-29 08:00", false }, /* a leap day */
        { "h24", "2026-10-01 00:00", "2026-10-02 00:00", false }, /* hours know no holiday */
        { "d1", "2026-12-31 00:00", "2027-01-02 00:00", true },   /* not the day itself, whatever its hour */
        { "d1", "2026-12-31 23:59", "2027-01-02 00:00", true },
        { "d3", "2026-02-26 12:00", "2026-03-02 00:00", true },
        { "w1", "2026-09-30 16:00", "2026-10-09 00:00", true },   /* seven days of National Day */
        { "w1", "2026-10-09 10:00", "2026-10-11 00:00", true },   /* a Saturday that is made up for */
        { "w1", "2026-02-13 10:00", "2026-02-15 00:00", true },   /* another, before Spring Festival */
        { "w1", "2026-02-14 10:00", "2026-02-25 00:00", true },
        { "w1", "2026-10-03 10:00", "2026-10-09 00:00", true },   /* begun in the holidays */
        { "w1", "2026-12-31 10:00", "2027-01-02 00:00", true },   /* a year that the calendar does not know: weekdays alone */
        { "w10", "2026-09-24 09:00", "2026-10-16 00:00", true },  /* over Mid-Autumn and National Day */
        { "w10", "2025-12-26 09:00", "2026-01-13 00:00", true },  /* 27 Dec Sat, 28 Sun; 1 to 3 Jan off, Sunday 4 Jan works */
        { "week", "2026-12-28 09:00", "2027-01-05 00:00", true },
        { "m1", "2026-01-31 09:00", "2026-03-01 00:00", true },   /* the end of a shorter month */
        { "m3", "2026-11-30 09:00", "2027-03-01 00:00", true },
        { "y1", "2028-02-29 09:00", "2029-03-01 00:00", true },
    };
    Open open = open_flow(f, "a.spans");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s from %s", cases[i].step, cases[i].since);
        g_assert_cmpint(hub_step_due(open.flow, step_of(&open, cases[i].step), instant(cases[i].since)), ==, instant(cases[i].due) - cases[i].end);
    }
    g_assert_cmpint(hub_step_due(open.flow, step_of(&open, "none"), instant("2026-01-01 00:00")), ==, CASE_NO_DUE);
    close_flow(&open);
}

/* The soonest of the steps that are for the record. */
static void test_soonest(Fixture *f)
{
    Open open = open_flow(f, "a.as_it_comes");
    const char *const columns[] = { "k" };
    const DbValue cells[] = { DB_INT(5), DB_INT(6) };
    HubCells rows = { columns, 1, cells, 2 };
    int64_t since = instant("2026-12-31 23:00");
    const uint8_t *when = hub_flow_when(open.flow, &rows, f->arena);
    g_assert_cmpint(hub_flow_due(open.flow, STR("new"), since, when), ==, instant("2027-01-01 23:00"));
    g_assert_cmpint(hub_flow_due(open.flow, STR("new"), since, when + open.of->steps.n), ==, instant("2027-01-01 01:00"));
    g_assert_cmpint(hub_flow_due(open.flow, STR("done"), since, when), ==, CASE_NO_DUE);
    close_flow(&open);
}

/* --- Since when -------------------------------------------------------------------------------------------------------------- */

static void test_since(Fixture *f)
{
    int64_t arrived = instant("2026-03-20 09:00"), earlier = instant("2026-03-17 22:15"), later = instant("2026-03-20 18:00");
    Date day, today;
    g_assert_true(date_parse(STR("2026-03-17"), &day) && date_parse(STR("2026-03-20"), &today));
    const char *const times[] = { "seen_at" }, *const days[] = { "found_on" }, *const others[] = { "k" };
    const DbValue time_cells[] = { DB_INT(earlier), DB_INT(later), DB_INT(arrived), DB_INT(DB_NULL_INT) }, day_cells[] = { DB_DATE(day), DB_DATE(today), DB_DATE(today + 1), DB_DATE(DATE_NONE) };
    HubCells by_time = { times, 1, time_cells, 4 }, by_day = { days, 1, day_cells, 4 }, without = { others, 1, time_cells, 4 };
    Open open = open_flow(f, "a.spans");
    const int64_t wanted[] = { earlier, arrived, arrived, arrived }; /* what is said to come later, or not at all, began when it came */
    for (size_t row = 0; row < G_N_ELEMENTS(wanted); row++)
        g_assert_cmpint(hub_flow_since(open.flow, &by_time, row, arrived), ==, wanted[row]);
    g_assert_cmpint(hub_flow_since(open.flow, &without, 0, arrived), ==, arrived);
    g_assert_cmpint(hub_step_due(open.flow, step_of(&open, "h24"), hub_flow_since(open.flow, &by_time, 0, arrived)), ==, instant("2026-03-18 22:15")); /* over before it arrived */
    close_flow(&open);
    open = open_flow(f, "a.as_it_comes");
    g_assert_cmpint(hub_flow_since(open.flow, &by_time, 0, arrived), ==, arrived);
    close_flow(&open);
    open = open_flow(f, "a.by_day");
    const int64_t by_days[] = { instant("2026-03-17 00:00"), instant("2026-03-20 00:00"), arrived, arrived };
    for (size_t row = 0; row < G_N_ELEMENTS(by_days); row++)
        g_assert_cmpint(hub_flow_since(open.flow, &by_day, row, arrived), ==, by_days[row]);
    g_assert_cmpint(hub_step_due(open.flow, step_of(&open, "d3"), by_days[0]), ==, instant("2026-03-21 00:00") - 1);
    g_assert_cmpint(hub_step_due(open.flow, step_of(&open, "w1"), by_days[1]), ==, instant("2026-03-24 00:00") - 1); /* a Friday's is Monday */
    close_flow(&open);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("hub-case", "spans", false, test_spans);
    fixture_add("hub-case", "soonest", false, test_soonest);
    fixture_add("hub-case", "since", false, test_since);
    return g_test_run();
}
