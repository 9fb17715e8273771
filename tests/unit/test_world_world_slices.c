#include <stdlib.h>

#include "world/loan_model.h"
#include "world/random.h"
#include "world_checks.h"

#define O    TEST_ORIGIN
#define DAYS 40
#define END  (O + DAYS * TEST_DAY)

/* In the order in which an operator might have made them: each within some hour, day and month. */
static const struct world_act acts[] = {
    {WORLD_ACT_TEMPO, STREAM_CUSTOMERS, {O + 2 * TEST_DAY + 1234}, {0}, 25000000},
    {WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {O + 2 * TEST_DAY + 1234}, {0}, 20000000},
    {WORLD_ACT_TEMPO, STREAM_FINANCIAL_RECORDS, {O + 3 * TEST_DAY + 7}, {0}, 6500000},
    {WORLD_ACT_TEMPO, STREAM_CREDIT_HISTORY, {O + 3 * TEST_DAY + 7}, {0}, 2000000},
    {WORLD_ACT_TEMPO, STREAM_MARKET_DATA, {O + 3 * TEST_DAY + 7}, {0}, 2000000},
    {WORLD_ACT_TEMPO, STREAM_CUSTOMERS, {O + 4 * TEST_DAY + 4321}, {0}, 300000},
    {WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {O + 4 * TEST_DAY + 4321}, {0}, WORLD_TEMPO_ONE},
    {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 5 * TEST_DAY + 100}, {O + 8 * TEST_DAY + 50}, 0},
    {WORLD_ACT_GAP, STREAM_CUSTOMERS, {O + 6 * TEST_DAY}, {O + 9 * TEST_DAY + 1}, 0},
    {WORLD_ACT_GAP, STREAM_MARKET_DATA, {O + 6 * TEST_DAY}, {O + 9 * TEST_DAY + 1}, 0},
    {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 11 * TEST_DAY + 3}, {0}, 0},
    {WORLD_ACT_ENABLE, STREAM_FINANCIAL_RECORDS, {O + 12 * TEST_DAY + 3}, {0}, 0},
    {WORLD_ACT_GAP, STREAM_CREDIT_HISTORY, {O + 13 * TEST_DAY}, {O + 15 * TEST_DAY + 1}, 0},
    {WORLD_ACT_ENABLE, STREAM_FINANCIAL_RECORDS, {O + 14 * TEST_DAY + 3}, {0}, 1},
    {WORLD_ACT_TEMPO, STREAM_FINANCIAL_RECORDS, {O + 15 * TEST_DAY + 3}, {0}, 0},
    {WORLD_ACT_TEMPO, STREAM_FINANCIAL_RECORDS, {O + 17 * TEST_DAY + 3}, {0}, WORLD_TEMPO_ONE},
    {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 30 * TEST_DAY + 3}, {0}, 1},
};
#define ACTS (sizeof acts / sizeof *acts)

static struct tape in_one_go(const struct world_settings *settings, enum stream_id stream,
                             size_t act_count)
{
    struct world *world = test_world(settings);
    struct tape tape = {0};
    world_set_acts(world, acts, act_count);
    tape_run(&tape, world, stream, 0, END, 0);
    world_free(world);
    return tape;
}

static void assert_same_tape(const struct tape *a, const struct tape *b)
{
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->moves, b->moves);
    assert_true(a->hash == b->hash);
    assert_int_equal(a->disorder, 0);
    assert_int_equal(b->disorder, 0);
}

/* All streams of one object, each an hour at a time from before the baseline's end on. */
static void by_the_hour(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(300);
    struct world *world = test_world(&settings);
    world_set_acts(world, acts, ACTS);
    struct tape tapes[STREAM_COUNT] = {0};
    for (int64_t from = 0; from < END;) {
        int64_t to = from == 0 ? O - 5 * TEST_DAY : from + 3600;
        for (unsigned i = 0; i < STREAM_COUNT; i++)
            tape_run(&tapes[i], world, (enum stream_id)i, from, to < END ? to : END, 0);
        from = to;
    }
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct tape whole = in_one_go(&settings, (enum stream_id)i, ACTS);
        assert_same_tape(&whole, &tapes[i]);
        assert_true(whole.rows > 0);
    }
    world_free(world);
}

/* Random steps, limits and, now and then, a new object: as if killed. */
static void in_random_steps(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(300);
    settings.seed = 7;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct world *world = test_world(&settings);
        world_set_acts(world, acts, ACTS);
        struct tape tape = {0};
        uint32_t step = 0;
        for (int64_t from = 0; from < END; step++) {
            struct random_block block = random_at(99, RANDOM_LOAN, i, step, 0);
            int64_t length = 1 + random_below(block.word[0], 1U << (5 + block.word[1] % 15));
            int64_t to = from == 0 ? O - 30 * TEST_DAY : from + length;
            to = to < END ? to : END;
            tape_run(&tape, world, (enum stream_id)i, from, to, block.word[2] % 3 ? 0 : 2);
            from = to;
            if (block.word[3] % 64 == 0) {
                world_free(world);
                world = test_world(&settings);
                world_set_acts(world, acts, ACTS);
            }
        }
        struct tape whole = in_one_go(&settings, (enum stream_id)i, ACTS);
        assert_same_tape(&whole, &tape);
        world_free(world);
    }
}

