/* loan_level.h - how often people apply, so that the baseline holds about as many applications as
 * the settings say. */
#ifndef CREDD_WORLD_LOAN_LEVEL_H
#define CREDD_WORLD_LOAN_LEVEL_H

#include "world/arrivals.h"

struct loan_book;
struct loan_model;
struct loan_level {
    struct world *world;
    struct loan_model *model;
    struct arrivals *arrivals;
    struct loan_book *book;
    world_time first;  /* from then to the origin … */
    uint64_t expected; /* … so many applications are wanted */
};
/* Finds the pace from the folds of the customers, or of a part of them if there are many, and gives
 * it to model and arrivals: within a few of the square root of `expected` where all are counted. */
void loan_level_solve(const struct loan_level *level);

#endif
