/* World state: from all that the database says of a world. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "state/act.h"
#include "state/world_check.h"
#include "state/world_state.h"

static int decode_streams(const struct store_description *description, struct world_state *state,
                          struct fault *fault)
{
    unsigned seen = 0;
    for (size_t i = 0; i < description->stream_count; i++) {
        const struct store_stream *row = &description->streams[i];
        enum stream_id id;
        if (stream_by_name(row->name, &id) < 0)
            return fault_set(fault, -EUCLEAN,
                             "%s names the stream '%s', which this version does not know",
                             SCHEMA_STREAM, row->name);
        if (i > 0 && row->generation != state->generation)
            return fault_set(fault, -EUCLEAN,
                             "%s: the generation of %s differs from that of the others",
                             SCHEMA_STREAM, row->name);
        int result = world_check_stream(state, row, fault);
        if (result < 0)
            return result;
        world_state_take_stream(state, id, row);
        state->generation = row->generation;
        seen |= 1u << id;
    }
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if ((seen & 1u << i) == 0)
            return fault_set(fault, -EUCLEAN, "%s has no row '%s'", SCHEMA_STREAM,
                             stream_info((enum stream_id)i)->name);
    return 0;
}

/* Acts of former worlds are kept for the history. */
static int decode_act(const struct store_act *row, struct world_state *state, struct fault *fault)
{
    struct act act;
    int result = world_check_act(state, row, state->last_seq, fault);
    state->last_seq = row->seq;
    if (result < 0 || strcmp(row->world_id, state->world_id) != 0)
        return result;
    result = act_decode(row, &act, fault);
    if (result == 0 && act_info(act.kind)->model != NULL) {
        struct world_act made = act_info(act.kind)->model(&act);
        world_state_add_act(state, &made);
    }
    if (result == -ENOENT)
        return state->model > WORLD_MODEL ? 0 : -ENOTSUP;
    return result;
}

static int decode_acts(const struct store_description *description, struct world_state *state,
                       struct fault *fault)
{
    int result = 0;
    for (size_t i = 0; i < description->act_count && result == 0; i++)
        result = decode_act(&description->acts[i], state, fault);
    state->act_count = (int64_t)description->act_count;
    for (size_t i = 0; i < description->gap_count && result == 0; i++) {
        const struct store_gap *gap = &description->gaps[i];
        struct world_act made = {.kind = WORLD_ACT_GAP, .at = gap->from, .until = gap->until};
        result = world_check_gap(gap, fault);
        if (result == 0 && stream_by_name(gap->stream, &made.stream) == 0)
            world_state_add_act(state, &made);
    }
    return result;
}

/* It stands where it is found. */
static void hold(struct world_state *state)
{
    if (world_state_can_go_on(state))
        return;
    state->clock.held = true;
    (void)snprintf(state->held_why, sizeof state->held_why,
                   "this world was made by model %" PRId64
                   "; 'credctl reset' begins one of model %d",
                   state->model, WORLD_MODEL);
}

int world_state_decode(const struct store_description *description, struct world_state *ret_state,
                       struct fault *fault)
{
    struct world_state state = {.generation = 0};
    int result = world_state_read_pairs(&state, description, fault);
    if (result == 0)
        result = world_check_clock(&state, fault);
    if (result == 0)
        result = decode_streams(description, &state, fault);
    if (result == 0)
        result = decode_acts(description, &state, fault);
    if (result == 0)
        result = world_state_check_sums(&state, description, fault);
    if (result < 0) {
        world_state_done(&state);
        return result;
    }
    hold(&state);
    *ret_state = state;
    return 0;
}

bool world_state_glance(struct world_state *state, const char *world_id,
                        const struct store_stream *streams, size_t count)
{
    enum stream_id id;
    struct fault ignored;
    if (strcmp(world_id, state->world_id) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (streams[i].generation != state->generation ||
            stream_by_name(streams[i].name, &id) < 0 ||
            world_check_stream(state, &streams[i], &ignored) < 0)
            return false;
    for (size_t i = 0; i < count; i++)
        if (stream_by_name(streams[i].name, &id) == 0)
            world_state_take_stream(state, id, &streams[i]);
    return true;
}
