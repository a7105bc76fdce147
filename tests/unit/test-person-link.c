/* Merging, parting, pairs, looking. */
#include "base/limits.h"
#include "db/queries.h"

#include "persons.h"

#include "base/banned.h"

/* --- Works of one step --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HubPersons *persons;
    int64_t person, onto, version, account;
    bool part;
    Str pair, decision;
    AuditWho who;
} Act;

static bool act(DbConn *tx, void *data, GError **err)
{
    const Act *a = data;
    if (a->pair.p)
        return hub_pair_decide(a->persons, tx, a->pair, a->version, a->decision, a->account, &a->who, err);
    return a->part ? hub_person_part(a->persons, tx, a->person, a->account, &a->who, err) : hub_person_merge(a->persons, tx, a->person, a->onto, a->account, &a->who, err);
}

static bool do_act(Fixture *f, Act a, GError **err)
{
    a.account = DB_NULL_INT;
    a.who = (AuditWho) { .via = "engine", .at_ms = clock_now_ms(f->clock) };
    return db_write(f->db, DB_INTERACTIVE, act, &a, err);
}

static size_t group_of(Fixture *f, int64_t person, Arena *arena, const int64_t **ret_persons)
{
    GError *err = NULL;
    size_t n = 0;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    hub_person_group(conn, person, arena, ret_persons, &n, &err);
    g_assert_no_error(err);
    return n;
}

/* --- Any merges and partings, beside a plain model of the edges ------------------------------------------------------------------------ */

enum { CROWD = 12, ACTS = 400 };

static int64_t root_in(const int64_t *onto, int64_t person)
{
    while (onto[person])
        person = onto[person];
    return person;
}

/* Every person is in one group, that of its root, and in no other: none is lost, whatever was done. */
static void assert_as_model(Fixture *f, const int64_t *onto)
{
    g_autoptr(Arena) arena = arena_new();
    for (int64_t person = 1; person <= CROWD; person++) {
        const int64_t *group;
        size_t n = group_of(f, person, arena, &group), want = 0;
        g_assert_cmpint(group[0], ==, root_in(onto, person));
        for (int64_t other = 1; other <= CROWD; other++)
            want += root_in(onto, other) == root_in(onto, person);
        g_assert_cmpint(n, ==, want);
        for (size_t i = 0; i < n; i++)
            g_assert_cmpint(root_in(onto, group[i]), ==, group[0]);
    }
}

static bool note_each(DbConn *tx, void *data, GError **err)
{
    PersonRecord records[CROWD];
    (void) data;
    for (int i = 0; i < CROWD; i++)
        records[i] = (PersonRecord) { i + 1, 1, 600 + i, 5, 1000 + i };
    return hub_records_note(tx, records, CROWD, err);
}

static size_t records_of_group(Fixture *f, int64_t person, Arena *arena, const PersonRecord **ret_records)
{
    GError *err = NULL;
    const int64_t *group;
    size_t n = group_of(f, person, arena, &group), n_records = 0;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    hub_records_of(conn, group, n, arena, ret_records, &n_records, &err);
    g_assert_no_error(err);
    return n_records;
}

static void assert_no_record_lost(Fixture *f, const int64_t *onto)
{
    g_autoptr(Arena) arena = arena_new();
    int seen[CROWD + 1] = { 0 };
    for (int64_t person = 1; person <= CROWD; person++) {
        const PersonRecord *records;
        if (onto[person])
            continue; /* roots: each group once */
        size_t n = records_of_group(f, person, arena, &records);
        for (size_t i = 0; i < n; i++)
            seen[records[i].person]++;
    }
    for (int64_t person = 1; person <= CROWD; person++)
        g_assert_cmpint(seen[person], ==, 1);
}

static void try_merge(Fixture *f, HubPersons *persons, int64_t *onto, int64_t a, int64_t b)
{
    GError *err = NULL;
    bool ok = do_act(f, (Act) { .persons = persons, .person = a, .onto = b }, &err);
    if (root_in(onto, a) == root_in(onto, b))
        assert_refused(&err, BH_CONFLICT, "persons-are-one");
    else if (onto[a])
        assert_refused(&err, BH_CONFLICT, "person-merged");
    else
        g_assert_true(ok);
    if (ok)
        onto[a] = root_in(onto, b);
}

static void try_part(Fixture *f, HubPersons *persons, int64_t *onto, int64_t a)
{
    GError *err = NULL;
    bool ok = do_act(f, (Act) { .persons = persons, .person = a, .part = true }, &err);
    g_assert_cmpint(ok, ==, onto[a] != 0);
    if (!ok)
        assert_refused(&err, BH_CONFLICT, "person-not-merged");
    onto[a] = 0;
}

