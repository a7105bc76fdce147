/* The items of task tables. A row is an item; where a merged cell above leaves number and task of a row empty, the row only continues it. */
#include "doc/items.h"

#include "base/banned.h"

/* A row and those that continue it. */
typedef struct {
    const TableHead *head;
    const Block *const *rows;
    size_t n;
} RowGroup;

static const Column owner_columns[] = { COLUMN_LEAD, COLUMN_RESPONSIBLE, COLUMN_SUPPORT };

static Role role_of_column(Column column)
{
    return column == COLUMN_LEAD ? ROLE_LEAD : column == COLUMN_SUPPORT ? ROLE_SUPPORT : ROLE_RESPONSIBLE;
}

/* The names of a cell have the role of its column, unless the cell says otherwise (牵头：A；配合：B). */
static void cell_owners(const ItemReader *reader, Range cell, Role role, OwnerList *owners)
{
    OwnerList labelled = { 0 };
    RangeList marks = { 0 };
    owners_find(reader->view, cell, (OwnerHabits) { .first_leads = SIZE_MAX }, reader->arena, &labelled, &marks);
    if (labelled.n == 0)
        names_split(reader->view, cell, (Owner) { .role = role }, reader->arena, owners);
    for (size_t i = 0; i < labelled.n; i++)
        *ARENA_PUSH(reader->arena, owners) = labelled.v[i];
}

static void row_owners(ItemReader *reader, DocItem *item, const RowGroup *group, Range task)
{
    OwnerList owners = { 0 };
    RangeList marks = { 0 };
    for (size_t r = 0; r < group->n; r++)
        for (size_t c = 0; c < G_N_ELEMENTS(owner_columns); c++)
            cell_owners(reader, table_cell(reader->view, group->head, group->rows[r], owner_columns[c]), role_of_column(owner_columns[c]), &owners);
    if (owners.n == 0)
        owners_find(reader->view, task, reader->owner_habits, reader->arena, &owners, &marks);
    owners_values(reader->view, &owners, reader->owner_habits, reader->arena, item);
}

/* The number in its own column, or before the task. Returns the task without it. */
static Range row_number(ItemReader *reader, DocItem *item, Range number, Range task)
{
    const View *view = reader->view;
    Label label;
    int value = 0;
    number = view_trim(view, number, W(U".、"));
    if (number.from < number.to) {
        size_t n = digit_number(view, number.from, number.to, &value);
        if (!n)
            n = han_number(view, number.from, number.to, &value);
        item->label = view_value(view, number, reader->arena);
        item->no = n == number.to - number.from ? arena_printf(reader->arena, "%d", value) : item->label.text;
    }
    if (label_read(view, task.from, task.to, &label) && !label.weak) {
        if (!item->no.p) {
            item->no = label_number(view, &label, reader->arena);
            item->label = view_value(view, label.range, reader->arena);
        }
        task.from = skip_blanks(view, label.range.to, task.to);
    }
    return task;
}

static const Column what_columns[] = { COLUMN_TASK, COLUMN_PROBLEM, COLUMN_DETAIL, COLUMN_MEASURE };
static const Column text_columns[] = { COLUMN_TASK, COLUMN_PROBLEM, COLUMN_DETAIL, COLUMN_MEASURE, COLUMN_RESULT };

static Range row_task(const View *view, const TableHead *head, const Block *row)
{
    Range task = { 0, 0 };
    for (size_t c = 0; c < G_N_ELEMENTS(what_columns) && task.from == task.to; c++)
        task = table_cell(view, head, row, what_columns[c]);
    return task;
}

static void row_measures(ItemReader *reader, DocItem *item, const RowGroup *group)
{
    static const Column columns[] = { COLUMN_MEASURE, COLUMN_RESULT, COLUMN_DETAIL, COLUMN_TASK };
    MeasureList measures = { 0 };
    RangeList none = { 0 };
    for (size_t c = 0; c < G_N_ELEMENTS(columns); c++)
        for (size_t r = 0; r < group->n; r++) {
            Range cell = table_cell(reader->view, group->head, group->rows[r], columns[c]);
            size_t before = measures.n;
            measures_find(reader->view, cell, &none, reader->arena, &measures);
            if (measures.n == before && columns[c] == COLUMN_MEASURE)
                measures_numbered(reader->view, cell, reader->arena, &measures);
        }
    item->measures = measures.v;
    item->n_measures = measures.n;
}

