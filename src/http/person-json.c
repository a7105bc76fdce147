/* Persons as the API shows them: masked. */
#include "http/person-json.h"

#include "base/banned.h"

/* --- Who may know of whom --------------------------------------------------------------------------------------------------------- */

static bool has_org(const Org *orgs, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (orgs[i].id == id)
            return true;
    return false;
}

static bool read_orgs(DbConn *conn, Arena *arena, PersonSeen *seen, GError **err)
{
    ARENA_LIST(Org) orgs = { 0 };
    for (size_t i = 0; i < seen->n_records; i++) {
        Org org;
        if (has_org(orgs.v, orgs.n, seen->records[i].org))
            continue;
        if (!org_by_id(conn, arena, seen->records[i].org, &org, err))
            return false;
        *ARENA_PUSH(arena, &orgs) = org;
    }
    seen->orgs = orgs.v;
    seen->n_orgs = orgs.n;
    return true;
}

const Org *person_seen_org(const PersonSeen *seen, int64_t org)
{
    for (size_t i = 0; i < seen->n_orgs; i++)
        if (seen->orgs[i].id == org)
            return &seen->orgs[i];
    return NULL;
}

bool person_org_open(const HttpRequest *request, const Org *org)
{
    MayObject facts = data_facts(request->arena, org->path, org->area);
    return may(api_user(request), VERB_READ_DATA, &facts).ok;
}

bool person_seen_is(const PersonSeen *seen, int64_t person)
{
    for (size_t i = 0; i < seen->n_group; i++)
        if (seen->group[i] == person)
            return true;
    return false;
}

static MayObject facts_of(const PersonSeen *seen, Arena *arena)
{
    Str *paths = ARENA_ARRAY(arena, Str, seen->n_orgs + 1), *areas = ARENA_ARRAY(arena, Str, seen->n_orgs + 1);
    for (size_t i = 0; i < seen->n_orgs; i++) {
        paths[i] = seen->orgs[i].path;
        areas[i] = seen->orgs[i].area;
    }
    return (MayObject) { .owner_paths = paths, .owner_areas = areas, .n_owners = seen->n_orgs };
}

bool person_seen(HttpRequest *request, DbConn *conn, int64_t person, PersonSeen *ret_seen, GError **err)
{
    PersonSeen seen = { .person = person };
    if (!hub_person_group(conn, person, request->arena, &seen.group, &seen.n_group, err) ||
        !hub_records_of(conn, seen.group, seen.n_group, request->arena, &seen.records, &seen.n_records, err) || !read_orgs(conn, request->arena, &seen, err))
        return false;
    seen.root = seen.group[0];
    seen.facts = facts_of(&seen, request->arena);
    *ret_seen = seen;
    return true;
}

bool person_may_read(const HttpRequest *request, const PersonSeen *seen)
{
    return may(api_user(request), VERB_READ_DATA, &seen->facts).ok;
}

static bool no_person(GError **err)
{
    return error_set(err, BH_NOT_FOUND, "no such person");
}

bool person_of_path(HttpRequest *request, DbConn *conn, PersonSeen *ret_seen, GError **err)
{
    int64_t person;
    if (!hub_person_by_uid(api_app(request)->persons, http_path(request, "uid"), &person))
        return no_person(err);
    return person_seen(request, conn, person, ret_seen, err) && (person_may_read(request, ret_seen) || no_person(err));
}

bool person_of_member(HttpRequest *request, DbConn *conn, const char *member, PersonSeen *ret_seen, GError **err)
{
    Str uid;
    int64_t person;
    if (!json_get_str(request->json, member, &uid, err))
        return false;
    if (!hub_person_by_uid(api_app(request)->persons, uid, &person))
        return json_bad(json_get(request->json, member), err, "no such person");
    return person_seen(request, conn, person, ret_seen, err) && (person_may_read(request, ret_seen) || json_bad(json_get(request->json, member), err, "no such person"));
}

