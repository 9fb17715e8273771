/* Reset: a new world built beside the old in bounded batches, then swapped in. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "engine/tell.h"
#include "engine/writer_parts.h"

#define BATCH_CHANGES   5000
#define HISTORY_KEPT    500
#define WAIT_DEFAULT_US INT64_C(60000000)
#define SWAP_WAIT_MS    60
#define REST_US         250000
/* How long one look for SQLite's lock may take: between two of them a cancel is noticed. */
#define PATIENCE_MS 500

struct build {
    struct writer *writer;
    struct writer_job *job;        /* NULL for the first world */
    struct record record;          /* of the new world */
    struct store_description past; /* of the old one, for its history */
    struct world *world;
    struct zone *zone;
    uint64_t done, total, rows;
    char old_id[STORE_NAME_MAX];
    int64_t wait_us;    /* left for waiting on others; building does not count */
    int64_t generation; /* of the old world when the build began */
};

/* Unique among the worlds of one database: when, by whom, from which seed. */
static void name_world(const struct writer *writer, struct record *record, wall_time wall)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const uint64_t parts[] = {(uint64_t)wall.us, record->settings.seed};
    unsigned char bytes[sizeof parts];
    memcpy(bytes, parts, sizeof parts);
    for (size_t i = 0; i < sizeof bytes; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    for (const char *c = writer->keeper; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    (void)snprintf(record->world_id, sizeof record->world_id, "w%011" PRIx64,
                   hash & UINT64_C(0xfffffffffff));
}

static int set_clock(struct build *build, wall_time wall, struct fault *fault)
{
    const struct plan_world *plan = &build->writer->plan.world;
    const struct session *session = &build->writer->session;
    const struct clock_state *old = session->has_world ? &session->record.clock : NULL;
    struct record *record = &build->record;
    bool keep = build->job != NULL && build->job->keep_clock && old != NULL;
    world_time origin = keep              ? clock_now(old, wall)
                        : plan->start_now ? (world_time){wall.us / 1000000}
                                          : plan->start_at;
    if (world_before(WORLD_TIME_LAST, origin))
        return fault_set(fault, -ERANGE, "a world can not begin after 2037-12-31");
    record->settings.origin = origin;
    record->clock = keep ? *old : clock_start(origin, old != NULL ? old->speed : plan->speed, wall);
    if (!keep && plan->start_now) /* so that world time equals wall time to the microsecond */
        record->clock.anchor_world_us = wall.us;
    if (!keep && old != NULL && old->paused)
        clock_pause(&record->clock, wall, old->resumes_at);
    if (record->clock.paused) {
        memcpy(record->reason, session->record.reason, sizeof record->reason);
        memcpy(record->paused_by, session->record.paused_by, sizeof record->paused_by);
    }
    if (record->clock.held) /* a clock that starts anew owes nothing that had to be confirmed */
        memcpy(record->held_why, session->record.held_why, sizeof record->held_why);
    record->clock.seen = wall;
    return 0;
}

static void set_streams(struct build *build)
{
    const struct plan_world *plan = &build->writer->plan.world;
    const struct session *session = &build->writer->session;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct record_stream *state = &build->record.streams[i];
        if (session->has_world)
            *state = session->record.streams[i];
        state->enabled = plan->enabled[i];
        state->tempo = plan->tempo[i];
        state->tempo_after = state->tempo_until_wall_us = 0;
        state->started = false;
        state->watermark = WORLD_TIME_FIRST;
        state->rows = state->skipped = 0;
    }
}

static struct store_act *next_act(struct store_description *description, const struct build *build,
                                  const char *kind, wall_time wall)
{
    const struct operation *operation = build->job != NULL ? &build->job->operation : NULL;
    size_t n = description->act_count++;
    struct store_act *act = &description->acts[n];
    *act = (struct store_act){
        .at = build->record.settings.origin,
        .wall_us = wall.us,
        .uid = operation != NULL ? operation->peer.uid : -1,
        .pid = operation != NULL ? operation->peer.pid : 0,
    };
    (void)snprintf(act->id, sizeof act->id, "%.16s-reset-%zu", build->record.world_id, n % 10000);
    (void)snprintf(act->kind, sizeof act->kind, "%s", kind);
    (void)snprintf(act->user, sizeof act->user, "%.39s",
                   operation != NULL ? operation->peer.user : "credd");
    if (operation != NULL)
        memcpy(act->reason, operation->reason, sizeof act->reason);
    return act;
}

/* The acts of former worlds, for the history; then the reset itself, and a tempo or switch other
 * than usual. */
