/* Golden cases of the reader's structure: tests/golden/doc/NAME/{in.*,want.json}. UPDATE_GOLDEN=1 rewrites want.json; read the difference
 * like code. Targets have cases of their own; here stand items, owners, measures, declared counts and findings. Each value is also held
 * against its span: the stored text there must read the same but for white space. */
#include <stdio.h>

#include "base/json.h"
#include "doc/doc.h"

#include "base/banned.h"

typedef struct {
    const DocText *text;
    JsonWriter *json;
} Printer;

/* --- Spans -------------------------------------------------------------------------------------------------------- */

static Str bytes_of(Str text, Span span)
{
    const char *from = g_utf8_offset_to_pointer(text.p, span.from);
    const char *to = g_utf8_offset_to_pointer(from, (glong) (span.to - span.from));
    return (Str) { from, (size_t) (to - from) };
}

static char *squeezed(Str text)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < text.n;) {
        uint32_t c = utf8_next(text, &i);
        if (!g_unichar_isspace(c))
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

static void check_span(const Printer *printer, const DocValue *value)
{
    if (!value->text.p)
        return;
    g_autofree char *said = squeezed(value->text);
    g_autofree char *stands = squeezed(bytes_of(printer->text->text, value->span));
    g_assert_cmpstr(said, ==, stands);
}

/* --- Printing ----------------------------------------------------------------------------------------------------- */

static void put_value(Printer *printer, const char *name, const DocValue *value)
{
    check_span(printer, value);
    json_member_str(printer->json, name, value->text);
}

static void put_names(Printer *printer, const char *name, const DocValue *names, size_t n)
{
    json_key(printer->json, name);
    json_begin_array(printer->json);
    for (size_t i = 0; i < n; i++) {
        check_span(printer, &names[i]);
        json_str(printer->json, names[i].text);
    }
    json_end_array(printer->json);
}

static void put_measures(Printer *printer, const DocItem *item)
{
    json_key(printer->json, "measures");
    json_begin_array(printer->json);
    for (size_t i = 0; i < item->n_measures; i++) {
        check_span(printer, &item->measures[i].text);
        g_autofree char *line = g_strdup_printf(STR_FMT " " STR_FMT, STR_ARG(item->measures[i].no), STR_ARG(item->measures[i].text.text));
        json_cstr(printer->json, line);
    }
    json_end_array(printer->json);
}

static void put_item(Printer *printer, const DocItem *item)
{
    json_begin_object(printer->json);
    json_member_str(printer->json, "no", item->no);
    put_value(printer, "label", &item->label);
    json_member_cstr(printer->json, "kind", item_kind_name(item->kind));
    json_key(printer->json, "path");
    json_begin_array(printer->json);
    for (size_t i = 0; i < item->n_path; i++)
        json_str(printer->json, item->path[i]);
    json_end_array(printer->json);
    put_value(printer, "title", &item->title);
    if (item->problem.text.p)
        put_value(printer, "problem", &item->problem);
    put_names(printer, "lead", item->lead, item->n_lead);
    put_names(printer, "support", item->support, item->n_support);
    put_measures(printer, item);
    json_end_object(printer->json);
}

static void put_declared(Printer *printer, const Doc *doc)
{
    json_key(printer->json, "declared");
    json_begin_array(printer->json);
    for (size_t i = 0; i < doc->n_declared; i++) {
        const DocDeclared *declared = &doc->declared[i];
        check_span(printer, &declared->quote);
        g_autofree char *line = g_strdup_printf("%s %" G_GINT64_FORMAT " found %" G_GINT64_FORMAT ": " STR_FMT, declared->what, declared->value,
            declared->found, STR_ARG(declared->quote.text));
        json_cstr(printer->json, line);
    }
    json_end_array(printer->json);
}

/* A fact that the document has. */
static void put_fact(Printer *printer, const char *name, const DocValue *value)
{
    if (value->text.p)
        put_value(printer, name, value);
}

static void put_doc(Printer *printer, const Doc *doc)
{
    json_begin_object(printer->json);
    json_member_cstr(printer->json, "kind", doc_kind_name(doc->kind));
    put_value(printer, "title", &doc->title);
    put_fact(printer, "doc_no", &doc->doc_no);
    put_fact(printer, "issuer", &doc->issuer);
    put_fact(printer, "issued", &doc->issued_text);
    put_declared(printer, doc);
    json_key(printer->json, "items");
    json_begin_array(printer->json);
    for (size_t i = 0; i < doc->n_items; i++)
        put_item(printer, &doc->items[i]);
    json_end_array(printer->json);
    json_key(printer->json, "parts");
    json_begin_array(printer->json);
    for (size_t i = 0; i < doc->n_parts; i++)
        put_doc(printer, doc->parts[i]);
    json_end_array(printer->json);
    json_end_object(printer->json);
}

/* The findings of this stage; those of others have tests of their own. */
static const char *const codes[] = {
    "duplicate-number", "missing-number", "declared-mismatch", "repeated-text", "broken-off", "no-owner", "too-many-items", "too-deep", "no-items",
    "damaged-date", "page-jump", "pdf-table",
};

static void put_findings(Printer *printer, const Diags *diags)
{
    json_begin_array(printer->json);
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        for (size_t c = 0; c < G_N_ELEMENTS(codes); c++) {
            if (strcmp(codes[c], diag->code) != 0)
                continue;
            Str place = bytes_of(printer->text->text, (Span) { (uint32_t) diag->from, (uint32_t) diag->to });
            g_autofree char *line = g_strdup_printf("%s " STR_FMT ": " STR_FMT, diag->code, STR_ARG(diag->at), STR_ARG(utf8_head(place, 24)));
            json_cstr(printer->json, line);
        }
    }
    json_end_array(printer->json);
}

