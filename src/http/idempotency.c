#include "http/server.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

/* A client that did not get the answer sends its POST again with the same key. The key is stored in the transaction of the
 * change itself (http_write), so it is there if and only if the change is; the answer follows when it is known. Between the
 * two a crash can lose the answer, never the knowledge that it was done. */
enum { ANSWER_MAX = 256 * 1024 };
#define KEPT_MS (INT64_C(24) * 60 * 60 * 1000)

static bool is_key(Str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (!g_ascii_isgraph(key.p[i]))
            return false;
    return key.n > 0 && key.n <= LIMIT_HTTP_KEY_CHARS;
}

/* What the key stands for: the same key with another request is a mistake of the client. */
static Str fingerprint(const Exchange *x)
{
    char text[HASH_TEXT_MAX];
    g_autoptr(Digest) digest = digest_new(DIGEST_SHA256);
    digest_update(digest, x->path);
    digest_update(digest, STR("\n"));
    digest_update(digest, x->query);
    digest_update(digest, STR("\n"));
    digest_update(digest, x->request.body);
    return arena_str(x->request.arena, str_from(hash_write(digest_final(digest), text)));
}

static int64_t oldest_kept(const Exchange *x)
{
    return clock_now_ms(x->request.app->clock) - KEPT_MS;
}

static bool refuse(const Exchange *x, const IdempotencyFindRow *row, GError **err)
{
    bool same = str_eq(row->fingerprint, fingerprint(x));
    error_set(err, BH_CONFLICT, same ? "this was done; its answer was not kept" : "this Idempotency-Key was used for another request");
    return error_detail(err, same ? "idempotency-done" : "idempotency-reused");
}

static bool replay(Exchange *x, const IdempotencyFindRow *row, GError **err)
{
    if (!row->answer.p || !str_eq(row->fingerprint, fingerprint(x)))
        return refuse(x, row, err);
    http_bytes(&x->request, (int) row->status, "application/json", row->answer);
    http_add_header(&x->request, "Idempotency-Replayed", STR("true"));
    return true;
}

static bool find_answer(Exchange *x, bool *ret_answered, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(x->request.app->db, err);
    IdempotencyFindRow row;
    bool found;
    if (!conn || !db_one(conn, IdempotencyFind, x->request.arena, &row, &found, err, .account = x->session.account,
                         .key = x->idempotency, .after = oldest_kept(x)))
        return false;
    if (found && !replay(x, &row, err))
        return false;
    *ret_answered = found;
    return true;
}

static void give_back(Exchange *x)
{
    busy_release(x->server, &x->idempotency_busy);
    x->idempotency = STR_NONE;
}

bool idempotency_begin(Exchange *x, bool *ret_answered, GError **err)
{
    bool keeps = x->method == HTTP_POST && x->request.session && x->session.account != DB_NULL_INT;
    Str key = keeps ? http_header(&x->request, "Idempotency-Key") : STR_NONE;
    if (!key.p)
        return true;
    if (!is_key(key)) {
        error_set(err, BH_BAD_INPUT, "an Idempotency-Key is 1 to %d printable characters", LIMIT_HTTP_KEY_CHARS);
        return error_at(err, "header:Idempotency-Key");
    }
    x->idempotency_busy = arena_printf(x->request.arena, "key %" G_GINT64_FORMAT " " STR_FMT, x->session.account, STR_ARG(key));
    if (!busy_take(x->server, &x->idempotency_busy)) {
        error_set(err, BH_CONFLICT, "the first request with this Idempotency-Key is still under way");
        return error_detail(err, "idempotency-busy");
    }
    x->idempotency = key;
    if (find_answer(x, ret_answered, err))
        return true;
    give_back(x);
    return false;
}

/* --- Taking the key --------------------------------------------------------------------------------------------------- */

typedef struct {
    Exchange *x;
    DbWork work;
    void *data;
    int64_t status;
    Str answer;
} KeyedWrite;

/* Nobody had used it when the request came (find_answer); since then another process may have: one that was killed, and whose commit came late. */
static bool insert_key(DbConn *tx, const KeyedWrite *write, GError **err)
{
    Exchange *x = write->x;
    IdempotencyFindRow row;
    bool found;
    if (!db_one(tx, IdempotencyFind, x->request.arena, &row, &found, err, .account = x->session.account, .key = x->idempotency, .after = oldest_kept(x)))
        return false;
    if (found)
        return refuse(x, &row, err);
    return db_exec(tx, IdempotencyForget, NULL, err, .account = x->session.account, .key = x->idempotency, .before = oldest_kept(x)) &&
           db_exec(tx, IdempotencyInsert, NULL, err, .account = x->session.account, .key = x->idempotency,
                   .fingerprint = fingerprint(x), .status = write->status, .answer = write->answer,
                   .created = clock_now_ms(x->request.app->clock));
}

static bool keyed_work(DbConn *tx, void *data, GError **err)
{
    const KeyedWrite *write = data;
    return write->work(tx, write->data, err) && insert_key(tx, write, err);
}

/* All is tried, and then undone. */
static bool trial_work(DbConn *tx, void *data, GError **err)
{
    const KeyedWrite *write = data;
    if (!write->work(tx, write->data, err))
        return false;
    write->x->tried = true;
    return error_set(err, BH_CONFLICT, "it was only tried");
}

bool http_write(HttpRequest *request, DbWork work, void *data, GError **err)
{
    Exchange *x = exchange_of(request);
    KeyedWrite trial = { .x = x, .work = work, .data = data };
    if (x->trial)
        return db_write(request->app->db, DB_BULK, trial_work, &trial, err);
    if (!x->idempotency.p || x->idempotency_taken)
        return db_write(request->app->db, x->bulk ? DB_BULK : DB_INTERACTIVE, work, data, err);
    KeyedWrite write = { .x = x, .work = work, .data = data, .answer = STR_NONE };
    return x->idempotency_taken = db_write(request->app->db, DB_INTERACTIVE, keyed_work, &write, err);
}

/* --- Keeping the answer ------------------------------------------------------------------------------------------------ */

static bool store_answer(DbConn *tx, void *data, GError **err)
{
    const KeyedWrite *write = data;
    Exchange *x = write->x;
    if (!x->idempotency_taken)
        return insert_key(tx, write, err);
    return db_exec(tx, IdempotencyAnswer, NULL, err, .account = x->session.account, .key = x->idempotency, .status = write->status,
                   .answer = write->answer);
}

static bool is_replayed(const Exchange *x)
{
    for (size_t i = 0; i < x->answer.headers.n; i++)
        if (strcmp(x->answer.headers.v[i].name, "Idempotency-Replayed") == 0)
            return true;
    return false;
}

/* Only what succeeded is kept: what failed changed nothing and may be tried again. */
void idempotency_end(Exchange *x)
{
    if (!x->idempotency.p)
        return;
    g_autoptr(GError) err = NULL;
    const Answer *answer = &x->answer;
    bool keep = answer->body && answer->body->len <= ANSWER_MAX && !x->request.route->secret_answer;
    KeyedWrite write = { .x = x, .status = answer->status, .answer = keep ? str_from_gstring(answer->body) : STR_NONE };
    bool success = answer->status >= 200 && answer->status < 300;
    if (success && !is_replayed(x) && !db_write(x->request.app->db, DB_MESSAGES, store_answer, &write, &err))
        log_failure(x->request.app->log, LOG_LEVEL_WARNING, "answer-not-kept", err);
    give_back(x);
}
