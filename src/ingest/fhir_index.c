/* A first pass over the files. 16 bytes a name: a hash, and the place. */
#include "ingest/fhir_index.h"

#include <errno.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/json.h"
#include "base/limits.h"
#include "ingest/elements.h"

#include "base/banned.h"

enum { INPUT_SHIFT = 48 };

typedef struct {
    uint64_t hash, place; /* place: input << INPUT_SHIFT | byte */
} Entry;

struct FhirIndex {
    IngestInput *inputs;
    off_t *starts; /* where each began */
    size_t n_inputs;
    Entry *entries;
    size_t n, cap;
    uint64_t seed; /* no file can choose names that collide */
};

void fhir_index_free(FhirIndex *index)
{
    if (!index)
        return;
    g_free(index->inputs);
    g_free(index->starts);
    g_free(index->entries);
    g_free(index);
}

/* --- Reading from any place ------------------------------------------------------------------------------------------------------ */

static ssize_t read_at(int fd, off_t at, char *buffer, size_t n)
{
    ssize_t got;
    do
        got = pread(fd, buffer, n, at);
    while (got < 0 && errno == EINTR);
    return got;
}

typedef struct {
    int fd;
    off_t at;
} Cursor;

static ssize_t read_on(void *data, char *buffer, size_t n, GError **err)
{
    Cursor *cursor = data;
    ssize_t got = read_at(cursor->fd, cursor->at, buffer, n);
    if (got < 0) {
        error_set_errno(err, errno, "cannot read the file");
        return -1;
    }
    cursor->at += got;
    return got;
}

/* --- Heads ------------------------------------------------------------------------------------------------------------------------ */

static Str read_text(JsonReader *in)
{
    JsonToken token = json_next(in);
    if (token == JSON_BEGIN_OBJECT || token == JSON_BEGIN_ARRAY) {
        int depth = in->depth;
        while (in->depth >= depth && json_next(in) != JSON_ERROR) {}
    }
    return token == JSON_STRING ? in->text : STR_NONE;
}

/* The object whose bracket was read, up to its end or until both are known. */
static void read_names(JsonReader *in, FhirHead *head)
{
    int depth = in->depth;
    while (json_next(in) == JSON_KEY && in->depth == depth) {
        if (str_eq(in->text, STR("resourceType")))
            head->type = read_text(in);
        else if (str_eq(in->text, STR("id")))
            head->id = read_text(in);
        else if (!json_skip(in))
            return;
        if (head->type.p && head->id.p)
            return;
    }
}

bool fhir_head(Str element, bool entry, Arena *arena, FhirHead *ret_head)
{
    JsonReader in;
    *ret_head = (FhirHead) { 0 };
    json_reader_init(&in, element, arena);
    if (json_next(&in) != JSON_BEGIN_OBJECT)
        return false;
    if (!entry) {
        read_names(&in, ret_head);
        return ret_head->type.p;
    }
    while (json_next(&in) == JSON_KEY && in.depth == 1) {
        if (str_eq(in.text, STR("fullUrl"))) {
            ret_head->full_url = read_text(&in);
        } else if (str_eq(in.text, STR("resource"))) {
            if (json_next(&in) != JSON_BEGIN_OBJECT)
                return false;
            ret_head->at = in.token_at;
            read_names(&in, ret_head);
            while (in.last != JSON_ERROR && in.depth > 1)
                json_next(&in);
        } else if (!json_skip(&in))
            return false;
        if (ret_head->type.p && ret_head->full_url.p)
            return true;
    }
    return ret_head->type.p;
}

/* --- Making ------------------------------------------------------------------------------------------------------------------------ */

static bool add(FhirIndex *index, Str name, uint64_t place, GError **err)
{
    enum { FIRST = 1024 };
    if (index->n >= LIMIT_FHIR_RESOURCES)
        return error_set(err, BH_TOO_LARGE, "the files have more than %d resources", LIMIT_FHIR_RESOURCES);
    if (index->n == index->cap) {
        index->cap = MAX(FIRST, index->cap + index->cap / 2);
        index->entries = g_realloc_n(index->entries, index->cap, sizeof *index->entries);
    }
    index->entries[index->n++] = (Entry) { XXH3_64bits_withSeed(name.p, name.n, index->seed), place };
    return true;
}

static bool add_element(FhirIndex *index, size_t input, const ElementStream *stream, const Element *element, Arena *arena, GError **err)
{
    FhirHead head;
    if (!fhir_head(element->text, element->kind == INGEST_AT_ENTRY, arena, &head))
        return true;
    uint64_t at = stream->base + (uint64_t) (element->text.p - stream->elements.text.p) + head.at;
    uint64_t place = (uint64_t) input << INPUT_SHIFT | (at + (uint64_t) index->starts[input]);
    if (head.id.p && !add(index, arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(head.type), STR_ARG(head.id)), place, err))
        return false;
    return !head.full_url.p || add(index, head.full_url, place, err);
}

