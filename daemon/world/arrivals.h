/* arrivals.h - events of customers at a rate: by the rhythm of the week, in either direction (who
 * has an event in this interval, which events has this customer), with an exact count in the
 * baseline and no step at the origin.
 *
 * Each round (30 days, or an even part of it where the rate is high) gives each customer one
 * candidate slot per lane, by a keyed permutation of customers over slots; a candidate is kept if
 * its own uniform number, plus its lane, is at most share * weight(customer, instant) * tempo,
 * where `share` is solved once so that the baseline's window holds exactly `expected` events. A
 * customer thus has at most ARRIVAL_LANES events a round, however high the tempo. */
#ifndef CREDD_WORLD_ARRIVALS_H
#define CREDD_WORLD_ARRIVALS_H

#include "world/stream.h"

/* Two characters of a key: 00 to ZZ in base 36. */
#define ARRIVAL_LANES 1296

struct arrivals;

struct arrival {
    world_time at;
    uint64_t customer;
    uint16_t lane;
    uint32_t round; /* (customer, lane, round) is the event's address for random numbers */
};

/* An event, and its place among what the share would keep, 0 to 1: whoever keeps a part of the
 * events keeps those below. */
struct arrival_place {
    struct arrival arrival;
    double part;
};

struct arrivals_rule {
    enum stream_id stream;
    int window_months; /* the baseline's window before the origin, in calendar months */
    uint64_t expected; /* events in the window, exactly, at tempo 1 */
    /* Relative intensity at an instant for a customer, 0 to 1, besides the rhythm of the week. */
    double (*weight)(struct world *world, void *context, uint64_t customer, world_time at);
    void *context;
    bool given; /* the share is what arrivals_give() says, `expected` and `weight` play no part */
    /* May fetch what the visitor will need of a customer soon. */
    void (*expect)(struct world *world, uint64_t customer);
};

/* So many calendar months before the origin. */
world_time arrivals_months_before(const struct world *world, int count);
struct arrivals *arrivals_new(struct world *world, const struct arrivals_rule *rule);
void arrivals_free(struct arrivals *arrivals);
void arrivals_forget(struct arrivals *arrivals, world_time since);
/* The share of a round of 30 days. */
void arrivals_give(struct arrivals *arrivals, double share);
/* Events with from < at <= to in order of (at, customer, lane), the baseline's and the live ones;
 * none before the baseline's window. Non-zero from the visitor stops and is handed back. */
typedef int arrival_visitor(void *context, const struct arrival *arrival);
int arrivals_between(struct arrivals *arrivals, world_time from, world_time to,
                     arrival_visitor *visit, void *context);
/* The same for one customer. */
int arrivals_of(struct arrivals *arrivals, uint64_t customer, world_time from, world_time to,
                arrival_visitor *visit, void *context);

/* The same by rounds: the customer's events of one, of the first `lanes` lanes, in order of (at,
 * lane); maybe without those of a part above `part`. Returns how many. */
unsigned arrivals_of_round(struct arrivals *arrivals, uint64_t customer, uint32_t round,
                           unsigned lanes, double part, struct arrival_place *events);
/* Of an event. */
double arrivals_part(struct arrivals *arrivals, const struct arrival *event);
/* The round that holds `at`; the window's first for what lies before it. */
uint32_t arrivals_round_at(struct arrivals *arrivals, world_time at);
/* The last second of a round. */
world_time arrivals_round_end(const struct arrivals *arrivals, uint32_t round);
/* None are at or before it. */
world_time arrivals_begin(const struct arrivals *arrivals);
/* Whether there can be events at or before `at`. */
bool arrivals_begun(const struct arrivals *arrivals, world_time at);

/* The key of an event's row, "FR-20260814103512-00000042-00". */
#define ARRIVAL_KEY_LENGTH 29
void arrival_key(const struct world *world, const char prefix[2], const struct arrival *arrival,
                 char key[ARRIVAL_KEY_LENGTH + 1]);

#endif
