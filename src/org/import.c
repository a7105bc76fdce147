/* Organisations from a table. Reading checks everything against the file and the store and leaves rows that need no further question; applying reads
 * again inside the transaction, so that what was checked is what is written. */
#include "base/crypto.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "org/rows.h"
#include "org/table.h"

#include "base/banned.h"

enum { CODE, NAME, SHORT_NAME, KIND, PARENT, AREA, RANK, LEGAL_CODE, FUNCTIONS, ALIASES, MEMBERS, OPENED, CLOSED, COLUMNS };

static const TableColumn columns[COLUMNS] = {
    [CODE] = { "code", "column.org.code", true },
    [NAME] = { "name", "column.org.name", true },
    [SHORT_NAME] = { "short_name", "column.org.short_name", false },
    [KIND] = { "kind", "column.org.kind", true },
    [PARENT] = { "parent", "column.org.parent", true },
    [AREA] = { "area", "column.org.area", true },
    [RANK] = { "rank", "column.org.rank", false },
    [LEGAL_CODE] = { "legal_code", "column.org.legal_code", false },
    [FUNCTIONS] = { "functions", "column.org.functions", false },
    [ALIASES] = { "aliases", "column.org.aliases", false },
    [MEMBERS] = { "members", "column.org.members", false },
    [OPENED] = { "opened", "column.org.opened", false },
    [CLOSED] = { "closed", "column.org.closed", false },
};

static const char *const kinds[] = { "government", "commission", "department", "bureau", "district_government", "district_commission", "town",
                                     "hospital",   "public_health", "centre", "clinic", "collective", "other" };

typedef enum { ROW_NEW, ROW_CHANGED, ROW_SAME } RowState;

typedef struct {
    Str cell[COLUMNS];
    size_t row;
    int64_t rank;
    Date opened, closed;
    const Org *old; /* the organisation of this code in the store, or NULL */
    RowState state;
    int mark; /* of the walk that looks for circles: 0 not seen, 1 on the way, 2 done */
    int64_t id;
} ImportRow;

typedef struct {
    DbConn *conn;
    Arena *arena;
    Diags *diags;
    Table table;
    ImportRow *rows;
    size_t n_rows;
    GHashTable *by_code; /* Str * to ImportRow *: of the file */
    GHashTable *stored;  /* Str * to Org *: of the store */
    size_t faults;       /* findings that forbid applying */
    OrgImportCount count;
} Import;

static void import_clear(Import *import)
{
    g_clear_pointer(&import->by_code, g_hash_table_unref);
    g_clear_pointer(&import->stored, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Import, import_clear)

#define FAULT(import, r, column, code, ...) \
    do { \
        (import)->faults++; \
        table_finding(&(import)->table, (r)->row, column, code, __VA_ARGS__); \
    } while (0)

/* --- Reading ------------------------------------------------------------------------------------------------------------ */

static bool load_stored(Import *import, GError **err)
{
    import->stored = g_hash_table_new(str_hash, str_equal);
    g_autoptr(DbRows) rows = db_query(import->conn, OrgAll, err, 0);
    for (OrgAllRow row; rows && db_next(rows, &row, err);) {
        Org *org = ARENA_NEW(import->arena, Org);
        *org = ORG_OF_ROW(row);
        *org = org_copy(import->arena, org);
        g_hash_table_insert(import->stored, &org->code, org);
    }
    return db_rows_ok(rows);
}

static void read_date(Import *import, ImportRow *row, int column, Date *ret_date)
{
    *ret_date = DATE_NONE;
    if (row->cell[column].p && !date_parse(row->cell[column], ret_date))
        FAULT(import, row, (size_t) column, "date-bad", "'" STR_FMT "' is not a date like 2019-03-01", STR_ARG(row->cell[column]));
}

static bool known_kind(Str kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (str_eq(kind, str_from(kinds[i])))
            return true;
    return false;
}

static void read_cells(Import *import, ImportRow *row)
{
    for (size_t c = 0; c < COLUMNS; c++)
        row->cell[c] = table_cell(&import->table, row->row, c);
    static const int needed[] = { CODE, NAME, KIND, AREA };
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!row->cell[needed[i]].p)
            FAULT(import, row, (size_t) needed[i], "value-missing", "a value is needed here");
    if (utf8_length(row->cell[NAME]) > LIMIT_NAME_CHARS)
        FAULT(import, row, NAME, "name-long", "a name has at most %d characters", LIMIT_NAME_CHARS);
    if (row->cell[KIND].p && !known_kind(row->cell[KIND]))
        FAULT(import, row, KIND, "value-unknown", "there is no kind '" STR_FMT "'", STR_ARG(row->cell[KIND]));
    row->rank = (int64_t) (row->row + 1) * 10; /* without a rank: the order of the file */
    if (row->cell[RANK].p && !str_to_int64(row->cell[RANK], &row->rank))
        FAULT(import, row, RANK, "value-unknown", "'" STR_FMT "' is not a whole number", STR_ARG(row->cell[RANK]));
    read_date(import, row, OPENED, &row->opened);
    read_date(import, row, CLOSED, &row->closed);
}

