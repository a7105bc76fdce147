#include "db/merge_leaf.h"

#include "base/banned.h"

/* Of keys in a leaf. Small, since a key by itself writes its leaf anew; large enough that the leaves of a file are few. */
enum { LEAF_MOST = 64, LEAF_CUT = 40 /* at most, in each part of one that is cut */, CELL_SIZE = 12 /* key, month */ };

typedef struct {
    int64_t org, from;
    const char *lies;
    const char *cells; /* in a result */
    size_t n;
} Leaf;

/* Keys by organisation and number, ascending. */
typedef struct {
    int64_t *orgs, *keys;
    size_t n;
} Wanted;

struct MergeLeaves {
    GPtrArray *results;
    GArray *list; /* of Leaf, by organisation and from: all in which a wanted key may stand */
    Wanted wanted;
};

bool merge_has_leaves(const DbMerge *merge)
{
    return merge->spec->places && merge->spec->places->columns[2].type == DB_TYPE_BLOB;
}

static void clear_result(gpointer result)
{
    PQclear(result);
}

static struct MergeLeaves *leaves_new(size_t n)
{
    struct MergeLeaves *leaves = g_new0(struct MergeLeaves, 1);
    leaves->results = g_ptr_array_new_with_free_func(clear_result);
    leaves->list = g_array_new(false, false, sizeof(Leaf));
    leaves->wanted = (Wanted) { g_new(int64_t, n), g_new(int64_t, n), n };
    return leaves;
}

void merge_leaves_free(struct MergeLeaves *leaves)
{
    if (!leaves)
        return;
    g_ptr_array_unref(leaves->results);
    g_array_unref(leaves->list);
    g_free(leaves->wanted.orgs);
    g_free(leaves->wanted.keys);
    g_free(leaves);
}

static const Leaf *leaf_at(const struct MergeLeaves *leaves, size_t i)
{
    return &g_array_index(leaves->list, Leaf, i);
}

/* --- Finding ----------------------------------------------------------------------------------------------------------- */

/* Ranges of wanted keys: the leaf in which one begins, and those that begin within it, at most `most`. */
typedef struct {
    int64_t *orgs, *from, *to, *most;
    size_t *first; /* of the wanted */
    size_t n;
} Ranges;

static void ranges_init(Ranges *ranges, size_t most)
{
    *ranges = (Ranges) { g_new(int64_t, most), g_new(int64_t, most), g_new(int64_t, most), g_new(int64_t, most), g_new(size_t, most), 0 };
}

static void ranges_clear(Ranges *ranges)
{
    g_free(ranges->orgs);
    g_free(ranges->from);
    g_free(ranges->to);
    g_free(ranges->most);
    g_free(ranges->first);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ranges, ranges_clear)

static void add_range(Ranges *ranges, const Wanted *wanted, size_t first, size_t n)
{
    size_t i = ranges->n++;
    ranges->orgs[i] = wanted->orgs[first];
    ranges->from[i] = wanted->keys[first];
    ranges->to[i] = wanted->keys[first + n - 1];
    ranges->most[i] = n > 1 ? (int64_t) n : 0;
    ranges->first[i] = first;
}

/* Where eight keys or more begin alike, as those of running numbers do, the leaves of all of them are asked for at once; else that of each key. */
static void make_ranges(const Wanted *wanted, Ranges *ranges)
{
    enum { NEAR_SHIFT = 48, NEAR_LEAST = 8 };
    for (size_t i = 0, n; i < wanted->n; i += n) {
        for (n = 1; i + n < wanted->n && wanted->orgs[i + n] == wanted->orgs[i] && wanted->keys[i + n] >> NEAR_SHIFT == wanted->keys[i] >> NEAR_SHIFT;)
            n++;
        n = n < NEAR_LEAST ? 1 : n;
        add_range(ranges, wanted, i, n);
    }
}

enum { FOUND_RANGE, FOUND_LIES, FOUND_FROM, FOUND_CELLS };

