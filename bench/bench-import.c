/* What taking in a file costs, from its bytes to records with history, marks and defects that are durable; bench-import.py puts sqlite3's .import and PostgreSQL's COPY of the same file beside it.
 *
 *   bench-import FOLDER init PERSONS            a store in FOLDER (or BIHUAN_BENCH_PG) with packs and so many known persons
 *   bench-import FOLDER csv FILE FIRST ROWS PERSONS [changed]   a file of rows about so many persons, those from number FIRST on; changed: the same keys, other values
 *   bench-import FOLDER run FILE...             takes the files in, one after the other; prints seconds of check and apply of each */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "db/queries.h"
#include "expr/expr.h"
#include "hub/hub.h"
#include "hub/person.h"
#include "org/org.h"
#include "pack/store.h"

#include "base/banned.h"

static const char elements[] =
    "placeholders: [\"-\", 无, 不详]\nyes: [是]\nno: [否]\ncodes:\n  sex: {name: S, name_en: S, values: [{code: \"1\", name: 男}, {code: \"2\", name: 女}]}\nelements:\n"
    "  id_card: {name: I, name_en: I, type: id_card, sensitivity: 5}\n  pname: {name: N, name_en: N, type: person_name, sensitivity: 4}\n"
    "  birth: {name: B, name_en: B, type: date, sensitivity: 3, of_person: true}\n  sex: {name: X, name_en: X, type: code, codes: sex, sensitivity: 3, of_person: true}\n"
    "  phone: {name: P, name_en: P, type: phone, sensitivity: 4}\n";
static const char pack[] =
    "pack: b\nversion: 1.0.0\nneeds: bihuan 1\nname: B\nname_en: B\ncodes:\n  kind: {name: K, name_en: K, values: [{code: \"1\", name: a}, {code: \"2\", name: b}, {code: \"3\", name: c}]}\n"
    "datasets:\n  visit:\n    name: V\n    name_en: V\n    kind: event\n    org: clinic\n    subject: {person: {by: [id_card], else: [pname, birth, sex, phone]}}\n    date: seen_on\n"
    "    key: [visit_no]\n    fields:\n"
    "      clinic: {name: C, name_en: C, type: org, required: true}\n      visit_no: {name: N, name_en: N, type: text, required: true}\n"
    "      kind: {name: K, name_en: K, type: code, codes: kind, required: true}\n      seen_on: {name: D, name_en: D, type: date, required: true}\n"
    "      fee: {name: F, name_en: F, type: decimal, decimals: 2, required: true}\n      paid: {name: P, name_en: P, type: decimal, decimals: 2}\n"
    "      weight: {name: W, name_en: W, type: decimal, decimals: 1}\n      height: {name: H, name_en: H, type: integer}\n      urgent: {name: U, name_en: U, type: bool}\n"
    "      doctor: {name: O, name_en: O, type: text}\n      ward: {name: A, name_en: A, type: text}\n      diagnosis: {name: G, name_en: G, type: text, required: true}\n"
    "      started: {name: S, name_en: S, type: time}\n      ended: {name: E, name_en: E, type: time}\n      days: {name: Y, name_en: Y, type: integer}\n"
    "      note: {name: T, name_en: T, type: text}\n      area: {name: R, name_en: R, type: text}\n    rules:\n"
    "      - {id: after_birth, check: seen_on >= person.birth, level: error, says: s, says_en: s}\n      - {id: not_tomorrow, check: seen_on <= today(), level: error, says: s, says_en: s}\n"
    "      - {id: id_right, check: id_valid(id_card), level: error, says: s, says_en: s}\n      - {id: in_order, check: ended >= started, level: error, says: s, says_en: s}\n"
    "      - {id: money, check: paid <= fee, level: warning, says: s, says_en: s}\n      - {id: body, check: weight between 0.3 and 300 and height between 30 and 250, level: warning, says: s, says_en: s}\n"
    "      - {id: icd, check: \"regexp(diagnosis, '^[A-Z][0-9]{2}')\", level: warning, says: s, says_en: s}\n"
    "      - {id: adult, when: \"kind = '3'\", check: \"age_years(person.birth, seen_on) >= 2\", level: warning, says: s, says_en: s}\n";
