#include "expr-fixture.h"

#include "base/decimal.h"
#include "db/statement.h"

#include <stdio.h>

#include "base/banned.h"

enum { ZONE = 480 };

/* --- The scope ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    ExprKind kind;
    int scale;
    const char *table;
} fields[] = {
    { "a", EXPR_NUMBER, 0, NULL },     { "b", EXPR_NUMBER, 0, NULL },     { "p", EXPR_NUMBER, 2, NULL },       { "q", EXPR_NUMBER, 4, NULL },
    { "t", EXPR_TEXT, 0, NULL },       { "u", EXPR_TEXT, 0, NULL },       { "d", EXPR_DATE, 0, NULL },         { "e", EXPR_DATE, 0, NULL },
    { "at", EXPR_TIME, 0, NULL },      { "until", EXPR_TIME, 0, NULL },   { "ok", EXPR_BOOL, 0, NULL },        { "vaccine", EXPR_TEXT, 0, "vaccine" },
    { "grade", EXPR_TEXT, 0, "grade" }, { "icd", EXPR_TEXT, 0, NULL },    { "big", EXPR_TEXT, 0, "big" },      { "person.birth", EXPR_DATE, 0, NULL },
};
G_STATIC_ASSERT(G_N_ELEMENTS(fields) == EXF_FIELDS);

/* Columns are named so that none is a word of SQL. */
static const char *const columns[] = { "c_a", "c_b", "c_p", "c_q", "c_t", "c_u", "c_d", "c_e", "c_at", "c_until", "c_ok", "c_vaccine", "c_grade", "c_icd", "c_big", "c_birth" };

static const ExprCodes *make_vaccines(Arena *arena)
{
    static const ExprCode codes[] = {
        { STR_INIT("MMR"), STR_INIT("measles"), 0, 12000, DATE_NONE }, { STR_INIT("MR"), STR_INIT("measles"), 0, DATE_NONE, 18261 },
        { STR_INIT("MR"), STR_INIT("measles"), 0, 19000, 19364 },      { STR_INIT("HepB"), STR_INIT("liver"), 0, DATE_NONE, DATE_NONE },
        { STR_INIT("measles"), STR_INIT("all"), 0, DATE_NONE, DATE_NONE }, { STR_INIT("liver"), STR_INIT("all"), 0, DATE_NONE, DATE_NONE },
        { STR_INIT("all"), { NULL, 0 }, 0, DATE_NONE, DATE_NONE },     { STR_INIT("round1"), STR_INIT("round2"), 0, DATE_NONE, DATE_NONE },
        { STR_INIT("round2"), STR_INIT("round1"), 0, DATE_NONE, DATE_NONE },
    };
    return expr_codes_new(arena, STR("vaccine"), codes, G_N_ELEMENTS(codes), false);
}

static const ExprCodes *make_grades(Arena *arena)
{
    static const ExprCode codes[] = {
        { STR_INIT("乙等"), { NULL, 0 }, 2, DATE_NONE, DATE_NONE }, { STR_INIT("甲等"), { NULL, 0 }, 3, DATE_NONE, DATE_NONE },
        { STR_INIT("丙等"), { NULL, 0 }, 1, DATE_NONE, DATE_NONE },
    };
    return expr_codes_new(arena, STR("grade"), codes, G_N_ELEMENTS(codes), true);
}

static const ExprCodes *make_big(Arena *arena)
{
    ExprCode *codes = ARENA_ARRAY(arena, ExprCode, 500);
    for (int i = 0; i < 500; i++)
        codes[i] = (ExprCode) { arena_printf(arena, "K%03d", i), i % 10 ? arena_printf(arena, "K%03d", i / 10 * 10) : STR_NONE, 0, DATE_NONE, DATE_NONE };
    return expr_codes_new(arena, STR("big"), codes, 500, false);
}

