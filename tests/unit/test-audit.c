/* The event log: what `audit verify` finds, and what only an anchor finds. The attacks here have all rights on the database. */
#include "fixture.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include "audit/audit.h"
#include "audit/chain.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Making a chain --------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t at;
    const char *uid;
    int events;
    bool fail;
} Append;

static bool append_in_tx(DbConn *tx, void *data, GError **err)
{
    const Append *append = data;
    AuditWho who = { STR("00000000000000000000000acc"), "http", append->at };
    for (int i = 0; i < append->events; i++)
        audit_append(tx, &who, "submit", (AuditObject) { "task", str_from(append->uid) }, STR("{\"set\":{\"state\":\"submitted\"}}"));
    return !append->fail || error_set(err, BH_CONFLICT, "on purpose");
}

static void append(Fixture *f, int works, int events_each)
{
    g_autoptr(GError) err = NULL;
    for (int i = 0; i < works; i++) {
        Append one = { 1000 + i, i % 2 ? "a" : "b", events_each, false };
        db_write(f->db, DB_INTERACTIVE, append_in_tx, &one, &err);
        g_assert_no_error(err);
    }
}

static AuditReport verify(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    AuditReport report;
    audit_verify(f->db, f->arena, NULL, NULL, &report, &err);
    g_assert_no_error(err);
    return report;
}

static void assert_ok(Fixture *f, int64_t events)
{
    AuditReport report = verify(f);
    g_assert_cmpuint(report.n_problems, ==, 0);
    g_assert_cmpint(report.events, ==, events);
    g_assert_cmpint(report.head.seq, ==, events);
}

static bool has(const AuditReport *report, int64_t seq, const char *code)
{
    for (size_t i = 0; i < report->n_problems; i++)
        if (report->problems[i].seq == seq && g_str_equal(report->problems[i].code, code))
            return true;
    return false;
}

static void assert_found(Fixture *f, int64_t seq, const char *code)
{
    AuditReport report = verify(f);
    if (!has(&report, seq, code))
        g_error("'%s' at event %" G_GINT64_FORMAT " was not found among %zu problems", code, seq, report.n_problems);
}

/* --- With all rights ---------------------------------------------------------------------------------------------------------- */

static void meddle(Fixture *f, const char *sql)
{
    if (f->engine == DB_SQLITE) {
        sqlite3 *raw = NULL;
        char *said = NULL;
        g_assert_cmpint(sqlite3_open(f->options.path, &raw), ==, SQLITE_OK);
        sqlite3_busy_timeout(raw, 5000);
        sqlite3_exec(raw, sql, NULL, NULL, &said);
        g_assert_cmpstr(said, ==, NULL);
        sqlite3_close(raw);
        return;
    }
    PGconn *pg = PQconnectdb(f->options.url);
    PGresult *result = PQexec(pg, sql);
    g_assert_cmpstr(PQresultErrorMessage(result), ==, "");
    PQclear(result);
    PQfinish(pg);
}

typedef struct {
    Str body, hash;
} Event;

/* The whole chain, [0] unused. */
static Event *read_chain(Fixture *f, size_t *ret_n)
{
    ARENA_LIST(Event) list = { 0 };
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, EventsAfter, &err, .seq = 0, .limit = 1000);
    *ARENA_PUSH(f->arena, &list) = (Event) { 0 };
    for (EventsAfterRow row; rows && db_next(rows, &row, &err);)
        *ARENA_PUSH(f->arena, &list) = (Event) { arena_str(f->arena, row.body), arena_str(f->arena, row.hash) };
    g_assert_no_error(err);
    *ret_n = list.n - 1;
    return list.v;
}

/* Somebody who knows how the chain is made gives every event from `from` on the hash that fits, after another verb was written into it. */
static void forge_from(Fixture *f, size_t from)
{
    size_t n;
    Event *events = read_chain(f, &n);
    g_autoptr(GString) sql = g_string_new(NULL);
    Str previous = from == 1 ? STR(CHAIN_START) : events[from - 1].hash;
    for (size_t i = from; i <= n; i++) {
        g_autofree char *body = str_dup(events[i].body);
        g_auto(GStrv) parts = g_strsplit(body, "\"verb\":\"submit\"", 2);
        g_autofree char *forged = g_strjoinv("\"verb\":\"accept\"", parts);
        char hash[65];
        chain_hash(previous, str_from(forged), hash);
        g_string_append_printf(sql, "UPDATE event SET verb = 'accept', body = '%s', hash = '%s' WHERE seq = %zu;", forged, hash, i);
        previous = arena_str(f->arena, str_from(hash));
    }
    meddle(f, sql->str);
}

