#include "http/app.h"

#include "base/banned.h"

static bool write_through_request(void *request, DbWork work, void *data, GError **err)
{
    return http_write(request, work, data, err);
}

Ledger api_ledger(HttpRequest *request)
{
    const BhApp *app = api_app(request);
    return (Ledger) {
        .db = request->app->db,
        .blobs = request->app->blobs,
        .clock = request->app->clock,
        .keys = app->keys,
        .write = write_through_request,
        .write_data = request,
    };
}

AuditWho api_who(const HttpRequest *request)
{
    return (AuditWho) {
        .account = request->session ? request->session->account_uid : STR_NONE,
        .via = request->via == HTTP_VIA_SOCKET ? "socket" : "http",
        .at_ms = clock_now_ms(request->app->clock),
        .token = request->session ? api_session(request)->api_token : STR_NONE,
    };
}

const Session *api_session(const HttpRequest *request)
{
    return (const Session *) request->session->user;
}

bool api_person(const HttpRequest *request, GError **err)
{
    if (!api_session(request)->api_token.p)
        return true;
    error_set(err, BH_FORBIDDEN, "a token may not do this: it is for the person");
    return error_detail(err, "token-not-here");
}

Actor api_actor(const HttpRequest *request)
{
    return (Actor) { api_user(request), api_who(request) };
}

bool api_may(const HttpRequest *request, Verb verb, const MayObject *object, GError **err)
{
    May answer = may(api_user(request), verb, object);
    if (answer.ok)
        return true;
    error_set(err, BH_FORBIDDEN, "this account may not do that: %s", answer.why);
    if (answer.who.p)
        error_params(err, "role=" STR_FMT, STR_ARG(answer.who));
    return error_detail(err, answer.why);
}

Allowed api_allowed_of(Arena *arena, const May *answer)
{
    Str params = answer->who.p ? arena_printf(arena, "role=" STR_FMT, STR_ARG(answer->who)) : STR_NONE;
    return (Allowed) { answer->ok, answer->why, answer->ok ? STR_NONE : params, answer->of };
}

Allowed api_allowed(const HttpRequest *request, Verb verb, const MayObject *object)
{
    May answer = may(api_user(request), verb, object);
    return api_allowed_of(request->arena, &answer);
}

bool api_read_date(const JsonValue *object, const char *name, Date *ret_date, GError **err)
{
    Str text = STR_NONE;
    *ret_date = DATE_NONE;
    if (!json_opt_str(object, name, &text, err))
        return false;
    return !text.p || date_parse(text, ret_date) || json_bad(json_get(object, name), err, "a date like 2026-12-31 is expected");
}

/* --- Pieces of JSON -------------------------------------------------------------------------------------------------- */

void json_ref(JsonWriter *json, Str uid, Str text)
{
    if (!uid.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "uid", uid);
    json_member_str(json, "name", text);
    json_end_object(json);
}

void json_member_ref(JsonWriter *json, const char *name, Str uid, Str text)
{
    json_key(json, name);
    json_ref(json, uid, text);
}

void json_person(JsonWriter *json, const PersonRef *person)
{
    if (!person->uid.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "uid", person->uid);
    json_member_str(json, "name", person->name);
    json_member_ref(json, "org", person->org_uid, person->org_name);
    json_end_object(json);
}

void json_member_person(JsonWriter *json, const char *name, const PersonRef *person)
{
    json_key(json, name);
    json_person(json, person);
}

void json_member_for(JsonWriter *json, const Absent *of)
{
    json_member_ref(json, "for", of ? of->account_uid : STR_NONE, of ? of->person_name : STR_NONE);
}

void json_member_instant(JsonWriter *json, const HttpRequest *request, const char *name, int64_t at)
{
    char text[INSTANT_TEXT_MAX];
    int zone = clock_zone_minutes(request->app->clock);
    json_member_cstr(json, name, at == DB_NULL_INT ? NULL : instant_format(at, zone, text));
}

void json_member_allowed(JsonWriter *json, const char *name, const Allowed *allowed)
{
    json_key(json, name);
    json_begin_object(json);
    json_member_bool(json, "ok", allowed->ok);
    if (!allowed->ok) {
        json_member_cstr(json, "why", allowed->why);
        json_key(json, "params");
        if (allowed->params.p)
            json_params(json, allowed->params);
        else
            json_null(json);
    }
    json_end_object(json);
}

/* --- Files and jobs ------------------------------------------------------------------------------------------------------ */

const char *media_of_name(Str name)
{
    static const struct {
        Str ending;
        const char *media;
    } endings[] = {
        { STR_INIT(".pdf"), "application/pdf" },
        { STR_INIT(".docx"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { STR_INIT(".xlsx"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { STR_INIT(".csv"), "text/csv" },
        { STR_INIT(".txt"), "text/plain" },
        { STR_INIT(".png"), "image/png" },
        { STR_INIT(".jpg"), "image/jpeg" },
        { STR_INIT(".jpeg"), "image/jpeg" },
        { STR_INIT(".zip"), "application/zip" },
    };
    g_autofree char *lower = g_ascii_strdown(name.p ? name.p : "", (gssize) name.n);
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (str_ends(str_from(lower), endings[i].ending))
            return endings[i].media;
    return "application/octet-stream";
}

bool api_send_blob(HttpRequest *request, Str sha256, const char *media, Str name, int64_t size, GError **err)
{
    BlobId id;
    if (!hex_read(sha256, HASH_SIZE, id.bytes))
        return error_set(err, BH_INTERNAL, "'" STR_FMT "' is no blob's name", STR_ARG(sha256));
    if (!blob_opens(request->app->blobs, id, err)) /* what is wrong is said in words, not by a file that ends */
        return false;
    http_attachment(request, name);
    return http_blob(request, media, id, size);
}

typedef struct {
    JobStart start;
    Arena *arena;
    Str uid;
} StartArgs;

static bool start_in_tx(DbConn *tx, void *data, GError **err)
{
    StartArgs *args = data;
    return job_start(tx, &args->start, args->arena, &args->uid, err);
}

bool api_start_job(HttpRequest *request, const char *kind, Str argument, GError **err)
{
    StartArgs args = {
        .start = { kind, argument, request->session->account, clock_now_ms(request->app->clock) },
        .arena = request->arena,
    };
    return http_write(request, start_in_tx, &args, err) && http_accepted(request, args.uid, err);
}
