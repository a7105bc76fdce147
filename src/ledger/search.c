/* The index of what is said, and how it is asked. */
#include "ledger/search.h"

#include "db/queries.h"
#include "ledger/withhold.h"

#include "base/banned.h"

static const struct {
    SearchKind kind;
    const char *name;
} kinds_known[] = { { SEARCH_DOCUMENT, "document" }, { SEARCH_TASK, "task" }, { SEARCH_COMMENT, "comment" } };

const char *search_kind_name(SearchKind kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds_known); i++)
        if (kinds_known[i].kind == kind)
            return kinds_known[i].name;
    return NULL;
}

static SearchKind kind_of(Str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds_known); i++)
        if (str_eq(name, str_from(kinds_known[i].name)))
            return kinds_known[i].kind;
    return SEARCH_ALL;
}

/* --- Writing ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    DbConn *tx;
    SearchKind kind;
    Str uid;
    int64_t task, at_ms;
} Entry;

static bool write_part(const Entry *entry, int64_t part, Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    SearchEntryInsertRow made;
    bool found;
    Str tokens = search_tokens(db_conn_engine(entry->tx), text, arena);
    if (tokens.n == 0)
        return true;
    return db_one(entry->tx, SearchEntryInsert, arena, &made, &found, err, .kind = str_from(search_kind_name(entry->kind)), .object = entry->uid, .part = part,
                  .task = entry->task, .at = entry->at_ms, .text = text)
           && db_exec(entry->tx, SearchTokensInsert, NULL, err, .id = made.id, .tokens = tokens);
}

static bool write_parts(const Entry *entry, int64_t first, Str text, GError **err)
{
    int64_t part = first;
    for (Str rest = text; rest.p && part < SEARCH_PARTS_MOST; part++)
        if (!write_part(entry, part, search_part(&rest), err))
            return false;
    return true;
}

/* Takes away the parts of an object up to `last`. FTS5 must be told the tokens that it is to forget. */
static bool forget_parts(DbConn *tx, SearchKind kind, Str uid, int64_t last, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ARENA_LIST(SearchEntriesOfRow) parts = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, SearchEntriesOf, err, .kind = str_from(search_kind_name(kind)), .object = uid);
    for (SearchEntriesOfRow row; rows && db_next(rows, &row, err);)
        if (row.part <= last)
            *ARENA_PUSH(arena, &parts) = (SearchEntriesOfRow) { row.id, row.part, arena_str(arena, row.text) };
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < parts.n; i++) {
        Str tokens = search_tokens(db_conn_engine(tx), parts.v[i].text, arena);
        if (!db_exec(tx, SearchTokensDelete, NULL, err, .id = parts.v[i].id, .tokens = tokens)
            || !db_exec(tx, SearchEntryDelete, NULL, err, .id = parts.v[i].id))
            return false;
    }
    return true;
}

bool search_forget(DbConn *tx, SearchKind kind, Str uid, GError **err)
{
    return forget_parts(tx, kind, uid, INT64_MAX, err);
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
    add_line(text, row.title);
    add_fresh_line(text, row.text);
    add_fresh_line(text, row.problem);
    add_line(text, row.number);
    add_line(text, row.basis);
    add_line(text, row.category);
    return add_measures(conn, task, text, err);
}

bool search_write_task(DbConn *tx, int64_t task, Str uid, int64_t at_ms, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Entry entry = { tx, SEARCH_TASK, uid, task, at_ms };
    return search_forget(tx, SEARCH_TASK, uid, err) && search_task_text(tx, task, text, err) && write_parts(&entry, 0, str_from_gstring(text), err);
}

bool search_write_comment(DbConn *tx, int64_t task, Str uid, int64_t at_ms, Str text, GError **err)
{
    Entry entry = { tx, SEARCH_COMMENT, uid, task, at_ms };
    return search_forget(tx, SEARCH_COMMENT, uid, err) && write_parts(&entry, 0, text, err);
}

void search_document_head(const SearchDocument *document, GString *head)
{
    add_line(head, document->title);
    add_line(head, document->doc_no);
    add_line(head, document->issuer);
    add_line(head, document->file_name);
}

bool search_write_document(DbConn *tx, const SearchDocument *document, GError **err)
{
    g_autoptr(GString) head = g_string_new(NULL);
    Entry entry = { tx, SEARCH_DOCUMENT, document->uid, DB_NULL_INT, document->at_ms };
    if (!forget_parts(tx, SEARCH_DOCUMENT, document->uid, document->text.p ? INT64_MAX : 0, err))
        return false;
    search_document_head(document, head);
    return (!document->text.p || write_parts(&entry, 1, document->text, err)) && write_part(&entry, 0, str_from_gstring(head), err);
}

/* --- Finding ----------------------------------------------------------------------------------------------------------------- */

enum { OWN_MOST = 20000 };

static const DbOrder newest_first[] = { { "newest", "search_fts.rowid", DB_TYPE_INT, true } };

