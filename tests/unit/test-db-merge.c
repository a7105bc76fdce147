/* Rows merged into tables with history: random histories on both engines, held against a model that knows nothing but a list of rows. */
#include "db/merge.h"

#include "db-fixture.h"
#include "db/driver.h"
#include "store-ask.h"

#include "base/banned.h"

static const DbColumn columns[] = {
    { "month_", DB_TYPE_INT }, { "org_", DB_TYPE_INT },       { "key_", DB_TYPE_INT },        { "batch_", DB_TYPE_INT },      { "state_", DB_TYPE_INT },
    { "who", DB_TYPE_INT, true }, { "given", DB_TYPE_DATE, true }, { "note", DB_TYPE_TEXT, true }, { "gone__1", DB_TYPE_TEXT, true }, { "batch_out_", DB_TYPE_INT },
};
static const DbColumn place_columns[] = { { "org_", DB_TYPE_INT }, { "key_", DB_TYPE_INT }, { "month_", DB_TYPE_INT } };
static const DbColumn leaf_columns[] = { { "org_", DB_TYPE_INT }, { "from_", DB_TYPE_INT }, { "keys_", DB_TYPE_BLOB } };
static const DbTable rows_table = { "a__b", columns, 9, 3, true }, history_table = { "hist_a__b", columns, 10, 4, true };
static const DbTable place_tables[] = { { "key_a__b", place_columns, 3, 2, false }, { "key_a__b", leaf_columns, 3, 2, false } };
typedef enum { SINGLE, LEAVES, NO_PLACES } Places;
static const char *const cells[] = { "month_", "org_", "key_", "state_", "who", "given", "note" };
enum { CELLS = G_N_ELEMENTS(cells), STATE = 3, WHO = 4, GIVEN = 5, NOTE = 6, NOTES = 5 };
static const Str notes[NOTES] = { { NULL, 0 }, STR_INIT("x"), STR_INIT("\xE7\x96\xAB\xE8\x8B\x97"), STR_INIT("y"), STR_INIT("a longer text that is no longer kept in place") };
static const uint32_t identity[] = { WHO };

static bool make(DbConn *tx, void *data, GError **err)
{
    const Places *places = data;
    return db_table_create(tx, &rows_table, err) && db_table_create(tx, &history_table, err) && (*places == NO_PLACES || db_table_create(tx, &place_tables[*places], err));
}

/* --- The model ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int64_t v[7]; /* the cells; note: which of `notes` */
    int64_t batch, out; /* out 0: it stands */
} Row;

typedef struct {
    GArray *rows; /* of Row, those of the history too */
    Places places;
    int64_t batch;
} Model;

static Row *stands(Model *model, const int64_t *v)
{
    for (guint i = 0; i < model->rows->len; i++) {
        Row *row = &g_array_index(model->rows, Row, i);
        if (row->out == 0 && row->v[1] == v[1] && row->v[2] == v[2] && (model->places != NO_PLACES || row->v[0] == v[0]))
            return row;
    }
    return NULL;
}

static DbMergeTold model_put(Model *model, const int64_t *v)
{
    Row *old = stands(model, v), fresh = { .batch = model->batch };
    DbMergeTold told = { DB_ADDED, -1, 0 };
    memcpy(fresh.v, v, sizeof fresh.v);
    if (old) {
        bool moved = old->v[0] != v[0];
        told = (DbMergeTold) { moved ? DB_MOVED : memcmp(old->v, v, sizeof fresh.v) == 0 ? DB_SAME : old->v[WHO] != v[WHO] ? DB_CLASH : DB_CHANGED, (int8_t) old->v[STATE], moved ? (int32_t) old->v[0] : 0 };
        if (told.outcome == DB_SAME || told.outcome == DB_CLASH)
            return told;
        old->out = model->batch;
    }
    g_array_append_val(model->rows, fresh);
    return told;
}

