/* The world clock: never back; pauses, speeds, advances, restarts, holds and steps of the wall. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"
#include "clock_checks.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define ONE    CLOCK_SPEED_ONE

static const wall_time t0 = {INT64_C(1786703712000000)};
static const world_time w0 = {1786703712};

static wall_time later(int64_t us)
{
    return (wall_time){t0.us + us};
}

/* World time since w0, at a wall time since t0, both in microseconds. */
static int64_t shown(const struct clock_state *clock, int64_t us)
{
    return clock_now_us(clock, later(us)) - w0.s * SECOND;
}

static void follows_the_wall(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    assert_int_equal(shown(&clock, 0), 0);
    assert_int_equal(shown(&clock, DAY + 1), DAY + 1);
    assert_int_equal(clock_now(&clock, later(1999999)).s, w0.s + 1);
    assert_int_equal(shown(&clock, -HOUR), 0);
    clock = clock_start(w0, ONE / 2, t0);
    assert_int_equal(shown(&clock, HOUR), HOUR / 2);
    clock = clock_start(w0, 0, t0);
    assert_int_equal(shown(&clock, DAY), 0);
}

static void a_speed_changes_without_a_jump(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_set_speed(&clock, 60 * ONE, later(HOUR));
    assert_int_equal(shown(&clock, HOUR), HOUR);
    assert_int_equal(shown(&clock, HOUR + SECOND), HOUR + 60 * SECOND);
    clock_set_speed(&clock, 0, later(2 * HOUR));
    assert_int_equal(shown(&clock, 2 * HOUR), 61 * HOUR);
    assert_int_equal(shown(&clock, DAY), 61 * HOUR);
    clock_set_speed(&clock, ONE, later(DAY));
    assert_int_equal(shown(&clock, DAY + HOUR), 62 * HOUR);
}

static void a_pause_at_speed_one_is_made_up_for(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_pause(&clock, later(HOUR), (wall_time){0});
    assert_int_equal(shown(&clock, 5 * HOUR), HOUR);
    clock_pause(&clock, later(2 * HOUR), later(9 * HOUR));
    assert_int_equal(clock.paused_at.us, later(HOUR).us);
    assert_int_equal(clock.resumes_at.us, later(9 * HOUR).us);
    clock_set_speed(&clock, ONE, later(3 * HOUR));
    clock_resume(&clock, later(5 * HOUR));
    assert_int_equal(shown(&clock, 5 * HOUR), 5 * HOUR);
    assert_false(clock.paused);
    assert_int_equal(clock.resumes_at.us, 0);
}

static void a_pause_at_another_speed_is_not(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 10 * ONE, t0);
    clock_pause(&clock, later(HOUR), (wall_time){0});
    clock_resume(&clock, later(5 * HOUR));
    assert_int_equal(shown(&clock, 5 * HOUR), 10 * HOUR);
    assert_int_equal(shown(&clock, 6 * HOUR), 20 * HOUR);
    clock_pause(&clock, later(6 * HOUR), (wall_time){0});
    clock_set_speed(&clock, ONE, later(8 * HOUR));
    assert_int_equal(shown(&clock, 9 * HOUR), 20 * HOUR);
    clock_resume(&clock, later(9 * HOUR));
    assert_int_equal(shown(&clock, 9 * HOUR), 21 * HOUR);
    clock_resume(&clock, later(10 * HOUR));
    assert_int_equal(shown(&clock, 10 * HOUR), 22 * HOUR);
}

static void a_pause_ends_by_itself_when_it_was_to(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 10 * ONE, t0);
    assert_false(clock_resume_due(&clock, later(HOUR)));
    clock_pause(&clock, later(HOUR), later(2 * HOUR));
    assert_false(clock_resume_due(&clock, later(2 * HOUR - 1)));
    assert_true(clock_resume_due(&clock, later(3 * HOUR)));
    assert_int_equal(shown(&clock, 3 * HOUR), 20 * HOUR);
    clock_pause(&clock, later(3 * HOUR), (wall_time){0});
    assert_false(clock_resume_due(&clock, later(DAY)));
}