/* A hit with the id by which hits of both lists are put in order. */
typedef struct {
    SearchHit hit;
    int64_t id;
} Found;
typedef ARENA_LIST(Found) Founds;

typedef struct {
    DbConn *conn;
    const User *user;
    Date today;
    Str wish, match;
    unsigned kinds;
    int64_t before;      /* ids below this one */
    Str before_object;   /* shown on the page before: its older parts are not shown again */
    size_t limit;
    Arena *arena;
    Founds founds;
    GHashTable *objects; /* Str *: uids that are found already */
} Search;

static bool is_shown(const Search *search, Str object)
{
    return str_eq(object, search->before_object) || g_hash_table_contains(search->objects, &object);
}

/* Whether it is a new object: each is shown once, by its newest part. */
static bool is_new(Search *search, Str object)
{
    if (is_shown(search, object))
        return false;
    Str *kept = ARENA_NEW(search->arena, Str);
    *kept = arena_str(search->arena, object);
    g_hash_table_add(search->objects, kept);
    return true;
}

static void push_hit(Search *search, int64_t id, SearchHit hit, Str text)
{
    hit.n_pieces = search_pieces(arena_str(search->arena, text), search->wish, SEARCH_SHOWN_CHARS, search->arena, &hit.pieces);
    *ARENA_PUSH(search->arena, &search->founds) = (Found) { hit, id };
}

static bool begin_list(Search *search, DbList *list, size_t rows, GError **err)
{
    DbEngine engine = db_conn_engine(search->conn);
    db_list_where_values(list, search_condition(engine), &DB_TEXT(search->match), 1);
    db_list_where(list, "search_fts.rowid < ?", &search->before, 1);
    return db_list_order(list, newest_first, 1, STR("newest"), err) && db_list_page(list, STR_NONE, (int) rows, err);
}

#define OF_SCOPE \
    "+search_fts.rowid IN (SELECT x.id FROM task_scope s CROSS JOIN search_entry x WHERE x.task = s.task AND s.scope = ? AND (s.parts & ?) <> 0)"

/* Who may read few of many tasks has his own as a set, held against what the index gives before anything is looked up. */
static bool begin_with_own(Search *search, DbList *list, GError **err)
{
    Scopes scopes;
    int64_t size;
    const char *pieces[2 * SCOPES_MOST];
    DbValue values[2 * SCOPES_MOST];
    size_t n = 0;
    if (!scopes_of_user(search->conn, search->user, search->arena, &scopes, err) || !scopes_size(search->conn, &scopes, OWN_MOST, &size, err))
        return false;
    if (size >= OWN_MOST)
        return true;
    for (size_t i = 0; i < scopes.n; i++) {
        pieces[n] = i > 0 ? " OR " : "";
        pieces[n + 1] = OF_SCOPE;
        values[n] = DB_INT(scopes.v[i].scope);
        values[n + 1] = DB_INT(scopes.v[i].parts);
        n += 2;
    }
    if (n > 0)
        db_list_where_pieces(list, pieces, n, values, n);
    else
        db_list_where(list, "1 = 0", NULL, 0);
    return true;
}

static bool find_tasks(Search *search, size_t rows, size_t *ret_read, GError **err)
{
    DbList *list = db_list_new(search->arena, SearchTaskList, "search_fts.rowid");
    if (!begin_list(search, list, rows, err) || !begin_with_own(search, list, err))
        return false;
    scopes_where(list, search->user, search->arena);
    if (!(search->kinds & SEARCH_TASK))
        db_list_where(list, "e.kind = 'comment'", NULL, 0);
    if (!(search->kinds & SEARCH_COMMENT))
        db_list_where(list, "e.kind = 'task'", NULL, 0);
    g_autoptr(DbRows) found = db_list_run(list, search->conn, err);
    Arena *arena = search->arena;
    *ret_read = 0;
    for (SearchTaskListRow row; found && db_list_next(list, found, &row, err); ++*ret_read)
        if (is_new(search, row.object))
            push_hit(search, row.id, (SearchHit) { .kind = kind_of(row.kind), .uid = arena_str(arena, row.object), .title = arena_str(arena, row.title),
                                                   .task_uid = arena_str(arena, row.task_uid), .task_number = arena_str(arena, row.number), .at_ms = row.at },
                     row.text);
    return db_rows_ok(found);
}

/* Where a part of a document's text begins in it: search_part cuts by as many characters each; part 0 is what it is called. */
static size_t place_of_part(int64_t part)
{
    return (size_t) (part - 1) * SEARCH_PART_CHARS;
}

