/* How long a document takes from file to plan, by its number of items, on both engines: BIHUAN_TEST_PG=… SOURCE_ROOT=. build/bench/bench-ledger
 * Issuing is one transaction of the interactive queue, so its time is what others wait at most. */

#include <stdio.h>

#include "ledger/ledger.h"
#include "tests/unit/fixture.h"

#include "base/banned.h"

typedef struct {
    Fixture *f;
    Ledger ledger;
    Actor actor;
    Str uid;
    int64_t version;
} Desk;

static Str make_plan(Arena *arena, int items)
{
    g_autoptr(GString) text = g_string_new("示例市2026年任务清单\n\n");
    for (int i = 0; i < items; i++)
        g_string_append_printf(text,
                               "%d. 完成第%d类事项的整理。一是逐项建立台账%d。二是每月核对%d次。办结率达到%d%%以上，新增站点%d个。"
                               "（牵头处室：办公室；配合处室：财务处、疾控处）\n",
                               i % 500 + 1, i, i, i, 50 + i % 50, i + 1);
    return arena_str(arena, str_from_gstring(text));
}

static double since_ms(int64_t start_us)
{
    return (double) (g_get_monotonic_time() - start_us) / 1e3;
}

static double add(Desk *desk, int items)
{
    g_autoptr(GError) err = NULL;
    Str plan = make_plan(desk->f->arena, items);
    DocumentAdded added = { 0 };
    int64_t start = g_get_monotonic_time();
    document_add(&desk->ledger, &desk->actor, plan, STR("bench.txt"), true, desk->f->arena, &added, &err);
    g_assert_no_error(err);
    desk->uid = added.uid;
    desk->version = 1;
    return since_ms(start);
}

static double load(Desk *desk, Draft *ret_draft)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(desk->f->db, &err);
    DocumentRow row;
    int64_t start = g_get_monotonic_time();
    document_by_uid(conn, desk->f->arena, desk->uid, &row, &err);
    draft_load(&desk->ledger, conn, desk->f->arena, &row, ret_draft, &err);
    g_assert_no_error(err);
    return since_ms(start);
}

static double confirm(Desk *desk, size_t items)
{
    g_autoptr(GError) err = NULL;
    DraftEdit *edits = ARENA_ARRAY(desk->f->arena, DraftEdit, items);
    for (size_t i = 0; i < items; i++)
        edits[i] = (DraftEdit) { arena_printf(desk->f->arena, "/items/%zu/status", i), STR("\"open\""), STR("\"confirmed\"") };
    int64_t start = g_get_monotonic_time();
    document_edit(&desk->ledger, &desk->actor, desk->uid, desk->version++, edits, items, &err);
    g_assert_no_error(err);
    return since_ms(start);
}

static double issue(Desk *desk)
{
    g_autoptr(GError) err = NULL;
    Str plan;
    int64_t start = g_get_monotonic_time();
    document_issue(&desk->ledger, &desk->actor, desk->uid, desk->version, desk->f->arena, &plan, &err);
    g_assert_no_error(err);
    return since_ms(start);
}

static void measure(Fixture *f)
{
    static const int sizes[] = { 70, 500, 2000, 5000 };
    const User *user = fixture_user(f, "issuer01");
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        Desk desk = { f, { .db = f->db, .blobs = f->blobs, .clock = f->clock, .keys = f->keys }, { user, fixture_who(f, user) }, STR_NONE, 0 };
        Draft draft;
        double add_ms = add(&desk, sizes[i]), load_ms = load(&desk, &draft), edit_ms = confirm(&desk, draft.n_items), issue_ms = issue(&desk);
        printf("%-8s %5zu items: add %7.1f ms, load %6.1f ms, confirm all %7.1f ms, issue %8.1f ms\n", f->engine == DB_SQLITE ? "sqlite" : "postgres",
               draft.n_items, add_ms, load_ms, edit_ms, issue_ms);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("bench", "ledger", true, measure);
    return g_test_run();
}
