/* Which lists go out as workbooks, and what stands in their columns (http.h, export.c). */
#include "http/routes.h"
#include "ledger/register.h"

#include "base/banned.h"

#define TEXT(value, heading, width) { value, "export." heading, EXPORT_TEXT, width, NULL, false, { NULL }, NULL, TAKE_TEXT, NULL, false }
#define WORD(value, heading, width, words) { value, "export." heading, EXPORT_TEXT, width, words, false, { NULL }, NULL, TAKE_TEXT, NULL, false }
#define NUMBER(value, heading, width) { value, "export." heading, EXPORT_NUMBER, width, NULL, false, { NULL }, NULL, TAKE_TEXT, NULL, false }
#define DAY(value, heading) { value, "export." heading, EXPORT_DATE, 12, NULL, false, { NULL }, NULL, TAKE_TEXT, NULL, false }
#define INSTANT(value, heading) { value, "export." heading, EXPORT_TEXT, 18, NULL, false, { NULL }, NULL, TAKE_TEXT, NULL, false }
/* What comes back: into the member `set` of a change. */
#define TAKE(value, heading, type, width, set, take) { value, "export." heading, type, width, NULL, false, { NULL }, set, take, NULL, false }
#define TAKE_OF(value, heading, width, words, set, take, choices) { value, "export." heading, EXPORT_TEXT, width, words, false, { NULL }, set, take, choices, false }
#define UID { "uid", "export.uid", EXPORT_TEXT, 28, NULL, true, { NULL }, NULL, TAKE_TEXT, NULL, false }
#define VERSION { "version", "export.version", EXPORT_NUMBER, 8, NULL, true, { NULL }, NULL, TAKE_TEXT, NULL, false }

