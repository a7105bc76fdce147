/* bihuan audit verify, anchor, rebuild, export: they read the store themselves, also beside a running server: a proof that the server gives of itself proves little.
 * audit check reads no store at all. */
#include "audit/audit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "cmd/call.h"
#include "cmd/proof.h"

#include "base/banned.h"

static void show_chain(int64_t done, int64_t total, void *data)
{
    (void) data;
    if (isatty(STDERR_FILENO) && total > 0)
        fprintf(stderr, "\r\033[K%d%%", (int) (100 * done / total));
}

static bool check_anchor_file(Store *store, Arena *arena, const char *path, AuditReport *report, GError **err)
{
    g_autoptr(GString) anchors = file_read(path, LIMIT_ANCHORS_BYTES, err);
    if (!anchors)
        return false;
    if (audit_anchor_check(store->db, arena, str_from_gstring(anchors), store->keys, report, err))
        return true;
    g_prefix_error(err, "%s: ", path);
    return false;
}

bool proof_of_chain(Store *store, Arena *arena, const char *anchors, AuditReport *ret_report, GError **err)
{
    bool read = audit_verify(store->db, arena, show_chain, NULL, ret_report, err);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (!read || (anchors && !check_anchor_file(store, arena, anchors, ret_report, err)))
        return false;
    g_autofree char *folder = g_build_filename(store_data(store), "anchors", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL); /* none before the first day has passed */
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_str_has_suffix(name, ".jsonl") && !check_anchor_file(store, arena, path, ret_report, err))
            return false;
    }
    return true;
}

bool audit_verify_chain(const Args *args, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Store) store = store_open(args, STORE_READ, err);
    AuditReport report;
    if (!store || !proof_of_chain(store, arena, args_value(args, "anchor"), &report, err))
        return false;
    for (size_t i = 0; i < report.n_problems; i++)
        printf("event %" G_GINT64_FORMAT ": %s\n", report.problems[i].seq, report.problems[i].code);
    printf("%" G_GINT64_FORMAT " events, the last %s\n", report.events, report.head.hash);
    fflush(stdout);
    if (report.n_problems == 0)
        return true;
    error_set(err, BH_INTERNAL, "the chain does not hold: %zu problems", report.n_problems);
    return error_hint(err, "keep the store as it is, and compare with a backup: the first problem is where it begins");
}

static bool append_anchor(const char *path, Str line, GError **err)
{
    if (!file_append_sync(path, line, err))
        return false;
    printf("anchored in %s\n", path);
    return true;
}

bool audit_make_anchor(const Args *args, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) line = g_string_new(NULL);
    g_autoptr(Store) store = store_open(args, STORE_READ, err);
    g_autoptr(DbConn) conn = store ? db_reader(store->db, err) : NULL;
    const char *out = args_value(args, "out");
    char at[INSTANT_TEXT_MAX];
    AuditHead head;
    if (!conn || !audit_head(conn, arena, &head, err))
        return false;
    instant_format(clock_now_ms(store->clock), clock_zone_minutes(store->clock), at);
    if (!audit_anchor_make(&head, at, store->keys, line, err))
        return false;
    return out ? append_anchor(out, str_from_gstring(line), err) : print_out(str_from_gstring(line), err);
}

static void print_difference(const struct RebuildProblem *problem)
{
    printf("%s " STR_FMT ": " STR_FMT " is " STR_FMT ", by its events " STR_FMT "\n", problem->kind, STR_ARG(problem->uid), STR_ARG(problem->key),
           STR_ARG(problem->row_says), STR_ARG(problem->event_says));
}

bool audit_rebuild(const Args *args, GError **err)
{
    if (!args_has(args, "check"))
        return error_set(err, BH_USAGE, "only --check is there: events prove the tables, they do not replace them");
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Store) store = store_open(args, STORE_READ, err);
    RebuildReport report;
    if (!store || !ledger_rebuild_check(store->db, arena, &report, err))
        return false;
    for (size_t i = 0; i < report.n_problems; i++)
        print_difference(&report.problems[i]);
    printf("%" G_GINT64_FORMAT " tasks held against their events\n", report.tasks);
    fflush(stdout);
    return report.n_problems == 0 || error_set(err, BH_INTERNAL, "the tables differ from the events: %zu problems", report.n_problems);
}

/* --- The proof as a file ------------------------------------------------------------------------------------------------- */

bool audit_export(const Args *args, GError **err)
{
    const char *path = args_operand(args, 0);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(Store) store = store_open(args, STORE_READ, err);
    g_autoptr(GString) anchors = store ? audit_anchors_read(store_data(store), err) : NULL;
    g_autoptr(AtomicFile) to = anchors ? atomic_file_new(folder, err) : NULL;
    char made[INSTANT_TEXT_MAX];
    if (!to)
        return false;
    instant_format(clock_now_ms(store->clock), clock_zone_minutes(store->clock), made);
    if (!audit_proof_write(store->db, 1, 0, str_from_gstring(anchors), made, store->keys, sink_to_fd(atomic_file_fd_place(to)), err)
        || !atomic_file_commit(to, path, 0600, err))
        return false;
    printf("written to %s\n", path);
    return true;
}

static bool check_mapped(const Args *args, Str proof, const KeyRing *keys, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    AuditReport report;
    if (!audit_proof_check(proof, keys, str_from(args_value(args, "head")), arena, &report, err))
        return false;
    for (size_t i = 0; i < report.n_problems; i++)
        printf("event %" G_GINT64_FORMAT ": %s\n", report.problems[i].seq, report.problems[i].code);
    printf("%" G_GINT64_FORMAT " events, the last %s\n", report.events, report.head.hash);
    printf("%s\n", keys ? "the anchors were made with this key" : "without --key-path nobody can tell who made the anchors");
    fflush(stdout);
    return report.n_problems == 0 || error_set(err, BH_INTERNAL, "the proof does not hold: %zu problems", report.n_problems);
}

bool audit_check_file(const Args *args, GError **err)
{
    g_autoptr(GError) failure = NULL;
    const char *path = args_operand(args, 0), *key_path = args_value(args, "key-path");
    g_autoptr(KeyRing) keys = key_path ? key_ring_load(key_path, err) : NULL;
    if (key_path && !keys)
        return false;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &failure);
    if (!file)
        return error_set(err, BH_NOT_FOUND, "cannot read %s: %s", path, failure->message);
    bool held = check_mapped(args, (Str) { g_mapped_file_get_contents(file), g_mapped_file_get_length(file) }, keys, err);
    g_mapped_file_unref(file);
    return held;
}
