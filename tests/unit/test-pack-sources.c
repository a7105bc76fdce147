/* What hospitals send, read by the sources of our packs: packs/PACK/tests/DATASET_fhir.ndjson and DATASET_hl7.hl7 give the rows of the CSV file of the same name, which a case of the
 * pack's proof carries out. UPDATE_GOLDEN=1 writes the CSV files. */
#include "base/file.h"
#include "ingest/reader.h"

#include "base/banned.h"

static char *source(const char *path)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), path, NULL);
}

static PacksRef *load_ours(void)
{
    g_autofree char *dir = source("packs");
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) files = pack_files_read(dir, &err);
    g_assert_no_error(err);
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PackSections) sections = pack_sections_new();
    ingest_pack_sections(sections);
    return packs_load(files, sections, 480, report); /* test-pack says what is wrong in them */
}

static void write_cell(GString *out, Str cell)
{
    bool quote = cell.n > 0 && strcspn(cell.p, ",\"\n") < cell.n;
    g_string_append_printf(out, quote ? "\"" STR_FMT "\"" : STR_FMT, STR_ARG(cell));
}

static void write_rows(const IngestBatch *batch, bool header, GString *out)
{
    for (size_t c = 0; header && c < batch->table->n_columns; c++)
        g_string_append_printf(out, "%s" STR_FMT, c > 0 ? "," : "", STR_ARG(batch->table->columns[c]));
    if (header)
        g_string_append_c(out, '\n');
    for (size_t r = 0; r < batch->n_rows; r++) {
        for (size_t c = 0; c < batch->table->n_columns; c++) {
            if (c > 0)
                g_string_append_c(out, ',');
            write_cell(out, ingest_row(batch, r)[c]);
        }
        g_string_append_c(out, '\n');
    }
}

/* The rows as CSV; findings are mistakes of the sources or of the file, but that resources and messages are of no dataset. */
static void read_file(const PackDataset *dataset, const char *path, GString *out)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) bytes = file_read(path, 1024 * 1024, &err);
    g_assert_no_error(err);
    IngestInput input = { .name = path, .bytes = str_from_gstring(bytes) };
    IngestOptions options = { .datasets = &dataset, .n_datasets = 1 };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &options, &err);
    g_assert_no_error(err);
    for (const IngestBatch *batch; ingest_next(reader, &batch, &err) && batch;) {
        for (size_t i = 0; i < batch->n_findings; i++)
            if (!g_str_has_suffix(batch->findings[i].code, "-unused"))
                g_error("%s: %s: " STR_FMT, path, batch->findings[i].code, STR_ARG(batch->findings[i].text));
        if (batch->table)
            write_rows(batch, out->len == 0, out);
    }
    g_assert_no_error(err);
}

static void check_file(const PacksRef *packs, const char *pack, const char *dir, const char *name, const char *ending)
{
    g_autofree char *dataset_name = g_strdup_printf("%s.%.*s", pack, (int) (strlen(name) - strlen(ending)), name);
    const PackDataset *dataset = packs_dataset(packs, str_from(dataset_name));
    if (!dataset || !ingest_sources(dataset))
        g_error("%s: the dataset '%s' has no sources", name, dataset_name);
    g_autofree char *path = g_build_filename(dir, name, NULL), *plain = g_strndup(path, (gsize) (strrchr(path, '.') - path)), *csv = g_strconcat(plain, ".csv", NULL), *want = NULL;
    g_autoptr(GString) rows = g_string_new(NULL);
    read_file(dataset, path, rows);
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(csv, rows->str, (gssize) rows->len, NULL));
    g_assert_true(g_file_get_contents(csv, &want, NULL, NULL));
    g_assert_cmpstr(rows->str, ==, want);
}

static const char *const endings[] = { "_fhir.ndjson", "_hl7.hl7" };
static const IngestFormat formats[] = { INGEST_FHIR, INGEST_HL7 };

/* What was sent of each dataset that has sources: "PACK.DATASET_fhir.ndjson". */
static void check_files(const PacksRef *packs, const char *pack, GHashTable *seen)
{
    g_autofree char *below = g_build_filename("packs", pack, "tests", NULL), *dir = source(below);
    g_autoptr(GDir) files = g_dir_open(dir, 0, NULL);
    for (const char *name; files && (name = g_dir_read_name(files));)
        for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
            if (g_str_has_suffix(name, endings[i])) {
                check_file(packs, pack, dir, name, endings[i]);
                g_hash_table_add(seen, g_strdup_printf("%s.%s", pack, name));
            }
}

static void test_ours(void)
{
    g_autoptr(PacksRef) packs = load_ours();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    size_t with_sources = 0;
    for (size_t i = 0; i < packs_count(packs); i++) {
        const Pack *pack = packs_get(packs, i);
        g_autofree char *id = str_dup(pack->id);
        check_files(packs, id, seen);
        for (size_t d = 0; d < pack->datasets.n; d++) {
            const PackDataset *dataset = &pack->datasets.v[d];
            with_sources += ingest_sources(dataset) != NULL;
            for (size_t e = 0; e < G_N_ELEMENTS(endings); e++) {
                g_autofree char *file = g_strdup_printf(STR_FMT "%s", STR_ARG(dataset->full_name), endings[e]);
                if (ingest_takes(dataset, formats[e]) && !g_hash_table_contains(seen, file))
                    g_error("no file proves the sources of a dataset: %s", file);
            }
        }
    }
    g_assert_cmpuint(with_sources, >=, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pack-sources/ours", test_ours);
    return g_test_run();
}
