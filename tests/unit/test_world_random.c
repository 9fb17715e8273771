#include <stdlib.h>

#include "world/random.h"
#include "world_checks.h"

/* The published vectors of Philox4x32-10, expressed as addresses: counter and key all zero, all
 * one, digits of pi. */
static void known_answers(void **state)
{
    (void)state;
    struct random_block zero = random_at(0, (enum random_purpose)0, 0, 0, 0);
    assert_int_equal(zero.word[0], 0x6627e8d5);
    assert_int_equal(zero.word[1], 0xe169c58d);
    assert_int_equal(zero.word[2], 0xbc57ac4c);
    assert_int_equal(zero.word[3], 0x9b00dbd8);
    struct random_block ones =
        random_at(UINT64_MAX, (enum random_purpose)0xffff, UINT64_MAX, UINT32_MAX, 0xffff);
    assert_int_equal(ones.word[0], 0x408f276d);
    assert_int_equal(ones.word[1], 0x41c83b0e);
    assert_int_equal(ones.word[2], 0xa20bc7c6);
    assert_int_equal(ones.word[3], 0x6d5451fd);
    struct random_block pi = random_at(UINT64_C(0x299f31d0a4093822), (enum random_purpose)0x0370,
                                       UINT64_C(0x13198a2e85a308d3), 0x243f6a88, 0x7344);
    assert_int_equal(pi.word[0], 0xd16cfe09);
    assert_int_equal(pi.word[1], 0x94fdcceb);
    assert_int_equal(pi.word[2], 0x5001e420);
    assert_int_equal(pi.word[3], 0x24126ea1);
}

static void uniforms_stay_inside(void **state)
{
    (void)state;
    assert_true(random_uniform(0) > 0.0);
    assert_true(random_uniform(UINT32_MAX) < 1.0);
    assert_true(random_uniform53(0, 0) > 0.0);
    assert_true(random_uniform53(UINT32_MAX, UINT32_MAX) < 1.0);
    assert_int_equal(random_below(UINT32_MAX, 7), 6);
    assert_int_equal(random_below(0, 7), 0);
}

static void normal_has_its_moments(void **state)
{
    (void)state;
    double sum = 0, square = 0, fourth = 0;
    const int count = 400000;
    for (int i = 0; i < count; i += 4) {
        struct random_block block = random_at(7, RANDOM_LOAN, (uint64_t)i, 0, 0);
        for (int j = 0; j < 4; j++) {
            double z = random_normal(block.word[j]);
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
        }
    }
    assert_near(sum / count, 0.0, 0.006);
    assert_near(square / count, 1.0, 0.008);
    assert_near(fourth / count, 3.0, 0.06);
    /* Known quantiles: 97.5% and 2.5%. */
    assert_near(random_normal((uint32_t)(0.05 * 0x1p32) & ~1U), -1.9599640, 1e-4);
    assert_near(random_normal((uint32_t)(0.05 * 0x1p32) | 1U), 1.9599640, 1e-4);
    for (uint32_t word = 0; word < UINT32_MAX - 4000000; word += 2000006)
        assert_true(random_normal(word & ~1U) <= random_normal((word & ~1U) + 2000000));
}

static void permutation_is_one(void **state)
{
    (void)state;
    const uint32_t sizes[] = {1, 2, 3, 5, 16, 17, 100, 1000, 4096, 65536, 70001};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        char *seen = calloc(sizes[s], 1);
        assert_non_null(seen);
        struct random_permutation p = random_permutation(42, RANDOM_ARRIVAL_SLOT, s, sizes[s]);
        for (uint32_t i = 0; i < sizes[s]; i++) {
            uint32_t slot = random_permutation_slot(&p, i);
            assert_true(slot < sizes[s]);
            assert_false(seen[slot]);
            seen[slot] = 1;
            assert_int_equal(random_permutation_index(&p, slot), i);
        }
        free(seen);
    }
    struct random_permutation most = random_permutation(1, RANDOM_CUSTOMER_PERSON, 5, UINT32_MAX);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t index = UINT32_MAX - 2 - i * 1000003, slot;
        slot = random_permutation_slot(&most, index);
        assert_int_equal(random_permutation_index(&most, slot), index);
    }
}

/* Over many keys a given index lands everywhere alike, and neighbours do not stay together. */
static void permutation_mixes(void **state)
{
    (void)state;
    enum { KEYS = 64000, BINS = 64 };
    int bins[BINS] = {0}, steps[BINS] = {0};
    for (uint64_t key = 0; key < KEYS; key++) {
        struct random_permutation p = random_permutation(3, RANDOM_ARRIVAL_SLOT, key, 65536);
        uint32_t a = random_permutation_slot(&p, 10), b = random_permutation_slot(&p, 11);
        bins[a / (65536 / BINS)]++;
        steps[((b - a) & 65535) / (65536 / BINS)]++;
    }
    double chi = 0, chi_steps = 0, expected = (double)KEYS / BINS;
    for (int i = 0; i < BINS; i++) {
        chi += (bins[i] - expected) * (bins[i] - expected) / expected;
        chi_steps += (steps[i] - expected) * (steps[i] - expected) / expected;
    }
    /* 63 degrees of freedom: 130 is far beyond the 99.9999% point. */
    assert_true(chi < 130);
    assert_true(chi_steps < 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),          cmocka_unit_test(uniforms_stay_inside),
        cmocka_unit_test(normal_has_its_moments), cmocka_unit_test(permutation_is_one),
        cmocka_unit_test(permutation_mixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
