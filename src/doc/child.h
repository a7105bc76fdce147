/* child.h: private to doc. Programs that parse what is hostile and hard (PDF, pictures): each runs as a child with its own limits, gets the
 * input as its standard input, and gives its standard output. */
#pragma once

#include "base/error.h"

typedef struct {
    int cpu_seconds, wall_ms;
    size_t memory_bytes, output_bytes;
} ChildLimits;

/* Whether the program stands in the PATH. */
bool child_has(const char *program);

/* Runs argv (ended by NULL; argv[0] is looked for in the PATH) on the input, which it can open again as /dev/stdin and seek in.
 *   ret_output    what it printed; g_string_free it
 *   ret_complaint what it said on standard error, at most some KB
 *   ret_status    its exit status; 128 and the signal's number where one ended it
 * Fails with BH_UNAVAILABLE (it cannot be started), BH_TOO_LARGE (over output_bytes or wall_ms, it is then ended). */
bool child_run(const char *const *argv, Str input, const ChildLimits *limits, GString **ret_output, GString **ret_complaint, int *ret_status,
               GError **err);
