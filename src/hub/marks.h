/* marks.h: marks (keyed.h) and the ids that they stand for, by the million, in a mapped file. Private to src/hub.
 *
 * A mark is known again by 88 of its bits: that one of a thousand million unknown marks is taken for a known one happens once in 10^10 times. A mark may stand several times, with other
 * ids. Threads: as mapped.h. */
#pragma once

#include "base/keyed.h"
#include "hub/mapped.h"

typedef struct Marks Marks;

/* layout: 32 bits that tell one use from another. */
Marks *marks_open(const char *path, uint32_t layout, uint64_t stamp, GError **err);
void marks_free(Marks *marks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Marks, marks_free)

Mapped *marks_file(Marks *marks);
int64_t marks_count(const Marks *marks);

/* Room for so many more; before marks_put. Touches the file. */
bool marks_reserve(Marks *marks, size_t n, GError **err);
void marks_put(Marks *marks, Mark mark, int64_t id); /* id: 1 to 2^40 - 1 */
void marks_remove(Marks *marks, Mark mark, int64_t id);

/* The id that was put first; 0: none. marks_all: up to `most` of them. */
int64_t marks_get(const Marks *marks, Mark mark);
size_t marks_all(const Marks *marks, Mark mark, int64_t *ret_ids, size_t most);

/* Begins to fetch what marks_get will look at. */
void marks_fetch(const Marks *marks, Mark mark);
