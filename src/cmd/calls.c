/* The commands that are calls of the API, as rows: their options, organisations, jobs and events. The others stand in calls_*.c. */
#include "cmd/calls.h"

#include "base/banned.h"

const Option call_options[] = {
    { "account", "UID", "of this account" },
    { "again", NULL, "also where the same document is known already" },
    { "all", NULL, "all that are open" },
    { "anchor", "FILE", "hold the chain also against the anchors in this file, kept outside the store" },
    { "answer", "TEXT", "what was done" },
    { "area", "CODE", "an area code; all that begin with it" },
    { "basis", "TEXT", "what it rests on: a law, a document" },
    { "category", "TEXT", "a class of one's own" },
    { "check", NULL, "only check, and change nothing" },
    { "found", NULL, "of a proof: print all that its cases give, in its own form" },
    { "code", "CODE", "the first part of its tasks' printed numbers; the kind's where it is left out" },
    { "collective", "ORG", "a name that stands for others: each of its members gets a part" },
    { "dataset", "PACK.DATASET", "of this dataset" },
    { "due", "DATE", "to be done by this day" },
    { "duty", "PACK.DUTY", "of this duty of persons" },
    { "due-from", "DATE", "due on this day or later" },
    { "due-to", "DATE", "due on this day or before" },
    { "everywhere", NULL, "in all organisations" },
    { "expand", NULL, "divide what collectives lead among their members" },
    { "from", "DATE", "from this day on" },
    { "group", "GROUP", "a group: its uid" },
    { "handler", "UID", "who handles it, by account" },
    { "holding-days", "N", "a closed task is watched so many days" },
    { "head", "HASH", "a head that was printed or noted elsewhere: some event must have it" },
    { "id-number", "NUMBER", "the person's identity number, kept as a keyed hash: the proof of who it is" },
    { "issue", NULL, "issue it at once" },
    { "issuer", "ORG", "who issues it" },
    { "json", NULL, "print it as JSON" },
    { "kind", "KIND", "of this kind" },
    { "late", NULL, "only what is overdue" },
    { "lead", "ORG,...", "who leads; several with commas" },
    { "level", "LEVEL", "green, yellow, red, letter, order, bulletin or talk" },
    { "layout", NULL, "with --plan: in the form of the workbook in which the plan came" },
    { "light", "LIGHT", "green, amber, red or grey" },
    { "limit", "N", "so many rows at most (default: 1000)" },
    { "map", "HEADING=FIELD,...", "what columns mean, by heading or letter; - keeps one as it is" },
    { "mine", NULL, "only those of my unit" },
    { "name", "NAME", "the person's name" },
    { "new-password-file", "FILE", "the new password: the first line of this file" },
    { "need", "TEXT", "what is needed" },
    { "next", "TEXT", "what comes next" },
    { "note", "TEXT", "a remark" },
    { "nothing-new", NULL, "the zero report: nothing new" },
    { "object", "UID", "what happened to this object" },
    { "order", "ORDER", "by due, no or changed" },
    { "org", "ORG", "an organisation: its uid, or a name that means only one" },
    { "out", "FILE", "append it to this file (default: print it)" },
    { "owner", "ORG", "tasks of this organisation" },
    { "owner-below", NULL, "with --owner: and of those below it" },
    { "owners", "ORG,...", "each of these gets a part; several with commas" },
    { "parent", "ORG", "directly below this organisation; root: those below none" },
    { "month", "MONTH", "of this month, as 2026-09 (default: the last that is over)" },
    { "monthly-day", "N", "the monthly meeting is on this day of the month, 1 to 28" },
    { "monthly-hour", "N", "and begins at this hour" },
    { "percent", "N", "how far it is" },
    { "period", "PERIOD", "of this week, month or quarter: 2026W37, 2026-09, 2026Q3" },
    { "plan", "UID", "of this plan" },
    { "problem", "TEXT", "what is in the way" },
    { "progress", "HOW", "how often leads report: none, week or month" },
    { "publicity-days", "N", "a verified task is shown in public so many working days before it may be closed" },
    { "q", "TEXT", "whose name or title holds this" },
    { "reason", "TEXT", "why" },
    { "role", "ROLE", "who holds this role: handler, unit_head, issuer, reviewer, inspector, leader, reporter, system_admin, security_admin, audit_admin" },
    { "roles", "ROLE,...", "roles, commas between" },
    { "restricted", NULL, "only for whom it names" },
    { "rule", "UID", "by this rule" },
    { "scope", "SCOPE", "read, or write for changes too" },
    { "share", "SHARE", "only this part, such as 0.3" },
    { "sheet", "NAME", "this sheet of the workbook (default: the one whose headings are known best)" },
    { "shares", "ORG=VALUE,...", "what each gets of the target; the values add up to it" },
    { "source", "SOURCE", "instruction, hotline, inspection, audit, meeting or other" },
    { "source-date", "DATE", "the source's date" },
    { "source-no", "NUMBER", "the source's number" },
    { "state", "STATE", "in this state; several with commas" },
    { "support", "ORG,...", "who supports; several with commas" },
    { "target", "N", "which of its targets, from 1 on, where there are several" },
    { "telephone", "NUMBER", "the person's telephone, confirmed by the security administrator: proof where there is no identity number" },
    { "term", "TERM", "at_once, dated or lasting" },
    { "text", "TEXT", "what is to be done" },
    { "title", "TEXT", "the person's post" },
    { "to", "DATE", "up to this day" },
    { "unread", NULL, "only what was not read yet" },
    { "until", "DATE", "until this day" },
    { "verb", "VERB", "events of this kind; several with commas" },
    { "within", "ORG", "as said in this organisation" },
    { "weekly-day", "N", "the weekly meeting is on this day, 1 (Monday) to 7" },
    { "weekly-hour", "N", "and begins at this hour" },
    { "year", "N", "of this year" },
    { "zero", NULL, "there was nothing to do" },
    { "xlsx", "OUT", "save it as a workbook, too" },
    { NULL, NULL, NULL },
};

