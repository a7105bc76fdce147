/* problem.h: an error as the API and the rows of jobs show it (RFC 9457, problem details). */
#pragma once

#include "base/error.h"
#include "base/json.h"

/* Opens an object and writes type, title, status, code, params, at, hint; the caller may add members and ends it. `code` is the
 * detail where there is one, else the class. An internal error says no more than that. */
void problem_open(JsonWriter *writer, const GError *err);

/* The same, ended. */
void problem_write(JsonWriter *writer, const GError *err);
