/* acts.h - what the acts make of one stream: spans of time in each of which its tempo is constant
 * and insertions either exist or do not. Only the live part is concerned: an act before the origin
 * begins there. */
#ifndef CREDD_WORLD_ACTS_H
#define CREDD_WORLD_ACTS_H

#include "world/world.h"

/* Concerns events after `after`, up to and including the next span's `after`. */
struct act_span {
    int64_t after;
    int64_t tempo; /* millionths */
    bool enabled;
    unsigned gaps; /* how many gaps hold it */
    bool gaps_end; /* all of them end with it: moves may happen at its last second */
};

struct act_spans {
    struct act_span *items; /* the first begins before all time */
    size_t count;
};

/* `acts` in the order of `at`, and as they were made where that is equal; those of other streams
 * are passed over. */
void act_spans_make(struct act_spans *spans, enum stream_id stream, world_time origin,
                    const struct world_act *acts, size_t count);
void act_spans_done(struct act_spans *spans);

/* As world_tempo() and the others of stream.h. */
int64_t act_spans_tempo(const struct act_spans *spans, world_time at);
world_time act_spans_next(const struct act_spans *spans, world_time at);
bool act_spans_insert(const struct act_spans *spans, world_time at);
world_time act_spans_move_time(const struct act_spans *spans, world_time at);

#endif
