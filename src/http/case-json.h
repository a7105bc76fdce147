/* case-json.h: private to http: cases in JSON. Shapes: docs/internals/api-data.md. */
#pragma once

#include "http/data.h"
#include "hub/case.h"

/* What cases of one answer share: the asker's functions, and the flow and columns of each dataset. */
typedef struct CaseOf CaseOf;
typedef struct {
    HttpRequest *request;
    DbConn *conn;
    const PacksRef *packs;
    const Str *functions;
    ARENA_LIST(CaseOf *) of;
} CaseShow;
bool case_show_begin(CaseShow *show, HttpRequest *request, DbConn *conn, const PacksRef *packs, GError **err);
void case_show_end(CaseShow *show);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CaseShow, case_show_end)

/* One case as a row of a list; with its steps and flow. BH_NOT_FOUND also for who may not read its record. */
bool json_case(CaseShow *show, Str uid, JsonWriter *json, GError **err);
bool json_case_whole(CaseShow *show, Str uid, JsonWriter *json, GError **err);

/* "case" of a record: its uid in a list, the case itself where `whole`; null where it has none. */
bool json_member_case(HttpRequest *request, DbConn *conn, const PacksRef *packs, const RecordView *view, const RecordPlace *place, bool whole, JsonWriter *json, GError **err);

/* {"state":{…},"n","late"} */
void json_case_count(JsonWriter *json, const PackFlow *flow, const CaseBoardRow *row);
