#include "ledger/task_count.h"

#include "db/queries.h"

#include "base/banned.h"

typedef struct {
    Arena *arena;
    GHashTable *at;
    ARENA_LIST(TaskCount *) all;
} Tally;

typedef struct {
    Arena *arena;
    Date today;
    int64_t total;
    Tally states, lights, plans, owners, months;
    GHashTable *ambers; /* int64_t plan to its days */
    TaskMore more;
    const void *more_data;
} Board;

static void tally_init(Tally *tally, Arena *arena, bool by_name)
{
    *tally = (Tally) { .arena = arena, .at = by_name ? g_hash_table_new(str_hash, str_equal) : g_hash_table_new(g_int64_hash, g_int64_equal) };
}

static TaskCount *tally_add(Tally *tally)
{
    TaskCount *count = ARENA_NEW(tally->arena, TaskCount);
    *ARENA_PUSH(tally->arena, &tally->all) = count;
    return count;
}

static TaskCount *of_id(Tally *tally, int64_t id)
{
    TaskCount *count = g_hash_table_lookup(tally->at, &id);
    if (count)
        return count;
    count = tally_add(tally);
    count->id = id;
    g_hash_table_insert(tally->at, &count->id, count);
    return count;
}

static TaskCount *of_name(Tally *tally, Str name)
{
    TaskCount *count = g_hash_table_lookup(tally->at, &name);
    if (count)
        return count;
    count = tally_add(tally);
    count->name = arena_str(tally->arena, name);
    g_hash_table_insert(tally->at, &count->name, count);
    return count;
}

static void add(TaskCount *count, Light light, int64_t n)
{
    count->n += n;
    count->lights[light] += n;
}

static TaskCount *of_month(Board *board, Date due)
{
    enum { MONTH_TEXT = 7 };
    char text[DATE_TEXT_MAX];
    return of_name(&board->months, (Str) { date_format(due, text), MONTH_TEXT });
}

/* --- One by one ------------------------------------------------------------------------------------------------------------ */

/* What the rows of a state have in common, and the last of what changes rarely from one to the next. */
typedef struct {
    Board *board;
    Str state;
    TaskCount *of_state, *lights[LIGHTS], *month;
    Date month_from, month_to; /* due dates of `month` */
    Date never;
    int64_t task;
} Walk;

static TaskCount *month_of(Walk *walk, Date due)
{
    if (walk->month && due >= walk->month_from && due <= walk->month_to)
        return walk->month;
    Period period = period_of_date(PERIOD_MONTH, due);
    walk->month = of_month(walk->board, due);
    walk->month_from = period_start(period);
    walk->month_to = period_end(period);
    return walk->month;
}

static Light light_of_row(const Walk *walk, const TaskCountRowsRow *row, Date due)
{
    return light_of(walk->state, due, row->marks & MARK_DECIDES, plan_amber_days(walk->board->ambers, row->plan), walk->board->today);
}

static void take_row(Walk *walk, const TaskCountRowsRow *row)
{
    Board *board = walk->board;
    Date due = row->due == walk->never ? DATE_NONE : row->due;
    Light light = light_of_row(walk, row, due);
    if (row->lead != DB_NULL_INT)
        add(of_id(&board->owners, row->lead), light, 1);
    if (row->task == walk->task) /* another lead of the same */
        return;
    walk->task = row->task;
    board->total++;
    if (!walk->of_state)
        walk->of_state = of_name(&board->states, walk->state);
    if (!walk->lights[light])
        walk->lights[light] = of_name(&board->lights, str_from(light_name(light)));
    add(walk->of_state, light, 1);
    add(walk->lights[light], light, 1);
    add(of_id(&board->plans, row->plan), light, 1);
    if (due != DATE_NONE)
        add(month_of(walk, due), light, 1);
}

static bool walk_state(Board *board, DbConn *conn, const TaskNarrow *tasks, Str state, GError **err)
{
    Walk walk = { .board = board, .state = state, .task = DB_NULL_INT };
    date_from_ymd(2199, 12, 31, &walk.never);
    g_autoptr(DbRows) rows = db_query(conn, TaskCountRows, err, .scope = tasks->scope.scope, .parts = tasks->scope.parts, .state = state, .due_from = tasks->due_from,
                                      .due_to = tasks->due_to);
    for (TaskCountRowsRow row; rows && db_next(rows, &row, err);)
        take_row(&walk, &row);
    return db_rows_ok(rows);
}

