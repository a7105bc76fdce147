#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "hub/marks.h"

#include "persons.h"

#include "base/banned.h"

/* --- Numbers ------------------------------------------------------------------------------------------------------------------------ */

static void test_numbers(void)
{
    static const struct {
        PackType type;
        const char *said, *form; /* NULL: nobody's */
    } cases[] = {
        { PACK_ID_CARD, "11010519491231002X", "11010519491231002X" },
        { PACK_ID_CARD, "11010519491231002x", "11010519491231002X" },
        { PACK_ID_CARD, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X" },
        { PACK_ID_CARD, "110105 19491231 002X", "11010519491231002X" },
        { PACK_ID_CARD, "110105-491231-002", "11010519491231002X" }, /* the first generation */
        { PACK_ID_CARD, "110105491231002", "11010519491231002X" },
        { PACK_ID_CARD, "110105491331002", NULL },
        { PACK_ID_CARD, "110105194912310021", NULL },
        { PACK_ID_CARD, "000000000000000000", NULL },
        { PACK_ID_CARD, "110105********002X", NULL },
        { PACK_ID_CARD, "E12345678", "E12345678" },
        { PACK_ID_CARD, "h1234567890", "H1234567890" },
        { PACK_ID_CARD, "E00000000", NULL },
        { PACK_ID_CARD, "12345678", NULL },
        { PACK_ID_CARD, "ABCDEFGHI", NULL },
        { PACK_ID_CARD, "", NULL },
        { PACK_ID_CARD, "无", NULL },
        { PACK_CARD_NO, "js-000123", "JS000123" },
        { PACK_CARD_NO, "320212345678901", "320212345678901" },
        { PACK_CARD_NO, "0000", NULL },
        { PACK_CARD_NO, "111111111", NULL },
        { PACK_CARD_NO, "12", NULL },
        { PACK_CARD_NO, "ABCDEF", NULL },
        { PACK_CARD_NO, "12345678901234567890123456789012", "12345678901234567890123456789012" },
        { PACK_CARD_NO, "123456789012345678901234567890123", NULL }, /* one more than fits */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char form[PERSON_NUMBER_MAX] = "";
        size_t n = 0;
        bool ok = person_number_form(cases[i].type, str_from(cases[i].said), form, &n);
        g_assert_cmpint(ok, ==, cases[i].form != NULL);
        if (ok)
            g_assert_cmpstr(form, ==, cases[i].form);
        g_assert_true(!ok || n == strlen(form));
    }
}

static void test_masks(void)
{
    static const struct {
        PackType type;
        const char *value, *shown;
    } cases[] = {
        { PACK_PERSON_NAME, "张三", "张*" }, { PACK_PERSON_NAME, "张小三", "张*三" }, { PACK_PERSON_NAME, "欧阳小三", "欧***" }, { PACK_PERSON_NAME, "张", "*" },
        { PACK_ID_CARD, "11010519491231002X", "110*************2X" }, { PACK_ID_CARD, "E1234", "*****" },
        { PACK_PHONE, "13812340001", "138****0001" }, { PACK_PHONE, "85001234", "********" }, { PACK_CARD_NO, "JS000123", "JS****23" },
        { PACK_ADDRESS, "梁溪区中山路12号3室", "梁溪区中山****" }, { PACK_ADDRESS, "中山路12号", "中山路****" }, { PACK_TEXT, "abc", "abc" },
    };
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = str_dup(person_mask(cases[i].type, str_from(cases[i].value), arena));
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

/* --- Marks against a plain table -------------------------------------------------------------------------------------------------------- */

static Mark mark_of(unsigned i)
{
    uint64_t x = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    return (Mark) { x ^ x >> 29, x * 31 };
}

static void test_marks(void)
{
    enum { N = 20000 };
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "a.idx");
    g_autoptr(GRand) chance = g_rand_new_with_seed(7);
    g_autofree uint8_t *there = g_malloc0(N);
    g_autoptr(Marks) marks = marks_open(path, 1, 0, NULL);
    int64_t count = 0;
    for (unsigned step = 0; step < 3 * N; step++) {
        unsigned i = (unsigned) g_rand_int_range(chance, 0, N);
        g_assert_true(marks_reserve(marks, 1, NULL));
        if (there[i])
            marks_remove(marks, mark_of(i), i + 1);
        else
            marks_put(marks, mark_of(i), i + 1);
        count += there[i] ? -1 : 1;
        there[i] = !there[i];
    }
    g_assert_cmpint(marks_count(marks), ==, count);
    for (unsigned i = 0; i < N; i++)
        g_assert_cmpint(marks_get(marks, mark_of(i)), ==, there[i] ? i + 1 : 0);
    for (int64_t id = 5; id < 9; id++)
        marks_put(marks, mark_of(N + 1), id);
    int64_t ids[10];
    g_assert_cmpint(marks_all(marks, mark_of(N + 1), ids, 10), ==, 4);
    g_assert_cmpint(marks_all(marks, mark_of(N + 1), ids, 3), ==, 3);
}

/* --- The mapped file ----------------------------------------------------------------------------------------------------------------------- */

static bool is_fresh(const char *path, uint64_t layout, uint64_t stamp)
{
    g_autoptr(Mapped) mapped = mapped_open(path, layout, stamp, 8192, NULL);
    return mapped->fresh;
}

static void make_settled(const char *path)
{
    g_autoptr(Mapped) mapped = mapped_new(path, 3, 8192, NULL);
    memset(mapped->body, 5, 8192);
    g_assert_true(mapped_grow(mapped, 16384, NULL));
    g_assert_cmpint(mapped->body[8191], ==, 5);
    g_assert_cmpint(mapped->body[8192], ==, 0);
    g_assert_true(mapped_settle(mapped, 9, NULL));
}

static void spoil(const char *path, off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    char byte;
    g_assert_true(pread(fd, &byte, 1, at) == 1);
    byte ^= 1;
    g_assert_true(pwrite(fd, &byte, 1, at) == 1 && close(fd) == 0);
}

static void test_mapped(void)
{
    g_autoptr(TempDir) dir = temp_dir_new(NULL);
    g_autofree char *path = temp_dir_join(dir, "b.idx");
    g_assert_true(is_fresh(path, 3, 9));
    make_settled(path);
    g_assert_false(is_fresh(path, 3, 9));
    g_assert_true(is_fresh(path, 4, 9)); /* another layout; and by being opened it was begun anew */
    static const off_t places[] = { 0, 8, 16, 24, 40, 4096, 4096 + 8191, 4096 + 16383 };
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        make_settled(path);
        spoil(path, places[i]);
        g_assert_true(is_fresh(path, 3, 9));
    }
    make_settled(path);
    g_assert_true(is_fresh(path, 3, 10));
    make_settled(path);
    g_assert_true(truncate(path, 4096 + 16383) == 0);
    g_assert_true(is_fresh(path, 3, 9));
    make_settled(path);
    {
        g_autoptr(Mapped) touched = mapped_open(path, 3, 9, 8192, NULL);
        g_assert_false(touched->fresh);
        g_assert_true(mapped_touch(touched, NULL)); /* and the process dies */
    }
    g_assert_true(is_fresh(path, 3, 9));
}

