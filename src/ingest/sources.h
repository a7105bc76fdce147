/* sources.h: private to ingest: `sources:` of a dataset as it was checked. */
#pragma once

#include "ingest/fhir_path.h"
#include "ingest/hl7_path.h"
#include "ingest/reader.h"

typedef struct {
    Str column;             /* field or input */
    const FhirPath *path;
    const PackPairs *codes; /* what its values become; NULL: they stay */
} FhirField;

typedef struct {
    PackEntry entry;
    Str resource, when_text, each_text;
    PackPairs fields_text;
    PackMaps codes;
    const FhirPath *when, *each; /* NULL: none */
    const FhirField *fields;
    const Str *columns;
    size_t n;               /* of both */
    bool resolves;          /* a path follows references */
} FhirSource;

typedef struct {
    Str column;
    Hl7Path path;
    const PackPairs *codes;
} Hl7Field;

typedef struct {
    PackEntry entry;
    PackNames messages;     /* VXU_V04, VXU^V04, or ADT: all of them */
    Str each, when_text;
    PackPairs fields_text;
    PackMaps codes;
    const Hl7Test *when;    /* NULL: none */
    const Hl7Field *fields;
    const Str *columns;
    size_t n;
} Hl7Source;

struct IngestSources {
    PackEntry entry;
    const PackDataset *dataset;
    const FhirSource *fhir; /* NULL: none */
    const Hl7Source *hl7;
};

/* What a value becomes. */
Str source_code(const PackPairs *codes, Str value);
