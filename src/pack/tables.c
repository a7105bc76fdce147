/* What a dataset has in the store, and how it gets from one edition to the next. What columns there are stands in `dataset_column`, so that every part of the program finds them there and not in the
 * packs: those of retired fields, too, which no pack names any more. */
#include "pack/tables.h"

#include "db/queries.h"

#include "base/banned.h"

static const DbColumn first_columns[] = {
    { "month_", DB_TYPE_INT, false }, { "org_", DB_TYPE_INT, false }, { "key_", DB_TYPE_INT, false }, { "batch_", DB_TYPE_INT, false }, { "state_", DB_TYPE_INT, false },
};
static const DbColumn out_column = { "batch_out_", DB_TYPE_INT, false };
static const DbColumn place_columns[] = { { "org_", DB_TYPE_INT, false }, { "key_", DB_TYPE_INT, false }, { "month_", DB_TYPE_INT, false } };
static const DbColumn leaf_columns[] = { { "org_", DB_TYPE_INT, false }, { "from_", DB_TYPE_INT, false }, { "keys_", DB_TYPE_BLOB, false } };
enum { FIRST = G_N_ELEMENTS(first_columns), FIXED_MOST = FIRST + 4, KEY = 3 };

bool pack_key_moves(const PackDataset *dataset)
{
    bool moves = dataset->kind == PACK_EVENT || dataset->kind == PACK_CASE;
    for (size_t i = 0; i < dataset->key.n; i++)
        moves &= !str_eq(dataset->key.v[i].text, dataset->date);
    return moves;
}

/* Whether keys come by running texts, the numbers of visits and reports, so that those of neighbours lie near each other. */
static bool key_runs(const PackDataset *dataset)
{
    for (size_t i = 0; i < dataset->key.n; i++) {
        const PackField *field = pack_field(dataset, dataset->key.v[i].text);
        if (field && field->type == PACK_TEXT)
            return true;
    }
    return false;
}

/* --- Columns ------------------------------------------------------------------------------------------------------------ */

/* How a field's values are stored: by the type of the field. */
static const DbType stored_types[] = {
    [PACK_TEXT] = DB_TYPE_TEXT,   [PACK_INTEGER] = DB_TYPE_INT, [PACK_DECIMAL] = DB_TYPE_INT,     [PACK_DATE] = DB_TYPE_DATE, [PACK_TIME] = DB_TYPE_INT,
    [PACK_BOOL] = DB_TYPE_INT,    [PACK_CODE] = DB_TYPE_TEXT,   [PACK_ORG] = DB_TYPE_INT,         [PACK_ID_CARD] = DB_TYPE_INT, [PACK_CARD_NO] = DB_TYPE_INT,
    [PACK_PERSON_NAME] = DB_TYPE_INT, [PACK_PHONE] = DB_TYPE_INT, [PACK_ADDRESS] = DB_TYPE_INT, /* of what is personal: where it lies in the vault */
};

/* A column as dataset_column has it. */
typedef struct {
    const char *name;
    PackType kind;
    int64_t scale;
    bool retired, found; /* found: a field has it */
} Column;

typedef ARENA_LIST(Column) Columns;

static bool kind_of(Str word, PackType *ret_kind)
{
    for (int i = 0; pack_types[i]; i++)
        if (str_eq(word, str_from(pack_types[i]))) {
            *ret_kind = (PackType) i;
            return true;
        }
    return false;
}

static bool read_columns(DbConn *conn, int64_t dataset, Arena *arena, Columns *columns, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, DatasetColumns, err, .dataset = dataset);
    for (DatasetColumnsRow row; rows && db_next(rows, &row, err);) {
        PackType kind = PACK_TEXT;
        if (!kind_of(row.kind, &kind))
            return error_set(err, BH_INTERNAL, "a column of kind '" STR_FMT "'", STR_ARG(row.kind));
        *ARENA_PUSH(arena, columns) = (Column) { arena_str(arena, row.name).p, kind, row.scale, row.retired, false };
    }
    return db_rows_ok(rows);
}

static Column *find_column(const Columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->n; i++)
        if (g_str_equal(columns->v[i].name, name))
            return &columns->v[i];
    return NULL;
}

