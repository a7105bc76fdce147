/* What persons owe by their records, and how far it is met: no store. */
#include "indicator/owing.h"

#include "base/banned.h"

const char *const owed_states[] = { "coming", "due", "missed", "done", "late", "excused", NULL };

OwedState owed_state(Date due, Date last, Date done_on, bool excused, Date today)
{
    if (excused)
        return OWED_EXCUSED;
    if (done_on != DATE_NONE)
        return done_on > last ? OWED_LATE : OWED_DONE;
    return today > last ? OWED_MISSED : today >= due ? OWED_DUE : OWED_COMING;
}

/* --- Days ---------------------------------------------------------------------------------------------------------------------- */

static const PeriodKind kinds[] = {
    [PACK_EVERY_DAY] = PERIOD_DAY,         [PACK_EVERY_WEEK] = PERIOD_WEEK, [PACK_EVERY_MONTH] = PERIOD_MONTH,
    [PACK_EVERY_QUARTER] = PERIOD_QUARTER, [PACK_EVERY_YEAR] = PERIOD_YEAR,
};

void owed_periods(const Owing *owing, OwedDuty *duty)
{
    if (duty->duty->every == PACK_NEVER)
        return;
    enum { LONGEST = 3 }; /* years behind which a period's `within` does not reach */
    ARENA_LIST(OwedPeriod) list = { 0 };
    Period period = period_of_date(kinds[duty->duty->every], date_add_months(owing->first, -12 * LONGEST));
    for (; period_start(period) <= owing->last; period = period_add(period, 1)) {
        OwedPeriod one = { .period = period, .start = period_start(period), .end = period_end(period) };
        one.due = expected_day(&owing->calendar, one.end, duty->duty->within);
        one.last = expected_day(&owing->calendar, one.due, duty->duty->grace);
        if (one.due >= owing->first && one.due <= owing->last)
            *ARENA_PUSH(owing->arena, &list) = one;
    }
    duty->periods = list.v;
    duty->n_periods = list.n;
}

/* --- One person -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Owing *owing;
    const OwedDuty *duty;
    const OwedClaim *claims; /* of one person, those that began first, first */
    size_t n_claims;
    const OwedMet *met;      /* by day */
    size_t n_met;
    GArray *rows;
} Person;

static void count_met(const Person *p, Date first, Date last, OwedRow *row)
{
    for (size_t i = 0; i < p->n_met; i++)
        if (p->met[i].day >= first && p->met[i].day <= last && ++row->done == row->times)
            row->done_on = p->met[i].day;
}

static void owe_periods(const Person *p)
{
    for (size_t i = 0; i < p->duty->n_periods; i++) {
        const OwedPeriod *period = &p->duty->periods[i];
        const OwedClaim *holds = NULL;
        for (size_t c = 0; c < p->n_claims; c++)
            if ((p->claims[c].from == DATE_NONE || p->claims[c].from <= period->end) && (p->claims[c].to == DATE_NONE || p->claims[c].to >= period->end))
                holds = &p->claims[c];
        if (!holds)
            continue;
        int64_t times = MAX(p->duty->duty->times, 1);
        OwedRow row = { p->claims[0].person, period->period, holds->org, period->due, period->last, times, 0, DATE_NONE };
        count_met(p, period->start, period->end, &row);
        g_array_append_val(p->rows, row);
    }
}

/* The claim that holds on its day, with the latest day; of those of one day the one that began last. NULL: none. */
static const OwedClaim *latest(const Person *p)
{
    const OwedClaim *latest = NULL;
    for (size_t c = 0; c < p->n_claims; c++) {
        const OwedClaim *claim = &p->claims[c];
        bool holds = claim->to == DATE_NONE || claim->to >= claim->due, kept = claim->due >= p->owing->first && claim->due <= p->owing->last;
        if (holds && kept && (!latest || claim->due >= latest->due))
            latest = claim;
    }
    return latest;
}

static void owe_day(const Person *p)
{
    const OwedClaim *claim = latest(p);
    Date first = G_MININT32;
    if (!claim)
        return;
    for (size_t c = 0; c < p->n_claims; c++) {
        const OwedClaim *other = &p->claims[c];
        if (other->due != claim->due && other->to != DATE_NONE && claim->from != DATE_NONE && other->to < claim->from)
            first = MAX(first, other->to + 1);
    }
    OwedRow row = { claim->person, 0, claim->org, claim->due, expected_day(&p->owing->calendar, claim->due, p->duty->duty->grace), 1, 0, DATE_NONE };
    count_met(p, first, G_MAXINT32, &row);
    g_array_append_val(p->rows, row);
}

/* --- All ------------------------------------------------------------------------------------------------------------------------------ */

#define BY(member)                                                                                                                                                                 \
    if (x->member != y->member)                                                                                                                                                    \
        return x->member < y->member ? -1 : 1

static int by_claim(const void *a, const void *b)
{
    const OwedClaim *x = a, *y = b;
    BY(person);
    BY(from);
    BY(due);
    BY(to);
    BY(org);
    return 0;
}

static int by_met(const void *a, const void *b)
{
    const OwedMet *x = a, *y = b;
    BY(person);
    BY(day);
    return 0;
}

GArray *owed_rows(const Owing *owing, OwedDuty *duty)
{
    Person p = { .owing = owing, .duty = duty, .rows = g_array_new(false, false, sizeof(OwedRow)) };
    const OwedClaim *claims = (const void *) duty->claims->data;
    const OwedMet *met = (const void *) duty->met->data;
    size_t at = 0;
    g_array_sort(duty->claims, by_claim);
    g_array_sort(duty->met, by_met);
    for (size_t i = 0; i < duty->claims->len; i += p.n_claims) {
        p.claims = claims + i;
        p.n_claims = 1;
        while (i + p.n_claims < duty->claims->len && p.claims[p.n_claims].person == p.claims[0].person)
            p.n_claims++;
        while (at < duty->met->len && met[at].person < p.claims[0].person)
            at++;
        p.met = met ? met + at : NULL;
        for (p.n_met = 0; at + p.n_met < duty->met->len && p.met[p.n_met].person == p.claims[0].person;)
            p.n_met++;
        if (duty->duty->every == PACK_NEVER)
            owe_day(&p);
        else
            owe_periods(&p);
    }
    return p.rows;
}
