#include "base/json.h"
#include "base/limits.h"

#include "base/banned.h"

/* Reads the whole of a text; JSON_END or JSON_ERROR. */
static JsonToken read_all(Str text, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    JsonReader reader;
    JsonToken token;
    json_reader_init(&reader, text, arena);
    while ((token = json_next(&reader)) != JSON_END && token != JSON_ERROR)
        ;
    if (token == JSON_ERROR)
        json_reader_error(&reader, err);
    g_assert_cmpint(json_next(&reader), ==, token); /* and again */
    return token;
}

static void test_accepted(void)
{
    static const Str cases[] = {
        STR_INIT("null"), STR_INIT(" true "), STR_INIT("\t\r\n[]"), STR_INIT("{}"), STR_INIT("\"\""), STR_INIT("-0"),
        STR_INIT("-0.0e-0"), STR_INIT("1E+22"), STR_INIT("123456789012345678901234567890"), STR_INIT("[1,[2,{\"a\":[]}],3]"),
        STR_INIT("{\"a\":{\"b\":null},\"a\":1}"), STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u4E2d\\ud83d\\uDE00\""),
        STR_INIT("\"\x7f\""), STR_INIT("\"\xc2\x80\u07ff\u0800\ue000\uffff\U00010000\U0010ffff\""),
        STR_INIT("{ \"疫苗\" : [ 98.5 , \"接种率\" ] }"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_test_message("%zu", i);
        g_assert_cmpint(read_all(cases[i], &err), ==, JSON_END);
        g_assert_no_error(err);
    }
}

