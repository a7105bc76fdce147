/* The files of one period, institution by institution: made in memory, written at once. */
#include "city/send.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "city/random.h"

#include "base/banned.h"

enum { SALT_SILENT = 1, SALT_LATE, SALT_LATE_DAYS, SALT_DAYS, SALT_TWICE, SALT_TWICE_DAYS };

typedef struct {
    CityTask *task;
    CityFileOut file;      /* that is being written; org NULL: none */
    CitySent sent;
    char period[PERIOD_TEXT_MAX];
    uint16_t next_org;     /* of the reporters that have not come yet */
    const CityOrgList *reporters;
    ExprRunner *runner;
    Arena *scratch;
} Sending;

/* --- When, and whether at all -------------------------------------------------------------------------------------------------- */

static bool chance(uint64_t key, uint64_t salt, Decimal share)
{
    double value = (double) share.value;
    for (int i = 0; i < share.scale; i++)
        value /= 10;
    return random_unit(random_of(key, salt)) < value;
}

static uint64_t file_key(const Sending *s, const CityOrg *org)
{
    return random_of(random_of(org->key, s->task->stream->key), s->task->file);
}

static void decide(Sending *s, const CityOrg *org)
{
    const CityTask *task = s->task;
    const CityDiligence *how = org->diligence;
    uint64_t key = file_key(s, org);
    CitySent *sent = &s->sent;
    *sent = (CitySent) { .stream = task->stream->stream, .org = org };
    g_strlcpy(sent->period, s->period, sizeof sent->period);
    if (task->file == 0) { /* what is older than the records: brought with them on the first day */
        sent->sent = task->run->first;
        return;
    }
    int64_t days = how->days_min + (int64_t) random_below(random_of(key, SALT_DAYS), (uint64_t) MAX(how->days_max - how->days_min, 0) + 1);
    sent->withheld = chance(key, SALT_SILENT, how->silent);
    sent->late = !sent->withheld && chance(key, SALT_LATE, how->late);
    sent->repeated = !sent->withheld && chance(key, SALT_TWICE, how->twice);
    if (sent->late)
        days += 7 + (int64_t) random_below(random_of(key, SALT_LATE_DAYS), (uint64_t) how->late_days + 1);
    sent->sent = period_end(task->stream->periods[task->file]) + (Date) days;
}

/* --- A file ------------------------------------------------------------------------------------------------------------------------ */

