/* ledger.h: documents in hand, plans, tasks, evidence, review, closing. design/ledger.md is the rule; where a function carries out one of its
 * rules a to i, it says so.
 *
 * Every change is one transaction of the interactive queue with its event. The event's data hold {"set":{…}}: what it made of the task, key by key
 * (texts as digests); a task's present state is the sum of its events, which ledger_rebuild_check proves. */
#pragma once

#include "base/blob.h"
#include "base/clock.h"
#include "doc/doc.h"
#include "flow/flow.h"

/* What the ledger works with. `write` carries its changes: NULL for db_write on the interactive queue; the server gives its own, which takes an
 * Idempotency-Key in the same transaction. */
typedef struct {
    Db *db;
    BlobStore *blobs;
    const Clock *clock;
    const KeyRing *keys;
    bool (*write)(void *write_data, DbWork work, void *data, GError **err);
    void *write_data;
} Ledger;

/* Who acts: the user, and how the wish came. */
typedef struct {
    const User *user;
    AuditWho who;
} Actor;

/* A short form for showing: name and uid. uid STR_NONE: nobody. */
typedef struct {
    Str uid, name;
    Str org_uid, org_name;
} PersonRef;

/* The one behind an account, for showing; an account of DB_NULL_INT gives an empty reference. ret_person (may be NULL): the person's id. */
bool person_ref(DbConn *conn, Arena *arena, int64_t account, PersonRef *ret_ref, int64_t *ret_person, GError **err);

/* --- Documents ------------------------------------------------------------------------------------------------- */

typedef struct {
    Str uid;
    bool existing; /* the same document was there already, and the actor may read it */
} DocumentAdded;

/* Reads a file and stores original, text and model; the document belongs to the actor's unit. The same document is one of the same 文号 and issuer,
 * of the same text but for white space and punctuation, or of nearly the same text where neither 文号 nor date tells them apart; then nothing is
 * stored unless `again`. Refuses as doc_text_read does, and BH_TOO_LARGE "too-many-items" over LIMIT_DOCUMENT_ITEMS; a classified document leaves nothing
 * behind but the event "document-refused", without name. */
bool document_add(const Ledger *ledger, const Actor *actor, Str bytes, Str file_name, bool again, Arena *arena, DocumentAdded *ret_added, GError **err);

typedef struct {
    int64_t id, org, issuer_org, version, uploaded;
    int64_t items, confirmed, left_out, findings /* not seen yet */, unresolved;
    Str uid, state /* draft issued discarded */, kind, title, doc_no, issuer, form, file_name, original, text, model, discarded /* the reason */;
    Date issued;
    Str org_uid, org_name, org_path, org_area, issuer_org_uid, issuer_org_name, issuer_org_path, plan_uid;
    PersonRef uploaded_by;
} DocumentRow;

bool document_by_uid(DbConn *conn, Arena *arena, Str uid, DocumentRow *ret_row, GError **err); /* BH_NOT_FOUND */

/* The facts for may(): the place of its unit; once issued, also the owners of its tasks (of restricted ones where they name the user or he heads the very unit), and the plan. */
bool document_facts(DbConn *conn, Arena *arena, const DocumentRow *row, const User *user, MayObject *ret_object, GError **err);

/* A document as it stands: the reader's model with the corrections laid over it and the owners resolved. Places in the lists never change:
 * what is removed stays, marked, so that a path always means the same. */
typedef enum { ITEM_OPEN, ITEM_CONFIRMED, ITEM_LEFT_OUT } ItemStatus;
const char *item_status_name(ItemStatus status); /* "open", "confirmed", "left_out" */

typedef struct {
    Str name;
    Span span;       /* nowhere: somebody added it */
    const char *how; /* "name", "alias", "edit", "unresolved" */
    Str org_uid, org_name;
    int64_t org; /* DB_NULL_INT: unresolved */
    const Org *candidates;
    size_t n_candidates;
} DraftOwner;

typedef struct {
    Str quote, metric, value, value2 /* STR_NONE but for op "range" */, unit /* "" for none */;
    Str op; /* = >= <= ~ range */
    Span span;
    Date due;
    bool soft;
    Str tense; /* "target", "result" */
    bool removed;
} DraftTarget;

typedef struct {
    Str no, text;
    Span span;
    bool removed;
} DraftMeasure;

