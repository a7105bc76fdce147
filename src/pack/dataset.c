/* A dataset as a whole: what its kind asks for, whom it is about, by what a record is known, when it is due. */
#include "base/near.h"
#include "pack/load.h"

#include "base/banned.h"

/* --- What each kind is made of ------------------------------------------------------------------------------------------ */

static const struct {
    const char *needs, *may;
} kinds[] = {
    [PACK_EVENT] = { "date", "subject forms reporters every due lock quality" },
    [PACK_REGISTER] = { "subject", "forms reporters every due lock quality" },
    [PACK_AGGREGATE] = { "every", "forms reporters due lock quality" },
    [PACK_CASE] = { "date flow", "subject forms reporters every due lock quality" },
};
static const char of_all[] = "name name_en kind org key fields rules";

/* Whether the word was one that is known: else it was told already, and nothing follows from it. */
bool load_is_word(const Yaml *node, const char *word)
{
    return node && node->kind == YAML_TEXT && str_eq(str_trim(node->text), str_from(word));
}

static bool has_word(const char *words, Str word)
{
    for (Str rest = str_from(words); rest.p;)
        if (str_eq(str_cut(&rest, ' '), word))
            return true;
    return false;
}

void load_check_keys(const Load *load, const Yaml *node, const char *needs, const char *may, const char *what)
{
    for (Str rest = str_from(needs); rest.p && rest.n;) {
        Str word = str_cut(&rest, ' ');
        g_autofree char *name = str_dup(word);
        if (!yaml_get(node, name))
            yaml_find_key(load->report, node, "pack-key-missing", "'%s' is missing in %s", name, what);
    }
    for (const Yaml *member = node->first; member; member = member->next)
        if (!has_word(needs, member->key) && !has_word(may, member->key))
            yaml_find_key(load->report, member, "pack-key-place", "'" STR_FMT "' has no place in %s", STR_ARG(member->key), what);
}

/* Keys of other layers are theirs to judge. */
static bool is_ours(Str key)
{
    for (const ShapeKey *row = shape_dataset.keys; row->name; row++)
        if (str_eq(key, str_from(row->name)))
            return true;
    return false;
}

static void check_kind(const Load *load, const PackDataset *dataset)
{
    if (!load_is_word(yaml_get(dataset->entry.node, "kind"), pack_kinds[dataset->kind]))
        return;
    g_autofree char *what = g_strdup_printf("a dataset of kind %s", pack_kinds[dataset->kind]);
    for (Str rest = str_from(kinds[dataset->kind].needs); rest.p;) {
        g_autofree char *name = str_dup(str_cut(&rest, ' '));
        if (!yaml_get(dataset->entry.node, name))
            yaml_find_key(load->report, dataset->entry.node, "pack-key-missing", "'%s' is missing in %s", name, what);
    }
    for (const Yaml *member = dataset->entry.node->first; member; member = member->next)
        if (is_ours(member->key) && !has_word(of_all, member->key) && !has_word(kinds[dataset->kind].needs, member->key)
            && !has_word(kinds[dataset->kind].may, member->key))
            yaml_find_key(load->report, member, "pack-key-place", "'" STR_FMT "' has no place in %s", STR_ARG(member->key), what);
}

/* --- Whom it is about, and by what it is known ------------------------------------------------------------------------------ */

static void load_person(const Load *load, PackPerson *person)
{
    person->inputs = ARENA_ARRAY(load->arena, const PackElement *, person->by.n + person->otherwise.n);
    for (size_t i = 0; i < person->by.n + person->otherwise.n; i++) {
        bool number = i < person->by.n;
        const PackName *name = number ? &person->by.v[i] : &person->otherwise.v[i - person->by.n];
        const PackElement *element = load_element(load, name->text, name->node);
        if (!element)
            continue;
        person->inputs[person->n_inputs++] = element;
        if (number && element->type != PACK_ID_CARD && element->type != PACK_CARD_NO)
            yaml_find(load->report, name->node, "pack-type", "a person is known by an id_card or a card_no; '" STR_FMT "' is of type %s", STR_ARG(name->text),
                      pack_types[element->type]);
    }
}

static void load_subject(const Load *load, const PackDataset *dataset)
{
    const PackSubject *subject = dataset->subject;
    if (!subject)
        return;
    if ((subject->person != NULL) == (subject->thing.n > 0))
        yaml_find_key(load->report, subject->entry.node, "pack-conflict", "a subject is a person or a thing, one of both");
    else if (subject->person)
        load_person(load, (PackPerson *) subject->person);
    for (size_t i = 0; i < subject->thing.n; i++)
        load_field(load, dataset, subject->thing.v[i].text, subject->thing.v[i].node);
}

