/* Writer: one turn of its thread: keep a connection, follow the world, do what is asked and what is
 * due. */
#include <errno.h>
#include <string.h>

#include "writer/writer_parts.h"

#define LOOK_US INT64_C(1000000) /* how often another daemon's changes are looked for */
/* Short, since jobs wait meanwhile: what is locked now is tried again at the next look. */
#define HOUSE_PATIENCE_MS 200
#define BEHIND_S          7200 /* world seconds: a longer catch-up is worth a message, */
#define PASSING_S         2    /* unless it is over in so many seconds of the wall */

/* --- between jobs: empty intervals are written, the clock is noted, others are followed --- */

static bool is_idle(struct writer *writer)
{
    writer_lock(writer);
    bool idle = writer->due == 0 && writer->current == NULL;
    writer_unlock(writer);
    return idle;
}

/* A full disk may still take a watermark but not the next rows. */
static void report_quiet(struct writer *writer)
{
    struct fault fault;
    bool full = writer->health.mending && writer->health.shown == DATABASE_FULL;
    if (!full || store_room(writer->session.store, &fault) == 0)
        writer_report_health(writer, HEALTH_QUIET, 0, "");
}

static int look_around(struct writer *writer, bool beats, struct fault *fault)
{
    int result = tick_follow(writer, fault);
    if (result >= 0)
        result = restored_look(writer, fault);
    if (result >= 0 && writer->session.has_world && !writer_is_quiet(writer))
        result = tick_flush(writer, fault);
    if (result >= 0 && writer->session.has_world && !writer_is_quiet(writer) && beats)
        result = heartbeat_now(writer, fault);
    if (result >= 0 && writer->session.has_world && !writer_is_quiet(writer)) {
        int tended = views_tend(writer, true, fault);
        result = tended < 0 ? tended : result;
    }
    bool sweeps = writer->unswept && !writer->carry_due && result >= 0;
    int swept = sweeps ? lost_sweep(writer, fault) : 0;
    writer->unswept = writer->unswept && (!sweeps || swept < 0);
    return session_connected(&writer->session) ? result : swept < 0 ? swept : result;
}

static int do_housekeeping(struct writer *writer, struct fault *fault)
{
    if (writer_mono(writer).us < writer->look_at.us)
        return 0;
    bool beats = heartbeat_is_due(writer);
    writer->look_at.us = writer_mono(writer).us + LOOK_US;
    store_patience(writer->session.store, HOUSE_PATIENCE_MS);
    int result = look_around(writer, beats, fault);
    if (session_connected(&writer->session))
        store_patience(writer->session.store, 0);
    if (result >= 0 && beats && is_idle(writer))
        report_quiet(writer);
    if (result >= 0 && writer->session.has_world)
        writer_log_skipped(writer);
    if (result == -EBUSY)
        writer_tell_waiting(writer, fault->text);
    else if (result >= 0 && beats && heartbeat_may(writer) && !writer->restoring)
        writer_waits(writer, NULL); /* the note was written */
    /* A database without its tables: look again what it is. */
    if (result == -ENOENT || !writer->session.has_world)
        return session_gone(&writer->session, fault);
    return result == -ESTALE || result == -EBUSY || result > 0 ? 0 : result;
}

/* --- what is due by schedule --- */

static unsigned take_due(struct writer *writer, world_time *ret_to)
{
    writer_lock(writer);
    unsigned due = writer->due;
    *ret_to = writer->due_to;
    writer->doing = due;
    writer->doing_to = writer->due_to;
    writer->due = 0;
    writer_unlock(writer);
    return due;
}

/* What was due when the database went is due when it comes back. */
static void end_due(struct writer *writer, unsigned again, world_time to)
{
    if (again != 0)
        writer_add_due(writer, again, to);
    writer_lock(writer);
    writer->doing = 0;
    writer->shown.has_job = writer->current != NULL && writer->shown.has_job;
    writer_unlock(writer);
    writer_publish(writer);
}

static void note_behind(struct writer *writer, unsigned due, world_time to)
{
    int64_t speed = writer->session.state.clock.speed / CLOCK_SPEED_ONE;
    int64_t behind_s = speed * PASSING_S > BEHIND_S ? speed * PASSING_S : BEHIND_S;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (due & 1u << i & ~obstacle_stopped(writer) && !writer_halts(writer, (enum stream_id)i) &&
            to.s - writer->session.state.streams[i].watermark.s > behind_s)
            writer->behind |= 1u << i;
}

static int do_due(struct writer *writer, struct fault *fault)
{
    world_time to;
    unsigned due = take_due(writer, &to);
    if (due == 0)
        return 0;
    to = world_earlier(to, writer_rows_until(writer));
    note_behind(writer, due, to);
    int result = tick_streams(writer, due, to, false, NULL, fault);
    bool passes =
        result == -ECANCELED || result == -ESHUTDOWN || result == -EBUSY || result == -ESTALE;
    end_due(writer, result < 0 && !passes ? due : 0, to);
    if (result == 0) {
        report_quiet(writer);
        if (writer->behind != 0 && (writer->behind & obstacle_stopped(writer)) == 0)
            writer_log_caught_up(writer, to);
    }
    if (result == -ENOENT)
        return session_gone(&writer->session, fault);
    return passes || result == -EAGAIN ? 0 : result;
}

