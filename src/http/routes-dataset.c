/* What may be sent: the datasets of the installed packs, their fields, codes and rules. */
#include "http/data.h"

#include "base/i18n.h"
#include "base/limits.h"

#include "base/banned.h"

enum { CODES_SHOWN = 500, CODES_FOUND = 100, DATASETS_SHOWN = 500 };

/* --- Pieces --------------------------------------------------------------------------------------------------------------------- */

void json_names(JsonWriter *json, Str id, Str name, Str name_en)
{
    json_member_str(json, "id", id);
    json_member_str(json, "name", name);
    json_member_str(json, "name_en", name_en);
}

void json_member_names(JsonWriter *json, const char *key, const PackNames *names)
{
    json_key(json, key);
    json_begin_array(json);
    for (size_t i = 0; i < names->n; i++)
        json_str(json, names->v[i].text);
    json_end_array(json);
}

static void write_code(JsonWriter *json, const PackCode *code)
{
    json_begin_object(json);
    json_member_str(json, "code", code->code);
    json_member_str(json, "name", code->name);
    json_member_str(json, "name_en", code->name_en);
    json_member_str(json, "parent", code->parent.n > 0 ? code->parent : STR_NONE);
    json_end_object(json);
}

static void write_codes(JsonWriter *json, const PackCodes *codes)
{
    json_key(json, "codes");
    if (!codes || codes->values.n > CODES_SHOWN) {
        json_null(json);
        return;
    }
    json_begin_array(json);
    for (size_t i = 0; i < codes->values.n; i++)
        write_code(json, &codes->values.v[i]);
    json_end_array(json);
}

void json_field(JsonWriter *json, const PackField *field)
{
    json_begin_object(json);
    json_names(json, field->entry.id, field->name.n > 0 || !field->element ? field->name : field->element->name,
                field->name_en.n > 0 || !field->element ? field->name_en : field->element->name_en);
    json_member_cstr(json, "type", pack_types[field->type]);
    json_member_int(json, "decimals", field->decimals > 0 ? field->decimals : 0);
    json_member_bool(json, "required", field->required);
    json_member_bool(json, "personal", pack_type_personal(field->type));
    json_member_str(json, "unit", field->unit.n > 0 ? field->unit : STR_NONE);
    json_member_str(json, "element", field->element ? field->element->entry.id : STR_NONE);
    json_member_names(json, "also", &field->also);
    json_member_cstr(json, "of", "record");
    json_member_bool(json, "retired", field->retired);
    write_codes(json, field->codes);
}

void json_input(JsonWriter *json, const PackElement *element)
{
    static const PackNames none = { 0 };
    json_begin_object(json);
    json_names(json, element->entry.id, element->name, element->name_en);
    json_member_cstr(json, "type", pack_types[element->type]);
    json_member_int(json, "decimals", element->decimals > 0 ? element->decimals : 0);
    json_member_bool(json, "required", false);
    json_member_bool(json, "personal", pack_type_personal(element->type));
    json_member_str(json, "unit", STR_NONE);
    json_member_str(json, "element", element->entry.id);
    json_member_names(json, "also", &none);
    json_member_cstr(json, "of", "subject");
    json_member_bool(json, "retired", false);
    write_codes(json, element->codes);
}

void json_form(JsonWriter *json, const PackForm *form)
{
    json_begin_object(json);
    json_names(json, form->entry.id, form->name, form->name_en);
    json_end_object(json);
}

/* --- A row of the list -------------------------------------------------------------------------------------------------------------- */

static void write_row(const HttpRequest *request, const PackDataset *dataset, bool whole, JsonWriter *json)
{
    const User *user = api_user(request);
    MayObject facts = data_facts(request->arena, user->org_path, STR_NONE);
    Allowed send = api_allowed(request, VERB_SEND_DATA, &facts);
    Allowed read = api_allowed(request, VERB_READ_DATA, &facts);
    json_names(json, dataset->full_name, dataset->name, dataset->name_en);
    json_key(json, "pack");
    json_begin_object(json);
    json_names(json, dataset->pack->id, dataset->pack->name, dataset->pack->name_en);
    json_end_object(json);
    json_member_cstr(json, "kind", pack_kinds[dataset->kind]);
    json_member_cstr(json, "every", dataset->every == PACK_NEVER ? NULL : pack_every[dataset->every]);
    json_key(json, "flow");
    if (whole)
        json_flow(json, dataset->flow);
    else
        json_str(json, dataset->flow ? dataset->flow->entry.id : STR_NONE);
    json_key(json, "forms");
    json_begin_array(json);
    for (size_t i = 0; i < dataset->forms.n; i++)
        json_form(json, &dataset->forms.v[i]);
    json_end_array(json);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "send", &send);
    json_member_allowed(json, "read", &read);
    json_end_object(json);
}