/* --- By the list's conditions ------------------------------------------------------------------------------------------------ */

static bool begin(const Board *board, DbList *list, DbConn *conn, const User *user, const TaskFilter *filter, GError **err)
{
    return task_list_all(list, conn, board->arena, user, board->today, filter, err) && (!board->more || board->more(board->more_data, list, err));
}

static bool count_listed(Board *board, DbConn *conn, const User *user, const TaskFilter *filter, GError **err)
{
    DbList *list = db_list_new(board->arena, TaskCounts, "t.id");
    if (!begin(board, list, conn, user, filter, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskCountsRow row; rows && db_next(rows, &row, err);) {
        Light light = light_of(row.state, row.due, row.decides, row.amber_days, board->today);
        board->total += row.n;
        add(of_name(&board->states, row.state), light, row.n);
        add(of_name(&board->lights, str_from(light_name(light))), light, row.n);
        add(of_id(&board->plans, row.plan), light, row.n);
        if (row.due != DATE_NONE)
            add(of_month(board, row.due), light, row.n);
    }
    return db_rows_ok(rows);
}

static bool count_owners(Board *board, DbConn *conn, const User *user, const TaskFilter *filter, GError **err)
{
    DbList *list = db_list_new(board->arena, TaskOwnerCounts, "t.id", .today = board->today, .soon = board->today + LADDER_AMBER_MAX);
    if (!begin(board, list, conn, user, filter, err))
        return false;
    g_autoptr(DbRows) rows = db_list_run_all(list, conn, err);
    for (TaskOwnerCountsRow row; rows && db_next(rows, &row, err);) {
        TaskCount *count = of_id(&board->owners, row.org);
        count->n += row.n;
        count->lights[LIGHT_RED] += row.red;
        count->lights[LIGHT_AMBER] += row.amber;
    }
    return db_rows_ok(rows);
}

/* --- All of it -------------------------------------------------------------------------------------------------------------------- */

static bool count(Board *board, DbConn *conn, const User *user, const TaskFilter *filter, GError **err)
{
    TaskNarrow tasks;
    TaskFilter rest = *filter;
    board->ambers = plan_ambers(conn, board->arena, err);
    if (!board->ambers)
        return false;
    if (!board->more && !task_list_narrow(conn, board->arena, user, board->today, filter, &tasks, &rest.hidden, err))
        return false;
    for (size_t i = 0; rest.hidden && i < tasks.n_states; i++)
        if (!walk_state(board, conn, &tasks, tasks.states[i], err))
            return false;
    return count_listed(board, conn, user, &rest, err) && count_owners(board, conn, user, &rest, err);
}

static int by_size(const void *a, const void *b)
{
    const TaskCount *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->id < y->id ? -1 : x->id > y->id;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const TaskCount *) a)->name, ((const TaskCount *) b)->name);
}

static TaskCounts sorted(const Tally *tally, int (*compare)(const void *, const void *))
{
    TaskCount *v = ARENA_ARRAY(tally->arena, TaskCount, tally->all.n + 1);
    for (size_t i = 0; i < tally->all.n; i++)
        v[i] = *tally->all.v[i];
    if (tally->all.n > 1)
        qsort(v, tally->all.n, sizeof *v, compare);
    return (TaskCounts) { v, tally->all.n };
}

bool task_board(DbConn *conn, Arena *arena, const User *user, Date today, const TaskFilter *filter, TaskMore more, const void *more_data, TaskBoard *ret_board,
                GError **err)
{
    Board board = { .arena = arena, .today = today, .more = more, .more_data = more_data };
    Tally *const tallies[] = { &board.states, &board.lights, &board.months, &board.plans, &board.owners };
    for (size_t i = 0; i < G_N_ELEMENTS(tallies); i++)
        tally_init(tallies[i], arena, i < 3);
    bool done = count(&board, conn, user, filter, err);
    if (done)
        *ret_board = (TaskBoard) { board.total,
                                   sorted(&board.states, by_name), sorted(&board.lights, by_name), sorted(&board.plans, by_size), sorted(&board.owners, by_size),
                                   sorted(&board.months, by_name) };
    for (size_t i = 0; i < G_N_ELEMENTS(tallies); i++)
        g_hash_table_unref(tallies[i]->at);
    g_clear_pointer(&board.ambers, g_hash_table_unref);
    return done;
}
