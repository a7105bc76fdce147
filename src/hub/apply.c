#include "hub/apply.h"

#include "db/queries.h"

#include "base/banned.h"

enum { REJECTS_TOGETHER = 2000 };

static const char tmp_folder[] = "tmp";

/* --- What a batch is merged by ------------------------------------------------------------------------------------------------- */

static bool packs_changed(GError **err, const char *name)
{
    error_set(err, BH_CONFLICT, "the tables have changed since the file was checked: there is no column '%s' as it was", name);
    return error_detail(err, "packs-changed");
}

static bool has_column(const DbTable *table, const RunColumn *column)
{
    static const DbType types[] = { [EXPR_BOOL] = DB_TYPE_INT, [EXPR_NUMBER] = DB_TYPE_INT, [EXPR_TEXT] = DB_TYPE_TEXT, [EXPR_DATE] = DB_TYPE_DATE, [EXPR_TIME] = DB_TYPE_INT };
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(table->columns[i].name, column->name))
            return table->columns[i].type == types[column->kind];
    return false;
}

/* Which cells make the key: `person` is person_, the reporter is part of every key. */
static size_t find_identity(const PackDataset *dataset, const RunTable *run, uint32_t *identity)
{
    size_t n = 0;
    for (size_t k = 0; k < dataset->key.n; k++)
        for (size_t i = RUN_STATE + 1; i < run->n; i++) {
            Str name = str_eq(dataset->key.v[k].text, STR("person")) ? STR("person_") : dataset->key.v[k].text;
            if (str_eq(name, str_from(run->columns[i].name)))
                identity[n++] = (uint32_t) i;
        }
    return n;
}

/* A number of another scale, and a yes or no where a number was, look alike in the table: what packs said of the column decides. */
static bool kinds_fit(const Apply *apply, DbConn *conn, int64_t dataset, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, DatasetColumns, err, .dataset = dataset);
    for (DatasetColumnsRow row; rows && db_next(rows, &row, err);) {
        const PackField *field = row.retired ? NULL : pack_field(apply->dataset, row.name);
        bool was_code = field && field->type == PACK_CODE && str_eq(row.kind, STR("text"));
        if (field && !field->retired && !was_code && (!str_eq(row.kind, str_from(pack_types[field->type])) || row.scale != (field->type == PACK_DECIMAL ? field->decimals : 0)))
            return packs_changed(err, field->entry.id.p);
    }
    return db_rows_ok(rows);
}

/* The columns of the run are those of the table. */
static bool tables_fit(const Apply *apply, DbConn *conn, PackTables *ret_tables, GError **err)
{
    const RunTable *run = run_table(apply->run);
    if (!pack_tables(conn, apply->dataset, apply->arena, ret_tables, err))
        return false;
    for (size_t i = 0; i < run->n; i++)
        if (!has_column(&ret_tables->rows, &run->columns[i]))
            return packs_changed(err, run->columns[i].name);
    return kinds_fit(apply, conn, ret_tables->dataset, err);
}

/* Once more in the transaction with which writing begins: packs may have been installed since. From then on they wait (pack-busy). */
static bool still_fits(const Apply *apply, DbConn *tx, GError **err)
{
    PackTables tables;
    return tables_fit(apply, tx, &tables, err);
}

bool apply_prepare(Apply *apply, DbConn *conn, GError **err)
{
    const RunTable *run = run_table(apply->run);
    const char **columns = ARENA_ARRAY(apply->arena, const char *, run->n);
    uint32_t *identity = ARENA_ARRAY(apply->arena, uint32_t, run->n);
    if (!tables_fit(apply, conn, &apply->tables, err))
        return false;
    for (size_t i = 0; i < run->n; i++)
        columns[i] = run->columns[i].name;
    apply->spec = (DbMergeSpec) {
        .rows = &apply->tables.rows, .history = &apply->tables.history, .places = apply->tables.places.name ? &apply->tables.places : NULL,
        .columns = columns, .n = run->n, .state = RUN_STATE, .batch = "batch_", .out = "batch_out_",
        .identity = identity, .n_identity = find_identity(apply->dataset, run, identity),
    };
    apply->merge = db_merge_new(&apply->spec, db_conn_engine(conn));
    if (apply->dataset->flow)
        apply->flow = hub_flow_new(apply->hub, conn, apply->dataset, apply->arena, err);
    return !apply->dataset->flow || apply->flow;
}

