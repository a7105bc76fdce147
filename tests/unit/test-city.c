/* The synthetic city: the same seed gives the same bytes; what is made keeps the packs' rules but where a mistake was put; numbers add up; wrong recipes are told of with their place. */
#include "city/city.h"

#include <math.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/limits.h"
#include "city/random.h"
#include "ingest/reader.h"

#include "base/banned.h"

/* --- A city of the samples ------------------------------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    PacksRef *packs;
    CsvTable orgs;
    City *city;
    TempDir *dir;
} Fixture;

static char *source(const char *path)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), path, NULL);
}

static PackFiles *files_of(const char *path)
{
    g_autofree char *dir = source(path);
    g_autoptr(GError) err = NULL;
    PackFiles *files = pack_files_read(dir, &err);
    g_assert_no_error(err);
    return files;
}

static void setup(Fixture *f, gconstpointer unused)
{
    (void) unused;
    g_autoptr(GError) err = NULL;
    g_autofree char *path = source("samples/organisations.csv");
    g_autoptr(PackFiles) packs = files_of("packs"), recipes = files_of("samples/city");
    g_autoptr(PackReport) report = pack_report_new();
    f->arena = arena_new();
    g_autoptr(PackSections) sections = pack_sections_new();
    ingest_pack_sections(sections);
    f->packs = packs_load(packs, sections, 480, report);
    g_autoptr(GString) bytes = file_read(path, LIMIT_IMPORT_BYTES, &err);
    g_assert_no_error(err);
    g_assert_true(csv_table(arena_str(f->arena, str_from_gstring(bytes)), LIMIT_ORGS, f->arena, &f->orgs, &err));
    f->city = city_load(recipes, f->packs, &f->orgs, report);
    for (size_t i = 0; i < pack_report_count(report); i++)
        g_test_message(STR_FMT ":%u: " STR_FMT, STR_ARG(pack_report_get(report, i)->path), pack_report_get(report, i)->line, STR_ARG(pack_report_get(report, i)->text));
    g_assert_nonnull(f->city);
    f->dir = temp_dir_new(&err);
    g_assert_no_error(err);
}

static void teardown(Fixture *f, gconstpointer unused)
{
    (void) unused;
    city_free(f->city);
    packs_unref(f->packs);
    temp_dir_free(f->dir);
    arena_free(f->arena);
}

static void say(void *data, const char *line)
{
    (void) data;
    g_test_message("%s", line);
}

static CityCounts make(const Fixture *f, const char *name, CityOptions options)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *out = temp_dir_join(f->dir, name);
    CityCounts counts = { 0 };
    city_make(f->city, &options, out, say, NULL, &counts, &err);
    g_assert_no_error(err);
    return counts;
}

static Str read_made(const Fixture *f, const char *name, const char *path)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *dir = temp_dir_join(f->dir, name), *whole = g_build_filename(dir, path, NULL);
    g_autoptr(GString) bytes = file_read(whole, LIMIT_IMPORT_BYTES, &err);
    g_assert_no_error(err);
    return arena_str(f->arena, str_from_gstring(bytes));
}

static CsvTable read_csv(const Fixture *f, const char *name, const char *path)
{
    CsvTable table;
    g_autoptr(GError) err = NULL;
    g_assert_true(csv_table(read_made(f, name, path), 1000000, f->arena, &table, &err));
    return table;
}

static int column_of(const CsvTable *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq(table->header[i], str_from(name)))
            return (int) i;
    return -1;
}

/* --- The same again -------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void digest_dir(const char *dir, Digest *digest)
{
    g_autoptr(GDir) opened = g_dir_open(dir, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(opened));)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, g_ptr_array_index(names, i), NULL);
        digest_update(digest, str_from(g_ptr_array_index(names, i)));
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            digest_dir(path, digest);
            continue;
        }
        g_autoptr(GString) bytes = file_read(path, LIMIT_IMPORT_BYTES, NULL);
        digest_update(digest, str_from_gstring(bytes));
    }
}

static Hash digest_of_made(const Fixture *f, const char *name)
{
    g_autoptr(Digest) digest = digest_new(DIGEST_SHA256);
    g_autofree char *dir = temp_dir_join(f->dir, name);
    digest_dir(dir, digest);
    return digest_final(digest);
}

static void test_same(Fixture *f, gconstpointer unused)
{
    (void) unused;
    make(f, "a", (CityOptions) { .people = 1500, .years = 1, .institutions = 6, .threads = 1 });
    make(f, "b", (CityOptions) { .people = 1500, .years = 1, .institutions = 6, .threads = 3 });
    make(f, "c", (CityOptions) { .people = 1500, .years = 1, .institutions = 6, .seed = 7 });
    g_assert_true(hash_equal(digest_of_made(f, "a"), digest_of_made(f, "b")));
    g_assert_false(hash_equal(digest_of_made(f, "a"), digest_of_made(f, "c")));
}

/* --- Right but for the mistakes ------------------------------------------------------------------------------------------------------ */

