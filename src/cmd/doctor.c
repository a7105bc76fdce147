/* bihuan doctor: a table of checks, each with what it found and what to do. It changes nothing, and goes on after what fails. */
#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "cmd/proof.h"
#include "db/queries.h"
#include "flow/calendar.h"

#include "base/banned.h"

const Option doctor_options[] = {
    STORE_OPTIONS,
    { "quick", NULL, "leave out what reads everything: files, events" },
    { NULL, NULL, NULL },
};

typedef enum { WELL, WARNING, ILL } Health;

typedef struct {
    const Args *args;
    Config *config;
    Store *store; /* NULL: it could not be opened */
    Arena *arena; /* of what is being checked */
    Health worst;
} Doctor;

/* What a check says: text, and a hint where something must be done. */
typedef struct {
    Health health;
    Str text;
    const char *hint;
} Finding;

#define FOUND(health, hint, ...) (Finding) { health, arena_printf(doctor->arena, __VA_ARGS__), hint }

static Finding from_error(const Doctor *doctor, const GError *err)
{
    const char *hint = error_get_hint(err);
    return FOUND(ILL, hint ? arena_str(doctor->arena, str_from(hint)).p : NULL, "%s", err->message);
}

/* --- The machine ------------------------------------------------------------------------------------------------------- */

enum { SPACE_LITTLE_MB = 5 * 1024, SPACE_NONE_MB = 512 };

static Finding check_space(Doctor *doctor)
{
    struct statvfs info;
    const char *data = config_str(doctor->config, CONFIG_STORE_DATA);
    if (statvfs(data, &info) != 0)
        return FOUND(ILL, "the data folder must be there, and readable", "cannot look at %s: %s", data, g_strerror(errno));
    int64_t free_mb = (int64_t) (info.f_bavail * info.f_frsize / 1024 / 1024);
    Health health = free_mb < SPACE_NONE_MB ? ILL : free_mb < SPACE_LITTLE_MB ? WARNING : WELL;
    return FOUND(health, health == WELL ? NULL : "make room, or move the data folder to a larger disk", "%" G_GINT64_FORMAT " MB free at %s", free_mb, data);
}

static Finding check_modes(Doctor *doctor)
{
    struct stat info;
    const char *data = config_str(doctor->config, CONFIG_STORE_DATA), *key = config_str(doctor->config, CONFIG_KEY_PATH);
    if (stat(data, &info) == 0 && (info.st_mode & 077))
        return FOUND(ILL, "chmod 700 the data folder", "others may read %s", data);
    g_autofree char *inside = g_build_filename(data, "", NULL);
    if (g_str_has_prefix(key, inside))
        return FOUND(WARNING, "move it, and set key.path: who copies the data must not have copied the key", "the key file lies inside the data folder");
    return FOUND(WELL, NULL, "only this user may read the store");
}

static Finding check_programs(Doctor *doctor)
{
    g_autofree char *pdf = g_find_program_in_path("pdftotext");
    return pdf ? FOUND(WELL, NULL, "pdftotext is there") : FOUND(WARNING, "install poppler-utils", "there is no pdftotext: PDF files cannot be read");
}

static Finding check_fonts(Doctor *doctor)
{
    g_autofree char *program = g_find_program_in_path("fc-list"), *out = NULL;
    int status;
    if (!program || !g_spawn_command_line_sync("fc-list :lang=zh family", &out, NULL, &status, NULL))
        return FOUND(WARNING, "install fontconfig and a Chinese font (fonts-noto-cjk) on machines where files are opened", "cannot say which fonts there are");
    return out[0] ? FOUND(WELL, NULL, "there is a Chinese font") : FOUND(WARNING, "install a Chinese font, such as fonts-noto-cjk", "there is no Chinese font");
}

/* --- The store --------------------------------------------------------------------------------------------------------- */

static Finding check_open(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    doctor->store = store_open(doctor->args, STORE_LOOK, &err);
    return doctor->store ? FOUND(WELL, NULL, "%s, with its key file", db_engine(doctor->store->db) == DB_SQLITE ? "SQLite" : "PostgreSQL")
                         : from_error(doctor, err);
}

