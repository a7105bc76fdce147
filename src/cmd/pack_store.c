/* bihuan pack install, upgrade, diff, installed: packs of folders and those of a store. */
#include "cmd/calls.h"
#include "cmd/packs.h"
#include "base/file.h"
#include "pack/store.h"

#include <stdio.h>

#include "base/banned.h"

/* --- What is meant ------------------------------------------------------------------------------------------------------------- */

/* A folder of packs, and which of them. */
typedef struct {
    PackFiles *files;
    Str *names;
    size_t n; /* 0: all */
} Meant;

static void meant_clear(Meant *meant)
{
    pack_files_free(meant->files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Meant, meant_clear)

static bool is_one(const char *path)
{
    g_autofree char *file = g_build_filename(path, "pack.yaml", NULL), *base = g_path_get_basename(path);
    return g_file_test(file, G_FILE_TEST_IS_REGULAR) || g_str_equal(base, "local");
}

/* "packs/immunization", "packs/local", or "packs": all of one folder. */
static bool find_meant(const Args *args, size_t first, size_t end, Arena *arena, Meant *ret_meant, GError **err)
{
    g_autofree char *dir = NULL;
    ret_meant->names = ARENA_ARRAY(arena, Str, end - first + 1);
    for (size_t i = first; i < end; i++) {
        g_autofree char *path = g_canonicalize_filename(args_operand(args, i), NULL);
        bool one = is_one(path);
        g_autofree char *folder = one ? g_path_get_dirname(path) : g_strdup(path), *base = g_path_get_basename(path);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR))
            return error_set(err, BH_NOT_FOUND, "there is no folder '%s'", args_operand(args, i));
        if (dir && (!g_str_equal(dir, folder) || !one || ret_meant->n == 0))
            return error_set(err, BH_USAGE, "packs of one folder go together, or the folder as a whole");
        if (!dir)
            dir = g_steal_pointer(&folder);
        if (one)
            ret_meant->names[ret_meant->n++] = arena_str(arena, str_from(base));
    }
    ret_meant->files = pack_files_read(dir, err);
    return ret_meant->files != NULL;
}

/* --- Installing ---------------------------------------------------------------------------------------------------------------------- */

static bool send_files(CallRun *run, const PackFiles *files, Str *ret_uid, GError **err)
{
    g_autoptr(TempDir) dir = temp_dir_new(err);
    g_autoptr(GString) zip = g_string_new(NULL);
    if (!dir || !pack_files_zip(files, zip, err))
        return false;
    g_autofree char *path = g_build_filename(temp_dir_path(dir), "packs.zip", NULL);
    return file_write_atomic(path, str_from_gstring(zip), 0600, err) && client_upload(run->client, path, run->arena, ret_uid, err);
}

static bool send_wish(CallRun *run, const Meant *meant, bool upgrade, GError **err)
{
    g_autoptr(GString) body = g_string_new(NULL);
    JsonWriter json;
    ClientAnswer answer;
    Str uid;
    if (!send_files(run, meant->files, &uid, err))
        return false;
    json_writer_init(&json, body, false);
    json_begin_object(&json);
    json_member_str(&json, "upload", uid);
    json_member_bool(&json, "upgrade", upgrade);
    json_member_bool(&json, "check", args_has(run->args, "check"));
    if (meant->n > 0) {
        json_key(&json, "packs");
        json_begin_array(&json);
        for (size_t i = 0; i < meant->n; i++)
            json_str(&json, meant->names[i]);
        json_end_array(&json);
    }
    json_end_object(&json);
    const ClientCall call = { "POST", STR("/packs"), str_from_gstring(body), NO_VERSION };
    return client_call(run->client, &call, run->arena, &answer, err) && call_show(run, &answer, err);
}

static bool install(CallRun *run, bool upgrade, GError **err)
{
    g_auto(Meant) meant = { 0 };
    return find_meant(run->args, 0, args_count(run->args), run->arena, &meant, err) && send_wish(run, &meant, upgrade, err);
}

bool pack_install_call(CallRun *run, GError **err)
{
    return install(run, false, err);
}

bool pack_upgrade_call(CallRun *run, GError **err)
{
    return install(run, true, err);
}

/* --- Differences ------------------------------------------------------------------------------------------------------------------------ */

static void print_change(const PackChange *change, GString *out)
{
    const Str none = STR("-");
    g_string_append_printf(out, "  " STR_FMT ": " STR_FMT, STR_ARG(change->at), STR_ARG(change->was.p ? change->was : none));
    if (!change->was.p || !change->now.p || !str_eq(change->was, change->now))
        g_string_append_printf(out, " -> " STR_FMT, STR_ARG(change->now.p ? change->now : none));
    if (change->local.p)
        g_string_append_printf(out, " (here: " STR_FMT "%s)", STR_ARG(change->local), change->clash ? ", which stays: look whether it is still meant" : "");
    g_string_append_c(out, '\n');
}

static void print_changes(Str name, PackChanges changes, GString *out)
{
    g_string_append_printf(out, STR_FMT ": %zu differences\n", STR_ARG(name), changes.n);
    for (size_t i = 0; i < changes.n; i++)
        print_change(&changes.v[i], out);
}

/* Those that were named; else all of the folder. */
static void diff_all(const Meant *meant, const PackFiles *base, Arena *arena, GString *out)
{
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(PackSections) sections = pack_all_sections();
    g_autoptr(PacksRef) packs = meant->n == 0 ? packs_load(meant->files, sections, PACK_ZONE_MINUTES, report) : NULL;
    print_changes(STR("elements.yaml"), pack_diff(base, meant->files, STR("elements.yaml"), arena), out);
    for (size_t i = 0; i < meant->n; i++)
        print_changes(meant->names[i], pack_diff(base, meant->files, meant->names[i], arena), out);
    for (size_t i = 0; packs && i < packs_count(packs); i++)
        print_changes(packs_get(packs, i)->id, pack_diff(base, meant->files, packs_get(packs, i)->id, arena), out);
}

bool pack_print_diff(const Args *args, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(Store) store = store_open(args, STORE_READ, err);
    g_autoptr(DbConn) conn = store ? db_reader(store->db, err) : NULL;
    g_autoptr(PackFiles) base = conn ? pack_store_files(conn, err) : NULL;
    g_auto(Meant) meant = { 0 };
    if (!base || !find_meant(args, 0, args_count(args), arena, &meant, err))
        return false;
    diff_all(&meant, base, arena, out);
    return print_out(str_from_gstring(out), err);
}
