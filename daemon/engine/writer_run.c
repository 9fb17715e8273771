/* The writer thread's body: keep a connection, follow the world, do one job after the other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/writer_parts.h"

#define BACKOFF_LEAST_US INT64_C(200000)
#define BACKOFF_MOST_US  INT64_C(5000000)
#define LOOK_US          INT64_C(1000000) /* how often another daemon's changes are looked for */
/* Jobs wait for it, and what is locked now is done at the next look. */
#define HOUSE_PATIENCE_MS 200
#define LOOKS_PER_KEEP    3 /* the clock is noted in the database at every third of these */
#define STEP_US           INT64_C(400000) /* a smaller difference of the clocks is adjustment */
#define BEHIND_S          7200            /* a longer catch-up is worth a message */

static mono_time now(const struct writer *writer)
{
    return writer->time->mono(writer->time->context);
}

static wall_time wall(const struct writer *writer)
{
    return writer->time->wall(writer->time->context);
}

static void lock(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
}

static void unlock(struct writer *writer)
{
    (void)pthread_mutex_unlock(&writer->lock);
}

/* --- the database's state --- */

void writer_show(struct writer *writer, enum database_state state, const char *detail)
{
    lock(writer);
    writer->view.shown = state;
    (void)snprintf(writer->view.detail, sizeof writer->view.detail, "%s", detail);
    unlock(writer);
    writer_publish(writer);
}

static void set_state(struct writer *writer, enum database_state state, const char *detail)
{
    writer_tell_state(writer, state, detail);
    lock(writer);
    writer->view.state = state;
    unlock(writer);
    if (writer->mending)
        writer_publish(writer);
    else
        writer_show(writer, state, detail);
}

static void call_begins(struct writer *writer, bool begins)
{
    lock(writer);
    writer->view.call_began = begins ? now(writer) : (mono_time){0};
    unlock(writer);
}

bool writer_is_loss(int code)
{
    return code == -ENOTCONN || code == -ECONNABORTED || code == -EINTR;
}

/* What is credd's can be made again; that it is, only a person can know. */
static int add_way_out(int code, struct fault *fault)
{
    char found[FAULT_TEXT_MAX];
    memcpy(found, fault->text, sizeof found);
    (void)fault_set(fault, code,
                    "%.500s; if somebody damaged a world of credd's, drop all of its tables and "
                    "credd makes a new one:",
                    found);
    for (size_t i = SCHEMA_OWN + SCHEMA_TABLES; i-- > 0;) {
        const char *name =
            i < SCHEMA_TABLES ? schema_tables[i].name : schema_own[i - SCHEMA_TABLES].name;
        size_t used = strlen(fault->text);
        (void)snprintf(fault->text + used, sizeof fault->text - used, " DROP TABLE IF EXISTS %s;",
                       name);
    }
    return code;
}

void writer_lost(struct writer *writer, int code, const struct fault *fault)
{
    enum database_state state = session_state_of(code);
    writer->broken =
        state == DATABASE_DOWN && !writer_is_loss(code) && (writer->welcomed || writer->broken);
    /* It is, or was a moment ago, a world of ours. */
    bool way_out = code == -EUCLEAN || (code == -EPERM && writer->welcomed);
    writer->damaged = code == -EUCLEAN;
    session_disconnect(&writer->session);
    writer->welcomed = false;
    writer->backoff_us = writer->backoff_us == 0 ? BACKOFF_LEAST_US : writer->backoff_us * 2;
    if (writer->backoff_us > BACKOFF_MOST_US)
        writer->backoff_us = BACKOFF_MOST_US;
    writer->failed_at = now(writer);
    writer->retry_at.us = writer->failed_at.us + writer->backoff_us;
    lock(writer);
    writer->view.has_job = false;
    writer->view.in_batch = false;
    writer->view.broken = writer->broken;
    unlock(writer);
    struct fault told = *fault;
    if (way_out)
        (void)add_way_out(code, &told);
    set_state(writer, state, told.text);
}

/* --- connection --- */

