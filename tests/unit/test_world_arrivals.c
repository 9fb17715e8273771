#include <stdlib.h>
#include <string.h>

#include "world/arrivals.h"
#include "world/customers.h"
#include "world_checks.h"

static double by_week(struct world *world, void *context, uint64_t customer, world_time at)
{
    (void)world;
    (void)context;
    return (at.s / TEST_DAY % 3 == 0 ? .5 : 1.0) * (customer % 3 == 0 ? .3 : 1.0);
}

struct list {
    struct arrival *items;
    size_t count, room;
};

static int add(void *context, const struct arrival *arrival)
{
    struct list *list = context;
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 1024;
        list->items = realloc(list->items, list->room * sizeof *list->items);
    }
    list->items[list->count++] = *arrival;
    return 0;
}

static struct arrivals *make(struct world *world, uint64_t expected)
{
    return arrivals_new(world, &(struct arrivals_rule){.stream = STREAM_FINANCIAL_RECORDS,
                                                       .window_months = 6,
                                                       .expected = expected,
                                                       .weight = by_week});
}

static void baseline_is_exact(void **state)
{
    (void)state;
    const struct {
        int64_t customers, growth;
        uint64_t expected;
    } cases[] = {{1, 20000, 2},       {1, 0, 1000},           {3, 1000000, 1},
                 {1000, 20000, 2000}, {1000, 1000000, 30000}, {70000, 20000, 140000},
                 {10, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_settings settings = test_settings(cases[i].customers);
        settings.customer_growth = cases[i].growth;
        struct world *world = test_world(&settings);
        struct arrivals *arrivals = make(world, cases[i].expected);
        struct list list = {0};
        arrivals_between(arrivals, WORLD_TIME_FIRST, settings.origin, add, &list);
        assert_int_equal(list.count, cases[i].expected);
        for (size_t j = 0; j < list.count; j++) {
            const struct arrival *a = &list.items[j];
            assert_true(world_before(customer_born(world, a->customer), a->at));
            /* 2026-02-14T10:35:12 in New York. */
            assert_true(a->at.s > INT64_C(1771083312) && a->at.s <= TEST_ORIGIN);
            if (j > 0) {
                const struct arrival *b = &list.items[j - 1];
                assert_true(
                    b->at.s < a->at.s || (b->at.s == a->at.s && b->customer < a->customer) ||
                    (b->at.s == a->at.s && b->customer == a->customer && b->lane < a->lane));
            }
        }
        free(list.items);
        arrivals_free(arrivals);
        world_free(world);
    }
}

static int compare(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;
    if (x->at.s != y->at.s)
        return x->at.s < y->at.s ? -1 : 1;
    if (x->customer != y->customer)
        return x->customer < y->customer ? -1 : 1;
    return (x->lane > y->lane) - (x->lane < y->lane);
}

static void assert_same(const struct list *a, const struct list *b)
{
    assert_int_equal(a->count, b->count);
    if (!a->items || !b->items)
        return;
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->items[i].at.s, b->items[i].at.s);
        assert_int_equal(a->items[i].customer, b->items[i].customer);
        assert_int_equal(a->items[i].lane, b->items[i].lane);
        assert_int_equal(a->items[i].round, b->items[i].round);
    }
}

