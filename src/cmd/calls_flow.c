/* Calls about time: calendars, duties, messages. */
#include "cmd/calls.h"

#include "base/banned.h"

#define DUTY_VIEW "uid rule org subject.title period due last state late_days by done_at reason"

const Call duty_calls[] = {
    { .name = "list", .operands = "", .options = "org rule plan state from to mine limit", .help = "list what is owed, soonest first", .method = "GET",
      .path = "/duties", .query = "org rule plan state from to mine", .flags = CALL_AS | CALL_PAGES,
      .view = "rows: due state late_days org.name rule.name subject.title period uid" },
    { .name = "show", .operands = "UID", .help = "show a duty", .method = "GET", .path = "/duties/{uid}", .flags = CALL_AS, .view = DUTY_VIEW },
    { .name = "done", .operands = "UID", .options = "zero note", .help = "say that it is done, or with --zero that there was nothing to do",
      .method = "POST", .path = "/duties/{uid}/done", .body = "zero:--zero? note:--note", .flags = CALL_AS, .view = DUTY_VIEW },
    { .name = "excuse", .operands = "UID", .options = "reason", .help = "excuse it, for the issuer", .method = "POST", .path = "/duties/{uid}/excuse",
      .body = "reason:--reason!", .flags = CALL_AS, .view = DUTY_VIEW },
    { .name = "rules", .operands = "", .options = "state plan limit", .help = "list the rules by which something is owed", .method = "GET",
      .path = "/duty-rules", .query = "state plan", .flags = CALL_AS | CALL_PAGES,
      .view = "rows: name every due.days due.working grace_days from to state issuer.name uid" },
    EXPORT("export", "OUT", "state plan", "/duty-rules.xlsx", CALL_AS, "save the rules as an XLSX file that can be imported again"),
    IMPORT("import", "FILE", "/duty-rules/import", CALL_AS, "bring the rules back (XLSX or CSV): only what was changed changes"),
    NONE,
};

const Call calendar_calls[] = {
    { .name = "show", .operands = "CODE", .options = "year", .help = "show a year's holidays and made-up working days, and which years are known",
      .method = "GET", .path = "/calendars/{code}", .query = "year", .view = "code year known source years; days: date working name" },
    { .name = "due", .operands = "", .options = "from to plan org", .help = "show what is due: tasks, stages, duties, meetings, documents that end (this month)",
      .method = "GET", .path = "/calendar", .query = "from to plan org", .flags = CALL_AS,
      .view = "from to known; entries: date kind n title light plan.title hour uid" },
    { .name = "import", .operands = "CODE FILE", .help = "replace the years that a CSV file names: date, working (1 or 0), name, source",
      .method = "POST", .path = "/calendars/{code}/import", .body = "upload:FILE", .view = "code year known source years; days: date working name" },
    NONE,
};

const Call remind_calls[] = {
    { .name = "list", .operands = "", .options = "plan level org from to limit", .help = "list reminders that were sent, the newest first", .method = "GET",
      .path = "/reminders", .query = "plan level org from to", .flags = CALL_AS | CALL_PAGES,
      .view = "rows: sent level task.number task.title due to read letters uid" },
    { .name = "letters", .operands = "", .options = "plan kind year org limit", .help = "list the numbered letters, the newest first", .method = "GET",
      .path = "/letters", .query = "plan kind year org", .flags = CALL_AS | CALL_PAGES,
      .view = "rows: day kind year number org.name task.number task.title due reply_by uid" },
    { .name = "send", .operands = "UID LEVEL", .options = "note", .help = "remind of a task by hand: green, yellow, red, letter, order, bulletin or talk",
      .method = "POST", .path = "/tasks/{uid}/reminders", .body = "level:LEVEL text:--note", .flags = CALL_AS,
      .view = "reminders: sent level due to by letters uid" },
    NONE,
};

const Call message_calls[] = {
    { .name = "list", .operands = "", .options = "unread kind limit", .help = "list what I was told, the newest first", .method = "GET", .path = "/messages",
      .query = "unread kind", .flags = CALL_AS | CALL_PAGES, .view = "rows: at kind level task.number task.title by.name read uid" },
    { .name = "read", .operands = "", .help = "mark all messages as read", .method = "POST", .path = "/messages/read", .body = "", .flags = CALL_AS,
      .view = "unread" },
    NONE,
};
