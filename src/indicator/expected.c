/* What decides how a report stands, and the days by which it does. */
#include "indicator/quality.h"

#include "base/banned.h"

const char *const expected_states[] = { "waiting", "in", "zero", "late", "missing", "excused", NULL };

ExpectedState expected_state(const ExpectedFacts *facts)
{
    if (facts->excused)
        return EXPECTED_EXCUSED;
    if (facts->records > 0)
        return facts->timed && facts->came != DATE_NONE && facts->came > facts->due ? EXPECTED_LATE : EXPECTED_IN;
    if (facts->zero)
        return EXPECTED_ZERO;
    return facts->today > facts->due ? EXPECTED_MISSING : EXPECTED_WAITING;
}

Date expected_day(const Calendar *calendar, Date period_end_day, PackSpan span)
{
    return calendar_after(calendar, period_end_day, span);
}

bool expected_kind(const PackDataset *dataset, PeriodKind *ret_kind)
{
    static const PeriodKind kinds[] = {
        [PACK_EVERY_DAY] = PERIOD_DAY,         [PACK_EVERY_WEEK] = PERIOD_WEEK, [PACK_EVERY_MONTH] = PERIOD_MONTH,
        [PACK_EVERY_QUARTER] = PERIOD_QUARTER, [PACK_EVERY_YEAR] = PERIOD_YEAR,
    };
    if (dataset->every == PACK_NEVER)
        return false;
    *ret_kind = kinds[dataset->every];
    return true;
}
