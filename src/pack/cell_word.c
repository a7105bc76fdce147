#include <xxhash.h>

#include "base/text.h"
#include "pack/cell_kind.h"

#include "base/banned.h"

/* Two tables with open addressing: texts as they are, and folded. Half of their places stay empty. */
typedef struct {
    Str text;
    int meaning;
    bool sure;
} Place;

typedef struct {
    Place *v;
    size_t mask;
} Table;

struct CellWords {
    Table exact, near;
};

CellWords *cell_words_new(Arena *arena, size_t most)
{
    size_t places = 16;
    while (places < 2 * most)
        places *= 2;
    CellWords *words = ARENA_NEW(arena, CellWords);
    *words = (CellWords) { { ARENA_ARRAY(arena, Place, places), places - 1 }, { ARENA_ARRAY(arena, Place, places), places - 1 } };
    return words;
}

static Place *place_of(const Table *table, Str text)
{
    size_t at = XXH3_64bits(text.p, text.n) & table->mask;
    while (table->v[at].text.p && !str_eq(table->v[at].text, text))
        at = (at + 1) & table->mask;
    return &table->v[at];
}

static void add(Table *table, Str text, int meaning)
{
    Place *place = place_of(table, text);
    if (!place->text.p)
        *place = (Place) { text, meaning, false };
    else if (place->meaning != meaning && !place->sure)
        place->meaning = CELL_WORD_MANY;
}

void cell_words_add(CellWords *words, Arena *arena, Str text, int meaning)
{
    Str near = text_name_key(text, arena);
    if (text.n == 0)
        return;
    add(&words->exact, text, meaning);
    if (near.n > 0)
        add(&words->near, near, meaning);
}

static void make_sure(Table *table)
{
    for (size_t i = 0; i <= table->mask; i++)
        table->v[i].sure = table->v[i].text.p != NULL;
}

void cell_words_sure(CellWords *words)
{
    make_sure(&words->exact);
    make_sure(&words->near);
}

static int find(const Table *table, Str text)
{
    const Place *place = place_of(table, text);
    return place->text.p ? place->meaning : CELL_WORD_NONE;
}

int cell_words_find(const CellWords *words, Str text)
{
    return find(&words->exact, text);
}

/* What text_name_key makes of a short text of ASCII, without the way through Unicode's tables; false: it takes that way. */
static bool fold_ascii(Str text, char folded[static 64], Str *ret_key)
{
    size_t n = 0;
    if (text.n > 64)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c <= ' ' || c >= 0x7F || c == ',' || c == ';' || c == '[' || c == ']')
            return false;
        folded[n++] = g_ascii_tolower(c);
    }
    *ret_key = (Str) { folded, n };
    return true;
}

int cell_words_find_near(const CellWords *words, Str text, Arena *arena)
{
    char folded[64];
    Str key;
    return find(&words->near, fold_ascii(text, folded, &key) ? key : text_name_key(text, arena));
}
