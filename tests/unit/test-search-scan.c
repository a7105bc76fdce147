/* What search and lists with words find, held against a plain scan of all that is said: random texts and wishes, by people who may read all, some, few and none of it. The store is
 * just large enough that every way of looking is gone: from what few say, through what many do, with a set of one's own and without. */
#include "db/queries.h"
#include "ledger/search.h"
#include "ledger/task_list.h"

#include "tasks.h"

#include "base/banned.h"

enum { TASKS = 620, COMMENTS = 60, WISHES = 15, LONG_CHARS = 4500 };

static const char *const users[] = { "issuer01", "leader01", "head01", "handler01", "lichuan", "reporter01", "secadmin01" };
enum { USERS = G_N_ELEMENTS(users) };

typedef struct {
    SearchKind kind;
    Str uid;
    const Task *task;
    ARENA_LIST(Str) parts; /* of its text */
    bool says;             /* the wish that is being tried */
} Said;

typedef struct {
    Fixture *f;
    GRand *random;
    Said said[TASKS + COMMENTS]; /* tasks, then comments, as they were made */
    bool may[USERS][TASKS + COMMENTS];
} Scan;

/* --- Random texts ------------------------------------------------------------------------------------------------------------- */

static size_t below(Scan *scan, size_t n)
{
    return (size_t) g_rand_int_range(scan->random, 0, (gint32) n);
}

static void add_random(Scan *scan, GString *text, size_t n)
{
    static const char *const signs[] = { "霍", "乱", "鼠", "疫", "苗", "接", "种", "查", "A", "b", "1", "2", "98", "，", "、", "%", " ", "Ａ" };
    for (size_t i = 0; i < n; i++)
        g_string_append(text, signs[below(scan, G_N_ELEMENTS(signs))]);
}

/* Nearly all say 通用, so that a wish for it finds many. */
static const char *random_text(Scan *scan, size_t n)
{
    g_autoptr(GString) text = g_string_new(below(scan, 20) > 0 ? "通用" : "另行");
    add_random(scan, text, n);
    return arena_str(scan->f->arena, str_from_gstring(text)).p;
}

/* A piece of what something says, or two, or anything. */
static Str random_wish(Scan *scan)
{
    static const char *const known[] = { "通用", "通", "用霍", "另行", "task" };
    g_autoptr(GString) wish = g_string_new(NULL);
    size_t terms = 1 + below(scan, 2);
    if (below(scan, 4) == 0)
        g_string_append(wish, known[below(scan, G_N_ELEMENTS(known))]);
    else if (below(scan, 4) == 0)
        add_random(scan, wish, 1 + below(scan, 3));
    else
        for (size_t i = 0; i < terms; i++) {
            const Said *said = &scan->said[below(scan, G_N_ELEMENTS(scan->said))];
            Str text = said->parts.v[said->parts.n - 1];
            glong from = (glong) below(scan, utf8_length(text));
            g_autofree char *all = str_dup(text);
            g_autofree char *piece = g_utf8_substring(all, from, MIN(from + 1 + (glong) below(scan, 4), (glong) utf8_length(text)));
            g_string_append_printf(wish, "%s%s", i > 0 ? " " : "", piece);
        }
    return arena_str(scan->f->arena, str_from_gstring(wish));
}

/* --- A store ------------------------------------------------------------------------------------------------------------------ */

static void keep(Scan *scan, size_t at, SearchKind kind, Str uid, const Task *task, Str text)
{
    scan->said[at] = (Said) { .kind = kind, .uid = uid, .task = task };
    for (Str rest = text; rest.p;)
        *ARENA_PUSH(scan->f->arena, &scan->said[at].parts) = search_part(&rest);
    for (size_t u = 0; u < USERS; u++) {
        MayObject facts = task_facts(task, scan->f->arena);
        scan->may[u][at] = may(fixture_user(scan->f, users[u]), VERB_READ_TASK, &facts).ok;
    }
}

static void make_tasks(Scan *scan)
{
    static const char *const leads[] = { "990000-YY01", "990000-WJW-12", "990000-WJW-03" };
    g_autoptr(GError) err = NULL;
    Arena *arena = scan->f->arena;
    TaskSpec *specs = ARENA_ARRAY(arena, TaskSpec, TASKS);
    Str *uids = ARENA_ARRAY(arena, Str, TASKS);
    for (size_t i = 0; i < TASKS; i++)
        specs[i] = (TaskSpec) {
            .lead = i % 150 == 7 ? "990000-WJW-02" : i % 5 == 0 ? "990000-WJW-07" : leads[below(scan, G_N_ELEMENTS(leads))],
            .restricted = below(scan, 15) == 0, .title = random_text(scan, 1 + below(scan, 5)), .text = random_text(scan, i % 60 == 3 ? LONG_CHARS : below(scan, 12)),
            .due_in = 1 + (int) below(scan, 200),
        };
    tasks_issue(scan->f, "issuer01", "990000-WJW", specs, TASKS, uids);
    for (size_t i = 0; i < TASKS; i++) {
        const Task *task = tasks_load(scan->f, uids[i]);
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(DbConn) conn = db_reader(scan->f->db, &err);
        g_assert_true(search_task_text(conn, task->id, text, &err));
        keep(scan, i, SEARCH_TASK, task->uid, task, arena_str(arena, str_from_gstring(text)));
    }
}

