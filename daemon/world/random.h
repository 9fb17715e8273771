/* random.h - random numbers by address: the same address always gives the same numbers, no state is
 * kept.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011). The key is the world's seed, the counter is (cell | entity | purpose and draw): a
 * bijection, so no two addresses collide. */
#ifndef CREDD_WORLD_RANDOM_H
#define CREDD_WORLD_RANDOM_H

#include <stdint.h>

#include "world/data/normal_table.h"

/* What a number is for: one value for each independent use, never renumbered (it changes every
 * world). */
enum random_purpose {
    RANDOM_MARKET_DAY = 1,
    RANDOM_MARKET_MONTH,
    RANDOM_MARKET_MEETING,
    RANDOM_MARKET_WEEK,
    RANDOM_MARKET_QUARTER,
    RANDOM_MARKET_QUOTE,
    RANDOM_MARKET_RELEASE,
    RANDOM_CREDIT_PERSON = 32,
    RANDOM_CREDIT_MONTH,
    RANDOM_CREDIT_DAY,
    RANDOM_CREDIT_ENTRY,
    RANDOM_CUSTOMER_ARRIVAL = 64,
    RANDOM_CUSTOMER_PERSON,
    RANDOM_CUSTOMER_NAME,
    RANDOM_CUSTOMER_PLACE,
    RANDOM_CUSTOMER_MONEY,
    RANDOM_ARRIVAL_SLOT = 96,
    RANDOM_ARRIVAL_ACCEPT,
    RANDOM_LOAN = 128,
    RANDOM_LOAN_DECISION,
    RANDOM_LOAN_DELAY,
    RANDOM_LOAN_PAST,
    RANDOM_LOAN_PERSON,
    RANDOM_FINANCE = 160,
    RANDOM_FINANCE_PERSON,
    RANDOM_LIFE_PERSON = 192,
    RANDOM_LIFE_MONTH,
    RANDOM_LIFE_DAY,
    RANDOM_LIFE_MOVE,
};

struct random_block {
    uint32_t word[4];
};

static inline struct random_block random_at(uint64_t seed, enum random_purpose purpose,
                                            uint64_t entity, uint32_t cell, uint16_t draw)
{
    uint32_t c0 = cell, c1 = (uint32_t)entity, c2 = (uint32_t)(entity >> 32);
    uint32_t c3 = (uint32_t)purpose << 16 | draw;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9U;
        k1 += 0xBB67AE85U;
    }
    return (struct random_block){{c0, c1, c2, c3}};
}

/* Uniform in (0, 1), from 32 bits and from 53. */
static inline double random_uniform(uint32_t word)
{
    return ((double)word + 0.5) * 0x1p-32;
}
static inline double random_uniform53(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
    /* Half a step up would round to 1 at the very end. */
    return ((double)(bits >> 1) + 0.5) * 0x1p-52;
}
/* Uniform integer in [0, n), n up to 2^32. */
static inline uint32_t random_below(uint32_t word, uint32_t n)
{
    return (uint32_t)((uint64_t)word * n >> 32);
}
/* Standard normal from 32 bits, by a table: no libm, the same everywhere. The low bit is the sign;
 * the rest picks a node and how far to go to the next one. */
static inline double random_normal(uint32_t word)
{
    uint32_t rank = word >> 1;
    double z;
    if (rank < 64) {
        z = normal_table[rank];
    } else {
        unsigned octave = 25U - (unsigned)__builtin_clz(rank);
        unsigned node = 64 * octave + (rank >> octave);
        double part = (double)(rank & ((1U << octave) - 1)) / (double)(1U << octave);
        z = normal_table[node] + part * (normal_table[node + 1] - normal_table[node]);
    }
    return word & 1 ? -z : z;
}

/* A keyed permutation of [0, size) and its inverse, size any number from 1 to 2^32 - 1, at a cost
 * that does not depend on size: who has this slot, which slot has this one. Made ready once for
 * many questions of one key. */
struct random_permutation {
    uint32_t size, mask;
    unsigned shift;
    uint32_t add[4], multiply[4], divide[4];
};
struct random_permutation random_permutation(uint64_t seed, enum random_purpose purpose,
                                             uint64_t key, uint32_t size);
static inline uint32_t random_permutation_slot(const struct random_permutation *permutation,
                                               uint32_t index)
{
    uint32_t mask = permutation->mask, x = index;
    do {
#pragma GCC unroll 4
        for (unsigned i = 0; i < 4; i++) {
            x = (x + permutation->add[i]) & mask;
            x = (x * permutation->multiply[i]) & mask;
            x ^= x >> permutation->shift;
        }
    } while (x >= permutation->size);
    return x;
}
static inline uint32_t random_permutation_index(const struct random_permutation *permutation,
                                                uint32_t slot)
{
    uint32_t mask = permutation->mask, x = slot;
    do {
#pragma GCC unroll 4
        for (unsigned i = 4; i-- > 0;) {
            x ^= x >> permutation->shift;
            x = (x * permutation->divide[i]) & mask;
            x = (x - permutation->add[i]) & mask;
        }
    } while (x >= permutation->size);
    return x;
}

#endif
