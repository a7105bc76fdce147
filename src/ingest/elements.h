/* elements.h: private to ingest: the objects of a JSON file, one by one, however large the file is: lines of NDJSON, elements of an array, entries of a bundle,
 * values behind each other. They are found by their brackets; what is within is parsed later, by itself, so that a fault in one is no fault of the others. */
#pragma once

#include "ingest/read.h"

typedef struct {
    /* the caller's */
    bool fhir;       /* entries of bundles are wanted, not the bundles */
    /* private */
    enum { AT_START, IN_LINES, AT_TOP, IN_ARRAY, IN_ENTRIES, BEHIND_ENTRIES } state;
    Str text;
    size_t at;
    bool last;
    int64_t line;    /* of IN_LINES: the next one */
    int64_t number;  /* of the next element */
    int64_t top;     /* values at the top */
} Elements;

typedef struct {
    Str text;
    int kind;        /* of IngestPlace */
    int64_t number;
} Element;

typedef enum {
    ELEMENT_FOUND,
    ELEMENT_MORE, /* more text is needed: what begins at elements->at, and more, by elements_feed */
    ELEMENT_END,
    ELEMENT_BAD,  /* from elements->at on it is no JSON; there is nothing to go on with */
    ELEMENT_AGAIN, /* never given out: the state has changed, go on by it */
} ElementEnd;

/* `text` begins with what was left, and outlives its elements. last: nothing follows. */
void elements_feed(Elements *elements, Str text, bool last);
ElementEnd elements_next(Elements *elements, Element *ret_element);

/* Behind the object or array that begins at `at`; 0: it does not end in the text. */
size_t json_nested_end(Str text, size_t at);

/* The text of elements comes through this: a piece of the file into the box, behind what was left. */
typedef struct {
    TextStream text;
    Elements elements;
    GString *left;
    uint64_t base;   /* where the box's text begins in the file */
    bool skipping;   /* in a line that is too long */
    bool sated;      /* the caller's: elements are left, so that nothing is read yet */
    bool last;
} ElementStream;

bool element_stream_open(ElementStream *stream, Stream *bytes, const char *encoding, bool fhir, GError **err);
void element_stream_clear(ElementStream *stream);
bool element_stream_fill(ElementStream *stream, Box *box, GError **err);
/* What is left behind the last element is kept for the next fill. Once behind each fill, when no more elements are taken from it. */
void element_stream_keep(ElementStream *stream);
/* After ELEMENT_MORE and keep, with nothing found in the text: whether it is too much. Of IN_LINES that is a finding, and the line is passed over; else BH_TOO_LARGE. */
bool element_stream_too_long(ElementStream *stream, IngestReader *reader, GError **err);
/* After ELEMENT_BAD and keep: BH_BAD_INPUT "not-json". */
bool element_stream_bad(const ElementStream *stream, GError **err);
