#include "indicator/tuple.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/banned.h"

/* --- Hashing ------------------------------------------------------------------------------------------------------------------- */

static Str text_at(const ExprColumn *column, size_t row)
{
    return column->codes ? column->dict->values[column->codes[row]] : ((const Str *) column->values)[row];
}

static uint64_t hash_value(const ExprColumn *column, ExprKind kind, size_t row, uint64_t before)
{
    int64_t number = 0;
    switch (kind) {
    case EXPR_TEXT: {
        Str text = text_at(column, row);
        return XXH3_64bits_withSeed(text.p, text.n, before);
    }
    case EXPR_BOOL: number = ((const uint8_t *) column->values)[row]; break;
    case EXPR_DATE: number = ((const Date *) column->values)[row]; break;
    default: number = ((const int64_t *) column->values)[row]; break;
    }
    return XXH3_64bits_withSeed(&number, sizeof number, before);
}

void tuple_hash(const PackDataset *pack, const RecordBatch *batch, const Str *names, size_t n_names, bool with_org, uint64_t *ret_hashes)
{
    for (size_t row = 0; row < batch->n; row++)
        ret_hashes[row] = with_org ? XXH3_64bits(&batch->orgs[row], sizeof *batch->orgs) : 1;
    for (size_t i = 0; i < n_names; i++) {
        ExprColumn column;
        ExprKind kind;
        bool there = records_column(pack, batch, names[i], &column, &kind);
        for (size_t row = 0; row < batch->n; row++)
            if (ret_hashes[row] != 0)
                ret_hashes[row] = !there || (column.nulls && column.nulls[row]) ? 0 : hash_value(&column, kind, row, ret_hashes[row]);
    }
}

uint64_t tuple_with(uint64_t hash, int64_t number)
{
    return MAX(XXH3_64bits_withSeed(&number, sizeof number, hash), 1);
}

/* --- Sets of records ------------------------------------------------------------------------------------------------------------ */

struct Tuples {
    GHashTable *asked;  /* number -> place of its newest record + 1, 0: none yet */
    GArray *records;    /* Kept */
};

typedef struct {
    TupleRecord record;
    uint32_t before; /* place + 1 of the record of the same number before it */
} Kept;

static guint number_hash(gconstpointer p)
{
    return (guint) *(const uint64_t *) p;
}

static gboolean number_equal(gconstpointer a, gconstpointer b)
{
    return *(const uint64_t *) a == *(const uint64_t *) b;
}

Tuples *tuples_new(void)
{
    Tuples *tuples = g_new0(Tuples, 1);
    tuples->asked = g_hash_table_new_full(number_hash, number_equal, g_free, NULL);
    tuples->records = g_array_new(false, false, sizeof(Kept));
    return tuples;
}

void tuples_free(Tuples *tuples)
{
    if (!tuples)
        return;
    g_hash_table_unref(tuples->asked);
    g_array_unref(tuples->records);
    g_free(tuples);
}

void tuples_ask(Tuples *tuples, uint64_t hash)
{
    if (hash != 0 && !g_hash_table_contains(tuples->asked, &hash))
        g_hash_table_insert(tuples->asked, g_memdup2(&hash, sizeof hash), GUINT_TO_POINTER(0));
}

bool tuples_asked(const Tuples *tuples, uint64_t hash)
{
    return hash != 0 && g_hash_table_contains(tuples->asked, &hash);
}

void tuples_add(Tuples *tuples, uint64_t hash, const TupleRecord *record)
{
    gpointer key, place;
    if (hash == 0 || !g_hash_table_lookup_extended(tuples->asked, &hash, &key, &place))
        return;
    Kept kept = { *record, GPOINTER_TO_UINT(place) };
    g_array_append_val(tuples->records, kept);
    g_hash_table_insert(tuples->asked, g_memdup2(&hash, sizeof hash), GUINT_TO_POINTER(tuples->records->len));
}

size_t tuples_count(const Tuples *tuples, uint64_t hash)
{
    size_t n = 0;
    for (guint at = GPOINTER_TO_UINT(g_hash_table_lookup(tuples->asked, &hash)); at > 0; at = g_array_index(tuples->records, Kept, at - 1).before)
        n++;
    return n;
}

static int by_order(const void *a, const void *b)
{
    const TupleRecord *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->month != y->month)
        return x->month < y->month ? -1 : 1;
    if (x->org != y->org)
        return x->org < y->org ? -1 : 1;
    return x->key == y->key ? 0 : x->key < y->key ? -1 : 1;
}

void tuples_many(Tuples *tuples, TupleMany many, void *data)
{
    g_autoptr(GArray) group = g_array_new(false, false, sizeof(TupleRecord));
    GHashTableIter iter;
    gpointer key, place;
    g_hash_table_iter_init(&iter, tuples->asked);
    while (g_hash_table_iter_next(&iter, &key, &place)) {
        g_array_set_size(group, 0);
        for (guint at = GPOINTER_TO_UINT(place); at > 0; at = g_array_index(tuples->records, Kept, at - 1).before)
            g_array_append_val(group, g_array_index(tuples->records, Kept, at - 1).record);
        if (group->len < 2)
            continue;
        g_array_sort(group, by_order);
        many((const TupleRecord *) (void *) group->data, group->len, data);
    }
}
