/* The text of a list: the named statement with the list's conditions, or with the ids that its branches give, at the mark. */
#include "db/build_list.h"

#include <stdio.h>

#include "base/banned.h"

/* The statement under construction: text, and what its parameters are. */
typedef struct {
    const DbList *list;
    DbEngine engine;
    GString *sql;
    DbField *fields;
    char *args;
    size_t n; /* parameters so far */
} Builder;

static size_t aligned(size_t n)
{
    return (n + sizeof(int64_t) - 1) & ~(sizeof(int64_t) - 1);
}

static void add_param(Builder *b, const Value *value)
{
    size_t offset = aligned(b->list->base->args_size) + (b->n - b->list->base->n_args) * sizeof(Slot);
    memcpy(b->args + offset, &value->slot, sizeof(Slot));
    b->fields[b->n++] = (DbField) { .name = "list", .offset = (uint16_t) offset, .type = (uint8_t) value->type };
}

/* Each value is one parameter, however often the text names it: branches repeat the conditions. */
static void append_number(Builder *b, size_t value)
{
    g_string_append_printf(b->sql, "%s%zu", b->engine == DB_SQLITE ? "?" : "$", b->list->base->n_args + value + 1);
}

/* One of the list's own values, or (behind them) a part of the cursor. */
static void append_param(Builder *b, const Value *value)
{
    append_number(b, (size_t) (value - b->list->values.v));
}

/* Texts compare and order by bytes on both. */
static void append_column(Builder *b, const char *column, DbType type)
{
    bool collate = type == DB_TYPE_TEXT && b->engine == DB_POSTGRES;
    g_string_append_printf(b->sql, collate ? "(%s) COLLATE \"C\"" : "(%s)", column);
}

static void append_has(Builder *b, const DbFilter *filter, const Value *value)
{
    g_string_append(b->sql, b->engine == DB_SQLITE ? "instr(lower(" : "strpos(lower(");
    append_column(b, filter->column, DB_TYPE_TEXT);
    g_string_append(b->sql, "), lower(");
    append_param(b, value);
    g_string_append(b->sql, b->engine == DB_SQLITE ? ")) > 0" : " COLLATE \"C\")) > 0");
}

static void append_filter(Builder *b, const DbFilter *filter, const Value *values, size_t n)
{
    static const char *const operators[] = {
        [DB_FILTER_EQ] = " = ", [DB_FILTER_EQ_ANY] = " IN (", [DB_FILTER_LT] = " < ",
        [DB_FILTER_LE] = " <= ", [DB_FILTER_GT] = " > ", [DB_FILTER_GE] = " >= ",
    };
    if (filter->op == DB_FILTER_HAS) {
        append_has(b, filter, values);
        return;
    }
    append_column(b, filter->column, filter->op == DB_FILTER_IS_SET ? DB_TYPE_INT : filter->type);
    if (filter->op == DB_FILTER_IS_SET) {
        g_string_append(b->sql, values->slot.yes ? " IS NOT NULL" : " IS NULL");
        return;
    }
    g_string_append(b->sql, operators[filter->op]);
    for (size_t i = 0; i < n; i++) {
        g_string_append(b->sql, i > 0 ? ", " : "");
        append_param(b, &values[i]);
    }
    g_string_append(b->sql, filter->op == DB_FILTER_EQ_ANY ? ")" : "");
}

static void append_literal(Builder *b, const char *literal, const Value *values, size_t n)
{
    size_t used = 0;
    for (const char *p = literal; *p; p++) {
        if (*p == '?' && used < n)
            append_param(b, &values[used++]);
        else
            g_string_append_c(b->sql, *p);
    }
    g_assert(used == n); /* as many values as places */
}

static void append_conditions(Builder *b)
{
    for (size_t i = 0; i < b->list->conditions.n; i++) {
        const Condition *condition = &b->list->conditions.v[i];
        const Value *values = b->list->values.v + condition->first;
        g_string_append(b->sql, " AND (");
        if (condition->filter)
            append_filter(b, condition->filter, values, condition->n);
        else
            append_literal(b, condition->literal, values, condition->n);
        g_string_append_c(b->sql, ')');
    }
}

