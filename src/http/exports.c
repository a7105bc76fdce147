/* Which lists go out as workbooks, and what stands in their columns (http.h, export.c). */
#include "http/routes.h"

#include "base/banned.h"

#define TEXT(value, heading, width) { value, "export." heading, EXPORT_TEXT, width, NULL }
#define WORD(value, heading, width, words) { value, "export." heading, EXPORT_TEXT, width, words }
#define NUMBER(value, heading, width) { value, "export." heading, EXPORT_NUMBER, width, NULL }
#define DAY(value, heading) { value, "export." heading, EXPORT_DATE, 12, NULL }
#define INSTANT(value, heading) { value, "export." heading, EXPORT_TEXT, 18, NULL }
#define UID TEXT("uid", "uid", 28)

static const HttpExportColumn documents[] = {
    TEXT("title", "title", 48), TEXT("doc_no", "doc_no", 22), WORD("kind", "kind", 14, "document.kind."), TEXT("issuer", "issuer", 24), DAY("issued", "issued"),
    WORD("state", "state", 12, "export.document."), NUMBER("items", "items", 8), NUMBER("confirmed", "confirmed", 8), NUMBER("left_out", "left_out", 8),
    TEXT("org.name", "unit", 24), TEXT("file_name", "file", 28), UID,
};
static const HttpExportColumn plans[] = {
    TEXT("title", "title", 48), TEXT("code", "code", 12), NUMBER("year", "year", 8), TEXT("doc_no", "doc_no", 22), WORD("kind", "kind", 14, "document.kind."),
    WORD("state", "state", 10, "export.plan."), TEXT("issuer.name", "issuer", 24), INSTANT("issued", "issued"), TEXT("stage", "stage", 16),
    NUMBER("tasks", "tasks", 8), UID,
};
static const HttpExportColumn orgs[] = {
    TEXT("code", "code", 16), TEXT("name", "name", 36), TEXT("short_name", "short_name", 18), WORD("kind", "kind", 16, "org.kind."), TEXT("area", "area", 10),
    TEXT("parent.name", "parent", 30), NUMBER("children", "children", 8), DAY("closed", "closed"), UID,
};
static const HttpExportColumn accounts[] = {
    TEXT("username", "username", 16), TEXT("person.name", "person", 14), TEXT("org.name", "unit", 30), WORD("roles[]", "roles", 28, "role."),
    WORD("state", "state", 10, "export.account."), INSTANT("last_login", "last_login"), UID,
};
static const HttpExportColumn events[] = {
    NUMBER("seq", "seq", 8), INSTANT("at", "at"), TEXT("by.name", "by", 14), TEXT("verb", "verb", 18), TEXT("object.kind", "object_kind", 12),
    TEXT("object.uid", "object", 28), TEXT("via", "via", 8), TEXT("hash", "hash", 40),
};
static const HttpExportColumn jobs[] = {
    WORD("kind", "kind", 20, "job.kind."), WORD("state", "state", 10, "job.state."), NUMBER("progress", "progress", 8), TEXT("by.name", "by", 14),
    INSTANT("created", "created"), INSTANT("finished", "finished"), UID,
};
static const HttpExportColumn duties[] = {
    TEXT("rule.name", "duty", 32), TEXT("org.name", "unit", 28), TEXT("subject.title", "subject", 32), TEXT("period", "period", 12), DAY("due", "due"),
    WORD("state", "state", 10, "export.duty."), NUMBER("late_days", "late_days", 8), INSTANT("done_at", "done_at"), TEXT("by.name", "by", 14),
    TEXT("reason", "reason", 28), UID,
};
static const HttpExportColumn duty_rules[] = {
    TEXT("name", "name", 32), WORD("every", "every", 10, "export.every."), DAY("from", "from"), DAY("to", "to"), WORD("state", "state", 8, "export.rule."), UID,
};
static const HttpExportColumn reports[] = {
    WORD("kind", "kind", 12, "export.report."), TEXT("plan.title", "plan", 36), TEXT("org.name", "unit", 24), TEXT("period", "period", 12), DAY("from", "from"),
    DAY("to", "to"), INSTANT("made", "made"), TEXT("by.name", "by", 14), UID,
};
static const HttpExportColumn messages[] = {
    INSTANT("at", "at"), TEXT("kind", "kind", 12), TEXT("task.number", "number", 18), TEXT("task.title", "title", 40), TEXT("by.name", "by", 14),
    INSTANT("read", "read"), UID,
};
static const HttpExportColumn groups[] = {
    TEXT("name", "name", 36), TEXT("kind", "kind", 16), NUMBER("members", "members", 8), UID,
};
static const HttpExportColumn deputies[] = {
    TEXT("account.name", "person", 14), TEXT("account.org.name", "unit", 28), TEXT("deputy.name", "deputy", 14), DAY("from", "from"), DAY("to", "to"),
    TEXT("reason", "reason", 28), UID,
};

#define LIST(path, columns) { "/api/v1/" path, "export.list." #columns, columns, G_N_ELEMENTS(columns) }

static const HttpExport exports[] = {
    LIST("documents", documents), LIST("plans", plans),   LIST("orgs", orgs),         LIST("accounts", accounts), LIST("events", events),     LIST("jobs", jobs),
    LIST("duties", duties),       LIST("duty-rules", duty_rules), LIST("reports", reports), LIST("messages", messages), LIST("groups", groups), LIST("deputies", deputies),
};

const RouteTable export_routes = { .exports = exports, .n_exports = G_N_ELEMENTS(exports) };