/* --- The chain alone ------------------------------------------------------------------------------------------------------------ */

static void test_an_empty_chain_is_sound(Fixture *f)
{
    assert_ok(f, 0);
    g_assert_cmpstr(verify(f).head.hash, ==, CHAIN_START);
}

static void test_events_follow_each_other(Fixture *f)
{
    append(f, 5, 3);
    assert_ok(f, 15);
    size_t n;
    Event *events = read_chain(f, &n);
    char hash[65];
    chain_hash(STR(CHAIN_START), events[1].body, hash);
    g_assert_true(str_eq(events[1].hash, str_from(hash)));
    g_assert_true(str_eq(events[1].body, STR("{\"account\":\"00000000000000000000000acc\",\"at\":1000,\"data\":{\"set\":{\"state\":\"submitted\"}},"
                                             "\"object\":{\"kind\":\"task\",\"uid\":\"b\"},\"seq\":1,\"verb\":\"submit\",\"via\":\"http\"}")));
}

static void test_what_fails_leaves_no_event(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    append(f, 1, 1);
    Append failing = { 5, "c", 2, true };
    g_assert_false(db_write(f->db, DB_INTERACTIVE, append_in_tx, &failing, &err));
    append(f, 1, 1);
    assert_ok(f, 2);
}

static void test_an_altered_text_is_found(Fixture *f)
{
    append(f, 6, 1);
    meddle(f, "UPDATE event SET body = replace(body, '\"at\":1002', '\"at\":1999'), at = 1999 WHERE seq = 3");
    assert_found(f, 3, "hash-differs");
    g_assert_cmpuint(verify(f).n_problems, ==, 1); /* what follows is still bound to the hash that was */
}

static void test_an_altered_column_is_found(Fixture *f)
{
    static const char *const changes[] = {
        "at = 7", "verb = 'cancel'", "object_kind = 'plan'", "object_uid = 'z'", "account_uid = 'somebody'", "account_uid = NULL",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        append(f, 2, 1);
        g_autofree char *sql = g_strdup_printf("UPDATE event SET %s WHERE seq = %zu", changes[i], 2 * i + 1);
        meddle(f, sql);
        assert_found(f, (int64_t) (2 * i + 1), "column-differs");
    }
    meddle(f, "UPDATE event SET hash = 'ff' WHERE seq = 2");
    assert_found(f, 2, "hash-differs");
    assert_found(f, 3, "hash-differs");
}

static void test_another_writing_of_the_same_is_found(Fixture *f)
{
    append(f, 2, 1);
    size_t n;
    Event *events = read_chain(f, &n);
    g_autofree char *spaced = g_strdup_printf(" " STR_FMT, STR_ARG(events[2].body));
    char hash[65];
    chain_hash(events[1].hash, str_from(spaced), hash);
    g_autofree char *sql = g_strdup_printf("UPDATE event SET body = '%s', hash = '%s' WHERE seq = 2", spaced, hash);
    meddle(f, sql);
    assert_found(f, 2, "not-canonical");
}

static void test_a_deleted_event_is_found(Fixture *f)
{
    append(f, 6, 1);
    meddle(f, "DELETE FROM event WHERE seq = 4");
    assert_found(f, 5, "seq-gap");
    assert_found(f, 5, "hash-differs");
}

static void test_a_deleted_beginning_is_found(Fixture *f)
{
    append(f, 3, 1);
    meddle(f, "DELETE FROM event WHERE seq = 1");
    assert_found(f, 2, "seq-gap");
}

static void test_a_closed_gap_is_found(Fixture *f)
{
    append(f, 6, 1);
    meddle(f, "DELETE FROM event WHERE seq = 4");
    meddle(f, "UPDATE event SET seq = 4 WHERE seq = 5");
    assert_found(f, 4, "hash-differs");
    assert_found(f, 4, "column-differs");
}

static void test_an_inserted_event_is_found(Fixture *f)
{
    append(f, 4, 1);
    meddle(f, "INSERT INTO event (seq, at, verb, object_kind, object_uid, account_uid, body, hash) "
              "SELECT 5, at, verb, object_kind, object_uid, account_uid, body, hash FROM event WHERE seq = 2");
    assert_found(f, 5, "hash-differs");
    assert_found(f, 5, "column-differs");
}

