/* What a case expects besides defects: duties, reports, signals, steps of cases, forms. Held against the pack here; steps and forms are carried out in prove_walk.c, the others where the
 * store is (bihuan pack test). And what no case of a pack touches. */
#include "pack/cell_kind.h"
#include "pack/load.h"

#include "base/banned.h"

/* --- What it names ------------------------------------------------------------------------------------------------------------ */

static bool read_period(const Load *load, const PackEntry *entry, Str text, Period *ret_period)
{
    if (!text.p || period_parse(text, ret_period))
        return true;
    yaml_find(load->report, yaml_at(entry->node, "period"), "pack-value", "'" STR_FMT "' is not a period, as 2026-09", STR_ARG(text));
    return false;
}

static void check_row(const Load *load, const PackEntry *entry, int64_t row, const ProofFile *file)
{
    if (file && row > (int64_t) file->table.n_rows)
        yaml_find(load->report, yaml_at(entry->node, "row"), "pack-value", "the file ends with row %zu", file->table.n_rows);
}

static const PackDuty *find_duty(const Load *load, Str id)
{
    for (size_t i = 0; i < load->pack->duties.n; i++)
        if (str_eq(load->pack->duties.v[i].entry.id, id))
            return &load->pack->duties.v[i];
    return NULL;
}

static const ProofFile *file_of(const ProofFile *files, size_t n, const PackDataset *dataset)
{
    for (size_t i = 0; i < n; i++)
        if (files[i].dataset == dataset)
            return &files[i];
    return NULL;
}

static void check_owed(const Load *load, PackOwed *owed, const ProofFile *files, size_t n, GHashTable *proved)
{
    const Yaml *node = owed->entry.node;
    owed->duty = owed->duty_name.p ? find_duty(load, owed->duty_name) : NULL;
    bool period = read_period(load, &owed->entry, owed->period_text, &owed->period);
    if (owed->duty_name.p && !owed->duty)
        yaml_find(load->report, yaml_at(node, "duty"), "pack-no-such", "the pack has no duty '" STR_FMT "'", STR_ARG(owed->duty_name));
    if (!owed->duty || !owed->duty->owed_for || !period)
        return;
    if ((owed->duty->every != PACK_NEVER) != (owed->period_text.p != NULL))
        yaml_find(load->report, node, "pack-conflict", owed->period_text.p ? "'" STR_FMT "' has a day and no period" : "'" STR_FMT "' comes again: `period` says which one is meant",
                  STR_ARG(owed->duty_name));
    const ProofFile *file = file_of(files, n, owed->duty->owed_for);
    if (!file)
        yaml_find(load->report, node, "pack-proof", "the case has no file of '" STR_FMT "', whose records owe it", STR_ARG(owed->duty->owed_for->full_name));
    check_row(load, &owed->entry, owed->row, file);
    if (owed->state > 0)
        g_hash_table_add(proved, (gpointer) owed->duty);
}

/* --- Steps ---------------------------------------------------------------------------------------------------------------------- */

enum { DAY_MS = 24 * 3600 * 1000, MINUTE_MS = 60 * 1000 };

/* An instant, or a day, which is over when it ends. */
static bool read_instant(const Load *load, Str text, bool day_too, int64_t *ret_ms)
{
    Date day;
    if (cell_time(text, load->zone_minutes, ret_ms) == CELL_FINE)
        return true;
    if (!day_too || !date_parse(text, &day))
        return false;
    *ret_ms = (day + INT64_C(1)) * DAY_MS - load->zone_minutes * (int64_t) MINUTE_MS - 1;
    return true;
}

static void read_instants(const Load *load, PackTried *tried, int64_t *last)
{
    const Yaml *node = tried->entry.node;
    tried->at = tried->due = PACK_NOT_SAID;
    if (tried->at_text.p && !read_instant(load, tried->at_text, false, &tried->at))
        yaml_find(load->report, yaml_at(node, "at"), "pack-value", "'" STR_FMT "' is not an instant, as 2026-09-01 08:30", STR_ARG(tried->at_text));
    else if (tried->at_text.p && tried->at < *last)
        yaml_find(load->report, yaml_at(node, "at"), "pack-value", "time does not go back: that of the step before it, or the day on which the file comes, is later");
    *last = MAX(*last, tried->at);
    if (tried->due_text.p && !read_instant(load, tried->due_text, true, &tried->due))
        yaml_find(load->report, yaml_at(node, "due"), "pack-value", "'" STR_FMT "' is not an instant, as 2026-09-01 08:30, and not a day", STR_ARG(tried->due_text));
}

/* Who takes no step of the flow shows nothing by being refused. */
static bool takes_any(const PackFlow *flow, Str by)
{
    for (size_t s = 0; s < flow->steps.n; s++)
        for (size_t i = 0; i < flow->steps.v[s].by.n; i++)
            if (str_eq(flow->steps.v[s].by.v[i].text, by))
                return true;
    return false;
}

