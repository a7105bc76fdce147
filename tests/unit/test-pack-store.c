/* Packs in a store, on both engines: installed, upgraded with what that does to tables that are in use, laid over, compared. */
#include "pack/store.h"

#include "db/driver.h"
#include "db/queries.h"
#include "fixture.h"
#include "store-ask.h"

#include "base/banned.h"

#define HEAD(version) "pack: a_pack_of_length_20\nversion: " version "\nneeds: bihuan 1\nname: A\nname_en: A\n"
#define DATASET "datasets:\n  a_dataset_of_len_20c:\n    name: D\n    name_en: D\n    kind: event\n    org: o\n    date: on_day\n    key: [k]\n    fields:\n" \
    "      o: {name: O, name_en: O, type: org, required: true}\n      on_day: {name: N, name_en: N, type: date, required: true}\n" \
    "      k: {name: K, name_en: K, type: text, required: true}\n"
#define FIELD(id, type) "      " id ": {name: F, name_en: F, type: " type "}\n"
#define RULES "    rules:\n      - {id: early, check: \"k <> 'x'\", level: warning, says: s, says_en: s}\n"
#define TABLE "a_pack_of_length_20__a_dataset_of_len_20c"
#define NAME "a_pack_of_length_20"
static const char proof[] = "proof:\n  - {id: c, says: s, says_en: s, dataset: a_dataset_of_len_20c, file: r.csv, today: 2026-01-01, defects: []}\n";
static const char rows[] = "o,on_day,k\nA,2026-01-01,1\n";

static PackFiles *files_of(const char *pack)
{
    PackFiles *files = pack_files_new();
    pack_files_add(files, STR(NAME "/pack.yaml"), str_from(pack));
    pack_files_add(files, STR(NAME "/tests/proof.yaml"), str_from(proof));
    pack_files_add(files, STR(NAME "/tests/r.csv"), str_from(rows));
    return files;
}

static bool install_files(Fixture *f, const PackFiles *files, bool upgrade, PackInstalled *ret_done, GError **err)
{
    PackWish wish = { .files = files, .upgrade = upgrade, .zone_minutes = 480, .who = { STR_NONE, "command", clock_now_ms(f->clock) }, .account = DB_NULL_INT };
    g_autoptr(PacksRef) packs = NULL;
    g_autoptr(PackReport) report = NULL;
    return pack_install(f->db, &wish, f->arena, ret_done, &packs, &report, err);
}

/* What was done with the pack. */
static const char *install(Fixture *f, const char *pack, bool upgrade)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) files = files_of(pack);
    PackInstalled done = { 0 };
    install_files(f, files, upgrade, &done, &err);
    g_assert_no_error(err);
    return done.v[0].what;
}

static void refused(Fixture *f, const char *pack, bool upgrade, BhError code, const char *detail)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) files = files_of(pack);
    PackInstalled done;
    g_assert_false(install_files(f, files, upgrade, &done, &err));
    assert_refused(&err, code, detail);
}

static PacksRef *installed(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    PacksRef *packs = packs_from_store(f->db, NULL, 480, &err);
    g_assert_no_error(err);
    return packs;
}

/* "month_ org_ key_ batch_ state_ k on_day" */
static char *columns(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PacksRef) packs = installed(f);
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    PackTables tables;
    GString *out = g_string_new(NULL);
    g_assert_true(pack_tables(conn, packs_dataset(packs, STR(NAME ".a_dataset_of_len_20c")), f->arena, &tables, &err));
    for (size_t i = 5; i < tables.rows.n; i++)
        g_string_append_printf(out, "%s%s", i > 5 ? " " : "", tables.rows.columns[i].name);
    g_assert_cmpint((int) tables.history.n, ==, (int) tables.rows.n + 1);
    return g_string_free(out, false);
}

#define assert_columns(f, wanted) G_STMT_START { g_autofree char *got = columns(f); g_assert_cmpstr(got, ==, wanted); } G_STMT_END

