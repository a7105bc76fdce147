/* Rules between records: a parent exists, a thing is there once. The records of a round of months are asked about, and whatever they are related to is read once for all of them. */
#include "indicator/engine.h"
#include "indicator/tuple.h"

#include "base/banned.h"

/* A record of a round that a rule applies to. */
typedef struct {
    size_t work;
    int64_t key;
    uint64_t hash;
} Asked;

typedef struct {
    const Engine *engine;
    const PackRule *rule;
    Work *works;
    size_t n_works, now; /* `now`: the work whose records are read */
    const Str *names;    /* of the columns that are compared */
    size_t n_names;
    bool with_org, once; /* once: of rules of kind unique */
    GArray *asked;       /* Asked */
    Tuples *tuples;
    const RecordSet *of; /* whose records are read */
    bool *awaits;        /* by work: its parents' report is awaited; NULL: of none */
} Relating;

/* --- Asking ---------------------------------------------------------------------------------------------------------------------------- */

/* By row: whether the rule's `when` holds; NULL: it has none. */
static const uint8_t *applies(const Relating *r, const RecordBatch *batch, Arena *arena)
{
    if (!r->rule->when.expr)
        return NULL;
    ExprBatch rows = { .n = batch->n, .columns = batch->columns, .days = { DATE_NONE, DATE_NONE, DATE_NONE }, .keys = batch->keys };
    ExprResult result;
    expr_eval(r->engine->runner, r->rule->when.expr, &rows, arena, &result);
    uint8_t *answers = ARENA_ARRAY(arena, uint8_t, batch->n + 1);
    for (size_t i = 0; i < batch->n; i++)
        answers[i] = !(result.column.nulls && result.column.nulls[i]) && ((const uint8_t *) result.column.values)[i];
    return answers;
}

/* Records of two periods of an aggregate are not twice the same; nor are those of a register of which one is over. */
static void leave_apart(const Relating *r, const RecordBatch *batch, uint64_t *hashes)
{
    ExprColumn to;
    ExprKind kind;
    bool ends = r->of->pack->kind == PACK_REGISTER && records_column(r->of->pack, batch, STR("valid_to"), &to, &kind);
    for (size_t i = 0; r->once && i < batch->n; i++) {
        if (batch->periods && hashes[i] != 0)
            hashes[i] = tuple_with(hashes[i], batch->periods[i]);
        if (ends && !(to.nulls && to.nulls[i]) && ((const Date *) to.values)[i] < r->engine->today)
            hashes[i] = 0;
    }
}

static bool ask_batch(const RecordBatch *batch, void *data, GError **err)
{
    (void) err;
    Relating *r = data;
    g_autoptr(Arena) arena = arena_new();
    uint64_t *hashes = ARENA_ARRAY(arena, uint64_t, batch->n + 1);
    const uint8_t *when = applies(r, batch, arena);
    tuple_hash(r->of->pack, batch, r->names, r->n_names, r->with_org, hashes);
    leave_apart(r, batch, hashes);
    for (size_t i = 0; i < batch->n; i++) {
        if ((when && !when[i]) || hashes[i] == 0)
            continue;
        Asked asked = { r->now, batch->keys[i], hashes[i] };
        g_array_append_val(r->asked, asked);
        tuples_ask(r->tuples, hashes[i]);
    }
    return true;
}

/* --- What is read ------------------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(Str) Names;

/* The fields of `when`; false: it asks for more than fields. */
static bool add_when(const Relating *r, Arena *arena, Names *names)
{
    size_t n = 0;
    const PackDataset *pack = r->of->pack;
    const uint32_t *columns = r->rule->when.expr ? expr_columns(r->rule->when.expr, false, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (columns[i] >= pack->fields.n)
            return false;
        *ARENA_PUSH(arena, names) = pack->fields.v[columns[i]].entry.id;
    }
    return true;
}

/* No more than what is compared, by which it is ordered, and what `when` looks at: a record may have sixty fields. */
static void wish_names(const Relating *r, bool when, Arena *arena, RecordWish *wish)
{
    Names names = { 0 };
    for (size_t i = 0; i < r->n_names; i++)
        *ARENA_PUSH(arena, &names) = r->names[i];
    if (r->of->pack->date.p)
        *ARENA_PUSH(arena, &names) = r->of->pack->date;
    if (when && !add_when(r, arena, &names))
        return;
    wish->names = names.v;
    wish->n_names = names.n;
}

static bool ask(Relating *r, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    r->of = r->works[0].set;
    for (r->now = 0; r->now < r->n_works; r->now++) {
        if (r->awaits && r->awaits[r->now])
            continue;
        const Work *work = &r->works[r->now];
        RecordWish wish = { .set = r->of, .org = work->org, .first = work_read_month(work), .last = work_read_month(work), .persons = r->engine->quality->persons,
                            .roots = r->engine->roots };
        wish_names(r, true, arena, &wish);
        if (!records_read(r->engine->quality, &wish, ask_batch, r, err))
            return false;
    }
    return true;
}

