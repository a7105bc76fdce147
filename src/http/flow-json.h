/* flow-json.h: private to http: calendars, duties and messages as the API shows them. */
#pragma once

#include "flow/duty.h"
#include "http/app.h"

void json_calendar_day(JsonWriter *json, Date date, bool working, Str name); /* name may be STR_NONE */

/* {"uid","number","title"} of a task that the asker may read; null for one that he may not, and for none. */
bool json_member_task(const HttpRequest *request, DbConn *conn, JsonWriter *json, const char *name, Str uid, GError **err);

/* The member "reminders": those that a task was sent, oldest first. */
void json_member_reminders(const HttpRequest *request, JsonWriter *json, const Task *task);

/* Jobs that every day brings. */
bool flow_job_progress(void *run, GError **err);
bool job_reminders(JobRun *run, GError **err);
bool job_duties(JobRun *run, GError **err);
