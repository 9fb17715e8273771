/* Which streams are due, for every combination of what is stored, what stands, and what is in hand.
 */
#include <string.h>

#include "state/due.h"
#include "state_checks.h"

#define HOUR INT64_C(3600)

static struct schedule *hourly;
static struct zone *utc;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(zone_load("UTC", &utc, NULL), 0);
    assert_int_equal(schedule_parse("hourly", &hourly, NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    schedule_free(hourly);
    zone_free(utc);
    return 0;
}

struct sample {
    const char *what;
    int64_t watermark, not_before, now; /* seconds */
    int64_t customers;                  /* the watermark of customers if they are paused; 0: not */
    int64_t in_hand_to;                 /* 0: not in hand */
    int64_t next;
    enum stream_id stream;
    bool world_paused, held, paused;
    bool due, can_move;
};

static struct due_stream find(const struct sample *sample, struct due_cache *cache)
{
    struct world_state state = {
        .clock = {.speed = CLOCK_SPEED_ONE, .paused = sample->world_paused, .held = sample->held}};
    struct due_query query = {.state = &state, .zone = utc, .now = {sample->now}};
    struct due_stream found[STREAM_COUNT];
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        query.schedules[i] = hourly;
        state.streams[i].started = true;
        state.streams[i].watermark.s = sample->now;
    }
    state.streams[STREAM_CUSTOMERS].paused = sample->customers != 0;
    if (sample->customers != 0)
        state.streams[STREAM_CUSTOMERS].watermark.s = sample->customers;
    state.streams[sample->stream].watermark.s = sample->watermark;
    state.streams[sample->stream].not_before.s = sample->not_before;
    state.streams[sample->stream].paused = sample->paused;
    query.in_hand = sample->in_hand_to != 0 ? 1u << sample->stream : 0;
    query.in_hand_to.s = sample->in_hand_to;
    due_find(&query, cache, found);
    return found[sample->stream];
}

static const struct sample samples[] = {
    {"written up to now", HOUR, 0, HOUR, .stream = STREAM_MARKET_DATA, .next = 2 * HOUR},
    {"between two runs", HOUR, 0, HOUR + 9, .stream = STREAM_MARKET_DATA, .can_move = true,
     .next = 2 * HOUR},
    {"a run now", HOUR, 0, 2 * HOUR, .stream = STREAM_MARKET_DATA, .can_move = true, .due = true,
     .next = 2 * HOUR},
    {"a second before it", HOUR, 0, 2 * HOUR - 1, .stream = STREAM_MARKET_DATA, .can_move = true,
     .next = 2 * HOUR},
    {"a run long past, and none to come for a while", HOUR + 1, 0, 2 * HOUR + 1800,
     .stream = STREAM_MARKET_DATA, .can_move = true, .due = true, .next = 2 * HOUR},
    {"ten runs past", HOUR, 0, 11 * HOUR, .stream = STREAM_MARKET_DATA, .can_move = true,
     .due = true, .next = 2 * HOUR},
    {"the clock alone was moved", HOUR, 11 * HOUR, 11 * HOUR, .stream = STREAM_MARKET_DATA,
     .can_move = true, .next = 12 * HOUR},
    {"the run after that", HOUR, 11 * HOUR, 12 * HOUR, .stream = STREAM_MARKET_DATA,
     .can_move = true, .due = true, .next = 12 * HOUR},
    {"paused", HOUR, 0, 5 * HOUR, .stream = STREAM_MARKET_DATA, .paused = true, .next = 2 * HOUR},
    {"the world is paused", HOUR, 0, 5 * HOUR, .stream = STREAM_MARKET_DATA, .world_paused = true,
     .next = 2 * HOUR},
    {"the world is held", HOUR, 0, 5 * HOUR, .stream = STREAM_MARKET_DATA, .held = true,
     .next = 2 * HOUR},
    {"in hand already", HOUR, 0, 2 * HOUR + 1, .stream = STREAM_MARKET_DATA, .in_hand_to = 2 * HOUR,
     .can_move = true, .next = 3 * HOUR},
    {"a further run while in hand", HOUR, 0, 3 * HOUR, .stream = STREAM_MARKET_DATA,
     .in_hand_to = 2 * HOUR, .can_move = true, .due = true, .next = 3 * HOUR},
    {"customers are paused behind it", 3 * HOUR, 0, 5 * HOUR, .stream = STREAM_FINANCIAL_RECORDS,
     .customers = 3 * HOUR, .next = 4 * HOUR},
    {"customers are paused, a part can be written", HOUR, 0, 5 * HOUR,
     .stream = STREAM_FINANCIAL_RECORDS, .customers = 3 * HOUR, .can_move = true, .due = true,
     .next = 2 * HOUR},
    {"customers are paused, it needs none", 3 * HOUR, 0, 5 * HOUR, .stream = STREAM_MARKET_DATA,
     .customers = 3 * HOUR, .can_move = true, .due = true, .next = 4 * HOUR},
    {"customers themselves", 3 * HOUR, 0, 5 * HOUR, .stream = STREAM_CUSTOMERS, .can_move = true,
     .due = true, .next = 4 * HOUR},
};

