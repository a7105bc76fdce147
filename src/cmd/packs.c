/* bihuan pack: what can be done with a folder of packs without a store. */
#include "cmd/packs.h"

#include <stdio.h>

#include "base/json.h"
#include "cmd/view.h"
#include "ingest/reader.h"

#include "base/banned.h"

const Call pack_calls[] = {
    { .name = "check", .operands = "PATH...", .flags = CALL_ALONE, .direct = pack_check,
      .help = "check packs: a folder of packs, a pack's folder, or a file of one; all that is wrong is told with its place" },
    { .name = "test", .operands = "PATH|NAME [DIR]", .options = "found", .flags = CALL_ALONE, .direct = pack_test,
      .help = "carry out all that the proof of packs says: defects, duties, reports, signals, steps of cases, forms, samples of messages; what no case touches is an error" },
    { .name = "list", .operands = "[DIR]", .options = "json", .flags = CALL_ALONE, .direct = pack_list, .help = "list the packs of a folder (default: packs)" },
    { .name = "show", .operands = "NAME [DIR]", .options = "json", .flags = CALL_ALONE, .direct = pack_show,
      .help = "show a pack, or one dataset of it (PACK.DATASET)" },
    { .name = "schema", .operands = "[NAME]", .flags = CALL_ALONE, .direct = pack_print_schema,
      .help = "print the JSON Schema for editors: of pack, elements or proof (default: pack)" },
    { .name = "new", .operands = "NAME [DIR]", .flags = CALL_ALONE, .direct = pack_new, .help = "make the folder of a new pack, with an example that is right" },
    { .name = "install", .operands = "PATH...", .options = "check", .run = pack_install_call, .view = "rows: id version was what",
      .help = "install packs in the store: a folder of packs, some packs of one, or its `local`, which is laid over the others" },
    { .name = "upgrade", .operands = "PATH...", .options = "check", .run = pack_upgrade_call, .view = "rows: id version was what",
      .help = "put newer editions in the place of those that are installed; what is laid over them stays" },
    { .name = "diff", .operands = "PATH...", .direct = pack_print_diff, .help = "show how packs of a folder differ from those installed, beside what is laid over them here" },
    { .name = "installed", .operands = "", .method = "GET", .path = "/packs", .view = "rows: id version name hash installed", .help = "list the packs of the store" },
    { .name = NULL },
};

/* --- Checking -------------------------------------------------------------------------------------------------------- */

void pack_finding_print(const char *dir, const PackFinding *finding, GString *out)
{
    g_autofree char *path = str_dup(finding->path), *whole = dir[0] ? g_build_filename(dir, path, NULL) : g_strdup(path);
    g_string_append(out, whole);
    if (finding->line > 0)
        g_string_append_printf(out, ":%u:%u", finding->line, finding->column);
    g_string_append_printf(out, ": %s" STR_FMT " [%s]\n", finding->warning ? "warning: " : "", STR_ARG(finding->text), finding->code);
}

/* What was named as a folder of packs and what is meant in it: "packs/population/codes.csv" is "packs" and "population/codes.csv". */
typedef struct {
    char *dir;
    char *wanted; /* how the paths begin of those files that are meant; "": all */
} Place;

