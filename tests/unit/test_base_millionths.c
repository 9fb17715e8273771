/* Speeds and tempos as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those first. */
#include <cmocka.h>

#include "base/millionths.h"

static void they_are_written_exactly(void **state)
{
    static const struct {
        int64_t millionths;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.000001"},
        {500000, "0.5"},
        {1000000, "1"},
        {20000000, "20"},
        {100000000000, "100000"},
        {1250000, "1.25"},
        {-1250000, "-1.25"},
        {-1, "-0.000001"},
        {INT64_MAX, "9223372036854.775807"},
        {INT64_MIN, "-9223372036854.775808"},
    };
    char text[MILLIONTHS_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(millionths_text(cases[i].millionths, text), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(they_are_written_exactly)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
