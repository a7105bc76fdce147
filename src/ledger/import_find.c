/* Where the table begins in a sheet that people made. There may be title rows, two or three rows of headings with merged cells, sections between the rows, a foot. */
#include "base/i18n.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/package.h"
#include "base/text.h"
#include "ledger/import_do.h"

#include "base/banned.h"

enum { SEARCH_ROWS = 40, HEAD_ROWS = 3, HEADINGS_LEAST = 2, SECTION_WIDTH = 3, FOOT_CELLS = 3, SAMPLES = 50, SAMPLES_LEAST = 3 };

static Str cell_text(const SheetTable *table, uint32_t row, uint32_t column)
{
    const SheetCell *cell = sheet_filled(table, row, column);
    return cell ? str_trim(cell->text) : STR("");
}

/* The first text of a row; *ret_cells: how many it has. */
static Str only_text(const SheetTable *table, uint32_t row, size_t *ret_cells, uint32_t *ret_column)
{
    Str only = STR_NONE;
    *ret_cells = 0;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const SheetCell *cell = sheet_cell(table, row, c);
        if (!cell || str_trim(cell->text).n == 0)
            continue;
        if (++*ret_cells == 1) {
            only = str_trim(cell->text);
            *ret_column = c;
        }
    }
    return only;
}

/* --- What a heading means ----------------------------------------------------------------------------------------------------- */

typedef struct {
    Str field; /* STR_NONE: kept */
    const char *how;
} Meaning;

static Meaning meaning_of(Str field, const char *how)
{
    bool kept = !field.p || str_eq(field, STR("-"));
    return (Meaning) { kept ? STR_NONE : field, kept && !g_str_equal(how, "given") ? "kept" : how };
}

static bool is_letters(Str name, uint32_t column)
{
    char own[CELL_NAME_MAX];
    Str letters = str_from(cell_name(0, column, own));
    return str_eq(name, str_head(letters, letters.n - 1));
}

/* By what was said for this file: under the whole heading, its last part, or the letter of the column. */
static bool given_now(const ImportWords *words, Str whole, Str last, uint32_t column, Meaning *ret_meaning)
{
    for (const JsonValue *member = words->map ? words->map->first : NULL; member; member = member->next)
        if (str_eq(member->name, whole) || str_eq(member->name, last) || is_letters(member->name, column)) {
            *ret_meaning = meaning_of(member->type == JSON_STRING ? member->text : STR("-"), "given");
            return true;
        }
    return false;
}

static bool by_name(Str heading, Arena *arena, Meaning *ret_meaning)
{
    size_t n;
    const LedgerColumn *columns = ledger_columns(&n);
    Str key = text_name_key(heading, arena);
    for (size_t i = 0; i < n; i++)
        for (Lang lang = 0; lang <= LANG_COUNT; lang++) {
            Str name = lang < LANG_COUNT ? i18n(lang, columns[i].heading) : str_from(columns[i].id);
            if (key.n > 0 && str_eq(key, text_name_key(name, arena))) {
                *ret_meaning = meaning_of(str_from(columns[i].id), "name");
                return true;
            }
        }
    return false;
}

static Meaning understand(const ImportWords *words, Str whole, Str last, uint32_t column, Arena *arena)
{
    Meaning meaning;
    Str key = text_name_key(whole, arena);
    const Str *before = words->before ? g_hash_table_lookup(words->before, &key) : NULL;
    if (given_now(words, whole, last, column, &meaning))
        return meaning;
    if (before)
        return meaning_of(*before, "given");
    if (by_name(last, arena, &meaning) || by_name(whole, arena, &meaning))
        return meaning;
    const char *field = form_column(last);
    field = field ? field : form_column(whole);
    return meaning_of(str_from(field), field ? "alias" : "kept");
}

/* --- Header --------------------------------------------------------------------------------------------------------------------- */

