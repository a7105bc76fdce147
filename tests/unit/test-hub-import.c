/* Files taken in, from bytes to records: whatever files come in whatever order, what stands in the store is what a plain model says; the same file again changes nothing. */
#include "hub/hub.h"

#include "db/driver.h"
#include "fixture.h"
#include "hub/person.h"
#include "pack/store.h"
#include "store-ask.h"

#include "base/banned.h"

static void add_file(PackFiles *files, const char *path, const char *name)
{
    g_autofree char *from = g_build_filename(g_getenv("SOURCE_ROOT"), "tests/golden/hub", name, NULL), *text = NULL;
    g_assert_true(g_file_get_contents(from, &text, NULL, NULL));
    pack_files_add(files, str_from(path), str_from(text));
}

/* version 1.0.0, or a later one in which cards are larger. */
static PacksRef *install_text(Fixture *f, bool later, const char *was, const char *now);

static PacksRef *install_edition(Fixture *f, bool later)
{
    return install_text(f, later, "size > 0", later ? "size > 10" : "size > 0");
}

/* A later one says `now` where the first says `was`. */
static PacksRef *install_text(Fixture *f, bool later, const char *was, const char *now)
{
    GError *err = NULL;
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackReport) report = NULL;
    PackInstalled done;
    PacksRef *packs = NULL;
    add_file(files, "elements.yaml", "elements.yaml");
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_ROOT"), "tests/golden/hub/pack.yaml", NULL), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autoptr(GString) edition = g_string_new(text);
    if (later) {
        g_string_replace(edition, "version: 1.0.0", g_str_equal(was, "size > 0") ? "version: 1.1.0" : "version: 1.2.0", 0);
        g_string_replace(edition, was, now, 0);
    }
    pack_files_add(files, STR("t/pack.yaml"), str_from_gstring(edition));
    add_file(files, "t/tests/proof.yaml", "proof.yaml");
    pack_files_add(files, STR("t/tests/r.csv"), STR("clinic,kind,no,seen_on,fee\n"));
    PackWish wish = { .files = files, .zone_minutes = 480, .who = { STR_NONE, "command", clock_now_ms(f->clock) }, .account = DB_NULL_INT, .upgrade = later };
    pack_install(f->db, &wish, f->arena, &done, &packs, &report, &err);
    g_assert_no_error(err);
    return packs;
}

static PacksRef *install(Fixture *f)
{
    return install_edition(f, false);
}

static HubResult import(Fixture *f, Hub *hub, const char *dataset, Str text)
{
    GError *err = NULL;
    HubResult result;
    g_autoptr(PacksRef) packs = hub_packs(hub);
    HubImport wish = { .dataset = packs_dataset(packs, str_from(dataset)), .org = fixture_org(f, "990000-WJW").id, .intake = DB_NULL_INT };
    IngestInput input = { .bytes = text };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
    g_assert_no_error(err);
    hub_import(hub, &wish, reader, NULL, NULL, f->arena, &result, &err);
    g_assert_no_error(err);
    return result;
}

/* --- A model: of each key the last row that could be stored -------------------------------------------------------------------------- */

enum { KEYS = 800, FILES = 10, ROWS = 300, BAD_DAY = 7 };

typedef struct {
    int month; /* 1 to 3; 0: none */
    int size;
} Card;

static int state_of(int size)
{
    return size <= 0 ? HUB_HELD : size >= 100 ? HUB_WARNED : HUB_ACCEPTED;
}

