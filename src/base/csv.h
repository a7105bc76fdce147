/* csv.h: CSV (RFC 4180, and what occurs: LF alone, a byte-order mark, GB18030).
 *
 * Fields are separated by commas; one in quotes may hold commas, line ends and doubled quotes. Quotes inside a field that
 * does not begin with one are ordinary characters. A line without any character is no row. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

typedef struct {
    Str text; /* UTF-8 */
    size_t at, row_start;
    int64_t line; /* on which the row read last begins, from 1 */
    Arena *arena;
    Str *fields; /* of the row read last */
    size_t n_fields, cap_fields;
} CsvReader;

/* Decodes and begins. The fields point into `bytes` (where these are UTF-8) or into the arena: both outlive the rows.
 * BH_BAD_INPUT as of decoding: "not-a-document" (binary), "mixed-encoding". */
bool csv_init(CsvReader *csv, Str bytes, Arena *arena, GError **err);

/* The next row into csv->fields; *ret_more false at the end. BH_BAD_INPUT: a quote that never closes, or something behind a closing one, with line:column
 * in `at`; BH_TOO_LARGE: over LIMIT_CSV_COLUMNS, LIMIT_CSV_FIELD_BYTES. The array is used again by the next call; the fields stay. */
bool csv_next(CsvReader *csv, bool *ret_more, GError **err);

/* A whole table: the first row is the header; shorter rows are filled with empty fields, a longer one is BH_BAD_INPUT with its line. */
typedef struct {
    const Str *header;
    size_t n_columns;
    const Str *const *rows;
    size_t n_rows;
    size_t first_line; /* of the first row behind the header */
} CsvTable;
bool csv_table(Str bytes, size_t rows_max, Arena *arena, CsvTable *ret_table, GError **err);

/* What stands between a field's quotes, with doubled quotes made single. */
Str csv_undouble(Arena *arena, Str inside);
