/* What is seen of a person: masked by whoever may see that there is one; as it is by who may, with the purpose kept beside. */
#include "base/json.h"
#include "base/limits.h"
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

const char *const hub_purposes[] = { "care", "follow-up", "data-quality", "investigation", "own-request", "inspection", "other", NULL };

/* --- Finding ------------------------------------------------------------------------------------------------------------------------- */

int64_t hub_person_find(const HubPersons *of, const PackElement *element, Str number)
{
    HubPersons *persons = (HubPersons *) of; /* for its lock */
    char text[MARK_TEXT_MAX + PERSON_NUMBER_MAX];
    Str name = person_element_name(element);
    size_t n;
    Mark token;
    if (name.n + 1 + PERSON_NUMBER_MAX > sizeof text || !person_number_form(element->type, number, text + name.n + 1, &n))
        return 0;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    keyed_tokens(persons->tokens, &(Str) { text, name.n + 1 + n }, 1, &token);
    crypto_wipe(text, sizeof text);
    g_rw_lock_reader_lock(&persons->lock);
    int64_t person = marks_get(persons->numbers, token);
    g_rw_lock_reader_unlock(&persons->lock);
    return person;
}

size_t hub_persons_like(const HubPersons *of, Str name, Date birth, Str phone, int64_t *ret_persons, size_t most)
{
    HubPersons *persons = (HubPersons *) of;
    g_autoptr(Arena) arena = arena_new();
    uint64_t name_mark = mark_of_name(persons, name, arena), phone_mark = phone.n > 0 ? mark_of_phone(persons, phone) : 0;
    int64_t found[LIMIT_PERSON_FOUND];
    size_t n = 0, kept = 0;
    if (!name_mark || most == 0)
        return 0;
    g_rw_lock_reader_lock(&persons->lock);
    if (birth != DATE_NONE)
        n = marks_all(persons->likes, like_birth(persons, name_mark, birth), found, G_N_ELEMENTS(found));
    else if (phone_mark)
        n = marks_all(persons->likes, like_phone(persons, name_mark, phone_mark), found, G_N_ELEMENTS(found));
    for (size_t i = 0; i < n && kept < most; i++) {
        const PersonFacts *facts = person_facts(persons, found[i]);
        if (facts && (!phone_mark || !facts->phone || facts->phone == short_mark(phone_mark)))
            ret_persons[kept++] = found[i];
    }
    g_rw_lock_reader_unlock(&persons->lock);
    return kept;
}

/* --- Values -------------------------------------------------------------------------------------------------------------------------- */

static bool values_of(const HubPersons *persons, DbConn *conn, int64_t person, VaultView view, Arena *arena, PersonValue **ret_values, size_t *ret_n, GError **err)
{
    ARENA_LIST(PersonValue) list = { 0 };
    {
        g_autoptr(DbRows) rows = db_query(conn, PersonValuesOf, err, .person = person);
        for (PersonValuesOfRow row; rows && db_next(rows, &row, err);)
            *ARENA_PUSH(arena, &list) = (PersonValue) { arena_str(arena, row.element), vault_pack_type(row.type), row.vault, STR_NONE, row.further };
        if (!db_rows_ok(rows))
            return false;
    }
    for (size_t i = 0; i < list.n; i++)
        if (!hub_vault_read(persons, conn, &list.v[i].vault, 1, view, arena, &list.v[i].shown, err))
            return false;
    *ret_values = list.v;
    *ret_n = list.n;
    return true;
}

bool hub_person_brief(const HubPersons *persons, DbConn *conn, int64_t person, Arena *arena, PersonView *ret_view, bool *ret_found, GError **err)
{
    PersonKnownByIdRow row;
    PersonNameOfRow name;
    PersonView view = { .id = person };
    bool named;
    if (!db_one(conn, PersonKnownById, arena, &row, ret_found, err, .id = person) || !db_one(conn, PersonNameOf, arena, &name, &named, err, .person = person, .type = vault_type(PACK_PERSON_NAME)))
        return false;
    if (*ret_found && named && !hub_vault_read(persons, conn, &name.vault, 1, VAULT_MASKED, arena, &view.name, err))
        return false;
    hub_person_uid(persons, person, view.uid);
    view.made = row.made;
    view.birth = row.birth;
    view.sex = row.sex;
    *ret_view = view;
    return true;
}

