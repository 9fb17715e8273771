#include "state/due.h"

static bool next_run(const struct due_query *query, enum stream_id stream, world_time after,
                     struct due_cache *cache, world_time *ret_next)
{
    const struct schedule *schedule = query->schedules[stream];
    bool known = cache->runs[stream].schedule == schedule &&
                 !world_before(after, cache->runs[stream].after) &&
                 (cache->runs[stream].never || world_before(after, cache->runs[stream].next));
    if (!known) {
        cache->runs[stream].schedule = schedule;
        cache->runs[stream].after = after;
        cache->runs[stream].never =
            schedule_next(schedule, query->zone, after, &cache->runs[stream].next) < 0;
    }
    *ret_next = cache->runs[stream].next;
    return !cache->runs[stream].never;
}

/* How far the stream can get: rows need their customers. */
static world_time reach_of(const struct due_query *query, enum stream_id stream)
{
    const struct stream_state *customers = &query->state->streams[STREAM_CUSTOMERS];
    bool waits = stream_info(stream)->needs_customers && customers->paused;
    return waits ? world_earlier(query->now, customers->watermark) : query->now;
}

static struct due_stream look(const struct due_query *query, enum stream_id stream,
                              struct due_cache *cache)
{
    const struct stream_state *state = &query->state->streams[stream];
    const struct clock_state *clock = &query->state->clock;
    world_time after = world_later(state->watermark, state->not_before);
    struct due_stream found = {.stands = clock->paused || clock->held || state->paused};
    if (query->in_hand & 1u << stream)
        after = world_later(after, query->in_hand_to);
    found.can_move = !found.stands && world_before(state->watermark, reach_of(query, stream));
    found.has_next = next_run(query, stream, after, cache, &found.next);
    found.due = found.can_move && found.has_next && !world_before(query->now, found.next);
    found.past_us = found.due ? clock_past_us(clock, found.next, query->wall) : 0;
    return found;
}

void due_find(const struct due_query *query, struct due_cache *cache,
              struct due_stream ret_streams[STREAM_COUNT])
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        ret_streams[i] = look(query, (enum stream_id)i, cache);
}
