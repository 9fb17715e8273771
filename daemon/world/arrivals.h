/* arrivals.h - events of customers at a rate: seasonal, in either direction (who has an event in this interval,
 * which events has this customer), with an exact count in the baseline and no step at the origin.
 *
 * Each round of 30 days gives each customer one candidate slot per lane, by a keyed permutation of customers over
 * slots; a candidate is kept if its own uniform number is below share * weight(customer, instant) * tempo, where
 * `share` is solved once so that the baseline's window holds exactly `expected` events. */
#ifndef CREDD_WORLD_ARRIVALS_H
#define CREDD_WORLD_ARRIVALS_H

#include "world/stream.h"

struct arrivals;

struct arrival {
    world_time at;
    uint64_t customer;
    uint16_t lane;
    uint32_t round; /* (customer, lane, round) is the event's address for random numbers */
};

struct arrivals_rule {
    enum stream_id stream;
    int window_months;      /* the baseline's window before the origin, in calendar months */
    uint64_t expected;      /* events in the window, exactly, at tempo 1 */
    /* Relative intensity at an instant for a customer, 0 to 1. */
    double (*weight)(struct world *world, void *context, uint64_t customer, world_time at);
    void *context;
};

struct arrivals *arrivals_new(struct world *world, const struct arrivals_rule *rule);
void arrivals_free(struct arrivals *arrivals);
void arrivals_forget(struct arrivals *arrivals, world_time since);
/* Events with from < at <= to in order of (at, customer, lane). Non-zero from the visitor stops. */
typedef int arrival_visitor(void *context, const struct arrival *arrival);
int arrivals_between(struct arrivals *arrivals, world_time from, world_time to,
                     arrival_visitor *visit, void *context);
/* The same for one customer. */
int arrivals_of(struct arrivals *arrivals, uint64_t customer, world_time from, world_time to,
                arrival_visitor *visit, void *context);

#endif
