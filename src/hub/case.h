/* case.h: records of `case` datasets on their way through the flow of their pack.
 *
 * A case begins in the transaction in which its record is accepted, by whatever channel (apply_case.c); one that is held has none until it is mended. It goes where its record goes; where that is
 * deleted it is gone, and goes on where it was when the record comes again. People take steps (case_step.c): who may is the flow's `by` and the grants; what a step fills in is a change of the
 * record like any other, with its batch, checked by the rules, in the same transaction.
 *
 * The first state is entered when the record arrives, or, where the flow says `since`, when that field of the record says, if that is earlier: what was diagnosed three days ago and comes in today is late today.
 *
 * Deadlines: hours run from the instant at which the state was entered; days, working days, weeks, months and years from the day after, to the end of the last one (civil code of the PRC, articles
 * 201 and 203). A step whose `when` does not hold has none. */
#pragma once

#include "db/queries.h"
#include "flow/calendar.h"
#include "hub/defect.h"
#include "hub/hub.h"

#define CASE_NO_DUE INT64_C(253402300799999) /* the end of the year 9999: by no day, behind all others in order */

/* --- The flow of a dataset over its records (case_flow.c) ------------------------------------------------------------------ */

/* Made for one thread; `arena` outlives it. */
typedef struct HubFlow HubFlow;
HubFlow *hub_flow_new(Hub *hub, DbConn *conn, const PackDataset *dataset, Arena *arena, GError **err);
void hub_flow_free(HubFlow *flow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HubFlow, hub_flow_free)

/* Records as the store has them, row by row. */
typedef struct {
    const char *const *columns; /* names of the table's */
    size_t width;
    const DbValue *cells;
    size_t n;
} HubCells;
const DbValue *hub_cell(const HubCells *cells, size_t row, Str column); /* NULL: it has no such column */

/* By row and step, rows × steps: 1 where the step's `when` holds of the record, or it has none. */
const uint8_t *hub_flow_when(HubFlow *flow, const HubCells *cells, Arena *arena);

/* Since when the record of a row is in the first state, if it arrived then: by the flow's `since`, of a date the beginning of the day. */
int64_t hub_flow_since(const HubFlow *flow, const HubCells *cells, size_t row, int64_t arrived);

/* By when a step must be taken of a case that entered its state then; by when the soonest of those out of a state, `when` as hub_flow_when gives it for the record. CASE_NO_DUE. */
int64_t hub_step_due(const HubFlow *flow, const PackStep *step, int64_t since);
int64_t hub_flow_due(const HubFlow *flow, Str state, int64_t since, const uint8_t *when);

const PackState *hub_flow_state(const PackFlow *flow, Str id); /* NULL: it has no such state any more */
bool hub_step_leads(const PackStep *step, Str from);

/* --- Who may (case_may.c) -------------------------------------------------------------------------------------------------- */

/* What the user's unit, or that of one whom the user is deputy for, does: functions of it and of what lies below it within one legal body. Ended by p NULL. */
const Str *hub_functions_of(DbConn *conn, const User *user, Arena *arena, GError **err);

/* Whom a case concerns: the organisation of its record first, then those that the record names in its fields. They read it, and take what their functions take. */
typedef struct {
    const CaseOrgsRow *named;
    size_t n_named;
    MayObject own, all; /* the first alone; all of them */
} HubConcerned;
bool hub_case_concerned(DbConn *conn, int64_t case_id, Str org_path, Str org_area, Arena *arena, HubConcerned *ret_concerned, GError **err);

/* How the user may take a step of a case: as whom (`reporter`: for the organisation of the record itself), or why not: "not-your-function", and what may() says. */
May hub_step_may(const User *user, const Str *functions, const PackStep *step, const HubConcerned *concerned);

/* --- A step (case_step.c) ---------------------------------------------------------------------------------------------------- */

/* What stands in its way, of the case and its record: NULL, "wrong-state", "record-held", "needs-missing", "when-not". `when`: of the record's row. */
const char *hub_step_obstacle(const PackStep *step, Str state, bool gone, const HubCells *record, bool when);
bool hub_step_lacks(const HubCells *record, Str field);

typedef struct {
    Str field, text; /* as a form has it; empty: nothing */
} HubGiven;

/* How its transaction is written: db_write, or what takes an Idempotency-Key along. */
typedef bool (*HubWrite)(void *writer, DbWork work, void *data, GError **err);

typedef struct {
    Str uid;
    int64_t version;
    Str step;
    Str note; /* p NULL: none */
    const HubGiven *given;
    size_t n_given;
    HubActor actor;
    const User *user;
    HubWrite write;
    void *writer;
} HubTaking;

/* What the rules find in the record as it would be. */
typedef struct {
    Str rule;
    PackLevel level;
} HubStepFound;
typedef struct {
    const HubStepFound *v;
    size_t n;
} HubStepFounds;

/* BH_NOT_FOUND (also where the user may not read it, or there is no such step); BH_FORBIDDEN as hub_step_may; BH_BAD_INPUT "not-of-step" (a field that the step does not ask for), "bad-value" at
 * /values/FIELD, "text-long"; BH_CONFLICT "version-stale", "wrong-state", "record-held", "needs-missing", "when-not", and "would-be-held", for which *ret_found is why. In arena. */
bool hub_case_take(Hub *hub, const HubTaking *taking, Arena *arena, HubStepFounds *ret_found, GError **err);

/* --- Telling (case_daily.c) -------------------------------------------------------------------------------------------------- */

/* Tells those who can take a step that cases wait which are due within a day, and that cases are late: each case once of either, a person once a dataset. */
typedef bool (*HubCasesTold)(void *data, GError **err);
bool hub_cases_tell(Hub *hub, HubCasesTold told, void *data, int64_t *ret_cases, GError **err);
