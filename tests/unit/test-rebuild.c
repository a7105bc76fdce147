/* The rebuild check: whatever is changed, lost or added behind the program's back, in any table that it answers for, is found and named. */
#include "tasks.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include "flow/duty.h"
#include "ledger/register.h"
#include "ledger/report.h"

#include "base/banned.h"

/* What only somebody with the rights of the database can do. */
static int meddle(Fixture *f, const char *sql)
{
    int changes = 0;
    if (f->engine == DB_SQLITE) {
        sqlite3 *raw = NULL;
        char *said = NULL;
        g_assert_cmpint(sqlite3_open(f->options.path, &raw), ==, SQLITE_OK);
        sqlite3_busy_timeout(raw, 5000);
        sqlite3_exec(raw, sql, NULL, NULL, &said);
        g_assert_cmpstr(said, ==, NULL);
        changes = sqlite3_changes(raw);
        sqlite3_close(raw);
        return changes;
    }
    PGconn *pg = PQconnectdb(f->options.url);
    PGresult *result = PQexec(pg, sql);
    g_assert_cmpstr(PQresultErrorMessage(result), ==, "");
    int64_t tuples = 0;
    str_to_int64(str_from(PQcmdTuples(result)), &tuples);
    PQclear(result);
    PQfinish(pg);
    return (int) tuples;
}

