/* Reset: a new world built beside the old in bounded batches, then swapped in. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "clock/span.h"
#include "mail/event_log.h"
#include "writer/writer_parts.h"

#define BATCH_CHANGES   5000
#define WAIT_DEFAULT_US INT64_C(60000000)
#define SWAP_WAIT_MS    60
#define REST_US         250000
/* How long one look for SQLite's lock may take: between two of them a cancel is noticed. */
#define PATIENCE_MS 500

static int stopped_by(struct writer *writer, struct fault *fault)
{
    switch (writer_break(writer)) {
    case BREAK_STOP: return fault_set(fault, -ESHUTDOWN, "credd is stopping");
    case BREAK_CANCEL: return writer_cancelled(writer, fault);
    case BREAK_ACT: /* acts are for the world that comes out of it */
        writer_tell_acts_waiting(writer, "the running reset");
        break;
    case BREAK_NONE: break;
    }
    return 0;
}

static mono_time now(const struct build *build)
{
    return writer_mono(build->writer);
}

/* Waits a moment for others, who are named in `fault` and were waited for since `since` already;
 * -EBUSY once the waiting time is over. */
static int wait_for_others(struct build *build, mono_time since, struct fault *fault)
{
    struct writer *writer = build->writer;
    build->wait_us -= now(build).us - since.us;
    if (build->wait_us <= 0) {
        char span[SPAN_TEXT_MAX];
        (void)fault_prefix(fault, "gave up after %s", span_text(build->wait_most_us, span));
        return -EBUSY;
    }
    since = now(build);
    int64_t rest = build->wait_us < REST_US ? build->wait_us : REST_US;
    writer_tell_waiting(writer, fault->text);
    writer_progress(writer, build->job, JOB_RESET, fault->text, build->done,
                    build->total > build->done ? build->total : build->done);
    writer_sleep(writer, rest);
    build->wait_us -= now(build).us - since.us; /* what comes in cuts a rest short */
    return stopped_by(writer, fault);
}

static struct pump pump_of(struct build *build)
{
    return (struct pump){
        .store = build->writer->session.store,
        .world = build->world,
        .shadow = true,
        .rules = writer_rules(build->writer),
        .world_id = build->state.world_id,
        .generation = build->state.generation,
        .limit = BATCH_CHANGES,
        .changes = &build->writer->changes,
    };
}

static int build_stream(struct build *build, enum stream_id stream, struct fault *fault)
{
    struct writer *writer = build->writer;
    struct pump_place *place = &build->places[stream];
    world_time origin = build->state.settings.origin;
    const struct pump pump = pump_of(build);
    while (!place->started || world_before(place->stored, origin)) {
        struct store_outcome outcome = {0};
        mono_time since = now(build);
        int result = stopped_by(writer, fault);
        if (result == 0)
            result = heartbeat_in_job(writer, fault);
        if (result == 0)
            result = pump_batch(&pump, stream, place, origin, &outcome, fault);
        if (result == 0 && world_before(place->stored, place->reached))
            result = pump_flush(&pump, stream, place, fault);
        if (result == -EBUSY && (result = wait_for_others(build, since, fault)) == 0)
            continue;
        if (result < 0)
            return result;
        writer_waits(writer, NULL);
        newest_note(&build->newest, stream, &writer->changes);
        if (outcome.inserted > 0)
            writer_log_lacking(writer, stream, outcome.lacks);
        build->rows += (uint64_t)outcome.inserted;
        /* Without updates: nobody knows beforehand how many there are. */
        build->done += (uint64_t)(outcome.inserted + outcome.moved);
        writer_progress(writer, build->job, JOB_RESET, stream_info(stream)->name, build->done,
                        build->total > build->done ? build->total : build->done);
    }
    return 0;
}

static int build_baseline(struct build *build, struct fault *fault)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        build->total += world_baseline_size(build->world, (enum stream_id)i);
    int result = 0;
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        result = build_stream(build, (enum stream_id)i, fault);
    return result;
}

/* The tables were altered in its midst: built again, the new world has what was done to them. */
static int taken_back(struct build *build, struct fault *fault)
{
    struct fault why = *fault;
    (void)fault_prefix(&why, "building the new world again");
    writer_progress(build->writer, build->job, JOB_RESET, why.text, build->done, build->total);
    int result = restored_renewed(build->writer, fault);
    return result < 0 ? result : -ESTALE;
}

