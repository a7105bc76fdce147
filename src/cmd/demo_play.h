/* demo_play.h: the invented people of a demo at work: while its clock is advanced they accept tasks, report, claim, judge, close and relapse, day by day, as a
 * city does: most in time, some late, some never. What they write is in samples/story.json; what they do follows from the tasks' numbers and
 * dates, so that the same samples give the same year. They act through the ledger like anybody else, and a refusal of the ledger ends a play. */
#pragma once

#include "cmd/store.h"
#include "hub/hub.h"

typedef struct DemoPlay DemoPlay;

/* Reads the story. NULL with err for a story that cannot be used; *ret_none true and no error where there is none at `path`: then nobody acts. */
DemoPlay *demo_play_new(Store *store, const char *path, bool *ret_none, GError **err);
void demo_play_free(DemoPlay *play);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DemoPlay, demo_play_free)

/* The day on which the clock stands, from now on to the evening; the clock moves a few minutes with each act. Nothing on a day off. */
bool demo_play_day(DemoPlay *play, Hub *hub, int64_t *ret_acts, GError **err);
