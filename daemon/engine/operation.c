#include "engine/operation.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"

const char *operation_name(enum operation_kind kind)
{
    static const char *const names[OPERATION_KINDS] = {
        [OPERATION_PAUSE] = "pause",     [OPERATION_RESUME] = "resume",
        [OPERATION_SPEED] = "speed",     [OPERATION_TEMPO] = "tempo",
        [OPERATION_SWITCH] = "enable",   [OPERATION_ADVANCE] = "advance",
        [OPERATION_STEPPED] = "stepped", [OPERATION_RESTARTED] = "restarted",
        [OPERATION_RELOADED] = "reload",
    };
    return names[kind];
}

/* One line of credd_act; the id of the second and later lines of an operation gets a letter behind
 * it. */
static struct store_act *add_act(struct operation_effect *effect, const struct operation *operation,
                                 const char *kind, const char *stream, world_time at)
{
    assert(effect->act_count < OPERATION_ACTS_MAX);
    struct store_act *act = &effect->acts[effect->act_count];
    *act = (struct store_act){
        .at = at,
        .wall_us = operation->wall.us,
        .value = operation->value,
        .uid = operation->peer.uid,
        .pid = operation->peer.pid,
    };
    char suffix[2] = {effect->act_count > 0 ? (char)('a' + effect->act_count) : '\0', '\0'};
    (void)snprintf(act->id, sizeof act->id, "%.38s%s", operation->id, suffix);
    (void)snprintf(act->kind, sizeof act->kind, "%s", kind);
    (void)snprintf(act->stream, sizeof act->stream, "%s", stream);
    (void)snprintf(act->user, sizeof act->user, "%.39s", operation->peer.user);
    memcpy(act->reason, operation->reason, sizeof act->reason);
    effect->act_count++;
    effect->changed = true;
    return act;
}

/* The instant from which a change of a stream can count: rows up to its watermark are there
 * already. */
static world_time effective(const struct record *record, enum stream_id stream, wall_time wall)
{
    world_time now = clock_now(&record->clock, wall);
    const struct record_stream *state = &record->streams[stream];
    return state->started ? world_later(now, state->watermark) : now;
}

/* What was outstanding before `from` only because of the schedule still comes. */
static void add_gap(struct operation_effect *effect, struct record *record, enum stream_id stream,
                    world_time from, world_time until)
{
    struct record_stream *state = &record->streams[stream];
    from = world_later(from, state->watermark);
    if (!state->started || !world_before(from, until))
        return;
    struct store_gap *gap = &effect->gaps[effect->gap_count++];
    *gap = (struct store_gap){.from = from, .until = until};
    (void)snprintf(gap->stream, sizeof gap->stream, "%s", stream_info(stream)->name);
    record_add_act(
        record,
        &(struct world_act){.kind = WORLD_ACT_GAP, .stream = stream, .at = from, .until = until});
    effect->changed = true;
}

/* In seconds of wall time, as in the act's value; 0: until somebody resumes. */
static int64_t pause_s(const struct operation *operation)
{
    return operation->until.us != 0 ? (operation->until.us - operation->wall.us) / 1000000 : 0;
}

static const char *who(const struct operation *operation)
{
    return operation->peer.user[0] != '\0' ? operation->peer.user : "credd";
}

static void pause_stream(const struct operation *operation, struct record *record,
                         enum stream_id stream, struct operation_effect *effect)
{
    struct record_stream *state = &record->streams[stream];
    world_time now = clock_now(&record->clock, operation->wall);
    if (!state->paused) {
        state->paused_wall_us = operation->wall.us;
        state->paused_at = now;
    }
    state->paused = true;
    state->resumes_wall_us = operation->until.us;
    memcpy(state->reason, operation->reason, sizeof state->reason);
    (void)snprintf(state->paused_by, sizeof state->paused_by, "%.39s", who(operation));
    add_act(effect, operation, "pause", stream_info(stream)->name, now)->value = pause_s(operation);
}