static void test_refused(void)
{
    static const struct {
        Str text;
        const char *at;
    } cases[] = {
        { STR_INIT(""), "1:1" },
        { STR_INIT("  \n "), "2:2" },
        { STR_INIT("nul"), "1:1" },
        { STR_INIT("nullx"), "1:5" },
        { STR_INIT("1 2"), "1:3" },
        { STR_INIT("[1 2]"), "1:4" },
        { STR_INIT("[1,]"), "1:4" },
        { STR_INIT("[,1]"), "1:2" },
        { STR_INIT("[1"), "1:3" },
        { STR_INIT("[1}"), "1:3" },
        { STR_INIT("]"), "1:1" },
        { STR_INIT("{\"a\":1,}"), "1:8" },
        { STR_INIT("{\"a\" 1}"), "1:6" },
        { STR_INIT("{\"a\":}"), "1:6" },
        { STR_INIT("{a:1}"), "1:2" },
        { STR_INIT("{1:1}"), "1:2" },
        { STR_INIT("{\"a\":1]"), "1:7" },
        { STR_INIT("{"), "1:2" },
        { STR_INIT("'a'"), "1:1" },
        { STR_INIT("01"), "1:1" },
        { STR_INIT("-"), "1:1" },
        { STR_INIT("+1"), "1:1" },
        { STR_INIT(".5"), "1:1" },
        { STR_INIT("1."), "1:1" },
        { STR_INIT("1e"), "1:1" },
        { STR_INIT("1e+"), "1:1" },
        { STR_INIT("0x1"), "1:2" },
        { STR_INIT("NaN"), "1:1" },
        { STR_INIT("\"a"), "1:3" },
        { STR_INIT("\"a\\"), "1:4" },
        { STR_INIT("\"a\\\""), "1:5" },
        { STR_INIT("\"\\x\""), "1:2" },
        { STR_INIT("\"\\u12\""), "1:2" },
        { STR_INIT("\"\\u12g4\""), "1:2" },
        { STR_INIT("\"\\u0000\""), "1:2" },
        { STR_INIT("\"ab\\ud83d\""), "1:4" },
        { STR_INIT("\"\\ud83d\\u0041\""), "1:2" },
        { STR_INIT("\"\\ude00\""), "1:2" },
        { STR_INIT("\"a\nb\""), "1:3" },
        { STR_INIT("\"a\0b\""), "1:3" },
        { STR_INIT("[1,\0]"), "1:4" },
        { STR_INIT("\"\x80\""), "1:2" },
        { STR_INIT("\"\xc0\x80\""), "1:2" },
        { STR_INIT("\"\xe0\x9f\xbf\""), "1:2" },
        { STR_INIT("\"\xed\xa0\x80\""), "1:2" },
        { STR_INIT("\"\xf0\x8f\xbf\xbf\""), "1:2" },
        { STR_INIT("\"\xf4\x90\x80\x80\""), "1:2" },
        { STR_INIT("\"\xf5\x80\x80\x80\""), "1:2" },
        { STR_INIT("\"\xe4\xb8\""), "1:2" },
        { STR_INIT("\"\xe4\xb8"), "1:2" },
        { STR_INIT("\xef\xbb\xbf{}"), "1:1" },
        { STR_INIT("{\n  \"名称\": \"中文\",\n  \"数\": 1x}"), "3:9" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        g_test_message("%zu", i);
        g_assert_cmpint(read_all(cases[i].text, &err), ==, JSON_ERROR);
        g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
    }
}

/* Every special byte at every place of a word of eight: the scan over words must stop where the one over bytes does. */
static void test_string_ends(void)
{
    for (size_t before = 0; before < 20; before++) {
        for (size_t after = 0; after < 20; after++) {
            g_autoptr(GString) text = g_string_new("\"");
            for (size_t i = 0; i < before; i++)
                g_string_append_c(text, (char) (i % 2 ? 0x7f : ' '));
            g_string_append(text, "\\n中");
            for (size_t i = 0; i < after; i++)
                g_string_append_c(text, '!');
            g_string_append_c(text, '"');
            g_autoptr(Arena) arena = arena_new();
            JsonReader reader;
            json_reader_init(&reader, str_from_gstring(text), arena);
            g_assert_cmpint(json_next(&reader), ==, JSON_STRING);
            g_assert_cmpuint(reader.text.n, ==, before + 1 + 3 + after);
            g_assert_cmpint(json_next(&reader), ==, JSON_END);
            text->str[1 + before] = 0x1f;
            g_assert_cmpint(read_all(str_from_gstring(text), NULL), ==, JSON_ERROR);
        }
    }
}

static void test_views(void)
{
    g_autoptr(Arena) arena = arena_new();
    Str text = STR("{\"a\":\"plain\",\"b\":\"q\\u0041\\ud83d\\ude00\"}");
    JsonReader reader;
    json_reader_init(&reader, text, arena);
    json_next(&reader);
    g_assert_cmpint(json_next(&reader), ==, JSON_KEY);
    g_assert_true(reader.text.p == text.p + 2);
    g_assert_cmpint(json_next(&reader), ==, JSON_STRING);
    g_assert_true(reader.text.p == text.p + 6);
    json_next(&reader);
    g_assert_cmpint(json_next(&reader), ==, JSON_STRING);
    g_assert_true(str_eq(reader.text, STR("qA😀")));
    g_assert_cmpuint(reader.token_at, ==, 17);
}

static void test_skip(void)
{
    g_autoptr(Arena) arena = arena_new();
    JsonReader reader;
    json_reader_init(&reader, STR("{\"a\":{\"x\":[1,{}]},\"b\":[],\"c\":3}"), arena);
    g_assert_cmpint(json_next(&reader), ==, JSON_BEGIN_OBJECT);
    for (const char *name = "ab"; *name; name++) {
        g_assert_cmpint(json_next(&reader), ==, JSON_KEY);
        g_assert_cmpint(reader.text.p[0], ==, *name);
        g_assert_true(json_skip(&reader));
        g_assert_cmpint(reader.depth, ==, 1);
    }
    g_assert_cmpint(json_next(&reader), ==, JSON_KEY);
    g_assert_cmpint(json_next(&reader), ==, JSON_NUMBER);
    json_reader_init(&reader, STR("[[1,2"), arena);
    json_next(&reader);
    g_assert_false(json_skip(&reader));
}

static GString *nested(int depth)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < depth; i++)
        g_string_append_c(text, '[');
    for (int i = 0; i < depth; i++)
        g_string_append_c(text, ']');
    return text;
}

