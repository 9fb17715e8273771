/* Acts: the pure effect of each kind on a world state. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "state/act_parts.h"

#define SECOND_US INT64_C(1000000)

void act_record(struct act *act, world_time at, struct act_effect *effect)
{
    act->at = at;
    effect->changed = effect->recorded = true;
}

/* The instant from which a change of a stream can count: rows up to its watermark are there
 * already. */
static world_time effective(const struct world_state *state, enum stream_id stream, wall_time wall)
{
    world_time now = clock_now(&state->clock, wall);
    const struct stream_state *of = &state->streams[stream];
    return of->started ? world_later(now, of->watermark) : now;
}

/* The table has one row of it. */
static bool has_gap(const struct world_state *state, const struct world_act *gap)
{
    size_t count;
    const struct world_act *acts = world_state_acts(state, &count);
    for (size_t i = 0; i < count; i++)
        if (acts[i].kind == WORLD_ACT_GAP && acts[i].stream == gap->stream &&
            acts[i].at.s == gap->at.s && acts[i].until.s == gap->until.s)
            return true;
    return false;
}

/* Rows before `from` that only waited for their run still come. */
static void add_gap(struct act_effect *effect, struct world_state *state, enum stream_id stream,
                    world_time from, world_time until)
{
    const struct stream_state *of = &state->streams[stream];
    from = world_later(from, of->watermark);
    struct world_act made = {.kind = WORLD_ACT_GAP, .stream = stream, .at = from, .until = until};
    if (!of->started || !world_before(from, until) || has_gap(state, &made))
        return;
    struct store_gap *gap = &effect->gaps[effect->gap_count++];
    *gap = (struct store_gap){.from = from, .until = until};
    (void)snprintf(gap->stream, sizeof gap->stream, "%s", stream_info(stream)->name);
    world_state_add_act(state, &made);
    effect->changed = true;
}

static const char *who(const struct act *act)
{
    return act->by.user[0] != '\0' ? act->by.user : "credd";
}

static void pause_stream(const struct act *act, struct stream_state *of, world_time now)
{
    if (!of->paused) {
        of->paused_wall_us = act->wall.us;
        of->paused_at = now;
    }
    of->paused = true;
    of->resumes_wall_us = act->pause.for_us > 0 ? act->wall.us + act->pause.for_us : 0;
    memcpy(of->reason, act->reason, sizeof of->reason);
    (void)snprintf(of->paused_by, sizeof of->paused_by, "%.39s", who(act));
}

int act_apply_pause(struct act *act, struct world_state *state, struct act_effect *effect,
                    struct fault *fault)
{
    (void)fault;
    world_time now = clock_now(&state->clock, act->wall);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (act->pause.streams & 1u << i)
            pause_stream(act, &state->streams[i], now);
    if (act->pause.streams == 0) {
        int64_t until = act->pause.for_us > 0 ? act->wall.us + act->pause.for_us : 0;
        clock_pause(&state->clock, act->wall, (wall_time){until});
        memcpy(state->reason, act->reason, sizeof state->reason);
        (void)snprintf(state->paused_by, sizeof state->paused_by, "%.39s", who(act));
    }
    act_record(act, now, effect);
    return 0;
}

/* The end of a pause that was set in advance leaves alone a pause made since, by an operator or in
 * a new world. */
static bool is_meant(const struct act *act, int64_t end_us)
{
    return act->resume.due.us == 0 || act->resume.due.us == end_us;
}

static bool resume_stream(const struct act *act, struct world_state *state, enum stream_id stream,
                          struct act_effect *effect)
{
    struct stream_state *of = &state->streams[stream];
    if (!of->paused || !is_meant(act, of->resumes_wall_us))
        return false;
    world_time paused_at = of->paused_at;
    of->paused = false;
    of->paused_wall_us = of->resumes_wall_us = 0;
    of->reason[0] = of->paused_by[0] = '\0';
    of->paused_at = (world_time){0};
    if (act->resume.skip)
        add_gap(effect, state, stream, paused_at, clock_now(&state->clock, act->wall));
    return true;
}

