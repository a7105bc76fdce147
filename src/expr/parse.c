/* Recursive descent, one function a level: or, and, not, comparison, sum, product, sign, primary. It stops at the first mistake: what
 * follows one is rarely meant as it stands. */
#include "expr/lex.h"
#include "expr/node.h"

#include "base/decimal.h"

#include "base/banned.h"

typedef struct {
    Str text;
    size_t at; /* behind `token` */
    Token token;
    Arena *arena;
    Diags *diags;
    int depth, nodes;
    uint32_t last; /* end of the token before */
} Parser;

static Node *parse_or(Parser *p);
static Node *parse_sum(Parser *p);

/* --- Tokens and nodes --------------------------------------------------------------------------------------------- */

static bool advance(Parser *p)
{
    p->last = p->token.to;
    return lex_next(p->text, &p->at, p->arena, p->diags, &p->token);
}

static bool is(const Parser *p, TokenKind kind)
{
    return p->token.kind == kind;
}

static void *expected(Parser *p, const char *what)
{
    if (is(p, T_END))
        diag_add(p->diags, "expr-syntax", STR_NONE, p->token.from, p->token.to, "the expression ends where %s is expected", what);
    else
        diag_add(p->diags, "expr-syntax", p->token.text, p->token.from, p->token.to, "'" STR_FMT "' where %s is expected",
                 STR_ARG(utf8_head(p->token.text, 40)), what);
    return NULL;
}

static bool take(Parser *p, TokenKind kind, const char *what)
{
    return is(p, kind) ? advance(p) : (expected(p, what), false);
}

static void *too_deep(Parser *p, const char *what, int most)
{
    diag_add(p->diags, "expr-too-deep", STR_NONE, p->token.from, p->token.to, "more than %d %s: make parts of it fields of their own", most, what);
    return NULL;
}

/* A node that begins at `from` and ends with the token before; args are copied. NULL where there are too many. */
static Node *node_new(Parser *p, Op op, uint32_t from, Node *const *args, size_t n)
{
    if (++p->nodes > LIMIT_EXPR_NODES)
        return too_deep(p, "parts", LIMIT_EXPR_NODES);
    Node *node = ARENA_NEW(p->arena, Node);
    node->op = (uint8_t) op;
    node->from = from;
    node->to = p->last;
    node->only = COLUMN_NONE;
    node->n = (uint32_t) n;
    node->args = ARENA_ARRAY(p->arena, Node *, n);
    if (n > 0)
        memcpy(node->args, args, n * sizeof *args);
    return node;
}

static Node *wrap(Parser *p, Op op, uint32_t from, Node *arg)
{
    return arg ? node_new(p, op, from, &arg, 1) : NULL;
}

static Node *pair(Parser *p, Op op, Node *a, Node *b)
{
    return a && b ? node_new(p, op, a->from, (Node *[]) { a, b }, 2) : NULL;
}

static Node *negated(Parser *p, bool not, Node *node)
{
    return not && node ? wrap(p, OP_NOT, node->from, node) : node;
}

/* --- Literals ------------------------------------------------------------------------------------------------------ */

static Node *bad_literal(Parser *p, const Token *token, const char *expects)
{
    diag_add(p->diags, "expr-literal", token->text, token->from, token->to, "'" STR_FMT "' is not %s", STR_ARG(utf8_head(token->text, 40)), expects);
    return NULL;
}

static Node *literal(Parser *p, uint32_t from, ExprKind kind, int64_t number, Str text)
{
    Node *node = node_new(p, OP_LITERAL, from, NULL, 0);
    if (!node)
        return NULL;
    node->type.kind = kind;
    node->literal.null = kind == EXPR_NONE;
    node->literal.number = number;
    node->literal.text = text;
    return node;
}

static Node *parse_number(Parser *p)
{
    Token token = p->token;
    Decimal d;
    if (!decimal_parse(token.text, &d))
        return bad_literal(p, &token, "a number of at most 18 digits, 6 of them decimals");
    Node *node = advance(p) ? literal(p, token.from, EXPR_NUMBER, d.value, STR_NONE) : NULL;
    if (node)
        node->type.scale = d.scale;
    return node;
}

static Node *parse_dated(Parser *p, uint32_t from, bool time)
{
    Token token = p->token;
    Date day = 0;
    int64_t ms = 0;
    if (time ? !local_time_parse(token.text, &ms) : !date_parse(token.text, &day))
        return bad_literal(p, &token, time ? "an instant like time '2026-01-31T08:30'" : "a day like date '2026-01-31', 1900 to 2199");
    return advance(p) ? literal(p, from, time ? EXPR_TIME : EXPR_DATE, time ? ms : day, STR_NONE) : NULL;
}

/* --- Primary -------------------------------------------------------------------------------------------------------- */