/* A file of random rows; what it brings goes into the model when it is sent. */
static GString *make_file(GRand *chance, Card *cards, HubResult *want)
{
    GString *text = g_string_new("机构,编号,发现时间,大小\n");
    Card before[KEYS];
    bool seen[KEYS] = { false };
    memcpy(before, cards, sizeof before);
    *want = (HubResult) { .rows = ROWS };
    for (int i = 0; i < ROWS; i++) {
        int key = g_rand_int_range(chance, 0, KEYS), month = g_rand_int_range(chance, 1, 4), size = g_rand_int_range(chance, -3, 110);
        bool bad = g_rand_int_range(chance, 0, 40) == BAD_DAY;
        g_string_append_printf(text, "市第一人民医院,N%d,%s%02d-05 08:00,%d\n", key, bad ? "2026-9" : "2026-", month, size);
        if (bad) {
            want->rejected++;
            continue;
        }
        want->repeated += seen[key];
        seen[key] = true;
        cards[key] = (Card) { month, size };
    }
    for (int key = 0; key < KEYS; key++) {
        if (!seen[key])
            continue;
        want->added += before[key].month == 0;
        bool same = before[key].month == cards[key].month && before[key].size == cards[key].size;
        want->changed += before[key].month != 0 && !same;
    }
    return text;
}

static void check_store(Fixture *f, const Card *cards)
{
    int64_t rows = 0, held = 0, warned = 0, sizes = 0, months = 0;
    for (int key = 0; key < KEYS; key++) {
        int state = state_of(cards[key].size);
        if (cards[key].month == 0)
            continue;
        rows++;
        held += state == HUB_HELD;
        sizes += cards[key].size;
        months += 672 + cards[key].month - 1;
        warned += state == HUB_WARNED;
    }
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__card"), ==, rows);
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(size) AS BIGINT) FROM t__card"), ==, sizes);
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(month_) AS BIGINT) FROM t__card"), ==, months);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__card WHERE state_ = 2"), ==, held);
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(rows) AS BIGINT) FROM segment"), ==, rows);
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(held) AS BIGINT) FROM segment"), ==, held);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL AND rule = 'positive'"), ==, held);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL AND rule = 'small'"), ==, warned);
}

static void test_any_order(Fixture *f)
{
    Card cards[KEYS] = { { 0, 0 } };
    PacksRef *packs = install(f);
    HubOptions options = { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), NULL, packs };
    g_autoptr(Hub) hub = hub_new(&options);
    g_autoptr(GRand) chance = g_rand_new_with_seed((guint32) g_test_rand_int());
    for (int i = 0; i < FILES; i++) {
        HubResult want;
        g_autoptr(GString) text = make_file(chance, cards, &want);
        HubResult got = import(f, hub, "t.card", str_from_gstring(text));
        g_assert_cmpint(got.rows, ==, want.rows);
        g_assert_cmpint(got.rejected, ==, want.rejected);
        g_assert_cmpint(got.repeated, ==, want.repeated);
        g_assert_cmpint(got.added, ==, want.added);
        g_assert_cmpint(got.rows, ==, got.rejected + got.held + got.warned + got.accepted + got.repeated);
        g_assert_cmpint(got.added + got.changed + got.same, ==, got.held + got.warned + got.accepted);
        check_store(f, cards);
        HubResult again = import(f, hub, "t.card", str_from_gstring(text));
        g_assert_true(again.added == 0 && again.changed == 0 && again.same == got.added + got.changed + got.same);
        check_store(f, cards);
    }
    packs_unref(packs);
}

/* Files that share no key, in two orders: the same in the end, also of aggregates. */
static void test_disjoint(Fixture *f)
{
    PacksRef *packs = install(f);
    HubOptions options = { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), NULL, packs };
    g_autoptr(Hub) hub = hub_new(&options);
    static const char sums[] = "SELECT CAST(sum(beds * (period_ % 1009) + key_ % 1000003) AS BIGINT) FROM t__beds";
    int64_t first = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            int file = round == 0 ? i : 3 - i;
            g_autoptr(GString) text = g_string_new("机构,科室,床位数,所属期\n");
            for (int k = 0; k < 50; k++)
                g_string_append_printf(text, "990000-YY0%d,科%d,%d,2026-0%d\n", file + 1, k, k + file + 1 + round * 100, k % 3 + 1);
            import(f, hub, "t.beds", str_from_gstring(text));
        }
        for (int i = 0; round == 1 && i < 4; i++) { /* back to what the first round said, in another order */
            int file = (i + 2) % 4;
            g_autoptr(GString) text = g_string_new("机构,科室,床位数,所属期\n");
            for (int k = 49; k >= 0; k--)
                g_string_append_printf(text, "990000-YY0%d,科%d,%d,2026-0%d\n", file + 1, k, k + file + 1, k % 3 + 1);
            import(f, hub, "t.beds", str_from_gstring(text));
        }
        if (round == 0)
            first = store_ask(f->db, "%s", sums);
    }
    g_assert_cmpint(store_ask(f->db, "%s", sums), ==, first);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__beds"), ==, 200);
    packs_unref(packs);
}

