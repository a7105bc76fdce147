/* A parser by descent, one function a level of precedence, as FHIRPath 2.0 (section 8) has them: . [] | > < = and or. */
#include "ingest/fhir_path.h"

#include "base/limits.h"
#include "base/near.h"

#include "base/banned.h"

/* --- Functions --------------------------------------------------------------------------------------------------------------- */

/* Arguments: c a criterion, e any path, t a text, n a whole number, T the name of a type; behind / those that may be missing. */
static const struct {
    const char *name, *args, *shown;
    bool of_text;   /* what it is called on is one text */
    bool same;      /* it gives what it is called on */
    FhirType type;
} functions[] = {
    [FN_WHERE] = { "where", "c", "where(criterion)", .same = true },
    [FN_EXISTS] = { "exists", "/c", "exists(), exists(criterion)", .type = FHIR_BOOL },
    [FN_EMPTY] = { "empty", "", "empty()", .type = FHIR_BOOL },
    [FN_NOT] = { "not", "", "not()", .type = FHIR_BOOL },
    [FN_FIRST] = { "first", "", "first()", .same = true },
    [FN_LAST] = { "last", "", "last()", .same = true },
    [FN_COUNT] = { "count", "", "count()", .type = FHIR_NUMBER },
    [FN_DISTINCT] = { "distinct", "", "distinct()", .same = true },
    [FN_SELECT] = { "select", "e", "select(path)" },
    [FN_OF_TYPE] = { "ofType", "T", "ofType(Type)" },
    [FN_RESOLVE] = { "resolve", "", "resolve()" },
    [FN_EXTENSION] = { "extension", "t", "extension(url)" },
    [FN_IIF] = { "iif", "ce/e", "iif(criterion, path), iif(criterion, path, otherwise)" },
    [FN_SUBSTRING] = { "substring", "n/n", "substring(start), substring(start, length)", .of_text = true, .type = FHIR_TEXT },
    [FN_STARTS_WITH] = { "startsWith", "t", "startsWith(text)", .of_text = true, .type = FHIR_BOOL },
    [FN_ENDS_WITH] = { "endsWith", "t", "endsWith(text)", .of_text = true, .type = FHIR_BOOL },
    [FN_CONTAINS] = { "contains", "t", "contains(text)", .of_text = true, .type = FHIR_BOOL },
    [FN_REPLACE] = { "replace", "tt", "replace(text, by)", .of_text = true, .type = FHIR_TEXT },
    [FN_UPPER] = { "upper", "", "upper()", .of_text = true, .type = FHIR_TEXT },
    [FN_LOWER] = { "lower", "", "lower()", .of_text = true, .type = FHIR_TEXT },
    [FN_TRIM] = { "trim", "", "trim()", .of_text = true, .type = FHIR_TEXT },
    [FN_LENGTH] = { "length", "", "length()", .of_text = true, .type = FHIR_NUMBER },
    [FN_TO_STRING] = { "toString", "", "toString()", .type = FHIR_TEXT },
    [FN_JOIN] = { "join", "/t", "join(), join(separator)", .type = FHIR_TEXT },
};

const char *fhir_path_function(size_t index)
{
    return index < G_N_ELEMENTS(functions) ? functions[index].shown : NULL;
}

/* --- Words ------------------------------------------------------------------------------------------------------------------- */

typedef enum {
    W_END, W_NAME, W_TEXT, W_NUMBER, W_THIS, W_RESOURCE, W_DOT, W_COMMA, W_OPEN, W_CLOSE, W_LEFT, W_RIGHT, W_NOTHING, W_OR, W_XOR, W_AND, W_TRUE, W_FALSE,
    W_EQ, W_NE, W_LT, W_LE, W_GT, W_GE, W_UNION, W_JOIN, W_BAD
} Word;

typedef struct {
    Str text;
    Arena *arena;
    Diags *diags;
    size_t at;
    Word word;          /* the one in hand */
    uint32_t from, to;
    Str value;
    int depth, nodes;
    bool wrong;
} Parser;

