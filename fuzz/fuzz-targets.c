/* Any text, as a plan's and as a report's: targets have quotes that lie in it, and values and units that fit together. */
#include "doc/stages.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const View *view, const DocTarget *target)
{
    g_assert_cmpuint(target->quote.span.from, <, target->quote.span.to);
    g_assert_cmpuint(target->quote.span.to, <=, view->n);
    g_assert_cmpuint(target->metric.n, >, 0);
    g_assert_cmpuint(target->value.scale, <=, 6);
    g_assert_true(target->tense == TENSE_TARGET || target->due == DATE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str text = { (const char *) data, size };
    if (!utf8_valid(text, NULL))
        return 0;
    for (int results = 0; results < 2; results++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        View view = view_of_text(text, arena);
        TargetContext context = { results ? 0 : 2025, results };
        size_t n;
        const DocTarget *targets = targets_find(&view, (Range) { 0, view.n }, &context, arena, diags, &n);
        for (size_t i = 0; i < n; i++)
            check(&view, &targets[i]);
    }
    return 0;
}
