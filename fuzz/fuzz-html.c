/* Any bytes as a saved page: what comes out is UTF-8, or an error. */
#include "doc/text.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) err = NULL;
    DocText text = { .form = DOC_FORM_HTML };
    if (html_read((Str) { (const char *) data, size }, arena, diags, &text, &err))
        g_assert_true(utf8_valid(text.text, NULL));
    else
        g_assert_nonnull(err);
    return 0;
}