static void an_advance_moves_ahead_only(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    assert_int_equal(clock_advance(&clock, world_plus(w0, 30 * 86400), later(HOUR)), 0);
    assert_int_equal(shown(&clock, HOUR), 30 * DAY);
    assert_int_equal(shown(&clock, 2 * HOUR), 30 * DAY + HOUR);
    assert_int_equal(clock_advance(&clock, w0, later(3 * HOUR)), 0);
    assert_int_equal(shown(&clock, 3 * HOUR), 30 * DAY + 2 * HOUR);
    assert_int_equal(clock_advance(&clock, world_plus(WORLD_TIME_LAST, 1), later(HOUR)), -ERANGE);
    assert_int_equal(clock_advance(&clock, WORLD_TIME_LAST, later(4 * HOUR)), 0);
    assert_int_equal(clock_now(&clock, later(90 * DAY)).s, WORLD_TIME_LAST.s);
    clock = clock_start(w0, 0, t0);
    assert_int_equal(clock_advance(&clock, world_plus(w0, 5), later(HOUR)), 0);
    assert_int_equal(shown(&clock, DAY), 5 * SECOND);
}

static void a_paused_clock_can_be_advanced(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_pause(&clock, later(HOUR), (wall_time){0});
    clock_advance(&clock, world_plus(w0, 2 * 3600), later(5 * HOUR));
    assert_int_equal(shown(&clock, 6 * HOUR), 2 * HOUR);
    clock_resume(&clock, later(6 * HOUR));
    assert_int_equal(shown(&clock, 6 * HOUR), 6 * HOUR);
    clock_pause(&clock, later(6 * HOUR), (wall_time){0});
    clock_advance(&clock, world_plus(w0, 86400), later(7 * HOUR));
    clock_resume(&clock, later(8 * HOUR));
    assert_int_equal(shown(&clock, 8 * HOUR), DAY + HOUR);
}

static void a_restart_catches_up_at_speed_one(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_observe(&clock, later(HOUR));
    assert_int_equal(clock_restart(&clock, later(HOUR + 7 * DAY), 8 * 86400), 7 * 86400);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, HOUR + 7 * DAY), HOUR + 7 * DAY);
    clock_observe(&clock, later(8 * DAY));
    assert_int_equal(clock_restart(&clock, later(3 * DAY), 86400), 0);
    assert_int_equal(shown(&clock, 3 * DAY), 8 * DAY);
    assert_int_equal(clock.seen.us, later(3 * DAY).us);
}

static void a_restart_goes_on_at_other_speeds(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 2 * ONE, t0);
    clock_observe(&clock, later(HOUR));
    assert_int_equal(clock_restart(&clock, later(500 * DAY), 86400), 0);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 500 * DAY), 2 * HOUR);
    assert_int_equal(shown(&clock, 500 * DAY + HOUR), 4 * HOUR);
}

/* A pause whose end fell into the absence: the world stood still until the restart. */
static void a_pause_that_ended_unattended_at_other_speeds(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 60 * ONE, t0);
    clock_pause(&clock, later(HOUR), later(2 * HOUR));
    assert_int_equal(clock_restart(&clock, later(DAY), 86400), 0);
    assert_true(clock_resume_due(&clock, later(DAY + SECOND)));
    assert_int_equal(shown(&clock, DAY + SECOND), 60 * HOUR + 60 * SECOND);
}

static void a_long_absence_is_held(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_observe(&clock, later(HOUR));
    assert_int_equal(clock_restart(&clock, later(HOUR + 401 * DAY), 400 * 86400), 401 * 86400);
    assert_true(clock.held);
    assert_int_equal(shown(&clock, 402 * DAY), HOUR);
    clock_observe(&clock, later(402 * DAY));
    assert_int_equal(shown(&clock, 402 * DAY), HOUR);
    clock_resume(&clock, later(402 * DAY));
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 402 * DAY), 402 * DAY);
}

static void a_paused_clock_stays_paused_over_a_restart(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_pause(&clock, later(HOUR), later(2 * HOUR));
    assert_int_equal(clock_restart(&clock, later(DAY), 7 * 86400), 0);
    assert_true(clock.paused);
    assert_int_equal(shown(&clock, DAY), HOUR);
    assert_true(clock_resume_due(&clock, later(DAY)));
    assert_int_equal(shown(&clock, DAY), DAY);
    clock_pause(&clock, later(DAY), later(2 * DAY));
    assert_int_equal(clock_restart(&clock, later(500 * DAY), 400 * 86400), 0);
    assert_true(clock_resume_due(&clock, later(500 * DAY)));
    assert_true(clock.held);
    assert_int_equal(shown(&clock, 500 * DAY), DAY);
}

