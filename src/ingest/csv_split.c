/* Of 64 bytes at a time a bit is set for each that is a delimiter, a line end or a quote; only these are looked at one by one. A field in quotes is told by
 * its first byte, as in base/csv.c: quotes within a field that does not begin with one are ordinary characters. */
#include "ingest/csv_split.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/csv.h"
#include "base/limits.h"

#include "base/banned.h"

enum { BLOCK = 64 };

#ifdef __SSE2__
static inline uint64_t specials(const char *p, char delimiter)
{
    const __m128i d = _mm_set1_epi8(delimiter), lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r'), quote = _mm_set1_epi8('"');
    uint64_t mask = 0;
    for (int i = 0; i < BLOCK / 16; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *) (p + (ptrdiff_t) i * 16));
        __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, d), _mm_cmpeq_epi8(v, lf)), _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, quote)));
        mask |= (uint64_t) (uint32_t) _mm_movemask_epi8(found) << (i * 16);
    }
    return mask;
}
#else
static inline uint64_t specials(const char *p, char delimiter)
{
    uint64_t mask = 0;
    for (int i = 0; i < BLOCK; i++)
        mask |= (uint64_t) (p[i] == delimiter || p[i] == '\n' || p[i] == '\r' || p[i] == '"') << i;
    return mask;
}
#endif

static inline void seek(Splitter *s, size_t at)
{
    s->base = at;
    s->mask = at < s->n ? specials(s->p + at, s->delimiter) : 0;
}

/* The next byte that may mean something; s->n: there is none. */
static inline size_t next_special(Splitter *s)
{
    while (s->mask == 0) {
        s->base += BLOCK;
        if (s->base >= s->n)
            return s->n;
        s->mask = specials(s->p + s->base, s->delimiter);
    }
    size_t at = s->base + (size_t) __builtin_ctzll(s->mask);
    s->mask &= s->mask - 1;
    return at < s->n ? at : s->n;
}

void split_begin(Splitter *s, const char *p, size_t n, bool last, char delimiter, int64_t line)
{
    *s = (Splitter) { .p = p, .n = n, .last = last, .delimiter = delimiter, .next_line = line };
}

static inline void push(Splitter *s, Box *box, Str cell)
{
    if (s->cells++ <= LIMIT_CSV_COLUMNS)
        box_cell(box, cell);
}

/* How many bytes end the line here. SIZE_MAX: a CR at the end of a text that goes on. */
static inline size_t line_end(const Splitter *s, size_t at)
{
    if (s->p[at] == '\n')
        return 1;
    if (at + 1 < s->n)
        return s->p[at + 1] == '\n' ? 2 : 1;
    return s->last ? 1 : SIZE_MAX;
}

static SplitEnd end_row(Splitter *s, size_t at)
{
    size_t end = line_end(s, at);
    if (end == SIZE_MAX)
        return SPLIT_OPEN;
    if (end == 2)
        next_special(s); /* the LF */
    s->to = at;
    s->next = at + end;
    s->next_line++;
    return SPLIT_ROW;
}

static SplitEnd end_text(Splitter *s)
{
    if (!s->last)
        return SPLIT_OPEN;
    s->to = s->next = s->n;
    return SPLIT_ROW;
}

/* The row is not to be understood: it is its first line, and reading goes on behind that. */
static SplitEnd fault(Splitter *s, size_t at, SplitEnd end)
{
    s->fault = at;
    s->next_line = s->line;
    seek(s, s->from);
    for (;;) {
        size_t special = next_special(s);
        if (special >= s->n) {
            s->to = s->next = s->n;
            return end;
        }
        if (s->p[special] == '\n' || s->p[special] == '\r') {
            size_t n = line_end(s, special);
            s->to = special;
            s->next = special + (n == SIZE_MAX ? 1 : n);
            s->next_line++;
            seek(s, s->next);
            return end;
        }
    }
}

