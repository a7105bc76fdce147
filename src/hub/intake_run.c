/* An arrival carried out: its bytes as a reader, its columns by a mapping or by their names, each dataset in it imported, and how it ended written down. What a crash interrupts is begun anew, which changes
 * nothing that is there already; what a batch of it had brought in counts as it was counted then. */
#include <fcntl.h>
#include <unistd.h>

#include "hub/arrive.h"
#include "hub/intake_row.h"
#include "hub/result.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/problem.h"

#include "base/banned.h"

enum { IN_MEMORY_BYTES = 32 * 1024 * 1024 };

typedef struct {
    Hub *hub;
    const HubOptions *open;
    PacksRef *packs;
    Arena *arena;
    IntakeFindRow row;
    HubWish wish;
    int64_t at, n;
    GString *bytes; /* in memory, or */
    int fd;         /* a file that has no name */
    IngestFormat format;
    HubTold told;
    void *told_data;
    GString *result;
    JsonWriter json;
    int64_t mapping;     /* that was used, or DB_NULL_INT */
    const char *state;   /* how it ends */
    HubResult sum;
    bool asks;
} Run;

/* --- Its bytes ---------------------------------------------------------------------------------------------------------------- */

static bool write_piece(void *data, Str piece, GError **err)
{
    const int *fd = data;
    while (piece.n > 0) {
        ssize_t n = write(*fd, piece.p, piece.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set_errno(err, errno, "cannot unpack what arrived");
        piece = str_from_at(piece, (size_t) n);
    }
    return true;
}

/* Large files go to one without a name: it is nobody's when the process ends, however that ends. */
static bool unpack(Run *run, BlobId blob, GError **err)
{
    g_autofree char *folder = g_build_filename(run->open->data_dir, "tmp", NULL);
    run->fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (run->fd < 0)
        return error_set_errno(err, errno, "cannot make a file in %s", folder);
    return blob_stream(run->open->blobs, blob, (Sink) { write_piece, &run->fd }, err) && (lseek(run->fd, 0, SEEK_SET) == 0 || error_set_errno(err, errno, "cannot read what arrived"));
}

static bool fetch(Run *run, GError **err)
{
    BlobId blob;
    if (!hex_read(run->row.sha256, HASH_SIZE, blob.bytes))
        return error_set(err, BH_INTERNAL, "'" STR_FMT "' is no blob's name", STR_ARG(run->row.sha256));
    if (run->n == 0 && run->row.size > IN_MEMORY_BYTES)
        return unpack(run, blob, err);
    run->bytes = blob_get(run->open->blobs, blob, LIMIT_FILE_BYTES, err);
    if (!run->bytes)
        return false;
    if (run->n > 0 && (run->at > (int64_t) run->bytes->len || run->n > (int64_t) run->bytes->len - run->at))
        return error_set(err, BH_INTERNAL, "an arrival lies outside its blob");
    return true;
}

static Str head_of(Run *run, char *buffer, size_t n)
{
    if (run->bytes)
        return run->n > 0 ? (Str) { run->bytes->str + run->at, (size_t) run->n } : str_from_gstring(run->bytes);
    ssize_t got = pread(run->fd, buffer, n, 0);
    return (Str) { buffer, got > 0 ? (size_t) got : 0 };
}

static IngestInput input_of(Run *run)
{
    IngestInput input = { .fd = run->fd };
    if (run->bytes)
        input.bytes = head_of(run, NULL, 0);
    else
        lseek(run->fd, 0, SEEK_SET);
    return input;
}

/* --- Which datasets ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const PackDataset **v;
    size_t n;
} Datasets;

/* of_messages: only those whose sources take the run's format. */
static Datasets all_datasets(const Run *run, bool of_messages)
{
    Datasets all = { 0 };
    for (size_t p = 0; p < packs_count(run->packs); p++)
        all.n += packs_get(run->packs, p)->datasets.n;
    all.v = ARENA_ARRAY(run->arena, const PackDataset *, all.n + 1);
    all.n = 0;
    for (size_t p = 0; p < packs_count(run->packs); p++)
        for (size_t d = 0; d < packs_get(run->packs, p)->datasets.n; d++) {
            const PackDataset *dataset = &packs_get(run->packs, p)->datasets.v[d];
            if (!of_messages || ingest_takes(dataset, run->format))
                all.v[all.n++] = dataset;
        }
    return all;
}

static bool open_reader(Run *run, const PackDataset *const *datasets, size_t n, IngestReader **ret_reader, GError **err)
{
    IngestInput input = input_of(run);
    IngestOptions options = {
        .format = run->format, .delimiter = run->wish.options.delimiter, .encoding = run->wish.options.encoding.p ? run->wish.options.encoding.p : NULL,
        .sheet = run->wish.options.sheet, .header_row = run->wish.options.header_row, .datasets = datasets, .n_datasets = n,
    };
    options.known = hub_known_headings(datasets, n, run->arena, &options.n_known);
    *ret_reader = ingest_open(&input, 1, &options, err);
    return *ret_reader != NULL;
}

static bool by_messages(const Run *run)
{
    return run->format == INGEST_FHIR || run->format == INGEST_HL7;
}

static bool no_dataset(GError **err)
{
    error_set(err, BH_BAD_INPUT, "no dataset has such columns");
    return error_detail(err, "no-dataset");
}

static bool no_rows(GError **err)
{
    error_set(err, BH_BAD_INPUT, "0 rows: nothing was taken in");
    error_hint(err, "to say that there was nothing, report zero: on the page of what is owed, or by bihuan hub zero");
    return error_detail(err, "no-rows");
}

/* The dataset whose columns the file has. */
static bool find_by_columns(Run *run, const PackDataset **ret_dataset, GError **err)
{
    Datasets all = all_datasets(run, false);
    g_autoptr(IngestReader) reader = NULL;
    const IngestBatch *batch = NULL;
    if (!open_reader(run, all.v, all.n, &reader, err) || !ingest_next(reader, &batch, err))
        return false;
    while (batch && !batch->table)
        if (!ingest_next(reader, &batch, err))
            return false;
    const IngestTable *table = batch ? batch->table : ingest_header(reader);
    size_t n = 0;
    const HubFit *fits = table ? hub_fits(run->packs, table->columns, table->n_columns, run->arena, &n) : NULL;
    if (!table)
        return no_rows(err);
    if (n == 0)
        return no_dataset(err);
    *ret_dataset = fits[0].dataset;
    return true;
}

static bool choose_datasets(Run *run, Datasets *ret, GError **err)
{
    if (run->wish.dataset.p) {
        const PackDataset *dataset = packs_dataset(run->packs, run->wish.dataset);
        if (!dataset)
            return no_dataset(err);
        *ret = (Datasets) { ARENA_ARRAY(run->arena, const PackDataset *, 1), 1 };
        ret->v[0] = dataset;
        return true;
    }
    if (by_messages(run)) {
        *ret = all_datasets(run, true);
        return ret->n > 0 || no_dataset(err);
    }
    *ret = (Datasets) { ARENA_ARRAY(run->arena, const PackDataset *, 1), 1 };
    return find_by_columns(run, &ret->v[0], err);
}

/* --- Which columns --------------------------------------------------------------------------------------------------------------- */

static bool take_mapping(Run *run, Str columns, Str options, GError **err)
{
    const JsonValue *tree = json_parse(columns, run->arena, err), *read = tree ? json_parse(options, run->arena, err) : NULL;
    if (!read || !hub_columns_read(tree, run->arena, &run->wish.columns, &run->wish.n_columns, err))
        return false;
    HubFileOptions given = run->wish.options, kept;
    if (!hub_options_read(read, &kept, err))
        return false;
    run->wish.options = hub_options_said(&given) ? given : kept;
    return true;
}

static bool find_mapping(Run *run, const PackDataset *dataset, const IngestTable *table, GError **err)
{
    HubKept kept;
    g_autoptr(DbConn) conn = db_reader(run->open->db, err);
    if (!conn || !hub_mapping_kept(conn, run->row.org, dataset, table, run->arena, &kept, err))
        return false;
    if (kept.id != DB_NULL_INT) {
        run->mapping = kept.id;
        run->wish.columns = kept.columns;
        run->wish.n_columns = kept.n_columns;
    }
    return true;
}

static bool named_mapping(Run *run, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(run->open->db, err);
    MappingFindRow row;
    bool found;
    if (!conn || !db_one(conn, MappingFind, run->arena, &row, &found, err, .id = run->row.mapping))
        return false;
    if (!found)
        return true; /* taken away since: by the names then */
    run->mapping = row.id;
    return take_mapping(run, row.columns, row.options, err);
}

static bool choose_columns(Run *run, const PackDataset *dataset, GError **err)
{
    if (run->wish.columns || by_messages(run))
        return true;
    if (run->row.mapping != DB_NULL_INT)
        return named_mapping(run, err);
    g_autoptr(IngestReader) reader = NULL;
    const IngestBatch *batch = NULL;
    if (!open_reader(run, &dataset, 1, &reader, err) || !ingest_next(reader, &batch, err))
        return false;
    const IngestTable *table = batch && batch->table ? batch->table : ingest_header(reader);
    return !table || find_mapping(run, dataset, table, err);
}

/* --- One dataset --------------------------------------------------------------------------------------------------------------------- */

/* What a batch of this arrival did before a crash cut it off. */
static bool counts_before(Run *run, const PackDataset *dataset, HubResult *result, bool *ret_found, GError **err)
{
    *ret_found = false;
    g_autoptr(DbConn) conn = db_reader(run->open->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, BatchesOfIntake, err, .intake = run->row.id) : NULL;
    for (BatchesOfIntakeRow row; rows && db_next(rows, &row, err);)
        if (str_eq(row.dataset, dataset->full_name) && str_eq(row.state, STR("done"))) {
            *ret_found = true;
            result->added = row.added;
            result->changed = row.changed;
            result->same = row.same;
            result->deleted = row.deleted;
        }
    return db_rows_ok(rows);
}

static bool import_one(Run *run, const PackDataset *dataset, bool further, HubPart *part, GError **err)
{
    bool before;
    HubResult then = { 0 };
    if (!choose_columns(run, dataset, err) || !counts_before(run, dataset, &then, &before, err))
        return false;
    g_autoptr(IngestReader) reader = NULL;
    HubImport import = {
        .dataset = dataset, .org = run->row.org, .intake = run->row.id, .mode = run->wish.mode, .period = run->wish.period, .columns = run->wish.columns,
        .n_columns = run->wish.n_columns, .strict = run->wish.strict, .dry_run = run->wish.dry_run, .further = further, .sure = run->wish.sure, .bytes = (uint64_t) MAX(run->row.size, 0),
    };
    part->dataset = dataset;
    if (!open_reader(run, &dataset, 1, &reader, err) || !hub_import(run->hub, &import, reader, run->told, run->told_data, run->arena, &part->result, err))
        return false;
    if (before) {
        part->result.added = then.added;
        part->result.changed = then.changed;
        part->result.same = then.same;
        part->result.deleted = then.deleted;
    }
    hub_result_add(&run->sum, &part->result);
    return true;
}

/* --- From begin to end ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Run *run;
    const char *state;
    Str error;
    int64_t dataset;
    bool found;
} Ending;

static bool state_in_tx(DbConn *tx, void *data, GError **err)
{
    const Ending *ending = data;
    const Run *run = ending->run;
    return db_exec(tx, IntakeEnd, NULL, err, .id = run->row.id, .state = str_from(ending->state), .result = run->row.result, .error = STR_NONE, .finished = DB_NULL_INT);
}

static bool end_in_tx(DbConn *tx, void *data, GError **err)
{
    const Ending *ending = data;
    const Run *run = ending->run;
    int64_t now = clock_now_ms(run->open->clock);
    bool asks = g_str_equal(ending->state, "asking");
    if (run->mapping != DB_NULL_INT && !db_exec(tx, MappingUsed, NULL, err, .id = run->mapping, .at = now))
        return false;
    return db_exec(tx, IntakeFound, NULL, err, .id = run->row.id, .format = str_from(ingest_formats[run->format]), .dataset = ending->dataset, .mapping = run->mapping)
           && db_exec(tx, IntakeEnd, NULL, err, .id = run->row.id, .state = str_from(ending->state), .result = run->result->len > 0 ? str_from_gstring(run->result) : STR_NONE,
                      .error = ending->error, .finished = asks ? DB_NULL_INT : now);
}

/* --- What no dataset took ------------------------------------------------------------------------------------------------------------------ */

/* Messages go through each dataset by itself, which takes those of the others for unused. */
static bool is_unused(Str code)
{
    return str_eq(code, STR("fhir-unused")) || str_eq(code, STR("hl7-unused"));
}

static void forget_unused(Run *run, HubResult *result)
{
    HubFound *found = ARENA_ARRAY(run->arena, HubFound, result->n_found + 1);
    size_t n = 0;
    for (size_t i = 0; i < result->n_found; i++)
        if (!is_unused(result->found[i].code))
            found[n++] = result->found[i];
    result->found = found;
    result->n_found = n;
}

/* All datasets together know what is of none; it is told once, with the first. */
static bool tell_unused(Run *run, const Datasets *datasets, HubPart *parts, GError **err)
{
    HubResult *result = &parts[0].result;
    HubFound *found = ARENA_ARRAY(run->arena, HubFound, result->n_found + 1), *unused = &found[result->n_found];
    g_autoptr(IngestReader) reader = NULL;
    const IngestBatch *batch = NULL;
    if (result->n_found > 0)
        memcpy(found, result->found, result->n_found * sizeof *found);
    if (!open_reader(run, datasets->v, datasets->n, &reader, err))
        return false;
    do {
        if (!ingest_next(reader, &batch, err))
            return false;
        for (size_t i = 0; batch && i < batch->n_findings; i++)
            if (is_unused(str_from(batch->findings[i].code))) {
                unused->code = arena_str(run->arena, str_from(batch->findings[i].code));
                unused->first = STR("");
                unused->rows++;
            }
    } while (batch);
    result->n_found += unused->rows > 0;
    result->found = found;
    return true;
}

static bool import_parts(Run *run, const Datasets *datasets, HubPart *parts, GError **err)
{
    bool several = by_messages(run) && datasets->n > 1;
    run->sum = (HubResult) { 0 };
    for (size_t i = 0; i < datasets->n; i++) {
        if (!import_one(run, datasets->v[i], i > 0, &parts[i], err))
            return false;
        if (several)
            forget_unused(run, &parts[i].result);
    }
    return !several || tell_unused(run, datasets, parts, err);
}

static bool import_all(Run *run, Datasets *ret_datasets, GError **err)
{
    char buffer[4096];
    run->format = INGEST_AUTO;
    for (int i = 0; ingest_formats[i]; i++)
        if (str_eq(run->row.format, str_from(ingest_formats[i])))
            run->format = (IngestFormat) i;
    if (!fetch(run, err))
        return false;
    if (run->format == INGEST_AUTO)
        run->format = ingest_detect(head_of(run, buffer, sizeof buffer));
    if (!choose_datasets(run, ret_datasets, err))
        return false;
    HubPart *parts = ARENA_ARRAY(run->arena, HubPart, ret_datasets->n);
    bool dry_run = run->wish.dry_run;
    if (run->wish.strict && ret_datasets->n > 1 && !dry_run) { /* all of it or nothing: looked at first */
        run->wish.dry_run = true;
        if (!import_parts(run, ret_datasets, parts, err))
            return false;
        run->wish.dry_run = false;
        if (run->sum.refused || run->sum.rejected > 0 || run->sum.held > 0) {
            run->sum.refused = true;
            hub_result_write(&run->json, &run->sum, parts, ret_datasets->n, !by_messages(run));
            return true;
        }
    }
    if (!import_parts(run, ret_datasets, parts, err))
        return false;
    if (by_messages(run) && run->sum.rows == 0)
        return no_dataset(err);
    hub_result_write(&run->json, &run->sum, parts, ret_datasets->n, !by_messages(run));
    return true;
}

/* What may be otherwise the next time is not the file's fault. */
static bool is_failure(const GError *err)
{
    switch (error_class_of(err)->code) {
    case BH_FULL: case BH_INTERNAL: case BH_CONFLICT: return true;
    default: return false;
    }
}

static Str problem_text(const Run *run, const GError *failure)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    problem_write(&json, failure);
    return arena_str(run->arena, str_from_gstring(text));
}

