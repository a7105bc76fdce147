/* Meeting mode: three pages, as tables that the pages of the web, the commands and the workbook all show alike: 1 what changed, relapses first; 2 who is late and
 * whose it is; 3 what was decided last time, and what comes until the next meeting. Cells are values; words for columns, blocks and states are in i18n. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

enum { ROWS = 12 }; /* of a block: what a page in large type bears */

typedef struct {
    Report *report;
    JsonWriter *json;
} Pages;

/* --- Cells -------------------------------------------------------------------------------------------------------------------- */

static Str lead_names(const Report *report, const ReportTask *task)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < task->n_leads; i++)
        g_string_append_printf(names, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(task->leads[i].name));
    return arena_str(report->arena, str_from_gstring(names));
}

static Str date_cell(const Report *report, Date date)
{
    char text[DATE_TEXT_MAX];
    return date == DATE_NONE ? STR("") : arena_str(report->arena, str_from(date_format(date, text)));
}

static Str int_cell(const Report *report, int64_t value)
{
    return arena_printf(report->arena, "%" G_GINT64_FORMAT, value);
}

static Str day_of(const Report *report, int64_t at)
{
    return at > 0 ? date_cell(report, date_of_instant(at, report->zone)) : STR("");
}

static Str since_day(const Report *report, const Pick *pick)
{
    return pick->since ? day_of(report, pick->since->at) : STR("");
}

static Str from_cell(Report *report, const Pick *pick)
{
    return date_cell(report, pick->since->due_before);
}

static Str task_cell(Report *report, const Pick *pick, Str column)
{
    const ReportTask *task = pick->task;
    if (str_eq(column, STR("number")))
        return task->number;
    if (str_eq(column, STR("title")))
        return task->title;
    if (str_eq(column, STR("lead")))
        return lead_names(report, task);
    if (str_eq(column, STR("due")))
        return date_cell(report, task->due);
    if (str_eq(column, STR("state")))
        return task->state;
    if (str_eq(column, STR("at")))
        return since_day(report, pick);
    if (str_eq(column, STR("days_late")))
        return int_cell(report, report->today - task->due);
    if (str_eq(column, STR("days_left")))
        return int_cell(report, task->due - report->today);
    if (str_eq(column, STR("due_before")))
        return from_cell(report, pick);
    if (str_eq(column, STR("lead_before")))
        return report_org_names(report, pick->since->lead_before);
    return STR("");
}

/* --- Blocks ------------------------------------------------------------------------------------------------------------------------ */

static void begin_block(Pages *pages, const char *id, int64_t n, const char *columns)
{
    JsonWriter *json = pages->json;
    json_begin_object(json);
    json_member_cstr(json, "id", id);
    json_member_int(json, "n", n);
    json_key(json, "columns");
    json_begin_array(json);
    for (Str rest = str_from(columns); rest.p;)
        json_str(json, str_cut(&rest, ' '));
    json_end_array(json);
    json_key(json, "rows");
    json_begin_array(json);
}

static void begin_row(Pages *pages, Str uid)
{
    json_begin_object(pages->json);
    json_member_str(pages->json, "uid", uid);
    json_key(pages->json, "cells");
    json_begin_array(pages->json);
}

static void end_row(Pages *pages)
{
    json_end_array(pages->json);
    json_end_object(pages->json);
}

static void end_block(Pages *pages)
{
    json_end_array(pages->json);
    json_end_object(pages->json);
}

static void task_block(Pages *pages, const char *id, ListId list, const char *columns)
{
    const PickList *picks = &pages->report->lists[list];
    begin_block(pages, id, picks->total, columns);
    for (size_t i = 0; i < picks->picks.n && i < ROWS; i++) {
        const Pick *pick = &picks->picks.v[i];
        begin_row(pages, pick->task->uid);
        for (Str rest = str_from(columns); rest.p;)
            json_str(pages->json, task_cell(pages->report, pick, str_cut(&rest, ' ')));
        end_row(pages);
    }
    end_block(pages);
}

static void begin_page(Pages *pages, const char *id)
{
    json_begin_object(pages->json);
    json_member_cstr(pages->json, "id", id);
    json_key(pages->json, "blocks");
    json_begin_array(pages->json);
}

static void end_page(Pages *pages)
{
    json_end_array(pages->json);
    json_end_object(pages->json);
}

/* --- 1: what changed --------------------------------------------------------------------------------------------------------------------- */

