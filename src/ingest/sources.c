/* The section `sources` of a dataset: its maps as tables, its paths parsed and typed, each fault at its place. */
#include "ingest/sources.h"

#include "base/near.h"

#include "base/banned.h"

#define AT(type, member) offsetof(type, member)
#define END { 0 }

static const ShapeKey fhir_keys[] = {
    { "resource", SHAPE_TEXT, AT(FhirSource, resource), .required = true },
    { "when", SHAPE_TEXT, AT(FhirSource, when_text) },
    { "each", SHAPE_TEXT, AT(FhirSource, each_text) },
    { "fields", SHAPE_TEXT_PAIRS, AT(FhirSource, fields_text), .required = true },
    { "codes", SHAPE_MAPS, AT(FhirSource, codes) },
    END,
};
static const Shape shape_fhir = { "source-fhir", sizeof(FhirSource), fhir_keys, false };

static const ShapeKey hl7_keys[] = {
    { "message", SHAPE_TEXTS, AT(Hl7Source, messages), .required = true },
    { "each", SHAPE_TEXT, AT(Hl7Source, each) },
    { "when", SHAPE_TEXT, AT(Hl7Source, when_text) },
    { "fields", SHAPE_TEXT_PAIRS, AT(Hl7Source, fields_text), .required = true },
    { "codes", SHAPE_MAPS, AT(Hl7Source, codes) },
    END,
};
static const Shape shape_hl7 = { "source-hl7", sizeof(Hl7Source), hl7_keys, false };

static const ShapeKey sources_keys[] = {
    { "fhir", SHAPE_OBJECT, AT(struct IngestSources, fhir), .shape = &shape_fhir },
    { "hl7", SHAPE_OBJECT, AT(struct IngestSources, hl7), .shape = &shape_hl7 },
    END,
};
static const Shape shape_sources = { "sources", sizeof(struct IngestSources), sources_keys, false };
static const Shape *const shapes[] = { &shape_sources, &shape_fhir, &shape_hl7, NULL };

/* --- Fields ---------------------------------------------------------------------------------------------------------------------- */

static bool is_input(const PackDataset *dataset, Str id)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; person && i < person->n_inputs; i++)
        if (str_eq(person->inputs[i]->entry.id, id))
            return true;
    return false;
}

static bool is_engine_column(const PackDataset *dataset, Str id)
{
    if (dataset->kind == PACK_AGGREGATE)
        return str_eq(id, STR("period"));
    return dataset->kind == PACK_REGISTER && (str_eq(id, STR("valid_from")) || str_eq(id, STR("valid_to")));
}

static bool is_column(const PackDataset *dataset, Str id)
{
    const PackField *field = pack_field(dataset, id);
    return field ? !field->retired : is_input(dataset, id) || is_engine_column(dataset, id);
}

static void check_columns(const PackSectionPlace *place, PackPairs fields)
{
    const PackDataset *dataset = place->dataset;
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (!dataset->fields.v[i].retired)
            *ARENA_PUSH(place->arena, &known) = dataset->fields.v[i].entry.id;
    for (size_t i = 0; dataset->subject && dataset->subject->person && i < dataset->subject->person->n_inputs; i++)
        *ARENA_PUSH(place->arena, &known) = dataset->subject->person->inputs[i]->entry.id;
    for (size_t i = 0; i < fields.n; i++)
        if (!is_column(dataset, fields.v[i].from))
            yaml_find_key(place->report, fields.v[i].node, "source-field", "'" STR_FMT "' is neither a field nor an input of " STR_FMT "%s", STR_ARG(fields.v[i].from),
                          STR_ARG(dataset->full_name), near_texts(place->arena, fields.v[i].from, known.v, known.n));
}

static const PackPair *pair_of(PackPairs pairs, Str id)
{
    for (size_t i = 0; i < pairs.n; i++)
        if (str_eq(pairs.v[i].from, id))
            return &pairs.v[i];
    return NULL;
}

static bool has_any(PackPairs fields, PackNames names)
{
    for (size_t i = 0; i < names.n; i++)
        if (pair_of(fields, names.v[i].text))
            return true;
    return false;
}

static bool has_all(PackPairs fields, PackNames names)
{
    for (size_t i = 0; i < names.n; i++)
        if (!pair_of(fields, names.v[i].text))
            return false;
    return names.n > 0;
}

/* Without what makes a record each row would be refused. The reporter may be the sender. */
static void check_enough(const PackSectionPlace *place, const PackEntry *entry, PackPairs fields)
{
    const PackDataset *dataset = place->dataset;
    const Yaml *node = yaml_at(entry->node, "fields");
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        if (field->required && !field->retired && !str_eq(field->entry.id, dataset->org) && !pair_of(fields, field->entry.id))
            yaml_find_key(place->report, node, "source-missing", "the field '" STR_FMT "' is required, and no path is given for it", STR_ARG(field->entry.id));
    }
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    if (person && !has_any(fields, person->by) && !has_all(fields, person->otherwise))
        yaml_find_key(place->report, node, "source-missing", "nothing here says who the person is: a path is needed for one of `by`, or for all of `else`");
}

