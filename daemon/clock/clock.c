#include "clock/clock.h"

#include <assert.h>
#include <errno.h>

#define SECOND_US INT64_C(1000000)
#define LAST_US   (WORLD_TIME_LAST.s * SECOND_US)

/* A product of a span of time and a speed may need more than 64 bits. */
typedef __int128 wide;

static wide floor_div(wide value, wide by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

/* What the anchor and the wall say, whether or not the clock is held or was further already. */
static int64_t follow(const struct clock_state *clock, wall_time wall)
{
    wide passed = (wide)wall.us - clock->anchor_wall.us;
    wide world = clock->anchor_world_us + floor_div(passed * clock->speed, CLOCK_SPEED_ONE);
    if (world > LAST_US)
        return LAST_US;
    return world < 0 ? 0 : (int64_t)world;
}

static void rebase(struct clock_state *clock, int64_t world_us, wall_time wall)
{
    clock->anchor_world_us = world_us;
    clock->anchor_wall = wall;
}

static bool stands(const struct clock_state *clock)
{
    return clock->paused || clock->held;
}

struct clock_state clock_start(world_time start, int64_t speed, wall_time wall)
{
    assert(speed >= 0 && speed <= CLOCK_SPEED_MAX);
    return (struct clock_state){
        .anchor_world_us = start.s * SECOND_US,
        .anchor_wall = wall,
        .speed = speed,
        .reached_us = start.s * SECOND_US,
        .seen = wall,
    };
}

int64_t clock_now_us(const struct clock_state *clock, wall_time wall)
{
    if (stands(clock))
        return clock->reached_us;
    int64_t world = follow(clock, wall);
    return world > clock->reached_us ? world : clock->reached_us;
}

world_time clock_now(const struct clock_state *clock, wall_time wall)
{
    return (world_time){clock_now_us(clock, wall) / SECOND_US};
}

void clock_observe(struct clock_state *clock, wall_time wall)
{
    clock->reached_us = clock_now_us(clock, wall);
    clock->seen = wall;
}

void clock_set_speed(struct clock_state *clock, int64_t speed, wall_time wall)
{
    assert(speed >= 0 && speed <= CLOCK_SPEED_MAX);
    clock_observe(clock, wall);
    if (speed == clock->speed)
        return;
    rebase(clock, clock->reached_us, clock->held ? clock->anchor_wall : wall);
    clock->speed = speed;
}

void clock_pause(struct clock_state *clock, wall_time wall, wall_time resumes_at)
{
    clock_observe(clock, wall);
    if (!clock->paused)
        clock->paused_at = wall;
    clock->paused = true;
    clock->resumes_at = resumes_at;
}

static void go_on(struct clock_state *clock, wall_time wall)
{
    if (clock->speed != CLOCK_SPEED_ONE)
        rebase(clock, clock->reached_us, wall);
}

static void end_pause(struct clock_state *clock)
{
    clock->paused = false;
    clock->paused_at.us = 0;
    clock->resumes_at.us = 0;
}

void clock_resume(struct clock_state *clock, wall_time wall)
{
    if (!stands(clock))
        return;
    go_on(clock, wall);
    end_pause(clock);
    clock->held = false;
    clock_observe(clock, wall);
}

/* Another point of the same line at speed 1; at other speeds the line begins anew, at what was
 * reached. */
static void move_anchor(struct clock_state *clock, wall_time wall)
{
    wide world = clock->anchor_world_us + ((wide)wall.us - clock->anchor_wall.us);
    if (clock->speed != CLOCK_SPEED_ONE)
        rebase(clock, clock->reached_us, wall);
    else if (world >= 0 && world <= LAST_US)
        rebase(clock, (int64_t)world, wall);
}

/* While held, the anchor is at the last wall time that nobody doubts. */
static void hold(struct clock_state *clock, wall_time right)
{
    if (clock->held)
        return;
    clock->held = true;
    move_anchor(clock, right);
}

/* The wall went back: no further than a week from where it was last right, nothing is left to
 * confirm. */
static void release(struct clock_state *clock, wall_time wall)
{
    wide left = (wide)wall.us - clock->anchor_wall.us;
    if (!clock->held || left > CLOCK_STEP_LIMIT_S * SECOND_US)
        return;
    clock->held = false;
    move_anchor(clock, wall);
}

bool clock_resume_due(struct clock_state *clock, wall_time wall)
{
    if (!clock->paused || clock->resumes_at.us == 0 || wall.us < clock->resumes_at.us)
        return false;
    /* Down time after the pause's end, or a step of the wall, moved the anchor: it stays there. */
    if (!clock->held)
        go_on(clock, clock->resumes_at.us > clock->anchor_wall.us ? clock->resumes_at
                                                                  : clock->anchor_wall);
    end_pause(clock);
    clock_observe(clock, wall);
    return true;
}

int clock_advance(struct clock_state *clock, world_time to, wall_time wall)
{
    if (world_before(WORLD_TIME_LAST, to))
        return -ERANGE;
    clock_observe(clock, wall);
    int64_t to_us = to.s * SECOND_US;
    if (to_us <= clock->reached_us)
        return 0;
    /* A pause or a hold at speed 1 may owe more than this: its end still jumps there. */
    if (clock->speed != CLOCK_SPEED_ONE)
        rebase(clock, to_us, clock->held ? clock->anchor_wall : wall);
    else if (to_us > follow(clock, wall))
        rebase(clock, to_us, wall);
    clock->reached_us = to_us;
    return 0;
}

/* At speed 1: how far the wall is ahead of what was reached. */
static int64_t owed(const struct clock_state *clock, wall_time wall)
{
    int64_t world = follow(clock, wall);
    return world > clock->reached_us ? world - clock->reached_us : 0;
}

int64_t clock_restart(struct clock_state *clock, wall_time wall, int64_t limit_s)
{
    wall_time left = clock->seen;
    int64_t away = (int64_t)(((wide)wall.us - left.us) / SECOND_US);
    clock->seen = wall;
    if (clock->speed != CLOCK_SPEED_ONE) {
        if (!clock->held)
            rebase(clock, clock->reached_us, wall);
        return 0;
    }
    /* A pause's length is the operator's will, the daemon's absence is not. */
    int64_t passed = clock->paused ? 0 : owed(clock, wall) / SECOND_US;
    if ((clock->paused ? away : passed) > limit_s)
        hold(clock, left);
    return passed;
}

/* Without the step the wall would show this. */
static wall_time unstepped(wall_time wall, int64_t step_us)
{
    int64_t us;
    if (__builtin_sub_overflow(wall.us, step_us, &us))
        us = step_us < 0 ? INT64_MAX : INT64_MIN;
    return (wall_time){us};
}

void clock_stepped(struct clock_state *clock, wall_time wall, int64_t step_us)
{
    wall_time before = unstepped(wall, step_us);
    clock_observe(clock, before);
    if (!clock->held && clock->speed != CLOCK_SPEED_ONE)
        rebase(clock, clock->reached_us, wall);
    if (step_us > CLOCK_STEP_LIMIT_S * SECOND_US && clock->speed > 0)
        hold(clock, before);
    else if (step_us < 0)
        release(clock, wall);
    clock_observe(clock, wall);
}

/* The first wall time that gives this world time; false: after all that there are. Speed > 0. */
static bool wall_at(const struct clock_state *clock, wide world_us, wall_time *ret_wall)
{
    wide needed = world_us - clock->anchor_world_us;
    wide us = clock->anchor_wall.us - floor_div(-needed * CLOCK_SPEED_ONE, clock->speed);
    if (us > INT64_MAX)
        return false;
    ret_wall->us = (int64_t)us;
    return true;
}

bool clock_wall_of(const struct clock_state *clock, world_time at, wall_time wall,
                   wall_time *ret_wall)
{
    if (stands(clock) || world_before(WORLD_TIME_LAST, at))
        return false;
    if (at.s <= clock_now(clock, wall).s) {
        *ret_wall = wall;
        return true;
    }
    return clock->speed > 0 && wall_at(clock, (wide)at.s * SECOND_US, ret_wall);
}

int64_t clock_past_us(const struct clock_state *clock, world_time at, wall_time wall)
{
    wall_time since;
    if (stands(clock) || clock->speed == 0 || !wall_at(clock, (wide)at.s * SECOND_US, &since))
        return 0;
    if (since.us < clock->anchor_wall.us)
        since = clock->anchor_wall;
    return since.us < wall.us ? wall.us - since.us : 0;
}

bool clock_stands_until(const struct clock_state *clock, wall_time wall, wall_time *ret_until)
{
    if (stands(clock) || clock->speed == 0 || clock->reached_us >= LAST_US ||
        follow(clock, wall) >= clock->reached_us)
        return false;
    return wall_at(clock, clock->reached_us, ret_until);
}
