/* The sheet's XML goes through element by element. Rows and cells are in order, so what is to be changed, which is in order too, is merged into them in one pass. */
#include "base/limits.h"
#include "publish/layout_sheet.h"

#include "base/banned.h"

enum { NAME_DEPTH = 64 };

typedef struct {
    const XlsxFile *file;
    const LayoutEdit *edit;
    GString *out;
    GByteArray *used;
    GPtrArray *names; /* of the open elements, with their prefixes */
    int skipping;     /* depth inside what is left out */
    bool in_row, columns_done, in_value, shared;
    uint32_t row, column;     /* at hand */
    uint32_t next_row, next_column;
    size_t next_cell;         /* of edit->cells */
    GHashTable *styles;       /* column to style, of style_row */
    GString *number;          /* of a shared string */
} Sheet;

void layout_open(GString *out, GPtrArray *names, const XmlAttributes *attributes, bool (*leave_out)(const char *name))
{
    GString *name = g_string_new(NULL);
    xml_qualified(attributes, name);
    g_ptr_array_add(names, g_string_free(name, FALSE));
    xml_copy_begin(attributes, leave_out, out);
    g_string_append_c(out, '>');
}

void layout_close(GString *out, GPtrArray *names)
{
    xml_copy_end(names->pdata[names->len - 1], out);
    g_ptr_array_set_size(names, (int) names->len - 1);
}

/* --- Cells ---------------------------------------------------------------------------------------------------------------- */

static void append_place(const Sheet *sheet, uint32_t row, uint32_t column, int style)
{
    char name[CELL_NAME_MAX];
    g_string_append_printf(sheet->out, "<c r=\"%s\"", cell_name(row, column, name));
    if (style > 0)
        g_string_append_printf(sheet->out, " s=\"%d\"", style);
}

static int style_like(const Sheet *sheet, uint32_t column)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(sheet->styles, GUINT_TO_POINTER(column)));
}

/* 1899-12-30 is day 0: what is written is never before 1900-03-01, from when on that is right. */
static void append_cell(const Sheet *sheet, const LayoutCell *cell, int style)
{
    enum { EPOCH = 25569 };
    append_place(sheet, cell->row, cell->column, style);
    if (cell->date != DATE_NONE && xlsx_style_is_date(sheet->file, style)) {
        g_string_append_printf(sheet->out, "><v>%d</v></c>", cell->date + EPOCH);
    } else if (cell->text.n == 0) {
        g_string_append(sheet->out, "/>");
    } else {
        g_string_append(sheet->out, " t=\"inlineStr\"><is><t xml:space=\"preserve\">");
        g_autofree char *text = xlsx_escaped(cell->text);
        xml_escape(sheet->out, str_from(text));
        g_string_append(sheet->out, "</t></is></c>");
    }
}

/* The next changed cell, if it is in this row and before `column`. */
static const LayoutCell *due_cell(const Sheet *sheet, uint32_t row, uint32_t column)
{
    if (sheet->next_cell >= sheet->edit->n_cells)
        return NULL;
    const LayoutCell *cell = &sheet->edit->cells[sheet->next_cell];
    return cell->row == row && cell->column < column ? cell : NULL;
}

static void append_due_cells(Sheet *sheet, uint32_t row, uint32_t column)
{
    for (const LayoutCell *cell; (cell = due_cell(sheet, row, column)); sheet->next_cell++)
        append_cell(sheet, cell, cell->row == sheet->edit->style_row ? 0 : style_like(sheet, cell->column));
}

/* Rows of changed cells that the sheet does not have, before `row`. */
static void append_due_rows(Sheet *sheet, uint32_t row)
{
    while (sheet->next_cell < sheet->edit->n_cells && sheet->edit->cells[sheet->next_cell].row < row) {
        uint32_t own = sheet->edit->cells[sheet->next_cell].row;
        g_string_append_printf(sheet->out, "<row r=\"%u\">", own + 1);
        append_due_cells(sheet, own, UINT32_MAX);
        g_string_append(sheet->out, "</row>");
    }
}

