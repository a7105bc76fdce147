/* A ledger kept in a workbook comes in, comes again, and goes out. */
#include "ledger/import.h"
#include "ledger/task_sheet.h"
#include "publish/layout.h"
#include "publish/publish.h"
#include "tasks.h"

#include "db/queries.h"

#include "base/banned.h"

typedef struct {
    Fixture *f;
    ImportReport report;
    Diags *diags;
    Str plan;
} Ledgers;

/* For who looks why a test fails. */
static void show(const ImportReport *report, const Diags *diags)
{
    for (size_t i = 0; i < report->n_rows; i++) {
        g_test_message("row %u %s " STR_FMT, report->rows[i].row, import_kind_name(report->rows[i].kind), STR_ARG(report->rows[i].title));
        for (size_t k = 0; k < report->rows[i].n_sets; k++)
            g_test_message("  " STR_FMT ": '" STR_FMT "' -> '" STR_FMT "'", STR_ARG(report->rows[i].sets[k].heading), STR_ARG(report->rows[i].sets[k].old_text),
                           STR_ARG(report->rows[i].sets[k].new_text));
    }
    for (size_t i = 0; i < diags_count(diags); i++)
        g_test_message(STR_FMT ": %s: " STR_FMT, STR_ARG(diags_get(diags, i)->at), diags_get(diags, i)->code, STR_ARG(diags_get(diags, i)->text));
}

/* Imports as issuer01; the plan of the first import that was applied is that of the later ones. */
static const ImportReport *import(Ledgers *l, Str bytes, const char *map, bool apply)
{
    Fixture *f = l->f;
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "issuer01");
    g_autoptr(GError) err = NULL;
    diags_free(l->diags);
    l->diags = diags_new();
    ImportWish wish = { .bytes = bytes, .name = STR("台账.xlsx"), .blob = STR("0123"), .plan = l->plan, .due = DATE_NONE, .apply = apply,
                        .map = map ? json_parse(str_from(map), f->arena, NULL) : NULL };
    g_assert_true(ledger_import(&ledger, &actor, &wish, f->arena, l->diags, &l->report, &err));
    g_assert_no_error(err);
    show(&l->report, l->diags);
    if (apply)
        l->plan = l->report.plan;
    return &l->report;
}

static void assert_counts(const ImportReport *report, size_t added, size_t changed, size_t same, size_t refused, size_t gone)
{
    g_assert_cmpuint(report->added, ==, added);
    g_assert_cmpuint(report->changed, ==, changed);
    g_assert_cmpuint(report->same, ==, same);
    g_assert_cmpuint(report->refused, ==, refused);
    g_assert_cmpuint(report->n_gone, ==, gone);
}

static const ImportColumn *column_of(const ImportReport *report, const char *heading)
{
    for (size_t i = 0; i < report->n_columns; i++)
        if (str_ends(report->columns[i].heading, str_from(heading)))
            return &report->columns[i];
    g_assert_not_reached();
}

static void assert_column(const ImportReport *report, const char *heading, const char *field, const char *how)
{
    const ImportColumn *column = column_of(report, heading);
    g_assert_true(field ? str_eq(column->field, str_from(field)) : !column->field.p);
    g_assert_cmpstr(column->how, ==, how);
}

static Str rectification(Fixture *f)
{
    return fixture_sample(f, "ledgers/rectification-2026.xlsx");
}

static int64_t head_of(Fixture *f)
{
    g_autoptr(DbConn) conn = db_reader(f->db, NULL);
    AuditHead head;
    g_assert_true(audit_head(conn, f->arena, &head, NULL));
    return head.seq;
}

static const Task *task_of_row(Ledgers *l, size_t index)
{
    return tasks_load(l->f, l->report.rows[index].uid);
}

/* --- In -------------------------------------------------------------------------------------------------------------------------- */

