/* Organisations from a table: reading. Everything is checked against the file and the store; the rows that are left need no further question.
 * Applying reads again, so that what was checked is what is written. */
#include "org/import.h"

#include "base/limits.h"
#include "base/text.h"

#include "base/banned.h"

static const TableColumn columns[ORG_COLUMNS] = {
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
    [ORG_UID] = { "uid", "export.uid", false }, /* rows are told by their code */
    [VERSION] = { "version", "export.version", false },
};

static const char *const kinds[] = { "government", "commission", "department", "bureau", "district_government", "district_commission", "town",
                                     "hospital",   "public_health", "centre", "clinic", "collective", "other" };

bool org_is_kind(Str word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (str_eq(word, str_from(kinds[i])))
            return true;
    return false;
}

void org_import_clear(OrgImport *import)
{
    g_clear_pointer(&import->by_code, g_hash_table_unref);
    g_clear_pointer(&import->stored, g_hash_table_unref);
    g_clear_pointer(&import->by_id, g_hash_table_unref);
    g_clear_pointer(&import->places, g_hash_table_unref);
}

#define FAULT(import, r, column, code, ...) \
    do { \
        (import)->faults++; \
        table_finding(&(import)->table, (r)->row, column, code, __VA_ARGS__); \
    } while (0)

/* --- Reading ------------------------------------------------------------------------------------------------------------ */

static bool load_orgs(OrgImport *import, GError **err)
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

static Stored *stored_of(const OrgImport *import, int64_t id)
{
    return g_hash_table_lookup(import->by_id, &id);
}

/* Three questions for all of them: one for each organisation takes minutes for a province. */
static bool load_lists(OrgImport *import, GError **err)
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

static bool load_stored(OrgImport *import, GError **err)
{
    import->stored = g_hash_table_new(str_hash, str_equal);
    import->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    return load_orgs(import, err) && load_lists(import, err);
}

static void read_date(OrgImport *import, OrgImportRow *row, int column, Date *ret_date)
{
    *ret_date = DATE_NONE;
    if (row->cell[column].p && !date_parse(row->cell[column], ret_date))
        FAULT(import, row, (size_t) column, "date-bad", "'" STR_FMT "' is not a date like 2019-03-01", STR_ARG(row->cell[column]));
}

static void read_lengths(OrgImport *import, const OrgImportRow *row)
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

static void read_kind(OrgImport *import, OrgImportRow *row)
{
    Str kind = row->cell[KIND].p ? table_word(row->cell[KIND], "org.kind.", kinds, G_N_ELEMENTS(kinds)) : STR_NONE;
    if (row->cell[KIND].p && !kind.p)
        FAULT(import, row, KIND, "value-unknown", "there is no kind '" STR_FMT "'", STR_ARG(row->cell[KIND]));
    row->cell[KIND] = kind.p ? kind : row->cell[KIND];
}

static void read_cells(OrgImport *import, OrgImportRow *row)
{
    for (size_t c = 0; c < ORG_COLUMNS; c++)
        row->cell[c] = table_text(&import->table, row->row, c);
    static const int needed[] = { CODE, NAME, KIND, AREA };
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!row->cell[needed[i]].p)
            FAULT(import, row, (size_t) needed[i], "value-missing", "a value is needed here");
    read_lengths(import, row);
    read_kind(import, row);
    row->version = -1;
    if (row->cell[VERSION].p && !str_to_int64(row->cell[VERSION], &row->version))
        FAULT(import, row, VERSION, "value-unknown", "'" STR_FMT "' is no version", STR_ARG(row->cell[VERSION]));
    row->rank = (int64_t) (row->row + 1) * 10; /* without a rank: the order of the file */
    if (row->cell[RANK].p && !str_to_int64(row->cell[RANK], &row->rank))
        FAULT(import, row, RANK, "value-unknown", "'" STR_FMT "' is not a whole number", STR_ARG(row->cell[RANK]));
    read_date(import, row, OPENED, &row->opened);
    read_date(import, row, CLOSED, &row->closed);
    if (row->opened != DATE_NONE && row->closed != DATE_NONE && row->closed < row->opened)
        FAULT(import, row, CLOSED, "date-bad", "it cannot end before it began");
}

static void read_row(OrgImport *import, OrgImportRow *row, size_t r)
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
    row->path = row->old ? row->old->org.path : STR_NONE;
}