/* Another value for every column of the tables that a task is kept in. What is no part of what a task is, is not here: its row's own id. */
static const struct {
    const char *table, *column, *value;
} columns[] = {
    { "task", "uid", "'00000000000000000000000000'" },
    { "task", "plan", "(SELECT max(id) FROM plan WHERE id <> task.plan)" },
    { "task", "seq", "77" }, { "task", "no", "'77'" }, { "task", "label", "'77.'" }, { "task", "kind", "'problem'" },
    { "task", "title", "'another'" }, { "task", "text", "'another'" }, { "task", "problem", "'another'" }, { "task", "path", "'[1]'" },
    { "task", "span_from", "7" }, { "task", "span_to", "9" }, { "task", "source", "'hand'" }, { "task", "basis", "'no basis'" },
    { "task", "state", "'closed'" }, { "task", "state_before", "'working'" }, { "task", "due", "'2031-01-01'" },
    { "task", "suspended_until", "'2031-01-01'" }, { "task", "figures", "5" }, { "task", "adjusted", "TRUE" }, { "task", "manual", "TRUE" },
    { "task", "relapses", "9" }, { "task", "returns", "9" }, { "task", "claim_account", "(SELECT max(id) FROM account)" },
    { "task", "claim_org", "(SELECT max(id) FROM org)" }, { "task", "claim_at", "5" }, { "task", "claim_note", "'another'" },
    { "task", "incomputable", "'another'" }, { "task", "incomputable_by", "(SELECT max(id) FROM account)" }, { "task", "incomputable_at", "5" },
    { "task", "number", "'X-1'" }, { "task", "parent", "(SELECT max(id) FROM task)" }, { "task", "split", "'same'" }, { "task", "source_no", "'9'" },
    { "task", "source_date", "'2031-01-01'" }, { "task", "stage", "3" }, { "task", "term", "'lasting'" }, { "task", "category", "'another'" },
    { "task", "leader", "(SELECT max(id) FROM account)" }, { "task", "handler", "(SELECT max(id) FROM account)" }, { "task", "restricted", "TRUE" },
    { "task", "quiet", "TRUE" }, { "task", "overruled_by", "(SELECT max(id) FROM account)" }, { "task", "waived_share", "'0.3'" },
    { "task", "holding_days", "7" }, { "task", "holding_until", "'2031-01-01'" },
    { "task", "verified_by", "(SELECT max(id) FROM account)" }, { "task", "closed_at", "5" }, { "task", "changed", "5" }, { "task", "version", "99" },
    { "task", "issuer", "(SELECT max(id) FROM org)" },
    { "task_owner", "task", "(SELECT max(id) FROM task)" }, { "task_owner", "org", "(SELECT max(id) FROM org)" },
    { "task_owner", "role", "'other'" }, { "task_owner", "name", "'another'" }, { "task_owner", "confirmed_by", "(SELECT max(id) FROM account)" },
    { "task_owner", "confirmed_at", "5" },
    { "task_target", "uid", "'00000000000000000000000000'" }, { "task_target", "task", "(SELECT max(id) FROM task)" },
    { "task_target", "quote", "'another'" }, { "task_target", "metric", "'another'" }, { "task_target", "op", "'<='" }, { "task_target", "value", "'1'" },
    { "task_target", "value2", "'1'" }, { "task_target", "unit", "'one'" }, { "task_target", "due", "'2031-01-01'" }, { "task_target", "soft", "TRUE" },
    { "task_target", "tense", "'result'" }, { "task_target", "part_of", "(SELECT max(id) FROM task_target)" }, { "task_target", "claimed", "'5'" },
    { "task_target", "claimed_by", "(SELECT max(id) FROM account)" }, { "task_target", "claimed_at", "5" },
    { "task_measure", "uid", "'00000000000000000000000000'" }, { "task_measure", "task", "(SELECT max(id) FROM task)" },
    { "task_measure", "no", "'9'" }, { "task_measure", "text", "'another'" }, { "task_measure", "state", "'lasting'" },
    { "task_measure", "answer", "'another'" }, { "task_measure", "account", "(SELECT max(id) FROM account)" }, { "task_measure", "at", "5" },
    { "task_measure", "version", "99" },
    { "evidence", "uid", "'00000000000000000000000000'" }, { "evidence", "task", "(SELECT max(id) FROM task)" }, { "evidence", "kind", "'photo'" },
    { "evidence", "file_name", "'another'" }, { "evidence", "media", "'a/b'" }, { "evidence", "size", "5" }, { "evidence", "blob", "'another'" },
    { "evidence", "note", "'another'" }, { "evidence", "account", "(SELECT max(id) FROM account)" }, { "evidence", "org", "(SELECT max(id) FROM org)" },
    { "evidence", "at", "5" }, { "evidence", "withdrawn", "TRUE" },
    { "task_comment", "uid", "'00000000000000000000000000'" }, { "task_comment", "task", "(SELECT max(id) FROM task)" },
    { "task_comment", "account", "(SELECT max(id) FROM account)" }, { "task_comment", "at", "5" }, { "task_comment", "text", "'another'" },
    { "task_comment", "mentions", "'another'" },
    { "task_reader", "task", "(SELECT max(id) FROM task)" }, { "task_reader", "account", "(SELECT max(id) FROM account)" },
    { "task_amendment", "task", "(SELECT max(id) FROM task)" }, { "task_amendment", "field", "'text'" }, { "task_amendment", "old_value", "'1'" },
    { "task_amendment", "new_value", "'1'" }, { "task_amendment", "reason", "'another'" }, { "task_amendment", "account", "(SELECT max(id) FROM account)" },
    { "task_amendment", "at", "5" },
    { "look_back", "uid", "'00000000000000000000000000'" }, { "look_back", "plan", "(SELECT max(id) FROM plan WHERE id <> look_back.plan)" },
    { "look_back", "org", "(SELECT max(id) FROM org)" }, { "look_back", "title", "'another'" }, { "look_back", "begins", "'2031-01-01'" },
    { "look_back", "ends", "'2031-01-01'" }, { "look_back", "sample", "'share'" }, { "look_back", "share", "7" }, { "look_back", "seed", "'00'" },
    { "look_back", "candidates", "7" }, { "look_back", "made_by", "(SELECT max(id) FROM account)" }, { "look_back", "made_at", "5" },
    { "look_back", "version", "99" },
    { "look_back_task", "task", "(SELECT max(id) FROM task)" }, { "look_back_task", "result", "'held'" },
    { "look_back_task", "note", "'another'" }, { "look_back_task", "account", "(SELECT max(id) FROM account)" }, { "look_back_task", "at", "5" },
    { "task_verdict", "task", "(SELECT max(id) FROM task)" }, { "task_verdict", "verb", "'close'" },
    { "task_verdict", "account", "(SELECT max(id) FROM account)" }, { "task_verdict", "at", "5" }, { "task_verdict", "reason", "'another'" },
};

static const char *const tables[] = { "task", "task_owner", "task_target", "task_measure", "evidence", "task_comment", "task_verdict", "task_reader", "task_amendment", "look_back", "look_back_task" };