/* As many rows as the deepest range that is merged downwards from the first; without one two where something is merged sideways and the next row has words that we know. */
static uint32_t head_depth(const SheetTable *table, uint32_t row)
{
    uint32_t depth = 1;
    bool sideways = false;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const CellRange *range = sheet_merge(table, row, c);
        if (range && range->row == row && range->row_last - row < HEAD_ROWS && sheet_cell(table, row, range->column))
            depth = MAX(depth, range->row_last - row + 1);
        sideways |= range && range->row == row && range->column_last > range->column && range->column_last - range->column + 1 < table->n_columns;
    }
    size_t known = 0;
    for (uint32_t c = 0; c < table->n_columns && depth == 1 && sideways; c++)
        known += form_column(cell_text(table, row + 1, c)) != NULL && sheet_cell(table, row + 1, c);
    return known > 0 ? 2 : depth;
}

/* The words over a column, each once. */
static Str heading_of(const SheetTable *table, uint32_t first, uint32_t last, uint32_t column, Arena *arena, Str *ret_last)
{
    Str whole = STR("");
    *ret_last = STR("");
    for (uint32_t r = first; r <= last; r++) {
        Str text = cell_text(table, r, column);
        if (text.n == 0 || str_eq(text, *ret_last))
            continue;
        whole = whole.n ? arena_printf(arena, STR_FMT " / " STR_FMT, STR_ARG(whole), STR_ARG(text)) : text;
        *ret_last = text;
    }
    return whole;
}

static ImportColumn *read_columns(const SheetTable *table, uint32_t first, uint32_t last, const ImportWords *words, Arena *arena, size_t *ret_n)
{
    ARENA_LIST(ImportColumn) columns = { 0 };
    for (uint32_t c = 0; c < table->n_columns; c++) {
        Str end, whole = heading_of(table, first, last, c, arena, &end);
        if (whole.n == 0)
            continue;
        Meaning meaning = understand(words, whole, end, c, arena);
        *ARENA_PUSH(arena, &columns) = (ImportColumn) { .column = c, .heading = whole, .field = meaning.field, .how = meaning.how };
    }
    *ret_n = columns.n;
    return columns.v;
}

static const ImportColumn *column_of(const ImportColumn *columns, size_t n, Str field)
{
    for (size_t i = 0; i < n; i++)
        if (columns[i].field.p && str_eq(columns[i].field, field))
            return &columns[i];
    return NULL;
}

/* How many fields the columns name; 0 where none of them says what the row is about, or all say the same: a title over all columns may hold any word. */
static size_t score_of(const ImportColumn *columns, size_t n)
{
    static const char *const subjects[] = { "title", "problem", "uid", "number", "text" };
    size_t score = 0, headings = n > 0;
    bool subject = false;
    for (size_t i = 1; i < n; i++)
        headings += !str_eq(columns[i].heading, columns[i - 1].heading);
    for (size_t i = 0; i < n; i++)
        score += columns[i].field.p && column_of(columns, i, columns[i].field) == NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
        subject |= column_of(columns, n, str_from(subjects[i])) != NULL;
    return subject && headings >= HEADINGS_LEAST ? score : 0;
}

/* The row that names most; the first of several. */
static size_t find_head(ImportSheet *sheet, const ImportWords *words, Arena *arena)
{
    size_t best = 0;
    for (uint32_t r = 0; r < MIN(sheet->table.n_rows, SEARCH_ROWS); r++) {
        ArenaMark mark = arena_mark(arena);
        size_t cells;
        uint32_t column;
        only_text(&sheet->table, r, &cells, &column);
        if (cells < HEADINGS_LEAST) /* a title */
            continue;
        uint32_t last = MIN(r + head_depth(&sheet->table, r), sheet->table.n_rows) - 1;
        size_t n;
        ImportColumn *columns = read_columns(&sheet->table, r, last, words, arena, &n);
        size_t score = score_of(columns, n);
        if (score <= best) {
            arena_rewind(arena, mark);
            continue;
        }
        best = score;
        sheet->head_first = r;
        sheet->head_last = last;
        sheet->columns = columns;
        sheet->n_columns = n;
    }
    return best;
}

