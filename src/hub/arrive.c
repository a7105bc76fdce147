/* The row of an arrival: made, or found to have been there before. */
#include "hub/arrive.h"
#include "hub/intake_row.h"

#include "base/banned.h"

const char *const hub_channels[] = { "command", "upload", "drop", "api", "fhir", "mllp", "form", NULL };
G_STATIC_ASSERT(G_N_ELEMENTS(hub_channels) == HUB_BY_FORM + 2);

/* --- What the row says ------------------------------------------------------------------------------------------------------ */

static Str wish_text(const HubArrival *arrival, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    if (arrival->n > 0) {
        json_member_int(&json, "at", arrival->at);
        json_member_int(&json, "n", arrival->n);
    }
    json_key(&json, "wish");
    hub_wish_write(&json, &arrival->wish);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(text));
}

static bool find_dataset(DbConn *tx, Arena *arena, Str name, int64_t *ret_id, GError **err)
{
    DatasetIdOfRow row;
    bool found;
    *ret_id = DB_NULL_INT;
    if (!name.p)
        return true;
    if (!db_one(tx, DatasetIdOf, arena, &row, &found, err, .name = name))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "no dataset '" STR_FMT "' is installed", STR_ARG(name));
        error_detail(err, "dataset-unknown");
        return error_at(err, "/dataset");
    }
    *ret_id = row.id;
    return true;
}

/* A mapping of this sender, or everybody's. */
static bool find_mapping(DbConn *tx, Arena *arena, const HubArrival *arrival, int64_t dataset, int64_t *ret_id, GError **err)
{
    MappingFindRow row;
    bool found = false;
    *ret_id = DB_NULL_INT;
    if (!arrival->wish.mapping.p)
        return true;
    if (!db_one(tx, MappingFind, arena, &row, &found, err, .uid = arrival->wish.mapping, .id = DB_NULL_INT))
        return false;
    if (!found || (row.org != DB_NULL_INT && row.org != arrival->org) || (dataset != DB_NULL_INT && dataset != row.dataset_id)) {
        error_set(err, BH_BAD_INPUT, "no mapping '" STR_FMT "' of this sender and dataset", STR_ARG(arrival->wish.mapping));
        error_detail(err, "mapping-unknown");
        return error_at(err, "/mapping");
    }
    *ret_id = row.id;
    return true;
}

/* --- Whether it was here ----------------------------------------------------------------------------------------------------- */

static bool same_message(DbConn *tx, const HubArrival *arrival, Arena *arena, HubArrived *ret, bool *ret_found, GError **err)
{
    IntakeByMessageRow row;
    *ret_found = false;
    if (!arrival->message_id.p)
        return true;
    if (!db_one(tx, IntakeByMessage, arena, &row, ret_found, err, .org = arrival->org, .source = arrival->source, .message_id = arrival->message_id))
        return false;
    if (*ret_found)
        *ret = (HubArrived) { row.id, row.uid, true };
    return true;
}

/* Bytes that were taken in, and nothing of the same sender and dataset since. What is to be tried only, or has an id of its own, is done. */
static bool same_bytes(DbConn *tx, const HubArrival *arrival, int64_t dataset, Str sha256, Str options, Arena *arena, HubArrived *ret, bool *ret_found, GError **err)
{
    *ret_found = false;
    if (arrival->message_id.p || arrival->wish.dry_run || arrival->n > 0)
        return true;
    g_autoptr(DbRows) rows = db_query(tx, IntakesOfBytes, err, .sha256 = sha256, .org = arrival->org, .mode = str_from(hub_modes[arrival->wish.mode]),
                                      .period = arrival->wish.period ? arrival->wish.period : DB_NULL_INT, .strict = arrival->wish.strict);
    for (IntakesOfBytesRow row; rows && db_next(rows, &row, err);)
        if (!*ret_found && row.newest == row.id && (dataset == DB_NULL_INT || dataset == row.dataset) && str_eq(row.options, options)) {
            *ret = (HubArrived) { row.id, arena_str(arena, row.uid), true };
            *ret_found = true;
        }
    return db_rows_ok(rows);
}

