/* finance_ledger.h - inside the financial records: what is needed to write one of them. */
#ifndef CREDD_WORLD_FINANCE_LEDGER_H
#define CREDD_WORLD_FINANCE_LEDGER_H

#include "world/finance_parts.h"
#include "world/loan_book.h"
#include "world/random.h"

#define LAST_DUE_DAY 28 /* of the month */

/* What the records besides pay are: of each the share, with that of those before it. The rest are
 * liabilities. */
#define UP_TO_OTHER_INCOME .06
#define UP_TO_EXPENSES     .66
#define UP_TO_ASSETS       .83

struct ledger {
    struct finance_model *model;
    struct arrivals *arrivals;
    const struct arrival *arrival;
    struct person person;  /* as they are on the day … */
    struct person arrived; /* … and as they came: what they have goes by it */
    bool benefits;         /* are still paid */
    struct civil_date date;
    struct random_block what, how;
    struct finance_record *record;
    unsigned held_count;
    bool held_known; /* what follows has been asked for */
    struct loan_held held[LOANS_CARRIED];
};

/* "CATEGORY: DETAIL", which has to fit. */
void ledger_describe(struct finance_record *record, const char *category, const char *detail);
/* At least a cent, at most what the column holds. */
void ledger_amount(struct finance_record *record, double dollars);
/* Dollars a year. */
double ledger_income(const struct ledger *ledger);
/* Fills `held`, once: to be called before it is looked at. */
void ledger_know_loans(struct ledger *ledger);
/* The latest loan on the person's home, NULL: none. */
const struct loan_held *ledger_home_loan(struct ledger *ledger);
/* Whether they live in a home of their own: since they came, or bought since. */
bool ledger_owns_home(struct ledger *ledger);
bool ledger_is_home_loan(const struct loan_held *loan);
/* The person's own numbers for one kind of item: whether they have it, and how much of it. */
struct random_block ledger_own(const struct ledger *ledger, const char *type, unsigned item);
/* Which payment of a loan was the last one due on a date (0: none yet), and how many days before.
 */
int ledger_payment_due(const struct ledger *ledger, const struct loan_held *loan,
                       struct civil_date date, int *ret_days);
/* The random numbers of a record: what it is, and how much. */
void ledger_draw(const struct finance_model *model, const struct arrival *arrival,
                 struct random_block *ret_what, struct random_block *ret_how);
/* In the order of the records, of which a customer may have two at an instant. */
bool ledger_is_before(const struct arrival *a, const struct arrival *b);
bool ledger_is_expense(const struct random_block *what);
/* Of the day, whether it comes once a month or more often. */
void ledger_make_expense(struct ledger *ledger);

#endif
