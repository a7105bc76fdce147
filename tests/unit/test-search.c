/* Full-text search: one table of cases on both engines; what tasks, comments and documents say is found as they change, and by nobody else. */
#include "db/queries.h"
#include "ledger/search.h"
#include "ledger/task_list.h"

#include "tasks.h"

#include "base/banned.h"

/* --- Words ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *wish, *text;
    bool found;
    const char *shown; /* the hits in brackets; NULL: not looked at */
} Case;

static const Case cases[] = {
    { "霍乱", "开展霍乱监测", true, "开展[霍乱]监测" },
    { "乱监", "开展霍乱监测", true, "开展霍[乱监]测" },
    { "霍", "开展霍乱监测", true, "开展[霍]乱监测" }, /* one character, in the middle */
    { "测", "开展霍乱监测", true, "开展霍乱监[测]" }, /* and at the end */
    { "监霍", "开展霍乱监测", false, NULL },
    { "霍测", "开展霍乱监测", false, NULL },
    { "霍乱监测", "开展霍乱监测", true, "开展[霍乱监测]" },
    { "霍乱2026年", "霍乱2026年方案", true, "[霍乱2026年]方案" }, /* from ideographs to digits and back */
    { "乱2026", "霍乱2026年方案", true, "霍[乱2026]年方案" },
    { "2026年方", "霍乱2026年方案", true, NULL },
    { "2026", "霍乱2026年方案", true, NULL },
    { "202", "霍乱2026年方案", false, NULL }, /* a number is whole */
    { "案-2", "方案-2026", false, NULL },
    { "98.5", "达到98.5%以上", true, "达到[98.5]%以上" },
    { "98.5", "达到985%以上", false, NULL },
    { "霍乱、鼠疫", "霍乱鼠疫", false, NULL },
    { "abcdefghijklmnopqrstuvwxyzabcdefghijkl", "abcdefghijklmnopqrstuvwxyzabcdefghijklm", true, NULL }, /* a long word is in pieces */
    { "98%", "达到98％以上", true, NULL },
    { "ＣＯＶＩＤ－１９", "Covid-19疫苗", true, "[Covid-19]疫苗" }, /* full width, capitals */
    { "covid", "ＣＯＶＩＤ－１９", true, "[ＣＯＶＩＤ]－１９" },
    { "cov", "COVID-19疫苗", true, NULL }, /* the beginning of a word of letters */
    { "vid", "COVID-19疫苗", false, NULL },
    { "19疫", "COVID-19疫苗", true, NULL },
    { "h5n1", "H5N1禽流感", true, "[H5N1]禽流感" },
    { "示卫发〔2026〕9号", "依据示卫发[2026]9号文件", true, "依据[示卫发[2026]9号]文件" }, /* whatever brackets */
    { "霍乱 疫苗", "疫苗可防霍乱", true, "[疫苗]可防[霍乱]" }, /* two words in any order */
    { "霍乱　疫苗", "疫苗可防霍乱", true, NULL }, /* a wide space parts, too */
    { "霍乱 鼠疫", "疫苗可防霍乱", false, NULL },
    { "霍乱鼠疫", "霍乱、鼠疫", false, NULL },
    { "霍乱、鼠疫", "霍乱、鼠疫", true, "[霍乱、鼠疫]" },
    { "𠮷林", "姓名：𠮷林峰", true, "姓名：[𠮷林]峰" }, /* beyond the basic plane */
    { "々木", "佐々木", true, NULL },
    { "ワクチン", "子宮頸がんワクチン", true, NULL },
    { "\"霍乱\" AND *", "开展霍乱监测", false, NULL }, /* no operators: AND is a word */
    { "'霍乱':*", "开展霍乱监测", true, NULL },
    { "（霍乱）", "开展霍乱监测", true, "开展[霍乱]监测" },
    { "！？", "开展霍乱监测", false, NULL }, /* nothing to look for */
    { "", "开展霍乱监测", false, NULL },
    { "å", "Ångström", true, NULL },
};

static Str shown(Arena *arena, Str text, Str wish)
{
    const SearchPiece *pieces;
    g_autoptr(GString) out = g_string_new(NULL);
    size_t n = search_pieces(text, wish, 80, arena, &pieces);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, pieces[i].hit ? "[" STR_FMT "]" : STR_FMT, STR_ARG(pieces[i].text));
    return arena_str(arena, str_from_gstring(out));
}

