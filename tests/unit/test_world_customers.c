#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world/customers.h"
#include "world_checks.h"

static void exact_count_at_the_origin(void **state)
{
    (void)state;
    const struct {
        int64_t customers, growth, entries;
    } cases[] = {{1, 20000, 10},    {1, 0, 0},          {2, 1000000, 240}, {1000, 0, 10},
                 {1000, 20000, 10}, {20000, 20000, 10}, {777, 1000000, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_settings settings = test_settings(cases[i].customers);
        settings.customer_growth = cases[i].growth;
        settings.credit_history_entries = cases[i].entries;
        struct world *world = test_world(&settings);
        struct tape tape = {0};
        tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN, 0);
        assert_int_equal(tape.rows, cases[i].customers);
        assert_int_equal(tape.disorder, 0);
        assert_int_equal(customers_at(world, settings.origin), cases[i].customers);
        assert_int_equal(world_baseline_size(world, STREAM_CUSTOMERS), cases[i].customers);
        struct tape live = {0};
        /* Those that double each month would be three million lives after a year. */
        int64_t days = cases[i].growth <= 20000 ? 365 : 92;
        tape_run(&live, world, STREAM_CUSTOMERS, TEST_ORIGIN, TEST_ORIGIN + days * TEST_DAY, 0);
        if (cases[i].growth == 0)
            assert_int_equal(live.rows, 0);
        world_free(world);
    }
}

static void grows_at_the_asked_rate(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(20000);
    struct world *world = test_world(&settings);
    world_time year_ago = {TEST_ORIGIN - 365 * TEST_DAY},
               in_a_year = {TEST_ORIGIN + 365 * TEST_DAY};
    assert_near((double)customers_at(world, year_ago), 20000 / 1.2681, 300);
    assert_near((double)customers_at(world, in_a_year), 20000 * 1.2681, 500);
    /* No step at the origin. */
    world_time before = {TEST_ORIGIN - 91 * TEST_DAY}, after = {TEST_ORIGIN + 91 * TEST_DAY};
    assert_near((double)(20000 - customers_at(world, before)), 1154, 60);
    assert_near((double)(customers_at(world, after) - 20000), 1223, 120);
    world_free(world);
}

/* The live rate reaches as far back as the credit history, where enough people remain before it. */
static void nobody_comes_within_the_span_without_growth(void **state)
{
    (void)state;
    const struct {
        int64_t growth, entries, before;
    } cases[] = {{0, 240, 1000}, {0, 36, 1000}, {1000, 240, 787}, {5000, 120, 550}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_settings settings = test_settings(1000);
        settings.customer_growth = cases[i].growth;
        settings.credit_history_entries = cases[i].entries;
        struct world *world = test_world(&settings);
        world_time back = {TEST_ORIGIN - cases[i].entries * 2630016};
        assert_near((double)customers_at(world, back), (double)cases[i].before, 4);
        assert_int_equal(customers_at(world, settings.origin), 1000);
        world_free(world);
    }
}

/* Every text of one column, to find what occurs twice. */
struct column {
    unsigned cell;
    size_t count;
    char (*texts)[64];
};

struct columns {
    struct column key, email, ssn;
    size_t phones, bad, bytes_over;
    int64_t youngest, oldest;
    uint64_t by_employment[3];
};

static void keep(struct column *column, const struct change *change)
{
    char text[CELL_PRINT_MAX + 1];
    cell_print(&change->cells[column->cell], text);
    snprintf(column->texts[column->count++], 64, "%.63s", text);
}

