/* Time zones: look-ups against the C library's, local times in gaps and overlaps, bad names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock/zone.h"
#include "clock_checks.h"

static struct zone *load(const char *name)
{
    struct zone *zone = NULL;
    struct fault fault = {0};
    if (zone_load(name, &zone, &fault) < 0)
        fail_msg("%s: %s", name, fault.text);
    return zone;
}

static void agrees_with_the_library(void **state)
{
    (void)state;
    static const char *const names[] = {
        "America/New_York", "Europe/Berlin",     "Australia/Lord_Howe", "UTC",
        "Europe/Dublin",    "America/Sao_Paulo", "Africa/Casablanca",   "Asia/Kathmandu",
        "Asia/Tehran",      "Pacific/Apia",      "America/Nuuk",        "Antarctica/Troll",
        "Africa/Monrovia",  "America/St_Johns",  "Pacific/Chatham",     "Asia/Gaza",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zone *zone = load(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t at = utc(1971, 1, 1, 0, 0); at < utc(2300, 1, 1, 0, 0);
             at += 86400 * 3 + 1713) {
            struct tm tm;
            time_t time = (time_t)at;
            localtime_r(&time, &tm);
            if (zone_offset(zone, at) != tm.tm_gmtoff || zone_is_dst(zone, at) != (tm.tm_isdst > 0))
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)at, zone_offset(zone, at),
                         tm.tm_gmtoff);
        }
        zone_free(zone);
    }
}

static void switches_on_the_second(void **state)
{
    (void)state;
    struct zone *zone = load("America/New_York");
    static const int years[] = {2026, 2036, 2090, 2499, 2500, 2501, 2899, 3306};
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        int64_t march = civil_days((struct civil_date){years[i], 3, 1});
        int64_t november = civil_days((struct civil_date){years[i], 11, 1});
        int64_t spring = (march + (13 - civil_weekday(march)) % 7 + 7) * 86400 + 7 * 3600;
        int64_t autumn = (november + (13 - civil_weekday(november)) % 7) * 86400 + 6 * 3600;
        assert_int_equal(zone_offset(zone, spring - 1), -18000);
        assert_int_equal(zone_offset(zone, spring), -14400);
        assert_int_equal(zone_offset(zone, autumn - 1), -14400);
        assert_int_equal(zone_offset(zone, autumn), -18000);
    }
    zone_free(zone);
}

static void moves_skipped_times_forward(void **state)
{
    (void)state;
    struct zone *zone = load("America/New_York");
    struct civil skipped = {{2026, 3, 8}, 2, 30, 0};
    assert_int_equal(zone_instant(zone, skipped), utc(2026, 3, 8, 7, 30));
    assert_int_equal(zone_day_instant(zone, civil_days(skipped.date), 7199),
                     utc(2026, 3, 8, 7, 0) - 1);
    assert_int_equal(zone_day_instant(zone, civil_days(skipped.date), 7200), utc(2026, 3, 8, 7, 0));
    assert_int_equal(zone_day_instant(zone, civil_days(skipped.date), 10800),
                     utc(2026, 3, 8, 7, 0));
    zone_free(zone);
    zone = load("Pacific/Apia"); /* the whole of 2011-12-30 was skipped */
    struct civil day = {{2011, 12, 30}, 12, 0, 0};
    assert_int_equal(zone_instant(zone, day), utc(2011, 12, 30, 22, 0));
    assert_int_equal(zone_civil(zone, utc(2011, 12, 30, 22, 0)).date.day, 31);
    zone_free(zone);
}

static void takes_the_first_of_two(void **state)
{
    (void)state;
    struct zone *zone = load("America/New_York");
    struct civil twice = {{2026, 11, 1}, 1, 30, 0};
    assert_int_equal(zone_instant(zone, twice), utc(2026, 11, 1, 5, 30));
    twice.hour = 2;
    assert_int_equal(zone_instant(zone, twice), utc(2026, 11, 1, 7, 30));
    zone_free(zone);
    zone = load("Australia/Lord_Howe"); /* half an hour, 02:00 back to 01:30 */
    struct civil half = {{2026, 4, 5}, 1, 45, 0};
    assert_int_equal(zone_instant(zone, half), utc(2026, 4, 4, 14, 45));
    zone_free(zone);
}

static void finds_where_clocks_are_set_back(void **state)
{
    (void)state;
    struct zone *zone = load("America/New_York");
    struct zone_set_back back;
    int64_t fall = utc(2026, 11, 1, 6, 0);
    const int64_t inside[] = {utc(2025, 11, 2, 7, 0), utc(2026, 3, 8, 7, 0), fall - 1, fall,
                              fall + 3599};
    for (size_t i = 0; i < COUNT(inside); i++) {
        assert_true(zone_next_set_back(zone, inside[i], &back));
        assert_int_equal(back.at, fall);
        assert_int_equal(back.before, -4 * 3600);
        assert_int_equal(back.after, -5 * 3600);
    }
    assert_true(zone_next_set_back(zone, fall + 3600, &back));
    assert_int_equal(back.at, utc(2027, 11, 7, 6, 0));
    assert_true(zone_next_set_back(zone, utc(2999, 1, 1, 0, 0), &back));
    assert_int_equal(back.at, utc(2999, 11, 3, 6, 0));
    zone_free(zone);
    zone = load("Asia/Kolkata");
    assert_false(zone_next_set_back(zone, utc(2026, 1, 1, 0, 0), &back));
    zone_free(zone);
    zone = load("UTC");
    assert_false(zone_next_set_back(zone, utc(2026, 1, 1, 0, 0), &back));
    zone_free(zone);
}