static void test_preview(Fixture *f)
{
    Ledgers l = { .f = f };
    const ImportReport *report = import(&l, rectification(f), NULL, false);
    g_assert_cmpstr(report->sheet.p, ==, "整改台账");
    g_assert_cmpstr(report->title.p, ==, "示例市卫生健康委员会2026年巡察整改台账");
    g_assert_cmpuint(report->title_rows, ==, 2);
    assert_counts(report, 6, 0, 0, 0, 0);
    assert_column(report, "问题编号", "number", "alias");
    assert_column(report, "问题描述", "problem", "name");
    assert_column(report, "牵头单位", "lead", "name");
    assert_column(report, "责任单位/人", "support", "alias");
    assert_column(report, "整改时限", "due", "alias");
    assert_column(report, "整改情况 / 整改状态", "state", "alias");
    assert_column(report, "投入资金（万元）", NULL, "kept");
    g_assert_false(report->applied);
    for (size_t i = 0; i < report->n_rows; i++)
        g_assert_cmpint(report->rows[i].draft, ==, i == 1 || i == 4); /* 立行立改, 长期坚持 name no day */
    g_autoptr(DbConn) conn = db_reader(f->db, NULL);
    bool found;
    ImportTaskByNumberRow row;
    g_assert_true(db_one(conn, ImportTaskByNumber, f->arena, &row, &found, NULL, .number = STR("ZG-01")) && !found);
}

static void test_apply(Fixture *f)
{
    Ledgers l = { .f = f };
    assert_counts(import(&l, rectification(f), NULL, true), 6, 0, 0, 0, 0);
    const Task *first = task_of_row(&l, 0), *second = task_of_row(&l, 1), *last = task_of_row(&l, 5);
    g_assert_cmpstr(first->state.p, ==, "issued"); /* whatever the file claims */
    g_assert_true(first->claimed && !second->claimed);
    g_assert_cmpstr(first->source_no.p, ==, "ZG-01");
    g_assert_cmpstr(first->source.p, ==, "inspection");
    g_assert_cmpstr(first->problem.p, ==, "部分镇免疫规划接种率统计口径不一致，底数不清。");
    g_assert_cmpuint(first->n_measures, ==, 2);
    g_assert_cmpstr(first->handler.name.p, ==, "赵示");
    g_assert_cmpstr(second->state.p, ==, "draft");
    g_assert_cmpstr(second->term.p, ==, "at_once");
    g_assert_cmpuint(last->n_measures, ==, 2); /* over two rows */
    tasks_assert_proven(f);
}

/* The same file again: nothing; not even an event of a task. */
static void test_again(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    int64_t head = head_of(f);
    assert_counts(import(&l, rectification(f), NULL, true), 0, 0, 6, 0, 0);
    g_assert_cmpint(head_of(f), ==, head);
    tasks_assert_proven(f);
}

/* --- Out and in again ----------------------------------------------------------------------------------------------------------- */

static Str layout_of_file(Ledgers *l, const char *username, Str file)
{
    Fixture *f = l->f;
    LedgerLayout layout;
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(DbConn) conn = db_reader(f->db, NULL);
    g_assert_true(ledger_layout(conn, f->arena, fixture_user(f, username), l->plan, file, &layout, &err));
    LayoutCell *cells = ARENA_ARRAY(f->arena, LayoutCell, layout.n_cells + 1);
    for (size_t i = 0; i < layout.n_cells; i++)
        cells[i] = (LayoutCell) { layout.cells[i].row, layout.cells[i].column, layout.cells[i].text, layout.cells[i].date };
    const LayoutEdit edit = { .sheet = layout.sheet, .cells = cells, .n_cells = layout.n_cells, .without = layout.without, .n_without = layout.n_without,
                              .style_row = layout.style_row, .hide_first = layout.hide_first, .hide_last = layout.hide_last };
    g_assert_true(layout_write(file, &edit, out, &err));
    return arena_str(f->arena, str_from_gstring(out));
}

static Str layout_of(Ledgers *l, const char *username)
{
    return layout_of_file(l, username, rectification(l->f));
}

static SheetTable table_at(Fixture *f, Str bytes, size_t sheet)
{
    SheetTable table;
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, NULL);
    g_assert_true(xlsx_file_table(file, sheet, f->arena, &table, NULL));
    return table;
}

static SheetTable table_of(Fixture *f, Str bytes)
{
    SheetTable table;
    g_autoptr(XlsxFile) file = xlsx_file_open(bytes, NULL);
    g_assert_true(xlsx_file_table(file, 0, f->arena, &table, NULL));
    return table;
}

