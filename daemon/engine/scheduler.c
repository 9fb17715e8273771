/* When what is due: streams, the summary of an hour, the next turn. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "engine/engine_parts.h"
#include "mail/event_log.h"

#define LEAST_US INT64_C(50000)    /* between two wakes, however fast the world runs */
#define AGAIN_US INT64_C(1000000)  /* before what did not move is handed over again */
#define MOST_US  INT64_C(30000000) /* the longest sleep: also the watch over hung calls */
#define HOUR_US  INT64_C(3600000000)

void scheduler_open(struct engine *engine)
{
    engine->scheduler.summed_up_at = engine->now.mono;
    engine->scheduler.wake_at = engine->now.mono;
}

static bool is_ready(const struct engine *engine)
{
    return engine->phase == ENGINE_RUNS && engine->has_world && engine->zone != NULL;
}

static void look(struct engine *engine, world_time now)
{
    struct due_query query = {
        .state = &engine->shown,
        .zone = engine->zone,
        .now = now,
        .wall = engine->now.wall,
        .in_hand = engine->snapshot.due,
        .in_hand_to = engine->snapshot.due_to,
    };
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        query.schedules[i] = engine->config->streams[i].schedule;
    due_find(&query, &engine->scheduler.cache, engine->scheduler.streams);
}

/* What was handed over and did not move waits a while: something else keeps it. */
static bool is_too_soon(const struct engine *engine, unsigned i, mono_time *ret_again)
{
    const struct scheduler *scheduler = &engine->scheduler;
    bool in_hand = engine->snapshot.due & 1u << i;
    if (in_hand || !scheduler->last[i].served ||
        scheduler->last[i].watermark.s != engine->shown.streams[i].watermark.s)
        return false;
    ret_again->us = scheduler->last[i].at.us + AGAIN_US;
    return engine->now.mono.us < ret_again->us;
}

static void hand_over(struct engine *engine, unsigned streams, world_time now)
{
    struct scheduler *scheduler = &engine->scheduler;
    struct snapshot *snapshot = &engine->snapshot;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i) {
            scheduler->last[i].served = true;
            scheduler->last[i].watermark = engine->shown.streams[i].watermark;
            scheduler->last[i].at = engine->now.mono;
        }
    scheduler->wanted &= ~streams;
    scheduler->next_serve.us = engine->now.mono.us + LEAST_US;
    snapshot->due_to = snapshot->due != 0 ? world_later(snapshot->due_to, now) : now;
    snapshot->due |= streams;
    writer_due(engine->writer, streams, now, scheduler->streams);
}

void scheduler_serve(struct engine *engine)
{
    struct scheduler *scheduler = &engine->scheduler;
    unsigned take = 0;
    if (!is_ready(engine))
        return;
    world_time now = moment_world(engine);
    look(engine, now);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct due_stream *stream = &scheduler->streams[i];
        mono_time again;
        if (!stream->stands && !stream->can_move)
            scheduler->wanted &= ~(1u << i);
        bool wanted = stream->can_move && scheduler->wanted & 1u << i;
        if ((stream->due || wanted) && !is_too_soon(engine, i, &again))
            take |= 1u << i;
    }
    if (take == 0 || engine->now.mono.us < scheduler->next_serve.us)
        return;
    hand_over(engine, take, now);
    look(engine, now);
}

/* Microseconds from now until something has to be done for the stream. */
static int64_t sleep_of(const struct engine *engine, unsigned i)
{
    const struct scheduler *scheduler = &engine->scheduler;
    const struct due_stream *stream = &scheduler->streams[i];
    mono_time again = scheduler->next_serve;
    wall_time at;
    if (stream->stands || !stream->has_next)
        return MOST_US;
    if (stream->due || (stream->can_move && scheduler->wanted & 1u << i)) {
        (void)is_too_soon(engine, i, &again);
        if (again.us < scheduler->next_serve.us)
            again = scheduler->next_serve;
        return again.us - engine->now.mono.us;
    }
    if (!world_before(moment_world(engine), stream->next)) /* it waits for customers */
        return MOST_US;
    if (!clock_wall_of(&engine->shown.clock, stream->next, engine->now.wall, &at))
        return MOST_US;
    int64_t least = scheduler->next_serve.us - engine->now.mono.us;
    return at.us - engine->now.wall.us > least ? at.us - engine->now.wall.us : least;
}

static int64_t until_end(const struct engine *engine)
{
    struct act unused;
    wall_time next = {0};
    if (act_due(&engine->shown, engine->now.wall, &unused, &next))
        return engine->scheduler.ends_at.us - engine->now.mono.us;
    return next.us > engine->now.wall.us ? next.us - engine->now.wall.us : MOST_US;
}

void scheduler_arm(struct engine *engine)
{
    struct scheduler *scheduler = &engine->scheduler;
    int64_t sleep = MOST_US;
    for (unsigned i = 0; i < STREAM_COUNT && is_ready(engine); i++) {
        int64_t one = sleep_of(engine, i);
        sleep = one < sleep ? one : sleep;
    }
    if (engine->phase == ENGINE_RUNS) {
        int64_t end = until_end(engine);
        sleep = end < sleep ? end : sleep;
    }
    sleep = request_waited_for(engine, sleep);
    scheduler->wake_at.us = engine->now.mono.us + (sleep > LEAST_US ? sleep : LEAST_US);
}

/* --- the summary --- */

static void tell_summary(struct engine *engine, const int64_t rows[STREAM_COUNT], int64_t all)
{
    char line[300] = "", span[SPAN_TEXT_MAX];
    size_t used = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %" PRId64,
                                 i > 0 ? ", " : "", stream_info((enum stream_id)i)->name, rows[i]);
    event_log(engine->journal, MESSAGE_SUMMARY,
              &(struct event_about){.streams = STREAMS_ALL,
                                    .has_rows = true,
                                    .rows = all,
                                    .rows_of = rows,
                                    .has_time = engine->has_world,
                                    .at = moment_world(engine)},
              "rows in the last %s: %s",
              span_text(engine->now.mono.us - engine->scheduler.summed_up_at.us, span), line);
}

void scheduler_sum_up(struct engine *engine, bool end)
{
    struct scheduler *scheduler = &engine->scheduler;
    int64_t rows[STREAM_COUNT], all = 0;
    if (!end && engine->now.mono.us - scheduler->summed_up_at.us < HOUR_US)
        return;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        rows[i] = engine->snapshot.counters.rows[i] - scheduler->summed_up[i];
        all += rows[i];
    }
    if (!end || all > 0)
        tell_summary(engine, rows, all);
    scheduler->summed_up_at = engine->now.mono;
    memcpy(scheduler->summed_up, engine->snapshot.counters.rows, sizeof scheduler->summed_up);
}