/* Strict: all or nothing; a dry run: nothing; persons: found again. */
static void test_people(Fixture *f)
{
    GError *err = NULL;
    PacksRef *packs = install(f);
    g_autoptr(HubPersons) persons = hub_persons_open(&(HubPersonsOptions) { .db = f->db, .clock = f->clock, .keys = f->keys, .data_dir = temp_dir_path(f->folder) }, &err);
    g_assert_no_error(err);
    HubOptions options = { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), persons, packs };
    g_autoptr(Hub) hub = hub_new(&options);
    Str text = STR("机构,种类,次,日期,费用,证件号码,联系电话\n市第一人民医院,1,1,2026-03-01,5,11010519491231002X,13800000001\n市第一人民医院,1,2,2026-03-02,6,11010519491231002X,13800000001\n"
                   "市第一人民医院,1,3,2026-03-02,,11010519491231002X,\n");
    HubImport wish = { .dataset = packs_dataset(packs, STR("t.visit")), .org = fixture_org(f, "990000-WJW").id, .intake = DB_NULL_INT, .strict = true };
    for (int round = 0; round < 2; round++, wish.strict = false, wish.dry_run = true) {
        HubResult result;
        IngestInput input = { .bytes = text };
        g_autoptr(IngestReader) reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
        g_assert_true(hub_import(hub, &wish, reader, NULL, NULL, f->arena, &result, &err) && result.refused == wish.strict);
        g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__visit"), ==, 0);
    }
    HubResult result = import(f, hub, "t.visit", text);
    g_assert_true(result.added == 3 && result.held == 1 && result.accepted == 2);
    g_assert_cmpint(store_ask(f->db, "SELECT count(DISTINCT person_) FROM t__visit"), ==, 1);
    result = import(f, hub, "t.visit", text);
    g_assert_true(result.same == 3);
    g_assert_false(fixture_stored(f, STR("11010519491231002X")) || fixture_stored(f, STR("13800000001")));
    packs_unref(packs);
}

