/* What was found, as items: of the records by their cells and open defects, of what was expected. docs/quality.md has each with an example. */
#include "db/queries.h"
#include "indicator/engine.h"

#include "base/banned.h"

void work_item(Work *work, Str rule, QualityMeasure measure, int64_t weight, int64_t tested, int64_t passed, Str why)
{
    if (tested > 0 && weight > 0)
        *ARENA_PUSH(work->arena, &work->items) = (WorkItem) { { rule, measure, weight, tested, CLAMP(passed, 0, tested), 0 }, why };
}

/* A rule of kind row that reads one field looks at a value, one that reads more at how they agree. What it was sent with and the person's facts are fields, too. */
static QualityMeasure measure_of_row(const PackRule *rule)
{
    size_t n;
    expr_columns(rule->check.expr, false, &n);
    return n > 1 ? QUALITY_CONSISTENCY : QUALITY_VALIDITY;
}

QualityMeasure work_measure(const PackDataset *pack, const PackRule *rule)
{
    static const QualityMeasure kinds[] = {
        [PACK_LINK] = QUALITY_COMPLETENESS, [PACK_UNIQUE] = QUALITY_UNIQUENESS, [PACK_SET] = QUALITY_CONSISTENCY,
        [PACK_TOTAL] = QUALITY_CONSISTENCY, [PACK_VOLUME] = QUALITY_CONSISTENCY,
    };
    (void) pack;
    return rule->counts_for >= 0 ? (QualityMeasure) rule->counts_for : rule->kind == PACK_ROW ? measure_of_row(rule) : kinds[rule->kind];
}

/* --- Open defects ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Str rule;
    int64_t n;
} OpenOf;
typedef ARENA_LIST(OpenOf) Opens;

static int64_t open_of(const Opens *opens, Str rule)
{
    for (size_t i = 0; i < opens->n; i++)
        if (str_eq(opens->v[i].rule, rule))
            return opens->v[i].n;
    return 0;
}

/* Of all whose name begins so: type:dose, type:given_on … */
static int64_t open_of_all(const Opens *opens, Str beginning)
{
    int64_t sum = 0;
    for (size_t i = 0; i < opens->n; i++)
        sum += str_starts(opens->v[i].rule, beginning) ? opens->v[i].n : 0;
    return sum;
}

static bool read_open(DbConn *conn, Work *work, Opens *opens, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, QualityDefectsOpen, err, .dataset = work->set->id, .org = work->org, .month = work_read_month(work));
    for (QualityDefectsOpenRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(work->arena, opens) = (OpenOf) { arena_str(work->arena, row.rule), row.n };
    return db_rows_ok(rows);
}

/* --- Cells ---------------------------------------------------------------------------------------------------------------------------- */

/* All required cells, and the worst column by itself, which among many others would not be seen. A value that is none of its type was given: it fails there, and is not missing, too. */
static void items_filled(Work *work, const Opens *opens)
{
    const PackDataset *pack = work->set->pack;
    int64_t required = 0, filled = 0, worst_given = 0, worst_ratio = QUALITY_PPM;
    const CellField *worst = NULL;
    for (size_t i = 0; i < pack->fields.n; i++) {
        const CellField *field = &work->cells.fields[i];
        int64_t wrong = open_of(opens, arena_concat(work->arena, STR("type:"), pack->fields.v[i].entry.id)), given = MIN(field->required, field->filled + wrong);
        int64_t ratio = quality_ratio(given, field->required);
        required += field->required;
        filled += given;
        if (ratio >= 0 && ratio < worst_ratio) {
            worst = field;
            worst_given = given;
            worst_ratio = ratio;
        }
    }
    work_item(work, STR("filled"), QUALITY_COMPLETENESS, 1, required, filled, STR_NONE);
    if (worst)
        work_item(work, arena_concat(work->arena, STR("filled:"), pack->fields.v[worst - work->cells.fields].entry.id), QUALITY_COMPLETENESS, 1, worst->required,
                  worst_given, STR_NONE);
}

