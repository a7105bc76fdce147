#include "doc/structure.h"

#include "base/banned.h"

size_t words_at(const View *view, size_t i, size_t to, Words words, size_t *ret_index)
{
    size_t best = 0;
    char32_t first = i < to ? view->norm[i] : 0; /* nearly every word ends here */
    for (size_t w = 0; w < words.n; w++)
        if (words.v[w].p[0] == first && words.v[w].n > best && word_here(view, i, to, words.v[w])) {
            best = words.v[w].n;
            if (ret_index)
                *ret_index = w;
        }
    return best;
}

size_t words_before(const View *view, size_t i, size_t from, Words words, size_t *ret_index)
{
    size_t best = 0;
    for (size_t w = 0; w < words.n; w++)
        if (words.v[w].n > best && i >= from + words.v[w].n && word_here(view, i - words.v[w].n, i, words.v[w])) {
            best = words.v[w].n;
            if (ret_index)
                *ret_index = w;
        }
    return best;
}

bool words_in(const View *view, Range range, Words words)
{
    for (size_t i = range.from; i < range.to; i++)
        if (words_at(view, i, range.to, words, NULL))
            return true;
    return false;
}

static const Word openers = WORD_INIT(U"([{<〔【［〈《「『“‘");
static const Word closers = WORD_INIT(U")]}>〕】］〉》」』”’");

static const Word round_openers = WORD_INIT(U"([〔【［");
static const Word round_closers = WORD_INIT(U")]〕】］");

size_t bracket_end(const View *view, size_t i, size_t to)
{
    enum { BRACKET_MAX = 2000, NESTING_MAX = 8 }; /* so that text with brackets that never close stays linear */
    size_t depth = 0;
    for (to = MIN(to, i + BRACKET_MAX); i < to; i++) {
        if (word_has(round_openers, view->norm[i]) && ++depth > NESTING_MAX)
            return 0;
        if (word_has(round_closers, view->norm[i]) && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* A bracket that never closes must not swallow the rest: what stands in it is looked at as if it were not there. */
size_t find_outside(const View *view, Range range, Word set)
{
    size_t depth = 0, inside = range.to;
    for (size_t i = range.from; i < range.to; i++) {
        char32_t c = view->norm[i];
        if (is_han(c)) /* no mark is, nor any set that is looked for */
            continue;
        if (word_has(openers, c))
            depth++;
        else if (word_has(closers, c))
            depth -= depth > 0;
        else if (word_has(set, c)) {
            if (depth == 0)
                return i;
            inside = MIN(inside, i);
        }
    }
    return depth > 0 ? inside : range.to;
}

size_t skip_blanks(const View *view, size_t i, size_t to)
{
    while (i < to && is_blank(view->norm[i]))
        i++;
    return i;
}

static int han_digit(char32_t c)
{
    static const char32_t digits[] = U"〇一二三四五六七八九";
    for (int d = 0; d < 10; d++)
        if (digits[d] == c)
            return d;
    return c == U'零' ? 0 : -1;
}

size_t han_number(const View *view, size_t i, size_t to, int *ret_number)
{
    enum { DIGITS_MAX = 7 }; /* 九百九十九, with room for a 零 */
    int number = 0, digit = 0;
    size_t at = i;
    bool last_digit = false;
    for (; at < to && at - i < DIGITS_MAX; at++) {
        int unit = view->norm[at] == U'十' ? 10 : view->norm[at] == U'百' ? 100 : 0;
        int d = han_digit(view->norm[at]);
        if (unit) {
            number += (digit || at > i ? digit : 1) * unit;
            digit = 0;
            last_digit = false;
        } else if (d >= 0 && !(last_digit && digit)) {
            digit = d;
            last_digit = true;
        } else {
            break;
        }
    }
    if (at == i)
        return 0;
    *ret_number = number + digit;
    return at - i;
}

size_t digit_number(const View *view, size_t i, size_t to, int *ret_number)
{
    enum { DIGITS_MAX = 6 };
    int number = 0;
    size_t at = i;
    for (; at < to && at - i < DIGITS_MAX && view->norm[at] >= '0' && view->norm[at] <= '9'; at++)
        number = number * 10 + (int) (view->norm[at] - '0');
    if (at > i)
        *ret_number = number;
    return at - i;
}