static int apply_pause(const struct operation *operation, struct record *record,
                       struct operation_effect *effect, struct fault *fault)
{
    (void)fault;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (operation->streams & 1u << i)
            pause_stream(operation, record, (enum stream_id)i, effect);
    if (operation->streams == 0) {
        world_time now = clock_now(&record->clock, operation->wall);
        clock_pause(&record->clock, operation->wall, operation->until);
        memcpy(record->reason, operation->reason, sizeof record->reason);
        (void)snprintf(record->paused_by, sizeof record->paused_by, "%.39s", who(operation));
        add_act(effect, operation, "pause", "", now)->value = pause_s(operation);
    }
    return 0;
}

/* What ends by itself ends nothing that was asked for since: by an operator, or in a new world. */
static bool is_meant(const struct operation *operation, int64_t end_us)
{
    return operation->anchor_wall.us == 0 || operation->anchor_wall.us == end_us;
}

static void resume_stream(const struct operation *operation, struct record *record,
                          enum stream_id stream, struct operation_effect *effect)
{
    struct record_stream *state = &record->streams[stream];
    if (!state->paused || !is_meant(operation, state->resumes_wall_us))
        return;
    state->paused = false;
    state->paused_wall_us = 0;
    state->resumes_wall_us = 0;
    state->reason[0] = state->paused_by[0] = '\0';
    world_time now = clock_now(&record->clock, operation->wall);
    if (operation->skip)
        add_gap(effect, record, stream, state->paused_at, now);
    state->paused_at = (world_time){0};
    add_act(effect, operation, "resume", stream_info(stream)->name, now)->value = operation->skip;
}

/* Without streams: everything goes on, the hold too; or the world alone, when its own time was up.
 */
static int apply_resume(const struct operation *operation, struct record *record,
                        struct operation_effect *effect, struct fault *fault)
{
    (void)fault;
    bool alone = operation->value == OPERATION_WORLD_ONLY;
    bool world = operation->streams == 0 && (record->clock.paused || record->clock.held);
    world_time stood = {record->clock.reached_us / 1000000};
    unsigned streams = operation->streams;
    if (operation->streams == 0 && !alone)
        streams = (1u << STREAM_COUNT) - 1;
    if (world && alone) /* a pause whose time is up confirms no hold */
        world = clock_resume_due(&record->clock, operation->wall);
    else if (world)
        clock_resume(&record->clock, operation->wall);
    if (world) {
        record->reason[0] = '\0';
        record->paused_by[0] = '\0';
        if (!record->clock.held)
            record->held_why[0] = '\0';
        world_time now = clock_now(&record->clock, operation->wall);
        for (unsigned i = 0; operation->skip && i < STREAM_COUNT; i++)
            if (!record->streams[i].paused)
                add_gap(effect, record, (enum stream_id)i, stood, now);
        add_act(effect, operation, "resume", "", now)->value = operation->skip;
    }
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i)
            resume_stream(operation, record, (enum stream_id)i, effect);
    return 0;
}

static int apply_speed(const struct operation *operation, struct record *record,
                       struct operation_effect *effect, struct fault *fault)
{
    if (operation->value < 0 || operation->value > CLOCK_SPEED_MAX)
        return fault_set(fault, -EINVAL, "speed: allowed are 0 to 1000000");
    if (record->clock.speed == operation->value)
        return 0;
    clock_set_speed(&record->clock, operation->value, operation->wall);
    (void)add_act(effect, operation, "speed", "", clock_now(&record->clock, operation->wall));
    return 0;
}

static void add_model_act(struct record *record, enum world_act_kind kind, enum stream_id stream,
                          world_time at, int64_t value)
{
    record_add_act(record,
                   &(struct world_act){.kind = kind, .stream = stream, .at = at, .value = value});
}