static Finding check_version(Doctor *doctor)
{
    int store = db_version(doctor->store->db), program = db_version_of_program();
    const char *hint = store < program ? "run: bihuan upgrade" : store > program ? "a newer bihuan wrote it: use that" : NULL;
    return FOUND(hint ? ILL : WELL, hint, "the store has version %d, this program %d", store, program);
}

static Finding check_statements(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(doctor->store->db, &err);
    return conn && db_check_statements(conn, &err) ? FOUND(WELL, NULL, "every statement can be prepared") : from_error(doctor, err);
}

static Finding check_server(Doctor *doctor)
{
    g_autofree char *path = g_build_filename(store_data(doctor->store), "lock", NULL);
    AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
    return FOUND(WELL, NULL, held ? "a process serves the store" : "no process serves the store");
}

static Finding check_clock(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(doctor->store->db, &err);
    EventNewestRow newest;
    bool found;
    char text[INSTANT_TEXT_MAX];
    int64_t now = clock_now_ms(doctor->store->clock);
    if (!conn || !db_one(conn, EventNewest, doctor->arena, &newest, &found, &err))
        return from_error(doctor, err);
    instant_format(now, clock_zone_minutes(doctor->store->clock), text);
    if (found && newest.at != DB_NULL_INT && newest.at > now)
        return FOUND(ILL, "set the machine's clock (timedatectl)", "it is %s, but the last event is later", text);
    return FOUND(WELL, NULL, "%s%s", text, doctor->store->demo ? ", by the demo's own clock" : "");
}

/* --- Files ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Doctor *doctor;
    int64_t blobs, bytes, bad, strays;
    Str first_bad;
} BlobCount;

static bool count_blob(void *data, BlobId id, uint64_t stored_bytes, const char *stray)
{
    BlobCount *count = data;
    g_autoptr(GError) err = NULL;
    if (stray) {
        count->strays++;
        return true;
    }
    count->blobs++;
    count->bytes += (int64_t) stored_bytes;
    if (!blob_verify(count->doctor->store->blobs, id, &err) && count->bad++ == 0)
        count->first_bad = arena_str(count->doctor->arena, str_from(err->message));
    return true;
}

static Finding check_blobs(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    BlobCount count = { .doctor = doctor };
    if (!blob_list(doctor->store->blobs, count_blob, &count, &err))
        return from_error(doctor, err);
    if (count.bad > 0)
        return FOUND(ILL, "take them from a backup, or put the originals again", "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " files are damaged: " STR_FMT,
                     count.bad, count.blobs, STR_ARG(count.first_bad));
    return FOUND(count.strays > 0 ? WARNING : WELL, count.strays > 0 ? "look what lies in blobs/ that is not ours" : NULL,
                 "%" G_GINT64_FORMAT " files, %" G_GINT64_FORMAT " bytes, each opened with the key and as its name says", count.blobs, count.bytes);
}

static Finding check_named(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(doctor->store->db, &err);
    g_autoptr(DbRows) rows = conn ? db_query(conn, BlobsNamed, &err) : NULL;
    int64_t named = 0, missing = 0;
    for (BlobsNamedRow row; rows && db_next(rows, &row, &err); named++) {
        BlobId id;
        missing += !hex_read(row.blob, HASH_SIZE, id.bytes) || !blob_exists(doctor->store->blobs, id);
    }
    if (!db_rows_ok(rows))
        return from_error(doctor, err);
    if (missing > 0)
        return FOUND(ILL, "take them from a backup", "of %" G_GINT64_FORMAT " files that the database names %" G_GINT64_FORMAT " are missing", named, missing);
    return FOUND(WELL, NULL, "all %" G_GINT64_FORMAT " files that the database names are there", named);
}

/* Without its notice a year's holidays are working days: reminders and duties would fall on them. */
static Finding check_calendar(Doctor *doctor)
{
    enum { AHEAD_DAYS = 60 };
    g_autoptr(GError) err = NULL;
    g_autoptr(DbConn) conn = db_reader(doctor->store->db, &err);
    Calendar calendar;
    Date today = clock_today(doctor->store->clock);
    int year, month, day;
    if (!conn || !calendar_load(conn, doctor->arena, STR("cn"), &calendar, &err))
        return from_error(doctor, err);
    date_to_ymd(calendar_knows(&calendar, today, today) ? today + AHEAD_DAYS : today, &year, &month, &day);
    if (calendar_knows(&calendar, today, today + AHEAD_DAYS))
        return FOUND(WELL, NULL, "working days are known for the next %d days", AHEAD_DAYS);
    return FOUND(WARNING, "bihuan calendar import FILE, as soon as the notice is there", "the holidays of %d are not known: only weekends are free", year);
}

