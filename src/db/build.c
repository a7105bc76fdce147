/* A list is a statement made for one run: its text from the named statement and our own column expressions, its values as
 * parameters behind those of the statement. Then it goes the way of every other statement. Here is what a list is told: filters, conditions, branches. */
#include "db/build_list.h"

#include "base/limits.h"

#include "base/banned.h"

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

/* Adds a value to the condition that was begun last. Texts are copied: the list may outlive the request's line. */
static bool add_value(DbList *list, DbType type, Str s)
{
    Value value = { .type = type };
    if (list->values.n >= MOST_VALUES || !slot_parse(type, s, &value.slot))
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
