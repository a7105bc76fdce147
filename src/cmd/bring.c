#include "cmd/packs.h"
#include "cmd/store.h"
#include "flow/calendar.h"
#include "ingest/ingest.h"
#include "pack/store.h"

#include <stdio.h>

#include "base/banned.h"

/* calendars/cn.csv, compiled in. */
extern const unsigned char calendar_cn[];
extern const size_t calendar_cn_size;

enum { DAYS_MAX = 10000 };

typedef struct {
    Calendar calendar;
    AuditWho who;
} Bringing;

static bool bring_in_tx(DbConn *tx, void *data, GError **err)
{
    const Bringing *bringing = data;
    return calendar_complete(tx, &bringing->calendar, &bringing->who, err);
}

/* Whether the store lacks a year of it: most starts find nothing to write. */
static bool is_missing(Store *store, const Calendar *shipped, Arena *arena, bool *ret_missing, GError **err)
{
    Calendar present;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !calendar_load(conn, arena, shipped->code, &present, err))
        return false;
    *ret_missing = false;
    for (size_t i = 0; i < shipped->n_days; i++)
        *ret_missing |= !calendar_knows(&present, shipped->days[i].day, shipped->days[i].day);
    return true;
}

bool bring_calendars(Store *store, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Bringing bringing = { .who = { STR_NONE, "command", clock_now_ms(store->clock) } };
    CsvTable table;
    bool missing;
    Str bytes = { (const char *) calendar_cn, calendar_cn_size };
    if (!csv_table(bytes, DAYS_MAX, arena, &table, err))
        return false;
    OrgRows rows = { table.header, table.n_columns, table.rows, table.n_rows, table.first_line };
    return calendar_read(&rows, CALENDAR_CHINA, arena, &bringing.calendar, err) && is_missing(store, &bringing.calendar, arena, &missing, err)
           && (!missing || db_write(store->db, DB_BULK, bring_in_tx, &bringing, err));
}

/* --- Packs ------------------------------------------------------------------------------------------------------------------------- */

static void print_packs(const PackInstalled *done)
{
    printf("packs:");
    for (size_t i = 0; i < done->n; i++)
        if (done->v[i].version.n > 0)
            printf(" " STR_FMT " " STR_FMT, STR_ARG(done->v[i].name), STR_ARG(done->v[i].version));
    printf("\n");
}

bool bring_packs(Store *store, const char *dir, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(PackReport) report = NULL;
    g_autoptr(PacksRef) packs = NULL;
    PackInstalled done;
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR)) {
        printf("no packs at %s: nothing can be reported\n", dir);
        return true;
    }
    g_autoptr(PackFiles) files = pack_files_read(dir, err);
    g_autoptr(PackSections) sections = pack_all_sections();
    const PackWish wish = { .files = files, .upgrade = true, .sections = sections, .zone_minutes = clock_zone_minutes(store->clock), .who = { STR_NONE, "command", clock_now_ms(store->clock) }, .account = DB_NULL_INT };
    if (!files || !pack_install(store->db, &wish, arena, &done, &packs, &report, err))
        return false;
    print_packs(&done);
    return true;
}
