/* Organisations from a table: writing what was read and checked.
 *
 * A province has 200,000 of them, which take seconds to write; who works on a task meanwhile must not wait for that. So a server writes in steps of
 * bounded time, each a transaction with its event. Nothing in them can fail but the store itself, since all was checked before; a step that was
 * not written when the process died is written when the import runs again, because by then the rows before it are the same as in the file. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "org/import.h"

#include "base/banned.h"

enum { STEP_MS = 60 /* of statements: the commit comes on top, and a log-in waits for two of them */ };

static int64_t id_of_code(const OrgImport *import, Str code)
{
    const OrgImportRow *row = code.p ? g_hash_table_lookup(import->by_code, &code) : NULL;
    const Stored *stored = code.p && !row ? g_hash_table_lookup(import->stored, &code) : NULL;
    return row ? row->id : stored ? stored->org.id : DB_NULL_INT;
}

static Str path_of_code(const OrgImport *import, Str code)
{
    const OrgImportRow *row = code.p ? g_hash_table_lookup(import->by_code, &code) : NULL;
    const Stored *stored = code.p && !row ? g_hash_table_lookup(import->stored, &code) : NULL;
    return row ? row->path : stored ? stored->org.path : STR("/");
}

static Str path_below(Arena *arena, Str above, int64_t id)
{
    return arena_printf(arena, STR_FMT "%" G_GINT64_FORMAT "/", STR_ARG(above), id);
}

static bool insert_row(OrgImport *import, OrgImportRow *row, GError **err)
{
    char uid[UID_TEXT_MAX];
    OrgInsertRow made;
    bool found;
    if (!db_one(import->conn, OrgInsert, import->arena, &made, &found, err, .uid = str_from(uid_new(uid)), .code = row->cell[CODE],
                .name = row->cell[NAME], .short_name = row->cell[SHORT_NAME], .kind = row->cell[KIND],
                .parent = id_of_code(import, row->cell[PARENT]), .area = row->cell[AREA], .rank = row->rank,
                .legal_code = row->cell[LEGAL_CODE], .opened = row->opened, .closed = row->closed))
        return false;
    row->id = made.id;
    row->path = path_below(import->arena, path_of_code(import, row->cell[PARENT]), row->id);
    return db_exec(import->conn, OrgSetPath, NULL, err, .id = row->id, .path = row->path);
}

static bool update_row(OrgImport *import, const OrgImportRow *row, GError **err)
{
    return db_exec(import->conn, OrgUpdate, NULL, err, .id = row->id, .name = row->cell[NAME], .short_name = row->cell[SHORT_NAME],
                   .kind = row->cell[KIND], .parent = id_of_code(import, row->cell[PARENT]), .area = row->cell[AREA], .rank = row->rank,
                   .legal_code = row->cell[LEGAL_CODE], .opened = row->opened, .closed = row->closed)
           && db_exec(import->conn, OrgNamesDelete, NULL, err, .org = row->id) && db_exec(import->conn, OrgFunctionsDelete, NULL, err, .org = row->id)
           && db_exec(import->conn, OrgMembersDelete, NULL, err, .org = row->id);
}

static bool write_name(OrgImport *import, const OrgImportRow *row, Str name, bool alias, GError **err)
{
    Str key = text_name_key(name, import->arena);
    return key.n == 0 || db_exec(import->conn, OrgNameInsert, NULL, err, .key = key, .org = row->id, .text = name, .alias = alias);
}

static bool write_names(OrgImport *import, const OrgImportRow *row, GError **err)
{
    Str part;
    if (!write_name(import, row, row->cell[NAME], false, err) || !write_name(import, row, row->cell[SHORT_NAME], false, err))
        return false;
    for (Str rest = row->cell[ALIASES]; table_part(&rest, &part);)
        if (!write_name(import, row, part, true, err))
            return false;
    for (Str rest = row->cell[FUNCTIONS]; table_part(&rest, &part);)
        if (!db_exec(import->conn, OrgFunctionInsert, NULL, err, .org = row->id, .function = part))
            return false;
    return true;
}

static bool write_row(OrgImport *import, size_t at, GError **err)
{
    OrgImportRow *row = import->order.v[at];
    if (row->state == ROW_SAME)
        return true;
    bool written = row->state == ROW_NEW ? insert_row(import, row, err) : update_row(import, row, err);
    return written && write_names(import, row, err);
}

static bool write_members(OrgImport *import, size_t at, GError **err)
{
    const OrgImportRow *row = import->order.v[at];
    Str part;
    for (Str rest = row->state == ROW_SAME ? STR_NONE : row->cell[MEMBERS]; table_part(&rest, &part);)
        if (!db_exec(import->conn, OrgMemberInsert, NULL, err, .org = row->id, .member = id_of_code(import, part)))
            return false;
    return true;
}

/* --- What moves with a moved organisation --------------------------------------------------------------------------------- */

/* The path as it should be; the check found that the way up ends within LIMIT_ORG_DEPTH. */
static Str fresh_path(OrgImport *import, Place *place)
{
    Place *above = place->parent.p ? g_hash_table_lookup(import->places, &place->parent) : NULL;
    if (!place->path.p)
        place->path = path_below(import->arena, above ? fresh_path(import, above) : STR("/"), id_of_code(import, place->code));
    return place->path;
}

/* What hangs below a moved organisation moves with it, in the file or not. */
static size_t find_moved(OrgImport *import)
{
    for (size_t i = 0; i < import->place_list.n; i++) {
        Place *place = import->place_list.v[i];
        if (!str_eq(fresh_path(import, place), path_of_code(import, place->code)))
            *ARENA_PUSH(import->arena, &import->moved) = place;
    }
    return import->moved.n;
}

