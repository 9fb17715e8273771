/* Writer: acts that wait for the database, done before any other job and kept until it has them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "writer/writer_parts.h"

#define ACT_PATIENCE_MS 1000 /* whoever asked soon hears what it waits for */

/* The snapshot that shows it comes before its end. */
static void end_act(struct writer *writer, struct job *job, enum request_result result,
                    bool recorded, const char *text)
{
    writer_lock(writer);
    (void)writer_take_job(&writer->acts);
    writer_take_wall(writer);
    writer->shown.acts_done = job->number;
    writer_show_world(writer);
    writer_unlock(writer);
    writer_waits(writer, NULL);
    writer_publish(writer);
    writer_post_end(writer, job, result, recorded, text);
    free(job);
}

static struct job *next_of(struct writer *writer, const struct job *job)
{
    writer_lock(writer);
    struct job *next = job->next;
    writer_unlock(writer);
    return next;
}

/* One of an earlier run that changed nothing is not recorded. It was dealt with all the same if one
 * after it is: done now, it would undo that. */
static int is_past(struct writer *writer, const struct job *job, bool *ret_past,
                   struct fault *fault)
{
    struct store *store = writer->session.store;
    bool past = false;
    int result = 0;
    for (const struct job *later = job; result == 0 && !past && later->asked.kept;) {
        later = next_of(writer, later);
        if (later == NULL)
            break;
        if (later->asked.kept)
            result = store_has_act(store, later->asked.act.id, &past, fault);
    }
    if (result == 0)
        *ret_past = past;
    return result;
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

int jobs_run_act(struct writer *writer)
{
    struct fault fault = {.text = ""};
    bool recorded = false;
    writer_lock(writer);
    struct job *job = writer->acts.first;
    writer_unlock(writer);
    if (job == NULL)
        return 1;
    bool past = false;
    int result = is_past(writer, job, &past, &fault);
    if (result == 0 && !past)
        result = jobs_record(writer, &job->asked.act, &recorded, &fault);
    switch (-result) {
    case 0: end_act(writer, job, RESULT_DONE, recorded, ""); return 0;
    case EBUSY:
        writer_tell_waiting(writer, fault.text);
        writer_sleep(writer, BUSY_WAIT_US);
        return 0;
    case ESTALE: return 0; /* until the restore is over */
    case ACT_REFUSED:
    case EINVAL:
    case ERANGE: end_act(writer, job, RESULT_REFUSED, false, fault.text); return 0;
    case EPERM: end_act(writer, job, RESULT_REFUSED, false, fault.text); break;
    default: break; /* it stays until the database has it */
    }
    writer_fail(writer, result, &fault);
    return result;
}
