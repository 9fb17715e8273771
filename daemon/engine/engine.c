#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/engine_parts.h"
#include "mail/event_log.h"
#include "state/owner.h"
#include "state/wanted.h"

/* Those of an earlier run come first, in their order and with their ids. */
static void submit_kept(struct engine *engine)
{
    for (size_t i = 0; i < engine->pending.count; i++) {
        struct pending_act *item = &engine->pending.items[i];
        const struct writer_job job = {.task = TASK_ACT, .kept = true, .act = item->act};
        item->told = act_info(item->act.kind)->outlives_kill;
        item->number = writer_submit(engine->writer, &job);
    }
}

static int start_threads(struct engine *engine, struct fault *fault)
{
    const struct config *config = engine->config;
    const struct database database = {config->database, config->password_file};
    const struct wanted wanted = wanted_now(config);
    const struct writer_setup setup = {
        .database = &database,
        .wanted = &wanted,
        .outside = engine->outside,
        .mailbox = &engine->mailbox,
        .journal = engine->journal,
        .owner = engine->owner,
        .wall = engine->now.wall,
        .mono = engine->now.mono,
    };
    int result = writer_new(&setup, &engine->writer, fault);
    if (result == 0)
        result = reader_new(&database, engine->outside, &engine->mailbox, &engine->reader, fault);
    if (result == 0)
        reader_update(engine->reader, &wanted.rules);
    return result;
}

int engine_new(const struct engine_setup *setup, struct engine **ret_engine, struct fault *fault)
{
    struct engine *engine = MEM_NEW(struct engine);
    const struct config *config = engine->config = setup->config;
    engine->journal = setup->journal;
    engine->outside = setup->outside;
    engine->now = (struct moment){outside_wall(setup->outside), outside_mono(setup->outside)};
    owner_name(engine->owner);
    if (setup->owner != NULL)
        (void)snprintf(engine->owner, sizeof engine->owner, "%s", setup->owner);
    if (pending_log_open(&engine->pending, setup->outside->disk, config->state_folder,
                         config->socket, fault) < 0)
        event_log(engine->journal, MESSAGE_NOTE_FAILED, &(struct event_about){0}, "%s",
                  fault->text);
    int result = mailbox_init(&engine->mailbox, fault);
    if (result < 0) {
        free(engine);
        return result;
    }
    result = start_threads(engine, fault);
    if (result < 0) {
        (void)engine_free(engine);
        return result;
    }
    scheduler_open(engine);
    submit_kept(engine);
    shown_look(engine);
    *ret_engine = engine;
    return 0;
}

static bool stop_writer(struct engine *engine)
{
    struct writer *writer = engine->writer;
    if (writer == NULL)
        return true;
    bool ended = writer_stop(writer);
    (void)moment_read(engine);
    shown_look(engine);
    scheduler_sum_up(engine, true);
    engine->writer = NULL;
    if (ended)
        writer_free(writer);
    return ended;
}

bool engine_free(struct engine *engine)
{
    if (engine == NULL)
        return true;
    engine->hooks = (struct engine_hooks){0};
    bool read_ended = reader_free(engine->reader);
    bool write_ended = stop_writer(engine);
    engine->reader = NULL;
    bool ended = read_ended && write_ended;
    if (!ended)
        event_log(engine->journal, MESSAGE_WRITER_ABANDONED, &(struct event_about){0},
                  "a database call hangs and could not be interrupted; its thread was abandoned, "
                  "nothing committed is lost");
    while (engine->requests != NULL)
        request_end(engine->requests,
                    &(struct request_end){.result = RESULT_CANCELLED, .text = "credd is stopping"});
    if (ended)
        mailbox_done(&engine->mailbox);
    snapshot_done(&engine->snapshot);
    world_state_done(&engine->shown);
    zone_free(engine->zone);
    if (ended) /* an abandoned thread may still post */
        free(engine);
    return ended;
}

/* Steps of the clock and ends that were posted come before what is asked for. */
struct open_request *engine_request(struct engine *engine, const struct request *asked,
                                    const struct request_callbacks *callbacks)
{
    engine_turn(engine);
    struct open_request *request = request_new(engine, asked, callbacks);
    uint64_t id = request->id;
    request_begin(request);
    engine_turn(engine);
    return request_find(engine, id);
}

void engine_reconfigure(struct engine *engine, const struct config *config, const struct actor *by,
                        char changed[1024], char pending[1024])
{
    engine_turn(engine);
    configured_replace(engine, config, by, changed, pending);
    engine_turn(engine);
}

int engine_wake(const struct engine *engine)
{
    return engine->mailbox.wake;
}

void engine_hook(struct engine *engine, const struct engine_hooks *hooks)
{
    if (hooks->changed != NULL) {
        engine->hooks.changed = hooks->changed;
        engine->hooks.changed_context = hooks->changed_context;
    }
    if (hooks->turned != NULL) {
        engine->hooks.turned = hooks->turned;
        engine->hooks.turned_context = hooks->turned_context;
    }
}