static bool same_cell(const SheetCell *a, const SheetCell *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && a->style == b->style && a->formula == b->formula && a->date == b->date && str_eq(a->text, b->text);
}

/* How many cells of the first table are another in the second. */
static size_t differences(const SheetTable *a, const SheetTable *b)
{
    size_t n = 0;
    for (uint32_t r = 0; r < a->n_rows; r++)
        for (uint32_t c = 0; c < a->n_columns; c++)
            n += !same_cell(sheet_cell(a, r, c), sheet_cell(b, r, c));
    return n;
}

/* Cell for cell as it came, with uid and version behind it; and back again without a change. */
static void test_layout(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    Str out = layout_of(&l, "issuer01");
    SheetTable before = table_of(f, rectification(f)), after = table_of(f, out);
    g_assert_cmpuint(differences(&before, &after), ==, 0);
    g_assert_cmpuint(after.n_rows, ==, before.n_rows);
    g_assert_cmpuint(after.n_columns, ==, before.n_columns + 2);
    g_assert_cmpuint(after.n_merges, ==, before.n_merges);
    for (uint32_t c = 0; c < before.n_columns; c++)
        g_assert_true(before.columns[c].width == after.columns[c].width && before.columns[c].hidden == after.columns[c].hidden);
    g_assert_true(after.columns[before.n_columns].hidden && after.columns[before.n_columns + 1].hidden);
    int64_t head = head_of(f);
    assert_counts(import(&l, out, NULL, true), 0, 0, 6, 0, 0);
    g_assert_cmpint(head_of(f), ==, head);
}

/* The bytes with one cell set by us, as a person would. */
static Str with_cell(Fixture *f, Str bytes, uint32_t row, uint32_t column, const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    LayoutCell cell = { row, column, str_from(text), DATE_NONE };
    const LayoutEdit edit = { .cells = &cell, .n_cells = 1, .hide_first = 1, .hide_last = 0, .style_row = row };
    g_assert_true(layout_write(bytes, &edit, out, NULL));
    return arena_str(f->arena, str_from_gstring(out));
}

enum { ROW_1 = 5, ROW_3 = 7, COLUMN_CATEGORY = 4, COLUMN_DUE = 9, COLUMN_NOTE = 20 };

static void test_changed_cell(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    Str edited = with_cell(f, layout_of(&l, "issuer01"), ROW_3, COLUMN_DUE, "2026年7月底");
    const ImportReport *report = import(&l, edited, NULL, true);
    assert_counts(report, 0, 1, 5, 0, 0);
    g_assert_cmpuint(report->rows[2].n_sets, ==, 1);
    g_assert_cmpstr(report->rows[2].sets[0].field.p, ==, "due");
    g_assert_cmpstr(report->rows[2].sets[0].old_text.p, ==, "2026-06-30");
    const Task *task = task_of_row(&l, 2);
    char day[DATE_TEXT_MAX];
    g_assert_cmpstr(date_format(task->due, day), ==, "2026-07-31");
    g_assert_cmpuint(task->n_amendments, ==, 1);
    g_assert_true(task->adjusted);
    tasks_assert_proven(f);
}

/* A column that means nothing to us comes again changed: it is kept as it is now. */
static void test_changed_note(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    const ImportReport *report = import(&l, with_cell(f, rectification(f), ROW_1, COLUMN_NOTE, "新备注"), NULL, true);
    assert_counts(report, 0, 1, 5, 0, 0);
    g_assert_null(report->rows[0].sets[0].field.p);
    g_assert_true(str_has(task_of_row(&l, 0)->kept, STR("新备注")));
    g_assert_cmpuint(task_of_row(&l, 0)->n_amendments, ==, 0);
    tasks_assert_proven(f);
}

static void amend(Fixture *f, const Task *task, const char *set)
{
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "issuer01");
    TaskAmend wish = { .uid = task->uid, .reason = STR("because"), .version = task->version, .set = json_parse(str_from(set), f->arena, NULL) };
    g_autoptr(GError) err = NULL;
    g_assert_true(task_amend(&ledger, &actor, &wish, &err));
}

