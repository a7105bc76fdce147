/* FHIR as rows. Each resource is read once, without what no path names; the datasets that want resources of its type take their rows of it. Resources that are
 * referred to are read again from where they stand, and a few of them kept. */
#include "ingest/fhir.h"

#include "base/limits.h"
#include "ingest/elements.h"
#include "ingest/fhir_index.h"
#include "ingest/sources.h"
#include "ingest/stage.h"

#include "base/banned.h"

/* A resource with what it needs to live. */
typedef struct {
    uint64_t place;
    uint64_t used;   /* by the row of this number */
    bool filled, good;
    GString *text;
    Arena *arena;
    FhirTape tape;
} Referred;

enum { REFERRED = 64, TYPES_TOLD = 50 };

typedef struct {
    Str type;
    int64_t count;
    bool wanted;
} TypeCount;

/* What is known of all inputs. */
typedef struct {
    const FhirSource **sources;
    Stages stages;         /* one a source */
    FhirNames *names;
    FhirIndex *index;      /* NULL: no path follows references */
    Referred referred[REFERRED];
    uint64_t rows;         /* number of the row in hand */
    Str unresolved;        /* the last reference of the row that led nowhere */
    Arena *unresolved_arena;
    TypeCount types[TYPES_TOLD];
    size_t n_types;
} Fhir;

typedef struct {
    Fhir *all;
    IngestReader *reader;
    ElementStream stream;
    Box *text;             /* of elements */
    bool filled, ended;    /* the text is in hand; nothing follows it */
    Arena *arena;          /* of the element in hand */
    ArenaMark begin;
    FhirTape tape;
    FhirContext context;
    const Element *element;
} FhirInput;

/* --- Opening ------------------------------------------------------------------------------------------------------------------- */

static void free_fhir(void *data)
{
    Fhir *all = data;
    if (!all)
        return;
    for (size_t i = 0; i < REFERRED; i++) {
        if (all->referred[i].text)
            g_string_free(all->referred[i].text, TRUE);
        arena_free(all->referred[i].arena);
        fhir_tape_clear(&all->referred[i].tape);
    }
    stages_clear(&all->stages);
    fhir_names_free(all->names);
    fhir_index_free(all->index);
    arena_free(all->unresolved_arena);
    g_free(all->sources);
    g_free(all);
}

static void add_names(Fhir *all, const FhirSource *source)
{
    for (size_t i = 0; i < source->n; i++)
        fhir_path_names(source->fields[i].path, fhir_names_add, all->names);
    if (source->when)
        fhir_path_names(source->when, fhir_names_add, all->names);
    if (source->each)
        fhir_path_names(source->each, fhir_names_add, all->names);
}

static IngestTable *table_of(IngestReader *reader, const PackDataset *dataset, const FhirSource *source)
{
    IngestTable *table = reader_table(reader, source->columns, source->n);
    table->dataset = dataset;
    return table;
}

static bool open_all(IngestReader *reader, GError **err)
{
    static const char *const always[] = { "resourceType", "id", "resource", "fullUrl", "request", "method", "reference", "contained" };
    const IngestOptions *options = &reader->options;
    Fhir *all = g_new0(Fhir, 1);
    reader->all = all;
    reader->free_all = free_fhir;
    all->sources = g_new0(const FhirSource *, options->n_datasets + 1);
    all->names = fhir_names_new();
    all->unresolved_arena = arena_new();
    stages_init(&all->stages, options->n_datasets);
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        fhir_names_add(all->names, str_from(always[i]));
    size_t n = 0;
    bool resolves = false;
    for (size_t i = 0; i < options->n_datasets; i++) {
        const IngestSources *sources = ingest_sources(options->datasets[i]);
        if (!sources || !sources->fhir)
            continue;
        all->sources[n] = sources->fhir;
        all->stages.v[n++].table = table_of(reader, options->datasets[i], sources->fhir);
        add_names(all, sources->fhir);
        resolves |= sources->fhir->resolves;
    }
    if (n == 0) {
        error_set(err, BH_BAD_INPUT, "no dataset takes FHIR resources");
        return error_detail(err, "no-sources");
    }
    all->index = resolves ? fhir_index_new(reader->inputs, reader->n_inputs, err) : NULL;
    return !resolves || all->index;
}

static bool resolve(void *data, const FhirTape *from, Str reference, FhirValue *ret_resource);