/* --- Finding --------------------------------------------------------------------------------------------------------------------------------- */

static const Who zhang = { .id = "11010519491231002X", .name = "张三", .birth = "1949-12-31", .sex = "2", .phone = "13800000001" };

static void test_same_number(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    uint8_t marks;
    int64_t id = resolve_one(persons, zhang, &marks);
    g_assert_cmpint(id, ==, 1);
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, zhang, &marks), ==, id);
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = "110105491231002" }, &marks), ==, id);
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = "１１０１０５１９４９１２３１００２ｘ", .name = "张　三" }, &marks), ==, id);
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = "E12345678" }, &marks), ==, 2);
}

static void test_odd(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    uint8_t marks;
    int64_t id = resolve_one(persons, zhang, NULL);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .name = "李四" }, &marks), ==, id);
    g_assert_cmpint(marks, ==, PERSON_NAME);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .name = "李四" }, &marks), ==, id); /* told again, though it was kept */
    g_assert_cmpint(marks, ==, PERSON_NAME);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .birth = "1949-12-30" }, &marks), ==, id);
    g_assert_cmpint(marks, ==, PERSON_CONFLICT);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .sex = "1" }, &marks), ==, id);
    g_assert_cmpint(marks, ==, PERSON_CONFLICT);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .sex = "9" }, &marks), ==, id);
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = "000000000000000000", .name = "张三" }, &marks), ==, 0);
    g_assert_cmpint(marks, ==, PERSON_MISSING | PERSON_NUMBER);
    g_assert_cmpstr(hub_person_finding(PERSON_CONFLICT), ==, "person:conflict");
    g_assert_cmpstr(hub_person_finding(PERSON_NAME), ==, "person:name");
    g_assert_cmpstr(hub_person_finding(0), ==, "");
}

