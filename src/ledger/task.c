/* Loading a task with all that hangs on it, and the facts by which may() decides. */
#include "base/json.h"
#include "flow/calendar.h"
#include "ledger/ledger.h"
#include "db/queries.h"

#include "ledger/common.h"

#include "base/banned.h"

bool person_ref(DbConn *conn, Arena *arena, int64_t account, PersonRef *ret_ref, int64_t *ret_person, GError **err)
{
    *ret_ref = (PersonRef) { 0 };
    if (account == DB_NULL_INT)
        return true;
    PersonRefByAccountRow row;
    bool found;
    if (!db_one(conn, PersonRefByAccount, arena, &row, &found, err, .account = account))
        return false;
    if (!found)
        return error_set(err, BH_INTERNAL, "no account with the id %" G_GINT64_FORMAT, account);
    *ret_ref = (PersonRef) { row.uid, row.name, row.org_uid, row.org_name };
    if (ret_person)
        *ret_person = row.person;
    return true;
}

/* The same, but the organisation stays that which stands in the reference already: accounts move, what they did stays where it was done. */
static bool person_ref_at(DbConn *conn, Arena *arena, int64_t account, PersonRef *ref, int64_t *ret_person, GError **err)
{
    PersonRef now = { 0 };
    if (!person_ref(conn, arena, account, &now, ret_person, err))
        return false;
    ref->uid = now.uid;
    ref->name = now.name;
    return true;
}

static bool load_owners(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskOwner) owners = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskOwners, err, .task = task->id);
    ARENA_LIST(int64_t) confirmed = { 0 };
    for (TaskOwnersRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &owners) = (TaskOwner) {
            .uid = arena_str(arena, row.org_uid),
            .name = arena_str(arena, row.org_name),
            .path = arena_str(arena, row.org_path),
            .area = arena_str(arena, row.org_area),
            .org = row.org,
            .confirmed_person = DB_NULL_INT,
            .role = arena_str(arena, row.role),
            .written = arena_str(arena, row.name),
            .confirmed_at = row.confirmed_at,
        };
        *ARENA_PUSH(arena, &confirmed) = row.confirmed_by;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < owners.n; i++)
        if (!org_legal_body(conn, owners.v[i].path, &owners.v[i].legal_body, err)
            || !person_ref(conn, arena, confirmed.v[i], &owners.v[i].confirmed_by, &owners.v[i].confirmed_person, err))
            return false;
    task->owners = owners.v;
    task->n_owners = owners.n;
    return true;
}

static bool load_measures(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskMeasure) measures = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskMeasures, err, .task = task->id);
    for (TaskMeasuresRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &measures) = (TaskMeasure) {
            .uid = arena_str(arena, row.uid),
            .no = arena_str(arena, row.no),
            .text = arena_str(arena, row.text),
            .state = arena_str(arena, row.state),
            .answer = arena_str(arena, row.answer),
            .person = DB_NULL_INT,
            .at = row.at,
            .version = row.version,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < measures.n; i++)
        if (!person_ref(conn, arena, by.v[i], &measures.v[i].by, &measures.v[i].person, err))
            return false;
    task->measures = measures.v;
    task->n_measures = measures.n;
    return true;
}

static bool load_targets(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskTarget) targets = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskTargets, err, .task = task->id);
    for (TaskTargetsRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &targets) = (TaskTarget) {
            .id = row.id,
            .uid = arena_str(arena, row.uid),
            .quote = arena_str(arena, row.quote),
            .metric = arena_str(arena, row.metric),
            .op = arena_str(arena, row.op),
            .value = arena_str(arena, row.value),
            .value2 = arena_str(arena, row.value2),
            .unit = arena_str(arena, row.unit),
            .tense = arena_str(arena, row.tense),
            .due = row.due,
            .soft = row.soft,
            .part_of = arena_str(arena, row.part_of),
            .claimed = arena_str(arena, row.claimed),
            .claimed_at = row.claimed_at,
        };
        *ARENA_PUSH(arena, &by) = row.claimed_by;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < targets.n; i++)
        if (!person_ref(conn, arena, by.v[i], &targets.v[i].claimed_by, NULL, err))
            return false;
    task->targets = targets.v;
    task->n_targets = targets.n;
    return true;
}

static bool load_checks(DbConn *conn, Arena *arena, int64_t task, TaskEvidence *evidence, size_t n, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, EvidenceChecksOf, err, .task = task);
    for (EvidenceChecksOfRow row; rows && db_next(rows, &row, err);)
        for (size_t i = 0; i < n; i++)
            if (str_eq(evidence[i].uid, row.evidence_uid))
                evidence[i].check = (EvidenceCheck) {
                    .register_code = arena_str(arena, row.register_code),
                    .row_uid = arena_str(arena, row.row_uid),
                    .key = arena_str(arena, row.key),
                    .facts = arena_str(arena, row.facts),
                    .held = row.held,
                    .at = row.at,
                };
    return db_rows_ok(rows);
}

