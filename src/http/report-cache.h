/* report-cache.h: private to http: what was counted over a very large scope a moment ago. Counting a million tasks takes a second or two; a text of a scope with at least
 * REPORT_CACHE_TASKS is therefore given out for a minute (it says itself when it was made and at which head of the chain), and who asks then has it counted
 * anew, once, while others still get the old one. Smaller scopes are counted for each who asks. Any thread. */
#pragma once

#include "http/api.h"

enum { REPORT_CACHE_TASKS = 10000, REPORT_CACHE_MS = 60000 };

/* Appends the text to `out` and says over how many tasks it is. */
typedef bool (*ReportMake)(void *data, GString *out, int64_t *ret_tasks, GError **err);
bool report_cache_get(ReportCache *cache, Str key, ReportMake make, void *data, GString *out, GError **err);
