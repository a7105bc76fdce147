/* Organisations and people from tables: what is found in them, what an import changes, and how names are understood afterwards. */
#include "fixture.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/text.h"
#include "db/queries.h"

#include "base/banned.h"

/* --- Tables ----------------------------------------------------------------------------------------------------------------- */

/* Lines of a table; cells divided by '|', the first line the header. */
static OrgRows table(Arena *arena, const char *lines)
{
    OrgRows rows = { .first_line = 2 };
    ARENA_LIST(const Str *) list = { 0 };
    for (Str rest = str_from(lines); rest.p;) {
        Str line = str_cut(&rest, '\n');
        ARENA_LIST(Str) cells = { 0 };
        while (line.p)
            *ARENA_PUSH(arena, &cells) = str_cut(&line, '|');
        if (!rows.header) {
            rows.header = cells.v;
            rows.n_columns = cells.n;
            continue;
        }
        g_assert_cmpuint(cells.n, ==, rows.n_columns);
        *ARENA_PUSH(arena, &list) = cells.v;
    }
    rows.rows = list.v;
    rows.n_rows = list.n;
    return rows;
}

/* A table of the samples, read as the fixture does. */
static OrgRows sample_table(Fixture *f, const char *path)
{
    Str text = str_trim(fixture_sample(f, path));
    g_autoptr(GString) lines = g_string_new_len(text.p, (gssize) text.n);
    g_strdelimit(lines->str, ",", '|');
    g_autofree char *plain = g_strdelimit(g_strdup(lines->str), "\r", ' ');
    return table(f->arena, arena_str(f->arena, str_from(plain)).p);
}

typedef struct {
    Fixture *f;
    OrgRows rows;
    bool people;
    OrgImportCount count;
} Apply;

static bool apply_in_tx(DbConn *tx, void *data, GError **err)
{
    Apply *apply = data;
    AuditWho who = { .via = "command", .at_ms = clock_now_ms(apply->f->clock) };
    return apply->people ? people_import_apply(tx, &apply->rows, STR_NONE, apply->f->keys, &who, &apply->count, err)
                         : org_import_apply(tx, &apply->rows, &who, &apply->count, err);
}

static bool apply(Fixture *f, OrgRows rows, bool people, OrgImportCount *ret_count, GError **err)
{
    Apply args = { f, rows, people, { 0 } };
    if (!db_write(f->db, DB_BULK, apply_in_tx, &args, err))
        return false;
    *ret_count = args.count;
    return true;
}

static void assert_applied(Fixture *f, OrgRows rows, bool people, int64_t added, int64_t changed, int64_t same)
{
    g_autoptr(GError) err = NULL;
    OrgImportCount count;
    apply(f, rows, people, &count, &err);
    g_assert_no_error(err);
    g_assert_cmpint(count.rows, ==, (int64_t) rows.n_rows);
    g_assert_cmpint(count.added, ==, added);
    g_assert_cmpint(count.changed, ==, changed);
    g_assert_cmpint(count.same, ==, same);
}

static OrgImportCount check(Fixture *f, OrgRows rows, bool people, Diags *diags)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    OrgImportCount count = { 0 };
    if (people)
        people_import_check(conn, &rows, diags, &count, &err);
    else
        org_import_check(conn, &rows, diags, &count, &err);
    g_assert_no_error(err);
    return count;
}

