/* i18n.h: the texts for people, from i18n/zh.json and i18n/en.json, compiled in by tools/i18ngen.py. The pages use the same files. */
#pragma once

#include "base/str.h"

typedef enum { LANG_ZH, LANG_EN, LANG_COUNT } Lang;

/* The text of a key; STR_NONE for an unknown one. It may hold places such as {count}. */
Str i18n(Lang lang, const char *key);

/* Appends the text with its places filled from "name=value" lines; a place without a value stays as it is, an unknown key is appended
 * itself. */
void i18n_format(GString *out, Lang lang, const char *key, Str params);

/* "zh" or "en"; also a longer tag such as "zh-CN". False for any other. */
bool lang_parse(Str tag, Lang *ret_lang);
