/* What people may write of a task, as a table: one row a field, with how it is read and shown. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/draft.h"
#include "ledger/task_fields.h"

#include "base/banned.h"

typedef enum {
    LATER,    /* may be another one later without a mark: how the work is arranged */
    MARKS,    /* what was promised */
    ONLY_NEW, /* stays as it was given */
} When;

struct TaskField {
    const char *name;
    bool (*set)(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err);
    void (*print)(const Task *task, const TaskField *field, JsonWriter *json);
    size_t offset;         /* of plain values: where they stand in a task */
    const DraftType *type; /* and their kind */
    const char *words;
    When when;
};

static bool refuse(const JsonValue *value, const char *detail, const char *message, GError **err)
{
    json_bad(value, err, "%s", message);
    return error_detail(err, detail);
}

static bool is_null(const JsonValue *value)
{
    return value->type == JSON_NULL;
}

static bool is_list(const JsonValue *value, GError **err)
{
    if (value->type != JSON_BEGIN_ARRAY)
        return json_bad(value, err, "a list is expected");
    return value->count <= LIMIT_ITEM_PARTS || json_bad(value, err, "at most %d are taken", LIMIT_ITEM_PARTS);
}

/* --- Plain values ----------------------------------------------------------------------------------------------------- */

static bool set_plain(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    if (field->words && is_null(value)) {
        *(Str *) ((char *) work->task + field->offset) = STR_NONE;
        return true;
    }
    return field->type->read(value, field->words, work->arena, (char *) work->task + field->offset, err);
}

static void print_plain(const Task *task, const TaskField *field, JsonWriter *json)
{
    field->type->print((const char *) task + field->offset, json);
}

/* Reports leave restricted tasks out: what fell back once is not taken from sight so. */
static bool set_restricted(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    bool before = work->task->restricted;
    if (!set_plain(work, field, value, err))
        return false;
    if (!before && work->task->restricted && work->task->relapses > 0)
        return refuse(value, "relapsed", "a task that fell back is not restricted afterwards", err);
    return true;
}

static bool set_due(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    if (!set_plain(work, field, value, err))
        return false;
    return work->task->due != DATE_NONE || str_eq(work->task->state, STR("draft")) || refuse(value, "due-missing", "an issued task has a date", err);
}

enum { STAGES_MAX = 99 };

static bool set_stage(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    PlanStageNameRow row;
    bool found;
    (void) field;
    work->task->stage = DB_NULL_INT;
    if (is_null(value))
        return true;
    if (!json_as_int(value, 1, STAGES_MAX, &work->task->stage, err)
        || !db_one(work->tx, PlanStageName, work->arena, &row, &found, err, .plan = work->task->plan, .seq = work->task->stage))
        return false;
    return found || refuse(value, "no-stage", "the plan has no such stage", err);
}

static void print_stage(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    if (task->stage == DB_NULL_INT)
        json_null(json);
    else
        json_int(json, task->stage);
}

static bool set_reminders(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    Str word = STR_NONE;
    (void) field;
    if (!draft_word.read(value, "on off", work->arena, &word, err))
        return false;
    work->task->quiet = str_eq(word, STR("off"));
    return true;
}

static void print_reminders(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    json_cstr(json, task->quiet ? "off" : "on");
}

/* --- Owners ------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(TaskOwner) Owners;

static TaskOwner *owner_of(const Owners *list, int64_t org)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].org == org)
            return &list->v[i];
    return NULL;
}

static const TaskOwner *owner_before(const Task *task, int64_t org, Str role)
{
    for (size_t i = 0; i < task->n_owners; i++)
        if (task->owners[i].org == org && str_eq(task->owners[i].role, role))
            return &task->owners[i];
    return NULL;
}

/* One who stays keeps the name by which the document calls it, and its confirmation. */
static bool add_owner(FieldWork *work, Str role, const JsonValue *value, Owners *list, GError **err)
{
    Str uid;
    Org org;
    bool found;
    if (!json_as_str(value, &uid, err) || !org_by_uid(work->tx, work->arena, uid, &org, &found, err))
        return false;
    if (!found)
        return refuse(value, "org-unknown", "there is no such organisation", err);
    if (owner_of(list, org.id))
        return true;
    const TaskOwner *before = owner_before(work->task, org.id, role);
    TaskOwner owner = { .uid = org.uid, .name = org.name, .path = org.path, .area = org.area, .org = org.id, .role = role, .written = org.name,
                        .confirmed_person = DB_NULL_INT, .confirmed_at = DB_NULL_INT };
    if (!before && !org_legal_body(work->tx, org.path, &owner.legal_body, err))
        return false;
    *ARENA_PUSH(work->arena, list) = before ? *before : owner;
    return true;
}