/* The cursor's id is the parameter behind the list's values, its key the next. A list by id has no key. */
static void append_cursor(Builder *b, const char *key, const char *id)
{
    const DbList *list = b->list;
    const DbOrder *order = list->order;
    if (!list->has_cursor)
        return;
    if (order && g_str_equal(key, id)) { /* one column is both */
        g_string_append_printf(b->sql, " AND %s %s ", id, order->descending ? "<" : ">");
        append_number(b, list->values.n);
        return;
    }
    g_string_append(b->sql, " AND (");
    if (order) {
        append_column(b, key, order->type);
        g_string_append(b->sql, ", ");
    }
    g_string_append_printf(b->sql, "%s) %s (", id, order && order->descending ? "<" : ">");
    if (order) {
        append_number(b, list->values.n + 1);
        g_string_append(b->sql, ", ");
    }
    append_number(b, list->values.n);
    g_string_append_c(b->sql, ')');
}

static void append_order(Builder *b, const char *key, const char *id)
{
    const DbOrder *order = b->list->order;
    const char *direction = order && order->descending ? " DESC" : "";
    g_string_append(b->sql, " ORDER BY ");
    if (order && !g_str_equal(key, id)) { /* FTS5 gives its rows in this order only if nothing else is asked for */
        append_column(b, key, order->type);
        g_string_append_printf(b->sql, "%s, ", direction);
    }
    g_string_append_printf(b->sql, "%s%s LIMIT %d", id, direction, b->list->limit + 1);
}

/* What a branch gives: ids, and for a page the column that orders them. One that goes in the list's order needs no more than a page; for a count all are needed. */
static void append_branch(Builder *b, const Branch *branch, bool page)
{
    const DbList *list = b->list;
    const char *key = branch->branch.key ? branch->branch.key : list->order ? list->order->column : branch->branch.id;
    g_string_append_printf(b->sql, "SELECT %s AS found_id", branch->branch.id);
    if (page)
        g_string_append_printf(b->sql, ", %s AS found_key", key);
    g_string_append_printf(b->sql, " FROM %s WHERE (", branch->branch.from);
    append_literal(b, branch->branch.where, list->values.v + branch->first, branch->n);
    g_string_append_c(b->sql, ')');
    append_conditions(b);
    if (page)
        append_cursor(b, key, branch->branch.id);
    if (page && branch->branch.key)
        append_order(b, key, branch->branch.id);
}

/* The ids that the branches give; for a page with their keys. */
static void append_branches(Builder *b, bool page)
{
    const DbList *list = b->list;
    for (size_t i = 0; i < list->branches.n; i++) {
        g_string_append_printf(b->sql, "%sSELECT found_id%s FROM (", i > 0 ? " UNION ALL " : "", page ? ", found_key" : "");
        append_branch(b, &list->branches.v[i], page);
        g_string_append_printf(b->sql, ") AS found_%zu", i);
    }
}

/* Of all that they give those that stand on the page, each once, behind a SELECT of found_key and found_id. Grouped in the page's order, so that one sorting does both. */
static void append_found(Builder *b)
{
    g_string_append(b->sql, " FROM (");
    append_branches(b, true);
    g_string_append(b->sql, ") AS found GROUP BY found_key, found_id");
    append_order(b, "found_key", b->list->order ? "found_id" : "found_key");
}

/* SELECT, the keys, and the rest of the statement with the conditions at its mark. */
static void append_statement(Builder *b, bool page)
{
    const DbList *list = b->list;
    const char *text = list->base->sql[b->engine] + strlen("SELECT");
    const char *mark = strstr(strstr(text, "[filters]"), "*/") + strlen("*/");
    g_string_append(b->sql, "SELECT ");
    if (page && list->order)
        g_string_append_printf(b->sql, "%s AS list_key, ", list->order->column);
    if (page)
        g_string_append_printf(b->sql, "%s AS list_id, ", list->id_column);
    g_string_append_len(b->sql, text, mark - text);
    if (list->branches.n > 0) {
        /* PostgreSQL joins what is in IN last, after all rows of the tables; an array is a condition of one of them. */
        bool as_array = b->engine == DB_POSTGRES;
        g_string_append_printf(b->sql, as_array ? " AND %s = ANY (ARRAY(" : " AND %s IN (", list->id_column);
        if (page) {
            g_string_append(b->sql, "SELECT found_id FROM (SELECT found_id, found_key");
            append_found(b);
            g_string_append(b->sql, ") AS page");
        } else
            append_branches(b, false);
        g_string_append(b->sql, as_array ? "))" : ")");
    } else {
        append_conditions(b);
        if (page)
            append_cursor(b, list->order ? list->order->column : NULL, list->id_column);
    }
    g_string_append(b->sql, mark);
}