/* --- the turn --- */

static bool is_cancelled(struct writer *writer)
{
    return writer_break(writer) == BREAK_CANCEL && writer->current != NULL;
}

static bool has_work(struct writer *writer)
{
    bool quiet = writer_is_quiet(writer) && !is_cancelled(writer);
    writer_lock(writer);
    bool asked = writer->acts.first != NULL || writer->due != 0 ||
                 (writer->jobs.first != NULL && writer->current == NULL);
    bool result = writer->stop || (asked && !quiet);
    writer_unlock(writer);
    return result;
}

/* Before acts that were asked for here: those come after what is to be carried over. */
static int carry_on(struct writer *writer, struct fault *fault)
{
    reset_see_world(writer);
    if (!writer->carry_due || !writer->session.has_world)
        return 0;
    store_patience(writer->session.store, HOUSE_PATIENCE_MS); /* acts wait behind it */
    /* A lock right after a swap leaves the old world known. */
    int result = tick_follow(writer, fault);
    if (result == -ENOENT)
        return session_gone(&writer->session, fault);
    if (result >= 0)
        result = reset_carry_on(writer, fault);
    if (result == -EBUSY)
        writer_tell_waiting(writer, fault->text);
    if (result == -EBUSY || result == -ESTALE)
        writer_sleep(writer, BUSY_WAIT_US);
    if (result < 0)
        return result;
    writer->carry_due = false;
    result = lost_sweep(writer, fault);
    writer->unswept = result < 0;
    if (!session_connected(&writer->session))
        return result;
    store_patience(writer->session.store, 0);
    return 0;
}

static void wait_for_restore(struct writer *writer)
{
    writer_tell_waiting(writer, "a backup is being restored");
    if (is_cancelled(writer))
        (void)jobs_run(writer);
}

static int work(struct writer *writer, struct fault *fault)
{
    int result = carry_on(writer, fault);
    if (result != 0)
        return result == -EBUSY || result == -ESTALE ? 0 : result;
    result = jobs_run_act(writer, fault);
    if (result != 1)
        return result;
    result = jobs_run(writer);
    if (result == 0 || !session_connected(&writer->session))
        return 0;
    if (!writer->session.has_world) /* connect again to see what is there; due runs wait */
        return session_gone(&writer->session, fault);
    obstacle_retry(writer);
    return result < 0 ? 0 : do_due(writer, fault);
}

enum phase {
    PHASE_ENDS,     /* it was told to stop */
    PHASE_CONNECTS, /* there is no connection */
    PHASE_WAITS,    /* a backup is being restored: nothing is written */
    PHASE_SERVES,
};

static enum phase phase_of(struct writer *writer)
{
    if (writer_break(writer) == BREAK_STOP)
        return PHASE_ENDS;
    if (!writer->health.open || !session_connected(&writer->session))
        return PHASE_CONNECTS;
    return writer_is_quiet(writer) ? PHASE_WAITS : PHASE_SERVES;
}

static int64_t serve(struct writer *writer)
{
    struct fault fault = {.text = ""};
    writer_calls(writer, true);
    int result = do_housekeeping(writer, &fault);
    if (result == 0 && phase_of(writer) == PHASE_WAITS)
        wait_for_restore(writer);
    else if (result == 0)
        result = work(writer, &fault);
    writer_calls(writer, false);
    writer_show_changes(writer);
    if (result < 0)
        writer_fail(writer, result, &fault);
    else if (session_connected(&writer->session) && !has_work(writer))
        return LOOK_US;
    return 0;
}

/* Adopting comes first: a foreign database waits for it. */
static int64_t reach_database(struct writer *writer)
{
    jobs_give_up(writer);
    if (jobs_adopt(writer))
        return 0;
    int64_t wait = writer->health.retry_at.us - writer_mono(writer).us;
    if (wait > 0)
        return wait;
    if (!writer_connect(writer) && (writer->health.state > DATABASE_DOWN || writer->health.damaged))
        jobs_refuse(writer);
    return 0;
}

int64_t writer_turn(struct writer *writer)
{
    switch (phase_of(writer)) {
    case PHASE_ENDS: return -1;
    case PHASE_CONNECTS: return reach_database(writer);
    case PHASE_WAITS:
    case PHASE_SERVES: break;
    }
    return serve(writer);
}

void writer_leave(struct writer *writer)
{
    struct fault fault;
    struct session *session = &writer->session;
    if (!session_connected(session) || !session->has_world || writer_is_quiet(writer))
        return;
    if (tick_flush(writer, &fault) >= 0 && session->has_world)
        (void)heartbeat_now(writer, &fault);
}
