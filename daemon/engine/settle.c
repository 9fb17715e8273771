/* The start: what became of the world while no daemon ran is settled before anything else is done.
 */
#include "engine/engine_parts.h"
#include "state/owner.h"

void settled(struct engine *engine)
{
    engine->phase = ENGINE_RUNS;
    shown_remake(engine);
    act_end_due(engine);
    writer_allow_heartbeat(engine->writer);
    configured_apply(engine, NULL);
    if (world_state_can_go_on(&engine->shown)) /* else it is told with the world */
        act_tell_held(engine, &engine->shown);
    engine->scheduler.wanted = STREAMS_ALL;
    request_parked(engine);
    engine_changed(engine);
}

/* A pause whose time was up while no daemon ran ended then: what came after it is down time. At
 * other speeds the world stood still. */
static void end_over(struct engine *engine)
{
    if (engine->shown.clock.speed == CLOCK_SPEED_ONE)
        act_end_due(engine);
}

void settle(struct engine *engine)
{
    const struct world_state *world = &engine->snapshot.world;
    const struct config *config = engine->config;
    struct act_taken taken;
    struct fault fault;
    if (!engine->snapshot.has_world || engine->phase != ENGINE_STARTS)
        return;
    engine->phase = ENGINE_SETTLES;
    shown_remake(engine);
    bool alone =
        !owner_alive(world->owner, engine->owner, engine->now.wall.us - world->clock.seen.us);
    if (!alone) {
        settled(engine);
        return;
    }
    end_over(engine);
    struct act gap = act_own(engine, ACT_GAP, NULL);
    gap.gap = (struct act_gap){.catch_up = config->catch_up,
                               .limit_s = config->catch_up_limit_s,
                               .max_s = config->max_catch_up_s};
    if (act_take(engine, &gap, &(struct act_how){.insist = true}, &taken, &fault) < 0)
        settled(engine);
    else
        engine->gap = taken.number;
}
