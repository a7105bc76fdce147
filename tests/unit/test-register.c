/* Registers: what they say of evidence, and that a task rests on nothing that its register contradicts. */
#include "ledger/register.h"
#include "tasks.h"

#include "base/limits.h"

#include "base/banned.h"

#define OWN "990000-WJW-07" /* handler01, head01 */
#define OTHER "990000-WJW-08"

static const TaskSpec plain = { .lead = OWN };

/* --- Definitions --------------------------------------------------------------------------------------------------------------- */

#define FIELD(name, type, required) "{\"name\":\"" name "\",\"label\":\"x\",\"label_en\":\"x\",\"type\":\"" type "\",\"required\":" required "}"
#define DEFINITION(fields, key, checks) "{\"name\":\"x\",\"name_en\":\"x\",\"fields\":[" fields "],\"key\":\"" key "\",\"checks\":[" checks "]}"

static void test_a_definition_is_checked(void)
{
    static const struct {
        const char *proves, *definition, *at;
    } cases[] = {
        { "document", DEFINITION(FIELD("no", "text", "true"), "no", "{\"check\":\"of-owner\"}"), NULL },
        { "belief", DEFINITION(FIELD("no", "text", "true"), "no", "{\"check\":\"of-owner\"}"), "/proves" },
        { "document", DEFINITION("", "no", "{\"check\":\"of-owner\"}"), "/fields" },
        { "document", DEFINITION(FIELD("no", "text", "true") "," FIELD("no", "int", "true"), "no", "{\"check\":\"of-owner\"}"), "/fields/1/name" },
        { "document", DEFINITION(FIELD("No", "text", "true"), "No", "{\"check\":\"of-owner\"}"), "/fields/0/name" },
        { "document", DEFINITION(FIELD("no", "money", "true"), "no", "{\"check\":\"of-owner\"}"), "/fields/0/type" },
        { "document", DEFINITION(FIELD("no", "text", "false"), "no", "{\"check\":\"of-owner\"}"), "/key" },
        { "document", DEFINITION(FIELD("no", "text", "true"), "other", "{\"check\":\"of-owner\"}"), "/key" },
        { "document", DEFINITION(FIELD("no", "text", "true"), "no", ""), "/checks" },
        { "document", DEFINITION(FIELD("no", "text", "true"), "no", "{\"check\":\"believe\"}"), "/checks/0/check" },
        { "document", DEFINITION(FIELD("no", "text", "true"), "no", "{\"check\":\"emptied\",\"field\":\"no\"}"), "/checks/0/field" },
        { "document", DEFINITION(FIELD("no", "text", "true") "," FIELD("n", "int", "true"), "no", "{\"check\":\"share\",\"field\":\"n\",\"of\":\"n\",\"percent\":101}"), "/checks/0/percent" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) err = NULL;
        Register reg;
        bool ok = register_parse(STR("a_register"), str_from(cases[i].proves), str_from(cases[i].definition), arena, &reg, &err);
        g_assert_true(ok == !cases[i].at);
        if (!cases[i].at)
            continue;
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
}

/* --- Entries ---------------------------------------------------------------------------------------------------------------------- */

static const JsonValue *fields_of(Fixture *f, const char *text)
{
    g_autoptr(GError) err = NULL;
    const JsonValue *fields = json_parse(str_from(text), f->arena, &err);
    g_assert_no_error(err);
    return fields;
}

static bool enter(Fixture *f, const char *username, const char *code, const char *org, const char *fields, const char *blob, Str *ret_uid, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, username);
    NewRegisterRow row = { .org_uid = fixture_org(f, org).uid, .fields = fields_of(f, fields) };
    if (blob) {
        row.blob = str_from(blob);
        row.file_name = STR("scan.pdf");
        row.media = STR("application/pdf");
        row.size = 10;
    }
    return register_row_add(&ledger, &actor, str_from(code), &row, f->arena, ret_uid, err);
}

