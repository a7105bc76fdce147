/* The commands that are calls of the API, as rows; and the few that need more than one request. */
#include "base/crypto.h"
#include "cmd/call.h"

#include "base/banned.h"

const Option call_options[] = {
    { "account", "UID", "of this account" },
    { "again", NULL, "also where the same document is known already" },
    { "all", NULL, "all that are open" },
    { "anchor", "FILE", "hold the chain also against the anchors in this file, kept outside the store" },
    { "answer", "TEXT", "what was done" },
    { "area", "CODE", "an area code; all that begin with it" },
    { "basis", "TEXT", "what it rests on: a law, a document" },
    { "category", "TEXT", "a class of one's own" },
    { "check", NULL, "only check, and change nothing" },
    { "code", "CODE", "the first part of its tasks' printed numbers; the kind's where it is left out" },
    { "collective", "ORG", "a name that stands for others: each of its members gets a part" },
    { "due", "DATE", "to be done by this day" },
    { "due-from", "DATE", "due on this day or later" },
    { "due-to", "DATE", "due on this day or before" },
    { "everywhere", NULL, "in all organisations" },
    { "expand", NULL, "divide what collectives lead among their members" },
    { "from", "DATE", "from this day on" },
    { "group", "GROUP", "a group: its uid" },
    { "handler", "UID", "who handles it, by account" },
    { "holding-days", "N", "a closed task is watched so many days" },
    { "head", "HASH", "a head that was printed or noted elsewhere: some event must have it" },
    { "id-number", "NUMBER", "the person's identity number, kept as a keyed hash: the proof of who it is" },
    { "issue", NULL, "issue it at once" },
    { "issuer", "ORG", "who issues it" },
    { "kind", "KIND", "of this kind" },
    { "late", NULL, "only what is overdue" },
    { "lead", "ORG,...", "who leads; several with commas" },
    { "level", "LEVEL", "green, yellow, red, letter, order, bulletin or talk" },
    { "layout", NULL, "with --plan: in the form of the workbook in which the plan came" },
    { "light", "LIGHT", "green, amber, red or grey" },
    { "limit", "N", "so many rows at most (default: 1000)" },
    { "map", "HEADING=FIELD,...", "what columns mean, by heading or letter; - keeps one as it is" },
    { "mine", NULL, "only those of my unit" },
    { "name", "NAME", "the person's name" },
    { "new-password-file", "FILE", "the new password: the first line of this file" },
    { "need", "TEXT", "what is needed" },
    { "next", "TEXT", "what comes next" },
    { "note", "TEXT", "a remark" },
    { "nothing-new", NULL, "the zero report: nothing new" },
    { "object", "UID", "what happened to this object" },
    { "order", "ORDER", "by due, no or changed" },
    { "org", "ORG", "an organisation: its uid, or a name that means only one" },
    { "out", "FILE", "append it to this file (default: print it)" },
    { "owner", "ORG", "tasks of this organisation" },
    { "owner-below", NULL, "with --owner: and of those below it" },
    { "owners", "ORG,...", "each of these gets a part; several with commas" },
    { "parent", "ORG", "directly below this organisation; root: those below none" },
    { "percent", "N", "how far it is" },
    { "period", "PERIOD", "of this week, month or quarter: 2026W37, 2026-09, 2026Q3" },
    { "plan", "UID", "of this plan" },
    { "problem", "TEXT", "what is in the way" },
    { "progress", "HOW", "how often leads report: none, week or month" },
    { "publicity-days", "N", "a verified task is shown in public so many working days before it may be closed" },
    { "q", "TEXT", "whose name or title holds this" },
    { "reason", "TEXT", "why" },
    { "role", "ROLE", "who holds this role: handler, unit_head, issuer, reviewer, inspector, leader, reporter, system_admin, security_admin, audit_admin" },
    { "roles", "ROLE,...", "roles, commas between" },
    { "restricted", NULL, "only for whom it names" },
    { "rule", "UID", "by this rule" },
    { "scope", "SCOPE", "read, or write for changes too" },
    { "share", "SHARE", "only this part, such as 0.3" },
    { "shares", "ORG=VALUE,...", "what each gets of the target; the values add up to it" },
    { "source", "SOURCE", "instruction, hotline, inspection, audit, meeting or other" },
    { "source-date", "DATE", "the source's date" },
    { "source-no", "NUMBER", "the source's number" },
    { "state", "STATE", "in this state; several with commas" },
    { "support", "ORG,...", "who supports; several with commas" },
    { "target", "N", "which of its targets, from 1 on, where there are several" },
    { "telephone", "NUMBER", "the person's telephone, confirmed by the security administrator: proof where there is no identity number" },
    { "term", "TERM", "at_once, dated or lasting" },
    { "text", "TEXT", "what is to be done" },
    { "title", "TEXT", "the person's post" },
    { "to", "DATE", "up to this day" },
    { "unread", NULL, "only what was not read yet" },
    { "until", "DATE", "until this day" },
    { "verb", "VERB", "events of this kind; several with commas" },
    { "within", "ORG", "as said in this organisation" },
    { "year", "N", "of this year" },
    { "zero", NULL, "there was nothing to do" },
    { "xlsx", "OUT", "save it as a workbook, too" },
    { NULL, NULL, NULL },
};

