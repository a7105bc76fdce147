/* What a merge decides, for both engines: which rows are new, changed, the same, moved. All is found before anything is written, so that nothing that is read moves under the reader. */
#include "db/merge_engine.h"

#include "base/banned.h"

static const MergeEngine *const engines[] = { [DB_SQLITE] = &merge_sqlite, [DB_POSTGRES] = &merge_postgres };

static DbType type_of(const DbTable *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(table->columns[i].name, name))
            return table->columns[i].type;
    g_assert_not_reached();
}

DbMerge *db_merge_new(const DbMergeSpec *spec, DbEngine engine)
{
    DbMerge *merge = g_new0(DbMerge, 1);
    g_assert(spec->n > 3 && spec->state >= 3 && spec->state < spec->n);
    merge->spec = spec;
    merge->engine = engine;
    merge->types = g_new(DbType, spec->n);
    for (size_t i = 0; i < spec->n; i++)
        merge->types[i] = type_of(spec->rows, spec->columns[i]);
    return merge;
}

void db_merge_free(DbMerge *merge)
{
    if (!merge)
        return;
    for (size_t i = 0; i < MERGE_TEXTS; i++)
        g_free(merge->texts[i]);
    g_free(merge->types);
    g_free(merge);
}

void merge_differs(const DbMerge *merge, DbMergeTold *told, size_t cell)
{
    const DbMergeSpec *spec = merge->spec;
    if (told->outcome == DB_SAME)
        told->outcome = DB_CHANGED;
    for (size_t i = 0; i < spec->n_identity; i++)
        if (spec->identity[i] == cell)
            told->outcome = DB_CLASH;
}

/* --- One call ------------------------------------------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b, void *data)
{
    const DbMerge *merge = data;
    const DbValue *x = merge_row(merge, *(const uint32_t *) a), *y = merge_row(merge, *(const uint32_t *) b);
    for (int i = 1; i < 3; i++)
        if (x[i].number != y[i].number)
            return x[i].number < y[i].number ? -1 : 1;
    return 0;
}

static bool is_ascending(const DbMerge *merge)
{
    for (size_t r = 1; r < merge->n; r++) {
        const DbValue *x = merge_row(merge, r - 1), *y = merge_row(merge, r);
        int i = x[0].number != y[0].number ? 0 : x[1].number != y[1].number ? 1 : 2;
        if (x[i].number >= y[i].number)
            return false;
    }
    return true;
}

/* Rows of one month are in this order already. */
static void sort_by_place(DbMerge *merge)
{
    for (size_t r = 1; r < merge->n; r++)
        if (by_place(&merge->order[r - 1], &merge->order[r], merge) > 0) {
            g_qsort_with_data(merge->order, (int) merge->n, sizeof *merge->order, by_place, merge);
            return;
        }
}

static bool find_places(DbMerge *merge, GError **err)
{
    merge->places = g_new(int64_t, merge->n);
    merge->order = g_new(uint32_t, merge->n);
    for (size_t r = 0; r < merge->n; r++) {
        merge->places[r] = MERGE_NO_PLACE;
        merge->order[r] = (uint32_t) r;
    }
    sort_by_place(merge);
    return engines[merge->engine]->find_places(merge, err);
}

/* Before anything is looked up: new, but where the places say that it moves. Returns whether one does. */
static bool begin_told(DbMerge *merge)
{
    bool moves = false;
    for (size_t r = 0; r < merge->n; r++) {
        int64_t place = merge->places ? merge->places[r] : MERGE_NO_PLACE;
        bool moved = place != MERGE_NO_PLACE && place != merge_row(merge, r)[0].number;
        merge->told[r] = (DbMergeTold) { moved ? DB_MOVED : DB_ADDED, -1, moved ? (int32_t) place : 0 };
        moves |= moved;
    }
    return moves;
}

static bool make_months(const DbMerge *merge, GError **err)
{
    for (size_t r = 0; r < merge->n; r++) {
        int month = (int) merge_row(merge, r)[0].number;
        if (r > 0 && month == merge_row(merge, r - 1)[0].number)
            continue;
        if (!db_table_month(merge->tx, merge->spec->rows, month, err) || !db_table_month(merge->tx, merge->spec->history, month, err))
            return false;
    }
    return true;
}

static bool run(DbMerge *merge, bool look, GError **err)
{
    const MergeEngine *engine = engines[merge->engine];
    if (!engine->begin(merge, err) || (!look && !make_months(merge, err)) || (merge->spec->places && !find_places(merge, err)))
        return false;
    bool moves = begin_told(merge);
    return engine->find(merge, err) && (!moves || engine->find_moved(merge, err)) && (look || engine->write(merge, err));
}

static bool merge_rows(DbConn *tx, DbMerge *merge, const DbValue *cells, size_t n, bool look, DbMergeTold *ret_told, GError **err)
{
    g_assert(n <= DB_MERGE_MOST);
    if (n == 0)
        return true;
    if (tx->failure) {
        g_propagate_error(err, g_error_copy(tx->failure));
        return false;
    }
    merge->tx = tx;
    merge->cells = cells;
    merge->n = n;
    merge->told = ret_told;
    bool ok = is_ascending(merge) ? run(merge, look, err) : db_conn_fail(tx, DB_RETRY_NO, err, BH_INTERNAL, "rows of a merge are not in the order of their keys");
    engines[merge->engine]->end(merge);
    g_clear_pointer(&merge->places, g_free);
    g_clear_pointer(&merge->order, g_free);
    return ok;
}

bool db_merge_rows(DbConn *tx, DbMerge *merge, const DbValue *cells, size_t n, DbMergeTold *ret_told, GError **err)
{
    return merge_rows(tx, merge, cells, n, false, ret_told, err);
}

bool db_merge_look(DbConn *conn, DbMerge *merge, const DbValue *cells, size_t n, DbMergeTold *ret_told, GError **err)
{
    return merge_rows(conn, merge, cells, n, true, ret_told, err);
}

bool db_merge_absent(DbConn *tx, DbMerge *merge, const DbMergeRange *range, bool look, Arena *arena, DbMergeGone *ret_gone, GError **err)
{
    const MergeEngine *engine = engines[merge->engine];
    DbMergeGone gone = { 0 };
    if (tx->failure) {
        g_propagate_error(err, g_error_copy(tx->failure));
        return false;
    }
    merge->tx = tx;
    if (!engine->begin(merge, err) || !engine->range(merge, range, arena, &gone, err) || (!look && gone.n > 0 && !engine->remove(merge, range, &gone, err)))
        return false;
    *ret_gone = gone;
    return true;
}
