/* Lists of tasks find their rows through an index, whatever they filter by: no plan of either engine walks the table of tasks, or that of scopes. */
#include "db/queries.h"
#include "ledger/task_count.h"

#include "tasks.h"

#include "base/banned.h"

typedef struct {
    const char *name;
    size_t at; /* of a text in TaskFilter; with `value` */
    const char *value, *order;
} Case;
#define TEXT(member) offsetof(TaskFilter, member)
enum { NOTHING = 10000 };

static const Case cases[] = {
    { "all", NOTHING, NULL, "due" },
    { "changed", NOTHING, NULL, "changed" },
    { "no", NOTHING, NULL, "no" },
    { "state", TEXT(state), "working", "due" },
    { "states", TEXT(state), "issued,working,returned,reopened", "due" },
    { "red", TEXT(light), "red", "due" },
    { "grey", TEXT(light), "grey", "due" },
    { "kind", TEXT(kind), "task", "due" },
    { "source", TEXT(source), "hotline", "due" },
    { "category", TEXT(category), "x", "due" },
    { "number", TEXT(number), "x-1", "due" },
    { "q", TEXT(q), "监测", "due" },
    { "q-changed", TEXT(q), "监测", "changed" },
    { "area", TEXT(area), "9901", "due" },
    { "term", TEXT(term), "dated", "changed" },
};

static const char *const users[] = { "issuer01", "head01", "handler01", "reviewer01", "leader01" };

/* SQLite says "SCAN t", PostgreSQL "Seq Scan on task t": of tasks, scopes and what hangs on them, but not of small tables. */
static void check_plan(const Fixture *f, const char *user, const char *name, Str plan)
{
    static const char *const walks[] = { "SCAN t\n", "SCAN s\n", "Seq Scan on task ", "Seq Scan on task_scope ", "Seq Scan on task_owner ",
                                         "Seq Scan on search_text ", "Seq Scan on search_task " };
    (void) f;
    for (size_t i = 0; i < G_N_ELEMENTS(walks); i++)
        if (str_has(plan, str_from(walks[i])))
            g_error("%s, list '%s' walks a table (%s):\n" STR_FMT, user, name, walks[i], STR_ARG(plan));
}

static void explain(Fixture *f, DbConn *conn, const char *username, const char *name, const TaskFilter *filter, const char *order)
{
    g_autoptr(GError) err = NULL;
    Str plan;
    DbList *list = db_list_new(f->arena, TaskList, "t.id");
    g_assert_true(task_list_find(list, conn, f->arena, fixture_user(f, username), clock_today(f->clock), filter, str_from(order), &err));
    g_assert_true(db_list_page(list, STR_NONE, 50, &err) && db_list_explain(list, conn, f->arena, &plan, &err));
    g_assert_no_error(err);
    check_plan(f, username, name, plan);
}

/* PostgreSQL reads small tables whole whatever indexes they have, unless it is told that this is dear: then it does so only where it has to. */
static Db *open_for_plans(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DbOptions options = f->options;
    g_autofree char *url = NULL;
    if (f->engine == DB_POSTGRES) {
        g_autoptr(GString) text = g_string_new(options.url);
        g_assert_cmpuint(g_string_replace(text, "options='", "options='-cenable_seqscan=off ", 1), ==, 1);
        url = g_strdup(text->str);
        options.url = url;
    }
    options.readers = 1;
    options.read_only = true;
    Db *db = db_open(&options, &err);
    g_assert_no_error(err);
    return db;
}

static void test_no_list_walks_a_table(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .support = "990000-YY01", .measures = 1 });
    const Task *task = tasks_load(f, uid);
    Org org = fixture_org(f, "990000-WJW-07");
    g_autoptr(Db) db = open_for_plans(f);
    for (size_t u = 0; u < G_N_ELEMENTS(users); u++) {
        g_autoptr(DbConn) conn = db_reader(db, &err);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            TaskFilter filter = task_filter_none();
            if (cases[i].value)
                *(Str *) ((char *) &filter + cases[i].at) = str_from(cases[i].value);
            explain(f, conn, users[u], cases[i].name, &filter, cases[i].order);
        }
        TaskFilter more[10];
        for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
            more[i] = task_filter_none();
        more[0].plan = more[1].plan = more[2].plan = task->plan_uid;
        more[1].state = STR("working,issued");
        more[3].owner = more[4].owner = org.uid;
        more[4].owner_below = true;
        more[4].state = STR("working");
        more[5].handler = more[6].leader = fixture_user(f, "handler01")->account_uid;
        more[7].parent = uid;
        more[8].mine = more[8].relapsed = true;
        more[9].silent = true;
        for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
            g_autofree char *name = g_strdup_printf("more %zu", i);
            explain(f, conn, users[u], name, &more[i], i == 2 ? "no" : "due");
        }
    }
}

