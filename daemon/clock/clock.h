/* clock.h - the world clock: how world time follows from wall time. Pure: the caller says what time
 * it is. */
#ifndef CREDD_CLOCK_CLOCK_H
#define CREDD_CLOCK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "clock/instant.h"

#define CLOCK_SPEED_ONE    INT64_C(1000000) /* speeds are in millionths */
#define CLOCK_SPEED_MAX    (INT64_C(1000000) * CLOCK_SPEED_ONE)
#define CLOCK_STEP_LIMIT_S (INT64_C(7) * 86400) /* a longer forward step of the wall is held */

/* The clock as the database stores it; everything else follows from it and the wall clock. While it
 * runs, world = anchor_world + (wall - anchor_wall) * speed, but at least `reached`. While it is
 * held, the anchor is the wall time before the jump or down time that has to be confirmed. */
struct clock_state {
    int64_t anchor_world_us;
    wall_time anchor_wall;
    int64_t speed;        /* millionths; 0 stands still */
    bool paused;          /* stands at reached_us */
    wall_time paused_at;  /* meaningful while paused */
    wall_time resumes_at; /* wall time of the automatic resume, 0: none; meaningful while paused */
    int64_t reached_us;   /* the furthest world time that was ever shown or used: never goes back */
    wall_time seen;       /* the wall time at which a daemon last saved the clock */
    bool held;            /* an operator has to confirm a jump of the wall clock, or down time */
};

/* How much of the time in which no daemon ran is caught up. */
enum catch_up {
    CATCH_UP_ALL,   /* all that happened in it */
    CATCH_UP_SKIP,  /* nothing */
    CATCH_UP_LIMIT, /* the last part of it */
};

/* A clock that starts at `start` and runs at `speed` from `wall` on. */
struct clock_state clock_start(world_time start, int64_t speed, wall_time wall);

/* World time now, in microseconds and in whole seconds (rounded down). Never less than reached_us.
 */
int64_t clock_now_us(const struct clock_state *clock, wall_time wall);
world_time clock_now(const struct clock_state *clock, wall_time wall);
/* Records that `wall` was seen, and its world time: world time cannot go back before it. */
void clock_observe(struct clock_state *clock, wall_time wall);

/* All of these rebase the clock at `wall` so that world time does not jump, unless they say so. */
void clock_set_speed(struct clock_state *clock, int64_t speed, wall_time wall);
void clock_pause(struct clock_state *clock, wall_time wall, wall_time resumes_at);
/* Ends a pause or a hold. At speed 1 world time jumps to where it would be without the pause, at
 * others it goes on from where it stood. Nothing if it runs. */
void clock_resume(struct clock_state *clock, wall_time wall);
/* Ends a pause that has expired, as of the wall time that was set for it; a hold stays. True: it
 * ended one. */
bool clock_resume_due(struct clock_state *clock, wall_time wall);
/* Moves world time ahead to `to`; nothing if it is there already. -ERANGE after WORLD_TIME_LAST. */
int clock_advance(struct clock_state *clock, world_time to, wall_time wall);

/* Applies the time in which no daemon ran (`seen` to `wall`): at speed 1 world time follows the
 * wall clock, or is held if that is more than `limit_s` of world time; at other speeds it continues
 * from `reached_us`. Returns the seconds of world time that passed without a daemon. */
int64_t clock_restart(struct clock_state *clock, wall_time wall, int64_t limit_s);
/* The wall was found stepped by `step_us` (measured against monotonic time) while running.
 * Backward: world time stands until the wall has caught up. Forward by more than
 * CLOCK_STEP_LIMIT_S: held, until it is resumed or the wall is stepped back to no more than
 * CLOCK_STEP_LIMIT_S after where it was when the hold began. At other speeds than 1 a step does not
 * move world time. To be called for a step back while held too: that is what ends the hold. Two
 * daemons that see one step: where it began or ended a hold, the anchor has moved. */
void clock_stepped(struct clock_state *clock, wall_time wall, int64_t step_us);

/* Whether world time stands, although it is neither paused nor held nor at speed 0, because the
 * wall was set back; `ret_until`: the wall time from which on it moves again. */
bool clock_stands_until(const struct clock_state *clock, wall_time wall, wall_time *ret_until);
/* The wall time at which world time will reach `at`; false if it never will (paused, held, speed
 * 0). */
bool clock_wall_of(const struct clock_state *clock, world_time at, wall_time wall,
                   wall_time *ret_wall);
/* For how long, in microseconds of wall time, world time has been past `at`; at most since the
 * clock was last set, 0 where it stands or is not there yet. */
int64_t clock_past_us(const struct clock_state *clock, world_time at, wall_time wall);

#endif