static void a_step_back_is_waited_out(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_stepped(&clock, later(HOUR), -DAY);
    assert_int_equal(shown(&clock, HOUR), DAY + HOUR);
    assert_int_equal(shown(&clock, DAY), DAY + HOUR);
    assert_int_equal(shown(&clock, DAY + 2 * HOUR), DAY + 2 * HOUR);
    assert_false(clock.held);
    clock = clock_start(w0, 10 * ONE, t0);
    clock_stepped(&clock, later(-HOUR), -2 * HOUR);
    assert_int_equal(shown(&clock, -HOUR), 10 * HOUR);
    assert_int_equal(shown(&clock, 0), 20 * HOUR);
}

static void a_step_forward_is_followed_up_to_a_week(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_stepped(&clock, later(7 * DAY + HOUR), 7 * DAY);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 7 * DAY + HOUR), 7 * DAY + HOUR);
    clock = clock_start(w0, ONE, t0);
    clock_stepped(&clock, later(7 * DAY + HOUR + 1), 7 * DAY + 1);
    assert_true(clock.held);
    assert_int_equal(shown(&clock, 8 * DAY), HOUR);
    clock_resume(&clock, later(8 * DAY));
    assert_int_equal(shown(&clock, 8 * DAY), 8 * DAY);
    clock = clock_start(w0, 10 * ONE, t0);
    clock_stepped(&clock, later(2 * DAY), 2 * DAY - HOUR);
    assert_int_equal(shown(&clock, 2 * DAY), 10 * HOUR);
    clock_stepped(&clock, later(30 * DAY), 28 * DAY);
    assert_true(clock.held);
    clock_resume(&clock, later(30 * DAY + HOUR));
    assert_int_equal(shown(&clock, 30 * DAY + HOUR), 10 * HOUR);
}

static void a_step_undone_needs_no_confirmation(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_stepped(&clock, later(400 * DAY), 400 * DAY - HOUR);
    assert_true(clock.held);
    clock_stepped(&clock, later(300 * DAY), -100 * DAY);
    assert_true(clock.held);
    clock_stepped(&clock, later(2 * HOUR), -300 * DAY);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 2 * HOUR), 2 * HOUR);
}

static void extremes_do_not_overflow(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, CLOCK_SPEED_MAX, t0);
    assert_int_equal(shown(&clock, 1), SECOND);
    assert_int_equal(clock_now(&clock, (wall_time){INT64_MAX}).s, WORLD_TIME_LAST.s);
    assert_int_equal(clock_now(&clock, (wall_time){INT64_MIN}).s, w0.s);
    clock_stepped(&clock, (wall_time){INT64_MAX}, INT64_MIN);
    clock_stepped(&clock, (wall_time){INT64_MIN}, INT64_MAX);
    clock_restart(&clock, (wall_time){INT64_MAX}, 1);
    assert_true(clock_now(&clock, t0).s <= WORLD_TIME_LAST.s);
    wall_time when;
    clock = clock_start(w0, 1, t0);
    assert_true(clock_wall_of(&clock, world_plus(w0, 1), t0, &when));
    assert_int_equal(when.us, t0.us + SECOND * SECOND);
    clock.anchor_wall.us = INT64_MAX - 5;
    assert_false(clock_wall_of(&clock, world_plus(w0, 1), t0, &when));
}

static void the_wall_time_of_an_instant_is_exact(void **state)
{
    (void)state;
    static const int64_t speeds[] = {1000,         ONE / 3,        ONE, 7 * ONE / 5, 20 * ONE,
                                     999983 * ONE, CLOCK_SPEED_MAX};
    for (size_t i = 0; i < COUNT(speeds); i++) {
        struct clock_state clock = clock_start(w0, speeds[i], t0);
        for (int64_t s = 1; s < 100000; s = s * 3 + 1) {
            wall_time when;
            assert_true(clock_wall_of(&clock, world_plus(w0, s), t0, &when));
            assert_true(clock_now(&clock, when).s >= w0.s + s);
            assert_true(clock_now(&clock, (wall_time){when.us - 1}).s < w0.s + s);
        }
    }
    struct clock_state clock = clock_start(w0, ONE, t0);
    wall_time when = {0};
    assert_true(clock_wall_of(&clock, w0, later(HOUR), &when));
    assert_int_equal(when.us, later(HOUR).us);
    assert_false(clock_wall_of(&clock, world_plus(WORLD_TIME_LAST, 1), t0, &when));
    clock_set_speed(&clock, 0, later(HOUR));
    assert_false(clock_wall_of(&clock, world_plus(w0, 7200), later(HOUR), &when));
    assert_true(clock_wall_of(&clock, w0, later(HOUR), &when));
    clock_pause(&clock, later(HOUR), later(DAY));
    assert_false(clock_wall_of(&clock, w0, later(HOUR), &when));
}

