/* bihuan demo city --out DIR */
#include "cmd/demo_city.h"

#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "cmd/packs.h"

#include "base/banned.h"

static bool read_number(const Args *args, const char *name, int64_t *ret_number, GError **err)
{
    const char *text = args_value(args, name);
    if (!text)
        return true;
    return (str_to_int64(str_from(text), ret_number) && *ret_number > 0) || error_set(err, BH_USAGE, "--%s takes a number above 0, not '%s'", name, text);
}

static bool read_day(const Args *args, const char *name, Date *ret_day, GError **err)
{
    const char *text = args_value(args, name);
    return !text || (date_parse(str_from(text), ret_day) && *ret_day > 0) || error_set(err, BH_USAGE, "--%s takes a day like 2026-01-01, not '%s'", name, text);
}

bool demo_city_options(const Args *args, CityOptions *options, GError **err)
{
    int64_t seed = 0;
    options->check = args_has(args, "check");
    bool ok = read_number(args, "people", &options->people, err) && read_number(args, "years", &options->years, err)
              && read_number(args, "institutions", &options->institutions, err) && read_number(args, "seed", &seed, err)
              && read_day(args, "from", &options->first, err);
    options->seed = (uint64_t) seed;
    return ok;
}

static void print_line(void *data, const char *line)
{
    (void) data;
    fprintf(stderr, "%s\n", line);
}

static bool print_report(const char *dir, const PackReport *report, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t i = 0; i < pack_report_count(report); i++)
        if (!pack_report_get(report, i)->warning)
            pack_finding_print(dir, pack_report_get(report, i), out);
    return print_out(str_from_gstring(out), err) && error_set(err, BH_BAD_INPUT, "%zu errors in the recipes", pack_report_errors(report));
}

static bool print_counts(const CityCounts *c, bool check, GError **err)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "%" G_GUINT64_FORMAT " people, %" G_GUINT64_FORMAT " born, %" G_GUINT64_FORMAT " died, %" G_GUINT64_FORMAT " institutions\n", c->people, c->born, c->died,
                           c->institutions);
    g_string_append_printf(out, "%" G_GUINT64_FORMAT " files (%" G_GUINT64_FORMAT " late, %" G_GUINT64_FORMAT " sent twice, %" G_GUINT64_FORMAT " more withheld), %" G_GUINT64_FORMAT
                           " rows, %" G_GUINT64_FORMAT " mistakes, %.1f MB\n", c->files, c->late, c->repeated, c->withheld, c->rows, c->mistakes, (double) c->bytes / 1e6);
    if (check)
        g_string_append_printf(out, "%" G_GUINT64_FORMAT " rows checked: %" G_GUINT64_FORMAT " break a rule without a mistake, %" G_GUINT64_FORMAT " mistakes break no rule\n", c->checked,
                               c->wrong_rows, c->tame_mistakes);
    return print_out(str_from_gstring(out), err);
}

static bool make(const City *city, const Args *args, GError **err)
{
    CityOptions options = { 0 };
    CityCounts counts;
    if (!demo_city_options(args, &options, err) || !city_make(city, &options, args_value(args, "out"), print_line, NULL, &counts, err) || !print_counts(&counts, options.check, err))
        return false;
    return counts.wrong_rows + counts.tame_mistakes == 0 || error_set(err, BH_BAD_INPUT, "the recipes and the packs do not agree");
}

bool demo_city(const Args *args, GError **err)
{
    const char *samples = args_value(args, "samples") ? args_value(args, "samples") : "samples", *packs_dir = args_value(args, "packs") ? args_value(args, "packs") : "packs";
    if (args_count(args) != 1 || !g_str_equal(args_operand(args, 0), "city"))
        return error_set(err, BH_USAGE, "it takes nothing, or city, not '%s'", args_operand(args, args_count(args) - 1));
    if (!args_value(args, "out"))
        return error_set(err, BH_USAGE, "--out says which folder is to be made");
    g_autofree char *dir = g_build_filename(samples, "city", NULL), *orgs_path = g_build_filename(samples, "organisations.csv", NULL);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(PackFiles) recipes = pack_files_read(dir, err);
    g_auto(PackFolder) folder = { NULL, NULL };
    if (!recipes || !pack_folder_load(packs_dir, &folder, err))
        return false;
    g_autoptr(GString) bytes = file_read(orgs_path, LIMIT_IMPORT_BYTES, err);
    CsvTable orgs;
    if (!bytes || !csv_table(str_from_gstring(bytes), LIMIT_ORGS, arena, &orgs, err))
        return false;
    g_autoptr(PackReport) report = pack_report_new();
    g_autoptr(City) city = city_load(recipes, folder.packs, &orgs, report);
    return city ? make(city, args, err) : print_report(dir, report, err);
}
