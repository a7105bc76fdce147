/* Tables whose rows are not told by bars. Copied out of a page or a PDF, a table comes as one cell a line, with tabs or blanks
 * between cells, or run together. */
#include "doc/tables.h"

#include "base/banned.h"

/* --- One cell a line -------------------------------------------------------------------------------------------- */

/* The pieces of a row are more or fewer than its columns: the columns behind the task are filled from the end, what is left is the task's. */
static void add_pieces(TableBuilder *builder, const Range *pieces, size_t n_pieces, const TableHead *head)
{
    Range *cells = ARENA_ARRAY(builder->arena, Range, head->n);
    size_t task = 0;
    while (task + 1 < head->n && head->columns[task] != COLUMN_TASK && head->columns[task] != COLUMN_PROBLEM)
        task++;
    if (n_pieces <= task)
        task = n_pieces - 1;
    size_t behind = MIN(head->n - 1 - task, n_pieces - 1 - task);
    for (size_t c = 0; c < task; c++)
        cells[c] = pieces[c];
    cells[task] = (Range) { pieces[task].from, pieces[n_pieces - behind - 1].to };
    for (size_t c = 0; c < behind; c++)
        cells[task + 1 + c] = pieces[n_pieces - behind + c];
    table_add_row(builder, cells, head->n, head);
}

/* What a merged category takes from the front of the rows below its first is left empty. */
static void add_lines(TableBuilder *builder, size_t b, size_t n_lines, const TableHead *head)
{
    size_t merged = head->columns[0] == COLUMN_CATEGORY && n_lines < head->n ? 1 : 0;
    Range *pieces = ARENA_ARRAY(builder->arena, Range, n_lines + merged);
    Range none = { builder->blocks->blocks[b].range.from, builder->blocks->blocks[b].range.from };
    if (merged)
        pieces[0] = none;
    for (size_t i = 0; i < n_lines; i++)
        pieces[merged + i] = builder->blocks->blocks[b + i].range;
    add_pieces(builder, pieces, merged + n_lines, head);
}

static bool is_date_char(char32_t c)
{
    return (c >= '0' && c <= '9') || word_has(W(U"年月日底前末初中旬季度上下半-至全长期.立行改 "), c);
}

static bool is_due_line(const View *view, Range line)
{
    line = view_trim(view, line, W(U""));
    for (size_t i = line.from; i < line.to; i++)
        if (!is_date_char(view->norm[i]))
            return false;
    return line.from < line.to;
}

/* The end of a row without number that begins at block `row`: behind its date where that is the last column, or after as many lines as the
 * head has. */
static size_t unnumbered_end(const TableBuilder *builder, const TableHead *head, size_t row, size_t to)
{
    size_t whole = MIN(row + head->n, to), end = row;
    if (head->columns[head->n - 1] != COLUMN_DUE)
        return whole;
    while (end < whole && !is_due_line(&builder->blocks->view, builder->blocks->blocks[end].range))
        end++;
    return MIN(end + 1, whole);
}

/* Column names on lines of their own; returns how many, 0: no head. */
static size_t head_lines(const Blocks *blocks, size_t b, size_t to, Column *columns)
{
    size_t n = 0;
    while (n < COLUMNS_MAX && b + n < to && blocks->blocks[b + n].kind == BLOCK_PARAGRAPH
           && table_column_cell(&blocks->view, blocks->blocks[b + n].range, &columns[n]))
        n++;
    return n >= 3 && table_is_head(columns, n) ? n : 0;
}

/* Rows begin at the lines that hold the next number; without a column of numbers every row has as many lines as the head. */
size_t table_copy_lines(TableBuilder *builder, size_t b, size_t to)
{
    Column columns[COLUMNS_MAX];
    size_t n = head_lines(builder->blocks, b, to, columns);
    if (!n)
        return b;
    const TableHead *head = table_head(columns, n, builder->arena);
    const View *view = &builder->blocks->view;
    bool numbered = columns[0] == COLUMN_NUMBER;
    builder->table++;
    size_t row = b + n;
    int number;
    for (int expected = 1; row < to; expected++) {
        size_t end = row + 1;
        if (numbered && !(table_is_number(view, builder->blocks->blocks[row].range, &number) && number == expected))
            break;
        if (numbered)
            while (end < to && end - row < 4 * n && !(table_is_number(view, builder->blocks->blocks[end].range, &number) && number == expected + 1))
                end++;
        bool last = numbered && (end == to || end - row == 4 * n);
        if (!numbered)
            end = unnumbered_end(builder, head, row, to);
        else if (last)
            end = MIN(row + n, to);
        if (end - row < 2)
            break;
        add_lines(builder, row, end - row, head);
        row = end;
    }
    return row == b + n ? b : row;
}

/* --- Tabs and blanks -------------------------------------------------------------------------------------------- */

typedef enum { GAP_TAB, GAP_WIDE /* two blanks or more */, GAP_BLANK, N_GAPS } Gap;

/* The length of the gap between cells at i; 0: none there. */
static size_t gap_at(const View *view, size_t i, size_t to, Gap gap)
{
    size_t end = skip_blanks(view, i, to);
    bool tab = false;
    for (size_t k = i; k < end; k++)
        tab = tab || view->orig[k] == '\t';
    bool wide = end - i >= 2 || (end > i && view->orig[i] == U'\u3000');
    return gap == GAP_BLANK || (gap == GAP_TAB && tab) || (gap == GAP_WIDE && wide) ? end - i : 0;
}

