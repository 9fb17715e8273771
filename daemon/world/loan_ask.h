/* loan_ask.h - what is asked for: amount, term, purpose and price of one application. */
#ifndef CREDD_WORLD_LOAN_ASK_H
#define CREDD_WORLD_LOAN_ASK_H

#include "world/loan_wants.h"
#include "world/random.h"

/* The random numbers of an application. */
struct loan_draws {
    struct random_block what, amount, price;
};

/* Fills what is asked for, and whether a mortgage is one for those with less standing. False:
 * looked at closely, nothing is worth applying for. */
bool loan_ask(const struct loan_life *life, const struct loan_moment *moment,
              const struct loan_draws *draws, struct loan_held *loan, bool *ret_insured);
/* Payments a month that go on beside the new loan. */
double loan_other_debts(const struct loan_moment *moment, const struct loan_held *loan);

#endif
