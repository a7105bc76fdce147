/* Any bytes as a document, but for PDF, which another program reads: every span lies in the text, and the JSON is JSON. */
#include "base/json.h"
#include "doc/text.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(Span span, size_t length)
{
    g_assert_cmpuint(span.from, <=, span.to);
    g_assert_cmpuint(span.to, <=, length);
}

static void check_values(const DocValue *values, size_t n, size_t length)
{
    for (size_t i = 0; i < n; i++)
        check_span(values[i].span, length);
}

static void check_doc(const Doc *doc, size_t length)
{
    const DocValue facts[] = { doc->title, doc->doc_no, doc->issuer, doc->issued_text };
    check_values(facts, G_N_ELEMENTS(facts), length);
    for (size_t i = 0; i < doc->n_items; i++) {
        const DocItem *item = &doc->items[i];
        const DocValue own[] = { item->label, item->title, item->problem };
        check_span(item->span, length);
        check_values(own, G_N_ELEMENTS(own), length);
        check_values(item->lead, item->n_lead, length);
        check_values(item->support, item->n_support, length);
        for (size_t k = 0; k < item->n_targets; k++)
            check_span(item->targets[k].quote.span, length);
    }
    for (size_t i = 0; i < doc->n_parts; i++)
        check_doc(doc->parts[i], length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GString) out = g_string_new(NULL);
    Str bytes = { (const char *) data, size };
    DocText text;
    if (pdf_is(bytes) || !doc_text_read(bytes, "in", arena, diags, &text, NULL))
        return 0;
    const Doc *doc = doc_read(&text, arena, diags);
    size_t length = utf8_length(text.text);
    check_doc(doc, length);
    for (size_t i = 0; i < diags_count(diags); i++)
        check_span((Span) { (uint32_t) diags_get(diags, i)->from, (uint32_t) diags_get(diags, i)->to }, length);
    doc_write_json(doc, &text, diags, out);
    g_assert_nonnull(json_parse(str_from_gstring(out), arena, NULL));
    doc_write_table(doc, diags, out);
    return 0;
}
