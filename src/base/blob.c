#include "base/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/file.h"

#include "base/banned.h"

/* Both ways are a chain of sinks: content → hash and zstd → seal → file, and back. */
enum { HEADER_SIZE = 8, PIECE_SIZE = 64 * 1024, LEVEL = 3 };
static const char magic[] = { 'B', 'H', 'B', '1' };
static const char suffix[] = ".zst";

struct BlobStore {
    char *blobs, *tmp;
    const KeyRing *keys;
};

BlobStore *blob_store_open(const char *data_dir, const KeyRing *keys, GError **err)
{
    g_autoptr(BlobStore) store = g_new0(BlobStore, 1);
    store->blobs = g_build_filename(data_dir, "blobs", NULL);
    store->tmp = g_build_filename(data_dir, "tmp", NULL);
    store->keys = keys;
    if (!file_make_dir(store->blobs, err) || !file_make_dir(store->tmp, err) || !file_sync_dir(data_dir, err))
        return NULL;
    return g_steal_pointer(&store);
}

void blob_store_free(BlobStore *store)
{
    if (!store)
        return;
    g_free(store->blobs);
    g_free(store->tmp);
    g_free(store);
}

static char *path_of(const BlobStore *store, BlobId id)
{
    char hex[HASH_TEXT_MAX];
    hash_write(id, hex);
    return g_strdup_printf("%s/%.2s/%s%s", store->blobs, hex, hex, suffix);
}

bool blob_exists(const BlobStore *store, BlobId id)
{
    g_autofree char *path = path_of(store, id);
    return access(path, F_OK) == 0;
}

bool blob_remove(const BlobStore *store, BlobId id, GError **err)
{
    g_autofree char *path = path_of(store, id);
    return unlink(path) == 0 || errno == ENOENT || error_set_errno(err, errno, "cannot remove %s", path);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* What is in a folder, sorted; NULL and err where it cannot be read. */
static GPtrArray *names_in(const char *path, GError **err)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    if (!dir) {
        error_set_errno(err, errno, "cannot read folder %s", path);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_text);
    return names;
}

bool blob_store_sweep(const BlobStore *store, GError **err)
{
    g_autoptr(GPtrArray) names = names_in(store->tmp, err);
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *path = g_build_filename(store->tmp, g_ptr_array_index(names, i), NULL);
        if (g_str_has_prefix(g_ptr_array_index(names, i), ATOMIC_FILE_PREFIX) && unlink(path) < 0)
            return error_set_errno(err, errno, "cannot remove %s", path);
    }
    return names != NULL;
}

/* --- Putting ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    AtomicFile *file;
    Digest *digest;
    ZSTD_CCtx *zstd;
    Sealer *sealer;
    uint64_t size;
    char buffer[PIECE_SIZE];
} Putting;

static Putting *putting_new(const BlobStore *store, GError **err)
{
    Putting *p = g_new0(Putting, 1);
    uint8_t header[HEADER_SIZE];
    uint32_t key_id = key_ring_newest(store->keys), stored_id = GUINT32_TO_BE(key_id);
    memcpy(header, magic, sizeof magic);
    memcpy(header + sizeof magic, &stored_id, sizeof stored_id);
    Str about = { (const char *) header, HEADER_SIZE };
    p->digest = digest_new(DIGEST_SHA256);
    p->zstd = ZSTD_createCCtx();
    p->file = atomic_file_new(store->tmp, err);
    ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, LEVEL);
    if (p->file && file_write_all(atomic_file_fd(p->file), about, err))
        p->sealer = sealer_new(key_ring_get(store->keys, key_id, KEY_BLOB), about, sink_to_fd(atomic_file_fd_place(p->file)));
    return p;
}

static void putting_free(Putting *p)
{
    atomic_file_free(p->file);
    digest_free(p->digest);
    ZSTD_freeCCtx(p->zstd);
    sealer_free(p->sealer);
    g_free(p);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Putting, putting_free)

/* Until zstd has taken the piece or, at the end, given all it holds. */
static bool compress_piece(Putting *p, Str piece, ZSTD_EndDirective mode, GError **err)
{
    ZSTD_inBuffer in = { piece.p, piece.n, 0 };
    for (bool done = false; !done;) {
        ZSTD_outBuffer out = { p->buffer, PIECE_SIZE, 0 };
        size_t left = ZSTD_compressStream2(p->zstd, &out, &in, mode);
        if (ZSTD_isError(left))
            return error_set(err, BH_INTERNAL, "cannot compress: %s", ZSTD_getErrorName(left));
        if (!sealer_write(p->sealer, (Str) { p->buffer, out.pos }, err))
            return false;
        done = mode == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
    return true;
}

static bool put_piece(Putting *p, Str piece, GError **err)
{
    p->size += piece.n;
    digest_update(p->digest, piece);
    return compress_piece(p, piece, ZSTD_e_continue, err);
}

/* A new folder must be on the disk before what is in it counts as there. */
static bool make_folder_of(const BlobStore *store, const char *path, GError **err)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (access(folder, F_OK) == 0)
        return true;
    return file_make_dir(folder, err) && file_sync_dir(store->blobs, err);
}