static void G_GNUC_PRINTF(5, 6) find(Parser *p, const char *code, uint32_t from, uint32_t to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    if (!p->wrong || !g_str_equal(code, "path-syntax"))
        diag_add(p->diags, code, STR_NONE, from, MAX(to, from + 1), "%s", text);
    p->wrong = true;
}

static const struct {
    Str sign;
    Word word;
} signs[] = { /* the longer first */
    { STR_INIT("{}"), W_NOTHING }, { STR_INIT("!="), W_NE }, { STR_INIT("<="), W_LE },   { STR_INIT(">="), W_GE },  { STR_INIT("."), W_DOT },
    { STR_INIT(","), W_COMMA },    { STR_INIT("("), W_OPEN }, { STR_INIT(")"), W_CLOSE }, { STR_INIT("["), W_LEFT }, { STR_INIT("]"), W_RIGHT },
    { STR_INIT("="), W_EQ },       { STR_INIT("<"), W_LT },  { STR_INIT(">"), W_GT },    { STR_INIT("|"), W_UNION }, { STR_INIT("&"), W_JOIN },
}, words[] = {
    { STR_INIT("or"), W_OR }, { STR_INIT("xor"), W_XOR }, { STR_INIT("and"), W_AND }, { STR_INIT("true"), W_TRUE }, { STR_INIT("false"), W_FALSE },
};

/* A part of FHIRPath that is not of the subset, with what to write for it. */
static const struct {
    Str sign;
    const char *instead;
} not_here[] = {
    { STR_INIT("@"), "days and times are compared as texts: '2026-01-31'" }, { STR_INIT("~"), "= compares" },
    { STR_INIT("+"), "& joins texts" },                                      { STR_INIT("*"), "there is no arithmetic" },
    { STR_INIT("/"), "there is no arithmetic" },                             { STR_INIT("-"), "there is no arithmetic" },
    { STR_INIT("\""), "texts stand in '…'" },                                { STR_INIT("$"), "there is only $this" },
    { STR_INIT("%"), "there is only %resource" },                            { STR_INIT("=="), "= compares" },
};

static bool is_name_start(char c)
{
    return g_ascii_isalpha(c) || c == '_';
}

static void read_sign(Parser *p, Str rest)
{
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
        if (str_starts(rest, signs[i].sign)) {
            p->word = signs[i].word;
            p->at += signs[i].sign.n;
            return;
        }
    size_t n = utf8_head(rest, 1).n;
    const char *instead = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(not_here); i++)
        if (str_starts(rest, not_here[i].sign))
            instead = not_here[i].instead;
    find(p, "path-syntax", (uint32_t) p->at, (uint32_t) (p->at + n), "'" STR_FMT "' has no meaning in a path%s%s", STR_ARG(str_head(rest, n)), instead ? ": " : "",
         instead ? instead : "");
    p->at = p->text.n;
    p->word = W_BAD;
}

static bool unescape(Str raw, GString *out)
{
    static const char from[] = "'\"`\\/nrtf", to[] = "'\"`\\/\n\r\t\f";
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] != '\\') {
            g_string_append_c(out, raw.p[i]);
            continue;
        }
        const char *known = ++i < raw.n && raw.p[i] ? strchr(from, raw.p[i]) : NULL;
        if (!known)
            return false;
        g_string_append_c(out, to[known - from]);
    }
    return true;
}

/* 'text' or `name`. */
static void read_quoted(Parser *p, char quote, Word word)
{
    size_t at = p->at + 1;
    while (at < p->text.n && p->text.p[at] != quote)
        at += p->text.p[at] == '\\' ? 2 : 1;
    g_autoptr(GString) out = g_string_new(NULL);
    if (at >= p->text.n || !unescape((Str) { p->text.p + p->at + 1, at - p->at - 1 }, out)) {
        find(p, "path-syntax", (uint32_t) p->at, (uint32_t) p->text.n, at >= p->text.n ? "this quote is never closed" : "an escape that does not exist");
        p->at = p->text.n;
        p->word = W_BAD;
        return;
    }
    p->value = arena_str(p->arena, str_from_gstring(out));
    p->at = at + 1;
    p->word = word;
}

