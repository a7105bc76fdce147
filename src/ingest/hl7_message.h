/* hl7_message.h: private to ingest: a message as its segments, and what stands at a place. */
#pragma once

#include "ingest/hl7.h"
#include "ingest/hl7_path.h"

typedef struct {
    char name[4];
    int level;     /* how deep in the message: 0 MSH, 1 PID, 2 ORC, 3 OBR and RXA, 4 OBX … */
    int number;    /* among those of its name, from 1 */
    size_t parent; /* the nearest before it of a smaller level; SIZE_MAX: there is none */
    size_t patient; /* the PID that it stands behind, or 0 */
    Str text;      /* with the name, without the line end */
} Hl7Segment;

typedef struct {
    Hl7Head head;
    Hl7Segment *v;
    size_t n, cap;
    size_t n_bad;  /* lines that are no segment, and the first of them */
    Str bad;
} Hl7Message;

/* Text is UTF-8 and outlives it. The array is used again by the next call. False: no MSH, or more than LIMIT_HL7_SEGMENTS. */
bool hl7_message_read(Hl7Message *message, Str text);
void hl7_message_clear(Hl7Message *message);

/* What stands there for the row of segment `each` (an index; SIZE_MAX: the message is the row). STR_NONE: nothing was sent; "" with p set: "" was sent, which
 * says that there is nothing any more. Escapes are undone; a text that had some lives in arena. */
Str hl7_value(const Hl7Message *message, const Hl7Place *place, size_t each, Arena *arena);
Str hl7_path_value(const Hl7Message *message, const Hl7Path *path, size_t each, Arena *arena);
bool hl7_test_holds(const Hl7Message *message, const Hl7Test *test, size_t each, Arena *arena);
