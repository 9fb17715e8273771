/* life_updates.h - the updates of customers' rows, in order: what lives bring, at the instants at
 * which it is noted. */
#ifndef CREDD_WORLD_LIFE_UPDATES_H
#define CREDD_WORLD_LIFE_UPDATES_H

#include "world/life_home.h"

/* What changed between two months in one respect. */
struct life_update {
    int64_t at; /* noted then */
    uint32_t customer;
    uint8_t kind;        /* enum life_kind */
    int16_t first, last; /* months of the steps: several where a gap held them */
};

struct life_updates;
struct life_updates *life_updates_new(struct world *world, struct life *life,
                                      struct life_homes *homes);
void life_updates_free(struct life_updates *updates);
/* Customers or loans may be others than before. */
void life_updates_forget(struct life_updates *updates);

/* Makes ready those of (from, to]; then gives one after the other in order of (at, customer, kind);
 * NULL: no more. An update that a gap held is noted at its end, together with others of its kind.
 */
void life_updates_begin(struct life_updates *updates, world_time from, world_time to);
const struct life_update *life_updates_next(struct life_updates *updates);

#endif
