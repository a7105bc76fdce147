/* The acts of the demo's people. */
#include "cmd/demo_act.h"

#include "base/crypto.h"

#include "base/banned.h"

enum { MINUTES_AN_ACT = 3 };

/* --- What decides ---------------------------------------------------------------------------------------------------------------- */

uint32_t demo_chance(Str number, const char *what, uint32_t of)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a: the same on every machine and in every year */
    for (size_t i = 0; i < number.n; i++)
        hash = (hash ^ (unsigned char) number.p[i]) * 1099511628211u;
    for (; *what; what++)
        hash = (hash ^ (unsigned char) *what) * 1099511628211u;
    hash ^= hash >> 33;
    return (uint32_t) (hash * 0xff51afd7ed558ccdu >> 33) % of;
}

static const JsonValue *nth_of(const JsonValue *list, size_t nth)
{
    const JsonValue *value = list ? list->first : NULL;
    for (; value && nth > 0; nth--)
        value = value->next;
    return value;
}

Str demo_text(const DemoPlay *play, const char *list, Str number, int64_t nth)
{
    const JsonValue *texts = json_get(play->story, list);
    if (!texts || texts->count == 0)
        return STR("");
    return nth_of(texts, (demo_chance(number, list, 1000) + (size_t) nth) % texts->count)->text;
}

/* --- Who ------------------------------------------------------------------------------------------------------------------------------ */

const User *demo_user(DemoPlay *play, DemoActor *actor, GError **err)
{
    if (actor->user)
        return actor->user;
    User *user = ARENA_NEW(play->arena, User);
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    if (!conn || !user_load(conn, play->arena, actor->account, clock_today(play->store->clock), user, err))
        return NULL;
    return actor->user = user;
}

static const User *able(DemoPlay *play, DemoActor *actor, const Task *task, const char *verb, GError **err)
{
    const User *user = demo_user(play, actor, err);
    g_autoptr(Arena) arena = arena_new();
    return user && task_allowed(user, task, verb, arena).ok ? user : NULL;
}

const User *demo_actor(DemoPlay *play, const Task *task, const char *verb, Role role, int64_t org, GError **err)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < play->n_actors; i++) {
            DemoActor *actor = &play->actors[i];
            if (actor->role != role || (actor->org == org) == (pass == 1))
                continue;
            const User *user = able(play, actor, task, verb, err);
            if (user || (err && *err))
                return user;
        }
    return NULL;
}

Actor demo_acting(DemoPlay *play, const User *user)
{
    clock_set(play->store->clock, clock_now_ms(play->store->clock) + MINUTES_AN_ACT * 60000);
    play->acts++;
    return (Actor) { user, { user->account_uid, "http", clock_now_ms(play->store->clock) } };
}

Ledger demo_ledger(const DemoPlay *play)
{
    return (Ledger) { .db = play->store->db, .blobs = play->store->blobs, .clock = play->store->clock, .keys = play->store->keys };
}

bool demo_task(DemoPlay *play, Arena *arena, Str uid, Task *ret_task, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    return conn && task_load(conn, arena, uid, ret_task, err);
}

/* --- Acts ------------------------------------------------------------------------------------------------------------------------------ */

bool demo_do(DemoPlay *play, const User *user, Str uid, const char *verb, Str reason, Str note, Date until, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Ledger ledger = demo_ledger(play);
    Actor actor = demo_acting(play, user);
    TaskWish wish = { .reason = reason, .note = note, .until = until };
    Task task;
    if (!demo_task(play, arena, uid, &task, err))
        return false;
    return g_str_equal(verb, "incomputable") ? task_incomputable(&ledger, &actor, uid, task.version, reason, err)
                                             : task_do(&ledger, &actor, uid, task.version, str_from(verb), &wish, err);
}

bool demo_answer(DemoPlay *play, const User *user, const Task *task, bool *ret_done, GError **err)
{
    static const char *const states[] = { "done", "effective", "lasting" };
    Ledger ledger = demo_ledger(play);
    *ret_done = false;
    for (size_t i = 0; i < task->n_measures; i++) {
        const TaskMeasure *measure = &task->measures[i];
        if (!str_eq(measure->state, STR("open")))
            continue;
        Actor actor = demo_acting(play, user);
        *ret_done = true;
        Str state = str_from(states[demo_chance(measure->text, "state", G_N_ELEMENTS(states))]);
        return task_measure_set(&ledger, &actor, task->uid, measure->uid, measure->version, state, demo_text(play, "answers", task->number, (int64_t) i), err);
    }
    return true;
}

