/* Writer: its jobs, taken one at a time, done, and told how they ended. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "mail/event_log.h"
#include "writer/writer_parts.h"

void jobs_free(struct job_queue *queue)
{
    while (queue->first != NULL) {
        struct job *next = queue->first->next;
        free(queue->first);
        queue->first = next;
    }
    queue->last = NULL;
}

/* --- advance and refresh --- */

#define FLUSHES_MOST 10 /* while another daemon writes the same streams */

/* What waited in the queue means the world that the jobs before it left; another daemon may have
 * moved it a moment ago. */
static int begin(struct writer *writer, struct job *job, world_time to, struct fault *fault)
{
    struct session *session = &writer->session;
    int result = tick_follow(writer, fault);
    if (!session->has_world)
        return session_gone(session, fault);
    if (result < 0 && result != -EBUSY)
        return result;
    /* The world to work on is still being restored, or misses what is to be carried over to it. */
    if (writer_is_quiet(writer) || writer->carry_due)
        return writer_break(writer) == BREAK_CANCEL ? -ECANCELED : -EAGAIN;
    world_time is = clock_now(&session->state.clock, writer_wall(writer));
    if (job->asked.task == TASK_ADVANCE && job->asked.advance.relative)
        to = world_plus(is, job->asked.advance.span_s);
    obstacle_try(writer);
    job->to = world_later(is, to);
    job->restored = writer->restored;
    job->from = writer_mono(writer);
    return 0;
}

static bool is_outstanding(const struct world_state *state, world_time to)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (!state->streams[i].paused && world_before(state->streams[i].watermark, to))
            return true;
    return false;
}

/* Done is what is committed, intervals in which nothing happens too; somebody's lock may put off
 * these. */
static int bring_all(struct writer *writer, struct job *job, bool moves_clock, struct fault *fault)
{
    int result = 1;
    for (int i = 0; result == 1 && i < FLUSHES_MOST; i++) {
        result = tick_streams(writer, job->streams, job->to, moves_clock, job, fault);
        if (result < 0)
            return result;
        result = tick_flush(writer, fault);
    }
    if (result < 0 && result != -EBUSY)
        return result;
    return obstacle_fault(writer, job->streams, job->to, fault);
}

static int do_refresh(struct writer *writer, struct job *job, struct fault *fault)
{
    if (!job->begun) {
        int result = begin(writer, job, WORLD_TIME_FIRST, fault);
        if (result < 0)
            return result;
        job->streams = job->asked.refresh.streams;
        job->begun = true;
    }
    return bring_all(writer, job, false, fault);
}

static struct act act_of(struct writer *writer, const struct job *job, enum act_kind kind)
{
    const struct token_source *tokens = writer->outside->tokens;
    struct act act = {.kind = kind, .by = job->asked.by, .wall = writer_wall(writer)};
    memcpy(act.reason, job->asked.reason, sizeof act.reason);
    (void)snprintf(act.id, sizeof act.id, "%016" PRIx64, tokens->next(tokens->context));
    return act;
}

static bool acts_wait(struct writer *writer)
{
    writer_lock(writer);
    bool result = writer->acts.first != NULL;
    writer_unlock(writer);
    return result;
}

/* Acts that wait are older than it: recorded before them it would take the clock past them. A pause
 * that comes meanwhile is answered when it is recorded: each act observes the clock. */
static int record_advance(struct writer *writer, struct job *job, struct fault *fault)
{
    if (acts_wait(writer))
        return -EAGAIN;
    bool moves = writer_begin_move(writer);
    if (!moves && job->act.advance.clock_only)
        return fault_set(fault, -ACT_REFUSED,
                         "the world is paused or held; run 'credctl resume' first");
    int result = jobs_record(writer, &job->act, NULL, fault);
    if (moves)
        writer_end_batch(writer);
    return result;
}

/* A COMMIT whose answer was lost is not done again, by which a relative advance would go twice as
 * far. */
static int is_recorded(struct writer *writer, const struct job *job, bool *ret_recorded,
                       struct fault *fault)
{
    if (job->act.id[0] != '\0')
        return store_has_act(writer->session.store, job->act.id, ret_recorded, fault);
    *ret_recorded = false;
    return 0;
}

