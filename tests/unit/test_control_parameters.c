#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/parameters.h"
#include "control_checks.h"
#include "world/world.h"

static struct parameters result;
static char bad_name[64];
static struct fault fault;

static int read_text(enum credd_command command, const char *text)
{
    json_t *given = text != NULL ? json_loads(text, 0, NULL) : NULL;
    assert_true(text == NULL || given != NULL);
    bad_name[0] = '\0';
    int r = parameters_read(command, given, NULL, &result, bad_name, &fault);
    json_decref(given);
    return r;
}

#define GOOD(command, text) assert_int_equal(read_text(CREDD_COMMAND_##command, text), 0)
#define BAD(command, text, name)                                   \
    do {                                                           \
        assert_true(read_text(CREDD_COMMAND_##command, text) < 0); \
        assert_string_equal(bad_name, name);                       \
    } while (0)

static void decimals_are_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t millionths;
    } good[] = {{"0", 0},         {"1", 1000000},          {"0.1", 100000},
                {"20", 20000000}, {"1.000001", 1000001},   {"0.000001", 1},
                {"007", 7000000}, {"1.50000000", 1500000}, {"1000000", 1000000000000}};
    static const char *const wrong[] = {"",   ".5",  "1.",  "-1",  "+1",  "1e3", " 1",
                                        "1 ", "0x1", "1,5", "nan", "inf", "--",  "1.2.3"};
    static const char *const outside[] = {"1000000.000001", "1000001", "99999999999999999999",
                                          "0.0000001"};
    int64_t millionths;
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(decimal_read(good[i].text, &millionths), 0);
        assert_int_equal(millionths, good[i].millionths);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(decimal_read(wrong[i], &millionths), -EINVAL);
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_int_equal(decimal_read(outside[i], &millionths), -ERANGE);
}

static void factors_come_as_numbers_or_text(void **state)
{
    (void)state;
    GOOD(SPEED, "{\"factor\":\"0.1\"}");
    assert_int_equal(result.factor, 100000);
    GOOD(SPEED, "{\"factor\":0.1}");
    assert_int_equal(result.factor, 100000);
    GOOD(SPEED, "{\"factor\":3}");
    assert_int_equal(result.factor, 3000000);
    BAD(SPEED, "{\"factor\":-1}", "factor");
    BAD(SPEED, "{\"factor\":0.1234567}", "factor");
    BAD(SPEED, "{\"factor\":1e300}", "factor");
    BAD(SPEED, "{\"factor\":true}", "factor");
    BAD(SPEED, "{\"factor\":[1]}", "factor");
}

static void streams_are_known_names(void **state)
{
    (void)state;
    GOOD(PAUSE, "{\"streams\":[\"customers\",\"market_data\",\"customers\"]}");
    assert_int_equal(result.streams, 1u << STREAM_CUSTOMERS | 1u << STREAM_MARKET_DATA);
    GOOD(PAUSE, "{\"streams\":[]}");
    assert_int_equal(result.streams, 0);
    GOOD(PAUSE, "{\"streams\":null}");
    BAD(PAUSE, "{\"streams\":[\"nope\"]}", "streams");
    assert_non_null(strstr(fault.text, "credit_history"));
    BAD(PAUSE, "{\"streams\":[1]}", "streams");
    BAD(PAUSE, "{\"streams\":\"customers\"}", "streams");
    BAD(TEMPO, "{\"stream\":[\"customers\"],\"factor\":1}", "stream");
}

static void what_is_needed_is_there(void **state)
{
    (void)state;
    GOOD(STATUS, NULL);
    GOOD(STATUS, "{}");
    BAD(STATUS, "{\"x\":1}", "x");
    BAD(SPEED, NULL, "factor");
    BAD(SPEED, "{\"factor\":null}", "factor");
    BAD(TEMPO, "{\"factor\":1}", "stream");
    BAD(ADVANCE, "{}", "to");
    BAD(ADVANCE, "{\"by\":\"1h\",\"to\":\"2030-01-01\"}", "to");
    GOOD(ADVANCE, "{\"by\":\"1h 30min\",\"clock_only\":true}");
    assert_true(result.has_span && !result.has_time && result.flag);
    assert_int_equal(result.span_us, INT64_C(5400000000));
    GOOD(ADVANCE, "{\"to\":\"2030-01-01T00:00:00Z\"}");
    assert_true(result.has_time);
    assert_int_equal(result.time.s, 1893456000);
}

