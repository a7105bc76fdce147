/* Which keys came more than once, and what a run brings to each month of each organisation. Keys of a hundred million rows do not fit in memory: sieves, sets of bits by one hash
 * after the other, tell which may be there twice, and only those are held against each other. */
#include <stdlib.h>

#include "base/limits.h"
#include "hub/run_do.h"

#include "base/banned.h"

typedef struct {
    int64_t org, key;
    int32_t within; /* the month, where a key may stand in each; else 0 */
    int32_t month;
    uint32_t number;
    uint8_t state;
} Seen;

/* Of `mask` + 1 places those where more than one row fell. */
typedef struct {
    uint64_t *twice;
    uint64_t mask;
} Sieve;

enum { SIEVES_MOST = 6 };
#define SIEVE_PLACES ((uint64_t) 1 << 28) /* at most: 32 MB a set */

typedef struct {
    RunFile *run;
    Sieve sieves[SIEVES_MOST];
    size_t n_sieves;
    uint64_t *once;         /* of the last sieve while it is filled */
    GArray *seen;           /* Seen: rows whose key may be there twice */
    GHashTable *parts;      /* RunPart by itself */
    RunPart *last;
} Summing;

/* --- All rows, in whatever order ------------------------------------------------------------------------------------------------ */

typedef bool (*Each)(Summing *s, const RunHead *row, GError **err);

static bool each_of(Summing *s, const char *at, size_t size, Each each, GError **err)
{
    for (const char *end = at + size; at < end;) {
        const RunHead *head = (const RunHead *) at;
        if ((size_t) (end - at) < sizeof *head || head->size < sizeof *head || head->size > (size_t) (end - at))
            return run_damaged(err, s->run);
        if (!each(s, head, err))
            return false;
        at += head->size;
    }
    return true;
}

static bool each_row(Summing *s, Each each, GError **err)
{
    g_autoptr(GByteArray) buffer = g_byte_array_new();
    for (guint i = 0; i < s->run->pieces->len; i++) {
        const RunPiece *piece = &g_array_index(s->run->pieces, RunPiece, i);
        if (!each_of(s, piece->bytes, piece->size, each, err))
            return false;
    }
    for (guint i = 0; i < s->run->segments->len; i++) {
        const RunSegment *segment = &g_array_index(s->run->segments, RunSegment, i);
        for (size_t b = 0; b < segment->n; b++)
            if (!run_block_read(s->run, &segment->blocks[b], buffer, err) || !each_of(s, (const char *) buffer->data, buffer->len, each, err))
                return false;
    }
    return true;
}

/* --- Parts ------------------------------------------------------------------------------------------------------------------------ */

static guint part_hash(gconstpointer p)
{
    const RunPart *part = p;
    return (guint) ((uint64_t) part->org * 0x9E3779B97F4A7C15u >> 32) ^ (guint) part->month;
}

static gboolean part_equal(gconstpointer a, gconstpointer b)
{
    const RunPart *p = a, *q = b;
    return p->org == q->org && p->month == q->month;
}

static RunPart *part_of(Summing *s, int month, int64_t org)
{
    RunPart key = { .org = org, .month = month };
    if (s->last && part_equal(s->last, &key))
        return s->last;
    s->last = g_hash_table_lookup(s->parts, &key);
    if (!s->last) {
        s->last = g_new(RunPart, 1);
        *s->last = key;
        g_hash_table_add(s->parts, s->last);
    }
    return s->last;
}

static void count(Summing *s, int month, int64_t org, int state, int by)
{
    RunPart *part = part_of(s, month, org);
    part->rows += by;
    part->held += state == 2 ? by : 0;
    part->warned += state == 1 ? by : 0;
}

static int by_month(const void *a, const void *b)
{
    const RunPart *p = a, *q = b;
    return p->month != q->month ? (p->month < q->month ? -1 : 1) : (p->org > q->org) - (p->org < q->org);
}

static void write_parts(Summing *s)
{
    RunSummary *summary = &s->run->summary;
    RunPart *parts = ARENA_ARRAY(s->run->arena, RunPart, g_hash_table_size(s->parts) + 1);
    GHashTableIter iter;
    gpointer part;
    g_hash_table_iter_init(&iter, s->parts);
    while (g_hash_table_iter_next(&iter, &part, NULL)) {
        const RunPart *p = part;
        summary->rows += p->rows;
        summary->held += p->held;
        summary->warned += p->warned;
        parts[summary->n_parts++] = *p;
    }
    qsort(parts, summary->n_parts, sizeof *parts, by_month);
    summary->parts = parts;
}

/* --- Repeated keys ------------------------------------------------------------------------------------------------------------------ */

/* Each sieve has a hash of its own. */
static uint64_t place_of(const Summing *s, const RunHead *row, size_t sieve)
{
    uint64_t h = (uint64_t) row->key ^ (uint64_t) row->org * 0x9E3779B97F4A7C15u ^ (s->run->table.moves ? 0 : (uint64_t) (uint32_t) row->month * 0xC2B2AE3D27D4EB4Fu);
    h = (h ^ h >> 32 ^ sieve) * 0xD6E8FEB86659FD93u;
    return (h ^ h >> 32) & s->sieves[sieve].mask;
}

/* Whether its key may be there twice, by the first n sieves. */
static bool may_repeat(const Summing *s, const RunHead *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!run_bit(s->sieves[i].twice, (uint32_t) place_of(s, row, i)))
            return false;
    return true;
}

