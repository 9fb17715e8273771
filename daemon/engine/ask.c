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

#define JOBS_MAX 64 /* that wait for the writer */

/* Each ends its ticket sooner or later. */
typedef void verb(struct engine *engine, struct engine_ticket *ticket);

static void end_now(struct engine *engine, struct engine_ticket *ticket, enum engine_result result,
                    const char *parameter, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void end_now(struct engine *engine, struct engine_ticket *ticket, enum engine_result result,
                    const char *parameter, const char *format, ...)
{
    struct engine_end end = {.result = result, .parameter = parameter};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(end.text, sizeof end.text, format, args);
    va_end(args);
    ticket_end(engine, ticket, &end);
}

static void end_done(struct engine *engine, struct engine_ticket *ticket)
{
    ticket_end(engine, ticket, &(struct engine_end){.result = ENGINE_DONE});
}

/* Refuses what the database or the world's state do not allow now. */
static bool usable(struct engine *engine, struct engine_ticket *ticket)
{
    if (engine->view.state == DATABASE_READY && engine->has_record)
        return true;
    end_now(engine, ticket, ENGINE_REFUSED, NULL, "the database can not be used now: %s",
            engine->view.state == DATABASE_READY ? "there is no world yet" : engine->view.detail);
    return false;
}

static bool running(struct engine *engine, struct engine_ticket *ticket)
{
    const struct clock_state *clock = &engine->record.clock;
    if (!clock->paused && !clock->held)
        return true;
    const struct record *record = &engine->record;
    if (clock->held)
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "the world is held: %s", record->held_why);
    else
        end_now(engine, ticket, ENGINE_REFUSED, NULL,
                "the world is paused by %s%s%s: resume it first", record->paused_by,
                record->reason[0] != '\0' ? ", " : "", record->reason);
    return false;
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
static void ask_pause(struct engine *engine, struct engine_ticket *ticket)
{
    struct operation operation = operation_of(engine, &ticket->ask, OPERATION_PAUSE);
    struct fault fault;
    if (!engine_operate(engine, &operation, 0, &fault)) {
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "%s", fault.text);
        return;
    }
    writer_view(engine->writer, &engine->view);
    engine_merge(engine);
    bool busy = engine->view.in_batch && ticket->streams & 1u << engine->view.batch_stream;
    if (ticket->callbacks.news == NULL || !busy) {
        struct engine_end end = {.result = ENGINE_DONE, .batch_in_hand = busy};
        ticket_end(engine, ticket, &end);
        return;
    }
    ticket->draining = true;
    struct engine_news news = {.kind = NEWS_PROGRESS, .text = "paused; a batch is still in hand"};
    (void)ticket->callbacks.news(ticket->callbacks.context, &news);
}

/* Whether there is anything to resume. */
static bool stands(const struct engine *engine, unsigned streams, bool world)
{
    bool found = world && (engine->record.clock.paused || engine->record.clock.held);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        found = found || (streams & 1u << i && engine->record.streams[i].paused);
    return found;
}

static void ask_resume(struct engine *engine, struct engine_ticket *ticket)
{
    struct operation operation = operation_of(engine, &ticket->ask, OPERATION_RESUME);
    struct fault fault;
    bool idle = !stands(engine, ticket->streams, ticket->ask.streams == 0);
    operation.until.us = 0;
    operation.value = 0;
    if (!engine_operate(engine, &operation, 0, &fault)) {
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "%s", fault.text);
        return;
    }
    if (engine->has_record)
        writer_due(engine->writer, ticket->streams, engine_now(engine, operation.wall));
    end_now(engine, ticket, ENGINE_DONE, NULL, "%s", idle ? "nothing was paused" : "");
}

/* Speed and tempo: the answer comes when the database knows it. */
static void operate(struct engine *engine, struct engine_ticket *ticket, enum operation_kind kind)
{
    struct operation operation = operation_of(engine, &ticket->ask, kind);
    struct fault fault;
    if (usable(engine, ticket) && !engine_operate(engine, &operation, ticket->id, &fault))
        end_now(engine, ticket, ENGINE_INVALID, "factor", "%s", fault.text);
}

static void ask_speed(struct engine *engine, struct engine_ticket *ticket)
{
    operate(engine, ticket, OPERATION_SPEED);
}

static void ask_tempo(struct engine *engine, struct engine_ticket *ticket)
{
    operate(engine, ticket, OPERATION_TEMPO);
}

/* Hands a job to the writer and says so if it has to wait for others. */
static void submit(struct engine *engine, struct engine_ticket *ticket, struct writer_job *job)
{
    writer_view(engine->writer, &engine->view);
    const struct writer_view *view = &engine->view;
    if (view->queued >= JOBS_MAX) {
        free(job);
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "%u jobs wait already", view->queued);
        return;
    }
    job->ticket = ticket->id;
    if ((view->has_job || view->queued > 0) && ticket->callbacks.news != NULL) {
        struct engine_news news = {.kind = NEWS_QUEUED};
        (void)snprintf(news.text, sizeof news.text, "waits behind %s%s%s%u more",
                       view->has_job ? "the running " : "",
                       view->has_job ? job_kind_name(view->job) : "", view->has_job ? " and " : "",
                       view->queued);
        (void)ticket->callbacks.news(ticket->callbacks.context, &news);
    }
    writer_submit(engine->writer, job);
}