/* seen: by range, how many leaves begin within it. */
static bool ask_ranges(const DbMerge *merge, struct MergeLeaves *leaves, const Ranges *ranges, int64_t *seen, GError **err)
{
    g_auto(PgArgs) args = { .n = 0 };
    pg_add_array(&args, ranges->orgs, ranges->n);
    pg_add_array(&args, ranges->from, ranges->n);
    pg_add_array(&args, ranges->to, ranges->n);
    pg_add_array(&args, ranges->most, ranges->n);
    PGresult *result = merge_ask(merge, PG_LEAVES_FIND, 0, &args, err);
    if (!result)
        return false;
    g_ptr_array_add(leaves->results, result);
    for (int i = 0; i < PQntuples(result); i++) {
        size_t range = (size_t) pg_get64(PQgetvalue(result, i, FOUND_RANGE)) - 1;
        Leaf leaf = { ranges->orgs[range], pg_get64(PQgetvalue(result, i, FOUND_FROM)), PQgetvalue(result, i, FOUND_LIES), PQgetvalue(result, i, FOUND_CELLS),
                      (size_t) PQgetlength(result, i, FOUND_CELLS) / CELL_SIZE };
        g_array_append_val(leaves->list, leaf);
        seen[range] += leaf.from > ranges->from[range];
    }
    return true;
}

static int by_from(const void *a, const void *b)
{
    const Leaf *x = a, *y = b;
    if (x->org != y->org)
        return x->org < y->org ? -1 : 1;
    return x->from < y->from ? -1 : x->from > y->from;
}

/* The leaf in which one range ends is that in which the next begins. */
static void sort_leaves(struct MergeLeaves *leaves)
{
    guint n = 0;
    g_array_sort(leaves->list, by_from);
    for (guint i = 0; i < leaves->list->len; i++) {
        Leaf *leaf = &g_array_index(leaves->list, Leaf, i);
        if (n == 0 || by_from(&g_array_index(leaves->list, Leaf, n - 1), leaf) != 0)
            g_array_index(leaves->list, Leaf, n++) = *leaf;
    }
    g_array_set_size(leaves->list, n);
}

/* Where keys begin alike and are not near each other, there is more between them than they are: their leaves are asked for one by one then. */
static bool find_leaves(const DbMerge *merge, struct MergeLeaves *leaves, GError **err)
{
    const Wanted *wanted = &leaves->wanted;
    g_auto(Ranges) ranges = { 0 };
    g_auto(Ranges) single = { 0 };
    ranges_init(&ranges, wanted->n);
    ranges_init(&single, wanted->n);
    make_ranges(wanted, &ranges);
    g_autofree int64_t *seen = g_new0(int64_t, wanted->n);
    if (!ask_ranges(merge, leaves, &ranges, seen, err))
        return false;
    for (size_t i = 0; i < ranges.n; i++)
        for (size_t k = 0; ranges.most[i] > 0 && seen[i] >= ranges.most[i] && k < (size_t) ranges.most[i]; k++)
            add_range(&single, wanted, ranges.first[i] + k, 1);
    if (single.n > 0 && !ask_ranges(merge, leaves, &single, seen, err))
        return false;
    sort_leaves(leaves);
    return true;
}

/* The leaf in which a key stands, or would: `at` goes on from key to key. NULL: there is none before it. */
static const Leaf *leaf_of(const struct MergeLeaves *leaves, size_t *at, int64_t org, int64_t key)
{
    const Leaf wanted = { .org = org, .from = key };
    while (*at < leaves->list->len && by_from(leaf_at(leaves, *at), &wanted) <= 0)
        ++*at;
    const Leaf *leaf = *at > 0 ? leaf_at(leaves, *at - 1) : NULL;
    return leaf && leaf->org == org ? leaf : NULL;
}

static int64_t cell_key(const Leaf *leaf, size_t i)
{
    return pg_get64(leaf->cells + i * CELL_SIZE);
}

static int32_t cell_month(const Leaf *leaf, size_t i)
{
    uint32_t be;
    memcpy(&be, leaf->cells + i * CELL_SIZE + sizeof(int64_t), sizeof be);
    return (int32_t) GUINT32_FROM_BE(be);
}

