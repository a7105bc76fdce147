/* run.h: the rows of one import in the order of their table, whatever the order and length of the file that brought them: a run.
 *
 *     RunWriter *writer = run_writer_new("DATA/tmp", &table, err);
 *     run_add(writer, &rows, err);                                       from several threads, some thousand rows at a time
 *     RunFile *run = run_finish(writer, err);                            takes the writer
 *     run_keep(run, "run-UID", err);                                     before the first step of an apply that takes several
 *     RunReader *reader = run_reader_new(run, done_rows, err);
 *     while (run_next(reader, 1024, &chunk, err) && chunk.n > 0) …
 *
 * What was added is sorted in pieces; pieces beyond RUN_MEMORY_BYTES go to a file, and are merged while they are read. So a small import never touches the disk, and one of gigabytes takes no more
 * memory than RUN_MEMORY_BYTES and 64 KB for each time that these were full. Every piece of a file has a checksum; a file is whole or not there.
 *
 * Of rows with one key that which came last in the file stays, with the finding RUN_REPEATED; the others are counted. Also where they stand in different months, if the table says `moves`. */
#pragma once

#include "base/crypto.h"
#include "expr/expr.h"

enum {
    RUN_MEMORY_BYTES = 48 * 1024 * 1024,
    RUN_MONTH = 0, RUN_ORG = 1, RUN_KEY = 2, RUN_STATE = 3, /* the first columns of each table, all numbers and never null */
    RUN_COLUMNS = 400,
};

/* Findings of a row: below 0x8000 the number of a row rule, else what hub.h says. */
enum { RUN_REPEATED = 0xA000 };

typedef struct {
    const char *name; /* of the column in the store */
    ExprKind kind;    /* bools, numbers and instants are ints in the store */
} RunColumn;

typedef struct {
    const char *dataset; /* pack.dataset, for messages */
    const RunColumn *columns; /* month_, org_, key_, state_, then the others */
    size_t n;
    bool moves;          /* a key stands once in an organisation, in whatever month */
} RunTable;

/* Rows to add, by column as expressions have them. */
typedef struct {
    size_t n;
    const ExprColumn *columns;   /* by RunTable.columns; a code of a text must be one of its dictionary */
    const uint32_t *numbers;     /* of the rows in the file, from 1: a greater one came later */
    const uint32_t *first_found; /* n + 1 places: the findings of row i are found[first_found[i]] to before found[first_found[i + 1]]; NULL: there is none */
    const uint16_t *found;
} RunRows;

typedef struct RunWriter RunWriter;
typedef struct RunFile RunFile;
typedef struct RunReader RunReader;

/* `table` is copied. Its files stand in `dir`, which must be there. */
RunWriter *run_writer_new(const char *dir, const RunTable *table, GError **err);
void run_writer_free(RunWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunWriter, run_writer_free)

/* Copies the rows. Several threads at once; in any order of the numbers. BH_FULL where the disk is full. */
bool run_add(RunWriter *writer, const RunRows *rows, GError **err);

/* What was added, as rows that an organisation's month gets. */
typedef struct {
    int64_t org;
    int month;
    int64_t rows, held, warned; /* of state 2, of state 1 */
} RunPart;

typedef struct {
    int64_t rows, held, warned; /* as they will be read: each key once */
    int64_t repeated;           /* rows whose key came again later in the file */
    const RunPart *parts;       /* by month, then organisation; lives as long as the RunFile */
    size_t n_parts;
} RunSummary;

/* Takes the writer, also where it fails. */
RunFile *run_finish(RunWriter *writer, GError **err);
void run_free(RunFile *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunFile, run_free)
const RunSummary *run_summary(const RunFile *run);
const RunTable *run_table(const RunFile *run);

/* Whether a row that was added is one of those whose key came again later. */
bool run_is_repeated(const RunFile *run, uint32_t number);

/* Makes it survive a crash, under a name in its folder; the hash of all that is in it is what it must be known by. Afterwards the caller removes it, by run_remove. */
bool run_keep(RunFile *run, const char *name, Hash *ret_hash, GError **err);
bool run_remove(const char *dir, const char *name, GError **err); /* true also where there is none */

/* Opens what run_keep left. BH_NOT_FOUND; BH_INTERNAL "run-damaged": cut off, altered, or of another hash. */
RunFile *run_open(const char *dir, const char *name, const Hash *hash, GError **err);

typedef struct {
    uint32_t number;       /* in the file */
    uint32_t n_found;
    const uint16_t *found; /* ascending */
} RunRow;

typedef struct {
    size_t n;              /* 0: the end */
    const DbValue *cells;  /* n × columns, row by row; null as DB_NULL_INT, DATE_NONE, text without p */
    const RunRow *rows;
} RunChunk;

/* Rows by (month_, org_, key_) from row `skip` on. Several readers of one run may be open, each for one thread. */
RunReader *run_reader_new(const RunFile *run, int64_t skip, GError **err);
void run_reader_free(RunReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunReader, run_reader_free)

/* At most `most` rows, valid until the next call. BH_INTERNAL "run-damaged". */
bool run_next(RunReader *reader, size_t most, RunChunk *ret_chunk, GError **err);
