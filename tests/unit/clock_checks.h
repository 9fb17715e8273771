/* clock_checks.h - what the unit tests of the clock room share: cmocka and the headers it needs. */
#ifndef CREDD_TESTS_CLOCK_CHECKS_H
#define CREDD_TESTS_CLOCK_CHECKS_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "clock/civil.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline int64_t utc(int year, int month, int day, int hour, int minute)
{
    return civil_seconds((struct civil){{year, month, day}, hour, minute, 0});
}

#endif