bool hub_arrive(DbConn *tx, const HubArrival *arrival, int64_t now_ms, Arena *arena, HubArrived *ret, GError **err)
{
    char hash[HASH_TEXT_MAX], uid[UID_TEXT_MAX];
    int64_t dataset, mapping;
    bool found;
    if (!find_dataset(tx, arena, arrival->wish.dataset, &dataset, err) || !find_mapping(tx, arena, arrival, dataset, &mapping, err)
        || !same_message(tx, arrival, arena, ret, &found, err))
        return false;
    if (found)
        return true;
    Str sha256 = str_from(hash_write(arrival->blob, hash)), options = wish_text(arrival, arena);
    if (!same_bytes(tx, arrival, dataset, sha256, options, arena, ret, &found, err))
        return false;
    if (found)
        return true;
    IntakeInsertRow row;
    if (!db_one(tx, IntakeInsert, arena, &row, &found, err, .uid = str_from(uid_new(uid)), .channel = str_from(hub_channels[arrival->channel]), .org = arrival->org,
                .account = arrival->account, .source = arrival->source.p ? arrival->source : STR(""), .message_id = arrival->message_id, .name = arrival->name,
                .format = str_from(arrival->format ? arrival->format : "auto"), .options = options, .sha256 = sha256, .size = arrival->size, .received = now_ms, .dataset = dataset,
                .mapping = mapping, .mode = str_from(hub_modes[arrival->wish.mode]), .period = arrival->wish.period ? arrival->wish.period : DB_NULL_INT,
                .strict = arrival->wish.strict))
        return false;
    *ret = (HubArrived) { row.id, arena_str(arena, str_from(uid)), false };
    return true;
}

/* --- Its wish ------------------------------------------------------------------------------------------------------------------ */

bool hub_wish_of_row(const IntakeFindRow *row, Arena *arena, HubWish *ret_wish, int64_t *ret_at, int64_t *ret_n, GError **err)
{
    HubWish wish = { .dataset = row->dataset_name, .mapping = row->mapping_uid, .period = row->period == DB_NULL_INT ? 0 : (Period) row->period, .strict = row->strict };
    const JsonValue *kept = json_parse(row->options, arena, err), *said = json_get(kept, "wish");
    *ret_at = *ret_n = 0;
    if (!kept || !json_opt_int(kept, "at", 0, INT64_MAX, ret_at, err) || !json_opt_int(kept, "n", 0, INT64_MAX, ret_n, err)
        || !hub_options_read(json_get(said, "options"), &wish.options, err) || !hub_columns_read(json_get(said, "columns"), arena, &wish.columns, &wish.n_columns, err)
        || !json_opt_bool(said, "dry_run", &wish.dry_run, err) || !json_opt_bool(said, "sure", &wish.sure, err))
        return false;
    wish.mode = row->mode.p && str_eq(row->mode, str_from(hub_modes[HUB_REPLACE])) ? HUB_REPLACE : HUB_ADD;
    *ret_wish = wish;
    return true;
}

static bool find_intake(DbConn *conn, int64_t id, Arena *arena, IntakeFindRow *ret_row, GError **err)
{
    bool found;
    return db_one(conn, IntakeFind, arena, ret_row, &found, err, .id = id) && (found || error_set(err, BH_NOT_FOUND, "no such arrival"));
}

bool hub_intake_wish(DbConn *conn, int64_t id, Arena *arena, HubWish *ret_wish, GError **err)
{
    IntakeFindRow row;
    int64_t at, n;
    return find_intake(conn, id, arena, &row, err) && hub_wish_of_row(&row, arena, ret_wish, &at, &n, err);
}

/* --- What people do with it ------------------------------------------------------------------------------------------------------ */

static bool wrong_state(Str state, GError **err)
{
    error_set(err, BH_CONFLICT, "this arrival is '" STR_FMT "'", STR_ARG(state));
    error_params(err, "state=" STR_FMT, STR_ARG(state));
    return error_detail(err, "wrong-state");
}

/* The problem that a page shows of it: a cancelled arrival is refused like any other. */
static Str cancelled(Str reason, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_member_cstr(&json, "code", "cancelled");
    json_member_str(&json, "title", reason);
    json_end_object(&json);
    return arena_str(arena, str_from_gstring(text));
}

bool hub_intake_cancel(DbConn *tx, int64_t id, Str reason, int64_t now_ms, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    IntakeFindRow row;
    if (!find_intake(tx, id, arena, &row, err))
        return false;
    if (!str_eq(row.state, STR("waiting")) && !str_eq(row.state, STR("asking")))
        return wrong_state(row.state, err);
    return db_exec(tx, IntakeEnd, NULL, err, .id = id, .state = STR("refused"), .result = row.result, .error = cancelled(reason, arena), .finished = now_ms);
}

bool hub_intake_again(DbConn *tx, int64_t id, const HubWish *wish, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    IntakeFindRow row;
    HubArrival arrival = { .wish = *wish };
    HubWish before;
    int64_t mapping, changes;
    if (!find_intake(tx, id, arena, &row, err) || !hub_wish_of_row(&row, arena, &before, &arrival.at, &arrival.n, err))
        return false;
    arrival.org = row.org;
    if (!find_mapping(tx, arena, &arrival, row.dataset, &mapping, err)
        || !db_exec(tx, IntakeAgain, &changes, err, .id = id, .options = wish_text(&arrival, arena), .mapping = mapping))
        return false;
    return changes == 1 || wrong_state(row.state, err);
}
