/* Reports at a terminal: how things stand by unit, then the three pages of the meeting. */
#include <unistd.h>

#include "base/columns.h"
#include "cmd/calls.h"
#include "cmd/view.h"

#include "base/banned.h"

enum { CELL_COLUMNS = 44, COLUMNS_MAX = 16 };

static bool show_now(CallRun *run, GError **err);
static bool show_kept(CallRun *run, GError **err);

#define ABOUT_VIEW \
    "uid kind plan org period from to made by previous head.seq head.hash totals.tasks totals.open totals.due totals.done totals.overdue totals.closed" \
    " totals.relapsed totals.suspended totals.cancelled totals.waived;" \
    " units: rank org.name total due done overdue longest_overdue_days returned closed new relapsed score previous_rank"

const Call report_calls[] = {
    { .name = "list", .operands = "", .options = "kind plan org period limit", .help = "list kept reports, the newest first", .method = "GET",
      .path = "/reports", .query = "kind plan org period", .flags = CALL_AS | CALL_PAGES, .view = "rows: kind period from to made plan org by uid" },
    { .name = "now", .operands = "", .options = "kind plan org xlsx", .query = "kind plan org", .path = "/reports/now", .flags = CALL_AS, .run = show_now,
      .view = ABOUT_VIEW, .help = "show a report of a plan, or of an organisation, as it would be kept now (--kind weekly, monthly or quarterly)" },
    { .name = "show", .operands = "UID", .options = "xlsx", .path = "/reports/{uid}", .flags = CALL_AS, .run = show_kept,
      .view = ABOUT_VIEW "; decisions: text task by at", .help = "show a kept report" },
    { .name = "keep", .operands = "", .options = "kind plan org", .help = "keep a report as it is now, the same for ever", .method = "POST",
      .path = "/reports", .body = "kind:--kind! plan:--plan org:--org", .flags = CALL_AS, .view = ABOUT_VIEW },
    { .name = "decide", .operands = "UID TEXT", .options = "owner due plan", .help = "note what was decided over a kept report; it becomes a task",
      .method = "POST", .path = "/reports/{uid}/decisions", .body = "text:TEXT lead[]:--owner due:--due plan:--plan", .flags = CALL_AS,
      .view = "uid; decisions: text task by at" },
    { .name = "overview", .operands = "", .options = "plan org area", .help = "show what is late and whose it is, on one page", .method = "GET",
      .path = "/overview", .query = "plan org area", .flags = CALL_AS,
      .view = "org on since; figures: id value of query; matrix.plans: title n red amber green grey; matrix.owners: name n red amber;"
              " districts: org.name n red amber closed; turned_red: task.number task.title task.lead task.due days;"
              " relapses: task.number task.title task.lead at; silent: org.name days tasks" },
    { .name = NULL },
};

/* --- Pages ------------------------------------------------------------------------------------------------------------------------ */

static Str block_heading(Str column, Arena *arena)
{
    g_autofree char *words = g_strdelimit(str_dup(column), "_", ' ');
    return arena_str(arena, str_from(words));
}

static void write_block(const JsonValue *block, size_t most, Arena *arena, GString *out)
{
    Str headings[COLUMNS_MAX];
    size_t n = 0;
    for (const JsonValue *column = json_get(block, "columns")->first; column && n < COLUMNS_MAX; column = column->next)
        headings[n++] = block_heading(column->text, arena);
    Str id = block_heading(json_get(block, "id")->text, arena), count = json_get(block, "n")->text;
    g_string_append_printf(out, "\n" STR_FMT ": " STR_FMT "\n", STR_ARG(id), STR_ARG(count));
    g_autoptr(Columns) columns = columns_new(headings, n, most);
    for (const JsonValue *row = json_get(block, "rows")->first; row; row = row->next) {
        Str cells[COLUMNS_MAX] = { STR_NONE };
        size_t c = 0;
        for (const JsonValue *cell = json_get(row, "cells")->first; cell && c < n; cell = cell->next)
            cells[c++] = cell->text;
        columns_add(columns, cells);
    }
    columns_write(columns, out);
}

static bool print_report(const CallRun *run, const JsonValue *report, GError **err)
{
    size_t most = isatty(STDOUT_FILENO) ? CELL_COLUMNS : SIZE_MAX / 2;
    g_autoptr(GString) out = g_string_new(NULL);
    view_write(report, run->call->view, most, out);
    const JsonValue *pages = json_get(report, "pages");
    for (const JsonValue *page = pages ? pages->first : NULL; page; page = page->next)
        for (const JsonValue *block = json_get(page, "blocks")->first; block; block = block->next)
            write_block(block, most, run->arena, out);
    return print_out(str_from_gstring(out), err);
}

/* `path` may have a query; the workbook's address is the report's with /xlsx behind it. */
static Str xlsx_path(Str path, Arena *arena)
{
    Str query = path, plain = str_cut(&query, '?');
    return query.p ? arena_printf(arena, STR_FMT "/xlsx?" STR_FMT, STR_ARG(plain), STR_ARG(query)) : arena_printf(arena, STR_FMT "/xlsx", STR_ARG(plain));
}

static bool show(CallRun *run, Str path, GError **err)
{
    const char *file = args_value(run->args, "xlsx");
    ClientCall request = { "GET", path, STR_NONE, NO_VERSION };
    ClientAnswer answer;
    if (!client_call(run->client, &request, run->arena, &answer, err))
        return false;
    if (file && !client_download(run->client, xlsx_path(path, run->arena), file, err))
        return false;
    return args_has(run->args, "json") ? call_show(run, &answer, err) : print_report(run, answer.json, err);
}

static bool show_now(CallRun *run, GError **err)
{
    Str path;
    return call_query(run, &path, err) && show(run, path, err);
}

static bool show_kept(CallRun *run, GError **err)
{
    Str path;
    return call_path(run, run->call->path, &path, err) && show(run, path, err);
}
