/* audit.h: the event log: append in the caller's transaction, verify, anchor. Knows no subject.
 *
 * An event is canonical JSON (base/json.h), its text stored as hashed:
 *     {"account":"uid"|null,"at":ms,"data":{…},"for":"uid","object":{"kind":"task","uid":"…"},"seq":7,"token":"uid","verb":"submit","via":"http"}
 * ("for" only where a deputy acted, "token" only where a token stood for the account)
 * and its hash is SM3(hash of the one before, 64 hex digits, '\n', text). The first follows 64 zeros. Data hold ids, states and digests,
 * never personal values or what people wrote (those are named by audit_digest).
 *
 * The chain alone shows altered, lost and inserted events; it cannot show that somebody with all rights on the database computed a whole
 * new chain or cut its end off. For that an anchor holds (seq, hash) under an HMAC with a key that is not in the store. */
#pragma once

#include "base/crypto.h"
#include "base/key.h"
#include "db/db.h"

typedef struct {
    Str account;     /* uid of the account that did it; STR_NONE: the engine */
    const char *via; /* "http", "socket", "command", "engine" */
    int64_t at_ms;
    Str token;       /* uid of the API token by which it came, or STR_NONE */
} AuditWho;

typedef struct {
    const char *kind; /* "task", "document", "account" … */
    Str uid;
} AuditObject;

/* Appends an event to the transaction; it gets its number and hash as the transaction's last step. `data` is one JSON object in
 * canonical form ("{}" for none). All is copied. Cannot fail before the end of the transaction. Returns its place among the events of this
 * transaction, for audit_seq. */
size_t audit_append(DbConn *tx, const AuditWho *who, const char *verb, AuditObject object, Str data);

/* The number of such an event, for a hook (db_before_commit) that was added after audit_append: by then it has one. */
int64_t audit_seq(DbConn *tx, size_t place);

/* From here on the events of this part of the transaction say for whom they were done: the account that a deputy acts for, or STR_NONE. */
void audit_on_behalf(DbConn *tx, Str account);

/* "sm3:" and the first 32 hex digits of the SM3 of a text that itself may not stand in an event. Lives in arena. */
Str audit_digest(Arena *arena, Str text);

typedef struct {
    int64_t seq; /* 0: no event yet */
    char hash[65];
} AuditHead;

bool audit_head(DbConn *conn, Arena *arena, AuditHead *ret_head, GError **err);

typedef struct {
    int64_t events;
    AuditHead head;
    const struct AuditProblem {
        int64_t seq;
        const char *code; /* seq-gap, hash-differs, column-differs, not-canonical, anchor-ahead, anchor-differs, anchor-forged */
    } *problems;          /* the first hundred */
    size_t n_problems;
} AuditReport;

typedef void (*AuditProgress)(int64_t done, int64_t total, void *data);

/* Reads the whole chain, in steps of at most 10,000 events so that no read transaction grows old. progress may be NULL.
 * Fails only when it cannot read; what is wrong with the chain is in the report. */
bool audit_verify(Db *db, Arena *arena, AuditProgress progress, void *data, AuditReport *ret_report, GError **err);

/* --- The proof as a file: it can be held without the store, by somebody else ------------------------------------------------
 * Lines of JSON: {"from","kind":"bihuan-audit-proof","made","previous","version":1}; each event {"body","hash","seq"} with its exact text; each anchor in the
 * range {"anchor":{…}}; at the end {"events":812,"head":{an anchor of the last event, made now}}. */

/* Events from `from` (at least 1) to `to` (0: the last). anchors: the text of anchor files. `made`: an instant in text. Read in steps, so it may take its time. */
bool audit_proof_write(Db *db, int64_t from, int64_t to, Str anchors, const char *made, const KeyRing *keys, Sink sink, GError **err);

/* All anchor files of a data folder, one behind the other; "" before the first day has passed. */
GString *audit_anchors_read(const char *data_dir, GError **err);

/* Holds such a file. keys NULL: the chain and what the anchors say, but not who made them. head: a hash known from elsewhere (the foot of a printed
 * report) that some event must have, or STR_NONE. Problems besides those of the chain: line-bad, first-differs (previous is not what the whole chain begins
 * with), head-missing, head-differs, head-unknown. Fails with BH_BAD_INPUT for a file that is no such proof. */
bool audit_proof_check(Str text, const KeyRing *keys, Str head, Arena *arena, AuditReport *ret_report, GError **err);

/* Anchors: one line of JSON {"at","hash","key","mac","seq"}. audit_anchor_make appends one to `out`; audit_anchor_check holds every line of
 * such a file against the chain and adds to the report's problems; a line that is no anchor, or made with a key that is not there, is an error. `at` is an instant in text. */
bool audit_anchor_make(const AuditHead *head, const char *at, const KeyRing *keys, GString *out, GError **err);
bool audit_anchor_check(Db *db, Arena *arena, Str anchors, const KeyRing *keys, AuditReport *report, GError **err);
