/* What a finding about a period is made of: the aggregates of its rule with their answers, and the records behind each. */
#include "indicator/engine.h"
#include "indicator/links.h"

#include "base/banned.h"

typedef struct {
    Engine engine;
    Arena *arena;
    int64_t org;
    Period period;
    ARENA_LIST(QualityPart) parts;
} Asking;

static Str instant_text(Arena *arena, int64_t instant, int zone_minutes)
{
    char text[INSTANT_TEXT_MAX];
    return arena_str(arena, str_from(instant_format(instant, zone_minutes, text)));
}

static Str answer_text(const Asking *asking, const ExprAggregate *aggregate, const ExprColumn *answer)
{
    char number[DECIMAL_TEXT_MAX], day[DATE_TEXT_MAX];
    if (answer->nulls && answer->nulls[0])
        return STR_NONE;
    switch (aggregate->type.kind) {
    case EXPR_NUMBER: return arena_str(asking->arena, str_from(decimal_format(decimal_make(((const int64_t *) answer->values)[0], aggregate->type.scale), number)));
    case EXPR_DATE: return arena_str(asking->arena, str_from(date_format(((const Date *) answer->values)[0], day)));
    case EXPR_TIME: return instant_text(asking->arena, ((const int64_t *) answer->values)[0], clock_zone_minutes(asking->engine.quality->clock));
    case EXPR_TEXT: return ((const Str *) answer->values)[0];
    case EXPR_BOOL: return ((const uint8_t *) answer->values)[0] ? STR("true") : STR("false");
    default: return STR_NONE;
    }
}

/* A dataset that is not installed has no part. */
static bool add_part(Asking *asking, const ExprAggregate *aggregate, const ExprColumn *answer, GError **err)
{
    static const char *const words[] = { "count", "count_distinct", "exists", "sum", "avg", "min", "max", "first", "last" };
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(QualityPlace));
    const RecordSet *set = records_set_of_scope(&asking->engine.sets, aggregate->dataset->scope);
    if (!set || !totals_taken(&asking->engine, aggregate, asking->org, asking->period, taken, err))
        return set == NULL;
    QualityPlace *places = ARENA_ARRAY(asking->arena, QualityPlace, taken->len + 1);
    if (taken->len > 0)
        memcpy(places, taken->data, taken->len * sizeof *places);
    *ARENA_PUSH(asking->arena, &asking->parts) = (QualityPart) {
        .how = words[aggregate->kind], .dataset = set->pack, .value = aggregate->value ? expr_text(aggregate->value) : STR_NONE,
        .condition = aggregate->condition ? expr_text(aggregate->condition) : STR_NONE, .answer = answer_text(asking, aggregate, answer), .places = places, .n_places = taken->len,
    };
    return true;
}

/* Those of a rule, in their order. */
static size_t exprs_of(const PackRule *rule, const Expr *exprs[static 2])
{
    switch (rule->kind) {
    case PACK_SET: exprs[0] = rule->check.expr; return 1;
    case PACK_TOTAL: exprs[0] = rule->received.expr, exprs[1] = rule->declared.expr; return 2;
    case PACK_VOLUME: exprs[0] = rule->measure.expr; return 1;
    default: return 0;
    }
}

static bool read_roots(const Engine *engine, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
    return conn && links_roots(conn, engine->roots, err);
}

/* --- Who stands in one figure only --------------------------------------------------------------------------------------------------- */

static bool about_persons(const QualityPart *part)
{
    return part->dataset->subject && part->dataset->subject->person;
}

/* The persons of the figures of the rule's own dataset, or of all others. */
static GHashTable *persons_of(const QualityPart *parts, size_t n, const PackDataset *own, bool of_own, bool *ret_any)
{
    GHashTable *persons = g_hash_table_new(g_int64_hash, g_int64_equal);
    *ret_any = false;
    for (size_t part = 0; part < n; part++) {
        if (!about_persons(&parts[part]) || (parts[part].dataset == own) != of_own)
            continue;
        *ret_any = true;
        for (size_t i = 0; i < parts[part].n_places; i++)
            if (parts[part].places[i].person != 0)
                g_hash_table_add(persons, &parts[part].places[i].person);
    }
    return persons;
}

/* Cards against diagnoses: who was diagnosed and has no card, and whose card has no diagnosis. */
static void mark_apart(QualityPart *parts, size_t n, const PackDataset *own)
{
    bool any_own, any_other;
    g_autoptr(GHashTable) owns = persons_of(parts, n, own, true, &any_own);
    g_autoptr(GHashTable) others = persons_of(parts, n, own, false, &any_other);
    for (size_t part = 0; part < n; part++) {
        QualityPart *p = &parts[part];
        p->compared = any_own && any_other && about_persons(p);
        for (size_t i = 0; p->compared && i < p->n_places; i++) {
            p->places[i].elsewhere = g_hash_table_contains(p->dataset == own ? others : owns, &p->places[i].person);
            p->n_apart += !p->places[i].elsewhere;
        }
    }
}

bool quality_parts(const Quality *quality, const PackDataset *dataset, const PackRule *rule, int64_t org, Period period, Arena *arena, const QualityPart **ret_parts, size_t *ret_n, GError **err)
{
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(GHashTable) roots = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    const Expr *exprs[2];
    size_t n_exprs = exprs_of(rule, exprs), n;
    Asking asking = { .engine = { .quality = quality, .runner = runner, .today = clock_today(quality->clock), .roots = roots, .arena = arena }, .arena = arena, .org = org, .period = period };
    if (n_exprs > 0 && (!engine_open(&asking.engine, err) || !read_roots(&asking.engine, err)))
        return false;
    for (size_t e = 0; e < n_exprs; e++) {
        const ExprAggregate *aggregates = expr_aggregates(exprs[e], &n);
        const ExprColumn *answers;
        if (!totals_columns(&asking.engine, exprs[e], org, period, arena, &answers, err))
            return false;
        for (size_t i = 0; i < n; i++)
            if (!add_part(&asking, &aggregates[i], &answers[i], err))
                return false;
    }
    mark_apart(asking.parts.v, asking.parts.n, dataset);
    *ret_parts = asking.parts.v;
    *ret_n = asking.parts.n;
    return true;
}
