/* Persons of a batch, what is known of them, and personal fields, which become numbers of the vault. */
#include "hub/check.h"

#include "base/banned.h"

static size_t person_columns(const Rows *rows, PersonColumn *columns)
{
    const Plan *plan = rows->plan;
    size_t n = 0;
    for (size_t t = 0; t < plan->n_targets; t++) {
        const Target *target = &plan->targets[t];
        bool says = target->kind == TARGET_INPUT || target->kind == TARGET_FACT || (target->field && target->element && target->element->of_person);
        if (says && rows->mapping->column_of[t] >= 0)
            columns[n++] = (PersonColumn) { target->element, rows->typed[t] };
    }
    return n;
}

/* What rules may say of the person: what the store knows, else the file. */
static void make_facts(Rows *rows)
{
    const Plan *plan = rows->plan;
    for (size_t i = 0; i < plan->n_facts; i++) {
        const Fact *fact = &plan->facts[i];
        const ExprColumn *said = fact->said >= 0 && rows->mapping->column_of[fact->said] >= 0 ? &rows->typed[fact->said] : NULL;
        hub_persons_fact(hub_open(plan->hub)->persons, fact->element, rows->persons, rows->n, said, rows->arena, &rows->record[fact->record]);
    }
}

bool rows_make_persons(Rows *rows, GError **err)
{
    const Plan *plan = rows->plan;
    if (!plan->person)
        return true;
    rows->persons = ARENA_ARRAY(rows->arena, int64_t, rows->n);
    rows->marks = ARENA_ARRAY(rows->arena, uint8_t, rows->n);
    PersonColumn *columns = ARENA_ARRAY(rows->arena, PersonColumn, plan->n_targets + 1);
    PersonBatch batch = { .person = plan->person, .columns = columns, .n_columns = person_columns(rows, columns), .n = rows->n, .unstored = rows->rejects, .intake = plan->import->intake, .org = plan->import->org,
                          .dry_run = plan->import->dry_run };
    if (!hub_persons_resolve(hub_open(plan->hub)->persons, &batch, rows->persons, rows->marks, err))
        return false;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->persons[i] == 0)
            rows_reject(rows, i, REJECT_NO_PERSON, -1);
    make_facts(rows);
    return true;
}

bool rows_make_vault(Rows *rows, GError **err)
{
    const Plan *plan = rows->plan;
    rows->vault = ARENA_ARRAY(rows->arena, int64_t *, plan->dataset->fields.n);
    for (size_t t = 0; t < plan->n_targets; t++) {
        const Target *target = &plan->targets[t];
        if (!target->field || !pack_type_personal(target->type))
            continue;
        Str *values = ARENA_ARRAY(rows->arena, Str, rows->n);
        int64_t *ids = ARENA_ARRAY(rows->arena, int64_t, rows->n);
        for (size_t i = 0; i < rows->n; i++)
            values[i] = rows->typed[t].nulls[i] || rows->rejects[i] ? STR_NONE : ((const Str *) rows->typed[t].values)[i];
        rows->vault[target->record] = ids;
        if (rows->mapping->column_of[t] < 0)
            continue;
        if (!hub_open(plan->hub)->persons)
            return error_set(err, BH_UNAVAILABLE, "the vault is not open");
        if (!hub_vault_put(hub_open(plan->hub)->persons, target->type, values, rows->n, plan->import->dry_run, ids, err))
            return false;
    }
    return true;
}
