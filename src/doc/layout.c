#include "doc/layout.h"

#include "base/banned.h"

/* Lines are kept with what is needed to weigh them: which part of the page they stand in, and how much of them is links. Running text
 * is what is not links, so navigation weighs next to nothing however long it is. */

typedef struct {
    size_t from, to; /* in `text` */
    size_t links;    /* bytes of it in links */
    uint32_t part;
    bool heading, row;
} Line;

typedef struct {
    uint32_t parent;
    size_t weight; /* of running text, the parts inside included */
} Part;

typedef struct {
    size_t first_line; /* lines of the cell: first_line up to the next cell's */
    int columns, rows; /* rows == 0: it goes on with the cell above */
} Cell;

/* A column of a table, for cells that reach further down. */
typedef struct {
    int covered; /* rows to come that the last cell covers */
    GString *text; /* of that cell */
} Column;

typedef struct {
    GArray *cells;   /* of Cell: the present row */
    GPtrArray *columns; /* of Column */
    size_t row_from; /* the row's first line */
    bool in_row, nests;
} Table; /* that is open */

enum { MOST_PARTS = 1000000, DEEPEST_TABLE = 16, MOST_COLUMNS = 200, LAYOUT_LINES = 40, LAYOUT_BYTES = 12000 };

struct Layout {
    GString *text, *line;
    size_t line_links;
    bool space_pending, break_pending;
    bool heading;
    GArray *lines, *parts; /* of Line, Part; part 0 is the page */
    uint32_t part;
    size_t parts_over; /* begun beyond MOST_PARTS */
    Table tables[DEEPEST_TABLE];
    size_t n_tables, tables_over;
};

Layout *layout_new(void)
{
    Layout *layout = g_new0(Layout, 1);
    layout->text = g_string_new(NULL);
    layout->line = g_string_new(NULL);
    layout->lines = g_array_new(FALSE, TRUE, sizeof(Line));
    layout->parts = g_array_new(FALSE, TRUE, sizeof(Part));
    Part page = { 0 };
    g_array_append_val(layout->parts, page);
    return layout;
}

static void column_free(void *data)
{
    Column *column = data;
    g_string_free(column->text, TRUE);
    g_free(column);
}

static void table_clear(Table *table)
{
    g_clear_pointer(&table->cells, g_array_unref);
    g_clear_pointer(&table->columns, g_ptr_array_unref);
}

void layout_free(Layout *layout)
{
    if (!layout)
        return;
    while (layout->n_tables > 0)
        table_clear(&layout->tables[--layout->n_tables]);
    g_string_free(layout->text, TRUE);
    g_string_free(layout->line, TRUE);
    g_array_unref(layout->lines);
    g_array_unref(layout->parts);
    g_free(layout);
}

size_t layout_size(const Layout *layout)
{
    return layout->text->len + layout->line->len;
}

/* --- Text ---------------------------------------------------------------------------------------------------------- */

static bool is_folded_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_wide_byte(char c)
{
    return (unsigned char) c >= 0xE3; /* leads a character from U+3000 on */
}

/* The character before the end of the line is a wide one: its last byte says nothing, its first does. */
static bool ends_wide(const GString *line)
{
    size_t i = line->len;
    while (i > 0 && ((unsigned char) line->str[i - 1] & 0xC0) == 0x80)
        i--;
    return i > 0 && is_wide_byte(line->str[i - 1]);
}

static void append_pending_space(Layout *layout, char next)
{
    bool between_wide = layout->break_pending && ends_wide(layout->line) && is_wide_byte(next);
    if (layout->space_pending && layout->line->len > 0 && !between_wide)
        g_string_append_c(layout->line, ' ');
    layout->space_pending = layout->break_pending = false;
}

