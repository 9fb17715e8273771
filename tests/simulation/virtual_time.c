#include "simulation/virtual_time.h"

#include <assert.h>

#define SLEW_PPM 500 /* the most that the kernel does by default */

struct virtual_time virtual_time_at(int64_t wall_us)
{
    return (struct virtual_time){.wall_us = wall_us, .mono_us = 1000000, .slew_ppm = SLEW_PPM};
}

static void note_read(struct virtual_time *time)
{
    time->reads++;
    if (time->read_us > 0)
        virtual_time_pass(time, time->read_us);
}

static wall_time read_wall(void *context)
{
    struct virtual_time *time = context;
    note_read(time);
    return (wall_time){time->wall_us};
}

static mono_time read_mono(void *context)
{
    struct virtual_time *time = context;
    note_read(time);
    return (mono_time){time->mono_us};
}

struct time_source virtual_time_source(struct virtual_time *time)
{
    return (struct time_source){read_wall, read_mono, time};
}

/* What a slew gives in the time that passes, towards `slew_us` and not beyond it. */
static int64_t slewed(struct virtual_time *time, int64_t us)
{
    int64_t left = time->slew_us < 0 ? -time->slew_us : time->slew_us;
    int64_t most = time->slew_rest + us % 1000000 * time->slew_ppm;
    int64_t by = us / 1000000 * time->slew_ppm + most / 1000000;
    time->slew_rest = most % 1000000;
    if (by >= left) {
        by = left;
        time->slew_rest = 0;
    }
    by = time->slew_us < 0 ? -by : by;
    time->slew_us -= by;
    return by;
}

void virtual_time_pass(struct virtual_time *time, int64_t us)
{
    assert(us >= 0);
    time->mono_us += us;
    time->wall_us += us + (time->slew_us != 0 ? slewed(time, us) : 0);
}

void virtual_time_step(struct virtual_time *time, int64_t by_us)
{
    time->wall_us += by_us;
    time->slew_us = 0;
    time->slew_rest = 0;
    time->steps++;
}

void virtual_time_slew(struct virtual_time *time, int64_t by_us)
{
    time->slew_us += by_us;
}

void virtual_time_boot(struct virtual_time *time, int64_t off_us)
{
    assert(off_us >= 0);
    time->wall_us += off_us;
    time->mono_us = 1000000;
    time->slew_us = 0;
    time->slew_rest = 0;
}
