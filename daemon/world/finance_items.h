/* finance_items.h - what people's ledgers hold: income, expenses, assets and liabilities. */
#ifndef CREDD_WORLD_FINANCE_ITEMS_H
#define CREDD_WORLD_FINANCE_ITEMS_H

#include "world/loan_products.h"

#define FINANCE_DETAILS 4

/* Regular income of each kind of employment, paid on paydays. */
struct finance_pay {
    const char *category, *detail;
    double spread; /* of the logarithm, from one pay to the next */
};
extern const struct finance_pay finance_pays[OTHER_EMPLOYMENT + 1];

/* What a payment is for, each as often as the others of its category; `size` is what its amounts
 * are over the category's mean. */
struct finance_detail {
    const char *text;
    double size;
};

/* Anything that goes out. Of a month's spending `share` percent goes into it, in `times` payments a
 * month. */
struct finance_expense {
    const char *category;
    double share, times, spread;
    int first_day, last_day;                        /* of the month */
    struct finance_detail details[FINANCE_DETAILS]; /* ends with NULL if fewer */
};
#define FINANCE_EXPENSES 14
extern const struct finance_expense finance_expenses[FINANCE_EXPENSES];

/* A balance: what somebody with a median income holds, and who holds it. */
enum finance_condition { HOLDS_ANY, HOLDS_OWNER, HOLDS_SELF_EMPLOYED };
struct finance_balance {
    const char *category, *detail;
    double weight; /* how often it is looked at */
    double owned;  /* share of those who meet the condition */
    double median, spread;
    double age_power; /* grows with age over 45 */
    enum finance_condition condition;
};
extern const struct finance_balance finance_assets[];
extern const unsigned finance_asset_count;

/* The category of what is paid and owed for a loan; how often what is left of it is looked at. */
struct finance_loan {
    const char *category;
    double weight;
};
extern const struct finance_loan finance_loans[LOAN_PRODUCTS];

/* What is owed on cards: how often it is looked at, and who has any; the median limit. */
struct finance_card {
    const char *category, *detail;
    double weight, owned, limit;
};
extern const struct finance_card finance_cards;

#endif