#define NONE { .name = NULL }
/* Also for the administrator of the socket, and only for a person; a list page by page. */
#define GET(name, operands, options, query, path, view, help) \
    { name, operands, options, help, "GET", path, query, NULL, 0, NULL, NULL, view, NULL }
#define GET_AS(name, operands, path, view, help) \
    { name, operands, NULL, help, "GET", path, NULL, NULL, CALL_AS, NULL, NULL, view, NULL }
#define LIST(name, filters, path, flags, view, help) \
    { name, "", filters " limit", help, "GET", path, filters, NULL, (flags) | CALL_PAGES, NULL, NULL, "rows: " view, NULL }

/* --- Organisations -------------------------------------------------------------------------------------------------------- */

#define IMPORT_VIEW "result.rows result.new result.changed result.same result.applied; result.errors: at code message"
#define ORG_VIEW \
    "uid code name short_name kind area parent path functions aliases members leader.name accounts open_tasks closed version"

const Call org_calls[] = {
    LIST("list", "parent kind area q", "/orgs", 0,
         "code name short_name kind area parent.name children uid",
         "list organisations in official order"),
    GET("show", "ORG", NULL, NULL, "/orgs/{org}", ORG_VIEW, "show an organisation"),
    LIST("groups", "kind q", "/groups", 0, "name kind members uid", "list groups of organisations"),
    GET("group", "UID", NULL, NULL, "/groups/{uid}", "uid name kind version; members: org.name from to", "show a group with its members"),
    GET("resolve", "NAME", "within", "within", "/orgs/resolve?name={name}", "how org org.uid; candidates: name uid",
        "say which organisation a name in a document means, and which it could mean"),
    { .name = "import", .operands = "FILE", .options = "check",
      .help = "read organisations from a CSV file; with one error in it nothing is changed", .method = "POST", .path = "/orgs/import",
      .body = "upload:FILE apply:!--check", .flags = CALL_JOB, .view = IMPORT_VIEW },
    { .name = "alias", .operands = "ORG ALIAS", .help = "give an organisation one more name by which documents call it",
      .method = "POST", .path = "/orgs/{org}/aliases", .object = "/orgs/{org}", .body = "alias:ALIAS", .flags = CALL_VERSION,
      .view = "name aliases version" },
    { .name = "leader", .operands = "ORG USER", .help = "name the leader who has an organisation in his charge",
      .method = "POST", .path = "/orgs/{org}/leader", .object = "/orgs/{org}", .body = "account:USER", .flags = CALL_VERSION,
      .view = "name leader.name version" },
    { .name = "unalias", .operands = "ORG ALIAS", .help = "take such a name away",
      .method = "DELETE", .path = "/orgs/{org}/aliases/{alias}", .object = "/orgs/{org}", .flags = CALL_VERSION,
      .view = "name aliases version" },
    NONE,
};

/* --- People ------------------------------------------------------------------------------------------------------------------ */

#define USER_VIEW \
    "uid username person org title state roles last_login password version;" \
    " grants: role where.kind where.org.name where.group.name where.area what.plans from to uid"

static bool change_password(CallRun *run, GError **err);

const Call user_calls[] = {
    LIST("list", "q org role", "/accounts", 0,
         "username person.name org.name state roles last_login uid",
         "list people and their accounts"),
    GET("show", "USER", NULL, NULL, "/accounts/{user}", USER_VIEW, "show an account with its grants"),
    { .name = "add", .operands = "USERNAME", .options = "name org roles id-number telephone title",
      .help = "make an account; its password is shown once", .method = "POST", .path = "/accounts",
      .body = "username:USERNAME person.name:--name! person.id_number:--id-number person.telephone:--telephone org:--org! title:--title roles[]:--roles!",
      .view = USER_VIEW },
    { .name = "import", .operands = "FILE", .options = "check",
      .help = "read people and accounts from a CSV file; with one error in it nothing is changed",
      .method = "POST", .path = "/accounts/import", .body = "upload:FILE apply:!--check", .flags = CALL_JOB, .view = IMPORT_VIEW },
    { .name = "reset", .operands = "USER", .help = "give an account a new random password, shown once",
      .method = "POST", .path = "/accounts/{user}/password", .view = "username password" },
    { .name = "disable", .operands = "USER", .help = "let nobody log in to an account",
      .method = "PATCH", .path = "/accounts/{user}", .object = "/accounts/{user}", .body = "state:=disabled", .flags = CALL_VERSION,
      .view = "username state" },
    { .name = "enable", .operands = "USER", .help = "let an account be used again, also where it is locked",
      .method = "PATCH", .path = "/accounts/{user}", .object = "/accounts/{user}", .body = "state:=active", .flags = CALL_VERSION,
      .view = "username state" },
    { .name = "grant", .operands = "USER ROLE", .options = "org area group everywhere plan from to",
      .help = "grant a role: with --org, --area, --group or --everywhere", .method = "POST", .path = "/accounts/{user}/grants",
      .body = "role:ROLE where.kind:org@--org where.kind:area@--area where.kind:all@--everywhere where.kind:group@--group where.org:--org"
              " where.area:--area where.group:--group what.kind:plans@--plan what.plans[]:--plan from:--from to:--to",
      .view = USER_VIEW },
    { .name = "revoke", .operands = "USER GRANT", .help = "take a grant away",
      .method = "DELETE", .path = "/accounts/{user}/grants/{grant}", .view = USER_VIEW },
    { .name = "second-off", .operands = "USER", .help = "switch off the second factor of somebody who lost it",
      .method = "DELETE", .path = "/accounts/{user}/totp" },
    LIST("sessions", "account", "/sessions", 0, "created seen via agent current uid", "list where --as, or --account, is logged in"),
    { .name = "session-end", .operands = "UID", .help = "end a session", .method = "DELETE", .path = "/sessions/{uid}" },
    LIST("tokens", "account", "/tokens", 0, "name scope until state created last_used uid", "list the tokens of --as, or of --account"),
    { .name = "token-make", .operands = "NAME", .options = "scope until",
      .help = "make a token for a program that acts as --as; shown once, for BIHUAN_TOKEN or an Authorization: Bearer header",
      .method = "POST", .path = "/tokens", .body = "name:NAME until:--until! scope:--scope!", .flags = CALL_AS, .view = "uid name scope until token" },
    { .name = "token-end", .operands = "UID", .help = "take a token back", .method = "DELETE", .path = "/tokens/{uid}" },
    LIST("deputies", "account", "/deputies", 0, "state account.name deputy.name from to reason uid", "list who acts for whom"),
    { .name = "deputy", .operands = "USER DEPUTY", .options = "from to reason",
      .help = "let DEPUTY (the account's uid) act for USER, who is absent", .method = "POST", .path = "/deputies",
      .body = "account:USER deputy:DEPUTY from:--from! to:--to! reason:--reason!", .view = "uid state account deputy from to" },
    { .name = "deputy-end", .operands = "UID", .help = "end that", .method = "DELETE", .path = "/deputies/{uid}" },
    { .name = "password", .operands = "", .options = "new-password-file", .help = "change the password of --as",
      .flags = CALL_AS, .run = change_password },
    NONE,
};