bool call_save(CallRun *run, const char *pattern, GError **err)
{
    Str path, out;
    if (!call_path(run, pattern, &path, err) || !call_operand(run, "OUT", &out, err))
        return false;
    g_autofree char *file = str_dup(out);
    return client_download(run->client, path, file, err);
}

bool call_export(CallRun *run, GError **err)
{
    Str path, out;
    if (!call_query(run, &path, err) || !call_operand(run, "OUT", &out, err))
        return false;
    g_autofree char *file = str_dup(out);
    return client_download(run->client, path, file, err);
}

/* --- Organisations -------------------------------------------------------------------------------------------------------- */

#define ORG_VIEW \
    "uid code name short_name kind area parent path functions aliases members leader.name accounts open_tasks closed version"

const Call org_calls[] = {
    LIST("list", "parent kind area q", "/orgs", 0,
         "code name short_name kind area parent.name children uid",
         "list organisations in official order"),
    GET("show", "ORG", NULL, NULL, "/orgs/{org}", ORG_VIEW, "show an organisation"),
    LIST("groups", "kind q", "/groups", 0, "name kind members uid", "list groups of organisations"),
    GET("group", "UID", NULL, NULL, "/groups/{uid}", "uid name kind version; members: org.name from to", "show a group with its members"),
    GET("resolve", "NAME", "within", "within", "/orgs/resolve?name={name}", "how org org.uid; candidates: name uid",
        "say which organisation a name in a document means, and which it could mean"),
    { .name = "import", .operands = "FILE", .options = "check",
      .help = "read organisations from an XLSX or CSV file; with one error in it nothing is changed", .method = "POST", .path = "/orgs/import",
      .body = "upload:FILE apply:!--check", .flags = CALL_JOB, .view = IMPORT_VIEW },
    EXPORT("export", "OUT", "parent kind area q", "/orgs.xlsx", 0, "save organisations as an XLSX file that can be imported again"),
    EXPORT("groups-export", "OUT", "kind q", "/groups.xlsx", 0, "save groups of organisations as an XLSX file that can be imported again"),
    IMPORT("groups-import", "FILE", "/groups/import", 0, "bring groups back (XLSX or CSV): only what was changed changes, rows without their hidden id are new"),
    EXPORT("group-export", "UID OUT", NULL, "/groups/{uid}/members.xlsx", 0, "save a group's members as an XLSX file that can be imported again"),
    IMPORT("group-import", "UID FILE", "/groups/{uid}/members/import", 0, "set a group's members as such a file has them, all of them"),
    { .name = "alias", .operands = "ORG ALIAS", .help = "give an organisation one more name by which documents call it",
      .method = "POST", .path = "/orgs/{org}/aliases", .object = "/orgs/{org}", .body = "alias:ALIAS", .flags = CALL_VERSION,
      .view = "name aliases version" },
    { .name = "leader", .operands = "ORG USER", .help = "name the leader who has an organisation in his charge",
      .method = "POST", .path = "/orgs/{org}/leader", .object = "/orgs/{org}", .body = "account:USER", .flags = CALL_VERSION,
      .view = "name leader.name version" },
    { .name = "meetings", .operands = "ORG", .options = "weekly-day weekly-hour monthly-day monthly-hour",
      .help = "say when an organisation's meetings are: its dispatch and summary are kept for them", .method = "POST", .path = "/orgs/{org}/meetings",
      .object = "/orgs/{org}/meetings", .body = "weekly.day:--weekly-day weekly.hour:--weekly-hour monthly.day:--monthly-day monthly.hour:--monthly-hour",
      .flags = CALL_VERSION, .view = "org.name weekly.day weekly.hour monthly.day monthly.hour version" },
    { .name = "unalias", .operands = "ORG ALIAS", .help = "take such a name away",
      .method = "DELETE", .path = "/orgs/{org}/aliases/{alias}", .object = "/orgs/{org}", .flags = CALL_VERSION,
      .view = "name aliases version" },
    NONE,
};