static void test_facts(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    g_autoptr(Arena) arena = arena_new();
    const Who rows[] = { { .id = zhang.id }, { .card = "JS0001" }, { .card = "JS0002", .birth = "2020-02-03", .sex = "1" } };
    int64_t ids[4];
    uint8_t marks[4];
    resolve(persons, rows, 3, false, ids, marks);
    ids[3] = -5;
    const Date said_days[] = { 1, 2, 3, 4 };
    const Str said_sexes[] = { STR_INIT("1"), STR_INIT("2"), STR_INIT("2"), STR_INIT("9") };
    ExprColumn births, sexes, said_birth = { .values = said_days }, said_sex = { .values = said_sexes };
    Date zhang_born, child_born;
    g_assert_true(date_parse(STR("1949-12-31"), &zhang_born) && date_parse(STR("2020-02-03"), &child_born));
    for (int round = 0; round < 2; round++) {
        hub_persons_fact(persons, &person_elements[3], ids, 4, &said_birth, arena, &births);
        hub_persons_fact(persons, &person_elements[4], ids, 4, &said_sex, arena, &sexes);
        const Date *days = births.values;
        const Str *texts = sexes.values;
        g_assert_cmpint(days[0], ==, zhang_born);
        g_assert_cmpint(days[1], ==, round == 0 ? 2 : child_born);
        g_assert_cmpint(days[2], ==, child_born);
        g_assert_cmpint(days[3], ==, 4);
        g_assert_true(str_eq(texts[0], STR("2")) && str_eq(texts[1], STR("2")) && str_eq(texts[2], STR("1")) && str_eq(texts[3], STR("9")));
        g_assert_cmpint(resolve_one(persons, (Who) { .card = "JS0001", .birth = "2020-02-03" }, NULL), ==, ids[1]); /* learned */
    }
}

static void test_numbers_of_two(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    uint8_t marks;
    int64_t a = resolve_one(persons, zhang, NULL), b = resolve_one(persons, (Who) { .card = "JS0001" }, NULL);
    g_assert_cmpint(a, !=, b);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .card = "JS0001" }, &marks), ==, a); /* the surest number */
    g_assert_cmpint(marks, ==, PERSON_UNSURE);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .card = "JS0002" }, &marks), ==, a); /* a further one is his */
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, (Who) { .card = "JS0002" }, &marks), ==, a);
    g_assert_cmpint(resolve_one(persons, (Who) { .id = zhang.id, .card = "JS0003", .name = "李四" }, &marks), ==, resolve_one(persons, zhang, NULL) == a ? a : -1);
    g_assert_cmpint(resolve_one(persons, (Who) { .card = "JS0003" }, &marks), !=, a); /* not where the name is another */
}

static void test_described(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    uint8_t marks;
    const Who full = { .name = "王小明", .birth = "2021-05-06", .sex = "1", .phone = "13900000002" };
    Who other = full;
    int64_t child = resolve_one(persons, full, &marks);
    g_assert_cmpint(marks, ==, 0);
    g_assert_cmpint(resolve_one(persons, full, &marks), ==, child);
    other.phone = "+86 139-0000-0002";
    g_assert_cmpint(resolve_one(persons, other, &marks), ==, child);
    other.phone = "13900000003"; /* name, birth, sex: 90 points */
    int64_t perhaps = resolve_one(persons, other, &marks);
    g_assert_cmpint(perhaps, !=, child);
    g_assert_cmpint(marks, ==, PERSON_UNSURE);
    g_assert_cmpint(resolve_one(persons, other, &marks), ==, perhaps); /* found again, not asked again */
    g_assert_cmpint(marks, ==, 0);
    other.phone = NULL;
    g_assert_cmpint(resolve_one(persons, other, &marks), ==, 0);
    g_assert_cmpint(marks, ==, PERSON_MISSING);
    Who twin = full; /* same day, same telephone, another name */
    twin.name = "王小亮";
    g_assert_cmpint(resolve_one(persons, twin, &marks), !=, child);
    g_assert_cmpint(marks, ==, 0);
    Who numbered = full; /* gets a card: all that describes him is the same */
    numbered.card = "JS0009";
    g_assert_cmpint(resolve_one(persons, numbered, &marks), ==, child);
    g_assert_cmpint(resolve_one(persons, (Who) { .card = "JS0009" }, NULL), ==, child);
    numbered.card = "JS0010"; /* has a card: whoever brings another one is somebody else */
    g_assert_cmpint(resolve_one(persons, numbered, &marks), !=, child);
}

