/* A ledger as CSV: its table, what its headings mean, its rows, what their cells say. */
#include "doc/doc.h"
#include "ledger/import_do.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_cell(Str text, Arena *arena)
{
    size_t n;
    FormDue due;
    Str rest, support = form_support_lines(text, arena, &rest);
    g_assert_true(support.n <= text.n && rest.n <= text.n);
    form_names(rest, arena, &n);
    form_parts(text, arena, &n);
    form_due(text, 2026, &due);
    form_claims_done(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) err = NULL;
    ImportSheet sheet;
    ImportWords words = { 0 };
    if (!import_find((Str) { (const char *) data, size }, &words, arena, diags, &sheet, &err)) {
        g_assert_nonnull(err);
        return 0;
    }
    for (size_t r = 0; r < sheet.n_spans; r++)
        for (size_t c = 0; c < sheet.n_columns; c++) {
            ArenaMark mark = arena_mark(arena);
            Date day;
            read_cell(import_text(&sheet, &sheet.spans[r], &sheet.columns[c], arena, &day), arena);
            arena_rewind(arena, mark);
        }
    return 0;
}
