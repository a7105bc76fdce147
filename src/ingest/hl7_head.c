/* The head of a message, and its encoding. A second byte of GB18030 may be | or ^: text is decoded before it is divided, but for MSH itself. */
#include "base/decode.h"
#include "ingest/hl7.h"

#include "base/banned.h"

static bool is_delimiter(char c)
{
    return (unsigned char) c > 0x20 && (unsigned char) c < 0x7F && !g_ascii_isalnum(c) && c != '"';
}

/* MSH-1 and MSH-2; what is not declared is as usual, or not there. */
static bool read_delimiters(Str msh, Hl7Head *head)
{
    if (msh.n < 5 || !is_delimiter(msh.p[3]))
        return false;
    head->separator = msh.p[3];
    Str rest = str_from_at(msh, 4), signs = str_cut(&rest, head->separator);
    char *const places[] = { &head->component, &head->repetition, &head->escape, &head->sub };
    if (signs.n == 0 || signs.n > 5) /* a fifth, against cutting off, since 2.7 */
        return false;
    for (size_t i = 0; i < MIN(signs.n, G_N_ELEMENTS(places)); i++) {
        if (!is_delimiter(signs.p[i]))
            return false;
        *places[i] = signs.p[i];
    }
    return true;
}

static Str first(Str field, char separator)
{
    return separator ? str_cut(&field, separator) : field;
}

static Str line_of(Str message)
{
    size_t n = 0;
    while (n < message.n && message.p[n] != '\r' && message.p[n] != '\n')
        n++;
    return str_head(message, n);
}

bool hl7_head(Str message, Hl7Head *ret_head)
{
    enum { FIELDS = 19 };
    while (message.n > 0 && (g_ascii_isspace(message.p[0]) || message.p[0] == 0x0B))
        message = str_from_at(message, 1);
    Str msh = line_of(message), fields[FIELDS], rest = msh;
    Hl7Head head = { 0 };
    if (!str_starts(msh, STR("MSH")) || !read_delimiters(msh, &head))
        return false;
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = STR("");
    str_cut(&rest, head.separator);
    for (size_t i = 2; i < FIELDS && rest.p; i++) /* MSH-1 is the separator itself */
        fields[i] = str_cut(&rest, head.separator);
    Str type = fields[9];
    head.sender_app = fields[3];
    head.sender = fields[4];
    head.receiver_app = fields[5];
    head.receiver = fields[6];
    head.type = head.component ? str_cut(&type, head.component) : type;
    head.trigger = head.component && type.p ? str_cut(&type, head.component) : STR("");
    head.id = fields[10];
    head.processing = first(fields[11], head.component);
    head.version = first(fields[12], head.component);
    head.accept_ack = fields[15];
    head.app_ack = fields[16];
    head.charset = first(fields[18], head.repetition);
    *ret_head = head;
    return true;
}

/* --- Encoding --------------------------------------------------------------------------------------------------------------------- */

/* HL7 table 0211, and what is written for it. */
static const struct {
    const char *said, *encoding;
} charsets[] = {
    { "UNICODE UTF-8", "UTF-8" }, { "UNICODE", "UTF-8" }, { "UTF-8", "UTF-8" },     { "UTF8", "UTF-8" },      { "ASCII", "UTF-8" },
    { "GB 18030-2000", "GB18030" }, { "GB18030", "GB18030" }, { "GB 18030", "GB18030" }, { "GB18030-2000", "GB18030" }, { "GBK", "GB18030" },
    { "GB2312", "GB18030" },      { "GB 2312", "GB18030" }, { "BIG-5", "BIG5" },
};

static const char *encoding_said(Str charset)
{
    for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++)
        if (charset.n == strlen(charsets[i].said) && g_ascii_strncasecmp(charset.p, charsets[i].said, charset.n) == 0)
            return charsets[i].encoding;
    return NULL;
}

static bool decode_as(Str message, const char *encoding, Arena *arena, Str *ret_text)
{
    if (g_ascii_strcasecmp(encoding, "UTF-8") == 0)
        *ret_text = message;
    else if (!decode_named(message, encoding, arena, ret_text, NULL))
        return false;
    return utf8_valid(*ret_text, NULL); /* U+0000 is in every encoding */
}

bool hl7_decode(Str message, const char *encoding, Arena *arena, Str *ret_text, const char **ret_encoding, bool *ret_said)
{
    Hl7Head head;
    const char *said = encoding ? encoding : hl7_head(message, &head) ? encoding_said(head.charset) : NULL;
    const char *const tries[] = { said ? said : "UTF-8", encoding ? NULL : "UTF-8", encoding ? NULL : "GB18030" };
    for (size_t i = 0; i < G_N_ELEMENTS(tries); i++)
        if (tries[i] && decode_as(message, tries[i], arena, ret_text)) {
            *ret_encoding = g_intern_string(tries[i]);
            *ret_said = i == 0;
            return true;
        }
    return false;
}
