/* Periods of aggregates, and the keys by which records are known. */
#include <sodium.h>

#include "hub/check.h"

#include "base/banned.h"

/* --- Periods ------------------------------------------------------------------------------------------------------------------ */

/* As the engine writes them, or as people write months and days: 2026-09, 202609, 2026/9. */
static bool read_period(const Plan *plan, Str text, Arena *arena, Period *ret_period)
{
    CellValue value;
    Period period;
    if (period_parse(text, &period)) {
        *ret_period = period;
        return true;
    }
    const CellType *date = cell_type_new(NULL, PACK_DATE, 0, NULL, plan->zone_minutes, arena);
    cell_read(date, text, arena, &value);
    for (int i = 0; value.none && i < 3; i++) { /* a month is its first day, however the day would be put behind it */
        static const char *const ends[] = { "-1", "/1", "01" };
        cell_read(date, arena_concat(arena, text, str_from(ends[i])), arena, &value);
    }
    if (value.none || (text.n < 8 && plan->every == PERIOD_DAY))
        return false;
    *ret_period = period_of_date(plan->every, (Date) value.number);
    return true;
}

static void put_period(Rows *rows, size_t row, Period period)
{
    const Plan *plan = rows->plan;
    rows->periods[row] = period;
    rows->months[row] = hub_month(period_start(period));
    if (period_kind(period) != plan->every)
        rows_reject(rows, row, REJECT_BAD_PERIOD, plan->period);
    else if (plan->import->mode == HUB_REPLACE && (period_start(period) < plan->replace_from || period_end(period) > plan->replace_to))
        rows_reject(rows, row, REJECT_OTHER_PERIOD, plan->period);
}

void rows_make_periods(Rows *rows)
{
    const Plan *plan = rows->plan;
    if (plan->period < 0)
        return;
    const ExprColumn *column = &rows->typed[plan->period];
    const Str *texts = column->values;
    Str last = STR_NONE;
    Period period = 0;
    rows->periods = ARENA_ARRAY(rows->arena, int64_t, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        if (column->nulls[i]) {
            if (plan->import->period == 0 || period_kind(plan->import->period) != plan->every)
                rows_reject(rows, i, REJECT_NO_PERIOD, plan->period);
            else
                put_period(rows, i, plan->import->period);
            continue;
        }
        if ((!last.p || !str_eq(last, texts[i])) && !read_period(plan, texts[i], rows->arena, &period))
            period = 0;
        last = texts[i];
        if (period == 0)
            rows_reject(rows, i, REJECT_BAD_PERIOD, plan->period);
        else
            put_period(rows, i, period);
    }
}

/* --- Keys ------------------------------------------------------------------------------------------------------------------------ */

/* What the parts of a key are, one behind the other: a number in eight bytes, a text with its length before it. So no two keys are the same bytes. */
typedef struct {
    char *bytes;
    size_t n, cap;
} KeyBytes;

static void put(KeyBytes *key, const void *bytes, size_t n)
{
    if (key->n + n > key->cap) {
        key->cap = 2 * (key->n + n);
        key->bytes = g_realloc(key->bytes, key->cap);
    }
    memcpy(key->bytes + key->n, bytes, n);
    key->n += n;
}

static void put_number(KeyBytes *key, int64_t number)
{
    put(key, &number, sizeof number);
}

static Str text_of(const ExprColumn *column, size_t row)
{
    return column->codes ? column->dict->values[column->codes[row]] : ((const Str *) column->values)[row];
}

static void put_cell(KeyBytes *key, const ExprColumn *column, ExprKind kind, size_t row)
{
    Str text;
    switch (kind) {
    case EXPR_TEXT:
        text = text_of(column, row);
        put_number(key, (int64_t) text.n);
        put(key, text.p, text.n);
        break;
    case EXPR_DATE: put_number(key, ((const Date *) column->values)[row]); break;
    case EXPR_BOOL: put_number(key, ((const uint8_t *) column->values)[row]); break;
    default: put_number(key, ((const int64_t *) column->values)[row]);
    }
}

/* 1.10105E+17: a number of which a spreadsheet has thrown digits away. As a key it would stand for many. */
static bool is_rounded(Str s)
{
    size_t at = 1;
    if (s.n < 5 || !g_ascii_isdigit(s.p[0]) || (s.p[s.n - 3] != '+' && s.p[s.n - 4] != '+'))
        return false;
    for (at += s.p[at] == '.'; at < s.n && g_ascii_isdigit(s.p[at]);)
        at++;
    return at + 2 < s.n && (s.p[at] == 'E' || s.p[at] == 'e') && s.p[at + 1] == '+' && g_ascii_isdigit(s.p[s.n - 1]);
}

static bool is_rounded_at(const Rows *rows, int target, size_t row)
{
    const ExprColumn *column = &rows->typed[target];
    return rows->plan->targets[target].type == PACK_TEXT && !column->codes && column->nulls && !column->nulls[row] && is_rounded(((const Str *) column->values)[row]);
}

static void check_rounded(Rows *rows, int target)
{
    for (size_t i = 0; i < rows->n; i++)
        if (is_rounded_at(rows, target, i))
            rows_reject(rows, i, REJECT_BAD_KEY, target);
}