static void items_types(Work *work, const Opens *opens)
{
    int64_t there = 0, bad = open_of_all(opens, STR("type:"));
    for (size_t i = 0; i < work->set->pack->fields.n; i++)
        there += work->cells.fields[i].there;
    work_item(work, STR("type"), QUALITY_VALIDITY, 1, there + bad, there, STR_NONE);
}

static void item_row_rule(Work *work, const Opens *opens, size_t i)
{
    const PackRule *rule = &work->set->pack->rules.v[i];
    int64_t broken = open_of(opens, rule->entry.id), applies = work->cells.applies[i];
    int64_t tested = applies < 0 ? work->cells.rows : MAX(applies, broken);
    work_item(work, rule->entry.id, work_measure(work->set->pack, rule), rule->weight, tested, tested - broken, STR_NONE);
}

bool items_of_records(DbConn *conn, Work *work, GError **err)
{
    const PackDataset *pack = work->set->pack;
    Opens opens = { 0 };
    int64_t rows = work->cells.rows;
    if (rows == 0)
        return true;
    if (!read_open(conn, work, &opens, err))
        return false;
    items_filled(work, &opens);
    items_types(work, &opens);
    work_item(work, STR("repeated"), QUALITY_UNIQUENESS, 1, rows, rows - open_of_all(&opens, STR("repeated:")), STR_NONE);
    if (pack->subject && pack->subject->person)
        work_item(work, STR("person"), QUALITY_VALIDITY, 1, rows, rows - open_of_all(&opens, STR("person:")), STR_NONE);
    for (size_t i = 0; i < pack->rules.n; i++)
        if (pack->rules.v[i].kind == PACK_ROW)
            item_row_rule(work, &opens, i);
    return true;
}

/* --- What was expected --------------------------------------------------------------------------------------------------------------------- */

ExpectedState items_state(const Work *work, bool *ret_expected)
{
    int n[EXPECTED_EXCUSED + 1] = { 0 };
    static const ExpectedState by_weight[] = { EXPECTED_LATE, EXPECTED_IN, EXPECTED_ZERO, EXPECTED_MISSING, EXPECTED_WAITING, EXPECTED_EXCUSED };
    for (size_t i = 0; i < work->expected.n; i++)
        n[work->expected.v[i].state]++;
    *ret_expected = work->expected.n > 0;
    for (size_t i = 0; i < G_N_ELEMENTS(by_weight); i++)
        if (n[by_weight[i]] > 0)
            return by_weight[i];
    return EXPECTED_WAITING;
}

static bool in_time(const WorkExpected *expected)
{
    return expected->state == EXPECTED_ZERO && (!expected->timed || expected->zero_day <= expected->due);
}

/* Reports that came of those that are over: where there are several in a month, or no record says so. A zero is a report, and in time on the day on which it was said; silence is neither. */
void items_of_expected(Work *work)
{
    int64_t over = 0, came = 0, without = 0, without_in_time = 0;
    for (size_t i = 0; i < work->expected.n; i++) {
        const WorkExpected *expected = &work->expected.v[i];
        bool silent = expected->state == EXPECTED_MISSING, zero = expected->state == EXPECTED_ZERO;
        bool here = expected->state == EXPECTED_IN || expected->state == EXPECTED_LATE;
        over += silent || zero || here;
        came += zero || here;
        without += (silent && expected->timed) || zero;
        without_in_time += in_time(expected);
    }
    if (over > 1 || work->cells.rows == 0)
        work_item(work, STR("reported"), QUALITY_COMPLETENESS, 1, over, came, STR_NONE);
    int64_t tested = work->timed + without, passed = work->in_time + without_in_time;
    work_item(work, STR("on_time"), QUALITY_TIMELINESS, 1, tested, passed, STR_NONE);
}
