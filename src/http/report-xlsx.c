/* A report as a workbook: the units' table (月汇总表), the week's table (周调度表), the three pages, and the foot with the chain's head. It is made of the report's
 * JSON alone, so that the file of a kept report says what was kept. */
#include "http/report-xlsx.h"

#include "base/i18n.h"
#include "publish/publish.h"

#include "base/banned.h"

enum { COLUMNS_MAX = 20, BLOCK_COLUMNS = 7 };

typedef struct {
    XlsxBook *book;
    Lang lang;
    Arena *arena;
} Book;

/* --- Cells -------------------------------------------------------------------------------------------------------------------- */

/* "task.title" */
static const JsonValue *at_place(const JsonValue *value, Str place)
{
    for (Str rest = place; rest.p && value;) {
        g_autofree char *name = str_dup(str_cut(&rest, '.'));
        value = json_get(value, name);
    }
    return value;
}

static Str names_of(const JsonValue *list, Arena *arena)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (const JsonValue *entry = list->first; entry; entry = entry->next) {
        const JsonValue *name = json_get(entry, "name");
        if (name)
            g_string_append_printf(names, "%s" STR_FMT, names->len > 0 ? ", " : "", STR_ARG(name->text));
    }
    return arena_str(arena, str_from_gstring(names));
}

static Str word_of(const Book *book, const char *prefix, Str id)
{
    Str key = arena_printf(book->arena, "%s" STR_FMT, prefix, STR_ARG(id)), text = i18n(book->lang, key.p);
    return text.p ? text : id;
}

/* 'n' a number, 's' a number that stands as text, 'r' a ratio as a percentage, 'd' a date, 't' a text, 'o' names, 'S' a task's state, 'L' a light. */
typedef struct {
    const char *place, *key;
    char as;
    double width;
} Field;

static ColumnType type_of(char as)
{
    return flow_has_word("n s r", (Str) { &as, 1 }) ? COLUMN_NUMBER : as == 'd' ? COLUMN_DATE : COLUMN_TEXT;
}

/* Per cent with one digit, rounded half up; nothing of nothing is no number. */
static bool percent_of(const JsonValue *ratio, Decimal *ret_percent)
{
    int64_t n, of;
    if (!ratio || ratio->count != 2 || !json_as_int(ratio->first, 0, INT32_MAX, &n, NULL) || !json_as_int(ratio->first->next, 0, INT32_MAX, &of, NULL)
        || of == 0)
        return false;
    *ret_percent = decimal_make((n * 2000 + of) / (2 * of), 1);
    return true;
}

static TableCell cell_of(const Book *book, const JsonValue *row, const Field *field)
{
    TableCell cell = { .date = DATE_NONE };
    const JsonValue *value = at_place(row, str_from(field->place));
    if (!value || value->type == JSON_NULL)
        return cell;
    switch (field->as) {
    case 'n':
    case 's': cell.has_number = decimal_parse(value->text, &cell.number); break;
    case 'r': cell.has_number = percent_of(value, &cell.number); break;
    case 'd': date_parse(value->text, &cell.date); break;
    case 'o': cell.text = names_of(value, book->arena); break;
    case 'S': cell.text = word_of(book, "task.state.", value->text); break;
    case 'L': cell.text = word_of(book, "light.", value->text); break;
    default: cell.text = value->text;
    }
    return cell;
}

/* --- Tables -------------------------------------------------------------------------------------------------------------------- */

/* facts on official forms, 月汇总表. */
static const Field unit_fields[] = {
    { "org.name", "org", 't', 28 }, { "total", "total", 'n', 8 }, { "due", "due_count", 'n', 8 }, { "done", "done", 'n', 8 }, { "rate", "rate", 'r', 9 },
    { "on_time", "on_time", 'r', 9 }, { "overdue", "overdue", 'n', 8 }, { "longest_overdue_days", "longest_overdue_days", 'n', 10 },
    { "returned", "returned", 'n', 8 }, { "closed", "closed", 'n', 8 }, { "new", "new", 'n', 8 }, { "relapsed", "relapsed", 'n', 8 },
    { "suspended", "suspended", 'n', 8 }, { "cancelled", "cancelled", 'n', 8 }, { "waived", "waived", 'n', 8 },
    { "previous_rate", "previous_rate", 'r', 9 }, { "score", "score", 's', 8 }, { "rank", "rank", 'n', 7 }, { "previous_rank", "previous_rank", 'n', 9 },
};

/* 周调度表. */
static const Field table_fields[] = {
    { "task.number", "number", 't', 16 }, { "task.title", "title", 't', 44 }, { "task.lead", "lead", 'o', 26 }, { "handler.name", "handler", 't', 10 },
    { "task.due", "due", 'd', 12 }, { "task.state", "state", 'S', 10 }, { "light", "light", 'L', 8 }, { "progress", "progress", 't', 32 },
    { "percent", "percent", 'n', 9 }, { "problem", "problem", 't', 26 }, { "need", "need", 't', 22 }, { "next", "next", 't', 26 },
};

