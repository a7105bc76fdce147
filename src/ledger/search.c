/* The index of what is said: how it is asked. It gives its rows newest first without sorting, a tenth of a microsecond each; what costs is to look a row of another table up for
 * each. So who may read few of many tasks has his own as a set, which the index is held against before anything is looked up (SQLite keeps it, db/kept.h); and who may
 * read very few of what many say is asked for them, each by itself. */
#include "ledger/search_own.h"

#include "db/queries.h"
#include "ledger/withhold.h"

#include "base/banned.h"

enum {
    OWN_FEW = 200,     /* PostgreSQL: of so few each is asked, where */
    FEW_OF_MANY = 100, /* so many times as many say it: to ask one takes as long as to read 100 to 200 rows of the index */
    STEP = 200,        /* rows that are read at a time, where the first page's worth is not enough */
    MANY = 3000        /* PostgreSQL gathers all that its index finds, and sorts them; of more the newest are asked one after the other */
};

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

/* --- What is asked, of all kinds ------------------------------------------------------------------------------------------- */

typedef struct {
    SearchHit hit;
    int64_t object;
} Found;

/* The hits of one kind. */
typedef struct {
    int64_t after;    /* the object that was shown last; 0: none yet */
    int64_t last_row; /* that was read; 0: none */
    ARENA_LIST(Found) founds;
    size_t taken;     /* for the page */
    int way;          /* to ask its index */
} Stream;

enum { N_KINDS = G_N_ELEMENTS(kinds_known) };

typedef struct {
    DbConn *conn;
    const User *user;
    const SearchAsk *ask;
    Str match;
    Arena *arena;
    SearchOwn own;
    Stream streams[N_KINDS]; /* as kinds_known */
} Search;

static bool is_shown(const Stream *stream, int64_t row)
{
    return stream->founds.n > 0 && stream->founds.v[stream->founds.n - 1].object == row / SEARCH_PARTS; /* its parts follow each other */
}

static void push_hit(Search *search, Stream *stream, int64_t row, SearchHit hit, Str text)
{
    hit.n_pieces = search_pieces(arena_str(search->arena, text), search->ask->words, SEARCH_SHOWN_CHARS, search->arena, &hit.pieces);
    *ARENA_PUSH(search->arena, &stream->founds) = (Found) { hit, row / SEARCH_PARTS };
}

static bool is_full(const Search *search, const Stream *stream)
{
    return stream->founds.n > search->ask->limit;
}

/* How each index is asked for the match, for rows before one, and for its newest. IS TRUE keeps PostgreSQL from its index of tokens. */
enum { WAY_SQLITE, WAY_SOME, WAY_MANY };
typedef struct {
    const char *match[3], *before;
    DbOrder newest;
} Index;

#define INDEX(table) \
    { { [WAY_SQLITE] = table " MATCH ?", [WAY_SOME] = table ".tokens @@ CAST(? AS tsquery)", [WAY_MANY] = "(" table ".tokens @@ CAST(? AS tsquery)) IS TRUE" }, \
      table ".rowid < ?", { "newest", table ".rowid", DB_TYPE_INT, true } }
static const Index in_documents = INDEX("search_document"), in_tasks = INDEX("search_task"), in_comments = INDEX("search_comment");

/* The texts themselves, of tasks that are few. */
static const Index in_texts = { { [WAY_SQLITE] = "says(x.text, ?)" }, "x.id < ?", { "newest", "x.id", DB_TYPE_INT, true } };

static bool said_by_many(const Search *search, SearchKind kind, bool *ret_many, GError **err)
{
    SearchTaskSizeRow tasks = { 0 };
    SearchCommentSizeRow comments = { 0 };
    bool found, asked = true;
    if (kind == SEARCH_TASK)
        asked = db_one(search->conn, SearchTaskSize, search->arena, &tasks, &found, err, .match = search->match, .most = MANY + 1);
    else if (kind == SEARCH_COMMENT)
        asked = db_one(search->conn, SearchCommentSize, search->arena, &comments, &found, err, .match = search->match, .most = MANY + 1);
    *ret_many = tasks.n + comments.n > MANY;
    return asked;
}

/* Once for a stream. */
static bool choose_way(const Search *search, SearchKind kind, Stream *stream, GError **err)
{
    bool many = false;
    if (db_conn_engine(search->conn) == DB_POSTGRES && !said_by_many(search, kind, &many, err))
        return false;
    stream->way = db_conn_engine(search->conn) == DB_SQLITE ? WAY_SQLITE : many ? WAY_MANY : WAY_SOME;
    return true;
}

