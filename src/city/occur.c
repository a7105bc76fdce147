/* Occurrences: to whom it happens and when, before anything else of a row is known: 24 bytes each, put in the order of the files. */
#include <stdlib.h>

#include "city/random.h"
#include "city/run.h"

#include "base/banned.h"

enum { SALT_SHARE = 501, SALT_EVENTS, SALT_MONTH, SALT_DAY, SALT_WEEKEND, SALT_REPORTER };
enum { MONTHS = 12, EVENTS_MOST = 1000 };

typedef struct {
    CityRun *run;
    CityStreamRun *stream;
    const CityStream *recipe;
    ExprRunner *runner;
    Arena *scratch;
    CityOcc *drafts; /* found, not yet looked at as a whole */
    size_t n_drafts, cap_drafts, cap;
} Finding;

/* --- Periods ------------------------------------------------------------------------------------------------------------------- */

static PeriodKind kind_of(int every)
{
    static const PeriodKind kinds[] = { [PACK_EVERY_DAY] = PERIOD_DAY, [PACK_EVERY_WEEK] = PERIOD_WEEK, [PACK_EVERY_MONTH] = PERIOD_MONTH,
                                        [PACK_EVERY_QUARTER] = PERIOD_QUARTER, [PACK_EVERY_YEAR] = PERIOD_YEAR };
    return every == PACK_NEVER ? PERIOD_MONTH : kinds[every];
}

/* A register's state may be said again as often as its files come; what else has periods says by itself how long they are. */
PeriodKind stream_row_kind(const CityStream *stream)
{
    if (stream->dataset && stream->dataset->kind == PACK_REGISTER && stream->files != PACK_NEVER)
        return kind_of(stream->files);
    return kind_of(stream->dataset ? (int) stream->dataset->every : PACK_NEVER);
}

PeriodKind stream_period_kind(const CityStream *stream)
{
    return stream->files != PACK_NEVER ? kind_of(stream->files) : stream_row_kind(stream);
}

static void make_periods(CityRun *run, CityStreamRun *stream)
{
    size_t days = (size_t) (run->last - run->first) + 1;
    stream->period_kind = stream_period_kind(stream->stream);
    stream->row_kind = stream_row_kind(stream->stream);
    stream->file_of = ARENA_ARRAY(run->arena, uint16_t, days);
    stream->periods = ARENA_ARRAY(run->arena, Period, days + 2);
    Period period = 0;
    for (size_t i = 0; i < days; i++) {
        Period own = period_of_date(stream->period_kind, run->first + (Date) i);
        if (own != period)
            stream->periods[++stream->n_files] = period = own;
        stream->file_of[i] = stream->n_files;
    }
    stream->n_files++;
}

/* --- Second look: day, whether at all, who reports --------------------------------------------------------------------------------- */

static CityRows *rows_of(const Finding *f, const CityOcc *occs, size_t n)
{
    return rows_new(f->run, f->recipe->plan, f->stream, occs, n, f->runner, f->scratch);
}

static size_t keep(CityOcc *occs, size_t n, const uint8_t *kept)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        if (kept[i])
            occs[left++] = occs[i];
    return left;
}

static void add_lag(const Finding *f, CityOcc *occs, size_t n)
{
    if (!f->recipe->lag)
        return;
    CityRows *rows = rows_of(f, occs, n);
    const ExprColumn *lag = rows_column(rows, (uint32_t) plan_find(f->recipe->plan, STR("lag")));
    for (size_t i = 0; i < n; i++)
        occs[i].day += column_null(lag, i) ? 0 : (Date) ((const int64_t *) lag->values)[i];
}

/* What falls on a weekend mostly moves to the Monday. */
static void leave_weekends(const Finding *f, CityOcc *occs, size_t n)
{
    enum { SATURDAY = 6, NEXT_MONDAY = 8 };
    double stays = (double) f->recipe->weekend.value;
    for (int i = 0; i < f->recipe->weekend.scale; i++)
        stays /= 10;
    if (stays >= 1)
        return;
    const uint64_t *keys = rows_keys(rows_of(f, occs, n));
    for (size_t i = 0; i < n; i++) {
        int weekday = date_weekday(occs[i].day);
        if (weekday >= SATURDAY && random_unit(random_of(keys[i], SALT_WEEKEND)) >= stays)
            occs[i].day += NEXT_MONDAY - weekday;
    }
}

