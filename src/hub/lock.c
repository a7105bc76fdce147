#include "hub/lock.h"

#include "db/queries.h"

#include "base/banned.h"

struct HubLocks {
    Hub *hub;
    int64_t dataset; /* DB_NULL_INT: not installed */
    Date today;
    GMutex lock; /* over lists, arena */
    GHashTable *lists; /* organisation: HubLockedList */
    Arena *arena;
    bool known; /* the dataset's id was asked for */
    Str name;
};

HubLocks *hub_locks_new(Hub *hub, const PackDataset *dataset, Date today)
{
    if (!dataset->lock.node || dataset->kind == PACK_REGISTER)
        return NULL;
    HubLocks *locks = g_new0(HubLocks, 1);
    *locks = (HubLocks) { .hub = hub, .dataset = DB_NULL_INT, .today = today, .name = dataset->full_name, .arena = arena_new(), .lists = g_hash_table_new(g_int64_hash, g_int64_equal) };
    g_mutex_init(&locks->lock);
    return locks;
}

void hub_locks_free(HubLocks *locks)
{
    if (!locks)
        return;
    g_mutex_clear(&locks->lock);
    g_hash_table_unref(locks->lists);
    arena_free(locks->arena);
    g_free(locks);
}

static bool find_dataset(HubLocks *locks, DbConn *conn, GError **err)
{
    DatasetIdOfRow row;
    bool found;
    if (locks->known)
        return true;
    if (!db_one(conn, DatasetIdOf, locks->arena, &row, &found, err, .name = locks->name))
        return false;
    locks->known = true;
    locks->dataset = found ? row.id : DB_NULL_INT;
    return true;
}

static bool load(HubLocks *locks, int64_t org, HubLockedList **ret_list, GError **err)
{
    ARENA_LIST(HubLocked) list = { 0 };
    g_autoptr(DbConn) conn = db_reader(hub_open(locks->hub)->db, err);
    if (!conn || !find_dataset(locks, conn, err))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, LockedPeriods, err, .dataset = locks->dataset, .org = org, .today = locks->today);
    for (LockedPeriodsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(locks->arena, &list) = (HubLocked) { (Period) row.period, row.locked, 0 };
    if (!db_rows_ok(rows))
        return false;
    *ret_list = ARENA_NEW(locks->arena, HubLockedList);
    **ret_list = (HubLockedList) { list.n, list.v };
    return true;
}

bool hub_locks_of(HubLocks *locks, int64_t org, const HubLockedList **ret_list, GError **err)
{
    static const HubLockedList none = { 0, NULL };
    *ret_list = &none;
    if (!locks)
        return true;
    g_mutex_lock(&locks->lock);
    HubLockedList *list = g_hash_table_lookup(locks->lists, &org);
    bool ok = list || load(locks, org, &list, err);
    if (ok) {
        int64_t *key = ARENA_NEW(locks->arena, int64_t);
        *key = org;
        g_hash_table_replace(locks->lists, key, list);
        *ret_list = list;
    }
    g_mutex_unlock(&locks->lock);
    return ok;
}

bool hub_is_locked(const HubLockedList *list, Period period)
{
    size_t from = 0, to = list->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (list->v[middle].period == period)
            return true;
        if (list->v[middle].period < period)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

bool hub_month_locked(const HubLockedList *list, int month)
{
    for (size_t i = 0; i < list->n; i++)
        if (hub_month(period_start(list->v[i].period)) <= month && month <= hub_month(period_end(list->v[i].period)))
            return true;
    return false;
}

bool hub_period_locked(DbConn *conn, Arena *arena, Str dataset, int64_t org, Period period, Date today, bool *ret_locked, Date *ret_since, GError **err)
{
    LockedPeriodRow row;
    if (!db_one(conn, LockedPeriod, arena, &row, ret_locked, err, .dataset = dataset, .org = org, .period = period, .today = today))
        return false;
    *ret_since = *ret_locked ? row.locked : DATE_NONE;
    return true;
}