static bool resume_world(const struct act *act, struct world_state *state,
                         struct act_effect *effect)
{
    struct clock_state *clock = &state->clock;
    world_time stood = {clock->reached_us / SECOND_US};
    bool ended = clock->paused || clock->held;
    if (ended && act->resume.due.us != 0) /* a pause whose time is up confirms no hold */
        ended = is_meant(act, clock->resumes_at.us) && clock_resume_due(clock, act->wall);
    else if (ended)
        clock_resume(clock, act->wall);
    if (!ended)
        return false;
    state->reason[0] = state->paused_by[0] = '\0';
    if (!clock->held)
        state->held_why[0] = '\0';
    world_time now = clock_now(clock, act->wall);
    for (unsigned i = 0; act->resume.skip && i < STREAM_COUNT; i++)
        if (!state->streams[i].paused)
            add_gap(effect, state, (enum stream_id)i, stood, now);
    return true;
}

/* Without streams: everything goes on, the hold too; or the world alone, when its own time was up.
 */
int act_apply_resume(struct act *act, struct world_state *state, struct act_effect *effect,
                     struct fault *fault)
{
    (void)fault;
    unsigned streams = act->resume.streams;
    bool ended = streams == 0 && resume_world(act, state, effect);
    if (streams == 0 && !act->resume.world_only)
        streams = STREAMS_ALL;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && resume_stream(act, state, (enum stream_id)i, effect))
            ended = true;
    /* An end that nobody saw takes world time no further than what was seen. */
    if (ended)
        act_record(act, (world_time){state->clock.reached_us / SECOND_US}, effect);
    return 0;
}

int act_apply_speed(struct act *act, struct world_state *state, struct act_effect *effect,
                    struct fault *fault)
{
    if (act->speed.factor < 0 || act->speed.factor > CLOCK_SPEED_MAX)
        return fault_set(fault, -EINVAL, "speed must be between 0 and 1000000");
    if (state->clock.speed == act->speed.factor)
        return 0;
    clock_set_speed(&state->clock, act->speed.factor, act->wall);
    act_record(act, clock_now(&state->clock, act->wall), effect);
    return 0;
}

struct world_act act_model_tempo(const struct act *act)
{
    return (struct world_act){.kind = WORLD_ACT_TEMPO,
                              .stream = act->tempo.stream,
                              .at = act->at,
                              .until = act->tempo.until,
                              .value = act->tempo.factor};
}

/* A span of wall time by the speed of this moment; where the clock stands still it is world time.
 */
static world_time tempo_until(const struct act *act, const struct world_state *state, world_time at)
{
    int64_t speed = state->clock.speed > 0 ? state->clock.speed : CLOCK_SPEED_ONE;
    __int128 us = (__int128)act->tempo.for_us * speed / CLOCK_SPEED_ONE;
    __int128 end = at.s + (us + SECOND_US - 1) / SECOND_US;
    return end < WORLD_TIME_LAST.s ? (world_time){(int64_t)end} : WORLD_TIME_LAST;
}

int act_apply_tempo(struct act *act, struct world_state *state, struct act_effect *effect,
                    struct fault *fault)
{
    struct act_tempo *tempo = &act->tempo;
    if (tempo->factor < 0 || tempo->factor > WORLD_TEMPO_MAX)
        return fault_set(fault, -EINVAL, "tempo must be between 0 and 1000");
    world_time at = effective(state, tempo->stream, act->wall);
    struct stream_tempo is = world_state_tempo(state, tempo->stream, at);
    if (tempo->for_us > 0)
        tempo->until = tempo_until(act, state, at);
    else if (tempo->until.s != 0 && !world_before(at, tempo->until))
        return 0; /* carried over from another world, and past in this one */
    if (is.factor == tempo->factor && is.until.s == tempo->until.s)
        return 0;
    act_record(act, at, effect);
    struct world_act made = act_model_tempo(act);
    world_state_add_act(state, &made);
    return 0;
}

struct world_act act_model_toggle(const struct act *act)
{
    return (struct world_act){.kind = WORLD_ACT_ENABLE,
                              .stream = act->toggle.stream,
                              .at = act->at,
                              .value = act->kind == ACT_ENABLE};
}

int act_apply_toggle(struct act *act, struct world_state *state, struct act_effect *effect,
                     struct fault *fault)
{
    (void)fault;
    world_time at = effective(state, act->toggle.stream, act->wall);
    if (world_state_enabled(state, act->toggle.stream, at) == (act->kind == ACT_ENABLE))
        return 0;
    act_record(act, at, effect);
    struct world_act made = act_model_toggle(act);
    world_state_add_act(state, &made);
    return 0;
}