/* Expressions with commas between; the closing bracket is taken. */
static bool parse_list(Parser *p, Nodes *list)
{
    do {
        Node *node = parse_or(p);
        if (!node)
            return false;
        *ARENA_PUSH(p->arena, list) = node;
    } while (is(p, T_COMMA) && advance(p));
    return take(p, T_CLOSE, "a comma or )");
}

static Node *parse_call(Parser *p, Token name)
{
    Nodes args = { 0 };
    if (!advance(p))
        return NULL;
    if (is(p, T_CLOSE) ? !advance(p) : !parse_list(p, &args))
        return NULL;
    Node *node = node_new(p, OP_CALL, name.from, args.v, args.n);
    if (node)
        node->name = name.text;
    return node;
}

static Node *parse_named(Parser *p)
{
    Token name = p->token;
    if (!advance(p))
        return NULL;
    bool time = lex_is_word(name.text, STR("time"));
    if (is(p, T_TEXT) && (time || lex_is_word(name.text, STR("date"))))
        return parse_dated(p, name.from, time);
    if (is(p, T_OPEN))
        return parse_call(p, name);
    Node *node = node_new(p, OP_NAME, name.from, NULL, 0);
    if (node)
        node->name = name.text;
    return node;
}

/* `case x when v then …` is `case when x = v then …`: x stands in the tree several times, and is typed once. */
static bool parse_branch(Parser *p, Node *subject, Nodes *parts)
{
    Node *when = advance(p) ? parse_or(p) : NULL;
    if (when && subject)
        when = pair(p, OP_EQ, subject, when);
    if (!when || !take(p, T_THEN, "then"))
        return false;
    Node *value = parse_or(p);
    *ARENA_PUSH(p->arena, parts) = when;
    *ARENA_PUSH(p->arena, parts) = value;
    return value != NULL;
}

static Node *parse_case(Parser *p)
{
    uint32_t from = p->token.from;
    Nodes parts = { 0 };
    if (!advance(p))
        return NULL;
    int before = p->nodes;
    Node *subject = is(p, T_WHEN) ? NULL : parse_or(p);
    int weight = p->nodes - before;
    if (!is(p, T_WHEN))
        return subject ? expected(p, "when") : NULL;
    for (; is(p, T_WHEN); p->nodes += weight) /* as often as it is worked out, so that cases within subjects stay within the limit */
        if (!parse_branch(p, subject, &parts))
            return NULL;
    if (is(p, T_ELSE)) {
        Node *value = advance(p) ? parse_or(p) : NULL;
        if (!value)
            return NULL;
        *ARENA_PUSH(p->arena, &parts) = value;
    }
    return take(p, T_STOP, "when, else or end") ? node_new(p, OP_CASE, from, parts.v, parts.n) : NULL;
}

static Node *parse_brackets(Parser *p)
{
    Node *inner = advance(p) ? parse_or(p) : NULL;
    return inner && take(p, T_CLOSE, "an operator or )") ? inner : NULL;
}

static Node *parse_primary(Parser *p)
{
    Token token = p->token;
    switch (token.kind) {
    case T_NUMBER: return parse_number(p);
    case T_TEXT: return advance(p) ? literal(p, token.from, EXPR_TEXT, 0, token.text) : NULL;
    case T_NULL: return advance(p) ? literal(p, token.from, EXPR_NONE, 0, STR_NONE) : NULL;
    case T_TRUE:
    case T_FALSE: return advance(p) ? literal(p, token.from, EXPR_BOOL, token.kind == T_TRUE, STR_NONE) : NULL;
    case T_NAME: return parse_named(p);
    case T_CASE: return parse_case(p);
    case T_OPEN: return parse_brackets(p);
    default: return expected(p, "a value, a name or (");
    }
}

/* Everything that nests comes through here. A minus before a number belongs to it. */
static Node *parse_sign(Parser *p)
{
    if (p->depth >= LIMIT_EXPR_DEPTH)
        return too_deep(p, "levels", LIMIT_EXPR_DEPTH);
    p->depth++;
    uint32_t from = p->token.from;
    Node *node;
    if (!is(p, T_MINUS))
        node = parse_primary(p);
    else
        node = wrap(p, OP_NEG, from, advance(p) ? parse_sign(p) : NULL);
    if (node && node->op == OP_NEG && is_literal(node->args[0]) && node->args[0]->type.kind == EXPR_NUMBER) {
        node = node->args[0];
        node->literal.number = -node->literal.number; /* never INT64_MIN: a literal is read without its sign */
        node->from = from;
    }
    p->depth--;
    return node;
}

/* --- Operators ------------------------------------------------------------------------------------------------------ */

static Node *parse_product(Parser *p)
{
    Node *node = parse_sign(p);
    while (node && (is(p, T_TIMES) || is(p, T_OVER))) {
        Op op = is(p, T_TIMES) ? OP_MUL : OP_DIV;
        node = advance(p) ? pair(p, op, node, parse_sign(p)) : NULL;
    }
    return node;
}

