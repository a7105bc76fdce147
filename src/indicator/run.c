/* What is to be computed, and computing it: by months, dataset by dataset, some institutions a round. */
#include "db/queries.h"
#include "indicator/engine.h"
#include "indicator/links.h"

#include "base/banned.h"

enum { ROUND_WORKS = 160 /* what twins are sought in is read once a round: a city's institutions are one */, STALE_ROWS = 200 };

/* --- What changed ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Engine *engine;
    int64_t n;
} Looking;

typedef ARENA_LIST(QualityStaleRow) Stale;

static bool due(DbConn *tx, const RecordSet *set, int64_t org, int month, GError **err)
{
    return db_exec(tx, QualityDueAdd, NULL, err, .dataset = set->id, .org = org, .month = month);
}

/* Children whose parent may have come, or gone; twins of which one may have gone. */
static bool due_of_related(DbConn *tx, const RecordSet *set, const RecordSet *changed, const PackRule *rule, const QualityStaleRow *row, GError **err)
{
    if (rule->kind == PACK_LINK && rule->to == changed->pack)
        return db_exec(tx, QualityDueOfDefects, NULL, err, .dataset = set->id, .rule = rule->entry.id)
               && (!row->deleted || db_exec(tx, QualityDueOfOrg, NULL, err, .dataset = set->id, .org = row->org));
    if (rule->kind == PACK_UNIQUE && set == changed)
        return db_exec(tx, QualityDueOfDefects, NULL, err, .dataset = set->id, .rule = rule->entry.id);
    return true;
}

static bool due_of_set(DbConn *tx, const Engine *engine, const RecordSet *set, const RecordSet *changed, const QualityStaleRow *row, GError **err)
{
    int month = changed->pack->kind == PACK_REGISTER ? hub_month(engine->today) : (int) row->month;
    bool reads = set == changed;
    for (size_t i = 0; i < set->pack->rules.n; i++) {
        reads |= rule_reads(&set->pack->rules.v[i], changed->pack->stored->scope);
        if (!due_of_related(tx, set, changed, &set->pack->rules.v[i], row, err))
            return false;
    }
    if (!reads)
        return true;
    int of = set == changed && set->pack->kind != PACK_AGGREGATE ? month : month_of_rules(set->pack, month);
    return set == changed ? due(tx, set, row->org, of, err) : db_exec(tx, QualityDueBeside, NULL, err, .dataset = set->id, .org = row->org, .month = of);
}

static bool look_in_tx(DbConn *tx, void *data, GError **err)
{
    Looking *looking = data;
    g_autoptr(Arena) arena = arena_new();
    const RecordSets *sets = &looking->engine->sets;
    Stale stale = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, QualityStale, err, .limit = STALE_ROWS);
    for (QualityStaleRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &stale) = row;
    if (!db_rows_ok(rows))
        return false;
    looking->n = (int64_t) stale.n;
    for (size_t i = 0; i < stale.n; i++) {
        const QualityStaleRow *row = &stale.v[i];
        const RecordSet *changed = records_set_by_id(sets, row->dataset);
        for (size_t s = 0; changed && s < sets->n; s++)
            if (!due_of_set(tx, looking->engine, &sets->v[s], changed, row, err))
                return false;
        if (!db_exec(tx, QualitySeenPut, NULL, err, .dataset = row->dataset, .org = row->org, .month = row->month, .version = row->version))
            return false;
    }
    return true;
}

/* Another edition of a pack: every month of its datasets. */
static bool editions_in_tx(DbConn *tx, void *data, GError **err)
{
    const Engine *engine = data;
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < engine->sets.n; i++) {
        const RecordSet *set = &engine->sets.v[i];
        QualityEditionRow row;
        bool found;
        if (!db_one(tx, QualityEdition, arena, &row, &found, err, .dataset = set->id))
            return false;
        if (found && str_eq(row.rules, set->pack->pack->hash))
            continue;
        if (!db_exec(tx, QualityEditionPut, NULL, err, .dataset = set->id, .rules = set->pack->pack->hash)
            || (found && !db_exec(tx, QualityDueOfDataset, NULL, err, .dataset = set->id)))
            return false;
    }
    return true;
}

static bool look(const Engine *engine, QualityTold told, void *data, GError **err)
{
    Looking looking = { .engine = engine };
    if (!db_write(engine->quality->db, DB_BULK, editions_in_tx, (void *) engine, err))
        return false;
    do {
        if ((told && !told(data, err)) || !db_write(engine->quality->db, DB_BULK, look_in_tx, &looking, err))
            return false;
    } while (looking.n == STALE_ROWS);
    return true;
}

/* --- Persons that were merged or parted --------------------------------------------------------------------------------------------- */

/* Where rows about them stand, rules between records may find something else, though no record changed. */

enum { LINKS = 200 };

typedef struct {
    const Engine *engine;
    Arena *arena;
    LinkNews news;
} Links;

