/* A task and what people do to it; lists are in routes-ledger.c. */
#include "base/limits.h"
#include "http/task-answer.h"

#include "base/banned.h"

/* --- One task ------------------------------------------------------------------------------------------------------------- */

static bool get_task(HttpRequest *request, GError **err)
{
    return task_answer(request, 200, err);
}

static bool read_wish(const HttpRequest *request, TaskWish *ret_wish, GError **err)
{
    *ret_wish = (TaskWish) { .until = DATE_NONE };
    return json_opt_str(request->json, "reason", &ret_wish->reason, err) && json_opt_str(request->json, "note", &ret_wish->note, err)
           && json_opt_str(request->json, "share", &ret_wish->share, err) && api_read_date(request->json, "until", &ret_wish->until, err);
}

static bool post_verb(HttpRequest *request, GError **err)
{
    int64_t version;
    TaskWish wish;
    if (!http_if_match(request, &version, err) || !read_wish(request, &wish, err) || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_answer_change(request, task_do(&ledger, &actor, http_path(request, "uid"), version, http_path(request, "verb"), &wish, err), err);
}

static bool post_incomputable(HttpRequest *request, GError **err)
{
    int64_t version;
    Str reason;
    if (!http_if_match(request, &version, err) || !json_get_str(request->json, "reason", &reason, err) || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_answer_change(request, task_incomputable(&ledger, &actor, http_path(request, "uid"), version, reason, err), err);
}

static bool patch_measure(HttpRequest *request, GError **err)
{
    int64_t version;
    Str state, answer = STR_NONE;
    if (!http_if_match(request, &version, err) || !json_get_str(request->json, "state", &state, err)
        || !json_opt_str(request->json, "answer", &answer, err) || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    bool done = task_measure_set(&ledger, &actor, http_path(request, "uid"), http_path(request, "measure"), version, state, answer, err);
    return task_answer_change(request, done, err);
}

/* --- Evidence --------------------------------------------------------------------------------------------------------------- */

/* Takes the upload in the transaction in which it becomes evidence: both happen, or neither. */
typedef struct {
    HttpRequest *request;
    Str upload;
    NewEvidence *evidence;
    char blob[HASH_TEXT_MAX];
    DbWork work;
    void *data;
} EvidenceWrite;

static bool take_upload_in_tx(DbConn *tx, void *data, GError **err)
{
    EvidenceWrite *write = data;
    HttpUpload upload;
    if (!http_upload_take(write->request, tx, write->upload, &upload, err))
        return false;
    *write->evidence = (NewEvidence) {
        .kind = write->evidence->kind,
        .note = write->evidence->note,
        .row_uid = write->evidence->row_uid,
        .key = write->evidence->key,
        .file_name = upload.name,
        .media = str_from(media_of_name(upload.name)),
        .blob = str_from(hash_write(upload.blob, write->blob)),
        .size = upload.size,
    };
    return write->work(tx, write->data, err);
}

static bool write_with_upload(void *write_data, DbWork work, void *data, GError **err)
{
    EvidenceWrite *write = write_data;
    write->work = work;
    write->data = data;
    return http_write(write->request, take_upload_in_tx, write, err);
}

static bool post_evidence(HttpRequest *request, GError **err)
{
    NewEvidence evidence = { .note = STR(""), .file_name = STR(""), .media = STR(""), .blob = STR("") };
    EvidenceWrite write = { .request = request, .evidence = &evidence };
    Str uid;
    if (!json_opt_str(request->json, "upload", &write.upload, err) || !json_get_str(request->json, "kind", &evidence.kind, err)
        || !json_opt_str(request->json, "note", &evidence.note, err) || !json_opt_str(request->json, "row", &evidence.row_uid, err)
        || !json_opt_str(request->json, "key", &evidence.key, err) || !task_check_readable(request, err))
        return false;
    if (!write.upload.p && !evidence.row_uid.p && !evidence.key.p)
        return json_bad(request->json, err, "a file (upload), an entry of a register (row) or its key is expected");
    Ledger ledger = api_ledger(request);
    if (write.upload.p) {
        ledger.write = write_with_upload;
        ledger.write_data = &write;
    }
    Actor actor = api_actor(request);
    bool added = task_evidence_add(&ledger, &actor, http_path(request, "uid"), &evidence, request->arena, &uid, err);
    return task_answer_change(request, added, err);
}

static bool delete_evidence(HttpRequest *request, GError **err)
{
    if (!task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    return task_answer_change(request, task_evidence_withdraw(&ledger, &actor, http_path(request, "uid"), http_path(request, "evidence"), err), err);
}

static const TaskEvidence *find_evidence(const Task *task, Str uid)
{
    for (size_t i = 0; i < task->n_evidence; i++)
        if (str_eq(task->evidence[i].uid, uid))
            return &task->evidence[i];
    return NULL;
}

static bool get_evidence(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    if (!conn || !task_readable(request, conn, &task, err))
        return false;
    Str uid = http_path(request, "evidence");
    const TaskEvidence *evidence = find_evidence(&task, uid);
    if (!evidence || evidence->blob.n == 0)
        return error_set(err, BH_NOT_FOUND, "no file of evidence '" STR_FMT "' in this task", STR_ARG(uid));
    return api_send_blob(request, evidence->blob, media_of_name(evidence->file_name), evidence->file_name, evidence->size, err);
}

/* --- Comments and history ---------------------------------------------------------------------------------------------------- */

static bool read_mentions(const HttpRequest *request, Str *mentions, size_t *ret_n, GError **err)
{
    const JsonValue *list = NULL;
    if (!json_opt_array(request->json, "mentions", &list, err) || !list)
        return list || !*err;
    if (list->count > LIMIT_MENTIONS)
        return json_bad(list, err, "at most %d people are mentioned", LIMIT_MENTIONS);
    for (const JsonValue *value = list->first; value; value = value->next)
        if (!json_as_str(value, &mentions[(*ret_n)++], err))
            return false;
    return true;
}

static bool post_comment(HttpRequest *request, GError **err)
{
    Str text, uid, mentions[LIMIT_MENTIONS + 1];
    size_t n = 0;
    if (!json_get_str(request->json, "text", &text, err) || !read_mentions(request, mentions, &n, err) || !task_check_readable(request, err))
        return false;
    Ledger ledger = api_ledger(request);
    Actor actor = api_actor(request);
    if (!task_comment_to(&ledger, &actor, http_path(request, "uid"), text, mentions, n, request->arena, &uid, err))
        return false;
    JsonWriter *json = http_json(request, 201);
    json_begin_object(json);
    json_member_str(json, "uid", uid);
    json_end_object(json);
    return true;
}

static bool write_mentions(const HttpRequest *request, DbConn *conn, Str uids, JsonWriter *json, GError **err)
{
    json_key(json, "mentions");
    json_begin_array(json);
    for (Str rest = uids; rest.p;) {
        AccountIdByUidRow account;
        PersonRef who;
        bool found;
        if (!db_one(conn, AccountIdByUid, request->arena, &account, &found, err, .uid = str_cut(&rest, ' ')))
            return false;
        if (found && !person_ref(conn, request->arena, account.id, &who, NULL, err))
            return false;
        if (found)
            json_person(json, &who);
    }
    json_end_array(json);
    return true;
}

static bool write_comment(const HttpRequest *request, DbConn *conn, const TaskCommentsRow *row, JsonWriter *json, GError **err)
{
    PersonRef by;
    if (!person_ref(conn, request->arena, row->account, &by, NULL, err))
        return false;
    json_begin_object(json);
    json_member_str(json, "uid", row->uid);
    json_member_person(json, "by", &by);
    json_member_instant(json, request, "at", row->at);
    json_member_str(json, "text", row->text);
    if (!write_mentions(request, conn, row->mentions, json, err))
        return false;
    json_end_object(json);
    return true;
}

static bool get_comments(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    if (!conn || !task_readable(request, conn, &task, err))
        return false;
    g_autoptr(DbRows) rows = db_query(conn, TaskComments, err, .task = task.id);
    JsonWriter *json = http_list_open(request);
    for (TaskCommentsRow row; rows && db_next(rows, &row, err);)
        if (!write_comment(request, conn, &row, json, err))
            return false;
    json_end_array(json);
    json_member_cstr(json, "next", NULL);
    json_end_object(json);
    return db_rows_ok(rows);
}

static bool get_task_events(HttpRequest *request, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    Task task;
    if (!conn || !task_readable(request, conn, &task, err))
        return false;
    return api_write_events(request, conn, "task", task.uid, err);
}

/* --- Routes --------------------------------------------------------------------------------------------------------------------- */

#define TASK "/api/v1/tasks/{uid}"

static const Route routes[] = {
    { HTTP_GET, TASK, HTTP_SESSION, get_task, NULL, HTTP_NO_BODY, "Task", "a task with all that hangs on it" },
    { HTTP_POST, TASK "/do/{verb:word}", HTTP_SESSION, post_verb, NULL, HTTP_JSON, "Task", "carry out a verb of the flow" },
    { HTTP_POST, TASK "/incomputable", HTTP_SESSION, post_incomputable, NULL, HTTP_JSON, "Task", "state why no figure can decide" },
    { HTTP_PATCH, TASK "/measures/{measure}", HTTP_SESSION, patch_measure, NULL, HTTP_JSON, "Task", "answer a measure" },
    { HTTP_POST, TASK "/evidence", HTTP_SESSION, post_evidence, NULL, HTTP_JSON, "Task", "add evidence: a file, an entry of a register, or both" },
    { HTTP_GET, TASK "/evidence/{evidence}", HTTP_SESSION, get_evidence, NULL, HTTP_NO_BODY, NULL, "a file of evidence" },
    { HTTP_DELETE, TASK "/evidence/{evidence}", HTTP_SESSION, delete_evidence, NULL, HTTP_NO_BODY, "Task", "withdraw evidence" },
    { HTTP_GET, TASK "/comments", HTTP_SESSION, get_comments, NULL, HTTP_NO_BODY, "Comments", "what was said about a task" },
    { HTTP_POST, TASK "/comments", HTTP_SESSION, post_comment, NULL, HTTP_JSON, "Made", "say something about a task" },
    { HTTP_GET, TASK "/events", HTTP_SESSION, get_task_events, HTTP_LIST_QUERY, HTTP_NO_BODY, "Events", "a task's history, oldest first" },
};

static const HttpShape shapes[] = {
    { "PlanRef", "uid:uid title" },
    { "PersonRef", "uid:uid name org:Ref" },
    { "Allowed", "ok:bool why? params:any?" },
    { "Made", "uid:uid" },
    { "TaskTarget", "uid:uid quote metric op value value2? unit due:date? soft:bool tense bound:any? adds:bool part_of:uid? claimed? claimed_by:PersonRef? claimed_at:instant?" },
    { "TaskMeasure", "uid:uid no? text state answer? by:PersonRef? at:instant? version:int" },
    { "EvidenceFact", "code ok:bool params:any?" },
    { "EvidenceCheck", "state register row:uid? key facts:[EvidenceFact] at:instant" },
    { "Ask", "kind why given:bool" },
    { "TaskEvidence", "uid:uid name size:int media kind note by:PersonRef at:instant sha256 withdrawn:bool check:EvidenceCheck?" },
    { "Claim", "by:PersonRef at:instant note?" },
    { "Confirmation", "org:Ref by:PersonRef? at:instant?" },
    { "Verdict", "verb by:PersonRef at:instant reason" },
    { "Incomputable", "reason by:PersonRef at:instant" },
    { "TaskRef", "uid:uid number title" },
    { "StageRef", "seq:int name?" },
    { "Children", "total:int closed:int" },
    { "TaskLookBack", "uid:uid title from:date until:date result? note? by:PersonRef? at:instant?" },
    { "Amendment", "field old:any? new:any? reason by:PersonRef at:instant" },
    { "Task", "uid:uid number no? label? title plan:PlanRef kind state marks:[text] light due:date? days_left:int? lead:[Ref] support:[Ref] targets:int"
              " measures:int measures_done:int evidence:int"
              " stage:StageRef? handler:PersonRef? leader:PersonRef? term? category? parent:TaskRef? children:Children? restricted:bool relapses:int holding_until:date? progress:ProgressRef? reminder? for:Ref? reminders:[TaskReminder] changed:instant version:int text span:any? document:uid? path:[text] problem? source source_no? source_date:date? basis? issuer:Ref"
              " targets_list:[TaskTarget] needs_incomputable:bool incomputable:Incomputable? measures_list:[TaskMeasure]"
              " evidence_list:[TaskEvidence] asks:[Ask] claim:Claim? confirmations:[Confirmation] verdicts:[Verdict] verified_by:PersonRef?"
              " closed_at:instant? returns:int suspended_until:date? holding_days:int quiet:bool waived_share? overruled_by:PersonRef?"
              " amendments:[Amendment] look_backs:[TaskLookBack] readers:[Ref] comments:int publicity_until:date? progress_list:[Progress] children_list:[Child] roll_up:RollUp? may:any" },
    { "Comment", "uid:uid by:PersonRef at:instant text mentions:[PersonRef]" },
    { "Comments", "rows:[Comment] next?" },
};

const RouteTable task_routes = ROUTE_TABLE(routes, shapes);