/* Where the connection goes in it nobody knows yet whether it was done. */
static int swap_once(struct build *build, unsigned wait_ms, struct fault *fault)
{
    struct job *job = build->job;
    if (job != NULL && !writer_commits_to(build->writer, true))
        return stopped_by(build->writer, fault);
    int result = store_swap(build->writer->session.store, build->old_id, wait_ms, fault);
    if (result < 0)
        (void)writer_commits_to(build->writer, false);
    if (result == -ERESTART)
        result = taken_back(build, fault);
    if (job != NULL && health_is_loss(result)) {
        memcpy(job->new_id, build->state.world_id, sizeof job->new_id);
        job->lost = *fault;
        job->known_by.us = now(build).us + build->wait_most_us;
    }
    return result;
}

/* First without waiting at all, then in waits so short that nobody who queues behind them notices.
 */
static int swap(struct build *build, struct fault *fault)
{
    struct store *store = build->writer->session.store;
    for (unsigned tries = 0;; tries++) {
        mono_time since = now(build);
        int result = store_swap_check(store, fault);
        if (result == 0)
            result = swap_once(build, tries == 0 ? 0 : SWAP_WAIT_MS, fault);
        if (result == -EBUSY)
            result = wait_for_others(build, since, fault);
        else
            return result;
        if (result < 0)
            return result;
    }
}

typedef int build_step(struct build *build, struct fault *fault);

/* Waits for a lock of others: that of the builder may be held only to clear up after a daemon that
 * was killed. A first world is built by whoever comes first: the others look again. */
static int patiently(struct build *build, build_step *step, struct fault *fault)
{
    for (;;) {
        mono_time since = now(build);
        int result = step(build, fault);
        if (result != -EBUSY || build->job == NULL)
            return result;
        result = wait_for_others(build, since, fault);
        if (result < 0)
            return result;
    }
}

/* The world that it replaces, and its acts: those that come later are carried over. -ESTALE: others
 * changed it, and there may be something to carry over from a world before it. */
static int know_old(struct build *build, struct fault *fault)
{
    struct session *session = &build->writer->session;
    int result = store_swap_check(session->store, fault);
    if (result < 0 || !session->has_world)
        return result;
    result = tick_follow(build->writer, fault);
    if (result >= 0)
        result = store_load(session->store, &build->past, fault);
    if (result < 0)
        return result;
    memcpy(build->old_id, session->state.world_id, sizeof build->old_id);
    if (build->writer->carry_due || build->past.streams[0].generation != session->state.generation)
        return fault_set(fault, -ESTALE, "others keep changing the world");
    return 0;
}

static int begin_shadow(struct build *build, struct fault *fault)
{
    return store_shadow_begin(build->writer->session.store, &build->description, fault);
}

static int prepare(struct build *build, struct fault *fault)
{
    int result = patiently(build, know_old, fault);
    if (result < 0)
        return result;
    writer_progress(build->writer, build->job, JOB_RESET, "preparing", 0, 0);
    result = reset_describe(build, &build->description, fault);
    if (result == 0)
        result = zone_load(build->state.timezone, &build->zone, fault);
    if (result == 0)
        result = world_new(&build->state.settings, build->zone, &build->world, fault);
    if (result == 0)
        result = patiently(build, begin_shadow, fault);
    return result;
}

static struct next_world next_of(struct writer *writer)
{
    writer_lock(writer);
    struct next_world next = writer->wanted.next;
    writer_unlock(writer);
    return next;
}

/* What was written last, and what was behind, was so in a world that is gone. */
static void forget_batch(struct writer *writer)
{
    writer->behind = 0;
    writer->behind_rows = 0;
    writer_lock(writer);
    writer->shown.last_batch[0] = '\0';
    writer_unlock(writer);
}

static void tell_born(struct writer *writer, const struct job *job, const struct world_state *state,
                      uint64_t rows)
{
    char time[TIME_TEXT_MAX], who[EVENT_LOG_WHO_MAX];
    const struct actor itself = {.uid = -1};
    const struct actor *peer = job != NULL ? &job->asked.by : &itself;
    const char *reason = job != NULL ? job->asked.reason : "";
    event_log(writer->journal, MESSAGE_WORLD_BORN,
              &(struct event_about){.has_rows = true,
                                    .rows = (int64_t)rows,
                                    .has_time = true,
                                    .at = state->settings.origin,
                                    .job = job_kind_name(JOB_RESET),
                                    .peer = peer,
                                    .reason = reason,
                                    .world_id = state->world_id},
              "a new world is in place: seed %" PRIu64 ", origin %s, %" PRIu64 " rows, by %s%s%s",
              state->settings.seed, time_text(state->settings.origin.s, time), rows,
              event_log_who(peer, who), reason[0] != '\0' ? ": " : "", reason);
}

