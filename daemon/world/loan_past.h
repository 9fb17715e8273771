/* loan_past.h - loans that nobody saw an application for: those that somebody took before they
 * appear in the data, so that a portfolio is from its first day what it is after years. */
#ifndef CREDD_WORLD_LOAN_PAST_H
#define CREDD_WORLD_LOAN_PAST_H

#include "world/customers.h"
#include "world/loan_held.h"

/* Whose loans are asked for, and when. */
struct loan_past {
    struct world *world;
    const struct loan_choice *choice;
    uint64_t customer;
    struct person person;
    world_time since; /* applications are in the data from then on */
    world_time at;
};

#define LOANS_RECENT 6
#define LOANS_OLD    5

/* Those of the last `span` seconds before `at` that were taken before `since`, at the pace at which
 * applications come afterwards, in order; returns how many. */
unsigned loan_past_recent(const struct loan_past *past, int64_t span,
                          struct loan_held held[LOANS_RECENT]);
/* Long-lived ones, as common at any time. */
unsigned loan_past_old(const struct loan_past *past, struct loan_held held[LOANS_OLD]);

#endif
