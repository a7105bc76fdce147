/* word.h: private to pack: words that cannot be ids. */
#pragma once

#include "base/str.h"

/* Whether an id would be taken for a word of SQL (as PostgreSQL 15 or SQLite 3.40 reserve it), of expressions, or for a name that records have anyway. */
bool word_is_reserved(Str id);
