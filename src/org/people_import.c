/* People and accounts from a table: one account a row, by account name. A person is found again by the proof, so that one person may have several
 * accounts and is still one. */
#include "base/crypto.h"
#include "base/limits.h"
#include "org/people.h"
#include "org/rows.h"
#include "org/table.h"

#include "base/banned.h"

enum { USERNAME, NAME, ORG, ROLE, TITLE, TELEPHONE, ID_NUMBER, COLUMNS };

static const TableColumn columns[COLUMNS] = {
    [USERNAME] = { "username", "column.people.username", true },
    [NAME] = { "name", "column.people.name", true },
    [ORG] = { "org", "column.people.org", true },
    [ROLE] = { "role", "column.people.role", true },
    [TITLE] = { "title", "column.people.title", false },
    [TELEPHONE] = { "telephone", "column.people.telephone", false },
    [ID_NUMBER] = { "id_number", "column.people.id_number", false },
};

typedef struct {
    DbConn *conn;
    Arena *arena;
    Table table;
    GHashTable *names; /* Str * of account names in the file */
    size_t row, faults;
    OrgImportCount count;
    /* only when applying */
    const KeyRing *keys;
    const AuditWho *who;
    Str password_hash;
} Import;

typedef struct {
    Str cell[COLUMNS];
    RoleSet roles;
    Org org;
    AccountByUsernameRow old;
    bool exists, same;
} ImportRow;

#define FAULT(import, column, code, ...) \
    do { \
        (import)->faults++; \
        table_finding(&(import)->table, (import)->row, column, code, __VA_ARGS__); \
    } while (0)

/* --- Reading one row ------------------------------------------------------------------------------------------------------ */

static void read_roles(Import *import, ImportRow *row)
{
    Str part;
    for (Str rest = row->cell[ROLE]; table_part(&rest, &part);) {
        Role role;
        if (role_parse(part, &role))
            row->roles |= ROLE_BIT(role);
        else
            FAULT(import, ROLE, "role-unknown", "there is no role '" STR_FMT "'", STR_ARG(part));
    }
    if (roles_exclude(row->roles))
        FAULT(import, ROLE, "roles-exclude", "system, security and audit administration exclude each other");
}

static void read_cells(Import *import, ImportRow *row)
{
    static const int needed[] = { USERNAME, NAME, ORG, ROLE };
    for (size_t c = 0; c < COLUMNS; c++)
        row->cell[c] = arena_str(import->arena, table_cell(&import->table, import->row, c));
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!row->cell[needed[i]].p)
            FAULT(import, (size_t) needed[i], "value-missing", "a value is needed here");
    if (row->cell[USERNAME].p && !username_valid(row->cell[USERNAME]))
        FAULT(import, USERNAME, "username-bad", "an account name is 3 to 32 letters, digits, . _ or -");
    if (utf8_length(row->cell[NAME]) > LIMIT_NAME_CHARS)
        FAULT(import, NAME, "name-long", "a name has at most %d characters", LIMIT_NAME_CHARS);
    if (row->cell[ID_NUMBER].p && !id_number_valid(row->cell[ID_NUMBER]))
        FAULT(import, ID_NUMBER, "person-bad", "this is no identity number: its check digit or its date is wrong");
    read_roles(import, row);
}

static bool read_row(Import *import, ImportRow *row, GError **err)
{
    *row = (ImportRow) { 0 };
    read_cells(import, row);
    if (row->cell[USERNAME].p) {
        Str *name = ARENA_NEW(import->arena, Str);
        *name = row->cell[USERNAME];
        if (!g_hash_table_add(import->names, name))
            FAULT(import, USERNAME, "code-duplicate", "the account name '" STR_FMT "' stands twice", STR_ARG(*name));
    }
    OrgByCodeRow org;
    bool found = false;
    if (row->cell[ORG].p && !db_one(import->conn, OrgByCode, import->arena, &org, &found, err, .code = row->cell[ORG]))
        return false;
    if (found)
        row->org = ORG_OF_ROW(org);
    else if (row->cell[ORG].p)
        FAULT(import, ORG, "org-unknown", "there is no organisation '" STR_FMT "'", STR_ARG(row->cell[ORG]));
    return !row->cell[USERNAME].p
           || db_one(import->conn, AccountByUsername, import->arena, &row->old, &row->exists, err, .username = row->cell[USERNAME]);
}

