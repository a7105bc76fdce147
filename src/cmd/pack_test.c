/* bihuan pack test: all proofs of packs, those too that need a store. What no case touches is an error here, as a proof that does not come out: `pack check` only warns of it. */
#include "cmd/packs.h"
#include "cmd/trial.h"

#include <stdio.h>

#include "base/banned.h"

/* --- What is meant ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    char *dir;  /* the folder of packs */
    char *name;   /* of the one that is meant; NULL: all */
    char *beside; /* the folder with the elements and packs that it uses; NULL: its own */
} Meant;

static void meant_clear(Meant *meant)
{
    g_free(meant->dir);
    g_free(meant->name);
    g_free(meant->beside);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Meant, meant_clear)

/* "packs/immunization" and "immunization packs" are one of a folder, "packs" is the folder; "tests/packs/school packs" is one beside those of another folder. */
static bool find_meant(const Args *args, Meant *meant, GError **err)
{
    g_autofree char *first = pack_plain_path(args_operand(args, 0));
    const char *dir = args_count(args) > 1 ? args_operand(args, 1) : "packs";
    g_autofree char *path = g_build_filename(dir, args_operand(args, 0), NULL);
    if (!pack_is_in(first) && !pack_is_in(path) && (args_count(args) > 1 || !g_file_test(first, G_FILE_TEST_IS_DIR)))
        return error_set(err, BH_NOT_FOUND, "there is no pack '%s' in '%s'", args_operand(args, 0), dir);
    bool one = pack_is_in(first), named = !one && pack_is_in(path);
    meant->dir = one ? g_path_get_dirname(first) : g_strdup(named ? dir : first);
    meant->name = one ? g_path_get_basename(first) : named ? g_strdup(args_operand(args, 0)) : NULL;
    meant->beside = one && args_count(args) > 1 ? g_strdup(dir) : NULL;
    return true;
}

static PackFiles *read_meant(const Meant *meant, GError **err)
{
    g_autoptr(PackFiles) files = pack_files_read(meant->dir, err), others = files && meant->beside ? pack_files_read(meant->beside, err) : NULL;
    if (!files || !meant->beside)
        return g_steal_pointer(&files);
    g_autofree char *folder = g_strconcat(meant->name, "/", NULL);
    if (others)
        pack_files_take(others, files, str_from(folder));
    return g_steal_pointer(&others);
}

/* --- Testing ---------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const PackFiles *files;
    const PacksRef *packs;
    PackReport *report;
    TrialBase base;
    bool opened;
    GString *found; /* what was found is told here; NULL: it is not asked for */
} Testing;

static bool is_meant(const Meant *meant, Str id)
{
    return !meant->name || str_eq(id, str_from(meant->name));
}

/* A dataset with sources has a sample of each format that they take. */
static void check_samples(const Pack *pack, const PackDataset *dataset, IngestFormat format, const char *ending, PackReport *report)
{
    bool shown = !ingest_takes(dataset, format);
    for (size_t i = 0; !shown && i < pack->proof.n; i++)
        shown = pack->proof.v[i].dataset == dataset && str_ends(pack->proof.v[i].sample, str_from(ending));
    if (!shown)
        yaml_find(report, yaml_at(dataset->entry.node, "sources"), "pack-unproved", "no case of the proof has a sample that these sources read (%s)", ending);
}

/* What a proof shows in a store, dataset by dataset: a score under its line, who reported and who is silent. */
typedef struct {
    bool line, report;
} Shown;

static Shown shown_of(const Pack *pack, const PackDataset *dataset)
{
    Shown shown = { false, false };
    for (size_t i = 0; i < pack->proof.n; i++) {
        shown.line |= pack->proof.v[i].dataset == dataset && pack->proof.v[i].signals.n > 0;
        shown.report |= pack->proof.v[i].dataset == dataset && pack->proof.v[i].reports.n > 0;
    }
    return shown;
}

/* All lines are one mechanism, and so are all reports: one of each must be shown, so that a proof that was emptied of them is missed. */
static void check_shown(const Pack *pack, PackReport *report)
{
    const PackDataset *line = NULL, *reporters = NULL;
    bool any_line = false, any_report = false;
    for (size_t d = 0; d < pack->datasets.n; d++) {
        const PackDataset *dataset = &pack->datasets.v[d];
        Shown shown = shown_of(pack, dataset);
        line = line || !dataset->quality ? line : dataset;
        reporters = reporters || !dataset->reporters ? reporters : dataset;
        any_line |= shown.line;
        any_report |= shown.report;
    }
    if (line && !any_line)
        yaml_find(report, yaml_at(line->entry.node, "quality"), "pack-unproved", "no case of the proof shows a score under a line of quality (signals)");
    if (reporters && !any_report)
        yaml_find(report, yaml_at(reporters->entry.node, "reporters"), "pack-unproved", "no case of the proof shows who is expected to report (reports)");
}

static bool test_case(Testing *t, const Pack *pack, const PackCase *c, GError **err)
{
    if (c->sample.p && !trial_sample(t->files, pack, c, t->report, err))
        return false;
    if (!trial_wanted(c))
        return true;
    if (!t->opened && !trial_base_open(&t->base, t->files, t->packs, err))
        return false;
    t->opened = true;
    return trial_run(&t->base, pack, c, t->report, t->found, err);
}

