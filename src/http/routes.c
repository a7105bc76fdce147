#include "http/routes.h"

#include "base/banned.h"

const RouteTable *const http_tables[] = { &upload_routes, &job_routes, &system_routes };
const size_t http_n_tables = G_N_ELEMENTS(http_tables);
