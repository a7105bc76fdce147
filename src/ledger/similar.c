/* Charikar's simhash: each run of four characters votes with the bits of its hash. The votes of unchanged text outweigh those of a few changed
 * characters, so the signs stay. The hash must never change: its result is stored.
 *
 * Measured on the samples and other plans (2 to 44 KB): a copy without its head, with a page's chrome or without three lines differs in 0 to 6
 * bits, two different documents in 12 or more. */
#include "ledger/similar.h"

#include "base/crypto.h"
#include "base/text.h"

#include "base/banned.h"

enum { RUN = 4, BITS = 64 };
G_STATIC_ASSERT(SIMILAR_BITS < SIMILAR_BYTES);

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input changes half of the output's. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

typedef struct {
    uint64_t last; /* RUN characters of 16 bits: beyond the basic plane two may share a value, which harms nothing */
    size_t n;
    int32_t votes[BITS];
} Simhash;

static void simhash_add(Simhash *sim, uint32_t c)
{
    sim->last = sim->last << 16 | (c & 0xFFFF);
    if (++sim->n < RUN)
        return;
    uint64_t hash = mix(sim->last);
    for (int b = 0; b < BITS; b++)
        sim->votes[b] += hash >> b & 1 ? 1 : -1;
}

static uint64_t simhash_bits(const Simhash *sim)
{
    uint64_t bits = 0;
    for (int b = 0; b < BITS; b++)
        bits |= (uint64_t) (sim->votes[b] > 0) << b;
    return sim->n < RUN ? mix(sim->last) : bits;
}

TextLikeness text_likeness(Str text)
{
    Simhash sim = { 0 };
    g_autoptr(Digest) digest = digest_new(DIGEST_SM3);
    for (size_t at = 0; at < text.n;) {
        uint32_t c = text_fold_char(utf8_next(text, &at));
        if (!g_unichar_isalnum(c))
            continue;
        simhash_add(&sim, c);
        digest_update(digest, (Str) { (const char *) &c, sizeof c });
    }
    TextLikeness likeness = { .bits = (int64_t) simhash_bits(&sim) };
    hash_write(digest_final(digest), likeness.key);
    return likeness;
}

bool likeness_near(int64_t a, int64_t b)
{
    return __builtin_popcountll((uint64_t) a ^ (uint64_t) b) <= SIMILAR_BITS;
}

int64_t likeness_byte(int64_t bits, int byte)
{
    return (int64_t) ((uint64_t) bits >> (byte * 8) & 0xFF);
}
