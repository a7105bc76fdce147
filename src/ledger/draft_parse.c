/* The stored model (schema "bihuan.document/1", as doc_write_json prints it) into a draft without corrections. Texts stay in the model's text
 * wherever they can, so the model outlives the draft. */
#include "base/limits.h"
#include "ledger/draft.h"

#include "base/banned.h"

/* --- Small values --------------------------------------------------------------------------------------------------- */

static bool parse_span_value(const JsonValue *value, Span *ret_span, GError **err)
{
    *ret_span = (Span) { 0 };
    if (value->type == JSON_NULL)
        return true;
    if (value->type != JSON_BEGIN_ARRAY || value->count != 2)
        return json_bad(value, err, "a span is a pair of offsets");
    int64_t from, to;
    if (!json_as_int(value->first, 0, LIMIT_DOC_BYTES, &from, err) || !json_as_int(value->first->next, from, LIMIT_DOC_BYTES, &to, err))
        return false;
    *ret_span = (Span) { (uint32_t) from, (uint32_t) to };
    return true;
}

static bool parse_span(const JsonValue *object, const char *name, Span *ret_span, GError **err)
{
    const JsonValue *value = json_get(object, name);
    return !value || parse_span_value(value, ret_span, err);
}

static bool parse_date(const JsonValue *object, const char *name, Date *ret_date, GError **err)
{
    Str text = STR_NONE;
    *ret_date = DATE_NONE;
    if (!json_opt_str(object, name, &text, err))
        return false;
    return !text.p || date_parse(text, ret_date) || json_bad(json_get(object, name), err, "no date");
}

/* A figure stands in the model as a number. */
static bool parse_figure(const JsonValue *object, const char *name, Arena *arena, Str *ret_figure, GError **err)
{
    const JsonValue *value = json_get(object, name);
    if (!value || value->type == JSON_NULL)
        return true;
    Decimal decimal;
    char text[DECIMAL_TEXT_MAX];
    if (!json_as_decimal(value, &decimal, err))
        return false;
    *ret_figure = arena_str(arena, str_from(decimal_format(decimal, text)));
    return true;
}

/* The list under `name`; *ret_n 0 where there is none. Each element is asked for with a loop over `next`. */
static bool parse_list(const JsonValue *object, const char *name, const JsonValue **ret_first, size_t *ret_n, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(object, name, &list, err))
        return false;
    *ret_first = list ? list->first : NULL;
    *ret_n = list ? list->count : 0;
    return true;
}

/* --- An item ---------------------------------------------------------------------------------------------------------- */

static bool parse_path(const JsonValue *object, Arena *arena, DraftItem *item, GError **err)
{
    const JsonValue *value;
    if (!parse_list(object, "path", &value, &item->n_path, err))
        return false;
    Str *path = ARENA_ARRAY(arena, Str, item->n_path + 1);
    for (size_t i = 0; value; value = value->next, i++)
        if (!json_as_str(value, &path[i], err))
            return false;
    item->path = path;
    return true;
}

/* A list of names and the list of their places beside it. */
static bool parse_owners(const JsonValue *object, const char *name, const char *spans, Arena *arena, DraftOwner **ret_owners, size_t *ret_n, GError **err)
{
    const JsonValue *value, *span;
    size_t n_spans;
    if (!parse_list(object, name, &value, ret_n, err) || !parse_list(object, spans, &span, &n_spans, err))
        return false;
    DraftOwner *owners = ARENA_ARRAY(arena, DraftOwner, *ret_n + 1);
    for (size_t i = 0; value; value = value->next, span = span ? span->next : NULL, i++) {
        owners[i].org = DB_NULL_INT;
        if (!json_as_str(value, &owners[i].name, err) || (span && !parse_span_value(span, &owners[i].span, err)))
            return false;
    }
    *ret_owners = owners;
    return true;
}

static bool parse_measures(const JsonValue *object, Arena *arena, DraftItem *item, GError **err)
{
    const JsonValue *value;
    if (!parse_list(object, "measures", &value, &item->n_measures, err))
        return false;
    item->measures = ARENA_ARRAY(arena, DraftMeasure, item->n_measures + 1);
    for (size_t i = 0; value; value = value->next, i++) {
        DraftMeasure *measure = &item->measures[i];
        if (!json_opt_str(value, "no", &measure->no, err) || !json_get_str(value, "text", &measure->text, err)
            || !parse_span(value, "span", &measure->span, err))
            return false;
    }
    return true;
}

static bool parse_target(const JsonValue *value, Arena *arena, DraftTarget *target, GError **err)
{
    target->unit = STR("");
    return json_get_str(value, "quote", &target->quote, err) && json_get_str(value, "metric", &target->metric, err)
           && json_get_str(value, "op", &target->op, err) && parse_figure(value, "value", arena, &target->value, err)
           && parse_figure(value, "value2", arena, &target->value2, err) && json_opt_str(value, "unit", &target->unit, err)
           && parse_date(value, "due", &target->due, err) && json_get_bool(value, "soft", &target->soft, err)
           && json_get_str(value, "tense", &target->tense, err) && parse_span(value, "span", &target->span, err);
}

static bool parse_targets(const JsonValue *object, Arena *arena, DraftItem *item, GError **err)
{
    const JsonValue *value;
    if (!parse_list(object, "targets", &value, &item->n_targets, err))
        return false;
    item->targets = ARENA_ARRAY(arena, DraftTarget, item->n_targets + 1);
    for (size_t i = 0; value; value = value->next, i++)
        if (!parse_target(value, arena, &item->targets[i], err))
            return false;
    return true;
}

