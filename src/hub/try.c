/* A form in hand: the way of an import up to where something would be written. It takes no part in what applies wait for, so that a check answers while a large file of the same dataset is brought in. */
#include "hub/arrive.h"
#include "hub/result.h"

#include "base/banned.h"

bool hub_try(Hub *hub, const HubTry *wanted, Arena *arena, GString *result, GError **err)
{
    HubPart part = { .dataset = wanted->dataset };
    const IngestInput input = { .fd = -1, .bytes = wanted->json };
    const IngestOptions options = { .format = INGEST_JSON, .datasets = &wanted->dataset, .n_datasets = 1 };
    const HubColumn none = { STR_NONE, STR_NONE };
    const HubImport import = { .dataset = wanted->dataset, .org = wanted->org, .intake = DB_NULL_INT, .period = wanted->period, .columns = &none, .dry_run = true, .one = wanted->one };
    JsonWriter json;
    g_autoptr(IngestReader) reader = ingest_open(&input, 1, &options, err);
    if (!reader)
        return false;
    if (wanted->one)
        wanted->one->key = wanted->one->person = DB_NULL_INT;
    g_autoptr(HubChecked) checked = hub_check(hub, &import, reader, NULL, NULL, arena, &part.result, err);
    if (!checked)
        return false;
    json_writer_init(&json, result, false);
    hub_result_write(&json, &part.result, &part, 1, false);
    return true;
}