/* --- What the store holds, in an order of its own ----------------------------------------------------------------------------- */

static int by_all(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void add_line(GPtrArray *lines, const Row *row)
{
    g_ptr_array_add(lines, g_strdup_printf("%d %d %d batch %d out %d state %d who %d given %d note %d", (int) row->v[0], (int) row->v[1], (int) row->v[2], (int) row->batch, (int) row->out,
                                           (int) row->v[STATE], (int) (row->v[WHO] == DB_NULL_INT ? -1 : row->v[WHO]), (int) (row->v[GIVEN] == DATE_NONE ? -1 : row->v[GIVEN]), (int) row->v[NOTE]));
}

static char *join(GPtrArray *lines)
{
    g_ptr_array_sort(lines, by_all);
    g_ptr_array_add(lines, NULL);
    char *text = g_strjoinv("\n", (char **) lines->pdata);
    return text;
}

static char *model_text(const Model *model)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < model->rows->len; i++)
        add_line(lines, &g_array_index(model->rows, Row, i));
    return join(lines);
}

static int note_of(Str text)
{
    for (int i = 0; i < NOTES; i++)
        if (text.p ? notes[i].p && str_eq(text, notes[i]) : !notes[i].p)
            return i;
    return 99;
}

typedef struct {
    int64_t month, org, key, batch, state, who, out;
    Date given;
    Str note;
} Read;

static const DbField read_columns[] = {
    { "month_", offsetof(Read, month), DB_TYPE_INT, false }, { "org_", offsetof(Read, org), DB_TYPE_INT, false },   { "key_", offsetof(Read, key), DB_TYPE_INT, false },
    { "batch_", offsetof(Read, batch), DB_TYPE_INT, false }, { "state_", offsetof(Read, state), DB_TYPE_INT, false }, { "who", offsetof(Read, who), DB_TYPE_INT, true },
    { "given", offsetof(Read, given), DB_TYPE_DATE, true },  { "note", offsetof(Read, note), DB_TYPE_TEXT, true },    { "batch_out_", offsetof(Read, out), DB_TYPE_INT, false },
};
#define ALL "SELECT month_, org_, key_, batch_, state_, who, given, note, CAST(0 AS BIGINT) AS batch_out_ FROM a__b UNION ALL " \
            "SELECT month_, org_, key_, batch_, state_, who, given, note, batch_out_ FROM hist_a__b"
static const DbStatement read_all = { .name = "all", .at = "here", .index = DB_NOT_CACHED, .sql = { ALL, ALL }, .columns = read_columns, .n_columns = G_N_ELEMENTS(read_columns), .row_size = sizeof(Read) };

static char *store_text(Db *db)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(DbConn) conn = db_reader(db, &err);
    g_autoptr(DbRows) rows = db_query_raw(conn, &read_all, NULL, &err);
    for (Read r; rows && db_next_raw(rows, &r, sizeof r, &err);)
        add_line(lines, &(Row) { { r.month, r.org, r.key, r.state, r.who, r.given, note_of(r.note) }, r.batch, r.out });
    g_assert_no_error(err);
    return join(lines);
}

/* --- One step on both ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Model *model;
    DbMergeSpec spec;
    size_t n;
    int64_t (*v)[7];
    DbMergeTold *told;
    DbMergeRange range; /* of an absent */
    Arena *arena;
    DbMergeGone gone;
} Step;

static void set_spec(Step *step)
{
    step->spec = (DbMergeSpec) {
        .rows = &rows_table, .history = &history_table, .places = step->model->places != NO_PLACES ? &place_tables[step->model->places] : NULL, .columns = cells, .n = CELLS, .state = STATE, .batch = "batch_", .out = "batch_out_",
        .number = step->model->batch, .identity = identity, .n_identity = 1,
    };
}

