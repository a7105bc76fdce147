/* Task tables. A table names its columns in its first row (序号 工作任务 牵头单位 完成时限), and that is how it is known, whatever
 * shape it was printed in. Here are the rows whose cells are divided by bars; the other shapes are in table_shapes.c. */
#include "doc/tables.h"

#include "base/banned.h"

typedef struct {
    Word word;
    Column column;
} ColumnRow;

/* Owners' columns are not here: they are made of the words of roles.c. */
static const ColumnRow column_rows[] = {
    { WORD_INIT(U"序号"), COLUMN_NUMBER }, { WORD_INIT(U"编号"), COLUMN_NUMBER }, { WORD_INIT(U"任务序号"), COLUMN_NUMBER },
    { WORD_INIT(U"问题序号"), COLUMN_NUMBER }, { WORD_INIT(U"问题编号"), COLUMN_NUMBER },
    { WORD_INIT(U"类别"), COLUMN_CATEGORY }, { WORD_INIT(U"类型"), COLUMN_CATEGORY },
    { WORD_INIT(U"问题类型"), COLUMN_CATEGORY }, { WORD_INIT(U"任务类别"), COLUMN_CATEGORY },
    { WORD_INIT(U"领域"), COLUMN_CATEGORY }, { WORD_INIT(U"方面"), COLUMN_CATEGORY }, { WORD_INIT(U"板块"), COLUMN_CATEGORY },
    { WORD_INIT(U"问题类别"), COLUMN_CATEGORY }, { WORD_INIT(U"工作类别"), COLUMN_CATEGORY },
    { WORD_INIT(U"重点领域"), COLUMN_CATEGORY }, { WORD_INIT(U"一级指标"), COLUMN_CATEGORY },
    { WORD_INIT(U"分类"), COLUMN_CATEGORY }, { WORD_INIT(U"任务"), COLUMN_TASK }, { WORD_INIT(U"工作任务"), COLUMN_TASK },
    { WORD_INIT(U"重点任务"), COLUMN_TASK }, { WORD_INIT(U"主要任务"), COLUMN_TASK }, { WORD_INIT(U"任务名称"), COLUMN_TASK },
    { WORD_INIT(U"重点工作"), COLUMN_TASK }, { WORD_INIT(U"工作事项"), COLUMN_TASK }, { WORD_INIT(U"事项"), COLUMN_TASK },
    { WORD_INIT(U"重点事项"), COLUMN_TASK }, { WORD_INIT(U"项目名称"), COLUMN_TASK }, { WORD_INIT(U"工作项目"), COLUMN_TASK },
    { WORD_INIT(U"项目"), COLUMN_TASK }, { WORD_INIT(U"整改任务"), COLUMN_TASK }, { WORD_INIT(U"整改事项"), COLUMN_TASK },
    { WORD_INIT(U"工作"), COLUMN_TASK }, { WORD_INIT(U"重点工作任务"), COLUMN_TASK }, { WORD_INIT(U"目标任务"), COLUMN_TASK },
    { WORD_INIT(U"指标名称"), COLUMN_TASK }, { WORD_INIT(U"指标"), COLUMN_TASK }, { WORD_INIT(U"主要指标"), COLUMN_TASK },
    { WORD_INIT(U"任务内容"), COLUMN_DETAIL }, { WORD_INIT(U"工作内容"), COLUMN_DETAIL },
    { WORD_INIT(U"主要内容"), COLUMN_DETAIL }, { WORD_INIT(U"具体内容"), COLUMN_DETAIL }, { WORD_INIT(U"内容"), COLUMN_DETAIL },
    { WORD_INIT(U"具体任务"), COLUMN_DETAIL }, { WORD_INIT(U"工作目标"), COLUMN_DETAIL },
    { WORD_INIT(U"年度目标"), COLUMN_DETAIL }, { WORD_INIT(U"目标值"), COLUMN_DETAIL },
    { WORD_INIT(U"目标要求"), COLUMN_DETAIL }, { WORD_INIT(U"目标"), COLUMN_DETAIL }, { WORD_INIT(U"工作要求"), COLUMN_DETAIL },
    { WORD_INIT(U"整改目标"), COLUMN_DETAIL }, { WORD_INIT(U"具体要求"), COLUMN_DETAIL },
    { WORD_INIT(U"建设内容"), COLUMN_DETAIL }, { WORD_INIT(U"问题"), COLUMN_PROBLEM },
    { WORD_INIT(U"存在问题"), COLUMN_PROBLEM }, { WORD_INIT(U"反馈问题"), COLUMN_PROBLEM },
    { WORD_INIT(U"问题描述"), COLUMN_PROBLEM }, { WORD_INIT(U"具体问题"), COLUMN_PROBLEM },
    { WORD_INIT(U"主要问题"), COLUMN_PROBLEM }, { WORD_INIT(U"问题内容"), COLUMN_PROBLEM },
    { WORD_INIT(U"整改问题"), COLUMN_PROBLEM }, { WORD_INIT(U"问题清单"), COLUMN_PROBLEM },
    { WORD_INIT(U"发现问题"), COLUMN_PROBLEM }, { WORD_INIT(U"反馈意见"), COLUMN_PROBLEM },
    { WORD_INIT(U"问题表现"), COLUMN_PROBLEM }, { WORD_INIT(U"措施"), COLUMN_MEASURE },
    { WORD_INIT(U"整改措施"), COLUMN_MEASURE }, { WORD_INIT(U"工作措施"), COLUMN_MEASURE },
    { WORD_INIT(U"具体措施"), COLUMN_MEASURE }, { WORD_INIT(U"主要措施"), COLUMN_MEASURE },
    { WORD_INIT(U"工作举措"), COLUMN_MEASURE }, { WORD_INIT(U"推进措施"), COLUMN_MEASURE },
    { WORD_INIT(U"具体举措"), COLUMN_MEASURE }, { WORD_INIT(U"主要举措"), COLUMN_MEASURE },
    { WORD_INIT(U"整改情况"), COLUMN_RESULT }, { WORD_INIT(U"整改进展"), COLUMN_RESULT },
    { WORD_INIT(U"进展情况"), COLUMN_RESULT }, { WORD_INIT(U"完成情况"), COLUMN_RESULT },
    { WORD_INIT(U"整改落实情况"), COLUMN_RESULT }, { WORD_INIT(U"落实情况"), COLUMN_RESULT },
    { WORD_INIT(U"整改结果"), COLUMN_RESULT }, { WORD_INIT(U"整改成效"), COLUMN_RESULT },
    { WORD_INIT(U"整改进展情况"), COLUMN_RESULT }, { WORD_INIT(U"目前进展"), COLUMN_RESULT },
    { WORD_INIT(U"完成时限"), COLUMN_DUE }, { WORD_INIT(U"整改时限"), COLUMN_DUE }, { WORD_INIT(U"完成时间"), COLUMN_DUE },
    { WORD_INIT(U"时间节点"), COLUMN_DUE }, { WORD_INIT(U"时限"), COLUMN_DUE }, { WORD_INIT(U"时限要求"), COLUMN_DUE },
    { WORD_INIT(U"完成期限"), COLUMN_DUE }, { WORD_INIT(U"时间要求"), COLUMN_DUE }, { WORD_INIT(U"整改期限"), COLUMN_DUE },
    { WORD_INIT(U"进度安排"), COLUMN_DUE }, { WORD_INIT(U"备注"), COLUMN_NONE }, { WORD_INIT(U"单位"), COLUMN_NONE },
    { WORD_INIT(U"任务来源"), COLUMN_NONE }, { WORD_INIT(U"成果形式"), COLUMN_NONE }, { WORD_INIT(U"是否完成"), COLUMN_NONE },
    { WORD_INIT(U"联系电话"), COLUMN_NONE }, { WORD_INIT(U"销号情况"), COLUMN_NONE }, { WORD_INIT(U"整改类型"), COLUMN_NONE },
};

