/* Who may take a step: by what his unit does, where his grants reach. */
#include "db/queries.h"
#include "hub/case.h"

#include "base/banned.h"

static const Str reporter = STR_INIT("reporter");

static bool add_functions(DbConn *conn, Str path, Arena *arena, GPtrArray *seen, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, FunctionsWithin, err, .path = path);
    for (FunctionsWithinRow row; rows && db_next(rows, &row, err);)
        g_ptr_array_add(seen, (gpointer) arena_str(arena, row.function).p);
    return db_rows_ok(rows);
}

const Str *hub_functions_of(DbConn *conn, const User *user, Arena *arena, GError **err)
{
    g_autoptr(GPtrArray) seen = g_ptr_array_new();
    if (user->org_path.n > 0 && !add_functions(conn, user->org_path, arena, seen, err))
        return NULL;
    for (size_t i = 0; i < user->n_absents; i++)
        if (!add_functions(conn, user->absents[i].org_path, arena, seen, err))
            return NULL;
    Str *functions = ARENA_ARRAY(arena, Str, seen->len + 1);
    for (guint i = 0; i < seen->len; i++)
        functions[i] = str_from(seen->pdata[i]);
    return functions;
}

static bool has(const Str *functions, Str wanted)
{
    for (; functions->p; functions++)
        if (str_eq(*functions, wanted))
            return true;
    return false;
}

/* Its own people, those of what lies below it, and of what lies above it, which may send for it. */
static bool stands_with(const User *user, Str org_path)
{
    bool above = user->org_path.n > 0 && org_within(org_path, user->org_path);
    for (size_t i = 0; i < user->n_absents; i++)
        above |= org_within(org_path, user->absents[i].org_path);
    return above || user_stands_within(user, org_path);
}

May hub_step_may(const User *user, const Str *functions, const PackStep *step, Str org_path, Str org_area)
{
    const MayObject facts = { .owner_paths = &org_path, .owner_areas = &org_area, .n_owners = 1, .place = org_path, .area = org_area };
    May refused = { .why = "not-your-function" };
    for (size_t i = 0; i < step->by.n; i++) {
        bool own = str_eq(step->by.v[i].text, reporter);
        if (own ? !stands_with(user, org_path) : !has(functions, step->by.v[i].text))
            continue;
        May answer = may(user, own ? VERB_SEND_DATA : VERB_MOVE_CASE, &facts);
        if (answer.ok)
            return answer;
        refused = answer;
    }
    return refused;
}
