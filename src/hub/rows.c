/* A batch: cells as columns, then what decides whether a row can be stored, then what is wrong in it. */
#include "hub/check.h"

#include "base/banned.h"

const char *const reject_codes[] = {
    [REJECT_NONE] = "", [REJECT_BAD_ORG] = "bad-org", [REJECT_MANY_ORGS] = "many-orgs", [REJECT_NOT_YOURS] = "org-not-yours", [REJECT_NO_DATE] = "no-date", [REJECT_BAD_DATE] = "bad-date",
    [REJECT_NO_KEY] = "no-key", [REJECT_BAD_KEY] = "bad-key", [REJECT_NO_PERSON] = "no-person", [REJECT_NO_PERIOD] = "no-period", [REJECT_BAD_PERIOD] = "bad-period",
    [REJECT_OTHER_PERIOD] = "other-period", [REJECT_LOCKED] = "period-locked", [REJECT_LOST] = "unreadable",
};

/* The first reason counts. */
void rows_reject(Rows *rows, size_t row, Reject reject, int target)
{
    if (rows->rejects[row])
        return;
    rows->rejects[row] = (uint8_t) reject;
    rows->reject_targets[row] = (int16_t) target;
}

/* --- Columns -------------------------------------------------------------------------------------------------------------------- */

/* Columns that nobody sent are one and the same. */
static ExprColumn nothing(Rows *rows, ExprKind kind)
{
    if (rows->nothing[kind].values)
        return rows->nothing[kind];
    size_t size = kind == EXPR_BOOL ? 1 : kind == EXPR_DATE ? sizeof(Date) : kind == EXPR_TEXT ? sizeof(Str) : sizeof(int64_t);
    uint8_t *nulls = ARENA_ARRAY(rows->arena, uint8_t, rows->n);
    memset(nulls, 1, rows->n);
    rows->nothing[kind] = (ExprColumn) { .values = arena_alloc_array(rows->arena, rows->n, size), .nulls = nulls };
    return rows->nothing[kind];
}

/* Names of organisations as their ids; a file says the same one over and over. */
static void find_orgs(Rows *rows, size_t t, bool own)
{
    ExprColumn *column = &rows->typed[t];
    const Str *names = column->values;
    int64_t *ids = ARENA_ARRAY(rows->arena, int64_t, rows->n), id = 0;
    uint8_t *nulls = (uint8_t *) column->nulls;
    Str last = STR_NONE;
    HubOrgHow how = HUB_ORG_UNKNOWN;
    for (size_t i = 0; i < rows->n; i++) {
        if (nulls[i])
            continue;
        if (!last.p || !str_eq(last, names[i]))
            how = hub_orgs_find(rows->plan->orgs, names[i], own, rows->arena, &id);
        last = names[i];
        ids[i] = id;
        if (how == HUB_ORG_FINE)
            continue;
        nulls[i] = 1;
        if (own)
            rows_reject(rows, i, how == HUB_ORG_MANY ? REJECT_MANY_ORGS : how == HUB_ORG_NOT_YOURS ? REJECT_NOT_YOURS : REJECT_BAD_ORG, (int) t);
        else if (rows->faults[t] || (rows->faults[t] = ARENA_ARRAY(rows->arena, uint8_t, rows->n)))
            rows->faults[t][i] = CELL_FAULTS;
    }
    column->values = ids;
}

static void read_column(Rows *rows, size_t t)
{
    const Target *target = &rows->plan->targets[t];
    int column = rows->mapping->column_of[t];
    if (column < 0) {
        rows->typed[t] = nothing(rows, target->type == PACK_ORG ? EXPR_NUMBER : cell_kind(target->cell));
        return;
    }
    uint8_t *faults = ARENA_ARRAY(rows->arena, uint8_t, rows->n);
    if (cell_column(target->cell, rows->batch->cells + column, rows->batch->table->n_columns, rows->n, rows->arena, &rows->typed[t], faults) > 0)
        rows->faults[t] = faults;
    if (target->type == PACK_ORG)
        find_orgs(rows, t, (int) t == rows->plan->org);
}

static void read_columns(Rows *rows)
{
    const Plan *plan = rows->plan;
    rows->typed = ARENA_ARRAY(rows->arena, ExprColumn, plan->n_targets);
    rows->faults = ARENA_ARRAY(rows->arena, uint8_t *, plan->n_targets);
    rows->record = ARENA_ARRAY(rows->arena, ExprColumn, plan->dataset->record->n_fields);
    for (size_t t = 0; t < plan->n_targets; t++) {
        read_column(rows, t);
        if (plan->targets[t].record >= 0)
            rows->record[plan->targets[t].record] = rows->typed[t];
    }
    for (size_t i = 0; i < plan->dataset->record->n_fields; i++) /* retired ones; facts come later */
        if (!rows->record[i].values && !rows->record[i].codes)
            rows->record[i] = nothing(rows, plan->dataset->record->fields[i].type.kind);
}

/* --- Whose, and when ----------------------------------------------------------------------------------------------------------------- */