static void check_tried(const Load *load, const PackCase *c, PackTried *tried, const ProofFile *file, GHashTable *proved)
{
    const Yaml *node = tried->entry.node;
    const PackFlow *flow = c->dataset->flow;
    for (size_t i = 0; flow && i < flow->steps.n; i++)
        if (str_eq(flow->steps.v[i].entry.id, tried->step_name))
            tried->step = &flow->steps.v[i];
    if (!flow)
        yaml_find(load->report, node, "pack-conflict", "the records of '" STR_FMT "' are in no flow", STR_ARG(c->dataset->entry.id));
    else if (tried->step_name.p && !tried->step)
        yaml_find(load->report, yaml_at(node, "step"), "pack-no-such", "the flow has no step '" STR_FMT "'", STR_ARG(tried->step_name));
    if ((tried->to.p != NULL) == (tried->refused >= 0))
        yaml_find(load->report, node, "pack-conflict", "a step is taken (`to`), or it is `refused`: one of both");
    if (flow && tried->by.p && !takes_any(flow, tried->by))
        yaml_find(load->report, yaml_at(node, "by"), "pack-no-such", "no step of the flow is taken by '" STR_FMT "'", STR_ARG(tried->by));
    check_row(load, &tried->entry, tried->row, file);
    if (tried->step && tried->to.p)
        g_hash_table_add(proved, (gpointer) tried->step);
}

/* The file of the case comes in the morning. */
static void check_tries(const Load *load, PackCase *c, const ProofFile *file, GHashTable *proved)
{
    int64_t last = (c->on == DATE_NONE ? c->today : c->on) * (int64_t) DAY_MS + PACK_PROOF_MORNING_MS - load->zone_minutes * (int64_t) MINUTE_MS;
    for (size_t i = 0; i < c->steps.n; i++) {
        read_instants(load, LOAD_MINE(PackTried, c->steps, i), &last);
        check_tried(load, c, LOAD_MINE(PackTried, c->steps, i), file, proved);
    }
}

static void check_asked(const Load *load, const PackCase *c, PackAsked *asked, const ProofFile *file, GHashTable *proved)
{
    for (size_t i = 0; i < c->dataset->forms.n; i++)
        if (str_eq(c->dataset->forms.v[i].entry.id, asked->form_name))
            asked->form = &c->dataset->forms.v[i];
    if (asked->form_name.p && !asked->form)
        yaml_find(load->report, yaml_at(asked->entry.node, "form"), "pack-no-such", "the dataset has no form '" STR_FMT "'", STR_ARG(asked->form_name));
    check_row(load, &asked->entry, asked->row, file);
    if (asked->form && asked->hides.n > 0)
        g_hash_table_add(proved, (gpointer) asked->form);
}

static void check_sample(const Load *load, const PackCase *c)
{
    const Yaml *node = yaml_get(c->entry.node, "sample");
    if (!node)
        return;
    Str path = arena_printf(load->arena, STR_FMT "/tests/" STR_FMT, STR_ARG(load->pack->entry.id), STR_ARG(c->sample));
    if (!str_ends(c->sample, STR(".ndjson")) && !str_ends(c->sample, STR(".hl7")))
        yaml_find(load->report, node, "pack-value", "a sample is a file beside the proof that ends in .ndjson (FHIR) or .hl7");
    else if (!pack_files_find(load->files, path))
        yaml_find(load->report, node, "pack-file", "there is no file '" STR_FMT "'", STR_ARG(path));
}

static void check_days(const Load *load, const PackCase *c)
{
    Date on = c->on == DATE_NONE ? c->today : c->on;
    if (c->today == DATE_NONE)
        return;
    if (on > c->today || (c->begins != DATE_NONE && c->begins > on))
        yaml_find(load->report, c->entry.node, "pack-value", "the days of a case are in this order: `begins`, `on`, `today`");
    for (size_t i = 0; i < c->beside.n; i++) {
        Date day = c->beside.v[i].on;
        if (day != DATE_NONE && (day > c->today || (c->begins != DATE_NONE && day < c->begins)))
            yaml_find(load->report, yaml_at(c->beside.v[i].entry.node, "on"), "pack-value", "it comes between `begins` and `today`");
    }
}

