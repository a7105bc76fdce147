#include "fixture.h"

#include <libpq-fe.h>
#include <unistd.h>

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

enum { ZONE_MINUTES = 480, CLOCK_HOUR = 9, COLUMNS_MAX = 16 };

static const char *test_pg(void)
{
    return g_getenv("BIHUAN_TEST_PG");
}

/* `%s` in the template is the schema. */
static void run_on_server(const char *template, const char *schema)
{
    PGconn *pg = PQconnectdb(test_pg());
    PQclear(PQexec(pg, "SET client_min_messages = warning"));
    g_auto(GStrv) parts = g_strsplit(template, "%s", -1);
    g_autofree char *sql = g_strjoinv(schema, parts);
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        g_error("%s: %s", sql, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

/* --- Files of samples/ ------------------------------------------------------------------------------------------------ */

Str fixture_sample(Fixture *f, const char *path)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *full = g_build_filename(g_getenv("SOURCE_ROOT"), "samples", path, NULL);
    g_autoptr(GString) content = file_read(full, LIMIT_DOC_FILE_BYTES, &err);
    g_assert_no_error(err);
    return arena_str(f->arena, str_from_gstring(content));
}

static const Str *read_row(Fixture *f, Str line, size_t *ret_n)
{
    Str *cells = ARENA_ARRAY(f->arena, Str, COLUMNS_MAX);
    size_t n = 0;
    for (Str rest = line; rest.p && n < COLUMNS_MAX;)
        cells[n++] = str_trim(str_cut(&rest, ','));
    *ret_n = n;
    return cells;
}

/* The samples' tables hold no quotes, so a comma always divides. */
static OrgRows read_table(Fixture *f, const char *path)
{
    Str rest = str_trim(fixture_sample(f, path));
    g_assert_false(str_has(rest, STR("\"")));
    OrgRows table = { .first_line = 2 };
    table.header = read_row(f, str_cut(&rest, '\n'), &table.n_columns);
    ARENA_LIST(const Str *) rows = { 0 };
    while (rest.p) {
        size_t n;
        *ARENA_PUSH(f->arena, &rows) = read_row(f, str_cut(&rest, '\n'), &n);
        g_assert_cmpuint(n, ==, table.n_columns);
    }
    table.rows = rows.v;
    table.n_rows = rows.n;
    return table;
}

/* --- The city ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Fixture *f;
    OrgRows orgs, people;
} City;

static bool import_city(DbConn *tx, void *data, GError **err)
{
    const City *city = data;
    AuditWho who = { .via = "command", .at_ms = clock_now_ms(city->f->clock) };
    OrgImportCount count;
    return org_import_apply(tx, &city->orgs, &who, &count, err)
           && people_import_apply(tx, &city->people, STR(FIXTURE_PASSWORD), city->f->keys, &who, &count, err);
}

static void fill_city(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    City city = { f, read_table(f, "organisations.csv"), read_table(f, "people.csv") };
    db_write(f->db, DB_BULK, import_city, &city, &err);
    g_assert_no_error(err);
}

/* --- Set up, tear down ------------------------------------------------------------------------------------------------------- */

static Date today(void)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(STR(FIXTURE_TODAY), &date));
    return date;
}

static void open_store(Fixture *f)
{
    static int count;
    g_autoptr(GError) err = NULL;
    f->options = (DbOptions) { .readers = 2 };
    if (f->engine == DB_SQLITE)
        f->options.path = temp_dir_join(f->folder, "bihuan.db");
    else {
        f->schema = g_strdup_printf("fx_%d_%d", (int) getpid(), ++count);
        run_on_server("CREATE SCHEMA %s", f->schema);
        f->options.url = g_strdup_printf("%s options='-c search_path=%s -c client_min_messages=warning'", test_pg(), f->schema);
    }
    f->db = db_open(&f->options, &err);
    g_assert_no_error(err);
}

