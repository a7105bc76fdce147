/* `sources:` of datasets, and files of FHIR and HL7 v2 by them (golden): what is told of wrong ones, what comes out of right ones. */
#include "base/json.h"
#include "ingest-show.h"
#include "ingest/fhir_path.h"
#include "sources-pack.h"

#include "base/banned.h"

/* --- Golden cases: `=== title`, `--- shot` and `--- lab` (their sources), `--- input NAME` …, `===> ` what comes out ------------------ */

typedef struct {
    char *shot, *lab;
    char *names[8];
    GString *inputs[8];
    size_t n;
} Case;

static void clear_case(Case *c)
{
    g_free(c->shot);
    g_free(c->lab);
    for (size_t i = 0; i < c->n; i++) {
        g_free(c->names[i]);
        g_string_free(c->inputs[i], TRUE);
    }
    *c = (Case) { 0 };
}

static Str cut_line(Str *rest)
{
    const char *end = memchr(rest->p, '\n', rest->n);
    Str line = { rest->p, end ? (size_t) (end - rest->p) + 1 : rest->n };
    *rest = str_from_at(*rest, line.n);
    return line;
}

static char *indented(Str yaml)
{
    GString *out = g_string_new("    sources:\n");
    for (Str rest = yaml; rest.n > 0;) {
        Str line = cut_line(&rest);
        g_string_append_printf(out, "      " STR_FMT, STR_ARG(line));
    }
    return g_string_free(out, FALSE);
}

/* What cannot stand in a text file is written \x1c. */
static GString *unescaped(Str text)
{
    GString *out = g_string_new_len(text.p, (gssize) text.n);
    static const struct {
        const char *from, *to;
    } signs[] = { { "\\x1c", "\x1c" }, { "\\x0b", "\x0b" }, { "\\x0d\n", "\r" }, { "\\xd0", "\xd0" }, { "\\xd5", "\xd5" }, { "\\xc5", "\xc5" }, { "\\xff", "\xff" } };
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        g_string_replace(out, signs[i].from, signs[i].to, 0);
    return out;
}

static void read_part(Case *c, Str name, Str body)
{
    if (str_eq(name, STR("shot")))
        c->shot = indented(body);
    else if (str_eq(name, STR("lab")))
        c->lab = indented(body);
    else {
        g_assert_true(str_starts(name, STR("input")) && c->n < 8);
        c->names[c->n] = str_dup(str_trim(str_from_at(name, 5)));
        c->inputs[c->n++] = unescaped(body);
    }
}

static void read_parts(Str *rest, Case *c, GString *out)
{
    while (str_starts(*rest, STR("--- "))) {
        Str line = cut_line(rest), name = str_trim(str_from_at(line, 4)), body = *rest;
        g_string_append_len(out, line.p, (gssize) line.n);
        while (rest->n > 0 && !str_starts(*rest, STR("--- ")) && !str_starts(*rest, STR("===>"))) {
            line = cut_line(rest);
            g_string_append_len(out, line.p, (gssize) line.n);
        }
        body.n -= rest->n;
        read_part(c, name, body);
    }
}

static void write_findings(const PackReport *report, GString *out)
{
    for (size_t i = 0; i < pack_report_count(report); i++) {
        const PackFinding *f = pack_report_get(report, i);
        if (!f->warning)
            g_string_append_printf(out, "%u:%u: " STR_FMT " [%s]\n", f->line, f->column, STR_ARG(f->text), f->code);
    }
}

static void write_rows(const Case *c, const PacksRef *packs, GString *out)
{
    const PackDataset *datasets[] = { packs_dataset(packs, STR("a.shot")), packs_dataset(packs, STR("a.lab")) };
    IngestInput inputs[8];
    for (size_t i = 0; i < c->n; i++)
        inputs[i] = (IngestInput) { .name = c->names[i], .bytes = str_from_gstring(c->inputs[i]) };
    g_autofree char *rows = show_all(inputs, c->n, &(IngestOptions) { .datasets = datasets, .n_datasets = 2 });
    g_string_append(out, rows);
}

