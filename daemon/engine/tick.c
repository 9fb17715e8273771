/* Tick: from what the model says happened to what the database holds, batch by batch. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "engine/writer_parts.h"

#define BATCH_CHANGES 2000
#define BUSY_MOST_US  INT64_C(240000000)
#define BUSY_WAIT_US  200000
#define STALE_MOST    50   /* tries that failed although nobody changed anything */
#define PATIENCE_MS   1000 /* with SQLite's lock: between two looks for it a cancel is noticed */
/* The streams of a long catch-up go side by side, in slices, so that readers see tables of about
 * one age. */
#define SLICES        40
#define SLICE_LEAST_S 86400

bool tick_held(struct writer *writer, enum stream_id stream)
{
    const struct record *record = &writer->session.record;
    (void)pthread_mutex_lock(&writer->lock);
    unsigned hold = writer->hold;
    (void)pthread_mutex_unlock(&writer->lock);
    return (hold & (WRITER_HOLD_WORLD | 1u << stream)) != 0 || record->clock.paused ||
           record->clock.held || record->streams[stream].paused;
}

static void show_to_watchers(struct writer *writer, enum stream_id stream)
{
    (void)pthread_mutex_lock(&writer->lock);
    bool watched = (writer->watching & 1u << stream) != 0;
    (void)pthread_mutex_unlock(&writer->lock);
    if (!watched)
        return;
    const struct schema_table *table = schema_table(stream_info(stream)->name);
    static const enum change_kind kinds[] = {CHANGE_INSERT, CHANGE_MOVE};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < writer->changes.count; i++) {
            const struct change *change = &writer->changes.items[i];
            if (change->kind != kinds[k])
                continue;
            if (change->kind == CHANGE_INSERT) {
                row_texts_add(&writer->texts, change->cells, change->count);
            } else {
                struct cell cells[] = {
                    change->cells[0], change->cells[2], {.kind = CELL_TIME, .number = change->at}};
                row_texts_add(&writer->texts, cells, MOVE_COLUMNS);
            }
        }
        if (writer->texts.count == 0)
            continue;
        struct post *post =
            row_texts_post(&writer->texts, 0, kinds[k] == CHANGE_INSERT ? table : NULL);
        post->streams = 1u << stream;
        (void)channel_put(writer->channel, post);
    }
}

static void note_batch(struct writer *writer, enum stream_id stream, world_time to,
                       const struct store_outcome *outcome, struct writer_job *job)
{
    struct record_stream *state = &writer->session.record.streams[stream];
    char time[TIME_TEXT_MAX];
    state->rows += outcome->inserted;
    state->skipped += outcome->skipped;
    writer->behind_rows += writer->behind != 0 ? outcome->inserted : 0;
    if (job != NULL)
        job->rows += (uint64_t)outcome->inserted;
    if (outcome->inserted + outcome->moved > 0)
        show_to_watchers(writer, stream);
    (void)pthread_mutex_lock(&writer->lock);
    writer->view.hour_rows[stream] += outcome->inserted;
    if (outcome->inserted + outcome->moved > 0)
        (void)snprintf(writer->view.last_batch, sizeof writer->view.last_batch,
                       "%s: %" PRId64 " rows, %" PRId64 " moves, up to %s",
                       stream_info(stream)->name, outcome->inserted, outcome->moved,
                       time_text(to.s, time));
    (void)pthread_mutex_unlock(&writer->lock);
}

static int commit_batch(struct writer *writer, enum stream_id stream, world_time to,
                        struct writer_job *job, struct fault *fault)
{
    struct session *session = &writer->session;
    struct record_stream *state = &session->record.streams[stream];
    struct store_outcome outcome = {0};
    struct store_batch batch = {
        .world_id = session->record.world_id,
        .generation = session->record.generation,
        .stream = stream_info(stream)->name,
        .started = state->started,
        .from = session->stored[stream],
        .to = to,
        .changes = &writer->changes,
    };
    if (!writer_begin_batch(writer, stream, writer->changes.count > 0))
        return 0; /* paused since it was looked at: what was made is made again */
    int result = store_commit(session->store, false, &batch, &outcome, fault);
    if (result == 0) {
        session->stored[stream] = to;
        state->watermark = to;
        if (writer->changes.count > 0)
            writer_wrote(writer);
        note_batch(writer, stream, to, &outcome, job);
    }
    writer_end_batch(writer);
    return result;
}

/* One batch of one stream, up to `to`. An interval in which nothing happens only moves the
 * watermark in memory: tick_flush() writes it when there is time. */
static int advance_stream(struct writer *writer, enum stream_id stream, world_time to,
                          struct writer_job *job, struct fault *fault)
{
    struct session *session = &writer->session;
    struct record_stream *state = &session->record.streams[stream];
    world_time reached = to;
    change_list_clear(&writer->changes);
    int result = world_changes(session->world, stream, state->watermark, to, BATCH_CHANGES,
                               change_list_gather, &writer->changes, &reached);
    if (result < 0)
        return fault_set(fault, result, "the model of %s fails", stream_info(stream)->name);
    if (writer->changes.count == 0) {
        state->watermark = reached;
        return 0;
    }
    return commit_batch(writer, stream, reached, job, fault);
}

