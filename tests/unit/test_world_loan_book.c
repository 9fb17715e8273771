#include <stdlib.h>
#include <string.h>

#include "world/credit.h"
#include "world/customers.h"
#include "world/loan_book.h"
#include "world_checks.h"

#define PEOPLE 500

struct funded {
    char key[32];
    uint64_t customer;
    int64_t applied, at;
    int64_t amount;
};

struct audit {
    struct world *world;
    struct funded *loans;
    size_t count, funded;
    uint64_t payments[LOAN_PRODUCTS], principals, cars, homes;
};

static void look_loan(const struct change *change, void *context)
{
    struct audit *audit = context;
    char key[CELL_PRINT_MAX + 1], text[CELL_PRINT_MAX + 1];
    cell_print(&change->cells[0], key);
    if (change->kind == CHANGE_INSERT) {
        struct funded *loan = &audit->loans[audit->count++];
        memcpy(loan->key, key, sizeof loan->key);
        loan->customer = strtoull(key + 18, NULL, 10);
        loan->applied = change->at;
        loan->amount = change->cells[3].number / 100;
        return;
    }
    cell_print(&change->cells[2], text);
    if (strcmp(text, "Funded") != 0)
        return;
    for (size_t i = audit->count; i-- > 0;)
        if (strcmp(audit->loans[i].key, key) == 0) {
            audit->loans[i].at = change->at;
            break;
        }
    audit->funded++;
}

static struct audit loans_of(struct world *world, int64_t days)
{
    struct audit audit = {.world = world, .loans = calloc(20000, sizeof(struct funded))};
    struct tape tape = {.look = look_loan, .context = &audit};
    tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, TEST_ORIGIN + days * TEST_DAY, 0);
    return audit;
}

static bool is_held(struct world *world, const struct funded *loan, int64_t at)
{
    struct loan_held held[LOANS_HELD];
    unsigned count = loans_held(world, loan->customer, (world_time){at}, held);
    for (unsigned i = 0; i < count; i++)
        if (held[i].at == loan->at && held[i].amount == loan->amount)
            return true;
    return false;
}

/* Every funded loan is in the book from its funding on, not before. */
static void book_knows_what_is_funded(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    struct world *world = test_world(&settings);
    struct audit audit = loans_of(world, 200);
    size_t missing = 0, asked = 0, gone = 0;
    for (size_t i = 0; i < audit.count; i++) {
        const struct funded *loan = &audit.loans[i];
        if (loan->at == 0)
            continue;
        assert_false(is_held(world, loan, loan->at - 1));
        asked++;
        missing += !is_held(world, loan, loan->at);
        gone += !is_held(world, loan, loan->at + 60 * TEST_DAY);
    }
    assert_true(asked > 300 && audit.funded == asked);
    assert_int_equal(missing, 0);
    /* A few are replaced so soon. */
    assert_true(gone < asked / 20);
    free(audit.loans);
    world_free(world);
}

static uint64_t hash_held(struct world *world, uint64_t customer, int64_t at)
{
    struct loan_held held[LOANS_HELD];
    uint64_t hash = loans_held(world, customer, (world_time){at}, held);
    struct loan_held carried[LOANS_CARRIED];
    for (unsigned i = 0, count = (unsigned)hash; i < count; i++)
        hash = hash * 1000003 + held[i].at + held[i].amount * 31 + held[i].payment * 17;
    for (unsigned i = 0, count = loans_carried(world, customer, (world_time){at}, carried);
         i < count; i++)
        hash = hash * 1000003 + carried[i].at + carried[i].amount * 31 + carried[i].payment * 17;
    return hash * 31 + (uint64_t)credit_view(world, customer, (world_time){at}).utilization;
}

/* Whatever was asked before. */
static void order_of_questions_does_not_matter(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(60);
    settings.customer_growth = 0;
    settings.loan_applications_per_customer = 9;
    const struct world_act tempo = {
        WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {TEST_ORIGIN + 40 * TEST_DAY}, {0}, 4000000};
    struct world *up = test_world(&settings), *down = test_world(&settings);
    world_set_acts(up, &tempo, 1);
    (void)hash_held(down, 5, TEST_ORIGIN + 90 * TEST_DAY);
    world_set_acts(down, &tempo, 1);
    enum { TIMES = 100 };
    static uint64_t hashes[60][TIMES];
    for (int i = 0; i < TIMES; i++)
        for (uint64_t customer = 0; customer < 60; customer++)
            hashes[customer][i] =
                hash_held(up, customer, TEST_ORIGIN + (6 * i - 190) * TEST_DAY + 17);
    for (uint64_t customer = 60; customer-- > 0;)
        for (int i = TIMES; i-- > 0;)
            assert_int_equal(hash_held(down, customer, TEST_ORIGIN + (6 * i - 190) * TEST_DAY + 17),
                             hashes[customer][i]);
    world_free(up);
    world_free(down);
}

