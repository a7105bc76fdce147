/* The index of what is said, written anew: emptied, then tasks, comments and documents in steps. */
#include "ledger/search.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

enum { STEP_OBJECTS = 100, STEP_DOCUMENTS = 5 /* each may have hundreds of parts */ };

typedef struct {
    const Ledger *ledger;
    Arena *arena; /* of the step */
    int64_t after, n, wanted;
} Step;

static bool clear_in_tx(DbConn *tx, void *data, GError **err)
{
    (void) data;
    db_kept_stale(tx, KEPT_WORDS);
    return db_exec(tx, SearchDocumentClear, NULL, err, 0) && db_exec(tx, SearchTaskClear, NULL, err, 0) && db_exec(tx, SearchCommentClear, NULL, err, 0)
           && db_exec(tx, SearchTextsClear, NULL, err, 0);
}

static bool tasks_in_tx(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    int64_t last = step->after;
    step->n = 0;
    g_autoptr(DbRows) rows = db_query(tx, SearchTasksAfter, err, .id = step->after, .limit = step->wanted);
    for (SearchTasksAfterRow row; rows && db_next(rows, &row, err); step->n++, last = row.id)
        if (!search_write_task(tx, row.id, err))
            return false;
    step->after = last;
    return db_rows_ok(rows);
}

static bool comments_in_tx(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    int64_t last = step->after;
    step->n = 0;
    g_autoptr(DbRows) rows = db_query(tx, SearchCommentsAfter, err, .id = step->after, .limit = step->wanted);
    for (SearchCommentsAfterRow row; rows && db_next(rows, &row, err); step->n++, last = row.id)
        if (!search_write_comment(tx, row.id, row.text, err))
            return false;
    step->after = last;
    return db_rows_ok(rows);
}

/* The stored text; a document whose text is lost is still found by its name (`doctor` tells of the loss). */
static Str stored_text(const Step *step, Str blob)
{
    BlobId id;
    g_autoptr(GString) text = hex_read(blob, HASH_SIZE, &id) ? blob_get(step->ledger->blobs, id, LIMIT_DOC_BYTES, NULL) : NULL;
    return text ? arena_str(step->arena, str_from_gstring(text)) : STR("");
}

static bool documents_in_tx(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    int64_t last = step->after;
    step->n = 0;
    g_autoptr(DbRows) rows = db_query(tx, SearchDocumentsAfter, err, .id = step->after, .limit = step->wanted);
    for (SearchDocumentsAfterRow row; rows && db_next(rows, &row, err); step->n++, last = row.id) {
        SearchDocument document = { row.id, row.title, row.doc_no, row.issuer, row.file_name, stored_text(step, row.text) };
        if (!search_write_document(tx, &document, err))
            return false;
    }
    step->after = last;
    return db_rows_ok(rows);
}

static bool in_steps(const Ledger *ledger, DbWork work, int64_t wanted, GError **err)
{
    for (Step step = { .ledger = ledger, .n = wanted, .wanted = wanted }; step.n == wanted;) {
        g_autoptr(Arena) arena = arena_new();
        Step next = step;
        next.arena = arena;
        if (!db_write(ledger->db, DB_BULK, work, &next, err))
            return false;
        step = next;
    }
    return true;
}

bool search_rebuild(const Ledger *ledger, GError **err)
{
    return db_write(ledger->db, DB_BULK, clear_in_tx, NULL, err) && in_steps(ledger, documents_in_tx, STEP_DOCUMENTS, err)
           && in_steps(ledger, tasks_in_tx, STEP_OBJECTS, err) && in_steps(ledger, comments_in_tx, STEP_OBJECTS, err);
}
