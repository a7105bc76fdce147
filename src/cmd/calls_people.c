/* Calls about people; a password is asked for, and leaves no trace. */
#include "base/crypto.h"
#include "cmd/calls.h"

#include "base/banned.h"

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
      .help = "read people and accounts from an XLSX or CSV file; with one error in it nothing is changed",
      .method = "POST", .path = "/accounts/import", .body = "upload:FILE apply:!--check", .flags = CALL_JOB, .view = IMPORT_VIEW },
    EXPORT("export", "OUT", "q org role", "/accounts.xlsx", 0, "save people and accounts as an XLSX file that can be imported again"),
    EXPORT("deputies-export", "OUT", "account", "/deputies.xlsx", 0, "save who acts for whom as an XLSX file"),
    IMPORT("deputies-import", "FILE", "/deputies/import", 0, "name who acts for whom by such a file (XLSX or CSV); rows that are there stay as they are"),
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
