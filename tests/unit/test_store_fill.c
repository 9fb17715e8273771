/* Constants for columns of the application's: how they are written and what is made of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service_checks.h"
#include "store/fill.h"

static void what_holds(void **state)
{
    (void)state;
    static const struct {
        const char *text, *names, *plain, *escaped;
    } cases[] = {
        {"company_id:7", ", `company_id`", ", 7", ", 7"},
        {"company_id:7, tenant:'demo'", ", `company_id`, `tenant`", ", 7, 'demo'", ", 7, 'demo'"},
        {" a : -1 ,b:''\t,\tc:1.50 ", ", `a`, `b`, `c`", ", -1, '', '1.50'", ", -1, '', '1.50'"},
        {"$x_9:'it''s'", ", `$x_9`", ", 'it''s'", ", 'it''s'"},
        {"a:'x, y:1'", ", `a`", ", 'x, y:1'", ", 'x, y:1'"},
        {"a:'\\'", ", `a`", ", '\\'", ", '\\\\'"},
        {"a:-9223372036854775808", ", `a`", ", -9223372036854775808", ", -9223372036854775808"},
        {"a:99999999999999999999.5", ", `a`", ", '99999999999999999999.5'",
         ", '99999999999999999999.5'"},
        {"a:1,b:2,c:3,d:4,e:5,f:6,g:7,h:8", ", `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`",
         ", 1, 2, 3, 4, 5, 6, 7, 8", ", 1, 2, 3, 4, 5, 6, 7, 8"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fill fill = {0};
        struct fault fault = {0};
        if (fill_parse(cases[i].text, &fill, &fault) != 0)
            fail_msg("%s: %s", cases[i].text, fault.text);
        struct fill_use use = {.fill = &fill, .columns = ~0u};
        char *names = fill_names(&use), *plain = fill_values(&use);
        use.escapes = true;
        char *escaped = fill_values(&use);
        assert_string_equal(names, cases[i].names);
        assert_string_equal(plain, cases[i].plain);
        assert_string_equal(escaped, cases[i].escaped);
        free(escaped);
        free(plain);
        free(names);
    }
}

static void what_does_not_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *says;
    } cases[] = {
        {"", -EINVAL, "a column's name is missing"},
        {"a:1,", -EINVAL, "a column's name is missing"},
        {",a:1", -EINVAL, "a column's name is missing"},
        {"a", -EINVAL, "a colon is missing after a"},
        {"a b:1", -EINVAL, "a colon is missing after a"},
        {"a=1", -EINVAL, "a colon is missing after a"},
        {"a:", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:demo", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:\"demo\"", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:NULL", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:-", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:1.", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:.5", -EINVAL, "a has neither a number nor a text in single quotes"},
        {"a:1e5", -EINVAL, "a comma is missing after the value of a"},
        {"a:1 b:2", -EINVAL, "a comma is missing after the value of a"},
        {"a:'x'y", -EINVAL, "a comma is missing after the value of a"},
        {"a:'x", -EINVAL, "the text of a has no closing quote"},
        {"a:'x''", -EINVAL, "the text of a has no closing quote"},
        {"a:'x\ty'", -EINVAL, "the text of a has a control character"},
        {"a:1, A:2", -EINVAL, "A is there twice"},
        {"a:9223372036854775808", -ERANGE, "the number of a does not fit into 64 bits"},
        {"a:1,b:2,c:3,d:4,e:5,f:6,g:7,h:8,i:9", -ERANGE, "more than 8 columns"},
        {"a1234567890123456789012345678901234567890123456789012345678901234:1", -ERANGE,
         "a column's name has more than 64 letters"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fill fill = {.count = 99};
        struct fault fault = {0};
        int r = fill_parse(cases[i].text, &fill, &fault);
        if (r != cases[i].code || strcmp(fault.text, cases[i].says) != 0 || fill.count != 99)
            fail_msg("%s: %d %s", cases[i].text, r, fault.text);
    }
}

static void a_long_text_is_refused(void **state)
{
    (void)state;
    char text[FILL_VALUE_MAX + 8] = "a:'";
    struct fill fill = {0};
    struct fault fault = {0};
    memset(text + 3, 'x', FILL_VALUE_MAX);
    memcpy(text + 3 + FILL_VALUE_MAX, "'", 2);
    assert_int_equal(fill_parse(text, &fill, &fault), 0);
    assert_int_equal(strlen(fill.columns[0].value), FILL_VALUE_MAX);
    memcpy(text + 3 + FILL_VALUE_MAX, "x'", 3);
    assert_int_equal(fill_parse(text, &fill, &fault), -ERANGE);
}

static void columns_are_found_as_databases_do(void **state)
{
    (void)state;
    struct fill fill = {0};
    assert_int_equal(fill_parse("a:1, Tenant:2, EMAIL:3", &fill, NULL), 0);
    assert_null(fill_find(NULL, "a"));
    assert_null(fill_find(&fill, "b"));
    const struct fill_column *tenant = fill_find(&fill, "tenant");
    assert_string_equal(tenant->name, "Tenant");
    assert_int_equal(fill_bit(&fill, tenant), 2);
    assert_string_equal(fill_own(&fill, schema_table("customers"))->name, "EMAIL");
    assert_null(fill_own(&fill, schema_table("market_data")));
    assert_null(fill_own(NULL, schema_table("market_data")));
    const struct fill_use use = {.fill = &fill, .columns = 5}, none = {0};
    char *some = fill_names(&use), *nothing = fill_values(&none);
    assert_string_equal(some, ", `a`, `EMAIL`");
    assert_string_equal(nothing, "");
    free(nothing);
    free(some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds),
        cmocka_unit_test(what_does_not_hold),
        cmocka_unit_test(a_long_text_is_refused),
        cmocka_unit_test(columns_are_found_as_databases_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
