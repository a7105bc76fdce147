/* relation.h: later documents against earlier ones: which items repeat, tighten, loosen or replace which; and the register of documents in force.
 *
 * The engine proposes, a person decides. An item and an earlier task are held beside each other where they share so many pairs of neighbouring
 * characters that they speak of the same thing; their targets and dates then say which way it goes. */
#pragma once

#include "ledger/ledger.h"

/* Kinds of relation: repeats tightens loosens replaces continues. */
extern const char relation_kinds[];

/* Looks for what the document says of earlier ones and keeps the proposals, up to three for an item; what was confirmed or rejected stays. Run after a
 * document is read, and when asked. May take a second for thousands of items: between transactions. ret_count may be NULL. */
bool relations_find(const Ledger *ledger, Str document_uid, int64_t *ret_count, GError **err);

/* Confirms or rejects a proposal, `kind` STR_NONE: as proposed. Who may edit or issue documents of the place decides (VERB_EDIT_DOCUMENT). A confirmed "replaces" of a whole document
 * ends the other's force the day before the new one's date. BH_BAD_INPUT, BH_NOT_FOUND, BH_FORBIDDEN. */
bool relation_decide(const Ledger *ledger, const Actor *actor, Str document_uid, Str relation_uid, Str state, Str kind, GError **err);

/* A relation by hand, confirmed at once. task_uid STR_NONE: of the whole document (item DB_NULL_INT, too). */
bool relation_add(const Ledger *ledger, const Actor *actor, Str document_uid, int64_t item, Str other_uid, Str task_uid, Str kind, GError **err);

typedef struct {
    Date from, to; /* to: DATE_NONE: until further notice */
    Str replaced_uid, replaced_title; /* by what */
    const char *state; /* "in_force", "replaced", "expired", "not_yet"; NULL: the document was never issued */
} DocumentForce;
DocumentForce document_force_on(Date from, Date to, bool replaced, Date today); /* from DATE_NONE: never issued */
bool document_force(DbConn *conn, Arena *arena, int64_t document, Date today, DocumentForce *ret_force, GError **err);

/* When a document holds, with a reason for the record. VERB_EDIT_DOCUMENT of its place; BH_CONFLICT "wrong-state" before it is issued; BH_BAD_INPUT for an end before the beginning. */
bool document_force_set(const Ledger *ledger, const Actor *actor, Str document_uid, Date from, Date to, Str reason, GError **err);

/* In the transaction that issues a document: in force from its own date (else today) to the end of the year that it plans, if it plans one. */
bool document_force_begin(DbConn *tx, int64_t document, const Draft *draft, Date today, GError **err);
