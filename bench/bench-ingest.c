/* Files of institutions through ingest_next, beside the least that any reader must do: a bare memchr split of the same bytes; and where there is one, beside a
 * library that parses the same lines. */
#include <jansson.h>
#include <sys/resource.h>

#include "ingest/reader.h"

#include "base/banned.h"

enum { CSV_ROWS = 400000, FHIR_LINES = 60000, HL7_MESSAGES = 60000, ROUNDS = 5 };

static double now(void)
{
    return (double) g_get_monotonic_time() / 1e6;
}

static GString *make_csv(bool wide)
{
    GString *out = g_string_new("id_card,person_name,sex,birth,clinic,code,dose,given_on,lot,maker,site,amount,unit,route,staff,price,paid,note,created,updated\n");
    for (int i = 0; i < CSV_ROWS; i++)
        g_string_append_printf(out, "3209811990010%05d,%s,%d,1990-01-%02d,%s,%02d.%d,%d,2026-03-%02d,LOT%06d,%s,%d,0.5,ml,im,S%04d,%d.50,0,%s,2026-03-01 10:%02d,\n",
                               i % 100000, wide ? "张三丰" : "Zhang San", 1 + i % 2, 1 + i % 28, wide ? "建湖县人民医院" : "county hospital", i % 60, i % 10,
                               1 + i % 3, 1 + i % 28, i, wide ? "北京生物制品" : "maker 17", i % 4, i % 9000, i % 300, i % 10 ? "" : "\"a, quoted \"\"note\"\"\"", i % 60);
    return out;
}

/* Cells by memchr alone: no quotes, no check. */
static size_t split_bare(Str text)
{
    size_t cells = 0;
    for (Str rest = text; rest.p && rest.n > 0;) {
        Str line = str_cut(&rest, '\n');
        while (line.p) {
            str_cut(&line, ',');
            cells++;
        }
    }
    return cells;
}

static size_t read_all(const IngestInput *input, const IngestOptions *options, bool take)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(IngestReader) reader = ingest_open(input, 1, options, &err);
    const IngestBatch *batch;
    size_t rows = 0;
    while (reader && ingest_next(reader, &batch, &err) && batch) {
        rows += batch->n_rows;
        if (take)
            ingest_batch_free(ingest_batch_take(reader));
    }
    g_assert_no_error(err);
    return rows;
}

static void report(const char *what, double seconds, size_t bytes, size_t things, const char *of)
{
    g_print("%-44s %8.0f MB/s %12.0f %s/s\n", what, (double) bytes / seconds / 1e6, (double) things / seconds, of);
}

static void bench_csv(bool wide)
{
    g_autoptr(GString) csv = make_csv(wide);
    double bare = 1e9, ours = 1e9, taken = 1e9;
    IngestInput input = { .bytes = str_from_gstring(csv) };
    for (int i = 0; i < ROUNDS; i++) {
        double t0 = now();
        size_t cells = split_bare(input.bytes);
        double t1 = now();
        size_t rows = read_all(&input, NULL, false);
        double t2 = now();
        read_all(&input, NULL, true);
        double t3 = now();
        g_assert_true(cells > 0 && rows == CSV_ROWS);
        bare = MIN(bare, t1 - t0);
        ours = MIN(ours, t2 - t1);
        taken = MIN(taken, t3 - t2);
    }
    g_print("CSV of 20 columns, %s: %d rows, %.0f MB\n", wide ? "Chinese" : "ASCII", CSV_ROWS, (double) csv->len / 1e6);
    report("  bare memchr split", bare, csv->len, CSV_ROWS, "rows");
    report("  ingest_next", ours, csv->len, CSV_ROWS, "rows");
    report("  ingest_next, every batch taken", taken, csv->len, CSV_ROWS, "rows");
}

static void bench_gb18030(void)
{
    g_autoptr(GString) csv = make_csv(true);
    gsize n;
    g_autofree char *gb = g_convert(csv->str, (gssize) csv->len, "GB18030", "UTF-8", NULL, &n, NULL);
    double ours = 1e9;
    for (int i = 0; i < 2; i++) {
        double t0 = now();
        g_assert_cmpuint(read_all(&(IngestInput) { .bytes = { gb, n } }, NULL, false), ==, CSV_ROWS);
        ours = MIN(ours, now() - t0);
    }
    report("  the same in GB18030", ours, n, CSV_ROWS, "rows");
}

/* --- FHIR and HL7 ------------------------------------------------------------------------------------------------------------- */