static bool load_evidence(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskEvidence) evidence = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskEvidenceOf, err, .task = task->id);
    for (TaskEvidenceOfRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &evidence) = (TaskEvidence) {
            .uid = arena_str(arena, row.uid),
            .kind = arena_str(arena, row.kind),
            .file_name = arena_str(arena, row.file_name),
            .media = arena_str(arena, row.media),
            .blob = arena_str(arena, row.blob),
            .note = arena_str(arena, row.note),
            .size = row.size,
            .at = row.at,
            .account = row.account,
            .person = row.person,
            .by = { .org_uid = arena_str(arena, row.org_uid), .org_name = arena_str(arena, row.org_name) },
            .org_path = arena_str(arena, row.org_path),
            .withdrawn = row.withdrawn,
        };
    if (!db_rows_ok(rows))
        return false;
    if (!load_checks(conn, arena, task->id, evidence.v, evidence.n, err))
        return false;
    for (size_t i = 0; i < evidence.n; i++)
        if (!person_ref_at(conn, arena, evidence.v[i].account, &evidence.v[i].by, NULL, err)
            || !org_legal_body(conn, evidence.v[i].org_path, &evidence.v[i].legal_body, err))
            return false;
    task->evidence = evidence.v;
    task->n_evidence = evidence.n;
    return true;
}

static bool load_verdicts(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskVerdict) verdicts = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskVerdicts, err, .task = task->id);
    for (TaskVerdictsRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &verdicts) = (TaskVerdict) {
            .verb = arena_str(arena, row.verb),
            .reason = arena_str(arena, row.reason),
            .at = row.at,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < verdicts.n; i++)
        if (!person_ref(conn, arena, by.v[i], &verdicts.v[i].by, NULL, err))
            return false;
    task->verdicts = verdicts.v;
    task->n_verdicts = verdicts.n;
    return true;
}

static bool load_readers(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskReader) readers = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskReaders, err, .task = task->id);
    for (TaskReadersRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &readers) = (TaskReader) { .account = row.account };
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < readers.n; i++)
        if (!person_ref(conn, arena, readers.v[i].account, &readers.v[i].who, NULL, err))
            return false;
    task->readers = readers.v;
    task->n_readers = readers.n;
    return true;
}

static bool load_look_backs(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskLookBack) list = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, LookBacksOfTask, err, .task = task->id);
    for (LookBacksOfTaskRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &list) = (TaskLookBack) {
            .round = arena_str(arena, row.uid), .title = arena_str(arena, row.title), .result = arena_str(arena, row.result), .note = arena_str(arena, row.note),
            .begins = row.begins, .ends = row.ends, .at = row.at,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (!person_ref(conn, arena, by.v[i], &list.v[i].by, NULL, err))
            return false;
    task->look_backs = list.v;
    task->n_look_backs = list.n;
    return true;
}

static bool load_amendments(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskAmendment) amendments = { 0 };
    ARENA_LIST(int64_t) by = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskAmendments, err, .task = task->id);
    for (TaskAmendmentsRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(arena, &amendments) = (TaskAmendment) {
            .field = arena_str(arena, row.field),
            .old_value = arena_str(arena, row.old_value),
            .new_value = arena_str(arena, row.new_value),
            .reason = arena_str(arena, row.reason),
            .at = row.at,
        };
        *ARENA_PUSH(arena, &by) = row.account;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < amendments.n; i++)
        if (!person_ref(conn, arena, by.v[i], &amendments.v[i].by, NULL, err))
            return false;
    task->amendments = amendments.v;
    task->n_amendments = amendments.n;
    return true;
}

static bool load_asks(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    ARENA_LIST(TaskAsk) asks = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TaskAsks, err, .task = task->id);
    for (TaskAsksRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &asks) = (TaskAsk) { arena_str(arena, row.kind), arena_str(arena, row.word) };
    task->asks = asks.v;
    task->n_asks = asks.n;
    return db_rows_ok(rows);
}

