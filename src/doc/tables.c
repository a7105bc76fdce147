/* Task tables. A table names its columns in its first row (序号 工作任务 牵头单位 完成时限), and that is how it is known, whatever shape it was printed
 * in: cells divided by |, one cell a line, or everything run together. The last two are turned into rows here. */
#include "doc/structure.h"

#include "base/limits.h"

#include "base/banned.h"

typedef struct {
    Word word;
    Column column;
} ColumnRow;

/* Owners' columns are not here: they are made of the words of roles.c. */
static const ColumnRow column_rows[] = {
    { WORD_INIT(U"序号"), COLUMN_NUMBER },       { WORD_INIT(U"编号"), COLUMN_NUMBER },       { WORD_INIT(U"任务序号"), COLUMN_NUMBER },   { WORD_INIT(U"问题序号"), COLUMN_NUMBER },   { WORD_INIT(U"问题编号"), COLUMN_NUMBER },
    { WORD_INIT(U"类别"), COLUMN_CATEGORY },     { WORD_INIT(U"类型"), COLUMN_CATEGORY },     { WORD_INIT(U"问题类型"), COLUMN_CATEGORY }, { WORD_INIT(U"任务类别"), COLUMN_CATEGORY }, { WORD_INIT(U"领域"), COLUMN_CATEGORY },
    { WORD_INIT(U"方面"), COLUMN_CATEGORY },     { WORD_INIT(U"板块"), COLUMN_CATEGORY },     { WORD_INIT(U"问题类别"), COLUMN_CATEGORY }, { WORD_INIT(U"工作类别"), COLUMN_CATEGORY }, { WORD_INIT(U"重点领域"), COLUMN_CATEGORY },
    { WORD_INIT(U"一级指标"), COLUMN_CATEGORY }, { WORD_INIT(U"分类"), COLUMN_CATEGORY },
    { WORD_INIT(U"任务"), COLUMN_TASK },         { WORD_INIT(U"工作任务"), COLUMN_TASK },     { WORD_INIT(U"重点任务"), COLUMN_TASK },     { WORD_INIT(U"主要任务"), COLUMN_TASK },     { WORD_INIT(U"任务名称"), COLUMN_TASK },
    { WORD_INIT(U"重点工作"), COLUMN_TASK },     { WORD_INIT(U"工作事项"), COLUMN_TASK },     { WORD_INIT(U"事项"), COLUMN_TASK },         { WORD_INIT(U"重点事项"), COLUMN_TASK },     { WORD_INIT(U"项目名称"), COLUMN_TASK },
    { WORD_INIT(U"工作项目"), COLUMN_TASK },     { WORD_INIT(U"项目"), COLUMN_TASK },         { WORD_INIT(U"整改任务"), COLUMN_TASK },     { WORD_INIT(U"整改事项"), COLUMN_TASK },     { WORD_INIT(U"工作"), COLUMN_TASK },
    { WORD_INIT(U"重点工作任务"), COLUMN_TASK }, { WORD_INIT(U"目标任务"), COLUMN_TASK },     { WORD_INIT(U"指标名称"), COLUMN_TASK },     { WORD_INIT(U"指标"), COLUMN_TASK },         { WORD_INIT(U"主要指标"), COLUMN_TASK },
    { WORD_INIT(U"任务内容"), COLUMN_DETAIL },   { WORD_INIT(U"工作内容"), COLUMN_DETAIL },   { WORD_INIT(U"主要内容"), COLUMN_DETAIL },   { WORD_INIT(U"具体内容"), COLUMN_DETAIL },   { WORD_INIT(U"内容"), COLUMN_DETAIL },
    { WORD_INIT(U"具体任务"), COLUMN_DETAIL },   { WORD_INIT(U"工作目标"), COLUMN_DETAIL },   { WORD_INIT(U"年度目标"), COLUMN_DETAIL },   { WORD_INIT(U"目标值"), COLUMN_DETAIL },     { WORD_INIT(U"目标要求"), COLUMN_DETAIL },
    { WORD_INIT(U"目标"), COLUMN_DETAIL },       { WORD_INIT(U"工作要求"), COLUMN_DETAIL },   { WORD_INIT(U"整改目标"), COLUMN_DETAIL },   { WORD_INIT(U"具体要求"), COLUMN_DETAIL },   { WORD_INIT(U"建设内容"), COLUMN_DETAIL },
    { WORD_INIT(U"问题"), COLUMN_PROBLEM },      { WORD_INIT(U"存在问题"), COLUMN_PROBLEM },  { WORD_INIT(U"反馈问题"), COLUMN_PROBLEM },  { WORD_INIT(U"问题描述"), COLUMN_PROBLEM },  { WORD_INIT(U"具体问题"), COLUMN_PROBLEM },
    { WORD_INIT(U"主要问题"), COLUMN_PROBLEM },  { WORD_INIT(U"问题内容"), COLUMN_PROBLEM },  { WORD_INIT(U"整改问题"), COLUMN_PROBLEM },  { WORD_INIT(U"问题清单"), COLUMN_PROBLEM },  { WORD_INIT(U"发现问题"), COLUMN_PROBLEM },
    { WORD_INIT(U"反馈意见"), COLUMN_PROBLEM },  { WORD_INIT(U"问题表现"), COLUMN_PROBLEM },
    { WORD_INIT(U"措施"), COLUMN_MEASURE },      { WORD_INIT(U"整改措施"), COLUMN_MEASURE },  { WORD_INIT(U"工作措施"), COLUMN_MEASURE },  { WORD_INIT(U"具体措施"), COLUMN_MEASURE },  { WORD_INIT(U"主要措施"), COLUMN_MEASURE },
    { WORD_INIT(U"工作举措"), COLUMN_MEASURE },  { WORD_INIT(U"推进措施"), COLUMN_MEASURE },  { WORD_INIT(U"具体举措"), COLUMN_MEASURE },  { WORD_INIT(U"主要举措"), COLUMN_MEASURE },
    { WORD_INIT(U"整改情况"), COLUMN_RESULT },   { WORD_INIT(U"整改进展"), COLUMN_RESULT },   { WORD_INIT(U"进展情况"), COLUMN_RESULT },   { WORD_INIT(U"完成情况"), COLUMN_RESULT },   { WORD_INIT(U"整改落实情况"), COLUMN_RESULT },
    { WORD_INIT(U"落实情况"), COLUMN_RESULT },   { WORD_INIT(U"整改结果"), COLUMN_RESULT },   { WORD_INIT(U"整改成效"), COLUMN_RESULT },   { WORD_INIT(U"整改进展情况"), COLUMN_RESULT }, { WORD_INIT(U"目前进展"), COLUMN_RESULT },
    { WORD_INIT(U"完成时限"), COLUMN_DUE },      { WORD_INIT(U"整改时限"), COLUMN_DUE },      { WORD_INIT(U"完成时间"), COLUMN_DUE },      { WORD_INIT(U"时间节点"), COLUMN_DUE },      { WORD_INIT(U"时限"), COLUMN_DUE },
    { WORD_INIT(U"时限要求"), COLUMN_DUE },      { WORD_INIT(U"完成期限"), COLUMN_DUE },      { WORD_INIT(U"时间要求"), COLUMN_DUE },      { WORD_INIT(U"整改期限"), COLUMN_DUE },      { WORD_INIT(U"进度安排"), COLUMN_DUE },
    { WORD_INIT(U"备注"), COLUMN_NONE },         { WORD_INIT(U"单位"), COLUMN_NONE },         { WORD_INIT(U"任务来源"), COLUMN_NONE },     { WORD_INIT(U"成果形式"), COLUMN_NONE },     { WORD_INIT(U"是否完成"), COLUMN_NONE },
    { WORD_INIT(U"联系电话"), COLUMN_NONE },     { WORD_INIT(U"销号情况"), COLUMN_NONE },     { WORD_INIT(U"整改类型"), COLUMN_NONE },
};

