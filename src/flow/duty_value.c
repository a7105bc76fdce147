/* Duties and rules as their events name them. */
#include "db/queries.h"
#include "flow/duty_private.h"

#include "base/banned.h"

static void say(GString *said, Str text)
{
    g_string_append_printf(said, "%zd:" STR_FMT ",", text.p ? (ssize_t) text.n : -1, STR_ARG(text));
}

static void say_int(GString *said, int64_t value)
{
    g_string_append_printf(said, "%" G_GINT64_FORMAT ",", value);
}

/* --- Rules ------------------------------------------------------------------------------------------------------------------- */

static bool say_orgs(DbConn *conn, int64_t rule, GString *said, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, DutyRuleOrgUids, err, .rule = rule);
    for (DutyRuleOrgUidsRow row; rows && db_next(rows, &row, err);)
        say(said, row.uid);
    return db_rows_ok(rows);
}

bool duty_rule_value(DbConn *conn, Str uid, Arena *arena, int64_t *ret_id, Str *ret_value, GError **err)
{
    DutyRuleWholeRow row;
    bool found;
    if (!db_one(conn, DutyRuleWhole, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no duty rule '" STR_FMT "'", STR_ARG(uid));
    g_autoptr(GString) said = g_string_new(NULL);
    const Str texts[] = { row.key, row.name, row.org_uid, row.owed, row.function, row.every, row.calendar, row.what_plan };
    const int64_t numbers[] = { row.due_days, row.due_working, row.grace_days, row.valid_from, row.valid_to, row.version };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        say(said, texts[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        say_int(said, numbers[i]);
    if (!say_orgs(conn, row.id, said, err))
        return false;
    *ret_id = row.id;
    *ret_value = arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(row.state), STR_ARG(audit_digest(arena, str_from_gstring(said))));
    return true;
}

/* --- Duties ------------------------------------------------------------------------------------------------------------------ */

bool duty_value(DbConn *conn, Str uid, Arena *arena, Str *ret_value, GError **err)
{
    DutyWholeRow row;
    bool found;
    if (!db_one(conn, DutyWhole, arena, &row, &found, err, .uid = uid))
        return false;
    if (!found)
        return error_set(err, BH_NOT_FOUND, "no duty '" STR_FMT "'", STR_ARG(uid));
    bool fresh = row.version == 1 && row.late_days == 0 && row.done_at == DB_NULL_INT && !row.done_by.p && !row.reason.p;
    g_autoptr(GString) said = g_string_new(NULL);
    say_int(said, row.late_days);
    say_int(said, row.done_at);
    say(said, row.done_by);
    say(said, row.reason);
    say_int(said, row.version);
    *ret_value = fresh ? row.state : arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(row.state), STR_ARG(audit_digest(arena, str_from_gstring(said))));
    return true;
}

/* --- What was opened --------------------------------------------------------------------------------------------------------- */

enum { SUM_DIGITS = 16 };

bool duty_sum_read(Str text, uint64_t *ret_sum)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = g_ascii_xdigit_value(text.p[i]);
        if (digit < 0)
            return false;
        sum = sum << 4 | (uint64_t) digit;
    }
    *ret_sum = sum;
    return text.n == SUM_DIGITS;
}

void duty_sum_add(DutySum *sum, const DutyOpened *opened)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) said = g_string_new(NULL);
    const Str texts[] = { opened->uid, opened->subject_kind, opened->subject, opened->period };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        say(said, texts[i]);
    say_int(said, opened->org);
    say_int(said, opened->due);
    say_int(said, opened->last);
    Str digest = audit_digest(arena, str_from_gstring(said));
    uint64_t term = 0;
    duty_sum_read((Str) { digest.p + digest.n - SUM_DIGITS, SUM_DIGITS }, &term);
    sum->n++;
    sum->sum += term;
}
