/* Schedules where clocks are set back: nothing stands still, nothing runs twice, wherever the
 * search begins. */
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "clock/calendar.h"
#include "clock/schedule.h"
#include "clock_checks.h"

#define ZONEINFO "/usr/share/zoneinfo/"
#define HOUR     INT64_C(3600)
#define DAY      (24 * HOUR)
#define RUNS     8192

static struct zone *load(const char *name)
{
    struct zone *zone = NULL;
    assert_int_equal(zone_load(name, &zone, NULL), 0);
    return zone;
}

static struct schedule *parse(const char *text)
{
    struct schedule *schedule = NULL;
    struct fault fault = {0};
    if (schedule_parse(text, &schedule, &fault) < 0)
        fail_msg("%s", fault.text);
    return schedule;
}

static int64_t next(const struct schedule *schedule, const struct zone *zone, int64_t after)
{
    world_time run = {-1};
    int result = schedule_next(schedule, zone, (world_time){after}, &run);
    assert_true(result == -ENOENT || (result == 0 && run.s > after));
    return result == 0 ? run.s : INT64_MAX;
}

/* The runs in (from, to], stepping from one to the next, and the first after them. */
struct runs {
    int64_t at[RUNS + 1];
    size_t count;
};

static struct runs runs;

static void step_through(const struct schedule *schedule, const struct zone *zone, int64_t from,
                         int64_t to)
{
    runs.count = 0;
    runs.at[0] = next(schedule, zone, from);
    while (runs.at[runs.count] <= to) {
        assert_true(runs.count + 1 <= RUNS);
        runs.at[runs.count + 1] = next(schedule, zone, runs.at[runs.count]);
        runs.count++;
    }
}

static void expect_runs(const char *text, const char *zone_name, int64_t after, const int *minutes)
{
    struct zone *zone = load(zone_name);
    struct schedule *schedule = parse(text);
    int64_t at = after;
    for (size_t i = 0; minutes[i] >= 0; i++) {
        at = next(schedule, zone, at);
        if (at != after + minutes[i] * 60)
            fail_msg("%s in %s: run %zu is %lld s after the first instant, not %d min", text,
                     zone_name, i, (long long)(at - after), minutes[i]);
    }
    schedule_free(schedule);
    zone_free(zone);
}

static void the_second_hour_has_its_runs(void **state)
{
    (void)state;
    int64_t fall = utc(2026, 11, 1, 5, 0); /* 01:00 EDT; 01:00 EST is an hour later */
    expect_runs("hourly", "America/New_York", fall - 1800, (int[]){30, 90, 150, 210, -1});
    expect_runs("*:0/30", "America/New_York", fall, (int[]){30, 60, 90, 120, 150, -1});
    expect_runs("*:20", "America/New_York", fall, (int[]){20, 80, 140, 200, -1});
    expect_runs("hourly", "Europe/Berlin", utc(2026, 10, 24, 23, 30),
                (int[]){30, 90, 150, 210, -1});
    expect_runs("Sun 1..23:00", "America/New_York", fall - 1800, (int[]){30, 90, 150, 210, -1});
    expect_runs("hourly UTC", "America/New_York", fall - 1800, (int[]){30, 90, 150, 210, -1});
    expect_runs("*:0/30 America/New_York", "UTC", fall, (int[]){30, 60, 90, 120, 150, -1});
    expect_runs("*:0/30:10.5 America/New_York", "UTC", fall + 11, (int[]){30, 60, 90, 120, -1});
    expect_runs("every 30min", "America/New_York", fall, (int[]){30, 60, 90, 120, 150, -1});
}

/* 02:00 back to 01:30, at 15:00 UTC. */
static void half_an_hour_has_its_runs(void **state)
{
    (void)state;
    int64_t half = utc(2026, 4, 4, 14, 0);
    expect_runs("hourly", "Australia/Lord_Howe", half, (int[]){60, 90, 150, -1});
    expect_runs("*:45", "Australia/Lord_Howe", half, (int[]){45, 75, 135, -1});
    expect_runs("*:0/15", "Australia/Lord_Howe", half, (int[]){15, 30, 45, 60, 75, 90, 105, -1});
    expect_runs("*:0/20", "Australia/Lord_Howe", half, (int[]){20, 40, 60, 70, 80, 90, 110, -1});
    expect_runs("01:45", "Australia/Lord_Howe", half, (int[]){45, 45 + 24 * 60 + 30, -1});
}

