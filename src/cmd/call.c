#include "cmd/call.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/crypto.h"
#include "cmd/view.h"

#include "base/banned.h"

enum { PAGE_ROWS = 200, TABLE_ROWS = 1000, CELL_COLUMNS = 44 };

/* --- Options ----------------------------------------------------------------------------------------------------------- */

static const Option of_store[] = { STORE_OPTIONS };
static const Option of_client[] = {
    CLIENT_OPTIONS,
    { "json", NULL, "print the API's answer as it came" },
};

static const Option *find_option(Str name)
{
    for (const Option *option = call_options; option->name; option++)
        if (str_eq(name, str_from(option->name)))
            return option;
    g_error("a call names the option '" STR_FMT "', which is in no table", STR_ARG(name));
}

static size_t count_words(const char *words)
{
    size_t n = 0;
    for (Str rest = str_from(words); rest.p; n++)
        str_cut(&rest, ' ');
    return n;
}

Option *call_options_of(const Call *call)
{
    Option *options = g_new0(Option, G_N_ELEMENTS(of_store) + G_N_ELEMENTS(of_client) + count_words(call->options) + 1);
    size_t n = 0;
    for (Str rest = str_from(call->options); rest.p; n++)
        options[n] = *find_option(str_cut(&rest, ' '));
    for (size_t i = 0; !call->direct && i < G_N_ELEMENTS(of_client); i++)
        options[n++] = of_client[i];
    for (size_t i = 0; !(call->flags & CALL_ALONE) && i < G_N_ELEMENTS(of_store); i++)
        options[n++] = of_store[i];
    return options;
}

static const char *option_value(const CallRun *run, Str name)
{
    g_autofree char *text = str_dup(name);
    return args_value(run->args, text);
}

/* --- Operands ---------------------------------------------------------------------------------------------------------- */

/* "UID [ITEM...]": the word as it is called. */
static Str operand_name(Str word)
{
    if (str_starts(word, STR("[")))
        word = (Str) { word.p + 1, word.n - 2 };
    return str_ends(word, STR("...")) ? str_head(word, word.n - 3) : word;
}

static bool check_operands(const Call *call, const Args *args, GError **err)
{
    size_t least = 0, most = 0;
    for (Str rest = str_from(call->operands); rest.p && rest.n;) {
        Str word = str_cut(&rest, ' ');
        bool several = str_has(word, STR("..."));
        least += !str_starts(word, STR("["));
        most = several ? SIZE_MAX : most + 1;
    }
    if (args_count(args) < least)
        return error_set(err, BH_USAGE, "it needs %s", call->operands);
    if (args_count(args) > most)
        return most == 0 ? error_set(err, BH_USAGE, "it takes nothing, not '%s'", args_operand(args, 0))
                         : error_set(err, BH_USAGE, "'%s' is too much: it takes %s", args_operand(args, most), call->operands);
    return true;
}

static Str raw_operand(const CallRun *run, Str name)
{
    size_t i = 0;
    for (Str rest = str_from(run->call->operands); rest.p; i++)
        if (str_eq(operand_name(str_cut(&rest, ' ')), name))
            return i < args_count(run->args) ? str_from(args_operand(run->args, i)) : STR_NONE;
    g_error("a call names the operand '" STR_FMT "', which it does not take", STR_ARG(name));
}

static bool unresolved(Str name, const JsonValue *candidates, Arena *arena, GError **err)
{
    Str list = STR("");
    for (const JsonValue *c = candidates ? candidates->first : NULL; c; c = c->next) {
        Str uid = STR(""), text = STR("");
        json_opt_str(c, "uid", &uid, NULL);
        json_opt_str(c, "name", &text, NULL);
        list = arena_printf(arena, STR_FMT "%s" STR_FMT " " STR_FMT, STR_ARG(list), list.n ? "\n  " : "", STR_ARG(uid), STR_ARG(text));
    }
    error_set(err, BH_NOT_FOUND, "%s '" STR_FMT "'", list.n ? "more than one organisation could be meant by" : "no organisation is called", STR_ARG(name));
    return list.n ? error_hint(err, "give the uid of one of these:\n  " STR_FMT, STR_ARG(list)) : error_hint(err, "see: bihuan org list --q NAME");
}

