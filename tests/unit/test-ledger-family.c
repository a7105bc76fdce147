/* Tasks divided among several: shares, sums, levels, and what a step of one means for those above and below. */
#include "tasks.h"

#include "base/decimal.h"
#include "base/limits.h"

#include "base/banned.h"

#define CITY "990000-WJW"
#define OWN "990000-WJW-07"     /* handler01, head01 */
#define COUNTIES "990000-JH02"  /* the eight district commissions */
#define DISTRICT "990101-WJW"   /* jianglinyu issues, zoushuping heads its office */

typedef struct {
    Fixture *f;
    Ledger ledger;
} Desk;

static Desk desk_of(Fixture *f)
{
    return (Desk) { f, tasks_ledger(f) };
}

static Str org(Fixture *f, const char *code)
{
    return fixture_org(f, code).uid;
}

static bool split_by(Desk *desk, const char *username, Str uid, TaskSplit wish, GError **err)
{
    Actor actor = tasks_actor(desk->f, username);
    if (!wish.kind.p)
        wish.kind = STR("same");
    if (!wish.reason.p)
        wish.reason = STR("each for his own");
    if (wish.due == 0)
        wish.due = DATE_NONE;
    return task_split(&desk->ledger, &actor, uid, tasks_load(desk->f, uid)->version, &wish, err);
}

static void split(Desk *desk, Str uid, TaskSplit wish)
{
    g_autoptr(GError) err = NULL;
    split_by(desk, "issuer01", uid, wish, &err);
    g_assert_no_error(err);
}

static Family family_of(Desk *desk, Str uid)
{
    g_autoptr(GError) err = NULL;
    Family family;
    const Task *task = tasks_load(desk->f, uid);
    g_autoptr(DbConn) conn = db_reader(desk->f->db, &err);
    g_assert_no_error(err);
    task_family(conn, desk->f->arena, task, clock_today(desk->f->clock), &family, &err);
    g_assert_no_error(err);
    return family;
}

static Str child_of(Desk *desk, Str uid, const char *code)
{
    Family family = family_of(desk, uid);
    for (size_t i = 0; i < family.n_children; i++)
        if (str_eq(family.children[i].owner_uid, org(desk->f, code)))
            return family.children[i].uid;
    g_assert_not_reached();
}

static void assert_str(Str is, const char *want)
{
    g_assert_cmpmem(is.p, is.n, want, strlen(want));
}

static void done(Desk *desk, const char *username, Str uid, const char *verb)
{
    g_autoptr(GError) err = NULL;
    tasks_do(desk->f, username, uid, verb, "a reason", &err);
    g_assert_no_error(err);
}

static void assert_state(Desk *desk, Str uid, const char *state)
{
    assert_str(tasks_load(desk->f, uid)->state, state);
}

static Str with_target(Desk *desk, const char *value, const char *unit)
{
    Str uid;
    TaskSpec spec = { .lead = OWN, .measures = 2, .targets = 1, .value = value, .unit = unit };
    tasks_issue(desk->f, "issuer01", CITY, &spec, 1, &uid);
    return uid;
}

/* --- The same for each --------------------------------------------------------------------------------------------------- */

static void test_each_member_gets_one(Fixture *f)
{
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = COUNTIES, .measures = 2, .targets = 1 });
    split(&desk, uid, (TaskSplit) { .kind = STR("same") }); /* the collective that leads it stands for its members */
    Family family = family_of(&desk, uid);
    g_assert_cmpint(family.total, ==, 8);
    const Task *parent = tasks_load(f, uid);
    assert_str(parent->split, "same");
    const Task *child = tasks_load(f, child_of(&desk, uid, DISTRICT));
    g_assert_true(str_starts(child->number, parent->number));
    assert_str(child->title, "task 1");
    g_assert_cmpuint(child->n_measures, ==, 2);
    g_assert_cmpuint(child->n_targets, ==, 1);
    g_assert_true(str_eq(child->targets[0].part_of, parent->targets[0].uid));
    tasks_assert_proven(f);
}