static void test_limits(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) deepest = nested(LIMIT_JSON_DEPTH), deeper = nested(LIMIT_JSON_DEPTH + 1);
    g_assert_nonnull(json_parse(str_from_gstring(deepest), arena, NULL));
    g_assert_null(json_parse(str_from_gstring(deeper), arena, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_clear_error(&err);

    g_autoptr(GString) many = g_string_new("[0");
    for (int i = 2; i < LIMIT_JSON_VALUES; i++) /* with the array itself: exactly the limit */
        g_string_append(many, ",0");
    g_string_append_c(many, ']');
    g_assert_nonnull(json_parse(str_from_gstring(many), arena, NULL));
    g_string_overwrite(many, many->len - 1, ",0]");
    g_assert_null(json_parse(str_from_gstring(many), arena, &err));
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
    g_clear_error(&err);

    g_autoptr(GString) string = g_string_new("\"");
    g_string_set_size(string, LIMIT_JSON_STRING_BYTES + 1);
    memset(string->str + 1, 'x', LIMIT_JSON_STRING_BYTES);
    g_string_append_c(string, '"');
    g_assert_cmpint(read_all(str_from_gstring(string), NULL), ==, JSON_END);
    g_string_insert_c(string, 1, 'x');
    g_assert_cmpint(read_all(str_from_gstring(string), &err), ==, JSON_ERROR);
    g_assert_error(err, BH_ERROR, BH_TOO_LARGE);
}

static void test_tree(void)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    const JsonValue *root = json_parse(STR("{\"name\":\"张\",\"n\":7,\"rate\":98.50,\"on\":true,\"no\":null,"
                                           "\"rows\":[{\"a/b\":1},{\"a/b\":\"x\"}]}"), arena, &err);
    g_assert_no_error(err);
    g_assert_cmpuint(root->count, ==, 6);
    Str name = STR_NONE;
    int64_t n = 0;
    Decimal rate = { 0 };
    bool on = false;
    const JsonValue *rows = NULL;
    g_assert_true(json_get_str(root, "name", &name, &err) && str_eq(name, STR("张")));
    g_assert_true(json_get_int(root, "n", 7, 7, &n, &err) && n == 7);
    g_assert_true(json_get_decimal(root, "rate", &rate, &err) && rate.value == 985 && rate.scale == 1);
    g_assert_true(json_get_bool(root, "on", &on, &err) && on);
    g_assert_true(json_get_array(root, "rows", &rows, &err) && rows->count == 2);
    g_assert_true(json_opt_int(root, "absent", 0, 9, &n, &err) && n == 7);
    g_assert_true(json_opt_int(root, "no", 0, 9, &n, &err) && n == 7);
    g_assert_null(json_get(root, "absent"));
    g_assert_null(json_get(NULL, "x"));
    g_assert_null(json_get(rows, "x"));
    g_assert_false(json_get_int(rows->first->next, "a/b", 0, 9, &n, &err));
    g_assert_error(err, BH_ERROR, BH_BAD_INPUT);
    g_assert_cmpstr(err->message, ==, "an integer expected");
    g_assert_cmpstr(error_get_at(err), ==, "/rows/1/a~1b");
}

static void test_tree_errors(void)
{
    static const struct {
        const char *text, *at, *message;
    } cases[] = {
        { "{}", "", "an object with a member 'n' expected" },
        { "[]", "", "an object with a member 'n' expected" },
        { "{\"n\":null}", "/n", "an integer expected" },
        { "{\"n\":1.0}", "/n", "an integer expected" },
        { "{\"n\":9223372036854775808}", "/n", "an integer expected" },
        { "{\"n\":11}", "/n", "a number from 0 to 10 expected" },
        { "{\"n\":-1}", "/n", "a number from 0 to 10 expected" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) err = NULL;
        int64_t n = 42;
        g_assert_false(json_get_int(json_parse(str_from(cases[i].text), arena, NULL), "n", 0, 10, &n, &err));
        g_assert_cmpstr(err->message, ==, cases[i].message);
        g_assert_cmpstr(error_get_at(err), ==, cases[i].at);
        g_assert_cmpint(n, ==, 42);
    }
}

static void test_doubled_names(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_assert_null(json_parse(STR("[{\"x\":{\"a\":1,\"b\":2,\"\\u0061\":3}}]"), arena, &err));
    g_assert_cmpstr(err->message, ==, "two members are named 'a'");
    g_assert_cmpstr(error_get_at(err), ==, "/0/x");
    g_clear_error(&err);
    g_autoptr(GString) many = g_string_new("{");
    for (int i = 0; i < 100; i++)
        g_string_append_printf(many, "\"k%d\":0,", i);
    gsize before = many->len;
    g_string_append(many, "\"k100\":0}");
    g_assert_nonnull(json_parse(str_from_gstring(many), arena, NULL));
    g_string_truncate(many, before);
    g_string_append(many, "\"k50\":0}");
    g_assert_null(json_parse(str_from_gstring(many), arena, &err));
    g_assert_cmpstr(err->message, ==, "two members are named 'k50'");
}

