/* install.h: for tests of the layers above pack: a pack of a few lines, installed in the store of the test. */
#pragma once

#include "fixture.h"
#include "pack/store.h"

typedef struct {
    const char *path, *text; /* "care/pack.yaml", what stands in it */
} InstallFile;

/* The packs as they stand then (packs_unref). What the checker says against them ends the test program. */
PacksRef *install_packs(Fixture *f, const InstallFile *files, size_t n, bool upgrade);