static Node *parse_sum(Parser *p)
{
    Node *node = parse_product(p);
    while (node && (is(p, T_PLUS) || is(p, T_MINUS) || is(p, T_JOIN))) {
        Op op = is(p, T_PLUS) ? OP_ADD : is(p, T_MINUS) ? OP_SUB : OP_JOIN;
        node = advance(p) ? pair(p, op, node, parse_product(p)) : NULL;
    }
    return node;
}

static Node *parse_is_null(Parser *p, Node *value)
{
    if (!advance(p))
        return NULL;
    bool not = is(p, T_NOT);
    if ((not && !advance(p)) || !take(p, T_NULL, not ? "null" : "null or not null"))
        return NULL;
    return negated(p, not, wrap(p, OP_IS_NULL, value->from, value));
}

static Node *parse_between(Parser *p, Node *value)
{
    Node *low = advance(p) ? parse_sum(p) : NULL;
    if (!low || !take(p, T_AND, "and"))
        return NULL;
    Node *high = parse_sum(p);
    return high ? node_new(p, OP_BETWEEN, value->from, (Node *[]) { value, low, high }, 3) : NULL;
}

static Node *parse_in(Parser *p, Node *value)
{
    Nodes parts = { 0 };
    *ARENA_PUSH(p->arena, &parts) = value;
    if (!advance(p) || !take(p, T_OPEN, "(") || !parse_list(p, &parts))
        return NULL;
    return node_new(p, OP_IN, value->from, parts.v, parts.n);
}

/* What stands behind a value: [not] between, in, like. */
static Node *parse_tested(Parser *p, Node *value)
{
    bool not = is(p, T_NOT);
    if (not && !advance(p))
        return NULL;
    Node *node;
    if (is(p, T_BETWEEN))
        node = parse_between(p, value);
    else if (is(p, T_IN))
        node = parse_in(p, value);
    else if (is(p, T_LIKE))
        node = pair(p, OP_LIKE, value, advance(p) ? parse_sum(p) : NULL);
    else
        return expected(p, "between, in or like");
    return negated(p, not, node);
}

/* One comparison: `a < b < c` is no chain in SQL, and would mean something else. */
static Node *parse_comparison(Parser *p)
{
    Node *node = parse_sum(p);
    if (!node)
        return NULL;
    TokenKind kind = p->token.kind;
    if (kind >= T_EQ && kind <= T_GE) {
        node = advance(p) ? pair(p, (Op) (OP_EQ + (kind - T_EQ)), node, parse_sum(p)) : NULL;
        if (node && p->token.kind >= T_EQ && p->token.kind <= T_GE)
            return expected(p, "and, or or the end (comparisons do not chain)");
        return node;
    }
    if (kind == T_IS)
        return parse_is_null(p, node);
    return kind == T_NOT || kind == T_BETWEEN || kind == T_IN || kind == T_LIKE ? parse_tested(p, node) : node;
}

static Node *parse_not(Parser *p)
{
    if (!is(p, T_NOT))
        return parse_comparison(p);
    if (p->depth >= LIMIT_EXPR_DEPTH)
        return too_deep(p, "levels", LIMIT_EXPR_DEPTH);
    p->depth++;
    uint32_t from = p->token.from;
    Node *node = wrap(p, OP_NOT, from, advance(p) ? parse_not(p) : NULL);
    p->depth--;
    return node;
}

/* `a and b and c` is one node: no depth for what is flat. */
static Node *parse_chain(Parser *p, TokenKind word, Op op, Node *(*operand)(Parser *))
{
    Node *first = operand(p);
    if (!first || !is(p, word))
        return first;
    Nodes args = { 0 };
    *ARENA_PUSH(p->arena, &args) = first;
    while (is(p, word)) {
        Node *next = advance(p) ? operand(p) : NULL;
        if (!next)
            return NULL;
        *ARENA_PUSH(p->arena, &args) = next;
    }
    return node_new(p, op, first->from, args.v, args.n);
}

static Node *parse_and(Parser *p)
{
    return parse_chain(p, T_AND, OP_AND, parse_not);
}

static Node *parse_or(Parser *p)
{
    return parse_chain(p, T_OR, OP_OR, parse_and);
}

Node *expr_read(Str text, Arena *arena, Diags *diags)
{
    size_t bad = 0;
    Parser p = { .text = text, .arena = arena, .diags = diags };
    if (text.n > LIMIT_EXPR_BYTES) {
        diag_add(diags, "expr-too-long", STR_NONE, LIMIT_EXPR_BYTES, text.n, "an expression has at most %d bytes", LIMIT_EXPR_BYTES);
        return NULL;
    }
    if (!utf8_valid(text, &bad)) {
        diag_add(diags, "expr-syntax", STR_NONE, bad, bad + 1, "not UTF-8");
        return NULL;
    }
    Node *node = advance(&p) ? parse_or(&p) : NULL;
    return node && !is(&p, T_END) ? expected(&p, "an operator or the end") : node;
}