/* Somebody changed the task after the export: an unedited row is as it was, an edited one is refused, with both values. */
static void test_late(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    Str out = layout_of(&l, "issuer01");
    amend(f, task_of_row(&l, 0), "{\"category\":\"作风\"}");
    const ImportReport *report = import(&l, with_cell(f, out, ROW_1, COLUMN_CATEGORY, "管理"), NULL, true);
    assert_counts(report, 0, 0, 5, 1, 0);
    g_assert_cmpstr(report->rows[0].sets[0].old_text.p, ==, "作风");
    g_assert_cmpstr(report->rows[0].sets[0].new_text.p, ==, "管理");
    g_assert_true(diags_has(l.diags, "changed-both"));
    g_assert_cmpstr(task_of_row(&l, 0)->category.p, ==, "作风");
}

/* Without a version what came last time tells who changed it: what only we changed stays, what only the file changed is taken, what both changed is refused. */
static void test_three_ways(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    amend(f, task_of_row(&l, 0), "{\"category\":\"作风\"}");
    assert_counts(import(&l, rectification(f), NULL, true), 0, 0, 6, 0, 0);
    g_assert_cmpstr(task_of_row(&l, 0)->category.p, ==, "作风");
    SheetTable out = table_of(f, layout_of(&l, "issuer01"));
    g_assert_cmpstr(sheet_cell(&out, ROW_1, COLUMN_CATEGORY)->text.p, ==, "作风");
    assert_counts(import(&l, with_cell(f, rectification(f), ROW_1, COLUMN_CATEGORY, "管理"), NULL, true), 0, 0, 5, 1, 0);
    assert_counts(import(&l, with_cell(f, rectification(f), ROW_3, COLUMN_CATEGORY, "管理"), NULL, true), 0, 1, 5, 0, 0);
    g_assert_cmpstr(task_of_row(&l, 2)->category.p, ==, "管理");
    tasks_assert_proven(f);
}

/* Nothing of a restricted task goes out to who may not read it. */
static void test_restricted(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    amend(f, task_of_row(&l, 3), "{\"restricted\":true}");
    SheetTable mine = table_of(f, layout_of(&l, "issuer01")), others = table_of(f, layout_of(&l, "reviewer01"));
    bool mine_has = false, others_have = false;
    for (uint32_t r = 0; r < mine.n_rows; r++) {
        const SheetCell *a = sheet_cell(&mine, r, 3), *b = sheet_cell(&others, r, 3);
        mine_has |= a && str_has(a->text, STR("差旅费"));
        others_have |= b && str_has(b->text, STR("差旅费"));
    }
    g_assert_true(mine_has && !others_have);
}

/* --- Other forms ----------------------------------------------------------------------------------------------------------------- */

static void test_examples(Fixture *f)
{
    Ledgers l = { .f = f };
    const ImportReport *report = import(&l, fixture_sample(f, "ledgers/matters-2026.xlsx"), NULL, false);
    assert_column(report, "事项", "title", "alias");
    assert_column(report, "谁来办", "lead", "example");
    assert_column(report, "什么时候", "due", "example");
    assert_column(report, "钱", NULL, "kept");
    assert_counts(report, 4, 0, 0, 0, 0);
}

static void assert_owners(const Task *task, const char *role, const char *names)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (size_t i = 0; i < task->n_owners; i++)
        if (str_eq(task->owners[i].role, str_from(role)))
            g_string_append_printf(all, "%s" STR_FMT, all->len ? " " : "", STR_ARG(task->owners[i].name));
    g_assert_cmpstr(all->str, ==, names);
}