void rows_check_parts(Rows *rows)
{
    const Plan *plan = rows->plan;
    for (size_t k = 0; k < plan->n_key; k++) {
        int t = plan->key[k].field;
        const uint8_t *nulls = t >= 0 && t != plan->org ? rows->typed[t].nulls : NULL;
        for (size_t i = 0; nulls && i < rows->n; i++)
            if (nulls[i])
                rows_reject(rows, i, rows->faults[t] && rows->faults[t][i] ? REJECT_BAD_KEY : REJECT_NO_KEY, t);
        if (nulls && plan->targets[t].type == PACK_TEXT)
            check_rounded(rows, t);
    }
}

static int64_t part_number(const Rows *rows, const KeyPart *part, size_t row)
{
    const ExprColumn *column = part->record >= 0 ? &rows->record[part->record] : NULL;
    return part->field == -1 ? rows->persons[row] : ((const int64_t *) column->values)[row];
}

static uint64_t hash_of(const Plan *plan, const void *bytes, size_t n)
{
    uint64_t hash;
    crypto_shorthash_siphash24((unsigned char *) &hash, bytes, n, plan->key_secret);
    return hash;
}

/* Rows that came together lie together, so that a file of some thousand rows writes some pages of a month of a million, and not all of them: the first bits of a key are the day, where the key holds it, else a
 * hash of its running number without the last three digits; the others a hash of the whole. Two keys of one number stay as rare as they were: a thousand rows are near each other, and 48 bits tell them apart. */
enum { DAY_BITS = 5, NEAR_BITS = 16, NEAR_CHARS = 3, NEAR_NUMBERS = 1000 };

static uint64_t day_of_month(const Rows *rows, size_t row)
{
    const KeyPart *part = &rows->plan->key[rows->plan->near_part];
    const void *values = rows->record[part->record].values;
    bool is_date = rows->plan->targets[part->field].type == PACK_DATE;
    int year, month, day;
    date_to_ymd(is_date ? ((const Date *) values)[row] : date_of_instant(((const int64_t *) values)[row], rows->plan->zone_minutes), &year, &month, &day);
    return (uint64_t) day;
}

static uint64_t first_bits(const Rows *rows, size_t row)
{
    const Plan *plan = rows->plan;
    const KeyPart *part = &plan->key[plan->near_part];
    if (plan->near == NEAR_DAY)
        return day_of_month(rows, row);
    if (plan->near == NEAR_TEXT) {
        Str text = text_of(&rows->record[part->record], row);
        return hash_of(plan, text.p, text.n - MIN(text.n, (size_t) NEAR_CHARS));
    }
    int64_t number = part_number(rows, part, row) / NEAR_NUMBERS;
    return hash_of(plan, &number, sizeof number);
}

static int64_t key_of(const Rows *rows, const KeyBytes *key, size_t row)
{
    uint64_t hash = hash_of(rows->plan, key->bytes, key->n);
    int bits = rows->plan->near == NEAR_NOTHING ? 0 : rows->plan->near == NEAR_DAY ? DAY_BITS : NEAR_BITS;
    if (bits > 0)
        hash = first_bits(rows, row) << (64 - bits) | hash >> bits;
    return (int64_t) (hash ^ (uint64_t) 1 << 63); /* the last day last, where numbers have a sign */
}

static void make_key(Rows *rows, KeyBytes *key, size_t row)
{
    const Plan *plan = rows->plan;
    key->n = 0;
    for (size_t k = 0; k < plan->n_key; k++) {
        const KeyPart *part = &plan->key[k];
        if (part->field >= 0)
            put_cell(key, &rows->record[part->record], plan->dataset->record->fields[part->record].type.kind, row);
        else
            put_number(key, part->field == -1 ? rows->persons[row] : rows->periods[row]);
    }
    rows->keys[row] = key_of(rows, key, row);
}

/* What a rejected row has of its key. */
static bool has_key(const Rows *rows, size_t row)
{
    const Plan *plan = rows->plan;
    Reject reject = (Reject) rows->rejects[row];
    if (reject == REJECT_BAD_ORG || reject == REJECT_MANY_ORGS || reject == REJECT_NOT_YOURS)
        return false;
    for (size_t k = 0; k < plan->n_key; k++) {
        int t = plan->key[k].field;
        if (t == -1 ? rows->persons[row] == 0 : t == -2 ? rows->periods[row] == 0 : t != plan->org && ((rows->typed[t].nulls && rows->typed[t].nulls[row]) || is_rounded_at(rows, t, row)))
            return false;
    }
    return true;
}

/* With mode replace what a row names is not absent, also where the row is rejected. A row of an organisation that is not the sender's names nothing that could go. */
static void name_rejected(Rows *rows, KeyBytes *key)
{
    rows->named = ARENA_ARRAY(rows->arena, uint8_t, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        if (!rows->rejects[i])
            continue;
        rows->named[i] = has_key(rows, i);
        if (rows->named[i])
            make_key(rows, key, i);
        rows->n_unread += !rows->named[i] && rows->rejects[i] != REJECT_NOT_YOURS;
    }
}

void rows_make_keys(Rows *rows)
{
    KeyBytes key = { NULL, 0, 0 };
    rows->keys = ARENA_ARRAY(rows->arena, int64_t, rows->n);
    for (size_t i = 0; i < rows->n; i++)
        if (!rows->rejects[i])
            make_key(rows, &key, i);
    if (rows->plan->import->mode == HUB_REPLACE)
        name_rejected(rows, &key);
    g_free(key.bytes);
}
