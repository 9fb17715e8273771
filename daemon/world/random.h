/* random.h - random numbers by address: the same address always gives the same numbers, no state is
 * kept.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011). The key is the world's seed, the counter is (cell | entity | purpose and draw): a
 * bijection, so no two addresses collide. */
#ifndef CREDD_WORLD_RANDOM_H
#define CREDD_WORLD_RANDOM_H

#include <stdint.h>

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
    RANDOM_FINANCE = 160,
    RANDOM_FINANCE_PERSON,
};

struct random_block {
    uint32_t word[4];
};

struct random_block random_at(uint64_t seed, enum random_purpose purpose, uint64_t entity,
                              uint32_t cell, uint16_t draw);

/* Uniform in (0, 1), from 32 bits and from 53. */
double random_uniform(uint32_t word);
double random_uniform53(uint32_t high, uint32_t low);
/* Uniform integer in [0, n), n up to 2^32. */
uint32_t random_below(uint32_t word, uint32_t n);
/* Standard normal from 32 bits, by a table: no libm, the same everywhere. */
double random_normal(uint32_t word);

/* A keyed permutation of [0, size) and its inverse, size any number from 1 to 2^32 - 1, at a cost
 * that does not depend on size: who has this slot, which slot has this one. */
uint32_t random_permute(uint64_t seed, enum random_purpose purpose, uint64_t key, uint32_t size,
                        uint32_t index);
uint32_t random_unpermute(uint64_t seed, enum random_purpose purpose, uint64_t key, uint32_t size,
                          uint32_t slot);

/* The same made ready once for many questions of one key. */
struct random_permutation {
    uint32_t size, mask;
    unsigned shift;
    uint32_t add[4], multiply[4], divide[4];
};
struct random_permutation random_permutation(uint64_t seed, enum random_purpose purpose,
                                             uint64_t key, uint32_t size);
uint32_t random_permutation_slot(const struct random_permutation *permutation, uint32_t index);
uint32_t random_permutation_index(const struct random_permutation *permutation, uint32_t slot);

#endif
