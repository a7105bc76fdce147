/* Forms that packs declare: shown, checked while they are filled in, and kept as records by the same way as a file. A check leaves nothing behind: no bytes, no arrival, no person. */
#include "http/data.h"
#include "http/server.h"

#include "base/problem.h"

#include "base/banned.h"

/* --- Which ------------------------------------------------------------------------------------------------------------------------ */

static const PackForm *find_form(const PackDataset *dataset, Str id)
{
    for (size_t i = 0; i < dataset->forms.n; i++)
        if (str_eq(dataset->forms.v[i].entry.id, id))
            return &dataset->forms.v[i];
    return NULL;
}

static bool form_of(const HttpRequest *request, const PacksRef *packs, const PackDataset **ret_dataset, const PackForm **ret_form, GError **err)
{
    if (!data_dataset(packs, http_path(request, "dataset"), ret_dataset, err))
        return false;
    *ret_form = find_form(*ret_dataset, http_path(request, "form"));
    return *ret_form || error_set(err, BH_NOT_FOUND, "no such form");
}

static const PackElement *find_input(const PackDataset *dataset, Str id)
{
    const PackPerson *person = dataset->subject ? dataset->subject->person : NULL;
    for (size_t i = 0; person && i < person->n_inputs; i++)
        if (str_eq(person->inputs[i]->entry.id, id))
            return person->inputs[i];
    return NULL;
}

/* Parts need no id in a pack: then it is their place. */
static Str part_id(const PackForm *form, size_t i, Arena *arena)
{
    Str id = form->parts.v[i].entry.id;
    return id.n > 0 ? id : arena_printf(arena, "%zu", i + 1);
}

/* --- Shown ------------------------------------------------------------------------------------------------------------------------ */

static void write_ref(JsonWriter *json, const PacksRef *packs, const PackDataset *dataset, const PackForm *form)
{
    json_member_dataset(json, "dataset", packs, dataset->full_name);
    json_key(json, "form");
    json_form(json, form);
    json_member_cstr(json, "kind", pack_kinds[dataset->kind]);
    json_member_cstr(json, "every", dataset->every == PACK_NEVER ? NULL : pack_every[dataset->every]);
}

static bool get_forms(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    Str wanted = http_query(request, "dataset");
    if (!packs)
        return false;
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    json_key(json, "rows");
    json_begin_array(json);
    for (size_t p = 0; p < packs_count(packs); p++)
        for (size_t d = 0; d < packs_get(packs, p)->datasets.n; d++) {
            const PackDataset *dataset = &packs_get(packs, p)->datasets.v[d];
            for (size_t f = 0; f < dataset->forms.n && (!wanted.p || str_eq(wanted, dataset->full_name)); f++) {
                json_begin_object(json);
                write_ref(json, packs, dataset, &dataset->forms.v[f]);
                json_end_object(json);
            }
        }
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_end_object(json);
    return true;
}

static void write_field(JsonWriter *json, const PackDataset *dataset, Str id)
{
    const PackField *field = pack_field(dataset, id);
    const PackElement *input = field ? NULL : find_input(dataset, id);
    if (field)
        json_field(json, field);
    else if (input)
        json_input(json, input);
    else
        return;
    json_member_bool(json, "required_when", field && field->required_when.expr);
    json_end_object(json);
}

