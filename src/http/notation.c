#include "http/notation.h"

#include "base/crypto.h"

#include "base/limits.h"

#include "base/banned.h"

enum { WORD_MAX = 64 };

static const struct {
    Str name;
    ParamType type;
    const char *expected;
} param_types[] = {
    { STR_INIT("text"), PARAM_TEXT, "a text" },
    { STR_INIT("uid"), PARAM_UID, "a uid" },
    { STR_INIT("word"), PARAM_WORD, "a word of a-z, 0-9, '-' and '_'" },
    { STR_INIT("int"), PARAM_INT, "a number" },
    { STR_INIT("bool"), PARAM_BOOL, "1 or 0" },
    { STR_INIT("date"), PARAM_DATE, "a date as 2026-11-22" },
    { STR_INIT("limit"), PARAM_LIMIT, "a number from 1 to " G_STRINGIFY(500) },
    { STR_INIT(""), PARAM_CHOICE, "one of the words that the route names" },
};
G_STATIC_ASSERT(LIMIT_LIST_ROWS == 500);

bool notation_word(Str *rest, Str *ret_word)
{
    while (rest->p) {
        Str word = str_cut(rest, ' ');
        if (word.n > 0) {
            *ret_word = word;
            return true;
        }
    }
    return false;
}

static Param typed(Str name, Str type, ParamType otherwise)
{
    Param param = { .name = name, .type = otherwise };
    if (!type.p)
        return param;
    for (size_t i = 0; i < G_N_ELEMENTS(param_types); i++)
        if (param_types[i].name.n > 0 && str_eq(param_types[i].name, type)) {
            param.type = param_types[i].type;
            return param;
        }
    if (!memchr(type.p, '|', type.n))
        g_error("route notation: no type \"" STR_FMT "\"", STR_ARG(type));
    param.type = PARAM_CHOICE;
    param.words = type;
    return param;
}

Param notation_param(Str word, ParamType otherwise)
{
    Str type = word, name = str_cut(&type, ':');
    bool several = str_ends(name, STR("+"));
    Param param = typed(str_head(name, name.n - several), type, otherwise);
    param.several = several;
    return param;
}

bool notation_has_choice(Str words, Str value)
{
    while (words.p)
        if (str_eq(str_cut(&words, '|'), value))
            return true;
    return false;
}

const char *param_expected(ParamType type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(param_types); i++)
        if (param_types[i].type == type)
            return param_types[i].expected;
    g_assert_not_reached();
}



static bool is_word(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!g_ascii_islower(s.p[i]) && !g_ascii_isdigit(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return s.n > 0 && s.n <= WORD_MAX;
}

static bool is_int(Str s, int64_t min, int64_t max)
{
    int64_t value;
    return str_to_int64(s, &value) && value >= min && value <= max;
}

bool param_check(const Param *param, Str value)
{
    Date date;
    switch (param->type) {
    case PARAM_TEXT:
        return true;
    case PARAM_UID:
        return uid_valid(value);
    case PARAM_WORD:
        return is_word(value);
    case PARAM_INT:
        return is_int(value, 0, INT64_C(1) << 53);
    case PARAM_BOOL:
        return str_eq(value, STR("1")) || str_eq(value, STR("0"));
    case PARAM_DATE:
        return date_parse(value, &date);
    case PARAM_LIMIT:
        return is_int(value, 1, LIMIT_LIST_ROWS);
    case PARAM_CHOICE:
        return notation_has_choice(param->words, value);
    }
    g_assert_not_reached();
}
