/* duty.h: what an organisation owes by a day: a report a month, a round's look at a task, a line of progress a week. A rule says who owes what how often;
 * duties are opened by it, each for one period, and end as done, as zero (there was nothing to report, said by somebody), as excused, or are missed. What was done
 * after it was due stays marked with the days that it was late. Knows no subject: it is a kind and a uid, as in events.
 *
 * Every change has its event, on the duty ("duty") or the rule ("duty_rule"). */
#pragma once

#include "base/json.h"
#include "flow/calendar.h"
#include "flow/flow.h"
#include "flow/message.h"

/* --- Rules -------------------------------------------------------------------------------------------------------------- */

enum { DUTY_DAYS_MAX = 366, DUTY_ORGS_MAX = 500 };

/* How many days behind a period's end it is due: calendar days, or working days. After `grace_days` more it is missed. */
typedef struct {
    Str key; /* of the part of the program that keeps the rule, unique: "progress/UID"; STR_NONE: a person's */
    Str name;
    int64_t org; /* whose rule it is: its issuers change it and excuse */
    Str owed;    /* who owes: "orgs", "collective" (the members of one), "function" (every organisation that has it), "subjects" (duty_subject_set) */
    const int64_t *orgs; /* for "orgs"; for "collective" one */
    size_t n_orgs;
    Str function;
    Str every; /* "week" "month" "quarter" "half" "year", or "once": of the day `from` */
    int due_days;
    bool due_working;
    int grace_days;
    Str calendar;
    Date from, to; /* periods of which a day lies in these, but for those that were over when the rule was made; to DATE_NONE: open */
    Str plan;      /* uid, or STR_NONE: for grants that hold for one plan */
    bool on;
} DutyRule;

/* Whether the words and numbers of a rule are such as they may be. BH_BAD_INPUT with `at`. */
bool duty_rule_check(const DutyRule *rule, GError **err);

/* A rule that a person makes, with its event. The caller has asked may() for VERB_RULE_DUTY and checked it. */
bool duty_rule_add(DbConn *tx, const AuditWho *who, const DutyRule *rule, Date today, Arena *arena, Str *ret_uid, GError **err);

/* Changes it for the periods that are not opened yet. BH_CONFLICT "version-stale". */
bool duty_rule_change(DbConn *tx, const AuditWho *who, Str uid, int64_t version, const DutyRule *rule, GError **err);

/* The rule of a key, made or changed to be as `rule` says; nothing happens where it is. */
bool duty_rule_keep(DbConn *tx, const AuditWho *who, const DutyRule *rule, Date today, Arena *arena, int64_t *ret_id, GError **err);

/* For a rule owed by "subjects": this organisation owes for this subject in the periods of which a day lies in from..to (DATE_NONE: open). */
bool duty_subject_set(DbConn *tx, int64_t rule, int64_t org, AuditObject subject, Date from, Date to, GError **err);

/* Nothing more is owed for a subject from this day on; what is due and was not missed yet is excused with this reason. */
bool duty_subject_end(DbConn *tx, const AuditWho *who, AuditObject subject, Date today, Str reason, GError **err);

/* The day by which a rule's duty for a period is due, and the last before it is missed. */
typedef struct {
    Date due, last;
} DutyDays;
DutyDays duty_days(const Calendar *calendar, Date period_end_day, int due_days, bool due_working, int grace_days);

/* --- Duties --------------------------------------------------------------------------------------------------------------- */

extern const Flow duty_flow; /* due missed done zero excused */

typedef struct {
    Str uid, rule_uid, rule_name, plan, place_path, place_area;
    int64_t org;
    Str org_uid, org_name, org_path, org_area;
    Str subject_kind, subject; /* STR_NONE: for itself */
    Str period, state, reason;
    Date due, last;
    int64_t late_days, done_at, done_by, version;
} Duty;

bool duty_load(DbConn *conn, Arena *arena, Str uid, Duty *ret_duty, GError **err); /* BH_NOT_FOUND */
MayObject duty_facts(const Duty *duty, Arena *arena);

/* How many days it is late on this day, or was when it was done. */
int64_t duty_late_days(const Duty *duty, Date today);

/* "done", "zero", "excuse" by a user: BH_FORBIDDEN as may() says, BH_CONFLICT "wrong-state"; excuse takes a reason: BH_BAD_INPUT "reason-missing". For the
 * others `reason` is a remark, or STR_NONE. */
typedef struct {
    const User *user;
    AuditWho who;
    Date today;
} DutyActor;
bool duty_do(DbConn *tx, const DutyActor *actor, Str uid, const char *verb, Str reason, GError **err);

/* Another layer saw that it is met: the rule's duty of an organisation (DB_NULL_INT: whoever owes it) and subject for a period. Nothing happens where none is
 * open. */
typedef struct {
    Str key;
    int64_t org;
    AuditObject subject; /* kind NULL: for itself */
    Str period;
    bool zero;
    int64_t account;
    Date today;
} DutyMet;
bool duty_met(DbConn *tx, const AuditWho *who, const DutyMet *met, GError **err);

/* The same for what another layer excused, with its reason; `zero` means nothing. */
bool duty_excused(DbConn *tx, const AuditWho *who, const DutyMet *met, Str reason, GError **err);

/* --- For the events ---------------------------------------------------------------------------------------------------------
 * What stands in an event's "set" for a rule ("rule") and a duty ("duty"; "due": nothing happened to it yet), from the store. */
bool duty_rule_value(DbConn *conn, Str uid, Arena *arena, int64_t *ret_id, Str *ret_value, GError **err);
bool duty_value(DbConn *conn, Str uid, Arena *arena, Str *ret_value, GError **err);

/* Duties are opened by hundreds: the event ("duty-open") says how many, and the sum of what is hashed of each. */
typedef struct {
    Str uid, subject_kind, subject, period;
    int64_t org;
    Date due, last;
} DutyOpened;
typedef struct {
    int64_t n;
    uint64_t sum;
} DutySum;
void duty_sum_add(DutySum *sum, const DutyOpened *opened);
bool duty_sum_read(Str text, uint64_t *ret_sum); /* 16 hex digits */

/* --- Every day -------------------------------------------------------------------------------------------------------------- */

/* Told between two transactions; false with err ends it there. */
typedef bool (*DutyTold)(void *data, GError **err);

typedef struct {
    int64_t opened, missed, told;
} DutyCount;

/* Opens what is owed since the last time, ages what was not done, and tells the units: soon due, missed. In short transactions of the bulk queue; whatever ends it
 * between two of them, running it again does the rest, and running it twice does nothing twice. */
bool duties_daily(Db *db, const Clock *clock, DutyTold told, void *told_data, DutyCount *ret_count, GError **err);

/* Its first step alone: opens what began, and tells nobody; for who knows that some of it is met already. */
bool duties_open(Db *db, const Clock *clock, DutyTold told, void *told_data, GError **err);
