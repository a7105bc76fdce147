/* The check of files: what is stored, what is rejected or held, what goes back (golden, on both stores); the same for any number of batches, in constant order. */
#include "base/limits.h"
#include "hub/hub.h"
#include "hub/person.h"

#include "fixture.h"
#include "store-ask.h"

#include "base/banned.h"

static const char *const pack_files[][2] = { { "elements.yaml", "elements.yaml" }, { "t/pack.yaml", "pack.yaml" }, { "t/tests/proof.yaml", "proof.yaml" } };

static char *golden_path(const char *name)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), "tests/golden/hub", name, NULL);
}

static PacksRef *load_packs(void)
{
    g_autoptr(PackFiles) files = pack_files_new();
    g_autoptr(PackReport) report = pack_report_new();
    for (size_t i = 0; i < G_N_ELEMENTS(pack_files); i++) {
        g_autofree char *path = golden_path(pack_files[i][1]), *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        pack_files_add(files, str_from(pack_files[i][0]), str_from(text));
    }
    pack_files_add(files, STR("t/tests/r.csv"), STR("clinic,kind,no,seen_on,fee\n"));
    PacksRef *packs = packs_load(files, NULL, 480, report);
    for (size_t i = 0; i < pack_report_count(report); i++)
        if (!pack_report_get(report, i)->warning)
            g_error("%.*s: %.*s", STR_ARG(pack_report_get(report, i)->path), STR_ARG(pack_report_get(report, i)->text));
    return packs;
}

typedef struct {
    Fixture *f;
    PacksRef *packs;
    HubPersons *persons;
    Hub *hub;
    HubImport import;
} Place;

static void place_open(Place *place, Fixture *f)
{
    GError *err = NULL;
    *place = (Place) { .f = f, .packs = load_packs() };
    place->persons = hub_persons_open(&(HubPersonsOptions) { .db = f->db, .clock = f->clock, .keys = f->keys, .data_dir = temp_dir_path(f->folder) }, &err);
    g_assert_no_error(err);
    place->hub = hub_new(&(HubOptions) { f->db, f->clock, f->keys, f->blobs, temp_dir_path(f->folder), place->persons, place->packs });
}

static void place_close(Place *place)
{
    hub_free(place->hub);
    hub_persons_close(place->persons);
    packs_unref(place->packs);
}

/* --- What is told ---------------------------------------------------------------------------------------------------------------- */

static void write_cell(const DbValue *cell, const char *name, GString *out)
{
    char day[DATE_TEXT_MAX], period[PERIOD_TEXT_MAX];
    g_string_append_printf(out, " %s=", name);
    if (cell->type == DB_TYPE_TEXT)
        g_string_append_printf(out, STR_FMT, STR_ARG(cell->text));
    else if (cell->type == DB_TYPE_DATE && cell->number != DATE_NONE)
        g_string_append(out, date_format((Date) cell->number, day));
    else if (g_str_equal(name, "period_"))
        g_string_append(out, period_format((Period) cell->number, period));
    else if (cell->number != DB_NULL_INT && cell->type != DB_TYPE_DATE)
        g_string_append_printf(out, "%" G_GINT64_FORMAT, cell->number);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Keys are hashes under a key that each test makes anew, so that rows are printed by their number. */
static void write_rows(const Place *place, const HubChecked *checked, GString *out)
{
    GError *err = NULL;
    g_autoptr(RunReader) reader = run_reader_new(checked->run, 0, &err);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    const RunTable *table = run_table(checked->run);
    RunChunk chunk;
    while (run_next(reader, 1000, &chunk, &err) && chunk.n > 0)
        for (size_t i = 0; i < chunk.n; i++) {
            g_autoptr(GString) line = g_string_new(NULL);
            const DbValue *cells = chunk.cells + i * table->n;
            g_string_append_printf(line, "row %3u: month_=%d state_=%d", chunk.rows[i].number, (int) cells[RUN_MONTH].number, (int) cells[RUN_STATE].number);
            for (size_t c = 4; c < table->n; c++)
                write_cell(&cells[c], table->columns[c].name, line);
            for (uint32_t k = 0; k < chunk.rows[i].n_found; k++)
                g_string_append_printf(line, " !" STR_FMT, STR_ARG(hub_found_name(place->import.dataset, chunk.rows[i].found[k], place->f->arena)));
            g_ptr_array_add(lines, g_string_free(g_steal_pointer(&line), false));
        }
    g_ptr_array_sort(lines, by_text);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "%s\n", (char *) lines->pdata[i]);
}