static void keep_role(FieldWork *work, Str role, Owners *list)
{
    for (size_t i = 0; i < work->task->n_owners; i++)
        if (str_eq(work->task->owners[i].role, role) && !owner_of(list, work->task->owners[i].org))
            *ARENA_PUSH(work->arena, list) = work->task->owners[i];
}

/* A handler stands in a lead. */
static bool handler_fits(const Task *task, Str path)
{
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, STR("lead")) && org_within(path, task->owners[i].path))
            return true;
    return false;
}

static bool drop_misplaced_handler(FieldWork *work, GError **err)
{
    Task *task = work->task;
    User user;
    if (task->handler_account == DB_NULL_INT)
        return true;
    if (!user_load(work->tx, work->arena, task->handler_account, work->today, &user, err))
        return false;
    if (!handler_fits(task, user.org_path)) {
        task->handler_account = DB_NULL_INT;
        task->handler = (PersonRef) { 0 };
    }
    return true;
}

/* Who leads does not support as well. */
static bool set_owners(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    Str lead = STR("lead"), support = STR("support");
    bool leads = g_str_equal(field->name, "lead");
    Owners list = { 0 };
    if (!is_list(value, err))
        return false;
    if (leads && value->count == 0 && !str_eq(work->task->state, STR("draft")))
        return refuse(value, "lead-missing", "an issued task has a lead", err);
    if (!leads)
        keep_role(work, lead, &list);
    for (const JsonValue *one = value->first; one; one = one->next)
        if (!add_owner(work, leads ? lead : support, one, &list, err))
            return false;
    if (leads)
        keep_role(work, support, &list);
    work->task->owners = list.v;
    work->task->n_owners = list.n;
    return drop_misplaced_handler(work, err);
}

static void print_owners(const Task *task, const TaskField *field, JsonWriter *json)
{
    json_begin_array(json);
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, str_from(field->name))) {
            json_begin_object(json);
            json_member_str(json, "uid", task->owners[i].uid);
            json_member_str(json, "name", task->owners[i].name);
            json_end_object(json);
        }
    json_end_array(json);
}

/* --- People ----------------------------------------------------------------------------------------------------------------- */

static PersonRef person_of(const User *user)
{
    return (PersonRef) { user->account_uid, user->person_name, user->org_uid, user->org_name };
}

static void print_person(const PersonRef *person, JsonWriter *json)
{
    if (!person->uid.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "uid", person->uid);
    json_member_str(json, "name", person->name);
    json_end_object(json);
}

/* The account, in use, and what it might do with the task if it were named. */
static bool load_person(FieldWork *work, const JsonValue *value, User *ret_user, MayObject *ret_facts, GError **err)
{
    Str uid;
    AccountByUidRow row;
    bool found;
    if (!json_as_str(value, &uid, err) || !db_one(work->tx, AccountByUid, work->arena, &row, &found, err, .uid = uid))
        return false;
    if (!found || !str_eq(row.state, STR("active")))
        return refuse(value, "account-unknown", "there is no such account in use", err);
    *ret_facts = task_facts(work->task, work->arena);
    ret_facts->restricted = ret_facts->unissued = false;
    return user_load(work->tx, work->arena, row.id, work->today, ret_user, err);
}

static bool set_leader(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    Task *task = work->task;
    User user = { .account = DB_NULL_INT };
    MayObject facts;
    (void) field;
    if (!is_null(value) && !load_person(work, value, &user, &facts, err))
        return false;
    if (!is_null(value) && !may(&user, VERB_OVERRULE, &facts).ok)
        return refuse(value, "leader-unreached", "this is no leader over the task", err);
    task->leader_account = user.account;
    task->leader = person_of(&user);
    return true;
}

static void print_leader(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    print_person(&task->leader, json);
}

static bool set_handler(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    Task *task = work->task;
    User user = { .account = DB_NULL_INT };
    MayObject facts;
    (void) field;
    if (!is_null(value) && !load_person(work, value, &user, &facts, err))
        return false;
    if (!is_null(value) && (!handler_fits(task, user.org_path) || !may(&user, VERB_WORK, &facts).ok))
        return refuse(value, "handler-not-in-lead", "this account does not work in a lead of the task", err);
    task->handler_account = user.account;
    task->handler = person_of(&user);
    return true;
}

static void print_handler(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    print_person(&task->handler, json);
}