static DbValue *values_of(const Step *step)
{
    DbValue *values = g_new(DbValue, step->n * CELLS);
    for (size_t r = 0; r < step->n; r++)
        for (size_t c = 0; c < CELLS; c++)
            values[r * CELLS + c] = c == NOTE ? DB_TEXT(notes[step->v[r][c]]) : c == GIVEN ? DB_DATE(step->v[r][c]) : DB_INT(step->v[r][c]);
    return values;
}

static bool merge_work(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    g_autoptr(DbMerge) merge = db_merge_new(&step->spec, db_conn_engine(tx));
    g_autofree DbValue *values = values_of(step);
    return db_merge_rows(tx, merge, values, step->n, step->told, err);
}

static bool absent_work(DbConn *tx, void *data, GError **err)
{
    Step *step = data;
    g_autoptr(DbMerge) merge = db_merge_new(&step->spec, db_conn_engine(tx));
    return db_merge_absent(tx, merge, &step->range, false, step->arena, &step->gone, err);
}

static int by_key(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    for (int i = 0; i < 3; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static int64_t key_step = 1; /* keys are apart by so much: near each other, or not */

static size_t make_rows(GRand *rand, const Model *model, int64_t (*v)[7], size_t most, int keys)
{
    size_t n = 0;
    for (size_t i = 0; i < most; i++) {
        int64_t *row = v[n];
        row[0] = g_rand_int_range(rand, -1, 3);
        row[1] = g_rand_int_range(rand, 1, 4);
        row[2] = (g_rand_int_range(rand, 0, keys) - keys / 2) * key_step;
        row[STATE] = g_rand_int_range(rand, 0, 6) == 0 ? 2 : 0;
        row[WHO] = g_rand_int_range(rand, 0, 40) == 0 ? DB_NULL_INT : row[2] / key_step & 3;
        row[GIVEN] = g_rand_int_range(rand, 0, 5) == 0 ? DATE_NONE : 20000 + g_rand_int_range(rand, 0, 2);
        row[NOTE] = g_rand_int_range(rand, 0, 4) == 0 ? g_rand_int_range(rand, 0, NOTES) : 1;
        bool twice = false;
        for (size_t j = 0; j < n && !twice; j++)
            twice = v[j][1] == row[1] && v[j][2] == row[2] && (model->places != NO_PLACES || v[j][0] == row[0]);
        n += !twice;
    }
    qsort(v, n, sizeof *v, by_key);
    return n;
}

static void step_merge(Fixture *f, GRand *rand, Step *step, size_t most, int keys)
{
    g_autoptr(GError) err = NULL;
    step->n = make_rows(rand, step->model, step->v, most, keys);
    set_spec(step);
    db_write(f->db, DB_BULK, merge_work, step, &err);
    g_assert_no_error(err);
    for (size_t r = 0; r < step->n; r++) {
        DbMergeTold want = model_put(step->model, step->v[r]), got = step->told[r];
        g_assert_cmpint(got.outcome, ==, want.outcome);
        g_assert_cmpint(got.old_state, ==, want.old_state);
        g_assert_cmpint(got.old_month, ==, want.old_month);
    }
}

static bool is_named(const Step *step, int64_t key)
{
    for (size_t i = 0; i < step->range.n; i++)
        if (step->range.keys[i] == key)
            return true;
    return false;
}

static void step_absent(Fixture *f, GRand *rand, Step *step, int keys)
{
    g_autoptr(GError) err = NULL;
    int64_t named[20];
    size_t n = 0, gone = 0;
    for (int key = -keys; key < keys && n < G_N_ELEMENTS(named); key++)
        if (g_rand_int_range(rand, 0, 3) == 0)
            named[n++] = key * key_step;
    step->range = (DbMergeRange) { g_rand_int_range(rand, 0, 3), g_rand_int_range(rand, 1, 4), -keys / 2 * key_step, g_rand_int_range(rand, -2, keys) * key_step, named, n };
    if (store_ask(f->db, "SELECT count(*) FROM a__b") == 0) /* a month that nobody wrote has no place */
        return;
    set_spec(step);
    for (guint i = 0; i < step->model->rows->len; i++) {
        Row *row = &g_array_index(step->model->rows, Row, i);
        bool in = row->out == 0 && row->v[0] == step->range.month && row->v[1] == step->range.org && row->v[2] >= step->range.from && row->v[2] <= step->range.to;
        if (!in || is_named(step, row->v[2]))
            continue;
        row->out = step->model->batch;
        gone++;
    }
    db_write(f->db, DB_BULK, absent_work, step, &err);
    g_assert_no_error(err);
    g_assert_cmpint((int) step->gone.n, ==, (int) gone);
}

static bool all_months(DbConn *tx, void *data, GError **err)
{
    (void) data;
    for (int month = -1; month < 3; month++)
        if (!db_table_month(tx, &rows_table, month, err) || !db_table_month(tx, &history_table, month, err))
            return false;
    return true;
}

/* What stands is found where it stands, by whoever asks; what does not stand is not found. */
static void assert_found(Fixture *f, Model *model, Arena *arena)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    Step step = { .model = model, .v = arena_alloc(arena, model->rows->len * sizeof(int64_t[7]) + 1), .told = ARENA_ARRAY(arena, DbMergeTold, model->rows->len + 1) };
    set_spec(&step);
    for (guint i = 0; i < model->rows->len; i++)
        if (g_array_index(model->rows, Row, i).out == 0)
            memcpy(step.v[step.n++], g_array_index(model->rows, Row, i).v, sizeof *step.v);
    qsort(step.v, step.n, sizeof *step.v, by_key);
    g_autoptr(DbMerge) merge = db_merge_new(&step.spec, db_conn_engine(conn));
    g_autofree DbValue *values = values_of(&step);
    db_merge_look(conn, merge, values, step.n, step.told, &err);
    g_assert_no_error(err);
    for (size_t r = 0; r < step.n; r++)
        g_assert_cmpint(step.told[r].outcome, ==, DB_SAME);
}

/* As many places as rows, and those of the rows. */
static void assert_places(Fixture *f, Places places)
{
    int64_t rows = store_ask(f->db, "SELECT count(*) FROM a__b");
    if (places == LEAVES) {
        g_assert_cmpint(store_ask(f->db, "SELECT CAST(coalesce(sum(length(keys_)), 0) / 12 AS BIGINT) FROM key_a__b"), ==, rows);
        g_assert_cmpint(store_ask(f->db, "SELECT CAST(coalesce(max(length(keys_)), 0) / 12 AS BIGINT) FROM key_a__b"), <=, 64);
    } else if (places == SINGLE) {
        g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b t JOIN key_a__b k ON k.org_ = t.org_ AND k.key_ = t.key_ AND k.month_ = t.month_"), ==, rows);
        g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM key_a__b"), ==, rows);
    }
}

static void history(Fixture *f, Places places, int steps, size_t most, int keys)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32) g_test_rand_int());
    g_autoptr(Arena) arena = arena_new();
    g_autofree void *v = g_malloc(most * sizeof(int64_t[7]));
    g_autofree DbMergeTold *told = g_new(DbMergeTold, most);
    Model model = { g_array_new(false, false, sizeof(Row)), places, 0 };
    Step step = { .model = &model, .v = v, .told = told, .arena = arena };
    db_write(f->db, DB_BULK, make, &places, &err);
    db_write(f->db, DB_BULK, all_months, NULL, &err);
    g_assert_no_error(err);
    for (int i = 0; i < steps; i++) {
        model.batch++;
        if (g_rand_int_range(rand, 0, 4) == 0)
            step_absent(f, rand, &step, keys);
        else
            step_merge(f, rand, &step, (size_t) g_rand_int_range(rand, 1, (int) most), keys);
    }
    g_autofree char *wanted = model_text(&model), *got = store_text(f->db);
    g_assert_cmpstr(got, ==, wanted);
    assert_found(f, &model, arena);
    assert_places(f, places);
    g_array_unref(model.rows);
}

