/* Open addressing with linear steps, at most seven of ten places taken. A place is 16 bytes, so that four share a line of the cache and a look-up costs one miss; the position is made
 * of `high` alone, which is kept whole, so that the table can grow and places be taken back. */
#include "hub/marks.h"

#include "base/banned.h"

typedef struct {
    uint64_t high;
    uint64_t rest; /* 24 bits of low, 40 of the id; 0: free */
} Place;

enum { ID_BITS = 40, LEAST_PLACES = 4096, TAKEN_OF_TEN = 7 };
static const uint64_t id_mask = ((uint64_t) 1 << ID_BITS) - 1;

struct Marks {
    Mapped *file;
    uint32_t layout;
    size_t n_places;
};

static Place *places_of(const Marks *marks)
{
    return (Place *) marks->file->body;
}

static size_t home_of(const Marks *marks, uint64_t high)
{
    return (size_t) ((unsigned __int128) high * marks->n_places >> 64);
}

static uint64_t rest_of(Mark mark, int64_t id)
{
    return mark.low << ID_BITS | (uint64_t) id;
}

static bool is_of(const Place *place, Mark mark)
{
    return place->high == mark.high && (place->rest ^ mark.low << ID_BITS) <= id_mask;
}

Marks *marks_open(const char *path, uint32_t layout, uint64_t stamp, GError **err)
{
    Mapped *file = mapped_open(path, layout, stamp, LEAST_PLACES * sizeof(Place), err);
    if (!file)
        return NULL;
    Marks *marks = g_new0(Marks, 1);
    *marks = (Marks) { file, layout, file->head->size / sizeof(Place) };
    return marks;
}

void marks_free(Marks *marks)
{
    if (!marks)
        return;
    mapped_free(marks->file);
    g_free(marks);
}

Mapped *marks_file(Marks *marks)
{
    return marks->file;
}

int64_t marks_count(const Marks *marks)
{
    return marks->file->head->used;
}

static void put_place(Marks *marks, Place place)
{
    Place *places = places_of(marks);
    size_t i = home_of(marks, place.high);
    while (places[i].rest)
        i = i + 1 < marks->n_places ? i + 1 : 0;
    places[i] = place;
}

static bool spread(Marks *marks, size_t n_places, GError **err)
{
    g_autofree char *path = marks->file->path ? g_strconcat(marks->file->path, ".new", NULL) : NULL;
    Mapped *file = mapped_new(path, marks->layout, n_places * sizeof(Place), err);
    if (!file)
        return false;
    Marks larger = { file, marks->layout, n_places };
    const Place *places = places_of(marks);
    size_t start = 0;
    while (places[start].rest) /* behind a free place, so that what stands several times keeps its order */
        start++;
    for (size_t i = 0; i < marks->n_places; i++) {
        const Place *place = &places[(start + i) % marks->n_places];
        if (place->rest)
            put_place(&larger, *place);
    }
    file->head->used = marks->file->head->used;
    file->head->through = marks->file->head->through;
    file->fresh = marks->file->fresh;
    if (!mapped_rename(file, marks->file->path, err)) {
        mapped_free(file);
        return false;
    }
    mapped_free(marks->file);
    *marks = larger;
    return true;
}

bool marks_reserve(Marks *marks, size_t n, GError **err)
{
    size_t wanted = (size_t) marks->file->head->used + n, places = marks->n_places;
    while (wanted * 10 > places * TAKEN_OF_TEN)
        places *= 2;
    return mapped_touch(marks->file, err) && (places == marks->n_places || spread(marks, places, err));
}

void marks_put(Marks *marks, Mark mark, int64_t id)
{
    put_place(marks, (Place) { mark.high, rest_of(mark, id) });
    marks->file->head->used++;
}

/* What follows moves up, so that every mark is still met on the way from its home. */
void marks_remove(Marks *marks, Mark mark, int64_t id)
{
    Place *places = places_of(marks);
    size_t n = marks->n_places, hole = home_of(marks, mark.high);
    while (places[hole].rest && !(is_of(&places[hole], mark) && (places[hole].rest & id_mask) == (uint64_t) id))
        hole = (hole + 1) % n;
    if (!places[hole].rest)
        return;
    for (size_t i = (hole + 1) % n; places[i].rest; i = (i + 1) % n)
        if ((i + n - home_of(marks, places[i].high)) % n >= (i + n - hole) % n) {
            places[hole] = places[i];
            hole = i;
        }
    places[hole] = (Place) { 0 };
    marks->file->head->used--;
}

int64_t marks_get(const Marks *marks, Mark mark)
{
    int64_t id = 0;
    marks_all(marks, mark, &id, 1);
    return id;
}

size_t marks_all(const Marks *marks, Mark mark, int64_t *ret_ids, size_t most)
{
    const Place *places = places_of(marks);
    size_t n = 0;
    for (size_t i = home_of(marks, mark.high); n < most && places[i].rest; i = i + 1 < marks->n_places ? i + 1 : 0)
        if (is_of(&places[i], mark))
            ret_ids[n++] = (int64_t) (places[i].rest & id_mask);
    return n;
}

void marks_fetch(const Marks *marks, Mark mark)
{
    __builtin_prefetch(&places_of(marks)[home_of(marks, mark.high)]);
}
