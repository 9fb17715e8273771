/* Comparing with the reference: rows made by hand, of which each figure is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine_checks.h"
#include "realism/realism_parts.h"

#define DAY    INT64_C(86400)
#define ORIGIN INT64_C(1783598400) /* 2026-07-09T12:00:00Z */

static struct zone *zone;
static struct realism *realism;
static char texts[16][64];
static unsigned used;

static struct cell text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static struct cell text(const char *format, ...)
{
    char *to = texts[used++ % 16];
    va_list args;
    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is */
    (void)vsnprintf(to, sizeof texts[0], format, args);
    va_end(args);
    return (struct cell){.kind = CELL_TEXT, .length = (uint16_t)strlen(to), .text = to};
}

static struct cell number(enum cell_kind kind, int64_t value)
{
    return (struct cell){
        .kind = (uint8_t)kind, .scale = kind == CELL_DECIMAL ? 2 : 0, .number = value};
}

static void customer(unsigned n, const char *city, const char *area)
{
    const struct cell cells[] = {text("CU-20260101000000-%08u", n),
                                 text("Mary"),
                                 text("Smith"),
                                 text("mary.smith.%u@example.com", n),
                                 text("%s-555-0123", area),
                                 number(CELL_DATE, 0),
                                 text("666-01-0001"),
                                 text("1 Main St"),
                                 text("%s", city),
                                 text("CA"),
                                 text("90001"),
                                 text("Full-time"),
                                 number(CELL_DECIMAL, 5200000),
                                 number(CELL_TIME, ORIGIN - 180 * DAY)};
    realism_row(realism, STREAM_CUSTOMERS, cells, 14);
}

static void entry(unsigned n, int month, int score, const char *state)
{
    int64_t day = civil_days((struct civil_date){2026 + month / 12, month % 12 + 1, 5});
    const struct cell cells[] = {
        text("CH-20260105120000-%08u-00", n), text("CU-20260101000000-%08u", n),
        number(CELL_INTEGER, score),          text("%s", state),
        number(CELL_DECIMAL, 3000),           number(CELL_DATE, day),
        number(CELL_TIME, day * DAY)};
    realism_row(realism, STREAM_CREDIT_HISTORY, cells, 7);
}

static void loan(unsigned n, unsigned lane, const char *type, const char *status)
{
    const struct cell cells[] = {text("LA-20260803150000-%08u-%02u", n, lane),
                                 text("CU-20260101000000-%08u", n),
                                 text("%s", type),
                                 number(CELL_DECIMAL, 1500000),
                                 number(CELL_INTEGER, 36),
                                 text("Debt consolidation"),
                                 text("%s", status),
                                 number(CELL_DATE, civil_days((struct civil_date){2026, 8, 3})),
                                 number(CELL_TIME, INT64_C(1785769200))};
    realism_row(realism, STREAM_LOAN_APPLICATIONS, cells, 9);
}

static void step(unsigned n, unsigned lane, const char *status, int64_t after)
{
    const struct cell cells[] = {text("LA-20260803150000-%08u-%02u", n, lane), text("%s", status),
                                 number(CELL_TIME, INT64_C(1785769200) + after)};
    realism_step(realism, cells, 3);
}

static void money(unsigned n, int day, const char *type, const char *what, int64_t cents)
{
    int64_t on = civil_days((struct civil_date){2026, 8, day});
    const struct cell cells[] = {text("FR-20260803150000-%08u-00", n),
                                 text("CU-20260101000000-%08u", n),
                                 text("%s", type),
                                 number(CELL_DECIMAL, cents),
                                 text("%s", what),
                                 number(CELL_DATE, on),
                                 number(CELL_TIME, on * DAY)};
    realism_row(realism, STREAM_FINANCIAL_RECORDS, cells, 7);
}

static void market(const char *series, int year, int month, int day, int64_t value)
{
    int64_t on = civil_days((struct civil_date){year, month, day});
    const struct cell cells[] = {
        text("MD-20260803150000-000"), text("%s", series), number(CELL_DECIMAL, value),
        number(CELL_DATE, on),         text("Synthetic"),  number(CELL_TIME, on * DAY)};
    realism_row(realism, STREAM_MARKET_DATA, cells, 6);
}

static double here(enum realism_id id)
{
    return realism_figure(realism, id).here;
}

static int begin(void **state)
{
    (void)state;
    struct fault fault;
    if (zone_load("America/New_York", &zone, &fault) < 0)
        return -1;
    realism = realism_new(zone, (world_time){ORIGIN});
    return 0;
}

static int end(void **state)
{
    (void)state;
    realism_free(realism);
    zone_free(zone);
    return 0;
}