typedef struct {
    Str no, label, kind, title, problem, part /* title of the gazette's part */;
    const Str *path;
    size_t n_path;
    Span span, title_span, problem_span;
    DraftOwner *lead, *support;
    size_t n_lead, n_support;
    DraftMeasure *measures;
    size_t n_measures;
    DraftTarget *targets;
    size_t n_targets;
    Date due;          /* as corrected; else stated; else the latest that its targets promise; else plan_end */
    Date stated;       /* the day that the text sets for all of it; DATE_NONE: none */
    bool due_edited;
    Date plan_end;     /* the last day of the plan's year; DATE_NONE: it names none */
    ItemStatus status; /* narrative items begin as left out */
    const Str *edited; /* names of the fields that were corrected */
    size_t n_edited;
    bool withheld;     /* a restricted task that is not open to who looks (withhold.h): emptied */
} DraftItem;

typedef struct {
    Str name;
    int64_t items;     /* in which it stands, without those left out */
    const char *how;   /* as in DraftOwner */
    int64_t org;
    Str org_uid, org_name;
    const Org *candidates;
    size_t n_candidates;
} DraftName;

/* The reader's findings, then what only the ledger can know, and knows anew at each load: "unknown-owner" (params name), "ambiguous-owner"
 * (params name), "date-past" (params due). */
typedef struct {
    Str code, at, message, params; /* params: a JSON object's text, or STR_NONE */
    Span span;
    Str key; /* what stays the same when others come and go; a correction may name it by this instead of its place */
    bool seen;
} DraftFinding;

typedef struct {
    Str what, quote;
    int64_t value, found; /* found -1: the text cannot show it */
    Span span;
} DraftDeclared;

typedef struct {
    Str text, text_sha256;
    Str title, doc_no, issuer, kind; /* title: the file's name where the text has none */
    Date issued;
    Span title_span, doc_no_span, issued_span;
    Org issuer_org; /* as chosen; else as `issuer` resolves; else the legal body of the document's unit */
    DraftItem *items;
    size_t n_items;
    DraftName *owners; /* every name of items that are not left out, once, in order of appearance, those that are unresolved first */
    size_t n_owners;
    DraftFinding *findings;
    size_t n_findings;
    DraftDeclared *declared;
    size_t n_declared;
    int64_t open, confirmed, left_out, unseen /* findings */;
    int64_t unresolved /* names */, without_owner, without_due /* items not left out */;
} Draft;

/* All texts in arena. BH_INTERNAL where what was stored cannot be read. */
bool draft_load(const Ledger *ledger, DbConn *conn, Arena *arena, const DocumentRow *row, Draft *ret_draft, GError **err);

/* One correction; values are JSON texts (a string, null, true, a list of strings, a target object). Paths: docs/internals/api.md. */
typedef struct {
    Str path, old_value, new_value;
} DraftEdit;

/* All or none; every old_value is what stood there before the call. BH_CONFLICT "version-stale" (not the version that was seen), "edit-stale"
 * (old_value is not what stands there; `at` the path), "wrong-state" once issued; BH_BAD_INPUT for an unknown path or a value that does not
 * fit, `at` the path; BH_FORBIDDEN as may() says. */
bool document_edit(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, const DraftEdit *edits, size_t n_edits, GError **err);

/* Makes a plan of it, in one transaction: every item confirmed or left out, every owner resolved, an owner and a date for each task. Collective
 * owners stay as they are named. Of one 文号 and issuer a later plan is the next edition and names the one it replaces; the old tasks stay.
 * Fails with the code that document_allowed gives. */
bool document_issue(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Arena *arena, Str *ret_plan_uid, GError **err);
bool document_discard(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str reason, GError **err); /* BH_BAD_INPUT "reason-missing" */

/* What may be done with the document now: ok, or why not, with parameters. verb: "edit", "issue", "discard"; the draft is asked for "issue" only.
 * Beside may()'s codes: "wrong-state", "no-items", "items-open" (open), "owners-unresolved" (count), "no-owner" (count), "no-due" (count).
 * Who issues answers for the plan: the right to issue must reach the issuer, too. */
typedef struct {
    bool ok;
    const char *why;
    Str params; /* name=value lines, or STR_NONE */
    const Absent *of; /* allowed as deputy only: for whom */
} Allowed;
Allowed document_allowed(const User *user, const DocumentRow *row, const Draft *draft, const MayObject *facts, const char *verb, Arena *arena);

/* --- Tasks ------------------------------------------------------------------------------------------------------- */

