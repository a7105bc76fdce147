/* Which dataset a file's columns fit. Names are compared folded: white space, width and case do not tell them apart. */
#include "hub/arrive.h"

#include "base/text.h"

#include "base/banned.h"

/* --- Names of a dataset's columns --------------------------------------------------------------------------------------------- */

typedef bool (*NameVisitor)(void *data, Str id, Str name, const char *how); /* false ends it */

static bool visit_field(const PackField *field, NameVisitor visit, void *data)
{
    Str id = field->entry.id;
    if (!visit(data, id, id, "id") || !visit(data, id, field->name, "name") || !visit(data, id, field->name_en, "name_en"))
        return false;
    for (size_t i = 0; i < field->also.n; i++)
        if (!visit(data, id, field->also.v[i].text, "also"))
            return false;
    return !field->element || (visit(data, id, field->element->name, "also") && visit(data, id, field->element->name_en, "also"));
}

static bool visit_input(const PackElement *element, NameVisitor visit, void *data)
{
    Str id = element->entry.id;
    return visit(data, id, id, "id") && visit(data, id, element->name, "name") && visit(data, id, element->name_en, "name_en");
}

static void visit_names(const PackDataset *dataset, NameVisitor visit, void *data)
{
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (!dataset->fields.v[i].retired && !visit_field(&dataset->fields.v[i], visit, data))
            return;
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; person && i < person->n_inputs; i++)
        if (!visit_input(person->inputs[i], visit, data))
            return;
}

typedef struct {
    Str key; /* what is looked for, folded */
    Arena *arena;
    Str id;
    const char *how;
} Find;

static bool find_name(void *data, Str id, Str name, const char *how)
{
    Find *find = data;
    if (!name.p || name.n == 0)
        return true;
    if (!str_eq(text_name_key(name, find->arena), find->key))
        return true;
    find->id = id;
    find->how = how;
    return false;
}

Str hub_column_of(const PackDataset *dataset, Str heading, const char **ret_how)
{
    g_autoptr(Arena) arena = arena_new();
    Find find = { .key = text_name_key(heading, arena), .arena = arena };
    if (find.key.n > 0)
        visit_names(dataset, find_name, &find);
    *ret_how = find.how;
    return find.id;
}

typedef struct {
    Arena *arena;
    ARENA_LIST(Str) names;
} Names;

static bool keep_name(void *data, Str id, Str name, const char *how)
{
    Names *names = data;
    (void) id;
    (void) how;
    if (name.p && name.n > 0)
        *ARENA_PUSH(names->arena, &names->names) = name;
    return true;
}

const Str *hub_known_headings(const PackDataset *const *datasets, size_t n_datasets, Arena *arena, size_t *ret_n)
{
    Names names = { .arena = arena };
    for (size_t i = 0; i < n_datasets; i++)
        visit_names(datasets[i], keep_name, &names);
    *ret_n = names.names.n;
    return names.names.v;
}

/* --- The best ones ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Arena *arena;
    GHashTable *by_key; /* Str * → Str *: folded name → id */
} NameTable;

static bool add_name(void *data, Str id, Str name, const char *how)
{
    NameTable *table = data;
    (void) how;
    if (!name.p || name.n == 0)
        return true;
    Str *pair = ARENA_ARRAY(table->arena, Str, 2);
    pair[0] = text_name_key(name, table->arena);
    pair[1] = id;
    if (!g_hash_table_contains(table->by_key, &pair[0]))
        g_hash_table_insert(table->by_key, &pair[0], &pair[1]);
    return true;
}

static HubFit fit_of(const PackDataset *dataset, const Str *keys, size_t n_columns)
{
    HubFit fit = { .dataset = dataset, .columns = n_columns };
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GHashTable) names = g_hash_table_new(str_hash, str_equal), there = g_hash_table_new(str_hash, str_equal);
    NameTable table = { arena, names };
    visit_names(dataset, add_name, &table);
    for (size_t i = 0; i < n_columns; i++) {
        Str *id = g_hash_table_lookup(names, &keys[i]);
        if (id && keys[i].n > 0 && g_hash_table_add(there, id))
            fit.known++;
    }
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        if (!field->required || field->retired)
            continue;
        fit.required++;
        fit.required_there += g_hash_table_contains(there, &field->entry.id);
    }
    return fit;
}

static int better(const void *a, const void *b)
{
    const HubFit *one = a, *other = b;
    size_t missing = one->required - one->required_there, other_missing = other->required - other->required_there;
    if (one->known != other->known && MAX(one->known, other->known) > 2 * MIN(one->known, other->known))
        return one->known > other->known ? -1 : 1;
    if (missing != other_missing)
        return missing < other_missing ? -1 : 1;
    return one->known == other->known ? 0 : one->known > other->known ? -1 : 1;
}

const HubFit *hub_fits(const PacksRef *packs, const Str *columns, size_t n_columns, Arena *arena, size_t *ret_n)
{
    ARENA_LIST(HubFit) fits = { 0 };
    Str *keys = ARENA_ARRAY(arena, Str, n_columns + 1);
    for (size_t i = 0; i < n_columns; i++)
        keys[i] = text_name_key(columns[i], arena);
    for (size_t p = 0; p < packs_count(packs); p++) {
        const Pack *pack = packs_get(packs, p);
        for (size_t d = 0; d < pack->datasets.n; d++) {
            HubFit fit = fit_of(&pack->datasets.v[d], keys, n_columns);
            if (fit.known > 0)
                *ARENA_PUSH(arena, &fits) = fit;
        }
    }
    if (fits.n > 1)
        qsort(fits.v, fits.n, sizeof *fits.v, better);
    *ret_n = fits.n;
    return fits.v;
}
