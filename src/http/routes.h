/* routes.h: private to http: the tables, one a file. */
#pragma once

#include "http/http.h"

extern const RouteTable job_routes, system_routes, upload_routes;
