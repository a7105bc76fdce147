#include "base/clock.h"

#include <stdatomic.h>

#include "base/banned.h"

struct Clock {
    bool manual;
    int zone_minutes;
    _Atomic int64_t now_ms;
};

Clock *clock_new_system(int zone_minutes)
{
    Clock *clock = g_new0(Clock, 1);
    clock->zone_minutes = zone_minutes;
    return clock;
}

Clock *clock_new_manual(int64_t start_ms, int zone_minutes)
{
    Clock *clock = clock_new_system(zone_minutes);
    clock->manual = true;
    clock->now_ms = start_ms;
    return clock;
}

void clock_free(Clock *clock)
{
    g_free(clock);
}

int64_t clock_now_ms(const Clock *clock)
{
    return clock->manual ? clock->now_ms : g_get_real_time() / 1000;
}

Date clock_today(const Clock *clock)
{
    return date_of_instant(clock_now_ms(clock), clock->zone_minutes);
}

int clock_zone_minutes(const Clock *clock)
{
    return clock->zone_minutes;
}

bool clock_is_manual(const Clock *clock)
{
    return clock->manual;
}

void clock_set(Clock *clock, int64_t now_ms)
{
    g_assert(clock->manual);
    int64_t old = clock->now_ms;
    while (old < now_ms && !atomic_compare_exchange_weak(&clock->now_ms, &old, now_ms))
        ;
}

int64_t monotonic_ms(void)
{
    return g_get_monotonic_time() / 1000;
}
