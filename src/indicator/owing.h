/* owing.h: private to indicator: duties of persons while they are computed. */
#pragma once

#include "indicator/owed.h"
#include "indicator/records.h"

/* A record of a register by which a person owes a duty. */
typedef struct {
    int64_t person, org;
    Date due;      /* of a duty with a day */
    Date from, to; /* while it holds; DATE_NONE: ever */
} OwedClaim;

/* A record that meets it. */
typedef struct {
    int64_t person;
    Date day;
} OwedMet;

/* As it is stored. */
typedef struct {
    int64_t person, seq, org;
    Date due, last;
    int64_t times, done;
    Date done_on;
} OwedRow;

/* A period of a duty that comes again, with its days. */
typedef struct {
    Period period;
    Date start, end, due, last;
} OwedPeriod;

typedef struct {
    const PackDuty *duty; /* NULL: no pack declares it any more */
    int64_t id;
    Str name, rules;      /* rules: the packs of today */
    const RecordSet *owes, *meets;
    OwedPeriod *periods;
    size_t n_periods;
    GArray *claims, *met; /* OwedClaim, OwedMet: as they are read */
} OwedDuty;

typedef struct {
    const Quality *quality;
    Calendar calendar;
    Arena *arena;
    RecordSets sets;
    ExprRunner *runner;
    Date first, last; /* of what is kept, both included */
    int month;        /* in which today lies */
    int zone;
    bool all;         /* everybody is computed */
    OwedDuty *duties;
    size_t n_duties;
    GHashTable *roots; /* person that was merged: its root, both by value (int64_t) */
    GArray *dirty;     /* int64_t, sorted, each once: roots that are computed, unless all are */
} Owing;

/* Whom a person of a record is computed as. */
int64_t owing_root(const Owing *owing, int64_t person);
bool owing_is_dirty(const Owing *owing, int64_t root);

/* owed.c: the periods of a duty that are kept; what is owed by what was read, sorted by person and seq; OwedRow. Sorts claims and met. */
void owed_periods(const Owing *owing, OwedDuty *duty);
GArray *owed_rows(const Owing *owing, OwedDuty *duty);

/* owed_read.c: adds the records of a batch to the duties that it owes or meets. */
bool owed_take_batch(const Owing *owing, const RecordSet *set, const RecordBatch *batch, GError **err);

/* owed_write.c: what stands of a duty, of everybody or of those who are dirty, becomes these rows (OwedRow, sorted by person and seq); adds to `changed` how many differed. */
bool owed_write(const Owing *owing, const OwedDuty *duty, const GArray *rows, QualityTold told, void *data, int64_t *changed, GError **err);