/* Those of the round that are broken; the others passed. */
static void conclude(Relating *r, const bool *broken)
{
    for (size_t w = 0; w < r->n_works; w++) {
        Work *work = &r->works[w];
        if (r->awaits && r->awaits[w]) { /* what was found before is taken back until it can be judged */
            *ARENA_PUSH(work->arena, &work->found) = (WorkFound) { .rule = r->rule };
            continue;
        }
        ARENA_LIST(int64_t) keys = { 0 };
        int64_t tested = 0;
        for (guint i = 0; i < r->asked->len; i++) {
            const Asked *asked = &g_array_index(r->asked, Asked, i);
            if (asked->work != w)
                continue;
            tested++;
            if (broken[i])
                *ARENA_PUSH(work->arena, &keys) = asked->key;
        }
        *ARENA_PUSH(work->arena, &work->found) = (WorkFound) { .rule = r->rule, .keys = keys.v, .n_keys = keys.n };
        work_item(work, r->rule->entry.id, work_measure(work->set->pack, r->rule), r->rule->weight, tested, tested - (int64_t) keys.n, STR_NONE);
    }
}

/* --- Links ------------------------------------------------------------------------------------------------------------------------------- */

static bool add_batch(const RecordBatch *batch, void *data, GError **err)
{
    (void) err;
    Relating *r = data;
    g_autoptr(Arena) arena = arena_new();
    uint64_t *hashes = ARENA_ARRAY(arena, uint64_t, batch->n + 1);
    ExprColumn day = { 0 };
    ExprKind kind = EXPR_NONE;
    bool dated = r->of->pack->date.p && records_column(r->of->pack, batch, r->of->pack->date, &day, &kind);
    tuple_hash(r->of->pack, batch, r->names, r->n_names, r->with_org, hashes);
    leave_apart(r, batch, hashes);
    const uint8_t *when = r->of->pack == r->works[0].set->pack ? applies(r, batch, arena) : NULL;
    for (size_t i = 0; i < batch->n; i++) {
        if (!tuples_asked(r->tuples, hashes[i]) || (when && !when[i]))
            continue;
        int64_t order = !dated ? batch->months[i] : kind == EXPR_DATE ? ((const Date *) day.values)[i] : ((const int64_t *) day.values)[i];
        tuples_add(r->tuples, hashes[i], &(TupleRecord) { batch->months[i], batch->orgs[i], batch->keys[i], order });
    }
    return true;
}

enum { FIRST_MONTH = -100000, LAST_MONTH = 100000 };

/* Of one organisation where only its own records count, each once; else of all. */
static bool read_related(Relating *r, bool own, bool month, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    for (size_t w = 0; w < r->n_works; w++) {
        const Work *work = &r->works[w];
        bool again = false;
        for (size_t before = 0; before < w; before++)
            again |= (!own || r->works[before].org == work->org) && (!month || r->works[before].month == work->month);
        RecordWish wish = { .set = r->of, .org = own ? work->org : 0, .first = month ? work->month : FIRST_MONTH, .last = month ? work->month : LAST_MONTH,
                            .persons = r->engine->quality->persons, .roots = r->engine->roots };
        wish_names(r, r->of->pack == r->works[0].set->pack, arena, &wish);
        if (!again && !records_read(r->engine->quality, &wish, add_batch, r, err))
            return false;
    }
    return true;
}

static void relating_clear(Relating *r)
{
    g_array_unref(r->asked);
    tuples_free(r->tuples);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Relating, relating_clear)

/* A round is one month: whether any organisation's report is awaited is asked once. */
static bool find_awaiting(Relating *r, const RecordSet *parents, bool own, Arena *arena, GError **err)
{
    if (!parents || parents == r->works[0].set)
        return true;
    r->awaits = ARENA_ARRAY(arena, bool, r->n_works);
    for (size_t w = 0; w < r->n_works; w++) {
        Period month = period_of_date(PERIOD_MONTH, quality_month_start(r->works[w].month));
        if (w > 0 && !own && r->works[w].month == r->works[w - 1].month)
            r->awaits[w] = r->awaits[w - 1];
        else if (!report_awaited(r->engine->quality, parents, own ? r->works[w].org : 0, month, &r->awaits[w], err))
            return false;
    }
    return true;
}