static const HttpExportColumn documents[] = {
    TEXT("title", "title", 48), TEXT("doc_no", "doc_no", 22), WORD("kind", "kind", 14, "document.kind."), TEXT("issuer", "issuer", 24), DAY("issued", "issued"),
    WORD("state", "state", 12, "export.document."), NUMBER("items", "items", 8), NUMBER("confirmed", "confirmed", 8), NUMBER("left_out", "left_out", 8),
    TEXT("org.name", "unit", 24), TEXT("file_name", "file", 28), UID,
};
static const HttpExportColumn plans[] = {
    TAKE("title", "title", EXPORT_TEXT, 48, "title", TAKE_TEXT), TAKE("code", "code", EXPORT_TEXT, 12, "code", TAKE_TEXT), NUMBER("year", "year", 8), TEXT("doc_no", "doc_no", 22), WORD("kind", "kind", 14, "document.kind."),
    WORD("state", "state", 10, "export.plan."), TEXT("issuer.name", "issuer", 24), INSTANT("issued", "issued"), TEXT("stage", "stage", 16),
    NUMBER("tasks", "tasks", 8), UID, VERSION,
};
/* With the headings of the file that they come from (org/import.c, org/people_import.c), so that they go back the same way. */
#define FILE(value, heading, type, width, words) { value, "column." heading, type, width, words, false, { NULL }, NULL, TAKE_TEXT, NULL, false }
static const HttpExportColumn orgs[] = {
    FILE("code", "org.code", EXPORT_TEXT, 16, NULL), FILE("name", "org.name", EXPORT_TEXT, 36, NULL), FILE("short_name", "org.short_name", EXPORT_TEXT, 18, NULL),
    FILE("kind", "org.kind", EXPORT_TEXT, 16, "org.kind."), FILE("parent_code", "org.parent", EXPORT_TEXT, 16, NULL), TEXT("parent.name", "parent", 30),
    FILE("area", "org.area", EXPORT_TEXT, 10, NULL), FILE("rank", "org.rank", EXPORT_NUMBER, 8, NULL), FILE("legal_code", "org.legal_code", EXPORT_TEXT, 22, NULL),
    FILE("functions[]", "org.functions", EXPORT_TEXT, 20, NULL), FILE("alias_names[]", "org.aliases", EXPORT_TEXT, 36, NULL),
    FILE("member_codes[]", "org.members", EXPORT_TEXT, 28, NULL), FILE("opened", "org.opened", EXPORT_DATE, 12, NULL), FILE("closed", "org.closed", EXPORT_DATE, 12, NULL),
    NUMBER("children", "children", 8), UID, VERSION,
};
static const HttpExportColumn accounts[] = {
    FILE("username", "people.username", EXPORT_TEXT, 16, NULL), FILE("person.name", "people.name", EXPORT_TEXT, 14, NULL),
    FILE("org_code", "people.org", EXPORT_TEXT, 16, NULL), TEXT("org.name", "unit", 30), FILE("roles[]", "people.role", EXPORT_TEXT, 28, "role."),
    FILE("title", "people.title", EXPORT_TEXT, 16, NULL), WORD("state", "state", 10, "export.account."), INSTANT("last_login", "last_login"), UID, VERSION,
};
static const HttpExportColumn events[] = {
    NUMBER("seq", "seq", 8), INSTANT("at", "at"), TEXT("by.name", "by", 14), WORD("verb", "verb", 18, "event."), WORD("object.kind", "object_kind", 12, "object."),
    TEXT("object.title", "title", 40), TEXT("object.uid", "object", 28), TEXT("via", "via", 8), TEXT("hash", "hash", 40),
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
    TAKE("name", "name", EXPORT_TEXT, 32, "name", TAKE_TEXT), TEXT("issuer.name", "issuer", 24),
    TAKE("owed_by.orgs[].name", "owed_orgs", EXPORT_TEXT, 36, "owed_by.orgs", TAKE_ORGS), TEXT("owed_by.collective.name", "owed_collective", 20),
    TEXT("owed_by.function", "owed_function", 16), TAKE_OF("every", "every", 10, "export.every.", "every", TAKE_WORD, "week month quarter half year once"),
    TAKE("due.days", "due_days", EXPORT_NUMBER, 10, "due.days", TAKE_INT), TAKE("due.working", "working", EXPORT_TEXT, 10, "due.working", TAKE_BOOL),
    TAKE("grace_days", "grace_days", EXPORT_NUMBER, 10, "grace_days", TAKE_INT), TAKE("from", "from", EXPORT_DATE, 12, "from", TAKE_DATE),
    TAKE("to", "to", EXPORT_DATE, 12, "to", TAKE_DATE), TAKE_OF("state", "state", 8, "export.rule.", "state", TAKE_WORD, "on off"), UID, VERSION,
};
static const HttpExportColumn reports[] = {
    WORD("kind", "kind", 12, "export.report."), TEXT("plan.title", "plan", 36), TEXT("org.name", "unit", 24), TEXT("period", "period", 12), DAY("from", "from"),
    DAY("to", "to"), INSTANT("made", "made"), TEXT("by.name", "by", 14), UID,
};
static const HttpExportColumn messages[] = {
    INSTANT("at", "at"), WORD("kind", "kind", 12, "message."), TEXT("task.number", "number", 18), TEXT("task.title", "title", 40), TEXT("by.name", "by", 14),
    INSTANT("read", "read"), UID,
};
static const HttpExportColumn groups[] = {
    TAKE("name", "name", EXPORT_TEXT, 36, "name", TAKE_TEXT),
    TAKE_OF("kind", "kind", 16, "groups.kind.", "kind", TAKE_WORD, "alliance specialty leading_group task_force other"), NUMBER("members", "members", 8), UID, VERSION,
};
/* A time of absence is made and ended, and never becomes another. */
#define TAKE_NEW(value, heading, type, width, set, take) { value, "export." heading, type, width, NULL, false, { NULL }, set, take, NULL, true }
static const HttpExportColumn deputies[] = {
    TAKE_NEW("account.name", "person", EXPORT_TEXT, 14, "account", TAKE_ACCOUNT), TEXT("account.org.name", "unit", 28),
    TAKE_NEW("deputy.name", "deputy", EXPORT_TEXT, 14, "deputy", TAKE_ACCOUNT), TAKE_NEW("from", "from", EXPORT_DATE, 12, "from", TAKE_DATE),
    TAKE_NEW("to", "to", EXPORT_DATE, 12, "to", TAKE_DATE), TAKE_NEW("reason", "reason", EXPORT_TEXT, 28, "reason", TAKE_TEXT), UID,
};
/* Of a list that is set as a whole: the version is its owner's. */
#define WHOLE_VERSION { "^version", "export.version", EXPORT_NUMBER, 8, NULL, true, { NULL }, NULL, TAKE_TEXT, NULL, false }

