#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock/holidays.h"
#include "world/customers.h"
#include "world/loan_choice.h"
#include "world/loan_model.h"
#include "world/real.h"
#include "world_checks.h"

/* Each decides for themselves: about as many as the settings say, closer than chance would. */
static void baselines_are_near(void **state)
{
    (void)state;
    const struct {
        int64_t customers, growth, each;
    } cases[] = {{1, 20000, 2},     {1, 0, 1000},   {1000, 20000, 2}, {1000, 0, 2},
                 {20000, 20000, 2}, {50, 20000, 0}, {100, 1000000, 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_settings settings = test_settings(cases[i].customers);
        settings.customer_growth = cases[i].growth;
        settings.loan_applications_per_customer = cases[i].each;
        struct world *world = test_world(&settings);
        struct tape tape = {0};
        tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, TEST_ORIGIN, 0);
        double expected = (double)(cases[i].customers * cases[i].each);
        print_message("%.0f expected, %llu found\n", expected, (unsigned long long)tape.rows);
        assert_near((double)tape.rows, expected, 4 * sqrt(expected));
        assert_int_equal(tape.disorder, 0);
        world_free(world);
    }
}

enum { LOANS = 20000 };

struct seen {
    char key[32], status[16];
    int64_t created, changed;
    bool card;
};

struct audit {
    struct seen *seen;
    size_t count;
    uint64_t by_status[7], types[8];
    int64_t longest;
    uint64_t at_once;
    bool gap_allowed; /* several moves may share an instant */
};

static const char *const type_names[] = {"Personal", "Auto",        "Mortgage", "Credit Card",
                                         "Student",  "Home Equity", "Business"};

static unsigned status_of(const char *text)
{
    unsigned i = 0;
    while (i < 7 && strcmp(loan_status_names[i].text, text) != 0)
        i++;
    assert_true(i < 7);
    return i;
}

static void look_insert(struct audit *audit, const struct change *change)
{
    char text[CELL_PRINT_MAX + 1];
    struct seen *seen = &audit->seen[audit->count++];
    assert_true(audit->count <= LOANS);
    assert_int_equal(change->count, 9);
    cell_print(&change->cells[0], text);
    assert_true(stream_owns_key(STREAM_LOAN_APPLICATIONS, text, strlen(text)));
    memcpy(seen->key, text, sizeof seen->key);
    cell_print(&change->cells[1], text);
    assert_true(stream_owns_key(STREAM_CUSTOMERS, text, strlen(text)));
    /* The customer's number and birth are in both keys. */
    assert_memory_equal(text + 18, seen->key + 18, 8);
    assert_true(strncmp(text + 3, seen->key + 3, 14) < 0);
    cell_print(&change->cells[2], text);
    unsigned type = 0;
    while (type < 7 && strcmp(type_names[type], text) != 0)
        type++;
    assert_true(type < 7);
    audit->types[type]++;
    int64_t amount = change->cells[3].number;
    assert_true(amount >= 30000 && amount <= INT64_C(500000000) && amount % 100 == 0);
    bool card = strcmp(type_names[type], "Credit Card") == 0;
    seen->card = card;
    assert_int_equal(change->cells[4].kind, card ? CELL_NULL : CELL_INTEGER);
    assert_true(card || (change->cells[4].number >= 12 && change->cells[4].number <= 360));
    cell_print(&change->cells[6], seen->status);
    assert_string_equal(seen->status, "Pending");
    assert_int_equal(change->cells[7].number, zone_day(test_zone(), change->at));
    assert_int_equal(change->cells[8].number, change->at);
    seen->created = seen->changed = change->at;
    audit->by_status[LOAN_PENDING]++;
}

