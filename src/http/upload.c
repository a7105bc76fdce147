#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "db/queries.h"
#include "http/server.h"

#include "base/banned.h"

/* A file comes in pieces into DATA/tmp, where nobody can read it. A piece is written and synced, then the row says so: what the row says has been received
 * survives a crash, and what stands behind it in the file is overwritten by the next piece. At the end the file becomes a
 * blob, and the row holds its name until somebody takes it. */
#define KEPT_MS (INT64_C(24) * 60 * 60 * 1000)
enum { CHUNK = LIMIT_UPLOAD_CHUNK_BYTES, STRAY_S = 48 * 60 * 60, EXPIRED_STEP = 200, VEILED = 64 * 1024 };
#define FILE_PREFIX "upload-"

static char *upload_path(const HttpApp *app, Str uid)
{
    return g_strdup_printf("%s/tmp/" FILE_PREFIX STR_FMT, app->data_dir, STR_ARG(uid));
}

static int64_t oldest_kept(const HttpApp *app)
{
    return clock_now_ms(app->clock) - KEPT_MS;
}

/* Only the account that began it may see an upload. */
static bool find_upload(HttpRequest *request, DbConn *conn, Str uid, UploadByUidRow *ret_row, GError **err)
{
    bool found;
    if (!db_one(conn, UploadByUid, request->arena, ret_row, &found, err, .uid = uid, .account = request->session->account,
                .after = oldest_kept(request->app)))
        return false;
    return found || error_set(err, BH_NOT_FOUND, "no such upload");
}

static bool read_upload(HttpRequest *request, UploadByUidRow *ret_row, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(request->app->db, err);
    return conn && find_upload(request, conn, http_path(request, "uid"), ret_row, err);
}

static bool answer_upload(HttpRequest *request, int status, Str uid, const UploadByUidRow *row)
{
    JsonWriter *writer = http_json(request, status);
    json_begin_object(writer);
    json_member_str(writer, "uid", uid);
    json_member_str(writer, "name", row->name);
    json_member_int(writer, "size", row->size);
    json_member_int(writer, "offset", row->received);
    json_member_int(writer, "chunk", CHUNK);
    json_member_str(writer, "sha256", row->sha256);
    json_end_object(writer);
    return true;
}

/* --- Beginning -------------------------------------------------------------------------------------------------------- */

typedef struct {
    HttpRequest *request;
    Str uid, name;
    int64_t size;
} NewUpload;

static bool is_file_name(Str name)
{
    if (name.n == 0 || utf8_length(name) > LIMIT_NAME_CHARS || memchr(name.p, '/', name.n))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (g_ascii_iscntrl(name.p[i]))
            return false;
    return true;
}

static int64_t upload_max(const HttpApp *app)
{
    return app->upload_max > 0 ? MIN(app->upload_max, LIMIT_UPLOAD_BYTES) : LIMIT_UPLOAD_BYTES;
}

static bool read_new_upload(HttpRequest *request, NewUpload *upload, GError **err)
{
    if (!json_get_str(request->json, "name", &upload->name, err) || !json_get_int(request->json, "size", 0, INT64_MAX, &upload->size, err))
        return false;
    if (!is_file_name(upload->name))
        return json_bad(json_get(request->json, "name"), err, "a file's name has 1 to %d characters, no '/' among them", LIMIT_NAME_CHARS);
    int64_t most = upload_max(request->app);
    if (upload->size <= most)
        return true;
    error_set(err, BH_TOO_LARGE, "a file may have %" G_GINT64_FORMAT " bytes", most);
    error_params(err, "limit=%" G_GINT64_FORMAT, most);
    return error_at(err, "/size");
}

/* Whether the disk has room for the file as it comes and once more for what is kept of it. Better refused now than after half an hour. */
static bool check_room(const HttpApp *app, int64_t size, GError **err)
{
    struct statvfs disk;
    if (statvfs(app->data_dir, &disk) != 0)
        return error_set_errno(err, errno, "cannot look at %s", app->data_dir);
    int64_t free_bytes = (int64_t) MIN((uint64_t) disk.f_bavail * disk.f_frsize, (uint64_t) INT64_MAX);
    if (size < free_bytes / 2)
        return true;
    error_set(err, BH_FULL, "no room for this file");
    error_params(err, "need=%" G_GINT64_FORMAT "\nfree=%" G_GINT64_FORMAT, 2 * size, free_bytes);
    return error_at(err, "/size");
}

/* Takes the room of the file itself; not every file system can. */
static bool make_file(const HttpApp *app, Str uid, int64_t size, GError **err)
{
    g_autofree char *path = upload_path(app, uid);
    g_autofree char *folder = g_path_get_dirname(path);
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot make %s", path);
    if (size > 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) != 0 && errno == ENOSPC) {
        unlink(path);
        return error_set_errno(err, ENOSPC, "no room for this file");
    }
    return file_sync_dir(folder, err);
}

