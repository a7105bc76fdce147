/* Packs: what is told of wrong ones, each code at its place (golden); what is made of good ones; limits; the format's documentation; the packs that come
 * with the program. */
#include "pack/pack.h"

#include <glib/gstdio.h>

#include "base/json.h"
#include "base/limits.h"
#include "ingest/reader.h"
#include "pack/load.h"

#include "base/banned.h"

static const char head[] = "pack: a\nversion: 1.0.0\nneeds: bihuan 1\nname: A\nname_en: A\n";
static const char data[] = "datasets:\n  d:\n    name: D\n    name_en: D\n    kind: event\n    org: o\n    date: on_day\n    key: [k]\n    fields:\n"
                           "      o: {name: O, name_en: O, type: org, required: true}\n      on_day: {name: N, name_en: N, type: date, required: true}\n"
                           "      k: {name: K, name_en: K, type: text, required: true}\n";
static const char elements[] = "codes:\n  sex: {name: S, name_en: S, values: [{code: \"1\", name: m}, {code: \"2\", name: f}]}\nelements:\n"
                               "  id_card: {name: I, name_en: I, type: id_card, sensitivity: 5}\n  pname: {name: N, name_en: N, type: person_name, sensitivity: 4}\n"
                               "  birth: {name: B, name_en: B, type: date, sensitivity: 3, of_person: true}\n"
                               "  sex: {name: S, name_en: S, type: code, codes: sex, sensitivity: 3, of_person: true}\n";
static const char proof[] = "proof:\n  - {id: c, says: s, says_en: s, dataset: d, file: r.csv, today: 2026-01-01, defects: []}\n";

/* --- Loading ---------------------------------------------------------------------------------------------------------- */

/* "\xff" and the like, and the words that stand for beginnings. */
static GString *expand(Str text)
{
    GString *out = g_string_new_len(text.p, (gssize) text.n);
    g_string_replace(out, "%HEAD\n", head, 0);
    g_string_replace(out, "%DATA\n", data, 0);
    g_string_replace(out, "\\xff", "\xff", 0);
    g_string_replace(out, "\\x0d", "\r", 0);
    return out;
}

static void check_colours(const PackSectionPlace *place, void *user)
{
    (*(size_t *) user)++;
    g_assert_true(place->pack && place->packs && place->node && !place->dataset);
    yaml_find(place->report, place->node->first, "pack-value", "'" STR_FMT "' is no colour", STR_ARG(place->node->first->text));
}

static void check_hue(const PackSectionPlace *place, void *user)
{
    (*(size_t *) user)++;
    g_assert_true(str_eq(place->dataset->full_name, STR("a.d")));
}

static PacksRef *load(PackFiles *files, PackReport *report)
{
    size_t called = 0;
    g_autoptr(PackSections) sections = pack_sections_new();
    pack_section_register(sections, &(PackSection) { "colours", false, "1.0.0", check_colours, &called });
    pack_section_register(sections, &(PackSection) { "hue", true, "1.0.0", check_hue, &called });
    return packs_load(files, sections, 480, report);
}

static void write_findings(const PackReport *report, bool warnings, GString *out)
{
    for (size_t i = 0; i < pack_report_count(report); i++) {
        const PackFinding *f = pack_report_get(report, i);
        if (!f->warning || warnings)
            g_string_append_printf(out, STR_FMT ":%u:%u: %s" STR_FMT " [%s]\n", STR_ARG(f->path), f->line, f->column, f->warning ? "warning: " : "", STR_ARG(f->text), f->code);
    }
}

/* --- Golden cases ------------------------------------------------------------------------------------------------------ */

static char *golden_path(void)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), "tests/golden/pack.txt", NULL);
}

static Str cut_line(Str *rest)
{
    const char *end = memchr(rest->p, '\n', rest->n);
    Str line = { rest->p, end ? (size_t) (end - rest->p) + 1 : rest->n };
    *rest = str_from_at(*rest, line.n);
    return line;
}

/* From `--- path` up to the next of these lines. A line `---` alone is YAML's. */
static void read_files(Str *rest, PackFiles *files, GString *out)
{
    bool with_data = false, with_proof = false, with_elements = false;
    while (str_starts(*rest, STR("--- "))) {
        Str line = cut_line(rest), path = str_trim(str_from_at(line, 4)), body = *rest;
        g_string_append_len(out, line.p, (gssize) line.n);
        while (rest->n > 0 && !str_starts(*rest, STR("--- ")) && !str_starts(*rest, STR("===> "))) {
            line = cut_line(rest);
            g_string_append_len(out, line.p, (gssize) line.n);
        }
        body.n -= rest->n;
        g_autoptr(GString) text = expand(body);
        with_data |= str_has(body, STR("%DATA"));
        with_proof |= str_eq(path, STR("a/tests/proof.yaml"));
        with_elements |= str_eq(path, STR("elements.yaml"));
        pack_files_add(files, path, str_from_gstring(text));
    }
    if (!with_elements)
        pack_files_add(files, STR("elements.yaml"), str_from(elements));
    if (with_data && !with_proof) {
        pack_files_add(files, STR("a/tests/proof.yaml"), str_from(proof));
        pack_files_add(files, STR("a/tests/r.csv"), STR("o,on_day,k\n"));
    }
}