Allowed person_may_show(const HttpRequest *request, const PersonSeen *seen)
{
    Allowed allowed = api_allowed(request, VERB_UNMASK_PERSON, &seen->facts);
    if (allowed.ok && api_app(request)->second_required && !api_session(request)->second)
        allowed = (Allowed) { .why = "second-needed" };
    return allowed;
}

/* --- In JSON ------------------------------------------------------------------------------------------------------------------------ */

const PackElement *person_element(const PacksRef *packs, Str id)
{
    size_t n = 0;
    const PackElement *elements = packs ? packs_elements(packs, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        if (str_eq(elements[i].entry.id, id))
            return &elements[i];
    return NULL;
}

void json_element_names(JsonWriter *json, const PacksRef *packs, Str id)
{
    const PackElement *element = person_element(packs, id);
    json_member_str(json, "name", element ? element->name : id);
    json_member_str(json, "name_en", element && element->name_en.p ? element->name_en : STR_NONE);
}

/* The year alone tells nobody's day. */
static void member_birth(JsonWriter *json, Date birth)
{
    int year, month, day;
    char text[DATE_TEXT_MAX];
    if (birth == DATE_NONE) {
        json_member_cstr(json, "birth", NULL);
        return;
    }
    date_to_ymd(birth, &year, &month, &day);
    g_snprintf(text, sizeof text, "%04d-**-**", year);
    json_member_cstr(json, "birth", text);
}

static void open_short(const PersonView *view, JsonWriter *json)
{
    json_begin_object(json);
    json_member_cstr(json, "uid", view->uid);
    json_member_str(json, "name", view->name);
    json_member_str(json, "sex", view->sex);
    member_birth(json, view->birth);
}

void json_person_brief(const PersonView *view, JsonWriter *json)
{
    open_short(view, json);
    json_end_object(json);
}

bool json_person_short(HttpRequest *request, DbConn *conn, int64_t person, JsonWriter *json, GError **err)
{
    PersonView view;
    bool found;
    if (!hub_person_brief(api_app(request)->persons, conn, person, request->arena, &view, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no such person");
    json_person_brief(&view, json);
    return true;
}

bool json_member_known_person(HttpRequest *request, DbConn *conn, int64_t person, JsonWriter *json, GError **err)
{
    PersonView view;
    bool found = false;
    const HubPersons *persons = api_app(request)->persons;
    if (persons && person > 0 && !hub_person_brief(persons, conn, person, request->arena, &view, &found, err))
        return false;
    json_key(json, "person");
    if (found)
        json_person_brief(&view, json);
    else
        json_null(json);
    return true;
}

static void write_values(const PersonView *view, const PacksRef *packs, JsonWriter *json)
{
    json_key(json, "fields");
    json_begin_array(json);
    for (size_t i = 0; i < view->n_values; i++) {
        json_begin_object(json);
        json_member_str(json, "id", view->values[i].element);
        json_element_names(json, packs, view->values[i].element);
        json_member_cstr(json, "type", pack_types[view->values[i].type]);
        json_member_str(json, "shown", view->values[i].shown);
        json_member_bool(json, "further", view->values[i].further);
        json_end_object(json);
    }
    json_end_array(json);
}

static const PackCode *code_of(const PackElement *element, Str value)
{
    for (size_t i = 0; element && element->codes && i < element->codes->values.n; i++)
        if (str_eq(element->codes->values.v[i].code, value))
            return &element->codes->values.v[i];
    return NULL;
}

/* A day of birth that goes against the known one is masked as that is. */
static Str shown_fact(const PersonFact *fact, Arena *arena)
{
    return str_eq(fact->element, STR("birth")) && fact->value.n > 4 ? arena_printf(arena, STR_FMT "-**-**", STR_ARG(((Str) { fact->value.p, 4 }))) : fact->value;
}

/* Who said it is told to those who may know of that organisation's data. */
static bool write_fact(HttpRequest *request, DbConn *conn, const PacksRef *packs, const PersonFact *fact, JsonWriter *json, GError **err)
{
    const PackElement *element = person_element(packs, fact->element);
    const PackCode *code = code_of(element, fact->value);
    Org org;
    bool told = false;
    if (fact->org != DB_NULL_INT) {
        if (!org_by_id(conn, request->arena, fact->org, &org, err))
            return false;
        told = person_org_open(request, &org);
    }
    json_begin_object(json);
    json_member_str(json, "id", fact->element);
    json_element_names(json, packs, fact->element);
    json_member_cstr(json, "type", element ? pack_types[element->type] : NULL);
    json_member_str(json, "value", shown_fact(fact, request->arena));
    json_member_str(json, "words", code ? code->name : STR_NONE);
    json_member_str(json, "words_en", code ? code->name_en : STR_NONE);
    json_member_bool(json, "further", fact->further);
    json_member_instant(json, request, "at", fact->at);
    json_member_ref(json, "org", told ? org.uid : STR_NONE, told ? org.name : STR_NONE);
    json_end_object(json);
    return true;
}

static bool write_facts(HttpRequest *request, DbConn *conn, const PersonView *view, const PacksRef *packs, JsonWriter *json, GError **err)
{
    json_key(json, "facts");
    json_begin_array(json);
    for (size_t i = 0; i < view->n_facts; i++)
        if (!write_fact(request, conn, packs, &view->facts[i], json, err))
            return false;
    json_end_array(json);
    return true;
}

/* All that are one, the root first; each with onto whom it was merged. */
static bool write_group(HttpRequest *request, DbConn *conn, const PersonSeen *seen, JsonWriter *json, GError **err)
{
    const HubPersons *persons = api_app(request)->persons;
    json_key(json, "group");
    json_begin_array(json);
    for (size_t i = 0; i < seen->n_group && seen->n_group > 1; i++) {
        PersonView view;
        PersonLinkAboutRow link = { .at = DB_NULL_INT };
        bool found, merged;
        char onto[UID_TEXT_MAX];
        if (!hub_person_view(persons, conn, seen->group[i], request->arena, &view, &found, err) ||
            !db_one(conn, PersonLinkAbout, request->arena, &link, &merged, err, .person = seen->group[i]))
            return false;
        open_short(&view, json);
        json_member_cstr(json, "onto", merged ? hub_person_uid(persons, link.onto, onto) : NULL);
        json_member_instant(json, request, "at", merged ? link.at : DB_NULL_INT);
        json_end_object(json);
    }
    json_end_array(json);
    return true;
}

static void write_may(const HttpRequest *request, const PersonSeen *seen, JsonWriter *json)
{
    Allowed show = person_may_show(request, seen), merge = api_allowed(request, VERB_MERGE_PERSON, &seen->facts);
    json_key(json, "may");
    json_begin_object(json);
    json_member_allowed(json, "unmask", &show);
    json_member_allowed(json, "merge", &merge);
    json_end_object(json);
}

bool json_person_whole(HttpRequest *request, DbConn *conn, const PersonSeen *seen, JsonWriter *json, GError **err)
{
    g_autoptr(PacksRef) packs = data_packs(request, NULL);
    PersonView view;
    bool found;
    char root[UID_TEXT_MAX];
    if (!hub_person_view(api_app(request)->persons, conn, seen->person, request->arena, &view, &found, err))
        return false;
    if (!found)
        return no_person(err);
    open_short(&view, json);
    json_member_cstr(json, "root", hub_person_uid(api_app(request)->persons, seen->root, root));
    json_member_int(json, "records", (int64_t) seen->n_records);
    write_values(&view, packs, json);
    if (!write_facts(request, conn, &view, packs, json, err) || !write_group(request, conn, seen, json, err))
        return false;
    write_may(request, seen, json);
    json_end_object(json);
    return true;
}
