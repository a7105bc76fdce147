/* What finding persons costs, beside SQLite's own look-ups of the same numbers in the same number of persons; see docs/performance.md.
 *
 *   bench-persons FOLDER [PERSONS]     in an empty FOLDER; 2,000,000 persons unless said */
#include "base/file.h"
#include "base/identity.h"
#include "hub/person.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { ROWS = 50000, ROUNDS = 5, BATCH = EXPR_BATCH_ROWS, PERSONS = 2000000 };

#define ELEMENT(ID, TYPE, ...) { .entry = { .id = STR_INIT(ID) }, .type = TYPE, __VA_ARGS__ }
static const PackElement elements[] = {
    ELEMENT("id_card", PACK_ID_CARD, .sensitivity = 5), ELEMENT("person_name", PACK_PERSON_NAME, .sensitivity = 4), ELEMENT("birth", PACK_DATE, .of_person = true),
    ELEMENT("sex", PACK_CODE, .of_person = true), ELEMENT("phone", PACK_PHONE, .sensitivity = 4),
};
enum { COLUMNS = G_N_ELEMENTS(elements) };
static const PackName by[] = { { STR_INIT("id_card"), NULL } };
static const PackName otherwise[] = { { STR_INIT("person_name"), NULL }, { STR_INIT("birth"), NULL }, { STR_INIT("sex"), NULL }, { STR_INIT("phone"), NULL } };
static const PackPerson subject = { .by = { by, 1 }, .otherwise = { otherwise, G_N_ELEMENTS(otherwise) } };

static void must(bool ok, GError *err)
{
    if (!ok)
        g_error("%s", err ? err->message : "failed");
}

static double seconds_since(int64_t start_us)
{
    return (double) (g_get_monotonic_time() - start_us) / 1e6;
}

/* --- Invented people: the same of the same number ------------------------------------------------------------------------------------- */

typedef struct {
    Str texts[COLUMNS][BATCH];
    Date births[BATCH];
    PersonColumn columns[COLUMNS];
} Rows;

static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴" };
static const char *const given[] = { "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明" };

static Str id_of(Arena *arena, unsigned who, Date birth)
{
    static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int year, month, day, sum = 0;
    date_to_ymd(birth, &year, &month, &day);
    Str id = arena_printf(arena, "%06u%04d%02d%02d%03u?", 320200 + who / 30000, year, month, day, who / 30000 * 7 % 1000);
    for (size_t i = 0; i < 17; i++)
        sum += weights[i] * (id.p[i] - '0');
    ((char *) id.p)[17] = "10X98765432"[sum % 11];
    return id;
}

static void fill_row(Rows *rows, size_t i, unsigned who, Arena *arena)
{
    Date birth = -10000 + (Date) (who % 30000);
    rows->births[i] = birth;
    rows->texts[0][i] = id_of(arena, who, birth);
    rows->texts[1][i] = arena_printf(arena, "%s%s%s", surnames[who % 10], given[who / 10 % 16], given[who / 160 % 16]);
    rows->texts[3][i] = rows->texts[0][i].p[16] % 2 ? STR("1") : STR("2");
    rows->texts[4][i] = arena_printf(arena, "139%08u", who);
}

static PersonBatch batch_of(Rows *rows, size_t n)
{
    for (size_t c = 0; c < COLUMNS; c++)
        rows->columns[c] = (PersonColumn) { &elements[c], { .values = elements[c].type == PACK_DATE ? (const void *) rows->births : rows->texts[c] } };
    return (PersonBatch) { .person = &subject, .columns = rows->columns, .n_columns = COLUMNS, .n = n, .intake = DB_NULL_INT };
}

static double make_all(HubPersons *persons, unsigned n_persons)
{
    g_autofree Rows *rows = g_new0(Rows, 1);
    g_autofree int64_t *ids = g_new(int64_t, BATCH);
    g_autofree uint8_t *marks = g_new(uint8_t, BATCH);
    GError *err = NULL;
    double seconds = 0;
    for (unsigned from = 0; from < n_persons; from += BATCH) {
        g_autoptr(Arena) arena = arena_new();
        size_t n = MIN(n_persons - from, (unsigned) BATCH);
        for (size_t i = 0; i < n; i++)
            fill_row(rows, i, from + (unsigned) i, arena);
        PersonBatch batch = batch_of(rows, n);
        int64_t start = g_get_monotonic_time();
        must(hub_persons_resolve(persons, &batch, ids, marks, &err), err);
        seconds += seconds_since(start);
    }
    return seconds;
}

/* Rows of people by chance; the time of looking them up, in seconds. */
static double find_some(HubPersons *persons, unsigned n_persons, GRand *chance)
{
    g_autofree Rows *rows = g_new0(Rows, 1);
    g_autofree int64_t *ids = g_new(int64_t, BATCH);
    g_autofree uint8_t *marks = g_new(uint8_t, BATCH);
    GError *err = NULL;
    double seconds = 0;
    for (size_t done = 0; done < ROWS; done += BATCH) {
        g_autoptr(Arena) arena = arena_new();
        size_t n = MIN(ROWS - done, (size_t) BATCH);
        for (size_t i = 0; i < n; i++)
            fill_row(rows, i, (unsigned) g_rand_int_range(chance, 0, (gint32) n_persons), arena);
        PersonBatch batch = batch_of(rows, n);
        int64_t start = g_get_monotonic_time();
        must(hub_persons_resolve(persons, &batch, ids, marks, &err), err);
        seconds += seconds_since(start);
        for (size_t i = 0; i < n; i++)
            must(ids[i] > 0 && marks[i] == 0, NULL);
    }
    return seconds;
}