static void look_record(const struct change *change, void *context)
{
    struct audit *audit = context;
    char customer[CELL_PRINT_MAX + 1], type[CELL_PRINT_MAX + 1], text[CELL_PRINT_MAX + 1];
    cell_print(&change->cells[1], customer);
    cell_print(&change->cells[2], type);
    cell_print(&change->cells[4], text);
    struct loan_held held[LOANS_HELD];
    unsigned count =
        loans_held(audit->world, strtoull(customer + 18, NULL, 10), (world_time){change->at}, held);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(type, "expense") == 0 && strstr(text, ": monthly payment") &&
            change->cells[3].number == held[i].payment)
            audit->payments[held[i].product]++;
        double left = loan_held_balance(&held[i], 0);
        if (strcmp(type, "liability") == 0 && strstr(text, ": outstanding principal") &&
            (double)change->cells[3].number / 100 <= left &&
            (double)change->cells[3].number / 100 > .75 * left)
            audit->principals++;
        if (strcmp(type, "asset") == 0 && strncmp(text, "Vehicle", 7) == 0 &&
            (held[i].product == LOAN_AUTO_NEW || held[i].product == LOAN_AUTO_USED))
            audit->cars++;
        if (strcmp(type, "asset") == 0 && strncmp(text, "Home", 4) == 0 &&
            held[i].product == LOAN_PURCHASE)
            audit->homes++;
    }
}

static void loans_show_in_the_records(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    settings.financial_records_per_customer = 120;
    struct world *world = test_world(&settings);
    struct audit audit = {.world = world};
    struct tape tape = {.look = look_record, .context = &audit};
    tape_run(&tape, world, STREAM_FINANCIAL_RECORDS, TEST_ORIGIN - 30 * TEST_DAY,
             TEST_ORIGIN + 120 * TEST_DAY, 0);
    print_message("payments: auto %llu, personal %llu, mortgage %llu, card %llu; principals %llu, "
                  "cars %llu, homes %llu of %llu records\n",
                  (unsigned long long)audit.payments[LOAN_AUTO_NEW] +
                      (unsigned long long)audit.payments[LOAN_AUTO_USED],
                  (unsigned long long)audit.payments[LOAN_PERSONAL],
                  (unsigned long long)audit.payments[LOAN_PURCHASE] +
                      (unsigned long long)audit.payments[LOAN_REFINANCE],
                  (unsigned long long)audit.payments[LOAN_CARD],
                  (unsigned long long)audit.principals, (unsigned long long)audit.cars,
                  (unsigned long long)audit.homes, (unsigned long long)tape.rows);
    assert_true(audit.payments[LOAN_AUTO_NEW] + audit.payments[LOAN_AUTO_USED] > 20);
    assert_true(audit.payments[LOAN_PERSONAL] > 10);
    assert_true(audit.payments[LOAN_PURCHASE] + audit.payments[LOAN_REFINANCE] > 2);
    assert_true(audit.principals > 50);
    assert_true(audit.cars > 10 && audit.homes > 5);
    world_free(world);
}

/* The annuity that its rate gives, to the cent; paid off at the end of its term. */
static void payments_pay_the_loan(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    struct world *world = test_world(&settings);
    size_t seen = 0;
    for (uint64_t customer = 0; customer < PEOPLE; customer++) {
        struct loan_held held[LOANS_HELD];
        unsigned count = loans_held(world, customer, settings.origin, held);
        for (unsigned i = 0; i < count; i++) {
            if (held[i].product == LOAN_CARD)
                continue;
            double left = loan_held_balance(&held[i], held[i].term - 1);
            /* Half a cent of each payment, with its interest. */
            double rate = held[i].rate / 120000.0, cents = 0;
            for (unsigned month = 0; month < held[i].term; month++)
                cents = cents * (1 + rate) + .51;
            assert_near(left * (1 + rate), held[i].payment / 100.0, cents / 100.0 + 1.0);
            assert_true(held[i].rate >= 200 && held[i].rate <= 3600);
            seen++;
        }
    }
    assert_true(seen > 100);
    world_free(world);
}

static bool is_auto(const struct loan_held *loan)
{
    return loan->product == LOAN_AUTO_NEW || loan->product == LOAN_AUTO_USED;
}

static bool is_home(const struct loan_held *loan)
{
    return !loan->second && (loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE);
}

/* Of the customers at an instant, how many carry a loan of a kind, in thousandths; their loans. */
struct carried {
    int autos, homes, students;
    double loans;
};

static struct carried carried_at(struct world *world, int64_t at)
{
    uint64_t people = customers_at(world, (world_time){at});
    int autos = 0, homes = 0, students = 0, loans = 0;
    for (uint64_t customer = 0; customer < people; customer++) {
        struct loan_held held[LOANS_CARRIED];
        unsigned count = loans_carried(world, customer, (world_time){at}, held);
        bool has_auto = false, has_home = false, has_student = false;
        for (unsigned i = 0; i < count; i++) {
            assert_true(held[i].at <= at && loan_is_open(&held[i], (world_time){at}));
            has_auto = has_auto || is_auto(&held[i]);
            has_home = has_home || is_home(&held[i]);
            has_student = has_student || held[i].product == LOAN_STUDENT;
        }
        autos += has_auto;
        homes += has_home;
        students += has_student;
        loans += (int)count;
    }
    double all = (double)people;
    return (struct carried){(int)(1000 * autos / all), (int)(1000 * homes / all),
                            (int)(1000 * students / all), loans / all};
}