/* The list looks for a code among other things. *ret_uid stays as it was where none has just this one. */
static bool org_of_code(CallRun *run, Str code, Str *ret_uid, GError **err)
{
    const JsonValue *list;
    Str path = arena_printf(run->arena, "/orgs?q=" STR_FMT, STR_ARG(client_escape(code, run->arena)));
    if (!client_get(run->client, path, run->arena, &list, err))
        return false;
    const JsonValue *rows = json_get(list, "rows");
    for (const JsonValue *row = rows ? rows->first : NULL; row; row = row->next) {
        Str own = STR("");
        json_opt_str(row, "code", &own, NULL);
        if (str_eq(own, code))
            return json_get_str(row, "uid", ret_uid, err);
    }
    return true;
}

bool call_org(CallRun *run, Str name, Str *ret_uid, GError **err)
{
    const JsonValue *match;
    if (uid_valid(name)) {
        *ret_uid = name;
        return true;
    }
    Str path = arena_printf(run->arena, "/orgs/resolve?name=" STR_FMT, STR_ARG(client_escape(name, run->arena)));
    if (!client_get(run->client, path, run->arena, &match, err))
        return false;
    if (json_get_str(json_get(match, "org"), "uid", ret_uid, NULL))
        return true;
    Str found = STR_NONE;
    if (!org_of_code(run, name, &found, err))
        return false;
    *ret_uid = found.p ? found : *ret_uid;
    return found.p || unresolved(name, json_get(match, "candidates"), run->arena, err);
}

static bool find_user(CallRun *run, Str username, Str *ret_uid, GError **err)
{
    const JsonValue *list;
    if (uid_valid(username)) {
        *ret_uid = username;
        return true;
    }
    Str path = arena_printf(run->arena, "/accounts?limit=200&q=" STR_FMT, STR_ARG(client_escape(username, run->arena)));
    if (!client_get(run->client, path, run->arena, &list, err))
        return false;
    const JsonValue *rows = json_get(list, "rows");
    for (const JsonValue *row = rows ? rows->first : NULL; row; row = row->next) {
        Str name;
        if (json_get_str(row, "username", &name, NULL) && str_eq(name, username))
            return json_get_str(row, "uid", ret_uid, err);
    }
    return error_set(err, BH_NOT_FOUND, "no account '" STR_FMT "'", STR_ARG(username));
}

static bool send_file(CallRun *run, Str *ret_uid, GError **err)
{
    size_t i = 0;
    for (Str rest = str_from(run->call->operands); !str_eq(operand_name(str_cut(&rest, ' ')), STR("FILE"));)
        i++;
    return client_upload(run->client, args_operand(run->args, i + run->file), run->arena, ret_uid, err);
}

bool call_operand(CallRun *run, const char *name, Str *ret_value, GError **err)
{
    Str value = raw_operand(run, str_from(name));
    if (value.p && g_str_equal(name, "ORG"))
        return call_org(run, value, ret_value, err);
    if (value.p && g_str_equal(name, "USER"))
        return find_user(run, value, ret_value, err);
    if (value.p && g_str_equal(name, "FILE"))
        return send_file(run, ret_value, err);
    *ret_value = value;
    return true;
}

/* --- Path and query ---------------------------------------------------------------------------------------------------- */

bool call_path(CallRun *run, const char *pattern, Str *ret_path, GError **err)
{
    g_autoptr(GString) path = g_string_new(NULL);
    for (Str rest = str_from(pattern); rest.p;) {
        Str literal = str_cut(&rest, '{'), name = rest.p ? str_cut(&rest, '}') : STR_NONE, value = STR_NONE;
        g_string_append_len(path, literal.p, (gssize) literal.n);
        if (!name.p)
            break;
        g_autofree char *lower = str_dup(name);
        g_autofree char *upper = g_ascii_strup(lower, -1);
        if (!call_operand(run, upper, &value, err))
            return false;
        Str escaped = client_escape(value, run->arena);
        g_string_append_len(path, escaped.p, (gssize) escaped.n);
    }
    *ret_path = arena_str(run->arena, str_from_gstring(path));
    return true;
}

