/* clock.h: where time comes from. Nothing else asks the system: a demo or test store has a clock of its own, which
 * stands still between steps of `bihuan demo --advance`. */
#pragma once

#include "base/date.h"

typedef struct Clock Clock;

/* The system's clock, or one that starts at an instant and moves only by clock_set. Any thread may read and set. */
Clock *clock_new_system(int zone_minutes);
Clock *clock_new_manual(int64_t start_ms, int zone_minutes);
void clock_free(Clock *clock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Clock, clock_free)

int64_t clock_now_ms(const Clock *clock);
Date clock_today(const Clock *clock);
int clock_zone_minutes(const Clock *clock);
bool clock_is_manual(const Clock *clock);

/* Only for a manual clock, and never backwards (an earlier instant changes nothing). */
void clock_set(Clock *clock, int64_t now_ms);

/* Steadily rising milliseconds of the machine, for time-outs and measuring; not a time of day. */
int64_t monotonic_ms(void);
