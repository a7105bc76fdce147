/* Facts about persons beside birth and sex: kept as they were said first, whatever goes against them kept beside, through restarts, merges and sweeps. */
#include <unistd.h>

#include "db/queries.h"
#include "hub/person_in.h"

#include "persons.h"

#include "base/banned.h"

static const PackElement *const blood = &person_elements[6], *const died = &person_elements[7];

static Str text_fact(HubPersons *persons, int64_t id, const ExprColumn *said, Arena *arena)
{
    ExprColumn column;
    hub_persons_fact(persons, blood, &id, 1, said, arena, &column);
    return column.nulls[0] ? STR_NONE : ((const Str *) column.values)[0];
}

static Date day_fact(HubPersons *persons, int64_t id, const ExprColumn *said, Arena *arena)
{
    ExprColumn column;
    hub_persons_fact(persons, died, &id, 1, said, arena, &column);
    return column.nulls[0] ? DATE_NONE : ((const Date *) column.values)[0];
}

static void assert_text(HubPersons *persons, int64_t id, const char *want)
{
    g_autoptr(Arena) arena = arena_new();
    g_autofree char *got = str_dup(text_fact(persons, id, NULL, arena));
    g_assert_cmpstr(got ? got : "", ==, want ? want : "");
}

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(str_from(text), &date));
    return date;
}

static void assert_day(HubPersons *persons, int64_t id, const char *want)
{
    g_autoptr(Arena) arena = arena_new();
    g_assert_cmpint(day_fact(persons, id, NULL, arena), ==, want ? day(want) : DATE_NONE);
}

/* All that is kept of one, as "element=value" with + where it is further, by commas. */
static char *kept_of(Fixture *f, HubPersons *persons, int64_t id)
{
    GError *err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    GString *all = g_string_new(NULL);
    PersonView view;
    bool found;
    g_assert_true(hub_person_view(persons, conn, id, arena, &view, &found, &err));
    g_assert_true(found);
    for (size_t i = 0; i < view.n_facts; i++)
        g_string_append_printf(all, "%s" STR_FMT "%s" STR_FMT, i > 0 ? "," : "", STR_ARG(view.facts[i].element), view.facts[i].further ? "+" : "=", STR_ARG(view.facts[i].value));
    return g_string_free(all, FALSE);
}

static void assert_kept(Fixture *f, HubPersons *persons, int64_t id, const char *want)
{
    g_autofree char *got = kept_of(f, persons, id);
    g_assert_cmpstr(got, ==, want);
}

static uint8_t marks_of(HubPersons *persons, Who who)
{
    uint8_t marks = 0;
    g_assert_cmpint(resolve_one(persons, who, &marks), >, 0);
    return marks;
}

static void test_first_stays(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    int64_t id = resolve_one(persons, (Who) { .card = "CARD0001" }, NULL);
    assert_text(persons, id, NULL);
    assert_day(persons, id, NULL);
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .blood = "A" }), ==, 0);
    assert_text(persons, id, "A");
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .died = "2026-03-04" }), ==, 0);
    assert_day(persons, id, "2026-03-04");
    for (int again = 0; again < 2; again++) /* kept once, told each time */
        g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .blood = "B", .died = "2026-03-04" }), ==, PERSON_CONFLICT);
    assert_text(persons, id, "A");
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .blood = "A", .died = "2026-03-05" }), ==, PERSON_CONFLICT);
    assert_day(persons, id, "2026-03-04");
    assert_kept(f, persons, id, "blood=A,blood+B,died_on=2026-03-04,died_on+2026-03-05");
}

/* Who contradicts something teaches nothing else in the same row. */
static void test_contradiction_teaches_nothing(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f); /* nobody's arrivals: nobody corrects */
    int64_t id = resolve_one(persons, (Who) { .card = "CARD0001", .blood = "A", .birth = "1950-01-02", .sex = "1" }, NULL);
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .birth = "1951-01-02", .died = "2026-03-04" }), ==, PERSON_CONFLICT);
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .sex = "2", .blood = "A", .died = "2026-03-04" }), ==, PERSON_CONFLICT);
    assert_day(persons, id, NULL);
    assert_kept(f, persons, id, "birth+1951-01-02,sex+2,blood=A");
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .birth = "1950-01-02", .died = "2026-03-04" }), ==, 0);
    assert_day(persons, id, "2026-03-04");
}

