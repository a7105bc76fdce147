/* What may be shown of personal values: enough to tell two of them apart beside a record, too little to find anybody by. */
#include "hub/person_in.h"

#include "base/banned.h"

static void add_stars(GString *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_string_append_c(out, '*');
}

/* So many characters in front, stars, so many at the end; what is too short to leave `stars` of them is all stars. */
static Str keep_ends(Str value, size_t front, size_t end, size_t stars, Arena *arena)
{
    g_autoptr(GString) out = g_string_new(NULL);
    size_t n = utf8_length(value), at = 0;
    if (n < front + end + stars)
        front = end = 0;
    for (size_t i = 0; i < n; i++) {
        size_t from = at;
        utf8_next(value, &at);
        if (i < front || i >= n - end)
            g_string_append_len(out, value.p + from, (gssize) (at - from));
        else
            add_stars(out, 1);
    }
    return arena_str(arena, str_from_gstring(out));
}

/* 张*, 张*三, 欧阳* is not told from 欧*阳: the first character, and the last of three and more. */
static Str mask_name(Str name, Arena *arena)
{
    size_t n = utf8_length(name);
    return n <= 1 ? STR("*") : n == 2 ? arena_concat(arena, utf8_head(name, 1), STR("*")) : keep_ends(name, 1, n > 3 ? 0 : 1, 1, arena);
}

/* As far as the street: what stands behind its first digit is the house, and at least the last half is. */
static Str mask_address(Str address, Arena *arena)
{
    size_t n = utf8_length(address), kept = n / 2, at = 0;
    for (size_t i = 0; i < kept; i++) {
        uint32_t c = utf8_next(address, &at);
        if ((c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19))
            kept = i;
    }
    return arena_concat(arena, utf8_head(address, kept), STR("****"));
}

Str person_mask(PackType type, Str value, Arena *arena)
{
    if (value.n == 0)
        return value;
    switch (type) {
    case PACK_PERSON_NAME: return mask_name(value, arena);
    case PACK_ID_CARD: return keep_ends(value, 3, 2, 4, arena);
    case PACK_CARD_NO: return keep_ends(value, 2, 2, 4, arena);
    case PACK_PHONE: return keep_ends(value, 3, 4, 4, arena);
    case PACK_ADDRESS: return mask_address(value, arena);
    default: return value;
    }
}