static Str entered(Fixture *f, const char *code, const char *fields, const char *blob)
{
    g_autoptr(GError) err = NULL;
    Str uid;
    enter(f, "handler01", code, OWN, fields, blob, &uid, &err);
    g_assert_no_error(err);
    return uid;
}

#define SCAN "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ISSUED_DOC "{\"number\":\"No. 9 (2026)\",\"title\":\"Rules\",\"issued\":\"2026-03-20\"}"

static void test_an_entry_is_of_its_unit(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid;
    g_assert_false(enter(f, "reviewer01", "documents", OWN, ISSUED_DOC, NULL, &uid, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(enter(f, "handler01", "documents", OTHER, ISSUED_DOC, NULL, &uid, &err));
    assert_refused(&err, BH_FORBIDDEN, NULL);
    g_assert_false(enter(f, "handler01", "nothing", OWN, ISSUED_DOC, NULL, &uid, &err));
    assert_refused(&err, BH_NOT_FOUND, NULL);
    g_assert_false(enter(f, "handler01", "documents", OWN, "{\"number\":\"1\",\"title\":\"x\"}", NULL, &uid, &err));
    g_assert_cmpstr(error_get_at(err), ==, "/fields/issued");
    assert_refused(&err, BH_BAD_INPUT, "field-missing");
    g_assert_false(enter(f, "handler01", "documents", OWN, "{\"number\":\"1\",\"title\":\"x\",\"issued\":\"2026-02-30\"}", NULL, &uid, &err));
    assert_refused(&err, BH_BAD_INPUT, "field-bad");
    g_assert_false(enter(f, "handler01", "documents", OWN, "{\"number\":\"1\",\"colour\":\"x\"}", NULL, &uid, &err));
    assert_refused(&err, BH_BAD_INPUT, "field-unknown");
    g_assert_false(enter(f, "handler01", "documents", OWN, "{\"number\":\" - \",\"title\":\"x\",\"issued\":\"2026-03-20\"}", NULL, &uid, &err) && uid.n == 0);
    g_clear_error(&err);
}

/* --- Evidence --------------------------------------------------------------------------------------------------------------------- */

static bool give(Fixture *f, Str task, const char *kind, Str row, const char *key, GError **err)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "handler01");
    NewEvidence evidence = { .kind = str_from(kind), .file_name = STR(""), .media = STR(""), .blob = STR(""), .note = STR(""), .row_uid = row, .key = key ? str_from(key) : STR_NONE };
    Str uid;
    return task_evidence_add(&ledger, &actor, task, &evidence, f->arena, &uid, err);
}

static Str working_task(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str uid = tasks_one(f, plain);
    tasks_do(f, "handler01", uid, "accept", NULL, &err);
    g_assert_no_error(err);
    return uid;
}

static const EvidenceCheck *last_check(Fixture *f, Str task)
{
    const Task *t = tasks_load(f, task);
    g_assert_cmpint(t->n_evidence, >, 0);
    return &t->evidence[t->n_evidence - 1].check;
}

static void assert_says(Fixture *f, Str task, bool held, const char *code)
{
    const EvidenceCheck *check = last_check(f, task);
    g_autofree char *named = g_strdup_printf("\"code\":\"%s\"", code);
    g_test_message(STR_FMT, STR_ARG(check->facts));
    g_assert_true(check->held == held);
    g_assert_true(str_has(check->facts, str_from(named)));
}

static void assert_given(Fixture *f, Str task, const char *kind, Str row, const char *key)
{
    g_autoptr(GError) err = NULL;
    give(f, task, kind, row, key, &err);
    g_assert_no_error(err);
}

static void test_a_document_is_found_by_its_number(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str task = working_task(f);
    g_assert_false(give(f, task, "document", STR_NONE, "No. 9 (2026)", &err));
    assert_refused(&err, BH_NOT_FOUND, "entry-missing");
    entered(f, "documents", ISSUED_DOC, SCAN);
    assert_given(f, task, "document", STR_NONE, "no.9（2026）");
    assert_says(f, task, true, "since-issue");
    clock_set(f->clock, clock_now_ms(f->clock) + 60000); /* asked again later, the register says the same: that is no change */
    g_assert_true(tasks_do(f, "head01", task, "submit", NULL, &err));
    g_assert_true(tasks_do(f, "reviewer01", task, "verify", NULL, &err));
    tasks_assert_proven(f);
}