bool demo_comment(DemoPlay *play, const User *user, const Task *task, GError **err)
{
    return demo_say(play, user, task, "comments", err);
}

bool demo_say(DemoPlay *play, const User *user, const Task *task, const char *list, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Ledger ledger = demo_ledger(play);
    Actor actor = demo_acting(play, user);
    Str uid;
    return task_comment(&ledger, &actor, task->uid, demo_text(play, list, task->number, play->acts), arena, &uid, err);
}

/* --- Evidence ---------------------------------------------------------------------------------------------------------------------------- */

/* A small file, named as what it stands for; a demo's evidence says that it is one. */
static bool make_file(DemoPlay *play, Arena *arena, Str name, NewRegisterRow *row, GError **err)
{
    Str content = arena_printf(arena, STR_FMT "\n(demo)\n%" G_GINT64_FORMAT "\n", STR_ARG(name), clock_now_ms(play->store->clock));
    BlobId id;
    char text[HASH_TEXT_MAX];
    if (!blob_put(play->store->blobs, content, &id, err))
        return false;
    row->file_name = arena_printf(arena, STR_FMT ".txt", STR_ARG(name));
    row->media = STR("text/plain");
    row->blob = arena_str(arena, str_from(hash_write(id, text)));
    row->size = (int64_t) content.n;
    return true;
}

/* A document by a number of its own, which the story says how to write: what stands before the year, between, and behind. Anything else by its name and the task. */
static Str key_of(const DemoPlay *play, Arena *arena, const Register *reg, const Task *task, Str name)
{
    const JsonValue *form = json_get(play->story, "document_number");
    if (!str_eq(reg->proves, STR("document")) || !form || form->count != 3)
        return arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(name), STR_ARG(task->number));
    int year, month, day;
    date_to_ymd(clock_today(play->store->clock), &year, &month, &day);
    return arena_printf(arena, STR_FMT "%d" STR_FMT "%" G_GINT64_FORMAT STR_FMT, STR_ARG(nth_of(form, 0)->text), year, STR_ARG(nth_of(form, 1)->text), play->acts,
                        STR_ARG(nth_of(form, 2)->text));
}

/* A value for each field that a register asks for. */
static const JsonValue *fields_of(DemoPlay *play, Arena *arena, const Register *reg, const Task *task, Str name, GError **err)
{
    char today[DATE_TEXT_MAX];
    date_format(clock_today(play->store->clock), today);
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    for (size_t i = 0; i < reg->n_fields; i++) {
        const RegisterField *field = &reg->fields[i];
        json_key_str(&json, field->name);
        if (field->type == FIELD_DATE)
            json_cstr(&json, today);
        else if (field->type == FIELD_INT)
            json_cstr(&json, "42");
        else if (i == reg->key)
            json_str(&json, key_of(play, arena, reg, task, name));
        else
            json_str(&json, name);
    }
    json_end_object(&json);
    return json_parse(arena_str(arena, str_from_gstring(out)), arena, err);
}

static bool register_for(DemoPlay *play, Arena *arena, Str kind, Register *ret_register, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(play->store->db, err);
    return conn && register_proving(conn, arena, kind, ret_register, err);
}

/* Which list of the story names what a register holds: that of the register's own code. */
bool demo_prove(DemoPlay *play, const User *user, const Task *task, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Ledger ledger = demo_ledger(play);
    Actor actor = demo_acting(play, user);
    Str kind = task->n_asks > 0 ? task->asks[0].kind : STR("document"), row_uid, uid;
    Register reg;
    if (!register_for(play, arena, kind, &reg, err))
        return false;
    g_autofree char *list = str_dup(reg.code);
    Str name = demo_text(play, list, task->number, 0);
    NewRegisterRow row = { .org_uid = user->org_uid, .fields = fields_of(play, arena, &reg, task, name, err) };
    if (!row.fields || !make_file(play, arena, name, &row, err) || !register_row_add(&ledger, &actor, reg.code, &row, arena, &row_uid, err))
        return false;
    NewEvidence evidence = { .kind = kind, .file_name = STR(""), .media = STR(""), .blob = STR(""), .note = name, .row_uid = row_uid };
    actor = demo_acting(play, user);
    return task_evidence_add(&ledger, &actor, task->uid, &evidence, arena, &uid, err);
}
