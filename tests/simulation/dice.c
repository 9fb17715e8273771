#include "simulation/dice.h"

#include <assert.h>

/* Fills states from one number: splitmix64. */
static uint64_t spread(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct dice dice_of(uint64_t run, uint64_t part)
{
    struct dice dice;
    uint64_t seed = run;
    seed = spread(&seed) ^ part;
    for (size_t i = 0; i < 4; i++)
        dice.state[i] = spread(&seed);
    return dice;
}

static uint64_t rotate(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

/* xoshiro256** */
uint64_t dice_throw(struct dice *dice)
{
    uint64_t *s = dice->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t kept = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= kept;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t dice_below(struct dice *dice, uint64_t count)
{
    assert(count > 0);
    return dice_throw(dice) % count; /* that it favours some by 2^-40 does not matter here */
}

int64_t dice_between(struct dice *dice, int64_t from, int64_t to)
{
    assert(from <= to);
    return from + (int64_t)dice_below(dice, (uint64_t)to - (uint64_t)from + 1);
}

int64_t dice_size(struct dice *dice, int64_t from, int64_t to)
{
    unsigned low = 63 - (unsigned)__builtin_clzll((uint64_t)from);
    unsigned high = 63 - (unsigned)__builtin_clzll((uint64_t)to);
    unsigned bits = (unsigned)dice_between(dice, low, high);
    int64_t least = INT64_C(1) << bits, most = least + (least - 1);
    return dice_between(dice, least > from ? least : from, most < to ? most : to);
}

bool dice_chance(struct dice *dice, unsigned of, unsigned in)
{
    return dice_below(dice, in) < of;
}

size_t dice_choose(struct dice *dice, const unsigned *weights, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += weights[i];
    uint64_t at = dice_below(dice, sum);
    size_t chosen = 0;
    while (at >= weights[chosen])
        at -= weights[chosen++];
    return chosen;
}