/* With `clock_only` no run becomes due. Otherwise the writer moves the clock along with the rows.
 */
int act_apply_advance(struct act *act, struct world_state *state, struct act_effect *effect,
                      struct fault *fault)
{
    const struct act_advance *advance = &act->advance;
    if (world_before(WORLD_TIME_LAST, advance->to))
        return fault_set(fault, -ERANGE, "world time ends at 2037-12-31T23:59:59Z");
    if (advance->clock_only && (state->clock.paused || state->clock.held))
        return fault_set(fault, -ACT_REFUSED,
                         "the world is paused or held; run 'credctl resume' first");
    if (advance->clock_only) {
        (void)clock_advance(&state->clock, advance->to, act->wall);
        for (unsigned i = 0; i < STREAM_COUNT; i++) {
            struct stream_state *of = &state->streams[i];
            of->not_before = world_later(of->not_before, advance->to);
        }
    }
    act_record(act, clock_now(&state->clock, act->wall), effect);
    return 0;
}

/* Two daemons on one database both see the step: where the anchor moved to the stepped wall, the
 * other one came first. An advance, or an operator, moves it too, by the wall before the step. */
static bool step_is_dealt_with(const struct clock_state *clock, const struct act *act)
{
    int64_t step_us = act->stepped.step_us;
    int64_t middle = act->wall.us - step_us / 2;
    if (clock->anchor_wall.us == act->stepped.anchor.us)
        return false;
    return step_us < 0 ? clock->anchor_wall.us <= middle : clock->anchor_wall.us >= middle;
}

/* A hold waits for an operator, or for the wall to be set back again. */
int act_apply_stepped(struct act *act, struct world_state *state, struct act_effect *effect,
                      struct fault *fault)
{
    (void)fault;
    char span[SPAN_TEXT_MAX];
    struct clock_state *clock = &state->clock;
    int64_t step_us = act->stepped.step_us;
    if (step_is_dealt_with(clock, act) || (clock->held && step_us > 0))
        return 0;
    clock_stepped(clock, act->wall, step_us);
    if (clock->held && state->held_why[0] == '\0')
        (void)snprintf(state->held_why, sizeof state->held_why,
                       "the wall clock was stepped forward by %s; 'credctl resume' catches up, "
                       "'credctl resume --skip' leaves a gap",
                       span_text(step_us, span));
    if (!clock->held)
        state->held_why[0] = '\0';
    act_record(act, clock_now(clock, act->wall), effect);
    return 0;
}

static void leave_out(struct act *act, struct world_state *state, world_time from, int64_t away_s,
                      struct act_effect *effect)
{
    char span[SPAN_TEXT_MAX], end[TIME_TEXT_MAX];
    world_time until = clock_now(&state->clock, act->wall);
    if (act->gap.catch_up == CATCH_UP_LIMIT)
        until = world_plus(until, -act->gap.limit_s);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (!state->streams[i].paused)
            add_gap(effect, state, (enum stream_id)i, from, until);
    if (effect->gap_count == 0)
        return;
    act->gap.until = until;
    act_record(act, from, effect);
    (void)snprintf(act->reason, sizeof act->reason,
                   "no daemon ran for %s; clock.catch_up skips what was due up to %s",
                   span_text(away_s * SECOND_US, span), time_text(until.s, end));
}

int act_apply_gap(struct act *act, struct world_state *state, struct act_effect *effect,
                  struct fault *fault)
{
    (void)fault;
    char span[SPAN_TEXT_MAX];
    struct clock_state *clock = &state->clock;
    bool was_held = clock->held;
    world_time left = {clock->reached_us / SECOND_US};
    int64_t away_s = clock_restart(clock, act->wall, act->gap.max_s);
    effect->changed = true;
    if (clock->held && !was_held)
        (void)snprintf(state->held_why, sizeof state->held_why,
                       "no daemon ran for %s; 'credctl resume' catches up, 'credctl resume --skip' "
                       "leaves a gap",
                       span_text(away_s * SECOND_US, span));
    if (!clock->held && !clock->paused && away_s > 0 && act->gap.catch_up != CATCH_UP_ALL)
        leave_out(act, state, left, away_s, effect);
    clock_observe(clock, act->wall);
    return 0;
}
