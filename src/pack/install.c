/* An install is one transaction: the packs as they would stand in the store are loaded and checked together, then their files are written, then the tables of all datasets are brought to what they
 * say. Nothing is asked of the folder afterwards. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "db/queries.h"
#include "pack/load.h"
#include "pack/tables.h"

#include "base/banned.h"

static const Str LOCAL = STR_INIT("local"), ELEMENTS = STR_INIT("elements.yaml");

/* --- Files by whose they are --------------------------------------------------------------------------------------------------- */

/* "immunization" of "immunization/pack.yaml", "local" of what is laid over it, "elements.yaml" of itself and what lies beside it. */
static Str owner_of(Str path)
{
    Str rest = path, first = str_cut(&rest, '/');
    return rest.p ? first : ELEMENTS;
}

static Str below(Str path)
{
    Str rest = path, own = str_cut(&rest, '/');
    return rest.p ? rest : own;
}

/* What a pack as it came is known by: names, lengths and bytes of its files. */
static Str hash_of_own(const PackFiles *files, Str name, Arena *arena)
{
    g_autoptr(Digest) digest = digest_new(DIGEST_SM3);
    g_autoptr(GPtrArray) sorted = pack_files_sorted(files);
    char text[HASH_TEXT_MAX];
    for (guint i = 0; i < sorted->len; i++) {
        const PackFile *file = sorted->pdata[i];
        if (!str_eq(owner_of(file->path), name))
            continue;
        digest_update(digest, arena_printf(arena, STR_FMT "\n%zu\n", STR_ARG(below(file->path)), file->bytes.n));
        digest_update(digest, file->bytes);
    }
    return arena_str(arena, str_from(hash_write(digest_final(digest), text)));
}

static bool has_owner(const PackFiles *files, Str name)
{
    g_autoptr(GPtrArray) sorted = pack_files_sorted(files);
    bool found = false;
    for (guint i = 0; !found && i < sorted->len; i++)
        found = str_eq(owner_of(((const PackFile *) sorted->pdata[i])->path), name);
    return found;
}

/* --- What is installed ------------------------------------------------------------------------------------------------------------ */

PackFiles *pack_store_files(DbConn *conn, GError **err)
{
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbRows) rows = db_query(conn, PackFilesInstalled, err);
    for (PackFilesInstalledRow row; rows && db_next(rows, &row, err);) {
        bool common = str_eq(row.name, ELEMENTS);
        pack_files_add(files, common ? row.path : arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(row.name), STR_ARG(row.path)), row.bytes);
    }
    return db_rows_ok(rows) ? g_steal_pointer(&files) : NULL;
}

static const PackFinding *first_error(const PackReport *report)
{
    for (size_t i = 0; i < pack_report_count(report); i++)
        if (!pack_report_get(report, i)->warning)
            return pack_report_get(report, i);
    return NULL;
}

PacksRef *packs_from_store(Db *db, const PackSections *sections, int zone_minutes, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(db, err);
    g_autoptr(PackFiles) files = conn ? pack_store_files(conn, err) : NULL;
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PacksRef) packs = files ? packs_load(files, sections, zone_minutes, report) : NULL;
    const PackFinding *error = packs ? first_error(report) : NULL;
    if (error)
        error_set(err, BH_INTERNAL, "an installed pack is wrong for this program: " STR_FMT ":%u: " STR_FMT " [%s]", STR_ARG(error->path), error->line, STR_ARG(error->text), error->code);
    return error ? NULL : g_steal_pointer(&packs);
}

/* --- One install ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str name;
    const PacksInstalledRow *was; /* NULL: it is not there */
    Str version, hash;
} Part;

typedef struct {
    const PackWish *wish;
    Arena *arena;
    /* set by each run from scratch */
    DbConn *tx;
    ARENA_LIST(PacksInstalledRow) there;
    ARENA_LIST(Part) parts;
    ARENA_LIST(PackStepDone) done;
    PackFiles *files;  /* as they would stand in the store */
    PacksRef *before, *packs;
    PackReport *report;
} Install;

static void install_clear(Install *install)
{
    g_clear_pointer(&install->files, pack_files_free);
    g_clear_pointer(&install->before, packs_unref);
    g_clear_pointer(&install->packs, packs_unref);
    g_clear_pointer(&install->report, pack_report_free);
    install->there.n = install->parts.n = install->done.n = 0;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Install, install_clear)

static bool read_there(Install *install, GError **err)
{
    g_autoptr(DbRows) rows = db_query(install->tx, PacksInstalled, err);
    for (PacksInstalledRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(PacksInstalled, &row, install->arena);
        *ARENA_PUSH(install->arena, &install->there) = row;
    }
    return db_rows_ok(rows);
}

static void add_part(Install *install, Str name)
{
    Part part = { .name = arena_str(install->arena, name) };
    for (size_t i = 0; i < install->parts.n; i++)
        if (str_eq(install->parts.v[i].name, name))
            return;
    for (size_t i = 0; i < install->there.n; i++)
        if (str_eq(install->there.v[i].name, name))
            part.was = &install->there.v[i];
    part.hash = hash_of_own(install->wish->files, name, install->arena);
    *ARENA_PUSH(install->arena, &install->parts) = part;
}

