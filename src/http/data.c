#include "http/data.h"

#include "base/banned.h"

/* --- What is installed ------------------------------------------------------------------------------------------------------- */

bool data_hub(const HttpRequest *request, Hub **ret_hub, GError **err)
{
    *ret_hub = api_app(request)->hub;
    if (*ret_hub)
        return true;
    error_set(err, BH_UNAVAILABLE, "no packs are installed in this store");
    error_detail(err, "no-packs");
    return error_hint(err, "bihuan pack install packs");
}

PacksRef *data_packs(const HttpRequest *request, GError **err)
{
    Hub *hub;
    return data_hub(request, &hub, err) ? hub_packs(hub) : NULL;
}

bool data_dataset(const PacksRef *packs, Str name, const PackDataset **ret_dataset, GError **err)
{
    *ret_dataset = packs_dataset(packs, name);
    return *ret_dataset || error_set(err, BH_NOT_FOUND, "no dataset '" STR_FMT "'", STR_ARG(name));
}

bool data_dataset_named(const PacksRef *packs, const JsonValue *body, const PackDataset **ret_dataset, GError **err)
{
    Str name = STR_NONE;
    *ret_dataset = NULL;
    if (!json_opt_str(body, "dataset", &name, err))
        return false;
    if (!name.p)
        return true;
    *ret_dataset = packs_dataset(packs, name);
    if (*ret_dataset)
        return true;
    json_bad(json_get(body, "dataset"), err, "no dataset '" STR_FMT "' is installed", STR_ARG(name));
    return error_detail(err, "dataset-unknown");
}

/* --- Organisations ------------------------------------------------------------------------------------------------------------- */

MayObject data_facts(Arena *arena, Str org_path, Str org_area)
{
    Str *places = ARENA_ARRAY(arena, Str, 2);
    places[0] = org_path;
    places[1] = org_area;
    return (MayObject) { .owner_paths = &places[0], .owner_areas = &places[1], .n_owners = 1, .place = org_path, .area = org_area };
}

bool data_org(const HttpRequest *request, DbConn *conn, Str uid, Verb verb, Org *ret_org, GError **err)
{
    bool found = false;
    Str wanted = uid.p ? uid : api_user(request)->org_uid;
    if (wanted.p && !org_by_uid(conn, request->arena, wanted, ret_org, &found, err))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(wanted));
        error_detail(err, "org-unknown");
        return error_at(err, "/org");
    }
    MayObject facts = data_facts(request->arena, ret_org->path, ret_org->area);
    return api_may(request, verb, &facts, err);
}

bool data_org_asked(const HttpRequest *request, DbConn *conn, Org *ret_org, bool *ret_asked, GError **err)
{
    Str uid = http_query(request, "org");
    bool found;
    *ret_asked = uid.p != NULL;
    if (!uid.p)
        return true;
    if (!org_by_uid(conn, request->arena, uid, ret_org, &found, err))
        return false;
    if (found)
        return true;
    error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(uid));
    error_detail(err, "org-unknown");
    return error_at(err, "query:org");
}

bool data_filter_below(const HttpRequest *request, DbConn *conn, DbList *list, GError **err)
{
    Org org;
    bool asked;
    if (!data_org_asked(request, conn, &org, &asked, err))
        return false;
    if (!asked)
        return true;
    DbValue values[] = { DB_TEXT(org.path), DB_TEXT(org.path) };
    db_list_where_values(list, "substr(o.path, 1, length(?)) = ?", values, G_N_ELEMENTS(values));
    return true;
}

bool data_period(const JsonValue *body, const char *name, Period *ret_period, GError **err)
{
    Str text = STR_NONE;
    *ret_period = 0;
    if (!json_opt_str(body, name, &text, err))
        return false;
    return !text.p || period_parse(text, ret_period) || json_bad(json_get(body, name), err, "a period is written 2026-01, 2026Q1, 2026H1, 2026, 2026W05 or 2026-01-31");
}

/* --- Columns ----------------------------------------------------------------------------------------------------------------------- */

/* What else is known of a person may be said by a file of any dataset about persons. */
static bool is_fact(const PacksRef *packs, const PackDataset *dataset, Str id)
{
    size_t n;
    const PackElement *elements = packs_elements(packs, &n);
    for (size_t i = 0; i < n && dataset->subject && dataset->subject->person; i++)
        if (elements[i].of_person && str_eq(elements[i].entry.id, id))
            return true;
    return false;
}

static bool column_known(const PacksRef *packs, const PackDataset *dataset, Str id)
{
    const char *how;
    static const Str own[] = { STR_INIT("period"), STR_INIT("valid_from"), STR_INIT("valid_to") };
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        if (str_eq(own[i], id))
            return true;
    return (hub_column_of(dataset, id, &how).p && g_str_equal(how, "id")) || is_fact(packs, dataset, id);
}