static void write_result(const HubResult *result, GString *out)
{
    g_string_append_printf(out, "rows %d: accepted %d, warned %d, held %d, rejected %d, repeated %d%s\n", (int) result->rows, (int) result->accepted, (int) result->warned, (int) result->held,
                           (int) result->rejected, (int) result->repeated, result->refused ? "; refused" : "");
    for (size_t i = 0; i < result->n_headers; i++)
        if (!g_str_equal(result->headers[i].how, "name"))
            g_string_append_printf(out, "column '" STR_FMT "' is '" STR_FMT "' by '%s'" STR_FMT "\n", STR_ARG(result->headers[i].from), STR_ARG(result->headers[i].to), result->headers[i].how,
                                   STR_ARG(result->headers[i].near));
    for (size_t i = 0; i < result->n_found; i++)
        g_string_append_printf(out, "found " STR_FMT "%s" STR_FMT " %s: %d, " STR_FMT "\n", STR_ARG(result->found[i].code), result->found[i].reject && result->found[i].field.p ? " " : "",
                               STR_ARG(result->found[i].reject ? result->found[i].field : STR("")), result->found[i].reject ? "rejects" : result->found[i].held ? "holds" : "warns",
                               (int) result->found[i].rows, STR_ARG(result->found[i].first));
}

static void write_rejects(const Place *place, const HubChecked *checked, GString *out)
{
    for (size_t i = 0; i < checked->n_rejects; i++) {
        const HubReject *reject = &checked->rejects[i];
        g_autoptr(GString) raw = g_string_new(NULL);
        g_assert_true(unseal(key_ring_get(place->f->keys, 1, KEY_BLOB), reject->at, str_from_at(reject->sealed, 4), raw, NULL));
        g_string_append_printf(out, "reject %u " STR_FMT ": %s " STR_FMT " '" STR_FMT "' of: %s\n", reject->number, STR_ARG(reject->at), reject->code, STR_ARG(reject->field), STR_ARG(reject->shown),
                               g_strchomp(raw->str + 2 + reject->shown.n));
        Str shown;
        GError *err = NULL;
        g_assert_true(hub_reject_shown(place->f->keys, reject->at, reject->sealed, place->f->arena, &shown, &err));
        g_assert_true(str_eq(shown, reject->shown));
    }
}

static void write_errors(const Place *place, const HubResult *result, GString *out)
{
    GError *err = NULL;
    g_autoptr(GString) text = result->has_errors ? blob_get(place->f->blobs, result->errors, 1 << 20, &err) : NULL;
    g_assert_no_error(err);
    if (text)
        g_string_append_printf(out, "back: %s", text->str + 3);
}

/* --- A case ------------------------------------------------------------------------------------------------------------------------- */

static void take_option(Place *place, Str line, GArray *columns)
{
    Str value = line, name = str_cut(&value, ':');
    value = str_trim(value);
    HubImport *import = &place->import;
    if (str_eq(name, STR("dataset")))
        import->dataset = packs_dataset(place->packs, value);
    else if (str_eq(name, STR("mode")))
        import->mode = str_eq(value, STR("replace")) ? HUB_REPLACE : HUB_ADD;
    else if (str_eq(name, STR("period")))
        g_assert_true(period_parse(value, &import->period));
    else if (str_eq(name, STR("strict")))
        import->strict = true;
    else if (str_eq(name, STR("mapping"))) {
        HubColumn column = { .to = value };
        column.from = str_cut(&column.to, '=');
        g_array_append_val(columns, column);
        import->columns = (const HubColumn *) (const void *) columns->data;
        import->n_columns = columns->len;
    } else
        g_error("no option '%.*s'", STR_ARG(name));
}

static IngestReader *reader_of(const IngestInput *input)
{
    GError *err = NULL;
    IngestReader *reader = ingest_open(input, 1, &(IngestOptions) { .format = INGEST_CSV, .header_row = 1 }, &err);
    g_assert_no_error(err);
    return reader;
}

