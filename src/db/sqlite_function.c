#include "db/sqlite_function.h"

#include "base/limits.h"

#include "base/banned.h"

/* What SQLite keeps for a function on one connection. */
typedef struct {
    DbFunction function;
    Arena *arena; /* of the call that runs; made by the first: a connection has many functions and calls few */
} Kept;

static void kept_free(void *data)
{
    Kept *kept = data;
    arena_free(kept->arena);
    g_free(kept);
}

static DbCallValue read_value(sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        return (DbCallValue) { .kind = DB_CALL_INT, .number = sqlite3_value_int64(value) };
    case SQLITE_TEXT: {
        const char *text = (const char *) sqlite3_value_text(value);
        return (DbCallValue) { .kind = DB_CALL_TEXT, .text = { text, (size_t) sqlite3_value_bytes(value) } };
    }
    default:
        return (DbCallValue) { .kind = DB_CALL_NULL };
    }
}

static void give(sqlite3_context *context, const DbCallValue *value)
{
    if (value->kind == DB_CALL_INT)
        sqlite3_result_int64(context, value->number);
    else if (value->kind == DB_CALL_TEXT)
        sqlite3_result_text64(context, value->text.p, value->text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_null(context);
}

/* One that was never written to has no block, and would give back its first at each rewind. */
static Arena *arena_of(Kept *kept)
{
    if (!kept->arena) {
        kept->arena = arena_new();
        arena_alloc(kept->arena, 1);
    }
    return kept->arena;
}

static DbCallValue *read_values(Arena *arena, int n, sqlite3_value **values)
{
    DbCallValue *args = ARENA_ARRAY(arena, DbCallValue, (size_t) n);
    for (int i = 0; i < n; i++)
        args[i] = read_value(values[i]);
    return args;
}

static void call(sqlite3_context *context, int n, sqlite3_value **values)
{
    Kept *kept = sqlite3_user_data(context);
    ArenaMark mark = arena_mark(arena_of(kept));
    DbCallValue answer = { .kind = DB_CALL_NULL };
    kept->function.call(kept->function.data, read_values(kept->arena, n, values), (size_t) n, kept->arena, &answer);
    give(context, &answer);
    arena_rewind(kept->arena, mark);
}

static void step(sqlite3_context *context, int n, sqlite3_value **values)
{
    Kept *kept = sqlite3_user_data(context);
    void **state = sqlite3_aggregate_context(context, sizeof *state);
    ArenaMark mark = arena_mark(arena_of(kept));
    if (state)
        kept->function.step(kept->function.data, state, read_values(kept->arena, n, values), (size_t) n);
    arena_rewind(kept->arena, mark);
}

static void end(sqlite3_context *context)
{
    Kept *kept = sqlite3_user_data(context);
    void **state = sqlite3_aggregate_context(context, 0);
    ArenaMark mark = arena_mark(arena_of(kept));
    DbCallValue answer = { .kind = DB_CALL_NULL };
    kept->function.end(kept->function.data, state ? *state : NULL, kept->arena, &answer);
    give(context, &answer);
    arena_rewind(kept->arena, mark);
}

int sqlite_functions_register(sqlite3 *handle, DbFunctions functions)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    int result = SQLITE_OK;
    DbFunction function;
    for (size_t i = 0; result == SQLITE_OK && functions(i, &function); i++) {
        Kept *kept = g_new0(Kept, 1);
        *kept = (Kept) { .function = function };
        bool plain = function.call != NULL;
        result = sqlite3_create_function_v2(handle, function.name, -1, flags, kept, plain ? call : NULL, plain ? NULL : step, plain ? NULL : end, kept_free);
    }
    return result;
}
