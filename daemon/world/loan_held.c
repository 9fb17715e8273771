#include "world/loan_held.h"

#include "world/real.h"

#define MONTH        INT64_C(2630016)
#define EFFECT_LASTS 6.0 /* months until a new loan no longer shows in the utilization */

/* hard_inquiry_effect in credit_score_dynamics.csv: 3 to 10 points for 12 months; the new account
 * itself, by its weight among the others: judgement. */
#define INQUIRY_POINTS 4.0
#define INQUIRY_LASTS  12.0
#define ACCOUNT_LASTS  10.0
#define POINTS_MOST    35.0
#define POINTS_USUAL   3.0 /* of everybody: they are in the table of scores already */

int loan_held_months(const struct loan_held *loan, world_time at)
{
    return (int)((at.s - (int64_t)loan->at) / MONTH);
}

bool loan_is_open(const struct loan_held *loan, world_time at)
{
    return loan->at != 0 && loan->at <= at.s && (loan->ended == 0 || loan->ended > at.s) &&
           (loan->product == LOAN_CARD || loan_held_months(loan, at) < loan->term);
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
        [LOAN_CARD] = -.06,      [LOAN_AUTO_NEW] = .12,    [LOAN_AUTO_USED] = .12,
        [LOAN_PERSONAL] = .06,   [LOAN_STUDENT] = .04,     [LOAN_PURCHASE] = .20,
        [LOAN_REFINANCE] = -.05, [LOAN_HOME_EQUITY] = .05, [LOAN_HOME_LINE] = .05,
        [LOAN_BUSINESS] = .10,
    };
    return loan->relief ? -.20 : effects[loan->product];
}

static double months_since(uint32_t then, world_time at)
{
    return (double)(at.s - (int64_t)then) / (double)MONTH;
}

int loan_held_utilization(const struct loan_held *held, unsigned count, world_time at,
                          int utilization)
{
    double factor = 1.0;
    for (unsigned i = 0; i < count; i++) {
        if (held[i].at == 0 || held[i].at > at.s || held[i].old)
            continue;
        double age = months_since(held[i].at, at);
        if (age < EFFECT_LASTS)
            factor *= 1.0 + effect_of(&held[i]) * (1.0 - age / EFFECT_LASTS);
    }
    return (int)real_round(real_clip(utilization * factor, 0.0, 10000.0));
}

static double points_of(const struct loan_held *held, unsigned count, world_time at)
{
    static const double account[LOAN_PRODUCTS] = {
        [LOAN_CARD] = 6,      [LOAN_AUTO_NEW] = 8, [LOAN_AUTO_USED] = 8, [LOAN_PERSONAL] = 8,
        [LOAN_STUDENT] = 5,   [LOAN_PURCHASE] = 9, [LOAN_REFINANCE] = 7, [LOAN_HOME_EQUITY] = 7,
        [LOAN_HOME_LINE] = 7, [LOAN_BUSINESS] = 4,
    };
    double points = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct loan_held *loan = &held[i];
        if (loan->old || loan->applied > at.s)
            continue;
        double asked = months_since(loan->applied, at);
        if (asked < INQUIRY_LASTS)
            points += INQUIRY_POINTS * (1.0 - asked / INQUIRY_LASTS);
        if (loan->at == 0 || loan->at > at.s)
            continue;
        double age = months_since(loan->at, at);
        if (age < ACCOUNT_LASTS)
            points += account[loan->product] * (1.0 - age / ACCOUNT_LASTS);
    }
    return points < POINTS_MOST ? points : POINTS_MOST;
}

int loan_held_score(const struct loan_held *held, unsigned count, world_time at, int score)
{
    double points = points_of(held, count, at) - POINTS_USUAL;
    return (int)real_round(real_clip(score - points, 300.0, 850.0));
}