static bool is_org_option(const char *name)
{
    return g_str_equal(find_option(str_from(name))->value ? find_option(str_from(name))->value : "", "ORG");
}

bool call_orgs(CallRun *run, Str names, Str *ret_uids, GError **err)
{
    g_autoptr(GString) uids = g_string_new(NULL);
    for (Str rest = names; rest.p;) {
        Str uid;
        if (!call_org(run, str_trim(str_cut(&rest, ',')), &uid, err))
            return false;
        g_string_append_printf(uids, "%s" STR_FMT, uids->len ? "," : "", STR_ARG(uid));
    }
    *ret_uids = arena_str(run->arena, str_from_gstring(uids));
    return true;
}

/* An option's value; that of one with ORG is looked up, and each of several with commas between. */
static bool option_text(CallRun *run, Str name, Str *ret_value, GError **err)
{
    g_autofree char *text = str_dup(name);
    *ret_value = str_from(option_value(run, name));
    const char *kind = find_option(name)->value;
    if (ret_value->p && kind && g_str_equal(kind, "ORG,..."))
        return call_orgs(run, *ret_value, ret_value, err);
    return !ret_value->p || !is_org_option(text) || str_eq(*ret_value, STR("root")) || call_org(run, *ret_value, ret_value, err);
}

bool call_query(CallRun *run, Str *ret_path, GError **err)
{
    if (!call_path(run, run->call->path, ret_path, err))
        return false;
    g_autoptr(GString) path = g_string_new_len(ret_path->p, (gssize) ret_path->n);
    for (Str rest = str_from(run->call->query); rest.p;) {
        Str name = str_cut(&rest, ' '), value;
        if (!option_text(run, name, &value, err))
            return false;
        if (!value.p)
            continue;
        Str escaped = client_escape(find_option(name)->value ? value : STR("1"), run->arena);
        g_autofree char *parameter = g_strdelimit(str_dup(name), "-", '_');
        g_string_append_printf(path, "%c%s=" STR_FMT, strchr(path->str, '?') ? '&' : '?', parameter, STR_ARG(escaped));
    }
    *ret_path = arena_str(run->arena, str_from_gstring(path));
    return true;
}

/* --- The body ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    CallRun *run;
    JsonWriter json;
    Str open; /* the object that is being written into, or STR_NONE */
} Body;

/* Opens and closes objects until the member belongs into the one that is open. */
static Str enter_object(Body *body, Str member)
{
    Str rest = member, object = str_cut(&rest, '.');
    if (!rest.p)
        object = STR_NONE;
    if (!str_eq(object, body->open)) {
        if (body->open.p)
            json_end_object(&body->json);
        if (object.p) {
            json_key_str(&body->json, object);
            json_begin_object(&body->json);
        }
        body->open = object;
    }
    return rest.p ? rest : member;
}

static void write_list(JsonWriter *json, Str value)
{
    json_begin_array(json);
    for (Str rest = value; rest.p;)
        json_str(json, str_cut(&rest, ','));
    json_end_array(json);
}

static void write_member(Body *body, Str member, Str value)
{
    Str name = enter_object(body, member);
    bool list = str_ends(name, STR("[]"));
    json_key_str(&body->json, list ? str_head(name, name.n - 2) : name);
    if (list)
        write_list(&body->json, value);
    else
        json_str(&body->json, value);
}

static void write_flag(Body *body, Str member, bool value)
{
    json_key_str(&body->json, enter_object(body, member));
    json_bool(&body->json, value);
}

