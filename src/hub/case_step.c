/* A step of a case, and what it fills in, in one transaction. */
#include "base/json.h"
#include "base/limits.h"
#include "db/queries.h"
#include "hub/apply.h"
#include "hub/case_do.h"
#include "hub/person.h"
#include "hub/result.h"

#include "base/banned.h"

typedef struct {
    Hub *hub;
    const HubTaking *taking;
    Arena *arena;
    CaseFindRow row;
    HubConcerned concerned;
    const PackDataset *dataset;
    const PackStep *step;
    HubFlow *flow;
    HubCells record;    /* as the step leaves it */
    const uint8_t *when;
    int64_t at;
    Filling *filling;   /* NULL: it fills in nothing */
    HubStepFounds *found;
    BlobId blob;
    int64_t blob_size;
    Str filled;         /* JSON, or p NULL */
} Taking;

/* --- What stands in the way ------------------------------------------------------------------------------------------------------ */

bool hub_step_lacks(const HubCells *record, Str field)
{
    const DbValue *value = hub_cell(record, 0, field);
    return !value || (value->type == DB_TYPE_TEXT ? !value->text.p : value->type == DB_TYPE_DATE ? value->number == DATE_NONE : value->number == DB_NULL_INT);
}

const char *hub_step_obstacle(const PackStep *step, Str state, bool gone, const HubCells *record, bool when)
{
    if (gone || record->n == 0 || !hub_step_leads(step, state))
        return "wrong-state";
    const DbValue *stands = hub_cell(record, 0, STR("state_"));
    if (stands && stands->number == HUB_HELD)
        return "record-held";
    for (size_t i = 0; i < step->needs.n; i++)
        if (hub_step_lacks(record, step->needs.v[i].text))
            return "needs-missing";
    return when ? NULL : "when-not";
}

static bool refuse(const Taking *t, const char *why, GError **err)
{
    g_autoptr(GString) fields = g_string_new(NULL);
    for (size_t i = 0; i < t->step->needs.n; i++)
        if (hub_step_lacks(&t->record, t->step->needs.v[i].text))
            g_string_append_printf(fields, "%s" STR_FMT, fields->len > 0 ? "," : "", STR_ARG(t->step->needs.v[i].text));
    error_set(err, BH_CONFLICT, "the step '" STR_FMT "' cannot be taken: %s", STR_ARG(t->taking->step), why);
    if (g_str_equal(why, "needs-missing"))
        error_params(err, "fields=%s", fields->str);
    else if (g_str_equal(why, "wrong-state"))
        error_params(err, "state=" STR_FMT, STR_ARG(t->row.state));
    return error_detail(err, why);
}

static bool is_needed(const PackStep *step, Str field)
{
    for (size_t i = 0; i < step->needs.n; i++)
        if (str_eq(step->needs.v[i].text, field))
            return true;
    return false;
}

/* What a record is known by is not filled in by a step, nor what the step does not ask for. */
static bool check_given(const Taking *t, GError **err)
{
    for (size_t i = 0; i < t->taking->n_given; i++) {
        Str field = t->taking->given[i].field;
        bool known = str_eq(field, t->dataset->org) || str_eq(field, t->dataset->date);
        for (size_t k = 0; k < t->dataset->key.n; k++)
            known |= str_eq(field, t->dataset->key.v[k].text);
        if (is_needed(t->step, field) && !known)
            continue;
        error_set(err, BH_BAD_INPUT, "the step does not fill in '" STR_FMT "'", STR_ARG(field));
        error_at(err, "/values/" STR_FMT, STR_ARG(field));
        return error_detail(err, "not-of-step");
    }
    return true;
}

static bool check_note(const Taking *t, GError **err)
{
    if (utf8_length(t->taking->note) <= LIMIT_TEXT_CHARS)
        return true;
    error_set(err, BH_BAD_INPUT, "a note has at most %d characters", LIMIT_TEXT_CHARS);
    error_at(err, "/note");
    return error_detail(err, "text-long");
}

/* --- Finding ------------------------------------------------------------------------------------------------------------------------ */

static bool no_case(GError **err)
{
    return error_set(err, BH_NOT_FOUND, "no such case");
}

static bool find_step(Taking *t, const PacksRef *packs, GError **err)
{
    t->dataset = packs_dataset(packs, t->row.dataset);
    const PackFlow *flow = t->dataset ? t->dataset->flow : NULL;
    for (size_t i = 0; flow && i < flow->steps.n; i++)
        if (str_eq(flow->steps.v[i].entry.id, t->taking->step))
            t->step = &flow->steps.v[i];
    return t->step || error_set(err, BH_NOT_FOUND, "the flow has no step '" STR_FMT "'", STR_ARG(t->taking->step));
}

