/* The store of a case: institutions by the names in its files, the files imported, and the jobs that a server would run. */
#include "cmd/trial.h"

#include "cmd/packs.h"
#include "cmd/store.h"
#include "db/queries.h"
#include "expr/expr.h"
#include "org/org.h"
#include "pack/store.h"

#include "base/banned.h"

enum { DAY_MS = 24 * 3600 * 1000, MINUTE_MS = 60 * 1000 };

static int64_t morning(Date day)
{
    return (int64_t) day * DAY_MS + PACK_PROOF_MORNING_MS - (int64_t) PACK_ZONE_MINUTES * MINUTE_MS;
}

static Db *open_db(const char *path, GError **err)
{
    DbOptions options = { .path = path, .readers = 4, .functions = expr_db_functions };
    g_autoptr(Db) db = db_open(&options, err);
    return db && db_own(db, err) ? g_steal_pointer(&db) : NULL;
}

/* --- The store that all begin with ------------------------------------------------------------------------------------------------ */

static bool install(TrialBase *base, Db *db, const PacksRef *packs, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(PackReport) report = NULL;
    g_autoptr(PackSections) sections = pack_all_sections();
    PackInstalled done;
    Str *names = ARENA_ARRAY(arena, Str, packs_count(packs) + 1);
    size_t n = 0;
    bool local = false;
    for (size_t i = 0; i < packs_count(packs); i++) {
        names[n++] = packs_get(packs, i)->id;
        local |= pack_files_find(base->files, arena_printf(arena, "local/" STR_FMT "/pack.yaml", STR_ARG(packs_get(packs, i)->id))) != NULL;
    }
    if (local)
        names[n++] = STR("local");
    PackWish wish = { .files = base->files, .names = names, .n = n, .sections = sections, .zone_minutes = PACK_ZONE_MINUTES,
                      .who = { STR_NONE, "command", morning(0) }, .account = DB_NULL_INT };
    return pack_install(db, &wish, arena, &done, &base->packs, &report, err);
}

bool trial_base_open(TrialBase *base, const PackFiles *files, const PacksRef *packs, GError **err)
{
    *base = (TrialBase) { .dir = temp_dir_new(err), .files = files };
    if (!base->dir)
        return false;
    g_autofree char *key = temp_dir_join(base->dir, "key"), *path = temp_dir_join(base->dir, "base.db");
    if (!key_file_create(key, 0, err))
        return false;
    base->keys = key_ring_load(key, err);
    g_autoptr(Db) db = base->keys ? open_db(path, err) : NULL;
    g_autoptr(Clock) clock = clock_new_manual(morning(0), PACK_ZONE_MINUTES);
    Store store = { .db = db, .clock = clock };
    return db && bring_calendars(&store, err) && install(base, db, packs, err);
}

void trial_base_close(TrialBase *base)
{
    packs_unref(base->packs);
    key_ring_free(base->keys);
    temp_dir_free(base->dir);
}

/* --- What a case needs ---------------------------------------------------------------------------------------------------------------- */

bool trial_wanted(const PackCase *c)
{
    return yaml_get(c->entry.node, "duties") || yaml_get(c->entry.node, "reports") || yaml_get(c->entry.node, "signals") || trial_walks(c);
}

static int by_day(const void *a, const void *b)
{
    const TrialFile *x = a, *y = b;
    return x->on != y->on ? (x->on > y->on) - (x->on < y->on) : (int) x->own - (int) y->own;
}

static bool add_file(Trial *trial, const Pack *pack, const PackDataset *dataset, Str name, Date on, bool own, GError **err)
{
    TrialFile *file = &trial->files[trial->n_files++];
    *file = (TrialFile) { .dataset = packs_dataset(trial->base->packs, dataset->full_name), .on = on, .own = own };
    file->path = arena_printf(trial->arena, STR_FMT "/tests/" STR_FMT, STR_ARG(pack->id), STR_ARG(name));
    const PackFile *found = pack_files_find(trial->base->files, file->path);
    return file->dataset && found ? csv_table(found->bytes, EXPR_BATCH_ROWS, trial->arena, &file->table, err)
                                  : error_set(err, BH_INTERNAL, "no file '" STR_FMT "'", STR_ARG(file->path));
}

