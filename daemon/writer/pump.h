/* pump.h - brings rows from the model into the database: each batch is one transaction that also
 * moves the watermark. Baseline, tick and catch-up share it. */
#ifndef CREDD_WRITER_PUMP_H
#define CREDD_WRITER_PUMP_H

#include "state/next_world.h"
#include "store/store.h"
#include "world/world.h"

struct pump {
    struct store *store;
    struct world *world;
    bool shadow; /* into the tables of the world being built */
    const char *world_id;
    int64_t generation;
    int64_t made; /* as in struct store_batch */
    size_t limit; /* changes of a batch */
    const struct row_rules *rules;
    struct change_list *changes; /* used for each batch anew */
    /* Before each commit; may be NULL. False: not now; the batch is made again later. */
    bool (*begin)(void *context, enum stream_id stream, bool rows);
    void *context;
};

/* Where a stream stands. */
struct pump_place {
    bool started;
    world_time stored;  /* its watermark in the database */
    world_time reached; /* every event up to here is processed: ahead of `stored` only by an
                           interval without events */
};

/* One batch of a stream, up to `to` at most. An interval in which nothing happens moves `reached`
 * alone, unless the stream is not started. As store_commit(); -EINVAL: the model fails. The changes
 * that were committed are in `pump->changes`. */
int pump_batch(const struct pump *pump, enum stream_id stream, struct pump_place *place,
               world_time to, struct store_outcome *ret_outcome, struct fault *fault);
/* Commits a watermark that is ahead of what is stored. */
int pump_flush(const struct pump *pump, enum stream_id stream, struct pump_place *place,
               struct fault *fault);

#endif
