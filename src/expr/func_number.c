#include "expr/func.h"

#include "base/banned.h"

/* round(x, n): the scale of x is the call's, or the third argument where SQLite calls. It rounds to fewer decimals, never to more. */
ROW(fn_round)
{
    int scale = n > 2 ? (int) args[2].number : call->scale;
    int to = n > 1 ? (int) args[1].number : 0;
    answer_wide(call, ret, to >= scale ? args[0].number : wide_div(args[0].number, wide_power(scale - to)));
}

static int64_t floor_to(int64_t number, int scale)
{
    int64_t step = (int64_t) wide_power(scale);
    return number / step - (number % step < 0);
}

ROW(fn_floor)
{
    answer_number(ret, floor_to(args[0].number, n > 1 ? (int) args[1].number : call->scale));
}

ROW(fn_ceil)
{
    answer_number(ret, -floor_to(-args[0].number, n > 1 ? (int) args[1].number : call->scale));
}

ROW(fn_abs)
{
    (void) call, (void) n;
    answer_number(ret, ABS(args[0].number));
}

static int order_of(ExprKind kind, const Value *a, const Value *b)
{
    return kind == EXPR_TEXT ? str_cmp(a->text, b->text) : (a->number > b->number) - (a->number < b->number);
}

/* Nulls are left out, as PostgreSQL does: the earliest of the days that are known. */
static void outermost(const Call *call, const Value *args, size_t n, int sign, Value *ret)
{
    for (size_t i = 0; i < n; i++)
        if (!args[i].null && (ret->null || sign * order_of(call->kind, &args[i], ret) > 0))
            *ret = args[i];
}

ROW(fn_least)
{
    outermost(call, args, n, -1, ret);
}

ROW(fn_greatest)
{
    outermost(call, args, n, 1, ret);
}

ROW(fn_nullif)
{
    (void) n;
    if (args[0].null || args[1].null || order_of(call->kind, &args[0], &args[1]) != 0)
        *ret = args[0];
}

/* --- What SQLite calls for operators --------------------------------------------------------------------------------------- */

ROW(fn_add)
{
    (void) n;
    answer_wide(call, ret, (Wide) args[0].number + args[1].number);
}

ROW(fn_sub)
{
    (void) n;
    answer_wide(call, ret, (Wide) args[0].number - args[1].number);
}

ROW(fn_mul)
{
    (void) n;
    answer_wide(call, ret, (Wide) args[0].number * args[1].number);
}

ROW(fn_div)
{
    (void) n;
    int64_t number = 0;
    uint8_t fault = number_div(args[0].number, args[1].number, (int) args[2].number, &number);
    call->faults |= fault;
    if (!fault)
        answer_number(ret, number);
}

ROW(fn_rescale)
{
    (void) n;
    answer_wide(call, ret, args[0].number * wide_power((int) args[1].number));
}
