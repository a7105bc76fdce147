/* chain.h: private to audit: the hash that links one event to the one before. */
#pragma once

#include "audit/audit.h"
#include "base/json.h"

#define CHAIN_START "0000000000000000000000000000000000000000000000000000000000000000"

/* SM3(previous, '\n', body) as 64 hex digits. */
void chain_hash(Str previous, Str body, char ret_hex[static 65]);

/* The chain as far as it was held against itself. */
typedef struct {
    Arena *arena;
    ARENA_LIST(struct AuditProblem) problems; /* the first hundred */
    AuditHead head;
    int64_t events;
} ChainCheck;

void chain_problem(ChainCheck *check, int64_t seq, const char *code);

/* The next event: its number, the hash over the one before, and that its text is canonical. *ret_body: the tree of its text in arena, or NULL. */
void chain_check_event(ChainCheck *check, int64_t seq, Str body, Str hash, Arena *arena, const JsonValue **ret_body);

/* An anchor as it stands in a line of JSON. */
typedef struct {
    int64_t seq, key;
    Str hash, at, mac;
} Anchor;
bool anchor_read(const JsonValue *object, Anchor *ret_anchor, GError **err);

/* Whether it was made with our key; BH_NOT_FOUND where the key it names is not there. */
bool anchor_is_ours(const Anchor *anchor, const KeyRing *keys, bool *ret_ours, GError **err);
