/* What operators ask for: one function for each verb. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "engine/engine_parts.h"

typedef struct engine_ticket *verb(struct engine *engine, const struct engine_ask *ask,
                                   const struct engine_callbacks *callbacks);

static struct engine_ticket *end_at_once(const struct engine_callbacks *callbacks,
                                         enum engine_result result, const char *parameter,
                                         const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static struct engine_ticket *end_at_once(const struct engine_callbacks *callbacks,
                                         enum engine_result result, const char *parameter,
                                         const char *format, ...)
{
    struct engine_end end = {.result = result, .parameter = parameter};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(end.text, sizeof end.text, format, args);
    va_end(args);
    callbacks->end(callbacks->context, &end);
    return NULL;
}

/* NULL if the database can be used; else why not. */
static const char *not_ready(const struct engine *engine)
{
    if (engine->view.state == DATABASE_READY ||
        (engine->view.state == DATABASE_CONNECTING && !engine->has_record))
        return NULL;
    return engine->view.detail;
}

static struct operation operation_of(const struct engine *engine, const struct engine_ask *ask,
                                     enum operation_kind kind)
{
    struct operation made = {
        .kind = kind,
        .streams = ask->streams,
        .wall = engine_wall(engine),
        .skip = ask->skip,
        .value = ask->factor,
        .peer = ask->peer,
    };
    if (ask->span_us > 0)
        made.until.us = made.wall.us + ask->span_us;
    memcpy(made.reason, ask->reason, sizeof made.reason);
    return made;
}

/* In force at once, whatever the database does; with news the asker is told when nothing is in hand
 * any more. */
static struct engine_ticket *ask_pause(struct engine *engine, const struct engine_ask *ask,
                                       const struct engine_callbacks *callbacks)
{
    struct operation operation = operation_of(engine, ask, OPERATION_PAUSE);
    struct fault fault;
    if (!engine_operate(engine, &operation, 0, &fault))
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "%s", fault.text);
    writer_view(engine->writer, &engine->view);
    engine_merge(engine);
    unsigned streams = ask->streams != 0 ? ask->streams : (1u << STREAM_COUNT) - 1;
    bool busy = engine->view.in_batch && streams & 1u << engine->view.batch_stream;
    if (callbacks->news == NULL || !busy) {
        struct engine_end end = {.result = ENGINE_DONE, .batch_in_hand = busy};
        callbacks->end(callbacks->context, &end);
        return NULL;
    }
    struct engine_ticket *ticket = ticket_new(engine, ask, callbacks);
    ticket->draining = true;
    struct engine_news news = {.kind = NEWS_PROGRESS, .text = "paused; a batch is still in hand"};
    (void)callbacks->news(callbacks->context, &news);
    return ticket;
}

static struct engine_ticket *ask_resume(struct engine *engine, const struct engine_ask *ask,
                                        const struct engine_callbacks *callbacks)
{
    struct operation operation = operation_of(engine, ask, OPERATION_RESUME);
    struct fault fault;
    operation.until.us = 0;
    operation.value = 0;
    if (!engine_operate(engine, &operation, 0, &fault))
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "%s", fault.text);
    unsigned streams = ask->streams != 0 ? ask->streams : (1u << STREAM_COUNT) - 1;
    if (engine->has_record && engine->record.clock.speed != 0)
        writer_due(engine->writer, streams, engine_now(engine, operation.wall));
    callbacks->end(callbacks->context, &(struct engine_end){.result = ENGINE_DONE});
    return NULL;
}

/* Speed and tempo: the answer comes when the database knows it. */
static struct engine_ticket *ask_operation(struct engine *engine, const struct engine_ask *ask,
                                           const struct engine_callbacks *callbacks,
                                           enum operation_kind kind)
{
    struct operation operation = operation_of(engine, ask, kind);
    struct fault fault;
    const char *why = not_ready(engine);
    if (why != NULL || !engine->has_record)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the database can not be used now: %s",
                           why != NULL ? why : "there is no world yet");
    struct engine_ticket *ticket = ticket_new(engine, ask, callbacks);
    if (engine_operate(engine, &operation, ticket->id, &fault))
        return ticket;
    struct engine_end end = {.result = ENGINE_INVALID, .parameter = "factor"};
    (void)snprintf(end.text, sizeof end.text, "%s", fault.text);
    ticket_end(engine, ticket, &end);
    return NULL;
}

