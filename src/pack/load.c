/* All packs of a folder at once: the dictionary first, then each pack behind those that it uses. What was wrong before a pack was looked at is not its fault:
 * a pack is refused by the errors that were added while it was in hand. */
#include "pack/load.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "base/near.h"

#include "base/banned.h"

struct PacksRef {
    gint refs;
    Arena *arena;
    const PackElementsFile *common;
    const Pack **v;
    size_t n;
};

enum { PACK_FORMAT = 1 };

/* A pack on its way. */
typedef struct {
    Str id; /* of its folder */
    const Yaml *root;
    Pack *pack;
    enum { WAITS, IN_HAND, DONE } state;
    bool refused;
} Draft;

typedef struct {
    Load load;
    ShapeReader reader;
    Draft *drafts; /* by id */
    size_t n;
} Loading;

static void open_sections(Loading *l)
{
    ARENA_LIST(ShapeOpen) open = { 0 };
    const PackSection *section;
    for (size_t i = 0; (section = pack_section_at(l->load.sections, i)); i++)
        *ARENA_PUSH(l->load.arena, &open) = (ShapeOpen) { section->of_dataset ? &shape_dataset : &shape_pack, section->name };
    l->reader.open = open.v;
    l->reader.n_open = open.n;
}

/* --- Reading ------------------------------------------------------------------------------------------------------------------ */

/* The tree of a file, which it keeps; NULL: there is no such file, or it cannot be read. */
static const Yaml *read_tree(Load *load, Str path)
{
    const PackFile *file = pack_files_find(load->files, path);
    if (!file)
        return NULL;
    PackFile *own = ARENA_NEW(load->arena, PackFile);
    *own = (PackFile) { arena_str(load->arena, file->path), arena_str(load->arena, file->bytes) };
    return yaml_read(own, load->arena, load->report);
}

/* The same with what is laid over it, under local/. */
static const Yaml *read_whole(Load *load, Str path)
{
    const Yaml *below = read_tree(load, path);
    return overlay_join(below, below ? read_tree(load, arena_concat(load->arena, STR("local/"), path)) : NULL, load->arena);
}

static void read_elements(Loading *l)
{
    PackElementsFile *common = ARENA_NEW(l->load.arena, PackElementsFile);
    const Yaml *root = read_whole(&l->load, STR("elements.yaml"));
    l->load.common = l->load.packs->common = common;
    if (!root)
        return;
    shape_read(&l->reader, &shape_elements, root, common);
    load_codes(&l->load, common->codes.v, common->codes.n, STR(""));
    load_elements(&l->load);
}

/* PACK/pack.yaml */
static bool pack_of_path(Str path, Str *ret_id)
{
    Str rest = path, id = str_cut(&rest, '/');
    *ret_id = id;
    return rest.p && str_eq(rest, STR("pack.yaml"));
}

static void read_proof(Loading *l, Draft *draft)
{
    PackProofFile proof = { 0 };
    const Yaml *root = read_whole(&l->load, arena_printf(l->load.arena, STR_FMT "/tests/proof.yaml", STR_ARG(draft->id)));
    if (!root)
        return;
    shape_read(&l->reader, &shape_proof, root, &proof);
    draft->pack->proof.v = proof.proof.v;
    draft->pack->proof.n = proof.proof.n;
}

static void read_pack(Loading *l, Draft *draft)
{
    size_t before = pack_report_errors(l->load.report);
    draft->root = read_whole(&l->load, arena_printf(l->load.arena, STR_FMT "/pack.yaml", STR_ARG(draft->id)));
    draft->pack = ARENA_NEW(l->load.arena, Pack);
    if (draft->root) {
        shape_read(&l->reader, &shape_pack, draft->root, draft->pack);
        read_proof(l, draft);
    }
    draft->pack->entry.id = draft->id;
    draft->refused = !draft->root || pack_report_errors(l->load.report) > before;
}

