/* document-json.h: private to http: documents as the API shows them. */
#pragma once

#include "db/queries.h"
#include "http/app.h"

void document_row_write(const HttpRequest *request, const DocumentListRow *row, JsonWriter *json);

/* The whole document with text, draft and what the asker may do. */
bool document_write(HttpRequest *request, DbConn *conn, const DocumentRow *row, const MayObject *facts, JsonWriter *json, GError **err);