const ExprScope *exf_scope(Arena *arena, unsigned allows)
{
    const ExprCodes **tables = ARENA_ARRAY(arena, const ExprCodes *, 3);
    tables[0] = make_vaccines(arena), tables[1] = make_grades(arena), tables[2] = make_big(arena);
    ExprField *list = ARENA_ARRAY(arena, ExprField, EXF_FIELDS);
    for (uint32_t i = 0; i < EXF_FIELDS; i++) {
        list[i] = (ExprField) { str_from(fields[i].name), { fields[i].kind, fields[i].scale, NULL }, i, columns[i] };
        for (size_t k = 0; k < 3 && fields[i].table; k++)
            if (str_eq(expr_codes_name(tables[k]), str_from(fields[i].table)))
                list[i].type.codes = tables[k];
    }
    ExprScope *inner = ARENA_NEW(arena, ExprScope), *scope = ARENA_NEW(arena, ExprScope);
    ExprDataset *datasets = ARENA_ARRAY(arena, ExprDataset, 2);
    *inner = (ExprScope) { .fields = list, .n_fields = EXF_FIELDS, .tables = tables, .n_tables = 3, .zone_minutes = ZONE };
    datasets[0] = (ExprDataset) { STR("visit"), inner, "id" };
    datasets[1] = (ExprDataset) { STR("immunization.vaccination"), inner, "id" };
    *scope = *inner;
    scope->datasets = datasets, scope->n_datasets = 2, scope->allows = allows;
    return scope;
}

int exf_field(Str name)
{
    for (size_t i = 0; i < EXF_FIELDS; i++)
        if (str_eq(name, str_from(fields[i].name)))
            return (int) i;
    return -1;
}

ExprType exf_type(size_t field)
{
    return (ExprType) { fields[field].kind, fields[field].scale, NULL };
}

/* --- Cells ---------------------------------------------------------------------------------------------------------- */

static bool read_time(Str text, int64_t *ret_ms)
{
    int y, m, d, hour, minute;
    g_autofree char *nul_ended = str_dup(text);
    Date day;
    if (sscanf(nul_ended, "%d-%d-%dT%d:%d", &y, &m, &d, &hour, &minute) != 5 || !date_from_ymd(y, m, d, &day))
        return false;
    *ret_ms = ((int64_t) day * 1440 + hour * 60 + minute - ZONE) * 60000;
    return true;
}

ExfCell exf_read(size_t field, Str text, Arena *arena)
{
    ExfCell cell = { 0 };
    Decimal decimal;
    Date day;
    bool good = true;
    if (str_eq(text, STR("null")))
        return (ExfCell) { .null = true };
    switch (fields[field].kind) {
    case EXPR_NUMBER: good = decimal_parse(text, &decimal) && decimal_at_scale(decimal, fields[field].scale, &cell.number); break;
    case EXPR_DATE: good = date_parse(text, &day), cell.number = day; break;
    case EXPR_TIME: good = read_time(text, &cell.number); break;
    case EXPR_BOOL: cell.number = str_eq(text, STR("true")); break;
    default: cell.text = arena_str(arena, text.n > 1 && text.p[0] == '\'' ? (Str) { text.p + 1, text.n - 2 } : text);
    }
    if (!good)
        g_error("'" STR_FMT "' is no value of %s", STR_ARG(text), fields[field].name);
    return cell;
}

Str exf_write(ExprType type, const ExfCell *cell, int zone_minutes, Arena *arena)
{
    char buffer[INSTANT_TEXT_MAX];
    if (cell->null)
        return STR("null");
    switch (type.kind) {
    case EXPR_NUMBER: return arena_str(arena, str_from(decimal_format(decimal_make(cell->number, type.scale), buffer)));
    case EXPR_DATE: return arena_str(arena, str_from(date_format((Date) cell->number, buffer)));
    case EXPR_TIME: return arena_str(arena, str_head(str_from(instant_format(cell->number, zone_minutes, buffer)), 16));
    case EXPR_BOOL: return cell->number ? STR("true") : STR("false");
    default: return arena_printf(arena, "'" STR_FMT "'", STR_ARG(cell->text));
    }
}

