/* routes.h: private to http: the tables, one a file. */
#pragma once

#include "http/http.h"

extern const RouteTable
    access_routes,
    account_routes,
    audit_routes,
    calendar_routes,
    counts_routes,
    document_routes,
    export_routes,
    duty_routes,
    duty_rule_routes,
    family_routes,
    job_routes,
    ledger_routes,
    login_routes,
    look_back_routes,
    message_routes,
    org_routes,
    plan_routes,
    register_routes,
    report_routes,
    meeting_routes,
    search_routes,
    relation_routes,
    remind_routes,
    year_routes,
    session_routes,
    system_routes,
    task_routes,
    task_edit_routes,
    upload_routes;
