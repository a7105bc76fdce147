/* A document becomes a plan with its tasks.
 *
 * All of it is one transaction, so that nobody sees half a plan and a crash leaves the draft. In steps others would wait less behind a very long
 * document, but such a plan would need a state between draft and issued, and a way to take it up again; measured (bench-ledger), 70 items take
 * 8 ms on SQLite and 0.12 s on PostgreSQL, 500 take 0.06 and 0.4 s, 2,000 take 0.3 and 1.2 s. */
#include "base/limits.h"
#include "db/queries.h"
#include "ledger/change.h"
#include "ledger/common.h"
#include "ledger/document.h"
#include "ledger/draft.h"
#include "ledger/relation.h"
#include "ledger/plan_do.h"

#include "base/banned.h"

enum { TITLE_CHARS = 60 }; /* of an item without a title */

typedef struct {
    DocumentWish wish;
    const DraftSource *source;
    Date today;
    char plan_uid[UID_TEXT_MAX];
} IssueArgs;

/* Where one stands in the stored text. Items come in the order of the text, so the way from one to the next is short. */
typedef struct {
    Str text;
    size_t chars, bytes;
} Place;

typedef struct {
    DbConn *tx;
    const IssueArgs *args;
    Arena *arena;
    DocumentRow row;
    const Draft *draft;
    Place place;
    int64_t plan, seq;
    Str plan_uid;
} Issuing;

/* --- The text of an item ------------------------------------------------------------------------------------------------------ */

static void go_to(Place *place, size_t chars)
{
    if (chars < place->chars)
        place->chars = place->bytes = 0;
    for (; place->chars < chars && place->bytes < place->text.n; place->chars++)
        utf8_next(place->text, &place->bytes);
}

static Str text_of(Place *place, Span span)
{
    go_to(place, span.from);
    Place end = *place;
    go_to(&end, span.to);
    return (Str) { place->text.p + place->bytes, end.bytes - place->bytes };
}

static Str title_of(const DraftItem *item, Str text)
{
    if (item->title.n)
        return item->title;
    Str rest = str_trim(text);
    return utf8_head(str_cut(&rest, '\n'), TITLE_CHARS);
}

/* The headings above it as a JSON list. */
static Str path_of(const DraftItem *item, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, out, false);
    json_begin_array(&json);
    for (size_t i = 0; i < item->n_path; i++)
        json_str(&json, item->path[i]);
    json_end_array(&json);
    return arena_str(arena, str_from_gstring(out));
}

/* Rule c asks about promises: a result is a report, and a soft figure binds nobody. */
static int64_t figures_of(const DraftItem *item)
{
    int64_t figures = 0;
    for (size_t i = 0; i < item->n_targets; i++)
        figures += !item->targets[i].removed && !item->targets[i].soft && str_eq(item->targets[i].tense, STR("target"));
    return figures;
}

/* --- What belongs to a task ------------------------------------------------------------------------------------------------------ */

typedef ARENA_LIST(TaskOwner) OwnerList;

/* An organisation counts once, however it is called; who leads does not support as well. */
static void add_owners(OwnerList *list, const DraftOwner *owners, size_t n, const char *role, Arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < list->n; k++)
            there |= list->v[k].org == owners[i].org;
        if (!there)
            *ARENA_PUSH(arena, list)
                = (TaskOwner) { .uid = owners[i].org_uid, .org = owners[i].org, .role = str_from(role), .written = owners[i].name };
    }
}

static void set_owners(const DraftItem *item, Task *task, Arena *arena)
{
    OwnerList list = { 0 };
    add_owners(&list, item->lead, item->n_lead, "lead", arena);
    add_owners(&list, item->support, item->n_support, "support", arena);
    task->owners = list.v;
    task->n_owners = list.n;
}

static void set_targets(const DraftItem *item, Task *task, Arena *arena)
{
    ARENA_LIST(TaskTarget) list = { 0 };
    for (size_t i = 0; i < item->n_targets; i++) {
        const DraftTarget *target = &item->targets[i];
        if (!target->removed)
            *ARENA_PUSH(arena, &list) = (TaskTarget) { .quote = target->quote, .metric = target->metric, .op = target->op, .value = target->value,
                                                       .value2 = target->value2, .unit = target->unit, .due = target->due, .soft = target->soft,
                                                       .tense = target->tense };
    }
    task->targets = list.v;
    task->n_targets = list.n;
}

/* The same measure twice in one item is one. */
static bool is_repeated(const DraftItem *item, size_t i)
{
    Str text = str_trim(item->measures[i].text);
    for (size_t k = 0; k < i; k++)
        if (!item->measures[k].removed && str_eq(str_trim(item->measures[k].text), text))
            return true;
    return false;
}

static void set_measures(const DraftItem *item, Task *task, Arena *arena)
{
    ARENA_LIST(TaskMeasure) list = { 0 };
    for (size_t i = 0; i < item->n_measures; i++)
        if (!item->measures[i].removed && !is_repeated(item, i))
            *ARENA_PUSH(arena, &list) = (TaskMeasure) { .no = item->measures[i].no, .text = item->measures[i].text };
    task->measures = list.v;
    task->n_measures = list.n;
}