static void apply_clear(Apply *apply)
{
    g_clear_pointer(&apply->merge, db_merge_free);
    g_clear_pointer(&apply->notes.v, g_free);
    g_clear_pointer(&apply->flow, hub_flow_free);
    g_clear_pointer(&apply->arena, arena_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Apply, apply_clear)

static bool prepare(Apply *apply, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(apply->hub)->db, err);
    return conn && apply_prepare(apply, conn, err);
}

static char *folder_of(const Hub *hub)
{
    return g_build_filename(hub_open(hub)->data_dir, tmp_folder, NULL);
}

/* --- Steps of the journal ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    Apply *apply;
    int64_t done;        /* before this step */
    RunReader *reader;   /* NULL: not yet */
    int64_t reader_at;   /* where it stands: elsewhere than `done` where a step was not committed, and runs again */
    ApplyCounts counts;  /* of this step */
    size_t rows;
} Step;

static void step_clear(Step *step)
{
    g_clear_pointer(&step->reader, run_reader_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Step, step_clear)

static bool stand_there(Step *step, GError **err)
{
    if (step->reader && step->reader_at == step->done)
        return true;
    step_clear(step);
    step->reader = run_reader_new(step->apply->run, step->done, err);
    return step->reader != NULL;
}

static bool step_work(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    step->counts = (ApplyCounts) { 0 };
    if (!stand_there(step, err))
        return false;
    step->reader_at = -1;
    if (!apply_rows(tx, step->apply, step->reader, APPLY_STEP, &step->counts, &step->rows, err))
        return false;
    step->reader_at = step->done + (int64_t) step->rows;
    return db_exec(tx, ApplyStepped, NULL, err, .id = step->apply->batch, .added = step->counts.added, .changed = step->counts.changed, .same = step->counts.same, .rows = (int64_t) step->rows);
}

static bool tell(HubTold told, void *data, int64_t rows, int64_t of)
{
    HubProgress progress = { .phase = HUB_APPLYING, .rows = rows, .of = of, .done = of > 0 ? (double) rows / (double) of : 1 };
    return !told || told(&progress, data, NULL);
}

/* What has begun goes on: that it was told to end is for the check. */
static bool write_rows(Apply *apply, int64_t from, HubTold told, void *data, GError **err)
{
    Db *db = hub_open(apply->hub)->db;
    int64_t all = run_summary(apply->run)->rows;
    g_auto(Step) step = { .apply = apply, .done = from };
    for (step.rows = 1; step.done < all && step.rows > 0;) {
        ArenaMark mark = arena_mark(apply->arena);
        if (!db_write_step(db, step_work, &step, err))
            return false;
        arena_rewind(apply->arena, mark);
        step.done += (int64_t) step.rows;
        tell(told, data, step.done, all);
    }
    return true;
}

/* The longest period that is reported reaches so many months beyond that in which it begins. */
static int months_beyond(const PackDataset *dataset)
{
    static const int beyond[] = { [PACK_EVERY_DAY] = 0, [PACK_EVERY_WEEK] = 1, [PACK_EVERY_MONTH] = 0, [PACK_EVERY_QUARTER] = 2, [PACK_EVERY_YEAR] = 11 };
    return dataset->every == PACK_NEVER ? 0 : beyond[dataset->every];
}

static bool mark_corrected(DbConn *tx, const Apply *apply, GError **err)
{
    if (!apply->dataset->lock.node || apply->dataset->kind == PACK_REGISTER)
        return true;
    return db_exec(tx, ApplyCorrected, NULL, err, .batch = apply->batch, .dataset = apply->tables.dataset, .today = apply->day, .at = apply->now_ms,
                   .months = months_beyond(apply->dataset));
}

static bool end_work(DbConn *tx, void *data, GError **err)
{
    const Apply *apply = data;
    return mark_corrected(tx, apply, err) && db_exec(tx, ApplySegmentsDone, NULL, err, .dataset = apply->tables.dataset, .batch = apply->batch) &&
           db_exec(tx, ApplyDone, NULL, err, .id = apply->batch, .at = apply->now_ms);
}

/* From wherever it stands to its end. */
static bool go_on(Apply *apply, int64_t from, const char *run_name, HubTold told, void *data, GError **err)
{
    g_autofree char *folder = folder_of(apply->hub);
    int64_t gone, there;
    return write_rows(apply, from, told, data, err) && (apply->mode != HUB_REPLACE || apply_absent(apply, false, &gone, &there, err)) &&
           db_write(hub_open(apply->hub)->db, DB_BULK, end_work, apply, err) && run_remove(folder, run_name, err);
}

/* --- Beginning ----------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Apply *apply;
    const HubImport *import;
    const HubChecked *checked;
    const HubResult *result;
    const char *uid, *run_name, *run_hash, *state;
    size_t first_reject, end_reject;
    ApplyCounts counts; /* of the one transaction */
    const ApplyWith *with;
} Opening;

