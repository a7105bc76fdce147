#include "expr/eval.h"

#include "base/banned.h"

struct ExprRunner {
    GHashTable *memos;    /* const Node * to Memo * */
    GHashTable *patterns; /* const Node * to Pattern * */
};

static void memo_free(void *data)
{
    Memo *memo = data;
    arena_free(memo->arena);
    g_free(memo->values);
    g_free(memo->nulls);
    g_free(memo->faults);
    g_free(memo);
}

static void free_pattern(void *data)
{
    pattern_free(data);
}

ExprRunner *expr_runner_new(void)
{
    ExprRunner *runner = g_new0(ExprRunner, 1);
    runner->memos = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, memo_free);
    runner->patterns = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_pattern);
    return runner;
}

void expr_runner_free(ExprRunner *runner)
{
    if (!runner)
        return;
    g_hash_table_unref(runner->memos);
    g_hash_table_unref(runner->patterns);
    g_free(runner);
}

Memo *runner_memo(ExprRunner *runner, const Node *node)
{
    Memo *memo = g_hash_table_lookup(runner->memos, node);
    if (!memo) {
        memo = g_new0(Memo, 1);
        memo->arena = arena_new();
        g_hash_table_insert(runner->memos, (void *) node, memo);
    }
    return memo;
}

Pattern *runner_pattern(ExprRunner *runner, const Node *node)
{
    Pattern *pattern = g_hash_table_lookup(runner->patterns, node);
    if (!pattern) {
        pattern = pattern_new(node->args[1]->literal.text);
        g_hash_table_insert(runner->patterns, (void *) node, pattern);
    }
    return pattern;
}
