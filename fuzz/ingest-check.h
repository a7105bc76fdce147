/* ingest-check.h: what must hold of all that a reader gives, whatever the file. */
#pragma once

#include "ingest/reader.h"

static inline void check_text(Str text)
{
    g_assert_true(utf8_valid(text, NULL));
}

static inline void check_batch(const IngestBatch *batch, GString *out)
{
    g_assert_true(batch->n_rows <= INGEST_BATCH_ROWS && batch->n_rows + batch->n_findings > 0);
    for (size_t r = 0; r < batch->n_rows; r++) {
        const Str *cells = ingest_row(batch, r);
        g_assert_cmpint(batch->rows[r].place.kind, !=, INGEST_AT_FILE);
        check_text(batch->rows[r].raw);
        for (size_t c = 0; c < batch->table->n_columns; c++) {
            check_text(cells[c]);
            g_string_append_printf(out, STR_FMT "|", STR_ARG(cells[c]));
        }
        g_string_append_c(out, '\n');
    }
    for (size_t i = 0; i < batch->n_findings; i++) {
        const IngestFinding *finding = &batch->findings[i];
        g_autoptr(GString) text = g_string_new(NULL);
        ingest_finding_write(finding, LANG_EN, text);
        g_assert_true(finding->code && text->len > 0 && !str_starts(str_from_gstring(text), STR("ingest.finding.")));
        check_text(str_from_gstring(text));
        check_text(finding->text);
        check_text(finding->raw);
        g_assert_cmpuint(finding->raw.n, <=, (size_t) INGEST_RAW_BYTES * 3);
    }
}

/* All rows as text, for comparing. */
static inline GString *check_input(const IngestInput *input, const IngestOptions *options)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) err = NULL;
    const IngestBatch *batch = NULL;
    g_autoptr(IngestReader) reader = ingest_open(input, 1, options, &err);
    g_assert_true(!reader == (err != NULL));
    while (reader && ingest_next(reader, &batch, &err) && batch)
        check_batch(batch, out);
    return out;
}

typedef struct {
    Str rest;
    size_t step;
} CheckDrip;

static inline ssize_t check_drip(void *data, char *buffer, size_t n, GError **err)
{
    (void) err;
    CheckDrip *drip = data;
    size_t taken = MIN(MIN(n, drip->step), drip->rest.n);
    if (taken > 0)
        memcpy(buffer, drip->rest.p, taken);
    drip->rest = str_from_at(drip->rest, taken);
    return (ssize_t) taken;
}

/* In one piece and in drops: the same comes out. */
static inline void check_both(Str bytes, const IngestOptions *options)
{
    CheckDrip drip = { bytes, 7 };
    g_autoptr(GString) whole = check_input(&(IngestInput) { .bytes = bytes }, options);
    g_autoptr(GString) drops = check_input(&(IngestInput) { .read = check_drip, .data = &drip }, options);
    g_assert_true(g_string_equal(whole, drops));
}