/* --- Proof ------------------------------------------------------------------------------------------------------------- */

static Finding check_chain(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    AuditReport report;
    if (!proof_of_chain(doctor->store, doctor->arena, NULL, &report, &err))
        return from_error(doctor, err);
    if (report.n_problems > 0)
        return FOUND(ILL, "see: bihuan audit verify", "%zu problems in the chain of events", report.n_problems);
    return FOUND(WELL, NULL, "%" G_GINT64_FORMAT " events, unbroken, as anchored", report.events);
}

static Finding check_ledger(Doctor *doctor)
{
    g_autoptr(GError) err = NULL;
    RebuildReport report;
    if (!ledger_rebuild_check(doctor->store->db, doctor->arena, &report, &err))
        return from_error(doctor, err);
    if (report.n_problems > 0)
        return FOUND(ILL, "see: bihuan audit rebuild --check", "%zu problems in the tables", report.n_problems);
    return FOUND(WELL, NULL, "%" G_GINT64_FORMAT " tasks stand as their events say", report.tasks);
}

/* --- The table --------------------------------------------------------------------------------------------------------- */

enum { NEEDS_STORE = 1, NEEDS_VERSION = 2, IS_SLOW = 4 };

static const struct {
    const char *name;
    Finding (*check)(Doctor *doctor);
    unsigned needs;
} checks[] = {
    { "disk", check_space, 0 },
    { "access", check_modes, 0 },
    { "programs", check_programs, 0 },
    { "fonts", check_fonts, 0 },
    { "store", check_open, 0 },
    { "version", check_version, NEEDS_STORE },
    { "server", check_server, NEEDS_STORE },
    { "statements", check_statements, NEEDS_STORE | NEEDS_VERSION },
    { "clock", check_clock, NEEDS_STORE | NEEDS_VERSION },
    { "named", check_named, NEEDS_STORE | NEEDS_VERSION },
    { "calendar", check_calendar, NEEDS_STORE | NEEDS_VERSION },
    { "files", check_blobs, NEEDS_STORE | IS_SLOW },
    { "events", check_chain, NEEDS_STORE | NEEDS_VERSION | IS_SLOW },
    { "ledger", check_ledger, NEEDS_STORE | NEEDS_VERSION | IS_SLOW },
};

static bool can_check(const Doctor *doctor, unsigned needs)
{
    bool current = doctor->store && db_version(doctor->store->db) == db_version_of_program();
    return (doctor->store || !(needs & NEEDS_STORE)) && (current || !(needs & NEEDS_VERSION)) && !((needs & IS_SLOW) && args_has(doctor->args, "quick"));
}

static void print_finding(const char *name, const Finding *finding)
{
    static const char *const words[] = { [WELL] = "ok", [WARNING] = "look", [ILL] = "FAIL" };
    printf("%-5s %-11s " STR_FMT "\n", words[finding->health], name, STR_ARG(finding->text));
    if (finding->health != WELL && finding->hint)
        printf("                  %s\n", finding->hint);
    fflush(stdout);
}

bool cmd_doctor(const Args *args, GError **err)
{
    g_autoptr(Config) config = store_config(args, err);
    Doctor doctor = { .args = args, .config = config };
    if (!config)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (!can_check(&doctor, checks[i].needs))
            continue;
        g_autoptr(Arena) arena = arena_new();
        doctor.arena = arena;
        Finding finding = checks[i].check(&doctor);
        print_finding(checks[i].name, &finding);
        doctor.worst = MAX(doctor.worst, finding.health);
    }
    store_close(doctor.store);
    return doctor.worst < ILL || error_set(err, BH_INTERNAL, "something must be done");
}