static void test_batch(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    const Who rows[] = { zhang, { .card = "JS0001" }, zhang, { .id = "110105491231002", .card = "JS0001" }, { .card = "JS0001", .name = "赵六" }, { .name = "钱七" } };
    int64_t ids[6], dry[6];
    uint8_t marks[6];
    resolve(persons, rows, 6, true, dry, marks);
    g_assert_true(dry[0] < 0 && dry[1] < 0 && dry[0] == dry[2] && dry[0] != dry[1] && dry[5] == 0);
    resolve(persons, rows, 6, true, ids, marks);
    g_assert_cmpmem(ids, sizeof ids, dry, sizeof dry);
    resolve(persons, rows, 6, false, ids, marks);
    g_assert_true(ids[0] == 1 && ids[1] == 2 && ids[2] == 1 && ids[3] == 1 && ids[4] == 2 && ids[5] == 0);
    g_assert_cmpint(marks[3], ==, PERSON_UNSURE);
    resolve(persons, rows, 6, true, dry, marks);
    g_assert_cmpmem(ids, sizeof ids, dry, sizeof dry);
}

/* --- The index and the store -------------------------------------------------------------------------------------------------------------------- */

enum { MANY = 5000 };

static Who *many(Arena *arena, unsigned from)
{
    Who *rows = ARENA_ARRAY(arena, Who, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned who = from + i;
        rows[i] = (Who) { .id = invented_id(arena, who, (Date) (who % 20000), who % 2), .name = arena_printf(arena, "人%u", who).p,
                          .phone = arena_printf(arena, "139%08u", who).p, .card = who % 3 == 0 ? arena_printf(arena, "CARD%07u", who).p : NULL };
    }
    return rows;
}

static void resolve_many(HubPersons *persons, const Who *rows, int64_t *ids)
{
    uint8_t marks[EXPR_BATCH_ROWS];
    for (size_t i = 0; i < MANY; i += 1000)
        resolve(persons, rows + i, 1000, false, ids + i, marks);
}

typedef enum { AS_IT_IS, SPOILED, REMOVED, KILLED } Fate;

/* However the index was left, everybody is found again, and nobody is made twice. */
static void test_reopened(Fixture *f)
{
    g_autoptr(Arena) arena = arena_new();
    const Who *rows = many(arena, 0);
    int64_t first[MANY], again[MANY];
    static const char *const files[] = { "numbers.idx", "likes.idx", "vault.idx", "facts.idx" };
    HubPersons *persons = open_persons(f);
    resolve_many(persons, rows, first);
    hub_persons_close(persons);
    for (Fate fate = AS_IT_IS; fate <= REMOVED; fate++)
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
            g_autofree char *path = g_build_filename(temp_dir_path(f->folder), "persons", files[i], NULL);
            if (fate == SPOILED)
                spoil(path, 5000);
            if (fate == REMOVED)
                g_assert_true(unlink(path) == 0);
            persons = open_persons(f);
            resolve_many(persons, rows, again);
            g_assert_cmpmem(first, sizeof first, again, sizeof again);
            uint8_t marks;
            resolve_one(persons, (Who) { .id = rows[7].id, .name = "别名", .phone = "13700000000" }, &marks);
            g_assert_cmpint(marks, ==, PERSON_NAME);
            hub_persons_close(persons);
        }
}

