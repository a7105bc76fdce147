/* Which column of a file is what: by a mapping that somebody made, by id, by name in either language, by other names, by names that differ only in what is put around them, and, for what a row cannot be
 * without, by what stands in the column. What is none of these is told of with what is near. */
#include "base/i18n.h"
#include "base/identity.h"
#include "base/near.h"
#include "base/text.h"
#include "hub/check.h"

#include "base/banned.h"

enum { EXAMPLES = 50 };

typedef struct {
    const Plan *plan;
    Arena *arena;
    Mapping *mapping;
    GHashTable *called; /* Str, folded: Called */
} Headers;

bool wrong_is_own_column(Str header)
{
    bool is = false;
    for (Lang lang = 0; lang < LANG_COUNT; lang++)
        is |= str_eq(header, i18n(lang, "hub.column.line")) || str_eq(header, i18n(lang, "hub.column.wrong"));
    return is;
}

static void take(Headers *h, size_t column, int target, const char *how)
{
    HubHeader *header = &h->mapping->headers[column];
    bool free = h->mapping->column_of[target] < 0;
    if (free)
        h->mapping->column_of[target] = (int) column;
    header->to = free ? h->plan->targets[target].id : STR_NONE;
    header->how = free ? how : "twice";
    if (!free) {
        header->twice = h->plan->targets[target].id;
        header->used = (size_t) h->mapping->column_of[target];
    }
}

static bool is_open(const Headers *h, size_t column)
{
    return !h->mapping->headers[column].how[0];
}

/* --- By name ------------------------------------------------------------------------------------------------------------------ */

/* "*接种日期（必填）：" is what stands before the bracket, without marks around it. Folded already. */
static Str bare(Str key)
{
    ptrdiff_t bracket = str_find(key, STR("("), 1);
    if (bracket > 0 && str_ends(key, STR(")")))
        key = str_head(key, (size_t) bracket);
    while (key.n > 0 && (key.p[0] == '*' || key.p[0] == ':'))
        key = str_from_at(key, 1);
    while (key.n > 0 && (key.p[key.n - 1] == '*' || key.p[key.n - 1] == ':'))
        key.n--;
    return key;
}

/* A target by one of its names. */
typedef struct {
    Str key; /* folded */
    int target;
    const char *how;
} Called;

static void call(Headers *h, Str name, int target, const char *how)
{
    Called *called = ARENA_NEW(h->arena, Called);
    *called = (Called) { name.n > 0 ? text_name_key(name, h->arena) : STR_NONE, target, how };
    if (called->key.n > 0 && !g_hash_table_contains(h->called, &called->key))
        g_hash_table_insert(h->called, &called->key, called);
}

/* Ids before names, names before other names; of two targets that are called so the first. */
static void call_all(Headers *h)
{
    const Target *targets = h->plan->targets;
    int n = (int) h->plan->n_targets;
    for (int i = 0; i < n; i++)
        call(h, targets[i].id, i, "id");
    for (int i = 0; i < n; i++) {
        call(h, targets[i].name, i, "name");
        call(h, targets[i].name_en, i, "name_en");
    }
    for (int i = 0; i < n; i++)
        for (size_t a = 0; a < targets[i].also.n; a++)
            call(h, targets[i].also.v[a].text, i, "also");
    for (int i = 0; i < n; i++) {
        const PackElement *element = targets[i].element;
        if (!element)
            continue;
        call(h, element->name, i, "alias");
        call(h, element->name_en, i, "alias");
        call(h, element->entry.id, i, "alias");
    }
}

static int find_called(const Headers *h, Str key, const char **ret_how)
{
    const Called *called = key.n > 0 ? g_hash_table_lookup(h->called, &key) : NULL;
    if (called)
        *ret_how = called->how;
    return called ? called->target : -1;
}

static void by_mapping(Headers *h)
{
    const HubImport *import = h->plan->import;
    for (size_t c = 0; c < h->mapping->table->n_columns; c++)
        for (size_t i = 0; i < import->n_columns; i++) {
            if (!is_open(h, c) || !str_eq(str_trim(h->mapping->table->columns[c]), str_trim(import->columns[i].from)))
                continue;
            int target = plan_target_of(h->plan, import->columns[i].to);
            if (target >= 0)
                take(h, c, target, "mapping");
            else
                h->mapping->headers[c].how = "mapping"; /* somebody said that it is nothing */
        }
}

static void by_name(Headers *h, bool near)
{
    for (size_t c = 0; c < h->mapping->table->n_columns; c++) {
        const char *how = "";
        Str key = text_name_key(h->mapping->table->columns[c], h->arena);
        int target = is_open(h, c) ? find_called(h, near ? bare(key) : key, &how) : -1;
        if (target >= 0)
            take(h, c, target, near ? "near" : how);
    }
}

/* --- By examples ------------------------------------------------------------------------------------------------------------------ */