/* The swap is done: what fails from here on does not undo it, and what is not to be had now is
 * looked for at the next turn. */
static int take_over(struct build *build, struct fault *fault)
{
    struct writer *writer = build->writer;
    struct session *session = &writer->session;
    store_patience(session->store, 0);
    forget_batch(writer);
    newest_born(&build->newest, build->state.world_id, build->state.settings.origin);
    writer->newest = build->newest;
    tell_born(writer, build->job, &build->state, build->rows);
    writer_report_health(writer, HEALTH_RENEWED, 0, "");
    if (build->job != NULL)
        build->job->born = true;
    int result = session_load(session, fault);
    if (result == 0)
        (void)lost_tell(writer, build->job, &(struct fault){0});
    if (result == 0)
        obstacle_look(writer);
    if (result == 0)
        reset_see_world(writer);
    writer->views_due = true;
    writer->carry_due = build->old_id[0] != '\0';
    if (result == 0 && writer->carry_due)
        result = reset_carry_on(writer, fault);
    writer->carry_due = writer->carry_due && result < 0;
    bool later = writer->carry_due && (result == -EBUSY || result == -ESTALE);
    return later ? 0 : result;
}

int reset_settle(struct writer *writer, struct job *job, struct fault *fault)
{
    const struct session *session = &writer->session;
    bool done = session->has_world && strcmp(session->state.world_id, job->new_id) == 0;
    *fault = job->lost;
    if (!done)
        return -EIO;
    job->born = true;
    (void)lost_tell(writer, job, &(struct fault){0});
    forget_batch(writer);
    tell_born(writer, job, &session->state, job->rows);
    return 0;
}

/* What is locked now is swept later; only a connection that goes meanwhile counts. Where it did not
 * happen the old tables may be those of another daemon's reset, with what is to be carried over
 * from them: they go only after a look at which world is there. */
static int sweep(struct writer *writer, int result, struct fault *fault)
{
    struct session *session = &writer->session;
    struct fault why = {.text = ""};
    if (result < 0 && session->has_world) {
        writer->unswept = true;
        writer->look_at = (mono_time){0};
        return result;
    }
    store_patience(session->store, PATIENCE_MS);
    int swept = lost_sweep(writer, &why);
    writer->unswept = swept < 0;
    if (result < 0 || session_connected(session))
        return result;
    *fault = why;
    return swept;
}

/* A table that rejects credd's rows is made again as it is, and rejects them again. */
static int hint(const struct build *build, int result, struct fault *fault)
{
    if (result != -EPROTOTYPE || build->old_id[0] == '\0' || build->description.plain)
        return result;
    const struct fault why = *fault;
    return fault_set(fault, result,
                     "%s; or 'credctl reset --plain', which makes credd's own tables", why.text);
}

int reset_advise(const struct job *job, struct fault *fault)
{
    const struct fault why = *fault;
    return fault_set(fault, why.code,
                     "%s; gave up after %u attempts, each of which met such a change: stop the "
                     "migration until the reset is done%s",
                     why.text, job->restarts,
                     job->asked.reset.plain ? ""
                                            : ", or use 'credctl reset --plain', which ignores "
                                              "how the tables are altered");
}

int reset_world(struct writer *writer, struct job *job, struct fault *fault)
{
    struct build build = {.writer = writer, .job = job, .wait_most_us = WAIT_DEFAULT_US};
    struct session *session = &writer->session;
    if (job != NULL && job->asked.reset.wait_us > 0)
        build.wait_most_us = job->asked.reset.wait_us;
    build.wait_us = build.wait_most_us;
    store_patience(session->store, PATIENCE_MS);
    build.next = next_of(writer);
    int result = prepare(&build, fault);
    if (result == 0)
        result = hint(&build, build_baseline(&build, fault), fault);
    if (result == 0)
        result = swap(&build, fault);
    if (result == 0)
        result = take_over(&build, fault);
    if (session_connected(session) && !writer->carry_due)
        result = sweep(writer, result, fault);
    if (session->store != NULL)
        store_patience(session->store, 0);
    if (job != NULL)
        job->rows = build.rows;
    world_state_done(&build.state);
    world_free(build.world);
    zone_free(build.zone);
    store_description_done(&build.description);
    store_description_done(&build.past);
    return result;
}
