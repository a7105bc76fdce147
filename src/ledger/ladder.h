/* ladder.h: part of ledger's contract (ledger.h includes it): how a task's due date is reminded of, step by step (提醒 → 提示函 → 督办单 → 通报 → 约谈). A plan has
 * its own ladder, or that of design/ledger.md.
 *
 * Steps before the due date are sent on their day, the one that holds now: who was given a task late gets the last of those that are over, not all. Steps behind it are
 * climbed one after the other, never jumped, in distances that count from the day on which the one below was sent. A step whose day is no working day
 * goes to the working day before it, or after it if it lies behind the due date; on other days nothing is sent. Each is sent once for a task and a due date:
 * a date that is moved begins anew. */
#pragma once

#include "flow/duty.h"

enum { LADDER_STEPS_MAX = 20, LADDER_BEFORE_MAX = 120, LADDER_BEHIND_MAX = 366, LADDER_AMBER_MAX = (4 + LADDER_BEFORE_MAX * 7) / 5, LETTER_REPLY_DAYS = 5 /* working days */ };

typedef struct PlanStep {
    int64_t days;  /* before the due date (negative, or 0), or behind it */
    bool working;  /* these are working days */
    Str level;     /* green yellow red letter order bulletin talk */
    Str to;        /* words: handler head deputy leader unit issuer */
    bool letter;   /* with a numbered letter: of kind "order" for that level, else "letter" */
} PlanStep;

extern const PlanStep ladder_default[];
extern const size_t ladder_default_n;

/* The day on which a step would be sent, working day by working day. */
Date ladder_day(const Calendar *calendar, const PlanStep *step, Date due);

/* Which step is to be sent today, or -1. sent[i]: the day on which step i was sent for this due date, DATE_NONE: it was not. ret_planned: the day that it was for. */
ptrdiff_t ladder_next(const Calendar *calendar, const PlanStep *steps, size_t n, const Date *sent, Date due, Date today, Date *ret_planned);

/* From how many days before the due date on a task of this ladder is amber: its yellow step. */
int64_t ladder_amber_days(const PlanStep *steps, size_t n);

/* Whether steps are such as they may be: words known, days in bounds and rising, no two alike. BH_BAD_INPUT with `at`. */
bool ladder_check(const PlanStep *steps, size_t n, GError **err);

/* The whole list of a plan's steps; none: the default ladder. BH_CONFLICT "version-stale"; refusals as plan_allowed "steps". */
bool plan_set_steps(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const PlanStep *steps, size_t n, GError **err);

/* Sends what is due today. In short transactions of the bulk queue; run twice, or cut off and run again, it sends nothing twice. */
typedef struct {
    int64_t looked, sent, letters;
} RemindCount;
typedef bool (*RemindTold)(void *data, GError **err);
bool ladder_daily(Db *db, const Clock *clock, RemindTold told, void *told_data, RemindCount *ret_count, GError **err);

/* By hand: the issuer. BH_BAD_INPUT at /level, /text; refusals as task_allowed "remind". */
bool task_remind(const Ledger *ledger, const Actor *actor, Str uid, Str level, Str text, GError **err);

/* What was sent. */
typedef struct {
    Str uid, kind /* letter order */, org_uid, org_name;
    int64_t year, number;
    Date reply_by;
} TaskLetter;

typedef struct TaskReminder {
    int64_t id, sent;
    Str uid, level, text;
    Date due, planned;
    PersonRef by; /* of one sent by hand */
    PersonRef *to;
    size_t n_to, read; /* how many of them have read it */
    TaskLetter *letters;
    size_t n_letters;
} TaskReminder;

/* A task's, oldest first; into the task. */
bool task_load_reminders(DbConn *conn, Arena *arena, Task *task, GError **err);

/* Receivers and letters of one. */
bool reminder_load_parts(DbConn *conn, Arena *arena, TaskReminder *reminder, int64_t account, GError **err);

/* What stands in the map of a task's state for a reminder: with its receivers, their messages, and its letters. */
bool reminder_value(DbConn *conn, int64_t id, Arena *arena, Str *ret_value, GError **err);

/* The level of the last one for the present due date; STR_NONE: none. */
Str task_reminder_level(const Task *task);

/* Who is meant by words as a step's `to` has them, of those who may read the task; its heads where that is nobody: leader and handler of the task; else the handlers of the leading units, where there
 * are none their heads; deputy: the leaders of the leading units themselves, else their heads; unit: heads and handlers; issuer: who issued the plan, and those
 * who issue in its organisation itself. */
bool task_audience(DbConn *tx, const Task *task, Str to, Date today, Arena *arena, Audience *ret_audience, GError **err);

/* --- Progress that is owed -------------------------------------------------------------------------------------------------
 * A plan that asks for progress every week or month has a rule of duties ("progress/PLAN"), and each of its open tasks owes by it for its leads; reporting meets
 * the duty, the end of the task excuses it. */

#define PROGRESS_RULE "progress/"

/* Rules and subjects as the plans and tasks are now; then duties_daily; then what was reported before its duty was opened. The same terms. */
bool ledger_duties_daily(Db *db, const Clock *clock, DutyTold told, void *told_data, DutyCount *ret_count, GError **err);

/* In the transaction that reports: the duty of this period is met. */
bool progress_met(DbConn *tx, const AuditWho *who, const Task *task, Str period, bool zero, int64_t account, Date today, GError **err);
