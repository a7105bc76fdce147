/* Recipes read and made ready. */
#include "city/city.h"

#include "base/limits.h"
#include "city/write.h"

#include "base/banned.h"

/* --- What tables of keys do not read: choices, seasons ------------------------------------------------------------------------ */

static bool read_weight(const City *city, const Yaml *node, double *sum)
{
    Decimal weight;
    if (node->kind != YAML_TEXT || !decimal_parse(node->text, &weight) || weight.value < 0)
        return city_find(city, node, "city-value", "a weight is a number, not below 0");
    double value = (double) weight.value;
    for (int i = 0; i < weight.scale; i++)
        value /= 10;
    *sum += value;
    return true;
}

static bool read_choice(City *city, CityValue *value)
{
    const Yaml *node = yaml_get(value->entry.node, "choice");
    if (!node)
        return true;
    if (node->kind != YAML_MAP || node->n == 0 || node->n > LIMIT_CITY_CHOICES)
        return city_find(city, node, "city-value", "a choice is a map of values to weights, at most %d", LIMIT_CITY_CHOICES);
    Str *texts = ARENA_ARRAY(city->arena, Str, node->n);
    const Yaml **nodes = ARENA_ARRAY(city->arena, const Yaml *, node->n);
    double *sums = ARENA_ARRAY(city->arena, double, node->n), sum = 0;
    size_t n = 0;
    for (const Yaml *member = node->first; member; member = member->next, n++) {
        if (!read_weight(city, member, &sum))
            return false;
        texts[n] = member->key;
        nodes[n] = member;
        sums[n] = sum;
    }
    value->choice = (CityChoice) { n, texts, nodes, sums };
    return sum > 0 || city_find(city, node, "city-value", "the weights are 0 together");
}

static bool read_choices(City *city, CityValues values)
{
    bool ok = true;
    for (size_t i = 0; i < values.n; i++)
        ok &= read_choice(city, (CityValue *) &values.v[i]);
    return ok;
}

static bool read_season(City *city, CitySeason *season)
{
    enum { MONTHS = 12 };
    const Yaml *node = yaml_get(season->entry.node, "weights");
    double *weights = ARENA_ARRAY(city->arena, double, MONTHS);
    size_t n = 0;
    for (const Yaml *entry = node && node->kind == YAML_LIST ? node->first : NULL; entry && n < MONTHS; entry = entry->next, n++)
        if (!read_weight(city, entry, &weights[n]))
            return false;
    season->weights = weights;
    return (n == MONTHS && node->n == MONTHS) || city_find(city, season->entry.node, "city-value", "a season has twelve weights, that of January first");
}

static bool read_rest(City *city, CityValues values, const CityValue *one)
{
    return read_choices(city, values) && (!one || read_choice(city, (CityValue *) one));
}

/* --- Files ------------------------------------------------------------------------------------------------------------------------ */

static const Yaml *read_yaml(City *city, Str path)
{
    const PackFile *file = pack_files_find(city->files, path);
    if (!file)
        return NULL;
    PackFile *own = ARENA_NEW(city->arena, PackFile);
    *own = (PackFile) { arena_str(city->arena, file->path), arena_str(city->arena, file->bytes) };
    return yaml_read(own, city->arena, city->report);
}

static bool read_city(City *city)
{
    CityFile *file = ARENA_NEW(city->arena, CityFile);
    const Yaml *root = read_yaml(city, STR("city.yaml"));
    bool ok = root && shape_read(&city->reader, &city_shape_file, root, file);
    city->file = file;
    if (!root)
        pack_find_line(city->report, STR("city.yaml"), 0, "pack-file", "there is no city.yaml");
    if (!ok)
        return false;
    ok = read_choices(city, file->inputs) && read_choices(city, file->people->facts);
    for (size_t i = 0; i < file->seasons.n; i++)
        ok &= read_season(city, (CitySeason *) &file->seasons.v[i]);
    for (size_t i = 0; i < file->processes.n; i++) {
        const CityProcess *process = &file->processes.v[i];
        ok &= read_rest(city, process->facts, process->outcome) && read_choice(city, (CityValue *) process->days);
    }
    return ok;
}