static void describe_acts(struct build *build, struct store_description *description,
                          wall_time wall)
{
    bool adopted = build->job != NULL && build->job->task == TASK_ADOPT;
    size_t kept = build->past.act_count < HISTORY_KEPT ? build->past.act_count : HISTORY_KEPT;
    description->acts = MEM_ARRAY(struct store_act, kept + 1 + 2 * (size_t)STREAM_COUNT);
    for (size_t i = 0; i < kept; i++)
        description->acts[i] = build->past.acts[build->past.act_count - kept + i];
    description->act_count = kept;
    next_act(description, build, adopted ? "adopt" : "reset", wall)->value =
        (int64_t)build->record.settings.seed;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct record_stream *state = &build->record.streams[i];
        const char *name = stream_info((enum stream_id)i)->name;
        if (state->tempo != WORLD_TEMPO_ONE) {
            struct store_act *act = next_act(description, build, "tempo", wall);
            act->value = state->tempo;
            (void)snprintf(act->stream, sizeof act->stream, "%s", name);
        }
        if (!state->enabled) {
            struct store_act *act = next_act(description, build, "disable", wall);
            (void)snprintf(act->stream, sizeof act->stream, "%s", name);
        }
    }
}

static int describe(struct build *build, struct store_description *ret_description,
                    struct fault *fault)
{
    struct writer *writer = build->writer;
    wall_time wall = writer->time->wall(writer->time->context);
    struct record *record = &build->record;
    record->settings = writer->plan.world.settings;
    if (build->job != NULL && build->job->has_seed)
        record->settings.seed = build->job->seed;
    memcpy(record->timezone, writer->plan.world.timezone, sizeof record->timezone);
    memcpy(record->keeper, writer->keeper, sizeof record->keeper);
    record->generation = 1;
    set_streams(build);
    int result = set_clock(build, wall, fault);
    if (result < 0)
        return result;
    name_world(writer, record, wall);
    struct store_description description = {0};
    memcpy(description.world_id, record->world_id, sizeof description.world_id);
    description.pairs = MEM_ARRAY(struct store_pair, RECORD_PAIRS_MAX);
    description.pair_count = record_all_pairs(record, description.pairs);
    record_streams(record, description.streams);
    description.stream_count = STREAM_COUNT;
    describe_acts(build, &description, wall);
    *ret_description = description;
    return 0;
}

static int stopped_by(struct writer *writer, struct fault *fault)
{
    switch (writer_break(writer)) {
    case BREAK_STOP: return fault_set(fault, -ESHUTDOWN, "credd is stopping");
    case BREAK_CANCEL: return writer_cancelled(writer, fault);
    case BREAK_NONE:
    case BREAK_OPERATION: break; /* operations are for the world that comes out of it */
    }
    return 0;
}

static mono_time now(const struct build *build)
{
    const struct time_source *time = build->writer->time;
    return time->mono(time->context);
}

/* Waits a moment for others, who are named in `fault` and were waited for since `since` already;
 * -EBUSY once the waiting time is over. */
static int wait_for_others(struct build *build, mono_time since, struct fault *fault)
{
    struct writer *writer = build->writer;
    build->wait_us -= now(build).us - since.us;
    if (build->wait_us <= 0) {
        (void)fault_prefix(fault, "others were in the way for the whole waiting time");
        return -EBUSY;
    }
    since = now(build);
    int64_t rest = build->wait_us < REST_US ? build->wait_us : REST_US;
    writer_progress(writer, build->job != NULL ? build->job->ticket : 0, JOB_RESET, fault->text,
                    build->done, build->total > build->done ? build->total : build->done);
    writer_pause_us(writer, rest);
    build->wait_us -= now(build).us - since.us; /* what comes in cuts a rest short */
    return stopped_by(writer, fault);
}

