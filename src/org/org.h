/* org.h: organisations and groups, people who log in, grants: who may do what, and why not.
 *
 * An organisation is known inside by id, outside by uid; its path "/1/5/27/" holds the ids from the root to itself. Its legal body is the nearest
 * organisation upwards, itself included, that has a legal code: a department's is its commission. */
#pragma once

#include "audit/audit.h"
#include "base/clock.h"
#include "base/diags.h"

/* --- Organisations ------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t id;
    Str uid, code, name, short_name, kind, area;
    int64_t parent; /* DB_NULL_INT for the root */
    Str path;
    int64_t rank;
    Str legal_code;
    Date opened, closed;
    int64_t version;
} Org;

/* Whether there are organisations of this kind ("hospital"); other words are functions ("mch"). */
bool org_is_kind(Str word);

/* Texts in arena. *ret_found false: no such organisation; no error. */
bool org_by_uid(DbConn *conn, Arena *arena, Str uid, Org *ret_org, bool *ret_found, GError **err);
bool org_by_id(DbConn *conn, Arena *arena, int64_t id, Org *ret_org, GError **err); /* must exist */

/* The id of the legal body of a path; DB_NULL_INT if none upwards has a legal code. */
bool org_legal_body(DbConn *conn, Str path, int64_t *ret_id, GError **err);

/* Whether `path` is `above` or lies below it. */
static inline bool org_within(Str path, Str above)
{
    return str_starts(path, above);
}

/* A name as a document writes it, understood from where `within` stands (the path of the document's issuer, or STR_NONE).
 * Names are compared folded (base/text.h). Of several organisations of one name that one counts which shares the longest path with
 * `within`, if it is alone in that; else all are candidates and none is taken: it is asked, not guessed. */
typedef enum { ORG_UNRESOLVED, ORG_BY_NAME, ORG_BY_ALIAS } OrgHow;
typedef struct {
    OrgHow how;
    Org org;              /* where resolved */
    const Org *candidates; /* where not: at most 20, in official order */
    size_t n_candidates;
} OrgMatch;
bool org_resolve(DbConn *conn, Arena *arena, Str name, Str within, OrgMatch *ret_match, GError **err);

/* Gives an organisation one more name, or takes one of its aliases away. BH_CONFLICT "version-stale", "alias-known" (it has the name already); BH_NOT_FOUND. */
bool org_set_alias(DbConn *tx, Str uid, int64_t version, Str alias, bool add, const AuditWho *who, GError **err);

/* Who has an organisation in his charge (分管领导): an account in use, or STR_NONE: nobody any more. BH_BAD_INPUT "account-unknown" at "/account"; BH_CONFLICT "version-stale". */
bool org_set_leader(DbConn *tx, Str uid, int64_t version, Str account, const AuditWho *who, GError **err);

/* The one who has it, or the nearest above it within its legal body, in his charge; DB_NULL_INT: nobody is named. */
bool org_leader(DbConn *conn, int64_t org, Str path, int64_t *ret_account, GError **err);

/* --- Import of organisations and people ----------------------------------------------------------------------------
 * Rows of a file as ingest read them: the header's names, then cells. Known headers are in Chinese or as ids (org-import.c). Everything is checked
 * first; with one error nothing is applied. Rows are matched by code (people: by account name): new, changed or the same; what is not in
 * the file stays. */
typedef struct {
    const Str *header;
    size_t n_columns;
    const Str *const *rows; /* n_rows × n_columns */
    size_t n_rows;
    size_t first_line; /* the line of the first row in the file, for messages */
} OrgRows;

typedef struct {
    int64_t rows, added, changed, same;
} OrgImportCount;

/* Findings have `at` "row 12, column 类别" and codes header-missing, header-unknown (a warning), value-missing, value-unknown, code-duplicate, parent-unknown,
 * parent-cycle, too-deep, date-bad, name-long, username-bad, person-bad, role-unknown, org-unknown, roles-exclude. Over LIMIT_ORGS rows: BH_TOO_LARGE
 * "too-many-rows". */
bool org_import_check(DbConn *conn, const OrgRows *rows, Diags *diags, OrgImportCount *ret_count, GError **err);
bool org_import_apply(DbConn *tx, const OrgRows *rows, const AuditWho *who, OrgImportCount *ret_count, GError **err);

/* Told after each step how far it is, 0 to 1; false with err ends the import there. */
typedef bool (*ImportTold)(double done, void *data, GError **err);

