/* loan_wants.h - what somebody wants of lenders at a moment, and how much: from their life, their
 * balance sheet, the season and the economy. */
#ifndef CREDD_WORLD_LOAN_WANTS_H
#define CREDD_WORLD_LOAN_WANTS_H

#include "world/credit.h"
#include "world/loan_life.h"
#include "world/market.h"

/* No one wants more than so many loans a year, over the mean of about one. */
#define WANT_MOST 8.0

/* A person at an instant, as they and a lender see them. */
struct loan_moment {
    world_time at;
    struct person person;
    double age;    /* years */
    double income; /* dollars a month */
    struct market_view market;
    struct loan_sheet sheet;
    double own;   /* what lenders charge this person, besides what the score says: normal */
    double haste; /* the pace of applications over the usual one */
    /* What takes longest to find. */
    struct credit_view credit; /* as a bureau shows it */
    double cards;              /* the least that is due on cards a month, dollars */
};

struct loan_wants;
struct loan_wants *loan_wants_new(struct world *world);
void loan_wants_free(struct loan_wants *wants);
/* At most so many a year, whatever the moment. */
double loan_wants_most(const struct loan_life *life);
/* Loans wanted a year, by product, but for what depends on their credit; returns the most that the
 * sum can come to. `moment` need not hold `credit` and `cards`. */
double loan_wants_begin(struct loan_wants *wants, const struct loan_life *life,
                        const struct loan_moment *moment, double want[LOAN_PRODUCTS]);
/* The rest of it; returns their sum. */
double loan_wants_end(const struct loan_wants *wants, const struct loan_life *life,
                      const struct loan_moment *moment, double want[LOAN_PRODUCTS]);

#endif
