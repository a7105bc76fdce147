/* A month as it was computed, into the store: reports, defects, figures, items, score, signal. */
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

/* --- Defects ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t id, key;
} OpenDefect;
typedef ARENA_LIST(OpenDefect) OpenDefects;

/* Open ones by key; of a rule about the month, the key is 0. Waived ones are found no more. */
static bool read_defects(DbConn *tx, const Work *work, const WorkFound *found, Arena *arena, OpenDefects *open, GHashTable *known, GError **err)
{
    g_autoptr(DbRows) rows = db_query(tx, QualityDefectsOfRule, err, .dataset = work->set->id, .org = work->org, .month = work_read_month(work), .rule = found->rule->entry.id);
    for (QualityDefectsOfRuleRow row; rows && db_next(rows, &row, err);) {
        int64_t key = row.key == DB_NULL_INT ? 0 : row.key;
        g_hash_table_add(known, g_memdup2(&key, sizeof key));
        if (!row.waived)
            *ARENA_PUSH(arena, open) = (OpenDefect) { row.id, key };
    }
    return db_rows_ok(rows);
}

static bool add_defect(DbConn *tx, const Engine *engine, const Work *work, const WorkFound *found, int64_t key, GError **err)
{
    char uid[UID_TEXT_MAX];
    return db_exec(tx, QualityDefectInsert, NULL, err, .uid = str_from(uid_new(uid)), .dataset = work->set->id, .org = work->org, .month = work_read_month(work),
                   .key = found->rule->kind >= PACK_SET ? DB_NULL_INT : key, .period = found->rule->kind >= PACK_SET ? work->period : DB_NULL_INT,
                   .rule = found->rule->entry.id, .level = found->rule->level == PACK_ERROR ? STR("error") : STR("warning"),
                   .found_at = clock_now_ms(engine->quality->clock));
}

static bool write_found(DbConn *tx, const Engine *engine, const Work *work, const WorkFound *found, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL), now = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    OpenDefects open = { 0 };
    static const int64_t of_month = 0;
    const int64_t *keys = found->rule->kind >= PACK_SET ? &of_month : found->keys;
    size_t n = found->rule->kind >= PACK_SET ? found->month : found->n_keys;
    if (!read_defects(tx, work, found, arena, &open, known, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        g_hash_table_add(now, g_memdup2(&keys[i], sizeof *keys));
        if (!g_hash_table_contains(known, &keys[i]) && !add_defect(tx, engine, work, found, keys[i], err))
            return false;
    }
    for (size_t i = 0; i < open.n; i++)
        if (!g_hash_table_contains(now, &open.v[i].key)
            && !db_exec(tx, QualityDefectClose, NULL, err, .id = open.v[i].id, .closed_at = clock_now_ms(engine->quality->clock)))
            return false;
    return true;
}

/* Where the other's defect is not known yet, its month is computed, too; there it is found. */
static bool write_others(DbConn *tx, const Work *work, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < work->others.n; i++) {
        const WorkOther *other = &work->others.v[i];
        QualityDefectKnownRow row;
        bool found;
        if (!db_one(tx, QualityDefectKnown, arena, &row, &found, err, .dataset = work->set->id, .org = other->org, .month = other->month, .key = other->key,
                    .rule = other->rule->entry.id)
            || (!found && !db_exec(tx, QualityDueAdd, NULL, err, .dataset = work->set->id, .org = other->org, .month = other->month)))
            return false;
    }
    return true;
}

/* --- Figures, items, score ---------------------------------------------------------------------------------------------------------- */

static bool write_volumes(DbConn *tx, const Work *work, GError **err)
{
    if (!db_exec(tx, QualityVolumesForget, NULL, err, .dataset = work->set->id, .org = work->org, .month = work->month))
        return false;
    for (size_t i = 0; i < work->volumes.n; i++)
        if (!db_exec(tx, QualityVolumePut, NULL, err, .dataset = work->set->id, .rule = work->volumes.v[i].rule->entry.id, .org = work->org, .month = work->month,
                     .value = work->volumes.v[i].value))
            return false;
    return true;
}

static int64_t or_null(int64_t ppm)
{
    return ppm < 0 ? DB_NULL_INT : ppm;
}