static void make_orgs(Rows *rows)
{
    const ExprColumn *column = &rows->typed[rows->plan->org];
    const int64_t *ids = column->values;
    rows->orgs = ARENA_ARRAY(rows->arena, int64_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        rows->orgs[i] = column->nulls[i] ? rows->plan->import->org : ids[i];
    rows->record[rows->plan->targets[rows->plan->org].record] = (ExprColumn) { .values = rows->orgs };
}

/* The day of a date, or that on which an instant falls. */
static Date day_at(const Rows *rows, const ExprColumn *column, size_t i)
{
    const Target *date = &rows->plan->targets[rows->plan->date];
    return date->type == PACK_TIME ? date_of_instant(((const int64_t *) column->values)[i], rows->plan->zone_minutes) : ((const Date *) column->values)[i];
}

Date rows_day(const Rows *rows, size_t row)
{
    return day_at(rows, &rows->typed[rows->plan->date], row);
}

static void make_months(Rows *rows)
{
    const Plan *plan = rows->plan;
    const ExprColumn *column = plan->date >= 0 ? &rows->typed[plan->date] : NULL;
    Date last = DATE_NONE;
    int month = 0;
    rows->months = ARENA_ARRAY(rows->arena, int64_t, rows->n);
    for (size_t i = 0; column && i < rows->n; i++) {
        if (column->nulls[i]) {
            rows_reject(rows, i, rows->faults[plan->date] && rows->faults[plan->date][i] ? REJECT_BAD_DATE : REJECT_NO_DATE, plan->date);
            continue;
        }
        Date day = day_at(rows, column, i);
        if (day != last)
            month = hub_month(day);
        last = day;
        rows->months[i] = month;
        if (plan->replace_from != DATE_NONE && (day < plan->replace_from || day > plan->replace_to))
            rows_reject(rows, i, REJECT_OTHER_PERIOD, plan->date);
    }
}

/* --- Outcomes --------------------------------------------------------------------------------------------------------------------------- */

static void add_found(Rows *rows, size_t row, uint16_t found)
{
    *ARENA_PUSH(rows->arena, &rows->found) = (Finding) { (uint32_t) row, found };
}

static void find_faults(Rows *rows)
{
    for (size_t t = 0; t < rows->plan->n_targets; t++) {
        int record = rows->plan->targets[t].record;
        for (size_t i = 0; rows->faults[t] && record >= 0 && i < rows->n; i++)
            if (rows->faults[t][i])
                add_found(rows, i, (uint16_t) (HUB_FOUND_TYPE + record));
    }
}

/* A cell that could not be read has its finding already. */
static void find_required(Rows *rows)
{
    for (size_t t = 0; t < rows->plan->n_targets; t++) {
        const Target *target = &rows->plan->targets[t];
        const uint8_t *nulls = rows->typed[t].nulls;
        if (!target->field || !target->field->required || (int) t == rows->plan->org || !nulls)
            continue;
        for (size_t i = 0; i < rows->n; i++)
            if (nulls[i] && !(rows->faults[t] && rows->faults[t][i]))
                add_found(rows, i, (uint16_t) (HUB_FOUND_REQUIRED + target->record));
    }
}

static void find_marks(Rows *rows)
{
    for (unsigned bit = 1; bit < PERSON_MARKS; bit++)
        for (size_t i = 0; rows->marks && i < rows->n; i++)
            if (rows->marks[i] >> bit & 1)
                add_found(rows, i, (uint16_t) (HUB_FOUND_PERSON + bit));
}

static void sort_few(uint16_t *v, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && v[j - 1] > v[j]; j--) {
            uint16_t swap = v[j];
            v[j] = v[j - 1];
            v[j - 1] = swap;
        }
}

/* By row, ascending in each. */
static void sort_found(Rows *rows)
{
    size_t n = rows->found.n;
    uint32_t *first = ARENA_ARRAY(rows->arena, uint32_t, rows->n + 2);
    uint16_t *sorted = ARENA_ARRAY(rows->arena, uint16_t, n + 1);
    for (size_t i = 0; i < n; i++)
        first[rows->found.v[i].row + 2] += !rows->rejects[rows->found.v[i].row];
    for (size_t i = 1; i < rows->n + 2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < n; i++)
        if (!rows->rejects[rows->found.v[i].row])
            sorted[first[rows->found.v[i].row + 1]++] = rows->found.v[i].found;
    for (size_t i = 0; n > 0 && i < rows->n; i++)
        sort_few(sorted + first[i], first[i + 1] - first[i]);
    rows->first_found = first;
    rows->found_sorted = sorted;
}

static void set_states(Rows *rows)
{
    rows->states = ARENA_ARRAY(rows->arena, int64_t, rows->n);
    for (size_t i = 0; i < rows->found.n; i++) {
        const Finding *found = &rows->found.v[i];
        if (rows->rejects[found->row])
            continue;
        int64_t state = hub_found_level(rows->plan->dataset, found->found) == PACK_ERROR ? HUB_HELD : HUB_WARNED;
        rows->states[found->row] = MAX(rows->states[found->row], state);
        tally_add(&rows->tally[tally_of_found(rows->plan, found->found)], found->row);
    }
}