static bool link_rule(const Engine *engine, Work *works, size_t n, const PackRule *rule, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Str *from = ARENA_ARRAY(arena, Str, rule->match.n), *to = ARENA_ARRAY(arena, Str, rule->match.n);
    for (size_t i = 0; i < rule->match.n; i++) {
        from[i] = rule->match.v[i].from;
        to[i] = rule->match.v[i].to;
    }
    g_auto(Relating) r = { .engine = engine, .rule = rule, .works = works, .n_works = n, .names = from, .n_names = rule->match.n,
                           .asked = g_array_new(false, false, sizeof(Asked)), .tuples = tuples_new() };
    const RecordSet *parents = records_set(&engine->sets, rule->to);
    bool own = rule_own_parent(works[0].set->pack, rule);
    if (!find_awaiting(&r, parents, own, arena, err) || !ask(&r, err))
        return false;
    r.names = to;
    r.of = parents;
    if (r.of && r.asked->len > 0 && !read_related(&r, own, false, err))
        return false;
    g_autofree bool *broken = g_new0(bool, r.asked->len + 1);
    for (guint i = 0; i < r.asked->len; i++)
        broken[i] = tuples_count(r.tuples, g_array_index(r.asked, Asked, i).hash) == 0;
    conclude(&r, broken);
    return true;
}

static bool each_rule(const Engine *engine, Work *works, size_t n, PackRuleKind kind,
                      bool (*run)(const Engine *engine, Work *works, size_t n, const PackRule *rule, GError **err), GError **err)
{
    const PackDataset *pack = works[0].set->pack;
    for (size_t i = 0; i < pack->rules.n; i++)
        if (pack->rules.v[i].kind == kind && !run(engine, works, n, &pack->rules.v[i], err))
            return false;
    return true;
}

bool relate_links(const Engine *engine, Work *works, size_t n, GError **err)
{
    return each_rule(engine, works, n, PACK_LINK, link_rule, err);
}

/* --- Unique -------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const PackRule *rule;
    GHashTable *extra; /* TupleRecord: all but the one that counts */
} Extras;

static guint record_hash(gconstpointer p)
{
    const TupleRecord *record = p;
    return (guint) (record->key ^ record->org * 31 ^ record->month);
}

static gboolean record_equal(gconstpointer a, gconstpointer b)
{
    const TupleRecord *x = a, *y = b;
    return x->key == y->key && x->org == y->org && x->month == y->month;
}

/* The first one is right, or the last where the pack says so. */
static void add_extras(const TupleRecord *records, size_t n, void *data)
{
    Extras *extras = data;
    size_t right = extras->rule->prefer == PACK_LAST_COUNTS ? n - 1 : 0;
    for (size_t i = 0; i < n; i++)
        if (i != right)
            g_hash_table_add(extras->extra, g_memdup2(&records[i], sizeof *records));
}

static bool holds_day(const PackDataset *pack, const PackRule *rule)
{
    for (size_t i = 0; i < rule->by.n; i++)
        if (pack->date.p && str_eq(rule->by.v[i].text, pack->date))
            return true;
    return false;
}

/* Records of other months that are extra because of these: their months are to be computed, too. */
static void tell_others(const Relating *r, const Extras *extras)
{
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, extras->extra);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const TupleRecord *record = key;
        for (size_t w = 0; w < r->n_works; w++)
            if (r->works[w].org == record->org && work_read_month(&r->works[w]) == record->month)
                record = NULL, w = r->n_works;
        if (record)
            *ARENA_PUSH(r->works[0].arena, &r->works[0].others) = (WorkOther) { r->rule, record->org, (int) record->month, record->key };
    }
}

static bool unique_rule(const Engine *engine, Work *works, size_t n, const PackRule *rule, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GHashTable) extra = g_hash_table_new_full(record_hash, record_equal, g_free, NULL);
    Str *names = ARENA_ARRAY(arena, Str, rule->by.n);
    for (size_t i = 0; i < rule->by.n; i++)
        names[i] = rule->by.v[i].text;
    bool within = rule->across == PACK_WITHIN;
    g_auto(Relating) r = { .engine = engine, .rule = rule, .works = works, .n_works = n, .names = names, .n_names = rule->by.n, .with_org = within, .once = true,
                           .asked = g_array_new(false, false, sizeof(Asked)), .tuples = tuples_new() };
    if (!ask(&r, err) || (r.asked->len > 0 && !read_related(&r, within, holds_day(works[0].set->pack, rule), err)))
        return false;
    Extras extras = { rule, extra };
    tuples_many(r.tuples, add_extras, &extras);
    g_autofree bool *broken = g_new0(bool, r.asked->len + 1);
    for (guint i = 0; i < r.asked->len; i++) {
        const Asked *asked = &g_array_index(r.asked, Asked, i);
        TupleRecord record = { work_read_month(&works[asked->work]), works[asked->work].org, asked->key, 0 };
        broken[i] = g_hash_table_contains(extra, &record);
    }
    conclude(&r, broken);
    tell_others(&r, &extras);
    return true;
}

bool relate_unique(const Engine *engine, Work *works, size_t n, GError **err)
{
    return each_rule(engine, works, n, PACK_UNIQUE, unique_rule, err);
}
