/* What is laid over a pack where it is installed: a file of the same format that says only what is to be otherwise. Maps are joined key by key; entries of lists that have an `id` or a `code` are joined or
 * added by it; everything else is taken from what lies above. Both trees stay as they were, and every value knows its own file, so that findings have their places. */
#include "pack/load.h"

#include "base/banned.h"

static const Yaml *over(const Yaml *below, const Yaml *above, Arena *arena);

static Str name_in_list(const Yaml *entry)
{
    static const char *const names[] = { "id", "code" };
    const Yaml *name = NULL;
    for (size_t i = 0; entry->kind == YAML_MAP && !name && i < G_N_ELEMENTS(names); i++)
        name = yaml_get(entry, names[i]);
    return name && name->kind == YAML_TEXT ? name->text : STR_NONE;
}

static Str name_of(const Yaml *member, bool map)
{
    return map ? member->key : name_in_list(member);
}

static const Yaml *find(const Yaml *in, bool map, Str name)
{
    for (const Yaml *member = in->first; member; member = member->next) {
        Str own = name_of(member, map);
        if (own.p && str_eq(own, name))
            return member;
    }
    return NULL;
}

static void append(Yaml *to, Yaml **last, const Yaml *member, Arena *arena)
{
    Yaml *copy = ARENA_NEW(arena, Yaml);
    *copy = *member;
    copy->next = NULL;
    if (*last)
        (*last)->next = copy;
    else
        to->first = copy;
    *last = copy;
    to->n++;
}

/* What stands below, each with what lies over it, then what is only above. */
static const Yaml *join(const Yaml *below, const Yaml *above, Arena *arena)
{
    bool map = below->kind == YAML_MAP;
    Yaml *joined = ARENA_NEW(arena, Yaml), *last = NULL;
    *joined = *below;
    joined->first = NULL;
    joined->n = 0;
    for (const Yaml *member = below->first; member; member = member->next) {
        Str name = name_of(member, map);
        const Yaml *upper = name.p ? find(above, map, name) : NULL;
        append(joined, &last, upper ? over(member, upper, arena) : member, arena);
    }
    for (const Yaml *member = above->first; member; member = member->next)
        if (!find(below, map, name_of(member, map)))
            append(joined, &last, member, arena);
    return joined;
}

static bool all_named(const Yaml *list)
{
    for (const Yaml *entry = list->first; entry; entry = entry->next)
        if (!name_in_list(entry).p)
            return false;
    return list->n > 0;
}

static const Yaml *over(const Yaml *below, const Yaml *above, Arena *arena)
{
    if (below->kind != above->kind || below->kind == YAML_TEXT || (below->kind == YAML_LIST && !(all_named(below) && all_named(above))))
        return above;
    return join(below, above, arena);
}

const Yaml *overlay_join(const Yaml *below, const Yaml *above, Arena *arena)
{
    return below && above ? over(below, above, arena) : below;
}

/* --- Differences ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    Arena *arena;
    ARENA_LIST(PackChange) list;
} Changes;

static Str shown(const Yaml *node)
{
    return !node ? STR_NONE : node->kind == YAML_TEXT ? node->text : STR("…");
}

static bool same(const Yaml *a, const Yaml *b)
{
    if (a->kind != b->kind || a->n != b->n || !str_eq(a->key, b->key))
        return false;
    if (a->kind == YAML_TEXT)
        return str_eq(a->text, b->text);
    const Yaml *y = b->first;
    for (const Yaml *x = a->first; x; x = x->next, y = y->next)
        if (!same(x, y))
            return false;
    return true;
}

static Str below_of(Arena *arena, Str at, Str name)
{
    return at.n > 0 ? arena_printf(arena, STR_FMT "." STR_FMT, STR_ARG(at), STR_ARG(name)) : name;
}

static void compare(Changes *changes, Str at, const Yaml *was, const Yaml *now, const Yaml *local);

/* Members of both, and of what is laid over them. */
static void compare_members(Changes *changes, Str at, const Yaml *was, const Yaml *now, const Yaml *local)
{
    const Yaml *const sides[] = { was, now, local };
    bool map = (was ? was : now ? now : local)->kind == YAML_MAP;
    for (size_t s = 0; s < G_N_ELEMENTS(sides); s++)
        for (const Yaml *member = sides[s] ? sides[s]->first : NULL; member; member = member->next) {
            Str name = name_of(member, map);
            bool before = false;
            for (size_t b = 0; b < s; b++)
                before |= sides[b] && find(sides[b], map, name);
            if (!before)
                compare(changes, below_of(changes->arena, at, name), was ? find(was, map, name) : NULL, now ? find(now, map, name) : NULL, local ? find(local, map, name) : NULL);
        }
}