void load_proof_wants(const Load *load, PackCase *c, const ProofFile *files, size_t n, GHashTable *proved)
{
    const ProofFile *own = n > 0 ? &files[0] : NULL;
    for (size_t i = 0; i < c->duties.n; i++)
        check_owed(load, LOAD_MINE(PackOwed, c->duties, i), files, n, proved);
    for (size_t i = 0; i < c->reports.n; i++)
        read_period(load, &c->reports.v[i].entry, c->reports.v[i].period_text, &LOAD_MINE(PackReported, c->reports, i)->period);
    for (size_t i = 0; i < c->signals.n; i++)
        read_period(load, &c->signals.v[i].entry, c->signals.v[i].period_text, &LOAD_MINE(PackSignalled, c->signals, i)->period);
    check_tries(load, c, own, proved);
    for (size_t i = 0; i < c->forms.n; i++)
        check_asked(load, c, LOAD_MINE(PackAsked, c->forms, i), own, proved);
    c->no_signals = yaml_get(c->entry.node, "signals") && c->signals.n == 0;
    if (yaml_get(c->entry.node, "reports") && !c->dataset->reporters)
        yaml_find(load->report, yaml_at(c->entry.node, "reports"), "pack-conflict", "nobody is expected to report '" STR_FMT "'", STR_ARG(c->dataset->entry.id));
    if (yaml_get(c->entry.node, "signals") && !c->dataset->quality)
        yaml_find(load->report, yaml_at(c->entry.node, "signals"), "pack-conflict", "'" STR_FMT "' has no line of quality", STR_ARG(c->dataset->entry.id));
    check_sample(load, c);
    check_days(load, c);
}

/* --- What shows nothing ---------------------------------------------------------------------------------------------------------- */

void load_proof_idle(const Load *load, const PackCase *c, const ProofFile *own)
{
    bool expects = yaml_get(c->entry.node, "defects") || c->duties.n > 0 || c->reports.n > 0 || c->signals.n > 0 || c->no_signals || c->steps.n > 0 || c->forms.n > 0 || c->sample.p;
    if (!expects)
        yaml_find_key(load->report, c->entry.node, "pack-unproved", "the case '" STR_FMT "' expects nothing", STR_ARG(c->entry.id));
    if (own && own->table.n_rows == 0 && c->reports.n == 0)
        yaml_find(load->report, yaml_at(c->entry.node, "file"), "pack-unproved", "the file of the case '" STR_FMT "' holds no row", STR_ARG(c->entry.id));
}

static void check_rules(const Load *load, const PackDataset *dataset, GHashTable *proved)
{
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (dataset->rules.v[i].entry.id.p && !g_hash_table_contains(proved, &dataset->rules.v[i]))
            yaml_find_key(load->report, dataset->rules.v[i].entry.node, "pack-unproved", "no case of the proof breaks the rule '" STR_FMT "'",
                          STR_ARG(dataset->rules.v[i].entry.id));
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (dataset->fields.v[i].required_when.node && !g_hash_table_contains(proved, &dataset->fields.v[i]))
            yaml_find(load->report, dataset->fields.v[i].required_when.node, "pack-unproved", "no case of the proof lacks '" STR_FMT "' where it must be filled",
                      STR_ARG(dataset->fields.v[i].entry.id));
}

static bool has_condition(const PackForm *form)
{
    for (size_t i = 0; i < form->parts.n; i++)
        if (form->parts.v[i].when.node)
            return true;
    return false;
}

static void check_forms(const Load *load, const PackDataset *dataset, GHashTable *proved)
{
    for (size_t i = 0; i < dataset->forms.n; i++)
        if (has_condition(&dataset->forms.v[i]) && !g_hash_table_contains(proved, &dataset->forms.v[i]))
            yaml_find_key(load->report, dataset->forms.v[i].entry.node, "pack-unproved", "no case of the proof shows what the form '" STR_FMT "' hides",
                          STR_ARG(dataset->forms.v[i].entry.id));
}

static void check_steps(const Load *load, const PackFlow *flow, GHashTable *proved)
{
    for (size_t i = 0; i < flow->steps.n; i++)
        if (!g_hash_table_contains(proved, &flow->steps.v[i]))
            yaml_find_key(load->report, flow->steps.v[i].entry.node, "pack-unproved", "no case of the proof takes the step '" STR_FMT "'", STR_ARG(flow->steps.v[i].entry.id));
}

static bool owed_by_things(const PackDuty *duty)
{
    return duty->owed_for && duty->owed_for->subject && !duty->owed_for->subject->person;
}

void load_proved(const Load *load, GHashTable *proved)
{
    const Pack *pack = load->pack;
    for (size_t d = 0; d < pack->datasets.n; d++) {
        check_rules(load, &pack->datasets.v[d], proved);
        check_forms(load, &pack->datasets.v[d], proved);
        if (pack->datasets.v[d].flow)
            check_steps(load, pack->datasets.v[d].flow, proved);
    }
    for (size_t i = 0; i < pack->duties.n; i++)
        if (!owed_by_things(&pack->duties.v[i]) && !g_hash_table_contains(proved, &pack->duties.v[i]))
            yaml_find_key(load->report, pack->duties.v[i].entry.node, "pack-unproved", "no case of the proof shows who owes '" STR_FMT "'", STR_ARG(pack->duties.v[i].entry.id));
}
