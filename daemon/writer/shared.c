/* Writer: what both threads see of it, and what the jobs ask of the loop's side. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mail/event_log.h"
#include "writer/writer_parts.h"

void writer_lock(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
}

void writer_unlock(struct writer *writer)
{
    (void)pthread_mutex_unlock(&writer->lock);
}

void writer_take_wall(struct writer *writer)
{
    bool waits = writer->acts.first != NULL && writer->shown.has_world;
    if (waits || !writer->is_coming)
        return;
    writer->told = writer->coming;
    writer->is_coming = false;
}

static wall_time wall_after(const struct wall_reading *told, mono_time now)
{
    return (wall_time){told->wall.us + (now.us - told->mono.us)};
}

/* No act takes longer from its date to its submission. */
#define DATING_US INT64_C(1000000)

wall_time writer_wall(struct writer *writer)
{
    mono_time now = writer_mono(writer);
    writer_lock(writer);
    writer_take_wall(writer);
    if (writer->dated.us != 0 && now.us - writer->dated.us < DATING_US)
        now = writer->dated;
    if (writer->used.us < now.us)
        writer->used = now;
    wall_time wall = wall_after(&writer->told, now);
    writer_unlock(writer);
    return wall;
}

void writer_date(struct writer *writer, wall_time wall, mono_time mono, wall_time *date)
{
    if (date->us != wall.us)
        return;
    writer_lock(writer);
    int64_t late_us = writer->used.us > mono.us ? writer->used.us - mono.us : 0;
    writer->dated.us = mono.us + late_us;
    writer_unlock(writer);
    date->us += late_us;
}

wall_time writer_wall_asked(struct writer *writer)
{
    mono_time now = writer_mono(writer);
    writer_lock(writer);
    wall_time wall = wall_after(writer->is_coming ? &writer->coming : &writer->told, now);
    writer_unlock(writer);
    return wall;
}

world_time writer_rows_until(struct writer *writer)
{
    const struct clock_state *clock = &writer->session.state.clock;
    return world_earlier(clock_now(clock, writer_wall(writer)),
                         clock_now(clock, outside_wall(writer->outside)));
}

mono_time writer_mono(const struct writer *writer)
{
    return outside_mono(writer->outside);
}

void writer_sleep(struct writer *writer, int64_t us)
{
    writer->outside->threads->sleep(writer->thread, us);
}

bool writer_is_quiet(const struct writer *writer)
{
    return writer->torn || writer_mono(writer).us < writer->quiet_until.us;
}

enum writer_break writer_break(struct writer *writer)
{
    writer_lock(writer);
    enum writer_break result = writer->stop                 ? BREAK_STOP
                               : writer->cancel             ? BREAK_CANCEL
                               : writer->acts.first != NULL ? BREAK_ACT
                                                            : BREAK_NONE;
    writer_unlock(writer);
    return result;
}

bool writer_commits_to(struct writer *writer, bool commits)
{
    writer_lock(writer);
    bool possible = !commits || (!writer->cancel && !writer->stop);
    writer->committed = commits && possible;
    writer_unlock(writer);
    return possible;
}

int writer_cancelled(struct writer *writer, struct fault *fault)
{
    char who[EVENT_LOG_WHO_MAX];
    writer_lock(writer);
    struct actor by = writer->cancelled_by;
    writer_unlock(writer);
    return fault_set(fault, -ECANCELED, "cancelled by %s", event_log_who(&by, who));
}

bool writer_halts_world(struct writer *writer)
{
    writer_lock(writer);
    unsigned halted = writer->halted;
    writer_unlock(writer);
    const struct clock_state *clock = &writer->session.state.clock;
    return (halted & WRITER_HALT_WORLD) != 0 || clock->paused || clock->held;
}

bool writer_halts(struct writer *writer, enum stream_id stream)
{
    writer_lock(writer);
    unsigned halted = writer->halted;
    writer_unlock(writer);
    return (halted & 1u << stream) != 0 || writer->session.state.streams[stream].paused ||
           writer_halts_world(writer);
}

static bool same_names(const struct fill *a, const struct fill *b)
{
    bool same = a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++)
        same = strcmp(a->columns[i].name, b->columns[i].name) == 0;
    return same;
}

const struct row_rules *writer_rules(struct writer *writer)
{
    writer_lock(writer);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (!same_names(&writer->rules.fills[i], &writer->wanted.rules.fills[i]))
            writer->lacking[i] = 0;
    writer->rules = writer->wanted.rules;
    writer_unlock(writer);
    return &writer->rules;
}