static void find_drafts(Loading *l, const GPtrArray *files)
{
    ARENA_LIST(Draft) drafts = { 0 };
    for (size_t i = 0; i < files->len; i++) {
        Str id;
        if (pack_of_path(((const PackFile *) files->pdata[i])->path, &id))
            *ARENA_PUSH(l->load.arena, &drafts) = (Draft) { .id = arena_str(l->load.arena, id) };
    }
    l->drafts = drafts.v;
    l->n = drafts.n;
}

/* What an installed pack is known by: names, lengths and bytes of its files, in the order of their names, and of those that are laid over them. */
static Str hash_of(Arena *arena, const GPtrArray *files, Str id)
{
    g_autoptr(Digest) digest = digest_new(DIGEST_SM3);
    Str folder = arena_concat(arena, id, STR("/")), local = arena_concat(arena, STR("local/"), folder);
    for (size_t i = 0; i < files->len; i++) {
        const PackFile *file = files->pdata[i];
        bool above = str_starts(file->path, local);
        if (!above && !str_starts(file->path, folder))
            continue;
        digest_update(digest, arena_printf(arena, STR_FMT "\n%zu\n", STR_ARG(above ? file->path : str_from_at(file->path, folder.n)), file->bytes.n));
        digest_update(digest, file->bytes);
    }
    char text[HASH_TEXT_MAX];
    return arena_str(arena, str_from(hash_write(digest_final(digest), text)));
}

/* --- The head ------------------------------------------------------------------------------------------------------------------ */

/* `local` is what is laid over others; the store's own tables beside those of records begin like the rest. */
static bool is_taken(Str id)
{
    static const char *const taken[] = { "hist_", "key_", "v_" };
    bool found = str_eq(id, STR("local"));
    for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
        found |= str_starts(id, str_from(taken[i]));
    return found;
}

static void check_head(const Load *load, const Draft *draft)
{
    const Pack *pack = draft->pack;
    if (is_taken(draft->id))
        yaml_find(load->report, yaml_at(draft->root, "pack"), "pack-reserved", "no pack is called '" STR_FMT "': the store calls what is its own so", STR_ARG(draft->id));
    if (pack->id.p && !str_eq(pack->id, draft->id))
        yaml_find(load->report, yaml_at(draft->root, "pack"), "pack-folder", "the pack '" STR_FMT "' stands in the folder '" STR_FMT "'", STR_ARG(pack->id),
                  STR_ARG(draft->id));
    int64_t format;
    Str needs = pack->needs;
    if (!needs.p)
        return;
    if (!str_starts(needs, STR("bihuan ")) || !str_to_int64(str_from_at(needs, 7), &format) || format < 1)
        yaml_find(load->report, yaml_at(draft->root, "needs"), "pack-value", "'" STR_FMT "' is not what a pack needs, as `bihuan 1`", STR_ARG(needs));
    else if (format > PACK_FORMAT)
        yaml_find(load->report, yaml_at(draft->root, "needs"), "pack-needs", "this program reads packs of `bihuan %d`", PACK_FORMAT);
}

static Draft *find_draft(const Loading *l, Str id)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->drafts[i].id, id))
            return &l->drafts[i];
    return NULL;
}

static void use(const Loading *l, Pack *pack, const PackName *name, const Draft *used)
{
    if (!used) {
        ARENA_LIST(Str) known = { 0 };
        for (size_t i = 0; i < l->n; i++)
            *ARENA_PUSH(l->load.arena, &known) = l->drafts[i].id;
        yaml_find(l->load.report, name->node, "pack-no-such", "there is no pack '" STR_FMT "'%s", STR_ARG(name->text),
                  near_texts(l->load.arena, name->text, known.v, known.n));
    } else if (used->state == IN_HAND) {
        yaml_find(l->load.report, name->node, "pack-uses-loop", "the packs use each other in a circle");
    } else {
        if (used->refused)
            yaml_find(l->load.report, name->node, "pack-refused", "the pack '" STR_FMT "' is refused itself", STR_ARG(name->text));
        pack->uses[pack->n_uses++] = used->pack;
    }
}