/* --- Jobs and events ----------------------------------------------------------------------------------------------------------------- */

const Call job_calls[] = {
    { .name = "index", .operands = "", .help = "write anew what lists and search look in (system administrator); people go on working meanwhile", .method = "POST",
      .path = "/search/index", .flags = CALL_JOB, .view = "state result.tasks" },
    LIST("list", "state kind", "/jobs", 0,
         "kind state progress created finished by uid",
         "list jobs, the newest first"),
    GET("show", "UID", NULL, NULL, "/jobs/{uid}", "uid kind state progress doing created finished by result error", "show a job"),
    NONE,
};

const Call audit_calls[] = {
    LIST("list", "object kind verb account", "/events", 0,
         "seq at verb object.kind object.title by.name via object.uid hash",
         "list events, the newest first"),
    { .name = "verify", .operands = "", .options = "anchor", .direct = audit_verify_chain,
      .help = "read the whole chain of events and hold it against all anchors; also beside a running server" },
    { .name = "anchor", .operands = "", .options = "out", .direct = audit_make_anchor,
      .help = "make an anchor of the chain as it is now, to be kept where nobody of the store can change it" },
    { .name = "export", .operands = "FILE", .direct = audit_export,
      .help = "write the whole chain with its anchors to a file, by which anybody can hold it; also beside a running server" },
    { .name = "check", .operands = "FILE", .options = "head", .direct = audit_check_file,
      .help = "hold such a file without a store: the chain, its anchors and its end; with --key-path also who made them" },
    { .name = "rebuild", .operands = "", .options = "check", .direct = audit_rebuild,
      .help = "compute from the events how each task stands, and --check that the tables say the same" },
    NONE,
};