/* --- Columns that only their place among the others explains ---------------------------------------------------------------------- */

static ImportColumn *own_column(ImportSheet *sheet, const char *field)
{
    return (ImportColumn *) import_column(sheet, field);
}

const ImportColumn *import_column(const ImportSheet *sheet, const char *field)
{
    return column_of(sheet->columns, sheet->n_columns, str_from(field));
}

static void keep(ImportColumn *column)
{
    column->field = STR_NONE;
    column->how = "kept";
}

static void become(ImportSheet *sheet, const char *from, const char *to)
{
    ImportColumn *column = own_column(sheet, from);
    if (column && !import_column(sheet, to))
        column->field = str_from(to);
}

/* 责任单位 leads where nobody else does, else it supports; a date done is a term where there is no other, else it is a claim like the rest. */
static void settle(ImportSheet *sheet)
{
    become(sheet, "responsible", "lead");
    become(sheet, "responsible", "support");
    become(sheet, "finished", "due");
    static const char *const left[] = { "responsible", "finished" };
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        if (own_column(sheet, left[i]))
            keep(own_column(sheet, left[i]));
}

/* A field stands in one column: the first, or the one that was given. */
static void drop_doubles(ImportSheet *sheet, Diags *diags)
{
    for (size_t i = 0; i < sheet->n_columns; i++)
        for (size_t k = i + 1; k < sheet->n_columns && sheet->columns[i].field.p; k++) {
            ImportColumn *a = &sheet->columns[i], *b = &sheet->columns[k];
            if (!b->field.p || !str_eq(a->field, b->field))
                continue;
            bool later = g_str_equal(b->how, "given") && !g_str_equal(a->how, "given");
            ImportColumn *less = later ? a : b;
            diag_add(diags, "column-twice", less->heading, 0, 0, "another column is '" STR_FMT "' already; this one is kept", STR_ARG(less->field));
            keep(less);
        }
}

/* --- By examples -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    size_t filled, dates, orgs;
} Samples;

static Samples sample(const ImportSheet *sheet, const ImportWords *words, const ImportColumn *column, Arena *arena)
{
    Samples seen = { 0 };
    for (uint32_t r = sheet->head_last + 1; r < sheet->table.n_rows && seen.filled < SAMPLES; r++) {
        const SheetCell *cell = sheet_cell(&sheet->table, r, column->column);
        if (!cell || str_trim(cell->text).n == 0)
            continue;
        FormDue due;
        size_t n;
        const Str *names = form_names(cell->text, arena, &n);
        seen.filled++;
        seen.dates += cell->kind == CELL_DATE || (cell->kind == CELL_TEXT && form_due(cell->text, 0, &due));
        seen.orgs += n > 0 && words->is_org && words->is_org(words->data, names[0]);
    }
    return seen;
}

static bool most(size_t part, size_t all)
{
    return all >= SAMPLES_LEAST && part * 10 >= all * 7;
}

static void learn(ImportSheet *sheet, const ImportWords *words, Arena *arena)
{
    for (size_t i = 0; i < sheet->n_columns; i++) {
        ImportColumn *column = &sheet->columns[i];
        if (column->field.p || !g_str_equal(column->how, "kept") || form_column(column->heading))
            continue;
        Samples seen = sample(sheet, words, column, arena);
        const char *field = most(seen.orgs, seen.filled)    ? (import_column(sheet, "lead") ? "support" : "lead")
                            : most(seen.dates, seen.filled) ? "due"
                                                            : NULL;
        if (field && !import_column(sheet, field)) {
            column->field = str_from(field);
            column->how = "example";
        }
    }
}

/* --- Rows ----------------------------------------------------------------------------------------------------------------------------- */

static bool is_wide(const SheetTable *table, uint32_t row, uint32_t column)
{
    const CellRange *range = sheet_merge(table, row, column);
    return range && range->column_last - range->column + 1 >= MIN(SECTION_WIDTH, table->n_columns);
}

