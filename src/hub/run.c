/* Writing and reading: what many threads add, and what one at a time takes in order. */
#include "hub/run_do.h"

#include "base/banned.h"

/* --- Writing ------------------------------------------------------------------------------------------------------------- */

struct RunWriter {
    RunFile *run;
    GMutex lock;   /* over run and bytes */
    size_t bytes;  /* of pieces in memory */
};

RunWriter *run_writer_new(const char *dir, const RunTable *table, GError **err)
{
    if (table->n < RUN_HEAD_COLUMNS || table->n > RUN_COLUMNS) {
        error_set(err, BH_INTERNAL, "a run of %s has 4 to %d columns, not %zu", table->dataset, RUN_COLUMNS, table->n);
        return NULL;
    }
    RunWriter *writer = g_new0(RunWriter, 1);
    writer->run = run_new(dir, table);
    g_mutex_init(&writer->lock);
    return writer;
}

void run_writer_free(RunWriter *writer)
{
    if (!writer)
        return;
    run_free(writer->run);
    g_mutex_clear(&writer->lock);
    g_free(writer);
}

bool run_add(RunWriter *writer, const RunRows *rows, GError **err)
{
    if (rows->n == 0)
        return true;
    RunPiece piece = run_encode(&writer->run->table, rows);
    bool ok = true;
    g_mutex_lock(&writer->lock);
    g_array_append_val(writer->run->pieces, piece);
    writer->bytes += piece.size;
    if (writer->bytes > RUN_MEMORY_BYTES) {
        ok = run_spill(writer->run, err);
        writer->bytes = 0;
    }
    g_mutex_unlock(&writer->lock);
    return ok;
}

RunFile *run_finish(RunWriter *writer, GError **err)
{
    g_autoptr(RunFile) run = g_steal_pointer(&writer->run);
    run_writer_free(writer);
    if (run->segments->len > 0 && run->pieces->len > 0 && !run_spill(run, err))
        return NULL;
    return run_sum(run, err) ? g_steal_pointer(&run) : NULL;
}

/* --- Reading --------------------------------------------------------------------------------------------------------------- */

struct RunReader {
    const RunFile *run;
    RunMerge *merge;
    int64_t skip;
    Arena *arena;      /* of rows from a file, for the chunk in hand */
    ArenaMark empty;
    DbValue *cells;
    RunRow *rows;
    size_t cap;
};

RunReader *run_reader_new(const RunFile *run, int64_t skip, GError **err)
{
    (void) err;
    RunReader *reader = g_new0(RunReader, 1);
    reader->run = run;
    reader->merge = run_merge_new(run, true, true);
    reader->skip = skip;
    reader->arena = arena_new();
    (void) arena_alloc(reader->arena, 1);
    reader->empty = arena_mark(reader->arena);
    return reader;
}

void run_reader_free(RunReader *reader)
{
    if (!reader)
        return;
    run_merge_free(reader->merge);
    arena_free(reader->arena);
    g_free(reader->cells);
    g_free(reader->rows);
    g_free(reader);
}

/* The next row that is not repeated; what comes from a file is copied, since its block may go. */
static bool next_row(RunReader *reader, const RunHead **ret_row, GError **err)
{
    bool ok;
    while ((ok = run_merge_next(reader->merge, ret_row, err)) && *ret_row) {
        if (run_bit(reader->run->lost_bits, (*ret_row)->number))
            continue;
        if (reader->skip == 0)
            break;
        reader->skip--;
    }
    if (ok && *ret_row && reader->run->fd >= 0) {
        RunHead *copy = arena_alloc(reader->arena, (*ret_row)->size);
        memcpy(copy, *ret_row, (*ret_row)->size);
        *ret_row = copy;
    }
    return ok;
}

/* One that stays for others has their finding too, and is never without a defect. */
static void mark_again(RunReader *reader, RunRow *row, DbValue *cells)
{
    uint16_t *found = ARENA_ARRAY(reader->arena, uint16_t, row->n_found + 1);
    size_t n = 0;
    bool put = false;
    for (size_t i = 0; i < row->n_found; i++) {
        if (!put && row->found[i] > RUN_REPEATED) {
            found[n++] = RUN_REPEATED;
            put = true;
        }
        found[n++] = row->found[i];
    }
    if (!put)
        found[n++] = RUN_REPEATED;
    row->found = found;
    row->n_found = (uint32_t) n;
    cells[RUN_STATE].number = MAX(cells[RUN_STATE].number, 1);
}

static void grow(RunReader *reader, size_t most)
{
    if (most <= reader->cap)
        return;
    reader->cells = g_renew(DbValue, reader->cells, most * reader->run->table.n);
    reader->rows = g_renew(RunRow, reader->rows, most);
    reader->cap = most;
}

bool run_next(RunReader *reader, size_t most, RunChunk *ret_chunk, GError **err)
{
    const RunHead *head = NULL;
    size_t n = 0;
    bool ok = true;
    grow(reader, most);
    arena_rewind(reader->arena, reader->empty);
    while (n < most && (ok = next_row(reader, &head, err)) && head) {
        DbValue *cells = reader->cells + n * reader->run->table.n;
        RunRow *row = &reader->rows[n++];
        run_decode(&reader->run->table, head, cells);
        *row = (RunRow) { head->number, head->n_found, run_found(head) };
        if (run_bit(reader->run->again_bits, head->number))
            mark_again(reader, row, cells);
    }
    *ret_chunk = (RunChunk) { n, reader->cells, reader->rows };
    return ok;
}
