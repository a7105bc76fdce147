/* The proof carried out, as far as one file decides: rules of kind row and unique over its rows. What needs records beside the file (parents, periods, figures) is
 * proved where those are kept. */
#include <stdlib.h>

#include "base/csv.h"
#include "pack/cell.h"
#include "pack/load.h"

#include "base/banned.h"

typedef struct {
    const Load *load;
    const PackCase *c;
    const PackDataset *dataset;
    const CsvTable *table;
    Str path;
    int *column_of;     /* by field of the record's scope: the file's column, or -1 */
    ExprBatch batch;
    GHashTable *orgs;   /* names as numbers */
    GHashTable *found;  /* "row rule" */
} Proving;

/* --- Cells --------------------------------------------------------------------------------------------------------------- */

static Str cell(const Proving *p, size_t row, int column)
{
    Str text = column < 0 ? STR_NONE : str_trim(p->table->rows[row][column]);
    return text.n > 0 ? text : STR_NONE;
}

/* Organisations are numbers here, one for each name. */
static int64_t number_of_org(const Proving *p, Str text)
{
    gpointer known = g_hash_table_lookup(p->orgs, &text);
    int64_t number = known ? (int64_t) GPOINTER_TO_SIZE(known) : (int64_t) g_hash_table_size(p->orgs) + 1;
    Str *key = ARENA_NEW(p->load->arena, Str);
    *key = text;
    g_hash_table_insert(p->orgs, key, GSIZE_TO_POINTER((size_t) number));
    return number;
}

/* --- Columns --------------------------------------------------------------------------------------------------------------- */

/* What a name of the record's scope is: a field, or an element. */
typedef struct {
    PackType type;
    const PackCodes *codes;
} Meant;

static Meant meaning(const Proving *p, Str name)
{
    const PackField *field = pack_field(p->dataset, name);
    if (field)
        return (Meant) { field->type, field->codes };
    const PackElement *element = load_find_element(p->load, name);
    return element ? (Meant) { element->type, element->codes } : (Meant) { PACK_DATE, NULL }; /* valid_from, valid_to */
}

static int find_column(const Proving *p, Str name)
{
    for (size_t i = 0; i < p->table->n_columns; i++)
        if (str_eq(str_trim(p->table->header[i]), name))
            return (int) i;
    return -1;
}

/* A fact of the person is what the file says of it: by the element as input, or by a field of that element. */
static Str name_in_file(const Proving *p, Str name)
{
    Str person = STR("person.");
    if (!str_starts(name, person))
        return name;
    Str element = str_from_at(name, person.n);
    for (size_t i = 0; i < p->dataset->fields.n; i++)
        if (p->dataset->fields.v[i].element && str_eq(p->dataset->fields.v[i].element->entry.id, element))
            return p->dataset->fields.v[i].entry.id;
    return element;
}

static void number_orgs(const Proving *p, ExprColumn *column, size_t n)
{
    const Str *names = column->values;
    int64_t *numbers = ARENA_ARRAY(p->load->arena, int64_t, n);
    for (size_t row = 0; row < n; row++)
        numbers[row] = column->nulls[row] ? 0 : number_of_org(p, names[row]);
    column->values = numbers;
}

static void read_column(Proving *p, size_t f, ExprColumn *ret_column)
{
    const ExprField *field = &p->dataset->record->fields[f];
    Str name = name_in_file(p, field->name);
    Meant meant = meaning(p, name);
    size_t n = p->table->n_rows;
    const CellType *type = cell_type_new(&p->load->common->words, meant.type, field->type.scale, meant.codes, p->load->zone_minutes, p->load->arena);
    Str *cells = ARENA_ARRAY(p->load->arena, Str, n);
    uint8_t *faults = ARENA_ARRAY(p->load->arena, uint8_t, n);
    p->column_of[f] = find_column(p, name);
    for (size_t row = 0; row < n; row++)
        cells[row] = cell(p, row, p->column_of[f]);
    cell_column(type, cells, 1, n, p->load->arena, ret_column, faults);
    for (size_t row = 0; row < n; row++)
        if (faults[row] != CELL_FINE)
            pack_find_line(p->load->report, p->path, 0, "pack-proof", "row %zu: '" STR_FMT "' is not of type %s, as '" STR_FMT "' is: %s", row + 1,
                           STR_ARG(utf8_head(cells[row], 40)), pack_types[meant.type], STR_ARG(field->name), cell_fault_text((CellFault) faults[row]));
    if (meant.type == PACK_ORG)
        number_orgs(p, ret_column, n);
}

/* --- Rules ------------------------------------------------------------------------------------------------------------------ */

static void add_found(Proving *p, size_t row, Str rule)
{
    g_hash_table_add(p->found, g_strdup_printf("%zu " STR_FMT, row + 1, STR_ARG(rule)));
}

