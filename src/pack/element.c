/* The common dictionary: elements.yaml. */
#include "base/near.h"
#include "pack/load.h"

#include "base/banned.h"

bool pack_type_personal(PackType type)
{
    return type >= PACK_ID_CARD;
}

const PackElement *load_find_element(const Load *load, Str id)
{
    for (size_t i = 0; i < load->common->elements.n; i++)
        if (str_eq(load->common->elements.v[i].entry.id, id))
            return &load->common->elements.v[i];
    return NULL;
}

const PackElement *load_element(const Load *load, Str id, const Yaml *node)
{
    const PackElement *element = load_find_element(load, id);
    if (element)
        return element;
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; i < load->common->elements.n; i++)
        *ARENA_PUSH(load->arena, &known) = load->common->elements.v[i].entry.id;
    yaml_find(load->report, node, "pack-no-such", "there is no element '" STR_FMT "' in elements.yaml%s", STR_ARG(id), near_texts(load->arena, id, known.v, known.n));
    return NULL;
}

static void check_element(Load *load, PackElement *element)
{
    const Yaml *node = element->entry.node;
    if (element->codes_name.p)
        element->codes = load_find_codes(load, element->codes_name);
    if (element->codes_name.p && !element->codes)
        yaml_find(load->report, yaml_at(node, "codes"), "pack-no-such", "there is no code table '" STR_FMT "'", STR_ARG(element->codes_name));
    if (element->type != PACK_CODE && element->codes_name.p) /* of a code without a table each field brings its own */
        yaml_find_key(load->report, node, "pack-type", "`codes` belongs to the type code, and to no other");
    if (element->decimals > 0 && element->type != PACK_DECIMAL)
        yaml_find_key(load->report, node, "pack-type", "`decimals` belongs to the type decimal");
    if (pack_type_personal(element->type) && element->sensitivity > 0 && element->sensitivity < 3)
        yaml_find(load->report, yaml_at(node, "sensitivity"), "pack-type", "a %s has a sensitivity of 3 at least", pack_types[element->type]);
    if (element->of_person && (pack_type_personal(element->type) || element->type == PACK_ORG || element->type == PACK_TIME))
        yaml_find_key(load->report, node, "pack-type", "`of_person` is for what rules compare: no %s", pack_types[element->type]);
    if (element->of_person && element->type == PACK_DECIMAL && !yaml_get(node, "decimals"))
        yaml_find_key(load->report, node, "pack-type", "a decimal that is kept with the person says its `decimals`");
}

void load_elements(Load *load)
{
    for (size_t i = 0; i < load->common->elements.n; i++)
        check_element(load, LOAD_MINE(PackElement, load->common->elements, i));
}
