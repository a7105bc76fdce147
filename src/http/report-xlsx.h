/* report-xlsx.h: private to http: a report as a workbook. */
#pragma once

#include "base/i18n.h"
#include "base/json.h"
#include "ledger/report.h"

/* Writes the report (as GET /reports/{uid} gives it) to `path`. The same report and `created_ms` give the same bytes. */
bool report_xlsx(const JsonValue *report, Lang lang, const char *path, int64_t created_ms, GError **err);