static const HttpExportColumn group_members[] = {
    TAKE("org.name", "unit", EXPORT_TEXT, 36, "org", TAKE_ORG), TAKE("from", "from", EXPORT_DATE, 12, "from", TAKE_DATE),
    TAKE("to", "to", EXPORT_DATE, 12, "to", TAKE_DATE), WHOLE_VERSION,
};
static const HttpExportColumn look_backs[] = {
    TEXT("title", "title", 36), TEXT("plan.title", "plan", 36), TEXT("org.name", "unit", 24), DAY("from", "from"), DAY("until", "to"),
    WORD("state", "state", 10, "export.round."), WORD("sample", "sample", 12, "look.sample."), NUMBER("share", "share", 8), NUMBER("total", "drawn", 8),
    NUMBER("held", "held", 8), NUMBER("relapsed", "relapsed", 8), NUMBER("unclear", "unclear", 8), TEXT("by.name", "by", 14), INSTANT("made", "made"), UID,
};
static const HttpExportColumn look_back_tasks[] = {
    TEXT("task.number", "number", 20), TEXT("task.title", "title", 48), TEXT("task.lead[].name", "lead", 24), WORD("result", "result", 10, "look.result."),
    TEXT("note", "note", 36), TEXT("by.name", "by", 14), INSTANT("at", "at"),
};
static const HttpExportColumn reminders[] = {
    INSTANT("sent", "at"), WORD("level", "level", 10, "level."), TEXT("task.number", "number", 20), TEXT("task.title", "title", 40), DAY("due", "due"),
    TEXT("to[].name", "to_whom", 28), NUMBER("read", "read_by", 8), TEXT("text", "text", 36), TEXT("by.name", "by", 14), UID,
};
static const HttpExportColumn task_reminders[] = {
    INSTANT("sent", "at"), WORD("level", "level", 10, "level."), DAY("due", "due"), TEXT("to[].name", "to_whom", 28), NUMBER("read", "read_by", 8),
    TEXT("text", "text", 36), TEXT("by.name", "by", 14), UID,
};
static const HttpExportColumn letters[] = {
    WORD("kind", "kind", 10, "level."), NUMBER("year", "year", 8), NUMBER("number", "letter_no", 8), DAY("day", "day"), TEXT("issuer.name", "letter_from", 24),
    TEXT("org.name", "letter_to", 24), TEXT("task.number", "number", 20), TEXT("task.title", "title", 40), TEXT("problem", "problem", 36),
    TEXT("basis", "basis", 24), DAY("due", "due"), DAY("reply_by", "reply_by"), TEXT("text", "text", 36), UID,
};
static const HttpExportColumn sessions[] = {
    INSTANT("created", "created"), INSTANT("seen", "seen"), TEXT("via", "via", 10), TEXT("agent", "agent", 48), TEXT("current", "current", 8),
};
static const HttpExportColumn tokens[] = {
    TEXT("name", "name", 28), WORD("scope", "scope", 10, "export.scope."), DAY("until", "to"), INSTANT("created", "created"), INSTANT("last_used", "last_used"),
    WORD("state", "state", 10, "export.token."), UID,
};
static const HttpExportColumn grants[] = {
    WORD("role", "roles", 16, "role."), WORD("where.kind", "where", 12, "export.where."), TEXT("where.org.name", "unit", 28), TEXT("where.group.name", "group", 28),
    TEXT("where.area", "area", 10), WORD("what.kind", "what", 12, "export.what."), DAY("from", "from"), DAY("to", "to"),
    TEXT("for.name", "for", 14), UID,
};
static const HttpExportColumn views[] = {
    TAKE("name", "name", EXPORT_TEXT, 28, "name", TAKE_TEXT), TAKE_NEW("page", "page", EXPORT_TEXT, 12, "page", TAKE_TEXT),
    TAKE("query", "query", EXPORT_TEXT, 60, "query", TAKE_TEXT), TAKE("shared", "shared", EXPORT_TEXT, 8, "shared", TAKE_BOOL), TEXT("by.name", "by", 14), UID, VERSION,
};
static const HttpExportColumn steps[] = {
    NUMBER("seq", "step", 8), TAKE("days", "step_days", EXPORT_NUMBER, 12, "days", TAKE_INT), TAKE("working", "working", EXPORT_TEXT, 10, "working", TAKE_BOOL),
    TAKE_OF("level", "level", 12, "level.", "level", TAKE_WORD, "green yellow red letter order bulletin talk"),
    TAKE_OF("to[]", "to_whom", 36, "receiver.", "to", TAKE_WORDS, "handler head deputy leader unit issuer"),
    TAKE("letter", "letter", EXPORT_TEXT, 10, "letter", TAKE_BOOL),
    WHOLE_VERSION,
};
static const HttpExportColumn stages[] = {
    NUMBER("seq", "step", 8), TAKE("name", "name", EXPORT_TEXT, 28, "name", TAKE_TEXT), TAKE("begins", "from", EXPORT_DATE, 12, "begins", TAKE_DATE),
    TAKE("ends", "to", EXPORT_DATE, 12, "ends", TAKE_DATE), TAKE_OF("gate", "gate", 16, "export.gate.", "gate", TAKE_WORD, "none decision submitted closed"),
    TAKE("share", "share", EXPORT_NUMBER, 8, "share", TAKE_INT),
    WORD("state", "state", 10, "stage.state."), TEXT("passed_by.name", "by", 14), INSTANT("passed_at", "at"), TEXT("reason", "reason", 28),
    NUMBER("tasks", "tasks", 8), NUMBER("closed", "tasks_closed", 8), WHOLE_VERSION,
};
static const HttpExportColumn comments[] = {
    INSTANT("at", "at"), TEXT("by.name", "by", 14), TEXT("by.org.name", "unit", 24), TEXT("text", "text", 60), TEXT("mentions[].name", "mentions", 20),
};
static const HttpExportColumn progress[] = {
    TEXT("period", "period", 12), TEXT("text", "text", 48), TEXT("problem", "problem", 32), TEXT("need", "need", 24), TEXT("next", "next", 32),
    NUMBER("percent", "percent", 8), TEXT("nothing_new", "nothing_new", 8), TEXT("by.name", "by", 14), INSTANT("at", "at"),
};
static const HttpExportColumn relations[] = {
    WORD("kind", "kind", 10, "relation."), WORD("state", "state", 10, "export.relation."), TEXT("item.no", "item_no", 8), TEXT("item.title", "title", 40),
    TEXT("other.document.title", "earlier", 40), TEXT("other.document.doc_no", "doc_no", 22), TEXT("other.task.number", "number", 20),
    TEXT("other.task.title", "earlier_task", 40), TEXT("by.name", "by", 14), INSTANT("at", "at"), UID,
};
static const HttpExportColumn work[] = {
    WORD("why", "why", 16, "work.why."), INSTANT("since", "since"), TEXT("task.number", "number", 20), TEXT("task.title", "title", 48),
    WORD("task.state", "state", 10, "task.state."), DAY("task.due", "due"), TEXT("task.lead[].name", "lead", 24), TEXT("document.title", "document", 48),
};
static const HttpExportColumn hits[] = {
    WORD("kind", "kind", 10, "search.kind."), TEXT("title", "title", 48), TEXT("number", "number", 20), INSTANT("at", "at"), UID,
};
static const HttpExportColumn year[] = {
    DAY("date", "date"), WORD("kind", "kind", 12, "calendar.kind."), TEXT("title", "title", 48), NUMBER("n", "tasks", 8), TEXT("plan.title", "plan", 36),
    NUMBER("hour", "hour", 8),
};
static const HttpExportColumn calendar_days[] = {
    DAY("date", "date"), TEXT("working", "working", 10), TEXT("name", "name", 20),
};
static const HttpExportColumn registers[] = {
    TEXT("code", "code", 16), TEXT("name", "name", 28), WORD("proves", "proves", 16, "evidence.kind."), NUMBER("rows", "entries", 8),
};

