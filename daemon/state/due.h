/* due.h - which streams are due: a pure function of the world's state, the schedules and world
 * time. */
#ifndef CREDD_STATE_DUE_H
#define CREDD_STATE_DUE_H

#include "clock/schedule.h"
#include "state/world_state.h"

/* The next run after an instant, kept for as long as it is the next. */
struct due_cache {
    struct {
        const struct schedule *schedule;
        world_time after, next;
        bool never;
    } runs[STREAM_COUNT];
};

struct due_query {
    const struct world_state *state;
    const struct schedule *schedules[STREAM_COUNT];
    const struct zone *zone;
    world_time now;
    wall_time wall;        /* the same moment */
    unsigned in_hand;      /* streams that the writer is to bring up to `in_hand_to` already */
    world_time in_hand_to; /* meaningful with `in_hand` */
};

struct due_stream {
    bool stands;   /* paused, or the world is */
    bool can_move; /* it does not stand, and is not yet where it can get to */
    bool due;      /* it can move, and a run has not been served nor handed over */
    bool has_next;
    world_time next; /* the first run that has not been; past if the stream is due or waits, */
    int64_t past_us; /* by so much wall time */
};

/* A run is outstanding if it lies after the watermark and after `not_before`, which both are
 * stored: nothing is counted from when somebody looked. */
void due_find(const struct due_query *query, struct due_cache *cache,
              struct due_stream ret_streams[STREAM_COUNT]);

#endif