static void read_row(Import *import, ImportRow *row, size_t r)
{
    row->row = r;
    read_cells(import, row);
    if (!row->cell[CODE].p)
        return;
    if (g_hash_table_contains(import->by_code, &row->cell[CODE]))
        FAULT(import, row, CODE, "code-duplicate", "the code '" STR_FMT "' stands twice", STR_ARG(row->cell[CODE]));
    g_hash_table_insert(import->by_code, &row->cell[CODE], row);
    row->old = g_hash_table_lookup(import->stored, &row->cell[CODE]);
    row->id = row->old ? row->old->id : DB_NULL_INT;
}

static bool code_known(const Import *import, Str code)
{
    return g_hash_table_contains(import->by_code, &code) || g_hash_table_contains(import->stored, &code);
}

/* Goes up from a row through the rows of the file; a row met on its own way is a circle. */
static void find_circle(Import *import, ImportRow *row)
{
    ImportRow *at = row;
    while (at && at->mark == 0) {
        at->mark = 1;
        at = at->cell[PARENT].p ? g_hash_table_lookup(import->by_code, &at->cell[PARENT]) : NULL;
    }
    if (at && at->mark == 1)
        FAULT(import, at, PARENT, "parent-cycle", "'" STR_FMT "' is above itself", STR_ARG(at->cell[CODE]));
    for (at = row; at && at->mark == 1;) {
        at->mark = 2;
        at = at->cell[PARENT].p ? g_hash_table_lookup(import->by_code, &at->cell[PARENT]) : NULL;
    }
}

static void check_links(Import *import, ImportRow *row)
{
    Str part;
    if (row->cell[PARENT].p && !code_known(import, row->cell[PARENT]))
        FAULT(import, row, PARENT, "parent-unknown", "there is no organisation '" STR_FMT "'", STR_ARG(row->cell[PARENT]));
    for (Str rest = row->cell[MEMBERS]; table_part(&rest, &part);)
        if (!code_known(import, part))
            FAULT(import, row, MEMBERS, "org-unknown", "there is no organisation '" STR_FMT "'", STR_ARG(part));
    find_circle(import, row);
}

/* --- What differs -------------------------------------------------------------------------------------------------------- */

/* The parts of a list as one text, sorted, so that the order in the file does not matter. */
static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const Str *) a, *(const Str *) b);
}

typedef ARENA_LIST(Str) StrList;

static Str join_sorted(Arena *arena, StrList *list)
{
    if (list->n > 1)
        qsort(list->v, list->n, sizeof *list->v, by_text);
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0 && str_eq(list->v[i], list->v[i - 1]))
            continue;
        g_string_append_len(text, list->v[i].p, (gssize) list->v[i].n);
        g_string_append_c(text, '\n');
    }
    return arena_str(arena, str_from_gstring(text));
}

static Str parts_sorted(Arena *arena, Str cell)
{
    StrList list = { 0 };
    Str part;
    for (Str rest = cell; table_part(&rest, &part);)
        *ARENA_PUSH(arena, &list) = part;
    return join_sorted(arena, &list);
}

/* Aliases that fold to the full or short name add nothing and are not stored apart. */
static Str aliases_sorted(Arena *arena, const ImportRow *row)
{
    StrList list = { 0 };
    Str part, name = text_name_key(row->cell[NAME], arena), short_name = text_name_key(row->cell[SHORT_NAME], arena);
    for (Str rest = row->cell[ALIASES]; table_part(&rest, &part);) {
        Str key = text_name_key(part, arena);
        if (!str_eq(key, name) && !str_eq(key, short_name))
            *ARENA_PUSH(arena, &list) = key;
    }
    return join_sorted(arena, &list);
}

