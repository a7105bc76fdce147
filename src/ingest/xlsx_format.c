/* A date in a workbook is a number and a format that shows it as one. Of a format only what it makes of the number is asked, not how it looks. */
#include <math.h>

#include "ingest/xlsx.h"

#include "base/banned.h"

enum { DAY_SECONDS = 86400, EPOCH_1900 = -25569 /* 1899-12-30 */, EPOCH_1904 = -24107, LEAP_BUG = 60 };

/* --- What a format is --------------------------------------------------------------------------------------------- */

/* Behind what stands for itself: "…", \x, _x, *x, [Red], [$-804], but not [h], [mm], [ss], which count hours on. */
static size_t skip_literal(Str code, size_t at)
{
    char c = code.p[at];
    if (c == '\\' || c == '_' || c == '*')
        return at + 1 < code.n ? at + 2 : at + 1;
    if (c != '"' && c != '[')
        return at;
    const char *end = memchr(code.p + at + 1, c == '"' ? '"' : ']', code.n - at - 1);
    if (!end)
        return code.n;
    Str inside = { code.p + at + 1, (size_t) (end - code.p) - at - 1 };
    bool counts = c == '[' && inside.n > 0 && strspn(inside.p, "hHmMsS") >= inside.n;
    return counts ? at : (size_t) (end - code.p) + 1;
}

typedef struct {
    bool day, clock, month_or_minute, percent, other;
    int zeros;
} FormatSigns;

static void read_sign(FormatSigns *signs, char c)
{
    switch (g_ascii_tolower(c)) {
    case 'y': case 'd': signs->day = true; break;
    case 'h': case 's': signs->clock = true; break;
    case 'm': signs->month_or_minute = true; break;
    case '%': signs->percent = true; break;
    case '0': signs->zeros++; break;
    case '#': case '.': case ',': case '?': case '/': case 'e': signs->other = true; break;
    default: break;
    }
}

/* Of the first part: those behind ';' are for other signs. */
static FormatSigns signs_of(Str code)
{
    FormatSigns signs = { 0 };
    for (size_t at = 0; at < code.n && code.p[at] != ';';) {
        size_t next = skip_literal(code, at);
        if (next == at)
            read_sign(&signs, code.p[at++]);
        else
            at = next;
    }
    return signs;
}

CellFormat format_of_code(Str code)
{
    if (str_has(code, STR("General")) || str_starts(code, STR("G/")))
        return (CellFormat) { FORMAT_PLAIN, 0 };
    FormatSigns signs = signs_of(code);
    if (signs.day || (signs.month_or_minute && !signs.clock))
        return (CellFormat) { signs.clock ? FORMAT_DATE_TIME : FORMAT_DATE, 0 };
    if (signs.clock)
        return (CellFormat) { FORMAT_TIME, 0 };
    if (signs.percent)
        return (CellFormat) { FORMAT_PERCENT, 0 };
    bool padded = signs.zeros > 1 && !signs.other;
    return (CellFormat) { padded ? FORMAT_ZEROS : FORMAT_PLAIN, padded ? MIN(signs.zeros, 16) : 0 };
}

/* ECMA-376 part 1, 18.8.30, with those of the Chinese editions. */
CellFormat format_builtin(int id)
{
    static const struct {
        int from, to;
        FormatKind kind;
    } rows[] = {
        { 9, 10, FORMAT_PERCENT },  { 14, 17, FORMAT_DATE }, { 18, 21, FORMAT_TIME }, { 22, 22, FORMAT_DATE_TIME }, { 27, 31, FORMAT_DATE },
        { 32, 35, FORMAT_TIME },    { 36, 36, FORMAT_DATE }, { 45, 47, FORMAT_TIME }, { 50, 54, FORMAT_DATE },      { 55, 56, FORMAT_TIME },
        { 57, 58, FORMAT_DATE },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (id >= rows[i].from && id <= rows[i].to)
            return (CellFormat) { rows[i].kind, 0 };
    return (CellFormat) { FORMAT_PLAIN, 0 };
}

/* --- What it makes of a number ------------------------------------------------------------------------------------ */

static Str number_text(double number, Arena *arena)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    return arena_str(arena, str_from(g_ascii_formatd(text, sizeof text, "%.15g", number)));
}

static Str zeros_text(double number, int digits, Arena *arena)
{
    if (number < 0 || number != floor(number) || number > 1e15)
        return number_text(number, arena);
    return arena_printf(arena, "%0*" G_GINT64_FORMAT, digits, (int64_t) number);
}

/* Excel takes 1900 for a leap year: the serials before its 29 February are one day less behind. */
static bool date_of_serial(double serial, bool from_1904, Date *ret_date, int32_t *ret_second)
{
    enum { LAST_SERIAL = 2958466 };
    if (!(serial >= 0 && serial < LAST_SERIAL))
        return false;
    int32_t day = (int32_t) floor(serial);
    int32_t second = (int32_t) lround((serial - day) * DAY_SECONDS);
    if (second == DAY_SECONDS) {
        day++;
        second = 0;
    }
    int32_t epoch = from_1904 ? EPOCH_1904 : day < LEAP_BUG ? EPOCH_1900 + 1 : EPOCH_1900;
    int year, month, in_month;
    date_to_ymd(epoch + day, &year, &month, &in_month);
    *ret_second = second;
    return date_from_ymd(year, month, in_month, ret_date);
}

static Str clock_text(int32_t second, Arena *arena)
{
    int h = second / 3600, m = second / 60 % 60, s = second % 60;
    return s ? arena_printf(arena, "%02d:%02d:%02d", h, m, s) : arena_printf(arena, "%02d:%02d", h, m);
}

static void apply_date(CellFormat format, bool from_1904, Arena *arena, SheetCell *cell)
{
    Date date;
    int32_t second;
    if (format.kind == FORMAT_TIME && cell->number >= 0 && cell->number < 1) {
        cell->second = MIN((int32_t) lround(cell->number * DAY_SECONDS), DAY_SECONDS - 1);
        cell->kind = CELL_TIME;
        cell->text = clock_text(cell->second, arena);
        return;
    }
    if (!date_of_serial(cell->number, from_1904, &date, &second))
        return;
    char day[DATE_TEXT_MAX];
    cell->second = second;
    cell->kind = CELL_DATE;
    cell->date = date;
    cell->has_time = format.kind != FORMAT_DATE && second > 0;
    Str clock = cell->has_time ? clock_text(second, arena) : STR_NONE;
    cell->text = arena_printf(arena, "%s%s" STR_FMT, date_format(date, day), cell->has_time ? " " : "", STR_ARG(clock));
}

void format_apply(CellFormat format, bool from_1904, Arena *arena, SheetCell *cell)
{
    cell->kind = CELL_NUMBER;
    cell->date = DATE_NONE;
    if (format.kind >= FORMAT_DATE)
        apply_date(format, from_1904, arena, cell);
    if (cell->kind != CELL_NUMBER)
        return;
    if (format.kind == FORMAT_PERCENT)
        cell->text = arena_concat(arena, number_text(cell->number * 100, arena), STR("%"));
    else if (format.kind == FORMAT_ZEROS)
        cell->text = zeros_text(cell->number, format.digits, arena);
    else
        cell->text = number_text(cell->number, arena);
}