static bool goes_deeper(const Yaml *was, const Yaml *now, const Yaml *local)
{
    const Yaml *const sides[] = { was, now, local };
    YamlKind kind = (was ? was : now ? now : local)->kind;
    bool deeper = kind != YAML_TEXT && (was != NULL) + (now != NULL) + (local != NULL) > 1;
    for (size_t s = 0; s < G_N_ELEMENTS(sides); s++)
        deeper &= !sides[s] || (sides[s]->kind == kind && (kind == YAML_MAP || all_named(sides[s])));
    return deeper;
}

static void compare(Changes *changes, Str at, const Yaml *was, const Yaml *now, const Yaml *local)
{
    bool changed = was && now ? !same(was, now) : was != now;
    if (!changed && (!local || (was && same(was, local))))
        return;
    if (goes_deeper(was, now, local)) {
        compare_members(changes, at, was, now, local);
        return;
    }
    *ARENA_PUSH(changes->arena, &changes->list) = (PackChange) { at, shown(was), shown(now), shown(local), changed && local && !(now && same(now, local)) };
}

static const Yaml *tree_of(const PackFiles *files, Str path, Arena *arena)
{
    const PackFile *file = files ? pack_files_find(files, path) : NULL;
    g_autoptr(PackReport) report = pack_report_new();
    PackFile *own = ARENA_NEW(arena, PackFile);
    if (!file)
        return NULL;
    *own = (PackFile) { arena_str(arena, file->path), arena_str(arena, file->bytes) };
    return yaml_read(own, arena, report);
}

static void compare_file(Changes *changes, const PackFile *was, const PackFile *now, Str path)
{
    if (was && now && str_eq(was->bytes, now->bytes))
        return;
    *ARENA_PUSH(changes->arena, &changes->list) = (PackChange) { arena_str(changes->arena, path), was ? STR("…") : STR_NONE, now ? STR("…") : STR_NONE, STR_NONE, false };
}

/* Code tables and what else lies beside the pack: by their bytes. */
static void compare_files(Changes *changes, const PackFiles *base, const PackFiles *next, Str folder, Str but)
{
    const PackFiles *const sides[] = { base, next };
    for (size_t s = 0; s < 2; s++) {
        g_autoptr(GPtrArray) files = sides[s] ? pack_files_sorted(sides[s]) : NULL;
        for (guint i = 0; files && i < files->len; i++) {
            const PackFile *file = files->pdata[i];
            const PackFile *other = sides[1 - s] ? pack_files_find(sides[1 - s], file->path) : NULL;
            if (str_starts(file->path, folder) && !str_eq(file->path, but) && (s == 0 || !other))
                compare_file(changes, s == 0 ? file : other, s == 0 ? other : file, file->path);
        }
    }
}

PackChanges pack_diff(const PackFiles *base, const PackFiles *next, Str name, Arena *arena)
{
    Changes changes = { .arena = arena };
    bool common = str_eq(name, STR("elements.yaml"));
    Str path = common ? name : arena_printf(arena, STR_FMT "/pack.yaml", STR_ARG(name));
    Str local = arena_concat(arena, STR("local/"), path);
    const Yaml *was = tree_of(base, path, arena), *now = tree_of(next, path, arena), *above = tree_of(base, local, arena);
    if (was || now)
        compare(&changes, STR(""), was, now, above);
    if (!common)
        compare_files(&changes, base, next, arena_concat(arena, name, STR("/")), path);
    return (PackChanges) { changes.list.v, changes.list.n };
}