/* Titles in three lines, groups over several tasks, names broken over lines, days as words, remarks in several lines, a second part in another sheet. */
static void test_awkward(Fixture *f)
{
    Ledgers l = { .f = f };
    Str bytes = fixture_sample(f, "ledgers/awkward-2026.xlsx");
    const ImportReport *report = import(&l, bytes, NULL, true);
    g_assert_cmpstr(report->sheet.p, ==, "第一批");
    g_assert_cmpuint(report->title_rows, ==, 4);
    assert_counts(report, 5, 0, 0, 0, 0);
    g_assert_true(diags_has(l.diags, "sheet-left"));
    assert_column(report, "问题类别", "category", "alias");
    assert_column(report, "反馈问题", "problem", "alias");
    assert_column(report, "责任单位", "lead", "alias");
    assert_column(report, "完成时限", "due", "name");
    g_assert_cmpstr(column_of(report, "整改措施")->taken, ==, "yes");
    g_assert_cmpstr(column_of(report, "备注")->taken, ==, "kept");
    static const struct {
        const char *category, *due, *term, *lead;
    } wants[] = {
        { "政治建设", NULL, "lasting", "办公室 机关党委" },
        { "政治建设", NULL, "at_once", "办公室" },
        { "业务工作", "2026-06-30", "dated", "疾病预防控制处 基层卫生健康处" },
        { "业务工作", "2026-09-30", "dated", "疾病预防控制处" },
        { "业务工作", "2026-12-31", "dated", "基层卫生健康处 老龄健康处" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wants); i++) {
        const Task *task = task_of_row(&l, i);
        char day[DATE_TEXT_MAX];
        g_assert_cmpstr(task->category.p, ==, wants[i].category);
        g_assert_cmpstr(task->due == DATE_NONE ? NULL : date_format(task->due, day), ==, wants[i].due);
        g_assert_cmpstr(task->term.p, ==, wants[i].term);
        assert_owners(task, "lead", wants[i].lead);
    }
    assert_owners(task_of_row(&l, 3), "support", "医政医管处 综合监督处");
    SheetTable before = table_at(f, bytes, 1), after = table_at(f, layout_of_file(&l, "issuer01", bytes), 1);
    g_assert_cmpuint(differences(&before, &after), ==, 0);
    g_assert_cmpuint(after.n_merges, ==, before.n_merges);
    for (size_t i = 0; i < before.n_merges; i++)
        g_assert_cmpmem(&before.merges[i], sizeof(CellRange), &after.merges[i], sizeof(CellRange));
    for (uint32_t c = 0; c < before.n_columns; c++)
        g_assert_true(before.columns[c].width == after.columns[c].width);
    int64_t head = head_of(f);
    assert_counts(import(&l, layout_of_file(&l, "issuer01", bytes), NULL, true), 0, 0, 5, 0, 0);
    g_assert_cmpint(head_of(f), ==, head);
}

/* What was said of a heading is known the next time. */
static void test_given(Fixture *f)
{
    Ledgers l = { .f = f };
    Str bytes = fixture_sample(f, "ledgers/matters-2026.xlsx");
    const ImportReport *report = import(&l, bytes, "{\"钱\":\"category\",\"B\":\"lead\"}", true);
    assert_column(report, "钱", "category", "given");
    assert_counts(report, 4, 0, 0, 0, 0);
    l.plan = STR_NONE;
    assert_column(import(&l, bytes, NULL, false), "钱", "category", "given");
}

static void test_gone(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, fixture_sample(f, "ledgers/matters-2026.xlsx"), NULL, true);
    assert_counts(import(&l, STR("事项,什么时候\n开展职业健康宣传周活动,2026-05-10\n新的一件,2026-06-01\n"), NULL, true), 1, 0, 1, 0, 3);
    g_assert_cmpstr(task_of_row(&l, 1)->state.p, ==, "draft");
}

static void test_refused(Fixture *f)
{
    Ledgers l = { .f = f };
    Ledger ledger = tasks_ledger(f);
    Actor actor = tasks_actor(f, "handler01");
    g_autoptr(GError) err = NULL;
    g_autoptr(Diags) diags = diags_new();
    ImportReport report;
    ImportWish wish = { .bytes = rectification(f), .name = STR("a"), .due = DATE_NONE };
    g_assert_false(ledger_import(&ledger, &actor, &wish, f->arena, diags, &report, &err));
    assert_refused(&err, BH_FORBIDDEN, NULL);
    actor = tasks_actor(f, "issuer01");
    wish.bytes = STR("x,y\n1,2\n");
    g_assert_false(ledger_import(&ledger, &actor, &wish, f->arena, diags, &report, &err));
    assert_refused(&err, BH_BAD_INPUT, "no-table");
    wish.map = json_parse(STR("{\"x\":\"nonsense\"}"), f->arena, NULL);
    g_assert_false(ledger_import(&ledger, &actor, &wish, f->arena, diags, &report, &err));
    assert_refused(&err, BH_BAD_INPUT, "field-unknown");
    import(&l, STR("任务,牵头单位,时限\n甲,没有这个处,2026-05-01\n,办公室,2026-05-01\n乙,办公室,某日\n"), NULL, false);
    assert_counts(&l.report, 2, 0, 0, 1, 0);
    g_assert_true(diags_has(l.diags, "unknown-owner") && diags_has(l.diags, "value-missing") && diags_has(l.diags, "date-bad"));
    g_assert_true(l.report.rows[0].draft && l.report.rows[2].draft);
}

