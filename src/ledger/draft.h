/* draft.h: private to ledger: from the stored model to the draft, in steps that add, load, edit and issue share.
 *
 * A draft is computed, never stored: the model as it was read, then every correction in its order, then what depends on them and on the organisations
 * (draft_build does all three). So a model that is read anew keeps the corrections. */
#pragma once

#include "base/json.h"
#include "ledger/ledger.h"

/* What a draft is made of beside the corrections. It never changes for a document, so it is fetched before a transaction begins. */
typedef struct {
    Str model, text, file_name;
    Str org_path; /* the document's unit */
    Date today;
} DraftSource;

bool document_source(const Ledger *ledger, Arena *arena, Str uid, DraftSource *ret_source, GError **err);

typedef struct {
    Str path, new_value;
} DraftStep;
typedef ARENA_LIST(DraftStep) DraftSteps;

typedef struct {
    Draft draft;
    Arena *arena;
    Str issuer_choice;   /* uid, or STR_NONE: not chosen */
    GHashTable *choices; /* Str * name to Str * uid: what a name means, as somebody said */
    GHashTable *seen;    /* Str *: keys of findings */
    DraftName *names;    /* all of them; draft.owners holds those of items that are not left out */
    size_t n_names;
    GHashTable *by_name; /* Str * to DraftName * in `names` */
} DraftWork;

void draft_work_clear(DraftWork *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DraftWork, draft_work_clear)

/* Fills an empty work. A model over the limits is BH_TOO_LARGE, one that is none BH_BAD_INPUT, a correction that does not fit BH_BAD_INPUT with `at` its
 * path. Errors of the store as they come. */
bool draft_build(DbConn *conn, const DraftSource *source, const DraftSteps *steps, Arena *arena, DraftWork *ret_work, GError **err);

/* The draft of a stored document with the corrections made so far; ret_last (may be NULL): the number of the last, 0 without. */
bool draft_of_document(DbConn *conn, const DraftSource *source, int64_t document, Arena *arena, DraftWork *ret_work, DraftSteps *ret_steps, int64_t *ret_last,
                       GError **err);

/* The first step of draft_build: the model alone. */
bool draft_parse(DraftWork *work, Str model, GError **err);

/* --- Paths --------------------------------------------------------------------------------------------------------- */

typedef struct PathRow PathRow;

/* Where a path leads in a draft. */
typedef struct {
    const PathRow *row;
    size_t item, part;
    Str name; /* of an owner, of a finding (its place or its key) */
} DraftSpot;

/* BH_BAD_INPUT with `at` the path: unknown, or to what is not there. */
bool draft_find(const DraftWork *work, Str path, DraftSpot *ret_spot, GError **err);

/* Sets what is there; a value that does not fit is BH_BAD_INPUT. */
bool draft_apply(DraftWork *work, const DraftSpot *spot, const JsonValue *value, GError **err);

/* Whether `old` is what stands there. */
bool draft_stands(const DraftWork *work, const DraftSpot *spot, const JsonValue *old);

/* The path to store: a finding by its key, because its place may become another's. */
Str draft_lasting_path(const DraftWork *work, const DraftSpot *spot, Str path, Arena *arena);

/* Whether the value there is the uid of an organisation (or null). */
bool draft_spot_is_org(const DraftSpot *spot);

/* --- Values ----------------------------------------------------------------------------------------------------------- */

/* How a kind of value is read from JSON into its place in the draft, and printed from there. `words`: what a word may be, separated by spaces. */
typedef struct {
    bool (*read)(const JsonValue *value, const char *words, Arena *arena, void *ret_place, GError **err);
    void (*print)(const void *place, JsonWriter *json);
} DraftType;

extern const DraftType draft_text;     /* Str, not empty */
extern const DraftType draft_text_opt; /* Str; null and "" are STR_NONE */
extern const DraftType draft_unit;     /* Str; null is "" */
extern const DraftType draft_word;     /* Str */
extern const DraftType draft_date;     /* Date; null is DATE_NONE */
extern const DraftType draft_bool;     /* bool */
extern const DraftType draft_decimal;  /* Str, in its shortest form */
extern const DraftType draft_decimal_opt;
extern const DraftType draft_status;   /* ItemStatus */

extern const char draft_ops[], draft_tenses[];

/* A target as the API has it, from and to JSON; place and removal are not part of it. */
bool draft_target_read(const JsonValue *value, Arena *arena, DraftTarget *ret_target, GError **err);
void draft_target_print(const DraftTarget *target, JsonWriter *json);
