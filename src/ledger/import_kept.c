/* What a row said when it came, cell by cell. It goes out again as it came, for as long as the task says the same of it. */
#include "base/json.h"
#include "db/queries.h"
#include "ledger/import_do.h"

#include "base/banned.h"

bool kept_parse(Str json, Arena *arena, KeptCells *ret_cells, GError **err)
{
    const JsonValue *list = json.p ? json_parse(json, arena, err) : NULL;
    *ret_cells = (KeptCells) { 0 };
    if (json.p && !list)
        return false;
    ret_cells->v = ARENA_ARRAY(arena, KeptCell, list ? list->count : 0);
    for (const JsonValue *one = list ? list->first : NULL; one; one = one->next) {
        KeptCell *cell = &ret_cells->v[ret_cells->n++];
        *cell = (KeptCell) { .was = STR("") };
        if (!json_get_str(one, "heading", &cell->heading, err) || !json_opt_str(one, "field", &cell->field, err) || !json_get_str(one, "text", &cell->text, err)
            || !json_opt_str(one, "was", &cell->was, err))
            return false;
    }
    return true;
}

Str kept_print(const KeptCells *cells, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_array(&json);
    for (size_t i = 0; i < cells->n; i++) {
        json_begin_object(&json);
        json_member_str(&json, "heading", cells->v[i].heading);
        if (cells->v[i].field.p) {
            json_member_str(&json, "field", cells->v[i].field);
            json_member_str(&json, "was", cells->v[i].was);
        }
        json_member_str(&json, "text", cells->v[i].text);
        json_end_object(&json);
    }
    json_end_array(&json);
    return arena_str(arena, str_from_gstring(out));
}

const KeptCell *kept_cell(const KeptCells *cells, Str heading)
{
    for (size_t i = 0; i < cells->n; i++)
        if (str_eq(cells->v[i].heading, heading))
            return &cells->v[i];
    return NULL;
}

/* Where the row stands in the file is no part of what it says: rows above may come and go. */
bool kept_write(DbConn *tx, const Actor *actor, Arena *arena, const Task *task, int64_t row, int64_t row_last, Str cells, bool claimed, GError **err)
{
    if (!db_exec(tx, TaskKeptSet, NULL, err, .task = task->id, .at_row = row, .at_last = row_last, .cells = cells, .claimed = claimed))
        return false;
    Str before = kept_value(task->kept, task->claimed, arena), after = kept_value(cells, claimed, arena);
    if (str_eq(before, after))
        return true;
    Change change;
    if (!change_begin(&change, tx, actor, arena, task->uid, DB_NULL_INT, "keep", err))
        return false;
    change_set(&change, STR("kept"), after);
    return change_end(&change, err);
}