static int apply_tempo(const struct operation *operation, struct record *record,
                       struct operation_effect *effect, struct fault *fault)
{
    if (operation->value < 0 || operation->value > WORLD_TEMPO_MAX)
        return fault_set(fault, -EINVAL, "tempo: allowed are 0 to 1000");
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct record_stream *state = &record->streams[i];
        if (!(operation->streams & 1u << i) || !is_meant(operation, state->tempo_until_wall_us) ||
            (state->tempo == operation->value && state->tempo_until_wall_us == operation->until.us))
            continue;
        int64_t before = state->tempo_until_wall_us != 0 ? state->tempo_after : state->tempo;
        world_time at = effective(record, (enum stream_id)i, operation->wall);
        state->tempo = operation->value;
        state->tempo_after = operation->until.us != 0 ? before : 0;
        state->tempo_until_wall_us = operation->until.us;
        (void)add_act(effect, operation, "tempo", stream_info((enum stream_id)i)->name, at);
        add_model_act(record, WORLD_ACT_TEMPO, (enum stream_id)i, at, operation->value);
    }
    return 0;
}

static int apply_switch(const struct operation *operation, struct record *record,
                        struct operation_effect *effect, struct fault *fault)
{
    (void)fault;
    bool enable = operation->value != 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct record_stream *state = &record->streams[i];
        if (!(operation->streams & 1u << i) || state->enabled == enable)
            continue;
        world_time at = effective(record, (enum stream_id)i, operation->wall);
        state->enabled = enable;
        (void)add_act(effect, operation, enable ? "enable" : "disable",
                      stream_info((enum stream_id)i)->name, at);
        add_model_act(record, WORLD_ACT_ENABLE, (enum stream_id)i, at, enable);
    }
    return 0;
}

static int apply_advance(const struct operation *operation, struct record *record,
                         struct operation_effect *effect, struct fault *fault)
{
    char text[TIME_TEXT_MAX];
    world_time now = clock_now(&record->clock, operation->wall);
    if (!world_before(now, operation->to))
        return 0;
    if (record->clock.paused || record->clock.held)
        return fault_set(fault, -EPERM, "the world is %s: resume it first",
                         record->clock.paused ? "paused" : "held");
    if (clock_advance(&record->clock, operation->to, operation->wall) < 0)
        return fault_set(fault, -ERANGE, "world time ends at %s",
                         time_text(WORLD_TIME_LAST.s, text));
    struct store_act *act = add_act(effect, operation, "advance", "", now);
    act->value = operation->to.s - now.s;
    return 0;
}

/* Two daemons on one database both see the step: the one whose anchor is no longer there came
 * second. */
static int apply_stepped(const struct operation *operation, struct record *record,
                         struct operation_effect *effect, struct fault *fault)
{
    (void)fault;
    if (record->clock.anchor_wall.us != operation->anchor_wall.us || record->clock.held)
        return 0;
    world_time now = clock_now(&record->clock, operation->wall);
    clock_stepped(&record->clock, operation->wall, operation->value);
    if (record->clock.held)
        (void)snprintf(record->held_why, sizeof record->held_why,
                       "the wall clock was stepped forward by %" PRId64
                       " s; credctl resume catches up, credctl resume --skip leaves a gap",
                       operation->value / 1000000);
    (void)add_act(effect, operation, "stepped", "", now);
    return 0;
}

static int apply_reloaded(const struct operation *operation, struct record *record,
                          struct operation_effect *effect, struct fault *fault)
{
    (void)fault;
    (void)add_act(effect, operation, "reload", "", clock_now(&record->clock, operation->wall));
    return 0;
}