static void look_move(struct audit *audit, const struct change *change)
{
    static const unsigned legal[7] = {
        [LOAN_PENDING] = 1 << LOAN_UNDER_REVIEW,
        [LOAN_UNDER_REVIEW] =
            1 << LOAN_CONDITIONAL | 1 << LOAN_APPROVED | 1 << LOAN_DENIED | 1 << LOAN_WITHDRAWN,
        [LOAN_CONDITIONAL] = 1 << LOAN_APPROVED | 1 << LOAN_DENIED | 1 << LOAN_WITHDRAWN,
        [LOAN_APPROVED] = 1 << LOAN_FUNDED | 1 << LOAN_WITHDRAWN,
    };
    char key[CELL_PRINT_MAX + 1], from[CELL_PRINT_MAX + 1], to[CELL_PRINT_MAX + 1];
    cell_print(&change->cells[0], key);
    cell_print(&change->cells[1], from);
    cell_print(&change->cells[2], to);
    size_t i = audit->count;
    while (i > 0 && strcmp(audit->seen[i - 1].key, key) != 0)
        i--;
    assert_true(i > 0);
    struct seen *seen = &audit->seen[i - 1];
    assert_string_equal(seen->status, from);
    assert_true(legal[status_of(from)] >> status_of(to) & 1);
    assert_true(audit->gap_allowed ? change->at >= seen->changed : change->at > seen->changed);
    assert_true(change->at > seen->created);
    audit->by_status[status_of(from)]--;
    audit->by_status[status_of(to)]++;
    memcpy(seen->status, to, sizeof seen->status);
    seen->changed = change->at;
    if (change->at - seen->created > audit->longest)
        audit->longest = change->at - seen->created;
    assert_false(seen->card && status_of(to) == LOAN_FUNDED);
    audit->at_once += change->at - seen->created < 3600;
    /* Machines decide at any hour. */
    if (audit->gap_allowed || change->at - seen->created < 3600)
        return;
    struct civil local = zone_civil(test_zone(), change->at);
    assert_true(business_day(BUSINESS_BANK, civil_days(local.date)));
    assert_true(local.hour >= 9 && local.hour < 17);
}

static void look(const struct change *change, void *context)
{
    if (change->kind == CHANGE_INSERT)
        look_insert(context, change);
    else
        look_move(context, change);
}

static void lives_are_legal(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1500);
    settings.loan_applications_per_customer = 8;
    struct world *world = test_world(&settings);
    struct audit audit = {.seen = calloc(LOANS, sizeof(struct seen))};
    struct tape tape = {.look = look, .context = &audit};
    tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, TEST_ORIGIN + 90 * TEST_DAY, 0);
    assert_true(audit.longest < LOAN_LONGEST_DAYS * TEST_DAY);
    double all = (double)audit.count;
    assert_true(audit.count > 8000);
    /* Cards are about half, and more is decided than open. */
    assert_near((double)audit.types[3] / all, .48, .06);
    assert_near((double)audit.types[1] / all, .16, .05);
    assert_near((double)audit.types[2] / all, .09, .04);
    for (unsigned i = 0; i < 7; i++)
        assert_true(audit.types[i] > 0);
    double decided = (double)(audit.by_status[LOAN_FUNDED] + audit.by_status[LOAN_DENIED] +
                              audit.by_status[LOAN_WITHDRAWN] + audit.by_status[LOAN_APPROVED]);
    assert_true(decided > .93 * all);
    /* A card is approved for good, anything else is funded then. */
    assert_near((double)audit.by_status[LOAN_APPROVED] / decided, .28, .10);
    assert_near((double)audit.by_status[LOAN_FUNDED] / decided, .33, .10);
    assert_near((double)audit.by_status[LOAN_WITHDRAWN] / decided, .03, .02);
    assert_true((double)audit.at_once > .5 * all);
    print_message("open %llu/%llu/%llu, approved %llu, denied %llu, withdrawn %llu, funded %llu; "
                  "longest %lld days\n",
                  (unsigned long long)audit.by_status[0], (unsigned long long)audit.by_status[1],
                  (unsigned long long)audit.by_status[2], (unsigned long long)audit.by_status[3],
                  (unsigned long long)audit.by_status[4], (unsigned long long)audit.by_status[5],
                  (unsigned long long)audit.by_status[6], (long long)(audit.longest / TEST_DAY));
    free(audit.seen);
    world_free(world);
}

