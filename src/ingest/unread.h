/* unread.h: private to ingest: files that are not read, each called what it is. */
#pragma once

#include "base/package.h"

/* What a file is, by its first bytes; `text`: behind a byte-order mark and white space. NULL: none of these. The code of an error, with words in i18n. */
const char *unread_code(Str head, Str text);

/* The same of a zip that holds no xl/workbook.xml; NULL: an office file of no kind that is known. */
const char *unread_package(Package *package);

/* Sets err to BH_BAD_INPUT with such a code, and a hint; false. Further codes: "old-excel", "encrypted"; NULL: "unknown-format". */
bool unread_refuse(const char *code, GError **err);

/* BH_TOO_LARGE "too-many-columns", with the place of the first that is too many; false. */
bool unread_too_wide(int64_t row, int most, GError **err);
