#include "fixture.h"

#include <glib/gstdio.h>

#include "base/limits.h"
#include "base/json.h"
#include "db/queries.h"
#include "ledger/ledger.h"
#include "ledger/similar.h"

#include "base/banned.h"

#define PLAN "documents/plan-2026.txt"
#define COMMISSION "990000-WJW"

/* --- Shorthands ------------------------------------------------------------------------------------------------------ */

typedef struct {
    Fixture *f;
    Ledger ledger;
    Actor actor;
} Desk;

static Desk desk_of(Fixture *f, const char *username)
{
    const User *user = fixture_user(f, username);
    return (Desk) { f, { .db = f->db, .blobs = f->blobs, .clock = f->clock, .keys = f->keys }, { user, fixture_who(f, user) } };
}

static Str add_bytes(const Desk *desk, Str bytes, const char *name, bool again, bool *ret_existing)
{
    g_autoptr(GError) err = NULL;
    DocumentAdded added = { 0 };
    document_add(&desk->ledger, &desk->actor, bytes, str_from(name), again, desk->f->arena, &added, &err);
    g_assert_no_error(err);
    if (ret_existing)
        *ret_existing = added.existing;
    return added.uid;
}

static Str add_sample(const Desk *desk, const char *path)
{
    bool existing;
    Str uid = add_bytes(desk, fixture_sample(desk->f, path), path, false, &existing);
    g_assert_false(existing);
    return uid;
}

typedef struct {
    DocumentRow row;
    Draft draft;
} Loaded;

static Loaded load(const Desk *desk, Str uid)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(desk->f->db, &err);
    Loaded loaded = { 0 };
    bool ok = document_by_uid(conn, desk->f->arena, uid, &loaded.row, &err)
              && draft_load(&desk->ledger, conn, desk->f->arena, &loaded.row, &loaded.draft, &err);
    g_assert_no_error(err);
    g_assert_true(ok);
    return loaded;
}

static Allowed allowed(const Desk *desk, const Loaded *loaded, const char *verb)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(desk->f->db, &err);
    MayObject facts;
    g_assert_true(document_facts(conn, desk->f->arena, &loaded->row, desk->actor.user, &facts, &err));
    return document_allowed(desk->actor.user, &loaded->row, &loaded->draft, &facts, verb, desk->f->arena);
}

typedef ARENA_LIST(DraftEdit) Edits;

static void push(const Desk *desk, Edits *edits, Str path, Str old_value, Str new_value)
{
    *ARENA_PUSH(desk->f->arena, edits) = (DraftEdit) { path, old_value, new_value };
}

static Str quoted(const Desk *desk, Str text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_str(&json, text);
    return arena_str(desk->f->arena, str_from_gstring(out));
}

static bool edit_all(const Desk *desk, Str uid, int64_t version, const Edits *edits, GError **err)
{
    return document_edit(&desk->ledger, &desk->actor, uid, version, edits->v, edits->n, err);
}

static bool edit_one(const Desk *desk, Str uid, int64_t version, const char *path, const char *old_value, const char *new_value, GError **err)
{
    DraftEdit edit = { str_from(path), str_from(old_value), str_from(new_value) };
    return document_edit(&desk->ledger, &desk->actor, uid, version, &edit, 1, err);
}

static void edit_now(const Desk *desk, Str uid, const char *path, const char *old_value, const char *new_value)
{
    g_autoptr(GError) err = NULL;
    edit_one(desk, uid, load(desk, uid).row.version, path, old_value, new_value, &err);
    g_assert_no_error(err);
}

/* What a person would do before issuing: names resolved, owners and dates given, every item confirmed. */
static void make_ready(const Desk *desk, Str uid)
{
    Arena *arena = desk->f->arena;
    Org office = fixture_org(desk->f, COMMISSION "-01"), commission = fixture_org(desk->f, COMMISSION);
    edit_now(desk, uid, "/issuer_org", quoted(desk, load(desk, uid).draft.issuer_org.uid).p, quoted(desk, commission.uid).p);
    Loaded loaded = load(desk, uid);
    Edits edits = { 0 };
    for (size_t i = 0; i < loaded.draft.n_owners; i++)
        if (loaded.draft.owners[i].org == DB_NULL_INT)
            push(desk, &edits, arena_printf(arena, "/owners/" STR_FMT, STR_ARG(loaded.draft.owners[i].name)), STR("null"), quoted(desk, office.uid));
    for (size_t i = 0; i < loaded.draft.n_items; i++) {
        const DraftItem *item = &loaded.draft.items[i];
        if (item->status != ITEM_OPEN)
            continue;
        push(desk, &edits, arena_printf(arena, "/items/%zu/status", i), STR("\"open\""), STR("\"confirmed\""));
        if (item->n_lead == 0)
            push(desk, &edits, arena_printf(arena, "/items/%zu/lead", i), STR("[]"), STR("[\"办公室\"]"));
        if (item->due == DATE_NONE)
            push(desk, &edits, arena_printf(arena, "/items/%zu/due", i), STR("null"), STR("\"2026-12-31\""));
    }
    g_autoptr(GError) err = NULL;
    edit_all(desk, uid, loaded.row.version, &edits, &err);
    g_assert_no_error(err);
}

