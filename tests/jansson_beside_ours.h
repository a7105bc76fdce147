/* jansson_beside_ours.h: jansson.h and base/json.h in one file of a test or benchmark. Four constants and a function have
 * one name in both: here jansson keeps it, ours are OUR_…. Ours are hidden symbols, so linking mixes nothing up. */
#pragma once

#include <jansson.h>

#define JSON_STRING OUR_STRING
#define JSON_TRUE OUR_TRUE
#define JSON_FALSE OUR_FALSE
#define JSON_NULL OUR_NULL
#define json_null our_null
#include "base/json.h"
#undef JSON_STRING
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_null
