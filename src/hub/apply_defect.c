/* Defects of rows: opened where a row breaks a rule, closed where it no longer does. Only those that a row's own check finds: what compares rows (link, unique) is the quality's. */
#include "base/json.h"
#include "db/queries.h"
#include "hub/apply.h"

#include "base/banned.h"

static const char *const level_words[] = { [PACK_ERROR] = "error", [PACK_WARNING] = "warning" };

static const DbValue *cells_of(const Apply *apply, const RunChunk *chunk, size_t row)
{
    return chunk->cells + row * apply->spec.n;
}

/* --- Opening ------------------------------------------------------------------------------------------------------------------ */

static void write_found(const Apply *apply, JsonWriter *json, const DbValue *cells, uint16_t found, bool same)
{
    char number[24], uid[UID_TEXT_MAX];
    g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, cells[RUN_KEY].number);
    json_begin_array(json);
    json_cstr(json, number);
    json_str(json, hub_found_name(apply->dataset, found, apply->arena));
    json_cstr(json, level_words[hub_found_level(apply->dataset, found)]);
    json_cstr(json, uid_new(uid));
    json_bool(json, same);
    json_int(json, cells[RUN_ORG].number);
    json_int(json, cells[RUN_MONTH].number);
    json_end_array(json);
}

bool apply_found(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, GError **err)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    bool any = false;
    json_writer_init(&json, text, false);
    json_begin_array(&json);
    for (size_t i = 0; i < chunk->n; i++)
        for (uint32_t f = 0; f < chunk->rows[i].n_found && told[i].outcome != DB_CLASH; f++, any = true)
            write_found(apply, &json, cells_of(apply, chunk, i), chunk->rows[i].found[f], told[i].outcome == DB_SAME);
    json_end_array(&json);
    return !any || db_exec(tx, ApplyFound, NULL, err, .dataset = apply->tables.dataset, .batch = apply->batch, .at = apply->now_ms, .found = str_from_gstring(text));
}

/* --- Closing --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const Apply *apply;
    ARENA_LIST(int64_t) ids;
    ARENA_LIST(int64_t) still; /* were said to be corrected */
} Closing;

static bool send_again(DbConn *tx, const Closing *closing, GError **err)
{
    const Apply *apply = closing->apply;
    if (closing->still.n == 0)
        return true;
    Str ids = db_ids(tx, apply->arena, closing->still.v, closing->still.n);
    return db_exec(tx, ApplyStillDefects, NULL, err, .ids = ids) && db_exec(tx, ApplyStillNotes, NULL, err, .ids = ids, .at = apply->now_ms);
}

static bool close_listed(DbConn *tx, Closing *closing, GError **err)
{
    const Apply *apply = closing->apply;
    Str ids = db_ids(tx, apply->arena, closing->ids.v, closing->ids.n);
    return closing->ids.n == 0 || db_exec(tx, ApplyCloseDefects, NULL, err, .ids = ids, .batch = apply->batch, .at = apply->now_ms);
}

/* Whether a row's check decides it. A rule that the pack has no more is found no more. */
static bool is_of_rows(const PackDataset *dataset, Str rule)
{
    for (size_t i = 0; i < dataset->rules.n; i++)
        if (str_eq(dataset->rules.v[i].entry.id, rule))
            return dataset->rules.v[i].kind == PACK_ROW;
    return true;
}

static bool is_found(const Apply *apply, const RunRow *row, Str rule)
{
    for (uint32_t f = 0; f < row->n_found; f++)
        if (str_eq(hub_found_name(apply->dataset, row->found[f], apply->arena), rule))
            return true;
    return false;
}

static DbRows *open_defects(DbConn *tx, const Apply *apply, int64_t month, int64_t org, int64_t first, int64_t last, GError **err)
{
    return db_query(tx, ApplyOpenDefects, err, .dataset = apply->tables.dataset, .org = org, .month = month, .first = first, .last = last);
}

bool apply_mended(DbConn *tx, const Apply *apply, const RunChunk *chunk, const DbMergeTold *told, size_t first, size_t end, GError **err)
{
    const DbValue *head = cells_of(apply, chunk, first);
    Closing closing = { .apply = apply };
    size_t at = first;
    g_autoptr(DbRows) rows = open_defects(tx, apply, head[RUN_MONTH].number, head[RUN_ORG].number, head[RUN_KEY].number, cells_of(apply, chunk, end - 1)[RUN_KEY].number, err);
    for (ApplyOpenDefectsRow row; rows && db_next(rows, &row, err);) {
        while (at < end && cells_of(apply, chunk, at)[RUN_KEY].number < row.key)
            at++;
        bool here = at < end && cells_of(apply, chunk, at)[RUN_KEY].number == row.key && told[at].outcome != DB_CLASH;
        if (!here || !is_of_rows(apply->dataset, row.rule))
            continue;
        if (!is_found(apply, &chunk->rows[at], row.rule))
            *ARENA_PUSH(apply->arena, &closing.ids) = row.id;
        else if (row.corrected)
            *ARENA_PUSH(apply->arena, &closing.still) = row.id;
    }
    return db_rows_ok(rows) && close_listed(tx, &closing, err) && send_again(tx, &closing, err);
}

bool apply_close(DbConn *tx, const Apply *apply, int64_t month, int64_t org, const int64_t *keys, size_t n, GError **err)
{
    Closing closing = { .apply = apply };
    size_t at = 0;
    g_autoptr(DbRows) rows = open_defects(tx, apply, month, org, keys[0], keys[n - 1], err);
    for (ApplyOpenDefectsRow row; rows && db_next(rows, &row, err);) {
        while (at < n && keys[at] < row.key)
            at++;
        if (at < n && keys[at] == row.key)
            *ARENA_PUSH(apply->arena, &closing.ids) = row.id;
    }
    return db_rows_ok(rows) && close_listed(tx, &closing, err);
}
