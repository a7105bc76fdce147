/* Files of institutions through ingest_next, beside the least that any reader must do: a bare memchr split of the same bytes; and where there is one, beside a
 * library that parses the same lines. */
#include "ingest/reader.h"

#include "base/banned.h"

enum { CSV_ROWS = 400000, ROUNDS = 5 };

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

int main(void)
{
    bench_csv(false);
    bench_csv(true);
    bench_gb18030();
    return 0;
}
