/* Any bytes as a CSV: the small reader (whole tables), and the one of institutions' files, with what each says held against the other. */
#include "base/limits.h"
#include "ingest-check.h"
#include "ingest/ingest.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) arena = arena_new();
    Str bytes = { (const char *) data, size };
    CsvTable table;
    csv_table(bytes, LIMIT_ORGS, arena, &table, NULL);
    if (size == 0)
        return 0;
    check_both(bytes, &(IngestOptions) { .format = INGEST_CSV });
    check_both(bytes, &(IngestOptions) { .format = INGEST_CSV, .delimiter = ';', .header_row = -1, .encoding = "GB18030" });
    return 0;
}