static struct engine_ticket *ask_speed(struct engine *engine, const struct engine_ask *ask,
                                       const struct engine_callbacks *callbacks)
{
    return ask_operation(engine, ask, callbacks, OPERATION_SPEED);
}

static struct engine_ticket *ask_tempo(struct engine *engine, const struct engine_ask *ask,
                                       const struct engine_callbacks *callbacks)
{
    return ask_operation(engine, ask, callbacks, OPERATION_TEMPO);
}

/* Hands a job to the writer and says so if it has to wait for others. */
static struct engine_ticket *submit(struct engine *engine, const struct engine_ask *ask,
                                    const struct engine_callbacks *callbacks,
                                    struct writer_job *job)
{
    struct engine_ticket *ticket = ticket_new(engine, ask, callbacks);
    writer_view(engine->writer, &engine->view);
    job->ticket = ticket->id;
    if ((engine->view.has_job || engine->view.queued > 0) && callbacks->news != NULL) {
        struct engine_news news = {.kind = NEWS_QUEUED};
        if (engine->view.has_job)
            (void)snprintf(news.text, sizeof news.text, "a %s is running, %u wait before this",
                           job_kind_name(engine->view.job), engine->view.queued);
        else
            (void)snprintf(news.text, sizeof news.text, "%u wait before this", engine->view.queued);
        (void)callbacks->news(callbacks->context, &news);
    }
    writer_submit(engine->writer, job);
    return ticket;
}

static unsigned paused_streams(const struct engine *engine)
{
    unsigned paused = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        paused |= engine->record.streams[i].paused ? 1u << i : 0;
    return paused;
}

static struct engine_ticket *ask_refresh(struct engine *engine, const struct engine_ask *ask,
                                         const struct engine_callbacks *callbacks)
{
    const char *why = not_ready(engine);
    if (why != NULL)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the database can not be used now: %s",
                           why);
    if (!engine->has_record)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "there is no world yet");
    const struct clock_state *clock = &engine->record.clock;
    if (clock->paused || clock->held)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the world is %s %s: resume it first",
                           clock->paused ? "paused" : "held",
                           clock->paused ? engine->record.reason : engine->record.held_why);
    unsigned paused = ask->streams & paused_streams(engine);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (paused & 1u << i)
            return end_at_once(callbacks, ENGINE_REFUSED, NULL, "%s is paused %s: resume it first",
                               stream_info((enum stream_id)i)->name,
                               engine->record.streams[i].reason);
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_REFRESH;
    job->streams = ask->streams != 0 ? ask->streams : (1u << STREAM_COUNT) - 1;
    job->to = engine_now(engine, engine_wall(engine));
    return submit(engine, ask, callbacks, job);
}

static struct engine_ticket *ask_advance(struct engine *engine, const struct engine_ask *ask,
                                         const struct engine_callbacks *callbacks)
{
    const char *why = not_ready(engine);
    if (why != NULL)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the database can not be used now: %s",
                           why);
    if (!engine->has_record)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "there is no world yet");
    const struct clock_state *clock = &engine->record.clock;
    if (clock->paused || clock->held)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the world is %s %s: resume it first",
                           clock->paused ? "paused" : "held",
                           clock->paused ? engine->record.reason : engine->record.held_why);
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_ADVANCE;
    job->streams = (1u << STREAM_COUNT) - 1;
    job->clock_only = ask->clock_only;
    struct operation *operation = &job->operation;
    *operation = operation_of(engine, ask, OPERATION_ADVANCE);
    operation->streams = 0;
    operation->until.us = 0;
    operation->to = ask->has_to
                        ? ask->to_time
                        : world_plus(engine_now(engine, operation->wall), ask->span_us / 1000000);
    char text[TIME_TEXT_MAX];
    if (world_before(WORLD_TIME_LAST, operation->to)) {
        free(job);
        return end_at_once(callbacks, ENGINE_INVALID, ask->has_to ? "to" : "by",
                           "world time ends at %s", time_text(WORLD_TIME_LAST.s, text));
    }
    (void)snprintf(operation->id, sizeof operation->id, "%" PRIx64 "-%x",
                   (uint64_t)operation->wall.us, engine->operations++ & 0xffffu);
    return submit(engine, ask, callbacks, job);
}