static bool open_fhir(IngestReader *reader, GError **err)
{
    FhirInput *input = reader->state = g_new0(FhirInput, 1);
    input->reader = reader;
    input->text = box_new();
    input->arena = arena_new();
    arena_alloc(input->arena, 1); /* its first block stays */
    input->begin = arena_mark(input->arena);
    input->context.resolve = resolve;
    input->context.data = input;
    input->context.arena = input->arena;
    if (!element_stream_open(&input->stream, &reader->stream, "UTF-8", true, err) || (!reader->all && !open_all(reader, err)))
        return false;
    input->all = reader->all;
    return true;
}

static void close_fhir(IngestReader *reader)
{
    FhirInput *input = reader->state;
    if (!input)
        return;
    element_stream_clear(&input->stream);
    box_free(input->text);
    arena_free(input->arena);
    fhir_tape_clear(&input->tape);
    fhir_context_clear(&input->context);
    g_free(input);
    reader->state = NULL;
}

/* --- References -------------------------------------------------------------------------------------------------------------------- */

/* The resource of an element's tape: itself, or in its entry. */
static uint32_t resource_node(const FhirTape *tape)
{
    return fhir_member(tape, 0, STR("resource"));
}

static bool find_contained(const FhirTape *tape, Str id, FhirValue *ret_resource)
{
    uint32_t list = fhir_member(tape, resource_node(tape), STR("contained"));
    for (uint32_t i = list + 1; list > 0 && i < tape->nodes[list].end; i = tape->nodes[i].end)
        if (str_eq(fhir_member_text(tape, i, STR("id")), id)) {
            *ret_resource = (FhirValue) { .tape = tape, .node = i };
            return true;
        }
    return false;
}

/* The slot that holds the place, or one that the row in hand does not use; NULL: it uses all. */
static Referred *slot_for(Fhir *all, uint64_t place)
{
    Referred *best = NULL;
    for (size_t i = 0; i < REFERRED; i++) {
        Referred *slot = &all->referred[i];
        if (slot->filled && slot->place == place)
            return slot;
        if (slot->used != all->rows && (!best || slot->used < best->used))
            best = slot;
    }
    return best;
}

static void fill_slot(Fhir *all, Referred *slot, uint64_t place, Str text)
{
    JsonReader in;
    if (!slot->arena)
        slot->arena = arena_new();
    arena_free(slot->arena);
    slot->arena = arena_new();
    slot->place = place;
    slot->filled = true;
    slot->good = fhir_tape_read(&slot->tape, text, all->names, slot->arena, &in);
}

static bool find_referred(Fhir *all, Str reference, FhirValue *ret_resource)
{
    uint64_t place;
    if (!all->index || !fhir_index_place(all->index, reference, &place))
        return false;
    Referred *slot = slot_for(all, place);
    if (!slot)
        return false;
    if (!slot->filled || slot->place != place) {
        Str text;
        if (!slot->text)
            slot->text = g_string_new(NULL);
        slot->filled = false;
        if (!fhir_index_read(all->index, place, slot->text, &text))
            return false;
        fill_slot(all, slot, place, text);
    }
    slot->used = all->rows;
    *ret_resource = (FhirValue) { .tape = &slot->tape };
    return slot->good;
}

static bool resolve(void *data, const FhirTape *from, Str reference, FhirValue *ret_resource)
{
    FhirInput *input = data;
    Fhir *all = input->all;
    if (str_starts(reference, STR("#")) ? find_contained(from, str_from_at(reference, 1), ret_resource) : find_referred(all, reference, ret_resource))
        return true;
    all->unresolved = arena_str(all->unresolved_arena, utf8_head(reference, 200));
    return false;
}

/* --- Findings --------------------------------------------------------------------------------------------------------------------- */

static IngestPlace place_of(const FhirInput *input)
{
    return reader_place(input->reader, input->element->kind, input->element->number);
}

static IngestFinding *G_GNUC_PRINTF(5, 6) find(const FhirInput *input, Stage *stage, const char *code, bool lost, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    stage->bytes += MIN(input->element->text.n, INGEST_RAW_BYTES);
    return box_find(stage->box, code, lost, place_of(input), stage->table, input->element->text, "%s", text);
}

static Stage *other(const FhirInput *input)
{
    return &input->all->stages.v[input->all->stages.n - 1];
}

