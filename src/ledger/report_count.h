/* report_count.h: private to ledger: a report while it is counted. Rows of task_scope stream by; what is kept of a million tasks is their sums and the few that a list
 * shows, which are read when all is counted. */
#pragma once

#include "base/json.h"
#include "ledger/report.h"
#include "ledger/scope.h"
#include "ledger/task_list.h"

typedef struct {
    int64_t tasks, open, to_do, due, done, on_time, finished, first_pass, closed, ever_closed, overdue, returned, relapsed, suspended, cancelled, waived;
    int64_t lights[LIGHTS];
    int64_t asked, told; /* reports of progress owed in the period, and given in time */
    int64_t longest_overdue_days;
} Figures;

typedef struct {
    int64_t id, rank;
    Str uid, name, path;
} ReportOrg;

/* What a measure of the assessment gives: weight × n/of; of 0: it says nothing, and its weight is not counted. */
enum { MEASURES = REPORT_MEASURES };
typedef struct {
    const char *measure;
    int64_t weight, n, of;
} ReportPoint;

typedef struct {
    ReportOrg org;
    Figures f;
    int64_t added, closed, returned, relapsed; /* tasks with such a step since */
    int64_t touched;                           /* when anything last happened to one of its tasks to do; 0: it has none */
    ReportPoint points[MEASURES];
    bool scored;
    int64_t score_tenths, rank; /* rank from 1; 0: not ranked */
    int64_t previous_rank, previous_done, previous_due; /* DB_NULL_INT: not in the report before */
} ReportUnit;

/* What counting asks of a state. */
typedef struct {
    bool to_do, open, finished, closed, suspended, cancelled, waived;
} StateKind;

/* A task as it is counted. */
typedef struct {
    int64_t task, plan;
    Str state;
    StateKind is;
    Date due;
    int64_t marks; /* scope.h */
    bool part_of;  /* part of a task that counts here, too: not counted beside it */
    Light light;
} ReportRow;

/* A task as it is shown. */
typedef struct {
    int64_t id;
    Str uid, number, title, state;
    int64_t handler; /* account, or DB_NULL_INT */
    Date due;
    Light light;
    ReportOrg *leads;
    size_t n_leads;
} ReportTask;

/* The steps of a task since, in one. */
typedef struct {
    int64_t task, at;
    bool state_changed, relapsed, to_closed, made, returned, stopped, text, due_changed, lead_changed;
    int64_t relapsed_at, closed_at, made_at, returned_at, stopped_at;
    Str state_before, state_last; /* before the first step; before: STR_NONE where it was new */
    Date due_before;
    Str lead_before, lead_last;
} TaskSince;

/* What a task's lead last reported. */
typedef struct {
    int64_t task, percent; /* percent: DB_NULL_INT: not said */
    Str period, text, problem, need, next;
    bool nothing_new;
} TaskTold;

typedef enum {
    LIST_RELAPSED, LIST_OVERDUE, LIST_RETURNED, LIST_SLIPPED, LIST_OWNER, LIST_AMENDED, LIST_STOPPED, LIST_NEW, LIST_CLOSED,
    LIST_SINCE_COUNT, /* up to here: what changed */
    LIST_LATE = LIST_SINCE_COUNT, LIST_COMING, LIST_TABLE, LIST_COUNT,
} ListId;

typedef struct {
    int64_t id;
    const ReportTask *task; /* read when all is counted */
    const TaskSince *since; /* NULL: nothing happened */
    int64_t key;            /* smallest first, then by id */
    Light light;
} Pick;

/* The first `most` by key of all that were offered. */
typedef struct {
    ARENA_LIST(Pick) picks;
    size_t most; /* 0: they are only counted */
    int64_t total;
    bool cut; /* the first `most` stand in order: what comes after them need not be taken */
} PickList;

typedef struct {
    const Ledger *ledger;
    DbConn *conn;
    Arena *arena;
    const ReportScope *scope;
    ReportKind kind;
    int64_t now;
    int zone;
    Date today;
    /* the period, and the last instant of what was known before */
    Period period;
    Date from, to;
    int64_t since_seq, since_at;
    Date since_day;
    AuditHead head;
    bool has_previous;
    int64_t previous;
    Str previous_uid;
    Str previous_units; /* lines of "uid rank done due" */
    ReportPoint weights[MEASURES];
    /* counted */
    Figures totals;
    ARENA_LIST(ReportUnit) units;
    GHashTable *unit_at; /* int64_t id to index + 1 */
    GHashTable *handlers; /* int64_t account to PersonRef: few people handle many tasks */
    GHashTable *since;   /* int64_t task to TaskSince */
    GHashTable *ambers;  /* plan_ambers() */
    ReportPaper paper;
    GHashTable *told_of;    /* int64_t task to TaskTold; only of a plan's report */
    bool asks_progress;     /* the plan wants its leads to report */
    Period asked_period;    /* the last one that is over */
    PickList lists[LIST_COUNT];
    /* Told of every task that is counted, beside the counting: as one of all (unit SIZE_MAX; leads: those in the scope, where it is known), and once for each of its
     * units; or NULL. */
    void (*seen)(void *data, const ReportRow *row, size_t unit, const ReportOrg *leads, size_t n_leads);
    void *seen_data;
} Report;