static int first_world(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    int result = session->kind == STORE_VACANT ? store_claim(session->store, fault) : 0;
    if (result == 0) {
        set_state(writer, DATABASE_READY, store_describe(session->store));
        result = reset_world(writer, NULL, fault);
    }
    lock(writer);
    writer->view.has_job = false;
    unlock(writer);
    return result;
}

static int welcome(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    if (session->kind == STORE_FOREIGN)
        return -EPERM;
    if (session->kind != STORE_WORLD) {
        session_forget(session);
        int built = first_world(writer, fault);
        if (built == 0)
            set_state(writer, DATABASE_READY, store_describe(session->store));
        return built == -EPERM ? add_way_out(built, fault) : built;
    }
    (void)store_sweep(session->store, fault);
    int result = session_load(session, fault);
    if (result == 0)
        set_state(writer, DATABASE_READY, store_describe(session->store));
    bool again = writer->backoff_us > 0; /* the first time it may be a swap by another daemon */
    return (result == -EPROTO || result == -ESTALE) && again ? -EUCLEAN : result;
}

static bool connect_session(struct writer *writer)
{
    struct fault fault = {.text = ""};
    call_begins(writer, true);
    int result = session_connect(&writer->session, &fault);
    if (result == 0)
        result = welcome(writer, &fault);
    call_begins(writer, false);
    if (result == 0) {
        writer->backoff_us = writer->mending ? writer->backoff_us : 0;
        writer->damaged = false;
        writer->welcomed = true;
        writer_publish(writer);
        return true;
    }
    bool first = writer->session.kind != STORE_WORLD;
    if (result == -EBUSY || (result == -ESTALE && first)) { /* another daemon builds the first */
        session_disconnect(&writer->session);
        writer->retry_at.us = now(writer).us + BACKOFF_LEAST_US;
        return false;
    }
    if (result == -ESHUTDOWN)
        return false;
    writer_lost(writer, result, &fault);
    return false;
}

/* Adoption is the one job that a foreign database allows. */
static void adopt_if_asked(struct writer *writer)
{
    lock(writer);
    struct writer_job *job = NULL;
    if (writer->view.state == DATABASE_FOREIGN && writer->current == NULL &&
        writer->jobs.first != NULL && writer->jobs.first->task == TASK_ADOPT) {
        writer_take_next(writer);
        job = writer->current;
    }
    unlock(writer);
    if (job == NULL)
        return;
    struct fault fault = {.text = ""};
    int result = session_connect(&writer->session, &fault);
    if (result < 0) {
        writer_end_job(writer, job, ENGINE_FAILED, fault.text);
        return;
    }
    (void)writer_run_job(writer, job);
    session_disconnect(&writer->session);
    writer->retry_at = now(writer);
}

/* --- the loop --- */

static void do_due(struct writer *writer)
{
    lock(writer);
    unsigned due = writer->due;
    world_time to = writer->due_to;
    writer->due = 0;
    writer->due_to = WORLD_TIME_FIRST;
    unlock(writer);
    if (due == 0)
        return;
    /* It was due in the world of before a reset, maybe, which was further. */
    to = world_earlier(to, clock_now(&writer->session.record.clock, wall(writer)));
    struct fault fault = {.text = ""};
    const struct record *record = &writer->session.record;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (due & 1u << i && to.s - record->streams[i].watermark.s > BEHIND_S)
            writer->behind |= 1u << i;
    int result = tick_streams(writer, due, to, NULL, &fault);
    lock(writer);
    writer->view.has_job = false;
    unlock(writer);
    if (result == 0)
        writer_calm(writer);
    if (result == -EAGAIN)
        writer_due(writer, due, to);
    if (result == -ECANCELED || result == -ESHUTDOWN || result == -EBUSY || result == -EAGAIN)
        result = 0;
    if (result < 0) { /* what was due when the database went is due when it comes back */
        writer_due(writer, due, to);
        writer_lost(writer, result, &fault);
        return;
    }
    if (writer->behind != 0 && writer_break(writer) == BREAK_NONE)
        writer_tell_caught_up(writer, to);
    writer_publish(writer);
}

