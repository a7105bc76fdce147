/* ingest-show.h: for tests: all that a reader gives, as text: a line a table, row and finding. */
#pragma once

#include "ingest/reader.h"

static inline void show_place(const IngestReader *reader, const IngestPlace *place, GString *out)
{
    ingest_place_write(reader, place, out);
}

static inline void show_batch(const IngestReader *reader, const IngestBatch *batch, const IngestTable **shown, GString *out)
{
    if (batch->table && batch->table != *shown) {
        const IngestTable *table = batch->table;
        *shown = table;
        if (table->dataset)
            g_string_append_printf(out, STR_FMT ": ", STR_ARG(table->dataset->full_name));
        if (table->sheet.p)
            g_string_append_printf(out, STR_FMT ": ", STR_ARG(table->sheet));
        for (size_t c = 0; c < table->n_columns; c++)
            g_string_append_printf(out, "%s" STR_FMT, c > 0 ? "|" : "", STR_ARG(table->columns[c]));
        g_string_append_c(out, '\n');
    }
    for (size_t r = 0; r < batch->n_rows; r++) {
        show_place(reader, &batch->rows[r].place, out);
        const Str *cells = ingest_row(batch, r);
        for (size_t c = 0; c < batch->table->n_columns; c++)
            g_string_append_printf(out, "%s%s" STR_FMT, c > 0 ? "|" : " ", cells[c].p ? "" : "~", STR_ARG(cells[c]));
        g_string_append_c(out, '\n');
    }
    for (size_t i = 0; i < batch->n_findings; i++) {
        const IngestFinding *f = &batch->findings[i];
        g_string_append_printf(out, "%s%s ", f->lost ? "!" : "?", f->code);
        show_place(reader, &f->place, out);
        g_string_append_printf(out, ": " STR_FMT " <" STR_FMT ">\n", STR_ARG(f->text), STR_ARG(f->raw));
    }
}

/* What was given up is a last line. */
static inline char *show_all(const IngestInput *inputs, size_t n, const IngestOptions *options)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GError) err = NULL;
    const IngestTable *shown = NULL;
    const IngestBatch *batch = NULL;
    g_autoptr(IngestReader) reader = ingest_open(inputs, n, options, &err);
    while (reader && ingest_next(reader, &batch, &err) && batch)
        show_batch(reader, batch, &shown, out);
    if (err)
        g_string_append_printf(out, "%s: %s%s%s\n", error_get_detail(err) ? error_get_detail(err) : error_class_of(err)->name, err->message,
                               error_get_at(err) ? " at " : "", error_get_at(err) ? error_get_at(err) : "");
    return g_string_free(out, FALSE);
}

static inline char *show(Str bytes, const IngestOptions *options)
{
    return show_all(&(IngestInput) { .bytes = bytes }, 1, options);
}