static void write_parts(HttpRequest *request, const PackDataset *dataset, const PackForm *form, JsonWriter *json)
{
    json_key(json, "parts");
    json_begin_array(json);
    for (size_t i = 0; i < form->parts.n; i++) {
        const PackFormPart *part = &form->parts.v[i];
        json_begin_object(json);
        json_names(json, part_id(form, i, request->arena), part->name, part->name_en);
        json_member_bool(json, "when", part->when.expr != NULL);
        json_key(json, "fields");
        json_begin_array(json);
        for (size_t f = 0; f < part->fields.n; f++)
            write_field(json, dataset, part->fields.v[f].text);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static bool get_form(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(DbConn) conn = packs ? db_reader(request->app->db, err) : NULL;
    const PackDataset *dataset;
    const PackForm *form;
    Org org;
    if (!conn || !form_of(request, packs, &dataset, &form, err) || !data_org(request, conn, http_query(request, "org"), VERB_SEND_DATA, &org, err))
        return false;
    MayObject facts = data_facts(request->arena, org.path, org.area);
    Allowed send = api_allowed(request, VERB_SEND_DATA, &facts);
    JsonWriter *json = http_json(request, 200);
    json_begin_object(json);
    write_ref(json, packs, dataset, form);
    json_member_ref(json, "org", org.uid, org.name);
    write_parts(request, dataset, form, json);
    json_member_rules(json, dataset);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "send", &send);
    json_end_object(json);
    json_end_object(json);
    return true;
}

/* --- What is filled in ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    const PacksRef *packs;
    const PackDataset *dataset;
    const PackForm *form;
    Org org;
    Period period; /* 0: none */
    bool check, zero;
    GString *text; /* the record, as the JSON reader takes it */
    HubOne one;
} Filled;

/* Pages say which organisation by its uid, programs by whatever a file would say. */
static Str org_code(const Filled *filled, DbConn *conn, Str text)
{
    Org org;
    bool found;
    return org_by_uid(conn, filled->request->arena, text, &org, &found, NULL) && found ? org.code : text;
}

static bool write_value(const Filled *filled, DbConn *conn, JsonWriter *json, const JsonValue *value, GError **err)
{
    if (value->type != JSON_STRING && value->type != JSON_NUMBER && value->type != JSON_TRUE && value->type != JSON_FALSE && value->type != JSON_NULL)
        return json_bad(value, err, "a value of a form is a text");
    const PackField *field = pack_field(filled->dataset, value->name);
    json_key_str(json, value->name);
    if (field && field->type == PACK_ORG && value->type == JSON_STRING)
        json_str(json, org_code(filled, conn, value->text));
    else
        json_value(json, value);
    return true;
}

static bool is_said(const JsonValue *values, Str id)
{
    for (const JsonValue *value = values->first; value; value = value->next)
        if (str_eq(value->name, id))
            return true;
    return false;
}

/* What the form asks and nobody filled in is there, and empty: a column that is missing would be the file's fault, an empty cell is the field's. The organisation stands in its own field, unless it is said. */
static void write_unsaid(const Filled *filled, const JsonValue *values, JsonWriter *json)
{
    const PackDataset *dataset = filled->dataset;
    for (size_t i = 0; i < dataset->fields.n; i++) {
        const PackField *field = &dataset->fields.v[i];
        bool own = str_eq(field->entry.id, dataset->org);
        if (!field->retired && !is_said(values, field->entry.id))
            json_member_str(json, field->entry.id.p, own ? filled->org.code : STR_NONE);
    }
}

static bool write_record(Filled *filled, DbConn *conn, GError **err)
{
    const JsonValue *values;
    JsonWriter json;
    Str period = STR_NONE;
    if (!json_get_object(filled->request->json, "values", &values, err) || !json_opt_str(filled->request->json, "period", &period, err))
        return false;
    json_writer_init(&json, filled->text, false);
    json_begin_array(&json);
    json_begin_object(&json);
    for (const JsonValue *value = values->first; value; value = value->next)
        if (!write_value(filled, conn, &json, value, err))
            return false;
    write_unsaid(filled, values, &json);
    if (period.p && filled->dataset->kind == PACK_AGGREGATE && !is_said(values, STR("period")))
        json_member_str(&json, "period", period);
    json_end_object(&json);
    json_end_array(&json);
    return true;
}

static bool read_body(Filled *filled, GError **err)
{
    HttpRequest *request = filled->request;
    Str uid = STR_NONE;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && form_of(request, filled->packs, &filled->dataset, &filled->form, err) && json_opt_str(request->json, "org", &uid, err)
           && json_opt_bool(request->json, "check", &filled->check, err) && json_opt_bool(request->json, "zero", &filled->zero, err)
           && data_period(request->json, "period", &filled->period, err) && data_org(request, conn, uid, VERB_SEND_DATA, &filled->org, err)
           && (filled->zero || write_record(filled, conn, err));
}

