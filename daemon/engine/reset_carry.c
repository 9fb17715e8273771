/* What another daemon did to a world while a reset built the next one, done to that. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/tell.h"
#include "engine/writer_parts.h"

#define HISTORY_TRIES 20

struct carry {
    struct writer *writer;
    wall_time now;
    struct record before, late;           /* the old world as the build began and as it ended */
    struct store_description description; /* the latter with its acts */
    unsigned count;
};

static struct operation begin(struct carry *carry, enum operation_kind kind, unsigned streams)
{
    struct operation operation = {
        .kind = kind, .streams = streams, .wall = carry->now, .peer = {.uid = -1, .user = "credd"}};
    (void)snprintf(operation.id, sizeof operation.id, "%" PRIx64 "-c%x", (uint64_t)carry->now.us,
                   carry->count++);
    (void)snprintf(operation.reason, sizeof operation.reason, "changed during the reset");
    return operation;
}

/* As the last act of that kind says: by whom and when. */
static void take_act(const struct carry *carry, const char *kind, struct operation *operation)
{
    for (size_t i = carry->description.act_count; i-- > 0;) {
        const struct store_act *act = &carry->description.acts[i];
        enum stream_id stream = STREAM_CUSTOMERS;
        bool ours = act->stream[0] != '\0' ? stream_by_name(act->stream, &stream) == 0 &&
                                                 operation->streams == 1u << stream
                                           : operation->streams == 0;
        if (!ours || strcmp(act->kind, kind) != 0)
            continue;
        operation->wall.us = act->wall_us;
        operation->peer.uid = act->uid;
        operation->peer.pid = act->pid;
        (void)snprintf(operation->peer.user, sizeof operation->peer.user, "%s", act->user);
        memcpy(operation->reason, act->reason, sizeof operation->reason);
        return;
    }
}

static void commit(const struct carry *carry, const struct operation *operation)
{
    struct fault fault = {.text = ""};
    if (session_operate(&carry->writer->session, operation, &fault) < 0)
        tell(carry->writer->journal, MESSAGE_CHANGE_LOST,
             &(struct tell){.streams = operation->streams,
                            .peer = &operation->peer,
                            .reason = operation->reason},
             "%s during the reset could not be carried over: %s", operation_name(operation->kind),
             fault.text);
}

/* Speed and pause stay as they are over a reset. (A resume is one of everything: the streams that
 * stay paused come after it.) */
static void carry_clock(struct carry *carry)
{
    const struct clock_state *was = &carry->late.clock;
    const struct clock_state *is = &carry->writer->session.record.clock;
    if (was->held)
        return;
    if (is->speed != was->speed) {
        struct operation speed = begin(carry, OPERATION_SPEED, 0);
        take_act(carry, "speed", &speed);
        speed.value = was->speed;
        commit(carry, &speed);
    }
    if (is->paused == was->paused)
        return;
    struct operation pause = begin(carry, was->paused ? OPERATION_PAUSE : OPERATION_RESUME, 0);
    take_act(carry, was->paused ? "pause" : "resume", &pause);
    pause.until = was->paused ? was->resumes_at : pause.until;
    commit(carry, &pause);
}

static void carry_pause(struct carry *carry, enum stream_id stream)
{
    const struct record_stream *was = &carry->late.streams[stream];
    if (carry->writer->session.record.streams[stream].paused == was->paused)
        return;
    struct operation pause =
        begin(carry, was->paused ? OPERATION_PAUSE : OPERATION_RESUME, 1u << stream);
    take_act(carry, was->paused ? "pause" : "resume", &pause);
    pause.until.us = was->paused ? was->resumes_wall_us : 0;
    commit(carry, &pause);
}

/* A new world begins with the configured tempo: only what was asked for since holds in it, not a
 * tempo of before that ended by itself. */
