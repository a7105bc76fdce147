#include "hub/run_do.h"

#include "base/banned.h"

/* Where rows come from in their order: a piece, or the blocks of a segment, one at a time. */
typedef struct {
    const char *at, *end; /* of what is in memory */
    const RunSegment *segment;
    size_t next_block;
    GByteArray *buffer;
} Source;

struct RunMerge {
    const RunFile *run;
    Source *sources;
    size_t n;
    Source **heap; /* the least row first; those that ended are left out */
    size_t n_heap;
    bool started;
};

static const RunHead *head_of(const Source *source)
{
    return (const RunHead *) source->at;
}

RunMerge *run_merge_new(const RunFile *run, bool pieces, bool segments)
{
    RunMerge *merge = g_new0(RunMerge, 1);
    size_t n = (pieces ? run->pieces->len : 0) + (segments ? run->segments->len : 0);
    merge->run = run;
    merge->sources = g_new0(Source, n + 1);
    merge->heap = g_new0(Source *, n + 1);
    for (guint i = 0; pieces && i < run->pieces->len; i++) {
        const RunPiece *piece = &g_array_index(run->pieces, RunPiece, i);
        merge->sources[merge->n++] = (Source) { .at = piece->bytes, .end = piece->bytes + piece->size };
    }
    for (guint i = 0; segments && i < run->segments->len; i++)
        merge->sources[merge->n++] = (Source) { .segment = &g_array_index(run->segments, RunSegment, i), .buffer = g_byte_array_new() };
    return merge;
}

void run_merge_free(RunMerge *merge)
{
    if (!merge)
        return;
    for (size_t i = 0; i < merge->n; i++)
        if (merge->sources[i].buffer)
            g_byte_array_unref(merge->sources[i].buffer);
    g_free(merge->sources);
    g_free(merge->heap);
    g_free(merge);
}

/* Whether the row at hand is whole: what a file holds was made by this program, and is still not trusted with memory. */
static bool is_row(const Source *source)
{
    size_t left = (size_t) (source->end - source->at);
    return left >= sizeof(RunHead) && head_of(source)->size >= sizeof(RunHead) && head_of(source)->size <= left && head_of(source)->size % 8 == 0;
}

/* Makes the row at hand one that is there; *ret_more false: the source ended. */
static bool fill(const RunMerge *merge, Source *source, bool *ret_more, GError **err)
{
    while (source->at == source->end && source->segment && source->next_block < source->segment->n) {
        if (!run_block_read(merge->run, &source->segment->blocks[source->next_block++], source->buffer, err))
            return false;
        source->at = (const char *) source->buffer->data;
        source->end = source->at + source->buffer->len;
    }
    *ret_more = source->at < source->end;
    return !*ret_more || is_row(source) || run_damaged(err, merge->run);
}

static void sink(RunMerge *merge, size_t i)
{
    Source *moving = merge->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= merge->n_heap)
            break;
        if (child + 1 < merge->n_heap && run_compare(head_of(merge->heap[child + 1]), head_of(merge->heap[child])) < 0)
            child++;
        if (run_compare(head_of(moving), head_of(merge->heap[child])) <= 0)
            break;
        merge->heap[i] = merge->heap[child];
        i = child;
    }
    merge->heap[i] = moving;
}

static bool start(RunMerge *merge, GError **err)
{
    merge->started = true;
    for (size_t i = 0; i < merge->n; i++) {
        bool more;
        if (!fill(merge, &merge->sources[i], &more, err))
            return false;
        if (more)
            merge->heap[merge->n_heap++] = &merge->sources[i];
    }
    for (size_t i = merge->n_heap / 2; i-- > 0;)
        sink(merge, i);
    return true;
}

static bool advance(RunMerge *merge, GError **err)
{
    Source *first = merge->heap[0];
    bool more;
    first->at += head_of(first)->size;
    if (!fill(merge, first, &more, err))
        return false;
    if (!more)
        merge->heap[0] = merge->heap[--merge->n_heap];
    if (merge->n_heap > 0)
        sink(merge, 0);
    return true;
}

bool run_merge_next(RunMerge *merge, const RunHead **ret_row, GError **err)
{
    bool ok = merge->started ? (merge->n_heap == 0 || advance(merge, err)) : start(merge, err);
    *ret_row = ok && merge->n_heap > 0 ? head_of(merge->heap[0]) : NULL;
    return ok;
}