/* A new edition over what is stored: what it finds is held, what it finds no more is closed, what it cannot ask stays. */
static void test_recheck(Fixture *f)
{
    GError *err = NULL;
    PacksRef *packs = install(f);
    g_autoptr(HubPersons) persons = hub_persons_open(&(HubPersonsOptions) { .db = f->db, .clock = f->clock, .keys = f->keys, .data_dir = temp_dir_path(f->folder) }, &err);
    HubOptions options = { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), persons, packs };
    g_autoptr(Hub) hub = hub_new(&options);
    int64_t root = fixture_org(f, "990000-WJW").id;
    HubResult result;
    import(f, hub, "t.card", STR("机构,编号,发现时间,大小\n市第一人民医院,A,2026-01-05 08:00,0\n市第一人民医院,B,2026-01-05 08:00,5\n市第一人民医院,C,2026-02-05 08:00,50\n"
                                 "市第一人民医院,D,2026-02-05 08:00,100\n市第一人民医院,E,2026-02-05 08:00,x\n市第一人民医院,F,2026-02-05 08:00,9\n市第一人民医院,F,2026-02-05 08:00,8\n"));
    g_assert_true(hub_recheck(hub, packs_dataset(packs, STR("t.card")), root, NULL, NULL, f->arena, &result, &err) && result.rows == 6 && result.changed == 0);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM batch"), ==, 1);
    PacksRef *later = install_edition(f, true);
    hub_set_packs(hub, later);
    g_assert_true(hub_recheck(hub, packs_dataset(later, STR("t.card")), root, NULL, NULL, f->arena, &result, &err));
    g_assert_no_error(err);
    g_assert_cmpint(result.changed, ==, 2); /* B and F; A was held before */
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__card WHERE state_ = 2"), ==, 3);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL AND rule = 'positive'"), ==, 3);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL AND rule IN ('type:size', 'repeated:file', 'small')"), ==, 3);
    g_assert_true(hub_recheck(hub, packs_dataset(later, STR("t.card")), root, NULL, NULL, f->arena, &result, &err) && result.changed == 0);
    hub_set_packs(hub, packs);
    g_assert_true(hub_recheck(hub, packs_dataset(packs, STR("t.card")), root, NULL, NULL, f->arena, &result, &err));
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__card WHERE state_ = 2"), ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(held) AS BIGINT) FROM segment"), ==, 1);
    /* a rule over the subject's own number is not asked again: what it found stays */
    import(f, hub, "t.visit", STR("机构,种类,次,日期,费用,证件号码,卡号\n市第一人民医院,1,1,2026-03-01,101,110105194912310021,JS000123\n"));
    int64_t open = store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL");
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL AND rule = 'id_right'"), ==, 1);
    g_assert_true(hub_recheck(hub, packs_dataset(packs, STR("t.visit")), root, NULL, NULL, f->arena, &result, &err) && result.rows == 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM defect WHERE closed_at IS NULL"), ==, open);
    packs_unref(later);
    packs_unref(packs);
}

/* Packs are installed between check and apply. What only rules changed goes in, by the rules it was checked by; what the tables no longer are does not, and may be sent again. */
static HubChecked *check_card(Fixture *f, Hub *hub, const HubImport *wish, HubResult *result)
{
    GError *err = NULL;
    IngestInput input = { .bytes = STR("机构,编号,发现时间,大小\n市第一人民医院,A,2026-01-05 08:00,5\n市第一人民医院,B,2026-01-05 08:00,0\n") };
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
    HubChecked *checked = hub_check(hub, wish, reader, NULL, NULL, f->arena, result, &err);
    g_assert_no_error(err);
    return checked;
}

static void test_installed_meanwhile(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(PacksRef) packs = install(f);
    HubOptions options = { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), NULL, packs };
    g_autoptr(Hub) hub = hub_new(&options);
    HubResult result;
    HubImport wish = { .dataset = packs_dataset(packs, STR("t.card")), .org = fixture_org(f, "990000-WJW").id, .intake = DB_NULL_INT };
    g_autoptr(HubChecked) first = check_card(f, hub, &wish, &result);
    g_autoptr(PacksRef) rules = install_edition(f, true);
    hub_set_packs(hub, rules);
    g_assert_true(hub_apply(hub, &wish, first, NULL, NULL, &result, &err));
    g_assert_no_error(err);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM t__card WHERE state_ = 2"), ==, 1); /* A is above 0, which was the rule */
    g_autoptr(HubChecked) second = check_card(f, hub, &wish, &result);
    g_autoptr(PacksRef) scaled = install_text(f, true, "size: {name: 大小, name_en: Size, type: integer}", "size: {name: 大小, name_en: Size, type: decimal, decimals: 2}");
    hub_set_packs(hub, scaled);
    g_assert_false(hub_apply(hub, &wish, second, NULL, NULL, &result, &err));
    g_assert_cmpstr(error_get_detail(err), ==, "packs-changed");
    g_assert_cmpint(store_ask(f->db, "SELECT CAST(sum(size) AS BIGINT) FROM t__card"), ==, 500);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("hub-import", "any-order", true, test_any_order);
    fixture_add("hub-import", "disjoint", true, test_disjoint);
    fixture_add("hub-import", "people", true, test_people);
    fixture_add("hub-import", "recheck", true, test_recheck);
    fixture_add("hub-import", "installed-meanwhile", true, test_installed_meanwhile);
    return g_test_run();
}
