#include "cmd/demo_send.h"

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "db/queries.h"
#include "indicator/quality.h"
#include "org/org.h"

#include "base/banned.h"

/* Institutions send in the morning. */
enum { SEND_HOUR = 10, TELL_EVERY = 1000 };
#define SENT_UNTIL "demo_sent_until"

struct DemoSend {
    Arena *arena;
    TempDir *dir;
    char *out;
    const JsonValue *files;    /* of the manifest, in the order of their days */
    const JsonValue *next;     /* the first that was not sent */
    bool asked;                /* the store, until which day it was done */
    Date until;                /* all of this day and before are sent; DATE_NONE, which is before all: nothing */
    GHashTable *orgs;          /* code → id */
};

/* --- Making the city -------------------------------------------------------------------------------------------------------- */

static bool read_orgs(DemoSend *send, const char *path, CsvTable *ret_table, GError **err)
{
    g_autoptr(GString) bytes = file_read(path, LIMIT_IMPORT_BYTES, err);
    return bytes && csv_table(arena_str(send->arena, str_from_gstring(bytes)), LIMIT_ORGS, send->arena, ret_table, err);
}

static bool report_first(const PackReport *report, GError **err)
{
    for (size_t i = 0; i < pack_report_count(report); i++) {
        const PackFinding *finding = pack_report_get(report, i);
        if (!finding->warning)
            return error_set(err, BH_BAD_INPUT, "the recipes of the city are wrong: bihuan demo city says where");
    }
    return error_set(err, BH_INTERNAL, "the city was not read, and nothing is wrong with its recipes");
}

static bool make_files(DemoSend *send, const DemoSendOptions *options, const PackFiles *recipes, PacksRef *packs, GError **err)
{
    g_autofree char *path = g_build_filename(options->samples, "organisations.csv", NULL);
    g_autoptr(PackReport) report = pack_report_new();
    CityCounts counts;
    CsvTable orgs;
    if (!read_orgs(send, path, &orgs, err))
        return false;
    g_autoptr(City) city = city_load(recipes, packs, &orgs, report);
    if (!city)
        return report_first(report, err);
    if (!city_make(city, &options->city, send->out, NULL, NULL, &counts, err))
        return false;
    printf("the synthetic city: %" G_GUINT64_FORMAT " invented people, %" G_GUINT64_FORMAT " institutions, %" G_GUINT64_FORMAT " files with %" G_GUINT64_FORMAT " rows and %" G_GUINT64_FORMAT
           " mistakes\n", counts.people, counts.institutions, counts.files, counts.rows, counts.mistakes);
    return true;
}

static bool read_manifest(DemoSend *send, GError **err)
{
    g_autofree char *path = g_build_filename(send->out, "manifest.json", NULL);
    g_autoptr(GString) text = file_read(path, LIMIT_IMPORT_BYTES, err);
    const JsonValue *manifest = text ? json_parse(arena_str(send->arena, str_from_gstring(text)), send->arena, err) : NULL;
    if (!manifest || !json_get_array(manifest, "files", &send->files, err))
        return false;
    send->next = send->files->first;
    return true;
}

DemoSend *demo_send_new(const DemoSendOptions *options, Hub *hub, bool *ret_none, GError **err)
{
    g_autofree char *dir = g_build_filename(options->samples, "city", NULL);
    g_autoptr(PacksRef) packs = hub_packs(hub);
    *ret_none = packs_count(packs) == 0 || !g_file_test(dir, G_FILE_TEST_IS_DIR);
    if (*ret_none)
        return NULL;
    g_autoptr(PackFiles) recipes = pack_files_read(dir, err);
    g_autoptr(DemoSend) send = g_new0(DemoSend, 1);
    send->arena = arena_new();
    send->until = DATE_NONE;
    send->orgs = g_hash_table_new(str_hash, str_equal);
    send->dir = recipes ? temp_dir_new(err) : NULL;
    send->out = send->dir ? temp_dir_join(send->dir, "city") : NULL;
    if (!send->out || !make_files(send, options, recipes, packs, err) || !read_manifest(send, err))
        return NULL;
    return g_steal_pointer(&send);
}

void demo_send_free(DemoSend *send)
{
    if (!send)
        return;
    g_free(send->out);
    temp_dir_free(send->dir);
    g_hash_table_unref(send->orgs);
    arena_free(send->arena);
    g_free(send);
}

/* --- Institutions that no table has -------------------------------------------------------------------------------------------- */

typedef struct {
    OrgRows rows;
    AuditWho who;
} Invented;

