/* Patterns of PCRE2, compiled to machine code, with limits: a pattern of a pack must not be able to stop an import. A match that a limit ends
 * counts as none, and is a fault of the row. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "expr/eval.h"

#include <pcre2.h>

#include "base/banned.h"

enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 1000, HEAP_LIMIT_KB = 4096, JIT_STACK_BYTES = 256 * 1024 };

struct Pattern {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

/* UTF, as all texts are; \C would read half a character; lookbehind and names are PCRE2's own. */
static const uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

static pcre2_code *compile(Str pattern, int *ret_error, size_t *ret_at)
{
    return pcre2_compile((PCRE2_SPTR) pattern.p, pattern.n, options, ret_error, ret_at, NULL);
}

bool regexp_check(Str pattern, char *message, size_t size, size_t *ret_at)
{
    int error = 0;
    pcre2_code *code = compile(pattern, &error, ret_at);
    if (!code)
        pcre2_get_error_message(error, (PCRE2_UCHAR *) message, size);
    pcre2_code_free(code);
    return code != NULL;
}

Pattern *pattern_new(Str pattern)
{
    int error = 0;
    size_t at = 0;
    Pattern *p = g_new0(Pattern, 1);
    p->code = compile(pattern, &error, &at);
    g_assert(p->code); /* it was checked when it was typed */
    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE); /* where the machine has none, it is interpreted */
    p->data = pcre2_match_data_create_from_pattern(p->code, NULL);
    p->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(p->context, MATCH_LIMIT);
    pcre2_set_depth_limit(p->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(p->context, HEAP_LIMIT_KB);
    p->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_BYTES, NULL);
    if (p->stack)
        pcre2_jit_stack_assign(p->context, NULL, p->stack);
    return p;
}

void pattern_free(Pattern *p)
{
    if (!p)
        return;
    pcre2_jit_stack_free(p->stack);
    pcre2_match_context_free(p->context);
    pcre2_match_data_free(p->data);
    pcre2_code_free(p->code);
    g_free(p);
}

bool pattern_matches(Pattern *p, Str text, bool *ret_over)
{
    int result = pcre2_match(p->code, (PCRE2_SPTR) text.p, text.n, 0, PCRE2_NO_UTF_CHECK, p->data, p->context);
    *ret_over = result < 0 && result != PCRE2_ERROR_NOMATCH;
    return result >= 0;
}