extern const char *const report_list_names[LIST_SINCE_COUNT];

/* Period, head, the report before, since when. */
bool report_begin(Report *report, const Ledger *ledger, DbConn *conn, Arena *arena, ReportKind kind, const ReportScope *scope, GError **err);
bool report_since_period(Report *report, GError **err); /* what changed is to be told since the period began, whatever was kept */
void report_clear(Report *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Report, report_clear)

bool report_read_since(Report *report, GError **err); /* fills `since` */
bool report_weights(Report *report, GError **err);    /* the plan's, or the defaults */
bool report_count(Report *report, GError **err);      /* all the rest; calls report_read_since */
void report_score(Report *report);                    /* points, scores, ranks; orders the units */

Str report_units_text(const Report *report); /* for the report after this one to compare with; after report_score */

/* Tasks that those in a scope lead, one by one: for counting beside. */
typedef void (*ReportEach)(void *data, const ReportRow *row);
bool report_each_of_scope(Report *report, int64_t scope, unsigned parts, ReportEach each, void *data, GError **err);
bool report_part_of(const Report *report, int64_t task, int64_t scope, bool *ret_part, GError **err); /* whether a sub-task's parent is led in the scope, too */
bool report_by_scopes(const Report *report); /* everything or an organisation's: counted from its scopes; else from plan or area */

/* The units where nothing happened to any task to do for SILENT_DAYS. */
int64_t report_silent_days(const Report *report, const ReportUnit *unit); /* 0: not silent */

/* The progress that the plan's tasks reported; what one task reported. */
bool report_read_progress(Report *report, GError **err);
bool report_progress_of(Report *report, int64_t task, const TaskTold **ret_told, GError **err); /* NULL: nothing */
bool report_told_in_time(const Report *report, int64_t task);

/* Organisations by uid, for the names in steps. Lives in arena; "" where it is gone. */
Str report_org_names(Report *report, Str uids);

/* Puts a task into the lists that it belongs to; reads those that stay there. */
void report_offer(Report *report, const ReportRow *row);
bool report_read_picks(Report *report, GError **err);
enum { REPORT_PICKS = 50, REPORT_TABLE_PICKS = 300, REPORT_LEADS_MAX = 64 /* of one task; more than any document names */ };
StateKind report_state_kind(Str state);

/* JSON pieces. */
void report_json_task(const ReportTask *task, JsonWriter *json);
void report_json_scope_query(const ReportScope *scope, GString *out); /* "plan=UID&…" */
void report_json_query(JsonWriter *json, const char *name, GString *query); /* without the last '&' */
void report_json_list_query(const Report *report, ListId list, const char *name, JsonWriter *json);
void report_json_line(Report *report, ListId list, const Pick *pick, JsonWriter *json);
void report_json_silent(const Report *report, JsonWriter *json); /* the member "silent" */
void report_json_ratio(JsonWriter *json, const char *name, int64_t n, int64_t of);
void report_json_figures(const Report *report, JsonWriter *json);
void report_json_ref(JsonWriter *json, const char *name, Str uid, const char *text_name, Str text); /* null without a uid */
void report_json_int(JsonWriter *json, const char *name, int64_t value);                           /* null for DB_NULL_INT */
bool report_json_table(Report *report, JsonWriter *json, GError **err);
bool report_json_pages(Report *report, JsonWriter *json, GError **err);

/* The whole, as one object. uid STR_NONE: not kept. */
bool report_json_write(Report *report, Str uid, const PersonRef *by, GString *out, GError **err);

/* The columns of Figures by name, with whether `on` is the period's last day or today. */
typedef struct {
    const char *name;
    size_t offset;
    const char *condition; /* of report_filter_figure; NULL: all */
    const char *params;    /* a letter for each ?: d the day, c what a claim may come after it */
    bool by_period;        /* the day is the period's last; else the report's */
    bool each;             /* sub-tasks are counted beside the task of which they are part */
} FigureDef;
extern const FigureDef report_figures[];
extern const size_t report_n_figures;
