/* blob.h: originals and evidence: files by the SHA-256 of their content, compressed and sealed.
 *
 * DATA/blobs/ab/HASH.zst: "BHB1", the key's id (4, big endian), then a seal (crypto.h) about these eight bytes over one
 * zstd frame. The name is the hash in hex of the plain content, so a blob is stored once however often it comes, and
 * what comes out is what the name says. A blob never changes. Any thread; several processes may read one folder. */
#pragma once

#include "base/key.h"

typedef struct BlobStore BlobStore;
typedef Hash BlobId; /* written with hash_write, read with hex_read */

/* Makes DATA/blobs and DATA/tmp where they are missing. `keys` must outlive the store. */
BlobStore *blob_store_open(const char *data_dir, const KeyRing *keys, GError **err);
void blob_store_free(BlobStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlobStore, blob_store_free)

/* Removes what a crash left half written in DATA/tmp. Only for the process that owns the store, before it serves. */
bool blob_store_sweep(const BlobStore *store, GError **err);

/* Stores a content; when these return true it survives a crash. A content that is there already is written anew: a
 * damaged file is mended by putting the original again. blob_put_fd reads to the end of fd with constant memory; more
 * than `limit` bytes is BH_TOO_LARGE, and nothing is kept. BH_FULL: no room, and nothing is kept. ret_size may be NULL. */
bool blob_put(const BlobStore *store, Str content, BlobId *ret_id, GError **err);
bool blob_put_fd(const BlobStore *store, int fd, uint64_t limit, BlobId *ret_id, uint64_t *ret_size, GError **err);

/* Of a content that is not whole yet and lies in a file of its own: its bytes at `offset` as they stand there, unreadable, or from there again; `name`: the content's own, of the newest key. A file of
 * nothing else becomes a blob by blob_put_veiled. */
void blob_veil(const BlobStore *store, Str name, uint64_t offset, void *bytes, size_t n);
bool blob_put_veiled(const BlobStore *store, int fd, Str name, uint64_t limit, BlobId *ret_id, uint64_t *ret_size, GError **err);

/* The content; NULL and err: BH_NOT_FOUND, BH_TOO_LARGE over `limit` bytes, BH_INTERNAL where the file was altered or
 * its key is missing from the ring (detail "blob-damaged"). */
GString *blob_get(const BlobStore *store, BlobId id, size_t limit, GError **err);

/* The same in pieces with constant memory. Each piece is authentic when the sink gets it, but only true says that it
 * was all: on false, discard what came. */
bool blob_stream(const BlobStore *store, BlobId id, Sink sink, GError **err);

/* Whether a blob is there and unaltered to the last byte; errors as in blob_get. */
bool blob_verify(const BlobStore *store, BlobId id, GError **err);
/* Whether it begins as it must: its key is here, and its first piece is authentic. Costs little; for who must say what is wrong before he begins to answer. */
bool blob_opens(const BlobStore *store, BlobId id, GError **err);
bool blob_exists(const BlobStore *store, BlobId id);

/* Takes a blob away for good, for what must not be kept; true also where there is none. */
bool blob_remove(const BlobStore *store, BlobId id, GError **err);

/* Seals a blob anew where it is not of the newest key: the same content under the same name, written beside and put in its place, so that a crash leaves the one or the other. *ret_changed: it was. Errors
 * as in blob_get; a damaged one stays as it is. Only for the process that owns the store. */
bool blob_reseal(const BlobStore *store, BlobId id, bool *ret_changed, GError **err);

/* Every blob in the order of their ids, for `doctor` and backups. `stored_bytes` is the file's size. What in the folder
 * is no blob comes with its path below blobs/ in `stray` and an id of zeros. The visitor returns false to end. */
typedef bool (*BlobVisitor)(void *data, BlobId id, uint64_t stored_bytes, const char *stray);
bool blob_list(const BlobStore *store, BlobVisitor visit, void *data, GError **err);
