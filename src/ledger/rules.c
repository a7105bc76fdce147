#include "ledger/rules.h"

#include "base/banned.h"

#define OPEN_STATES "issued working submitted verified returned reopened"

/* design/ledger.md, "States". A unit claims; it never verifies itself. Tasks of a document are made as issued: their draft is the document in hand. */
static const FlowStep task_steps[] = {
    { "issue", "draft", "issued", VERB_ISSUE, NEED_OWNER | NEED_DUE },
    { "discard", "draft", "discarded", VERB_ISSUE, 0 },
    { "accept", "issued returned reopened", "working", VERB_WORK, 0 },
    { "submit", "working", "submitted", VERB_SUBMIT, NEED_CHILDREN | NEED_MEASURES | NEED_EVIDENCE },
    { "confirm", "submitted", "submitted", VERB_CONFIRM, NEED_OTHER_LEAD },
    { "verify", "submitted", "verified", VERB_REVIEW,
      NEED_CHILDREN | NEED_OTHER_PERSON | NEED_INDEPENDENT | NEED_CONFIRMED | NEED_COMPUTED | NEED_EVIDENCE },
    { "return", "submitted", "returned", VERB_OVERSEE, NEED_REASON },
    { "return", "submitted", "returned", VERB_REVIEW, NEED_REASON | NEED_OTHER_PERSON | NEED_INDEPENDENT },
    { "overrule", "working submitted returned", "verified", VERB_OVERRULE, NEED_CHILDREN | NEED_REASON | NEED_OTHER_PERSON },
    { "close", "verified", "closed", VERB_OVERSEE, NEED_CHILDREN | NEED_OTHER_PERSON | NEED_PUBLICITY },
    { "reopen", "closed", "reopened", VERB_REOPEN, NEED_REASON },
    { "suspend", OPEN_STATES, "suspended", VERB_OVERSEE, NEED_REASON | NEED_UNTIL },
    { "resume", "suspended", FLOW_BEFORE, VERB_OVERSEE, 0 },
    { "cancel", OPEN_STATES " suspended", "cancelled", VERB_OVERSEE, NEED_REASON },
    { "waive", OPEN_STATES " suspended", "waived", VERB_OVERSEE, NEED_REASON },
};

/* What changes no state. */
static const FlowStep side_steps[] = {
    { "evidence", "working", FLOW_BEFORE, VERB_WORK, 0 },
    { "measure", "working", FLOW_BEFORE, VERB_WORK, 0 },
    { "comment", OPEN_STATES " closed suspended cancelled waived", FLOW_BEFORE, VERB_COMMENT, 0 },
    { "comment", "draft", FLOW_BEFORE, VERB_ISSUE, 0 },
    { "incomputable", "issued working submitted returned reopened", FLOW_BEFORE, VERB_REVIEW, NEED_OTHER_PERSON | NEED_INDEPENDENT },
    { "remind", "issued working submitted returned reopened", FLOW_BEFORE, VERB_OVERSEE, 0 },
    { "progress", "issued working submitted returned reopened", FLOW_BEFORE, VERB_WORK, 0 },
    { "split", "issued working returned reopened", FLOW_BEFORE, VERB_SPLIT, 0 },
    { "amend", "draft", FLOW_BEFORE, VERB_ISSUE, 0 },
    { "amend", OPEN_STATES " suspended", FLOW_BEFORE, VERB_OVERSEE, 0 },
    { "handler", OPEN_STATES " suspended", FLOW_BEFORE, VERB_SUBMIT, 0 },
    { "handler", OPEN_STATES " suspended", FLOW_BEFORE, VERB_OVERSEE, 0 },
};

const Flow task_side_flow = { .name = "task-side", .steps = side_steps, .n_steps = G_N_ELEMENTS(side_steps) };

const Flow task_flow = {
    .name = "task",
    .states = "draft issued working submitted verified closed returned reopened suspended cancelled waived discarded",
    .steps = task_steps,
    .n_steps = G_N_ELEMENTS(task_steps),
};

static bool lead(const TaskOwner *owner)
{
    return str_eq(owner->role, STR("lead"));
}