/* --- Batches -------------------------------------------------------------------------------------------------------- */

static size_t size_of(ExprKind kind)
{
    return kind == EXPR_TEXT ? sizeof(Str) : kind == EXPR_DATE ? sizeof(Date) : kind == EXPR_BOOL ? 1 : sizeof(int64_t);
}

static void put(ExprKind kind, void *values, size_t i, const ExfCell *cell)
{
    switch (kind) {
    case EXPR_TEXT: ((Str *) values)[i] = cell->text; break;
    case EXPR_DATE: ((Date *) values)[i] = (Date) cell->number; break;
    case EXPR_BOOL: ((uint8_t *) values)[i] = (uint8_t) cell->number; break;
    default: ((int64_t *) values)[i] = cell->number;
    }
}

static void make_dictionary(Arena *arena, ExprColumn *column, size_t n)
{
    static uint64_t last_id;
    ExprDict *dict = ARENA_NEW(arena, ExprDict);
    Str *values = ARENA_ARRAY(arena, Str, n + 1);
    uint32_t *codes = ARENA_ARRAY(arena, uint32_t, n), known = 1;
    const Str *texts = column->values;
    values[0] = STR("never");
    for (size_t i = 0; i < n; i++) {
        uint32_t at = 1;
        while (at < known && !str_eq(values[at], texts[i]))
            at++;
        if (column->nulls[i])
            at = 0;
        else if (at == known)
            values[known++] = texts[i];
        codes[i] = at;
    }
    *dict = (ExprDict) { values, known, ++last_id };
    column->values = NULL;
    column->codes = codes;
    column->dict = dict;
}

const ExprBatch *exf_batch(Arena *arena, const ExfRow *rows, size_t n, ExprDays days, bool dictionaries)
{
    ExprBatch *batch = ARENA_NEW(arena, ExprBatch);
    ExprColumn *list = ARENA_ARRAY(arena, ExprColumn, EXF_FIELDS);
    int64_t *keys = ARENA_ARRAY(arena, int64_t, n);
    for (size_t k = 0; k < EXF_FIELDS; k++) {
        ExprKind kind = fields[k].kind;
        void *values = arena_alloc_array(arena, n, size_of(kind));
        uint8_t *nulls = ARENA_ARRAY(arena, uint8_t, n);
        for (size_t i = 0; i < n; i++) {
            nulls[i] = rows[i].cells[k].null;
            put(kind, values, i, &rows[i].cells[k]);
        }
        list[k] = (ExprColumn) { .values = values, .nulls = nulls };
        if (dictionaries && kind == EXPR_TEXT)
            make_dictionary(arena, &list[k], n);
    }
    for (size_t i = 0; i < n; i++)
        keys[i] = (int64_t) i;
    *batch = (ExprBatch) { .n = n, .columns = list, .days = days, .keys = keys };
    return batch;
}

ExfCell exf_answer(ExprType type, const ExprResult *result, size_t row)
{
    const ExprColumn *column = &result->column;
    if (column->nulls && column->nulls[row])
        return (ExfCell) { .null = true };
    switch (type.kind) {
    case EXPR_TEXT: return (ExfCell) { .text = ((const Str *) column->values)[row] };
    case EXPR_DATE: return (ExfCell) { .number = ((const Date *) column->values)[row] };
    case EXPR_BOOL: return (ExfCell) { .number = ((const uint8_t *) column->values)[row] };
    default: return (ExfCell) { .number = ((const int64_t *) column->values)[row] };
    }
}

/* --- Random rows ---------------------------------------------------------------------------------------------------- */