extern const Flow task_flow;

typedef struct {
    Str uid, name, path, area;
    int64_t org, legal_body;
    Str role; /* "lead", "support" */
    Str written; /* the name as the document writes it */
    PersonRef confirmed_by;
    int64_t confirmed_person, confirmed_at; /* DB_NULL_INT: not confirmed */
} TaskOwner;

typedef struct {
    Str uid, no, text, state, answer;
    PersonRef by;
    int64_t person, at, version; /* person, at: DB_NULL_INT until answered */
} TaskMeasure;

typedef struct {
    int64_t id;
    Str uid, quote, metric, op, value, value2, unit, tense;
    Date due;
    bool soft;
    Str part_of;          /* uid of the parent's target of which it is a share, or the same; STR_NONE: of none */
    Str claimed;          /* what its owner last said to have reached: a decimal, or STR_NONE */
    PersonRef claimed_by;
    int64_t claimed_at;   /* DB_NULL_INT: never */
} TaskTarget;

/* What a register said of a piece of evidence (register.h). register_code STR_NONE: no register was asked. */
typedef struct {
    Str register_code, row_uid /* STR_NONE: all entries of the key */, key, facts /* JSON */;
    bool held;
    int64_t at;
} EvidenceCheck;

typedef struct {
    Str uid, kind, file_name, media, blob /* "": none, an entry of a register stands for it */, note;
    EvidenceCheck check;
    int64_t size, at, account, person;
    PersonRef by; /* with the organisation that it stood in then */
    Str org_path;
    int64_t legal_body;
    bool withdrawn;
} TaskEvidence;

typedef struct {
    Str verb, reason;
    PersonRef by;
    int64_t at;
} TaskVerdict;

/* A field that the issuer changed after issue; values are JSON as the API shows the field. */
typedef struct {
    Str field, old_value, new_value, reason;
    PersonRef by;
    int64_t at;
} TaskAmendment;

typedef struct {
    int64_t account;
    PersonRef who;
} TaskReader;

typedef struct {
    Str round, title, result /* STR_NONE: nobody has looked yet */, note;
    Date begins, ends;
    PersonRef by;
    int64_t at;
} TaskLookBack;

/* A kind of evidence that the task asks for, and the word of its text that does. */
typedef struct {
    Str kind, word;
} TaskAsk;

typedef struct {
    int64_t id, plan, seq, version, changed;
    Str number; /* as printed */
    int64_t parent; /* DB_NULL_INT: none */
    Str parent_uid, parent_number, parent_title;
    Str split; /* how the work was divided among sub-tasks: "same", "apportioned"; STR_NONE: it was not */
    int64_t children, children_closed /* or waived */, children_proven /* closed */;
    int64_t stage; /* of the plan; DB_NULL_INT: none */
    Str stage_name;
    bool gate_passed;     /* a stage of its was passed although its gate was shut */
    Date publicity_until; /* verified and shown in public: may be closed after this day; DATE_NONE: it is not */
    Str term /* at_once dated lasting */, category, source_no;
    Date source_date;
    int64_t leader_account, handler_account, overruled_account; /* DB_NULL_INT: nobody */
    PersonRef leader, handler, overruled_by;
    bool restricted; /* seen only by its readers, those it names, the heads of its leads, and the issuer */
    bool quiet;      /* no reminders */
    Str waived_share; /* a decimal between 0 and 1, STR_NONE: none */
    int64_t holding_days; /* how long it stays watched once closed; fixed at issue */
    Date holding_until;   /* DATE_NONE until it is closed */
    TaskLookBack *look_backs; /* the rounds that drew it */
    size_t n_look_backs;
    Str kept;      /* the cells of the row in which it came, as JSON (import_kept.c); STR_NONE: it came from no file */
    int64_t kept_row, kept_last; /* where that stands in the plan's layout; DB_NULL_INT: nowhere */
    bool claimed;  /* the file says that it is done, which proves nothing */
    TaskReader *readers;
    size_t n_readers;
    TaskAmendment *amendments;
    size_t n_amendments;
    Str uid, no, label, kind, title, text, problem, path, source, basis, state, state_before;
    Span span;
    Date due, suspended_until;
    int64_t figures, relapses, returns;
    bool adjusted, manual;
    Str plan_uid, plan_title, document_uid, issuer_uid, issuer_name, issuer_path, issuer_area;
    Str over_path, over_area; /* of the plan's issuer: a sub-task that a lead made of its own has another one */
    int64_t issuer;           /* DB_NULL_INT for task_create: the plan's */
    int64_t claim_account, claim_person, claim_at;
    int64_t claim_org, claim_legal_body; /* where the claimant stood then */
    Str claim_note, claim_path;
    PersonRef claim_by;
    Str incomputable; /* why no figure can decide, as a reviewer stated; STR_NONE: not stated */
    PersonRef incomputable_by, verified_by;
    int64_t incomputable_account, incomputable_at, verified_account, closed_at, comments;
    TaskOwner *owners;
    size_t n_owners;
    TaskMeasure *measures;
    size_t n_measures;
    TaskTarget *targets;
    size_t n_targets;
    TaskEvidence *evidence;
    size_t n_evidence;
    TaskVerdict *verdicts;
    size_t n_verdicts;
    TaskAsk *asks;
    size_t n_asks;
    struct TaskReminder *reminders; /* where task_load_reminders was called (ladder.h) */
    size_t n_reminders;
    int64_t amber_days; /* of its plan's ladder: how long before the due date its light is amber */
} Task;

