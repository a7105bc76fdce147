/* Row rules over a batch. Aggregates of several periods are taken apart by period, since an expression sees one: period_start, period_end. */
#include "hub/check.h"

#include "base/banned.h"

/* Rows of the batch that are run together; picks NULL: all. */
typedef struct {
    Rows *rows;
    ExprBatch batch;
    const uint32_t *picks;
    Arena *scratch;
} Run;

static const uint8_t *answers(const Run *run, const Expr *expr, const uint8_t **ret_nulls)
{
    ExprResult result;
    expr_eval(run->rows->runner, expr, &run->batch, run->scratch, &result);
    *ret_nulls = result.column.nulls;
    return result.column.values;
}

static bool is_missing(const Rows *rows, const RowRule *rule, size_t row)
{
    const uint8_t *nulls = rows->record[rule->record].nulls;
    for (size_t t = 0; t < rows->plan->n_targets; t++)
        if (rows->plan->targets[t].record == rule->record && rows->faults[t] && rows->faults[t][row])
            return false; /* it could not be read, which is found */
    return nulls && nulls[row];
}

static void run_rule(const Run *run, const RowRule *rule)
{
    const uint8_t *nulls, *when_nulls = NULL, *when = NULL, *holds = answers(run, rule->check, &nulls);
    uint8_t breaks = rule->required;
    if (!memchr(holds, breaks, run->batch.n))
        return;
    if (rule->when)
        when = answers(run, rule->when, &when_nulls);
    for (size_t i = 0; i < run->batch.n; i++) {
        size_t row = run->picks ? run->picks[i] : i;
        bool broken = holds[i] == breaks && !(nulls && nulls[i]) && (!when || (when[i] == 1 && !(when_nulls && when_nulls[i])));
        if (broken && (!rule->required || is_missing(run->rows, rule, row)))
            *ARENA_PUSH(run->rows->arena, &run->rows->found) = (Finding) { (uint32_t) row, rule->found };
    }
}

/* The answers of one rule are forgotten before the next; what was found is kept elsewhere. */
static void run_all(Run *run)
{
    g_autoptr(Arena) scratch = arena_new();
    ArenaMark start = arena_mark(scratch);
    run->scratch = scratch;
    for (size_t i = 0; i < run->rows->plan->n_rules; i++) {
        run_rule(run, &run->rows->plan->rules[i]);
        arena_rewind(scratch, start);
    }
}

static void run_period(Rows *rows, Period period, uint32_t *picks)
{
    const ExprScope *record = rows->plan->dataset->record;
    ExprColumn *columns = ARENA_ARRAY(rows->arena, ExprColumn, record->n_fields);
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->periods[i] == period)
            picks[n++] = (uint32_t) i;
    for (size_t c = 0; c < record->n_fields; c++)
        columns[c] = n == rows->n ? rows->record[c] : column_pick(&rows->record[c], record->fields[c].type.kind, picks, n, rows->arena);
    ExprDays days = { rows->plan->days.today, period ? period_start(period) : DATE_NONE, period ? period_end(period) : DATE_NONE };
    run_all(&(Run) { .rows = rows, .batch = { .n = n, .columns = columns, .days = days }, .picks = picks });
}

static void run_by_period(Rows *rows)
{
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    uint32_t *picks = ARENA_ARRAY(rows->arena, uint32_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        if (g_hash_table_add(done, GSIZE_TO_POINTER((size_t) rows->periods[i])))
            run_period(rows, (Period) rows->periods[i], picks);
}

void rows_run_rules(Rows *rows)
{
    if (rows->plan->n_rules == 0)
        return;
    if (rows->periods)
        run_by_period(rows);
    else
        run_all(&(Run) { .rows = rows, .batch = { .n = rows->n, .columns = rows->record, .days = rows->plan->days } });
}

/* --- One record of a form ------------------------------------------------------------------------------------------------------ */

void rows_tell_one(const Rows *rows)
{
    HubOne *one = rows->plan->import->one;
    g_autoptr(Arena) scratch = arena_new();
    Period period = rows->periods ? (Period) rows->periods[0] : 0;
    ExprDays days = { rows->plan->days.today, period ? period_start(period) : DATE_NONE, period ? period_end(period) : DATE_NONE };
    const Run run = { .rows = (Rows *) rows, .batch = { .n = 1, .columns = rows->record, .days = days }, .scratch = scratch };
    for (size_t i = 0; i < one->n_whens; i++) {
        const uint8_t *nulls, *holds = answers(&run, one->whens[i], &nulls);
        one->holds[i] = holds[0] == 1 && !(nulls && nulls[0]);
    }
    one->org = rows->orgs[0];
    one->month = rows->months[0];
    one->key = rows->rejects[0] ? DB_NULL_INT : rows->keys[0];
    one->person = rows->persons && rows->persons[0] > 0 ? rows->persons[0] : DB_NULL_INT;
}

/* --- Counting ------------------------------------------------------------------------------------------------------------------- */

/* Rules, cells of each column that are none of their type, those that are missing, the program's own, then rejects by what they are about. */
static size_t columns_of(const Plan *plan)
{
    return plan->dataset->record->n_fields;
}

enum { OWN = 16 };

size_t tally_size(const Plan *plan)
{
    return plan->dataset->rules.n + 2 * columns_of(plan) + OWN + (size_t) REJECTS * (plan->n_targets + 1);
}

size_t tally_of_found(const Plan *plan, uint16_t found)
{
    size_t rules = plan->dataset->rules.n;
    if (found < HUB_FOUND_TYPE)
        return found;
    if (found < HUB_FOUND_REQUIRED)
        return rules + found - (unsigned) HUB_FOUND_TYPE;
    return found < HUB_FOUND_REPEATED ? rules + columns_of(plan) + found - (unsigned) HUB_FOUND_REQUIRED : rules + 2 * columns_of(plan) + found - (unsigned) HUB_FOUND_REPEATED;
}

size_t tally_of_reject(const Plan *plan, Reject reject, int target)
{
    return plan->dataset->rules.n + 2 * columns_of(plan) + OWN + (size_t) reject * (plan->n_targets + 1) + (size_t) (target + 1);
}

void tally_add(Tally *tally, size_t row)
{
    if (tally->rows < G_N_ELEMENTS(tally->first))
        tally->first[tally->rows] = (uint32_t) row;
    tally->rows++;
}