/* A field without which a record has no place in the store. */
static void check_anchor(const Load *load, const PackDataset *dataset, const char *key, Str id, PackType type, PackType other)
{
    const Yaml *node = yaml_get(dataset->entry.node, key);
    const PackField *field = node && id.p ? load_field(load, dataset, id, node) : NULL;
    if (!field)
        return;
    if (field->type != type && field->type != other)
        yaml_find(load->report, node, "pack-type", "`%s` is a field of type %s; '" STR_FMT "' is of type %s", key, pack_types[type], STR_ARG(id), pack_types[field->type]);
    else if (!field->required)
        yaml_find_key(load->report, field->entry.node, "pack-required", "the field that is `%s` must be required", key);
}

static void check_key(const Load *load, const PackDataset *dataset)
{
    load_check_key(load, dataset, dataset->key);
    for (size_t i = 0; i < dataset->key.n; i++) {
        const PackField *field = pack_field(dataset, dataset->key.v[i].text);
        if (field && !field->required)
            yaml_find_key(load->report, field->entry.node, "pack-required", "a field of the key must be required");
    }
}

/* --- Reporting -------------------------------------------------------------------------------------------------------------- */

static void check_days(const Load *load, const Yaml *node, Date since, Date until)
{
    if (since != DATE_NONE && until != DATE_NONE && since > until)
        yaml_find_key(load->report, node, "pack-value", "`since` is after `until`");
}

static void check_reporting(const Load *load, const PackDataset *dataset)
{
    const PackReporters *reporters = dataset->reporters;
    for (size_t i = 0; reporters && i < reporters->exceptions.n; i++)
        check_days(load, reporters->exceptions.v[i].entry.node, reporters->exceptions.v[i].since, reporters->exceptions.v[i].until);
    if (reporters)
        check_days(load, reporters->entry.node, reporters->since, reporters->until);
    if ((reporters || dataset->due.node || dataset->lock.node) && dataset->kind != PACK_AGGREGATE && !yaml_get(dataset->entry.node, "every"))
        yaml_find_key(load->report, dataset->entry.node, "pack-key-missing", "'every' is missing: reporters, due and lock are counted by its periods");
    if (dataset->lock.node && !dataset->due.node)
        yaml_find_key(load->report, dataset->lock.node, "pack-key-missing", "'due' is missing: what is locked was due before");
}

static void check_quality(const Load *load, const PackQuality *quality)
{
    int64_t sum = 0;
    for (size_t i = 0; quality && i < PACK_MEASURES; i++)
        sum += quality->weights[i];
    if (quality && sum != 100)
        yaml_find_key(load->report, quality->entry.node, "pack-weights", "the weights of the five measures are %d together, not 100", (int) sum);
}

void load_dataset(Load *load, PackDataset *dataset)
{
    check_kind(load, dataset);
    check_anchor(load, dataset, "org", dataset->org, PACK_ORG, PACK_ORG);
    check_anchor(load, dataset, "date", dataset->date, PACK_DATE, PACK_TIME);
    load_subject(load, dataset);
    check_key(load, dataset);
    check_reporting(load, dataset);
    check_quality(load, dataset->quality);
}

/* --- Finding one -------------------------------------------------------------------------------------------------------------- */

static const PackDataset *find_in(const Pack *pack, Str id)
{
    for (size_t i = 0; i < pack->datasets.n; i++)
        if (str_eq(pack->datasets.v[i].entry.id, id))
            return &pack->datasets.v[i];
    return NULL;
}

const PackDataset *load_find_dataset(const Load *load, Str name)
{
    Str rest = name, first = str_cut(&rest, '.');
    if (!rest.p)
        return find_in(load->pack, name);
    if (str_eq(first, load->pack->id))
        return find_in(load->pack, rest);
    for (size_t i = 0; i < load->pack->n_uses; i++)
        if (str_eq(load->pack->uses[i]->id, first))
            return find_in(load->pack->uses[i], rest);
    return NULL;
}

const PackDataset *load_dataset_named(const Load *load, Str name, const Yaml *node)
{
    const PackDataset *dataset = load_find_dataset(load, name);
    if (dataset)
        return dataset;
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; i < load->pack->datasets.n; i++)
        *ARENA_PUSH(load->arena, &known) = load->pack->datasets.v[i].entry.id;
    for (size_t u = 0; u < load->pack->n_uses; u++)
        for (size_t i = 0; i < load->pack->uses[u]->datasets.n; i++)
            *ARENA_PUSH(load->arena, &known) = load->pack->uses[u]->datasets.v[i].full_name;
    yaml_find(load->report, node, "pack-no-such", "there is no dataset '" STR_FMT "' here or in a pack that this one uses%s", STR_ARG(name),
              near_texts(load->arena, name, known.v, known.n));
    return NULL;
}