static void make_crowd(HubPersons *persons, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < n; i++)
        g_assert_cmpint(resolve_one(persons, (Who) { .card = arena_printf(arena, "CARD2%04zu", i).p }, NULL), ==, (int64_t) i + 1);
}

static void test_any(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    g_autoptr(GRand) chance = g_rand_new_with_seed(5);
    int64_t onto[CROWD + 1] = { 0 };
    GError *err = NULL;
    make_crowd(persons, CROWD);
    g_assert_true(db_write(f->db, DB_BULK, note_each, NULL, &err));
    for (int step = 0; step < ACTS; step++) {
        int64_t a = g_rand_int_range(chance, 1, CROWD + 1), b = g_rand_int_range(chance, 1, CROWD + 1);
        if (g_rand_int_range(chance, 0, 5) < 3)
            try_merge(f, persons, onto, a, b);
        else
            try_part(f, persons, onto, a);
        if (step % 10 == 0) {
            assert_as_model(f, onto);
            assert_no_record_lost(f, onto);
        }
    }
    for (int64_t person = 1; person <= CROWD; person++)
        if (onto[person])
            try_part(f, persons, onto, person);
    assert_as_model(f, onto); /* each alone again */
    assert_no_record_lost(f, onto);
    g_assert_false(do_act(f, (Act) { .persons = persons, .person = 1, .onto = CROWD + 1 }, &err));
    assert_refused(&err, BH_NOT_FOUND, NULL);
}

