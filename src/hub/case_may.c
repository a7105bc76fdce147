/* Who may take a step: by what his unit does, where his grants reach. */
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

bool hub_case_concerned(DbConn *conn, int64_t case_id, Str org_path, Str org_area, Arena *arena, HubConcerned *ret_concerned, GError **err)
{
    ARENA_LIST(CaseOrgsRow) named = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, CaseOrgs, err, .case_id = case_id);
    for (CaseOrgsRow row; rows && db_next(rows, &row, err);) {
        db_row_keep(CaseOrgs, &row, arena);
        *ARENA_PUSH(arena, &named) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    Str *paths = ARENA_ARRAY(arena, Str, named.n + 1), *areas = ARENA_ARRAY(arena, Str, named.n + 1);
    paths[0] = arena_str(arena, org_path);
    areas[0] = arena_str(arena, org_area);
    for (size_t i = 0; i < named.n; i++) {
        paths[i + 1] = named.v[i].path;
        areas[i + 1] = named.v[i].area;
    }
    const MayObject own = { .owner_paths = paths, .owner_areas = areas, .n_owners = 1, .place = paths[0], .area = areas[0] };
    *ret_concerned = (HubConcerned) { named.v, named.n, own, own };
    ret_concerned->all.n_owners += named.n;
    return true;
}

May hub_step_may(const User *user, const Str *functions, const PackStep *step, const HubConcerned *concerned)
{
    May refused = { .why = "not-your-function" };
    for (size_t i = 0; i < step->by.n; i++) {
        bool own = str_eq(step->by.v[i].text, reporter);
        if (own ? !stands_with(user, concerned->own.place) : !has(functions, step->by.v[i].text))
            continue;
        May answer = own ? may(user, VERB_SEND_DATA, &concerned->own) : may(user, VERB_MOVE_CASE, &concerned->all);
        if (answer.ok)
            return answer;
        refused = answer;
    }
    return refused;
}
