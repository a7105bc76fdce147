/* Steps of an apply: rows into the table, and what an organisation's month has become. */
#include "db/queries.h"
#include "hub/apply.h"

#include "base/banned.h"

void apply_state(ApplyPart *part, int state, int by)
{
    part->rows += by;
    part->held += state == HUB_HELD ? by : 0;
    part->warned += state == HUB_WARNED ? by : 0;
}

bool apply_parts(DbConn *tx, const Apply *apply, const ApplyPart *parts, size_t n, GError **err)
{
    g_autofree ApplySegmentArgs *segments = g_new(ApplySegmentArgs, n);
    g_autofree ApplyPartArgs *came = g_new(ApplyPartArgs, n);
    for (size_t i = 0; i < n; i++) {
        const ApplyPart *part = &parts[i];
        segments[i] = (ApplySegmentArgs) { .dataset = apply->tables.dataset, .org = part->org, .month = part->month, .rows = part->rows, .held = part->held, .warned = part->warned, .batch = apply->batch };
        came[i] = (ApplyPartArgs) { .batch = apply->batch, .org = part->org, .month = part->month, .rows = part->came, .held = part->came_held, .warned = part->came_warned,
                                    .added = part->added, .changed = part->changed, .same = part->same, .deleted = part->deleted };
    }
    return db_exec_all(tx, ApplySegment, segments, n, err) && db_exec_all(tx, ApplyPart, came, n, err);
}

/* --- One organisation's month of a step ---------------------------------------------------------------------------------------- */

static const DbValue *cells_of(const Apply *apply, const RunChunk *chunk, size_t row)
{
    return chunk->cells + row * apply->spec.n;
}

/* Of a chunk: written together behind its rows. */
typedef ARENA_LIST(ApplyPart) Parts;

static void count_row(ApplyPart *part, const DbMergeTold *told, int state)
{
    if (told->outcome == DB_CLASH)
        return;
    part->came++;
    part->came_held += state == HUB_HELD;
    part->came_warned += state == HUB_WARNED;
    part->added += told->outcome == DB_ADDED;
    part->changed += told->outcome == DB_CHANGED || told->outcome == DB_MOVED;
    part->same += told->outcome == DB_SAME;
    if (told->outcome == DB_SAME)
        return;
    if (told->outcome == DB_CHANGED)
        apply_state(part, told->old_state, -1);
    apply_state(part, state, 1);
}

/* A row that moved leaves a gap where it stood, and takes its defects along: what it breaks now is found where it stands. */
static bool leave_old(DbConn *tx, const Apply *apply, const DbMergeTold *told, const DbValue *cells, Parts *parts, GError **err)
{
    ApplyPart part = { .month = told->old_month, .org = cells[RUN_ORG].number };
    apply_state(&part, told->old_state, -1);
    *ARENA_PUSH(apply->arena, parts) = part;
    return apply_close(tx, apply, part.month, part.org, &cells[RUN_KEY].number, 1, err)
           && apply_case_move(tx, apply, part.org, cells[RUN_KEY].number, part.month, cells[RUN_MONTH].number, err);
}

/* Two keys of one number: the second cannot be stored, and is told of. */
static bool reject_clash(DbConn *tx, const Apply *apply, const RunRow *row, GError **err)
{
    return db_exec(tx, ApplyReject, NULL, err, .batch = apply->batch, .row = row->number, .at = arena_printf(apply->arena, "row %u", row->number), .code = STR("key-clash"), .field = STR_NONE,
                   .raw = STR(""));
}

static bool end_part(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, size_t first, size_t end, ApplyCounts *counts, Parts *parts, GError **err)
{
    const DbValue *head = cells_of(apply, chunk, first);
    ApplyPart part = { .month = head[RUN_MONTH].number, .org = head[RUN_ORG].number };
    for (size_t i = first; i < end; i++) {
        const DbValue *cells = cells_of(apply, chunk, i);
        count_row(&part, &told[i], (int) cells[RUN_STATE].number);
        if ((told[i].outcome == DB_MOVED && !leave_old(tx, apply, &told[i], cells, parts, err)) || (told[i].outcome == DB_CLASH && !reject_clash(tx, apply, &chunk->rows[i], err)))
            return false;
    }
    counts->added += part.added;
    counts->changed += part.changed;
    counts->same += part.same;
    *ARENA_PUSH(apply->arena, parts) = part;
    return apply_mended(tx, apply, chunk, told, first, end, err) && apply_cases(tx, apply, chunk, told, first, end, err);
}

static bool same_part(const Apply *apply, const RunChunk *chunk, size_t a, size_t b)
{
    const DbValue *x = cells_of(apply, chunk, a), *y = cells_of(apply, chunk, b);
    return x[RUN_MONTH].number == y[RUN_MONTH].number && x[RUN_ORG].number == y[RUN_ORG].number;
}