static void test_rules(Fixture *f, gconstpointer unused)
{
    (void) unused;
    CityCounts counts = make(f, "a", (CityOptions) { .people = 6000, .years = 1, .check = true });
    g_assert_cmpuint(counts.checked, >, 5000);
    g_assert_cmpuint(counts.wrong_rows, ==, 0);
    g_assert_cmpuint(counts.tame_mistakes, ==, 0);
    g_assert_cmpuint(counts.mistakes, >, 50);
    g_assert_cmpuint(counts.withheld, >, 0);
    g_assert_cmpuint(counts.late, >, counts.withheld);
}

/* Each line of mistakes.csv that is of a row names a row that is there, and says what finds it. */
static void test_mistakes(Fixture *f, gconstpointer unused)
{
    (void) unused;
    CityCounts counts = make(f, "a", (CityOptions) { .people = 4000, .years = 1, .institutions = 20 });
    CsvTable table = read_csv(f, "a", "mistakes.csv");
    uint64_t of_rows = 0, withheld = 0, again = 0;
    for (size_t i = 0; i < table.n_rows; i++) {
        const Str *row = table.rows[i];
        g_autofree char *path = str_dup(row[0]), *dir = temp_dir_join(f->dir, "a"), *whole = g_build_filename(dir, path, NULL);
        bool kept_back = str_eq(row[4], STR("withheld"));
        g_assert_cmpint(g_file_test(whole, G_FILE_TEST_EXISTS), ==, !kept_back);
        withheld += kept_back;
        again += str_eq(row[4], STR("again"));
        of_rows += !str_eq(row[1], STR("0")) || str_eq(row[4], STR("lost"));
        g_assert_cmpuint(row[5].n, >, 0);
    }
    g_assert_cmpuint(of_rows, ==, counts.mistakes);
    g_assert_cmpuint(withheld, ==, counts.withheld);
    g_assert_cmpuint(again, ==, counts.repeated);
}

/* --- Messages are read as what they say -------------------------------------------------------------------------------------------------- */

/* How many rows the reader makes of a file by the dataset's sources; those that lack the key are not among them. */
static size_t rows_of_file(const Fixture *f, const PackDataset *dataset, const char *path)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *dir = temp_dir_join(f->dir, "a"), *whole = g_build_filename(dir, path, NULL);
    g_autoptr(GString) bytes = file_read(whole, LIMIT_IMPORT_BYTES, &err);
    IngestInput input = { .name = path, .bytes = str_from_gstring(bytes) };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &(IngestOptions) { .datasets = &dataset, .n_datasets = 1 }, &err);
    g_assert_no_error(err);
    size_t rows = 0;
    for (const IngestBatch *batch; ingest_next(reader, &batch, &err) && batch;) {
        rows += batch->n_rows;
        for (size_t i = 0; i < batch->n_findings; i++)
            if (batch->findings[i].lost)
                g_test_message("%s: %s: " STR_FMT, path, batch->findings[i].code, STR_ARG(batch->findings[i].text));
    }
    g_assert_no_error(err);
    return rows;
}

