/* Proves that the tables say what the events say: folds the "set" of every event of an object into a map, makes the same map from its rows, and holds the two against each
 * other; then looks for rows and events of nothing. Each step is one read transaction that sees an object's rows and events in one state, so people go on
 * working meanwhile, and memory holds one object. What is held by what: docs/internals/rebuild.md. */
#include "ledger/rebuild.h"

#include "base/clock.h"
#include "db/queries.h"

#include "base/banned.h"

enum { STEP = 100, STEP_MS = 1000 /* a slow machine does less in one read transaction, which has its limit */, PROBLEMS_KEPT = 100 };

typedef struct {
    Arena *arena; /* of the report */
    RebuildReport report;
    ARENA_LIST(struct RebuildProblem) problems;
} Rebuild;

typedef struct {
    int64_t id;
    Str uid;
} Object;
typedef ARENA_LIST(Object) Objects;

/* --- What is held ------------------------------------------------------------------------------------------------------------ */

#define NEXT(function, Query) \
    static bool function(DbConn *conn, int64_t after, Arena *arena, Objects *objects, GError **err) \
    { \
        g_autoptr(DbRows) rows = db_query(conn, Query, err, .id = after, .limit = STEP); \
        for (Query##Row row; rows && db_next(rows, &row, err);) \
            *ARENA_PUSH(arena, objects) = (Object) { row.id, arena_str(arena, row.uid) }; \
        return db_rows_ok(rows); \
    }
NEXT(next_tasks, TasksAfter)
NEXT(next_plans, PlansAfter)
NEXT(next_look_backs, LookBacksAfter)
NEXT(next_rules, DutyRulesAfter)
NEXT(next_duties, DutiesAfter)
NEXT(next_reports, ReportsAfter)
NEXT(next_registers, RegistersAfter)
NEXT(next_entries, RegisterRowsAfter)
NEXT(next_documents, DocumentsAfter)

typedef struct {
    const char *kind; /* of events */
    bool (*next)(DbConn *conn, int64_t after, Arena *arena, Objects *objects, GError **err);
    bool (*fold)(Held *held, const HeldEvent *event, GError **err); /* NULL: its events are not folded */
    bool (*rows)(Held *held, StateMap *map, GError **err);
} Subject;

static const Subject subjects[] = {
    { "task", next_tasks, held_fold_task, held_rows_task },
    { "plan", next_plans, held_set, held_rows_plan },
    { "look_back", next_look_backs, held_set, held_rows_look_back },
    { "duty_rule", next_rules, held_fold_rule, held_rows_rule },
    { "duty", next_duties, held_set, held_rows_duty },
    { "report", next_reports, held_set, held_rows_report },
    { "register", next_registers, held_set, held_rows_register },
    { "register-row", next_entries, held_set, held_rows_entry },
    { "document", next_documents, NULL, held_rows_document },
};

/* --- One object ---------------------------------------------------------------------------------------------------------------- */

static Str *keep(Arena *arena, Str s)
{
    Str *kept = ARENA_NEW(arena, Str);
    *kept = arena_str(arena, s);
    return kept;
}

Str held_value(const Held *held, Str key)
{
    const Str *value = g_hash_table_lookup(held->state, &key);
    return value ? *value : STR_NONE;
}

void held_put(Held *held, Str key, Str value)
{
    g_hash_table_insert(held->state, keep(held->arena, key), keep(held->arena, value));
}

void held_push(Held *held, StateMap *map, Str key, Str value)
{
    if (value.p)
        *ARENA_PUSH(held->arena, map) = (StateEntry) { arena_str(held->arena, key), arena_str(held->arena, value) };
}

void held_fault(Held *held, Str key)
{
    *ARENA_PUSH(held->arena, &held->faults) = arena_str(held->arena, key);
}

bool held_set(Held *held, const HeldEvent *event, GError **err)
{
    for (const JsonValue *member = event->set ? event->set->first : NULL; member; member = member->next) {
        Str value;
        if (member->type == JSON_NULL)
            g_hash_table_remove(held->state, &member->name);
        else if (json_as_str(member, &value, err))
            held_put(held, member->name, value);
        else
            return false;
    }
    return true;
}

static bool fold_event(const Subject *subject, Held *held, const EventsOfRow *row, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *body = json_parse(row->body, arena, err);
    HeldEvent event = { .seq = row->seq, .at = row->at, .data = body ? json_get(body, "data") : NULL };
    event.set = event.data ? json_get(event.data, "set") : NULL;
    return (body && subject->fold(held, &event, err)) || error_at(err, "event %" G_GINT64_FORMAT, row->seq);
}

static bool fold_events(const Subject *subject, Held *held, GError **err)
{
    if (!subject->fold)
        return true;
    g_autoptr(DbRows) rows = db_query(held->conn, EventsOf, err, .kind = str_from(subject->kind), .uid = held->uid);
    for (EventsOfRow row; rows && db_next(rows, &row, err);)
        if (!fold_event(subject, held, &row, err))
            return false;
    return db_rows_ok(rows);
}

static void problem(Rebuild *rebuild, const char *kind, Str uid, Str key, Str event_says, Str row_says)
{
    Arena *arena = rebuild->arena;
    if (rebuild->problems.n < PROBLEMS_KEPT)
        *ARENA_PUSH(arena, &rebuild->problems)
            = (struct RebuildProblem) { kind, arena_str(arena, uid), arena_str(arena, key), arena_str(arena, event_says), arena_str(arena, row_says) };
}

/* The events' map loses what the rows say too; what is left there the rows do not have. */
static void compare(Rebuild *rebuild, const char *kind, Held *held, const StateMap *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        Str said = held_value(held, rows->v[i].key);
        bool unsure = !said.p && g_hash_table_contains(held->unsure, &rows->v[i].key);
        if (!unsure && !(said.p && str_eq(said, rows->v[i].value)))
            problem(rebuild, kind, held->uid, rows->v[i].key, said, rows->v[i].value);
        g_hash_table_remove(held->state, &rows->v[i].key);
    }
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, held->state);
    while (g_hash_table_iter_next(&iter, &key, &value))
        problem(rebuild, kind, held->uid, *(Str *) key, *(Str *) value, STR_NONE);
    for (size_t i = 0; i < held->faults.n; i++)
        problem(rebuild, kind, held->uid, held->faults.v[i], STR_NONE, STR_NONE);
}

