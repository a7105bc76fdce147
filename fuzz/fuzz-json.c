/* Whatever is accepted, written and read again must be written the same. */
#include "base/json.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_tree(const JsonValue *value, GString *out)
{
    JsonWriter w;
    json_writer_init(&w, out, false);
    json_value(&w, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    const JsonValue *value = json_parse((Str) { (const char *) data, size }, arena, &err);
    g_assert_true(!value == (err != NULL));
    if (!value)
        return 0;
    g_autoptr(GString) once = g_string_new(NULL);
    g_autoptr(GString) twice = g_string_new(NULL);
    g_autoptr(GString) canonical = g_string_new(NULL);
    write_tree(value, once);
    const JsonValue *again = json_parse(str_from_gstring(once), arena, NULL);
    g_assert_nonnull(again);
    write_tree(again, twice);
    g_assert_true(str_eq(str_from_gstring(once), str_from_gstring(twice)));
    json_canonical(value, canonical, NULL);
    return 0;
}
