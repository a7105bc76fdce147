/* import.h: private to http: files that become something by a job. */
#pragma once

#include "base/diags.h"
#include "http/app.h"

/* Body {"upload","apply":bool} (or "again" for documents): takes the upload into a new job of this kind, answers 202. The job is given the whole body as member
 * "wish". */
bool import_start(HttpRequest *request, const char *kind, GError **err);

/* What such a job begins with: the file, and who started it, with the rights of today. */
typedef struct {
    const HttpApp *http;
    const BhApp *app;
    BlobId blob;
    GString *content;
    Str name;
    Str path; /* of the request that started it */
    bool apply, again;
    const JsonValue *wish;
    User user;
    AuditWho who;
} FileJob;
bool file_job_begin(JobRun *run, FileJob *ret_job, size_t limit, GError **err);
void file_job_clear(FileJob *job);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FileJob, file_job_clear)

/* A finding of an import as the API tells it. */
void import_write_finding(JsonWriter *json, const Diag *diag, bool forbids);

/* import-tasks.c */
bool job_import_tasks(JobRun *run, GError **err);

/* import-list.c */
bool job_import_list(JobRun *run, GError **err);

/* proof.c: the whole proof of the event log; its daily anchor. */
bool job_verify_audit(JobRun *run, GError **err);
bool job_index(JobRun *run, GError **err);
bool job_anchor(JobRun *run, GError **err);
bool job_end_suspensions(JobRun *run, GError **err);