static bool open_batch(DbConn *tx, Opening *o, GError **err)
{
    const RunSummary *summary = run_summary(o->apply->run);
    ApplyOpenRow row;
    bool found;
    if (!db_one(tx, ApplyOpen, o->apply->arena, &row, &found, err, .uid = str_from(o->uid), .intake = o->import->intake, .dataset = o->apply->tables.dataset, .org = o->import->org,
                .mode = str_from(hub_modes[o->import->mode]), .period = o->import->period ? o->import->period : DB_NULL_INT, .state = str_from(o->state), .rows = o->result->rows,
                .rejected = o->result->rejected, .held = summary->held, .warned = summary->warned, .run_name = str_from(o->run_name), .run_hash = str_from(o->run_hash),
                .rules = o->checked->rules.p ? o->checked->rules : STR(""), .opened = o->apply->now_ms))
        return false;
    o->apply->batch = row.id;
    o->apply->spec.number = row.id;
    return true;
}

static bool write_rejects(DbConn *tx, const Opening *o, GError **err)
{
    for (size_t i = o->first_reject; i < o->end_reject; i++) {
        const HubReject *reject = &o->checked->rejects[i];
        if (!db_exec(tx, ApplyReject, NULL, err, .batch = o->apply->batch, .row = reject->number, .at = reject->at, .code = str_from(reject->code), .field = reject->field,
                     .raw = reject->sealed.p ? reject->sealed : STR(""), .org = reject->org, .key = reject->key))
            return false;
    }
    return true;
}

/* --- All in one transaction ------------------------------------------------------------------------------------------------------------ */

static bool one_work(DbConn *tx, void *data, GError **err)
{
    Opening *o = data;
    size_t rows;
    g_autoptr(RunReader) reader = run_reader_new(o->apply->run, 0, err);
    o->counts = (ApplyCounts) { 0 };
    if (!reader || !still_fits(o->apply, tx, err) || !open_batch(tx, o, err) || !write_rejects(tx, o, err) || !apply_rows(tx, o->apply, reader, SIZE_MAX, &o->counts, &rows, err)
        || (o->apply->mode == HUB_REPLACE && !apply_absent_in(tx, o->apply, &o->counts, err)))
        return false;
    return db_exec(tx, ApplyStepped, NULL, err, .id = o->apply->batch, .added = o->counts.added, .changed = o->counts.changed, .same = o->counts.same,
                   .rows = run_summary(o->apply->run)->rows) &&
           end_work(tx, o->apply, err);
}