static void test_a_plan_expands(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Actor issuer = tasks_actor(f, "issuer01"), head = tasks_actor(f, "head01");
    TaskSpec specs[] = { { .lead = COUNTIES }, { .lead = OWN }, { .lead = COUNTIES " " OWN }, { .lead = "990000-JH03" }, { .lead = COUNTIES } };
    Str uids[5], plan = tasks_issue(f, "issuer01", CITY, specs, 5, uids);
    Expanded expanded;
    done(&desk, "issuer01", uids[4], "cancel");
    g_assert_false(plan_expand(&desk.ledger, &head, plan, STR("x"), &expanded, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    g_assert_false(plan_expand(&desk.ledger, &issuer, plan, STR(" "), &expanded, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_true(plan_expand(&desk.ledger, &issuer, plan, STR("each for his own"), &expanded, &err));
    g_assert_cmpint(expanded.tasks, ==, 2);
    g_assert_cmpint(expanded.left, ==, 0);
    g_assert_cmpint(family_of(&desk, uids[0]).total, ==, 8);
    g_assert_cmpint(family_of(&desk, uids[3]).total, ==, 26);
    g_assert_cmpint(family_of(&desk, uids[2]).total, ==, 0); /* who else leads it decides */
    g_assert_true(plan_expand(&desk.ledger, &issuer, plan, STR("again"), &expanded, &err));
    g_assert_cmpint(expanded.tasks, ==, 0);
    tasks_assert_proven(f);
}

static void test_wrong_divisions(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    Str twice[] = { org(f, DISTRICT), org(f, DISTRICT) };
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { .owners = twice, .n_owners = 2 }, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { .reason = STR(" ") }, &err));
    assert_refused(&err, BH_BAD_INPUT, "reason-missing");
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { .kind = STR("halves") }, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { 0 }, &err)); /* its lead stands for nobody else */
    assert_refused(&err, BH_CONFLICT, "no-members");
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { .owners = twice, .n_owners = 1, .due = clock_today(f->clock) + 101 }, &err));
    assert_refused(&err, BH_BAD_INPUT, "due-after-parent");
    g_assert_false(split_by(&desk, "head01", uid, (TaskSplit) { .owners = twice, .n_owners = 1 }, &err));
    assert_refused(&err, BH_FORBIDDEN, "no-role");
    split(&desk, uid, (TaskSplit) { .owners = twice, .n_owners = 1 });
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { .owners = twice, .n_owners = 1 }, &err));
    assert_refused(&err, BH_CONFLICT, "split-already");
    Str later[] = { org(f, "990102-WJW") };
    split(&desk, uid, (TaskSplit) { .owners = later, .n_owners = 1 }); /* who was forgotten */
    g_assert_cmpint(family_of(&desk, uid).total, ==, 2);
    done(&desk, "issuer01", uid, "cancel");
    g_assert_false(split_by(&desk, "issuer01", uid, (TaskSplit) { .owners = later, .n_owners = 1 }, &err));
    assert_refused(&err, BH_CONFLICT, "wrong-state");
    tasks_assert_proven(f);
}

/* --- Shares ---------------------------------------------------------------------------------------------------------------- */

static void test_decimal_sum(void)
{
    g_autoptr(Arena) arena = arena_new();
    Str sum;
    g_assert_true(decimal_sum((const Str[]) { STR("0.1"), STR("0.2"), STR("0.3") }, 3, &sum, arena));
    assert_str(sum, "0.6");
    g_assert_true(decimal_sum(NULL, 0, &sum, arena));
    assert_str(sum, "0");
    g_assert_false(decimal_sum((const Str[]) { STR("9223372036854775807"), STR("1") }, 2, &sum, arena));
    g_assert_false(decimal_sum((const Str[]) { STR("one") }, 1, &sum, arena));
}

