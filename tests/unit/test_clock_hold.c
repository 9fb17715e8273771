/* Holds of the world clock: what begins and ends them, and how long a step back lasts. */
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

/* A way into a hold and out of it again, in days. */
struct undone {
    const char *name;
    int64_t speed;
    int64_t forward, meanwhile, back; /* a step, time that passes, a step */
    bool paused;
    bool held; /* in the end */
};

static const struct undone undone_cases[] = {
    {"undone at once", ONE, 8, 0, 8, false, false},
    {"undone after a day", ONE, 8, 1, 8, false, false},
    {"by more than it was", ONE, 8, 0, 9, false, false},
    {"in part, less than a week left", ONE, 8, 0, 3, false, false},
    {"in part, a week left", ONE, 20, 0, 13, false, false},
    {"in part, more than a week left", ONE, 20, 0, 12, false, true},
    {"in part, and time went by", ONE, 20, 1, 13, false, true},
    {"paused", ONE, 8, 0, 8, true, false},
    {"paused, in part", ONE, 20, 0, 12, true, true},
    {"faster", 10 * ONE, 8, 0, 8, false, false},
    {"faster, in part, less than a week left", 10 * ONE, 8, 0, 3, false, false},
    {"faster, in part, more than a week left", 10 * ONE, 20, 0, 12, false, true},
    {"slower", ONE / 10, 8, 1, 8, false, false},
    {"slower, paused", ONE / 10, 8, 1, 8, true, false},
    {"faster, paused, in part", 10 * ONE, 20, 0, 12, true, true},
};

static void expect_undone(const struct undone *one)
{
    struct clock_state clock = clock_start(w0, one->speed, t0);
    /* A pause that is longer than a week is the operator's will, and needs no confirmation. */
    int64_t at = 30 * DAY;
    if (one->paused)
        clock_pause(&clock, later(HOUR), (wall_time){0});
    int64_t reached = shown(&clock, at);
    at += one->forward * DAY;
    clock_stepped(&clock, later(at), one->forward * DAY);
    assert_true(clock.held);
    at += one->meanwhile * DAY;
    assert_int_equal(shown(&clock, at), reached);
    at -= one->back * DAY;
    clock_stepped(&clock, later(at), -one->back * DAY);
    if (clock.held != one->held)
        fail_msg("%s: %s", one->name, clock.held ? "held" : "not held");
    assert_int_equal(clock.paused, one->paused);
    bool follows = one->speed == ONE && !one->held && !one->paused;
    int64_t now = follows && at > reached ? at : reached;
    if (shown(&clock, at) != now)
        fail_msg("%s: %lld instead of %lld", one->name, (long long)shown(&clock, at),
                 (long long)now);
    clock_resume(&clock, later(at));
    int64_t day_after = one->speed == ONE ? at + DAY : reached + DAY * one->speed / ONE;
    assert_int_equal(shown(&clock, at + DAY), day_after > reached ? day_after : reached);
}

static void a_hold_ends_where_the_wall_is_set_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(undone_cases); i++)
        expect_undone(&undone_cases[i]);
}

static void a_second_step_does_not_move_the_hold(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    clock_stepped(&clock, later(9 * DAY), 9 * DAY);
    clock_stepped(&clock, later(18 * DAY), 9 * DAY);
    clock_stepped(&clock, later(9 * DAY), -9 * DAY);
    assert_true(clock.held);
    clock_stepped(&clock, later(2 * DAY), -7 * DAY);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 2 * DAY), 2 * DAY);
}

/* A machine that came up with a wrong clock, which was then set right. */
static void an_absence_undone_needs_no_confirmation(void **state)
{
    (void)state;
    for (int paused = 0; paused <= 1; paused++) {
        struct clock_state clock = clock_start(w0, ONE, t0);
        if (paused == 1)
            clock_pause(&clock, later(0), (wall_time){0});
        clock_observe(&clock, later(20 * DAY));
        clock_restart(&clock, later(520 * DAY), 400 * 86400);
        assert_true(clock.held);
        clock_stepped(&clock, later(420 * DAY), -100 * DAY);
        assert_true(clock.held);
        clock_stepped(&clock, later(21 * DAY), -399 * DAY);
        assert_false(clock.held);
        assert_int_equal(shown(&clock, 22 * DAY), paused == 1 ? 0 : 22 * DAY);
    }
}

/* Two daemons on one database see the same step: each finds the anchor where it was, or not. */
static void a_hold_moves_the_anchor(void **state)
{
    (void)state;
    static const int64_t speeds[] = {ONE, 10 * ONE};
    for (size_t i = 0; i < COUNT(speeds); i++) {
        struct clock_state clock = clock_start(w0, speeds[i], t0);
        wall_time anchor = clock.anchor_wall;
        clock_stepped(&clock, later(9 * DAY), 8 * DAY);
        assert_int_equal(clock.anchor_wall.us, later(DAY).us);
        assert_int_not_equal(clock.anchor_wall.us, anchor.us);
        anchor = clock.anchor_wall;
        clock_stepped(&clock, later(DAY + HOUR), -8 * DAY);
        assert_false(clock.held);
        assert_int_not_equal(clock.anchor_wall.us, anchor.us);
    }
}