static bool wanted(const HttpRequest *request, const PackDataset *dataset)
{
    Str pack = http_query(request, "pack"), kind = http_query(request, "kind");
    return (!pack.p || str_eq(pack, dataset->pack->id)) && (!kind.p || str_eq(kind, str_from(pack_kinds[dataset->kind])));
}

/* A page begins behind the dataset that the cursor names. */
typedef struct {
    HttpRequest *request;
    JsonWriter *json;
    Str cursor, last;
    int64_t limit, n;
    bool begun, more;
} Page;

static void write_on_page(Page *page, const PackDataset *dataset)
{
    if (!page->begun) {
        page->begun = str_eq(page->cursor, dataset->full_name);
        return;
    }
    if (!wanted(page->request, dataset))
        return;
    page->more = page->n == page->limit;
    if (page->more)
        return;
    json_begin_object(page->json);
    write_row(page->request, dataset, false, page->json);
    json_end_object(page->json);
    page->last = dataset->full_name;
    page->n++;
}

static bool get_datasets(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    Str cursor = http_query(request, "cursor");
    if (!packs)
        return false;
    if (cursor.n > 0 && !packs_dataset(packs, cursor)) {
        error_set(err, BH_BAD_INPUT, "this is no cursor of this list");
        return error_at(err, "query:cursor");
    }
    Page page = { .request = request, .json = http_json(request, 200), .cursor = cursor, .last = STR_NONE, .limit = http_query_int(request, "limit", DATASETS_SHOWN), .begun = cursor.n == 0 };
    json_begin_object(page.json);
    json_key(page.json, "rows");
    json_begin_array(page.json);
    for (size_t p = 0; p < packs_count(packs) && !page.more; p++)
        for (size_t d = 0; d < packs_get(packs, p)->datasets.n && !page.more; d++)
            write_on_page(&page, &packs_get(packs, p)->datasets.v[d]);
    json_end_array(page.json);
    json_member_str(page.json, "next", page.more ? page.last : STR_NONE);
    json_end_object(page.json);
    return true;
}

/* --- One ------------------------------------------------------------------------------------------------------------------------------ */

static void write_fields(const PackDataset *dataset, JsonWriter *json)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    json_key(json, "fields");
    json_begin_array(json);
    for (size_t i = 0; person && i < person->n_inputs; i++) {
        json_input(json, person->inputs[i]);
        json_end_object(json);
    }
    for (size_t i = 0; i < dataset->fields.n; i++) {
        json_field(json, &dataset->fields.v[i]);
        json_end_object(json);
    }
    json_end_array(json);
    json_key(json, "codes_more");
    json_begin_array(json);
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (dataset->fields.v[i].codes && dataset->fields.v[i].codes->values.n > CODES_SHOWN)
            json_str(json, dataset->fields.v[i].entry.id);
    json_end_array(json);
}

void json_member_rules(JsonWriter *json, const PackDataset *dataset)
{
    json_key(json, "rules");
    json_begin_array(json);
    for (size_t i = 0; i < dataset->rules.n; i++) {
        const PackRule *rule = &dataset->rules.v[i];
        json_begin_object(json);
        json_member_str(json, "id", rule->entry.id);
        json_member_cstr(json, "kind", pack_rule_kinds[rule->kind]);
        json_member_cstr(json, "level", rule->level == PACK_ERROR ? "error" : "warning");
        json_member_str(json, "says", rule->says);
        json_member_str(json, "says_en", rule->says_en);
        json_member_names(json, "about", &rule->about);
        json_end_object(json);
    }
    json_end_array(json);
}

/* "3 working days", or null. */
static void write_span(JsonWriter *json, const char *name, PackSpan span)
{
    char text[40];
    g_snprintf(text, sizeof text, "%d %s", span.n, pack_units[span.unit]);
    json_member_cstr(json, name, span.n > 0 ? text : NULL);
}

static void write_steps(const PackFlow *flow, JsonWriter *json)
{
    json_key(json, "steps");
    json_begin_array(json);
    for (size_t i = 0; i < flow->steps.n; i++) {
        const PackStep *step = &flow->steps.v[i];
        json_begin_object(json);
        json_names(json, step->entry.id, step->name, step->name_en);
        json_member_names(json, "from", &step->from);
        json_member_str(json, "to", step->to);
        json_member_names(json, "by", &step->by);
        json_member_names(json, "needs", &step->needs);
        write_span(json, "within", step->within);
        json_end_object(json);
    }
    json_end_array(json);
}

