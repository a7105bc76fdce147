/* Code tables, written in the pack or in a CSV file beside it. */
#include <stdlib.h>

#include "base/csv.h"
#include "base/limits.h"
#include "base/near.h"
#include "pack/load.h"

#include "base/banned.h"

/* --- From CSV -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t at;
    bool required, date;
} columns[] = {
    { "code", offsetof(PackCode, code), true, false },       { "name", offsetof(PackCode, name), true, false },
    { "name_en", offsetof(PackCode, name_en), false, false }, { "parent", offsetof(PackCode, parent), false, false },
    { "valid_from", offsetof(PackCode, from), false, true },  { "valid_to", offsetof(PackCode, to), false, true },
};

typedef struct {
    Load *load;
    CsvReader csv;
    Str path;
    int *place; /* by column of the file: which of `columns`, -1: none */
    size_t n_place;
    ARENA_LIST(PackCode) codes;
    ARENA_LIST(int64_t) lines;
} Table;

static bool read_header(Table *t)
{
    bool ok = true;
    t->n_place = t->csv.n_fields;
    t->place = ARENA_ARRAY(t->load->arena, int, t->n_place);
    for (size_t c = 0; c < t->n_place; c++) {
        Str head = str_trim(t->csv.fields[c]);
        t->place[c] = -1;
        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
            if (str_eq(head, str_from(columns[i].name)))
                t->place[c] = (int) i;
        if (t->place[c] < 0) {
            pack_find_line(t->load->report, t->path, 1, "pack-csv", "there is no column '" STR_FMT "'; there are code, name, name_en, parent, valid_from, valid_to",
                           STR_ARG(utf8_head(head, 60)));
            ok = false;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        size_t found = 0;
        for (size_t c = 0; c < t->n_place; c++)
            found += t->place[c] == (int) i;
        if (found > 1 || (found == 0 && columns[i].required)) {
            pack_find_line(t->load->report, t->path, 1, "pack-csv", found ? "the column '%s' stands there twice" : "the column '%s' is missing", columns[i].name);
            ok = false;
        }
    }
    return ok;
}

static void read_cell(Table *t, PackCode *code, size_t column, Str cell)
{
    void *out = (char *) code + columns[column].at;
    if (cell.n == 0)
        return;
    if (!columns[column].date)
        *(Str *) out = arena_str(t->load->arena, cell);
    else if (!date_parse(cell, out))
        pack_find_line(t->load->report, t->path, (size_t) t->csv.line, "pack-value", "'" STR_FMT "' is not a day, as 2026-01-31", STR_ARG(utf8_head(cell, 60)));
}

static void read_row(Table *t)
{
    PackCode code = { .from = DATE_NONE, .to = DATE_NONE };
    if (t->csv.n_fields > t->n_place)
        pack_find_line(t->load->report, t->path, (size_t) t->csv.line, "pack-csv", "the row has %zu fields, the header %zu", t->csv.n_fields, t->n_place);
    for (size_t c = 0; c < MIN(t->csv.n_fields, t->n_place); c++)
        read_cell(t, &code, (size_t) t->place[c], str_trim(t->csv.fields[c]));
    if (!code.code.p || !code.name.p) {
        pack_find_line(t->load->report, t->path, (size_t) t->csv.line, "pack-csv", "code or name is empty");
        return;
    }
    *ARENA_PUSH(t->load->arena, &t->codes) = code;
    *ARENA_PUSH(t->load->arena, &t->lines) = t->csv.line;
}

static void csv_failed(const Table *t, const GError *err)
{
    int64_t line = 0;
    Str at = str_from(error_get_at(err));
    if (at.p)
        (void) str_to_int64(str_cut(&at, ':'), &line);
    pack_find_line(t->load->report, t->path, (size_t) line, "pack-csv", "%s", err->message);
}

static void read_csv(Table *t, const PackFile *file)
{
    g_autoptr(GError) err = NULL;
    bool more = false;
    if (!csv_init(&t->csv, file->bytes, t->load->arena, &err) || !csv_next(&t->csv, &more, &err)) {
        csv_failed(t, err);
        return;
    }
    if (!more || !read_header(t))
        return;
    while (csv_next(&t->csv, &more, &err) && more && t->codes.n < LIMIT_PACK_CODES)
        read_row(t);
    if (err)
        csv_failed(t, err);
    else if (more)
        pack_find_line(t->load->report, t->path, (size_t) t->csv.line, "pack-too-many", "more than %d codes", LIMIT_PACK_CODES);
}

/* --- What holds of all ------------------------------------------------------------------------------------------------- */

/* A finding at a code, wherever it stands. */
typedef struct {
    Load *load;
    const PackCodes *table;
    Str path;
    const int64_t *lines; /* NULL: in the pack */
} Place;

static void find(const Place *p, size_t i, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);
static void find(const Place *p, size_t i, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (p->lines)
        pack_find_line(p->load->report, p->path, (size_t) p->lines[i], code, "%s", text);
    else
        yaml_find(p->load->report, p->table->values.v[i].entry.node, code, "%s", text);
}

static bool overlap(const PackCode *a, const PackCode *b)
{
    return (a->from == DATE_NONE || b->to == DATE_NONE || a->from <= b->to) && (b->from == DATE_NONE || a->to == DATE_NONE || b->from <= a->to);
}

enum { EDITIONS_MAX = 100 };

static bool is_twice(const Place *p, const ptrdiff_t *before, size_t i)
{
    size_t editions = 1;
    for (ptrdiff_t b = before[i]; b >= 0; b = before[b])
        if (overlap(&p->table->values.v[b], &p->table->values.v[i]) || ++editions > EDITIONS_MAX)
            return true;
    return false;
}

/* Rows by code; each holds the place of the one before of the same code, so that a code with many editions is compared with these only. */
static void check_rows(const Place *p)
{
    g_autoptr(GHashTable) last = g_hash_table_new(str_hash, str_equal);
    size_t n = p->table->values.n;
    ptrdiff_t *before = g_new(ptrdiff_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        PackCode *code = LOAD_MINE(PackCode, p->table->values, i);
        gpointer found = g_hash_table_lookup(last, &code->code);
        before[i] = GPOINTER_TO_SIZE(found) ? (ptrdiff_t) GPOINTER_TO_SIZE(found) - 1 : -1;
        if (is_twice(p, before, i))
            find(p, i, "pack-code-twice", "the code '" STR_FMT "' stands there twice for the same days, or more than %d times", STR_ARG(code->code), EDITIONS_MAX);
        g_hash_table_insert(last, &code->code, GSIZE_TO_POINTER(i + 1));
        if (code->from != DATE_NONE && code->to != DATE_NONE && code->from > code->to)
            find(p, i, "pack-value", "valid_from is after valid_to");
    }
    g_free(before);
    for (size_t i = 0; i < n; i++) {
        const PackCode *code = &p->table->values.v[i];
        if (code->parent.p && (!g_hash_table_contains(last, &code->parent) || str_eq(code->parent, code->code)))
            find(p, i, "pack-code-parent", "there is no other code '" STR_FMT "' to be above it", STR_ARG(code->parent));
    }
}

enum { LEVELS_MAX = 64 };

/* A chain of parents comes back to itself where it does not end. */
static void check_chains(const Place *p)
{
    g_autoptr(GHashTable) first = g_hash_table_new(str_hash, str_equal);
    size_t n = p->table->values.n;
    for (size_t i = n; i-- > 0;)
        g_hash_table_insert(first, &LOAD_MINE(PackCode, p->table->values, i)->code, LOAD_MINE(PackCode, p->table->values, i));
    for (size_t i = 0; i < n; i++) {
        const PackCode *code = &p->table->values.v[i];
        size_t steps = 0;
        for (; code && code->parent.p && !str_eq(code->parent, code->code) && steps < LEVELS_MAX; steps++)
            code = g_hash_table_lookup(first, &code->parent);
        if (steps == LEVELS_MAX) {
            find(p, i, "pack-code-parent", "the codes above '" STR_FMT "' lead in a circle, or over %d levels", STR_ARG(p->table->values.v[i].code), LEVELS_MAX);
            return;
        }
    }
}

const ExprCodes *load_codes_as(Arena *arena, const PackCodes *table, Str name)
{
    g_autoptr(GHashTable) rank = g_hash_table_new(str_hash, str_equal);
    ExprCode *codes = ARENA_ARRAY(arena, ExprCode, table->values.n);
    for (size_t i = 0; i < table->values.n; i++) {
        PackCode *code = LOAD_MINE(PackCode, table->values, i);
        gpointer found = g_hash_table_lookup(rank, &code->code);
        size_t its = found ? GPOINTER_TO_SIZE(found) : g_hash_table_size(rank) + 1;
        g_hash_table_insert(rank, &code->code, GSIZE_TO_POINTER(its));
        codes[i] = (ExprCode) { code->code, code->parent, (int32_t) its, code->from, code->to };
    }
    return expr_codes_new(arena, name, codes, table->values.n, table->ranked);
}

static void load_table(Load *load, PackCodes *table, Str folder)
{
    Table t = { .load = load };
    table->pack = load->pack;
    if (!yaml_get(table->entry.node, "values") == !yaml_get(table->entry.node, "file")) {
        yaml_find_key(load->report, table->entry.node, "pack-codes", "a code table has either values or a file");
    } else if (table->values.n == 0 && !table->file.p) {
        if (yaml_get(table->entry.node, "values") && yaml_get(table->entry.node, "values")->n == 0)
            yaml_find_key(load->report, table->entry.node, "pack-codes", "the code table holds no code");
    } else if (table->file.p) {
        const Yaml *named = yaml_get(table->entry.node, "file");
        bool local = str_starts(named->file->path, STR("local/")); /* what is laid over a pack brings its own */
        t.path = arena_printf(load->arena, "%s" STR_FMT STR_FMT, local ? "local/" : "", STR_ARG(folder), STR_ARG(table->file));
        const PackFile *file = pack_files_find(load->files, t.path);
        if (!file)
            yaml_find(load->report, named, "pack-file", "there is no file '" STR_FMT "'", STR_ARG(t.path));
        else
            read_csv(&t, file);
        table->values.v = t.codes.v;
        table->values.n = t.codes.n;
        if (file && table->values.n == 0)
            yaml_find(load->report, named, "pack-csv", "the file holds no code");
    }
    Place place = { load, table, t.path, t.lines.v };
    check_rows(&place);
    check_chains(&place);
    table->codes = load_codes_as(load->arena, table, table->entry.id);
}

void load_codes(Load *load, const PackCodes *codes, size_t n, Str folder)
{
    for (size_t i = 0; i < n; i++)
        load_table(load, (PackCodes *) &codes[i], folder);
}

/* --- Finding one -------------------------------------------------------------------------------------------------------- */

static const PackCodes *find_in(const PackCodes *codes, size_t n, Str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(codes[i].entry.id, id))
            return &codes[i];
    return NULL;
}

const PackCodes *load_find_codes(const Load *load, Str name)
{
    Str rest = name, first = str_cut(&rest, '.');
    for (size_t i = 0; rest.p && load->pack && i < load->pack->n_uses; i++)
        if (str_eq(load->pack->uses[i]->id, first))
            return find_in(load->pack->uses[i]->codes.v, load->pack->uses[i]->codes.n, rest);
    if (rest.p)
        return NULL;
    const PackCodes *own = load->pack ? find_in(load->pack->codes.v, load->pack->codes.n, name) : NULL;
    return own ? own : find_in(load->common->codes.v, load->common->codes.n, name);
}
