/* value.h: private to pack: readers of single values; a finding and false where it is none of the kind. */
#pragma once

#include "pack/shape.h"

/* Where nothing fits: "a list stands here, expected …". Returns false. */
bool value_wrong_kind(const ShapeReader *r, const Yaml *node, const char *expected);

/* An id that something is given (it becomes a name in SQL, too), at byte `from` of the node's file. */
bool value_check_id(const ShapeReader *r, const Yaml *node, size_t from, Str id);

/* Each writes what its kind is read into (ShapeKind). */
bool value_bool(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_date(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_decimal(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_expr(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_file(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_id(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_int(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_ref(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_span(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_text(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_version(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
bool value_word(const ShapeReader *r, const ShapeKey *key, const Yaml *node, void *out);
