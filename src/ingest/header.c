/* The header among the rows at the top: titles, who reports and for when stand above it. */
#include "base/text.h"
#include "ingest/read.h"

#include "base/banned.h"

size_t header_width(const Str *cells, size_t n)
{
    while (n > 0 && str_trim(cells[n - 1]).n == 0)
        n--;
    return n;
}

bool header_blank(const Str *cells, size_t n)
{
    return header_width(cells, n) == 0;
}

static size_t filled(const HeadRow *row)
{
    size_t n = 0;
    for (size_t i = 0; i < row->n_cells; i++)
        n += str_trim(row->cells[i]).n > 0;
    return n;
}

/* The words that headings may be, folded, as a set. */
static GHashTable *known_words(const IngestOptions *options, Arena *arena)
{
    GHashTable *words = g_hash_table_new(str_hash, str_equal);
    for (size_t k = 0; k < options->n_known; k++) {
        Str *key = ARENA_NEW(arena, Str);
        *key = text_name_key(options->known[k], arena);
        g_hash_table_add(words, key);
    }
    return words;
}

static size_t known(const HeadRow *row, GHashTable *words, Arena *arena)
{
    size_t n = 0;
    for (size_t c = 0; c < row->n_cells; c++) {
        Str cell = row->cells[c];
        Str key = cell.n > 0 && utf8_valid(cell, NULL) ? text_name_key(cell, arena) : STR_NONE;
        n += key.n > 0 && g_hash_table_contains(words, &key);
    }
    return n;
}

/* The row with the most known words, if it has two, or one in a file of one column. */
static size_t by_words(const HeadRow *rows, size_t n, const IngestOptions *options)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GHashTable) words = known_words(options, arena);
    size_t best = n, most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t found = known(&rows[i], words, arena);
        if (found > most && (found > 1 || filled(&rows[i]) == 1)) {
            best = i;
            most = found;
        }
    }
    return best;
}

/* The first that fills at least half as many cells as the fullest, and more than one if that does. */
static size_t by_shape(const HeadRow *rows, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = MAX(most, filled(&rows[i]));
    for (size_t i = 0; i < n; i++) {
        size_t own = filled(&rows[i]);
        if (own > 0 && own * 2 >= most && (own > 1 || most == 1))
            return i;
    }
    return n;
}

size_t header_known(const HeadRow *rows, size_t n, const IngestOptions *options)
{
    return by_words(rows, n, options);
}

size_t header_find(const HeadRow *rows, size_t n, const IngestOptions *options)
{
    if (options->header_row > 0) {
        for (size_t i = 0; i < n; i++)
            if (rows[i].number == options->header_row)
                return i;
        return n;
    }
    size_t words = by_words(rows, n, options);
    return words < n ? words : by_shape(rows, n);
}

Str header_above(const HeadRow *rows, size_t n, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t r = 0; r < n; r++) {
        size_t width = header_width(rows[r].cells, rows[r].n_cells);
        for (size_t c = 0; c < width; c++)
            g_string_append_printf(out, "%s" STR_FMT, c > 0 ? "\t" : "", STR_ARG(rows[r].cells[c]));
        g_string_append(out, r + 1 < n ? "\n" : "");
    }
    return n > 0 && utf8_valid(str_from_gstring(out), NULL) ? arena_str(arena, str_from_gstring(out)) : STR_NONE;
}

const Str *header_numbers(size_t n, Arena *arena)
{
    Str *names = ARENA_ARRAY(arena, Str, n);
    for (size_t i = 0; i < n; i++)
        names[i] = arena_printf(arena, "%zu", i + 1);
    return names;
}