static Task task_of_row(const TaskByUidRow *row)
{
    return (Task) {
        .id = row->id,
        .plan = row->plan,
        .seq = row->seq,
        .number = row->number,
        .parent = row->parent,
        .parent_uid = row->parent_uid,
        .parent_number = row->parent_number,
        .parent_title = row->parent_title,
        .split = row->split,
        .children = row->children,
        .children_closed = row->children_closed,
        .children_proven = row->children_proven,
        .gate_passed = row->gate_passed,
        .publicity_until = DATE_NONE,
        .over_path = row->over_path,
        .over_area = row->over_area,
        .stage = row->stage,
        .stage_name = row->stage_name,
        .term = row->term,
        .category = row->category,
        .source_no = row->source_no,
        .source_date = row->source_date,
        .leader_account = row->leader,
        .handler_account = row->handler,
        .overruled_account = row->overruled_by,
        .restricted = row->restricted,
        .quiet = row->quiet,
        .waived_share = row->waived_share,
        .holding_days = row->holding_days,
        .holding_until = row->holding_until,
        .version = row->version,
        .changed = row->changed,
        .uid = row->uid,
        .no = row->no,
        .label = row->label,
        .kind = row->kind,
        .title = row->title,
        .text = row->text,
        .problem = row->problem,
        .path = row->path,
        .source = row->source,
        .basis = row->basis,
        .state = row->state,
        .state_before = row->state_before,
        .span = { (uint32_t) row->span_from, (uint32_t) row->span_to },
        .due = row->due,
        .suspended_until = row->suspended_until,
        .figures = row->figures,
        .relapses = row->relapses,
        .returns = row->returns,
        .adjusted = row->adjusted,
        .manual = row->manual,
        .plan_uid = row->plan_uid,
        .plan_title = row->plan_title,
        .document_uid = row->document_uid,
        .issuer = row->issuer,
        .issuer_uid = row->issuer_uid,
        .issuer_name = row->issuer_name,
        .issuer_path = row->issuer_path,
        .issuer_area = row->issuer_area,
        .claim_account = row->claim_account,
        .claim_person = DB_NULL_INT,
        .claim_org = row->claim_org,
        .claim_legal_body = DB_NULL_INT,
        .claim_path = row->claim_org_path,
        .claim_by = { .org_uid = row->claim_org_uid, .org_name = row->claim_org_name },
        .claim_at = row->claim_at,
        .claim_note = row->claim_note,
        .incomputable = row->incomputable,
        .incomputable_account = row->incomputable_by,
        .incomputable_at = row->incomputable_at,
        .verified_account = row->verified_by,
        .closed_at = row->closed_at,
        .comments = row->comments,
        .amber_days = row->amber_days,
    };
}

enum { ZONE_MINUTES = 8 * 60 };

/* A verified task of a plan with that stage is shown in public for some days from the day after it was verified. */
static bool set_publicity(DbConn *conn, Arena *arena, const TaskByUidRow *row, Task *task, GError **err)
{
    int64_t verified = DB_NULL_INT;
    for (size_t i = 0; i < task->n_verdicts; i++)
        if (flow_has_word("verify overrule", task->verdicts[i].verb))
            verified = task->verdicts[i].at;
    if (row->publicity_days == 0 || verified == DB_NULL_INT || !str_eq(task->state, STR("verified")))
        return true;
    Date from = date_of_instant(verified, ZONE_MINUTES);
    task->publicity_until = from + (Date) row->publicity_days;
    if (!row->publicity_working)
        return true;
    Calendar calendar;
    if (!calendar_load(conn, arena, CALENDAR_CHINA, &calendar, err))
        return false;
    task->publicity_until = calendar_add(&calendar, from, (int) row->publicity_days);
    return true;
}

static bool load_kept(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    TaskKeptRow row;
    bool found;
    task->kept_row = task->kept_last = DB_NULL_INT;
    if (!db_one(conn, TaskKept, arena, &row, &found, err, .task = task->id))
        return false;
    if (found) {
        task->kept = row.cells;
        task->claimed = row.claimed;
        task->kept_row = row.at_row;
        task->kept_last = row.at_last;
    }
    return true;
}

static bool find_task(DbConn *conn, Arena *arena, Str uid, TaskByUidRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, TaskByUid, arena, ret_row, &found, err, .uid = uid))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "no task '" STR_FMT "'", STR_ARG(uid));
}

/* What rules.c and task_facts read. */
static bool load_for_rights(DbConn *conn, Arena *arena, const TaskByUidRow *row, Task *task, GError **err)
{
    return person_ref_at(conn, arena, task->claim_account, &task->claim_by, &task->claim_person, err)
           && (!task->claim_path.p || org_legal_body(conn, task->claim_path, &task->claim_legal_body, err)) && load_owners(conn, arena, task, err)
           && load_measures(conn, arena, task, err) && load_evidence(conn, arena, task, err) && load_verdicts(conn, arena, task, err)
           && load_readers(conn, arena, task, err) && set_publicity(conn, arena, row, task, err);
}

