/* world_checks.h - what the unit tests of world/ share. */
#ifndef CREDD_TEST_WORLD_CHECKS_H
#define CREDD_TEST_WORLD_CHECKS_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define assert_near(value, expected, error)                                        \
    do {                                                                           \
        double near_value = (value), near_expected = (expected);                   \
        double near_by = near_value - near_expected;                               \
        if (!(near_by <= (error) && -near_by <= (error)))                          \
            fail_msg("%s is %.17g, not %.17g", #value, near_value, near_expected); \
    } while (0)

#endif
