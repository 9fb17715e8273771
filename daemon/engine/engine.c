#include "engine/engine.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine_parts.h"
#include "engine/keeper.h"
#include "engine/tell.h"

#define PROGRESS_US 100000 /* between two lines of progress */

wall_time engine_wall(const struct engine *engine)
{
    return engine->time->wall(engine->time->context);
}

mono_time engine_mono(const struct engine *engine)
{
    return engine->time->mono(engine->time->context);
}

void engine_changed(struct engine *engine)
{
    if (engine->changed != NULL)
        engine->changed(engine->changed_context);
}

/* --- what the threads say --- */

static void settled(struct engine *engine)
{
    engine->settling = 0;
    engine->settled = true;
    agenda_end_expired(engine, engine_wall(engine));
    writer_tend(engine->writer);
    engine_apply_configured(engine, NULL);
    engine_tell_held(engine, &engine->record);
    agenda_reset(engine);
    writer_due(engine->writer, (1u << STREAM_COUNT) - 1, engine_now(engine, engine_wall(engine)));
}

/* A pause whose time was up while no daemon ran ended then: what came after it is down time. At
 * other speeds the world stood still. */
static void end_expired(struct engine *engine)
{
    struct operation operation;
    struct fault fault;
    wall_time next;
    while (engine->record.clock.speed == CLOCK_SPEED_ONE &&
           operation_expired(&engine->record, engine_wall(engine), &operation, &next))
        if (!engine_operate(engine, &operation, 0, &fault))
            break;
}

/* The first world that is seen: what waited in the notes comes first, then the time in which nobody
 * looked. Until then its clock means nothing yet. */
static void settle(struct engine *engine)
{
    struct fault fault;
    for (size_t i = 0; i < engine->notes.pending_count; i++) {
        struct writer_job *job = MEM_NEW(struct writer_job);
        job->task = TASK_OPERATE;
        job->operation = engine->notes.pending[i];
        writer_submit(engine->writer, job);
    }
    struct operation restarted = engine_own_operation(engine, OPERATION_RESTARTED, NULL);
    restarted.value = engine->config->max_catch_up_s;
    restarted.catch_up = engine->config->catch_up;
    restarted.catch_up_limit_s = engine->config->catch_up_limit_s;
    restarted.reason[0] = '\0';
    engine->settling = ++engine->last_ticket;
    engine_merge(engine);
    bool alone = !keeper_alive(engine->record.keeper, engine->keeper,
                               engine_wall(engine).us - engine->record.clock.seen.us);
    if (alone)
        end_expired(engine);
    if (!alone || !engine_operate(engine, &restarted, engine->settling, &fault))
        settled(engine);
}

static void end_drained(struct engine *engine)
{
    struct engine_ticket *ticket = engine->tickets;
    while (ticket != NULL) {
        struct engine_ticket *next = ticket->next;
        bool busy = engine->view.in_batch && ticket->streams & 1u << engine->view.batch_stream;
        if (ticket->draining && !busy)
            ticket_end(engine, ticket, &(struct engine_end){.result = ENGINE_DONE});
        ticket = next;
    }
}

static void tell_progress(struct engine *engine)
{
    const struct writer_view *view = &engine->view;
    struct engine_ticket *ticket = view->has_job ? ticket_find(engine, view->ticket) : NULL;
    if (ticket == NULL || ticket->withdrawn || ticket->callbacks.news == NULL)
        return;
    mono_time now = engine_mono(engine);
    if ((view->done == engine->told_done && view->total == engine->told_total) ||
        now.us - engine->told_at.us < PROGRESS_US)
        return;
    engine->told_done = view->done;
    engine->told_total = view->total;
    engine->told_at = now;
    struct engine_news news = {.kind = NEWS_PROGRESS, .done = view->done, .total = view->total};
    (void)snprintf(news.text, sizeof news.text, "%s", view->job_detail);
    (void)ticket->callbacks.news(ticket->callbacks.context, &news);
}

/* Whether the view is of another world or state than was known; the view itself may have been taken
 * meanwhile by any report. */
static void compare_view(struct engine *engine, bool *ret_world, bool *ret_state)
{
    const struct record *record = &engine->record;
    *ret_world = engine->known.has_record != engine->has_record ||
                 strcmp(engine->known.world_id, record->world_id) != 0 ||
                 engine->known.generation != record->generation;
    *ret_state =
        engine->known.state != engine->view.shown || engine->known.has_job != engine->view.has_job;
    engine->known.has_record = engine->has_record;
    engine->known.has_job = engine->view.has_job;
    engine->known.state = engine->view.shown;
    engine->known.generation = record->generation;
    memcpy(engine->known.world_id, record->world_id, sizeof engine->known.world_id);
}

static void take_view(struct engine *engine)
{
    bool other_world, other_state;
    writer_view(engine->writer, &engine->view);
    engine_merge(engine);
    tell_progress(engine);
    end_drained(engine);
    compare_view(engine, &other_world, &other_state);
    if (engine->view.has_record && !engine->settled && engine->settling == 0)
        settle(engine);
    if (other_world)
        agenda_reset(engine);
    ask_parked(engine);
    if (other_world || other_state)
        engine_changed(engine);
}