/* --- The pack as a whole ---------------------------------------------------------------------------------------------------------- */

static bool is_asked(const PackDataset *dataset, const PackField *field)
{
    bool asked = field->element && !field->element->each_time && !field->retired && !str_eq(field->entry.id, dataset->org) && !(dataset->date.p && str_eq(field->entry.id, dataset->date));
    for (size_t i = 0; asked && i < dataset->key.n; i++)
        asked = !str_eq(dataset->key.v[i].text, field->entry.id);
    return asked;
}

/* One element asked of the same kind of reporters in two places: what is known is not asked again. */
static void check_asked_once(const Load *load)
{
    g_autoptr(GHashTable) asked = g_hash_table_new(str_hash, str_equal);
    for (size_t d = 0; d < load->pack->datasets.n; d++) {
        const PackDataset *dataset = &load->pack->datasets.v[d];
        for (size_t f = 0; dataset->reporters && f < dataset->fields.n; f++) {
            const PackField *field = &dataset->fields.v[f], *before = NULL;
            for (size_t t = 0; is_asked(dataset, field) && t < dataset->reporters->types.n; t++) {
                Str *key = ARENA_NEW(load->arena, Str);
                *key = arena_printf(load->arena, STR_FMT " " STR_FMT, STR_ARG(field->element->entry.id), STR_ARG(dataset->reporters->types.v[t].text));
                before = before ? before : g_hash_table_lookup(asked, key);
                g_hash_table_insert(asked, key, (gpointer) field);
            }
            if (before)
                yaml_find_key(load->report, field->entry.node, "pack-ask-once", "'" STR_FMT "' asks the same reporters for what '" STR_FMT "' asks, too (element " STR_FMT ")",
                              STR_ARG(field->entry.id), STR_ARG(before->entry.id), STR_ARG(field->element->entry.id));
        }
    }
}

static void check_datasets(Load *load)
{
    Pack *pack = load->pack;
    for (size_t i = 0; i < pack->datasets.n; i++) {
        PackDataset *dataset = LOAD_MINE(PackDataset, pack->datasets, i);
        dataset->pack = pack;
        dataset->full_name = arena_printf(load->arena, STR_FMT "." STR_FMT, STR_ARG(pack->entry.id), STR_ARG(dataset->entry.id));
        dataset->table = arena_printf(load->arena, STR_FMT "__" STR_FMT, STR_ARG(pack->entry.id), STR_ARG(dataset->entry.id));
        if (dataset->entry.node->kind != YAML_MAP)
            continue;
        bool fields = load_fields(load, dataset);
        load_dataset(load, dataset);
        if (fields)
            load_scopes(load, dataset);
    }
    load->aggregates = load_aggregate_scope(load);
    for (size_t i = 0; i < pack->datasets.n; i++) {
        PackDataset *dataset = LOAD_MINE(PackDataset, pack->datasets, i);
        if (!dataset->stored)
            continue;
        load_rules(load, dataset);
        load_forms(load, dataset);
        load_flow_of(load, dataset);
    }
}

static void check_pack(Loading *l, Draft *draft)
{
    Load *load = &l->load;
    load->pack = draft->pack;
    check_head(load, draft);
    load_codes(load, draft->pack->codes.v, draft->pack->codes.n, arena_concat(load->arena, draft->id, STR("/")));
    load_tables(load);
    load_flows(load);
    check_datasets(load);
    load_duties(load);
    load_proof(load);
    check_asked_once(load);
}

static void load_draft(Loading *l, Draft *draft);

/* Those that it uses, before it. How many errors that brought: they are theirs. */
static size_t use_all(Loading *l, Pack *pack)
{
    size_t theirs = 0;
    pack->uses = ARENA_ARRAY(l->load.arena, const Pack *, pack->uses_names.n);
    for (size_t i = 0; i < pack->uses_names.n; i++) {
        size_t before = pack_report_errors(l->load.report);
        Draft *used = find_draft(l, pack->uses_names.v[i].text);
        if (used)
            load_draft(l, used);
        theirs += pack_report_errors(l->load.report) - before;
        use(l, pack, &pack->uses_names.v[i], used);
    }
    return theirs;
}

