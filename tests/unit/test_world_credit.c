#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/credit.h"
#include "world/customers.h"
#include "world_checks.h"

#define YEAR (365 * TEST_DAY)

static void any_slicing_same_rows(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(700);
    assert_true(assert_any_slicing(&settings, STREAM_CREDIT_HISTORY, 113) > 700 * 21);
}

static void baseline_is_exact(void **state)
{
    (void)state;
    const struct {
        int64_t customers, entries, growth;
    } cases[] = {
        {1, 0, 20000},    {1, 1, 20000},       {1, 10, 20000},    {1, 24, 20000}, {1000, 0, 20000},
        {1000, 1, 20000}, {1000, 10, 20000},   {1000, 24, 20000}, {1000, 240, 0}, {37, 240, 20000},
        {1000, 10, 0},    {1000, 10, 1000000}, {5000, 10, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int64_t shift = 0; shift < 3; shift++) {
            struct world_settings settings = test_settings(cases[i].customers);
            settings.credit_history_entries = cases[i].entries;
            settings.customer_growth = cases[i].growth;
            settings.origin.s += shift * (6 * TEST_DAY + 7 * 3600);
            struct world *world = test_world(&settings);
            struct tape tape = tape_of(world, STREAM_CREDIT_HISTORY, 0, settings.origin.s, 0);
            assert_int_equal(tape.rows, cases[i].customers * cases[i].entries);
            assert_true(tape.last <= settings.origin.s);
            world_free(world);
        }
    }
}

#define PEOPLE 1200

struct watch {
    struct world *world;
    enum payment_state state[PEOPLE * 4];
    int month[PEOPLE * 4];
    int day[PEOPLE * 4];
    bool ended[PEOPLE * 4];
    unsigned days[32];
    unsigned rows, late, checked;
};

static enum payment_state state_of(const struct cell *cell)
{
    static const char *const texts[PAY_COUNT] = {"Current", "30 Days Late", "60 Days Late",
                                                 "90 Days Late", "Charged Off"};
    for (int i = 0; i < PAY_COUNT; i++)
        if (strlen(texts[i]) == cell->length && memcmp(texts[i], cell->text, cell->length) == 0)
            return (enum payment_state)i;
    fail_msg("unknown payment_history");
    return PAY_CURRENT;
}

static void watch_entry(const struct change *change, void *context)
{
    struct watch *watch = (struct watch *)context;
    uint64_t customer = strtoull(change->cells[0].text + 18, NULL, 10);
    int64_t day = zone_day(test_zone(), change->at);
    struct civil_date date = civil_from_days(day);
    int month = date.year * 12 + date.month;
    enum payment_state state = state_of(&change->cells[3]);
    char key[CUSTOMER_KEY_LENGTH + 1];

    assert_int_equal(change->count, 7);
    assert_true(
        stream_owns_key(STREAM_CREDIT_HISTORY, change->cells[0].text, change->cells[0].length));
    customer_key(watch->world, customer, key);
    assert_memory_equal(change->cells[1].text, key, CUSTOMER_KEY_LENGTH);
    assert_true(customer_born(watch->world, customer).s < change->at);
    assert_int_equal(change->cells[5].number, day);
    assert_in_range(change->cells[2].number, 300, 850);
    assert_in_range(change->cells[4].number, 0, 10000);
    struct civil local = zone_civil(test_zone(), change->at);
    assert_in_range(local.hour, 6, 19);
    unsigned last = (unsigned)civil_month_length(date.year, date.month);
    assert_true(customer < PEOPLE * 4);
    if (watch->month[customer]) {
        enum payment_state before = watch->state[customer];
        assert_int_equal(month, watch->month[customer] + 1);
        /* A day that the month has not is its last one; in the next long month it is back. */
        unsigned own = (unsigned)watch->day[customer];
        assert_true((unsigned)date.day == (own < last ? own : last) ||
                    (watch->ended[customer] && (unsigned)date.day > own));
        if (state > before && state != PAY_CHARGED_OFF)
            assert_int_equal(state, before + 1);
        if (state == PAY_CHARGED_OFF && before != state)
            assert_int_equal(before, PAY_90);
    }
    watch->month[customer] = month;
    /* Who was seen at the end of months only may have any later day. */
    if (watch->day[customer] < date.day) {
        watch->day[customer] = date.day;
        watch->ended[customer] = (unsigned)date.day == last;
    }
    watch->days[date.day]++;
    watch->state[customer] = state;
    watch->rows++;
    watch->late += state != PAY_CURRENT;
}

