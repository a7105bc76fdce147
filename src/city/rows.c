#include "city/random.h"
#include "city/run.h"

#include "base/banned.h"

size_t column_size(ExprKind kind)
{
    return kind == EXPR_BOOL ? 1 : kind == EXPR_DATE ? sizeof(Date) : kind == EXPR_TEXT ? sizeof(Str) : sizeof(int64_t);
}

CityRows *rows_new(const CityRun *run, const CityPlan *plan, const CityStreamRun *stream, const CityOcc *occs, size_t n, ExprRunner *runner, Arena *scratch)
{
    CityRows *rows = ARENA_NEW(scratch, CityRows);
    *rows = (CityRows) { .run = run, .plan = plan, .stream = stream, .occs = occs, .n = n, .columns = ARENA_ARRAY(scratch, ExprColumn, plan->n),
                         .have = ARENA_ARRAY(scratch, uint8_t, plan->n), .runner = runner, .scratch = scratch };
    if (plan->process)
        rows->episodes = &run->episodes[plan->process - run->city->file->processes.v];
    return rows;
}

/* --- Keys of chance ------------------------------------------------------------------------------------------------------------ */

static CityRows *parent_of(CityRows *rows)
{
    if (rows->parent)
        return rows->parent;
    const CityStream *stream = rows->stream->stream;
    const CityStreamRun *above = &rows->run->streams[stream->parent->id - 1];
    CityOcc *occs = ARENA_ARRAY(rows->scratch, CityOcc, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        occs[i] = above->occs[rows->occs[i].source];
    rows->parent = rows_new(rows->run, stream->parent->plan, above, occs, rows->n, rows->runner, rows->scratch);
    return rows->parent;
}

static uint64_t source_key(const CityRows *rows, CitySource source, size_t i)
{
    const CityOcc *occ = &rows->occs[i];
    switch (source) {
    case OF_PROCESS: return rows->episodes->key[occ->source];
    case OF_INSTITUTIONS: return random_of(rows->run->orgs.v[occ->source].key, (uint64_t) occ->day);
    case OF_CENSUS: return random_of(random_of(rows->run->seed, occ->source), (uint64_t) occ->day);
    default: return rows->run->folk.uid[occ->person];
    }
}

const uint64_t *rows_keys(CityRows *rows)
{
    if (rows->keys)
        return rows->keys;
    const CityStream *stream = rows->stream ? rows->stream->stream : NULL;
    CitySource source = stream ? stream->source : rows->plan->process ? OF_PROCESS : OF_PEOPLE;
    const uint64_t *above = source == OF_STREAM ? rows_keys(parent_of(rows)) : NULL;
    uint64_t *keys = ARENA_ARRAY(rows->scratch, uint64_t, rows->n), salt = rows->stream ? rows->stream->key : 0;
    for (size_t i = 0; i < rows->n; i++) {
        const CityOcc *occ = &rows->occs[i];
        keys[i] = random_of(random_of(above ? above[i] : source_key(rows, source, i), salt), (uint64_t) occ->nth << 16 | occ->row);
    }
    rows->keys = keys;
    return keys;
}

/* --- Columns that are there ---------------------------------------------------------------------------------------------------- */

static bool of_person(const CityRows *rows, size_t i, ExprColumn *column)
{
    bool is = rows->occs[i].person != NOBODY;
    ((uint8_t *) column->nulls)[i] = !is;
    return is;
}

static Date mothers_birth(const CityFolk *folk, uint32_t person)
{
    return folk->mother[person] == NOBODY ? DATE_NONE : folk->birth[folk->mother[person]];
}

static void fill_dates(CityRows *rows, const PlanColumn *column, ExprColumn *ret)
{
    const CityRun *run = rows->run;
    const CityFolk *folk = &run->folk;
    Date *out = (Date *) ret->values;
    for (size_t i = 0; i < rows->n; i++) {
        const CityOcc *occ = &rows->occs[i];
        Date day = DATE_NONE;
        switch (column->kind) {
        case COLUMN_AT: day = occ->day; break;
        case COLUMN_FIRST_DAY: day = run->first; break;
        case COLUMN_LAST_DAY: day = run->last; break;
        case COLUMN_PERIOD_DAY: day = rows->stream ? period_start(period_of_date(rows->stream->row_kind, occ->day)) : DATE_NONE; break;
        case COLUMN_START: day = rows->episodes->start[occ->source]; break;
        case COLUMN_END: day = rows->episodes->end[occ->source]; break;
        default: break;
        }
        if (occ->person != NOBODY)
            switch (column->kind) {
            case COLUMN_BIRTH: day = folk->birth[occ->person]; break;
            case COLUMN_DIED: day = folk->died[occ->person]; break;
            case COLUMN_SINCE: day = folk->since[occ->person]; break;
            case COLUMN_UNTIL: day = folk->until[occ->person]; break;
            case COLUMN_MOTHER: day = mothers_birth(folk, occ->person); break;
            case COLUMN_TRAIT: day = people_trait(run, column->index, occ->person); break;
            default: break;
            }
        out[i] = day;
        ((uint8_t *) ret->nulls)[i] = day == DATE_NONE;
    }
}

static void fill_numbers(CityRows *rows, const PlanColumn *column, ExprColumn *ret)
{
    int64_t *out = (int64_t *) ret->values;
    for (size_t i = 0; i < rows->n; i++) {
        const CityOcc *occ = &rows->occs[i];
        switch (column->kind) {
        case COLUMN_NTH: out[i] = occ->nth; break;
        case COLUMN_REPORTER: out[i] = occ->org; break;
        case COLUMN_HOME: out[i] = of_person(rows, i, ret) ? rows->run->folk.home[occ->person] : 0; break;
        case COLUMN_GROUP_SIZE: out[i] = rows->stream->groups[occ->source].people; break;
        default: break;
        }
    }
}

static void fill_texts(CityRows *rows, const PlanColumn *column, ExprColumn *ret)
{
    const CityRun *run = rows->run;
    Str *out = (Str *) ret->values;
    for (size_t i = 0; i < rows->n; i++) {
        const CityOcc *occ = &rows->occs[i];
        if (column->kind == COLUMN_REPORTER_LEGAL_CODE) {
            out[i] = run->orgs.v[occ->org].legal_code;
            ((uint8_t *) ret->nulls)[i] = out[i].n == 0;
        } else if (column->kind == COLUMN_REPORTER_KIND || column->kind == COLUMN_REPORTER_AREA)
            out[i] = column->kind == COLUMN_REPORTER_KIND ? run->orgs.v[occ->org].kind : run->orgs.areas[run->orgs.v[occ->org].area];
        else if (column->kind == COLUMN_GROUP)
            out[i] = rows->stream->groups[occ->source].parts[column->index];
        else if (of_person(rows, i, ret))
            out[i] = column->kind == COLUMN_SEX ? (run->folk.woman[occ->person] ? STR("2") : STR("1")) : run->orgs.areas[run->orgs.v[run->folk.home[occ->person]].area];
    }
}

/* --- Tables ------------------------------------------------------------------------------------------------------------------------ */

static int64_t table_number(const CityTable *table, size_t row, Str column, int64_t otherwise)
{
    int at = column.p ? city_table_column(table, column) : -1;
    int64_t value;
    return at >= 0 && str_to_int64(str_trim(table->rows[row][at]), &value) ? value : otherwise;
}

/* What a row of the table weighs for somebody: twelve sorts of months, a sort of people. */
typedef struct {
    int64_t weight, men, women, age_from, age_to, months;
} Weighed;

static Weighed *weigh(const CityPick *pick, const CityTable *table, Arena *arena)
{
    Weighed *rows = ARENA_ARRAY(arena, Weighed, table->n_rows);
    for (size_t i = 0; i < table->n_rows; i++)
        rows[i] = (Weighed) { table_number(table, i, pick->weight, 1), table_number(table, i, pick->men, 1), table_number(table, i, pick->women, 1),
                              table_number(table, i, pick->age_from, 0), table_number(table, i, pick->age_to, 200), table_number(table, i, pick->months, 0) };
    return rows;
}

/* Weights are those of one month and one kind of person: kept for the batch, because its rows are of one month mostly. */
typedef struct {
    int month, age;
    bool woman;
    double *sums;
} PickMemo;

enum { MONTH_DIGITS = 12 };

/* `months` are twelve digits as a number would drop zeros at its head: so a 1 stands before them; each says how much of the weight counts, 1 to 9; 0: all year the same. */
static double month_factor(int64_t months, int month)
{
    if (months == 0)
        return 1;
    int64_t digits = months;
    for (int i = MONTH_DIGITS; i > month; i--)
        digits /= 10;
    return (double) (digits % 10);
}

static void fill_memo(PickMemo *memo, const Weighed *rows, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool fits = memo->age >= rows[i].age_from && memo->age <= rows[i].age_to;
        sum += fits ? (double) rows[i].weight * (double) (memo->woman ? rows[i].women : rows[i].men) * month_factor(rows[i].months, memo->month) : 0;
        memo->sums[i] = sum;
    }
}

