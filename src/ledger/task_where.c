/* Which tasks a list means, as conditions. */
#include "ledger/task_find.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/search.h"

#include "base/banned.h"

enum { ZONE_MINUTES = 8 * 60, DAY_MS = 24 * 60 * 60 * 1000, FEW_SAID = 500 /* that say it are looked up one by one */ };

#define TO_DO "issued,working,returned,reopened"

static const DbFilter filters[] = {
    { "state", "t.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "kind", "t.kind", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "source", "t.source", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "term", "t.term", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "category", "t.category", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
    { "number", "t.number", DB_FILTER_EQ, DB_TYPE_TEXT },
    { "stage", "t.stage", DB_FILTER_EQ_ANY, DB_TYPE_INT },
};

/* --- What the filter names ---------------------------------------------------------------------------------------------------- */

static bool named(bool found, Str uid, const char *what, GError **err)
{
    if (found)
        return true;
    error_set(err, BH_BAD_INPUT, "no %s '" STR_FMT "'", what, STR_ARG(utf8_head(uid, 40)));
    return error_at(err, "%s", what);
}

static bool find_org(const Finding *f, Str uid, const char *what, int64_t *ret_id, GError **err)
{
    Org org;
    bool found = true;
    if (!uid.p)
        return true;
    if (!org_by_uid(f->conn, f->arena, uid, &org, &found, err) || !named(found, uid, what, err))
        return false;
    *ret_id = org.id;
    return true;
}

static bool find_account(const Finding *f, Str uid, const char *what, int64_t *ret_id, GError **err)
{
    AccountIdByUidRow row;
    bool found = true;
    if (!uid.p)
        return true;
    if (!db_one(f->conn, AccountIdByUid, f->arena, &row, &found, err, .uid = uid) || !named(found, uid, what, err))
        return false;
    *ret_id = row.id;
    return true;
}

static bool find_plan(const Finding *f, Str uid, int64_t *ret_id, GError **err)
{
    PlanIdByUidRow row;
    bool found = true;
    if (!uid.p)
        return true;
    if (!db_one(f->conn, PlanIdByUid, f->arena, &row, &found, err, .uid = uid))
        return false;
    *ret_id = found ? row.id : -1; /* a plan that is none has no tasks */
    return true;
}

static bool find_parent(const Finding *f, Str uid, int64_t *ret_id, GError **err)
{
    TaskIdByUidRow row;
    bool found = true;
    if (!uid.p || str_eq(uid, STR("none")))
        return true;
    if (!db_one(f->conn, TaskIdByUid, f->arena, &row, &found, err, .uid = uid))
        return false;
    *ret_id = found ? row.id : -1;
    return true;
}

bool finding_names(Finding *f, GError **err)
{
    const TaskFilter *filter = f->filter;
    return find_plan(f, filter->plan, &f->plan, err) && find_org(f, filter->owner, "owner", &f->owner, err)
           && find_org(f, filter->issuer, "issuer", &f->issuer, err) && find_account(f, filter->handler, "handler", &f->handler, err)
           && find_account(f, filter->leader, "leader", &f->leader, err) && find_parent(f, filter->parent, &f->parent, err);
}

/* --- States and dates ------------------------------------------------------------------------------------------------------------ */

/* A light is states and dates; task_light() tells it of one task, this of all. figures: without a figure that could decide. */
static const struct {
    const char *light, *states;
    bool from, to, figures;
    int days_from, days_to; /* from today */
} lights[] = {
    { "green", "verified,closed", false, false, false, 0, 0 },
    { "red", TO_DO, false, true, false, 0, -1 },
    { "amber", TO_DO, true, false, false, 0, 0 }, /* its end: take_ladders */
    { "grey", "submitted", false, false, true, 0, 0 },
};

static bool has_word(Str list, Str word)
{
    for (Str rest = list; rest.p;)
        if (str_eq(str_cut(&rest, ','), word))
            return true;
    return false;
}

void finding_keep_states(Finding *f, Str list)
{
    size_t kept = 0;
    if (f->all_states)
        for (Str rest = list; rest.p && kept < G_N_ELEMENTS(f->states);) {
            Str state = str_cut(&rest, ',');
            bool again = false;
            for (size_t i = 0; i < kept; i++)
                again |= str_eq(state, f->states[i]);
            if (!again)
                f->states[kept++] = state;
        }
    else
        for (size_t i = 0; i < f->n_states; i++)
            if (has_word(list, f->states[i]))
                f->states[kept++] = f->states[i];
    f->n_states = kept;
    f->all_states = false;
}

static void end_due(Finding *f, Date day)
{
    f->due_to = f->due_to == DATE_NONE ? day : MIN(f->due_to, day);
}

/* Amber begins with the yellow step of each plan's ladder. */
static bool take_ladders(Finding *f, GError **err)
{
    AmberRangeRow range;
    bool found;
    if (!db_one(f->conn, AmberRange, f->arena, &range, &found, err))
        return false;
    end_due(f, f->today + (Date) MAX(range.most, LIGHT_AMBER_DAYS));
    if (range.plans > 0)
        db_list_where_values(f->list, "(SELECT a.amber_from FROM task_amber a WHERE a.task = t.id) <= ?", &DB_DATE(f->today), 1);
    return true;
}

static bool take_light(Finding *f, Str light, GError **err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(lights); i++) {
        if (!str_eq(light, str_from(lights[i].light)))
            continue;
        finding_keep_states(f, str_from(lights[i].states));
        if (lights[i].from)
            f->due_from = MAX(f->due_from, f->today + lights[i].days_from);
        if (lights[i].to)
            end_due(f, f->today + lights[i].days_to);
        if (g_str_equal(lights[i].light, "amber") && !take_ladders(f, err))
            return false;
        if (lights[i].figures)
            db_list_where(f->list, "t.figures > 0 AND t.incomputable IS NULL", NULL, 0);
        return true;
    }
    error_set(err, BH_BAD_INPUT, "no light '" STR_FMT "'", STR_ARG(utf8_head(light, 40)));
    return error_at(err, "light");
}

