/* read_xlsx.h: what `bihuan read --xlsx` writes: one workbook with a sheet each of items, targets and findings of all documents. */
#pragma once

#include "doc/doc.h"

typedef struct ReadBook ReadBook;

ReadBook *read_book_new(const char *path, GError **err);
bool read_book_add(ReadBook *book, const char *file, const Doc *doc, const Diags *diags, GError **err);
bool read_book_finish(ReadBook *book, GError **err);
void read_book_free(ReadBook *book);
