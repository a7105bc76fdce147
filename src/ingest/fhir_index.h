/* fhir_index.h: private to ingest: where each resource of some files stands, by "Type/id" and by the fullUrl of its entry. */
#pragma once

#include "ingest/read.h"

typedef struct FhirIndex FhirIndex;

/* Reads all inputs once. They can be read from any place: BH_USAGE otherwise. BH_TOO_LARGE: over LIMIT_FHIR_RESOURCES. What is no JSON is passed over: it is told
 * of when the file is read. */
FhirIndex *fhir_index_new(const IngestInput *inputs, size_t n, GError **err);
void fhir_index_free(FhirIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FhirIndex, fhir_index_free)

/* What an element is: its resource's type and id, and the fullUrl of an entry; NONE what it has not. *ret_at: where the resource begins in it. */
typedef struct {
    Str type, id, full_url;
    size_t at;
} FhirHead;
bool fhir_head(Str element, bool entry, Arena *arena, FhirHead *ret_head);

/* Where the resource stands that a reference means, the last one of that name; false: there is none. Its text: of bytes in memory a view, else put into `buffer`. */
bool fhir_index_place(const FhirIndex *index, Str reference, uint64_t *ret_place);
bool fhir_index_read(const FhirIndex *index, uint64_t place, GString *buffer, Str *ret_text);
