/* `sources:` of datasets, and files of FHIR and HL7 v2 by them (golden): what is told of wrong ones, what comes out of right ones. */
#include "base/json.h"
#include "base/limits.h"
#include "ingest-show.h"
#include "ingest/fhir.h"
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

/* --- Paths ------------------------------------------------------------------------------------------------------------------------- */

static char *result_of(const char *path_text, Str json)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const FhirPath *path = fhir_path_parse(str_from(path_text), arena, diags);
    if (!path)
        return g_strdup_printf(STR_FMT, STR_ARG(diags_get(diags, 0)->text));
    FhirNames *names = fhir_names_new();
    FhirTape tape = { 0 };
    FhirContext context = { .arena = arena };
    JsonReader in;
    Str cell;
    fhir_names_add(names, STR("resourceType"));
    fhir_path_names(path, fhir_names_add, names);
    g_assert_true(fhir_tape_read(&tape, json, names, arena, &in));
    context.resource = (FhirValue) { .tape = &tape };
    bool done = fhir_eval_text(&context, path, &context.resource, &cell);
    char *result = !done ? g_strconcat("!", context.fault, NULL) : !cell.p ? g_strdup("-") : str_dup(cell);
    fhir_context_clear(&context);
    fhir_tape_clear(&tape);
    fhir_names_free(names);
    return result;
}