/* The whole task. BH_NOT_FOUND. */
bool task_load(DbConn *conn, Arena *arena, Str uid, Task *ret_task, GError **err);

/* The same as far as task_allowed reads it: its own row, claim, owners, measures, evidence, verdicts and readers; nobody else who is only shown. */
bool task_load_for_rights(DbConn *conn, Arena *arena, Str uid, Task *ret_task, GError **err);
MayObject task_facts(const Task *task, Arena *arena);
bool task_hidden(const Task *task); /* restricted, or not issued: a grant alone does not show it */

/* Whether the user may do a verb to the task now, and if not, why: the refusal's code has its words in i18n as why.CODE. Besides the flow's verbs: "comment", "evidence",
 * "measure", "incomputable", "amend", "handler" (name who handles it). */
Allowed task_allowed(const User *user, const Task *task, const char *verb, Arena *arena);

/* The same of a task that is filled as far as task_facts reads it, and with its figures. *ret_tells false: the answer hangs on more than that. */
Allowed task_allowed_by_facts(const User *user, const Task *task, const char *verb, Arena *arena, bool *ret_tells);
extern const char *const task_verbs[]; /* NULL at the end */

typedef struct {
    Str reason, note;
    Date until; /* DATE_NONE */
    Str share;  /* to waive only a part: a decimal between 0 and 1; STR_NONE: all */
} TaskWish;

/* Carries a verb out: the flow's step, rules c, e and f. Fails with BH_FORBIDDEN (code of may), BH_CONFLICT "version-stale", "wrong-state", "measures-unanswered", "evidence-missing",
 * "confirmations-missing", "incomputable-missing"; "lead-missing", "due-missing"; BH_BAD_INPUT "reason-missing", "until-missing", "until-past", "share-bad". Reopening a sub-task reopens what stands above it. */
bool task_do(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str verb, const TaskWish *wish, GError **err);

/* A task by hand. fields: a JSON object of the task's fields (task_fields.h); its members named plan, source, issuer, parent and issue are passed over. */
typedef struct JsonValue JsonValue;
typedef struct {
    Str plan;   /* uid; STR_NONE: the standing plan of the issuer for this source and year, made with its first task */
    Str issuer; /* uid; STR_NONE: the actor's legal body, or unit where the right to issue reaches no further */
    Str source; /* instruction hotline inspection audit meeting other */
    Str parent; /* uid, or STR_NONE */
    bool issue; /* at once; else it is a draft */
    const JsonValue *fields;
} NewTask;

/* BH_FORBIDDEN as may() says of issuing there; BH_BAD_INPUT with `at` and detail "title-missing", "lead-missing", "due-missing", "plan-unknown", "org-unknown",
 * "parent-unfit", and by field. */
bool task_add(const Ledger *ledger, const Actor *actor, const NewTask *new_task, Arena *arena, Str *ret_uid, GError **err);

/* Signals of data quality (flow/signals.h) that nobody acted on: each becomes a task of its institution, or hangs on the one that is open; tasks whose signal is over and that were claimed are verified by the
 * engine. Run again it does nothing twice. */
bool ledger_take_signals(Db *db, const Clock *clock, GError **err);

/* Ends every suspension whose day has come: the tasks stand as before, by events of the engine. */
bool ledger_end_suspensions(Db *db, const Clock *clock, int64_t *ret_ended, GError **err);

