/* shapes.h: private to pack: the tables of all maps. */
#pragma once

#include "pack/pack.h"

/* What the three files hold at their top. */
typedef struct {
    PackEntry entry;
    struct {
        const PackElement *v;
        size_t n;
    } elements;
    struct {
        const PackCodes *v;
        size_t n;
    } codes;
    PackWords words;
} PackElementsFile;

typedef struct {
    PackEntry entry;
    struct {
        const PackCase *v;
        size_t n;
    } proof;
} PackProofFile;

extern const Shape shape_pack, shape_elements, shape_proof, shape_dataset;

/* All, in the order of the documentation. NULL behind the last. */
const Shape *shape_at(size_t index);