static bool tell_state(Import *import, ImportRow *row, GError **err)
{
    RoleSet roles = 0;
    if (row->exists && !roles_of_account(import->conn, row->old.id, &roles, err))
        return false;
    row->same = row->exists && row->old.org == row->org.id && str_eq(row->old.title, row->cell[TITLE]) && roles == row->roles;
    *(!row->exists ? &import->count.added : row->same ? &import->count.same : &import->count.changed) += 1;
    return true;
}

/* --- Writing one row -------------------------------------------------------------------------------------------------------- */

static bool write_row(Import *import, const ImportRow *row, GError **err)
{
    if (row->same)
        return true;
    int64_t account = row->old.id;
    if (row->exists) {
        if (!db_exec(import->conn, AccountUpdate, NULL, err, .id = account, .org = row->org.id, .title = row->cell[TITLE])
            || !db_exec(import->conn, GrantsDeleteOf, NULL, err, .account = account))
            return false;
    } else {
        NewPerson person = { row->cell[NAME], row->cell[ID_NUMBER], STR_NONE };
        int64_t person_id;
        if (!person_find_or_make(import->conn, import->arena, &person, import->keys, &person_id, err)
            || !account_insert(import->conn, import->arena, row->cell[USERNAME], person_id, row->org.id, row->cell[TITLE], import->password_hash, false,
                               import->who->at_ms, &account, NULL, err))
            return false;
    }
    return grants_by_default(import->conn, import->arena, account, &row->org, row->roles, err);
}

/* --- All rows ---------------------------------------------------------------------------------------------------------------- */

static bool import_begin(Import *import, const OrgRows *rows, Diags *diags, GError **err)
{
    if (rows->n_rows > LIMIT_ORGS)
        return error_set(err, BH_TOO_LARGE, "a file of people has at most %d rows, this one %zu", LIMIT_ORGS, rows->n_rows);
    import->faults += !table_init(&import->table, rows, columns, COLUMNS, diags);
    import->count.rows = (int64_t) rows->n_rows;
    return true;
}

/* Checks every row and, where `write`, writes it; a fault stops the writing, not the checking. */
static bool import_run(Import *import, const OrgRows *rows, bool write, GError **err)
{
    g_autoptr(GHashTable) names = g_hash_table_new(str_hash, str_equal);
    import->names = names;
    for (import->row = 0; import->row < rows->n_rows && import->table.rows; import->row++) {
        ImportRow row;
        if (!read_row(import, &row, err))
            return false;
        if (import->faults > 0)
            continue;
        if (!tell_state(import, &row, err) || (write && !write_row(import, &row, err)))
            return false;
    }
    return true;
}

bool people_import_check(DbConn *conn, const OrgRows *rows, Diags *diags, OrgImportCount *ret_count, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Import import = { .conn = conn, .arena = arena };
    if (!import_begin(&import, rows, diags, err) || (import.faults == 0 && !import_run(&import, rows, false, err)))
        return false;
    *ret_count = import.count;
    return true;
}

bool people_import_apply(DbConn *tx, const OrgRows *rows, Str password, const KeyRing *keys, const AuditWho *who, OrgImportCount *ret_count,
                         GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    Import import = { .conn = tx, .arena = arena, .keys = keys, .who = who, .password_hash = STR("*") };
    g_autofree char *hash = password.p ? password_hash(password, err) : NULL;
    if (password.p && !hash)
        return false;
    if (hash)
        import.password_hash = str_from(hash);
    if (!import_begin(&import, rows, diags, err) || (import.faults == 0 && !import_run(&import, rows, true, err)))
        return false;
    if (import.faults > 0)
        return error_set(err, BH_BAD_INPUT, "%zu findings forbid this import", import.faults);
    import_event(tx, who, "people", &import.count);
    *ret_count = import.count;
    return true;
}
