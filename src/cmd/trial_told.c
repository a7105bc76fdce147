/* What stands in the store of a case at its end, held against what the case says. */
#include "cmd/trial.h"

#include "db/queries.h"
#include "flow/signals.h"

#include "base/banned.h"

static const char reason[] = "said by the case";

/* --- Reports -------------------------------------------------------------------------------------------------------------------- */

static const PackDataset *own_dataset(const Trial *trial)
{
    return packs_dataset(trial->base->packs, trial->c->dataset->full_name);
}

static bool dataset_number(DbConn *conn, const Trial *trial, int64_t *ret_id, GError **err)
{
    QualityDatasetRow row;
    bool found;
    if (!db_one(conn, QualityDataset, trial->arena, &row, &found, err, .name = own_dataset(trial)->full_name))
        return false;
    *ret_id = found ? row.id : 0;
    return true;
}

/* The report of an organisation's period; *ret_found false: none is expected. */
static bool find_report(DbConn *conn, const Trial *trial, int64_t dataset, int64_t org, Period period, ExpectedOfRow *ret_row, bool *ret_found, GError **err)
{
    int month = hub_month(period_start(period));
    *ret_found = false;
    g_autoptr(DbRows) rows = db_query(conn, ExpectedOf, err, .dataset = dataset, .org = org, .first = month, .last = month);
    for (ExpectedOfRow row; rows && db_next(rows, &row, err);)
        if ((Period) row.period == period) {
            *ret_row = row;
            ret_row->uid = arena_str(trial->arena, row.uid);
            ret_row->state = arena_str(trial->arena, row.state);
            *ret_found = true;
        }
    return db_rows_ok(rows);
}

static bool say_reports_in_tx(DbConn *tx, void *data, GError **err)
{
    Trial *trial = data;
    ExpectedActor actor = { { STR_NONE, "command", clock_now_ms(trial->clock) }, DB_NULL_INT, clock_today(trial->clock) };
    int64_t dataset;
    if (!dataset_number(tx, trial, &dataset, err))
        return false;
    for (size_t i = 0; i < trial->c->reports.n; i++) {
        const PackReported *want = &trial->c->reports.v[i];
        const TrialOrg *org = trial_org(trial, want->org);
        ExpectedOfRow row;
        bool found;
        if (want->said < 0 || !org)
            continue;
        if (!find_report(tx, trial, dataset, org->id, want->period, &row, &found, err))
            return false;
        if (found && !(want->said == 0 ? expected_say_zero(tx, &actor, row.uid, 0, err) : expected_excuse(tx, &actor, row.uid, 0, str_from(reason), err)))
            return false;
    }
    return true;
}

bool trial_reports_said(Trial *trial, GError **err)
{
    return db_write(trial->db, DB_BULK, say_reports_in_tx, trial, err);
}

static void tell_report(const Trial *trial, const Yaml *node, Str org, Period period, Str is, const char *want)
{
    char text[PERIOD_TEXT_MAX];
    if (!is.p)
        yaml_find(trial->report, node, "pack-proof", "nothing is expected of '" STR_FMT "' in %s", STR_ARG(org), period_format(period, text));
    else if (!want)
        yaml_find_key(trial->report, node, "pack-proof", "the report of '" STR_FMT "' for %s is " STR_FMT ", which the case does not say", STR_ARG(org), period_format(period, text),
                      STR_ARG(is));
    else if (!str_eq(is, str_from(want)))
        yaml_find(trial->report, node, "pack-proof", "the report of '" STR_FMT "' for %s is " STR_FMT ", not %s", STR_ARG(org), period_format(period, text), STR_ARG(is), want);
}

static const PackReported *wanted_report(const Trial *trial, Str org, Period period)
{
    for (size_t i = 0; i < trial->c->reports.n; i++)
        if (str_eq(trial->c->reports.v[i].org, org) && trial->c->reports.v[i].period == period)
            return &trial->c->reports.v[i];
    return NULL;
}

/* All institutions in a period that the case names. */
static bool look_at_period(DbConn *conn, const Trial *trial, int64_t dataset, Period period, GError **err)
{
    for (size_t i = 0; i < trial->orgs.n; i++) {
        const TrialOrg *org = &trial->orgs.v[i];
        const PackReported *want = wanted_report(trial, org->name, period);
        ExpectedOfRow row;
        bool found;
        if (!find_report(conn, trial, dataset, org->id, period, &row, &found, err))
            return false;
        if (found || want)
            tell_report(trial, want ? want->entry.node : trial->c->entry.node, org->name, period, found ? row.state : STR_NONE, want ? pack_report_words[want->state] : NULL);
    }
    return true;
}