static void load_draft(Loading *l, Draft *draft)
{
    if (draft->state != WAITS)
        return;
    draft->state = IN_HAND;
    if (draft->root && draft->root->kind == YAML_MAP) {
        size_t before = pack_report_errors(l->load.report);
        before += use_all(l, draft->pack);
        l->load.clean = !draft->refused;
        l->load.errors_before = before;
        check_pack(l, draft);
        if (pack_report_errors(l->load.report) == before && !draft->refused)
            load_sections(&l->load, draft->root);
        draft->refused |= pack_report_errors(l->load.report) > before;
    }
    draft->state = DONE;
}

static void keep_good(Loading *l, const GPtrArray *files, bool elements_good)
{
    PacksRef *packs = l->load.packs;
    packs->v = ARENA_ARRAY(l->load.arena, const Pack *, l->n);
    for (size_t i = 0; i < l->n; i++) {
        l->drafts[i].pack->hash = hash_of(l->load.arena, files, l->drafts[i].id);
        if (!l->drafts[i].refused && elements_good)
            packs->v[packs->n++] = l->drafts[i].pack;
    }
}

PacksRef *packs_load(const PackFiles *files, const PackSections *sections, int zone_minutes, PackReport *report)
{
    PacksRef *packs = g_new0(PacksRef, 1);
    *packs = (PacksRef) { .refs = 1, .arena = arena_new() };
    Loading l = { .load = { .arena = packs->arena, .report = report, .files = files, .sections = sections, .packs = packs, .zone_minutes = zone_minutes } };
    l.reader = (ShapeReader) { .arena = packs->arena, .report = report };
    g_autoptr(GPtrArray) sorted = pack_files_sorted(files);
    size_t before = pack_report_errors(report);
    open_sections(&l);
    read_elements(&l);
    bool elements_good = pack_report_errors(report) == before;
    find_drafts(&l, sorted);
    for (size_t i = 0; i < l.n; i++)
        read_pack(&l, &l.drafts[i]);
    for (size_t i = 0; i < l.n; i++)
        load_draft(&l, &l.drafts[i]);
    keep_good(&l, sorted, elements_good);
    pack_report_sort(report);
    return packs;
}

/* --- What was loaded ---------------------------------------------------------------------------------------------------------------- */

PacksRef *packs_ref(PacksRef *packs)
{
    g_atomic_int_inc(&packs->refs);
    return packs;
}

void packs_unref(PacksRef *packs)
{
    if (!packs || !g_atomic_int_dec_and_test(&packs->refs))
        return;
    arena_free(packs->arena);
    g_free(packs);
}

size_t packs_count(const PacksRef *packs)
{
    return packs->n;
}

const Pack *packs_get(const PacksRef *packs, size_t index)
{
    return packs->v[index];
}

const Pack *packs_find(const PacksRef *packs, Str id)
{
    for (size_t i = 0; i < packs->n; i++)
        if (str_eq(packs->v[i]->id, id))
            return packs->v[i];
    return NULL;
}

const PackDataset *packs_dataset(const PacksRef *packs, Str full_name)
{
    Str rest = full_name;
    const Pack *pack = packs_find(packs, str_cut(&rest, '.'));
    for (size_t i = 0; pack && rest.p && i < pack->datasets.n; i++)
        if (str_eq(pack->datasets.v[i].entry.id, rest))
            return &pack->datasets.v[i];
    return NULL;
}

const PackWords *packs_words(const PacksRef *packs)
{
    return packs->common ? &packs->common->words : NULL;
}

const PackElement *packs_elements(const PacksRef *packs, size_t *ret_n)
{
    *ret_n = packs->common->elements.n;
    return packs->common->elements.v;
}
