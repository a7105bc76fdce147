#include "doc/text.h"

#include "base/limits.h"
#include "doc/decode.h"

#include "base/banned.h"

/* What a file is, is told by its first bytes. The order matters: the last row takes all that is left. */
static const struct {
    const char *magic;
    DocForm form;
    DocReader read;
} forms[] = {
    { "", DOC_FORM_TXT, decode_text },
};

static bool too_large(GError **err, const char *name, size_t bytes, size_t limit)
{
    error_set(err, BH_TOO_LARGE, "'%s' has %zu bytes, more than %zu", name, bytes, limit);
    return error_detail(err, "too-large");
}

static bool empty(GError **err, const char *name)
{
    error_set(err, BH_BAD_INPUT, "'%s' holds no text", name);
    return error_detail(err, "empty");
}

/* CR LF, CR, form feed and vertical tab become LF. */
static Str with_line_feeds(Str text, Arena *arena)
{
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
            continue;
        out[n++] = c == '\r' || c == '\f' || c == '\v' ? '\n' : c;
    }
    return (Str) { out, n };
}

static void hash_text(Str text, char sha256[static 65])
{
    g_autofree char *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *) (text.p ? text.p : ""), text.n);
    g_strlcpy(sha256, hex, 65);
}

static bool finish(Str decoded, const char *name, Arena *arena, DocText *text, GError **err)
{
    if (decoded.n > LIMIT_DOC_BYTES)
        return too_large(err, name, decoded.n, LIMIT_DOC_BYTES);
    text->text = with_line_feeds(decoded, arena);
    if (str_trim(text->text).n == 0)
        return empty(err, name);
    hash_text(text->text, text->sha256);
    return true;
}

bool doc_text_read(Str bytes, const char *name, Arena *arena, Diags *diags, DocText *ret_text, GError **err)
{
    if (bytes.n == 0)
        return empty(err, name);
    if (bytes.n > LIMIT_DOC_FILE_BYTES)
        return too_large(err, name, bytes.n, LIMIT_DOC_FILE_BYTES);
    size_t i = 0;
    while (!str_starts(bytes, str_from(forms[i].magic)))
        i++;
    DocText text = { .form = forms[i].form };
    Str decoded;
    if (!forms[i].read(bytes, arena, diags, &text.encoding, &decoded, err) || !finish(decoded, name, arena, &text, err))
        return false;
    *ret_text = text;
    return true;
}