bool trial_reports(Trial *trial, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    int64_t dataset;
    if (!conn || !dataset_number(conn, trial, &dataset, err))
        return false;
    for (size_t i = 0; i < trial->c->reports.n; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen |= trial->c->reports.v[j].period == trial->c->reports.v[i].period;
        if (!seen && !look_at_period(conn, trial, dataset, trial->c->reports.v[i].period, err))
            return false;
    }
    return true;
}

/* --- Duties of persons ------------------------------------------------------------------------------------------------------------ */

static const TrialFile *file_of(const Trial *trial, const PackDataset *dataset)
{
    for (size_t i = 0; i < trial->n_files; i++)
        if (str_eq(trial->files[i].dataset->full_name, dataset->full_name))
            return &trial->files[i];
    return NULL;
}

static Str cell_of(const TrialFile *file, size_t row, Str column)
{
    for (size_t i = 0; i < file->table.n_columns; i++)
        if (str_eq(str_trim(file->table.header[i]), column))
            return str_trim(file->table.rows[row][i]);
    return STR_NONE;
}

int64_t trial_person(const Trial *trial, const TrialFile *file, size_t row)
{
    const PackPerson *person = file->dataset->subject ? file->dataset->subject->person : NULL;
    int64_t found = 0;
    for (size_t i = 0; person && found <= 0 && i < person->by.n; i++) {
        Str number = cell_of(file, row, person->inputs[i]->entry.id);
        if (number.n > 0)
            found = hub_person_find(trial->persons, person->inputs[i], number);
    }
    return found;
}

static Str duty_full_name(const Trial *trial, const PackOwed *owed)
{
    return arena_printf(trial->arena, STR_FMT "." STR_FMT, STR_ARG(trial->c->dataset->pack->id), STR_ARG(owed->duty_name));
}

static bool find_owed(DbConn *conn, const Trial *trial, const PackOwed *owed, OwedFindRow *ret_row, bool *ret_found, GError **err)
{
    const TrialFile *file = file_of(trial, owed->duty->owed_for);
    *ret_found = false;
    int64_t person = file ? trial_person(trial, file, (size_t) owed->row - 1) : 0;
    return person <= 0 || db_one(conn, OwedFind, trial->arena, ret_row, ret_found, err, .duty = duty_full_name(trial, owed), .person = person, .seq = (int64_t) owed->period);
}

static bool say_owed_in_tx(DbConn *tx, void *data, GError **err)
{
    Trial *trial = data;
    for (size_t i = 0; i < trial->c->duties.n; i++) {
        const PackOwed *owed = &trial->c->duties.v[i];
        OwedFindRow row;
        bool found;
        if (owed->said < 0)
            continue;
        if (!find_owed(tx, trial, owed, &row, &found, err))
            return false;
        OwedExcusing what = { .who = { STR_NONE, "command", clock_now_ms(trial->clock) }, .account = DB_NULL_INT, .duty = duty_full_name(trial, owed), .seq = (int64_t) owed->period,
                              .reason = str_from(reason) };
        if (!found)
            continue;
        what.person = row.person;
        char uid[UID_TEXT_MAX];
        what.person_uid = str_from(hub_person_uid(trial->persons, row.person, uid));
        if (!owed_excuse(tx, &what, err))
            return false;
    }
    return true;
}

bool trial_owed_said(Trial *trial, GError **err)
{
    return db_write(trial->db, DB_BULK, say_owed_in_tx, trial, err);
}

static void tell_owed(const Trial *trial, const PackOwed *owed, const OwedFindRow *row, bool found)
{
    char day[DATE_TEXT_MAX];
    const Yaml *node = owed->entry.node;
    const char *state = found ? owed_states[owed_state(row->due, row->last, row->done_on, row->reason.p != NULL, clock_today(trial->clock))] : pack_owed_words[0];
    if (!g_str_equal(state, pack_owed_words[owed->state]))
        yaml_find(trial->report, node, "pack-proof", "row %d: '" STR_FMT "' is %s, not %s", (int) owed->row, STR_ARG(owed->duty_name), state, pack_owed_words[owed->state]);
    else if (found && owed->due != DATE_NONE && owed->due != row->due)
        yaml_find(trial->report, node, "pack-proof", "row %d: '" STR_FMT "' is due on %s", (int) owed->row, STR_ARG(owed->duty_name), date_format(row->due, day));
}

static bool is_wanted(const Trial *trial, const PackOwed *like, int64_t person)
{
    for (size_t i = 0; i < trial->c->duties.n; i++) {
        const PackOwed *owed = &trial->c->duties.v[i];
        const TrialFile *file = file_of(trial, owed->duty->owed_for);
        if (owed->duty == like->duty && owed->period == like->period && file && trial_person(trial, file, (size_t) owed->row - 1) == person)
            return true;
    }
    return false;
}

