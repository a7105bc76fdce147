#include "http/task-json.h"
#include "http/flow-json.h"

#include "base/banned.h"

/* --- What rows and whole tasks share ----------------------------------------------------------------------------------- */

typedef struct {
    bool adjusted, manual, incomputable, split, restricted, part_waived, gate_passed;
    int64_t figures, relapses;
    bool claimed; /* a file says that it is done; told of the task alone */
} Marks;

static void write_marks(JsonWriter *json, Marks marks)
{
    const struct {
        const char *name;
        bool shown;
    } list[] = {
        { "adjusted", marks.adjusted },
        { "manual", marks.manual },
        { "incomputable", marks.incomputable },
        { "figure", marks.figures > 0 && !marks.incomputable },
        { "split", marks.split },
        { "relapsed", marks.relapses > 0 },
        { "restricted", marks.restricted },
        { "part-waived", marks.part_waived },
        { "gate-passed", marks.gate_passed },
        { "claimed", marks.claimed },
    };
    json_key(json, "marks");
    json_begin_array(json);
    for (size_t i = 0; i < G_N_ELEMENTS(list); i++)
        if (list[i].shown)
            json_cstr(json, list[i].name);
    json_end_array(json);
}

/* What the ledger's year added to a row. */
typedef struct {
    PersonRef handler, leader;
    Str stage_name, term, category, parent_uid, parent_number, parent_title;
    int64_t stage, children, children_closed, relapses;
    bool restricted;
    Date holding_until;
    Str progress_period, progress_text; /* of the last report; period STR_NONE: there is none */
    int64_t progress_percent;
} RowMore;

static void write_progress(JsonWriter *json, const RowMore *more)
{
    json_key(json, "progress");
    if (!more->progress_period.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "period", more->progress_period);
    json_key(json, "percent");
    if (more->progress_percent == DB_NULL_INT)
        json_null(json);
    else
        json_int(json, more->progress_percent);
    json_member_str(json, "text", more->progress_text);
    json_end_object(json);
}

static void write_more(JsonWriter *json, const RowMore *more)
{
    json_key(json, "stage");
    if (more->stage == DB_NULL_INT)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_int(json, "seq", more->stage);
        json_member_str(json, "name", more->stage_name);
        json_end_object(json);
    }
    json_member_person(json, "handler", &more->handler);
    json_member_person(json, "leader", &more->leader);
    json_member_str(json, "term", more->term);
    json_member_str(json, "category", more->category);
    json_key(json, "parent");
    if (!more->parent_uid.p)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_str(json, "uid", more->parent_uid);
        json_member_str(json, "number", more->parent_number);
        json_member_str(json, "title", more->parent_title);
        json_end_object(json);
    }
    json_key(json, "children");
    if (more->children == 0)
        json_null(json);
    else {
        json_begin_object(json);
        json_member_int(json, "total", more->children);
        json_member_int(json, "closed", more->children_closed);
        json_end_object(json);
    }
    json_member_bool(json, "restricted", more->restricted);
    json_member_int(json, "relapses", more->relapses);
    json_member_date(json, "holding_until", more->holding_until);
    write_progress(json, more);
}

static void write_time(const HttpRequest *request, JsonWriter *json, Str state, Date due, int64_t figures, bool incomputable, int64_t amber_days)
{
    Date today = clock_today(request->app->clock);
    json_member_cstr(json, "light", task_light(state, due, figures, incomputable, amber_days, today));
    json_member_date(json, "due", due);
    json_key(json, "days_left");
    if (due == DATE_NONE)
        json_null(json);
    else
        json_int(json, due - today);
}

typedef struct {
    Str uid, name, role;
} OwnerRef;

static void write_owners(JsonWriter *json, const OwnerRef *owners, size_t n)
{
    static const char *const roles[] = { "lead", "support" };
    for (size_t r = 0; r < G_N_ELEMENTS(roles); r++) {
        json_key(json, roles[r]);
        json_begin_array(json);
        for (size_t i = 0; i < n; i++)
            if (str_eq(owners[i].role, str_from(roles[r])))
                json_ref(json, owners[i].uid, owners[i].name);
        json_end_array(json);
    }
}

/* --- Rows ----------------------------------------------------------------------------------------------------------------- */

/* Of the lines that the list brings along: to ask for them row by row would take longer than the list. */
static size_t row_owners(const HttpRequest *request, Str lines, OwnerRef **ret_owners)
{
    ARENA_LIST(OwnerRef) owners = { 0 };
    for (Str rest = lines; rest.p;) {
        Str line = str_cut(&rest, '\n');
        Str role = str_cut(&line, ' '), uid = str_cut(&line, ' ');
        *ARENA_PUSH(request->arena, &owners) = (OwnerRef) { uid, line, role };
    }
    *ret_owners = owners.v;
    return owners.n;
}