static void set_up(Fixture *f, DbEngine engine, bool city)
{
    g_autoptr(GError) err = NULL;
    f->engine = engine;
    f->arena = arena_new();
    f->folder = temp_dir_new(&err);
    g_assert_no_error(err);
    g_autofree char *key_path = temp_dir_join(f->folder, "key");
    key_file_create(key_path, today(), &err);
    g_assert_no_error(err);
    f->keys = key_ring_load(key_path, &err);
    g_assert_no_error(err);
    f->blobs = blob_store_open(temp_dir_path(f->folder), f->keys, &err);
    g_assert_no_error(err);
    f->clock = clock_new_manual((int64_t) today() * 86400000 + (CLOCK_HOUR * 60 - ZONE_MINUTES) * 60000, ZONE_MINUTES);
    open_store(f);
    if (city)
        fill_city(f);
}

static void tear_down(Fixture *f)
{
    db_close(f->db);
    if (f->schema)
        run_on_server("DROP SCHEMA %s CASCADE", f->schema);
    blob_store_free(f->blobs);
    key_ring_free(f->keys);
    clock_free(f->clock);
    temp_dir_free(f->folder);
    arena_free(f->arena);
    g_free((char *) f->options.path);
    g_free((char *) f->options.url);
    g_free(f->schema);
}

typedef struct {
    FixtureTest run;
    DbEngine engine;
    bool city;
} Case;

static void run_case(gconstpointer data)
{
    const Case *c = data;
    Fixture f = { 0 };
    set_up(&f, c->engine, c->city);
    c->run(&f);
    tear_down(&f);
}

static void no_postgres(void)
{
    if (g_getenv("BIHUAN_TEST_NO_PG"))
        g_test_skip("BIHUAN_TEST_NO_PG is set");
    else
        g_error("BIHUAN_TEST_PG is not set: start a server with `tests/pg.sh start DIR`, or set BIHUAN_TEST_NO_PG=1");
}

void fixture_add(const char *suite, const char *name, bool city, FixtureTest test)
{
    static const char *const engines[] = { [DB_SQLITE] = "sqlite", [DB_POSTGRES] = "postgres" };
    for (DbEngine engine = DB_SQLITE; engine <= DB_POSTGRES; engine++) {
        g_autofree char *path = g_strdup_printf("/%s/%s/%s", suite, engines[engine], name);
        if (engine == DB_POSTGRES && !test_pg()) {
            g_test_add_func(path, no_postgres);
            continue;
        }
        Case *c = g_new(Case, 1);
        *c = (Case) { test, engine, city };
        g_test_add_data_func_full(path, c, run_case, g_free);
    }
}

/* --- What tests ask for ------------------------------------------------------------------------------------------------------- */

const User *fixture_user(Fixture *f, const char *username)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_no_error(err);
    User *user = ARENA_NEW(f->arena, User);
    bool found = false;
    user_by_name(conn, f->arena, str_from(username), clock_today(f->clock), user, &found, &err);
    g_assert_no_error(err);
    if (!found)
        g_error("no account '%s' in the samples", username);
    return user;
}

AuditWho fixture_who(const Fixture *f, const User *user)
{
    return (AuditWho) { user->account_uid, "http", clock_now_ms(f->clock) };
}

Org fixture_org(Fixture *f, const char *code)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_no_error(err);
    OrgByCodeRow row;
    bool found = false;
    db_one(conn, OrgByCode, f->arena, &row, &found, &err, .code = str_from(code));
    g_assert_no_error(err);
    if (!found)
        g_error("no organisation '%s' in the samples", code);
    Org org = { 0 };
    org_by_uid(conn, f->arena, row.uid, &org, &found, &err);
    g_assert_no_error(err);
    return org;
}

static bool folder_holds(const char *path, Str bytes)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        g_autoptr(GString) content = g_file_test(below, G_FILE_TEST_IS_DIR) ? NULL : file_read(below, LIMIT_UPLOAD_BYTES, NULL);
        if (content ? str_has(str_from_gstring(content), bytes) : folder_holds(below, bytes))
            return true;
    }
    return false;
}

bool fixture_stored(const Fixture *f, Str bytes)
{
    return folder_holds(temp_dir_path(f->folder), bytes);
}

void assert_refused(GError **err, BhError code, const char *detail)
{
    g_assert_error(*err, BH_ERROR, (int) code);
    if (detail)
        g_assert_cmpstr(error_get_detail(*err), ==, detail);
    g_clear_error(err);
}