static bool insert_work(DbConn *tx, void *data, GError **err)
{
    const NewUpload *upload = data;
    int64_t account = upload->request->session->account;
    UploadCountRow count;
    bool found;
    if (!db_one(tx, UploadCount, upload->request->arena, &count, &found, err, .account = account))
        return false;
    if (count.n >= LIMIT_UPLOADS_OPEN) {
        error_set(err, BH_TOO_MANY, "%d uploads are open already", LIMIT_UPLOADS_OPEN);
        return error_params(err, "limit=%d", LIMIT_UPLOADS_OPEN);
    }
    return db_exec(tx, UploadInsert, NULL, err, .uid = upload->uid, .account = account, .name = upload->name, .size = upload->size,
                   .created = clock_now_ms(upload->request->app->clock));
}

static bool post_upload(HttpRequest *request, GError **err)
{
    char uid[UID_TEXT_MAX];
    NewUpload upload = { .request = request, .uid = str_from(uid_new(uid)) };
    if (!read_new_upload(request, &upload, err) || !check_room(request->app, upload.size, err) || !make_file(request->app, upload.uid, upload.size, err))
        return false;
    if (!http_write(request, insert_work, &upload, err)) {
        g_autofree char *path = upload_path(request->app, upload.uid);
        unlink(path);
        return false;
    }
    UploadByUidRow row = { .name = upload.name, .size = upload.size };
    return answer_upload(request, MHD_HTTP_CREATED, upload.uid, &row);
}

static bool get_upload(HttpRequest *request, GError **err)
{
    UploadByUidRow row;
    return read_upload(request, &row, err) && answer_upload(request, MHD_HTTP_OK, http_path(request, "uid"), &row);
}

/* --- A piece ------------------------------------------------------------------------------------------------------------ */

/* One request at a time has an upload: two that write at one place could make a file that neither sent. */
static bool with_upload(HttpRequest *request, bool (*work)(HttpRequest *, const UploadByUidRow *, GError **), GError **err)
{
    HttpServer *server = exchange_of(request)->server;
    Str name = arena_printf(request->arena, "upload " STR_FMT, STR_ARG(http_path(request, "uid")));
    if (!busy_take(server, &name)) {
        error_set(err, BH_CONFLICT, "another request is writing to this upload");
        return error_detail(err, "upload-busy");
    }
    UploadByUidRow row;
    bool ok = read_upload(request, &row, err) && work(request, &row, err);
    busy_release(server, &name);
    return ok;
}

static bool wrong_offset(int64_t received, GError **err)
{
    error_set(err, BH_CONFLICT, "the next byte that is wanted is %" G_GINT64_FORMAT, received);
    error_params(err, "offset=%" G_GINT64_FORMAT, received);
    return error_detail(err, "upload-offset");
}

static bool check_piece(const HttpRequest *request, const UploadByUidRow *row, GError **err)
{
    int64_t offset;
    if (!str_to_int64(http_header(request, "Upload-Offset"), &offset)) {
        error_set(err, BH_BAD_INPUT, "a piece says where it begins");
        return error_at(err, "header:Upload-Offset");
    }
    if (row->sha256.p || offset != row->received)
        return wrong_offset(row->received, err);
    if ((int64_t) request->body.n <= row->size - row->received)
        return true;
    error_set(err, BH_TOO_LARGE, "the file would be larger than was announced");
    error_params(err, "limit=%" G_GINT64_FORMAT, row->size);
    return error_detail(err, "upload-size");
}