static void test_what_proves_nothing_is_no_evidence(Fixture *f)
{
    static const struct {
        const char *kind, *code, *fields, *blob, *says;
    } cases[] = {
        { "document", "documents", "{\"number\":\"8\",\"title\":\"x\",\"issued\":\"2026-03-19\"}", SCAN, "before-issue" },
        { "document", "documents", "{\"number\":\"7\",\"title\":\"x\",\"issued\":\"2026-03-21\"}", SCAN, "in-future" },
        { "document", "documents", "{\"number\":\"6\",\"title\":\"x\",\"issued\":\"2026-03-20\"}", NULL, "file-missing" },
        { "training", "trainings", "{\"topic\":\"5\",\"held\":\"2026-03-20\",\"invited\":\"100\",\"attended\":\"79\"}", SCAN, "share-missed" },
        { "training", "trainings", "{\"topic\":\"4\",\"held\":\"2026-03-20\",\"invited\":\"0\",\"attended\":\"0\"}", SCAN, "too-few" },
        { "roster", "rosters", "{\"roster\":\"3\",\"entry\":\"a\",\"entered\":\"2025-01-01\"}", NULL, "not-empty" },
    };
    g_autoptr(GError) err = NULL;
    Str task = working_task(f);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_given(f, task, cases[i].kind, entered(f, cases[i].code, cases[i].fields, cases[i].blob), NULL);
        assert_says(f, task, false, cases[i].says);
        g_assert_false(tasks_do(f, "head01", task, "submit", NULL, &err));
        assert_refused(&err, BH_CONFLICT, "evidence-failed");
    }
    assert_given(f, task, "training", entered(f, "trainings", "{\"topic\":\"2\",\"held\":\"2026-03-20\",\"invited\":100,\"attended\":80}", SCAN), NULL);
    assert_says(f, task, true, "share-reached");
    g_assert_true(tasks_do(f, "head01", task, "submit", NULL, &err));
    tasks_assert_proven(f);
}