static void test_an_event_in_front_of_the_first_is_found(Fixture *f)
{
    append(f, 2, 1);
    meddle(f, "INSERT INTO event (seq, at, verb, object_kind, object_uid, account_uid, body, hash) "
              "SELECT -3, at, verb, object_kind, object_uid, account_uid, body, hash FROM event WHERE seq = 1");
    assert_found(f, -3, "seq-gap");
}

static void test_reordered_events_are_found(Fixture *f)
{
    append(f, 6, 1);
    meddle(f, "UPDATE event SET seq = 100 WHERE seq = 2");
    meddle(f, "UPDATE event SET seq = 2 WHERE seq = 4");
    meddle(f, "UPDATE event SET seq = 4 WHERE seq = 100");
    assert_found(f, 2, "hash-differs");
    assert_found(f, 4, "hash-differs");
}

static void count_progress(int64_t done, int64_t total, void *data)
{
    g_assert_cmpint(done, <=, total);
    *(int64_t *) data = done;
}

static void test_a_long_chain_is_read_in_steps(Fixture *f)
{
    enum { EVENTS = 20500 }; /* more than two steps */
    g_autoptr(GError) err = NULL;
    int64_t done = 0;
    append(f, 1, EVENTS);
    AuditReport report;
    audit_verify(f->db, f->arena, count_progress, &done, &report, &err);
    g_assert_no_error(err);
    g_assert_cmpint(done, ==, EVENTS);
    g_assert_cmpint(report.events, ==, EVENTS);
    g_assert_cmpuint(report.n_problems, ==, 0);
    meddle(f, "UPDATE event SET body = 'x'");
    report = verify(f);
    g_assert_cmpuint(report.n_problems, ==, 100); /* the first hundred */
    g_assert_cmpint(report.problems[0].seq, ==, 1);
}

/* --- Many at once ------------------------------------------------------------------------------------------------------------------ */

enum { WRITERS = 8, WORKS_EACH = 25 };

static gpointer write_events(gpointer data)
{
    Fixture *f = data;
    for (int i = 0; i < WORKS_EACH; i++) {
        g_autoptr(GError) err = NULL;
        Append one = { 1000 + i, "x", 2, i % 5 == 4 };
        bool done = db_write(f->db, i % 3 ? DB_INTERACTIVE : DB_BULK, append_in_tx, &one, &err);
        g_assert_true(done == !one.fail);
    }
    return NULL;
}

static void test_many_writers_keep_one_chain(Fixture *f)
{
    GThread *threads[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        threads[i] = g_thread_new("writer", write_events, f);
    for (int i = 0; i < WRITERS; i++)
        g_thread_join(threads[i]);
    assert_ok(f, WRITERS * 2 * (WORKS_EACH - WORKS_EACH / 5));
}

/* --- Anchors ---------------------------------------------------------------------------------------------------------------------- */

static void add_anchor(Fixture *f, GString *anchors)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    AuditHead head;
    g_assert_true(audit_head(conn, f->arena, &head, &err));
    g_assert_true(audit_anchor_make(&head, "2026-03-20T09:00:00+08:00", f->keys, anchors, &err));
}

static AuditReport check_anchors(Fixture *f, const char *anchors)
{
    g_autoptr(GError) err = NULL;
    AuditReport report = verify(f);
    audit_anchor_check(f->db, f->arena, str_from(anchors), f->keys, &report, &err);
    g_assert_no_error(err);
    return report;
}

static void test_anchors_hold_while_the_chain_grows(Fixture *f)
{
    g_autoptr(GString) anchors = g_string_new(NULL);
    add_anchor(f, anchors); /* of an empty chain */
    for (int i = 0; i < 3; i++) {
        append(f, 2, 1);
        add_anchor(f, anchors);
    }
    append(f, 1, 1);
    g_string_append(anchors, "\n  \n"); /* empty lines are none */
    g_assert_cmpuint(check_anchors(f, anchors->str).n_problems, ==, 0);
}

