/* One turn of the loop: it reads the clocks, notes a step of the wall, takes what the threads sent,
 * ends pauses and tempos whose time is up, hands over what is due and arms the next wake. */
#include <stdio.h>

#include "engine/engine_parts.h"

#define HUNG_US INT64_C(90000000) /* a database call that shows no progress for so long is cut */
#define LOOK_US INT64_C(30000000) /* the writer is looked at so often, whether it tells or not */

/* A step is noted before anything else uses the new wall time. */
static void note_step(struct engine *engine, int64_t step_us)
{
    struct act_taken taken;
    struct fault fault;
    if (step_us == 0 || !engine->has_world)
        return;
    struct act act = act_own(engine, ACT_STEPPED, NULL);
    act.stepped = (struct act_stepped){step_us, engine->shown.clock.anchor_wall};
    (void)act_take(engine, &act, &(struct act_how){0}, &taken, &fault);
}

static bool hangs(const struct engine *engine)
{
    mono_time began = engine->snapshot.call_began;
    return began.us != 0 && engine->now.mono.us - began.us > HUNG_US;
}

static void watch_writer(struct engine *engine)
{
    if (hangs(engine) || engine->now.mono.us - engine->looked_at.us >= LOOK_US)
        shown_look(engine);
    if (hangs(engine))
        writer_cut(engine->writer);
}

void engine_turn(struct engine *engine)
{
    if (engine->turning) /* from a callback: the turn goes on */
        return;
    engine->turning = true;
    note_step(engine, moment_read(engine));
    writer_tell_wall(engine->writer, engine->now.wall, engine->now.mono);
    mail_take(engine);
    watch_writer(engine);
    if (engine->phase == ENGINE_RUNS) {
        act_end_due(engine);
        scheduler_serve(engine);
    }
    scheduler_sum_up(engine, false);
    request_waiting(engine);
    scheduler_arm(engine);
    engine->turning = false;
    if (engine->hooks.turned != NULL)
        engine->hooks.turned(engine->hooks.turned_context);
}

int64_t engine_next_wake(const struct engine *engine)
{
    int64_t left = engine->scheduler.wake_at.us - outside_mono(engine->outside).us;
    return left > 0 ? left : 0;
}