static void the_client_keeps_its_own(void **state)
{
    (void)state;
    BAD(RESET, "{\"yes\":true}", "yes");
    BAD(EXPORT, "{\"format\":\"csv\"}", "format");
    BAD(EXPORT, "{\"output\":\"/etc/passwd\"}", "output");
}

static void texts_are_one_short_line(void **state)
{
    char text[300] = "{\"reason\":\"";
    (void)state;
    GOOD(PAUSE, "{\"reason\":\"caf\\u00e9, 100%\"}");
    assert_string_equal(result.text, "caf\xc3\xa9, 100%");
    BAD(PAUSE, "{\"reason\":\"a\\nb\"}", "reason");
    BAD(PAUSE, "{\"reason\":\"\\u001b[31m\"}", "reason");
    BAD(PAUSE, "{\"reason\":\"\\u009b\"}", "reason");
    BAD(PAUSE, "{\"reason\":\"\\u007f\"}", "reason");
    BAD(PAUSE, "{\"reason\":7}", "reason");
    memset(text + strlen(text), 'x', 255);
    (void)snprintf(text + strlen(text), 3, "\"}");
    GOOD(PAUSE, text);
    (void)snprintf(text + strlen(text) - 2, 4, "x\"}");
    BAD(PAUSE, text, "reason");
}

static void numbers_and_flags_are_typed(void **state)
{
    (void)state;
    GOOD(RESET, "{\"seed\":7,\"at_world_now\":true,\"wait\":\"5s\"}");
    assert_true(result.has_number && result.flag && !result.second_flag && result.has_span);
    assert_int_equal(result.number, 7);
    GOOD(RESET, "{\"plain\":true}");
    assert_true(!result.flag && result.second_flag);
    GOOD(WAIT, "{\"stream\":\"customers\",\"new\":3}");
    assert_true(!result.has_number && result.has_second_number && result.second_number == 3);
    GOOD(WAIT, "{\"stream\":\"customers\",\"rows\":4}");
    assert_true(result.has_number && !result.has_second_number && result.number == 4);
    BAD(RESET, "{\"seed\":-1}", "seed");
    BAD(RESET, "{\"seed\":1.5}", "seed");
    BAD(RESET, "{\"seed\":\"7\"}", "seed");
    BAD(RESET, "{\"at_world_now\":1}", "at_world_now");
    BAD(RESET, "{\"wait\":5}", "wait");
    GOOD(RESET, "{\"wait\":\"0\"}");
    BAD(ADVANCE, "{\"by\":\"30\"}", "by");
    assert_string_equal(fault.text, "30 has no unit: write 30s, 30min or 30d");
    BAD(RESET, "{\"wait\":\"soon\"}", "wait");
    BAD(EXPORT, "{\"since\":\"yesterday-ish\"}", "since");
    BAD(EXPORT, "{\"since\":1}", "since");
}

/* Each kind has one member to go to, flags and numbers two; the second stands right behind the
 * first. */
static void no_command_has_more_of_a_kind_than_there_is_room_for(void **state)
{
    size_t count;
    const struct parameter *table = parameters_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            if (table[i].command != table[k].command || table[i].kind != table[k].kind ||
                CREDD_KIND_LOCAL(table[i].kind))
                continue;
            assert_true(table[i].kind == CREDD_KIND_FLAG || table[i].kind == CREDD_KIND_NUMBER);
            assert_int_equal(k, i + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(factors_come_as_numbers_or_text),
        cmocka_unit_test(streams_are_known_names),
        cmocka_unit_test(what_is_needed_is_there),
        cmocka_unit_test(the_client_keeps_its_own),
        cmocka_unit_test(texts_are_one_short_line),
        cmocka_unit_test(numbers_and_flags_are_typed),
        cmocka_unit_test(no_command_has_more_of_a_kind_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