/* The same beside others who write: in steps of the bulk queue, each under 250 ms with its own event. Others see the part that is written. What
 * ends it between two steps (the process, the disk, told) leaves the steps before: run again with the same file, it writes the rest. One at a time in a
 * process; a second one waits. */
bool org_import_in_steps(Db *db, const OrgRows *rows, const AuditWho *who, ImportTold told, void *told_data, OrgImportCount *ret_count, GError **err);

/* The same for people and accounts. Who has a proof already keeps it: an account does not pass to a person of another identity number (BH_CONFLICT
 * "person-known", as for a known proof with another name; only applying has the keys to see this). Grants given by hand stay unless the row has another unit or other roles. New accounts get `password` (hashed once for all: a demo's) or, if it is STR_NONE, none that
 * fits, until the security administrator sets one. `keys` proves identity numbers. */
bool people_import_check(DbConn *conn, const OrgRows *rows, Diags *diags, OrgImportCount *ret_count, GError **err);
bool people_import_apply(DbConn *tx, const OrgRows *rows, Str password, const KeyRing *keys, const AuditWho *who, OrgImportCount *ret_count,
                         GError **err);

/* --- Roles, grants, may() ------------------------------------------------------------------------------------------- */

typedef enum {
    ROLE_HANDLER, ROLE_UNIT_HEAD, ROLE_ISSUER, ROLE_REVIEWER, ROLE_INSPECTOR, ROLE_LEADER, ROLE_REPORTER,
    ROLE_SYSTEM_ADMIN, ROLE_SECURITY_ADMIN, ROLE_AUDIT_ADMIN, ROLE_COUNT,
} Role;
const char *role_name(Role role); /* "handler" …, as in the API */
bool role_parse(Str name, Role *ret_role);

/* What one may want to do. The table in may.c says which role may do it, and towards which objects. */
typedef enum {
    VERB_READ_TASK, VERB_WORK, VERB_SUBMIT, VERB_CONFIRM, VERB_REVIEW, VERB_ISSUE, VERB_OVERSEE /* amend, suspend, cancel, close */,
    VERB_REOPEN, VERB_OVERRULE /* find something done against the rules of proof */, VERB_COMMENT, VERB_READ_DOCUMENT, VERB_EDIT_DOCUMENT, VERB_READ_ORG,
    VERB_EDIT_ORG, VERB_READ_ACCOUNT, VERB_EDIT_ACCOUNT, VERB_READ_AUDIT, VERB_ADMINISTER, VERB_READ_DUTY, VERB_DO_DUTY, VERB_EXCUSE_DUTY, VERB_RULE_DUTY,
    VERB_SPLIT /* divide among others */, VERB_HAND_OVER,
    VERB_DEPUTISE /* name who acts for another of the unit */, VERB_PROVE_AUDIT /* take the whole chain away */,
    /* Records of an organisation, which is the object's owner. */
    VERB_READ_DATA, VERB_SEND_DATA /* files and forms for it; answer its defects */, VERB_RETURN_DATA /* send its defects back */, VERB_WAIVE_DATA,
    VERB_MAP_DATA /* say what its columns mean */,
    VERB_MOVE_CASE /* take a step of a case of its, by what one's unit does */,
    /* A person of records; the organisations that reported of it are its owners. */
    VERB_UNMASK_PERSON /* see what is masked */, VERB_MERGE_PERSON /* say that two are one, or not */, VERB_COUNT,
} Verb;

typedef enum { WHERE_ALL, WHERE_ORG, WHERE_AREA, WHERE_GROUP, WHERE_KINDS } WhereKind;
const char *where_name(WhereKind where); /* "all", "org", "area", "group", as in the API */
bool where_parse(Str name, WhereKind *ret_where);

/* Somebody for whom a user is deputy today. */
typedef struct {
    int64_t account, person, org;
    Str account_uid, person_name, org_uid, org_name, org_path;
} Absent;

typedef struct {
    Role role;
    WhereKind where;
    Str where_uid, where_name; /* WHERE_ORG, WHERE_GROUP */
    const int64_t *where_orgs; /* WHERE_ORG: that; WHERE_GROUP: who is a member today. And all below */
    const Str *where_paths;    /* theirs */
    size_t n_where;
    Str where_area;            /* WHERE_AREA: a prefix of area codes */
    bool by_plan;              /* only for the plans named; else for all */
    const Str *plans;          /* uids */
    size_t n_plans;
    Str uid;
    Date from, to;             /* DATE_NONE: open */
    const Absent *of;          /* whose grant it is, where the user is deputy; NULL: the user's own */
} Grant;

