/* A list is a statement made for one run: its text from the named statement and our own column expressions, its values as
 * parameters behind those of the statement. Then it goes the way of every other statement. */
#include "db/build.h"

#include "base/limits.h"

#include <stdio.h>
#include <xxhash.h>

#include "base/banned.h"

/* One argument's place in the struct that is made for the run; large enough for each type. */
typedef union {
    int64_t number;
    bool yes;
    Date date;
    Str text;
} Slot;

typedef struct {
    DbType type;
    Slot slot;
} Value;

/* A part of WHERE: a row of the filter table, or a literal of ours. */
typedef struct {
    const DbFilter *filter;
    const char *literal;
    size_t first, n; /* its values */
} Condition;

/* A place where rows are found; its values stand among the list's. */
typedef struct {
    DbBranch branch;
    size_t first, n;
} Branch;

typedef ARENA_LIST(Condition) Conditions;
typedef ARENA_LIST(Branch) Branches;
typedef ARENA_LIST(Value) Values;

struct DbList {
    Arena *arena;
    const DbStatement *base;
    const void *args;
    const char *id_column;
    Conditions conditions;
    Branches branches;
    Values values;
    const DbOrder *order; /* NULL: by id */
    bool has_cursor;
    Value after_key;
    int64_t after_id;
    int limit;
    int count; /* rows read */
    void *row; /* the one read last, with its keys behind it */
    size_t key_at, id_at;
    Str next_cursor;
};

enum { MOST_VALUES = 2000 }; /* in one list; offsets of arguments are 16 bits */

DbList *db_list_new_raw(Arena *arena, const DbStatement *q, const void *args, const char *id_column)
{
    g_assert(strstr(q->sql[DB_SQLITE], "[filters]"));
    DbList *list = ARENA_NEW(arena, DbList);
    void *copy = arena_alloc(arena, q->args_size);
    memcpy(copy, args, q->args_size);
    *list = (DbList) { .arena = arena, .base = q, .args = copy, .id_column = id_column, .limit = LIMIT_LIST_ROWS };
    return list;
}

/* --- Filters --------------------------------------------------------------------------------------------------- */

static bool parse_bool(Str s, bool *ret_yes)
{
    bool yes = str_eq(s, STR("true"));
    if (!yes && !str_eq(s, STR("false")))
        return false;
    *ret_yes = yes;
    return true;
}

static bool parse_value(DbType type, Str s, Slot *ret_slot)
{
    switch (type) {
    case DB_TYPE_INT:
        return str_to_int64(s, &ret_slot->number);
    case DB_TYPE_BOOL:
        return parse_bool(s, &ret_slot->yes);
    case DB_TYPE_DATE:
        return date_parse(s, &ret_slot->date);
    case DB_TYPE_TEXT:
        ret_slot->text = s;
        return s.p && utf8_valid(s, NULL);
    case DB_TYPE_BLOB:
        break;
    }
    return false;
}

/* Adds a value to the condition that was begun last. Texts are copied: the list may outlive the request's line. */
static bool add_value(DbList *list, DbType type, Str s)
{
    Value value = { .type = type };
    if (list->values.n >= MOST_VALUES || !parse_value(type, s, &value.slot))
        return false;
    if (type == DB_TYPE_TEXT)
        value.slot.text = arena_str(list->arena, s);
    *ARENA_PUSH(list->arena, &list->values) = value;
    list->conditions.v[list->conditions.n - 1].n++;
    return true;
}

static void begin_condition(DbList *list, const DbFilter *filter, const char *literal)
{
    *ARENA_PUSH(list->arena, &list->conditions) = (Condition) { .filter = filter, .literal = literal, .first = list->values.n };
}

static bool unknown_filter(const DbFilter *filters, size_t n, Str name, GError **err)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", filters[i].name);
    error_set(err, BH_BAD_INPUT, "no filter '" STR_FMT "'", STR_ARG(name));
    return error_hint(err, "there are: %s", known->str);
}

static const DbFilter *filter_of(const DbFilter *filters, size_t n, Str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, str_from(filters[i].name)))
            return &filters[i];
    return NULL;
}

