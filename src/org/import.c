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

typedef ARENA_LIST(Str) StrList;

/* An organisation of the store, with its lists as the file has them. */
typedef struct {
    Org org;
    StrList aliases, functions, members; /* folded names, words, codes */
} Stored;

typedef struct {
    Str cell[COLUMNS];
    size_t row;
    int64_t rank;
    Date opened, closed;
    const Stored *old; /* the organisation of this code in the store, or NULL */
    RowState state;
    bool written, deep;
    int64_t id;
} ImportRow;

/* A place in the tree as it will be: of the file, else of the store. */
typedef enum { WALK_NEW, WALK_ON, WALK_DONE } Walk;
typedef struct {
    Str code, parent;
    ImportRow *row; /* NULL: only in the store */
    Walk walk;
    int level; /* the root's is 1; in a circle 0 */
} Place;

typedef struct {
    DbConn *conn;
    Arena *arena;
    Diags *diags;
    Table table;
    ImportRow *rows;
    size_t n_rows;
    GHashTable *by_code; /* Str * to ImportRow *: of the file */
    GHashTable *stored;  /* Str * to Stored *: of the store */
    GHashTable *by_id;   /* int64_t * to Stored * */
    ARENA_LIST(Stored *) stored_list; /* by id */
    GHashTable *places;  /* Str * to Place * */
    ARENA_LIST(Place *) place_list; /* the same in the order of the store, then of the file */
    size_t faults;       /* findings that forbid applying */
    OrgImportCount count;
} Import;

static void import_clear(Import *import)
{
    g_clear_pointer(&import->by_code, g_hash_table_unref);
    g_clear_pointer(&import->stored, g_hash_table_unref);
    g_clear_pointer(&import->by_id, g_hash_table_unref);
    g_clear_pointer(&import->places, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Import, import_clear)

#define FAULT(import, r, column, code, ...) \
    do { \
        (import)->faults++; \
        table_finding(&(import)->table, (r)->row, column, code, __VA_ARGS__); \
    } while (0)

/* --- Reading ------------------------------------------------------------------------------------------------------------ */

static bool load_orgs(Import *import, GError **err)
{
    g_autoptr(DbRows) rows = db_query(import->conn, OrgAll, err, 0);
    for (OrgAllRow row; rows && db_next(rows, &row, err);) {
        Stored *stored = ARENA_NEW(import->arena, Stored);
        Org org = ORG_OF_ROW(row);
        stored->org = org_copy(import->arena, &org);
        g_hash_table_insert(import->stored, &stored->org.code, stored);
        g_hash_table_insert(import->by_id, &stored->org.id, stored);
        *ARENA_PUSH(import->arena, &import->stored_list) = stored;
    }
    return db_rows_ok(rows);
}

static Stored *stored_of(const Import *import, int64_t id)
{
    return g_hash_table_lookup(import->by_id, &id);
}

/* Three questions for all of them: one for each organisation takes minutes for a province. */
static bool load_lists(Import *import, GError **err)
{
    Arena *arena = import->arena;
    g_autoptr(DbRows) names = db_query(import->conn, OrgAliasesAll, err, 0);
    for (OrgAliasesAllRow row; names && db_next(names, &row, err);)
        *ARENA_PUSH(arena, &stored_of(import, row.org)->aliases) = arena_str(arena, row.key);
    g_autoptr(DbRows) functions = db_rows_ok(names) ? db_query(import->conn, OrgFunctionsAll, err, 0) : NULL;
    for (OrgFunctionsAllRow row; functions && db_next(functions, &row, err);)
        *ARENA_PUSH(arena, &stored_of(import, row.org)->functions) = arena_str(arena, row.function);
    g_autoptr(DbRows) members = db_rows_ok(functions) ? db_query(import->conn, OrgMembersAll, err, 0) : NULL;
    for (OrgMembersAllRow row; members && db_next(members, &row, err);)
        *ARENA_PUSH(arena, &stored_of(import, row.org)->members) = stored_of(import, row.member)->org.code;
    return db_rows_ok(members);
}

static bool load_stored(Import *import, GError **err)
{
    import->stored = g_hash_table_new(str_hash, str_equal);
    import->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    return load_orgs(import, err) && load_lists(import, err);
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

static void read_lengths(Import *import, const ImportRow *row)
{
    static const int texts[] = { CODE, NAME, SHORT_NAME, AREA, LEGAL_CODE }, lists[] = { FUNCTIONS, ALIASES };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (utf8_length(row->cell[texts[i]]) > LIMIT_NAME_CHARS)
            FAULT(import, row, (size_t) texts[i], "name-long", "this has more than %d characters", LIMIT_NAME_CHARS);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        Str part;
        for (Str rest = row->cell[lists[i]]; table_part(&rest, &part);)
            if (utf8_length(part) > LIMIT_NAME_CHARS)
                FAULT(import, row, (size_t) lists[i], "name-long", "one of these has more than %d characters", LIMIT_NAME_CHARS);
    }
}

static void read_cells(Import *import, ImportRow *row)
{
    for (size_t c = 0; c < COLUMNS; c++)
        row->cell[c] = table_text(&import->table, row->row, c);
    static const int needed[] = { CODE, NAME, KIND, AREA };
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!row->cell[needed[i]].p)
            FAULT(import, row, (size_t) needed[i], "value-missing", "a value is needed here");
    read_lengths(import, row);
    if (row->cell[KIND].p && !known_kind(row->cell[KIND]))
        FAULT(import, row, KIND, "value-unknown", "there is no kind '" STR_FMT "'", STR_ARG(row->cell[KIND]));
    row->rank = (int64_t) (row->row + 1) * 10; /* without a rank: the order of the file */
    if (row->cell[RANK].p && !str_to_int64(row->cell[RANK], &row->rank))
        FAULT(import, row, RANK, "value-unknown", "'" STR_FMT "' is not a whole number", STR_ARG(row->cell[RANK]));
    read_date(import, row, OPENED, &row->opened);
    read_date(import, row, CLOSED, &row->closed);
    if (row->opened != DATE_NONE && row->closed != DATE_NONE && row->closed < row->opened)
        FAULT(import, row, CLOSED, "date-bad", "it cannot end before it began");
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
    row->id = row->old ? row->old->org.id : DB_NULL_INT;
}

