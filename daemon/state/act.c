#include "state/act.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "state/act_parts.h"

#define PARAMETER(name, type, member, passing) PARAMETER_TO(name, type, member, passing, 0)
#define PARAMETER_TO(name, type, member, passing, most)         \
    {                                                           \
        name, type, offsetof(struct act, member), passing, most \
    }

static const struct act_info infos[ACT_KINDS] = {
    [ACT_PAUSE] = {"pause",
                   MESSAGE_PAUSED,
                   true,
                   "for",
                   "pause[ {streams}][ for {for}]",
                   {PARAMETER("streams", ACT_STREAMS, pause.streams, false),
                    PARAMETER("for", ACT_SPAN, pause.for_us, false)},
                   act_apply_pause,
                   NULL},
    [ACT_RESUME] = {"resume",
                    MESSAGE_RESUMED,
                    true,
                    "skip",
                    "resume[ {streams}][, leaving a gap{skip}]",
                    {PARAMETER("streams", ACT_STREAMS, resume.streams, false),
                     PARAMETER("skip", ACT_FLAG, resume.skip, false),
                     PARAMETER("world_only", ACT_FLAG, resume.world_only, true),
                     PARAMETER("due", ACT_WALL, resume.due, true)},
                    act_apply_resume,
                    NULL},
    [ACT_SPEED] = {"speed",
                   MESSAGE_SPEED_CHANGED,
                   false,
                   "factor",
                   "speed {factor}",
                   {PARAMETER_TO("factor", ACT_FACTOR, speed.factor, false, CLOCK_SPEED_MAX)},
                   act_apply_speed,
                   NULL},
    [ACT_TEMPO] = {"tempo",
                   MESSAGE_TEMPO_CHANGED,
                   false,
                   "factor",
                   "tempo {stream} x{factor}[ until {until}]",
                   {PARAMETER("stream", ACT_STREAM, tempo.stream, false),
                    PARAMETER_TO("factor", ACT_FACTOR, tempo.factor, false, WORLD_TEMPO_MAX),
                    PARAMETER_TO("until", ACT_TIME, tempo.until, false, WORLD_TIME_LAST_S),
                    PARAMETER("for", ACT_SPAN, tempo.for_us, true)},
                   act_apply_tempo,
                   act_model_tempo},
    [ACT_ENABLE] = {"enable",
                    MESSAGE_STREAM_SWITCHED,
                    false,
                    NULL,
                    "enable {stream}",
                    {PARAMETER("stream", ACT_STREAM, toggle.stream, false)},
                    act_apply_toggle,
                    act_model_toggle},
    [ACT_DISABLE] = {"disable",
                     MESSAGE_STREAM_SWITCHED,
                     false,
                     NULL,
                     "disable {stream}",
                     {PARAMETER("stream", ACT_STREAM, toggle.stream, false)},
                     act_apply_toggle,
                     act_model_toggle},
    [ACT_ADVANCE] = {"advance",
                     MESSAGE_ADVANCED,
                     false,
                     "to",
                     "advance to {to}[, clock only{clock_only}]",
                     {PARAMETER_TO("to", ACT_TIME, advance.to, false, WORLD_TIME_LAST_S),
                      PARAMETER("clock_only", ACT_FLAG, advance.clock_only, false)},
                     act_apply_advance,
                     NULL},
    [ACT_STEPPED] = {"stepped",
                     MESSAGE_CLOCK_STEPPED,
                     false,
                     "step",
                     "wall clock stepped by {step}",
                     {PARAMETER("step", ACT_SPAN, stepped.step_us, false),
                      PARAMETER("anchor", ACT_WALL, stepped.anchor, true)},
                     act_apply_stepped,
                     NULL},
    [ACT_GAP] = {"gap",
                 MESSAGE_COUNT,
                 false,
                 "until",
                 "gap up to {until}",
                 {PARAMETER_TO("until", ACT_TIME, gap.until, false, WORLD_TIME_LAST_S),
                  PARAMETER("catch_up", ACT_CATCH_UP, gap.catch_up, true),
                  PARAMETER("limit_s", ACT_NUMBER, gap.limit_s, true),
                  PARAMETER("max_s", ACT_NUMBER, gap.max_s, true)},
                 act_apply_gap,
                 NULL},
    [ACT_RELOAD] = {"reload",
                    MESSAGE_COUNT,
                    false,
                    NULL,
                    "reload",
                    {{NULL, ACT_WORD, 0, false, 0}},
                    NULL,
                    NULL},
    [ACT_RESET] = {"reset",
                   MESSAGE_COUNT,
                   false,
                   "seed",
                   "reset, seed {seed}[, plain tables{plain}]",
                   {PARAMETER("seed", ACT_UNSIGNED, seed.seed, false),
                    PARAMETER("plain", ACT_FLAG, seed.plain, false)},
                   NULL,
                   NULL},
    [ACT_ADOPT] = {"adopt",
                   MESSAGE_COUNT,
                   false,
                   "seed",
                   "adopt, seed {seed}",
                   {PARAMETER("seed", ACT_UNSIGNED, seed.seed, false)},
                   NULL,
                   NULL},
    [ACT_CANCEL] = {"cancel",
                    MESSAGE_COUNT,
                    false,
                    "job",
                    "cancel {job}[, at {reached}]",
                    {PARAMETER("job", ACT_WORD, cancel.job, false),
                     PARAMETER_TO("reached", ACT_TIME, cancel.reached, false, WORLD_TIME_LAST_S)},
                    NULL,
                    NULL},
};

