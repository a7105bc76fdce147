/* demo_send.h: the institutions of a demo send what the synthetic city gives them (docs/city.md): each file on its day, through the same arrival, checks and store as any other sender's.
 *
 *     DemoSend *send = demo_send_new(&options, hub, err);      makes the city's files in a folder of its own, outside the store
 *     demo_send_until(send, store, hub, today, &n, err);       those of days after the one until which it was done before
 *
 * The files hold what the store must not: they are gone with demo_send_free. Until which day it was done stands in the store, so that a demo that is advanced goes on where it was. */
#pragma once

#include "city/city.h"
#include "cmd/store.h"
#include "hub/arrive.h"

typedef struct {
    const char *samples; /* the folder with organisations.csv and city/ */
    CityOptions city;
} DemoSendOptions;

typedef struct DemoSend DemoSend;

/* The city of the packs that are installed. *ret_none true and no error: there are no recipes, or no packs. */
DemoSend *demo_send_new(const DemoSendOptions *options, Hub *hub, bool *ret_none, GError **err);
void demo_send_free(DemoSend *send);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DemoSend, demo_send_free)

typedef struct {
    int64_t files, rows;
    int64_t not_taken; /* files that were refused or failed: a city has those, too */
} DemoSent;

/* Sends files up to and with that day; what the hub does happens on the day of the file, whatever the demo's clock says. */
bool demo_send_until(DemoSend *send, Store *store, Hub *hub, Date day, DemoSent *ret_sent, GError **err);
