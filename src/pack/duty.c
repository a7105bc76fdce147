/* Duties: who owes it, when it is due (a day, or so often a period), and what meets it. */
#include "pack/load.h"

#include "base/banned.h"

static void check_when_due(const Load *load, const PackDuty *duty)
{
    bool by_day = duty->due.node, by_period = duty->every != PACK_NEVER;
    if (by_day == by_period)
        yaml_find_key(load->report, duty->entry.node, "pack-conflict", "a duty has a day (`due`), or comes again (`every`): one of both");
    else if (by_period)
        load_check_keys(load, duty->entry.node, "within", "name name_en owed_for when every times grace chased_by done_by", "a duty that comes again");
    else
        load_check_keys(load, duty->entry.node, "", "name name_en owed_for when due grace chased_by done_by", "a duty with a day");
}

static void check_owed(const Load *load, PackDuty *duty)
{
    duty->owed_for = duty->owed_for_name.p ? load_dataset_named(load, duty->owed_for_name, yaml_at(duty->entry.node, "owed_for")) : NULL;
    if (!duty->owed_for)
        return;
    if (duty->owed_for->kind != PACK_REGISTER)
        yaml_find(load->report, yaml_at(duty->entry.node, "owed_for"), "pack-type", "a duty is owed for the records of a register; '" STR_FMT "' is of kind %s",
                  STR_ARG(duty->owed_for_name), pack_kinds[duty->owed_for->kind]);
    const ExprScope *scope = duty->owed_for->stored ? duty->owed_for->stored->scope : NULL;
    load_expr(load, &duty->when, scope, EXPR_BOOL);
    load_expr(load, &duty->due, scope, EXPR_DATE);
    const Yaml *node = yaml_get(duty->entry.node, "chased_by");
    const PackField *field = node && duty->chased_by.p ? load_field(load, duty->owed_for, duty->chased_by, node) : NULL;
    if (field && field->type != PACK_ORG)
        yaml_find(load->report, node, "pack-type", "an organisation chases it; '" STR_FMT "' is of type %s", STR_ARG(duty->chased_by), pack_types[field->type]);
}

/* What was owed for a person is done for that person. */
static void check_done(const Load *load, const PackDuty *duty)
{
    PackDone *done = (PackDone *) duty->done_by;
    const Yaml *node = done && done->dataset_name.p ? yaml_get(done->entry.node, "dataset") : NULL;
    done = node ? done : NULL;
    if (done)
        done->dataset = load_dataset_named(load, done->dataset_name, node);
    if (!done || !done->dataset || !done->dataset->stored)
        return;
    load_expr(load, &done->where, done->dataset->stored->scope, EXPR_BOOL);
    bool owed_by_person = duty->owed_for && duty->owed_for->subject && duty->owed_for->subject->person;
    bool done_for_person = done->dataset->subject && done->dataset->subject->person;
    if (owed_by_person && !done_for_person)
        yaml_find(load->report, node, "pack-type", "it is owed for a person, and the records of '" STR_FMT "' are about none", STR_ARG(done->dataset_name));
}

void load_duties(Load *load)
{
    for (size_t i = 0; i < load->pack->duties.n; i++) {
        PackDuty *duty = LOAD_MINE(PackDuty, load->pack->duties, i);
        if (duty->entry.node->kind != YAML_MAP)
            continue;
        check_when_due(load, duty);
        check_owed(load, duty);
        check_done(load, duty);
    }
}
