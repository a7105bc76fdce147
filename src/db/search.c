/* Why bigrams: neither engine cuts Chinese into words, and a dictionary would miss the names that a ledger is full of. Why not FTS5's trigrams: they find nothing for words of
 * one or two characters, which is most of them. Tokens are handed over ready made (FTS5's ascii tokenizer cuts at the spaces between them, and takes every
 * other character as it comes; a tsvector is written out), so both engines hold the same. */
#include "db/search.h"

#include "base/text.h"

#include "base/banned.h"

typedef enum { NO_TOKEN, IDEOGRAPH, WORD } Class;

/* Nearly all that is said: those need no table to be told. */
static inline bool is_common_ideograph(uint32_t c)
{
    return c >= 0x4E00 && c < 0x9FA6;
}

static uint32_t folded(uint32_t c)
{
    return is_common_ideograph(c) ? c : g_unichar_tolower(text_fold_char(c));
}

/* Of a folded character. Planes 2 and 3 are ideographs, also those that this GLib does not know yet: names are full of rare ones. */
static Class class_of(uint32_t c)
{
    if (is_common_ideograph(c) || (c >= 0x20000 && c < 0x40000) || c == 0x3005 || c == 0x3007)
        return IDEOGRAPH;
    if (c >= 0x2E80 && g_unichar_type(c) == G_UNICODE_OTHER_LETTER)
        return IDEOGRAPH;
    return g_unichar_isalnum(c) ? WORD : NO_TOKEN;
}

/* --- Characters -------------------------------------------------------------------------------------------------------- */

/* The characters of a text that make tokens, and where each begins in it. begins: a run, which is of one class, without a gap, a word within its limit. */
typedef struct {
    uint32_t c;
    Class class;
    bool begins;
    uint32_t at, end; /* bytes */
} Char;
typedef struct {
    Char *v;
    size_t n;
} Chars;

static void take_chars(Str text, Arena *arena, Chars *ret_chars)
{
    Class before = NO_TOKEN;
    size_t length = 0; /* of the run so far */
    *ret_chars = (Chars) { .v = ARENA_ARRAY(arena, Char, utf8_length(text)) };
    for (size_t at = 0; at < text.n;) {
        size_t begin = at;
        uint32_t c = folded(utf8_next(text, &at));
        Class class = class_of(c);
        bool begins = class != before || (class == WORD && length == SEARCH_WORD_CHARS);
        length = begins ? 1 : length + 1;
        before = class;
        if (class != NO_TOKEN)
            ret_chars->v[ret_chars->n++] = (Char) { c, class, begins, (uint32_t) begin, (uint32_t) at };
    }
}

/* Where the run that begins at i ends. */
static size_t run_end(const Chars *chars, size_t i)
{
    size_t end = i + 1;
    while (end < chars->n && !chars->v[end].begins)
        end++;
    return end;
}

/* --- Tokens -------------------------------------------------------------------------------------------------------------- */

/* Tokens in the making: for each engine what stands before, between and behind them. place: as PostgreSQL counts them. */
typedef struct {
    DbEngine engine;
    GString *out;
    const char *between;
    bool places;
    size_t n;
} Tokens;

static void put_char(GString *out, uint32_t c)
{
    g_string_append_unichar(out, c);
}

static void put_token(Tokens *tokens, const Chars *chars, size_t from, size_t to)
{
    g_string_append(tokens->out, tokens->n > 0 ? tokens->between : "");
    if (tokens->engine == DB_POSTGRES)
        g_string_append_c(tokens->out, '\'');
    for (size_t i = from; i < to; i++)
        put_char(tokens->out, chars->v[i].c);
    if (tokens->engine == DB_POSTGRES)
        g_string_append_c(tokens->out, '\'');
    tokens->n++;
    if (tokens->places)
        g_string_append_printf(tokens->out, ":%zu", tokens->n);
}

/* `open`: behind the last run there may be more, so its last ideograph has no token of its own unless it is all of the run. */
static void put_run(Tokens *tokens, const Chars *chars, size_t from, size_t to, bool open)
{
    if (chars->v[from].class == WORD) {
        put_token(tokens, chars, from, to);
        return;
    }
    for (size_t i = from; i + 1 < to; i++)
        put_token(tokens, chars, i, i + 2);
    if (!open || to - from == 1)
        put_token(tokens, chars, to - 1, to);
}