static void test_what_adds_up(void)
{
    static const struct {
        const char *metric, *unit;
        bool adds;
    } cases[] = {
        { "千人床位数", "张", true }, { "新增床位", "张", true },       { "培训", "人次", true },         { "投入", "万元", true },          { "义诊", "场次/年", true },
        { "接种率", "%", false },     { "死亡率", "/10万", false },     { "门诊次均费用", "元", false }, { "平均住院日", "天", false },     { "满意度", "分", false },
        { "床位", "张/千人", false }, { "人均预期寿命", "岁", false },  { "规范管理率", "", false },     { "建成示范点", "个", true },       { "借用人员", "", true },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_true(doc_figure_adds(str_from(cases[i].metric), str_from(cases[i].unit)) == cases[i].adds);
}

static Str random_decimal(GRand *random, int64_t most, int scale, Arena *arena)
{
    char text[DECIMAL_TEXT_MAX];
    return arena_str(arena, str_from(decimal_format(decimal_make((int64_t) g_rand_int_range(random, 0, (gint32) most), scale), text)));
}

/* However a figure is cut, shares that add up to it exactly are taken, and any that miss it by the smallest place are not. */
static void test_shares_must_sum(Fixture *f)
{
    enum { ROUNDS = 6, OWNERS = 4 };
    static const char *const codes[OWNERS] = { DISTRICT, "990102-WJW", "990103-WJW", "990104-WJW" };
    g_autoptr(GError) err = NULL;
    g_autoptr(GRand) random = g_rand_new_with_seed(20261122);
    Desk desk = desk_of(f);
    Str owners[OWNERS];
    for (size_t i = 0; i < OWNERS; i++)
        owners[i] = org(f, codes[i]);
    for (int round = 0; round < ROUNDS; round++) {
        Str values[OWNERS], sum;
        int scale = g_rand_int_range(random, 0, 5);
        for (size_t i = 0; i < OWNERS; i++)
            values[i] = random_decimal(random, 100000, scale, f->arena);
        g_assert_true(decimal_sum(values, OWNERS, &sum, f->arena));
        Str uid = with_target(&desk, arena_str(f->arena, sum).p, "张"), target = tasks_load(f, uid)->targets[0].uid;
        SplitShare shares[OWNERS];
        for (size_t i = 0; i < OWNERS; i++)
            shares[i] = (SplitShare) { owners[i], target, values[i] };
        Str right = shares[round % OWNERS].value;
        shares[round % OWNERS].value = arena_printf(f->arena, STR_FMT "%s1", STR_ARG(right), str_has(right, STR(".")) ? "" : ".00000");
        TaskSplit wish = { .kind = STR("apportioned"), .owners = owners, .n_owners = OWNERS, .shares = shares, .n_shares = OWNERS };
        g_assert_false(split_by(&desk, "issuer01", uid, wish, &err));
        assert_refused(&err, BH_CONFLICT, "shares-differ");
        shares[round % OWNERS].value = right;
        split(&desk, uid, wish);
        Family family = family_of(&desk, uid);
        g_assert_true(str_eq(family.targets[0].shared, sum));
        g_assert_cmpint(family.targets[0].of, ==, OWNERS);
        g_assert_false(split_by(&desk, "issuer01", uid, wish, &err));
        assert_refused(&err, BH_CONFLICT, "split-already");
    }
    tasks_assert_proven(f);
}

/* --- What was apportioned is amended ------------------------------------------------------------------------------------------ */

/* Gives a task's own first target a value (NULL: nothing), and others their shares of `whole`. */
static bool apportion_again(Desk *desk, const char *username, Str uid, const char *value, const AmendShare *shares, size_t n, GError **err)
{
    Fixture *f = desk->f;
    Actor actor = tasks_actor(f, username);
    const Task *task = tasks_load(f, uid);
    Str set = value ? arena_printf(f->arena, "{\"targets\":[{\"uid\":\"" STR_FMT "\",\"value\":\"%s\"}]}", STR_ARG(task->targets[0].uid), value) : STR("{}");
    TaskAmend amend = { .uid = uid, .reason = STR("less money"), .version = task->version, .set = json_parse(set, f->arena, err), .shares = shares, .n_shares = n };
    return amend.set && task_amend(&desk->ledger, &actor, &amend, err);
}

static AmendShare share(Str task, Str whole, const char *value)
{
    return (AmendShare) { task, whole, str_from(value), DB_NULL_INT };
}

static void test_amended_shares_sum_again(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = with_target(&desk, "100", "张"), whole = tasks_load(f, uid)->targets[0].uid;
    Str owners[] = { org(f, DISTRICT), org(f, OWN) };
    SplitShare first[] = { { owners[0], whole, STR("60.5") }, { owners[1], whole, STR("39.5") } };
    split(&desk, uid, (TaskSplit) { .kind = STR("apportioned"), .owners = owners, .n_owners = 2, .shares = first, .n_shares = 2 });
    Str county = child_of(&desk, uid, DISTRICT), own = child_of(&desk, uid, OWN), part = tasks_load(f, county)->targets[0].uid;
    Str below[] = { org(f, "990101-WJW-04"), org(f, "990101-WJW-05") };
    SplitShare smaller[] = { { below[0], part, STR("30") }, { below[1], part, STR("30.5") } };
    TaskSplit wish = { .kind = STR("apportioned"), .owners = below, .n_owners = 2, .shares = smaller, .n_shares = 2 };
    g_assert_true(split_by(&desk, "jianglinyu", county, wish, &err));
    Str left = child_of(&desk, county, "990101-WJW-04"), right = child_of(&desk, county, "990101-WJW-05");

    /* The whole alone, a part alone, a part that is a whole itself, shares that are off by the last place: nothing of it happens. */
    const struct {
        Str uid;
        const char *value;
        AmendShare shares[3];
        size_t n;
    } refused[] = {
        { uid, "90", { { .version = 0 } }, 0 },
        { own, "39.4", { { .version = 0 } }, 0 },
        { uid, "90", { share(own, whole, "29.49") }, 1 },
        { uid, "99.5", { share(county, whole, "60"), share(own, whole, "39.5") }, 2 }, /* the county's own parts still say 60.5 */
        { left, "29.9999", { { .version = 0 } }, 0 },
        { uid, NULL, { share(own, whole, "39.6") }, 1 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_false(apportion_again(&desk, "issuer01", refused[i].uid, refused[i].value, refused[i].shares, refused[i].n, &err));
        assert_refused(&err, BH_CONFLICT, "shares-differ");
    }
    assert_str(tasks_load(f, own)->targets[0].value, "39.5");
    g_assert_false(tasks_load(f, uid)->adjusted);

    /* All levels at once. */
    const AmendShare again[] = { share(own, whole, "29.5"), share(county, whole, "60.25"), share(left, part, "29.75") };
    g_assert_true(apportion_again(&desk, "issuer01", uid, "89.75", again, G_N_ELEMENTS(again), &err));
    g_assert_no_error(err);
    assert_str(family_of(&desk, uid).targets[0].shared, "89.75");
    assert_str(family_of(&desk, county).targets[0].shared, "60.25");
    const Str changed[] = { uid, own, county, left };
    for (size_t i = 0; i < G_N_ELEMENTS(changed); i++) {
        const Task *task = tasks_load(f, changed[i]);
        g_assert_true(task->adjusted);
        g_assert_cmpuint(task->n_amendments, ==, 1);
        assert_str(task->amendments[0].reason, "less money");
    }
    g_assert_false(tasks_load(f, right)->adjusted);

    /* Who apportioned among those below him does it anew among them, and has no say above. */
    const AmendShare among[] = { share(right, part, "40.25") };
    g_assert_true(apportion_again(&desk, "jianglinyu", left, "20", among, 1, &err));
    g_assert_no_error(err);
    const AmendShare above[] = { share(own, whole, "19.5") };
    g_assert_false(apportion_again(&desk, "jianglinyu", left, "30", above, 1, &err));
    g_assert_nonnull(err);
    g_clear_error(&err);
    const AmendShare none[] = { share(left, whole, "1") };
    g_assert_false(apportion_again(&desk, "issuer01", uid, NULL, none, 1, &err));
    assert_refused(&err, BH_BAD_INPUT, "target-unknown");
    const AmendShare stale[] = { { own, whole, STR("29.5"), 1 } };
    g_assert_false(apportion_again(&desk, "issuer01", uid, NULL, stale, 1, &err));
    assert_refused(&err, BH_CONFLICT, "version-stale");
    tasks_assert_proven(f);
}

/* A number that is apportioned stays one, and its unit is that of all its shares. */
static void test_an_apportioned_target_stays_a_sum(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = with_target(&desk, "100", "张"), whole = tasks_load(f, uid)->targets[0].uid;
    Str owners[] = { org(f, DISTRICT), org(f, OWN) };
    SplitShare first[] = { { owners[0], whole, STR("60") }, { owners[1], whole, STR("40") } };
    split(&desk, uid, (TaskSplit) { .kind = STR("apportioned"), .owners = owners, .n_owners = 2, .shares = first, .n_shares = 2 });
    Str set = arena_printf(f->arena, "{\"targets\":[{\"uid\":\"" STR_FMT "\",\"unit\":\"%%\"}]}", STR_ARG(whole));
    g_assert_false(tasks_amend(f, "issuer01", uid, set.p, "another unit", &err));
    assert_refused(&err, BH_CONFLICT, "not-additive");
    set = arena_printf(f->arena, "{\"targets\":[{\"uid\":\"" STR_FMT "\",\"unit\":\"个\"}]}", STR_ARG(whole));
    g_assert_false(tasks_amend(f, "issuer01", uid, set.p, "another unit", &err));
    assert_refused(&err, BH_CONFLICT, "shares-differ");
    set = arena_printf(f->arena, "{\"targets\":[{\"uid\":\"" STR_FMT "\",\"due\":\"2026-11-01\"}]}", STR_ARG(whole));
    g_assert_true(tasks_amend(f, "issuer01", uid, set.p, "another day", &err)); /* what is no sum may be another one */
    g_assert_no_error(err);
    Str same = with_target(&desk, "100", "张");
    split(&desk, same, (TaskSplit) { .kind = STR("same"), .owners = owners, .n_owners = 2 });
    g_assert_true(apportion_again(&desk, "issuer01", same, "90", NULL, 0, &err)); /* the same for each is no sum */
    g_assert_no_error(err);
    tasks_assert_proven(f);
}

static void test_a_rate_is_not_apportioned(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = with_target(&desk, "95", "%"), owner = org(f, DISTRICT);
    SplitShare share = { owner, tasks_load(f, uid)->targets[0].uid, STR("95") };
    TaskSplit wish = { .kind = STR("apportioned"), .owners = &owner, .n_owners = 1, .shares = &share, .n_shares = 1 };
    g_assert_false(split_by(&desk, "issuer01", uid, wish, &err));
    assert_refused(&err, BH_CONFLICT, "not-additive");
    wish.n_shares = 0;
    g_assert_false(split_by(&desk, "issuer01", uid, wish, &err));
    assert_refused(&err, BH_CONFLICT, "not-additive");
    wish = (TaskSplit) { .kind = STR("same"), .owners = &owner, .n_owners = 1 };
    split(&desk, uid, wish);
    assert_str(tasks_load(f, child_of(&desk, uid, DISTRICT))->targets[0].value, "95");
}

/* --- Rule h ------------------------------------------------------------------------------------------------------------------ */

static void bring_child(Desk *desk, Str uid, const char *handler, const char *head, bool to_close)
{
    g_autoptr(GError) err = NULL;
    done(desk, handler, uid, "accept");
    tasks_answer(desk->f, handler, uid);
    tasks_evidence(desk->f, handler, uid, NULL, &err);
    g_assert_no_error(err);
    done(desk, head, uid, "submit");
    done(desk, "reviewer01", uid, "verify");
    if (to_close)
        done(desk, "issuer01", uid, "close");
}

static void test_a_parent_waits_for_its_parts(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN, .measures = 1 });
    Str owners[] = { org(f, "990000-WJW-02"), org(f, "990000-WJW-03") };
    split(&desk, uid, (TaskSplit) { .owners = owners, .n_owners = 2 });
    Str first = child_of(&desk, uid, "990000-WJW-02"), second = child_of(&desk, uid, "990000-WJW-03");
    done(&desk, "handler01", uid, "accept");
    g_assert_false(tasks_do(f, "head01", uid, "submit", NULL, &err));
    g_assert_cmpstr(error_get_params(err), ==, "open=2");
    assert_refused(&err, BH_CONFLICT, "children-open");
    bring_child(&desk, first, "jiangyuheng", "lichuan", true);
    g_assert_false(tasks_do(f, "head01", uid, "submit", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "children-open");
    done(&desk, "issuer01", second, "waive");
    done(&desk, "head01", uid, "submit"); /* proven by its parts: no paper of its own is asked for */
    done(&desk, "reviewer01", uid, "verify");
    done(&desk, "issuer01", uid, "close");
    done(&desk, "inspector01", first, "reopen"); /* what fell back takes with it what stood on it */
    assert_state(&desk, uid, "reopened");
    g_assert_cmpint(tasks_load(f, uid)->relapses, ==, 1);
    tasks_assert_proven(f);
}

static void test_a_cancelled_part_stays_in_the_count(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    Str owners[] = { org(f, "990000-WJW-02"), org(f, "990000-WJW-03") };
    split(&desk, uid, (TaskSplit) { .owners = owners, .n_owners = 2 });
    bring_child(&desk, child_of(&desk, uid, "990000-WJW-02"), "jiangyuheng", "lichuan", true);
    done(&desk, "issuer01", child_of(&desk, uid, "990000-WJW-03"), "cancel");
    Family family = family_of(&desk, uid);
    g_assert_cmpint(family.total, ==, 2);
    g_assert_cmpint(family.cancelled, ==, 1);
    g_assert_true(family.children[0].holds);
    done(&desk, "handler01", uid, "accept");
    g_assert_false(tasks_do(f, "head01", uid, "submit", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "children-open");
    tasks_assert_proven(f);
}

/* All parts waived is no proof: then the task itself needs some. */
static void test_waived_parts_prove_nothing(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN }), owner = org(f, "990000-WJW-02");
    split(&desk, uid, (TaskSplit) { .owners = &owner, .n_owners = 1 });
    done(&desk, "issuer01", child_of(&desk, uid, "990000-WJW-02"), "waive");
    done(&desk, "handler01", uid, "accept");
    g_assert_false(tasks_do(f, "head01", uid, "submit", NULL, &err));
    assert_refused(&err, BH_CONFLICT, "evidence-missing");
}