/* By row: 1 true, 0 false, 2 null. NULL: true for all. */
static const uint8_t *run(Proving *p, ExprRunner *runner, const PackExpr *expr)
{
    if (!expr->expr)
        return NULL;
    ExprResult result;
    expr_eval(runner, expr->expr, &p->batch, p->load->arena, &result);
    uint8_t *answers = ARENA_ARRAY(p->load->arena, uint8_t, p->batch.n);
    for (size_t i = 0; i < p->batch.n; i++)
        answers[i] = result.column.nulls && result.column.nulls[i] ? 2 : ((const uint8_t *) result.column.values)[i];
    return answers;
}

static void prove_row(Proving *p, ExprRunner *runner, const PackRule *rule)
{
    const uint8_t *when = run(p, runner, &rule->when), *holds = run(p, runner, &rule->check);
    for (size_t i = 0; holds && i < p->batch.n; i++)
        if (holds[i] == 0 && (!when || when[i] == 1))
            add_found(p, i, rule->entry.id);
}

/* The cells of a key, one behind the other; a person by the first number that is there. STR_NONE: some part is missing. */
static Str key_of(Proving *p, const PackRule *rule, size_t row)
{
    Str key = rule->across == PACK_WITHIN ? cell(p, row, find_column(p, p->dataset->org)) : STR("");
    for (size_t i = 0; i < rule->by.n && key.p; i++) {
        Str part = STR_NONE;
        const PackPerson *person = str_eq(rule->by.v[i].text, STR("person")) ? p->dataset->subject->person : NULL;
        for (size_t b = 0; person && b < person->by.n && !part.p; b++)
            part = cell(p, row, find_column(p, person->by.v[b].text));
        part = person ? part : cell(p, row, find_column(p, rule->by.v[i].text));
        key = part.p ? arena_printf(p->load->arena, STR_FMT "\n" STR_FMT, STR_ARG(key), STR_ARG(part)) : STR_NONE;
    }
    return key;
}

/* The later of two rows is the one that is found. */
static void prove_unique(Proving *p, const PackRule *rule)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < p->batch.n; i++) {
        Str *key = ARENA_NEW(p->load->arena, Str);
        *key = key_of(p, rule, i);
        if (key->p && !g_hash_table_add(seen, key))
            add_found(p, i, rule->entry.id);
    }
}

static bool is_decided(const PackDataset *dataset, Str id)
{
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, id))
            return dataset->rules.v[i].kind == PACK_ROW || (dataset->rules.v[i].kind == PACK_UNIQUE && !dataset->rules.v[i].when.node);
    return false;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void compare(Proving *p)
{
    for (size_t i = 0; i < p->c->defects.n; i++) {
        const PackWant *want = &p->c->defects.v[i];
        g_autofree char *key = g_strdup_printf("%d " STR_FMT, (int) want->row, STR_ARG(want->rule));
        if (want->row > (int64_t) p->table->n_rows)
            continue;
        if (!g_hash_table_remove(p->found, key) && is_decided(p->dataset, want->rule))
            yaml_find(p->load->report, want->entry.node, "pack-proof", "row %d does not break the rule '" STR_FMT "'", (int) want->row, STR_ARG(want->rule));
    }
    guint n;
    g_autofree gpointer *keys = g_hash_table_get_keys_as_array(p->found, &n);
    qsort(keys, n, sizeof *keys, by_text);
    for (guint i = 0; i < n; i++) {
        Str rule = str_from(keys[i]), row = str_cut(&rule, ' ');
        yaml_find_key(p->load->report, p->c->entry.node, "pack-proof", "row " STR_FMT " breaks the rule '" STR_FMT "', which the case does not say", STR_ARG(row), STR_ARG(rule));
    }
}

void load_prove(const Load *load, const PackCase *c, Str path, const CsvTable *table)
{
    g_autoptr(GHashTable) orgs = g_hash_table_new(str_hash, str_equal), found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(ExprRunner) runner = expr_runner_new();
    Proving p = { .load = load, .c = c, .dataset = c->dataset, .table = table, .path = path, .orgs = orgs, .found = found };
    size_t n_fields = c->dataset->record->n_fields;
    ExprColumn *columns = ARENA_ARRAY(load->arena, ExprColumn, n_fields);
    p.column_of = ARENA_ARRAY(load->arena, int, n_fields);
    for (size_t f = 0; f < n_fields; f++)
        read_column(&p, f, &columns[f]);
    p.batch = (ExprBatch) { .n = table->n_rows, .columns = columns, .days = { c->today, DATE_NONE, DATE_NONE } };
    for (size_t i = 0; table->n_rows > 0 && i < c->dataset->rules.n; i++) {
        const PackRule *rule = &c->dataset->rules.v[i];
        if (rule->kind == PACK_ROW)
            prove_row(&p, runner, rule);
        else if (rule->kind == PACK_UNIQUE && !rule->when.node)
            prove_unique(&p, rule);
    }
    compare(&p);
}
