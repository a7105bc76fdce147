/* near.h: what else may have been meant, where a name is not known. */
#pragma once

#include "base/arena.h"

/* "; near: a, b" or "": those candidates, at most three, that look like `name`: one or two letters apart, or beginning or ending with it. Of names
 * with points ("person.birth") the last part counts where `name` has none. */
const char *near_texts(Arena *arena, Str name, const Str *candidates, size_t n);
