/* Paths carried out. Values stand on a stack: each part of a path puts its own on top of what was there, and whoever asked takes them off. */
#include "ingest/fhir.h"

#include "base/limits.h"

#include "base/banned.h"

typedef FhirContext Context;
typedef FhirPath Path;

static bool eval(Context *c, const Path *path, const FhirValue *focus);

void fhir_context_clear(FhirContext *context)
{
    g_free(context->v);
    *context = (FhirContext) { 0 };
}

static bool fault(Context *c, const char *what)
{
    c->fault = what;
    return false;
}

static bool push(Context *c, FhirValue value)
{
    enum { FIRST = 64 };
    if (c->n >= LIMIT_FHIR_ITEMS)
        return fault(c, "large");
    if (c->n == c->cap) {
        c->cap = MAX(FIRST, c->cap * 2);
        c->v = g_realloc_n(c->v, c->cap, sizeof *c->v);
    }
    c->v[c->n++] = value;
    return true;
}

static bool push_text(Context *c, Str text)
{
    return push(c, (FhirValue) { .type = FHIR_TEXT, .text = text });
}

static bool push_truth(Context *c, bool truth)
{
    return push(c, (FhirValue) { .type = FHIR_BOOL, .truth = truth, .text = truth ? STR("true") : STR("false") });
}

/* The values from `from` on become those from `kept` on. */
static void keep(Context *c, size_t from, size_t kept)
{
    if (c->n > kept)
        memmove(c->v + from, c->v + kept, (c->n - kept) * sizeof *c->v);
    c->n -= kept - from;
}

/* --- Values --------------------------------------------------------------------------------------------------------------------- */

static const FhirNode *node_of(const FhirValue *value)
{
    return &value->tape->nodes[value->node];
}

/* What a simple value is; FHIR_ANY: it is none. */
static FhirType type_of(const FhirValue *value)
{
    if (!value->tape)
        return value->type;
    switch (node_of(value)->type) {
    case JSON_STRING: return FHIR_TEXT;
    case JSON_NUMBER: return FHIR_NUMBER;
    case JSON_TRUE: case JSON_FALSE: return FHIR_BOOL;
    default: return FHIR_ANY;
    }
}

static Str text_of(const FhirValue *value)
{
    if (!value->tape)
        return value->text;
    const FhirNode *node = node_of(value);
    return node->type == JSON_TRUE ? STR("true") : node->type == JSON_FALSE ? STR("false") : node->text;
}

static bool is_true(const FhirValue *value)
{
    return type_of(value) != FHIR_BOOL || str_eq(text_of(value), STR("true")); /* one value that is no truth is there, and so true */
}

static int compare(const FhirValue *a, const FhirValue *b)
{
    Decimal x, y;
    if (type_of(a) == FHIR_NUMBER && decimal_parse(text_of(a), &x) && decimal_parse(text_of(b), &y))
        return decimal_cmp(x, y);
    return str_cmp(text_of(a), text_of(b));
}

static bool equal(const FhirValue *a, const FhirValue *b)
{
    if (type_of(a) != type_of(b))
        return false;
    if (type_of(a) == FHIR_ANY)
        return a->tape == b->tape && a->node == b->node;
    return compare(a, b) == 0;
}

/* --- Members ---------------------------------------------------------------------------------------------------------------------- */

/* A value, or each element of a list. Null is no value. */
static bool push_node(Context *c, const FhirTape *tape, uint32_t node, Str choice)
{
    const FhirNode *at = &tape->nodes[node];
    if (at->type == JSON_NULL)
        return true;
    if (at->type != JSON_BEGIN_ARRAY)
        return push(c, (FhirValue) { .tape = tape, .node = node, .choice = choice });
    for (uint32_t i = node + 1; i < at->end; i = tape->nodes[i].end)
        if (tape->nodes[i].type != JSON_NULL && !push(c, (FhirValue) { .tape = tape, .node = i, .choice = choice }))
            return false;
    return true;
}

