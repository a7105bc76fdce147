/* list-rows.h: private to http: the rows of a list as its own handler answers them, and what of a row stands in a column: for workbooks that go out (export.c) and
 * come back (import-list.c). */
#pragma once

#include "http/server.h"

/* The columns of the list for this request: those of the table, or those that only the request tells. */
bool list_columns(HttpRequest *request, HttpExport *list, GError **err);

const char *list_heading(const HttpExportColumn *column, Lang lang);

/* One page, asked for as if `as` asked; `query` ends in & where it is not empty. The answer lives in `sub`, which the caller clears (answer_clear), and in arena. */
typedef struct {
    Exchange *as;
    const RouteInfo *route; /* of the list */
    Str query;
} ListAsk;
bool list_page(const ListAsk *ask, Str cursor, Arena *arena, Exchange *sub, const JsonValue **ret_answer, GError **err);

/* The rows in an answer: the first, or NULL. */
const JsonValue *list_rows(const HttpExport *list, const JsonValue *answer);

/* All pages, one behind the other; a page is gone when the next one comes. */
typedef bool (*ListTold)(void *data, const JsonValue *answer, Arena *arena, GError **err);
bool list_pages(const ListAsk *ask, ListTold told, void *data, GError **err);

/* What a column says of a row, as a person reads it; "" for nothing. */
Str list_cell_text(const HttpExportColumn *column, Lang lang, const JsonValue *answer, const JsonValue *row, Arena *arena);

/* A list whose rows come back one by one goes out with a hidden column more: marks of what its cells say (base/mark.h). */
bool list_marked(const HttpExport *list);
Str list_marks(const HttpExport *list, Lang lang, const JsonValue *answer, const JsonValue *row, Arena *arena);
bool list_cell_left(const HttpExport *list, Str marks, size_t column, Str text, Arena *arena); /* the cell said this when it went out */
