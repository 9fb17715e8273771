#include "engine/engine.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine_parts.h"
#include "engine/keeper.h"

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

/* --- tickets --- */

struct engine_ticket *ticket_new(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks)
{
    struct engine_ticket *ticket = MEM_NEW(struct engine_ticket), **link = &engine->tickets;
    ticket->engine = engine;
    ticket->id = ++engine->last_ticket;
    ticket->streams = ask->streams != 0 ? ask->streams : (1u << STREAM_COUNT) - 1;
    ticket->ask = *ask;
    ticket->callbacks = *callbacks;
    while (*link != NULL)
        link = &(*link)->next;
    *link = ticket;
    return ticket;
}

struct engine_ticket *ticket_find(struct engine *engine, uint64_t id)
{
    struct engine_ticket *ticket = engine->tickets;
    while (ticket != NULL && ticket->id != id)
        ticket = ticket->next;
    return ticket;
}

void ticket_watching(struct engine *engine)
{
    if (engine->writer == NULL) /* at the end */
        return;
    unsigned streams = 0;
    for (struct engine_ticket *ticket = engine->tickets; ticket != NULL; ticket = ticket->next)
        if (ticket->ask.verb == ENGINE_WATCH && !ticket->wait)
            streams |= ticket->streams;
    writer_watch(engine->writer, streams);
}

void ticket_end(struct engine *engine, struct engine_ticket *ticket, const struct engine_end *end)
{
    struct engine_ticket **link = &engine->tickets;
    while (*link != ticket)
        link = &(*link)->next;
    *link = ticket->next;
    if (!ticket->withdrawn)
        ticket->callbacks.end(ticket->callbacks.context, end);
    free(ticket);
    ticket_watching(engine);
}

void engine_withdraw(struct engine_ticket *ticket)
{
    struct engine *engine = ticket->engine;
    ticket->withdrawn = true;
    if (ticket->ask.verb == ENGINE_WATCH || ticket->parked)
        ticket_end(engine, ticket, &(struct engine_end){.result = ENGINE_CANCELLED});
    else
        reader_withdraw(engine->reader, ticket->id);
}

void engine_more(struct engine_ticket *ticket)
{
    ticket->wait = false;
    reader_more(ticket->engine->reader, ticket->id);
    ticket_watching(ticket->engine);
}

/* --- operations --- */

static bool survives_kill(const struct operation *operation)
{
    return operation->kind == OPERATION_PAUSE || operation->kind == OPERATION_RESUME;
}

static void write_notes(struct engine *engine)
{
    struct fault fault;
    if (notes_write(&engine->notes, &fault) < 0)
        journal_say(engine->journal, MESSAGE_NOTE_FAILED, NULL, "%s", fault.text);
}

/* Nobody waits for the answer: the journal gets it. */
static void tell_lost(struct engine *engine, const char *why)
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
    char names[160] = "the world", uid[24];
    size_t used = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (operation->streams & 1u << i)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", stream_info((enum stream_id)i)->name);
    (void)snprintf(uid, sizeof uid, "%" PRId64, operation->peer.uid);
    journal_say(engine->journal, messages[operation->kind],
                (const struct journal_field[]){
                    {"CREDD_STREAM", used > 0 ? names : ""}, {"CREDD_PEER_UID", uid}, {NULL, NULL}},
                "%s: %s, by %s%s%s", operation_name(operation->kind), names,
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
        write_notes(engine);
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

static struct operation own_operation(const struct engine *engine, enum operation_kind kind,
                                      const struct engine_peer *peer)
{
    struct operation made = {.kind = kind, .wall = engine_wall(engine)};
    made.peer = peer != NULL ? *peer : (struct engine_peer){.uid = -1, .user = "credd"};
    (void)snprintf(made.reason, sizeof made.reason, "the configuration changed");
    return made;
}

static void remember_configured(struct engine *engine)
{
    struct notes *notes = &engine->notes;
    notes->configured = true;
    notes->speed = engine->config->speed;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        notes->tempo[i] = engine->config->streams[i].tempo;
        notes->enabled[i] = engine->config->streams[i].enabled;
    }
    write_notes(engine);
}

static void operate_configured(struct engine *engine, struct operation *operation)
{
    struct fault fault;
    if (!engine_operate(engine, operation, 0, &fault))
        tell_lost(engine, fault.text);
}

void engine_apply_configured(struct engine *engine, const struct engine_peer *peer)
{
    const struct notes *notes = &engine->notes;
    if (notes->configured && notes->speed != engine->config->speed) {
        struct operation speed = own_operation(engine, OPERATION_SPEED, peer);
        speed.value = engine->config->speed;
        operate_configured(engine, &speed);
    }
    for (unsigned i = 0; i < STREAM_COUNT && notes->configured; i++) {
        const struct config_stream *stream = &engine->config->streams[i];
        if (notes->tempo[i] != stream->tempo) {
            struct operation tempo = own_operation(engine, OPERATION_TEMPO, peer);
            tempo.streams = 1u << i;
            tempo.value = stream->tempo;
            operate_configured(engine, &tempo);
        }
        if (notes->enabled[i] != stream->enabled) {
            struct operation enable = own_operation(engine, OPERATION_SWITCH, peer);
            enable.streams = 1u << i;
            enable.value = stream->enabled;
            operate_configured(engine, &enable);
        }
    }
    remember_configured(engine);
}

/* --- what the threads say --- */