static bool write_number(Body *body, Str member, Str option, Str value, GError **err)
{
    int64_t number;
    if (!str_to_int64(value, &number))
        return error_set(err, BH_USAGE, "--" STR_FMT " is a whole number, not '" STR_FMT "'", STR_ARG(option), STR_ARG(value));
    json_key_str(&body->json, enter_object(body, member));
    json_int(&body->json, number);
    return true;
}

/* "--reason!", "--again?", "--note" */
static bool write_option(Body *body, Str member, Str source, GError **err)
{
    bool must = str_ends(source, STR("!")), flag = str_ends(source, STR("?"));
    Str name = { source.p + 2, source.n - 2 - (must || flag) }, value;
    if (!option_text(body->run, name, &value, err))
        return false;
    if (must && !value.p)
        return error_set(err, BH_USAGE, "it needs --" STR_FMT " %s", STR_ARG(name), find_option(name)->value);
    if (value.p && flag)
        write_flag(body, member, true);
    else if (value.p && find_option(name)->value && g_str_equal(find_option(name)->value, "N"))
        return write_number(body, member, name, value, err);
    else if (value.p)
        write_member(body, member, value);
    return true;
}

static bool write_source(Body *body, Str member, Str source, GError **err)
{
    Str option = source, word = str_cut(&option, '@'), value;
    if (option.p) {
        if (option_value(body->run, str_from_at(option, 2)))
            write_member(body, member, word);
        return true;
    }
    if (str_starts(source, STR("="))) {
        write_member(body, member, str_from_at(source, 1));
        return true;
    }
    if (str_starts(source, STR("!--"))) {
        write_flag(body, member, !option_value(body->run, str_from_at(source, 3)));
        return true;
    }
    if (str_starts(source, STR("--")))
        return write_option(body, member, source, err);
    g_autofree char *name = str_dup(source);
    if (!call_operand(body->run, name, &value, err))
        return false;
    if (value.p)
        write_member(body, member, value);
    return true;
}

/* STR_NONE where the call has no body. */
static bool make_body(CallRun *run, Str *ret_body, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Body body = { .run = run };
    json_writer_init(&body.json, text, false);
    json_begin_object(&body.json);
    for (Str rest = str_from(run->call->body); rest.n > 0;) {
        Str source = str_cut(&rest, ' '), member = str_cut(&source, ':');
        if (!write_source(&body, member, source, err))
            return false;
    }
    enter_object(&body, STR(""));
    json_end_object(&body.json);
    *ret_body = run->call->body ? arena_str(run->arena, str_from_gstring(text)) : STR_NONE;
    return true;
}

/* --- Showing ----------------------------------------------------------------------------------------------------------- */

static bool show_text(Str text, GError **err)
{
    return print_out(text, err) && print_out(STR("\n"), err);
}

bool call_show(CallRun *run, const ClientAnswer *answer, GError **err)
{
    if (args_has(run->args, "json") || !answer->json)
        return answer->text.n == 0 || show_text(answer->text, err);
    g_autoptr(GString) out = g_string_new(NULL);
    view_write(answer->json, run->call->view ? run->call->view : "uid", isatty(STDOUT_FILENO) ? CELL_COLUMNS : SIZE_MAX / 2, out);
    return print_out(str_from_gstring(out), err);
}

/* --- Sending ----------------------------------------------------------------------------------------------------------- */

/* An import that found errors is a job that was done; to who imports it has failed. */
static bool check_import(const JsonValue *job, GError **err)
{
    size_t forbidding = 0;
    const JsonValue *errors = json_get(json_get(job, "result"), "errors");
    for (const JsonValue *e = errors ? errors->first : NULL; e; e = e->next)
        forbidding += json_get(e, "forbids") && json_get(e, "forbids")->type == JSON_TRUE;
    return forbidding == 0 || error_set(err, BH_BAD_INPUT, "nothing was changed: %zu errors in the file", forbidding);
}