/* The field whose opening quote stands at `open`. SPLIT_ROW: it was added, and *ret_at is the byte behind its closing quote. */
static SplitEnd quoted(Splitter *s, Box *box, size_t open, size_t *ret_at)
{
    bool doubled = false;
    for (;;) {
        size_t at = next_special(s);
        if (at >= s->n)
            return s->last || s->n - open > LIMIT_CSV_FIELD_BYTES ? fault(s, open, SPLIT_QUOTE) : SPLIT_OPEN;
        if (s->p[at] != '"') {
            s->next_line += s->p[at] == '\n' || (s->p[at] == '\r' && (at + 1 >= s->n || s->p[at + 1] != '\n'));
            continue;
        }
        if (at + 1 >= s->n && !s->last)
            return SPLIT_OPEN;
        if (at + 1 >= s->n || s->p[at + 1] != '"') {
            Str inside = { s->p + open + 1, at - open - 1 };
            push(s, box, doubled ? csv_undouble(box->arena, inside) : inside);
            *ret_at = at + 1;
            return SPLIT_ROW;
        }
        doubled = true;
        next_special(s);
    }
}

static bool is_behind(const Splitter *s, size_t at)
{
    return at < s->n && s->p[at] != s->delimiter && s->p[at] != '\n' && s->p[at] != '\r';
}

/* Cells up to the end of the row. Each round takes one special byte. */
static SplitEnd split_row(Splitter *s, Box *box)
{
    size_t field = s->from;
    for (;;) {
        size_t at = next_special(s);
        if (at < s->n && s->p[at] == s->delimiter) {
            push(s, box, (Str) { s->p + field, at - field });
            field = at + 1;
            continue;
        }
        if (at < s->n && s->p[at] == '"') {
            if (at != field)
                continue;
            SplitEnd end = quoted(s, box, field, &at);
            if (end != SPLIT_ROW)
                return end;
            if (is_behind(s, at))
                return fault(s, at, SPLIT_BEHIND);
            size_t special = next_special(s); /* stands at `at` */
            if (special >= s->n)
                return end_text(s);
            if (s->p[special] != s->delimiter)
                return end_row(s, special);
            field = special + 1;
            continue;
        }
        if (at >= s->n && !s->last)
            return SPLIT_OPEN;
        push(s, box, (Str) { s->p + field, at - field });
        return at >= s->n ? end_text(s) : end_row(s, at);
    }
}

/* Over line ends. SPLIT_ROW: a row begins. */
static SplitEnd skip_empty(Splitter *s)
{
    while (s->next < s->n && (s->p[s->next] == '\n' || s->p[s->next] == '\r')) {
        size_t n = line_end(s, s->next);
        if (n == SIZE_MAX)
            return SPLIT_OPEN;
        s->next += n;
        s->next_line++;
        seek(s, s->next);
    }
    return s->next < s->n ? SPLIT_ROW : SPLIT_END;
}

SplitEnd split_next(Splitter *s, Box *box)
{
    if (s->next == 0)
        seek(s, 0);
    SplitEnd begin = skip_empty(s);
    if (begin != SPLIT_ROW)
        return begin;
    s->from = s->next;
    s->line = s->next_line;
    s->cells = 0;
    SplitEnd end = split_row(s, box);
    if (end == SPLIT_OPEN)
        s->next_line = s->line;
    return end;
}

/* --- The delimiter ------------------------------------------------------------------------------------------------------- */

/* How well it divides: cells beyond the first, of rows that have as many as most have. */
static size_t divides(Splitter *s, Box *box)
{
    size_t counts[HEADER_ROWS], n = 0, best = 0;
    while (n < HEADER_ROWS && split_next(s, box) == SPLIT_ROW)
        counts[n++] = s->cells;
    box->n_cells = 0;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t j = 0; j < n; j++)
            same += counts[j] == counts[i];
        best = MAX(best, same * (counts[i] - 1));
    }
    return best;
}

char split_guess(const char *p, size_t n, bool last, Box *box)
{
    static const char candidates[] = { ',', '\t', ';', '|' };
    char best = ',';
    size_t most = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
        Splitter s;
        split_begin(&s, p, n, last, candidates[i], 1);
        size_t score = divides(&s, box);
        if (score > most) {
            best = candidates[i];
            most = score;
        }
    }
    return best;
}