static int64_t pick(unsigned *seed, int64_t most)
{
    return (int64_t)((double)rand_r(seed) / RAND_MAX * (double)most);
}

/* One operation at random. The wall moves, sometimes back. */
static void disturb(struct clock_state *clock, wall_time *wall, unsigned *seed)
{
    static const int64_t speeds[] = {0, ONE / 7, ONE, ONE, 60 * ONE, CLOCK_SPEED_MAX};
    int64_t step = pick(seed, 20 * DAY) - 10 * DAY;
    wall->us += pick(seed, HOUR);
    switch (pick(seed, 8)) {
    case 0: clock_set_speed(clock, speeds[pick(seed, 5)], *wall); break;
    case 1: clock_pause(clock, *wall, (wall_time){wall->us + pick(seed, DAY)}); break;
    case 2: clock_resume(clock, *wall); break;
    case 3:
        (void)clock_advance(clock, world_plus(clock_now(clock, *wall), pick(seed, 9999) - 99),
                            *wall);
        break;
    case 4:
        wall->us += step;
        clock_stepped(clock, *wall, step);
        break;
    case 5:
        wall->us += step;
        (void)clock_restart(clock, *wall, 3 * 86400);
        break;
    case 6: (void)clock_resume_due(clock, *wall); break;
    default: clock_observe(clock, *wall); break;
    }
}

static void never_goes_back_whatever_happens(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 300; run++) {
        unsigned seed = run;
        wall_time wall = t0;
        struct clock_state clock = clock_start(w0, ONE, wall);
        int64_t last = clock_now_us(&clock, wall);
        for (int i = 0; i < 300; i++) {
            disturb(&clock, &wall, &seed);
            int64_t now = clock_now_us(&clock, wall);
            clock_observe(&clock, wall); /* it was shown */
            if (now < last)
                fail_msg("run %u, operation %d: %lld us back", run, i, (long long)(last - now));
            assert_true(now <= WORLD_TIME_LAST.s * SECOND);
            assert_true(clock.reached_us <= now);
            last = now;
        }
    }
}

static void past_is_measured_in_wall_time(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 2 * ONE, t0);
    assert_int_equal(clock_past_us(&clock, world_plus(w0, 60), later(40 * SECOND)), 10 * SECOND);
    assert_int_equal(clock_past_us(&clock, world_plus(w0, 60), later(30 * SECOND)), 0);
    assert_int_equal(clock_past_us(&clock, world_plus(w0, 60), later(0)), 0);
    /* From before the clock was set, here by an advance: not for longer than since then. */
    assert_int_equal(clock_advance(&clock, world_plus(w0, 86400), later(60 * SECOND)), 0);
    assert_int_equal(clock_past_us(&clock, world_plus(w0, 7200), later(61 * SECOND)), SECOND);
    clock_set_speed(&clock, 0, later(62 * SECOND));
    assert_int_equal(clock_past_us(&clock, w0, later(70 * SECOND)), 0);
    clock_set_speed(&clock, ONE, later(70 * SECOND));
    clock_pause(&clock, later(80 * SECOND), (wall_time){0});
    assert_int_equal(clock_past_us(&clock, w0, later(90 * SECOND)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_is_measured_in_wall_time),
        cmocka_unit_test(follows_the_wall),
        cmocka_unit_test(a_speed_changes_without_a_jump),
        cmocka_unit_test(a_pause_at_speed_one_is_made_up_for),
        cmocka_unit_test(a_pause_at_another_speed_is_not),
        cmocka_unit_test(a_pause_ends_by_itself_when_it_was_to),
        cmocka_unit_test(an_advance_moves_ahead_only),
        cmocka_unit_test(a_paused_clock_can_be_advanced),
        cmocka_unit_test(a_restart_catches_up_at_speed_one),
        cmocka_unit_test(a_restart_goes_on_at_other_speeds),
        cmocka_unit_test(a_pause_that_ended_unattended_at_other_speeds),
        cmocka_unit_test(a_long_absence_is_held),
        cmocka_unit_test(a_paused_clock_stays_paused_over_a_restart),
        cmocka_unit_test(a_step_back_is_waited_out),
        cmocka_unit_test(a_step_forward_is_followed_up_to_a_week),
        cmocka_unit_test(a_step_undone_needs_no_confirmation),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(the_wall_time_of_an_instant_is_exact),
        cmocka_unit_test(never_goes_back_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