/* Whether a lead has spoken for the claim: it claimed itself, or confirmed. */
static bool lead_agrees(const Task *task, const TaskOwner *owner)
{
    return owner->confirmed_by.uid.p || owner->org == task->claim_org;
}

bool task_speaks_for(const User *user, const Task *task, const TaskOwner *owner)
{
    MayObject object = { .owner_paths = &owner->path, .owner_areas = &owner->area, .n_owners = 1, .plan = task->plan_uid };
    return lead(owner) && user_stands_within(user, owner->path) && !lead_agrees(task, owner) && may(user, VERB_CONFIRM, &object).ok;
}

static Obstacle refuse(const char *why)
{
    return (Obstacle) { .why = why };
}

static Obstacle measures_answered(const Task *task, Arena *arena)
{
    int64_t missing = 0;
    for (size_t i = 0; i < task->n_measures; i++)
        missing += str_eq(task->measures[i].state, STR("open"));
    if (missing == 0)
        return (Obstacle) { 0 };
    return (Obstacle) { "measures-unanswered", arena_printf(arena, "count=%" G_GINT64_FORMAT, missing) };
}

static Obstacle evidence_given(const Task *task)
{
    bool failed = false;
    for (size_t i = 0; i < task->n_evidence; i++) {
        const TaskEvidence *piece = &task->evidence[i];
        if (!piece->withdrawn && (!piece->check.register_code.p || piece->check.held))
            return (Obstacle) { 0 };
        failed = failed || !piece->withdrawn;
    }
    return refuse(failed ? "evidence-failed" : "evidence-missing");
}

static Obstacle all_leads_agree(const Task *task, Arena *arena)
{
    for (size_t i = 0; i < task->n_owners; i++)
        if (lead(&task->owners[i]) && !lead_agrees(task, &task->owners[i]))
            return (Obstacle) { "confirmations-missing", arena_printf(arena, "org=" STR_FMT, STR_ARG(task->owners[i].name)) };
    return (Obstacle) { 0 };
}

/* By persons, not accounts; a deputy and the one who is absent count as one. Who confirmed a claim made it too; who answered a measure did the work. */
static Obstacle other_person(const User *user, const Task *task)
{
    if (!user->proven)
        return refuse("not-proven");
    if (user_is_one_with(user, task->claim_person, task->claim_at))
        return refuse("own-claim");
    for (size_t i = 0; i < task->n_owners; i++)
        if (user_is_one_with(user, task->owners[i].confirmed_person, task->owners[i].confirmed_at))
            return refuse("own-claim");
    for (size_t i = 0; i < task->n_evidence; i++)
        if (!task->evidence[i].withdrawn && user_is_one_with(user, task->evidence[i].person, task->evidence[i].at))
            return refuse("own-evidence");
    for (size_t i = 0; i < task->n_measures; i++)
        if (user_is_one_with(user, task->measures[i].person, task->measures[i].at))
            return refuse("own-work");
    return (Obstacle) { 0 };
}

/* Whether everywhere that the person stands, by this account or another, is another organisation than this one. */
static bool stands_apart(const User *user, const Task *task, Str path, int64_t legal_body)
{
    if (!org_independent(user->org_path, path, legal_body, user->org == task->issuer))
        return false;
    for (size_t i = 0; i < user->n_person_paths; i++)
        if (!str_eq(user->person_paths[i], user->org_path) && !org_independent(user->person_paths[i], path, legal_body, false))
            return false;
    return true;
}

static Obstacle own_organisation(Str name, Arena *arena)
{
    return (Obstacle) { "own-organisation", arena_printf(arena, "org=" STR_FMT, STR_ARG(name)) };
}

/* Every lead and supporter counts as an owner: who shares the work does not judge it. */
static Obstacle independent(const User *user, const Task *task, Arena *arena)
{
    for (size_t i = 0; i < task->n_owners; i++)
        if (!stands_apart(user, task, task->owners[i].path, task->owners[i].legal_body))
            return own_organisation(task->owners[i].name, arena);
    if (task->claim_org != DB_NULL_INT && !stands_apart(user, task, task->claim_path, task->claim_legal_body))
        return own_organisation(task->claim_by.org_name, arena);
    for (size_t i = 0; i < task->n_evidence; i++)
        if (!task->evidence[i].withdrawn && !stands_apart(user, task, task->evidence[i].org_path, task->evidence[i].legal_body))
            return own_organisation(task->evidence[i].by.org_name, arena);
    return (Obstacle) { 0 };
}

