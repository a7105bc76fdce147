#include "city/random.h"

#include <math.h>

#include "base/banned.h"

uint64_t random_key(uint64_t seed, Str name)
{
    uint64_t key = random_mix(seed ^ name.n);
    for (size_t i = 0; i < name.n; i++)
        key = random_of(key, (unsigned char) name.p[i]);
    return key;
}

double random_normal(uint64_t x)
{
    enum { PARTS = 4, BITS = 16 };
    int64_t sum = 0;
    for (int word = 0; word < 3; word++) {
        x = random_mix(x + UINT64_C(0x9E3779B97F4A7C15));
        for (int part = 0; part < PARTS; part++)
            sum += (int64_t) (x >> (part * BITS) & 0xFFFF);
    }
    return (double) (sum - 6 * INT64_C(0xFFFF)) / 65536.0;
}

unsigned random_events(uint64_t x, double mean)
{
    enum { MOST = 1000 };
    double left = random_unit(x), each = exp(-MIN(mean, 600)), sum = each;
    unsigned n = 0;
    while (left >= sum && n < MOST && each > 0) {
        each *= mean / ++n;
        sum += each;
    }
    return n;
}

size_t random_place(uint64_t x, const double *sums, size_t n)
{
    double at = random_unit(x) * sums[n - 1];
    size_t from = 0, to = n - 1;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (at < sums[middle])
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}