static bool check_may(const Taking *t, DbConn *conn, GError **err)
{
    const Str *functions = hub_functions_of(conn, t->taking->user, t->arena, err);
    if (!functions)
        return false;
    May answer = hub_step_may(t->taking->user, functions, t->step, &t->concerned);
    if (answer.ok)
        return true;
    g_autoptr(GString) by = g_string_new(NULL);
    for (size_t i = 0; i < t->step->by.n; i++)
        g_string_append_printf(by, "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(t->step->by.v[i].text));
    error_set(err, BH_FORBIDDEN, "this step is not yours to take");
    error_params(err, "functions=%s", by->str);
    return error_detail(err, answer.why);
}

static bool check_version(const Taking *t, GError **err)
{
    if (t->row.version == t->taking->version)
        return true;
    error_set(err, BH_CONFLICT, "the case has changed");
    return error_detail(err, "version-stale");
}

static bool find(Taking *t, const PacksRef *packs, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(t->hub)->db, err);
    bool found = false;
    if (!conn || !db_one(conn, CaseFind, t->arena, &t->row, &found, err, .uid = t->taking->uid))
        return false;
    if (found && !hub_case_concerned(conn, t->row.id, t->row.org_path, t->row.org_area, t->arena, &t->concerned, err))
        return false;
    if (!found || !may(t->taking->user, VERB_READ_DATA, &t->concerned.all).ok)
        return no_case(err);
    if (!find_step(t, packs, err) || !check_may(t, conn, err) || !check_version(t, err) || !check_given(t, err) || !check_note(t, err))
        return false;
    t->flow = hub_flow_new(t->hub, conn, t->dataset, t->arena, err);
    return t->flow && case_record(conn, t->dataset, t->row.month, t->row.org, t->row.key, t->arena, &t->record, &found, err);
}

/* --- Writing it down ------------------------------------------------------------------------------------------------------------------- */

static int64_t late_ms(const Taking *t)
{
    int64_t due = hub_step_due(t->flow, t->step, t->row.since);
    return due == CASE_NO_DUE ? DB_NULL_INT : MAX(t->at - due, 0);
}

/* What people wrote stands in the step; the event has its digest. */
static void append_event(DbConn *tx, const Taking *t)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "from", t->row.state);
    json_member_str(&json, "step", t->step->entry.id);
    json_member_str(&json, "to", t->step->to);
    if (t->taking->note.n > 0)
        json_member_str(&json, "note", audit_digest(t->arena, t->taking->note));
    if (t->taking->n_given > 0) {
        json_key(&json, "fields");
        json_begin_array(&json);
        for (size_t i = 0; i < t->taking->n_given; i++)
            json_str(&json, t->taking->given[i].field);
        json_end_array(&json);
    }
    json_end_object(&json);
    audit_append(tx, &t->taking->actor.who, "case-step", (AuditObject) { "case", t->row.uid }, str_from_gstring(data));
}

static bool write_step(DbConn *tx, Taking *t, int64_t batch, GError **err)
{
    const PackState *to = hub_flow_state(t->dataset->flow, t->step->to);
    int64_t changes;
    if (!db_exec(tx, CaseTake, &changes, err, .id = t->row.id, .version = t->row.version, .state = t->step->to, .at = t->at, .due = hub_flow_due(t->flow, t->step->to, t->at, t->when),
                 .ended = to->final ? t->at : DB_NULL_INT))
        return false;
    if (changes == 0) {
        error_set(err, BH_CONFLICT, "the case has changed");
        return error_detail(err, "version-stale");
    }
    append_event(tx, t);
    return db_exec(tx, CaseStepAdd, NULL, err, .case_id = t->row.id, .step = t->step->entry.id, .from_state = t->row.state, .to_state = t->step->to, .account = t->taking->actor.account, .at = t->at,
                   .note = t->taking->note.n > 0 ? t->taking->note : STR_NONE, .late_ms = late_ms(t), .filled = t->filled, .batch = batch);
}

static bool step_work(DbConn *tx, void *data, GError **err)
{
    return write_step(tx, data, DB_NULL_INT, err);
}

/* --- With values -------------------------------------------------------------------------------------------------------------------------- */

/* What was filled in, without what is personal. */
static Str filled_text(const Taking *t)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    for (size_t i = 0; i < t->taking->n_given; i++) {
        const PackField *field = pack_field(t->dataset, t->taking->given[i].field);
        json_key_str(&json, t->taking->given[i].field);
        if (field && pack_type_personal(field->type))
            json_null(&json);
        else
            json_str(&json, t->taking->given[i].text);
    }
    json_end_object(&json);
    return arena_str(t->arena, str_from_gstring(text));
}

/* The original of what arrives by it: a row of the dataset that says only this. */
static bool keep_original(Taking *t, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_array(&json);
    json_begin_object(&json);
    for (size_t i = 0; i < t->taking->n_given; i++)
        json_member_str(&json, arena_str(t->arena, t->taking->given[i].field).p, t->taking->given[i].text);
    json_end_object(&json);
    json_end_array(&json);
    t->blob_size = (int64_t) text->len;
    return blob_put(hub_open(t->hub)->blobs, str_from_gstring(text), &t->blob, err);
}

