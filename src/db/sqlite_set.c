#include "db/sqlite_set.h"

#include "db/search.h"

#include <glib.h>
#include <string.h>

#include "base/banned.h"

/* The aggregate's state; SQLite gives it zeroed. */
typedef struct {
    unsigned char *bits;
    gsize size; /* allocated, zeroed */
    gsize used; /* up to the largest id */
} Set;

static void grow(Set *set, gsize wanted)
{
    gsize size = MAX(2 * set->size, MAX(wanted, 4096));
    set->bits = g_realloc(set->bits, size);
    memset(set->bits + set->size, 0, size - set->size);
    set->size = size;
}

static void set_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void) n;
    Set *set = sqlite3_aggregate_context(context, sizeof *set);
    if (!set || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    sqlite3_int64 id = sqlite3_value_int64(values[0]);
    if (id < 0 || id >= ID_SET_MOST) {
        sqlite3_result_error_toobig(context);
        return;
    }
    gsize at = (gsize) id / 8;
    if (at >= set->size)
        grow(set, at + 1);
    set->bits[at] |= (unsigned char) (1 << (id % 8));
    set->used = MAX(set->used, at + 1);
}

/* Also called for a statement that was left in the middle, so that nothing is lost. */
static void set_final(sqlite3_context *context)
{
    Set *set = sqlite3_aggregate_context(context, 0);
    if (set && set->bits)
        sqlite3_result_blob64(context, set->bits, set->used, g_free);
    else
        sqlite3_result_zeroblob(context, 0);
}

static void in_set(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void) n;
    const unsigned char *bits = sqlite3_value_blob(values[0]);
    sqlite3_int64 size = sqlite3_value_bytes(values[0]), id = sqlite3_value_int64(values[1]);
    sqlite3_result_int(context, bits && id >= 0 && id / 8 < size && (bits[id / 8] >> (id % 8) & 1));
}

static Str text_of(sqlite3_value *value)
{
    const char *p = (const char *) sqlite3_value_text(value);
    return (Str) { p ? p : "", (size_t) sqlite3_value_bytes(value) };
}

static void says(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void) n;
    g_autoptr(Arena) arena = arena_new();
    sqlite3_result_int(context, search_says(text_of(values[0]), text_of(values[1]), arena));
}

int sqlite_set_register(sqlite3 *handle)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int result = sqlite3_create_function_v2(handle, "id_set", 1, flags, NULL, NULL, set_step, set_final, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_create_function_v2(handle, "in_set", 2, flags, NULL, in_set, NULL, NULL, NULL);
    return result != SQLITE_OK ? result : sqlite3_create_function_v2(handle, "says", 2, flags, NULL, says, NULL, NULL, NULL);
}