/* Nobody can claim for a collective: it closes with the last of its parts, and opens with the first that falls back. */
static void test_a_collective_closes_with_its_last(Fixture *f)
{
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = "990000-JH03" }); /* the departments */
    Str owners[] = { org(f, "990000-WJW-02"), org(f, OWN) };
    split(&desk, uid, (TaskSplit) { .owners = owners, .n_owners = 2 });
    bring_child(&desk, child_of(&desk, uid, "990000-WJW-02"), "jiangyuheng", "lichuan", true);
    assert_state(&desk, uid, "issued");
    bring_child(&desk, child_of(&desk, uid, OWN), "handler01", "head01", true);
    assert_state(&desk, uid, "closed");
    g_assert_cmpint(tasks_load(f, uid)->holding_until, !=, DATE_NONE);
    done(&desk, "inspector01", child_of(&desk, uid, OWN), "reopen");
    assert_state(&desk, uid, "reopened");
    tasks_assert_proven(f);
}

static void test_the_end_of_a_whole_ends_its_parts(Fixture *f)
{
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    Str owners[] = { org(f, "990000-WJW-02"), org(f, "990000-WJW-03") };
    split(&desk, uid, (TaskSplit) { .owners = owners, .n_owners = 2 });
    bring_child(&desk, child_of(&desk, uid, "990000-WJW-02"), "jiangyuheng", "lichuan", true);
    done(&desk, "issuer01", uid, "cancel");
    assert_state(&desk, child_of(&desk, uid, "990000-WJW-02"), "closed");
    assert_state(&desk, child_of(&desk, uid, "990000-WJW-03"), "cancelled");
    tasks_assert_proven(f);
}