/* Rows of one batch about one person: the first of them says it, new person or known. */
static void test_one_batch(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    const Who rows[] = { { .card = "CARD0001", .blood = "A" }, { .card = "CARD0001", .blood = "B" }, { .card = "CARD0002" }, { .card = "CARD0001", .blood = "A", .died = "2026-01-01" } };
    int64_t ids[4];
    uint8_t marks[4];
    resolve(persons, rows, 4, true, ids, marks);
    g_assert_true(ids[0] < 0 && ids[0] == ids[1]);
    resolve(persons, rows, 4, false, ids, marks);
    g_assert_true(marks[0] == 0 && marks[1] == PERSON_CONFLICT && marks[2] == 0 && marks[3] == 0);
    assert_kept(f, persons, ids[0], "blood=A,blood+B,died_on=2026-01-01");
    assert_kept(f, persons, ids[2], "");
    const Who later[] = { { .card = "CARD0002", .blood = "O" }, { .card = "CARD0002", .blood = "AB" }, { .card = "CARD0002", .blood = "AB" }, { .card = "CARD0002", .blood = "O" } };
    resolve(persons, later, 4, true, ids, marks); /* says what would be told of what is known; keeps nothing */
    assert_text(persons, ids[0], NULL);
    resolve(persons, later, 4, false, ids, marks);
    g_assert_true(marks[0] == 0 && marks[1] == PERSON_CONFLICT && marks[2] == PERSON_CONFLICT && marks[3] == 0);
    assert_kept(f, persons, ids[0], "blood=O,blood+AB");
}

/* What is not known is what the file says; so it is for those who would be made, and for whom no store knows. */
static void test_said(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    g_autoptr(Arena) arena = arena_new();
    const Str texts[] = { STR_INIT("AB") };
    const Date days[] = { 77 };
    ExprColumn text = { .values = texts }, when = { .values = days };
    int64_t known = resolve_one(persons, (Who) { .card = "CARD0001", .blood = "A", .died = "2026-03-04" }, NULL), unknown = resolve_one(persons, (Who) { .card = "CARD0002" }, NULL);
    g_assert_true(str_eq(text_fact(persons, known, &text, arena), STR("A")) && day_fact(persons, known, &when, arena) == day("2026-03-04"));
    const int64_t others[] = { unknown, -4, 0, 99999 };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_assert_true(str_eq(text_fact(persons, others[i], &text, arena), STR("AB")) && day_fact(persons, others[i], &when, arena) == 77);
        g_assert_true(text_fact(persons, others[i], NULL, arena).n == 0 && day_fact(persons, others[i], NULL, arena) == DATE_NONE);
    }
    const PackElement never = { .entry = { .id = STR_INIT("nobody_said") }, .type = PACK_DATE, .of_person = true };
    ExprColumn column;
    hub_persons_fact(persons, &never, &known, 1, NULL, arena, &column);
    g_assert_cmpint(column.nulls[0], ==, 1);
}

enum { FILES = 3 };

static char *file_path(Fixture *f, HubPersons *persons, size_t i)
{
    static const char *const files[FILES] = { "likes.idx", "facts.idx", NULL };
    char name[FACT_NAME_MAX], own[32];
    g_snprintf(own, sizeof own, "fact-%u.idx", names_find(&persons->elements, fact_name(blood, name)));
    return g_build_filename(temp_dir_path(f->folder), "persons", files[i] ? files[i] : own, NULL);
}

