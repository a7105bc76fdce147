/* A file of the proof as columns: each cell read as what comes in is read, organisations as numbers, one for each name. */
#include "pack/cell.h"
#include "pack/prove.h"

#include "base/banned.h"

static int find_column(const CsvTable *table, Str name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq(str_trim(table->header[i]), name))
            return (int) i;
    return -1;
}

static Str cell(const CsvTable *table, size_t row, int column)
{
    Str text = column < 0 ? STR_NONE : str_trim(table->rows[row][column]);
    return text.n > 0 ? text : STR_NONE;
}

Str proof_cell(const ProofTable *table, size_t row, Str column)
{
    return cell(table->table, row, find_column(table->table, column));
}

bool proof_has_column(const ProofTable *table, Str column)
{
    return find_column(table->table, column) >= 0;
}

static int64_t number_of_org(Proof *proof, Str name)
{
    gpointer known = g_hash_table_lookup(proof->org_of, &name);
    if (known)
        return (int64_t) GPOINTER_TO_SIZE(known);
    Str *key = ARENA_NEW(proof->load->arena, Str);
    *key = *ARENA_PUSH(proof->load->arena, &proof->orgs) = name;
    g_hash_table_insert(proof->org_of, key, GSIZE_TO_POINTER(proof->orgs.n));
    return (int64_t) proof->orgs.n;
}

/* What a name of the record's scope is: a field, or an element. */
typedef struct {
    PackType type;
    const PackCodes *codes;
} Meant;

static Meant meaning(const Proof *proof, const PackDataset *dataset, Str name)
{
    const PackField *field = pack_field(dataset, name);
    if (field)
        return (Meant) { field->type, field->codes };
    const PackElement *element = load_find_element(proof->load, name);
    return element ? (Meant) { element->type, element->codes } : (Meant) { PACK_DATE, NULL }; /* valid_from, valid_to */
}

/* A fact of the person is what the file says of it: by the element as input, or by a field of that element. */
static Str name_in_file(const PackDataset *dataset, Str name)
{
    Str person = STR("person.");
    if (!str_starts(name, person))
        return name;
    Str element = str_from_at(name, person.n);
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (dataset->fields.v[i].element && str_eq(dataset->fields.v[i].element->entry.id, element))
            return dataset->fields.v[i].entry.id;
    return element;
}

static void number_orgs(Proof *proof, ExprColumn *column, size_t n)
{
    const Str *names = column->values;
    int64_t *numbers = ARENA_ARRAY(proof->load->arena, int64_t, n);
    for (size_t row = 0; row < n; row++)
        numbers[row] = column->nulls[row] ? 0 : number_of_org(proof, names[row]);
    column->values = numbers;
}

static void read_column(Proof *proof, const ProofTable *t, const ExprField *field, ExprColumn *ret_column)
{
    Arena *arena = proof->load->arena;
    Str name = name_in_file(t->dataset, field->name);
    Meant meant = meaning(proof, t->dataset, name);
    const CellType *type = cell_type_new(&proof->load->common->words, meant.type, field->type.scale, meant.codes, proof->load->zone_minutes, arena);
    Str *cells = ARENA_ARRAY(arena, Str, t->n);
    uint8_t *faults = ARENA_ARRAY(arena, uint8_t, t->n);
    int column = find_column(t->table, name);
    for (size_t row = 0; row < t->n; row++)
        cells[row] = cell(t->table, row, column);
    cell_column(type, cells, 1, t->n, arena, ret_column, faults);
    for (size_t row = 0; row < t->n; row++)
        if (faults[row] != CELL_FINE)
            pack_find_line(proof->load->report, t->path, 0, "pack-proof", "row %zu: '" STR_FMT "' is not of type %s, as '" STR_FMT "' is: %s", row + 1,
                           STR_ARG(utf8_head(cells[row], 40)), pack_types[meant.type], STR_ARG(field->name), cell_fault_text((CellFault) faults[row]));
    if (meant.type == PACK_ORG)
        number_orgs(proof, ret_column, t->n);
}

/* --- As the store has them -------------------------------------------------------------------------------------------------- */

static const ExprColumn *column_named(const ProofTable *t, Str name)
{
    const ExprScope *record = t->dataset->record;
    for (size_t i = 0; i < record->n_fields; i++)
        if (str_eq(record->fields[i].name, name))
            return &t->columns[i];
    return NULL;
}

