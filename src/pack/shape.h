/* shape.h: what may stand in a map of a pack, as a table: from its rows come the checks and the values read, the JSON Schema and the tables of
 * docs/packs.md. What a row cannot say (that a field exists) is checked by those who read the values. Layers that own a section may use their own tables. */
#pragma once

#include "base/date.h"
#include "base/decimal.h"
#include "expr/expr.h"
#include "pack/tree.h"

typedef enum {         /* what it is read into */
    SHAPE_TEXT,        /* Str, not empty; STR_NONE where it is missing */
    SHAPE_ID,          /* Str: [a-z](_?[a-z0-9])*, at most PACK_ID_CHARS, no word of SQL */
    SHAPE_REF,         /* Str: an id, or PACK.ID */
    SHAPE_VERSION,     /* Str: 1.0.0 */
    SHAPE_FILE,        /* Str: name.csv beside the pack */
    SHAPE_INT,         /* int64_t, min to max; `otherwise` where it is missing */
    SHAPE_DECIMAL,     /* Decimal, min to max; `otherwise` */
    SHAPE_BOOL,        /* bool: true or false, nothing else; `otherwise` */
    SHAPE_DATE,        /* Date; DATE_NONE */
    SHAPE_WORD,        /* int: which of `words`; `otherwise` */
    SHAPE_EXPR,        /* PackExpr, not yet typed */
    SHAPE_SPAN,        /* PackSpan: 3 months */
    SHAPE_NAMES,       /* PackNames: a list of ids or PACK.IDs, or one of them; each once */
    SHAPE_TEXTS,       /* PackNames: a list of texts, or one; each once */
    SHAPE_PAIRS,       /* PackPairs: a map of ids to ids */
    SHAPE_TEXT_PAIRS,  /* PackPairs: a map of ids to texts */
    SHAPE_MAPS,      /* PackMaps: a map of ids to maps of texts to texts */
    SHAPE_OBJECT,      /* const T *, of `shape`; NULL */
    SHAPE_LIST,        /* a list of such: struct { const T *v; size_t n; } */
    SHAPE_MAP,         /* the same, from a map: each has its key as id */
} ShapeKind;

enum { PACK_ID_CHARS = 20 };

typedef struct Shape Shape;

typedef struct {
    const char *name;
    ShapeKind kind;
    size_t at;         /* offsetof in the struct of the shape */
    bool required;
    const Shape *shape;
    const char *const *words; /* ended by NULL */
    int64_t min, max, otherwise;
} ShapeKey;

/* The struct of a shape begins with a PackEntry. Its texts for people are pack.key.SHAPE.KEY in i18n. */
struct Shape {
    const char *name;  /* as the heading in docs/packs.md */
    size_t size;
    const ShapeKey *keys; /* ended by a row without name */
    bool many;         /* there are thousands: an English name that is missing is not told of each */
};

/* How each thing of a pack begins. */
typedef struct {
    Str id;           /* its key in the map that holds it, or its own `id` */
    const Yaml *node; /* where it stands */
} PackEntry;

typedef struct {
    Str text;
    const Yaml *node; /* NULL: there is none */
    const Expr *expr; /* when the pack is loaded */
} PackExpr;

typedef enum { PACK_HOURS, PACK_DAYS, PACK_WORKING_DAYS, PACK_WEEKS, PACK_MONTHS, PACK_YEARS } PackUnit;
extern const char *const pack_units[]; /* "hours" … */
typedef struct {
    int n; /* 0 with node NULL: there is none */
    PackUnit unit;
    const Yaml *node;
} PackSpan;

typedef struct {
    Str text;
    const Yaml *node;
} PackName;
typedef struct {
    const PackName *v;
    size_t n;
} PackNames;

typedef struct {
    Str from, to;
    const Yaml *node; /* of `to`; its key is `from` */
} PackPair;
typedef struct {
    const PackPair *v;
    size_t n;
} PackPairs;

typedef struct {
    Str id;
    PackPairs pairs;
    const Yaml *node; /* of the map; its key is `id` */
} PackMap;
typedef struct {
    const PackMap *v;
    size_t n;
} PackMaps;

/* Keys that stand in maps of a shape besides its own, and are left to others: sections that a layer owns. */
typedef struct {
    const Shape *shape;
    const char *name;
} ShapeOpen;

typedef struct {
    Arena *arena; /* what is read lives there */
    PackReport *report;
    const ShapeOpen *open;
    size_t n_open;
} ShapeReader;

/* Reads a map into `out`, a zeroed struct of the shape. Findings: pack-kind, pack-key-unknown, pack-key-missing, pack-value, pack-word, pack-id,
 * pack-reserved, pack-twice, pack-too-many; pack-no-english (a warning) where a text stands without its `_en`. False where there was one; the rest is read all the same. */
bool shape_read(const ShapeReader *reader, const Shape *shape, const Yaml *node, void *out);

bool shape_is_id(Str text);