/* However the index is left, facts are as they were, and what was told is not kept twice. */
static void test_reopened(Fixture *f)
{
    HubPersons *persons = open_persons(f);
    int64_t last = 0, first = resolve_one(persons, (Who) { .card = "CARD0001", .blood = "A" }, NULL);
    for (int i = 0; i < 9000; i++) { /* more than a column begins with */
        g_autofree char *card = g_strdup_printf("KARTE%05d", i);
        if (i % 1000 == 999 || i < 3)
            last = resolve_one(persons, (Who) { .card = card, .blood = i % 2 ? "B" : "O", .died = "2026-02-01" }, NULL);
        else if (i % 9 == 0)
            resolve_one(persons, (Who) { .card = card }, NULL);
    }
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .blood = "B" }), ==, PERSON_CONFLICT);
    for (size_t i = 0; i <= FILES; i++) {
        g_autofree char *path = i < FILES ? file_path(f, persons, i) : NULL;
        hub_persons_close(persons);
        g_assert_true(!path || unlink(path) == 0);
        persons = open_persons(f);
        assert_text(persons, first, "A");
        assert_text(persons, last, "B");
        assert_day(persons, last, "2026-02-01");
        g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .blood = "B" }), ==, PERSON_CONFLICT);
        assert_kept(f, persons, first, "blood=A,blood+B");
    }
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .died = "2026-05-05" }), ==, 0);
    HubPersons *successor = open_persons(f); /* of one that never closed */
    assert_day(successor, first, "2026-05-05");
    hub_persons_close(successor);
    hub_persons_close(persons);
}

/* A larger store: columns grow beyond what they begin with. */
static void test_many(Fixture *f)
{
    enum { MANY = 4096, ROUNDS = 3 };
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(HubPersons) persons = open_persons(f);
    Who *rows = ARENA_ARRAY(arena, Who, MANY);
    g_autofree int64_t *ids = g_new0(int64_t, MANY);
    g_autofree uint8_t *marks = g_malloc0(MANY);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < MANY; i++)
            rows[i] = (Who) { .card = arena_printf(arena, "KARTE%d%05d", round + 1, i + 17).p, .blood = i % 3 ? "A" : NULL, .died = i % 5 ? NULL : "2026-01-09" };
        resolve(persons, rows, MANY, false, ids, marks);
        for (int i = 0; i < MANY; i += 7) {
            assert_text(persons, ids[i], rows[i].blood);
            assert_day(persons, ids[i], rows[i].died);
        }
    }
}

/* --- Who corrects whom --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t orgs[2], intakes[2];
} Senders;

static bool make_intakes(DbConn *tx, void *data, GError **err)
{
    Senders *senders = data;
    static const char *const uids[] = { "first", "second" };
    for (int i = 0; i < 2; i++) {
        IntakeInsertRow row;
        bool found;
        g_autoptr(Arena) arena = arena_new();
        if (!db_one(tx, IntakeInsert, arena, &row, &found, err, .uid = str_from(uids[i]), .channel = STR("upload"), .org = senders->orgs[i], .account = DB_NULL_INT,
                    .source = STR("s"), .name = STR("n"), .format = STR("csv"), .options = STR("{}"), .sha256 = STR("0"), .dataset = DB_NULL_INT, .mapping = DB_NULL_INT,
                    .period = DB_NULL_INT))
            return false;
        senders->intakes[i] = row.id;
    }
    return true;
}

static uint8_t said_by(HubPersons *persons, const Senders *senders, int who, Who row)
{
    g_autoptr(Arena) arena = arena_new();
    GError *err = NULL;
    int64_t id = 0;
    uint8_t marks = 0;
    PersonBatch batch = persons_batch(&row, 1, arena);
    batch.org = senders->orgs[who];
    batch.intake = senders->intakes[who];
    g_assert_true(hub_persons_resolve(persons, &batch, &id, &marks, &err));
    g_assert_no_error(err);
    return marks;
}

static Senders two_senders(Fixture *f)
{
    Senders senders = { .orgs = { fixture_org(f, "990101-JC01").id, fixture_org(f, "990101-JC02").id } };
    GError *err = NULL;
    db_write(f->db, DB_BULK, make_intakes, &senders, &err);
    g_assert_no_error(err);
    return senders;
}

static Date born(HubPersons *persons, int64_t id)
{
    ExprColumn column;
    g_autoptr(Arena) arena = arena_new();
    hub_persons_fact(persons, &person_elements[3], &id, 1, NULL, arena, &column);
    return ((const Date *) column.values)[0];
}

/* Who said something corrects it by what is new; others contradict it; what was said before is no correction, so that an old file sent again changes nothing. */
static void test_corrected(Fixture *f)
{
    Senders senders = two_senders(f);
    HubPersons *persons = open_persons(f);
    enum { FIRST, SECOND, ID = 1 };
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001", .birth = "2025-01-01", .sex = "1", .blood = "A", .died = "2026-03-03" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .birth = "2024-01-01", .blood = "B" }), ==, PERSON_CONFLICT);
    g_assert_cmpint(born(persons, ID), ==, day("2025-01-01"));
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001", .birth = "2024-01-02", .sex = "2", .blood = "O", .died = "2026-03-04" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001", .birth = "2024-01-02", .sex = "2", .blood = "O", .died = "2026-03-04" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001", .birth = "2025-01-01", .blood = "A" }), ==, PERSON_CONFLICT); /* the old file again */
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .blood = "AB" }), ==, PERSON_CONFLICT);
    for (int round = 0; round < 2; round++) { /* as it is, and as it is read again */
        g_assert_cmpint(born(persons, ID), ==, day("2024-01-02"));
        assert_text(persons, ID, "O");
        assert_day(persons, ID, "2026-03-04");
        assert_kept(f, persons, ID, "birth=2024-01-02,birth+2024-01-01,birth+2025-01-01,sex=2,sex+1,blood=O,blood+A,blood+B,blood+AB,died_on=2026-03-04,died_on+2026-03-03");
        g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .sex = "1" }), ==, PERSON_CONFLICT);
        hub_persons_close(persons);
        for (int i = 0; i < FILES; i++) {
            g_autofree char *path = g_build_filename(temp_dir_path(f->folder), "persons", (const char *[]) { "likes.idx", "facts.idx", "numbers.idx" }[i], NULL);
            g_assert_true(unlink(path) == 0);
        }
        persons = open_persons(f);
    }
    hub_persons_close(persons);
}

