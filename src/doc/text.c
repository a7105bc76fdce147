#include "doc/text.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "base/decode.h"
#include "base/package.h"

#include "base/banned.h"

static bool ole_is(Str bytes)
{
    return str_starts(bytes, STR("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"));
}

/* The container of .doc, and of an encrypted .docx. */
static bool ole_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err)
{
    (void) arena, (void) diags, (void) text;
    if (package_ole(bytes) == PACKAGE_OLE_ENCRYPTED) {
        error_set(err, BH_BAD_INPUT, "the document is encrypted");
        error_hint(err, "save it without a password");
        return error_detail(err, "encrypted");
    }
    error_set(err, BH_BAD_INPUT, "the file has the old form .doc, which cannot be read");
    error_hint(err, "save it as .docx");
    return error_detail(err, "not-a-document");
}

static bool any(Str bytes)
{
    (void) bytes;
    return true;
}

static bool plain_read(Str bytes, Arena *arena, Diags *diags, DocText *text, GError **err)
{
    return decode_text(bytes, arena, diags, &text->encoding, &text->text, err);
}

/* What a file is, is told by its bytes. The order matters: the last row takes all that is left. */
static const struct {
    bool (*is)(Str bytes);
    DocForm form;
    DocReader read;
} forms[] = {
    { docx_is, DOC_FORM_DOCX, docx_read },
    { pdf_is, DOC_FORM_PDF, pdf_read },
    { ole_is, DOC_FORM_TXT, ole_read },
    { html_is, DOC_FORM_HTML, html_read },
    { any, DOC_FORM_TXT, plain_read },
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

static bool has_byte(Str text, char byte)
{
    return text.n > 0 && memchr(text.p, byte, text.n) != NULL;
}

/* CR LF, CR, form feed and vertical tab become LF. The result is in the arena. */
static Str with_line_feeds(Str text, Arena *arena)
{
    if (!has_byte(text, '\r') && !has_byte(text, '\f') && !has_byte(text, '\v'))
        return arena_str(arena, text);
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

/* --- 密级 ----------------------------------------------------------------------------------------------------------- */

/* The mark stands alone at the head of the first page, with ★ and a term, a copy's number or an urgency beside it (GB/T 9704-2012, 7.2.2).
 * In running text 秘密 is a word like another. */
static const Str grades[] = { STR_INIT("绝密"), STR_INIT("机密"), STR_INIT("秘密") };
static const Str beside[] = { STR_INIT("特提"), STR_INIT("特急"), STR_INIT("加急"), STR_INIT("平急"), STR_INIT("急件"), STR_INIT("密级"), STR_INIT("长期") };

static bool is_passed(uint32_t c)
{
    static const uint32_t passed[] = { ' ', '\t', 0x3000, 0x00A0, '#', '*', '|', ':', 0xFF1A, '(', ')', 0xFF08, 0xFF09, '[', ']', 0x3010, 0x3011 };
    for (size_t i = 0; i < G_N_ELEMENTS(passed); i++)
        if (c == passed[i])
            return true;
    return false;
}

/* A line without its white space, marks of markdown, colons and brackets; at most `room` bytes of it. */
static Str tight(Str line, char *room, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < line.n;) {
        size_t from = i;
        uint32_t c = utf8_next(line, &i);
        if (is_passed(c))
            continue;
        if (n + (i - from) > size)
            return STR_NONE;
        memcpy(room + n, line.p + from, i - from);
        n += i - from;
    }
    return (Str) { room, n };
}

static bool take(Str *s, Str word)
{
    if (!str_starts(*s, word))
        return false;
    *s = str_from_at(*s, word.n);
    return true;
}

static void take_beside(Str *s)
{
    for (bool more = true; more && s->n > 0;) {
        more = g_ascii_isdigit(s->p[0]);
        if (more)
            *s = str_from_at(*s, 1);
        for (size_t i = 0; i < G_N_ELEMENTS(beside); i++)
            more |= take(s, beside[i]);
    }
}

/* ret_star: with ★, which no other line has: whatever term stands behind it, "一年" or a date or one that is misspelt, the document is not ours. */
static bool is_grade(Str line, bool *ret_star)
{
    enum { LONGEST = 60 };
    char room[LONGEST];
    Str rest = tight(line, room, sizeof room);
    take_beside(&rest);
    bool grade = false;
    for (size_t i = 0; i < G_N_ELEMENTS(grades) && !grade; i++)
        grade = take(&rest, grades[i]);
    *ret_star = grade && (take(&rest, STR("★")) || take(&rest, STR("☆")));
    if (!grade || *ret_star)
        return grade;
    take_beside(&rest);
    static const Str terms[] = { STR_INIT("年"), STR_INIT("个月"), STR_INIT("月"), STR_INIT("日"), STR_INIT("启封前") };
    for (size_t i = 0; i < G_N_ELEMENTS(terms); i++)
        take(&rest, terms[i]);
    take_beside(&rest);
    return rest.n == 0;
}

static bool is_classified(Str text)
{
    enum { HEAD_LINES = 12 };
    size_t seen = 0;
    for (Str rest = text; rest.p;) {
        Str line = str_trim(str_cut(&rest, '\n'));
        bool star = false;
        if (line.n > 0 && is_grade(line, &star) && (star || seen < HEAD_LINES))
            return true;
        seen += line.n > 0;
    }
    return false;
}

static bool classified(GError **err)
{
    error_set(err, BH_FORBIDDEN, "the document bears a mark of secrecy and is not read");
    error_hint(err, "classified documents must not be brought into this system");
    return error_detail(err, "classified");
}

/* --- Reading -------------------------------------------------------------------------------------------------------- */

/* Headings by # and what is emphasised by **: a text with both a heading and no other form is markdown. */
static DocForm form_of_text(Str text)
{
    return str_starts(text, STR("# ")) || str_has(text, STR("\n# ")) || str_has(text, STR("\n## ")) ? DOC_FORM_MD : DOC_FORM_TXT;
}

static bool finish(const char *name, Arena *arena, DocText *text, GError **err)
{
    if (text->text.n > LIMIT_DOC_BYTES)
        return too_large(err, name, text->text.n, LIMIT_DOC_BYTES);
    if (has_byte(text->text, '\0')) {
        error_set(err, BH_BAD_INPUT, "'%s' is no text: it holds a NUL", name);
        return error_detail(err, "not-a-document");
    }
    text->text = with_line_feeds(text->text, arena);
    if (str_trim(text->text).n == 0)
        return empty(err, name);
    if (is_classified(text->text))
        return classified(err);
    if (text->form == DOC_FORM_TXT)
        text->form = form_of_text(text->text);
    hash_write(digest_of(DIGEST_SHA256, text->text), text->sha256);
    return true;
}

bool doc_text_read(Str bytes, const char *name, Arena *arena, Diags *diags, DocText *ret_text, GError **err)
{
    if (bytes.n == 0)
        return empty(err, name);
    if (bytes.n > LIMIT_DOC_FILE_BYTES)
        return too_large(err, name, bytes.n, LIMIT_DOC_FILE_BYTES);
    size_t i = 0;
    while (!forms[i].is(bytes))
        i++;
    DocText text = { .form = forms[i].form };
    if (!forms[i].read(bytes, arena, diags, &text, err) || !finish(name, arena, &text, err))
        return false;
    *ret_text = text;
    return true;
}
