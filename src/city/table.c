#include "base/limits.h"
#include "city/plan.h"

#include "base/banned.h"

bool city_find(const City *city, const Yaml *node, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    yaml_find(city->report, node, code, "%s", text);
    return false;
}

static const CityTable *find_table(const City *city, Str file)
{
    for (size_t i = 0; i < city->n_tables; i++)
        if (str_eq(city->tables[i]->name, file))
            return city->tables[i];
    return NULL;
}

static void keep_table(City *city, const CityTable *table)
{
    const CityTable **tables = ARENA_ARRAY(city->arena, const CityTable *, city->n_tables + 1);
    if (city->n_tables > 0)
        memcpy(tables, city->tables, city->n_tables * sizeof *tables);
    tables[city->n_tables++] = table;
    city->tables = tables;
}

const CityTable *city_table(City *city, Str file, const Yaml *node)
{
    const CityTable *known = find_table(city, file);
    const PackFile *content = known ? NULL : pack_files_find(city->files, file);
    if (known)
        return known;
    if (!content) {
        city_find(city, node, "pack-file", "there is no file '" STR_FMT "' beside it", STR_ARG(file));
        return NULL;
    }
    g_autoptr(GError) err = NULL;
    CsvTable csv;
    if (!csv_table(arena_str(city->arena, content->bytes), LIMIT_CITY_TABLE_ROWS, city->arena, &csv, &err)) {
        city_find(city, node, "pack-csv", STR_FMT ": %s%s%s", STR_ARG(file), err->message, error_get_at(err) ? " at " : "", error_get_at(err) ? error_get_at(err) : "");
        return NULL;
    }
    CityTable *table = ARENA_NEW(city->arena, CityTable);
    *table = (CityTable) { arena_str(city->arena, file), csv.header, csv.n_columns, csv.rows, csv.n_rows };
    if (table->n_rows == 0 || table->n_rows > UINT16_MAX) {
        city_find(city, node, "pack-csv", STR_FMT " has %zu rows; 1 to %d are expected", STR_ARG(file), table->n_rows, UINT16_MAX);
        return NULL;
    }
    keep_table(city, table);
    return table;
}

int city_table_column(const CityTable *table, Str name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq(str_trim(table->columns[i]), name))
            return (int) i;
    return -1;
}