void layout_text(Layout *layout, Str text, bool link)
{
    size_t before = layout->line->len;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (is_folded_space(c)) {
            layout->space_pending = true;
            layout->break_pending |= c == '\n';
        } else {
            append_pending_space(layout, c);
            g_string_append_c(layout->line, c);
        }
    }
    if (link)
        layout->line_links += layout->line->len - before;
}

void layout_verbatim(Layout *layout, Str text)
{
    for (Str rest = text; rest.p;) {
        Str line = str_cut(&rest, '\n');
        g_string_append_len(layout->line, line.p, (gssize) line.n);
        if (rest.p)
            layout_break(layout);
    }
}

void layout_heading(Layout *layout, int level)
{
    layout->heading = level > 0;
}

void layout_break(Layout *layout)
{
    Str trimmed = str_trim(str_from_gstring(layout->line));
    if (trimmed.n > 0) {
        Line line = { .from = layout->text->len, .links = MIN(layout->line_links, layout->line->len), .part = layout->part, .heading = layout->heading };
        /* An indent says something; white space at the end does not. */
        size_t indent = (size_t) (trimmed.p - layout->line->str);
        g_string_append_len(layout->text, layout->line->str, (gssize) (indent + trimmed.n));
        line.to = layout->text->len;
        g_array_append_val(layout->lines, line);
    }
    g_string_truncate(layout->line, 0);
    layout->line_links = 0;
    layout->space_pending = layout->break_pending = false;
}

/* --- Parts --------------------------------------------------------------------------------------------------------- */

void layout_begin_part(Layout *layout)
{
    layout_break(layout);
    if (layout->parts->len >= MOST_PARTS) {
        layout->parts_over++;
        return;
    }
    Part part = { .parent = layout->part };
    layout->part = layout->parts->len;
    g_array_append_val(layout->parts, part);
}

void layout_end_part(Layout *layout)
{
    layout_break(layout);
    if (layout->parts_over > 0)
        layout->parts_over--;
    else
        layout->part = g_array_index(layout->parts, Part, layout->part).parent;
}

/* --- Tables -------------------------------------------------------------------------------------------------------- */

static Table *open_table(Layout *layout)
{
    return layout->n_tables > 0 && layout->tables_over == 0 ? &layout->tables[layout->n_tables - 1] : NULL;
}

void layout_begin_table(Layout *layout)
{
    layout_break(layout);
    Table *outer = open_table(layout);
    if (outer)
        outer->nests = true;
    if (layout->n_tables == DEEPEST_TABLE) {
        layout->tables_over++;
        return;
    }
    layout->tables[layout->n_tables++] = (Table) {
        .cells = g_array_new(FALSE, TRUE, sizeof(Cell)),
        .columns = g_ptr_array_new_with_free_func(column_free),
    };
}

void layout_end_table(Layout *layout)
{
    layout_end_row(layout);
    if (layout->tables_over > 0)
        layout->tables_over--;
    else if (layout->n_tables > 0)
        table_clear(&layout->tables[--layout->n_tables]);
}

void layout_begin_row(Layout *layout)
{
    layout_end_row(layout);
    Table *table = open_table(layout);
    if (!table)
        return;
    g_array_set_size(table->cells, 0);
    table->row_from = layout->lines->len;
    table->in_row = true;
    table->nests = false;
}

void layout_begin_cell(Layout *layout, int columns, int rows)
{
    layout_break(layout);
    Table *table = open_table(layout);
    if (!table || !table->in_row || table->cells->len >= MOST_COLUMNS)
        return;
    Cell cell = { layout->lines->len, CLAMP(columns, 1, MOST_COLUMNS), CLAMP(rows, 0, 10000) };
    g_array_append_val(table->cells, cell);
}

static size_t cell_end(const Layout *layout, const Table *table, size_t i)
{
    return i + 1 < table->cells->len ? g_array_index(table->cells, Cell, i + 1).first_line : layout->lines->len;
}