bool finding_states(Finding *f, GError **err)
{
    f->all_states = true;
    f->due_from = f->filter->due_from;
    f->due_to = f->filter->due_to;
    if (f->filter->state.p)
        finding_keep_states(f, f->filter->state);
    if (f->filter->silent)
        finding_keep_states(f, STR(TO_DO));
    if (f->filter->late && !take_light(f, STR("red"), err))
        return false;
    return !f->filter->light.p || take_light(f, f->filter->light, err);
}

/* --- Conditions -------------------------------------------------------------------------------------------------------------------- */

static bool plain(Finding *f, const char *name, Str value, GError **err)
{
    return !value.p || db_list_filter(f->list, filters, G_N_ELEMENTS(filters), str_from(name), value, err);
}

static void where_id(Finding *f, const char *condition, int64_t id)
{
    if (id)
        db_list_where(f->list, condition, &id, 1);
}

static Str joined_states(const Finding *f)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < f->n_states; i++) {
        g_string_append(text, i > 0 ? "," : "");
        g_string_append_len(text, f->states[i].p, (gssize) f->states[i].n);
    }
    return arena_str(f->arena, str_from_gstring(text));
}

static bool where_states(Finding *f, GError **err)
{
    if (f->all_states)
        return true;
    if (f->n_states > 0)
        return plain(f, "state", joined_states(f), err);
    db_list_where(f->list, "1 = 0", NULL, 0);
    return true;
}

static void where_dates(Finding *f)
{
    if (f->due_from != DATE_NONE)
        db_list_where_values(f->list, "t.due >= ?", &DB_DATE(f->due_from), 1);
    if (f->due_to != DATE_NONE)
        db_list_where_values(f->list, "t.due <= ?", &DB_DATE(f->due_to), 1);
    int64_t since = f->filter->changed_from == DATE_NONE ? 0 : (int64_t) f->filter->changed_from * DAY_MS - ZONE_MINUTES * 60 * 1000;
    int64_t until = ((int64_t) f->today - SILENT_DAYS) * DAY_MS - ZONE_MINUTES * 60 * 1000;
    if (since)
        db_list_where(f->list, "t.changed >= ?", &since, 1);
    if (f->filter->silent)
        db_list_where(f->list, "t.changed < ? AND NOT EXISTS (SELECT 1 FROM task_progress g WHERE g.task = t.id AND g.at >= ?)",
                      (const int64_t[]) { until, until }, 2);
}

static unsigned role_parts(const TaskFilter *filter)
{
    return str_eq(filter->role, STR("lead")) ? PART_LEAD : str_eq(filter->role, STR("support")) ? PART_SUPPORT : PART_LEAD | PART_SUPPORT;
}

unsigned finding_owner_parts(const TaskFilter *filter)
{
    return filter->owner_below ? role_parts(filter) : role_parts(filter) * PART_DIRECT;
}

#define LIES_IN "coalesce((SELECT w.parts FROM task_scope w WHERE w.task = t.id AND w.scope = ?) & ?, 0) <> 0" /* see scope.c */

Scopes finding_own_units(const Finding *f)
{
    Scopes units = { .v = { { f->user->org, role_parts(f->filter) } }, .n = 1 };
    for (size_t i = 0; i < f->user->n_absents && units.n < SCOPES_MOST; i++) {
        bool there = false;
        for (size_t k = 0; k < units.n; k++)
            there |= units.v[k].scope == f->user->absents[i].org;
        if (!there)
            units.v[units.n++] = (Scope) { f->user->absents[i].org, role_parts(f->filter) };
    }
    return units;
}