static bool code_known(const OrgImport *import, Str code)
{
    return g_hash_table_contains(import->by_code, &code) || g_hash_table_contains(import->stored, &code);
}

/* --- The tree as it will be ------------------------------------------------------------------------------------------- */

static Place *place_of(const OrgImport *import, Str code)
{
    return code.p ? g_hash_table_lookup(import->places, &code) : NULL;
}

static void add_place(OrgImport *import, Str code, Str parent, OrgImportRow *row)
{
    Place *place = ARENA_NEW(import->arena, Place);
    *place = (Place) { .code = code, .parent = parent, .row = row, .walk = WALK_NEW };
    g_hash_table_replace(import->places, &place->code, place);
    *ARENA_PUSH(import->arena, &import->place_list) = place;
}

static void make_places(OrgImport *import)
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
static void walk_up(OrgImport *import, Place *place, Way *way)
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
static void check_depth(OrgImport *import, const Place *place)
{
    const Place *at = place;
    while (at && !at->row)
        at = place_of(import, at->parent);
    if (!at || at->row->deep || place->level != LIMIT_ORG_DEPTH + 1)
        return;
    at->row->deep = true;
    FAULT(import, at->row, PARENT, "too-deep", "the tree of organisations would have more than %d levels", LIMIT_ORG_DEPTH);
}

static void check_tree(OrgImport *import)
{
    make_places(import);
    Way way = { 0 };
    for (size_t i = 0; i < import->place_list.n; i++) {
        way.n = 0;
        walk_up(import, import->place_list.v[i], &way);
        check_depth(import, import->place_list.v[i]);
    }
}

static void check_links(OrgImport *import, OrgImportRow *row)
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
static Str aliases_sorted(Arena *arena, const OrgImportRow *row)
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

static bool columns_same(const OrgImport *import, const OrgImportRow *row)
{
    const Org *old = &row->old->org;
    const Stored *above = old->parent == DB_NULL_INT ? NULL : stored_of(import, old->parent);
    return str_eq(old->name, row->cell[NAME]) && str_eq(old->short_name, row->cell[SHORT_NAME]) && str_eq(old->kind, row->cell[KIND])
           && str_eq(old->area, row->cell[AREA]) && old->rank == row->rank && str_eq(old->legal_code, row->cell[LEGAL_CODE])
           && old->opened == row->opened && old->closed == row->closed && str_eq(above ? above->org.code : STR_NONE, row->cell[PARENT]);
}

static bool lists_same(OrgImport *import, const OrgImportRow *row)
{
    Arena *arena = import->arena;
    Stored old = *row->old;
    return str_eq(join_sorted(arena, &old.aliases), aliases_sorted(arena, row))
           && str_eq(join_sorted(arena, &old.functions), parts_sorted(arena, row->cell[FUNCTIONS]))
           && str_eq(join_sorted(arena, &old.members), parts_sorted(arena, row->cell[MEMBERS]));
}

static void tell_state(OrgImport *import, OrgImportRow *row)
{
    row->state = !row->old ? ROW_NEW : columns_same(import, row) && lists_same(import, row) ? ROW_SAME : ROW_CHANGED;
    if (row->state == ROW_CHANGED && row->version >= 0 && row->version != row->old->org.version)
        FAULT(import, row, CODE, "version-stale", "the organisation was changed here after the file was made");
    *(row->state == ROW_NEW ? &import->count.added : row->state == ROW_SAME ? &import->count.same : &import->count.changed) += 1;
}

bool org_import_read(OrgImport *import, const OrgRows *rows, GError **err)
{
    if (rows->n_rows > LIMIT_ORGS) {
        error_set(err, BH_TOO_LARGE, "a file of organisations has at most %d rows, this one %zu", LIMIT_ORGS, rows->n_rows);
        return error_detail(err, "too-many-rows");
    }
    if (!table_init(&import->table, rows, columns, ORG_COLUMNS, import->diags)) {
        import->faults++;
        return true;
    }
    if (!load_stored(import, err))
        return false;
    import->by_code = g_hash_table_new(str_hash, str_equal);
    import->n_rows = rows->n_rows;
    import->rows = ARENA_ARRAY(import->arena, OrgImportRow, rows->n_rows + 1);
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
    g_auto(OrgImport) import = { .conn = conn, .arena = arena, .diags = diags };
    if (!org_import_read(&import, rows, err))
        return false;
    *ret_count = import.count;
    return true;
}