static Obstacle other_lead(const User *user, const Task *task, Arena *arena)
{
    const char *why = "not-owner";
    for (size_t i = 0; i < task->n_owners; i++) {
        const TaskOwner *owner = &task->owners[i];
        if (task_speaks_for(user, task, owner))
            return (Obstacle) { 0 };
        if (lead(owner) && user_stands_within(user, owner->path) && lead_agrees(task, owner))
            why = "confirmed-already";
    }
    return (Obstacle) { why, arena_printf(arena, "role=%s", role_name(ROLE_UNIT_HEAD)) };
}

static Obstacle children_done(const Task *task, Arena *arena)
{
    if (task->children == task->children_closed)
        return (Obstacle) { 0 };
    return (Obstacle) { "children-open", arena_printf(arena, "open=%" G_GINT64_FORMAT, task->children - task->children_closed) };
}

static Obstacle shown_in_public(const User *user, const Task *task, Arena *arena)
{
    char until[DATE_TEXT_MAX];
    if (task->publicity_until == DATE_NONE || user->today > task->publicity_until)
        return (Obstacle) { 0 };
    return (Obstacle) { "publicity-running", arena_printf(arena, "until=%s", date_format(task->publicity_until, until)) };
}

/* What its sub-tasks proved is not asked for a second time; where a score is the proof, no paper is. */
static unsigned needs_of(const Task *task, unsigned needs)
{
    if (str_eq(task->source, STR("quality")))
        return needs & ~(unsigned) (NEED_MEASURES | NEED_EVIDENCE | NEED_COMPUTED);
    return task->children_proven > 0 ? needs & ~(unsigned) (NEED_MEASURES | NEED_EVIDENCE | NEED_COMPUTED) : needs;
}

static Obstacle issuable(unsigned needs, const Task *task)
{
    bool led = false;
    for (size_t i = 0; i < task->n_owners; i++)
        led |= lead(&task->owners[i]);
    if (needs & NEED_OWNER && !led)
        return refuse("lead-missing");
    return refuse(needs & NEED_DUE && task->due == DATE_NONE ? "due-missing" : NULL);
}

static Obstacle wish_complete(unsigned needs, const TaskWish *wish)
{
    if (needs & NEED_REASON && str_trim(wish->reason).n == 0)
        return refuse("reason-missing");
    if (needs & NEED_UNTIL && wish->until == DATE_NONE)
        return refuse("until-missing");
    return (Obstacle) { 0 };
}

Obstacle task_obstacle(const User *user, const Task *task, unsigned needs, const TaskWish *wish, Arena *arena)
{
    Obstacle found = { 0 };
    needs = needs_of(task, needs);
    if (needs & NEED_CHILDREN)
        found = children_done(task, arena);
    if (!found.why && needs & NEED_OTHER_PERSON)
        found = other_person(user, task);
    if (!found.why && needs & NEED_INDEPENDENT)
        found = independent(user, task, arena);
    if (!found.why && needs & NEED_OTHER_LEAD)
        found = other_lead(user, task, arena);
    if (!found.why && needs & NEED_CONFIRMED)
        found = all_leads_agree(task, arena);
    if (!found.why && needs & NEED_COMPUTED && task->figures > 0 && !task->incomputable.p)
        found = refuse("incomputable-missing");
    if (!found.why && needs & NEED_MEASURES)
        found = measures_answered(task, arena);
    if (!found.why && needs & NEED_EVIDENCE)
        found = evidence_given(task);
    if (!found.why && needs & NEED_PUBLICITY)
        found = shown_in_public(user, task, arena);
    if (!found.why)
        found = issuable(needs, task);
    if (!found.why && wish)
        found = wish_complete(needs, wish);
    return found;
}
