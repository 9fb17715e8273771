/* How schema 3 spells what an act of schema 2 says, and which schema is which. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>

#include "store/upgrade.h"

#define BASE INT64_C(1700000000) /* 2023-11-14T22:13:20Z */

static void parameters_are_named(void **state)
{
    static const struct {
        const char *kind, *stream;
        int64_t value;
        int64_t until;
        const char *expected;
    } cases[] = {
        {"pause", "", 0, 0, ""},
        {"pause", "market_data", 0, 0, "streams=market_data"},
        {"pause", "market_data", 5400, 0, "streams=market_data for=1h30min"},
        {"pause", "", 2, 0, "for=2s"},
        {"pause", "", 347133600, 0, "for=4017d18h"},
        {"resume", "", 0, 0, ""},
        {"resume", "", 1, 0, "skip=yes"},
        {"resume", "customers", 1, 0, "streams=customers skip=yes"},
        {"speed", "", 60000000, 0, "factor=60"},
        {"speed", "", 0, 0, "factor=0"},
        {"speed", "", 1, 0, "factor=0.000001"},
        {"tempo", "customers", 20000000, 0, "stream=customers factor=20"},
        {"tempo", "customers", 500000, 0, "stream=customers factor=0.5"},
        {"tempo", "customers", 1050000, BASE,
         "stream=customers factor=1.05 "
         "until=2023-11-14T22:13:20Z"},
        {"tempo", "customers", -1500000, 0, "stream=customers factor=-1.5"},
        {"enable", "credit_history", 1, 0, "stream=credit_history"},
        {"disable", "credit_history", 0, 0, "stream=credit_history"},
        {"advance", "", 1, 0, "to=2023-11-14T22:13:21Z"},
        {"advance", "", 86400, 0, "to=2023-11-15T22:13:20Z"},
        {"advance", "", INT64_MAX, 0, "to=2037-12-31T23:59:59Z"},
        {"stepped", "", -21600000000, 0, "step=-6h"},
        {"stepped", "", 1500000, 0, "step=1s500ms"},
        {"stepped", "", 86399999999, 0, "step=23h59min59s999ms999us"},
        {"stepped", "", 0, 0, "step=0s"},
        {"stepped", "", INT64_MIN, 0, "step=-106751991d4h54s775ms808us"},
        {"gap", "", 60, 0, "until=2023-11-14T22:14:20Z"},
        {"reload", "", 0, 0, ""},
        {"reset", "", 42, 0, "seed=42"},
        {"adopt", "", -1, 0, "seed=18446744073709551615"},
        {"of later times", "customers", 7, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct upgrade_act act = {.at = BASE, .value = cases[i].value};
        char text[STORE_PARAMETERS_MAX];
        (void)snprintf(act.kind, sizeof act.kind, "%s", cases[i].kind);
        (void)snprintf(act.stream, sizeof act.stream, "%s", cases[i].stream);
        upgrade_parameters(&act, (world_time){cases[i].until}, text);
        assert_string_equal(text, cases[i].expected);
    }
}

static void marks_tell_the_version(void **state)
{
    static const struct {
        const char *marks;
        enum schema_age age;
    } cases[] = {
        {"credd 3/3", SCHEMA_CURRENT},
        {"credd/2", SCHEMA_OLDER},
        {"credd upgrading/2", SCHEMA_OLDER},
        {"/", SCHEMA_NONE},
        {"/3", SCHEMA_NONE},
        {"credd/", SCHEMA_OTHER},
        {"credd/3", SCHEMA_OTHER},
        {"credd 3/4", SCHEMA_OTHER},
        {"credd 4/4", SCHEMA_OTHER},
        {"credd 3/2", SCHEMA_OTHER},
        {"credd upgrading/3", SCHEMA_OTHER},
        {"credd/1", SCHEMA_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(schema_age(cases[i].marks), cases[i].age);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_named),
        cmocka_unit_test(marks_tell_the_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
