/* The writer's jobs: taken one at a time, done, and told how they ended. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tell.h"
#include "engine/writer_parts.h"

static void lock(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
}

static void unlock(struct writer *writer)
{
    (void)pthread_mutex_unlock(&writer->lock);
}

void writer_end_job(struct writer *writer, struct writer_job *job, enum engine_result result,
                    const char *text)
{
    lock(writer);
    if (writer->current == job) {
        writer->current = NULL;
        writer->cancel = false;
        writer->view.has_job = false;
        writer->view.ticket = 0;
    }
    unlock(writer);
    writer_publish(writer);
    if (job->ticket != 0 || job->operation.id[0] != '\0') {
        struct post *post = post_new(POST_END, job->ticket);
        post->end.result = result;
        post->end.rows = job->rows;
        memcpy(post->operation, job->operation.id, sizeof post->operation);
        (void)snprintf(post->end.text, sizeof post->end.text, "%s", text);
        (void)channel_put(writer->channel, post);
    }
    free(job);
}

static struct writer_job *take_first(struct writer_queue *queue)
{
    struct writer_job *job = queue->first;
    if (job != NULL && (queue->first = job->next) == NULL)
        queue->last = NULL;
    return job;
}

void writer_take_next(struct writer *writer)
{
    writer->current = take_first(&writer->jobs);
    writer->view.queued -= writer->current != NULL ? 1 : 0;
}

struct writer_job *writer_take_job(struct writer *writer)
{
    lock(writer);
    struct writer_job *job = take_first(&writer->operations);
    if (job == NULL && writer->current == NULL)
        writer_take_next(writer);
    if (job == NULL)
        job = writer->current;
    unlock(writer);
    return job;
}

/* Watermarks that moved over empty intervals first: an operation loads what is committed. */
static int do_operate(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = tick_flush(writer, fault);
    if (!writer_is_loss(result))
        result = session_operate(&writer->session, &job->operation, fault);
    writer_publish(writer);
    return result;
}

/* Which streams are not where they were to be brought, in words; "" if all are. */
static void say_left(const struct writer *writer, unsigned streams, world_time to, char *out,
                     size_t size)
{
    const struct record *record = &writer->session.record;
    bool behind_customers = record->streams[STREAM_CUSTOMERS].paused;
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT && used < size; i++) {
        const struct record_stream *state = &record->streams[i];
        if (!(streams & 1u << i) || !world_before(state->watermark, to))
            continue;
        const char *why = state->paused      ? "paused"
                          : behind_customers ? "waits for customers, which is paused"
                                             : "late";
        used += (size_t)snprintf(
            out + used, size - used, "%s%s (%s)",
            used > 0 ? ", " : "left behind: ", stream_info((enum stream_id)i)->name, why);
    }
}

/* Another daemon may have moved the world a moment ago. */
static int follow(struct writer *writer, struct fault *fault)
{
    char known[STORE_NAME_MAX];
    memcpy(known, writer->session.record.world_id, sizeof known);
    int result = session_follow(&writer->session, fault);
    if (result > 0) {
        writer_tell_followed(writer, known);
        writer_publish(writer);
    }
    if (!writer->session.has_world)
        return fault_set(fault, -ENOTCONN, "the world is gone from the database");
    return result < 0 && result != -EBUSY ? result : 0;
}

/* What waited in the queue means the world that the jobs before it left. */
static int begin(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = job->begun ? 0 : follow(writer, fault);
    if (result < 0 || job->begun)
        return result;
    job->begun = true;
    job->operation.wall = writer->time->wall(writer->time->context);
    world_time is = clock_now(&writer->session.record.clock, job->operation.wall);
    if (job->relative)
        job->operation.to = world_plus(is, job->span_s);
    /* Where the clock is further already, what is outstanding is brought up to there. */
    job->to = world_later(is, job->operation.to);
    job->told = !world_before(is, job->operation.to);
    job->from = writer->time->mono(writer->time->context);
    return 0;
}

/* Done is what is committed, intervals in which nothing happens too; somebody's lock may put off
 * these. */
static int bring_all(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = tick_streams(writer, job->streams, job->to, job, fault);
    if (result < 0)
        return result;
    result = tick_flush(writer, fault);
    return result == -EBUSY ? 0 : result;
}

static int do_refresh(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = begin(writer, job, fault);
    return result < 0 ? result : bring_all(writer, job, fault);
}

