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
 * customers.h). Costs a replay of the person's months (about 3 microseconds) unless cached. */
struct credit_view credit_view(struct world *world, uint64_t customer, world_time at);

#endif
