/* When an organisation's meetings are: its dispatch and summary are kept for them, as a plan's are. */
#include "ledger/report.h"

#include "db/queries.h"

#include "base/banned.h"

bool org_meetings_load(DbConn *conn, Arena *arena, const Org *org, OrgMeetings *ret_meetings, GError **err)
{
    OrgMeetingRow row;
    bool found;
    if (!db_one(conn, OrgMeeting, arena, &row, &found, err, .org = org->id))
        return false;
    *ret_meetings = found ? (OrgMeetings) { row.weekly_day, row.weekly_hour, row.monthly_day, row.monthly_hour, row.version } : (OrgMeetings) { 0 };
    return true;
}

/* Whoever answers for its work: its heads, leaders over it, issuers there; and who keeps the organisations. */
May org_meetings_may(const User *user, const Org *org)
{
    static const Verb others[] = { VERB_OVERSEE, VERB_EDIT_ORG };
    const MayObject facts = { .place = org->path, .area = org->area, .owner_paths = &org->path, .owner_areas = &org->area, .n_owners = 1 };
    May answer = may(user, VERB_HAND_OVER, &facts);
    for (size_t i = 0; i < G_N_ELEMENTS(others) && !answer.ok; i++) {
        May other = may(user, others[i], &facts);
        answer = other.ok ? other : answer;
    }
    return answer;
}

static Str meeting_text(Arena *arena, int64_t day, int64_t hour)
{
    return day == 0 ? STR("null") : arena_printf(arena, "{\"day\":%" G_GINT64_FORMAT ",\"hour\":%" G_GINT64_FORMAT "}", day, hour);
}

bool org_meetings_set(DbConn *tx, const Org *org, const OrgMeetings *now, const AuditWho *who, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    OrgMeetings before;
    if (!org_meetings_load(tx, arena, org, &before, err))
        return false;
    if (before.version != now->version) {
        error_set(err, BH_CONFLICT, "the meetings were changed in between: they have version %" G_GINT64_FORMAT, before.version);
        return error_detail(err, "version-stale");
    }
    Str data = arena_printf(arena, "{\"monthly\":" STR_FMT ",\"weekly\":" STR_FMT "}", STR_ARG(meeting_text(arena, now->monthly_day, now->monthly_hour)),
                            STR_ARG(meeting_text(arena, now->weekly_day, now->weekly_hour)));
    audit_append(tx, who, "meetings-set", (AuditObject) { "org", org->uid }, data);
    return db_exec(tx, OrgMeetingPut, NULL, err, .org = org->id, .weekly_day = now->weekly_day, .weekly_hour = now->weekly_hour, .monthly_day = now->monthly_day,
                   .monthly_hour = now->monthly_hour, .set_at = who->at_ms, .version = before.version + 1);
}