/* Whatever is tried in whatever order by whoever may: a whole stands claimed, verified or closed only on parts that are all closed or waived, and what was closed
 * without a part that is proven has evidence of its own, or bears a mark for good. */
static void assert_rule_h(Desk *desk, Str uid)
{
    const Task *task = tasks_load(desk->f, uid);
    Str state = str_eq(task->state, STR("suspended")) ? task->state_before : task->state;
    if (!flow_has_word("submitted verified closed", state))
        return;
    g_assert_cmpint(task->children, ==, task->children_closed);
    g_assert_true(task->children_proven > 0 || task->n_evidence > 0 || task->manual);
}

static void test_random_histories(Fixture *f)
{
    enum { ROUNDS = 4, STEPS = 500 };
    static const struct {
        const char *who, *verb;
        int rare; /* one of so many is tried */
    } acts[] = {
        { "handler01", "accept", 1 },  { "head01", "submit", 1 },    { "jiangyuheng", "accept", 1 }, { "lichuan", "submit", 1 },    { "liujingxiao", "accept", 1 },
        { "fanwenmo", "submit", 1 },   { "reviewer01", "verify", 1 }, { "issuer01", "close", 1 },    { "issuer01", "resume", 1 },   { "reviewer01", "return", 6 },
        { "inspector01", "reopen", 6 }, { "issuer01", "suspend", 6 }, { "leader01", "overrule", 40 }, { "issuer01", "waive", 80 },  { "issuer01", "cancel", 80 },
    };
    static const char *const codes[] = { "990000-WJW-02", "990000-WJW-03" }, *const workers[] = { "handler01", "jiangyuheng", "liujingxiao" };
    g_autoptr(GRand) random = g_rand_new_with_seed(20261124);
    Desk desk = desk_of(f);
    int closings = 0;
    for (int round = 0; round < ROUNDS; round++) {
        Str owners[] = { org(f, codes[0]), org(f, codes[1]) }, uids[3];
        uids[0] = tasks_one(f, (TaskSpec) { .lead = OWN });
        split(&desk, uids[0], (TaskSplit) { .owners = owners, .n_owners = 2 });
        uids[1] = child_of(&desk, uids[0], codes[0]);
        uids[2] = child_of(&desk, uids[0], codes[1]);
        for (int step = 0; step < STEPS; step++) {
            size_t act = (size_t) g_rand_int_range(random, 0, (gint32) G_N_ELEMENTS(acts)), at = (size_t) g_rand_int_range(random, 0, 3);
            if (g_rand_int_range(random, 0, acts[act].rare) > 0)
                continue;
            g_autoptr(GError) refused = NULL, none = NULL;
            if (g_rand_boolean(random))
                tasks_evidence(f, workers[at], uids[at], NULL, &none);
            tasks_do(f, acts[act].who, uids[at], acts[act].verb, "a reason", &refused);
            assert_rule_h(&desk, uids[0]);
            closings += !refused && at == 0 && g_str_equal(acts[act].verb, "close");
        }
    }
    g_test_message("the whole was closed %d times", closings);
    g_assert_cmpint(closings, >, 0);
    tasks_assert_proven(f);
}

