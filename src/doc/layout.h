/* layout.h: private to doc. Marked-up text (html.c, docx.c) to lines of plain text: paragraphs, and rows of tables as cells divided by " | ".
 *
 * The caller tells what begins and ends; this keeps the text, joins what stands on one line, and knows which cells make a row of a table
 * and which tables are there for the page's layout only. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

typedef struct Layout Layout;

Layout *layout_new(void);
void layout_free(Layout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layout, layout_free)

/* Text of the present line; UTF-8. White space is folded as HTML folds it: a run of it is one space, and none between two Chinese
 * characters where it was a line break. link: it is part of a link. */
void layout_text(Layout *layout, Str text, bool link);
void layout_verbatim(Layout *layout, Str text); /* the same, nothing folded but that a line feed ends the line */
void layout_break(Layout *layout);              /* the line ends, if it holds anything */
void layout_heading(Layout *layout, int level); /* the present line is a heading; 0: it is none */

void layout_begin_table(Layout *layout);
void layout_end_table(Layout *layout);
void layout_begin_row(Layout *layout);
void layout_end_row(Layout *layout);
/* columns: how many it spans; rows: how many rows, itself included; 0: it goes on with the cell above. What that one says is repeated, but not
 * where the row's first cell goes on too: such a row is a part of the row above. */
void layout_begin_cell(Layout *layout, int columns, int rows);

/* A part of the page (div, section …) that may turn out to be the article. */
void layout_begin_part(Layout *layout);
void layout_end_part(Layout *layout);

/* Bytes so far, for holding against a limit. */
size_t layout_size(const Layout *layout);

/* Everything, line by line; or, for a web page, the part that holds most of its running text, with the headings and table rows before it
 * and what follows it up to the first links. */
Str layout_all(Layout *layout, Arena *arena);
Str layout_article(Layout *layout, Arena *arena);