static void what_runs_once_a_day_runs_once(void **state)
{
    (void)state;
    int64_t fall = utc(2026, 11, 1, 5, 0);
    expect_runs("01:30", "America/New_York", fall, (int[]){30, 30 + 25 * 60, -1});
    expect_runs("Sun 01:30", "America/New_York", fall, (int[]){30, 30 + 169 * 60, -1});
    expect_runs("01:30", "America/New_York", fall + HOUR, (int[]){30 + 24 * 60, -1});
    expect_runs("01:30", "America/New_York", fall + HOUR - 1800, (int[]){25 * 60, -1});
    /* Within an hour of the day, and no further. */
    expect_runs("01:0/20", "America/New_York", fall, (int[]){20, 40, 25 * 60, -1});
    expect_runs("02:00", "America/New_York", fall, (int[]){120, 120 + 24 * 60, -1});
    /* From a month with the other offset. */
    expect_runs("2026-11-01 00:30", "America/Havana", utc(2026, 11, 1, 4, 0), (int[]){30, -1});
    /* The one in March is skipped: it is not looked for in the repeated stretch's offset. */
    expect_runs("2026-03,11-01,08 02:30", "America/New_York", utc(2026, 3, 1, 7, 30),
                (int[]){245 * 24 * 60, -1});
    struct zone *zone = load("America/Havana"); /* 01:00 back to 00:00 */
    struct schedule *once = parse("2026-11-01 00:30");
    assert_int_equal(next(once, zone, utc(2026, 1, 1, 0, 0)), utc(2026, 11, 1, 4, 30));
    assert_int_equal(next(once, zone, utc(2026, 11, 1, 4, 30)), INT64_MAX);
    assert_int_equal(next(once, zone, utc(2026, 11, 1, 5, 0)), INT64_MAX);
    schedule_free(once);
    zone_free(zone);
}

/* systemd finds none of these in summer. */
static void a_zone_named_as_its_time_has_all_runs(void **state)
{
    (void)state;
    expect_runs("daily GMT", "Europe/London", utc(2026, 7, 1, 0, 0), (int[]){1440, 2880, -1});
    expect_runs("01:30 EST", "America/New_York", utc(2026, 7, 1, 0, 0), (int[]){390, 1830, -1});
    expect_runs("hourly CET", "Europe/Berlin", utc(2026, 10, 24, 23, 30),
                (int[]){30, 90, 150, 210, -1});
}

static void the_calendar_answers_as_systemd_does(void **state)
{
    (void)state;
    struct zone *zone = load("America/New_York");
    struct calendar *calendar = NULL;
    int64_t us;
    assert_int_equal(calendar_parse("hourly", &calendar, NULL), 0);
    assert_int_equal(calendar_next(calendar, zone, utc(2026, 11, 1, 5, 0) * 1000000, &us), 0);
    assert_int_equal(us, utc(2026, 11, 1, 7, 0) * 1000000);
    calendar_free(calendar);
    zone_free(zone);
}

/* What is found from every `stride`-th instant is the first of the runs that stepping finds. */
static void expect_one_set(const char *text, const struct zone *zone, int64_t from, int64_t to,
                           int64_t stride)
{
    struct schedule *schedule = parse(text);
    step_through(schedule, zone, from, to);
    size_t first = 0;
    for (int64_t after = from; after <= to; after += stride) {
        while (runs.at[first] <= after)
            first++;
        int64_t found = next(schedule, zone, after);
        if (found != runs.at[first])
            fail_msg("%s in %s after %lld: %lld, by stepping %lld", text, zone_name(zone),
                     (long long)after, (long long)found, (long long)runs.at[first]);
    }
    schedule_free(schedule);
}

static const char *const all_kinds[] = {
    "hourly",    "*:0/7",           "*:45:10.5",    "01:30",      "*-*~07 *:0/9", "*:0/5",
    "*:*:0/20",  "daily",           "00:30",        "02:30",      "1..2:30",      "1,2:0/20",
    "Sun 02:00", "Mon..Fri *:0/15", "*-*~26 *:0/9", "*-11-01",    "*-*~07",       "0/3:00",
    "every 7s",  "*:0/30 UTC",      "0..1:0/5",     "*:0/30 EST", "01:30 GMT",    "Sun 2:0/5",
};
#define EVERY_SECOND 3 /* so many of them; others at fewer instants, to save time */

