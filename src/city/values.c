/* Values that a recipe describes, a column at a time. */
#include <math.h>

#include "city/random.h"
#include "city/run.h"

#include "base/banned.h"

typedef struct {
    CityRows *rows;
    const PlanColumn *column;
    const CityValue *value;
    const uint64_t *keys; /* of each row, for this column */
    ExprColumn *out;
    uint8_t *nulls;
} Making;

/* What a chance of this column hangs on: the row, or only the person. */
static const uint64_t *keys_of(CityRows *rows, const PlanColumn *column)
{
    uint64_t *keys = ARENA_ARRAY(rows->scratch, uint64_t, rows->n);
    const uint64_t *own = column->of == OF_ROW ? rows_keys(rows) : NULL;
    for (size_t i = 0; i < rows->n; i++) {
        const CityOcc *occ = &rows->occs[i];
        uint64_t of = own ? own[i] : column->of == OF_EPISODE ? rows->episodes->key[occ->source] : occ->person == NOBODY ? 0 : rows->run->folk.uid[occ->person];
        keys[i] = random_of(of, column->key);
    }
    return keys;
}

static double power_of_ten(int n)
{
    double unit = 1;
    while (n-- > 0)
        unit *= 10;
    return unit;
}

static void make_set(Making *m)
{
    const PlanSet *set = m->column->set;
    size_t size = column_size(set->kind);
    const double *sums = m->value->choice.sums;
    for (size_t i = 0; i < m->rows->n; i++) {
        size_t at = set->n == 1 ? 0 : sums ? random_place(m->keys[i], sums, set->n) : random_below(m->keys[i], set->n);
        m->nulls[i] = set->nulls[at];
        memcpy((char *) m->out->values + i * size, (const char *) set->values + at * size, size);
    }
}

/* A number of one scale at another, half away from zero. */
int64_t number_rescale(int64_t value, int from, int to)
{
    for (; from < to; from++)
        value *= 10;
    int64_t unit = (int64_t) power_of_ten(from - to);
    return unit > 1 ? (value + (value < 0 ? -unit : unit) / 2) / unit : value;
}

static void make_expr(Making *m)
{
    const ExprColumn *answer = rows_eval(m->rows, &m->value->expr);
    ExprType type = expr_type(m->value->expr.expr);
    if (type.kind == EXPR_NONE) { /* of null */
        memset(m->nulls, 1, m->rows->n);
        return;
    }
    *m->out = *answer;
    if (type.kind != EXPR_NUMBER || type.scale == m->column->type.scale)
        return;
    int64_t *out = ARENA_ARRAY(m->rows->scratch, int64_t, m->rows->n);
    for (size_t i = 0; i < m->rows->n; i++)
        out[i] = number_rescale(((const int64_t *) answer->values)[i], type.scale, m->column->type.scale);
    m->out->values = out;
}

static void make_date_range(Making *m, const ExprColumn *from, const ExprColumn *to)
{
    const Date *a = from->values, *b = to->values;
    Date *out = (Date *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++) {
        m->nulls[i] = column_null(from, i) || column_null(to, i);
        if (!m->nulls[i])
            out[i] = b[i] > a[i] ? a[i] + (Date) random_below(m->keys[i], (uint64_t) (b[i] - a[i]) + 1) : a[i];
    }
}

static void make_range(Making *m)
{
    const CityRange *range = m->value->range;
    const ExprColumn *from = rows_eval(m->rows, &range->from), *to = rows_eval(m->rows, &range->to);
    if (m->column->type.kind == EXPR_DATE) {
        make_date_range(m, from, to);
        return;
    }
    int from_scale = expr_type(range->from.expr).scale, to_scale = expr_type(range->to.expr).scale, scale = m->column->type.scale;
    int64_t *out = (int64_t *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++) {
        m->nulls[i] = column_null(from, i) || column_null(to, i);
        if (m->nulls[i])
            continue;
        int64_t a = number_rescale(((const int64_t *) from->values)[i], from_scale, scale), b = number_rescale(((const int64_t *) to->values)[i], to_scale, scale);
        out[i] = b > a ? a + (int64_t) random_below(m->keys[i], (uint64_t) (b - a) + 1) : a;
    }
}

