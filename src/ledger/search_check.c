/* Holds the index of what is said against what is said. */
#include "ledger/search.h"

#include "db/queries.h"

#include "base/banned.h"

enum { EDGE_TOKENS = 4, SIZE_BITS = 7 };

/* FTS5 keeps the number of a row's tokens as a big-endian number of seven bits a byte. */
static Str size_blob(size_t n, Arena *arena)
{
    char *bytes = arena_alloc(arena, 2);
    if (n < 1u << SIZE_BITS) {
        bytes[0] = (char) n;
        return (Str) { bytes, 1 };
    }
    bytes[0] = (char) (0x80 | (n >> SIZE_BITS));
    bytes[1] = (char) (n & 0x7F);
    return (Str) { bytes, 2 };
}

/* As two phrases: the first tokens and the last. */
static Str edges(Str tokens, size_t n, Arena *arena)
{
    g_autoptr(GString) match = g_string_new("\"");
    size_t i = 0;
    for (Str rest = tokens; rest.p; i++) {
        Str token = str_cut(&rest, ' ');
        if (i >= EDGE_TOKENS && i + EDGE_TOKENS < n)
            continue;
        if (i > 0 && i + EDGE_TOKENS == n)
            g_string_append(match, "\" AND \"");
        g_string_append_printf(match, STR_FMT " ", STR_ARG(token));
    }
    g_string_append_c(match, '"');
    return arena_str(arena, str_from_gstring(match));
}

static size_t count_tokens(Str tokens)
{
    size_t n = 0;
    for (Str rest = tokens; rest.p; n++)
        str_cut(&rest, ' ');
    return n;
}

static bool tokens_held(DbConn *conn, SearchKind kind, int64_t id, Str text, bool *ret_held, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Str tokens = search_tokens(db_conn_engine(conn), text, arena);
    size_t n = count_tokens(tokens);
    Str size = size_blob(n, arena), match = edges(tokens, n, arena);
    SearchTaskHeldRow task = { false };
    SearchCommentHeldRow comment = { false };
    SearchDocumentHeldRow document = { false };
    bool found, asked;
    if (kind == SEARCH_TASK)
        asked = db_one(conn, SearchTaskHeld, arena, &task, &found, err, .id = id, .size = size, .match = match, .tokens = tokens);
    else if (kind == SEARCH_COMMENT)
        asked = db_one(conn, SearchCommentHeld, arena, &comment, &found, err, .id = id, .size = size, .match = match, .tokens = tokens);
    else
        asked = db_one(conn, SearchDocumentHeld, arena, &document, &found, err, .id = id, .size = size, .match = match, .tokens = tokens);
    *ret_held = task.held || comment.held || document.held;
    return asked;
}

/* The parts that a text makes: those without a token are not written. A document's head is one. */
static bool next_part(DbEngine engine, SearchKind kind, Str *rest, int64_t *part, Arena *arena, Str *ret_text)
{
    while (rest->p && *part < SEARCH_PARTS) {
        if (kind == SEARCH_DOCUMENT) {
            *ret_text = *rest;
            *rest = STR_NONE;
        } else
            *ret_text = search_part(rest);
        *part += 1;
        if (search_tokens(engine, *ret_text, arena).n > 0)
            return true;
    }
    return false;
}

bool search_check(DbConn *conn, SearchKind kind, int64_t object, Str text, bool *ret_right, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    DbEngine engine = db_conn_engine(conn);
    bool right = true, held;
    Str rest = text, want = STR_NONE;
    int64_t part = 0, last = object * SEARCH_PARTS + SEARCH_PARTS - 1;
    g_autoptr(DbRows) rows = db_query(conn, SearchTexts, err, .kind = kind, .first = last - (SEARCH_PARTS - 1), .last = last);
    for (SearchTextsRow row; rows && db_next(rows, &row, err);) {
        bool of_blob = kind == SEARCH_DOCUMENT && row.id < last;
        if (!of_blob)
            right &= next_part(engine, kind, &rest, &part, arena, &want) && last - row.id == part - 1 && str_eq(row.text, want);
        if (!tokens_held(conn, kind, row.id, row.text, &held, err))
            return false;
        right &= held;
    }
    *ret_right = right && !next_part(engine, kind, &rest, &part, arena, &want);
    return db_rows_ok(rows);
}