static DbColumn stored(const char *name, PackType kind)
{
    return (DbColumn) { name, stored_types[kind], true };
}

static size_t fixed_columns(const PackDataset *dataset, DbColumn *columns)
{
    size_t n = FIRST;
    memcpy(columns, first_columns, sizeof first_columns);
    if (dataset->subject && dataset->subject->person)
        columns[n++] = (DbColumn) { "person_", DB_TYPE_INT, true };
    if (dataset->kind == PACK_AGGREGATE)
        columns[n++] = (DbColumn) { "period_", DB_TYPE_INT, true };
    if (dataset->kind == PACK_REGISTER) {
        columns[n++] = (DbColumn) { "valid_from", DB_TYPE_DATE, true };
        columns[n++] = (DbColumn) { "valid_to", DB_TYPE_DATE, true };
    }
    return n;
}

/* --- The tables ----------------------------------------------------------------------------------------------------------- */

static PackTables tables_of(DbEngine engine, const PackDataset *dataset, const Columns *columns, int64_t id, Arena *arena)
{
    DbColumn *rows = ARENA_ARRAY(arena, DbColumn, columns->n + FIXED_MOST), *history = ARENA_ARRAY(arena, DbColumn, columns->n + FIXED_MOST + 1);
    size_t n = fixed_columns(dataset, rows);
    for (size_t i = 0; i < columns->n; i++)
        rows[n++] = stored(columns->v[i].name, columns->v[i].kind);
    memcpy(history, rows, n * sizeof *rows);
    history[n] = out_column;
    PackTables tables = {
        .dataset = id,
        .rows = { dataset->table.p, rows, n, KEY, true },
        .history = { arena_printf(arena, "hist_" STR_FMT, STR_ARG(dataset->table)).p, history, n + 1, KEY + 1, true },
    };
    if (pack_key_moves(dataset))
        tables.places = (DbTable) { arena_printf(arena, "key_" STR_FMT, STR_ARG(dataset->table)).p, engine == DB_POSTGRES && key_runs(dataset) ? leaf_columns : place_columns, G_N_ELEMENTS(place_columns), 2, false };
    return tables;
}

bool pack_tables(DbConn *conn, const PackDataset *dataset, Arena *arena, PackTables *ret_tables, GError **err)
{
    DatasetByNameRow row;
    bool found;
    Columns columns = { 0 };
    if (!db_one(conn, DatasetByName, arena, &row, &found, err, .name = dataset->full_name))
        return false;
    if (!found) {
        error_set(err, BH_NOT_FOUND, "the dataset '" STR_FMT "' is not installed", STR_ARG(dataset->full_name));
        return error_detail(err, "no-dataset");
    }
    if (!read_columns(conn, row.id, arena, &columns, err))
        return false;
    *ret_tables = tables_of(db_conn_engine(conn), dataset, &columns, row.id, arena);
    return true;
}

/* --- From one edition to the next ------------------------------------------------------------------------------------------ */

typedef struct {
    DbConn *tx;
    Arena *arena;
    const PackDataset *dataset;
    Columns columns;
    PackTables tables;
    bool fresh; /* made just now, empty */
} Change;

static bool put_column(const Change *change, const Column *column, GError **err)
{
    return db_exec(change->tx, DatasetColumnPut, NULL, err, .dataset = change->tables.dataset, .name = str_from(column->name), .kind = str_from(pack_types[column->kind]),
                   .scale = column->scale, .retired = column->retired);
}

/* How many digits a stored value gets when its column grows, or that it stays as it is. What is not here narrows. */
typedef enum { NARROWS, STAYS, GROWS } Growth;

static Growth growth_of(const Column *was, PackType kind, int64_t scale, int *ret_digits)
{
    bool number = was->kind == PACK_INTEGER || was->kind == PACK_DECIMAL || was->kind == PACK_BOOL, to_number = kind == PACK_INTEGER || kind == PACK_DECIMAL;
    *ret_digits = 0;
    if (was->kind == kind && was->scale == scale)
        return STAYS;
    if (was->kind == PACK_CODE && kind == PACK_TEXT)
        return STAYS;
    if (kind == PACK_TEXT && (was->kind == PACK_INTEGER || was->kind == PACK_DATE))
        return GROWS;
    if (!number || !to_number || scale < was->scale || (was->kind == PACK_DECIMAL && kind == PACK_INTEGER))
        return NARROWS;
    *ret_digits = (int) (scale - was->scale);
    return *ret_digits > 0 ? GROWS : STAYS;
}

