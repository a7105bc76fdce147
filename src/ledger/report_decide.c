/* What a meeting decides becomes a task at once: of source "meeting", in the report's own words. */
#include "base/crypto.h"
#include "base/json.h"
#include "db/queries.h"
#include "ledger/change.h"
#include "ledger/common.h"
#include "ledger/report.h"

#include "base/banned.h"

enum { TITLE_CHARS = 60 };

typedef struct {
    const Ledger *ledger;
    const Actor *actor;
    int64_t report;
    Str report_uid, text;
    char uid[UID_TEXT_MAX];
    DbWork work; /* of task_add */
    void *data;
} Decide;

static void decide_event(DbConn *tx, const Decide *decide, Str task, Arena *arena)
{
    const AuditWho *who = &decide->actor->who;
    g_autoptr(GString) data = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, data, false);
    json_begin_object(&json);
    json_key(&json, "set");
    json_begin_object(&json);
    json_key_str(&json, state_key(arena, "decision", str_from(decide->uid)));
    json_str(&json, decision_value(decide->text, task, decide->actor->user->account_uid, who->at_ms, arena));
    json_end_object(&json);
    json_member_str(&json, "task", task);
    json_end_object(&json);
    audit_append(tx, who, "report-decide", (AuditObject) { "report", decide->report_uid }, str_from_gstring(data));
}

/* The task that was just made has the highest id that this transaction sees: whatever was committed before it began is older. */
static bool decide_in_tx(DbConn *tx, void *data, GError **err)
{
    const Decide *decide = data;
    g_autoptr(Arena) arena = arena_new();
    TaskNewestRow task;
    bool found;
    if (!decide->work(tx, decide->data, err) || !db_one(tx, TaskNewest, arena, &task, &found, err)
        || !db_exec(tx, ReportDecisionInsert, NULL, err, .uid = str_from(decide->uid), .report = decide->report, .text = decide->text, .task = task.id,
                    .account = decide->actor->user->account, .at = decide->actor->who.at_ms))
        return false;
    decide_event(tx, decide, task.uid, arena);
    return true;
}

static bool write_decision(void *write_data, DbWork work, void *data, GError **err)
{
    Decide *decide = write_data;
    decide->work = work;
    decide->data = data;
    return ledger_write(decide->ledger, decide_in_tx, decide, err);
}

/* The task's fields: its title is how the text begins. */
static const JsonValue *task_fields(const NewDecision *decision, Arena *arena, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    Str rest = str_trim(decision->text), line = str_cut(&rest, '\n');
    json_begin_object(&json);
    json_member_str(&json, "title", utf8_head(str_trim(line), TITLE_CHARS));
    json_member_str(&json, "text", decision->text);
    json_key(&json, "lead");
    json_begin_array(&json);
    for (size_t i = 0; i < decision->n_leads; i++)
        json_str(&json, decision->leads[i]);
    json_end_array(&json);
    if (decision->due != DATE_NONE)
        json_member_date(&json, "due", decision->due);
    json_end_object(&json);
    return json_parse(arena_str(arena, str_from_gstring(out)), arena, err);
}

bool report_decide(const Ledger *ledger, const Actor *actor, const ReportKept *kept, const NewDecision *decision, Arena *arena, GError **err)
{
    if (str_trim(decision->text).n == 0) {
        error_set(err, BH_BAD_INPUT, "a decision has words");
        return error_at(err, "/text");
    }
    Decide decide = { .ledger = ledger, .actor = actor, .report = kept->id, .report_uid = kept->uid, .text = decision->text };
    Ledger inner = *ledger;
    NewTask task = { .plan = decision->plan, .source = STR("meeting"), .issue = decision->n_leads > 0 && decision->due != DATE_NONE,
                     .fields = task_fields(decision, arena, err) };
    Str uid;
    uid_new(decide.uid);
    inner.write = write_decision;
    inner.write_data = &decide;
    return task.fields && task_add(&inner, actor, &task, arena, &uid, err);
}