static int age_at(const CityRows *rows, const CityOcc *occ)
{
    enum { DAYS_4_YEARS = 1461 };
    return occ->person == NOBODY ? 0 : (int) ((int64_t) (occ->day - rows->run->folk.birth[occ->person]) * 4 / DAYS_4_YEARS);
}

static const uint32_t *picked_rows(CityRows *rows, uint32_t pick)
{
    enum { MEMOS = 512 };
    const CityStream *stream = rows->plan->stream;
    if (!rows->picked)
        rows->picked = ARENA_ARRAY(rows->scratch, uint32_t *, stream->picks.n);
    if (rows->picked[pick])
        return rows->picked[pick];
    const CityTable *table = stream->pick_tables[pick];
    Weighed *weighed = weigh(&stream->picks.v[pick], table, rows->scratch);
    PickMemo *memos = ARENA_ARRAY(rows->scratch, PickMemo, MEMOS);
    uint32_t *out = rows->picked[pick] = ARENA_ARRAY(rows->scratch, uint32_t, rows->n);
    const uint64_t *keys = rows_keys(rows);
    for (size_t i = 0; i < rows->n; i++) {
        const CityOcc *occ = &rows->occs[i];
        int year, month, day, age = CLAMP(age_at(rows, occ), 0, 125);
        date_to_ymd(occ->day, &year, &month, &day);
        bool woman = occ->person != NOBODY && rows->run->folk.woman[occ->person];
        PickMemo *memo = &memos[(size_t) (age * 2 + woman + month * 37) % MEMOS];
        if (!memo->sums || memo->month != month || memo->age != age || memo->woman != woman) {
            *memo = (PickMemo) { month, age, woman, memo->sums ? memo->sums : ARENA_ARRAY(rows->scratch, double, table->n_rows) };
            fill_memo(memo, weighed, table->n_rows);
        }
        bool none = memo->sums[table->n_rows - 1] <= 0;
        out[i] = none ? UINT32_MAX : (uint32_t) random_place(random_of(keys[i], 1000 + pick), memo->sums, table->n_rows);
    }
    return out;
}

