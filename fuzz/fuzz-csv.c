#include "base/limits.h"
#include "ingest/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    CsvTable table;
    csv_table((Str) { (const char *) data, size }, LIMIT_ORGS, arena, &table, NULL);
    return 0;
}