static Column column_of_role(Role role)
{
    static const Column columns[] = {
        [ROLE_LEAD] = COLUMN_LEAD, [ROLE_SUPPORT] = COLUMN_SUPPORT, [ROLE_RESPONSIBLE] = COLUMN_RESPONSIBLE, [ROLE_PERSON] = COLUMN_PERSON,
    };
    return role < G_N_ELEMENTS(columns) ? columns[role] : COLUMN_NONE;
}

/* The longest word for a column at i; 0: none. Where words run together (工作任务责任单位) the table goes before the words made of parts. */
size_t table_column_word(const View *view, size_t i, size_t to, Column *ret_column)
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
    bool whole = i + n == to; /* 牵头, 配合: without a noun it must be all */
    if ((noun || whole) && n > best && (best == 0 || whole)) {
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
bool table_column_cell(const View *view, Range cell, Column *ret_column)
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
    return n > 0 && (table_column_word(&squeezed, 0, n, ret_column) == n || ends_as_column(&squeezed, ret_column));
}

/* A head names a task or problem and one thing more. */
bool table_is_head(const Column *columns, size_t n)
{
    bool what = false, more = false;
    for (size_t c = 0; c < n; c++) {
        what = what || columns[c] == COLUMN_TASK || columns[c] == COLUMN_PROBLEM || columns[c] == COLUMN_DETAIL;
        more = more || columns[c] == COLUMN_LEAD || columns[c] == COLUMN_RESPONSIBLE || columns[c] == COLUMN_SUPPORT || columns[c] == COLUMN_MEASURE
               || columns[c] == COLUMN_RESULT || columns[c] == COLUMN_DUE || columns[c] == COLUMN_PERSON;
    }
    return what && more;
}