enum { COLUMNS_MAX = 24 };

static Column column_of_role(Role role)
{
    static const Column columns[] = {
        [ROLE_LEAD] = COLUMN_LEAD, [ROLE_SUPPORT] = COLUMN_SUPPORT, [ROLE_RESPONSIBLE] = COLUMN_RESPONSIBLE, [ROLE_PERSON] = COLUMN_PERSON,
    };
    return role < G_N_ELEMENTS(columns) ? columns[role] : COLUMN_NONE;
}

/* The longest word for a column at i; 0: none. Where words run together (工作任务责任单位) the table goes before the words made of parts. */
static size_t column_word(const View *view, size_t i, size_t to, Column *ret_column)
{
    size_t best = 0;
    for (size_t r = 0; r < G_N_ELEMENTS(column_rows); r++)
        if (column_rows[r].word.n > best && word_here(view, i, to, column_rows[r].word)) {
            best = column_rows[r].word.n;
            *ret_column = column_rows[r].column;
        }
    Role role;
    bool noun = false;
    size_t n = role_word_at(view, i, to, &role, &noun);
    if (noun && n > best && (best == 0 || i + n == to)) {
        best = n;
        *ret_column = column_of_role(role);
    }
    return best;
}

/* 督办事项 ends with 事项. */
static bool ends_as_column(const View *cell, Column *ret_column)
{
    size_t best = 1;
    for (size_t r = 0; r < G_N_ELEMENTS(column_rows); r++) {
        Word word = column_rows[r].word;
        if (word.n > best && word.n <= cell->n && word_here(cell, cell->n - word.n, cell->n, word)) {
            best = word.n;
            *ret_column = column_rows[r].column;
        }
    }
    return best > 1;
}