static const char proof[] = "proof:\n  - {id: c, says: s, says_en: s, dataset: visit, file: r.csv, today: 2026-01-01, defects: []}\n";
static const char header[] = "clinic,visit_no,kind,seen_on,id_card,pname,sex,fee,paid,weight,height,urgent,doctor,ward,diagnosis,started,ended,days,note,area\n";

static void must(bool ok, GError *err)
{
    if (!ok)
        g_error("%s", err ? err->message : "failed");
}

/* --- Invented people and visits ---------------------------------------------------------------------------------------------------- */

static const char *const names[] = { "王伟", "李芳", "张娜", "刘敏", "陈静", "杨丽华", "赵强", "黄磊", "周军", "吴洋" };

static Date birth_of(unsigned who)
{
    return (Date) (-10000 + (int) (who % 29989));
}

static const char *id_of(unsigned who, char text[19])
{
    static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int year, month, day, sum = 0;
    date_to_ymd(birth_of(who), &year, &month, &day);
    g_snprintf(text, 19, "%06u%04d%02d%02d%03u", 320200 + who / 29989 / 500, year, month, day, who / 29989 % 500 * 2);
    for (int i = 0; i < 17; i++)
        sum += weights[i] * (text[i] - '0');
    text[17] = "10X98765432"[sum % 11];
    text[18] = '\0';
    return text;
}

static void write_csv(const char *path, unsigned first, unsigned rows, unsigned persons, bool changed)
{
    FILE *out = fopen(path, "w");
    g_assert_nonnull(out);
    fputs(header, out);
    for (unsigned i = first; i < first + rows; i++) {
        unsigned who = (unsigned) ((uint64_t) i * 7919 % persons), r = (unsigned) (((uint64_t) i * 2654435761u) >> 7 & 0xFFFFFF);
        char id[19], day[DATE_TEXT_MAX];
        date_format(20454 + (int) (i / 1700 % 59), day); /* two months from 2026-01-01 */
        fprintf(out, "C%02u,V%02u%08u,%u,%s,%s,%s,2,%u.%02u,%u.%02u,%u.%u,%u,%s,%s,%u病区,%c%02u.%u,%s %02u:%02u,%s %02u:%02u,%u,%s,3202%02u\n", i % 20 + 1, i % 20 + 1, i / 20, r % 3 + 1, day, id_of(who, id),
                names[who % 10], 1000 + r % 900, r % 100, r % 90 + (changed ? 1 : 0), r % 100, 30 + r % 70, r % 10, 120 + r % 80, r % 7 ? "0" : "1", names[r % 10], r % 30 + 1, 'A' + (char) (r % 20), r % 90, r % 10,
                day, 8 + r % 4, r % 60, day, 12 + r % 8, r % 60, r % 20, r % 5 ? "" : "复诊，病情平稳", r % 90);
    }
    fclose(out);
}

