/* Persons and accounts: made and changed by the security administrator, never by those whom they concern. */
#include "base/crypto.h"
#include "base/i18n.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "org/people.h"
#include "org/rows.h"

#include "base/banned.h"

#define FIRST_USERNAME "security"

enum { PASSWORD_GROUPS = 4, PASSWORD_GROUP_CHARS = 4 };

/* --- Persons ------------------------------------------------------------------------------------------------------------------- */

bool username_valid(Str username)
{
    if (username.n < 3 || username.n > 32 || !g_ascii_isalnum(username.p[0]))
        return false;
    for (size_t i = 0; i < username.n; i++)
        if (!g_ascii_isalnum(username.p[i]) && !strchr("._-", username.p[i]))
            return false;
    return true;
}

Str person_proof(Arena *arena, const char *kind, Str number, const KeyRing *keys)
{
    g_autofree char *upper = g_ascii_strup(number.p, (gssize) number.n);
    g_autofree char *said = g_strdup_printf("%s\n%s", kind, upper);
    char *hex = arena_alloc(arena, HASH_TEXT_MAX);
    /* Always the first key: a proof must be found again after the keys were rotated. */
    return str_from(hash_write(hmac_sm3(key_ring_get(keys, 1, KEY_PERSON), str_from(said)), hex));
}

bool person_find_or_make(DbConn *tx, Arena *arena, const NewPerson *person, const KeyRing *keys, int64_t *ret_id, GError **err)
{
    const char *kind = person->id_number.p ? PROOF_ID_NUMBER : person->telephone.p ? PROOF_TELEPHONE : NULL;
    Str proof = kind ? person_proof(arena, kind, person->id_number.p ? person->id_number : person->telephone, keys) : STR_NONE;
    PersonByProofRow known;
    bool found = false;
    if (kind && !db_one(tx, PersonByProof, arena, &known, &found, err, .proof = proof))
        return false;
    if (found && !str_eq(known.name, person->name)) {
        error_set(err, BH_CONFLICT, "this proof is that of a person of another name");
        return error_detail(err, "person-known");
    }
    if (found) {
        *ret_id = known.id;
        return true;
    }
    char uid[UID_TEXT_MAX];
    PersonInsertRow made;
    if (!db_one(tx, PersonInsert, arena, &made, &found, err, .uid = str_from(uid_new(uid)), .name = person->name, .proof = proof,
                .proof_kind = str_from(kind)))
        return false;
    *ret_id = made.id;
    return true;
}

/* --- Accounts ------------------------------------------------------------------------------------------------------------------ */

bool account_insert(DbConn *tx, Arena *arena, Str username, int64_t person, int64_t org, Str title, Str password_hash_text, bool must_change,
                    int64_t now_ms, int64_t *ret_id, Str *ret_uid, GError **err)
{
    AccountByUsernameRow taken;
    bool found;
    if (!db_one(tx, AccountByUsername, arena, &taken, &found, err, .username = username))
        return false;
    if (found) {
        error_set(err, BH_CONFLICT, "the account name '" STR_FMT "' is taken", STR_ARG(username));
        return error_detail(err, "username-taken");
    }
    char uid[UID_TEXT_MAX];
    AccountInsertRow made;
    if (!db_one(tx, AccountInsert, arena, &made, &found, err, .uid = str_from(uid_new(uid)), .username = username, .person = person, .org = org,
                .title = title, .password = password_hash_text, .must_change = must_change, .created = now_ms))
        return false;
    *ret_id = made.id;
    if (ret_uid)
        *ret_uid = arena_str(arena, str_from(uid));
    return true;
}

/* A password for the first log-in: letters and digits that nobody mistakes for each other, in groups. About 80 bits. */
static Str random_password(Arena *arena)
{
    char uid[UID_TEXT_MAX];
    g_autoptr(GString) text = g_string_new(NULL);
    uid_new(uid);
    for (int group = 0; group < PASSWORD_GROUPS; group++)
        g_string_append_printf(text, "%s%.*s", group ? "-" : "", PASSWORD_GROUP_CHARS, uid + group * PASSWORD_GROUP_CHARS);
    return arena_str(arena, str_from_gstring(text));
}

typedef struct {
    const NewAccount *account;
    const KeyRing *keys;
    const AuditWho *who;
    Arena *arena;
    const char *hash;
    Str uid;
} CreateArgs;

static RoleSet role_set(const Role *roles, size_t n)
{
    RoleSet set = 0;
    for (size_t i = 0; i < n; i++)
        set |= ROLE_BIT(roles[i]);
    return set;
}

