#include "expr/node.h"

#include "base/banned.h"

const ExprField *scope_field(const ExprScope *scope, Str name)
{
    for (size_t i = 0; i < scope->n_fields; i++)
        if (str_eq(scope->fields[i].name, name))
            return &scope->fields[i];
    return NULL;
}

const ExprDataset *scope_dataset(const ExprScope *scope, Str name)
{
    for (size_t i = 0; i < scope->n_datasets; i++)
        if (str_eq(scope->datasets[i].name, name))
            return &scope->datasets[i];
    return NULL;
}

const ExprCodes *scope_table(const ExprScope *scope, Str name)
{
    for (size_t i = 0; i < scope->n_tables; i++)
        if (str_eq(expr_codes_name(scope->tables[i]), name))
            return scope->tables[i];
    return NULL;
}

/* --- What else may have been meant --------------------------------------------------------------------------------- */

enum { NEAR_FINDINGS = 20 /* later ones are told without: a thousand wrong codes against a large table would take long */ };

const char *near_names(const Typer *t, Str name, const Str *candidates, size_t n)
{
    return t->diags && diags_count(t->diags) < NEAR_FINDINGS ? near_texts(t->arena, name, candidates, n) : "";
}
