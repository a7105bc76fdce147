/* pages.h: private to http: the pages' files inside the program, as tools/embed.py lays them down. */
#pragma once

#include "base/str.h"

typedef struct {
    Str address;
    const char *type;
    Str etag;
    bool lasting; /* the content of this address never changes */
    size_t at, size;
    size_t packed_at, packed_size; /* gzip; 0: none */
} PageFile;

extern const PageFile page_files[]; /* by address */
extern const size_t page_n_files;
extern const char page_bytes[];