static void both_directions_agree(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(400);
    struct world *world = test_world(&settings);
    const struct world_act acts[] = {
        {WORLD_ACT_TEMPO,
         STREAM_FINANCIAL_RECORDS,
         {TEST_ORIGIN + 3 * TEST_DAY + 17},
         {0},
         40000000},
        {WORLD_ACT_TEMPO, STREAM_FINANCIAL_RECORDS, {TEST_ORIGIN + 4 * TEST_DAY}, {0}, 100000},
        {WORLD_ACT_TEMPO, STREAM_CUSTOMERS, {TEST_ORIGIN + TEST_DAY + 5}, {0}, 30000000},
    };
    world_set_acts(world, acts, 3);
    struct arrivals *arrivals = make(world, 900);
    world_time from = {TEST_ORIGIN - 100 * TEST_DAY - 7}, to = {TEST_ORIGIN + 50 * TEST_DAY + 11};
    struct list between = {0}, of = {0};
    arrivals_between(arrivals, from, to, add, &between);
    assert_true(between.count > 600);
    uint64_t customers = customers_at(world, to);
    assert_true(customers > 500);
    for (uint64_t i = 0; i < customers; i++)
        arrivals_of(arrivals, i, from, to, add, &of);
    if (of.items)
        qsort(of.items, of.count, sizeof *of.items, compare);
    assert_same(&between, &of);
    free(between.items);
    free(of.items);
    arrivals_free(arrivals);
    world_free(world);
}

static void slices_agree(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(3000);
    struct world *world = test_world(&settings);
    struct arrivals *one = make(world, 6000), *other = make(world, 6000);
    world_time end = {TEST_ORIGIN + 20 * TEST_DAY};
    struct list whole = {0}, sliced = {0};
    arrivals_between(one, WORLD_TIME_FIRST, end, add, &whole);
    for (int64_t at = TEST_ORIGIN - 200 * TEST_DAY; at < end.s; at += 3607)
        arrivals_between(other, (world_time){at}, world_earlier((world_time){at + 3607}, end), add,
                         &sliced);
    assert_same(&whole, &sliced);
    free(whole.items);
    free(sliced.items);
    arrivals_free(one);
    arrivals_free(other);
    world_free(world);
}

/* Events a day over the weights of those days, before and after the origin, over some worlds. */
static void no_step_at_the_origin(void **state)
{
    (void)state;
    double before = 0, after = 0;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct world_settings settings = test_settings(2000);
        settings.seed = seed;
        settings.customer_growth = 0;
        struct world *world = test_world(&settings);
        struct arrivals *arrivals = make(world, 12000);
        struct list a = {0}, b = {0};
        world_time origin = settings.origin;
        arrivals_between(arrivals, world_plus(origin, -28 * TEST_DAY), origin, add, &a);
        arrivals_between(arrivals, origin, world_plus(origin, 28 * TEST_DAY), add, &b);
        before += (double)a.count;
        after += (double)b.count;
        free(a.items);
        free(b.items);
        arrivals_free(arrivals);
        world_free(world);
    }
    /* About 22,000 each: one standard deviation is 1%. */
    assert_true(before > 18000);
    assert_near(after / before, 1.0, .04);
}

static void tempo_multiplies(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(2000);
    settings.customer_growth = 0;
    struct world *world = test_world(&settings);
    const int64_t tempos[] = {0, 500000, 10000000, 300000000};
    struct arrivals *arrivals = make(world, 4000);
    struct list usual = {0};
    world_time origin = settings.origin, end = world_plus(origin, 28 * TEST_DAY);
    arrivals_between(arrivals, origin, end, add, &usual);
    for (size_t i = 0; i < sizeof tempos / sizeof *tempos; i++) {
        struct world_act act = {WORLD_ACT_TEMPO, STREAM_FINANCIAL_RECORDS, {0}, {0}, tempos[i]};
        world_set_acts(world, &act, 1);
        arrivals_forget(arrivals, origin);
        struct list list = {0};
        arrivals_between(arrivals, origin, end, add, &list);
        double times = (double)tempos[i] / 1e6;
        assert_near((double)list.count, times * (double)usual.count,
                    .12 * times * (double)usual.count);
        free(list.items);
    }
    free(usual.items);
    arrivals_free(arrivals);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baseline_is_exact), cmocka_unit_test(both_directions_agree),
        cmocka_unit_test(slices_agree),      cmocka_unit_test(no_step_at_the_origin),
        cmocka_unit_test(tempo_multiplies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
