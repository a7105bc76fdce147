/* Bringing the table of what persons owe to what it should say, in steps of some thousand rows, each a transaction. A step that is done again finds nothing to change. */
#include "indicator/owing.h"

#include "db/queries.h"

#include "base/banned.h"

enum { STEP_ROWS = 2000, STEP_PERSONS = 200, RANGE_ROWS = 4000 };

/* Rows of one duty, and which persons a step is about: those from `first` on. */
typedef struct {
    const Owing *owing;
    const OwedDuty *duty;
    const OwedRow *rows;
    size_t n, at;
    int64_t first; /* of everybody: the person from whom on the next step goes */
    guint dirty;   /* of some: the next of them */
    size_t next_at; /* what these will be once the step is committed */
    int64_t next;
    guint next_dirty;
    int64_t changed;
} Writing;

static bool same(const OwedRow *x, const OwedRow *y)
{
    return x->org == y->org && x->due == y->due && x->last == y->last && x->times == y->times && x->done == y->done && x->done_on == y->done_on;
}

static bool put(DbConn *tx, const Writing *w, const OwedRow *row, GError **err)
{
    return db_exec(tx, OwedPut, NULL, err, .duty = w->duty->id, .person = row->person, .seq = row->seq, .org = row->org, .due = row->due, .last = row->last, .times = row->times,
                   .done = row->done, .done_on = row->done_on);
}

static int order(const OwedRow *x, const OwedRow *y)
{
    return x->person != y->person ? (x->person < y->person ? -1 : 1) : (x->seq > y->seq) - (x->seq < y->seq);
}

/* What is there and what should be, side by side. */
static bool merge(DbConn *tx, Writing *w, const OwedRow *there, size_t n_there, const OwedRow *rows, size_t n, GError **err)
{
    for (size_t i = 0, t = 0; i < n || t < n_there;) {
        int first = i == n ? 1 : t == n_there ? -1 : order(&rows[i], &there[t]);
        if (first > 0 ? !db_exec(tx, OwedTake, NULL, err, .duty = w->duty->id, .person = there[t].person, .seq = there[t].seq)
                      : (first < 0 || !same(&rows[i], &there[t])) && !put(tx, w, &rows[i], err))
            return false;
        w->changed += first != 0 || !same(&rows[i], &there[t]);
        i += first <= 0;
        t += first >= 0;
    }
    return true;
}

typedef ARENA_LIST(OwedRow) Rows;

static bool read_range(DbConn *tx, const Writing *w, int64_t first, int64_t last, Arena *arena, Rows *there, GError **err)
{
    g_autoptr(DbRows) rows = db_query(tx, OwedRange, err, .duty = w->duty->id, .first = first, .last = last, .limit = RANGE_ROWS);
    for (OwedRangeRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, there) = (OwedRow) { row.person, row.seq, row.org, row.due, row.last, row.times, row.done, row.done_on };
    return db_rows_ok(rows);
}

static size_t rows_up_to(const Writing *w, int64_t last)
{
    size_t n = 0;
    while (w->at + n < w->n && w->rows[w->at + n].person <= last)
        n++;
    return n;
}

/* Of everybody: about so many rows, and no person in part. */
static bool write_some_in_tx(DbConn *tx, void *data, GError **err)
{
    Writing *w = data;
    g_autoptr(Arena) arena = arena_new();
    Rows there = { 0 };
    int64_t last = w->at + STEP_ROWS < w->n ? w->rows[w->at + STEP_ROWS].person : G_MAXINT64;
    w->changed = 0;
    if (!read_range(tx, w, w->first, last, arena, &there, err))
        return false;
    if (there.n == RANGE_ROWS) {
        last = there.v[there.n - 1].person - 1; /* the last one may go on */
        while (there.n > 0 && there.v[there.n - 1].person > last)
            there.n--;
    }
    size_t n = rows_up_to(w, last);
    if (!merge(tx, w, there.v, there.n, w->rows ? w->rows + w->at : NULL, n, err))
        return false;
    w->next_at = w->at + n;
    w->next = last == G_MAXINT64 ? last : last + 1;
    return true;
}

/* Of some who are dirty. */
static bool write_dirty_in_tx(DbConn *tx, void *data, GError **err)
{
    Writing *w = data;
    const GArray *dirty = w->owing->dirty;
    w->changed = 0;
    w->next_at = w->at;
    guint i = w->dirty;
    for (; i < dirty->len && i < w->dirty + STEP_PERSONS; i++) {
        g_autoptr(Arena) arena = arena_new();
        Rows there = { 0 };
        int64_t person = g_array_index(dirty, int64_t, i);
        if (!read_range(tx, w, person, person, arena, &there, err))
            return false;
        size_t n = 0;
        while (w->next_at + n < w->n && w->rows[w->next_at + n].person == person)
            n++;
        if (!merge(tx, w, there.v, there.n, w->rows + w->next_at, n, err))
            return false;
        w->next_at += n;
    }
    w->next_dirty = i;
    return true;
}

bool owed_write(const Owing *owing, const OwedDuty *duty, const GArray *rows, QualityTold told, void *data, int64_t *changed, GError **err)
{
    Writing w = { .owing = owing, .duty = duty, .rows = (const void *) rows->data, .n = rows->len, .first = G_MININT64 };
    while (owing->all ? w.first != G_MAXINT64 : w.dirty < owing->dirty->len) {
        if ((told && !told(data, err)) || !db_write(owing->quality->db, DB_BULK, owing->all ? write_some_in_tx : write_dirty_in_tx, &w, err))
            return false;
        w.at = w.next_at;
        w.first = w.next;
        w.dirty = w.next_dirty;
        *changed += w.changed;
    }
    return true;
}
