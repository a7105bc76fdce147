/* The proof of a pack: small files, and the defects that they must give. It is held against the pack, then carried out (prove.c), if all else was right. Told
 * too are the rules over single records that no case breaks. */
#include "base/csv.h"
#include "pack/load.h"

#include "base/banned.h"

static bool is_column(const PackDataset *dataset, Str id)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    bool found = pack_field(dataset, id) != NULL || (dataset->kind == PACK_REGISTER && (str_eq(id, STR("valid_from")) || str_eq(id, STR("valid_to"))));
    for (size_t i = 0; person && i < person->n_inputs; i++)
        found |= str_eq(person->inputs[i]->entry.id, id);
    return found || (dataset->kind == PACK_AGGREGATE && str_eq(id, STR("period")));
}

static bool read_rows(const Load *load, const PackCase *c, Str path, CsvTable *ret_table)
{
    g_autoptr(GError) err = NULL;
    const PackFile *file = pack_files_find(load->files, path);
    if (!file) {
        yaml_find(load->report, yaml_at(c->entry.node, "file"), "pack-file", "there is no file '" STR_FMT "'", STR_ARG(path));
        return false;
    }
    if (!csv_table(file->bytes, EXPR_BATCH_ROWS, load->arena, ret_table, &err)) {
        pack_find_line(load->report, path, 0, "pack-csv", "%s", err->message);
        return false;
    }
    for (size_t i = 0; i < ret_table->n_columns; i++)
        if (!is_column(c->dataset, str_trim(ret_table->header[i])))
            pack_find_line(load->report, path, 1, "pack-csv", "the dataset '" STR_FMT "' has no field or input '" STR_FMT "'", STR_ARG(c->dataset_name),
                           STR_ARG(utf8_head(str_trim(ret_table->header[i]), 60)));
    return true;
}

static const PackRule *find_rule(const PackDataset *dataset, Str id)
{
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, id))
            return &dataset->rules.v[i];
    return NULL;
}

static void check_wants(const Load *load, const PackCase *c, const CsvTable *table, GHashTable *proved)
{
    for (size_t i = 0; i < c->defects.n; i++) {
        const PackWant *want = &c->defects.v[i];
        const PackRule *rule = want->rule.p ? find_rule(c->dataset, want->rule) : NULL;
        if (rule)
            g_hash_table_add(proved, (gpointer) rule);
        else if (want->rule.p)
            yaml_find(load->report, yaml_at(want->entry.node, "rule"), "pack-no-such", "the dataset has no rule '" STR_FMT "'", STR_ARG(want->rule));
        if (table && want->row > (int64_t) table->n_rows)
            yaml_find(load->report, yaml_at(want->entry.node, "row"), "pack-value", "the file ends with row %zu", table->n_rows);
    }
}

static void check_case(const Load *load, PackCase *c, bool carry_out, GHashTable *proved)
{
    const Yaml *node = c->entry.node;
    c->dataset = c->dataset_name.p ? load_dataset_named(load, c->dataset_name, yaml_at(node, "dataset")) : NULL;
    if (!c->dataset || !c->file.p)
        return;
    Str path = arena_printf(load->arena, STR_FMT "/tests/" STR_FMT, STR_ARG(load->pack->entry.id), STR_ARG(c->file));
    CsvTable table;
    bool read = read_rows(load, c, path, &table);
    check_wants(load, c, read ? &table : NULL, proved);
    if (read && carry_out)
        load_prove(load, c, path, &table);
}

static void check_proved(const Load *load, GHashTable *proved)
{
    for (size_t d = 0; d < load->pack->datasets.n; d++) {
        const PackDataset *dataset = &load->pack->datasets.v[d];
        for (size_t i = 0; i < dataset->rules.n; i++)
            if (dataset->rules.v[i].entry.id.p && (dataset->rules.v[i].kind == PACK_ROW || dataset->rules.v[i].kind == PACK_UNIQUE) && !g_hash_table_contains(proved, &dataset->rules.v[i]))
                yaml_find_key(load->report, dataset->rules.v[i].entry.node, "pack-unproved", "no case of the proof breaks the rule '" STR_FMT "'",
                              STR_ARG(dataset->rules.v[i].entry.id));
    }
}

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
        check_proved(load, proved);
}
