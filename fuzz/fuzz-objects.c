/* Any bytes as objects of JSON. */
#include "ingest-check.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        check_both((Str) { (const char *) data, size }, &(IngestOptions) { .format = INGEST_JSON });
    return 0;
}
