/* Rules over an organisation's period: what its records of that period, and those of other datasets, come to.
 *
 * A record counts in a period: an event in that of its day, an aggregate in what its own period lies in or what lies in it, a register's record where it holds on the last day. What is held counts,
 * too: it was received. A rule is judged where its case has a file of each dataset that it names, for every organisation and period of which it has records; a rule of kind volume month by month, gaps included. */
#include <stdlib.h>

#include "base/season.h"
#include "pack/prove.h"

#include "base/banned.h"

/* --- The datasets that a rule names ------------------------------------------------------------------------------------------- */

static const PackExpr *expr_of(const PackRule *rule, size_t index)
{
    const PackExpr *all[] = { &rule->check, &rule->received, &rule->declared, &rule->measure };
    return index < G_N_ELEMENTS(all) ? all[index] : NULL;
}

/* The scope says which dataset it is: names differ by who names it. */
static const ProofTable *table_of(const Proof *proof, const ExprDataset *dataset)
{
    for (size_t i = 0; i < proof->n_tables; i++)
        if (proof->tables[i].dataset->stored->scope == dataset->scope)
            return &proof->tables[i];
    return NULL;
}

/* By place in proof->tables: 1 where the rule reads it. False: one that it names has no file here. */
static bool tables_named(const Proof *proof, const PackRule *rule, uint8_t *named)
{
    named[0] = 1;
    for (size_t e = 0; expr_of(rule, e); e++) {
        size_t n = 0;
        const ExprAggregate *aggregates = expr_of(rule, e)->expr ? expr_aggregates(expr_of(rule, e)->expr, &n) : NULL;
        for (size_t i = 0; i < n; i++) {
            const ProofTable *table = table_of(proof, aggregates[i].dataset);
            if (!table)
                return false;
            named[table - proof->tables] = 1;
        }
    }
    return true;
}

/* --- The value of an expression ------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t org;
    Period period;
} Place;

static bool stands_in(const ProofTable *t, size_t row, const Place *place)
{
    Date start = period_start(place->period), end = period_end(place->period), from = t->from[row], to = t->to[row];
    if (t->orgs[row] != place->org)
        return false;
    if (t->dataset->kind == PACK_REGISTER)
        return (from == DATE_NONE || from <= end) && (to == DATE_NONE || to >= end);
    return from != DATE_NONE && ((from >= start && to <= end) || (from <= start && to >= end));
}

static void run_aggregate(Proof *proof, const ExprAggregate *aggregate, const Place *place, ExprColumn *ret_column)
{
    Arena *arena = proof->load->arena;
    const ProofTable *t = table_of(proof, aggregate->dataset);
    g_autoptr(ExprTotal) total = expr_total_new(aggregate, 2); /* those that stand in it, and the others */
    uint32_t *groups = ARENA_ARRAY(arena, uint32_t, t->n);
    int64_t *keys = ARENA_ARRAY(arena, int64_t, t->n);
    for (size_t row = 0; row < t->n; row++) {
        groups[row] = !stands_in(t, row, place);
        keys[row] = (int64_t) row;
    }
    ExprBatch batch = { .n = t->n, .columns = t->stored, .keys = keys, .days = { DATE_NONE, period_start(place->period), period_end(place->period) } };
    if (t->n > 0)
        expr_total_add(total, proof->runner, &batch, groups, arena);
    ExprResult result;
    expr_total_end(total, arena, &result);
    *ret_column = result.column;
}