static void test_what_is_due_follows_from_what_is_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct due_cache cache = {0};
        const struct due_stream found = find(&samples[i], &cache);
        if (found.due != samples[i].due || found.can_move != samples[i].can_move ||
            !found.has_next || found.next.s != samples[i].next)
            fail_msg("%s: due %d, can move %d, next %lld", samples[i].what, found.due,
                     found.can_move, (long long)found.next.s);
    }
}

/* Also where the watermark goes back, as in a database that was restored. */
static void test_what_is_kept_of_the_runs_changes_no_answer(void **state)
{
    (void)state;
    struct due_cache cache = {0};
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
            size_t at = round == 0 ? i : sizeof samples / sizeof *samples - 1 - i;
            struct due_cache fresh = {0};
            const struct due_stream kept = find(&samples[at], &cache);
            const struct due_stream anew = find(&samples[at], &fresh);
            assert_int_equal(kept.next.s, anew.next.s);
            assert_int_equal(kept.due, anew.due);
        }
}

static void test_a_schedule_that_ends_is_never_due(void **state)
{
    (void)state;
    struct schedule *once;
    struct due_cache cache = {0};
    struct world_state world = {.clock = {.speed = CLOCK_SPEED_ONE}};
    struct due_stream found[STREAM_COUNT];
    assert_int_equal(schedule_parse("1971-01-01", &once, NULL), 0);
    struct due_query query = {.state = &world, .zone = utc, .now = {400 * 24 * HOUR}};
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        query.schedules[i] = once;
        world.streams[i].watermark.s = 366 * 24 * HOUR;
    }
    due_find(&query, &cache, found);
    assert_false(found[0].due || found[0].has_next);
    schedule_free(once);
}

static void test_for_how_long_a_run_has_been_due(void **state)
{
    (void)state;
    struct due_cache cache = {0};
    struct due_stream found[STREAM_COUNT];
    struct world_state world = {.clock = clock_start((world_time){HOUR}, 2 * CLOCK_SPEED_ONE,
                                                     (wall_time){INT64_C(500) * 1000000})};
    struct due_query query = {.state = &world, .zone = utc, .now = {2 * HOUR + 60}};
    query.wall.us = (INT64_C(500) + HOUR / 2 + 30) * 1000000;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        query.schedules[i] = hourly;
        world.streams[i].watermark.s = HOUR;
    }
    world.streams[1].watermark.s = 2 * HOUR;
    due_find(&query, &cache, found);
    assert_true(found[0].due && !found[1].due);
    assert_int_equal(found[0].past_us, 30000000);
    assert_int_equal(found[1].past_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_due_follows_from_what_is_stored),
        cmocka_unit_test(test_what_is_kept_of_the_runs_changes_no_answer),
        cmocka_unit_test(test_a_schedule_that_ends_is_never_due),
        cmocka_unit_test(test_for_how_long_a_run_has_been_due),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
