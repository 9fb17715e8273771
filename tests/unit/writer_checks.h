/* writer_checks.h - cmocka with what it needs before it. */
#ifndef CREDD_TESTS_WRITER_CHECKS_H
#define CREDD_TESTS_WRITER_CHECKS_H

/* cmocka wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