static bool import_invented(DbConn *tx, void *data, GError **err)
{
    const Invented *invented = data;
    OrgImportCount count;
    return org_import_apply(tx, &invented->rows, &invented->who, &count, err);
}

/* Those that more institutions than the table has were invented for; the same again changes nothing. */
static bool bring_invented(DemoSend *send, Store *store, GError **err)
{
    g_autofree char *path = g_build_filename(send->out, "organisations.csv", NULL);
    CsvTable table;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    if (!read_orgs(send, path, &table, err))
        return false;
    Invented invented = { { table.header, table.n_columns, table.rows, table.n_rows, table.first_line }, { STR_NONE, "command", clock_now_ms(store->clock) } };
    return table.n_rows == 0 || db_write(store->db, DB_BULK, import_invented, &invented, err);
}

static bool find_org(DemoSend *send, Store *store, Str code, int64_t *ret_org, GError **err)
{
    gpointer known = g_hash_table_lookup(send->orgs, &code);
    if (known) {
        *ret_org = GPOINTER_TO_SIZE(known);
        return true;
    }
    OrgByCodeRow row;
    bool found;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !db_one(conn, OrgByCode, send->arena, &row, &found, err, .code = code))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "there is no institution '" STR_FMT "'", STR_ARG(code));
    Str *key = ARENA_NEW(send->arena, Str);
    *key = code;
    g_hash_table_insert(send->orgs, key, GSIZE_TO_POINTER((size_t) row.id));
    *ret_org = row.id;
    return true;
}

/* --- One file -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HubArrival arrival;
    int64_t now_ms;
    Arena *arena;
    HubArrived arrived;
} Sending;

static bool arrive(DbConn *tx, void *data, GError **err)
{
    Sending *sending = data;
    return hub_arrive(tx, &sending->arrival, sending->now_ms, sending->arena, &sending->arrived, err);
}

/* FHIR and HL7 say themselves what they hold; a table is of the dataset that its sender says. */
static bool read_wish(const JsonValue *file, Str format, HubWish *wish, GError **err)
{
    Str mode, period;
    if (!json_get_str(file, "mode", &mode, err) || !json_get_str(file, "period", &period, err))
        return false;
    wish->mode = str_eq(mode, STR("replace")) ? HUB_REPLACE : HUB_ADD;
    if (wish->mode == HUB_REPLACE)
        (void) period_parse(period, &wish->period);
    wish->sure = true;
    bool table = str_eq(format, STR("csv")) || str_eq(format, STR("xlsx"));
    return !table || json_get_str(file, "dataset", &wish->dataset, err);
}

static const char *format_of(Str name)
{
    for (size_t i = 0; ingest_formats[i]; i++)
        if (str_eq(name, str_from(ingest_formats[i])))
            return ingest_formats[i];
    return "auto";
}

static bool read_arrival(DemoSend *send, Store *store, const JsonValue *file, Arena *arena, HubArrival *arrival, GError **err)
{
    Str code, name, format;
    if (!json_get_str(file, "org", &code, err) || !json_get_str(file, "file", &name, err) || !json_get_str(file, "format", &format, err)
        || !find_org(send, store, code, &arrival->org, err) || !read_wish(file, format, &arrival->wish, err))
        return false;
    g_autofree char *path = g_strdup_printf("%s/" STR_FMT, send->out, STR_ARG(name));
    g_autoptr(GString) bytes = file_read(path, LIMIT_UPLOAD_BYTES, err);
    arrival->channel = HUB_BY_DROP;
    arrival->account = DB_NULL_INT;
    arrival->message_id = STR_NONE;
    arrival->source = STR("");
    arrival->name = arena_str(arena, str_from(strrchr(path, '/') + 1));
    arrival->format = format_of(format);
    arrival->size = bytes ? (int64_t) bytes->len : 0;
    return bytes && blob_put(store->blobs, str_from_gstring(bytes), &arrival->blob, err);
}

static bool count_result(Store *store, int64_t intake, Arena *arena, DemoSent *sent, GError **err)
{
    IntakeFindRow row;
    bool found;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !db_one(conn, IntakeFind, arena, &row, &found, err, .id = intake))
        return false;
    sent->files++;
    sent->not_taken += !found || !str_eq(row.state, STR("done"));
    const JsonValue *result = found && row.result.p ? json_parse(row.result, arena, NULL) : NULL;
    int64_t rows = 0;
    (void) json_opt_int(result, "rows", 0, INT64_MAX, &rows, NULL);
    sent->rows += rows;
    return true;
}

