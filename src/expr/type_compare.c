/* Comparisons: both sides of one kind, codes held against their tables, ranked codes by rank, literal members as a set. */
#include "expr/node.h"

#include "base/banned.h"

/* --- Codes ---------------------------------------------------------------------------------------------------------- */

bool type_check_code(Typer *t, const ExprCodes *codes, Node *literal)
{
    if (!codes || !is_literal(literal) || literal->literal.null || text_set_find(codes->set, literal->literal.text) >= 0)
        return true;
    return type_fail(t, literal, "expr-unknown-code", "'" STR_FMT "' is no code of " STR_FMT "%s", STR_ARG(literal->literal.text), STR_ARG(codes->name),
                     near_names(t, literal->literal.text, codes->set->texts, codes->set->n));
}

/* Each literal against the table of whichever other has one. */
static bool check_codes(Typer *t, Node **args, size_t n)
{
    const ExprCodes *codes = NULL;
    bool ok = true;
    for (size_t i = 0; i < n && !codes; i++)
        codes = args[i]->type.kind == EXPR_TEXT ? args[i]->type.codes : NULL;
    for (size_t i = 0; i < n; i++)
        ok &= type_check_code(t, codes, args[i]);
    return ok;
}

static Node *ranked(Typer *t, Node *arg, const ExprCodes *codes)
{
    Node *node = ARENA_NEW(t->arena, Node);
    *node = (Node) { .op = OP_RANK, .typed = true, .type = { EXPR_NUMBER, 0, NULL }, .from = arg->from, .to = arg->to, .only = arg->only, .names_day = arg->names_day, .n = 1 };
    node->args = ARENA_ARRAY(t->arena, Node *, 1);
    node->args[0] = arg;
    node->codes = codes;
    if (is_literal(arg) && !arg->literal.null) {
        node->op = OP_LITERAL;
        node->n = 0;
        memset(&node->literal, 0, sizeof node->literal);
        node->literal.number = codes_at(codes, (size_t) text_set_find(codes->set, arg->literal.text))->rank;
    }
    return node;
}

/* < > <= >= between: bools have no order; codes of a table only the one of their ranks. */
static bool type_order(Typer *t, Node *node, ExprType type)
{
    const ExprCodes *codes = NULL;
    if (type_is_opaque(t, node))
        return false;
    if (type.kind == EXPR_BOOL)
        return type_fail(t, node, "expr-type", "bools have no order: = and <> compare them");
    for (uint32_t i = 0; i < node->n && type.kind == EXPR_TEXT && !codes; i++)
        codes = node->args[i]->type.codes;
    if (!codes)
        return true;
    if (!codes->ranked)
        return type_fail(t, node, "expr-type", "the codes of " STR_FMT " have no ranks: = and in compare them", STR_ARG(codes->name));
    for (uint32_t i = 0; i < node->n; i++) {
        if (!is_literal(node->args[i]) && node->args[i]->type.codes != codes)
            return type_fail(t, node, "expr-type", "by rank compare only codes of one table, " STR_FMT, STR_ARG(codes->name));
        node->args[i] = ranked(t, node->args[i], codes);
    }
    return true;
}

bool type_comparison(Typer *t, Node *node)
{
    ExprType type;
    bool ok = type_unify(t, node, node->args, node->n, type_op_words[node->op], &type) && check_codes(t, node->args, node->n);
    node->type.kind = EXPR_BOOL;
    return ok && (node->op == OP_EQ || node->op == OP_NE || type_order(t, node, type));
}

/* --- in ------------------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const Str *) a, *(const Str *) b);
}

/* Literals of the members become a set, sorted and each once; the others stay arguments. */
static void make_set(Typer *t, Node *node, ExprKind kind)
{
    size_t n = 0, kept = 1;
    Str *texts = ARENA_ARRAY(t->arena, Str, node->n);
    int64_t *numbers = ARENA_ARRAY(t->arena, int64_t, node->n);
    for (uint32_t i = 1; i < node->n; i++) {
        Node *member = node->args[i];
        if (!is_literal(member))
            node->args[kept++] = member;
        else if (member->literal.null)
            node->has_null = true;
        else if (kind == EXPR_TEXT)
            texts[n++] = member->literal.text;
        else
            numbers[n++] = member->literal.number;
    }
    node->n = (uint32_t) kept;
    qsort(kind == EXPR_TEXT ? (void *) texts : (void *) numbers, n, kind == EXPR_TEXT ? sizeof *texts : sizeof *numbers,
          kind == EXPR_TEXT ? by_text : by_number);
    size_t different = 0;
    for (size_t i = 0; i < n; i++) {
        bool again = i > 0 && (kind == EXPR_TEXT ? str_eq(texts[i], texts[different - 1]) : numbers[i] == numbers[different - 1]);
        if (again)
            continue;
        texts[different] = texts[i];
        numbers[different++] = numbers[i];
    }
    node->texts = kind == EXPR_TEXT && different > 0 ? text_set_new(t->arena, texts, different) : NULL;
    node->numbers = numbers;
    node->n_numbers = kind == EXPR_TEXT ? 0 : different;
}

bool type_in(Typer *t, Node *node)
{
    ExprType type;
    bool ok = type_unify(t, node, node->args, node->n, "in", &type) && check_codes(t, node->args, node->n);
    node->type.kind = EXPR_BOOL;
    if (ok)
        make_set(t, node, type.kind);
    return ok;
}
