/* Samples: what a hospital would send, read by the sources of a pack, gives the rows of a case's file. */
#include "cmd/trial.h"

#include "base/banned.h"

typedef struct {
    const Yaml *node;
    PackReport *report;
    const CsvTable *want;
    size_t row; /* so many were read */
} Sample;

static int find_column(const CsvTable *table, Str name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq(str_trim(table->header[i]), name))
            return (int) i;
    return -1;
}

static void compare_row(const Sample *sample, const IngestTable *table, const Str *cells)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        int column = find_column(sample->want, table->columns[i]);
        Str want = column >= 0 ? str_trim(sample->want->rows[sample->row][column]) : STR(""), is = str_trim(cells[i].p ? cells[i] : STR(""));
        if (!str_eq(is, want))
            yaml_find(sample->report, sample->node, "pack-proof", "row %zu of the sample has '" STR_FMT "' as '" STR_FMT "', not '" STR_FMT "'", sample->row + 1,
                      STR_ARG(utf8_head(is, 40)), STR_ARG(table->columns[i]), STR_ARG(utf8_head(want, 40)));
    }
}

/* What a source does not give, the file has not, either. */
static void check_columns(const Sample *sample, const IngestTable *table)
{
    for (size_t i = 0; i < sample->want->n_columns; i++) {
        Str name = str_trim(sample->want->header[i]);
        bool there = false, filled = false;
        for (size_t c = 0; c < table->n_columns; c++)
            there |= str_eq(table->columns[c], name);
        for (size_t row = 0; row < sample->want->n_rows; row++)
            filled |= str_trim(sample->want->rows[row][i]).n > 0;
        if (!there && filled)
            yaml_find(sample->report, sample->node, "pack-proof", "the sample gives no '" STR_FMT "'", STR_ARG(name));
    }
}

static void compare_batch(Sample *sample, const IngestBatch *batch)
{
    for (size_t i = 0; i < batch->n_findings; i++)
        if (!g_str_has_suffix(batch->findings[i].code, "-unused")) /* a resource or message of no dataset */
            yaml_find(sample->report, sample->node, "pack-proof", "the sample: " STR_FMT, STR_ARG(batch->findings[i].text));
    if (batch->table && sample->row == 0)
        check_columns(sample, batch->table);
    for (size_t i = 0; batch->table && i < batch->n_rows; i++, sample->row++)
        if (sample->row < sample->want->n_rows)
            compare_row(sample, batch->table, ingest_row(batch, i));
}

static bool read_sample(Sample *sample, const PackDataset *dataset, const PackFile *file, GError **err)
{
    g_autofree char *name = str_dup(file->path);
    IngestInput input = { .name = name, .bytes = file->bytes };
    IngestOptions options = { .datasets = &dataset, .n_datasets = 1 };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &options, err);
    const IngestBatch *batch = NULL;
    while (reader && ingest_next(reader, &batch, err) && batch)
        compare_batch(sample, batch);
    return reader && (!err || !*err);
}

bool trial_sample(const PackFiles *files, const Pack *pack, const PackCase *c, PackReport *report, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) wrong = NULL;
    CsvTable want;
    const PackFile *csv = pack_files_find(files, arena_printf(arena, STR_FMT "/tests/" STR_FMT, STR_ARG(pack->id), STR_ARG(c->file)));
    const PackFile *sent = pack_files_find(files, arena_printf(arena, STR_FMT "/tests/" STR_FMT, STR_ARG(pack->id), STR_ARG(c->sample)));
    Sample sample = { .node = yaml_at(c->entry.node, "sample"), .report = report, .want = &want };
    if (!csv || !sent || !csv_table(csv->bytes, EXPR_BATCH_ROWS, arena, &want, err))
        return csv && sent ? false : error_set(err, BH_INTERNAL, "a file of the case '" STR_FMT "' is gone", STR_ARG(c->entry.id));
    if (!read_sample(&sample, c->dataset, sent, &wrong))
        yaml_find(report, sample.node, "pack-proof", "the sample cannot be read: %s", wrong->message);
    else if (sample.row != want.n_rows)
        yaml_find(report, sample.node, "pack-proof", "the sample gives %zu rows, not %zu", sample.row, want.n_rows);
    return true;
}
