/* bihuan demo: the invented city of the samples, with a clock of its own: made once, then served. */
#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "cmd/demo_city.h"
#include "cmd/demo_life.h"
#include "db/queries.h"
#include "ingest/ingest.h"
#include "ledger/ledger.h"
#include "ledger/relation.h"

#include "base/banned.h"

const Option demo_options[] = {
    STORE_OPTIONS,
    { "samples", "DIR", "the folder with organisations.csv, people.csv and documents/ (default: samples)" },
    { "no-city", NULL, "a new demo without the synthetic city, whose institutions send their records and go on when it is advanced" },
    { "port", "PORT", "the port (default: 8420; 0: any free one)" },
    { "no-serve", NULL, "make the demo, or advance it, and end" },
    { "advance", "SPAN", "move its clock: 3d, 1w or 1m; runs every scheduled job on the way, and its people do their work" },
    { "still", NULL, "with --advance: nobody does anything" },
    CITY_OPTIONS,
    { NULL, NULL, NULL },
};

/* The demo begins on the first Monday after its plans for 2026 were made. */
#define DEMO_START "2026-03-16"
#define DEMO_PASSWORD "shili-2026"
enum { DEMO_START_HOUR = 9 };

typedef struct {
    Store *store;
    const char *samples, *packs;
    Arena *arena;
    AuditWho who;
} Demo;

/* --- Organisations and people ------------------------------------------------------------------------------------------- */

/* The whole of a file of the samples, in the demo's arena. */
static bool read_file(Arena *arena, const char *path, size_t limit, Str *ret_bytes, GError **err)
{
    GString *content = file_read(path, limit, err);
    if (!content)
        return false;
    *ret_bytes = arena_str(arena, str_from_gstring(content));
    g_string_free(content, TRUE);
    return true;
}

static bool read_table(const Demo *demo, const char *name, CsvTable *ret_table, GError **err)
{
    g_autofree char *path = g_build_filename(demo->samples, name, NULL);
    Str bytes;
    return read_file(demo->arena, path, LIMIT_IMPORT_BYTES, &bytes, err) && csv_table(bytes, LIMIT_ORGS, demo->arena, ret_table, err);
}

typedef struct {
    const Demo *demo;
    OrgRows orgs, people;
} Tables;

static bool city_in_tx(DbConn *tx, void *data, GError **err)
{
    const Tables *tables = data;
    OrgImportCount count;
    return org_import_apply(tx, &tables->orgs, &tables->demo->who, &count, err)
           && people_import_apply(tx, &tables->people, STR(DEMO_PASSWORD), tables->demo->store->keys, &tables->demo->who, &count, err);
}

static OrgRows rows_of(const CsvTable *table)
{
    return (OrgRows) { table->header, table->n_columns, table->rows, table->n_rows, table->first_line };
}

static bool make_city(const Demo *demo, GError **err)
{
    CsvTable orgs, people;
    if (!read_table(demo, "organisations.csv", &orgs, err) || !read_table(demo, "people.csv", &people, err))
        return false;
    Tables tables = { demo, rows_of(&orgs), rows_of(&people) };
    printf("importing %zu organisations and %zu people\n", orgs.n_rows, people.n_rows);
    return db_write(demo->store->db, DB_BULK, city_in_tx, &tables, err);
}

/* --- Documents ------------------------------------------------------------------------------------------------------------ */

static bool load_user(const Demo *demo, const char *username, User *ret_user, GError **err)
{
    bool found;
    g_autoptr(DbConn) conn = db_reader(demo->store->db, err);
    if (!conn || !user_by_name(conn, demo->arena, str_from(username), clock_today(demo->store->clock), ret_user, &found, err))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "the samples have no account '%s'", username);
}

static bool load_draft(const Ledger *ledger, Arena *arena, Str uid, DocumentRow *ret_row, Draft *ret_draft, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(ledger->db, err);
    return conn && document_by_uid(conn, arena, uid, ret_row, err) && draft_load(ledger, conn, arena, ret_row, ret_draft, err);
}

/* Confirms every open item: what somebody does who has read the document through and found nothing to correct. */
static bool confirm_all(const Ledger *ledger, const Actor *actor, Arena *arena, const DocumentRow *row, const Draft *draft, GError **err)
{
    ARENA_LIST(DraftEdit) edits = { 0 };
    for (size_t i = 0; i < draft->n_items; i++)
        if (draft->items[i].status == ITEM_OPEN)
            *ARENA_PUSH(arena, &edits) = (DraftEdit) { arena_printf(arena, "/items/%zu/status", i), STR("\"open\""), STR("\"confirmed\"") };
    return edits.n == 0 || document_edit(ledger, actor, row->uid, row->version, edits.v, edits.n, err);
}

/* A document that leaves no question is issued, so that the ledger is not empty; the others wait for the issuer. */
static bool issue_if_clear(const Ledger *ledger, const Actor *actor, Str uid, bool *ret_issued, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DocumentRow row;
    Draft draft;
    Str plan;
    if (!load_draft(ledger, arena, uid, &row, &draft, err))
        return false;
    *ret_issued = draft.unresolved == 0 && draft.without_owner == 0 && draft.without_due == 0 && draft.open > 0;
    return !*ret_issued
           || (confirm_all(ledger, actor, arena, &row, &draft, err) && load_draft(ledger, arena, uid, &row, &draft, err)
               && document_issue(ledger, actor, uid, row.version, arena, &plan, err));
}

