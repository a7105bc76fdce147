#include "expr/lex.h"

#include "expr/expr.h"

#include "base/banned.h"

static const struct {
    Str word;
    TokenKind kind;
} words[] = { /* in any letter case, as in SQL */
    { STR_INIT("and"), T_AND },   { STR_INIT("or"), T_OR },       { STR_INIT("not"), T_NOT },         { STR_INIT("is"), T_IS },
    { STR_INIT("null"), T_NULL }, { STR_INIT("true"), T_TRUE },   { STR_INIT("false"), T_FALSE },     { STR_INIT("between"), T_BETWEEN },
    { STR_INIT("in"), T_IN },     { STR_INIT("like"), T_LIKE },   { STR_INIT("case"), T_CASE },       { STR_INIT("when"), T_WHEN },
    { STR_INIT("then"), T_THEN }, { STR_INIT("else"), T_ELSE },   { STR_INIT("end"), T_STOP },
}, signs[] = { /* the longer first */
    { STR_INIT("||"), T_JOIN }, { STR_INIT("<>"), T_NE },   { STR_INIT("!="), T_NE },    { STR_INIT("<="), T_LE },   { STR_INIT(">="), T_GE },
    { STR_INIT("("), T_OPEN },  { STR_INIT(")"), T_CLOSE }, { STR_INIT(","), T_COMMA },  { STR_INIT("+"), T_PLUS },  { STR_INIT("-"), T_MINUS },
    { STR_INIT("*"), T_TIMES }, { STR_INIT("/"), T_OVER },  { STR_INIT("="), T_EQ },     { STR_INIT("<"), T_LT },    { STR_INIT(">"), T_GT },
};

/* What input methods make of the signs: the finding names the right one. U+FF08 and so on, with the sign that was meant. */
static const struct {
    Str wide;
    const char *plain;
} wide_signs[] = {
    { STR_INIT("\uff08"), "(" }, { STR_INIT("\uff09"), ")" }, { STR_INIT("\uff0c"), "," }, { STR_INIT("\u3001"), "," }, { STR_INIT("\uff1d"), "=" },
    { STR_INIT("\uff1c"), "<" }, { STR_INIT("\uff1e"), ">" }, { STR_INIT("\u2264"), "<=" }, { STR_INIT("\u2265"), ">=" }, { STR_INIT("\u2260"), "<>" },
    { STR_INIT("\u2018"), "'" }, { STR_INIT("\u2019"), "'" }, { STR_INIT("\u201c"), "'" }, { STR_INIT("\u201d"), "'" }, { STR_INIT("\u00d7"), "*" },
    { STR_INIT("\u00f7"), "/" }, { STR_INIT("\""), "'" },     { STR_INIT("=="), "=" },      { STR_INIT("&&"), "and" },   { STR_INIT("\uff0b"), "+" },
    { STR_INIT("\uff0d"), "-" }, { STR_INIT("!"), "not" },
};

static bool is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* A name may have parts: `person.birth`. */
static size_t name_end(Str text, size_t at)
{
    for (;;) {
        while (at < text.n && is_name_char(text.p[at]))
            at++;
        if (at + 1 >= text.n || text.p[at] != '.' || !(g_ascii_isalpha(text.p[at + 1]) || text.p[at + 1] == '_'))
            return at;
        at++;
    }
}

bool lex_is_word(Str name, Str word)
{
    return name.n == word.n && g_ascii_strncasecmp(name.p, word.p, word.n) == 0;
}

static TokenKind word_kind(Str word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (lex_is_word(word, words[i].word))
            return words[i].kind;
    return T_NAME;
}

bool expr_may_name(Str name)
{
    return word_kind(name) == T_NAME && !str_eq(name, STR("period_start")) && !str_eq(name, STR("period_end"));
}

static size_t number_end(Str text, size_t at)
{
    while (at < text.n && g_ascii_isdigit(text.p[at]))
        at++;
    if (at + 1 < text.n && text.p[at] == '.' && g_ascii_isdigit(text.p[at + 1]))
        for (at++; at < text.n && g_ascii_isdigit(text.p[at]);)
            at++;
    return at;
}