/* How far it goes, and the record of it. 1: there is nothing to do. */
static int try_advance(struct writer *writer, struct job *job, struct fault *fault)
{
    char time[TIME_TEXT_MAX];
    const struct advance_job *asked = &job->asked.advance;
    const struct world_state *state = &writer->session.state;
    int result = begin(writer, job, asked->to, fault);
    if (result < 0)
        return result;
    if (world_before(WORLD_TIME_LAST, job->to))
        return fault_set(fault, -ERANGE, "world time ends at %s",
                         time_text(WORLD_TIME_LAST.s, time));
    world_time is = clock_now(&state->clock, writer_wall(writer));
    bool moves = world_before(is, job->to);
    if (!moves && (asked->clock_only || !is_outstanding(state, job->to))) {
        if (asked->if_later)
            return 1;
        return fault_set(fault, -EINVAL, "world time is already %s, and everything due is written",
                         time_text(is.s, time));
    }
    job->act = act_of(writer, job, ACT_ADVANCE);
    job->act.advance = (struct act_advance){job->to, asked->clock_only};
    job->moves = moves;
    return record_advance(writer, job, fault);
}

static int begin_advance(struct writer *writer, struct job *job, struct fault *fault)
{
    bool recorded = false;
    int result = is_recorded(writer, job, &recorded, fault);
    if (result == 0 && !recorded)
        result = try_advance(writer, job, fault);
    if (result != 0)
        return result;
    job->streams = STREAMS_ALL;
    job->begun = true;
    if (job->moves)
        writer_log_advance(writer, job);
    writer_publish(writer);
    return 0;
}

/* A lock of others delays an advance; it does not end it. */
static int wait_to_begin(struct writer *writer, const struct fault *fault)
{
    writer_tell_waiting(writer, fault->text);
    writer_sleep(writer, BUSY_WAIT_US);
    enum writer_break stop = writer_break(writer);
    return stop == BREAK_STOP ? -ESHUTDOWN : stop == BREAK_CANCEL ? -ECANCELED : -EAGAIN;
}

static int do_advance(struct writer *writer, struct job *job, struct fault *fault)
{
    int result = job->begun ? 0 : begin_advance(writer, job, fault);
    if (result == -ESTALE && !job->begun)
        result = -EAGAIN;
    if (result == -EBUSY)
        return wait_to_begin(writer, fault);
    if (result != 0 || job->asked.advance.clock_only)
        return result < 0 ? result : 0;
    return bring_all(writer, job, true, fault);
}

/* --- reset and adopt --- */

/* How often a reset begins again because others changed the world while it was built. */
#define RESTARTS_MOST 10

static bool begins_again(struct job *job, int result)
{
    return result == -ESTALE && job->asked.task == TASK_RESET && ++job->restarts < RESTARTS_MOST;
}

static int do_reset(struct writer *writer, struct job *job, struct fault *fault)
{
    bool settles = job->new_id[0] != '\0';
    int result = settles ? reset_settle(writer, job, fault) : reset_world(writer, job, fault);
    if (!settles && job->new_id[0] != '\0')
        return result; /* it is not known yet */
    if (begins_again(job, result))
        return writer_break(writer) == BREAK_CANCEL ? -ECANCELED : -EAGAIN;
    if (result < 0 && job->born) { /* it happened: the connection went after it */
        writer_fail(writer, result, fault);
        return 0;
    }
    if (result == -ESTALE && job->restarts == RESTARTS_MOST)
        (void)reset_advise(job, fault);
    if (result < 0)
        writer_log_no_reset(writer, job, fault->text);
    return result;
}

static int do_adopt(struct writer *writer, struct job *job, struct fault *fault)
{
    if (job->new_id[0] != '\0')
        return do_reset(writer, job, fault);
    int result = store_adopt(writer->session.store, writer_rules(writer)->fills, fault);
    if (result < 0)
        return result;
    writer_log_adopted(writer, job);
    writer->session.kind = STORE_CLAIMED;
    return do_reset(writer, job, fault);
}

