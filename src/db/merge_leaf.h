/* merge_leaf.h: private to db: places of keys on PostgreSQL where keys come by running numbers: some dozens of neighbours share a row, a leaf, so that a file of ten thousand rows writes some hundred
 * of them instead of ten thousand rows and as many entries of an index.
 *
 * A leaf holds the keys of its organisation from its `from` to before the next leaf's, in their order, each with its month. One with too many is cut; one that gets empty stays. */
#pragma once

#include "db/merge_ask.h"

/* Whether the places of a merge are leaves: by the shape of their table. */
bool merge_has_leaves(const DbMerge *merge);

bool merge_leaves_find(DbMerge *merge, GError **err);  /* merge->places, of merge->order */

/* Keys of one organisation from `from` to `to`, both included. */
typedef struct {
    int64_t org, from, to;
} MergeSpan;

/* Of keys that ascend and were wanted: spans in which hardly anything else stands, and those that are by themselves. spans: room for n; returns how many. */
size_t merge_leaves_spans(const DbMerge *merge, const int64_t *orgs, const int64_t *keys, size_t n, MergeSpan *spans);

bool merge_leaves_write(DbMerge *merge, GError **err); /* where rows that are new, or moved, stand now; after merge_leaves_find */
bool merge_leaves_remove(DbMerge *merge, int64_t org, const int64_t *keys, size_t n, GError **err); /* keys ascend */
void merge_leaves_free(struct MergeLeaves *leaves);
