/* Operations on the loop's side: in force at once in the record that is shown, handed to the
 * writer, noted until the database knows them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine_parts.h"
#include "engine/tell.h"

static bool survives_kill(const struct operation *operation)
{
    return operation->kind == OPERATION_PAUSE || operation->kind == OPERATION_RESUME;
}

void engine_write_notes(struct engine *engine)
{
    struct fault fault;
    if (notes_write(&engine->notes, &fault) < 0)
        tell(engine->journal, MESSAGE_NOTE_FAILED, &(struct tell){0}, "%s", fault.text);
}

void engine_tell_lost(struct engine *engine, const struct operation *operation, const char *why)
{
    char who[TELL_WHO_MAX];
    tell(engine->journal, MESSAGE_CHANGE_LOST,
         &(struct tell){
             .streams = operation->streams, .peer = &operation->peer, .reason = operation->reason},
         "%s by %s did not come into force: %s", operation_name(operation->kind),
         tell_who(&operation->peer, who), why);
}

static void tell_hold(struct engine *engine)
{
    unsigned hold =
        engine->record.clock.paused || engine->record.clock.held ? WRITER_HOLD_WORLD : 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        hold |= engine->record.streams[i].paused ? 1u << i : 0;
    writer_hold(engine->writer, hold);
}

static void use_zone(struct engine *engine)
{
    const char *wanted = engine->has_record ? engine->record.timezone : engine->config->timezone;
    if (engine->zone != NULL && strcmp(zone_name(engine->zone), wanted) == 0)
        return;
    struct fault fault;
    struct zone *zone = NULL;
    if (zone_load(wanted, &zone, &fault) < 0)
        return; /* the writer could not load it either and says so */
    zone_free(engine->zone);
    engine->zone = zone;
}

world_time engine_now(struct engine *engine, wall_time wall)
{
    agenda_note_step(engine, wall);
    clock_observe(&engine->record.clock, wall);
    engine->reached_us = engine->record.clock.reached_us;
    return clock_now(&engine->record.clock, wall);
}

void engine_merge(struct engine *engine)
{
    bool same_world = strcmp(engine->record.world_id, engine->view.record.world_id) == 0;
    int64_t reached_us = same_world ? engine->reached_us : 0;
    record_done(&engine->record);
    engine->has_record = engine->view.has_record && (engine->settled || engine->settling != 0);
    if (engine->has_record)
        engine->record = record_light(&engine->view.record);
    else /* not known yet: what is pending shows all the same */
        engine->record.clock.speed = engine->config->speed;
    if (engine->record.clock.reached_us < reached_us)
        engine->record.clock.reached_us = reached_us;
    engine->reached_us = engine->record.clock.reached_us;
    for (size_t i = 0; i < engine->notes.pending_count; i++) {
        struct operation_effect *effect = MEM_NEW(struct operation_effect);
        struct fault refused;
        (void)operation_apply(&engine->notes.pending[i], &engine->record, effect, &refused);
        free(effect);
    }
    use_zone(engine);
    tell_hold(engine);
}

void engine_tell_held(const struct engine *engine, const struct record *record)
{
    if (record->clock.held)
        tell(engine->journal, MESSAGE_CLOCK_HELD,
             &(struct tell){.has_time = true, .at = {record->clock.reached_us / 1000000}}, "%s",
             record->held_why);
}

void engine_name_operation(struct engine *engine, struct operation *operation)
{
    (void)snprintf(operation->id, sizeof operation->id, "%" PRIx64 "-%x",
                   (uint64_t)operation->wall.us, engine->operations++ & 0xffffu);
}

/* What became of the time in which no daemon ran, if some of it is left out. */
static void tell_left_out(const struct engine *engine, const struct operation_effect *effect)
{
    if (effect->gap_count > 0)
        tell(engine->journal, MESSAGE_LEFT_OUT,
             &(struct tell){.has_time = true, .at = effect->acts[0].at}, "%s",
             effect->acts[0].reason);
}

/* One line for what it changes; none if it changes nothing. A step so long that the clock waits for
 * confirmation is told as that. */
static void tell_effect(const struct engine *engine, const struct operation *operation,
                        const struct record *after, const struct operation_effect *effect)
{
    bool later = operation->kind == OPERATION_TEMPO || operation->kind == OPERATION_SWITCH;
    world_time at = clock_now(&after->clock, operation->wall);
    if (!effect->changed)
        return;
    if (later && effect->act_count > 0)
        at = effect->acts[0].at;
    if (operation->kind == OPERATION_STEPPED && after->clock.held)
        engine_tell_held(engine, after);
    else if (operation->kind == OPERATION_RESTARTED)
        tell_left_out(engine, effect);
    else
        tell_operation(engine->journal, operation, engine->has_record ? &at : NULL);
}

bool engine_operate(struct engine *engine, struct operation *operation, uint64_t ticket,
                    struct fault *fault)
{
    engine_name_operation(engine, operation);
    struct record trial = record_light(&engine->record);
    struct operation_effect *effect = MEM_NEW(struct operation_effect);
    int result = operation_apply(operation, &trial, effect, fault);
    if (result == 0 && notes_add(&engine->notes, operation) < 0)
        result = fault_set(fault, -EAGAIN, "too many changes wait for the database already");
    if (result == 0)
        tell_effect(engine, operation, &trial, effect);
    record_done(&trial);
    free(effect);
    if (result < 0)
        return false;
    if (survives_kill(operation))
        engine_write_notes(engine);
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_OPERATE;
    job->ticket = ticket;
    job->operation = *operation;
    engine_merge(engine);
    writer_submit(engine->writer, job);
    agenda_reset(engine);
    engine_changed(engine);
    return true;
}

struct operation engine_own_operation(const struct engine *engine, enum operation_kind kind,
                                      const struct engine_peer *peer)
{
    struct operation made = {.kind = kind, .wall = engine_wall(engine)};
    made.peer = peer != NULL ? *peer : (struct engine_peer){.uid = -1, .user = "credd"};
    (void)snprintf(made.reason, sizeof made.reason, "the configuration changed");
    return made;
}

void engine_drop_operation(struct engine *engine, const char *id)
{
    for (size_t i = 0; i < engine->notes.pending_count; i++)
        if (strcmp(engine->notes.pending[i].id, id) == 0) {
            bool noted = survives_kill(&engine->notes.pending[i]);
            notes_remove(&engine->notes, id);
            if (noted)
                engine_write_notes(engine);
            return;
        }
}
