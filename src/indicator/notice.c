/* Signals of scores under the line. */
#include "db/queries.h"
#include "flow/signals.h"
#include "indicator/engine.h"

#include "base/banned.h"

/* So many months are looked at, back from the last one that is over; and all since a month that is known to be under the line: it does not come right by growing old. */
enum { NOTICE_MONTHS = 3 };

static Str params_of(Arena *arena, const RecordSet *set, int month, int64_t score, int64_t line)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char period[PERIOD_TEXT_MAX];
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_str(&json, "dataset", set->pack->full_name);
    json_member_int(&json, "line", line);
    json_member_str(&json, "name", set->pack->name);
    json_member_str(&json, "name_en", set->pack->name_en);
    json_member_cstr(&json, "period", period_format(period_of_date(PERIOD_MONTH, quality_month_start(month)), period));
    json_member_str(&json, "programme", set->pack->pack->name);
    json_member_str(&json, "programme_en", set->pack->pack->name_en);
    json_member_int(&json, "score", score);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(text));
}

/* The first month that is looked at. */
static bool find_first(DbConn *tx, Str subject, int last, Arena *arena, int *ret_first, GError **err)
{
    SignalLastsRow row;
    bool found;
    if (!db_one(tx, SignalLasts, arena, &row, &found, err, .kind = STR("quality"), .subject = subject))
        return false;
    *ret_first = last - NOTICE_MONTHS + 1;
    if (found)
        *ret_first = MIN(*ret_first, hub_month(period_start((Period) row.period)));
    return true;
}

/* What came late stays late, whatever is mended: a month that another came behind is taken without its timeliness, where that is better; that other shows whether it was mended. Without this, a report that
 * came late once would leave a task that nobody can ever end. */
static int64_t score_of(const RecordSet *set, const QualityMonthsScoredRow *row, int last)
{
    const int64_t measures[] = { row->completeness, row->validity, row->consistency, row->uniqueness };
    const int64_t *weights = set->pack->quality->weights;
    int64_t sum = 0, all = 0;
    for (size_t m = 0; m < G_N_ELEMENTS(measures); m++) {
        bool says = measures[m] != DB_NULL_INT && measures[m] >= 0;
        sum += says ? weights[m] * measures[m] : 0;
        all += says ? weights[m] : 0;
    }
    return row->month < last && all > 0 ? MAX(row->score, sum / all) : row->score;
}

typedef struct {
    int month;
    int64_t score;
    bool found;
} Lowest;

static bool find_lowest(DbConn *tx, const RecordSet *set, int64_t org, int first, int last, Lowest *ret_lowest, GError **err)
{
    *ret_lowest = (Lowest) { 0 };
    g_autoptr(DbRows) rows = db_query(tx, QualityMonthsScored, err, .dataset = set->id, .org = org, .first = first, .last = last);
    for (QualityMonthsScoredRow row; rows && db_next(rows, &row, err);) {
        int64_t score = score_of(set, &row, last);
        if (!ret_lowest->found || score < ret_lowest->score)
            *ret_lowest = (Lowest) { (int) row.month, score, true };
    }
    return db_rows_ok(rows);
}

/* The last month of which reports are over; false: none is. */
static bool find_last(DbConn *tx, const Quality *quality, const RecordSet *set, int64_t org, Arena *arena, int *ret_last, bool *ret_over, GError **err)
{
    QualityOverRow over;
    bool found;
    Date today = clock_today(quality->clock);
    if (!db_one(tx, QualityOver, arena, &over, &found, err, .dataset = set->id, .org = org, .today = today))
        return false;
    *ret_over = !set->pack->reporters || (found && over.month != DB_NULL_INT);
    *ret_last = !*ret_over ? 0 : set->pack->reporters ? (int) over.month : hub_month(today) - 1;
    return true;
}

bool notice_score(DbConn *tx, const Quality *quality, const RecordSet *set, int64_t org, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const PackQuality *line = set->pack->quality;
    Str subject = arena_printf(arena, STR_FMT "/%" G_GINT64_FORMAT, STR_ARG(set->pack->full_name), org);
    int64_t now = clock_now_ms(quality->clock);
    Lowest lowest;
    bool over;
    int first, last;
    if (!line)
        return true;
    if (!find_last(tx, quality, set, org, arena, &last, &over, err))
        return false;
    if (!over)
        return true;
    if (!find_first(tx, subject, last, arena, &first, err) || !find_lowest(tx, set, org, first, last, &lowest, err))
        return false;
    int64_t at = line->line * (QUALITY_PPM / 100);
    if (!lowest.found || lowest.score >= at)
        return signal_clear(tx, "quality", subject, lowest.found ? lowest.score : at, now, err);
    SignalSeen seen = { .kind = "quality", .subject = subject, .what = set->pack->full_name, .org = org,
                        .period = period_of_date(PERIOD_MONTH, quality_month_start(lowest.month)), .value = lowest.score, .line = at,
                        .params = params_of(arena, set, lowest.month, lowest.score, at) };
    return signal_raise(tx, &seen, now, NULL, err);
}
