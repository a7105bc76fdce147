/* Merged ranges before the rows are read: they stand at the end of a sheet's XML, so their tags are looked for in its bytes. */
#include "base/limits.h"
#include "ingest/xlsx.h"

#include "base/banned.h"

enum { PIECE = 64 * 1024, TAG_BYTES = 256 };

typedef struct {
    Arena *arena;
    ARENA_LIST(CellRange) list;
    size_t seen;
} Merges;

/* The value of ref in what follows the tag's name, up to its end. */
static Str ref_of(Str tag)
{
    const char *end = memchr(tag.p, '>', tag.n);
    Str inside = end ? (Str) { tag.p, (size_t) (end - tag.p) } : tag;
    ptrdiff_t at = str_find(inside, STR("ref="), 0);
    if (at < 0 || (size_t) at + 5 >= inside.n)
        return STR_NONE;
    Str rest = str_from_at(inside, (size_t) at + 4);
    return rest.p[0] == '"' || rest.p[0] == '\'' ? str_head(str_from_at(rest, 1), strcspn(rest.p + 1, "\"'>")) : STR_NONE;
}

static bool take_tag(Merges *all, Str tag, GError **err)
{
    CellRange range;
    if (++all->seen > LIMIT_XLSX_MERGES) {
        error_set(err, BH_TOO_LARGE, "the sheet has more than %d merged ranges", LIMIT_XLSX_MERGES);
        return error_detail(err, "too-large");
    }
    if (range_parse(ref_of(tag), &range) && range.row_last > range.row)
        *ARENA_PUSH(all->arena, &all->list) = range;
    return true;
}

/* Tags of which all is there; what may be the beginning of another stays. */
static bool take_tags(Merges *all, GString *text, bool last, GError **err)
{
    static const char name[] = "mergeCell ";
    size_t at = 0, until = last ? text->len : text->len - MIN(text->len, (gsize) TAG_BYTES);
    for (;;) {
        const char *found = at < until ? memmem(text->str + at, text->len - at, name, sizeof name - 1) : NULL;
        if (!found || (size_t) (found - text->str) >= until)
            break;
        at = (size_t) (found - text->str) + sizeof name - 1;
        if (!take_tag(all, (Str) { text->str + at, text->len - at }, err))
            return false;
    }
    g_string_erase(text, 0, (gssize) MAX(at, until));
    return true;
}

static int by_row(const void *a, const void *b)
{
    const CellRange *p = a, *q = b;
    return p->row != q->row ? (p->row < q->row ? -1 : 1) : (p->column > q->column) - (p->column < q->column);
}

bool sheet_merges(XlsxFile *file, size_t sheet, Arena *arena, SheetMerges *ret_merges, GError **err)
{
    g_autoptr(PackagePart) part = package_part_open(file->package, file->sheets.v[sheet].part.p, LIMIT_XLSX_UNPACKED_BYTES, err);
    g_autoptr(GString) text = g_string_sized_new(PIECE + TAG_BYTES);
    g_autofree char *piece = g_malloc(PIECE);
    Merges all = { .arena = arena };
    ssize_t n = part ? 1 : -1;
    while (n > 0) {
        n = package_part_read(part, piece, PIECE, err);
        g_string_append_len(text, piece, MAX(n, 0));
        if (n < 0 || !take_tags(&all, text, n == 0, err))
            return false;
    }
    if (all.list.n > 1)
        qsort(all.list.v, all.list.n, sizeof *all.list.v, by_row);
    *ret_merges = (SheetMerges) { all.list.v, all.list.n };
    return n == 0;
}