static void make_spread(Making *m)
{
    const CitySpread *spread = m->value->normal ? m->value->normal : m->value->lognormal;
    bool log = m->value->lognormal != NULL;
    const double *middle = rows_number(m->rows, log ? &spread->median : &spread->mean, NAN), *sd = log ? NULL : rows_number(m->rows, &spread->sd, 0);
    const double *min = rows_number(m->rows, &spread->min, -INFINITY), *max = rows_number(m->rows, &spread->max, INFINITY);
    double sigma = (double) spread->sigma.value / power_of_ten(spread->sigma.scale), unit = power_of_ten(m->column->type.scale);
    int64_t *out = (int64_t *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++) {
        double z = random_normal(m->keys[i]), x = log ? middle[i] * exp(sigma * z) : middle[i] + sd[i] * z;
        m->nulls[i] = isnan(x);
        out[i] = m->nulls[i] ? 0 : (int64_t) llround(CLAMP(CLAMP(x, min[i], max[i]), -1e12, 1e12) * unit);
    }
}

enum { DAY_MS = 86400000, MINUTE_MS = 60000 };

static void make_clock(Making *m)
{
    const CityClock *clock = m->value->clock;
    const ExprColumn *day = rows_eval(m->rows, &clock->day);
    int64_t zone = (int64_t) m->rows->plan->scope->zone_minutes * MINUTE_MS, *out = (int64_t *) m->out->values;
    uint64_t minutes = (uint64_t) MAX(clock->to_minute - clock->from_minute, 0) + 1;
    for (size_t i = 0; i < m->rows->n; i++) {
        m->nulls[i] = column_null(day, i);
        if (!m->nulls[i])
            out[i] = (int64_t) ((const Date *) day->values)[i] * DAY_MS + (clock->from_minute + (int64_t) random_below(m->keys[i], minutes)) * MINUTE_MS - zone;
    }
}

static void make_later(Making *m)
{
    const CityLater *later = m->value->later;
    const ExprColumn *from = rows_eval(m->rows, &later->time);
    const double *minutes = rows_number(m->rows, &later->minutes, NAN);
    int64_t *out = (int64_t *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++) {
        m->nulls[i] = column_null(from, i) || isnan(minutes[i]);
        out[i] = m->nulls[i] ? 0 : ((const int64_t *) from->values)[i] + (int64_t) minutes[i] * MINUTE_MS;
    }
}

static size_t write_digits(char *out, uint64_t value, size_t digits)
{
    for (size_t i = digits; i-- > 0; value /= 10)
        out[i] = (char) ('0' + value % 10);
    return digits;
}

/* A running number of the institution; or the person's own. */
static void make_number(Making *m)
{
    const CityNumber *number = m->value->serial ? m->value->serial : m->value->number;
    size_t size = number->prefix.n + (size_t) number->digits;
    char *room = arena_alloc_array(m->rows->scratch, m->rows->n, size);
    Str *out = (Str *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++, room += size) {
        const CityOcc *occ = &m->rows->occs[i];
        memcpy(room, number->prefix.p, number->prefix.n);
        write_digits(room + number->prefix.n, m->value->serial ? occ->serial : (uint64_t) occ->person + 1, (size_t) number->digits);
        out[i] = (Str) { room, size };
        m->nulls[i] = !m->value->serial && occ->person == NOBODY;
    }
}

static uint32_t copied_person(const CityRows *rows, CopyKind what, uint32_t person, CopyKind *ret_what)
{
    static const CopyKind of_mother[COPY_COUNT] = { [COPY_MOTHER_ID_NUMBER] = COPY_ID_NUMBER, [COPY_MOTHER_NAME] = COPY_NAME, [COPY_MOTHER_PHONE] = COPY_PHONE,
                                                    [COPY_MOTHER_BIRTH] = COPY_BIRTH };
    bool mother = what >= COPY_MOTHER_ID_NUMBER;
    *ret_what = mother ? of_mother[what] : what;
    return person == NOBODY || !mother ? person : rows->run->folk.mother[person];
}

