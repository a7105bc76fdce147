#include "base/arena.h"

#include <stdalign.h>
#include <stddef.h>

#include "base/banned.h"

/* Blocks double up to 1 MB: a small request costs one block, a large document few. What is larger than a block gets
 * one of its own. Memory handed out is zeroed at that moment, so that a rewound arena gives zeroed memory again. */
enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1024 * 1024 };

typedef struct Block Block;
struct Block {
    Block *previous;
    size_t size, used;
    alignas(max_align_t) char data[];
};

struct Arena {
    Block *last;
    size_t next_size;
};

Arena *arena_new(void)
{
    Arena *arena = g_new0(Arena, 1);
    arena->next_size = FIRST_BLOCK;
    return arena;
}

void arena_free(Arena *arena)
{
    if (!arena)
        return;
    for (Block *block = arena->last; block;) {
        Block *previous = block->previous;
        g_free(block);
        block = previous;
    }
    g_free(arena);
}

static void add_block(Arena *arena, size_t need)
{
    size_t size = MAX(need, arena->next_size);
    Block *block = g_malloc(sizeof(Block) + size);
    *block = (Block) { .previous = arena->last, .size = size };
    arena->last = block;
    arena->next_size = MIN(arena->next_size * 2, (size_t) LARGEST_BLOCK);
}

void *arena_alloc(Arena *arena, size_t size)
{
    size_t aligned = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (aligned < size)
        g_error("arena: a request of %zu bytes", size);
    if (!arena->last || arena->last->size - arena->last->used < aligned)
        add_block(arena, aligned);
    void *p = arena->last->data + arena->last->used;
    arena->last->used += aligned;
    return memset(p, 0, aligned);
}

void *arena_alloc_array(Arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        g_error("arena: a request of %zu times %zu bytes", count, size);
    return arena_alloc(arena, count * size);
}

Str arena_str(Arena *arena, Str s)
{
    if (!s.p)
        return STR_NONE;
    char *copy = arena_alloc(arena, s.n + 1);
    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    return (Str) { copy, s.n };
}

Str arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return arena_str(arena, str_from(text));
}

Str arena_concat(Arena *arena, Str a, Str b)
{
    char *both = arena_alloc(arena, a.n + b.n + 1);
    if (a.n > 0)
        memcpy(both, a.p, a.n);
    if (b.n > 0)
        memcpy(both + a.n, b.p, b.n);
    return (Str) { both, a.n + b.n };
}

ArenaMark arena_mark(const Arena *arena)
{
    return (ArenaMark) { arena->last, arena->last ? arena->last->used : 0 };
}

void arena_rewind(Arena *arena, ArenaMark mark)
{
    while (arena->last != mark.block) {
        Block *previous = arena->last->previous;
        g_free(arena->last);
        arena->last = previous;
    }
    if (arena->last)
        arena->last->used = mark.used;
}

size_t arena_used(const Arena *arena)
{
    size_t used = 0;
    for (const Block *block = arena->last; block; block = block->previous)
        used += block->used;
    return used;
}

void *arena_grow(Arena *arena, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    size_t larger = *cap ? *cap * 2 : 8;
    void *moved = arena_alloc_array(arena, larger, size);
    if (n > 0)
        memcpy(moved, v, n * size);
    *cap = larger;
    return moved;
}