static bool dataset_id(Run *run, const Datasets *datasets, int64_t *ret_id, GError **err)
{
    *ret_id = run->row.dataset;
    if (datasets->n != 1 || !datasets->v[0]) /* none fits what came */
        return true;
    g_autoptr(DbConn) conn = db_reader(run->open->db, err);
    DatasetIdOfRow row;
    bool found;
    if (!conn || !db_one(conn, DatasetIdOf, run->arena, &row, &found, err, .name = datasets->v[0]->full_name))
        return false;
    *ret_id = found ? row.id : DB_NULL_INT;
    return true;
}

static bool run_it(Run *run, GError **err)
{
    Ending checking = { .run = run, .state = "checking" };
    if (!db_write(run->open->db, DB_MESSAGES, state_in_tx, &checking, err))
        return false;
    g_autoptr(GError) failure = NULL;
    Datasets datasets = { 0 };
    Ending ending = { .run = run, .dataset = run->row.dataset };
    if (import_all(run, &datasets, &failure)) {
        ending.state = run->sum.asks ? "asking" : run->sum.refused ? "refused" : "done";
        if (run->sum.refused) {
            if (run->sum.rows == 0) {
                no_rows(&failure);
            } else {
                error_set(&failure, BH_BAD_INPUT, "rows were refused, and so the file was");
                error_detail(&failure, run->wish.strict ? "strict" : "too-many-rejects");
            }
            ending.error = problem_text(run, failure);
        }
    } else if (error_class_of(failure)->code == BH_UNAVAILABLE) {
        g_propagate_error(err, g_steal_pointer(&failure));
        return false;
    } else {
        ending.state = is_failure(failure) ? "failed" : "refused";
        ending.error = problem_text(run, failure);
        g_string_truncate(run->result, 0);
    }
    return dataset_id(run, &datasets, &ending.dataset, err) && db_write(run->open->db, DB_MESSAGES, end_in_tx, &ending, err);
}