/* The next rows of a stream. */
static bool begin_list(const Search *search, const Stream *stream, const Index *index, DbList *list, size_t rows, GError **err)
{
    int64_t before = stream->last_row ? stream->last_row : stream->after * SEARCH_PARTS;
    const DbValue wish = DB_TEXT(index == &in_texts ? search->ask->words : search->match);
    db_list_where_values(list, index->match[stream->way], &wish, 1);
    if (before)
        db_list_where(list, index->before, &before, 1);
    return db_list_order(list, &index->newest, 1, STR("newest"), err) && db_list_page(list, STR_NONE, (int) rows, err);
}

/* Reads as many of the next rows; fewer where there are no more, or enough is found. */
typedef bool (*FindNext)(Search *search, Stream *stream, size_t rows, size_t *ret_read, GError **err);

/* A page's worth, and one more to know of a next page. Parts of long texts, and what one may not read, are rows without a hit. */
static bool find_kind(Search *search, Stream *stream, FindNext next, GError **err)
{
    size_t rows = search->ask->limit + 1;
    for (bool more = true; more && !is_full(search, stream); rows = STEP) {
        size_t read = 0;
        if (!next(search, stream, rows, &read, err))
            return false;
        more = read == rows;
    }
    return true;
}

/* --- Tasks and comments --------------------------------------------------------------------------------------------------- */

/* How a user's own are told: PostgreSQL makes a set of them for each statement, SQLite has one that is kept. Of too many for a set each is asked. */
typedef struct {
    const char *set[2], *each, *few;
} Own;

#define MINE "s.scope = ? AND (s.parts & ?) <> 0"

static const Own own_tasks = {
    { [DB_SQLITE] = "in_set(?, search_task.rowid / 512)",
      [DB_POSTGRES] = "(search_task.rowid / 512 IN (SELECT s.task FROM task_scope s WHERE " MINE ")) IS TRUE" },
    "EXISTS (SELECT 1 FROM task_scope s WHERE s.task = search_task.rowid / 512 AND " MINE ")",
    /* where each is asked: PostgreSQL is given the rows, since it would hold a range of them against all */
    "search_task.rowid = ANY (ARRAY(SELECT o.id FROM task_scope s CROSS JOIN search_text o"
    " WHERE o.kind = 2 AND o.id BETWEEN s.task * 512 AND s.task * 512 + 511 AND " MINE "))",
};
static const Own own_comments = {
    { [DB_SQLITE] = "in_set(?, search_comment.rowid / 512) OR search_comment.rowid / 512 > ?",
      [DB_POSTGRES] = "(search_comment.rowid / 512 IN (SELECT o.id FROM task_scope s CROSS JOIN task_comment o WHERE o.task = s.task AND " MINE ")) IS TRUE" },
    "EXISTS (SELECT 1 FROM task_scope s WHERE s.task = c.task AND " MINE ")",
    NULL,
};

static bool on_sqlite(const Search *search)
{
    return db_conn_engine(search->conn) == DB_SQLITE;
}

/* Asked of task_scope: a condition for each scope. */
static void where_scopes(const Search *search, const char *condition, DbList *list)
{
    const Scopes *scopes = &search->own.scopes;
    const char *pieces[2 * SCOPES_MOST];
    DbValue values[2 * SCOPES_MOST];
    for (size_t i = 0; i < scopes->n; i++) {
        pieces[2 * i] = i > 0 ? " OR " : "";
        pieces[2 * i + 1] = condition;
        values[2 * i] = DB_INT(scopes->v[i].scope);
        values[2 * i + 1] = DB_INT(scopes->v[i].parts);
    }
    db_list_where_pieces(list, pieces, 2 * scopes->n, values, 2 * scopes->n);
}

static void where_own(const Search *search, const Own *own, const DbValue *set, size_t n, DbList *list)
{
    DbEngine engine = db_conn_engine(search->conn);
    bool has_set = search_own_has_set(&search->own);
    if (search->own.everything)
        return; /* nothing is to be looked up for it */
    if (search->own.n == 0)
        db_list_where(list, "1 = 0", NULL, 0);
    else if (has_set && engine == DB_SQLITE)
        db_list_where_values(list, own->set[engine], set, n);
    else
        where_scopes(search, has_set ? own->set[engine] : own->each, list);
}

/* PostgreSQL: whether a user's own tasks are so few of those that say it that each of them is asked whether it does. */
static bool few_of_many(const Search *search, bool *ret_few, GError **err)
{
    const SearchOwn *own = &search->own;
    SearchTaskSizeRow size;
    bool found, few = own->n > 0 && own->n <= OWN_FEW && search_own_has_set(own);
    if (few && !db_one(search->conn, SearchTaskSize, search->arena, &size, &found, err, .match = search->match, .most = FEW_OF_MANY * own->n + 1))
        return false;
    *ret_few = few && size.n > FEW_OF_MANY * own->n;
    return true;
}

