/* Acts on the loop's side: in force at once in the world that is shown, handed to the writer, kept
 * until the database knows them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/engine_parts.h"
#include "mail/event_log.h"

#define AGAIN_US INT64_C(1000000) /* before an end that was refused is tried again */

/* --- the journal --- */

void act_tell_held(const struct engine *engine, const struct world_state *state)
{
    if (state->clock.held)
        event_log(
            engine->journal, MESSAGE_CLOCK_HELD,
            &(struct event_about){.has_time = true, .at = {state->clock.reached_us / 1000000}},
            "%s", state->held_why);
}

void act_tell_lost(struct engine *engine, const struct act *act, const char *why)
{
    char who[EVENT_LOG_WHO_MAX], what[STORE_PARAMETERS_MAX];
    event_log(
        engine->journal, MESSAGE_CHANGE_LOST,
        &(struct event_about){.streams = act_streams(act), .peer = &act->by, .reason = act->reason},
        "%s by %s was not applied: %s", act_say(act, what), event_log_who(&act->by, who), why);
}

/* One line. A step that makes the clock wait for confirmation is told as a hold, a start only by
 * what it leaves out. */
static void tell(struct engine *engine, struct pending_act *item)
{
    const struct act *act = &item->act;
    item->told = true;
    if (act->kind == ACT_STEPPED && engine->shown.clock.held)
        act_tell_held(engine, &engine->shown);
    else if (act->kind == ACT_GAP && act->gap.until.s != 0)
        event_log(engine->journal, MESSAGE_LEFT_OUT,
                  &(struct event_about){.has_time = true, .at = act->at}, "%s", act->reason);
    else if (act->kind != ACT_GAP)
        event_log_act(engine->journal, act, item->has_at ? &item->at : NULL);
}

/* --- taking one --- */

static void save(struct engine *engine, struct act_taken *taken)
{
    if (pending_log_save(&engine->pending, &taken->why) == 0)
        return;
    taken->unsaved = true;
    event_log(engine->journal, MESSAGE_NOTE_FAILED, &(struct event_about){0}, "%s",
              taken->why.text);
}

/* No two daemons give the same. */
static void give_id(const struct engine *engine, struct act *act)
{
    const struct token_source *tokens = engine->outside->tokens;
    (void)snprintf(act->id, sizeof act->id, "%" PRIx64 "-%" PRIx64, (uint64_t)act->wall.us,
                   (uint64_t)tokens->next(tokens->context));
}

/* Whether it changes anything, and the world time that it is told with. */
static int try_act(const struct engine *engine, struct act *act, bool *ret_changes,
                   world_time *ret_at, struct fault *fault)
{
    struct act_effect *effect = MEM_NEW(struct act_effect);
    struct world_state trial = world_state_copy(&engine->shown);
    int result = act_apply(act, &trial, effect, fault);
    if (result == 0) {
        *ret_changes = effect->changed;
        *ret_at = effect->recorded ? act->at : clock_now(&trial.clock, act->wall);
    }
    world_state_done(&trial);
    free(effect);
    return result;
}

static void want(struct engine *engine, const struct act *act)
{
    if (act->kind == ACT_RESUME)
        engine->scheduler.wanted |= act->resume.streams != 0 ? act->resume.streams : STREAMS_ALL;
}

static void submit(struct engine *engine, struct pending_act *item)
{
    const struct writer_job job = {.task = TASK_ACT, .request = item->request, .act = item->act};
    item->number = writer_submit(engine->writer, &job);
}

int act_take(struct engine *engine, struct act *act, const struct act_how *how,
             struct act_taken *ret_taken, struct fault *fault)
{
    struct act_taken taken = {0};
    world_time at;
    bool outlives = act_info(act->kind)->outlives_kill;
    give_id(engine, act);
    int result = try_act(engine, act, &taken.changes, &at, fault);
    if (result < 0)
        return result;
    if (taken.changes || how->insist) {
        writer_date(engine->writer, engine->now.wall, engine->now.mono, &act->wall);
        (void)try_act(engine, act, &taken.changes, &at, fault);
        struct pending_act *item = pending_log_add(&engine->pending, act);
        if (item == NULL)
            return fault_set(fault, -EAGAIN,
                             "%d changes are already waiting for the database; try again later",
                             PENDING_ASKED_MAX);
        item->request = how->request;
        item->kept = outlives || how->keep;
        item->has_at = engine->has_world;
        item->at = at;
        submit(engine, item); /* first: while the file is synced the writer notes no later clock */
        taken.number = item->number;
        shown_remake(engine);
        if (item->kept) {
            pending_log_keep(&engine->pending);
            save(engine, &taken);
        }
        want(engine, act);
        if (outlives && taken.changes)
            tell(engine, item);
        engine_changed(engine);
    }
    *ret_taken = taken;
    return 0;
}

struct act act_own(const struct engine *engine, enum act_kind kind, const struct actor *by)
{
    struct act made = {.kind = kind, .wall = engine->now.wall};
    made.by = by != NULL ? *by : (struct actor){.uid = -1, .user = "credd"};
    return made;
}

void act_end_due(struct engine *engine)
{
    struct scheduler *scheduler = &engine->scheduler;
    struct act act;
    struct fault fault;
    wall_time next;
    if (engine->now.mono.us < scheduler->ends_at.us)
        return;
    while (act_due(&engine->shown, engine->now.wall, &act, &next)) {
        struct act_taken taken = {0};
        if (act_take(engine, &act, &(struct act_how){0}, &taken, &fault) == 0 && taken.changes)
            continue;
        scheduler->ends_at.us = engine->now.mono.us + AGAIN_US;
        return;
    }
}

/* --- its end --- */

void act_dealt_with(struct engine *engine, const struct post *post, bool heard)
{
    struct pending_act *item = pending_log_find(&engine->pending, post->act);
    struct act_taken unused = {0};
    if (item == NULL)
        return;
    bool done = post->end.result == RESULT_DONE;
    if (done && post->recorded && !item->told)
        tell(engine, item);
    else if (!done && !heard)
        act_tell_lost(engine, &item->act, post->end.text);
    bool kept = item->kept;
    pending_log_remove(&engine->pending, item);
    if (kept)
        save(engine, &unused);
    shown_remake(engine);
}
