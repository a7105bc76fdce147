/* result.h: private to hub: what an import did, as arrivals keep it and the API shows it (docs/internals/api-data.md, Intake.result). */
#pragma once

#include "base/json.h"
#include "hub/hub.h"

/* What came of one dataset. */
typedef struct {
    const PackDataset *dataset;
    HubResult result;
} HubPart;

void hub_result_add(HubResult *sum, const HubResult *one);

/* headers: the columns that nobody knows are named. */
void hub_result_write(JsonWriter *json, const HubResult *sum, const HubPart *parts, size_t n, bool headers);