static void test_a_rewritten_chain_is_found_by_its_anchor_only(Fixture *f)
{
    g_autoptr(GString) anchors = g_string_new(NULL);
    append(f, 5, 1);
    add_anchor(f, anchors);
    append(f, 2, 1);
    forge_from(f, 3);
    g_assert_cmpuint(verify(f).n_problems, ==, 0);
    AuditReport report = check_anchors(f, anchors->str);
    g_assert_cmpuint(report.n_problems, ==, 1);
    g_assert_true(has(&report, 5, "anchor-differs"));
}

static void test_a_cut_chain_is_found_by_its_anchor_only(Fixture *f)
{
    g_autoptr(GString) anchors = g_string_new(NULL);
    append(f, 3, 1);
    add_anchor(f, anchors);
    append(f, 3, 1);
    add_anchor(f, anchors);
    meddle(f, "DELETE FROM event WHERE seq > 4");
    g_assert_cmpuint(verify(f).n_problems, ==, 0);
    AuditReport report = check_anchors(f, anchors->str);
    g_assert_cmpuint(report.n_problems, ==, 1);
    g_assert_true(has(&report, 6, "anchor-ahead"));
    append(f, 4, 1); /* and it does not help to let it grow again */
    report = check_anchors(f, anchors->str);
    g_assert_true(has(&report, 6, "anchor-differs"));
}

static void test_a_forged_anchor_is_found(Fixture *f)
{
    static const char *const parts[][2] = { { "\"seq\":3", "\"seq\":2" }, { "\"at\":\"2026", "\"at\":\"2025" }, { "\"hash\":\"", "\"hash\":\"0" } };
    g_autoptr(GString) anchors = g_string_new(NULL);
    append(f, 3, 1);
    add_anchor(f, anchors);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_auto(GStrv) halves = g_strsplit(anchors->str, parts[i][0], 2);
        g_autofree char *forged = g_strjoinv(parts[i][1], halves);
        AuditReport report = check_anchors(f, forged);
        g_assert_cmpuint(report.n_problems, ==, 1);
        g_assert_cmpstr(report.problems[0].code, ==, "anchor-forged");
    }
}

/* An anchor after an attack needs the key: one made with another key is none. */
static void test_an_anchor_of_another_key_is_forged(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) anchors = g_string_new(NULL);
    g_autofree char *path = temp_dir_join(f->folder, "other-key");
    append(f, 2, 1);
    g_assert_true(key_file_create(path, 20000, &err));
    KeyRing *own = f->keys;
    f->keys = key_ring_load(path, &err);
    add_anchor(f, anchors);
    key_ring_free(f->keys);
    f->keys = own;
    AuditReport report = check_anchors(f, anchors->str);
    g_assert_cmpuint(report.n_problems, ==, 1);
    g_assert_cmpstr(report.problems[0].code, ==, "anchor-forged");
}

static void test_old_anchors_hold_after_the_keys_were_rotated(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) anchors = g_string_new(NULL);
    g_autofree char *path = temp_dir_join(f->folder, "key");
    append(f, 2, 1);
    add_anchor(f, anchors);
    KeyRing *before = f->keys;
    g_assert_true(key_file_rotate(path, 20001, &err));
    f->keys = key_ring_load(path, &err);
    g_assert_no_error(err);
    append(f, 2, 1);
    add_anchor(f, anchors);
    g_assert_nonnull(strstr(anchors->str, "\"key\":2"));
    g_assert_cmpuint(check_anchors(f, anchors->str).n_problems, ==, 0);
    AuditReport report = verify(f);
    g_assert_false(audit_anchor_check(f->db, f->arena, str_from(anchors->str), before, &report, &err)); /* who has the old keys only cannot tell */
    g_assert_cmpstr(error_get_at(err), ==, "line 2");
    assert_refused(&err, BH_NOT_FOUND, NULL);
    key_ring_free(before);
}

static void test_a_line_that_is_no_anchor_is_refused(Fixture *f)
{
    static const char *const lines[] = { "hello", "{}", "{\"seq\":-1}", "{\"at\":1,\"hash\":\"a\",\"key\":1,\"mac\":\"a\",\"seq\":1}", "[1]" };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) err = NULL;
        AuditReport report = verify(f);
        g_assert_false(audit_anchor_check(f->db, f->arena, str_from(lines[i]), f->keys, &report, &err));
        g_assert_cmpstr(error_get_at(err), ==, "line 1");
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
}