static bool write_items(DbConn *tx, const Work *work, const QualityItem *items, GError **err)
{
    if (!db_exec(tx, QualityItemsForget, NULL, err, .dataset = work->set->id, .org = work->org, .month = work->month))
        return false;
    for (size_t i = 0; i < work->items.n; i++)
        if (!db_exec(tx, QualityItemPut, NULL, err, .dataset = work->set->id, .month = work->month, .org = work->org, .rule = items[i].rule, .measure = items[i].measure,
                     .weight = items[i].weight, .tested = items[i].tested, .passed = items[i].passed, .loss = items[i].loss_ppm, .why = work->items.v[i].why))
            return false;
    return true;
}

static bool write_score(DbConn *tx, const Engine *engine, const Work *work, const QualityScore *score, Str state, GError **err)
{
    return db_exec(tx, QualityScorePut, NULL, err, .dataset = work->set->id, .month = work->month, .org = work->org, .state = state, .records = work->cells.rows,
                   .held = work->cells.held, .completeness = or_null(score->measures[QUALITY_COMPLETENESS]), .validity = or_null(score->measures[QUALITY_VALIDITY]),
                   .consistency = or_null(score->measures[QUALITY_CONSISTENCY]), .uniqueness = or_null(score->measures[QUALITY_UNIQUENESS]),
                   .timeliness = or_null(score->measures[QUALITY_TIMELINESS]), .score = or_null(score->score), .rules = work->set->pack->pack->hash,
                   .computed = clock_now_ms(engine->quality->clock));
}

/* An excused month has no score; one of which nothing is known yet is not there. */
static bool write_result(DbConn *tx, const Engine *engine, Work *work, GError **err)
{
    bool expected;
    ExpectedState state = items_state(work, &expected);
    bool excused = expected && state == EXPECTED_EXCUSED, nothing = work->cells.rows == 0 && (!expected || state == EXPECTED_WAITING);
    if (excused || nothing)
        work->items.n = 0;
    QualityItem *items = ARENA_ARRAY(work->arena, QualityItem, work->items.n + 1);
    for (size_t i = 0; i < work->items.n; i++)
        items[i] = work->items.v[i].item;
    QualityScore score = quality_score(items, work->items.n, work->set->pack->quality ? work->set->pack->quality->weights : quality_weights);
    if (!write_items(tx, work, items, err))
        return false;
    return nothing ? db_exec(tx, QualityScoreForget, NULL, err, .dataset = work->set->id, .org = work->org, .month = work->month)
                   : write_score(tx, engine, work, &score, str_from(expected ? expected_states[state] : ""), err);
}

/* Somebody said something of it since it was last computed: it is no longer awaited, and nobody was told. */
static bool was_waiting(DbConn *tx, const Work *work, bool *ret_was, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    QualityStateRow row;
    bool found;
    if (!db_one(tx, QualityState, arena, &row, &found, err, .dataset = work->set->id, .org = work->org, .month = work->month))
        return false;
    *ret_was = work->expected.n > 0 && (!found || str_eq(row.state, str_from(expected_states[EXPECTED_WAITING])));
    return true;
}

/* How the store's expectations stand now; who reads what came, or what is awaited again, is told. */
static bool settle(DbConn *tx, const Engine *engine, Work *work, GError **err)
{
    ExpectedPlace place = { work->set->id, work->org, work->set->pack, work->month, work->counts.v, work->counts.n };
    int month = month_of_rules(work->set->pack, work->month);
    bool before, after, waited;
    if (!report_awaited_in(tx, work->set, work->org, month, engine->today, &before, err) || !expected_settle(tx, engine->quality, &place, err)
        || !report_awaited_in(tx, work->set, work->org, month, engine->today, &after, err) || !was_waiting(tx, work, &waited, err))
        return false;
    ReportTurn turn = { work->set->id, work->org, month, !after, engine->today };
    return (before == after && (after || !waited)) || report_turned(tx, &engine->sets, &turn, err);
}

bool work_write(DbConn *tx, const Engine *engine, Work *work, GError **err)
{
    work->items.n = work->n_items; /* a write may run again: what is added here is added anew */
    for (size_t i = 0; i < work->found.n; i++)
        if (!write_found(tx, engine, work, &work->found.v[i], err))
            return false;
    if (!write_others(tx, work, err) || !write_volumes(tx, work, err) || !settle(tx, engine, work, err) || !work_expected(tx, engine->quality, work, err) || !items_of_records(tx, work, err))
        return false;
    items_of_expected(work);
    return write_result(tx, engine, work, err) && notice_score(tx, engine->quality, work->set, work->org, err)
           && db_exec(tx, QualityDueDone, NULL, err, .dataset = work->set->id, .org = work->org, .month = work->due_month, .gen = work->gen);
}