static void place_clear(Place *place)
{
    g_free(place->dir);
    g_free(place->wanted);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

bool pack_is_in(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "pack.yaml", NULL);
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

char *pack_plain_path(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    size_t n = strlen(path);
    if (g_str_equal(base, ".") || g_str_equal(base, ".."))
        return g_canonicalize_filename(path, NULL);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return g_strndup(path, n);
}

static void find_place(const char *operand, Place *ret_place)
{
    g_autofree char *path = pack_plain_path(operand);
    bool folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    g_autofree char *at = g_strdup(path), *below = g_strdup("");
    for (int up = 0; up < 3 && !pack_is_in(at); up++) {
        g_autofree char *base = g_path_get_basename(at), *parent = g_path_get_dirname(at), *longer = g_strconcat(base, below[0] ? "/" : "", below, NULL);
        if (folder && up == 0) /* no pack, so a folder of packs */
            break;
        g_free(below);
        below = g_steal_pointer(&longer);
        g_free(at);
        at = g_steal_pointer(&parent);
    }
    if (!pack_is_in(at)) {
        ret_place->dir = folder ? g_strdup(path) : g_path_get_dirname(path);
        ret_place->wanted = folder ? g_strdup("") : g_path_get_basename(path);
        return;
    }
    g_autofree char *plain = pack_plain_path(at), *name = g_path_get_basename(plain);
    ret_place->dir = g_path_get_dirname(plain);
    ret_place->wanted = g_strconcat(name, "/", below, NULL);
}

/* What of a place was found; its files' paths begin with `wanted`. */
static size_t print_findings(const Place *place, const PackReport *report, GString *out)
{
    size_t errors = 0;
    bool here = g_str_equal(place->dir, ".");
    for (size_t i = 0; i < pack_report_count(report); i++) {
        const PackFinding *finding = pack_report_get(report, i);
        if (!str_starts(finding->path, str_from(place->wanted)))
            continue;
        pack_finding_print(here ? "" : place->dir, finding, out);
        errors += !finding->warning;
    }
    if (pack_report_dropped(report) > 0)
        g_string_append_printf(out, "and %zu more\n", pack_report_dropped(report));
    return errors + pack_report_dropped(report);
}

/* The packs that are meant, one line each. */
static size_t print_good(const Place *place, const PacksRef *packs, GString *out)
{
    size_t n = 0;
    for (size_t i = 0; i < packs_count(packs); i++) {
        const Pack *pack = packs_get(packs, i);
        size_t rules = 0;
        g_autofree char *folder = g_strdup_printf(STR_FMT "/", STR_ARG(pack->id));
        if (!g_str_has_prefix(place->wanted, folder) && place->wanted[0])
            continue;
        for (size_t d = 0; d < pack->datasets.n; d++)
            rules += pack->datasets.v[d].rules.n;
        g_string_append_printf(out, STR_FMT " " STR_FMT ": datasets %zu, rules %zu, duties %zu, flows %zu, cases of proof %zu\n", STR_ARG(pack->id), STR_ARG(pack->version),
                               pack->datasets.n, rules, pack->duties.n, pack->flows.n, pack->proof.n);
        n++;
    }
    return n;
}

PackSections *pack_all_sections(void)
{
    PackSections *sections = pack_sections_new();
    ingest_pack_sections(sections);
    return sections;
}

static bool check_one(const char *operand, size_t *errors, GError **err)
{
    g_auto(Place) place = { NULL, NULL };
    g_autoptr(GString) out = g_string_new(NULL);
    if (!g_file_test(operand, G_FILE_TEST_EXISTS))
        return error_set(err, BH_NOT_FOUND, "there is no '%s'", operand);
    find_place(operand, &place);
    g_autoptr(PackFiles) files = pack_files_read(place.dir, err);
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PackSections) sections = pack_all_sections();
    g_autoptr(PacksRef) packs = files ? packs_load(files, sections, PACK_ZONE_MINUTES, report) : NULL;
    if (!packs)
        return false;
    size_t found = print_findings(&place, report, out);
    *errors += found;
    size_t good = print_good(&place, packs, out);
    if (!print_out(str_from_gstring(out), err))
        return false;
    return good > 0 || found > 0 || pack_report_errors(report) > 0 || error_set(err, BH_NOT_FOUND, "there is no pack in '%s'", operand);
}

bool pack_check(const Args *args, GError **err)
{
    size_t errors = 0;
    for (size_t i = 0; i < args_count(args); i++)
        if (!check_one(args_operand(args, i), &errors, err))
            return false;
    return errors == 0 || error_set(err, BH_BAD_INPUT, errors == 1 ? "%zu error" : "%zu errors", errors);
}

/* --- A folder of packs -------------------------------------------------------------------------------------------------- */

void pack_folder_clear(PackFolder *folder)
{
    packs_unref(folder->packs);
    pack_report_free(folder->report);
}

bool pack_folder_load(const char *dir, PackFolder *ret_folder, GError **err)
{
    g_autoptr(PackFiles) files = pack_files_read(dir, err);
    if (!files)
        return false;
    g_autoptr(PackSections) sections = pack_all_sections();
    ret_folder->report = pack_report_new();
    ret_folder->packs = packs_load(files, sections, PACK_ZONE_MINUTES, ret_folder->report);
    size_t errors = pack_report_errors(ret_folder->report);
    if (errors > 0)
        fprintf(stderr, "%zu errors; packs with one are left out: bihuan pack check %s\n", errors, dir);
    return true;
}

/* Shows JSON: as it is, or by a view. */
static bool show(const Args *args, GString *text, const char *view, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_c(text, '\n');
    const JsonValue *value = json_parse(str_from_gstring(text), arena, err);
    if (!value || args_has(args, "json"))
        return value && print_out(str_from_gstring(text), err);
    view_write(value, view, 60, out);
    return print_out(str_from_gstring(out), err);
}

