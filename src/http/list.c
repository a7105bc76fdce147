#include "http/http.h"

#include "base/banned.h"

enum { LIMIT_DEFAULT = 50 };

bool http_list_page(const HttpRequest *request, DbList *list, GError **err)
{
    int limit = (int) http_query_int(request, "limit", LIMIT_DEFAULT);
    return db_list_page(list, http_query(request, "cursor"), limit, err);
}

JsonWriter *http_list_open(HttpRequest *request)
{
    JsonWriter *writer = http_json(request, 200);
    json_begin_object(writer);
    json_key(writer, "rows");
    json_begin_array(writer);
    return writer;
}

bool http_list_close(const HttpRequest *request, DbList *list, DbConn *conn, JsonWriter *writer, GError **err)
{
    int64_t total;
    json_end_array(writer);
    json_member_str(writer, "next", db_list_cursor(list));
    if (http_query_flag(request, "total")) {
        if (!db_list_total(list, conn, &total, err))
            return false;
        json_member_int(writer, "total", total);
    }
    json_end_object(writer);
    return true;
}
