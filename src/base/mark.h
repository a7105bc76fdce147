/* mark.h: what the cells of an exported row said, in a few letters each: a file that comes back tells by them which of its cells somebody edited.
 *
 * Marks are text that stands in a hidden cell: first that of the form (the names of its columns), then one for each column in order. They say nothing about who
 * wrote them and are no protection: they only tell a cell that was left alone from one that was meant. */
#pragma once

#include "base/str.h"

void mark_add(GString *marks, Str text);

/* Marks of a row begin with that of its form; others are none of this program's, or of an older form: nothing is known of their cells. */
bool mark_fits(Str marks, Str form);

/* Whether the cell said this when it went out. White space around it is nothing, and what is too long for a cell is cut. */
bool mark_says(Str marks, size_t column, Str text);
