/* bihuan read: files, folders and standard input through the reader. */

#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/read_xlsx.h"
#include "doc/doc.h"

#include "base/banned.h"

const Option read_options[] = {
    { "json", NULL, "print JSON, one object a line for each document (unless told otherwise)" },
    { "table", NULL, "print a table for people" },
    { "findings", NULL, "print only what is odd in the documents" },
    { "xlsx", "OUT", "write items, targets and findings as a workbook" },
    { "orgs", "FILE", "find owners that are not in this CSV file (every cell is a known name)" },
    { "as-of", "DATE", "find due dates before this day" },
    { NULL, NULL, NULL },
};

typedef void (*Printer)(const Doc *doc, const DocText *text, const Diags *diags, const char *name, GString *out);

typedef struct {
    Printer print;
    ReadBook *book;    /* NULL: no workbook */
    GHashTable *known; /* of Str: keys of names of organisations; NULL: not asked */
    Arena *arena;      /* of the names */
    Date as_of;
    size_t files, failed;
    int first_failure; /* a BhError */
} Reading;

/* --- How it is printed --------------------------------------------------------------------------------------------- */

static void print_json(const Doc *doc, const DocText *text, const Diags *diags, const char *name, GString *out)
{
    (void) name;
    doc_write_json(doc, text, diags, out);
    g_string_append_c(out, '\n');
}

static void print_table(const Doc *doc, const DocText *text, const Diags *diags, const char *name, GString *out)
{
    (void) text;
    g_string_append_printf(out, "%s\n", name);
    doc_write_table(doc, diags, out);
    g_string_append_c(out, '\n');
}

static void print_findings(const Doc *doc, const DocText *text, const Diags *diags, const char *name, GString *out)
{
    (void) doc;
    (void) text;
    doc_write_findings(diags, name, out);
}

static const struct {
    const char *option;
    Printer print;
} printers[] = {
    { "json", print_json },
    { "table", print_table },
    { "findings", print_findings },
    { "xlsx", NULL },
};

/* The one that is asked for; JSON if none is. */
static bool choose_printer(const Args *args, Printer *ret_print, GError **err)
{
    size_t chosen = 0, asked = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(printers); i++)
        if (args_has(args, printers[i].option)) {
            chosen = i;
            asked++;
        }
    if (asked > 1)
        return error_set(err, BH_USAGE, "only one of --json, --table, --findings and --xlsx can be had at a time");
    *ret_print = printers[chosen].print;
    return true;
}

/* --- What is known -------------------------------------------------------------------------------------------------- */

static bool is_known(Str name, void *data)
{
    const Reading *reading = data;
    ArenaMark mark = arena_mark(reading->arena);
    Str key = text_name_key(name, reading->arena);
    bool known = g_hash_table_contains(reading->known, &key);
    arena_rewind(reading->arena, mark);
    return known;
}

static void add_name(Reading *reading, Str name)
{
    Str *kept = ARENA_NEW(reading->arena, Str);
    *kept = text_name_key(name, reading->arena);
    if (kept->n > 0)
        g_hash_table_add(reading->known, kept);
}

/* Cells end at a comma or a line's end; several names in one cell are divided by semicolons, of either width. */
static void add_names(Reading *reading, Str text)
{
    static const Str wide = STR_INIT("\xEF\xBC\x9B");
    size_t from = 0;
    for (size_t i = 0; i <= text.n; i++) {
        bool at_wide = i < text.n && str_starts(str_from_at(text, i), wide);
        if (i < text.n && !at_wide && !strchr(",;\r\n\"", text.p[i]))
            continue;
        add_name(reading, (Str) { text.p + from, i - from });
        from = i + (at_wide ? wide.n : 1);
    }
}

static bool load_names(Reading *reading, const char *path, GError **err)
{
    if (!path)
        return true;
    g_autoptr(GString) content = file_read(path, LIMIT_DOC_FILE_BYTES, err);
    if (!content)
        return false;
    reading->known = g_hash_table_new(str_hash, str_equal);
    if (!utf8_valid(str_from_gstring(content), NULL))
        return error_set(err, BH_BAD_INPUT, "'%s' is not UTF-8", path);
    add_names(reading, str_from_gstring(content));
    return true;
}

/* --- Files ---------------------------------------------------------------------------------------------------------- */

static bool read_bytes(Reading *reading, Str bytes, const char *name, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    DocText text;
    if (!doc_text_read(bytes, name, arena, diags, &text, err))
        return false;
    const Doc *doc = doc_read(&text, arena, diags);
    doc_check(doc, diags, reading->known ? is_known : NULL, reading, reading->as_of);
    diags_sort(diags);
    if (reading->book)
        return read_book_add(reading->book, name, doc, diags, err);
    g_autoptr(GString) out = g_string_new(NULL);
    reading->print(doc, &text, diags, name, out);
    return print_out(str_from_gstring(out), err);
}