/* What is due by schedule can wait for somebody who asked for something. */
static bool in_the_way(struct writer *writer, const struct writer_job *job)
{
    (void)pthread_mutex_lock(&writer->lock);
    bool result = job == NULL && writer->current == NULL && writer->jobs.first != NULL;
    (void)pthread_mutex_unlock(&writer->lock);
    return result;
}

/* What was waited out of late. */
struct patience {
    mono_time busy_since;
    unsigned stale;
};

/* Waits out what passes by itself; 1: try again. */
static int mend(struct writer *writer, enum stream_id stream, int code,
                const struct writer_job *job, struct patience *patience, struct fault *fault)
{
    if (code == -ESTALE) {
        world_time was = writer->session.stored[stream];
        int followed = session_follow(&writer->session, fault);
        bool moved = followed != 0 || was.s != writer->session.stored[stream].s;
        writer_publish(writer);
        patience->stale = moved ? 0 : patience->stale + 1;
        if (patience->stale > STALE_MOST)
            return fault_set(fault, -EUCLEAN,
                             "a row of " SCHEMA_STREAM " is not what credd left there");
        return followed < 0 ? followed : 1;
    }
    if (code != -EBUSY)
        return code;
    if (in_the_way(writer, job))
        return -EAGAIN;
    mono_time now = writer->time->mono(writer->time->context);
    if (patience->busy_since.us == 0)
        patience->busy_since = now;
    if (now.us - patience->busy_since.us > BUSY_MOST_US)
        return code;
    writer_pause_us(writer, BUSY_WAIT_US);
    return 1;
}

static int bring(struct writer *writer, enum stream_id stream, world_time to,
                 struct writer_job *job, struct fault *fault)
{
    struct patience patience = {0};
    for (;;) {
        struct record *record = &writer->session.record;
        struct record_stream *state = &record->streams[stream];
        world_time target =
            world_earlier(to, clock_now(&record->clock, writer->time->wall(writer->time->context)));
        if (stream_info(stream)->needs_customers)
            target = world_earlier(target, record->streams[STREAM_CUSTOMERS].watermark);
        if (!world_before(state->watermark, target) || tick_held(writer, stream))
            return 0;
        enum writer_break stop = writer_break(writer);
        if (stop != BREAK_NONE)
            return stop == BREAK_STOP ? -ESHUTDOWN : stop == BREAK_CANCEL ? -ECANCELED : -EAGAIN;
        int result = advance_stream(writer, stream, target, job, fault);
        if (result < 0 && (result = mend(writer, stream, result, job, &patience, fault)) < 0)
            return result;
    }
}

static int64_t outstanding(const struct record *record, unsigned streams, world_time to)
{
    int64_t seconds = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && world_before(record->streams[i].watermark, to))
            seconds += to.s - record->streams[i].watermark.s;
    return seconds;
}

static world_time earliest(const struct record *record, unsigned streams, world_time to)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i)
            to = world_earlier(to, record->streams[i].watermark);
    return to;
}

/* Streams that refer to customers need them first. */
static unsigned with_customers(unsigned streams)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && stream_info((enum stream_id)i)->needs_customers)
            return streams | 1u << STREAM_CUSTOMERS;
    return streams;
}

int tick_streams(struct writer *writer, unsigned streams, world_time to, struct writer_job *job,
                 struct fault *fault)
{
    static const enum job_kind kinds[] = {
        [TASK_OPERATE] = JOB_TICK, [TASK_REFRESH] = JOB_TICK, [TASK_ADVANCE] = JOB_ADVANCE};
    enum job_kind kind = job != NULL ? kinds[job->task] : JOB_TICK;
    uint64_t ticket = job != NULL ? job->ticket : 0;
    streams = with_customers(streams);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (tick_held(writer, (enum stream_id)i))
            streams &= ~(1u << i);
    const struct record *record = &writer->session.record;
    int64_t total = outstanding(record, streams, to);
    if (total == 0)
        return 0;
    world_time slice = earliest(record, streams, to);
    int64_t step = (to.s - slice.s) / SLICES;
    if (step < SLICE_LEAST_S)
        step = SLICE_LEAST_S;
    int result = 0;
    store_patience(writer->session.store, PATIENCE_MS);
    while (result == 0 && world_before(slice, to)) {
        slice = world_earlier(world_plus(slice, step), to);
        for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
            if (streams & 1u << i)
                result = bring(writer, (enum stream_id)i, slice, job, fault);
        int64_t rest = outstanding(&writer->session.record, streams, to);
        writer_progress(writer, ticket, kind, "", (uint64_t)(total > rest ? total - rest : 0),
                        (uint64_t)total);
    }
    store_patience(writer->session.store, 0);
    return result;
}

int tick_flush(struct writer *writer, struct fault *fault)
{
    struct session *session = &writer->session;
    change_list_clear(&writer->changes);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        world_time watermark = session->record.streams[i].watermark;
        if (!world_before(session->stored[i], watermark))
            continue;
        int result = commit_batch(writer, (enum stream_id)i, watermark, NULL, fault);
        if (result == -ESTALE)
            result = session_follow(session, fault);
        if (result < 0)
            return result;
    }
    return 0;
}
