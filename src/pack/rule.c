/* Rules. What each kind is made of is a row; its expressions are typed against what that kind sees. */
#include "pack/load.h"

#include "base/banned.h"

static void check_row(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    load_expr(load, &rule->check, dataset->record, EXPR_BOOL);
}

static bool same_kind(const PackField *a, const PackField *b)
{
    return a->expr_type.kind == b->expr_type.kind && a->expr_type.scale == b->expr_type.scale && (a->type == PACK_ORG) == (b->type == PACK_ORG);
}

/* Each pair: a field here, a field there, of one type. The parent's own organisation is matched only if it is named. */
static void check_link(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    PackRule *mine = (PackRule *) rule;
    mine->to = rule->to_name.p ? load_dataset_named(load, rule->to_name, yaml_at(rule->entry.node, "to")) : NULL;
    for (size_t i = 0; i < rule->match.n; i++) {
        const PackPair *pair = &rule->match.v[i];
        bool both_person = str_eq(pair->from, STR("person")) && str_eq(pair->to, STR("person"));
        if (both_person && dataset->subject && dataset->subject->person)
            continue;
        const PackField *from = load_field(load, dataset, pair->from, pair->node);
        const PackField *to = mine->to ? load_field(load, mine->to, pair->to, pair->node) : NULL;
        if (from && to && !same_kind(from, to))
            yaml_find(load->report, pair->node, "pack-type", "'" STR_FMT "' is of type %s, '" STR_FMT "' of type %s: they never match", STR_ARG(pair->from), pack_types[from->type],
                      STR_ARG(pair->to), pack_types[to->type]);
    }
}

static void check_unique(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    load_check_key(load, dataset, rule->by);
    if (rule->across == PACK_WITHIN && rule->prefer != PACK_NONE_COUNTS)
        yaml_find(load->report, yaml_at(rule->entry.node, "prefer"), "pack-conflict", "`prefer` chooses between organisations: it goes with `across: all`");
}

static void check_set(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    (void) dataset;
    load_expr(load, &rule->check, load->aggregates, EXPR_BOOL);
}

static void check_total(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    (void) dataset;
    load_expr(load, &rule->received, load->aggregates, EXPR_NUMBER);
    load_expr(load, &rule->declared, load->aggregates, EXPR_NUMBER);
}

static void check_volume(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    (void) dataset;
    load_expr(load, &rule->measure, load->aggregates, EXPR_NUMBER);
}

static const struct {
    const char *needs, *may, *what;
    void (*check)(const Load *load, const PackDataset *dataset, const PackRule *rule);
} kinds[] = {
    [PACK_ROW] = { "id level says check", "kind says_en weight counts_for about when", "a rule of kind row", check_row },
    [PACK_LINK] = { "id level says to match", "kind says_en weight counts_for about when", "a rule of kind link", check_link },
    [PACK_UNIQUE] = { "id level says by", "kind says_en weight counts_for about when across prefer", "a rule of kind unique", check_unique },
    [PACK_SET] = { "id level says check", "kind says_en weight counts_for", "a rule of kind set", check_set },
    [PACK_TOTAL] = { "id level says received declared", "kind says_en weight counts_for tolerance_percent", "a rule of kind total", check_total },
    [PACK_VOLUME] = { "id level says measure", "kind says_en weight counts_for back_months deviations", "a rule of kind volume", check_volume },
};

/* Of what `says` and the like are required, the table of keys has told already. */
static void check_rule(const Load *load, const PackDataset *dataset, const PackRule *rule)
{
    for (Str rest = str_from(kinds[rule->kind].needs); rest.p;) {
        g_autofree char *name = str_dup(str_cut(&rest, ' '));
        bool by_table = g_str_equal(name, "id") || g_str_equal(name, "level") || g_str_equal(name, "says");
        if (!by_table && !yaml_get(rule->entry.node, name))
            yaml_find_key(load->report, rule->entry.node, "pack-key-missing", "'%s' is missing in %s", name, kinds[rule->kind].what);
    }
    g_autofree char *all = g_strconcat(kinds[rule->kind].needs, " ", kinds[rule->kind].may, NULL);
    load_check_keys(load, rule->entry.node, "", all, kinds[rule->kind].what);
    for (size_t i = 0; i < rule->about.n; i++)
        load_field(load, dataset, rule->about.v[i].text, rule->about.v[i].node);
    load_expr(load, &rule->when, rule->kind == PACK_ROW ? dataset->record : dataset->stored->scope, EXPR_BOOL);
    kinds[rule->kind].check(load, dataset, rule);
}

void load_rules(Load *load, const PackDataset *dataset)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(str_hash, str_equal);
    for (size_t i = 0; i < dataset->fields.n; i++)
        load_expr(load, &dataset->fields.v[i].required_when, dataset->record, EXPR_BOOL);
    for (size_t i = 0; i < dataset->rules.n; i++) {
        PackRule *rule = LOAD_MINE(PackRule, dataset->rules, i);
        if (rule->entry.id.p && !g_hash_table_add(seen, &rule->entry.id))
            yaml_find_key(load->report, rule->entry.node, "pack-twice", "there is a rule '" STR_FMT "' before", STR_ARG(rule->entry.id));
        const Yaml *kind = yaml_get(rule->entry.node, "kind");
        if (rule->entry.node->kind == YAML_MAP && (!kind || load_is_word(kind, pack_rule_kinds[rule->kind])))
            check_rule(load, dataset, rule);
    }
}