/* Another person who counts as the same as the user under rule f of the ledger: deputy for the user, or the user for that one, in those days. */
typedef struct {
    int64_t person;
    int64_t from_ms, to_ms; /* instants, from included, to not */
    bool now;
} SamePerson;

/* Who asks: the account, the person behind it, the unit, and the grants that hold today: its own first, then those of whom it is deputy for. */
typedef struct {
    int64_t account, person, org, legal_body;
    Str account_uid, username, person_uid, person_name, org_uid, org_name, org_path;
    const Str *person_paths; /* where the person stands by all accounts in use, this one's unit included; with whom it is one today */
    size_t n_person_paths;
    const SamePerson *same;
    size_t n_same;
    bool proven, must_change, active;
    Date today; /* as of which it was loaded */
    const Grant *grants;
    size_t n_grants;
    const Absent *absents; /* for whom the user is deputy today */
    size_t n_absents;
} User;

/* Whether what a person did at an instant counts as the user's own: the same person, or deputies of each other then or now. */
bool user_is_one_with(const User *user, int64_t person, int64_t at_ms);

/* Whether the user's unit, or that of one whom the user is deputy for, is this organisation or lies below it. */
bool user_stands_within(const User *user, Str path);

/* The facts of an object that decide. Owners and supporters see and work on their task wherever they stand. */
typedef struct {
    const Str *owner_paths, *support_paths;
    const Str *owner_areas, *support_areas; /* their area codes, as many; NULL: not known, and no grant for an area reaches them */
    size_t n_owners, n_supports;
    Str place;     /* path of the organisation it belongs to: the issuer of a plan, the unit of an account, the organisation itself */
    Str area;      /* its area code, or STR_NONE */
    Str over, over_area; /* a second place that counts as well: the issuer of the plan that a sub-task is part of; STR_NONE: none */
    Str plan;      /* uid, or STR_NONE */
    bool unissued;        /* a draft: only for the issuer of its place */
    bool restricted;      /* only for whom it names, the issuer of its place, and the heads of its owners themselves */
    const int64_t *named; /* accounts */
    size_t n_named;
} MayObject;

typedef struct {
    bool ok;
    const char *why; /* where not: a stable code, words in i18n as why.CODE: "no-role" (nobody with such a role there: you are not), "not-owner",
                        "not-your-area", "not-your-plan", "own-organisation", "own-claim", "own-evidence", "not-proven", "restricted", "not-issued" … */
    Str who;         /* the role that may, as id, or STR_NONE */
    const Absent *of; /* where allowed as deputy only: for whom */
} May;

May may(const User *user, Verb verb, const MayObject *object);

/* As what parties of a task a role with this verb must reach: bits, 0 for a role without it. For lists: src/ledger/scope.h. */
enum { PART_ISSUER = 1, PART_LEAD = 2, PART_SUPPORT = 4 };
unsigned may_parts(Role role, Verb verb);

/* Rule f of the ledger: whether `reviewer` is another organisation than `owner`. Not the same, nor any below it: nobody judges whom he answers to.
 * Nor one above it up to its legal body, which is one organisation with it (all the way up where none has a legal code: DB_NULL_INT); a superior
 * beyond that only if it issued the plan. Two departments of one commission are two. */
bool org_independent(Str reviewer_path, Str owner_path, int64_t owner_legal_body, bool reviewer_issued);

/* Paths of organisations that a user's grants for a verb reach, for lists: SQL filters by these. all: everywhere. */
typedef struct {
    bool all;
    const Grant *const *grants; /* those that give the verb */
    size_t n;
} Reach;
Reach may_reach(const User *user, Verb verb, Arena *arena);

/* --- Logging in --------------------------------------------------------------------------------------------------- */

typedef struct {
    int idle_minutes, admin_idle_minutes;
} SessionLimits;

typedef struct {
    Str username, password;
    Str code;        /* of the second factor, or a recovery code; STR_NONE */
    const char *via; /* "http", "socket" */
    Str agent;       /* what the client calls itself, for the list of sessions; STR_NONE */
} LogIn;

/* Checks a password and makes a session. ret_token is the cookie's value (in arena); only its SM3 is stored. The hash is computed outside any
 * transaction, for unknown accounts too, so that the time tells nothing. Five failures lock for 15 minutes (BH_LOCKED, params until).
 * BH_UNAUTHENTICATED detail "bad-login"; with the right password "code-needed" where there is a second factor and no code, "code-wrong", which counts as a failure. */