static void run_case(Place *place, Str options, Str file, GString *out)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GArray) columns = g_array_new(false, false, sizeof(HubColumn));
    HubResult result;
    place->import = (HubImport) { .org = fixture_org(place->f, "990000-WJW").id, .intake = DB_NULL_INT };
    while (options.n > 0) {
        Str line = str_cut(&options, '\n');
        if (line.n > 0)
            take_option(place, line, columns);
    }
    IngestInput input = { .bytes = file };
    g_autoptr(IngestReader) reader = reader_of(&input);
    g_autoptr(HubChecked) checked = hub_check(place->hub, &place->import, reader, NULL, NULL, place->f->arena, &result, &err);
    if (err)
        g_string_append_printf(out, "refused: %s [%s]\n", err->message, error_get_detail(err));
    write_result(&result, out);
    if (!checked)
        return;
    write_rows(place, checked, out);
    write_rejects(place, checked, out);
    write_errors(place, &result, out);
}

static void test_golden(Fixture *f)
{
    g_autofree char *path = golden_path("check.txt"), *text = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    Str rest = str_from(text);
    while (rest.n > 0) {
        ptrdiff_t head = str_find(rest, STR("\n=== "), 0);
        if (head < 0)
            break;
        g_string_append_len(out, rest.p, head + 1);
        rest = str_from_at(rest, (size_t) head + 1);
        ptrdiff_t file = str_find(rest, STR("--- file\n"), 0), result = str_find(rest, STR("===> result\n"), 0), next = str_find(rest, STR("\n=== "), 0);
        g_assert_true(file > 0 && result > file);
        g_string_append_len(out, rest.p, result);
        g_string_append(out, "===> result\n");
        Str options = str_head(rest, (size_t) file);
        (void) str_cut(&options, '\n');
        Place place; /* each in a register of persons of its own would be slow: persons stay from case to case */
        place_open(&place, f);
        run_case(&place, options, str_head(str_from_at(rest, (size_t) file + 9), (size_t) (result - file) - 9), out);
        place_close(&place);
        rest = next < 0 ? STR_NONE : str_from_at(rest, (size_t) next);
    }
    if (g_getenv("UPDATE_GOLDEN"))
        g_assert_true(g_file_set_contents(path, out->str, (gssize) out->len, NULL));
    else
        g_assert_cmpstr(out->str, ==, text);
}

/* --- Many batches ------------------------------------------------------------------------------------------------------------------------ */

enum { MANY = 30000 };

static void test_many(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GString) file = g_string_new("机构,编号,发现时间\n");
    Place place;
    HubResult result;
    place_open(&place, f);
    for (int i = 0; i < MANY; i++)
        g_string_append_printf(file, "市第一人民医院,%s%d,2026-0%d-01 08:%02d\n", i % 100 == 7 ? "\n" : "N", i, i % 3 + 1, i % 61);
    g_string_replace(file, ",\n", ",", 0); /* a number without its letter */
    place.import = (HubImport) { .dataset = packs_dataset(place.packs, STR("t.card")), .org = fixture_org(f, "990000-WJW").id, .intake = DB_NULL_INT, .bytes = file->len };
    IngestInput input = { .bytes = str_from_gstring(file) };
    g_autoptr(IngestReader) reader = reader_of(&input);
    g_autoptr(HubChecked) checked = hub_check(place.hub, &place.import, reader, NULL, NULL, f->arena, &result, &err);
    g_assert_no_error(err);
    g_assert_cmpint(result.rows, ==, MANY);
    g_assert_cmpint(result.rejected, ==, MANY / 61);
    g_assert_cmpint(result.accepted, ==, MANY - MANY / 61);
    g_assert_cmpint(checked->n_rejects, ==, MANY / 61);
    for (size_t i = 1; i < checked->n_rejects; i++)
        g_assert_cmpuint(checked->rejects[i - 1].number, <, checked->rejects[i].number);
    g_assert_true(result.n_found == 1 && str_eq(result.found[0].code, STR("bad-date")) && str_eq(result.found[0].first, STR("line 62, line 123, line 184")));
    g_autoptr(GString) errors = blob_get(f->blobs, result.errors, 1 << 22, &err);
    g_assert_no_error(err);
    size_t lines = 0;
    for (size_t i = 0; i < errors->len; i++)
        lines += errors->str[i] == '\n';
    g_assert_cmpuint(lines, ==, 1 + MANY / 61);
    place_close(&place);
}

