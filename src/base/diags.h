/* diags.h: findings about input: what is odd in it, where, with a stable code. Reading goes on after each. */
#pragma once

#include "base/str.h"

typedef struct {
    const char *code; /* static; stable: part of the interface. Lower case, hyphens. */
    Str at;           /* what it is about, in the input's own terms ("7", "row 12"), or STR_NONE */
    size_t from, to;  /* half-open place in the input; unit as the producer's header says; from == to: no place */
    Str text;         /* for people, English; the pages show the code's text from i18n with `at` and `params` */
    Str params;       /* name=value pairs for the text, newline between them, or STR_NONE */
} Diag;

typedef struct Diags Diags;

Diags *diags_new(void);
void diags_free(Diags *diags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Diags, diags_free)

/* Adds one; `at`, `text` are copied. Over LIMIT_DOC_FINDINGS it is counted, not kept. diags may be NULL. */
void diag_add(Diags *diags, const char *code, Str at, size_t from, size_t to, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* Gives the finding added last its parameters ("count=21\nfound=20"). */
void diag_params(Diags *diags, const char *format, ...) G_GNUC_PRINTF(2, 3);

size_t diags_count(const Diags *diags);   /* kept */
size_t diags_dropped(const Diags *diags); /* over the limit */
const Diag *diags_get(const Diags *diags, size_t index);
bool diags_has(const Diags *diags, const char *code);

/* In the order of their place, stable. */
void diags_sort(Diags *diags);
