/* demo_city.h: bihuan demo city: the files that the institutions of the synthetic city send, without a store. */
#pragma once

#include "cmd/cmd.h"

#define CITY_OPTIONS \
    { "out", "DIR", "with city: the folder to make, which must be empty or not there" }, \
    { "packs", "DIR", "the folder of packs (default: packs)" }, \
    { "people", "N", "with city: how many live there at the start (default: as the recipe says)" }, \
    { "years", "N", "with city: of how many years there are records" }, \
    { "institutions", "N", "with city: how many report; those beyond the table of organisations are invented" }, \
    { "seed", "N", "with city: another number makes another city" }, \
    { "check", NULL, "with city: run the packs' rules over what is made; a row without a mistake that breaks one is a fault of the recipe" }

bool demo_city(const Args *args, GError **err);
