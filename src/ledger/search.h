/* search.h: what documents, tasks and comments say, to be found by words (db/search.h).
 *
 * The index is written in the transaction of the change, so what is acknowledged is found. Each kind has its own; a text stands there in parts, under object * SEARCH_PARTS +
 * SEARCH_PARTS - 1 - part: read downwards, the newest come first, and of each its beginning. Newest is by when a thing was made, not by when its text was changed: so a
 * place in the index is kept, and the lists know which task is meant without looking it up. What a user may not read is left out before the limit: of tasks by the same
 * condition as in lists (scope.h), of documents by may(), one by one. */
#pragma once

#include "db/search.h"
#include "ledger/scope.h"

enum { SEARCH_SHOWN_CHARS = 80 };

/* The statements of sql/query know these numbers, and SEARCH_PARTS. */
typedef enum { SEARCH_DOCUMENT = 1, SEARCH_TASK = 2, SEARCH_COMMENT = 4, SEARCH_ALL = 7 } SearchKind;
const char *search_kind_name(SearchKind kind);

/* Writes what is found of a task, a comment or a document (by their ids), instead of what was there. The text of a document may be STR_NONE: then only what it is called is
 * written anew. */
bool search_write_task(DbConn *tx, int64_t task, GError **err);
bool search_write_comment(DbConn *tx, int64_t comment, Str text, GError **err);
typedef struct {
    int64_t id;
    Str title, doc_no, issuer, file_name, text;
} SearchDocument;
bool search_write_document(DbConn *tx, const SearchDocument *document, GError **err);
bool search_forget(DbConn *tx, SearchKind kind, int64_t object, GError **err);

/* What a task, and what a document beside its text, is found by. */
bool search_task_text(DbConn *conn, int64_t task, GString *text, GError **err);
void search_document_head(const SearchDocument *document, GString *head);

/* Whether the index holds this text of an object, whole and nothing else, and its tokens (search_check.c). SEARCH_DOCUMENT: `text` is its head, and of the parts of its text only
 * the tokens are held, since the text itself is a blob. */
bool search_check(DbConn *conn, SearchKind kind, int64_t object, Str text, bool *ret_right, GError **err);

typedef struct {
    SearchKind kind;
    Str uid, title; /* a comment's title is its task's */
    Str task_uid, task_number; /* STR_NONE: a document */
    int64_t at_ms; /* a document: uploaded, a comment: written, a task: changed last */
    const SearchPiece *pieces; /* the text around the first hit */
    size_t n_pieces;
} SearchHit;

typedef struct {
    Str words;
    unsigned kinds;   /* bits */
    Str cursor;       /* STR_NONE: from the newest on */
    size_t limit;
    int64_t own_most, said_most; /* 0, but for tests: of so many tasks that a user may read, and of so many that say it, no set is made */
} SearchAsk;

/* The newest hits behind the cursor; each object once. Each kind comes in its order; of the next of each, the one with the latest instant goes first. *ret_next: the cursor of
 * more, or STR_NONE. A wish without a word finds nothing. BH_BAD_INPUT for a cursor that is none. */
bool search_find(DbConn *conn, const User *user, const SearchAsk *ask, Arena *arena, const SearchHit **ret_hits, size_t *ret_n, Str *ret_next, GError **err);

/* Which tasks say what is wished (a match of search_wish), hidden ones too: how many parts of their texts, up to `most`; of fewer, on SQLite also the set of the tasks, as
 * long as the transaction lives. Kept, since a list is turned over, filtered and counted with the same words, and words change seldom. */
bool search_said(DbConn *conn, Str match, int64_t most, Arena *arena, DbKept *ret_said, GError **err);

/* Writes the whole index anew, in steps of the bulk queue; while it runs, what is not written yet is not found. For `doctor`. */
bool search_rebuild(const Ledger *ledger, GError **err);
