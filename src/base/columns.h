/* columns.h: tables for people at a terminal. Columns are counted as a terminal counts them: a Chinese character takes two, a combining mark none. */
#pragma once

#include "base/str.h"

/* How many columns a text takes. Valid UTF-8, on one line. */
size_t columns_of(Str text);

/* Appends the text, cut with … and filled with blanks to `width` columns. */
void columns_cell(GString *out, Str text, size_t width);

/* A table whose columns are as wide as the widest of their cells, and at most `most`. The cells are kept as copies; line ends in them become blanks. */
typedef struct Columns Columns;
Columns *columns_new(const Str *header, size_t n, size_t most);
void columns_add(Columns *columns, const Str *cells); /* n of them; STR_NONE is empty */
void columns_write(const Columns *columns, GString *out); /* the header, then the rows; nothing where there is no row */
void columns_free(Columns *columns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Columns, columns_free)