/* A row of a table of the document, and not of a page that is laid out by tables: two cells or more, none of them long. */
static bool is_data_row(const Layout *layout, const Table *table)
{
    if (table->cells->len < 2 || table->nests)
        return false;
    size_t lines = layout->lines->len - table->row_from;
    size_t bytes = lines > 0 ? layout->text->len - g_array_index(layout->lines, Line, table->row_from).from : 0;
    return lines > 0 && lines <= LAYOUT_LINES * table->cells->len && bytes <= LAYOUT_BYTES;
}

/* The cell's lines one behind the other, a space only between western words. */
static void append_cell(const Layout *layout, const Table *table, size_t i, GString *out)
{
    for (size_t k = g_array_index(table->cells, Cell, i).first_line; k < cell_end(layout, table, i); k++) {
        const Line *line = &g_array_index(layout->lines, Line, k);
        Str text = str_trim((Str) { layout->text->str + line->from, line->to - line->from });
        bool words = out->len > 0 && g_ascii_isalnum(out->str[out->len - 1]) && text.n > 0 && g_ascii_isalnum(text.p[0]);
        g_string_append(out, words ? " " : "");
        g_string_append_len(out, text.p, (gssize) text.n);
    }
}

static Column *column_at(Table *table, size_t index)
{
    while (table->columns->len <= index) {
        Column *column = g_new0(Column, 1);
        column->text = g_string_new(NULL);
        g_ptr_array_add(table->columns, column);
    }
    return table->columns->pdata[index];
}

/* What a cell further up says also holds here, if this row is one of its own. Where the first column is covered, the row is a part of the one
 * above, which says it already. */
static void append_above(GString *row, const Column *column, size_t index, bool own)
{
    g_string_append(row, index > 0 ? " | " : "");
    g_string_append_len(row, own ? column->text->str : "", own ? (gssize) column->text->len : 0);
}

static void append_covered(Table *table, GString *row, size_t *index, bool own)
{
    for (; *index < table->columns->len && column_at(table, *index)->covered > 0; (*index)++) {
        Column *column = column_at(table, *index);
        column->covered--;
        append_above(row, column, *index, own);
    }
}

static void append_own(const Layout *layout, Table *table, size_t cell, size_t index, bool first, GString *row)
{
    Column *column = column_at(table, index);
    g_string_append(row, index > 0 ? " | " : "");
    g_string_truncate(column->text, 0);
    if (first)
        append_cell(layout, table, cell, column->text);
    g_string_append_len(row, column->text->str, (gssize) column->text->len);
    column->covered = g_array_index(table->cells, Cell, cell).rows - 1;
}

static bool is_own_row(Table *table)
{
    return column_at(table, 0)->covered == 0 && g_array_index(table->cells, Cell, 0).rows > 0;
}

/* The row as text; returns how many of its cells hold something. */
static size_t append_row(Layout *layout, Table *table, GString *row)
{
    size_t index = 0, filled = 0;
    bool own = is_own_row(table);
    for (size_t i = 0; i < table->cells->len && index < MOST_COLUMNS; i++) {
        const Cell *cell = &g_array_index(table->cells, Cell, i);
        append_covered(table, row, &index, own);
        for (int k = 0; k < cell->columns && index < MOST_COLUMNS; k++, index++) {
            size_t before = row->len + (index > 0 ? strlen(" | ") : 0);
            if (cell->rows == 0)
                append_above(row, column_at(table, index), index, own);
            else
                append_own(layout, table, i, index, k == 0, row);
            filled += row->len > before;
        }
    }
    append_covered(table, row, &index, own);
    return filled;
}