bool session_open(Db *db, const Clock *clock, const KeyRing *keys, const LogIn *login, Arena *arena, Str *ret_token, GError **err);
bool session_close(Db *db, Str token, GError **err);

typedef struct {
    User user; /* first, so that who is given the user can find the session */
    Str uid, token, csrf;
    bool second;    /* the account has a second factor */
    Str api_token;  /* uid of the token that stands for the account, or STR_NONE */
    bool read_only; /* that token's scope */
    int idle_minutes;
} Session;

/* Finds and touches a session (its `seen` is written at most once a minute). *ret_found false: none, or idle too long. */
bool session_find(Db *db, const Clock *clock, const SessionLimits *limits, Str token, Arena *arena, Session *ret_session, bool *ret_found, GError **err);

/* Ends a session of one's own, or (by's own never excluded) of another account for who may change accounts. BH_NOT_FOUND. */
bool session_end(DbConn *tx, Str uid, const User *by, bool others, const AuditWho *who, GError **err);

/* --- Second factor ------------------------------------------------------------------------------------------------
 * Codes of RFC 6238. Asked at each log-in once it is confirmed. Who must have one: administrators and leaders. */

bool user_needs_second(const User *user);

/* Seals the secrets of all accounts anew by the newest key of the ring. *ret_n: how many were of an older one. */
bool second_reseal(Db *db, const KeyRing *keys, int64_t *ret_n, GError **err);

/* Makes a secret; nothing is asked for until it is confirmed by a code. BH_CONFLICT "totp-on". ret_uri: for a QR code. */
bool second_begin(Db *db, const KeyRing *keys, const User *user, Str issuer, Arena *arena, Str *ret_secret, Str *ret_uri, GError **err);
/* BH_BAD_INPUT "totp-wrong"; BH_NOT_FOUND where none was begun. ret_codes: for the day on which it is lost, each good once, shown once. */
bool second_confirm(Db *db, const KeyRing *keys, const User *user, Str code, const AuditWho *who, Arena *arena, const Str **ret_codes, size_t *ret_n, GError **err);
/* One's own, by the password (which counts as in password_change). */
bool second_off(Db *db, const Clock *clock, const User *user, Str password, const AuditWho *who, GError **err);
/* Of another, who lost it: its sessions end. BH_FORBIDDEN "own-grant". */
bool second_reset(DbConn *tx, Str account_uid, const User *by, const AuditWho *who, GError **err);
bool second_state(DbConn *conn, Arena *arena, int64_t account, bool *ret_on, int64_t *ret_recovery_left, GError **err);

/* --- Tokens ----------------------------------------------------------------------------------------------------------
 * What a program shows instead of a session: it acts as the account, with its grants, until a day; events name it. Only its SM3 is stored. */

typedef struct {
    Str name;
    bool write; /* else it may only read */
    Date until; /* the last day, at most LIMIT_TOKEN_DAYS from today */
} NewToken;
/* ret_token is shown once. BH_BAD_INPUT with `at`; BH_TOO_MANY over LIMIT_TOKENS that are good. */
bool token_make(DbConn *tx, const NewToken *token, const User *user, Date today, const AuditWho *who, Arena *arena, Str *ret_uid, Str *ret_token, GError **err);
/* One's own; with others also that of another account. BH_NOT_FOUND; BH_CONFLICT "token-over". */
bool token_end(DbConn *tx, Str uid, const User *by, bool others, const AuditWho *who, GError **err);
/* As session_find; csrf is STR_NONE. */
bool token_find(Db *db, const Clock *clock, Str token, Arena *arena, Session *ret_session, bool *ret_found, GError **err);

/* The user of an account, as of a day of the store's zone. */
bool user_load(DbConn *conn, Arena *arena, int64_t account, Date today, User *ret_user, GError **err);
bool user_by_name(DbConn *conn, Arena *arena, Str username, Date today, User *ret_user, bool *ret_found, GError **err);

/* Who owns the store's socket, and so could read and write its files: every administration, and nothing else. No account, no person, no unit. */
User user_of_socket(Arena *arena);

bool user_has_role(const User *user, Role role);
bool user_is_administrator(const User *user); /* system, security or audit */

/* One's own; all other sessions end (kept: the token of this one, or STR_NONE). BH_BAD_INPUT "weak-password" (under 10 characters, or the old one again);
 * BH_UNAUTHENTICATED "bad-login" for a wrong old one, which counts like a failed log-in and may lock. */
