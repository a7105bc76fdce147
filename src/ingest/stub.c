/* FHIR and HL7 v2 are not read yet. */
#include "ingest/read.h"

#include "base/banned.h"

static bool open_none(IngestReader *reader, GError **err)
{
    (void) reader;
    error_set(err, BH_BAD_INPUT, "no dataset takes this file");
    return error_detail(err, "no-sources");
}

static void close_none(IngestReader *reader)
{
    (void) reader;
}

const Driver driver_fhir = { open_none, NULL, close_none }, driver_hl7 = { open_none, NULL, close_none };