typedef struct {
    Str uid;
    ExpectedActor actor;
} Zero;

static bool zero_in_tx(DbConn *tx, void *data, GError **err)
{
    const Zero *zero = data;
    return expected_say_zero(tx, &zero->actor, zero->uid, 0, err);
}

/* Who had nothing says so where it is asked: a file without rows would be no answer. Nothing happens where nobody asked, or where there are records after all. */
static bool say_zero(DemoSend *send, Store *store, const JsonValue *file, int64_t now_ms, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) refused = NULL;
    Str code, dataset, text;
    Period period;
    ExpectedUidRow row;
    int64_t org;
    bool found = false;
    if (!json_get_str(file, "org", &code, err) || !json_get_str(file, "dataset", &dataset, err) || !json_get_str(file, "period", &text, err) || !find_org(send, store, code, &org, err))
        return false;
    if (!period_parse(text, &period))
        return true;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !db_one(conn, ExpectedUid, arena, &row, &found, err, .dataset = dataset, .org = org, .period = period))
        return false;
    db_done(g_steal_pointer(&conn));
    Zero zero = { row.uid, { { STR_NONE, "command", now_ms }, DB_NULL_INT, date_of_instant(now_ms, clock_zone_minutes(store->clock)) } };
    if (!found || db_write(store->db, DB_BULK, zero_in_tx, &zero, &refused) || g_error_matches(refused, BH_ERROR, BH_CONFLICT))
        return true;
    g_propagate_error(err, g_steal_pointer(&refused));
    return false;
}

static bool send_one(DemoSend *send, Store *store, Hub *hub, const JsonValue *file, int64_t now_ms, DemoSent *sent, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Sending sending = { .arena = arena, .now_ms = now_ms };
    int64_t rows = 0;
    if (!json_get_int(file, "rows", 0, INT64_MAX, &rows, err))
        return false;
    if (rows == 0)
        return say_zero(send, store, file, now_ms, err);
    return read_arrival(send, store, file, arena, &sending.arrival, err) && db_write(store->db, DB_BULK, arrive, &sending, err)
           && (sending.arrived.again || hub_intake_run(hub, sending.arrived.id, NULL, NULL, err)) && count_result(store, sending.arrived.id, arena, sent, err);
}

/* --- Day by day ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Date day;
} Until;

static bool put_until(DbConn *tx, void *data, GError **err)
{
    char text[DATE_TEXT_MAX];
    return db_exec(tx, SettingPut, NULL, err, .name = STR(SENT_UNTIL), .value = str_from(date_format(((Until *) data)->day, text)));
}

static bool read_until(DemoSend *send, Store *store, GError **err)
{
    SettingGetRow row;
    bool found;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    if (!conn || !db_one(conn, SettingGet, send->arena, &row, &found, err, .name = STR(SENT_UNTIL)))
        return false;
    send->asked = true;
    return !found || date_parse(row.value, &send->until) || error_set(err, BH_INTERNAL, "the setting " SENT_UNTIL " is no day");
}

static int64_t morning(const Clock *clock, Date day)
{
    return ((int64_t) day * 24 + SEND_HOUR) * 3600000 - (int64_t) clock_zone_minutes(clock) * 60000;
}

bool demo_send_until(DemoSend *send, Store *store, Hub *hub, Date day, DemoSent *ret_sent, GError **err)
{
    *ret_sent = (DemoSent) { 0 };
    if (!send->asked && (!bring_invented(send, store, err) || !read_until(send, store, err)))
        return false;
    g_autoptr(Clock) clock = clock_new_manual(0, clock_zone_minutes(store->clock));
    g_autoptr(PacksRef) packs = hub_packs(hub);
    HubOptions options = *hub_open(hub);
    options.clock = clock;
    options.packs = packs;
    g_autoptr(Hub) past = hub_new(&options);
    for (Date sent; send->next; send->next = send->next->next) {
        Str text;
        if (!json_get_str(send->next, "sent", &text, err) || !date_parse(text, &sent))
            return false;
        if (sent > day)
            break;
        if (sent <= send->until)
            continue;
        clock_set(clock, morning(clock, sent));
        if (!send_one(send, store, past, send->next, morning(clock, sent), ret_sent, err))
            return false;
        if (ret_sent->files > 0 && ret_sent->files % TELL_EVERY == 0)
            printf("  %" G_GINT64_FORMAT " files, up to " STR_FMT "\n", ret_sent->files, STR_ARG(text));
    }
    send->until = day;
    return db_write(store->db, DB_BULK, put_until, &(Until) { day }, err);
}