/* --- Our own form ------------------------------------------------------------------------------------------------------------------ */

static Str own_form(Ledgers *l, Lang lang)
{
    Fixture *f = l->f;
    size_t n;
    const LedgerColumn *columns = ledger_columns(&n);
    TableColumn heads[32];
    for (size_t c = 0; c < n; c++)
        heads[c] = (TableColumn) { .title = i18n(lang, columns[c].heading).p, .type = columns[c].kind == SHOWN_DATE ? COLUMN_DATE : COLUMN_TEXT, .width = 9,
                                   .hidden = columns[c].hidden };
    g_autofree char *path = temp_dir_join(f->folder, "own.xlsx");
    g_autoptr(XlsxBook) book = xlsx_new(path, 1, NULL);
    XlsxSheet *sheet = xlsx_sheet(book, "a", heads, n, NULL);
    for (size_t i = 0; i < l->report.n_rows; i++) {
        const Task *task = task_of_row(l, i);
        TableCell cells[32] = { 0 };
        for (size_t c = 0; c < n; c++) {
            Date date;
            cells[c].text = ledger_column_text(task, c, lang, f->arena, &date);
            cells[c].date = date;
        }
        g_assert_true(xlsx_row(sheet, cells, NULL));
    }
    g_assert_true(xlsx_finish(book, NULL));
    g_autoptr(GString) bytes = file_read(path, 1 << 24, NULL);
    return arena_str(f->arena, str_from_gstring(bytes));
}

static void test_own_form(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    for (Lang lang = 0; lang < LANG_COUNT; lang++) {
        Str form = own_form(&l, lang);
        int64_t head = head_of(f);
        assert_counts(import(&l, form, NULL, true), 0, 0, 6, 0, 0);
        g_assert_cmpuint(diags_count(l.diags), ==, 0);
        g_assert_cmpint(head_of(f), ==, head);
    }
    size_t n;
    const LedgerColumn *columns = ledger_columns(&n);
    uint32_t category = 0;
    for (uint32_t c = 0; c < n; c++)
        category = g_str_equal(columns[c].id, "category") ? c : category;
    const ImportReport *report = import(&l, with_cell(f, own_form(&l, LANG_ZH), 1, category, "新类别"), NULL, true);
    assert_counts(report, 0, 1, 5, 0, 0);
    g_assert_cmpstr(task_of_row(&l, 0)->category.p, ==, "新类别");
    Str stale = own_form(&l, LANG_ZH);
    amend(f, task_of_row(&l, 0), "{\"category\":\"又一类\"}");
    assert_counts(import(&l, with_cell(f, stale, 1, category, "第三类"), NULL, true), 0, 0, 5, 1, 0);
    g_assert_cmpstr(task_of_row(&l, 0)->category.p, ==, "又一类");
    tasks_assert_proven(f);
}

static uint32_t own_column(const char *id)
{
    size_t n;
    const LedgerColumn *columns = ledger_columns(&n);
    for (uint32_t c = 0; c < n; c++)
        if (g_str_equal(columns[c].id, id))
            return c;
    g_assert_not_reached();
}

/* The text of a row of a form, as CSV: what a file without some rows, or with one twice, is made of. */
static Str csv_of(Fixture *f, Str form, const uint32_t *rows, size_t n)
{
    SheetTable table = table_of(f, form);
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < table.n_columns; c++) {
            const SheetCell *cell = sheet_cell(&table, rows[i], c);
            g_autofree char *text = cell ? str_dup(cell->text) : g_strdup("");
            g_auto(GStrv) parts = g_strsplit(text, "\"", -1);
            g_autofree char *quoted = g_strjoinv("\"\"", parts);
            g_string_append_printf(out, "\"%s\"%s", quoted, c + 1 < table.n_columns ? "," : "\n");
        }
    return arena_str(f->arena, str_from_gstring(out));
}

