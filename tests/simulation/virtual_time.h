/* virtual_time.h - the clocks of a simulated machine: they move only when the test says so. */
#ifndef CREDD_SIMULATION_VIRTUAL_TIME_H
#define CREDD_SIMULATION_VIRTUAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/system.h"

/* `mono` counts while the machine sleeps, as CLOCK_BOOTTIME does, and begins anew at a boot. */
struct virtual_time {
    int64_t wall_us, mono_us;
    int64_t slew_us;   /* by how much the wall is still to be brought forward (or back, negative) */
    int64_t slew_ppm;  /* how fast that goes: at most so many millionths of the time that passes */
    int64_t slew_rest; /* millionths of a microsecond that are due and not given yet */
    unsigned steps;    /* how often the wall was stepped: timers that watch for it end then */
    uint64_t reads;    /* how often somebody asked what time it is */
    int64_t read_us;   /* what each such question costs; 0: time stands between two of them */
};

struct virtual_time virtual_time_at(int64_t wall_us);
/* The clocks as the daemon asks them. */
struct time_source virtual_time_source(struct virtual_time *time);

/* Time passes: awake or asleep, which are the same to both clocks. */
void virtual_time_pass(struct virtual_time *time, int64_t us);
/* Somebody sets the wall clock. */
void virtual_time_step(struct virtual_time *time, int64_t by_us);
/* The wall clock is brought along by `by_us` in small pieces, as a time daemon does. */
void virtual_time_slew(struct virtual_time *time, int64_t by_us);
/* The machine was off for so long; the wall clock's own error over that time is a step. */
void virtual_time_boot(struct virtual_time *time, int64_t off_us);

#endif