static bool add_document(const Demo *demo, const User *issuer, const char *name, Str *ret_uid, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *path = g_build_filename(demo->samples, "documents", name, NULL);
    Ledger ledger = { .db = demo->store->db, .blobs = demo->store->blobs, .clock = demo->store->clock, .keys = demo->store->keys };
    Actor actor = { issuer, { issuer->account_uid, "command", demo->who.at_ms } };
    DocumentAdded added;
    Str bytes;
    bool issued;
    if (!read_file(arena, path, LIMIT_DOC_FILE_BYTES, &bytes, err) || !document_add(&ledger, &actor, bytes, str_from(name), false, arena, &added, err)
        || !issue_if_clear(&ledger, &actor, added.uid, &issued, err))
        return false;
    printf("  %s: %s\n", name, issued ? "issued" : "a draft");
    *ret_uid = arena_str(demo->arena, added.uid);
    return true;
}

/* What each says of the earlier ones: after all are there, because they come in the order of their names. */
static bool compare_documents(const Demo *demo, const Str *uids, size_t n, GError **err)
{
    Ledger ledger = { .db = demo->store->db, .blobs = demo->store->blobs, .clock = demo->store->clock, .keys = demo->store->keys };
    int64_t all = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t found;
        if (!relations_find(&ledger, uids[i], &found, err))
            return false;
        all += found;
    }
    printf("  %" G_GINT64_FORMAT " relations between them, to be decided\n", all);
    return true;
}

static bool is_document(const char *name)
{
    static const char *const endings[] = { ".txt", ".md", ".html", ".docx", ".pdf" };
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(name, endings[i]))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool add_documents(const Demo *demo, GError **err)
{
    g_autofree char *folder = g_build_filename(demo->samples, "documents", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, err);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    User issuer;
    if (!dir || !load_user(demo, "issuer01", &issuer, err))
        return false;
    for (const char *name; (name = g_dir_read_name(dir));)
        if (is_document(name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    printf("reading %u documents\n", names->len);
    Str *uids = ARENA_ARRAY(demo->arena, Str, names->len + 1);
    for (guint i = 0; i < names->len; i++)
        if (!add_document(demo, &issuer, g_ptr_array_index(names, i), &uids[i], err)) {
            g_prefix_error(err, "%s: ", (const char *) g_ptr_array_index(names, i));
            return false;
        }
    return compare_documents(demo, uids, names->len, err);
}

/* --- Making, advancing, greeting ---------------------------------------------------------------------------------------- */

static int64_t start_instant(const Clock *clock)
{
    Date day = 0;
    g_assert(date_parse(STR(DEMO_START), &day));
    return ((int64_t) day * 24 + DEMO_START_HOUR) * 3600000 - (int64_t) clock_zone_minutes(clock) * 60000;
}

static bool is_empty(const Store *store, bool *ret_empty, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    return conn && org_store_empty(conn, ret_empty, err);
}

/* The city brings its packs itself, on the day on which its institutions begin to report. */
static bool make_demo(Demo *demo, bool with_city, GError **err)
{
    Store *store = demo->store;
    if (!store_make_demo(store, start_instant(store->clock), err))
        return false;
    demo->who = (AuditWho) { STR_NONE, "command", clock_now_ms(store->clock) };
    return bring_calendars(store, err) && make_city(demo, err) && (with_city || bring_packs(store, demo->packs, err)) && add_documents(demo, err);
}

/* The first account of each role in people.csv. */
static bool print_accounts(const Demo *demo, GError **err)
{
    CsvTable people;
    if (!read_table(demo, "people.csv", &people, err))
        return false;
    printf("one account per role, all invented; password of each: " DEMO_PASSWORD "\n");
    for (Role role = 0; role < ROLE_COUNT; role++)
        for (size_t r = 0; r < people.n_rows; r++)
            if (str_eq(people.rows[r][3], str_from(role_name(role)))) {
                printf("  %-15s " STR_FMT "\n", role_name(role), STR_ARG(people.rows[r][0]));
                break;
            }
    return true;
}

static bool serve(const Demo *demo, Service *service, GError **err)
{
    if (!print_accounts(demo, err))
        return false;
    service_run_jobs(service);
    printf("serving %s (Ctrl-C ends it)\n", service_address(service));
    fflush(stdout);
    service_wait_for_signal();
    return true;
}

bool cmd_demo(const Args *args, GError **err)
{
    if (args_count(args) > 0)
        return demo_city(args, err);
    g_autoptr(Arena) arena = arena_new();
    DemoLife life = { 0 };
    if (!demo_city_options(args, &life.city, err)) /* before a store is made by the way */
        return false;
    service_block_signals();
    g_autoptr(Store) store = store_open(args, STORE_OWN, err);
    Demo demo = { .store = store, .samples = args_value(args, "samples") ? args_value(args, "samples") : "samples", .packs = args_value(args, "packs") ? args_value(args, "packs") : "packs", .arena = arena };
    life = (DemoLife) { .store = store, .samples = demo.samples, .packs = demo.packs, .span = args_value(args, "advance"), .still = args_has(args, "still"), .city = life.city };
    if (!store || !is_empty(store, &life.is_new, err))
        return false;
    life.with_city = life.is_new && !args_has(args, "no-city") && demo_life_has_city(demo.samples, demo.packs);
    if (life.is_new && !make_demo(&demo, life.with_city, err))
        return false;
    if (!store->demo) {
        error_set(err, BH_CONFLICT, "the store in %s is not a demo", store_data(store));
        return error_hint(err, "give another folder with --data");
    }
    if (!bring_calendars(store, err)) /* years that a newer program knows */
        return false;
    g_autoptr(Service) service = NULL;
    return demo_life(&life, &service, err) && (args_has(args, "no-serve") || serve(&demo, service, err));
}