static bool push_members(Context *c, FhirValue of, Str name)
{
    if (!of.tape || node_of(&of)->type != JSON_BEGIN_OBJECT)
        return true;
    uint32_t member = fhir_member(of.tape, of.node, name);
    if (member > 0)
        return push_node(c, of.tape, member, STR_NONE);
    const FhirTape *tape = of.tape;
    for (uint32_t i = of.node + 1; i < tape->nodes[of.node].end; i = tape->nodes[i].end) {
        Str choice = fhir_choice(tape->nodes[i].name, name);
        if (choice.p)
            return push_node(c, tape, i, choice);
    }
    return true;
}

static bool eval_member(Context *c, const Path *path, const FhirValue *focus)
{
    size_t from = c->n;
    if (!eval(c, path->a, focus))
        return false;
    size_t to = c->n;
    for (size_t i = from; i < to; i++)
        if (!push_members(c, c->v[i], path->text))
            return false;
    keep(c, from, to);
    return true;
}

static bool is_of_type(const FhirValue *value, Str type)
{
    if (value->choice.p)
        return value->choice.n == type.n && g_ascii_strncasecmp(value->choice.p, type.p, type.n) == 0;
    if (value->tape && node_of(value)->type == JSON_BEGIN_OBJECT)
        return str_eq(fhir_member_text(value->tape, value->node, STR("resourceType")), type);
    static const struct {
        Str name;
        FhirType type;
    } simple[] = {
        { STR_INIT("boolean"), FHIR_BOOL },        { STR_INIT("Boolean"), FHIR_BOOL },   { STR_INIT("integer"), FHIR_NUMBER }, { STR_INIT("Integer"), FHIR_NUMBER },
        { STR_INIT("positiveInt"), FHIR_NUMBER }, { STR_INIT("unsignedInt"), FHIR_NUMBER }, { STR_INIT("decimal"), FHIR_NUMBER }, { STR_INIT("Decimal"), FHIR_NUMBER },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(simple); i++)
        if (str_eq(simple[i].name, type))
            return type_of(value) == simple[i].type;
    return type_of(value) == FHIR_TEXT;
}

/* --- Functions -------------------------------------------------------------------------------------------------------------------- */

/* The values on top of `from`: false, with or without a fault, if there is not exactly one. */
static bool one_text(Context *c, size_t from, Str *ret_text, bool *ret_none)
{
    *ret_none = c->n == from;
    if (*ret_none)
        return true;
    if (c->n > from + 1)
        return fault(c, "several");
    if (type_of(&c->v[from]) == FHIR_ANY)
        return fault(c, "complex");
    *ret_text = text_of(&c->v[from]);
    c->n = from;
    return true;
}

static bool truth_from(Context *c, size_t from, bool *ret_true)
{
    if (c->n > from + 1)
        return fault(c, "several");
    *ret_true = c->n > from && is_true(&c->v[from]);
    c->n = from;
    return true;
}

static bool eval_truth(Context *c, const Path *path, const FhirValue *focus, bool *ret_true)
{
    size_t from = c->n;
    return eval(c, path, focus) && truth_from(c, from, ret_true);
}

static bool call_where(Context *c, const Path *call, size_t from)
{
    size_t kept = from, to = c->n;
    for (size_t i = from; i < to; i++) {
        bool truth;
        FhirValue item = c->v[i];
        if (!eval_truth(c, call->args[0], &item, &truth))
            return false;
        if (truth)
            c->v[kept++] = item;
    }
    c->n = kept;
    return true;
}

static bool call_exists(Context *c, const Path *call, size_t from)
{
    if (call->n_args > 0 && !call_where(c, call, from))
        return false;
    bool exists = c->n > from;
    c->n = from;
    return push_truth(c, exists == (call->func == FN_EXISTS));
}

static bool call_select(Context *c, const Path *call, size_t from)
{
    size_t to = c->n;
    for (size_t i = from; i < to; i++) {
        FhirValue item = c->v[i];
        if (!eval(c, call->args[0], &item))
            return false;
    }
    keep(c, from, to);
    return true;
}

static bool call_of_type(Context *c, const Path *call, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < c->n; i++)
        if (is_of_type(&c->v[i], call->args[0]->text))
            c->v[kept++] = c->v[i];
    c->n = kept;
    return true;
}

