/* world_pool.h - worlds that are used again by the runs of a simulation.
 *
 * A cold world folds three years of market and births before its first answer: some 10 ms. An
 * object only caches what follows from its settings and acts, so that another run that asks for the
 * same settings may have one that is warm: 0.3 ms. A program that links this with
 * SIMULATION_LINK_OPTIONS gets them from world_new(). */
#ifndef CREDD_SIMULATION_WORLD_POOL_H
#define CREDD_SIMULATION_WORLD_POOL_H

#include <stdint.h>

#include "simulation/heap.h"

/* Takes back what a killed process had, which used `heap`. */
void world_pool_reclaim(const struct heap *heap);
/* Releases all that are not in use, and the zones. */
void world_pool_empty(void);

/* Is called whenever a world is asked for changes, which takes its time; NULL: nothing is. */
void world_pool_computes(void (*computes)(void *context), void *context);

struct world_pool_counts {
    uint64_t made, reused;
};
struct world_pool_counts world_pool_counted(void);

#endif