static Str issue(const Desk *desk, Str uid)
{
    g_autoptr(GError) err = NULL;
    Str plan = STR_NONE;
    document_issue(&desk->ledger, &desk->actor, uid, load(desk, uid).row.version, desk->f->arena, &plan, &err);
    g_assert_no_error(err);
    g_assert_true(uid_valid(plan));
    return plan;
}

static void assert_sound(const Desk *desk, int64_t tasks)
{
    g_autoptr(GError) err = NULL;
    RebuildReport report;
    AuditReport audit;
    g_assert_true(ledger_rebuild_check(desk->f->db, desk->f->arena, &report, &err));
    g_assert_cmpuint(report.n_problems, ==, 0);
    g_assert_cmpint(report.tasks, ==, tasks);
    g_assert_true(audit_verify(desk->f->db, desk->f->arena, NULL, NULL, &audit, &err));
    g_assert_cmpuint(audit.n_problems, ==, 0);
}

typedef ARENA_LIST(Task) Tasks;

static Tasks tasks_of(const Desk *desk)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(desk->f->db, &err);
    Tasks tasks = { 0 };
    ARENA_LIST(Str) uids = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, TasksAfter, &err, .id = 0, .limit = 10000);
    for (TasksAfterRow row; rows && db_next(rows, &row, &err);)
        *ARENA_PUSH(desk->f->arena, &uids) = arena_str(desk->f->arena, row.uid);
    for (size_t i = 0; i < uids.n; i++)
        g_assert_true(task_load(conn, desk->f->arena, uids.v[i], ARENA_PUSH(desk->f->arena, &tasks), &err));
    g_assert_no_error(err);
    return tasks;
}

#define assert_str(a, b) \
    do { \
        g_autofree char *a_ = str_dup(a), *b_ = str_dup(b); \
        g_assert_cmpstr(a_, ==, b_); \
    } while (0)

/* --- The whole way ---------------------------------------------------------------------------------------------------------- */

static void check_first_task(const Desk *desk, const Task *task)
{
    assert_str(task->no, STR("1"));
    assert_str(task->title, STR("健全传染病监测预警"));
    assert_str(task->state, STR("issued"));
    assert_str(task->basis, STR("示卫发〔2026〕6号"));
    assert_str(task->path, STR("[\"一、守牢公共卫生安全底线\"]"));
    g_assert_true(str_starts(task->text, STR("1. 健全传染病监测预警。")));
    g_assert_true(str_ends(str_trim(task->text), STR("规划信息处）")));
    g_assert_cmpuint(task->n_owners, ==, 4);
    assert_str(task->owners[0].role, STR("lead"));
    assert_str(task->owners[0].written, STR("疾控处"));
    assert_str(task->owners[1].role, STR("support"));
    assert_str(task->issuer_path, fixture_org(desk->f, COMMISSION).path);
    g_assert_cmpint(task->figures, ==, (int64_t) task->n_targets);
}

static void test_story(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_sample(&desk, PLAN);
    Loaded read = load(&desk, uid);
    assert_str(read.row.title, STR("2026年全市卫生健康工作要点"));
    assert_str(read.row.issuer_org_name, STR("示例市卫生健康委员会"));
    g_assert_cmpint(read.row.items, ==, (int64_t) read.draft.n_items);
    g_assert_cmpint(read.row.findings, ==, (int64_t) read.draft.n_findings);
    g_assert_cmpint(read.draft.open, >, 30);
    g_assert_cmpint(read.draft.items[0].due, !=, DATE_NONE);
    g_assert_cmpstr(allowed(&desk, &read, "issue").why, ==, "items-open");
    g_assert_true(allowed(&desk, &read, "edit").ok);

    make_ready(&desk, uid);
    Loaded ready = load(&desk, uid);
    g_assert_cmpint(ready.row.version, ==, read.row.version + 2);
    g_assert_cmpint(ready.row.confirmed, ==, ready.draft.confirmed);
    g_assert_cmpint(ready.row.unresolved, ==, 0);
    g_assert_true(allowed(&desk, &ready, "issue").ok);

    Str plan = issue(&desk, uid);
    Loaded issued = load(&desk, uid);
    assert_str(issued.row.state, STR("issued"));
    assert_str(issued.row.plan_uid, plan);
    g_assert_cmpstr(allowed(&desk, &issued, "edit").why, ==, "wrong-state");
    Tasks tasks = tasks_of(&desk);
    g_assert_cmpint((int64_t) tasks.n, ==, ready.draft.confirmed);
    check_first_task(&desk, &tasks.v[0]);
    assert_sound(&desk, (int64_t) tasks.n);
}