static int times(int usual)
{
    return g_getenv("BIHUAN_TEST_LONG") ? usual * 20 : usual;
}

static void test_small(Fixture *f)
{
    history(f, NO_PLACES, times(60), 20, 12);
}

static void test_places(Fixture *f)
{
    history(f, SINGLE, times(60), 20, 12);
}

/* Few of many: the walk searches. */
static void test_sparse(Fixture *f)
{
    history(f, NO_PLACES, times(12), 300, 4000);
}

static void test_dense(Fixture *f)
{
    history(f, SINGLE, times(12), 300, 120);
}

/* Places in leaves: few keys, leaves that are cut, keys that are not near each other, each with a leaf to itself at first. */
static void test_leaves_small(Fixture *f)
{
    history(f, LEAVES, times(60), 20, 12);
}

static void test_leaves(Fixture *f)
{
    history(f, LEAVES, times(25), 300, 1500);
}

static void test_leaves_far(Fixture *f)
{
    key_step = INT64_C(1) << 50;
    history(f, LEAVES, times(25), 300, 1500);
    key_step = 1;
}

/* A column of a field that the packs have no more: no cell comes for it, and what stands in it stays when the row changes. */
static void test_retired(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DbMergeTold told[1];
    int64_t v[1][7] = { { 1, 1, 5, 0, 1, 20000, 1 } };
    Model model = { NULL, NO_PLACES, 1 };
    Step step = { .model = &model, .v = v, .n = 1, .told = told };
    set_spec(&step);
    db_write(f->db, DB_BULK, make, &model.places, &err);
    db_write(f->db, DB_BULK, merge_work, &step, &err);
    g_assert_no_error(err);
    store_run(f->db, "UPDATE a__b SET gone__1 = 'kept'");
    v[0][NOTE] = 3;
    step.spec.number = 2;
    db_write(f->db, DB_BULK, merge_work, &step, &err);
    g_assert_no_error(err);
    g_assert_cmpint(told[0].outcome, ==, DB_CHANGED);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM a__b WHERE gone__1 = 'kept' AND note = 'y' AND batch_ = 2"), ==, 1);
    g_assert_cmpint(store_ask(f->db, "SELECT count(*) FROM hist_a__b WHERE gone__1 = 'kept' AND note = 'x' AND batch_ = 1 AND batch_out_ = 2"), ==, 1);
}

