#include "state/world_state.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct act_list {
    atomic_uint users; /* a list with more than one is never changed */
    size_t count;
    struct world_act items[];
};

static void release(struct act_list *list)
{
    if (list != NULL && atomic_fetch_sub(&list->users, 1) == 1)
        free(list);
}

struct world_state world_state_copy(const struct world_state *state)
{
    struct world_state copy = *state;
    if (copy.acts != NULL)
        (void)atomic_fetch_add(&copy.acts->users, 1);
    return copy;
}

bool world_state_can_go_on(const struct world_state *state)
{
    return state->model == WORLD_MODEL || state->model == 0;
}

void world_state_done(struct world_state *state)
{
    release(state->acts);
    *state = (struct world_state){0};
}

void world_state_add_act(struct world_state *state, const struct world_act *act)
{
    struct act_list *old = state->acts;
    size_t count = old != NULL ? old->count : 0;
    size_t size = sizeof *old + (count + 1) * sizeof *act;
    struct act_list *list;
    if (old != NULL && atomic_load(&old->users) == 1) {
        list = mem_grow(old, size, 1);
    } else {
        list = mem_zero(size, 1);
        atomic_init(&list->users, 1);
        if (count > 0)
            memcpy(list->items, old->items, count * sizeof *act);
        release(old);
    }
    list->items[count] = *act;
    list->count = count + 1;
    state->acts = list;
}

const struct world_act *world_state_acts(const struct world_state *state, size_t *ret_count)
{
    *ret_count = state->acts != NULL ? state->acts->count : 0;
    return state->acts != NULL ? state->acts->items : NULL;
}

/* Acts count from their instant on, the later of two for the same instant last. */
struct stream_tempo world_state_tempo(const struct world_state *state, enum stream_id stream,
                                      world_time at)
{
    struct stream_tempo tempo = {.factor = WORLD_TEMPO_ONE, .after = WORLD_TEMPO_ONE};
    size_t count;
    const struct world_act *acts = world_state_acts(state, &count);
    for (size_t i = 0; i < count; i++) {
        const struct world_act *act = &acts[i];
        if (act->kind != WORLD_ACT_TEMPO || act->stream != stream || world_before(at, act->at))
            continue;
        if (act->until.s == 0)
            tempo.after = act->value;
        bool passing = act->until.s != 0 && world_before(at, act->until);
        tempo.factor = passing ? act->value : tempo.after;
        tempo.until = passing ? act->until : (world_time){0};
    }
    return tempo;
}

bool world_state_enabled(const struct world_state *state, enum stream_id stream, world_time at)
{
    bool enabled = true;
    size_t count;
    const struct world_act *acts = world_state_acts(state, &count);
    for (size_t i = 0; i < count; i++)
        if (acts[i].kind == WORLD_ACT_ENABLE && acts[i].stream == stream &&
            !world_before(at, acts[i].at))
            enabled = acts[i].value != 0;
    return enabled;
}

void world_state_streams(const struct world_state *state, struct store_stream streams[STREAM_COUNT])
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_state *from = &state->streams[i];
        struct store_stream *to = &streams[i];
        *to = (struct store_stream){
            .generation = state->generation,
            .watermark = from->watermark,
            .not_before = from->not_before,
            .started = from->started,
            .rows = from->rows,
            .skipped = from->skipped,
            .paused = from->paused,
            .paused_at = from->paused_at,
            .paused_wall_us = from->paused_wall_us,
            .resumes_wall_us = from->resumes_wall_us,
        };
        (void)snprintf(to->name, sizeof to->name, "%s", stream_info((enum stream_id)i)->name);
        memcpy(to->paused_by, from->paused_by, sizeof to->paused_by);
        memcpy(to->reason, from->reason, sizeof to->reason);
        memcpy(to->world_id, state->world_id, sizeof to->world_id);
    }
}

void world_state_take_stream(struct world_state *state, enum stream_id stream,
                             const struct store_stream *from)
{
    struct stream_state *to = &state->streams[stream];
    *to = (struct stream_state){
        .paused = from->paused,
        .started = from->started,
        .watermark = from->watermark,
        .not_before = from->not_before,
        .rows = from->rows,
        .skipped = from->skipped,
        .paused_at = from->paused_at,
        .paused_wall_us = from->paused_wall_us,
        .resumes_wall_us = from->resumes_wall_us,
    };
    memcpy(to->paused_by, from->paused_by, sizeof to->paused_by);
    memcpy(to->reason, from->reason, sizeof to->reason);
}