static void check_messages(const Fixture *f, const JsonValue *file, size_t *checked)
{
    Str dataset_name = json_get(file, "dataset")->text, path = json_get(file, "file")->text, format = json_get(file, "format")->text;
    const PackDataset *dataset = packs_dataset(f->packs, dataset_name);
    int64_t rows;
    if ((!str_eq(format, STR("fhir")) && !str_eq(format, STR("hl7"))) || !ingest_sources(dataset))
        return;
    g_assert_true(json_get_int(file, "rows", 0, INT64_MAX, &rows, NULL));
    g_autofree char *name = str_dup(path);
    g_assert_cmpuint(rows_of_file(f, dataset, name), ==, (size_t) rows);
    (*checked)++;
}

static void test_messages(Fixture *f, gconstpointer unused)
{
    (void) unused;
    size_t checked = 0;
    make(f, "a", (CityOptions) { .people = 3000, .years = 1 });
    const JsonValue *manifest = json_parse(read_made(f, "a", "manifest.json"), f->arena, NULL);
    g_assert_nonnull(manifest);
    for (const JsonValue *file = json_get(manifest, "files")->first; file; file = file->next)
        check_messages(f, file, &checked);
    if (checked == 0)
        g_test_skip("no pack has sources of messages");
    g_test_message("%zu files of messages", checked);
}

/* --- People ------------------------------------------------------------------------------------------------------------------------------- */

static bool is_resident_file(const char *path)
{
    return strstr(path, "residents") != NULL && g_str_has_suffix(path, ".csv");
}

/* What the districts say of the year's end is everyone who was there; the manifest's rows are those of the files. */
static void test_pyramid(Fixture *f, gconstpointer unused)
{
    (void) unused;
    CityCounts counts = make(f, "a", (CityOptions) { .people = 5000, .years = 1, .institutions = 6 });
    g_autofree char *dir = temp_dir_join(f->dir, "a");
    g_autoptr(GDir) orgs = g_dir_open(dir, 0, NULL);
    int64_t people = 0, young = 0, old = 0;
    size_t files = 0;
    for (const char *org; (org = g_dir_read_name(orgs));) {
        g_autofree char *folder = g_build_filename(dir, org, "2026", NULL);
        g_autoptr(GDir) opened = g_dir_open(folder, 0, NULL);
        for (const char *name; opened && (name = g_dir_read_name(opened));) {
            g_autofree char *path = g_build_filename(org, "2026", name, NULL);
            if (!is_resident_file(path))
                continue;
            CsvTable table = read_csv(f, "a", path);
            int at = (int) table.n_columns - 1;
            files++;
            for (size_t i = 0; i < table.n_rows; i++) {
                int64_t n = 0;
                if (!str_to_int64(table.rows[i][at], &n))
                    continue;
                n = ABS(n);
                people += n;
                young += str_eq(table.rows[i][at - 2], STR("0")) ? n : 0;
                old += str_eq(table.rows[i][at - 2], STR("85+")) ? n : 0;
            }
        }
    }
    if (files < 8) /* some district uses a workbook, or says nothing: the sum is smaller */
        g_assert_cmpint(people, <=, (int64_t) (counts.people + counts.born));
    else
        g_assert_cmpint(people, >, (int64_t) counts.people * 95 / 100);
    g_assert_cmpint(young, <, people / 50);
    g_assert_cmpint(old, <, people / 25);
    g_assert_cmpuint(counts.born, >, 15);
    g_assert_cmpuint(counts.died, >, 20);
}