static const char *const texts[] = {
    "a", "A", "b", "ab", "abc", "aBc", "接种", "接种单位", "种", " x ", "\u3000全角\u00a0", "100%", "a_b", "_", "%", "0", "-0", "12", "12.5", "-0.5", "007.50",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1.234567", "1.2345678", "1e3", "😀", "é", "ﬁ", "z", "\u00ff", "甲等", "乙等", "丙等",
    "MMR", "MR", "11010519491231002X", "11010519491231002x", "110105194912310021", "440524188001010014", "000000200002290012", "91350100M000100Y43",
    "91350100M000100Y44", "13800138000", "12800138000", "0510-8270000", "05108270000", "010-12345678", "1380013800", " ", "\t", "a''b", "\\", "\\%",
};
static const char *const icds[] = { "A00", "A00.1", "a00.901", "B99", "B99.x00", "C51.9", "C50", "I21.4+", "I21.4†", "I10.x05", "Z99", "O80", "A0", "中", "I21.5*", "" };
static const char *const vaccines[] = { "MMR", "MR", "HepB", "measles", "all", "no-such", "mmr", "round1" };
static const char *const grades[] = { "甲等", "乙等", "丙等", "丁等" };
static const Date days[] = { -25567, 84005, 0, 11016 /* 2000-02-29 */, 11015, 19417 /* 2023-02-28 */, 19782 /* 2024-02-29 */, 19783, 20453, 20484, -1, 20819, 36583 };

static int64_t random_number(GRand *rand)
{
    static const int64_t odd[] = { 0, 1, -1, INT64_MAX, -INT64_MAX, INT64_MAX / 10, 50, -50, 999999, 1000000, 4611686018427387904, -5 };
    switch (g_rand_int_range(rand, 0, 4)) {
    case 0: return odd[g_rand_int_range(rand, 0, G_N_ELEMENTS(odd))];
    case 1: return (int64_t) (((uint64_t) g_rand_int(rand) << 32 | g_rand_int(rand)) >> g_rand_int_range(rand, 1, 62)) * (g_rand_boolean(rand) ? 1 : -1);
    default: return g_rand_int_range(rand, -200, 200);
    }
}

static int64_t random_day(GRand *rand)
{
    return g_rand_boolean(rand) ? days[g_rand_int_range(rand, 0, G_N_ELEMENTS(days))] : g_rand_int_range(rand, -25567, 84006);
}

#define ONE_OF(list) str_from((list)[g_rand_int_range(rand, 0, G_N_ELEMENTS(list))])

ExfRow exf_random_row(GRand *rand, Arena *arena)
{
    ExfRow row = { 0 };
    for (size_t k = 0; k < EXF_FIELDS; k++) {
        ExfCell *cell = &row.cells[k];
        const char *table = fields[k].table;
        if (fields[k].kind == EXPR_NUMBER)
            cell->number = random_number(rand);
        else if (fields[k].kind == EXPR_DATE)
            cell->number = random_day(rand);
        else if (fields[k].kind == EXPR_TIME)
            cell->number = random_day(rand) * 86400000 + g_rand_int_range(rand, 0, 86400000);
        else if (fields[k].kind == EXPR_BOOL)
            cell->number = g_rand_boolean(rand);
        else if (table)
            cell->text = g_str_equal(table, "vaccine") ? ONE_OF(vaccines) : g_str_equal(table, "grade") ? ONE_OF(grades) : arena_printf(arena, "K%03d", g_rand_int_range(rand, 0, 520));
        else
            cell->text = g_str_equal(fields[k].name, "icd") ? ONE_OF(icds) : ONE_OF(texts);
        cell->null = g_rand_int_range(rand, 0, 7) == 0 || (fields[k].kind == EXPR_TEXT && cell->text.n == 0);
        if (cell->null)
            cell->text = STR_NONE;
    }
    return row;
}

/* --- A store ---------------------------------------------------------------------------------------------------------- */

/* `?` numbered as the engine has it. */
static char *numbered(DbEngine engine, const char *text, int first)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (*text == '?')
            g_string_append_printf(out, "%s%d", engine == DB_SQLITE ? "?" : "$", first++);
        else
            g_string_append_c(out, *text);
    }
    return g_string_free(out, false);
}

