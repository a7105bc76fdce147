#include "doc/pdf_pages.h"

#include "base/banned.h"

enum { MOST_GAPS = 32, COLUMN_GAP = 3 /* blanks: fewer are the setting's */ };

static bool is_wide(uint32_t c)
{
    return c >= 0x2000;
}

/* --- Gaps in a line ------------------------------------------------------------------------------------------------ */

typedef struct {
    size_t at, blanks;          /* byte where the run of blanks begins, and their number */
    uint32_t before, after;     /* the characters on both sides */
    size_t left_columns;        /* of the text before it, from the gap before */
    size_t right_columns;
} Gap;

typedef struct {
    Gap v[MOST_GAPS];
    size_t n;
} Gaps;

/* The runs of blanks inside a trimmed line. */
static Gaps find_gaps(Str line)
{
    Gaps gaps = { .n = 0 };
    uint32_t before = 0;
    size_t columns = 0;
    for (size_t i = 0; i < line.n && gaps.n < MOST_GAPS;) {
        size_t at = i;
        uint32_t c = utf8_next(line, &i);
        if (c != ' ') {
            columns += is_wide(c) ? 2 : 1;
            before = c;
            continue;
        }
        while (i < line.n && line.p[i] == ' ')
            i++;
        size_t next = i;
        if (i < line.n)
            gaps.v[gaps.n++] = (Gap) { at, i - at, before, utf8_next(line, &next), columns, 0 };
        columns = 0;
    }
    for (size_t k = 0; k + 1 < gaps.n; k++)
        gaps.v[k].right_columns = gaps.v[k + 1].left_columns;
    if (gaps.n > 0)
        gaps.v[gaps.n - 1].right_columns = columns;
    return gaps;
}

static size_t wide_gaps(const Gaps *gaps)
{
    size_t count = 0;
    for (size_t i = 0; i < gaps->n; i++)
        count += gaps->v[i].blanks >= COLUMN_GAP;
    return count;
}

bool pdf_pages_in_columns(Str pages)
{
    enum { LONG = 24, FEWEST = 20, SHARE_PERCENT = 40 };
    size_t lines = 0, split = 0;
    for (Str rest = pages; rest.p;) {
        Str line = str_trim(str_cut(&rest, '\n'));
        if (line.n == 0)
            continue;
        Gaps gaps = find_gaps(line);
        lines++;
        for (size_t i = 0; i < gaps.n && wide_gaps(&gaps) == 1; i++)
            split += gaps.v[i].blanks >= COLUMN_GAP && gaps.v[i].left_columns >= LONG && gaps.v[i].right_columns >= LONG;
    }
    return split >= FEWEST && split * 100 >= lines * SHARE_PERCENT;
}

/* --- Lines that the page adds -------------------------------------------------------------------------------------- */

typedef struct {
    Str *lines; /* trimmed at the end only */
    size_t n;
} Page;

static Page page_lines(Str page, Arena *arena)
{
    ARENA_LIST(Str) lines = { 0 };
    for (Str rest = page; rest.p;) {
        Str line = str_cut(&rest, '\n');
        while (line.n > 0 && g_ascii_isspace(line.p[line.n - 1]))
            line.n--;
        *ARENA_PUSH(arena, &lines) = line;
    }
    return (Page) { lines.v, lines.n };
}

/* The first or last line that holds anything; n: none. */
static size_t edge_line(const Page *page, bool last)
{
    for (size_t k = 0; k < page->n; k++) {
        size_t i = last ? page->n - 1 - k : k;
        if (page->lines[i].n > 0)
            return i;
    }
    return page->n;
}

/* "— 12 —", "12", "第 3 页 共 9 页": digits, and little else. */
static bool is_page_number(Str line)
{
    line = str_trim(line);
    size_t digits = 0, others = 0;
    for (size_t i = 0; i < line.n;) {
        uint32_t c = utf8_next(line, &i);
        bool mark = c == ' ' || c == '-' || c == 0x2014 || c == 0x2013 || c == 0x2015 || c == '/' || c == U'第' || c == U'页' || c == U'共';
        digits += c < 0x80 && g_ascii_isdigit((char) c);
        others += !mark && !(c < 0x80 && g_ascii_isdigit((char) c));
    }
    return digits > 0 && digits <= 8 && others == 0;
}

