/* Which institutions there are: those of the table by the recipe's shares, in turn from each area, and invented ones where they are too few. */
#include <math.h>
#include <stdlib.h>

#include "city/random.h"
#include "city/run.h"

#include "base/banned.h"

enum { ORG_CODE, ORG_NAME, ORG_SHORT, ORG_KIND, ORG_PARENT, ORG_AREA, ORG_RANK, ORG_FUNCTIONS, ORG_SINCE, ORG_UNTIL, ORG_LEGAL_CODE };

typedef ARENA_LIST(CityOrg) OrgList;

typedef struct {
    CityRun *run;
    OrgList list;
    ARENA_LIST(Str) areas;
    GHashTable *taken; /* codes */
} Making;

static Str cell(const City *city, size_t row, int column)
{
    return str_trim(city->organisations->rows[row][city->org_columns[column]]);
}

static uint32_t area_of(Making *m, Str area)
{
    for (size_t i = 0; i < m->areas.n; i++)
        if (str_eq(m->areas.v[i], area))
            return (uint32_t) i;
    *ARENA_PUSH(m->run->arena, &m->areas) = area;
    return (uint32_t) m->areas.n - 1;
}

static bool is_of_kind(const City *city, size_t row, Str kind)
{
    return str_eq(cell(city, row, ORG_KIND), kind) || str_eq(cell(city, row, ORG_FUNCTIONS), kind);
}

static bool is_closed(const CityRun *run, size_t row)
{
    Date until;
    return date_parse(cell(run->city, row, ORG_UNTIL), &until) && until < run->last;
}

/* A row of the table on its way: the how-manieth of its area. */
typedef struct {
    size_t row;
    uint32_t turn;
} Turn;

static int by_turn(const void *a, const void *b)
{
    const Turn *x = a, *y = b;
    return x->turn != y->turn ? (x->turn > y->turn ? 1 : -1) : x->row > y->row ? 1 : x->row < y->row ? -1 : 0;
}

static Turn *find_rows(Making *m, Str kind, size_t *ret_n)
{
    const City *city = m->run->city;
    Turn *turns = ARENA_ARRAY(m->run->arena, Turn, city->organisations->n_rows + 1);
    g_autofree uint32_t *seen = g_new0(uint32_t, city->organisations->n_rows + 1);
    size_t n = 0;
    for (size_t row = 0; row < city->organisations->n_rows; row++) {
        Str code = cell(city, row, ORG_CODE);
        if (!is_of_kind(city, row, kind) || is_closed(m->run, row) || g_hash_table_contains(m->taken, &code))
            continue;
        turns[n++] = (Turn) { row, seen[area_of(m, cell(city, row, ORG_AREA))]++ };
    }
    qsort(turns, n, sizeof *turns, by_turn);
    *ret_n = n;
    return turns;
}

static void add(Making *m, CityOrg org)
{
    Str *code = ARENA_NEW(m->run->arena, Str);
    *code = org.code;
    g_hash_table_add(m->taken, code);
    org.key = random_key(m->run->seed, org.code);
    org.weight = exp(random_normal(random_of(org.key, 1)) / 2);
    *ARENA_PUSH(m->run->arena, &m->list) = org;
}

static CityOrg org_of_row(Making *m, size_t row, Str kind)
{
    const City *city = m->run->city;
    Str name = cell(city, row, ORG_NAME), short_name = cell(city, row, ORG_SHORT);
    return (CityOrg) { .code = cell(city, row, ORG_CODE), .name = name, .short_name = short_name.n > 0 ? short_name : name, .kind = kind, .parent = cell(city, row, ORG_PARENT),
                       .functions = cell(city, row, ORG_FUNCTIONS), .area = area_of(m, cell(city, row, ORG_AREA)), .legal_code = cell(city, row, ORG_LEGAL_CODE) };
}

/* "{area}-N{n}" */
static Str fill_in(Arena *arena, Str pattern, Str area, size_t n)
{
    g_autofree char *text = str_dup(pattern), *area_text = str_dup(area), *number = g_strdup_printf("%zu", n);
    g_autoptr(GString) out = g_string_new(text);
    g_string_replace(out, "{area}", area_text, 0);
    g_string_replace(out, "{n}", number, 0);
    return arena_str(arena, str_from_gstring(out));
}

static bool invent(Making *m, const CityOrgKind *kind, const Turn *turns, size_t n_there, size_t n, GError **err)
{
    if (!kind->name.p || !kind->code.p || n_there == 0)
        return error_set(err, BH_USAGE, "there are %zu institutions of kind '" STR_FMT "', and the recipe invents none", n_there, STR_ARG(kind->entry.id));
    for (size_t i = 0; i < n; i++) {
        CityOrg org = org_of_row(m, turns[i % n_there].row, kind->entry.id);
        Str area = m->areas.v[org.area];
        org.code = fill_in(m->run->arena, kind->code, area, i + 1);
        org.name = org.short_name = fill_in(m->run->arena, kind->name, area, i + 1);
        org.legal_code = STR_NONE;
        org.invented = true;
        add(m, org);
        m->run->orgs.n_invented++;
    }
    return true;
}

static bool make_kind(Making *m, const CityOrgKind *kind, size_t wanted, GError **err)
{
    size_t n;
    const Turn *turns = find_rows(m, kind->entry.id, &n);
    size_t all = kind->of_100 == 0 ? n : wanted, there = MIN(all, n);
    for (size_t i = 0; i < there; i++)
        add(m, org_of_row(m, turns[i].row, kind->entry.id));
    return all == there || invent(m, kind, turns, n, all - there, err);
}

