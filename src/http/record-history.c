/* What a record was before: the row as it stands, and what the history keeps of it. A record that may move is looked for in every month of its organisation, so that moving it hides nothing. */
#include "db/pick.h"
#include "http/data.h"

#include <stdlib.h>

#include "base/banned.h"

enum { MOST_VERSIONS = 200 };

const char *record_state_word(int64_t state)
{
    static const char *const words[] = { [HUB_ACCEPTED] = "accepted", [HUB_WARNED] = "warned", [HUB_HELD] = "held" };
    return state >= 0 && state < (int64_t) G_N_ELEMENTS(words) ? words[state] : "held";
}

void record_write_values(const HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, JsonWriter *json)
{
    json_key(json, "values");
    json_begin_object(json);
    for (size_t i = 0; i < view->n; i++)
        if (view->fields[i] && !pack_type_personal(view->fields[i]->type))
            json_member_str(json, view->columns[i], record_cell(request, conn, view->fields[i], &cells[i]));
    json_end_object(json);
}

bool record_batch(const HttpRequest *request, DbConn *conn, int64_t id, BatchUidOfRow *ret_row, GError **err)
{
    bool found;
    *ret_row = (BatchUidOfRow) { .opened = DB_NULL_INT };
    return db_one(conn, BatchUidOf, request->arena, ret_row, &found, err, .id = id);
}

/* --- Versions ------------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const DbValue *cells;
    int64_t out; /* the batch that took it away; DB_NULL_INT: it stands */
} Version;
typedef ARENA_LIST(Version) Versions;

static int64_t batch_of(const Version *version)
{
    return version->cells[RECORD_BATCH].number;
}

/* The newest first. Two of one batch: it was brought, and moved by the same file; what stands is the later. */
static int newest_first(const void *a, const void *b)
{
    const Version *x = a, *y = b;
    if (batch_of(x) != batch_of(y))
        return batch_of(x) < batch_of(y) ? 1 : -1;
    return (y->out == DB_NULL_INT) - (x->out == DB_NULL_INT);
}

static bool pick_history(DbConn *conn, const RecordView *view, const RecordPlace *place, int limit, Arena *arena, const DbValue **ret_rows, size_t *ret_n, GError **err)
{
    const char **columns = ARENA_ARRAY(arena, const char *, view->n + 1);
    memcpy(columns, view->columns, view->n * sizeof *columns);
    columns[view->n] = "batch_out_";
    DbPickIf where[] = {
        { "month_", DB_PICK_EQ, DB_INT(place->month) }, { "org_", DB_PICK_EQ, DB_INT(place->org) }, { "key_", DB_PICK_EQ, DB_INT(place->key) },
    };
    DbPick pick = { .table = &view->tables.history, .columns = columns, .n_columns = view->n + 1, .where = where, .n_where = G_N_ELEMENTS(where), .order = "batch_", .descending = true,
                    .limit = limit };
    return db_pick(conn, &pick, arena, ret_rows, ret_n, err);
}

bool record_find_last(DbConn *conn, const RecordView *view, const RecordPlace *place, Arena *arena, const DbValue **ret_cells, bool *ret_found, GError **err)
{
    size_t n = 0;
    if (!pick_history(conn, view, place, 1, arena, ret_cells, &n, err))
        return false;
    *ret_found = n > 0;
    return true;
}

static bool versions_of_month(DbConn *conn, const RecordView *view, const RecordPlace *place, Arena *arena, Versions *versions, GError **err)
{
    const DbValue *rows, *now = NULL;
    size_t n;
    bool found;
    if (!pick_history(conn, view, place, MOST_VERSIONS, arena, &rows, &n, err) || !record_find(conn, view, place, arena, &now, &found, err))
        return false;
    if (found)
        *ARENA_PUSH(arena, versions) = (Version) { now, DB_NULL_INT };
    for (size_t i = 0; i < n; i++)
        *ARENA_PUSH(arena, versions) = (Version) { rows + i * (view->n + 1), rows[i * (view->n + 1) + view->n].number };
    return true;
}