static void test_again(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str bytes = fixture_sample(f, PLAN);
    Str first = add_sample(&desk, PLAN);
    bool existing;
    assert_str(add_bytes(&desk, bytes, "copy.txt", false, &existing), first);
    g_assert_true(existing);

    /* The same text in other clothes: other line ends and spaces; a few characters changed, without number. */
    g_autofree char *text = str_dup(bytes);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *crlf = g_strjoinv("\r\n", lines);
    assert_str(add_bytes(&desk, str_from(crlf), "crlf.txt", false, &existing), first);
    g_auto(GStrv) parts = g_strsplit(text, "示卫发〔2026〕6号\n", -1);
    g_autofree char *unnumbered = g_strjoinv("（转发稿）\n", parts);
    assert_str(add_bytes(&desk, str_from(unnumbered), "forwarded.txt", false, &existing), first);
    g_assert_true(existing);

    /* Wished for; and one who may not see the first is not told of it. */
    g_assert_false(str_eq(add_bytes(&desk, bytes, "again.txt", true, &existing), first));
    g_assert_false(existing);
    Desk district = desk_of(f, "jianglinyu");
    add_bytes(&district, bytes, "district.txt", false, &existing);
    g_assert_false(existing);
}

typedef struct {
    Desk desk;
    Str bytes;
    DocumentAdded added;
    GError *error;
} Bringer;

static void *bring(void *data)
{
    Bringer *bringer = data;
    g_autoptr(Arena) arena = arena_new();
    if (document_add(&bringer->desk.ledger, &bringer->desk.actor, bringer->bytes, STR("plan.txt"), false, arena, &bringer->added, &bringer->error))
        bringer->added.uid = STR_NONE; /* gone with the arena */
    return NULL;
}

/* Several bring the same document at once: one is the first. */
static void test_at_once(Fixture *f)
{
    enum { BRINGERS = 6 };
    Desk desk = desk_of(f, "issuer01");
    Bringer bringers[BRINGERS];
    GThread *threads[BRINGERS];
    Str bytes = fixture_sample(f, PLAN);
    for (int i = 0; i < BRINGERS; i++) {
        bringers[i] = (Bringer) { .desk = desk, .bytes = bytes };
        threads[i] = g_thread_new("bringer", bring, &bringers[i]);
    }
    int stored = 0;
    for (int i = 0; i < BRINGERS; i++) {
        g_thread_join(threads[i]);
        g_assert_no_error(bringers[i].error);
        stored += !bringers[i].added.existing;
    }
    g_assert_cmpint(stored, ==, 1);
}

static void test_other_document(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    add_sample(&desk, PLAN);
    g_autofree char *text = str_dup(fixture_sample(f, PLAN));
    g_auto(GStrv) numbers = g_strsplit(text, "〔2026〕6号", -1);
    g_autofree char *renumbered = g_strjoinv("〔2026〕66号", numbers);
    bool existing;
    add_bytes(&desk, str_from(renumbered), "66.txt", false, &existing);
    g_assert_false(existing);
}

static void test_likeness(void)
{
    Str plain = STR("各区要在2026年6月30日前完成药品短缺情况的直报工作，并逐月通报。");
    Str dressed = STR("各区要在 ２０２６年６月３０日前，完成药品短缺情况的直报工作;并逐月通报");
    Str other = STR("二级以上医院开展处方点评，点评率不低于百分之一点五，结果向社会公开。");
    TextLikeness a = text_likeness(plain), b = text_likeness(dressed), c = text_likeness(other);
    g_assert_cmpstr(a.key, ==, b.key);
    g_assert_cmpint(a.bits, ==, b.bits);
    g_assert_cmpstr(a.key, !=, c.key);
    g_assert_false(likeness_near(a.bits, c.bits));
    /* Stored, so it may never change. */
    g_assert_cmphex(text_likeness(STR("a")).bits, !=, text_likeness(STR("b")).bits);
    g_assert_cmpint(likeness_byte(-1, 7), ==, 0xFF);
    g_assert_true(likeness_near(a.bits, a.bits ^ 0x3F));
    g_assert_false(likeness_near(a.bits, a.bits ^ 0x7F));
}

/* --- Refused at the door ---------------------------------------------------------------------------------------------------------- */

static bool count_blob(void *data, BlobId id, uint64_t bytes, const char *stray)
{
    (void) id;
    (void) bytes;
    (void) stray;
    ++*(int *) data;
    return true;
}

static int count_blobs(const Fixture *f)
{
    int count = 0;
    g_assert_true(blob_list(f->blobs, count_blob, &count, NULL));
    return count;
}

static void refuse_file(const Desk *desk, Str bytes, const char *name, BhError code, const char *detail)
{
    g_autoptr(GError) err = NULL;
    DocumentAdded added;
    if (document_add(&desk->ledger, &desk->actor, bytes, str_from(name), false, desk->f->arena, &added, &err))
        g_error("%s was accepted", name);
    assert_refused(&err, code, detail);
    g_assert_cmpint(count_blobs(desk->f), ==, 0);
}

static void test_classified(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str bytes = STR("机密★1年\n\n关于某项专门工作的通知\n\n一、各单位要立即核查蓝色档案柜。（责任处室：办公室）\n");
    refuse_file(&desk, bytes, "blue-cabinet.txt", BH_FORBIDDEN, "classified");
    g_assert_false(fixture_stored(f, STR("蓝色档案柜")));
    g_assert_false(fixture_stored(f, STR("blue-cabinet")));
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, EventsOfObject, &err, .object_kind = STR("document"), .object_uid = STR(""), .after = 0, .limit = 10);
    EventsOfObjectRow row;
    g_assert_true(db_next(rows, &row, &err));
    assert_str(row.verb, STR("document-refused"));
    g_assert_true(str_has(row.body, STR("\"data\":{\"reason\":\"classified\"}")));
    g_assert_false(str_has(row.body, STR("cabinet")));
    g_assert_false(db_next(rows, &row, &err));
}

