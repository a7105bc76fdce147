#include "http/list-rows.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "base/mark.h"

#include "base/banned.h"

bool list_columns(HttpRequest *request, HttpExport *list, GError **err)
{
    g_autoptr(DbConn) conn = list->find_columns ? db_reader(request->app->db, err) : NULL;
    return !list->find_columns || (conn && list->find_columns(request, conn, list, err));
}

const char *list_heading(const HttpExportColumn *column, Lang lang)
{
    return column->label[lang] ? column->label[lang] : i18n(lang, column->heading).p;
}

/* --- Values ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const HttpExportColumn *column;
    Lang lang;
    Arena *arena;
    GString *out;
} Cell;

static Str word_of(const Cell *cell, Str value)
{
    const char *words = cell->column->words;
    Str text = words ? i18n(cell->lang, arena_printf(cell->arena, "%s" STR_FMT, words, STR_ARG(value)).p) : STR_NONE;
    return text.p ? text : value;
}

/* 2026-11-22T14:30:05+08:00 is shown as 2026-11-22 14:30. */
static Str shown_instant(const Cell *cell, Str text)
{
    enum { DAY = 10, MINUTE = 16 };
    if (text.n <= MINUTE || text.p[DAY] != 'T' || text.p[4] != '-')
        return text;
    return arena_printf(cell->arena, STR_FMT " " STR_FMT, STR_ARG(str_head(text, DAY)), STR_ARG(str_from_at(str_head(text, MINUTE), DAY + 1)));
}

static Str value_text(const Cell *cell, const JsonValue *value)
{
    if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        return i18n(cell->lang, value->type == JSON_TRUE ? "export.yes" : "export.no");
    if (value->type != JSON_STRING && value->type != JSON_NUMBER)
        return STR_NONE;
    return word_of(cell, shown_instant(cell, value->text));
}

/* All that a path names, one behind the other. */
static void gather(const Cell *cell, const JsonValue *at, Str path)
{
    Str rest = path, name = str_cut(&rest, '.');
    bool all = str_ends(name, STR("[]"));
    g_autofree char *member = str_dup(all ? str_head(name, name.n - 2) : name);
    const JsonValue *value = name.p && *member ? json_get(at, member) : at;
    if (all) {
        for (const JsonValue *one = value && value->type == JSON_BEGIN_ARRAY ? value->first : NULL; one; one = one->next)
            gather(cell, one, rest.p ? rest : STR(""));
        return;
    }
    if (value && rest.p) {
        gather(cell, value, rest);
        return;
    }
    Str text = value ? value_text(cell, value) : STR_NONE, separator = i18n(cell->lang, "list.separator");
    if (text.n == 0)
        return;
    if (cell->out->len > 0)
        g_string_append_len(cell->out, separator.p, (gssize) separator.n);
    g_string_append_len(cell->out, text.p, (gssize) text.n);
}

Str list_cell_text(const HttpExportColumn *column, Lang lang, const JsonValue *answer, const JsonValue *row, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Cell cell = { column, lang, arena, text };
    bool of_answer = column->value[0] == '^';
    gather(&cell, of_answer ? answer : row, str_from(column->value + of_answer));
    return arena_str(arena, str_from_gstring(text));
}

/* --- Marks --------------------------------------------------------------------------------------------------------------------- */

bool list_marked(const HttpExport *list)
{
    return list->import && !list->whole;
}

static Str form_of(const HttpExport *list, Arena *arena)
{
    Str form = STR("");
    for (size_t c = 0; c < list->n_columns; c++)
        form = arena_printf(arena, STR_FMT "%s ", STR_ARG(form), list->columns[c].value);
    return form;
}

/* A day and a number as a spreadsheet gives them back. */
static Str plain_text(const HttpExportColumn *column, Str text, Arena *arena)
{
    Decimal number;
    Date day;
    char digits[DECIMAL_TEXT_MAX], shown[DATE_TEXT_MAX];
    if (column->type == EXPORT_NUMBER && decimal_parse(text, &number))
        return arena_str(arena, str_from(decimal_format(number, digits)));
    if (column->type == EXPORT_DATE && date_parse(str_head(text, 10), &day))
        return arena_str(arena, str_from(date_format(day, shown)));
    return text;
}

