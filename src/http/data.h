/* data.h: private to http: what the routes of institutions' data share. Shapes: docs/internals/api-data.md. */
#pragma once

#include "db/queries.h"
#include "hub/arrive.h"
#include "http/app.h"
#include "pack/store.h"

/* The hub; BH_UNAVAILABLE "no-packs" where the store has none installed. */
bool data_hub(const HttpRequest *request, Hub **ret_hub, GError **err);

/* The packs as they are now; the caller's reference. NULL with err as data_hub. */
PacksRef *data_packs(const HttpRequest *request, GError **err);

/* A dataset that is installed: BH_NOT_FOUND; for one that a body names: BH_BAD_INPUT "dataset-unknown". */
bool data_dataset(const PacksRef *packs, Str name, const PackDataset **ret_dataset, GError **err);
bool data_dataset_named(const PacksRef *packs, const JsonValue *body, const PackDataset **ret_dataset, GError **err); /* NULL: not named */

/* What may() is told of records of an organisation. */
MayObject data_facts(Arena *arena, Str org_path, Str org_area);

/* The organisation of a body's member or of the query; without one the asker's unit. BH_BAD_INPUT "org-unknown", BH_FORBIDDEN as may() says. */
bool data_org(const HttpRequest *request, DbConn *conn, Str uid, Verb verb, Org *ret_org, GError **err);

/* "org" of the query; *ret_asked false: it has none. BH_BAD_INPUT "org-unknown". */
bool data_org_asked(const HttpRequest *request, DbConn *conn, Org *ret_org, bool *ret_asked, GError **err);

/* Takes "org" of the query as that and all below it. `column`: of the organisation's path in the list. */
bool data_filter_below(const HttpRequest *request, DbConn *conn, DbList *list, GError **err);

/* A period of a body's member: 0 where there is none. */
bool data_period(const JsonValue *body, const char *name, Period *ret_period, GError **err);

/* {"id","name","name_en"}; of one that no pack has any more the id stands for the name. */
void json_dataset(JsonWriter *json, const PacksRef *packs, Str name);
void json_member_dataset(JsonWriter *json, const char *name, const PacksRef *packs, Str dataset);
void json_member_period(JsonWriter *json, const char *name, int64_t period); /* null for DB_NULL_INT and 0 */
void json_member_month(JsonWriter *json, const char *name, int64_t month);   /* "2026-01"; null for 0 and DB_NULL_INT */
void json_member_text(JsonWriter *json, const char *name, Str json_text);    /* a member of JSON of the store, or null */

/* The texts of a rule: of the pack's, or none where it is one of the program's own. */
void json_rule_texts(JsonWriter *json, const PacksRef *packs, Str dataset, Str rule);

/* A cell as it may be shown before anybody knows what it is: names, and runs of six and more digits, are covered. `type`: of its field, or -1. */
Str data_mask(Str cell, int type, Arena *arena);

/* One arrival as the API shows it. */
bool json_intake(HttpRequest *request, DbConn *conn, const PacksRef *packs, Str uid, bool whole, JsonWriter *json, GError **err);

/* A batch with its object open for more members (routes-mapping.c). */
void json_batch(const HttpRequest *request, const PacksRef *packs, const BatchFindRow *row, JsonWriter *json);

/* The arrival of the path, for who may send for its sender: else BH_NOT_FOUND, BH_FORBIDDEN. */
bool intake_find_own(HttpRequest *request, IntakeFindRow *ret_row, HubWish *ret_wish, GError **err);

/* Stores an arrival of this request in the caller's transaction, with its event, and the job that imports it unless it was here. */
typedef struct {
    HttpRequest *request;
    HubArrival arrival;
    Str upload;   /* whose bytes they are; STR_NONE: arrival.blob */
    bool no_job;  /* the caller imports it himself */
    HubArrived arrived;
    Str job;      /* uid, or STR_NONE */
} DataArrival;
bool data_arrive_in_tx(DbConn *tx, void *data, GError **err);

/* Stores the bytes and their row, and imports them while the sender waits (routes-send.c). */
bool data_take_now(DataArrival *data, Str bytes, IntakeFindRow *ret_row, GError **err);

/* Says that there was nothing to report, as somebody who owes it (routes-expected.c). */
bool data_say_zero(HttpRequest *request, const PackDataset *dataset, int64_t org, Period period, GError **err);

/* That the period of a wish, where it says one that is reported, is not closed for who sends: BH_CONFLICT "period-locked". */
bool data_check_open(const HttpRequest *request, const PackDataset *dataset, int64_t org, const HubWish *wish, GError **err);

/* The columns of a mapping are the dataset's: else BH_BAD_INPUT "column-unknown" at "/columns/3/to". dataset may be NULL: not known yet. */
bool data_check_columns(const PacksRef *packs, const PackDataset *dataset, const HubColumn *columns, size_t n, GError **err);

