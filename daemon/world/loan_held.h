/* loan_held.h - a loan that somebody carries: how far it is paid off, and what it makes of their
 * utilization. */
#ifndef CREDD_WORLD_LOAN_HELD_H
#define CREDD_WORLD_LOAN_HELD_H

#include "world/loan_products.h"

struct loan_held {
    uint32_t at;      /* funded then */
    uint32_t amount;  /* dollars; of a card, its limit */
    uint32_t payment; /* cents a month */
    uint16_t term;    /* months */
    uint16_t rate;    /* hundredths of a percent a year */
    uint16_t round;   /* of the application */
    uint8_t product;  /* enum loan_product */
    bool relief;      /* pays off other debt */
    bool old;         /* from long before: see loan_past_old() … */
    bool beside;      /* … and stays beside newer ones */
};

/* Whole months from the funding to `at`: so many payments were due. */
int loan_held_months(const struct loan_held *loan, world_time at);
/* The principal that is left after so many payments, in dollars. */
double loan_held_balance(const struct loan_held *loan, int months);
/* What the utilization (hundredths of a percent) of somebody who carries these loans becomes. */
int loan_held_utilization(const struct loan_held *held, unsigned count, world_time at,
                          int utilization);

#endif