/* Exactly this finding, at this place; and then nothing can be applied. */
static void assert_finding(Fixture *f, const char *lines, bool people, const char *code, const char *at)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Diags) diags = diags_new();
    OrgRows rows = table(f->arena, lines);
    check(f, rows, people, diags);
    if (diags_count(diags) != 1)
        g_error("%s: %zu findings, not one", code, diags_count(diags));
    const Diag *found = diags_get(diags, 0);
    g_assert_cmpstr(found->code, ==, code);
    g_assert_cmpmem(found->at.p, found->at.n, at, strlen(at));
    OrgImportCount count;
    g_assert_false(apply(f, rows, people, &count, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
}

/* --- The samples -------------------------------------------------------------------------------------------------------------- */

static void test_the_samples_twice_change_nothing(Fixture *f)
{
    OrgRows orgs = sample_table(f, "organisations.csv"), people = sample_table(f, "people.csv");
    g_assert_cmpuint(orgs.n_rows, ==, 1401);
    g_assert_cmpuint(people.n_rows, ==, 406);
    g_autoptr(Diags) diags = diags_new();
    g_assert_cmpint(check(f, orgs, false, diags).same, ==, 1401);
    g_assert_cmpint(check(f, people, true, diags).same, ==, 406);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    assert_applied(f, orgs, false, 0, 0, 1401);
    assert_applied(f, people, true, 0, 0, 406);
    g_assert_cmpint(fixture_org(f, "990000-WJW").version, ==, 1);
}

static void test_the_samples_into_an_empty_store(Fixture *f)
{
    assert_applied(f, sample_table(f, "organisations.csv"), false, 1401, 0, 0);
    assert_applied(f, sample_table(f, "people.csv"), true, 406, 0, 0);
}

/* --- What is found ------------------------------------------------------------------------------------------------------------- */

#define HEADER "code|name|kind|parent|area|rank|members|opened|closed|aliases\n"
#define ROOT "r|Root|government||99|||||\n"

static void test_findings_in_organisations(Fixture *f)
{
    g_autofree char *longest = g_strnfill(LIMIT_NAME_CHARS, 'n'), *longer = g_strnfill(LIMIT_NAME_CHARS + 1, 'n');
    g_autofree char *long_name = g_strdup_printf(HEADER ROOT "a|%s|bureau|r|99|||||", longer);
    g_autofree char *long_alias = g_strdup_printf(HEADER ROOT "a|A|bureau|r|99|||||x;%s", longer);
    const struct {
        const char *lines, *code, *at;
    } cases[] = {
        { "code|name|kind|parent\nr|Root|government|", "header-missing", "area" },
        { HEADER "|Root|government||99|||||", "value-missing", "row 2, column code" },
        { HEADER ROOT "a||bureau|r|99|||||", "value-missing", "row 3, column name" },
        { HEADER ROOT "a|A||r|99|||||", "value-missing", "row 3, column kind" },
        { HEADER ROOT "a|A|bureau|r| |||||", "value-missing", "row 3, column area" },
        { HEADER ROOT "a|A|castle|r|99|||||", "value-unknown", "row 3, column kind" },
        { HEADER ROOT "a|A|bureau|r|99|first||||", "value-unknown", "row 3, column rank" },
        { HEADER ROOT "a|A|bureau|r|99|||||\na|B|bureau|r|99|||||", "code-duplicate", "row 4, column code" },
        { HEADER ROOT "a|A|bureau|nobody|99|||||", "parent-unknown", "row 3, column parent" },
        { HEADER ROOT "a|A|bureau|a|99|||||", "parent-cycle", "row 3, column parent" },
        { HEADER ROOT "a|A|bureau|b|99|||||\nb|B|bureau|c|99|||||\nc|C|bureau|a|99|||||", "parent-cycle", "row 3, column parent" },
        { HEADER ROOT "a|A|collective|r|99||r;x|||", "org-unknown", "row 3, column members" },
        { HEADER ROOT "a|A|bureau|r|99|||2019-02-30||", "date-bad", "row 3, column opened" },
        { HEADER ROOT "a|A|bureau|r|99||||1.3.2019|", "date-bad", "row 3, column closed" },
        { HEADER ROOT "a|A|bureau|r|99|||2019-03-01|2019-02-01|", "date-bad", "row 3, column closed" },
        { long_name, "name-long", "row 3, column name" },
        { long_alias, "name-long", "row 3, column aliases" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_finding(f, cases[i].lines, false, cases[i].code, cases[i].at);
    g_autofree char *fits = g_strdup_printf(HEADER ROOT "a|%s|bureau|r|99|||||", longest);
    assert_applied(f, table(f->arena, fits), false, 2, 0, 0);
}

static void test_an_unknown_column_is_left_out(Fixture *f)
{
    g_autoptr(Diags) diags = diags_new();
    OrgRows rows = table(f->arena, "code|name|kind|parent|area|colour\nr|Root|government||99|blue");
    check(f, rows, false, diags);
    g_assert_cmpuint(diags_count(diags), ==, 1);
    g_assert_cmpstr(diags_get(diags, 0)->code, ==, "header-unknown");
    assert_applied(f, rows, false, 1, 0, 0);
}

#define PEOPLE "username|name|org|role|title|telephone|id_number\n"
#define NUMBER "990000196401010012"

static void test_findings_in_people(Fixture *f)
{
    assert_applied(f, table(f->arena, HEADER "r|Root|government||99|||||"), false, 1, 0, 0);
    static const struct {
        const char *lines, *code, *at;
    } cases[] = {
        { "username|name|org\nabc|A|r", "header-missing", "role" },
        { PEOPLE "|A|r|handler|||", "value-missing", "row 2, column username" },
        { PEOPLE "abc||r|handler|||", "value-missing", "row 2, column name" },
        { PEOPLE "abc|A||handler|||", "value-missing", "row 2, column org" },
        { PEOPLE "abc|A|r||||", "value-missing", "row 2, column role" },
        { PEOPLE "a c|A|r|handler|||", "username-bad", "row 2, column username" },
        { PEOPLE "abc|A|r|king|||", "role-unknown", "row 2, column role" },
        { PEOPLE "abc|A|nowhere|handler|||", "org-unknown", "row 2, column org" },
        { PEOPLE "abc|A|r|handler|||990000196401010013", "person-bad", "row 2, column id_number" },
        { PEOPLE "abc|A|r|handler|||\nabc|B|r|handler|||", "code-duplicate", "row 3, column username" },
        { PEOPLE "abc|A|r|system_admin;audit_admin|||", "roles-exclude", "row 2, column role" },
        { PEOPLE "abc|A|r|system_admin|||" NUMBER "\nabd|A|r|audit_admin|||" NUMBER, "roles-exclude", "row 3, column role" }, /* one person, two accounts */
        { PEOPLE "abc|A|r|handler|||" NUMBER "\nabd|B|r|handler|||" NUMBER, "person-bad", "row 3, column id_number" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_finding(f, cases[i].lines, true, cases[i].code, cases[i].at);
}

#define CHARGED "username|name|org|role|in_charge\n"

static void assert_leader(Fixture *f, const char *code, const char *username)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Org org = fixture_org(f, code);
    int64_t account;
    g_assert_true(org_leader(conn, org.id, org.path, &account, &err));
    g_assert_cmpint(account, ==, username ? fixture_user(f, username)->account : DB_NULL_INT);
}

/* Who has what in his charge (分管领导) comes with the people; a file without the column says nothing of it. */
static void test_leaders_in_charge_come_with_people(Fixture *f)
{
    assert_applied(f, table(f->arena, HEADER "r|Root|government||99|||||\na|A|department|r|99|||||\nb|B|department|a|99|||||"), false, 3, 0, 0);
    assert_finding(f, CHARGED "abc|A|r|leader|nowhere", true, "org-unknown", "row 2, column in_charge");
    assert_finding(f, CHARGED "abc|A|r|leader|a\nabd|B|r|leader|b;a", true, "code-duplicate", "row 3, column in_charge");
    assert_applied(f, table(f->arena, CHARGED "abc|A|r|leader|a;b\nabd|B|r|leader|"), true, 2, 0, 0);
    assert_leader(f, "a", "abc");
    assert_leader(f, "r", NULL);
    assert_applied(f, table(f->arena, CHARGED "abc|A|r|leader|b;a\nabd|B|r|leader|"), true, 0, 0, 2);
    assert_applied(f, table(f->arena, PEOPLE "abc|A|r|leader|||\nabd|B|r|leader|||"), true, 0, 0, 2);
    assert_leader(f, "b", "abc");
    assert_applied(f, table(f->arena, CHARGED "abc|A|r|leader|\nabd|B|r|leader|b"), true, 0, 2, 0);
    assert_leader(f, "b", "abd");
    assert_leader(f, "a", NULL);
}

/* --- The tree ----------------------------------------------------------------------------------------------------------------------- */

static void test_a_circle_through_the_store_is_found(Fixture *f)
{
    assert_applied(f, table(f->arena, HEADER ROOT "a|A|bureau|r|99|||||\nb|B|bureau|a|99|||||"), false, 3, 0, 0);
    assert_finding(f, HEADER "a|A|bureau|b|99|||||", false, "parent-cycle", "row 2, column parent"); /* b is not in the file */
}

/* r0 above r1 above r2 … */
static char *chain(int from, int levels, const char *first_parent)
{
    GString *lines = g_string_new(HEADER);
    for (int i = from; i < from + levels; i++) {
        g_autofree char *above = i == from ? g_strdup(first_parent) : g_strdup_printf("r%d", i - 1);
        g_string_append_printf(lines, "%sr%d|R%d|bureau|%s|99|||||", i == from ? "" : "\n", i, i, above);
    }
    return g_string_free(lines, FALSE);
}

static void test_the_tree_has_a_deepest_level(Fixture *f)
{
    g_autofree char *deepest = chain(0, LIMIT_ORG_DEPTH, ""), *deeper = chain(0, LIMIT_ORG_DEPTH + 1, ""), *much_deeper = chain(0, 3 * LIMIT_ORG_DEPTH, "");
    g_autofree char *at = g_strdup_printf("row %d, column parent", LIMIT_ORG_DEPTH + 2);
    assert_finding(f, deeper, false, "too-deep", at);
    assert_finding(f, much_deeper, false, "too-deep", at);
    assert_applied(f, table(f->arena, deepest), false, LIMIT_ORG_DEPTH, 0, 0);
    g_autofree char *one_more = g_strdup_printf(HEADER "x|X|bureau|r%d|99|||||", LIMIT_ORG_DEPTH - 1);
    assert_finding(f, one_more, false, "too-deep", "row 2, column parent");
    assert_finding(f, HEADER "t|T|bureau||99|||||\nr0|R0|bureau|t|99|||||", false, "too-deep", "row 3, column parent"); /* what is stored would be pushed too deep */
}

static void assert_path(Fixture *f, const char *const *codes, size_t n)
{
    g_autoptr(GString) path = g_string_new("/");
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(path, "%" G_GINT64_FORMAT "/", fixture_org(f, codes[i]).id);
    Str is = fixture_org(f, codes[n - 1]).path;
    g_assert_cmpmem(is.p, is.n, path->str, path->len);
}

static void test_a_subtree_moves_as_a_whole(Fixture *f)
{
    assert_applied(f, table(f->arena, HEADER "d|D|bureau|c|99|||||\nc|C|bureau|a|99|||||\n" ROOT "a|A|bureau|r|99|||||\nb|B|bureau|r|99|||||"), false, 5, 0, 0);
    assert_path(f, (const char *const[]) { "r", "a", "c", "d" }, 4); /* whatever the order of the rows */
    assert_applied(f, table(f->arena, HEADER "c|C|bureau|b|99|10||||"), false, 0, 1, 0);
    assert_path(f, (const char *const[]) { "r", "b", "c" }, 3);
    assert_path(f, (const char *const[]) { "r", "b", "c", "d" }, 4); /* d is not in the file */
    assert_applied(f, table(f->arena, HEADER "a|A|bureau|d|99|10||||"), false, 0, 1, 0);
    assert_path(f, (const char *const[]) { "r", "b", "c", "d", "a" }, 5);
}

/* --- Changes -------------------------------------------------------------------------------------------------------------------------- */

#define FULL "code|name|short_name|kind|parent|area|rank|legal_code|functions|aliases|members|opened|closed\n"
#define ROW "a|Alpha|Al|bureau|r|99|5|L1|f1;f2|x;y|r|2019-03-01|"

static void test_each_cell_counts_as_a_change(Fixture *f)
{
    static const char *const changed[] = {
        "a|Alphab|Al|bureau|r|99|5|L1|f1;f2|x;y|r|2019-03-01|", "a|Alpha|Alb|bureau|r|99|5|L1|f1;f2|x;y|r|2019-03-01|",
        "a|Alpha|Al|hospital|r|99|5|L1|f1;f2|x;y|r|2019-03-01|", "a|Alpha|Al|bureau||99|5|L1|f1;f2|x;y|r|2019-03-01|",
        "a|Alpha|Al|bureau|r|98|5|L1|f1;f2|x;y|r|2019-03-01|",   "a|Alpha|Al|bureau|r|99|6|L1|f1;f2|x;y|r|2019-03-01|",
        "a|Alpha|Al|bureau|r|99|5||f1;f2|x;y|r|2019-03-01|",     "a|Alpha|Al|bureau|r|99|5|L1|f1|x;y|r|2019-03-01|",
        "a|Alpha|Al|bureau|r|99|5|L1|f1;f2|x;z|r|2019-03-01|",   "a|Alpha|Al|bureau|r|99|5|L1|f1;f2|x;y||2019-03-01|",
        "a|Alpha|Al|bureau|r|99|5|L1|f1;f2|x;y|r||",             "a|Alpha|Al|bureau|r|99|5|L1|f1;f2|x;y|r|2019-03-01|2020-01-01",
    };
    static const char *const alike[] = {
        ROW, "a|Alpha|Al|bureau|r|99|5|L1|f2;f1|y;x|r|2019-03-01|", " a | Alpha |Al|bureau|r|99|5|L1|f1;f2;f2|X;y;Alpha; |r|2019-03-01|",
        ("a|Alpha|Al|bureau|r|99|5|L1|f1\xEF\xBC\x9B" "f2|x\xE3\x80\x81y|r|2019-03-01|"),
    };
    assert_applied(f, table(f->arena, FULL "r|Root||government||99|1|||||| "), false, 1, 0, 0);
    assert_applied(f, table(f->arena, FULL ROW), false, 1, 0, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(changed); i++) {
        g_autofree char *lines = g_strconcat(FULL, changed[i], NULL);
        assert_applied(f, table(f->arena, lines), false, 0, 1, 0);
        assert_applied(f, table(f->arena, lines), false, 0, 0, 1);
        assert_applied(f, table(f->arena, FULL ROW), false, 0, 1, 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(alike); i++) {
        g_autofree char *lines = g_strconcat(FULL, alike[i], NULL);
        assert_applied(f, table(f->arena, lines), false, 0, 0, 1);
    }
}

static void test_grants_given_by_hand_survive_an_import(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    const User *by = fixture_user(f, "secadmin01"), *to = fixture_user(f, "handler01");
    AuditWho who = fixture_who(f, by);
    NewGrant grant = { .account_uid = to->account_uid, .role = ROLE_HANDLER, .where = WHERE_AREA, .where_area = STR("9901"), .from = DATE_NONE, .to = DATE_NONE };
    Str uid;
    g_assert_true(grant_add(f->db, &grant, by, &who, f->arena, &uid, &err));
    g_autofree char *line = g_strdup_printf(PEOPLE "handler01|" STR_FMT "|990000-WJW-07|handler|another title||" NUMBER, STR_ARG(to->person_name));
    assert_applied(f, table(f->arena, line), true, 0, 1, 0);
    g_assert_cmpuint(fixture_user(f, "handler01")->n_grants, ==, 2);
    g_autofree char *moved = g_strdup_printf(PEOPLE "handler01|" STR_FMT "|990000-WJW-08|handler|another title||" NUMBER, STR_ARG(to->person_name));
    assert_applied(f, table(f->arena, moved), true, 0, 1, 0);
    const User *now = fixture_user(f, "handler01");
    g_assert_cmpuint(now->n_grants, ==, 1); /* another unit, other rights */
    g_assert_true(str_eq(now->grants[0].where_uid, fixture_org(f, "990000-WJW-08").uid));
}

static void test_a_person_gains_a_proof_later(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    OrgImportCount count;
    assert_applied(f, table(f->arena, HEADER "r|Root|government||99|||||"), false, 1, 0, 0);
    assert_applied(f, table(f->arena, PEOPLE "abc|A|r|handler|||\nabd|A|r|reviewer|||" NUMBER "\nabe|E|r|handler|||"), true, 3, 0, 0);
    g_assert_false(fixture_user(f, "abc")->proven);
    assert_applied(f, table(f->arena, PEOPLE "abc|A|r|handler|||" NUMBER "\nabe|E|r|handler|||99000019901115003X"), true, 0, 2, 0);
    g_assert_true(fixture_user(f, "abc")->proven && fixture_user(f, "abe")->proven);
    g_assert_cmpint(fixture_user(f, "abc")->person, ==, fixture_user(f, "abd")->person); /* they were one all the time */
    assert_applied(f, table(f->arena, PEOPLE "abc|A|r|handler|||" NUMBER), true, 0, 0, 1);
    g_assert_false(apply(f, table(f->arena, PEOPLE "abe|E|r|handler|another||" NUMBER), true, &count, &err)); /* an account is not handed on */
    assert_refused(&err, BH_CONFLICT, "person-known");
    g_assert_false(apply(f, table(f->arena, PEOPLE "abf|Somebody|r|handler|||" NUMBER), true, &count, &err));
    assert_refused(&err, BH_CONFLICT, "person-known");
    assert_applied(f, table(f->arena, PEOPLE "abd|B|r|reviewer|||" NUMBER), true, 0, 1, 0); /* a new name is the person's */
    g_assert_true(str_eq(fixture_user(f, "abc")->person_name, STR("B")));
}

/* --- Limits ---------------------------------------------------------------------------------------------------------------------------- */

static OrgRows many_rows(Arena *arena, size_t n)
{
    static const Str header[] = { STR_INIT("code"), STR_INIT("name"), STR_INIT("kind"), STR_INIT("parent"), STR_INIT("area") };
    const Str **list = ARENA_ARRAY(arena, const Str *, n);
    for (size_t i = 0; i < n; i++) {
        Str *cells = ARENA_ARRAY(arena, Str, 5);
        cells[0] = arena_printf(arena, "c%zu", i);
        cells[1] = arena_printf(arena, "name %zu", i);
        cells[2] = STR("clinic");
        cells[3] = i == 0 ? STR("") : arena_printf(arena, "c%zu", (i - 1) / 30);
        cells[4] = STR("99");
        list[i] = cells;
    }
    return (OrgRows) { header, 5, list, n, 2 };
}

/* Time that grew with the square of the rows would not end within the test's limit. */
static void test_a_province_is_checked(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    OrgRows rows = many_rows(f->arena, LIMIT_ORGS);
    g_assert_cmpint(check(f, rows, false, NULL).added, ==, LIMIT_ORGS);
    OrgRows too_many = many_rows(f->arena, LIMIT_ORGS + 1);
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    OrgImportCount count;
    g_assert_false(org_import_check(conn, &too_many, NULL, &count, &err));
    assert_refused(&err, BH_TOO_LARGE, "too-many-rows");
    g_assert_false(people_import_check(conn, &too_many, NULL, &count, &err));
    assert_refused(&err, BH_TOO_LARGE, "too-many-rows");
}

/* --- Names ------------------------------------------------------------------------------------------------------------------------------- */

static OrgMatch resolve(Fixture *f, const char *name, const char *within)
{
    g_autoptr(GError) err = NULL;
    OrgMatch match = { 0 };
    Str path = within ? fixture_org(f, within).path : STR_NONE;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    org_resolve(conn, f->arena, str_from(name), path, &match, &err);
    g_assert_no_error(err);
    return match;
}

static void assert_resolved(Fixture *f, const char *name, const char *within, const char *code, OrgHow how)
{
    OrgMatch match = resolve(f, name, within);
    if (match.how != how || !str_eq(match.org.code, str_from(code)))
        g_error("'%s' within %s: %d '" STR_FMT "', not %d '%s'", name, within ? within : "nowhere", (int) match.how, STR_ARG(match.org.code), (int) how, code);
}

#define CITY \
    "code|name|short_name|kind|parent|area|aliases|closed\n" \
    "g|City Government||government||99||\n" \
    "w|City Commission|CC|commission|g|99|Health Board|\n" \
    "w1|Disease Office|DO|department|w|99|Plague Office|\n" \
    "d|First District||district_government|g|9901||\n" \
    "dw|First Commission||district_commission|d|9901||\n" \
    "dw1|Disease Office||department|dw|9901||\n" \
    "e|Second District||district_government|g|9902||\n" \
    "ew|Second Commission||district_commission|e|9902||\n" \
    "ew1|Disease Office||department|ew|9902||\n" \
    "ew2|Plague Office||department|ew|9902||\n" \
    "old|Old Bureau||bureau|g|99||2018-01-01\n" \
    "b1|Twin||bureau|g|99||\n" \
    "b2|Twin||bureau|g|99||"

static void test_names_are_understood_from_where_they_are_written(Fixture *f)
{
    assert_applied(f, table(f->arena, CITY), false, 13, 0, 0);
    assert_resolved(f, "City Commission", NULL, "w", ORG_BY_NAME);
    assert_resolved(f, "cc", NULL, "w", ORG_BY_NAME);
    assert_resolved(f, " \xEF\xBC\xA3\xEF\xBC\xA3 ", NULL, "w", ORG_BY_NAME); /* full-width */
    assert_resolved(f, "health  board", NULL, "w", ORG_BY_ALIAS);
    assert_resolved(f, "Disease Office", "w", "w1", ORG_BY_NAME);
    assert_resolved(f, "Disease Office", "dw", "dw1", ORG_BY_NAME);
    assert_resolved(f, "Disease Office", "d", "dw1", ORG_BY_NAME);
    assert_resolved(f, "Disease Office", "ew2", "ew1", ORG_BY_NAME);
    assert_resolved(f, "Plague Office", "w", "w1", ORG_BY_ALIAS);
    assert_resolved(f, "Plague Office", "ew", "ew2", ORG_BY_NAME);
    assert_resolved(f, "Second Commission", "d", "ew", ORG_BY_NAME); /* the only one of its name, wherever */
}

static void test_what_is_doubtful_is_asked(Fixture *f)
{
    assert_applied(f, table(f->arena, CITY), false, 13, 0, 0);
    OrgMatch match = resolve(f, "Disease Office", NULL);
    g_assert_cmpint(match.how, ==, ORG_UNRESOLVED);
    g_assert_cmpuint(match.n_candidates, ==, 3);
    g_assert_cmpuint(resolve(f, "Disease Office", "g").n_candidates, ==, 3); /* all equally far */
    match = resolve(f, "Twin", "w");
    g_assert_cmpint(match.how, ==, ORG_UNRESOLVED);
    g_assert_cmpuint(match.n_candidates, ==, 2);
    g_assert_true(str_eq(match.candidates[0].code, STR("b1"))); /* in official order */
    g_assert_cmpuint(resolve(f, "Nobody", "w").n_candidates, ==, 0);
    g_assert_cmpuint(resolve(f, "Disease", "w").n_candidates, ==, 0); /* a part of a name is none */
    g_assert_cmpuint(resolve(f, "", "w").n_candidates, ==, 0);
    match = resolve(f, "Old Bureau", "w");
    g_assert_true(match.how == ORG_UNRESOLVED && match.n_candidates == 0); /* closed */
}

static void test_a_renamed_organisation_goes_by_its_new_names(Fixture *f)
{
    assert_applied(f, table(f->arena, CITY), false, 13, 0, 0);
    assert_applied(f, table(f->arena, "code|name|short_name|kind|parent|area|aliases|rank\nw|New Commission|NC|commission|g|99||20"), false, 0, 1, 0);
    assert_resolved(f, "New Commission", NULL, "w", ORG_BY_NAME);
    g_assert_cmpint(resolve(f, "City Commission", NULL).how, ==, ORG_UNRESOLVED);
    g_assert_cmpint(resolve(f, "Health Board", NULL).how, ==, ORG_UNRESOLVED);
}

static void test_candidates_have_an_end(Fixture *f)
{
    g_autoptr(GString) lines = g_string_new(HEADER "r|Root|government||99|||||");
    for (int i = 0; i < 30; i++)
        g_string_append_printf(lines, "\nt%d|Twin|bureau|r|99|||||", i);
    assert_applied(f, table(f->arena, lines->str), false, 31, 0, 0);
    g_assert_cmpuint(resolve(f, "Twin", NULL).n_candidates, ==, 20);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool city;
        FixtureTest test;
    } tests[] = {
        { "the-samples-twice-change-nothing", true, test_the_samples_twice_change_nothing },
        { "the-samples-into-an-empty-store", false, test_the_samples_into_an_empty_store },
        { "findings-in-organisations", false, test_findings_in_organisations },
        { "an-unknown-column-is-left-out", false, test_an_unknown_column_is_left_out },
        { "findings-in-people", false, test_findings_in_people },
        { "leaders-in-charge", false, test_leaders_in_charge_come_with_people },
        { "a-circle-through-the-store-is-found", false, test_a_circle_through_the_store_is_found },
        { "the-tree-has-a-deepest-level", false, test_the_tree_has_a_deepest_level },
        { "a-subtree-moves-as-a-whole", false, test_a_subtree_moves_as_a_whole },
        { "each-cell-counts-as-a-change", false, test_each_cell_counts_as_a_change },
        { "grants-given-by-hand-survive-an-import", true, test_grants_given_by_hand_survive_an_import },
        { "a-person-gains-a-proof-later", false, test_a_person_gains_a_proof_later },
        { "a-province-is-checked-in-time", false, test_a_province_is_checked },
        { "names-are-understood-from-where-they-are-written", false, test_names_are_understood_from_where_they_are_written },
        { "what-is-doubtful-is-asked", false, test_what_is_doubtful_is_asked },
        { "a-renamed-organisation-goes-by-its-new-names", false, test_a_renamed_organisation_goes_by_its_new_names },
        { "candidates-have-an-end", false, test_candidates_have_an_end },
    };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("org", tests[i].name, tests[i].city, tests[i].test);
    return g_test_run();
}