/* Not in the moment of a step of the wall: the loop tells what to make of it. */
static bool steady(struct writer *writer)
{
    wall_time is = wall(writer);
    mono_time mono = now(writer);
    int64_t step = (is.us - writer->last_wall.us) - (mono.us - writer->last_mono.us);
    bool known = writer->last_wall.us != 0;
    writer->last_wall = is;
    writer->last_mono = mono;
    return !known || (step < STEP_US && step > -STEP_US);
}

/* An operation that waits counts from when it was asked for: no clock is noted before it. */
static bool tends(struct writer *writer)
{
    lock(writer);
    bool result = writer->tends && writer->operations.first == NULL;
    unlock(writer);
    return result;
}

/* Between jobs: empty intervals are written, the clock is noted, others' changes are followed. */
static int keep_house(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    if (now(writer).us < writer->look_at.us)
        return 0;
    bool keep = writer->looks++ % LOOKS_PER_KEEP == 0;
    writer->look_at.us = now(writer).us + LOOK_US;
    char known[STORE_NAME_MAX];
    memcpy(known, session->record.world_id, sizeof known);
    store_patience(session->store, HOUSE_PATIENCE_MS);
    int result = session_follow(session, fault);
    if (result > 0) {
        writer_tell_followed(writer, known);
        writer_publish(writer);
    }
    if (result >= 0)
        result = tick_flush(writer, fault);
    if (steady(writer) && result >= 0 && keep && tends(writer))
        result = session_keep(session, writer->keeper, wall(writer), fault);
    if (writer->unswept && result >= 0)
        writer->unswept = store_sweep(session->store, fault) < 0;
    store_patience(session->store, 0);
    lock(writer);
    bool idle = writer->due == 0 && writer->current == NULL;
    unlock(writer);
    if (result >= 0 && keep && idle)
        writer_calm(writer);
    writer_tell_skipped(writer);
    return result == -ESTALE || result == -EBUSY || result > 0 ? 0 : result;
}

static void serve(struct writer *writer)
{
    struct fault fault = {.text = ""};
    call_begins(writer, true);
    int result = keep_house(writer, &fault);
    if (result == -ENOENT ||
        !writer->session
             .has_world) { /* somebody dropped the tables: look again what this database is */
        (void)fault_set(&fault, -ENOTCONN, "the world is gone from the database");
        result = -ENOTCONN;
    }
    if (result < 0) {
        writer_lost(writer, result, &fault);
        return;
    }
    struct writer_job *job = writer_take_job(writer);
    int ran = job != NULL ? writer_run_job(writer, job) : 1;
    if (ran == 1 && session_connected(&writer->session))
        do_due(writer);
    call_begins(writer, false);
    if (ran != 1)
        return;
    lock(writer);
    bool idle = writer->operations.first == NULL && writer->due == 0 && !writer->stop &&
                (writer->jobs.first == NULL || writer->current != NULL);
    unlock(writer);
    if (idle)
        thread_sleep(&writer->thread, LOOK_US);
}

static void leave(struct writer *writer)
{
    struct fault fault;
    if (!session_connected(&writer->session) || !writer->session.has_world)
        return;
    if (tick_flush(writer, &fault) == 0 && tends(writer))
        (void)session_keep(&writer->session, writer->keeper, wall(writer), &fault);
}

void writer_run(void *context)
{
    struct writer *writer = context;
    while (writer_break(writer) != BREAK_STOP) {
        if (session_connected(&writer->session) && writer->welcomed) {
            serve(writer);
            continue;
        }
        adopt_if_asked(writer);
        int64_t wait = writer->retry_at.us - now(writer).us;
        if (wait > 0)
            thread_sleep(&writer->thread, wait);
        else if (!connect_session(writer) &&
                 (writer->view.state > DATABASE_DOWN || writer->damaged))
            writer_refuse_jobs(writer, writer->view.detail);
    }
    leave(writer);
}