static void check_codes(const PackSectionPlace *place, PackPairs fields, PackMaps codes)
{
    for (size_t i = 0; i < codes.n; i++)
        if (!pair_of(fields, codes.v[i].id))
            yaml_find_key(place->report, codes.v[i].node, "source-field", "'" STR_FMT "' has no path among the fields here", STR_ARG(codes.v[i].id));
}

static const PackPairs *codes_of(PackMaps codes, Str id)
{
    for (size_t i = 0; i < codes.n; i++)
        if (str_eq(codes.v[i].id, id))
            return &codes.v[i].pairs;
    return NULL;
}

Str source_code(const PackPairs *codes, Str value)
{
    for (size_t i = 0; codes && value.p && i < codes->n; i++)
        if (str_eq(codes->v[i].from, value))
            return codes->v[i].to;
    return value;
}

static void tell(const PackSectionPlace *place, const Yaml *node, const Diags *diags)
{
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        yaml_find_text(place->report, node, diag->from, diag->code, STR_FMT, STR_ARG(diag->text));
    }
}

/* --- FHIR ------------------------------------------------------------------------------------------------------------------------ */

static const FhirPath *parse_path(const PackSectionPlace *place, const Yaml *node, Str text, bool truth)
{
    g_autoptr(Diags) diags = diags_new();
    const FhirPath *path = fhir_path_parse(text, place->arena, diags);
    tell(place, node, diags);
    if (path && truth && path->type != FHIR_BOOL && path->type != FHIR_ANY) {
        yaml_find(place->report, node, "path-type", "this is no test: what is true or false is expected, as status = 'completed'");
        return NULL;
    }
    return path;
}