/* Of one pack alone: a file for each institution, period and dataset is enough. */
static City *city_of_population(const Fixture *f)
{
    static const char *const names[] = { "city.yaml", "names.csv", "population.yaml", "wards.csv", "staff.csv" };
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackReport) report = pack_report_new();
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *dir = source("samples/city"), *path = g_build_filename(dir, names[i], NULL);
        g_autoptr(GString) bytes = file_read(path, LIMIT_PACK_CSV_BYTES, NULL);
        pack_files_add(files, str_from(names[i]), str_from_gstring(bytes));
    }
    City *city = city_load(files, f->packs, &f->orgs, report);
    g_assert_nonnull(city);
    return city;
}

static void collect_numbers(const Fixture *f, const char *name, GHashTable *found)
{
    g_autofree char *dir = temp_dir_join(f->dir, name);
    g_autoptr(GDir) orgs = g_dir_open(dir, 0, NULL);
    for (const char *org; (org = g_dir_read_name(orgs));) {
        g_autofree char *path = g_build_filename(org, "history", "population.child.csv", NULL), *whole = g_build_filename(dir, path, NULL);
        if (!g_file_test(whole, G_FILE_TEST_EXISTS))
            continue;
        CsvTable table = read_csv(f, name, path);
        int at = column_of(&table, "id_card");
        for (size_t i = 0; at >= 0 && i < table.n_rows; i++)
            if (table.rows[i][at].n > 0)
                g_hash_table_add(found, str_dup(table.rows[i][at]));
    }
}

/* Who was there stays when more come; nobody can be a real person. */
static void test_more_people(Fixture *f, gconstpointer unused)
{
    (void) unused;
    g_autoptr(GHashTable) few = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), many = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    city_free(f->city);
    f->city = city_of_population(f);
    make(f, "a", (CityOptions) { .people = 3000, .years = 1, .institutions = 30 });
    make(f, "b", (CityOptions) { .people = 6000, .years = 1, .institutions = 30 });
    collect_numbers(f, "a", few);
    collect_numbers(f, "b", many);
    GHashTableIter iter;
    gpointer number;
    size_t lost = 0, wrong = 0;
    g_hash_table_iter_init(&iter, few);
    while (g_hash_table_iter_next(&iter, &number, NULL)) {
        lost += !g_hash_table_contains(many, number);
        wrong += !id_number_invented(str_from(number)); /* a mistake in the check digit */
    }
    g_assert_cmpuint(g_hash_table_size(few), >, 10); /* those under four with a number */
    g_assert_cmpuint(g_hash_table_size(many), >, g_hash_table_size(few));
    g_assert_cmpuint(lost, ==, 0);
    g_assert_cmpuint(wrong, <=, g_hash_table_size(few) / 10);
}

static void test_invented_numbers(void)
{
    g_assert_true(id_number_invented(STR("990101202109010025")) == id_number_valid(STR("990101202109010025")));
    g_assert_true(id_number_invented(STR("990001202401010017")));
    g_assert_false(id_number_invented(STR("990001202401010018"))); /* the check digit */
    g_assert_false(id_number_invented(STR("11010519491231002X")));
    g_assert_false(id_number_invented(STR("99")));
}

/* --- Options --------------------------------------------------------------------------------------------------------------------------------- */

static void test_institutions(Fixture *f, gconstpointer unused)
{
    (void) unused;
    city_free(f->city);
    f->city = city_of_population(f);
    CityCounts few = make(f, "few", (CityOptions) { .people = 100, .years = 1, .institutions = 1 }), many = make(f, "many", (CityOptions) { .people = 100, .years = 1, .institutions = 150 });
    g_assert_cmpuint(few.institutions, ==, 1 + 8 + 9); /* and the districts, and who cares for mothers */
    g_assert_cmpuint(many.institutions, ==, 150 + 8 + 9);
    CsvTable none = read_csv(f, "few", "organisations.csv"), invented = read_csv(f, "many", "organisations.csv");
    g_assert_cmpuint(none.n_rows, ==, 0);
    g_assert_cmpuint(invented.n_rows, >, 10);
    g_assert_cmpuint(invented.n_columns, ==, f->orgs.n_columns);
}