static bool find_parts(Install *install, GError **err)
{
    const PackWish *wish = install->wish;
    g_autoptr(GPtrArray) sorted = pack_files_sorted(wish->files);
    if (has_owner(wish->files, ELEMENTS))
        add_part(install, ELEMENTS);
    for (guint i = 0; wish->n == 0 && i < sorted->len; i++)
        add_part(install, owner_of(((const PackFile *) sorted->pdata[i])->path));
    for (size_t i = 0; i < wish->n; i++) {
        if (!has_owner(wish->files, wish->names[i])) {
            error_set(err, BH_NOT_FOUND, "there is no pack '" STR_FMT "'", STR_ARG(wish->names[i]));
            return error_detail(err, "no-pack");
        }
        add_part(install, wish->names[i]);
    }
    return true;
}

static const Part *part_of(const Install *install, Str name)
{
    for (size_t i = 0; i < install->parts.n; i++)
        if (str_eq(install->parts.v[i].name, name))
            return &install->parts.v[i];
    return NULL;
}

/* Those of the store whose packs stay, and those of the wish. */
static void add_files(Install *install, const PackFiles *from, bool of_parts)
{
    g_autoptr(GPtrArray) sorted = pack_files_sorted(from);
    for (guint i = 0; i < sorted->len; i++) {
        const PackFile *file = sorted->pdata[i];
        if ((part_of(install, owner_of(file->path)) != NULL) == of_parts)
            pack_files_add(install->files, file->path, file->bytes);
    }
}

static bool refuse(GError **err, const PackFinding *error)
{
    error_set(err, BH_BAD_INPUT, STR_FMT ":%u:%u: " STR_FMT " [%s]", STR_ARG(error->path), error->line, error->column, STR_ARG(error->text), error->code);
    return error_detail(err, "pack-wrong");
}

static bool load(Install *install, GError **err)
{
    const PackWish *wish = install->wish;
    g_autoptr(PackReport) ignored = pack_report_new();
    g_autoptr(PackFiles) stored = pack_store_files(install->tx, err);
    if (!stored)
        return false;
    install->files = pack_files_new();
    add_files(install, stored, false);
    add_files(install, wish->files, true);
    install->before = packs_load(stored, wish->sections, wish->zone_minutes, ignored);
    install->report = pack_report_new();
    install->packs = packs_load(install->files, wish->sections, wish->zone_minutes, install->report);
    const PackFinding *error = first_error(install->report);
    return !error || refuse(err, error);
}

/* --- Whether it may be --------------------------------------------------------------------------------------------------------------- */

static int compare_versions(Str a, Str b)
{
    Str x = a, y = b;
    for (int i = 0; i < 3; i++) {
        int64_t n = 0, m = 0;
        str_to_int64(str_cut(&x, '.'), &n);
        str_to_int64(str_cut(&y, '.'), &m);
        if (n != m)
            return n < m ? -1 : 1;
    }
    return 0;
}

static bool may_replace(const Install *install, const Part *part, GError **err)
{
    if (!install->wish->upgrade) {
        error_set(err, BH_CONFLICT, "the pack '" STR_FMT "' is installed already, in edition " STR_FMT, STR_ARG(part->name), STR_ARG(part->was->version));
        error_hint(err, "bihuan pack diff shows what would change, bihuan pack upgrade takes it");
        return error_detail(err, "pack-installed");
    }
    if (compare_versions(part->version, part->was->version) > 0)
        return true;
    error_set(err, BH_CONFLICT, "'" STR_FMT "' " STR_FMT " is not newer than " STR_FMT ", which is installed, and is not the same", STR_ARG(part->name), STR_ARG(part->version),
              STR_ARG(part->was->version));
    error_hint(err, "give it a greater version");
    return error_detail(err, "pack-older");
}

/* What is laid over a pack that is not there would wait for one unseen. */
static bool check_local(const Install *install, GError **err)
{
    g_autoptr(GPtrArray) sorted = pack_files_sorted(install->files);
    for (guint i = 0; i < sorted->len; i++) {
        Str path = ((const PackFile *) sorted->pdata[i])->path;
        Str under = below(path), name = owner_of(under);
        if (!str_eq(owner_of(path), LOCAL) || str_eq(name, ELEMENTS) || packs_find(install->packs, name))
            continue;
        error_set(err, BH_NOT_FOUND, "'" STR_FMT "' is laid over the pack '" STR_FMT "', which is not installed", STR_ARG(path), STR_ARG(name));
        return error_detail(err, "no-pack");
    }
    return true;
}

