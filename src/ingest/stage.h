/* stage.h: private to ingest: rows of several datasets at once, each gathered in a box of its own until it is worth a batch. */
#pragma once

#include "ingest/read.h"

typedef struct {
    IngestTable *table; /* NULL: findings of none */
    Box *box;
    size_t bytes;       /* of texts in it */
} Stage;

typedef struct {
    Stage *v;           /* one a dataset, and the last for what belongs to none */
    size_t n;
} Stages;

void stages_init(Stages *stages, size_t n_tables);
void stages_clear(Stages *stages);

/* A copy that lives with the batch; STR_NONE stays. */
Str stage_text(Stage *stage, Str text);
/* Puts a full one in the place of reader->box (which is empty), or any with something in it. False: there is none. */
bool stages_give(Stages *stages, IngestReader *reader, bool any);