/* By number: one that was changed is told and not taken, a row that is left out stays, one that comes twice is taken once, one that somebody changed meanwhile is refused. */
static void test_numbers(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    Str form = own_form(&l, LANG_ZH);
    const ImportReport *report = import(&l, with_cell(f, form, 1, own_column("number"), "ZG-2026-999"), NULL, true);
    assert_counts(report, 0, 0, 6, 0, 0);
    g_assert_true(diags_has(l.diags, "column-read-only"));
    static const uint32_t less[] = { 0, 1, 2, 4, 5, 6 }, twice[] = { 0, 1, 2, 2, 3, 4, 5, 6 };
    Str gone = arena_str(f->arena, task_of_row(&l, 2)->number);
    report = import(&l, csv_of(f, form, less, G_N_ELEMENTS(less)), NULL, true);
    assert_counts(report, 0, 0, 5, 0, 1);
    g_assert_true(str_eq(report->gone[0], gone));
    assert_counts(import(&l, csv_of(f, form, twice, G_N_ELEMENTS(twice)), NULL, true), 0, 0, 6, 1, 0);
    g_assert_true(diags_has(l.diags, "number-twice"));
    import(&l, form, NULL, false);
    const Task *first = task_of_row(&l, 0);
    amend(f, first, "{\"title\":\"此间改过的标题\"}");
    report = import(&l, with_cell(f, form, 1, own_column("title"), "文件里改过的标题"), NULL, true);
    assert_counts(report, 0, 0, 5, 1, 0);
    g_assert_true(diags_has(l.diags, "changed-both"));
    g_assert_cmpstr(tasks_load(f, first->uid)->title.p, ==, "此间改过的标题");
    tasks_assert_proven(f);
}

/* What somebody here changed since the file was made, and the file only repeats, stays; beside it what the file changed is done. */
static void test_left(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    for (Lang lang = 0; lang < LANG_COUNT; lang++) {
        Str form = own_form(&l, lang), title = lang == LANG_ZH ? STR("此间改的标题") : STR("此间又改的标题");
        g_autofree char *set = g_strdup_printf("{\"title\":\"%s\",\"due\":\"2026-11-%02d\"}", title.p, 20 + (int) lang);
        amend(f, task_of_row(&l, 0), set);
        int64_t head = head_of(f);
        const ImportReport *report = import(&l, form, NULL, true);
        assert_counts(report, 0, 0, 6, 0, 0);
        g_assert_cmpuint(report->left, ==, 1);
        g_assert_true(report->rows[0].left && !report->rows[1].left);
        g_assert_cmpuint(diags_count(l.diags), ==, 0);
        g_assert_cmpint(head_of(f), ==, head);
        report = import(&l, with_cell(f, form, 1, own_column("category"), lang == LANG_ZH ? "甲类" : "乙类"), NULL, true);
        assert_counts(report, 0, 1, 5, 0, 0);
        g_assert_true(report->rows[0].left);
        g_assert_true(str_eq(task_of_row(&l, 0)->title, title));
        g_assert_cmpstr(task_of_row(&l, 0)->category.p, ==, lang == LANG_ZH ? "甲类" : "乙类");
        assert_counts(import(&l, with_cell(f, form, 1, own_column("title"), "文件里的标题"), NULL, true), 0, 0, 5, 1, 0);
        g_assert_true(diags_has(l.diags, "changed-both"));
        /* Without its marks a row that is late is refused, as it always was. */
        assert_counts(import(&l, with_cell(f, form, 1, own_column("written"), ""), NULL, true), 0, 0, 5, 1, 0);
        import(&l, form, NULL, false);
    }
    tasks_assert_proven(f);
}