static bool check_parts(Install *install, GError **err)
{
    for (size_t i = 0; i < install->parts.n; i++) {
        Part *part = &install->parts.v[i];
        const Pack *pack = packs_find(install->packs, part->name);
        bool same = part->was && str_eq(part->was->hash, part->hash);
        part->version = pack ? pack->version : STR("");
        if (part->was && !same && pack && !may_replace(install, part, err))
            return false;
        *ARENA_PUSH(install->arena, &install->done) = (PackStepDone) {
            part->name, arena_str(install->arena, part->version), part->was ? part->was->version : STR_NONE, same ? "same" : part->was ? "upgraded" : "installed",
        };
    }
    return check_local(install, err);
}

/* --- Writing --------------------------------------------------------------------------------------------------------------------------- */

static bool write_files(Install *install, const Part *part, int64_t pack, GError **err)
{
    g_autoptr(GPtrArray) sorted = pack_files_sorted(install->files);
    for (guint i = 0; i < sorted->len; i++) {
        const PackFile *file = sorted->pdata[i];
        if (str_eq(owner_of(file->path), part->name) && !db_exec(install->tx, PackFileInsert, NULL, err, .pack = pack, .path = below(file->path), .bytes = file->bytes))
            return false;
    }
    return true;
}

static bool record(Install *install, const Part *part, GError **err)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "hash", part->hash);
    json_member_str(&json, "version", part->version);
    json_end_object(&json);
    audit_append(install->tx, &install->wish->who, part->was ? "pack-upgrade" : "pack-install", (AuditObject) { "pack", part->name }, str_from_gstring(data));
    (void) err;
    return true;
}

static bool write_part(Install *install, const Part *part, GError **err)
{
    const PackWish *wish = install->wish;
    PackInsertRow row;
    bool found;
    return db_exec(install->tx, PackReplace, NULL, err, .name = part->name) &&
           db_one(install->tx, PackInsert, install->arena, &row, &found, err, .name = part->name, .version = part->version, .hash = part->hash, .at = wish->who.at_ms, .account = wish->account) &&
           write_files(install, part, row.id, err) && record(install, part, err);
}

static bool write_parts(Install *install, GError **err)
{
    for (size_t i = 0; i < install->parts.n; i++)
        if (!g_str_equal(install->done.v[i].what, "same") && !write_part(install, &install->parts.v[i], err))
            return false;
    return true;
}

static bool write_tables(Install *install, GError **err)
{
    for (size_t p = 0; p < packs_count(install->packs); p++) {
        const Pack *pack = packs_get(install->packs, p);
        for (size_t d = 0; d < pack->datasets.n; d++)
            if (!tables_install(install->tx, &pack->datasets.v[d], packs_dataset(install->before, pack->datasets.v[d].full_name), err))
                return false;
    }
    return true;
}

/* Datasets that no pack declares any more keep their tables. */
static bool retire_datasets(Install *install, GError **err)
{
    ARENA_LIST(DatasetsAllRow) list = { 0 };
    g_autoptr(DbRows) rows = db_query(install->tx, DatasetsAll, err);
    for (DatasetsAllRow row; rows && db_next(rows, &row, err);)
        if (!row.retired && !packs_dataset(install->packs, row.name))
            *ARENA_PUSH(install->arena, &list) = row;
    bool ok = db_rows_ok(rows);
    for (size_t i = 0; ok && i < list.n; i++)
        ok = db_exec(install->tx, DatasetRetire, NULL, err, .id = list.v[i].id, .retired = true);
    return ok;
}

static bool changes_anything(const Install *install)
{
    bool any = false;
    for (size_t i = 0; i < install->done.n; i++)
        any |= !g_str_equal(install->done.v[i].what, "same");
    return any;
}

static bool check_busy(Install *install, GError **err)
{
    PacksBusyRow row;
    bool found;
    if (!db_one(install->tx, PacksBusy, install->arena, &row, &found, err))
        return false;
    if (!row.busy)
        return true;
    error_set(err, BH_CONFLICT, "rows are being brought in by the packs as they are");
    error_hint(err, "wait until the import has ended");
    return error_detail(err, "pack-busy");
}

static bool work(DbConn *tx, void *data, GError **err)
{
    Install *install = data;
    install_clear(install);
    install->tx = tx;
    if (!read_there(install, err) || !find_parts(install, err) || !load(install, err) || !check_parts(install, err))
        return false;
    if (install->wish->check || !changes_anything(install))
        return true;
    return check_busy(install, err) && write_parts(install, err) && write_tables(install, err) && retire_datasets(install, err);
}

bool pack_install(Db *db, const PackWish *wish, Arena *arena, PackInstalled *ret_done, PacksRef **ret_packs, PackReport **ret_report, GError **err)
{
    g_auto(Install) install = { .wish = wish, .arena = arena };
    bool ok = db_write(db, DB_BULK, work, &install, err);
    *ret_report = install.report ? g_steal_pointer(&install.report) : pack_report_new();
    if (!ok)
        return false;
    *ret_done = (PackInstalled) { install.done.v, install.done.n };
    *ret_packs = g_steal_pointer(&install.packs);
    return true;
}