static void local_times_come_back(void **state)
{
    (void)state;
    static const char *const names[] = {"America/New_York", "Australia/Lord_Howe", "Europe/Dublin"};
    for (size_t i = 0; i < 3; i++) {
        struct zone *zone = load(names[i]);
        for (int64_t at = utc(2024, 1, 1, 0, 0); at < utc(2038, 1, 1, 0, 0); at += 5003) {
            int64_t local = at + zone_offset(zone, at);
            int64_t back = zone_day_instant(zone, zone_day(zone, at), (int)(local % 86400));
            if (back != at)
                assert_true(back < at && at - back <= 3600 &&
                            zone_offset(zone, back) > zone_offset(zone, at));
            struct civil civil = zone_civil(zone, at);
            assert_int_equal(civil_seconds(civil), local);
        }
        zone_free(zone);
    }
}

static void refuses_names_that_leave_the_database(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "/etc/passwd", "../zoneinfo/UTC", "Europe/../UTC",
                                      "a//b", "Europe/",     "Europe Berlin",   "Europe/Berl\nin",
                                      ".."};
    struct zone *zone = NULL;
    struct fault fault;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(zone_load(bad[i], &zone, &fault), -EINVAL);
    assert_int_equal(zone_load("Europe/Atlantis", &zone, &fault), -ENOENT);
    assert_int_equal(zone_load("Europe", &zone, &fault), -ENOENT);
    assert_non_null(strstr(fault.text, "Europe"));
    assert_int_equal(zone_load("tzdata.zi", &zone, &fault), -EINVAL);
    assert_int_equal(zone_load("zone1970", &zone, NULL), -ENOENT);
    assert_null(zone);
}

static void write_file(const char *folder, const char *name, const void *data, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void survives_damaged_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_clock_zone.XXXXXX";
    unsigned char data[8192];
    FILE *file = fopen("/usr/share/zoneinfo/America/New_York", "re");
    assert_non_null(file);
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    assert_non_null(mkdtemp(folder));
    setenv("TZDIR", folder, 1);
    struct zone *zone;
    for (size_t cut = 0; cut < size; cut += cut < 60 ? 1 : 97) {
        write_file(folder, "Cut", data, cut);
        assert_int_equal(zone_load("Cut", &zone, NULL), -EINVAL);
    }
    for (size_t at = 0; at < size; at += 7) {
        unsigned char kept = data[at];
        data[at] = (unsigned char)~kept;
        write_file(folder, "Bent", data, size);
        if (zone_load("Bent", &zone, NULL) == 0) {
            (void)zone_offset(zone, 1786703712);
            (void)zone_day_instant(zone, 20000, 3600);
            zone_free(zone);
        }
        data[at] = kept;
    }
    write_file(folder, "Whole", data, size);
    zone_free(load("Whole"));
    unsetenv("TZDIR");
    char path[256];
    static const char *const names[] = {"Cut", "Bent", "Whole", ""};
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(remove(path), 0);
    }
}

static void knows_utc_without_a_database(void **state)
{
    (void)state;
    char version[16];
    zone_database_version(version);
    assert_int_equal(strncmp(version, "20", 2), 0);
    setenv("TZDIR", "/nonexistent", 1);
    struct zone *zone = load("UTC");
    assert_string_equal(zone_name(zone), "UTC");
    assert_int_equal(zone_offset(zone, 1786703712), 0);
    zone_free(zone);
    zone_database_version(version);
    assert_string_equal(version, "unknown");
    unsetenv("TZDIR");
}

static void knows_days_that_never_were(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        struct civil_date date;
    } skipped[] = {
        {"Pacific/Apia", {2011, 12, 30}},
        {"Pacific/Fakaofo", {2011, 12, 30}},
        {"Pacific/Kwajalein", {1993, 8, 21}},
    };
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
        struct zone *zone = load(skipped[i].zone);
        int64_t day = civil_days(skipped[i].date);
        assert_true(zone_has_day(zone, day - 1));
        assert_false(zone_has_day(zone, day));
        assert_true(zone_has_day(zone, day + 1));
        zone_free(zone);
    }
    struct zone *zone = load("America/New_York");
    for (int64_t day = 10957; day < 25000; day++)
        assert_true(zone_has_day(zone, day));
    zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_library),
        cmocka_unit_test(switches_on_the_second),
        cmocka_unit_test(moves_skipped_times_forward),
        cmocka_unit_test(takes_the_first_of_two),
        cmocka_unit_test(finds_where_clocks_are_set_back),
        cmocka_unit_test(local_times_come_back),
        cmocka_unit_test(refuses_names_that_leave_the_database),
        cmocka_unit_test(survives_damaged_files),
        cmocka_unit_test(knows_utc_without_a_database),
        cmocka_unit_test(knows_days_that_never_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