static void write_sample(JsonWriter *w)
{
    json_begin_object(w);
    json_member_str(w, "name", STR("a\"b\\c/\n\x01\x7f中"));
    json_member_cstr(w, "none", NULL);
    json_key(w, "rows");
    json_begin_array(w);
    json_int(w, INT64_MIN);
    json_decimal(w, (Decimal) { 985, 1 });
    json_bool(w, false);
    json_begin_object(w);
    json_end_object(w);
    json_raw(w, STR("{\"k\":1}"));
    json_end_array(w);
    json_member_bool(w, "ok", true);
    json_member_int(w, "n", 3);
    json_end_object(w);
}

static void test_write(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter w;
    json_writer_init(&w, out, false);
    write_sample(&w);
    g_assert_cmpstr(out->str, ==, "{\"name\":\"a\\\"b\\\\c/\\n\\u0001\x7f中\",\"none\":null,\"rows\":[-9223372036854775808,98.5,"
                                  "false,{},{\"k\":1}],\"ok\":true,\"n\":3}");
    g_string_truncate(out, 0);
    json_writer_init(&w, out, true);
    write_sample(&w);
    g_assert_cmpstr(out->str, ==, "{\n  \"name\": \"a\\\"b\\\\c/\\n\\u0001\x7f中\",\n  \"none\": null,\n  \"rows\": [\n"
                                  "    -9223372036854775808,\n    98.5,\n    false,\n    {},\n    {\"k\":1}\n  ],\n"
                                  "  \"ok\": true,\n  \"n\": 3\n}");
}

static void test_write_damaged_text(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter w;
    json_writer_init(&w, out, false);
    json_str(&w, STR("a\xff\xe4\xb8z\0中"));
    g_assert_cmpstr(out->str, ==, "\"a\uFFFD\uFFFD\uFFFDz\uFFFD中\"");
    g_assert_cmpint(read_all(str_from_gstring(out), NULL), ==, JSON_END);
}

static void test_canonical(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) out = g_string_new("x");
    /* The order of names is the example in RFC 8785, section 3.2.3. */
    const JsonValue *value = json_parse(STR("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,"
                                            "\"\\u00f6\":[ -0, true, null, \"\\u002f\\u000A\" ]}"), arena, &err);
    g_assert_true(json_canonical(value, out, &err));
    g_assert_cmpstr(out->str, ==, "x{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"ö\":[0,true,null,\"/\\n\"],\"€\":1,\"😀\":5,\"\ufb33\":3}");
    g_string_assign(out, "x");
    g_assert_false(json_canonical(json_parse(STR("{\"a\":[1,2.5]}"), arena, NULL), out, &err));
    g_assert_cmpstr(error_get_at(err), ==, "/a/1");
    g_assert_cmpstr(out->str, ==, "x");
}

static void test_tree_written(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) out = g_string_new(NULL);
    Str text = STR("{\"b\":[1.50,\"x\",{}],\"a\":{\"c\":[]},\"t\":true,\"f\":false,\"n\":null}");
    JsonWriter w;
    json_writer_init(&w, out, false);
    json_value(&w, json_parse(text, arena, NULL));
    g_assert_true(str_eq(str_from_gstring(out), text));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/accepted", test_accepted);
    g_test_add_func("/json/refused", test_refused);
    g_test_add_func("/json/string-ends", test_string_ends);
    g_test_add_func("/json/views", test_views);
    g_test_add_func("/json/skip", test_skip);
    g_test_add_func("/json/limits", test_limits);
    g_test_add_func("/json/tree", test_tree);
    g_test_add_func("/json/tree-errors", test_tree_errors);
    g_test_add_func("/json/doubled-names", test_doubled_names);
    g_test_add_func("/json/write", test_write);
    g_test_add_func("/json/write-damaged", test_write_damaged_text);
    g_test_add_func("/json/canonical", test_canonical);
    g_test_add_func("/json/tree-written", test_tree_written);
    return g_test_run();
}
