#include "ingest/hl7_path.h"

#include "base/limits.h"

#include "base/banned.h"

enum { MOST_PLACES = 20, MOST_NUMBER = 999 };

typedef struct {
    Str text;
    size_t at;
    Arena *arena;
    Diags *diags;
} Parser;

/* Returns false. */
static bool G_GNUC_PRINTF(4, 5) find(const Parser *p, const char *code, size_t from, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    size_t at = MIN(from, p->text.n > 0 ? p->text.n - 1 : 0);
    diag_add(p->diags, code, STR_NONE, at, at + 1, "%s", text);
    return false;
}

static void skip_space(Parser *p)
{
    while (p->at < p->text.n && g_ascii_isspace(p->text.p[p->at]))
        p->at++;
}

static bool take(Parser *p, char c)
{
    skip_space(p);
    bool there = p->at < p->text.n && p->text.p[p->at] == c;
    p->at += there;
    return there;
}

/* The same without space before it: within a place. */
static bool take_close(Parser *p, char c)
{
    bool there = p->at < p->text.n && p->text.p[p->at] == c;
    p->at += there;
    return there;
}

static bool take_word(Parser *p, Str word)
{
    skip_space(p);
    Str rest = str_from_at(p->text, p->at);
    bool there = str_starts(rest, word) && (rest.n == word.n || !g_ascii_isalnum(rest.p[word.n]));
    p->at += there ? word.n : 0;
    return there;
}

static bool read_number(Parser *p, int *ret_number)
{
    size_t from = p->at;
    int number = 0;
    while (p->at < p->text.n && g_ascii_isdigit(p->text.p[p->at]) && number <= MOST_NUMBER)
        number = number * 10 + p->text.p[p->at++] - '0';
    if (p->at == from || number < 1 || number > MOST_NUMBER)
        return find(p, "path-syntax", from, "a number from 1 to %d is expected", MOST_NUMBER);
    *ret_number = number;
    return true;
}

/* 'text', a quote in it doubled. */
static bool read_text(Parser *p, Str *ret_text)
{
    skip_space(p);
    size_t from = p->at;
    if (!take(p, '\''))
        return find(p, "path-syntax", from, "a text in '…' is expected");
    g_autoptr(GString) out = g_string_new(NULL);
    for (;; p->at++) {
        if (p->at >= p->text.n)
            return find(p, "path-syntax", from, "this quote is never closed");
        if (p->text.p[p->at] == '\'' && !(p->at + 1 < p->text.n && p->text.p[p->at + 1] == '\''))
            break;
        p->at += p->text.p[p->at] == '\'';
        g_string_append_c(out, p->text.p[p->at]);
    }
    p->at++;
    *ret_text = arena_str(p->arena, str_from_gstring(out));
    return true;
}

/* .4 or .4.2, where there is a point. */
static bool read_component(Parser *p, int *ret_component, int *ret_sub)
{
    if (!take_close(p, '.'))
        return true;
    if (!read_number(p, ret_component))
        return false;
    return !take_close(p, '.') || read_number(p, ret_sub);
}

static bool read_sign(Parser *p, bool *ret_not)
{
    skip_space(p);
    *ret_not = take(p, '!');
    return take(p, '=') || find(p, "path-syntax", p->at, "= or != is expected");
}

/* Behind the bracket that follows a field: 2, or .5 = 'NI'. */
static bool read_repetition(Parser *p, Hl7Place *place)
{
    skip_space(p);
    if (p->at < p->text.n && g_ascii_isdigit(p->text.p[p->at])) {
        if (!read_number(p, &place->repetition))
            return false;
    } else {
        place->repetition = HL7_ANY_REPETITION;
        if (p->at >= p->text.n || p->text.p[p->at] != '.')
            return find(p, "path-syntax", p->at, "the number of a repetition is expected, or a test as .5 = 'NI'");
        if (!read_component(p, &place->test.component, &place->test.sub) || !read_sign(p, &place->test.not) || !read_text(p, &place->test.text))
            return false;
    }
    return take(p, ']') || find(p, "path-syntax", p->at, "']' is expected");
}

