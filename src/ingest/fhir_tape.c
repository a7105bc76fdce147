#include "ingest/fhir.h"

#include "base/limits.h"

#include "base/banned.h"

/* --- Names -------------------------------------------------------------------------------------------------------------------- */

struct FhirNames {
    Str *slots;
    size_t n, cap; /* a power of two, half empty */
    Arena *arena;
};

FhirNames *fhir_names_new(void)
{
    FhirNames *names = g_new0(FhirNames, 1);
    names->cap = 64;
    names->slots = g_new0(Str, names->cap);
    names->arena = arena_new();
    return names;
}

void fhir_names_free(FhirNames *names)
{
    if (!names)
        return;
    g_free(names->slots);
    arena_free(names->arena);
    g_free(names);
}

/* Where it stands, or would. The names are the pack's, and few: no seed. */
static Str *slot_of(const FhirNames *names, Str name)
{
    size_t at = (name.n * 31 + (unsigned char) name.p[0] * 7 + (unsigned char) name.p[name.n - 1] * 131 + (unsigned char) name.p[name.n / 2]) & (names->cap - 1);
    while (names->slots[at].p && !str_eq(names->slots[at], name))
        at = (at + 1) & (names->cap - 1);
    return &names->slots[at];
}

static void grow(FhirNames *names)
{
    FhirNames bigger = { .cap = names->cap * 2, .slots = g_new0(Str, names->cap * 2) };
    for (size_t i = 0; i < names->cap; i++)
        if (names->slots[i].p)
            *slot_of(&bigger, names->slots[i]) = names->slots[i];
    g_free(names->slots);
    names->slots = bigger.slots;
    names->cap = bigger.cap;
}

void fhir_names_add(void *data, Str name)
{
    FhirNames *names = data;
    if (name.n == 0 || slot_of(names, name)->p)
        return;
    if (++names->n * 2 > names->cap)
        grow(names);
    *slot_of(names, name) = arena_str(names->arena, name);
}

static bool has_name(const FhirNames *names, Str name)
{
    return name.n > 0 && slot_of(names, name)->p;
}

/* Types that value[x] and the like may be of (FHIR R4, 2.24.0.1). */
static bool is_type(Str text)
{
    static const Str types[] = {
        STR_INIT("Quantity"), STR_INIT("CodeableConcept"), STR_INIT("String"), STR_INIT("Boolean"), STR_INIT("Integer"), STR_INIT("Range"), STR_INIT("Ratio"),
        STR_INIT("SampledData"), STR_INIT("Time"), STR_INIT("DateTime"), STR_INIT("Period"), STR_INIT("Date"), STR_INIT("Age"), STR_INIT("Reference"),
        STR_INIT("PositiveInt"), STR_INIT("UnsignedInt"), STR_INIT("Decimal"), STR_INIT("Uri"), STR_INIT("Url"), STR_INIT("Code"), STR_INIT("Coding"),
        STR_INIT("Identifier"), STR_INIT("Attachment"), STR_INIT("Annotation"), STR_INIT("Base64Binary"), STR_INIT("Canonical"), STR_INIT("Id"),
        STR_INIT("Instant"), STR_INIT("Markdown"), STR_INIT("Oid"), STR_INIT("Uuid"), STR_INIT("Address"), STR_INIT("ContactPoint"), STR_INIT("HumanName"),
        STR_INIT("Money"), STR_INIT("Count"), STR_INIT("Distance"), STR_INIT("Duration"), STR_INIT("Timing"), STR_INIT("Signature"), STR_INIT("Expression"),
        STR_INIT("Dosage"), STR_INIT("Meta"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (str_eq(types[i], text))
            return true;
    return false;
}

Str fhir_choice(Str member, Str name)
{
    Str rest = str_from_at(member, name.n);
    return member.n > name.n && str_starts(member, name) && is_type(rest) ? rest : STR_NONE;
}

static bool is_wanted(const FhirNames *names, Str name)
{
    if (has_name(names, name))
        return true;
    for (size_t i = 1; i < name.n; i++)
        if (g_ascii_isupper(name.p[i]) && has_name(names, str_head(name, i)) && is_type(str_from_at(name, i)))
            return true;
    return false;
}

/* --- The tape ------------------------------------------------------------------------------------------------------------------- */

void fhir_tape_clear(FhirTape *tape)
{
    g_free(tape->nodes);
    *tape = (FhirTape) { 0 };
}

static FhirNode *add(FhirTape *tape)
{
    enum { FIRST = 256 };
    if (tape->n == tape->cap) {
        tape->cap = MAX(FIRST, tape->cap * 2);
        tape->nodes = g_realloc_n(tape->nodes, tape->cap, sizeof *tape->nodes);
    }
    return &tape->nodes[tape->n++];
}

/* One token; *name is that of the member it is, and open[] the containers that it stands in. False: a fault. */
static bool take(FhirTape *tape, JsonReader *in, JsonToken token, const FhirNames *names, Str *name, uint32_t *open)
{
    switch (token) {
    case JSON_KEY:
        *name = in->text;
        if (is_wanted(names, *name))
            return true;
        *name = STR_NONE;
        return json_skip(in);
    case JSON_END_OBJECT:
    case JSON_END_ARRAY:
        tape->nodes[open[in->depth]].end = (uint32_t) tape->n;
        return true;
    case JSON_ERROR: return false;
    default: break;
    }
    if (tape->n >= LIMIT_FHIR_NODES)
        return false;
    FhirNode *node = add(tape);
    *node = (FhirNode) { token, *name, token == JSON_STRING || token == JSON_NUMBER ? in->text : STR_NONE, (uint32_t) tape->n };
    if (token == JSON_BEGIN_OBJECT || token == JSON_BEGIN_ARRAY)
        open[in->depth - 1] = (uint32_t) tape->n - 1;
    *name = STR_NONE;
    return true;
}

bool fhir_tape_read(FhirTape *tape, Str json, const FhirNames *names, Arena *arena, JsonReader *ret_reader)
{
    uint32_t open[LIMIT_JSON_DEPTH];
    Str name = STR_NONE;
    tape->n = 0;
    json_reader_init(ret_reader, json, arena);
    for (JsonToken token; (token = json_next(ret_reader)) != JSON_END;)
        if (!take(tape, ret_reader, token, names, &name, open))
            return false;
    return true;
}

uint32_t fhir_member(const FhirTape *tape, uint32_t node, Str name)
{
    if (tape->nodes[node].type != JSON_BEGIN_OBJECT)
        return 0;
    for (uint32_t i = node + 1; i < tape->nodes[node].end; i = tape->nodes[i].end)
        if (str_eq(tape->nodes[i].name, name))
            return i;
    return 0;
}

Str fhir_member_text(const FhirTape *tape, uint32_t node, Str name)
{
    uint32_t member = fhir_member(tape, node, name);
    return member > 0 && tape->nodes[member].type == JSON_STRING ? tape->nodes[member].text : STR_NONE;
}