/* --- Which rows lie near each other ------------------------------------------------------------------------------------------------- */

/* How often the first bits of the keys change, in the order in which they are stored. */
static size_t count_places(const HubChecked *checked, int bits, size_t *ret_rows)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(RunReader) reader = run_reader_new(checked->run, 0, &err);
    RunChunk chunk;
    size_t places = 0, n_columns = run_table(checked->run)->n;
    uint64_t last = 0;
    *ret_rows = 0;
    while (run_next(reader, 1000, &chunk, &err) && chunk.n > 0)
        for (size_t i = 0; i < chunk.n; i++, ++*ret_rows) {
            uint64_t first = (uint64_t) chunk.cells[i * n_columns + RUN_KEY].number >> (64 - bits);
            places += *ret_rows == 0 || first != last;
            last = first;
        }
    g_assert_no_error(err);
    return places;
}

static HubChecked *check_text(Place *place, const char *dataset, Str text)
{
    g_autoptr(GError) err = NULL;
    IngestInput input = { .bytes = text };
    HubResult result;
    place->import = (HubImport) { .dataset = packs_dataset(place->packs, str_from(dataset)), .org = fixture_org(place->f, "990000-WJW").id, .intake = DB_NULL_INT };
    g_autoptr(IngestReader) reader = reader_of(&input);
    HubChecked *checked = hub_check(place->hub, &place->import, reader, NULL, NULL, place->f->arena, &result, &err);
    g_assert_no_error(err);
    g_assert_cmpint(result.rejected, ==, 0);
    return checked;
}

/* Running numbers that follow each other, and rows of a day whose key holds it, stand together: a small file writes few pages of a large month. Days ascend. */
static void test_near(Fixture *f)
{
    g_autoptr(GString) numbers = g_string_new("机构,编号,发现时间\n"), days = g_string_new("机构,病区,巡查日期\n");
    Place place;
    size_t rows;
    place_open(&place, f);
    for (int i = 0; i < 10000; i++)
        g_string_append_printf(numbers, "市第一人民医院,2026%06d,2026-01-01 08:00\n", 250000 + i);
    g_autoptr(HubChecked) cards = check_text(&place, "t.card", str_from_gstring(numbers));
    g_assert_cmpuint(count_places(cards, 16, &rows), ==, 10);
    g_assert_cmpuint(rows, ==, 10000);
    for (int i = 0; i < 3100; i++)
        g_string_append_printf(days, "市第一人民医院,%d,2026-01-%02d\n", i / 31, i % 31 + 1);
    g_autoptr(HubChecked) rounds = check_text(&place, "t.round", str_from_gstring(days));
    g_assert_cmpuint(count_places(rounds, 5, &rows), ==, 31);
    g_assert_cmpuint(rows, ==, 3100);
    place_close(&place);
}

static bool stop(const HubProgress *progress, void *data, GError **err)
{
    *(int *) data += 1;
    g_assert_true(progress->phase == HUB_CHECKING && progress->done >= 0 && progress->done <= 1);
    return error_set(err, BH_CONFLICT, "enough");
}

/* Who is told may end it; and rows that cannot be stored end it by themselves. */
static void test_ended(Fixture *f)
{
    GError *err = NULL;
    g_autoptr(GString) file = g_string_new("机构,编号,发现时间\n");
    Place place;
    HubResult result;
    int told = 0;
    place_open(&place, f);
    for (int i = 0; i < LIMIT_BATCH_REJECTS + 5; i++)
        g_string_append(file, "x,1,2\n");
    place.import = (HubImport) { .dataset = packs_dataset(place.packs, STR("t.card")), .org = fixture_org(f, "990000-WJW").id, .intake = DB_NULL_INT, .dry_run = true };
    IngestInput input = { .bytes = str_from_gstring(file) };
    IngestReader *reader = reader_of(&input);
    g_assert_null(hub_check(place.hub, &place.import, reader, stop, &told, f->arena, &result, &err));
    assert_refused(&err, BH_CONFLICT, NULL);
    g_assert_cmpint(told, ==, 1);
    ingest_close(reader);
    reader = reader_of(&input);
    HubChecked *checked = hub_check(place.hub, &place.import, reader, NULL, NULL, f->arena, &result, &err);
    g_assert_no_error(err);
    g_assert_true(result.refused && checked->n_rejects == LIMIT_BATCH_REJECTS && !result.has_errors);
    hub_checked_free(checked);
    ingest_close(reader);
    place_close(&place);
}

