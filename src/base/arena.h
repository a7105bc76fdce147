/* arena.h: many things with one lifetime: a request, a document, an import, a loaded pack.
 *
 * Nothing in an arena is freed alone; the arena goes as a whole, or back to a mark (in a loop over rows). What must
 * be closed (a file, a statement) does not belong into one. An arena is used by one thread at a time. */
#pragma once

#include "base/str.h"

typedef struct Arena Arena;
typedef struct {
    void *block;
    size_t used;
} ArenaMark;

Arena *arena_new(void);
void arena_free(Arena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)

/* `size` zeroed bytes, aligned for any type. Never NULL: running out of memory ends the process, so callers cap what
 * input can ask for. arena_alloc_array checks the product for overflow. */
void *arena_alloc(Arena *arena, size_t size);
void *arena_alloc_array(Arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, Type) ((Type *) arena_alloc(arena, sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *) arena_alloc_array(arena, count, sizeof(Type)))

/* A copy in the arena, with a NUL behind it that the length does not count. STR_NONE stays STR_NONE. */
Str arena_str(Arena *arena, Str s);
Str arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* a and b one behind the other, as a copy. */
Str arena_concat(Arena *arena, Str a, Str b);

/* The place up to which the arena is full now; arena_rewind forgets all that came after. */
ArenaMark arena_mark(const Arena *arena);
void arena_rewind(Arena *arena, ArenaMark mark);

/* Bytes handed out so far, for tests and metrics. */
size_t arena_used(const Arena *arena);

/* --- Growing arrays in an arena --------------------------------------------------------------------------------
 * struct { Type *v; size_t n, cap; } and ARENA_PUSH(arena, &list) gives a pointer to a new zeroed element. The
 * elements move when the array grows: keep indexes, not pointers, until it is complete. */
#define ARENA_LIST(Type) \
    struct { \
        Type *v; \
        size_t n, cap; \
    }
void *arena_grow(Arena *arena, void *v, size_t n, size_t *cap, size_t size);
#define ARENA_PUSH(arena, list) \
    ((list)->v = (__typeof__((list)->v)) arena_grow(arena, (list)->v, (list)->n, &(list)->cap, sizeof *(list)->v), \
     &(list)->v[(list)->n++])