/* --- The store ------------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Db *db;
    Clock *clock;
    KeyRing *keys;
    BlobStore *blobs;
    HubPersons *persons;
    Hub *hub;
    PacksRef *packs;
    Arena *arena;
    const char *folder;
} Bench;

static void open_store(Bench *bench, const char *folder)
{
    GError *err = NULL;
    g_autofree char *path = g_build_filename(folder, "bihuan.db", NULL), *key = g_build_filename(folder, "key", NULL);
    *bench = (Bench) { .folder = folder, .arena = arena_new(), .clock = clock_new_manual(INT64_C(1774000000000), 480) };
    must(file_make_dir(folder, &err), err);
    if (!g_file_test(key, G_FILE_TEST_EXISTS))
        must(key_file_create(key, 20000, &err), err);
    bench->keys = key_ring_load(key, &err);
    must(bench->keys, err);
    bench->blobs = blob_store_open(folder, bench->keys, &err);
    bench->db = db_open(&(DbOptions) { .url = g_getenv("BIHUAN_BENCH_PG"), .path = path, .readers = 4, .functions = expr_db_functions }, &err);
    must(bench->db && db_own(bench->db, &err), err);
}

static void open_hub(Bench *bench)
{
    GError *err = NULL;
    bench->packs = packs_from_store(bench->db, NULL, 480, &err);
    must(bench->packs, err);
    bench->persons = hub_persons_open(&(HubPersonsOptions) { .db = bench->db, .clock = bench->clock, .keys = bench->keys, .data_dir = bench->folder }, &err);
    must(bench->persons && hub_persons_use(bench->persons, bench->packs, &err), err);
    bench->hub = hub_new(&(HubOptions) { bench->db, bench->clock, bench->keys, bench->blobs, bench->folder, bench->persons, bench->packs });
}

static void close_store(Bench *bench)
{
    hub_free(bench->hub);
    hub_persons_close(bench->persons);
    packs_unref(bench->packs);
    db_close(bench->db);
    blob_store_free(bench->blobs);
    key_ring_free(bench->keys);
    clock_free(bench->clock);
    arena_free(bench->arena);
}

static bool add_orgs(DbConn *tx, void *data, GError **err)
{
    int64_t root = 0;
    for (int i = 0; i <= 20; i++) {
        char uid[UID_TEXT_MAX], code[8];
        OrgInsertRow row;
        bool found;
        g_snprintf(code, sizeof code, "C%02d", i);
        if (!db_one(tx, OrgInsert, data, &row, &found, err, .uid = str_from(uid_new(uid)), .code = str_from(code), .name = str_from(code), .kind = STR("hospital"),
                    .parent = i ? root : DB_NULL_INT, .area = STR("320200"), .rank = i, .opened = DATE_NONE, .closed = DATE_NONE))
            return false;
        Str path = i ? arena_printf(data, "/%d/%d/", (int) root, (int) row.id) : arena_printf(data, "/%d/", (int) row.id);
        root = i ? root : row.id;
        if (!db_exec(tx, OrgSetPath, NULL, err, .id = row.id, .path = path))
            return false;
    }
    return true;
}

static void install(Bench *bench)
{
    GError *err = NULL;
    g_autoptr(PackFiles) files = pack_files_new();
    PackInstalled done;
    PackReport *report = NULL;
    PacksRef *packs = NULL;
    pack_files_add(files, STR("elements.yaml"), str_from(elements));
    pack_files_add(files, STR("b/pack.yaml"), str_from(pack));
    pack_files_add(files, STR("b/tests/proof.yaml"), str_from(proof));
    pack_files_add(files, STR("b/tests/r.csv"), STR("clinic,visit_no,kind,seen_on,fee,diagnosis\n"));
    PackWish wish = { .files = files, .zone_minutes = 480, .who = { STR_NONE, "command", 0 }, .account = DB_NULL_INT };
    if (!pack_install(bench->db, &wish, bench->arena, &done, &packs, &report, &err))
        for (size_t i = 0; report && i < pack_report_count(report); i++)
            fprintf(stderr, "%.*s\n", STR_ARG(pack_report_get(report, i)->text));
    must(!err, err);
    packs_unref(packs);
    pack_report_free(report);
}

static const PackElement *element(const Bench *bench, const char *id)
{
    size_t n;
    const PackElement *all = packs_elements(bench->packs, &n);
    for (size_t i = 0; i < n; i++)
        if (str_eq(all[i].entry.id, str_from(id)))
            return &all[i];
    g_assert_not_reached();
}

static void make_persons(const Bench *bench, unsigned n)
{
    GError *err = NULL;
    const PackDataset *dataset = packs_dataset(bench->packs, STR("b.visit"));
    static int64_t ids[EXPR_BATCH_ROWS];
    static uint8_t marks[EXPR_BATCH_ROWS];
    for (unsigned first = 0; first < n; first += EXPR_BATCH_ROWS) {
        g_autoptr(Arena) arena = arena_new();
        size_t rows = MIN(n - first, (unsigned) EXPR_BATCH_ROWS);
        Str *numbers = ARENA_ARRAY(arena, Str, rows), *said = ARENA_ARRAY(arena, Str, rows);
        for (size_t i = 0; i < rows; i++) {
            char id[19];
            numbers[i] = arena_str(arena, str_from(id_of(first + (unsigned) i, id)));
            said[i] = str_from(names[(first + i) % 10]);
        }
        PersonColumn columns[] = { { element(bench, "id_card"), { .values = numbers } }, { element(bench, "pname"), { .values = said } } };
        must(hub_persons_resolve(bench->persons, &(PersonBatch) { .person = dataset->subject->person, .columns = columns, .n_columns = 2, .n = rows, .intake = DB_NULL_INT }, ids, marks, &err), err);
    }
}

/* --- Imports ------------------------------------------------------------------------------------------------------------------------------ */

static int64_t applying_since;

static bool told(const HubProgress *progress, void *data, GError **err)
{
    (void) data;
    (void) err;
    if (progress->phase == HUB_APPLYING && applying_since == 0)
        applying_since = g_get_monotonic_time();
    return true;
}

