/* A whole task as the API shows it. */
#include "http/task-json.h"
#include "http/flow-json.h"

#include "base/banned.h"

static void write_targets(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "targets_list");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_targets; i++) {
        const TaskTarget *target = &task->targets[i];
        json_begin_object(json);
        json_member_str(json, "uid", target->uid);
        json_member_str(json, "quote", target->quote);
        json_member_str(json, "metric", target->metric);
        json_member_str(json, "op", target->op);
        json_member_str(json, "value", target->value);
        json_member_str(json, "value2", target->value2);
        json_member_str(json, "unit", target->unit);
        json_member_date(json, "due", target->due);
        json_member_bool(json, "soft", target->soft);
        json_member_str(json, "tense", target->tense);
        json_member_cstr(json, "bound", NULL);
        json_member_bool(json, "adds", target_adds(target));
        json_member_str(json, "part_of", target->part_of);
        json_member_str(json, "claimed", target->claimed);
        json_member_person(json, "claimed_by", &target->claimed_by);
        json_member_instant(json, request, "claimed_at", target->claimed_at);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_measures(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "measures_list");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_measures; i++) {
        const TaskMeasure *measure = &task->measures[i];
        json_begin_object(json);
        json_member_str(json, "uid", measure->uid);
        json_member_str(json, "no", measure->no);
        json_member_str(json, "text", measure->text);
        json_member_str(json, "state", measure->state);
        json_member_str(json, "answer", measure->answer);
        json_member_person(json, "by", &measure->by);
        json_member_instant(json, request, "at", measure->at);
        json_member_int(json, "version", measure->version);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_check(const HttpRequest *request, const EvidenceCheck *check, JsonWriter *json)
{
    json_key(json, "check");
    if (!check->register_code.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_cstr(json, "state", check->held ? "held" : "failed");
    json_member_str(json, "register", check->register_code);
    json_member_str(json, "row", check->row_uid);
    json_member_str(json, "key", check->key);
    json_key(json, "facts");
    json_raw(json, check->facts);
    json_member_instant(json, request, "at", check->at);
    json_end_object(json);
}

/* What the row of the file said that means nothing to us, and what it says of the state: by its headings. */
static void write_kept(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    const JsonValue *cells = task->kept.p ? json_parse(task->kept, request->arena, NULL) : NULL;
    json_key(json, "kept");
    json_begin_object(json);
    for (const JsonValue *cell = cells ? cells->first : NULL; cell; cell = cell->next) {
        const JsonValue *heading = json_get(cell, "heading"), *text = json_get(cell, "text");
        if (json_get(cell, "field") || !heading || !text || text->text.n == 0)
            continue;
        json_key_str(json, heading->text);
        json_str(json, text->text);
    }
    json_end_object(json);
}

/* What the task asks for, and whether it was given: a piece that its register contradicts is not. */
static void write_asks(const Task *task, JsonWriter *json)
{
    json_key(json, "asks");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_asks; i++) {
        bool given = false;
        for (size_t k = 0; k < task->n_evidence; k++) {
            const TaskEvidence *piece = &task->evidence[k];
            given = given || (!piece->withdrawn && str_eq(piece->kind, task->asks[i].kind) && (!piece->check.register_code.p || piece->check.held));
        }
        json_begin_object(json);
        json_member_str(json, "kind", task->asks[i].kind);
        json_member_str(json, "why", task->asks[i].word);
        json_member_bool(json, "given", given);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_evidence(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "evidence_list");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_evidence; i++) {
        const TaskEvidence *evidence = &task->evidence[i];
        json_begin_object(json);
        json_member_str(json, "uid", evidence->uid);
        json_member_str(json, "name", evidence->file_name);
        json_member_int(json, "size", evidence->size);
        json_member_str(json, "media", evidence->media);
        json_member_str(json, "kind", evidence->kind);
        json_member_str(json, "note", evidence->note);
        json_member_person(json, "by", &evidence->by);
        json_member_instant(json, request, "at", evidence->at);
        json_member_str(json, "sha256", evidence->blob);
        json_member_bool(json, "withdrawn", evidence->withdrawn);
        write_check(request, &evidence->check, json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_claim(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "claim");
    if (!task->claim_by.uid.p)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_person(json, "by", &task->claim_by);
        json_member_instant(json, request, "at", task->claim_at);
        json_member_str(json, "note", task->claim_note);
        json_end_object(json);
    }
    json_key(json, "confirmations");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_owners; i++) {
        const TaskOwner *owner = &task->owners[i];
        if (!str_eq(owner->role, STR("lead")) || str_eq(owner->uid, task->claim_by.org_uid))
            continue;
        json_begin_object(json);
        json_member_ref(json, "org", owner->uid, owner->name);
        json_member_person(json, "by", &owner->confirmed_by);
        json_member_instant(json, request, "at", owner->confirmed_at);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_verdicts(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "verdicts");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_verdicts; i++) {
        const TaskVerdict *verdict = &task->verdicts[i];
        json_begin_object(json);
        json_member_str(json, "verb", verdict->verb);
        json_member_person(json, "by", &verdict->by);
        json_member_instant(json, request, "at", verdict->at);
        json_member_str(json, "reason", verdict->reason);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_amendments(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "amendments");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_amendments; i++) {
        const TaskAmendment *amendment = &task->amendments[i];
        json_begin_object(json);
        json_member_str(json, "field", amendment->field);
        json_key(json, "old");
        json_raw(json, amendment->old_value);
        json_key(json, "new");
        json_raw(json, amendment->new_value);
        json_member_str(json, "reason", amendment->reason);
        json_member_person(json, "by", &amendment->by);
        json_member_instant(json, request, "at", amendment->at);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_look_backs(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "look_backs");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_look_backs; i++) {
        const TaskLookBack *one = &task->look_backs[i];
        json_begin_object(json);
        json_member_str(json, "uid", one->round);
        json_member_str(json, "title", one->title);
        json_member_date(json, "from", one->begins);
        json_member_date(json, "until", one->ends);
        json_member_str(json, "result", one->result);
        json_member_str(json, "note", one->note);
        json_member_person(json, "by", &one->by);
        json_member_instant(json, request, "at", one->at);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_readers(const Task *task, JsonWriter *json)
{
    json_key(json, "readers");
    json_begin_array(json);
    for (size_t i = 0; i < task->n_readers; i++)
        json_ref(json, task->readers[i].who.uid, task->readers[i].who.name);
    json_end_array(json);
}

static void write_incomputable(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_member_bool(json, "needs_incomputable", task->figures > 0);
    json_key(json, "incomputable");
    if (!task->incomputable.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "reason", task->incomputable);
    json_member_person(json, "by", &task->incomputable_by);
    json_member_instant(json, request, "at", task->incomputable_at);
    json_end_object(json);
}

static void write_may(const HttpRequest *request, const Task *task, JsonWriter *json)
{
    json_key(json, "may");
    json_begin_object(json);
    for (size_t i = 0; task_verbs[i]; i++) {
        Allowed allowed = task_allowed(api_user(request), task, task_verbs[i], request->arena);
        json_member_allowed(json, task_verbs[i], &allowed);
    }
    json_end_object(json);
}

static size_t measures_done(const Task *task)
{
    size_t done = 0;
    for (size_t i = 0; i < task->n_measures; i++)
        done += flow_has_word("effective done lasting", task->measures[i].state);
    return done;
}

static size_t evidence_standing(const Task *task)
{
    size_t standing = 0;
    for (size_t i = 0; i < task->n_evidence; i++)
        standing += !task->evidence[i].withdrawn;
    return standing;
}

/* The members that a row of a list has too. last: the newest report, or NULL. */
/* The task as a list would show it; last: its newest report, or NULL. */
static TaskRow row_of_task(const HttpRequest *request, const Task *task, const TaskProgress *last)
{
    RowOwner *owners = ARENA_ARRAY(request->arena, RowOwner, task->n_owners + 1);
    RowOrg *orgs = ARENA_ARRAY(request->arena, RowOrg, task->n_owners + 1);
    for (size_t i = 0; i < task->n_owners; i++) {
        orgs[i] = (RowOrg) { .uid = task->owners[i].uid, .name = task->owners[i].name };
        owners[i] = (RowOwner) { &orgs[i], task->owners[i].role };
    }
    return (TaskRow) {
        .t = { .uid = task->uid, .number = task->number, .no = task->no, .label = task->label, .title = task->title, .plan_uid = task->plan_uid,
               .plan_title = task->plan_title, .kind = task->kind, .state = task->state, .due = task->due, .stage = task->stage, .term = task->term,
               .category = task->category, .split = task->split, .restricted = task->restricted, .part_waived = task->waived_share.p != NULL,
               .figures = task->figures, .incomputable = task->incomputable.p != NULL, .adjusted = task->adjusted, .manual = task->manual,
               .relapses = task->relapses, .holding_until = task->holding_until, .changed = task->changed, .version = task->version },
        .owners = owners, .n_owners = task->n_owners, .handler = task->handler, .leader = task->leader, .parent_uid = task->parent_uid,
        .parent_number = task->parent_number, .parent_title = task->parent_title, .stage_name = task->stage_name, .gate_passed = task->gate_passed,
        .children = task->children, .children_closed = task->children_closed, .targets = (int64_t) task->n_targets, .measures = (int64_t) task->n_measures,
        .measures_done = (int64_t) measures_done(task), .evidence = (int64_t) evidence_standing(task), .amber_days = task->amber_days,
        .progress_period = last ? last->period : STR_NONE, .progress_text = last ? last->text : STR_NONE,
        .progress_percent = last ? last->percent : DB_NULL_INT, .reminder = task_reminder_level(task),
    };
}

static void write_head(const HttpRequest *request, const Task *task, const TaskProgress *last, JsonWriter *json)
{
    TaskRow row = row_of_task(request, task, last);
    task_row_members(request, &row, NULL, task->claimed && !str_eq(task->state, STR("closed")), json);
}

bool task_head_write(const HttpRequest *request, DbConn *conn, const Task *task, JsonWriter *json, GError **err)
{
    TaskProgress *list;
    size_t n;
    if (!task_progress_list(conn, request->arena, task, &list, &n, err))
        return false;
    json_begin_object(json);
    write_head(request, task, n > 0 ? list : NULL, json);
    json_end_object(json);
    return true;
}

bool task_write(const HttpRequest *request, DbConn *conn, const Task *task, JsonWriter *json, GError **err)
{
    TaskProgress *list;
    size_t n;
    if (!task_progress_list(conn, request->arena, task, &list, &n, err))
        return false;
    json_begin_object(json);
    write_head(request, task, n > 0 ? list : NULL, json);
    json_member_str(json, "text", task->text);
    json_member_span(json, "span", task->span);
    json_member_str(json, "document", task->document_uid);
    json_key(json, "path");
    json_raw(json, task->path);
    json_member_str(json, "problem", task->problem);
    json_member_str(json, "source", task->source);
    json_member_str(json, "source_no", task->source_no);
    json_member_date(json, "source_date", task->source_date);
    json_member_str(json, "basis", task->basis);
    json_member_ref(json, "issuer", task->issuer_uid, task->issuer_name);
    write_targets(request, task, json);
    write_incomputable(request, task, json);
    write_measures(request, task, json);
    write_evidence(request, task, json);
    write_asks(task, json);
    write_kept(request, task, json);
    write_claim(request, task, json);
    write_verdicts(request, task, json);
    json_member_person(json, "verified_by", &task->verified_by);
    json_member_instant(json, request, "closed_at", task->closed_at);
    json_member_int(json, "returns", task->returns);
    json_member_date(json, "suspended_until", task->suspended_until);
    json_member_int(json, "holding_days", task->holding_days);
    json_member_bool(json, "quiet", task->quiet);
    json_member_str(json, "waived_share", task->waived_share);
    json_member_person(json, "overruled_by", &task->overruled_by);
    write_amendments(request, task, json);
    write_look_backs(request, task, json);
    write_readers(task, json);
    json_member_reminders(request, json, task);
    json_member_int(json, "comments", task->comments);
    json_member_date(json, "publicity_until", task->publicity_until);
    json_key(json, "progress_list");
    json_begin_array(json);
    task_progress_write(request, list, n, json);
    json_end_array(json);
    if (!task_family_write(request, conn, task, json, err))
        return false;
    write_may(request, task, json);
    json_end_object(json);
    return true;
}
