/* Flows: states that are all reached, from which an end is reached, and steps between them. */
#include "pack/load.h"

#include "base/i18n.h"
#include "base/near.h"

#include "base/banned.h"

static ptrdiff_t find_state(const PackFlow *flow, Str id)
{
    for (size_t i = 0; i < flow->states.n; i++)
        if (str_eq(flow->states.v[i].entry.id, id))
            return (ptrdiff_t) i;
    return -1;
}

static ptrdiff_t state_named(const Load *load, const PackFlow *flow, Str id, const Yaml *node)
{
    ptrdiff_t found = find_state(flow, id);
    if (found >= 0 || !node || !id.p)
        return found;
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; i < flow->states.n; i++)
        *ARENA_PUSH(load->arena, &known) = flow->states.v[i].entry.id;
    yaml_find(load->report, node, "pack-no-such", "the flow has no state '" STR_FMT "'%s", STR_ARG(id), near_texts(load->arena, id, known.v, known.n));
    return -1;
}

static void check_step(const Load *load, const PackFlow *flow, const PackStep *step)
{
    state_named(load, flow, step->to, yaml_get(step->entry.node, "to"));
    for (size_t i = 0; i < step->from.n; i++) {
        ptrdiff_t from = state_named(load, flow, step->from.v[i].text, step->from.v[i].node);
        if (from >= 0 && flow->states.v[from].final)
            yaml_find(load->report, step->from.v[i].node, "pack-flow", "the state '" STR_FMT "' is final: no step leads out of it", STR_ARG(step->from.v[i].text));
    }
}

/* Marks what is reached from the marked states (or, backwards, from where they are reached) until nothing is added. */
static void spread(const PackFlow *flow, bool *reached, bool backwards)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t s = 0; s < flow->steps.n; s++) {
            const PackStep *step = &flow->steps.v[s];
            ptrdiff_t to = find_state(flow, step->to);
            for (size_t i = 0; to >= 0 && i < step->from.n; i++) {
                ptrdiff_t from = find_state(flow, step->from.v[i].text);
                if (from < 0 || reached[backwards ? from : to] || !reached[backwards ? to : from])
                    continue;
                reached[backwards ? from : to] = true;
                more = true;
            }
        }
    }
}

static void check_reach(const Load *load, const PackFlow *flow, bool backwards, const char *says)
{
    g_autofree bool *reached = g_new0(bool, flow->states.n + 1);
    ptrdiff_t first = find_state(flow, flow->first);
    for (size_t i = 0; i < flow->states.n; i++)
        reached[i] = backwards ? flow->states.v[i].final : (ptrdiff_t) i == first;
    spread(flow, reached, backwards);
    for (size_t i = 0; i < flow->states.n; i++)
        if (!reached[i])
            yaml_find_key(load->report, flow->states.v[i].entry.node, "pack-flow", "the state '" STR_FMT "' %s", STR_ARG(flow->states.v[i].entry.id), says);
}

static void check_flow(const Load *load, const PackFlow *flow)
{
    size_t before = pack_report_errors(load->report);
    state_named(load, flow, flow->first, yaml_get(flow->entry.node, "first"));
    for (size_t i = 0; i < flow->steps.n; i++)
        check_step(load, flow, &flow->steps.v[i]);
    if (pack_report_errors(load->report) > before || flow->states.n * flow->steps.n > 2500)
        return;
    check_reach(load, flow, false, "is never reached");
    check_reach(load, flow, true, "has no way to an end: which state is final?");
}

void load_flows(Load *load)
{
    for (size_t i = 0; i < load->pack->flows.n; i++)
        check_flow(load, &load->pack->flows.v[i]);
}

/* --- Over its dataset ---------------------------------------------------------------------------------------------------------- */

/* Words that say what people are: a step is for those whose organisation does something. */
static const char *const roles[] = { "handler", "unit_head", "issuer", "reviewer", "inspector", "leader" };

static bool is_role(Str word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (str_eq(word, str_from(roles[i])))
            return true;
    return false;
}

static void check_by(const Load *load, const PackStep *step)
{
    for (size_t i = 0; i < step->by.n; i++) {
        Str word = step->by.v[i].text;
        if (is_role(word))
            yaml_find(load->report, step->by.v[i].node, "pack-no-such", "'" STR_FMT "' is a role of people; expected a function of organisations, or `reporter`", STR_ARG(word));
        else if (!i18n(LANG_EN, arena_printf(load->arena, "function." STR_FMT, STR_ARG(word)).p).p)
            yaml_find(load->report, step->by.v[i].node, "pack-no-function", "there are no words for the function '" STR_FMT "': is it one that organisations have?", STR_ARG(word));
    }
}

