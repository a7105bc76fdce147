/* The assessment: what each unit's figures are worth by declared weights, and its place among the others. */
#include "ledger/report_count.h"

#include "db/queries.h"

#include "base/banned.h"

const char report_measures[] = "on_time first_pass relapse overdue progress done closed";

/* Where a plan says nothing else. Source of the measures: facts on rates of completion, in time, at the first attempt, and of relapse; what is overdue beside them. */
static const struct {
    const char *measure;
    int64_t weight;
} defaults[] = { { "on_time", 40 }, { "first_pass", 20 }, { "relapse", 20 }, { "overdue", 10 }, { "progress", 10 } };

static void measure(const Figures *f, const char *name, int64_t *ret_n, int64_t *ret_of)
{
    const struct {
        const char *name;
        int64_t n, of;
    } values[] = {
        { "on_time", f->on_time, f->due },
        { "first_pass", f->first_pass, f->finished },
        { "relapse", f->ever_closed - MIN(f->relapsed, f->ever_closed), f->ever_closed },
        { "overdue", f->open - f->overdue, f->open },
        { "progress", f->told, f->asked },
        { "done", f->done, f->due },
        { "closed", f->closed, f->tasks },
    };
    *ret_n = *ret_of = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        if (g_str_equal(values[i].name, name)) {
            *ret_n = values[i].n;
            *ret_of = values[i].of;
        }
}

/* Tenths of a point of a hundred, rounded half up; a measure without anything to measure gives its weight to the others. */
static void score_unit(const Report *report, ReportUnit *unit)
{
    enum { PARTS = 100000 };
    int64_t sum = 0, weights = 0;
    for (size_t i = 0; i < MEASURES; i++) {
        ReportPoint *point = &unit->points[i];
        *point = (ReportPoint) { report->weights[i].measure, report->weights[i].weight, 0, 0 };
        if (!point->measure)
            continue;
        measure(&unit->f, point->measure, &point->n, &point->of);
        if (point->of == 0 || point->weight == 0)
            continue;
        sum += point->weight * point->n * PARTS / point->of;
        weights += point->weight;
    }
    unit->scored = weights > 0;
    unit->score_tenths = weights > 0 ? (sum * 1000 / weights + PARTS / 2) / PARTS : 0;
}

/* The best first, those that nothing can be said of last; then in official order. */
static int by_score(const void *a, const void *b)
{
    const ReportUnit *x = a, *y = b;
    if (x->scored != y->scored)
        return x->scored ? -1 : 1;
    if (x->score_tenths != y->score_tenths)
        return x->score_tenths > y->score_tenths ? -1 : 1;
    if (x->org.rank != y->org.rank)
        return x->org.rank < y->org.rank ? -1 : 1;
    return x->org.id < y->org.id ? -1 : x->org.id > y->org.id;
}

/* Units without a task say nothing. */
static void drop_empty(Report *report)
{
    size_t n = 0;
    for (size_t i = 0; i < report->units.n; i++)
        if (report->units.v[i].f.tasks > 0)
            report->units.v[n++] = report->units.v[i];
    report->units.n = n;
}

static int64_t next_int(Str *line)
{
    int64_t value;
    return str_to_int64(str_cut(line, ' '), &value) ? value : DB_NULL_INT;
}

/* What report_units_text wrote for the report before. */
static void read_previous(const Report *report, ReportUnit *unit)
{
    for (Str rest = report->previous_units; rest.p;) {
        Str line = str_cut(&rest, '\n'), uid = str_cut(&line, ' ');
        if (!str_eq(uid, unit->org.uid))
            continue;
        unit->previous_rank = next_int(&line);
        unit->previous_done = next_int(&line);
        unit->previous_due = next_int(&line);
    }
}

Str report_units_text(const Report *report)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    for (size_t i = 0; i < report->units.n; i++) {
        const ReportUnit *unit = &report->units.v[i];
        g_string_append_printf(lines, STR_FMT " ", STR_ARG(unit->org.uid));
        if (unit->scored)
            g_string_append_printf(lines, "%" G_GINT64_FORMAT, unit->rank);
        g_string_append_printf(lines, " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", unit->f.done, unit->f.due);
    }
    return arena_str(report->arena, str_from_gstring(lines));
}

bool report_weights_parse(Str text, Arena *arena, ReportWeight weights[static REPORT_MEASURES], size_t *ret_n, GError **err)
{
    const JsonValue *list = json_parse(text, arena, err);
    size_t n = 0;
    for (const JsonValue *entry = list ? list->first : NULL; entry; entry = entry->next) {
        Str name;
        int64_t weight;
        if (!json_get_str(entry, "measure", &name, err) || !json_get_int(entry, "weight", 0, 100, &weight, err))
            return false;
        bool twice = false;
        for (size_t i = 0; i < n; i++)
            twice |= str_eq(name, str_from(weights[i].measure));
        if (!flow_has_word(report_measures, name) || twice || n == REPORT_MEASURES)
            return json_bad(json_get(entry, "measure"), err, "one of %s, each once", report_measures);
        weights[n++] = (ReportWeight) { arena_str(arena, name).p, weight };
    }
    *ret_n = n;
    return list != NULL;
}

bool report_weights(Report *report, GError **err)
{
    ReportWeight weights[REPORT_MEASURES];
    PlanAssessRow plan;
    bool found = false;
    size_t n = 0;
    int64_t id = report->scope->plan;
    if (id != DB_NULL_INT && (!db_one(report->conn, PlanAssess, report->arena, &plan, &found, err, .plan = id)
                              || (found && !report_weights_parse(plan.assess, report->arena, weights, &n, err))))
        return false;
    for (size_t i = 0; i < MEASURES; i++)
        report->weights[i] = i < n ? (ReportPoint) { weights[i].measure, weights[i].weight, 0, 0 } : (ReportPoint) { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(defaults) && n == 0; i++)
        report->weights[i] = (ReportPoint) { defaults[i].measure, defaults[i].weight, 0, 0 };
    return true;
}

void report_score(Report *report)
{
    drop_empty(report);
    for (size_t i = 0; i < report->units.n; i++)
        score_unit(report, &report->units.v[i]);
    if (report->units.n > 1)
        qsort(report->units.v, report->units.n, sizeof *report->units.v, by_score);
    for (size_t i = 0; i < report->units.n; i++) {
        ReportUnit *unit = &report->units.v[i], *above = i > 0 ? unit - 1 : NULL;
        bool same = above && above->scored == unit->scored && above->score_tenths == unit->score_tenths;
        if (unit->scored)
            unit->rank = same ? above->rank : (int64_t) i + 1;
        read_previous(report, unit);
    }
}
