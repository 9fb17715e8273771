/* loan_price.h - what a loan costs: rates by product, market and borrower, monthly payments. */
#ifndef CREDD_WORLD_LOAN_PRICE_H
#define CREDD_WORLD_LOAN_PRICE_H

#include "world/loan_products.h"
#include "world/market.h"

/* What a lender charges a usual borrower, in percent a year. */
double loan_rate(enum loan_product product, const struct market_view *market);
/* What somebody with a score pays, in hundredths of a percent a year; `own` and `lender`, normal
 * numbers, are what the score does not say of the borrower, and the lender's share. */
int loan_borrower_rate(enum loan_product product, const struct market_view *market, int score,
                       double own, double lender);
/* In dollars a month. */
double loan_payment(enum loan_product product, double dollars, int months, double percent);

#endif