static char *print(const DocText *text, const Doc *doc, const Diags *diags)
{
    GString *out = g_string_new(NULL);
    JsonWriter json;
    Printer printer = { text, &json };
    json_writer_init(&json, out, true);
    json_begin_object(&json);
    json_key(&json, "document");
    put_doc(&printer, doc);
    json_key(&json, "findings");
    put_findings(&printer, diags);
    json_end_object(&json);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

/* --- Cases -------------------------------------------------------------------------------------------------------- */

static char *find_input(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = dir ? g_dir_read_name(dir) : NULL;
    while (name && !g_str_has_prefix(name, "in."))
        name = g_dir_read_name(dir);
    g_assert_nonnull(name);
    return g_build_filename(folder, name, NULL);
}

static void run_case(const void *data)
{
    const char *folder = data;
    g_autofree char *in = find_input(folder), *want = g_build_filename(folder, "want.json", NULL);
    g_autofree char *bytes = NULL, *wanted = NULL;
    size_t n;
    g_autoptr(GError) err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    DocText text;
    g_assert_true(g_file_get_contents(in, &bytes, &n, &err));
    g_assert_true(doc_text_read((Str) { bytes, n }, "in.txt", arena, diags, &text, &err));
    g_autofree char *got = print(&text, doc_read(&text, arena, diags), diags);
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(want, got, -1, &err));
    else if (!g_file_get_contents(want, &wanted, NULL, &err) || strcmp(wanted, got) != 0)
        g_test_fail_printf("%s differs; UPDATE_GOLDEN=1 shows how:\n%s", want, got);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *root = g_build_filename(g_getenv("SOURCE_ROOT"), "tests", "golden", "doc", NULL);
    g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
    g_assert_nonnull(dir);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (size_t i = 0; i < names->len; i++) {
        g_autofree char *path = g_strdup_printf("/doc/golden/%s", (char *) names->pdata[i]);
        g_test_add_data_func_full(path, g_build_filename(root, names->pdata[i], NULL), run_case, g_free);
    }
    return g_test_run();
}
