#include "world/finance_ledger.h"

#include <string.h>

#include "world/real.h"

#define AMOUNT_MOST INT64_C(999999999999)

void ledger_describe(struct finance_record *record, const char *category, const char *detail)
{
    size_t first = strlen(category), second = strlen(detail);
    memcpy(record->description, category, first);
    memcpy(record->description + first, ": ", 2);
    memcpy(record->description + first + 2, detail, second + 1);
}

void ledger_amount(struct finance_record *record, double dollars)
{
    double cents = real_clip(dollars * 100.0, 1.0, (double)AMOUNT_MOST);
    record->amount = real_round(cents);
}

double ledger_income(const struct ledger *ledger)
{
    return (double)ledger->person.annual_income / 100.0;
}

void ledger_know_loans(struct ledger *ledger)
{
    if (!ledger->held_known)
        ledger->held_count = loans_carried(ledger->model->world, ledger->arrival->customer,
                                           ledger->arrival->at, ledger->held);
    ledger->held_known = true;
}

struct random_block ledger_own(const struct ledger *ledger, const char *type, unsigned item)
{
    uint16_t draw = (uint16_t)((unsigned)type[0] << 8 | item);
    return random_at(ledger->model->seed, RANDOM_FINANCE_PERSON, ledger->arrival->customer, 1,
                     draw);
}

bool ledger_is_home_loan(const struct loan_held *loan)
{
    return loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE;
}

const struct loan_held *ledger_home_loan(struct ledger *ledger)
{
    ledger_know_loans(ledger);
    for (unsigned i = ledger->held_count; i-- > 0;)
        if (ledger_is_home_loan(&ledger->held[i]))
            return &ledger->held[i];
    return NULL;
}

bool ledger_owns_home(struct ledger *ledger)
{
    return ledger->person.homeowner || ledger_home_loan(ledger) != NULL;
}

int ledger_payment_due(const struct ledger *ledger, const struct loan_held *loan,
                       struct civil_date date, int *ret_days)
{
    struct local_days *days = world_local(ledger->model->world);
    struct civil_date begin = local_date(days, local_at(days, (int64_t)loan->at).day);
    int due = begin.day < LAST_DUE_DAY ? begin.day : LAST_DUE_DAY;
    int months = (date.year - begin.year) * 12 + date.month - begin.month;
    *ret_days = date.day - due;
    if (date.day < due) {
        int before = (date.month + 10) % 12 + 1;
        *ret_days += civil_month_length(date.year, before);
        months--;
    }
    return months;
}

void ledger_draw(const struct finance_model *model, const struct arrival *arrival,
                 struct random_block *ret_what, struct random_block *ret_how)
{
    uint32_t cell = arrival->round << 11 | arrival->lane;
    *ret_what = random_at(model->seed, RANDOM_FINANCE, arrival->customer, cell, 0);
    *ret_how = random_at(model->seed, RANDOM_FINANCE, arrival->customer, cell, 1);
}

bool ledger_is_before(const struct arrival *a, const struct arrival *b)
{
    return a->at.s < b->at.s || (a->at.s == b->at.s && a->lane < b->lane);
}

bool ledger_is_expense(const struct random_block *what)
{
    double v = random_uniform(what->word[1]);
    return v >= UP_TO_OTHER_INCOME && v < UP_TO_EXPENSES;
}