/* --- SQLite: the number itself as the key, nothing hashed ------------------------------------------------------------------------------- */

static sqlite3 *fill_peer(const char *path, unsigned n_persons)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    must(sqlite3_open(path, &db) == SQLITE_OK, NULL);
    must(sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA cache_size = -200000; CREATE TABLE peer (number TEXT PRIMARY KEY, person INTEGER) STRICT, WITHOUT ROWID; BEGIN", NULL, NULL, NULL) == SQLITE_OK, NULL);
    must(sqlite3_prepare_v2(db, "INSERT INTO peer VALUES (?1, ?2)", -1, &insert, NULL) == SQLITE_OK, NULL);
    for (unsigned who = 0; who < n_persons; who++) {
        g_autoptr(Arena) arena = arena_new();
        Str id = id_of(arena, who, -10000 + (Date) (who % 30000));
        sqlite3_bind_text(insert, 1, id.p, (int) id.n, SQLITE_TRANSIENT);
        sqlite3_bind_int64(insert, 2, who);
        must(sqlite3_step(insert) == SQLITE_DONE, NULL);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, NULL);
    return db;
}

static double find_peer(sqlite3 *db, unsigned n_persons, GRand *chance)
{
    g_autoptr(Arena) arena = arena_new();
    Str *wanted = ARENA_ARRAY(arena, Str, ROWS);
    sqlite3_stmt *select;
    for (size_t i = 0; i < ROWS; i++) {
        unsigned who = (unsigned) g_rand_int_range(chance, 0, (gint32) n_persons);
        wanted[i] = id_of(arena, who, -10000 + (Date) (who % 30000));
    }
    must(sqlite3_prepare_v2(db, "SELECT person FROM peer WHERE number = ?1", -1, &select, NULL) == SQLITE_OK, NULL);
    int64_t start = g_get_monotonic_time();
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        sqlite3_bind_text(select, 1, wanted[i].p, (int) wanted[i].n, SQLITE_STATIC);
        must(sqlite3_step(select) == SQLITE_ROW, NULL);
        sqlite3_reset(select);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    double seconds = seconds_since(start);
    sqlite3_finalize(select);
    return seconds;
}

/* --- All of it ------------------------------------------------------------------------------------------------------------------------------ */

static HubPersons *open_timed(const HubPersonsOptions *options, const char *what)
{
    GError *err = NULL;
    int64_t start = g_get_monotonic_time();
    HubPersons *persons = hub_persons_open(options, &err);
    must(persons != NULL, err);
    printf("%-44s %10.2f s\n", what, seconds_since(start));
    return persons;
}

static void measure(const HubPersonsOptions *options, const char *peer_path, unsigned n_persons)
{
    HubPersons *persons = open_timed(options, "opened, empty");
    double making = make_all(persons, n_persons), least = 1e9, peer_least = 1e9;
    printf("%-44s %10.2f us/person\n", "persons made, with their values sealed", making / n_persons * 1e6);
    int64_t start = g_get_monotonic_time();
    hub_persons_close(persons);
    printf("%-44s %10.2f s\n", "settled", seconds_since(start));
    persons = open_timed(options, "opened as it was settled");
    g_autoptr(GRand) chance = g_rand_new_with_seed(3);
    sqlite3 *peer = fill_peer(peer_path, n_persons);
    printf("%-44s %10.2f us/row\n", "found, the first time", find_some(persons, n_persons, chance) / ROWS * 1e6);
    for (int round = 0; round < ROUNDS; round++) {
        least = MIN(least, find_some(persons, n_persons, chance));
        peer_least = MIN(peer_least, find_peer(peer, n_persons, chance));
    }
    printf("%-44s %10.2f us/row   SQLite %6.2f us/row   ratio %.2f\n", "found: number, name, birth, sex, telephone", least / ROWS * 1e6, peer_least / ROWS * 1e6, least / peer_least);
    sqlite3_close(peer);
    hub_persons_close(persons);
    g_autofree char *index = g_build_filename(options->data_dir, "persons", "numbers.idx", NULL);
    g_autofree char *facts = g_build_filename(options->data_dir, "persons", "facts.idx", NULL);
    remove(index);
    remove(facts);
    persons = open_timed(options, "opened, numbers and facts made anew");
    hub_persons_close(persons);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        g_error("bench-persons FOLDER [PERSONS]");
    unsigned n_persons = argc > 2 ? (unsigned) strtoul(argv[2], NULL, 10) : PERSONS;
    g_autofree char *store = g_build_filename(argv[1], "bench.db", NULL), *keys = g_build_filename(argv[1], "key", NULL), *peer = g_build_filename(argv[1], "peer.db", NULL);
    GError *err = NULL;
    g_autoptr(Clock) clock = clock_new_system(480);
    must(key_file_create(keys, clock_today(clock), &err), err);
    g_autoptr(KeyRing) ring = key_ring_load(keys, &err);
    must(ring != NULL, err);
    g_autoptr(Db) db = db_open(&(DbOptions) { .path = store, .readers = 2 }, &err);
    must(db != NULL, err);
    measure(&(HubPersonsOptions) { .db = db, .clock = clock, .keys = ring, .data_dir = argv[1] }, peer, MAX(n_persons, 1));
    return 0;
}
