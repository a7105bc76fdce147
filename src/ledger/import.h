/* import.h: part of ledger's contract: a ledger that comes as a workbook (整改台账), and goes out as it came or in our own form.
 *
 * A file is held against the plan row by row and cell by cell. What a cell says now is asked first: the text that we would write into it, or the text that came and was not
 * overtaken since. Only a cell that says something else is a change, made as an amendment. So a file that was exported and not edited changes nothing, on whatever
 * version it was made; what somebody here changed since, and the file only repeats, stays (its rows carry marks of what their cells said); what both changed is refused with both values. Nothing is deleted, and no state of the file closes a task: what it
 * claims is kept as said, with a mark. */
#pragma once

#include "base/i18n.h"
#include "ingest/ingest.h"
#include "ledger/ledger.h"

/* --- Fields: the columns of our own form, and what columns of others may mean --------------------------------------------------- */

typedef enum { SHOWN_TEXT, SHOWN_DATE } ShownKind;

/* One column of our form. */
typedef struct {
    const char *id;      /* "due": in a map, and as a heading */
    const char *heading; /* its key in i18n */
    ShownKind kind;
    double width;
    bool hidden;
} LedgerColumn;
const LedgerColumn *ledger_columns(size_t *ret_n);

/* What a column of our form says of a task; "" for nothing. ret_date (may be NULL): for SHOWN_DATE the day. */
Str ledger_column_text(const Task *task, size_t column, Lang lang, Arena *arena, Date *ret_date);

/* Whether a word is a field that a column may be said to mean: the ids of the columns, and "responsible". */
bool ledger_is_field(Str field);

/* --- Import ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    uint32_t column; /* from 0 */
    Str heading;     /* those of several header rows with " / " between */
    Str field;       /* STR_NONE: it means nothing to us, and is kept */
    const char *taken; /* what of it is taken: "yes"; "new": of new rows only; "no": it shows what we know, and tells the rows apart; "kept": as text, to go out again */
    const char *how; /* "name", "alias", "example" (by what stands below), "given" (now, or before by this organisation), "kept" */
} ImportColumn;

typedef struct {
    Str field;   /* STR_NONE: a column that is kept */
    Str heading;
    Str old_text, new_text;
} ImportSet;

typedef enum { IMPORT_SAME, IMPORT_NEW, IMPORT_CHANGED, IMPORT_REFUSED } ImportKind;
const char *import_kind_name(ImportKind kind); /* "same" "new" "changed" "refused" */

typedef struct {
    uint32_t row; /* as a person counts the lines of the sheet */
    Str uid, number, title; /* of the task; uid STR_NONE: new */
    ImportKind kind;
    bool left;    /* cells that nobody edited say what stood here before somebody changed it here: that stays */
    bool draft;   /* new, and not issued: no lead or no day */
    const ImportSet *sets;
    size_t n_sets;
} ImportRow;

typedef struct {
    Str sheet, title;
    uint32_t title_rows;
    bool hidden_rows; /* some of the rows are hidden; they count like others */
    const ImportColumn *columns;
    size_t n_columns;
    const ImportRow *rows;
    size_t n_rows;
    size_t added, changed, same, refused;
    size_t left; /* of any of these */
    const Str *gone; /* printed numbers of the plan's tasks that the file does not have; nothing happens to them */
    size_t n_gone;
    Str plan;        /* uid; STR_NONE: there will be a new one */
    Str plan_title;
    bool applied;
} ImportReport;

typedef struct {
    Str bytes, name;      /* the file: .xlsx or .csv */
    Str blob;             /* where it is stored, for going out again; STR_NONE: it is not */
    Str plan;             /* uid; STR_NONE: a new plan with the title of the sheet, if the file has new tasks */
    Str sheet;            /* its name; STR_NONE: the one whose headings we know best */
    const JsonValue *map; /* {"HEADING or letter of the column":"field"}, "-" to keep it; or NULL */
    Date due;             /* of new tasks whose cell names no day; DATE_NONE: they stay drafts */
    Str reason;           /* of the amendments; STR_NONE: that the file said so */
    bool apply;
    bool (*told)(double done, void *data, GError **err); /* may be NULL */
    void *told_data;
} ImportWish;

/* Checks the file against the store and, if `apply`, does what the rows say, in steps of the bulk queue; a row that cannot be done is refused alone.
 * Findings (at "row 12, column 整改时限"): header-unknown, column-twice, value-missing, unknown-owner, ambiguous-owner (params name), person-unknown (name), date-bad, number-twice,
 * number-unknown, state-not-taken, column-read-only, changed-both (present, file), formula-empty, sheet-left (another sheet has such a table: name), row-refused (why), and those of task_fields.h.
 * BH_BAD_INPUT as the readers, "no-table" (no sheet has a header that we know); BH_TOO_LARGE over LIMIT_TASK_IMPORT_ROWS; BH_FORBIDDEN. */
bool ledger_import(const Ledger *ledger, const Actor *actor, const ImportWish *wish, Arena *arena, Diags *diags, ImportReport *ret_report, GError **err);

/* --- Going out in the layout that came ---------------------------------------------------------------------------------------------- */

/* What of the layout is to be changed before it goes out to this user; publish/layout.h does it. */
typedef struct {
    uint32_t row, column;
    Str text;
    Date date;
} LedgerCell;

typedef struct {
    Str blob, file_name;
    size_t sheet;
    const LedgerCell *cells; /* by row, then column */
    size_t n_cells;
    const bool *without;     /* rows of tasks that the user may not read; NULL: none */
    size_t n_without;
    uint32_t style_row, hide_first, hide_last;
} LedgerLayout;

/* Whether the plan came from a workbook, and can go out in its layout. */
bool ledger_has_layout(DbConn *conn, Arena *arena, const Plan *plan, bool *ret_has, GError **err);

/* BH_NOT_FOUND "no-layout": the plan did not come from a workbook. `file`: its bytes, as the blob has them. */
bool ledger_layout_blob(DbConn *conn, Arena *arena, Str plan, Str *ret_blob, Str *ret_name, GError **err);
bool ledger_layout(DbConn *conn, Arena *arena, const User *user, Str plan, Str file, LedgerLayout *ret_layout, GError **err);