static bool versions_of(DbConn *conn, const RecordView *view, const RecordPlace *place, Arena *arena, Versions *versions, GError **err)
{
    ARENA_LIST(int64_t) months = { 0 };
    if (!view->tables.places.name)
        return versions_of_month(conn, view, place, arena, versions, err);
    g_autoptr(DbRows) rows = db_query(conn, RecordMonths, err, .dataset = view->tables.dataset, .org = place->org);
    for (RecordMonthsRow row; rows && db_next(rows, &row, err);)
        *ARENA_PUSH(arena, &months) = row.month;
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < months.n; i++)
        if (!versions_of_month(conn, view, &(RecordPlace) { place->org, months.v[i], place->key }, arena, versions, err))
            return false;
    return true;
}

/* Whether the batch that took a version away put nothing in its place. */
static bool is_deleted(const Versions *versions, size_t i)
{
    for (size_t k = 0; k < versions->n; k++)
        if (k != i && batch_of(&versions->v[k]) == versions->v[i].out)
            return false;
    return versions->v[i].out != DB_NULL_INT;
}

/* Who brought it; null: the rules ran again over what was there. */
static void write_by(const BatchUidOfRow *batch, JsonWriter *json)
{
    json_key(json, "by");
    if (!batch->intake_uid.p) {
        json_null(json);
        return;
    }
    json_begin_object(json);
    json_member_str(json, "intake", batch->intake_uid);
    json_member_str(json, "name", batch->intake_name);
    json_member_str(json, "channel", batch->channel);
    json_end_object(json);
}

static bool write_version(HttpRequest *request, DbConn *conn, const RecordView *view, const Version *version, bool deleted, JsonWriter *json, GError **err)
{
    BatchUidOfRow batch, until = { .opened = DB_NULL_INT };
    const DbValue *cells = version->cells;
    if (!record_batch(request, conn, batch_of(version), &batch, err) || (version->out != DB_NULL_INT && !record_batch(request, conn, version->out, &until, err)))
        return false;
    json_begin_object(json);
    json_member_str(json, "batch", batch.uid);
    write_by(&batch, json);
    json_member_instant(json, request, "at", batch.opened);
    json_member_instant(json, request, "until", until.opened);
    json_member_bool(json, "deleted", deleted);
    json_member_month(json, "month", cells[RECORD_MONTH].number);
    json_member_cstr(json, "state", record_state_word(cells[RECORD_STATE].number));
    record_write_values(request, conn, view, cells, json);
    json_end_object(json);
    return true;
}

/* Where the record stands now, if elsewhere. */
static Str moved_to(Arena *arena, const Versions *versions, const RecordPlace *place)
{
    for (size_t i = 0; i < versions->n; i++) {
        const DbValue *cells = versions->v[i].cells;
        if (versions->v[i].out == DB_NULL_INT && cells[RECORD_MONTH].number != place->month)
            return data_record_id(arena, place->org, cells[RECORD_MONTH].number, place->key);
    }
    return STR_NONE;
}

bool record_write_history(HttpRequest *request, DbConn *conn, const RecordView *view, const RecordPlace *place, JsonWriter *json, GError **err)
{
    Versions versions = { 0 };
    if (!versions_of(conn, view, place, request->arena, &versions, err))
        return false;
    if (versions.n == 0)
        return error_set(err, BH_NOT_FOUND, "no such record");
    qsort(versions.v, versions.n, sizeof *versions.v, newest_first);
    json_member_str(json, "moved", moved_to(request->arena, &versions, place));
    json_key(json, "history");
    json_begin_array(json);
    for (size_t i = 0; i < MIN(versions.n, (size_t) MOST_VERSIONS); i++)
        if (!write_version(request, conn, view, &versions.v[i], is_deleted(&versions, i), json, err))
            return false;
    json_end_array(json);
    return true;
}

bool data_brought_by(HttpRequest *request, DbConn *conn, const PacksRef *packs, const DefectFindRow *row, Str *ret_intake, GError **err)
{
    const PackDataset *dataset = packs_dataset(packs, row->dataset);
    RecordPlace place = { row->org, row->month, row->key };
    Versions versions = { 0 };
    RecordView view;
    *ret_intake = STR_NONE;
    if (!dataset || row->key == DB_NULL_INT)
        return true;
    if (!record_view(conn, dataset, request->arena, &view, err) || !versions_of_month(conn, &view, &place, request->arena, &versions, err))
        return false;
    for (size_t i = 0; i < versions.n && !ret_intake->p; i++) {
        BatchUidOfRow batch;
        if (!record_batch(request, conn, batch_of(&versions.v[i]), &batch, err))
            return false;
        *ret_intake = batch.intake_uid;
    }
    return true;
}