static bool write_path(OrgImport *import, size_t at, GError **err)
{
    const Place *place = import->moved.v[at];
    int64_t id = id_of_code(import, place->code);
    return db_exec(import->conn, OrgSetPath, NULL, err, .id = id, .path = place->path) && db_exec(import->conn, OrgMovedInsert, NULL, err, .org = id);
}

/* --- The order of writing --------------------------------------------------------------------------------------------------- */

/* A row comes after the row above it. */
static void place_in_order(OrgImport *import, OrgImportRow *row)
{
    if (row->placed)
        return;
    row->placed = true;
    OrgImportRow *above = row->cell[PARENT].p ? g_hash_table_lookup(import->by_code, &row->cell[PARENT]) : NULL;
    if (above)
        place_in_order(import, above);
    *ARENA_PUSH(import->arena, &import->order) = row;
}

static size_t make_order(OrgImport *import)
{
    for (size_t r = 0; r < import->n_rows; r++)
        place_in_order(import, &import->rows[r]);
    return import->order.n;
}

static size_t count_order(OrgImport *import)
{
    return import->order.n;
}

typedef struct {
    size_t (*begin)(OrgImport *import); /* how many there are to write */
    bool (*write)(OrgImport *import, size_t at, GError **err);
    bool rows;    /* writes the rows themselves: what the event tells */
    double share; /* of the whole work */
} Phase;

static const Phase phases[] = {
    { make_order, write_row, true, 0.9 },
    { count_order, write_members, false, 0.05 }, /* members may stand anywhere in the file */
    { find_moved, write_path, false, 0.05 },
};

/* --- Steps ---------------------------------------------------------------------------------------------------------------------- */

void import_event(DbConn *tx, const AuditWho *who, const char *kind, const OrgImportCount *count)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_int(&json, "added", count->added);
    json_member_int(&json, "changed", count->changed);
    json_member_int(&json, "rows", count->rows);
    json_end_object(&json);
    audit_append(tx, who, "import", (AuditObject) { kind, STR("") }, str_from_gstring(data));
}

typedef struct {
    OrgImport *import;
    const AuditWho *who;
    const Phase *phase;
    size_t n, from, to; /* all of the phase; what the step writes: it sets `to` */
    int64_t most_ms;
} Step;

static void step_event(DbConn *tx, const Step *step)
{
    OrgImportCount count = { .rows = (int64_t) (step->to - step->from) };
    for (size_t i = step->from; i < step->to; i++) {
        count.added += step->import->order.v[i]->state == ROW_NEW;
        count.changed += step->import->order.v[i]->state == ROW_CHANGED;
    }
    import_event(tx, step->who, "orgs", &count);
}

static bool step_in_tx(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    int64_t end_ms = monotonic_ms() + step->most_ms;
    step->import->conn = tx;
    for (step->to = step->from; step->to < step->n && monotonic_ms() < end_ms; step->to++)
        if (!step->phase->write(step->import, step->to, err))
            return false;
    if (step->phase->rows)
        step_event(tx, step);
    return true;
}

static bool read_for_writing(OrgImport *import, DbConn *conn, const OrgRows *rows, GError **err)
{
    import->conn = conn;
    if (!org_import_read(import, rows, err))
        return false;
    return import->faults == 0 || error_set(err, BH_BAD_INPUT, "%zu findings forbid this import", import->faults);
}

bool org_import_apply(DbConn *tx, const OrgRows *rows, const AuditWho *who, OrgImportCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_auto(OrgImport) import = { .arena = arena, .diags = diags };
    if (!read_for_writing(&import, tx, rows, err))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(phases); i++) {
        Step all = { .import = &import, .who = who, .phase = &phases[i], .n = phases[i].begin(&import), .most_ms = G_MAXINT32 };
        if (!step_in_tx(tx, &all, err))
            return false;
    }
    *ret_count = import.count;
    return true;
}

/* At least one step, so that an import that changes nothing leaves its event too. */
static bool write_phase(Db *db, Step *step, double before, ImportTold told, void *told_data, GError **err)
{
    do {
        if (!db_write(db, DB_BULK, step_in_tx, step, err)) {
            error_hint(err, "what is written stays; import the same file again to write the rest");
            return false;
        }
        step->from = step->to;
        double done = step->n > 0 ? (double) step->from / (double) step->n : 1;
        if (!told(before + step->phase->share * done, told_data, err))
            return false;
    } while (step->from < step->n);
    return true;
}

static bool write_in_steps(Db *db, OrgImport *import, const AuditWho *who, ImportTold told, void *told_data, GError **err)
{
    double before = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(phases); i++) {
        Step step = { .import = import, .who = who, .phase = &phases[i], .n = phases[i].begin(import), .most_ms = STEP_MS };
        if (!write_phase(db, &step, before, told, told_data, err))
            return false;
        before += phases[i].share;
    }
    return true;
}

static bool read_from_store(Db *db, OrgImport *import, const OrgRows *rows, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    return conn && read_for_writing(import, conn, rows, err);
}

bool org_import_in_steps(Db *db, const OrgRows *rows, const AuditWho *who, ImportTold told, void *told_data, OrgImportCount *ret_count, GError **err)
{
    static GMutex one_at_a_time; /* what was read stays true until the last step: nothing else makes organisations or moves them */
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_auto(OrgImport) import = { .arena = arena, .diags = diags };
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&one_at_a_time);
    if (!read_from_store(db, &import, rows, err) || !write_in_steps(db, &import, who, told, told_data, err))
        return false;
    *ret_count = import.count;
    return true;
}
