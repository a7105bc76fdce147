/* Running a list: its rows, its ids, all of it, how many. */
#include "db/build_list.h"

#include "base/banned.h"

static DbRows *run_page(DbList *list, DbConn *conn, const DbStatement *q, const void *args, GError **err)
{
    list->count = 0;
    list->next_cursor = STR_NONE;
    list->row = arena_alloc(list->arena, q->row_size);
    return db_query_raw(conn, q, args, err);
}

DbRows *db_list_run(DbList *list, DbConn *conn, GError **err)
{
    const void *args = NULL;
    const DbStatement *q = list_page_statement(list, db_conn_engine(conn), &args);
    return run_page(list, conn, q, args, err);
}

DbRows *db_list_run_all(DbList *list, DbConn *conn, GError **err)
{
    const void *args = NULL;
    const DbStatement *q = list_all_statement(list, db_conn_engine(conn), &args);
    return db_query_raw(conn, q, args, err);
}

/* One row more than the page holds is asked for: if it comes there is a next page, which begins behind the last one of this. */
static bool next_keyed(DbList *list, DbRows *rows, GError **err)
{
    if (list->count == list->limit) {
        Slot key = { .number = 0 };
        memcpy(&key, (char *) list->row + list->key_at, sizeof key);
        int64_t id = *(int64_t *) ((char *) list->row + list->id_at);
        if (list->order && list->order->type == DB_TYPE_TEXT)
            key.text = arena_str(list->arena, key.text);
        if (db_next_raw(rows, list->row, list->id_at + sizeof(int64_t), err))
            list->next_cursor = list_cursor(list, &key, id);
        list->count++;
        return false;
    }
    if (list->count > list->limit || !db_next_raw(rows, list->row, list->id_at + sizeof(int64_t), err))
        return false;
    list->count++;
    return true;
}

bool db_list_next_raw(DbList *list, DbRows *rows, void *ret_row, size_t row_size, GError **err)
{
    g_assert(row_size == list->base->row_size);
    if (!next_keyed(list, rows, err))
        return false;
    memcpy(ret_row, list->row, row_size);
    return true;
}

bool db_list_ids(DbList *list, DbConn *conn, int64_t **ret_ids, size_t *ret_n, GError **err)
{
    DbEngine engine = db_conn_engine(conn);
    const void *args = NULL;
    const DbStatement *q = list->branches.n > 0 ? list_ids_statement(list, engine, &args) : list_page_statement(list, engine, &args);
    g_autoptr(DbRows) rows = run_page(list, conn, q, args, err);
    int64_t *ids = ARENA_ARRAY(list->arena, int64_t, (size_t) list->limit);
    size_t n = 0;
    while (rows && next_keyed(list, rows, err))
        ids[n++] = *(int64_t *) ((char *) list->row + list->id_at);
    *ret_ids = ids;
    *ret_n = n;
    return db_rows_ok(rows);
}

Str db_list_cursor(const DbList *list)
{
    return list->next_cursor;
}

bool db_list_total(DbList *list, DbConn *conn, int64_t *ret_total, GError **err)
{
    const void *args = NULL;
    const DbStatement *q = list_total_statement(list, db_conn_engine(conn), &args);
    bool found = false;
    return db_one_raw(conn, q, args, list->arena, ret_total, &found, err);
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
    DbStatement q = *list_page_statement(list, engine, &args);
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
