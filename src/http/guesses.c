/* Wrong tokens by address. A token has 256 bits: nobody guesses one; this keeps a broken or curious client from costing more than it is worth, and a look at
 * the log readable. */
#include "http/app.h"

#include "base/banned.h"

enum { GUESSES_A_MINUTE = 20, ADDRESSES_MAX = 4096, MINUTE_MS = 60000 };

typedef struct {
    int64_t since_ms;
    int count;
} Tries;

struct Guesses {
    GMutex lock;
    GHashTable *tries; /* address (Str) to Tries */
};

Guesses *guesses_new(void)
{
    Guesses *guesses = g_new0(Guesses, 1);
    g_mutex_init(&guesses->lock);
    guesses->tries = g_hash_table_new_full(str_hash, str_equal, g_free, g_free);
    return guesses;
}

void guesses_free(Guesses *guesses)
{
    if (!guesses)
        return;
    g_hash_table_unref(guesses->tries);
    g_mutex_clear(&guesses->lock);
    g_free(guesses);
}

bool guesses_allow(Guesses *guesses, Str peer, int64_t now_ms, GError **err)
{
    g_mutex_lock(&guesses->lock);
    const Tries *tries = g_hash_table_lookup(guesses->tries, &peer);
    bool allowed = !tries || tries->count < GUESSES_A_MINUTE || now_ms - tries->since_ms >= MINUTE_MS;
    g_mutex_unlock(&guesses->lock);
    return allowed || error_set(err, BH_TOO_MANY, "too many wrong tokens from this address: wait a minute");
}

/* The text lies behind its view, so that both go together. */
static Str *key_new(Str text)
{
    Str *key = g_malloc(sizeof *key + text.n);
    *key = (Str) { (char *) (key + 1), text.n };
    memcpy(key + 1, text.p, text.n);
    return key;
}

static gboolean is_old(void *key, void *value, void *now_ms)
{
    (void) key;
    return *(int64_t *) now_ms - ((Tries *) value)->since_ms >= MINUTE_MS;
}

void guesses_count(Guesses *guesses, Str peer, int64_t now_ms)
{
    g_mutex_lock(&guesses->lock);
    if (g_hash_table_size(guesses->tries) >= ADDRESSES_MAX)
        g_hash_table_foreach_remove(guesses->tries, is_old, &now_ms);
    Tries *tries = g_hash_table_lookup(guesses->tries, &peer);
    if (!tries && g_hash_table_size(guesses->tries) < ADDRESSES_MAX) {
        tries = g_new0(Tries, 1);
        g_hash_table_insert(guesses->tries, key_new(peer), tries);
    }
    if (tries && now_ms - tries->since_ms >= MINUTE_MS)
        *tries = (Tries) { .since_ms = now_ms };
    if (tries)
        tries->count++;
    g_mutex_unlock(&guesses->lock);
}
