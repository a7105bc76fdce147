#include "http/report-cache.h"

#include "base/clock.h"

#include "base/banned.h"

enum { ENTRIES_MAX = 64 };

typedef struct {
    GString *text; /* NULL: none yet */
    int64_t made;  /* monotonic */
    bool making;   /* somebody counts */
} Entry;

struct ReportCache {
    GMutex lock;
    GCond made; /* somebody has counted, or failed */
    GHashTable *entries; /* char * to Entry * */
};

static void entry_free(gpointer data)
{
    Entry *entry = data;
    if (entry->text)
        g_string_free(entry->text, TRUE);
    g_free(entry);
}

ReportCache *report_cache_new(void)
{
    ReportCache *cache = g_new0(ReportCache, 1);
    g_mutex_init(&cache->lock);
    g_cond_init(&cache->made);
    cache->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return cache;
}

void report_cache_free(ReportCache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->entries);
    g_cond_clear(&cache->made);
    g_mutex_clear(&cache->lock);
    g_free(cache);
}

/* Keys are made of uids, words of ours and digests, so g_str_hash is safe here. The entry is in the caller's hands until the lock is given back. */
static Entry *entry_of(ReportCache *cache, const char *key)
{
    Entry *entry = g_hash_table_lookup(cache->entries, key);
    if (!entry) {
        entry = g_new0(Entry, 1);
        g_hash_table_insert(cache->entries, g_strdup(key), entry);
    }
    return entry;
}

/* A text that may be given out: fresh, or not too old while a fresh one is being made. */
static bool is_usable(const Entry *entry, int64_t now)
{
    return entry->text && now - entry->made < (entry->making ? 2 * REPORT_CACHE_MS : REPORT_CACHE_MS);
}

static gboolean is_stale(gpointer key, gpointer value, gpointer now)
{
    (void) key;
    const Entry *entry = value;
    return !entry->making && (!entry->text || *(const int64_t *) now - entry->made >= REPORT_CACHE_MS);
}

static void keep(ReportCache *cache, const char *key, const GString *text, int64_t now)
{
    Entry *entry = entry_of(cache, key);
    entry->making = false;
    if (entry->text)
        g_string_free(entry->text, TRUE);
    entry->text = g_string_new_len(text->str, (gssize) text->len);
    entry->made = now;
    if (g_hash_table_size(cache->entries) > ENTRIES_MAX)
        g_hash_table_foreach_remove(cache->entries, is_stale, &now);
    for (int64_t later = now + REPORT_CACHE_MS; g_hash_table_size(cache->entries) > ENTRIES_MAX; later += REPORT_CACHE_MS) /* all fresh: they go, too */
        if (g_hash_table_foreach_remove(cache->entries, is_stale, &later) == 0)
            break;
}

static bool count(ReportCache *cache, const char *key, ReportMake make, void *data, GString *out, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int64_t tasks = 0;
    bool made = make(data, text, &tasks, err);
    g_mutex_lock(&cache->lock);
    if (made && tasks >= REPORT_CACHE_TASKS)
        keep(cache, key, text, monotonic_ms());
    else
        g_hash_table_remove(cache->entries, key);
    g_cond_broadcast(&cache->made);
    g_mutex_unlock(&cache->lock);
    if (made)
        g_string_append_len(out, text->str, (gssize) text->len);
    return made;
}

bool report_cache_get(ReportCache *cache, Str key_text, ReportMake make, void *data, GString *out, GError **err)
{
    g_autofree char *key = str_dup(key_text);
    g_mutex_lock(&cache->lock);
    Entry *entry = g_hash_table_lookup(cache->entries, key);
    /* Of one scope that was large a moment ago only one counts at a time; of another each for himself. */
    while (entry && entry->making && entry->text && !is_usable(entry, monotonic_ms())) {
        g_cond_wait(&cache->made, &cache->lock);
        entry = g_hash_table_lookup(cache->entries, key);
    }
    bool usable = entry && is_usable(entry, monotonic_ms());
    if (usable)
        g_string_append_len(out, entry->text->str, (gssize) entry->text->len);
    else if (entry)
        entry->making = true;
    g_mutex_unlock(&cache->lock);
    return usable || count(cache, key, make, data, out, err);
}
