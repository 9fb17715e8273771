/* Cells as the database spells them. */
/* cmocka wants these first. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "base/cell.h"

static void prints_each_kind(void **state)
{
    (void)state;
    static const struct {
        struct cell cell;
        const char *text;
    } cases[] = {
        {{.kind = CELL_NULL}, ""},
        {{.kind = CELL_TEXT, .length = 3, .text = "abcd"}, "abc"},
        {{.kind = CELL_INTEGER, .number = INT64_MIN}, "-9223372036854775808"},
        {{.kind = CELL_DECIMAL, .scale = 2, .number = -5}, "-0.05"},
        {{.kind = CELL_DATE, .number = -1}, "1969-12-31"},
        {{.kind = CELL_TIME, .number = 1786703712}, "2026-08-14 10:35:12"},
        {{.kind = CELL_TIME, .number = -1}, "1969-12-31 23:59:59"},
    };
    char text[CELL_PRINT_MAX + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(cell_print(&cases[i].cell, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

/* Its year has more digits than there is room for. */
static void prints_the_time_of_day_of_any_instant(void **state)
{
    (void)state;
    char text[CELL_PRINT_MAX + 1];
    const struct cell first = {.kind = CELL_TIME, .number = INT64_MIN};
    assert_int_equal(cell_print(&first, text), 19);
    assert_string_equal(text + 10, " 08:29:52");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_each_kind),
        cmocka_unit_test(prints_the_time_of_day_of_any_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