const struct act_info *act_info(enum act_kind kind)
{
    return &infos[kind];
}

int act_kind_by_name(const char *name, enum act_kind *ret_kind)
{
    for (unsigned i = 0; i < ACT_KINDS; i++)
        if (strcmp(infos[i].name, name) == 0) {
            *ret_kind = (enum act_kind)i;
            return 0;
        }
    return -ENOENT;
}

/* A daemon that runs has looked at the world within this. */
#define LOOKED_AFTER_US INT64_C(10000000)

/* At speed 1 a pause may have ended while no daemon ran. Nobody has seen the time since then: what
 * becomes of it is for the ACT_GAP that follows. */
static bool ended_unseen(const struct act *act, const struct world_state *state)
{
    return act->kind == ACT_RESUME && act->resume.due.us != 0 &&
           state->clock.speed == CLOCK_SPEED_ONE;
}

/* Notes that it was the act's wall time when something was done: world time never goes back to
 * before it. */
static void observe(const struct act *act, struct world_state *state)
{
    wall_time seen = state->clock.seen;
    bool unseen = ended_unseen(act, state);
    if (unseen && act->wall.us - seen.us > LOOKED_AFTER_US)
        return;
    clock_observe(&state->clock, act->wall);
    if (unseen || act->wall.us < seen.us)
        state->clock.seen = seen;
}

int act_apply(struct act *act, struct world_state *state, struct act_effect *ret_effect,
              struct fault *fault)
{
    const struct act_info *info = &infos[act->kind];
    struct act_effect effect = {0};
    if (!world_state_can_go_on(state))
        return fault_set(fault, -ACT_REFUSED, "%s", state->held_why);
    struct world_state changed = world_state_copy(state);
    /* A start and a step of the wall have to know what was seen before. */
    if (act->kind != ACT_GAP && act->kind != ACT_STEPPED)
        observe(act, &changed);
    int result = 0;
    if (info->apply == NULL)
        act_record(act, clock_now(&changed.clock, act->wall), &effect);
    else
        result = info->apply(act, &changed, &effect, fault);
    if (result == 0 && effect.recorded && act->by.uid >= 0 && state->act_count >= ACT_COUNT_MAX)
        result = fault_set(fault, -ACT_REFUSED,
                           "this world has %" PRId64
                           " acts, as many as credd keeps; credctl reset begins a new one",
                           state->act_count);
    if (result == 0 && effect.changed) {
        world_state_done(state);
        *state = changed;
    } else { /* the database does not learn of it either */
        world_state_done(&changed);
    }
    if (result == 0)
        *ret_effect = effect;
    return result;
}

static void note_end(int64_t end_us, wall_time *next)
{
    if (end_us != 0 && (next->us == 0 || end_us < next->us))
        next->us = end_us;
}

bool act_due(const struct world_state *state, wall_time wall, struct act *ret_act,
             wall_time *ret_next)
{
    unsigned streams = 0;
    bool world = false, found = false;
    wall_time next = {0};
    *ret_next = next;
    if (!world_state_can_go_on(state))
        return false;
    if (state->clock.paused)
        note_end(state->clock.resumes_at.us, &next);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (state->streams[i].paused)
            note_end(state->streams[i].resumes_wall_us, &next);
    if (next.us != 0 && next.us <= wall.us) {
        found = true;
        world = state->clock.paused && state->clock.resumes_at.us == next.us;
        for (unsigned i = 0; i < STREAM_COUNT && !world; i++)
            if (state->streams[i].paused && state->streams[i].resumes_wall_us == next.us)
                streams |= 1u << i;
    }
    *ret_next = next;
    if (!found)
        return false;
    /* Noticed late, it ended then all the same. */
    *ret_act = (struct act){.kind = ACT_RESUME,
                            .by = {.uid = -1, .user = "credd"},
                            .reason = "the pause expired",
                            .wall = next,
                            .resume = {.streams = streams, .world_only = world, .due = next}};
    return true;
}
