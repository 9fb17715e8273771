/* credit.h - the credit model: each person's hidden quality, score, payment state and utilization
 * by month. */
#ifndef CREDD_WORLD_CREDIT_H
#define CREDD_WORLD_CREDIT_H

#include "world/stream.h"

enum payment_state { PAY_CURRENT, PAY_30, PAY_60, PAY_90, PAY_CHARGED_OFF, PAY_COUNT };

struct credit_view {
    int score; /* 300 to 850 */
    enum payment_state state;
    int utilization; /* hundredths of a percent, 0 to 10000 */
};

/* What the model says of a customer at an instant, whether or not a credit_history row says so: the
 * state of the last monthly step at or before it. Customers are addressed by their index (see
 * customers.h).
 *
 * A person's path is a fold over months with a step on a day of the month that is their own, 1
 * to 31 (or the last one of a shorter month). It begins CREDIT_BURN_IN months before the later of
 * the month of their birth into the world and the month 18 before the origin's (or that of the
 * baseline's first entry, if that is earlier); what is asked of an earlier instant is answered with
 * the path's first step. It depends on seed, person and month alone, so any order of questions has
 * the same answers, at the cost of a replay (about 2 microseconds and 40 nanoseconds for each month
 * since the origin) where the state is not kept. */
struct credit_view credit_view(struct world *world, uint64_t customer, world_time at);
/* The same without what the customer's loans make of it, for the decisions on these. */
struct credit_view credit_view_alone(struct world *world, uint64_t customer, world_time at);
/* Says that either will be wanted soon. */
void credit_view_expect(struct world *world, uint64_t customer);

#endif
