/* Fields of a dataset: what they are by their element and by themselves. */
#include "base/limits.h"
#include "base/near.h"
#include "pack/load.h"

#include "base/banned.h"

/* --- Types ---------------------------------------------------------------------------------------------------------- */

static const ExprKind expr_kinds[] = {
    [PACK_TEXT] = EXPR_TEXT, [PACK_INTEGER] = EXPR_NUMBER, [PACK_DECIMAL] = EXPR_NUMBER, [PACK_DATE] = EXPR_DATE, [PACK_TIME] = EXPR_TIME,
    [PACK_BOOL] = EXPR_BOOL, [PACK_CODE] = EXPR_TEXT, [PACK_ORG] = EXPR_NUMBER, /* its number in the store: only = and <> make sense */
    [PACK_ID_CARD] = EXPR_TEXT, [PACK_CARD_NO] = EXPR_TEXT, [PACK_PERSON_NAME] = EXPR_TEXT, [PACK_PHONE] = EXPR_TEXT, [PACK_ADDRESS] = EXPR_TEXT,
};

static ExprType expr_type_of(PackType type, int64_t decimals, const PackCodes *codes)
{
    return (ExprType) { expr_kinds[type], type == PACK_DECIMAL ? (int) decimals : 0, codes ? codes->codes : NULL };
}

ExprType pack_element_type(const PackElement *element)
{
    return expr_type_of(element->type, element->decimals, element->codes);
}

/* What the element says holds; a field may say it again, not otherwise. */
static void take_element(Load *load, PackField *field)
{
    const Yaml *node = field->entry.node;
    field->element = field->element_name.p ? load_element(load, field->element_name, yaml_at(node, "element")) : NULL;
    if (!yaml_get(node, "element"))
        yaml_find_key(load->report, node, "pack-no-element", "the field '" STR_FMT "' refers to no element of elements.yaml", STR_ARG(field->entry.id));
    if (!field->element)
        return;
    const PackElement *element = field->element;
    if (field->type_given >= 0 && field->type_given != (int) element->type)
        yaml_find(load->report, yaml_at(node, "type"), "pack-type", "the element '" STR_FMT "' is of type %s", STR_ARG(element->entry.id), pack_types[element->type]);
    if (field->type_given < 0 && field->decimals >= 0)
        yaml_find(load->report, yaml_at(node, "decimals"), "pack-type", "the element '" STR_FMT "' says how many decimals it has", STR_ARG(element->entry.id));
    if (field->codes_name.p && element->type != PACK_CODE)
        yaml_find(load->report, yaml_at(node, "codes"), "pack-type", "the element '" STR_FMT "' has no codes", STR_ARG(element->entry.id));
    field->type = element->type;
    field->codes = element->codes;
    field->decimals = element->decimals;
    field->sensitivity = MAX(field->sensitivity, element->sensitivity);
    field->name = field->name.p ? field->name : element->name;
    field->name_en = field->name_en.p ? field->name_en : element->name_en;
}

static void take_own_type(Load *load, PackField *field)
{
    const Yaml *node = field->entry.node;
    if (!yaml_get(node, "type") && !yaml_get(node, "element"))
        yaml_find_key(load->report, node, "pack-key-missing", "'element' or 'type' is missing in field");
    field->type = field->type_given < 0 ? PACK_TEXT : (PackType) field->type_given;
    if (field->type != PACK_DECIMAL && field->decimals >= 0 && field->type_given >= 0)
        yaml_find(load->report, yaml_at(node, "decimals"), "pack-type", "`decimals` belongs to the type decimal");
    if (field->type == PACK_DECIMAL && !yaml_get(node, "decimals") && !yaml_get(node, "element"))
        yaml_find_key(load->report, node, "pack-key-missing", "'decimals' is missing in a field of type decimal");
    field->decimals = MAX(field->decimals, 0);
    if (!field->sensitivity)
        field->sensitivity = pack_type_personal(field->type) ? 3 : 1;
}