static void everybody_once_a_month_step_by_step(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    struct world *world = test_world(&settings);
    struct watch *watch = MEM_NEW(struct watch);
    watch->world = world;
    struct tape tape = {.hash = 1, .look = watch_entry, .context = watch};

    tape_run(&tape, world, STREAM_CREDIT_HISTORY, 0, TEST_ORIGIN + 4 * YEAR, 0);
    assert_true(watch->rows > PEOPLE * 48);
    assert_true(watch->late > watch->rows / 40);
    /* On the 31st of long months come those whose day it is and those who have the last of each;
     * more on the last of a shorter one. */
    assert_true(watch->days[31] > 2 * watch->days[15] * 7 / 12);
    assert_true(watch->days[30] > watch->days[15]);
    assert_true(watch->days[29] > watch->days[15] * 8 / 10);
    /* Everybody who was there two months ago has had an entry. */
    uint64_t people = customers_at(world, (world_time){TEST_ORIGIN + 4 * YEAR - 62 * TEST_DAY});
    for (uint64_t i = 0; i < people; i++)
        assert_true(watch->month[i] > 0);
    free(watch);
    world_free(world);
}

struct gaps {
    int64_t last, longest;
};

static void watch_gap(const struct change *change, void *context)
{
    struct gaps *gaps = (struct gaps *)context;
    int64_t gap = gaps->last > 0 ? change->at - gaps->last : 0;
    gaps->longest = gap > gaps->longest ? gap : gaps->longest;
    gaps->last = change->at;
}

/* At the default settings no 24 hours of a year are without an entry: not those of a month's end
 * either. */
static void every_day_has_entries(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1000);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        settings.seed = seed;
        struct world *world = test_world(&settings);
        struct gaps gaps = {0};
        struct tape tape = {.hash = 1, .look = watch_gap, .context = &gaps};
        tape_run(&tape, world, STREAM_CREDIT_HISTORY, TEST_ORIGIN - 180 * TEST_DAY,
                 TEST_ORIGIN + YEAR, 0);
        assert_in_range(gaps.longest, 1, TEST_DAY - 1);
        world_free(world);
    }
}

static void compare_view(const struct change *change, void *context)
{
    struct watch *watch = (struct watch *)context;
    uint64_t customer = strtoull(change->cells[0].text + 18, NULL, 10);
    const int64_t before[] = {0, 3600, 9 * TEST_DAY};

    if (++watch->rows % 5 != 0)
        return;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        struct credit_view view =
            credit_view(watch->world, customer, (world_time){change->at + before[i]});
        assert_int_equal(view.score, change->cells[2].number);
        assert_int_equal(view.utilization, change->cells[4].number);
        assert_int_equal(view.state, state_of(&change->cells[3]));
        watch->checked++;
    }
    struct credit_view earlier = credit_view(watch->world, customer, (world_time){change->at - 1});
    watch->late += earlier.utilization != change->cells[4].number;
}

/* The view agrees with the entry from its second on, and not before; another object answers it. */
static void view_is_the_last_entry(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(300);
    struct world *world = test_world(&settings), *other = test_world(&settings);
    struct watch *watch = MEM_NEW(struct watch);
    watch->world = other;
    struct tape tape = {.hash = 1, .look = compare_view, .context = watch};

    tape_run(&tape, world, STREAM_CREDIT_HISTORY, 0, TEST_ORIGIN + YEAR, 0);
    assert_true(watch->checked > 3000);
    assert_true(watch->late > watch->checked / 3 * 8 / 10);
    free(watch);
    world_free(world);
    world_free(other);
}