/* One row, which changed. */
static Str result_text(const Taking *t)
{
    g_autoptr(GString) text = g_string_new(NULL);
    HubFound *found = ARENA_ARRAY(t->arena, HubFound, t->found->n);
    JsonWriter json;
    for (size_t i = 0; i < t->found->n; i++)
        found[i] = (HubFound) { .code = t->found->v[i].rule, .rows = 1, .first = STR("") };
    HubPart part = { t->dataset, { .rows = 1, .warned = t->found->n > 0, .accepted = t->found->n == 0, .changed = 1, .found = found, .n_found = t->found->n } };
    json_writer_init(&json, text, false);
    hub_result_write(&json, &part.result, &part, 1, false);
    return arena_str(t->arena, str_from_gstring(text));
}

static bool arrive(DbConn *tx, void *data, GError **err)
{
    Taking *t = data;
    char uid[UID_TEXT_MAX], hash[HASH_TEXT_MAX];
    CaseIntakeRow row;
    bool found;
    if (!db_one(tx, CaseIntake, t->arena, &row, &found, err, .uid = str_from(uid_new(uid)), .org = t->taking->user->org, .account = t->taking->actor.account, .name = t->step->name,
                .sha256 = str_from(hash_write(t->blob, hash)), .size = t->blob_size, .at = t->at, .dataset = t->row.dataset_id, .result = result_text(t)))
        return false;
    t->filling->import.intake = row.id;
    return true;
}

static bool after_rows(DbConn *tx, void *data, int64_t batch, GError **err)
{
    return write_step(tx, data, batch, err);
}

static bool write_filled(Taking *t, GError **err)
{
    const HubTaking *taking = t->taking;
    if (!t->filling->changed)
        return taking->write(taking->writer, step_work, t, err);
    if (!fill_check(t->filling, &t->record, taking->given, taking->n_given, t->found, err) || !keep_original(t, err))
        return false;
    t->filling->import.org = taking->user->org;
    return apply_with(t->hub, &t->filling->import, &t->filling->checked, &(ApplyWith) { taking->write, taking->writer, arrive, after_rows, t }, err);
}

static bool is_free(Taking *t, GError **err)
{
    t->when = t->record.n > 0 ? hub_flow_when(t->flow, &t->record, t->arena) : NULL;
    bool when = t->when && t->when[t->step - t->dataset->flow->steps.v];
    const char *why = hub_step_obstacle(t->step, t->row.state, t->row.gone != DB_NULL_INT, &t->record, when);
    return !why || refuse(t, why, err);
}

static bool take_filled(Taking *t, const PacksRef *packs, GError **err)
{
    Filling filling = { 0 };
    t->filling = &filling;
    HubPersons *persons = hub_open(t->hub)->persons;
    if (persons) /* values of the vault that are new are in nobody's row yet */
        hub_persons_begin(persons);
    bool ok = fill_begin(&filling, t->hub, t->dataset, packs, t->row.org, t->arena, err)
              && (t->record.n == 0 || fill_put(&filling, &t->record, t->taking->given, t->taking->n_given, err)) && is_free(t, err);
    t->filled = filled_text(t);
    ok = ok && write_filled(t, err);
    fill_end(&filling);
    if (persons)
        hub_persons_end(persons);
    return ok;
}

/* --- The whole ---------------------------------------------------------------------------------------------------------------------------- */

static bool take(Taking *t, const PacksRef *packs, GError **err)
{
    if (!find(t, packs, err))
        return false;
    if (t->taking->n_given > 0)
        return take_filled(t, packs, err);
    return is_free(t, err) && t->taking->write(t->taking->writer, step_work, t, err);
}

static bool dataset_of(const Taking *t, Str *ret_name, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(t->hub)->db, err);
    CaseFindRow row;
    bool found = false;
    if (!conn || !db_one(conn, CaseFind, t->arena, &row, &found, err, .uid = t->taking->uid))
        return false;
    *ret_name = row.dataset;
    return found || no_case(err);
}

/* What fills in changes records: of its dataset nothing else is applied meanwhile, so that the record is what was read. */
bool hub_case_take(Hub *hub, const HubTaking *taking, Arena *arena, HubStepFounds *ret_found, GError **err)
{
    g_autoptr(PacksRef) packs = hub_packs(hub);
    Taking t = { .hub = hub, .taking = taking, .arena = arena, .found = ret_found, .at = clock_now_ms(hub_open(hub)->clock) };
    Str dataset;
    bool ok;
    *ret_found = (HubStepFounds) { 0 };
    if (taking->n_given == 0) {
        ok = take(&t, packs, err);
    } else {
        if (!dataset_of(&t, &dataset, err))
            return false;
        hub_apply_enter(hub, dataset);
        ok = apply_settle(hub, dataset, err) && take(&t, packs, err);
        hub_apply_leave(hub, dataset);
    }
    hub_flow_free(t.flow);
    return ok;
}