/* Measures that the file changed are amended: those that are there stay with their answers, and none that was answered goes. */
static void test_measures(Fixture *f)
{
    Ledgers l = { .f = f };
    g_autoptr(GError) err = NULL;
    import(&l, rectification(f), NULL, true);
    const Task *task = task_of_row(&l, 0);
    g_assert_cmpuint(task->n_measures, ==, 2);
    Str first = arena_str(f->arena, task->measures[0].text), uid = arena_str(f->arena, task->measures[0].uid), gone = arena_str(f->arena, task->measures[1].uid);
    g_autofree char *text = g_strdup_printf("1. " STR_FMT "\n2. 另一条措施\n3. 第三条措施", STR_ARG(first));
    const ImportReport *report = import(&l, with_cell(f, own_form(&l, LANG_ZH), 1, own_column("measures"), text), NULL, true);
    assert_counts(report, 0, 1, 5, 0, 0);
    g_assert_cmpstr(column_of(report, "整改措施")->taken, ==, "yes");
    task = task_of_row(&l, 0);
    g_assert_cmpuint(task->n_measures, ==, 3);
    g_assert_true(str_eq(task->measures[0].uid, uid) && !str_eq(task->measures[1].uid, gone));
    g_assert_cmpstr(task->measures[2].text.p, ==, "第三条措施");
    g_assert_true(task->adjusted && str_eq(task->amendments[task->n_amendments - 1].field, STR("measures")));
    tasks_assert_proven(f);
    tasks_do(f, "handler01", task->uid, "accept", NULL, &err);
    g_clear_error(&err);
    const char *worker = NULL;
    static const char *const names[] = { "handler01", "head01" };
    Ledger ledger = tasks_ledger(f);
    for (size_t i = 0; i < G_N_ELEMENTS(names) && !worker; i++) {
        Actor actor = tasks_actor(f, names[i]);
        if (task_measure_set(&ledger, &actor, task->uid, uid, 1, STR("done"), STR("办了"), &err))
            worker = names[i];
        g_clear_error(&err);
    }
    if (!worker)
        return; /* the unit of the first row is another */
    report = import(&l, with_cell(f, own_form(&l, LANG_ZH), 1, own_column("measures"), "1. 只剩这条"), NULL, true);
    assert_counts(report, 0, 0, 5, 1, 0);
    g_assert_true(diags_has(l.diags, "measure-answered"));
    tasks_assert_proven(f);
}

/* Read by pages a task says in every column what it says when it is loaded whole. */
static void test_pages(Fixture *f)
{
    Ledgers l = { .f = f };
    import(&l, rectification(f), NULL, true);
    amend(f, task_of_row(&l, 0), "{\"category\":\"作风\",\"text\":\"一\\n二\"}");
    Actor actor = tasks_actor(f, "issuer01");
    g_autoptr(DbConn) conn = db_reader(f->db, NULL);
    TaskFilter filter = task_filter_none();
    Str cursor = STR_NONE;
    size_t n_columns, seen = 0;
    ledger_columns(&n_columns);
    do {
        DbList *list = task_sheet_list(f->arena);
        Task *page;
        size_t n;
        g_assert_true(task_list_find(list, conn, f->arena, actor.user, clock_today(f->clock), &filter, STR_NONE, NULL) && db_list_page(list, cursor, 4, NULL));
        g_assert_true(task_sheet_page(list, conn, f->arena, &page, &n, NULL));
        for (size_t i = 0; i < n; i++, seen++)
            for (size_t c = 0; c < n_columns; c++) {
                Date a, b;
                Str one = ledger_column_text(&page[i], c, LANG_ZH, f->arena, &a), other = ledger_column_text(tasks_load(f, page[i].uid), c, LANG_ZH, f->arena, &b);
                g_assert_true(str_eq(one.p ? one : STR(""), other.p ? other : STR("")) && a == b);
            }
        cursor = db_list_cursor(list);
    } while (cursor.p);
    g_assert_cmpuint(seen, >=, 6);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "preview", test_preview },     { "apply", test_apply },         { "again", test_again },     { "layout", test_layout },
        { "changed-cell", test_changed_cell }, { "changed-note", test_changed_note }, { "late", test_late },       { "three-ways", test_three_ways },
        { "restricted", test_restricted }, { "examples", test_examples },   { "given", test_given },     { "gone", test_gone },
        { "refused", test_refused },     { "own-form", test_own_form }, { "pages", test_pages }, { "awkward", test_awkward }, { "numbers", test_numbers }, { "left", test_left }, { "measures", test_measures },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("ledger-import", tests[i].name, true, tests[i].test);
    return g_test_run();
}