static PacksRef *make_pack(void)
{
    static const char yaml[] =
        "pack: a\nversion: 1.0.0\nneeds: bihuan 1\nname: A\ndatasets:\n  d:\n    name: D\n    kind: event\n    org: o\n    date: on_day\n    key: [k]\n    fields:\n"
        "      o: {name: O, type: org, required: true}\n      on_day: {name: N, type: date, required: true}\n      k: {name: K, type: text, required: true}\n"
        "      p: {name: P, type: text}\n      v: {name: V, type: text}\n      n: {name: V, type: integer}\n      l: {name: L, type: text}\n      a: {name: A, type: decimal, decimals: 2}\n"
        "    sources:\n      fhir:\n        resource: Immunization\n        when: status = 'completed'\n        fields:\n          o: performer.actor.identifier.value\n"
        "          on_day: occurrence\n          k: id\n          p: PATIENT\n          v: vaccineCode.coding.where(system = 'urn:v').code\n"
        "          n: protocolApplied.doseNumber\n          l: lotNumber\n          a: doseQuantity.value\n"
        "      hl7:\n        message: VXU_V04\n        each: RXA\n        when: RXA-20 = 'CP'\n        fields: {o: RXA-11.4, on_day: RXA-3, k: RXA-2, p: \"PID-3[.5 = 'NI'].1\", v: RXA-5.1, l: RXA-15, a: RXA-6}\n";
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackSections) sections = pack_sections_new();
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(GString) text = g_string_new(yaml);
    g_string_replace(text, "PATIENT", g_getenv("BENCH_RESOLVE") ? "patient.resolve().identifier.where(system = 'urn:id').value" : "patient.identifier.value", 0);
    pack_files_add(files, STR("a/pack.yaml"), str_from_gstring(text));
    pack_files_add(files, STR("a/tests/proof.yaml"), STR("proof:\n  - {id: c, says: s, dataset: d, file: r.csv, today: 2026-01-01, defects: []}\n"));
    pack_files_add(files, STR("a/tests/r.csv"), STR("o,on_day,k\n"));
    ingest_pack_sections(sections);
    PacksRef *packs = packs_load(files, sections, 480, report);
    g_assert_nonnull(packs_dataset(packs, STR("a.d")));
    return packs;
}

static void append_immunization(GString *out, int i)
{
    g_string_append_printf(out,
                           "{\"resourceType\":\"Immunization\",\"id\":\"i%d\",\"meta\":{\"lastUpdated\":\"2026-03-01T08:00:00+08:00\",\"profile\":[\"http://example.org/p\"]},"
                           "\"text\":{\"status\":\"generated\",\"div\":\"<div>示例人员 第%d针</div>\"},\"status\":\"completed\",\"vaccineCode\":{\"coding\":[{\"system\":"
                           "\"http://hl7.org/fhir/sid/cvx\",\"code\":\"03\"},{\"system\":\"urn:v\",\"code\":\"V%02d\",\"display\":\"麻腮风联合减毒活疫苗\"}]},\"patient\":{\"reference\":"
                           "\"Patient/p%d\",\"identifier\":{\"system\":\"urn:id\",\"value\":\"99900019900101%04d\"}},\"occurrenceDateTime\":\"2026-03-%02dT09:30:00+08:00\","
                           "\"lotNumber\":\"L%06d\",\"site\":{\"coding\":[{\"code\":\"LA\"}]},\"doseQuantity\":{\"value\":0.5,\"unit\":\"mL\"},\"performer\":[{\"actor\":{\"identifier\":"
                           "{\"value\":\"H%03d\"}}}],\"protocolApplied\":[{\"doseNumberPositiveInt\":%d}]}\n",
                           i, i % 3, i % 40, i % 20000, i % 10000, 1 + i % 28, i, i % 300, 1 + i % 3);
}

static GString *make_fhir(bool resolves)
{
    GString *out = g_string_new(NULL);
    for (int i = 0; i < FHIR_LINES; i++)
        append_immunization(out, i);
    for (int i = 0; resolves && i < 20000; i++)
        g_string_append_printf(out, "{\"resourceType\":\"Patient\",\"id\":\"p%d\",\"identifier\":[{\"system\":\"urn:id\",\"value\":\"99900019900101%04d\"}],\"name\":[{\"text\":\"示例\"}]}\n", i, i % 10000);
    return out;
}

