#include "writer/pump.h"

static int commit(const struct pump *pump, enum stream_id stream, struct pump_place *place,
                  world_time to, struct store_outcome *ret_outcome, struct fault *fault)
{
    const struct store_batch batch = {
        .world_id = pump->world_id,
        .generation = pump->generation,
        .made = pump->made,
        .stream = stream_info(stream)->name,
        .started = place->started,
        .from = place->stored,
        .to = to,
        .skips_refused = (pump->rules->skips & 1u << stream) != 0,
        .fill = &pump->rules->fills[stream],
        .changes = pump->changes,
    };
    if (pump->begin != NULL && !pump->begin(pump->context, stream, pump->changes->count > 0))
        return 0;
    int result = store_commit(pump->store, pump->shadow, &batch, ret_outcome, fault);
    if (result == 0)
        *place = (struct pump_place){.started = true, .stored = to, .reached = to};
    return result;
}

int pump_batch(const struct pump *pump, enum stream_id stream, struct pump_place *place,
               world_time to, struct store_outcome *ret_outcome, struct fault *fault)
{
    world_time reached = to;
    change_list_clear(pump->changes);
    int result = world_changes(pump->world, stream, place->reached, to, pump->limit,
                               change_list_gather, pump->changes, &reached);
    if (result < 0)
        return fault_set(fault, result, "internal error: the model of %s failed",
                         stream_info(stream)->name);
    if (pump->changes->count > 0 || !place->started)
        return commit(pump, stream, place, reached, ret_outcome, fault);
    place->reached = reached;
    return 0;
}

int pump_flush(const struct pump *pump, enum stream_id stream, struct pump_place *place,
               struct fault *fault)
{
    struct store_outcome none = {0};
    if (!world_before(place->stored, place->reached))
        return 0;
    change_list_clear(pump->changes);
    return commit(pump, stream, place, place->reached, &none, fault);
}
