/* xlsx.h: private to ingest: what the parts of a workbook have in common. */
#pragma once

#include "base/package.h"
#include "ingest/ingest.h"

/* --- xlsx_format.c: what a number format makes of a number ------------------------------------------------------------ */

typedef enum { FORMAT_PLAIN, FORMAT_PERCENT, FORMAT_ZEROS, FORMAT_DATE, FORMAT_TIME, FORMAT_DATE_TIME } FormatKind;
typedef struct {
    FormatKind kind;
    int digits; /* FORMAT_ZEROS: as many at least */
} CellFormat;

CellFormat format_of_code(Str code);
CellFormat format_builtin(int id); /* of the numbers below 164, which have no code in the file */

/* Kind, date, time and text of a cell whose number is set. */
void format_apply(CellFormat format, bool from_1904, Arena *arena, SheetCell *cell);

/* --- xlsx.c -------------------------------------------------------------------------------------------------------- */

struct XlsxFile {
    Package *package;
    Arena *arena;
    bool from_1904;
    ARENA_LIST(XlsxSheetInfo) sheets;
    ARENA_LIST(Str) strings;
    ARENA_LIST(CellFormat) formats; /* by index of the cell's style */
};

/* xlsx_file_open of a package, which the file closes. */
XlsxFile *xlsx_file_of(Package *package, GError **err);

/* xlsx_file_open of a file that is open (package_open_fd). */
XlsxFile *xlsx_file_open_fd(int fd, GError **err);

/* A text as the format writes it: _x000D_ for what XML cannot hold, CR LF for LF. `text` itself where there is nothing to do. */
Str xlsx_text(Str text, Arena *arena);

/* Joins the runs of a rich text: <t> at any depth but in <rPh>, the reading aid. */
typedef struct {
    GString *text;
    int aids;
    bool in_text;
} RichText;
bool rich_begin(RichText *rich, const char *name);
bool rich_end(RichText *rich, const char *name);
bool rich_take(RichText *rich, Str text, GError **err); /* BH_TOO_LARGE over LIMIT_XLSX_STRING_BYTES */

/* --- xlsx_sheet.c: xlsx_file_read in steps of some kilobytes, for those who read on when they want to ------------------- */

/* The merged ranges of several rows, by their first row, in arena. They stand behind the rows, so this unpacks the sheet without parsing it. BH_TOO_LARGE over LIMIT_XLSX_MERGES. */
typedef struct {
    const CellRange *v;
    size_t n;
} SheetMerges;
bool sheet_merges(XlsxFile *file, size_t sheet, Arena *arena, SheetMerges *ret_merges, GError **err);

enum { SHEET_STEP_BYTES = 64 * 1024 };
typedef struct SheetStream SheetStream;
SheetStream *sheet_stream_open(XlsxFile *file, size_t sheet, const SheetHandler *handler, void *data, GError **err);
bool sheet_stream_step(SheetStream *stream, bool *ret_more, GError **err);
void sheet_stream_close(SheetStream *stream);