static size_t split_at_gaps(const View *view, Range line, Gap gap, Range pieces[static COLUMNS_MAX])
{
    size_t n = 0, from = line.from;
    for (size_t i = line.from; i <= line.to; i++) {
        size_t width = i < line.to && is_blank(view->norm[i]) ? gap_at(view, i, line.to, gap) : 0;
        if (!width && i < line.to)
            continue;
        if (n == COLUMNS_MAX)
            return 0;
        pieces[n++] = (Range) { from, i };
        from = i + width;
        i = from > i ? from - 1 : i;
    }
    return n;
}

/* The head's columns, if the gaps of this kind divide the line into nothing but names of columns. */
static size_t spaced_head(const View *view, Range line, Gap gap, Column *columns)
{
    Range pieces[COLUMNS_MAX];
    size_t n = split_at_gaps(view, line, gap, pieces);
    for (size_t c = 0; c < n; c++)
        if (!table_column_cell(view, pieces[c], &columns[c]))
            return 0;
    return n >= 2 && table_is_head(columns, n) ? n : 0;
}

/* A row has no more cells than the head; single blanks also stand inside of cells, so then it begins with its number. */
static bool copy_spaced_row(TableBuilder *builder, Range line, Gap gap, const TableHead *head, int expected)
{
    Range pieces[COLUMNS_MAX];
    int number = 0;
    size_t n = split_at_gaps(&builder->blocks->view, line, gap, pieces);
    bool numbered = head->columns[0] == COLUMN_NUMBER && n > 1 && table_is_number(&builder->blocks->view, pieces[0], &number);
    if (n < 2 || (gap == GAP_BLANK ? !numbered || number != expected : n > head->n && !numbered))
        return false;
    add_pieces(builder, pieces, n, head);
    return true;
}

size_t table_copy_spaced(TableBuilder *builder, size_t b, size_t to)
{
    const Block *blocks = builder->blocks->blocks;
    Column columns[COLUMNS_MAX];
    size_t n = 0, row = b + 1;
    Gap gap = 0;
    while (gap < N_GAPS && !(n = spaced_head(&builder->blocks->view, blocks[b].range, gap, columns)))
        gap++;
    if (!n)
        return b;
    const TableHead *head = table_head(columns, n, builder->arena);
    builder->table++;
    for (int expected = 1; row < to && blocks[row].kind == BLOCK_PARAGRAPH; expected++, row++)
        if (!copy_spaced_row(builder, blocks[row].range, gap, head, expected))
            break;
    return row == b + 1 ? b : row;
}

/* --- Run together ----------------------------------------------------------------------------------------------- */

/* Column names one behind the other at the beginning of a paragraph; returns how many, and where they end. */
static size_t head_words(const View *view, Range line, Column *columns, size_t *ret_end)
{
    size_t n = 0, i = skip_blanks(view, line.from, line.to);
    for (size_t word; n < COLUMNS_MAX && (word = table_column_word(view, i, line.to, &columns[n])) && columns[0] == COLUMN_NUMBER; n++)
        i = skip_blanks(view, i + word, line.to);
    *ret_end = i;
    return n >= 3 && table_is_head(columns, n) ? n : 0;
}

/* Where the number stands as the beginning of a row: behind no digit and before no digit or unit. */
static size_t find_row(const View *view, Range text, int expected)
{
    for (size_t i = text.from; i < text.to; i++) {
        int number;
        size_t n = digit_number(view, i, text.to, &number);
        if (n && number == expected && i + n < text.to && (is_han(view->norm[i + n]) || is_blank(view->norm[i + n]))
            && !word_has(W(U"年月日号个家项名人次万亿千百%例所条种类岁"), view->norm[i + n])
            && (i == text.from || !word_has(W(U".-~至到第"), view->norm[i - 1])))
            return i;
        i += n > 1 ? n - 1 : 0;
    }
    return text.to;
}

/* "推进……建设。疾控处、医政处2026年6月底": date from the end, owners behind the last full stop, the task before. */
static void add_run_row(TableBuilder *builder, Range row, const TableHead *head)
{
    const View *view = &builder->blocks->view;
    Range *cells = ARENA_ARRAY(builder->arena, Range, head->n);
    int number;
    size_t digits = digit_number(view, row.from, row.to, &number);
    size_t task = row.from + digits, end = row.to;
    for (size_t c = head->n; c-- > 1;) {
        size_t from = end;
        if (head->columns[c] == COLUMN_DUE) {
            while (from > task && is_date_char(view->norm[from - 1]))
                from--;
        } else if (head->columns[c] == COLUMN_LEAD || head->columns[c] == COLUMN_RESPONSIBLE || head->columns[c] == COLUMN_SUPPORT) {
            while (from > task && !word_has(W(U"。; "), view->norm[from - 1]))
                from--;
            from = from == task ? end : from;
        } else if (head->columns[c] == COLUMN_TASK || head->columns[c] == COLUMN_PROBLEM) {
            from = task;
        }
        cells[c] = view_trim(view, (Range) { from, end }, W(U""));
        end = cells[c].from < cells[c].to ? cells[c].from : end;
    }
    cells[0] = (Range) { row.from, row.from + digits };
    table_add_row(builder, cells, head->n, head);
}

size_t table_copy_run(TableBuilder *builder, size_t b)
{
    const View *view = &builder->blocks->view;
    Range line = builder->blocks->blocks[b].range;
    Column columns[COLUMNS_MAX];
    size_t end, n = head_words(view, line, columns, &end);
    size_t row = n ? find_row(view, (Range) { end, line.to }, 1) : line.to;
    if (row != skip_blanks(view, end, line.to) || row == line.to)
        return b;
    const TableHead *head = table_head(columns, n, builder->arena);
    builder->table++;
    for (int expected = 2; row < line.to; expected++) {
        size_t next = find_row(view, (Range) { row + 1, line.to }, expected);
        add_run_row(builder, (Range) { row, next }, head);
        row = next;
    }
    return b + 1;
}
