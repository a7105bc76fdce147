/* Codes, ICD-10 and patterns: a text is looked up, which a dictionary makes cheap. */
#include "expr/eval.h"

#include "base/banned.h"

typedef struct {
    Vector text;
    const uint8_t *nulls; /* of the text; where it is null nothing is looked up */
    uint8_t *out_nulls;
} Lookup;

static Lookup lookup_of(Frame *f, const Node *node, const uint8_t *active)
{
    Lookup l = { .text = eval_node(f, node->args[0], active), .out_nulls = frame_bytes(f) };
    if (l.text.constant && l.text.nulls && l.text.nulls[0]) {
        memset(l.out_nulls, 1, f->n);
        l.nulls = l.out_nulls;
    } else if (!l.text.constant && l.text.nulls) {
        memcpy(l.out_nulls, l.text.nulls, f->n);
        l.nulls = l.text.nulls;
    }
    return l;
}

static Str text_at(const Lookup *l, size_t row)
{
    return vector_texts(&l->text)[l->text.constant ? 0 : row];
}

/* A code that the table lacks has no rank. */
Vector eval_rank(Frame *f, const Node *node, const uint8_t *active)
{
    Lookup l = lookup_of(f, node, active);
    int64_t *out = frame_values(f, EXPR_NUMBER);
    for (size_t i = 0; i < f->n; i++) {
        if (!asked(active, l.nulls, i))
            continue;
        int64_t place = text_set_find(node->codes->set, text_at(&l, i));
        l.out_nulls[i] = place < 0;
        out[i] = place < 0 ? 0 : codes_at(node->codes, (size_t) place)->rank;
    }
    return (Vector) { EXPR_NUMBER, false, out, l.out_nulls };
}

Vector eval_code_in(Frame *f, const Node *node, const uint8_t *active)
{
    Lookup l = lookup_of(f, node, active);
    uint8_t *out = frame_bytes(f);
    Vector on = { 0 };
    if (node->n > 1)
        on = eval_node(f, node->args[1], active);
    for (size_t i = 0; i < f->n; i++) {
        if (!asked(active, l.nulls, i))
            continue;
        if (node->n > 1 && vector_is_null(&on, i)) {
            l.out_nulls[i] = 1;
            continue;
        }
        int64_t place = text_set_find(node->codes->set, text_at(&l, i));
        out[i] = place >= 0 && (!node->below || node->below[place]) &&
                 (node->n == 1 || codes_valid_on(node->codes, (size_t) place, vector_days(&on)[on.constant ? 0 : i]));
    }
    return (Vector) { EXPR_BOOL, false, out, l.out_nulls };
}

static bool in_ranges(const Node *node, Str code)
{
    char buffer[LIMIT_EXPR_CODE_BYTES];
    Str plain = icd_plain(code, buffer);
    for (size_t i = 0; i < node->n_ranges; i++)
        if (icd_in_range(plain, &node->ranges[i]))
            return true;
    return false;
}

Vector eval_icd_in(Frame *f, const Node *node, const uint8_t *active)
{
    Lookup l = lookup_of(f, node, active);
    uint8_t *out = frame_bytes(f);
    for (size_t i = 0; i < f->n; i++)
        if (asked(active, l.nulls, i))
            out[i] = in_ranges(node, text_at(&l, i));
    return (Vector) { EXPR_BOOL, false, out, l.out_nulls };
}

Vector eval_regexp(Frame *f, const Node *node, const uint8_t *active)
{
    Lookup l = lookup_of(f, node, active);
    uint8_t *out = frame_bytes(f);
    Pattern *pattern = runner_pattern(f->runner, node);
    for (size_t i = 0; i < f->n; i++) {
        bool over = false;
        if (!asked(active, l.nulls, i))
            continue;
        out[i] = pattern_matches(pattern, text_at(&l, i), &over);
        if (over)
            frame_fault(f, i, EXPR_FAULT_OVERFLOW);
    }
    return (Vector) { EXPR_BOOL, false, out, l.out_nulls };
}