/* References, or texts that are such. */
static bool call_resolve(Context *c, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < c->n; i++) {
        FhirValue value = c->v[i], found;
        const FhirTape *tape = value.tape ? value.tape : c->resource.tape;
        Str reference = type_of(&value) == FHIR_TEXT ? text_of(&value) : value.tape ? fhir_member_text(value.tape, value.node, STR("reference")) : STR_NONE;
        if (reference.n > 0 && c->resolve && c->resolve(c->data, tape, reference, &found))
            c->v[kept++] = found;
    }
    c->n = kept;
    return true;
}

static bool call_extension(Context *c, const Path *call, size_t from, const FhirValue *focus)
{
    size_t to = c->n;
    Str url;
    bool none;
    if (!eval(c, call->args[0], focus) || !one_text(c, to, &url, &none))
        return false;
    for (size_t i = from; i < to && !none; i++) {
        size_t first = c->n;
        if (!push_members(c, c->v[i], STR("extension")))
            return false;
        size_t kept = first;
        for (size_t e = first; e < c->n; e++)
            if (c->v[e].tape && str_eq(fhir_member_text(c->v[e].tape, c->v[e].node, STR("url")), url))
                c->v[kept++] = c->v[e];
        c->n = kept;
    }
    keep(c, from, to);
    return true;
}

static bool call_distinct(Context *c, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < c->n; i++) {
        bool before = false;
        for (size_t j = from; j < kept && !before; j++)
            before = equal(&c->v[i], &c->v[j]);
        if (!before)
            c->v[kept++] = c->v[i];
    }
    c->n = kept;
    return true;
}

static bool call_iif(Context *c, const Path *call, size_t from, const FhirValue *focus)
{
    bool truth;
    FhirValue item = c->n > from ? c->v[from] : *focus;
    if (c->n > from + 1)
        return fault(c, "several");
    c->n = from;
    if (!eval_truth(c, call->args[0], &item, &truth))
        return false;
    return truth ? eval(c, call->args[1], &item) : call->n_args < 3 || eval(c, call->args[2], &item);
}

/* --- Functions of texts --- */

/* Argument i as a text, or a number's text; *ret_none: it is nothing. */
static bool argument(Context *c, const Path *call, size_t i, const FhirValue *focus, Str *ret_text, bool *ret_none)
{
    size_t from = c->n;
    return eval(c, call->args[i], focus) && one_text(c, from, ret_text, ret_none);
}

static Str substring(Str text, Str start, Str length)
{
    int64_t from, n = INT64_MAX;
    if (!str_to_int64(start, &from) || from < 0 || (length.p && !str_to_int64(length, &n)))
        return STR_NONE;
    Str rest = str_from_at(text, utf8_head(text, (size_t) MIN(from, G_MAXINT32)).n);
    return rest.n == 0 ? STR_NONE : utf8_head(rest, (size_t) CLAMP(n, 0, G_MAXINT32));
}

static Str replaced(Context *c, Str text, Str what, Str by)
{
    if (what.n == 0 || text.n + by.n > LIMIT_EXPR_MADE_BYTES)
        return text;
    g_autoptr(GString) out = g_string_new(NULL);
    ptrdiff_t at;
    for (; (at = str_find(text, what, 0)) >= 0 && out->len < LIMIT_EXPR_MADE_BYTES; text = str_from_at(text, (size_t) at + what.n)) {
        g_string_append_len(out, text.p, at);
        g_string_append_len(out, by.p, (gssize) by.n);
    }
    g_string_append_len(out, text.p, (gssize) text.n);
    return arena_str(c->arena, str_from_gstring(out));
}

static Str in_case(Context *c, Str text, bool upper)
{
    g_autofree char *own = upper ? g_utf8_strup(text.p, (gssize) text.n) : g_utf8_strdown(text.p, (gssize) text.n);
    return arena_str(c->arena, str_from(own));
}

static bool push_count(Context *c, size_t count)
{
    return push(c, (FhirValue) { .type = FHIR_NUMBER, .text = arena_printf(c->arena, "%zu", count) });
}

