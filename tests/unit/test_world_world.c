#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world/acts.h"
#include "world/stream.h"
#include "world_checks.h"

#define O TEST_ORIGIN

static struct act_spans spans_of(const struct world_act *acts, size_t count)
{
    struct act_spans spans = {0};
    act_spans_make(&spans, STREAM_LOAN_APPLICATIONS, (world_time){O}, acts, count);
    return spans;
}

static int64_t moved(const struct act_spans *spans, int64_t at)
{
    return act_spans_move_time(spans, (world_time){at}).s;
}

static bool inserts(const struct act_spans *spans, int64_t at)
{
    return act_spans_insert(spans, (world_time){at});
}

static void tempo_begins_after_its_second(void **state)
{
    (void)state;
    const struct world_act acts[] = {
        {WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {O - 50}, {0}, 3000000},
        {WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {O + 10}, {0}, 2000000},
        {WORLD_ACT_TEMPO, STREAM_CUSTOMERS, {O + 15}, {0}, 7000000},
        {WORLD_ACT_TEMPO, STREAM_LOAN_APPLICATIONS, {O + 20}, {0}, 500000},
    };
    struct act_spans spans = spans_of(acts, 4);
    assert_int_equal(act_spans_tempo(&spans, (world_time){O - 10}), WORLD_TEMPO_ONE);
    assert_int_equal(act_spans_tempo(&spans, (world_time){O}), 3000000);
    assert_int_equal(act_spans_tempo(&spans, (world_time){O + 9}), 3000000);
    assert_int_equal(act_spans_tempo(&spans, (world_time){O + 10}), 2000000);
    assert_int_equal(act_spans_tempo(&spans, (world_time){O + 99}), 500000);
    assert_int_equal(act_spans_next(&spans, WORLD_TIME_FIRST).s, O);
    assert_int_equal(act_spans_next(&spans, (world_time){O}).s, O + 10);
    assert_int_equal(act_spans_next(&spans, (world_time){O + 10}).s, O + 20);
    assert_int_equal(act_spans_next(&spans, (world_time){O + 20}).s, WORLD_TIME_LAST.s);
    act_spans_done(&spans);
}

static void gaps_hold_moves_to_their_end(void **state)
{
    (void)state;
    const struct world_act acts[] = {
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 10}, {O + 20}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 20}, {O + 30}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 50}, {O + 60}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 55}, {O + 70}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 90}, {O + 90}, 0},
    };
    struct act_spans spans = spans_of(acts, 5);
    assert_true(inserts(&spans, O + 10));
    assert_false(inserts(&spans, O + 11));
    assert_false(inserts(&spans, O + 20));
    assert_false(inserts(&spans, O + 30));
    assert_true(inserts(&spans, O + 31));
    assert_false(inserts(&spans, O + 65));
    assert_true(inserts(&spans, O + 90));
    assert_int_equal(moved(&spans, O + 10), O + 10);
    assert_int_equal(moved(&spans, O + 11), O + 20);
    /* The second gap begins after the first one's end: what was due in the first is done by then.
     */
    assert_int_equal(moved(&spans, O + 20), O + 20);
    assert_int_equal(moved(&spans, O + 21), O + 30);
    assert_int_equal(moved(&spans, O + 52), O + 70);
    assert_int_equal(moved(&spans, O + 71), O + 71);
    act_spans_done(&spans);
}

static void disabling_holds_moves_until_enabled(void **state)
{
    (void)state;
    const struct world_act acts[] = {
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 10}, {0}, 0},
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 20}, {0}, 1},
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 40}, {0}, 0},
        {WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 45}, {O + 60}, 0},
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 50}, {0}, 1},
        {WORLD_ACT_ENABLE, STREAM_LOAN_APPLICATIONS, {O + 80}, {0}, 0},
    };
    struct act_spans spans = spans_of(acts, 6);
    assert_true(inserts(&spans, O + 10));
    assert_false(inserts(&spans, O + 20));
    assert_true(inserts(&spans, O + 21));
    assert_int_equal(moved(&spans, O + 11), O + 21);
    assert_int_equal(moved(&spans, O + 20), O + 21);
    assert_int_equal(moved(&spans, O + 41), O + 60);
    assert_int_equal(moved(&spans, O + 80), O + 80);
    assert_int_equal(moved(&spans, O + 81), WORLD_TIME_LAST.s + 1);
    assert_false(inserts(&spans, WORLD_TIME_LAST.s));
    act_spans_done(&spans);
}

static void settings_are_checked(void **state)
{
    (void)state;
    struct world *world = NULL;
    struct fault fault;
    const struct world_settings good = test_settings(10);
    struct world_settings bad[] = {good, good, good, good, good, good, good, good};
    bad[0].customers = 0;
    bad[1].customers = 10000001;
    bad[2].customer_growth = -1;
    bad[3].financial_records_per_customer = 1001;
    bad[4].loan_applications_per_customer = -1;
    bad[5].market_data_points = 10001;
    bad[6].credit_history_entries = 241;
    bad[7].origin.s = WORLD_TIME_LAST.s + 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fault.text[0] = '\0';
        assert_int_equal(world_new(&bad[i], test_zone(), &world, &fault), -EINVAL);
        assert_null(world);
        assert_true(strlen(fault.text) > 20);
    }
    world_free(NULL);
}