static bool read_files(Trial *trial, const Pack *pack, GError **err)
{
    const PackCase *c = trial->c;
    Date on = c->on == DATE_NONE ? c->today : c->on;
    trial->files = ARENA_ARRAY(trial->arena, TrialFile, c->beside.n + 1);
    if (!add_file(trial, pack, c->dataset, c->file, on, true, err))
        return false;
    for (size_t i = 0; i < c->beside.n; i++)
        if (!add_file(trial, pack, c->beside.v[i].dataset, c->beside.v[i].file, c->beside.v[i].on == DATE_NONE ? on : c->beside.v[i].on, false, err))
            return false;
    qsort(trial->files, trial->n_files, sizeof *trial->files, by_day);
    return true;
}

/* --- Institutions ---------------------------------------------------------------------------------------------------------------------- */

const TrialOrg *trial_org(const Trial *trial, Str name)
{
    for (size_t i = 0; i < trial->orgs.n; i++)
        if (str_eq(trial->orgs.v[i].name, name))
            return &trial->orgs.v[i];
    return NULL;
}

/* Of the first kind that the dataset expects to report, or with the first function. */
static void add_org(Trial *trial, const PackDataset *dataset, Str name)
{
    const PackReporters *reporters = dataset->reporters;
    Str word = reporters && reporters->types.n > 0 ? reporters->types.v[0].text : STR("other");
    bool kind = org_is_kind(word);
    if (name.n > 0 && !trial_org(trial, name))
        *ARENA_PUSH(trial->arena, &trial->orgs) = (TrialOrg) { name, kind ? word : STR("public_health"), kind ? STR("") : word, DB_NULL_INT };
}

/* One that does what a step is for. */
static void add_taker(Trial *trial, Str function)
{
    Str name = arena_printf(trial->arena, "(" STR_FMT ")", STR_ARG(function));
    if (!str_eq(function, STR("reporter")) && !trial_org(trial, name))
        *ARENA_PUSH(trial->arena, &trial->orgs) = (TrialOrg) { .name = name, .kind = STR("public_health"), .function = function, .id = DB_NULL_INT };
}

static void find_orgs(Trial *trial, const TrialFile *file)
{
    for (size_t column = 0; column < file->table.n_columns; column++) {
        const PackField *field = pack_field(file->dataset, str_trim(file->table.header[column]));
        for (size_t row = 0; field && field->type == PACK_ORG && row < file->table.n_rows; row++)
            add_org(trial, file->dataset, str_trim(file->table.rows[row][column]));
    }
}

typedef struct {
    Trial *trial;
    OrgRows rows;
    AuditWho who;
} OrgWriting;

static bool write_orgs_in_tx(DbConn *tx, void *data, GError **err)
{
    OrgWriting *writing = data;
    OrgImportCount count;
    return org_import_apply(tx, &writing->rows, &writing->who, &count, err);
}

static bool learn_orgs(Trial *trial, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, OrgAll, err) : NULL;
    for (OrgAllRow row; rows && db_next(rows, &row, err);) {
        TrialOrg *org = (TrialOrg *) trial_org(trial, row.name);
        if (org) {
            org->id = row.id;
            org->path = arena_str(trial->arena, row.path);
        }
        else {
            trial->root = row.id;
            trial->root_path = arena_str(trial->arena, row.path);
        }
    }
    return db_rows_ok(rows);
}

