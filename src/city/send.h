/* send.h: private to city: what is sent: files of a period, the mistakes in them, and the list of both. */
#pragma once

#include "city/write.h"

/* A file that was sent, or was not. */
typedef struct {
    const CityStream *stream;
    const CityOrg *org;
    const CitySoftware *software;
    char *path;            /* below the folder, with its period's name in it */
    char period[PERIOD_TEXT_MAX];
    Date sent;
    uint64_t rows, bytes;
    bool withheld, late, repeated;
} CitySent;

/* The files of one stream and one period: a piece of work of its own. */
typedef struct {
    const CityRun *run;
    CityStreamRun *stream;
    const CityDialects *dialects;
    const char *out;
    uint16_t file;
    size_t from, to;       /* its occurrences */
    GArray *sent;          /* of CitySent */
    GString *mistakes;     /* lines of mistakes.csv */
    GString *told;         /* of the check: what was found first */
    uint64_t n_mistakes, checked, wrong_rows, tame_mistakes;
    GHashTable **tallies;  /* of this period; joined to the stream's afterwards */
    GError *err;
} CityTask;

void task_run(CityTask *task);
void task_clear(CityTask *task);

/* mistakes.c: makes some rows of a batch wrong. */
void mistakes_make(CityTask *task, CityBatch *batch, CityOcc const *occs);
/* Appends the line of a mistake. */
void mistake_line(CityTask *task, const CityFileOut *file, const char *path, const CityMistake *mistake, Str also);

/* check.c: runs the rules of one record over a batch. */
void check_batch(CityTask *task, CityBatch *batch, ExprRunner *runner, Date today);

/* manifest.c */
bool manifest_write(const CityRun *run, const char *out, GArray *sent, GError **err);
bool orgs_write(const CityRun *run, const char *out, GError **err);