static void one_set_of_runs_from_every_second(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int year, month, day, hour, minute; /* of a change, UTC */
    } changes[] = {
        {"America/New_York", 2026, 11, 1, 6, 0},    {"America/New_York", 2026, 3, 8, 7, 0},
        {"Australia/Lord_Howe", 2026, 4, 4, 15, 0}, {"Australia/Lord_Howe", 2026, 10, 3, 15, 30},
        {"America/Havana", 2026, 11, 1, 5, 0},      {"America/Santiago", 2026, 4, 5, 3, 0},
        {"Europe/Dublin", 2026, 10, 25, 1, 0},      {"Pacific/Auckland", 2026, 4, 4, 14, 0},
        {"Antarctica/Troll", 2026, 10, 25, 1, 0},   {"America/Caracas", 2007, 12, 9, 7, 0},
        {"Africa/Casablanca", 2026, 2, 15, 2, 0},   {"America/Nuuk", 2026, 10, 25, 1, 0},
        {"Antarctica/Vostok", 2023, 12, 17, 19, 0},
    };
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct zone *zone = load(changes[i].zone);
        int64_t at = utc(changes[i].year, changes[i].month, changes[i].day, changes[i].hour,
                         changes[i].minute);
        assert_int_not_equal(zone_offset(zone, at), zone_offset(zone, at - 1));
        for (size_t k = 0; k < COUNT(all_kinds); k++)
            expect_one_set(all_kinds[k], zone, at - 3 * HOUR, at + 4 * HOUR,
                           k < EVERY_SECOND ? 1 : 97);
        zone_free(zone);
    }
}

static void expect_short_gaps(const char *text, int64_t most, const struct zone *zone, int64_t at)
{
    struct schedule *schedule = parse(text);
    step_through(schedule, zone, at - 6 * HOUR, at + 6 * HOUR);
    for (size_t i = 0; i < runs.count; i++)
        if (runs.at[i + 1] - runs.at[i] > most)
            fail_msg("%s in %s stands still for %lld s after %lld", text, zone_name(zone),
                     (long long)(runs.at[i + 1] - runs.at[i]), (long long)runs.at[i]);
    schedule_free(schedule);
}

/* No day is without, and none has two. */
static void expect_one_a_day(const char *text, const struct zone *zone, int64_t at)
{
    struct schedule *schedule = parse(text);
    step_through(schedule, zone, at - 3 * DAY, at + 3 * DAY);
    for (size_t i = 0; i < runs.count; i++)
        if (zone_day(zone, runs.at[i + 1]) != zone_day(zone, runs.at[i]) + 1)
            fail_msg("%s in %s: %lld, then %lld", text, zone_name(zone), (long long)runs.at[i],
                     (long long)runs.at[i + 1]);
    schedule_free(schedule);
}

static unsigned zones_seen, changes_seen;

static void check_change(const struct zone *zone, int64_t at)
{
    static const struct {
        const char *text;
        int64_t most;
    } often[] = {{"hourly", 3600}, {"*:45", 3600},   {"*:0/5", 300},
                 {"*:0/15", 900},  {"*:7/20", 1200}, {"*:*:0/30", 30}};
    static const char *const daily[] = {"daily", "00:30", "01:00", "01:30", "02:00", "23:15"};
    for (size_t i = 0; i < COUNT(often); i++)
        expect_short_gaps(often[i].text, often[i].most, zone, at);
    for (size_t i = 0; i < COUNT(daily); i++) {
        expect_one_a_day(daily[i], zone, at);
        expect_one_set(daily[i], zone, at - 4 * HOUR, at + 4 * HOUR, 599);
    }
    expect_one_set("hourly", zone, at - 4 * HOUR, at + 4 * HOUR, 599);
}

static int check_zone(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    struct zone *zone;
    const char *name = path + sizeof ZONEINFO - 1;
    (void)info, (void)place;
    /* Other forms of the same zones. */
    if (kind != FTW_F || strncmp(name, "posix/", 6) == 0 || strncmp(name, "right/", 6) == 0 ||
        zone_load(name, &zone, NULL) < 0)
        return 0;
    zones_seen++;
    struct zone_set_back back;
    for (int64_t after = utc(2024, 1, 1, 0, 0); zone_next_set_back(zone, after, &back);) {
        if (back.at > utc(2031, 1, 1, 0, 0))
            break;
        check_change(zone, back.at);
        changes_seen++;
        after = back.at + DAY;
    }
    zone_free(zone);
    return 0;
}

static void no_zone_stands_still(void **state)
{
    (void)state;
    assert_int_equal(nftw(ZONEINFO, check_zone, 16, FTW_PHYS), 0);
    assert_true(zones_seen > 300);
    assert_true(changes_seen > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_hour_has_its_runs),
        cmocka_unit_test(half_an_hour_has_its_runs),
        cmocka_unit_test(what_runs_once_a_day_runs_once),
        cmocka_unit_test(a_zone_named_as_its_time_has_all_runs),
        cmocka_unit_test(the_calendar_answers_as_systemd_does),
        cmocka_unit_test(one_set_of_runs_from_every_second),
        cmocka_unit_test(no_zone_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
