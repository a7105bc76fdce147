/* fhir.h: private to ingest: a resource in hand, and paths carried out on it. */
#pragma once

#include "base/json.h"
#include "ingest/fhir_path.h"

/* --- fhir_tape.c: a resource as a row of nodes, without the members that no path names --------------------------------------- */

/* Names of members that are wanted. A name stands for value[x] too: `value` for valueQuantity. */
typedef struct FhirNames FhirNames;
FhirNames *fhir_names_new(void);
void fhir_names_free(FhirNames *names);
void fhir_names_add(void *names, Str name); /* as fhir_path_names tells; copied */

/* The type in the name of such a member: "Quantity" of "valueQuantity" for "value"; STR_NONE: it is none. */
Str fhir_choice(Str member, Str name);

typedef struct {
    JsonToken type; /* BEGIN_OBJECT, BEGIN_ARRAY, STRING, NUMBER, TRUE, FALSE, NULL */
    Str name;       /* of a member */
    Str text;
    uint32_t end;   /* behind it and what is in it */
} FhirNode;

typedef struct {
    FhirNode *nodes;
    size_t n, cap;
} FhirTape;

/* Reads it anew. Texts are views of json or in arena. False: the reader says why (json_reader_error), or it is too large (LIMIT_FHIR_NODES), and ret_reader->error is NULL. */
bool fhir_tape_read(FhirTape *tape, Str json, const FhirNames *names, Arena *arena, JsonReader *ret_reader);
void fhir_tape_clear(FhirTape *tape);

/* The member of that name of the object at `node`; 0: it has none. */
uint32_t fhir_member(const FhirTape *tape, uint32_t node, Str name);
Str fhir_member_text(const FhirTape *tape, uint32_t node, Str name);

/* --- fhir_eval.c ---------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const FhirTape *tape; /* NULL: it was made: `type`, `text`, `truth` */
    uint32_t node;
    FhirType type;
    Str text;             /* of numbers, too */
    bool truth;
    Str choice;           /* the type that its member's name had */
} FhirValue;

typedef struct {
    FhirValue resource;   /* %resource */
    Arena *arena;         /* texts that are made */
    /* The resource of a reference; false: there is none. `from` is the resource that holds it. */
    bool (*resolve)(void *data, const FhirTape *from, Str reference, FhirValue *ret_resource);
    void *data;
    /* what came out last */
    FhirValue *v;
    size_t n, cap;
    const char *fault;    /* "several", "complex", "large": what stood in the way; static */
} FhirContext;

void fhir_context_clear(FhirContext *context);

/* All values of a path from `focus`; they stand in context->v until the next call. False: context->fault. */
bool fhir_eval(FhirContext *context, const FhirPath *path, const FhirValue *focus);
/* One of them as text; STR_NONE where there is none. Several that are equal are one. */
bool fhir_eval_text(FhirContext *context, const FhirPath *path, const FhirValue *focus, Str *ret_text);
/* Whether it is true: nothing is not. */
bool fhir_eval_truth(FhirContext *context, const FhirPath *path, const FhirValue *focus, bool *ret_true);
