/* What things are called in the store: columns, months, findings. */
#include "hub/hub.h"

#include "pack/store.h"
#include "hub/person.h"

#include "base/banned.h"

int hub_month(Date day)
{
    int year, month, of_month;
    date_to_ymd(day, &year, &month, &of_month);
    return (year - 1970) * 12 + month - 1;
}

bool hub_key_moves(const PackDataset *dataset)
{
    return pack_key_moves(dataset);
}

static RunColumn column_of(const PackField *field)
{
    return (RunColumn) { field->entry.id.p, pack_type_personal(field->type) ? EXPR_NUMBER : field->expr_type.kind };
}

RunTable hub_run_table(const PackDataset *dataset, Arena *arena)
{
    RunColumn *columns = ARENA_ARRAY(arena, RunColumn, dataset->fields.n + 8);
    size_t n = 0;
    columns[n++] = (RunColumn) { "month_", EXPR_NUMBER };
    columns[n++] = (RunColumn) { "org_", EXPR_NUMBER };
    columns[n++] = (RunColumn) { "key_", EXPR_NUMBER };
    columns[n++] = (RunColumn) { "state_", EXPR_NUMBER };
    if (dataset->subject && dataset->subject->person)
        columns[n++] = (RunColumn) { "person_", EXPR_NUMBER };
    if (dataset->kind == PACK_AGGREGATE)
        columns[n++] = (RunColumn) { "period_", EXPR_NUMBER };
    if (dataset->kind == PACK_REGISTER) {
        columns[n++] = (RunColumn) { "valid_from", EXPR_DATE };
        columns[n++] = (RunColumn) { "valid_to", EXPR_DATE };
    }
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (!dataset->fields.v[i].retired && !str_eq(dataset->fields.v[i].entry.id, dataset->org))
            columns[n++] = column_of(&dataset->fields.v[i]);
    return (RunTable) { dataset->full_name.p, columns, n, hub_key_moves(dataset) };
}

/* --- Findings ------------------------------------------------------------------------------------------------------------- */

static Str column_name(const PackDataset *dataset, unsigned column)
{
    return column < dataset->record->n_fields ? dataset->record->fields[column].name : STR("");
}

Str hub_found_name(const PackDataset *dataset, uint16_t found, Arena *arena)
{
    if (found < HUB_FOUND_TYPE)
        return found < dataset->rules.n ? dataset->rules.v[found].entry.id : STR("");
    if (found < HUB_FOUND_REQUIRED)
        return arena_printf(arena, "type:" STR_FMT, STR_ARG(column_name(dataset, found - (unsigned) HUB_FOUND_TYPE)));
    if (found < HUB_FOUND_REPEATED)
        return arena_printf(arena, "required:" STR_FMT, STR_ARG(column_name(dataset, found - (unsigned) HUB_FOUND_REQUIRED)));
    return found == HUB_FOUND_REPEATED ? STR("repeated:file") : str_from(hub_person_finding(1u << (found - (unsigned) HUB_FOUND_PERSON)));
}

/* What must be there and is not, or is not what it should be, holds the row back; the rest of the program's own findings do not. */
PackLevel hub_found_level(const PackDataset *dataset, uint16_t found)
{
    if (found < HUB_FOUND_TYPE)
        return found < dataset->rules.n ? dataset->rules.v[found].level : PACK_WARNING;
    if (found >= HUB_FOUND_REPEATED)
        return PACK_WARNING;
    unsigned column = found - (unsigned) (found < HUB_FOUND_REQUIRED ? HUB_FOUND_TYPE : HUB_FOUND_REQUIRED);
    return found >= HUB_FOUND_REQUIRED || (column < dataset->fields.n && dataset->fields.v[column].required) ? PACK_ERROR : PACK_WARNING;
}