static void count(Rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->rejects[i]) {
            tally_add(&rows->tally[tally_of_reject(rows->plan, (Reject) rows->rejects[i], rows->reject_targets[i])], i);
            rows->n_rejected++;
        } else {
            rows->n_held += rows->states[i] == HUB_HELD;
            rows->n_warned += rows->states[i] == HUB_WARNED;
            rows->n_accepted += rows->states[i] == HUB_ACCEPTED;
        }
    }
}

/* --- To the run ---------------------------------------------------------------------------------------------------------------------------- */

ExprColumn column_pick(const ExprColumn *column, ExprKind kind, const uint32_t *picks, size_t n, Arena *arena)
{
    ExprColumn picked = *column;
    size_t size = column->codes ? sizeof(uint32_t) : kind == EXPR_BOOL ? 1 : kind == EXPR_DATE ? sizeof(Date) : kind == EXPR_TEXT ? sizeof(Str) : sizeof(int64_t);
    const char *from = column->codes ? (const char *) column->codes : column->values;
    char *to = arena_alloc_array(arena, n, size);
    uint8_t *nulls = column->nulls ? ARENA_ARRAY(arena, uint8_t, n) : NULL;
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * size, from + picks[i] * size, size);
    for (size_t i = 0; nulls && i < n; i++)
        nulls[i] = column->nulls[picks[i]];
    picked.nulls = nulls;
    if (column->codes)
        picked.codes = (const uint32_t *) (const void *) to;
    else
        picked.values = to;
    return picked;
}

/* The columns as the run has them (hub_run_table). */
static void run_columns(const Rows *rows, ExprColumn *columns)
{
    const Plan *plan = rows->plan;
    size_t n = 0;
    columns[n++] = (ExprColumn) { .values = rows->months };
    columns[n++] = (ExprColumn) { .values = rows->orgs };
    columns[n++] = (ExprColumn) { .values = rows->keys };
    columns[n++] = (ExprColumn) { .values = rows->states };
    if (plan->person)
        columns[n++] = (ExprColumn) { .values = rows->persons };
    if (plan->period >= 0)
        columns[n++] = (ExprColumn) { .values = rows->periods };
    if (plan->from >= 0) {
        columns[n++] = rows->typed[plan->from];
        columns[n++] = rows->typed[plan->to];
    }
    for (size_t t = 0; t < plan->n_targets; t++) {
        const Target *target = &plan->targets[t];
        if (target->kind != TARGET_FIELD || (int) t == plan->org)
            continue;
        columns[n] = rows->typed[t];
        if (pack_type_personal(target->type))
            columns[n] = (ExprColumn) { .values = rows->vault[target->record], .nulls = rows->typed[t].nulls };
        n++;
    }
    g_assert(n == plan->table.n);
}

static bool to_run(Rows *rows, GError **err)
{
    const RunTable *table = &rows->plan->table;
    ExprColumn *columns = ARENA_ARRAY(rows->arena, ExprColumn, table->n);
    uint32_t *numbers = ARENA_ARRAY(rows->arena, uint32_t, rows->n), *picks = ARENA_ARRAY(rows->arena, uint32_t, rows->n), *first = rows->first_found;
    size_t n = 0;
    run_columns(rows, columns);
    for (size_t i = 0; i < rows->n; i++)
        if (!rows->rejects[i])
            picks[n++] = (uint32_t) i;
    for (size_t i = 0; i < n; i++)
        numbers[i] = rows->first_number + picks[i];
    if (n < rows->n) { /* a row that is rejected has no findings, so that those of the next begin where its own do */
        first = ARENA_ARRAY(rows->arena, uint32_t, n + 1);
        for (size_t i = 0; i < n; i++)
            first[i] = rows->first_found[picks[i]];
        first[n] = rows->first_found[rows->n];
        for (size_t c = 0; c < table->n; c++)
            columns[c] = column_pick(&columns[c], table->columns[c].kind, picks, n, rows->arena);
    }
    return run_add(rows->plan->run, &(RunRows) { n, columns, numbers, first, rows->found_sorted }, err);
}

/* --- All ------------------------------------------------------------------------------------------------------------------------------------- */

bool rows_check(Rows *rows, GError **err)
{
    rows->n = rows->batch->n_rows;
    rows->rejects = ARENA_ARRAY(rows->arena, uint8_t, rows->n);
    rows->reject_targets = ARENA_ARRAY(rows->arena, int16_t, rows->n);
    rows->tally = ARENA_ARRAY(rows->arena, Tally, tally_size(rows->plan));
    read_columns(rows);
    make_orgs(rows);
    make_months(rows);
    rows_make_periods(rows);
    rows_check_parts(rows); /* before persons: a row that is rejected makes none */
    if (!rows_find_locked(rows, err) || !rows_make_persons(rows, err) || !rows_make_vault(rows, err))
        return false;
    rows_make_keys(rows);
    rows_run_rules(rows);
    find_faults(rows);
    find_required(rows);
    find_marks(rows);
    sort_found(rows);
    set_states(rows);
    count(rows);
    if (rows->plan->import->one && rows->n > 0)
        rows_tell_one(rows);
    return to_run(rows, err);
}
