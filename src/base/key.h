/* key.h: the keys of a store, in one file that lies outside its data folder: whoever copies the data has not copied the
 * key, and a backup without it stays closed.
 *
 * A key file holds one main key or, after rotations, several. Nothing is sealed with a main key: each use has its own
 * key derived by HMAC-SM3. The newest writes; all read, so nothing need be sealed anew when a key is added.
 *
 * The file: UTF-8 lines, '#' for remarks, else "key ID DATE HEX CHECK": ID from 1 rising, DATE the day it was made, HEX
 * 32 bytes, CHECK 8 hex digits by which damage is told from a wrong key. */
#pragma once

#include "base/crypto.h"
#include "base/date.h"

typedef enum {
    KEY_BLOB,   /* originals and evidence */
    KEY_AUDIT,  /* anchors of the event log */
    KEY_PERSON, /* identity numbers: sealed, and as tokens to find them by */
    KEY_TOKEN,  /* sessions, query codes, second factors and their recovery codes */
    KEY_BACKUP,
    KEY_USES,
} KeyUse;

typedef struct KeyRing KeyRing;

/* Makes a file with one fresh key, mode 0600. BH_CONFLICT where something of that name is already there. */
bool key_file_create(const char *path, Date today, GError **err);

/* Adds a fresh key to a file that key_ring_load accepts; it is the newest from the next load on. */
bool key_file_rotate(const char *path, Date today, GError **err);

/* BH_NOT_FOUND where there is none; BH_FORBIDDEN where it belongs to another user or others may read it; BH_BAD_INPUT
 * where a line is damaged, with file:line in `at`. The ring never changes: any thread. */
KeyRing *key_ring_load(const char *path, GError **err);
void key_ring_free(KeyRing *ring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRing, key_ring_free)

/* The id to write with; the ids from 1 to it exist. */
uint32_t key_ring_newest(const KeyRing *ring);

/* The key for a use; NULL where there is no such id. */
const SecretKey *key_ring_get(const KeyRing *ring, uint32_t id, KeyUse use);

/* What shows people which key it is without telling it: "3f2a-91c0-77be-04d5". */
enum { KEY_FINGERPRINT_MAX = 20 };
const char *key_ring_fingerprint(const KeyRing *ring, uint32_t id, char ret_text[static KEY_FINGERPRINT_MAX]);