/* --- As a journal ------------------------------------------------------------------------------------------------------------------------ */

static bool open_work(DbConn *tx, void *data, GError **err)
{
    return open_batch(tx, data, err);
}

static bool rejects_work(DbConn *tx, void *data, GError **err)
{
    return write_rejects(tx, data, err);
}

/* From here on it is finished, whatever happens. */
static bool begin_work(DbConn *tx, void *data, GError **err)
{
    const Apply *apply = ((Opening *) data)->apply;
    const RunSummary *summary = run_summary(apply->run);
    if (!still_fits(apply, tx, err) || !db_exec(tx, ApplyState, NULL, err, .id = apply->batch, .state = STR("applying")))
        return false;
    g_autofree ApplyPart *parts = g_new0(ApplyPart, summary->n_parts);
    for (size_t i = 0; i < summary->n_parts; i++)
        parts[i] = (ApplyPart) { .month = summary->parts[i].month, .org = summary->parts[i].org };
    return apply_parts(tx, apply, parts, summary->n_parts, err);
}

static bool write_all_rejects(Opening *o, GError **err)
{
    for (size_t i = 0; i < o->checked->n_rejects; i += REJECTS_TOGETHER) {
        o->first_reject = i;
        o->end_reject = MIN(i + REJECTS_TOGETHER, o->checked->n_rejects);
        if (!db_write_step(hub_open(o->apply->hub)->db, rejects_work, o, err))
            return false;
    }
    return true;
}

static bool journal(Opening *o, HubTold told, void *data, GError **err)
{
    char name[UID_TEXT_MAX + 8], hash_text[HASH_TEXT_MAX];
    Hash hash;
    Db *db = hub_open(o->apply->hub)->db;
    g_snprintf(name, sizeof name, "run-%s", o->uid);
    if (!run_keep(o->checked->run, name, &hash, err))
        return false;
    o->run_name = name;
    o->run_hash = hash_write(hash, hash_text);
    o->state = "undone";
    return db_write(db, DB_BULK, open_work, o, err) && write_all_rejects(o, err) && db_write(db, DB_BULK, begin_work, o, err) && go_on(o->apply, 0, name, told, data, err);
}

/* --- The whole --------------------------------------------------------------------------------------------------------------------------- */

static bool read_counts(const Apply *apply, HubResult *result, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(apply->hub)->db, err);
    ApplyCountsRow row;
    bool found;
    if (!conn || !db_one(conn, ApplyCounts, apply->arena, &row, &found, err, .id = apply->batch))
        return false;
    result->added = row.added;
    result->changed = row.changed;
    result->same = row.same;
    result->deleted = row.deleted;
    result->batch = apply->batch;
    return true;
}

static int by_org_and_key(const void *a, const void *b)
{
    const ApplyNamed *x = a, *y = b;
    return x->org != y->org ? (x->org < y->org ? -1 : 1) : (x->key > y->key) - (x->key < y->key);
}

static void name_rejected(Apply *apply, const HubChecked *checked)
{
    ApplyNamed *named = ARENA_ARRAY(apply->arena, ApplyNamed, checked->n_rejects + 1);
    for (size_t i = 0; apply->mode == HUB_REPLACE && i < checked->n_rejects; i++)
        if (checked->rejects[i].key != DB_NULL_INT)
            named[apply->n_named++] = (ApplyNamed) { checked->rejects[i].org, checked->rejects[i].key };
    if (apply->n_named > 1)
        qsort(named, apply->n_named, sizeof *named, by_org_and_key);
    apply->named = named;
}