/* One case, what it says now behind `out`, the codes into `codes`. */
static void run_case(Str *rest, GString *out, GHashTable *codes)
{
    Str title = cut_line(rest);
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackReport) report = pack_report_new();
    g_string_append_len(out, title.p, (gssize) title.n);
    read_files(rest, files, out);
    g_assert_true(str_starts(*rest, STR("===> findings\n")));
    cut_line(rest);
    while (rest->n > 0 && !str_starts(*rest, STR("=== ")))
        cut_line(rest);
    g_autoptr(PacksRef) packs = load(files, report);
    g_string_append(out, "===> findings\n");
    write_findings(report, str_has(title, STR("warning")), out);
    g_string_append(out, rest->n > 0 ? "\n" : "");
    for (size_t i = 0; i < pack_report_count(report); i++)
        g_hash_table_add(codes, (gpointer) pack_report_get(report, i)->code);
    if (pack_report_errors(report) > 0)
        g_assert_null(packs_find(packs, STR("a")));
    else
        g_assert_nonnull(packs_find(packs, STR("a")));
}

static GString *run_golden(GHashTable *codes, char **ret_text)
{
    g_autofree char *path = golden_path();
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
    g_autofree char *path = golden_path(), *text = NULL;
    g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) out = run_golden(codes, &text);
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(path, out->str, (gssize) out->len, NULL));
    else
        g_assert_cmpstr(out->str, ==, text);
}

/* --- Documentation -------------------------------------------------------------------------------------------------------- */

/* docs/packs.md has each code, and a golden case gives it; its tables of keys are those of the program. */
static void test_documented(void)
{
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "docs/packs.md", NULL), *text = NULL, *golden = NULL;
    g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) out = run_golden(codes, &golden), keys = g_string_new(NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    Str all = str_from(text), mark = STR("<!-- keys -->\n");
    ptrdiff_t at = str_find(all, mark, 0);
    g_assert_cmpint(at, >, 0);
    pack_keys_markdown(keys);
    if (g_getenv("UPDATE_GOLDEN")) {
        g_autofree char *whole = g_strdup_printf("%.*s%s", (int) ((size_t) at + mark.n), text, keys->str);
        g_assert_true(g_file_set_contents(path, whole, -1, NULL));
        return;
    }
    g_assert_cmpstr(text + at + mark.n, ==, keys->str);
    size_t rows = 0;
    for (Str rest = str_head(all, (size_t) at); rest.n > 0;) {
        Str line = cut_line(&rest);
        bool is_row = str_starts(line, STR("| `pack-")) || str_starts(line, STR("| `yaml-"));
        if (!is_row)
            continue;
        Str behind = str_from_at(line, 3);
        g_autofree char *code = str_dup(str_cut(&behind, '`'));
        bool beyond = g_str_equal(code, "yaml-large") || g_str_equal(code, "pack-too-many"); /* test_limits */
        if (!g_hash_table_contains(codes, code) && !beyond)
            g_error("no golden case gives %s", code);
        rows++;
    }
    GHashTableIter iter;
    gpointer code;
    g_hash_table_iter_init(&iter, codes);
    while (g_hash_table_iter_next(&iter, &code, NULL)) {
        g_autofree char *row = g_strdup_printf("| `%s` |", (const char *) code);
        if (!g_str_has_prefix(code, "expr-") && !strstr(text, row))
            g_error("docs/packs.md has nothing on %s", (const char *) code);
    }
    g_assert_cmpuint(rows, >, 30);
}

