#include "ledger/apportion.h"

#include "db/queries.h"

#include "base/banned.h"

static bool sum_of_shares(DbConn *tx, Arena *arena, int64_t whole, const TargetWholeRow *of, Str *ret_sum, size_t *ret_n, bool *ret_alike, GError **err)
{
    ARENA_LIST(Str) values = { 0 };
    *ret_alike = true;
    g_autoptr(DbRows) rows = db_query(tx, TargetShares, err, .target = whole);
    for (TargetSharesRow row; rows && db_next(rows, &row, err);) {
        *ret_alike &= str_eq(row.unit, of->unit) && str_eq(row.op, of->op);
        *ARENA_PUSH(arena, &values) = arena_str(arena, row.value);
    }
    *ret_n = values.n;
    return db_rows_ok(rows) && (decimal_sum(values.v, values.n, ret_sum, arena) || error_set(err, BH_BAD_INPUT, "the sum of the shares is too large"));
}

static bool load_whole(DbConn *tx, Arena *arena, int64_t id, TargetWholeRow *ret_row, GError **err)
{
    bool found;
    return db_one(tx, TargetWhole, arena, ret_row, &found, err, .id = id) && (found || error_set(err, BH_INTERNAL, "a target is gone"));
}

static bool adds_up(const TargetWholeRow *whole, Str sum)
{
    Decimal is, want;
    return decimal_parse(sum, &is) && decimal_parse(whole->value, &want) && decimal_cmp(is, want) == 0;
}

static bool counts(const TargetWholeRow *whole)
{
    TaskTarget target = { .metric = whole->metric, .op = whole->op, .value = whole->value, .value2 = whole->value2, .unit = whole->unit };
    return target_adds(&target);
}

static bool is_known(const Wholes *wholes, int64_t id)
{
    for (size_t i = 0; i < wholes->n; i++)
        if (wholes->v[i] == id)
            return true;
    return false;
}

bool apportion_find(DbConn *tx, Arena *arena, Str task, Wholes *wholes, GError **err)
{
    Wholes candidates = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, TargetWholes, err, .uid = task);
    for (TargetWholesRow row; rows && db_next(rows, &row, err);)
        if (!is_known(wholes, row.id))
            *ARENA_PUSH(arena, &candidates) = row.id;
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < candidates.n; i++) {
        TargetWholeRow whole;
        Str sum;
        size_t n;
        bool alike;
        if (!load_whole(tx, arena, candidates.v[i], &whole, err) || !sum_of_shares(tx, arena, candidates.v[i], &whole, &sum, &n, &alike, err))
            return false;
        if (n > 0 && counts(&whole) && adds_up(&whole, sum))
            *ARENA_PUSH(arena, wholes) = candidates.v[i];
    }
    return true;
}

static bool refuse_differing(const TargetWholeRow *whole, Str sum, GError **err)
{
    error_set(err, BH_CONFLICT, "the shares of " STR_FMT " add up to " STR_FMT ", not to " STR_FMT, STR_ARG(whole->number), STR_ARG(sum), STR_ARG(whole->value));
    error_at(err, "/shares");
    error_params(err, "target=" STR_FMT "\nnumber=" STR_FMT "\nsum=" STR_FMT "\nvalue=" STR_FMT, STR_ARG(whole->uid), STR_ARG(whole->number), STR_ARG(sum),
                 STR_ARG(whole->value));
    error_hint(err, "give the other shares with it, as shares: [{task, target, value}]");
    return error_detail(err, "shares-differ");
}

bool apportion_check(DbConn *tx, Arena *arena, const Wholes *wholes, GError **err)
{
    for (size_t i = 0; i < wholes->n; i++) {
        TargetWholeRow whole;
        Str sum;
        size_t n;
        bool alike;
        if (!load_whole(tx, arena, wholes->v[i], &whole, err) || !sum_of_shares(tx, arena, wholes->v[i], &whole, &sum, &n, &alike, err))
            return false;
        if (!counts(&whole)) {
            error_set(err, BH_CONFLICT, "this target is apportioned: it stays a number that adds up");
            error_at(err, "/set/targets");
            error_params(err, "metric=" STR_FMT, STR_ARG(whole.metric));
            return error_detail(err, "not-additive");
        }
        if (!alike || !adds_up(&whole, sum))
            return refuse_differing(&whole, sum, err);
    }
    return true;
}

bool apportion_fields(DbConn *tx, Arena *arena, const AmendShare *share, size_t i, const JsonValue **ret_set, GError **err)
{
    TargetShareRow row;
    bool found;
    if (!db_one(tx, TargetShare, arena, &row, &found, err, .task = share->task, .whole = share->target))
        return false;
    if (!found) {
        error_set(err, BH_BAD_INPUT, "this task has no share of such a target");
        error_at(err, "/shares/%zu", i);
        return error_detail(err, "target-unknown");
    }
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, false);
    json_begin_object(&json);
    json_key(&json, "targets");
    json_begin_array(&json);
    json_begin_object(&json);
    json_member_str(&json, "op", row.op);
    json_member_str(&json, "uid", row.uid);
    json_member_str(&json, "unit", row.unit);
    json_member_str(&json, "value", share->value);
    json_end_object(&json);
    json_end_array(&json);
    json_end_object(&json);
    *ret_set = json_parse(arena_str(arena, str_from_gstring(text)), arena, err);
    return *ret_set != NULL;
}