/* What is shown besides. */
static bool load_rest(DbConn *conn, Arena *arena, Task *task, GError **err)
{
    return person_ref(conn, arena, task->incomputable_account, &task->incomputable_by, NULL, err)
           && person_ref(conn, arena, task->verified_account, &task->verified_by, NULL, err)
           && person_ref(conn, arena, task->leader_account, &task->leader, NULL, err)
           && person_ref(conn, arena, task->handler_account, &task->handler, NULL, err)
           && person_ref(conn, arena, task->overruled_account, &task->overruled_by, NULL, err) && load_targets(conn, arena, task, err)
           && load_amendments(conn, arena, task, err) && load_look_backs(conn, arena, task, err) && load_asks(conn, arena, task, err)
           && load_kept(conn, arena, task, err);
}

bool task_load_for_rights(DbConn *conn, Arena *arena, Str uid, Task *ret_task, GError **err)
{
    TaskByUidRow row;
    if (!find_task(conn, arena, uid, &row, err))
        return false;
    Task task = task_of_row(&row);
    if (!load_for_rights(conn, arena, &row, &task, err))
        return false;
    *ret_task = task;
    return true;
}

bool task_load(DbConn *conn, Arena *arena, Str uid, Task *ret_task, GError **err)
{
    TaskByUidRow row;
    if (!find_task(conn, arena, uid, &row, err))
        return false;
    Task task = task_of_row(&row);
    if (!load_for_rights(conn, arena, &row, &task, err) || !load_rest(conn, arena, &task, err))
        return false;
    *ret_task = task;
    return true;
}

/* Whom it names: readers, handler, leader in charge. */
static void add_named(const Task *task, Arena *arena, MayObject *object)
{
    int64_t *named = ARENA_ARRAY(arena, int64_t, task->n_readers + 2);
    object->named = named;
    for (size_t i = 0; i < task->n_readers; i++)
        named[object->n_named++] = task->readers[i].account;
    if (task->handler_account != DB_NULL_INT)
        named[object->n_named++] = task->handler_account;
    if (task->leader_account != DB_NULL_INT)
        named[object->n_named++] = task->leader_account;
}

bool task_hidden(const Task *task)
{
    return task->restricted || flow_has_word("draft discarded", task->state);
}

MayObject task_facts(const Task *task, Arena *arena)
{
    size_t n = task->n_owners + 1;
    Str *owners = ARENA_ARRAY(arena, Str, n), *owner_areas = ARENA_ARRAY(arena, Str, n);
    Str *supports = ARENA_ARRAY(arena, Str, n), *support_areas = ARENA_ARRAY(arena, Str, n);
    MayObject object = { .place = task->issuer_path, .area = task->issuer_area, .over = task->over_path, .over_area = task->over_area, .plan = task->plan_uid };
    for (size_t i = 0; i < task->n_owners; i++) {
        bool lead = str_eq(task->owners[i].role, STR("lead"));
        size_t at = lead ? object.n_owners++ : object.n_supports++;
        (lead ? owners : supports)[at] = task->owners[i].path;
        (lead ? owner_areas : support_areas)[at] = task->owners[i].area;
    }
    object.owner_paths = owners;
    object.owner_areas = owner_areas;
    object.support_paths = supports;
    object.support_areas = support_areas;
    object.unissued = flow_has_word("draft discarded", task->state);
    object.restricted = task->restricted;
    if (task->restricted)
        add_named(task, arena, &object);
    return object;
}

Light light_of(Str state, Date due, bool decides, int64_t amber_days, Date today)
{
    static const char finished[] = "verified closed", claimed[] = "submitted", over[] = "cancelled waived suspended draft";
    if (flow_has_word(finished, state))
        return LIGHT_GREEN;
    if (flow_has_word(over, state))
        return LIGHT_NONE;
    if (flow_has_word(claimed, state))
        return decides ? LIGHT_GREY : LIGHT_NONE;
    if (due == DATE_NONE)
        return LIGHT_NONE;
    return due < today ? LIGHT_RED : due - today <= amber_days ? LIGHT_AMBER : LIGHT_NONE;
}

const char *light_name(Light light)
{
    static const char *const names[LIGHTS] = { "none", "green", "amber", "red", "grey" };
    return names[light];
}

const char *task_light(Str state, Date due, int64_t figures, bool incomputable, int64_t amber_days, Date today)
{
    return light_name(light_of(state, due, figures > 0 && !incomputable, amber_days, today));
}

bool ledger_write(const Ledger *ledger, DbWork work, void *data, GError **err)
{
    return ledger->write ? ledger->write(ledger->write_data, work, data, err) : db_write(ledger->db, DB_INTERACTIVE, work, data, err);
}
