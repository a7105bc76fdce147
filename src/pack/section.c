/* Sections and keys that other layers own. */
#include "pack/load.h"

#include "base/banned.h"

struct PackSections {
    GArray *list; /* of PackSection */
};

PackSections *pack_sections_new(void)
{
    PackSections *sections = g_new0(PackSections, 1);
    sections->list = g_array_new(FALSE, FALSE, sizeof(PackSection));
    return sections;
}

void pack_sections_free(PackSections *sections)
{
    if (!sections)
        return;
    g_array_unref(sections->list);
    g_free(sections);
}

void pack_section_register(PackSections *sections, const PackSection *section)
{
    g_array_append_val(sections->list, *section);
}

const PackSection *pack_section_at(const PackSections *sections, size_t index)
{
    return sections && index < sections->list->len ? &g_array_index(sections->list, PackSection, index) : NULL;
}

/* --- What they make -------------------------------------------------------------------------------------------------------------- */

struct PackKept {
    const char *name;
    const void *value;
    const PackKept *next;
};

void pack_section_keep(const PackSectionPlace *place, const void *value)
{
    const PackKept **list = place->dataset ? &((PackDataset *) place->dataset)->kept : &((Pack *) place->pack)->kept; /* still being loaded */
    PackKept *kept = ARENA_NEW(place->arena, PackKept);
    *kept = (PackKept) { place->name, value, *list };
    *list = kept;
}

const void *pack_section_kept(const PackKept *kept, const char *name)
{
    while (kept && !g_str_equal(kept->name, name))
        kept = kept->next;
    return kept ? kept->value : NULL;
}

/* --- Running them ----------------------------------------------------------------------------------------------------------------- */

static void run_section(Load *load, const PackSection *section, const PackDataset *dataset, const Yaml *root)
{
    const Yaml *node = yaml_get(root, section->name);
    if (node)
        section->check(&(PackSectionPlace) { section->name, load->pack, dataset, load->packs, node, load->arena, load->report }, section->data);
}

void load_sections(Load *load, const Yaml *root)
{
    const PackSection *section;
    for (size_t i = 0; (section = pack_section_at(load->sections, i)); i++) {
        if (!section->of_dataset)
            run_section(load, section, NULL, root);
        for (size_t d = 0; section->of_dataset && d < load->pack->datasets.n; d++)
            run_section(load, section, &load->pack->datasets.v[d], load->pack->datasets.v[d].entry.node);
    }
}