/* A cell that is nothing but the name of a column; blanks inside it (序 号) and a remark in brackets are allowed. */
static bool column_cell(const View *view, Range cell, Column *ret_column)
{
    enum { CELL_MAX = 24 };
    char32_t text[CELL_MAX];
    size_t n = 0;
    cell = view_trim(view, cell, W(U":"));
    if (cell.from == cell.to || cell.to - cell.from > CELL_MAX)
        return false;
    for (size_t i = cell.from; i < cell.to && view->norm[i] != '('; i++)
        if (!is_blank(view->norm[i]))
            text[n++] = view->norm[i];
    View squeezed = { .norm = text, .n = n };
    return n > 0 && (column_word(&squeezed, 0, n, ret_column) == n || ends_as_column(&squeezed, ret_column));
}

/* A head names a task or problem and one thing more. */
static bool is_head(const Column *columns, size_t n)
{
    bool what = false, more = false;
    for (size_t c = 0; c < n; c++) {
        what = what || columns[c] == COLUMN_TASK || columns[c] == COLUMN_PROBLEM || columns[c] == COLUMN_DETAIL;
        more = more || columns[c] == COLUMN_LEAD || columns[c] == COLUMN_RESPONSIBLE || columns[c] == COLUMN_SUPPORT || columns[c] == COLUMN_MEASURE
               || columns[c] == COLUMN_RESULT || columns[c] == COLUMN_DUE || columns[c] == COLUMN_PERSON;
    }
    return what && more;
}

static const TableHead *head_new(const Column *columns, size_t n, Arena *arena)
{
    Column *copy = ARENA_ARRAY(arena, Column, n);
    bool what = false;
    for (size_t c = 0; c < n; c++) {
        copy[c] = columns[c];
        what = what || columns[c] == COLUMN_TASK || columns[c] == COLUMN_PROBLEM;
    }
    for (size_t c = 0; c < n && !what; c++) /* 工作内容 alone names the task */
        if (copy[c] == COLUMN_DETAIL) {
            copy[c] = COLUMN_TASK;
            what = true;
        }
    TableHead *head = ARENA_NEW(arena, TableHead);
    *head = (TableHead) { copy, n };
    return head;
}

/* --- Building the new blocks ------------------------------------------------------------------------------------ */

typedef struct {
    const Blocks *blocks;
    Arena *arena;
    ARENA_LIST(Block) out;
    ARENA_LIST(const TableHead *) heads;
    uint32_t table;
    const TableHead *last_head; /* of the last table with a head, */
    size_t last_row;            /* and the block behind it */
} Builder;

static void add_block(Builder *builder, const Block *block, const TableHead *head)
{
    *ARENA_PUSH(builder->arena, &builder->out) = *block;
    *ARENA_PUSH(builder->arena, &builder->heads) = head;
}

static void add_row(Builder *builder, const Range *cells, size_t n, const TableHead *head)
{
    Block row = { .kind = BLOCK_ROW, .range = { SIZE_MAX, 0 }, .cells = cells, .n_cells = n, .table = builder->table };
    for (size_t c = 0; c < n; c++)
        if (cells[c].from < cells[c].to) {
            row.range.from = MIN(row.range.from, cells[c].from);
            row.range.to = MAX(row.range.to, cells[c].to);
        }
    if (row.range.from < row.range.to)
        add_block(builder, &row, head);
}

/* --- Rows with cells -------------------------------------------------------------------------------------------- */

static const TableHead *head_of_row(const View *view, const Block *row, Arena *arena)
{
    Column columns[COLUMNS_MAX];
    if (row->n_cells < 2 || row->n_cells > COLUMNS_MAX)
        return NULL;
    size_t named = 0;
    for (size_t c = 0; c < row->n_cells; c++) {
        columns[c] = COLUMN_NONE;
        named += column_cell(view, row->cells[c], &columns[c]);
    }
    return named * 2 >= row->n_cells && is_head(columns, row->n_cells) ? head_new(columns, row->n_cells, arena) : NULL;
}

