/* loan_choice.h - what somebody wants of a lender: which products are likely, how much, for how
 * long, what for. */
#ifndef CREDD_WORLD_LOAN_CHOICE_H
#define CREDD_WORLD_LOAN_CHOICE_H

#include "world/loan_products.h"

#define LOAN_AGES 5

/* What loan_facts say of each age, employment, and renters and owners. */
struct loan_choice {
    double weights[LOAN_AGES][OTHER_EMPLOYMENT + 1][2][LOAN_PRODUCTS];
};
void loan_choice_init(struct loan_choice *choice);
/* How likely somebody is to apply for each product, whatever the season and their score. */
void loan_likelihood(const struct loan_choice *choice, const struct person *person, world_time at,
                     double weights[LOAN_PRODUCTS]);
/* In dollars; `z` and `limit_z`, of what the income allows, are normal numbers. */
int64_t loan_amount(const struct loan_facts *facts, const struct person *person, double z,
                    double limit_z, double u);
/* A sum as people name it. */
int64_t loan_round(const struct loan_facts *facts, double dollars, double u);
/* In months. */
int loan_term(const struct loan_facts *facts, double u);
/* Whom a purpose has to fit. */
struct loan_asker {
    int64_t years;
    int score, used; /* percent */
    bool graduate;   /* has borrowed for graduate studies */
    bool indebted;   /* has a loan of the kind */
};
/* Which of the product's purposes. */
unsigned loan_purpose(const struct loan_facts *facts, const struct loan_asker *asker, double u);
int64_t loan_age(const struct person *person, world_time at);

#endif