static void read_name_word(Parser *p)
{
    size_t from = p->at;
    while (p->at < p->text.n && (is_name_start(p->text.p[p->at]) || g_ascii_isdigit(p->text.p[p->at])))
        p->at++;
    p->value = (Str) { p->text.p + from, p->at - from };
    p->word = W_NAME;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (str_eq(p->value, words[i].sign))
            p->word = words[i].word;
}

static void read_number(Parser *p)
{
    size_t from = p->at;
    while (p->at < p->text.n && g_ascii_isdigit(p->text.p[p->at]))
        p->at++;
    if (p->at + 1 < p->text.n && p->text.p[p->at] == '.' && g_ascii_isdigit(p->text.p[p->at + 1]))
        for (p->at++; p->at < p->text.n && g_ascii_isdigit(p->text.p[p->at]);)
            p->at++;
    p->value = (Str) { p->text.p + from, p->at - from };
    p->word = W_NUMBER;
}

static void next(Parser *p)
{
    while (p->at < p->text.n && g_ascii_isspace(p->text.p[p->at]))
        p->at++;
    p->from = (uint32_t) p->at;
    Str rest = str_from_at(p->text, p->at);
    if (rest.n == 0)
        p->word = W_END;
    else if (is_name_start(rest.p[0]))
        read_name_word(p);
    else if (g_ascii_isdigit(rest.p[0]))
        read_number(p);
    else if (rest.p[0] == '\'' || rest.p[0] == '`')
        read_quoted(p, rest.p[0], rest.p[0] == '\'' ? W_TEXT : W_NAME);
    else if (str_starts(rest, STR("$this")) || str_starts(rest, STR("%resource"))) {
        p->word = rest.p[0] == '$' ? W_THIS : W_RESOURCE;
        p->at += rest.p[0] == '$' ? 5 : 9;
    } else
        read_sign(p, rest);
    p->to = (uint32_t) p->at;
}

/* --- Making nodes --------------------------------------------------------------------------------------------------------------- */

static const char *type_word(FhirType type)
{
    static const char *const type_words[] = { "a value", "a text", "a number", "true or false" };
    return type_words[type];
}

static FhirPath *make(Parser *p, FhirPathKind kind, FhirType type, uint32_t from)
{
    if (++p->nodes > LIMIT_EXPR_NODES && !p->wrong)
        find(p, "path-syntax", from, p->to, "the path has more than %d parts", LIMIT_EXPR_NODES);
    FhirPath *path = ARENA_NEW(p->arena, FhirPath);
    *path = (FhirPath) { .kind = kind, .type = type, .from = from, .to = p->to };
    return path;
}

static const FhirPath *expected(Parser *p, const char *what)
{
    Str there = { p->text.p + p->from, p->to - p->from };
    if (p->word == W_END)
        find(p, "path-syntax", p->from, p->from, "the path ends where %s is expected", what);
    else if (p->word != W_BAD)
        find(p, "path-syntax", p->from, p->to, "'" STR_FMT "' stands where %s is expected", STR_ARG(there), what);
    return NULL;
}

static bool may_be(Parser *p, const FhirPath *path, FhirType wanted)
{
    if (path->type == wanted || path->type == FHIR_ANY || path->kind == PATH_NOTHING)
        return true;
    find(p, "path-type", path->from, path->to, "this is %s, expected %s", type_word(path->type), type_word(wanted));
    return false;
}

/* --- Levels ------------------------------------------------------------------------------------------------------------------- */

static const FhirPath *parse_path(Parser *p);