/* SQLite: of the user's own tasks that may say it the next; NULL without err: they are too many, or all. *ret_last: where the next begin, if there are more. */
static DbList *few_task_list(Search *search, const Stream *stream, size_t rows, int64_t *ret_last, GError **err)
{
    int64_t before = stream->last_row ? stream->last_row / SEARCH_PARTS : stream->after;
    bool few;
    Str tasks;
    if (!search_own_has_set(&search->own)
        || !search_own_few(search->conn, &search->own, search->match, before, rows, search->arena, &few, &tasks, ret_last, err) || !few)
        return NULL;
    DbList *list = db_list_new(search->arena, SearchFewTaskList, "x.id", .tasks = tasks);
    return begin_list(search, stream, &in_texts, list, STEP, err) ? list : NULL;
}

/* Those that say it in the index. */
static DbList *said_task_list(Search *search, Stream *stream, size_t rows, GError **err)
{
    DbList *list = db_list_new(search->arena, SearchTaskList, "search_task.rowid");
    bool few = false;
    if (!on_sqlite(search) && !few_of_many(search, &few, err))
        return NULL;
    if (few)
        stream->way = WAY_MANY;
    if (!begin_list(search, stream, &in_tasks, list, rows, err))
        return NULL;
    if (few)
        where_scopes(search, own_tasks.few, list);
    else
        where_own(search, &own_tasks, &DB_BLOB(search->own.set), 1, list);
    return list;
}

static void push_task(Search *search, Stream *stream, const SearchTaskListRow *row)
{
    Str uid = arena_str(search->arena, row->uid);
    push_hit(search, stream, row->id, (SearchHit) { .kind = SEARCH_TASK, .uid = uid, .title = arena_str(search->arena, row->title), .task_uid = uid,
                                                    .task_number = arena_str(search->arena, row->number), .at_ms = row->at },
             row->text);
}

static bool find_tasks(Search *search, Stream *stream, size_t rows, size_t *ret_read, GError **err)
{
    GError *error = NULL;
    int64_t last = 0;
    size_t read = 0;
    DbList *few = on_sqlite(search) ? few_task_list(search, stream, rows, &last, &error) : NULL;
    DbList *list = few || error ? few : said_task_list(search, stream, rows, &error);
    if (error)
        g_propagate_error(err, error);
    if (!list)
        return false;
    scopes_where(list, search->user, search->arena);
    g_autoptr(DbRows) found = db_list_run(list, search->conn, err);
    for (SearchTaskListRow row; found && db_list_next(list, found, &row, err); read++, stream->last_row = row.id)
        if (!is_shown(stream, row.id))
            push_task(search, stream, &row);
    *ret_read = read;
    if (few && read < STEP) { /* all that was asked for is read */
        stream->last_row = last * SEARCH_PARTS;
        *ret_read = last > 0 ? rows : 0;
    }
    return db_rows_ok(found);
}

static bool find_comments(Search *search, Stream *stream, size_t rows, size_t *ret_read, GError **err)
{
    Arena *arena = search->arena;
    DbList *list = db_list_new(arena, SearchCommentList, "search_comment.rowid");
    size_t read = 0;
    DbKept own = { .n = 0 };
    if (on_sqlite(search) && search_own_has_set(&search->own) && !search_own_comments(search->conn, &search->own, search->arena, &own, err))
        return false;
    if (!begin_list(search, stream, &in_comments, list, rows, err))
        return false;
    where_own(search, &own_comments, (const DbValue[]) { DB_BLOB(own.set), DB_INT(own.n) }, 2, list);
    scopes_where(list, search->user, arena);
    g_autoptr(DbRows) found = db_list_run(list, search->conn, err);
    for (SearchCommentListRow row; found && db_list_next(list, found, &row, err); read++, stream->last_row = row.id)
        if (!is_shown(stream, row.id))
            push_hit(search, stream, row.id, (SearchHit) { .kind = SEARCH_COMMENT, .uid = arena_str(arena, row.uid), .title = arena_str(arena, row.title),
                                                           .task_uid = arena_str(arena, row.task_uid), .task_number = arena_str(arena, row.number), .at_ms = row.at },
                     row.text);
    *ret_read = read;
    return db_rows_ok(found);
}

/* --- Documents ------------------------------------------------------------------------------------------------------------- */

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
    if (!document_by_uid(search->conn, search->arena, found->uid, &row, err)
        || !document_facts(search->conn, search->arena, &row, search->user, &facts, err)
        || !document_withheld(search->conn, search->arena, search->user, &row, &withheld, err))
        return false;
    int64_t part = SEARCH_PARTS - 1 - found->id % SEARCH_PARTS;
    *ret_text = found->text;
    *ret_may = may(search->user, VERB_READ_DOCUMENT, &facts).ok;
    if (*ret_may && withheld.n > 0 && part > 0) {
        *ret_text = withheld_cover(&withheld, found->text, place_of_part(part), search->arena);
        *ret_may = search_says(*ret_text, search->ask->words, search->arena);
    }
    return true;
}

