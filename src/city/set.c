/* What recipes and their tables say, read once as values of a column. */
#include "base/decimal.h"
#include "city/plan.h"

#include "base/banned.h"

typedef struct {
    const PlanColumn *as;
    char *values;
    uint8_t *nulls;
    size_t i;
} Taking;

static size_t size_of(ExprKind kind)
{
    return kind == EXPR_BOOL ? 1 : kind == EXPR_DATE ? sizeof(Date) : kind == EXPR_TEXT ? sizeof(Str) : sizeof(int64_t);
}

static bool is_code(const PackCodes *codes, Str text)
{
    for (size_t i = 0; codes && i < codes->values.n; i++)
        if (str_eq(codes->values.v[i].code, text))
            return true;
    return !codes;
}

static bool take(Taking *t, Str text)
{
    ExprType type = t->as->type;
    void *at = t->values + t->i * size_of(type.kind);
    Decimal decimal;
    t->nulls[t->i] = text.n == 0;
    if (text.n == 0)
        return true;
    switch (type.kind) {
    case EXPR_BOOL:
        *(uint8_t *) at = str_eq(text, STR("true"));
        return str_eq(text, STR("true")) || str_eq(text, STR("false"));
    case EXPR_DATE: return date_parse(text, at);
    case EXPR_NUMBER: return t->as->as != PACK_ORG && decimal_parse(text, &decimal) && decimal_at_scale(decimal, type.scale, at);
    case EXPR_TIME: return false;
    default: *(Str *) at = text; return is_code(t->as->table, text);
    }
}

static PlanSet *new_set(City *city, const PlanColumn *as, size_t n, Taking *ret_taking)
{
    PlanSet *set = ARENA_NEW(city->arena, PlanSet);
    *ret_taking = (Taking) { as, arena_alloc_array(city->arena, n, size_of(as->type.kind)), ARENA_ARRAY(city->arena, uint8_t, n), 0 };
    *set = (PlanSet) { as->type.kind, n, ret_taking->values, ret_taking->nulls };
    return set;
}

bool plan_set_texts(City *city, const CityChoice *texts, const PlanColumn *as, const PlanSet **ret_set)
{
    Taking taking;
    PlanSet *set = new_set(city, as, texts->n, &taking);
    bool ok = true;
    for (; taking.i < texts->n; taking.i++)
        if (!take(&taking, texts->texts[taking.i]))
            ok = city_find(city, texts->nodes[taking.i], "city-value", "'" STR_FMT "' is not of type %s%s", STR_ARG(utf8_head(texts->texts[taking.i], 40)),
                           pack_types[as->as], as->table ? ", or no code of its table" : "");
    *ret_set = set;
    return ok;
}

bool plan_set_table(City *city, const CityTable *table, size_t column, const PlanColumn *as, const Yaml *node, const PlanSet **ret_set)
{
    Taking taking;
    PlanSet *set = new_set(city, as, table->n_rows, &taking);
    bool ok = true;
    for (; taking.i < table->n_rows; taking.i++) {
        Str text = str_trim(table->rows[taking.i][column]);
        if (!take(&taking, text))
            ok = city_find(city, node, "city-value", STR_FMT ", row %zu: '" STR_FMT "' is not of type %s%s", STR_ARG(table->name), taking.i + 1,
                           STR_ARG(utf8_head(text, 40)), pack_types[as->as], as->table ? ", or no code of its table" : "");
    }
    *ret_set = set;
    return ok;
}

/* The codes that have none below them. */
const PlanSet *plan_set_codes(City *city, const PackCodes *codes)
{
    Str *values = ARENA_ARRAY(city->arena, Str, codes->values.n);
    g_autoptr(GHashTable) parents = g_hash_table_new(str_hash, str_equal);
    size_t n = 0;
    for (size_t i = 0; i < codes->values.n; i++)
        if (codes->values.v[i].parent.n > 0)
            g_hash_table_add(parents, (gpointer) &codes->values.v[i].parent);
    for (size_t i = 0; i < codes->values.n; i++)
        if (!g_hash_table_contains(parents, &codes->values.v[i].code) && codes->values.v[i].to == DATE_NONE)
            values[n++] = codes->values.v[i].code;
    PlanSet *set = ARENA_NEW(city->arena, PlanSet);
    *set = (PlanSet) { EXPR_TEXT, n, values, ARENA_ARRAY(city->arena, uint8_t, n + 1) };
    return set;
}