/* That the clock moves is told once, however often the job is taken up again. */
static int move_clock(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = begin(writer, job, fault);
    if (result == 0)
        result = do_operate(writer, job, fault);
    if (result == 0 && !job->told) {
        tell_operation(writer->journal, &job->operation, &job->operation.to);
        job->told = job->moved = true;
    }
    return result;
}

static int do_advance(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = move_clock(writer, job, fault);
    if (result == 0 && !job->clock_only)
        result = bring_all(writer, job, fault);
    return result;
}

static int do_reset(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = reset_world(writer, job, fault);
    if (result < 0)
        writer_tell_no_reset(writer, job, fault->text);
    return result;
}

static int do_adopt(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    int result = store_adopt(writer->session.store, fault);
    if (result < 0)
        return result;
    writer_tell_adopted(writer, job);
    writer->session.kind = STORE_CLAIMED;
    return do_reset(writer, job, fault);
}

static void put_back(struct writer *writer, struct writer_job *job)
{
    lock(writer);
    job->next = writer->operations.first;
    writer->operations.first = job;
    if (job->next == NULL)
        writer->operations.last = job;
    unlock(writer);
}

static bool held_by_pause(struct writer *writer, const struct writer_job *job)
{
    if (job->task != TASK_ADVANCE || job->clock_only)
        return false;
    lock(writer);
    bool held = (writer->hold & WRITER_HOLD_WORLD) != 0;
    unlock(writer);
    return held || writer->session.record.clock.paused || writer->session.record.clock.held;
}

static void finish_job(struct writer *writer, struct writer_job *job, int result,
                       struct fault *fault)
{
    char left[300] = "";
    bool refused = result == -EPERM || result == -ERANGE || result == -EINVAL || result == -EBUSY;
    if (job->task == TASK_REFRESH || (job->task == TASK_ADVANCE && !job->clock_only))
        say_left(writer, job->streams, job->to, left, sizeof left);
    if (result == -ESHUTDOWN)
        (void)fault_set(fault, result, "credd is stopping");
    if (result == -ECANCELED)
        (void)writer_cancelled(writer, fault);
    writer_tell_end(writer, job, result, fault->text);
    if (result == 0)
        writer_end_job(writer, job, ENGINE_DONE, left);
    else if (result == -ESHUTDOWN || result == -ECANCELED)
        writer_end_job(writer, job, ENGINE_CANCELLED, fault->text);
    else
        writer_end_job(writer, job, refused ? ENGINE_REFUSED : ENGINE_FAILED, fault->text);
}

int writer_run_job(struct writer *writer, struct writer_job *job)
{
    typedef int task(struct writer *, struct writer_job *, struct fault *);
    static task *const tasks[] = {
        [TASK_OPERATE] = do_operate, [TASK_REFRESH] = do_refresh, [TASK_ADVANCE] = do_advance,
        [TASK_RESET] = do_reset,     [TASK_ADOPT] = do_adopt,
    };
    struct fault fault = {.text = ""};
    int result = tasks[job->task](writer, job, &fault);
    if (writer_is_loss(result) && job->task != TASK_RESET && job->task != TASK_ADOPT) {
        if (job->task == TASK_OPERATE)
            put_back(writer, job);
        writer_lost(writer, result, &fault);
        return result;
    }
    bool held = result == 0 && held_by_pause(writer, job);
    if (held && writer_break(writer) == BREAK_CANCEL)
        result = -ECANCELED;
    else if (held || result == -EAGAIN)
        return 1;
    finish_job(writer, job, result, &fault);
    enum database_state state = session_state_of(result);
    if (result == -EPERM) /* maybe the marker is gone: that is seen by looking */
        writer->look_at = (mono_time){0};
    bool unwritable = state == DATABASE_FULL || state == DATABASE_READ_ONLY;
    if (writer_is_loss(result) || result == -EUCLEAN || (result < 0 && unwritable))
        writer_lost(writer, result, &fault);
    return 0;
}

void writer_refuse_jobs(struct writer *writer, const char *text)
{
    lock(writer);
    bool foreign = writer->view.state == DATABASE_FOREIGN;
    unlock(writer);
    for (;;) {
        lock(writer);
        struct writer_job *job = writer->current != NULL ? writer->current : writer->jobs.first;
        if (job != NULL && job != writer->current) {
            if (foreign && job->task == TASK_ADOPT)
                job = NULL;
            else
                writer_take_next(writer);
        }
        unlock(writer);
        if (job == NULL)
            return;
        writer_end_job(writer, job, ENGINE_REFUSED, text);
    }
}
