/* Each subject has a number that grows with each commit that made it stale. A reader notes the numbers before its transaction begins: what it reads is at least as new, and
 * so is what others kept under the same numbers. */
#include "db/kept.h"

#include "db/driver.h"

#include "base/banned.h"

typedef struct {
    unsigned subject;
    guint number; /* of the subject, when its maker's transaction began */
    Str key;
    GBytes *set;  /* NULL: none */
    int64_t n, asked; /* asked: the store's count of questions, when it was asked for last */
} Entry;

struct DbKeptStore {
    guint numbers[DB_KEPT_SUBJECTS]; /* atomic */
    GMutex lock; /* over what follows */
    Entry entries[DB_KEPT_MOST];
    size_t n_entries, bytes;
    int64_t questions;
};

static size_t size_of(const Entry *entry)
{
    return entry->key.n + (entry->set ? g_bytes_get_size(entry->set) : 0);
}

static void drop(DbKeptStore *store, Entry *entry)
{
    store->bytes -= size_of(entry);
    g_free((char *) entry->key.p);
    g_clear_pointer(&entry->set, g_bytes_unref);
    *entry = store->entries[--store->n_entries];
}

DbKeptStore *db_kept_new(void)
{
    DbKeptStore *store = g_new0(DbKeptStore, 1);
    g_mutex_init(&store->lock);
    return store;
}

void db_kept_clear(DbKeptStore *store)
{
    g_mutex_lock(&store->lock);
    while (store->n_entries > 0)
        drop(store, store->entries);
    g_mutex_unlock(&store->lock);
}

void db_kept_free(DbKeptStore *store)
{
    if (!store)
        return;
    db_kept_clear(store);
    g_mutex_clear(&store->lock);
    g_free(store);
}

void db_kept_begin(DbConn *conn)
{
    conn->stale = 0;
    for (size_t i = 0; conn->kept && i < DB_KEPT_SUBJECTS; i++)
        conn->kept_numbers[i] = (guint) g_atomic_int_get(&conn->kept->numbers[i]);
}

void db_kept_committed(DbConn *tx)
{
    for (size_t i = 0; tx->kept && i < DB_KEPT_SUBJECTS; i++)
        if (tx->stale & (1u << i))
            g_atomic_int_inc(&tx->kept->numbers[i]);
    tx->stale = 0;
}

void db_kept_stale(DbConn *tx, unsigned subject)
{
    g_assert(subject < DB_KEPT_SUBJECTS);
    tx->stale |= 1u << subject;
}

/* What an older number stands at is of no use to anybody. */
static Entry *find(DbKeptStore *store, const DbConn *conn, unsigned subject, Str key)
{
    for (size_t i = 0; i < store->n_entries; i++) {
        Entry *entry = &store->entries[i];
        if (entry->subject == subject && entry->number == conn->kept_numbers[subject] && str_eq(entry->key, key))
            return entry;
    }
    return NULL;
}

static void unref_set(void *set)
{
    g_bytes_unref(set);
}

bool db_kept_find(DbConn *conn, unsigned subject, Str key, DbKept *ret_kept)
{
    DbKeptStore *store = conn->kept;
    if (!store || conn->purpose != DB_FOR_READING)
        return false;
    g_mutex_lock(&store->lock);
    Entry *entry = find(store, conn, subject, key);
    if (entry) {
        entry->asked = ++store->questions;
        *ret_kept = (DbKept) { STR_NONE, entry->n };
        if (entry->set) {
            gsize size;
            const char *bits = g_bytes_get_data(entry->set, &size);
            db_tx_set_data(conn, entry->set, g_bytes_ref(entry->set), unref_set);
            ret_kept->set = (Str) { bits ? bits : "", size };
        }
    }
    g_mutex_unlock(&store->lock);
    return entry != NULL;
}

/* First those of no use any more, then the one that was not asked for longest. */
static Entry *worst(DbKeptStore *store)
{
    Entry *worst = NULL;
    for (size_t i = 0; i < store->n_entries; i++) {
        Entry *entry = &store->entries[i];
        if (entry->number != (guint) g_atomic_int_get(&store->numbers[entry->subject]))
            return entry;
        if (!worst || entry->asked < worst->asked)
            worst = entry;
    }
    return worst;
}

void db_kept_put(DbConn *conn, unsigned subject, Str key, const DbKept *kept)
{
    DbKeptStore *store = conn->kept;
    Entry made = { .subject = subject, .number = conn->kept_numbers[subject], .n = kept->n };
    if (!store || conn->purpose != DB_FOR_READING || kept->set.n > DB_KEPT_BYTES / 4)
        return;
    made.key = (Str) { g_memdup2(key.p, key.n), key.n };
    made.set = kept->set.p ? g_bytes_new(kept->set.p, kept->set.n) : NULL;
    g_mutex_lock(&store->lock);
    Entry *before = find(store, conn, subject, key);
    if (before)
        drop(store, before);
    while (store->n_entries == DB_KEPT_MOST || (store->n_entries > 0 && store->bytes + size_of(&made) > DB_KEPT_BYTES))
        drop(store, worst(store));
    made.asked = ++store->questions;
    store->entries[store->n_entries++] = made;
    store->bytes += size_of(&made);
    g_mutex_unlock(&store->lock);
}

Str db_set_joined(Str a, Str b, Arena *arena)
{
    Str longer = a.n >= b.n ? a : b, shorter = a.n >= b.n ? b : a;
    char *bits = arena_alloc(arena, longer.n + 1);
    memcpy(bits, longer.p, longer.n);
    for (size_t i = 0; i < shorter.n; i++)
        bits[i] |= shorter.p[i];
    return (Str) { bits, longer.n };
}
