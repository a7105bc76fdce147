/* The drop folder: DATA/inbox/CODE/, CODE being an organisation's. A file that nobody has changed for some seconds is taken: its bytes into the blob store, a row, a job; then it goes from the folder, and NAME.taken
 * stands there until its import has ended, and then NAME.result.json, which says how. Nothing of what the rows hold stands in either. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "http/data.h"

#include "base/banned.h"

enum { STILL_S = 5, NAME_BYTES = 200 };
#define TAKEN ".taken"
#define RESULT ".result.json"

typedef struct {
    JobRun *run;
    const HttpApp *http;
    const BhApp *app;
    const char *folder; /* of the organisation */
    int64_t org;
    int64_t taken;
} Inbox;

/* --- Taking ------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Inbox *inbox;
    HubArrival arrival;
    HubArrived arrived;
    Str job;
} Drop;

static bool drop_in_tx(DbConn *tx, void *data, GError **err)
{
    Drop *drop = data;
    JobRun *run = drop->inbox->run;
    int64_t now = clock_now_ms(run->clock);
    char hash[HASH_TEXT_MAX];
    if (!hub_arrive(tx, &drop->arrival, now, run->arena, &drop->arrived, err) || drop->arrived.again)
        return drop->arrived.again;
    AuditWho who = { .via = "engine", .at_ms = now };
    Str event = arena_printf(run->arena, "{\"channel\":\"drop\",\"mode\":\"add\",\"sha256\":\"%s\"}", hash_write(drop->arrival.blob, hash));
    audit_append(tx, &who, "arrive", (AuditObject) { "intake", drop->arrived.uid }, event);
    JobStart start = { "import", arena_printf(run->arena, "{\"intake\":%" G_GINT64_FORMAT "}", drop->arrived.id), DB_NULL_INT, now };
    return job_start(tx, &start, run->arena, &drop->job, err) && db_exec(tx, IntakeJob, NULL, err, .id = drop->arrived.id, .job_uid = drop->job);
}

static bool write_beside(const Inbox *inbox, const char *name, const char *ending, Str text, GError **err)
{
    g_autofree char *path = g_strconcat(inbox->folder, "/", name, ending, NULL);
    return file_write_atomic(path, text, 0600, err);
}

/* The mark is written before the file goes: a crash between leaves a file that is taken again, which the store knows by its bytes. */
static bool take_file(Inbox *inbox, const char *name, GError **err)
{
    g_autofree char *path = g_build_filename(inbox->folder, name, NULL);
    uint64_t size;
    Drop drop = { .inbox = inbox, .arrival = { .channel = HUB_BY_DROP, .org = inbox->org, .account = DB_NULL_INT, .name = str_from(name) } };
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return error_set_errno(err, errno, "cannot open %s", path);
    if (!blob_put_fd(inbox->http->blobs, fd, LIMIT_UPLOAD_BYTES, &drop.arrival.blob, &size, err))
        return false;
    drop.arrival.size = (int64_t) size;
    if (!db_write(inbox->run->db, DB_MESSAGES, drop_in_tx, &drop, err) || !write_beside(inbox, name, TAKEN, drop.arrived.uid, err))
        return false;
    inbox->taken++;
    return unlink(path) == 0 || error_set_errno(err, errno, "cannot take %s away", path);
}

static bool is_still(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && g_get_real_time() / G_USEC_PER_SEC - MAX(info.st_mtime, info.st_ctime) >= STILL_S;
}

/* --- Answering --------------------------------------------------------------------------------------------------------------------- */

static Str result_text(const IntakeFindRow *row, Arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);
    JsonWriter json;
    json_writer_init(&json, text, true);
    json_begin_object(&json);
    json_member_str(&json, "intake", row->uid);
    json_member_str(&json, "name", row->name);
    json_member_str(&json, "state", row->state);
    json_member_text(&json, "result", row->result);
    json_member_text(&json, "error", row->error);
    json_end_object(&json);
    g_string_append_c(text, '\n');
    return arena_str(arena, str_from_gstring(text));
}