/* --- A task ----------------------------------------------------------------------------------------------------------------------- */

static bool issue_item(Issuing *issuing, const DraftItem *item, Arena *arena, GError **err)
{
    Task task = task_blank();
    task.plan = issuing->plan;
    task.seq = ++issuing->seq;
    task.no = item->no;
    task.label = item->label;
    task.kind = item->kind;
    task.text = text_of(&issuing->place, item->span);
    task.title = title_of(item, task.text);
    task.problem = item->problem;
    task.path = path_of(item, arena);
    task.span = item->span;
    task.source = STR("document");
    task.basis = issuing->draft->doc_no;
    task.due = item->due;
    task.figures = figures_of(item);
    task.state = STR("issued");
    set_owners(item, &task, arena);
    set_targets(item, &task, arena);
    set_measures(item, &task, arena);
    return task_create(issuing->tx, issuing->args->wish.actor, arena, &task, err);
}

static bool issue_items(Issuing *issuing, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    ArenaMark start = arena_mark(arena);
    for (size_t i = 0; i < issuing->draft->n_items; i++) {
        const DraftItem *item = &issuing->draft->items[i];
        if (item->status == ITEM_CONFIRMED && !issue_item(issuing, item, arena, err))
            return false;
        arena_rewind(arena, start);
    }
    return true;
}

/* --- The plan ------------------------------------------------------------------------------------------------------------------------ */

/* The year that the document plans for; else that of its date, else this one. */
static int64_t year_of(const Issuing *issuing)
{
    const Draft *draft = issuing->draft;
    Date date = DATE_NONE;
    for (size_t i = 0; i < draft->n_items && date == DATE_NONE; i++)
        date = draft->items[i].plan_end;
    if (date == DATE_NONE)
        date = draft->issued != DATE_NONE ? draft->issued : issuing->args->today;
    int year, month, day;
    date_to_ymd(date, &year, &month, &day);
    return year;
}

static bool insert_plan(Issuing *issuing, GError **err)
{
    const Draft *draft = issuing->draft;
    PlanByDocNoRow earlier = { .edition = 0 };
    bool replaces = false;
    Str key = doc_no_key(draft->doc_no, issuing->arena);
    if (key.n && !db_one(issuing->tx, PlanByDocNo, issuing->arena, &earlier, &replaces, err, .doc_no_key = key, .issuer = draft->issuer_org.id))
        return false;
    PlanSeed seed = {
        .uid = issuing->plan_uid, .document = issuing->row.id, .title = draft->title, .doc_no = draft->doc_no, .kind = draft->kind,
        .issuer = draft->issuer_org.id, .year = year_of(issuing), .edition = earlier.edition + 1, .replaces = replaces ? earlier.id : DB_NULL_INT,
        .tasks = draft->confirmed,
    };
    return plan_insert(issuing->tx, issuing->args->wish.actor, &seed, "plan-issue", issuing->arena, &issuing->plan, err);
}

static bool leave_draft(const Issuing *issuing, GError **err)
{
    int64_t changes;
    if (!db_exec(issuing->tx, DocumentLeave, &changes, err, .id = issuing->row.id, .version = issuing->row.version, .state = STR("issued"),
                 .discarded = STR_NONE))
        return false;
    if (changes != 1)
        return document_stale(issuing->row.version, err);
    g_autoptr(GString) event = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, event, false);
    json_begin_object(&json);
    json_member_str(&json, "plan", issuing->plan_uid);
    json_end_object(&json);
    document_event(issuing->tx, issuing->args->wish.actor, "document-issue", issuing->row.uid, event);
    return true;
}

static bool issue_in_tx(DbConn *tx, void *data, GError **err)
{
    IssueArgs *args = data;
    g_autoptr(Arena) arena = arena_new();
    g_auto(DraftWork) work = { 0 };
    DraftSteps steps;
    Issuing issuing = { .tx = tx, .args = args, .arena = arena, .draft = &work.draft, .plan_uid = str_from(args->plan_uid) };
    if (!document_open(tx, &args->wish, "issue", arena, &issuing.row, err)
        || !draft_of_document(tx, args->source, issuing.row.id, arena, &work, &steps, NULL, err)
        || !document_check(tx, args->wish.actor->user, &issuing.row, issuing.draft, "issue", arena, err))
        return false;
    issuing.place.text = issuing.draft->text;
    return insert_plan(&issuing, err) && issue_items(&issuing, err) && leave_draft(&issuing, err)
           && document_force_begin(tx, issuing.row.id, issuing.draft, args->today, err);
}

bool document_issue(const Ledger *ledger, const Actor *actor, Str uid, int64_t version, Arena *arena, Str *ret_plan_uid, GError **err)
{
    g_autoptr(Arena) own = arena_new();
    DraftSource source;
    IssueArgs args = { .wish = { actor, uid, version }, .source = &source, .today = clock_today(ledger->clock) };
    uid_new(args.plan_uid);
    if (!document_source(ledger, own, uid, &source, err) || !ledger_write(ledger, issue_in_tx, &args, err))
        return false;
    *ret_plan_uid = arena_str(arena, str_from(args.plan_uid));
    return true;
}
