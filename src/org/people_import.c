/* People and accounts from a table: one account a row, by account name. A person is found again by the proof, so that one person may have several
 * accounts and is still one. */
#include "base/crypto.h"
#include "base/identity.h"
#include "base/limits.h"
#include "org/people.h"
#include "org/rows.h"
#include "org/table.h"

#include "base/banned.h"

enum { USERNAME, NAME, ORG, ROLE, TITLE, TELEPHONE, ID_NUMBER, IN_CHARGE, ACCOUNT_UID, VERSION, COLUMNS };

static const TableColumn columns[COLUMNS] = {
    [USERNAME] = { "username", "column.people.username", true },
    [NAME] = { "name", "column.people.name", true },
    [ORG] = { "org", "column.people.org", true },
    [ROLE] = { "role", "column.people.role", true },
    [TITLE] = { "title", "column.people.title", false },
    [TELEPHONE] = { "telephone", "column.people.telephone", false },
    [ID_NUMBER] = { "id_number", "column.people.id_number", false },
    [IN_CHARGE] = { "in_charge", "column.people.in_charge", false },
    [ACCOUNT_UID] = { "uid", "export.uid", false }, /* rows are told by the account's name */
    [VERSION] = { "version", "export.version", false },
};

/* A person as the file shows it, by the identity number: several rows may be of one. */
typedef struct {
    Str id_number, name;
    RoleSet roles;
    size_t row;
} FilePerson;

typedef struct {
    DbConn *conn;
    Arena *arena; /* of the whole import */
    Arena *row_arena;
    Table table;
    GHashTable *names;   /* Str * of account names in the file */
    GHashTable *persons; /* Str * of an identity number to FilePerson * */
    GHashTable *charged; /* Str * of codes of organisations that somebody of the file has in his charge */
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
    ARENA_LIST(int64_t) in_charge; /* organisations, where the file has the column */
    bool exists, same;
    bool regrant; /* the unit or the roles are others */
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
    const char *names[ROLE_COUNT];
    for (Role role = 0; role < ROLE_COUNT; role++)
        names[role] = role_name(role);
    for (Str rest = row->cell[ROLE]; table_part(&rest, &part);) {
        Role role;
        if (role_parse(table_word(part, "role.", names, ROLE_COUNT), &role))
            row->roles |= ROLE_BIT(role);
        else
            FAULT(import, ROLE, "role-unknown", "there is no role '" STR_FMT "'", STR_ARG(part));
    }
    if (roles_exclude(row->roles))
        FAULT(import, ROLE, "roles-exclude", "system, security and audit administration exclude each other");
}

static void read_length(Import *import, const ImportRow *row, size_t column)
{
    if (utf8_length(row->cell[column]) > LIMIT_NAME_CHARS)
        FAULT(import, column, "name-long", "this has more than %d characters", LIMIT_NAME_CHARS);
}

static void read_cells(Import *import, ImportRow *row)
{
    static const int needed[] = { USERNAME, NAME, ORG, ROLE };
    for (size_t c = 0; c < COLUMNS; c++)
        row->cell[c] = table_text(&import->table, import->row, c);
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
        if (!row->cell[needed[i]].p && !(needed[i] == ROLE && row->cell[VERSION].p)) /* an exported account may have none */
            FAULT(import, (size_t) needed[i], "value-missing", "a value is needed here");
    if (row->cell[USERNAME].p && !username_valid(row->cell[USERNAME]))
        FAULT(import, USERNAME, "username-bad", "an account name is 3 to 32 letters, digits, . _ or -");
    read_length(import, row, NAME);
    read_length(import, row, TITLE);
    if (row->cell[ID_NUMBER].p && !id_number_valid(row->cell[ID_NUMBER]))
        FAULT(import, ID_NUMBER, "person-bad", "this is no identity number: its check digit or its date is wrong");
    read_roles(import, row);
}

static void read_name(Import *import, const ImportRow *row)
{
    Str *name = ARENA_NEW(import->arena, Str);
    *name = row->cell[USERNAME];
    if (!g_hash_table_add(import->names, name))
        FAULT(import, USERNAME, "code-duplicate", "the account name '" STR_FMT "' stands twice", STR_ARG(*name));
}

/* Rows with one identity number are one person, with one name, and whose roles together exclude each other as in one row. */
static void read_person(Import *import, const ImportRow *row)
{
    FilePerson *known = g_hash_table_lookup(import->persons, &row->cell[ID_NUMBER]);
    if (!known) {
        FilePerson *person = ARENA_NEW(import->arena, FilePerson);
        *person = (FilePerson) { row->cell[ID_NUMBER], row->cell[NAME], row->roles, import->row };
        g_hash_table_insert(import->persons, &person->id_number, person);
        return;
    }
    size_t line = import->table.rows->first_line + known->row;
    if (!str_eq(known->name, row->cell[NAME]))
        FAULT(import, ID_NUMBER, "person-bad", "row %zu has this identity number with another name", line);
    if (!roles_exclude(row->roles) && !roles_exclude(known->roles) && roles_exclude(known->roles | row->roles))
        FAULT(import, ROLE, "roles-exclude", "this is the person of row %zu; system, security and audit administration exclude each other", line);
    known->roles |= row->roles;
}