bool hub_person_view(const HubPersons *persons, DbConn *conn, int64_t person, Arena *arena, PersonView *ret_view, bool *ret_found, GError **err)
{
    PersonKnownByIdRow row;
    PersonValue *values;
    PersonView view = { .id = person };
    if (!db_one(conn, PersonKnownById, arena, &row, ret_found, err, .id = person))
        return false;
    if (!*ret_found)
        return true;
    if (!values_of(persons, conn, person, VAULT_MASKED, arena, &values, &view.n_values, err) || !person_facts_of(persons, conn, person, arena, &view.facts, &view.n_facts, err))
        return false;
    hub_person_uid(persons, person, view.uid);
    view.made = row.made;
    view.birth = row.birth;
    view.sex = row.sex;
    view.values = values;
    for (size_t i = 0; i < view.n_values && !view.name.p; i++)
        if (values[i].type == PACK_PERSON_NAME && !values[i].further)
            view.name = values[i].shown;
    *ret_view = view;
    return true;
}

/* --- Unmasking ------------------------------------------------------------------------------------------------------------------------ */

static bool purpose_is(const PersonLook *look, GError **err)
{
    bool known = false;
    for (const char *const *purpose = hub_purposes; *purpose; purpose++)
        known |= str_eq(look->purpose, str_from(*purpose));
    if (!known) {
        error_set(err, BH_BAD_INPUT, "there is no purpose '" STR_FMT "'", STR_ARG(look->purpose));
        error_at(err, "/purpose");
        return error_detail(err, "purpose-unknown");
    }
    if (str_eq(look->purpose, STR("other")) && str_trim(look->reason).n == 0) {
        error_set(err, BH_BAD_INPUT, "another purpose needs a reason");
        error_at(err, "/reason");
        return error_detail(err, "reason-missing");
    }
    return true;
}

static bool wanted(const PersonLook *look, Str element)
{
    for (size_t i = 0; i < look->n_fields; i++)
        if (str_eq(look->fields[i], element))
            return true;
    return look->n_fields == 0;
}

static bool all_there(const PersonLook *look, const PersonValue *values, size_t n, GError **err)
{
    for (size_t i = 0; i < look->n_fields; i++) {
        bool there = false;
        for (size_t k = 0; k < n; k++)
            there |= str_eq(values[k].element, look->fields[i]);
        if (there)
            continue;
        error_set(err, BH_BAD_INPUT, "nothing is known of this person under '" STR_FMT "'", STR_ARG(look->fields[i]));
        error_at(err, "/fields/%zu", i);
        return error_detail(err, "field-unknown");
    }
    return true;
}

/* Each element once, by commas. */
static Str names_of(const PersonValue *values, size_t n, Arena *arena)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(values[i].element, values[i - 1].element)) {
            g_string_append(names, i > 0 ? "," : "");
            g_string_append_len(names, values[i].element.p, (gssize) values[i].element.n);
        }
    return arena_str(arena, str_from_gstring(names));
}

static bool keep_look(const HubPersons *persons, DbConn *tx, const PersonLook *look, Str fields, const AuditWho *who, Arena *arena, GError **err)
{
    char uid[UID_TEXT_MAX];
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    if (!db_exec(tx, PersonLookInsert, NULL, err, .person = look->person, .account = look->account, .at = who->at_ms, .purpose = look->purpose,
                 .reason = look->reason.n > 0 ? look->reason : STR_NONE, .fields = fields))
        return false;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "fields", fields);
    json_member_str(&json, "purpose", look->purpose);
    json_member_str(&json, "reason", look->reason.n > 0 ? audit_digest(arena, look->reason) : STR_NONE);
    json_end_object(&json);
    audit_append(tx, who, "unmask-person", (AuditObject) { "person", str_from(hub_person_uid(persons, look->person, uid)) }, str_from_gstring(data));
    return true;
}

bool hub_person_show(const HubPersons *persons, DbConn *tx, const PersonLook *look, const AuditWho *who, Arena *arena, const PersonValue **ret_values, size_t *ret_n, GError **err)
{
    PersonValue *values;
    size_t n, kept = 0;
    if (!purpose_is(look, err) || !values_of(persons, tx, look->person, VAULT_PLAIN, arena, &values, &n, err) || !all_there(look, values, n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (wanted(look, values[i].element))
            values[kept++] = values[i];
    *ret_values = values;
    *ret_n = kept;
    return keep_look(persons, tx, look, names_of(values, kept, arena), who, arena, err);
}