Str search_tokens(DbEngine engine, Str text, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Tokens tokens = { .engine = engine, .out = out, .between = " ", .places = engine == DB_POSTGRES };
    Chars chars = { 0 };
    take_chars(text, arena, &chars);
    for (size_t i = 0; i < chars.n;) {
        size_t end = run_end(&chars, i);
        put_run(&tokens, &chars, i, end, false);
        i = end;
    }
    return arena_str(arena, str_from_gstring(out));
}

static size_t bytes_of_chars(Str text, size_t n)
{
    size_t at = 0;
    for (; n > 0 && at < text.n; n--)
        utf8_next(text, &at);
    return at;
}

Str search_part(Str *rest)
{
    size_t step = bytes_of_chars(*rest, SEARCH_PART_CHARS);
    Str part = { rest->p, step };
    Str next = { rest->p + step, rest->n - step };
    if (next.n == 0) {
        *rest = STR_NONE;
        return part;
    }
    part.n += bytes_of_chars(next, SEARCH_TERM_CHARS);
    *rest = next;
    return part;
}

/* --- Wishes ------------------------------------------------------------------------------------------------------------------ */

static bool is_space(uint32_t c)
{
    return c == ' ' || g_unichar_isspace(c);
}

/* The next term of a wish, at most SEARCH_TERM_CHARS of it. False behind the last. */
static bool next_term(Str wish, size_t *at, Str *ret_term)
{
    size_t begin, end;
    do {
        begin = *at;
        if (begin >= wish.n)
            return false;
    } while (is_space(folded(utf8_next(wish, at))));
    for (end = *at; *at < wish.n; end = *at)
        if (is_space(folded(utf8_next(wish, at))))
            break;
    *ret_term = (Str) { wish.p + begin, end - begin };
    ret_term->n = bytes_of_chars(*ret_term, SEARCH_TERM_CHARS);
    return true;
}

/* Whether the term's last token may be the beginning of one: one ideograph alone, or a word that ends in a letter. */
static bool may_go_on(const Chars *chars, size_t run)
{
    const Char *last = &chars->v[chars->n - 1];
    if (last->class == IDEOGRAPH)
        return chars->n - run == 1;
    return g_unichar_isalpha(last->c) && chars->n - run < SEARCH_WORD_CHARS;
}

/* One phrase: "a b" * for FTS5, 'a' <-> 'b':* for PostgreSQL. */
static bool put_term(DbEngine engine, GString *out, Str term, Arena *arena)
{
    Chars chars = { 0 };
    take_chars(term, arena, &chars);
    if (chars.n == 0)
        return false;
    g_string_append(out, out->len == 0 ? "" : engine == DB_POSTGRES ? " & " : " AND ");
    g_string_append_c(out, engine == DB_POSTGRES ? '(' : '"');
    Tokens tokens = { .engine = engine, .out = out, .between = engine == DB_POSTGRES ? " <-> " : " " };
    size_t run = 0;
    for (size_t i = 0; i < chars.n;) {
        size_t end = run_end(&chars, i);
        run = i;
        put_run(&tokens, &chars, i, end, end == chars.n);
        i = end;
    }
    bool more = may_go_on(&chars, run);
    if (engine == DB_POSTGRES)
        g_string_append(out, more ? ":*)" : ")");
    else
        g_string_append(out, more ? "\" *" : "\"");
    return true;
}

bool search_wish(DbEngine engine, Str wish, Arena *arena, Str *ret_match)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int terms = 0;
    Str term;
    for (size_t at = 0; terms < SEARCH_TERMS && next_term(wish, &at, &term);)
        terms += put_term(engine, out, term, arena);
    if (terms == 0)
        return false;
    *ret_match = arena_str(arena, str_from_gstring(out));
    return true;
}

/* --- Showing ------------------------------------------------------------------------------------------------------------------- */

