/* view.h: private to cmd: JSON for people.
 *
 * A view says what is shown of an answer: sections divided by ';'. "title state due" are members of the object, one a line; "rows: no title plan.title lead"
 * is a list as a table, one column a word. A place leads into objects ("plan.title"); of an object its name is shown, of a list all of them. */
#pragma once

#include "base/json.h"

/* `most` columns for each cell of a table. What is missing or null is left out, or empty. */
void view_write(const JsonValue *answer, const char *view, size_t most, GString *out);