static bool row_is_left_out(const Sheet *sheet)
{
    return sheet->edit->without && sheet->row < sheet->edit->n_without && sheet->edit->without[sheet->row];
}

/* --- Columns -------------------------------------------------------------------------------------------------------------- */

static bool is_range(const char *name)
{
    return g_str_equal(name, "min") || g_str_equal(name, "max");
}

static void append_column(const Sheet *sheet, const XmlAttributes *attributes, uint32_t first, uint32_t last)
{
    if (first > last)
        return;
    xml_copy_begin(attributes, is_range, sheet->out);
    g_string_append_printf(sheet->out, " min=\"%u\" max=\"%u\"/>", first, last);
}

/* Its part before the hidden ones and its part behind them; they come in order, so what is hidden goes in when the first is beyond it. */
static void append_hidden(Sheet *sheet)
{
    const LayoutEdit *edit = sheet->edit;
    if (!sheet->columns_done && edit->hide_first <= edit->hide_last)
        g_string_append_printf(sheet->out, "<col min=\"%u\" max=\"%u\" width=\"9\" hidden=\"1\" customWidth=\"1\"/>", edit->hide_first + 1, edit->hide_last + 1);
    sheet->columns_done = true;
}

static void take_column(Sheet *sheet, const XmlAttributes *attributes)
{
    const LayoutEdit *edit = sheet->edit;
    uint32_t first = (uint32_t) xml_number(attributes, "min", 1), last = (uint32_t) xml_number(attributes, "max", 1);
    if (edit->hide_first > edit->hide_last) {
        append_column(sheet, attributes, first, last);
        return;
    }
    append_column(sheet, attributes, first, MIN(last, edit->hide_first));
    if (last > edit->hide_first)
        append_hidden(sheet);
    append_column(sheet, attributes, MAX(first, edit->hide_last + 2), last);
}

/* --- Elements -------------------------------------------------------------------------------------------------------------- */

/* What names other parts, which do not go out with rows left out; and the size, which is another now. */
static bool is_left_out(const Sheet *sheet, const char *name)
{
    static const char *const parts[] = { "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls", "hyperlinks", "tableParts",
                                         "webPublishItems", "extLst", "dataValidations", "customSheetViews" };
    if (g_str_equal(name, "dimension"))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(parts) && sheet->edit->without; i++)
        if (g_str_equal(name, parts[i]))
            return true;
    return false;
}

static bool no_relation(const char *name)
{
    return g_str_equal(name, "id");
}

static void open_element(Sheet *sheet, const XmlAttributes *attributes)
{
    layout_open(sheet->out, sheet->names, attributes, sheet->edit->without ? no_relation : NULL);
}

static bool begin_row(Sheet *sheet, const XmlAttributes *attributes)
{
    int64_t number = (int64_t) sheet->next_row + 1;
    str_to_int64(xml_attribute(attributes, "r"), &number);
    sheet->row = (uint32_t) number - 1;
    sheet->next_row = (uint32_t) number;
    sheet->next_column = 0;
    append_due_rows(sheet, sheet->row);
    if (row_is_left_out(sheet)) {
        g_string_append_printf(sheet->out, "<row r=\"%u\" hidden=\"1\"/>", sheet->row + 1);
        while (due_cell(sheet, sheet->row, UINT32_MAX))
            sheet->next_cell++;
        return false;
    }
    sheet->in_row = true;
    open_element(sheet, attributes);
    return true;
}

static bool begin_cell(Sheet *sheet, const XmlAttributes *attributes)
{
    uint32_t row;
    int64_t style = 0;
    sheet->column = sheet->next_column;
    cell_parse(xml_attribute(attributes, "r"), &row, &sheet->column);
    sheet->next_column = sheet->column + 1;
    str_to_int64(xml_attribute(attributes, "s"), &style);
    if (sheet->row == sheet->edit->style_row)
        g_hash_table_insert(sheet->styles, GUINT_TO_POINTER(sheet->column), GINT_TO_POINTER((int) style));
    append_due_cells(sheet, sheet->row, sheet->column);
    const LayoutCell *cell = due_cell(sheet, sheet->row, sheet->column + 1);
    if (cell) {
        append_cell(sheet, cell, (int) style);
        sheet->next_cell++;
        return false;
    }
    sheet->shared = str_eq(xml_attribute(attributes, "t"), STR("s"));
    open_element(sheet, attributes);
    return true;
}

