/* expected.h - the rows that the model says a table holds, in key order, one at a time. */
#ifndef CREDD_ENGINE_EXPECTED_H
#define CREDD_ENGINE_EXPECTED_H

#include "engine/roster.h"
#include "world/world.h"

struct expected {
    struct world *world;
    enum stream_id stream;
    world_time from, to;
    struct change_list changes;
    size_t at;
    bool read_all;
};

/* From the stream's first row to those at `to`. Borrows the world. */
void expected_begin(struct expected *expected, struct world *world, enum stream_id stream,
                    world_time to);
/* The next row, valid until the next call; NULL at the end. Moves are passed over. Sets
 * `ret_failed` if the model fails (left alone otherwise). */
const struct change *expected_next(struct expected *expected, bool *ret_failed);
void expected_done(struct expected *expected);

/* Each application's status as of `to`, by key; the roster is to be released with roster_done().
 * Negative if the model fails. */
int expected_statuses(struct world *world, world_time to, struct roster *roster);

#endif