/* From its first day on a portfolio owes what it owes years later. */
static void portfolio_has_a_past(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(4000);
    struct world *world = test_world(&settings);
    struct carried then = carried_at(world, TEST_ORIGIN - 150 * TEST_DAY);
    static const int days[] = {0, 200, 800, 1500};
    assert_in_range(then.autos, 350, 750);
    assert_in_range(then.homes, 300, 600);
    assert_in_range(then.students, 100, 350);
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct carried now = carried_at(world, TEST_ORIGIN + days[i] * TEST_DAY);
        print_message("day %d: autos %d, homes %d, students %d, loans %.2f; before: %d, %d, %d, "
                      "%.2f\n",
                      days[i], now.autos, now.homes, now.students, now.loans, then.autos,
                      then.homes, then.students, then.loans);
        assert_near(now.autos, then.autos, 60);
        /* Cheap mortgages, in this world of 3.7% after two years, let more people buy. */
        assert_near(now.homes, then.homes, 100);
        assert_near(now.students, then.students, 60);
        assert_near(now.loans, then.loans, .7);
    }
    world_free(world);
}

static void without_applications_people_have_loans(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(4000);
    settings.loan_applications_per_customer = 0;
    struct world *world = test_world(&settings);
    struct carried now = carried_at(world, TEST_ORIGIN);
    assert_in_range(now.autos, 350, 750);
    assert_in_range(now.homes, 250, 600);
    world_free(world);
}

/* An old loan goes down from month to month, and goes when there is a newer one in its place. */
static void old_loans_are_paid_off_or_replaced(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    struct world *world = test_world(&settings);
    int paid = 0, replaced = 0;
    for (uint64_t customer = 0; customer < PEOPLE; customer++) {
        struct loan_held before = {0}, held[LOANS_CARRIED];
        bool had = false;
        for (int month = -5; month < 40; month++) {
            world_time at = {TEST_ORIGIN + month * 30 * TEST_DAY};
            if (!world_before(customer_born(world, customer), at))
                continue;
            unsigned count = loans_carried(world, customer, at, held), homes = 0;
            const struct loan_held *old = NULL;
            for (unsigned i = 0; i < count; i++) {
                homes += is_home(&held[i]);
                old = is_home(&held[i]) && held[i].old ? &held[i] : old;
            }
            assert_true(old == NULL || homes == 1);
            replaced += had && old == NULL && homes > 0;
            if (had && old && old->at == before.at) {
                double left = loan_held_balance(old, loan_held_months(old, at));
                double most =
                    loan_held_balance(old, loan_held_months(old, world_plus(at, -35 * TEST_DAY)));
                assert_int_equal(old->amount, before.amount);
                assert_true(left < most && left < old->amount);
                paid++;
            }
            had = old != NULL;
            if (had)
                before = *old;
        }
    }
    assert_true(paid > 1000 && replaced > 10);
    world_free(world);
}

/* Of a car loan, no more than is left of another, and for less. */
static void look_car_refinance(void *context, const struct loan_life *life,
                               const struct loan_held *loan, const struct loan_terms *terms)
{
    unsigned *seen = context;
    world_time at = {loan->applied};
    bool pays = false;
    (void)terms;
    if (loan->product != LOAN_AUTO_USED || loan->purpose != 1)
        return;
    for (unsigned i = 0; i < life->count; i++) {
        const struct loan_held *old = &life->loans[i];
        bool car = old->product == LOAN_AUTO_NEW || old->product == LOAN_AUTO_USED;
        if (old != loan && car && loan_is_open(old, at))
            pays = pays || (loan->rate < old->rate &&
                            loan->amount < 300 + loan_held_balance(old, loan_held_months(old, at)));
    }
    assert_true(pays);
    ++*seen;
}

static void refinanced_cars_cost_less(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    struct world *world = test_world(&settings);
    unsigned seen = 0;
    for (uint64_t customer = 0; customer < PEOPLE; customer++)
        loan_book_replay(world, customer, (world_time){TEST_ORIGIN + 5 * 365 * TEST_DAY},
                         look_car_refinance, &seen);
    assert_true(seen > 5);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(book_knows_what_is_funded),
        cmocka_unit_test(order_of_questions_does_not_matter),
        cmocka_unit_test(loans_show_in_the_records),
        cmocka_unit_test(payments_pay_the_loan),
        cmocka_unit_test(portfolio_has_a_past),
        cmocka_unit_test(without_applications_people_have_loans),
        cmocka_unit_test(old_loans_are_paid_off_or_replaced),
        cmocka_unit_test(refinanced_cars_cost_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