static bool call_text(Context *c, const Path *call, size_t from, const FhirValue *focus)
{
    Str text, args[2] = { STR_NONE, STR_NONE };
    bool none;
    if (!one_text(c, from, &text, &none))
        return false;
    for (size_t i = 0; i < call->n_args && !none; i++)
        if (!argument(c, call, i, focus, &args[i], &none))
            return false;
    if (none)
        return true;
    switch (call->func) {
    case FN_SUBSTRING: {
        Str part = substring(text, args[0], args[1]);
        return !part.p || push_text(c, part);
    }
    case FN_STARTS_WITH: return push_truth(c, str_starts(text, args[0]));
    case FN_ENDS_WITH: return push_truth(c, str_ends(text, args[0]));
    case FN_CONTAINS: return push_truth(c, str_has(text, args[0]));
    case FN_REPLACE: return push_text(c, replaced(c, text, args[0], args[1]));
    case FN_UPPER: return push_text(c, in_case(c, text, true));
    case FN_LOWER: return push_text(c, in_case(c, text, false));
    case FN_TRIM: return push_text(c, str_trim(text));
    case FN_LENGTH: return push_count(c, utf8_length(text));
    default: return push_text(c, text); /* toString */
    }
}

static bool call_join(Context *c, const Path *call, size_t from, const FhirValue *focus)
{
    Str separator = STR("");
    bool none;
    size_t to = c->n;
    g_autoptr(GString) out = g_string_new(NULL);
    if (call->n_args > 0 && !argument(c, call, 0, focus, &separator, &none))
        return false;
    for (size_t i = from; i < to; i++) {
        Str text = text_of(&c->v[i]);
        if (type_of(&c->v[i]) == FHIR_ANY)
            return fault(c, "complex");
        if (out->len + text.n > LIMIT_EXPR_MADE_BYTES)
            return fault(c, "large");
        g_string_append_printf(out, STR_FMT STR_FMT, STR_ARG(i > from ? separator : STR("")), STR_ARG(text));
    }
    c->n = from;
    return to == from || push_text(c, arena_str(c->arena, str_from_gstring(out)));
}

static bool eval_call(Context *c, const Path *call, const FhirValue *focus)
{
    size_t from = c->n;
    bool truth;
    if (!eval(c, call->a, focus))
        return false;
    size_t n = c->n - from;
    switch (call->func) {
    case FN_WHERE: return call_where(c, call, from);
    case FN_EXISTS: case FN_EMPTY: return call_exists(c, call, from);
    case FN_NOT: return n == 0 || (truth_from(c, from, &truth) && push_truth(c, !truth));
    case FN_FIRST: c->n = from + MIN(n, 1); return true;
    case FN_LAST: keep(c, from, n > 1 ? c->n - 1 : from); return true;
    case FN_COUNT: c->n = from; return push_count(c, n);
    case FN_DISTINCT: return call_distinct(c, from);
    case FN_SELECT: return call_select(c, call, from);
    case FN_OF_TYPE: return call_of_type(c, call, from);
    case FN_RESOLVE: return call_resolve(c, from);
    case FN_EXTENSION: return call_extension(c, call, from, focus);
    case FN_IIF: return call_iif(c, call, from, focus);
    case FN_JOIN: return call_join(c, call, from, focus);
    default: return call_text(c, call, from, focus);
    }
}

/* --- Operators ------------------------------------------------------------------------------------------------------------------- */

static bool equal_all(const Context *c, size_t from, size_t middle)
{
    bool same = c->n - middle == middle - from;
    for (size_t i = 0; same && i < middle - from; i++)
        same = equal(&c->v[from + i], &c->v[middle + i]);
    return same;
}

static bool holds(FhirPathKind kind, int order)
{
    switch (kind) {
    case PATH_LT: return order < 0;
    case PATH_LE: return order <= 0;
    case PATH_GT: return order > 0;
    default: return order >= 0;
    }
}

/* Nothing on one side gives nothing. */
static bool eval_compare(Context *c, const Path *path, const FhirValue *focus)
{
    size_t from = c->n;
    if (!eval(c, path->a, focus))
        return false;
    size_t middle = c->n;
    if (!eval(c, path->b, focus))
        return false;
    bool nothing = middle == from || c->n == middle, truth;
    if (path->kind == PATH_EQ || path->kind == PATH_NE) {
        truth = equal_all(c, from, middle) == (path->kind == PATH_EQ);
    } else {
        if (middle > from + 1 || c->n > middle + 1)
            return fault(c, "several");
        bool comparable = !nothing && type_of(&c->v[from]) == type_of(&c->v[middle]) && type_of(&c->v[from]) != FHIR_ANY;
        nothing |= !comparable;
        truth = comparable && holds(path->kind, compare(&c->v[from], &c->v[middle]));
    }
    c->n = from;
    return nothing || push_truth(c, truth);
}