/* False: it is null. */
static bool value_at(Proof *proof, const PackExpr *expr, const Place *place, int64_t *ret_value)
{
    size_t n;
    const ExprAggregate *aggregates = expr_aggregates(expr->expr, &n);
    ExprColumn *columns = ARENA_ARRAY(proof->load->arena, ExprColumn, n);
    for (size_t i = 0; i < n; i++)
        run_aggregate(proof, &aggregates[i], place, &columns[i]);
    ExprBatch batch = { .n = 1, .aggregates = columns, .days = { DATE_NONE, period_start(place->period), period_end(place->period) } };
    ExprResult result;
    expr_eval(proof->runner, expr->expr, &batch, proof->load->arena, &result);
    if (result.column.nulls && result.column.nulls[0])
        return false;
    bool yes_or_no = expr_type(expr->expr).kind == EXPR_BOOL;
    *ret_value = yes_or_no ? ((const uint8_t *) result.column.values)[0] : ((const int64_t *) result.column.values)[0];
    return true;
}

/* --- Where it is judged ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Place *v;
    size_t n, cap;
} Places;

static int by_place(const void *a, const void *b)
{
    const Place *x = a, *y = b;
    int order = (x->org > y->org) - (x->org < y->org);
    return order ? order : (x->period > y->period) - (x->period < y->period);
}

/* Of what is in registers alone, today's period says enough. */
static void add_places(const Proof *proof, const ProofTable *t, PeriodKind kind, GArray *places)
{
    for (size_t row = 0; row < t->n; row++) {
        Date day = t->from[row] != DATE_NONE ? t->from[row] : t->dataset->kind == PACK_REGISTER ? proof->c->today : DATE_NONE;
        Place place = { t->orgs[row], day == DATE_NONE ? 0 : period_of_date(kind, day) };
        if (day != DATE_NONE && place.org > 0)
            g_array_append_val(places, place);
    }
}

static size_t unique_places(GArray *places)
{
    Place *v = (Place *) (void *) places->data;
    size_t n = 0;
    if (places->len > 1)
        qsort(v, places->len, sizeof *v, by_place);
    for (size_t i = 0; i < places->len; i++)
        if (n == 0 || by_place(&v[n - 1], &v[i]) != 0)
            v[n++] = v[i];
    g_array_set_size(places, (guint) n);
    return n;
}

/* Registers give places only where nothing else that the rule reads does. */
static GArray *find_places(const Proof *proof, const PackRule *rule, const uint8_t *named)
{
    GArray *places = g_array_new(false, false, sizeof(Place));
    PeriodKind kind = proof_kind(proof->tables[0].dataset, rule);
    for (int registers = 0; registers < 2 && places->len == 0; registers++)
        for (size_t i = 0; i < proof->n_tables; i++)
            if (named[i] && (proof->tables[i].dataset->kind == PACK_REGISTER) == (registers == 1))
                add_places(proof, &proof->tables[i], kind, places);
    unique_places(places);
    return places;
}

static void found(Proof *proof, const PackRule *rule, Place place)
{
    *ARENA_PUSH(proof->load->arena, &proof->found) = (ProofFound) { .org = place.org, .period = place.period, .rule = rule->entry.id };
}

/* --- Set, total ---------------------------------------------------------------------------------------------------------------------- */

static void judge_set(Proof *proof, const PackRule *rule, const GArray *places)
{
    for (guint i = 0; i < places->len; i++) {
        Place place = g_array_index(places, Place, i);
        int64_t holds;
        if (value_at(proof, &rule->check, &place, &holds) && !holds)
            found(proof, rule, place);
    }
}

static __int128 at_six(int64_t value, int scale)
{
    __int128 wide = value;
    for (; scale < DECIMAL_SCALE_MAX; scale++)
        wide *= 10;
    return wide;
}

/* Nothing declared proves nothing: that an institution is silent is told by what was expected of it. */
static void judge_total(Proof *proof, const PackRule *rule, const GArray *places)
{
    int64_t tolerance = 0;
    decimal_at_scale(rule->tolerance_percent, DECIMAL_SCALE_MAX, &tolerance);
    for (guint i = 0; i < places->len; i++) {
        Place place = g_array_index(places, Place, i);
        int64_t received = 0, declared;
        value_at(proof, &rule->received, &place, &received);
        if (!value_at(proof, &rule->declared, &place, &declared))
            continue;
        __int128 came = at_six(received, expr_type(rule->received.expr).scale), said = at_six(declared, expr_type(rule->declared.expr).scale);
        __int128 off = came > said ? came - said : said - came, whole = said < 0 ? -said : said;
        if (off * 100 > whole * tolerance / 1000000)
            found(proof, rule, place);
    }
}