/* The name under which a column is kept when a field of its id gets another type: dose__1. No id has two '_' behind each other. */
static const char *kept_name(const Change *change, const char *name)
{
    for (int i = 1;; i++) {
        const char *kept = arena_printf(change->arena, "%s__%d", name, i).p;
        if (!find_column(&change->columns, kept))
            return kept;
    }
}

static bool set_aside(Change *change, Column *column, GError **err)
{
    const char *kept = kept_name(change, column->name);
    bool ok = db_table_rename_column(change->tx, change->tables.rows.name, column->name, kept, err) &&
              db_table_rename_column(change->tx, change->tables.history.name, column->name, kept, err) &&
              db_exec(change->tx, DatasetColumnRename, NULL, err, .dataset = change->tables.dataset, .name = str_from(column->name), .new_name = str_from(kept));
    column->name = kept;
    column->retired = true;
    return ok;
}

static bool add_column(Change *change, const PackField *field, int64_t scale, GError **err)
{
    Column column = { field->entry.id.p, field->type, scale, false, true };
    column.name = arena_str(change->arena, field->entry.id).p;
    *ARENA_PUSH(change->arena, &change->columns) = column;
    DbColumn db = stored(column.name, column.kind);
    return (change->fresh || (db_table_add_column(change->tx, change->tables.rows.name, &db, err) && db_table_add_column(change->tx, change->tables.history.name, &db, err))) &&
           put_column(change, &column, err);
}

/* The tables with the columns as they are now, for the copy. */
static bool grow(Change *change, Column *column, PackType kind, int digits, GError **err)
{
    DbColumn was = stored(column->name, column->kind), wide = stored(column->name, kind);
    PackTables now = tables_of(db_conn_engine(change->tx), change->dataset, &change->columns, change->tables.dataset, change->arena);
    return db_table_widen(change->tx, &now.rows, &wide, &was, digits, err) && db_table_widen(change->tx, &now.history, &wide, &was, digits, err);
}

static bool change_field(Change *change, const PackField *field, GError **err)
{
    int digits = 0;
    int64_t scale = field->type == PACK_DECIMAL ? field->decimals : 0;
    g_autofree char *name = str_dup(field->entry.id);
    Column *column = find_column(&change->columns, name);
    Growth growth = column ? growth_of(column, field->type, scale, &digits) : NARROWS;
    if (column && growth == NARROWS && !set_aside(change, column, err))
        return false;
    if (!column || growth == NARROWS)
        return add_column(change, field, scale, err);
    column->found = true;
    if (column->kind == field->type && column->scale == scale && !column->retired)
        return true;
    if (growth == GROWS && !grow(change, column, field->type, digits, err))
        return false;
    column->kind = field->type;
    column->scale = scale;
    column->retired = false;
    return put_column(change, column, err);
}

static bool retire_rest(Change *change, GError **err)
{
    for (size_t i = 0; i < change->columns.n; i++) {
        Column *column = &change->columns.v[i];
        if (column->found || column->retired)
            continue;
        column->retired = true;
        if (!put_column(change, column, err))
            return false;
    }
    return true;
}

static bool change_fields(Change *change, GError **err)
{
    for (size_t i = 0; i < change->dataset->fields.n; i++) {
        const PackField *field = &change->dataset->fields.v[i];
        if (!field->retired && !str_eq(field->entry.id, change->dataset->org) && !change_field(change, field, err))
            return false;
    }
    return retire_rest(change, err);
}

/* --- Views ------------------------------------------------------------------------------------------------------------------ */

enum { STATE_HELD = 2 };

/* Without what is hidden and what lies in the vault. */
static bool make_view(const Change *change, const char *name, GError **err)
{
    const DbTable *table = &change->tables.rows;
    DbViewColumn *columns = ARENA_ARRAY(change->arena, DbViewColumn, table->n);
    size_t n = 0;
    for (size_t i = 0; i < table->n; i++) {
        const Column *column = find_column(&change->columns, table->columns[i].name);
        if (!column || (!column->retired && !pack_type_personal(column->kind)))
            columns[n++] = (DbViewColumn) { table->columns[i].name, column ? (int) column->scale : 0 };
    }
    const DbView view = { name, table->name, columns, n, "state_", STATE_HELD };
    return db_view_create(change->tx, &view, err);
}