static void settled(struct engine *engine)
{
    engine->settling = 0;
    engine->settled = true;
    agenda_end_expired(engine, engine_wall(engine));
    writer_tend(engine->writer);
    engine_apply_configured(engine, NULL);
    if (engine->record.clock.held)
        journal_say(engine->journal, MESSAGE_CLOCK_HELD, NULL, "%s", engine->record.held_why);
    agenda_reset(engine);
    writer_due(engine->writer, (1u << STREAM_COUNT) - 1, engine_now(engine, engine_wall(engine)));
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
    struct operation restarted = own_operation(engine, OPERATION_RESTARTED, NULL);
    restarted.value = engine->config->max_catch_up_s;
    restarted.catch_up = engine->config->catch_up;
    restarted.catch_up_limit_s = engine->config->catch_up_limit_s;
    restarted.reason[0] = '\0';
    engine->settling = ++engine->last_ticket;
    engine_merge(engine);
    if (keeper_alive(engine->record.keeper, engine->keeper,
                     engine_wall(engine).us - engine->record.clock.seen.us) ||
        !engine_operate(engine, &restarted, engine->settling, &fault))
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
        engine->known.state != engine->view.state || engine->known.has_job != engine->view.has_job;
    engine->known.has_record = engine->has_record;
    engine->known.has_job = engine->view.has_job;
    engine->known.state = engine->view.state;
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

static void drop_operation(struct engine *engine, const char *id)
{
    for (size_t i = 0; i < engine->notes.pending_count; i++)
        if (strcmp(engine->notes.pending[i].id, id) == 0) {
            bool noted = survives_kill(&engine->notes.pending[i]);
            notes_remove(&engine->notes, id);
            if (noted)
                write_notes(engine);
            return;
        }
}

static void take_end(struct engine *engine, const struct post *post)
{
    if (post->operation[0] != '\0') {
        drop_operation(engine, post->operation);
        engine_merge(engine);
        if (post->ticket == 0 && post->end.result != ENGINE_DONE)
            tell_lost(engine, post->end.text);
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
        journal_say(journal, MESSAGE_NOTE_FAILED, NULL, "%s", fault->text);
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
        engine_free(engine);
        return result;
    }
    engine->view.state = DATABASE_CONNECTING;
    engine_merge(engine);
    *ret_engine = engine;
    return 0;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    bool read_ended = reader_free(engine->reader);
    bool write_ended = writer_free(engine->writer);
    engine->reader = NULL;
    engine->writer = NULL;
    if (!read_ended || !write_ended)
        journal_say(engine->journal, MESSAGE_WRITER_ABANDONED, NULL,
                    "a database call hangs and could not be cut: left behind, nothing is lost");
    while (engine->tickets != NULL)
        ticket_end(engine, engine->tickets,
                   &(struct engine_end){.result = ENGINE_CANCELLED, .text = "credd is stopping"});
    agenda_close(engine);
    if (engine->wake != NULL)
        event_free(engine->wake);
    if (read_ended && write_ended)
        channel_done(&engine->channel);
    record_done(&engine->record);
    zone_free(engine->zone);
    if (read_ended && write_ended) /* an abandoned thread may still post */
        free(engine);
}

void engine_on_change(struct engine *engine, void (*changed)(void *context), void *context)
{
    engine->changed = changed;
    engine->changed_context = context;
}

static void say(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    (void)snprintf(out + used, size - used, "%s%s", used > 0 ? "; " : "", text);
}

static bool same(const char *a, const char *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void engine_reconfigure(struct engine *engine, const struct config *config,
                        const struct engine_peer *peer, char changed[1024], char pending[1024])
{
    const struct config *old = engine->config;
    changed[0] = pending[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        char line[300];
        const char *name = stream_info((enum stream_id)i)->name;
        const char *schedule = schedule_text(config->streams[i].schedule);
        if (!same(schedule_text(old->streams[i].schedule), schedule)) {
            (void)snprintf(line, sizeof line, "%s: schedule %.200s", name, schedule);
            say(changed, 1024, line);
        }
        if (old->streams[i].tempo != config->streams[i].tempo ||
            old->streams[i].enabled != config->streams[i].enabled) {
            (void)snprintf(line, sizeof line, "%s: tempo or enabled", name);
            say(changed, 1024, line);
        }
    }
    if (old->speed != config->speed)
        say(changed, 1024, "clock.speed");
    if (old->database.mariadb != config->database.mariadb ||
        !same(old->database.path, config->database.path) ||
        !same(old->database.hosts, config->database.hosts) ||
        !same(old->database.socket, config->database.socket) ||
        !same(old->database.name, config->database.name) ||
        !same(old->database.user, config->database.user) || !same(old->socket, config->socket))
        say(pending, 1024, "another database or socket: at a restart");
    engine->config = config;
    char reset[512];
    report_pending(engine, reset, sizeof reset);
    if (reset[0] != '\0')
        say(pending, 1024, reset);
    writer_update(engine->writer, config);
    if (engine->settled) {
        struct fault fault;
        struct operation reloaded = own_operation(engine, OPERATION_RELOADED, peer);
        (void)snprintf(reloaded.reason, sizeof reloaded.reason, "%.250s", changed);
        (void)engine_operate(engine, &reloaded, 0, &fault);
        engine_apply_configured(engine, peer);
    }
    agenda_reset(engine);
    engine_changed(engine);
}