/* The same from the store, behind a crash. */
static bool read_named(Apply *apply, GError **err)
{
    ARENA_LIST(ApplyNamed) named = { 0 };
    g_autoptr(DbConn) conn = db_reader(hub_open(apply->hub)->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, ApplyNamed, err, .batch = apply->batch) : NULL;
    for (ApplyNamedRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(apply->arena, &named) = (ApplyNamed) { row.org, row.key };
    apply->named = named.v;
    apply->n_named = named.n;
    return db_rows_ok(rows);
}

/* Whether so much would go that somebody is to be asked; or so little, but perhaps for the sake of rows that could not be read. */
static bool must_ask(Apply *apply, const HubImport *import, HubResult *result, GError **err)
{
    int64_t gone = 0, there = 0;
    if (import->mode == HUB_REPLACE && !apply_absent(apply, true, &gone, &there, err))
        return false;
    result->would_delete = gone;
    result->there = there;
    result->asks = !import->sure && (gone * 100 > there * HUB_ASK_PERCENT || (gone > 0 && result->unread > 0));
    return true;
}

static bool write_whole(Apply *apply, const HubImport *import, const HubChecked *checked, HubTold told, void *data, HubResult *result, GError **err)
{
    char uid[UID_TEXT_MAX];
    Opening o = { .apply = apply, .import = import, .checked = checked, .result = result, .uid = uid_new(uid), .run_name = "", .run_hash = "", .state = "applying",
                  .end_reject = checked->n_rejects };
    bool little = run_summary(apply->run)->rows + result->would_delete <= APPLY_STEP && checked->n_rejects <= REJECTS_TOGETHER;
    bool ok = little ? db_write(hub_open(apply->hub)->db, DB_BULK, one_work, &o, err) : journal(&o, told, data, err);
    return ok && read_counts(apply, result, err);
}

bool hub_apply(Hub *hub, const HubImport *import, HubChecked *checked, HubTold told, void *data, HubResult *result, GError **err)
{
    g_auto(Apply) apply = { .hub = hub, .dataset = import->dataset, .run = checked->run, .org = import->org, .mode = import->mode, .period = import->period,
                            .now_ms = clock_now_ms(hub_open(hub)->clock), .day = clock_today(hub_open(hub)->clock), .arena = arena_new() };
    result->batch = DB_NULL_INT;
    name_rejected(&apply, checked);
    hub_apply_enter(hub, import->dataset->full_name);
    /* What an apply left that met a full disk, or lost its server, comes first. */
    bool ok = apply_settle(hub, import->dataset->full_name, err) && prepare(&apply, err) && must_ask(&apply, import, result, err);
    if (ok && import->dry_run)
        ok = apply_look(&apply, result, err);
    else if (ok && !result->asks)
        ok = write_whole(&apply, import, checked, told, data, result, err);
    hub_apply_leave(hub, import->dataset->full_name);
    return ok;
}

static bool with_work(DbConn *tx, void *data, GError **err)
{
    Opening *o = data;
    return o->with->before(tx, o->with->data, err) && one_work(tx, o, err) && o->with->after(tx, o->with->data, o->apply->batch, err);
}

bool apply_with(Hub *hub, const HubImport *import, HubChecked *checked, const ApplyWith *with, GError **err)
{
    char uid[UID_TEXT_MAX];
    g_auto(Apply) apply = { .hub = hub, .dataset = import->dataset, .run = checked->run, .org = import->org, .mode = HUB_ADD, .now_ms = clock_now_ms(hub_open(hub)->clock), .arena = arena_new() };
    const HubResult result = { .rows = run_summary(checked->run)->rows };
    Opening o = { .apply = &apply, .import = import, .checked = checked, .result = &result, .uid = uid_new(uid), .run_name = "", .run_hash = "", .state = "applying", .with = with };
    return prepare(&apply, err) && with->write(with->writer, with_work, &o, err);
}

/* --- After a crash -------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    ARENA_LIST(ApplyLeftRow) list;
} Left;

static bool read_left(Hub *hub, const char *state, Left *left, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(hub)->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, ApplyLeft, err, .state = str_from(state)) : NULL;
    for (ApplyLeftRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(ApplyLeft, &row, left->arena);
        *ARENA_PUSH(left->arena, &left->list) = row;
    }
    return db_rows_ok(rows);
}

static bool read_hash(Str text, Hash *ret_hash)
{
    bool ok = text.n == 2 * HASH_SIZE;
    for (size_t i = 0; ok && i < HASH_SIZE; i++) {
        int high = g_ascii_xdigit_value(text.p[2 * i]), low = g_ascii_xdigit_value(text.p[2 * i + 1]);
        ok = high >= 0 && low >= 0;
        ret_hash->bytes[i] = (uint8_t) (high << 4 | low);
    }
    return ok;
}

static bool finish(Hub *hub, PacksRef *packs, const ApplyLeftRow *left, GError **err)
{
    g_autofree char *folder = folder_of(hub), *name = str_dup(left->run_name);
    const PackDataset *dataset = packs_dataset(packs, left->dataset);
    Hash hash;
    if (!dataset || !read_hash(left->run_hash, &hash))
        return error_set(err, BH_INTERNAL, "batch '" STR_FMT "' cannot be finished: its dataset is not installed", STR_ARG(left->uid));
    g_autoptr(RunFile) run = run_open(folder, name, &hash, err);
    g_auto(Apply) apply = { .hub = hub, .dataset = dataset, .run = run, .batch = left->id, .org = left->org, .mode = str_eq(left->mode, STR("replace")) ? HUB_REPLACE : HUB_ADD,
                            .period = left->period == DB_NULL_INT ? 0 : (Period) left->period, .now_ms = clock_now_ms(hub_open(hub)->clock),
                            .day = date_of_instant(left->opened, clock_zone_minutes(hub_open(hub)->clock)), .arena = arena_new() };
    if (!run || !prepare(&apply, err) || (apply.mode == HUB_REPLACE && !read_named(&apply, err))) {
        g_prefix_error(err, "batch '%.*s' cannot be finished: ", (int) left->uid.n, left->uid.p);
        return false;
    }
    apply.spec.number = left->id;
    return go_on(&apply, left->done_rows, name, NULL, NULL, err);
}

static bool recover(Hub *hub, Str dataset, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(PacksRef) packs = hub_packs(hub);
    Left left = { .arena = arena };
    bool ok = read_left(hub, "applying", &left, err);
    for (size_t i = 0; ok && i < left.list.n; i++)
        if (!dataset.p || str_eq(left.list.v[i].dataset, dataset))
            ok = finish(hub, packs, &left.list.v[i], err);
    return ok;
}

static bool forget_work(DbConn *tx, void *data, GError **err)
{
    const ApplyLeftRow *left = data;
    return db_exec(tx, ApplyForgetRejects, NULL, err, .batch = left->id) && db_exec(tx, ApplyForget, NULL, err, .id = left->id);
}

/* Batches of which nothing was written but rejects. Their run files are strays. */
static bool forget_unbegun(Hub *hub, Str dataset, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Left left = { .arena = arena };
    bool ok = read_left(hub, "undone", &left, err);
    for (size_t i = 0; ok && i < left.list.n; i++)
        if (!dataset.p || str_eq(left.list.v[i].dataset, dataset))
            ok = db_write(hub_open(hub)->db, DB_BULK, forget_work, &left.list.v[i], err);
    return ok;
}

bool apply_settle(Hub *hub, Str dataset, GError **err)
{
    return recover(hub, dataset, err) && forget_unbegun(hub, dataset, err);
}

/* Run files that no batch names. */
static bool remove_stray_runs(Hub *hub, GError **err)
{
    g_autofree char *folder = folder_of(hub);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (g_str_has_prefix(name, "run-") && !run_remove(folder, name, err))
            return false;
    return true;
}

bool hub_recover(Hub *hub, GError **err)
{
    return apply_settle(hub, STR_NONE, err) && remove_stray_runs(hub, err);
}