static size_t keep_those_there(const Finding *f, CityOcc *occs, size_t n)
{
    const CityFolk *folk = &f->run->folk;
    uint8_t *kept = ARENA_ARRAY(f->scratch, uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        Date day = occs[i].day;
        uint32_t who = occs[i].person;
        bool in_time = day <= f->run->last && (day >= f->run->first || f->recipe->history);
        bool there = who == NOBODY || !f->recipe->present || (day >= folk->since[who] && day <= folk->until[who]);
        kept[i] = in_time && there;
    }
    return keep(occs, n, kept);
}

static size_t keep_by_chance(const Finding *f, CityOcc *occs, size_t n)
{
    if (!f->recipe->share.node || n == 0)
        return n;
    CityRows *rows = rows_of(f, occs, n);
    return keep(occs, n, rows_chance(rows, &f->recipe->share, rows_keys(rows), SALT_SHARE));
}

static size_t keep_true(const Finding *f, CityOcc *occs, size_t n)
{
    if (!f->recipe->when.node || n == 0)
        return n;
    return keep(occs, n, rows_true(rows_of(f, occs, n), &f->recipe->when, true));
}

static int choose_reporter(const Finding *f, const CityOrgList *lists, const CityOcc *occ, uint64_t key)
{
    const CityOrgChoice *choice = f->recipe->reporter;
    const CityRun *run = f->run;
    bool person = occ->person != NOBODY;
    if (f->recipe->source == OF_INSTITUTIONS || f->recipe->source == OF_CENSUS)
        return occ->org;
    if (choice->parent)
        return f->recipe->parent ? run->streams[f->recipe->parent->id - 1].occs[occ->source].org : -1;
    if (choice->home || !lists)
        return person ? run->folk.home[occ->person] : -1;
    uint64_t by = choice->by == ORG_BY_PERSON && person ? random_of(run->folk.uid[occ->person], random_key(0, f->recipe->name)) : key;
    return orgs_choose(run, lists, choice, person ? run->orgs.v[run->folk.home[occ->person]].area : (uint32_t) run->orgs.n_areas, random_of(by, SALT_REPORTER));
}

static size_t set_reporters(const Finding *f, CityOcc *occs, size_t n)
{
    if (!f->recipe->reporter || n == 0)
        return n;
    const uint64_t *keys = rows_keys(rows_of(f, occs, n));
    const CityOrgList *lists = orgs_chooser(f->run, f->recipe->reporter);
    uint8_t *kept = ARENA_ARRAY(f->scratch, uint8_t, n);
    for (size_t i = 0; i < n; i++) {
        int org = choose_reporter(f, lists, &occs[i], keys[i]);
        kept[i] = org >= 0;
        occs[i].org = (uint16_t) MAX(org, 0);
    }
    return keep(occs, n, kept);
}

static void take(Finding *f, CityOcc *occs, size_t n)
{
    CityStreamRun *stream = f->stream;
    if (stream->n + n > f->cap) {
        f->cap = MAX(stream->n + n, f->cap + f->cap / 2);
        stream->occs = g_renew(CityOcc, stream->occs, f->cap);
    }
    for (size_t i = 0; i < n; i++)
        occs[i].file = occs[i].day < f->run->first ? 0 : stream->file_of[occs[i].day - f->run->first];
    memcpy(stream->occs + stream->n, occs, n * sizeof *occs);
    stream->n += n;
}

static void look_again(Finding *f, CityOcc *occs, size_t n)
{
    ArenaMark mark = arena_mark(f->scratch);
    add_lag(f, occs, n);
    leave_weekends(f, occs, n);
    n = keep_those_there(f, occs, n);
    n = keep_by_chance(f, occs, n);
    n = keep_true(f, occs, n);
    n = set_reporters(f, occs, n);
    take(f, occs, n);
    arena_rewind(f->scratch, mark);
}

static void look_at_drafts(Finding *f)
{
    for (size_t from = 0; from < f->n_drafts; from += ROWS_MAX)
        look_again(f, f->drafts + from, MIN(ROWS_MAX, f->n_drafts - from));
    f->n_drafts = 0;
}

static void draft(Finding *f, CityOcc occ)
{
    if (f->n_drafts == f->cap_drafts) {
        f->cap_drafts = MAX(f->cap_drafts * 2, (size_t) ROWS_MAX);
        f->drafts = g_renew(CityOcc, f->drafts, f->cap_drafts);
    }
    f->drafts[f->n_drafts++] = occ;
}

