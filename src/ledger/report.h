/* report.h: the weekly dispatch (周调度), the monthly summary (月汇总), the quarterly assessment (季度考评), what meetings decide, and the leader's overview: as data.
 *
 * Nothing in a report is written by hand. It is counted from the tasks as they stand and from their steps since the report before; each figure comes with
 * the query of the ledger that shows its rows. Cancelled, waived and suspended tasks stay in every denominator and are counted apart, so that nothing
 * can be made to look better by ending it.
 *
 * A report that is kept is frozen: its text is stored, named by digest in the chain of events, and ends in the head of the chain at which it was made. */
#pragma once

#include "base/json.h"
#include "db/build.h"
#include "ledger/ledger.h"

typedef enum { REPORT_WEEKLY, REPORT_MONTHLY, REPORT_QUARTERLY, REPORT_KINDS } ReportKind;
bool report_kind_parse(Str name, ReportKind *ret_kind); /* "weekly", "monthly", "quarterly" */
const char *report_kind_name(ReportKind kind);

/* What the quarterly assessment weighs, a JSON list of {"measure","weight"}: the words of report_measures, each at most once, weights 0 to 100.
 * BH_BAD_INPUT with `at` for any other. An empty list: the defaults. */
enum { REPORT_MEASURES = 7 };
extern const char report_measures[]; /* words, blanks between */
typedef struct {
    const char *measure;
    int64_t weight;
} ReportWeight;
bool report_weights_parse(Str text, Arena *arena, ReportWeight weights[static REPORT_MEASURES], size_t *ret_n, GError **err);

/* What a report is about: the tasks of a plan, those that an organisation and all below it lead, those led within an area, or several of these at once; none: all.
 * All, and an organisation's alone, are counted from their scopes (scope.h): an organisation that has just moved counts where it was until its tasks are written anew. */
typedef struct {
    int64_t plan, org; /* DB_NULL_INT: not by this */
    Str plan_uid, plan_title, org_uid, org_name;
    Str path, path_end; /* leads lie from path up to, not with, path_end */
    Str area;           /* their area code begins so; "" for any */
    MayObject facts;    /* who may read it: VERB_READ_TASK towards this */
} ReportScope;

/* By uids and a prefix of area codes, STR_NONE for none of each; of an organisation and an area the organisation's facts count. BH_NOT_FOUND. */
bool report_scope(DbConn *conn, Arena *arena, Str plan_uid, Str org_uid, Str area, ReportScope *ret_scope, GError **err);

/* What a user's grants reach, one by one: every place that a grant is for, and of one for some plans each of these in it; the widest first, those for every plan before
 * those for some. At most REPORT_SCOPES_MOST. BH_FORBIDDEN "no-role" without any. */
enum { REPORT_SCOPES_MOST = 60 };
bool report_scopes_of_user(DbConn *conn, Arena *arena, const User *user, const ReportScope **ret_scopes, size_t *ret_n, GError **err);

/* --- Reports -------------------------------------------------------------------------------------------------------------- */

/* The report as it would be kept now, as one JSON object (docs/internals/api-year.md) appended to `out`. The same state of the store and the same instant give the same
 * bytes. `by`: who asks; STR_NONE uid: it is not said.
 * ret_tasks: over how many. */
bool report_now(const Ledger *ledger, DbConn *conn, ReportKind kind, const ReportScope *scope, const PersonRef *by, GString *out, int64_t *ret_tasks, GError **err);

/* Keeps it. actor NULL: the engine at its time. Issuers and leaders may (VERB_OVERSEE towards a plan's issuer; a leader's reading suffices for an organisation). */
bool report_keep(const Ledger *ledger, const Actor *actor, ReportKind kind, const ReportScope *scope, Arena *arena, Str *ret_uid, GError **err);
Allowed report_allowed(const User *user, const ReportScope *scope);