/* The same but for digits. */
static bool same_line(Str a, Str b)
{
    a = str_trim(a);
    b = str_trim(b);
    if (a.n != b.n || a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != b.p[i] && !(g_ascii_isdigit(a.p[i]) && g_ascii_isdigit(b.p[i])))
            return false;
    return true;
}

/* Drops the edge line of every page where it is a page number, or says what the same edge of the page before said. What the first page
 * says stays: it may be the document's own head. */
static void drop_edges(Page *pages, size_t n, bool last)
{
    Str before = STR_NONE;
    for (size_t p = 0; p < n; p++) {
        size_t i = edge_line(&pages[p], last);
        if (i == pages[p].n)
            continue;
        Str line = pages[p].lines[i];
        if (is_page_number(line) || (p > 0 && same_line(line, before)))
            pages[p].lines[i] = STR("");
        before = line;
    }
}

/* --- Writing ------------------------------------------------------------------------------------------------------- */

/* Blanks beside a wide character are the setting's, unless there are many of them between two: then they divide names. */
static bool keeps_gap(const Gap *gap)
{
    if (!is_wide(gap->before) && !is_wide(gap->after))
        return true;
    return is_wide(gap->before) && is_wide(gap->after) && gap->blanks >= COLUMN_GAP;
}

static void append_closed(GString *out, Str line, const Gaps *gaps, bool row)
{
    size_t from = 0;
    for (size_t k = 0; k < gaps->n; k++) {
        const Gap *gap = &gaps->v[k];
        g_string_append_len(out, line.p + from, (gssize) (gap->at - from));
        if (row && gap->blanks >= COLUMN_GAP)
            g_string_append(out, " | ");
        else if (keeps_gap(gap))
            g_string_append(out, is_wide(gap->before) ? "  " : " ");
        from = gap->at + gap->blanks;
    }
    g_string_append_len(out, line.p + from, (gssize) (line.n - from));
}

/* A row of a table: three columns or more, as in the line before it or behind it. */
static bool is_row(const Page *page, size_t i)
{
    enum { LEAST = 2 };
    Gaps own = find_gaps(str_trim(page->lines[i]));
    if (wide_gaps(&own) < LEAST)
        return false;
    for (size_t k = i > 0 ? i - 1 : 0; k < MIN(i + 2, page->n); k++) {
        Gaps beside = find_gaps(str_trim(page->lines[k]));
        if (k != i && wide_gaps(&beside) >= LEAST)
            return true;
    }
    return false;
}

static bool append_page(GString *out, const Page *page)
{
    bool rows = false;
    for (size_t i = 0; i < page->n; i++) {
        Str line = str_trim(page->lines[i]);
        if (line.n == 0)
            continue;
        Gaps gaps = find_gaps(line);
        bool row = is_row(page, i);
        g_string_append_len(out, page->lines[i].p, row ? 0 : (gssize) (line.p - page->lines[i].p));
        append_closed(out, line, &gaps, row);
        g_string_append_c(out, '\n');
        rows |= row;
    }
    return rows;
}

Str pdf_pages_join(Str pages, Arena *arena, Diags *diags)
{
    ARENA_LIST(Page) all = { 0 };
    for (Str rest = pages; rest.p;)
        *ARENA_PUSH(arena, &all) = page_lines(str_cut(&rest, '\f'), arena);
    for (int k = 0; k < 2; k++) { /* a page number may stand under a repeated line */
        drop_edges(all.v, all.n, false);
        drop_edges(all.v, all.n, true);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t p = 0; p < all.n; p++) {
        size_t from = out->len;
        if (append_page(out, &all.v[p])) {
            size_t at = utf8_length((Str) { out->str, from });
            diag_add(diags, "pdf-table", STR_NONE, at, utf8_length(str_from_gstring(out)), "page %zu holds a table, which a PDF does not mark: compare it", p + 1);
        }
    }
    return arena_str(arena, str_from_gstring(out));
}
