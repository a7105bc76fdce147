/* A run's file: the blocks of its segments, then a footer that says where each begins and what it must be, then where the footer begins. Its hash is that of the footer, which holds
 * all other checksums. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include "hub/run_do.h"

#include "base/banned.h"

enum { RUN_FOOTER_MAX = 256 * 1024 * 1024 };
static const char magic[8] = "BHRUN01";

bool run_damaged(GError **err, const RunFile *run)
{
    error_set(err, BH_INTERNAL, "the sorted rows of %s are damaged", run->table.dataset ? run->table.dataset : "an import");
    return error_detail(err, "run-damaged");
}

/* --- The object --------------------------------------------------------------------------------------------------------- */

RunFile *run_new(const char *dir, const RunTable *table)
{
    RunFile *run = g_new0(RunFile, 1);
    run->arena = arena_new();
    run->dir = g_strdup(dir);
    run->fd = -1;
    run->pieces = g_array_new(false, false, sizeof(RunPiece));
    run->segments = g_array_new(false, false, sizeof(RunSegment));
    run->lost = g_array_new(false, false, sizeof(uint32_t));
    run->again = g_array_new(false, false, sizeof(uint32_t));
    if (!table)
        return run;
    RunColumn *columns = ARENA_ARRAY(run->arena, RunColumn, table->n);
    for (size_t i = 0; i < table->n; i++)
        columns[i] = (RunColumn) { arena_str(run->arena, str_from(table->columns[i].name)).p, table->columns[i].kind };
    run->table = (RunTable) { arena_str(run->arena, str_from(table->dataset)).p, columns, table->n, table->moves };
    return run;
}

static void clear_pieces(RunFile *run)
{
    for (guint i = 0; i < run->pieces->len; i++)
        g_free(g_array_index(run->pieces, RunPiece, i).bytes);
    g_array_set_size(run->pieces, 0);
}

void run_free(RunFile *run)
{
    if (!run)
        return;
    clear_pieces(run);
    for (guint i = 0; i < run->segments->len; i++)
        g_free(g_array_index(run->segments, RunSegment, i).blocks);
    g_array_unref(run->pieces);
    g_array_unref(run->segments);
    g_array_unref(run->lost);
    g_array_unref(run->again);
    g_free(run->lost_bits);
    g_free(run->again_bits);
    if (run->owns_fd)
        file_close(&run->fd);
    atomic_file_free(run->file);
    arena_free(run->arena);
    g_free(run->dir);
    g_free(run);
}

static uint64_t *bits_of(const GArray *numbers, uint32_t most)
{
    uint64_t *bits = numbers->len > 0 ? g_new0(uint64_t, (size_t) most / 64 + 1) : NULL;
    for (guint i = 0; i < numbers->len; i++)
        bits[g_array_index(numbers, uint32_t, i) / 64] |= (uint64_t) 1 << g_array_index(numbers, uint32_t, i) % 64;
    return bits;
}

void run_set_bits(RunFile *run)
{
    run->lost_bits = bits_of(run->lost, run->most);
    run->again_bits = bits_of(run->again, run->most);
}

const RunSummary *run_summary(const RunFile *run)
{
    return &run->summary;
}

const RunTable *run_table(const RunFile *run)
{
    return &run->table;
}

bool run_is_repeated(const RunFile *run, uint32_t number)
{
    return number <= run->most && run_bit(run->lost_bits, number);
}

/* --- Blocks --------------------------------------------------------------------------------------------------------------- */