void json_flow(JsonWriter *json, const PackFlow *flow)
{
    if (!flow) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_names(json, flow->entry.id, flow->name, flow->name_en);
    json_member_str(json, "first", flow->first);
    json_key(json, "states");
    json_begin_array(json);
    for (size_t i = 0; i < flow->states.n; i++) {
        json_begin_object(json);
        json_names(json, flow->states.v[i].entry.id, flow->states.v[i].name, flow->states.v[i].name_en);
        json_member_bool(json, "final", flow->states.v[i].final);
        json_end_object(json);
    }
    json_end_array(json);
    write_steps(flow, json);
    json_end_object(json);
}

static bool get_dataset(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    const PackDataset *dataset;
    if (!packs || !data_dataset(packs, http_path(request, "dataset"), &dataset, err))
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    write_row(request, dataset, true, json);
    json_member_str(json, "org_field", dataset->org);
    json_member_str(json, "date", dataset->date.n > 0 ? dataset->date : STR_NONE);
    json_member_names(json, "key", &dataset->key);
    write_fields(dataset, json);
    json_member_rules(json, dataset);
    json_end_object(json);
    return true;
}

/* --- Codes ---------------------------------------------------------------------------------------------------------------------------- */

static bool find_codes(const PackDataset *dataset, Str id, const PackCodes **ret_codes, GError **err)
{
    const PackField *field = pack_field(dataset, id);
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    *ret_codes = field ? field->codes : NULL;
    for (size_t i = 0; !field && person && i < person->n_inputs; i++)
        if (str_eq(person->inputs[i]->entry.id, id))
            *ret_codes = person->inputs[i]->codes;
    return *ret_codes || error_set(err, BH_NOT_FOUND, "'" STR_FMT "' of '" STR_FMT "' has no codes", STR_ARG(id), STR_ARG(dataset->full_name));
}

static bool code_fits(const PackCode *code, Str q, Str parent)
{
    if (parent.p && !str_eq(code->parent, parent))
        return false;
    return !q.p || str_starts(code->code, q) || str_has(code->name, q) || str_has(code->name_en, q);
}

static bool get_codes(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    const PackDataset *dataset;
    const PackCodes *codes;
    if (!packs || !data_dataset(packs, http_path(request, "dataset"), &dataset, err) || !find_codes(dataset, http_path(request, "field"), &codes, err))
        return false;
    Str q = http_query(request, "q"), parent = http_query(request, "parent");
    int64_t most = http_query_int(request, "limit", CODES_FOUND), n = 0;
    bool more = false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t i = 0; i < codes->values.n && !more; i++) {
        if (!code_fits(&codes->values.v[i], q, parent))
            continue;
        more = n == most;
        if (!more)
            write_code(json, &codes->values.v[i]);
        n++;
    }
    json_end_array(json);
    json_member_bool(json, "more", more);
    json_end_object(json);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/api/v1/datasets", HTTP_SESSION, get_datasets, "pack kind:event|register|aggregate|case limit:limit cursor", HTTP_NO_BODY, "Datasets", "the datasets of the installed packs" },
    { HTTP_GET, "/api/v1/datasets/{dataset:text}", HTTP_SESSION, get_dataset, NULL, HTTP_NO_BODY, "DatasetWhole", "a dataset: fields, codes, rules, flow" },
    { HTTP_GET, "/api/v1/datasets/{dataset:text}/codes/{field:word}", HTTP_SESSION, get_codes, "q parent limit:limit", HTTP_NO_BODY, "Codes", "codes of a field, by beginning or name" },
};

static const HttpShape shapes[] = {
    { "Names", "id name name_en?" },
    { "Dataset", "id name name_en? pack:Names kind every? flow? forms:[Names] may:any" },
    { "Datasets", "rows:[Dataset] next?" },
    { "DatasetField", "id name name_en? type decimals:int required:bool personal:bool unit? element? also:any of retired:bool codes:any?" },
    { "DatasetRule", "id kind level says says_en? about:any" },
    { "DatasetWhole", "id name name_en? pack:Names kind every? flow:any? forms:[Names] may:any org_field date? key:any fields:[DatasetField] codes_more:any rules:[DatasetRule]" },
    { "Code", "code name name_en? parent?" },
    { "Codes", "rows:[Code] more:bool" },
};

const RouteTable dataset_routes = ROUTE_TABLE(routes, shapes);