static void test_a_roster_is_emptied_entry_by_entry(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "handler01");
    Str task = working_task(f);
    entered(f, "rosters", "{\"roster\":\"borrowed\",\"entry\":\"a\",\"entered\":\"2025-01-01\",\"left\":\"2026-03-01\"}", NULL);
    Str second = entered(f, "rosters", "{\"roster\":\"borrowed\",\"entry\":\"b\",\"entered\":\"2025-01-01\"}", NULL);
    assert_given(f, task, "roster", STR_NONE, "borrowed");
    assert_says(f, task, false, "not-empty");
    /* The entry is brought up to date, and with it what the register says of the evidence that rests on it. */
    g_assert_true(register_row_set(&ledger, &actor, second, 1, fields_of(f, "{\"left\":\"2026-03-20\"}"), false, &err));
    assert_says(f, task, true, "emptied");
    g_assert_true(tasks_do(f, "head01", task, "submit", NULL, &err));
    /* Somebody comes back on the roster after the claim: the reviewer cannot verify what no longer holds. */
    entered(f, "rosters", "{\"roster\":\"borrowed\",\"entry\":\"c\",\"entered\":\"2026-03-20\"}", NULL);
    g_assert_false(tasks_do(f, "reviewer01", task, "verify", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "evidence-failed");
    g_assert_false(register_row_set(&ledger, &actor, second, 1, NULL, true, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    tasks_assert_proven(f);
}

static void test_a_withdrawn_entry_takes_its_proof_along(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "handler01");
    Str task = working_task(f), row = entered(f, "documents", ISSUED_DOC, SCAN);
    assert_given(f, task, "document", row, NULL);
    g_assert_true(last_check(f, task)->held);
    g_assert_true(register_row_set(&ledger, &actor, row, 1, NULL, true, &err));
    assert_says(f, task, false, "entry-withdrawn");
    tasks_assert_proven(f);
}

static void test_one_photograph_is_used_once(Fixture *f)
{
    Str first = working_task(f), second = working_task(f);
    const char *fields = "{\"subject\":\"a notice board\",\"taken\":\"2026-03-20\",\"place\":\"the hall\"}";
    assert_given(f, first, "photo", entered(f, "photographs", fields, SCAN), NULL);
    assert_says(f, first, true, "first-use");
    assert_given(f, second, "photo", entered(f, "photographs", fields, SCAN), NULL);
    assert_says(f, second, false, "used-before");
}

static void test_anothers_entry_proves_nothing(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Str task = tasks_one(f, (TaskSpec) { .lead = OTHER });
    Str row = entered(f, "documents", ISSUED_DOC, SCAN);
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Register reg;
    RegisterRow entry;
    RegisterVerdict verdict;
    g_assert_true(register_by_code(conn, f->arena, STR("documents"), &reg, &err));
    g_assert_true(register_row_load(conn, f->arena, row, &entry, &err));
    g_assert_true(register_check(conn, f->arena, &reg, tasks_load(f, task), &entry, STR_NONE, f->clock, &verdict, &err));
    g_assert_false(verdict.held);
    g_assert_true(str_has(verdict.facts, STR("not-of-owner")));
}

/* --- Setting up -------------------------------------------------------------------------------------------------------------------- */

static void test_registers_are_set_up_by_the_system(Fixture *f)
{
    static const char definition[] = DEFINITION(FIELD("no", "text", "true"), "no", "{\"check\":\"of-owner\"}");
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor head = tasks_actor(f, "head01"), admin = tasks_actor(f, "sysadmin01");
    g_assert_false(register_put(&ledger, &head, STR("visits"), 0, STR("other"), str_from(definition), &err));
    assert_refused(&err, BH_FORBIDDEN, NULL);
    g_assert_true(register_put(&ledger, &admin, STR("visits"), 0, STR("other"), str_from(definition), &err));
    g_assert_false(register_put(&ledger, &admin, STR("visits"), 0, STR("other"), str_from(definition), &err));
    assert_refused(&err, BH_CONFLICT, "register-known");
    g_assert_true(register_put(&ledger, &admin, STR("visits"), 1, STR("other"), str_from(definition), &err));
    g_assert_false(register_put(&ledger, &admin, STR("visits"), 1, STR("other"), str_from(definition), &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    Str task = working_task(f);
    Str row = entered(f, "visits", "{\"no\":\"1\"}", NULL);
    assert_given(f, task, "other", row, NULL);
    assert_says(f, task, true, "of-owner");
    g_assert_false(give(f, task, "document", row, NULL, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    g_assert_false(give(f, task, "figure", STR_NONE, "1", &err));
    assert_refused(&err, BH_BAD_INPUT, "no-register");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "an-entry-is-of-its-unit", test_an_entry_is_of_its_unit },
        { "a-document-is-found-by-its-number", test_a_document_is_found_by_its_number },
        { "what-proves-nothing-is-no-evidence", test_what_proves_nothing_is_no_evidence },
        { "a-roster-is-emptied-entry-by-entry", test_a_roster_is_emptied_entry_by_entry },
        { "a-withdrawn-entry-takes-its-proof-along", test_a_withdrawn_entry_takes_its_proof_along },
        { "one-photograph-is-used-once", test_one_photograph_is_used_once },
        { "anothers-entry-proves-nothing", test_anothers_entry_proves_nothing },
        { "registers-are-set-up-by-the-system", test_registers_are_set_up_by_the_system },
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/register/a-definition-is-checked", test_a_definition_is_checked);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("register", tests[i].name, true, tests[i].test);
    return g_test_run();
}