/* An organisation is in the charge of one. */
static bool read_in_charge(Import *import, ImportRow *row, GError **err)
{
    Str part;
    for (Str rest = row->cell[IN_CHARGE]; table_part(&rest, &part);) {
        OrgByCodeRow org;
        bool found;
        if (!db_one(import->conn, OrgByCode, import->row_arena, &org, &found, err, .code = part))
            return false;
        Str *code = ARENA_NEW(import->arena, Str);
        *code = arena_str(import->arena, part);
        if (!found)
            FAULT(import, IN_CHARGE, "org-unknown", "there is no organisation '" STR_FMT "'", STR_ARG(part));
        else if (!g_hash_table_add(import->charged, code))
            FAULT(import, IN_CHARGE, "code-duplicate", "'" STR_FMT "' is in the charge of somebody else already", STR_ARG(part));
        else
            *ARENA_PUSH(import->row_arena, &row->in_charge) = org.id;
    }
    return true;
}

static bool read_row(Import *import, ImportRow *row, GError **err)
{
    *row = (ImportRow) { 0 };
    read_cells(import, row);
    if (row->cell[USERNAME].p)
        read_name(import, row);
    if (row->cell[ID_NUMBER].p)
        read_person(import, row);
    OrgByCodeRow org;
    bool found = false;
    if (row->cell[ORG].p && !db_one(import->conn, OrgByCode, import->row_arena, &org, &found, err, .code = row->cell[ORG]))
        return false;
    if (found)
        row->org = ORG_OF_ROW(org);
    else if (row->cell[ORG].p)
        FAULT(import, ORG, "org-unknown", "there is no organisation '" STR_FMT "'", STR_ARG(row->cell[ORG]));
    if (!read_in_charge(import, row, err))
        return false;
    return !row->cell[USERNAME].p
           || db_one(import->conn, AccountByUsername, import->row_arena, &row->old, &row->exists, err, .username = row->cell[USERNAME]);
}

/* An identity number for one who has no proof yet, or only a telephone. */
static bool brings_proof(const ImportRow *row)
{
    return row->cell[ID_NUMBER].p && !str_eq(row->old.proof_kind, STR(PROOF_ID_NUMBER));
}

static bool is_in_charge(const ImportRow *row, int64_t org)
{
    for (size_t i = 0; i < row->in_charge.n; i++)
        if (row->in_charge.v[i] == org)
            return true;
    return false;
}

/* Whether the file has the column and says otherwise than the store; with `write` the store says the same afterwards. */
static bool settle_in_charge(Import *import, const ImportRow *row, int64_t account, bool write, bool *ret_differs, GError **err)
{
    ARENA_LIST(int64_t) gone = { 0 };
    size_t kept = 0;
    *ret_differs = false;
    if (import->table.place[IN_CHARGE] < 0)
        return true;
    g_autoptr(DbRows) rows = db_query(import->conn, OrgsInCharge, err, .account = account);
    for (OrgsInChargeRow old; rows && db_next(rows, &old, err);) {
        if (is_in_charge(row, old.org))
            kept++;
        else
            *ARENA_PUSH(import->row_arena, &gone) = old.org;
    }
    if (!db_rows_ok(rows))
        return false;
    *ret_differs = gone.n > 0 || kept != row->in_charge.n;
    for (size_t i = 0; i < gone.n && write; i++)
        if (!db_exec(import->conn, OrgLeaderDelete, NULL, err, .org = gone.v[i]))
            return false;
    for (size_t i = 0; i < row->in_charge.n && write; i++)
        if (!db_exec(import->conn, OrgLeaderPut, NULL, err, .org = row->in_charge.v[i], .account = account))
            return false;
    return true;
}

static bool tell_state(Import *import, ImportRow *row, GError **err)
{
    RoleSet roles = 0;
    if (row->exists && !roles_of_account(import->conn, row->old.id, &roles, err))
        return false;
    row->regrant = !row->exists || row->old.org != row->org.id || roles != row->roles;
    bool charge_differs = row->in_charge.n > 0;
    if (row->exists && !settle_in_charge(import, row, row->old.id, false, &charge_differs, err))
        return false;
    row->same = !charge_differs && !row->regrant && str_eq(row->old.title, row->cell[TITLE]) && str_eq(row->old.person_name, row->cell[NAME]) && !brings_proof(row);
    int64_t version;
    if (row->exists && !row->same && str_to_int64(row->cell[VERSION], &version) && version != row->old.version)
        FAULT(import, USERNAME, "version-stale", "the account was changed here after the file was made");
    *(!row->exists ? &import->count.added : row->same ? &import->count.same : &import->count.changed) += 1;
    return true;
}

