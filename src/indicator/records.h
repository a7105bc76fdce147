/* records.h: private to indicator: the records of a dataset as the store holds them, in columns for expressions. */
#pragma once

#include "indicator/private.h"
#include "pack/store.h"

/* A dataset of an installed pack with its tables. */
typedef struct {
    const PackDataset *pack;
    int64_t id;
    PackTables tables;
} RecordSet;

/* Some thousand records, held ones too. `columns` are those of pack->stored->scope, by ExprField.column; a personal field has its column as well, of which only the nulls mean something. */
typedef struct {
    size_t n;
    const ExprColumn *columns;
    const int64_t *months, *orgs, *keys, *batches, *states;
    const int64_t *persons; /* NULL: the subject is no person */
    const int64_t *periods; /* of aggregates; NULL */
} RecordBatch;

typedef struct {
    const RecordSet *set;
    int64_t org;            /* 0: of all */
    int first, last;        /* months, both included */
    bool history;           /* what was replaced and deleted, instead */
    HubPersons *persons;    /* for `person.x`; NULL: they are null */
    GHashTable *roots;      /* int64_t * of a person that was merged → of its root; NULL: persons are given as they stand in their rows */
    const Str *names;       /* the fields that are needed (`person`: whom it is about); NULL: all, and the facts of persons */
    size_t n_names;
} RecordWish;

/* Calls `each` with batch after batch in the order of month, organisation and key; false with err ends it. What a batch points to lives until it returns. */
typedef bool (*RecordEach)(const RecordBatch *batch, void *data, GError **err);
bool records_read(const Quality *quality, const RecordWish *wish, RecordEach each, void *data, GError **err);

/* All datasets of packs that are installed. In arena. */
typedef struct {
    RecordSet *v;
    size_t n;
} RecordSets;
bool records_sets(DbConn *conn, const PacksRef *packs, Arena *arena, RecordSets *ret_sets, GError **err);
const RecordSet *records_set(const RecordSets *sets, const PackDataset *pack);                 /* NULL: not installed */
const RecordSet *records_set_of_scope(const RecordSets *sets, const ExprScope *stored_scope); /* of an aggregate's dataset */
const RecordSet *records_set_by_id(const RecordSets *sets, int64_t id);

/* The column of a field in a batch, or of `person` (an int column, of roots where persons were merged); false: there is none. */
bool records_column(const PackDataset *pack, const RecordBatch *batch, Str name, ExprColumn *ret_column, ExprKind *ret_kind);