/* Each act is added when the streams have come to its second, or somewhat less far. */
static void with_acts_as_they_come(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(300);
    for (int64_t late = 0; late <= 50000; late += 25000) {
        struct world *world = test_world(&settings);
        struct tape tapes[STREAM_COUNT] = {0};
        int64_t from = 0;
        for (size_t count = 0; count <= ACTS; count++) {
            world_set_acts(world, acts, count);
            int64_t to = count < ACTS ? acts[count].at.s - late : END;
            for (unsigned i = 0; i < STREAM_COUNT; i++)
                tape_run(&tapes[i], world, (enum stream_id)i, from, to, 0);
            from = to > from ? to : from;
        }
        for (unsigned i = 0; i < STREAM_COUNT; i++) {
            struct tape whole = in_one_go(&settings, (enum stream_id)i, ACTS);
            assert_same_tape(&whole, &tapes[i]);
        }
        world_free(world);
    }
}

static void going_back(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(200);
    struct world *world = test_world(&settings), *fresh = test_world(&settings);
    world_set_acts(world, acts, ACTS);
    world_set_acts(fresh, acts, ACTS);
    const int64_t starts[] = {O + 20 * TEST_DAY, O + 3 * TEST_DAY, O - 40 * TEST_DAY,
                              O + 31 * TEST_DAY, O + 7 * TEST_DAY + 5};
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        for (size_t j = 0; j < sizeof starts / sizeof *starts; j++) {
            struct tape tape = {0}, before = {0}, expected = {0};
            tape_run(&tape, world, (enum stream_id)i, starts[j], END, 0);
            tape_run(&before, fresh, (enum stream_id)i, 0, starts[j], 0);
            expected = before;
            tape_run(&expected, fresh, (enum stream_id)i, starts[j], END, 0);
            assert_int_equal(tape.rows, expected.rows - before.rows);
            assert_int_equal(tape.moves, expected.moves - before.moves);
            struct tape again = {0};
            tape_run(&again, fresh, (enum stream_id)i, starts[j], END, 5);
            assert_same_tape(&tape, &again);
        }
    }
    world_free(world);
    world_free(fresh);
}

/* Acts of one stream change no other stream, except that customers bring and take their own. */
static void streams_are_independent(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(200);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct world *world = test_world(&settings);
        const struct world_act gap = {
            WORLD_ACT_GAP, (enum stream_id)i, {O + 3600}, {O + 20 * TEST_DAY}, 0};
        world_set_acts(world, &gap, 1);
        for (unsigned j = 0; j < STREAM_COUNT; j++) {
            struct tape plain = in_one_go(&settings, (enum stream_id)j, 0), tape = {0};
            tape_run(&tape, world, (enum stream_id)j, 0, END, 0);
            if (i != j && i != STREAM_CUSTOMERS)
                assert_same_tape(&plain, &tape);
            if (i == j)
                assert_true(tape.rows < plain.rows);
        }
        world_free(world);
    }
}

/* The live part has not been touched by acts yet: the baseline is the same, whatever they are. */
static void baseline_knows_no_acts(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(200);
    const struct world_act early[] = {
        {WORLD_ACT_TEMPO, STREAM_CUSTOMERS, {O - 5000}, {0}, 50000000},
        {WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {O - 5000}, {0}, 50000000},
        {WORLD_ACT_ENABLE, STREAM_FINANCIAL_RECORDS, {O - 500000}, {0}, 0},
        {WORLD_ACT_GAP, STREAM_CREDIT_HISTORY, {O - 500000}, {O}, 0},
    };
    struct world *world = test_world(&settings), *plain = test_world(&settings);
    world_set_acts(world, early, sizeof early / sizeof *early);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct tape a = {0}, b = {0};
        tape_run(&a, world, (enum stream_id)i, 0, O, 0);
        tape_run(&b, plain, (enum stream_id)i, 0, O, 0);
        assert_same_tape(&a, &b);
    }
    world_free(world);
    world_free(plain);
}

/* What gaps held comes a second after another: also where the next gap begins before it is over,
 * and for one who begins to look in between. */
static void steps_held_by_gaps(void **state)
{
    (void)state;
    /* So long that whoever applied before it could have been decided long ago. */
    const int64_t late = O + (LOAN_LONGEST_DAYS + 10) * TEST_DAY, end = late + 10 * TEST_DAY;
    const int64_t ends[] = {late, late + TEST_DAY, late + 2 * TEST_DAY};
    const struct world_act gaps[] = {
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + TEST_DAY}, {ends[0]}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {ends[0]}, {ends[1]}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {ends[1] + 1}, {ends[2]}, 0},
    };
    const int64_t after[] = {-1, 0, 1, 2, 3, 4, 3600};
    struct world_settings settings = test_settings(300);
    struct world *world = test_world(&settings);
    struct tape whole = {0};
    world_set_acts(world, gaps, 3);
    tape_run(&whole, world, STREAM_LOAN_APPLICATIONS, 0, end, 0);
    for (size_t i = 0; i < 3 * sizeof after / sizeof *after; i++) {
        int64_t from = ends[i % 3] + after[i / 3];
        struct world *fresh = test_world(&settings);
        struct tape tape = {0};
        world_set_acts(fresh, gaps, 3);
        tape_run(&tape, world, STREAM_LOAN_APPLICATIONS, 0, from, 0);
        tape_run(&tape, fresh, STREAM_LOAN_APPLICATIONS, from, end, 0);
        assert_same_tape(&tape, &whole);
        world_free(fresh);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_hour),
        cmocka_unit_test(in_random_steps),
        cmocka_unit_test(with_acts_as_they_come),
        cmocka_unit_test(going_back),
        cmocka_unit_test(streams_are_independent),
        cmocka_unit_test(baseline_knows_no_acts),
        cmocka_unit_test(steps_held_by_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
