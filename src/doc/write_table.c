#include "base/columns.h"
#include "base/decimal.h"
#include "doc/doc.h"

#include "base/banned.h"

static void append_names(GString *out, const DocValue *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, "%s" STR_FMT, i > 0 ? " " : "", STR_ARG(names[i].text));
}

static void append_figure(GString *out, const DocTarget *target)
{
    char value[DECIMAL_TEXT_MAX], value2[DECIMAL_TEXT_MAX];
    decimal_format(decimal_make(target->value.value, target->value.scale), value);
    decimal_format(decimal_make(target->value2.value, target->value2.scale), value2);
    if (target->op == OP_RANGE)
        g_string_append_printf(out, " %s-%s" STR_FMT, value, value2, STR_ARG(target->unit));
    else
        g_string_append_printf(out, " %s%s" STR_FMT, target_op_sign(target->op), value, STR_ARG(target->unit));
}

static void append_target(GString *out, const DocTarget *target)
{
    char day[DATE_TEXT_MAX];
    g_string_append_printf(out, STR_FMT, STR_ARG(target->metric));
    append_figure(out, target);
    if (target->tense == TENSE_RESULT)
        g_string_append(out, " (reached)");
    else if (target->due != DATE_NONE)
        g_string_append_printf(out, " (by %s)", date_format(target->due, day));
}

enum { NO_COLUMNS = 6, KIND_COLUMNS = 14, TITLE_COLUMNS = 44, LEAD_COLUMNS = 24, SUPPORT_COLUMNS = 24 };

static void append_item(GString *out, const DocItem *item)
{
    g_autoptr(GString) lead = g_string_new(NULL);
    g_autoptr(GString) support = g_string_new(NULL);
    append_names(lead, item->lead, item->n_lead);
    append_names(support, item->support, item->n_support);
    columns_cell(out, item->no.p ? item->no : STR("-"), NO_COLUMNS);
    columns_cell(out, str_from(item_kind_name(item->kind)), KIND_COLUMNS);
    columns_cell(out, item->title.text, TITLE_COLUMNS);
    g_string_append(out, "  ");
    columns_cell(out, str_from_gstring(lead), LEAD_COLUMNS);
    g_string_append(out, "  ");
    columns_cell(out, str_from_gstring(support), SUPPORT_COLUMNS);
    for (size_t i = 0; i < item->n_targets; i++) {
        g_string_append(out, i == 0 ? "  " : "; ");
        append_target(out, &item->targets[i]);
    }
    while (out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

static bool same_path(const DocItem *a, const DocItem *b)
{
    if (a->n_path != b->n_path)
        return false;
    for (size_t i = 0; i < a->n_path; i++)
        if (!str_eq(a->path[i], b->path[i]))
            return false;
    return true;
}

static void append_path(GString *out, const DocItem *item)
{
    g_string_append_c(out, '\n');
    for (size_t i = 0; i < item->n_path; i++)
        g_string_append_printf(out, "%s" STR_FMT, i > 0 ? " / " : "", STR_ARG(item->path[i]));
    g_string_append(out, item->n_path > 0 ? "\n" : "");
}

static void append_facts(GString *out, const Doc *doc)
{
    char day[DATE_TEXT_MAX] = "";
    if (doc->issued != DATE_NONE)
        date_format(doc->issued, day);
    g_string_append_printf(out, STR_FMT "\n", STR_ARG(doc->title.text.p ? doc->title.text : STR("(no title)")));
    const Str facts[] = { str_from(doc_kind_name(doc->kind)), doc->doc_no.text, doc->issuer.text, str_from(day) };
    const char *separator = "";
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
        if (facts[i].n > 0) {
            g_string_append_printf(out, "%s" STR_FMT, separator, STR_ARG(facts[i]));
            separator = " · ";
        }
    g_string_append_c(out, '\n');
}

static void append_document(GString *out, const Doc *doc)
{
    append_facts(out, doc);
    for (size_t i = 0; i < doc->n_items; i++) {
        if (i == 0 || !same_path(&doc->items[i - 1], &doc->items[i]))
            append_path(out, &doc->items[i]);
        append_item(out, &doc->items[i]);
    }
    for (size_t i = 0; i < doc->n_declared; i++)
        g_string_append_printf(out, "%sdeclared: " STR_FMT " (%s %" G_GINT64_FORMAT ", found %s)\n", i == 0 ? "\n" : "",
                               STR_ARG(doc->declared[i].quote.text), doc->declared[i].what, doc->declared[i].value,
                               doc->declared[i].found < 0 ? "unknown" : doc->declared[i].found == doc->declared[i].value ? "the same" : "another");
}

void doc_write_table(const Doc *doc, const Diags *diags, GString *out)
{
    append_document(out, doc);
    for (size_t i = 0; i < doc->n_parts; i++) {
        g_string_append_printf(out, "\n--- %zu of %zu\n", i + 1, doc->n_parts);
        append_document(out, doc->parts[i]);
    }
    if (diags_count(diags) > 0)
        g_string_append(out, "\nfindings:\n");
    doc_write_findings(diags, NULL, out);
}

void doc_write_findings(const Diags *diags, const char *name, GString *out)
{
    for (size_t i = 0; i < diags_count(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        g_string_append_printf(out, "%s%s%zu-%zu: %s: " STR_FMT "\n", name ? name : "", name ? ":" : "  ", diag->from, diag->to, diag->code,
                               STR_ARG(diag->text));
    }
    if (diags_dropped(diags) > 0)
        g_string_append_printf(out, "%s%s%zu more\n", name ? name : "", name ? ":" : "  ", diags_dropped(diags));
}
