/* similar.h: private to ledger: whether two texts are the same document. White space, punctuation and the width of characters do not count. */
#pragma once

#include "base/str.h"

enum {
    SIMILAR_KEY_MAX = 65,  /* NUL included */
    SIMILAR_BITS = 3,      /* two texts are nearly equal when their bits differ in at most this many */
    SIMILAR_QUARTERS = 4,  /* … and then at least one quarter of the bits is the same: that is how the store finds candidates */
};

typedef struct {
    char key[SIMILAR_KEY_MAX]; /* equal for equal texts: SM3 in hex */
    int64_t bits;              /* a simhash over runs of four characters: differs little where the texts do */
} TextLikeness;

TextLikeness text_likeness(Str text); /* valid UTF-8; linear */

bool likeness_near(int64_t a, int64_t b);

/* 0 to SIMILAR_QUARTERS - 1, lowest bits first. */
int64_t likeness_quarter(int64_t bits, int quarter);
