/* signals.h: what a lower layer noticed, for one above it to act on: a score under its line, an outbreak, something overdue. The one who notices writes a signal in his own
 * transaction and calls nobody; the ledger takes each once. Knows no subject: what it is about is words.
 *
 *     open ──▶ taken (a task stands for it) ──▶ cleared (it is over) ──▶ done (the ledger acted on that, too)
 *       └───────────────── over before anybody took it ─────────────────▶ done */
#pragma once

#include "org/org.h"

typedef struct {
    const char *kind; /* "quality" */
    Str subject;      /* with kind, what is noticed once while it lasts: "pack.dataset/ORG" */
    Str what;         /* the name of what it is about, as its layer calls it */
    int64_t org;      /* whom it concerns */
    Period period;    /* the latest in which it was so */
    int64_t value, line; /* in millionths */
    Str params;       /* a JSON object: what a sentence of it needs */
} SignalSeen;

/* It is so. A new signal, or the one that lasts with what is known now. ret_new (may be NULL). */
bool signal_raise(DbConn *tx, const SignalSeen *seen, int64_t now_ms, bool *ret_new, GError **err);

/* It is no longer so; `value` is what it is now. Nothing happens where none lasts. */
bool signal_clear(DbConn *tx, const char *kind, Str subject, int64_t value, int64_t now_ms, GError **err);

typedef struct {
    int64_t id, org, value, line, version;
    Str uid, kind, subject, what, params, state, task; /* task: uid, or p NULL */
    Period period;
} Signal;

/* Those of a state, oldest first, at most `most`. In arena. */
bool signals_in(DbConn *conn, const char *kind, const char *state, size_t most, Arena *arena, Signal **ret_signals, size_t *ret_n, GError **err);

/* Whether something that a task stands for is still so. */
bool signal_lasts(DbConn *conn, Str task, bool *ret_lasts, GError **err);

/* A task stands for it now; it was acted on. BH_CONFLICT where it was changed in between (version). */
bool signal_take(DbConn *tx, const Signal *signal, Str task, GError **err);
bool signal_end(DbConn *tx, const Signal *signal, GError **err);