/* Whether the user may read the document, and finds the wish in what of it is open to him; then with the text that he sees. */
static bool may_read_document(const Search *search, const SearchDocumentListRow *found, bool *ret_may, Str *ret_text, GError **err)
{
    DocumentRow row;
    MayObject facts;
    Withheld withheld;
    if (!document_by_uid(search->conn, search->arena, found->object, &row, err)
        || !document_facts(search->conn, search->arena, &row, search->user, &facts, err)
        || !document_withheld(search->conn, search->arena, search->user, &row, &withheld, err))
        return false;
    *ret_text = found->text;
    *ret_may = may(search->user, VERB_READ_DOCUMENT, &facts).ok;
    if (*ret_may && withheld.n > 0 && found->part > 0) {
        *ret_text = withheld_cover(&withheld, found->text, place_of_part(found->part), search->arena);
        *ret_may = search_says(*ret_text, search->wish, search->arena);
    }
    return true;
}


/* The next rows of documents below `below`; how far it came in *below, 0 behind the last. */
static bool find_documents_step(Search *search, int64_t *below, size_t *found_here, GError **err)
{
    enum { STEP = 200 };
    int64_t before = search->before, last = 0;
    size_t read = 0;
    DbList *list = db_list_new(search->arena, SearchDocumentList, "search_fts.rowid");
    search->before = *below;
    bool begun = begin_list(search, list, STEP, err);
    search->before = before;
    if (!begun)
        return false;
    Arena *arena = search->arena;
    g_autoptr(DbRows) rows = db_list_run(list, search->conn, err);
    for (SearchDocumentListRow row; *found_here <= search->limit && rows && db_list_next(list, rows, &row, err); read++) {
        bool may_read = false;
        Str text;
        last = row.id;
        if (is_shown(search, row.object))
            continue;
        if (!may_read_document(search, &row, &may_read, &text, err))
            return false;
        if (!may_read || !is_new(search, row.object))
            continue;
        push_hit(search, row.id, (SearchHit) { .kind = SEARCH_DOCUMENT, .uid = arena_str(arena, row.object), .title = arena_str(arena, row.title), .at_ms = row.at },
                 text);
        ++*found_here;
    }
    *below = read < STEP ? 0 : last;
    return db_rows_ok(rows);
}

/* Documents are few, and their right is asked of may(), so they are read on until a page is full. */
static bool find_documents(Search *search, GError **err)
{
    size_t found = 0;
    for (int64_t below = search->before; below > 0 && found <= search->limit;)
        if (!find_documents_step(search, &below, &found, err))
            return false;
    return true;
}

static int newest(const void *a, const void *b)
{
    const Found *x = a, *y = b;
    return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

/* A page's worth of tasks and comments, and one more to know of a next page. A long text has several parts, so more rows may be needed. */
static bool find_all(Search *search, GError **err)
{
    size_t read = 0;
    for (size_t rows = search->limit + 1; search->kinds & (SEARCH_TASK | SEARCH_COMMENT); rows *= 2) {
        rows = MIN(rows, 500);
        search->founds.n = 0;
        g_hash_table_remove_all(search->objects);
        if (!find_tasks(search, rows, &read, err))
            return false;
        if (search->founds.n > search->limit || read < rows || rows == 500)
            break;
    }
    return !(search->kinds & SEARCH_DOCUMENT) || find_documents(search, err);
}

static bool read_cursor(Search *search, Str cursor, GError **err)
{
    SearchEntryObjectRow row;
    bool found;
    search->before = INT64_MAX;
    if (cursor.n == 0)
        return true;
    if (!str_to_int64(cursor, &search->before)) {
        error_set(err, BH_BAD_INPUT, "the cursor is not of this search");
        return error_at(err, "cursor");
    }
    if (!db_one(search->conn, SearchEntryObject, search->arena, &row, &found, err, .id = search->before))
        return false;
    search->before_object = found ? row.object : STR_NONE;
    return true;
}

bool search_find(DbConn *conn, const User *user, Date today, Str wish, unsigned kinds, Str cursor, size_t limit, Arena *arena, const SearchHit **ret_hits, size_t *ret_n,
                 Str *ret_next, GError **err)
{
    Search search = { .conn = conn, .user = user, .today = today, .wish = wish, .kinds = kinds, .limit = limit, .arena = arena };
    *ret_n = 0;
    *ret_hits = NULL;
    *ret_next = STR_NONE;
    if (!read_cursor(&search, cursor, err))
        return false;
    if (!search_wish(db_conn_engine(conn), wish, arena, &search.match))
        return true;
    search.objects = g_hash_table_new(str_hash, str_equal);
    bool done = find_all(&search, err);
    g_hash_table_unref(search.objects);
    if (!done)
        return false;
    if (search.founds.n > 1)
        qsort(search.founds.v, search.founds.n, sizeof *search.founds.v, newest);
    size_t n = MIN(search.founds.n, limit);
    SearchHit *hits = ARENA_ARRAY(arena, SearchHit, n + 1);
    for (size_t i = 0; i < n; i++)
        hits[i] = search.founds.v[i].hit;
    if (search.founds.n > limit && n > 0)
        *ret_next = arena_printf(arena, "%" G_GINT64_FORMAT, search.founds.v[n - 1].id);
    *ret_hits = hits;
    *ret_n = n;
    return true;
}
