#include <malloc.h>

#include "hub/check.h"

#include "base/banned.h"

/* A heading alone, and messages, which go through every dataset that takes their format: where nothing came of them there is no batch to tell of. */
static bool is_nothing(const HubImport *import, const HubResult *result)
{
    return result->rows == 0 && import->mode == HUB_ADD;
}

/* Nothing was written: what the check would have brought is not there. */
static bool bring(Hub *hub, const HubImport *import, HubChecked *checked, HubTold told, void *data, HubResult *result, GError **err)
{
    return result->refused || is_nothing(import, result) || hub_apply(hub, import, checked, told, data, result, err);
}

/* What the check of a large file held, each worker in an arena of its own, would stay with the allocator beside the store's cache while it is applied. */
static void give_back(const HubResult *result)
{
    enum { LARGE_ROWS = 100000 };
    if (result->rows >= LARGE_ROWS)
        malloc_trim(0);
}

bool hub_import(Hub *hub, const HubImport *import, IngestReader *reader, HubTold told, void *data, Arena *arena, HubResult *ret_result, GError **err)
{
    HubPersons *persons = hub_open(hub)->persons;
    if (persons) /* those that are made now are in nobody's row before the apply */
        hub_persons_begin(persons);
    g_autoptr(HubChecked) checked = hub_check(hub, import, reader, told, data, arena, ret_result, err);
    if (checked)
        give_back(ret_result);
    bool ok = checked && bring(hub, import, checked, told, data, ret_result, err);
    if (persons)
        hub_persons_end(persons);
    return ok;
}
