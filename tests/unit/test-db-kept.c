/* What readers keep for each other. */
#include "db-fixture.h"
#include "db/kept.h"

#include "base/banned.h"

enum { WORDS, PLACES };

static void keep(Fixture *f, unsigned subject, const char *key, const char *set, int64_t n)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_no_error(err);
    db_kept_put(conn, subject, str_from(key), &(DbKept) { set ? str_from(set) : STR_NONE, n });
}

static int64_t found(Fixture *f, unsigned subject, const char *key)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    DbKept kept;
    g_assert_no_error(err);
    return db_kept_find(conn, subject, str_from(key), &kept) ? kept.n : -1;
}

static bool change_words(DbConn *tx, void *data, GError **err)
{
    DbKept kept;
    db_kept_stale(tx, WORDS);
    g_assert_false(db_kept_find(tx, PLACES, STR("a"), &kept)); /* who writes reads for himself */
    db_kept_put(tx, PLACES, STR("of a writer"), &(DbKept) { STR_NONE, 1 });
    return data ? error_set(err, BH_CONFLICT, "refused") : add_named(tx, (void *) "a", err);
}

static void test_a_commit_forgets_what_it_made_stale(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    keep(f, WORDS, "a", "x", 3);
    keep(f, PLACES, "a", NULL, 5);
    g_assert_cmpint(found(f, WORDS, "a"), ==, 3);
    g_assert_cmpint(found(f, WORDS, "b"), ==, -1);
    g_assert_false(db_write(f->db, DB_INTERACTIVE, change_words, f, &err));
    assert_failed(&err, BH_CONFLICT);
    g_assert_cmpint(found(f, WORDS, "a"), ==, 3);
    g_assert_true(db_write(f->db, DB_INTERACTIVE, change_words, NULL, &err));
    g_assert_cmpint(found(f, WORDS, "a"), ==, -1);
    g_assert_cmpint(found(f, PLACES, "a"), ==, 5);
    g_assert_cmpint(found(f, PLACES, "of a writer"), ==, -1);
    keep(f, WORDS, "a", "y", 4);
    g_assert_cmpint(found(f, WORDS, "a"), ==, 4);
}

/* What a reader found that began before a commit is not what those that begin behind it find. */
static void test_an_older_reader_keeps_for_older_readers(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DbKept kept;
    g_autoptr(DbConn) old = db_reader(f->db, &err);
    g_assert_no_error(err);
    g_assert_true(db_write(f->db, DB_BULK, change_words, NULL, &err));
    db_kept_put(old, WORDS, STR("a"), &(DbKept) { STR(""), 7 });
    g_assert_true(db_kept_find(old, WORDS, STR("a"), &kept));
    g_assert_true(kept.set.p && kept.set.n == 0);
    g_assert_cmpint(found(f, WORDS, "a"), ==, -1);
    keep(f, WORDS, "a", "new", 8);
    g_assert_cmpint(found(f, WORDS, "a"), ==, 8);
    g_assert_true(db_kept_find(old, WORDS, STR("a"), &kept));
    g_assert_cmpint(kept.n, ==, 7);
}

/* A set outlives its place for who has found it; of too many the one that was not asked for longest goes. */
static void test_there_is_room_for_some(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DbKept kept;
    keep(f, WORDS, "held", "held", 1);
    g_autoptr(DbConn) holder = db_reader(f->db, &err);
    g_assert_true(db_kept_find(holder, WORDS, STR("held"), &kept));
    keep(f, PLACES, "asked", "asked", 2);
    for (int i = 0; i < DB_KEPT_MOST; i++) {
        g_autofree char *key = g_strdup_printf("%d", i);
        keep(f, PLACES, key, key, i);
        g_assert_cmpint(found(f, PLACES, "asked"), ==, 2);
    }
    g_assert_cmpint(found(f, WORDS, "held"), ==, -1);
    g_assert_true(str_eq(kept.set, STR("held")));
    g_autofree char *large = g_strnfill(DB_KEPT_BYTES, 'x');
    keep(f, PLACES, "large", large, 3);
    g_assert_cmpint(found(f, PLACES, "large"), ==, -1);
    g_assert_cmpint(found(f, PLACES, "asked"), ==, 2);
    g_assert_cmpint(db_rest(f->db, 0), >, 0);
    g_assert_cmpint(found(f, PLACES, "asked"), ==, -1);
}

static void test_who_only_reads_keeps_nothing(Fixture *f)
{
    f->options.read_only = true;
    f->db = reopen(f);
    keep(f, WORDS, "a", "x", 3);
    g_assert_cmpint(found(f, WORDS, "a"), ==, -1);
}

static const DbTest tests[] = {
    { "a-commit-forgets-what-it-made-stale", test_a_commit_forgets_what_it_made_stale, BOTH },
    { "an-older-reader-keeps-for-older-readers", test_an_older_reader_keeps_for_older_readers, BOTH },
    { "there-is-room-for-some", test_there_is_room_for_some, BOTH },
    { "who-only-reads-keeps-nothing", test_who_only_reads_keeps_nothing, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-kept", tests, G_N_ELEMENTS(tests));
}
