/* pdf_pages.h: private to doc. Printed pages, divided by form feeds, to running text. */
#pragma once

#include "base/arena.h"
#include "base/diags.h"

/* Whether most lines are two columns of text side by side. */
bool pdf_pages_in_columns(Str pages);

/* Without page numbers and the lines that every page repeats at its head or foot; gaps that only the setting made are closed, those between
 * a table's columns become " | ". Valid UTF-8. diags: `pdf-table`, with place in code points of the result. */
Str pdf_pages_join(Str pages, Arena *arena, Diags *diags);
