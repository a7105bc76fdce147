/* cell.h: the cell of an institution's file as a value of a field: the one way from text to type, for what comes in and for the proof of packs.
 *
 *     const CellType *type = cell_type_new(packs_words(packs), field->type, field->expr_type.scale, field->codes, zone_minutes, arena);
 *     size_t faults = cell_column(type, cells, stride, n, arena, &column, faulty);
 *
 * What is undone for all: white space at both ends, full-width digits and letters, ="0012" and '0012. Nothing, and words that say that nothing is known (`placeholders` of elements.yaml), are no value.
 *   integer, decimal  123, -1,234.50, +5, 1.2E3, 12.5%; further decimals only if they are 0: nothing is rounded
 *   date              2026-06-30, 2026/6/30, 2026.6.30, 20260630, with the characters for year, month and day; a time behind it is left out, one with an offset is brought to the store's zone first
 *   time              such a day, then T or blank, 8:30, 08:30:05, 08:30:05.123; 20260630083005; then Z, +08:00 or +0800
 *   bool              true, false, 1, 0 and the words of `yes` and `no`
 *   code              the code, else its name in either language if no other code has it; letter case, width and blanks do not matter where that leaves one
 *   others            the text; of organisations the caller finds out which is meant
 *
 * Threads: a CellType never changes and is shared by all. */
#pragma once

#include "pack/pack.h"

typedef enum {
    CELL_FINE,
    CELL_NUMBER,   /* no number */
    CELL_DECIMALS, /* more decimals than the field keeps */
    CELL_RANGE,    /* a number that is too large, a day outside 1900 to 2199 or that there is not */
    CELL_DATE,     /* no day */
    CELL_TIME,     /* no instant, or a day alone */
    CELL_BOOL,
    CELL_CODE,     /* no code of the table */
    CELL_MANY,     /* a name that several codes have */
    CELL_TEXT,     /* U+0000, or no UTF-8 */
    CELL_LONG,     /* over LIMIT_CELL_BYTES */
    CELL_FAULTS,
} CellFault;
const char *cell_fault_name(CellFault fault); /* "number", "decimals" …: texts are cell.fault.NAME in i18n */
const char *cell_fault_text(CellFault fault); /* English: what was expected */

typedef struct CellType CellType;

/*   words  may be NULL: only what is listed above
 *   scale  decimals of a decimal; codes of PACK_CODE, which without a table is a text */
CellType *cell_type_new(const PackWords *words, PackType type, int scale, const PackCodes *codes, int zone_minutes, Arena *arena);

/* Of a number: with the unit "%" a cell "12.5%" is 12.5, else 0.125. */
void cell_type_unit(CellType *type, Str unit);

/* What its values are in expressions; an organisation's text is EXPR_TEXT. */
ExprKind cell_kind(const CellType *type);

typedef struct {
    CellFault fault;
    bool none;      /* no value; also where there is a fault */
    int64_t number; /* bool, number at its scale, day, instant; of a code with a table its place in the dictionary */
    Str text;       /* points into the cell or into arena */
} CellValue;
void cell_read(const CellType *type, Str cell, Arena *arena, CellValue *ret_value);

/* Reads n cells, UTF-8 as readers give them, that stand `stride` apart. The column's arrays are in arena, and texts in the cells or in arena; codes with a table come by its dictionary. Where a cell is faulty it has no value, and
 * its fault stands in faults (n places, all set; NULL: nobody asks). Returns how many are. */
size_t cell_column(const CellType *type, const Str *cells, size_t stride, size_t n, Arena *arena, ExprColumn *ret_column, uint8_t *faults);