bool db_list_filter(DbList *list, const DbFilter *filters, size_t n_filters, Str name, Str value, GError **err)
{
    const DbFilter *filter = filter_of(filters, n_filters, name);
    if (!filter)
        return unknown_filter(filters, n_filters, name, err);
    DbType type = filter->op == DB_FILTER_IS_SET ? DB_TYPE_BOOL : filter->type;
    Str rest = value;
    begin_condition(list, filter, NULL);
    for (int count = 0; count == 0 || rest.p; count++) {
        Str one = filter->op == DB_FILTER_EQ_ANY ? str_cut(&rest, ',') : rest;
        if (filter->op != DB_FILTER_EQ_ANY)
            rest = STR_NONE;
        if (count == LIMIT_FILTER_VALUES || !add_value(list, type, one))
            return error_set(err, BH_BAD_INPUT, "filter '%s': '" STR_FMT "' is no %s, or one too many", filter->name,
                             STR_ARG(utf8_head(one, 40)), db_type_name(type));
    }
    return true;
}

static void keep_value(DbList *list, const DbValue *given)
{
    Value value = { .type = given->type };
    g_assert(list->values.n < MOST_VALUES);
    switch (given->type) {
    case DB_TYPE_INT:
        value.slot.number = given->number;
        break;
    case DB_TYPE_BOOL:
        value.slot.yes = given->number != 0;
        break;
    case DB_TYPE_DATE:
        value.slot.date = (Date) given->number;
        break;
    case DB_TYPE_TEXT:
    case DB_TYPE_BLOB:
        value.slot.text = arena_str(list->arena, given->text);
        break;
    }
    *ARENA_PUSH(list->arena, &list->values) = value;
}

static void keep_values(DbList *list, const DbValue *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        keep_value(list, &values[i]);
}

void db_list_where_values(DbList *list, const char *condition, const DbValue *values, size_t n_values)
{
    begin_condition(list, NULL, condition);
    keep_values(list, values, n_values);
    list->conditions.v[list->conditions.n - 1].n = n_values;
}

void db_list_where(DbList *list, const char *condition, const int64_t *values, size_t n_values)
{
    begin_condition(list, NULL, condition);
    for (size_t i = 0; i < n_values; i++)
        keep_value(list, &DB_INT(values[i]));
    list->conditions.v[list->conditions.n - 1].n = n_values;
}

void db_list_where_pieces(DbList *list, const char *const *pieces, size_t n_pieces, const DbValue *values, size_t n_values)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < n_pieces; i++)
        g_string_append(text, pieces[i]);
    db_list_where_values(list, arena_str(list->arena, str_from_gstring(text)).p, values, n_values);
}

void db_list_branch(DbList *list, const DbBranch *branch, const DbValue *values, size_t n_values)
{
    g_assert(list->branches.n < DB_BRANCHES);
    *ARENA_PUSH(list->arena, &list->branches) = (Branch) { *branch, list->values.n, n_values };
    keep_values(list, values, n_values);
}

/* --- Order and cursor ------------------------------------------------------------------------------------------ */

bool db_list_order(DbList *list, const DbOrder *orders, size_t n_orders, Str name, GError **err)
{
    for (size_t i = 0; i < n_orders; i++)
        if (str_eq(name, str_from(orders[i].name)))
            list->order = &orders[i];
    return name.n == 0 || (list->order && str_eq(name, str_from(list->order->name))) ||
           error_set(err, BH_BAD_INPUT, "no order '" STR_FMT "'", STR_ARG(utf8_head(name, 40)));
}

static const char *order_name(const DbList *list)
{
    return list->order ? list->order->name : "";
}

/* Not a secret, and no protection: it finds cursors that were cut off, changed, or made for another list. Whatever a cursor says
 * goes in as parameters of the right type. */
static uint64_t cursor_hash(const DbList *list, Str body)
{
    return XXH64(body.p, body.n, XXH64(list->base->name, strlen(list->base->name), 0));
}

static void append_key(GString *to, DbType type, const Slot *slot)
{
    char buffer[DATE_TEXT_MAX];
    if (type == DB_TYPE_TEXT)
        g_string_append_len(to, slot->text.p, (gssize) slot->text.n);
    else if (type == DB_TYPE_DATE)
        g_string_append(to, date_format(slot->date, buffer));
    else if (type == DB_TYPE_BOOL)
        g_string_append(to, slot->yes ? "true" : "false");
    else
        g_string_append_printf(to, "%lld", (long long) slot->number);
}