static void carry_tempo(struct carry *carry, enum stream_id stream)
{
    const struct record_stream *before = &carry->before.streams[stream];
    const struct record_stream *was = &carry->late.streams[stream];
    bool same =
        was->tempo == before->tempo && was->tempo_until_wall_us == before->tempo_until_wall_us;
    bool ended = was->tempo_until_wall_us == 0 && before->tempo_until_wall_us != 0 &&
                 before->tempo_until_wall_us <= carry->now.us && was->tempo == before->tempo_after;
    if (same || ended)
        return;
    struct operation tempo = begin(carry, OPERATION_TEMPO, 1u << stream);
    take_act(carry, "tempo", &tempo);
    tempo.value = was->tempo;
    tempo.until.us = was->tempo_until_wall_us;
    commit(carry, &tempo);
}

static void carry_switch(struct carry *carry, enum stream_id stream)
{
    bool enabled = carry->late.streams[stream].enabled;
    if (enabled == carry->before.streams[stream].enabled)
        return;
    struct operation change = begin(carry, OPERATION_SWITCH, 1u << stream);
    take_act(carry, enabled ? "enable" : "disable", &change);
    change.value = enabled;
    commit(carry, &change);
}

/* One that was carried over is in the new world under another id. */
static bool has_act(const struct store_description *description, const struct store_act *act)
{
    for (size_t i = 0; i < description->act_count; i++) {
        const struct store_act *is = &description->acts[i];
        if (strcmp(is->id, act->id) == 0 ||
            (is->wall_us == act->wall_us && strcmp(is->kind, act->kind) == 0 &&
             strcmp(is->stream, act->stream) == 0))
            return true;
    }
    return false;
}

static int keep_acts(struct carry *carry, const struct store_description *past, struct fault *fault)
{
    struct session *session = &carry->writer->session;
    struct store_description now = {0};
    int result = session_load(session, fault);
    if (result == 0)
        result = store_load(session->store, &now, fault);
    if (result < 0)
        return result;
    struct store_act *acts = MEM_ARRAY(struct store_act, carry->description.act_count + 1);
    struct store_amendment amendment = {
        .world_id = session->record.world_id,
        .generation = session->record.generation,
        .acts = acts,
    };
    for (size_t i = 0; i < carry->description.act_count; i++) {
        const struct store_act *act = &carry->description.acts[i];
        if (!has_act(past, act) && !has_act(&now, act))
            acts[amendment.act_count++] = *act;
    }
    if (amendment.act_count > 0)
        result = store_amend(session->store, &amendment, fault);
    if (result == 0 && amendment.act_count > 0)
        result = session_load(session, fault);
    free(acts);
    store_description_done(&now);
    return result;
}

/* For the history, as those of before the build are: what left nothing to carry over, too. */
static void keep_history(struct carry *carry, const struct store_description *past)
{
    struct fault fault = {.text = ""};
    int result = -ESTALE;
    for (unsigned tries = 0; tries < HISTORY_TRIES && result == -ESTALE; tries++)
        result = keep_acts(carry, past, &fault);
    if (result < 0)
        tell(carry->writer->journal, MESSAGE_CHANGE_LOST, &(struct tell){0},
             "what another daemon did during the reset is not in the history: %s", fault.text);
}

void reset_carry_over(struct writer *writer, const struct store_description *past,
                      int64_t generation)
{
    struct fault fault = {.text = ""};
    struct carry carry = {.writer = writer, .now = writer->time->wall(writer->time->context)};
    int result = store_load_replaced(writer->session.store, &carry.description, &fault);
    if (result == 0)
        result = record_decode(&carry.description, &carry.late, &fault);
    if (result == 0)
        result = record_decode(past, &carry.before, &fault);
    if (result < 0)
        tell(writer->journal, MESSAGE_CHANGE_LOST, &(struct tell){0},
             "what another daemon did during the reset can not be known: %s", fault.text);
    if (result == 0 && carry.late.generation != generation) {
        carry_clock(&carry);
        for (unsigned i = 0; i < STREAM_COUNT; i++) {
            carry_pause(&carry, (enum stream_id)i);
            carry_tempo(&carry, (enum stream_id)i);
            carry_switch(&carry, (enum stream_id)i);
        }
        keep_history(&carry, past);
    }
    record_done(&carry.before);
    record_done(&carry.late);
    store_description_done(&carry.description);
}
