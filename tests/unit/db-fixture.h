/* db-fixture.h: for the tests of src/db: an empty store on either engine, with the statements of tests/sql.
 *
 * Each test runs on SQLite in a folder of its own, and on PostgreSQL (the server of BIHUAN_TEST_PG) in a schema of its own. */
#pragma once

#include "db/db.h"

#include "test-queries.h"

typedef struct {
    DbEngine engine;
    char *folder, *schema;
    DbOptions options;
    Db *db;
} Fixture;

enum { READ_LIMIT_MS = 1000 }; /* of the store under test */

typedef struct {
    const char *name;
    void (*run)(Fixture *f);
    enum { BOTH, ONLY_SQLITE, ONLY_POSTGRES } where;
} DbTest;

/* The whole of main(): the tests of a table, as /SUITE/sqlite/NAME and /SUITE/postgres/NAME. Without BIHUAN_TEST_PG it fails, unless
 * BIHUAN_TEST_NO_PG says that this is meant. */
int db_test_main(int argc, char **argv, const char *suite, const DbTest *tests, size_t n_tests);

/* Closes the store, and opens it as f->options say now. */
Db *reopen(Fixture *f);

/* Throws the store away; there is a new place for one in f->options then, with these statements and migrations. */
void renew(Fixture *f, const DbProgram *program);

/* What an administrator does beside the store; `%s` in the SQL is the schema. */
void run_on_server(const char *sql, const char *schema);

void assert_failed(GError **err, BhError code); /* and clears it */

/* --- Small works ------------------------------------------------------------------------------------------------ */

bool add_task(DbConn *tx, const char *uid, int64_t weight, GError **err);
bool add_named(DbConn *tx, void *uid, GError **err); /* const char * */
bool add_two(DbConn *tx, void *data, GError **err);
bool add_hundred(DbConn *tx, void *data, GError **err); /* "000" to "099", weights 0 to 99 */
int64_t count_tasks(Db *db);

/* --- Works of several threads -------------------------------------------------------------------------------------- */

/* A db_write in a thread of its own. */
typedef struct {
    Db *db;
    DbQueue queue;
    DbWork work;
    void *data;
    GThread *thread;
    bool ok;
    GError *error;
} Caller;
void caller_start(Caller *caller);
void caller_finish(Caller *caller);

/* A work that holds its connection until `go` is set. */
typedef struct {
    gint begun, go;
} Gate;
void gate_start(Caller *caller, Gate *gate);

/* Until n works wait in a queue. */
void wait_until_waiting(Db *db, DbQueue queue, int n);
