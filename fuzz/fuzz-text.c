/* Folding moves no character; the key of a key is that key. */
#include "base/text.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    Str text = { (const char *) data, size };
    if (!utf8_valid(text, NULL))
        return 0;
    Str folded = text_fold_width(text, arena);
    g_assert_true(utf8_valid(folded, NULL));
    g_assert_cmpuint(utf8_length(folded), ==, utf8_length(text));
    Str key = text_name_key(text, arena);
    g_assert_true(utf8_valid(key, NULL));
    g_assert_true(str_eq(text_name_key(key, arena), key));
    return 0;
}