/* A plan of so many numbered items, a hundred under a heading. */
static Str long_plan(const Desk *desk, int items)
{
    static const char *const digits[] = { "", "一", "二", "三", "四", "五", "六", "七", "八", "九" };
    g_autoptr(GString) text = g_string_new("示例市2026年任务清单\n\n");
    for (int i = 0; i < items; i++) {
        int heading = i / 100 + 1;
        if (i % 100 == 0)
            g_string_append_printf(text, "%s%s%s、第%d组工作\n", heading < 20 ? "" : digits[heading / 10], heading < 10 ? "" : "十", digits[heading % 10],
                                   heading);
        g_string_append_printf(text, "%d. 完成第%d类事项的整理。（责任处室：办公室）\n", i % 100 + 1, i);
    }
    return arena_str(desk->f->arena, str_from_gstring(text));
}

static void test_limits(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    refuse_file(&desk, STR(""), "empty.txt", BH_BAD_INPUT, "empty");
    refuse_file(&desk, STR("一、事"), "", BH_BAD_INPUT, NULL);
    g_autofree char *long_name = g_strnfill(LIMIT_NAME_CHARS + 1, 'n');
    refuse_file(&desk, STR("一、事"), long_name, BH_TOO_LARGE, NULL);
    g_autoptr(GString) huge = g_string_sized_new(LIMIT_DOC_BYTES + 2);
    while (huge->len <= LIMIT_DOC_BYTES)
        g_string_append(huge, "1. 一行。\n");
    refuse_file(&desk, str_from_gstring(huge), "huge.txt", BH_TOO_LARGE, NULL);
    refuse_file(&desk, long_plan(&desk, LIMIT_DOCUMENT_ITEMS + 1), "many.txt", BH_TOO_LARGE, "too-many-items");
    Desk handler = desk_of(f, "handler01");
    refuse_file(&handler, STR("一、事"), "a.txt", BH_FORBIDDEN, NULL);
}

/* --- Corrections ---------------------------------------------------------------------------------------------------------------------- */

