/* What an import would make of a file's columns, before there is one: the mapping that the sender kept, and the same reading of headings that the check does. */
#include "hub/arrive.h"
#include "hub/check.h"

#include "db/queries.h"

#include "base/banned.h"

static bool has_column(const IngestTable *table, Str name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq(table->columns[i], name))
            return true;
    return false;
}

static bool file_has(const HubColumn *mapping, size_t n, const IngestTable *table)
{
    for (size_t i = 0; i < n; i++)
        if (!has_column(table, mapping[i].from))
            return false;
    return n > 0;
}

bool hub_mapping_kept(DbConn *conn, int64_t org, const PackDataset *dataset, const IngestTable *table, Arena *arena, HubKept *ret, GError **err)
{
    DatasetIdOfRow id;
    bool found;
    *ret = (HubKept) { .id = DB_NULL_INT };
    if (!db_one(conn, DatasetIdOf, arena, &id, &found, err, .name = dataset->full_name))
        return false;
    if (!found)
        return true;
    g_autoptr(DbRows) rows = db_query(conn, MappingsOf, err, .org = org, .dataset = id.id);
    for (MappingsOfRow row; rows && db_next(rows, &row, err);) {
        const HubColumn *columns;
        size_t n;
        const JsonValue *tree = json_parse(arena_str(arena, row.columns), arena, err);
        if (!tree || !hub_columns_read(tree, arena, &columns, &n, err))
            return false;
        if (ret->id == DB_NULL_INT && file_has(columns, n, table))
            *ret = (HubKept) { row.id, arena_str(arena, row.uid), arena_str(arena, row.name), columns, n };
    }
    return db_rows_ok(rows);
}

bool hub_options_said(const HubFileOptions *options)
{
    return options->encoding.p || options->sheet.p || options->delimiter || options->header_row;
}

static const HubSeen *seen_of(const Plan *plan, const Mapping *mapping, Arena *arena)
{
    HubSeen *seen = ARENA_ARRAY(arena, HubSeen, mapping->table->n_columns + 1);
    for (size_t c = 0; c < mapping->table->n_columns; c++)
        seen[c] = (HubSeen) { .type = -1 };
    for (size_t t = 0; t < plan->n_targets; t++)
        if (mapping->column_of[t] >= 0)
            seen[mapping->column_of[t]] = (HubSeen) { (int) plan->targets[t].type, plan->targets[t].name, plan->targets[t].name_en };
    return seen;
}

bool hub_look(Hub *hub, const HubImport *import, const IngestBatch *first, Arena *arena, HubLook *ret, GError **err)
{
    Plan plan = { 0 };
    g_autoptr(PacksRef) packs = hub_packs(hub);
    g_autoptr(DbConn) conn = db_reader(hub_open(hub)->db, err);
    bool ok = conn && hub_plan_make(&plan, hub, import, packs, conn, arena, err);
    if (ok) {
        const Mapping *mapping = mapping_make(&plan, first, arena);
        *ret = (HubLook) { mapping->headers, seen_of(&plan, mapping, arena) };
    }
    hub_orgs_free((HubOrgs *) plan.orgs);
    return ok;
}