/* --- Installing ------------------------------------------------------------------------------------------------------- */

static void test_installed(Fixture *f)
{
    g_autoptr(PacksRef) none = installed(f);
    g_assert_cmpint((int) packs_count(none), ==, 0);
    g_assert_cmpstr(install(f, HEAD("1.0.0") DATASET FIELD("dose", "integer") FIELD("tel", "phone") RULES, false), ==, "installed");
    g_autoptr(PacksRef) packs = installed(f);
    g_assert_cmpint((int) packs_count(packs), ==, 1);
    g_assert_nonnull(packs_dataset(packs, STR(NAME ".a_dataset_of_len_20c")));
    assert_columns(f, "dose k on_day tel");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM hist_" TABLE), ==, 0);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM key_" TABLE), ==, 0);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM event WHERE verb = 'pack-install'"), ==, 1);
    g_assert_cmpstr(install(f, HEAD("1.0.0") DATASET FIELD("dose", "integer") FIELD("tel", "phone") RULES, false), ==, "same");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM event WHERE verb = 'pack-install'"), ==, 1);
}

static void test_refused(Fixture *f)
{
    install(f, HEAD("1.2.0") DATASET FIELD("dose", "integer"), false);
    refused(f, HEAD("1.3.0") DATASET, false, BH_CONFLICT, "pack-installed");
    refused(f, HEAD("1.1.9") DATASET, true, BH_CONFLICT, "pack-older");
    refused(f, HEAD("1.2.0") DATASET, true, BH_CONFLICT, "pack-older");
    refused(f, HEAD("1.10.0") DATASET FIELD("dose", "integerr"), true, BH_BAD_INPUT, "pack-wrong");
    g_assert_cmpstr(install(f, HEAD("1.10.0") DATASET, true), ==, "upgraded");
    assert_columns(f, "dose k on_day");
}

/* --- Upgrades with records in the tables ------------------------------------------------------------------------------------ */

#define ROW "INSERT INTO " TABLE " (month_, org_, key_, batch_, state_, k, on_day, dose, amount, code) VALUES (672, 1, 7, 1, 0, 'x', '2026-01-05', 3, 1250, 'c')"
#define CODES "codes:\n  t: {name: T, name_en: T, values: [{code: c, name: C, name_en: C}]}\n"
#define FIRST HEAD("1.0.0") CODES DATASET FIELD("dose", "integer") FIELD("amount", "decimal, decimals: 2") "      code: {name: F, name_en: F, type: code, codes: t}\n"

static void fill(Fixture *f)
{
    install(f, FIRST, false);
    if (f->engine == DB_POSTGRES)
        store_run(f->db, "CREATE TABLE " TABLE "__m672 PARTITION OF " TABLE " FOR VALUES FROM (672) TO (673)");
    store_run(f->db, ROW);
    store_run(f->db, "INSERT INTO segment VALUES (1, 1, 672, 1, 1, 0, 0, 1, FALSE)");
}

static void test_fields_grow(Fixture *f)
{
    fill(f);
    install(f, HEAD("1.1.0") CODES DATASET FIELD("dose", "decimal, decimals: 1") FIELD("amount", "decimal, decimals: 4") FIELD("code", "text") FIELD("more", "bool"), true);
    assert_columns(f, "amount code dose k more on_day");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM " TABLE " WHERE dose = 30 AND amount = 125000 AND code = 'c' AND more IS NULL"), ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM v_" TABLE " WHERE CAST(dose AS TEXT) = '3.0' AND CAST(amount AS TEXT) = '12.5000'"), ==, 1);
}