/* The last row of what begins here: by the merged cell of the column that says what it is about. */
static uint32_t span_end(const ImportSheet *sheet, uint32_t row)
{
    static const char *const subjects[] = { "uid", "number", "no", "title", "problem" };
    uint32_t last = row;
    for (size_t i = 0; i < G_N_ELEMENTS(subjects) && last == row; i++) {
        const ImportColumn *column = import_column(sheet, subjects[i]);
        const CellRange *range = column ? sheet_merge(&sheet->table, row, column->column) : NULL;
        if (range && range->column == range->column_last && range->row == row)
            last = range->row_last;
    }
    return last;
}

static bool find_rows(ImportSheet *sheet, Arena *arena, GError **err)
{
    ARENA_LIST(ImportSpan) spans = { 0 };
    Str section = STR_NONE;
    bool foot = false; /* remarks go on in lines of their own */
    for (uint32_t r = sheet->head_last + 1; r < sheet->table.n_rows; r++) {
        size_t cells;
        uint32_t column = 0;
        Str first = only_text(&sheet->table, r, &cells, &column);
        foot = (cells <= FOOT_CELLS && form_is_foot(first)) || (foot && cells <= 1);
        if (cells == 0 || foot)
            continue;
        if (cells == 1 && is_wide(&sheet->table, r, column)) {
            section = first;
            continue;
        }
        uint32_t last = span_end(sheet, r);
        *ARENA_PUSH(arena, &spans) = (ImportSpan) { r, last, section };
        sheet->hidden_rows |= sheet->table.hidden_rows[r];
        if (spans.n > LIMIT_TASK_IMPORT_ROWS) {
            error_set(err, BH_TOO_LARGE, "the ledger has more than %d rows", LIMIT_TASK_IMPORT_ROWS);
            return error_detail(err, "too-many-rows");
        }
        r = last;
    }
    sheet->spans = spans.v;
    sheet->n_spans = spans.n;
    return true;
}

static void find_title(ImportSheet *sheet)
{
    sheet->title = STR_NONE;
    for (uint32_t r = 0; r < sheet->head_first && !sheet->title.p; r++) {
        size_t cells;
        uint32_t column;
        sheet->title = only_text(&sheet->table, r, &cells, &column);
    }
}

Str import_text(const ImportSheet *sheet, const ImportSpan *span, const ImportColumn *column, Arena *arena, Date *ret_date)
{
    Str all = STR("");
    size_t n = 0;
    const SheetCell *before = NULL, *day = NULL;
    for (uint32_t r = span->first; r <= span->last; r++) {
        const SheetCell *cell = sheet_filled(&sheet->table, r, column->column);
        Str text = cell ? str_trim(cell->text) : STR("");
        if (text.n == 0 || cell == before)
            continue;
        all = n++ > 0 ? arena_printf(arena, STR_FMT "\n" STR_FMT, STR_ARG(all), STR_ARG(text)) : text;
        day = before = cell;
    }
    if (ret_date)
        *ret_date = n == 1 && day->kind == CELL_DATE ? day->date : DATE_NONE;
    return all;
}

/* --- Which sheet ------------------------------------------------------------------------------------------------------------------------ */

static bool map_fits(const ImportWords *words, GError **err)
{
    for (const JsonValue *member = words->map ? words->map->first : NULL; member; member = member->next)
        if (member->type != JSON_NULL && (member->type != JSON_STRING || !(ledger_is_field(member->text) || str_eq(member->text, STR("-"))))) {
            json_bad(member, err, "'" STR_FMT "' is no field", STR_ARG(member->type == JSON_STRING ? member->text : STR("")));
            return error_detail(err, "field-unknown");
        }
    return true;
}

static bool is_own(const ImportSheet *sheet)
{
    static const char *const marks[] = { "uid", "version", "number", "plan" };
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        const ImportColumn *column = import_column(sheet, marks[i]);
        if (!column || !g_str_equal(column->how, "name"))
            return false;
    }
    return true;
}

