/* loan_held.h - an application and the loan that somebody carries because of it: how far it is paid
 * off, and what it makes of their score and utilization. */
#ifndef CREDD_WORLD_LOAN_HELD_H
#define CREDD_WORLD_LOAN_HELD_H

#include "world/loan_products.h"

struct loan_held {
    uint32_t applied; /* 0: before the person appears in the data */
    uint32_t at;      /* funded then; 0: never */
    uint32_t ended;   /* paid off early, or replaced; 0: not */
    uint32_t amount;  /* dollars; of a card, its limit */
    uint32_t payment; /* cents a month */
    uint16_t term;    /* months; 0 of a card */
    uint16_t rate;    /* hundredths of a percent a year */
    uint16_t lane;    /* of the application */
    uint8_t product;  /* enum loan_product */
    uint8_t purpose;  /* which of the product's */
    bool relief;      /* pays off other debt */
    bool old;         /* from before */
    bool second;      /* of a home that is not lived in, or a second car */
    bool withdrawn, conditional, approved;
};

/* Whole months from the funding to `at`: so many payments were due. */
int loan_held_months(const struct loan_held *loan, world_time at);
/* Whether it is owed at an instant. */
bool loan_is_open(const struct loan_held *loan, world_time at);
/* The principal that is left after so many payments, in dollars. */
double loan_held_balance(const struct loan_held *loan, int months);
/* What the utilization (hundredths of a percent) of somebody with these applications becomes. */
int loan_held_utilization(const struct loan_held *held, unsigned count, world_time at,
                          int utilization);
/* What their score becomes, by the inquiries and the new accounts. */
int loan_held_score(const struct loan_held *held, unsigned count, world_time at, int score);

#endif
