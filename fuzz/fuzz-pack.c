/* A pack: files divided by lines `--- path`. Whatever they hold, loading ends; every finding has its place in its file; a pack without one is a model whose
 * expressions are all there. */
#include "pack/pack.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first file is a/pack.yaml where no line says otherwise. */
static PackFiles *split(Str text)
{
    PackFiles *files = pack_files_new();
    Str path = STR("a/pack.yaml");
    while (text.n > 0) {
        ptrdiff_t next = str_starts(text, STR("--- ")) ? 0 : str_find(text, STR("\n--- "), 0);
        Str body = next < 0 ? text : str_head(text, (size_t) next + (next > 0));
        pack_files_add(files, path, body);
        if (next < 0)
            break;
        text = str_from_at(text, body.n + 4);
        Str rest = text;
        path = str_head(str_cut(&rest, '\n'), 100);
        text = rest.p ? rest : STR("");
        if (!utf8_valid(path, NULL))
            path = STR("b/pack.yaml");
    }
    return files;
}

static void check_findings(const PackFiles *files, const PackReport *report)
{
    for (size_t i = 0; i < pack_report_count(report); i++) {
        const PackFinding *f = pack_report_get(report, i);
        g_assert_true(f->text.n > 0 && f->code[0]);
        const PackFile *file = pack_files_find(files, f->path);
        size_t lines = 1;
        for (size_t b = 0; file && b < file->bytes.n; b++)
            lines += file->bytes.p[b] == '\n';
        g_assert_true(f->line == 0 || (file && f->line <= lines && f->column > 0));
    }
}

static void check_dataset(const PackDataset *dataset)
{
    g_assert_true(dataset->record && dataset->stored && dataset->fields.n > 0);
    for (size_t i = 0; i < dataset->rules.n; i++) {
        const PackRule *rule = &dataset->rules.v[i];
        g_assert_true(!rule->check.node || rule->check.expr);
        g_assert_true(!rule->when.node || rule->when.expr);
        g_assert_true(rule->kind != PACK_LINK || rule->to);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(PackFiles) files = split((Str) { (const char *) data, size });
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PacksRef) packs = packs_load(files, NULL, 480, report);
    check_findings(files, report);
    for (size_t i = 0; i < packs_count(packs); i++)
        for (size_t d = 0; d < packs_get(packs, i)->datasets.n; d++)
            check_dataset(&packs_get(packs, i)->datasets.v[d]);
    return 0;
}