static bool finish(ImportSheet *sheet, const ImportWords *words, Arena *arena, Diags *diags, GError **err)
{
    drop_doubles(sheet, diags);
    settle(sheet);
    learn(sheet, words, arena);
    for (size_t i = 0; i < sheet->n_columns; i++)
        if (!sheet->columns[i].field.p && !form_column(sheet->columns[i].heading) && g_str_equal(sheet->columns[i].how, "kept"))
            diag_add(diags, "header-unknown", sheet->columns[i].heading, 0, 0, "this column means nothing to us; it is kept");
    for (size_t i = 0; i < sheet->n_columns; i++)
        sheet->columns[i].taken = import_field_taken(sheet->columns[i].field);
    find_title(sheet);
    sheet->own = is_own(sheet);
    return find_rows(sheet, arena, err);
}

static bool no_table(GError **err)
{
    error_set(err, BH_BAD_INPUT, "no sheet has a row of headings that we know");
    error_hint(err, "say what its columns mean, or use headings like those of an exported list");
    return error_detail(err, "no-table");
}

/* A sheet that has such a table too, and is left: nobody should think that it came in. */
enum { TABLE_SCORE = 3 };

static void tell_left(const XlsxSheetInfo *sheets, const size_t *scores, size_t n, size_t taken, Diags *diags)
{
    for (size_t i = 0; i < n; i++) {
        if (i == taken || scores[i] < TABLE_SCORE)
            continue;
        diag_add(diags, "sheet-left", sheets[i].name, 0, 0, "the sheet '" STR_FMT "' has a table too; it is not taken", STR_ARG(sheets[i].name));
        diag_params(diags, "name=" STR_FMT, STR_ARG(sheets[i].name));
    }
}

static bool find_in_workbook(XlsxFile *file, const ImportWords *words, Arena *arena, Diags *diags, ImportSheet *ret_sheet, GError **err)
{
    size_t n, best = 0;
    const XlsxSheetInfo *sheets = xlsx_file_sheets(file, &n);
    size_t *scores = ARENA_ARRAY(arena, size_t, n + 1);
    bool *filled = ARENA_ARRAY(arena, bool, n + 1); /* headings alone are no table to be told of */
    for (size_t i = 0; i < n; i++) {
        ImportSheet sheet = { .sheet = i };
        scores[i] = 0;
        filled[i] = false;
        if (sheets[i].hidden && !str_eq(words->sheet, sheets[i].name))
            continue;
        ArenaMark mark = arena_mark(arena);
        if (!xlsx_file_table(file, i, arena, &sheet.table, err))
            return false;
        scores[i] = find_head(&sheet, words, arena);
        filled[i] = scores[i] > 0 && sheet.table.n_rows > sheet.head_last + 1;
        if (scores[i] > best && (!words->sheet.p || str_eq(words->sheet, sheets[i].name))) {
            best = scores[i];
            *ret_sheet = sheet;
        } else {
            arena_rewind(arena, mark);
        }
    }
    if (best == 0)
        return no_table(err);
    for (size_t i = 0; i < n; i++)
        scores[i] = filled[i] ? scores[i] : 0;
    tell_left(sheets, scores, n, ret_sheet->sheet, diags);
    return true;
}

bool import_find(Str bytes, const ImportWords *words, Arena *arena, Diags *diags, ImportSheet *ret_sheet, GError **err)
{
    ImportSheet sheet = { 0 };
    if (!map_fits(words, err))
        return false;
    if (package_is(bytes) || package_is_ole(bytes)) {
        g_autoptr(XlsxFile) file = xlsx_file_open(bytes, err);
        if (!file || !find_in_workbook(file, words, arena, diags, &sheet, err))
            return false;
    } else if (!csv_sheet(bytes, arena, &sheet.table, err)) {
        return false;
    } else if (find_head(&sheet, words, arena) == 0) {
        return no_table(err);
    }
    *ret_sheet = sheet;
    return finish(ret_sheet, words, arena, diags, err);
}