static bool test_pack(Testing *t, const Pack *pack, GError **err)
{
    for (size_t i = 0; i < pack->datasets.n; i++) {
        check_samples(pack, &pack->datasets.v[i], INGEST_FHIR, ".ndjson", t->report);
        check_samples(pack, &pack->datasets.v[i], INGEST_HL7, ".hl7", t->report);
    }
    check_shown(pack, t->report);
    for (size_t i = 0; i < pack->proof.n; i++)
        if (!test_case(t, pack, &pack->proof.v[i], err)) {
            g_prefix_error(err, STR_FMT ", case " STR_FMT ": ", STR_ARG(pack->id), STR_ARG(pack->proof.v[i].entry.id));
            return false;
        }
    return true;
}

/* --- Telling ------------------------------------------------------------------------------------------------------------------------ */

static bool is_error(const PackFinding *finding)
{
    return !finding->warning || g_str_equal(finding->code, "pack-unproved");
}

/* Warnings about other things are pack check's. */
static size_t print_findings(const Meant *meant, const PackReport *report, GString *out)
{
    size_t errors = 0;
    g_autofree char *wanted = g_strconcat(meant->name ? meant->name : "", meant->name ? "/" : "", NULL);
    for (size_t i = 0; i < pack_report_count(report); i++) {
        PackFinding finding = *pack_report_get(report, i);
        if (!is_error(&finding) || !str_starts(finding.path, str_from(wanted)))
            continue;
        finding.warning = false;
        pack_finding_print(g_str_equal(meant->dir, ".") ? "" : meant->dir, &finding, out);
        errors++;
    }
    return errors + pack_report_dropped(report);
}

/* Of how many datasets, and by name those of which nothing is shown. */
static void print_shown(const Pack *pack, GString *out)
{
    size_t lines = 0, shown_lines = 0, reporters = 0, shown_reporters = 0;
    g_autoptr(GString) left = g_string_new(NULL);
    for (size_t d = 0; d < pack->datasets.n; d++) {
        const PackDataset *dataset = &pack->datasets.v[d];
        Shown shown = shown_of(pack, dataset);
        lines += dataset->quality != NULL;
        reporters += dataset->reporters != NULL;
        shown_lines += shown.line;
        shown_reporters += shown.report;
        if ((dataset->quality && !shown.line) || (dataset->reporters && !shown.report))
            g_string_append_printf(left, " " STR_FMT, STR_ARG(dataset->entry.id));
    }
    g_string_append_printf(out, "; lines of quality shown %zu of %zu, expected reports %zu of %zu", shown_lines, lines, shown_reporters, reporters);
    if (left->len > 0)
        g_string_append_printf(out, " (not of:%s)", left->str);
}

static size_t print_packs(const Meant *meant, const Testing *t, GString *out)
{
    size_t n = 0;
    for (size_t i = 0; i < packs_count(t->packs); i++) {
        const Pack *pack = packs_get(t->packs, i);
        size_t tried = 0, samples = 0, defects = 0, duties = 0, steps = 0;
        if (!is_meant(meant, pack->id))
            continue;
        for (size_t c = 0; c < pack->proof.n; c++) {
            const PackCase *of = &pack->proof.v[c];
            tried += trial_wanted(of);
            samples += of->sample.p != NULL;
            defects += of->defects.n;
            duties += of->duties.n;
            steps += of->steps.n;
        }
        g_string_append_printf(out, STR_FMT " " STR_FMT ": cases %zu, of these in a store %zu and with a sample %zu; defects %zu, duties %zu, steps %zu", STR_ARG(pack->id),
                               STR_ARG(pack->version), pack->proof.n, tried, samples, defects, duties, steps);
        print_shown(pack, out);
        g_string_append_c(out, '\n');
        n++;
    }
    return n;
}

static bool run(const Meant *meant, Testing *t, GError **err)
{
    for (size_t i = 0; i < packs_count(t->packs); i++)
        if (is_meant(meant, packs_get(t->packs, i)->id) && !test_pack(t, packs_get(t->packs, i), err))
            return false;
    pack_report_sort(t->report);
    g_autoptr(GString) out = g_string_new(t->found ? t->found->str : NULL);
    size_t errors = print_findings(meant, t->report, out), good = print_packs(meant, t, out);
    if (!print_out(str_from_gstring(out), err))
        return false;
    if (errors > 0)
        return error_set(err, BH_BAD_INPUT, errors == 1 ? "%zu error" : "%zu errors", errors);
    return good > 0 || error_set(err, pack_report_errors(t->report) > 0 ? BH_BAD_INPUT : BH_NOT_FOUND, "there is no pack to test in '%s'", meant->dir);
}

bool pack_test(const Args *args, GError **err)
{
    g_auto(Meant) meant = { NULL, NULL, NULL };
    if (args_count(args) == 0)
        return error_set(err, BH_USAGE, "which pack?");
    if (!find_meant(args, &meant, err))
        return false;
    g_autoptr(PackFiles) files = read_meant(&meant, err);
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PackSections) sections = pack_all_sections();
    g_autoptr(PacksRef) packs = files ? packs_load(files, sections, PACK_ZONE_MINUTES, report) : NULL;
    g_autoptr(GString) found = args_has(args, "found") ? g_string_new(NULL) : NULL;
    Testing t = { .files = files, .packs = packs, .report = report, .found = found };
    bool ok = packs && run(&meant, &t, err);
    if (t.opened)
        trial_base_close(&t.base);
    return ok;
}
