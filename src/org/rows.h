/* rows.h: private to org. */
#pragma once

#include "db/queries.h"
#include "org/org.h"

/* The statements that give a whole organisation have rows of one shape; this makes an Org of any of them. */
#define ORG_OF_ROW(row) \
    ((Org) { \
        .id = (row).id, .uid = (row).uid, .code = (row).code, .name = (row).name, .short_name = (row).short_name, .kind = (row).kind, \
        .area = (row).area, .parent = (row).parent, .path = (row).path, .rank = (row).rank, .legal_code = (row).legal_code, \
        .opened = (row).opened, .closed = (row).closed, .version = (row).version, \
    })

/* Every text copied into arena. */
Org org_copy(Arena *arena, const Org *org);
