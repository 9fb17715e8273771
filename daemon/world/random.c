#include "world/random.h"

#include "world/data/normal_table.h"

struct random_block random_at(uint64_t seed, enum random_purpose purpose, uint64_t entity,
                              uint32_t cell, uint16_t draw)
{
    uint32_t c0 = cell, c1 = (uint32_t)entity, c2 = (uint32_t)(entity >> 32);
    uint32_t c3 = (uint32_t)purpose << 16 | draw;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

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

double random_uniform(uint32_t word)
{
    return ((double)word + 0.5) * 0x1p-32;
}

double random_uniform53(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
    /* Half a step up would round to 1 at the very end. */
    return ((double)(bits >> 1) + 0.5) * 0x1p-52;
}

uint32_t random_below(uint32_t word, uint32_t n)
{
    return (uint32_t)((uint64_t)word * n >> 32);
}

/* The low bit is the sign; the rest picks a node and how far to go to the next one. */
double random_normal(uint32_t word)
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

struct random_permutation random_permutation(uint64_t seed, enum random_purpose purpose,
                                             uint64_t key, uint32_t size)
{
    struct random_permutation permutation = {.size = size};
    /* Domains under 16 mix badly: walk out of a larger one. */
    unsigned bits = 4;
    while (bits < 32 && (size - 1) >> bits)
        bits++;
    permutation.mask = (uint32_t)((UINT64_C(1) << bits) - 1);
    permutation.shift = bits - bits / 2;
    for (uint16_t draw = 0; draw < 2; draw++) {
        struct random_block block = random_at(seed, purpose, key, UINT32_MAX, draw);
        for (unsigned i = 0; i < 4; i++) {
            if (draw == 0)
                permutation.add[i] = block.word[i];
            else
                permutation.multiply[i] = block.word[i] | 1;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        uint32_t odd = permutation.multiply[i], inverse = odd;
        for (int step = 0; step < 4; step++)
            inverse *= 2 - odd * inverse;
        permutation.divide[i] = inverse;
    }
    return permutation;
}

uint32_t random_permutation_slot(const struct random_permutation *permutation, uint32_t index)
{
    uint32_t mask = permutation->mask, x = index;
    do {
        for (unsigned i = 0; i < 4; i++) {
            x = (x + permutation->add[i]) & mask;
            x = (x * permutation->multiply[i]) & mask;
            x ^= x >> permutation->shift;
        }
    } while (x >= permutation->size);
    return x;
}

uint32_t random_permutation_index(const struct random_permutation *permutation, uint32_t slot)
{
    uint32_t mask = permutation->mask, x = slot;
    do {
        for (unsigned i = 4; i-- > 0;) {
            x ^= x >> permutation->shift;
            x = (x * permutation->divide[i]) & mask;
            x = (x - permutation->add[i]) & mask;
        }
    } while (x >= permutation->size);
    return x;
}

uint32_t random_permute(uint64_t seed, enum random_purpose purpose, uint64_t key, uint32_t size,
                        uint32_t index)
{
    struct random_permutation permutation = random_permutation(seed, purpose, key, size);
    return random_permutation_slot(&permutation, index);
}

uint32_t random_unpermute(uint64_t seed, enum random_purpose purpose, uint64_t key, uint32_t size,
                          uint32_t slot)
{
    struct random_permutation permutation = random_permutation(seed, purpose, key, size);
    return random_permutation_index(&permutation, slot);
}
