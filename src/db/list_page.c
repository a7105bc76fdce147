/* A list's order and its pages: by key, with a cursor. */
#include "db/build_list.h"

#include "base/limits.h"

#include <xxhash.h>

#include "base/banned.h"

/* --- Values of a text -------------------------------------------------------------------------------------------- */

static bool parse_bool(Str s, bool *ret_yes)
{
    bool yes = str_eq(s, STR("true"));
    if (!yes && !str_eq(s, STR("false")))
        return false;
    *ret_yes = yes;
    return true;
}

bool slot_parse(DbType type, Str s, Slot *ret_slot)
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
Str list_cursor(const DbList *list, const Slot *key, int64_t id)
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
    list->has_cursor = str_to_int64(str_cut(&body, '\n'), &list->after_id) && slot_parse(type, body, &list->after_key.slot);
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
