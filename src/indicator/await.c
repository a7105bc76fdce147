/* Rules that read what another report says: as long as that report is awaited, what they miss proves nothing, and what they found before is taken back; once it came, or its day is over, they are judged. So what
 * is found depends on what is there and what is awaited, and not on what came first: whoever reads a report is told when it begins to be awaited, and when it no longer is. */
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

/* --- Who reads what ------------------------------------------------------------------------------------------------------------------- */

static bool reads_scope(const Expr *expr, const ExprScope *scope)
{
    size_t n = 0;
    const ExprAggregate *aggregates = expr ? expr_aggregates(expr, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (aggregates[i].dataset->scope == scope)
            return true;
    return false;
}

bool rule_reads(const PackRule *rule, const ExprScope *scope)
{
    return rule->kind >= PACK_SET
           && (reads_scope(rule->check.expr, scope) || reads_scope(rule->received.expr, scope) || reads_scope(rule->declared.expr, scope) || reads_scope(rule->measure.expr, scope));
}

bool rule_own_parent(const PackDataset *child, const PackRule *rule)
{
    for (size_t i = 0; i < rule->match.n; i++)
        if (str_eq(rule->match.v[i].from, child->org) && str_eq(rule->match.v[i].to, rule->to->org))
            return true;
    return false;
}

int month_of_rules(const PackDataset *pack, int month)
{
    PeriodKind kind;
    if (!expected_kind(pack, &kind) || kind == PERIOD_DAY || kind == PERIOD_WEEK)
        return month;
    return hub_month(period_start(period_of_date(kind, quality_month_start(month))));
}

/* --- Awaited ---------------------------------------------------------------------------------------------------------------------------- */

bool report_awaited_in(DbConn *conn, const RecordSet *of, int64_t org, int month, Date today, bool *ret_awaited, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    if (org == 0) {
        ExpectedAwaitedAnyRow any;
        return db_one(conn, ExpectedAwaitedAny, arena, &any, ret_awaited, err, .dataset = of->id, .month = month, .today = today);
    }
    ExpectedAwaitedRow one;
    return db_one(conn, ExpectedAwaited, arena, &one, ret_awaited, err, .dataset = of->id, .org = org, .month = month, .today = today);
}

bool report_awaited(const Quality *quality, const RecordSet *of, int64_t org, Period period, bool *ret_awaited, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(quality->db, err);
    *ret_awaited = false;
    if (!conn)
        return false;
    for (int month = hub_month(period_start(period)), last = hub_month(period_end(period)); month <= last && !*ret_awaited; month++)
        if (!report_awaited_in(conn, of, org, month, clock_today(quality->clock), ret_awaited, err))
            return false;
    return true;
}

bool rule_awaits(const Engine *engine, const Work *work, const PackRule *rule, bool *ret_awaits, GError **err)
{
    *ret_awaits = false;
    for (size_t i = 0; i < engine->sets.n && !*ret_awaits; i++) {
        const RecordSet *of = &engine->sets.v[i];
        if (of != work->set && rule_reads(rule, of->pack->stored->scope) && !report_awaited(engine->quality, of, work->org, work->period, ret_awaits, err))
            return false;
    }
    return true;
}

/* --- Turns ----------------------------------------------------------------------------------------------------------------------------- */

static bool tell(DbConn *tx, const RecordSet *reader, const RecordSet *of, const PackRule *rule, const ReportTurn *turn, GError **err)
{
    bool own = rule->kind >= PACK_SET || rule_own_parent(reader->pack, rule), awaited = false;
    int at = rule->kind >= PACK_SET ? month_of_rules(reader->pack, turn->month) : turn->month;
    if (own && turn->org != 0)
        return db_exec(tx, QualityDueBeside, NULL, err, .dataset = reader->id, .org = turn->org, .month = at);
    if (turn->over && !report_awaited_in(tx, of, 0, turn->month, turn->today, &awaited, err))
        return false;
    return awaited || db_exec(tx, QualityDueOfMonth, NULL, err, .dataset = reader->id, .month = at);
}

bool report_turned(DbConn *tx, const RecordSets *sets, const ReportTurn *turn, GError **err)
{
    const RecordSet *of = records_set_by_id(sets, turn->dataset);
    for (size_t s = 0; of && s < sets->n; s++) {
        const RecordSet *reader = &sets->v[s];
        for (size_t i = 0; reader != of && i < reader->pack->rules.n; i++) {
            const PackRule *rule = &reader->pack->rules.v[i];
            bool reads = rule->kind == PACK_LINK ? rule->to == of->pack : rule_reads(rule, of->pack->stored->scope);
            if (reads && !tell(tx, reader, of, rule, turn, err))
                return false;
        }
    }
    return true;
}