static bool write_cases(DbConn *tx, void *data, GError **err)
{
    (void) data;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (!search_write_comment(tx, (int64_t) i, str_from(cases[i].text), err))
            return false;
    return true;
}

/* Each wish over all texts of the table: it finds its own where it should, and search_pieces shows why. */
static void test_one_table_of_words(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_assert_true(db_write(f->db, DB_BULK, write_cases, NULL, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Str match, wish = str_from(cases[i].wish);
        bool found = false;
        if (search_wish(f->engine, wish, f->arena, &match)) {
            g_autoptr(DbRows) rows = db_query(conn, SearchMatches, &err, .match = match);
            for (SearchMatchesRow row; rows && db_next(rows, &row, &err);)
                found |= row.object == (int64_t) i;
            g_assert_no_error(err);
        }
        if (found != cases[i].found || search_says(str_from(cases[i].text), wish, f->arena) != found)
            g_error("'%s' in '%s': %s", cases[i].wish, cases[i].text, found ? "found" : "not found");
        if (cases[i].shown)
            g_assert_cmpstr(shown(f->arena, str_from(cases[i].text), wish).p, ==, cases[i].shown);
    }
}

static void test_a_long_text_loses_no_phrase_between_its_parts(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 3 * SEARCH_PART_CHARS; i++)
        g_string_append_unichar(text, 0x4E00 + (gunichar) (i % 9000));
    Str rest = str_from_gstring(text);
    size_t parts = 0, chars = 0;
    for (; rest.p; parts++) {
        Str part = search_part(&rest);
        g_assert_true(utf8_valid(part, NULL));
        g_assert_cmpuint(utf8_length(part), <=, SEARCH_PART_CHARS + SEARCH_TERM_CHARS);
        chars += MIN(utf8_length(part), SEARCH_PART_CHARS);
    }
    g_assert_cmpuint(parts, ==, 3);
    g_assert_cmpuint(chars, ==, 3 * SEARCH_PART_CHARS);
}

/* --- What the ledger says ------------------------------------------------------------------------------------------------------------- */

/* How many hits of these kinds the user finds. */
static size_t hits(Fixture *f, const char *username, const char *wish, unsigned kinds)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    const SearchHit *found;
    size_t n;
    Str next;
    SearchAsk ask = { .words = str_from(wish), .kinds = kinds, .limit = 50 };
    if (!search_find(conn, fixture_user(f, username), &ask, f->arena, &found, &n, &next, &err))
        g_error("%s", err->message);
    return n;
}

static size_t listed(Fixture *f, const char *username, const char *wish)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    TaskFilter filter = task_filter_none();
    filter.q = str_from(wish);
    DbList *list = db_list_new(f->arena, TaskList, "t.id");
    g_assert_true(task_list_find(list, conn, f->arena, fixture_user(f, username), clock_today(f->clock), &filter, STR_NONE, &err));
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    size_t n = 0;
    for (TaskListRow row; rows && db_list_next(list, rows, &row, &err);)
        n++;
    g_assert_no_error(err);
    return n;
}

static void test_what_a_task_says_is_found_by_who_may_read_it(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .measures = 2 });
    const Task *task = tasks_load(f, uid);
    g_autofree char *title = str_dup(task->title);
    g_assert_cmpuint(hits(f, "issuer01", title, SEARCH_TASK), ==, 1);
    g_assert_cmpuint(listed(f, "issuer01", title), ==, 1);
    g_assert_cmpuint(hits(f, "head01", title, SEARCH_ALL), ==, 1);
    g_assert_cmpuint(hits(f, "issuer01", title, SEARCH_COMMENT), ==, 0);
    g_assert_cmpuint(listed(f, "issuer01", "没有这样的话"), ==, 0);
    Ledger ledger = tasks_ledger(f);
    Actor head = tasks_actor(f, "head01");
    Str comment;
    g_assert_true(task_comment(&ledger, &head, uid, STR("督导组建议补充名册"), f->arena, &comment, &err));
    g_assert_cmpuint(hits(f, "issuer01", "名册", SEARCH_ALL), ==, 1);
    g_assert_cmpuint(hits(f, "issuer01", "名册", SEARCH_TASK), ==, 0);
    g_assert_cmpuint(hits(f, "secadmin01", "名册", SEARCH_ALL), ==, 0); /* no grant, no hit */
    tasks_assert_proven(f);
}

