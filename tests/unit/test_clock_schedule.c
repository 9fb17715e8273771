/* Schedules: "every SPAN" and calendar expressions, in whole seconds of world time. */
#include <errno.h>
#include <string.h>

#include "clock/schedule.h"
#include "clock_checks.h"

static struct schedule *parse(const char *text)
{
    struct schedule *schedule = NULL;
    struct fault fault = {0};
    if (schedule_parse(text, &schedule, &fault) < 0)
        fail_msg("%s", fault.text);
    assert_string_equal(schedule_text(schedule), text);
    return schedule;
}

static int64_t next(const char *text, int64_t after)
{
    struct schedule *schedule = parse(text);
    struct zone *zone = NULL;
    world_time run = {-1};
    assert_int_equal(zone_load("America/New_York", &zone, NULL), 0);
    int result = schedule_next(schedule, zone, (world_time){after}, &run);
    zone_free(zone);
    schedule_free(schedule);
    return result < 0 ? result : run.s;
}

static void every_runs_at_multiples(void **state)
{
    (void)state;
    assert_int_equal(next("every 30s", 0), 30);
    assert_int_equal(next("every 30s", 29), 30);
    assert_int_equal(next("every 30s", 30), 60);
    assert_int_equal(next("every 30", -31), -30);
    assert_int_equal(next("every 1h 30min", 1786703712), 1786703712 / 5400 * 5400 + 5400);
    assert_int_equal(next("Every 1s", 5), 6);
}

static void a_calendar_runs_in_the_zone(void **state)
{
    (void)state;
    assert_int_equal(next("*:0/5", utc(2026, 8, 14, 10, 35)), utc(2026, 8, 14, 10, 40));
    assert_int_equal(next("Mon..Fri 16:00", utc(2026, 8, 14, 20, 0)), utc(2026, 8, 17, 20, 0));
    /* A fraction of a second is delivered when it is over. */
    assert_int_equal(next("*:*:10.25", utc(2026, 8, 14, 0, 0)), utc(2026, 8, 14, 0, 0) + 11);
    assert_int_equal(next("*:*:10.25", utc(2026, 8, 14, 0, 0) + 11), utc(2026, 8, 14, 0, 1) + 11);
}

static void ends_with_world_time(void **state)
{
    (void)state;
    assert_int_equal(next("every 1s", WORLD_TIME_LAST.s - 1), WORLD_TIME_LAST.s);
    assert_int_equal(next("every 1s", WORLD_TIME_LAST.s), -ENOENT);
    assert_int_equal(next("every 100y", WORLD_TIME_LAST.s - 1), -ENOENT);
    assert_int_equal(next("daily", INT64_MAX), -ENOENT);
    assert_int_equal(next("2038-01-01", 0), -ENOENT);
    assert_int_equal(next("2026-02-30", 0), -ENOENT);
}

static void refuses_what_is_no_schedule(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "every",
                                      "every ",
                                      "every 0s",
                                      "every 500ms",
                                      "every 1.5s",
                                      "every day and night",
                                      "every 101y",
                                      "every -5s",
                                      "now and then",
                                      "*:60"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct schedule *schedule = NULL;
        struct fault fault = {0};
        if (schedule_parse(bad[i], &schedule, &fault) >= 0)
            fail_msg("'%s' was taken", bad[i]);
        assert_true(strlen(fault.text) > 0);
        assert_null(schedule);
    }
    schedule_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_runs_at_multiples),
        cmocka_unit_test(a_calendar_runs_in_the_zone),
        cmocka_unit_test(ends_with_world_time),
        cmocka_unit_test(refuses_what_is_no_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