/* Another value for fields of a task: set is a JSON object of them, as in docs/internals/api-year.md. Free on a draft. Later the issuer's amendment: with a reason, the old
 * value kept, and the mark "adjusted" for good where what was promised changes. `handler` alone may also be set by the head of a lead, without a reason.
 * Nothing happens where nothing is another one. What is apportioned adds up afterwards (apportion.h): shares of other tasks may be given with it, all or nothing.
 * BH_CONFLICT "version-stale", "wrong-state", "shares-differ" (target, number, sum, value), "not-additive"; BH_BAD_INPUT "reason-missing", and by field (task_fields.h). */
typedef struct {
    Str task, target; /* uids: of the task that has the share, of the whole */
    Str value;
    int64_t version;  /* of that task; DB_NULL_INT: whatever it is */
} AmendShare;
typedef struct {
    Str uid, reason;
    int64_t version; /* DB_NULL_INT: whatever it is */
    const JsonValue *set;
    const AmendShare *shares;
    size_t n_shares;
} TaskAmend;
bool task_amend(const Ledger *ledger, const Actor *actor, const TaskAmend *amend, GError **err);

/* The same in a transaction of the caller's. */
bool task_amend_in_tx(DbConn *tx, const Actor *actor, Arena *arena, Date today, const TaskAmend *amend, bool *ret_changed, GError **err);

/* Rule c: a reviewer of another organisation says why no figure can decide. */
bool task_incomputable(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Str reason, GError **err);

bool task_measure_set(const Ledger *ledger, const Actor *actor, Str uid, Str measure, int64_t version, Str state, Str answer, GError **err);

/* Evidence: a blob that is stored already, an entry of the register that proves its kind, or both. Kinds: document training roster archive photo figure
 * other. Only while the task is being worked on. BH_BAD_INPUT "no-register"; BH_NOT_FOUND "entry-missing". */
typedef struct {
    Str kind, file_name, media, blob /* "": no file */, note;
    int64_t size;
    Str row_uid, key; /* the entry, or the key that several share; both STR_NONE: no register is asked */
} NewEvidence;
bool task_evidence_add(const Ledger *ledger, const Actor *actor, Str uid, const NewEvidence *evidence, Arena *arena, Str *ret_uid, GError **err);
bool task_evidence_withdraw(const Ledger *ledger, const Actor *actor, Str uid, Str evidence, GError **err);

bool task_comment(const Ledger *ledger, const Actor *actor, Str uid, Str text, Arena *arena, Str *ret_uid, GError **err);

/* The same, and tells these accounts (uids, at most LIMIT_MENTIONS). BH_BAD_INPUT "cannot-read" at "/mentions/N" for one that may not read the task, or is none. */
bool task_comment_to(const Ledger *ledger, const Actor *actor, Str uid, Str text, const Str *mentions, size_t n, Arena *arena, Str *ret_uid, GError **err);

/* "green", "red", "amber", "grey", "none" (docs/internals/api.md). */
enum { LIGHT_AMBER_DAYS = 10 }; /* where the plan's ladder has no yellow step; sql/migrate/0005-flow.sql says the same */
typedef enum { LIGHT_NONE, LIGHT_GREEN, LIGHT_AMBER, LIGHT_RED, LIGHT_GREY, LIGHTS } Light;
Light light_of(Str state, Date due, bool decides /* figures may */, int64_t amber_days, Date today);
const char *light_name(Light light);
const char *task_light(Str state, Date due, int64_t figures, bool incomputable, int64_t amber_days, Date today); /* its name */

#include "ledger/family.h"
#include "ledger/plan.h"
#include "ledger/progress.h"
#include "ledger/ladder.h"
#include "ledger/look_back.h"

/* --- Proof -------------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t tasks;
    const struct RebuildProblem {
        const char *kind; /* of the object, as in events; "search" "message" "task": a row of nothing */
        Str uid, key, event_says, row_says;
    } *problems; /* the first hundred */
    size_t n_problems;
} RebuildReport;

/* Derives from the events, and from what they prove, the present state of tasks, plans, rounds, duties, reports and registers, with all that hangs on them and repeats them, and
 * compares it with the tables (docs/internals/rebuild.md). Also while people work. */
bool ledger_rebuild_check(Db *db, Arena *arena, RebuildReport *ret_report, GError **err);