/* A table of the field's own may stand for the element's: a part of it, or one with names of this programme. */
static void take_codes(Load *load, PackField *field)
{
    const Yaml *named = yaml_get(field->entry.node, "codes");
    if (field->codes_name.p)
        field->codes = load_find_codes(load, field->codes_name);
    if (field->codes_name.p && !field->codes)
        yaml_find(load->report, named, "pack-no-such", "there is no code table '" STR_FMT "' here, in elements.yaml, or in a pack that this one uses",
                  STR_ARG(field->codes_name));
    if (field->codes_name.p && field->type != PACK_CODE && !field->element)
        yaml_find(load->report, named, "pack-type", "`codes` belongs to the type code, not %s", pack_types[field->type]);
    bool told = field->element && field->element->codes_name.p; /* of a table that is not there */
    if (field->type == PACK_CODE && !field->codes && !named && !told)
        yaml_find_key(load->report, field->entry.node, "pack-key-missing", "'codes' is missing in a field of type code%s", field->element ? ", whose element has no table" : "");
}

static void load_one(Load *load, PackField *field, uint32_t column)
{
    field->column = column;
    if (field->entry.node->kind != YAML_MAP)
        return;
    if (field->type_given >= 0 || !field->element_name.p)
        take_own_type(load, field);
    take_element(load, field);
    take_codes(load, field);
    if (!yaml_get(field->entry.node, "name") && !yaml_get(field->entry.node, "element"))
        yaml_find_key(load->report, field->entry.node, "pack-key-missing", "'name' is missing in field, which has no element to take it from");
    if (field->required && field->required_when.node)
        yaml_find(load->report, field->required_when.node, "pack-conflict", "a field is required always, or when …: not both");
    field->expr_type = expr_type_of(field->type, field->decimals, field->codes);
}

bool load_fields(Load *load, PackDataset *dataset)
{
    const Yaml *node = yaml_get(dataset->entry.node, "fields");
    if (dataset->fields.n == 0 || dataset->fields.n > LIMIT_PACK_FIELDS) {
        if (node && node->kind == YAML_MAP)
            yaml_find_key(load->report, node, "pack-too-many", "a dataset has 1 to %d fields, not %zu", LIMIT_PACK_FIELDS, dataset->fields.n);
        return false;
    }
    for (size_t i = 0; i < dataset->fields.n; i++)
        load_one(load, LOAD_MINE(PackField, dataset->fields, i), (uint32_t) i);
    return true;
}

/* --- Finding one -------------------------------------------------------------------------------------------------------- */

const PackField *pack_field(const PackDataset *dataset, Str id)
{
    for (size_t i = 0; i < dataset->fields.n; i++)
        if (str_eq(dataset->fields.v[i].entry.id, id))
            return &dataset->fields.v[i];
    return NULL;
}

static const char *near_fields(const Load *load, const PackDataset *dataset, Str id)
{
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; i < dataset->fields.n; i++)
        *ARENA_PUSH(load->arena, &known) = dataset->fields.v[i].entry.id;
    return near_texts(load->arena, id, known.v, known.n);
}

const PackField *load_field(const Load *load, const PackDataset *dataset, Str id, const Yaml *node)
{
    const PackField *field = pack_field(dataset, id);
    if (!field && dataset->fields.n > 0) /* without any that was told */
        yaml_find(load->report, node, "pack-no-such", "the dataset '" STR_FMT "' has no field '" STR_FMT "'%s", STR_ARG(dataset->entry.id), STR_ARG(id),
                  near_fields(load, dataset, id));
    return field;
}

void load_check_key(const Load *load, const PackDataset *dataset, PackNames names)
{
    bool person = dataset->subject && dataset->subject->person;
    for (size_t i = 0; i < names.n; i++)
        if (!(person && str_eq(names.v[i].text, STR("person"))))
            load_field(load, dataset, names.v[i].text, names.v[i].node);
}
