/* Rules about an organisation's period: sets, totals, volumes. Records that are held count, too: they were received. */
#include <stdlib.h>

#include "base/season.h"
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

/* --- Sentences ------------------------------------------------------------------------------------------------------------------------ */

/* {"code":…,"params":{…}} with numbers at their scale. */
static Str sentence(Arena *arena, const char *code, const char *const *names, const Decimal *values, size_t n)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char number[DECIMAL_TEXT_MAX];
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_cstr(&json, "code", code);
    json_key(&json, "params");
    json_begin_object(&json);
    for (size_t i = 0; i < n; i++)
        json_member_cstr(&json, names[i], decimal_format(values[i], number));
    json_end_object(&json);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(text));
}

static void add_found(Work *work, const PackRule *rule, bool broken, Str why)
{
    *ARENA_PUSH(work->arena, &work->found) = (WorkFound) { .rule = rule, .month = broken, .why = why };
}

/* --- Set, total ------------------------------------------------------------------------------------------------------------------------- */

static bool rule_set(const Engine *engine, Work *work, const PackRule *rule, GError **err)
{
    int64_t holds;
    bool null, awaits;
    if (!rule_awaits(engine, work, rule, &awaits, err))
        return false;
    if (awaits) {
        add_found(work, rule, false, STR_NONE); /* what was found before is taken back until it can be judged */
        return true;
    }
    if (!totals_eval(engine, rule->check.expr, work->org, work->period, &holds, &null, err))
        return false;
    add_found(work, rule, !null && !holds, STR_NONE);
    if (!null)
        work_item(work, rule->entry.id, work_measure(work->set->pack, rule), rule->weight, 1, holds != 0, STR_NONE);
    return true;
}

/* Both at the greater scale; false: they do not fit there. */
static bool same_scale(int64_t *a, int a_scale, int64_t *b, int b_scale, int *ret_scale)
{
    *ret_scale = MAX(a_scale, b_scale);
    return decimal_at_scale(decimal_make(*a, a_scale), *ret_scale, a) && decimal_at_scale(decimal_make(*b, b_scale), *ret_scale, b);
}

static bool is_off(const PackRule *rule, int64_t received, int64_t declared)
{
    int64_t tolerance;
    decimal_at_scale(rule->tolerance_percent, DECIMAL_SCALE_MAX, &tolerance);
    __int128 off = (__int128) ABS(received - declared) * 100 * QUALITY_PPM;
    return off > (__int128) tolerance * ABS(declared);
}

/* Coverage: what came of what was declared; and how far both agree. A month for which nothing was declared proves nothing. */
static bool rule_total(const Engine *engine, Work *work, const PackRule *rule, GError **err)
{
    int64_t received, declared;
    bool no_received, no_declared, awaits;
    int scale;
    if (!rule_awaits(engine, work, rule, &awaits, err))
        return false;
    if (awaits) {
        add_found(work, rule, false, STR_NONE); /* what was found before is taken back until it can be judged */
        return true;
    }
    if (!totals_eval(engine, rule->received.expr, work->org, work->period, &received, &no_received, err)
        || !totals_eval(engine, rule->declared.expr, work->org, work->period, &declared, &no_declared, err))
        return false;
    received = no_received ? 0 : received;
    bool known = !no_declared && declared >= 0 && received >= 0
                 && same_scale(&received, expr_type(rule->received.expr).scale, &declared, expr_type(rule->declared.expr).scale, &scale);
    bool off = known && is_off(rule, received, declared);
    Str why = !known ? STR_NONE
                     : sentence(work->arena, received < declared ? "total-few" : "total-many", (const char *const[]) { "received", "declared" },
                                (const Decimal[]) { decimal_make(received, scale), decimal_make(declared, scale) }, 2);
    add_found(work, rule, off, why);
    if (!known || MAX(declared, received) == 0)
        return true;
    int64_t of = MAX(declared, 1), apart = ABS(received - declared);
    Str told = received == declared ? STR_NONE : why;
    if (rule->counts_for < 0 || rule->counts_for == QUALITY_COMPLETENESS)
        work_item(work, rule->entry.id, QUALITY_COMPLETENESS, rule->weight, of, MIN(received, of), told);
    if (rule->counts_for < 0 || rule->counts_for != QUALITY_COMPLETENESS)
        work_item(work, rule->entry.id, rule->counts_for < 0 ? QUALITY_CONSISTENCY : (QualityMeasure) rule->counts_for, rule->weight, of, MAX(0, of - apart), told);
    return true;
}