static bool hold(Rebuild *rebuild, const Subject *subject, DbConn *conn, Str uid, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Held held = { .conn = conn, .arena = arena, .uid = uid };
    StateMap rows = { 0 };
    held.state = g_hash_table_new(str_hash, str_equal);
    held.unsure = g_hash_table_new(str_hash, str_equal);
    bool done = fold_events(subject, &held, err) && subject->rows(&held, &rows, err);
    if (done)
        compare(rebuild, subject->kind, &held, &rows);
    g_hash_table_unref(held.state);
    g_hash_table_unref(held.unsure);
    return done;
}

/* --- All of them ------------------------------------------------------------------------------------------------------------------ */

static bool hold_step(Rebuild *rebuild, const Subject *subject, Db *db, int64_t *after, bool *ret_more, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(db, err);
    Objects objects = { 0 };
    if (!conn || !subject->next(conn, *after, arena, &objects, err))
        return false;
    size_t held = 0;
    for (int64_t end = monotonic_ms() + STEP_MS; held < objects.n && monotonic_ms() < end; held++) {
        if (!hold(rebuild, subject, conn, objects.v[held].uid, err))
            return false;
        *after = objects.v[held].id;
    }
    if (subject == subjects)
        rebuild->report.tasks += (int64_t) held;
    *ret_more = objects.n == STEP || held < objects.n;
    return true;
}

/* Objects that the events know and the tables do not. */
static bool lost_step(Rebuild *rebuild, const char *kind, Db *db, GString *after, size_t *ret_looked, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, EventObjectsAfter, err, .kind = str_from(kind), .after = str_from_gstring(after), .limit = STEP) : NULL;
    *ret_looked = 0;
    for (EventObjectsAfterRow row; rows && db_next(rows, &row, err); *ret_looked += 1) {
        ObjectThereRow there;
        bool found;
        if (!db_one(conn, ObjectThere, arena, &there, &found, err, .kind = str_from(kind), .uid = row.uid))
            return false;
        if (there.n == 0)
            problem(rebuild, kind, row.uid, STR("row"), STR("there"), STR_NONE);
        if (*ret_looked == STEP - 1)
            g_string_printf(after, STR_FMT, STR_ARG(row.uid));
    }
    return db_rows_ok(rows);
}

static bool hold_subject(Rebuild *rebuild, const Subject *subject, Db *db, GError **err)
{
    int64_t after = 0;
    size_t looked;
    bool more;
    do
        if (!hold_step(rebuild, subject, db, &after, &more, err))
            return false;
    while (more);
    g_autoptr(GString) last = g_string_new(NULL);
    do
        if (!lost_step(rebuild, subject->kind, db, last, &looked, err))
            return false;
    while (looked == STEP);
    return true;
}

static void stray(void *data, const char *kind, Str uid, int64_t id)
{
    Rebuild *rebuild = data;
    problem(rebuild, kind, uid.p ? uid : arena_printf(rebuild->arena, "%" G_GINT64_FORMAT, id), STR("stray"), STR_NONE, STR("there"));
}

static int by_object(const void *a, const void *b)
{
    const struct RebuildProblem *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    order = order ? order : str_cmp(x->uid, y->uid);
    return order ? order : str_cmp(x->key, y->key);
}

bool ledger_rebuild_check(Db *db, Arena *arena, RebuildReport *ret_report, GError **err)
{
    Rebuild rebuild = { .arena = arena };
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
        if (!hold_subject(&rebuild, &subjects[i], db, err))
            return false;
    if (!held_strays(db, stray, &rebuild, err))
        return false;
    if (rebuild.problems.n > 1)
        qsort(rebuild.problems.v, rebuild.problems.n, sizeof *rebuild.problems.v, by_object);
    rebuild.report.problems = rebuild.problems.v;
    rebuild.report.n_problems = rebuild.problems.n;
    *ret_report = rebuild.report;
    return true;
}
