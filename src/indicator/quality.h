/* quality.h: what each institution's data are worth: expected reports, items, scores, ranks, signals; computed from what the store holds now, never from counts that only grow.
 *
 * A month of an institution and dataset (a "segment") is put on a list of what is due when its records, those of a dataset that its rules read, or what is expected of it changed;
 * quality_run computes what is on the list. Computed again from the same records, packs and days, it comes out the same.
 *
 * Threads: a Quality is used by one thread; what it points to is shared. */
#pragma once

#include "base/clock.h"
#include "flow/duty.h"
#include "hub/person.h"
#include "indicator/score.h"

typedef struct {
    Db *db;
    const Clock *clock;
    PacksRef *packs;     /* as they are installed */
    HubPersons *persons; /* for rules that ask for facts of persons; NULL: these are not known */
} Quality;

/* Told between two steps; false with err ends it there. */
typedef bool (*QualityTold)(void *data, GError **err);

/* The organisation that looks after data quality: its issuers excuse and open closed periods, its plan holds what is to be rectified. */
typedef struct {
    int64_t id;
    Str uid, name, path, area;
} QualityHome;
bool quality_home(DbConn *conn, Arena *arena, QualityHome *ret_home, GError **err);

/* --- Expected reports (expected.c) ------------------------------------------------------------------------------------------ */

typedef enum { EXPECTED_WAITING, EXPECTED_IN, EXPECTED_ZERO, EXPECTED_LATE, EXPECTED_MISSING, EXPECTED_EXCUSED } ExpectedState;
extern const char *const expected_states[]; /* "waiting" …, ended by NULL */

/* What decides. Records always count as a report; without any, a zero that was said; else it is missing once its day is over. */
typedef struct {
    bool excused, timed /* it was expected before it was due: late means something */, zero;
    int64_t records;
    Date came; /* the day on which records came first; DATE_NONE: none did */
    Date due, today;
} ExpectedFacts;
ExpectedState expected_state(const ExpectedFacts *facts);

/* The day so long behind the last day of a period. */
Date expected_day(const Calendar *calendar, Date period_end_day, PackSpan span);

/* The kind of period in which a dataset is reported; false: it has no periods. */
bool expected_kind(const PackDataset *dataset, PeriodKind *ret_kind);

typedef struct {
    int64_t opened, missed;
} ExpectedCount;

/* Opens the periods that began, keeps the duties ("data/PACK.DATASET") in step, and ages what did not come. From the first month, at most three years
 * back, in which a quarter of the reporters have records, else from the present one; never before the pack's `since`. Whatever ends it, running it again does the rest. */
bool expected_daily(const Quality *quality, QualityTold told, void *data, ExpectedCount *ret_count, GError **err);

/* How the store stands for periods that a dataset's month touches: records, states, duties that are met. Days and weeks of a month come as counted by who read the records (`counts`); of longer periods the
 * segments tell. Those whose state changed have their months put on the list. */
typedef struct {
    Period period;
    int64_t records;
} ExpectedRecords;
typedef struct {
    int64_t dataset, org;
    const PackDataset *pack;
    int month;
    const ExpectedRecords *counts;
    size_t n_counts;
} ExpectedPlace;
bool expected_settle(DbConn *tx, const Quality *quality, const ExpectedPlace *place, GError **err);

/* Behind the last day for changes, and not opened for today. DATE_NONE: never locked; not opened. */
bool expected_closed(Date locked, Date opened, Date today);

/* Somebody says that there was nothing to report: BH_CONFLICT "records-there" where there are records, "period-locked" where the period is closed, "version-stale". Excusing takes a reason: BH_BAD_INPUT "reason-missing". `version` 0: whatever it
 * is. Rights are the caller's to ask. */
typedef struct {
    AuditWho who;
    int64_t account;
    Date today;
} ExpectedActor;
bool expected_say_zero(DbConn *tx, const ExpectedActor *actor, Str uid, int64_t version, GError **err);
bool expected_excuse(DbConn *tx, const ExpectedActor *actor, Str uid, int64_t version, Str reason, GError **err);

/* A duty of a report was ended by somebody as "zero" or "excused": the report follows. Nothing happens where none is expected, or where records are there. */
bool expected_follow(DbConn *tx, const ExpectedActor *actor, const Duty *duty, bool zero, Str reason, GError **err);

/* Changes of a period that is closed are allowed up to and with a day: BH_BAD_INPUT "grant-past", "reason-missing"; BH_CONFLICT "not-locked". */
bool expected_open(DbConn *tx, const ExpectedActor *actor, Str uid, Date until, Str reason, GError **err);

/* --- Computing (run.c) ------------------------------------------------------------------------------------------------------ */

/* Looks which months changed, and computes all that is due, oldest first. In steps of the bulk queue; whatever ends it, running it again does the rest. ret_months: how many were computed. */
bool quality_run(const Quality *quality, QualityTold told, void *data, int64_t *ret_months, GError **err);

/* --- What a finding about a period is made of (parts.c) -------------------------------------------------------------------- */

/* Where a record stands that a figure takes. */
typedef struct {
    int64_t org, month, key;
    int64_t person; /* the one that it is about, where merged the root; 0: nobody */
    bool elsewhere; /* where figures are compared: the person stands on the other side, too */
} QualityPlace;

/* An aggregate of a rule of kind set, total or volume, as the data stand now. */
typedef struct {
    const char *how;            /* "count", "count_distinct", "exists", "sum", "avg", "min", "max", "first", "last" */
    const PackDataset *dataset; /* whose records it takes */
    Str value, condition;       /* as the pack writes them; STR_NONE: it has none */
    Str answer;                 /* a number, a day, a text; STR_NONE: none */
    QualityPlace *places;       /* by month and key */
    size_t n_places;
    bool compared;              /* figures about persons of the rule's own dataset on one side, of other datasets on the other: cards against diagnoses */
    size_t n_apart;             /* then: records of persons who do not stand on the other side */
} QualityPart;

/* In the order in which they stand in the rule; in arena. A rule of another kind has none. */
bool quality_parts(const Quality *quality, const PackDataset *dataset, const PackRule *rule, int64_t org, Period period, Arena *arena, const QualityPart **ret_parts, size_t *ret_n, GError **err);

/* The period that a rule about a period of the dataset looks at in a month: the dataset's own, else the month. */
Period quality_period(const PackDataset *dataset, int month);