static void run_case(Str *rest, GString *out, GHashTable *codes)
{
    Case c = { 0 };
    Str title = cut_line(rest);
    g_autoptr(PackReport) report = pack_report_new();
    g_string_append_len(out, title.p, (gssize) title.n);
    read_parts(rest, &c, out);
    cut_line(rest);
    while (rest->n > 0 && !str_starts(*rest, STR("=== ")))
        cut_line(rest);
    g_autoptr(PacksRef) packs = sources_pack(c.shot, c.lab, report);
    g_string_append(out, "===>\n");
    write_findings(report, out);
    if (pack_report_errors(report) == 0)
        write_rows(&c, packs, out);
    g_string_append(out, rest->n > 0 ? "\n" : "");
    for (size_t i = 0; i < pack_report_count(report); i++)
        g_hash_table_add(codes, (gpointer) pack_report_get(report, i)->code);
    clear_case(&c);
}

static char *source_path(const char *path)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), path, NULL);
}

static GString *run_golden(GHashTable *codes, char **ret_text)
{
    g_autofree char *path = source_path("tests/golden/sources.txt");
    g_assert_true(g_file_get_contents(path, ret_text, NULL, NULL));
    Str rest = str_from(*ret_text);
    GString *out = g_string_new(NULL);
    while (rest.n > 0 && !str_starts(rest, STR("=== "))) {
        Str line = cut_line(&rest);
        g_string_append_len(out, line.p, (gssize) line.n);
    }
    while (rest.n > 0)
        run_case(&rest, out, codes);
    return out;
}

static void test_golden(void)
{
    g_autofree char *path = source_path("tests/golden/sources.txt"), *text = NULL;
    g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) out = run_golden(codes, &text);
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(path, out->str, (gssize) out->len, NULL));
    else
        g_assert_cmpstr(out->str, ==, text);
}

/* --- Documentation ---------------------------------------------------------------------------------------------------------------- */

/* docs/sources.md has each code, and a golden case gives it; its tables of keys are those of the program. docs/fhirpath.md has each function. */
static void test_docs(void)
{
    g_autofree char *path = source_path("docs/sources.md"), *text = NULL, *golden = NULL, *paths = source_path("docs/fhirpath.md"), *functions = NULL;
    g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) out = run_golden(codes, &golden), keys = g_string_new(NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL) && g_file_get_contents(paths, &functions, NULL, NULL));
    ingest_sources_markdown(keys);
    static const char *const all[] = { "path-syntax", "path-name", "path-type", "source-resource", "source-message", "source-field", "source-missing" };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autofree char *row = g_strdup_printf("\n| `%s` |", all[i]);
        g_assert_nonnull(strstr(text, row));
        g_assert_true(g_hash_table_contains(codes, all[i]));
    }
    for (size_t i = 0; fhir_path_function(i); i++) {
        g_autofree char *row = g_strdup_printf("\n| `%s` |", fhir_path_function(i));
        g_assert_nonnull(strstr(functions, row));
    }
    static const char mark[] = "<!-- keys -->\n";
    char *begin = strstr(text, mark);
    g_assert_nonnull(begin);
    if (g_getenv("UPDATE_GOLDEN")) {
        g_autofree char *whole = g_strdup_printf("%.*s%s", (int) (begin - text) + (int) strlen(mark), text, keys->str);
        g_assert_true(g_file_set_contents(path, whole, -1, NULL));
    } else
        g_assert_cmpstr(begin + strlen(mark), ==, keys->str);
}

/* Every map and key is described in the schema. */
static void test_schema(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(PackSections) sections = pack_sections_new();
    ingest_pack_sections(sections);
    pack_schema(PACK_SCHEMA_PACK, sections, out);
    const JsonValue *schema = json_parse(str_from_gstring(out), arena, NULL), *defs = json_get(schema, "$defs");
    const JsonValue *fhir = json_get(json_get(defs, "source-fhir"), "properties"), *in_dataset = json_get(json_get(json_get(defs, "dataset"), "properties"), "sources");
    g_assert_nonnull(json_get(fhir, "codes"));
    g_assert_nonnull(json_get(json_get(json_get(defs, "sources"), "properties"), "hl7"));
    g_assert_true(str_eq(json_get(in_dataset, "$ref")->text, STR("#/$defs/sources")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sources/golden", test_golden);
    g_test_add_func("/sources/docs", test_docs);
    g_test_add_func("/sources/schema", test_schema);
    return g_test_run();
}