static void test_two_editors(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk a = desk_of(f, "issuer01"), b = desk_of(f, "yanglizhi");
    Str uid = add_sample(&a, PLAN);
    int64_t version = load(&b, uid).row.version;
    edit_now(&a, uid, "/items/0/title", "\"健全传染病监测预警\"", "\"健全监测预警\"");
    g_assert_false(edit_one(&b, uid, version, "/items/0/title", "\"健全传染病监测预警\"", "\"别的\"", &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_false(edit_one(&b, uid, version + 1, "/items/0/title", "\"健全传染病监测预警\"", "\"别的\"", &err));
    g_assert_cmpstr(error_get_at(err), ==, "/items/0/title");
    assert_refused(&err, BH_CONFLICT, "edit-stale");
    /* All or none. */
    Edits edits = { 0 };
    push(&b, &edits, STR("/items/1/title"), quoted(&b, load(&b, uid).draft.items[1].title), STR("\"新\""));
    push(&b, &edits, STR("/items/0/title"), STR("\"旧\""), STR("\"新\""));
    g_assert_false(edit_all(&b, uid, version + 1, &edits, &err));
    assert_refused(&err, BH_CONFLICT, "edit-stale");
    Loaded now = load(&b, uid);
    g_assert_cmpint(now.row.version, ==, version + 1);
    assert_str(now.draft.items[0].title, STR("健全监测预警"));
    assert_str(now.draft.items[0].edited[0], STR("title"));
    g_assert_cmpuint(now.draft.items[1].n_edited, ==, 0);
}

static void test_owners(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_bytes(&desk,
                        STR("2026年试点任务清单\n\n"
                            "1. 办好甲事。（牵头处室：疾控处；配合处室：天外来处、疾病预防控制处）\n"
                            "2. 办好乙事。（牵头处室：天外来处）\n"),
                        "two.txt", false, NULL);
    Loaded read = load(&desk, uid);
    g_assert_cmpint(read.draft.unresolved, ==, 1);
    assert_str(read.draft.owners[0].name, STR("天外来处"));
    g_assert_cmpint(read.draft.owners[0].items, ==, 2);
    Org office = fixture_org(f, COMMISSION "-01");
    edit_now(&desk, uid, "/owners/天外来处", "null", quoted(&desk, office.uid).p);
    Loaded known = load(&desk, uid);
    g_assert_cmpint(known.draft.unresolved, ==, 0);
    g_assert_cmpstr(known.draft.items[1].lead[0].how, ==, "edit");
    assert_str(known.draft.items[1].lead[0].org_uid, office.uid);
    /* Taken back; and a lead that is moved keeps its place in the text. */
    edit_now(&desk, uid, "/owners/天外来处", quoted(&desk, office.uid).p, "null");
    g_assert_cmpint(load(&desk, uid).draft.unresolved, ==, 1);
    edit_now(&desk, uid, "/items/0/support", "[\"天外来处\",\"疾病预防控制处\"]", "[]");
    edit_now(&desk, uid, "/items/1/lead", "[\"天外来处\"]", "[\"办公室\"]");
    Loaded moved = load(&desk, uid);
    g_assert_cmpint(moved.draft.unresolved, ==, 0);
    g_assert_cmpuint(moved.draft.items[1].lead[0].span.to, ==, 0);
    g_assert_cmpuint(moved.draft.items[0].lead[0].span.to, >, 0);
}

static void test_targets(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_sample(&desk, PLAN);
    size_t n = load(&desk, uid).draft.items[0].n_targets;
    edit_now(&desk, uid, "/items/0/targets/-", "null",
             "{\"metric\":\"核查完成率\",\"op\":\"range\",\"value\":\"90.50\",\"value2\":\"95\",\"unit\":\"%\",\"due\":\"2027-06-30\"}");
    Loaded added = load(&desk, uid);
    const DraftTarget *target = &added.draft.items[0].targets[n];
    g_assert_cmpuint(added.draft.items[0].n_targets, ==, n + 1);
    assert_str(target->value, STR("90.5"));
    assert_str(target->tense, STR("target"));
    /* The latest date of the targets is the item's, until somebody says another. */
    char date[DATE_TEXT_MAX];
    g_assert_cmpstr(date_format(added.draft.items[0].due, date), ==, "2027-06-30");
    edit_now(&desk, uid, "/items/0/due", "\"2027-06-30\"", "\"2026-10-01\"");
    edit_now(&desk, uid, "/items/0/due", "\"2026-10-01\"", "null");
    g_assert_cmpstr(date_format(load(&desk, uid).draft.items[0].due, date), ==, "2027-06-30");

    g_autofree char *path = g_strdup_printf("/items/0/targets/%zu", n);
    g_autofree char *value2 = g_strdup_printf("%s/value2", path);
    g_autofree char *op = g_strdup_printf("%s/op", path);
    g_autoptr(GError) err = NULL;
    g_assert_false(edit_one(&desk, uid, load(&desk, uid).row.version, value2, "\"95\"", "null", &err));
    g_assert_cmpstr(error_get_at(err), ==, value2);
    assert_refused(&err, BH_BAD_INPUT, NULL);
    edit_now(&desk, uid, op, "\"range\"", "\">=\"");
    g_assert_null(load(&desk, uid).draft.items[0].targets[n].value2.p);
    edit_now(&desk, uid, path, "{\"metric\":\"核查完成率\",\"op\":\">=\",\"value\":\"90.5\",\"unit\":\"%\",\"due\":\"2027-06-30\",\"span\":null}", "null");
    g_assert_true(load(&desk, uid).draft.items[0].targets[n].removed);
    g_assert_false(edit_one(&desk, uid, load(&desk, uid).row.version, op, "\">=\"", "\"<=\"", &err));
    assert_refused(&err, BH_CONFLICT, "edit-stale");
    edit_now(&desk, uid, "/items/0/measures/-", "null", "\"每月核对一次\"");
    size_t last = load(&desk, uid).draft.items[0].n_measures - 1;
    g_autofree char *measure = g_strdup_printf("/items/0/measures/%zu", last);
    edit_now(&desk, uid, measure, "\"每月核对一次\"", "null");
    g_assert_true(load(&desk, uid).draft.items[0].measures[last].removed);
}

/* A finding is seen as itself, though others come before it or go. */
static void test_findings(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_bytes(&desk,
                        STR("2025年任务清单\n\n"
                            "1. 办好甲事。（牵头处室：天外来处）\n"
                            "2. 办好乙事。（牵头处室：办公室）\n"
                            "4. 办好丁事。（牵头处室：地下某处）\n"),
                        "gap.txt", false, NULL);
    Loaded read = load(&desk, uid);
    g_assert_cmpint(read.draft.unseen, ==, (int64_t) read.draft.n_findings);
    size_t last = 0;
    bool past = false, gap = false;
    for (size_t i = 0; i < read.draft.n_findings; i++) {
        gap |= str_eq(read.draft.findings[i].code, STR("missing-number"));
        past |= str_eq(read.draft.findings[i].code, STR("date-past"));
        if (str_eq(read.draft.findings[i].code, STR("unknown-owner")))
            last = i;
    }
    g_assert_true(gap && past && last > 0);
    assert_str(read.draft.findings[last].params, STR("{\"name\":\"地下某处\"}"));
    g_autofree char *path = g_strdup_printf("/findings/%zu/seen", last);
    edit_now(&desk, uid, path, "false", "true");
    edit_now(&desk, uid, "/owners/天外来处", "null", quoted(&desk, fixture_org(f, COMMISSION).uid).p);
    Loaded now = load(&desk, uid);
    g_assert_cmpint((int64_t) now.draft.n_findings, ==, (int64_t) read.draft.n_findings - 1);
    g_assert_cmpint(now.draft.unseen, ==, (int64_t) now.draft.n_findings - 1);
    for (size_t i = 0; i < now.draft.n_findings; i++)
        g_assert_true(now.draft.findings[i].seen == str_eq(now.draft.findings[i].key, read.draft.findings[last].key));
}

static const struct {
    const char *path, *old_value, *new_value;
} bad_edits[] = {
    { "", "null", "\"x\"" },
    { "/", "null", "\"x\"" },
    { "title", "null", "\"x\"" },
    { "/nothing", "null", "\"x\"" },
    { "/title/x", "null", "\"x\"" },
    { "/text", "null", "\"x\"" },
    { "/items", "null", "[]" },
    { "/items/0", "null", "null" },
    { "/items/00/title", "null", "\"x\"" },
    { "/items/-1/title", "null", "\"x\"" },
    { "/items/9999/title", "null", "\"x\"" },
    { "/items/99999999999999999999/title", "null", "\"x\"" },
    { "/items/0/title/", "null", "\"x\"" },
    { "/items/0/span", "null", "[0,1]" },
    { "/items/0/targets", "null", "[]" },
    { "/items/0/targets/99", "null", "null" },
    { "/items/0/targets/-/op", "null", "\"=\"" },
    { "/items/0/measures/99", "null", "null" },
    { "/owners/", "null", "null" },
    { "/owners/没有的处", "null", "null" },
    { "/owners/a~2b", "null", "null" },
    { "/findings/9999/seen", "false", "true" },
    { "/findings/no-such@1@2-3/seen", "false", "true" },
    { "/title", "\"2026年全市卫生健康工作要点\"", "\"\"" },
    { "/title", "\"2026年全市卫生健康工作要点\"", "null" },
    { "/title", "\"2026年全市卫生健康工作要点\"", "7" },
    { "/title", "\"2026年全市卫生健康工作要点\"", "\"x" },
    { "/title", "nonsense", "\"x\"" },
    { "/title", "\"2026年全市卫生健康工作要点\"", "\"a\\u0000b\"" },
    { "/kind", "\"plan\"", "\"poem\"" },
    { "/issued", "\"2026-02-27\"", "\"2026-02-30\"" },
    { "/issued", "\"2026-02-27\"", "20260227" },
    { "/items/0/status", "\"open\"", "\"done\"" },
    { "/items/0/due", "\"2026-12-31\"", "\"soon\"" },
    { "/items/0/lead", "[\"疾控处\"]", "\"办公室\"" },
    { "/items/0/lead", "[\"疾控处\"]", "[\"办公室\",\"办公室\"]" },
    { "/items/0/lead", "[\"疾控处\"]", "[\"\"]" },
    { "/items/0/lead", "[\"疾控处\"]", "[null]" },
    { "/items/0/targets/0/op", "\">=\"", "\"about\"" },
    { "/items/0/targets/0/value", "\"99\"", "\"many\"" },
    { "/items/0/targets/0/value", "\"99\"", "null" },
    { "/items/0/targets/0/soft", "false", "\"yes\"" },
    { "/items/0/targets/0/tense", "\"target\"", "\"future\"" },
    { "/items/0/targets/-", "null", "null" },
    { "/items/0/targets/-", "null", "{}" },
    { "/items/0/targets/-", "null", "{\"metric\":\"x\",\"op\":\"=\",\"value\":\"\"}" },
    { "/items/0/targets/-", "null", "{\"metric\":\"x\",\"op\":\"range\",\"value\":\"1\"}" },
    { "/items/0/measures/-", "null", "null" },
    { "/items/0/measures/-", "null", "\"  \"" },
    { "/owners/疾控处", NULL, "\"nosuchorganisation00000000\"" },
};

static void test_bad_edits(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_sample(&desk, PLAN);
    Loaded before = load(&desk, uid);
    assert_str(before.draft.items[0].lead[0].name, STR("疾控处"));
    Str disease_control = quoted(&desk, before.draft.items[0].lead[0].org_uid);
    for (size_t i = 0; i < G_N_ELEMENTS(bad_edits); i++) {
        g_autoptr(GError) err = NULL;
        const char *old_value = bad_edits[i].old_value ? bad_edits[i].old_value : disease_control.p;
        if (edit_one(&desk, uid, before.row.version, bad_edits[i].path, old_value, bad_edits[i].new_value, &err))
            g_error("accepted: %s %s", bad_edits[i].path, bad_edits[i].new_value);
        if (!g_error_matches(err, BH_ERROR, BH_BAD_INPUT))
            g_error("%s %s: %s", bad_edits[i].path, bad_edits[i].new_value, err->message);
        g_assert_nonnull(error_get_at(err));
    }
    g_autoptr(GError) err = NULL;
    DraftEdit *many = ARENA_ARRAY(f->arena, DraftEdit, LIMIT_EDITS + 1);
    g_assert_false(document_edit(&desk.ledger, &desk.actor, uid, before.row.version, many, LIMIT_EDITS + 1, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
    g_assert_false(document_edit(&desk.ledger, &desk.actor, uid, before.row.version, many, 0, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    g_assert_cmpint(load(&desk, uid).row.version, ==, before.row.version);
}

/* --- Rights and states -------------------------------------------------------------------------------------------------------------------- */

static void test_rights(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f, "issuer01"), district = desk_of(f, "jianglinyu"), head = desk_of(f, "head01");
    Str uid = add_sample(&desk, PLAN), plan;
    int64_t version = load(&desk, uid).row.version;
    g_assert_false(edit_one(&district, uid, version, "/title", "\"2026年全市卫生健康工作要点\"", "\"x\"", &err));
    assert_refused(&err, BH_FORBIDDEN, "not-your-area");
    g_assert_false(edit_one(&head, uid, version, "/title", "\"2026年全市卫生健康工作要点\"", "\"x\"", &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(document_discard(&district.ledger, &district.actor, uid, version, STR("x"), &err));
    assert_refused(&err, BH_FORBIDDEN, "not-your-area");
    make_ready(&desk, uid);
    g_assert_false(document_issue(&district.ledger, &district.actor, uid, version + 2, f->arena, &plan, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-your-area");
    /* Nobody issues in the name of one whom he may not issue for. */
    Org government = fixture_org(f, "990000-ZF");
    edit_now(&desk, uid, "/issuer_org", quoted(&desk, fixture_org(f, COMMISSION).uid).p, quoted(&desk, government.uid).p);
    g_assert_false(document_issue(&desk.ledger, &desk.actor, uid, version + 3, f->arena, &plan, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-your-area");
    Loaded loaded = load(&desk, uid);
    g_assert_cmpstr(allowed(&desk, &loaded, "issue").why, ==, "not-your-area");
    g_assert_cmpuint(tasks_of(&desk).n, ==, 0);
}

static void refuse_issue(const Desk *desk, Str uid, const char *why)
{
    g_autoptr(GError) err = NULL;
    Loaded loaded = load(desk, uid);
    Str plan;
    g_assert_cmpstr(allowed(desk, &loaded, "issue").why, ==, why);
    g_assert_false(document_issue(&desk->ledger, &desk->actor, uid, loaded.row.version, desk->f->arena, &plan, &err));
    assert_refused(&err, BH_CONFLICT, why);
}

static void test_not_ready(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_bytes(&desk,
                        STR("专项任务清单\n\n"
                            "1. 办好甲事。（牵头处室：天外来处）\n"
                            "2. 办好乙事。（牵头处室：办公室）\n"),
                        "two.txt", false, NULL);
    refuse_issue(&desk, uid, "items-open");
    edit_now(&desk, uid, "/items/0/status", "\"open\"", "\"left_out\"");
    edit_now(&desk, uid, "/items/1/status", "\"open\"", "\"left_out\"");
    refuse_issue(&desk, uid, "no-items");
    edit_now(&desk, uid, "/items/0/status", "\"left_out\"", "\"confirmed\"");
    refuse_issue(&desk, uid, "owners-unresolved");
    edit_now(&desk, uid, "/items/0/lead", "[\"天外来处\"]", "[]");
    refuse_issue(&desk, uid, "no-owner");
    edit_now(&desk, uid, "/items/0/lead", "[]", "[\"办公室\"]");
    refuse_issue(&desk, uid, "no-due");
    edit_now(&desk, uid, "/items/0/due", "null", "\"2026-09-30\"");
    issue(&desk, uid);
    refuse_issue(&desk, uid, "wrong-state");
    g_autoptr(GError) err = NULL;
    g_assert_false(edit_one(&desk, uid, load(&desk, uid).row.version, "/title", "\"专项任务清单\"", "\"x\"", &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    g_assert_cmpuint(tasks_of(&desk).n, ==, 1);
    assert_sound(&desk, 1);
}

static void test_discard(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_sample(&desk, PLAN);
    int64_t version = load(&desk, uid).row.version;
    g_assert_false(document_discard(&desk.ledger, &desk.actor, uid, version, STR(" "), &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_false(document_discard(&desk.ledger, &desk.actor, uid, version + 1, STR("重复"), &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_true(document_discard(&desk.ledger, &desk.actor, uid, version, STR("重复"), &err));
    assert_str(load(&desk, uid).row.discarded, STR("重复"));
    g_assert_false(document_discard(&desk.ledger, &desk.actor, uid, version + 1, STR("重复"), &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    /* What was discarded is not there: it may come again. */
    add_sample(&desk, PLAN);
}

/* One organisation under two names, one measure twice: each becomes one; soft figures and results are no figures. */
static void test_merging(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_bytes(&desk,
                        STR("2026年任务清单\n\n"
                            "1. 办好甲事。（牵头处室：办公室；配合处室：委办公室、财务处）\n"),
                        "one.txt", false, NULL);
    const char *measures[] = { "\"查台账\"", "\"查现场\"", "\"查台账\"" };
    const char *targets[] = {
        "{\"metric\":\"甲率\",\"op\":\">=\",\"value\":\"9\"}",
        "{\"metric\":\"乙率\",\"op\":\">=\",\"value\":\"9\",\"soft\":true}",
        "{\"metric\":\"丙率\",\"op\":\">=\",\"value\":\"9\",\"tense\":\"result\"}",
    };
    for (size_t i = 0; i < 3; i++) {
        edit_now(&desk, uid, "/items/0/measures/-", "null", measures[i]);
        edit_now(&desk, uid, "/items/0/targets/-", "null", targets[i]);
    }
    make_ready(&desk, uid);
    issue(&desk, uid);
    Tasks tasks = tasks_of(&desk);
    g_assert_cmpuint(tasks.n, ==, 1);
    g_assert_cmpuint(tasks.v[0].n_owners, ==, 2);
    assert_str(tasks.v[0].owners[0].written, STR("办公室"));
    assert_str(tasks.v[0].owners[1].written, STR("财务处"));
    g_assert_cmpuint(tasks.v[0].n_measures, ==, 2);
    g_assert_cmpuint(tasks.v[0].n_targets, ==, 3);
    g_assert_cmpint(tasks.v[0].figures, ==, 1);
    assert_sound(&desk, 1);
}

static void test_editions(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str bytes = fixture_sample(f, PLAN);
    Str plans[2];
    for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
        Str uid = add_bytes(&desk, bytes, "plan.txt", i > 0, NULL);
        make_ready(&desk, uid);
        plans[i] = issue(&desk, uid);
    }
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, EventsOfObject, &err, .object_kind = STR("plan"), .object_uid = plans[1], .after = 0, .limit = 10);
    EventsOfObjectRow row;
    g_assert_true(db_next(rows, &row, &err));
    assert_str(row.verb, STR("plan-issue"));
    g_assert_true(str_has(row.body, STR("\"edition\":\"2\"")));
    g_assert_true(str_has(row.body, plans[0]));
    assert_sound(&desk, (int64_t) tasks_of(&desk).n);
}

/* Marks stand where they should after an emoji and in a text with CR LF: the task's text is the item's, to the character. */
static void test_spans(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_bytes(&desk,
                        STR("😀2026年任务清单\r\n\r\n"
                            "1. 办好😀甲事。（牵头处室：办公室）\r\n"
                            "2. 办好乙事。（牵头处室：财务处）\r\n"),
                        "emoji.txt", false, NULL);
    make_ready(&desk, uid);
    issue(&desk, uid);
    Tasks tasks = tasks_of(&desk);
    g_assert_cmpuint(tasks.n, ==, 2);
    assert_str(str_trim(tasks.v[0].text), STR("1. 办好😀甲事。（牵头处室：办公室）"));
    assert_str(str_trim(tasks.v[1].text), STR("2. 办好乙事。（牵头处室：财务处）"));
}

static bool remove_blob(void *data, BlobId id, uint64_t bytes, const char *stray)
{
    (void) bytes;
    (void) stray;
    const Fixture *f = data;
    char name[HASH_TEXT_MAX];
    hash_write(id, name);
    g_autofree char *file = g_strdup_printf("blobs/%.2s/%s.zst", name, name);
    g_autofree char *path = temp_dir_join(f->folder, file);
    g_assert_cmpint(g_unlink(path), ==, 0);
    return true;
}

/* A store that lost its blobs says that it is damaged, not that there is no such document. */
static void test_lost(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f, "issuer01");
    Str uid = add_sample(&desk, PLAN);
    g_assert_true(blob_list(f->blobs, remove_blob, f, &err));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    DocumentRow row;
    Draft draft;
    g_assert_true(document_by_uid(conn, f->arena, uid, &row, &err));
    g_assert_false(draft_load(&desk.ledger, conn, f->arena, &row, &draft, &err));
    assert_refused(&err, BH_INTERNAL, NULL);
}

/* --- The samples ------------------------------------------------------------------------------------------------------------------------------ */

static const char *const samples[] = {
    "plan-2026.txt",
    "plan-2012-gb18030.txt",
    "progress-table-2026.txt",
    "task-lines-2026.txt",
    "gazette-2026-03.txt",
    "rectification-2025-district.md",
    "plan-2025-web.html",
    "task-table-2026.html",
    "action-plan-2025-2027.docx",
    "rectification-2026.docx",
    "county-plan-2026.pdf",
};

static void test_samples(Fixture *f)
{
    Desk desk = desk_of(f, "issuer01");
    int64_t tasks = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = g_build_filename("documents", samples[i], NULL);
        Str uid = add_sample(&desk, path);
        make_ready(&desk, uid);
        issue(&desk, uid);
        Loaded issued = load(&desk, uid);
        g_test_message("%s: %" G_GINT64_FORMAT " items, %" G_GINT64_FORMAT " tasks", samples[i], issued.row.items, issued.row.confirmed);
        tasks += issued.row.confirmed;
    }
    assert_sound(&desk, tasks);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest run;
    } tests[] = {
        { "story", test_story },
        { "again", test_again },
        { "at-once", test_at_once },
        { "other-document", test_other_document },
        { "classified", test_classified },
        { "limits", test_limits },
        { "two-editors", test_two_editors },
        { "owners", test_owners },
        { "targets", test_targets },
        { "findings", test_findings },
        { "bad-edits", test_bad_edits },
        { "rights", test_rights },
        { "not-ready", test_not_ready },
        { "discard", test_discard },
        { "merging", test_merging },
        { "editions", test_editions },
        { "spans", test_spans },
        { "lost", test_lost },
        { "samples", test_samples },
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger-doc/likeness", test_likeness);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("ledger-doc", tests[i].name, true, tests[i].run);
    return g_test_run();
}
