#include "world/loan_held.h"

#include "world/real.h"

#define MONTH        INT64_C(2630016)
#define EFFECT_LASTS 6.0 /* months until a new loan no longer shows in the utilization */

int loan_held_months(const struct loan_held *loan, world_time at)
{
    return (int)((at.s - (int64_t)loan->at) / MONTH);
}

double loan_held_balance(const struct loan_held *loan, int months)
{
    double rate = loan->rate / 120000.0, growth = 1.0, factor = 1.0 + rate;
    for (int left = months; left > 0; left /= 2, factor *= factor)
        if (left % 2 == 1)
            growth *= factor;
    double balance = loan->amount * growth - loan->payment / 100.0 * (growth - 1.0) / rate;
    return balance > 1.0 ? balance : 1.0;
}

/* A new limit or a consolidation frees cards; a car or a home fills them: judgement. */
static double effect_of(const struct loan_held *loan)
{
    static const double effects[LOAN_PRODUCTS] = {
        [LOAN_CARD] = -.10,      [LOAN_AUTO_NEW] = .12,    [LOAN_AUTO_USED] = .12,
        [LOAN_PERSONAL] = .06,   [LOAN_STUDENT] = .04,     [LOAN_PURCHASE] = .20,
        [LOAN_REFINANCE] = -.05, [LOAN_HOME_EQUITY] = .05, [LOAN_HOME_LINE] = .05,
        [LOAN_BUSINESS] = .10,
    };
    return loan->relief ? -.30 : effects[loan->product];
}

int loan_held_utilization(const struct loan_held *held, unsigned count, world_time at,
                          int utilization)
{
    double factor = 1.0;
    for (unsigned i = 0; i < count; i++) {
        double age = (double)(at.s - (int64_t)held[i].at) / (double)MONTH;
        if (age < EFFECT_LASTS)
            factor *= 1.0 + effect_of(&held[i]) * (1.0 - age / EFFECT_LASTS);
    }
    return (int)real_round(real_clip(utilization * factor, 0.0, 10000.0));
}