static void test_digests_tell_texts_apart_and_nothing_else(void)
{
    g_autoptr(Arena) arena = arena_new();
    Str one = audit_digest(arena, STR("one")), same = audit_digest(arena, STR("one")), other = audit_digest(arena, STR("One"));
    g_assert_true(str_eq(one, same));
    g_assert_false(str_eq(one, other));
    g_assert_true(str_starts(one, STR("sm3:")));
    g_assert_cmpuint(one.n, ==, 36);
}

/* --- The proof as a file ------------------------------------------------------------------------------------------------------ */

static Str proof_of(Fixture *f, int64_t from, int64_t to, const char *anchors)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    StringSink sink = { text, 1024 * 1024 };
    audit_proof_write(f->db, from, to, str_from(anchors), "2026-03-20T09:00:00+08:00", f->keys, sink_to_string(&sink), &err);
    g_assert_no_error(err);
    return arena_str(f->arena, str_from_gstring(text));
}

/* How many problems; -1: it is no proof at all. */
static int problems_of(Fixture *f, Str proof, const KeyRing *keys, Str head, const char *code)
{
    g_autoptr(GError) err = NULL;
    AuditReport report;
    if (!audit_proof_check(proof, keys, head, f->arena, &report, &err)) {
        g_assert_false(g_error_matches(err, BH_ERROR, BH_INTERNAL));
        return -1;
    }
    bool named = !code;
    for (size_t i = 0; i < report.n_problems; i++)
        named |= code && g_str_equal(report.problems[i].code, code);
    if (!named)
        g_error("no '%s' among %zu problems", code, report.n_problems);
    return (int) report.n_problems;
}

static void test_a_proof_holds_without_the_store(Fixture *f)
{
    g_autoptr(GString) anchors = g_string_new(NULL);
    append(f, 2, 2);
    add_anchor(f, anchors);
    append(f, 3, 1);
    AuditReport report = verify(f);
    Str whole = proof_of(f, 1, 0, anchors->str), part = proof_of(f, 3, 6, anchors->str), none = proof_of(f, 8, 0, "");
    g_assert_cmpint(problems_of(f, whole, f->keys, str_from(report.head.hash), NULL), ==, 0);
    g_assert_cmpint(problems_of(f, whole, NULL, STR_NONE, NULL), ==, 0);
    g_assert_cmpint(problems_of(f, part, f->keys, STR_NONE, NULL), ==, 0);
    g_assert_cmpint(problems_of(f, part, NULL, str_from(report.head.hash), "head-unknown"), ==, 1); /* it ends before that one */
    g_assert_cmpint(problems_of(f, none, f->keys, STR_NONE, NULL), ==, 0);
    g_assert_cmpint(problems_of(f, STR("hello"), NULL, STR_NONE, NULL), ==, -1);
}

/* Every byte of it counts: with the key none can be another. */
static void test_each_changed_byte_of_a_proof_is_found(Fixture *f)
{
    g_autoptr(GString) anchors = g_string_new(NULL);
    append(f, 2, 1);
    add_anchor(f, anchors);
    Str proof = proof_of(f, 1, 0, anchors->str);
    char *bytes = str_dup(proof);
    for (size_t i = 0; i + 1 < proof.n; i++) {
        bytes[i] ^= 1;
        if (problems_of(f, (Str) { bytes, proof.n }, f->keys, STR_NONE, NULL) == 0)
            g_error("byte %zu of %zu may be another: %.60s", i, proof.n, bytes + (i > 30 ? i - 30 : 0));
        bytes[i] ^= 1;
    }
    g_free(bytes);
}

/* Lines from..to leave it. */
static Str without_lines(Fixture *f, Str proof, int from, int to)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int at = 0;
    for (Str rest = proof; rest.p; at++) {
        Str line = str_cut(&rest, '\n');
        if (line.n > 0 && (at < from || at > to))
            g_string_append_printf(text, STR_FMT "\n", STR_ARG(line));
    }
    return arena_str(f->arena, str_from_gstring(text));
}

