/* arrive.h: everything that arrives, whatever the channel: its bytes in the blob store and a row, before anything is done with it. So nothing that was acknowledged is lost, what comes twice is taken once,
 * and every record can be followed back to the file that brought it.
 *
 *     blob_put(...)                        the bytes are durable
 *     hub_arrive(tx, &arrival, ...)        the row: waiting. Or it was here before: ret->again
 *     hub_intake_run(hub, id, ...)         by a job, or while the sender waits: checking, then asking, applying, done, refused or failed
 *
 * States: waiting ─▶ checking ─▶ (asking ─▶) done: taken in, as the result says. refused: read, and nothing of it stored (strict, cancelled, nothing in it that fits). failed: not for the
 * file's sake (the disk, our own mistake): may be tried again. */
#pragma once

#include "base/json.h"
#include "hub/hub.h"

typedef enum { HUB_BY_COMMAND, HUB_BY_UPLOAD, HUB_BY_DROP, HUB_BY_API, HUB_BY_FHIR, HUB_BY_MLLP, HUB_BY_FORM } HubChannel;
extern const char *const hub_channels[]; /* ended by NULL */

enum {
    HUB_MAPPING_COLUMNS = 1000, /* of one mapping */
    HUB_LOOK_BYTES = 4 * 1024 * 1024, /* what a preview looks at */
};

/* How a file is read; zeroed: everything by content. As ingest/reader.h means them. */
typedef struct {
    Str encoding, sheet;
    char delimiter;
    int64_t header_row;
} HubFileOptions;

/* What is to be done with it. Zeroed: add what it holds to the dataset that fits. */
typedef struct {
    Str dataset;      /* pack.dataset; p NULL: that which its columns fit, and of FHIR and HL7 all that it gives */
    Str mapping;      /* uid; p NULL: the last used one of the sender that fits */
    const HubColumn *columns; /* a mapping for this once; NULL: none */
    size_t n_columns;
    HubFileOptions options;
    HubMode mode;
    Period period;    /* 0: none */
    bool strict, dry_run;
    bool sure;        /* asked and answered: deletes also many */
} HubWish;

/* A wish as JSON, `options` of the store and of the API: {"options":{…},"columns":[…],"dry_run":true,…}. Reading: BH_BAD_INPUT with `at`. Texts in arena. */
void hub_wish_write(JsonWriter *json, const HubWish *wish);
bool hub_options_read(const JsonValue *object, HubFileOptions *ret_options, GError **err); /* the members of Options; NULL: none */
bool hub_columns_read(const JsonValue *array, Arena *arena, const HubColumn **ret_columns, size_t *ret_n, GError **err);
void hub_columns_write(JsonWriter *json, const HubColumn *columns, size_t n);
void hub_options_write(JsonWriter *json, const HubFileOptions *options);

typedef struct {
    HubChannel channel;
    int64_t org;      /* who sends */
    int64_t account;  /* DB_NULL_INT: a machine */
    Str source;       /* what the sender calls the system that sends; may be empty */
    Str message_id;   /* what that calls the message; p NULL: nothing */
    Str name;         /* of the file */
    const char *format; /* of ingest_formats */
    BlobId blob;      /* where its bytes are, durable */
    int64_t size;     /* its own */
    int64_t at;       /* from which byte of the blob on: several messages may share one; with n > 0 */
    int64_t n;        /* how many; 0: all */
    HubWish wish;
} HubArrival;

typedef struct {
    int64_t id;
    Str uid;
    bool again; /* it was here: this is the arrival that it was then */
} HubArrived;

/* A row in the caller's transaction. `again`: the same message_id of the sender's source; or the same bytes for the same dataset in the same mode, with nothing of this sender and dataset between (then
 * to do it again would change nothing). BH_BAD_INPUT "dataset-unknown", "mapping-unknown", "mode-needs-period". */
bool hub_arrive(DbConn *tx, const HubArrival *arrival, int64_t now_ms, Arena *arena, HubArrived *ret, GError **err);

/* Reads, checks, applies; the row says how it ended, and why not. False only where the end could not be written, or BH_UNAVAILABLE and the like ended it: then it is waiting as before, and may be run again.
 * An arrival that has ended is left as it is. told may be NULL. */
bool hub_intake_run(Hub *hub, int64_t id, HubTold told, void *data, GError **err);

/* Whether somebody carries it out now: a job, or a request whose sender waits. */
bool hub_intake_is_run(Hub *hub, int64_t id);

/* A record that is being filled in: read and checked as an arrival of `org` would be; neither its bytes nor a row of it are stored. The result is written as that of an arrival. BH_BAD_INPUT as hub_import. */
typedef struct {
    const PackDataset *dataset; /* its packs outlive the call */
    int64_t org;
    Period period; /* of an aggregate; 0: none */
    Str json;      /* a list of one object, by ids */
    HubOne *one;
} HubTry;
bool hub_try(Hub *hub, const HubTry *wanted, Arena *arena, GString *result, GError **err);

/* Ends what nobody wants any more: waiting or asking becomes refused, "cancelled". BH_CONFLICT "wrong-state". */
bool hub_intake_cancel(DbConn *tx, int64_t id, Str reason, int64_t now_ms, GError **err);

/* Makes it wait again: one that failed, was refused, or asks, with a wish in place of its own (mode, period, dataset and strict stay). BH_CONFLICT "wrong-state". */
bool hub_intake_again(DbConn *tx, int64_t id, const HubWish *wish, GError **err);

/* The wish of an arrival, from its row. Texts in arena. */
bool hub_intake_wish(DbConn *conn, int64_t id, Arena *arena, HubWish *ret_wish, GError **err);

/* --- What a file's columns are (fit.c) --------------------------------------------------------------------------------------- */

/* Whether a dataset has a field, or an input of its subject, of this name in any of its languages; its id, or p NULL. *ret_how: "id", "name", "name_en", "also". */
Str hub_column_of(const PackDataset *dataset, Str heading, const char **ret_how);

/* A mapping that somebody keeps. */
typedef struct {
    int64_t id; /* DB_NULL_INT: none */
    Str uid, name;
    const HubColumn *columns;
    size_t n_columns;
} HubKept;

/* Of the mappings of a sender and dataset, and then of everybody's, that which was used last and whose columns the file has. */
bool hub_mapping_kept(DbConn *conn, int64_t org, const PackDataset *dataset, const IngestTable *table, Arena *arena, HubKept *ret, GError **err);

bool hub_options_said(const HubFileOptions *options); /* any of them */

/* What an import would make of a table's columns. `import`: dataset, org, columns; `first`: its first rows, or none. */
typedef struct {
    int type; /* PackType; -1: the column is nothing */
    Str name, name_en;
} HubSeen;
typedef struct {
    const HubHeader *headers; /* by column, as of HubResult */
    const HubSeen *seen;      /* by column */
} HubLook;
bool hub_look(Hub *hub, const HubImport *import, const IngestBatch *first, Arena *arena, HubLook *ret, GError **err);

/* All names that headings of a dataset may have, for IngestOptions.known. */
const Str *hub_known_headings(const PackDataset *const *datasets, size_t n_datasets, Arena *arena, size_t *ret_n);

/* How many of the columns are known, and of the required fields are there. */
typedef struct {
    const PackDataset *dataset;
    size_t known, columns, required, required_there;
} HubFit;

/* The datasets that have at least one of the columns, best first: required fields, then columns known, then the order of packs. */
const HubFit *hub_fits(const PacksRef *packs, const Str *columns, size_t n_columns, Arena *arena, size_t *ret_n);
