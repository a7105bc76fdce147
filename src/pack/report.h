/* report.h: the files that packs are read from, and what is wrong in them. */
#pragma once

#include "base/arena.h"

/* A file as it was read. */
typedef struct {
    Str path;  /* below the folder of packs: "immunization/pack.yaml" */
    Str bytes; /* without a byte-order mark */
} PackFile;

typedef struct {
    const char *code; /* static, stable; docs/packs.md has them all */
    bool warning;     /* the pack is loaded all the same */
    Str path;
    uint32_t line, column; /* from 1; column in characters. 0: the whole file */
    Str text;         /* what was found, and what was expected */
} PackFinding;

typedef struct PackReport PackReport;
PackReport *pack_report_new(void);
void pack_report_free(PackReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackReport, pack_report_free)

/* Adds one at byte `from` of the file. More than LIMIT_PACK_FINDINGS are counted, not kept. */
void pack_report_add(PackReport *report, const PackFile *file, size_t from, const char *code, const char *format, va_list args) G_GNUC_PRINTF(5, 0);

/* Such a one of a whole file, or of a line of it. */
void pack_find_line(PackReport *report, Str path, size_t line, const char *code, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* By file and place. The views live as long as the report. */
void pack_report_sort(PackReport *report);
size_t pack_report_count(const PackReport *report);
size_t pack_report_dropped(const PackReport *report);
const PackFinding *pack_report_get(const PackReport *report, size_t index);
size_t pack_report_errors(const PackReport *report); /* without warnings, with those dropped */
