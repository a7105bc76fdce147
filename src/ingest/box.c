#include "ingest/read.h"

#include "base/banned.h"

enum { FIRST_CELLS = 256, FIRST_ROWS = 16 }; /* one message is a file, too */

Box *box_new(void)
{
    Box *box = g_new0(Box, 1);
    box->arena = arena_new();
    box->begin = arena_mark(box->arena);
    return box;
}

void box_free(Box *box)
{
    if (!box)
        return;
    g_free(box->text);
    g_free(box->cells);
    g_free(box->rows);
    arena_free(box->arena);
    g_free(box);
}

void box_reset(Box *box)
{
    arena_rewind(box->arena, box->begin);
    box->batch = (IngestBatch) { 0 };
    box->n_text = box->n_cells = box->n_rows = 0;
    box->findings.v = NULL;
    box->findings.n = box->findings.cap = 0;
}

bool box_is_empty(const Box *box)
{
    return box->n_rows == 0 && box->findings.n == 0;
}

void box_reserve_text(Box *box, size_t more)
{
    g_assert(box->n_cells == 0 && box->n_rows == 0);
    if (box->n_text + more <= box->cap_text)
        return;
    box->cap_text = MAX(box->n_text + more, box->cap_text * 2);
    box->text = g_realloc(box->text, box->cap_text);
}

void box_reserve_cells(Box *box, size_t more)
{
    if (box->n_cells + more <= box->cap_cells)
        return;
    box->cap_cells = MAX(MAX(box->n_cells + more, box->cap_cells * 2), FIRST_CELLS);
    box->cells = g_realloc_n(box->cells, box->cap_cells, sizeof *box->cells);
}

void box_row(Box *box, IngestPlace place, Str raw)
{
    if (box->n_rows == box->cap_rows) {
        box->cap_rows = MAX(box->cap_rows * 2, FIRST_ROWS);
        box->rows = g_realloc_n(box->rows, box->cap_rows, sizeof *box->rows);
    }
    box->rows[box->n_rows++] = (IngestRow) { place, raw };
}

void box_close(Box *box, const IngestTable *table)
{
    box->batch = (IngestBatch) {
        .table = box->n_rows > 0 ? table : NULL,
        .rows = box->rows,
        .n_rows = box->n_rows,
        .cells = box->cells,
        .findings = box->findings.v,
        .n_findings = box->findings.n,
    };
}

/* As much of it as is kept, with what is no UTF-8, and U+0000, made U+FFFD. */
static Str kept_raw(Arena *arena, Str raw)
{
    Str rest = str_head(raw, INGEST_RAW_BYTES);
    if (!raw.p)
        return STR_NONE;
    g_autoptr(GString) out = g_string_sized_new(rest.n + 1);
    for (size_t bad; rest.n > 0;) {
        bool valid = utf8_valid(rest, &bad);
        g_string_append_len(out, rest.p, (gssize) (valid ? rest.n : bad));
        if (valid)
            break;
        if (rest.n - bad >= 4 || raw.n <= INGEST_RAW_BYTES) /* not only cut off by ourselves */
            g_string_append(out, "\xEF\xBF\xBD");
        rest = str_from_at(rest, bad + 1);
    }
    return arena_str(arena, str_from_gstring(out));
}

IngestFinding *box_find(Box *box, const char *code, bool lost, IngestPlace place, const IngestTable *table, Str raw, const char *format, ...)
{
    IngestFinding *finding = ARENA_PUSH(box->arena, &box->findings);
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    *finding = (IngestFinding) {
        .code = code, .lost = lost, .place = place, .table = table, .text = arena_str(box->arena, str_from(text)), .raw = kept_raw(box->arena, raw),
    };
    return finding;
}

void box_params(Box *box, IngestFinding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    finding->params = arena_str(box->arena, str_from(text));
}
