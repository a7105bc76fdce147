#include "http/routes.h"

#include "base/banned.h"

const RouteTable *const http_tables[] = {
    &session_routes,
    &document_routes,
    &plan_routes,
    &ledger_routes,
    &look_back_routes,
    &export_routes,
    &counts_routes,
    &search_routes,
    &task_routes,
    &register_routes,
    &relation_routes,
    &report_routes,
    &meeting_routes,
    &org_routes,
    &account_routes,
    &access_routes,
    &login_routes,
    &audit_routes,
    &upload_routes,
    &job_routes,
    &system_routes,
    &calendar_routes,
    &duty_routes,
    &duty_rule_routes,
    &message_routes,
    &task_edit_routes,
    &family_routes,
    &remind_routes,
    &year_routes,
};
const size_t http_n_tables = G_N_ELEMENTS(http_tables);
