/* fhir_path.h: private to ingest: paths into FHIR resources: the part of FHIRPath 2.0 (hl7.org/fhirpath) that docs/fhirpath.md describes, parsed and typed. */
#pragma once

#include "base/arena.h"
#include "base/decimal.h"
#include "base/diags.h"

typedef enum { FHIR_ANY /* what the resource holds */, FHIR_TEXT, FHIR_NUMBER, FHIR_BOOL } FhirType;

typedef enum {
    PATH_LITERAL,  /* by its type: text, number, truth */
    PATH_NOTHING,  /* {} */
    PATH_THIS,     /* $this, or nothing before a member */
    PATH_RESOURCE, /* %resource */
    PATH_TYPE,     /* Patient at the beginning: the resource in hand if it is one */
    PATH_MEMBER,   /* of a: text */
    PATH_INDEX,    /* of a: number */
    PATH_CALL,     /* func of a, args */
    PATH_EQ, PATH_NE, PATH_LT, PATH_LE, PATH_GT, PATH_GE, PATH_AND, PATH_OR, PATH_XOR, PATH_UNION, PATH_JOIN,
} FhirPathKind;

typedef enum {
    FN_WHERE, FN_EXISTS, FN_EMPTY, FN_NOT, FN_FIRST, FN_LAST, FN_COUNT, FN_DISTINCT, FN_SELECT, FN_OF_TYPE, FN_RESOLVE, FN_EXTENSION, FN_IIF,
    FN_SUBSTRING, FN_STARTS_WITH, FN_ENDS_WITH, FN_CONTAINS, FN_REPLACE, FN_UPPER, FN_LOWER, FN_TRIM, FN_LENGTH, FN_TO_STRING, FN_JOIN,
} FhirFunc;

enum { PATH_ARGS = 3 };
typedef struct FhirPath FhirPath;
struct FhirPath {
    FhirPathKind kind;
    FhirType type;
    uint32_t from, to; /* in the text */
    Str text;
    Decimal number;
    bool truth;
    FhirFunc func;
    const FhirPath *a, *b; /* b: the right side of an operator */
    const FhirPath *args[PATH_ARGS];
    size_t n_args;
};

/* NULL and findings (path-syntax, path-name, path-type; bytes of the text) for what is none; at most LIMIT_EXPR_BYTES, _DEPTH, _NODES. The tree lives in arena
 * and points into the text. */
const FhirPath *fhir_path_parse(Str text, Arena *arena, Diags *diags);

/* Whether it, or what is in it, calls that function. */
bool fhir_path_calls(const FhirPath *path, FhirFunc func);

/* Told of the name of every member that it looks for. */
void fhir_path_names(const FhirPath *path, void (*told)(void *data, Str name), void *data);

/* The names of functions as the documentation has them: "where(criterion)", one a row; NULL behind the last. */
const char *fhir_path_function(size_t index);
