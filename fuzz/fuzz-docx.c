/* The parts of a DOCX, divided by NUL: document, numbering, styles. */
#include "doc/docx.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    Str rest = { (const char *) data, size }, text;
    Str document = str_cut(&rest, '\0'), numbering = str_cut(&rest, '\0');
    if (docx_read_parts(document, numbering, rest, arena, &text, &err))
        g_assert_true(utf8_valid(text, NULL));
    else
        g_assert_nonnull(err);
    return 0;
}
