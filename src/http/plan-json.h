/* plan-json.h: private to http: plans as the API shows them, and what it is told of them. */
#pragma once

#include "http/app.h"
#include "db/queries.h"

/* The members of a row, then those that only the whole plan has, into an open object. */
bool plan_row_write(const HttpRequest *request, DbConn *conn, const PlanListRow *row, JsonWriter *json, GError **err);
bool plan_rest_write(const HttpRequest *request, DbConn *conn, const Plan *plan, JsonWriter *json, GError **err);

/* "settings" of a body laid over those that the plan has now; *ret_given NULL where there are none in it. */
bool plan_settings_read(HttpRequest *request, const JsonValue *body, Str uid, PlanSettings *settings, const PlanSettings **ret_given, GError **err);

/* "steps" of the body. */
bool plan_steps_read(HttpRequest *request, PlanStep **ret_steps, size_t *ret_n, GError **err);

/* "stages" of the body. */
bool plan_stages_read(HttpRequest *request, PlanStage **ret_stages, size_t *ret_n, GError **err);

/* {"day","hour"}, or null for none (day 0); one that is not named stays. */
void plan_meeting_write(JsonWriter *json, const char *name, int64_t day, int64_t hour);
bool plan_meeting_read(const JsonValue *settings, const char *name, int64_t max_day, int64_t *day, int64_t *hour, GError **err);
