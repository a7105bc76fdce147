/* tuple.h: private to indicator: values of several columns as one number, by which records are compared. */
#pragma once

#include "indicator/records.h"

enum { TUPLE_MOST = 16 };

/* By row: a hash of the values of these columns; 0 where one of them is null: such a record is compared with none. `with_org`: the organisation counts, too. 64 bits of XXH3: among ten million records
 * two that differ meet by chance once in 400,000 such comparisons. */
void tuple_hash(const PackDataset *pack, const RecordBatch *batch, const Str *names, size_t n_names, bool with_org, uint64_t *ret_hashes);

/* The same with another number in it; never 0. */
uint64_t tuple_with(uint64_t hash, int64_t number);

/* A set of such numbers, each with the records of it. */
typedef struct Tuples Tuples;
Tuples *tuples_new(void);
void tuples_free(Tuples *tuples);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tuples, tuples_free)

typedef struct {
    int64_t month, org, key;
    int64_t order; /* the less, the earlier: what decides which of several counts */
} TupleRecord;

/* Two passes: first every number that is asked for, then whatever has it. tuples_add: a record of whom it is asked. */
void tuples_ask(Tuples *tuples, uint64_t hash);
bool tuples_asked(const Tuples *tuples, uint64_t hash);
void tuples_add(Tuples *tuples, uint64_t hash, const TupleRecord *record); /* only where it is asked for */
size_t tuples_count(const Tuples *tuples, uint64_t hash);                  /* of records */

/* Every number with more than one record: these, ordered. */
typedef void (*TupleMany)(const TupleRecord *records, size_t n, void *data);
void tuples_many(Tuples *tuples, TupleMany many, void *data);
