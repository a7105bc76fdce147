/* bihuan pack new: three files from templates that come with the program. */
#include <sys/stat.h>

#include "base/file.h"
#include "cmd/packs.h"

#include "base/banned.h"

extern const unsigned char new_pack[], new_proof[], new_records[];
extern const size_t new_pack_size, new_proof_size, new_records_size;

static const struct {
    const char *path;
    const unsigned char *bytes;
    const size_t *size;
} templates[] = {
    { "pack.yaml", new_pack, &new_pack_size },
    { "tests/proof.yaml", new_proof, &new_proof_size },
    { "tests/visits.csv", new_records, &new_records_size },
};

/* The template with the pack's id for each NAME. */
static GString *fill(Str template, const char *id)
{
    GString *text = g_string_new_len(template.p, (gssize) template.n);
    g_string_replace(text, "NAME", id, 0);
    return text;
}

static bool write_one(const char *dir, size_t i, const char *id, GError **err)
{
    g_autofree char *path = g_build_filename(dir, templates[i].path, NULL);
    g_autoptr(GString) text = fill((Str) { (const char *) templates[i].bytes, *templates[i].size }, id);
    return file_write_atomic(path, str_from_gstring(text), 0644, err);
}

bool pack_new(const Args *args, GError **err)
{
    const char *id = args_operand(args, 0), *dir = args_count(args) > 1 ? args_operand(args, 1) : "packs";
    if (!pack_id_allowed(str_from(id)))
        return error_set(err, BH_BAD_INPUT, "'%s' cannot be a pack's name: small letters, digits and single _ between them, a letter first, at most 20, no word of SQL", id);
    g_autofree char *folder = g_build_filename(dir, id, NULL), *tests = g_build_filename(folder, "tests", NULL);
    if (g_file_test(folder, G_FILE_TEST_EXISTS))
        return error_set(err, BH_CONFLICT, "'%s' is there already", folder);
    if (g_mkdir_with_parents(tests, 0755) != 0)
        return error_set_errno(err, errno, "cannot make the folder '%s'", tests);
    for (size_t i = 0; i < G_N_ELEMENTS(templates); i++)
        if (!write_one(folder, i, id, err))
            return false;
    g_autofree char *says = g_strdup_printf("%s/pack.yaml: change it, then: bihuan pack check %s\n", folder, folder);
    return print_out(str_from(says), err);
}