/* base64url(hash, newline, order, newline, id, newline, key) */
static Str make_cursor(const DbList *list, const Slot *key, int64_t id)
{
    g_autoptr(GString) body = g_string_new(order_name(list));
    g_string_append_printf(body, "\n%lld\n", (long long) id);
    if (list->order)
        append_key(body, list->order->type, key);
    g_autofree char *whole = g_strdup_printf("%016llx\n", (unsigned long long) cursor_hash(list, str_from_gstring(body)));
    g_string_prepend(body, whole);
    g_autofree char *encoded = g_base64_encode((const guchar *) body->str, body->len);
    g_strdelimit(encoded, "+", '-');
    g_strdelimit(encoded, "/", '_');
    return arena_str(list->arena, (Str) { encoded, strcspn(encoded, "=") });
}

static Str decode(Arena *arena, Str cursor)
{
    g_autoptr(GString) text = g_string_new_len(cursor.p, (gssize) cursor.n);
    g_strdelimit(text->str, "-", '+');
    g_strdelimit(text->str, "_", '/');
    while (text->len % 4 != 0)
        g_string_append_c(text, '=');
    gsize n = 0;
    g_autofree guchar *decoded = g_base64_decode(text->str, &n);
    return arena_str(arena, (Str) { (const char *) decoded, n });
}

static bool read_cursor(DbList *list, Str cursor)
{
    Str body = decode(list->arena, cursor);
    Str hash = str_cut(&body, '\n');
    char want[17];
    g_snprintf(want, sizeof want, "%016llx", (unsigned long long) cursor_hash(list, body));
    if (!body.p || !str_eq(hash, str_from(want)) || !str_eq(str_cut(&body, '\n'), str_from(order_name(list))))
        return false;
    DbType type = list->order ? list->order->type : DB_TYPE_TEXT;
    list->after_key.type = type;
    list->has_cursor = str_to_int64(str_cut(&body, '\n'), &list->after_id) && parse_value(type, body, &list->after_key.slot);
    return list->has_cursor;
}

bool db_list_page(DbList *list, Str cursor, int limit, GError **err)
{
    if (limit < 1 || limit > LIMIT_LIST_ROWS)
        return error_set(err, BH_BAD_INPUT, "a page has 1 to %d rows, not %d", LIMIT_LIST_ROWS, limit);
    list->limit = limit;
    if (cursor.n == 0 || (cursor.n <= LIMIT_CURSOR_BYTES && read_cursor(list, cursor)))
        return true;
    error_set(err, BH_BAD_INPUT, "the cursor is not of this list and order");
    return error_hint(err, "begin again at the first page");
}

/* --- The text -------------------------------------------------------------------------------------------------- */

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