static bool read_recipe(City *city, const Pack *pack)
{
    Str path = arena_concat(city->arena, pack->id, STR(".yaml"));
    if (!pack_files_find(city->files, path))
        return true;
    const Yaml *root = read_yaml(city, path);
    CityRecipe *recipe = &city->recipes[city->n_recipes];
    if (!root || !shape_read(&city->reader, &city_shape_recipe, root, recipe))
        return false;
    city->n_recipes++;
    bool ok = str_eq(recipe->pack, pack->id) || city_find(city, yaml_at(root, "recipe"), "city-value", "the recipe of '" STR_FMT "' stands in the file of another", STR_ARG(recipe->pack));
    for (size_t i = 0; i < recipe->streams.n; i++) {
        CityStream *stream = (CityStream *) &recipe->streams.v[i];
        stream->name = arena_printf(city->arena, STR_FMT "." STR_FMT, STR_ARG(pack->id), STR_ARG(stream->entry.id));
        ok &= read_rest(city, stream->fields, stream->valid_from) && read_rest(city, stream->values, stream->valid_to) && read_rest(city, stream->by, stream->lag);
    }
    return ok;
}

/* --- The order of streams ------------------------------------------------------------------------------------------------------------ */

const CityStream *city_stream(const City *city, Str name, Str pack)
{
    g_autofree char *full = str_has(name, STR(".")) ? str_dup(name) : g_strdup_printf(STR_FMT "." STR_FMT, STR_ARG(pack), STR_ARG(name));
    for (size_t r = 0; r < city->n_recipes; r++)
        for (size_t i = 0; i < city->recipes[r].streams.n; i++)
            if (str_eq(city->recipes[r].streams.v[i].name, str_from(full)))
                return &city->recipes[r].streams.v[i];
    return NULL;
}

typedef struct {
    City *city;
    ARENA_LIST(const CityStream *) order;
    bool ok;
} Ordering;

static void visit(Ordering *o, const CityStream *stream);

static void visit_counts(Ordering *o, Str pack, CityValues values)
{
    for (size_t i = 0; i < values.n; i++) {
        CityCount *count = (CityCount *) values.v[i].count;
        if (!count)
            continue;
        count->stream = city_stream(o->city, count->stream_name, pack);
        if (count->stream)
            visit(o, count->stream);
        else
            o->ok = city_find(o->city, count->entry.node, "city-no-such", "there is no stream '" STR_FMT "'", STR_ARG(count->stream_name));
    }
}

/* A process of that name is meant before a stream. */
static const CityStream *above(const City *city, const CityStream *stream, Str pack)
{
    for (size_t i = 0; i < city->file->processes.n; i++)
        if (str_eq(city->file->processes.v[i].entry.id, stream->of_name))
            return NULL;
    return city_stream(city, stream->of_name, pack);
}

static void visit(Ordering *o, const CityStream *stream)
{
    enum { NEW, ON_THE_WAY, DONE };
    CityStream *mine = (CityStream *) stream;
    Str rest = stream->name, pack = str_cut(&rest, '.');
    if (mine->visiting == ON_THE_WAY)
        o->ok = city_find(o->city, stream->entry.node, "city-loop", "the stream '" STR_FMT "' needs itself", STR_ARG(stream->name));
    if (mine->visiting != NEW)
        return;
    mine->visiting = ON_THE_WAY;
    const CityStream *parent = above(o->city, stream, pack);
    if (parent)
        visit(o, parent);
    visit_counts(o, pack, stream->fields);
    visit_counts(o, pack, stream->values);
    mine->visiting = DONE;
    *ARENA_PUSH(o->city->arena, &o->order) = stream;
    mine->id = o->order.n;
}

/* Each count becomes a tally of the stream that it counts. */
static bool add_tallies(City *city, const CityStream *stream, CityValues values)
{
    bool ok = true;
    for (size_t i = 0; i < values.n; i++) {
        CityCount *count = (CityCount *) values.v[i].count;
        CityStream *of = count ? (CityStream *) count->stream : NULL;
        if (!of || !of->plan)
            continue;
        if ((count->by.p && plan_find(of->plan, count->by) < 0) || (count->sum.p && plan_find(of->plan, count->sum) < 0))
            ok = city_find(city, count->entry.node, "city-no-such", "the stream '" STR_FMT "' has no such value", STR_ARG(of->name));
        const CityCount **tallies = ARENA_ARRAY(city->arena, const CityCount *, of->n_tallies + 1);
        if (of->n_tallies > 0)
            memcpy(tallies, of->tallies, of->n_tallies * sizeof *tallies);
        count->period = stream_row_kind(stream);
        count->tally = of->n_tallies;
        tallies[of->n_tallies++] = count;
        of->tallies = tallies;
    }
    return ok;
}

