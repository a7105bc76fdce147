/* Maps read by tables. Each kind of value is a row of `kinds`, with its reader and what is said where something else stands. */
#include "pack/shape.h"

#include "base/limits.h"
#include "base/near.h"
#include "pack/value.h"

#include "base/banned.h"

typedef ShapeReader Reader;

/* --- Lists --------------------------------------------------------------------------------------------------------- */

static bool too_many(const Reader *r, const Yaml *node)
{
    if (node->n <= LIMIT_PACK_ENTRIES)
        return false;
    yaml_find(r->report, node, "pack-too-many", "%zu entries; %d is the most", node->n, LIMIT_PACK_ENTRIES);
    return true;
}

static bool read_texts_by(const Reader *r, const ShapeKey *key, const Yaml *node, PackNames *out, bool (*read)(const Reader *, const ShapeKey *, const Yaml *, void *))
{
    bool list = node->kind == YAML_LIST, ok = true;
    if (node->kind == YAML_MAP || yaml_is_empty(node))
        return value_wrong_kind(r, node, "a list");
    if (list && too_many(r, node))
        return false;
    PackName *names = ARENA_ARRAY(r->arena, PackName, list ? node->n : 1);
    size_t n = 0;
    for (const Yaml *entry = list ? node->first : node; entry; entry = list ? entry->next : NULL) {
        PackName name = { STR_NONE, entry };
        bool read_it = read(r, key, entry, &name.text), twice = false;
        for (size_t i = 0; read_it && i < n; i++)
            twice |= str_eq(names[i].text, name.text);
        if (twice)
            yaml_find(r->report, entry, "pack-twice", "'" STR_FMT "' stands in this list for the second time", STR_ARG(name.text));
        if (read_it && !twice)
            names[n++] = name;
        ok &= read_it && !twice;
    }
    *out = (PackNames) { names, n };
    return ok;
}

static bool read_names(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    return read_texts_by(r, key, node, out, value_ref);
}

static bool read_texts(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    return read_texts_by(r, key, node, out, value_text);
}

static bool read_pairs_by(const Reader *r, const ShapeKey *key, const Yaml *node, void *out, bool (*read)(const Reader *, const ShapeKey *, const Yaml *, void *))
{
    if (node->kind != YAML_MAP)
        return value_wrong_kind(r, node, read == value_ref ? "a map of names to names" : "a map of names to texts");
    if (too_many(r, node))
        return false;
    PackPair *pairs = ARENA_ARRAY(r->arena, PackPair, node->n);
    size_t n = 0;
    for (const Yaml *member = node->first; member; member = member->next) {
        PackPair pair = { member->key, STR_NONE, member };
        if (read(r, key, member, &pair.to))
            pairs[n++] = pair;
    }
    *(PackPairs *) out = (PackPairs) { pairs, n };
    return n == node->n;
}

static bool read_pairs(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    return read_pairs_by(r, key, node, out, value_ref);
}

static bool read_text_pairs(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    return read_pairs_by(r, key, node, out, value_text);
}

static bool read_maps(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    if (node->kind != YAML_MAP)
        return value_wrong_kind(r, node, "a map of names to maps");
    if (too_many(r, node))
        return false;
    PackMap *tables = ARENA_ARRAY(r->arena, PackMap, node->n);
    size_t n = 0;
    for (const Yaml *member = node->first; member; member = member->next) {
        tables[n] = (PackMap) { .id = member->key, .node = member };
        n += read_text_pairs(r, key, member, &tables[n].pairs);
    }
    *(PackMaps *) out = (PackMaps) { tables, n };
    return n == node->n;
}

typedef struct {
    const void *v;
    size_t n;
} Things;

static bool read_things(const Reader *r, const Shape *shape, const Yaml *node, bool map, Things *out)
{
    if (node->kind != (map ? YAML_MAP : YAML_LIST))
        return value_wrong_kind(r, node, map ? "a map" : "a list");
    if (too_many(r, node))
        return false;
    char *things = arena_alloc_array(r->arena, node->n, shape->size);
    size_t n = 0;
    bool ok = true;
    for (const Yaml *member = node->first; member; member = member->next, n++) {
        PackEntry *entry = (PackEntry *) (things + n * shape->size);
        ok &= !map || value_check_id(r, member, member->key_from, member->key);
        ok &= shape_read(r, shape, member, entry);
        if (map)
            entry->id = member->key;
    }
    *out = (Things) { things, n };
    return ok;
}

static bool read_map(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    return read_things(r, key->shape, node, true, out);
}

static bool read_list(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    return read_things(r, key->shape, node, false, out);
}