typedef union {
    int64_t number;
    bool yes;
    Date day;
    Str text;
} Slot;

/* The values as arguments of a statement. */
static Slot *make_args(Arena *arena, const DbValue *values, size_t n, DbField *ret_fields)
{
    Slot *slots = ARENA_ARRAY(arena, Slot, n + 1);
    for (size_t i = 0; i < n; i++) {
        ret_fields[i] = (DbField) { "v", (uint16_t) (i * sizeof(Slot)), (uint8_t) values[i].type, true };
        if (values[i].type == DB_TYPE_DATE)
            slots[i].day = (Date) values[i].number;
        else if (values[i].type == DB_TYPE_TEXT)
            slots[i].text = values[i].text;
        else if (values[i].type == DB_TYPE_BOOL)
            slots[i].yes = values[i].number != 0;
        else
            slots[i].number = values[i].number;
    }
    return slots;
}

static bool run_script(DbConn *tx, void *data, GError **err)
{
    DbStatement q = { .name = "fixture", .at = "test", .index = DB_NOT_CACHED };
    q.sql[0] = q.sql[1] = data;
    return db_exec_raw(tx, &q, &(Slot) { 0 }, NULL, err);
}

static void script(const ExfStore *store, const char *sql)
{
    g_autoptr(GError) err = NULL;
    db_write(store->db, DB_INTERACTIVE, run_script, (void *) sql, &err);
    g_assert_no_error(err);
}

typedef struct {
    const ExfStore *store;
    const ExfRow *rows;
    size_t n;
} Filling;

static DbValue db_value(size_t field, const ExfCell *cell)
{
    switch (fields[field].kind) {
    case EXPR_TEXT: return DB_TEXT(cell->null ? STR_NONE : cell->text);
    case EXPR_DATE: return DB_DATE(cell->null ? DATE_NONE : cell->number);
    case EXPR_BOOL: return DB_INT(cell->null ? DB_NULL_INT : cell->number);
    default: return DB_INT(cell->null ? DB_NULL_INT : cell->number);
    }
}

static bool insert_rows(DbConn *tx, void *data, GError **err)
{
    Filling *filling = data;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) sql = g_string_new("INSERT INTO cells VALUES (?");
    for (size_t k = 0; k < EXF_FIELDS; k++)
        g_string_append(sql, fields[k].kind == EXPR_BOOL && filling->store->engine == DB_POSTGRES ? ", ? <> 0" : ", ?");
    g_autofree char *text = numbered(filling->store->engine, (g_string_append_c(sql, ')'), sql->str), 1);
    for (size_t i = 0; i < filling->n; i++) {
        ArenaMark mark = arena_mark(arena);
        DbValue values[EXF_FIELDS + 1] = { DB_INT((int64_t) i) };
        for (size_t k = 0; k < EXF_FIELDS; k++)
            values[k + 1] = db_value(k, &filling->rows[i].cells[k]);
        DbField args[EXF_FIELDS + 1];
        Slot *slots = make_args(arena, values, EXF_FIELDS + 1, args);
        DbStatement q = { .name = "insert", .at = "test", .index = DB_NOT_CACHED, .args = args, .n_args = EXF_FIELDS + 1 };
        q.sql[0] = q.sql[1] = text;
        if (!db_exec_raw(tx, &q, slots, NULL, err))
            return false;
        arena_rewind(arena, mark);
    }
    return true;
}

