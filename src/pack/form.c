/* Forms: fields and inputs of the subject in parts, each asked once, none that is required left out. */
#include "pack/load.h"

#include "base/banned.h"

static bool is_input(const PackDataset *dataset, Str id)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; person && i < person->n_inputs; i++)
        if (str_eq(person->inputs[i]->entry.id, id))
            return true;
    return false;
}

static void check_part(const Load *load, const PackDataset *dataset, const PackFormPart *part, GHashTable *asked)
{
    load_expr(load, &part->when, dataset->record, EXPR_BOOL);
    for (size_t i = 0; i < part->fields.n; i++) {
        const PackName *name = &part->fields.v[i];
        if (!is_input(dataset, name->text) && !load_field(load, dataset, name->text, name->node))
            continue;
        if (!g_hash_table_add(asked, (gpointer) &name->text))
            yaml_find(load->report, name->node, "pack-twice", "'" STR_FMT "' is asked before in this form", STR_ARG(name->text));
    }
}

/* What the form must hold to make a record; the organisation is the one that fills it in. */
static void check_complete(const Load *load, const PackDataset *dataset, const PackForm *form, GHashTable *asked)
{
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        if (field->required && !field->retired && !str_eq(field->entry.id, dataset->org) && !g_hash_table_contains(asked, &field->entry.id))
            yaml_find_key(load->report, form->entry.node, "pack-form", "the form does not ask for '" STR_FMT "', which is required", STR_ARG(field->entry.id));
    }
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    bool known = !person;
    for (size_t i = 0; person && i < person->by.n; i++)
        known |= g_hash_table_contains(asked, &person->by.v[i].text);
    if (!known)
        yaml_find_key(load->report, form->entry.node, "pack-form", "the form asks for no number by which the person is known");
}

void load_forms(Load *load, const PackDataset *dataset)
{
    for (size_t i = 0; i < dataset->forms.n; i++) {
        const PackForm *form = &dataset->forms.v[i];
        g_autoptr(GHashTable) asked = g_hash_table_new(str_hash, str_equal);
        for (size_t p = 0; p < form->parts.n; p++)
            check_part(load, dataset, &form->parts.v[p], asked);
        check_complete(load, dataset, form, asked);
    }
}