static size_t filled_cells(const Block *row)
{
    size_t n = 0;
    for (size_t c = 0; c < row->n_cells; c++)
        n += row->cells[c].from < row->cells[c].to;
    return n;
}

static bool is_rule(const View *view, const Block *row)
{
    for (size_t i = row->range.from; i < row->range.to; i++)
        if (!word_has(W(U"-|:= +│─┼"), view->norm[i]))
            return false;
    return true;
}

/* A row of one filled cell is a heading inside the table. */
static void add_table_heading(Builder *builder, const Block *row)
{
    Block heading = { .kind = BLOCK_PARAGRAPH, .heading = 1 };
    for (size_t c = 0; c < row->n_cells; c++)
        if (row->cells[c].from < row->cells[c].to)
            heading.range = row->cells[c];
    add_block(builder, &heading, NULL);
}

/* All rows of one table from block b on. Returns the block behind them. */
static size_t copy_table(Builder *builder, size_t b, size_t to)
{
    const View *view = &builder->blocks->view;
    enum { BETWEEN = 2 }; /* headings between the parts of one table */
    const TableHead *head = b - builder->last_row <= BETWEEN ? builder->last_head : NULL;
    uint32_t table = builder->blocks->blocks[b].table;
    for (; b < to && builder->blocks->blocks[b].kind == BLOCK_ROW && builder->blocks->blocks[b].table == table; b++) {
        const Block *row = &builder->blocks->blocks[b];
        const TableHead *new_head = head_of_row(view, row, builder->arena);
        head = new_head ? new_head : head;
        if (new_head || !head)
            add_block(builder, row, NULL);
        else if (filled_cells(row) == 1 && head->n > 2)
            add_table_heading(builder, row);
        else if (!is_rule(view, row))
            add_block(builder, row, head);
    }
    builder->last_head = head;
    builder->last_row = b;
    return b;
}

/* --- One cell a line -------------------------------------------------------------------------------------------- */

static bool is_number_line(const View *view, Range line, int *ret_number)
{
    line = view_trim(view, line, W(U".、"));
    return line.from < line.to && digit_number(view, line.from, line.to, ret_number) == line.to - line.from;
}

/* The lines of a row are more or fewer than its columns: the columns behind the task are filled from the end, what is left is the task's. */
static void add_lines(Builder *builder, size_t b, size_t n_lines, const TableHead *head)
{
    Range *cells = ARENA_ARRAY(builder->arena, Range, head->n);
    const Block *lines = builder->blocks->blocks + b;
    size_t task = 0;
    while (task + 1 < head->n && head->columns[task] != COLUMN_TASK && head->columns[task] != COLUMN_PROBLEM)
        task++;
    if (n_lines <= task)
        task = n_lines - 1;
    size_t behind = MIN(head->n - 1 - task, n_lines - 1 - task);
    for (size_t c = 0; c < task; c++)
        cells[c] = lines[c].range;
    cells[task] = (Range) { lines[task].range.from, lines[n_lines - behind - 1].range.to };
    for (size_t c = 0; c < behind; c++)
        cells[task + 1 + c] = lines[n_lines - behind + c].range;
    add_row(builder, cells, head->n, head);
}

/* Column names on lines of their own; returns how many, 0: no head. */
static size_t head_lines(const Blocks *blocks, size_t b, size_t to, Column *columns)
{
    size_t n = 0;
    while (n < COLUMNS_MAX && b + n < to && blocks->blocks[b + n].kind == BLOCK_PARAGRAPH && column_cell(&blocks->view, blocks->blocks[b + n].range, &columns[n]))
        n++;
    return n >= 3 && is_head(columns, n) ? n : 0;
}

/* Rows begin at the lines that hold the next number; without a column of numbers every row has as many lines as the head. */
static size_t copy_lines(Builder *builder, size_t b, size_t to)
{
    Column columns[COLUMNS_MAX];
    size_t n = head_lines(builder->blocks, b, to, columns);
    if (!n)
        return b;
    const TableHead *head = head_new(columns, n, builder->arena);
    const View *view = &builder->blocks->view;
    bool numbered = columns[0] == COLUMN_NUMBER;
    builder->table++;
    size_t row = b + n;
    int number;
    for (int expected = 1; row < to; expected++) {
        size_t end = row + 1;
        if (numbered && !(is_number_line(view, builder->blocks->blocks[row].range, &number) && number == expected))
            break;
        if (numbered)
            while (end < to && end - row < 4 * n && !(is_number_line(view, builder->blocks->blocks[end].range, &number) && number == expected + 1))
                end++;
        bool last = numbered && (end == to || end - row == 4 * n);
        if (!numbered || last)
            end = MIN(row + n, to);
        if (end - row < 2)
            break;
        add_lines(builder, row, end - row, head);
        row = end;
    }
    return row == b + n ? b : row;
}