static int build_stream(struct build *build, enum stream_id stream, struct fault *fault)
{
    struct writer *writer = build->writer;
    struct record_stream *state = &build->record.streams[stream];
    world_time origin = build->record.settings.origin;
    uint64_t ticket = build->job != NULL ? build->job->ticket : 0;
    while (!state->started || world_before(state->watermark, origin)) {
        int stopped = stopped_by(writer, fault);
        if (stopped < 0)
            return stopped;
        world_time reached = origin;
        change_list_clear(&writer->changes);
        int result = world_changes(build->world, stream, state->watermark, origin, BATCH_CHANGES,
                                   change_list_gather, &writer->changes, &reached);
        if (result < 0)
            return fault_set(fault, result, "the model of %s fails", stream_info(stream)->name);
        struct store_outcome outcome = {0};
        struct store_batch batch = {
            .world_id = build->record.world_id,
            .generation = build->record.generation,
            .stream = stream_info(stream)->name,
            .started = state->started,
            .from = state->watermark,
            .to = reached,
            .changes = &writer->changes,
        };
        mono_time since = now(build);
        result = store_commit(writer->session.store, true, &batch, &outcome, fault);
        if (result == -EBUSY && (result = wait_for_others(build, since, fault)) == 0)
            continue;
        if (result < 0)
            return result;
        state->started = true;
        state->watermark = reached;
        build->rows += (uint64_t)outcome.inserted;
        build->done += writer->changes.count;
        writer_progress(writer, ticket, JOB_RESET, stream_info(stream)->name, build->done,
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

/* First without waiting at all, then in waits so short that nobody who queues behind them notices.
 */
static int swap(struct build *build, struct fault *fault)
{
    struct store *store = build->writer->session.store;
    for (unsigned tries = 0;; tries++) {
        mono_time since = now(build);
        int result = store_swap_check(store, fault);
        if (result == 0)
            result = store_swap(store, build->old_id, tries == 0 ? 0 : SWAP_WAIT_MS, fault);
        if (result == -EBUSY)
            result = wait_for_others(build, since, fault);
        else
            return result;
        if (result < 0)
            return result;
    }
}

/* Another daemon may hold the builder's lock only to clear up after one that was killed. A first
 * world is built by whoever comes first: the others look again. */
static int begin_shadow(struct build *build, const struct store_description *description,
                        struct fault *fault)
{
    for (;;) {
        mono_time since = now(build);
        int result = store_shadow_begin(build->writer->session.store, description, fault);
        if (result != -EBUSY || build->job == NULL)
            return result;
        result = wait_for_others(build, since, fault);
        if (result < 0)
            return result;
    }
}

static int prepare(struct build *build, struct fault *fault)
{
    struct session *session = &build->writer->session;
    int result = store_swap_check(session->store, fault);
    if (result < 0)
        return result;
    if (session->has_world) {
        memcpy(build->old_id, session->record.world_id, sizeof build->old_id);
        build->generation = session->record.generation;
        result = store_load(session->store, &build->past, fault);
        if (result < 0)
            return result;
    }
    struct store_description description;
    result = describe(build, &description, fault);
    if (result < 0)
        return result;
    result = zone_load(build->record.timezone, &build->zone, fault);
    if (result == 0)
        result = world_new(&build->record.settings, build->zone, &build->world, fault);
    if (result == 0)
        result = begin_shadow(build, &description, fault);
    store_description_done(&description);
    return result;
}

static void take_plan(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->plan.world = writer->next_plan.world;
    (void)pthread_mutex_unlock(&writer->lock);
}

/* What was written last was written to a world that is gone. */
static void forget_batch(struct writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->view.last_batch[0] = '\0';
    (void)pthread_mutex_unlock(&writer->lock);
}

static void tell_born(const struct build *build)
{
    char time[TIME_TEXT_MAX], who[TELL_WHO_MAX];
    const struct record *record = &build->record;
    const struct engine_peer itself = {.uid = -1};
    const struct operation *operation = build->job != NULL ? &build->job->operation : NULL;
    const struct engine_peer *peer = operation != NULL ? &operation->peer : &itself;
    const char *reason = operation != NULL ? operation->reason : "";
    tell(build->writer->journal, MESSAGE_WORLD_BORN,
         &(struct tell){.has_rows = true,
                        .rows = (int64_t)build->rows,
                        .has_time = true,
                        .at = record->settings.origin,
                        .job = job_kind_name(JOB_RESET),
                        .peer = peer,
                        .reason = reason,
                        .world_id = record->world_id},
         "a new world is in place: seed %" PRIu64 ", origin %s, %" PRIu64 " rows, by %s%s%s",
         record->settings.seed, time_text(record->settings.origin.s, time), build->rows,
         tell_who(peer, who), reason[0] != '\0' ? ": " : "", reason);
}

int reset_world(struct writer *writer, struct writer_job *job, struct fault *fault)
{
    struct build build = {.writer = writer, .job = job, .wait_us = WAIT_DEFAULT_US};
    struct session *session = &writer->session;
    struct fault ignored;
    if (job != NULL && job->wait_us > 0)
        build.wait_us = job->wait_us;
    store_patience(session->store, PATIENCE_MS);
    take_plan(writer);
    writer_progress(writer, job != NULL ? job->ticket : 0, JOB_RESET, "preparing", 0, 0);
    int result = prepare(&build, fault);
    if (result == 0)
        result = build_baseline(&build, fault);
    if (result == 0)
        result = swap(&build, fault);
    if (result == 0) {
        store_patience(session->store, 0);
        forget_batch(writer);
        tell_born(&build);
        writer_mended(writer);
        result = session_load(session, fault);
        if (result == 0 && build.old_id[0] != '\0')
            reset_carry_over(writer, &build.past, build.generation);
    }
    if (session_connected(session)) { /* what is locked now is swept later */
        store_patience(session->store, PATIENCE_MS);
        writer->unswept = store_sweep(session->store, &ignored) < 0;
    }
    if (session->store != NULL)
        store_patience(session->store, 0);
    if (job != NULL)
        job->rows = build.rows;
    world_free(build.world);
    zone_free(build.zone);
    store_description_done(&build.past);
    return result;
}
