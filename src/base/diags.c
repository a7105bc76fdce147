#include "base/diags.h"

#include "base/arena.h"
#include "base/limits.h"

#include "base/banned.h"

struct Diags {
    Arena *arena;
    ARENA_LIST(Diag) list;
    size_t dropped;
    bool last_dropped;
};

Diags *diags_new(void)
{
    Diags *diags = g_new0(Diags, 1);
    diags->arena = arena_new();
    return diags;
}

void diags_free(Diags *diags)
{
    if (!diags)
        return;
    arena_free(diags->arena);
    g_free(diags);
}

void diag_add(Diags *diags, const char *code, Str at, size_t from, size_t to, const char *format, ...)
{
    if (!diags)
        return;
    diags->last_dropped = diags->list.n >= LIMIT_DOC_FINDINGS;
    if (diags->last_dropped) {
        diags->dropped++;
        return;
    }
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    *ARENA_PUSH(diags->arena, &diags->list) = (Diag) {
        .code = code,
        .at = arena_str(diags->arena, at),
        .from = from,
        .to = to,
        .text = arena_str(diags->arena, str_from(text)),
    };
}

void diag_params(Diags *diags, const char *format, ...)
{
    if (!diags || diags->list.n == 0 || diags->last_dropped)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    diags->list.v[diags->list.n - 1].params = arena_str(diags->arena, str_from(text));
}

size_t diags_count(const Diags *diags)
{
    return diags->list.n;
}

size_t diags_dropped(const Diags *diags)
{
    return diags->dropped;
}

const Diag *diags_get(const Diags *diags, size_t index)
{
    return &diags->list.v[index];
}

bool diags_has(const Diags *diags, const char *code)
{
    for (size_t i = 0; i < diags->list.n; i++)
        if (g_str_equal(diags->list.v[i].code, code))
            return true;
    return false;
}

static int by_place(gconstpointer a, gconstpointer b, gpointer data)
{
    (void) data;
    const Diag *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

void diags_sort(Diags *diags)
{
    /* g_qsort_with_data is a stable merge sort. */
    if (diags->list.n > 1)
        g_qsort_with_data(diags->list.v, (int) diags->list.n, sizeof(Diag), by_place, NULL);
}
