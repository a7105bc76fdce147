/* Any bytes as FHIR, by fixed sources; and, where a line "paths" stands first, the second line as a path (and as a place of HL7) that is carried out on the rest. */
#include "ingest-check.h"
#include "ingest-pack.h"
#include "ingest/fhir.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_fixed(Str bytes)
{
    static PacksRef *packs;
    static const char yaml[] =
        "      fhir:\n        resource: Immunization\n        each: protocolApplied\n        fields:\n          o: \"%resource.patient.resolve().identifier.where(system = 'a').value\"\n"
        "          on_day: \"%resource.occurrence.substring(0, 10)\"\n          k: doseNumber | series.first()\n          v: \"%resource.performer.actor.display.join('; ')\"\n"
        "          w: \"iif(%resource.status = 'completed', %resource.extension('u').value.ofType(Quantity).value.toString(), 'x')\"\n";
    if (!packs)
        packs = pack_with_sources(str_from(yaml));
    const PackDataset *dataset = packs_dataset(packs, STR("a.d"));
    g_assert_nonnull(dataset);
    g_autoptr(GString) out = check_input(&(IngestInput) { .bytes = bytes }, &(IngestOptions) { .format = INGEST_FHIR, .datasets = &dataset, .n_datasets = 1 });
}

static void run_path(Str text, Str json)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const FhirPath *path = fhir_path_parse(text, arena, diags);
    g_assert_true(!path == (diags_count(diags) > 0));
    for (size_t i = 0; i < diags_count(diags); i++)
        g_assert_true(diags_get(diags, i)->from <= text.n);
    if (!path)
        return;
    FhirNames *names = fhir_names_new();
    FhirTape tape = { 0 };
    JsonReader in;
    FhirContext context = { .arena = arena };
    fhir_path_names(path, fhir_names_add, names);
    if (fhir_tape_read(&tape, json, names, arena, &in)) {
        Str cell;
        context.resource = (FhirValue) { .tape = &tape };
        if (fhir_eval_text(&context, path, &context.resource, &cell))
            check_text(cell);
        else
            g_assert_nonnull(context.fault);
    }
    fhir_context_clear(&context);
    fhir_tape_clear(&tape);
    fhir_names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str bytes = { (const char *) data, size };
    if (!str_starts(bytes, STR("paths\n"))) {
        if (size > 0)
            run_fixed(bytes);
        return 0;
    }
    Str rest = str_from_at(bytes, 6), path = str_cut(&rest, '\n');
    if (utf8_valid(path, NULL))
        run_path(path, rest.p ? rest : STR("{}"));
    return 0;
}