static bool read_one(Reading *reading, const char *path, GError **err)
{
    bool standard = g_str_equal(path, "-");
    g_autoptr(GString) content = standard ? file_read_stdin(LIMIT_DOC_FILE_BYTES, err) : file_read(path, LIMIT_DOC_FILE_BYTES, err);
    return content && read_bytes(reading, str_from_gstring(content), standard ? "-" : path, err);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The entries of a folder by name, hidden ones left out. */
static GPtrArray *list_folder(const char *path, GError **err)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, err);
    if (!dir)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));)
        if (name[0] != '.')
            g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_ptr_array_sort(names, by_name);
    return names;
}

/* Adds the file, or all files below the folder. Links to folders are not followed: they may lead in a circle. Of what a
 * folder holds, pipes and devices are left out: reading one may wait for ever. */
static bool collect(const char *path, size_t depth, GPtrArray *files, GError **err)
{
    bool folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    if (!folder || (depth > 0 && g_file_test(path, G_FILE_TEST_IS_SYMLINK))) {
        bool readable = depth == 0 || !g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_REGULAR);
        if (!folder && readable)
            g_ptr_array_add(files, g_strdup(path));
        return true;
    }
    if (depth > LIMIT_DOC_DEPTH)
        return error_set(err, BH_TOO_LARGE, "folders are nested over %d deep at '%s'", LIMIT_DOC_DEPTH, path);
    g_autoptr(GPtrArray) names = list_folder(path, err);
    for (size_t i = 0; names && i < names->len; i++)
        if (!collect(names->pdata[i], depth + 1, files, err))
            return false;
    return names != NULL;
}

static void report(Reading *reading, const char *path, const GError *err)
{
    if (reading->failed++ == 0)
        reading->first_failure = err->domain == BH_ERROR ? err->code : BH_INTERNAL;
    fprintf(stderr, "bihuan read: %s: %s\n", path, err->message);
    if (error_get_hint(err))
        fprintf(stderr, "  %s\n", error_get_hint(err));
}

/* One file: its complaint names it, which the reader, who knows no files, does not. */
static bool read_single(Reading *reading, const char *path, GError **err)
{
    g_autoptr(GError) failure = NULL;
    if (read_one(reading, path, &failure))
        return true;
    if (!strstr(failure->message, path))
        g_prefix_error(&failure, "%s: ", path);
    g_propagate_error(err, g_steal_pointer(&failure));
    return false;
}

/* Of several files each is read whatever became of the others. */
static bool read_files(Reading *reading, const GPtrArray *files, GError **err)
{
    if (files->len == 1)
        return read_single(reading, files->pdata[0], err);
    for (size_t i = 0; i < files->len; i++) {
        g_autoptr(GError) failure = NULL;
        if (!read_one(reading, files->pdata[i], &failure))
            report(reading, files->pdata[i], failure);
    }
    return reading->failed == 0
           || error_set(err, (BhError) reading->first_failure, "%zu of %u files could not be read", reading->failed, files->len);
}

/* --- The command ---------------------------------------------------------------------------------------------------- */

static bool prepare(Reading *reading, const Args *args, GPtrArray *files, GError **err)
{
    const char *as_of = args_value(args, "as-of");
    if (args_count(args) == 0)
        return error_set(err, BH_USAGE, "no file given");
    if (as_of && !date_parse(str_from(as_of), &reading->as_of))
        return error_set(err, BH_USAGE, "'%s' is no date; it is written as 2026-06-30", as_of);
    if (!choose_printer(args, &reading->print, err) || !load_names(reading, args_value(args, "orgs"), err))
        return false;
    for (size_t i = 0; i < args_count(args); i++)
        if (!collect(args_operand(args, i), 0, files, err))
            return false;
    if (files->len == 0)
        return error_set(err, BH_NOT_FOUND, "there is no file in '%s'", args_operand(args, 0));
    reading->book = args_has(args, "xlsx") ? read_book_new(args_value(args, "xlsx"), err) : NULL;
    return reading->book || !args_has(args, "xlsx");
}

bool cmd_read(const Args *args, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    Reading reading = { .arena = arena, .as_of = DATE_NONE };
    bool prepared = prepare(&reading, args, files, err);
    bool done = prepared && read_files(&reading, files, err);
    /* What could be read of several files is in the book. */
    if (reading.book && (done || files->len > 1))
        done = read_book_finish(reading.book, done ? err : NULL) && done;
    read_book_free(reading.book);
    g_clear_pointer(&reading.known, g_hash_table_unref);
    return done;
}
