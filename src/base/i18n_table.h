/* i18n_table.h: private to base: what tools/i18ngen.py writes, sorted by key. */
#pragma once

#include "base/i18n.h"

typedef struct {
    const char *key;
    Str text[LANG_COUNT];
} I18nRow;

extern const I18nRow i18n_rows[];
extern const size_t i18n_row_count;