static bool has_ended(Str state)
{
    return str_eq(state, STR("done")) || str_eq(state, STR("refused")) || str_eq(state, STR("failed")) || str_eq(state, STR("asking"));
}

static bool load(Run *run, int64_t id, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(run->open->db, err);
    bool found;
    if (!conn || !db_one(conn, IntakeFind, run->arena, &run->row, &found, err, .id = id))
        return false;
    return found ? hub_wish_of_row(&run->row, run->arena, &run->wish, &run->at, &run->n, err) : error_set(err, BH_NOT_FOUND, "no such arrival");
}

bool hub_intake_run(Hub *hub, int64_t id, HubTold told, void *data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(PacksRef) packs = hub_packs(hub);
    g_autoptr(GString) result = g_string_new(NULL);
    Run run = { .hub = hub, .open = hub_open(hub), .packs = packs, .arena = arena, .fd = -1, .told = told, .told_data = data, .result = result, .mapping = DB_NULL_INT };
    json_writer_init(&run.json, result, false);
    hub_intake_enter(hub, id);
    bool ok = load(&run, id, err) && (has_ended(run.row.state) || run_it(&run, err));
    hub_intake_leave(hub, id);
    if (run.bytes)
        g_string_free(run.bytes, TRUE);
    if (run.fd >= 0)
        close(run.fd);
    return ok;
}