static bool write_piece(const HttpRequest *request, int64_t at, GError **err)
{
    g_autofree char *path = upload_path(request->app, http_path(request, "uid"));
    AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open %s", path);
    g_autofree char *veiled = g_malloc(VEILED);
    for (Str rest = request->body; rest.n > 0;) {
        size_t part = MIN(rest.n, VEILED);
        memcpy(veiled, rest.p, part);
        blob_veil(request->app->blobs, http_path(request, "uid"), (uint64_t) at, veiled, part);
        ssize_t n = pwrite(fd, veiled, part, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set_errno(err, errno, "cannot write %s", path);
        rest = str_from_at(rest, (size_t) n);
        at += n;
    }
    return fdatasync(fd) == 0 || error_set_errno(err, errno, "cannot write %s", path);
}

typedef struct {
    int64_t id, before, received;
} Received;

static bool received_work(DbConn *tx, void *data, GError **err)
{
    const Received *received = data;
    int64_t changes;
    if (!db_exec(tx, UploadReceived, &changes, err, .id = received->id, .before = received->before, .received = received->received))
        return false;
    return changes == 1 || wrong_offset(received->before, err);
}

static bool take_piece(HttpRequest *request, const UploadByUidRow *row, GError **err)
{
    Received received = { row->id, row->received, row->received + (int64_t) request->body.n };
    if (!check_piece(request, row, err) || !write_piece(request, row->received, err) ||
        !db_write(request->app->db, DB_INTERACTIVE, received_work, &received, err))
        return false;
    UploadByUidRow now = *row;
    now.received = received.received;
    return answer_upload(request, MHD_HTTP_OK, http_path(request, "uid"), &now);
}

static bool patch_upload(HttpRequest *request, GError **err)
{
    return with_upload(request, take_piece, err);
}

/* --- The end -------------------------------------------------------------------------------------------------------------- */

static bool hash_file(const HttpRequest *request, int fd, const char *path, Hash *ret_hash, GError **err)
{
    g_autoptr(Digest) digest = digest_new(DIGEST_SHA256);
    g_autofree char *buffer = g_malloc(VEILED);
    uint64_t at = 0;
    ssize_t n;
    for (; (n = file_read_some(fd, buffer, VEILED, err)) > 0; at += (uint64_t) n) {
        blob_veil(request->app->blobs, http_path(request, "uid"), at, buffer, (size_t) n);
        digest_update(digest, (Str) { buffer, (size_t) n });
    }
    if (n < 0)
        return false;
    *ret_hash = digest_final(digest);
    return lseek(fd, 0, SEEK_SET) == 0 || error_set_errno(err, errno, "cannot read %s", path);
}

typedef struct {
    const UploadByUidRow *row;
    Str sha256;
} Sealed;

static bool sealed_work(DbConn *tx, void *data, GError **err)
{
    const Sealed *sealed = data;
    return db_exec(tx, UploadSealed, NULL, err, .id = sealed->row->id, .sha256 = sealed->sha256);
}

/* What came is not what was sent: it can only be sent anew, from the beginning. */
static bool restart_work(DbConn *tx, void *data, GError **err)
{
    const UploadByUidRow *row = data;
    return db_exec(tx, UploadReceived, NULL, err, .id = row->id, .before = row->received, .received = 0);
}

static bool wrong_hash(HttpRequest *request, const UploadByUidRow *row, GError **err)
{
    if (!db_write(request->app->db, DB_INTERACTIVE, restart_work, (void *) (uintptr_t) row, err))
        return false;
    error_set(err, BH_CONFLICT, "what arrived has another SHA-256; send it again from the beginning");
    error_params(err, "offset=0");
    return error_detail(err, "upload-hash");
}

static bool seal_file(HttpRequest *request, const UploadByUidRow *row, const char *path, Hash wanted, GError **err)
{
    Hash found;
    uint64_t size;
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open %s", path);
    if (!hash_file(request, fd, path, &found, err))
        return false;
    if (!hash_equal(found, wanted))
        return wrong_hash(request, row, err);
    return blob_put_veiled(request->app->blobs, fd, http_path(request, "uid"), LIMIT_UPLOAD_BYTES, &found, &size, err);
}

static bool finish_work(HttpRequest *request, const UploadByUidRow *row, GError **err)
{
    Str hex;
    Hash wanted;
    if (!json_get_str(request->json, "sha256", &hex, err))
        return false;
    if (!hex_read(hex, HASH_SIZE, wanted.bytes))
        return json_bad(json_get(request->json, "sha256"), err, "a SHA-256 is 64 hex digits");
    if (row->received < row->size)
        return wrong_offset(row->received, err);
    char text[HASH_TEXT_MAX];
    Sealed sealed = { row, str_from(hash_write(wanted, text)) };
    g_autofree char *path = upload_path(request->app, http_path(request, "uid"));
    bool done = row->sha256.p && str_eq(row->sha256, sealed.sha256); /* the first answer was lost */
    if (!done && (!seal_file(request, row, path, wanted, err) || !db_write(request->app->db, DB_INTERACTIVE, sealed_work, &sealed, err)))
        return false;
    unlink(path);
    UploadByUidRow now = *row;
    now.sha256 = sealed.sha256;
    return answer_upload(request, MHD_HTTP_OK, http_path(request, "uid"), &now);
}

static bool post_finish(HttpRequest *request, GError **err)
{
    return with_upload(request, finish_work, err);
}

static bool find_finished(HttpRequest *request, DbConn *conn, Str uid, UploadByUidRow *ret_row, HttpUpload *ret_upload, GError **err)
{
    if (!find_upload(request, conn, uid, ret_row, err))
        return false;
    if (!ret_row->sha256.p || !hex_read(ret_row->sha256, HASH_SIZE, ret_upload->blob.bytes)) {
        error_set(err, BH_CONFLICT, "the upload is not finished");
        return error_detail(err, "upload-unfinished");
    }
    ret_upload->name = ret_row->name;
    ret_upload->size = ret_row->size;
    return true;
}

bool http_upload_look(HttpRequest *request, DbConn *conn, Str uid, HttpUpload *ret_upload, GError **err)
{
    UploadByUidRow row;
    return find_finished(request, conn, uid, &row, ret_upload, err);
}

bool http_upload_take_data(HttpRequest *request, DbConn *tx, Str uid, HttpUpload *ret_upload, GError **err)
{
    UploadByUidRow row;
    return find_finished(request, tx, uid, &row, ret_upload, err) && db_exec(tx, UploadDelete, NULL, err, .id = row.id);
}

bool http_upload_take(HttpRequest *request, DbConn *tx, Str uid, HttpUpload *ret_upload, GError **err)
{
    UploadByUidRow row;
    HttpUpload upload;
    if (!find_finished(request, tx, uid, &row, &upload, err))
        return false;
    if (upload.size > LIMIT_FILE_BYTES) {
        error_set(err, BH_TOO_LARGE, "such a file may have %d bytes", LIMIT_FILE_BYTES);
        return error_params(err, "limit=%d", LIMIT_FILE_BYTES);
    }
    if (!db_exec(tx, UploadDelete, NULL, err, .id = row.id))
        return false;
    *ret_upload = upload;
    return true;
}

/* --- Forgetting ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    const HttpApp *app;
    Arena *arena;
    ARENA_LIST(Str) uids;
} Expired;

static bool expire_work(DbConn *tx, void *data, GError **err)
{
    Expired *expired = data;
    ARENA_LIST(int64_t) ids = { 0 };
    g_autoptr(DbRows) rows = db_query(tx, UploadsExpired, err, .before = oldest_kept(expired->app), .limit = EXPIRED_STEP);
    expired->uids.n = 0;
    for (UploadsExpiredRow row; rows && db_next(rows, &row, err);) {
        *ARENA_PUSH(expired->arena, &ids) = row.id;
        *ARENA_PUSH(expired->arena, &expired->uids) = arena_str(expired->arena, row.uid);
    }
    if (!db_rows_ok(rows))
        return false;
    for (size_t i = 0; i < ids.n; i++)
        if (!db_exec(tx, UploadDelete, NULL, err, .id = ids.v[i]))
            return false;
    return true;
}

/* A crash between making a file and its row leaves one that no row names. */
static void remove_strays(const HttpApp *app)
{
    g_autofree char *folder = g_build_filename(app->data_dir, "tmp", NULL);
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat info;
        bool old = g_str_has_prefix(name, FILE_PREFIX) && stat(path, &info) == 0 &&
                   info.st_mtime < g_get_real_time() / G_USEC_PER_SEC - STRAY_S;
        if (old)
            unlink(path);
    }
    if (dir)
        g_dir_close(dir);
}

