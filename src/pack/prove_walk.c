/* Steps of a flow that a case of the proof tries, and what its forms hide: with a row's values as its file has them. */
#include "pack/prove.h"

#include "base/banned.h"

static bool has_name(PackNames names, Str name)
{
    for (size_t i = 0; i < names.n; i++)
        if (str_eq(names.v[i].text, name))
            return true;
    return false;
}

/* --- Steps ---------------------------------------------------------------------------------------------------------------------- */

static bool is_filled(const ProofTable *t, PackNames fields, size_t row)
{
    for (size_t i = 0; i < fields.n; i++) {
        const PackField *field = pack_field(t->dataset, fields.v[i].text);
        if (field && t->columns[field->column].nulls && t->columns[field->column].nulls[row])
            return false;
    }
    return true;
}

/* By place in pack_refused_words; -1: it can be taken. */
static int refusal(Proof *proof, const PackTried *tried, Str state)
{
    const ProofTable *t = &proof->tables[0];
    size_t row = (size_t) tried->row - 1;
    const uint8_t *when = proof_run(proof, &tried->step->when, t->columns, t->n);
    if (!has_name(tried->step->from, state))
        return 0;
    if (!has_name(tried->step->by, tried->by))
        return 1;
    if (when && when[row] != 1)
        return 2;
    return is_filled(t, tried->step->needs, row) ? -1 : 3;
}

static void try_step(Proof *proof, const PackTried *tried, Str *state)
{
    int why = refusal(proof, tried, *state);
    const Yaml *node = tried->entry.node;
    if (why >= 0 && tried->refused < 0)
        yaml_find(proof->load->report, node, "pack-proof", "row %d: the step '" STR_FMT "' is refused in the state '" STR_FMT "': %s", (int) tried->row, STR_ARG(tried->step_name),
                  STR_ARG(*state), pack_refused_words[why]);
    else if (why < 0 && tried->refused >= 0)
        yaml_find(proof->load->report, node, "pack-proof", "row %d: the step '" STR_FMT "' is taken, and not refused", (int) tried->row, STR_ARG(tried->step_name));
    else if (why != tried->refused)
        yaml_find(proof->load->report, node, "pack-proof", "row %d: the step '" STR_FMT "' is refused for another reason: %s", (int) tried->row, STR_ARG(tried->step_name),
                  pack_refused_words[why]);
    else if (why < 0 && !str_eq(tried->step->to, tried->to))
        yaml_find(proof->load->report, node, "pack-proof", "row %d: the step '" STR_FMT "' leads to '" STR_FMT "'", (int) tried->row, STR_ARG(tried->step_name), STR_ARG(tried->step->to));
    if (why < 0)
        *state = tried->step->to;
}

static void walk(Proof *proof)
{
    const ProofTable *t = &proof->tables[0];
    Str *states = ARENA_ARRAY(proof->load->arena, Str, t->n);
    for (size_t i = 0; i < t->n; i++)
        states[i] = t->dataset->flow->first;
    for (size_t i = 0; i < proof->c->steps.n; i++) {
        const PackTried *tried = &proof->c->steps.v[i];
        if (tried->step && tried->row <= (int64_t) t->n)
            try_step(proof, tried, &states[tried->row - 1]);
    }
}

/* --- Forms ---------------------------------------------------------------------------------------------------------------------- */

static void look_at_form(Proof *proof, const PackAsked *asked)
{
    const ProofTable *t = &proof->tables[0];
    size_t hidden = 0;
    for (size_t p = 0; p < asked->form->parts.n; p++) {
        const PackFormPart *part = &asked->form->parts.v[p];
        const uint8_t *when = proof_run(proof, &part->when, t->columns, t->n);
        bool hides = when && when[asked->row - 1] != 1;
        for (size_t f = 0; f < part->fields.n; f++) {
            bool said = has_name(asked->hides, part->fields.v[f].text);
            hidden += hides && said;
            if (hides != said)
                yaml_find(proof->load->report, asked->entry.node, "pack-proof", "row %d: the form '" STR_FMT "' %s '" STR_FMT "'", (int) asked->row, STR_ARG(asked->form_name),
                          hides ? "hides" : "asks for", STR_ARG(part->fields.v[f].text));
        }
    }
    if (hidden < asked->hides.n)
        yaml_find(proof->load->report, asked->entry.node, "pack-proof", "row %d: the form '" STR_FMT "' does not hide all of these", (int) asked->row, STR_ARG(asked->form_name));
}

void proof_walk(Proof *proof)
{
    if (proof->tables[0].dataset->flow && proof->c->steps.n > 0)
        walk(proof);
    for (size_t i = 0; i < proof->c->forms.n; i++)
        if (proof->c->forms.v[i].form && proof->c->forms.v[i].row <= (int64_t) proof->tables[0].n)
            look_at_form(proof, &proof->c->forms.v[i]);
}
