/* demo_city.h: bihuan demo city: the files that the institutions of the synthetic city send, without a store. */
#pragma once

#include "city/city.h"
#include "cmd/cmd.h"

#define CITY_OPTIONS \
    { "out", "DIR", "with city: the folder to make, which must be empty or not there" }, \
    { "packs", "DIR", "the folder of packs (default: packs)" }, \
    { "people", "N", "how many live in the synthetic city at the start (default: as the recipe says)" }, \
    { "years", "N", "of how many years it has records" }, \
    { "from", "DAY", "its records begin on that day (default: so many years before the day on which the recipe ends)" }, \
    { "institutions", "N", "how many of its institutions report; those beyond the table of organisations are invented" }, \
    { "seed", "N", "another number makes another city" }, \
    { "check", NULL, "with city: run the packs' rules over what is made; a row without a mistake that breaks one is a fault of the recipe" }

bool demo_city(const Args *args, GError **err);

/* The options of the city among those of the command, for a demo that its institutions send to. */
bool demo_city_options(const Args *args, CityOptions *ret_options, GError **err);
