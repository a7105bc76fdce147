/* Where rows about a person stand: person → rows, without an index in random order. Each step of an apply appends one run, sorted by person and packed; a job joins eight runs of a level
 * into one of the next, so that each note is written again once for every eightfold of what there is, and a person is looked for in at most seven runs a level. */
#include "db/queries.h"
#include "hub/person_in.h"

#include "base/banned.h"

enum { PART_NOTES = 4096, JOINED_RUNS = 8, VARINT_MOST = 10, NOTE_MOST = 4 * VARINT_MOST + 8, WRITE_PARTS = 16, DELETE_PARTS = 64 };

/* --- Packing: person as the distance from the one before, then dataset, month, org, key ---------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const PersonRecord *x = a, *y = b;
    const int64_t left[] = { x->person, x->month, x->dataset, x->org, x->key }, right[] = { y->person, y->month, y->dataset, y->org, y->key };
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t) (value | 0x80);
    *to++ = (uint8_t) value;
    return to;
}

/* Months may lie before 1970. */
static uint64_t folded(int64_t value)
{
    return (uint64_t) value << 1 ^ (uint64_t) (value >> 63);
}

static size_t pack(const PersonRecord *records, size_t n, uint8_t *out)
{
    uint8_t *to = out;
    int64_t before = records[0].person;
    for (size_t i = 0; i < n; i++) {
        to = put_varint(to, (uint64_t) (records[i].person - before));
        to = put_varint(to, (uint64_t) records[i].dataset);
        to = put_varint(to, folded(records[i].month));
        to = put_varint(to, (uint64_t) records[i].org);
        memcpy(to, &(int64_t) { GINT64_TO_LE(records[i].key) }, 8);
        to += 8;
        before = records[i].person;
    }
    return (size_t) (to - out);
}

/* A part that is being read. */
typedef struct {
    const uint8_t *at, *end;
    int64_t person;
} Unpack;

