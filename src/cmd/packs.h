/* packs.h: private to cmd: folders of packs. */
#pragma once

#include "cmd/call.h"
#include "pack/pack.h"

extern const Call pack_calls[];

/* Checks what was named: packs, folders of packs, files of them. */
bool pack_check(const Args *args, GError **err);
/* A path without slashes at its end; "." and the like, which have no name of their own, as they are called in full. */
char *pack_plain_path(const char *path);
bool pack_is_in(const char *dir); /* holds a pack.yaml */
bool pack_test(const Args *args, GError **err); /* pack_test.c */
bool pack_list(const Args *args, GError **err);
bool pack_show(const Args *args, GError **err);
bool pack_print_schema(const Args *args, GError **err);
bool pack_new(const Args *args, GError **err);

/* Sections of all layers: whoever loads packs takes them, or what stands in them is refused. */
PackSections *pack_all_sections(void);

/* pack_store.c: packs of folders and those of a store. */
bool pack_install_call(CallRun *run, GError **err);
bool pack_upgrade_call(CallRun *run, GError **err);
bool pack_print_diff(const Args *args, GError **err);

enum { PACK_ZONE_MINUTES = 480 }; /* where no store says otherwise */

/* A folder with its packs; what was wrong is printed, and err set where a pack that is wanted was refused. */
typedef struct {
    PacksRef *packs;
    PackReport *report;
} PackFolder;
void pack_folder_clear(PackFolder *folder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PackFolder, pack_folder_clear)
bool pack_folder_load(const char *dir, PackFolder *ret_folder, GError **err);

/* Appends "DIR/FILE:LINE:COLUMN: TEXT [CODE]" and a line's end. */
void pack_finding_print(const char *dir, const PackFinding *finding, GString *out);
