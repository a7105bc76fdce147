/* Organisations from a table: writing what was read and checked. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "org/import.h"

#include "base/banned.h"

static int64_t id_of_code(const OrgImport *import, Str code)
{
    const OrgImportRow *row = code.p ? g_hash_table_lookup(import->by_code, &code) : NULL;
    const Stored *stored = code.p && !row ? g_hash_table_lookup(import->stored, &code) : NULL;
    return row ? row->id : stored ? stored->org.id : DB_NULL_INT;
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
    return true;
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

static bool write_members(OrgImport *import, const OrgImportRow *row, GError **err)
{
    Str part;
    for (Str rest = row->cell[MEMBERS]; table_part(&rest, &part);)
        if (!db_exec(import->conn, OrgMemberInsert, NULL, err, .org = row->id, .member = id_of_code(import, part)))
            return false;
    return true;
}

/* Writes a row after the row above it; the check found that they end within LIMIT_ORG_DEPTH. */
static bool write_row(OrgImport *import, OrgImportRow *row, GError **err)
{
    if (row->written)
        return true;
    row->written = true;
    OrgImportRow *above = row->cell[PARENT].p ? g_hash_table_lookup(import->by_code, &row->cell[PARENT]) : NULL;
    if (above && !write_row(import, above, err))
        return false;
    if (row->state == ROW_SAME)
        return true;
    bool written = row->state == ROW_NEW ? insert_row(import, row, err) : update_row(import, row, err);
    return written && write_names(import, row, err);
}

typedef struct {
    int64_t id, parent;
    Str path;
    Str fresh; /* the path as it should be; STR_NONE: not computed yet */
} Node;

static Str fresh_path(GHashTable *nodes, Node *node, Arena *arena)
{
    if (node->fresh.p)
        return node->fresh;
    Node *above = node->parent == DB_NULL_INT ? NULL : g_hash_table_lookup(nodes, &node->parent);
    Str start = above ? fresh_path(nodes, above, arena) : STR("/");
    node->fresh = arena_printf(arena, STR_FMT "%" G_GINT64_FORMAT "/", STR_ARG(start), node->id);
    return node->fresh;
}

/* Every path anew from the parents: what hangs below a moved organisation moves with it, in the file or not. */
static bool write_paths(OrgImport *import, GError **err)
{
    ARENA_LIST(Node *) list = { 0 };
    g_autoptr(GHashTable) nodes = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(DbRows) rows = db_query(import->conn, OrgAll, err, 0);
    for (OrgAllRow row; rows && db_next(rows, &row, err);) {
        Node *node = ARENA_NEW(import->arena, Node);
        *node = (Node) { .id = row.id, .parent = row.parent, .path = arena_str(import->arena, row.path) };
        g_hash_table_insert(nodes, &node->id, node);
        *ARENA_PUSH(import->arena, &list) = node;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++) {
        Str path = fresh_path(nodes, list.v[i], import->arena);
        if (!str_eq(path, list.v[i]->path) && !db_exec(import->conn, OrgSetPath, NULL, err, .id = list.v[i]->id, .path = path))
            return false;
    }
    return true;
}

static bool write_all(OrgImport *import, GError **err)
{
    for (size_t r = 0; r < import->n_rows; r++)
        if (!write_row(import, &import->rows[r], err))
            return false;
    for (size_t r = 0; r < import->n_rows; r++)
        if (import->rows[r].state != ROW_SAME && !write_members(import, &import->rows[r], err))
            return false;
    return write_paths(import, err);
}

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

bool org_import_apply(DbConn *tx, const OrgRows *rows, const AuditWho *who, OrgImportCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_auto(OrgImport) import = { .conn = tx, .arena = arena, .diags = diags };
    if (!org_import_read(&import, rows, err))
        return false;
    if (import.faults > 0)
        return error_set(err, BH_BAD_INPUT, "%zu findings forbid this import", import.faults);
    if (!write_all(&import, err))
        return false;
    import_event(tx, who, "orgs", &import.count);
    *ret_count = import.count;
    return true;
}