static void row_targets(ItemReader *reader, DocItem *item, const RowGroup *group)
{
    ARENA_LIST(Range) texts = { 0 };
    Date due = DATE_NONE;
    for (size_t r = 0; r < group->n; r++) {
        for (size_t c = 0; c < G_N_ELEMENTS(text_columns); c++)
            *ARENA_PUSH(reader->arena, &texts) = table_cell(reader->view, group->head, group->rows[r], text_columns[c]);
        Date day = due_of_cell(reader->view, table_cell(reader->view, group->head, group->rows[r], COLUMN_DUE), &reader->targets);
        due = due == DATE_NONE ? day : due;
    }
    item_set_targets(reader, item, texts.v, texts.n, due);
}

static Range row_category(ItemReader *reader, const TableHead *head, const Block *row)
{
    Range category = view_trim(reader->view, table_cell(reader->view, head, row, COLUMN_CATEGORY), W(U""));
    if (category.from < category.to || reader->table != head)
        reader->category = category;
    reader->table = head;
    return reader->category;
}

static bool is_empty(Range range)
{
    return range.from >= range.to;
}

/* Number and task stand in the row above, in cells that reach down. */
static bool continues_row(const ItemReader *reader, uint32_t id, const TableHead *head)
{
    const Outline *outline = &reader->structure->outline;
    if (id >= outline->n || outline->v[id].kind != NODE_ROW || reader->structure->heads[outline->v[id].block] != head)
        return false;
    const Block *row = &reader->structure->blocks->blocks[outline->v[id].block];
    return is_empty(table_cell(reader->view, head, row, COLUMN_NUMBER)) && is_empty(table_cell(reader->view, head, row, COLUMN_TASK))
           && is_empty(table_cell(reader->view, head, row, COLUMN_PROBLEM));
}

static RowGroup row_group(const ItemReader *reader, uint32_t id)
{
    const Structure *structure = reader->structure;
    const TableHead *head = structure->heads[structure->outline.v[id].block];
    ARENA_LIST(const Block *) rows = { 0 };
    do
        *ARENA_PUSH(reader->arena, &rows) = &structure->blocks->blocks[structure->outline.v[id++].block];
    while (continues_row(reader, id, head));
    return (RowGroup) { head, rows.v, rows.n };
}

static void row_title(ItemReader *reader, DocItem *item, Range task)
{
    OwnerList owners = { 0 };
    RangeList marks = { 0 };
    owners_find(reader->view, task, reader->owner_habits, reader->arena, &owners, &marks);
    item->title = view_value(reader->view, title_without(reader->view, title_of(reader->view, task), &marks), reader->arena);
}

static void row_problem(ItemReader *reader, DocItem *item, Range problem)
{
    item->kind = is_empty(problem) ? ITEM_TASK : ITEM_RECTIFICATION;
    heading_problem(reader->view, problem, &problem);
    item->problem = view_value(reader->view, view_trim(reader->view, problem, W(U"。;")), reader->arena);
}

void row_take(ItemReader *reader, uint32_t id)
{
    const View *view = reader->view;
    const Node *node = &reader->structure->outline.v[id];
    RowGroup group = row_group(reader, id);
    const Block *row = group.rows[0];
    bool continued = id > 0 && reader->structure->outline.v[id - 1].kind == NODE_ROW && continues_row(reader, id, group.head);
    Range whole = { row->range.from, group.rows[group.n - 1]->range.to };
    DocItem item = { .span = item_span(view, whole) };
    Range task = row_number(reader, &item, table_cell(view, group.head, row, COLUMN_NUMBER), row_task(view, group.head, row));
    if (is_empty(task) || continued)
        return;
    row_title(reader, &item, task);
    row_problem(reader, &item, table_cell(view, group.head, row, COLUMN_PROBLEM));
    item_set_path(reader, &item, node->parent, row_category(reader, group.head, row));
    row_owners(reader, &item, &group, task);
    row_measures(reader, &item, &group);
    row_targets(reader, &item, &group);
    item_add(reader, &item, (ItemPlace) { id, node->parent, whole, whole.to });
}