static bool get_varint(Unpack *unpack, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && unpack->at < unpack->end; shift += 7) {
        uint8_t byte = *unpack->at++;
        value |= (uint64_t) (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* False at the end, and where it is damaged (then unpack->at is not the end). */
static bool unpack_next(Unpack *unpack, PersonRecord *ret_record)
{
    uint64_t person, dataset, month, org;
    if (unpack->at >= unpack->end)
        return false;
    if (!get_varint(unpack, &person) || !get_varint(unpack, &dataset) || !get_varint(unpack, &month) || !get_varint(unpack, &org) || unpack->end - unpack->at < 8) {
        unpack->at = unpack->end + 1;
        return false;
    }
    int64_t key;
    memcpy(&key, unpack->at, 8);
    unpack->at += 8;
    unpack->person += (int64_t) person;
    *ret_record = (PersonRecord) { unpack->person, (int64_t) dataset, (int64_t) (month >> 1) ^ -(int64_t) (month & 1), (int64_t) org, GINT64_FROM_LE(key) };
    return true;
}

static Unpack unpack_of(Str notes, int64_t first)
{
    return (Unpack) { (const uint8_t *) notes.p, (const uint8_t *) notes.p + notes.n, first };
}

static bool damaged(GError **err)
{
    error_set(err, BH_INTERNAL, "the notes of where records of persons stand are damaged");
    return error_detail(err, "notes-damaged");
}

/* --- Noting ------------------------------------------------------------------------------------------------------------------------------ */

static bool write_part(DbConn *tx, int64_t run, int64_t part, const PersonRecord *records, size_t n, uint8_t *buffer, GError **err)
{
    size_t size = pack(records, n, buffer);
    return db_exec(tx, PersonNoteInsert, NULL, err, .run = run, .first = records[0].person, .part = part, .notes = { (char *) buffer, size });
}

bool hub_records_note(DbConn *tx, PersonRecord *records, size_t n, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    PersonRunInsertRow run;
    bool found;
    if (n == 0)
        return true;
    qsort(records, n, sizeof *records, compare);
    if (!db_one(tx, PersonRunInsert, arena, &run, &found, err, .level = 0, .notes = (int64_t) n))
        return false;
    uint8_t *buffer = arena_alloc_array(arena, PART_NOTES, NOTE_MOST);
    for (size_t i = 0, part = 0; i < n; i += PART_NOTES, part++)
        if (!write_part(tx, run.id, (int64_t) part, records + i, MIN(n - i, (size_t) PART_NOTES), buffer, err))
            return false;
    return true;
}

/* --- Reading -------------------------------------------------------------------------------------------------------------------------------- */

typedef ARENA_LIST(PersonRecord) Records;

static bool take_part(Str notes, int64_t first, int64_t person, Arena *arena, Records *list, GError **err)
{
    Unpack unpack = unpack_of(notes, first);
    for (PersonRecord record; unpack_next(&unpack, &record) && record.person <= person;)
        if (record.person == person)
            *ARENA_PUSH(arena, list) = record;
    return unpack.at <= unpack.end || damaged(err);
}

/* The parts that begin with the person, and the last before them. */
static bool take_run(DbConn *conn, int64_t run, int64_t person, Arena *arena, Records *list, GError **err)
{
    g_autoptr(DbRows) rows = db_query(conn, PersonNotesBefore, err, .run = run, .person = person);
    for (PersonNotesBeforeRow row; rows && db_next(rows, &row, err);) {
        if (!take_part(row.notes, row.first, person, arena, list, err))
            return false;
        if (row.first < person)
            return true;
    }
    return db_rows_ok(rows);
}

static int newest_first(const void *a, const void *b)
{
    const PersonRecord *x = a, *y = b;
    return x->month != y->month ? (x->month > y->month ? -1 : 1) : compare(a, b);
}

/* Without those that say the same. */
static size_t each_once(PersonRecord *records, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare(&records[kept - 1], &records[i]) != 0)
            records[kept++] = records[i];
    return kept;
}

bool hub_records_of(DbConn *conn, const int64_t *persons, size_t n_persons, Arena *arena, const PersonRecord **ret_records, size_t *ret_n, GError **err)
{
    Records list = { 0 };
    ARENA_LIST(int64_t) runs = { 0 };
    {
        g_autoptr(DbRows) rows = db_query(conn, PersonRuns, err, .level = 0);
        for (PersonRunsRow row; rows && db_next(rows, &row, err);)
            *ARENA_PUSH(arena, &runs) = row.id;
        if (!db_rows_ok(rows))
            return false;
    }
    for (size_t r = 0; r < runs.n; r++)
        for (size_t i = 0; i < n_persons; i++)
            if (!take_run(conn, runs.v[r], persons[i], arena, &list, err))
                return false;
    if (list.n > 0)
        qsort(list.v, list.n, sizeof *list.v, newest_first);
    *ret_n = each_once(list.v, list.n);
    *ret_records = list.v;
    return true;
}

static bool each_of_part(Str notes, int64_t first, void (*tell)(int64_t person, void *data), void *data, GError **err)
{
    Unpack unpack = unpack_of(notes, first);
    for (PersonRecord record; unpack_next(&unpack, &record);)
        tell(record.person, data);
    return unpack.at <= unpack.end || damaged(err);
}

bool notes_each_person(Db *db, void (*tell)(int64_t person, void *data), void *data, GError **err)
{
    PersonNotesFromRow last = { .run = INT64_MIN + 1 };
    for (bool more = true; more;) { /* a few parts a transaction: all of them take long */
        g_autoptr(DbConn) conn = db_reader(db, err);
        g_autoptr(DbRows) rows = conn ? db_query(conn, PersonNotesFrom, err, .run = last.run, .first = last.first, .part = last.part) : NULL;
        more = false;
        for (PersonNotesFromRow row; rows && db_next(rows, &row, err); more = true) {
            if (!each_of_part(row.notes, row.first, tell, data, err))
                return false;
            last = row;
            last.notes = STR_NONE;
        }
        if (!db_rows_ok(rows))
            return false;
    }
    return true;
}

/* --- Joining runs ----------------------------------------------------------------------------------------------------------------------------- */

/* One of the runs that are joined, part by part. */
typedef struct {
    int64_t run, first, part;
    Arena *arena; /* of the part in hand */
    Unpack unpack;
    PersonRecord next;
    bool over;
} Source;

static bool source_step(Source *source, Db *db, GError **err)
{
    while (!source->over && !unpack_next(&source->unpack, &source->next)) {
        PersonNoteAfterRow row;
        bool found;
        g_autoptr(DbConn) conn = source->unpack.at > source->unpack.end ? NULL : db_reader(db, err);
        g_autoptr(Arena) arena = arena_new();
        if (!conn)
            return source->unpack.at > source->unpack.end ? damaged(err) : false;
        if (!db_one(conn, PersonNoteAfter, arena, &row, &found, err, .run = source->run, .first = source->first, .part = source->part))
            return false;
        source->over = !found;
        if (!found)
            break;
        arena_free(source->arena);
        source->arena = g_steal_pointer(&arena);
        source->first = row.first;
        source->part = row.part;
        source->unpack = unpack_of(row.notes, row.first);
    }
    return true;
}

typedef struct {
    Db *db;
    Source sources[JOINED_RUNS];
    size_t n;
    int64_t run, level, notes, part; /* that is being made; 0: not begun */
    PersonRecord *records;           /* of the next parts */
    size_t n_records;
    uint8_t *buffer;
    bool last;
} Join;

static bool write_parts(DbConn *tx, void *data, GError **err)
{
    const Join *join = data;
    for (size_t i = 0, part = 0; i < join->n_records; i += PART_NOTES, part++)
        if (!write_part(tx, join->run, join->part + (int64_t) part, join->records + i, MIN(join->n_records - i, (size_t) PART_NOTES), join->buffer, err))
            return false;
    bool ok = !join->last || db_exec(tx, PersonRunLevel, NULL, err, .id = join->run, .level = join->level + 1, .notes = join->notes + (int64_t) join->n_records);
    for (size_t i = 0; ok && join->last && i < join->n; i++)
        ok = db_exec(tx, PersonRunLevel, NULL, err, .id = join->sources[i].run, .level = -2, .notes = 0);
    return ok;
}

static bool begin_run(DbConn *tx, void *data, GError **err)
{
    Join *join = data;
    g_autoptr(Arena) arena = arena_new();
    PersonRunInsertRow row;
    bool found;
    if (!db_one(tx, PersonRunInsert, arena, &row, &found, err, .level = -1, .notes = 0))
        return false;
    join->run = row.id;
    return true;
}

static Source *least_of(Join *join)
{
    Source *least = NULL;
    for (size_t i = 0; i < join->n; i++)
        if (!join->sources[i].over && (!least || compare(&join->sources[i].next, &least->next) < 0))
            least = &join->sources[i];
    return least;
}

/* Writes what was gathered; notes of the same twice only once. */
static bool flush(Join *join, bool last, GError **err)
{
    join->last = last;
    if (!db_write(join->db, DB_BULK, write_parts, join, err))
        return false;
    join->notes += (int64_t) join->n_records;
    join->part += WRITE_PARTS;
    join->n_records = 0;
    return true;
}

static bool join_all(Join *join, GError **err)
{
    for (size_t i = 0; i < join->n; i++)
        if (!source_step(&join->sources[i], join->db, err))
            return false;
    if (!db_write(join->db, DB_BULK, begin_run, join, err))
        return false;
    PersonRecord before = { 0 };
    for (Source *source; (source = least_of(join)) != NULL;) {
        if (join->notes + (int64_t) join->n_records == 0 || compare(&before, &source->next) != 0)
            join->records[join->n_records++] = before = source->next;
        if (!source_step(source, join->db, err) || (join->n_records == WRITE_PARTS * PART_NOTES && !flush(join, false, err)))
            return false;
    }
    return flush(join, true, err);
}

static bool join_runs(Db *db, const int64_t *runs, size_t n, int64_t level, GError **err)
{
    Join join = { .db = db, .n = n, .level = level };
    join.records = g_new(PersonRecord, WRITE_PARTS * PART_NOTES);
    join.buffer = g_malloc((gsize) PART_NOTES * NOTE_MOST);
    for (size_t i = 0; i < n; i++)
        join.sources[i] = (Source) { .run = runs[i], .first = INT64_MIN };
    bool ok = join_all(&join, err);
    for (size_t i = 0; i < n; i++)
        arena_free(join.sources[i].arena);
    g_free(join.records);
    g_free(join.buffer);
    return ok;
}

/* --- What is over -------------------------------------------------------------------------------------------------------------------------------- */

/* Some parts of a run that nobody reads; the run itself with the last of them. */
static bool delete_some(DbConn *tx, void *data, GError **err)
{
    int64_t run = *(const int64_t *) data;
    g_autoptr(Arena) arena = arena_new();
    PersonNoteStepRow step;
    bool more;
    return db_one(tx, PersonNoteStep, arena, &step, &more, err, .run = run, .parts = DELETE_PARTS) &&
           db_exec(tx, PersonNotesDelete, NULL, err, .run = run, .last = more ? step.first : INT64_MAX) && (more || db_exec(tx, PersonRunDelete, NULL, err, .id = run));
}

typedef struct {
    int64_t runs[JOINED_RUNS], level, over;
    size_t n;
} Work;

/* What is to be done next: a run to throw away, or eight of a level to join. */
static bool find_work(Db *db, Work *ret_work, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(DbConn) conn = db_reader(db, err);
    PersonRunsOverRow over;
    bool found;
    Work work = { .level = -1 };
    if (!conn || !db_one(conn, PersonRunsOver, arena, &over, &found, err))
        return false;
    work.over = found ? over.id : 0;
    g_autoptr(DbRows) rows = db_query(conn, PersonRuns, err, .level = 0);
    for (PersonRunsRow row; rows && work.n < JOINED_RUNS && db_next(rows, &row, err);) {
        if (row.level != work.level)
            work.n = 0;
        work.level = row.level;
        work.runs[work.n++] = row.id;
    }
    *ret_work = work;
    return rows && (work.n == JOINED_RUNS || db_rows_ok(rows));
}

bool hub_records_settle(Db *db, bool *ret_more, GError **err)
{
    Work work;
    if (!find_work(db, &work, err))
        return false;
    *ret_more = true;
    if (work.over)
        return db_write(db, DB_BULK, delete_some, &work.over, err);
    if (work.n == JOINED_RUNS)
        return join_runs(db, work.runs, work.n, work.level, err);
    *ret_more = false;
    return true;
}
