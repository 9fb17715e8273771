/* Writer: acts that wait for the database, done before any other job and kept until it has them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "writer/writer_parts.h"

#define ACT_PATIENCE_MS 1000 /* whoever asked soon hears what it waits for */

/* Takes the next one out of the queue, in one step with showing the world that has it: whoever
 * looks sees it here or there. Call with the lock held. */
static struct job *take_act(struct writer *writer)
{
    struct job *job = writer_take_job(&writer->acts);
    writer_take_wall(writer);
    writer->shown.acts_done = job->number;
    writer_show_world(writer);
    return job;
}

/* The snapshot that shows it comes before its end. */
static void end_act(struct writer *writer, enum request_result result, bool recorded,
                    const char *text)
{
    writer_lock(writer);
    struct job *job = take_act(writer);
    writer_unlock(writer);
    writer_waits(writer, NULL);
    writer_publish(writer);
    writer_post_end(writer, job, result, recorded, text);
    free(job);
}

/* NULL: the first. */
static struct job *next_of(struct writer *writer, const struct job *job)
{
    writer_lock(writer);
    struct job *next = job != NULL ? job->next : writer->acts.first;
    writer_unlock(writer);
    return next;
}

int jobs_take_past(struct writer *writer, struct job **ret_past, struct fault *fault)
{
    struct job *past = NULL, **end = &past;
    uint64_t last = 0;
    for (struct job *job = next_of(writer, NULL); job != NULL && job->asked.kept;
         job = next_of(writer, job)) {
        bool known = false;
        int result = store_has_act(writer->session.store, job->asked.act.id, &known, fault);
        if (result < 0)
            return result;
        if (known)
            last = job->number;
    }
    writer_lock(writer);
    while (writer->acts.first != NULL && writer->acts.first->number <= last) {
        *end = take_act(writer);
        end = &(*end)->next;
    }
    *end = NULL;
    writer_unlock(writer);
    *ret_past = past;
    return 0;
}

void jobs_end_past(struct writer *writer, struct job *past)
{
    while (past != NULL) {
        struct job *next = past->next;
        writer_post_end(writer, past, RESULT_DONE, false, "");
        free(past);
        past = next;
    }
}

int jobs_record(struct writer *writer, struct act *act, bool *ret_recorded, struct fault *fault)
{
    struct session *session = &writer->session;
    store_patience(session->store, ACT_PATIENCE_MS);
    restored_see(writer); /* with what this writer committed since the last look */
    int result = restored_look(writer, fault);
    if (result == 0 && writer_is_quiet(writer))
        result = fault_set(fault, -ESTALE, "a backup is being restored");
    if (result == 0)
        result = session_act(session, act, ret_recorded, fault);
    restored_see(writer);
    if (session_connected(session))
        store_patience(session->store, 0);
    return result;
}

int jobs_run_act(struct writer *writer, struct fault *fault)
{
    bool recorded = false;
    struct job *job = next_of(writer, NULL);
    if (job == NULL)
        return 1;
    int result = jobs_record(writer, &job->asked.act, &recorded, fault);
    switch (-result) {
    case 0: end_act(writer, RESULT_DONE, recorded, ""); return 0;
    case EBUSY:
        writer_tell_waiting(writer, fault->text);
        writer_sleep(writer, BUSY_WAIT_US);
        return 0;
    case ESTALE: return 0; /* until the restore is over */
    case ACT_REFUSED:
    case EINVAL:
    case ERANGE: end_act(writer, RESULT_REFUSED, false, fault->text); return 0;
    default: break; /* it stays until the database has it */
    }
    if (result == -EPERM && !act_info(job->asked.act.kind)->outlives_kill)
        end_act(writer, RESULT_REFUSED, false, fault->text);
    return result;
}