static bool add_table(Book *book, const char *sheet_key, const JsonValue *rows, const Field *fields, size_t n, GError **err)
{
    TableColumn *columns = ARENA_ARRAY(book->arena, TableColumn, n);
    for (size_t c = 0; c < n; c++)
        columns[c] = (TableColumn) { word_of(book, "report.column.", str_from(fields[c].key)).p, type_of(fields[c].as), fields[c].width };
    XlsxSheet *sheet = xlsx_sheet(book->book, i18n(book->lang, sheet_key).p, columns, n, err);
    for (const JsonValue *row = rows ? rows->first : NULL; sheet && row; row = row->next) {
        TableCell cells[COLUMNS_MAX];
        for (size_t c = 0; c < n; c++)
            cells[c] = cell_of(book, row, &fields[c]);
        if (!xlsx_row(sheet, cells, err))
            return false;
    }
    return sheet != NULL;
}

/* --- Pages ------------------------------------------------------------------------------------------------------------------------ */

static Str block_cell(const Book *book, Str column, Str value)
{
    return str_eq(column, STR("state")) && value.n > 0 ? word_of(book, "task.state.", value) : value;
}

/* A block is its title with how many there are, its headings, and its rows, below one another. */
static bool add_block(const Book *book, XlsxSheet *sheet, const JsonValue *block, GError **err)
{
    const JsonValue *columns = json_get(block, "columns"), *rows = json_get(block, "rows");
    Str count = json_get(block, "n")->text;
    TableCell title[BLOCK_COLUMNS] = { { .text = word_of(book, "report.block.", json_get(block, "id")->text) }, { .text = count } };
    TableCell heads[BLOCK_COLUMNS] = { 0 };
    size_t c = 1;
    for (const JsonValue *column = columns->first; column && c < BLOCK_COLUMNS; column = column->next)
        heads[c++].text = word_of(book, "report.column.", column->text);
    if (!xlsx_row(sheet, title, err) || (rows->count > 0 && !xlsx_row(sheet, heads, err)))
        return false;
    for (const JsonValue *row = rows->first; row; row = row->next) {
        TableCell cells[BLOCK_COLUMNS] = { 0 };
        const JsonValue *column = columns->first;
        c = 1;
        for (const JsonValue *value = json_get(row, "cells")->first; value && column && c < BLOCK_COLUMNS; value = value->next, column = column->next)
            cells[c++].text = block_cell(book, column->text, value->text);
        if (!xlsx_row(sheet, cells, err))
            return false;
    }
    return true;
}

static bool add_page(const Book *book, const JsonValue *page, GError **err)
{
    static const TableColumn columns[BLOCK_COLUMNS] = {
        { "", COLUMN_TEXT, 18 }, { "", COLUMN_TEXT, 18 }, { "", COLUMN_TEXT, 40 }, { "", COLUMN_TEXT, 26 }, { "", COLUMN_TEXT, 18 },
        { "", COLUMN_TEXT, 14 }, { "", COLUMN_TEXT, 14 },
    };
    XlsxSheet *sheet = xlsx_sheet(book->book, word_of(book, "report.page.", json_get(page, "id")->text).p, columns, BLOCK_COLUMNS, err);
    for (const JsonValue *block = json_get(page, "blocks")->first; sheet && block; block = block->next)
        if (!add_block(book, sheet, block, err))
            return false;
    return sheet != NULL;
}

/* --- The foot ----------------------------------------------------------------------------------------------------------------------- */

static bool foot_row(const Book *book, XlsxSheet *sheet, const char *key, const JsonValue *report, const char *place, GError **err)
{
    const JsonValue *value = at_place(report, str_from(place));
    Str text = value && value->type != JSON_NULL ? value->text : STR("");
    TableCell cells[2] = { { .text = word_of(book, "report.foot.", str_from(key)) },
                           { .text = g_str_equal(key, "kind") ? word_of(book, "report.kind.", text) : text } };
    return xlsx_row(sheet, cells, err);
}

static bool add_foot(const Book *book, const JsonValue *report, GError **err)
{
    static const TableColumn columns[2] = { { "", COLUMN_TEXT, 20 }, { "", COLUMN_TEXT, 80 } };
    static const struct {
        const char *key, *place;
    } rows[] = {
        { "kind", "kind" }, { "plan", "plan.title" }, { "org", "org.name" }, { "period", "period" }, { "from", "from" }, { "to", "to" },
        { "made", "made" }, { "by", "by.name" }, { "seq", "head.seq" }, { "hash", "head.hash" },
    };
    XlsxSheet *sheet = xlsx_sheet(book->book, i18n(book->lang, "report.sheet.foot").p, columns, 2, err);
    for (size_t i = 0; sheet && i < G_N_ELEMENTS(rows); i++)
        if (!foot_row(book, sheet, rows[i].key, report, rows[i].place, err))
            return false;
    return sheet != NULL;
}

bool report_xlsx(const JsonValue *report, Lang lang, const char *path, int64_t created_ms, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(XlsxBook) xlsx = xlsx_new(path, created_ms, err);
    Book book = { xlsx, lang, arena };
    if (!xlsx || !add_table(&book, "report.sheet.units", json_get(report, "units"), unit_fields, G_N_ELEMENTS(unit_fields), err)
        || !add_table(&book, "report.sheet.table", json_get(report, "table"), table_fields, G_N_ELEMENTS(table_fields), err))
        return false;
    for (const JsonValue *page = json_get(report, "pages")->first; page; page = page->next)
        if (!add_page(&book, page, err))
            return false;
    return add_foot(&book, report, err) && xlsx_finish(xlsx, err);
}