static int apply_restarted(const struct operation *operation, struct record *record,
                           struct operation_effect *effect, struct fault *fault)
{
    (void)fault;
    bool was_held = record->clock.held;
    world_time left = {record->clock.reached_us / 1000000};
    int64_t unattended = clock_restart(&record->clock, operation->wall, operation->value);
    effect->changed = true;
    char span[SPAN_TEXT_MAX];
    if (record->clock.held && !was_held)
        (void)snprintf(record->held_why, sizeof record->held_why,
                       "nobody looked after this world for %s; credctl resume catches up, "
                       "credctl resume --skip leaves a gap",
                       span_text(unattended * 1000000, span));
    if (record->clock.held || record->clock.paused || unattended <= 0 ||
        operation->catch_up == CATCH_UP_ALL)
        return 0;
    world_time until = clock_now(&record->clock, operation->wall);
    if (operation->catch_up == CATCH_UP_LIMIT)
        until = world_plus(until, -operation->catch_up_limit_s);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (!record->streams[i].paused)
            add_gap(effect, record, (enum stream_id)i, left, until);
    if (effect->gap_count == 0)
        return 0;
    char end[TIME_TEXT_MAX];
    struct store_act *act = add_act(effect, operation, "gap", "", left);
    act->value = until.s - left.s;
    (void)snprintf(act->reason, sizeof act->reason,
                   "no daemon ran for %s; clock.catch_up leaves out what would have come up to %s",
                   span_text(unattended * 1000000, span), time_text(until.s, end));
    return 0;
}

int operation_apply(const struct operation *operation, struct record *record,
                    struct operation_effect *ret_effect, struct fault *fault)
{
    typedef int apply(const struct operation *, struct record *, struct operation_effect *,
                      struct fault *);
    static apply *const table[OPERATION_KINDS] = {
        [OPERATION_PAUSE] = apply_pause,       [OPERATION_RESUME] = apply_resume,
        [OPERATION_SPEED] = apply_speed,       [OPERATION_TEMPO] = apply_tempo,
        [OPERATION_SWITCH] = apply_switch,     [OPERATION_ADVANCE] = apply_advance,
        [OPERATION_STEPPED] = apply_stepped,   [OPERATION_RESTARTED] = apply_restarted,
        [OPERATION_RELOADED] = apply_reloaded,
    };
    *ret_effect = (struct operation_effect){0};
    return table[operation->kind](operation, record, ret_effect, fault);
}

static void note_end(int64_t end_us, wall_time *next)
{
    if (end_us != 0 && (next->us == 0 || end_us < next->us))
        next->us = end_us;
}

bool operation_expired(const struct record *record, wall_time wall, struct operation *ret_operation,
                       wall_time *ret_next)
{
    struct operation made = {.wall = wall, .peer = {.uid = -1, .user = "credd"}};
    wall_time next = {0};
    bool found = false;
    if (record->clock.paused) {
        note_end(record->clock.resumes_at.us, &next);
        if (record->clock.resumes_at.us != 0 && record->clock.resumes_at.us <= wall.us) {
            made.kind = OPERATION_RESUME;
            made.value = OPERATION_WORLD_ONLY;
            made.wall = record->clock.resumes_at; /* noticed late, it ended then all the same */
            found = true;
        }
    }
    for (unsigned i = 0; i < STREAM_COUNT && !found; i++) {
        const struct record_stream *state = &record->streams[i];
        int64_t resumes = state->paused ? state->resumes_wall_us : 0;
        note_end(resumes, &next);
        note_end(state->tempo_until_wall_us, &next);
        if (resumes != 0 && resumes <= wall.us) {
            made.kind = OPERATION_RESUME;
            made.wall.us = made.anchor_wall.us = resumes;
            found = true;
        } else if (state->tempo_until_wall_us != 0 && state->tempo_until_wall_us <= wall.us) {
            made.kind = OPERATION_TEMPO;
            made.value = state->tempo_after;
            made.anchor_wall.us = state->tempo_until_wall_us;
            made.wall = made.anchor_wall;
            found = true;
        }
        made.streams = found ? 1u << i : 0;
    }
    if (found) {
        (void)snprintf(made.reason, sizeof made.reason, "its time was up");
        *ret_operation = made;
    }
    *ret_next = next;
    return found;
}