static bool person_of(DbConn *tx, const CreateArgs *args, int64_t *ret_person, GError **err)
{
    const NewAccount *account = args->account;
    if (!account->person_uid.p) {
        NewPerson person = { account->person_name, account->id_number, account->telephone };
        return person_find_or_make(tx, args->arena, &person, args->keys, ret_person, err);
    }
    PersonByUidRow row;
    bool found;
    if (!db_one(tx, PersonByUid, args->arena, &row, &found, err, .uid = account->person_uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no person '" STR_FMT "'", STR_ARG(account->person_uid));
    *ret_person = row.id;
    return true;
}

void account_event(DbConn *tx, const AuditWho *who, const char *verb, Str uid, const char *name, Str value)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    if (name)
        json_member_str(&json, name, value);
    json_end_object(&json);
    audit_append(tx, who, verb, (AuditObject) { "account", uid }, str_from_gstring(data));
}

static bool create_in_tx(DbConn *tx, void *data, GError **err)
{
    CreateArgs *args = data;
    const NewAccount *account = args->account;
    Org org;
    bool found;
    int64_t person, id;
    RoleSet roles = role_set(account->roles, account->n_roles);
    if (!org_by_uid(tx, args->arena, account->org_uid, &org, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no organisation '" STR_FMT "'", STR_ARG(account->org_uid));
    if (!person_of(tx, args, &person, err)
        || !account_insert(tx, args->arena, account->username, person, org.id, account->title, str_from(args->hash), true, args->who->at_ms, &id, &args->uid,
                           err)
        || !grants_by_default(tx, args->arena, id, &org, roles, err))
        return false;
    account_event(tx, args->who, "account-create", args->uid, "roles", role_words(args->arena, roles));
    return true;
}

static bool new_account_valid(const NewAccount *account, GError **err)
{
    if (!username_valid(account->username)) {
        error_set(err, BH_BAD_INPUT, "an account name is 3 to 32 letters, digits, . _ or -");
        error_at(err, "/username");
        return error_detail(err, "username-bad");
    }
    if (!account->person_uid.p && (str_trim(account->person_name).n == 0 || utf8_length(account->person_name) > LIMIT_NAME_CHARS)) {
        error_set(err, BH_BAD_INPUT, "a person has a name of at most %d characters", LIMIT_NAME_CHARS);
        return error_at(err, "/person/name");
    }
    if (account->id_number.p && !id_number_valid(account->id_number)) {
        error_set(err, BH_BAD_INPUT, "this is no identity number: its check digit or its date is wrong");
        error_at(err, "/person/id_number");
        return error_detail(err, "person-bad");
    }
    return !roles_exclude(role_set(account->roles, account->n_roles)) || roles_refused(err);
}

bool account_create(Db *db, const NewAccount *account, const KeyRing *keys, const AuditWho *who, Arena *arena, Str *ret_uid, Str *ret_password, GError **err)
{
    if (!new_account_valid(account, err))
        return false;
    Str password = random_password(arena);
    g_autofree char *hash = password_hash(password, err);
    CreateArgs args = { account, keys, who, arena, hash, STR_NONE };
    if (!hash || !db_write(db, DB_INTERACTIVE, create_in_tx, &args, err))
        return false;
    *ret_uid = args.uid;
    *ret_password = password;
    return true;
}

/* --- Changing an account ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str uid, state;
    int64_t version;
    const User *by;
    const AuditWho *who;
    const char *hash;
    Arena *arena;
} AccountArgs;

bool account_of_another(DbConn *tx, Arena *arena, Str uid, const User *by, AccountByUidRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(tx, AccountByUid, arena, ret_row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no account '" STR_FMT "'", STR_ARG(uid));
    if (by && ret_row->person == by->person) {
        error_set(err, BH_FORBIDDEN, "nobody changes an account of his own");
        return error_detail(err, "own-grant");
    }
    return true;
}

static bool state_in_tx(DbConn *tx, void *data, GError **err)
{
    const AccountArgs *args = data;
    AccountByUidRow row;
    int64_t changes;
    if (!account_of_another(tx, args->arena, args->uid, args->by, &row, err)
        || !db_exec(tx, AccountSetState, &changes, err, .id = row.id, .state = args->state, .version = args->version))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the account was changed in between: it has version %" G_GINT64_FORMAT, row.version);
        return error_detail(err, "version-stale");
    }
    account_event(tx, args->who, "account-state", args->uid, "state", args->state);
    return db_exec(tx, SessionsDeleteOf, NULL, err, .account = row.id);
}

bool account_set_state(Db *db, Str uid, Str state, int64_t version, const User *by, const AuditWho *who, GError **err)
{
    if (!str_eq(state, STR("active")) && !str_eq(state, STR("disabled"))) {
        error_set(err, BH_BAD_INPUT, "an account is set to active or disabled, not '" STR_FMT "'", STR_ARG(state));
        return error_at(err, "/state");
    }
    g_autoptr(Arena) arena = arena_new();
    AccountArgs args = { .uid = uid, .state = state, .version = version, .by = by, .who = who, .arena = arena };
    return db_write(db, DB_INTERACTIVE, state_in_tx, &args, err);
}

static bool reset_in_tx(DbConn *tx, void *data, GError **err)
{
    const AccountArgs *args = data;
    AccountByUidRow row;
    if (!account_of_another(tx, args->arena, args->uid, args->by, &row, err)
        || !db_exec(tx, AccountSetPassword, NULL, err, .id = row.id, .password = str_from(args->hash), .must_change = true))
        return false;
    account_event(tx, args->who, "password-reset", args->uid, NULL, STR_NONE);
    return db_exec(tx, SessionsDeleteOf, NULL, err, .account = row.id) && db_exec(tx, TokensEndOf, NULL, err, .account = row.id, .at = args->who->at_ms);
}

bool account_reset_password(Db *db, Str uid, const User *by, const AuditWho *who, Arena *arena, Str *ret_password, GError **err)
{
    Str password = random_password(arena);
    g_autofree char *hash = password_hash(password, err);
    AccountArgs args = { .uid = uid, .by = by, .who = who, .hash = hash, .arena = arena };
    if (!hash || !db_write(db, DB_INTERACTIVE, reset_in_tx, &args, err))
        return false;
    *ret_password = password;
    return true;
}

/* --- The first account ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Clock *clock;
    Arena *arena;
    const char *hash;
    bool made;
} FirstArgs;

/* Where the first administrator stands: the root, or in an empty store an organisation made for it. */
static bool first_org(DbConn *tx, Arena *arena, Org *ret_org, GError **err)
{
    OrgRootRow root;
    bool found;
    if (!db_one(tx, OrgRoot, arena, &root, &found, err))
        return false;
    if (found)
        return org_by_id(tx, arena, root.id, ret_org, err);
    char uid[UID_TEXT_MAX];
    OrgInsertRow made;
    Str name = i18n(LANG_ZH, "first.org");
    if (!db_one(tx, OrgInsert, arena, &made, &found, err, .uid = str_from(uid_new(uid)), .code = STR("administration"), .name = name, .kind = STR("other"),
                .parent = DB_NULL_INT, .area = STR("000000"), .rank = INT32_MAX, .opened = DATE_NONE, .closed = DATE_NONE))
        return false;
    Str path = arena_printf(arena, "/%" G_GINT64_FORMAT "/", made.id);
    return db_exec(tx, OrgSetPath, NULL, err, .id = made.id, .path = path)
           && db_exec(tx, OrgNameInsert, NULL, err, .key = text_name_key(name, arena), .org = made.id, .text = name, .alias = false)
           && org_by_id(tx, arena, made.id, ret_org, err);
}

bool org_store_empty(DbConn *conn, bool *ret_empty, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    OrgCountRow count;
    bool found;
    if (!db_one(conn, OrgCount, arena, &count, &found, err))
        return false;
    *ret_empty = count.accounts == 0;
    return true;
}

static bool first_in_tx(DbConn *tx, void *data, GError **err)
{
    FirstArgs *args = data;
    if (!org_store_empty(tx, &args->made, err))
        return false;
    if (!args->made)
        return true;
    Org org;
    int64_t person, id, now = clock_now_ms(args->clock);
    Str uid;
    AuditWho who = { .via = "engine", .at_ms = now };
    NewPerson nobody = { .name = i18n(LANG_ZH, "first.person") };
    RoleSet roles = ROLE_BIT(ROLE_SECURITY_ADMIN);
    if (!first_org(tx, args->arena, &org, err) || !person_find_or_make(tx, args->arena, &nobody, NULL, &person, err)
        || !account_insert(tx, args->arena, STR(FIRST_USERNAME), person, org.id, STR_NONE, str_from(args->hash), true, now, &id, &uid, err)
        || !grants_by_default(tx, args->arena, id, &org, roles, err))
        return false;
    account_event(tx, &who, "account-create", uid, "roles", role_words(args->arena, roles));
    return true;
}

bool first_administrator(Db *db, const Clock *clock, Arena *arena, Str *ret_username, Str *ret_password, GError **err)
{
    Str password = random_password(arena);
    g_autofree char *hash = password_hash(password, err);
    FirstArgs args = { clock, arena, hash, false };
    if (!hash || !db_write(db, DB_INTERACTIVE, first_in_tx, &args, err) || !args.made)
        return false;
    *ret_username = STR(FIRST_USERNAME);
    *ret_password = password;
    return true;
}