uint64_t writer_add_job(struct writer *writer, struct job *job)
{
    bool act = job->asked.task == TASK_ACT;
    struct job_queue *queue = act ? &writer->acts : &writer->jobs;
    writer_lock(writer);
    if (act) {
        job->number = ++writer->acts_given;
        writer->dated.us = 0;
    }
    uint64_t number = job->number;
    if (queue->last != NULL)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    writer_unlock(writer);
    return number;
}

struct job *writer_take_job(struct job_queue *queue)
{
    struct job *job = queue->first;
    if (job != NULL && (queue->first = job->next) == NULL)
        queue->last = NULL;
    return job;
}

void writer_post_end(struct writer *writer, const struct job *job, enum request_result result,
                     bool recorded, const char *text)
{
    struct post *post = post_new(POST_END, job->asked.request);
    post->act = job->number;
    post->recorded = recorded;
    post->end.result = result;
    post->end.rows = job->rows;
    (void)snprintf(post->end.text, sizeof post->end.text, "%s", text);
    (void)mailbox_put(writer->mailbox, post);
}

void writer_add_due(struct writer *writer, unsigned streams, world_time to)
{
    writer_lock(writer);
    writer->due_to = writer->due != 0 ? world_later(writer->due_to, to) : to;
    writer->due |= streams;
    writer_unlock(writer);
}

void writer_show_world(struct writer *writer)
{
    struct snapshot *shown = &writer->shown;
    world_state_done(&shown->world);
    shown->has_world = writer->session.has_world;
    shown->reread = writer->reread;
    if (shown->has_world)
        shown->world = world_state_copy(&writer->session.state);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        shown->newest[i] = writer->newest.streams[i].at;
}

void writer_publish(struct writer *writer)
{
    newest_find(&writer->newest, &writer->session);
    writer_lock(writer);
    writer_show_world(writer);
    writer_unlock(writer);
    mailbox_put_snapshot(writer->mailbox);
}

void writer_show_changes(struct writer *writer)
{
    const struct session *session = &writer->session;
    writer_lock(writer);
    const struct snapshot *shown = &writer->shown;
    bool changed = shown->has_world != session->has_world ||
                   (shown->has_world && shown->world.generation != session->state.generation);
    writer_unlock(writer);
    if (changed)
        writer_publish(writer);
}

/* A long job is not a hung call: each batch begins the time anew. Call with the lock held. */
static void alive(struct writer *writer)
{
    if (writer->shown.call_began.us != 0)
        writer->shown.call_began = writer_mono(writer);
}

void writer_progress(struct writer *writer, const struct job *job, enum job_kind kind,
                     const char *detail, uint64_t done, uint64_t total)
{
    writer_lock(writer);
    struct snapshot *shown = &writer->shown;
    alive(writer);
    shown->has_job = true;
    shown->job = kind;
    shown->done = done;
    shown->total = total;
    shown->request = job != NULL ? job->asked.request : 0;
    (void)snprintf(shown->job_detail, sizeof shown->job_detail, "%.127s", detail);
    writer_show_world(writer);
    writer_unlock(writer);
    mailbox_put_snapshot(writer->mailbox);
}

void writer_no_job(struct writer *writer)
{
    writer_lock(writer);
    writer->shown.has_job = false;
    writer->shown.request = 0;
    writer_unlock(writer);
}

void writer_waits(struct writer *writer, const char *why)
{
    writer_lock(writer);
    const char *is = why != NULL ? why : "";
    bool news = strncmp(writer->shown.waiting, is, sizeof writer->shown.waiting - 1) != 0;
    (void)snprintf(writer->shown.waiting, sizeof writer->shown.waiting, "%s", is);
    if (why != NULL)
        alive(writer);
    writer_unlock(writer);
    if (news)
        mailbox_put_snapshot(writer->mailbox);
}

static void tell_one_waiting(struct writer *writer, struct job *job, const char *why)
{
    if (job->waited || job->asked.request == 0)
        return;
    struct post *post = post_new(POST_NEWS, job->asked.request);
    post->news.kind = NEWS_QUEUED;
    (void)snprintf(post->news.text, sizeof post->news.text, "waiting for %.450s", why);
    job->waited = true;
    (void)mailbox_put(writer->mailbox, post);
}