/* Puts one line in the place of the row's several. */
static void replace_lines(Layout *layout, Table *table, const GString *row, size_t filled)
{
    Line *first = &g_array_index(layout->lines, Line, table->row_from);
    Line line = { .from = first->from, .part = first->part, .row = filled > 1, .heading = first->heading && filled == 1 };
    for (size_t i = table->row_from; i < layout->lines->len; i++)
        line.links += g_array_index(layout->lines, Line, i).links;
    g_array_set_size(layout->lines, (guint) table->row_from);
    g_string_truncate(layout->text, line.from);
    Str text = str_trim(str_from_gstring(row));
    if (filled == 1)
        while (str_ends(text, STR("|")) || str_starts(text, STR("|")))
            text = str_trim(str_ends(text, STR("|")) ? str_head(text, text.n - 1) : str_from_at(text, 1));
    g_string_append_len(layout->text, text.p, (gssize) text.n);
    line.to = layout->text->len;
    g_array_append_val(layout->lines, line);
}

void layout_end_row(Layout *layout)
{
    layout_break(layout);
    Table *table = open_table(layout);
    if (!table || !table->in_row)
        return;
    table->in_row = false;
    if (is_data_row(layout, table)) {
        g_autoptr(GString) row = g_string_new(NULL);
        size_t filled = append_row(layout, table, row);
        replace_lines(layout, table, row, filled);
    }
}

/* --- The result ---------------------------------------------------------------------------------------------------- */

static size_t weight_of(const Line *line)
{
    size_t bytes = line->to - line->from;
    return line->links * 2 > bytes ? 0 : bytes - line->links;
}

static void weigh(Layout *layout)
{
    Part *parts = (Part *) (void *) layout->parts->data;
    for (size_t i = 0; i < layout->lines->len; i++) {
        const Line *line = &g_array_index(layout->lines, Line, i);
        parts[line->part].weight += weight_of(line);
    }
    /* A part begins after the one that it stands in. */
    for (size_t i = layout->parts->len; i-- > 1;)
        parts[parts[i].parent].weight += parts[i].weight;
}

/* Down from the page, as long as one part inside holds nearly all that there is. */
static uint32_t find_article(const Layout *layout)
{
    enum { SHARE_PERCENT = 75 };
    const Part *parts = (const Part *) (const void *) layout->parts->data;
    uint32_t article = 0;
    /* The children of a part come after it; the heavy one of a heavy one is found in one pass. */
    for (uint32_t i = 1; i < layout->parts->len; i++)
        if (parts[i].parent == article && parts[i].weight * 100 >= parts[0].weight * SHARE_PERCENT && parts[i].weight > 0)
            article = i;
    return article;
}

static bool is_inside(const Layout *layout, uint32_t part, uint32_t article)
{
    while (part > article)
        part = g_array_index(layout->parts, Part, part).parent;
    return part == article;
}

static void append_line(const Layout *layout, const Line *line, GString *out)
{
    g_string_append_len(out, layout->text->str + line->from, (gssize) (line->to - line->from));
    g_string_append_c(out, '\n');
}

static Str keep(const GString *out, Arena *arena)
{
    return arena_str(arena, str_from_gstring(out));
}

Str layout_all(Layout *layout, Arena *arena)
{
    layout_break(layout);
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t i = 0; i < layout->lines->len; i++)
        append_line(layout, &g_array_index(layout->lines, Line, i), out);
    return keep(out, arena);
}

Str layout_article(Layout *layout, Arena *arena)
{
    layout_break(layout);
    weigh(layout);
    uint32_t article = find_article(layout);
    g_autoptr(GString) out = g_string_new(NULL);
    bool begun = false, ended = false;
    for (size_t i = 0; i < layout->lines->len && !ended; i++) {
        const Line *line = &g_array_index(layout->lines, Line, i);
        bool links = weight_of(line) == 0;
        /* Where no part weighs most, all of the page counts but its navigation. */
        bool inside = article > 0 ? is_inside(layout, line->part, article) : !links;
        begun |= inside && article > 0;
        ended = begun && !inside && links;
        if (inside || (!begun && !links && (line->heading || line->row)) || (begun && !ended))
            append_line(layout, line, out);
    }
    return keep(out, arena);
}