static void make_comments(Scan *scan)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(scan->f);
    Actor issuer = tasks_actor(scan->f, "issuer01");
    for (size_t i = 0; i < COMMENTS; i++) {
        const Task *task = scan->said[below(scan, TASKS)].task;
        Str uid, text = str_from(random_text(scan, i == 9 ? LONG_CHARS : below(scan, 12)));
        task_comment(&ledger, &issuer, task->uid, text, scan->f->arena, &uid, &err);
        g_assert_no_error(err);
        keep(scan, TASKS + i, SEARCH_COMMENT, uid, task, text);
    }
}

static size_t scan_for(Scan *scan, Str wish)
{
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(scan->said); i++) {
        Said *said = &scan->said[i];
        g_autoptr(Arena) arena = arena_new();
        said->says = false;
        for (size_t part = 0; part < said->parts.n && !said->says; part++)
            said->says = search_says(said->parts.v[part], wish, arena);
        n += said->says;
    }
    return n;
}

/* --- Held against it ------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(Str) Uids;

static void assert_same(const Uids *found, const Uids *wanted, const char *user, Str wish, const char *what)
{
    for (size_t i = 0; i < MAX(found->n, wanted->n); i++)
        if (i >= found->n || i >= wanted->n || !str_eq(found->v[i], wanted->v[i]))
            g_error("%s, '" STR_FMT "', %s: %zu found, %zu wanted; the first that differs is number %zu", user, STR_ARG(wish), what, found->n, wanted->n, i);
}

/* The newest first. */
static void check_search(Scan *scan, size_t u, Str wish, unsigned kinds, int64_t own_most, int64_t said_most)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(scan->f->db, &err);
    g_autoptr(Arena) arena = arena_new();
    Uids found[2] = { 0 }, wanted[2] = { 0 }; /* tasks, comments */
    SearchAsk ask = { .words = wish, .kinds = kinds, .limit = 3 + below(scan, 100), .own_most = own_most, .said_most = said_most };
    do {
        const SearchHit *hits;
        size_t n;
        Str next;
        if (!search_find(conn, fixture_user(scan->f, users[u]), &ask, arena, &hits, &n, &next, &err))
            g_error("%s", err->message);
        ask.cursor = next;
        g_assert_cmpuint(n, <=, ask.limit);
        for (size_t i = 0; i < n; i++)
            *ARENA_PUSH(arena, &found[hits[i].kind == SEARCH_COMMENT]) = hits[i].uid;
    } while (ask.cursor.p);
    for (size_t i = G_N_ELEMENTS(scan->said); i-- > 0;)
        if (scan->said[i].says && scan->may[u][i] && (scan->said[i].kind & kinds))
            *ARENA_PUSH(arena, &wanted[scan->said[i].kind == SEARCH_COMMENT]) = scan->said[i].uid;
    assert_same(&found[0], &wanted[0], users[u], wish, "search for tasks");
    assert_same(&found[1], &wanted[1], users[u], wish, "search for comments");
}

static int by_due(const void *a, const void *b)
{
    const Task *x = (*(const Said *const *) a)->task, *y = (*(const Said *const *) b)->task;
    return x->due != y->due ? (x->due < y->due ? -1 : 1) : x->id < y->id ? -1 : 1;
}

static int newest(const void *a, const void *b)
{
    const Task *x = (*(const Said *const *) a)->task, *y = (*(const Said *const *) b)->task;
    return x->changed != y->changed ? (x->changed > y->changed ? -1 : 1) : x->id > y->id ? -1 : 1;
}