static void tell_all_waiting(struct writer *writer, struct job *first, const char *why)
{
    for (struct job *one = first; one != NULL; one = one->next)
        tell_one_waiting(writer, one, why);
}

void writer_tell_waiting(struct writer *writer, const char *why)
{
    char text[FAULT_TEXT_MAX + 20];
    writer_waits(writer, why);
    (void)snprintf(text, sizeof text, "the database: %s", why);
    writer_lock(writer);
    if (writer->current != NULL)
        tell_one_waiting(writer, writer->current, text);
    tell_all_waiting(writer, writer->acts.first, text);
    tell_all_waiting(writer, writer->jobs.first, text);
    writer_unlock(writer);
}

void writer_tell_acts_waiting(struct writer *writer, const char *why)
{
    writer_lock(writer);
    tell_all_waiting(writer, writer->acts.first, why);
    writer_unlock(writer);
}

void writer_calls(struct writer *writer, bool begins)
{
    writer_lock(writer);
    writer->shown.call_began = begins ? writer_mono(writer) : (mono_time){0};
    writer_unlock(writer);
}

/* Call with the lock held. */
static void in_hand(struct writer *writer, unsigned streams)
{
    writer->shown.in_batch = true;
    writer->shown.batch_streams = streams;
}

bool writer_begin_batch(struct writer *writer, enum stream_id stream, bool rows)
{
    writer_lock(writer);
    alive(writer);
    bool begins = !rows || (writer->halted & (WRITER_HALT_WORLD | 1u << stream)) == 0;
    if (begins)
        in_hand(writer, 1u << stream);
    writer_unlock(writer);
    if (begins)
        mailbox_put_snapshot(writer->mailbox);
    return begins;
}

bool writer_begin_move(struct writer *writer)
{
    writer_lock(writer);
    alive(writer);
    bool begins = (writer->halted & WRITER_HALT_WORLD) == 0;
    if (begins)
        in_hand(writer, STREAMS_ALL);
    writer_unlock(writer);
    if (begins)
        mailbox_put_snapshot(writer->mailbox);
    return begins;
}

void writer_end_batch(struct writer *writer)
{
    writer_lock(writer);
    alive(writer);
    writer->shown.in_batch = false;
    writer_show_world(writer); /* at once, or these rows would appear after a pause */
    writer_unlock(writer);
    mailbox_put_snapshot(writer->mailbox);
}

/* One message when the state changes, none for each failed try. */
static void tell_health(struct writer *writer, int code)
{
    static const enum message_id messages[DATABASE_STATES] = {
        [DATABASE_CONNECTING] = MESSAGE_DATABASE_DOWN,
        [DATABASE_READY] = MESSAGE_DATABASE_READY,
        [DATABASE_DOWN] = MESSAGE_DATABASE_DOWN,
        [DATABASE_REFUSED] = MESSAGE_DATABASE_REFUSED,
        [DATABASE_FOREIGN] = MESSAGE_DATABASE_FOREIGN,
        [DATABASE_FULL] = MESSAGE_DATABASE_FULL,
        [DATABASE_READ_ONLY] = MESSAGE_DATABASE_FULL,
    };
    const struct health *health = &writer->health;
    const struct session *session = &writer->session;
    struct event_about about = {.has_time = session->has_world};
    if (session->has_world)
        about.at = clock_now(&session->state.clock, writer_wall(writer));
    if (code == -EDOM)
        event_log(writer->journal, MESSAGE_CLOCK_HELD, &about, "%s", health->detail);
    else
        event_log(writer->journal, messages[health->shown], &about, "database %s: %s",
                  database_state_word(health->shown), health->detail);
}

void writer_report_health(struct writer *writer, enum health_event event, int code,
                          const char *text)
{
    struct health *health = &writer->health;
    bool news = health_step(health, event, code, text, writer_mono(writer));
    if (news)
        tell_health(writer, code);
    writer_lock(writer);
    struct snapshot *shown = &writer->shown;
    bool other = shown->state != health->state || shown->shown != health->shown ||
                 shown->broken != health->broken || strcmp(shown->detail, health->detail) != 0;
    shown->state = health->state;
    shown->shown = health->shown;
    shown->broken = health->broken;
    (void)snprintf(shown->detail, sizeof shown->detail, "%s", health->detail);
    if (!health->open) {
        shown->in_batch = false;
        other = other || shown->has_job;
        shown->has_job = false;
    }
    writer_unlock(writer);
    if (other)
        mailbox_put_snapshot(writer->mailbox);
}