/* Processor time: of the process, of this thread (it reads, and sorts), and of the store's writer; the rest is the workers'. */
typedef struct {
    double all, own, writer;
} Cpu;

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* Of the threads that are called so, by what Linux counts. */
static double cpu_of_threads(const char *name)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    double sum = 0;
    for (const char *id; dir && (id = g_dir_read_name(dir));) {
        g_autofree char *comm_path = g_build_filename("/proc/self/task", id, "comm", NULL), *stat_path = g_build_filename("/proc/self/task", id, "schedstat", NULL), *comm = NULL, *stat = NULL;
        if (g_file_get_contents(comm_path, &comm, NULL, NULL) && g_str_has_prefix(comm, name) && g_file_get_contents(stat_path, &stat, NULL, NULL))
            sum += g_ascii_strtod(stat, NULL) / 1e9;
    }
    return sum;
}

static Cpu cpu_now(void)
{
    return (Cpu) { seconds_of(CLOCK_PROCESS_CPUTIME_ID), seconds_of(CLOCK_THREAD_CPUTIME_ID), cpu_of_threads("db-writer") };
}

static void import(const Bench *bench, const char *path)
{
    GError *err = NULL;
    HubResult result;
    g_autoptr(Arena) arena = arena_new();
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    HubImport wish = { .dataset = packs_dataset(bench->packs, STR("b.visit")), .org = 1, .intake = DB_NULL_INT };
    IngestInput input = { .fd = fd };
    applying_since = 0;
    Cpu before = cpu_now();
    int64_t start = g_get_monotonic_time();
    IngestReader *reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
    must(reader && hub_import(bench->hub, &wish, reader, told, NULL, arena, &result, &err), err);
    ingest_close(reader);
    int64_t end = g_get_monotonic_time();
    Cpu after = cpu_now();
    double all = after.all - before.all, own = after.own - before.own, writer = after.writer - before.writer;
    printf("%s %.4f cpu %.4f check %.4f own %.4f writer %.4f workers %.4f rows %d added %d changed %d same %d held %d warned %d rejected %d\n", path, (double) (end - start) / 1e6, all,
           applying_since ? (double) (applying_since - start) / 1e6 : 0.0, own, writer, all - own - writer, (int) result.rows, (int) result.added, (int) result.changed, (int) result.same, (int) result.held,
           (int) result.warned, (int) result.rejected);
    fflush(stdout);
}

/* The check alone, for profiles. */
static void check(const Bench *bench, const char *path)
{
    GError *err = NULL;
    HubResult result;
    g_autoptr(Arena) arena = arena_new();
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    HubImport wish = { .dataset = packs_dataset(bench->packs, STR("b.visit")), .org = 1, .intake = DB_NULL_INT };
    IngestInput input = { .fd = fd };
    int64_t start = g_get_monotonic_time();
    IngestReader *reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
    HubChecked *checked = reader ? hub_check(bench->hub, &wish, reader, NULL, NULL, arena, &result, &err) : NULL;
    must(checked, err);
    printf("%s %.4f checked, rows %d\n", path, (double) (g_get_monotonic_time() - start) / 1e6, (int) result.rows);
    fflush(stdout);
    hub_checked_free(checked);
    ingest_close(reader);
}

int main(int argc, char **argv)
{
    GError *err = NULL;
    Bench bench;
    g_assert_true(argc > 3 && (!g_str_equal(argv[2], "csv") || argc > 6));
    if (g_str_equal(argv[2], "csv")) {
        write_csv(argv[3], (unsigned) strtoul(argv[4], NULL, 10), (unsigned) strtoul(argv[5], NULL, 10), (unsigned) strtoul(argv[6], NULL, 10), argc > 7);
        return 0;
    }
    open_store(&bench, argv[1]);
    if (g_str_equal(argv[2], "init")) {
        must(db_write(bench.db, DB_BULK, add_orgs, bench.arena, &err), err);
        install(&bench);
    }
    open_hub(&bench);
    if (g_str_equal(argv[2], "init"))
        make_persons(&bench, (unsigned) strtoul(argv[3], NULL, 10));
    for (int i = 3; i < argc && !g_str_equal(argv[2], "init"); i++)
        (g_str_equal(argv[2], "check") ? check : import)(&bench, argv[i]);
    close_store(&bench);
    return 0;
}
