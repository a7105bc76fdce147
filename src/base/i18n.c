#include "base/i18n.h"

#include "base/i18n_table.h"

#include "base/banned.h"

static int by_key(const void *key, const void *row)
{
    return strcmp(key, ((const I18nRow *) row)->key);
}

Str i18n(Lang lang, const char *key)
{
    const I18nRow *row = bsearch(key, i18n_rows, i18n_row_count, sizeof *i18n_rows, by_key);
    return row ? row->text[lang] : STR_NONE;
}

/* The value of a name in "name=value" lines. */
static Str param(Str params, Str name)
{
    for (Str rest = params; rest.p;) {
        Str value = str_cut(&rest, '\n');
        if (str_eq(str_cut(&value, '='), name))
            return value;
    }
    return STR_NONE;
}

void i18n_format(GString *out, Lang lang, const char *key, Str params)
{
    Str text = i18n(lang, key);
    if (!text.p)
        text = str_from(key);
    while (text.n > 0) {
        ptrdiff_t open = str_find(text, STR("{"), 0), close = open < 0 ? -1 : str_find(text, STR("}"), (size_t) open);
        Str value = close < 0 ? STR_NONE : param(params, (Str) { text.p + open + 1, (size_t) (close - open - 1) });
        size_t plain = close < 0 ? text.n : value.p ? (size_t) open : (size_t) close + 1;
        g_string_append_len(out, text.p, (gssize) plain);
        if (value.p)
            g_string_append_len(out, value.p, (gssize) value.n);
        text = str_from_at(text, value.p ? (size_t) close + 1 : plain);
    }
}

bool lang_parse(Str tag, Lang *ret_lang)
{
    static const Str tags[] = { [LANG_ZH] = STR_INIT("zh"), [LANG_EN] = STR_INIT("en") };
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        if (str_starts(tag, tags[lang]) && (tag.n == tags[lang].n || tag.p[tags[lang].n] == '-')) {
            *ret_lang = lang;
            return true;
        }
    return false;
}