/* A type of R4 (hl7.org/fhir/R4/resourcelist.html) begins with a capital letter; which there are is looked up only to find slips. */
static void check_resource(const PackSectionPlace *place, const FhirSource *source)
{
    static const Str common[] = {
        STR_INIT("AllergyIntolerance"), STR_INIT("Appointment"), STR_INIT("CarePlan"), STR_INIT("CareTeam"), STR_INIT("Claim"), STR_INIT("Composition"),
        STR_INIT("Condition"), STR_INIT("Consent"), STR_INIT("Coverage"), STR_INIT("Device"), STR_INIT("DiagnosticReport"), STR_INIT("DocumentReference"),
        STR_INIT("Encounter"), STR_INIT("EpisodeOfCare"), STR_INIT("FamilyMemberHistory"), STR_INIT("Flag"), STR_INIT("Goal"), STR_INIT("Group"),
        STR_INIT("ImagingStudy"), STR_INIT("Immunization"), STR_INIT("ImmunizationEvaluation"), STR_INIT("ImmunizationRecommendation"), STR_INIT("Location"),
        STR_INIT("Measure"), STR_INIT("MeasureReport"), STR_INIT("Medication"), STR_INIT("MedicationAdministration"), STR_INIT("MedicationDispense"),
        STR_INIT("MedicationRequest"), STR_INIT("MedicationStatement"), STR_INIT("Observation"), STR_INIT("Organization"), STR_INIT("Patient"),
        STR_INIT("Practitioner"), STR_INIT("PractitionerRole"), STR_INIT("Procedure"), STR_INIT("Questionnaire"), STR_INIT("QuestionnaireResponse"),
        STR_INIT("RelatedPerson"), STR_INIT("RiskAssessment"), STR_INIT("Schedule"), STR_INIT("ServiceRequest"), STR_INIT("Slot"), STR_INIT("Specimen"),
        STR_INIT("SupplyDelivery"), STR_INIT("SupplyRequest"), STR_INIT("Task"),
    };
    bool ok = source->resource.n > 1 && g_ascii_isupper(source->resource.p[0]), known = false;
    for (size_t i = 1; ok && i < source->resource.n; i++)
        ok = g_ascii_isalpha(source->resource.p[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(common); i++)
        known |= str_eq(source->resource, common[i]);
    const char *near = ok && known ? "" : near_texts(place->arena, source->resource, common, G_N_ELEMENTS(common));
    if (!ok || near[0])
        yaml_find(place->report, yaml_at(source->entry.node, "resource"), "source-resource", "'" STR_FMT "' is no type of resource%s", STR_ARG(source->resource), near);
}

static void check_fhir(const PackSectionPlace *place, FhirSource *source)
{
    check_resource(place, source);
    if (source->when_text.p)
        source->when = parse_path(place, yaml_get(source->entry.node, "when"), source->when_text, true);
    if (source->each_text.p)
        source->each = parse_path(place, yaml_get(source->entry.node, "each"), source->each_text, false);
    FhirField *fields = ARENA_ARRAY(place->arena, FhirField, source->fields_text.n);
    Str *columns = ARENA_ARRAY(place->arena, Str, source->fields_text.n);
    source->resolves = (source->when && fhir_path_calls(source->when, FN_RESOLVE)) || (source->each && fhir_path_calls(source->each, FN_RESOLVE));
    for (size_t i = 0; i < source->fields_text.n; i++) {
        const PackPair *pair = &source->fields_text.v[i];
        columns[i] = pair->from;
        fields[i] = (FhirField) { pair->from, parse_path(place, pair->node, pair->to, false), codes_of(source->codes, pair->from) };
        source->resolves |= fields[i].path && fhir_path_calls(fields[i].path, FN_RESOLVE);
    }
    source->fields = fields;
    source->columns = columns;
    source->n = source->fields_text.n;
}

/* --- HL7 -------------------------------------------------------------------------------------------------------------------------- */

static bool is_message(Str name)
{
    bool ok = (name.n == 3 || name.n == 7) && (name.n == 3 || name.p[3] == '_' || name.p[3] == '^');
    for (size_t i = 0; ok && i < name.n; i++)
        ok = i == 3 || g_ascii_isupper(name.p[i]) || g_ascii_isdigit(name.p[i]);
    return ok;
}

static void check_messages(const PackSectionPlace *place, const Hl7Source *source)
{
    for (size_t i = 0; i < source->messages.n; i++)
        if (!is_message(source->messages.v[i].text))
            yaml_find(place->report, source->messages.v[i].node, "source-message", "'" STR_FMT "' is no message, as VXU_V04, or ADT for all of them",
                      STR_ARG(source->messages.v[i].text));
    if (source->each.p && !hl7_is_segment(source->each))
        yaml_find(place->report, yaml_at(source->entry.node, "each"), "source-message", "'" STR_FMT "' is no segment, as RXA", STR_ARG(source->each));
}

static void check_hl7(const PackSectionPlace *place, Hl7Source *source)
{
    check_messages(place, source);
    if (source->when_text.p) {
        g_autoptr(Diags) diags = diags_new();
        Hl7Test *test = ARENA_NEW(place->arena, Hl7Test);
        if (hl7_test_parse(source->when_text, place->arena, diags, test))
            source->when = test;
        tell(place, yaml_get(source->entry.node, "when"), diags);
    }
    Hl7Field *fields = ARENA_ARRAY(place->arena, Hl7Field, source->fields_text.n);
    Str *columns = ARENA_ARRAY(place->arena, Str, source->fields_text.n);
    for (size_t i = 0; i < source->fields_text.n; i++) {
        const PackPair *pair = &source->fields_text.v[i];
        g_autoptr(Diags) diags = diags_new();
        columns[i] = pair->from;
        fields[i] = (Hl7Field) { .column = pair->from, .codes = codes_of(source->codes, pair->from) };
        hl7_path_parse(pair->to, place->arena, diags, &fields[i].path);
        tell(place, pair->node, diags);
    }
    source->fields = fields;
    source->columns = columns;
    source->n = source->fields_text.n;
}

/* --- The section ------------------------------------------------------------------------------------------------------------------- */

static void check_sources(const PackSectionPlace *place, void *data)
{
    (void) data;
    struct IngestSources *sources = ARENA_NEW(place->arena, struct IngestSources);
    ShapeReader reader = { .arena = place->arena, .report = place->report };
    bool read = shape_read(&reader, &shape_sources, place->node, sources);
    sources->dataset = place->dataset;
    if (read && !sources->fhir && !sources->hl7)
        yaml_find(place->report, place->node, "source-missing", "`fhir` or `hl7` is expected");
    if (!read)
        return;
    if (sources->fhir) {
        FhirSource *fhir = (FhirSource *) sources->fhir;
        check_fhir(place, fhir);
        check_columns(place, fhir->fields_text);
        check_codes(place, fhir->fields_text, fhir->codes);
        check_enough(place, &fhir->entry, fhir->fields_text);
    }
    if (sources->hl7) {
        Hl7Source *hl7 = (Hl7Source *) sources->hl7;
        check_hl7(place, hl7);
        check_columns(place, hl7->fields_text);
        check_codes(place, hl7->fields_text, hl7->codes);
        check_enough(place, &hl7->entry, hl7->fields_text);
    }
    pack_section_keep(place, sources);
}

static const PackSection section = { "sources", true, "1.0.0", check_sources, NULL, shapes };

void ingest_pack_sections(PackSections *sections)
{
    pack_section_register(sections, &section);
}

void ingest_sources_markdown(GString *out)
{
    pack_section_markdown(&section, out);
}

const IngestSources *ingest_sources(const PackDataset *dataset)
{
    return pack_section_kept(dataset->kept, section.name);
}

bool ingest_takes(const PackDataset *dataset, IngestFormat format)
{
    const IngestSources *sources = ingest_sources(dataset);
    return sources && (format == INGEST_FHIR ? sources->fhir != NULL : format == INGEST_HL7 && sources->hl7 != NULL);
}
