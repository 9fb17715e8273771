#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock/holidays.h"
#include "world/customers.h"
#include "world/pay.h"
#include "world_checks.h"

/* An income is a year's over this number: what comes in a year is the income. */
static void pay_days_are_as_many_as_they_count(void **state)
{
    (void)state;
    const int64_t first = TEST_ORIGIN / TEST_DAY, days = 20 * 365;
    struct pay_calendar *calendar = pay_calendar_new(42, test_zone(), first, first + days);
    for (unsigned i = 0; i < PAY_SCHEDULES; i++) {
        enum pay_schedule schedule = (enum pay_schedule)i;
        double count = 0;
        for (int64_t day = first; day < first + days; day++)
            count += pay_day(calendar, schedule, day);
        double expected = 20 * pay_times(schedule);
        assert_near(count, expected, schedule < PAY_INVOICES ? 4 : .12 * expected);
    }
    pay_calendar_free(calendar);
}

static void exact_baselines(void **state)
{
    (void)state;
    const struct {
        int64_t customers, growth, each;
    } cases[] = {{1, 20000, 5},     {1, 0, 1000},   {1000, 20000, 5}, {1000, 0, 5},
                 {20000, 20000, 5}, {50, 20000, 0}, {10, 1000000, 60}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_settings settings = test_settings(cases[i].customers);
        settings.customer_growth = cases[i].growth;
        settings.financial_records_per_customer = cases[i].each;
        struct world *world = test_world(&settings);
        struct tape tape = {0};
        tape_run(&tape, world, STREAM_FINANCIAL_RECORDS, 0, TEST_ORIGIN, 0);
        assert_int_equal(tape.rows, cases[i].customers * cases[i].each);
        assert_int_equal(tape.moves, 0);
        assert_int_equal(tape.disorder, 0);
        assert_int_equal(world_baseline_size(world, STREAM_FINANCIAL_RECORDS), tape.rows);
        world_free(world);
    }
}

struct audit {
    struct world *world;
    uint64_t types[4], salaries;
    char last_key[32];
    int64_t last_pay[4096]; /* by customer: the day of the last salary */
};

static const char *const type_names[] = {"income", "expense", "asset", "liability"};

static void look_salary(struct audit *audit, const struct change *change, const char *customer)
{
    uint64_t index = strtoull(customer + 18, NULL, 10);
    struct person person = customer_person_at(audit->world, index, (world_time){change->at});
    assert_true(index < 4096 && audit->last_pay[index] < change->cells[5].number);
    audit->last_pay[index] = change->cells[5].number;
    assert_true(business_day(BUSINESS_BANK, change->cells[5].number));
    assert_true(person.employment == EMPLOYED_FULL || person.employment == EMPLOYED_PART ||
                person.employment == STUDENT);
    if (person.employment != EMPLOYED_FULL)
        return;
    /* What is left of the income of that day, weekly, every two weeks, twice or once a month. */
    double part = (double)change->cells[3].number / (double)person.annual_income;
    unsigned fits = 0;
    for (unsigned i = 0; i < 4; i++) {
        static const double times[4] = {12, 24, 26, 52};
        fits += part * times[i] > .5 && part * times[i] < .93;
    }
    assert_true(fits > 0);
    audit->salaries++;
}

static void look(const struct change *change, void *context)
{
    struct audit *audit = context;
    char text[CELL_PRINT_MAX + 1], customer[CELL_PRINT_MAX + 1];
    assert_int_equal(change->kind, CHANGE_INSERT);
    assert_int_equal(change->count, 7);
    cell_print(&change->cells[0], text);
    assert_true(stream_owns_key(STREAM_FINANCIAL_RECORDS, text, strlen(text)));
    assert_true(strcmp(text, audit->last_key) > 0);
    memcpy(audit->last_key, text, sizeof audit->last_key);
    cell_print(&change->cells[1], customer);
    assert_true(strncmp(customer + 3, text + 3, 14) < 0);
    cell_print(&change->cells[2], text);
    unsigned type = 0;
    while (type < 4 && strcmp(type_names[type], text) != 0)
        type++;
    assert_true(type < 4);
    audit->types[type]++;
    assert_true(change->cells[3].number > 0 && change->cells[3].number < INT64_C(1000000000000));
    cell_print(&change->cells[4], text);
    char *end = strstr(text, ": ");
    assert_non_null(end);
    *end = '\0';
    assert_true(text[0] >= 'A' && text[0] <= 'Z');
    if (strcmp(text, "Salary") == 0)
        look_salary(audit, change, customer);
    assert_int_equal(change->cells[5].number, zone_day(test_zone(), change->at));
    assert_int_equal(change->cells[6].number, change->at);
}