#define assert_near(a, b)                                           \
    do {                                                            \
        double off_ = (a) - (b);                                    \
        if (off_ > 1e-6 || off_ < -1e-6)                            \
            fail_msg("%s is %.9g, not %.9g", #a, (a), (double)(b)); \
    } while (0)

static void an_empty_world_is_told_nothing_of(void **state)
{
    (void)state;
    realism_close(realism);
    for (int i = 0; i < REALISM_COUNT; i++) {
        struct realism_figure figure = realism_figure(realism, (enum realism_id)i);
        assert_int_equal(figure.verdict, REALISM_TOO_FEW);
        assert_true(figure.here == 0 && figure.count == 0);
        assert_true(strlen(figure.name) > 0 && strlen(figure.source) > 0 && strlen(figure.why) > 0);
    }
    assert_true(REALISM_COUNT >= 40);
}

static void few_rows_widen_the_tolerance_until_there_are_too_few(void **state)
{
    (void)state;
    realism_put(realism, REALISM_SCORE_MEAN, 730, 1e18);
    assert_int_equal(realism_figure(realism, REALISM_SCORE_MEAN).verdict, REALISM_OUTSIDE);
    assert_near(realism_figure(realism, REALISM_SCORE_MEAN).tolerance, 6);
    realism_put(realism, REALISM_SCORE_MEAN, 725, 1225);
    assert_near(realism_figure(realism, REALISM_SCORE_MEAN).tolerance, sqrt(6 * 6 + 10.2 * 10.2));
    assert_int_equal(realism_figure(realism, REALISM_SCORE_MEAN).verdict, REALISM_WITHIN);
    realism_put(realism, REALISM_SCORE_MEAN, 725, 100);
    assert_int_equal(realism_figure(realism, REALISM_SCORE_MEAN).verdict, REALISM_TOO_FEW);
}

static void customers_with_what_can_not_be_are_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        customer(i, "Los Angeles", "323");
    customer(10, "Los Angeles", "212");
    customer(11, "Chicago", "323");
    realism_close(realism);
    assert_near(here(REALISM_PLACES), 2);
    assert_near(here(REALISM_IDENTIFIERS), 0);
    assert_near(here(REALISM_AGE_55), 100);
    assert_near(here(REALISM_WORK_FULL), 100);
    assert_near(here(REALISM_STATE_CA), 100);
}

static void scores_are_followed_from_month_to_month(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        customer(i, "Los Angeles", "323");
    for (int month = 0; month < 14; month++) {
        entry(0, month, 700, "Current");
        entry(1, month, month % 2 ? 800 : 830, "Current");
        entry(2, month, 560 - month, month == 3 ? "90 Days Late" : "Current");
        if (month != 6) /* a month without an entry is no change */
            entry(3, month, month < 6 ? 600 : 720, "Current");
    }
    entry(9, 3, 500, "Current"); /* of nobody */
    realism_close(realism);
    assert_int_equal(realism->credit.entries, 4 * 14 - 1);
    assert_int_equal(realism->credit.pairs[0], 13 * 3 + 11);
    assert_int_equal(realism->credit.moved[0], 13);
    assert_near(here(REALISM_JUMPS), 1);
    /* 12 months: 2 of each, of the fourth those from 600 to 720 in months 0, 1 to 12, 13. */
    assert_int_equal(realism->credit.year_pairs, 8);
    assert_near(here(REALISM_UP_20), 25);
    assert_near(here(REALISM_BAND_800), 100.0 * 14 / 55);
    assert_near(here(REALISM_UTILIZATION), 30);
}

static void rolls_are_shares_of_where_they_come_from(void **state)
{
    static const char *const paths[4][4] = {
        {"Current", "30 Days Late", "60 Days Late", "90 Days Late"},
        {"Current", "30 Days Late", "60 Days Late", "Current"},
        {"Current", "30 Days Late", "Current", "Current"},
        {"Current", "30 Days Late", "60 Days Late", "90 Days Late"},
    };
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        customer(i, "Los Angeles", "323");
        for (int month = 0; month < 4; month++)
            entry(i, month, 600, paths[i][month]);
    }
    realism_close(realism);
    assert_near(here(REALISM_ROLL_30), 75);
    assert_near(here(REALISM_CURE_30), 25);
    assert_near(here(REALISM_ROLL_60), 100.0 * 2 / 3);
    assert_near(here(REALISM_JUMPS), 0);
}

static void loans_are_joined_with_scores_and_steps(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        customer(i, "Los Angeles", "323");
        entry(i, 6, i == 0 ? 810 : 540, "Current");
    }
    loan(0, 0, "Credit Card", "Approved");
    loan(0, 1, "Mortgage", "Funded");
    loan(1, 0, "Credit Card", "Denied");
    loan(1, 1, "Credit Card", "Pending");
    step(0, 0, "Approved", 60);
    step(0, 1, "Approved", 31 * DAY);
    step(0, 1, "Funded", 40 * DAY);
    step(1, 0, "Denied", -5);
    step(1, 9, "Denied", 5); /* of no application */
    realism_close(realism);
    assert_near(here(REALISM_CARD_800), 100);
    assert_near(here(REALISM_CARD_300), 0);
    assert_int_equal(realism->loans.band_decided[1], 1);
    assert_near(here(REALISM_OVERDUE), 1);
    assert_near(here(REALISM_EARLY), 1);
    assert_near(here(REALISM_CLOSING), 40);
    assert_near(here(REALISM_CARD_DAY), 100);
    assert_int_equal(realism->loans.hours[11], 4); /* 15:00 UTC, in New York */
}