/* What was learned later is its teller's to correct, not that of who brought the person. */
static void test_corrected_by_who_said_it(Fixture *f)
{
    Senders senders = two_senders(f);
    g_autoptr(HubPersons) persons = open_persons(f);
    enum { FIRST, SECOND, ID = 1 };
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .birth = "2025-01-01" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001", .birth = "2025-01-02" }), ==, PERSON_CONFLICT);
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .birth = "2025-01-03" }), ==, 0);
    g_assert_cmpint(born(persons, ID), ==, day("2025-01-03"));
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .name = "张三" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .name = "李四", .birth = "2025-01-04" }), ==, PERSON_NAME | PERSON_CONFLICT); /* perhaps another's */
    g_assert_cmpint(born(persons, ID), ==, day("2025-01-03"));
}

/* An identity number goes before what was typed in, whoever sends it, and then stays. */
static void test_number_before_typed(Fixture *f)
{
    Senders senders = two_senders(f);
    g_autoptr(HubPersons) persons = open_persons(f);
    enum { FIRST, SECOND, ID = 1 };
    g_assert_cmpint(said_by(persons, &senders, FIRST, (Who) { .card = "CARD0001", .birth = "1949-12-30", .sex = "1" }), ==, 0);
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .id = "11010519491231002X" }), ==, 0);
    g_assert_cmpint(born(persons, ID), ==, day("1949-12-31"));
    assert_kept(f, persons, ID, "birth=1949-12-31,birth+1949-12-30,sex=2,sex+1");
    g_assert_cmpint(said_by(persons, &senders, SECOND, (Who) { .card = "CARD0001", .birth = "1949-12-29" }), ==, PERSON_CONFLICT);
    g_assert_cmpint(born(persons, ID), ==, day("1949-12-31"));
}

/* --- Merged, swept, too many ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    HubPersons *persons;
    int64_t person, onto;
} Act;

static bool merge(DbConn *tx, void *data, GError **err)
{
    const Act *act = data;
    return hub_person_merge(act->persons, tx, act->person, act->onto, DB_NULL_INT, &(AuditWho) { .at_ms = 5 }, err);
}

static bool part(DbConn *tx, void *data, GError **err)
{
    const Act *act = data;
    return hub_person_part(act->persons, tx, act->person, DB_NULL_INT, &(AuditWho) { .at_ms = 6 }, err);
}

/* Facts are those of whom a number names: a merge changes none, and what is learned meanwhile is there when it is taken back. */
static void test_merged(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    GError *err = NULL;
    int64_t a = resolve_one(persons, (Who) { .card = "CARD0001", .blood = "A" }, NULL), b = resolve_one(persons, (Who) { .card = "CARD0002", .blood = "B" }, NULL);
    Act act = { persons, b, a };
    g_assert_true(db_write(f->db, DB_INTERACTIVE, merge, &act, &err));
    assert_text(persons, a, "A");
    assert_text(persons, b, "B");
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0002", .blood = "B", .died = "2026-03-04" }), ==, 0);
    assert_day(persons, a, NULL);
    g_assert_true(db_write(f->db, DB_INTERACTIVE, part, &act, &err));
    assert_kept(f, persons, a, "blood=A");
    assert_kept(f, persons, b, "blood=B,died_on=2026-03-04");
}