/* What stands in an event's "set" for a kept report, all of it, and for a decision. */
bool report_value(DbConn *conn, Str uid, Arena *arena, int64_t *ret_id, Str *ret_value, GError **err);
Str decision_value(Str text, Str task_uid, Str account_uid, int64_t at, Arena *arena);

/* When an organisation's meetings are (weekday, day of the month; 0: there is none; version 0: nobody set it). */
typedef struct {
    int64_t weekly_day, weekly_hour, monthly_day, monthly_hour, version;
} OrgMeetings;
bool org_meetings_load(DbConn *conn, Arena *arena, const Org *org, OrgMeetings *ret_meetings, GError **err);
May org_meetings_may(const User *user, const Org *org);
bool org_meetings_set(DbConn *tx, const Org *org, const OrgMeetings *now, const AuditWho *who, GError **err); /* BH_CONFLICT "version-stale" */

/* Keeps what meetings that begin within REPORT_LEAD_MINUTES want and nobody kept since: weekly and monthly as a plan's settings and an organisation's say (on the next
 * working day where that is a free one), quarterly with the first monthly one of the next quarter. For a periodic job. */
enum { REPORT_LEAD_MINUTES = 5 };
bool reports_keep_due(const Ledger *ledger, int64_t *ret_kept, GError **err);

typedef struct {
    int64_t id, made;
    Str uid, plan_uid, org_uid, kind, period;
    Str body; /* the JSON object that was kept */
} ReportKept;
bool report_by_uid(DbConn *conn, Arena *arena, Str uid, ReportKept *ret_kept, GError **err); /* BH_NOT_FOUND */

/* Appends the kept object and, behind its members, what came later: "decisions". */
bool report_write(DbConn *conn, Arena *arena, const ReportKept *kept, const Clock *clock, GString *out, GError **err);

/* Notes what was decided over a kept report; it becomes a task of source "meeting" in the same transaction: issued where it has a lead and a date, else a
 * draft. plan STR_NONE: the meetings' standing plan. Fails as task_add does. */
typedef struct {
    Str text, plan;
    const Str *leads; /* uids */
    size_t n_leads;
    Date due; /* DATE_NONE */
} NewDecision;
bool report_decide(const Ledger *ledger, const Actor *actor, const ReportKept *kept, const NewDecision *decision, Arena *arena, GError **err);

/* The leader's page: five figures, plans × owners in lights, what turned red this week, relapses, silent units, districts; as one JSON object. */
bool overview_write(const Ledger *ledger, DbConn *conn, const ReportScope *scope, GString *out, int64_t *ret_tasks, GError **err);

/* How much paper a scope's tasks took. asked: tasks that evidence must prove, because no figure decides; given: pieces of it, without withdrawn ones; checked: those that
 * their register holds; believed: those of finished tasks that only a reviewer looked at; by_number: tasks that figures alone proved; without: tasks without
 * a piece. */
typedef struct {
    int64_t asked, given, checked, believed, by_number, without;
} ReportPaper;
bool report_paper_of_plan(DbConn *conn, int64_t plan, ReportPaper *ret_paper, GError **err);
void report_paper_add(ReportPaper *paper, Str state, int64_t marks); /* marks: as in task_scope */
void report_paper_write(const ReportPaper *paper, JsonWriter *json); /* the member "paper" */

/* --- What shows a figure's rows --------------------------------------------------------------------------------------------- */

/* Narrows a list of tasks (alias t) to the rows behind a figure: "due", "done", "on_time", "overdue" … as on the day `on`, counted as the report counts.
 * BH_BAD_INPUT for an unknown one. */
bool report_filter_figure(DbList *list, Str figure, Date on, int zone_minutes, GError **err);

/* To those with such a step after event `since` and up to event `until` (0: now): "relapsed", "closed", "new", "returned", "amended", "slipped", "owner", "stopped";
 * "overdue": overdue on the day `on`, and not yet when day `from` began, by what stood before the range. */
typedef struct {
    Str name;
    int64_t since, until;
    Date on, from;
} ReportStep;
bool report_filter_step(DbList *list, const ReportStep *step, GError **err);