Str list_marks(const HttpExport *list, Lang lang, const JsonValue *answer, const JsonValue *row, Arena *arena)
{
    g_autoptr(GString) marks = g_string_new(NULL);
    mark_add(marks, form_of(list, arena));
    for (size_t c = 0; c < list->n_columns; c++)
        mark_add(marks, plain_text(&list->columns[c], list_cell_text(&list->columns[c], lang, answer, row, arena), arena));
    return arena_str(arena, str_from_gstring(marks));
}

bool list_cell_left(const HttpExport *list, Str marks, size_t column, Str text, Arena *arena)
{
    return marks.n > 0 && mark_fits(marks, form_of(list, arena)) && mark_says(marks, column, plain_text(&list->columns[column], text, arena));
}

/* --- Pages ------------------------------------------------------------------------------------------------------------------- */

static bool has_param(const RouteInfo *route, const char *name)
{
    for (size_t i = 0; i < route->n_query; i++)
        if (str_eq(route->query[i].name, str_from(name)))
            return true;
    return false;
}

static void append_escaped(GString *out, Str text)
{
    g_autofree char *plain = str_dup(text);
    g_autofree char *escaped = g_uri_escape_string(plain, NULL, false);
    g_string_append(out, escaped);
}

static Str page_query(const ListAsk *ask, Str cursor, Arena *arena)
{
    g_autoptr(GString) query = g_string_new_len(ask->query.p, (gssize) ask->query.n);
    if (has_param(ask->route, "limit"))
        g_string_append_printf(query, "limit=%d", LIMIT_LIST_ROWS);
    if (cursor.p) {
        g_string_append(query, "&cursor=");
        append_escaped(query, cursor);
    }
    return arena_str(arena, str_from_gstring(query));
}

/* A request of its own for the list's handler, which answers into it. */
bool list_page(const ListAsk *ask, Str cursor, Arena *arena, Exchange *sub, const JsonValue **ret_answer, GError **err)
{
    sub->request = ask->as->request;
    sub->request.arena = arena;
    sub->request.route = ask->route->route;
    sub->request.json = NULL;
    sub->server = ask->as->server;
    sub->connection = ask->as->connection;
    sub->match = ask->as->match;
    sub->match.info = ask->route;
    if (!router_read_query(ask->route, page_query(ask, cursor, arena), arena, sub->query_values, err) || !ask->route->route->handler(&sub->request, err))
        return false;
    if (sub->answer.status != 200 || !sub->answer.body)
        return error_set(err, BH_INTERNAL, "the list %s did not answer with rows", ask->route->route->path);
    *ret_answer = json_parse(str_from_gstring(sub->answer.body), arena, err);
    return *ret_answer != NULL;
}

const JsonValue *list_rows(const HttpExport *list, const JsonValue *answer)
{
    const JsonValue *rows = json_get(answer, list->rows ? list->rows : "rows");
    return rows ? rows->first : NULL;
}

/* *cursor: of the next page, in `keep`; STR_NONE at the end. */
static bool one_page(const ListAsk *ask, GString *keep, Str *cursor, ListTold told, void *data, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree Exchange *sub = g_new0(Exchange, 1);
    const JsonValue *answer = NULL;
    Str next = STR_NONE;
    bool done = list_page(ask, *cursor, arena, sub, &answer, err) && told(data, answer, arena, err) && json_opt_str(answer, "next", &next, err);
    g_string_assign(keep, "");
    g_string_append_len(keep, next.p, (gssize) next.n);
    *cursor = next.p ? str_from_gstring(keep) : STR_NONE;
    answer_clear(&sub->answer); /* in which next lay */
    return done;
}

bool list_pages(const ListAsk *ask, ListTold told, void *data, GError **err)
{
    g_autoptr(GString) keep = g_string_new(NULL);
    Str cursor = STR_NONE;
    do {
        if (!one_page(ask, keep, &cursor, told, data, err))
            return false;
    } while (cursor.p);
    return true;
}