static bool stored_lists(Import *import, const ImportRow *row, Str *ret_aliases, Str *ret_functions, Str *ret_members, GError **err)
{
    StrList aliases = { 0 }, functions = { 0 }, members = { 0 };
    Arena *arena = import->arena;
    g_autoptr(DbRows) names = db_query(import->conn, OrgNamesOf, err, .org = row->id);
    for (OrgNamesOfRow name; names && db_next(names, &name, err);)
        if (name.alias)
            *ARENA_PUSH(arena, &aliases) = arena_str(arena, name.key);
    g_autoptr(DbRows) duties = db_rows_ok(names) ? db_query(import->conn, OrgFunctionsOf, err, .org = row->id) : NULL;
    for (OrgFunctionsOfRow function; duties && db_next(duties, &function, err);)
        *ARENA_PUSH(arena, &functions) = arena_str(arena, function.function);
    g_autoptr(DbRows) codes = db_rows_ok(duties) ? db_query(import->conn, OrgMemberCodes, err, .org = row->id) : NULL;
    for (OrgMemberCodesRow member; codes && db_next(codes, &member, err);)
        *ARENA_PUSH(arena, &members) = arena_str(arena, member.code);
    *ret_aliases = join_sorted(arena, &aliases);
    *ret_functions = join_sorted(arena, &functions);
    *ret_members = join_sorted(arena, &members);
    return db_rows_ok(codes);
}

static bool parent_same(const Import *import, const ImportRow *row)
{
    const Org *parent = row->cell[PARENT].p ? g_hash_table_lookup(import->stored, &row->cell[PARENT]) : NULL;
    bool root = !row->cell[PARENT].p;
    return root ? row->old->parent == DB_NULL_INT : parent && parent->id == row->old->parent;
}

static bool columns_same(const Import *import, const ImportRow *row)
{
    const Org *old = row->old;
    return str_eq(old->name, row->cell[NAME]) && str_eq(old->short_name, row->cell[SHORT_NAME]) && str_eq(old->kind, row->cell[KIND])
           && str_eq(old->area, row->cell[AREA]) && old->rank == row->rank && str_eq(old->legal_code, row->cell[LEGAL_CODE])
           && old->opened == row->opened && old->closed == row->closed && parent_same(import, row);
}

static bool tell_state(Import *import, ImportRow *row, GError **err)
{
    if (!row->old) {
        row->state = ROW_NEW;
        import->count.added++;
        return true;
    }
    Str aliases, functions, members;
    if (!stored_lists(import, row, &aliases, &functions, &members, err))
        return false;
    bool same = columns_same(import, row) && str_eq(aliases, aliases_sorted(import->arena, row))
                && str_eq(functions, parts_sorted(import->arena, row->cell[FUNCTIONS]))
                && str_eq(members, parts_sorted(import->arena, row->cell[MEMBERS]));
    row->state = same ? ROW_SAME : ROW_CHANGED;
    *(same ? &import->count.same : &import->count.changed) += 1;
    return true;
}

static bool import_read(Import *import, const OrgRows *rows, GError **err)
{
    if (rows->n_rows > LIMIT_ORGS)
        return error_set(err, BH_TOO_LARGE, "a file of organisations has at most %d rows, this one %zu", LIMIT_ORGS, rows->n_rows);
    if (!table_init(&import->table, rows, columns, COLUMNS, import->diags)) {
        import->faults++;
        return true;
    }
    if (!load_stored(import, err))
        return false;
    import->by_code = g_hash_table_new(str_hash, str_equal);
    import->n_rows = rows->n_rows;
    import->rows = ARENA_ARRAY(import->arena, ImportRow, rows->n_rows + 1);
    import->count.rows = (int64_t) rows->n_rows;
    for (size_t r = 0; r < import->n_rows; r++)
        read_row(import, &import->rows[r], r);
    for (size_t r = 0; r < import->n_rows; r++)
        check_links(import, &import->rows[r]);
    for (size_t r = 0; r < import->n_rows && import->faults == 0; r++)
        if (!tell_state(import, &import->rows[r], err))
            return false;
    return true;
}

bool org_import_check(DbConn *conn, const OrgRows *rows, Diags *diags, OrgImportCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_auto(Import) import = { .conn = conn, .arena = arena, .diags = diags };
    if (!import_read(&import, rows, err))
        return false;
    *ret_count = import.count;
    return true;
}

/* --- Applying ------------------------------------------------------------------------------------------------------------- */