/* --- Volume ------------------------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(SeasonMonth) Months;
typedef ARENA_LIST(SeasonHistory) Histories;
typedef ARENA_LIST(int64_t) Orgs;

/* Histories of all institutions of one kind, of one rule, before one month. All of a round are held against the same ones: read for each anew, a city of two thousand institutions would read itself two thousand times a month. */
struct VolumePeers {
    const PackRule *rule;
    int month;
    Orgs orgs; /* ascending; in the same places their histories */
    Histories histories;
    SeasonIndex index;
    VolumePeers *next;
};

static void add_history(VolumePeers *peers, Arena *arena, int64_t org, const Months *months)
{
    if (months->n == 0)
        return;
    *ARENA_PUSH(arena, &peers->orgs) = org;
    *ARENA_PUSH(arena, &peers->histories) = (SeasonHistory) { months->v, months->n };
}

static VolumePeers *read_volumes(const Engine *engine, const Work *work, const PackRule *rule, GError **err)
{
    VolumePeers *peers = ARENA_NEW(work->arena, VolumePeers);
    Months months = { 0 };
    int64_t org = 0;
    *peers = (VolumePeers) { .rule = rule, .month = work->month };
    g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
    g_autoptr(DbRows) rows = !conn ? NULL : db_query(conn, QualityVolumes, err, .dataset = work->set->id, .rule = rule->entry.id, .org = work->org, .before = work->month);
    for (QualityVolumesRow row; rows && db_next(rows, &row, err);) {
        if (row.org != org) {
            add_history(peers, work->arena, org, &months);
            months = (Months) { 0 };
        }
        org = row.org;
        *ARENA_PUSH(work->arena, &months) = (SeasonMonth) { (int) row.month, row.value };
    }
    add_history(peers, work->arena, org, &months);
    peers->index = season_index(peers->histories.v, peers->histories.n);
    return db_rows_ok(rows) ? peers : NULL;
}