static struct engine_ticket *ask_reset(struct engine *engine, const struct engine_ask *ask,
                                       const struct engine_callbacks *callbacks)
{
    const char *why = not_ready(engine);
    if (why != NULL)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the database can not be used now: %s",
                           why);
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_RESET;
    job->has_seed = ask->has_seed;
    job->seed = ask->seed;
    job->keep_clock = ask->keep_clock;
    job->wait_us = ask->span_us;
    job->operation = operation_of(engine, ask, OPERATION_ADVANCE);
    return submit(engine, ask, callbacks, job);
}

static struct engine_ticket *ask_adopt(struct engine *engine, const struct engine_ask *ask,
                                       const struct engine_callbacks *callbacks)
{
    if (engine->view.state != DATABASE_FOREIGN)
        return end_at_once(
            callbacks, ENGINE_REFUSED, NULL, "there is nothing to adopt: the database is %s",
            engine->view.state == DATABASE_READY ? "credd's already" : engine->view.detail);
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_ADOPT;
    job->operation = operation_of(engine, ask, OPERATION_ADVANCE);
    return submit(engine, ask, callbacks, job);
}

static struct engine_ticket *ask_cancel(struct engine *engine, const struct engine_ask *ask,
                                        const struct engine_callbacks *callbacks)
{
    (void)ask;
    if (!writer_cancel(engine->writer))
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "nothing runs that could be cancelled");
    callbacks->end(callbacks->context, &(struct engine_end){.result = ENGINE_DONE});
    return NULL;
}

static struct engine_ticket *ask_read(struct engine *engine, const struct engine_ask *ask,
                                      const struct engine_callbacks *callbacks)
{
    const char *why = not_ready(engine);
    if (why != NULL)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "the database can not be used now: %s",
                           why);
    if (!engine->has_record)
        return end_at_once(callbacks, ENGINE_REFUSED, NULL, "there is no world yet");
    struct engine_ticket *ticket = ticket_new(engine, ask, callbacks);
    if (reader_submit(engine->reader, ticket->id, ask) == 0)
        return ticket;
    struct engine_end end = {.result = ENGINE_REFUSED, .text = "too many of these run already"};
    ticket_end(engine, ticket, &end);
    return NULL;
}

static struct engine_ticket *ask_watch(struct engine *engine, const struct engine_ask *ask,
                                       const struct engine_callbacks *callbacks)
{
    struct engine_ticket *ticket = ticket_new(engine, ask, callbacks);
    ticket_watching(engine);
    return ticket;
}

struct engine_ticket *engine_ask(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks)
{
    static verb *const verbs[] = {
        [ENGINE_PAUSE] = ask_pause,  [ENGINE_RESUME] = ask_resume,   [ENGINE_REFRESH] = ask_refresh,
        [ENGINE_RESET] = ask_reset,  [ENGINE_ADVANCE] = ask_advance, [ENGINE_SPEED] = ask_speed,
        [ENGINE_TEMPO] = ask_tempo,  [ENGINE_ADOPT] = ask_adopt,     [ENGINE_CANCEL] = ask_cancel,
        [ENGINE_VERIFY] = ask_read,  [ENGINE_EXPORT] = ask_read,     [ENGINE_WATCH] = ask_watch,
        [ENGINE_HISTORY] = ask_read,
    };
    return verbs[ask->verb](engine, ask, callbacks);
}