static void fill_set(CityRows *rows, const PlanSet *set, const uint32_t *at, ExprColumn *ret)
{
    size_t size = column_size(set->kind);
    char *out = (char *) ret->values;
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t row = at ? at[i] : rows->occs[i].row;
        bool none = row == UINT32_MAX || set->nulls[row];
        ((uint8_t *) ret->nulls)[i] = none;
        if (!none)
            memcpy(out + i * size, (const char *) set->values + (size_t) row * size, size);
    }
}

/* --- Columns, when they are asked for ------------------------------------------------------------------------------------------------ */

static void make_column(CityRows *rows, const PlanColumn *column, ExprColumn *ret)
{
    const PlanColumn *from = column->kind == COLUMN_VALUE && column->value->column.p ? &rows->plan->columns[column->from] : column;
    if (column->kind == COLUMN_PARENT) {
        *ret = *rows_column(parent_of(rows), column->index);
        return;
    }
    if (column->kind == COLUMN_VALUE && (from == column || !column->set)) {
        rows_make_value(rows, column, ret);
        return;
    }
    *ret = (ExprColumn) { .values = arena_alloc_array(rows->scratch, rows->n, column_size(column->type.kind)), .nulls = ARENA_ARRAY(rows->scratch, uint8_t, rows->n) };
    switch (from->kind) {
    case COLUMN_EACH: fill_set(rows, column->set, NULL, ret); return;
    case COLUMN_PICK: fill_set(rows, column->set, picked_rows(rows, from->index), ret); return;
    case COLUMN_NTH: case COLUMN_REPORTER: case COLUMN_HOME: case COLUMN_GROUP_SIZE: fill_numbers(rows, column, ret); return;
    case COLUMN_SEX: case COLUMN_AREA: case COLUMN_GROUP: case COLUMN_REPORTER_KIND: case COLUMN_REPORTER_AREA: case COLUMN_REPORTER_LEGAL_CODE: fill_texts(rows, column, ret); return;
    default: fill_dates(rows, column, ret); return;
    }
}

