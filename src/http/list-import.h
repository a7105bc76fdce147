/* list-import.h: private to http: a list that comes back as a workbook.
 *
 *   import-list.c  the job: the file, its sheet and columns, the rows that are there, what is told
 *   list-check.c   a row against the one that is there: which cells say something else, and the body of the change
 *
 * A cell that says what we would write, in either language, is no change; so a file that was exported and not edited changes nothing, on whatever version it was made.
 * One that nobody edited, as the marks of its row tell, is none either: what somebody changed here since stays. One that says something else goes through the list's own route with the version of the file, so that rights and checks are those of the page; two people's edits
 * meet as a conflict. Nothing is taken away by a row that is missing. */
#pragma once

#include "base/diags.h"
#include "http/list-rows.h"
#include "ingest/ingest.h"

enum { LIST_COLUMNS_MAX = 64 };

typedef struct {
    Str heading, old_text, new_text;
    bool alone; /* only the file changed it, whatever else became of the row */
} ListSet;

typedef enum { LIST_SAME, LIST_NEW, LIST_CHANGED, LIST_REFUSED } ListKind;

typedef struct {
    uint32_t row; /* as a person counts the lines of the sheet */
    ListKind kind;
    bool left;     /* cells that nobody edited say what stood here before somebody changed it here: that stays */
    Str uid, name; /* of what is there; its first column */
    ARENA_LIST(ListSet) sets;
    Str body;      /* of the change */
    int64_t version; /* of the file; -1: it says none */
} ListRow;

/* What is there. */
typedef struct {
    Str uid;
    const JsonValue *answer, *row;
} ListPresent;

typedef struct {
    Exchange *as;   /* who imports, with the parameters of the address */
    const RouteInfo *info;
    HttpExport list;
    Arena *arena;
    Diags *diags;
    DbConn *conn;   /* while rows are checked */
    SheetTable table;
    uint32_t head;
    ptrdiff_t marks; /* the column of the sheet in which the marks stand (list-rows.h); -1 */
    ptrdiff_t place[LIST_COLUMNS_MAX]; /* of each of the list's columns in the sheet; -1: it is not there */
    GHashTable *present; /* Str * to ListPresent * */
    const JsonValue *answer; /* in which a whole list stands */
    ARENA_LIST(ListPresent *) whole; /* of a list that is set as a whole, in order */
    GHashTable *seen;    /* uids that a row of the file has taken */
    ARENA_LIST(ListRow) rows;
    size_t gone;         /* rows of a whole list that the file leaves out */
    bool wants;          /* a whole list becomes another */
} ListImport;

/* "row 12, column 频次"; column NULL: the row alone. */
Str list_place(const ListImport *import, const ListRow *row, const HttpExportColumn *column);

Str list_cell(const ListImport *import, uint32_t row, size_t column);
ptrdiff_t list_column(const ListImport *import, const char *value); /* by its value, "uid"; -1 */

/* Holds a row of the sheet against what is there (NULL: nothing) and fills in `ret_row`; findings of the store only are errors. */
bool list_check_row(ListImport *import, uint32_t row, const ListPresent *present, ListRow *ret_row, GError **err);

/* Refuses it, at the row. */
void list_refuse(ListImport *import, ListRow *row, const HttpExportColumn *column, const char *code, const char *message);
