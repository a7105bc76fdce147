/* intake_row.h: private to hub: the row of an arrival. */
#pragma once

#include "db/queries.h"
#include "hub/arrive.h"

/* Its wish, and which part of its blob it is (*ret_n 0: all). Texts of the wish are the row's, or in arena. */
bool hub_wish_of_row(const IntakeFindRow *row, Arena *arena, HubWish *ret_wish, int64_t *ret_at, int64_t *ret_n, GError **err);

/* An arrival is carried out by one at a time: who comes second waits, and finds it ended (hub.c). */
void hub_intake_enter(Hub *hub, int64_t id);
void hub_intake_leave(Hub *hub, int64_t id);