/* A process that dies leaves its files as they are: a copy of the folder of one that is still open. */
static void test_killed(Fixture *f)
{
    g_autoptr(Arena) arena = arena_new();
    const Who *rows = many(arena, 0), *more = many(arena, MANY);
    int64_t first[MANY], second[MANY], again[MANY];
    HubPersons *persons = open_persons(f);
    resolve_many(persons, rows, first);
    hub_persons_close(persons);
    persons = open_persons(f);
    resolve_many(persons, more, second);
    HubPersons *successor = open_persons(f); /* of one that never closed */
    resolve_many(successor, rows, again);
    g_assert_cmpmem(first, sizeof first, again, sizeof again);
    resolve_many(successor, more, again);
    g_assert_cmpmem(second, sizeof second, again, sizeof again);
    hub_persons_close(successor);
    /* the first one's end finds the files in other hands; what it wrote there is not believed, or is right */
    hub_persons_close(persons);
    persons = open_persons(f);
    resolve_many(persons, more, again);
    g_assert_cmpmem(second, sizeof second, again, sizeof again);
    hub_persons_close(persons);
}

typedef struct {
    HubPersons *persons;
    const Who *rows;
    int64_t ids[MANY];
} Worker;

static gpointer work(gpointer data)
{
    Worker *worker = data;
    resolve_many(worker->persons, worker->rows, worker->ids);
    return NULL;
}