static void fails(const Fixture *f, CityOptions options, const char *name, BhError code)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *out = temp_dir_join(f->dir, name);
    CityCounts counts;
    g_assert_false(city_make(f->city, &options, out, NULL, NULL, &counts, &err));
    g_assert_error(err, BH_ERROR, (int) code);
}

static void test_limits(Fixture *f, gconstpointer unused)
{
    (void) unused;
    fails(f, (CityOptions) { .people = LIMIT_CITY_PEOPLE + 1 }, "x", BH_USAGE);
    fails(f, (CityOptions) { .people = -1 }, "x", BH_USAGE);
    fails(f, (CityOptions) { .years = LIMIT_CITY_YEARS + 1 }, "x", BH_USAGE);
    fails(f, (CityOptions) { .institutions = LIMIT_CITY_INSTITUTIONS + 1 }, "x", BH_USAGE);
    make(f, "a", (CityOptions) { .people = 1, .years = 1, .institutions = 1 });
    fails(f, (CityOptions) { .people = 1 }, "a", BH_CONFLICT);
}

/* --- Wrong recipes ----------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *file, *from, *to; /* in a recipe of the samples */
    const char *code;
    const char *text;             /* part of what is told */
} Wrong;

static const Wrong wrongs[] = {
    { "immunization.yaml", "lot: {expr:", "lott: {expr:", "city-no-such", "near: lot" },
    { "immunization.yaml", "expires_on: {range", "expires_onn: {range", "city-no-such", "has no field 'expires_onn'" },
    { "immunization.yaml", "person.reach < 975", "person.reech < 975", "expr-unknown-name", "person.reech" },
    { "immunization.yaml", "dataset: vaccination", "dataset: vaccinations", "city-no-such", "has no dataset 'vaccinations'" },
    { "immunization.yaml", "finds: [dose_number]", "finds: [dose_numbers]", "city-no-such", "has no rule 'dose_numbers'" },
    { "immunization.yaml", "finds: [dose_number]", "findz: [dose_number]", "pack-key-unknown", "findz" },
    { "immunization.yaml", "event_no: {serial: {prefix: Y, digits: 6}}", "event_no: {is: x, copy: name}", "city-value", "exactly one key" },
    { "immunization.yaml", "      event_no: {serial: {prefix: Y, digits: 6}}\n", "", "city-required", "'event_no'" },
    { "immunization.yaml", "each: doses.csv", "each: dozes.csv", "pack-file", "dozes.csv" },
    { "immunization.yaml", "of: vaccination", "of: vaccinations", "city-no-such", "neither people" },
    { "immunization.yaml", "of: vaccination", "of: aefi", "city-loop", "needs itself" },
    { "immunization.yaml", "stream: vaccination", "stream: vaccinate", "city-no-such", "there is no stream" },
    { "immunization.yaml", "vaccine: {column: each.vaccine}", "vaccine: {is: MMRV}", "city-value", "MMRV" },
    { "immunization.yaml", "at: parent.at\n", "at: parent.at\n    rate: \"1\"\n", "city-value", "exactly one of at, every, rate" },
    { "city.yaml", "birth: {copy: birth}", "birth: {copy: birthday}", "city-value", "cannot be copied" },
    { "city.yaml", "id_card: {copy", "id_cart: {copy", "city-no-such", "there is no element 'id_cart'" },
    { "city.yaml", "[16, 13, 9,", "[16, 13,", "city-value", "twelve weights" },
    { "city.yaml", "live: 930", "live: many", "city-value", "a weight is a number" },
    { "city.yaml", "code: 机构代码", "code: 代码", "city-no-such", "the table of organisations" },
    { "city.yaml", "format: hl7, else: chinese,", "format: hl7,", "city-value", "names one for tables" },
    { "city.yaml", "people:\n  count: 20000", "people:\n  count: 0", "pack-value", "outside" },
    { "names.csv", "kind,text,weight", "kind,name,weight", "city-no-such", "kind, text, weight" },
};