static int64_t id_of_code(const Import *import, Str code)
{
    const ImportRow *row = code.p ? g_hash_table_lookup(import->by_code, &code) : NULL;
    const Org *stored = code.p && !row ? g_hash_table_lookup(import->stored, &code) : NULL;
    return row ? row->id : stored ? stored->id : DB_NULL_INT;
}

static bool insert_row(Import *import, ImportRow *row, GError **err)
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

static bool update_row(Import *import, const ImportRow *row, GError **err)
{
    return db_exec(import->conn, OrgUpdate, NULL, err, .id = row->id, .name = row->cell[NAME], .short_name = row->cell[SHORT_NAME],
                   .kind = row->cell[KIND], .parent = id_of_code(import, row->cell[PARENT]), .area = row->cell[AREA], .rank = row->rank,
                   .legal_code = row->cell[LEGAL_CODE], .opened = row->opened, .closed = row->closed)
           && db_exec(import->conn, OrgNamesDelete, NULL, err, .org = row->id) && db_exec(import->conn, OrgFunctionsDelete, NULL, err, .org = row->id)
           && db_exec(import->conn, OrgMembersDelete, NULL, err, .org = row->id);
}

static bool write_name(Import *import, const ImportRow *row, Str name, bool alias, GError **err)
{
    Str key = text_name_key(name, import->arena);
    return key.n == 0 || db_exec(import->conn, OrgNameInsert, NULL, err, .key = key, .org = row->id, .text = name, .alias = alias);
}

static bool write_names(Import *import, const ImportRow *row, GError **err)
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

static bool write_members(Import *import, const ImportRow *row, GError **err)
{
    Str part;
    for (Str rest = row->cell[MEMBERS]; table_part(&rest, &part);)
        if (!db_exec(import->conn, OrgMemberInsert, NULL, err, .org = row->id, .member = id_of_code(import, part)))
            return false;
    return true;
}

static bool too_deep(GError **err)
{
    error_set(err, BH_BAD_INPUT, "organisations stand above themselves, or more than %d deep", LIMIT_ORG_DEPTH);
    return error_detail(err, "parent-cycle");
}

/* Writes a row after the row above it. */
static bool write_row(Import *import, ImportRow *row, int depth, GError **err)
{
    enum { WRITTEN = 3 };
    if (row->mark == WRITTEN)
        return true;
    if (depth > LIMIT_ORG_DEPTH)
        return too_deep(err);
    row->mark = WRITTEN;
    ImportRow *above = row->cell[PARENT].p ? g_hash_table_lookup(import->by_code, &row->cell[PARENT]) : NULL;
    if (above && !write_row(import, above, depth + 1, err))
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

/* STR_NONE: deeper than allowed. A circle through organisations that are not in the file shows only here, as endless depth. */
static Str fresh_path(GHashTable *nodes, Node *node, int depth, Arena *arena)
{
    if (node->fresh.p || depth > LIMIT_ORG_DEPTH)
        return node->fresh;
    Node *above = node->parent == DB_NULL_INT ? NULL : g_hash_table_lookup(nodes, &node->parent);
    Str start = above ? fresh_path(nodes, above, depth + 1, arena) : STR("/");
    if (start.p)
        node->fresh = arena_printf(arena, STR_FMT "%" G_GINT64_FORMAT "/", STR_ARG(start), node->id);
    return node->fresh;
}

/* Every path anew from the parents: what hangs below a moved organisation moves with it, in the file or not. */
static bool write_paths(Import *import, GError **err)
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
        Str path = fresh_path(nodes, list.v[i], 0, import->arena);
        if (!path.p)
            return too_deep(err);
        if (!str_eq(path, list.v[i]->path) && !db_exec(import->conn, OrgSetPath, NULL, err, .id = list.v[i]->id, .path = path))
            return false;
    }
    return true;
}

static bool write_all(Import *import, GError **err)
{
    for (size_t r = 0; r < import->n_rows; r++)
        if (!write_row(import, &import->rows[r], 0, err))
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
    g_auto(Import) import = { .conn = tx, .arena = arena, .diags = diags };
    if (!import_read(&import, rows, err))
        return false;
    if (import.faults > 0)
        return error_set(err, BH_BAD_INPUT, "%zu findings forbid this import", import.faults);
    if (!write_all(&import, err))
        return false;
    import_event(tx, who, "orgs", &import.count);
    *ret_count = import.count;
    return true;
}