static void records_are_plausible(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(2000);
    settings.financial_records_per_customer = 20;
    struct world *world = test_world(&settings);
    struct audit audit = {.world = world};
    struct tape tape = {.look = look, .context = &audit};
    tape_run(&tape, world, STREAM_FINANCIAL_RECORDS, 0, TEST_ORIGIN + 30 * TEST_DAY, 0);
    double all = (double)tape.rows;
    assert_true(tape.rows > 42000);
    for (unsigned i = 0; i < 4; i++)
        assert_true((double)audit.types[i] > .08 * all && (double)audit.types[i] < .6 * all);
    assert_true((double)audit.salaries > .06 * all);
    print_message("income %.3f expense %.3f asset %.3f liability %.3f\n",
                  (double)audit.types[0] / all, (double)audit.types[1] / all,
                  (double)audit.types[2] / all, (double)audit.types[3] / all);
    world_free(world);
}

struct payment {
    const char *description;
    unsigned count, tens;
    double sum, least, most;
};

static void look_payment(const struct change *change, void *context)
{
    struct payment *payments = context;
    char text[CELL_PRINT_MAX + 1];
    cell_print(&change->cells[4], text);
    while (payments->description && strcmp(payments->description, text) != 0)
        payments++;
    double dollars = (double)change->cells[3].number / 100;
    payments->count++;
    payments->tens += change->cells[3].number == 1000;
    payments->sum += dollars;
    if (payments->count == 1 || dollars < payments->least)
        payments->least = dollars;
    if (dollars > payments->most)
        payments->most = dollars;
}

/* One month's rent, a journey, a coffee: what a reader of single lives stumbles over. */
static void payments_are_of_their_size(void **state)
{
    (void)state;
    enum { RENT, TRAVEL, STREAMING, RESTAURANT, COFFEE, TUITION, BOOKS, CARD };
    struct payment payments[] = {{.description = "Housing: monthly rent"},
                                 {.description = "Entertainment: travel"},
                                 {.description = "Entertainment: streaming services"},
                                 {.description = "Dining: restaurant"},
                                 {.description = "Dining: coffee and lunch"},
                                 {.description = "Education: tuition and fees"},
                                 {.description = "Education: books and courses"},
                                 {.description = "Credit Card: statement balance"},
                                 {.description = NULL}};
    struct world_settings settings = test_settings(4000);
    settings.financial_records_per_customer = 20;
    struct world *world = test_world(&settings);
    struct tape tape = {.look = look_payment, .context = payments};
    tape_run(&tape, world, STREAM_FINANCIAL_RECORDS, 0, TEST_ORIGIN, 0);
    double means[CARD + 1];
    for (unsigned i = RENT; i <= CARD; i++) {
        assert_true(payments[i].count > 100);
        means[i] = payments[i].sum / payments[i].count;
        print_message("%s: %u, mean %.2f, %.2f to %.2f\n", payments[i].description,
                      payments[i].count, means[i], payments[i].least, payments[i].most);
    }
    assert_true(means[RENT] > 800 && means[RENT] < 1500);
    assert_true(means[TRAVEL] > 4 * means[STREAMING] && means[TUITION] > 3 * means[BOOKS]);
    assert_true(means[RESTAURANT] > 2.5 * means[COFFEE]);
    assert_true(payments[STREAMING].most < 400 && payments[COFFEE].most < 250);
    /* Cards with a utilization of nothing do not all owe the same. */
    assert_true(payments[CARD].tens * 200 < payments[CARD].count);
    world_free(world);
}

static void speed(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(50000);
    struct world *world = test_world(&settings);
    struct timespec a, b, c;
    struct tape tape = {0}, live = {0};
    clock_gettime(CLOCK_MONOTONIC, &a);
    tape_run(&tape, world, STREAM_FINANCIAL_RECORDS, 0, TEST_ORIGIN, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    for (int64_t at = TEST_ORIGIN; at < TEST_ORIGIN + 10 * TEST_DAY; at += 300)
        tape_run(&live, world, STREAM_FINANCIAL_RECORDS, at, at + 300, 0);
    clock_gettime(CLOCK_MONOTONIC, &c);
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) * 1e-9;
    double later = (double)(c.tv_sec - b.tv_sec) + (double)(c.tv_nsec - b.tv_nsec) * 1e-9;
    print_message("%.0f records/s in the baseline, %.0f in ticks of 5 minutes\n",
                  (double)tape.rows / seconds, (double)live.rows / later);
    assert_int_equal(tape.rows, 250000);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pay_days_are_as_many_as_they_count),
        cmocka_unit_test(exact_baselines),
        cmocka_unit_test(records_are_plausible),
        cmocka_unit_test(payments_are_of_their_size),
        cmocka_unit_test(speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
