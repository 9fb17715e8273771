/* model_updates.h - what the model says that became of values of rows: each value that an update
 * brought, by row, instant and column. */
#ifndef CREDD_AUDIT_MODEL_UPDATES_H
#define CREDD_AUDIT_MODEL_UPDATES_H

#include "base/change.h"
#include "world/world.h"

struct model_value {
    size_t key, value; /* offsets in `texts`; NUL-terminated there */
    int64_t at;
    enum change_group group;
    unsigned column; /* of the group */
    bool null;
};

struct model_updates {
    struct model_value *values;
    size_t count, room;
    char *texts;
    size_t used, texts_room;
};

/* All up to `to`, in the order of credd_change; to be released. Negative if the model fails. */
int model_updates_read(struct world *world, enum stream_id stream, world_time to,
                       struct model_updates *ret);
void model_updates_done(struct model_updates *updates);

const char *model_updates_key(const struct model_updates *updates, const struct model_value *value);
const char *model_updates_column(const struct model_value *value);
struct cell model_updates_cell(const struct model_updates *updates,
                               const struct model_value *value);
/* Puts the values that the row of that key has now into its cells, as texts that are borrowed. */
void model_updates_apply(const struct model_updates *updates, const struct cell *key,
                         struct cell *cells);
/* Whether any of the row's updates brought that value to the column of that place. */
bool model_updates_has(const struct model_updates *updates, const struct cell *key, unsigned place,
                       const struct cell *value);

#endif
