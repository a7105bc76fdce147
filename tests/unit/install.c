#include "install.h"

#include "base/banned.h"

PacksRef *install_packs(Fixture *f, const InstallFile *files, size_t n, bool upgrade)
{
    enum { ZONE_MINUTES = 480 };
    g_autoptr(GError) err = NULL;
    g_autoptr(PackFiles) all = pack_files_new();
    g_autoptr(PackReport) report = NULL;
    PackInstalled done;
    PacksRef *packs = NULL;
    for (size_t i = 0; i < n; i++)
        pack_files_add(all, str_from(files[i].path), str_from(files[i].text));
    PackWish wish = { .files = all, .upgrade = upgrade, .zone_minutes = ZONE_MINUTES, .who = { STR_NONE, "command", clock_now_ms(f->clock) }, .account = DB_NULL_INT };
    if (!pack_install(f->db, &wish, f->arena, &done, &packs, &report, &err))
        for (size_t i = 0; report && i < pack_report_count(report); i++)
            g_test_message(STR_FMT, STR_ARG(pack_report_get(report, i)->text));
    g_assert_no_error(err);
    return packs;
}
