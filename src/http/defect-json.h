/* defect-json.h: a defect as the API shows it; who may not read the records of its organisation finds none. */
#pragma once

#include "http/data.h"

/* BH_NOT_FOUND, too, where this account may not read the records. The row lives as long as the request. */
bool defect_find(const HttpRequest *request, DbConn *conn, Str uid, DefectFindRow *ret_row, GError **err);

/* Nobody waives what his own organisation answers for ("own-organisation"). `facts`: of the defect's organisation. */
Allowed defect_may_waive(const HttpRequest *request, const DefectFindRow *row, const MayObject *facts);

/* DefectWhole of the path's `uid`. */
bool defect_json_whole(HttpRequest *request, DbConn *conn, JsonWriter *json, GError **err);