/* --- Whom the rows are about --------------------------------------------------------------------------------------------------------- */

/* Whether a row's key says whom it is about: then a row that stays where it is stays that person's. */
static bool key_holds_person(const PackDataset *dataset)
{
    for (size_t i = 0; i < dataset->key.n; i++)
        if (str_eq(dataset->key.v[i].text, STR("person")))
            return true;
    return false;
}

static PersonRecord *more_notes(ApplyNotes *notes, size_t n)
{
    if (notes->n + n > notes->cap) {
        notes->cap = MAX(notes->n + n, 2 * notes->cap);
        notes->v = g_renew(PersonRecord, notes->v, notes->cap);
    }
    return notes->v;
}

/* Where the person's rows stand (hub_records_of): those that are new there, or may be of another person now. */
static void note_persons(Apply *apply, const RunChunk *chunk, const DbMergeTold *told)
{
    enum { RUN_PERSON = RUN_STATE + 1 };
    if (!apply->dataset->subject || !apply->dataset->subject->person)
        return;
    PersonRecord *records = more_notes(&apply->notes, chunk->n);
    bool holds = key_holds_person(apply->dataset);
    for (size_t i = 0; i < chunk->n; i++) {
        const DbValue *cells = cells_of(apply, chunk, i);
        bool fresh = told[i].outcome == DB_ADDED || told[i].outcome == DB_MOVED || (told[i].outcome == DB_CHANGED && !holds);
        if (fresh && cells[RUN_PERSON].number > 0)
            records[apply->notes.n++] = (PersonRecord) { cells[RUN_PERSON].number, apply->tables.dataset, cells[RUN_MONTH].number, cells[RUN_ORG].number, cells[RUN_KEY].number };
    }
}

static bool apply_chunk(DbConn *tx, Apply *apply, const RunChunk *chunk, ApplyCounts *counts, GError **err)
{
    g_autofree DbMergeTold *told = g_new(DbMergeTold, chunk->n);
    if (!db_merge_rows(tx, apply->merge, chunk->cells, chunk->n, told, err))
        return false;
    Parts parts = { 0 };
    note_persons(apply, chunk, told);
    for (size_t first = 0, end; first < chunk->n; first = end) {
        for (end = first + 1; end < chunk->n && same_part(apply, chunk, first, end);)
            end++;
        if (!end_part(tx, apply, chunk, told, first, end, counts, &parts, err))
            return false;
    }
    return apply_found(tx, apply, chunk, told, err) && apply_parts(tx, apply, parts.v, parts.n, err);
}

/* SQLite stores rows one by one: they are decoded by some hundred, so that they are still in the processor's cache then. PostgreSQL is asked and told by the ten thousand. */
static const size_t chunk_rows[] = { [DB_SQLITE] = 500, [DB_POSTGRES] = APPLY_STEP };

bool apply_rows(DbConn *tx, Apply *apply, RunReader *reader, size_t most, ApplyCounts *counts, size_t *ret_rows, GError **err)
{
    size_t each = chunk_rows[db_conn_engine(tx)], rows = 0;
    RunChunk chunk;
    apply->notes.n = 0;
    do {
        if (!run_next(reader, MIN(each, most - rows), &chunk, err) || (chunk.n > 0 && !apply_chunk(tx, apply, &chunk, counts, err)))
            return false;
        rows += chunk.n;
    } while (chunk.n > 0 && rows < most);
    *ret_rows = rows;
    return hub_records_note(tx, apply->notes.v, apply->notes.n, err);
}

/* --- Without writing ------------------------------------------------------------------------------------------------------------- */

static bool look_at(const Apply *apply, const RunChunk *chunk, HubResult *result, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(hub_open(apply->hub)->db, err);
    g_autofree DbMergeTold *told = g_new(DbMergeTold, chunk->n);
    if (!conn || !db_merge_look(conn, apply->merge, chunk->cells, chunk->n, told, err))
        return false;
    for (size_t i = 0; i < chunk->n; i++) {
        result->added += told[i].outcome == DB_ADDED;
        result->changed += told[i].outcome == DB_CHANGED || told[i].outcome == DB_MOVED;
        result->same += told[i].outcome == DB_SAME;
    }
    return true;
}

bool apply_look(Apply *apply, HubResult *result, GError **err)
{
    g_autoptr(RunReader) reader = run_reader_new(apply->run, 0, err);
    RunChunk chunk = { 0 };
    result->added = result->changed = result->same = 0;
    result->deleted = result->would_delete;
    do {
        if (!reader || !run_next(reader, APPLY_STEP, &chunk, err) || (chunk.n > 0 && !look_at(apply, &chunk, result, err)))
            return false;
    } while (chunk.n > 0);
    return true;
}
