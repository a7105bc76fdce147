/* look_back_do.h: private to ledger: what the rebuild check needs of rounds. */
#pragma once

#include "ledger/change.h"

/* The state of a round as sorted keys and values. */
void look_back_state_map(const LookBack *round, Arena *arena, StateMap *ret_map);