/* Behind the bracket that follows a segment: 2, or 3.1 = 'GLU'. */
static bool read_segment_bracket(Parser *p, Hl7Place *place)
{
    int number = 0;
    if (!read_number(p, &number))
        return false;
    if (take(p, ']')) {
        place->segment_number = number;
        return true;
    }
    place->segment_test.field = number;
    if (!read_component(p, &place->segment_test.component, &place->segment_test.sub) || !read_sign(p, &place->segment_test.not)
        || !read_text(p, &place->segment_test.text))
        return false;
    return take(p, ']') || find(p, "path-syntax", p->at, "']' is expected");
}

bool hl7_is_segment(Str name)
{
    bool ok = name.n == 3 && g_ascii_isupper(name.p[0]);
    for (size_t i = 1; ok && i < 3; i++)
        ok = g_ascii_isupper(name.p[i]) || g_ascii_isdigit(name.p[i]);
    return ok;
}

static bool read_place(Parser *p, Hl7Place *place)
{
    *place = (Hl7Place) { .repetition = 1, .component = 0, .sub = 0 };
    skip_space(p);
    if (p->at < p->text.n && p->text.p[p->at] == '\'')
        return read_text(p, &place->literal);
    Str name = str_head(str_from_at(p->text, p->at), 3);
    if (!hl7_is_segment(name))
        return find(p, p->at < p->text.n ? "path-name" : "path-syntax", p->at, "a segment is expected, as PID");
    memcpy(place->segment, name.p, 3);
    p->at += 3;
    if (take_close(p, '[') && !read_segment_bracket(p, place))
        return false;
    if (!take_close(p, '-'))
        return find(p, "path-syntax", p->at, "'-' and the number of a field are expected behind " STR_FMT, STR_ARG(name));
    if (!read_number(p, &place->field))
        return false;
    if (take_close(p, '[') && !read_repetition(p, place))
        return false;
    return read_component(p, &place->component, &place->sub);
}

bool hl7_path_parse(Str text, Arena *arena, Diags *diags, Hl7Path *ret_path)
{
    Parser p = { .text = text, .arena = arena, .diags = diags };
    ARENA_LIST(Hl7Place) places = { 0 };
    do {
        if (places.n >= MOST_PLACES)
            return find(&p, "path-syntax", p.at, "more than %d places", MOST_PLACES);
        if (!read_place(&p, ARENA_PUSH(arena, &places)))
            return false;
    } while (take(&p, '|'));
    skip_space(&p);
    if (p.at < text.n)
        return find(&p, "path-syntax", p.at, "the end, or | and another place, is expected");
    *ret_path = (Hl7Path) { places.v, places.n };
    return true;
}

static bool read_term(Parser *p, Hl7Term *term)
{
    if (!read_place(p, &term->place))
        return false;
    skip_space(p);
    char c = p->at < p->text.n ? p->text.p[p->at] : 0;
    if (term->place.literal.p)
        return find(p, "path-syntax", p->at, "a place is tested, as PID-8 = 'M'");
    bool not;
    if (c != '=' && c != '!')
        return true; /* something stands there */
    if (!read_sign(p, &not))
        return false;
    term->kind = not ? HL7_IS_NOT : HL7_IS;
    return read_text(p, &term->text);
}

bool hl7_test_parse(Str text, Arena *arena, Diags *diags, Hl7Test *ret_test)
{
    Parser p = { .text = text, .arena = arena, .diags = diags };
    ARENA_LIST(Hl7Term) terms = { 0 };
    for (bool more = true, or_before = false; more;) {
        if (terms.n >= MOST_PLACES)
            return find(&p, "path-syntax", p.at, "more than %d tests", MOST_PLACES);
        Hl7Term *term = ARENA_PUSH(arena, &terms);
        term->or_before = or_before;
        if (!read_term(&p, term))
            return false;
        or_before = take_word(&p, STR("or"));
        more = or_before || take_word(&p, STR("and"));
    }
    skip_space(&p);
    if (p.at < text.n)
        return find(&p, "path-syntax", p.at, "the end, `and` or `or` is expected");
    *ret_test = (Hl7Test) { terms.v, terms.n };
    return true;
}
