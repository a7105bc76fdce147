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

bool notice_score(DbConn *tx, const Quality *quality, const RecordSet *set, int64_t org, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    const PackQuality *line = set->pack->quality;
    Str subject = arena_printf(arena, STR_FMT "/%" G_GINT64_FORMAT, STR_ARG(set->pack->full_name), org);
    int64_t now = clock_now_ms(quality->clock);
    QualityOverRow over;
    QualityLowestRow lowest;
    bool found;
    int first;
    if (!line)
        return true;
    if (!db_one(tx, QualityOver, arena, &over, &found, err, .dataset = set->id, .org = org, .today = clock_today(quality->clock)))
        return false;
    if (set->pack->reporters && (!found || over.month == DB_NULL_INT)) /* nothing is over yet */
        return true;
    int last = set->pack->reporters ? (int) over.month : hub_month(clock_today(quality->clock)) - 1;
    if (!find_first(tx, subject, last, arena, &first, err)
        || !db_one(tx, QualityLowest, arena, &lowest, &found, err, .dataset = set->id, .org = org, .first = first, .last = last))
        return false;
    int64_t at = line->line * (QUALITY_PPM / 100);
    if (!found || lowest.score >= at)
        return signal_clear(tx, "quality", subject, found ? lowest.score : at, now, err);
    SignalSeen seen = { .kind = "quality", .subject = subject, .what = set->pack->full_name, .org = org,
                        .period = period_of_date(PERIOD_MONTH, quality_month_start((int) lowest.month)), .value = lowest.score, .line = at,
                        .params = params_of(arena, set, (int) lowest.month, lowest.score, at) };
    return signal_raise(tx, &seen, now, NULL, err);
}
