#include "expr/func.h"

#include "base/identity.h"

#include "base/banned.h"

ROW(fn_id_valid)
{
    Date birth;
    (void) call, (void) n;
    answer_number(ret, id_number_birth(args[0].text, &birth));
}

ROW(fn_id_birth)
{
    Date birth;
    (void) call, (void) n;
    if (id_number_birth(args[0].text, &birth))
        answer_number(ret, birth);
}

/* By GB/T 2261.1: 1 male, 2 female. The last digit of the sequence is odd for men (GB 11643, 4.1.3). */
ROW(fn_id_sex)
{
    Date birth;
    (void) call, (void) n;
    if (id_number_birth(args[0].text, &birth))
        *ret = (Value) { .text = (args[0].text.p[16] - '0') % 2 ? STR("1") : STR("2") };
}

ROW(fn_uscc_valid)
{
    (void) call, (void) n;
    answer_number(ret, uscc_valid(args[0].text));
}

ROW(fn_phone_valid)
{
    (void) call, (void) n;
    answer_number(ret, phone_valid(args[0].text));
}

#define BATCH_OF_TESTS(name, test) \
    BATCH(name) \
    { \
        const Str *texts = args[0].values; \
        size_t step = !args[0].constant; \
        uint8_t *out = (uint8_t *) ret->values; \
        (void) call; \
        for (size_t i = 0; i < rows; i++) \
            out[i] = test(texts[i * step]); \
    }
BATCH_OF_TESTS(batch_id_valid, id_number_valid)
BATCH_OF_TESTS(batch_uscc_valid, uscc_valid)
BATCH_OF_TESTS(batch_phone_valid, phone_valid)
