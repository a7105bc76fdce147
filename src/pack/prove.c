/* The proof carried out: a case's records judged by the rules of their dataset, what is found held against what the case says. What needs a figure, a duty or a signal is proved where
 * those are made. */
#include "pack/prove.h"

#include "base/banned.h"

static void found_in_row(Proof *proof, size_t row, Str rule, bool missing)
{
    *ARENA_PUSH(proof->load->arena, &proof->found) = (ProofFound) { .row = row + 1, .rule = rule, .missing = missing };
}

const uint8_t *proof_run(Proof *proof, const PackExpr *expr, const ExprColumn *columns, size_t n)
{
    if (!expr->expr)
        return NULL;
    ExprResult result;
    ExprBatch batch = { .n = n, .columns = columns, .days = { proof->c->today, DATE_NONE, DATE_NONE } };
    expr_eval(proof->runner, expr->expr, &batch, proof->load->arena, &result);
    uint8_t *answers = ARENA_ARRAY(proof->load->arena, uint8_t, n);
    for (size_t i = 0; i < n; i++)
        answers[i] = result.column.nulls && result.column.nulls[i] ? 2 : ((const uint8_t *) result.column.values)[i];
    return answers;
}

/* --- Row, and what must be filled -------------------------------------------------------------------------------------------- */

static void judge_row(Proof *proof, const ProofTable *t, const PackRule *rule)
{
    const uint8_t *when = proof_run(proof, &rule->when, t->columns, t->n), *holds = proof_run(proof, &rule->check, t->columns, t->n);
    for (size_t i = 0; holds && i < t->n; i++)
        if (holds[i] == 0 && (!when || when[i] == 1))
            found_in_row(proof, i, rule->entry.id, false);
}

static void judge_filled(Proof *proof, const ProofTable *t, const PackField *field)
{
    const uint8_t *nulls = t->columns[field->column].nulls, *asked = proof_run(proof, &field->required_when, t->columns, t->n);
    for (size_t i = 0; (field->required || asked) && !field->retired && i < t->n; i++)
        if (nulls && nulls[i] && (field->required || asked[i] == 1))
            found_in_row(proof, i, field->entry.id, true);
}

static void judge_rows(Proof *proof, const ProofTable *t)
{
    for (size_t i = 0; t->n > 0 && i < t->dataset->fields.n; i++)
        judge_filled(proof, t, &t->dataset->fields.v[i]);
    for (size_t i = 0; t->n > 0 && i < t->dataset->rules.n; i++)
        if (t->dataset->rules.v[i].kind == PACK_ROW)
            judge_row(proof, t, &t->dataset->rules.v[i]);
}

/* --- Unique ---------------------------------------------------------------------------------------------------------------------- */

/* A person by the first number that is there. STR_NONE: there is none. */
static Str person_of(const ProofTable *t, size_t row)
{
    const PackPerson *person = t->dataset->subject->person;
    Str number = STR_NONE;
    for (size_t i = 0; i < person->by.n && !number.p; i++)
        number = proof_cell(t, row, person->by.v[i].text);
    return number;
}

static bool is_person(const PackDataset *dataset, Str name)
{
    return str_eq(name, STR("person")) && dataset->subject && dataset->subject->person;
}

/* The cells of a key, one behind the other. STR_NONE: some part is missing. */
static Str key_of(const Proof *proof, const PackRule *rule, const ProofTable *t, size_t row)
{
    Str key = rule->across == PACK_WITHIN ? proof_cell(t, row, t->dataset->org) : STR("");
    for (size_t i = 0; i < rule->by.n && key.p; i++) {
        Str name = rule->by.v[i].text, part = is_person(t->dataset, name) ? person_of(t, row) : proof_cell(t, row, name);
        key = part.p ? arena_printf(proof->load->arena, STR_FMT "\n" STR_FMT, STR_ARG(key), STR_ARG(part)) : STR_NONE;
    }
    return key;
}

/* Records of two periods, or of times that do not meet, are not twice the same. */
static bool at_one_time(const ProofTable *t, size_t i, size_t j)
{
    bool bounded = t->dataset->kind == PACK_REGISTER || t->dataset->kind == PACK_AGGREGATE;
    bool before = t->to[i] != DATE_NONE && t->from[j] != DATE_NONE && t->to[i] < t->from[j];
    bool behind = t->to[j] != DATE_NONE && t->from[i] != DATE_NONE && t->to[j] < t->from[i];
    return !bounded || (!before && !behind);
}