/* Nothing is taken for false: the difference shows nowhere where only what is true counts, but in not(). */
static bool eval_logic(Context *c, const Path *path, const FhirValue *focus)
{
    bool a, b;
    if (!eval_truth(c, path->a, focus, &a))
        return false;
    if ((path->kind == PATH_AND && !a) || (path->kind == PATH_OR && a))
        return push_truth(c, a);
    if (!eval_truth(c, path->b, focus, &b))
        return false;
    return push_truth(c, path->kind == PATH_XOR ? a != b : b);
}

static bool eval_join(Context *c, const Path *path, const FhirValue *focus)
{
    size_t from = c->n;
    Str a = STR(""), b = STR("");
    bool none;
    if (!eval(c, path->a, focus) || !one_text(c, from, &a, &none) || !eval(c, path->b, focus) || !one_text(c, from, &b, &none))
        return false;
    if (a.n + b.n > LIMIT_EXPR_MADE_BYTES)
        return fault(c, "large");
    return push_text(c, arena_concat(c->arena, a, b));
}

static bool eval_index(Context *c, const Path *path, const FhirValue *focus)
{
    size_t from = c->n;
    if (!eval(c, path->a, focus))
        return false;
    int64_t index = path->number.value;
    bool there = path->number.scale == 0 && index >= 0 && (size_t) index < c->n - from;
    if (there)
        c->v[from] = c->v[from + (size_t) index];
    c->n = from + there;
    return true;
}

static bool eval_type(Context *c, const Path *path, const FhirValue *focus)
{
    FhirValue value = *focus;
    return !is_of_type(&value, path->text) || push(c, value);
}

static bool eval(Context *c, const Path *path, const FhirValue *focus)
{
    switch (path->kind) {
    case PATH_LITERAL:
        return path->type == FHIR_BOOL ? push_truth(c, path->truth) : push(c, (FhirValue) { .type = path->type, .text = path->text });
    case PATH_NOTHING: return true;
    case PATH_THIS: return push(c, *focus);
    case PATH_RESOURCE: return push(c, c->resource);
    case PATH_TYPE: return eval_type(c, path, focus);
    case PATH_MEMBER: return eval_member(c, path, focus);
    case PATH_INDEX: return eval_index(c, path, focus);
    case PATH_CALL: return eval_call(c, path, focus);
    case PATH_AND: case PATH_OR: case PATH_XOR: return eval_logic(c, path, focus);
    case PATH_UNION: {
        size_t from = c->n;
        return eval(c, path->a, focus) && eval(c, path->b, focus) && call_distinct(c, from);
    }
    case PATH_JOIN: return eval_join(c, path, focus);
    default: return eval_compare(c, path, focus);
    }
}

/* --- What is asked ------------------------------------------------------------------------------------------------------------------ */

bool fhir_eval(FhirContext *c, const FhirPath *path, const FhirValue *focus)
{
    FhirValue own = *focus; /* it may stand on the stack */
    c->n = 0;
    c->fault = NULL;
    return eval(c, path, &own);
}

bool fhir_eval_text(FhirContext *c, const FhirPath *path, const FhirValue *focus, Str *ret_text)
{
    if (!fhir_eval(c, path, focus))
        return false;
    *ret_text = STR_NONE;
    for (size_t i = 0; i < c->n; i++) {
        if (type_of(&c->v[i]) == FHIR_ANY)
            return fault(c, "complex");
        Str text = text_of(&c->v[i]);
        if (i > 0 && !str_eq(text, *ret_text))
            return fault(c, "several");
        *ret_text = text;
    }
    return true;
}

bool fhir_eval_truth(FhirContext *c, const FhirPath *path, const FhirValue *focus, bool *ret_true)
{
    return fhir_eval(c, path, focus) && truth_from(c, 0, ret_true);
}