static bool write_orgs(Trial *trial, GError **err)
{
    static const Str header[] = { STR_INIT("code"), STR_INIT("name"), STR_INIT("kind"), STR_INIT("parent"), STR_INIT("area"), STR_INIT("functions") };
    static const Str root[] = { STR_INIT("R"), STR_INIT("the commission of the trial"), STR_INIT("commission"), STR_INIT(""), STR_INIT("990000"), STR_INIT("") };
    const Str **rows = ARENA_ARRAY(trial->arena, const Str *, trial->orgs.n + 1);
    rows[0] = root;
    for (size_t i = 0; i < trial->orgs.n; i++) {
        Str *row = ARENA_ARRAY(trial->arena, Str, G_N_ELEMENTS(header));
        row[0] = arena_printf(trial->arena, "T%zu", i + 1);
        row[1] = trial->orgs.v[i].name;
        row[2] = trial->orgs.v[i].kind;
        row[3] = root[0];
        row[4] = root[4];
        row[5] = trial->orgs.v[i].function;
        rows[i + 1] = row;
    }
    OrgWriting writing = { trial, { header, G_N_ELEMENTS(header), rows, trial->orgs.n + 1, 2 }, { STR_NONE, "command", clock_now_ms(trial->clock) } };
    return db_write(trial->db, DB_BULK, write_orgs_in_tx, &writing, err) && learn_orgs(trial, err);
}

static bool make_orgs(Trial *trial, GError **err)
{
    const PackDataset *own = packs_dataset(trial->base->packs, trial->c->dataset->full_name);
    for (size_t i = 0; i < trial->c->reports.n; i++)
        add_org(trial, own, trial->c->reports.v[i].org);
    for (size_t i = 0; i < trial->c->steps.n && trial_walks(trial->c); i++)
        add_taker(trial, trial->c->steps.v[i].by);
    for (int round = 0; round < 2; round++) /* the case's own dataset says first of which kind they are */
        for (size_t i = 0; i < trial->n_files; i++)
            if (trial->files[i].own == (round == 0))
                find_orgs(trial, &trial->files[i]);
    return write_orgs(trial, err);
}

/* --- Opening ------------------------------------------------------------------------------------------------------------------------------ */

static bool copy_base(const TrialBase *base, const char *path, GError **err)
{
    g_autofree char *from = temp_dir_join(base->dir, "base.db");
    g_autoptr(GString) bytes = file_read(from, 256 * 1024 * 1024, err);
    return bytes && file_write_atomic(path, str_from_gstring(bytes), 0600, err);
}

static bool open_hub(Trial *trial, GError **err)
{
    const TrialBase *base = trial->base;
    trial->blobs = blob_store_open(temp_dir_path(trial->dir), base->keys, err);
    trial->persons = trial->blobs ? hub_persons_open(&(HubPersonsOptions) { .db = trial->db, .clock = trial->clock, .keys = base->keys }, err) : NULL;
    if (!trial->persons || !hub_persons_use(trial->persons, base->packs, err))
        return false;
    HubOptions options = { trial->db, trial->clock, base->keys, trial->blobs, temp_dir_path(trial->dir), trial->persons, base->packs };
    trial->hub = hub_new(&options);
    trial->quality = (Quality) { trial->db, trial->clock, base->packs, trial->persons };
    return true;
}

static Date first_day(const Trial *trial)
{
    return trial->c->begins != DATE_NONE ? trial->c->begins : trial->files[0].on;
}

static bool open_trial(Trial *trial, const Pack *pack, GError **err)
{
    if (!read_files(trial, pack, err))
        return false;
    trial->clock = clock_new_manual(morning(first_day(trial)), PACK_ZONE_MINUTES);
    trial->dir = temp_dir_new(err);
    g_autofree char *path = trial->dir ? temp_dir_join(trial->dir, "bihuan.db") : NULL;
    if (!path || !copy_base(trial->base, path, err))
        return false;
    trial->db = open_db(path, err);
    return trial->db && make_orgs(trial, err) && open_hub(trial, err);
}

static void trial_clear(Trial *trial)
{
    hub_free(trial->hub);
    hub_persons_close(trial->persons);
    blob_store_free(trial->blobs);
    db_close(trial->db);
    clock_free(trial->clock);
    temp_dir_free(trial->dir);
    arena_free(trial->arena);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Trial, trial_clear)

/* --- What happens ---------------------------------------------------------------------------------------------------------------------------- */

/* What a server does each day. */
static bool daily(Trial *trial, GError **err)
{
    ExpectedCount count;
    int64_t n;
    return expected_daily(&trial->quality, NULL, NULL, &count, err) && quality_run(&trial->quality, NULL, NULL, &n, err) && owed_run(&trial->quality, NULL, NULL, &n, err);
}

