/* build.h: lists with filters, sorting and cursors: the only SQL that is built at run time.
 *
 * A list starts from a named statement in sql/query: it begins with SELECT, ends without ORDER BY, and its WHERE ends in the mark
 * [filters] in a comment between slash and star, where the conditions go; what stands before is in brackets if it holds OR. A
 * filter or order comes from a table whose column expressions are ours; what comes from outside is always a parameter.
 *
 *     static const DbFilter task_filters[] = {
 *         { "state", "t.state", DB_FILTER_EQ_ANY, DB_TYPE_TEXT },
 *         { "due_before", "t.due", DB_FILTER_LT, DB_TYPE_DATE },
 *     };
 */
#pragma once

#include "db/statement.h"

typedef enum {
    DB_FILTER_EQ,     /* column = value */
    DB_FILTER_EQ_ANY, /* column is one of the values, which are separated by commas */
    DB_FILTER_LT, DB_FILTER_LE, DB_FILTER_GT, DB_FILTER_GE,
    DB_FILTER_HAS,    /* the text holds the value, letter case ignored for ASCII; a plain search in a short list */
    DB_FILTER_IS_SET, /* value true: column is not NULL; false: it is */
} DbFilterOp;

typedef struct {
    const char *name;   /* as the API names it */
    const char *column; /* our own SQL expression; for tables of filters only, never from outside */
    DbFilterOp op;
    DbType type;
} DbFilter;

/* An order for keyset paging: (column, id) both ascending or both descending; texts by their bytes on both engines. A column that
 * may be NULL is written COALESCE(…): a NULL met while reading is BH_INTERNAL, because the next page would lose such rows. */
typedef struct {
    const char *name;
    const char *column;
    DbType type;
    bool descending;
} DbOrder;

typedef struct DbList DbList;

/* A list over a statement, its fixed arguments given as for db_query. `id_column` breaks ties ("t.id"). Lives in arena. */
#define db_list_new(arena, Name, id_column, ...) db_list_new_raw(arena, &Q_##Name, &(Name##Args) { __VA_ARGS__ }, id_column)
DbList *db_list_new_raw(Arena *arena, const DbStatement *q, const void *args, const char *id_column);

/* Adds a filter from the table by its API name; BH_BAD_INPUT names the unknown filter or the value that is not of its type. */
bool db_list_filter(DbList *list, const DbFilter *filters, size_t n_filters, Str name, Str value, GError **err);

/* Adds a condition of ours with its parameters as ints: for grants. `condition` is a literal with ? for each value; a list takes
 * at most 2,000 values in all. */
void db_list_where(DbList *list, const char *condition, const int64_t *values, size_t n_values);

/* The same with values of any type. */
typedef struct {
    DbType type;
    int64_t number; /* ints, dates and bools */
    Str text;
} DbValue;
#define DB_INT(n) ((DbValue) { .type = DB_TYPE_INT, .number = (n) })
#define DB_DATE(d) ((DbValue) { .type = DB_TYPE_DATE, .number = (d) })
#define DB_TEXT(s) ((DbValue) { .type = DB_TYPE_TEXT, .text = (s) })
#define DB_BLOB(s) ((DbValue) { .type = DB_TYPE_BLOB, .text = (s) })
void db_list_where_values(DbList *list, const char *condition, const DbValue *values, size_t n_values);

/* A condition in pieces, literals of ours that stand one behind the other, with all their values in order. */
void db_list_where_pieces(DbList *list, const char *const *pieces, size_t n_pieces, const DbValue *values, size_t n_values);

/* Where the rows are to be found, for lists that would else walk a large table. Each branch gives ids; the list shows the rows that any branch gives and
 * that all conditions allow, each once. `from` names the tables that conditions and order use, by the statement's names. With `key`, the order's column as an
 * index behind `from` and `where` has it (then `id` breaks ties), a branch stops at a page's end; NULL: it gives all its rows, which are sorted then: for few. At most
 * DB_BRANCHES. */
enum { DB_BRANCHES = 64 };
typedef struct {
    const char *from;  /* "scope s CROSS JOIN task t" */
    const char *where; /* our own condition with ? for each value: "s.task = t.id AND s.org = ?" */
    const char *id;    /* "s.task" */
    const char *key;   /* "s.due" or NULL */
} DbBranch;
void db_list_branch(DbList *list, const DbBranch *branch, const DbValue *values, size_t n_values);

/* Order (default: by id ascending), the page after `cursor` (STR_NONE or empty: the first) and its size, 1 to LIMIT_LIST_ROWS.
 * A cursor that we did not make, or made for another order, is BH_BAD_INPUT. */
bool db_list_order(DbList *list, const DbOrder *orders, size_t n_orders, Str name, GError **err);
bool db_list_page(DbList *list, Str cursor, int limit, GError **err);

/* Runs it: rows as with db_query. While reading, db_list_next keeps count; behind the last row *ret_cursor tells where the next
 * page starts (STR_NONE: there is none). db_list_total counts all that the filters leave, without the page. */
DbRows *db_list_run(DbList *list, DbConn *conn, GError **err);
#define db_list_next(list, rows, ret_row, err) db_list_next_raw(list, rows, ret_row, sizeof *(ret_row), err)
bool db_list_next_raw(DbList *list, DbRows *rows, void *ret_row, size_t row_size, GError **err);
Str db_list_cursor(const DbList *list);

/* The ids of the page in its order, for rows that are read by them afterwards: what a row shows is then not carried through its sorting. In the list's arena. */
bool db_list_ids(DbList *list, DbConn *conn, int64_t **ret_ids, size_t *ret_n, GError **err);

/* All rows that the filters leave, without order, page and cursor: for statements that count, with GROUP BY behind the mark. Read with db_next. */
DbRows *db_list_run_all(DbList *list, DbConn *conn, GError **err);
bool db_list_total(DbList *list, DbConn *conn, int64_t *ret_total, GError **err);

/* How the engine would find the page, in its own words, a line a step: for tests that hold a list to its indexes. */
bool db_list_explain(DbList *list, DbConn *conn, Arena *arena, Str *ret_plan, GError **err);