static bool plan_streams(City *city)
{
    Ordering ordering = { .city = city, .ok = true };
    for (size_t r = 0; r < city->n_recipes; r++)
        for (size_t i = 0; i < city->recipes[r].streams.n; i++)
            visit(&ordering, &city->recipes[r].streams.v[i]);
    bool ok = ordering.ok;
    city->outputs = ARENA_ARRAY(city->arena, CityOutputs, ordering.order.n + 1);
    city->templates = ARENA_ARRAY(city->arena, const CityTemplate *, 2 * ordering.order.n + 1);
    for (size_t i = 0; ok && i < ordering.order.n; i++) {
        CityStream *stream = (CityStream *) ordering.order.v[i];
        ok &= plan_stream(city, stream, &city->outputs[i]) && add_tallies(city, stream, stream->fields) && add_tallies(city, stream, stream->values);
        for (size_t k = 0; ok && k < 2; k++)
            city->templates[2 * i + k] = template_read(city, stream, &city->outputs[i], k == 0 ? FORMAT_FHIR : FORMAT_HL7);
    }
    city->streams = ordering.order.v;
    city->n_streams = ordering.order.n;
    return ok;
}

/* --- All ----------------------------------------------------------------------------------------------------------------------------- */

static bool find_org_columns(City *city)
{
    const CityOrgColumns *c = city->file->institutions->columns;
    const Str names[] = { c->code, c->name, c->short_name, c->kind, c->parent, c->area, c->rank, c->functions, c->since, c->until, c->legal_code };
    bool ok = true;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        city->org_columns[i] = -1;
        for (size_t k = 0; k < city->organisations->n_columns; k++)
            if (str_eq(str_trim(city->organisations->header[k]), names[i]))
                city->org_columns[i] = (int) k;
        if (city->org_columns[i] < 0)
            ok = city_find(city, c->entry.node, "city-no-such", "the table of organisations has no column '" STR_FMT "'", STR_ARG(names[i]));
    }
    return ok;
}

static bool find_software(const City *city)
{
    const CityInstitutions *institutions = city->file->institutions;
    bool ok = true;
    for (size_t i = 0; i < institutions->software.n; i++) {
        CitySoftware *software = (CitySoftware *) &institutions->software.v[i];
        for (size_t k = 0; k < institutions->software.n; k++)
            if (str_eq(institutions->software.v[k].entry.id, software->otherwise))
                software->other = &institutions->software.v[k];
        bool table = software->format == FORMAT_CSV || software->format == FORMAT_XLSX;
        if (table ? software->otherwise.p != NULL : !software->other || software->other->format > FORMAT_XLSX)
            ok = city_find(city, software->entry.node, "city-value", "software that sends messages, and only such, names one for tables as 'else'");
    }
    return ok;
}

static bool read_names(City *city)
{
    const Yaml *node = city->file->people->entry.node;
    city->names = city_table(city, city->file->people->names, yaml_get(node, "names"));
    if (!city->names)
        return false;
    static const char *const columns[] = { "kind", "text", "weight" };
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (city_table_column(city->names, str_from(columns[i])) != (int) i)
            return city_find(city, yaml_get(node, "names"), "city-no-such", "the columns of names are kind, text, weight");
    return true;
}

static bool load(City *city)
{
    if (!read_city(city))
        return false;
    bool ok = true;
    city->recipes = ARENA_ARRAY(city->arena, CityRecipe, packs_count(city->packs) + 1);
    for (size_t i = 0; i < packs_count(city->packs); i++)
        ok &= read_recipe(city, packs_get(city->packs, i));
    ok = ok && find_org_columns(city) && find_software(city) && read_names(city) && plan_people(city);
    for (size_t i = 0; ok && i < city->file->processes.n; i++)
        ok &= plan_process(city, (CityProcess *) &city->file->processes.v[i]);
    return ok && plan_streams(city);
}

City *city_load(const PackFiles *recipes, PacksRef *packs, const CsvTable *organisations, PackReport *report)
{
    City *city = g_new0(City, 1);
    city->arena = arena_new();
    city->packs = packs_ref(packs);
    city->report = report;
    city->files = recipes;
    city->organisations = organisations;
    city->reader = (ShapeReader) { city->arena, report, city_open, city_n_open };
    bool ok = load(city) && pack_report_errors(report) == 0;
    pack_report_sort(report);
    city->files = NULL;
    city->report = NULL;
    if (ok)
        return city;
    city_free(city);
    return NULL;
}

void city_free(City *city)
{
    if (!city)
        return;
    packs_unref(city->packs);
    arena_free(city->arena);
    g_free(city);
}