static bool code_known(const Import *import, Str code)
{
    return g_hash_table_contains(import->by_code, &code) || g_hash_table_contains(import->stored, &code);
}

/* --- The tree as it will be ------------------------------------------------------------------------------------------- */

static Place *place_of(const Import *import, Str code)
{
    return code.p ? g_hash_table_lookup(import->places, &code) : NULL;
}

static void add_place(Import *import, Str code, Str parent, ImportRow *row)
{
    Place *place = ARENA_NEW(import->arena, Place);
    *place = (Place) { code, parent, row, WALK_NEW, 0 };
    g_hash_table_replace(import->places, &place->code, place);
    *ARENA_PUSH(import->arena, &import->place_list) = place;
}

static void make_places(Import *import)
{
    import->places = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < import->stored_list.n; i++) {
        const Org *org = &import->stored_list.v[i]->org;
        const Stored *above = org->parent == DB_NULL_INT ? NULL : stored_of(import, org->parent);
        if (!g_hash_table_contains(import->by_code, &org->code))
            add_place(import, org->code, above ? above->org.code : STR_NONE, NULL);
    }
    for (size_t r = 0; r < import->n_rows; r++)
        if (import->rows[r].cell[CODE].p && g_hash_table_lookup(import->by_code, &import->rows[r].cell[CODE]) == &import->rows[r])
            add_place(import, import->rows[r].cell[CODE], import->rows[r].cell[PARENT], &import->rows[r]);
}

/* The places from one up to the root or to one whose level is known, the nearest first. */
typedef ARENA_LIST(Place *) Way;

/* Goes up; one met on its own way is in a circle, which is told at the first of its rows that is in the file. */
static void walk_up(Import *import, Place *place, Way *way)
{
    Place *at = place;
    for (; at && at->walk == WALK_NEW; at = place_of(import, at->parent)) {
        at->walk = WALK_ON;
        *ARENA_PUSH(import->arena, way) = at;
    }
    int level = at && at->walk == WALK_DONE ? at->level : 0;
    bool circle = at && at->walk == WALK_ON;
    while (circle && !at->row) /* a circle has a row of the file: the store has none */
        at = place_of(import, at->parent);
    if (circle)
        FAULT(import, at->row, PARENT, "parent-cycle", "'" STR_FMT "' is above itself", STR_ARG(at->code));
    for (size_t i = way->n; i-- > 0;) {
        way->v[i]->walk = WALK_DONE;
        way->v[i]->level = circle ? 0 : ++level;
    }
}

