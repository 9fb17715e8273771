#include <string.h>

#include "control_checks.h"
#include "json/text.h"

static void check(const char *value, const char *wanted)
{
    struct text text = {0};
    text_string(&text, value);
    text_add(&text, "", 1);
    assert_string_equal(text.bytes, wanted);
    text_done(&text);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    check(NULL, "null");
    check("", "\"\"");
    check("plain", "\"plain\"");
    check("a\"b\\c", "\"a\\\"b\\\\c\"");
    check("\n\t\x01", "\"\\u000a\\u0009\\u0001\"");
    check("caf\xc3\xa9 \xf0\x9f\x98\x80", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"");
}

static void what_is_no_utf8_is_replaced(void **state)
{
#define R "\xef\xbf\xbd"
    (void)state;
    check("\xff", "\"" R "\"");
    check("a\xc3", "\"a" R "\"");
    check("\xc0\xaf", "\"" R R "\"");
    check("\xed\xa0\x80", "\"" R R R "\"");
    check("\xf4\x90\x80\x80", "\"" R R R R "\"");
    check("\xe0\x80\xaf", "\"" R R R "\"");
    check("caf\xe9 au", "\"caf" R " au\"");
#undef R
}

/* Whatever bytes there are, a parser of JSON takes the result. */
static void every_byte_pair_gives_json(void **state)
{
    (void)state;
    for (int a = 1; a < 256; a++) {
        for (int b = 0; b < 256; b += 3) {
            const char value[] = {(char)a, (char)b, 'z', '\0'};
            json_t *json = text_json(value);
            assert_true(json_is_string(json));
            json_decref(json);
        }
    }
}

static void nothing_may_be_added(void **state)
{
    struct text text = {0};
    (void)state;
    text_add(&text, "", 0);
    assert_int_equal(text.length, 0);
    text_done(&text);
}

static void nothing_is_null(void **state)
{
    (void)state;
    assert_true(json_is_null(text_json(NULL)));
    assert_true(json_is_null(text_json_or_null("")));
    json_t *empty = text_json("");
    assert_true(json_is_string(empty));
    json_decref(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(every_byte_pair_gives_json), cmocka_unit_test(nothing_is_null),
        cmocka_unit_test(nothing_may_be_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