static void where_mine(Finding *f)
{
    Scopes units = finding_own_units(f);
    const char *pieces[2 * SCOPES_MOST];
    DbValue values[2 * SCOPES_MOST];
    for (size_t i = 0; i < units.n; i++) {
        pieces[2 * i] = i > 0 ? " OR " : "";
        pieces[2 * i + 1] = LIES_IN;
        values[2 * i] = DB_INT(units.v[i].scope);
        values[2 * i + 1] = DB_INT(units.v[i].parts);
    }
    db_list_where_pieces(f->list, pieces, 2 * units.n, values, 2 * units.n);
}

#define PARENT_THERE \
    "t.parent IS NULL OR NOT EXISTS (SELECT 1 FROM task_scope v WHERE v.task = t.parent AND v.scope = ? AND (v.parts & ?) <> 0 AND NOT v.restricted" \
    " AND EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = t.parent AND w.role = 'lead' AND substr(o.area, 1, length(?)) = ?))"

static void where_whole(Finding *f)
{
    Str area = f->filter->area.p ? f->filter->area : STR("");
    DbValue values[] = { DB_INT(f->owner ? f->owner : SCOPE_ALL), DB_INT(f->owner ? finding_owner_parts(f->filter) : PART_LEAD), DB_TEXT(area), DB_TEXT(area) };
    db_list_where_values(f->list, PARENT_THERE, values, G_N_ELEMENTS(values));
}

static void where_parties(Finding *f)
{
    if (f->filter->whole)
        where_whole(f);
    if (f->owner)
        db_list_where(f->list, LIES_IN, (const int64_t[]) { f->owner, finding_owner_parts(f->filter) }, 2);
    if (f->filter->mine)
        where_mine(f);
    where_id(f, "p.issuer = ?", f->issuer);
    if (f->filter->area.p)
        db_list_where_values(f->list, "EXISTS (SELECT 1 FROM task_owner w JOIN org o ON o.id = w.org WHERE w.task = t.id AND w.role = 'lead'"
                                      " AND substr(o.area, 1, length(?)) = ?)",
                             (const DbValue[]) { DB_TEXT(f->filter->area), DB_TEXT(f->filter->area) }, 2);
}

static const char *const said_here[] = { [SAID_SET] = IN_SAID("t.id"), [SAID_SOME] = IN_SOME("t.id"), [SAID_MANY] = IN_MANY("t.id") };

DbValue finding_said(const Finding *f)
{
    return f->says == SAID_SET ? DB_BLOB(f->said) : DB_TEXT(f->match);
}

/* Of a word that few tasks say the index is the place to look; one that many say is asked of each task. */
static bool where_said(Finding *f, GError **err)
{
    DbKept said;
    DbEngine engine = db_conn_engine(f->conn);
    if (!f->filter->q.p)
        return true;
    if (!search_wish(engine, f->filter->q, f->arena, &f->match)) {
        db_list_where(f->list, "1 = 0", NULL, 0);
        return true;
    }
    if (!search_said(f->conn, f->match, engine == DB_SQLITE ? INT64_MAX : FEW + 1, f->arena, &said, err))
        return false;
    f->said = said.set;
    f->few_said = said.n <= FEW_SAID;
    if (!f->few_said) {
        f->says = engine == DB_SQLITE ? SAID_SET : said.n <= FEW ? SAID_SOME : SAID_MANY;
        const DbValue value = finding_said(f);
        db_list_where_values(f->list, said_here[f->says], &value, 1);
    }
    return true;
}

bool finding_conditions(Finding *f, GError **err)
{
    const TaskFilter *filter = f->filter;
    where_id(f, "t.plan = ?", f->plan);
    where_id(f, "t.handler = ?", f->handler);
    where_id(f, "t.leader = ?", f->leader);
    where_id(f, "t.parent = ?", f->parent);
    if (str_eq(filter->parent, STR("none")))
        db_list_where(f->list, "t.parent IS NULL", NULL, 0);
    if (filter->relapsed)
        db_list_where(f->list, "t.relapses > 0", NULL, 0);
    if (filter->hidden)
        db_list_where(f->list, "(t.restricted OR t.state IN ('draft', 'discarded'))", NULL, 0);
    where_dates(f);
    where_parties(f);
    return where_said(f, err) && where_states(f, err) && plain(f, "kind", filter->kind, err) && plain(f, "source", filter->source, err) && plain(f, "term", filter->term, err)
           && plain(f, "category", filter->category, err) && plain(f, "number", filter->number, err) && plain(f, "stage", filter->stage, err);
}