/* --- First look: when -------------------------------------------------------------------------------------------------------------- */

static void find_at(Finding *f, const CityOcc *occs, size_t n)
{
    CityRows *rows = rows_of(f, occs, n);
    const ExprColumn *at = rows_eval(rows, &f->recipe->at);
    for (size_t i = 0; i < n; i++)
        if (!column_null(at, i)) {
            CityOcc occ = occs[i];
            occ.day = ((const Date *) at->values)[i];
            draft(f, occ);
        }
}

static void find_every(Finding *f, const CityOcc *occs, size_t n)
{
    enum { MOST = 2000 };
    const CityEvery *every = f->recipe->every;
    CityRows *rows = rows_of(f, occs, n);
    const ExprColumn *from = rows_eval(rows, &every->from), *until = rows_eval(rows, &every->until);
    const double *months = rows_number(rows, &every->months, 0);
    Date first = f->recipe->history ? date_add_months(f->run->first, -240) : f->run->first - 62;
    for (size_t i = 0; i < n; i++) {
        if (column_null(from, i) || months[i] < 1)
            continue;
        Date start = ((const Date *) from->values)[i], end = until && !column_null(until, i) ? ((const Date *) until->values)[i] : f->run->last;
        for (int k = 0; k < MOST; k++) {
            CityOcc occ = occs[i];
            occ.day = date_add_months(start, (int) (months[i] * k));
            occ.nth = (uint16_t) k;
            if (occ.day > end || occ.day > f->run->last)
                break;
            if (occ.day >= first)
                draft(f, occ);
        }
    }
}

static Date day_in_year(const Finding *f, Date from, uint64_t key)
{
    enum { DAYS = 365 };
    if (!f->recipe->season)
        return from + (Date) random_below(random_of(key, SALT_DAY), DAYS);
    double sums[MONTHS], sum = 0;
    int year, month, day, y, m, d;
    date_to_ymd(from, &year, &month, &day);
    for (int i = 0; i < MONTHS; i++)
        sums[i] = sum += f->recipe->season[(month - 1 + i) % MONTHS];
    int months = (int) random_place(random_of(key, SALT_MONTH), sums, MONTHS);
    Date start = date_add_months(from, months);
    date_to_ymd(start, &y, &m, &d);
    return start + (Date) random_below(random_of(key, SALT_DAY), (uint64_t) (date_month_end(y, m) - start + d));
}

/* Year by year; `at` is the year's first day. */
static void find_by_rate(Finding *f, CityOcc *occs, size_t n)
{
    int year = 0;
    for (Date from = f->run->first; from <= f->run->last; from = date_add_months(f->run->first, 12 * ++year)) {
        for (size_t i = 0; i < n; i++) {
            occs[i].day = from;
            occs[i].nth = (uint16_t) (year * EVENTS_MOST);
        }
        CityRows *rows = rows_of(f, occs, n);
        const double *rates = rows_number(rows, &f->recipe->rate, 0);
        const uint64_t *keys = rows_keys(rows);
        for (size_t i = 0; i < n; i++) {
            unsigned events = rates[i] > 0 ? random_events(random_of(keys[i], SALT_EVENTS), rates[i]) : 0;
            for (unsigned k = 0; k < events; k++) {
                CityOcc occ = occs[i];
                occ.nth = (uint16_t) (year * EVENTS_MOST + (int) k);
                occ.day = day_in_year(f, from, random_of(keys[i], SALT_EVENTS + 1000 + k));
                draft(f, occ);
            }
        }
    }
}

static void find_times(Finding *f, CityOcc *occs, size_t n)
{
    size_t n_rows = f->recipe->each ? f->recipe->each->n_rows : 1;
    for (size_t row = 0; row < n_rows; row++) {
        ArenaMark mark = arena_mark(f->scratch);
        for (size_t i = 0; i < n; i++)
            occs[i].row = (uint16_t) row;
        if (f->recipe->at.node)
            find_at(f, occs, n);
        else if (f->recipe->every)
            find_every(f, occs, n);
        else
            find_by_rate(f, occs, n);
        arena_rewind(f->scratch, mark);
        look_at_drafts(f);
    }
}

/* --- Whom: a batch of people, episodes, rows above ---------------------------------------------------------------------------------------- */

static void find_batch(Finding *f, CityOcc *occs, size_t n)
{
    ArenaMark mark = arena_mark(f->scratch);
    if (f->recipe->who.node)
        n = keep(occs, n, rows_true(rows_of(f, occs, n), &f->recipe->who, true));
    if (n > 0)
        find_times(f, occs, n);
    arena_rewind(f->scratch, mark);
}