bool password_change(Db *db, const Clock *clock, const User *user, Str old_password, Str new_password, Str kept, const AuditWho *who, GError **err);

/* --- Accounts ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Str username, person_name, id_number, telephone, person_uid, org_uid, title;
    const Role *roles;
    size_t n_roles;
} NewAccount;

/* Makes person and account with one grant a role (grants_by_default in org/people.h says where). A person with the same proof is that person, if the name is the same too. ret_password: a
 * random one, shown once. Fails with BH_CONFLICT "username-taken", "roles-exclude", "person-known" (the proof is that of somebody of another name); BH_BAD_INPUT. */
bool account_create(Db *db, const NewAccount *account, const KeyRing *keys, const AuditWho *who, Arena *arena, Str *ret_uid, Str *ret_password, GError **err);
bool account_set_state(Db *db, Str uid, Str state, int64_t version, const User *by, const AuditWho *who, GError **err);
bool account_reset_password(Db *db, Str uid, const User *by, const AuditWho *who, Arena *arena, Str *ret_password, GError **err);

/* All grants that were given to an account itself, also those that have ended or not begun. */
bool grants_of_account(DbConn *conn, Arena *arena, int64_t account, Date today, const Grant **ret_grants, size_t *ret_n, GError **err);

typedef struct {
    Str account_uid;
    Role role;
    WhereKind where;
    Str where_uid, where_area; /* of the organisation or group */
    bool by_plan;
    const Str *plans; /* uids; by_plan: at least one */
    size_t n_plans;
    Date from, to;
} NewGrant;
/* BH_FORBIDDEN "own-grant"; BH_CONFLICT "roles-exclude"; BH_BAD_INPUT with `at` for a place or plan that is none, or an end before the beginning. */
bool grant_add(Db *db, const NewGrant *grant, const User *by, const AuditWho *who, Arena *arena, Str *ret_uid, GError **err);
bool grant_remove(Db *db, Str account_uid, Str grant_uid, const User *by, const AuditWho *who, GError **err);

/* --- Deputies -------------------------------------------------------------------------------------------------------
 * Who acts for somebody absent, from one day to another: with that one's grants, never those of an administrator; events say for whom; under rule f of the
 * ledger both count as one. Not handed on: the deputy of a deputy has the deputy's own grants only. */

typedef struct {
    Str account_uid, deputy_uid, reason;
    Date from, to;
} NewDeputy;
/* BH_FORBIDDEN by may() unless it is one's own absence. BH_BAD_INPUT with `at`: an account that is none or not in use, an end before the beginning, days that
 * are over, more than LIMIT_DEPUTY_DAYS; BH_CONFLICT "deputy-self" (the same person), "deputy-elsewhere" (not of the same legal body), "deputy-known" (one is
 * named for some of these days). */
bool deputy_add(DbConn *tx, const NewDeputy *wish, const User *by, Date today, const AuditWho *who, Arena *arena, Str *ret_uid, GError **err);
/* Ends it now. BH_CONFLICT "deputy-over" when it has ended. */
bool deputy_end(DbConn *tx, Str uid, const User *by, const AuditWho *who, GError **err);

/* Whether the user may name or end a deputy for an account: its own, or by may(); "deputy-only": a deputy names none. */
May deputy_may(const User *user, int64_t account, Str org_path, Str org_area);

/* --- Groups --------------------------------------------------------------------------------------------------------- */

typedef struct {
    Str org_uid;
    Date from, to; /* DATE_NONE: open */
} GroupMember;

typedef struct {
    Str uid; /* of a change: which */
    int64_t version;
    Str name, kind;
    const GroupMember *members; /* all of them */
    size_t n_members;
} GroupWish;
/* BH_FORBIDDEN "own-grant": a grant of the user's own would reach elsewhere by it. BH_CONFLICT "group-name-taken", "version-stale"; BH_BAD_INPUT with `at`. */
bool group_add(DbConn *tx, const GroupWish *wish, const AuditWho *who, Arena *arena, Str *ret_uid, GError **err);
bool group_change(DbConn *tx, const GroupWish *wish, const User *by, const AuditWho *who, GError **err);

/* The live first start: one security administrator with a random password, in the root or in an organisation made for it. False without error set
 * if there are accounts already. */
bool first_administrator(Db *db, const Clock *clock, Arena *arena, Str *ret_username, Str *ret_password, GError **err);

/* Whether there is no account yet. */
bool org_store_empty(DbConn *conn, bool *ret_empty, GError **err);
