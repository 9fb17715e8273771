/* Calendar expressions: the normalized form, what is refused, runs through the changes of the
 * clocks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/calendar.h"
#include "clock/calendar_command.h"
#include "clock_checks.h"

static struct calendar *parse(const char *text)
{
    struct calendar *calendar = NULL;
    struct fault fault = {0};
    if (calendar_parse(text, &calendar, &fault) < 0)
        fail_msg("%s", fault.text);
    return calendar;
}

static void prints_the_normalized_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"minutely", "*-*-* *:*:00"},
        {"weekly", "Mon *-*-* 00:00:00"},
        {"quarterly", "*-01,04,07,10-01 00:00:00"},
        {"YEARLY utc", "*-01-01 00:00:00 UTC"},
        {"Sat,Thu,Mon-Wed,Sat-Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
        {"Mon..Sun 5:00", "*-*-* 05:00:00"},
        {"Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"},
        {"12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"},
        {"mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"},
        {"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"},
        {"*-2~3", "*-02~03 00:00:00"},
        {"*-*~5/2..", NULL},
        {"5..6/10:00", "*-*-* 05:00:00"},
        {"*:*:*", "*-*-* *:*:*"},
        {"*:*:0/1,30", "*-*-* *:*:*"},
        {"1..4/2,1..3/2:0", "*-*-* 01..03/2:00:00"},
        {"@1786703712", "2026-08-14 10:35:12 UTC"},
        {"70-1-1 Europe/Berlin", "1970-01-01 00:00:00 Europe/Berlin"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct calendar *calendar = NULL;
        if (cases[i][1] == NULL) {
            assert_int_equal(calendar_parse(cases[i][0], &calendar, NULL), -EINVAL);
            continue;
        }
        calendar = parse(cases[i][0]);
        char *text = calendar_text(calendar);
        assert_string_equal(text, cases[i][1]);
        struct calendar *again = parse(text);
        char *same = calendar_text(again);
        assert_string_equal(same, text);
        free(same);
        free(text);
        calendar_free(again);
        calendar_free(calendar);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "empty"},
        {"Mon..", "range"},
        {"Fri..Mon", "later in the week"},
        {"25:00", "hour 25"},
        {"*-13-01", "month 13"},
        {"2026-1-32", "day 32"},
        {"1:60", "minute 60"},
        {"1:2:60", "second 60"},
        {"2300-1-1", "year 2300"},
        {"12", "':'"},
        {"x", "'x'"},
        {"12:00 Mars/Base", "Mars/Base"},
        {"*-*~29", "day 29"},
        {"1/0:00", "repetition"},
        {"@x", "seconds since 1970"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct calendar *calendar = NULL;
        struct fault fault = {0};
        assert_int_equal(calendar_parse(cases[i][0], &calendar, &fault), -EINVAL);
        if (strstr(fault.text, cases[i][1]) == NULL)
            fail_msg("'%s': %s", cases[i][0], fault.text);
        assert_null(calendar);
    }
    char longest[6000];
    memset(longest, '1', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    struct calendar *calendar = NULL;
    assert_int_equal(calendar_parse(longest, &calendar, NULL), -EINVAL);
}

/* The runs of an expression, in UTC, one a line. */
static void runs_are(const char *expression, const char *from, const char *timezone, int count,
                     const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    int printed = 0, lines = 0;
    struct fault fault = {0};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    if (calendar_command(expression, count, from, timezone, out, &printed, &fault) < 0)
        fail_msg("%s", fault.text);
    fclose(out);
    assert_string_equal(text, expected);
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(printed, lines);
    free(text);
}

static void elapses_in_the_zone(void **state)
{
    (void)state;
    runs_are("Mon..Fri 9:30", "2026-08-14T13:30:00Z", "America/New_York", 2,
             "2026-08-17T13:30:00Z\n2026-08-18T13:30:00Z\n");
    runs_are("Mon..Fri 9:30 UTC", "2026-08-14T13:30:00Z", "America/New_York", 1,
             "2026-08-17T09:30:00Z\n");
    runs_are("*-*~1 12:00 Europe/Berlin", "2027-02-01", "UTC", 2,
             "2027-02-28T11:00:00Z\n2027-03-31T10:00:00Z\n");
    runs_are("*-02-29", "2026-08-14", NULL, 2, "2028-02-29T00:00:00Z\n2032-02-29T00:00:00Z\n");
    runs_are(
        "*:*:0/0.75", "2026-08-14T00:00:00Z", NULL, 3,
        "2026-08-14T00:00:00.750000Z\n2026-08-14T00:00:01.500000Z\n2026-08-14T00:00:02.250000Z\n");
}

