#include "engine/writer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/tell.h"
#include "engine/writer_parts.h"

#define STOP_GRACE_MS 1500 /* for the batch in hand to end by itself */
#define STOP_CUT_MS   1400 /* after it was cut */

static void lock(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
}

static void unlock(struct writer *writer)
{
    (void)pthread_mutex_unlock(&writer->lock);
}

static void free_queue(struct writer_queue *queue)
{
    while (queue->first != NULL) {
        struct writer_job *next = queue->first->next;
        free(queue->first);
        queue->first = next;
    }
}

static void release(struct writer *writer)
{
    free_queue(&writer->operations);
    free_queue(&writer->jobs);
    free(writer->current);
    session_done(&writer->session);
    change_list_done(&writer->changes);
    row_texts_done(&writer->texts);
    plan_done(&writer->plan);
    plan_done(&writer->next_plan);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

int writer_new(const struct config *config, const struct time_source *time, struct channel *channel,
               struct journal *journal, const char *keeper, struct writer **ret_writer,
               struct fault *fault)
{
    struct writer *writer = MEM_NEW(struct writer);
    writer->time = time;
    writer->channel = channel;
    writer->skipped_told = -1;
    writer->journal = journal;
    (void)snprintf(writer->keeper, sizeof writer->keeper, "%s", keeper);
    plan_make(&writer->plan, config);
    plan_make(&writer->next_plan, config);
    session_init(&writer->session, &writer->plan);
    (void)pthread_mutex_init(&writer->lock, NULL);
    writer->view.state = DATABASE_CONNECTING;
    (void)snprintf(writer->view.detail, sizeof writer->view.detail, "connecting");
    int result = thread_start(&writer->thread, writer_run, writer, fault);
    if (result < 0) {
        release(writer);
        return result;
    }
    *ret_writer = writer;
    return 0;
}

bool writer_stop(struct writer *writer)
{
    lock(writer);
    writer->stop = true;
    unlock(writer);
    thread_wake(&writer->thread);
    bool ended = thread_join(&writer->thread, STOP_GRACE_MS);
    if (!ended) {
        session_interrupt(&writer->session, true);
        ended = thread_join(&writer->thread, STOP_CUT_MS);
    }
    if (!ended)
        thread_abandon(&writer->thread);
    return ended;
}

void writer_free(struct writer *writer)
{
    release(writer);
}

void writer_submit(struct writer *writer, struct writer_job *job)
{
    lock(writer);
    bool operation = job->task == TASK_OPERATE;
    struct writer_queue *queue = operation ? &writer->operations : &writer->jobs;
    job->next = NULL;
    if (queue->last != NULL)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    writer->view.queued += operation ? 0 : 1;
    unlock(writer);
    thread_wake(&writer->thread);
}

void writer_due(struct writer *writer, unsigned streams, world_time to)
{
    lock(writer);
    writer->due |= streams;
    writer->due_to = world_later(writer->due_to, to);
    unlock(writer);
    thread_wake(&writer->thread);
}

void writer_hold(struct writer *writer, unsigned streams)
{
    lock(writer);
    writer->hold = streams;
    unlock(writer);
    thread_wake(&writer->thread);
}

void writer_tend(struct writer *writer)
{
    lock(writer);
    writer->tends = true;
    unlock(writer);
}

bool writer_cancel(struct writer *writer, const struct engine_peer *peer)
{
    lock(writer);
    bool possible = writer->current != NULL;
    if (possible && !writer->cancel)
        writer->cancelled_by = *peer;
    writer->cancel = writer->cancel || possible;
    unlock(writer);
    thread_wake(&writer->thread);
    return possible;
}

int writer_cancelled(struct writer *writer, struct fault *fault)
{
    char who[TELL_WHO_MAX];
    lock(writer);
    struct engine_peer by = writer->cancelled_by;
    unlock(writer);
    return fault_set(fault, -ECANCELED, "cancelled by %s", tell_who(&by, who));
}

void writer_watch(struct writer *writer, unsigned streams)
{
    lock(writer);
    writer->watching = streams;
    unlock(writer);
}

void writer_update(struct writer *writer, const struct config *config)
{
    lock(writer);
    plan_update(&writer->next_plan, config);
    unlock(writer);
}

void writer_cut(struct writer *writer)
{
    session_interrupt(&writer->session, false);
}

void writer_view(struct writer *writer, struct writer_view *ret_view)
{
    lock(writer);
    *ret_view = writer->view;
    unlock(writer);
}

void writer_take_hour(struct writer *writer, int64_t ret_rows[STREAM_COUNT])
{
    lock(writer);
    memcpy(ret_rows, writer->view.hour_rows, sizeof writer->view.hour_rows);
    memset(writer->view.hour_rows, 0, sizeof writer->view.hour_rows);
    unlock(writer);
}

enum writer_break writer_break(struct writer *writer)
{
    lock(writer);
    enum writer_break result = writer->stop                       ? BREAK_STOP
                               : writer->cancel                   ? BREAK_CANCEL
                               : writer->operations.first != NULL ? BREAK_OPERATION
                                                                  : BREAK_NONE;
    unlock(writer);
    return result;
}

void writer_pause_us(struct writer *writer, int64_t us)
{
    thread_sleep(&writer->thread, us);
}

/* Call with the lock held. */
static void show_record(struct writer *writer)
{
    struct writer_view *view = &writer->view;
    view->has_record = writer->session.has_world;
    if (view->has_record)
        view->record = record_light(&writer->session.record);
}

void writer_publish(struct writer *writer)
{
    lock(writer);
    show_record(writer);
    unlock(writer);
    channel_put_view(writer->channel);
}

/* A long job is not a hung call: each batch begins the time anew. Call with the lock held. */
static void writer_alive(struct writer *writer)
{
    if (writer->view.call_began.us != 0)
        writer->view.call_began = writer->time->mono(writer->time->context);
}

void writer_progress(struct writer *writer, uint64_t ticket, enum job_kind kind, const char *detail,
                     uint64_t done, uint64_t total)
{
    lock(writer);
    struct writer_view *view = &writer->view;
    writer_alive(writer);
    view->has_job = true;
    view->job = kind;
    view->done = done;
    view->total = total;
    view->ticket = ticket;
    (void)snprintf(view->job_detail, sizeof view->job_detail, "%.127s", detail);
    unlock(writer);
    writer_publish(writer);
}

bool writer_begin_batch(struct writer *writer, unsigned stream, bool rows)
{
    lock(writer);
    writer_alive(writer);
    bool begins = !rows || (writer->hold & (WRITER_HOLD_WORLD | 1u << stream)) == 0;
    if (begins) {
        writer->view.in_batch = true;
        writer->view.batch_stream = stream;
    }
    unlock(writer);
    if (begins)
        channel_put_view(writer->channel);
    return begins;
}

void writer_end_batch(struct writer *writer)
{
    lock(writer);
    writer_alive(writer);
    writer->view.in_batch = false;
    show_record(writer); /* whoever pauses sees no rows come that were written before */
    unlock(writer);
    channel_put_view(writer->channel);
}