bool call_send(CallRun *run, const ClientCall *request, GError **err)
{
    ClientAnswer answer;
    if (!client_call(run->client, request, run->arena, &answer, err))
        return false;
    if ((run->call->flags & CALL_JOB) && !client_wait(run->client, answer.json, run->arena, &answer, err))
        return false;
    return call_show(run, &answer, err) && (!(run->call->flags & CALL_JOB) || check_import(answer.json, err));
}

/* Page after page, until the end or as many rows as were wanted. As JSON each page is a line. */
static bool send_pages(CallRun *run, Str path, GError **err)
{
    int64_t most = TABLE_ROWS;
    Str wanted = str_from(args_value(run->args, "limit")), cursor = STR_NONE;
    if (wanted.p && (!str_to_int64(wanted, &most) || most < 1))
        return error_set(err, BH_USAGE, "--limit is a number of rows, not '" STR_FMT "'", STR_ARG(wanted));
    for (int64_t seen = 0; seen < most;) {
        ClientAnswer answer;
        const JsonValue *rows;
        Str page = arena_printf(run->arena, STR_FMT "%climit=%" G_GINT64_FORMAT, STR_ARG(path), memchr(path.p, '?', path.n) ? '&' : '?',
                                MIN(most - seen, PAGE_ROWS));
        if (cursor.p)
            page = arena_printf(run->arena, STR_FMT "&cursor=" STR_FMT, STR_ARG(page), STR_ARG(client_escape(cursor, run->arena)));
        ClientCall call = { "GET", page, STR_NONE, NO_VERSION };
        cursor = STR_NONE;
        if (!client_call(run->client, &call, run->arena, &answer, err) || !json_get_array(answer.json, "rows", &rows, err)
            || !json_opt_str(answer.json, "next", &cursor, err) || !call_show(run, &answer, err))
            return false;
        seen += (int64_t) rows->count;
        if (!cursor.p || rows->count == 0)
            return true;
    }
    fprintf(stderr, "there are more than %" G_GINT64_FORMAT "; --limit N shows so many\n", most);
    return true;
}

static bool find_version(CallRun *run, int64_t *ret_version, GError **err)
{
    Str path;
    const JsonValue *object;
    return call_path(run, run->call->object, &path, err) && client_get(run->client, path, run->arena, &object, err)
           && json_get_int(object, "version", 0, INT64_MAX, ret_version, err);
}

static bool send_row(CallRun *run, GError **err)
{
    const Call *call = run->call;
    ClientCall request = { .method = call->method, .version = NO_VERSION };
    if (!call_query(run, &request.path, err))
        return false;
    if (call->flags & CALL_PAGES)
        return send_pages(run, request.path, err);
    return make_body(run, &request.body, err) && (!(call->flags & CALL_VERSION) || find_version(run, &request.version, err))
           && call_send(run, &request, err);
}

/* One call, or with FILE... one for each file, whatever became of the others before it. */
static bool send_all(CallRun *run, GError **err)
{
    size_t first = 0;
    bool several = strstr(run->call->operands, "FILE...") != NULL;
    for (Str rest = str_from(run->call->operands); several && !str_eq(str_cut(&rest, ' '), STR("FILE..."));)
        first++;
    size_t files = several ? args_count(run->args) - first : 1;
    for (run->file = 0; run->file < files; run->file++)
        if (!(run->call->run ? run->call->run(run, err) : send_row(run, err))) {
            if (files > 1)
                g_prefix_error(err, "%s: ", args_operand(run->args, first + run->file));
            return false;
        }
    return true;
}

bool call_run(const Call *call, const Args *args, GError **err)
{
    if (!check_operands(call, args, err))
        return false;
    if ((call->flags & CALL_AS) && !args_has(args, "as") && !g_getenv("BIHUAN_TOKEN")) {
        error_set(err, BH_USAGE, "somebody must do this: --as USER is missing");
        return error_hint(err, "who owns the store's socket administers it, and does nobody's work");
    }
    if (call->direct)
        return call->direct(args, err);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Client) client = client_open(args, err);
    CallRun run = { .call = call, .args = args, .client = client, .arena = arena };
    return client && send_all(&run, err);
}