/* --- Persons of rows that are rejected ---------------------------------------------------------------------------------------------------- */

static int64_t all_of_persons(Fixture *f)
{
    return store_ask(f->db, "SELECT (SELECT count(*) FROM person_known) * 1000000 + (SELECT count(*) FROM person_token) * 10000 + (SELECT count(*) FROM vault) * 100 + (SELECT count(*) FROM person_value) + "
                            "(SELECT count(*) FROM person_fact) + (SELECT count(*) FROM person_pair)");
}

static void check_visits(Place *place, const char *rows, int rejected, int named)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *text = g_strconcat("机构,种类,次,日期,费用,卡号,姓名,出生日期,性别,电话,联系电话\n", rows, NULL);
    IngestInput input = { .bytes = str_from(text) };
    HubResult result;
    place->import = (HubImport) { .dataset = packs_dataset(place->packs, STR("t.visit")), .org = fixture_org(place->f, "990000-WJW").id, .intake = DB_NULL_INT, .mode = HUB_REPLACE };
    g_assert_true(period_parse(STR("2026-01"), &place->import.period));
    g_autoptr(IngestReader) reader = reader_of(&input);
    g_autoptr(HubChecked) checked = hub_check(place->hub, &place->import, reader, NULL, NULL, place->f->arena, &result, &err);
    g_assert_no_error(err);
    g_assert_cmpint(result.rejected, ==, rejected);
    g_assert_cmpint(rejected - result.unread, ==, named);
}

/* Whatever it is rejected for, a row leaves neither a person nor a word about one; but whom it means is found, so that with mode replace the record that it would have been does not go. */
static void test_rejected(Fixture *f)
{
    Place place;
    place_open(&place, f);
    check_visits(&place, "市第一人民医院,1,1,2026-01-05,5,K1,赵一,1990-01-02,1,13900000001,13900000009\n", 0, 0);
    int64_t before = all_of_persons(f);
    g_assert_cmpint(before / 1000000, ==, 1);
    check_visits(&place,
                 "哪里,1,1,2026-01-05,5,K2,钱二,1990-01-02,1,13900000002,13900000012\n"         /* no such organisation */
                 "市第一人民医院,1,1,,5,K3,孙三,1990-01-02,1,13900000003,13900000013\n"          /* no date */
                 "市第一人民医院,1,1,五月,5,K4,李四,1990-01-02,1,13900000004,13900000014\n"      /* no day */
                 "市第一人民医院,1,1,2026-02-05,5,K5,周五,1990-01-02,1,13900000005,13900000015\n" /* another period */
                 "市第一人民医院,1,,2026-01-05,5,K6,吴六,1990-01-02,1,13900000006,13900000016\n"  /* a part of the key missing */
                 "市第一人民医院,1,x,2026-01-05,5,K7,郑七,1990-01-02,1,13900000007,13900000017\n"
                 "市第一人民医院,1,1,,5,,王八,1990-01-02,1,13900000008,\n"                       /* described alone */
                 "市第一人民医院,1,1,2026-02-05,5,K1,冯九,1990-01-03,2,13900000010,13900000011\n", /* of a known one all else */
                 8, 5);
    g_assert_cmpint(all_of_persons(f), ==, before);
    check_visits(&place, "市第一人民医院,1,,2026-01-05,5,K2,钱二,1990-01-02,1,13900000002,\n市第一人民医院,1,1,2026-01-05,5,K2,钱二,1990-01-02,1,13900000002,\n", 1, 0);
    g_assert_cmpint(all_of_persons(f) / 1000000, ==, 2); /* beside one of the same that is stored */
    place_close(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_add("hub-check", "golden", true, test_golden);
    fixture_add("hub-check", "many", true, test_many);
    fixture_add("hub-check", "near", true, test_near);
    fixture_add("hub-check", "ended", true, test_ended);
    fixture_add("hub-check", "rejected", true, test_rejected);
    return g_test_run();
}