static const struct {
    ListId list;
    const char *columns;
} changes[] = {
    { LIST_RELAPSED, "number title lead at" },   { LIST_OVERDUE, "number title lead due days_late" },
    { LIST_RETURNED, "number title lead at" },   { LIST_SLIPPED, "number title lead due_before due" },
    { LIST_STOPPED, "number title lead state" }, { LIST_OWNER, "number title lead_before lead" },
    { LIST_AMENDED, "number title lead due" },   { LIST_CLOSED, "number title lead at" },
    { LIST_NEW, "number title lead due" },
};

static void page_changes(Pages *pages)
{
    begin_page(pages, "changes");
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) /* that there is no relapse is said, too */
        if (changes[i].list == LIST_RELAPSED || pages->report->lists[changes[i].list].total > 0)
            task_block(pages, report_list_names[changes[i].list], changes[i].list, changes[i].columns);
    end_page(pages);
}

/* --- 2: who is late ------------------------------------------------------------------------------------------------------------------------ */

static int by_overdue(const void *a, const void *b)
{
    const ReportUnit *x = *(const ReportUnit *const *) a, *y = *(const ReportUnit *const *) b;
    if (x->f.overdue != y->f.overdue)
        return x->f.overdue > y->f.overdue ? -1 : 1;
    return x->org.rank < y->org.rank ? -1 : x->org.rank > y->org.rank;
}

static void late_units(Pages *pages)
{
    const Report *report = pages->report;
    const ReportUnit **late = ARENA_ARRAY(report->arena, const ReportUnit *, report->units.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < report->units.n; i++)
        if (report->units.v[i].f.overdue > 0)
            late[n++] = &report->units.v[i];
    if (n > 1)
        qsort(late, n, sizeof *late, by_overdue);
    begin_block(pages, "late_units", (int64_t) n, "org overdue longest_overdue_days open rate");
    for (size_t i = 0; i < n && i < ROWS; i++) {
        const Figures *f = &late[i]->f;
        begin_row(pages, STR_NONE);
        json_str(pages->json, late[i]->org.name);
        json_str(pages->json, int_cell(report, f->overdue));
        json_str(pages->json, int_cell(report, f->longest_overdue_days));
        json_str(pages->json, int_cell(report, f->open));
        json_str(pages->json, arena_printf(report->arena, "%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, f->done, f->due));
        end_row(pages);
    }
    end_block(pages);
}

static void silent_units(Pages *pages)
{
    const Report *report = pages->report;
    int64_t n = 0;
    for (size_t i = 0; i < report->units.n; i++)
        n += report_silent_days(report, &report->units.v[i]) > 0;
    begin_block(pages, "silent", n, "org silent_days tasks");
    for (size_t i = 0; i < report->units.n; i++) {
        const ReportUnit *unit = &report->units.v[i];
        int64_t days = report_silent_days(report, unit);
        if (days == 0)
            continue;
        begin_row(pages, STR_NONE);
        json_str(pages->json, unit->org.name);
        json_str(pages->json, int_cell(report, days));
        json_str(pages->json, int_cell(report, unit->f.to_do));
        end_row(pages);
    }
    end_block(pages);
}

static void page_late(Pages *pages)
{
    begin_page(pages, "late");
    late_units(pages);
    task_block(pages, "late", LIST_LATE, "number title lead due days_late");
    silent_units(pages);
    end_page(pages);
}

/* --- 3: decided, and to come ------------------------------------------------------------------------------------------------------------------ */

static bool decided(Pages *pages, GError **err)
{
    Report *report = pages->report;
    ReportDecisionCountRow count = { .n = 0 };
    bool found = true;
    if (report->has_previous && !db_one(report->conn, ReportDecisionCount, report->arena, &count, &found, err, .report = report->previous))
        return false;
    begin_block(pages, "decided", count.n, "text number state due");
    g_autoptr(DbRows) rows = report->has_previous ? db_query(report->conn, ReportDecisions, err, .report = report->previous) : NULL;
    for (ReportDecisionsRow row; rows && db_next(rows, &row, err);) {
        begin_row(pages, row.task_uid);
        json_str(pages->json, row.text);
        json_str(pages->json, row.number.p ? row.number : STR(""));
        json_str(pages->json, row.state.p ? row.state : STR(""));
        json_str(pages->json, date_cell(report, row.due));
        end_row(pages);
    }
    end_block(pages);
    return !report->has_previous || db_rows_ok(rows);
}

bool report_json_pages(Report *report, JsonWriter *json, GError **err)
{
    Pages pages = { report, json };
    json_key(json, "pages");
    json_begin_array(json);
    page_changes(&pages);
    page_late(&pages);
    begin_page(&pages, "next");
    if (!decided(&pages, err))
        return false;
    task_block(&pages, "coming", LIST_COMING, "number title lead due days_left");
    end_page(&pages);
    json_end_array(json);
    return true;
}