static const HttpExportColumn defects[] = {
    TEXT("org.name", "unit", 28), TEXT("dataset.name", "dataset", 22), TEXT("says", "defect_says", 44), TEXT("rule", "defect_rule", 20), WORD("level", "level", 8, "data.level."),
    WORD("state", "state", 12, "defect.state."), TEXT("month", "month", 10), TEXT("period", "period", 10), INSTANT("found", "found"), INSTANT("sent", "sent_back"), DAY("due", "due"),
    TEXT("late", "late", 8), NUMBER("again", "defect_again", 8), INSTANT("closed", "closed_at"), TEXT("reason", "reason", 28), TEXT("record", "record", 36), UID, VERSION,
};

static const HttpExportColumn looks[] = {
    INSTANT("at", "at"), TEXT("by.name", "by", 14), TEXT("by.org.name", "unit", 28), WORD("purpose", "purpose", 16, "person.purpose."), TEXT("reason", "reason", 36), TEXT("fields", "fields_seen", 36),
};

/* --- Entries of a register: their columns are its fields --------------------------------------------------------------------- */

enum { SIDE_COLUMNS = 7, FIELD_WIDTH = 20 };

static HttpExportColumn field_column(const RegisterField *field, Arena *arena)
{
    static const int types[] = { [FIELD_TEXT] = EXPORT_TEXT, [FIELD_INT] = EXPORT_NUMBER, [FIELD_DATE] = EXPORT_DATE };
    const char *label = arena_str(arena, field->label).p, *label_en = arena_str(arena, field->label_en.n ? field->label_en : field->label).p;
    return (HttpExportColumn) { .value = arena_printf(arena, "fields." STR_FMT, STR_ARG(field->name)).p, .type = types[field->type], .width = FIELD_WIDTH,
                                .set = arena_printf(arena, "fields." STR_FMT, STR_ARG(field->name)).p, .take = TAKE_TEXT, .label = { [LANG_ZH] = label, [LANG_EN] = label_en } };
}