static void tell_rejects(const Trial *trial, const TrialFile *file, const HubResult *result)
{
    for (size_t i = 0; i < result->n_found; i++)
        if (result->found[i].reject)
            pack_find_line(trial->report, file->path, 0, "pack-proof", STR_FMT ": it cannot be stored: " STR_FMT, STR_ARG(result->found[i].first), STR_ARG(result->found[i].code));
}

/* What a file of the case breaks itself: held rows count for nothing, which a writer of proofs should know. */
static void write_found(const Trial *trial, const TrialFile *file, const HubResult *result)
{
    for (size_t i = 0; trial->found && i < result->n_found; i++)
        g_string_append_printf(trial->found, "# " STR_FMT ": " STR_FMT " %s, " STR_FMT "\n", STR_ARG(file->path), STR_ARG(result->found[i].code),
                               result->found[i].held ? "holds back" : "is noted", STR_ARG(result->found[i].first));
}

static bool import_bytes(Trial *trial, const TrialFile *file, Str bytes, GError **err)
{
    HubResult result;
    HubImport wish = { .dataset = file->dataset, .org = trial->root, .intake = DB_NULL_INT, .sure = true };
    IngestInput input = { .bytes = bytes };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1, .encoding = "UTF-8" }, err);
    if (!reader || !hub_import(trial->hub, &wish, reader, NULL, NULL, trial->arena, &result, err))
        return false;
    tell_rejects(trial, file, &result);
    write_found(trial, file, &result);
    return true;
}

static void write_row(GString *out, const Str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_string_append_c(out, i > 0 ? ',' : '"');
        if (i > 0)
            g_string_append_c(out, '"');
        for (size_t c = 0; c < cells[i].n; c++)
            g_string_append_printf(out, cells[i].p[c] == '"' ? "\"\"" : "%c", cells[i].p[c]);
        g_string_append_c(out, '"');
    }
    g_string_append_c(out, '\n');
}

/* Row by row, so that it is known which case is whose. */
static bool import_walked(Trial *trial, const TrialFile *file, GError **err)
{
    trial->cases = ARENA_ARRAY(trial->arena, Str, file->table.n_rows);
    for (size_t row = 0; row < file->table.n_rows; row++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        write_row(bytes, file->table.header, file->table.n_columns);
        write_row(bytes, file->table.rows[row], file->table.n_columns);
        if (!import_bytes(trial, file, str_from_gstring(bytes), err) || !trial_walk_came(trial, row, err))
            return false;
    }
    return true;
}

static bool import_file(Trial *trial, const TrialFile *file, GError **err)
{
    if (file->own && trial_walks(trial->c))
        return import_walked(trial, file, err);
    return file->table.n_rows == 0 || import_bytes(trial, file, pack_files_find(trial->base->files, file->path)->bytes, err);
}

/* The days from the first to the case's own; files on theirs. */
static bool live(Trial *trial, GError **err)
{
    size_t next = 0;
    if (first_day(trial) < trial->files[0].on && !daily(trial, err))
        return false;
    while (next < trial->n_files) {
        Date day = trial->files[next].on;
        clock_set(trial->clock, morning(day));
        for (; next < trial->n_files && trial->files[next].on == day; next++)
            if (!import_file(trial, &trial->files[next], err))
                return false;
        if (trial->files[next - 1].own && trial->cases && !trial_walk(trial, err))
            return false;
        if (!daily(trial, err))
            return false;
    }
    clock_set(trial->clock, morning(trial->c->today));
    return daily(trial, err) && trial_reports_said(trial, err) && trial_owed_said(trial, err) && daily(trial, err);
}

bool trial_run(const TrialBase *base, const Pack *pack, const PackCase *c, PackReport *report, GString *found, GError **err)
{
    g_auto(Trial) trial = { .base = base, .c = c, .report = report, .found = found, .arena = arena_new() };
    return open_trial(&trial, pack, err) && live(&trial, err) && trial_reports(&trial, err) && trial_owed(&trial, err) && trial_signals(&trial, err)
           && (!found || trial_found(&trial, err));
}
