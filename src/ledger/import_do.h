/* import_do.h: private to ledger: the steps of an import.
 *
 *   import_find.c    sheet, header, columns, rows
 *   import_fields.c  the table of fields: what a cell says of a task, what a cell's text makes of one
 *   import_kept.c    what is kept of a row
 *   import_check.c   each row against its task
 *   import_apply.c   doing it
 *   layout.c         going out again */
#pragma once

#include "ledger/change.h"
#include "ledger/import.h"

/* --- import_find.c ---------------------------------------------------------------------------------------------------------- */

/* The rows of the sheet that are one of ours: more than one where its first cells are merged downwards. */
typedef struct {
    uint32_t first, last;
    Str section; /* the heading within the table under which it stands, or STR_NONE */
} ImportSpan;

typedef struct {
    size_t sheet; /* of the file's */
    SheetTable table;
    uint32_t head_first, head_last;
    ImportColumn *columns;
    size_t n_columns;
    ImportSpan *spans;
    size_t n_spans;
    Str title;
    bool hidden_rows;
    bool own; /* our own form, as an exported list has it */
} ImportSheet;

/* How headings are to be understood: what was said for this file, then what was said before; folded heading to field. */
typedef struct {
    const JsonValue *map;
    Str sheet;          /* the one to be taken; STR_NONE: the best */
    GHashTable *before; /* Str * to Str *; or NULL */
    bool (*is_org)(void *data, Str name); /* for examples */
    void *data;
} ImportWords;

/* Finds the table in a workbook or CSV. BH_BAD_INPUT "no-table"; and at /map/HEADING for a field that is none. */
bool import_find(Str bytes, const ImportWords *words, Arena *arena, Diags *diags, ImportSheet *ret_sheet, GError **err);

/* The text of a span in a column: its cells' texts, each once, on lines of their own. ret_date (may be NULL): of a single day; else DATE_NONE. */
Str import_text(const ImportSheet *sheet, const ImportSpan *span, const ImportColumn *column, Arena *arena, Date *ret_date);

const ImportColumn *import_column(const ImportSheet *sheet, const char *field); /* NULL: there is none */

/* --- import_fields.c ----------------------------------------------------------------------------------------------------------- */

/* Reading the cells of a row into a JSON object of a task's fields. */
typedef struct {
    DbConn *conn;
    Arena *arena;
    Str within;     /* path of the plan's issuer */
    int year;       /* of the plan */
    Date due;       /* where a cell names no day */
    const Task *task; /* NULL: a new one */
    JsonWriter *json;
    Diags *diags;
    Str at;         /* "row 12, column 整改时限" */
    bool open;      /* something is left open: a new task stays a draft */
    bool faulty;    /* a cell cannot be what it says: an existing task stays as it is */
    bool has_term, has_due, has_handler;
    bool supported; /* a column of its own says who supports */
    ARENA_LIST(Str) lead_paths; /* of the leads that the row named so far */
} FieldCell;

typedef struct ImportField ImportField;
const ImportField *import_field(Str id); /* NULL: none */

/* What the cell of a layout would say now, in the house's language; and whether a text is what any of our forms would say. */
Str import_field_now(const ImportField *field, const Task *task, Arena *arena, Date *ret_date);
bool import_field_says(const ImportField *field, const Task *task, Str text, Date date, Arena *arena);

/* What became of a cell since the row went out, by the marks that it carries (base/mark.h). */
typedef enum {
    SINCE_UNKNOWN, /* the row has no marks; or the cell was edited, and what it shows is another one now */
    SINCE_LEFT,    /* nobody edited the cell */
    SINCE_EDITED,  /* the cell was edited, and what it shows is as it was */
} ImportSince;
ImportSince import_field_since(const ImportField *field, const Task *task, Str marks, Str text, Date date, Arena *arena);

bool import_field_read_only(const ImportField *field);
bool import_field_new_only(const ImportField *field);
const char *import_field_taken(Str field); /* as in ImportColumn; STR_NONE: "kept" */

/* Writes the members that the text makes; errors of the store only, else findings. */
bool import_field_read(const ImportField *field, FieldCell *cell, Str text, Date date, GError **err);

/* --- import_kept.c ---------------------------------------------------------------------------------------------------------------- */

/* A cell of the row that came. */
typedef struct {
    Str heading, field /* STR_NONE: kept only */, text, was /* what the task said of it when it came */;
} KeptCell;
typedef struct {
    KeptCell *v;
    size_t n;
} KeptCells;

bool kept_parse(Str json, Arena *arena, KeptCells *ret_cells, GError **err); /* STR_NONE: no cells */
Str kept_print(const KeptCells *cells, Arena *arena);
const KeptCell *kept_cell(const KeptCells *cells, Str heading);

/* Keeps it with the task and appends the event "keep", if it says something else than before. */
bool kept_write(DbConn *tx, const Actor *actor, Arena *arena, const Task *task, int64_t row, int64_t row_last, Str cells, bool claimed, GError **err);

/* --- import_check.c ----------------------------------------------------------------------------------------------------------------- */

/* A row with what is to be done. */
typedef struct {
    ImportRow row;
    const ImportSpan *span;
    const Task *task; /* as it was when it was held against the file; NULL: new */
    Str object;       /* JSON: fields of a new task, or those that are another now */
    bool keeps;       /* what is kept of it is another */
    bool claimed;
    Str source;       /* of a new one */
} RowPlan;

typedef struct {
    const Ledger *ledger;
    const Actor *actor;
    const ImportWish *wish;
    Arena *arena;
    Diags *diags;
    ImportSheet sheet;
    bool known;  /* the plan is there already */
    Plan plan;
    int64_t issuer;
    Str within;
    int year;
    RowPlan *rows;
    size_t n_rows;
    ARENA_LIST(Str) gone;
} Importing;

bool import_check(Importing *import, DbConn *conn, GError **err);

/* The cells of a row as they are to be kept, with what the task says of each. */
bool import_kept_of(const Importing *import, const ImportSpan *span, const Task *task, Arena *arena, Str *ret_cells, GError **err);

/* --- import_apply.c ------------------------------------------------------------------------------------------------------------------- */

bool import_apply(Importing *import, GError **err);