static void test_fields_narrow(Fixture *f)
{
    fill(f);
    install(f, HEAD("1.1.0") CODES DATASET FIELD("dose", "date") FIELD("amount", "decimal, decimals: 1"), true);
    assert_columns(f, "amount amount__1 code dose dose__1 k on_day");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM " TABLE " WHERE dose IS NULL AND amount IS NULL AND dose__1 = 3 AND amount__1 = 1250 AND code = 'c'"), ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM dataset_column WHERE retired AND name IN ('amount__1', 'dose__1', 'code')"), ==, 3);
    install(f, HEAD("1.2.0") CODES DATASET FIELD("dose", "integer") "      code: {name: F, name_en: F, type: code, codes: t}\n", true);
    assert_columns(f, "amount amount__1 code dose dose__1 dose__2 k on_day");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM dataset_column WHERE NOT retired"), ==, 4);
}

static void test_keys_stay(Fixture *f)
{
    fill(f);
    g_autofree char *other = g_strdup(HEAD("1.1.0") DATASET);
    char *key = strstr(other, "key: [k]");
    key[6] = 'o'; /* key: [o] */
    refused(f, other, true, BH_CONFLICT, "pack-key-changed");
    store_run(f->db, "DELETE FROM segment");
    g_assert_cmpstr(install(f, other, true), ==, "upgraded");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM " TABLE), ==, 0);
}

/* A dataset that is not declared any more keeps its table. */
static void test_datasets_retire(Fixture *f)
{
    g_autofree char *other = g_strdup(FIRST);
    fill(f);
    memcpy(strstr(other, "1.0.0"), "2.0.0", 5);
    memcpy(strstr(other, "a_dataset_of_len_20c"), "b_dataset_of_len_20c", 20);
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(GError) err = NULL;
    PackInstalled done;
    pack_files_add(files, STR(NAME "/pack.yaml"), str_from(other));
    pack_files_add(files, STR(NAME "/tests/proof.yaml"), STR("proof:\n  - {id: c, says: s, says_en: s, dataset: b_dataset_of_len_20c, file: r.csv, today: 2026-01-01, defects: []}\n"));
    pack_files_add(files, STR(NAME "/tests/r.csv"), str_from(rows));
    g_assert_true(install_files(f, files, true, &done, &err));
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM dataset WHERE retired"), ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM " TABLE), ==, 1);
}

/* --- What is laid over ---------------------------------------------------------------------------------------------------------- */

static void test_local(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) local = pack_files_new();
    PackInstalled done;
    install(f, HEAD("1.0.0") DATASET RULES, false);
    pack_files_add(local, STR("local/" NAME "/pack.yaml"), STR("datasets:\n  a_dataset_of_len_20c:\n    fields:\n      mine: {name: M, name_en: M, type: integer}\n"
                                                               "    rules:\n      - {id: early, level: error}\n      - {id: ours, check: mine > 0, level: warning, says: s, says_en: s}\n"));
    g_assert_true(install_files(f, local, false, &done, &err));
    assert_columns(f, "k mine on_day");
    g_autoptr(PacksRef) packs = installed(f);
    const PackDataset *dataset = packs_dataset(packs, STR(NAME ".a_dataset_of_len_20c"));
    g_assert_cmpint((int) dataset->rules.n, ==, 2);
    g_assert_cmpint(dataset->rules.v[0].level, ==, PACK_ERROR);
    install(f, HEAD("1.1.0") DATASET FIELD("more", "text") RULES, true);
    assert_columns(f, "k mine more on_day");
}

static void test_local_of_nothing(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) local = pack_files_new();
    PackInstalled done;
    pack_files_add(local, STR("local/b/pack.yaml"), STR("name: B\n"));
    g_assert_false(install_files(f, local, false, &done, &err));
    assert_refused(&err, BH_NOT_FOUND, "no-pack");
}

