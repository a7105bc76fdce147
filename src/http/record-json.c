/* Records as the API shows them: cells by their fields, nothing personal. */
#include "db/pick.h"
#include "http/data.h"

#include "base/banned.h"

/* --- Where a record stands ------------------------------------------------------------------------------------------------------- */

Str data_record_id(Arena *arena, int64_t org, int64_t month, int64_t key)
{
    return arena_printf(arena, "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "-%016" G_GINT64_MODIFIER "x", org, month, (uint64_t) key);
}

bool record_place_read(Str id, RecordPlace *ret_place)
{
    enum { DIGITS = 16 };
    Str rest = id, org = str_cut(&rest, '-'), month = str_cut(&rest, '-');
    RecordPlace place;
    uint8_t bytes[DIGITS / 2];
    if (!str_to_int64(org, &place.org) || !str_to_int64(month, &place.month) || rest.n != DIGITS || !hex_read(rest, sizeof bytes, bytes))
        return false;
    uint64_t key = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        key = key << 8 | bytes[i];
    place.key = (int64_t) key;
    *ret_place = place;
    return true;
}

/* --- Columns ---------------------------------------------------------------------------------------------------------------------- */

static bool has_column(const DbTable *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (g_str_equal(table->columns[i].name, name))
            return true;
    return false;
}

bool record_view(DbConn *conn, const PackDataset *dataset, Arena *arena, RecordView *ret_view, GError **err)
{
    static const char *const own[RECORD_OWN] = { "month_", "org_", "key_", "state_", "batch_" };
    static const char *const others[] = { "person_", "period_", "valid_from", "valid_to" };
    RecordView view = { .dataset = dataset };
    if (!pack_tables(conn, dataset, arena, &view.tables, err))
        return false;
    view.columns = ARENA_ARRAY(arena, const char *, dataset->fields.n + RECORD_OWN + G_N_ELEMENTS(others));
    view.fields = ARENA_ARRAY(arena, const PackField *, dataset->fields.n + RECORD_OWN + G_N_ELEMENTS(others));
    for (; view.n < RECORD_OWN; view.n++)
        view.columns[view.n] = own[view.n];
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (has_column(&view.tables.rows, others[i]))
            view.columns[view.n++] = others[i];
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        if (field->retired || !has_column(&view.tables.rows, field->entry.id.p))
            continue;
        view.fields[view.n] = field;
        view.columns[view.n++] = field->entry.id.p;
    }
    *ret_view = view;
    return true;
}

bool record_find(DbConn *conn, const RecordView *view, const RecordPlace *place, Arena *arena, const DbValue **ret_cells, bool *ret_found, GError **err)
{
    DbPickIf where[] = {
        { "month_", DB_PICK_EQ, DB_INT(place->month) }, { "org_", DB_PICK_EQ, DB_INT(place->org) }, { "key_", DB_PICK_EQ, DB_INT(place->key) },
    };
    DbPick pick = { .table = &view->tables.rows, .columns = view->columns, .n_columns = view->n, .where = where, .n_where = G_N_ELEMENTS(where), .limit = 1 };
    size_t n = 0;
    if (!db_pick(conn, &pick, arena, ret_cells, &n, err))
        return false;
    *ret_found = n > 0;
    return true;
}

int64_t record_person(const RecordView *view, const DbValue *cells)
{
    for (size_t i = RECORD_OWN; i < view->n && !view->fields[i]; i++)
        if (g_str_equal(view->columns[i], "person_"))
            return cells[i].number == DB_NULL_INT ? 0 : cells[i].number;
    return 0;
}

/* --- Cells ------------------------------------------------------------------------------------------------------------------------- */

static Str decimal_text(int64_t number, int scale, Arena *arena)
{
    int64_t unit = 1;
    for (int i = 0; i < scale; i++)
        unit *= 10;
    uint64_t size = number < 0 ? -(uint64_t) number : (uint64_t) number;
    if (scale == 0)
        return arena_printf(arena, "%" G_GINT64_FORMAT, number);
    return arena_printf(arena, "%s%" G_GUINT64_FORMAT ".%0*" G_GINT64_MODIFIER "u", number < 0 ? "-" : "", size / (uint64_t) unit, scale, size % (uint64_t) unit);
}