static bool note(Summing *s, const RunHead *row, GError **err)
{
    (void) err;
    size_t last = s->n_sieves - 1;
    if (!may_repeat(s, row, last))
        return true;
    uint64_t place = place_of(s, row, last), bit = (uint64_t) 1 << place % 64;
    s->sieves[last].twice[place / 64] |= s->once[place / 64] & bit;
    s->once[place / 64] |= bit;
    return true;
}

static bool note_first(Summing *s, const RunHead *row, GError **err)
{
    count(s, row->month, row->org, row->state, 1);
    s->run->most = MAX(s->run->most, row->number);
    return note(s, row, err);
}

static bool gather(Summing *s, const RunHead *row, GError **err)
{
    if (!may_repeat(s, row, s->n_sieves))
        return true;
    if (s->seen->len >= LIMIT_RUN_REPEATED) {
        error_set(err, BH_TOO_LARGE, "more than %d rows have keys that come again in the file", LIMIT_RUN_REPEATED);
        return error_detail(err, "too-many-repeated");
    }
    g_array_append_vals(s->seen, &(Seen) { row->org, row->key, s->run->table.moves ? 0 : row->month, row->month, row->number, row->state }, 1);
    return true;
}

static int compare_keys(const Seen *a, const Seen *b)
{
    if (a->org != b->org)
        return a->org < b->org ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->within > b->within) - (a->within < b->within);
}

static int by_key(const void *a, const void *b)
{
    const Seen *p = a, *q = b;
    int order = compare_keys(p, q);
    return order ? order : (p->number > q->number) - (p->number < q->number);
}

static int by_number(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *) a, q = *(const uint32_t *) b;
    return (p > q) - (p < q);
}

/* Of each key the last stays, and is told of. */
static void part_repeated(Summing *s)
{
    const Seen *seen = (const Seen *) s->seen->data;
    RunFile *run = s->run;
    for (guint i = 0; i + 1 < s->seen->len; i++) {
        if (compare_keys(&seen[i], &seen[i + 1]) != 0)
            continue;
        g_array_append_val(run->lost, seen[i].number);
        count(s, seen[i].month, seen[i].org, seen[i].state, -1);
        bool ends = i + 2 == s->seen->len || compare_keys(&seen[i + 1], &seen[i + 2]) != 0;
        if (!ends)
            continue;
        g_array_append_val(run->again, seen[i + 1].number);
        if (seen[i + 1].state == 0)
            part_of(s, seen[i + 1].month, seen[i + 1].org)->warned++;
    }
    g_array_sort(run->lost, by_number);
    g_array_sort(run->again, by_number);
    run->summary.repeated = run->lost->len;
    run_set_bits(run);
}

/* --- All --------------------------------------------------------------------------------------------------------------------------- */

static size_t count_rows(const RunFile *run)
{
    size_t n = 0;
    for (guint i = 0; i < run->pieces->len; i++)
        n += g_array_index(run->pieces, RunPiece, i).n;
    for (guint i = 0; i < run->segments->len; i++)
        for (size_t b = 0; b < g_array_index(run->segments, RunSegment, i).n; b++)
            n += g_array_index(run->segments, RunSegment, i).blocks[b].n;
    return n;
}

/* Eight places a row, so that one of eight rows goes on for nothing. */
static uint64_t places_for(uint64_t rows)
{
    uint64_t places = 1024;
    while (places < 8 * rows && places < SIEVE_PLACES)
        places *= 2;
    return places;
}

/* About how many rows fell where others did: seldom more than two on a place. */
static uint64_t left_by(const Sieve *sieve)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i <= sieve->mask / 64; i++)
        n += (uint64_t) __builtin_popcountll(sieve->twice[i]);
    return 2 * n;
}

static bool add_sieve(Summing *s, uint64_t rows, GError **err)
{
    uint64_t places = places_for(rows);
    g_autofree uint64_t *once = g_new0(uint64_t, places / 64);
    s->once = once;
    s->sieves[s->n_sieves++] = (Sieve) { g_new0(uint64_t, places / 64), places - 1 };
    return each_row(s, s->n_sieves == 1 ? note_first : note, err);
}

/* One is enough for most files. A further one takes a reading, and is worth it while it leaves much less than the one before. */
static bool sieve(Summing *s, GError **err)
{
    enum { FEW = 250000 };
    uint64_t before = count_rows(s->run), left;
    if (!add_sieve(s, before, err))
        return false;
    for (left = left_by(&s->sieves[0]); left > FEW && s->n_sieves < SIEVES_MOST && (s->n_sieves == 1 || left < before / 2); left = left_by(&s->sieves[s->n_sieves - 1])) {
        before = left;
        if (!add_sieve(s, left, err))
            return false;
    }
    return true;
}

bool run_sum(RunFile *run, GError **err)
{
    g_autoptr(GArray) seen = g_array_new(false, false, sizeof(Seen));
    g_autoptr(GHashTable) parts = g_hash_table_new_full(part_hash, part_equal, g_free, NULL);
    Summing s = { .run = run, .seen = seen, .parts = parts };
    bool ok = sieve(&s, err) && each_row(&s, gather, err);
    for (size_t i = 0; i < s.n_sieves; i++)
        g_free(s.sieves[i].twice);
    if (!ok)
        return false;
    g_array_sort(seen, by_key);
    part_repeated(&s);
    write_parts(&s);
    return true;
}
