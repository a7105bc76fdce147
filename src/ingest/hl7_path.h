/* hl7_path.h: private to ingest: places in a message, as docs/sources.md has them: PID-3[.5 = 'NI'].1, OBX[2]-5, OBX[3.1 = 'GLU']-5, RXA-9.1 | 'unknown'. */
#pragma once

#include "base/arena.h"
#include "base/diags.h"

enum { HL7_ANY_REPETITION = -1 };

typedef struct {
    Str literal;         /* p set: this text, and no place */
    char segment[4];
    int segment_number;  /* 0: the one that belongs to the row; else which of the message, from 1 */
    struct {
        int field, component, sub; /* field 0: there is no test */
        bool not;
        Str text;
    } segment_test;      /* of those, the first for which it holds */
    int field;           /* from 1 */
    int repetition;      /* from 1; HL7_ANY_REPETITION: the first for which the test holds */
    struct {
        int component, sub;
        bool not;
        Str text;
    } test;              /* of that */
    int component, sub;  /* from 1: the first where none is given */
} Hl7Place;

/* The first of them that is not empty. */
typedef struct {
    const Hl7Place *v;
    size_t n;
} Hl7Path;

/* a = 'x' and b != 'y' or c: `or` of `and` of tests. A place alone: something stands there. */
typedef struct {
    Hl7Place place;
    enum { HL7_THERE, HL7_IS, HL7_IS_NOT } kind;
    Str text;
    bool or_before;      /* a new chain of `and` begins */
} Hl7Term;
typedef struct {
    const Hl7Term *v;
    size_t n;
} Hl7Test;

/* False and findings (path-syntax, path-name; bytes of the text). The result lives in arena. */
bool hl7_path_parse(Str text, Arena *arena, Diags *diags, Hl7Path *ret_path);
bool hl7_test_parse(Str text, Arena *arena, Diags *diags, Hl7Test *ret_test);

/* A segment's name: a capital letter, and two capital letters or digits. */
bool hl7_is_segment(Str name);
