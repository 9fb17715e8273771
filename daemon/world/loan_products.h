/* loan_products.h - facts about each kind of loan: shares, seasons, amounts, terms, purposes,
 * approval, delays. */
#ifndef CREDD_WORLD_LOAN_PRODUCTS_H
#define CREDD_WORLD_LOAN_PRODUCTS_H

#include "world/customers.h"
#include "world/real.h"

enum loan_product {
    LOAN_CARD,
    LOAN_AUTO_NEW,
    LOAN_AUTO_USED,
    LOAN_PERSONAL,
    LOAN_STUDENT,
    LOAN_PURCHASE,
    LOAN_REFINANCE,
    LOAN_HOME_EQUITY,
    LOAN_HOME_LINE,
    LOAN_BUSINESS,
    LOAN_PRODUCTS,
};

#define LOAN_CHOICES 12
#define LOAN_POINTS  7

/* One of several values, by percent; the list ends where the percent is 0. */
struct loan_term {
    int months;
    double percent;
};
struct loan_purpose {
    const char *text;
    double percent;
    bool relief; /* pays off other debt */
};
/* Whom a purpose fits: of that age, with a score under it, a utilization (percent) from it on, and
 * studies not beyond and at least those; 0: anybody. */
struct loan_fit {
    int from, until, score_under, used_from;
    bool undergraduate, indebted;
};

/* Business days from one step to the next; `fast` is the share of those that take the least. */
struct loan_delay {
    int least, most;
    double fast;
};

struct loan_facts {
    const char *type; /* loan_applications.loan_type */
    double share;     /* percent of all applications */
    double owner, renter, under_25, under_35, under_50, under_65, older; /* what multiplies it */
    double median, spread, least, most; /* dollars; spread of the logarithm */
    double income_power;                /* how the median follows income over LOAN_INCOME */
    double income_most;                 /* about so many years' incomes at most */
    int unit;                           /* dollars: amounts are multiples of it … */
    int coarse_unit;                    /* … or of this one, */
    double fine;                        /* … or of a tenth of it, with this share */
    double coarse;                      /* with this share */
    struct loan_term terms[LOAN_CHOICES];
    struct loan_purpose purposes[LOAN_CHOICES];
    struct loan_fit fits[LOAN_CHOICES]; /* of each purpose */

    struct real_point approval[LOAN_POINTS]; /* share approved by score */
    double instant;                          /* share decided by a machine, in minutes */
    double withdrawn;                        /* share that gives up before a decision */
    double conditional;                      /* share of the approved that pass through it */
    double funded;                           /* share of the approved that take the loan */
    struct loan_delay review, condition, decision, funding;
};

extern const struct loan_facts loan_facts[LOAN_PRODUCTS];
/* What multiplies the share by score. */
extern const struct real_point loan_applicants[LOAN_PRODUCTS][LOAN_POINTS];
/* How demand for each varies over the year, January first, mean 1. */
extern const double loan_months[LOAN_PRODUCTS][12];
/* What multiplies the share for people of each kind of employment. */
extern const double loan_employment[LOAN_PRODUCTS][OTHER_EMPLOYMENT + 1];

#define LOAN_INCOME PERSON_INCOME

#endif