static void tell_dropped(struct engine *engine, const struct post *post)
{
    for (size_t i = 0; i < engine->notes.pending_count; i++)
        if (strcmp(engine->notes.pending[i].id, post->operation) == 0)
            engine_tell_lost(engine, &engine->notes.pending[i], post->end.text);
}

static void take_end(struct engine *engine, const struct post *post)
{
    if (post->operation[0] != '\0') {
        if (post->ticket == 0 && post->end.result != ENGINE_DONE)
            tell_dropped(engine, post);
        engine_drop_operation(engine, post->operation);
        engine_merge(engine);
        ask_parked(engine);
    }
    if (post->ticket == engine->settling && engine->settling != 0) {
        settled(engine);
        ask_parked(engine);
        return;
    }
    struct engine_ticket *ticket = ticket_find(engine, post->ticket);
    if (ticket == NULL)
        return;
    struct engine_end end = post->end;
    end.dropped = ticket->dropped;
    ticket_end(engine, ticket, &end);
    engine_changed(engine);
}

static void tell_watchers(struct engine *engine, const struct post *post)
{
    struct engine_ticket *next;
    for (struct engine_ticket *ticket = engine->tickets; ticket != NULL; ticket = next) {
        next = ticket->next;
        if (ticket->ask.verb != ENGINE_WATCH || !(ticket->streams & post->streams))
            continue;
        if (ticket->wait)
            ticket->dropped += post->news.rows;
        else if (!ticket->callbacks.news(ticket->callbacks.context, &post->news))
            ticket->wait = true;
    }
}

static void take_news(struct engine *engine, const struct post *post)
{
    if (post->ticket == 0) {
        tell_watchers(engine, post);
        return;
    }
    struct engine_ticket *ticket = ticket_find(engine, post->ticket);
    bool more = ticket == NULL || ticket->withdrawn || ticket->callbacks.news == NULL ||
                ticket->callbacks.news(ticket->callbacks.context, &post->news);
    reader_delivered(engine->reader, post->ticket, !more);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct engine *engine = context;
    struct post *post = channel_take(&engine->channel);
    while (post != NULL) {
        struct post *next = post->next;
        switch (post->kind) {
        case POST_VIEW: take_view(engine); break;
        case POST_NEWS: take_news(engine, post); break;
        case POST_END: take_end(engine, post); break;
        }
        post_free(post);
        post = next;
    }
}

/* --- life cycle --- */

int engine_new(struct event_base *base, const struct config *config, struct journal *journal,
               struct engine **ret_engine, struct fault *fault)
{
    struct engine *engine = MEM_NEW(struct engine);
    engine->base = base;
    engine->config = config;
    engine->journal = journal;
    engine->time = &system_time;
    engine->step_fd = -1;
    keeper_name(engine->keeper);
    if (notes_open(&engine->notes, config->state_folder, config->socket, fault) < 0)
        tell(journal, MESSAGE_NOTE_FAILED, &(struct tell){0}, "%s", fault->text);
    int result = channel_init(&engine->channel, fault);
    if (result < 0) {
        free(engine);
        return result;
    }
    engine->wake = event_new(base, engine->channel.wake, EV_READ | EV_PERSIST, on_wake, engine);
    if (engine->wake == NULL || event_add(engine->wake, NULL) < 0)
        result = fault_set(fault, -ENOMEM, "the event loop refuses the engine");
    if (result == 0)
        result = agenda_open(engine, fault);
    if (result == 0)
        result = writer_new(config, engine->time, &engine->channel, journal, engine->keeper,
                            &engine->writer, fault);
    if (result == 0)
        result = reader_new(config, engine->time, &engine->channel, &engine->reader, fault);
    if (result < 0) {
        (void)engine_free(engine);
        return result;
    }
    engine->view.state = DATABASE_CONNECTING;
    engine_merge(engine);
    *ret_engine = engine;
    return 0;
}

static bool stop_writer(struct engine *engine)
{
    struct writer *writer = engine->writer;
    if (writer == NULL)
        return true;
    bool ended = writer_stop(writer);
    agenda_sum_up(engine);
    engine->writer = NULL;
    if (ended)
        writer_free(writer);
    return ended;
}

bool engine_free(struct engine *engine)
{
    if (engine == NULL)
        return true;
    bool read_ended = reader_free(engine->reader);
    bool write_ended = stop_writer(engine);
    engine->reader = NULL;
    bool ended = read_ended && write_ended;
    if (!ended)
        tell(engine->journal, MESSAGE_WRITER_ABANDONED, &(struct tell){0},
             "a database call hangs and could not be cut: left behind, nothing is lost");
    while (engine->tickets != NULL)
        ticket_end(engine, engine->tickets,
                   &(struct engine_end){.result = ENGINE_CANCELLED, .text = "credd is stopping"});
    agenda_close(engine);
    if (engine->wake != NULL)
        event_free(engine->wake);
    if (ended)
        channel_done(&engine->channel);
    record_done(&engine->record);
    zone_free(engine->zone);
    if (ended) /* an abandoned thread may still post */
        free(engine);
    return ended;
}

void engine_on_change(struct engine *engine, void (*changed)(void *context), void *context)
{
    engine->changed = changed;
    engine->changed_context = context;
}
