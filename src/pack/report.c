#include "pack/report.h"

#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

struct PackReport {
    Arena *arena;
    ARENA_LIST(PackFinding) list;
    size_t dropped;
};

/* What is told and hinders nothing. */
static const char *const warnings[] = { "pack-no-element", "pack-ask-once", "pack-no-english", "pack-no-function", "pack-unproved" };

PackReport *pack_report_new(void)
{
    PackReport *report = g_new0(PackReport, 1);
    report->arena = arena_new();
    return report;
}

void pack_report_free(PackReport *report)
{
    if (!report)
        return;
    arena_free(report->arena);
    g_free(report);
}

static bool is_warning(const char *code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(warnings); i++)
        if (g_str_equal(code, warnings[i]))
            return true;
    return false;
}

static void add(PackReport *report, Str path, size_t line, size_t column, const char *code, const char *format, va_list args) G_GNUC_PRINTF(6, 0);
static void add(PackReport *report, Str path, size_t line, size_t column, const char *code, const char *format, va_list args)
{
    if (report->list.n >= LIMIT_PACK_FINDINGS) {
        report->dropped++;
        return;
    }
    g_autofree char *text = g_strdup_vprintf(format, args);
    *ARENA_PUSH(report->arena, &report->list) = (PackFinding) {
        .code = code,
        .warning = is_warning(code),
        .path = arena_str(report->arena, path),
        .line = (uint32_t) line,
        .column = (uint32_t) column,
        .text = arena_str(report->arena, str_from(text)),
    };
}

void pack_report_add(PackReport *report, const PackFile *file, size_t from, const char *code, const char *format, va_list args)
{
    size_t line = 1, start = 0;
    from = MIN(from, file->bytes.n);
    for (const char *p; start < from && (p = memchr(file->bytes.p + start, '\n', from - start)); line++)
        start = (size_t) (p - file->bytes.p) + 1;
    Str before = { file->bytes.p + start, from - start };
    size_t column = utf8_valid(before, NULL) ? utf8_length(before) : before.n;
    add(report, file->path, line, column + 1, code, format, args);
}

void pack_find_line(PackReport *report, Str path, size_t line, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(report, path, line, line > 0, code, format, args);
    va_end(args);
}

static int by_place(gconstpointer a, gconstpointer b, gpointer data)
{
    (void) data;
    const PackFinding *x = a, *y = b;
    int order = str_cmp(x->path, y->path);
    if (order == 0)
        order = (x->line > y->line) - (x->line < y->line);
    return order ? order : (x->column > y->column) - (x->column < y->column);
}

void pack_report_sort(PackReport *report)
{
    if (report->list.n > 1)
        g_qsort_with_data(report->list.v, (int) report->list.n, sizeof(PackFinding), by_place, NULL); /* stable */
}

size_t pack_report_count(const PackReport *report)
{
    return report->list.n;
}

size_t pack_report_dropped(const PackReport *report)
{
    return report->dropped;
}

const PackFinding *pack_report_get(const PackReport *report, size_t index)
{
    return &report->list.v[index];
}

size_t pack_report_errors(const PackReport *report)
{
    size_t n = report->dropped;
    for (size_t i = 0; i < report->list.n; i++)
        n += !report->list.v[i].warning;
    return n;
}
