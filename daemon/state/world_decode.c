/* World state: from all that the database says of a world. */
#include <errno.h>
#include <string.h>

#include "state/act.h"
#include "state/world_state.h"

static int decode_streams(const struct store_description *description, struct world_state *state,
                          struct fault *fault)
{
    unsigned seen = 0;
    for (size_t i = 0; i < description->stream_count; i++) {
        const struct store_stream *row = &description->streams[i];
        enum stream_id id;
        if (stream_by_name(row->name, &id) < 0)
            return fault_set(fault, -EPROTO,
                             "%s names the stream '%s', which this version does not know",
                             SCHEMA_STREAM, row->name);
        if (i > 0 && row->generation != state->generation)
            return fault_set(fault, -EPROTO, "%s: streams have different generations",
                             SCHEMA_STREAM);
        world_state_take_stream(state, id, row);
        state->generation = row->generation;
        seen |= 1u << id;
    }
    if (seen != STREAMS_ALL)
        return fault_set(fault, -EPROTO, "%s lacks a stream", SCHEMA_STREAM);
    return 0;
}

/* Acts of former worlds are kept for the history. */
static int decode_acts(const struct store_description *description, struct world_state *state,
                       struct fault *fault)
{
    for (size_t i = 0; i < description->act_count; i++) {
        const struct store_act *row = &description->acts[i];
        struct act act;
        state->last_seq = row->seq;
        if (strcmp(row->world_id, state->world_id) != 0)
            continue;
        int result = act_decode(row, &act, fault);
        if (result < 0)
            return result == -ENOENT ? -ENOTSUP : result;
        if (act_info(act.kind)->model != NULL) {
            struct world_act made = act_info(act.kind)->model(&act);
            world_state_add_act(state, &made);
        }
    }
    for (size_t i = 0; i < description->gap_count; i++) {
        const struct store_gap *gap = &description->gaps[i];
        struct world_act made = {.kind = WORLD_ACT_GAP, .at = gap->from, .until = gap->until};
        if (stream_by_name(gap->stream, &made.stream) == 0)
            world_state_add_act(state, &made);
    }
    return 0;
}

int world_state_decode(const struct store_description *description, struct world_state *ret_state,
                       struct fault *fault)
{
    struct world_state state = {.generation = 0};
    int result = world_state_read_pairs(&state, description, fault);
    if (result == 0)
        result = decode_streams(description, &state, fault);
    if (result == 0)
        result = decode_acts(description, &state, fault);
    if (result < 0) {
        world_state_done(&state);
        return result;
    }
    *ret_state = state;
    return 0;
}