static size_t by_jansson(Str text)
{
    size_t n = 0;
    for (Str rest = text; rest.p && rest.n > 0;) {
        Str line = str_cut(&rest, '\n');
        json_t *root = line.n > 0 ? json_loadb(line.p, line.n, 0, NULL) : NULL;
        n += root && json_object_get(root, "resourceType");
        json_decref(root);
    }
    return n;
}

static void bench_fhir(const PackDataset *dataset)
{
    bool resolves = g_getenv("BENCH_RESOLVE") != NULL;
    g_autoptr(GString) fhir = make_fhir(resolves);
    IngestInput input = { .bytes = str_from_gstring(fhir) };
    IngestOptions options = { .datasets = &dataset, .n_datasets = 1 };
    double ours = 1e9, theirs = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double t0 = now();
        g_assert_cmpuint(read_all(&input, &options, false), ==, FHIR_LINES);
        double t1 = now();
        by_jansson(input.bytes);
        ours = MIN(ours, t1 - t0);
        theirs = MIN(theirs, now() - t1);
    }
    g_print("FHIR NDJSON: %d resources, %.0f MB%s\n", FHIR_LINES, (double) fhir->len / 1e6, resolves ? ", each with a reference that is followed" : "");
    report("  jansson, parsing alone", theirs, fhir->len, FHIR_LINES, "resources");
    report("  ingest_next, 8 paths and a test", ours, fhir->len, FHIR_LINES, "resources");
}

static void bench_hl7(const PackDataset *dataset)
{
    g_autoptr(GString) hl7 = g_string_new(NULL);
    for (int i = 0; i < HL7_MESSAGES; i++)
        g_string_append_printf(hl7,
                               "MSH|^~\\&|HIS|H%03d|CDC|C01|20260301083000||VXU^V04^VXU_V04|M%d|P|2.5.1||||||UNICODE UTF-8\rPID|1||B77^^^HIS^MR~99900019900101%04d^^^GA^NI||示例^人员||19900101|F\r"
                               "PV1|1|O\rORC|RE||%d\rRXA|0|1|20260301||V%02d^name^urn:v|0.5|ml||00||^^^H%03d||||L%06d|20270101|M1|||CP|A\rRXR|IM|LA\rOBX|1|NM|30973-2^dose||1||||||F\r",
                               i % 300, i, i % 10000, i, i % 40, i % 300, i);
    IngestInput input = { .bytes = str_from_gstring(hl7) };
    IngestOptions options = { .datasets = &dataset, .n_datasets = 1 };
    double ours = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double t0 = now();
        g_assert_cmpuint(read_all(&input, &options, false), ==, HL7_MESSAGES);
        ours = MIN(ours, now() - t0);
    }
    g_print("HL7 v2: %d messages of 7 segments, %.0f MB\n", HL7_MESSAGES, (double) hl7->len / 1e6);
    report("  ingest_next, 7 places and a test", ours, hl7->len, HL7_MESSAGES, "messages");
}

/* --- Memory ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str text;
    size_t at;
    uint64_t left;
} Again;

/* The same text again and again. */
static ssize_t read_again(void *data, char *buffer, size_t n, GError **err)
{
    (void) err;
    Again *again = data;
    size_t taken = MIN(MIN(n, again->text.n - again->at), again->left);
    memcpy(buffer, again->text.p + again->at, taken);
    again->at = (again->at + taken) % again->text.n;
    again->left -= taken;
    return (ssize_t) taken;
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* In a process of its own: bench-ingest memory GB. */
static int bench_memory(uint64_t gigabytes)
{
    g_autoptr(GString) lines = g_string_new("a,b,c,d\n");
    while (lines->len < 1000000)
        g_string_append(lines, "2026-03-01,\"a, quoted\",some text of a cell,12345.678\n");
    long before = peak_kb();
    Again again = { str_from_gstring(lines), 0, gigabytes * 1000000000 };
    double t0 = now();
    size_t rows = read_all(&(IngestInput) { .read = read_again, .data = &again }, &(IngestOptions) { .format = INGEST_CSV }, false);
    g_print("CSV of %" G_GUINT64_FORMAT " GB: %zu rows in %.1f s, %ld MB more memory at the most\n", gigabytes, rows, now() - t0, (peak_kb() - before) / 1024);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && g_str_equal(argv[1], "memory"))
        return bench_memory(g_ascii_strtoull(argv[2], NULL, 10));
    bench_csv(false);
    bench_csv(true);
    bench_gb18030();
    g_autoptr(PacksRef) packs = make_pack();
    bench_fhir(packs_dataset(packs, STR("a.d")));
    bench_hl7(packs_dataset(packs, STR("a.d")));
    return 0;
}