/* Documents are few, and their right is asked of may(). */
static bool find_documents(Search *search, Stream *stream, size_t rows, size_t *ret_read, GError **err)
{
    Arena *arena = search->arena;
    DbList *list = db_list_new(arena, SearchDocumentList, "search_document.rowid");
    size_t read = 0;
    if (!begin_list(search, stream, &in_documents, list, rows, err))
        return false;
    g_autoptr(DbRows) found = db_list_run(list, search->conn, err);
    for (SearchDocumentListRow row; !is_full(search, stream) && found && db_list_next(list, found, &row, err); read++, stream->last_row = row.id) {
        bool may_read = false;
        Str text = STR_NONE;
        if (is_shown(stream, row.id))
            continue;
        if (!may_read_document(search, &row, &may_read, &text, err))
            return false;
        if (may_read)
            push_hit(search, stream, row.id, (SearchHit) { .kind = SEARCH_DOCUMENT, .uid = arena_str(arena, row.uid), .title = arena_str(arena, row.title), .at_ms = row.at },
                     text);
    }
    *ret_read = read;
    return db_rows_ok(found);
}

/* --- A page ----------------------------------------------------------------------------------------------------------------- */

static const FindNext ways[N_KINDS] = { find_documents, find_tasks, find_comments };

/* A cursor is, for each kind, the object that was shown last: "12.3400.0". */
static bool read_cursor(Search *search, Str cursor, GError **err)
{
    Str rest = cursor;
    bool ok = true;
    if (cursor.n == 0)
        return true;
    for (size_t i = 0; i < N_KINDS; i++)
        ok = ok && rest.p && str_to_int64(str_cut(&rest, '.'), &search->streams[i].after) && search->streams[i].after >= 0
             && search->streams[i].after <= INT64_MAX / SEARCH_PARTS;
    if (ok && !rest.p)
        return true;
    error_set(err, BH_BAD_INPUT, "the cursor is not of this search");
    return error_at(err, "cursor");
}

static Str make_cursor(const Search *search)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < N_KINDS; i++) {
        const Stream *stream = &search->streams[i];
        int64_t last = stream->taken > 0 ? stream->founds.v[stream->taken - 1].object : stream->after;
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "." : "", last);
    }
    return arena_str(search->arena, str_from_gstring(text));
}

/* The stream whose next hit is the latest; NULL: none has one. */
static Stream *latest(Search *search)
{
    Stream *best = NULL;
    for (size_t i = 0; i < N_KINDS; i++) {
        Stream *stream = &search->streams[i];
        if (stream->taken < stream->founds.n && (!best || stream->founds.v[stream->taken].hit.at_ms > best->founds.v[best->taken].hit.at_ms))
            best = stream;
    }
    return best;
}

static void take_page(Search *search, const SearchHit **ret_hits, size_t *ret_n, Str *ret_next)
{
    SearchHit *hits = ARENA_ARRAY(search->arena, SearchHit, search->ask->limit + 1);
    size_t n = 0;
    for (Stream *stream; n < search->ask->limit && (stream = latest(search)); stream->taken++)
        hits[n++] = stream->founds.v[stream->taken].hit;
    if (latest(search))
        *ret_next = make_cursor(search);
    *ret_hits = hits;
    *ret_n = n;
}

bool search_find(DbConn *conn, const User *user, const SearchAsk *ask, Arena *arena, const SearchHit **ret_hits, size_t *ret_n, Str *ret_next, GError **err)
{
    Search search = { .conn = conn, .user = user, .ask = ask, .arena = arena };
    *ret_n = 0;
    *ret_hits = NULL;
    *ret_next = STR_NONE;
    if (!read_cursor(&search, ask->cursor, err))
        return false;
    if (!search_wish(db_conn_engine(conn), ask->words, arena, &search.match))
        return true;
    if ((ask->kinds & (SEARCH_TASK | SEARCH_COMMENT)) && !search_own(conn, user, ask->own_most ? ask->own_most : SCOPES_SET_MOST, arena, &search.own, err))
        return false;
    search.own.said_most = ask->said_most;
    for (size_t i = 0; i < N_KINDS; i++)
        if ((ask->kinds & kinds_known[i].kind)
            && (!choose_way(&search, kinds_known[i].kind, &search.streams[i], err) || !find_kind(&search, &search.streams[i], ways[i], err)))
            return false;
    take_page(&search, ret_hits, ret_n, ret_next);
    return true;
}
