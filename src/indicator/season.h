/* season.h: moved to base, where proofs of packs have it, too. */
#pragma once

#include "base/season.h"