const TableHead *table_head(const Column *columns, size_t n, Arena *arena)
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

void table_add_block(TableBuilder *builder, const Block *block, const TableHead *head)
{
    *ARENA_PUSH(builder->arena, &builder->out) = *block;
    *ARENA_PUSH(builder->arena, &builder->heads) = head;
}

void table_add_row(TableBuilder *builder, const Range *cells, size_t n, const TableHead *head)
{
    Block row = { .kind = BLOCK_ROW, .range = { SIZE_MAX, 0 }, .cells = cells, .n_cells = n, .table = builder->table };
    for (size_t c = 0; c < n; c++)
        if (cells[c].from < cells[c].to) {
            row.range.from = MIN(row.range.from, cells[c].from);
            row.range.to = MAX(row.range.to, cells[c].to);
        }
    if (row.range.from < row.range.to)
        table_add_block(builder, &row, head);
}

bool table_is_number(const View *view, Range line, int *ret_number)
{
    line = view_trim(view, line, W(U".、"));
    return line.from < line.to && digit_number(view, line.from, line.to, ret_number) == line.to - line.from;
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
        named += table_column_cell(view, row->cells[c], &columns[c]);
    }
    return named * 2 >= row->n_cells && table_is_head(columns, row->n_cells) ? table_head(columns, row->n_cells, arena) : NULL;
}

/* A second line of column names, below a cell that spans several columns: 责任单位 over 牵头 and 配合. */
static bool refine_head(TableBuilder *builder, const Block *row, const TableHead **head)
{
    Column columns[COLUMNS_MAX], named;
    if (row->n_cells != (*head)->n || row->n_cells > COLUMNS_MAX)
        return false;
    bool any = false;
    for (size_t c = 0; c < row->n_cells; c++) {
        columns[c] = (*head)->columns[c];
        if (row->cells[c].from == row->cells[c].to)
            continue;
        if (!table_column_cell(&builder->blocks->view, row->cells[c], &named))
            return false;
        columns[c] = named;
        any = true;
    }
    *head = any ? table_head(columns, row->n_cells, builder->arena) : *head;
    return any;
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
static void add_table_heading(TableBuilder *builder, const Block *row)
{
    Block heading = { .kind = BLOCK_PARAGRAPH, .heading = 1 };
    for (size_t c = 0; c < row->n_cells; c++)
        if (row->cells[c].from < row->cells[c].to)
            heading.range = row->cells[c];
    table_add_block(builder, &heading, NULL);
}

/* All rows of one table from block b on. Returns the block behind them. */
static size_t copy_table(TableBuilder *builder, size_t b, size_t to)
{
    const View *view = &builder->blocks->view;
    enum { BETWEEN = 2 }; /* headings between the parts of one table */
    const TableHead *head = b - builder->last_row <= BETWEEN ? builder->last_head : NULL;
    uint32_t table = builder->blocks->blocks[b].table;
    for (; b < to && builder->blocks->blocks[b].kind == BLOCK_ROW && builder->blocks->blocks[b].table == table; b++) {
        const Block *row = &builder->blocks->blocks[b];
        const TableHead *new_head = head_of_row(view, row, builder->arena);
        head = new_head ? new_head : head;
        if (!new_head && head && refine_head(builder, row, &head))
            continue;
        if (new_head || !head)
            table_add_block(builder, row, NULL);
        else if (filled_cells(row) == 1 && head->n > 2)
            add_table_heading(builder, row);
        else if (!is_rule(view, row))
            table_add_block(builder, row, head);
    }
    builder->last_head = head;
    builder->last_row = b;
    return b;
}

/* --- All of a body ---------------------------------------------------------------------------------------------- */

Tables tables_find(const Blocks *blocks, BlockRange body, Arena *arena)
{
    TableBuilder builder = { .blocks = blocks, .arena = arena, .table = UINT32_MAX / 2 };
    for (size_t b = body.from; b < body.to;) {
        const Block *block = &blocks->blocks[b];
        if (block->kind == BLOCK_ROW) {
            b = copy_table(&builder, b, body.to);
            continue;
        }
        size_t behind = table_copy_lines(&builder, b, body.to);
        if (behind == b)
            behind = table_copy_spaced(&builder, b, body.to);
        if (behind == b)
            behind = table_copy_run(&builder, b);
        if (behind == b)
            table_add_block(&builder, block, NULL);
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
            score += table_is_number(view, cell, &number) ? 2 : -2;
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
