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
    rebase(clock, clock->reached_us, wall);
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

bool clock_resume_due(struct clock_state *clock, wall_time wall)
{
    if (!clock->paused || clock->resumes_at.us == 0 || wall.us < clock->resumes_at.us)
        return false;
    /* Down time after the pause's end, or a step of the wall, moved the anchor: it stays there. */
    go_on(clock,
          clock->resumes_at.us > clock->anchor_wall.us ? clock->resumes_at : clock->anchor_wall);
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
    if (clock->speed != CLOCK_SPEED_ONE || to_us > follow(clock, wall))
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
    wide away = (wide)wall.us - clock->seen.us;
    int64_t passed = 0;
    clock->seen = wall;
    if (clock->speed != CLOCK_SPEED_ONE) {
        rebase(clock, clock->reached_us, wall);
        return 0;
    }
    if (clock->paused) { /* its length is the operator's will, the daemon's absence is not */
        clock->held = clock->held || away / SECOND_US > limit_s;
        return 0;
    }
    passed = owed(clock, wall) / SECOND_US;
    clock->held = clock->held || passed > limit_s;
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
    bool follows = clock->speed == CLOCK_SPEED_ONE;
    clock_observe(clock, before);
    if (!follows)
        rebase(clock, clock->reached_us, wall);
    if (step_us > CLOCK_STEP_LIMIT_S * SECOND_US && clock->speed > 0)
        clock->held = true;
    else if (step_us < 0 && follows && owed(clock, wall) <= CLOCK_STEP_LIMIT_S * SECOND_US)
        clock->held = false; /* the wall is back where it belongs: nothing is left to confirm */
    clock_observe(clock, wall);
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
    if (clock->speed == 0)
        return false;
    wide needed = (wide)at.s * SECOND_US - clock->anchor_world_us;
    wide passes = -floor_div(-needed * CLOCK_SPEED_ONE, clock->speed);
    wide us = clock->anchor_wall.us + passes;
    if (us > INT64_MAX)
        return false;
    ret_wall->us = (int64_t)us;
    return true;
}