/* The later of two rows is the one that is found. */
static void judge_unique(Proof *proof, const PackRule *rule)
{
    const ProofTable *t = &proof->tables[0];
    const uint8_t *when = proof_run(proof, &rule->when, t->stored, t->n);
    Str *keys = ARENA_ARRAY(proof->load->arena, Str, t->n);
    for (size_t i = 0; i < t->n; i++) {
        keys[i] = !when || when[i] == 1 ? key_of(proof, rule, t, i) : STR_NONE;
        bool twice = false;
        for (size_t j = 0; keys[i].p && !twice && j < i; j++)
            twice = keys[j].p && str_eq(keys[i], keys[j]) && at_one_time(t, i, j);
        if (twice)
            found_in_row(proof, i, rule->entry.id, false);
    }
}

/* --- Link ------------------------------------------------------------------------------------------------------------------------- */

/* Two records are of one person if they have a number of one kind in common. */
static bool same_person(const ProofTable *a, size_t i, const ProofTable *b, size_t j)
{
    const PackPerson *person = a->dataset->subject->person;
    for (size_t n = 0; n < person->by.n; n++) {
        Str mine = proof_cell(a, i, person->by.v[n].text), theirs = proof_cell(b, j, person->by.v[n].text);
        if (mine.p && theirs.p && str_eq(mine, theirs))
            return true;
    }
    return false;
}

static Str text_at(const ExprColumn *column, size_t row)
{
    return column->codes ? column->dict->values[column->codes[row]] : ((const Str *) column->values)[row];
}

static bool same_value(ExprKind kind, const ExprColumn *a, size_t i, const ExprColumn *b, size_t j)
{
    if (b->nulls && b->nulls[j])
        return false;
    switch (kind) {
    case EXPR_BOOL: return ((const uint8_t *) a->values)[i] == ((const uint8_t *) b->values)[j];
    case EXPR_DATE: return ((const Date *) a->values)[i] == ((const Date *) b->values)[j];
    case EXPR_TEXT: return str_eq(text_at(a, i), text_at(b, j));
    default: return ((const int64_t *) a->values)[i] == ((const int64_t *) b->values)[j];
    }
}

static bool matches(const PackRule *rule, const ProofTable *a, size_t i, const ProofTable *b, size_t j)
{
    for (size_t n = 0; n < rule->match.n; n++) {
        const PackPair *pair = &rule->match.v[n];
        if (is_person(a->dataset, pair->from)) {
            if (!same_person(a, i, b, j))
                return false;
            continue;
        }
        const PackField *from = pack_field(a->dataset, pair->from), *to = pack_field(b->dataset, pair->to);
        if (!same_value(from->expr_type.kind, &a->columns[from->column], i, &b->columns[to->column], j))
            return false;
    }
    return true;
}

/* Whether all that is matched is there: what is not known has no parent that could be missing. */
static bool is_linked(const PackRule *rule, const ProofTable *t, size_t row)
{
    for (size_t n = 0; n < rule->match.n; n++) {
        Str name = rule->match.v[n].from;
        const PackField *field = is_person(t->dataset, name) ? NULL : pack_field(t->dataset, name);
        if (field ? t->columns[field->column].nulls && t->columns[field->column].nulls[row] : !person_of(t, row).p)
            return false;
    }
    return true;
}

/* Carried out where the case has a file of the parents. */
static void judge_link(Proof *proof, const PackRule *rule)
{
    const ProofTable *t = &proof->tables[0], *parents = NULL;
    for (size_t i = 0; i < proof->n_tables; i++)
        parents = proof->tables[i].dataset == rule->to ? &proof->tables[i] : parents;
    const uint8_t *when = proof_run(proof, &rule->when, t->stored, t->n);
    for (size_t i = 0; parents && i < t->n; i++) {
        bool there = (when && when[i] != 1) || !is_linked(rule, t, i);
        for (size_t j = 0; !there && j < parents->n; j++)
            there = matches(rule, t, i, parents, j);
        if (!there)
            found_in_row(proof, i, rule->entry.id, false);
    }
}