void exf_fill(const ExfStore *store, const ExfRow *rows, size_t n)
{
    static const char *const types[][2] = { [EXPR_BOOL] = { "INTEGER", "BOOLEAN" }, [EXPR_NUMBER] = { "INTEGER", "BIGINT" }, [EXPR_TEXT] = { "TEXT", "TEXT COLLATE \"C\"" },
                                            [EXPR_DATE] = { "TEXT", "DATE" },       [EXPR_TIME] = { "INTEGER", "BIGINT" } };
    g_autoptr(GString) sql = g_string_new("CREATE TABLE cells (id ");
    g_autoptr(GError) err = NULL;
    g_string_append(sql, store->engine == DB_SQLITE ? "INTEGER PRIMARY KEY" : "BIGINT PRIMARY KEY");
    for (size_t k = 0; k < EXF_FIELDS; k++)
        g_string_append_printf(sql, ", %s %s", columns[k], types[fields[k].kind][store->engine]);
    g_string_append(sql, store->engine == DB_SQLITE ? ") STRICT" : ")");
    script(store, "DROP TABLE IF EXISTS cells");
    script(store, sql->str);
    Filling filling = { store, rows, n };
    db_write(store->db, DB_BULK, insert_rows, &filling, &err);
    g_assert_no_error(err);
}

typedef struct {
    int64_t number;
    Date day;
    Str text;
} Answer;

static ExfCell cell_of(ExprKind kind, const Answer *answer, Arena *arena)
{
    if (kind == EXPR_TEXT)
        return (ExfCell) { .null = !answer->text.p, .text = arena_str(arena, answer->text) };
    if (kind == EXPR_DATE)
        return (ExfCell) { .null = answer->day == DATE_NONE, .number = answer->day };
    return (ExfCell) { .null = answer->number == DB_NULL_INT, .number = answer->number };
}

bool exf_query(const ExfStore *store, const char *before, ExprSql sql, const char *behind, ExprType type, ExfCell *ret_cells, size_t n, Arena *arena, GError **err)
{
    bool cast = type.kind == EXPR_BOOL && store->engine == DB_POSTGRES;
    g_autofree char *text = g_strconcat(before, cast ? "CAST(CAST(" : "", sql.text, cast ? " AS INTEGER) AS BIGINT)" : "", behind, NULL);
    g_autofree char *whole = numbered(store->engine, text, 1);
    DbField *args = ARENA_ARRAY(arena, DbField, sql.n_values + 1);
    Slot *slots = make_args(arena, sql.values, sql.n_values, args);
    DbField column = type.kind == EXPR_TEXT ? (DbField) { "v", offsetof(Answer, text), DB_TYPE_TEXT, true }
                   : type.kind == EXPR_DATE ? (DbField) { "v", offsetof(Answer, day), DB_TYPE_DATE, true }
                                            : (DbField) { "v", offsetof(Answer, number), DB_TYPE_INT, true };
    DbStatement q = { .name = "select", .at = "test", .index = DB_NOT_CACHED, .args = args, .n_args = (uint16_t) sql.n_values, .columns = &column, .n_columns = 1,
                      .row_size = sizeof(Answer) };
    q.sql[0] = q.sql[1] = whole;
    g_autoptr(DbConn) conn = db_reader(store->db, err);
    g_autoptr(DbRows) rows = conn ? db_query_raw(conn, &q, slots, err) : NULL;
    size_t i = 0;
    for (Answer answer; rows && i < n && db_next(rows, &answer, err); i++)
        ret_cells[i] = cell_of(type.kind, &answer, arena);
    return db_rows_ok(rows) && (i == n || error_set(err, BH_INTERNAL, "%zu rows, not %zu", i, n));
}

bool exf_select(const ExfStore *store, const Expr *expr, ExprDays when, ExfCell *ret_cells, size_t n, Arena *arena, GError **err)
{
    return exf_query(store, "SELECT ", expr_sql(expr, store->engine, when, NULL, arena), " AS v FROM cells ORDER BY id", expr_type(expr), ret_cells, n, arena, err);
}

/* --- Golden cases ----------------------------------------------------------------------------------------------------- */

char *exf_golden_path(void)
{
    return g_build_filename(g_getenv("SOURCE_ROOT"), "tests/golden/expr.txt", NULL);
}