/* --- Run together ----------------------------------------------------------------------------------------------- */

/* Column names one behind the other at the beginning of a paragraph; returns how many, and where they end. */
static size_t head_words(const View *view, Range line, Column *columns, size_t *ret_end)
{
    size_t n = 0, i = skip_blanks(view, line.from, line.to);
    for (size_t word; n < COLUMNS_MAX && (word = column_word(view, i, line.to, &columns[n])) && columns[0] == COLUMN_NUMBER; n++)
        i = skip_blanks(view, i + word, line.to);
    *ret_end = i;
    return n >= 3 && is_head(columns, n) ? n : 0;
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

static bool is_date_char(char32_t c)
{
    return (c >= '0' && c <= '9') || word_has(W(U"年月日底前末初中旬季度上下半-至全长期.立行改 "), c);
}

/* "推进……建设。疾控处、医政处2026年6月底": date from the end, owners behind the last full stop, the task before. */
static void add_run_row(Builder *builder, Range row, const TableHead *head)
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
    add_row(builder, cells, head->n, head);
}

/* Returns false when the paragraph is no table that ran together. */
static bool copy_run(Builder *builder, size_t b)
{
    const View *view = &builder->blocks->view;
    Range line = builder->blocks->blocks[b].range;
    Column columns[COLUMNS_MAX];
    size_t end, n = head_words(view, line, columns, &end);
    size_t row = n ? find_row(view, (Range) { end, line.to }, 1) : line.to;
    if (row != skip_blanks(view, end, line.to) || row == line.to)
        return false;
    const TableHead *head = head_new(columns, n, builder->arena);
    builder->table++;
    for (int expected = 2; row < line.to; expected++) {
        size_t next = find_row(view, (Range) { row + 1, line.to }, expected);
        add_run_row(builder, (Range) { row, next }, head);
        row = next;
    }
    return true;
}

/* --- All of a body ---------------------------------------------------------------------------------------------- */

Tables tables_find(const Blocks *blocks, BlockRange body, Arena *arena)
{
    Builder builder = { .blocks = blocks, .arena = arena, .table = UINT32_MAX / 2 };
    for (size_t b = body.from; b < body.to;) {
        const Block *block = &blocks->blocks[b];
        if (block->kind == BLOCK_ROW) {
            b = copy_table(&builder, b, body.to);
            continue;
        }
        size_t behind = copy_lines(&builder, b, body.to);
        if (behind == b && !copy_run(&builder, b))
            add_block(&builder, block, NULL);
        b = MAX(behind, b + 1);
    }
    Tables tables = { .blocks = *blocks, .body = { 0, builder.out.n }, .heads = builder.heads.v };
    tables.blocks.blocks = builder.out.v;
    tables.blocks.n_blocks = builder.out.n;
    return tables;
}

/* How well the cells of a row stand under the head when the first of them stands under column `shift`. */
static int alignment(const View *view, const TableHead *head, const Block *row, size_t shift)
{
    int score = 0, number;
    for (size_t c = 0; c < row->n_cells && c + shift < head->n; c++) {
        Range cell = row->cells[c];
        if (cell.from == cell.to)
            continue;
        switch (head->columns[c + shift]) {
        case COLUMN_NUMBER:
            score += is_number_line(view, cell, &number) ? 2 : -2;
            break;
        case COLUMN_LEAD:
        case COLUMN_RESPONSIBLE:
        case COLUMN_SUPPORT:
            score += name_is_org(view, cell) ? 1 : -1;
            break;
        default:
            break;
        }
    }
    return score;
}

/* A row has fewer cells than the head where a merged cell reaches into it, mostly from the front, or where empty ones at the end were left out. */
static size_t row_shift(const View *view, const TableHead *head, const Block *row)
{
    size_t best = 0;
    int best_score = INT_MIN;
    for (size_t shift = 0; shift + row->n_cells <= head->n; shift++) {
        int score = alignment(view, head, row, shift);
        if (score > best_score) {
            best_score = score;
            best = shift;
        }
    }
    return best;
}

Range table_cell(const View *view, const TableHead *head, const Block *row, Column column)
{
    size_t shift = row_shift(view, head, row);
    for (size_t c = shift; c < head->n && c - shift < row->n_cells; c++)
        if (head->columns[c] == column)
            return row->cells[c - shift];
    return (Range) { row->range.from, row->range.from };
}