static bool read_object(const Reader *r, const ShapeKey *key, const Yaml *node, void *out)
{
    void *object = arena_alloc(r->arena, key->shape->size);
    *(void **) out = object;
    return shape_read(r, key->shape, node, object);
}

/* --- Maps ---------------------------------------------------------------------------------------------------------- */

static bool (*const kinds[])(const Reader *r, const ShapeKey *key, const Yaml *node, void *out) = {
    [SHAPE_TEXT] = value_text, [SHAPE_ID] = value_id, [SHAPE_REF] = value_ref, [SHAPE_VERSION] = value_version, [SHAPE_FILE] = value_file,
    [SHAPE_INT] = value_int, [SHAPE_DECIMAL] = value_decimal, [SHAPE_BOOL] = value_bool, [SHAPE_DATE] = value_date, [SHAPE_WORD] = value_word,
    [SHAPE_EXPR] = value_expr, [SHAPE_SPAN] = value_span, [SHAPE_NAMES] = read_names, [SHAPE_TEXTS] = read_texts, [SHAPE_PAIRS] = read_pairs,
    [SHAPE_TEXT_PAIRS] = read_text_pairs, [SHAPE_MAPS] = read_maps,
    [SHAPE_OBJECT] = read_object, [SHAPE_LIST] = read_list, [SHAPE_MAP] = read_map,
};

static void set_otherwise(const ShapeKey *key, char *out)
{
    switch (key->kind) {
    case SHAPE_INT: *(int64_t *) out = key->otherwise; break;
    case SHAPE_DECIMAL: *(Decimal *) out = decimal_make(key->otherwise, 0); break;
    case SHAPE_BOOL: *(bool *) out = key->otherwise != 0; break;
    case SHAPE_DATE: *(Date *) out = DATE_NONE; break;
    case SHAPE_WORD: *(int *) out = (int) key->otherwise; break;
    default: break;
    }
}

static const ShapeKey *find_key(const Shape *shape, Str name)
{
    for (const ShapeKey *key = shape->keys; key->name; key++)
        if (str_eq(name, str_from(key->name)))
            return key;
    return NULL;
}

static bool unknown_key(const Reader *r, const Shape *shape, const Yaml *member)
{
    ARENA_LIST(Str) known = { 0 };
    for (const ShapeKey *key = shape->keys; key->name; key++)
        *ARENA_PUSH(r->arena, &known) = str_from(key->name);
    yaml_find_key(r->report, member, "pack-key-unknown", "there is no key '" STR_FMT "' in %s%s", STR_ARG(utf8_head(member->key, 60)), shape->name,
                  near_texts(r->arena, member->key, known.v, known.n));
    return false;
}

static bool is_open(const Reader *r, const Shape *shape, Str name)
{
    for (size_t i = 0; i < r->n_open; i++)
        if (r->open[i].shape == shape && str_eq(name, str_from(r->open[i].name)))
            return true;
    return false;
}

static bool read_member(const Reader *r, const Shape *shape, const Yaml *member, void *out)
{
    const ShapeKey *key = find_key(shape, member->key);
    if (key)
        return kinds[key->kind](r, key, member, (char *) out + key->at);
    return is_open(r, shape, member->key) || unknown_key(r, shape, member);
}

static bool check_missing(const Reader *r, const Shape *shape, const Yaml *node)
{
    bool ok = true;
    for (const ShapeKey *key = shape->keys; key->name; key++) {
        if (!key->required || yaml_get(node, key->name))
            continue;
        yaml_find_key(r->report, node, "pack-key-missing", "'%s' is missing in %s", key->name, shape->name);
        ok = false;
    }
    return ok;
}

/* A text for people stands in two languages. */
static void check_english(const Reader *r, const Shape *shape, const Yaml *node)
{
    for (const ShapeKey *key = shape->keys; key->name && !shape->many; key++) {
        Str name = str_from(key->name);
        if (!str_ends(name, STR("_en")) || yaml_get(node, key->name))
            continue;
        g_autofree char *own = str_dup(str_head(name, name.n - 3));
        if (yaml_get(node, own))
            yaml_find_key(r->report, yaml_get(node, own), "pack-no-english", "'%s' has no '%s' beside it", own, key->name);
    }
}

bool shape_read(const ShapeReader *r, const Shape *shape, const Yaml *node, void *out)
{
    bool ok = true;
    ((PackEntry *) out)->node = node;
    for (const ShapeKey *key = shape->keys; key->name; key++)
        set_otherwise(key, (char *) out + key->at);
    if (node->kind != YAML_MAP)
        return value_wrong_kind(r, node, "a map");
    for (const Yaml *member = node->first; member; member = member->next)
        ok &= read_member(r, shape, member, out);
    check_english(r, shape, node);
    return check_missing(r, shape, node) && ok;
}
