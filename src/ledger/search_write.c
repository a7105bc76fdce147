/* The index of what is said: writing it. */
#include "ledger/search.h"

#include "db/queries.h"

#include "base/banned.h"

/* What is being written: the parts of one object. */
typedef struct {
    DbConn *tx;
    SearchKind kind;
    int64_t object;
} Entry;

static int64_t place_of(const Entry *entry, int64_t part)
{
    return entry->object * SEARCH_PARTS + SEARCH_PARTS - 1 - part;
}

/* Of tasks words are kept. */
static void note_change(const Entry *entry)
{
    if (entry->kind == SEARCH_TASK)
        db_kept_stale(entry->tx, KEPT_WORDS);
}

static bool insert_tokens(const Entry *entry, int64_t id, Str tokens, GError **err)
{
    note_change(entry);
    if (entry->kind == SEARCH_TASK)
        return db_exec(entry->tx, SearchTaskInsert, NULL, err, .id = id, .tokens = tokens);
    if (entry->kind == SEARCH_COMMENT)
        return db_exec(entry->tx, SearchCommentInsert, NULL, err, .id = id, .tokens = tokens);
    return db_exec(entry->tx, SearchDocumentInsert, NULL, err, .id = id, .tokens = tokens);
}

static bool delete_tokens(const Entry *entry, int64_t id, Str tokens, GError **err)
{
    note_change(entry);
    if (entry->kind == SEARCH_TASK)
        return db_exec(entry->tx, SearchTaskDelete, NULL, err, .id = id, .tokens = tokens);
    if (entry->kind == SEARCH_COMMENT)
        return db_exec(entry->tx, SearchCommentDelete, NULL, err, .id = id, .tokens = tokens);
    return db_exec(entry->tx, SearchDocumentDelete, NULL, err, .id = id, .tokens = tokens);
}

static bool write_part(const Entry *entry, int64_t part, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    int64_t id = place_of(entry, part);
    Str tokens = search_tokens(db_conn_engine(entry->tx), text, arena);
    return tokens.n == 0
           || (db_exec(entry->tx, SearchTextInsert, NULL, err, .kind = entry->kind, .id = id, .text = text) && insert_tokens(entry, id, tokens, err));
}

static bool write_parts(const Entry *entry, int64_t first, Str text, GError **err)
{
    int64_t part = first;
    for (Str rest = text; rest.p && part < SEARCH_PARTS; part++)
        if (!write_part(entry, part, search_part(&rest), err))
            return false;
    return true;
}

/* Takes away the parts of an object up to `last`. FTS5 must be told the tokens that it is to forget. */
static bool forget_parts(const Entry *entry, int64_t last_part, GError **err)
{
    int64_t first = place_of(entry, last_part), last = place_of(entry, 0);
    g_autoptr(DbRows) rows = db_query(entry->tx, SearchTexts, err, .kind = entry->kind, .first = first, .last = last);
    for (SearchTextsRow row; rows && db_next(rows, &row, err);) {
        g_autoptr(Arena) arena = arena_new();
        if (!delete_tokens(entry, row.id, search_tokens(db_conn_engine(entry->tx), row.text, arena), err))
            return false;
    }
    return db_rows_ok(rows) && db_exec(entry->tx, SearchTextsDelete, NULL, err, .kind = entry->kind, .first = first, .last = last);
}

bool search_forget(DbConn *tx, SearchKind kind, int64_t object, GError **err)
{
    Entry entry = { tx, kind, object };
    return forget_parts(&entry, SEARCH_PARTS - 1, err);
}

static void add_line(GString *text, Str line)
{
    if (line.n == 0)
        return;
    g_string_append_len(text, line.p, (gssize) line.n);
    g_string_append_c(text, '\n');
}

/* A document item's text begins with its title and holds its measures: what is said already is not said again. */
static void add_fresh_line(GString *text, Str line)
{
    if (line.n > 0 && !str_has(str_from_gstring(text), line))
        add_line(text, line);
}

static bool add_measures(DbConn *tx, int64_t task, GString *text, GError **err)
{
    g_autoptr(DbRows) rows = db_query(tx, SearchMeasureTexts, err, .task = task);
    for (SearchMeasureTextsRow row; rows && db_next(rows, &row, err);)
        add_fresh_line(text, row.text);
    return db_rows_ok(rows);
}

bool search_task_text(DbConn *conn, int64_t task, GString *text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    SearchTaskTextsRow row;
    bool found;
    if (!db_one(conn, SearchTaskTexts, arena, &row, &found, err, .task = task))
        return false;
    if (!found)
        return true;
    add_line(text, row.title);
    add_fresh_line(text, row.text);
    add_fresh_line(text, row.problem);
    add_line(text, row.number);
    add_line(text, row.basis);
    add_line(text, row.category);
    return add_measures(conn, task, text, err);
}

bool search_write_task(DbConn *tx, int64_t task, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Entry entry = { tx, SEARCH_TASK, task };
    return search_forget(tx, SEARCH_TASK, task, err) && search_task_text(tx, task, text, err) && write_parts(&entry, 0, str_from_gstring(text), err);
}

bool search_write_comment(DbConn *tx, int64_t comment, Str text, GError **err)
{
    Entry entry = { tx, SEARCH_COMMENT, comment };
    return search_forget(tx, SEARCH_COMMENT, comment, err) && write_parts(&entry, 0, text, err);
}

void search_document_head(const SearchDocument *document, GString *head)
{
    add_line(head, document->title);
    add_line(head, document->doc_no);
    add_line(head, document->issuer);
    add_line(head, document->file_name);
}

/* Part 0 is what it is called, then comes its text. */
bool search_write_document(DbConn *tx, const SearchDocument *document, GError **err)
{
    g_autoptr(GString) head = g_string_new(NULL);
    Entry entry = { tx, SEARCH_DOCUMENT, document->id };
    if (!forget_parts(&entry, document->text.p ? SEARCH_PARTS - 1 : 0, err))
        return false;
    search_document_head(document, head);
    return write_part(&entry, 0, str_from_gstring(head), err) && (!document->text.p || write_parts(&entry, 1, document->text, err));
}