static size_t rebuild_problems(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    RebuildReport report;
    ledger_rebuild_check(f->db, arena, &report, &err);
    g_assert_no_error(err);
    return report.n_problems;
}

/* One row of each table is changed in one column, found, and put back. */
static void check_column(Fixture *f, const char *table, const char *column, const char *value)
{
    g_autofree char *one = g_strdup_printf("(SELECT min(%s) FROM %s)", g_str_equal(table, "task_owner") ? "task" : "id", table);
    g_autofree char *where = g_strdup_printf(g_str_equal(table, "task_owner") ? "task = %s AND seq = 1" : "id = %s", one);
    g_autofree char *keep = g_strdup_printf("CREATE TABLE kept AS SELECT * FROM %s WHERE %s", table, where);
    g_autofree char *change = g_strdup_printf("UPDATE %s SET %s = %s WHERE %s", table, column, value, where);
    meddle(f, keep);
    g_assert_cmpint(meddle(f, change), ==, 1);
    if (rebuild_problems(f) == 0)
        g_error("%s.%s was changed and nobody saw it", table, column);
    g_autofree char *back
        = !g_str_equal(table, "task_owner") ? g_strdup_printf("UPDATE %s SET %s = (SELECT %s FROM kept) WHERE id = (SELECT id FROM kept)", table, column, column)
          : g_str_equal(column, "task")     ? g_strdup("UPDATE task_owner SET task = (SELECT task FROM kept) WHERE task = (SELECT max(id) FROM task)")
                                            : g_strdup_printf("UPDATE task_owner SET %s = (SELECT %s FROM kept) WHERE %s", column, column, where);
    g_assert_cmpint(meddle(f, back), ==, 1);
    meddle(f, "DROP TABLE kept");
}

/* A round over one closed task, where something was found. */
static void look_back(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor inspector = tasks_actor(f, "inspector01");
    Date today = clock_today(f->clock);
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07" }), round;
    tasks_bring(f, uid, "closed");
    NewLookBack wish = { tasks_load(f, uid)->plan_uid, STR("a round"), today, today + 9, 100 };
    look_back_draw(&ledger, &inspector, &wish, f->arena, &round, &err);
    g_assert_no_error(err);
    look_back_found(&ledger, &inspector, &(LookBackFound) { round, uid, STR("unclear"), STR("nobody there") }, &err);
    g_assert_no_error(err);
}

/* A task with something in every table, and after it one with nothing, to move things to. */
static void full_task(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07", .figures = 1, .targets = 1, .measures = 1 }), comment;
    Actor handler = tasks_actor(f, "handler01");
    task_comment(&ledger, &handler, uid, STR("a comment"), f->arena, &comment, &err);
    tasks_bring(f, uid, "submitted");
    tasks_do(f, "reviewer01", uid, "return", "not yet", &err);
    g_assert_no_error(err);
    g_autofree char *set = g_strdup_printf("{\"category\":\"a class\",\"readers\":[\"" STR_FMT "\"]}", STR_ARG(fixture_user(f, "reviewer01")->account_uid));
    tasks_amend(f, "issuer01", uid, set, "for order", &err);
    g_assert_no_error(err);
    look_back(f);
    TaskSpec empty = { 0 };
    Str other;
    tasks_issue(f, "issuer01", "990000-WJW", &empty, 1, &other);
}

static void test_every_column_is_held_to_the_events(Fixture *f)
{
    full_task(f);
    g_assert_cmpuint(rebuild_problems(f), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        check_column(f, columns[i].table, columns[i].column, columns[i].value);
        if (i + 1 == G_N_ELEMENTS(columns) || !g_str_equal(columns[i].table, columns[i + 1].table))
            g_assert_cmpuint(rebuild_problems(f), ==, 0);
    }
}

