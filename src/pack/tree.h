/* tree.h: a YAML file as a small tree that knows where everything stands. Source: YAML 1.1 as libyaml reads it, and less than that:
 *
 * one document of maps, lists and texts. What makes YAML surprising is refused with its place: keys that stand twice, anchors and aliases, tags and
 * directives, keys that are no text. There are only texts: `no` is "no" and `1.10` is "1.10" until somebody asks for a bool or a version. */
#pragma once

#include "pack/report.h"

typedef enum { YAML_TEXT, YAML_LIST, YAML_MAP } YamlKind;

typedef struct Yaml Yaml;
struct Yaml {
    YamlKind kind;
    bool quoted;         /* a text in quotes, or a block: never "nothing" */
    const PackFile *file;
    size_t from, to;     /* its bytes in the file */
    Str key;             /* of a member of a map, else STR_NONE */
    size_t key_from, key_to;
    Str text;            /* of a text, in UTF-8 */
    size_t n;            /* members, entries */
    const Yaml *first, *next; /* its first; the one behind it */
};

/* file->bytes is at most LIMIT_PACK_YAML_BYTES; the tree points into it and lives in arena. NULL where reading ended with a finding: yaml-encoding, yaml-large,
 * yaml-syntax, yaml-documents, yaml-deep. Found too, and then the tree is not NULL: yaml-duplicate, yaml-alias, yaml-tag, yaml-key. An empty file is
 * an empty map. */
const Yaml *yaml_read(const PackFile *file, Arena *arena, PackReport *report);

/* The member of that name; NULL where there is none, or where `map` is NULL or no map. */
const Yaml *yaml_get(const Yaml *map, const char *key);

/* The same for findings: the map itself where it has no such member. */
const Yaml *yaml_at(const Yaml *map, const char *key);

/* Nothing stands there: `key:` alone. */
static inline bool yaml_is_empty(const Yaml *node)
{
    return node->kind == YAML_TEXT && !node->quoted && node->text.n == 0;
}

/* Where in the file a byte of a text stands: exact in a text of one line, near it in one that is folded. */
size_t yaml_place(const Yaml *text, size_t offset);

/* A finding at a value; at its key (or, where it has none, at the value); at bytes of a text. */
void yaml_find(PackReport *report, const Yaml *node, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);
void yaml_find_key(PackReport *report, const Yaml *node, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);
void yaml_find_text(PackReport *report, const Yaml *text, size_t offset, const char *code, const char *format, ...) G_GNUC_PRINTF(5, 6);