static void follows_the_changes_of_the_clocks(void **state)
{
    (void)state;
    runs_are("*-*-* 2:30", "2026-03-07T12:00:00Z", "America/New_York", 2,
             "2026-03-09T06:30:00Z\n2026-03-10T06:30:00Z\n");
    runs_are("*-*-* 1:30", "2026-10-31T12:00:00Z", "America/New_York", 2,
             "2026-11-01T05:30:00Z\n2026-11-02T06:30:00Z\n");
    runs_are("hourly", "2026-11-01T04:30:00Z", "America/New_York", 2,
             "2026-11-01T05:00:00Z\n2026-11-01T07:00:00Z\n");
    runs_are("*:0/30", "2026-11-01T06:00:00Z", "America/New_York", 2,
             "2026-11-01T06:30:00Z\n2026-11-01T07:00:00Z\n");
    runs_are("*:0/15", "2026-03-08T04:45:00Z", "America/Havana", 2,
             "2026-03-08T05:00:00Z\n2026-03-08T05:15:00Z\n");
    runs_are("0:00", "2026-03-29T00:30:00Z", "Europe/Dublin", 1, "2026-03-29T23:00:00Z\n");
    runs_are("*:0/15", "2026-10-03T15:15:00Z", "Australia/Lord_Howe", 2,
             "2026-10-03T15:30:00Z\n2026-10-03T15:45:00Z\n");
}

static void says_when_it_never_elapses(void **state)
{
    (void)state;
    static const char *const never[] = {"*-02-30", "2025-01-01", "Mon 2026-12-25",
                                        "2199-12-31 23:59:59", "@1"};
    for (size_t i = 0; i < COUNT(never); i++) {
        struct calendar *calendar = parse(never[i]);
        int64_t next = 7;
        int64_t after = i == 3 ? INT64_C(7258118399000000) : INT64_C(1786703712000000);
        assert_int_equal(calendar_next(calendar, NULL, after, &next), -ENOENT);
        assert_int_equal(calendar_next(calendar, NULL, INT64_MAX, &next), -ENOENT);
        assert_int_equal(next, 7);
        calendar_free(calendar);
    }
    runs_are("2025-01-01", "2026-01-01", NULL, 5, "");
    runs_are("2026-12-31", "2026-01-01", NULL, 5, "2026-12-31T00:00:00Z\n");
    struct calendar *calendar = parse("@0");
    int64_t next;
    assert_int_equal(calendar_next(calendar, NULL, INT64_MIN, &next), 0);
    assert_int_equal(next, 0);
    calendar_free(calendar);
}

static void every_run_comes_after_the_last(void **state)
{
    (void)state;
    static const char *const zones[] = {"America/New_York", "Europe/Dublin", "Australia/Lord_Howe",
                                        "America/Havana"};
    static const char *const expressions[] = {"*:0/10", "*:30", "Sun 0..3:0/20",
                                              "*-*~1..3 1:59:59.5"};
    for (size_t i = 0; i < COUNT(zones) * COUNT(expressions); i++) {
        struct zone *zone = NULL;
        assert_int_equal(zone_load(zones[i % COUNT(zones)], &zone, NULL), 0);
        struct calendar *calendar = parse(expressions[i / COUNT(zones)]);
        int64_t at = utc(2026, 1, 1, 0, 0) * 1000000, end = utc(2027, 1, 1, 0, 0) * 1000000;
        while (at < end) {
            int64_t next;
            assert_int_equal(calendar_next(calendar, zone, at, &next), 0);
            assert_true(next > at);
            at = next;
        }
        calendar_free(calendar);
        zone_free(zone);
    }
}

static void refuses_what_the_command_can_not_use(void **state)
{
    (void)state;
    int printed;
    struct fault fault;
    assert_int_equal(calendar_command("x", 1, NULL, NULL, stdout, &printed, &fault), -EINVAL);
    assert_int_equal(calendar_command("daily", 1, "soon", NULL, stdout, &printed, &fault), -EINVAL);
    assert_int_equal(
        calendar_command("daily", 1, NULL, "Europe/Atlantis", stdout, &printed, &fault), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_the_normalized_form),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(elapses_in_the_zone),
        cmocka_unit_test(follows_the_changes_of_the_clocks),
        cmocka_unit_test(says_when_it_never_elapses),
        cmocka_unit_test(every_run_comes_after_the_last),
        cmocka_unit_test(refuses_what_the_command_can_not_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