static void test_limit(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    GError *err = NULL;
    make_crowd(persons, LIMIT_PERSON_GROUP + 1);
    for (int64_t person = 2; person <= LIMIT_PERSON_GROUP; person++)
        g_assert_true(do_act(f, (Act) { .persons = persons, .person = person, .onto = 1 }, &err));
    g_assert_false(do_act(f, (Act) { .persons = persons, .person = LIMIT_PERSON_GROUP + 1, .onto = 1 }, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
}

/* --- Pairs -------------------------------------------------------------------------------------------------------------------------------- */

static PersonPairsRow the_pair(Fixture *f)
{
    GError *err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    DbList *list = db_list_new(f->arena, PersonPairs, "p.id");
    g_autoptr(DbRows) rows = db_list_run(list, conn, &err);
    PersonPairsRow row;
    g_assert_no_error(err);
    g_assert_true(db_list_next(list, rows, &row, &err));
    db_row_keep(PersonPairs, &row, f->arena);
    PersonPairsRow more;
    g_assert_false(db_list_next(list, rows, &more, &err));
    return row;
}

static bool decide(Fixture *f, HubPersons *persons, const char *decision, GError **err)
{
    PersonPairsRow pair = the_pair(f);
    return do_act(f, (Act) { .persons = persons, .pair = pair.uid, .version = pair.version, .decision = str_from(decision) }, err);
}

static void test_pairs(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    GError *err = NULL;
    const int64_t *group;
    uint8_t marks;
    int64_t a = resolve_one(persons, (Who) { .card = "CARD0001" }, NULL), b = resolve_one(persons, (Who) { .card = "CARD0002", .id = "E12345678" }, NULL);
    Who both = { .card = "CARD0001", .id = "E12345678" };
    g_assert_cmpint(resolve_one(persons, both, &marks), ==, b);
    g_assert_cmpint(marks, ==, PERSON_UNSURE);
    resolve_one(persons, both, &marks); /* once */
    PersonPairsRow pair = the_pair(f);
    g_assert_true(pair.a == a && pair.b == b && str_eq(pair.why, STR("numbers")) && str_eq(pair.state, STR("open")));
    g_assert_true(decide(f, persons, "later", &err));
    g_assert_false(do_act(f, (Act) { .persons = persons, .pair = pair.uid, .version = pair.version, .decision = STR("same") }, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    g_assert_true(decide(f, persons, "same", &err));
    g_assert_cmpint(group_of(f, b, f->arena, &group), ==, 2);
    g_assert_cmpint(group[0], ==, a);
    g_assert_cmpint(resolve_one(persons, both, &marks), ==, b); /* rows name whom the number names, and not the root */
    g_assert_false(decide(f, persons, "different", &err));
    assert_refused(&err, BH_CONFLICT, "persons-are-one");
    g_assert_true(do_act(f, (Act) { .persons = persons, .person = b, .part = true }, &err));
    g_assert_true(str_eq(the_pair(f).state, STR("open")));
    g_assert_true(decide(f, persons, "different", &err));
    resolve_one(persons, both, &marks);
    g_assert_true(str_eq(the_pair(f).state, STR("different"))); /* for good */
    g_assert_false(decide(f, persons, "perhaps", &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
}

/* --- Looking ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HubPersons *persons;
    PersonLook look;
    AuditWho who;
    Arena *arena;
    const PersonValue *values;
    size_t n;
} Show;

static bool show(DbConn *tx, void *data, GError **err)
{
    Show *s = data;
    return hub_person_show(s->persons, tx, &s->look, &s->who, s->arena, &s->values, &s->n, err);
}

static const Who child = { .name = "王小明", .birth = "2021-05-06", .sex = "1", .phone = "13900000002", .card = "JS000123" };

static void test_view(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    GError *err = NULL;
    int64_t id = resolve_one(persons, child, NULL), back = 0, like[3];
    Who later = child;
    later.phone = "13900000003";
    resolve_one(persons, later, NULL);
    PersonView view;
    bool found;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_true(hub_person_view(persons, conn, id, f->arena, &view, &found, &err) && found);
    g_assert_true(str_eq(view.name, STR("王*明")) && str_eq(view.sex, STR("1")));
    g_assert_cmpint(view.n_values, ==, 4); /* card, name, two telephones */
    g_assert_true(hub_person_by_uid(persons, str_from(view.uid), &back) && back == id);
    g_assert_true(hub_person_view(persons, conn, id + 1, f->arena, &view, &found, &err) && !found);
    g_assert_cmpint(hub_person_find(persons, &person_elements[1], STR("js-000123")), ==, id);
    g_assert_cmpint(hub_person_find(persons, &person_elements[0], STR("js-000123")), ==, 0);
    Date birth;
    g_assert_true(date_parse(STR("2021-05-06"), &birth));
    g_assert_cmpint(hub_persons_like(persons, STR("王小明"), birth, STR_NONE, like, 3), ==, 1);
    g_assert_cmpint(hub_persons_like(persons, STR("王小明"), DATE_NONE, STR("139 0000 0002"), like, 3), ==, 1);
    g_assert_cmpint(hub_persons_like(persons, STR("王小明"), DATE_NONE, STR_NONE, like, 3), ==, 0); /* a name alone finds nobody */
    g_assert_cmpint(hub_persons_like(persons, STR("王小明"), birth + 1, STR_NONE, like, 3), ==, 0);
}

static void test_show(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    const User *user = fixture_user(f, "issuer01");
    GError *err = NULL;
    int64_t id = resolve_one(persons, child, NULL);
    const Str phone[] = { STR_INIT("guardian_phone") }, unknown[] = { STR_INIT("guardian_phone"), STR_INIT("address") };
    Show s = { .persons = persons, .arena = f->arena, .who = fixture_who(f, user),
               .look = { .person = id, .fields = phone, .n_fields = 1, .purpose = STR("follow-up"), .reason = STR("催种电话"), .account = user->account } };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, show, &s, &err));
    g_assert_true(s.n == 1 && str_eq(s.values[0].shown, STR("13900000002")));
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, PersonLooks, &err, .person = id, .most = 5);
    PersonLooksRow row;
    g_assert_true(db_next(rows, &row, &err));
    g_assert_true(str_eq(row.fields, STR("guardian_phone")) && str_eq(row.purpose, STR("follow-up")) && str_eq(row.account_uid, user->account_uid));
    g_assert_false(db_next(rows, &row, &err));
    s.look.purpose = STR("curiosity");
    g_assert_false(db_write(f->db, DB_INTERACTIVE, show, &s, &err));
    assert_refused(&err, BH_BAD_INPUT, "purpose-unknown");
    s.look.purpose = STR("other");
    s.look.reason = STR("  ");
    g_assert_false(db_write(f->db, DB_INTERACTIVE, show, &s, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    s.look = (PersonLook) { .person = id, .fields = unknown, .n_fields = 2, .purpose = STR("care"), .account = user->account };
    g_assert_false(db_write(f->db, DB_INTERACTIVE, show, &s, &err));
    assert_refused(&err, BH_BAD_INPUT, "field-unknown");
    s.look.n_fields = 0;
    g_assert_true(db_write(f->db, DB_INTERACTIVE, show, &s, &err));
    g_assert_cmpint(s.n, ==, 3);
}

/* --- Sweeping ---------------------------------------------------------------------------------------------------------------------------------- */

static bool note_second(DbConn *tx, void *data, GError **err)
{
    PersonRecord record = { 2, 1, 600, 5, 99 };
    (void) data;
    return hub_records_note(tx, &record, 1, err);
}

static HubPersons *open_to_sweep(Fixture *f)
{
    GError *err = NULL;
    HubPersons *persons = hub_persons_open(&(HubPersonsOptions) { .db = f->db, .clock = f->clock, .keys = f->keys, .data_dir = temp_dir_path(f->folder), .sweep_at_once = true }, &err);
    g_assert_no_error(err);
    return persons;
}

static int64_t swept(Fixture *f, HubPersons *persons)
{
    GError *err = NULL;
    int64_t n = -1;
    g_assert_true(hub_persons_sweep(persons, clock_now_ms(f->clock), &n, &err));
    return n;
}

static size_t values_in(Fixture *f)
{
    GError *err = NULL;
    size_t n = 0;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, VaultFrom, &err, .after = 0, .most = 1000);
    for (VaultFromRow row; db_next(rows, &row, &err); n++) {}
    return n;
}

/* 1: of no record; 2: of one; 3 merged onto 4; 5: the last. 1 and 2 have one name. */
static void test_sweep(Fixture *f)
{
    HubPersons *persons = open_to_sweep(f);
    GError *err = NULL;
    const Who left = { .card = "CARD0001", .name = "王五", .phone = "13900000002" };
    Str held = STR("13900000077");
    int64_t vault = 0;
    g_assert_cmpint(resolve_one(persons, left, NULL), ==, 1);
    g_assert_cmpint(resolve_one(persons, (Who) { .card = "CARD0001", .phone = "13900000003" }, NULL), ==, 1);
    g_assert_cmpint(resolve_one(persons, (Who) { .card = "CARD0002", .name = "王五" }, NULL), ==, 2);
    for (int i = 3; i <= 5; i++)
        g_assert_cmpint(resolve_one(persons, (Who) { .card = arena_printf(f->arena, "CARD000%d", i).p }, NULL), ==, i);
    g_assert_true(hub_vault_put(persons, PACK_PHONE, &held, 1, false, &vault, &err));
    g_assert_true(db_write(f->db, DB_BULK, note_second, NULL, &err));
    g_assert_true(do_act(f, (Act) { .persons = persons, .person = 3, .onto = 4 }, &err));
    g_assert_cmpint(swept(f, persons), ==, 0); /* they are not older than now */
    clock_set(f->clock, clock_now_ms(f->clock) + 1);
    hub_persons_begin(persons);
    g_assert_cmpint(swept(f, persons), ==, 0); /* a file is in hand */
    hub_persons_end(persons);
    size_t before = values_in(f);
    g_assert_cmpint(swept(f, persons), ==, 1);
    g_assert_cmpint(values_in(f), ==, before - 3); /* its number and telephones; the name is another one's, too, and what a row holds stays */
    for (int round = 0; round < 2; round++) { /* as it is, and as it is read again */
        g_assert_cmpint(hub_person_find(persons, &person_elements[1], STR("CARD0001")), ==, 0);
        g_assert_cmpint(resolve_one(persons, (Who) { .card = "CARD0002", .name = "王五" }, NULL), ==, 2);
        g_assert_cmpint(swept(f, persons), ==, 0);
        hub_persons_close(persons);
        persons = open_to_sweep(f);
    }
    uint8_t marks;
    g_assert_cmpint(resolve_one(persons, left, &marks), ==, 6); /* nobody's number is given twice */
    g_assert_cmpint(marks, ==, 0);
    hub_persons_close(persons);
}

/* --- Nothing of a person can be read in the folder ------------------------------------------------------------------------------------------ */

static void test_bytes(Fixture *f)
{
    enum { PEOPLE = 300 };
    g_autoptr(Arena) arena = arena_new();
    Who *rows = ARENA_ARRAY(arena, Who, PEOPLE);
    int64_t ids[PEOPLE];
    uint8_t marks[PEOPLE];
    HubPersons *persons = open_persons(f);
    for (unsigned i = 0; i < PEOPLE; i++)
        rows[i] = (Who) { .id = invented_id(arena, i, (Date) i * 50, i % 2), .card = arena_printf(arena, "KARTE%07u", i * 7919).p,
                          .name = arena_printf(arena, "慕容%c%c%u", 'A' + i % 26, 'a' + i / 26, i).p, .phone = arena_printf(arena, "1395%07u", i * 31).p };
    resolve(persons, rows, PEOPLE, false, ids, marks);
    hub_persons_close(persons);
    for (unsigned i = 0; i < PEOPLE; i += 13) {
        const char *const texts[] = { rows[i].id, rows[i].card, rows[i].name, rows[i].phone };
        for (size_t k = 0; k < G_N_ELEMENTS(texts); k++) {
            g_autofree char *base64 = g_base64_encode((const guchar *) texts[k], strlen(texts[k]) / 3 * 3);
            g_assert_false(fixture_stored(f, str_from(texts[k])));
            g_assert_false(fixture_stored(f, str_from(base64)));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("person-link", "any", false, test_any);
    fixture_add("person-link", "limit", false, test_limit);
    fixture_add("person-link", "pairs", false, test_pairs);
    fixture_add("person-link", "view", false, test_view);
    fixture_add("person-link", "show", true, test_show);
    fixture_add("person-link", "sweep", false, test_sweep);
    fixture_add("person-link", "bytes", false, test_bytes);
    return g_test_run();
}