static PackFiles *changed(const Wrong *wrong)
{
    g_autofree char *dir = source("samples/city");
    g_autoptr(GDir) opened = g_dir_open(dir, 0, NULL);
    PackFiles *files = pack_files_new();
    bool found = false;
    for (const char *name; (name = g_dir_read_name(opened));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_autoptr(GString) bytes = file_read(path, LIMIT_PACK_CSV_BYTES, NULL);
        if (g_str_equal(name, wrong->file))
            found = g_string_replace(bytes, wrong->from, wrong->to, 1) == 1;
        pack_files_add(files, str_from(name), str_from_gstring(bytes));
    }
    if (!found)
        g_test_message("%s has no '%s'", wrong->file, wrong->from);
    g_assert_true(found);
    return files;
}

static void test_wrong(Fixture *f, gconstpointer unused)
{
    (void) unused;
    for (size_t i = 0; i < G_N_ELEMENTS(wrongs); i++) {
        g_autoptr(PackFiles) files = changed(&wrongs[i]);
        g_autoptr(PackReport) report = pack_report_new();
        g_assert_null(city_load(files, f->packs, &f->orgs, report));
        bool found = false;
        for (size_t k = 0; k < pack_report_count(report); k++) {
            const PackFinding *finding = pack_report_get(report, k);
            found |= g_str_equal(finding->code, wrongs[i].code) && str_has(finding->text, str_from(wrongs[i].text)) && (finding->line > 0 || wrongs[i].file[0] == 'n');
            g_test_message(STR_FMT ":%u:%u: " STR_FMT " [%s]", STR_ARG(finding->path), finding->line, finding->column, STR_ARG(finding->text), finding->code);
        }
        if (!found)
            g_test_message("not told: %s, %s", wrongs[i].code, wrongs[i].text);
        g_assert_true(found);
    }
}

/* --- Chances ---------------------------------------------------------------------------------------------------------------------------------------- */

static void test_random(void)
{
    enum { N = 100000 };
    double sum = 0, squares = 0, unit = 0, events = 0;
    size_t places[3] = { 0 };
    static const double sums[] = { 1, 1, 4 }; /* the second weighs nothing */
    uint64_t key = random_key(1, STR("x"));
    for (uint64_t i = 0; i < N; i++) {
        uint64_t x = random_of(key, i);
        double z = random_normal(x);
        sum += z;
        squares += z * z;
        unit += random_unit(x);
        events += random_events(x, 2.5);
        places[random_place(x, sums, 3)]++;
        g_assert_cmpuint(random_below(x, 7), <, 7);
    }
    g_assert_cmpfloat(fabs(sum / N), <, 0.02);
    g_assert_cmpfloat(fabs(squares / N - 1), <, 0.02);
    g_assert_cmpfloat(fabs(unit / N - 0.5), <, 0.01);
    g_assert_cmpfloat(fabs(events / N - 2.5), <, 0.03);
    g_assert_cmpuint(places[1], ==, 0);
    g_assert_cmpfloat(fabs((double) places[0] / N - 0.25), <, 0.01);
    g_assert_cmpuint(random_events(key, 0), ==, 0);
    g_assert_cmpuint(random_key(1, STR("ab")), !=, random_key(1, STR("ba")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/city/random", test_random);
    g_test_add_func("/city/invented", test_invented_numbers);
#define ADD(name, function) g_test_add("/city/" name, Fixture, NULL, setup, function, teardown)
    ADD("same", test_same);
    ADD("rules", test_rules);
    ADD("mistakes", test_mistakes);
    ADD("messages", test_messages);
    ADD("pyramid", test_pyramid);
    ADD("more-people", test_more_people);
    ADD("institutions", test_institutions);
    ADD("limits", test_limits);
    ADD("wrong", test_wrong);
    return g_test_run();
}
