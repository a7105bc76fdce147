/* auth.h: private to http. */
#pragma once

#include "http/app.h"

HttpAuth api_auth(const BhApp *app);

void json_member_grants(JsonWriter *json, const Grant *grants, size_t n);