static bool set_readers(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    ARENA_LIST(TaskReader) list = { 0 };
    (void) field;
    if (!is_list(value, err))
        return false;
    for (const JsonValue *one = value->first; one; one = one->next) {
        User user;
        MayObject facts;
        bool there = false;
        if (!load_person(work, one, &user, &facts, err))
            return false;
        if (!may(&user, VERB_READ_TASK, &facts).ok)
            return refuse(one, "reader-unreached", "this account has no role by which it could read the task", err);
        for (size_t i = 0; i < list.n; i++)
            there |= list.v[i].account == user.account;
        if (!there)
            *ARENA_PUSH(work->arena, &list) = (TaskReader) { user.account, person_of(&user) };
    }
    work->task->readers = list.v;
    work->task->n_readers = list.n;
    return true;
}

static void print_readers(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    json_begin_array(json);
    for (size_t i = 0; i < task->n_readers; i++)
        print_person(&task->readers[i].who, json);
    json_end_array(json);
}

/* --- Targets and measures ------------------------------------------------------------------------------------------------------ */

/* What of a target may be another one after issue. */
static const struct {
    const char *name;
    size_t offset;
    const DraftType *type;
    const char *words;
} target_members[] = {
    { "op", offsetof(TaskTarget, op), &draft_word, draft_ops },
    { "value", offsetof(TaskTarget, value), &draft_decimal, NULL },
    { "value2", offsetof(TaskTarget, value2), &draft_decimal_opt, NULL },
    { "unit", offsetof(TaskTarget, unit), &draft_unit, NULL },
    { "due", offsetof(TaskTarget, due), &draft_date, NULL },
};

static bool change_target(FieldWork *work, TaskTarget *targets, size_t n, const JsonValue *value, GError **err)
{
    Str uid;
    if (!json_get_str(value, "uid", &uid, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(targets[i].uid, uid))
            continue;
        for (size_t m = 0; m < G_N_ELEMENTS(target_members); m++) {
            const JsonValue *member = json_get(value, target_members[m].name);
            if (member && !target_members[m].type->read(member, target_members[m].words, work->arena, (char *) &targets[i] + target_members[m].offset, err))
                return false;
        }
        return true;
    }
    return refuse(value, "target-unknown", "the task has no such target", err);
}

static bool add_target(FieldWork *work, const JsonValue *value, TaskTarget *ret_target, GError **err)
{
    DraftTarget target;
    if (!draft_target_read(value, work->arena, &target, err))
        return false;
    *ret_target = (TaskTarget) { .quote = target.quote, .metric = target.metric, .op = target.op, .value = target.value, .value2 = target.value2,
                                 .unit = target.unit, .tense = target.tense, .due = target.due, .soft = target.soft };
    return true;
}

/* Of a new task all of them; later only values of those that it has. */
static bool set_targets(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    Task *task = work->task;
    (void) field;
    if (!is_list(value, err))
        return false;
    bool new = task->id == 0;
    size_t n = new ? value->count : task->n_targets, i = 0;
    TaskTarget *targets = ARENA_ARRAY(work->arena, TaskTarget, n + 1);
    for (size_t k = 0; k < task->n_targets && !new; k++)
        targets[k] = task->targets[k];
    for (const JsonValue *one = value->first; one; one = one->next)
        if (!(new ? add_target(work, one, &targets[i++], err) : change_target(work, targets, n, one, err)))
            return false;
    for (size_t k = 0; k < n && new; k++)
        task->figures += !targets[k].soft && str_eq(targets[k].tense, STR("target"));
    task->targets = targets;
    task->n_targets = n;
    return true;
}