/* Where the last run of a term begins. */
static size_t last_run(const Chars *term)
{
    size_t i = term->n - 1;
    while (!term->v[i].begins)
        i--;
    return i;
}

/* Whether the term stands at i: the same characters in the same runs, whatever stands between those; a word is whole, but the last may go on. */
static bool stands_at(const Chars *chars, size_t i, const Chars *term)
{
    if (chars->n - i < term->n || (chars->v[i].class == WORD && !chars->v[i].begins))
        return false;
    for (size_t k = 0; k < term->n; k++)
        if (chars->v[i + k].c != term->v[k].c || (k > 0 && chars->v[i + k].begins != term->v[k].begins))
            return false;
    size_t end = i + term->n;
    bool whole = end == chars->n || chars->v[end].begins;
    return whole || term->v[term->n - 1].class == IDEOGRAPH || may_go_on(term, last_run(term));
}

static void mark_term(const Chars *chars, const Chars *term, bool *hit)
{
    for (size_t i = 0; term->n > 0 && i < chars->n; i++)
        if (stands_at(chars, i, term))
            for (size_t k = 0; k < term->n; k++)
                hit[i + k] = true;
}

/* The bytes that are shown: from some characters before the first hit. */
static Str window(Str text, size_t first_hit, size_t chars)
{
    size_t before = 0, back = first_hit;
    while (back > 0 && before < chars / 4) {
        back--;
        before += ((unsigned char) text.p[back] & 0xC0) != 0x80;
    }
    Str rest = { text.p + back, text.n - back };
    return (Str) { rest.p, bytes_of_chars(rest, chars) };
}

typedef ARENA_LIST(SearchPiece) Pieces;

static void push_piece(Arena *arena, Pieces *pieces, const char *from, const char *to, bool hit)
{
    if (to <= from)
        return;
    SearchPiece *last = pieces->n > 0 ? &pieces->v[pieces->n - 1] : NULL;
    if (last && last->hit == hit && last->text.p + last->text.n == from)
        last->text.n += (size_t) (to - from);
    else
        *ARENA_PUSH(arena, pieces) = (SearchPiece) { { from, (size_t) (to - from) }, hit };
}

bool search_says(Str text, Str wish, Arena *arena)
{
    Chars all = { 0 };
    Str term;
    bool any = false;
    take_chars(text, arena, &all);
    for (size_t at = 0, n = 0; n < SEARCH_TERMS && next_term(wish, &at, &term); n++) {
        Chars wanted = { 0 };
        bool *hit = ARENA_ARRAY(arena, bool, all.n + 1);
        take_chars(term, arena, &wanted);
        if (wanted.n == 0)
            continue;
        mark_term(&all, &wanted, hit);
        if (!memchr(hit, true, all.n))
            return false;
        any = true;
    }
    return any;
}

size_t search_pieces(Str text, Str wish, size_t chars, Arena *arena, const SearchPiece **ret_pieces)
{
    Chars all = { 0 };
    Pieces pieces = { 0 };
    Str term;
    take_chars(text, arena, &all);
    bool *hit = ARENA_ARRAY(arena, bool, all.n + 1);
    for (size_t at = 0, n = 0; n < SEARCH_TERMS && next_term(wish, &at, &term); n++) {
        Chars wanted = { 0 };
        take_chars(term, arena, &wanted);
        mark_term(&all, &wanted, hit);
    }
    size_t first = 0;
    while (first < all.n && !hit[first])
        first++;
    Str shown = window(text, first < all.n ? all.v[first].at : 0, chars);
    const char *at = shown.p, *end = shown.p + shown.n;
    for (size_t i = 0; i < all.n; i++) {
        const char *from = text.p + all.v[i].at, *to = text.p + all.v[i].end;
        if (!hit[i] || from < shown.p || to > end)
            continue;
        bool joined = i > 0 && hit[i - 1]; /* what stands between two characters of a hit belongs to it */
        push_piece(arena, &pieces, at, from, joined && pieces.n > 0 && pieces.v[pieces.n - 1].hit);
        push_piece(arena, &pieces, from, to, true);
        at = to;
    }
    push_piece(arena, &pieces, at, end, false);
    *ret_pieces = pieces.v;
    return pieces.n;
}
