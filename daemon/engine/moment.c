/* The one place that reads the clocks, and what follows from them. */
#include "engine/engine_parts.h"

#define STEP_US INT64_C(500000) /* a smaller difference of the clocks is adjustment, not a step */
#define LULL_US INT64_C(50000)  /* between two readings that do not belong together */
#define TRIES   3

static struct moment read_both(const struct engine *engine)
{
    struct moment now = {.mono = outside_mono(engine->outside)};
    for (int i = 0; i < TRIES; i++) {
        now.wall = outside_wall(engine->outside);
        mono_time after = outside_mono(engine->outside);
        if (after.us - now.mono.us < LULL_US)
            break;
        now.mono = after;
    }
    return now;
}

static wall_time wall_at(const struct engine *engine, mono_time mono)
{
    return (wall_time){engine->now.wall.us + (mono.us - engine->now.mono.us)};
}

wall_time moment_wall(const struct engine *engine)
{
    return wall_at(engine, outside_mono(engine->outside));
}

int64_t moment_read(struct engine *engine)
{
    struct moment now = read_both(engine);
    wall_time expected = wall_at(engine, now.mono);
    int64_t step = now.wall.us - expected.us;
    if (engine->has_world)
        clock_observe(&engine->shown.clock, expected);
    engine->now = now;
    return step >= STEP_US || step <= -STEP_US ? step : 0;
}

world_time moment_world(const struct engine *engine)
{
    return clock_now(&engine->shown.clock, engine->now.wall);
}