/* Several threads that bring the same new persons make each once. */
static void test_threads(Fixture *f)
{
    enum { THREADS = 4 };
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(HubPersons) persons = open_persons(f);
    const Who *rows = many(arena, 0);
    g_autofree Worker *workers = g_new0(Worker, THREADS);
    GThread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (Worker) { .persons = persons, .rows = rows };
        threads[i] = g_thread_new("worker", work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    for (int i = 1; i < THREADS; i++)
        g_assert_cmpmem(workers[0].ids, sizeof workers[0].ids, workers[i].ids, sizeof workers[i].ids);
    g_autofree uint8_t *seen = g_malloc0(MANY + 1);
    for (size_t i = 0; i < MANY; i++) {
        g_assert_true(workers[0].ids[i] >= 1 && workers[0].ids[i] <= MANY && !seen[workers[0].ids[i]]);
        seen[workers[0].ids[i]] = 1;
    }
}

/* --- The vault ------------------------------------------------------------------------------------------------------------------------------------- */

static void test_vault(Fixture *f)
{
    g_autoptr(HubPersons) persons = open_persons(f);
    const Str values[] = { STR_INIT("13812340001"), STR_NONE, STR_INIT("13812340002"), STR_INIT("13812340001") };
    int64_t ids[4], again[4], dry[4];
    Str read[4];
    GError *err = NULL;
    g_assert_true(hub_vault_put(persons, PACK_PHONE, values, 4, true, dry, &err));
    g_assert_true(dry[0] < 0 && dry[1] == 0 && dry[0] == dry[3] && dry[0] != dry[2]);
    g_assert_true(hub_vault_put(persons, PACK_PHONE, values, 4, false, ids, &err));
    g_assert_true(ids[0] > 0 && ids[1] == 0 && ids[0] == ids[3] && ids[0] != ids[2]);
    g_assert_true(hub_vault_put(persons, PACK_PHONE, values, 4, true, again, &err));
    g_assert_cmpmem(ids, sizeof ids, again, sizeof again);
    g_assert_true(hub_vault_put(persons, PACK_ADDRESS, values, 1, false, again, &err)); /* of another type: another value */
    g_assert_cmpint(again[0], !=, ids[0]);
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    g_assert_true(hub_vault_read(persons, conn, ids, 4, VAULT_PLAIN, f->arena, read, &err));
    g_assert_true(str_eq(read[0], values[0]) && !read[1].p && str_eq(read[2], values[2]));
    g_assert_true(hub_vault_read(persons, conn, ids, 4, VAULT_MASKED, f->arena, read, &err));
    g_assert_true(str_eq(read[0], STR("138****0001")));
    g_autofree char *long_text = g_strnfill(LIMIT_VAULT_BYTES + 1, 'x');
    g_assert_true(hub_vault_put(persons, PACK_ADDRESS, &(Str) { long_text, LIMIT_VAULT_BYTES }, 1, false, again, &err));
    g_assert_false(hub_vault_put(persons, PACK_ADDRESS, &(Str) { long_text, LIMIT_VAULT_BYTES + 1 }, 1, false, again, &err));
    assert_refused(&err, BH_TOO_LARGE, NULL);
}

/* --- Where records stand ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    PersonRecord *records;
    size_t n;
} Noted;

static bool note(DbConn *tx, void *data, GError **err)
{
    Noted *noted = data;
    return hub_records_note(tx, noted->records, noted->n, err);
}

static void settle_notes(Fixture *f)
{
    GError *err = NULL;
    for (bool more = true; more;) {
        hub_records_settle(f->db, &more, &err);
        g_assert_no_error(err);
    }
}

static int by_all(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(PersonRecord));
}

/* What was noted of a person, and nothing else, whatever runs it lies in. */
static void assert_notes(Fixture *f, const PersonRecord *all, size_t n_all, int64_t person)
{
    GError *err = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    PersonRecord *want = ARENA_ARRAY(arena, PersonRecord, n_all), *got;
    const PersonRecord *found;
    size_t n_want = 0, n, kept = 0;
    g_assert_true(hub_records_of(conn, &person, 1, arena, &found, &n, &err));
    for (size_t i = 1; i < n; i++)
        g_assert_cmpint(found[i - 1].month, >=, found[i].month);
    for (size_t i = 0; i < n_all; i++)
        if (all[i].person == person)
            want[n_want++] = all[i];
    qsort(want, n_want, sizeof *want, by_all);
    for (size_t i = 0; i < n_want; i++)
        if (i == 0 || by_all(&want[i], &want[i - 1]) != 0)
            want[kept++] = want[i];
    got = ARENA_ARRAY(arena, PersonRecord, n + 1);
    memcpy(got, n > 0 ? found : got, n * sizeof *got);
    qsort(got, n, sizeof *got, by_all);
    g_assert_cmpmem(got, n * sizeof *got, want, kept * sizeof *want);
}

static void test_notes(Fixture *f)
{
    enum { STEPS = 30, EACH = 700, PERSONS = 40 };
    g_autoptr(GRand) chance = g_rand_new_with_seed(11);
    g_autofree PersonRecord *all = g_new0(PersonRecord, STEPS * EACH);
    g_autofree PersonRecord *some = g_new0(PersonRecord, EACH);
    GError *err = NULL;
    for (size_t step = 0; step < STEPS; step++) {
        for (size_t i = 0; i < EACH; i++) {
            int32_t person = g_rand_int_range(chance, 0, 3) ? g_rand_int_range(chance, 1, PERSONS) : 7; /* one has more than a part holds */
            some[i] = (PersonRecord) { person, g_rand_int_range(chance, 1, 5), g_rand_int_range(chance, -3, 900), g_rand_int_range(chance, 1, 400),
                                       (int64_t) ((uint64_t) g_rand_int(chance) << 32) };
            all[step * EACH + i] = some[i];
        }
        some[0] = all[step * EACH] = all[0]; /* the same again */
        g_assert_true(db_write(f->db, DB_BULK, note, &(Noted) { some, EACH }, &err));
        if (step % 11 == 10)
            settle_notes(f);
    }
    for (int64_t person = 0; person <= PERSONS; person++)
        assert_notes(f, all, STEPS * EACH, person);
    settle_notes(f);
    for (int64_t person = 0; person <= PERSONS; person++)
        assert_notes(f, all, STEPS * EACH, person);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/person/numbers", test_numbers);
    g_test_add_func("/person/masks", test_masks);
    g_test_add_func("/person/marks", test_marks);
    g_test_add_func("/person/mapped", test_mapped);
    static const struct {
        const char *name;
        FixtureTest run;
    } tests[] = {
        { "same-number", test_same_number }, { "odd", test_odd },         { "facts", test_facts },   { "numbers-of-two", test_numbers_of_two },
        { "described", test_described },     { "batch", test_batch },     { "vault", test_vault },   { "reopened", test_reopened },
        { "notes", test_notes },             { "killed", test_killed },           { "threads", test_threads },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("person", tests[i].name, false, tests[i].run);
    return g_test_run();
}
