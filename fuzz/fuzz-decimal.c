/* What is printed is read as the same number. */
#include "base/decimal.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Decimal d, again;
    char text[DECIMAL_TEXT_MAX];
    if (!decimal_parse((Str) { (const char *) data, size }, &d))
        return 0;
    g_assert_true(decimal_parse(str_from(decimal_format(d, text)), &again));
    g_assert_true(d.value == again.value && d.scale == again.scale);
    return 0;
}
