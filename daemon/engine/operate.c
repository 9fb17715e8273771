/* Operations on the loop's side: in force at once in the record that is shown, handed to the
 * writer, noted until the database knows them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine_parts.h"

static bool survives_kill(const struct operation *operation)
{
    return operation->kind == OPERATION_PAUSE || operation->kind == OPERATION_RESUME;
}

void engine_write_notes(struct engine *engine)
{
    struct fault fault;
    if (notes_write(&engine->notes, &fault) < 0)
        journal_say(engine->journal, MESSAGE_NOTE_FAILED, NULL, "%s", fault.text);
}

void engine_tell_lost(struct engine *engine, const char *why)
{
    journal_say(engine->journal, MESSAGE_CHANGE_LOST, NULL, "a change did not come into force: %s",
                why);
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

static void log_operation(struct engine *engine, const struct operation *operation)
{
    static const enum message_id messages[OPERATION_KINDS] = {
        [OPERATION_PAUSE] = MESSAGE_PAUSED,           [OPERATION_RESUME] = MESSAGE_RESUMED,
        [OPERATION_SPEED] = MESSAGE_SPEED_CHANGED,    [OPERATION_TEMPO] = MESSAGE_TEMPO_CHANGED,
        [OPERATION_SWITCH] = MESSAGE_STREAM_SWITCHED, [OPERATION_ADVANCE] = MESSAGE_ADVANCED,
        [OPERATION_STEPPED] = MESSAGE_CLOCK_STEPPED,
    };
    if (operation->kind == OPERATION_RESTARTED || operation->kind == OPERATION_RELOADED)
        return;
    char names[160] = "the world", uid[24], factor[32] = "";
    size_t used = 0;
    const char *name = operation_name(operation->kind);
    if (operation->kind == OPERATION_SWITCH && operation->value == 0)
        name = "disable";
    if (operation->kind == OPERATION_SPEED || operation->kind == OPERATION_TEMPO)
        (void)snprintf(factor, sizeof factor, " times %g", (double)operation->value / 1e6);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (operation->streams & 1u << i)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", stream_info((enum stream_id)i)->name);
    (void)snprintf(uid, sizeof uid, "%" PRId64, operation->peer.uid);
    journal_say(engine->journal, messages[operation->kind],
                (const struct journal_field[]){
                    {"CREDD_STREAM", used > 0 ? names : ""}, {"CREDD_PEER_UID", uid}, {NULL, NULL}},
                "%s: %s%s, by %s%s%s", name, names, factor,
                operation->peer.user[0] != '\0' ? operation->peer.user : "credd",
                operation->reason[0] != '\0' ? ": " : "", operation->reason);
}

void engine_name_operation(struct engine *engine, struct operation *operation)
{
    (void)snprintf(operation->id, sizeof operation->id, "%" PRIx64 "-%x",
                   (uint64_t)operation->wall.us, engine->operations++ & 0xffffu);
}

bool engine_operate(struct engine *engine, struct operation *operation, uint64_t ticket,
                    struct fault *fault)
{
    engine_name_operation(engine, operation);
    struct record trial = record_light(&engine->record);
    struct operation_effect *effect = MEM_NEW(struct operation_effect);
    int result = operation_apply(operation, &trial, effect, fault);
    bool changes = effect->changed || operation->kind == OPERATION_ADVANCE;
    record_done(&trial);
    free(effect);
    if (result == 0 && notes_add(&engine->notes, operation) < 0)
        result = fault_set(fault, -EAGAIN, "too many changes wait for the database already");
    if (result < 0)
        return false;
    if (survives_kill(operation))
        engine_write_notes(engine);
    if (changes)
        log_operation(engine, operation);
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