/* A column that is added to a table and not to the list above would go unheld. */
static void test_the_list_of_columns_is_whole(Fixture *f)
{
    if (f->engine != DB_SQLITE)
        return;
    sqlite3 *raw = NULL;
    g_assert_cmpint(sqlite3_open(f->options.path, &raw), ==, SQLITE_OK);
    for (size_t t = 0; t < G_N_ELEMENTS(tables); t++) {
        sqlite3_stmt *names = NULL;
        sqlite3_prepare_v2(raw, "SELECT name FROM pragma_table_info(?) WHERE name <> 'id'", -1, &names, NULL);
        sqlite3_bind_text(names, 1, tables[t], -1, NULL);
        while (sqlite3_step(names) == SQLITE_ROW) {
            const char *name = (const char *) sqlite3_column_text(names, 0);
            bool listed = (g_str_equal(name, "seq") && t > 0) || g_str_equal(name, "look_back"); /* only an order; which round a row is of shows by its own rows */
            for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
                listed |= g_str_equal(columns[i].table, tables[t]) && g_str_equal(columns[i].column, name);
            if (!listed)
                g_error("%s.%s is not held to the events by any test", tables[t], name);
        }
        sqlite3_finalize(names);
    }
    sqlite3_close(raw);
}

static void test_lost_and_added_rows_are_found(Fixture *f)
{
    static const char *const attacks[] = {
        "INSERT INTO task_verdict (task, verb, account, at, reason) SELECT task, 'verify', account, at, reason FROM task_verdict",
        "INSERT INTO task_owner (task, seq, org, role, name) SELECT task, 9, org, role, name FROM task_owner",
        "DELETE FROM task_comment", "DELETE FROM evidence", "DELETE FROM task_target", "DELETE FROM task_measure",
    };
    full_task(f);
    size_t before = rebuild_problems(f);
    for (size_t i = 0; i < G_N_ELEMENTS(attacks); i++) {
        g_assert_cmpint(meddle(f, attacks[i]), >, 0);
        size_t now = rebuild_problems(f);
        g_assert_cmpuint(now, >, before);
        before = now;
    }
}

/* --- What repeats and what follows --------------------------------------------------------------------------------------------- */

/* What an attack does, and how its finding is named: the kind of object, and how the key begins. */
typedef struct {
    const char *sql, *kind, *key;
    bool sqlite_only, postgres_only;
} Attack;