/* The ids that the branches give; for a page, of all that they give those that stand on it: what is shown of a task costs more than to find it. */
static void append_branches(Builder *b, bool page)
{
    const DbList *list = b->list;
    g_string_append(b->sql, page ? "SELECT found_id FROM (SELECT found_id, found_key FROM (" : "");
    for (size_t i = 0; i < list->branches.n; i++) {
        g_string_append_printf(b->sql, "%sSELECT found_id%s FROM (", i > 0 ? " UNION ALL " : "", page ? ", found_key" : "");
        append_branch(b, &list->branches.v[i], page);
        g_string_append_printf(b->sql, ") AS found_%zu", i);
    }
    if (!page)
        return;
    g_string_append(b->sql, ") AS found GROUP BY found_id, found_key"); /* each once */
    append_order(b, "found_key", list->order ? "found_id" : "found_key");
    g_string_append(b->sql, ") AS page");
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
        /* PostgreSQL joins what is in IN last where a statement has many joins, after all rows of the tables; an array is a condition of one of them. */
        bool as_array = page && b->engine == DB_POSTGRES;
        g_string_append_printf(b->sql, as_array ? " AND %s = ANY (ARRAY(" : " AND %s IN (", list->id_column);
        append_branches(b, page);
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

/* --- Running --------------------------------------------------------------------------------------------------- */

/* The keys stand first in the text, and behind the caller's row in the struct. */
static const DbStatement *page_statement(DbList *list, DbEngine engine, const void **ret_args)
{
    const DbStatement *base = list->base;
    Builder b = builder_new(list, engine, true);
    append_statement(&b, true);
    append_order(&b, list->order ? list->order->column : NULL, list->id_column);
    list->key_at = aligned(base->row_size);
    list->id_at = list->key_at + sizeof(Slot);
    DbField *columns = ARENA_ARRAY(list->arena, DbField, base->n_columns + 2u);
    size_t n = 0;
    if (list->order)
        columns[n++] = (DbField) { "list_key", (uint16_t) list->key_at, (uint8_t) list->order->type, false };
    columns[n++] = (DbField) { "list_id", (uint16_t) list->id_at, DB_TYPE_INT, false };
    memcpy(columns + n, base->columns, base->n_columns * sizeof *columns);
    *ret_args = b.args;
    return builder_end(&b, columns, n + base->n_columns, list->id_at + sizeof(int64_t));
}

DbRows *db_list_run(DbList *list, DbConn *conn, GError **err)
{
    const void *args = NULL;
    const DbStatement *q = page_statement(list, db_conn_engine(conn), &args);
    list->count = 0;
    list->next_cursor = STR_NONE;
    list->row = arena_alloc(list->arena, q->row_size);
    return db_query_raw(conn, q, args, err);
}

DbRows *db_list_run_all(DbList *list, DbConn *conn, GError **err)
{
    const DbStatement *base = list->base;
    Builder b = builder_new(list, db_conn_engine(conn), false);
    append_statement(&b, false);
    const void *args = b.args;
    return db_query_raw(conn, builder_end(&b, base->columns, base->n_columns, base->row_size), args, err);
}

/* One row more than the page holds is asked for: if it comes there is a next page, which begins behind the last one of this. */
bool db_list_next_raw(DbList *list, DbRows *rows, void *ret_row, size_t row_size, GError **err)
{
    g_assert(row_size == list->base->row_size);
    if (list->count == list->limit) {
        Slot key = { .number = 0 };
        memcpy(&key, (char *) list->row + list->key_at, sizeof key);
        int64_t id = *(int64_t *) ((char *) list->row + list->id_at);
        if (list->order && list->order->type == DB_TYPE_TEXT)
            key.text = arena_str(list->arena, key.text);
        if (db_next_raw(rows, list->row, list->id_at + sizeof(int64_t), err))
            list->next_cursor = make_cursor(list, &key, id);
        list->count++;
        return false;
    }
    if (list->count > list->limit || !db_next_raw(rows, list->row, list->id_at + sizeof(int64_t), err))
        return false;
    memcpy(ret_row, list->row, row_size);
    list->count++;
    return true;
}

Str db_list_cursor(const DbList *list)
{
    return list->next_cursor;
}

bool db_list_total(DbList *list, DbConn *conn, int64_t *ret_total, GError **err)
{
    static const DbField columns[] = { { "n", 0, DB_TYPE_INT, false } };
    Builder b = builder_new(list, db_conn_engine(conn), false);
    g_string_append(b.sql, "SELECT count(*) AS n FROM (");
    append_statement(&b, false);
    g_string_append(b.sql, ") AS counted");
    const void *args = b.args;
    bool found = false;
    return db_one_raw(conn, builder_end(&b, columns, 1, sizeof(int64_t)), args, list->arena, ret_total, &found, err);
}

/* --- For tests --------------------------------------------------------------------------------------------------- */

/* What EXPLAIN answers with. */
static const struct {
    const char *word;
    DbField columns[4];
    size_t n_columns;
} explained[] = {
    [DB_SQLITE] = { "EXPLAIN QUERY PLAN ",
                    { { "id", 0, DB_TYPE_INT, false }, { "parent", 8, DB_TYPE_INT, false }, { "notused", 16, DB_TYPE_INT, false }, { "detail", 24, DB_TYPE_TEXT, false } },
                    4 },
    [DB_POSTGRES] = { "EXPLAIN ", { { "QUERY PLAN", 24, DB_TYPE_TEXT, false } }, 1 },
};

bool db_list_explain(DbList *list, DbConn *conn, Arena *arena, Str *ret_plan, GError **err)
{
    DbEngine engine = db_conn_engine(conn);
    const void *args = NULL;
    DbStatement q = *page_statement(list, engine, &args);
    g_autoptr(GString) sql = g_string_new(explained[engine].word), plan = g_string_new(NULL);
    g_string_append(sql, q.sql[engine]);
    q.sql[engine] = sql->str;
    q.columns = explained[engine].columns;
    q.n_columns = (uint16_t) explained[engine].n_columns;
    q.row_size = 24 + sizeof(Str);
    struct {
        int64_t ids[3];
        Str text;
    } row;
    g_autoptr(DbRows) rows = db_query_raw(conn, &q, args, err);
    while (rows && db_next_raw(rows, &row, sizeof row, err)) {
        g_string_append_len(plan, row.text.p, (gssize) row.text.n);
        g_string_append_c(plan, '\n');
    }
    *ret_plan = arena_str(arena, str_from_gstring(plan));
    return db_rows_ok(rows);
}
