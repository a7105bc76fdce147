/* fixture.h: for tests of the layers above org: a store with the organisations and people of the samples, on either engine.
 *
 * Every test gets a store of its own: on SQLite a folder, on PostgreSQL (the server of BIHUAN_TEST_PG) a schema. A failure in here ends
 * the test program. */
#pragma once

#include "base/blob.h"
#include "base/file.h"
#include "org/org.h"

typedef struct {
    DbEngine engine;
    TempDir *folder; /* the data folder: store (SQLite), blobs, key */
    char *schema;    /* PostgreSQL */
    DbOptions options;
    Db *db;
    KeyRing *keys;
    BlobStore *blobs;
    Clock *clock; /* stands at FIXTURE_NOW until moved */
    Arena *arena; /* of the test */
} Fixture;

#define FIXTURE_TODAY "2026-03-20" /* a Friday, 09:00 in the store's zone */
#define FIXTURE_PASSWORD "Fixture-2026-pass"

typedef void (*FixtureTest)(Fixture *f);

/* Adds the test under "/SUITE/sqlite/NAME" and "/SUITE/postgres/NAME"; without BIHUAN_TEST_PG the second fails (it is skipped where
 * BIHUAN_TEST_NO_PG is set). `city`: with organisations and people; else the store is empty. */
void fixture_add(const char *suite, const char *name, bool city, FixtureTest test);

/* The user of an account of samples/people.csv, as of today; it must exist. */
const User *fixture_user(Fixture *f, const char *username);

/* Who acts, at the clock's time. */
AuditWho fixture_who(const Fixture *f, const User *user);

/* The organisation of a code of samples/organisations.csv; it must exist. */
Org fixture_org(Fixture *f, const char *code);

/* A file of samples/, as it is; lives in f->arena. */
Str fixture_sample(Fixture *f, const char *path);

/* Whether any file below the data folder holds these bytes; on PostgreSQL the store itself is not looked into. */
bool fixture_stored(const Fixture *f, Str bytes);

/* Asserts that err is of this class and detail (NULL: any), and clears it. */
void assert_refused(GError **err, BhError code, const char *detail);