/* --- The answer ----------------------------------------------------------------------------------------------------------------------- */

static int64_t count_of(const JsonValue *object, const char *name)
{
    int64_t n = 0;
    return json_opt_int(object, name, 0, INT64_MAX, &n, NULL) ? n : 0;
}

static const char *outcome_of(const JsonValue *result)
{
    bool stands = count_of(result, "accepted") + count_of(result, "warned") + count_of(result, "held") > 0;
    return !stands ? "rejected" : count_of(result, "held") > 0 ? "held" : count_of(result, "warned") > 0 ? "warned" : "accepted";
}

static void write_about(const PackDataset *dataset, Str rule, JsonWriter *json)
{
    static const PackNames none = { 0 };
    const PackNames *about = &none;
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, rule))
            about = &dataset->rules.v[i].about;
    json_member_names(json, "about", about);
}

static bool write_findings(const Filled *filled, const JsonValue *findings, JsonWriter *json, GError **err)
{
    static const char *const members[] = { "rule", "field", "level", "says", "says_en" };
    json_key(json, "findings");
    json_begin_array(json);
    for (const JsonValue *one = findings ? findings->first : NULL; one; one = one->next) {
        Str rule;
        if (!json_get_str(one, "rule", &rule, err))
            return false;
        json_begin_object(json);
        for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
            json_key(json, members[i]);
            json_value(json, json_get(one, members[i]));
        }
        write_about(filled->dataset, rule, json);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static void write_shown(const Filled *filled, JsonWriter *json)
{
    const PackForm *form = filled->form;
    json_key(json, "shown");
    json_begin_array(json);
    for (size_t i = 0, when = 0; i < form->parts.n; i++)
        if (!form->parts.v[i].when.expr || filled->one.holds[when++])
            json_str(json, part_id(form, i, filled->request->arena));
    json_end_array(json);
}

/* intake: of what was stored, or none. problem: why nothing could be read, or none. */
static bool answer(const Filled *filled, Str result, Str problem, Str intake, GError **err)
{
    Arena *arena = filled->request->arena;
    const JsonValue *tree = result.p ? json_parse(result, arena, err) : NULL;
    const HubOne *one = &filled->one;
    JsonWriter *json = http_json(filled->request, intake.p ? 201 : 200);
    if (result.p && !tree)
        return false;
    json_begin_object(json);
    json_member_cstr(json, "outcome", tree ? outcome_of(tree) : "rejected");
    if (!write_findings(filled, json_get(tree, "findings"), json, err))
        return false;
    write_shown(filled, json);
    json_member_text(json, "error", problem);
    json_member_str(json, "record", intake.p && one->key != DB_NULL_INT ? data_record_id(arena, one->org, one->month, one->key) : STR_NONE);
    json_member_str(json, "intake", intake);
    json_end_object(json);
    return true;
}

static bool answer_zero(const Filled *filled)
{
    JsonWriter *json = http_json(filled->request, filled->check ? 200 : 201);
    json_begin_object(json);
    json_member_cstr(json, "outcome", "accepted");
    json_key(json, "findings");
    json_begin_array(json);
    json_end_array(json);
    json_key(json, "shown");
    json_begin_array(json);
    json_end_array(json);
    json_member_cstr(json, "error", NULL);
    json_member_cstr(json, "record", NULL);
    json_member_cstr(json, "intake", NULL);
    json_end_object(json);
    return true;
}

/* --- Checked, stored -------------------------------------------------------------------------------------------------------------------- */

static void ask_whens(Filled *filled)
{
    const PackForm *form = filled->form;
    const Expr **whens = ARENA_ARRAY(filled->request->arena, const Expr *, form->parts.n + 1);
    filled->one = (HubOne) { .whens = whens, .holds = ARENA_ARRAY(filled->request->arena, bool, form->parts.n + 1), .key = DB_NULL_INT, .person = DB_NULL_INT };
    for (size_t i = 0; i < form->parts.n; i++)
        if (form->parts.v[i].when.expr)
            whens[filled->one.n_whens++] = form->parts.v[i].when.expr;
}

static bool try(Filled *filled, GString *result, GError **err)
{
    Hub *hub;
    const HubTry wanted = { filled->dataset, filled->org.id, filled->dataset->kind == PACK_AGGREGATE ? filled->period : 0, str_from_gstring(filled->text), &filled->one };
    return data_hub(filled->request, &hub, err) && hub_try(hub, &wanted, filled->request->arena, result, err);
}

/* What could not be read at all is said as a problem, as it is of an arrival. */
static bool check(Filled *filled, GError **err)
{
    g_autoptr(GString) result = g_string_new(NULL), problem = g_string_new(NULL);
    g_autoptr(GError) failure = NULL;
    JsonWriter json;
    if (try(filled, result, &failure))
        return answer(filled, str_from_gstring(result), STR_NONE, STR_NONE, err);
    if (error_class_of(failure)->code != BH_BAD_INPUT) {
        g_propagate_error(err, g_steal_pointer(&failure));
        return false;
    }
    json_writer_init(&json, problem, false);
    problem_write(&json, failure);
    return answer(filled, STR_NONE, str_from_gstring(problem), STR_NONE, err);
}

static bool store(Filled *filled, GError **err)
{
    static const HubColumn by_names = { STR_NONE, STR_NONE };
    IntakeFindRow row;
    DataArrival data = { .request = filled->request, .arrival = { .channel = HUB_BY_FORM, .org = filled->org.id, .source = STR("form"), .name = filled->form->entry.id,
        .format = ingest_formats[INGEST_JSON], .wish = { .dataset = filled->dataset->full_name, .columns = &by_names, .period = filled->period } } };
    g_autoptr(GString) result = g_string_new(NULL);
    if (!data_take_now(&data, str_from_gstring(filled->text), &row, err))
        return false;
    bool stored = str_eq(row.state, STR("done"));
    if (stored && !try(filled, result, err)) /* where it stands now, which no arrival keeps */
        return false;
    stored = stored && filled->one.key != DB_NULL_INT;
    return answer(filled, row.result, row.error, stored ? row.uid : STR_NONE, err);
}

static bool zero(Filled *filled, GError **err)
{
    if (filled->dataset->kind == PACK_AGGREGATE && filled->period != 0)
        return (filled->check || data_say_zero(filled->request, filled->dataset, filled->org.id, filled->period, err)) && answer_zero(filled);
    error_set(err, BH_BAD_INPUT, "a zero report is of an aggregate, and says which period");
    error_at(err, "/period");
    return error_detail(err, "period-unfit");
}

static bool post_form(HttpRequest *request, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, err);
    g_autoptr(GString) text = g_string_new(NULL);
    Filled filled = { .request = request, .packs = packs, .text = text };
    if (!packs || !read_body(&filled, err))
        return false;
    ask_whens(&filled);
    return filled.zero ? zero(&filled, err) : filled.check ? check(&filled, err) : store(&filled, err);
}

/* --- Routes ------------------------------------------------------------------------------------------------------------------------------ */

static const Route routes[] = {
    { HTTP_GET, "/api/v1/forms", HTTP_SESSION, get_forms, "dataset:text org:uid", HTTP_NO_BODY, "Forms", "forms that packs declare" },
    { HTTP_GET, "/api/v1/forms/{dataset:text}/{form:word}", HTTP_SESSION, get_form, "org:uid period", HTTP_NO_BODY, "Form", "a form to fill in" },
    { HTTP_POST, "/api/v1/forms/{dataset:text}/{form:word}", HTTP_SESSION, post_form, NULL, HTTP_JSON, "FormAnswer", "a record by a form, or only its check" },
};

static const HttpShape shapes[] = {
    { "FormRow", "dataset:DatasetRef form:Names kind every?" },
    { "Forms", "rows:[FormRow] next?" },
    { "Form", "dataset:DatasetRef form:Names kind every? org:Ref parts:any rules:[DatasetRule] may:any" },
    { "FormAnswer", "outcome findings:any shown:any error:Problem? record? intake:uid?" },
};

const RouteTable form_routes = ROUTE_TABLE(routes, shapes);