static bool due_of_persons(DbConn *tx, const Links *links, GError **err)
{
    const PersonRecord *records = NULL;
    size_t n = 0;
    if (links->news.persons.n > 0 && !hub_records_of(tx, links->news.persons.v, links->news.persons.n, links->arena, &records, &n, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const RecordSet *set = records_set_by_id(&links->engine->sets, records[i].dataset);
        int month = set && set->pack->kind == PACK_REGISTER ? hub_month(links->engine->today) : (int) records[i].month;
        if (set && !due(tx, set, records[i].org, month, err))
            return false;
    }
    return true;
}

static bool links_in_tx(DbConn *tx, void *data, GError **err)
{
    Links *links = data;
    return links_unseen(tx, LINKS_OF_QUALITY, LINKS, links->arena, &links->news, err) && due_of_persons(tx, links, err) && links_seen(tx, LINKS_OF_QUALITY, &links->news, err);
}

/* What is told of by now is looked at before the roots are read: who is merged in between is told of again by the next run. */
static bool look_at_persons(Engine *engine, QualityTold told, void *data, GError **err)
{
    for (size_t n = 1; n > 0;) {
        g_autoptr(Arena) arena = arena_new();
        Links links = { .engine = engine, .arena = arena };
        if ((told && !told(data, err)) || !db_write(engine->quality->db, DB_BULK, links_in_tx, &links, err))
            return false;
        n = links.news.persons.n;
    }
    g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
    return conn && links_roots(conn, engine->roots, err);
}

/* --- Computing --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Engine *engine;
    Work *works;
    size_t n;
    VolumePeers *peers;
} Round;

Period quality_period(const PackDataset *pack, int month)
{
    PeriodKind kind;
    if (!expected_kind(pack, &kind) || kind == PERIOD_DAY || kind == PERIOD_WEEK)
        kind = PERIOD_MONTH;
    return period_of_date(kind, quality_month_start(month));
}

/* One month of one dataset: the first that is due, so that figures of earlier months stand when a later one is held against them. */
static bool take_round(const Engine *engine, Arena *arena, Round *round, bool *ret_unknown, QualityDueNextRow *ret_first, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, QualityDueNext, err, .limit = ROUND_WORKS) : NULL;
    round->works = ARENA_ARRAY(arena, Work, ROUND_WORKS);
    for (QualityDueNextRow row; rows && db_next(rows, &row, err);) {
        const RecordSet *set = records_set_by_id(&engine->sets, row.dataset);
        *ret_first = row;
        *ret_unknown = set == NULL;
        if (!set)
            break;
        int month = set->pack->kind == PACK_REGISTER && row.month == 0 ? hub_month(engine->today) : (int) row.month;
        round->works[round->n++] = (Work) { .set = set, .org = row.org, .month = month, .due_month = (int) row.month, .gen = row.gen,
                                            .period = quality_period(set->pack, month), .peers = &round->peers, .arena = arena };
    }
    return db_rows_ok(rows);
}

static bool needs_figures(const Work *work)
{
    bool expected;
    ExpectedState state = items_state(work, &expected);
    return work->cells.rows > 0 || (expected && state == EXPECTED_ZERO);
}

static bool compute(const Engine *engine, Round *round, GError **err)
{
    for (size_t i = 0; i < round->n; i++) {
        Work *work = &round->works[i];
        g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
        if (!conn || !work_expected(conn, engine->quality, work, err))
            return false;
        db_done(g_steal_pointer(&conn));
        if (!count_records(engine, work, err) || (needs_figures(work) && !figures_rules(engine, work, err)))
            return false;
    }
    if (!relate_links(engine, round->works, round->n, err) || !relate_unique(engine, round->works, round->n, err))
        return false;
    for (size_t i = 0; i < round->n; i++)
        round->works[i].n_items = round->works[i].items.n;
    return true;
}

static bool write_in_tx(DbConn *tx, void *data, GError **err)
{
    const Round *round = data;
    for (size_t i = 0; i < round->n; i++)
        if (!work_write(tx, round->engine, &round->works[i], err))
            return false;
    return true;
}

static bool forget_in_tx(DbConn *tx, void *data, GError **err)
{
    const QualityDueNextRow *row = data;
    return db_exec(tx, QualityDueForget, NULL, err, .dataset = row->dataset);
}

static bool run_rounds(const Engine *engine, QualityTold told, void *data, int64_t *ret_n, GError **err)
{
    for (*ret_n = 0;;) {
        g_autoptr(Arena) arena = arena_new();
        Round round = { .engine = engine };
        QualityDueNextRow first = { 0 };
        bool unknown = false;
        if ((told && !told(data, err)) || !take_round(engine, arena, &round, &unknown, &first, err))
            return false;
        if (unknown && !db_write(engine->quality->db, DB_BULK, forget_in_tx, &first, err))
            return false;
        if (round.n == 0 && !unknown)
            return true;
        if (round.n > 0 && (!compute(engine, &round, err) || !db_write(engine->quality->db, DB_BULK, write_in_tx, &round, err)))
            return false;
        *ret_n += (int64_t) round.n;
    }
}

bool quality_run(const Quality *quality, QualityTold told, void *data, int64_t *ret_months, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(GHashTable) arrived = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GHashTable) roots = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    Engine engine = { .quality = quality, .runner = runner, .today = clock_today(quality->clock), .arrived = arrived, .roots = roots, .arena = arena };
    return engine_open(&engine, err) && look_at_persons(&engine, told, data, err) && look(&engine, told, data, err) && run_rounds(&engine, told, data, ret_months, err);
}