/* Who was born of the episode that a row of a stream is about. */
static uint32_t child_of(const CityRun *run, const CityStream *stream, uint32_t source)
{
    for (; stream->source == OF_STREAM; stream = stream->parent)
        source = run->streams[stream->parent->id - 1].occs[source].source;
    return stream->source == OF_PROCESS ? run->episodes[stream->process - run->city->file->processes.v].child[source] : NOBODY;
}

static CityOcc first_of(const Finding *f, size_t i)
{
    const CityRun *run = f->run;
    switch (f->recipe->source) {
    case OF_PROCESS: {
        const CityEpisodes *e = &run->episodes[f->recipe->process - run->city->file->processes.v];
        return (CityOcc) { .source = (uint32_t) i, .person = e->person[i], .day = e->start[i] };
    }
    case OF_STREAM: {
        const CityOcc *above = &run->streams[f->recipe->parent->id - 1].occs[i];
        return (CityOcc) { .source = (uint32_t) i, .person = above->person, .day = above->day };
    }
    default: return (CityOcc) { .source = (uint32_t) i, .person = (uint32_t) i, .day = run->last };
    }
}

static size_t count_of(const Finding *f)
{
    const CityRun *run = f->run;
    return f->recipe->source == OF_PROCESS  ? run->episodes[f->recipe->process - run->city->file->processes.v].n
           : f->recipe->source == OF_STREAM ? run->streams[f->recipe->parent->id - 1].n
                                            : run->folk.n;
}

static void find_all(Finding *f)
{
    size_t all = count_of(f);
    g_autofree CityOcc *occs = g_new(CityOcc, ROWS_MAX);
    for (size_t from = 0; from < all; from += ROWS_MAX) {
        size_t n = MIN(ROWS_MAX, all - from);
        size_t there = 0;
        for (size_t i = 0; i < n; i++) {
            CityOcc occ = first_of(f, from + i);
            if (f->recipe->child)
                occ.person = child_of(f->run, f->recipe, occ.source);
            if (!f->recipe->child || occ.person != NOBODY)
                occs[there++] = occ;
        }
        find_batch(f, occs, there);
    }
}

/* --- What institutions report of each period ------------------------------------------------------------------------------------------------ */

static void find_of_institutions(Finding *f)
{
    const CityOrgList *lists = orgs_chooser(f->run, f->recipe->reporter), *all = lists ? &lists[f->run->orgs.n_areas] : NULL;
    size_t n_rows = f->recipe->each ? f->recipe->each->n_rows : 1;
    Period period = period_of_date(f->stream->row_kind, f->run->first);
    for (; all && period_end(period) <= f->run->last; period = period_add(period, 1)) {
        Date day = period_end(period);
        for (uint32_t i = 0; i < all->n; i++)
            for (size_t row = 0; row < n_rows; row++)
                draft(f, (CityOcc) { .source = all->orgs[i], .person = NOBODY, .day = day, .org = all->orgs[i], .row = (uint16_t) row });
        look_at_drafts(f);
    }
}

/* --- A census: people by what is asked of each ---------------------------------------------------------------------------------------------- */

typedef struct {
    Finding *f;
    GHashTable *places; /* key of a group: its place */
    ARENA_LIST(CityGroup) groups;
    ARENA_LIST(uint16_t) orgs;
    ARENA_LIST(uint64_t) keys;
} Census;

static void count_person(Census *census, uint16_t org, const ExprColumn *const *by, size_t n_by, size_t i)
{
    Arena *arena = census->f->stream->arena;
    uint64_t key = org + 1;
    for (size_t k = 0; k < n_by; k++)
        key = random_key(key, column_null(by[k], i) ? STR("") : ((const Str *) by[k]->values)[i]);
    gpointer place = g_hash_table_lookup(census->places, &key);
    if (!place) {
        Str *parts = ARENA_ARRAY(arena, Str, n_by);
        for (size_t k = 0; k < n_by; k++)
            parts[k] = column_null(by[k], i) ? STR_NONE : arena_str(arena, ((const Str *) by[k]->values)[i]);
        *ARENA_PUSH(arena, &census->groups) = (CityGroup) { parts, 0 };
        *ARENA_PUSH(arena, &census->orgs) = org;
        uint64_t *own = ARENA_NEW(arena, uint64_t);
        *own = key;
        place = GSIZE_TO_POINTER(census->groups.n);
        g_hash_table_insert(census->places, own, place);
    }
    census->groups.v[GPOINTER_TO_SIZE(place) - 1].people++;
}

