#include "fixture.h"

#include "db/queries.h"

#include "base/banned.h"

static void test_city(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    OrgCountRow count;
    bool found = false;
    g_assert_true(db_one(conn, OrgCount, NULL, &count, &found, &err));
    g_assert_cmpint(count.orgs, >=, 1200);
    g_assert_cmpint(count.accounts, >=, 300);
    g_clear_pointer(&conn, db_done);
    const User *issuer = fixture_user(f, "issuer01");
    Org commission = fixture_org(f, "990000-WJW");
    g_assert_true(org_within(issuer->org_path, commission.path));
    g_assert_true(user_has_role(issuer, ROLE_ISSUER));
}

static void test_empty(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    OrgCountRow count;
    bool found = false;
    g_assert_true(db_one(conn, OrgCount, NULL, &count, &found, &err));
    g_assert_cmpint(count.orgs, ==, 0);
    g_assert_false(fixture_stored(f, STR("not in here, surely")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("fixture", "city", true, test_city);
    fixture_add("fixture", "empty", false, test_empty);
    return g_test_run();
}
