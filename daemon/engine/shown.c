/* The world that everybody is shown: the writer's snapshot with the acts over it that the database
 * does not know yet. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine_parts.h"

static void use_zone(struct engine *engine)
{
    const char *wanted = engine->has_world ? engine->shown.timezone : engine->config->timezone;
    if (engine->zone != NULL && strcmp(zone_name(engine->zone), wanted) == 0)
        return;
    struct fault fault;
    struct zone *zone = NULL;
    if (zone_load(wanted, &zone, &fault) < 0)
        return; /* the writer could not load it either and says so */
    zone_free(engine->zone);
    engine->zone = zone;
    engine->scheduler.cache = (struct due_cache){0};
}

static void tell_halted(struct engine *engine)
{
    const struct world_state *shown = &engine->shown;
    unsigned halted = shown->clock.paused || shown->clock.held ? WRITER_HALT_WORLD : 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        halted |= shown->streams[i].paused ? 1u << i : 0;
    if (halted == engine->halted)
        return;
    engine->halted = halted;
    writer_halt(engine->writer, halted);
}

static void apply_pending(struct engine *engine)
{
    struct act_effect *effect = MEM_NEW(struct act_effect);
    struct fault refused;
    for (size_t i = 0; i < engine->pending.count; i++) {
        struct pending_act *item = &engine->pending.items[i];
        if (item->number == 0 || item->number > engine->snapshot.acts_done)
            (void)act_apply(&item->act, &engine->shown, effect, &refused);
    }
    free(effect);
}

/* `reached_us`: how far this very world was shown. What the database holds comes first, so that an
 * act here and there starts from the same. */
static void make(struct engine *engine, int64_t reached_us)
{
    world_state_done(&engine->shown);
    engine->has_world = engine->snapshot.has_world && engine->phase != ENGINE_STARTS;
    if (engine->has_world)
        engine->shown = world_state_copy(&engine->snapshot.world);
    else /* not known yet: what is pending shows all the same */
        engine->shown = (struct world_state){.clock = {.speed = engine->config->speed}};
    apply_pending(engine);
    if (engine->shown.clock.reached_us < reached_us)
        engine->shown.clock.reached_us = reached_us;
    use_zone(engine);
    tell_halted(engine);
}

void shown_remake(struct engine *engine)
{
    make(engine, engine->has_world ? engine->shown.clock.reached_us : 0);
}

/* Only this very state of this world binds what is shown: the clock of a database that was restored
 * is what it says. */
void shown_look(struct engine *engine)
{
    struct snapshot fresh;
    writer_look(engine->writer, &fresh);
    bool same = engine->has_world && fresh.has_world && fresh.reread == engine->snapshot.reread &&
                fresh.world.generation == engine->snapshot.world.generation &&
                strcmp(fresh.world.world_id, engine->snapshot.world.world_id) == 0;
    int64_t reached_us = same ? engine->shown.clock.reached_us : 0;
    snapshot_done(&engine->snapshot);
    engine->snapshot = fresh;
    engine->looked_at = engine->now.mono;
    make(engine, reached_us);
}

void engine_changed(struct engine *engine)
{
    if (engine->hooks.changed != NULL)
        engine->hooks.changed(engine->hooks.changed_context);
}