static void tempo_multiplies_entries(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(800);
    struct world *world = test_world(&settings);
    int64_t from = TEST_ORIGIN + TEST_DAY, to = from + 56 * TEST_DAY;
    double plain = (double)tape_of(world, STREAM_CREDIT_HISTORY, from, to, 0).rows;
    const struct {
        int64_t tempo;
        double factor, error;
    } cases[] = {{0, 0, 0},
                 {500000, 0.5, 0.05},
                 {2000000, 2, 0.06},
                 {3250000, 3.25, 0.1},
                 {150000000, 150, 2}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_act act = {.kind = WORLD_ACT_TEMPO,
                                .stream = STREAM_CREDIT_HISTORY,
                                .at = {from},
                                .value = cases[i].tempo};
        world_set_acts(world, &act, 1);
        assert_near((double)tape_of(world, STREAM_CREDIT_HISTORY, from, to, 0).rows / plain,
                    cases[i].factor, cases[i].error);
    }
    world_free(world);
}

static void acts_leave_the_past(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(800);
    struct world *world = test_world(&settings), *sliced = test_world(&settings);
    int64_t act_at = TEST_ORIGIN + 10 * TEST_DAY + 4242, to = act_at + 70 * TEST_DAY;
    struct world_act acts[] = {
        {.kind = WORLD_ACT_TEMPO,
         .stream = STREAM_CREDIT_HISTORY,
         .at = {act_at},
         .value = 2500000},
        {.kind = WORLD_ACT_GAP,
         .stream = STREAM_CUSTOMERS,
         .at = {act_at + 20 * TEST_DAY},
         .until = {act_at + 40 * TEST_DAY}},
        {.kind = WORLD_ACT_TEMPO,
         .stream = STREAM_CREDIT_HISTORY,
         .at = {act_at + 30 * TEST_DAY},
         .value = 400000},
    };
    uint64_t before = tape_of(world, STREAM_CREDIT_HISTORY, 0, act_at, 0).hash;
    uint64_t unchanged = tape_of(world, STREAM_CREDIT_HISTORY, 0, to, 0).hash;

    world_set_acts(world, acts, 3);
    assert_true(tape_of(world, STREAM_CREDIT_HISTORY, 0, act_at, 0).hash == before);
    uint64_t changed = tape_of(world, STREAM_CREDIT_HISTORY, 0, to, 0).hash;
    assert_true(changed != unchanged);

    struct tape pieces = {.hash = 1};
    tape_run(&pieces, sliced, STREAM_CREDIT_HISTORY, 0, act_at, 100);
    for (int i = 1; i <= 3; i++) {
        world_set_acts(sliced, acts, (size_t)i);
        tape_run(&pieces, sliced, STREAM_CREDIT_HISTORY, acts[i - 1].at.s,
                 i < 3 ? acts[i].at.s : to, 100);
    }
    assert_true(pieces.hash == changed);
    world_free(world);
    world_free(sliced);
}

static void time_ends(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(60);
    settings.origin.s = WORLD_TIME_LAST.s - 30 * TEST_DAY;
    struct world *world = test_world(&settings);
    struct tape whole = tape_of(world, STREAM_CREDIT_HISTORY, 0, WORLD_TIME_LAST.s, 0);
    assert_true(whole.last > settings.origin.s && whole.last <= WORLD_TIME_LAST.s);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_ends),
        cmocka_unit_test(any_slicing_same_rows),
        cmocka_unit_test(baseline_is_exact),
        cmocka_unit_test(everybody_once_a_month_step_by_step),
        cmocka_unit_test(every_day_has_entries),
        cmocka_unit_test(view_is_the_last_entry),
        cmocka_unit_test(tempo_multiplies_entries),
        cmocka_unit_test(acts_leave_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