static void test_cut_and_swapped_proofs_are_found(Fixture *f)
{
    append(f, 5, 1);
    Str proof = proof_of(f, 1, 0, "");
    problems_of(f, without_lines(f, proof, 6, 6), f->keys, STR_NONE, "head-missing");
    problems_of(f, without_lines(f, proof, 5, 5), NULL, STR_NONE, "head-differs");  /* the last event */
    problems_of(f, without_lines(f, proof, 3, 3), NULL, STR_NONE, "seq-gap");
    problems_of(f, without_lines(f, proof, 1, 1), NULL, STR_NONE, "seq-gap");       /* the first */
    Str lines[8], rest = proof;
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        lines[i] = str_cut(&rest, '\n');
    Str swapped = arena_printf(f->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(lines[0]), STR_ARG(lines[1]),
                               STR_ARG(lines[3]), STR_ARG(lines[2]), STR_ARG(lines[4]), STR_ARG(lines[5]), STR_ARG(lines[6]));
    problems_of(f, swapped, NULL, STR_NONE, "hash-differs");
    Str twice = arena_printf(f->arena, STR_FMT STR_FMT, STR_ARG(proof), STR_ARG(lines[5]));
    problems_of(f, twice, NULL, STR_NONE, "line-bad"); /* behind the end */
}

/* A proof that somebody made anew, without the key, holds in itself; the key, or a head known from elsewhere, tells. */
static void test_a_rewritten_proof_is_found_by_the_key_or_a_known_head(Fixture *f)
{
    append(f, 3, 1);
    AuditReport before = verify(f);
    Str head = arena_str(f->arena, str_from(before.head.hash));
    meddle(f, "DELETE FROM event WHERE seq = 3");
    g_autofree char *other_path = temp_dir_join(f->folder, "other-key");
    g_autoptr(GError) err = NULL;
    g_assert_true(key_file_create(other_path, 20000, &err));
    KeyRing *own = f->keys;
    f->keys = key_ring_load(other_path, &err);
    Str forged = proof_of(f, 1, 0, "");
    g_assert_cmpint(problems_of(f, forged, NULL, STR_NONE, NULL), ==, 0);
    problems_of(f, forged, own, STR_NONE, "anchor-forged");
    problems_of(f, forged, NULL, head, "head-unknown");
    key_ring_free(f->keys);
    f->keys = own;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "an-empty-chain-is-sound", test_an_empty_chain_is_sound },
        { "events-follow-each-other", test_events_follow_each_other },
        { "what-fails-leaves-no-event", test_what_fails_leaves_no_event },
        { "an-altered-text-is-found", test_an_altered_text_is_found },
        { "an-altered-column-is-found", test_an_altered_column_is_found },
        { "another-writing-of-the-same-is-found", test_another_writing_of_the_same_is_found },
        { "a-deleted-event-is-found", test_a_deleted_event_is_found },
        { "a-deleted-beginning-is-found", test_a_deleted_beginning_is_found },
        { "a-closed-gap-is-found", test_a_closed_gap_is_found },
        { "an-inserted-event-is-found", test_an_inserted_event_is_found },
        { "an-event-in-front-of-the-first-is-found", test_an_event_in_front_of_the_first_is_found },
        { "reordered-events-are-found", test_reordered_events_are_found },
        { "a-long-chain-is-read-in-steps", test_a_long_chain_is_read_in_steps },
        { "many-writers-keep-one-chain", test_many_writers_keep_one_chain },
        { "anchors-hold-while-the-chain-grows", test_anchors_hold_while_the_chain_grows },
        { "a-rewritten-chain-is-found-by-its-anchor-only", test_a_rewritten_chain_is_found_by_its_anchor_only },
        { "a-cut-chain-is-found-by-its-anchor-only", test_a_cut_chain_is_found_by_its_anchor_only },
        { "a-forged-anchor-is-found", test_a_forged_anchor_is_found },
        { "an-anchor-of-another-key-is-forged", test_an_anchor_of_another_key_is_forged },
        { "old-anchors-hold-after-the-keys-were-rotated", test_old_anchors_hold_after_the_keys_were_rotated },
        { "a-proof-holds-without-the-store", test_a_proof_holds_without_the_store },
        { "each-changed-byte-of-a-proof-is-found", test_each_changed_byte_of_a_proof_is_found },
        { "cut-and-swapped-proofs-are-found", test_cut_and_swapped_proofs_are_found },
        { "a-rewritten-proof-is-found-by-the-key-or-a-known-head", test_a_rewritten_proof_is_found_by_the_key_or_a_known_head },
        { "a-line-that-is-no-anchor-is-refused", test_a_line_that_is_no_anchor_is_refused },
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audit/digests", test_digests_tell_texts_apart_and_nothing_else);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("audit", tests[i].name, false, tests[i].test);
    return g_test_run();
}