/* What is kept of words and of scopes is forgotten with the change that it no longer holds for. */
static void test_what_changes_is_found_as_it_is(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .title = "核对名册底数" });
    g_assert_cmpuint(hits(f, "head01", "核对名册", SEARCH_TASK), ==, 1);
    g_assert_cmpuint(listed(f, "head01", "核对名册"), ==, 1);
    g_assert_cmpuint(listed(f, "head01", "清查账目"), ==, 0);
    tasks_amend(f, "issuer01", uid, "{\"title\":\"清查账目底数\"}", "名称有误", &err);
    g_assert_no_error(err);
    g_assert_cmpuint(hits(f, "head01", "清查账目", SEARCH_TASK), ==, 1);
    g_assert_cmpuint(listed(f, "head01", "清查账目"), ==, 1);
    g_assert_cmpuint(listed(f, "issuer01", "清查账目"), ==, 1);
    Str other = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .title = "清查账目二期" });
    g_assert_cmpuint(hits(f, "head01", "清查账目", SEARCH_TASK), ==, 2);
    g_assert_cmpuint(listed(f, "head01", "清查账目"), ==, 2);
    Ledger ledger = tasks_ledger(f);
    Actor issuer = tasks_actor(f, "issuer01");
    Str comment;
    for (int i = 0; i < 3; i++) {
        g_assert_cmpuint(hits(f, "head01", "台账页码", SEARCH_COMMENT), ==, (size_t) i);
        g_assert_true(task_comment(&ledger, &issuer, i == 1 ? uid : other, STR("补上台账页码"), f->arena, &comment, &err));
    }
    Str lead = arena_printf(f->arena, "{\"lead\":[\"" STR_FMT "\"]}", STR_ARG(fixture_org(f, "990000-YY01").uid));
    tasks_amend(f, "issuer01", uid, lead.p, "改由医院承办", &err);
    g_assert_no_error(err);
    g_assert_cmpuint(hits(f, "head01", "清查账目", SEARCH_TASK), ==, 1);
    g_assert_cmpuint(listed(f, "head01", "清查账目"), ==, 1);
    g_assert_cmpuint(hits(f, "head01", "台账页码", SEARCH_COMMENT), ==, 2);
    g_assert_cmpuint(hits(f, "issuer01", "清查账目", SEARCH_ALL), ==, 2);
    tasks_assert_proven(f);
}

static void test_written_anew_the_index_says_the_same(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07" });
    Ledger ledger = tasks_ledger(f);
    Actor head = tasks_actor(f, "head01"), issuer = tasks_actor(f, "issuer01");
    Str comment;
    DocumentAdded added;
    g_assert_true(task_comment(&ledger, &head, uid, STR("鼠疫监测点"), f->arena, &comment, &err));
    g_assert_true(document_add(&ledger, &issuer, fixture_sample(f, "documents/plan-2026.txt"), STR("plan-2026.txt"), false, f->arena, &added, &err));
    g_autofree char *title = str_dup(tasks_load(f, uid)->title);
    size_t tasks = hits(f, "issuer01", title, SEARCH_TASK), documents = hits(f, "issuer01", "工作", SEARCH_DOCUMENT);
    g_assert_cmpuint(documents, ==, 1);
    for (int i = 0; i < 2; i++) {
        g_assert_true(search_rebuild(&ledger, &err) && task_scopes_rebuild(f->db, NULL, &err));
        g_assert_cmpuint(hits(f, "issuer01", title, SEARCH_TASK), ==, tasks);
        g_assert_cmpuint(hits(f, "issuer01", "鼠疫", SEARCH_ALL), ==, 1);
        g_assert_cmpuint(hits(f, "issuer01", "工作", SEARCH_DOCUMENT), ==, documents);
    }
    tasks_assert_proven(f);
    g_assert_true(document_discard(&ledger, &issuer, added.uid, 1, STR("重复"), &err));
    g_assert_cmpuint(hits(f, "issuer01", "工作", SEARCH_DOCUMENT), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/search/a-long-text-loses-no-phrase-between-its-parts", test_a_long_text_loses_no_phrase_between_its_parts);
    fixture_add("search", "one-table-of-words", false, test_one_table_of_words);
    fixture_add("search", "what-changes-is-found-as-it-is", true, test_what_changes_is_found_as_it_is);
    fixture_add("search", "what-a-task-says-is-found-by-who-may-read-it", true, test_what_a_task_says_is_found_by_who_may_read_it);
    fixture_add("search", "written-anew-the-index-says-the-same", true, test_written_anew_the_index_says_the_same);
    return g_test_run();
}
