/* store.h: private to cmd: a store opened for a command. Settings come from the configuration; every command takes --config, --data. */
#pragma once

#include "base/blob.h"
#include "base/config.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "db/db.h"

typedef enum {
    STORE_READ, /* read-only, beside whoever owns it */
    STORE_LOOK, /* STORE_READ, but of whatever version: doctor */
    STORE_OWN,  /* for this process alone: makes what is missing. BH_UNAVAILABLE where another holds it */
    STORE_TAKE, /* for this process alone, for the time of a command: BH_NOT_FOUND where there is none. Only what goes wrong is logged */
    STORE_ANY,  /* STORE_TAKE, but of whatever version: upgrade */
} StoreMode;

typedef struct {
    Config *config;
    KeyRing *keys;
    Clock *clock;
    Log *log;
    Db *db;
    BlobStore *blobs;
    bool demo; /* has a clock of its own */
    int lock;  /* of DATA/lock; -1: none */
    int log_fd;
} Store;

Store *store_open(const Args *args, StoreMode mode, GError **err);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* The options that store_open understands, for the tables of commands: put STORE_OPTIONS among the rows. */
#define STORE_OPTIONS \
    { "config", "FILE", "the configuration (default: bihuan.conf in the current folder, if it is there)" }, \
    { "data", "DIR", "the data folder (default: as configured)" }, \
    { "store-url", "URL", "a PostgreSQL connection string; without one the store is SQLite in the data folder" }, \
    { "key-path", "FILE", "the key file (default: as configured)" }

/* The configuration alone, with the command's flags over it. */
Config *store_config(const Args *args, GError **err);

const char *store_data(const Store *store);

/* DATA/bihuan.sock, which a running server answers on; g_free it. */
char *store_socket(const Config *config);

/* Makes this store a demo: a clock of its own that begins at `start_ms` and only moves when it is moved. For an empty store. */
bool store_make_demo(Store *store, int64_t start_ms, GError **err);

/* Moves a demo's clock, in the store too. BH_CONFLICT for a live store, which has the system's. */
bool store_set_clock(Store *store, int64_t now_ms, GError **err);

/* key_reseal.c: what older keys sealed is sealed by the newest. */
bool key_reseal(const Args *args, GError **err);

/* bring.c: what comes with the program goes into a store that lacks it: the years of calendars/cn.csv that it does not know. */
bool bring_calendars(Store *store, GError **err);

/* The packs of a folder are installed, or become those of the folder where they are newer. Says which; a folder that is not there is no failure. */
bool bring_packs(Store *store, const char *dir, GError **err);