enum { RATIOS = 400 };

/* Amounts over the applicants' incomes, by type: how many in each twentieth of a factor of e. */
struct ratios {
    struct world *world;
    unsigned all[8], within[8][RATIOS];
};

static void look_ratio(const struct change *change, void *context)
{
    struct ratios *ratios = context;
    char text[CELL_PRINT_MAX + 1];
    if (change->kind != CHANGE_INSERT)
        return;
    cell_print(&change->cells[1], text);
    struct person person = customer_person(ratios->world, strtoull(text + 18, NULL, 10));
    cell_print(&change->cells[2], text);
    unsigned type = 0;
    while (strcmp(type_names[type], text) != 0)
        type++;
    double ratio = (double)change->cells[3].number / (double)person.annual_income;
    int bin = RATIOS / 2 + (int)real_floor(20.0 * real_log(ratio));
    assert_in_range(bin, 0, RATIOS - 1);
    ratios->within[type][bin]++;
    ratios->all[type]++;
}

/* What an income allows is no line in a plot of amounts against incomes. */
static void amounts_meet_no_wall(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(4000);
    settings.loan_applications_per_customer = 10;
    struct world *world = test_world(&settings);
    struct ratios ratios = {.world = world};
    struct tape tape = {.look = look_ratio, .context = &ratios};
    tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, TEST_ORIGIN, 0);
    for (unsigned type = 0; type < 7; type++) {
        unsigned most = 0;
        for (unsigned bin = 0; bin < RATIOS; bin++)
            most = ratios.within[type][bin] > most ? ratios.within[type][bin] : most;
        assert_true(ratios.all[type] > 500);
        double share = (double)most / ratios.all[type];
        print_message("%s: at most %.1f%% within 5%%\n", type_names[type], 100 * share);
        assert_true(share < .075);
    }
    world_free(world);
}

static double purpose_share(enum loan_product product, const struct loan_asker *asker,
                            const char *text)
{
    const struct loan_facts *facts = &loan_facts[product];
    unsigned found = 0;
    for (unsigned i = 0; i < 1000; i++)
        found +=
            strcmp(facts->purposes[loan_purpose(facts, asker, (i + .5) / 1000)].text, text) == 0;
    return found / 1000.0;
}

static void purposes_fit_the_applicant(void **state)
{
    (void)state;
    for (int years = 18; years < 100; years++) {
        struct loan_asker asker = {.years = years, .score = 700, .used = 50, .indebted = true};
        double undergraduate = purpose_share(LOAN_STUDENT, &asker, "Undergraduate tuition");
        double parent = purpose_share(LOAN_STUDENT, &asker, "Parent loan");
        double refinance = purpose_share(LOAN_STUDENT, &asker, "Student loan refinance");
        double graduate = purpose_share(LOAN_STUDENT, &asker, "Graduate tuition");
        assert_true(years < 30 ? undergraduate >= .54 && parent == 0 : true);
        assert_true(years > 45 ? undergraduate == 0 && parent > .5 : true);
        assert_true(years < 22 ? refinance == 0 : true);
        assert_true(years < 20 || years > 45 ? graduate == 0 : true);
        asker.graduate = true;
        assert_near(purpose_share(LOAN_STUDENT, &asker, "Undergraduate tuition"), 0, 0);
        asker.indebted = false;
        assert_near(purpose_share(LOAN_STUDENT, &asker, "Student loan refinance"), 0, 0);
        assert_near(purpose_share(LOAN_AUTO_USED, &asker, "Auto refinance"), 0, 0);
    }
    struct loan_asker poor = {.years = 40, .score = 600, .used = 50};
    struct loan_asker good = {.years = 40, .score = 750, .used = 50};
    struct loan_asker free = {.years = 40, .score = 750, .used = 0};
    assert_near(purpose_share(LOAN_CARD, &poor, "Building credit"), .11, .002);
    assert_near(purpose_share(LOAN_CARD, &good, "Building credit"), 0, 0);
    assert_near(purpose_share(LOAN_CARD, &good, "Balance transfer"), .19, .002);
    assert_near(purpose_share(LOAN_CARD, &free, "Balance transfer"), 0, 0);
    assert_true(purpose_share(LOAN_PERSONAL, &good, "Debt consolidation") > .5);
    assert_near(purpose_share(LOAN_PERSONAL, &free, "Debt consolidation"), 0, 0);
}