static bool write_file(const char *out, const char *path, Str content, GError **err)
{
    g_autofree char *whole = g_build_filename(out, path, NULL);
    AUTO_FD fd = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT) {
        g_autofree char *dir = g_path_get_dirname(whole);
        if (!file_make_dir(dir, err))
            return false;
        fd = open(whole, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return fd < 0 ? error_set_errno(err, errno, "cannot write %s", whole) : file_write_all(fd, content, err);
}

static char *path_of(const Sending *s, const CitySoftware *software)
{
    const CityStream *stream = s->task->stream->stream;
    bool same = str_eq(stream->entry.id, stream->dataset_name);
    return g_strdup_printf(STR_FMT "/%s/" STR_FMT "%s" STR_FMT ".%s", STR_ARG(s->sent.org->code), s->period, STR_ARG(stream->dataset->full_name), same ? "" : "-",
                           STR_ARG(same ? STR("") : stream->entry.id), city_writers[software->format].extension);
}

static void begin_file(Sending *s, const CityOrg *org, bool empty)
{
    const CityTask *task = s->task;
    decide(s, org);
    s->sent.software = city_software(task->dialects, org, empty);
    s->sent.path = path_of(s, s->sent.software);
    GString *out = s->file.out;
    s->file = (CityFileOut) { task->dialects, org, s->sent.software, task->stream->periods[task->file], s->period, s->sent.sent, g_string_truncate(out, 0), 0, 0 };
    city_writers[s->file.software->format].begin(&s->file);
}

static bool end_file(Sending *s)
{
    CityTask *task = s->task;
    if (!s->file.org)
        return true;
    s->file.org = NULL;
    if (!city_writers[s->sent.software->format].end(&s->file, &task->err))
        return false;
    s->sent.rows = s->file.rows;
    s->sent.bytes = s->file.out->len;
    if (!s->sent.withheld && !write_file(task->out, s->sent.path, str_from_gstring(s->file.out), &task->err))
        return false;
    if (s->sent.withheld)
        g_string_append_printf(task->mistakes, "%s,0," STR_FMT ",,withheld,missing\n", s->sent.path, STR_ARG(s->sent.stream->dataset->full_name));
    g_array_append_val(task->sent, s->sent);
    if (s->sent.repeated) {
        CitySent again = s->sent;
        again.path = g_strdup(s->sent.path);
        again.repeated = false;
        again.sent += 3 + (Date) random_below(random_of(file_key(s, again.org), SALT_TWICE_DAYS), 20);
        g_string_append_printf(task->mistakes, "%s,0," STR_FMT ",,again,none,\n", again.path, STR_ARG(again.stream->dataset->full_name));
        g_array_append_val(task->sent, again);
    }
    return true;
}

/* Institutions that have nothing to report say so: a file without rows. */
static bool send_empty(Sending *s, uint16_t before)
{
    const CityTask *task = s->task;
    for (; s->reporters && s->next_org < s->reporters->n && s->reporters->orgs[s->next_org] < before; s->next_org++) {
        if (!end_file(s))
            return false;
        begin_file(s, &task->run->orgs.v[s->reporters->orgs[s->next_org]], true);
    }
    if (s->reporters && s->next_org < s->reporters->n && s->reporters->orgs[s->next_org] == before)
        s->next_org++;
    return true;
}

/* --- Rows ---------------------------------------------------------------------------------------------------------------------------- */

static bool send_row(Sending *s, const CityBatch *batch, const CityOcc *occ, size_t row)
{
    CityTask *task = s->task;
    const CityOrg *org = &task->run->orgs.v[occ->org];
    if (s->file.org != org) {
        if (!end_file(s) || !send_empty(s, occ->org) || !end_file(s))
            return false;
        begin_file(s, org, false);
    }
    const CityMistake *mistake = batch->mistakes[row];
    const CityWriter *writer = &city_writers[s->file.software->format];
    if (!mistake || mistake->kind != MISTAKE_LOST) {
        writer->row(&s->file, batch, row);
        s->file.rows++;
    }
    if (mistake && mistake->kind == MISTAKE_TWICE) {
        writer->row(&s->file, batch, row);
        s->file.rows++;
    }
    if (mistake && !s->sent.withheld)
        mistake_line(task, &s->file, s->sent.path, mistake, batch->also ? batch->also[row] : STR_NONE);
    return true;
}

/* What lies before the first day is counted as of the day before it. */
static void tally(CityTask *task, CityRows *rows, const CityOcc *occs)
{
    const CityStream *stream = task->stream->stream;
    for (size_t t = 0; t < stream->n_tallies; t++) {
        const CityCount *count = stream->tallies[t];
        const ExprColumn *by = count->by.p ? rows_column(rows, (uint32_t) plan_find(stream->plan, count->by)) : NULL;
        const ExprColumn *sum = count->sum.p ? rows_column(rows, (uint32_t) plan_find(stream->plan, count->sum)) : NULL;
        for (size_t i = 0; i < rows->n; i++) {
            Str text = by && !column_null(by, i) ? ((const Str *) by->values)[i] : STR("");
            uint64_t key = tally_key(task->run, task->stream, count, occs[i].org, period_of_date(count->period, MAX(occs[i].day, task->run->first - 1)), text);
            int64_t *have = g_hash_table_lookup(task->tallies[t], &key);
            if (!have) {
                uint64_t *own = g_new(uint64_t, 2);
                own[0] = key;
                own[1] = 0;
                g_hash_table_insert(task->tallies[t], own, own + 1);
                have = (int64_t *) own + 1;
            }
            *have += !sum ? 1 : column_null(sum, i) ? 0 : ((const int64_t *) sum->values)[i];
        }
    }
}

static void make_batch(Sending *s, CityBatch *batch, const CityOcc *occs, size_t n)
{
    CityTask *task = s->task;
    const CityStream *stream = task->stream->stream;
    const CityOutputs *outputs = task->dialects->outputs;
    batch->rows = rows_new(task->run, stream->plan, task->stream, occs, n, s->runner, s->scratch);
    tally(task, batch->rows, occs);
    if (!stream->dataset)
        return;
    batch->columns = ARENA_ARRAY(s->scratch, const ExprColumn *, outputs->n);
    batch->raw = ARENA_ARRAY(s->scratch, Str *, outputs->n);
    batch->mistakes = ARENA_ARRAY(s->scratch, const CityMistake *, n);
    for (size_t i = 0; i < outputs->n; i++)
        batch->columns[i] = outputs->v[i].column >= 0 ? rows_column(batch->rows, (uint32_t) outputs->v[i].column) : NULL;
    mistakes_make(task, batch, occs);
    if (task->run->options->check)
        check_batch(task, batch, s->runner, task->file == 0 ? task->run->first : period_end(task->stream->periods[task->file]) + 1);
}

static bool send_batch(Sending *s, const CityOcc *occs, size_t n)
{
    CityBatch batch = { 0 };
    ArenaMark mark = arena_mark(s->scratch);
    bool ok = true;
    make_batch(s, &batch, occs, n);
    for (size_t i = 0; ok && s->task->stream->stream->dataset && i < n; i++)
        ok = send_row(s, &batch, &occs[i], i);
    arena_rewind(s->scratch, mark);
    return ok;
}

void task_run(CityTask *task)
{
    g_autoptr(ExprRunner) runner = expr_runner_new();
    g_autoptr(Arena) scratch = arena_new();
    const CityStream *stream = task->stream->stream;
    Sending s = { .task = task, .runner = runner, .scratch = scratch };
    if (task->file == 0)
        g_strlcpy(s.period, "history", sizeof s.period);
    else
        period_format(task->stream->periods[task->file], s.period);
    bool reports = stream->dataset && stream->dataset->every != PACK_NEVER && task->file > 0 && stream->source != OF_CENSUS;
    const CityOrgList *lists = reports && stream->reporter->kinds.n > 0 ? orgs_chooser(task->run, stream->reporter) : NULL;
    bool own = reports && stream->reporter->home && str_eq(stream->entry.id, stream->dataset_name); /* streams beside it say more of the same dataset */
    s.reporters = lists ? &lists[task->run->orgs.n_areas] : own ? &task->run->orgs.homes : NULL;
    s.file.out = g_string_sized_new(1 << 16);
    bool ok = true;
    for (size_t from = task->from; ok && from < task->to; from += ROWS_MAX)
        ok = send_batch(&s, task->stream->occs + from, MIN(ROWS_MAX, task->to - from));
    ok = ok && stream->dataset && end_file(&s) && send_empty(&s, UINT16_MAX) && end_file(&s);
    g_string_free(s.file.out, TRUE);
}

void task_clear(CityTask *task)
{
    for (size_t i = 0; task->sent && i < task->sent->len; i++)
        g_free(g_array_index(task->sent, CitySent, i).path);
    for (size_t i = 0; task->tallies && i < task->stream->stream->n_tallies; i++)
        g_hash_table_unref(task->tallies[i]);
    g_clear_pointer(&task->sent, g_array_unref);
    g_clear_pointer(&task->tallies, g_free);
    if (task->mistakes)
        g_string_free(task->mistakes, TRUE);
    if (task->told)
        g_string_free(task->told, TRUE);
    g_clear_error(&task->err);
}
