/* calls.h: private to cmd: what the tables of calls share. */
#pragma once

#include "cmd/call.h"

#define NONE { .name = NULL }
/* Also for the administrator of the socket, and only for a person; a list page by page. */
#define GET(name, operands, options, query, path, view, help) \
    { name, operands, options, help, "GET", path, query, NULL, 0, NULL, NULL, view, NULL }
#define GET_AS(name, operands, path, view, help) \
    { name, operands, NULL, help, "GET", path, NULL, NULL, CALL_AS, NULL, NULL, view, NULL }
#define LIST_OF(name, operands, filters, path, flags, view, help) \
    { name, operands, filters " limit", help, "GET", path, filters, NULL, (flags) | CALL_PAGES, NULL, NULL, "rows: " view, NULL }
/* A list as a workbook, and back: FILE is sent, or with --check only held against what is there. */
#define EXPORT(name, operands, options, path, flags, help) \
    { name, operands, options, help, NULL, path, options, NULL, flags, NULL, call_export, NULL, NULL }
#define IMPORT(name, operands, path, flags, help) \
    { name, operands, "check", help, "POST", path, NULL, "upload:FILE apply:!--check", (flags) | CALL_JOB, NULL, NULL, BACK_VIEW, NULL }
#define LIST(name, filters, path, flags, view, help) \
    { name, "", filters " limit", help, "GET", path, filters, NULL, (flags) | CALL_PAGES, NULL, NULL, "rows: " view, NULL }

#define IMPORT_VIEW "result.rows result.new result.changed result.same result.applied; result.errors: at code message"

#define BACK_VIEW \
    "result.rows result.new result.changed result.same result.left result.refused result.gone result.applied; result.preview: row title change; result.errors: at code message"

/* A text as JSON where it is some, else as a string. */
void call_write_value(Str value, Arena *arena, JsonWriter *json);

/* Saves what a path answers as the file OUT. */
bool call_save(CallRun *run, const char *pattern, GError **err);