static void check_needs(const Load *load, const PackDataset *dataset, const PackStep *step)
{
    for (size_t i = 0; i < step->needs.n; i++) {
        const PackField *field = load_field(load, dataset, step->needs.v[i].text, step->needs.v[i].node);
        if (field && field->retired)
            yaml_find(load->report, step->needs.v[i].node, "pack-flow", "the field '" STR_FMT "' is retired: nobody can fill it in", STR_ARG(field->entry.id));
    }
}

/* What identifies somebody goes to the vault: it is known while the record is checked, and not when a step is taken. */
static bool is_unknown(const PackDataset *dataset, uint32_t column)
{
    Str name = dataset->record->fields[column].name;
    const PackField *field = pack_field(dataset, name);
    return field ? pack_type_personal(field->type) || field->retired : !str_starts(name, STR("person."));
}

static void check_when(const Load *load, const PackDataset *dataset, const PackStep *step)
{
    size_t n = 0;
    if (!load_expr(load, &step->when, dataset->record, EXPR_BOOL))
        return;
    const uint32_t *columns = expr_columns(step->when.expr, false, &n);
    for (size_t i = 0; i < n; i++)
        if (is_unknown(dataset, columns[i]))
            yaml_find(load->report, step->when.node, "pack-flow", "'" STR_FMT "' is not known when the step is taken; expected fields that the store keeps in the open, or person.…",
                      STR_ARG(dataset->record->fields[columns[i]].name));
}

/* Hours need a time of day to run from. */
static bool counts_hours(const PackFlow *flow)
{
    for (size_t i = 0; i < flow->steps.n; i++)
        if (flow->steps.v[i].within.node && flow->steps.v[i].within.unit == PACK_HOURS && find_state(flow, flow->first) >= 0)
            for (size_t f = 0; f < flow->steps.v[i].from.n; f++)
                if (str_eq(flow->steps.v[i].from.v[f].text, flow->first))
                    return true;
    return false;
}

static void find_since(const Load *load, const PackDataset *dataset, PackFlow *flow)
{
    const Yaml *node = yaml_get(flow->entry.node, "since");
    const PackField *field = node && flow->since_name.p ? load_field(load, dataset, flow->since_name, node) : NULL;
    if (field && field->type != PACK_DATE && field->type != PACK_TIME)
        yaml_find(load->report, node, "pack-type", "'" STR_FMT "' is of type %s; expected a field of type date or time", STR_ARG(flow->since_name), pack_types[field->type]);
    else if (field && field->type == PACK_DATE && counts_hours(flow))
        yaml_find(load->report, node, "pack-type", "'" STR_FMT "' has no time of day, and steps out of '" STR_FMT "' are due within hours; expected a field of type time",
                  STR_ARG(flow->since_name), STR_ARG(flow->first));
    flow->since = field;
}

/* What its steps say about records is typed against the dataset; so one flow belongs to one dataset. */
static void check_use(const Load *load, const PackDataset *dataset, PackFlow *flow)
{
    find_since(load, dataset, flow);
    for (size_t i = 0; i < flow->steps.n; i++) {
        check_by(load, &flow->steps.v[i]);
        check_needs(load, dataset, &flow->steps.v[i]);
        check_when(load, dataset, &flow->steps.v[i]);
    }
}

void load_flow_of(Load *load, PackDataset *dataset)
{
    const Yaml *node = yaml_get(dataset->entry.node, "flow");
    if (!dataset->flow_name.p)
        return;
    for (size_t i = 0; i < load->pack->flows.n; i++)
        if (str_eq(load->pack->flows.v[i].entry.id, dataset->flow_name))
            dataset->flow = &load->pack->flows.v[i];
    if (!dataset->flow)
        yaml_find(load->report, node, "pack-no-such", "the pack has no flow '" STR_FMT "'", STR_ARG(dataset->flow_name));
    const PackDataset *taken = NULL;
    for (size_t i = 0; dataset->flow && !taken && i < load->pack->datasets.n; i++)
        if (&load->pack->datasets.v[i] != dataset && load->pack->datasets.v[i].flow == dataset->flow)
            taken = &load->pack->datasets.v[i];
    if (taken)
        yaml_find(load->report, node, "pack-conflict", "the flow '" STR_FMT "' belongs to '" STR_FMT "': a flow has one dataset", STR_ARG(dataset->flow_name),
                  STR_ARG(taken->entry.id));
    if (dataset->flow && !taken)
        check_use(load, dataset, (PackFlow *) dataset->flow);
}