static bool entry_columns(const HttpRequest *request, DbConn *conn, HttpExport *list, GError **err)
{
    static const HttpExportColumn before[] = { { "org.name", "export.unit", EXPORT_TEXT, 28, NULL, false, { NULL }, "org", TAKE_ORG, NULL, true } };
    static const HttpExportColumn behind[] = { DAY("day", "day"), TEXT("file", "file", 24), INSTANT("at", "entered"), TEXT("withdrawn", "withdrawn", 8), UID, VERSION };
    G_STATIC_ASSERT(G_N_ELEMENTS(before) + G_N_ELEMENTS(behind) == SIDE_COLUMNS);
    Register reg;
    if (!register_by_code(conn, request->arena, http_path(request, "code"), &reg, err))
        return false;
    HttpExportColumn *columns = ARENA_ARRAY(request->arena, HttpExportColumn, SIDE_COLUMNS + reg.n_fields);
    size_t n = 0;
    columns[n++] = before[0];
    for (size_t i = 0; i < reg.n_fields; i++)
        columns[n++] = field_column(&reg.fields[i], request->arena);
    for (size_t i = 0; i < G_N_ELEMENTS(behind); i++)
        columns[n++] = behind[i];
    list->columns = columns;
    list->n_columns = n;
    return true;
}

