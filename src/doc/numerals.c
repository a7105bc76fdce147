/* numerals.c: numbers in digits and in Chinese.
 *
 * Digits may have thousands separators (1,200), but only true ASCII commas in threes: the folded form of ， is the same code point, so the
 * original is asked. Chinese numerals are read by place (一百二十) or digit by digit (二〇二五). */
#include "doc/quantity.h"

#include "base/banned.h"

enum { SCALE_MAX = 6, DIGITS_MAX = 18 /* fit in int64_t */ };

static int chinese_digit(char32_t c)
{
    switch (c) {
    case U'〇': case U'零': return 0;
    case U'一': return 1;
    case U'二': case U'两': return 2;
    case U'三': return 3;
    case U'四': return 4;
    case U'五': return 5;
    case U'六': return 6;
    case U'七': return 7;
    case U'八': return 8;
    case U'九': return 9;
    default: return -1;
    }
}

/* 十 百 千, and 万 亿 that close a section. */
static int64_t chinese_place(char32_t c)
{
    switch (c) {
    case U'十': return 10;
    case U'百': return 100;
    case U'千': return 1000;
    case U'万': return 10000;
    case U'亿': return 100000000;
    default: return 0;
    }
}

bool numeral_begins(char32_t c)
{
    return is_digit(c) || chinese_digit(c) > 0 || c == U'十' || c == U'百' || c == U'千' || c == U'万';
}

/* Whether a comma at `at` separates thousands: ASCII, exactly three digits behind it. */
static bool separates_thousands(const View *view, size_t start, size_t at, size_t end)
{
    if (view->orig[at] != ',' || at - start > 3 || at + 4 > end)
        return false;
    for (size_t i = at + 1; i < at + 4; i++)
        if (!is_digit(view->norm[i]))
            return false;
    return at + 4 == end || !is_digit(view->norm[at + 4]);
}

static void digit_add(Numeral *numeral, int *digits, char32_t c)
{
    if (numeral->value.value > 0 && ++*digits > DIGITS_MAX)
        numeral->exact = false;
    else
        numeral->value.value = numeral->value.value * 10 + (int64_t) (c - '0');
}

static bool digits_read(const View *view, size_t at, size_t end, Numeral *numeral)
{
    size_t i = at;
    int digits = 1;
    bool thousands = false;
    for (; i < end; i++) {
        if (is_digit(view->norm[i]))
            digit_add(numeral, &digits, view->norm[i]);
        else if (view->norm[i] == ',' && separates_thousands(view, thousands ? i : at, i, end))
            thousands = true;
        else
            break;
    }
    if (i + 1 < end && view->norm[i] == '.' && is_digit(view->norm[i + 1])) {
        size_t scale = 0;
        for (i++; i < end && is_digit(view->norm[i]); i++, scale++)
            if (scale < SCALE_MAX)
                digit_add(numeral, &digits, view->norm[i]);
        numeral->exact &= scale <= SCALE_MAX;
        numeral->value.scale = (uint8_t) MIN(scale, (size_t) SCALE_MAX);
    }
    numeral->range = (Range) { at, i };
    return i > at;
}

/* 二〇二五: digit by digit. Two digits alone (三四家) are a guess, not a number. */
static bool chinese_digits_read(const View *view, size_t at, size_t end, Numeral *numeral)
{
    size_t i = at;
    int64_t value = 0;
    for (; i < end && i - at < DIGITS_MAX && chinese_digit(view->norm[i]) >= 0; i++)
        value = value * 10 + chinese_digit(view->norm[i]);
    if (i - at < 3)
        return false;
    numeral->range = (Range) { at, i };
    numeral->value.value = value;
    return true;
}

/* Whether 万 or 亿 at `at` is followed by more of the numeral (一万二千), and so belongs to it. */
static bool section_goes_on(const View *view, size_t at, size_t end)
{
    return at + 1 < end && (chinese_digit(view->norm[at + 1]) >= 0 || (at + 2 < end && view->norm[at + 1] == U'十'));
}

/* By place, in falling sections: 一亿二千万三百. */
static bool chinese_places_read(const View *view, size_t at, size_t end, Numeral *numeral)
{
    int64_t total = 0, section = 0, digit = -1, place_before = 10000, section_before = INT64_MAX;
    size_t i = at;
    for (; i < end; i++) {
        int64_t place = chinese_place(view->norm[i]);
        int value = chinese_digit(view->norm[i]);
        if (value >= 0 && digit <= 0) {
            digit = value;
        } else if (place >= 10000 && place < section_before && i > at && section_goes_on(view, i, end)) {
            total += (section + MAX(digit, 0)) * place;
            section = 0, digit = -1, place_before = 10000, section_before = place;
        } else if (place > 0 && place < place_before) {
            section += (digit > 0 ? digit : 1) * place;
            digit = -1, place_before = place;
        } else {
            break;
        }
    }
    numeral->range = (Range) { at, i };
    numeral->value.value = total + section + MAX(digit, 0);
    return i > at;
}

static bool followed_by_parts_of(const View *view, size_t at, size_t end)
{
    size_t i = at;
    while (i < end && i < at + 2 && chinese_place(view->norm[i]) > 0)
        i++;
    return i > at && i <= end && view_at(view, i, W(U"分之"));
}

bool numeral_read(const View *view, size_t at, size_t end, Numeral *ret_numeral)
{
    if (at >= end)
        return false;
    char32_t c = view->norm[at];
    Numeral numeral = { .exact = true };
    if (is_digit(c)) {
        if (!digits_read(view, at, end, &numeral))
            return false;
    } else if (chinese_digit(c) >= 0 || c == U'十') {
        numeral.chinese = true;
        if (!chinese_digits_read(view, at, end, &numeral) && !chinese_places_read(view, at, end, &numeral))
            return false;
    } else if (followed_by_parts_of(view, at, end)) { /* 百分之, 万分之: the place stands alone */
        numeral.chinese = true;
        numeral.value.value = chinese_place(c);
        numeral.range = (Range) { at, at + 1 };
    } else {
        return false;
    }
    *ret_numeral = numeral;
    return true;
}