/* --- all of them --- */

/* That somebody cancelled it is a part of the history, with where the clock stands. It waits like
 * other acts where the database is locked. */
static void record_cancel(struct writer *writer, const struct job *job)
{
    static const enum job_kind kinds[TASK_COUNT] = {[TASK_REFRESH] = JOB_TICK,
                                                    [TASK_ADVANCE] = JOB_ADVANCE,
                                                    [TASK_RESET] = JOB_RESET,
                                                    [TASK_ADOPT] = JOB_RESET};
    const struct session *session = &writer->session;
    if (!session->has_world)
        return;
    struct job *record = MEM_NEW(struct job);
    struct act act = act_of(writer, job, ACT_CANCEL);
    act.reason[0] = '\0';
    act.cancel.reached = clock_now(&session->state.clock, act.wall);
    act.wall = writer_wall_asked(writer);
    (void)snprintf(act.cancel.job, sizeof act.cancel.job, "%s",
                   job_kind_name(kinds[job->asked.task]));
    writer_lock(writer);
    act.by = writer->cancelled_by;
    writer_unlock(writer);
    record->asked = (struct writer_job){.task = TASK_ACT, .act = act};
    (void)writer_add_job(writer, record);
}

static void end_job(struct writer *writer, struct job *job, enum request_result result,
                    const char *text)
{
    writer_lock(writer);
    writer->current = NULL;
    writer->cancel = writer->committed = false;
    writer->shown.has_job = false;
    writer->shown.request = 0;
    writer_show_world(writer);
    writer_unlock(writer);
    writer_waits(writer, NULL);
    writer_publish(writer);
    writer_post_end(writer, job, result, false, text);
    free(job);
}

static bool moves_clock_alone(const struct job *job)
{
    return job->asked.task == TASK_ADVANCE && job->asked.advance.clock_only;
}

static void finish(struct writer *writer, struct job *job, int result, struct fault *fault)
{
    char left[300] = "";
    bool rebuilds = job->asked.task == TASK_RESET || job->asked.task == TASK_ADOPT;
    bool refused = (rebuilds && result == -EPROTOTYPE) || result == -EPERM ||
                   result == -ACT_REFUSED || result == -ERANGE || result == -EINVAL ||
                   result == -EBUSY || result == -EDOM;
    if (result == -ESHUTDOWN)
        (void)fault_set(fault, result, "credd is stopping");
    if (result == -ECANCELED) {
        (void)writer_cancelled(writer, fault);
        record_cancel(writer, job);
    }
    if (job->begun && !moves_clock_alone(job))
        left_say(writer, job, left, sizeof left);
    if (result == -EPROTOTYPE && left[0] != '\0')
        (void)fault_prefix(fault, "%s", left);
    writer_log_end(writer, job, result, fault->text);
    if (result == 0)
        end_job(writer, job, RESULT_DONE, rebuilds ? job->loss : left);
    else if (result == -ESHUTDOWN || result == -ECANCELED)
        end_job(writer, job, RESULT_CANCELLED, fault->text);
    else
        end_job(writer, job, refused ? RESULT_REFUSED : RESULT_FAILED, fault->text);
}

/* An advance that a pause holds goes on after it. */
static bool is_held(struct writer *writer, const struct job *job)
{
    return job->asked.task == TASK_ADVANCE && job->begun && !moves_clock_alone(job) &&
           writer_halts_world(writer);
}