static const ExprColumn *stored_columns(const Proof *proof, const ProofTable *t)
{
    const ExprScope *scope = t->dataset->stored->scope;
    size_t n = 0;
    for (size_t i = 0; i < scope->n_fields; i++)
        n = MAX(n, scope->fields[i].column + 1);
    ExprColumn *columns = ARENA_ARRAY(proof->load->arena, ExprColumn, n);
    for (size_t i = 0; i < scope->n_fields; i++)
        columns[scope->fields[i].column] = *column_named(t, scope->fields[i].name);
    return columns;
}

static void read_orgs(const Proof *proof, ProofTable *t)
{
    const ExprColumn *column = column_named(t, t->dataset->org);
    int64_t *orgs = ARENA_ARRAY(proof->load->arena, int64_t, t->n);
    for (size_t row = 0; column && row < t->n; row++)
        orgs[row] = column->nulls && column->nulls[row] ? 0 : ((const int64_t *) column->values)[row];
    t->orgs = orgs;
}

static const PeriodKind kind_of[] = {
    [PACK_EVERY_DAY] = PERIOD_DAY, [PACK_EVERY_WEEK] = PERIOD_WEEK, [PACK_EVERY_MONTH] = PERIOD_MONTH, [PACK_EVERY_QUARTER] = PERIOD_QUARTER, [PACK_EVERY_YEAR] = PERIOD_YEAR,
};

/* What is reported each day or week is judged by months. */
PeriodKind proof_kind(const PackDataset *dataset, const PackRule *rule)
{
    bool by_month = dataset->every < PACK_EVERY_MONTH || rule->kind == PACK_VOLUME;
    return by_month ? PERIOD_MONTH : kind_of[dataset->every];
}

static void days_of_period(Proof *proof, const ProofTable *t, size_t row, Date *from, Date *to)
{
    Str text = proof_cell(t, row, STR("period"));
    Period period;
    if (!text.p || !period_parse(text, &period) || period_kind(period) != kind_of[t->dataset->every]) {
        pack_find_line(proof->load->report, t->path, 0, "pack-proof", "row %zu: '" STR_FMT "' is not a %s, as 'period' is", row + 1, STR_ARG(utf8_head(text, 40)),
                       pack_every[t->dataset->every]);
        return;
    }
    *from = period_start(period);
    *to = period_end(period);
}

static Date day_at(const ExprColumn *column, ExprKind kind, size_t row, int zone_minutes)
{
    if (!column || (column->nulls && column->nulls[row]))
        return DATE_NONE;
    return kind == EXPR_TIME ? date_of_instant(((const int64_t *) column->values)[row], zone_minutes) : ((const Date *) column->values)[row];
}

/* An aggregate stands for its period, an event for its day, a register's record from one day to another. */
static void read_days(Proof *proof, ProofTable *t)
{
    Date *from = ARENA_ARRAY(proof->load->arena, Date, t->n), *to = ARENA_ARRAY(proof->load->arena, Date, t->n);
    const PackField *field = t->dataset->date.p ? pack_field(t->dataset, t->dataset->date) : NULL;
    for (size_t row = 0; row < t->n; row++) {
        from[row] = to[row] = DATE_NONE;
        if (t->dataset->kind == PACK_AGGREGATE) {
            days_of_period(proof, t, row, &from[row], &to[row]);
        } else if (t->dataset->kind == PACK_REGISTER) {
            from[row] = day_at(column_named(t, STR("valid_from")), EXPR_DATE, row, 0);
            to[row] = day_at(column_named(t, STR("valid_to")), EXPR_DATE, row, 0);
        } else if (field) {
            from[row] = to[row] = day_at(column_named(t, t->dataset->date), field->expr_type.kind, row, proof->load->zone_minutes);
        }
    }
    t->from = from;
    t->to = to;
}

void proof_table(Proof *proof, const PackDataset *dataset, Str path, const CsvTable *table, ProofTable *ret_table)
{
    size_t n_fields = dataset->record->n_fields;
    ExprColumn *columns = ARENA_ARRAY(proof->load->arena, ExprColumn, n_fields);
    ProofTable t = { .dataset = dataset, .table = table, .path = path, .n = table->n_rows, .columns = columns };
    for (size_t f = 0; f < n_fields; f++)
        read_column(proof, &t, &dataset->record->fields[f], &columns[f]);
    t.stored = stored_columns(proof, &t);
    read_orgs(proof, &t);
    read_days(proof, &t);
    *ret_table = t;
}
