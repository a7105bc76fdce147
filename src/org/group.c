/* Dated groups of organisations. A grant may reach by a group, so that who changes one changes who sees what: the security administrator's, and not where
 * a grant of his own reaches by it. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/limits.h"
#include "org/people.h"

#include "base/banned.h"

static const char *const group_kinds[] = { "alliance", "specialty", "leading_group", "task_force", "other" };

typedef struct {
    const GroupWish *wish;
    const User *by;
    const AuditWho *who;
    Arena *arena;
    Str uid;
} GroupArgs;

/* --- What is wished for ---------------------------------------------------------------------------------------------------- */

static bool kind_known(Str kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(group_kinds); i++)
        if (str_eq(kind, str_from(group_kinds[i])))
            return true;
    return false;
}

static bool members_valid(const GroupWish *wish, GError **err)
{
    if (wish->n_members > LIMIT_GROUP_MEMBERS)
        return error_set(err, BH_TOO_LARGE, "a group has at most %d members", LIMIT_GROUP_MEMBERS);
    for (size_t i = 0; i < wish->n_members; i++) {
        const GroupMember *member = &wish->members[i];
        if (member->from != DATE_NONE && member->to != DATE_NONE && member->to < member->from) {
            error_set(err, BH_BAD_INPUT, "a membership does not end before it begins");
            return error_at(err, "/members/%zu/to", i);
        }
    }
    return true;
}

static bool group_valid(const GroupWish *wish, GError **err)
{
    if (str_trim(wish->name).n == 0 || utf8_length(wish->name) > LIMIT_NAME_CHARS) {
        error_set(err, BH_BAD_INPUT, "a group has a name of at most %d characters", LIMIT_NAME_CHARS);
        return error_at(err, "/name");
    }
    if (!kind_known(wish->kind)) {
        error_set(err, BH_BAD_INPUT, "a group is an alliance, specialty, leading_group, task_force or other, not '" STR_FMT "'", STR_ARG(wish->kind));
        return error_at(err, "/kind");
    }
    return members_valid(wish, err);
}

/* --- Writing ------------------------------------------------------------------------------------------------------------------ */

/* The name must be nobody else's; id DB_NULL_INT: of a new group. */
static bool name_free(DbConn *tx, const GroupArgs *args, int64_t id, GError **err)
{
    GroupByNameRow row;
    bool found;
    if (!db_one(tx, GroupByName, args->arena, &row, &found, err, .name = args->wish->name))
        return false;
    if (!found || row.id == id)
        return true;
    error_set(err, BH_CONFLICT, "there is a group of this name already");
    error_at(err, "/name");
    return error_detail(err, "group-name-taken");
}

static bool write_members(DbConn *tx, const GroupArgs *args, int64_t group, GError **err)
{
    for (size_t i = 0; i < args->wish->n_members; i++) {
        const GroupMember *member = &args->wish->members[i];
        Org org;
        bool found;
        if (!org_by_uid(tx, args->arena, member->org_uid, &org, &found, err))
            return false;
        if (!found) {
            error_set(err, BH_BAD_INPUT, "no organisation '" STR_FMT "'", STR_ARG(member->org_uid));
            return error_at(err, "/members/%zu/org", i);
        }
        if (!db_exec(tx, GroupMemberInsert, NULL, err, .group = group, .seq = (int64_t) i, .org = org.id, .from = member->from, .to = member->to))
            return false;
    }
    return true;
}

/* Who is in it from when to when decides who sees what: it stands in the event. */
static void group_event(DbConn *tx, const GroupArgs *args, const char *verb)
{
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_member_str(&json, "kind", args->wish->kind);
    json_key(&json, "members");
    json_begin_array(&json);
    for (size_t i = 0; i < args->wish->n_members; i++) {
        json_begin_object(&json);
        json_member_date(&json, "from", args->wish->members[i].from);
        json_member_str(&json, "org", args->wish->members[i].org_uid);
        json_member_date(&json, "to", args->wish->members[i].to);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    audit_append(tx, args->who, verb, (AuditObject) { "group", args->uid }, str_from_gstring(data));
}

bool group_add(DbConn *tx, const GroupWish *wish, const AuditWho *who, Arena *arena, Str *ret_uid, GError **err)
{
    GroupArgs args = { .wish = wish, .who = who, .arena = arena };
    char uid[UID_TEXT_MAX];
    GroupInsertRow made;
    bool found;
    if (!group_valid(wish, err) || !name_free(tx, &args, DB_NULL_INT, err)
        || !db_one(tx, GroupInsert, arena, &made, &found, err, .uid = str_from(uid_new(uid)), .name = wish->name, .kind = wish->kind)
        || !write_members(tx, &args, made.id, err))
        return false;
    args.uid = *ret_uid = arena_str(arena, str_from(uid));
    group_event(tx, &args, "group-add");
    return true;
}

static bool not_own(DbConn *tx, const GroupArgs *args, int64_t group, GError **err)
{
    GroupGrantsOfPersonRow row;
    bool found;
    if (!db_one(tx, GroupGrantsOfPerson, args->arena, &row, &found, err, .group = group, .person = args->by->person))
        return false;
    if (row.n == 0)
        return true;
    error_set(err, BH_FORBIDDEN, "a grant of one's own reaches by this group");
    return error_detail(err, "own-grant");
}

bool group_change(DbConn *tx, const GroupWish *wish, const User *by, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    GroupArgs args = { .wish = wish, .by = by, .who = who, .arena = arena, .uid = wish->uid };
    GroupByUidRow row;
    bool found;
    int64_t changes;
    if (!group_valid(wish, err) || !db_one(tx, GroupByUid, arena, &row, &found, err, .uid = wish->uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no group '" STR_FMT "'", STR_ARG(wish->uid));
    if (!not_own(tx, &args, row.id, err) || !name_free(tx, &args, row.id, err)
        || !db_exec(tx, GroupUpdate, &changes, err, .id = row.id, .version = wish->version, .name = wish->name, .kind = wish->kind))
        return false;
    if (changes != 1) {
        error_set(err, BH_CONFLICT, "the group was changed in between: it has version %" G_GINT64_FORMAT, row.version);
        return error_detail(err, "version-stale");
    }
    group_event(tx, &args, "group-change");
    return db_exec(tx, GroupMembersDelete, NULL, err, .group = row.id) && write_members(tx, &args, row.id, err);
}