static void gaps_leave_nobody_pending(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1000);
    struct world *world = test_world(&settings);
    const int64_t begin = TEST_ORIGIN + TEST_DAY, end = TEST_ORIGIN + 100 * TEST_DAY;
    const struct world_act acts[] = {
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {begin}, {begin + 20 * TEST_DAY}, 0},
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {begin + 30 * TEST_DAY}, {0}, 0},
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {end - LOAN_STEPS_MAX}, {0}, 1},
    };
    world_set_acts(world, acts, 3);
    struct audit audit = {.seen = calloc(LOANS, sizeof(struct seen)), .gap_allowed = true};
    struct tape tape = {.look = look, .context = &audit};
    tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, end, 0);
    assert_int_equal(audit.by_status[LOAN_PENDING] + audit.by_status[LOAN_UNDER_REVIEW] +
                         audit.by_status[LOAN_CONDITIONAL],
                     0);
    for (size_t i = 0; i < audit.count; i++) {
        int64_t created = audit.seen[i].created;
        assert_false(created > begin && created <= begin + 20 * TEST_DAY);
        assert_false(created > begin + 30 * TEST_DAY && created < end);
    }
    free(audit.seen);
    world_free(world);
}

static void keys_are_unique(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(50);
    settings.loan_applications_per_customer = 300;
    struct world *world = test_world(&settings);
    struct audit audit = {.seen = calloc(LOANS, sizeof(struct seen))};
    struct tape tape = {.look = look, .context = &audit};
    tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, TEST_ORIGIN, 0);
    /* The tape asserts ascending order; equal neighbours would be insertions of one key. */
    for (size_t i = 1; i < audit.count; i++)
        assert_true(strcmp(audit.seen[i - 1].key, audit.seen[i].key) < 0);
    assert_near((double)audit.count, 15000, 4 * sqrt(15000));
    free(audit.seen);
    world_free(world);
}

static void speed(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(20000);
    struct world *world = test_world(&settings);
    struct timespec a, b, c;
    struct tape tape = {0}, live = {0};
    clock_gettime(CLOCK_MONOTONIC, &a);
    tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, TEST_ORIGIN, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    tape_run(&live, world, STREAM_LOAN_APPLICATIONS, TEST_ORIGIN, TEST_ORIGIN + 30 * TEST_DAY,
             1000);
    clock_gettime(CLOCK_MONOTONIC, &c);
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) * 1e-9;
    double later = (double)(c.tv_sec - b.tv_sec) + (double)(c.tv_nsec - b.tv_nsec) * 1e-9;
    print_message("%.0f changes/s in the baseline, %.0f live\n",
                  (double)(tape.rows + tape.moves) / seconds,
                  (double)(live.rows + live.moves) / later);
    assert_near((double)tape.rows, 40000, 4 * sqrt(40000));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baselines_are_near),
        cmocka_unit_test(lives_are_legal),
        cmocka_unit_test(amounts_meet_no_wall),
        cmocka_unit_test(purposes_fit_the_applicant),
        cmocka_unit_test(gaps_leave_nobody_pending),
        cmocka_unit_test(keys_are_unique),
        cmocka_unit_test(speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