/* Who else owes a duty that the case names. */
static bool look_for_more(DbConn *conn, const Trial *trial, const PackOwed *owed, GError **err)
{
    const TrialFile *file = file_of(trial, owed->duty->owed_for);
    for (size_t row = 0; file && row < file->table.n_rows; row++) {
        int64_t person = trial_person(trial, file, row);
        OwedFindRow found_row;
        bool found = false;
        if (person <= 0 || is_wanted(trial, owed, person))
            continue;
        if (!db_one(conn, OwedFind, trial->arena, &found_row, &found, err, .duty = duty_full_name(trial, owed), .person = person, .seq = (int64_t) owed->period))
            return false;
        if (found)
            yaml_find_key(trial->report, trial->c->entry.node, "pack-proof", "row %zu owes '" STR_FMT "', too, which the case does not say", row + 1, STR_ARG(owed->duty_name));
    }
    return true;
}

bool trial_owed(Trial *trial, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    for (size_t i = 0; conn && i < trial->c->duties.n; i++) {
        const PackOwed *owed = &trial->c->duties.v[i];
        OwedFindRow row = { 0 };
        bool found, first = true;
        if (!find_owed(conn, trial, owed, &row, &found, err))
            return false;
        tell_owed(trial, owed, &row, found);
        for (size_t j = 0; j < i; j++)
            first &= trial->c->duties.v[j].duty != owed->duty || trial->c->duties.v[j].period != owed->period;
        if (first && !look_for_more(conn, trial, owed, err))
            return false;
    }
    return conn != NULL;
}

/* --- Signals ---------------------------------------------------------------------------------------------------------------------- */

enum { SIGNALS_MOST = 10000 };

/* Percent with two decimals, cut off: nothing that is under a line shows as on it. */
static Decimal percent(int64_t value_ppm)
{
    return decimal_make(value_ppm / 100, 2);
}

static const PackSignalled *wanted_signal(const Trial *trial, const Signal *signal)
{
    for (size_t i = 0; i < trial->c->signals.n; i++) {
        const PackSignalled *want = &trial->c->signals.v[i];
        const TrialOrg *org = trial_org(trial, want->org);
        if (org && org->id == signal->org && want->period == signal->period)
            return want;
    }
    return NULL;
}

static Str org_name(const Trial *trial, int64_t id)
{
    for (size_t i = 0; i < trial->orgs.n; i++)
        if (trial->orgs.v[i].id == id)
            return trial->orgs.v[i].name;
    return STR_NONE;
}

static void tell_signal(const Trial *trial, const Signal *signal, const PackSignalled *want)
{
    char period[PERIOD_TEXT_MAX], score[DECIMAL_TEXT_MAX];
    Decimal is = percent(signal->value);
    if (!want)
        yaml_find_key(trial->report, trial->c->entry.node, "pack-proof", "the score of '" STR_FMT "' in %s is under the line (%s), which the case does not say",
                      STR_ARG(org_name(trial, signal->org)), period_format(signal->period, period), decimal_format(is, score));
    else if (want->score.value >= 0 && decimal_cmp(want->score, is) != 0)
        yaml_find(trial->report, want->entry.node, "pack-proof", "the score of '" STR_FMT "' in %s is %s", STR_ARG(want->org), period_format(signal->period, period),
                  decimal_format(is, score));
}

bool trial_signals(Trial *trial, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    Signal *signals;
    size_t n;
    if (trial->c->signals.n == 0 && !trial->c->no_signals)
        return conn != NULL;
    if (!conn || !signals_in(conn, "quality", "open", SIGNALS_MOST, trial->arena, &signals, &n, err))
        return false;
    g_autofree bool *seen = g_new0(bool, trial->c->signals.n + 1);
    for (size_t i = 0; i < n; i++) {
        const PackSignalled *want = wanted_signal(trial, &signals[i]);
        if (!str_eq(signals[i].what, own_dataset(trial)->full_name))
            continue;
        tell_signal(trial, &signals[i], want);
        if (want)
            seen[want - trial->c->signals.v] = true;
    }
    for (size_t i = 0; i < trial->c->signals.n; i++)
        if (!seen[i])
            yaml_find(trial->report, trial->c->signals.v[i].entry.node, "pack-proof", "the score of '" STR_FMT "' in " STR_FMT " is not under the line",
                      STR_ARG(trial->c->signals.v[i].org), STR_ARG(trial->c->signals.v[i].period_text));
    return true;
}