static int run(struct writer *writer, struct job *job)
{
    typedef int task(struct writer *, struct job *, struct fault *);
    static task *const tasks[TASK_COUNT] = {[TASK_REFRESH] = do_refresh,
                                            [TASK_ADVANCE] = do_advance,
                                            [TASK_RESET] = do_reset,
                                            [TASK_ADOPT] = do_adopt};
    bool rebuilds = job->asked.task == TASK_RESET || job->asked.task == TASK_ADOPT;
    struct fault fault = {.text = ""};
    int result = tasks[job->asked.task](writer, job, &fault);
    if (health_is_loss(result) && (!rebuilds || job->new_id[0] != '\0')) {
        if (rebuilds)
            writer_tell_waiting(writer, fault.text);
        writer_fail(writer, result, &fault);
        return result;
    }
    if ((result == 0 || result == -EAGAIN) && is_held(writer, job)) {
        if (writer_break(writer) != BREAK_CANCEL)
            return 1;
        result = -ECANCELED;
    }
    if (result == -EAGAIN)
        return 0;
    struct fault told = fault;
    finish(writer, job, result, &told);
    enum database_state state = health_state_of(result);
    if (result == -EPERM) /* maybe the marker is gone: that is seen by looking */
        writer->look_at = (mono_time){0};
    bool unwritable = state == DATABASE_FULL || state == DATABASE_READ_ONLY;
    if (result < 0 && (health_is_loss(result) || result == -EUCLEAN || unwritable))
        writer_fail(writer, result, &fault);
    return 0;
}

void jobs_end_cancelled(struct writer *writer, struct job *job, const struct actor *by)
{
    char who[EVENT_LOG_WHO_MAX], text[EVENT_LOG_WHO_MAX + 32];
    (void)snprintf(text, sizeof text, "cancelled by %s", event_log_who(by, who));
    writer_post_end(writer, job, RESULT_CANCELLED, false, text);
    free(job);
}

int jobs_run(struct writer *writer)
{
    writer_lock(writer);
    if (writer->current == NULL)
        writer->current = writer_take_job(&writer->jobs);
    struct job *job = writer->current;
    writer_unlock(writer);
    return job != NULL ? run(writer, job) : 1;
}

bool jobs_adopt(struct writer *writer)
{
    struct fault fault = {.text = ""};
    writer_lock(writer);
    bool adopts = writer->shown.state == DATABASE_FOREIGN && writer->current == NULL &&
                  writer->jobs.first != NULL && writer->jobs.first->asked.task == TASK_ADOPT;
    if (adopts)
        writer->current = writer_take_job(&writer->jobs);
    struct job *job = writer->current;
    writer_unlock(writer);
    if (!adopts)
        return false;
    bool checks = job->asked.reset.check_only;
    writer_calls(writer, true);
    int result = session_connect(&writer->session, true, &fault);
    if (result == 0)
        result = checks ? differences_tell(writer, job, &fault) : do_adopt(writer, job, &fault);
    writer_calls(writer, false);
    if (health_is_loss(result) && job->new_id[0] != '\0') { /* it goes on with a new connection */
        writer_fail(writer, result, &fault);
        return false;
    }
    if (result == 0 && !checks &&
        session_connected(&writer->session)) { /* it may have gone after the swap */
        writer_report_health(writer, HEALTH_OPENED, 0, store_describe(writer->session.store));
        writer_publish(writer);
    }
    finish(writer, job, result, &fault);
    if (result < 0 || checks)
        session_disconnect(&writer->session);
    return result == 0 && !checks;
}

/* Only the database knows whether the swap was done, and it may hang in it for ever. */
void jobs_give_up(struct writer *writer)
{
    struct job *job = writer->current;
    struct fault fault;
    if (job == NULL || job->new_id[0] == '\0' || writer_mono(writer).us < job->known_by.us)
        return;
    (void)fault_set(&fault, -EIO,
                    "cannot tell whether the new world is in place, since the database does not "
                    "answer: %s; 'credctl status' shows which world it has once it answers",
                    job->lost.text);
    finish(writer, job, -EIO, &fault);
}

void jobs_refuse(struct writer *writer)
{
    for (;;) {
        writer_lock(writer);
        bool foreign = writer->shown.state == DATABASE_FOREIGN;
        if (writer->current == NULL && writer->jobs.first != NULL &&
            !(foreign && writer->jobs.first->asked.task == TASK_ADOPT))
            writer->current = writer_take_job(&writer->jobs);
        struct job *job = writer->current;
        writer_unlock(writer);
        if (job == NULL)
            return;
        struct fault fault;
        finish(writer, job, fault_set(&fault, -EPERM, "%s", writer->health.detail), &fault);
    }
}
