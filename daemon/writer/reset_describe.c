/* Reset: what the new world's own tables will say: its settings and clock, its streams, the acts of
 * former worlds and those that make it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "writer/writer_parts.h"

#define HISTORY_KEPT 500

/* Unique among the worlds of one database, whatever the clocks say. */
static void name_world(const struct writer *writer, struct world_state *state)
{
    const struct token_source *tokens = writer->outside->tokens;
    (void)snprintf(state->world_id, sizeof state->world_id, "w%011" PRIx64,
                   (uint64_t)tokens->next(tokens->context) & UINT64_C(0xfffffffffff));
}

/* A wall clock that was never set must not date a world. */
static int origin_of(const struct build *build, const struct clock_state *kept, wall_time wall,
                     world_time *ret_origin, struct fault *fault)
{
    char time[TIME_TEXT_MAX];
    world_time origin = kept != NULL            ? clock_now(kept, wall)
                        : build->next.start_now ? (world_time){wall.us / 1000000}
                                                : build->next.start_at;
    if (world_before(WORLD_TIME_LAST, origin))
        return fault_set(fault, -ERANGE, "a world cannot begin after 2037-12-31");
    if (world_before(origin, WORLD_ORIGIN_FIRST) && kept == NULL && build->next.start_now)
        return fault_set(fault, -EDOM,
                         "no world can begin: the wall clock says %s; set it, credd goes on by "
                         "itself",
                         time_text(origin.s, time));
    *ret_origin = origin;
    return 0;
}

/* That another model made the old world held it there, not its clock. */
static struct clock_state old_clock(const struct session *session, wall_time wall)
{
    struct clock_state clock = session->state.clock;
    if (world_state_can_go_on(&session->state))
        return clock;
    if (clock.paused)
        clock.held = false;
    else
        clock_resume(&clock, wall);
    return clock;
}

static int set_clock(struct build *build, wall_time wall, struct fault *fault)
{
    const struct session *session = &build->writer->session;
    const struct clock_state was = old_clock(session, wall);
    const struct clock_state *old = session->has_world ? &was : NULL;
    struct world_state *state = &build->state;
    bool keep = build->job != NULL && build->job->asked.reset.keep_clock && old != NULL;
    world_time origin = {0};
    int result = origin_of(build, keep ? old : NULL, wall, &origin, fault);
    if (result < 0)
        return result;
    state->settings.origin = origin;
    state->clock =
        keep ? *old : clock_start(origin, old != NULL ? old->speed : build->next.speed, wall);
    if (!keep && build->next.start_now) /* so that world time equals wall time to the microsecond */
        state->clock.anchor_world_us = wall.us;
    if (!keep && old != NULL && old->paused)
        clock_pause(&state->clock, wall, old->resumes_at);
    if (state->clock.paused) {
        memcpy(state->reason, session->state.reason, sizeof state->reason);
        memcpy(state->paused_by, session->state.paused_by, sizeof state->paused_by);
    }
    if (state->clock.held) /* a clock that starts anew owes nothing that had to be confirmed */
        memcpy(state->held_why, session->state.held_why, sizeof state->held_why);
    state->clock.seen = wall;
    return 0;
}

/* Pauses stay as they are. */
static void set_streams(struct build *build)
{
    const struct session *session = &build->writer->session;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct stream_state *of = &build->state.streams[i];
        if (session->has_world)
            *of = session->state.streams[i];
        of->started = false;
        of->watermark = of->not_before = WORLD_TIME_FIRST;
        of->paused_at = of->paused ? build->state.settings.origin : (world_time){0};
        of->rows = of->skipped = 0;
    }
}

static void add_act(struct build *build, struct store_description *description, struct act act,
                    wall_time wall)
{
    const struct writer *writer = build->writer;
    const struct job *job = build->job;
    const struct token_source *tokens = writer->outside->tokens;
    struct store_act *row = &description->acts[description->act_count++];
    act.by = job != NULL ? job->asked.by : (struct actor){.uid = -1, .user = "credd"};
    act.wall = wall;
    act.at = build->state.settings.origin;
    if (job != NULL)
        memcpy(act.reason, job->asked.reason, sizeof act.reason);
    (void)snprintf(act.id, sizeof act.id, "%016" PRIx64, tokens->next(tokens->context));
    act_encode(&act, build->state.world_id, row);
    row->seq = ++build->state.last_seq;
    build->state.act_count++;
    if (act_info(act.kind)->model != NULL) {
        struct world_act made = act_info(act.kind)->model(&act);
        world_state_add_act(&build->state, &made);
    }
}

/* The acts of former worlds, for the history; then the reset itself, and a tempo or switch other
 * than usual. */
static void describe_acts(struct build *build, struct store_description *description,
                          wall_time wall)
{
    bool adopted = build->job != NULL && build->job->asked.task == TASK_ADOPT;
    size_t kept = build->past.act_count < HISTORY_KEPT ? build->past.act_count : HISTORY_KEPT;
    description->acts = MEM_ARRAY(struct store_act, kept + 1 + 2 * (size_t)STREAM_COUNT);
    for (size_t i = 0; i < kept; i++)
        description->acts[i] = build->past.acts[build->past.act_count - kept + i];
    description->act_count = kept;
    build->state.act_count = (int64_t)kept;
    build->state.last_seq = kept > 0 ? description->acts[kept - 1].seq : 0;
    add_act(build, description,
            (struct act){.kind = adopted ? ACT_ADOPT : ACT_RESET,
                         .seed = {build->state.settings.seed, description->plain}},
            wall);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        enum stream_id stream = (enum stream_id)i;
        int64_t factor = build->next.tempo[i];
        if (factor != WORLD_TEMPO_ONE)
            add_act(build, description,
                    (struct act){.kind = ACT_TEMPO, .tempo = {.stream = stream, .factor = factor}},
                    wall);
        if (!build->next.enabled[i])
            add_act(build, description, (struct act){.kind = ACT_DISABLE, .toggle = {stream}},
                    wall);
    }
}

int reset_describe(struct build *build, struct store_description *ret_description,
                   struct fault *fault)
{
    struct writer *writer = build->writer;
    const struct token_source *tokens = writer->outside->tokens;
    wall_time wall = writer_wall(writer);
    struct world_state *state = &build->state;
    state->model = WORLD_MODEL;
    state->settings = build->next.settings;
    if (build->job != NULL && build->job->asked.reset.has_seed)
        state->settings.seed = build->job->asked.reset.seed;
    if (build->job != NULL && build->job->asked.reset.has_start) {
        build->next.start_now = false;
        build->next.start_at = build->job->asked.reset.start;
    }
    memcpy(state->timezone, build->next.timezone, sizeof state->timezone);
    memcpy(state->owner, writer->owner, sizeof state->owner);
    state->generation = tokens->next(tokens->context);
    int result = set_clock(build, wall, fault);
    if (result < 0)
        return result;
    set_streams(build);
    name_world(writer, state);
    struct store_description description = {0};
    memcpy(description.world_id, state->world_id, sizeof description.world_id);
    memcpy(description.replaces, build->old_id, sizeof description.replaces);
    description.built = state->settings.origin;
    description.plain = build->job != NULL && build->job->asked.reset.plain;
    describe_acts(build, &description, wall);
    world_state_streams(state, description.streams);
    description.stream_count = STREAM_COUNT;
    description.pairs = MEM_ARRAY(struct store_pair, WORLD_STATE_PAIRS_MAX);
    description.pair_count = world_state_all_pairs(state, description.pairs);
    *ret_description = description;
    return 0;
}