static void print_targets(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    json_begin_array(json);
    for (size_t i = 0; i < task->n_targets; i++) {
        json_begin_object(json);
        json_member_str(json, "uid", task->targets[i].uid);
        json_member_str(json, "metric", task->targets[i].metric);
        for (size_t m = 0; m < G_N_ELEMENTS(target_members); m++) {
            json_key(json, target_members[m].name);
            target_members[m].type->print((const char *) &task->targets[i] + target_members[m].offset, json);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

/* The measure that says this, if no earlier text took it. */
static const TaskMeasure *take_measure(const Task *task, Str text, bool *taken)
{
    for (size_t i = 0; i < task->n_measures; i++)
        if (!taken[i] && str_eq(task->measures[i].text, text)) {
            taken[i] = true;
            return &task->measures[i];
        }
    return NULL;
}

/* By their texts: one that is there already stays with its answer, and none that was answered goes. */
static bool set_measures(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    const Task *task = work->task;
    size_t n = 0;
    (void) field;
    if (!is_list(value, err))
        return false;
    TaskMeasure *measures = ARENA_ARRAY(work->arena, TaskMeasure, value->count + 1);
    bool *taken = ARENA_ARRAY(work->arena, bool, task->n_measures + 1);
    memset(taken, 0, task->n_measures * sizeof *taken);
    for (const JsonValue *one = value->first; one; one = one->next) {
        TaskMeasure measure = { .state = STR("open"), .person = DB_NULL_INT, .at = DB_NULL_INT, .version = 1 };
        if (!draft_text.read(one, NULL, work->arena, &measure.text, err))
            return false;
        const TaskMeasure *there = take_measure(task, measure.text, taken);
        measures[n++] = there ? *there : measure;
    }
    for (size_t i = 0; i < task->n_measures; i++)
        if (!taken[i] && task->measures[i].uid.p && !str_eq(task->measures[i].state, STR("open")))
            return refuse(value, "measure-answered", "a measure that was answered stays as it is", err);
    work->task->measures = measures;
    work->task->n_measures = n;
    return true;
}

static void print_measures(const Task *task, const TaskField *field, JsonWriter *json)
{
    (void) field;
    json_begin_array(json);
    for (size_t i = 0; i < task->n_measures; i++)
        json_str(json, task->measures[i].text);
    json_end_array(json);
}

/* --- The table -------------------------------------------------------------------------------------------------------------- */

#define PLAIN(name, member, type, words, when) { name, set_plain, print_plain, offsetof(Task, member), &type, words, when }

/* Owners stand before those who must be of them. */
static const TaskField fields[] = {
    PLAIN("title", title, draft_text, NULL, MARKS),
    PLAIN("text", text, draft_text, NULL, MARKS),
    PLAIN("problem", problem, draft_text_opt, NULL, MARKS),
    PLAIN("source_no", source_no, draft_text_opt, NULL, ONLY_NEW),
    PLAIN("source_date", source_date, draft_date, NULL, ONLY_NEW),
    PLAIN("basis", basis, draft_text_opt, NULL, ONLY_NEW),
    { "due", set_due, print_plain, offsetof(Task, due), &draft_date, NULL, MARKS },
    { "lead", set_owners, print_owners, 0, NULL, NULL, MARKS },
    { "support", set_owners, print_owners, 0, NULL, NULL, MARKS },
    { "handler", set_handler, print_handler, 0, NULL, NULL, LATER },
    { "leader", set_leader, print_leader, 0, NULL, NULL, MARKS },
    PLAIN("term", term, draft_word, "at_once dated lasting", MARKS),
    PLAIN("category", category, draft_text_opt, NULL, LATER),
    { "stage", set_stage, print_stage, 0, NULL, NULL, LATER },
    { "restricted", set_restricted, print_plain, offsetof(Task, restricted), &draft_bool, NULL, LATER },
    { "readers", set_readers, print_readers, 0, NULL, NULL, LATER },
    { "reminders", set_reminders, print_reminders, 0, NULL, NULL, LATER },
    { "targets", set_targets, print_targets, 0, NULL, NULL, MARKS },
    { "measures", set_measures, print_measures, 0, NULL, NULL, MARKS },
};

const TaskField *task_field(Str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (str_eq(name, str_from(fields[i].name)))
            return &fields[i];
    return NULL;
}

const TaskField *task_field_at(size_t index)
{
    return index < G_N_ELEMENTS(fields) ? &fields[index] : NULL;
}

const char *task_field_name(const TaskField *field)
{
    return field->name;
}

bool task_field_marks(const TaskField *field)
{
    return field->when == MARKS;
}

bool task_field_new_only(const TaskField *field)
{
    return field->when == ONLY_NEW;
}

bool task_field_set(FieldWork *work, const TaskField *field, const JsonValue *value, GError **err)
{
    return field->set(work, field, value, err);
}

Str task_field_print(const Task *task, const TaskField *field, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    field->print(task, field, &json);
    return arena_str(arena, str_from_gstring(out));
}

bool task_fields_set(FieldWork *work, const JsonValue *object, const char *skip, GError **err)
{
    for (const JsonValue *member = object->first; member; member = member->next)
        if (!task_field(member->name) && !flow_has_word(skip, member->name))
            return json_bad(member, err, "a task has no field '" STR_FMT "'", STR_ARG(member->name));
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        const JsonValue *value = json_get(object, fields[i].name);
        if (value && !fields[i].set(work, &fields[i], value, err))
            return false;
    }
    return true;
}