/* Whether what a row cannot be without may be told by its look: numbers and texts look like anything. */
static bool has_look(const Headers *h, const Target *target)
{
    bool wanted = target->needed || (target->field && str_eq(target->id, h->plan->dataset->org));
    for (size_t i = 0; h->plan->person && i < h->plan->person->by.n; i++)
        wanted |= target->kind == TARGET_INPUT && str_eq(h->plan->person->by.v[i].text, target->id);
    return wanted && (target->type == PACK_DATE || target->type == PACK_TIME || target->type == PACK_CODE || target->type == PACK_ID_CARD || target->type == PACK_ORG);
}

static bool looks_like(const Headers *h, const Target *target, Str cell, bool *ret_empty)
{
    CellValue value;
    int64_t org;
    cell_read(target->cell, cell, h->arena, &value);
    *ret_empty = value.none && value.fault == CELL_FINE;
    if (value.none)
        return false;
    switch (target->type) {
    case PACK_ID_CARD: return id_number_valid(value.text);
    case PACK_ORG: return hub_orgs_find(h->plan->orgs, value.text, true, h->arena, &org) == HUB_ORG_FINE;
    default: return true;
    }
}

static bool column_looks_like(const Headers *h, const IngestBatch *batch, size_t column, const Target *target)
{
    size_t seen = 0;
    for (size_t r = 0; r < MIN(batch->n_rows, (size_t) EXAMPLES); r++) {
        bool empty;
        if (looks_like(h, target, ingest_row(batch, r)[column], &empty))
            seen++;
        else if (!empty)
            return false;
    }
    return seen > 0;
}

/* Only where exactly one open column looks like it. */
static void by_examples(Headers *h, const IngestBatch *batch)
{
    for (size_t t = 0; t < h->plan->n_targets; t++) {
        int only = -1;
        if (h->mapping->column_of[t] >= 0 || !has_look(h, &h->plan->targets[t]))
            continue;
        for (size_t c = 0; c < h->mapping->table->n_columns && only > -2; c++)
            if (is_open(h, c) && column_looks_like(h, batch, c, &h->plan->targets[t]))
                only = only == -1 ? (int) c : -2;
        if (only >= 0)
            take(h, (size_t) only, (int) t, "example");
    }
}

/* --- All ------------------------------------------------------------------------------------------------------------------------- */

static void tell_near(Headers *h)
{
    Str *names = ARENA_ARRAY(h->arena, Str, 2 * h->plan->n_targets);
    size_t n = 0;
    for (size_t i = 0; i < h->plan->n_targets; i++)
        if (h->mapping->column_of[i] < 0) {
            names[n++] = h->plan->targets[i].id;
            names[n++] = h->plan->targets[i].name;
        }
    for (size_t c = 0; c < h->mapping->table->n_columns; c++)
        if (is_open(h, c))
            h->mapping->headers[c].near = str_from(near_texts(h->arena, str_trim(h->mapping->headers[c].from), names, n));
}

static bool any_mapped(const Mapping *mapping, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (mapping->column_of[i] >= 0)
            return true;
    return false;
}

/* What a row cannot be without and no column says. */
static void check_usable(Headers *h)
{
    const Plan *plan = h->plan;
    Mapping *mapping = h->mapping;
    mapping->usable = false;
    mapping->lacks = "no-columns";
    if (!any_mapped(mapping, plan->n_targets))
        return;
    for (size_t i = 0; i < plan->n_targets; i++)
        if (plan->targets[i].needed && mapping->column_of[i] < 0 && (int) i != plan->org) {
            mapping->lacks = (int) i == plan->date ? "no-date" : "no-key";
            mapping->lacks_field = plan->targets[i].id;
            return;
        }
    mapping->lacks = "no-period";
    mapping->lacks_field = STR("period");
    mapping->usable = plan->period < 0 || mapping->column_of[plan->period] >= 0 || plan->import->period != 0;
}

Mapping *mapping_make(const Plan *plan, const IngestBatch *first, Arena *arena)
{
    const IngestTable *table = first->table;
    Mapping *mapping = ARENA_NEW(arena, Mapping);
    *mapping = (Mapping) { .table = table, .column_of = ARENA_ARRAY(arena, int, plan->n_targets), .headers = ARENA_ARRAY(arena, HubHeader, table->n_columns) };
    for (size_t i = 0; i < plan->n_targets; i++)
        mapping->column_of[i] = -1;
    for (size_t c = 0; c < table->n_columns; c++)
        mapping->headers[c] = (HubHeader) { arena_str(arena, table->columns[c]), STR_NONE, wrong_is_own_column(str_trim(table->columns[c])) ? "own" : "", STR_NONE, 0, STR("") };
    g_autoptr(GHashTable) called = g_hash_table_new(str_hash, str_equal);
    Headers h = { plan, arena, mapping, called };
    call_all(&h);
    by_mapping(&h);
    by_name(&h, false);
    by_name(&h, true);
    by_examples(&h, first);
    tell_near(&h);
    check_usable(&h);
    return mapping;
}
