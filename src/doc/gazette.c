#include "doc/facts.h"

#include "base/banned.h"

/* A gazette prints a list of contents, then its documents under the names of sections. The list is the guide: each of its lines is looked
 * for again below, in order. Where there is no list, a document number under a title begins a document. */

enum { LONGEST_ENTRY = 140, TITLE_BLOCKS = 4, LONGEST_SECTION = 10, MOST_ENTRIES = 500 };

typedef ARENA_LIST(BlockRange) RangeList;

/* A line of the list of contents that was found again. */
typedef struct {
    size_t from, to; /* the blocks of the title */
    bool section;
} Place;
typedef ARENA_LIST(Place) PlaceList;

static bool is_contents(const View *view, Range range)
{
    Range text = view_trim(view, range, W(U":"));
    return text.to - text.from <= 8 && view->norm[text.from] == U'目' && view->norm[text.to - 1] == U'录';
}

static size_t find_contents(const Blocks *blocks, BlockRange range)
{
    enum { HEAD = 60 };
    for (size_t i = range.from; i < MIN(range.to, range.from + HEAD); i++)
        if (is_contents(&blocks->view, blocks->blocks[i].range))
            return i;
    return range.to;
}

static bool is_leader(char32_t c)
{
    return c == '.' || c == U'…' || c == U'·' || c == ' ' || c == '-' || c == U'—' || (c >= '0' && c <= '9');
}

/* Without the page at the end ("……12"). */
static Range without_page(const View *view, Range entry)
{
    size_t i = entry.to, leaders = 0;
    while (i > entry.from && is_leader(view->norm[i - 1]))
        leaders += !(view->norm[--i] >= '0' && view->norm[i] <= '9');
    return leaders > 0 ? (Range) { entry.from, i } : entry;
}

/* Without a number in brackets behind the title, closed or not: (锡府办〔2023〕59号) （市人民政府令第7号）. */
static Range without_number(const View *view, Range entry)
{
    size_t open = entry.to;
    for (size_t i = entry.from + 1; i < entry.to; i++)
        if (view->norm[i] == '(')
            open = i;
    Range inside = view_trim(view, (Range) { open, entry.to }, W(U"()"));
    bool number = inside.to > inside.from && view->norm[inside.to - 1] == U'号';
    return number ? (Range) { entry.from, open } : entry;
}

static Range entry_title(const View *view, Range entry)
{
    return view_trim(view, without_number(view, view_trim(view, without_page(view, entry), W(U""))), W(U"."));
}

/* Where the list ends: at the first line that repeats one of its first, or is too long for it. */
static size_t contents_end(const Blocks *blocks, size_t from, size_t to)
{
    enum { FIRST = 2 };
    const View *view = &blocks->view;
    for (size_t i = from + 1; i < MIN(to, from + MOST_ENTRIES); i++) {
        Range range = blocks->blocks[i].range, number;
        if (range.to - range.from > LONGEST_ENTRY || mark_doc_no(view, range, &number))
            return i;
        for (size_t k = from; k < MIN(i, from + FIRST); k++) {
            Range title = entry_title(view, blocks->blocks[k].range);
            if (title.from < title.to && blocks_read_as(blocks, i, to, view, title) > 0)
                return i;
        }
    }
    return MIN(to, from + MOST_ENTRIES);
}

static PlaceList find_places(const Blocks *blocks, size_t contents, size_t end, size_t to, Arena *arena)
{
    PlaceList places = { 0 };
    const View *view = &blocks->view;
    size_t cursor = end;
    for (size_t entry = contents; entry < end; entry++) {
        Range title = entry_title(view, blocks->blocks[entry].range);
        size_t n = 0, i = cursor;
        while (title.from < title.to && i < to && (n = blocks_read_as(blocks, i, to, view, title)) == 0)
            i++;
        if (n == 0)
            continue;
        bool named = title_complete(view, title);
        *ARENA_PUSH(arena, &places) = (Place) { i, i + n, title.to - title.from <= LONGEST_SECTION && !named };
        cursor = i + n;
    }
    return places;
}

/* The name of a section stands over a title at once; a short title has its text behind it. */
static RangeList parts_of_places(PlaceList places, size_t to, Arena *arena)
{
    RangeList parts = { 0 };
    for (size_t i = 0; i < places.n; i++) {
        bool followed = i + 1 < places.n && places.v[i + 1].from == places.v[i].to;
        if (!(places.v[i].section && followed))
            *ARENA_PUSH(arena, &parts) = (BlockRange) { places.v[i].from, i + 1 < places.n ? places.v[i + 1].from : to };
    }
    return parts;
}

/* A title that says whose it is (X关于…) has no line above it. */
static bool begins_title(const View *view, Range title)
{
    size_t about = view_find(view, title, W(U"关于"));
    return about > title.from && about < title.to;
}

/* The first of the title's lines that end before the number at block i. */
static size_t title_above(const Blocks *blocks, size_t i, size_t from)
{
    const View *view = &blocks->view;
    size_t first = i;
    while (first > from && i - first < TITLE_BLOCKS && mark_title(view, blocks->blocks[first - 1].range)
           && (first == i || !(title_complete(view, blocks->blocks[first - 1].range) || begins_title(view, blocks->blocks[first].range))))
        first--;
    return first;
}

/* Documents that begin inside the range, behind its first block: a whole title with a number under it. */
static void split_by_number(const Blocks *blocks, BlockRange range, Arena *arena, RangeList *parts)
{
    for (size_t i = range.from + 1; i < range.to; i++) {
        Range number;
        size_t first = mark_doc_no(&blocks->view, blocks->blocks[i].range, &number) ? title_above(blocks, i, range.from + 1) : i;
        if (first == i || !title_complete(&blocks->view, blocks->blocks[i - 1].range))
            continue;
        if (parts->n > 0)
            parts->v[parts->n - 1].to = first;
        *ARENA_PUSH(arena, parts) = (BlockRange) { first, range.to };
    }
}

/* What the list of contents left out. */
static RangeList split_further(const Blocks *blocks, RangeList parts, Arena *arena)
{
    RangeList all = { 0 };
    for (size_t i = 0; i < parts.n; i++) {
        size_t head = MIN(parts.v[i].from + TITLE_BLOCKS, parts.v[i].to - 1); /* its own number stands there */
        *ARENA_PUSH(arena, &all) = parts.v[i];
        split_by_number(blocks, (BlockRange) { head, parts.v[i].to }, arena, &all);
    }
    return all;
}

static bool is_gazette(const Blocks *blocks, BlockRange range, Arena *arena)
{
    DocFacts facts = facts_find(blocks, range, arena, NULL);
    return facts.kind == DOC_GAZETTE;
}

const BlockRange *gazette_parts(const Blocks *blocks, BlockRange range, Arena *arena, size_t *ret_n)
{
    *ret_n = 0;
    if (!is_gazette(blocks, range, arena))
        return NULL;
    size_t contents = find_contents(blocks, range);
    RangeList parts = { 0 };
    if (contents + 1 < range.to) {
        size_t end = contents_end(blocks, contents + 1, range.to);
        parts = parts_of_places(find_places(blocks, contents + 1, end, range.to, arena), range.to, arena);
    }
    if (parts.n == 0)
        split_by_number(blocks, range, arena, &parts);
    parts = split_further(blocks, parts, arena);
    *ret_n = parts.n;
    return parts.v;
}