static void test_paths(void)
{
    static const char json[] =
        "{\"resourceType\":\"Patient\",\"active\":true,\"n\":3,\"d\":2.50,\"gender\":\"female\",\"none\":null,\"name\":[{\"use\":\"old\",\"given\":[\"A\",\"B\"],\"text\":\"x\"},"
        "{\"use\":\"official\",\"given\":[\"\u7532\"],\"text\":\" y z \"}],\"valueQuantity\":{\"value\":5,\"unit\":\"mg\"},\"statusReason\":{\"text\":\"no\"},"
        "\"extension\":[{\"url\":\"u1\",\"valueString\":\"e1\"},{\"url\":\"u2\",\"valueBoolean\":false}],\"div\":\"<p>\",\"div2\":{\"and\":1}}";
    static const struct {
        const char *path, *want;
    } cases[] = {
        { "gender", "female" }, { "Patient.gender", "female" }, { "Observation.gender", "-" }, { "missing.deep", "-" }, { "none", "-" }, { "active", "true" }, { "d", "2.50" },
        { "name.given", "!several" }, { "name", "!complex" }, { "name[1].given", "甲" }, { "name[5].given", "-" }, { "name.given.first()", "A" }, { "name.given.last()", "甲" },
        { "name.given.count()", "3" }, { "name.where(use = 'official').given", "甲" }, { "name.where(given = 'A').text", "-" }, { "name.where(given.where($this = 'A').exists()).text", "x" },
        { "name.exists(use = 'usual')", "false" }, { "name.empty()", "false" }, { "missing.exists()", "false" }, { "missing.empty()", "true" }, { "active.not()", "false" },
        { "missing.not()", "-" }, { "value.unit", "mg" }, { "value.ofType(Quantity).value", "5" }, { "value.ofType(string)", "-" }, { "status.text", "-" },
        { "extension('u1').value", "e1" }, { "extension('u2').value.ofType(boolean)", "false" }, { "extension.where(url = 'u1').valueString", "e1" }, { "n = 3.0", "true" }, { "n = '3'", "false" },
        { "n != 4", "true" }, { "n < 10", "true" }, { "gender > 'f'", "true" }, { "gender >= 'z'", "false" }, { "missing = 1", "-" }, { "name.given = name.given", "true" },
        { "active and n = 3", "true" }, { "active xor true", "false" }, { "missing or active", "true" }, { "n = 4 or n = 3 and gender = 'male'", "false" },
        { "missing | gender", "female" }, { "gender | 'female'", "female" }, { "gender & '/' & missing & n.toString()", "female/3" }, { "gender.substring(2)", "male" },
        { "gender.substring(0, 2)", "fe" }, { "gender.substring(9)", "-" }, { "name[1].given.substring(0, 1)", "甲" }, { "gender.startsWith('fe')", "true" }, { "gender.endsWith('x')", "false" },
        { "gender.contains('mal')", "true" }, { "gender.replace('e', 'E')", "fEmalE" }, { "gender.upper()", "FEMALE" }, { "gender.upper().lower()", "female" }, { "name[1].text.trim()", "y z" },
        { "gender.length()", "6" }, { "name.given.join()", "AB甲" }, { "name.given.join(', ')", "A, B, 甲" }, { "name.select(use)", "!several" }, { "name.select(use & '!').first()", "old!" },
        { "iif(active, 'a', 'b')", "a" }, { "iif(missing, 'a')", "-" }, { "iif(gender = 'male', 1, 2)", "2" }, { "name.given.distinct().count()", "3" }, { "{}", "-" }, { "'it\\'s'", "it's" },
        { "`div`", "<p>" }, { "div2.`and`", "1" }, { "%resource.n", "3" }, { "name.where(%resource.n = 3).count()", "2" }, { "(n)", "3" }, { "name.given.upper()", "!several" },
        /* what is none */
        { "name.", "the path ends where a name is expected" }, { "a.frist()", "there is no function 'frist'; near: first" }, { "1 + 2", "'+' has no meaning in a path: & joins texts" },
        { "@2026", "'@' has no meaning in a path: days and times are compared as texts: '2026-01-31'" }, { "'a", "this quote is never closed" }, { "'\\q'", "an escape that does not exist" },
        { "5.unit", "a number has no member 'unit'" }, { "a.count().upper()", "this is a number, expected a text" }, { "iif('x', 1)", "this is a text, expected true or false" },
        { "a.where(1)", "this is a number, expected true or false" }, { "a[-1]", "'-' has no meaning in a path: there is no arithmetic" }, { "", "the path ends where a path is expected" },
        { "a b", "'b' stands where the end of the path is expected" }, { "a.ofType('x')", "''x'' stands where the name of a type is expected" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = result_of(cases[i].path, str_from(json));
        if (strcmp(got, cases[i].want) != 0)
            g_error("%s gives %s, expected %s", cases[i].path, got, cases[i].want);
    }
}

static void test_path_limits(void)
{
    g_autoptr(GString) deep = g_string_new(NULL), wide = g_string_new("a"), items = g_string_new("{\"a\":[0");
    for (int i = 0; i < LIMIT_EXPR_DEPTH; i++)
        g_string_append_c(deep, '(');
    g_autofree char *at_most = result_of(deep->str, STR("{}"));
    g_assert_nonnull(strstr(at_most, "nested over"));
    for (int i = 0; i < LIMIT_EXPR_NODES; i++)
        g_string_append(wide, ".a");
    g_autofree char *long_path = result_of(wide->str, STR("{}"));
    g_assert_nonnull(strstr(long_path, "parts"));
    for (int i = 1; i < LIMIT_FHIR_ITEMS; i++) /* the resource itself is one, too */
        g_string_append(items, ",0");
    g_string_append(items, "]}");
    g_autofree char *many = result_of("a.count()", str_from_gstring(items));
    g_assert_cmpstr(many, ==, "!large");
    g_string_truncate(items, items->len - strlen(",0]}"));
    g_string_append(items, "]}");
    g_autofree char *fits = result_of("a.count()", str_from_gstring(items));
    g_assert_cmpstr(fits, ==, "1999");
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
    g_test_add_func("/sources/paths", test_paths);
    g_test_add_func("/sources/path-limits", test_path_limits);
    g_test_add_func("/sources/docs", test_docs);
    g_test_add_func("/sources/schema", test_schema);
    return g_test_run();
}