static void pay_is_held_against_the_income(void **state)
{
    (void)state;
    customer(0, "Los Angeles", "323");
    money(0, 7, "income", "Salary: direct deposit", 150000); /* of 26 a year, 75 of 100 */
    money(0, 14, "income", "Salary: direct deposit", 152000);
    money(0, 21, "income", "Salary: direct deposit", 98000); /* of no period */
    money(0, 22, "income", "Salary: direct deposit", 75000); /* weekly, on a Saturday */
    money(0, 24, "expense", "Groceries: supermarket", 7500);
    money(0, 24, "expense", "Mortgage: monthly payment", 2500);
    money(0, 24, "expense", "Personal Loan: monthly payment", 90000);
    realism_close(realism);
    assert_near(here(REALISM_SALARY), 75);
    assert_near(here(REALISM_SALARY_DAYS), 1);
    assert_near(here(REALISM_SALARY_SAME), 50);
    assert_near(here(REALISM_SPENT_FOOD), 75);
    assert_near(here(REALISM_SPENT_HOUSING), 25);
}

static void markets_are_set_side_by_side(void **state)
{
    (void)state;
    static const int64_t steps[] = {400, 410, 405, 425, 420, 430, 428,
                                    431, 425, 440, 435, 433, 436, 430};
    for (int i = 0; i < 14; i++) {
        market("treasury_10y", 2026, 8, 3 + i + i / 5 * 2, steps[i]);
        market("treasury_2y", 2026, 8, 3 + i + i / 5 * 2, 800 - steps[i]);
    }
    market("treasury_10y_quote", 2026, 8, 8, 900);
    market("treasury_10y", 2026, 9, 7, 430); /* Labor Day */
    market("prime_rate", 2026, 8, 3, 675);
    market("prime_rate", 2026, 8, 4, 650); /* days after the meeting of 28 and 29 July */
    market("prime_rate", 2026, 8, 5, 640);
    realism_close(realism);
    assert_int_equal(realism->market.series[SERIES_TREASURY_10Y].count, 15);
    assert_near(here(REALISM_DAILY_2Y_10Y), -1);
    assert_near(here(REALISM_CLOSED_DAYS), 1);
    assert_near(here(REALISM_PRIME_STEPS), 2);
}

static void rows_of_other_kinds_are_left_out(void **state)
{
    (void)state;
    struct cell cells[14] = {{.kind = CELL_NULL}};
    for (int stream = 0; stream < STREAM_COUNT; stream++)
        realism_row(realism, (enum stream_id)stream, cells, 14);
    realism_step(realism, cells, 3);
    realism_close(realism);
    assert_int_equal(realism->people.rows, 0);
}

static void samples_tell_a_shift(void **state)
{
    (void)state;
    static struct two_samples same, shifted;
    for (int i = 0; i < 4000; i++) {
        samples_add(&same, (unsigned)i % 2, i * 37 % 1000);
        samples_add(&shifted, (unsigned)i % 2, i * 37 % 1000 + i % 2 * 80);
    }
    assert_true(samples_p(&same) > .5);
    assert_true(samples_p(&shifted) < .001);
}

static void many_people_are_thinned_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < REALISM_PEOPLE_MOST + 10; i++) {
        used = 0;
        customer(i, "Los Angeles", "323");
    }
    assert_int_equal(realism->people.stride, 2);
    assert_int_equal(realism->people.count, REALISM_PEOPLE_MOST / 2 + 5);
    entry(3, 0, 700, "Current");
    entry(4, 0, 700, "Current");
    assert_int_equal(realism->credit.entries, 1);
    realism_close(realism);
    assert_near(here(REALISM_WORK_FULL), 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_world_is_told_nothing_of),
        TEST(few_rows_widen_the_tolerance_until_there_are_too_few),
        TEST(customers_with_what_can_not_be_are_counted),
        TEST(scores_are_followed_from_month_to_month),
        TEST(rolls_are_shares_of_where_they_come_from),
        TEST(loans_are_joined_with_scores_and_steps),
        TEST(pay_is_held_against_the_income),
        TEST(markets_are_set_side_by_side),
        TEST(rows_of_other_kinds_are_left_out),
        TEST(samples_tell_a_shift),
        TEST(many_people_are_thinned_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