static bool send_passwords(CallRun *run, const char *old, const char *new, GError **err)
{
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_cstr(&json, "old", old);
    json_member_cstr(&json, "new", new);
    json_end_object(&json);
    ClientCall request = { "POST", STR("/session/password"), str_from_gstring(body), NO_VERSION };
    bool sent = call_send(run, &request, err);
    crypto_wipe(body->str, body->len);
    return sent;
}

static void wipe(char *password)
{
    if (password)
        crypto_wipe(password, strlen(password));
}

static bool change_password(CallRun *run, GError **err)
{
    const char *user = args_value(run->args, "as"), *given = g_getenv("BIHUAN_PASSWORD"), *file = args_value(run->args, "password-file");
    g_autofree char *old = given && !file ? g_strdup(given) : password_read(file, "the old password again: ", err);
    g_autofree char *prompt = g_strdup_printf("new password of %s: ", user);
    g_autofree char *new = old ? password_read(args_value(run->args, "new-password-file"), prompt, err) : NULL;
    bool changed = new && send_passwords(run, old, new, err);
    wipe(old);
    wipe(new);
    return changed;
}

/* --- Documents and plans -------------------------------------------------------------------------------------------------------- */

static bool edit_document(CallRun *run, GError **err);
static bool resolve_owner(CallRun *run, GError **err);
static bool confirm_items(CallRun *run, GError **err);
static bool save_original(CallRun *run, GError **err);

#define PLAN_VIEW \
    "uid code year title kind issuer state stage tasks open_tasks settings version;" \
    " stages_list: seq name begins ends gate share state tasks closed passed_by reason forced"

