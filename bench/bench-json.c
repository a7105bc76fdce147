/* How fast JSON is read: our reader piece by piece and as a tree, jansson, and cJSON where it is installed, over the
 * same lines of invented FHIR resources. Rounds alternate and the best of each counts, so that other work on the machine
 * weighs on all alike. */
#ifdef HAVE_CJSON
#include <cjson/cJSON.h>
#endif
#include <stdio.h>

#include "tests/jansson_beside_ours.h"

#include "base/banned.h"

enum { LINES = 20000, ROUNDS = 7 };

static void write_coding(JsonWriter *w, const char *name, const char *system, int code, const char *display)
{
    json_key(w, name);
    json_begin_object(w);
    json_key(w, "coding");
    json_begin_array(w);
    json_begin_object(w);
    json_member_cstr(w, "system", system);
    json_member_int(w, "code", code);
    json_member_cstr(w, "display", display);
    json_end_object(w);
    json_end_array(w);
    json_end_object(w);
}

static void write_line(GString *out, int i)
{
    JsonWriter w;
    json_writer_init(&w, out, false);
    json_begin_object(&w);
    json_member_cstr(&w, "resourceType", "Immunization");
    json_member_int(&w, "id", i);
    json_member_cstr(&w, "status", "completed");
    write_coding(&w, "vaccineCode", "urn:oid:2.16.156.10011.2.3.1", i % 40, "麻腮风联合减毒活疫苗");
    json_key(&w, "patient");
    json_begin_object(&w);
    json_member_cstr(&w, "reference", "Patient/7f2c1e9ab1d04c55");
    json_member_cstr(&w, "display", "示例人员");
    json_end_object(&w);
    json_member_cstr(&w, "occurrenceDateTime", "2026-09-05T09:30:00+08:00");
    write_coding(&w, "site", "http://terminology.hl7.org/CodeSystem/v3-ActSite", i % 3, "left arm");
    json_key(&w, "doseQuantity");
    json_begin_object(&w);
    json_key(&w, "value");
    json_decimal(&w, (Decimal) { 5, 1 });
    json_member_cstr(&w, "unit", "mL");
    json_end_object(&w);
    json_member_cstr(&w, "note", "第一针\n无不良反应");
    json_end_object(&w);
}

static bool read_pieces(Str line, Arena *arena)
{
    JsonReader reader;
    JsonToken token;
    json_reader_init(&reader, line, arena);
    while ((token = json_next(&reader)) != JSON_END && token != JSON_ERROR)
        ;
    return token == JSON_END;
}

static bool read_tree(Str line, Arena *arena)
{
    return json_parse(line, arena, NULL) != NULL;
}

static bool read_jansson(Str line, Arena *arena)
{
    (void) arena;
    json_t *value = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    json_decref(value);
    return value != NULL;
}

#ifdef HAVE_CJSON
static bool read_cjson(Str line, Arena *arena)
{
    (void) arena;
    cJSON *value = cJSON_ParseWithLength(line.p, line.n);
    cJSON_Delete(value);
    return value != NULL;
}
#endif

static const struct {
    const char *name;
    bool (*read)(Str line, Arena *arena);
} readers[] = {
    { "ours, piece by piece", read_pieces },
    { "ours, tree", read_tree },
#ifdef HAVE_CJSON
    { "cJSON", read_cjson },
#endif
    { "jansson", read_jansson },
};

static double measure(int which, Str text)
{
    g_autoptr(Arena) arena = arena_new();
    arena_alloc(arena, 1);
    ArenaMark mark = arena_mark(arena);
    int64_t start = g_get_monotonic_time();
    for (Str line; (line = str_cut(&text, '\n')).n > 0;) {
        if (!readers[which].read(line, arena))
            g_error("%s refused a line", readers[which].name);
        arena_rewind(arena, mark);
    }
    return (double) (g_get_monotonic_time() - start) / 1e6;
}

int main(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    double best[G_N_ELEMENTS(readers)];
    for (int i = 0; i < LINES; i++) {
        write_line(text, i);
        g_string_append_c(text, '\n');
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int which = 0; which < (int) G_N_ELEMENTS(readers); which++) {
            double seconds = measure(which, str_from_gstring(text));
            best[which] = round == 0 ? seconds : MIN(best[which], seconds);
        }
    int last = G_N_ELEMENTS(readers) - 1;
    printf("%d lines, %.1f MB\n", LINES, (double) text->len / 1e6);
    for (int which = 0; which <= last; which++)
        printf("%-22s %7.0f MB/s  %5.1f times jansson\n", readers[which].name, (double) text->len / 1e6 / best[which],
               best[last] / best[which]);
    return 0;
}