/* --- Counting from task_scope alone, and by the list's conditions ------------------------------------------------------------ */

static bool nothing_more(const void *data, DbList *list, GError **err)
{
    (void) data, (void) list, (void) err;
    return true;
}

static void print_counts(GString *text, const char *name, const TaskCounts *counts, bool all_lights)
{
    for (size_t i = 0; i < counts->n; i++) {
        const TaskCount *c = &counts->v[i];
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT " " STR_FMT ": %" G_GINT64_FORMAT " red %" G_GINT64_FORMAT " amber %" G_GINT64_FORMAT, name, c->id, STR_ARG(c->name),
                               c->n, c->lights[LIGHT_RED], c->lights[LIGHT_AMBER]);
        if (all_lights)
            g_string_append_printf(text, " green %" G_GINT64_FORMAT " grey %" G_GINT64_FORMAT, c->lights[LIGHT_GREEN], c->lights[LIGHT_GREY]);
        g_string_append_c(text, '\n');
    }
}

static char *board_text(Fixture *f, DbConn *conn, const char *username, const TaskFilter *filter, TaskMore more)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    TaskBoard board;
    g_assert_true(task_board(conn, f->arena, fixture_user(f, username), clock_today(f->clock), filter, more, NULL, &board, &err));
    g_assert_no_error(err);
    g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", board.total);
    print_counts(text, "state", &board.states, true);
    print_counts(text, "light", &board.lights, true);
    print_counts(text, "plan", &board.plans, true);
    print_counts(text, "owner", &board.owners, false);
    print_counts(text, "month", &board.months, true);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool is_narrow(Fixture *f, DbConn *conn, const char *username, const TaskFilter *filter)
{
    g_autoptr(GError) err = NULL;
    TaskNarrow tasks;
    bool narrow;
    g_assert_true(task_list_narrow(conn, f->arena, fixture_user(f, username), clock_today(f->clock), filter, &tasks, &narrow, &err));
    g_assert_no_error(err);
    return narrow;
}

static void make_tasks(Fixture *f)
{
    static const char *const states[] = { "issued", "working", "submitted", "verified", "closed", "returned", "reopened" };
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        tasks_bring(f, tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .support = "990000-YY01", .measures = 1 }), states[i]);
    tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07 990000-YY01" });
    tasks_one(f, (TaskSpec) { .lead = "990000-YY01", .figures = 1 });
    tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .restricted = true });
    tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .draft = true });
}

static void test_both_ways_count_alike(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    make_tasks(f);
    Org org = fixture_org(f, "990000-WJW-07");
    Date today = clock_today(f->clock);
    TaskFilter filters[9];
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++)
        filters[i] = task_filter_none();
    filters[1].state = STR("working,returned,closed");
    filters[2].light = STR("red");
    filters[3].light = STR("green");
    filters[4].due_from = today;
    filters[5].due_to = today + 400;
    filters[6].owner = filters[7].owner = org.uid;
    filters[6].owner_below = true;
    filters[8].mine = true;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    size_t narrow = 0, rows = 0;
    for (size_t u = 0; u < G_N_ELEMENTS(users); u++)
        for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
            g_autofree char *one_by_one = board_text(f, conn, users[u], &filters[i], NULL);
            g_autofree char *listed = board_text(f, conn, users[u], &filters[i], nothing_more);
            g_assert_cmpstr(one_by_one, ==, listed);
            narrow += is_narrow(f, conn, users[u], &filters[i]);
            rows += !g_str_has_prefix(listed, "0\n");
        }
    g_assert_cmpuint(narrow, >, 20);
    g_assert_cmpuint(rows, >, 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("task-list", "no-list-walks-a-table", true, test_no_list_walks_a_table);
    fixture_add("task-list", "both-ways-count-alike", true, test_both_ways_count_alike);
    return g_test_run();
}
