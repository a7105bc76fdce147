/* run_do.h: private to the run files: what a row is as bytes, and where rows lie.
 *
 * Rows are kept whole, one behind the other, not by column: a merge moves rows, and columns would have to be gathered for each. */
#pragma once

#include "base/file.h"
#include "hub/run.h"

/* A row: this head; the findings (uint16_t); a bit for each further column that has no value; the values in the order of the columns: numbers in 8 bytes, days in 4, a length (RUN_LENGTH: four
 * more bytes follow) and its bytes for a text. Rows begin at multiples of 8. */
typedef struct {
    uint32_t size; /* of all of it, a multiple of 8 */
    uint32_t number;
    int32_t month;
    uint16_t n_found;
    uint8_t state, spare;
    int64_t org, key;
} RunHead;
G_STATIC_ASSERT(sizeof(RunHead) == 32);

enum { RUN_HEAD_COLUMNS = 4, RUN_LENGTH = 255, RUN_BLOCK_BYTES = 64 * 1024 };

/* Rows in their order, in memory. */
typedef struct {
    char *bytes;
    size_t size, n;
} RunPiece;

/* Rows in their order, in a file: blocks that lie one behind the other. */
typedef struct {
    uint64_t at;
    uint32_t size, n;
    uint64_t hash; /* XXH3 of its bytes */
} RunBlock;

typedef struct {
    RunBlock *blocks;
    size_t n, cap;
} RunSegment;

struct RunFile {
    char *dir;
    RunTable table;
    Arena *arena;          /* of table, summary */
    AtomicFile *file;      /* NULL: nothing was spilled, or it was opened */
    int fd;                /* to read from; -1: nothing is in a file */
    bool owns_fd;
    uint64_t size;         /* of the file */
    GArray *pieces;        /* RunPiece */
    GArray *segments;      /* RunSegment */
    RunSummary summary;
    uint32_t most;         /* the greatest number */
    GArray *lost, *again;  /* numbers of rows whose key came again, and of those that stay for them, ascending */
    uint64_t *lost_bits, *again_bits; /* the same, a bit a number; NULL where there is none */
};

static inline bool run_bit(const uint64_t *bits, uint32_t number)
{
    return bits && (bits[number / 64] >> (number % 64) & 1);
}

static inline int run_compare(const RunHead *a, const RunHead *b)
{
    if (a->month != b->month)
        return a->month < b->month ? -1 : 1;
    if (a->org != b->org)
        return a->org < b->org ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* run_code.c: rows of columns as a piece, in their order; a row as cells, whose texts stay where they are. */
RunPiece run_encode(const RunTable *table, const RunRows *rows);
void run_decode(const RunTable *table, const RunHead *head, DbValue *ret_cells);
static inline const uint16_t *run_found(const RunHead *head)
{
    return (const uint16_t *) (head + 1);
}

/* run_merge.c: rows of all pieces and segments in their order, repeated ones too. A row from a file stays only until the next is asked for. */
typedef struct RunMerge RunMerge;
RunMerge *run_merge_new(const RunFile *run, bool pieces, bool segments);
void run_merge_free(RunMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunMerge, run_merge_free)
bool run_merge_next(RunMerge *merge, const RunHead **ret_row, GError **err); /* NULL: the end */

/* run_file.c: a block, held against its checksum, into a buffer that grows. */
bool run_block_read(const RunFile *run, const RunBlock *block, GByteArray *buffer, GError **err);
bool run_spill(RunFile *run, GError **err); /* the pieces become a segment */
bool run_damaged(GError **err, const RunFile *run);
RunFile *run_new(const char *dir, const RunTable *table);
void run_set_bits(RunFile *run); /* from the lists */

/* run_finish.c: which keys are repeated; the summary. */
bool run_sum(RunFile *run, GError **err);