void task_row_write(const HttpRequest *request, const TaskListRow *row, const Absent *of, JsonWriter *json)
{
    OwnerRef *owners;
    size_t n_owners = row_owners(request, row->owners, &owners);
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_str(json, "number", row->number);
    json_member_str(json, "no", row->no);
    json_member_str(json, "label", row->label);
    json_member_str(json, "title", row->title);
    json_key(json, "plan");
    json_begin_object(json);
    json_member_str(json, "uid", row->plan_uid);
    json_member_str(json, "title", row->plan_title);
    json_end_object(json);
    json_member_str(json, "kind", row->kind);
    json_member_str(json, "state", row->state);
    write_marks(json, (Marks) { row->adjusted, row->manual, row->incomputable, row->split.p != NULL, row->restricted, row->part_waived, row->gate_passed,
                                row->figures, row->relapses });
    write_time(request, json, row->state, row->due, row->figures, row->incomputable, row->amber_days);
    write_owners(json, owners, n_owners);
    json_member_int(json, "targets", row->targets);
    json_member_int(json, "measures", row->measures);
    json_member_int(json, "measures_done", row->measures_done);
    json_member_int(json, "evidence", row->evidence);
    RowMore more = {
        .handler = { row->handler_uid, row->handler_name, row->handler_org_uid, row->handler_org_name },
        .leader = { row->leader_uid, row->leader_name, row->leader_org_uid, row->leader_org_name },
        .term = row->term, .category = row->category, .parent_uid = row->parent_uid, .parent_number = row->parent_number,
        .parent_title = row->parent_title, .stage = row->stage, .stage_name = row->stage_name, .children = row->children, .children_closed = row->children_closed,
        .relapses = row->relapses, .restricted = row->restricted, .holding_until = row->holding_until,
        .progress_period = row->progress_period, .progress_text = row->progress_text, .progress_percent = row->progress_percent,
    };
    write_more(json, &more);
    json_member_str(json, "reminder", row->reminder);
    json_member_for(json, of);
    json_member_instant(json, request, "changed", row->changed);
    json_member_int(json, "version", row->version);
    json_end_object(json);
}

/* --- A whole task ----------------------------------------------------------------------------------------------------------- */

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
static void write_head(const HttpRequest *request, const Task *task, const TaskProgress *last, JsonWriter *json)
{
    OwnerRef *owners = ARENA_ARRAY(request->arena, OwnerRef, task->n_owners + 1);
    for (size_t i = 0; i < task->n_owners; i++)
        owners[i] = (OwnerRef) { task->owners[i].uid, task->owners[i].name, task->owners[i].role };
    json_member_str(json, "uid", task->uid);
    json_member_str(json, "number", task->number);
    json_member_str(json, "no", task->no);
    json_member_str(json, "label", task->label);
    json_member_str(json, "title", task->title);
    json_key(json, "plan");
    json_begin_object(json);
    json_member_str(json, "uid", task->plan_uid);
    json_member_str(json, "title", task->plan_title);
    json_end_object(json);
    json_member_str(json, "kind", task->kind);
    json_member_str(json, "state", task->state);
    write_marks(json, (Marks) { task->adjusted, task->manual, task->incomputable.p != NULL, task->split.p != NULL, task->restricted,
                                task->waived_share.p != NULL, task->gate_passed, task->figures, task->relapses, task->claimed && !str_eq(task->state, STR("closed")) });
    write_time(request, json, task->state, task->due, task->figures, task->incomputable.p != NULL, task->amber_days);
    write_owners(json, owners, task->n_owners);
    json_member_int(json, "targets", (int64_t) task->n_targets);
    json_member_int(json, "measures", (int64_t) task->n_measures);
    json_member_int(json, "measures_done", (int64_t) measures_done(task));
    json_member_int(json, "evidence", (int64_t) evidence_standing(task));
    RowMore more = {
        .handler = task->handler, .leader = task->leader, .term = task->term, .category = task->category, .parent_uid = task->parent_uid,
        .parent_number = task->parent_number, .parent_title = task->parent_title, .stage = task->stage, .stage_name = task->stage_name, .children = task->children,
        .children_closed = task->children_closed, .relapses = task->relapses, .restricted = task->restricted, .holding_until = task->holding_until,
    };
    if (last) {
        more.progress_period = last->period;
        more.progress_text = last->text;
        more.progress_percent = last->percent;
    }
    write_more(json, &more);
    json_member_str(json, "reminder", task_reminder_level(task));
    json_member_for(json, NULL);
    json_member_instant(json, request, "changed", task->changed);
    json_member_int(json, "version", task->version);
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