static Str *part_of(ExfCase *c, Str word)
{
    struct {
        Str word;
        Str *part;
    } parts[] = { { STR("expr "), &c->expr }, { STR("rows "), &c->rows },   { STR("want "), &c->want },
                  { STR("pg "), &c->pg },     { STR("lite "), &c->lite }, { STR("error "), &c->error } };
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (str_starts(word, parts[i].word))
            return parts[i].part;
    return NULL;
}

const ExfCase *exf_cases(Arena *arena, size_t *ret_n)
{
    g_autofree char *path = exf_golden_path();
    char *text = NULL;
    ARENA_LIST(ExfCase) list = { 0 };
    g_autoptr(GError) err = NULL;
    g_file_get_contents(path, &text, NULL, &err);
    g_assert_no_error(err);
    Str rest = arena_str(arena, str_from(text)), comment = { rest.p, 0 };
    g_free(text);
    while (rest.p) {
        Str line = str_cut(&rest, '\n'), *part;
        bool is_expr = str_starts(line, STR("expr "));
        if (is_expr)
            *ARENA_PUSH(arena, &list) = (ExfCase) { .comment = comment };
        if (list.n > 0 && (part = part_of(&list.v[list.n - 1], line))) {
            *part = str_trim(str_from_at(line, (size_t) (strchr(line.p, ' ') - line.p)));
            comment = (Str) { line.p + line.n + 1, 0 };
        } else {
            comment.n = (size_t) (line.p + line.n + 1 - comment.p);
        }
    }
    *ret_n = list.n;
    return list.v;
}

/* "a=1 t='x y'": up to the next space outside of quotes. */
static Str next_word(Str *rest)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->n && (quoted || rest->p[i] != ' '); i++)
        quoted ^= rest->p[i] == '\'';
    Str word = str_head(*rest, i);
    *rest = str_trim(str_from_at(*rest, i));
    return word;
}

static ExfRow read_row(Str text, Arena *arena)
{
    ExfRow row;
    for (size_t k = 0; k < EXF_FIELDS; k++)
        row.cells[k] = (ExfCell) { .null = true };
    for (text = str_trim(text); text.n > 0;) {
        Str value = next_word(&text), name = str_cut(&value, '=');
        int field = exf_field(name);
        if (field < 0)
            g_error("no field '" STR_FMT "'", STR_ARG(name));
        row.cells[field] = exf_read((size_t) field, value, arena);
    }
    return row;
}

const ExfRow *exf_case_rows(const ExfCase *c, Arena *arena, size_t *ret_n)
{
    ARENA_LIST(ExfRow) list = { 0 };
    Str rest = c->rows.p ? c->rows : STR("");
    while (rest.p)
        *ARENA_PUSH(arena, &list) = read_row(str_cut(&rest, '|'), arena);
    *ret_n = list.n;
    return list.v;
}

Str exf_want(const Expr *expr, const ExfRow *rows, size_t n, bool dictionaries, bool faults, Arena *arena)
{
    g_autoptr(ExprRunner) runner = expr_runner_new();
    ExprDays when = { 20484, 20454, 20484 }; /* today and the end: 2026-01-31; the start 2026-01-01 */
    const ExprBatch *batch = exf_batch(arena, rows, n, when, dictionaries);
    ExprResult result;
    Str text = STR("");
    expr_eval(runner, expr, batch, arena, &result);
    for (size_t i = 0; i < n; i++) {
        ExfCell cell = exf_answer(expr_type(expr), &result, i);
        uint8_t fault = result.faults && faults ? result.faults[i] : 0;
        Str one = exf_write(expr_type(expr), &cell, ZONE, arena);
        text = arena_printf(arena, STR_FMT "%s" STR_FMT "%s%s", STR_ARG(text), i > 0 ? " | " : "", STR_ARG(one), fault & EXPR_FAULT_ZERO ? " !zero" : "",
                            fault & EXPR_FAULT_OVERFLOW ? " !overflow" : "");
    }
    return text;
}
