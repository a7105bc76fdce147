/* Small things that all of the layer needs. */
#include "indicator/engine.h"

#include "db/queries.h"

#include "base/banned.h"

Date quality_month_start(int month)
{
    Date day = DATE_NONE;
    date_from_ymd(1970 + month / 12, month % 12 + 1, 1, &day);
    return day;
}

bool quality_dataset(DbConn *conn, const PackDataset *pack, int64_t *ret_id, bool *ret_installed, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    QualityDatasetRow row;
    if (!db_one(conn, QualityDataset, arena, &row, ret_installed, err, .name = pack->full_name))
        return false;
    *ret_id = *ret_installed ? row.id : 0;
    return true;
}

Str quality_duty_key(Arena *arena, const PackDataset *pack)
{
    return arena_concat(arena, STR("data/"), pack->full_name);
}

bool quality_home(DbConn *conn, Arena *arena, QualityHome *ret_home, GError **err)
{
    QualityHomeRow row;
    bool found;
    if (!db_one(conn, QualityHome, arena, &row, &found, err))
        return false;
    if (!found)
        return error_set(err, BH_CONFLICT, "there is no organisation yet");
    *ret_home = (QualityHome) { row.id, row.uid, row.name, row.path, row.area };
    return true;
}

bool engine_open(Engine *engine, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(engine->quality->db, err);
    return conn && records_sets(conn, engine->quality->packs, engine->arena, &engine->sets, err);
}
