/* total.h: the parts of an aggregate that its C form and SQLite's share; private to src/expr. */
#pragma once

#include "expr/number.h"

/* sum × 10^shift / count at scale 6; null where count is 0. */
static inline bool total_avg(Wide sum, int64_t count, int shift, int64_t *ret_avg)
{
    return count > 0 && number_fits(wide_div(sum * wide_power(shift), count), ret_avg);
}