static void check_list(Scan *scan, size_t u, Str wish, const char *state, const char *order)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(scan->f->db, &err);
    g_autoptr(Arena) arena = arena_new();
    const User *user = fixture_user(scan->f, users[u]);
    const Said *said[TASKS];
    Uids found = { 0 }, wanted = { 0 };
    size_t n = 0;
    TaskFilter filter = task_filter_none();
    filter.q = wish;
    filter.state = str_from(state);
    Str cursor = STR_NONE;
    do {
        DbList *list = db_list_new(arena, TaskList, "t.id");
        if (!task_list_find(list, conn, arena, user, clock_today(scan->f->clock), &filter, str_from(order), &err)
            || !db_list_page(list, cursor, 20 + (int) below(scan, 300), &err))
            g_error("%s", err->message);
        g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
        for (TaskListRow row; rows && db_list_next(list, rows, &row, &err);)
            *ARENA_PUSH(arena, &found) = arena_str(arena, row.uid);
        g_assert_no_error(err);
        cursor = db_list_cursor(list);
    } while (cursor.p);
    for (size_t i = 0; i < TASKS; i++)
        if (scan->said[i].says && scan->may[u][i])
            said[n++] = &scan->said[i];
    qsort(said, n, sizeof *said, g_str_equal(order, "due") ? by_due : newest);
    for (size_t i = 0; i < n; i++)
        *ARENA_PUSH(arena, &wanted) = said[i]->uid;
    assert_same(&found, &wanted, users[u], wish, state ? "list of some states" : order);
}

static void test_what_is_found_is_what_a_scan_finds(Fixture *f)
{
    g_autoptr(Arena) arena = arena_new();
    Scan *scan = ARENA_NEW(arena, Scan);
    *scan = (Scan) { .f = f, .random = g_rand_new_with_seed(20261122) };
    size_t many = 0, few = 0, none = 0;
    make_tasks(scan);
    make_comments(scan);
    for (size_t w = 0; w < WISHES; w++) {
        Str wish = w == 0 ? STR("通用") : random_wish(scan);
        size_t n = scan_for(scan, wish);
        *(n > 500 ? &many : n > 0 ? &few : &none) += 1;
        for (size_t u = 0; u < USERS; u++) {
            check_search(scan, u, wish, SEARCH_TASK | SEARCH_COMMENT, 0, 0);
            check_search(scan, u, wish, w % 2 ? SEARCH_TASK : SEARCH_COMMENT, 1, 0);
            if (scan->f->engine == DB_SQLITE)
                check_search(scan, u, wish, SEARCH_TASK, 0, 3);
            check_list(scan, u, wish, NULL, w % 3 ? "due" : "changed");
            if (w % 2 == 0)
                check_list(scan, u, wish, "issued,working", "due");
        }
    }
    g_test_message("%zu wishes found many, %zu some, %zu nothing", many, few, none);
    g_assert_cmpuint(MIN(many, few), >, 0);
    g_rand_free(scan->random);
}

/* --- Limits --------------------------------------------------------------------------------------------------------------------- */

static bool write_long(DbConn *tx, void *data, GError **err)
{
    return search_write_comment(tx, 77, *(Str *) data, err) && search_write_comment(tx, 78, STR("尾声"), err);
}

static size_t matches(Fixture *f, const char *wish, int64_t *ret_object)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Str match;
    size_t n = 0;
    g_assert_true(search_wish(f->engine, str_from(wish), f->arena, &match));
    g_autoptr(DbRows) rows = db_query(conn, SearchMatches, &err, .match = match);
    for (SearchMatchesRow row; rows && db_next(rows, &row, &err); n++)
        *ret_object = row.object;
    g_assert_no_error(err);
    return n;
}

/* Its last part is found under its own number, and the next object's under that; what is longer is cut there. */
static void test_a_text_has_so_many_parts_and_no_more(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    int64_t object = 0;
    for (int part = 0; part < SEARCH_PARTS + 1; part++)
        for (int i = 0; i < SEARCH_PART_CHARS; i++)
            g_string_append(text, i != SEARCH_PART_CHARS / 2 ? "，" : part == SEARCH_PARTS - 1 ? "霍" : part == SEARCH_PARTS ? "鼠" : "文");
    Str all = str_from_gstring(text);
    g_assert_true(db_write(f->db, DB_BULK, write_long, &all, &err));
    g_assert_cmpuint(matches(f, "霍", &object), ==, 1);
    g_assert_cmpint(object, ==, 77);
    g_assert_cmpuint(matches(f, "尾声", &object), ==, 1);
    g_assert_cmpint(object, ==, 78);
    g_assert_cmpuint(matches(f, "鼠", &object), ==, 0);
    g_assert_cmpuint(matches(f, "文", &object), ==, SEARCH_PARTS - 1);
    Str none = STR("");
    g_assert_true(db_write(f->db, DB_BULK, write_long, &none, &err));
    g_assert_cmpuint(matches(f, "文", &object), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("search-scan", "a-text-has-so-many-parts-and-no-more", true, test_a_text_has_so_many_parts_and_no_more);
    fixture_add("search-scan", "what-is-found-is-what-a-scan-finds", true, test_what_is_found_is_what_a_scan_finds);
    return g_test_run();
}