static Builder builder_new(DbList *list, DbEngine engine, bool page)
{
    const DbStatement *base = list->base;
    size_t most = base->n_args + list->values.n + 2;
    Builder b = { .list = list, .engine = engine, .sql = g_string_new(NULL), .n = base->n_args };
    b.fields = ARENA_ARRAY(list->arena, DbField, most);
    b.args = arena_alloc(list->arena, aligned(base->args_size) + (list->values.n + 2) * sizeof(Slot));
    memcpy(b.args, list->args, base->args_size);
    for (size_t i = 0; i < base->n_args; i++)
        b.fields[i] = base->args[i];
    for (size_t i = 0; i < list->values.n; i++)
        add_param(&b, &list->values.v[i]);
    if (page && list->has_cursor) {
        add_param(&b, &(Value) { DB_TYPE_INT, { .number = list->after_id } });
        if (list->order)
            add_param(&b, &list->after_key);
    }
    return b;
}

/* The finished statement in the arena; its text is the builder's, which is used up. */
static const DbStatement *builder_end(Builder *b, const DbField *columns, size_t n_columns, size_t row_size)
{
    DbStatement *q = ARENA_NEW(b->list->arena, DbStatement);
    *q = (DbStatement) {
        .name = b->list->base->name, .at = b->list->base->at, .index = DB_NOT_CACHED,
        .args = b->fields, .columns = columns,
        .n_args = (uint16_t) b->n, .n_columns = (uint16_t) n_columns, .row_size = (uint16_t) row_size,
    };
    q->sql[b->engine] = arena_str(b->list->arena, str_from_gstring(b->sql)).p;
    g_string_free(b->sql, true);
    return q;
}

/* --- Statements ------------------------------------------------------------------------------------------------ */

/* Where the keys stand: behind the caller's row. */
static size_t keyed_columns(DbList *list, DbField *columns)
{
    size_t n = 0;
    list->key_at = aligned(list->base->row_size);
    list->id_at = list->key_at + sizeof(Slot);
    if (list->order)
        columns[n++] = (DbField) { "list_key", (uint16_t) list->key_at, (uint8_t) list->order->type, false };
    columns[n++] = (DbField) { "list_id", (uint16_t) list->id_at, DB_TYPE_INT, false };
    return n;
}

const DbStatement *list_page_statement(DbList *list, DbEngine engine, const void **ret_args)
{
    const DbStatement *base = list->base;
    Builder b = builder_new(list, engine, true);
    append_statement(&b, true);
    append_order(&b, list->order ? list->order->column : NULL, list->id_column);
    DbField *columns = ARENA_ARRAY(list->arena, DbField, base->n_columns + 2u);
    size_t n = keyed_columns(list, columns);
    memcpy(columns + n, base->columns, base->n_columns * sizeof *columns);
    *ret_args = b.args;
    return builder_end(&b, columns, n + base->n_columns, list->id_at + sizeof(int64_t));
}

const DbStatement *list_ids_statement(DbList *list, DbEngine engine, const void **ret_args)
{
    Builder b = builder_new(list, engine, true);
    DbField *columns = ARENA_ARRAY(list->arena, DbField, 2);
    size_t n = keyed_columns(list, columns);
    g_string_append(b.sql, list->order ? "SELECT found_key AS list_key, found_id AS list_id" : "SELECT found_id AS list_id");
    append_found(&b);
    *ret_args = b.args;
    return builder_end(&b, columns, n, list->id_at + sizeof(int64_t));
}

const DbStatement *list_all_statement(DbList *list, DbEngine engine, const void **ret_args)
{
    const DbStatement *base = list->base;
    Builder b = builder_new(list, engine, false);
    append_statement(&b, false);
    *ret_args = b.args;
    return builder_end(&b, base->columns, base->n_columns, base->row_size);
}

const DbStatement *list_total_statement(DbList *list, DbEngine engine, const void **ret_args)
{
    static const DbField columns[] = { { "n", 0, DB_TYPE_INT, false } };
    Builder b = builder_new(list, engine, false);
    g_string_append(b.sql, "SELECT count(*) AS n FROM (");
    append_statement(&b, false);
    g_string_append(b.sql, ") AS counted");
    *ret_args = b.args;
    return builder_end(&b, columns, 1, sizeof(int64_t));
}