static void make_copy(Making *m)
{
    const CityFolk *folk = &m->rows->run->folk;
    for (size_t i = 0; i < m->rows->n; i++) {
        CopyKind what;
        uint32_t person = copied_person(m->rows, m->column->copy, m->rows->occs[i].person, &what);
        m->nulls[i] = person == NOBODY;
        if (person == NOBODY)
            continue;
        if (what == COPY_BIRTH)
            ((Date *) m->out->values)[i] = folk->birth[person];
        else if (what == COPY_HOME)
            ((int64_t *) m->out->values)[i] = folk->home[person];
        else {
            char text[PEOPLE_TEXT_MAX];
            ((Str *) m->out->values)[i] = arena_str(m->rows->scratch, (Str) { text, people_copy(m->rows->run, what, person, text) });
        }
    }
}

static void make_org(Making *m)
{
    const CityRun *run = m->rows->run;
    const CityOrgChoice *choice = m->value->org;
    const CityOrgList *lists = orgs_chooser(run, choice);
    int64_t *out = (int64_t *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++) {
        const CityOcc *occ = &m->rows->occs[i];
        bool person = occ->person != NOBODY;
        uint32_t area = person ? run->orgs.v[run->folk.home[occ->person]].area : run->orgs.v[occ->org].area;
        uint64_t key = choice->by == ORG_BY_PERSON && person ? random_of(run->folk.uid[occ->person], m->column->key) : m->keys[i];
        int chosen = choice->reporter ? occ->org : choice->home && person ? run->folk.home[occ->person] : choice->parent ? run->streams[m->rows->stream->stream->parent->id - 1].occs[occ->source].org
                     : lists ? orgs_choose(run, lists, choice, area, key) : -1;
        m->nulls[i] = chosen < 0;
        out[i] = MAX(chosen, 0);
    }
}

uint64_t tally_key(const CityRun *run, const CityStreamRun *counted, const CityCount *count, uint16_t org, Period period, Str text)
{
    uint64_t of = count->of_area ? UINT64_C(1) << 31 | run->orgs.v[org].area : org;
    return random_of(random_key(counted->key, text), of << 32 | (uint32_t) period);
}

static int64_t counted_in(const CityRows *rows, const CityCount *count, const CityStreamRun *counted, uint16_t org, Period period, Str text)
{
    uint64_t key = tally_key(rows->run, counted, count, org, period, text);
    const int64_t *found = g_hash_table_lookup(counted->tallies[count->tally], &key);
    return found ? *found : 0;
}

/* What another stream has sent of the same institution and period. */
static void make_count(Making *m)
{
    const CityCount *count = m->value->count;
    const CityStreamRun *counted = &m->rows->run->streams[count->stream->id - 1];
    const ExprColumn *is = rows_eval(m->rows, &count->is);
    int64_t *out = (int64_t *) m->out->values;
    for (size_t i = 0; i < m->rows->n; i++) {
        const CityOcc *occ = &m->rows->occs[i];
        Str text = is && !column_null(is, i) ? ((const Str *) is->values)[i] : STR("");
        Period last = period_of_date(count->period, occ->day), first = count->so_far ? period_of_date(count->period, m->rows->run->first - 1) : last;
        out[i] = 0;
        for (Period period = first; period <= last; period = period_add(period, 1))
            out[i] += counted_in(m->rows, count, counted, occ->org, period, text);
    }
}

void rows_make_value(CityRows *rows, const PlanColumn *column, ExprColumn *ret_column)
{
    const CityValue *v = column->value;
    uint8_t *nulls = ARENA_ARRAY(rows->scratch, uint8_t, rows->n);
    *ret_column = (ExprColumn) { .values = arena_alloc_array(rows->scratch, rows->n, column_size(column->type.kind)), .nulls = nulls };
    Making m = { rows, column, v, v->expr.node ? NULL : keys_of(rows, column), ret_column, nulls };
    if (v->column.p)
        *ret_column = *rows_column(rows, column->from);
    else if (column->set)
        make_set(&m);
    else if (v->expr.node)
        make_expr(&m);
    else if (v->range)
        make_range(&m);
    else if (v->normal || v->lognormal)
        make_spread(&m);
    else if (v->clock)
        make_clock(&m);
    else if (v->later)
        make_later(&m);
    else if (v->serial || v->number)
        make_number(&m);
    else if (v->copy.p)
        make_copy(&m);
    else if (v->org)
        make_org(&m);
    else if (v->count)
        make_count(&m);
}
