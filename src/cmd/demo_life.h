/* demo_life.h: how the days of a demo pass: its invented people act, its institutions send, its jobs run.
 *
 * A new demo with the synthetic city begins with the ledger alone. On the first day of the month that lies DEMO_MONTHS before the end of its beginning the packs are installed, and from then on its
 * institutions report: so each report is expected before it is due, and is in time, late or missing as it would be. Where the beginning is one day only (nothing is advanced), what was sent up to it comes at once. */
#pragma once

#include "city/city.h"
#include "cmd/cmd.h"
#include "cmd/service.h"

typedef struct {
    Store *store;
    const char *samples, *packs; /* folders */
    CityOptions city;
    const char *span;            /* by which the clock is moved; NULL: not at all */
    bool still;                  /* nobody acts on the way */
    bool is_new, with_city;      /* with_city: of a new demo, whose packs are not installed yet */
} DemoLife;

/* Whether there is what the city is made of: recipes and packs. */
bool demo_life_has_city(const char *samples, const char *packs);

/* Lives it; *ret_service is the demo at work, its jobs not yet started. */
bool demo_life(const DemoLife *life, Service **ret_service, GError **err);