static bool finish_putting(const BlobStore *store, Putting *p, BlobId *ret_id, GError **err)
{
    BlobId id = digest_final(p->digest);
    g_autofree char *path = path_of(store, id);
    if (!compress_piece(p, STR(""), ZSTD_e_end, err) || !sealer_finish(p->sealer, err) ||
        !make_folder_of(store, path, err) || !atomic_file_commit(p->file, path, 0600, err))
        return false;
    *ret_id = id;
    return true;
}

bool blob_put(const BlobStore *store, Str content, BlobId *ret_id, GError **err)
{
    g_autoptr(Putting) p = putting_new(store, err);
    return p->sealer && put_piece(p, content, err) && finish_putting(store, p, ret_id, err);
}

void blob_veil(const BlobStore *store, Str name, uint64_t offset, void *bytes, size_t n)
{
    veil(key_ring_get(store->keys, key_ring_newest(store->keys), KEY_BLOB), name, offset, bytes, n);
}

/* veiled: the name under which it is, or p NULL */
static bool put_fd(const BlobStore *store, int fd, Str veiled, uint64_t limit, BlobId *ret_id, uint64_t *ret_size, GError **err)
{
    g_autoptr(Putting) p = putting_new(store, err);
    g_autofree char *piece = g_malloc(PIECE_SIZE);
    ssize_t n = p->sealer ? 1 : -1;
    while (n > 0) {
        n = file_read_some(fd, piece, PIECE_SIZE, err);
        if (n > 0 && veiled.p)
            blob_veil(store, veiled, p->size, piece, (size_t) n);
        if (n > 0 && !put_piece(p, (Str) { piece, (size_t) n }, err))
            return false;
        if (p->size > limit)
            return error_set(err, BH_TOO_LARGE, "the file is larger than %" G_GUINT64_FORMAT " bytes", limit);
    }
    if (n < 0 || !finish_putting(store, p, ret_id, err))
        return false;
    if (ret_size)
        *ret_size = p->size;
    return true;
}

bool blob_put_fd(const BlobStore *store, int fd, uint64_t limit, BlobId *ret_id, uint64_t *ret_size, GError **err)
{
    return put_fd(store, fd, STR_NONE, limit, ret_id, ret_size, err);
}

bool blob_put_veiled(const BlobStore *store, int fd, Str name, uint64_t limit, BlobId *ret_id, uint64_t *ret_size, GError **err)
{
    return put_fd(store, fd, name, limit, ret_id, ret_size, err);
}

/* --- Getting ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Sink sink;
    Digest *digest;
    ZSTD_DCtx *zstd;
    bool frame_complete;
    bool sink_failed;
    char buffer[PIECE_SIZE];
} Getting;

static Getting *getting_new(Sink sink)
{
    Getting *g = g_new0(Getting, 1);
    g->sink = sink;
    g->digest = digest_new(DIGEST_SHA256);
    g->zstd = ZSTD_createDCtx();
    return g;
}

static void getting_free(Getting *g)
{
    digest_free(g->digest);
    ZSTD_freeDCtx(g->zstd);
    g_free(g);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Getting, getting_free)

static bool damaged(GError **err, BlobId id, const char *how)
{
    char hex[HASH_TEXT_MAX];
    error_set(err, BH_INTERNAL, "blob %s is damaged: %s", hash_write(id, hex), how);
    error_hint(err, "put the original again, or take the file from a backup");
    return error_detail(err, "blob-damaged");
}

static bool hand_out(Getting *g, Str piece, GError **err)
{
    digest_update(g->digest, piece);
    g->sink_failed = !sink_write(g->sink, piece, err);
    return !g->sink_failed;
}

/* The Unsealer's sink: opened bytes, still compressed. */
static bool decompress_piece(void *data, Str piece, GError **err)
{
    Getting *g = data;
    ZSTD_inBuffer in = { piece.p, piece.n, 0 };
    for (bool more = piece.n > 0; more;) {
        ZSTD_outBuffer out = { g->buffer, PIECE_SIZE, 0 };
        size_t left = ZSTD_decompressStream(g->zstd, &out, &in);
        if (ZSTD_isError(left))
            return error_set(err, BH_INTERNAL, "%s", ZSTD_getErrorName(left));
        g->frame_complete = left == 0;
        if (out.pos > 0 && !hand_out(g, (Str) { g->buffer, out.pos }, err))
            return false;
        more = in.pos < in.size || (out.pos == out.size && left > 0);
    }
    return true;
}

