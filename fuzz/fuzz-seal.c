/* Nothing but a seal opens: whatever is made of one, its content comes out or nothing. */
#include "base/crypto.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const SecretKey key = { { 7 } };
    Str input = { (const char *) data, size };
    g_autoptr(GString) out = g_string_new(NULL);
    g_assert_false(unseal(&key, STR("fuzz"), input, out, NULL));
    g_autoptr(GString) sealed = g_string_new(NULL);
    seal(&key, STR("fuzz"), input, sealed);
    g_assert_true(unseal(&key, STR("fuzz"), str_from_gstring(sealed), out, NULL));
    g_assert_true(str_eq(str_from_gstring(out), input));
    return 0;
}
