#include <math.h>

#include "world/real.h"
#include "world_checks.h"

/* Against libm, which is accurate everywhere, if not everywhere the same. */
static void close_to_libm(void **state)
{
    (void)state;
    for (int i = -5472; i < 5472; i++) {
        double x = i * 0.00731;
        double y = real_exp(x);
        assert_true(fabs(y / exp(x) - 1) < 1e-14);
        assert_true(fabs(real_log(y) - x) < 2e-14 * (1 + fabs(x)));
        assert_true(fabs(real_tanh(x) - tanh(x)) < 1e-14);
        assert_true(real_floor(x) == floor(x));
        assert_int_equal(real_round(x), llround(x));
    }
    for (int i = -690; i < 690; i++) {
        double x = exp(i);
        assert_true(fabs(real_log(x) - log(x)) <= 4e-16 * fabs(log(x)) + 1e-16);
    }
    assert_true(fabs(real_pow(1.5, 2.5) - pow(1.5, 2.5)) < 1e-14);
    assert_true(real_exp(0) == 1.0 && real_log(1) == 0.0 && real_exp(-1000) == 0.0);
    assert_true(fabs(real_exp(-740) / exp(-740) - 1) < 1e-1);
    assert_true(real_exp(800) > 1e300);
}

static void normal_distribution(void **state)
{
    (void)state;
    for (int i = -460; i <= 460; i++) {
        double x = i * 0.013;
        assert_near(real_normal_cdf(x), 0.5 * erfc(-x / sqrt(2)), 1e-7);
        if (x > -5 && x < 5)
            assert_near(real_normal_quantile(0.5 * erfc(-x / sqrt(2))), x, 1e-9);
    }
    assert_near(real_normal_quantile(1e-12), -7.0344838253, 1e-8);
}

static void interpolation(void **state)
{
    (void)state;
    const struct real_point points[] = {{0, 1}, {2, 5}, {3, 4}};
    assert_near(real_interpolate(points, 3, -1), 1, 0);
    assert_near(real_interpolate(points, 3, 1), 3, 1e-15);
    assert_near(real_interpolate(points, 3, 2.5), 4.5, 1e-15);
    assert_near(real_interpolate(points, 3, 9), 4, 0);
    assert_near(real_clip(5, 0, 1), 1, 0);
    assert_near(real_clip(-5, 0, 1), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_to_libm),
        cmocka_unit_test(normal_distribution),
        cmocka_unit_test(interpolation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