/* --- A dataset ----------------------------------------------------------------------------------------------------------------- */

static bool same_names(PackNames a, PackNames b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = str_eq(a.v[i].text, b.v[i].text);
    return same;
}

/* Whether records are found and placed as before. */
static bool same_identity(const PackDataset *a, const PackDataset *b)
{
    bool of_person = a->subject && a->subject->person, still = b->subject && b->subject->person;
    return a->kind == b->kind && same_names(a->key, b->key) && str_eq(a->org, b->org) && str_eq(a->date, b->date) && of_person == still && key_runs(a) == key_runs(b);
}

static bool check_unused(const Change *change, int64_t dataset, GError **err)
{
    DatasetUsedRow row;
    bool found = false;
    if (!db_one(change->tx, DatasetUsed, change->arena, &row, &found, err, .dataset = dataset))
        return false;
    if (!row.used)
        return true;
    error_set(err, BH_CONFLICT, "there are records of '" STR_FMT "', and the new edition knows them by another kind, key, organisation or day", STR_ARG(change->dataset->full_name));
    error_hint(err, "declare it as another dataset, and retire this one");
    return error_detail(err, "pack-key-changed");
}

static bool create_all(Change *change, GError **err)
{
    const PackTables *tables = &change->tables;
    return db_table_create(change->tx, &tables->rows, err) && db_table_create(change->tx, &tables->history, err) &&
           (!tables->places.name || db_table_create(change->tx, &tables->places, err));
}

static bool make_dataset(Change *change, int64_t id, GError **err)
{
    change->tables.dataset = id;
    change->fresh = true;
    if (!change_fields(change, err))
        return false;
    change->tables = tables_of(db_conn_engine(change->tx), change->dataset, &change->columns, id, change->arena);
    return create_all(change, err);
}

static bool make_first(Change *change, GError **err)
{
    DatasetInsertRow row;
    bool found;
    return db_one(change->tx, DatasetInsert, change->arena, &row, &found, err, .name = change->dataset->full_name) && make_dataset(change, row.id, err);
}

/* Known by another key than before: for as long as nothing was sent, its tables are made anew. */
static bool make_again(Change *change, int64_t id, const PackDataset *was, GError **err)
{
    PackTables old = tables_of(db_conn_engine(change->tx), was, &change->columns, id, change->arena);
    if (!check_unused(change, id, err) || !db_table_drop(change->tx, old.rows.name, err) || !db_table_drop(change->tx, old.history.name, err) ||
        (old.places.name && !db_table_drop(change->tx, old.places.name, err)) || !db_exec(change->tx, DatasetColumnsForget, NULL, err, .dataset = id))
        return false;
    change->columns.n = 0;
    return make_dataset(change, id, err);
}

static bool change_dataset(Change *change, const DatasetByNameRow *row, const PackDataset *was, GError **err)
{
    if (!read_columns(change->tx, row->id, change->arena, &change->columns, err) || !db_exec(change->tx, DatasetRetire, NULL, err, .id = row->id, .retired = false))
        return false;
    if (was && !same_identity(change->dataset, was))
        return make_again(change, row->id, was, err);
    change->tables = tables_of(db_conn_engine(change->tx), change->dataset, &change->columns, row->id, change->arena);
    bool ok = change_fields(change, err);
    change->tables = tables_of(db_conn_engine(change->tx), change->dataset, &change->columns, row->id, change->arena);
    return ok;
}

bool tables_install(DbConn *tx, const PackDataset *dataset, const PackDataset *was, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    Change change = { .tx = tx, .arena = arena, .dataset = dataset };
    DatasetByNameRow row;
    bool found;
    const char *view = arena_printf(arena, "v_" STR_FMT, STR_ARG(dataset->table)).p;
    return db_one(tx, DatasetByName, arena, &row, &found, err, .name = dataset->full_name) && db_view_drop(tx, view, err) &&
           (found ? change_dataset(&change, &row, was, err) : make_first(&change, err)) && make_view(&change, view, err);
}