/* How many of its keys come before this one. */
static size_t cells_before(const Leaf *leaf, int64_t key)
{
    size_t low = 0, high = leaf->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cell_key(leaf, middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t month_of(const Leaf *leaf, int64_t key)
{
    size_t i = cells_before(leaf, key);
    return i < leaf->n && cell_key(leaf, i) == key ? cell_month(leaf, i) : MERGE_NO_PLACE;
}

bool merge_leaves_find(DbMerge *merge, GError **err)
{
    struct MergeLeaves *leaves = merge->leaves = leaves_new(merge->n);
    size_t at = 0;
    for (size_t i = 0; i < merge->n; i++) {
        const DbValue *row = merge_row(merge, merge->order[i]);
        leaves->wanted.orgs[i] = row[1].number;
        leaves->wanted.keys[i] = row[2].number;
    }
    if (!find_leaves(merge, leaves, err))
        return false;
    for (size_t i = 0; i < merge->n; i++) {
        const Leaf *leaf = leaf_of(leaves, &at, leaves->wanted.orgs[i], leaves->wanted.keys[i]);
        if (leaf)
            merge->places[merge->order[i]] = month_of(leaf, leaves->wanted.keys[i]);
    }
    return true;
}

/* Rows that nobody wants and that are read along with those between which they stand cost less than a look-up for each. */
static bool is_dense(const Leaf *leaf, int64_t from, int64_t to, size_t wanted)
{
    enum { ROWS_A_LOOK_UP = 3 };
    return leaf && wanted > 1 && cells_before(leaf, to) - cells_before(leaf, from) < ROWS_A_LOOK_UP * wanted;
}

size_t merge_leaves_spans(const DbMerge *merge, const int64_t *orgs, const int64_t *keys, size_t n, MergeSpan *spans)
{
    size_t at = 0, n_spans = 0;
    for (size_t i = 0, end; i < n; i = end) {
        const Leaf *leaf = leaf_of(merge->leaves, &at, orgs[i], keys[i]);
        for (end = i + 1; end < n && orgs[end] == orgs[i] && leaf_of(merge->leaves, &at, orgs[end], keys[end]) == leaf;)
            end++;
        if (is_dense(leaf, keys[i], keys[end - 1], end - i))
            spans[n_spans++] = (MergeSpan) { orgs[i], keys[i], keys[end - 1] };
        else
            for (size_t k = i; k < end; k++)
                spans[n_spans++] = (MergeSpan) { orgs[k], keys[k], keys[k] };
    }
    return n_spans;
}

/* --- Writing ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t key;
    int32_t month;
} Cell;

typedef struct {
    PgArgs args;
    PgBytes lies, cells; /* of leaves that change, as elements of arrays */
    size_t n;
    PgCopy copy;         /* of new ones; begun with the first */
    GArray *now;         /* of Cell: the leaf in hand */
} Writing;

static void writing_clear(Writing *w)
{
    pg_args_clear(&w->args);
    g_free(w->lies.p);
    g_free(w->cells.p);
    pg_copy_clear(&w->copy);
    if (w->now)
        g_array_unref(w->now);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writing, writing_clear)

static void put_cells(PgBytes *out, const Cell *cells, size_t n)
{
    pg_put32(out, (int64_t) (n * CELL_SIZE));
    for (size_t i = 0; i < n; i++) {
        pg_put64(out, cells[i].key);
        pg_put32(out, cells[i].month);
    }
}

static bool put_new(const DbMerge *merge, Writing *w, int64_t org, const Cell *cells, size_t n, GError **err)
{
    if (!w->copy.out && !merge_copy(&w->copy, merge, PG_LEAVES_COPY, 0, err))
        return false;
    pg_put16(w->copy.out, 3);
    pg_put_int(w->copy.out, org);
    pg_put_int(w->copy.out, cells[0].key);
    put_cells(w->copy.out, cells, n);
    return pg_copy_row_end(&w->copy, err);
}

static void put_changed(Writing *w, const Leaf *leaf, const Cell *cells, size_t n)
{
    pg_put_bytes(&w->lies, leaf->lies, PG_LIES_SIZE);
    put_cells(&w->cells, cells, n);
    w->n++;
}

/* What a leaf has become, cut where it is too much; its first part stays where it is. */
static bool put_leaf(const DbMerge *merge, Writing *w, const Leaf *leaf, int64_t org, GError **err)
{
    const Cell *cells = (const Cell *) (const void *) w->now->data;
    size_t n = w->now->len, parts = n > LEAF_MOST ? (n + LEAF_CUT - 1) / LEAF_CUT : 1;
    for (size_t p = 0; p < parts; p++) {
        size_t first = n * p / parts, end = n * (p + 1) / parts;
        if (p == 0 && leaf)
            put_changed(w, leaf, cells, end);
        else if (!put_new(merge, w, org, cells + first, end - first, err))
            return false;
    }
    return true;
}

static bool end_writing(const DbMerge *merge, Writing *w, GError **err)
{
    if (w->copy.out && !pg_copy_end(&w->copy, err))
        return false;
    if (w->n == 0)
        return true;
    pg_add_array_of(&w->args, PG_OID_TID, &w->lies, w->n);
    pg_add_array_of(&w->args, PG_OID_BYTEA, &w->cells, w->n);
    return merge_tell(merge, PG_LEAVES_CHANGE, 0, &w->args, err);
}

static void add_cell(Writing *w, int64_t key, int64_t month)
{
    const Cell cell = { key, (int32_t) month };
    g_array_append_val(w->now, cell);
}

/* Those of the leaf from *from on that come before the key. */
static void add_old_before(Writing *w, const Leaf *leaf, size_t *from, int64_t key)
{
    for (; leaf && *from < leaf->n && cell_key(leaf, *from) < key; ++*from)
        add_cell(w, cell_key(leaf, *from), cell_month(leaf, *from));
}

static void add_old_rest(Writing *w, const Leaf *leaf, size_t from)
{
    for (; leaf && from < leaf->n; from++)
        add_cell(w, cell_key(leaf, from), cell_month(leaf, from));
}

static bool is_placed(const DbMerge *merge, size_t i)
{
    uint8_t outcome = merge->told[merge->order[i]].outcome;
    return outcome == DB_ADDED || outcome == DB_MOVED;
}

/* Wanted keys of one leaf, those from *at on; *at is behind them then. Where none of them is placed anew nothing is written. */
static bool write_leaf(const DbMerge *merge, Writing *w, size_t *at, size_t *next, GError **err)
{
    const Wanted *wanted = &merge->leaves->wanted;
    int64_t org = wanted->orgs[*at];
    const Leaf *leaf = leaf_of(merge->leaves, next, org, wanted->keys[*at]);
    size_t from = 0;
    bool any = false;
    g_array_set_size(w->now, 0);
    for (; *at < wanted->n && wanted->orgs[*at] == org && leaf_of(merge->leaves, next, org, wanted->keys[*at]) == leaf; ++*at) {
        int64_t key = wanted->keys[*at];
        if (!is_placed(merge, *at))
            continue;
        add_old_before(w, leaf, &from, key);
        from += leaf && from < leaf->n && cell_key(leaf, from) == key;
        add_cell(w, key, merge_row(merge, merge->order[*at])[0].number);
        any = true;
    }
    add_old_rest(w, leaf, from);
    return !any || put_leaf(merge, w, leaf, org, err);
}

bool merge_leaves_write(DbMerge *merge, GError **err)
{
    g_auto(Writing) w = { .now = g_array_new(false, false, sizeof(Cell)) };
    size_t at = 0, leaf = 0;
    while (at < merge->n)
        if (!write_leaf(merge, &w, &at, &leaf, err))
            return false;
    return end_writing(merge, &w, err);
}

/* --- Taking away ------------------------------------------------------------------------------------------------------------ */

/* Leaves and keys ascend: *at goes on from leaf to leaf. */
static void remove_of_leaf(Writing *w, const Leaf *leaf, const int64_t *keys, size_t n, size_t *at)
{
    g_array_set_size(w->now, 0);
    for (size_t i = 0; i < leaf->n; i++) {
        int64_t key = cell_key(leaf, i);
        while (*at < n && keys[*at] < key)
            ++*at;
        if (*at == n || keys[*at] != key)
            add_cell(w, key, cell_month(leaf, i));
    }
    if (w->now->len < leaf->n)
        put_changed(w, leaf, (const Cell *) (const void *) w->now->data, w->now->len);
}

bool merge_leaves_remove(DbMerge *merge, int64_t org, const int64_t *keys, size_t n, GError **err)
{
    g_auto(Writing) w = { .now = g_array_new(false, false, sizeof(Cell)) };
    struct MergeLeaves *leaves = leaves_new(n);
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        leaves->wanted.orgs[i] = org;
    memcpy(leaves->wanted.keys, keys, n * sizeof *keys);
    bool ok = find_leaves(merge, leaves, err);
    for (guint i = 0; ok && i < leaves->list->len; i++)
        remove_of_leaf(&w, leaf_at(leaves, i), keys, n, &at);
    ok = ok && end_writing(merge, &w, err);
    merge_leaves_free(leaves);
    return ok;
}