const Call plan_calls[] = {
    { .name = "add", .operands = "FILE...", .options = "again", .help = "read documents; each becomes a draft",
      .method = "POST", .path = "/documents", .body = "upload:FILE again:--again?", .flags = CALL_AS | CALL_JOB,
      .view = "result.document result.existing" },
    LIST("documents", "state kind q", "/documents", CALL_AS,
         "state kind title doc_no issued items confirmed unresolved findings plan uid",
         "list documents, the newest first"),
    GET_AS("show", "UID", "/documents/{uid}",
        "uid title doc_no kind issuer issued state confirmed left_out unresolved plan discarded version; items: index no kind status title due lead support;"
        " owners: name items org.name; findings: code at seen message",
        "show what was read in a document, and what was made of it"),
    { .name = "edit", .operands = "UID PATH VALUE", .help = "correct what was read: bihuan plan edit UID /items/3/title TEXT",
      .object = "/documents/{uid}", .flags = CALL_AS, .run = edit_document, .view = "uid title version" },
    { .name = "resolve", .operands = "UID NAME ORG", .help = "say which organisation a name in this document means",
      .object = "/documents/{uid}", .flags = CALL_AS, .run = resolve_owner,
      .view = "uid unresolved version; owners: name items org.name" },
    { .name = "confirm", .operands = "UID [ITEM...]", .options = "all", .help = "confirm items by their index, or --all that are open",
      .object = "/documents/{uid}", .flags = CALL_AS, .run = confirm_items, .view = "uid confirmed left_out version" },
    { .name = "issue", .operands = "UID", .options = "expand",
      .help = "make a plan of it, with a task for each item; with --expand what collectives lead is divided among their members",
      .method = "POST", .path = "/documents/{uid}/issue", .object = "/documents/{uid}", .body = "expand:--expand?", .flags = CALL_AS | CALL_VERSION,
      .view = "plan.uid expanded" },
    { .name = "discard", .operands = "UID", .options = "reason", .help = "put a draft away",
      .method = "POST", .path = "/documents/{uid}/discard", .object = "/documents/{uid}", .body = "reason:--reason!",
      .flags = CALL_AS | CALL_VERSION, .view = "uid state" },
    { .name = "original", .operands = "UID OUT", .help = "save the file as it came", .flags = CALL_AS, .run = save_original },
    LIST("list", "kind year issuer state q", "/plans", CALL_AS,
         "code year title kind state stage issuer.name issued edition tasks by_state uid",
         "list plans"),
    { .name = "make", .operands = "TITLE", .options = "kind code year issuer basis", .help = "make a plan by hand, to which tasks are added later",
      .method = "POST", .path = "/plans", .body = "title:TITLE kind:--kind! code:--code year:--year issuer:--issuer basis:--basis", .flags = CALL_AS,
      .view = PLAN_VIEW },
    GET_AS("stages", "PLAN", "/plans/{plan}", PLAN_VIEW, "show a plan, by its own uid, with its settings and stages"),
    { .name = "set", .operands = "PLAN", .options = "title code holding-days publicity-days progress", .help = "change a plan's title, code and settings",
      .method = "PATCH", .path = "/plans/{plan}", .object = "/plans/{plan}",
      .body = "title:--title code:--code settings.holding_days:--holding-days settings.publicity_days:--publicity-days settings.progress:--progress",
      .flags = CALL_AS | CALL_VERSION, .view = PLAN_VIEW },
    { .name = "set-stages", .operands = "PLAN STAGE...", .object = "/plans/{plan}", .flags = CALL_AS, .run = plan_stages_set, .view = PLAN_VIEW,
      .help = "set the whole list of its stages, each as NAME, or NAME:GATE with a gate of decision, submitted or closed=PERCENT" },
    { .name = "pass", .operands = "PLAN STAGE", .options = "reason",
      .help = "pass the present stage, by its place from 1 on; with a reason also where its gate is shut, and the mark stays",
      .method = "POST", .path = "/plans/{plan}/stages/{stage}/pass", .object = "/plans/{plan}", .body = "reason:--reason",
      .flags = CALL_AS | CALL_VERSION, .view = PLAN_VIEW },
    { .name = "expand", .operands = "PLAN", .options = "reason", .help = "divide every task that a collective leads among its members", .method = "POST",
      .path = "/plans/{plan}/expand", .body = "reason:--reason!", .flags = CALL_AS, .view = "tasks left" },
    { .name = "close", .operands = "PLAN", .help = "close a plan whose tasks have all ended", .method = "PATCH", .path = "/plans/{plan}",
      .object = "/plans/{plan}", .body = "state:=closed", .flags = CALL_AS | CALL_VERSION, .view = "uid title state" },
    { .name = "reopen", .operands = "PLAN", .options = "reason", .help = "open it again", .method = "PATCH", .path = "/plans/{plan}",
      .object = "/plans/{plan}", .body = "state:=open reason:--reason!", .flags = CALL_AS | CALL_VERSION, .view = "uid title state" },
    NONE,
};

/* The member, or the element of that index, of an object or array. */
static const JsonValue *child_of(const JsonValue *value, Str name)
{
    g_autofree char *text = str_dup(name);
    int64_t index;
    if (!value || value->type != JSON_BEGIN_ARRAY)
        return json_get(value, text);
    const JsonValue *element = str_to_int64(name, &index) && index >= 0 ? value->first : NULL;
    for (; element && index > 0; index--)
        element = element->next;
    return element;
}

/* What stands at a path of an edit: that of /issuer_org is a uid; of /items/3/lead the names; of /findings/0/seen and the rest what is there. */
static void write_present(const JsonValue *document, Str path, JsonWriter *json)
{
    const JsonValue *value = document;
    for (Str rest = str_from_at(path, 1); rest.p && value;)
        value = child_of(value, str_cut(&rest, '/'));
    bool names = str_ends(path, STR("/lead")) || str_ends(path, STR("/support"));
    if (names && value) {
        json_begin_array(json);
        for (const JsonValue *owner = value->first; owner; owner = owner->next)
            json_value(json, json_get(owner, "name"));
        json_end_array(json);
        return;
    }
    if (str_eq(path, STR("/issuer_org")))
        value = json_get(value, "uid");
    if (value)
        json_value(json, value);
    else
        json_null(json);
}

typedef struct {
    CallRun *run;
    const JsonValue *document;
    GString *body;
    JsonWriter json;
} Edits;

static bool edits_begin(CallRun *run, Edits *edits, GError **err)
{
    Str path;
    *edits = (Edits) { .run = run, .body = g_string_new(NULL) };
    json_writer_init(&edits->json, edits->body, false);
    json_begin_object(&edits->json);
    json_key(&edits->json, "edits");
    json_begin_array(&edits->json);
    return call_path(run, "/documents/{uid}", &path, err) && client_get(run->client, path, run->arena, &edits->document, err);
}