/* --- Levels ------------------------------------------------------------------------------------------------------------------- */

static void test_city_county_institution(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = COUNTIES });
    split(&desk, uid, (TaskSplit) { 0 });
    Str county = child_of(&desk, uid, DISTRICT), below[] = { org(f, "990101-WJW-04"), org(f, "990101-JC01") }, beside = org(f, "990102-WJW");
    g_assert_false(split_by(&desk, "jianglinyu", county, (TaskSplit) { .owners = &beside, .n_owners = 1 }, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-below");
    g_assert_true(split_by(&desk, "jianglinyu", county, (TaskSplit) { .owners = below, .n_owners = 2 }, &err));
    Str leaf = child_of(&desk, county, "990101-JC01");
    const Task *task = tasks_load(f, leaf);
    g_assert_true(str_eq(task->issuer_uid, org(f, DISTRICT)));
    g_assert_false(split_by(&desk, "jianglinyu", uid, (TaskSplit) { .owners = below, .n_owners = 1 }, &err));
    assert_refused(&err, BH_FORBIDDEN, NULL); /* the city's own belongs to the city */
    done(&desk, "jianglinyu", leaf, "cancel");                                     /* whose it is */
    done(&desk, "issuer01", child_of(&desk, county, "990101-WJW-04"), "cancel");   /* and whose plan it is */
    MayObject facts = task_facts(task, f->arena);
    g_assert_true(may(fixture_user(f, "issuer01"), VERB_READ_TASK, &facts).ok);
    tasks_assert_proven(f);
}

static void claim(Desk *desk, const char *username, Str uid, const char *value)
{
    g_autoptr(GError) err = NULL;
    Actor actor = tasks_actor(desk->f, username);
    ClaimedValue claimed = { tasks_load(desk->f, uid)->targets[0].uid, str_from(value) };
    NewProgress progress = { .text = STR("so far"), .percent = DB_NULL_INT, .values = &claimed, .n_values = 1 };
    task_progress_add(&desk->ledger, &actor, uid, &progress, &err);
    g_assert_no_error(err);
}

/* What the lowest say arrives at the top, and what one in between says himself goes before it. */
static void test_claims_add_up_over_levels(Fixture *f)
{
    Desk desk = desk_of(f);
    Str uid = with_target(&desk, "100", "张"), target = tasks_load(f, uid)->targets[0].uid;
    Str owners[] = { org(f, DISTRICT), org(f, OWN) };
    SplitShare shares[] = { { owners[0], target, STR("60.5") }, { owners[1], target, STR("39.5") } };
    split(&desk, uid, (TaskSplit) { .kind = STR("apportioned"), .owners = owners, .n_owners = 2, .shares = shares, .n_shares = 2 });
    Str county = child_of(&desk, uid, DISTRICT), part = tasks_load(f, county)->targets[0].uid;
    Str below[] = { org(f, "990101-WJW-04"), org(f, "990101-WJW-05") };
    SplitShare smaller[] = { { below[0], part, STR("30") }, { below[1], part, STR("30.5") } };
    split(&desk, county, (TaskSplit) { .kind = STR("apportioned"), .owners = below, .n_owners = 2, .shares = smaller, .n_shares = 2 });
    g_assert_null(family_of(&desk, uid).targets[0].claimed.p);
    claim(&desk, "kongpingqing", child_of(&desk, county, "990101-WJW-04"), "12.25");
    claim(&desk, "xiehemo", child_of(&desk, county, "990101-WJW-05"), "7");
    claim(&desk, "handler01", child_of(&desk, uid, OWN), "39.5");
    Family family = family_of(&desk, uid);
    assert_str(family.targets[0].claimed, "58.75");
    g_assert_cmpint(family.targets[0].reported, ==, 2);
    assert_str(family.targets[0].shared, "100");
    tasks_assert_proven(f);
}

/* However a figure is cut over two levels, and whoever says what of his part, the top shows the exact sum of what was last said, by those below where the
 * one in between says nothing himself. */
static void test_roll_up_is_exact(Fixture *f)
{
    enum { TOP = 3, LOW = 2, CLAIMS = 12 };
    static const char *const top_codes[TOP] = { DISTRICT, "990102-WJW", OWN };
    static const char *const low_codes[LOW] = { "990101-WJW-04", "990101-WJW-05" };
    static const char *const people[TOP + LOW] = { NULL, NULL, "handler01", "kongpingqing", "xiehemo" };
    g_autoptr(GRand) random = g_rand_new_with_seed(20261123);
    Desk desk = desk_of(f);
    Str values[TOP], sum, owners[TOP], said[TOP + LOW] = { STR_NONE };
    for (size_t i = 0; i < TOP; i++) {
        owners[i] = org(f, top_codes[i]);
        values[i] = random_decimal(random, 10000, 2, f->arena);
    }
    g_assert_true(decimal_sum(values, TOP, &sum, f->arena));
    Str uid = with_target(&desk, sum.p, "张"), target = tasks_load(f, uid)->targets[0].uid;
    SplitShare shares[TOP];
    for (size_t i = 0; i < TOP; i++)
        shares[i] = (SplitShare) { owners[i], target, values[i] };
    split(&desk, uid, (TaskSplit) { .kind = STR("apportioned"), .owners = owners, .n_owners = TOP, .shares = shares, .n_shares = TOP });
    Str county = child_of(&desk, uid, DISTRICT), low[LOW] = { org(f, low_codes[0]), org(f, low_codes[1]) };
    split(&desk, county, (TaskSplit) { .owners = low, .n_owners = LOW });
    Str tasks[TOP + LOW] = { county, child_of(&desk, uid, top_codes[1]), child_of(&desk, uid, OWN), child_of(&desk, county, low_codes[0]),
                             child_of(&desk, county, low_codes[1]) };
    for (int round = 0; round < CLAIMS; round++) {
        size_t who = (size_t) g_rand_int_range(random, 2, TOP + LOW); /* who may work on his part; the county itself says nothing */
        said[who] = random_decimal(random, 100000, 3, f->arena);
        claim(&desk, people[who], tasks[who], said[who].p);
        Str parts[TOP + LOW], want;
        size_t n = 0;
        for (size_t i = 2; i < TOP + LOW; i++)
            if (said[i].p)
                parts[n++] = said[i];
        g_assert_true(decimal_sum(parts, n, &want, f->arena));
        Family family = family_of(&desk, uid);
        g_assert_true(str_eq(family.targets[0].claimed, want));
        g_assert_true(str_eq(family.targets[0].shared, sum));
        g_assert_cmpint(family.targets[0].reported, ==, (said[2].p != NULL) + (said[3].p || said[4].p));
    }
    tasks_assert_proven(f);
}

/* --- Progress ----------------------------------------------------------------------------------------------------------------- */

static void test_progress(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Str uid = tasks_one(f, (TaskSpec) { .lead = OWN });
    Actor handler = tasks_actor(f, "handler01"), other = tasks_actor(f, "jiangyuheng");
    NewProgress zero = { .nothing_new = true, .text = STR(""), .percent = DB_NULL_INT }, said = { .text = STR("half of it"), .percent = 50, .next = STR("the rest") };
    NewProgress empty = { .text = STR(" "), .percent = DB_NULL_INT }, both = { .text = STR("x"), .nothing_new = true, .percent = DB_NULL_INT };
    NewProgress future = { .text = STR("x"), .percent = DB_NULL_INT, .period = STR("2026W30") }, odd = { .text = STR("x"), .percent = 101 };
    g_assert_true(task_progress_add(&desk.ledger, &handler, uid, &zero, &err));
    g_assert_true(task_progress_add(&desk.ledger, &handler, uid, &said, &err));
    const NewProgress *wrong[] = { &empty, &both, &future, &odd };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(task_progress_add(&desk.ledger, &handler, uid, wrong[i], &err));
        assert_refused(&err, BH_BAD_INPUT, NULL);
    }
    g_assert_false(task_progress_add(&desk.ledger, &other, uid, &said, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-owner");
    g_autoptr(DbConn) conn = db_reader(f->db, &err);
    TaskProgress *list;
    size_t n;
    g_assert_true(task_progress_list(conn, f->arena, tasks_load(f, uid), &list, &n, &err));
    g_assert_cmpuint(n, ==, 2);
    assert_str(list[0].text, "half of it");
    assert_str(list[0].period, "2026W12");
    g_assert_true(list[1].nothing_new);
    g_assert_cmpint(tasks_load(f, uid)->version, ==, 1);
    tasks_assert_proven(f);
}

/* --- Many at once ---------------------------------------------------------------------------------------------------------------- */

static const JsonValue *set_of(Fixture *f, const char *json)
{
    g_autoptr(GError) err = NULL;
    const JsonValue *value = json_parse(str_from(json), f->arena, &err);
    g_assert_no_error(err);
    return value;
}

static void test_bulk(Fixture *f)
{
    enum { TASKS = 30 };
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Actor issuer = tasks_actor(f, "issuer01");
    TaskSpec specs[TASKS];
    Str uids[TASKS];
    BulkRow rows[TASKS + 1];
    for (size_t i = 0; i < TASKS; i++)
        specs[i] = (TaskSpec) { .lead = OWN };
    tasks_issue(f, "issuer01", CITY, specs, TASKS, uids);
    for (size_t i = 0; i < TASKS; i++)
        rows[i] = (BulkRow) { .uid = uids[i], .version = i == 7 ? 5 : 1 };
    rows[TASKS] = (BulkRow) { .uid = STR("00000000000000000000000000"), .version = 1 };
    const JsonValue *set = set_of(f, "{\"due\":\"2026-11-30\",\"category\":\"other\"}");
    g_assert_true(task_bulk(&desk.ledger, &issuer, rows, TASKS + 1, set, STR("the year is short"), f->arena, &err));
    for (size_t i = 0; i < TASKS; i++) {
        g_assert_true(rows[i].done == (i != 7));
        g_assert_true(str_eq(tasks_load(f, uids[i])->category, STR("other")) == (i != 7));
    }
    assert_str(rows[7].code, "version-stale");
    assert_str(rows[TASKS].code, "not-found");
    g_assert_true(tasks_load(f, uids[0])->adjusted);
    g_assert_false(task_bulk(&desk.ledger, &issuer, rows, TASKS, set_of(f, "{\"title\":\"x\"}"), STR("x"), f->arena, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    rows[1].uid = rows[0].uid;
    g_assert_false(task_bulk(&desk.ledger, &issuer, rows, TASKS, set, STR("x"), f->arena, &err));
    assert_refused(&err, BH_BAD_INPUT, NULL);
    tasks_assert_proven(f);
}

static Str account_uid(Fixture *f, const char *username)
{
    return fixture_user(f, username)->account_uid;
}

static void test_hand_over(Fixture *f)
{
    g_autoptr(GError) err = NULL;
    Desk desk = desk_of(f);
    Actor head = tasks_actor(f, "head01"), other = tasks_actor(f, "lichuan"), issuer = tasks_actor(f, "issuer01");
    TaskSpec specs[] = { { .lead = OWN }, { .lead = OWN }, { .lead = OWN } };
    Str uids[3];
    int64_t passed;
    tasks_issue(f, "issuer01", CITY, specs, 3, uids);
    const JsonValue *set = set_of(f, arena_printf(f->arena, "{\"handler\":\"" STR_FMT "\"}", STR_ARG(account_uid(f, "handler01"))).p);
    BulkRow rows[2] = { { .uid = uids[0], .version = 1 }, { .uid = uids[1], .version = 1 } };
    g_assert_true(task_bulk(&desk.ledger, &issuer, rows, 2, set, STR("x"), f->arena, &err));
    g_assert_true(rows[0].done && rows[1].done);
    Handover wish = { .from = account_uid(f, "handler01"), .to = account_uid(f, "xieanzi"), .reason = STR("moves to another unit") };
    g_assert_false(ledger_hand_over(&desk.ledger, &other, &wish, &passed, &err));
    assert_refused(&err, BH_FORBIDDEN, "not-owner");
    Handover nowhere = wish;
    nowhere.to = account_uid(f, "jianglinyu"); /* of another body */
    g_assert_false(ledger_hand_over(&desk.ledger, &head, &nowhere, &passed, &err));
    assert_refused(&err, BH_BAD_INPUT, "account-unfit");
    nowhere.to = account_uid(f, "jiangyuheng"); /* of another department: he stands in no lead of these tasks */
    g_assert_false(ledger_hand_over(&desk.ledger, &head, &nowhere, &passed, &err));
    assert_refused(&err, BH_BAD_INPUT, "account-unfit");
    g_assert_true(ledger_hand_over(&desk.ledger, &head, &wish, &passed, &err));
    g_assert_cmpint(passed, ==, 2);
    g_assert_true(str_eq(tasks_load(f, uids[0])->handler.uid, wish.to));
    g_assert_null(tasks_load(f, uids[2])->handler.uid.p);
    tasks_assert_proven(f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger-family/decimal-sum", test_decimal_sum);
    g_test_add_func("/ledger-family/what-adds-up", test_what_adds_up);
    static const struct {
        const char *name;
        FixtureTest test;
    } tests[] = {
        { "each-member-gets-one", test_each_member_gets_one },
        { "a-plan-expands", test_a_plan_expands },
        { "wrong-divisions", test_wrong_divisions },
        { "shares-must-sum", test_shares_must_sum },
        { "amended-shares-sum-again", test_amended_shares_sum_again },
        { "an-apportioned-target-stays-a-sum", test_an_apportioned_target_stays_a_sum },
        { "a-rate-is-not-apportioned", test_a_rate_is_not_apportioned },
        { "a-parent-waits-for-its-parts", test_a_parent_waits_for_its_parts },
        { "a-cancelled-part-stays-in-the-count", test_a_cancelled_part_stays_in_the_count },
        { "waived-parts-prove-nothing", test_waived_parts_prove_nothing },
        { "a-collective-closes-with-its-last", test_a_collective_closes_with_its_last },
        { "the-end-of-a-whole-ends-its-parts", test_the_end_of_a_whole_ends_its_parts },
        { "random-histories", test_random_histories },
        { "city-county-institution", test_city_county_institution },
        { "claims-add-up-over-levels", test_claims_add_up_over_levels },
        { "roll-up-is-exact", test_roll_up_is_exact },
        { "progress", test_progress },
        { "bulk", test_bulk },
        { "hand-over", test_hand_over },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        fixture_add("ledger-family", tests[i].name, true, tests[i].test);
    return g_test_run();
}
