#include "writer/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "writer/writer_parts.h"

#define STOP_GRACE_MS 1500 /* for the batch in hand to end by itself */
#define STOP_CUT_MS   1400 /* after it was cut */

/* writer_look() and writer_halt() are still called after the thread ended: nothing to wake then. */
static void wake(struct writer *writer)
{
    if (writer->thread != NULL)
        writer->outside->threads->wake(writer->thread);
}

static void release(struct writer *writer)
{
    jobs_free(&writer->acts);
    jobs_free(&writer->jobs);
    free(writer->current);
    session_done(&writer->session);
    change_list_done(&writer->changes);
    row_texts_done(&writer->texts);
    database_done(&writer->database);
    snapshot_done(&writer->shown);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

static void run(void *context)
{
    struct writer *writer = context;
    int64_t rest;
    while ((rest = writer_turn(writer)) >= 0)
        if (rest > 0)
            writer_sleep(writer, rest);
    writer_leave(writer);
}

int writer_new(const struct writer_setup *setup, struct writer **ret_writer, struct fault *fault)
{
    struct writer *writer = MEM_NEW(struct writer);
    const struct outside *outside = setup->outside;
    writer->outside = outside;
    writer->mailbox = setup->mailbox;
    writer->journal = setup->journal;
    writer->skipped_told = -1;
    writer->told = (struct wall_reading){setup->wall, setup->mono};
    (void)snprintf(writer->owner, sizeof writer->owner, "%s", setup->owner);
    writer->database = database_copy(&setup->database->config, setup->database->password_file);
    writer->wanted = *setup->wanted;
    writer->health = health_start();
    writer->shown.state = writer->health.state;
    writer->shown.shown = writer->health.shown;
    (void)snprintf(writer->shown.detail, sizeof writer->shown.detail, "%s", writer->health.detail);
    session_init(&writer->session, &writer->database, outside->stores, outside->tokens,
                 writer->owner);
    (void)pthread_mutex_init(&writer->lock, NULL);
    int result = outside->threads->start(outside->threads->context, "credd-writer", run, writer,
                                         &writer->thread, fault);
    if (result < 0) {
        release(writer);
        return result;
    }
    *ret_writer = writer;
    return 0;
}

bool writer_stop(struct writer *writer)
{
    const struct thread_driver *threads = writer->outside->threads;
    writer_lock(writer);
    writer->stop = true;
    writer_unlock(writer);
    wake(writer);
    bool ended = threads->join(writer->thread, STOP_GRACE_MS);
    if (!ended) {
        session_interrupt(&writer->session, true);
        ended = threads->join(writer->thread, STOP_CUT_MS);
    }
    if (!ended)
        threads->abandon(writer->thread);
    else
        writer->thread = NULL; /* join() released it */
    return ended;
}

void writer_free(struct writer *writer)
{
    if (writer != NULL)
        release(writer);
}

uint64_t writer_submit(struct writer *writer, const struct writer_job *job)
{
    struct job *taken = MEM_NEW(struct job);
    taken->asked = *job;
    uint64_t number = writer_add_job(writer, taken);
    wake(writer);
    return number;
}

void writer_tell_wall(struct writer *writer, wall_time wall, mono_time mono)
{
    writer_lock(writer);
    writer->coming = (struct wall_reading){wall, mono};
    writer->is_coming = true;
    writer_take_wall(writer);
    writer_unlock(writer);
}

void writer_due(struct writer *writer, unsigned streams, world_time to,
                const struct due_stream due[STREAM_COUNT])
{
    count_due(writer, streams, due);
    writer_add_due(writer, streams, to);
    wake(writer);
}

void writer_halt(struct writer *writer, unsigned streams)
{
    writer_lock(writer);
    bool same = writer->halted == streams;
    writer->halted = streams;
    writer_unlock(writer);
    if (!same)
        wake(writer);
}

void writer_allow_heartbeat(struct writer *writer)
{
    writer_lock(writer);
    writer->tends = true;
    writer_unlock(writer);
}

bool writer_cancel(struct writer *writer, const struct actor *by)
{
    writer_lock(writer);
    bool in_hand = writer->current != NULL && !writer->committed;
    if (in_hand && !writer->cancel)
        writer->cancelled_by = *by;
    writer->cancel = writer->cancel || in_hand;
    struct job *next = writer->current != NULL ? NULL : writer_take_job(&writer->jobs);
    writer_unlock(writer);
    if (in_hand)
        wake(writer);
    if (next != NULL)
        jobs_end_cancelled(writer, next, by);
    return in_hand || next != NULL;
}

void writer_watch(struct writer *writer, unsigned streams)
{
    writer_lock(writer);
    writer->watching = streams;
    writer_unlock(writer);
}

void writer_update(struct writer *writer, const struct wanted *wanted)
{
    writer_lock(writer);
    writer->wanted = *wanted;
    writer->views_asked = true;
    writer_unlock(writer);
}

void writer_cut(struct writer *writer)
{
    session_interrupt(&writer->session, false);
}

void writer_look(struct writer *writer, struct snapshot *ret_snapshot)
{
    writer_lock(writer);
    *ret_snapshot = writer->shown;
    ret_snapshot->world = world_state_copy(&writer->shown.world);
    ret_snapshot->due = writer->due | writer->doing;
    ret_snapshot->due_to = writer->due == 0     ? writer->doing_to
                           : writer->doing == 0 ? writer->due_to
                                                : world_earlier(writer->due_to, writer->doing_to);
    writer_unlock(writer);
}