static void edits_clear(Edits *edits)
{
    if (edits->body)
        g_string_free(edits->body, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Edits, edits_clear)

static bool edits_send(Edits *edits, GError **err)
{
    ClientCall request = { .method = "POST" };
    json_end_array(&edits->json);
    json_end_object(&edits->json);
    request.body = str_from_gstring(edits->body);
    return call_path(edits->run, "/documents/{uid}/edits", &request.path, err)
           && json_get_int(edits->document, "version", 0, INT64_MAX, &request.version, err) && call_send(edits->run, &request, err);
}

/* VALUE as JSON where it is some, else as a text: null, true, ["a","b"]; a date, a figure or a name as they are. */
static void write_value(Str value, Arena *arena, JsonWriter *json)
{
    const JsonValue *parsed = json_parse(value, arena, NULL);
    if (parsed && parsed->type != JSON_NUMBER)
        json_value(json, parsed);
    else
        json_str(json, value);
}

static bool edit_document(CallRun *run, GError **err)
{
    g_auto(Edits) edits = { 0 };
    Str path, value;
    if (!call_operand(run, "PATH", &path, err) || !call_operand(run, "VALUE", &value, err) || !edits_begin(run, &edits, err))
        return false;
    if (!str_starts(path, STR("/")) || !utf8_valid(value, NULL))
        return error_set(err, BH_USAGE, "PATH is like /items/3/title, and VALUE is UTF-8");
    json_begin_object(&edits.json);
    json_member_str(&edits.json, "path", path);
    json_key(&edits.json, "old");
    write_present(edits.document, path, &edits.json);
    json_key(&edits.json, "new");
    write_value(value, run->arena, &edits.json);
    json_end_object(&edits.json);
    return edits_send(&edits, err);
}

static const JsonValue *find_name(const JsonValue *document, Str name)
{
    const JsonValue *owners = json_get(document, "owners");
    for (const JsonValue *owner = owners ? owners->first : NULL; owner; owner = owner->next)
        if (json_get(owner, "name") && str_eq(json_get(owner, "name")->text, name))
            return owner;
    return NULL;
}

/* "~" and "/" as a JSON pointer has them (RFC 6901). */
static char *pointer_escape(Str name)
{
    g_autofree char *text = str_dup(name);
    g_auto(GStrv) tildes = g_strsplit(text, "~", -1);
    g_autofree char *once = g_strjoinv("~0", tildes);
    g_auto(GStrv) slashes = g_strsplit(once, "/", -1);
    return g_strjoinv("~1", slashes);
}

static bool resolve_owner(CallRun *run, GError **err)
{
    g_auto(Edits) edits = { 0 };
    Str name, org;
    if (!call_operand(run, "NAME", &name, err) || !call_operand(run, "ORG", &org, err) || !edits_begin(run, &edits, err))
        return false;
    const JsonValue *owner = find_name(edits.document, name), *old = json_get(json_get(owner, "org"), "uid");
    if (!owner)
        return error_set(err, BH_NOT_FOUND, "this document names no '" STR_FMT "'", STR_ARG(name));
    g_autofree char *escaped = pointer_escape(name);
    json_begin_object(&edits.json);
    json_member_str(&edits.json, "path", arena_printf(run->arena, "/owners/%s", escaped));
    json_member_str(&edits.json, "old", old ? old->text : STR_NONE);
    json_member_str(&edits.json, "new", org);
    json_end_object(&edits.json);
    return edits_send(&edits, err);
}

static void write_confirmation(Edits *edits, Str index, Str before)
{
    json_begin_object(&edits->json);
    json_member_str(&edits->json, "path", arena_printf(edits->run->arena, "/items/" STR_FMT "/status", STR_ARG(index)));
    json_member_str(&edits->json, "old", before);
    json_member_cstr(&edits->json, "new", "confirmed");
    json_end_object(&edits->json);
}

static bool is_chosen(const CallRun *run, Str index, Str status)
{
    if (args_has(run->args, "all"))
        return str_eq(status, STR("open"));
    for (size_t i = 1; i < args_count(run->args); i++)
        if (str_eq(str_from(args_operand(run->args, i)), index))
            return true;
    return false;
}

static bool confirm_items(CallRun *run, GError **err)
{
    g_auto(Edits) edits = { 0 };
    size_t chosen = 0, wanted = args_count(run->args) - 1;
    if ((wanted > 0) == args_has(run->args, "all"))
        return error_set(err, BH_USAGE, "which items: their index, or --all");
    const JsonValue *items;
    if (!edits_begin(run, &edits, err) || !json_get_array(edits.document, "items", &items, err))
        return false;
    for (const JsonValue *item = items->first; item; item = item->next) {
        const JsonValue *index = json_get(item, "index"), *status = json_get(item, "status");
        if (!index || !status || !is_chosen(run, index->text, status->text))
            continue;
        chosen++;
        if (!str_eq(status->text, STR("confirmed")))
            write_confirmation(&edits, index->text, status->text);
    }
    if (wanted > 0 && chosen < wanted)
        return error_set(err, BH_NOT_FOUND, "this document has no such item; indexes are from 0 to %zu", items->count ? items->count - 1 : 0);
    if (edits.body->str[edits.body->len - 1] == '[')
        return error_set(err, BH_CONFLICT, "there is nothing to confirm");
    return edits_send(&edits, err);
}

static bool save(CallRun *run, const char *pattern, GError **err)
{
    Str path, out;
    if (!call_path(run, pattern, &path, err) || !call_operand(run, "OUT", &out, err))
        return false;
    g_autofree char *file = str_dup(out);
    return client_download(run->client, path, file, err);
}

static bool save_original(CallRun *run, GError **err)
{
    return save(run, "/documents/{uid}/original", err);
}

/* --- The ledger ----------------------------------------------------------------------------------------------------------------- */

#define TASK_VIEW \
    "uid number no title plan kind state marks light due days_left text problem lead support claim.at claim.note suspended_until holding_until relapses restricted handler leader source source_no source_date basis incomputable.reason version;" \
    " targets_list: quote metric op value value2 unit due tense; measures_list: no state text answer by uid;" \
    " evidence_list: kind name size note by at withdrawn uid;" \
    " amendments: at field old new by reason;" \
    " verdicts: at verb by reason"
#define PARTS_VIEW \
    "uid number title state split roll_up.total roll_up.closed roll_up.waived roll_up.cancelled roll_up.late version;" \
    " roll_up.targets: metric value unit shared claimed reported of; children_list: number owner.name state light due holds relapses share uid"
#define STATE_VIEW "uid title state light version"
#define ROUND_VIEW \
    "uid title plan.title org.name from until state sample share candidates seed total held relapsed unclear version; rows: task.number task.title task.state result note by task.uid"
#define VERB(name, options, body, help) \
    { name, "UID", options, help, "POST", "/tasks/{uid}/do/" name, NULL, body, CALL_AS | CALL_VERSION, "/tasks/{uid}", NULL, STATE_VIEW }
#define TASK_FILTERS "state plan owner owner-below kind due-from due-to late light q mine order"

static bool amend_task(CallRun *run, GError **err);
static bool draw_round(CallRun *run, GError **err);
static bool set_measure(CallRun *run, GError **err);
static bool save_evidence(CallRun *run, GError **err);
static bool export_tasks(CallRun *run, GError **err);

const Call ledger_calls[] = {
    { .name = "search", .operands = "WORDS", .help = "find documents, tasks and comments by what they say, the newest first", .method = "GET", .path = "/search?q={words}",
      .flags = CALL_AS, .view = "rows: kind number title at uid" },
    LIST("list", TASK_FILTERS, "/tasks", CALL_AS,
         "number state light due title lead measures_done measures evidence plan uid",
         "list tasks"),
    GET_AS("show", "UID", "/tasks/{uid}", TASK_VIEW, "show a task with all that hangs on it"),
    { .name = "add", .operands = "TITLE", .options = "source source-no source-date basis plan text lead support due term category restricted issue",
      .help = "make a task by hand: a draft, or issued with --issue; without --plan it goes into the issuer's plan of that source and year",
      .method = "POST", .path = "/tasks",
      .body = "title:TITLE source:--source! source_no:--source-no source_date:--source-date basis:--basis plan:--plan text:--text lead[]:--lead support[]:--support"
              " due:--due term:--term category:--category restricted:--restricted? issue:--issue?",
      .flags = CALL_AS, .view = "uid number title state version" },
    VERB("issue", NULL, "", "issue a draft"),
    VERB("discard", NULL, "", "put a draft away"),
    { .name = "amend", .operands = "UID FIELD VALUE", .options = "reason",
      .help = "change a field: title, text, due, lead, support, handler, leader, term, category, stage, restricted, readers; once issued the old value stays visible",
      .object = "/tasks/{uid}", .flags = CALL_AS, .run = amend_task, .view = "uid number title state marks version; amendments: at field old new by reason" },
    VERB("accept", "note", "note:--note", "take a task on"),
    VERB("submit", "note", "note:--note", "claim that it is done"),
    VERB("confirm", "note", "note:--note", "confirm the claim for one's own unit"),
    VERB("verify", "reason note", "reason:--reason note:--note", "find the claim proven"),
    VERB("overrule", "reason", "reason:--reason!", "find it done without proof, with a mark that stays"),
    VERB("return", "reason note", "reason:--reason! note:--note", "find it not proven, and give it back"),
    VERB("close", "reason note", "reason:--reason note:--note", "close what was verified"),
    VERB("reopen", "reason note", "reason:--reason! note:--note", "open it again"),
    VERB("suspend", "reason until note", "reason:--reason! until:--until! note:--note", "let it rest until a day"),
    VERB("resume", "reason note", "reason:--reason note:--note", "go on with what rested"),
    VERB("cancel", "reason note", "reason:--reason! note:--note", "end it without result"),
    VERB("waive", "reason share note", "reason:--reason! share:--share note:--note", "do without it, or a share of it, for good"),
    LIST("rounds", "plan state", "/look-backs", CALL_AS, "title plan.title from until state total held relapsed unclear uid", "list rounds of looking back"),
    { .name = "draw", .operands = "PLAN TITLE", .options = "from until percent",
      .help = "draw a round of looking back at the closed tasks of a plan: all, or so many percent of them", .flags = CALL_AS, .run = draw_round,
      .view = ROUND_VIEW },
    GET_AS("round", "UID", "/look-backs/{uid}", ROUND_VIEW, "show a round with the tasks drawn"),
    { .name = "found", .operands = "UID TASK RESULT", .options = "note", .help = "say what was found on a task of a round: held, relapsed or unclear",
      .method = "POST", .path = "/look-backs/{uid}/tasks/{task}", .body = "result:RESULT note:--note", .flags = CALL_AS, .view = ROUND_VIEW },
    { .name = "measure", .operands = "UID MEASURE STATE", .options = "answer",
      .help = "answer a measure, by its uid or its place in the list (1, 2, ...): open, started, effective, done or lasting",
      .object = "/tasks/{uid}", .flags = CALL_AS, .run = set_measure, .view = "uid title; measures_list: no state text answer by uid" },
    { .name = "evidence", .operands = "UID FILE", .options = "kind note",
      .help = "add a file as evidence: document, training, roster, archive, photo, figure or other",
      .method = "POST", .path = "/tasks/{uid}/evidence", .body = "upload:FILE kind:--kind! note:--note", .flags = CALL_AS,
      .view = "uid title; evidence_list: kind name size note by at withdrawn uid" },
    { .name = "withdraw", .operands = "UID EVIDENCE", .help = "withdraw evidence before it was claimed with",
      .method = "DELETE", .path = "/tasks/{uid}/evidence/{evidence}", .flags = CALL_AS,
      .view = "uid title; evidence_list: kind name size note by at withdrawn uid" },
    { .name = "fetch", .operands = "UID EVIDENCE OUT", .help = "save a file of evidence", .flags = CALL_AS, .run = save_evidence },
    { .name = "incomputable", .operands = "UID", .options = "reason", .help = "state why no figure can decide",
      .method = "POST", .path = "/tasks/{uid}/incomputable", .object = "/tasks/{uid}", .body = "reason:--reason!",
      .flags = CALL_AS | CALL_VERSION, .view = STATE_VIEW },
    { .name = "comment", .operands = "UID TEXT", .help = "say something about a task", .method = "POST", .path = "/tasks/{uid}/comments",
      .body = "text:TEXT", .flags = CALL_AS },
    GET_AS("comments", "UID", "/tasks/{uid}/comments", "rows: at by text", "show what was said about a task"),
    { .name = "events", .operands = "UID", .options = "limit", .help = "show a task's history, oldest first",
      .method = "GET", .path = "/tasks/{uid}/events", .flags = CALL_AS | CALL_PAGES,
      .view = "rows: seq at verb by.name by.org.name via hash" },
    { .name = "split", .operands = "UID", .options = "kind owners collective due shares target reason",
      .help = "divide a task among --owners, or the members of --collective: --kind same, or apportioned with --shares; without either the collective that"
              " leads it stands for its members",
      .object = "/tasks/{uid}", .flags = CALL_AS, .run = task_split_call, .view = PARTS_VIEW },
    GET_AS("parts", "UID", "/tasks/{uid}", PARTS_VIEW, "show what a task's parts add up to, who holds it back first"),
    { .name = "progress", .operands = "UID [TEXT]", .options = "period problem need next percent nothing-new",
      .help = "report how far a task is, or --nothing-new", .method = "POST", .path = "/tasks/{uid}/progress",
      .body = "text:TEXT period:--period problem:--problem need:--need next:--next percent:--percent nothing_new:--nothing-new?", .flags = CALL_AS,
      .view = "uid title; progress_list: period percent text problem need next nothing_new by at" },
    { .name = "bulk", .operands = "UID...", .options = "due lead support handler category reason",
      .help = "change several tasks at once; each that was changed in between, or may not be, is left as it is and named", .flags = CALL_AS,
      .run = tasks_bulk_call, .view = "done: uid version; refused: present.number code message uid" },
    { .name = "hand-over", .operands = "FROM TO", .options = "reason",
      .help = "pass all open tasks that an account handles or leads on to another, both by uid", .method = "POST", .path = "/handovers",
      .body = "from:FROM to:TO reason:--reason!", .flags = CALL_AS, .view = "tasks" },
    { .name = "import", .operands = "FILE", .options = "check plan map due reason",
      .help = "bring in a ledger kept in a workbook (XLSX or CSV): new rows become tasks of the plan (without --plan of a new one), changed ones amendments", .method = "POST",
      .path = "/tasks/import", .body = "upload:FILE apply:!--check plan:--plan map:--map due:--due reason:--reason", .flags = CALL_AS | CALL_JOB,
      .view = "result.sheet result.plan result.plan_title result.rows result.new result.changed result.same result.refused result.gone result.applied;"
              " result.columns: heading field how; result.errors: at code message" },
    { .name = "export", .operands = "OUT", .options = TASK_FILTERS " layout", .help = "save a list as an XLSX file that can be imported again", .path = "/tasks.xlsx",
      .query = TASK_FILTERS " layout", .flags = CALL_AS, .run = export_tasks },
    NONE,
};

/* By uid, or by its place from 1 on. */
static const JsonValue *find_measure(const JsonValue *task, Str which)
{
    const JsonValue *list = json_get(task, "measures_list");
    int64_t place = 0, wanted = 0;
    str_to_int64(which, &wanted);
    for (const JsonValue *m = list ? list->first : NULL; m; m = m->next)
        if (++place == wanted || (json_get(m, "uid") && str_eq(json_get(m, "uid")->text, which)))
            return m;
    return NULL;
}

static bool set_measure(CallRun *run, GError **err)
{
    Str path, which, state, uid;
    const JsonValue *task;
    ClientCall request = { .method = "PATCH" };
    if (!call_path(run, "/tasks/{uid}", &path, err) || !call_operand(run, "MEASURE", &which, err) || !call_operand(run, "STATE", &state, err)
        || !client_get(run->client, path, run->arena, &task, err))
        return false;
    const JsonValue *measure = find_measure(task, which);
    if (!measure)
        return error_set(err, BH_NOT_FOUND, "this task has no measure '" STR_FMT "'", STR_ARG(which));
    if (!json_get_str(measure, "uid", &uid, err) || !json_get_int(measure, "version", 0, INT64_MAX, &request.version, err))
        return false;
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_str(&json, "state", state);
    json_member_cstr(&json, "answer", args_value(run->args, "answer"));
    json_end_object(&json);
    request.path = arena_printf(run->arena, STR_FMT "/measures/" STR_FMT, STR_ARG(path), STR_ARG(uid));
    request.body = str_from_gstring(body);
    return call_send(run, &request, err);
}

/* Names of organisations become uids; else VALUE is JSON where it is some, or a text. */
static bool write_field(CallRun *run, Str field, Str value, JsonWriter *json, GError **err)
{
    bool owners = str_eq(field, STR("lead")) || str_eq(field, STR("support"));
    if (!owners) {
        write_value(value, run->arena, json);
        return true;
    }
    if (value.n > 0 && !call_orgs(run, value, &value, err))
        return false;
    json_begin_array(json);
    for (Str rest = value; rest.n > 0;)
        json_str(json, str_cut(&rest, ','));
    json_end_array(json);
    return true;
}

static bool draw_round(CallRun *run, GError **err)
{
    Str plan, title;
    const char *percent = args_value(run->args, "percent");
    int64_t share = 100;
    if (!call_operand(run, "PLAN", &plan, err) || !call_operand(run, "TITLE", &title, err))
        return false;
    if (percent && (!str_to_int64(str_from(percent), &share) || share < 1 || share > 100))
        return error_set(err, BH_USAGE, "--percent is a number from 1 to 100, not '%s'", percent);
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_str(&json, "plan", plan);
    json_member_str(&json, "title", title);
    json_member_cstr(&json, "from", args_value(run->args, "from"));
    json_member_cstr(&json, "until", args_value(run->args, "until"));
    json_member_cstr(&json, "sample", share == 100 ? "all" : "share");
    if (share < 100)
        json_member_int(&json, "share", share);
    json_end_object(&json);
    return call_send(run, &(ClientCall) { .method = "POST", .path = STR("/look-backs"), .body = str_from_gstring(body) }, err);
}

static bool amend_task(CallRun *run, GError **err)
{
    Str field, value;
    const JsonValue *task;
    ClientCall request = { .method = "POST" };
    if (!call_operand(run, "FIELD", &field, err) || !call_operand(run, "VALUE", &value, err) || !call_path(run, "/tasks/{uid}", &request.path, err)
        || !client_get(run->client, request.path, run->arena, &task, err) || !json_get_int(task, "version", 0, INT64_MAX, &request.version, err))
        return false;
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_cstr(&json, "reason", args_value(run->args, "reason"));
    json_key(&json, "set");
    json_begin_object(&json);
    json_key_str(&json, field);
    if (!write_field(run, field, value, &json, err))
        return false;
    json_end_object(&json);
    json_end_object(&json);
    request.path = arena_printf(run->arena, STR_FMT "/amend", STR_ARG(request.path));
    request.body = str_from_gstring(body);
    return call_send(run, &request, err);
}

static bool save_evidence(CallRun *run, GError **err)
{
    return save(run, "/tasks/{uid}/evidence/{evidence}", err);
}

static bool export_tasks(CallRun *run, GError **err)
{
    Str path, out;
    if (!call_query(run, &path, err) || !call_operand(run, "OUT", &out, err))
        return false;
    g_autofree char *file = str_dup(out);
    return client_download(run->client, path, file, err);
}

/* --- Jobs and events ----------------------------------------------------------------------------------------------------------------- */

const Call job_calls[] = {
    { .name = "index", .operands = "", .help = "write anew what lists and search look in (system administrator); people go on working meanwhile", .method = "POST",
      .path = "/search/index", .flags = CALL_JOB, .view = "state result.tasks" },
    LIST("list", "state kind", "/jobs", 0,
         "kind state progress created finished by uid",
         "list jobs, the newest first"),
    GET("show", "UID", NULL, NULL, "/jobs/{uid}", "uid kind state progress doing created finished by result error", "show a job"),
    NONE,
};

const Call audit_calls[] = {
    LIST("list", "object kind verb account", "/events", 0,
         "seq at verb object.kind object.title by.name via object.uid hash",
         "list events, the newest first"),
    { .name = "verify", .operands = "", .options = "anchor", .direct = audit_verify_chain,
      .help = "read the whole chain of events and hold it against all anchors; also beside a running server" },
    { .name = "anchor", .operands = "", .options = "out", .direct = audit_make_anchor,
      .help = "make an anchor of the chain as it is now, to be kept where nobody of the store can change it" },
    { .name = "export", .operands = "FILE", .direct = audit_export,
      .help = "write the whole chain with its anchors to a file, by which anybody can hold it; also beside a running server" },
    { .name = "check", .operands = "FILE", .options = "head", .direct = audit_check_file,
      .help = "hold such a file without a store: the chain, its anchors and its end; with --key-path also who made them" },
    { .name = "rebuild", .operands = "", .options = "check", .direct = audit_rebuild,
      .help = "compute from the events how each task stands, and --check that the tables say the same" },
    NONE,
};