static void a_speed_changed_while_held_keeps_the_hold(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 10 * ONE, t0);
    clock_stepped(&clock, later(20 * DAY), 20 * DAY);
    clock_set_speed(&clock, ONE, later(20 * DAY));
    clock_stepped(&clock, later(10 * DAY), -10 * DAY);
    assert_true(clock.held);
    clock_stepped(&clock, later(HOUR), -10 * DAY + HOUR);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, HOUR), HOUR);
    assert_int_equal(shown(&clock, DAY), DAY);
    clock = clock_start(w0, ONE, t0);
    clock_stepped(&clock, later(20 * DAY), 20 * DAY);
    clock_set_speed(&clock, 10 * ONE, later(20 * DAY));
    clock_stepped(&clock, later(10 * DAY), -10 * DAY);
    assert_true(clock.held);
    assert_int_equal(clock_advance(&clock, world_plus(w0, 3600), later(10 * DAY)), 0);
    assert_int_equal(clock_restart(&clock, later(11 * DAY), 86400), 0);
    clock_stepped(&clock, later(9 * DAY), -2 * DAY);
    assert_true(clock.held);
    clock_stepped(&clock, later(HOUR), -9 * DAY + HOUR);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 2 * HOUR), 11 * HOUR);
}

/* The pause ends by itself, the hold does not, and is still told from where it began. */
static void a_pause_that_ends_while_held(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, 10 * ONE, t0);
    clock_pause(&clock, later(0), later(15 * DAY));
    clock_stepped(&clock, later(20 * DAY), 20 * DAY);
    assert_true(clock_resume_due(&clock, later(20 * DAY)));
    clock_stepped(&clock, later(10 * DAY), -10 * DAY);
    assert_true(clock.held);
    assert_int_equal(shown(&clock, 10 * DAY), 0);
    clock_stepped(&clock, later(6 * DAY), -4 * DAY);
    assert_false(clock.held);
    assert_int_equal(shown(&clock, 6 * DAY + HOUR), 10 * HOUR);
}

static bool stands_until(const struct clock_state *clock, int64_t us, int64_t until)
{
    wall_time found = {0};
    bool stands = clock_stands_until(clock, later(us), &found);
    assert_int_equal(found.us, stands ? later(until).us : 0);
    return stands;
}

static void says_until_when_a_step_back_lasts(void **state)
{
    (void)state;
    struct clock_state clock = clock_start(w0, ONE, t0);
    assert_false(stands_until(&clock, 0, 0));
    clock_stepped(&clock, later(HOUR), -DAY);
    assert_true(stands_until(&clock, HOUR, DAY + HOUR));
    assert_true(stands_until(&clock, DAY + HOUR - 1, DAY + HOUR));
    assert_false(stands_until(&clock, DAY + HOUR, 0));
    assert_int_equal(shown(&clock, DAY + HOUR), DAY + HOUR);
    assert_int_equal(shown(&clock, DAY + HOUR + 1), DAY + HOUR + 1);
    struct clock_state other = clock;
    clock_pause(&other, later(2 * HOUR), (wall_time){0});
    assert_false(stands_until(&other, 2 * HOUR, 0));
    clock_resume(&other, later(3 * HOUR));
    assert_true(stands_until(&other, 3 * HOUR, DAY + HOUR));
    clock_stepped(&other, later(20 * DAY), 20 * DAY - 3 * HOUR);
    assert_true(other.held);
    assert_false(stands_until(&other, 20 * DAY, 0));
    other = clock;
    clock_set_speed(&other, 0, later(2 * HOUR));
    assert_false(stands_until(&other, 2 * HOUR, 0));
    /* Advanced: it goes on from there. */
    other = clock;
    assert_int_equal(clock_advance(&other, world_plus(w0, 30 * 86400), later(2 * HOUR)), 0);
    assert_false(stands_until(&other, 2 * HOUR, 0));
    /* At other speeds world time goes on at once. */
    clock = clock_start(w0, 10 * ONE, t0);
    clock_stepped(&clock, later(HOUR), -DAY);
    assert_false(stands_until(&clock, HOUR, 0));
    /* While the daemon was down the wall went back: as a step does. */
    clock = clock_start(w0, ONE, t0);
    clock_observe(&clock, later(DAY));
    clock_restart(&clock, later(HOUR), 86400);
    assert_true(stands_until(&clock, HOUR, DAY));
    /* After its end world time does not move again. */
    clock = clock_start(WORLD_TIME_LAST, ONE, t0);
    clock_stepped(&clock, later(-HOUR), -HOUR);
    assert_false(stands_until(&clock, -HOUR, 0));
    clock = clock_start(w0, ONE / 3, t0);
    clock_observe(&clock, later(HOUR));
    assert_true(stands_until(&clock, 0, HOUR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_ends_where_the_wall_is_set_back),
        cmocka_unit_test(a_second_step_does_not_move_the_hold),
        cmocka_unit_test(an_absence_undone_needs_no_confirmation),
        cmocka_unit_test(a_hold_moves_the_anchor),
        cmocka_unit_test(a_speed_changed_while_held_keeps_the_hold),
        cmocka_unit_test(a_pause_that_ends_while_held),
        cmocka_unit_test(says_until_when_a_step_back_lasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
