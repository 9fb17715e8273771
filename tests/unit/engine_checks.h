/* engine_checks.h - cmocka with what it needs before it. */
#ifndef CREDD_TESTS_ENGINE_CHECKS_H
#define CREDD_TESTS_ENGINE_CHECKS_H

/* clang-format off: cmocka wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