/* Every key has words in both languages, and the schemas are JSON that knows each shape. */
static void test_schema(void)
{
    g_autoptr(Arena) arena = arena_new();
    for (int which = PACK_SCHEMA_PACK; which <= PACK_SCHEMA_PROOF; which++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GError) err = NULL;
        pack_schema((PackSchema) which, NULL, out);
        const JsonValue *schema = json_parse(str_from_gstring(out), arena, &err);
        g_assert_no_error(err);
        const JsonValue *defs = json_get(schema, "$defs");
        for (size_t i = 0; shape_at(i); i++) {
            const JsonValue *properties = json_get(json_get(defs, shape_at(i)->name), "properties");
            for (const ShapeKey *key = shape_at(i)->keys; key->name; key++) {
                const JsonValue *description = json_get(json_get(properties, key->name), "description");
                if (!description || str_starts(description->text, STR("\n")) || str_ends(description->text, STR("\n")))
                    g_error("pack.key.%s.%s lacks a text", shape_at(i)->name, key->name);
            }
        }
    }
}

/* --- Limits ------------------------------------------------------------------------------------------------------------------ */

static void expect_code(Str path, Str bytes, const char *code)
{
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackReport) report = pack_report_new();
    pack_files_add(files, path, bytes);
    g_autoptr(PacksRef) packs = packs_load(files, NULL, 480, report);
    bool found = false;
    for (size_t i = 0; i < pack_report_count(report); i++)
        found |= g_str_equal(pack_report_get(report, i)->code, code);
    if (!found)
        g_error("%s is not told", code);
    g_assert_cmpuint(packs_count(packs), ==, 0);
}

static void test_limits(void)
{
    g_autoptr(GString) text = g_string_new("facts: [");
    for (int i = 0; i <= LIMIT_PACK_VALUES; i++)
        g_string_append(text, "1,");
    g_string_append(text, "]\n");
    expect_code(STR("a/pack.yaml"), str_from_gstring(text), "yaml-large");
    g_string_set_size(text, LIMIT_PACK_YAML_BYTES + 1);
    memset(text->str, '#', text->len);
    expect_code(STR("a/pack.yaml"), str_from_gstring(text), "yaml-large");
    g_string_assign(text, head);
    g_string_append(text, "facts:\n");
    for (int i = 0; i <= LIMIT_PACK_ENTRIES; i++)
        g_string_append(text, "  - {says: s, source: s, basis: memory}\n");
    expect_code(STR("a/pack.yaml"), str_from_gstring(text), "pack-too-many");
    g_string_assign(text, head);
    g_string_append(text, "about: '");
    for (int i = 0; i <= LIMIT_PACK_TEXT_CHARS; i++)
        g_string_append_c(text, 'x');
    g_string_append(text, "'\n");
    expect_code(STR("a/pack.yaml"), str_from_gstring(text), "pack-too-many");
}

/* More findings than are kept are counted. */
static void test_many_findings(void)
{
    g_autoptr(GString) text = g_string_new("facts:\n");
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackReport) report = pack_report_new();
    for (int i = 0; i < LIMIT_PACK_FINDINGS; i++)
        g_string_append(text, "  - {}\n");
    pack_files_add(files, STR("a/pack.yaml"), str_from_gstring(text));
    g_autoptr(PacksRef) packs = packs_load(files, NULL, 480, report);
    g_assert_cmpuint(pack_report_count(report), ==, LIMIT_PACK_FINDINGS);
    g_assert_cmpuint(pack_report_errors(report), >, LIMIT_PACK_FINDINGS);
    g_assert_cmpuint(packs_count(packs), ==, 0);
}

/* --- What is made of it ---------------------------------------------------------------------------------------------------------- */

/* Without a finding, warnings included. */
static PacksRef *load_ours(void)
{
    g_autofree char *dir = g_build_filename(g_getenv("SOURCE_ROOT"), "packs", NULL);
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) files = pack_files_read(dir, &err);
    g_assert_no_error(err);
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PackSections) sections = pack_sections_new();
    ingest_pack_sections(sections);
    PacksRef *packs = packs_load(files, sections, 480, report);
    for (size_t i = 0; i < pack_report_count(report); i++)
        g_error(STR_FMT ":%u: " STR_FMT, STR_ARG(pack_report_get(report, i)->path), pack_report_get(report, i)->line, STR_ARG(pack_report_get(report, i)->text));
    return packs;
}

static void test_ours(void)
{
    g_autoptr(PacksRef) packs = load_ours();
    g_assert_cmpuint(packs_count(packs), >=, 2);
    for (size_t i = 0; i < packs_count(packs); i++) {
        const Pack *pack = packs_get(packs, i);
        g_assert_true(pack->facts.n > 0 && pack->proof.n > 0 && pack->hash.n == 64);
        g_autofree char *id = str_dup(pack->id), *page = g_strdup_printf("%s/docs/packs/%s.md", g_getenv("SOURCE_ROOT"), id);
        if (!g_file_test(page, G_FILE_TEST_EXISTS))
            g_error("the pack %s has no page %s", id, page);
    }
}

