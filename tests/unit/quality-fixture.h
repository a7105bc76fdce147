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
void watch_open_awaiting(Fixture *f, Watch *ret_watch); /* reports of all three datasets are expected, not only of visits */
void watch_close(Watch *watch);

/* SQL of the test's own. */

/* The clock to a day, 09:00; never back. */
void watch_day(Watch *watch, const char *day);

/* Records of visits and volumes as an import leaves them: rows, batch, segment. `values`: SQL of the columns (key_, day or period …), see quality-fixture.c. */
typedef struct {
    int64_t org;
    int month;
    int key;
    const char *day;  /* of a visit */
    const char *ward; /* NULL: none */
    int fee;          /* in hundredths; negative: none */
    const char *payer, *stay; /* NULL: none */
} WatchVisit;
void watch_visits(Watch *watch, const WatchVisit *visits, size_t n);
void watch_take(Watch *watch, int64_t org, int month, int key); /* a visit is deleted */
void watch_volume(Watch *watch, int64_t org, int month, int visits, int fees);
void watch_stay(Watch *watch, int64_t org, int month, int key, const char *number);

/* A defect of a row as the hub leaves it. */
void watch_defect(Watch *watch, int64_t org, int month, int key, const char *rule);

/* Everything that is due, computed; how many months that were. */
int64_t watch_compute(Watch *watch);