/* 'it''s': behind the closing quote, or 0 where there is none; ret_doubled counts the doubled ones. */
static size_t text_end(Str text, size_t at, size_t *ret_doubled)
{
    for (at++; at < text.n; at++) {
        if (text.p[at] != '\'')
            continue;
        if (at + 1 >= text.n || text.p[at + 1] != '\'')
            return at + 1;
        (*ret_doubled)++;
        at++;
    }
    return 0;
}

static Str without_doubled(Str inner, size_t doubled, Arena *arena)
{
    if (doubled == 0)
        return inner;
    char *out = arena_alloc(arena, inner.n - doubled);
    size_t n = 0;
    for (size_t i = 0; i < inner.n; i++) {
        out[n++] = inner.p[i];
        i += inner.p[i] == '\'';
    }
    return (Str) { out, n };
}

static bool lex_text(Str text, size_t *at, Arena *arena, Diags *diags, Token *token)
{
    size_t doubled = 0, end = text_end(text, *at, &doubled);
    if (end == 0) {
        diag_add(diags, "expr-syntax", STR_NONE, *at, text.n, "a text without its closing '");
        return false;
    }
    if (end == *at + 2) {
        diag_add(diags, "expr-literal", STR_NONE, *at, end, "'' is no value: empty text is null, write `is null`");
        return false;
    }
    *token = (Token) { T_TEXT, (uint32_t) *at, (uint32_t) end, without_doubled((Str) { text.p + *at + 1, end - *at - 2 }, doubled, arena) };
    *at = end;
    return true;
}

static bool unknown_sign(Str rest, size_t at, Diags *diags)
{
    for (size_t i = 0; i < G_N_ELEMENTS(wide_signs); i++)
        if (str_starts(rest, wide_signs[i].wide)) {
            diag_add(diags, "expr-syntax", wide_signs[i].wide, at, at + wide_signs[i].wide.n, "'" STR_FMT "' is no sign here: write %s",
                     STR_ARG(wide_signs[i].wide), wide_signs[i].plain);
            return false;
        }
    Str sign = utf8_head(rest, 1);
    diag_add(diags, "expr-syntax", sign, at, at + sign.n, "'" STR_FMT "' is no sign of an expression; texts stand in '…'", STR_ARG(sign));
    return false;
}

static bool is_unknown(Str rest)
{
    return str_starts(rest, STR("==")) || (rest.p[0] == '!' && !str_starts(rest, STR("!=")));
}

static bool lex_sign(Str text, size_t *at, Diags *diags, Token *token)
{
    Str rest = str_from_at(text, *at);
    for (size_t i = 0; !is_unknown(rest) && i < G_N_ELEMENTS(signs); i++)
        if (str_starts(rest, signs[i].word)) {
            *token = (Token) { signs[i].kind, (uint32_t) *at, (uint32_t) (*at + signs[i].word.n), str_head(rest, signs[i].word.n) };
            *at += signs[i].word.n;
            return true;
        }
    return unknown_sign(rest, *at, diags);
}

bool lex_next(Str text, size_t *at, Arena *arena, Diags *diags, Token *ret_token)
{
    while (*at < text.n && g_ascii_isspace(text.p[*at]))
        (*at)++;
    if (*at >= text.n) {
        *ret_token = (Token) { T_END, (uint32_t) text.n, (uint32_t) text.n, STR_NONE };
        return true;
    }
    char c = text.p[*at];
    if (c == '\'')
        return lex_text(text, at, arena, diags, ret_token);
    bool digit = g_ascii_isdigit(c);
    if (!digit && !g_ascii_isalpha(c) && c != '_')
        return lex_sign(text, at, diags, ret_token);
    size_t end = digit ? number_end(text, *at) : name_end(text, *at);
    Str word = { text.p + *at, end - *at };
    *ret_token = (Token) { digit ? T_NUMBER : word_kind(word), (uint32_t) *at, (uint32_t) end, word };
    *at = end;
    return true;
}
