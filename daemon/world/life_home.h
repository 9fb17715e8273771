/* life_home.h - where customers live: moves, by age and by whether they own their home, and after
 * they bought one. */
#ifndef CREDD_WORLD_LIFE_HOME_H
#define CREDD_WORLD_LIFE_HOME_H

#include "world/life.h"
#include "world/person.h"

struct life_homes;
struct life_homes *life_homes_new(struct world *world, const struct identity_rules *rules);
void life_homes_free(struct life_homes *homes);
/* Customers from `known` on may be others than before, and so may loans from `month` on. */
void life_homes_forget(struct life_homes *homes, uint64_t known, int month);

/* Whether the customer moves in a month, from where and to where. */
bool life_home_changes(struct life_homes *homes, uint64_t customer, int month,
                       struct home *ret_before, struct home *ret_after);

/* Whether the customer bought a home with a mortgage that was funded in (after, upto]: the one
 * thing that homes ask of loans. */
bool life_home_bought(struct world *world, uint64_t customer, world_time after, world_time upto);

#endif
