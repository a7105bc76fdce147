/* document.h: private to ledger: what adding, editing, issuing and discarding a document have in common. */
#pragma once

#include "base/json.h"
#include "ledger/ledger.h"

/* Who wants to change which document, as he saw it. */
typedef struct {
    const Actor *actor;
    Str uid;
    int64_t version;
} DocumentWish;

/* The document inside the transaction that changes it: right and state (but for "issue"), then version. */
bool document_open(DbConn *tx, const DocumentWish *wish, const char *verb, Arena *arena, DocumentRow *ret_row, GError **err);

/* document_allowed as an error: BH_FORBIDDEN or BH_CONFLICT with its code and parameters. */
bool document_check(DbConn *tx, const User *user, const DocumentRow *row, const Draft *draft, const char *verb, Arena *arena, GError **err);

bool document_stale(int64_t present, GError **err); /* false, BH_CONFLICT "version-stale" */

/* data NULL: none. */
void document_event(DbConn *tx, const Actor *actor, const char *verb, Str uid, const GString *data);

/* A 文号 as it is compared: brackets and widths alike. */
Str doc_no_key(Str doc_no, Arena *arena);