static bool find_taken(const Inbox *inbox, const char *path, IntakeFindRow *ret_row, bool *ret_ended, GError **err)
{
    g_autoptr(GString) uid = file_read(path, UID_TEXT_MAX, err);
    g_autoptr(DbConn) conn = uid ? db_reader(inbox->run->db, err) : NULL;
    bool found;
    if (!conn || !db_one(conn, IntakeFind, inbox->run->arena, ret_row, &found, err, .uid = str_from_gstring(uid), .id = DB_NULL_INT))
        return false;
    *ret_ended = found && (str_eq(ret_row->state, STR("done")) || str_eq(ret_row->state, STR("refused")) || str_eq(ret_row->state, STR("failed")));
    return true;
}

static bool answer_file(Inbox *inbox, const char *mark, GError **err)
{
    g_autofree char *path = g_build_filename(inbox->folder, mark, NULL), *name = g_strndup(mark, strlen(mark) - strlen(TAKEN));
    IntakeFindRow row;
    bool ended = false;
    if (!find_taken(inbox, path, &row, &ended, err))
        return false;
    if (!ended)
        return true;
    return write_beside(inbox, name, RESULT, result_text(&row, inbox->run->arena), err) && (unlink(path) == 0 || error_set_errno(err, errno, "cannot take %s away", path));
}

/* --- A folder ------------------------------------------------------------------------------------------------------------------------- */

static bool visit_file(Inbox *inbox, const char *name, GError **err)
{
    g_autofree char *path = g_build_filename(inbox->folder, name, NULL);
    bool ours = g_str_has_suffix(name, RESULT), half = g_str_has_suffix(name, ".part") || g_str_has_suffix(name, ".tmp");
    if (name[0] == '.' || ours || half || strlen(name) > NAME_BYTES || !g_utf8_validate(name, -1, NULL))
        return true;
    if (g_str_has_suffix(name, TAKEN))
        return answer_file(inbox, name, err);
    g_autofree char *mark = g_strconcat(path, TAKEN, NULL);
    bool waits = g_file_test(mark, G_FILE_TEST_EXISTS); /* an earlier one of this name has no answer yet */
    return waits || !is_still(path) || take_file(inbox, name, err);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static bool visit_folder(Inbox *inbox, GError **err)
{
    g_autoptr(GDir) dir = g_dir_open(inbox->folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; dir && (name = g_dir_read_name(dir));)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++)
        if (!visit_file(inbox, names->pdata[i], err))
            return false;
    return true;
}

static bool find_org(Inbox *inbox, const char *code, bool *ret_found, GError **err)
{
    g_autoptr(DbConn) conn = db_reader(inbox->run->db, err);
    OrgByCodeRow row;
    if (!conn || !db_one(conn, OrgByCode, inbox->run->arena, &row, ret_found, err, .code = str_from(code)))
        return false;
    inbox->org = *ret_found ? row.id : DB_NULL_INT;
    return true;
}

static bool visit_org(Inbox *inbox, const char *root, const char *code, GError **err)
{
    g_autofree char *folder = g_build_filename(root, code, NULL);
    bool found;
    if (!g_utf8_validate(code, -1, NULL) || !g_file_test(folder, G_FILE_TEST_IS_DIR))
        return true;
    inbox->folder = folder;
    return find_org(inbox, code, &found, err) && (!found || visit_folder(inbox, err));
}

bool job_inbox(JobRun *run, GError **err)
{
    Inbox inbox = { .run = run, .http = run->data };
    inbox.app = inbox.http->data;
    g_autofree char *root = g_build_filename(inbox.http->data_dir, "inbox", NULL);
    g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
    for (const char *code; dir && (code = g_dir_read_name(dir));)
        if (!visit_org(&inbox, root, code, err))
            return false;
    JsonWriter *json = job_result(run);
    json_begin_object(json);
    json_member_int(json, "taken", inbox.taken);
    json_end_object(json);
    return true;
}
