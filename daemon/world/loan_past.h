/* loan_past.h - what somebody brings along: the loans and cards that they have when they appear in
 * the data, so that a portfolio is from its first day what it is after years. */
#ifndef CREDD_WORLD_LOAN_PAST_H
#define CREDD_WORLD_LOAN_PAST_H

#include "world/loan_life.h"

/* Fills what `life` owes and has at an instant, as it would be if no applications were in the data.
 * Its customer must be set. */
void loan_past_fill(struct world *world, struct loan_life *life, world_time at);

#endif
