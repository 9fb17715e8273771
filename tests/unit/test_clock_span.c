/* Spans and timestamps as text. */
#include <errno.h>
#include <string.h>

#include "clock/span.h"
#include "clock_checks.h"

static void reads_spans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"2", 2000000},
        {"90s", 90000000},
        {"1h 30min", 5400000000},
        {"1h30min", 5400000000},
        {" 2 h ", 7200000000},
        {"30d", INT64_C(2592000000000)},
        {"6month", INT64_C(15778800000000)},
        {"2M", INT64_C(5259600000000)},
        {"1y 12month", INT64_C(63115200000000)},
        {"5 20", 25000000},
        {"55s500ms", 55500000},
        {"300ms20s 5day", INT64_C(432020300000)},
        {"1.5h", INT64_C(5400000000)},
        {".5s", 500000},
        {"2 weeks", INT64_C(1209600000000)},
        {"3\xC2\xB5s", 3},
        {"3usec 2us", 5},
        {"3hr", INT64_C(10800000000)},
        {"0", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = -1;
        assert_int_equal(span_parse(cases[i].text, &us, NULL), 0);
        assert_int_equal(us, cases[i].us);
    }
}

static void refuses_what_is_no_span(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         " ",     "infinity", "5x",     "1h foo",
                                      "12.34.56", "3.sec", "s",        "1h30mi", ".",
                                      "1.",       "5,5s",  "0x10s",    "+5s"};
    struct fault fault;
    int64_t us = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (span_parse(bad[i], &us, &fault) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(span_parse("101y", &us, &fault), -ERANGE);
    assert_int_equal(span_parse("60y 50y", &us, &fault), -ERANGE);
    assert_int_equal(span_parse("99999999999999999999999y", &us, &fault), -ERANGE);
    assert_int_equal(span_parse("-5s", &us, &fault), -ERANGE);
    assert_int_equal(span_parse("5s -5s", &us, &fault), -ERANGE);
    assert_int_equal(us, 7);
    assert_int_equal(span_parse("100y", &us, &fault), 0);
}

static void prints_spans(void **state)
{
    (void)state;
    static const struct {
        int64_t s;
        const char *text;
    } cases[] = {
        {0, "0s"},     {59, "59s"},      {90, "1min 30s"},     {5400, "1h 30min"},
        {86400, "1d"}, {2592000, "30d"}, {90061, "1d 1h"},     {86460, "1d 1min"},
        {-5, "-5s"},   {604800, "7d"},   {15778800, "6month"}, {31557600, "1y"},
    };
    char text[SPAN_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(span_text(cases[i].s * 1000000, text), cases[i].text);
    assert_string_equal(span_text(1499999, text), "1s");
    assert_string_equal(span_text(1500000, text), "2s");
    assert_non_null(span_text(INT64_MIN, text));
}

static void prints_exact_spans(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "1us"},
        {1500000, "1s500ms"},
        {-1001, "-1ms1us"},
        {5400000000, "1h30min"},
        {-21600000000, "-6h"},
        {31557600000000, "365d6h"},
        {INT64_MAX, "106751991d4h54s775ms807us"},
        {INT64_MIN, "-106751991d4h54s775ms808us"},
    };
    char text[SPAN_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(span_exact_text(cases[i].us, text), cases[i].text);
}

static void prints_any_number(void **state)
{
    (void)state;
    char text[SPAN_TEXT_MAX];
    assert_string_equal(span_words(INT64_MIN, text), "106751991167300 d");
    assert_string_equal(span_words(INT64_MAX, text), "106751991167300 d");
    assert_int_equal(strncmp(span_exact_text(INT64_MIN, text), "-106751991d4h", 13), 0);
}

static void reads_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t s;
    } cases[] = {
        {"2026-08-14T10:35:12Z", 1786703712},
        {"2026-08-14 10:35:12 UTC", 1786703712},
        {"2026-08-14 12:35:12+02:00", 1786703712},
        {"2026-08-14 12:35:12 +0200", 1786703712},
        {"2026-08-14T12:35:12+02", 1786703712},
        {"2026-08-14T06:35:12", 1786703712},
        {"2026-08-14 06:35:12", 1786703712},
        {"2026-08-14 12:35:12 Europe/Berlin", 1786703712},
        {"2026-08-14 06:35", 1786703700},
        {"2026-08-14", 1786680000},
        {"2026-08-14 UTC", 1786665600},
        {"@1786703712", 1786703712},
        {"2026-08-14T10:35:12.9Z", 1786703712},
    };
    struct zone *zone = NULL;
    assert_int_equal(zone_load("America/New_York", &zone, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t s = 0;
        assert_int_equal(time_parse(cases[i].text, zone, &s, NULL), 0);
        assert_int_equal(s, cases[i].s);
    }
    int64_t s = 0;
    assert_int_equal(time_parse("2026-08-14 10:35:12", NULL, &s, NULL), 0);
    assert_int_equal(s, 1786703712);
    int64_t us = 0;
    assert_int_equal(time_parse_us("2026-08-14 10:35:12.25", NULL, &us, NULL), 0);
    assert_int_equal(us, INT64_C(1786703712250000));
    zone_free(zone);
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2026-8-14",
        "2026-02-30",
        "2026-13-01",
        "2026-08-14T",
        "2026-08-14T24:00",
        "2026-08-14 10:60",
        "2026-08-14 10:35:60",
        "2026-08-14 10:35x",
        "@",
        "@-5",
        "@5x",
        "2026-08-14 10:35 Mars",
        "2026-08-14 10:35+2",
        "2026-08-14 10:35:12.",
        "20260814",
        "2026-08-14 10",
        "2026-08-14 10:35 +25:00",
        "@99999999999999999999",
        "2026-08-14 10:35 /etc/localtime",
    };
    struct fault fault;
    int64_t s = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (time_parse(bad[i], NULL, &s, &fault) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(s, 7);
}

static void prints_times(void **state)
{
    (void)state;
    char text[TIME_TEXT_MAX];
    assert_string_equal(time_text(1786703712, text), "2026-08-14T10:35:12Z");
    assert_string_equal(time_text(-1, text), "1969-12-31T23:59:59Z");
    for (int64_t at = 0; at < 2145916799; at += 7654321) {
        int64_t back;
        assert_int_equal(time_parse(time_text(at, text), NULL, &back, NULL), 0);
        assert_int_equal(back, at);
    }
}

static void prints_weekdays_in_a_zone(void **state)
{
    (void)state;
    char text[TIME_TEXT_MAX];
    struct zone *zone = NULL;
    assert_int_equal(zone_load("America/New_York", &zone, NULL), 0);
    assert_string_equal(time_weekday_text(zone, 1786703712, text), "Fri 06:35");
    assert_string_equal(time_weekday_text(zone, INT64_C(1786703712) + 3 * 86400 + 10500, text),
                        "Mon 09:30");
    zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_spans),       cmocka_unit_test(refuses_what_is_no_span),
        cmocka_unit_test(prints_spans),      cmocka_unit_test(prints_exact_spans),
        cmocka_unit_test(reads_times),       cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(prints_times),      cmocka_unit_test(prints_weekdays_in_a_zone),
        cmocka_unit_test(prints_any_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