/* --- Writing one row -------------------------------------------------------------------------------------------------------- */

/* Whose the account is, now that the file brings a proof: a person who is known by it already, or the one it had, proven by it from now on. */
static bool person_with_proof(Import *import, const ImportRow *row, int64_t *ret_person, GError **err)
{
    Arena *arena = import->row_arena;
    Str proof = row->cell[ID_NUMBER].p ? person_proof(arena, PROOF_ID_NUMBER, row->cell[ID_NUMBER], import->keys) : row->old.proof;
    Str kind = row->cell[ID_NUMBER].p ? STR(PROOF_ID_NUMBER) : row->old.proof_kind;
    PersonByProofRow known;
    bool found = false;
    if (proof.p && !db_one(import->conn, PersonByProof, arena, &known, &found, err, .proof = proof))
        return false;
    bool other_number = str_eq(row->old.proof_kind, STR(PROOF_ID_NUMBER)) && !str_eq(row->old.proof, proof);
    bool other_name = found && known.id != row->old.person && !str_eq(known.name, row->cell[NAME]);
    if (other_number || other_name) {
        error_set(err, BH_CONFLICT, "the account '" STR_FMT "' belongs to another person", STR_ARG(row->cell[USERNAME]));
        return error_detail(err, "person-known");
    }
    *ret_person = found ? known.id : row->old.person;
    return db_exec(import->conn, PersonUpdate, NULL, err, .id = *ret_person, .name = row->cell[NAME], .proof = proof, .proof_kind = kind);
}

static bool change_account(Import *import, const ImportRow *row, GError **err)
{
    int64_t person = row->old.person;
    return person_with_proof(import, row, &person, err)
           && db_exec(import->conn, AccountUpdate, NULL, err, .id = row->old.id, .person = person, .org = row->org.id, .title = row->cell[TITLE])
           && (!row->regrant || grants_delete(import->conn, row->old.id, err))
           && (row->regrant || roles_fit_person(import->conn, import->row_arena, row->old.id, row->roles, err));
}

static bool make_account(Import *import, const ImportRow *row, int64_t *ret_account, Str *ret_uid, GError **err)
{
    NewPerson person = { row->cell[NAME], row->cell[ID_NUMBER], STR_NONE };
    int64_t person_id;
    return person_find_or_make(import->conn, import->row_arena, &person, import->keys, &person_id, err)
           && account_insert(import->conn, import->row_arena, row->cell[USERNAME], person_id, row->org.id, row->cell[TITLE], import->password_hash, false,
                             import->who->at_ms, ret_account, ret_uid, err);
}

/* Grants that were given by hand stay, unless the unit or the roles are others now. */
static bool write_row(Import *import, const ImportRow *row, GError **err)
{
    if (row->same)
        return true;
    int64_t account = row->old.id;
    Str uid = row->old.uid;
    if (!(row->exists ? change_account(import, row, err) : make_account(import, row, &account, &uid, err)))
        return false;
    bool differs;
    if (!settle_in_charge(import, row, account, true, &differs, err))
        return false;
    Str words = role_words(import->row_arena, row->roles);
    account_event(import->conn, import->who, row->exists ? "account-change" : "account-create", uid, row->regrant ? "roles" : NULL, words);
    return !row->regrant || grants_by_default(import->conn, import->row_arena, account, &row->org, row->roles, err);
}

/* --- All rows ---------------------------------------------------------------------------------------------------------------- */

static bool import_begin(Import *import, const OrgRows *rows, Diags *diags, GError **err)
{
    if (rows->n_rows > LIMIT_ORGS) {
        error_set(err, BH_TOO_LARGE, "a file of people has at most %d rows, this one %zu", LIMIT_ORGS, rows->n_rows);
        return error_detail(err, "too-many-rows");
    }
    import->faults += !table_init(&import->table, rows, columns, COLUMNS, diags);
    import->count.rows = (int64_t) rows->n_rows;
    return true;
}

/* Checks every row and, where `write`, writes it; a fault stops the writing, not the checking. */
static bool import_run(Import *import, const OrgRows *rows, bool write, GError **err)
{
    g_autoptr(GHashTable) names = g_hash_table_new(str_hash, str_equal), persons = g_hash_table_new(str_hash, str_equal),
                          charged = g_hash_table_new(str_hash, str_equal);
    g_autoptr(Arena) row_arena = arena_new();
    ArenaMark empty = arena_mark(row_arena);
    import->names = names;
    import->persons = persons;
    import->charged = charged;
    import->row_arena = row_arena;
    for (import->row = 0; import->row < rows->n_rows; import->row++) {
        ImportRow row;
        arena_rewind(row_arena, empty);
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