static const Attack attacks_on_more[] = {
    { "UPDATE task_step SET new = 'closed' WHERE seq = (SELECT min(seq) FROM task_step)", "task", "step/" },
    { "UPDATE task_step SET at = at + 1 WHERE seq = (SELECT max(seq) FROM task_step)", "task", "step/" },
    { "DELETE FROM task_step WHERE field = 'due'", "task", "step/" },
    { "DELETE FROM task_step WHERE field = 'lead'", "task", "step/" },
    { "DELETE FROM task_step WHERE field = 'text'", "task", "step/" },
    { "INSERT INTO task_step (seq, task, field, at, old, new) SELECT seq, 999999, 'more', at, old, new FROM task_step WHERE field = 'state'", "task", "stray", .sqlite_only = true },
    { "UPDATE task_scope SET state = 'closed' WHERE scope = 0 AND task = (SELECT min(task) FROM task_scope)", "task", "scopes" },
    { "UPDATE task_scope SET parts = 1 WHERE scope = 0 AND task = (SELECT max(task) FROM task_scope)", "task", "scopes" },
    { "INSERT INTO task_scope SELECT 999998, scope, parts, plan, state, due, restricted, marks, changed FROM task_scope WHERE scope = 0 AND task = (SELECT max(task) FROM task_scope)",
      "task", "stray" },
    { "UPDATE search_text SET text = 'another' WHERE kind = 2 AND id = (SELECT min(id) FROM search_text WHERE kind = 2)", "task", "search" },
    { "UPDATE search_text SET text = 'another' WHERE kind = 4 AND id = (SELECT min(id) FROM search_text WHERE kind = 4)", "task", "search/" },
    { "DELETE FROM search_text WHERE kind = 2 AND id = (SELECT max(id) FROM search_text WHERE kind = 2)", "task", "search" },
    { "INSERT INTO search_text (kind, id, text) VALUES (2, 999 * 512 + 511, 'x')", "search", "stray" },
    { "INSERT INTO search_comment (rowid, tokens) VALUES (998 * 512 + 511, 'nothing')", "search", "stray" },
    { "INSERT INTO search_task (search_task) VALUES ('delete-all')", "task", "search", .sqlite_only = true },
    { "UPDATE search_task SET tokens = 'nothing'", "task", "search", .postgres_only = true },
    { "UPDATE reminder SET sent = sent + 1 WHERE id = (SELECT min(id) FROM reminder)", "task", "reminder/" },
    { "UPDATE letter SET number = 77 WHERE id = (SELECT min(id) FROM letter)", "task", "reminder/" },
    { "UPDATE message SET params = '{}' WHERE uid = (SELECT min(message) FROM reminder_to WHERE reminder = (SELECT min(id) + 1 FROM reminder))", "task", "reminder/" },
    { "DELETE FROM reminder_to WHERE reminder = (SELECT max(reminder) FROM reminder_to)", "message", "stray" },
    { "UPDATE duty_rule SET grace_days = grace_days + 1 WHERE id = (SELECT max(id) FROM duty_rule)", "duty_rule", "rule" },
    { "DELETE FROM duty_rule_org WHERE rule = (SELECT min(rule) FROM duty_rule_org)", "duty_rule", "rule" },
    { "UPDATE duty SET due = '2031-01-01' WHERE id = (SELECT max(id) FROM duty)", "duty_rule", "opened/" },
    { "UPDATE duty SET state = 'done' WHERE id = (SELECT max(id) FROM duty)", "duty", "duty" },
    { "DELETE FROM duty WHERE state = 'missed'", "duty", "row" },
    { "UPDATE report SET body = '{}' WHERE id = (SELECT min(id) FROM report)", "report", "report" },
    { "UPDATE report SET units = 'x' WHERE id = (SELECT max(id) FROM report)", "report", "report" },
    { "UPDATE report_decision SET text = 'another'", "report", "decision/" },
    { "UPDATE register SET definition = replace(definition, '\"V\"', '\"W\"') WHERE code = 'visits'", "register", "definition" },
    { "UPDATE register SET proves = 'photo' WHERE code = 'visits'", "register", "proves" },
    { "DELETE FROM register_word WHERE word = (SELECT min(word) FROM register_word)", "register", "words" },
    { "UPDATE register_row SET withdrawn = TRUE", "register-row", "entry" },
    { "INSERT INTO document (uid, state, kind, title, form, file_name, original, text, model, text_key, text_sim, org, issuer_org, uploaded_by, uploaded, items, confirmed,"
      " left_out, findings, unresolved, version) SELECT 'd', 'draft', 'plan', 'title', 'txt', 'a.txt', 'a', 'b', 'c', 'k', 1, org, org, id, 1, 0, 0, 0, 0, 0, 1"
      " FROM account WHERE id = (SELECT min(id) FROM account)", "document", "search" },
    { "DELETE FROM look_back_task; DELETE FROM look_back", "look_back", "row" },
};

static size_t named(Fixture *f, const char *kind, const char *key)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    RebuildReport report;
    size_t n = 0;
    ledger_rebuild_check(f->db, arena, &report, &err);
    g_assert_no_error(err);
    for (size_t i = 0; i < report.n_problems; i++)
        n += g_str_equal(report.problems[i].kind, kind) && str_starts(report.problems[i].key, str_from(key));
    return n;
}

static void days_pass(Fixture *f, int days)
{
    for (int i = 0; i < days; i++) {
        g_autoptr(GError) err = NULL;
        RemindCount sent;
        DutyCount duties;
        clock_set(f->clock, clock_now_ms(f->clock) + 86400000);
        ladder_daily(f->db, f->clock, NULL, NULL, &sent, &err);
        g_assert_no_error(err);
        duties_daily(f->db, f->clock, NULL, NULL, &duties, &err);
        g_assert_no_error(err);
    }
}

static bool rule_in_tx(DbConn *tx, void *data, GError **err)
{
    Fixture *f = data;
    Actor issuer = tasks_actor(f, "issuer01");
    int64_t owes = fixture_org(f, "990000-WJW-07").id;
    Date today = clock_today(f->clock);
    DutyRule rule = { .name = STR("a report"), .org = fixture_org(f, "990000-WJW").id, .owed = STR("orgs"), .orgs = &owes, .n_orgs = 1, .every = STR("month"),
                      .calendar = STR("cn"), .from = today, .to = DATE_NONE, .on = true };
    Str uid;
    return duty_rule_add(tx, &issuer.who, &rule, today, f->arena, &uid, err);
}

