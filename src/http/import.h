/* import.h: private to http: files that become something by a job. */
#pragma once

#include "http/app.h"

/* Body {"upload","apply":bool} (or "again" for documents): takes the upload into a new job of this kind, answers 202. */
bool import_start(HttpRequest *request, const char *kind, GError **err);

/* proof.c: the whole proof of the event log; its daily anchor. */
bool job_verify_audit(JobRun *run, GError **err);
bool job_index(JobRun *run, GError **err);
bool job_anchor(JobRun *run, GError **err);
bool job_end_suspensions(JobRun *run, GError **err);