/* Members id, name, name_en; a list of names; a list of rules (routes-dataset.c). */
void json_names(JsonWriter *json, Str id, Str name, Str name_en);
void json_member_names(JsonWriter *json, const char *key, const PackNames *names);
void json_member_rules(JsonWriter *json, const PackDataset *dataset);

void json_form(JsonWriter *json, const PackForm *form); /* {"id","name","name_en"} */

/* A field, an input of the subject, with its object open for more members; a flow, or null. */
void json_field(JsonWriter *json, const PackField *field);
void json_input(JsonWriter *json, const PackElement *element);
void json_flow(JsonWriter *json, const PackFlow *flow);

/* --- Records ---- */

/* How a record is called in addresses: its organisation, month and key, which are no one's number. */
Str data_record_id(Arena *arena, int64_t org, int64_t month, int64_t key);

/* What a page needs to show records of a dataset: the columns that are read, and what each is. */
typedef struct {
    const PackDataset *dataset;
    PackTables tables;
    const char **columns;
    const PackField **fields; /* NULL: one of the engine's own, which stand first */
    size_t n;
} RecordView;
bool record_view(DbConn *conn, const PackDataset *dataset, Arena *arena, RecordView *ret_view, GError **err);

/* Where a record stands. */
typedef struct {
    int64_t org, month, key;
} RecordPlace;
bool record_place_read(Str id, RecordPlace *ret_place);

/* The cells of one record by RecordView.columns; *ret_found false: none is there. */
bool record_find(DbConn *conn, const RecordView *view, const RecordPlace *place, Arena *arena, const DbValue **ret_cells, bool *ret_found, GError **err);

/* As it was last, of one that was deleted or moved. */
bool record_find_last(DbConn *conn, const RecordView *view, const RecordPlace *place, Arena *arena, const DbValue **ret_cells, bool *ret_found, GError **err);

/* Whom a record is about: its person_, 0 where it is about nobody. */
int64_t record_person(const RecordView *view, const DbValue *cells);

const char *record_state_word(int64_t state); /* "accepted", "warned", "held" */

/* The batch that wrote a row; one that is not there has no uid. */
bool record_batch(const HttpRequest *request, DbConn *conn, int64_t id, BatchUidOfRow *ret_row, GError **err);

/* "values": of the fields that are not personal. */
void record_write_values(const HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, JsonWriter *json);

/* "moved" and "history": all that the record was, the newest first; BH_NOT_FOUND where there was none. */
bool record_write_history(HttpRequest *request, DbConn *conn, const RecordView *view, const RecordPlace *place, JsonWriter *json, GError **err);

/* A cell as a file would say it; STR_NONE where empty. Of personal fields nothing. */
Str record_cell(const HttpRequest *request, DbConn *conn, const PackField *field, const DbValue *cell);

/* A record with its object open for more members. */
bool data_json_record(HttpRequest *request, DbConn *conn, const RecordView *view, const DbValue *cells, Str org_uid, Str org_name, JsonWriter *json, GError **err);

/* The places of the engine's own columns in RecordView. */
enum { RECORD_MONTH, RECORD_ORG, RECORD_KEY, RECORD_STATE, RECORD_BATCH, RECORD_OWN };

/* "values": what the defect's rule is about, of the record as it stands. */
bool data_write_about(HttpRequest *request, DbConn *conn, const PacksRef *packs, const DefectFindRow *row, JsonWriter *json, GError **err);

/* The arrival that brought the record of a defect which no arrival found: of the row, or of what it was before the rules ran again. STR_NONE: none. */
bool data_brought_by(HttpRequest *request, DbConn *conn, const PacksRef *packs, const DefectFindRow *row, Str *ret_intake, GError **err);

/* One defect as a row of a list. */
bool data_json_defect(HttpRequest *request, DbConn *conn, const PacksRef *packs, Str uid, JsonWriter *json, GError **err);

/* A month of the query, or of a longer period its first or last; unset where there is none. */
bool data_filter_months(const HttpRequest *request, const char *name, bool last, int64_t *ret_month, GError **err);

/* Job kind "import": {"intake":id}. */
bool job_import(JobRun *run, GError **err);
bool job_recheck(JobRun *run, GError **err); /* recheck.c */
bool job_defects(JobRun *run, GError **err); /* routes-defect.c: what a day does to them */

/* Job kind "messages": what came over MLLP and waits. */
bool job_messages(JobRun *run, GError **err);

/* Job kind "inbox": the drop folders (inbox.c). */
bool job_inbox(JobRun *run, GError **err);
/* Job kinds "quality" and "expected" (quality-job.c). */
bool job_quality(JobRun *run, GError **err);
bool job_owed(JobRun *run, GError **err);
bool job_cases(JobRun *run, GError **err); /* case-job.c */
bool job_expected(JobRun *run, GError **err);

/* Records came: what they are worth is computed soon, by a job that waits already or a new one. */
bool quality_soon(const HttpApp *http, GError **err);