static void report_with_decision(Fixture *f, Str plan)
{
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor issuer = tasks_actor(f, "issuer01");
    ReportScope scope;
    ReportKept kept;
    Str uid, lead = fixture_org(f, "990000-WJW-07").uid;
    for (int i = 0; i < 2; i++) {
        g_autoptr(DbConn) conn = db_reader(f->db, &err);
        report_scope(conn, f->arena, plan, STR_NONE, STR_NONE, &scope, &err);
        g_clear_pointer(&conn, db_done);
        report_keep(&ledger, &issuer, REPORT_WEEKLY, &scope, f->arena, &uid, &err);
        g_assert_no_error(err);
    }
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    report_by_uid(conn, f->arena, uid, &kept, &err);
    g_clear_pointer(&conn, db_done);
    NewDecision decision = { .text = STR("it is to be done"), .leads = &lead, .n_leads = 1, .due = clock_today(f->clock) + 9, .plan = plan };
    report_decide(&ledger, &issuer, &kept, &decision, f->arena, &err);
    g_assert_no_error(err);
}

static void register_with_entry(Fixture *f)
{
    static const char definition[] = "{\"name\":\"V\",\"name_en\":\"V\",\"key\":\"no\",\"words\":[],\"checks\":[{\"check\":\"of-owner\"}],"
                                     "\"fields\":[{\"name\":\"no\",\"type\":\"text\",\"required\":true,\"label\":\"N\",\"label_en\":\"N\"}]}";
    g_autoptr(GError) err = NULL;
    Ledger ledger = tasks_ledger(f);
    Actor admin = tasks_actor(f, "sysadmin01"), head = tasks_actor(f, "head01");
    NewRegisterRow row = { .org_uid = fixture_org(f, "990000-WJW-07").uid, .fields = json_parse(STR("{\"no\":\"1\"}"), f->arena, NULL) };
    Str uid;
    register_put(&ledger, &admin, STR("visits"), 0, STR("other"), str_from(definition), &err);
    g_assert_no_error(err);
    register_row_add(&ledger, &head, STR("visits"), &row, f->arena, &uid, &err);
    g_assert_no_error(err);
}

static void test_what_repeats_and_follows_is_held(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    full_task(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-WJW-07" });
    g_autofree char *set = g_strdup_printf("{\"due\":\"2026-04-10\",\"title\":\"another\",\"lead\":[\"" STR_FMT "\"]}", STR_ARG(fixture_org(f, "990000-WJW-02").uid));
    tasks_amend(f, "issuer01", uid, set, "sooner", &err);
    g_assert_no_error(err);
    for (int i = 0; i < 2; i++)
        g_assert_true(db_write(f->db, DB_INTERACTIVE, rule_in_tx, f, &err));
    days_pass(f, 40);
    report_with_decision(f, tasks_load(f, uid)->plan_uid);
    register_with_entry(f);
    tasks_assert_proven(f);
    static const char *const repeated[][2] = {
        { "UPDATE task_scope SET marks = marks + 4096 WHERE scope = 0", "UPDATE task_scope SET marks = marks - 4096 WHERE scope = 0" },
        { "UPDATE task_scope SET changed = changed + 1 WHERE scope = 0", "UPDATE task_scope SET changed = changed - 1 WHERE scope = 0" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(repeated); i++) {
        meddle(f, repeated[i][0]);
        g_assert_cmpuint(named(f, "task", "scopes"), >, 0);
        meddle(f, repeated[i][1]);
    }
    tasks_assert_proven(f);
    for (size_t i = 0; i < G_N_ELEMENTS(attacks_on_more); i++) {
        const Attack *attack = &attacks_on_more[i];
        if (f->engine == DB_SQLITE ? attack->postgres_only : attack->sqlite_only)
            continue;
        size_t before = named(f, attack->kind, attack->key);
        meddle(f, attack->sql);
        if (named(f, attack->kind, attack->key) <= before)
            g_error("nobody saw: %s", attack->sql);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("rebuild", "every-column-is-held-to-the-events", true, test_every_column_is_held_to_the_events);
    fixture_add("rebuild", "the-list-of-columns-is-whole", true, test_the_list_of_columns_is_whole);
    fixture_add("rebuild", "lost-and-added-rows-are-found", true, test_lost_and_added_rows_are_found);
    fixture_add("rebuild", "what-repeats-and-follows-is-held", true, test_what_repeats_and_follows_is_held);
    return g_test_run();
}