static void test_swept(Fixture *f)
{
    GError *err = NULL;
    HubPersonsOptions options = { .db = f->db, .clock = f->clock, .keys = f->keys, .data_dir = temp_dir_path(f->folder), .sweep_at_once = true };
    g_autoptr(HubPersons) persons = hub_persons_open(&options, &err);
    int64_t gone = resolve_one(persons, (Who) { .card = "CARD0001", .blood = "A" }, NULL), n = 0;
    g_assert_cmpint(marks_of(persons, (Who) { .card = "CARD0001", .blood = "B" }), ==, PERSON_CONFLICT);
    resolve_one(persons, (Who) { .card = "CARD0002", .blood = "B" }, NULL);
    clock_set(f->clock, clock_now_ms(f->clock) + 1);
    g_assert_true(hub_persons_sweep(persons, clock_now_ms(f->clock), &n, &err));
    g_assert_cmpint(n, ==, 1);
    assert_text(persons, gone, NULL);
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_autoptr(DbRows) rows = db_query(conn, PersonFactsFrom, &err, .person = 0, .element = 0, .value = 0, .most = 100);
    PersonFactsFromRow row;
    g_assert_true(db_next(rows, &row, &err));
    g_assert_cmpint(row.person, ==, 2);
    g_assert_false(db_next(rows, &row, &err));
}

/* The words that facts are kept as have an end; then what says a new one is refused with a clear error, and nothing is kept. */
static void test_words(Fixture *f)
{
    enum { MOST = PERSON_WORDS - 2 };
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(HubPersons) persons = open_persons(f);
    g_autofree int64_t *ids = g_new0(int64_t, EXPR_BATCH_ROWS);
    g_autofree uint8_t *marks = g_malloc0(EXPR_BATCH_ROWS);
    Who *rows = ARENA_ARRAY(arena, Who, EXPR_BATCH_ROWS);
    for (int at = 0; at < MOST;) {
        size_t n = 0;
        for (; n < EXPR_BATCH_ROWS && at < MOST; n++, at++)
            rows[n] = (Who) { .card = "CARD0001", .blood = arena_printf(arena, "w%d", at).p };
        resolve(persons, rows, n, false, ids, marks);
    }
    GError *err = NULL;
    PersonBatch batch = persons_batch(&(Who) { .card = "CARD0002", .blood = "one more" }, 1, arena);
    g_assert_false(hub_persons_resolve(persons, &batch, ids, marks, &err));
    g_assert_cmpint(err->code, ==, BH_TOO_LARGE);
    g_error_free(err);
    g_assert_cmpint(hub_person_find(persons, &person_elements[1], STR("CARD0002")), ==, 0);
    g_assert_cmpint(resolve_one(persons, (Who) { .card = "CARD0002", .blood = "w7" }, NULL), ==, 2);
    assert_text(persons, 2, "w7");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        FixtureTest run;
    } tests[] = {
        { "first-stays", test_first_stays }, { "contradiction", test_contradiction_teaches_nothing }, { "one-batch", test_one_batch }, { "said", test_said },
        { "reopened", test_reopened },       { "many", test_many },                                   { "merged", test_merged },       { "swept", test_swept },
        { "words", test_words },
    }, with_city[] = { { "corrected", test_corrected }, { "corrected-by-who-said-it", test_corrected_by_who_said_it }, { "number-before-typed", test_number_before_typed } };
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("person-fact", tests[i].name, false, tests[i].run);
    for (size_t i = 0; i < G_N_ELEMENTS(with_city); i++)
        fixture_add("person-fact", with_city[i].name, true, with_city[i].run);
    return g_test_run();
}