/* The common dictionary has files beside it, too. */
static void test_elements(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) files = files_of(HEAD("1.0.0") DATASET);
    PackInstalled done;
    size_t n;
    pack_files_add(files, STR("elements.yaml"), STR("codes:\n  t: {name: T, name_en: T, file: t.csv}\nelements:\n  e: {name: E, name_en: E, type: code, codes: t, sensitivity: 1}\n"));
    pack_files_add(files, STR("t.csv"), STR("code,name,name_en\na,A,A\n"));
    g_assert_true(install_files(f, files, false, &done, &err));
    g_assert_cmpint((int) done.n, ==, 2);
    g_autoptr(PacksRef) packs = installed(f);
    packs_elements(packs, &n);
    g_assert_cmpint((int) n, ==, 1);
}

/* As a zip, and back. */
static void test_zip(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) zip = g_string_new(NULL);
    g_autoptr(PackFiles) files = files_of(HEAD("1.0.0") DATASET);
    g_assert_true(pack_files_zip(files, zip, &err));
    g_autoptr(PackFiles) back = pack_files_unzip(str_from_gstring(zip), &err);
    g_assert_no_error(err);
    g_assert_true(str_eq(pack_files_find(back, STR(NAME "/tests/r.csv"))->bytes, str_from(rows)));
    g_autoptr(PackFiles) none = pack_files_unzip(STR("PK no zip"), &err);
    g_assert_null(none);
    assert_refused(&err, BH_BAD_INPUT, NULL);
}

/* --- Differences ---------------------------------------------------------------------------------------------------------------- */

static void test_diff(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(PackFiles) base = files_of(HEAD("1.0.0") DATASET FIELD("dose", "integer") RULES);
    g_autoptr(PackFiles) newer = files_of(HEAD("1.1.0") DATASET FIELD("dose", "text") FIELD("more", "text") "    rules:\n      - {id: early, check: \"k <> 'x'\", level: error, says: s, says_en: s}\n");
    pack_files_add(base, STR("local/" NAME "/pack.yaml"), STR("name: Z\ndatasets:\n  a_dataset_of_len_20c:\n    rules:\n      - {id: early, says: ours}\n    fields:\n      dose: {type: decimal}\n"));
    pack_files_add(newer, STR(NAME "/tests/r.csv"), STR("o,on_day,k\n"));
    PackChanges changes = pack_diff(base, newer, STR(NAME), arena);
    for (size_t i = 0; i < changes.n; i++) {
        const PackChange *c = &changes.v[i];
        g_string_append_printf(out, STR_FMT ": " STR_FMT " > " STR_FMT " | " STR_FMT "%s\n", STR_ARG(c->at), STR_ARG(c->was.p ? c->was : STR("-")), STR_ARG(c->now.p ? c->now : STR("-")),
                               STR_ARG(c->local.p ? c->local : STR("-")), c->clash ? " !" : "");
    }
    g_assert_cmpstr(out->str, ==,
                    "version: 1.0.0 > 1.1.0 | -\n"
                    "name: A > A | Z\n"
                    "datasets.a_dataset_of_len_20c.fields.dose.type: integer > text | decimal !\n"
                    "datasets.a_dataset_of_len_20c.fields.more: - > … | -\n"
                    "datasets.a_dataset_of_len_20c.rules.early.level: warning > error | -\n"
                    "datasets.a_dataset_of_len_20c.rules.early.says: s > s | ours\n"
                    NAME "/tests/r.csv: … > … | -\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("pack-store", "installed", false, test_installed);
    fixture_add("pack-store", "refused", false, test_refused);
    fixture_add("pack-store", "fields-grow", false, test_fields_grow);
    fixture_add("pack-store", "fields-narrow", false, test_fields_narrow);
    fixture_add("pack-store", "keys-stay", false, test_keys_stay);
    fixture_add("pack-store", "datasets-retire", false, test_datasets_retire);
    fixture_add("pack-store", "local", false, test_local);
    fixture_add("pack-store", "local-of-nothing", false, test_local_of_nothing);
    fixture_add("pack-store", "elements", false, test_elements);
    g_test_add_func("/pack-store/diff", test_diff);
    g_test_add_func("/pack-store/zip", test_zip);
    return g_test_run();
}