bool run_block_read(const RunFile *run, const RunBlock *block, GByteArray *buffer, GError **err)
{
    size_t have = 0;
    g_byte_array_set_size(buffer, block->size);
    while (have < block->size) {
        ssize_t n = pread(run->fd, buffer->data + have, block->size - have, (off_t) (block->at + have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, errno, "the sorted rows of %s cannot be read", run->table.dataset);
        if (n == 0)
            return run_damaged(err, run);
        have += (size_t) n;
    }
    return XXH3_64bits(buffer->data, buffer->len) == block->hash || run_damaged(err, run);
}

static bool write_block(RunFile *run, RunSegment *segment, GByteArray *buffer, uint32_t n, GError **err)
{
    if (n == 0)
        return true;
    if (!file_write_all(run->fd, (Str) { (const char *) buffer->data, buffer->len }, err))
        return false;
    if (segment->n == segment->cap) {
        segment->cap = MAX(64, 2 * segment->cap);
        segment->blocks = g_renew(RunBlock, segment->blocks, segment->cap);
    }
    segment->blocks[segment->n++] = (RunBlock) { run->size, buffer->len, n, XXH3_64bits(buffer->data, buffer->len) };
    run->size += buffer->len;
    g_byte_array_set_size(buffer, 0);
    return true;
}

static bool write_segment(RunFile *run, RunSegment *segment, GError **err)
{
    g_autoptr(RunMerge) merge = run_merge_new(run, true, false);
    g_autoptr(GByteArray) buffer = g_byte_array_new();
    const RunHead *row;
    uint32_t n = 0;
    bool ok;
    while ((ok = run_merge_next(merge, &row, err)) && row) {
        if (buffer->len + row->size > RUN_BLOCK_BYTES) {
            if (!write_block(run, segment, buffer, n, err))
                return false;
            n = 0;
        }
        g_byte_array_append(buffer, (const guint8 *) row, row->size);
        n++;
    }
    return ok && write_block(run, segment, buffer, n, err);
}

bool run_spill(RunFile *run, GError **err)
{
    RunSegment segment = { NULL, 0, 0 };
    if (!run->file && !(run->file = atomic_file_new(run->dir, err)))
        return false;
    run->fd = atomic_file_fd(run->file);
    bool ok = write_segment(run, &segment, err);
    g_array_append_val(run->segments, segment); /* also what is half written, so that it is freed */
    if (ok)
        clear_pieces(run);
    return ok;
}

/* --- The footer ------------------------------------------------------------------------------------------------------------- */

static void put(GByteArray *out, const void *bytes, size_t n)
{
    g_byte_array_append(out, bytes, (guint) n);
}

static void put_number(GByteArray *out, uint64_t number)
{
    put(out, &number, sizeof number);
}

static void put_text(GByteArray *out, const char *text)
{
    put_number(out, strlen(text));
    put(out, text, strlen(text));
}

static void write_footer(const RunFile *run, GByteArray *out)
{
    put(out, magic, sizeof magic);
    put_text(out, run->table.dataset);
    put_number(out, run->table.moves);
    put_number(out, run->table.n);
    for (size_t i = 0; i < run->table.n; i++) {
        put_text(out, run->table.columns[i].name);
        put_number(out, run->table.columns[i].kind);
    }
    put_number(out, run->segments->len);
    for (guint i = 0; i < run->segments->len; i++) {
        const RunSegment *segment = &g_array_index(run->segments, RunSegment, i);
        put_number(out, segment->n);
        put(out, segment->blocks, segment->n * sizeof *segment->blocks);
    }
    put_number(out, run->most);
    put_number(out, run->lost->len);
    put(out, run->lost->data, run->lost->len * sizeof(uint32_t));
    put_number(out, run->again->len);
    put(out, run->again->data, run->again->len * sizeof(uint32_t));
    put_number(out, (uint64_t) run->summary.rows);
    put_number(out, (uint64_t) run->summary.held);
    put_number(out, (uint64_t) run->summary.warned);
    put_number(out, (uint64_t) run->summary.repeated);
    put_number(out, run->summary.n_parts);
    put(out, run->summary.parts, run->summary.n_parts * sizeof *run->summary.parts);
}

static Hash hash_of(const GByteArray *footer)
{
    return digest_of(DIGEST_SM3, (Str) { (const char *) footer->data, footer->len });
}

/* What does not fit in memory is in the file already; now the rest is, too. */
bool run_keep(RunFile *run, const char *name, Hash *ret_hash, GError **err)
{
    g_autoptr(GByteArray) footer = g_byte_array_new();
    g_autofree char *path = g_build_filename(run->dir, name, NULL);
    if ((run->pieces->len > 0 || !run->file) && !run_spill(run, err))
        return false;
    write_footer(run, footer);
    *ret_hash = hash_of(footer);
    put_number(footer, run->size);
    if (!file_write_all(run->fd, (Str) { (const char *) footer->data, footer->len }, err))
        return false;
    int fd = fcntl(run->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return error_set_errno(err, errno, "%s cannot be kept open", path);
    bool ok = atomic_file_commit(run->file, path, 0600, err);
    run->fd = fd;
    run->owns_fd = true;
    return ok;
}

bool run_remove(const char *dir, const char *name, GError **err)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return unlink(path) == 0 || errno == ENOENT || error_set_errno(err, errno, "%s cannot be removed", path);
}

/* --- Opening ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *at, *end;
    bool ok;
} Footer;

static const void *take(Footer *f, uint64_t n)
{
    f->ok &= n <= (uint64_t) (f->end - f->at);
    const void *at = f->at;
    f->at += f->ok ? n : 0;
    return f->ok ? at : NULL;
}

static uint64_t take_number(Footer *f)
{
    uint64_t number = 0;
    const void *at = take(f, sizeof number);
    if (at)
        memcpy(&number, at, sizeof number);
    return number;
}

static const char *take_text(Footer *f, Arena *arena)
{
    uint64_t n = take_number(f);
    const char *at = take(f, n);
    return at ? arena_str(arena, (Str) { at, n }).p : "";
}

static void take_table(Footer *f, RunFile *run)
{
    const char *dataset = take_text(f, run->arena);
    bool moves = take_number(f) != 0;
    uint64_t n = take_number(f);
    f->ok &= n >= RUN_HEAD_COLUMNS && n <= RUN_COLUMNS;
    RunColumn *columns = ARENA_ARRAY(run->arena, RunColumn, f->ok ? n : 0);
    for (uint64_t i = 0; f->ok && i < n; i++) {
        columns[i].name = take_text(f, run->arena);
        columns[i].kind = (ExprKind) take_number(f);
        f->ok &= columns[i].kind > EXPR_NONE && columns[i].kind <= EXPR_TIME;
    }
    run->table = (RunTable) { dataset, columns, n, moves };
}

static void take_segments(Footer *f, RunFile *run)
{
    uint64_t n = take_number(f);
    for (uint64_t i = 0; f->ok && i < n; i++) {
        uint64_t blocks = take_number(f);
        f->ok &= blocks <= RUN_FOOTER_MAX / sizeof(RunBlock);
        const void *at = take(f, f->ok ? blocks * sizeof(RunBlock) : 0);
        if (!f->ok)
            return;
        RunSegment segment = { g_memdup2(at, blocks * sizeof(RunBlock)), blocks, blocks };
        g_array_append_val(run->segments, segment);
    }
}

static void take_list(Footer *f, GArray *list)
{
    uint64_t n = take_number(f);
    f->ok &= n <= RUN_FOOTER_MAX / sizeof(uint32_t);
    const void *at = take(f, f->ok ? n * sizeof(uint32_t) : 0);
    if (f->ok)
        g_array_append_vals(list, at, (guint) n);
}

static void take_summary(Footer *f, RunFile *run)
{
    RunSummary *summary = &run->summary;
    summary->rows = (int64_t) take_number(f);
    summary->held = (int64_t) take_number(f);
    summary->warned = (int64_t) take_number(f);
    summary->repeated = (int64_t) take_number(f);
    uint64_t n = take_number(f);
    f->ok &= n <= RUN_FOOTER_MAX / sizeof(RunPart);
    const void *at = take(f, f->ok ? n * sizeof(RunPart) : 0);
    if (!f->ok)
        return;
    RunPart *parts = ARENA_ARRAY(run->arena, RunPart, n + 1);
    memcpy(parts, at, n * sizeof *parts);
    summary->parts = parts;
    summary->n_parts = n;
}

static bool read_footer(RunFile *run, const Hash *hash, GError **err)
{
    uint64_t start;
    off_t size = lseek(run->fd, 0, SEEK_END);
    if (size < (off_t) (sizeof start + sizeof magic) || pread(run->fd, &start, sizeof start, size - (off_t) sizeof start) != sizeof start)
        return run_damaged(err, run);
    uint64_t end = (uint64_t) size - sizeof start;
    if (start > end || end - start > RUN_FOOTER_MAX)
        return run_damaged(err, run);
    g_autoptr(GByteArray) footer = g_byte_array_new();
    g_byte_array_set_size(footer, (guint) (end - start));
    if (pread(run->fd, footer->data, footer->len, (off_t) start) != (ssize_t) footer->len || !hash_equal(hash_of(footer), *hash))
        return run_damaged(err, run);
    Footer f = { (const char *) footer->data, (const char *) footer->data + footer->len, true };
    const void *mark = take(&f, sizeof magic);
    f.ok = f.ok && memcmp(mark, magic, sizeof magic) == 0;
    take_table(&f, run);
    take_segments(&f, run);
    run->most = (uint32_t) take_number(&f);
    take_list(&f, run->lost);
    take_list(&f, run->again);
    take_summary(&f, run);
    if (!f.ok || f.at != f.end)
        return run_damaged(err, run);
    run_set_bits(run);
    return true;
}

RunFile *run_open(const char *dir, const char *name, const Hash *hash, GError **err)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(RunFile) run = run_new(dir, NULL);
    run->fd = open(path, O_RDONLY | O_CLOEXEC);
    run->owns_fd = true;
    if (run->fd < 0) {
        error_set_errno(err, errno, "%s cannot be opened", path);
        return NULL;
    }
    return read_footer(run, hash, err) ? g_steal_pointer(&run) : NULL;
}