static FhirFunc find_function(Parser *p, Str name, uint32_t from)
{
    ARENA_LIST(Str) known = { 0 };
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (str_eq(name, str_from(functions[i].name)))
            return (FhirFunc) i;
        *ARENA_PUSH(p->arena, &known) = str_from(functions[i].name);
    }
    find(p, "path-name", from, from + (uint32_t) name.n, "there is no function '" STR_FMT "'%s", STR_ARG(name), near_texts(p->arena, name, known.v, known.n));
    return (FhirFunc) G_N_ELEMENTS(functions);
}

/* The name of a type, with FHIR. or System. before it. */
static const FhirPath *parse_type(Parser *p)
{
    if (p->word != W_NAME)
        return expected(p, "the name of a type");
    FhirPath *path = make(p, PATH_LITERAL, FHIR_TEXT, p->from);
    path->text = p->value;
    next(p);
    if (p->word == W_DOT) {
        next(p);
        if (p->word != W_NAME)
            return expected(p, "the name of a type");
        path->text = p->value;
        next(p);
    }
    return path;
}

static const FhirPath *parse_argument(Parser *p, char kind)
{
    if (kind == 'T')
        return parse_type(p);
    const FhirPath *argument = parse_path(p);
    if (!argument)
        return NULL;
    FhirType wanted = kind == 'c' ? FHIR_BOOL : kind == 't' ? FHIR_TEXT : kind == 'n' ? FHIR_NUMBER : FHIR_ANY;
    return kind == 'e' || may_be(p, argument, wanted) ? argument : NULL;
}

static bool parse_arguments(Parser *p, FhirPath *call)
{
    const char *kinds = functions[call->func].args;
    bool optional = false;
    next(p);
    for (; *kinds; kinds++) {
        if (*kinds == '/') {
            optional = true;
            continue;
        }
        if (p->word == W_CLOSE && optional)
            break;
        if (call->n_args > 0 && p->word != W_COMMA)
            return expected(p, "','");
        if (call->n_args > 0)
            next(p);
        const FhirPath *argument = parse_argument(p, *kinds);
        if (!argument)
            return false;
        call->args[call->n_args++] = argument;
    }
    if (p->word != W_CLOSE)
        return expected(p, "')'");
    call->to = p->to;
    next(p);
    return true;
}

/* Of iif the one that both have, of select that of its path. */
static FhirType type_of_call(const FhirPath *call)
{
    if (functions[call->func].same)
        return call->a->type;
    if (call->func == FN_SELECT)
        return call->args[0]->type;
    if (call->func == FN_IIF)
        return call->n_args == 2 || call->args[1]->type == call->args[2]->type ? call->args[1]->type : FHIR_ANY;
    return functions[call->func].type;
}

/* `name(` was read up to the bracket. */
static const FhirPath *parse_call(Parser *p, const FhirPath *target, Str name, uint32_t from)
{
    FhirFunc func = find_function(p, name, from);
    if (func >= G_N_ELEMENTS(functions))
        return NULL;
    FhirPath *call = make(p, PATH_CALL, FHIR_ANY, target->kind == PATH_THIS ? from : target->from);
    call->func = func;
    call->a = target;
    if (functions[func].of_text && !may_be(p, target, FHIR_TEXT))
        return NULL;
    if (func == FN_NOT && !may_be(p, target, FHIR_BOOL))
        return NULL;
    if (!parse_arguments(p, call))
        return NULL;
    call->type = type_of_call(call);
    return call;
}

static const FhirPath *parse_member(Parser *p, const FhirPath *target)
{
    uint32_t from = p->from, to = p->to;
    Str name = p->value;
    next(p);
    if (p->word == W_OPEN)
        return parse_call(p, target, name, from);
    if (target->type != FHIR_ANY) {
        find(p, "path-type", from, to, "%s has no member '" STR_FMT "'", type_word(target->type), STR_ARG(name));
        return NULL;
    }
    bool type = target->kind == PATH_THIS && target->from == from && g_ascii_isupper(name.p[0]);
    FhirPath *path = make(p, type ? PATH_TYPE : PATH_MEMBER, FHIR_ANY, target->from);
    path->to = to;
    path->text = name;
    path->a = target;
    return path;
}