/* --- The table ------------------------------------------------------------------------------------------------------------------- */

#define API "/api/v1/"
#define LIST(path, columns) { API path, "export.list." #columns, columns, G_N_ELEMENTS(columns), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL }
/* What is one member of an object, and goes out under a name of its own. */
#define PART(path, columns, rows, as) { API path, "export.list." #columns, columns, G_N_ELEMENTS(columns), rows, API as ".xlsx", NULL, NULL, NULL, NULL, NULL, NULL }

static const HttpExport exports[] = {
    LIST("documents", documents),
    { API "plans", "export.list.plans", plans, G_N_ELEMENTS(plans), NULL, NULL, NULL, API "plans/import", API "plans/{uid}", NULL, NULL, NULL },
    LIST("persons/{uid}/looks", looks), LIST("orgs", orgs), LIST("accounts", accounts), LIST("events", events), LIST("jobs", jobs),
    LIST("duties", duties), LIST("defects", defects),
    { API "duty-rules", "export.list.duty_rules", duty_rules, G_N_ELEMENTS(duty_rules), NULL, NULL, NULL, API "duty-rules/import", API "duty-rules/{uid}",
      API "duty-rules", NULL, NULL },
    LIST("reports", reports), LIST("messages", messages),
    { API "groups", "export.list.groups", groups, G_N_ELEMENTS(groups), NULL, NULL, NULL, API "groups/import", API "groups/{uid}", API "groups", NULL, NULL },
    { API "deputies", "export.list.deputies", deputies, G_N_ELEMENTS(deputies), NULL, NULL, NULL, API "deputies/import", NULL, API "deputies", NULL, NULL },
    LIST("look-backs", look_backs), LIST("reminders", reminders), LIST("letters", letters), LIST("sessions", sessions),
    LIST("tokens", tokens), 
    { API "views", "export.list.views", views, G_N_ELEMENTS(views), NULL, NULL, NULL, API "views/import", API "views/{uid}", API "views", NULL, NULL },
    LIST("work", work), LIST("search", hits), LIST("registers", registers),
    { API "registers/{code:word}/rows", "export.list.entries", NULL, 0, NULL, NULL, entry_columns, API "registers/{code:word}/rows/import",
      API "registers/{code:word}/rows/{uid}", API "registers/{code:word}/rows", NULL, NULL },
    LIST("plans/{uid}/events", events), LIST("tasks/{uid}/events", events), LIST("tasks/{uid}/comments", comments), LIST("tasks/{uid}/progress", progress),
    LIST("documents/{uid}/relations", relations),
    PART("look-backs/{uid}", look_back_tasks, NULL, "look-backs/{uid}/tasks"),
    PART("tasks/{uid}/reminders", task_reminders, "reminders", "tasks/{uid}/reminders"),
    { API "groups/{uid}", "export.list.group_members", group_members, G_N_ELEMENTS(group_members), "members", API "groups/{uid}/members.xlsx", NULL,
      API "groups/{uid}/members/import", NULL, NULL, API "groups/{uid}", NULL },
    PART("accounts/{uid}", grants, "grants", "accounts/{uid}/grants"),
    { API "plans/{uid}", "export.list.steps", steps, G_N_ELEMENTS(steps), "steps", API "plans/{uid}/steps.xlsx", NULL, API "plans/{uid}/steps/import", NULL, NULL,
      API "plans/{uid}/steps", NULL },
    { API "plans/{uid}", "export.list.stages", stages, G_N_ELEMENTS(stages), "stages_list", API "plans/{uid}/stages.xlsx", NULL, API "plans/{uid}/stages/import", NULL,
      NULL, API "plans/{uid}/stages", "stages" },
    PART("calendar", year, "entries", "calendar"),
    PART("calendars/{code:word}", calendar_days, "days", "calendars/{code:word}/days"),
};

const RouteTable export_routes = { .exports = exports, .n_exports = G_N_ELEMENTS(exports) };
