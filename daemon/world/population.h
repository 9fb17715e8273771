/* population.h - who is born into the world when: the instants alone, in order, as a growing list.
 */
#ifndef CREDD_WORLD_POPULATION_H
#define CREDD_WORLD_POPULATION_H

#include "world/stream.h"

struct population;

/* As many people as there are social security numbers that nobody ever got: nobody is born after
 * them. */
#define POPULATION_MAX UINT64_C(49985001)

struct population *population_new(struct world *world);
void population_free(struct population *population);
/* Returns how many births are still known. */
uint64_t population_forget(struct population *population, world_time since);
/* How many were born at or before `at`. */
uint64_t population_at(struct population *population, world_time at);
/* Makes known who was born at or before `at`. */
void population_settle(struct population *population, world_time at);
/* When one was born; `index` is below population_at() of some asked instant. */
world_time population_born(const struct population *population, uint64_t index);
/* Says that it will be wanted soon. */
void population_expect(const struct population *population, uint64_t index);

#endif