bool uploads_expire(const HttpApp *app, Arena *arena, GError **err)
{
    Expired expired = { .app = app, .arena = arena };
    do {
        if (!db_write(app->db, DB_BULK, expire_work, &expired, err))
            return false;
        for (size_t i = 0; i < expired.uids.n; i++) {
            g_autofree char *path = upload_path(app, expired.uids.v[i]);
            unlink(path);
        }
    } while (expired.uids.n == EXPIRED_STEP);
    remove_strays(app);
    return true;
}

/* --- Routes ---------------------------------------------------------------------------------------------------------------- */

static const Route routes[] = {
    { HTTP_POST, "/api/v1/uploads", HTTP_SESSION, post_upload, NULL, HTTP_JSON, "Upload", .summary = "begin to send a file", .body_max = 4096 },
    { HTTP_GET, "/api/v1/uploads/{uid}", HTTP_SESSION, get_upload, NULL, HTTP_NO_BODY, "Upload", .summary = "how far a file has come" },
    { HTTP_PATCH, "/api/v1/uploads/{uid}", HTTP_SESSION, patch_upload, NULL, HTTP_RAW, "Upload", .summary = "send a piece of a file" },
    { HTTP_POST, "/api/v1/uploads/{uid}/finish", HTTP_SESSION, post_finish, NULL, HTTP_JSON, "Upload",
      .summary = "say that a file is complete, and prove it", .body_max = 4096 },
};

static const HttpShape shapes[] = {
    { "Upload", "uid:uid name size:int offset:int chunk:int sha256?" },
};

const RouteTable upload_routes = ROUTE_TABLE(routes, shapes);
