/* Our reader against libjansson: random documents, whole and damaged, are accepted by both or by neither, and hold the
 * same. */
#include "tests/jansson_beside_ours.h"

#include "base/banned.h"

enum { ROUNDS = 20000 };

static const char *pick(const char *const *from, int count)
{
    return from[g_test_rand_int_range(0, count)];
}

static void random_space(GString *out)
{
    static const char *const spaces[] = { "", "", "", "", " ", "\n", "\t", "\r\n  " };
    g_string_append(out, pick(spaces, G_N_ELEMENTS(spaces)));
}

static void random_string(GString *out, const char *suffix)
{
    static const char *const pieces[] = { "a", "接种率", "ordinary words", "é", "😀", "\\\"", "\\\\", "\\/", "\\n", "\\u4e2d",
                                          "\\uD83D\\uDE00", "\\u00e9", " ", "\\t", "'", "\x7f" };
    g_string_append_c(out, '"');
    for (int n = g_test_rand_int_range(0, 5); n > 0; n--)
        g_string_append(out, pick(pieces, G_N_ELEMENTS(pieces)));
    g_string_append_printf(out, "%s\"", suffix);
}

static void random_value(GString *out, int depth);

static void random_members(GString *out, int depth, bool object)
{
    int count = g_test_rand_int_range(0, 6);
    for (int i = 0; i < count; i++) {
        char number[8];
        g_snprintf(number, sizeof number, "%d", g_test_rand_int_range(0, 50) ? i : 0); /* now and then a doubled name */
        g_string_append(out, i ? "," : "");
        random_space(out);
        if (object) {
            random_string(out, number);
            random_space(out);
            g_string_append_c(out, ':');
        }
        random_value(out, depth + 1);
    }
}

static void random_value(GString *out, int depth)
{
    static const char *const scalars[] = { "null", "true", "false", "0", "-1", "42", "98.5", "-0.25", "1e3", "2E-2", "9007199254740993" };
    random_space(out);
    int kind = g_test_rand_int_range(0, depth < 6 ? 4 : 2);
    if (kind == 0)
        g_string_append(out, pick(scalars, G_N_ELEMENTS(scalars)));
    else if (kind == 1)
        random_string(out, "");
    else {
        g_string_append_c(out, kind == 2 ? '{' : '[');
        random_members(out, depth, kind == 2);
        g_string_append_c(out, kind == 2 ? '}' : ']');
    }
    random_space(out);
}

/* One to three bytes changed, dropped or doubled. */
static void damage(GString *text)
{
    static const char bytes[] = "{}[],:\"\\u0e.-+1 \nx\x01\x80\xe4\xed\xf0\xff";
    for (int n = g_test_rand_int_range(1, 4); n > 0 && text->len > 0; n--) {
        gssize at = g_test_rand_int_range(0, (int) text->len);
        char byte = bytes[g_test_rand_int_range(0, sizeof bytes - 1)];
        int kind = g_test_rand_int_range(0, 3);
        if (kind == 0)
            text->str[at] = byte;
        else if (kind == 1)
            g_string_erase(text, at, 1);
        else
            g_string_insert_c(text, at, byte);
    }
}

static bool same(const JsonValue *ours, const json_t *theirs);

static bool same_members(const JsonValue *ours, const json_t *theirs)
{
    bool equal = ours->count == json_object_size(theirs);
    for (const JsonValue *member = ours->first; equal && member; member = member->next) {
        g_autofree char *name = str_dup(member->name);
        const json_t *other = json_object_get(theirs, name);
        equal = other && same(member, other);
    }
    return equal;
}

static bool same_elements(const JsonValue *ours, const json_t *theirs)
{
    size_t index = 0;
    bool equal = ours->count == json_array_size(theirs);
    for (const JsonValue *element = ours->first; equal && element; element = element->next)
        equal = same(element, json_array_get(theirs, index++));
    return equal;
}

static bool same_number(Str ours, const json_t *theirs)
{
    int64_t integer;
    if (json_is_integer(theirs))
        return str_to_int64(ours, &integer) && integer == json_integer_value(theirs);
    g_autofree char *text = str_dup(ours);
    return json_is_real(theirs) && g_ascii_strtod(text, NULL) == json_real_value(theirs);
}

static bool same(const JsonValue *ours, const json_t *theirs)
{
    switch (ours->type) {
    case JSON_BEGIN_OBJECT: return json_is_object(theirs) && same_members(ours, theirs);
    case JSON_BEGIN_ARRAY: return json_is_array(theirs) && same_elements(ours, theirs);
    case JSON_NUMBER: return same_number(ours->text, theirs);
    case OUR_STRING:
        return json_is_string(theirs) &&
               str_eq(ours->text, (Str) { json_string_value(theirs), json_string_length(theirs) });
    case OUR_TRUE: return json_is_true(theirs);
    case OUR_FALSE: return json_is_false(theirs);
    default: return json_is_null(theirs);
    }
}

/* Whether both took the text. What overflows a number of jansson's is no fault of the text. */
static bool compare(Str text)
{
    g_autoptr(Arena) arena = arena_new();
    json_error_t error;
    json_t *theirs = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!theirs && json_error_code(&error) == json_error_numeric_overflow)
        return false;
    const JsonValue *ours = json_parse(text, arena, NULL);
    if (!ours != !theirs || (ours && !same(ours, theirs)))
        g_error("we %s, jansson %s: " STR_FMT, ours ? "take it" : "refuse it", theirs ? "takes it" : error.text, STR_ARG(text));
    json_decref(theirs);
    return ours != NULL;
}

static void test_random(void)
{
    int taken = 0, refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        g_autoptr(GString) text = g_string_new(NULL);
        random_value(text, 0);
        if (round % 2)
            damage(text);
        *(compare(str_from_gstring(text)) ? &taken : &refused) += 1;
    }
    g_test_message("%d taken by both, %d refused by both", taken, refused);
    g_assert_cmpint(taken, >, ROUNDS / 3);
    g_assert_cmpint(refused, >, ROUNDS / 10);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-oracle/random", test_random);
    return g_test_run();
}