static void names_and_keys(void **state)
{
    (void)state;
    enum stream_id id = STREAM_COUNT;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        assert_int_equal(stream_by_name(stream_info((enum stream_id)i)->name, &id), 0);
        assert_int_equal(id, i);
    }
    assert_int_equal(stream_by_name("loans", &id), -ENOENT);
    assert_false(stream_info(STREAM_CUSTOMERS)->needs_customers);
    assert_false(stream_info(STREAM_MARKET_DATA)->needs_customers);
    assert_true(stream_info(STREAM_CREDIT_HISTORY)->needs_customers);

    assert_true(stream_owns_key(STREAM_CUSTOMERS, "CU-20260814103512-00000042", 26));
    assert_false(stream_owns_key(STREAM_CUSTOMERS, "CU-20260814103512-0000004", 25));
    assert_false(stream_owns_key(STREAM_CUSTOMERS, "CU-2026081410351A-00000042", 26));
    assert_false(stream_owns_key(STREAM_CUSTOMERS, "FR-20260814103512-00000042", 26));
    assert_true(stream_owns_key(STREAM_FINANCIAL_RECORDS, "FR-20260814103512-00000042-ZZ", 29));
    assert_false(stream_owns_key(STREAM_FINANCIAL_RECORDS, "FR-20260814103512-00000042-zz", 29));
    assert_true(stream_owns_key(STREAM_LOAN_APPLICATIONS, "LA-20260814103512-00000042-0A", 29));
    assert_false(stream_owns_key(STREAM_LOAN_APPLICATIONS, "my application", 14));
    assert_true(stream_owns_key(STREAM_CREDIT_HISTORY, "CH-20260814103512-00000042-00", 29));
    assert_true(stream_owns_key(STREAM_MARKET_DATA, "MD-20260814103512-007", 21));
}

static void begins_36_months_before(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    struct world *world = test_world(&settings);
    /* 2023-08-01 00:00 in New York. */
    assert_int_equal(world_start(world).s, INT64_C(1690862400));
    world_free(world);
}

static void an_instant_is_never_torn(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(200);
    settings.loan_applications_per_customer = 16;
    struct world *world = test_world(&settings), *other = test_world(&settings);
    /* At the end of a long gap many moves fall on one instant. */
    const struct world_act gap = {
        WORLD_ACT_GAP, STREAM_LOAN_APPLICATIONS, {O + 60}, {O + 9 * TEST_DAY}, 0};
    world_set_acts(world, &gap, 1);
    world_set_acts(other, &gap, 1);
    struct tape whole = {0}, parts = {0};
    tape_run(&whole, world, STREAM_LOAN_APPLICATIONS, 0, O + 20 * TEST_DAY, 0);
    int64_t at = 0;
    bool saw_gap = false;
    while (at < O + 20 * TEST_DAY) {
        struct tape part = parts;
        part.rows = part.moves = 0;
        world_time reached;
        assert_int_equal(world_changes(other, STREAM_LOAN_APPLICATIONS, (world_time){at},
                                       (world_time){O + 20 * TEST_DAY}, 3, tape_sink, &part,
                                       &reached),
                         0);
        if (reached.s == O + 9 * TEST_DAY) {
            saw_gap = true;
            assert_true(part.moves > 10);
        }
        part.rows += parts.rows;
        part.moves += parts.moves;
        parts = part;
        assert_true(reached.s > at);
        at = reached.s;
    }
    assert_true(saw_gap);
    assert_true(parts.hash == whole.hash);
    assert_int_equal(parts.rows, whole.rows);
    world_free(world);
    world_free(other);
}

static int refuse(void *context, const struct change *change)
{
    (void)change;
    int *left = context;
    return (*left)-- > 0 ? 0 : -EIO;
}

static void a_sink_can_stop_anywhere(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(300);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        enum stream_id stream = (enum stream_id)i;
        struct world *world = test_world(&settings), *fresh = test_world(&settings);
        struct tape stopped = {0}, expected = {0};
        world_time from = {O - 10 * TEST_DAY}, to = {O + 10 * TEST_DAY}, reached = {77};
        for (int count = 0; count < 40; count += 3) {
            int left = count;
            int code = world_changes(world, stream, from, to, 0, refuse, &left, &reached);
            if (code != 0)
                assert_int_equal(reached.s, 77);
        }
        tape_run(&stopped, world, stream, from.s, to.s, 7);
        tape_run(&expected, fresh, stream, from.s, to.s, 0);
        assert_true(stopped.hash == expected.hash);
        world_free(world);
        world_free(fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tempo_begins_after_its_second),
        cmocka_unit_test(gaps_hold_moves_to_their_end),
        cmocka_unit_test(disabling_holds_moves_until_enabled),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(names_and_keys),
        cmocka_unit_test(begins_36_months_before),
        cmocka_unit_test(an_instant_is_never_torn),
        cmocka_unit_test(a_sink_can_stop_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
