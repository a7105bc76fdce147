/* The proof of a pack: small files, and the defects that they must give. It is held against the pack, then carried out (prove.c), if all else was right. Told
 * too are the rules, and the conditions under which a field must be filled, that no case breaks. */
#include "base/csv.h"
#include "pack/load.h"

#include "base/banned.h"

static bool is_column(const Load *load, const PackDataset *dataset, Str id)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    bool found = pack_field(dataset, id) != NULL || (dataset->kind == PACK_REGISTER && (str_eq(id, STR("valid_from")) || str_eq(id, STR("valid_to"))));
    for (size_t i = 0; person && i < person->n_inputs; i++)
        found |= str_eq(person->inputs[i]->entry.id, id);
    for (size_t i = 0; person && i < load->common->elements.n; i++)
        found |= load->common->elements.v[i].of_person && str_eq(load->common->elements.v[i].entry.id, id);
    return found || (dataset->kind == PACK_AGGREGATE && str_eq(id, STR("period")));
}

static bool read_file(const Load *load, const Yaml *node, Str file_name, ProofFile *file)
{
    g_autoptr(GError) err = NULL;
    file->path = arena_printf(load->arena, STR_FMT "/tests/" STR_FMT, STR_ARG(load->pack->entry.id), STR_ARG(file_name));
    const PackFile *found = pack_files_find(load->files, file->path);
    if (!found) {
        yaml_find(load->report, yaml_at(node, "file"), "pack-file", "there is no file '" STR_FMT "'", STR_ARG(file->path));
        return false;
    }
    if (!csv_table(found->bytes, EXPR_BATCH_ROWS, load->arena, &file->table, &err)) {
        pack_find_line(load->report, file->path, 0, "pack-csv", "%s", err->message);
        return false;
    }
    for (size_t i = 0; i < file->table.n_columns; i++)
        if (!is_column(load, file->dataset, str_trim(file->table.header[i])))
            pack_find_line(load->report, file->path, 1, "pack-csv", "the dataset '" STR_FMT "' has no field or input '" STR_FMT "'", STR_ARG(file->dataset->entry.id),
                           STR_ARG(utf8_head(str_trim(file->table.header[i]), 60)));
    return true;
}

static const PackRule *find_rule(const PackDataset *dataset, Str id)
{
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, id))
            return &dataset->rules.v[i];
    return NULL;
}

/* --- What a case says --------------------------------------------------------------------------------------------------------- */

/* A defect is of a row, or of an organisation's period. */
static bool check_want_form(const Load *load, const PackWant *want)
{
    Period period;
    bool of_row = want->row > 0, of_period = want->org.p && want->period.p && !want->missing.p;
    if ((want->rule.p != NULL) == (want->missing.p != NULL) || of_row == of_period || (of_row && (want->org.p || want->period.p))) {
        yaml_find(load->report, want->entry.node, "pack-conflict", "a defect is `row` with `rule` or `missing`, or `org`, `period` and `rule`");
        return false;
    }
    if (of_period && !period_parse(want->period, &period)) {
        yaml_find(load->report, yaml_at(want->entry.node, "period"), "pack-value", "'" STR_FMT "' is not a period, as 2026-09", STR_ARG(want->period));
        return false;
    }
    return true;
}

static void check_want(const Load *load, const PackCase *c, const PackWant *want, GHashTable *proved)
{
    const PackRule *rule = want->rule.p ? find_rule(c->dataset, want->rule) : NULL;
    const PackField *field = want->missing.p ? load_field(load, c->dataset, want->missing, yaml_at(want->entry.node, "missing")) : NULL;
    if (want->rule.p && !rule)
        yaml_find(load->report, yaml_at(want->entry.node, "rule"), "pack-no-such", "the dataset has no rule '" STR_FMT "'", STR_ARG(want->rule));
    else if (rule && (rule->kind >= PACK_SET) != (want->row == 0))
        yaml_find(load->report, want->entry.node, "pack-conflict", "a rule of kind %s is broken by %s", pack_rule_kinds[rule->kind],
                  rule->kind >= PACK_SET ? "an organisation in a period" : "a row");
    if (rule || field)
        g_hash_table_add(proved, rule ? (gpointer) rule : (gpointer) field);
}

