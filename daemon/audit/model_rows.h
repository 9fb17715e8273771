/* model_rows.h - the rows that the model says a table holds, in key order, one at a time. */
#ifndef CREDD_AUDIT_MODEL_ROWS_H
#define CREDD_AUDIT_MODEL_ROWS_H

#include "audit/key_index.h"
#include "world/world.h"

struct model_rows {
    struct world *world;
    enum stream_id stream;
    world_time from, to;
    struct change_list changes;
    size_t at;
    bool read_all;
};

/* From the stream's first row to those at `to`. Borrows the world. */
void model_rows_begin(struct model_rows *rows, struct world *world, enum stream_id stream,
                      world_time to);
/* The next row, valid until the next call; NULL at the end. Moves and updates are passed over. Sets
 * `ret_failed` if the model fails (left alone otherwise). */
const struct change *model_rows_next(struct model_rows *rows, bool *ret_failed);
void model_rows_done(struct model_rows *rows);

/* Each application's status as of `to`, by key; the index is to be released with key_index_done().
 * Negative if the model fails. */
int model_rows_statuses(struct world *world, world_time to, struct key_index *index);

#endif