bool pack_list(const Args *args, GError **err)
{
    g_auto(PackFolder) folder = { NULL, NULL };
    if (!pack_folder_load(args_count(args) > 0 ? args_operand(args, 0) : "packs", &folder, err))
        return false;
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_key(&json, "rows");
    json_begin_array(&json);
    for (size_t i = 0; i < packs_count(folder.packs); i++) {
        const Pack *pack = packs_get(folder.packs, i);
        json_begin_object(&json);
        json_member_str(&json, "id", pack->id);
        json_member_str(&json, "version", pack->version);
        json_member_str(&json, "name", pack->name);
        json_member_str(&json, "name_en", pack->name_en);
        json_member_int(&json, "datasets", (int64_t) pack->datasets.n);
        json_member_str(&json, "hash", pack->hash);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    return show(args, text, "rows: id version name name_en datasets hash", err);
}

/* --- One of them ------------------------------------------------------------------------------------------------------------ */

static void write_names(JsonWriter *json, const char *key, PackNames names)
{
    json_key(json, key);
    json_begin_array(json);
    for (size_t i = 0; i < names.n; i++)
        json_str(json, names.v[i].text);
    json_end_array(json);
}

static void write_pack(JsonWriter *json, const Pack *pack)
{
    json_member_str(json, "id", pack->id);
    json_member_str(json, "version", pack->version);
    json_member_str(json, "name", pack->name);
    json_member_str(json, "name_en", pack->name_en);
    json_member_str(json, "about", pack->about);
    write_names(json, "uses", pack->uses_names);
    json_member_str(json, "hash", pack->hash);
    json_key(json, "datasets");
    json_begin_array(json);
    for (size_t i = 0; i < pack->datasets.n; i++) {
        const PackDataset *dataset = &pack->datasets.v[i];
        json_begin_object(json);
        json_member_str(json, "dataset", dataset->full_name);
        json_member_str(json, "name", dataset->name);
        json_member_cstr(json, "kind", pack_kinds[dataset->kind]);
        json_member_cstr(json, "every", dataset->every == PACK_NEVER ? NULL : pack_every[dataset->every]);
        json_member_int(json, "fields", (int64_t) dataset->fields.n);
        json_member_int(json, "rules", (int64_t) dataset->rules.n);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "facts");
    json_begin_array(json);
    for (size_t i = 0; i < pack->facts.n; i++) {
        json_begin_object(json);
        json_member_str(json, "says", pack->facts.v[i].says);
        json_member_str(json, "source", pack->facts.v[i].source);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_fields(JsonWriter *json, const PackDataset *dataset)
{
    json_key(json, "fields");
    json_begin_array(json);
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        json_begin_object(json);
        json_member_str(json, "field", field->entry.id);
        json_member_str(json, "name", field->name);
        json_member_cstr(json, "type", pack_types[field->type]);
        json_member_str(json, "codes", field->codes ? field->codes->entry.id : STR_NONE);
        json_member_bool(json, "required", field->required);
        json_member_str(json, "element", field->element ? field->element->entry.id : STR_NONE);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_rules(JsonWriter *json, const PackDataset *dataset)
{
    json_key(json, "rules");
    json_begin_array(json);
    for (size_t i = 0; i < dataset->rules.n; i++) {
        const PackRule *rule = &dataset->rules.v[i];
        json_begin_object(json);
        json_member_str(json, "rule", rule->entry.id);
        json_member_cstr(json, "kind", pack_rule_kinds[rule->kind]);
        json_member_cstr(json, "level", rule->level == PACK_ERROR ? "error" : "warning");
        json_member_str(json, "says", rule->says);
        json_member_str(json, "check", rule->check.text);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_dataset(JsonWriter *json, const PackDataset *dataset)
{
    json_member_str(json, "dataset", dataset->full_name);
    json_member_str(json, "name", dataset->name);
    json_member_str(json, "name_en", dataset->name_en);
    json_member_cstr(json, "kind", pack_kinds[dataset->kind]);
    json_member_str(json, "table", dataset->table);
    json_member_str(json, "org", dataset->org);
    json_member_str(json, "date", dataset->date);
    write_names(json, "key", dataset->key);
    write_fields(json, dataset);
    write_rules(json, dataset);
}

bool pack_show(const Args *args, GError **err)
{
    Str name = str_from(args_operand(args, 0));
    g_auto(PackFolder) folder = { NULL, NULL };
    if (!pack_folder_load(args_count(args) > 1 ? args_operand(args, 1) : "packs", &folder, err))
        return false;
    const Pack *pack = packs_find(folder.packs, name);
    const PackDataset *dataset = packs_dataset(folder.packs, name);
    if (!pack && !dataset)
        return error_set(err, BH_NOT_FOUND, "no pack and no dataset '" STR_FMT "'", STR_ARG(name));
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    if (pack)
        write_pack(&json, pack);
    else
        write_dataset(&json, dataset);
    json_end_object(&json);
    return show(args, text,
                pack ? "id version name name_en about uses hash;datasets: dataset name kind every fields rules;facts: says source"
                     : "dataset name name_en kind table org date key;fields: field name type codes required element;rules: rule kind level says check", err);
}

/* --- The format ---------------------------------------------------------------------------------------------------------------- */

bool pack_print_schema(const Args *args, GError **err)
{
    static const char *const names[] = { [PACK_SCHEMA_PACK] = "pack", [PACK_SCHEMA_ELEMENTS] = "elements", [PACK_SCHEMA_PROOF] = "proof" };
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(PackSections) sections = pack_all_sections();
    const char *wanted = args_count(args) > 0 ? args_operand(args, 0) : "pack";
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(names[i], wanted))
            pack_schema((PackSchema) i, sections, out);
    return out->len > 0 ? print_out(str_from_gstring(out), err) : error_set(err, BH_USAGE, "there is a schema of pack, elements and proof, not of '%s'", wanted);
}
