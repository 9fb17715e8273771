/* control_checks.h - what the unit tests of control/ share. */
#ifndef CREDD_TEST_CONTROL_CHECKS_H
#define CREDD_TEST_CONTROL_CHECKS_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