static const SecretKey *key_of_header(const BlobStore *store, const uint8_t *header)
{
    uint32_t id;
    memcpy(&id, header + sizeof magic, sizeof id);
    return memcmp(header, magic, sizeof magic) == 0 ? key_ring_get(store->keys, GUINT32_FROM_BE(id), KEY_BLOB) : NULL;
}

static bool open_sealed(int fd, Unsealer *unsealer, GError **err)
{
    g_autofree char *piece = g_malloc(PIECE_SIZE);
    for (ssize_t n; (n = file_read_some(fd, piece, PIECE_SIZE, err)) != 0;)
        if (n < 0 || !unsealer_write(unsealer, (Str) { piece, (size_t) n }, err))
            return false;
    return unsealer_finish(unsealer, err);
}

static bool get_content(const BlobStore *store, int fd, BlobId id, Getting *g, GError **err)
{
    uint8_t header[HEADER_SIZE];
    ssize_t n = file_read_some(fd, header, HEADER_SIZE, err);
    if (n < 0)
        return false;
    const SecretKey *key = n == HEADER_SIZE ? key_of_header(store, header) : NULL;
    if (!key)
        return damaged(err, id, "its header names no key that is here");
    g_autoptr(GError) fault = NULL;
    g_autoptr(Unsealer) unsealer = unsealer_new(key, (Str) { (const char *) header, HEADER_SIZE }, (Sink) { decompress_piece, g });
    if (!open_sealed(fd, unsealer, &fault)) {
        if (!g->sink_failed)
            return damaged(err, id, fault->message);
        g_propagate_error(err, g_steal_pointer(&fault));
        return false;
    }
    if (!g->frame_complete || !hash_equal(digest_final(g->digest), id))
        return damaged(err, id, "its content is not what its name says");
    return true;
}

bool blob_stream(const BlobStore *store, BlobId id, Sink sink, GError **err)
{
    g_autofree char *path = path_of(store, id);
    g_autoptr(Getting) g = getting_new(sink);
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open blob %s", path);
    return get_content(store, fd, id, g, err);
}

GString *blob_get(const BlobStore *store, BlobId id, size_t limit, GError **err)
{
    g_autoptr(GString) content = g_string_new(NULL);
    StringSink to = { content, limit };
    return blob_stream(store, id, sink_to_string(&to), err) ? g_steal_pointer(&content) : NULL;
}

/* --- Under another key ------------------------------------------------------------------------------------------------------ */

/* What is opened goes straight into the new seal: nothing is decompressed, nothing lies open on the disk. */
static bool seal_piece(void *data, Str piece, GError **err)
{
    return sealer_write(data, piece, err);
}

static bool reseal_to(const BlobStore *store, BlobId id, int fd, const uint8_t *header, const char *path, GError **err)
{
    const SecretKey *old_key = key_of_header(store, header);
    uint32_t newest = key_ring_newest(store->keys), stored_id = GUINT32_TO_BE(newest);
    uint8_t fresh[HEADER_SIZE];
    g_autoptr(GError) fault = NULL;
    if (!old_key)
        return damaged(err, id, "its header names no key that is here");
    memcpy(fresh, magic, sizeof magic);
    memcpy(fresh + sizeof magic, &stored_id, sizeof stored_id);
    Str about = { (const char *) fresh, HEADER_SIZE };
    g_autoptr(AtomicFile) file = atomic_file_new(store->tmp, err);
    if (!file || !file_write_all(atomic_file_fd(file), about, err))
        return false;
    g_autoptr(Sealer) sealer = sealer_new(key_ring_get(store->keys, newest, KEY_BLOB), about, sink_to_fd(atomic_file_fd_place(file)));
    g_autoptr(Unsealer) unsealer = unsealer_new(old_key, (Str) { (const char *) header, HEADER_SIZE }, (Sink) { seal_piece, sealer });
    if (!open_sealed(fd, unsealer, &fault))
        return damaged(err, id, fault->message);
    return sealer_finish(sealer, err) && atomic_file_commit(file, path, 0600, err);
}

