/* similar.h: private to ledger: whether two texts are the same document. White space, punctuation and the width of characters do not count. */
#pragma once

#include "base/str.h"

enum {
    SIMILAR_KEY_MAX = 65,  /* NUL included */
    SIMILAR_BITS = 6,      /* two texts are nearly equal when their bits differ in at most this many */
    SIMILAR_BYTES = 8,     /* … and then at least one of these bytes is the same: that is how the store finds candidates */
};

typedef struct {
    char key[SIMILAR_KEY_MAX]; /* equal for equal texts: SM3 in hex */
    int64_t bits;              /* a simhash over runs of four characters: differs little where the texts do */
} TextLikeness;

TextLikeness text_likeness(Str text); /* valid UTF-8; linear */

bool likeness_near(int64_t a, int64_t b);

/* Byte 0 to SIMILAR_BYTES - 1, lowest bits first. */
int64_t likeness_byte(int64_t bits, int byte);