static void malformed(const FhirInput *input, const JsonReader *in)
{
    Stage *stage = other(input);
    if (!in->error) {
        IngestFinding *large = find(input, stage, "fhir-large", true, "the resource has more than %d values", LIMIT_FHIR_NODES);
        box_params(stage->box, large, "limit=%d", LIMIT_FHIR_NODES);
        return;
    }
    g_autoptr(GError) fault = NULL;
    json_reader_error(in, &fault);
    box_params(stage->box, find(input, stage, "json-malformed", true, "%s", fault->message), "at=%s", error_get_at(fault));
}

/* A path that did not come out; `column` p NULL: when or each. */
static void path_fault(const FhirInput *input, Stage *stage, Str column)
{
    static const struct {
        const char *fault, *code, *text;
    } faults[] = {
        { "several", "fhir-several", "the path gives several values, and one is expected" },
        { "complex", "fhir-complex", "the path gives an object, and a simple value is expected" },
        { "large", "fhir-many", "the path gives too many values" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
        if (g_str_equal(input->context.fault, faults[i].fault)) {
            IngestFinding *finding = find(input, stage, faults[i].code, true, "%s%s" STR_FMT, faults[i].text, column.p ? ": " : "", STR_ARG(column));
            box_params(stage->box, finding, "name=" STR_FMT, STR_ARG(column));
        }
}

/* --- Rows --------------------------------------------------------------------------------------------------------------------------- */

/* False: the row became a finding. */
static bool take_cells(FhirInput *input, const FhirSource *source, Stage *stage, const FhirValue *focus)
{
    Box *box = stage->box;
    size_t first = box->n_cells;
    for (size_t i = 0; i < source->n; i++) {
        Str cell;
        if (!fhir_eval_text(&input->context, source->fields[i].path, focus, &cell)) {
            box->n_cells = first;
            path_fault(input, stage, source->fields[i].column);
            return false;
        }
        cell = source_code(source->fields[i].codes, cell);
        box_cell(box, stage_text(stage, cell));
    }
    return true;
}

static void take_row(FhirInput *input, const FhirSource *source, Stage *stage, const FhirValue *focus)
{
    Fhir *all = input->all;
    all->rows++;
    all->unresolved = STR_NONE;
    if (!take_cells(input, source, stage, focus))
        return;
    box_row(stage->box, place_of(input), stage_text(stage, input->element->text));
    if (!all->unresolved.p)
        return;
    IngestFinding *finding = find(input, stage, "fhir-unresolved", false, "nothing in these files is '" STR_FMT "'", STR_ARG(all->unresolved));
    box_params(stage->box, finding, "name=" STR_FMT, STR_ARG(all->unresolved));
    all->unresolved_arena = (arena_free(all->unresolved_arena), arena_new());
}

static void take_each(FhirInput *input, const FhirSource *source, Stage *stage)
{
    FhirContext *context = &input->context;
    if (!fhir_eval(context, source->each, &context->resource)) {
        path_fault(input, stage, STR_NONE);
        return;
    }
    size_t n = context->n;
    FhirValue *items = ARENA_ARRAY(input->arena, FhirValue, n);
    for (size_t i = 0; i < n; i++)
        items[i] = context->v[i];
    for (size_t i = 0; i < n; i++)
        take_row(input, source, stage, &items[i]);
}

static void take_source(FhirInput *input, const FhirSource *source, Stage *stage)
{
    FhirContext *context = &input->context;
    bool wanted = true;
    input->all->rows++;
    if (source->when && !fhir_eval_truth(context, source->when, &context->resource, &wanted)) {
        path_fault(input, stage, STR_NONE);
        return;
    }
    if (!wanted)
        return;
    if (source->each)
        take_each(input, source, stage);
    else
        take_row(input, source, stage, &context->resource);
}

static void count_type(Fhir *all, Arena *arena, Str type, bool wanted)
{
    for (size_t i = 0; i < all->n_types; i++)
        if (str_eq(all->types[i].type, type)) {
            all->types[i].count++;
            return;
        }
    if (all->n_types < TYPES_TOLD)
        all->types[all->n_types++] = (TypeCount) { arena_str(arena, utf8_head(type, 64)), 1, wanted };
}

/* The node of the element's resource; false: there is none to take, and that is a finding. */
static bool find_resource(const FhirInput *input, uint32_t *ret_node, Str *ret_type)
{
    const FhirTape *tape = &input->tape;
    bool entry = input->element->kind == INGEST_AT_ENTRY;
    uint32_t node = entry ? fhir_member(tape, 0, STR("resource")) : 0;
    Str method = entry ? fhir_member_text(tape, fhir_member(tape, 0, STR("request")), STR("method")) : STR_NONE;
    if (str_eq(method, STR("DELETE"))) {
        find(input, other(input), "fhir-delete", true, "nothing is deleted by a bundle");
        return false;
    }
    if (tape->nodes[0].type != JSON_BEGIN_OBJECT || (entry && (node == 0 || tape->nodes[node].type != JSON_BEGIN_OBJECT))) {
        find(input, other(input), "fhir-no-resource", true, entry ? "the entry holds no resource" : "a resource is expected");
        return false;
    }
    *ret_type = fhir_member_text(tape, node, STR("resourceType"));
    if (!ret_type->p) {
        find(input, other(input), "fhir-no-type", true, "the resource has no resourceType");
        return false;
    }
    *ret_node = node;
    return true;
}

static void take_element(FhirInput *input)
{
    Fhir *all = input->all;
    JsonReader in;
    uint32_t node;
    Str type;
    bool wanted = false;
    arena_rewind(input->arena, input->begin);
    if (!fhir_tape_read(&input->tape, input->element->text, all->names, input->arena, &in)) {
        malformed(input, &in);
        return;
    }
    if (!find_resource(input, &node, &type))
        return;
    input->context.resource = (FhirValue) { .tape = &input->tape, .node = node };
    for (size_t i = 0; i + 1 < all->stages.n && all->sources[i]; i++)
        if (str_eq(all->sources[i]->resource, type)) {
            wanted = true;
            take_source(input, all->sources[i], &all->stages.v[i]);
        }
    count_type(all, input->reader->arena, type, wanted);
}

/* --- Batches -------------------------------------------------------------------------------------------------------------------------- */

static void tell_unused(const FhirInput *input)
{
    Fhir *all = input->all;
    Stage *stage = other(input);
    for (size_t i = 0; i < all->n_types; i++) {
        const TypeCount *type = &all->types[i];
        if (type->wanted)
            continue;
        IngestFinding *finding = box_find(stage->box, "fhir-unused", false, reader_place(input->reader, INGEST_AT_FILE, 0), NULL, STR_NONE,
                                          "%" G_GINT64_FORMAT " resources of type " STR_FMT " are of no dataset", type->count, STR_ARG(type->type));
        box_params(stage->box, finding, "count=%" G_GINT64_FORMAT "\nname=" STR_FMT, type->count, STR_ARG(type->type));
    }
    all->n_types = 0;
}

static bool read_text(FhirInput *input, GError **err)
{
    if (input->filled)
        return true;
    box_reset(input->text);
    input->filled = element_stream_fill(&input->stream, input->text, err);
    return input->filled;
}

/* The elements of the text in hand, until a box is full. */
static bool take_elements(FhirInput *input, GError **err)
{
    Element element;
    ElementEnd end;
    while ((end = elements_next(&input->stream.elements, &element)) == ELEMENT_FOUND) {
        input->element = &element;
        take_element(input);
        if (stages_give(&input->all->stages, input->reader, false))
            return true;
    }
    element_stream_keep(&input->stream);
    input->filled = false;
    if (end == ELEMENT_BAD && !stages_give(&input->all->stages, input->reader, true))
        return element_stream_bad(&input->stream, err);
    if (end == ELEMENT_MORE && !element_stream_too_long(&input->stream, input->reader, err))
        return false;
    input->ended = end == ELEMENT_END;
    if (input->ended)
        tell_unused(input);
    return true;
}

static bool next_fhir(IngestReader *reader, bool *ret_more, GError **err)
{
    FhirInput *input = reader->state;
    *ret_more = true;
    if (!box_is_empty(reader->box))
        return true;
    if (input->ended) {
        *ret_more = stages_give(&input->all->stages, reader, true);
        return true;
    }
    if (!read_text(input, err) || !take_elements(input, err))
        return false;
    if (reader->box->batch.n_rows == 0 && !box_is_empty(reader->box) && reader->box->batch.n_findings == 0)
        box_close(reader->box, NULL); /* a line that was too long */
    return true;
}

const Driver driver_fhir = { open_fhir, next_fhir, close_fhir };