static void look(const struct change *change, void *context)
{
    static const unsigned widths[14] = {50, 50, 50, 100, 20, 0, 11, 255, 50, 2, 10, 50, 0, 0};
    struct columns *columns = context;
    char text[CELL_PRINT_MAX + 1];
    if (change->kind == CHANGE_UPDATE)
        return;
    assert_int_equal(change->count, 14);
    keep(&columns->key, change);
    keep(&columns->email, change);
    keep(&columns->ssn, change);
    for (unsigned i = 0; i < 14; i++) {
        unsigned length = cell_print(&change->cells[i], text);
        assert_true(length > 0);
        if (widths[i])
            assert_true(length <= widths[i]);
        for (unsigned j = 0; j < length; j++)
            assert_true(text[j] >= ' ' && text[j] <= '~');
    }
    assert_true(stream_owns_key(STREAM_CUSTOMERS, columns->key.texts[columns->key.count - 1], 26));
    cell_print(&change->cells[4], text);
    assert_true(strlen(text) == 12 && strncmp(text + 3, "-555-01", 7) == 0);
    cell_print(&change->cells[6], text);
    assert_true(strncmp(text, "666-", 4) == 0 && strncmp(text + 4, "00", 2) != 0 &&
                strcmp(text + 7, "0000") != 0);
    cell_print(&change->cells[3], text);
    assert_non_null(strstr(text, "@example."));
    int64_t born_day = zone_day(test_zone(), change->at), birthday = change->cells[5].number;
    int64_t age_then = (int64_t)((double)(born_day - birthday) / 365.2425);
    int64_t origin_day = zone_day(test_zone(), TEST_ORIGIN);
    int64_t age_now =
        (int64_t)((double)((born_day > origin_day ? born_day : origin_day) - birthday) / 365.2425);
    columns->youngest = age_then < columns->youngest ? age_then : columns->youngest;
    columns->oldest = age_now > columns->oldest ? age_now : columns->oldest;
    assert_true(change->cells[12].number > 0 && change->cells[12].number % 100 == 0);
    assert_int_equal(change->cells[13].number, change->at);
    cell_print(&change->cells[11], text);
    columns->by_employment[0] += strcmp(text, "Full-time") == 0;
    columns->by_employment[1] += strcmp(text, "Retired") == 0;
    columns->by_employment[2] += strcmp(text, "Unemployed") == 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp((const char *)a, (const char *)b);
}

static void assert_unique(struct column *column)
{
    qsort(column->texts, column->count, 64, compare);
    for (size_t i = 1; i < column->count; i++)
        assert_string_not_equal(column->texts[i - 1], column->texts[i]);
    free(column->texts);
}

static void people_are_plausible_and_unique(void **state)
{
    (void)state;
    enum { PEOPLE = 30000 };
    struct world_settings settings = test_settings(20000);
    struct world *world = test_world(&settings);
    struct columns columns = {
        .key = {0, 0, NULL}, .email = {3, 0, NULL}, .ssn = {6, 0, NULL}, .youngest = 200};
    columns.key.texts = calloc(PEOPLE, 64);
    columns.email.texts = calloc(PEOPLE, 64);
    columns.ssn.texts = calloc(PEOPLE, 64);
    struct tape tape = {.look = look, .context = &columns};
    tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + 180 * TEST_DAY, 0);
    assert_true(tape.rows > 22000 && tape.rows < PEOPLE);
    assert_int_equal(columns.youngest, 18);
    /* 90 on joining, ten years before at most. */
    assert_true(columns.oldest >= 90 && columns.oldest <= 101);
    double all = (double)tape.rows;
    assert_near((double)columns.by_employment[0] / all, .495, .04);
    /* Founders were customers for years when they are first followed. */
    assert_near((double)columns.by_employment[1] / all, .24, .04);
    assert_near((double)columns.by_employment[2] / all, .025, .01);
    assert_unique(&columns.key);
    assert_unique(&columns.email);
    assert_unique(&columns.ssn);
    world_free(world);
}

static void index_is_order_of_birth(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(500);
    struct world *world = test_world(&settings);
    world_time end = {TEST_ORIGIN + 90 * TEST_DAY};
    uint64_t count = customers_at(world, end);
    for (uint64_t i = 0; i < count; i++) {
        world_time born = customer_born(world, i);
        assert_true(customers_at(world, born) > i);
        assert_true(customers_at(world, world_plus(born, -1)) <= i);
        char key[CUSTOMER_KEY_LENGTH + 1];
        customer_key(world, i, key);
        assert_int_equal(strlen(key), CUSTOMER_KEY_LENGTH);
    }
    world_free(world);
}

static void speed(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(200000);
    struct world *world = test_world(&settings);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    struct tape tape = {0};
    tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN, 0);
    clock_gettime(CLOCK_MONOTONIC, &b);
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) * 1e-9;
    print_message("%.0f customers/s, printed and hashed\n", (double)tape.rows / seconds);
    assert_int_equal(tape.rows, 200000);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_count_at_the_origin),
        cmocka_unit_test(grows_at_the_asked_rate),
        cmocka_unit_test(nobody_comes_within_the_span_without_growth),
        cmocka_unit_test(people_are_plausible_and_unique),
        cmocka_unit_test(index_is_order_of_birth),
        cmocka_unit_test(speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
