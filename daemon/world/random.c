#include "world/random.h"

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