static Str org_text(DbConn *conn, int64_t id, Arena *arena)
{
    Org org;
    return org_by_id(conn, arena, id, &org, NULL) ? org.name : STR_NONE;
}

Str record_cell(const HttpRequest *request, DbConn *conn, const PackField *field, const DbValue *cell)
{
    Arena *arena = request->arena;
    char day[DATE_TEXT_MAX], instant[INSTANT_TEXT_MAX];
    if (pack_type_personal(field->type))
        return STR_NONE;
    if (cell->type == DB_TYPE_TEXT)
        return cell->text;
    if (cell->type == DB_TYPE_DATE)
        return cell->number == DATE_NONE ? STR_NONE : arena_str(arena, str_from(date_format((Date) cell->number, day)));
    if (cell->number == DB_NULL_INT)
        return STR_NONE;
    switch (field->expr_type.kind) {
    case EXPR_BOOL: return cell->number ? STR("true") : STR("false");
    case EXPR_TIME: return arena_str(arena, str_from(instant_format(cell->number, clock_zone_minutes(request->app->clock), instant)));
    case EXPR_NUMBER: return field->type == PACK_ORG ? org_text(conn, cell->number, arena) : decimal_text(cell->number, field->expr_type.scale, arena);
    default: return field->type == PACK_ORG ? org_text(conn, cell->number, arena) : decimal_text(cell->number, 0, arena);
    }
}

/* --- What a defect is about ---------------------------------------------------------------------------------------------------------- */

static bool reads(const PackDataset *dataset, const Expr *expr, Str field)
{
    size_t n = 0;
    const uint32_t *columns = expr ? expr_columns(expr, false, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (str_eq(dataset->record->fields[columns[i]].name, field))
            return true;
    return false;
}

/* What the rule says that it is about; where it says nothing, what it looks at. */
static bool rule_is_about(const PackDataset *dataset, const PackRule *rule, Str field)
{
    bool is = false;
    for (size_t i = 0; i < rule->about.n; i++)
        is |= str_eq(rule->about.v[i].text, field);
    for (size_t i = 0; i < rule->match.n; i++)
        is |= str_eq(rule->match.v[i].from, field);
    for (size_t i = 0; i < rule->by.n; i++)
        is |= str_eq(rule->by.v[i].text, field);
    return is || (rule->about.n == 0 && rule->kind == PACK_ROW && reads(dataset, rule->check.expr, field));
}

static bool is_about(const PackDataset *dataset, Str rule, const PackField *field)
{
    Str rest = rule, own = str_cut(&rest, ':');
    if (rest.p && str_eq(rest, field->entry.id)) /* type:FIELD, required:FIELD */
        return true;
    for (size_t i = 0; rest.p && str_eq(own, STR("repeated")) && i < dataset->key.n; i++)
        if (str_eq(dataset->key.v[i].text, field->entry.id))
            return true;
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, rule))
            return rule_is_about(dataset, &dataset->rules.v[i], field->entry.id);
    return false;
}

static bool write_cells(HttpRequest *request, DbConn *conn, const RecordView *view, const DefectFindRow *row, JsonWriter *json, GError **err)
{
    RecordPlace place = { row->org, row->month, row->key };
    const DbValue *cells;
    bool found;
    if (!record_find(conn, view, &place, request->arena, &cells, &found, err))
        return false;
    for (size_t i = 0; found && i < view->n; i++) {
        const PackField *field = view->fields[i];
        if (!field || !is_about(view->dataset, row->rule, field))
            continue;
        json_begin_object(json);
        json_member_str(json, "field", field->entry.id);
        json_member_str(json, "name", field->name);
        json_member_str(json, "value", record_cell(request, conn, field, &cells[i]));
        json_end_object(json);
    }
    return true;
}

bool data_write_about(HttpRequest *request, DbConn *conn, const PacksRef *packs, const DefectFindRow *row, JsonWriter *json, GError **err)
{
    const PackDataset *dataset = packs_dataset(packs, row->dataset);
    RecordView view;
    json_key(json, "values");
    json_begin_array(json);
    if (dataset && row->key != DB_NULL_INT
        && (!record_view(conn, dataset, request->arena, &view, err) || !write_cells(request, conn, &view, row, json, err)))
        return false;
    json_end_array(json);
    return true;
}