/* --- Volume ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t org;
    GArray *months; /* SeasonMonth */
} Series;

static int month_of(Period period)
{
    int year, month, day;
    date_to_ymd(period_start(period), &year, &month, &day);
    return (year - 1970) * 12 + month - 1;
}

/* From its first month to its last. Aggregates of longer periods have no value but in the first month of each. */
static Series series_of(Proof *proof, const PackRule *rule, const Place *places, size_t n)
{
    Series series = { places[0].org, g_array_new(false, false, sizeof(SeasonMonth)) };
    bool gaps = proof->tables[0].dataset->every <= PACK_EVERY_MONTH;
    size_t next = 0;
    for (Period period = places[0].period; period <= places[n - 1].period; period = period_add(period, 1)) {
        SeasonMonth month = { month_of(period), 0 };
        next += next < n && places[next].period < period;
        bool there = next < n && places[next].period == period;
        if ((there || gaps) && value_at(proof, &rule->measure, &(Place) { series.org, period }, &month.value))
            g_array_append_val(series.months, month);
    }
    return series;
}

static SeasonHistory history(const Series *series)
{
    return (SeasonHistory) { (const SeasonMonth *) (const void *) series->months->data, series->months->len };
}

static void judge_series(Proof *proof, const PackRule *rule, const Series *series, const SeasonIndex *index)
{
    double deviations = (double) rule->deviations.value;
    for (int scale = rule->deviations.scale; scale > 0; scale--)
        deviations /= 10;
    for (guint i = 0; i < series->months->len; i++) {
        SeasonMonth month = g_array_index(series->months, SeasonMonth, i);
        SeasonJudged judged = season_judge(history(series), index, month, (int) rule->back_months, deviations);
        Date day;
        date_from_ymd(1970 + month.month / 12, month.month % 12 + 1, 1, &day);
        if (judged.verdict == SEASON_FEW || judged.verdict == SEASON_MANY)
            found(proof, rule, (Place) { series->org, period_of_date(PERIOD_MONTH, day) });
    }
}

static void judge_volume(Proof *proof, const PackRule *rule, const GArray *places)
{
    g_autoptr(GArray) all = g_array_new(false, false, sizeof(Series));
    const Place *v = (const Place *) (const void *) places->data;
    for (guint i = 0, n; i < places->len; i += n) {
        for (n = 1; i + n < places->len && v[i + n].org == v[i].org; n++)
            ;
        Series series = series_of(proof, rule, &v[i], n);
        g_array_append_val(all, series);
    }
    SeasonHistory *peers = ARENA_ARRAY(proof->load->arena, SeasonHistory, all->len);
    for (guint i = 0; i < all->len; i++)
        peers[i] = history(&g_array_index(all, Series, i));
    SeasonIndex index = season_index(peers, all->len);
    for (guint i = 0; i < all->len; i++)
        judge_series(proof, rule, &g_array_index(all, Series, i), &index);
    for (guint i = 0; i < all->len; i++)
        g_array_unref(g_array_index(all, Series, i).months);
}

void proof_period_rule(Proof *proof, const PackRule *rule)
{
    g_autofree uint8_t *named = g_new0(uint8_t, proof->n_tables);
    if (!tables_named(proof, rule, named))
        return;
    g_autoptr(GArray) places = find_places(proof, rule, named);
    if (rule->kind == PACK_SET)
        judge_set(proof, rule, places);
    else if (rule->kind == PACK_TOTAL)
        judge_total(proof, rule, places);
    else
        judge_volume(proof, rule, places);
}