static bool parse_item(const JsonValue *value, Arena *arena, DraftItem *item, GError **err)
{
    item->title = STR("");
    item->due = DATE_NONE;
    if (!json_opt_str(value, "no", &item->no, err) || !json_opt_str(value, "label", &item->label, err)
        || !json_get_str(value, "kind", &item->kind, err) || !json_opt_str(value, "title", &item->title, err)
        || !json_opt_str(value, "problem", &item->problem, err) || !parse_date(value, "due", &item->stated, err) || !parse_span(value, "span", &item->span, err)
        || !parse_span(value, "title_span", &item->title_span, err) || !parse_span(value, "problem_span", &item->problem_span, err))
        return false;
    bool narrative = str_eq(item->kind, str_from(item_kind_name(ITEM_NARRATIVE)));
    item->status = narrative ? ITEM_LEFT_OUT : ITEM_OPEN;
    return parse_path(value, arena, item, err) && parse_owners(value, "lead", "lead_spans", arena, &item->lead, &item->n_lead, err)
           && parse_owners(value, "support", "support_spans", arena, &item->support, &item->n_support, err)
           && parse_measures(value, arena, item, err) && parse_targets(value, arena, item, err);
}

/* --- The whole -------------------------------------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    ARENA_LIST(DraftItem) items;
    ARENA_LIST(DraftDeclared) declared;
} Parsing;

static bool parse_plan_end(const JsonValue *doc, Date *ret_end, GError **err)
{
    int64_t year = 0;
    *ret_end = DATE_NONE;
    if (!json_opt_int(doc, "plan_year", 0, 9999, &year, err))
        return false;
    if (year && !date_from_ymd((int) year, 12, 31, ret_end))
        *ret_end = DATE_NONE;
    return true;
}

static bool parse_items(Parsing *parsing, const JsonValue *doc, Str part, GError **err)
{
    const JsonValue *value;
    size_t n;
    Date plan_end;
    if (!parse_list(doc, "items", &value, &n, err) || !parse_plan_end(doc, &plan_end, err))
        return false;
    for (; value; value = value->next) {
        DraftItem *item = ARENA_PUSH(parsing->arena, &parsing->items);
        item->part = part;
        item->plan_end = plan_end;
        if (!parse_item(value, parsing->arena, item, err))
            return false;
    }
    return true;
}

static bool parse_declared(Parsing *parsing, const JsonValue *doc, GError **err)
{
    const JsonValue *value;
    size_t n;
    if (!parse_list(doc, "declared", &value, &n, err))
        return false;
    for (; value; value = value->next) {
        DraftDeclared *declared = ARENA_PUSH(parsing->arena, &parsing->declared);
        declared->found = -1;
        if (!json_get_str(value, "what", &declared->what, err) || !json_get_int(value, "value", 0, INT64_MAX, &declared->value, err)
            || !json_opt_str(value, "quote", &declared->quote, err) || !json_opt_int(value, "found", 0, INT64_MAX, &declared->found, err)
            || !parse_span(value, "span", &declared->span, err))
            return false;
    }
    return true;
}

/* A document's own items, then those of its parts, which have none in turn. */
static bool parse_content(Parsing *parsing, const JsonValue *doc, GError **err)
{
    const JsonValue *part;
    size_t n;
    if (!parse_items(parsing, doc, STR_NONE, err) || !parse_declared(parsing, doc, err) || !parse_list(doc, "parts", &part, &n, err))
        return false;
    for (; part; part = part->next) {
        Str title = STR("");
        if (!json_opt_str(part, "title", &title, err) || !parse_items(parsing, part, title, err) || !parse_declared(parsing, part, err))
            return false;
    }
    return true;
}

static Str params_text(const JsonValue *params, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_value(&json, params);
    return arena_str(arena, str_from_gstring(out));
}

static bool parse_findings(DraftWork *work, const JsonValue *doc, GError **err)
{
    const JsonValue *value;
    Draft *draft = &work->draft;
    if (!parse_list(doc, "findings", &value, &draft->n_findings, err))
        return false;
    draft->findings = ARENA_ARRAY(work->arena, DraftFinding, draft->n_findings + 1);
    for (size_t i = 0; value; value = value->next, i++) {
        DraftFinding *finding = &draft->findings[i];
        const JsonValue *params = NULL;
        if (!json_get_str(value, "code", &finding->code, err) || !json_opt_str(value, "at", &finding->at, err)
            || !json_opt_str(value, "message", &finding->message, err) || !json_opt_object(value, "params", &params, err)
            || !parse_span(value, "span", &finding->span, err))
            return false;
        finding->params = params ? params_text(params, work->arena) : STR_NONE;
    }
    return true;
}

static bool parse_facts(Draft *draft, const JsonValue *doc, GError **err)
{
    return json_opt_str(doc, "text_sha256", &draft->text_sha256, err) && json_opt_str(doc, "title", &draft->title, err)
           && json_opt_str(doc, "doc_no", &draft->doc_no, err) && json_opt_str(doc, "issuer", &draft->issuer, err)
           && json_get_str(doc, "kind", &draft->kind, err) && parse_date(doc, "issued", &draft->issued, err)
           && parse_span(doc, "title_span", &draft->title_span, err) && parse_span(doc, "doc_no_span", &draft->doc_no_span, err)
           && parse_span(doc, "issued_span", &draft->issued_span, err);
}

bool draft_parse(DraftWork *work, Str model, GError **err)
{
    Parsing parsing = { .arena = work->arena };
    const JsonValue *doc = json_parse(model, work->arena, err);
    if (!doc || !parse_facts(&work->draft, doc, err) || !parse_content(&parsing, doc, err) || !parse_findings(work, doc, err))
        return false;
    work->draft.items = parsing.items.v;
    work->draft.n_items = parsing.items.n;
    work->draft.declared = parsing.declared.v;
    work->draft.n_declared = parsing.declared.n;
    return true;
}
