#include "base/decimal.h"
#include "base/json.h"
#include "doc/doc.h"

#include "base/banned.h"

static const char *const kind_names[] = { "plan", "rectification", "decision", "appointment", "gazette", "news", "other" };
G_STATIC_ASSERT(G_N_ELEMENTS(kind_names) == DOC_OTHER + 1);
static const char *const item_kind_names[] = { "task", "rectification", "narrative" };
G_STATIC_ASSERT(G_N_ELEMENTS(item_kind_names) == ITEM_NARRATIVE + 1);
static const char *const op_signs[] = { "=", ">=", "<=", "~", "range" };
G_STATIC_ASSERT(G_N_ELEMENTS(op_signs) == OP_RANGE + 1);

const char *doc_kind_name(DocKind kind)
{
    return kind_names[kind];
}

const char *item_kind_name(ItemKind kind)
{
    return item_kind_names[kind];
}

const char *target_op_sign(TargetOp op)
{
    return op_signs[op];
}

void json_member_span(JsonWriter *json, const char *name, Span span)
{
    json_key(json, name);
    if (span.from == span.to) {
        json_null(json);
        return;
    }
    json_begin_array(json);
    json_int(json, span.from);
    json_int(json, span.to);
    json_end_array(json);
}

/* The values of a list, and beside it their spans in the same order. */
static void write_values(JsonWriter *json, const char *name, const char *spans, const DocValue *values, size_t n)
{
    json_key(json, name);
    json_begin_array(json);
    for (size_t i = 0; i < n; i++)
        json_str(json, values[i].text);
    json_end_array(json);
    json_key(json, spans);
    json_begin_array(json);
    for (size_t i = 0; i < n; i++) {
        json_begin_array(json);
        json_int(json, values[i].span.from);
        json_int(json, values[i].span.to);
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_figure(JsonWriter *json, const char *name, const DocFigure *figure)
{
    json_key(json, name);
    if (figure)
        json_decimal(json, decimal_make(figure->value, figure->scale));
    else
        json_null(json);
}

static void write_target(JsonWriter *json, const DocTarget *target)
{
    json_begin_object(json);
    json_member_str(json, "quote", target->quote.text);
    json_member_str(json, "metric", target->metric);
    json_member_cstr(json, "op", target_op_sign(target->op));
    write_figure(json, "value", &target->value);
    write_figure(json, "value2", target->op == OP_RANGE ? &target->value2 : NULL);
    json_member_str(json, "unit", target->unit.p ? target->unit : STR(""));
    json_member_date(json, "due", target->due);
    json_member_bool(json, "soft", target->soft);
    json_member_cstr(json, "tense", target->tense == TENSE_RESULT ? "result" : "target");
    json_member_span(json, "span", target->quote.span);
    json_end_object(json);
}

static void write_measure(JsonWriter *json, const DocMeasure *measure)
{
    json_begin_object(json);
    json_member_str(json, "no", measure->no);
    json_member_str(json, "text", measure->text.text);
    json_member_span(json, "span", measure->text.span);
    json_end_object(json);
}

static void write_item(JsonWriter *json, const DocItem *item)
{
    json_begin_object(json);
    json_member_str(json, "no", item->no);
    json_member_str(json, "label", item->label.text);
    json_member_cstr(json, "kind", item_kind_name(item->kind));
    json_key(json, "path");
    json_begin_array(json);
    for (size_t i = 0; i < item->n_path; i++)
        json_str(json, item->path[i]);
    json_end_array(json);
    json_member_str(json, "title", item->title.text);
    json_member_span(json, "title_span", item->title.span);
    json_member_str(json, "problem", item->problem.text);
    json_member_span(json, "problem_span", item->problem.span);
    write_values(json, "lead", "lead_spans", item->lead, item->n_lead);
    write_values(json, "support", "support_spans", item->support, item->n_support);
    json_member_date(json, "due", item->due);
    json_key(json, "measures");
    json_begin_array(json);
    for (size_t i = 0; i < item->n_measures; i++)
        write_measure(json, &item->measures[i]);
    json_end_array(json);
    json_key(json, "targets");
    json_begin_array(json);
    for (size_t i = 0; i < item->n_targets; i++)
        write_target(json, &item->targets[i]);
    json_end_array(json);
    json_member_span(json, "span", item->span);
    json_end_object(json);
}

static void write_declared(JsonWriter *json, const DocDeclared *declared)
{
    json_begin_object(json);
    json_member_cstr(json, "what", declared->what);
    json_member_int(json, "value", declared->value);
    json_member_str(json, "quote", declared->quote.text);
    if (declared->found >= 0) {
        json_member_int(json, "found", declared->found);
        json_member_bool(json, "ok", declared->found == declared->value);
    } else {
        json_member_cstr(json, "found", NULL);
        json_member_cstr(json, "ok", NULL);
    }
    json_member_span(json, "span", declared->quote.span);
    json_end_object(json);
}

static void write_params(JsonWriter *json, Str params)
{
    json_key(json, "params");
    json_begin_object(json);
    for (Str rest = params; rest.p;) {
        Str value = str_cut(&rest, '\n'), name = str_cut(&value, '=');
        json_key_str(json, name);
        json_str(json, value);
    }
    json_end_object(json);
}

static void write_finding(JsonWriter *json, const Diag *diag)
{
    json_begin_object(json);
    json_member_cstr(json, "code", diag->code);
    json_member_str(json, "at", diag->at);
    json_member_str(json, "message", diag->text);
    if (diag->params.p)
        write_params(json, diag->params);
    json_member_span(json, "span", (Span) { (uint32_t) diag->from, (uint32_t) diag->to });
    json_end_object(json);
}

static void write_findings(JsonWriter *json, const Diags *diags)
{
    json_key(json, "findings");
    json_begin_array(json);
    for (size_t i = 0; diags && i < diags_count(diags); i++)
        write_finding(json, diags_get(diags, i));
    json_end_array(json);
}

static void write_facts(JsonWriter *json, const Doc *doc)
{
    json_member_str(json, "title", doc->title.text);
    json_member_span(json, "title_span", doc->title.span);
    json_member_str(json, "doc_no", doc->doc_no.text);
    json_member_span(json, "doc_no_span", doc->doc_no.span);
    json_member_str(json, "issuer", doc->issuer.text);
    json_member_span(json, "issuer_span", doc->issuer.span);
    json_member_date(json, "issued", doc->issued);
    json_member_span(json, "issued_span", doc->issued_text.span);
    json_key(json, "plan_year");
    if (doc->plan_year)
        json_int(json, doc->plan_year);
    else
        json_null(json);
    json_member_cstr(json, "kind", doc_kind_name(doc->kind));
}

static void write_parts(JsonWriter *json, const Doc *doc);

static void write_content(JsonWriter *json, const Doc *doc)
{
    write_facts(json, doc);
    json_key(json, "declared");
    json_begin_array(json);
    for (size_t i = 0; i < doc->n_declared; i++)
        write_declared(json, &doc->declared[i]);
    json_end_array(json);
    json_key(json, "items");
    json_begin_array(json);
    for (size_t i = 0; i < doc->n_items; i++)
        write_item(json, &doc->items[i]);
    json_end_array(json);
    write_parts(json, doc);
}

/* A part has no parts of its own, so this goes one deep. Its findings stand with those of the whole text. */
static void write_parts(JsonWriter *json, const Doc *doc)
{
    json_key(json, "parts");
    json_begin_array(json);
    for (size_t i = 0; i < doc->n_parts; i++) {
        json_begin_object(json);
        json_member_cstr(json, "schema", "bihuan.document/1");
        write_content(json, doc->parts[i]);
        json_member_span(json, "span", doc->parts[i]->span);
        write_findings(json, NULL);
        json_end_object(json);
    }
    json_end_array(json);
}

void doc_write_json(const Doc *doc, const DocText *text, const Diags *diags, GString *out)
{
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_object(&json);
    json_member_cstr(&json, "schema", "bihuan.document/1");
    json_member_cstr(&json, "text_sha256", text->sha256);
    json_member_bool(&json, "recognised", text->recognised);
    write_content(&json, doc);
    write_findings(&json, diags);
    if (diags && diags_dropped(diags) > 0)
        json_member_int(&json, "findings_dropped", (int64_t) diags_dropped(diags));
    json_end_object(&json);
}
