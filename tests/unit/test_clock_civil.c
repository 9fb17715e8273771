/* Dates, weekdays, business days, holidays and meeting days. */
#include "clock/holidays.h"
#include "clock_checks.h"

static int64_t day_of(int year, int month, int day)
{
    return civil_days((struct civil_date){year, month, day});
}

static void counts_days(void **state)
{
    (void)state;
    assert_int_equal(day_of(1970, 1, 1), 0);
    assert_int_equal(day_of(2000, 2, 29), 11016);
    assert_int_equal(civil_weekday(0), 3);
    assert_int_equal(civil_weekday(-4), 6);
    struct civil_date expected = {1, 1, 1};
    for (int64_t day = day_of(1, 1, 1); day < day_of(2801, 1, 1); day++) {
        struct civil_date date = civil_from_days(day);
        if (date.year != expected.year || date.month != expected.month ||
            date.day != expected.day || civil_days(date) != day)
            fail_msg("day %lld", (long long)day);
        if (++expected.day > civil_month_length(expected.year, expected.month)) {
            expected.day = 1;
            expected.month = expected.month % 12 + 1;
            expected.year += expected.month == 1 ? 1 : 0;
        }
    }
}

static void counts_seconds(void **state)
{
    (void)state;
    struct civil at = civil_from_seconds(1786703712);
    assert_int_equal(at.date.year * 10000 + at.date.month * 100 + at.date.day, 20260814);
    assert_int_equal(at.hour * 10000 + at.minute * 100 + at.second, 103512);
    assert_int_equal(civil_seconds(at), 1786703712);
    at = civil_from_seconds(-1);
    assert_int_equal(at.date.year * 10000 + at.hour * 100 + at.second, 19690000 + 2359);
    /* Of any instant, whatever its year comes to, the time of day is right. */
    at = civil_from_seconds(INT64_MIN);
    assert_int_equal(at.hour * 10000 + at.minute * 100 + at.second, 82952);
    at = civil_from_seconds(INT64_MAX);
    assert_int_equal(at.hour * 10000 + at.minute * 100 + at.second, 153007);
}

/* The weekdays of a year on which a calendar is closed, as MMDD. */
static void closed_days_are(enum business_calendar calendar, int year, const int *expected,
                            size_t count)
{
    size_t found = 0;
    for (int64_t day = day_of(year, 1, 1); day < day_of(year + 1, 1, 1); day++) {
        if (civil_weekday(day) > 4) {
            assert_false(business_day(calendar, day));
            continue;
        }
        if (business_day(calendar, day))
            continue;
        struct civil_date date = civil_from_days(day);
        assert_true(found < count);
        assert_int_equal(date.month * 100 + date.day, expected[found]);
        found++;
    }
    assert_int_equal(found, count);
}

static void knows_the_exchange(void **state)
{
    (void)state;
    static const int y2021[] = {101, 118, 215, 402, 531, 705, 906, 1125, 1224};
    static const int y2022[] = {117, 221, 415, 530, 620, 704, 905, 1124, 1226};
    static const int y2025[] = {101, 109, 120, 217, 418, 526, 619, 704, 901, 1127, 1225};
    static const int y2026[] = {101, 119, 216, 403, 525, 619, 703, 907, 1126, 1225};
    static const int y2027[] = {101, 118, 215, 326, 531, 618, 705, 906, 1125, 1224};
    closed_days_are(BUSINESS_EXCHANGE, 2021, y2021, COUNT(y2021));
    closed_days_are(BUSINESS_EXCHANGE, 2022, y2022, COUNT(y2022));
    closed_days_are(BUSINESS_EXCHANGE, 2025, y2025, COUNT(y2025));
    closed_days_are(BUSINESS_EXCHANGE, 2026, y2026, COUNT(y2026));
    closed_days_are(BUSINESS_EXCHANGE, 2027, y2027, COUNT(y2027));
}

static void knows_banks_and_bonds(void **state)
{
    (void)state;
    static const int bank2026[] = {101, 119, 216, 525, 619, 907, 1012, 1111, 1126, 1225};
    static const int bank2027[] = {101, 118, 215, 531, 705, 906, 1011, 1111, 1125};
    static const int bond2026[] = {101, 119, 216, 403, 525, 619, 703, 907, 1012, 1111, 1126, 1225};
    closed_days_are(BUSINESS_BANK, 2026, bank2026, COUNT(bank2026));
    closed_days_are(BUSINESS_BANK, 2027, bank2027, COUNT(bank2027));
    closed_days_are(BUSINESS_BOND, 2026, bond2026, COUNT(bond2026));
}

static void steps_over_closed_days(void **state)
{
    (void)state;
    int64_t thursday = day_of(2026, 12, 24);
    assert_int_equal(business_day_step(BUSINESS_BANK, thursday, 1), day_of(2026, 12, 28));
    assert_int_equal(business_day_step(BUSINESS_BANK, thursday + 1, 0), day_of(2026, 12, 28));
    assert_int_equal(business_day_step(BUSINESS_BANK, thursday, 0), thursday);
    assert_int_equal(business_day_step(BUSINESS_BANK, thursday + 2, -1), thursday);
    assert_int_equal(business_day_step(BUSINESS_BANK, thursday, 5), day_of(2027, 1, 4));
    assert_int_equal(business_day_step(BUSINESS_BANK, day_of(2027, 1, 4), -5), thursday);
}

static void closes_early(void **state)
{
    (void)state;
    assert_int_equal(exchange_close_second(day_of(2026, 7, 2)), 57600);
    assert_int_equal(exchange_close_second(day_of(2025, 7, 3)), 46800);
    assert_int_equal(exchange_close_second(day_of(2026, 11, 27)), 46800);
    assert_int_equal(exchange_close_second(day_of(2026, 11, 20)), 57600);
    assert_int_equal(exchange_close_second(day_of(2026, 12, 24)), 46800);
    assert_int_equal(exchange_close_second(day_of(2026, 12, 23)), 57600);
}

static void knows_the_committee(void **state)
{
    (void)state;
    assert_true(fomc_day(day_of(2024, 11, 7)));
    assert_false(fomc_day(day_of(2024, 11, 6)));
    assert_true(fomc_day(day_of(2026, 4, 29)));
    assert_true(fomc_day(day_of(2027, 12, 8)));
    for (int year = 1995; year < 2060; year++) {
        int meetings = 0;
        int64_t last = day_of(year, 1, 1) - 45;
        for (int64_t day = day_of(year, 1, 1); day < day_of(year + 1, 1, 1); day++) {
            if (!fomc_day(day))
                continue;
            meetings++;
            assert_true(business_day(BUSINESS_BANK, day) && business_day(BUSINESS_EXCHANGE, day));
            assert_in_range(day - last, meetings == 1 ? 1 : 35, 76);
            last = day;
        }
        assert_int_equal(meetings, 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_days),
        cmocka_unit_test(counts_seconds),
        cmocka_unit_test(knows_the_exchange),
        cmocka_unit_test(knows_banks_and_bonds),
        cmocka_unit_test(steps_over_closed_days),
        cmocka_unit_test(closes_early),
        cmocka_unit_test(knows_the_committee),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