static const FhirPath *parse_literal(Parser *p)
{
    bool word = p->word == W_TRUE || p->word == W_FALSE;
    FhirPath *path = make(p, PATH_LITERAL, word ? FHIR_BOOL : p->word == W_TEXT ? FHIR_TEXT : FHIR_NUMBER, p->from);
    path->truth = p->word == W_TRUE;
    path->text = word ? STR_NONE : p->value;
    if (p->word == W_NUMBER && !decimal_parse(p->value, &path->number))
        find(p, "path-syntax", p->from, p->to, "this number has too many digits");
    next(p);
    return path;
}

static const FhirPath *parse_brackets(Parser *p)
{
    if (++p->depth > LIMIT_EXPR_DEPTH) {
        find(p, "path-syntax", p->from, p->to, "the path is nested over %d deep", LIMIT_EXPR_DEPTH);
        return NULL;
    }
    next(p);
    const FhirPath *inside = parse_path(p);
    p->depth--;
    if (!inside)
        return NULL;
    if (p->word != W_CLOSE)
        return expected(p, "')'");
    next(p);
    return inside;
}

static const FhirPath *parse_term(Parser *p)
{
    FhirPath *path;
    switch (p->word) {
    case W_TRUE: case W_FALSE: case W_TEXT: case W_NUMBER: return parse_literal(p);
    case W_OPEN: return parse_brackets(p);
    case W_NAME: return parse_member(p, make(p, PATH_THIS, FHIR_ANY, p->from));
    case W_THIS: case W_RESOURCE: case W_NOTHING:
        path = make(p, p->word == W_THIS ? PATH_THIS : p->word == W_NOTHING ? PATH_NOTHING : PATH_RESOURCE, FHIR_ANY, p->from);
        next(p);
        return path;
    default: return expected(p, "a path");
    }
}

static const FhirPath *parse_index(Parser *p, const FhirPath *of)
{
    next(p);
    if (p->word != W_NUMBER || memchr(p->value.p, '.', p->value.n))
        return expected(p, "a whole number");
    FhirPath *path = make(p, PATH_INDEX, of->type, of->from);
    path->a = of;
    if (!decimal_parse(p->value, &path->number))
        return expected(p, "a whole number");
    next(p);
    if (p->word != W_RIGHT)
        return expected(p, "']'");
    path->to = p->to;
    next(p);
    return path;
}

static const FhirPath *parse_steps(Parser *p)
{
    const FhirPath *path = parse_term(p);
    while (path && (p->word == W_DOT || p->word == W_LEFT)) {
        if (p->word == W_LEFT) {
            path = parse_index(p, path);
            continue;
        }
        next(p);
        path = p->word == W_NAME ? parse_member(p, path) : expected(p, "a name");
    }
    return path;
}

static const struct {
    Word word;
    FhirPathKind kind;
    int level;
} operators[] = {
    { W_OR, PATH_OR, 0 },  { W_XOR, PATH_XOR, 0 }, { W_AND, PATH_AND, 1 }, { W_EQ, PATH_EQ, 2 }, { W_NE, PATH_NE, 2 },       { W_LT, PATH_LT, 3 },
    { W_LE, PATH_LE, 3 },  { W_GT, PATH_GT, 3 },   { W_GE, PATH_GE, 3 },   { W_UNION, PATH_UNION, 4 }, { W_JOIN, PATH_JOIN, 5 },
};
enum { LEVELS = 6 };

static bool operator_at(Word word, int level, FhirPathKind *ret_kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(operators); i++)
        if (operators[i].word == word && operators[i].level == level) {
            *ret_kind = operators[i].kind;
            return true;
        }
    return false;
}

