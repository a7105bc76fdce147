/* What else the events prove: plans, rounds, duties and their rules, reports, registers, documents' heads. */
#include "ledger/rebuild.h"

#include "db/queries.h"
#include "flow/duty.h"
#include "ledger/document.h"
#include "ledger/look_back_do.h"
#include "ledger/plan_do.h"
#include "ledger/register.h"
#include "ledger/report.h"
#include "ledger/search.h"

#include "base/banned.h"

bool held_rows_plan(Held *held, StateMap *map, GError **err)
{
    Plan plan;
    if (!plan_load(held->conn, held->arena, held->uid, &plan, err))
        return false;
    plan_state_map(&plan, held->arena, map);
    return true;
}

bool held_rows_look_back(Held *held, StateMap *map, GError **err)
{
    LookBack round;
    if (!look_back_load(held->conn, held->arena, held->uid, &round, err))
        return false;
    look_back_state_map(&round, held->arena, map);
    return true;
}

/* --- Duties ------------------------------------------------------------------------------------------------------------------
 * What was opened for a period is told as a number and a sum over the rows: one event for hundreds of them. */

static void put_opened(Held *held, StateMap *map, Str period, DutySum sum)
{
    Str key = state_key(held->arena, "opened", period), value = arena_printf(held->arena, "%" G_GINT64_FORMAT " %016" G_GINT64_MODIFIER "x", sum.n, sum.sum);
    if (map)
        held_push(held, map, key, value);
    else
        held_put(held, key, value);
}

static DutySum opened_before(const Held *held, Str period)
{
    DutySum sum = { 0 };
    Str rest = held_value(held, state_key(held->arena, "opened", period)), n = str_cut(&rest, ' ');
    if (n.p && str_to_int64(n, &sum.n))
        duty_sum_read(rest, &sum.sum);
    return sum;
}

bool held_fold_rule(Held *held, const HeldEvent *event, GError **err)
{
    const JsonValue *opened = event->data ? json_get(event->data, "opened") : NULL;
    if (!opened)
        return held_set(held, event, err);
    Str period, sum;
    DutySum more;
    if (!json_as_int(opened, 1, INT64_MAX, &more.n, err) || !json_get_str(event->data, "period", &period, err) || !json_get_str(event->data, "sum", &sum, err))
        return false;
    if (!duty_sum_read(sum, &more.sum))
        return error_set(err, BH_INTERNAL, "event %" G_GINT64_FORMAT " has no sum", event->seq);
    DutySum before = opened_before(held, period);
    put_opened(held, NULL, period, (DutySum) { before.n + more.n, before.sum + more.sum });
    return true;
}

static bool add_opened(Held *held, int64_t rule, StateMap *map, GError **err)
{
    DutySum sum = { 0 };
    Str period = STR_NONE;
    g_autoptr(DbRows) rows = db_query(held->conn, DutiesOpened, err, .rule = rule);
    for (DutiesOpenedRow row; rows && db_next(rows, &row, err);) {
        if (!str_eq(period, row.period)) {
            if (period.p)
                put_opened(held, map, period, sum);
            sum = (DutySum) { 0 };
            period = arena_str(held->arena, row.period);
        }
        duty_sum_add(&sum, &(DutyOpened) { row.uid, row.subject_kind, row.subject, row.period, row.org, row.due, row.last });
    }
    if (period.p)
        put_opened(held, map, period, sum);
    return db_rows_ok(rows);
}

bool held_rows_rule(Held *held, StateMap *map, GError **err)
{
    int64_t id;
    Str value;
    if (!duty_rule_value(held->conn, held->uid, held->arena, &id, &value, err))
        return false;
    held_push(held, map, STR("rule"), value);
    return add_opened(held, id, map, err);
}

/* One that nothing has happened to has no event of its own. */
bool held_rows_duty(Held *held, StateMap *map, GError **err)
{
    Str value;
    if (!held_value(held, STR("duty")).p)
        held_put(held, STR("duty"), STR("due"));
    if (!duty_value(held->conn, held->uid, held->arena, &value, err))
        return false;
    held_push(held, map, STR("duty"), value);
    return true;
}

/* --- Reports and registers ------------------------------------------------------------------------------------------------------ */

bool held_rows_report(Held *held, StateMap *map, GError **err)
{
    int64_t id;
    Str value;
    if (!report_value(held->conn, held->uid, held->arena, &id, &value, err))
        return false;
    held_push(held, map, STR("report"), value);
    g_autoptr(DbRows) rows = db_query(held->conn, DecisionsOf, err, .report = id);
    for (DecisionsOfRow row; rows && db_next(rows, &row, err);)
        held_push(held, map, state_key(held->arena, "decision", row.uid), decision_value(row.text, row.task_uid, row.account_uid, row.at, held->arena));
    return db_rows_ok(rows);
}

/* Those that the program brings have no event; of every one the words that are looked for are those of its definition. */
bool held_rows_register(Held *held, StateMap *map, GError **err)
{
    Register reg;
    if (!register_by_code(held->conn, held->arena, held->uid, &reg, err))
        return false;
    if (g_hash_table_size(held->state) > 0) {
        held_push(held, map, STR("definition"), audit_digest(held->arena, reg.definition));
        held_push(held, map, STR("proves"), reg.proves);
    }
    size_t n = 0;
    bool right = true;
    g_autoptr(DbRows) rows = db_query(held->conn, RegisterWords, err, .reg = reg.id);
    for (RegisterWordsRow row; rows && db_next(rows, &row, err); n++) {
        bool known = false;
        for (size_t i = 0; i < reg.n_words; i++)
            known |= str_eq(reg.words[i], row.word);
        right &= known;
    }
    if (db_rows_ok(rows) && !(right && n == reg.n_words))
        held_fault(held, STR("words"));
    return db_rows_ok(rows);
}

bool held_rows_entry(Held *held, StateMap *map, GError **err)
{
    Str value;
    if (!register_row_value(held->conn, held->uid, held->arena, &value, err))
        return false;
    held_push(held, map, STR("entry"), value);
    return true;
}

/* --- Documents ------------------------------------------------------------------------------------------------------------------
 * Their events name files by hash; here it is their place in the index alone. */

bool held_rows_document(Held *held, StateMap *map, GError **err)
{
    (void) map;
    SearchDocumentHeadRow row;
    bool found, right;
    g_autoptr(GString) head = g_string_new(NULL);
    if (!db_one(held->conn, SearchDocumentHead, held->arena, &row, &found, err, .uid = held->uid))
        return false;
    SearchDocument document = { row.id, row.title, row.doc_no, row.issuer, row.file_name, STR_NONE };
    if (!row.discarded)
        search_document_head(&document, head);
    if (!search_check(held->conn, SEARCH_DOCUMENT, row.id, row.discarded ? STR_NONE : str_from_gstring(head), &right, err))
        return false;
    if (!right)
        held_fault(held, STR("search"));
    return true;
}