/* --- Software and diligence --------------------------------------------------------------------------------------------------- */

static const CitySoftware *pick_software(const CityInstitutions *all, uint64_t key)
{
    int64_t sum = 0;
    for (size_t i = 0; i < all->software.n; i++)
        sum += all->software.v[i].weight;
    int64_t at = sum > 0 ? (int64_t) random_below(key, (uint64_t) sum) : 0;
    size_t i = 0;
    for (; i + 1 < all->software.n && at >= all->software.v[i].weight; i++)
        at -= all->software.v[i].weight;
    return &all->software.v[i];
}

static const CityDiligence *pick_diligence(const CityInstitutions *all, uint64_t key)
{
    int64_t sum = 0;
    for (size_t i = 0; i < all->diligence.n; i++)
        sum += all->diligence.v[i].weight;
    int64_t at = (int64_t) random_below(key, (uint64_t) sum);
    size_t i = 0;
    for (; at >= all->diligence.v[i].weight; i++)
        at -= all->diligence.v[i].weight;
    return &all->diligence.v[i];
}

static bool make_all(Making *m, GError **err)
{
    const CityInstitutions *all = m->run->city->file->institutions;
    int64_t total = 0, so_far = 0, given = 0, wanted = m->run->options->institutions;
    for (size_t i = 0; i < all->kinds.n; i++)
        total += all->kinds.v[i].of_100;
    for (size_t i = 0; i < all->kinds.n; i++) {
        so_far += all->kinds.v[i].of_100;
        int64_t up_to = total > 0 ? so_far * wanted / total : 0;
        if (!make_kind(m, &all->kinds.v[i], (size_t) (up_to - given), err))
            return false;
        given = up_to;
    }
    for (size_t i = 0; i < m->list.n; i++) {
        m->list.v[i].software = pick_software(all, random_of(m->list.v[i].key, 2));
        m->list.v[i].diligence = pick_diligence(all, random_of(m->list.v[i].key, 3));
    }
    return m->list.n > 0 || error_set(err, BH_BAD_INPUT, "there are no institutions of the recipe's kinds");
}

/* --- Choices --------------------------------------------------------------------------------------------------------------------- */

static bool fits(const CityOrg *org, const CityOrgChoice *choice)
{
    for (size_t i = 0; i < choice->kinds.n; i++)
        if (str_eq(org->kind, choice->kinds.v[i].text))
            return true;
    return false;
}

static CityOrgList list_of(const CityRun *run, const CityOrgChoice *choice, uint32_t area)
{
    uint16_t *orgs = ARENA_ARRAY(run->arena, uint16_t, run->orgs.n);
    double *sums = ARENA_ARRAY(run->arena, double, run->orgs.n), sum = 0;
    uint32_t n = 0;
    for (size_t i = 0; i < run->orgs.n; i++)
        if (fits(&run->orgs.v[i], choice) && (area == run->orgs.n_areas || run->orgs.v[i].area == area)) {
            sum += run->orgs.v[i].weight;
            orgs[n] = (uint16_t) i;
            sums[n++] = sum;
        }
    return (CityOrgList) { n, orgs, sums };
}

CityOrgList orgs_list(const CityRun *run, const CityOrgChoice *choice)
{
    return list_of(run, choice, (uint32_t) run->orgs.n_areas);
}

static void add_chooser(CityRun *run, const CityOrgChoice *choice)
{
    if (!choice || choice->kinds.n == 0 || g_hash_table_contains(run->orgs.choosers, choice))
        return;
    CityOrgList *lists = ARENA_ARRAY(run->arena, CityOrgList, run->orgs.n_areas + 1);
    for (uint32_t area = 0; area <= run->orgs.n_areas; area++)
        lists[area] = list_of(run, choice, area);
    g_hash_table_insert(run->orgs.choosers, (gpointer) choice, lists);
}

static void add_choosers(CityRun *run, const CityPlan *plan)
{
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->columns[i].value)
            add_chooser(run, plan->columns[i].value->org);
}

const CityOrgList *orgs_chooser(const CityRun *run, const CityOrgChoice *choice)
{
    return g_hash_table_lookup(run->orgs.choosers, choice);
}

int orgs_choose(const CityRun *run, const CityOrgList *lists, const CityOrgChoice *choice, uint32_t area, uint64_t key)
{
    double near = (double) choice->near.value;
    for (int i = 0; i < choice->near.scale; i++)
        near /= 10;
    const CityOrgList *all = &lists[run->orgs.n_areas], *list = area < run->orgs.n_areas && lists[area].n > 0 && random_unit(random_of(key, 1)) < near ? &lists[area] : all;
    return list->n > 0 ? list->orgs[random_place(random_of(key, 2), list->sums, list->n)] : -1;
}

bool orgs_make(CityRun *run, GError **err)
{
    Making m = { .run = run, .taken = g_hash_table_new(str_hash, str_equal) };
    bool ok = make_all(&m, err);
    g_hash_table_unref(m.taken);
    if (!ok)
        return false;
    run->orgs.v = m.list.v;
    run->orgs.n = m.list.n;
    run->orgs.areas = m.areas.v;
    run->orgs.n_areas = m.areas.n;
    run->orgs.choosers = g_hash_table_new(NULL, NULL);
    add_choosers(run, run->city->people);
    for (size_t i = 0; i < run->city->file->processes.n; i++)
        add_choosers(run, run->city->file->processes.v[i].plan);
    for (size_t i = 0; i < run->city->n_streams; i++) {
        add_choosers(run, run->city->streams[i]->plan);
        add_chooser(run, run->city->streams[i]->reporter);
    }
    return true;
}