static bool check_operands(Parser *p, FhirPathKind kind, const FhirPath *a, const FhirPath *b)
{
    if (kind == PATH_AND || kind == PATH_OR || kind == PATH_XOR)
        return may_be(p, a, FHIR_BOOL) && may_be(p, b, FHIR_BOOL);
    if (kind == PATH_JOIN)
        return may_be(p, a, FHIR_TEXT) && may_be(p, b, FHIR_TEXT);
    if (kind == PATH_UNION || a->type == FHIR_ANY || b->type == FHIR_ANY || a->type == b->type)
        return true;
    find(p, "path-type", a->from, b->to, "%s is compared with %s", type_word(a->type), type_word(b->type));
    return false;
}

static const FhirPath *parse_level(Parser *p, int level)
{
    if (level == LEVELS)
        return parse_steps(p);
    const FhirPath *a = parse_level(p, level + 1);
    FhirPathKind kind;
    while (a && operator_at(p->word, level, &kind)) {
        next(p);
        const FhirPath *b = parse_level(p, level + 1);
        if (!b || !check_operands(p, kind, a, b))
            return NULL;
        FhirType type = kind == PATH_UNION ? (a->type == b->type ? a->type : FHIR_ANY) : kind == PATH_JOIN ? FHIR_TEXT : FHIR_BOOL;
        FhirPath *both = make(p, kind, type, a->from);
        both->to = b->to;
        both->a = a;
        both->b = b;
        a = both;
    }
    return a;
}

static const FhirPath *parse_path(Parser *p)
{
    if (p->depth >= LIMIT_EXPR_DEPTH || p->nodes > LIMIT_EXPR_NODES) {
        find(p, "path-syntax", p->from, p->to, "the path is nested over %d deep", LIMIT_EXPR_DEPTH);
        return NULL;
    }
    p->depth++;
    const FhirPath *path = parse_level(p, 0);
    p->depth--;
    return path;
}

const FhirPath *fhir_path_parse(Str text, Arena *arena, Diags *diags)
{
    Parser p = { .text = text, .arena = arena, .diags = diags };
    if (text.n > LIMIT_EXPR_BYTES) {
        find(&p, "path-syntax", 0, 1, "the path is longer than %d bytes", LIMIT_EXPR_BYTES);
        return NULL;
    }
    next(&p);
    const FhirPath *path = parse_path(&p);
    if (path && p.word != W_END)
        expected(&p, "the end of the path");
    return p.wrong ? NULL : path;
}

/* --- Asking --------------------------------------------------------------------------------------------------------------------- */

/* Trees are at most LIMIT_EXPR_NODES large; chains of members are long on one side only, and that is walked in a loop. */
static void walk(const FhirPath *path, void (*told)(void *data, const FhirPath *path), void *data)
{
    for (; path; path = path->a) {
        told(data, path);
        walk(path->b, told, data);
        for (size_t i = 0; i < path->n_args; i++)
            walk(path->args[i], told, data);
    }
}

typedef struct {
    FhirFunc func;
    bool found;
} Sought;

static void seek_call(void *data, const FhirPath *path)
{
    Sought *sought = data;
    sought->found |= path->kind == PATH_CALL && path->func == sought->func;
}

bool fhir_path_calls(const FhirPath *path, FhirFunc func)
{
    Sought sought = { func, false };
    walk(path, seek_call, &sought);
    return sought.found;
}

typedef struct {
    void (*told)(void *data, Str name);
    void *data;
} Names;

static void tell_name(void *data, const FhirPath *path)
{
    Names *names = data;
    if (path->kind == PATH_MEMBER)
        names->told(names->data, path->text);
    if (path->kind == PATH_CALL && path->func == FN_EXTENSION) {
        names->told(names->data, STR("extension"));
        names->told(names->data, STR("url"));
    }
}

void fhir_path_names(const FhirPath *path, void (*told)(void *data, Str name), void *data)
{
    Names names = { told, data };
    walk(path, tell_name, &names);
}
