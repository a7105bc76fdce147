#include "org/table.h"

#include "base/i18n.h"
#include "base/text.h"

#include "base/banned.h"

/* Whether a heading of the file means a column: its id, or its text in either language, folded like a name. */
static bool heading_is(Str heading, const TableColumn *column, Arena *arena)
{
    if (str_eq(heading, str_from(column->id)))
        return true;
    Str key = text_name_key(heading, arena);
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (str_eq(key, text_name_key(i18n(lang, column->text), arena)))
            return true;
    return false;
}

static ptrdiff_t column_of(const Table *table, Str heading, Arena *arena)
{
    for (size_t c = 0; c < table->n_columns; c++)
        if (table->place[c] < 0 && heading_is(heading, &table->columns[c], arena))
            return (ptrdiff_t) c;
    return -1;
}

bool table_init(Table *table, const OrgRows *rows, const TableColumn *columns, size_t n_columns, Diags *diags)
{
    g_assert(n_columns <= TABLE_COLUMNS_MAX);
    g_autoptr(Arena) arena = arena_new();
    *table = (Table) { .rows = rows, .columns = columns, .n_columns = n_columns, .diags = diags };
    for (size_t c = 0; c < n_columns; c++)
        table->place[c] = -1;
    for (size_t h = 0; h < rows->n_columns; h++) {
        ptrdiff_t c = column_of(table, str_trim(rows->header[h]), arena);
        if (c >= 0)
            table->place[c] = (ptrdiff_t) h;
        else
            diag_add(diags, "header-unknown", rows->header[h], 0, 0, "column '" STR_FMT "' is not known and left out", STR_ARG(rows->header[h]));
    }
    bool complete = true;
    for (size_t c = 0; c < n_columns; c++)
        if (columns[c].required && table->place[c] < 0) {
            complete = false;
            diag_add(diags, "header-missing", str_from(columns[c].id), 0, 0, "there is no column '%s'", columns[c].id);
        }
    return complete;
}

Str table_text(const Table *table, size_t r, size_t column)
{
    ptrdiff_t place = table->place[column];
    Str cell = place < 0 ? STR_NONE : str_trim(table->rows->rows[r][place]);
    return cell.n > 0 ? cell : STR_NONE;
}

Str table_word(Str cell, const char *words, const char *const *ids, size_t n_ids)
{
    for (size_t i = 0; i < n_ids; i++) {
        g_autofree char *key = g_strconcat(words, ids[i], NULL);
        if (str_eq(cell, str_from(ids[i])) || str_eq(cell, i18n(LANG_ZH, key)) || str_eq(cell, i18n(LANG_EN, key)))
            return str_from(ids[i]);
    }
    return STR_NONE;
}

void table_finding(const Table *table, size_t r, size_t column, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    ptrdiff_t place = table->place[column];
    Str heading = place < 0 ? str_from(table->columns[column].id) : str_trim(table->rows->header[place]);
    g_autofree char *at = g_strdup_printf("row %zu, column " STR_FMT, table->rows->first_line + r, STR_ARG(heading));
    diag_add(table->diags, code, str_from(at), 0, 0, "%s", text);
}

bool table_part(Str *rest, Str *ret_part)
{
    static const Str marks[] = { STR_INIT(";"), STR_INIT("\uff1b"), STR_INIT("\u3001"), STR_INIT(", ") };
    while (rest->p) {
        ptrdiff_t at = -1;
        size_t width = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
            ptrdiff_t found = str_find(*rest, marks[i], 0);
            if (found >= 0 && (at < 0 || found < at)) {
                at = found;
                width = marks[i].n;
            }
        }
        Str part = str_trim(at < 0 ? *rest : str_head(*rest, (size_t) at));
        *rest = at < 0 ? STR_NONE : str_from_at(*rest, (size_t) at + width);
        if (part.n > 0) {
            *ret_part = part;
            return true;
        }
    }
    return false;
}
