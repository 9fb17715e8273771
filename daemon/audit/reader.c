#include "audit/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/reader_parts.h"
#include "base/mem.h"

#define JOBS_MAX      16
#define STOP_GRACE_MS 300
#define STOP_CUT_MS   1000

static void wake(struct reader *reader)
{
    reader->outside->threads->wake(reader->thread);
}

/* --- jobs --- */

static int do_task(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    if (job->task.kind == AUDIT_EXPORT)
        return export_tables(reader, job, fault);
    if (job->task.kind == AUDIT_HISTORY)
        return tell_history(reader, job, fault);
    int result = session_load(&reader->session, fault);
    if (job->task.kind == AUDIT_CHARTS)
        return result < 0 ? result : gather_charts(reader, job, fault);
    if (result == 0)
        result = verify_world(reader, job, fault);
    if (result == 0 && job->task.digest)
        result = digest_tables(reader, job, fault);
    if (result == 0 && job->task.realism)
        result = compare_tables(reader, job, fault);
    return result;
}

static int which_world(struct reader *reader, char ret_id[STORE_NAME_MAX], struct fault *fault)
{
    struct store_stream streams[STREAM_COUNT];
    size_t count = 0;
    return store_glance(reader->session.store, ret_id, streams, STREAM_COUNT, &count, fault);
}

/* A page is of one world, what consists of many may not be. */
static int do_job(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    char before[STORE_NAME_MAX], after[STORE_NAME_MAX];
    int result = session_connect(&reader->session, false, fault);
    if (result < 0)
        return result;
    if (reader->session.kind == STORE_FOREIGN)
        return -EPERM;
    if (reader->session.kind != STORE_WORLD)
        return fault_set(fault, -EPERM, "there is no world in this database yet");
    result = which_world(reader, before, fault);
    if (result == 0)
        result = do_task(reader, job, fault);
    if (result == 0)
        result = which_world(reader, after, fault);
    if (result == 0 && strcmp(before, after) != 0)
        return fault_set(fault, -EPERM, "the world was replaced while it was read; try again");
    return result;
}

static void end_job(struct reader *reader, struct reader_job *job, int result, const char *text)
{
    struct post *post = post_new(POST_END, job->request);
    post->end.result = result == 0            ? RESULT_DONE
                       : result == -ECANCELED ? RESULT_CANCELLED
                       : result == -EPERM     ? RESULT_REFUSED
                                              : RESULT_FAILED;
    post->end.rows = job->rows;
    post->end.findings = job->findings;
    (void)snprintf(post->end.text, sizeof post->end.text, "%s",
                   result == -ECANCELED ? "cancelled" : text);
    reader_lock(reader);
    reader->current = NULL;
    reader->count--;
    reader_unlock(reader);
    (void)mailbox_put(reader->mailbox, post);
    free(job);
}

static void run(void *context)
{
    struct reader *reader = context;
    for (;;) {
        reader_lock(reader);
        struct reader_job *job = reader->stop ? NULL : reader->first;
        bool stop = reader->stop;
        if (job != NULL)
            reader->first = job->next;
        reader->current = job;
        reader_unlock(reader);
        if (stop)
            return;
        if (job == NULL) {
            reader_sleep(reader, INT64_C(3600) * NUDGE_US);
            continue;
        }
        struct fault fault = {.text = ""};
        int result = do_job(reader, job, &fault);
        session_disconnect(&reader->session);
        /* A server that has just come back may still close what it opened: once more, if nothing
         * was told. */
        if (result == -ENOTCONN && !job->told) {
            reader_sleep(reader, NUDGE_US);
            result = do_job(reader, job, &fault);
            session_disconnect(&reader->session);
        }
        end_job(reader, job, result, result == 0 ? "" : fault.text);
    }
}

static void release(struct reader *reader)
{
    while (reader->first != NULL) {
        struct reader_job *next = reader->first->next;
        free(reader->first);
        reader->first = next;
    }
    session_done(&reader->session);
    row_texts_done(&reader->texts);
    database_done(&reader->database);
    (void)pthread_mutex_destroy(&reader->lock);
    free(reader);
}

int reader_new(const struct database *database, const struct outside *outside,
               struct mailbox *mailbox, struct reader **ret_reader, struct fault *fault)
{
    struct reader *reader = MEM_NEW(struct reader);
    reader->outside = outside;
    reader->mailbox = mailbox;
    reader->database = database_copy(&database->config, database->password_file);
    session_init(&reader->session, &reader->database, outside->stores, outside->tokens, "");
    (void)pthread_mutex_init(&reader->lock, NULL);
    int result = outside->threads->start(outside->threads->context, "credd-reader", run, reader,
                                         &reader->thread, fault);
    if (result < 0) {
        release(reader);
        return result;
    }
    *ret_reader = reader;
    return 0;
}

bool reader_free(struct reader *reader)
{
    if (reader == NULL)
        return true;
    const struct thread_driver *threads = reader->outside->threads;
    reader_lock(reader);
    reader->stop = true;
    reader_unlock(reader);
    wake(reader);
    bool ended = threads->join(reader->thread, STOP_GRACE_MS);
    if (!ended) {
        session_interrupt(&reader->session, true);
        ended = threads->join(reader->thread, STOP_CUT_MS);
    }
    if (!ended) {
        threads->abandon(reader->thread);
        return false;
    }
    release(reader);
    return true;
}

/* --- the loop's side --- */

int reader_submit(struct reader *reader, uint64_t request, const struct audit_task *task,
                  const char (*obstacles)[FAULT_TEXT_MAX])
{
    reader_lock(reader);
    bool full = reader->count >= JOBS_MAX;
    if (!full) {
        struct reader_job *job = MEM_NEW(struct reader_job), **link = &reader->first;
        job->request = request;
        job->task = *task;
        memcpy(job->obstacles, obstacles, sizeof job->obstacles);
        job->rules = reader->rules;
        while (*link != NULL)
            link = &(*link)->next;
        *link = job;
        reader->count++;
    }
    reader_unlock(reader);
    wake(reader);
    return full ? -EAGAIN : 0;
}

void reader_update(struct reader *reader, const struct row_rules *rules)
{
    reader_lock(reader);
    reader->rules = *rules;
    reader_unlock(reader);
}

/* Call with the lock held. */
static struct reader_job *job_of(struct reader *reader, uint64_t request)
{
    if (reader->current != NULL && reader->current->request == request)
        return reader->current;
    struct reader_job *job = reader->first;
    while (job != NULL && job->request != request)
        job = job->next;
    return job;
}

void reader_delivered(struct reader *reader, uint64_t request, bool wait)
{
    reader_lock(reader);
    struct reader_job *job = job_of(reader, request);
    if (job != NULL) {
        job->outstanding -= job->outstanding > 0 ? 1 : 0;
        job->wait = job->wait || wait;
    }
    reader_unlock(reader);
    wake(reader);
}

void reader_more(struct reader *reader, uint64_t request)
{
    reader_lock(reader);
    struct reader_job *job = job_of(reader, request);
    if (job != NULL)
        job->wait = false;
    reader_unlock(reader);
    wake(reader);
}

void reader_withdraw(struct reader *reader, uint64_t request)
{
    reader_lock(reader);
    struct reader_job *job = job_of(reader, request);
    if (job != NULL)
        job->gone = true;
    reader_unlock(reader);
    wake(reader);
}
