/* quality-fixture.h: for tests of data quality: the city of the samples with a pack installed whose datasets have rules of every kind. */
#pragma once

#include "fixture.h"
#include "indicator/quality.h"

#define WATCH_VISITS "watch.visit"

typedef struct {
    Fixture *f;
    PacksRef *packs;
    const PackDataset *visits, *volumes, *stays;
    int64_t visit_id, volume_id, stay_id;
    int64_t hospital, other; /* two of the reporters */
    int64_t reporters;       /* how many there are */
    Quality quality;
} Watch;

void watch_open(Fixture *f, Watch *ret_watch);
void watch_close(Watch *watch);

/* SQL of the test's own. */
void watch_run(Fixture *f, const char *sql);
int64_t watch_ask(Fixture *f, const char *sql);

/* The clock to a day, 09:00; never back. */
void watch_day(Watch *watch, const char *day);