static int by_org(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

static SeasonHistory history_of(const VolumePeers *peers, int64_t org)
{
    const int64_t *at = peers->orgs.n > 0 ? bsearch(&org, peers->orgs.v, peers->orgs.n, sizeof org, by_org) : NULL;
    return at ? peers->histories.v[at - peers->orgs.v] : (SeasonHistory) { NULL, 0 };
}

/* Those that were read for another of the round do where this one is among them: it is of their kind. One without any history is judged by nothing. */
static const VolumePeers *peers_of(const Engine *engine, Work *work, const PackRule *rule, SeasonHistory *ret_own, GError **err)
{
    for (const VolumePeers *peers = *work->peers; peers; peers = peers->next)
        if (peers->rule == rule && peers->month == work->month && (*ret_own = history_of(peers, work->org), ret_own->n > 0))
            return peers;
    VolumePeers *peers = read_volumes(engine, work, rule, err);
    if (!peers)
        return NULL;
    *ret_own = history_of(peers, work->org);
    if (ret_own->n > 0) {
        peers->next = *work->peers;
        *work->peers = peers;
    }
    return peers;
}

static Str volume_why(Work *work, const PackRule *rule, int64_t value, const SeasonJudged *judged)
{
    static const char *const codes[][3] = { /* by verdict, basis */
        [SEASON_FEW] = { "volume-few-years", "volume-few-peers", "volume-few-months" },
        [SEASON_MANY] = { "volume-many-years", "volume-many-peers", "volume-many-months" },
    };
    int scale = expr_type(rule->measure.expr).scale;
    return sentence(work->arena, codes[judged->verdict][judged->basis], (const char *const[]) { "value", "usual", "n", "deviations" },
                    (const Decimal[]) { decimal_make(value, scale), decimal_make(judged->usual, scale), decimal_make(judged->n, 0), decimal_make(judged->distance_tenths, 1) }, 4);
}

/* Too few is a part missing, too many a contradiction; what is usual counts for both. */
static void judge_volume(Work *work, const PackRule *rule, int64_t value, const SeasonJudged *judged)
{
    bool few = judged->verdict == SEASON_FEW, many = judged->verdict == SEASON_MANY;
    Str why = few || many ? volume_why(work, rule, value, judged) : STR_NONE;
    add_found(work, rule, few || many, why);
    if (judged->verdict == SEASON_UNKNOWN)
        return;
    int64_t usual = MAX(judged->usual, 1), seen = MAX(value, 1);
    QualityMeasure of_few = rule->counts_for < 0 ? QUALITY_COMPLETENESS : (QualityMeasure) rule->counts_for;
    QualityMeasure of_many = rule->counts_for < 0 ? QUALITY_CONSISTENCY : (QualityMeasure) rule->counts_for;
    work_item(work, rule->entry.id, of_few, rule->weight, few ? usual : 1, few ? CLAMP(value, 0, usual) : 1, few ? why : STR_NONE);
    if (of_many != of_few)
        work_item(work, rule->entry.id, of_many, rule->weight, many ? seen : 1, many ? MIN(usual, seen) : 1, many ? why : STR_NONE);
}

/* Months of which nobody expected a report before it was due, or at all, are the history that somebody brought when joining: others are held against it, nothing holds it against itself. */
static bool is_brought(const Engine *engine, const Work *work, bool *ret_brought, GError **err)
{
    ExpectedSpanRow span;
    bool found, timed = false;
    for (size_t i = 0; i < work->expected.n; i++)
        timed |= work->expected.v[i].timed;
    *ret_brought = work->set->pack->due.node && work->expected.n > 0 && !timed;
    if (!work->set->pack->reporters || work->expected.n > 0)
        return true;
    g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
    if (!conn || !db_one(conn, ExpectedSpan, work->arena, &span, &found, err, .dataset = work->set->id))
        return false;
    *ret_brought = span.first != DB_NULL_INT && work->month < hub_month(period_start((Period) span.first));
    return true;
}

static bool rule_volume(const Engine *engine, Work *work, const PackRule *rule, GError **err)
{
    int64_t value, deviations;
    bool null;
    SeasonHistory own;
    if (!totals_eval(engine, rule->measure.expr, work->org, work->period, &value, &null, err))
        return false;
    if (null)
        return true;
    *ARENA_PUSH(work->arena, &work->volumes) = (WorkVolume) { rule, value };
    bool brought;
    if (!is_brought(engine, work, &brought, err))
        return false;
    if (brought)
        return true;
    const VolumePeers *peers = peers_of(engine, work, rule, &own, err);
    if (!peers)
        return false;
    decimal_at_scale(rule->deviations, DECIMAL_SCALE_MAX, &deviations);
    SeasonJudged judged = season_judge(own, &peers->index, (SeasonMonth) { work->month, value }, (int) rule->back_months, (double) deviations / QUALITY_PPM);
    judge_volume(work, rule, value, &judged);
    return true;
}

bool figures_rules(const Engine *engine, Work *work, GError **err)
{
    static bool (*const kinds[])(const Engine *engine, Work *work, const PackRule *rule, GError **err) = {
        [PACK_SET] = rule_set, [PACK_TOTAL] = rule_total, [PACK_VOLUME] = rule_volume,
    };
    const PackDataset *pack = work->set->pack;
    for (size_t i = 0; i < pack->rules.n; i++) {
        const PackRule *rule = &pack->rules.v[i];
        if (rule->kind >= PACK_SET && !kinds[rule->kind](engine, work, rule, err))
            return false;
    }
    return true;
}
