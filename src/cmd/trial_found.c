/* What a case gives, in the form of a proof: for who writes one, and then reads every line of it. */
#include "cmd/trial.h"

#include "db/queries.h"
#include "flow/signals.h"

#include "base/banned.h"

enum { FOUND_MOST = 100000 };

static void write_owed(const Trial *trial, const Str *duty, size_t row, const OwedRangeRow *owed)
{
    char day[DATE_TEXT_MAX], period[PERIOD_TEXT_MAX];
    OwedState state = owed_state(owed->due, owed->last, owed->done_on, false, clock_today(trial->clock));
    g_string_append_printf(trial->found, "      - {duty: " STR_FMT ", row: %zu, ", STR_ARG(*duty), row);
    if (owed->seq != 0)
        g_string_append_printf(trial->found, "period: %s, ", period_format((Period) owed->seq, period));
    g_string_append_printf(trial->found, "due: %s, state: %s}\n", date_format(owed->due, day), owed_states[state]);
}

/* By rows of the duty's register. */
static bool write_duty(DbConn *conn, const Trial *trial, int64_t id, const PackDuty *duty, GError **err)
{
    const TrialFile *file = NULL;
    for (size_t i = 0; i < trial->n_files; i++)
        if (str_eq(trial->files[i].dataset->full_name, duty->owed_for->full_name))
            file = &trial->files[i];
    for (size_t row = 0; file && row < file->table.n_rows; row++) {
        int64_t person = trial_person(trial, file, row);
        g_autoptr(DbRows) rows = person > 0 ? db_query(conn, OwedRange, err, .duty = id, .first = person, .last = person, .limit = FOUND_MOST) : NULL;
        for (OwedRangeRow owed; rows && db_next(rows, &owed, err);)
            write_owed(trial, &duty->entry.id, row + 1, &owed);
        if (person > 0 && !db_rows_ok(rows))
            return false;
    }
    return true;
}

static bool write_duties(DbConn *conn, const Trial *trial, GError **err)
{
    const Pack *pack = packs_find(trial->base->packs, trial->c->dataset->pack->id);
    ARENA_LIST(OwedDutiesRow) known = { 0 };
    g_autoptr(DbRows) rows = db_query(conn, OwedDuties, err);
    for (OwedDutiesRow row; rows && db_next(rows, &row, err);) {
        row.name = arena_str(trial->arena, row.name);
        *ARENA_PUSH(trial->arena, &known) = row;
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t d = 0; d < pack->duties.n; d++)
        for (size_t i = 0; i < known.n; i++)
            if (str_eq(known.v[i].name, arena_printf(trial->arena, STR_FMT "." STR_FMT, STR_ARG(pack->id), STR_ARG(pack->duties.v[d].entry.id)))
                && !write_duty(conn, trial, known.v[i].id, &pack->duties.v[d], err))
                return false;
    return true;
}

static bool write_reports(DbConn *conn, const Trial *trial, GError **err)
{
    QualityDatasetRow dataset;
    bool found;
    if (!db_one(conn, QualityDataset, trial->arena, &dataset, &found, err, .name = trial->c->dataset->full_name))
        return false;
    for (size_t i = 0; found && i < trial->orgs.n; i++) {
        g_autoptr(DbRows) rows = db_query(conn, ExpectedOf, err, .dataset = dataset.id, .org = trial->orgs.v[i].id, .first = 0, .last = G_MAXINT32);
        for (ExpectedOfRow row; rows && db_next(rows, &row, err);) {
            char period[PERIOD_TEXT_MAX];
            g_string_append_printf(trial->found, "      - {org: " STR_FMT ", period: %s, state: " STR_FMT "}\n", STR_ARG(trial->orgs.v[i].name),
                                   period_format((Period) row.period, period), STR_ARG(row.state));
        }
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

static bool write_signals(DbConn *conn, const Trial *trial, GError **err)
{
    Signal *signals;
    size_t n;
    if (!signals_in(conn, "quality", "open", FOUND_MOST, trial->arena, &signals, &n, err))
        return false;
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < trial->orgs.n; o++) {
            char period[PERIOD_TEXT_MAX], score[DECIMAL_TEXT_MAX];
            if (trial->orgs.v[o].id == signals[i].org && str_eq(signals[i].what, trial->c->dataset->full_name))
                g_string_append_printf(trial->found, "      - {org: " STR_FMT ", period: %s, score: %s}\n", STR_ARG(trial->orgs.v[o].name), period_format(signals[i].period, period),
                                       decimal_format(decimal_make(signals[i].value / 100, 2), score));
        }
    return true;
}

bool trial_found(Trial *trial, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    if (!conn)
        return false;
    g_string_append_printf(trial->found, "  - id: " STR_FMT "\n    duties:\n", STR_ARG(trial->c->entry.id));
    if (!write_duties(conn, trial, err))
        return false;
    g_string_append(trial->found, "    reports:\n");
    if (!write_reports(conn, trial, err))
        return false;
    g_string_append(trial->found, "    signals:\n");
    return write_signals(conn, trial, err);
}
