#include "ingest/stage.h"

#include "base/banned.h"

enum { FULL_BYTES = 1024 * 1024 };

void stages_init(Stages *stages, size_t n_tables)
{
    stages->n = n_tables + 1;
    stages->v = g_new0(Stage, stages->n);
    for (size_t i = 0; i < stages->n; i++)
        stages->v[i].box = box_new();
}

void stages_clear(Stages *stages)
{
    for (size_t i = 0; i < stages->n; i++)
        box_free(stages->v[i].box);
    g_free(stages->v);
    *stages = (Stages) { 0 };
}

Str stage_text(Stage *stage, Str text)
{
    stage->bytes += text.n;
    return arena_str(stage->box->arena, text);
}

static bool is_full(const Stage *stage)
{
    return stage->box->n_rows >= INGEST_BATCH_ROWS || stage->box->findings.n >= INGEST_BATCH_ROWS || stage->bytes >= FULL_BYTES;
}

bool stages_give(Stages *stages, IngestReader *reader, bool any)
{
    for (size_t i = 0; i < stages->n; i++) {
        Stage *stage = &stages->v[i];
        if (box_is_empty(stage->box) || !(any || is_full(stage)))
            continue;
        Box *empty = reader->box;
        reader->box = stage->box;
        stage->box = empty;
        stage->bytes = 0;
        box_reset(empty);
        box_close(reader->box, stage->table);
        return true;
    }
    return false;
}