static bool begin_sheet_data(Sheet *sheet, const XmlAttributes *attributes)
{
    if (!sheet->columns_done && sheet->edit->hide_first <= sheet->edit->hide_last) {
        g_string_append(sheet->out, "<cols>");
        append_hidden(sheet);
        g_string_append(sheet->out, "</cols>");
    }
    open_element(sheet, attributes);
    return true;
}

/* False: it is left out with all that is in it. */
static bool take_element(Sheet *sheet, const char *name, const XmlAttributes *attributes)
{
    if (is_left_out(sheet, name))
        return false;
    if (g_str_equal(name, "row"))
        return begin_row(sheet, attributes);
    if (sheet->in_row && g_str_equal(name, "c"))
        return begin_cell(sheet, attributes);
    if (g_str_equal(name, "sheetData"))
        return begin_sheet_data(sheet, attributes);
    if (g_str_equal(name, "col")) {
        take_column(sheet, attributes);
        return false;
    }
    sheet->in_value = sheet->shared && g_str_equal(name, "v");
    g_string_truncate(sheet->number, 0);
    open_element(sheet, attributes);
    return true;
}

static bool on_begin(void *data, const char *name, const XmlAttributes *attributes, GError **err)
{
    Sheet *sheet = data;
    if (sheet->names->len >= NAME_DEPTH)
        return error_set(err, BH_TOO_LARGE, "the sheet is nested over %d deep", NAME_DEPTH);
    if (sheet->skipping > 0 || !take_element(sheet, name, attributes))
        sheet->skipping++;
    return true;
}

static void mark_used(Sheet *sheet)
{
    int64_t index;
    if (!str_to_int64(str_from_gstring(sheet->number), &index) || !xlsx_shared_string(sheet->file, (size_t) index).p)
        return;
    guint before = sheet->used->len;
    if ((guint) index >= before) {
        g_byte_array_set_size(sheet->used, (guint) index + 1);
        memset(sheet->used->data + before, 0, sheet->used->len - before);
    }
    sheet->used->data[index] = 1;
}

static bool on_end(void *data, const char *name, GError **err)
{
    (void) err;
    Sheet *sheet = data;
    if (sheet->skipping > 0) {
        sheet->skipping--;
        return true;
    }
    if (g_str_equal(name, "row")) {
        append_due_cells(sheet, sheet->row, UINT32_MAX);
        sheet->in_row = false;
    } else if (g_str_equal(name, "sheetData")) {
        append_due_rows(sheet, UINT32_MAX);
    } else if (g_str_equal(name, "cols")) {
        append_hidden(sheet);
    } else if (sheet->in_value) {
        mark_used(sheet);
    }
    sheet->in_value = false;
    layout_close(sheet->out, sheet->names);
    return true;
}

static bool on_text(void *data, Str text, GError **err)
{
    (void) err;
    Sheet *sheet = data;
    if (sheet->skipping > 0)
        return true;
    if (sheet->in_value)
        g_string_append_len(sheet->number, text.p, (gssize) text.n);
    xml_escape(sheet->out, text);
    return true;
}

bool layout_sheet(Package *package, const XlsxFile *file, const XlsxSheetInfo *info, const LayoutEdit *edit, GString *out, GByteArray *used, GError **err)
{
    static const XmlHandler handler = { on_begin, on_end, on_text };
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) styles = g_hash_table_new(NULL, NULL);
    g_autoptr(GString) number = g_string_new(NULL);
    Sheet sheet = { .file = file, .edit = edit, .out = out, .used = used, .names = names, .styles = styles, .number = number };
    return package_xml(package, info->part.p, LIMIT_XLSX_UNPACKED_BYTES, &handler, &sheet, err);
}
