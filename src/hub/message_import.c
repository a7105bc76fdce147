/* Messages that were taken, imported together: of one sender, a reader with as many inputs, a batch a dataset. Begun anew after a crash it changes nothing that is there already. */
#include "hub/message.h"

#include "base/limits.h"
#include "db/queries.h"

#include "base/banned.h"

typedef struct {
    int64_t id;
    Str bytes;
} Waiting;

typedef struct {
    Hub *hub;
    const HubOptions *open;
    Arena *arena;
    GHashTable *blobs; /* Str * → GString * */
    int64_t org;
    ARENA_LIST(Waiting) messages;
    Str result;
} Work;

static void free_blob(gpointer blob)
{
    g_string_free(blob, TRUE);
}

static GString *blob_of(Work *work, Str sha256, GError **err)
{
    BlobId id;
    GString *blob = g_hash_table_lookup(work->blobs, &sha256);
    if (blob)
        return blob;
    if (!hex_read(sha256, HASH_SIZE, id.bytes)) {
        error_set(err, BH_INTERNAL, "'" STR_FMT "' is no blob's name", STR_ARG(sha256));
        return NULL;
    }
    blob = blob_get(work->open->blobs, id, LIMIT_FILE_BYTES, err);
    Str *key = ARENA_NEW(work->arena, Str);
    *key = arena_str(work->arena, sha256);
    if (blob)
        g_hash_table_insert(work->blobs, key, blob);
    return blob;
}

static bool message_of(Work *work, const MessagesWaitingRow *row, GError **err)
{
    int64_t at = 0, n = 0;
    const JsonValue *options = json_parse(arena_str(work->arena, row->options), work->arena, err);
    GString *blob = options && json_opt_int(options, "at", 0, INT64_MAX, &at, err) && json_opt_int(options, "n", 0, INT64_MAX, &n, err) ? blob_of(work, row->sha256, err) : NULL;
    if (!blob)
        return false;
    if (at > (int64_t) blob->len || n > (int64_t) blob->len - at)
        return error_set(err, BH_INTERNAL, "a message lies outside its blob");
    work->org = row->org;
    *ARENA_PUSH(work->arena, &work->messages) = (Waiting) { row->id, { blob->str + at, (size_t) n } };
    return true;
}

static bool find_waiting(Work *work, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(work->open->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, MessagesWaiting, err, .limit = HUB_MESSAGES_MOST) : NULL;
    for (MessagesWaitingRow row; rows && db_next(rows, &row, err);)
        if (!message_of(work, &row, err))
            return false;
    return db_rows_ok(rows);
}

static bool gives_rows(Work *work, const IngestInput *inputs, const PackDataset *dataset, bool *ret_rows, GError **err)
{
    IngestOptions options = { .format = INGEST_HL7, .datasets = &dataset, .n_datasets = 1 };
    g_autoptr(IngestReader) reader = ingest_open(inputs, work->messages.n, &options, err);
    const IngestBatch *batch = NULL;
    *ret_rows = false;
    while (reader && !*ret_rows && ingest_next(reader, &batch, err) && batch)
        *ret_rows = batch->n_rows > 0;
    return reader && (*ret_rows || !batch);
}

static bool import_dataset(Work *work, const IngestInput *inputs, const PackDataset *dataset, HubTold told, void *data, GError **err)
{
    IngestOptions options = { .format = INGEST_HL7, .datasets = &dataset, .n_datasets = 1 };
    HubImport import = { .dataset = dataset, .org = work->org, .intake = work->messages.v[work->messages.n - 1].id };
    HubResult result;
    g_autoptr(IngestReader) reader = ingest_open(inputs, work->messages.n, &options, err);
    return reader && hub_import(work->hub, &import, reader, told, data, work->arena, &result, err);
}

static bool end_in_tx(DbConn *tx, void *data, GError **err)
{
    const Work *work = data;
    int64_t now = clock_now_ms(work->open->clock);
    for (size_t i = 0; i < work->messages.n; i++)
        if (!db_exec(tx, IntakeEnd, NULL, err, .id = work->messages.v[i].id, .state = STR("done"), .finished = now))
            return false;
    return true;
}

static bool import_all(Work *work, HubTold told, void *data, GError **err)
{
    g_autoptr(PacksRef) packs = hub_packs(work->hub);
    IngestInput *inputs = ARENA_ARRAY(work->arena, IngestInput, work->messages.n);
    for (size_t i = 0; i < work->messages.n; i++)
        inputs[i] = (IngestInput) { .name = arena_printf(work->arena, "%zu", i + 1).p, .bytes = work->messages.v[i].bytes };
    for (size_t p = 0; p < packs_count(packs); p++)
        for (size_t d = 0; d < packs_get(packs, p)->datasets.n; d++) {
            const PackDataset *dataset = &packs_get(packs, p)->datasets.v[d];
            bool any;
            if (!ingest_takes(dataset, INGEST_HL7))
                continue;
            if (!gives_rows(work, inputs, dataset, &any, err) || (any && !import_dataset(work, inputs, dataset, told, data, err)))
                return false;
        }
    return db_write(work->open->db, DB_MESSAGES, end_in_tx, work, err);
}

bool hub_messages_import(Hub *hub, HubTold told, void *data, size_t *ret_n, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GHashTable) blobs = g_hash_table_new_full(str_hash, str_equal, NULL, free_blob);
    Work work = { .hub = hub, .open = hub_open(hub), .arena = arena, .blobs = blobs };
    if (!find_waiting(&work, err) || (work.messages.n > 0 && !import_all(&work, told, data, err)))
        return false;
    *ret_n = work.messages.n;
    return true;
}