static void check_wants(const Load *load, const PackCase *c, const ProofFile *file, GHashTable *proved)
{
    for (size_t i = 0; i < c->defects.n; i++) {
        const PackWant *want = &c->defects.v[i];
        if (!check_want_form(load, want))
            continue;
        check_want(load, c, want, proved);
        if (file && want->row > (int64_t) file->table.n_rows)
            yaml_find(load->report, yaml_at(want->entry.node, "row"), "pack-value", "the file ends with row %zu", file->table.n_rows);
    }
}

/* --- Its files ------------------------------------------------------------------------------------------------------------------ */

static bool read_beside(const Load *load, PackCase *c, size_t i, ProofFile *files)
{
    PackBeside *beside = LOAD_MINE(PackBeside, c->beside, i);
    const Yaml *node = yaml_at(beside->entry.node, "dataset");
    beside->dataset = beside->dataset_name.p ? load_dataset_named(load, beside->dataset_name, node) : NULL;
    if (!beside->dataset || !beside->dataset->stored || !beside->file.p)
        return false;
    for (size_t f = 0; f <= i; f++)
        if (files[f].dataset == beside->dataset)
            yaml_find(load->report, node, "pack-twice", "the case has a file of '" STR_FMT "' before", STR_ARG(beside->dataset_name));
    files[i + 1].dataset = beside->dataset;
    return read_file(load, beside->entry.node, beside->file, &files[i + 1]);
}

static void check_case(const Load *load, PackCase *c, bool carry_out, GHashTable *proved)
{
    const Yaml *node = c->entry.node;
    size_t before = pack_report_errors(load->report);
    c->dataset = c->dataset_name.p ? load_dataset_named(load, c->dataset_name, yaml_at(node, "dataset")) : NULL;
    if (!c->dataset || !c->file.p)
        return;
    ProofFile *files = ARENA_ARRAY(load->arena, ProofFile, c->beside.n + 1);
    files[0].dataset = c->dataset;
    bool read = read_file(load, node, c->file, &files[0]), all = read;
    for (size_t i = 0; i < c->beside.n; i++)
        all &= read_beside(load, c, i, files);
    check_wants(load, c, read ? &files[0] : NULL, proved);
    load_proof_wants(load, c, files, all ? c->beside.n + 1 : read ? 1 : 0, proved);
    load_proof_idle(load, c, read ? &files[0] : NULL);
    if (all && carry_out && pack_report_errors(load->report) == before)
        load_prove(load, c, files, c->beside.n + 1);
}

/* --- All cases ------------------------------------------------------------------------------------------------------------------- */

void load_proof(Load *load)
{
    g_autoptr(GHashTable) proved = g_hash_table_new(NULL, NULL), ids = g_hash_table_new(str_hash, str_equal);
    bool carry_out = load->clean && pack_report_errors(load->report) == load->errors_before;
    for (size_t i = 0; i < load->pack->proof.n; i++) {
        PackCase *c = LOAD_MINE(PackCase, load->pack->proof, i);
        if (c->entry.id.p && !g_hash_table_add(ids, &c->entry.id))
            yaml_find_key(load->report, c->entry.node, "pack-twice", "there is a case '" STR_FMT "' before", STR_ARG(c->entry.id));
        check_case(load, c, carry_out, proved);
    }
    if (load->pack->datasets.n > 0 && load->pack->proof.n == 0)
        yaml_find(load->report, load->pack->entry.node, "pack-proof", "the pack proves nothing: " STR_FMT "/tests/proof.yaml holds no case",
                  STR_ARG(load->pack->entry.id));
    else
        load_proved(load, proved);
}