static void ask_refresh(struct engine *engine, struct engine_ticket *ticket)
{
    if (!usable(engine, ticket) || !running(engine, ticket))
        return;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct record_stream *state = &engine->record.streams[i];
        if (ticket->ask.streams & 1u << i && state->paused) {
            end_now(engine, ticket, ENGINE_REFUSED, NULL, "%s is paused by %s%s%s: resume it first",
                    stream_info((enum stream_id)i)->name, state->paused_by,
                    state->reason[0] != '\0' ? ", " : "", state->reason);
            return;
        }
    }
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_REFRESH;
    job->streams = ticket->streams;
    job->operation.peer = ticket->ask.peer;
    memcpy(job->operation.reason, ticket->ask.reason, sizeof job->operation.reason);
    submit(engine, ticket, job);
}

static void ask_advance(struct engine *engine, struct engine_ticket *ticket)
{
    const struct engine_ask *ask = &ticket->ask;
    struct operation operation = operation_of(engine, ask, OPERATION_ADVANCE);
    char text[TIME_TEXT_MAX];
    if (!usable(engine, ticket) || !running(engine, ticket))
        return;
    operation.streams = 0;
    operation.until.us = 0;
    operation.value = ask->clock_only ? OPERATION_CLOCK_ONLY : 0;
    operation.to = ask->has_to
                       ? ask->to_time
                       : world_plus(engine_now(engine, operation.wall), ask->span_us / 1000000);
    if (world_before(WORLD_TIME_LAST, operation.to)) {
        end_now(engine, ticket, ENGINE_INVALID, ask->has_to ? "to" : "by", "world time ends at %s",
                time_text(WORLD_TIME_LAST.s, text));
        return;
    }
    engine_name_operation(engine, &operation);
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_ADVANCE;
    job->streams = (1u << STREAM_COUNT) - 1;
    job->clock_only = ask->clock_only;
    job->relative = !ask->has_to;
    job->span_s = ask->span_us / 1000000;
    job->operation = operation;
    submit(engine, ticket, job);
}

static void ask_reset(struct engine *engine, struct engine_ticket *ticket)
{
    const struct engine_ask *ask = &ticket->ask;
    bool mends = engine->view.broken && engine->has_record; /* tables that others spoilt */
    if (!mends && !usable(engine, ticket))
        return;
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_RESET;
    job->has_seed = ask->has_seed;
    job->seed = ask->seed;
    job->keep_clock = ask->keep_clock;
    job->wait_us = ask->span_us;
    job->operation = operation_of(engine, ask, OPERATION_ADVANCE);
    submit(engine, ticket, job);
}

static void ask_adopt(struct engine *engine, struct engine_ticket *ticket)
{
    enum database_state state = engine->view.state;
    if (state != DATABASE_FOREIGN) {
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "there is nothing to adopt: the database %s",
                state == DATABASE_READY ? "is credd's already" : engine->view.detail);
        return;
    }
    struct writer_job *job = MEM_NEW(struct writer_job);
    job->task = TASK_ADOPT;
    job->operation = operation_of(engine, &ticket->ask, OPERATION_ADVANCE);
    submit(engine, ticket, job);
}

static void ask_cancel(struct engine *engine, struct engine_ticket *ticket)
{
    if (writer_cancel(engine->writer, &ticket->ask.peer))
        end_done(engine, ticket);
    else
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "nothing runs that could be cancelled");
}

static void ask_read(struct engine *engine, struct engine_ticket *ticket)
{
    if (usable(engine, ticket) && reader_submit(engine->reader, ticket->id, &ticket->ask) < 0)
        end_now(engine, ticket, ENGINE_REFUSED, NULL, "too many of these run already");
}

static void ask_watch(struct engine *engine, struct engine_ticket *ticket)
{
    (void)ticket;
    ticket_watching(engine);
}

static const struct {
    verb *ask;
    bool needs_world;
} verbs[] = {
    [ENGINE_PAUSE] = {ask_pause, false},    [ENGINE_RESUME] = {ask_resume, false},
    [ENGINE_REFRESH] = {ask_refresh, true}, [ENGINE_RESET] = {ask_reset, true},
    [ENGINE_ADVANCE] = {ask_advance, true}, [ENGINE_SPEED] = {ask_speed, true},
    [ENGINE_TEMPO] = {ask_tempo, true},     [ENGINE_ADOPT] = {ask_adopt, false},
    [ENGINE_CANCEL] = {ask_cancel, false},  [ENGINE_VERIFY] = {ask_read, true},
    [ENGINE_EXPORT] = {ask_read, true},     [ENGINE_WATCH] = {ask_watch, false},
    [ENGINE_HISTORY] = {ask_read, true},
};

/* A database that answers, or may yet, but whose world is not known: soon it is. And what was just
 * changed is soon in the history. */
static bool soon(const struct engine *engine, enum engine_verb what)
{
    if (!engine->settled)
        return verbs[what].needs_world &&
               (engine->view.state == DATABASE_CONNECTING || engine->view.state == DATABASE_READY);
    return what == ENGINE_HISTORY && engine->notes.pending_count > 0 &&
           engine->view.state == DATABASE_READY;
}

void ask_parked(struct engine *engine)
{
    struct engine_ticket *next;
    for (struct engine_ticket *ticket = engine->tickets; ticket != NULL; ticket = next) {
        next = ticket->next;
        if (!ticket->parked || soon(engine, ticket->ask.verb))
            continue;
        ticket->parked = false;
        verbs[ticket->ask.verb].ask(engine, ticket);
    }
}

struct engine_ticket *engine_ask(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks)
{
    struct engine_ticket *ticket = ticket_new(engine, ask, callbacks);
    uint64_t id = ticket->id;
    if (soon(engine, ask->verb))
        ticket->parked = true;
    else
        verbs[ask->verb].ask(engine, ticket);
    return ticket_find(engine, id);
}
