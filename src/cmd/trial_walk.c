/* Steps of a flow tried in the store of a case, each at its time, by somebody whose organisation does what it takes: what they lead to, why they are refused, and until when the case had to go on. */
#include "cmd/trial.h"

#include "db/queries.h"
#include "hub/case.h"

#include "base/banned.h"

bool trial_walks(const PackCase *c)
{
    for (size_t i = 0; i < c->steps.n; i++)
        if (c->steps.v[i].at_text.p || c->steps.v[i].due_text.p)
            return true;
    return false;
}

bool trial_walk_came(Trial *trial, size_t row, GError **err)
{
    CaseLastRow last;
    bool found = false;
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    if (!conn || !db_one(conn, CaseLast, trial->arena, &last, &found, err))
        return false;
    for (size_t i = 0; found && i < row; i++)
        found = !trial->cases[i].p || !str_eq(trial->cases[i], last.uid);
    trial->cases[row] = found ? last.uid : STR_NONE;
    return true;
}

/* --- Who takes it --------------------------------------------------------------------------------------------------------------- */

/* The organisation of the row, or the one that was made for the function. */
static const TrialOrg *taker(const Trial *trial, const PackTried *tried)
{
    if (!str_eq(tried->by, STR("reporter")))
        return trial_org(trial, arena_printf(trial->arena, "(" STR_FMT ")", STR_ARG(tried->by)));
    for (size_t f = 0; f < trial->n_files; f++)
        for (size_t c = 0; trial->files[f].own && c < trial->files[f].table.n_columns; c++)
            if (str_eq(str_trim(trial->files[f].table.header[c]), trial->c->dataset->org))
                return trial_org(trial, str_trim(trial->files[f].table.rows[tried->row - 1][c]));
    return NULL;
}

/* A clerk of it, with a grant over all of the trial's organisations. */
static const User *clerk(const Trial *trial, const TrialOrg *org)
{
    Grant *grant = ARENA_NEW(trial->arena, Grant);
    User *user = ARENA_NEW(trial->arena, User);
    *grant = (Grant) { .role = ROLE_HANDLER, .where = WHERE_ORG, .where_orgs = &trial->root, .where_paths = &trial->root_path, .n_where = 1, .from = DATE_NONE, .to = DATE_NONE };
    *user = (User) { .account = DB_NULL_INT, .org = org->id, .org_name = org->name, .org_path = org->path, .proven = true, .active = true, .today = clock_today(trial->clock), .grants = grant,
                     .n_grants = 1 };
    return user;
}

/* --- One step -------------------------------------------------------------------------------------------------------------------- */

static bool write_plain(void *writer, DbWork work, void *data, GError **err)
{
    return db_write(writer, DB_BULK, work, data, err);
}

/* By place in pack_refused_words; -1: it is no refusal that a proof can say. */
static int refused_as(const GError *problem)
{
    static const char *const details[] = { "wrong-state", "not-your-function", "when-not", "needs-missing" };
    const char *detail = error_get_detail(problem);
    for (size_t i = 0; detail && i < G_N_ELEMENTS(details); i++)
        if (g_str_equal(detail, details[i]))
            return (int) i;
    return -1;
}

static const char *instant_text(const Trial *trial, int64_t ms)
{
    char *text = arena_alloc(trial->arena, INSTANT_TEXT_MAX);
    if (ms == CASE_NO_DUE)
        return "not at all";
    return instant_format(ms, clock_zone_minutes(trial->clock), text);
}

static void tell(const Trial *trial, const PackTried *tried, const char *format, const char *what)
{
    g_autofree char *text = g_strdup_printf("row %d: the step '" STR_FMT "' %s%s", (int) tried->row, STR_ARG(tried->step_name), format, what);
    yaml_find(trial->report, tried->entry.node, "pack-proof", "%s", text);
}

static void compare(const Trial *trial, const PackTried *tried, const GError *problem)
{
    int why = problem ? refused_as(problem) : -1;
    if (problem && (why < 0 || why != tried->refused))
        tell(trial, tried, tried->refused < 0 ? "is refused: " : "is refused for another reason: ", why >= 0 ? pack_refused_words[why] : problem->message);
    else if (!problem && tried->refused >= 0)
        tell(trial, tried, "is taken, and not refused", "");
}

static bool find_case(const Trial *trial, const PackTried *tried, CaseFindRow *ret_case, bool *ret_found, GError **err)
{
    *ret_found = false;
    g_autoptr(DbConn) conn = db_reader(trial->db, err);
    return conn && (!trial->cases[tried->row - 1].p || db_one(conn, CaseFind, trial->arena, ret_case, ret_found, err, .uid = trial->cases[tried->row - 1]));
}

static bool try_step(Trial *trial, const PackTried *tried, GError **err)
{
    CaseFindRow row;
    bool found;
    HubStepFounds founds;
    g_autoptr(GError) problem = NULL;
    const TrialOrg *org = taker(trial, tried);
    if (tried->at != PACK_NOT_SAID)
        clock_set(trial->clock, tried->at);
    if (!find_case(trial, tried, &row, &found, err))
        return false;
    if (!found || !org) {
        tell(trial, tried, "has no case: its row was not taken, or is held back", "");
        return true;
    }
    if (tried->due != PACK_NOT_SAID && tried->due != row.due)
        tell(trial, tried, "is due by ", instant_text(trial, row.due));
    HubTaking taking = { .uid = row.uid, .version = row.version, .step = tried->step_name, .note = STR_NONE, .actor = { { STR_NONE, "command", clock_now_ms(trial->clock) }, DB_NULL_INT, clock_today(trial->clock) },
                         .user = clerk(trial, org), .write = write_plain, .writer = trial->db };
    (void) hub_case_take(trial->hub, &taking, trial->arena, &founds, &problem);
    compare(trial, tried, problem);
    return true;
}

bool trial_walk(Trial *trial, GError **err)
{
    for (size_t i = 0; i < trial->c->steps.n; i++) {
        const PackTried *tried = &trial->c->steps.v[i];
        if (tried->step && !try_step(trial, tried, err))
            return false;
    }
    return true;
}