static void count_batch(Census *census, CityOcc *occs, size_t n)
{
    Finding *f = census->f;
    const CityPlan *plan = f->recipe->plan;
    const CityOrgList *lists = orgs_chooser(f->run, f->recipe->reporter);
    ArenaMark mark = arena_mark(f->scratch);
    CityRows *rows = rows_new(f->run, plan->census, NULL, occs, n, f->runner, f->scratch);
    const uint8_t *who = rows_true(rows, &f->recipe->who, true);
    const ExprColumn **by = ARENA_ARRAY(f->scratch, const ExprColumn *, f->recipe->by.n);
    for (size_t k = 0; k < f->recipe->by.n; k++)
        by[k] = rows_column(rows, plan->by[k]);
    for (size_t i = 0; i < n; i++) {
        uint32_t area = f->run->orgs.v[f->run->folk.home[occs[i].person]].area;
        int org = f->recipe->reporter->home ? f->run->folk.home[occs[i].person] : lists ? orgs_choose(f->run, lists, f->recipe->reporter, area, 1) : -1;
        if (who[i] && org >= 0)
            count_person(census, (uint16_t) org, by, f->recipe->by.n, i);
    }
    arena_rewind(f->scratch, mark);
}

static void count_day(Finding *f, Date day, Census *census)
{
    const CityFolk *folk = &f->run->folk;
    g_autofree CityOcc *occs = g_new(CityOcc, ROWS_MAX);
    size_t n = 0;
    for (uint32_t who = 0; who < folk->n; who++) {
        if (day >= folk->since[who] && day <= folk->until[who])
            occs[n++] = (CityOcc) { .source = who, .person = who, .day = day };
        if (n == ROWS_MAX || (who + 1 == folk->n && n > 0)) {
            count_batch(census, occs, n);
            n = 0;
        }
    }
}

static void find_of_census(Finding *f)
{
    Census census = { .f = f };
    f->stream->arena = arena_new();
    for (uint16_t file = 1; file < f->stream->n_files; file++) {
        Date day = period_end(f->stream->periods[file]);
        if (day > f->run->last) /* not over yet */
            break;
        size_t before = census.groups.n;
        census.places = g_hash_table_new(g_int64_hash, g_int64_equal);
        count_day(f, day, &census);
        g_hash_table_unref(census.places);
        for (size_t i = before; i < census.groups.n; i++)
            draft(f, (CityOcc) { .source = (uint32_t) i, .person = NOBODY, .day = day, .org = census.orgs.v[i] });
    }
    f->stream->groups = census.groups.v;
    f->stream->n_groups = census.groups.n;
    look_at_drafts(f);
}

/* --- Their order -------------------------------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const CityOcc *x = a, *y = b;
    uint64_t p = (uint64_t) x->file << 48 | (uint64_t) x->org << 32 | (uint32_t) (x->day + (1 << 30)), q = (uint64_t) y->file << 48 | (uint64_t) y->org << 32 | (uint32_t) (y->day + (1 << 30));
    if (p != q)
        return p < q ? -1 : 1;
    p = (uint64_t) x->source << 32 | (uint64_t) x->row << 16 | x->nth;
    q = (uint64_t) y->source << 32 | (uint64_t) y->row << 16 | y->nth;
    return p < q ? -1 : p > q;
}

static void number(const CityRun *run, CityStreamRun *stream)
{
    g_autofree uint32_t *last = g_new0(uint32_t, run->orgs.n);
    for (size_t i = 0; i < stream->n; i++)
        stream->occs[i].serial = ++last[stream->occs[i].org];
}

void occur_find(CityRun *run, CityStreamRun *stream)
{
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(Arena) scratch = arena_new();
    Finding f = { .run = run, .stream = stream, .recipe = stream->stream, .runner = runner, .scratch = scratch };
    make_periods(run, stream);
    if (f.recipe->source == OF_INSTITUTIONS)
        find_of_institutions(&f);
    else if (f.recipe->source == OF_CENSUS)
        find_of_census(&f);
    else
        find_all(&f);
    g_free(f.drafts);
    qsort(stream->occs, stream->n, sizeof *stream->occs, by_place);
    number(run, stream);
}
