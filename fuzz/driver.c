/* Runs a fuzz target over files and folders named as arguments, for a build without libFuzzer. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy without a byte behind it, so that valgrind and ASan see a read beyond the end. */
static void run_bytes(const char *data, size_t size)
{
    uint8_t *copy = calloc(size, 1);
    if (size > 0)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int run_file(const char *path)
{
    g_autoptr(GError) err = NULL;
    g_autofree char *data = NULL;
    gsize size;
    if (!g_file_get_contents(path, &data, &size, &err)) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
    run_bytes(data, size);
    return 1;
}

static int run_path(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    int count = 0;
    if (!dir)
        return run_file(path);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        count += run_file(file);
    }
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    run_bytes("", 0);
    for (int i = 1; i < argc; i++)
        count += run_path(argv[i]);
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