bool blob_reseal(const BlobStore *store, BlobId id, bool *ret_changed, GError **err)
{
    g_autofree char *path = path_of(store, id);
    uint8_t header[HEADER_SIZE];
    uint32_t stored_id;
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open blob %s", path);
    ssize_t n = file_read_some(fd, header, HEADER_SIZE, err);
    if (n < 0)
        return false;
    if (n < HEADER_SIZE)
        return damaged(err, id, "its header names no key that is here");
    memcpy(&stored_id, header + sizeof magic, sizeof stored_id);
    *ret_changed = GUINT32_FROM_BE(stored_id) != key_ring_newest(store->keys) || memcmp(header, magic, sizeof magic) != 0;
    return !*ret_changed || reseal_to(store, id, fd, header, path, err);
}

static bool ignore_piece(void *data, Str piece, GError **err)
{
    (void) data, (void) piece, (void) err;
    return true;
}

bool blob_verify(const BlobStore *store, BlobId id, GError **err)
{
    return blob_stream(store, id, (Sink) { ignore_piece, NULL }, err);
}

static bool enough(void *data, Str piece, GError **err)
{
    (void) piece;
    *(bool *) data = true;
    return error_set(err, BH_INTERNAL, "one piece is enough");
}

bool blob_opens(const BlobStore *store, BlobId id, GError **err)
{
    bool began = false;
    g_autoptr(GError) fault = NULL;
    if (blob_stream(store, id, (Sink) { enough, &began }, &fault) || began)
        return true;
    g_propagate_error(err, g_steal_pointer(&fault));
    return false;
}

/* --- Listing ------------------------------------------------------------------------------------------------------------- */

/* "ab" and "ab….zst" that belong together. */
static bool is_blob(const char *folder, const char *name, BlobId *ret_id)
{
    Str text = str_from(name);
    Str hex = str_head(text, 2 * HASH_SIZE);
    char canonical[HASH_TEXT_MAX];
    return text.n == 2 * HASH_SIZE + sizeof suffix - 1 && str_ends(text, STR(".zst")) && strlen(folder) == 2 &&
           str_starts(text, str_from(folder)) && hex_read(hex, HASH_SIZE, ret_id->bytes) &&
           str_eq(hex, str_from(hash_write(*ret_id, canonical)));
}

static bool visit_file(const BlobStore *store, const char *folder, const char *name, BlobVisitor visit, void *data)
{
    BlobId id = { 0 };
    struct stat info = { 0 };
    g_autofree char *below = g_build_filename(folder, name, NULL);
    g_autofree char *path = g_build_filename(store->blobs, below, NULL);
    bool blob = stat(path, &info) == 0 && S_ISREG(info.st_mode) && is_blob(folder, name, &id);
    return visit(data, blob ? id : (BlobId) { 0 }, (uint64_t) info.st_size, blob ? NULL : below);
}

/* False only on failure; *go_on says what the visitor wants. */
static bool list_folder(const BlobStore *store, const char *folder, BlobVisitor visit, void *data, bool *go_on, GError **err)
{
    g_autofree char *path = g_build_filename(store->blobs, folder, NULL);
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        *go_on = visit(data, (BlobId) { 0 }, 0, folder);
        return true;
    }
    g_autoptr(GPtrArray) names = names_in(path, err);
    for (guint i = 0; names && *go_on && i < names->len; i++)
        *go_on = visit_file(store, folder, g_ptr_array_index(names, i), visit, data);
    return names != NULL;
}

bool blob_list(const BlobStore *store, BlobVisitor visit, void *data, GError **err)
{
    g_autoptr(GPtrArray) folders = names_in(store->blobs, err);
    bool go_on = true;
    for (guint i = 0; folders && go_on && i < folders->len; i++)
        if (!list_folder(store, g_ptr_array_index(folders, i), visit, data, &go_on, err))
            return false;
    return folders != NULL;
}