/* All elements of the text in hand. */
static bool add_text(FhirIndex *index, size_t input, ElementStream *stream, Arena *arena, ElementEnd *ret_end, GError **err)
{
    Element element;
    while ((*ret_end = elements_next(&stream->elements, &element)) == ELEMENT_FOUND) {
        ArenaMark mark = arena_mark(arena);
        if (!add_element(index, input, stream, &element, arena, err))
            return false;
        arena_rewind(arena, mark);
    }
    return true;
}

static bool scan(FhirIndex *index, size_t input, ElementStream *stream, GError **err)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Box) box = box_new();
    ElementEnd end = ELEMENT_MORE;
    while (end == ELEMENT_MORE) {
        box_reset(box);
        if (!element_stream_fill(stream, box, err) || !add_text(index, input, stream, arena, &end, err))
            return false;
        element_stream_keep(stream);
        if (stream->left->len > LIMIT_INGEST_VALUE_BYTES)
            break;
    }
    return true;
}

static bool scan_input(FhirIndex *index, size_t i, GError **err)
{
    const IngestInput *input = &index->inputs[i];
    Cursor cursor = { input->fd, index->starts[i] };
    IngestInput from = input->bytes.p ? *input : (IngestInput) { .read = read_on, .data = &cursor };
    Stream bytes;
    ElementStream stream;
    stream_init(&bytes, &from);
    bool done = element_stream_open(&stream, &bytes, "UTF-8", true, err) && scan(index, i, &stream, err);
    element_stream_clear(&stream);
    stream_clear(&bytes);
    return done;
}

static int by_hash(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : x->place < y->place ? -1 : x->place > y->place;
}

static bool place_input(FhirIndex *index, size_t i, GError **err)
{
    const IngestInput *input = &index->inputs[i];
    if (input->bytes.p)
        return true;
    index->starts[i] = input->read ? -1 : lseek(input->fd, 0, SEEK_CUR);
    return index->starts[i] >= 0 || error_set(err, BH_USAGE, "references are followed in files and in memory only");
}

FhirIndex *fhir_index_new(const IngestInput *inputs, size_t n, GError **err)
{
    g_autoptr(FhirIndex) index = g_new0(FhirIndex, 1);
    index->inputs = g_new(IngestInput, n);
    index->starts = g_new0(off_t, n);
    index->n_inputs = n;
    index->seed = (uint64_t) g_random_int() << 32 | g_random_int();
    for (size_t i = 0; i < n; i++) {
        index->inputs[i] = inputs[i];
        if (!place_input(index, i, err) || !scan_input(index, i, err))
            return NULL;
    }
    if (index->n > 0)
        qsort(index->entries, index->n, sizeof *index->entries, by_hash);
    return g_steal_pointer(&index);
}

/* --- Finding ------------------------------------------------------------------------------------------------------------------------ */

bool fhir_index_read(const FhirIndex *index, uint64_t place, GString *buffer, Str *ret_text)
{
    enum { PIECE = 8192 };
    const IngestInput *input = &index->inputs[place >> INPUT_SHIFT];
    off_t at = (off_t) (place & ((UINT64_C(1) << INPUT_SHIFT) - 1));
    if (input->bytes.p) {
        Str rest = str_from_at(input->bytes, (size_t) at);
        *ret_text = str_head(rest, json_nested_end(rest, 0));
        return ret_text->n > 0;
    }
    g_string_truncate(buffer, 0);
    for (size_t piece = PIECE; buffer->len <= LIMIT_INGEST_VALUE_BYTES; piece *= 2) {
        size_t before = buffer->len;
        g_string_set_size(buffer, before + piece);
        ssize_t got = read_at(input->fd, at + (off_t) before, buffer->str + before, piece);
        g_string_set_size(buffer, before + (size_t) MAX(got, 0));
        size_t end = json_nested_end(str_from_gstring(buffer), 0);
        *ret_text = str_head(str_from_gstring(buffer), end);
        if (end > 0 || got <= 0)
            return end > 0;
    }
    return false;
}

static size_t first_of(const FhirIndex *index, uint64_t hash)
{
    size_t low = 0, high = index->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->entries[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* "Patient/1" of the end of "http://host/fhir/Patient/1/_history/2"; all of it where it has no such end. */
static Str relative(Str reference)
{
    ptrdiff_t history = str_find(reference, STR("/_history/"), 0);
    Str name = history >= 0 ? str_head(reference, (size_t) history) : reference;
    size_t slashes = 0, at = name.n;
    while (at > 0 && !(name.p[at - 1] == '/' && ++slashes == 2))
        at--;
    return str_from_at(name, at);
}

static bool find_name(const FhirIndex *index, Str name, uint64_t *ret_place)
{
    uint64_t hash = XXH3_64bits_withSeed(name.p, name.n, index->seed);
    size_t from = first_of(index, hash), to = from;
    while (to < index->n && index->entries[to].hash == hash)
        to++;
    if (to > from)
        *ret_place = index->entries[to - 1].place;
    return to > from;
}

bool fhir_index_place(const FhirIndex *index, Str reference, uint64_t *ret_place)
{
    Str name = relative(reference);
    return find_name(index, reference, ret_place) || (!str_eq(name, reference) && find_name(index, name, ret_place));
}