bool data_check_columns(const PacksRef *packs, const PackDataset *dataset, const HubColumn *columns, size_t n, GError **err)
{
    for (size_t i = 0; dataset && i < n; i++)
        if (columns[i].to.n > 0 && !column_known(packs, dataset, columns[i].to)) {
            error_set(err, BH_BAD_INPUT, "'" STR_FMT "' has no field '" STR_FMT "'", STR_ARG(dataset->full_name), STR_ARG(columns[i].to));
            error_detail(err, "column-unknown");
            return error_at(err, "/columns/%zu/to", i);
        }
    return true;
}

bool data_check_open(const HttpRequest *request, const PackDataset *dataset, int64_t org, const HubWish *wish, GError **err)
{
    char period[PERIOD_TEXT_MAX], since[DATE_TEXT_MAX];
    Date last;
    bool locked = false;
    if (!dataset || !dataset->lock.node || wish->period == 0)
        return true;
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    if (!conn || !hub_period_locked(conn, request->arena, dataset->full_name, org, wish->period, clock_today(request->app->clock), &locked, &last, err))
        return false;
    if (!locked)
        return true;
    error_set(err, BH_CONFLICT, "%s is closed since %s; it can be opened for a time by who stands above", period_format(wish->period, period), date_format(last, since));
    error_params(err, "period=%s\nsince=%s", period, since);
    return error_detail(err, "period-locked");
}

/* --- Pieces of JSON --------------------------------------------------------------------------------------------------------------- */

void json_dataset(JsonWriter *json, const PacksRef *packs, Str name)
{
    if (!name.p) {
        json_null(json);
        return;
    }
    const PackDataset *dataset = packs_dataset(packs, name);
    json_begin_object(json);
    json_member_str(json, "id", name);
    json_member_str(json, "name", dataset ? dataset->name : name);
    json_member_str(json, "name_en", dataset ? dataset->name_en : STR_NONE);
    json_end_object(json);
}

void json_member_dataset(JsonWriter *json, const char *name, const PacksRef *packs, Str dataset)
{
    json_key(json, name);
    json_dataset(json, packs, dataset);
}

void json_member_period(JsonWriter *json, const char *name, int64_t period)
{
    char text[PERIOD_TEXT_MAX];
    json_member_cstr(json, name, period == DB_NULL_INT || period == 0 ? NULL : period_format((Period) period, text));
}

void json_member_month(JsonWriter *json, const char *name, int64_t month)
{
    char text[16];
    if (month != 0 && month != DB_NULL_INT)
        g_snprintf(text, sizeof text, "%04d-%02d", (int) (1970 + month / 12), (int) (month % 12 + 1));
    json_member_cstr(json, name, month != 0 && month != DB_NULL_INT ? text : NULL);
}

void json_member_text(JsonWriter *json, const char *name, Str json_text)
{
    json_key(json, name);
    if (json_text.p)
        json_raw(json, json_text);
    else
        json_null(json);
}

void json_rule_texts(JsonWriter *json, const PacksRef *packs, Str dataset, Str rule)
{
    const PackDataset *of = packs_dataset(packs, dataset);
    const PackRule *found = NULL;
    for (size_t i = 0; of && i < of->rules.n && !found; i++)
        if (str_eq(of->rules.v[i].entry.id, rule))
            found = &of->rules.v[i];
    json_member_str(json, "says", found ? found->says : STR_NONE);
    json_member_str(json, "says_en", found ? found->says_en : STR_NONE);
}

/* --- Masking ------------------------------------------------------------------------------------------------------------------------- */

static bool is_number_char(char c)
{
    return g_ascii_isdigit(c) || c == 'X' || c == 'x';
}

static Str cover_digits(Str cell, Arena *arena)
{
    enum { SHORTEST = 6, HEAD = 3, TAIL = 2 };
    char *copy = ARENA_ARRAY(arena, char, cell.n + 1);
    memcpy(copy, cell.p, cell.n);
    for (size_t i = 0; i < cell.n;) {
        size_t n = 0;
        while (i + n < cell.n && is_number_char(cell.p[i + n]))
            n++;
        if (n > 8 || (n >= SHORTEST && n != 8)) /* eight digits are a day */
            memset(copy + i + HEAD, '*', n - HEAD - TAIL);
        i += MAX(n, 1);
    }
    return (Str) { copy, cell.n };
}

Str data_mask(Str cell, int type, Arena *arena)
{
    if (!cell.p || cell.n == 0)
        return cell;
    bool words = type == PACK_PERSON_NAME || type == PACK_ADDRESS;
    if (!words)
        return cover_digits(cell, arena);
    const char *second = g_utf8_next_char(cell.p);
    size_t first = MIN((size_t) (second - cell.p), cell.n);
    return arena_printf(arena, STR_FMT "**", STR_ARG(str_head(cell, first)));
}