/* --- What was said ------------------------------------------------------------------------------------------------------------------ */

static ProofFound *find(const Proof *proof, const PackWant *want)
{
    Period period = 0;
    Str name = want->missing.p ? want->missing : want->rule;
    if (want->period.p)
        period_parse(want->period, &period);
    for (size_t i = 0; i < proof->found.n; i++) {
        ProofFound *f = &proof->found.v[i];
        bool here = want->row > 0 ? f->row == (size_t) want->row : f->row == 0 && f->period == period && str_eq(proof->orgs.v[f->org - 1], want->org);
        if (!f->said && here && f->missing == (want->missing.p != NULL) && str_eq(f->rule, name))
            return f;
    }
    return NULL;
}

static void tell_not_found(const Proof *proof, const PackWant *want)
{
    if (want->row > (int64_t) proof->tables[0].n)
        return; /* was told */
    if (want->missing.p)
        yaml_find(proof->load->report, want->entry.node, "pack-proof", "row %d does not lack '" STR_FMT "', or need not have it", (int) want->row, STR_ARG(want->missing));
    else if (want->row > 0)
        yaml_find(proof->load->report, want->entry.node, "pack-proof", "row %d does not break the rule '" STR_FMT "'", (int) want->row, STR_ARG(want->rule));
    else
        yaml_find(proof->load->report, want->entry.node, "pack-proof", "'" STR_FMT "' does not break the rule '" STR_FMT "' in " STR_FMT, STR_ARG(want->org), STR_ARG(want->rule),
                  STR_ARG(want->period));
}

static void tell_not_said(const Proof *proof, const ProofFound *f)
{
    char period[PERIOD_TEXT_MAX];
    const Yaml *node = proof->c->entry.node;
    if (f->missing)
        yaml_find_key(proof->load->report, node, "pack-proof", "row %zu lacks '" STR_FMT "', which the case does not say", f->row, STR_ARG(f->rule));
    else if (f->row > 0)
        yaml_find_key(proof->load->report, node, "pack-proof", "row %zu breaks the rule '" STR_FMT "', which the case does not say", f->row, STR_ARG(f->rule));
    else
        yaml_find_key(proof->load->report, node, "pack-proof", "'" STR_FMT "' breaks the rule '" STR_FMT "' in %s, which the case does not say", STR_ARG(proof->orgs.v[f->org - 1]),
                      STR_ARG(f->rule), period_format(f->period, period));
}

static void compare(Proof *proof)
{
    for (size_t i = 0; i < proof->c->defects.n; i++) {
        ProofFound *f = find(proof, &proof->c->defects.v[i]);
        if (f)
            f->said = true;
        else
            tell_not_found(proof, &proof->c->defects.v[i]);
    }
    for (size_t i = 0; i < proof->found.n; i++)
        if (!proof->found.v[i].said)
            tell_not_said(proof, &proof->found.v[i]);
}

/* --- A case --------------------------------------------------------------------------------------------------------------------------- */

static void judge(Proof *proof)
{
    const PackDataset *dataset = proof->tables[0].dataset;
    judge_rows(proof, &proof->tables[0]);
    for (size_t i = 0; i < dataset->rules.n; i++) {
        const PackRule *rule = &dataset->rules.v[i];
        if (rule->kind == PACK_UNIQUE)
            judge_unique(proof, rule);
        else if (rule->kind == PACK_LINK)
            judge_link(proof, rule);
        else if (rule->kind != PACK_ROW)
            proof_period_rule(proof, rule);
    }
}

void load_prove(const Load *load, const PackCase *c, const ProofFile *files, size_t n)
{
    g_autoptr(GHashTable) org_of = g_hash_table_new(str_hash, str_equal);
    g_autoptr(ExprRunner) runner = expr_runner_new();
    Proof proof = { .load = load, .c = c, .runner = runner, .org_of = org_of, .tables = ARENA_ARRAY(load->arena, ProofTable, n), .n_tables = n };
    for (size_t i = 0; i < n; i++)
        proof_table(&proof, files[i].dataset, files[i].path, &files[i].table, &proof.tables[i]);
    judge(&proof);
    compare(&proof);
    proof_walk(&proof);
}
