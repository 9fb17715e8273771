/* lives.h - people who move and change their work far more often than the model has them do it: the
 * stream of customers, with updates put in between instead of the model's own. */
#ifndef CREDD_SIMULATION_LIVES_H
#define CREDD_SIMULATION_LIVES_H

#include "world/world.h"

/* As world_changes(), which gives the customers themselves. */
typedef int lives_customers(struct world *world, enum stream_id stream, world_time from,
                            world_time to, size_t limit, world_sink *sink, void *context,
                            world_time *ret_reached);

/* The same of the customers and their updates. Those that fall in a gap come after it, as a model
 * has to see to. */
int lives_changes(lives_customers *customers, struct world *world, world_time from, world_time to,
                  size_t limit, world_sink *sink, void *context, world_time *ret_reached);

#endif