/* Where it is filled: `when` is true, and the chance of `share` came. */
static void empty_some(CityRows *rows, const PlanColumn *column, ExprColumn *made)
{
    const CityValue *value = column->value;
    if (!value || (!value->when.node && !value->share.node))
        return;
    uint8_t *nulls = ARENA_ARRAY(rows->scratch, uint8_t, rows->n), *when = rows_true(rows, &value->when, true);
    const uint8_t *chance = value->share.node ? rows_chance(rows, &value->share, rows_keys(rows), column->key + 1) : NULL;
    for (size_t i = 0; i < rows->n; i++)
        nulls[i] = (made->nulls && made->nulls[i]) || !when[i] || (chance && !chance[i]);
    made->nulls = nulls;
}

const ExprColumn *rows_column(CityRows *rows, uint32_t column)
{
    if (!rows->have[column]) {
        ExprColumn made = { 0 };
        make_column(rows, &rows->plan->columns[column], &made);
        empty_some(rows, &rows->plan->columns[column], &made);
        rows->columns[column] = made;
        rows->have[column] = 1;
    }
    return &rows->columns[column];
}

/* --- Expressions -------------------------------------------------------------------------------------------------------------------------- */

const ExprColumn *rows_eval(CityRows *rows, const PackExpr *expr)
{
    if (!expr->expr)
        return NULL;
    size_t n;
    const uint32_t *needs = expr_columns(expr->expr, false, &n);
    for (size_t i = 0; i < n; i++)
        rows_column(rows, needs[i]);
    ExprBatch batch = { .n = rows->n, .columns = rows->columns, .days = { rows->run->last, DATE_NONE, DATE_NONE } };
    ExprResult result;
    expr_eval(rows->runner, expr->expr, &batch, rows->scratch, &result);
    ExprColumn *column = ARENA_NEW(rows->scratch, ExprColumn);
    *column = result.column;
    return column;
}

uint8_t *rows_true(CityRows *rows, const PackExpr *expr, bool otherwise)
{
    uint8_t *out = ARENA_ARRAY(rows->scratch, uint8_t, rows->n);
    const ExprColumn *answer = rows_eval(rows, expr);
    for (size_t i = 0; i < rows->n; i++)
        out[i] = answer ? !column_null(answer, i) && ((const uint8_t *) answer->values)[i] : otherwise;
    return out;
}

double *rows_number(CityRows *rows, const PackExpr *expr, double otherwise)
{
    double *out = ARENA_ARRAY(rows->scratch, double, rows->n), unit = 1;
    const ExprColumn *answer = rows_eval(rows, expr);
    for (int i = 0; answer && i < expr_type(expr->expr).scale; i++)
        unit *= 10;
    for (size_t i = 0; i < rows->n; i++)
        out[i] = answer && !column_null(answer, i) ? (double) ((const int64_t *) answer->values)[i] / unit : otherwise;
    return out;
}

uint8_t *rows_chance(CityRows *rows, const PackExpr *share, const uint64_t *keys, uint64_t salt)
{
    uint8_t *out = ARENA_ARRAY(rows->scratch, uint8_t, rows->n);
    const double *shares = rows_number(rows, share, share->node ? 0 : 1);
    for (size_t i = 0; i < rows->n; i++)
        out[i] = shares[i] >= 1 || random_unit(random_of(keys[i], salt)) < shares[i];
    return out;
}