/* Told at the row that is one too deep, or hangs what is stored too deep; not at all that hangs below it. */
static void check_depth(Import *import, const Place *place)
{
    const Place *at = place;
    while (at && !at->row)
        at = place_of(import, at->parent);
    if (!at || at->row->deep || place->level != LIMIT_ORG_DEPTH + 1)
        return;
    at->row->deep = true;
    FAULT(import, at->row, PARENT, "too-deep", "the tree of organisations would have more than %d levels", LIMIT_ORG_DEPTH);
}

static void check_tree(Import *import)
{
    make_places(import);
    Way way = { 0 };
    for (size_t i = 0; i < import->place_list.n; i++) {
        way.n = 0;
        walk_up(import, import->place_list.v[i], &way);
        check_depth(import, import->place_list.v[i]);
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
}

/* --- What differs -------------------------------------------------------------------------------------------------------- */

/* The parts of a list as one text, sorted, so that the order in the file does not matter. */
static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const Str *) a, *(const Str *) b);
}

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
        if (key.n > 0 && !str_eq(key, name) && !str_eq(key, short_name))
            *ARENA_PUSH(arena, &list) = key;
    }
    return join_sorted(arena, &list);
}

static bool columns_same(const Import *import, const ImportRow *row)
{
    const Org *old = &row->old->org;
    const Stored *above = old->parent == DB_NULL_INT ? NULL : stored_of(import, old->parent);
    return str_eq(old->name, row->cell[NAME]) && str_eq(old->short_name, row->cell[SHORT_NAME]) && str_eq(old->kind, row->cell[KIND])
           && str_eq(old->area, row->cell[AREA]) && old->rank == row->rank && str_eq(old->legal_code, row->cell[LEGAL_CODE])
           && old->opened == row->opened && old->closed == row->closed && str_eq(above ? above->org.code : STR_NONE, row->cell[PARENT]);
}

static bool lists_same(Import *import, const ImportRow *row)
{
    Arena *arena = import->arena;
    Stored old = *row->old;
    return str_eq(join_sorted(arena, &old.aliases), aliases_sorted(arena, row))
           && str_eq(join_sorted(arena, &old.functions), parts_sorted(arena, row->cell[FUNCTIONS]))
           && str_eq(join_sorted(arena, &old.members), parts_sorted(arena, row->cell[MEMBERS]));
}

static void tell_state(Import *import, ImportRow *row)
{
    row->state = !row->old ? ROW_NEW : columns_same(import, row) && lists_same(import, row) ? ROW_SAME : ROW_CHANGED;
    *(row->state == ROW_NEW ? &import->count.added : row->state == ROW_SAME ? &import->count.same : &import->count.changed) += 1;
}

static bool import_read(Import *import, const OrgRows *rows, GError **err)
{
    if (rows->n_rows > LIMIT_ORGS) {
        error_set(err, BH_TOO_LARGE, "a file of organisations has at most %d rows, this one %zu", LIMIT_ORGS, rows->n_rows);
        return error_detail(err, "too-many-rows");
    }
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
    check_tree(import);
    for (size_t r = 0; r < import->n_rows && import->faults == 0; r++)
        tell_state(import, &import->rows[r]);
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
    const Stored *stored = code.p && !row ? g_hash_table_lookup(import->stored, &code) : NULL;
    return row ? row->id : stored ? stored->org.id : DB_NULL_INT;
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

/* Writes a row after the row above it; the check found that they end within LIMIT_ORG_DEPTH. */
static bool write_row(Import *import, ImportRow *row, GError **err)
{
    if (row->written)
        return true;
    row->written = true;
    ImportRow *above = row->cell[PARENT].p ? g_hash_table_lookup(import->by_code, &row->cell[PARENT]) : NULL;
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
        Str path = fresh_path(nodes, list.v[i], import->arena);
        if (!str_eq(path, list.v[i]->path) && !db_exec(import->conn, OrgSetPath, NULL, err, .id = list.v[i]->id, .path = path))
            return false;
    }
    return true;
}

static bool write_all(Import *import, GError **err)
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
