/* engine.h: private to indicator: months of institutions that are computed together, and what is found for each. */
#pragma once

#include "indicator/cells.h"

typedef struct {
    const Quality *quality;
    RecordSets sets;
    ExprRunner *runner;
    Date today;
    GHashTable *arrived; /* by number of a batch: the day on which it came, as count.c found it */
    GHashTable *roots;   /* of persons that were merged */
    Arena *arena; /* of the run */
} Engine;

bool engine_open(Engine *engine, GError **err); /* the datasets that are installed; the rest is the caller's */

/* What was expected of a month: its periods, in their order. */
typedef struct {
    Period period;
    Date due;
    bool timed, closed;
    ExpectedState state;
    Date zero_day; /* DATE_NONE: none was said */
} WorkExpected;

/* An item with the sentence why, as JSON; p NULL: none. */
typedef struct {
    QualityItem item;
    Str why;
} WorkItem;

/* What a rule finds in a month now: these records, or the month itself. All that was found before and is not among them is mended. */
typedef struct {
    const PackRule *rule;
    int64_t *keys;
    size_t n_keys;
    bool month; /* rules about a period: it is broken */
    Str why;
} WorkFound;

typedef struct {
    const PackRule *rule;
    int64_t value;
} WorkVolume;

/* A record of another month that breaks a rule because of one here: that month is to be computed, if the defect is not known there. */
typedef struct {
    const PackRule *rule;
    int64_t org;
    int month;
    int64_t key;
} WorkOther;

typedef struct VolumePeers VolumePeers; /* figures.c */

/* One dataset's month of one institution. */
typedef struct {
    const RecordSet *set;
    int64_t org;
    int month;
    int due_month;        /* under which it was on the list: 0 for a register whose records changed; `month` is the one that it counts for */
    int64_t gen;          /* of quality_due, when it was taken */
    Period period;        /* what rules about a period look at: that of the dataset in which the month lies */
    CellCount cells;
    ARENA_LIST(WorkItem) items;
    size_t n_items;       /* those of rules, which do not change while it is written */
    ARENA_LIST(WorkFound) found;
    ARENA_LIST(WorkVolume) volumes;
    VolumePeers **peers;  /* of the round: what was read for one is there for all */
    ARENA_LIST(WorkOther) others; /* of the whole round, at its first work */
    ARENA_LIST(ExpectedRecords) counts; /* days and weeks with their records */
    int64_t timed, in_time;             /* records that have a day by which they were due; those that came by it */
    ARENA_LIST(WorkExpected) expected;
    Arena *arena;
} Work;

void work_item(Work *work, Str rule, QualityMeasure measure, int64_t weight, int64_t tested, int64_t passed, Str why);

/* The measure that a rule counts for: its own `counts_for`, else that of its kind. */
QualityMeasure work_measure(const PackDataset *pack, const PackRule *rule);

/* await.c: rules that read another dataset, and whether that is still awaited. */
bool rule_reads(const PackRule *rule, const ExprScope *scope);              /* a rule about a period asks for records of it */
bool rule_own_parent(const PackDataset *child, const PackRule *rule);       /* a parent is sought among the child's own organisation's records */
int month_of_rules(const PackDataset *pack, int month);                     /* the month under which rules about a period are kept, for a month of what they read */

/* A report of a dataset in a period, by an organisation (0: by any), has not come, was not said to be zero, and may still come in time. */
bool report_awaited(const Quality *quality, const RecordSet *of, int64_t org, Period period, bool *ret_awaited, GError **err);

bool report_awaited_in(DbConn *conn, const RecordSet *of, int64_t org, int month, Date today, bool *ret_awaited, GError **err); /* of periods that begin in a month */

/* The same of anything that a rule of kind set or total reads besides its own dataset. */
bool rule_awaits(const Engine *engine, const Work *work, const PackRule *rule, bool *ret_awaits, GError **err);

/* A report (of all organisations: org 0) begins to be awaited, or is no longer (over): months whose rules read it are put on the list. */
typedef struct {
    int64_t dataset, org;
    int month;
    bool over;
    Date today;
} ReportTurn;
bool report_turned(DbConn *tx, const RecordSets *sets, const ReportTurn *turn, GError **err);

/* relate.c: rules of kind link and unique, over all works of a round: of one dataset. */
bool relate_links(const Engine *engine, Work *works, size_t n, GError **err);
bool relate_unique(const Engine *engine, Work *works, size_t n, GError **err);

/* figures.c: rules of kind set, total and volume of one month. */
bool figures_rules(const Engine *engine, Work *work, GError **err);

/* totals.c: an expression over aggregates, for an organisation and a period. *ret_null: it has no value. */
bool totals_eval(const Engine *engine, const Expr *expr, int64_t org, Period period, int64_t *ret_value, bool *ret_null, GError **err);

/* The answers of its aggregates by place, a row each; in arena. */
bool totals_columns(const Engine *engine, const Expr *expr, int64_t org, Period period, Arena *arena, const ExprColumn **ret_columns, GError **err);

/* The records that an aggregate takes (QualityPlace), in the order of month and key; none of a dataset that is not installed. */
bool totals_taken(const Engine *engine, const ExprAggregate *aggregate, int64_t org, Period period, GArray *taken, GError **err);

/* count.c: the records of a month themselves: cells, days and weeks, arrival. */
bool count_records(const Engine *engine, Work *work, GError **err);

/* What is expected of the month now; in the work's arena. */
bool work_expected(DbConn *conn, const Quality *quality, Work *work, GError **err);

/* What is expected of a period; NULL: nothing, or nothing can be late in it. */
const WorkExpected *work_timed(const Work *work, Period period);

/* The month in which the records of a work stand: those of a register in none. */
static inline int work_read_month(const Work *work)
{
    return work->set->pack->kind == PACK_REGISTER ? 0 : work->month;
}

/* items.c: what the records and their open defects say, as items; what was expected. */
bool items_of_records(DbConn *conn, Work *work, GError **err);
void items_of_expected(Work *work);
ExpectedState items_state(const Work *work, bool *ret_expected); /* of all periods as one */

/* write.c: all of a work, in the caller's transaction. */
bool work_write(DbConn *tx, const Engine *engine, Work *work, GError **err);

/* notice.c: a score under the line is a signal, one on it ends it. */
bool notice_score(DbConn *tx, const Quality *quality, const RecordSet *set, int64_t org, GError **err);