/* --- What it refuses ---------------------------------------------------------------------------------------------------------------- */

static void test_order(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    DbMergeTold told[2];
    int64_t v[2][7] = { { 1, 1, 5, 0, 0, 0, 0 }, { 1, 1, 5, 0, 0, 0, 0 } };
    Model model = { NULL, NO_PLACES, 1 };
    Step step = { .model = &model, .v = v, .n = 2, .told = told };
    set_spec(&step);
    db_write(f->db, DB_BULK, make, &model.places, &err);
    g_assert_no_error(err);
    g_assert_false(db_write(f->db, DB_BULK, merge_work, &step, &err));
    assert_failed(&err, BH_INTERNAL);
}

static const DbTest tests[] = {
    { "small", test_small, BOTH }, { "places", test_places, BOTH }, { "sparse", test_sparse, BOTH }, { "dense", test_dense, BOTH }, { "leaves-small", test_leaves_small, ONLY_POSTGRES },
    { "leaves", test_leaves, ONLY_POSTGRES }, { "leaves-far", test_leaves_far, ONLY_POSTGRES }, { "retired", test_retired, BOTH }, { "order", test_order, BOTH },
};

int main(int argc, char **argv)
{
    return db_test_main(argc, argv, "db-merge", tests, G_N_ELEMENTS(tests));
}