static void test_model(void)
{
    g_autoptr(PacksRef) packs = load_ours();
    const PackDataset *dose = packs_dataset(packs, STR("immunization.vaccination")), *child = packs_dataset(packs, STR("population.child"));
    g_assert_true(dose && child);
    g_assert_true(str_eq(dose->table, STR("immunization__vaccination")));
    g_assert_cmpint(dose->kind, ==, PACK_EVENT);
    g_assert_cmpint(dose->every, ==, PACK_EVERY_MONTH);
    g_assert_cmpint(dose->due.n, ==, 3);
    g_assert_cmpint(dose->due.unit, ==, PACK_WORKING_DAYS);
    g_assert_true(pack_field(dose, STR("vaccine"))->codes->codes == pack_field(dose, STR("vaccine"))->expr_type.codes);
    g_assert_cmpuint(pack_field(dose, STR("dose"))->column, ==, 2);
    g_assert_null(pack_field(dose, STR("nothing")));
    g_assert_cmpuint(dose->subject->person->n_inputs, ==, 7);
    g_assert_true(child->subject->person->inputs[0]->type == PACK_ID_CARD);
    for (size_t i = 0; i < dose->rules.n; i++)
        if (dose->rules.v[i].kind == PACK_ROW)
            g_assert_nonnull(dose->rules.v[i].check.expr);
    const Pack *pack = packs_find(packs, STR("immunization"));
    g_assert_true(pack->duties.n > 20 && pack->duties.v[0].owed_for == child && pack->duties.v[0].due.expr);
    g_assert_null(packs_dataset(packs, STR("immunization.nothing")));
    g_assert_null(packs_dataset(packs, STR("immunization")));
    PacksRef *second = packs_ref(packs);
    packs_unref(second);
    g_assert_true(packs_find(packs, STR("immunization")) == pack);
}

/* A rule is run as it was read: given_on before the birth breaks it, a birth that is not known does not. */
static void test_rule_runs(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(PacksRef) packs = load_ours();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    const PackDataset *dose = packs_dataset(packs, STR("immunization.vaccination"));
    const PackRule *rule = &dose->rules.v[0];
    g_assert_true(str_eq(rule->entry.id, STR("after_birth")));
    Date given[] = { 20000, 20000, 20000 }, birth[] = { 20000, 20001, 0 };
    uint8_t unknown[] = { 0, 0, 1 };
    ExprColumn *columns = ARENA_ARRAY(arena, ExprColumn, dose->record->n_fields);
    for (size_t i = 0; i < dose->record->n_fields; i++) {
        if (str_eq(dose->record->fields[i].name, STR("given_on")))
            columns[dose->record->fields[i].column] = (ExprColumn) { .values = given };
        if (str_eq(dose->record->fields[i].name, STR("person.birth")))
            columns[dose->record->fields[i].column] = (ExprColumn) { .values = birth, .nulls = unknown };
    }
    ExprResult result;
    expr_eval(runner, rule->check.expr, &(ExprBatch) { .n = 3, .columns = columns }, arena, &result);
    const uint8_t *holds = result.column.values;
    g_assert_true(holds[0] && !holds[1] && result.column.nulls[2] && !result.column.nulls[1]);
}

/* The same files give the same hash, whatever their order; any change another. */
static void test_hash(void)
{
    char first[65], hash[65];
    for (int round = 0; round < 3; round++) {
        g_autoptr(PackFiles) files = pack_files_new();
        g_autoptr(PackReport) report = pack_report_new();
        if (round == 1)
            pack_files_add(files, STR("a/x.csv"), STR("1"));
        pack_files_add(files, STR("a/pack.yaml"), str_from(head));
        if (round != 1)
            pack_files_add(files, STR("a/x.csv"), round == 2 ? STR("2") : STR("1"));
        g_autoptr(PacksRef) packs = packs_load(files, NULL, 480, report);
        g_strlcpy(hash, packs_get(packs, 0)->hash.p, sizeof hash);
        if (round == 0)
            g_strlcpy(first, hash, sizeof first);
        else
            g_assert_true(g_str_equal(first, hash) == (round == 1));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pack/golden", test_golden);
    g_test_add_func("/pack/documented", test_documented);
    g_test_add_func("/pack/schema", test_schema);
    g_test_add_func("/pack/limits", test_limits);
    g_test_add_func("/pack/many-findings", test_many_findings);
    g_test_add_func("/pack/ours", test_ours);
    g_test_add_func("/pack/model", test_model);
    g_test_add_func("/pack/rule-runs", test_rule_runs);
    g_test_add_func("/pack/hash", test_hash);
    return g_test_run();
}
