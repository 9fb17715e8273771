#include "world/loan_ask.h"

#include "world/loan_choice.h"
#include "world/loan_price.h"
#include "world/real.h"

/* Debt over income that home buyers aim at: conforming loans have a median of 35 and none above 50,
 * insured ones (FHA) go to 57 (dti_cap_conforming, dti_fha in loan_rules_elasticity.csv). People
 * ask for what they were told they can have: what would be beyond comes back below. */
#define AIM                 .355
#define AIM_SPREAD          .100
#define AIM_MOST            .500
#define FHA_AIM             .43
#define FHA_MOST            .57
#define AIM_LEAST           .12
#define FHA_SCORE           680
#define PAYMENT_SHARE_LEAST .06 /* of income, of a home worth buying */

/* The rich do not borrow as much as they could, nor does anybody when rates are low. */
#define MUCH       315000.0 /* dollars, from which on … */
#define MUCH_POWER .55      /* … a mortgage grows so with what could be had */

#define SECONDS_SHARE  .16   /* of what home owners buy: second homes and investments */
#define SECONDS_INCOME 7500. /* dollars a month, from which on */
#define PAYS           .25   /* points saved, from which on a refinancing pays */
#define CASH_MORE      .15   /* of what is left: taken out on average */

static double reflect(double aim, double most)
{
    return aim > most ? most - .6 * (aim - most) : aim;
}

static void price(const struct loan_moment *moment, const struct loan_draws *draws,
                  struct loan_held *loan)
{
    int rate =
        loan_borrower_rate((enum loan_product)loan->product, &moment->market, moment->credit.score,
                           moment->own, random_normal(draws->price.word[0]));
    loan->rate = (uint16_t)rate;
    loan->payment =
        (uint32_t)real_round(100.0 * loan_payment((enum loan_product)loan->product,
                                                  (double)loan->amount, loan->term, rate / 100.0));
}

double loan_other_debts(const struct loan_moment *moment, const struct loan_held *loan)
{
    const struct loan_sheet *sheet = &moment->sheet;
    bool replaces =
        (loan->product == LOAN_PURCHASE && !loan->second) || loan->product == LOAN_REFINANCE;
    double debts = sheet->other_payments + moment->cards + (replaces ? 0 : sheet->home_payment);
    return debts > 0 ? debts : 0;
}

/* As much home as the aim leaves room for. */
static bool ask_home(const struct loan_life *life, const struct loan_moment *moment,
                     const struct loan_draws *draws, struct loan_held *loan, bool *ret_insured)
{
    const struct loan_facts *facts = &loan_facts[LOAN_PURCHASE];
    double u = random_uniform(draws->what.word[2]), z = random_normal(draws->amount.word[0]);
    loan->second = life->owner && moment->income > SECONDS_INCOME && moment->sheet.seconds == 0 &&
                   u < SECONDS_SHARE;
    loan->purpose = loan->second ? (u < .58 * SECONDS_SHARE ? 1 : 2) : 0;
    *ret_insured = !loan->second && moment->credit.score < FHA_SCORE;
    double aim = *ret_insured ? reflect(FHA_AIM + AIM_SPREAD * z, FHA_MOST)
                              : reflect(AIM + AIM_SPREAD * z, AIM_MOST);
    price(moment, draws, loan);
    double room =
        (aim > AIM_LEAST ? aim : AIM_LEAST) * moment->income - loan_other_debts(moment, loan);
    if (room < PAYMENT_SHARE_LEAST * moment->income)
        return false;
    double of_one = loan_payment(LOAN_PURCHASE, 1.0, loan->term, loan->rate / 100.0);
    double dollars = room / of_one;
    if (dollars > MUCH)
        dollars = MUCH * real_pow(dollars / MUCH, MUCH_POWER);
    loan->amount = (uint32_t)loan_round(facts, dollars < facts->most ? dollars : facts->most,
                                        random_uniform(draws->amount.word[1]));
    return dollars >= facts->least;
}

/* A lower rate for what is left, or some cash besides; never a higher rate for nothing. */
static bool ask_new_mortgage(const struct loan_moment *moment, const struct loan_draws *draws,
                             struct loan_held *loan)
{
    const struct loan_facts *facts = &loan_facts[LOAN_REFINANCE];
    const struct loan_held *home = moment->sheet.home;
    double z = random_normal(draws->amount.word[0]);
    price(moment, draws, loan);
    double saving = home ? ((double)home->rate - loan->rate) / 100.0 : 0;
    double u = random_uniform(draws->what.word[2]);
    bool cash = saving < PAYS || u < .22;
    loan->purpose = cash ? 1 : 0;
    loan->relief = facts->purposes[loan->purpose].relief;
    double dollars = 1.01 * moment->sheet.home_left;
    if (cash)
        dollars += (home ? CASH_MORE * dollars : .9 * facts->median) * real_exp(.7 * z);
    /* Nobody offers cash beyond what the income bears. */
    double bears = (reflect(AIM + AIM_SPREAD * random_normal(draws->amount.word[2]), AIM_MOST) *
                        moment->income -
                    loan_other_debts(moment, loan)) /
                   loan_payment(LOAN_REFINANCE, 1.0, loan->term, loan->rate / 100.0);
    if (cash && dollars > bears)
        dollars = bears;
    if (cash && dollars < 1.02 * moment->sheet.home_left)
        return false;
    if (home && home->term - loan_held_months(home, moment->at) <= 180 && loan->term == 360 &&
        !cash)
        loan->term = 180;
    loan->amount = (uint32_t)loan_round(facts, real_clip(dollars, facts->least, facts->most),
                                        random_uniform(draws->amount.word[1]));
    return home ? dollars >= facts->least : u < .8;
}

/* What is left of the car loan that it replaces, at a lower rate. */
static bool ask_new_car_loan(const struct loan_life *life, const struct loan_moment *moment,
                             const struct loan_draws *draws, struct loan_held *loan)
{
    const struct loan_facts *facts = &loan_facts[LOAN_AUTO_USED];
    const struct loan_held *old = NULL;
    for (unsigned i = 0; i < life->count && !old; i++)
        if ((life->loans[i].product == LOAN_AUTO_NEW || life->loans[i].product == LOAN_AUTO_USED) &&
            loan_is_open(&life->loans[i], moment->at))
            old = &life->loans[i];
    if (!old)
        return false;
    double left = loan_held_balance(old, loan_held_months(old, moment->at));
    price(moment, draws, loan);
    loan->amount = (uint32_t)loan_round(facts, left, random_uniform(draws->amount.word[1]));
    return left >= facts->least && loan->rate + 100.0 * PAYS <= old->rate;
}

static void ask_usual(const struct loan_life *life, const struct loan_moment *moment,
                      const struct loan_draws *draws, struct loan_held *loan)
{
    const struct loan_facts *facts = &loan_facts[loan->product];
    const struct loan_sheet *sheet = &moment->sheet;
    bool car = loan->product == LOAN_AUTO_NEW || loan->product == LOAN_AUTO_USED;
    struct loan_asker asker = {
        .years = (int64_t)moment->age,
        .score = moment->credit.score,
        .used = moment->credit.utilization / 100,
        .graduate = life->studies == STUDIES_GRADUATE,
        .indebted = (car && sheet->auto_age > .8 && sheet->autos > 0) ||
                    (loan->product == LOAN_STUDENT && sheet->students > 0),
    };
    loan->purpose = (uint8_t)loan_purpose(facts, &asker, random_uniform(draws->what.word[2]));
    loan->relief = facts->purposes[loan->purpose].relief;
    double dollars = (double)loan_amount(
        facts, &moment->person, random_normal(draws->amount.word[0]),
        random_normal(draws->amount.word[2]), random_uniform(draws->amount.word[1]));
    /* Nobody consolidates more than they owe. */
    double owed = 1.4 * life->limit * moment->credit.utilization / 10000.0 + 1000.0;
    if (loan->relief && loan->product == LOAN_PERSONAL && dollars > owed)
        dollars = (double)loan_round(facts, owed, random_uniform(draws->amount.word[1]));
    loan->amount = (uint32_t)dollars;
}

bool loan_ask(const struct loan_life *life, const struct loan_moment *moment,
              const struct loan_draws *draws, struct loan_held *loan, bool *ret_insured)
{
    bool worth = true;
    *ret_insured = false;
    loan->term =
        (uint16_t)loan_term(&loan_facts[loan->product], random_uniform(draws->what.word[1]));
    if (loan->product == LOAN_PURCHASE)
        worth = ask_home(life, moment, draws, loan, ret_insured);
    else if (loan->product == LOAN_REFINANCE)
        worth = ask_new_mortgage(moment, draws, loan);
    else
        ask_usual(life, moment, draws, loan);
    if (loan->product == LOAN_AUTO_USED && loan->purpose == 1)
        worth = ask_new_car_loan(life, moment, draws, loan);
    price(moment, draws, loan);
    return worth;
}
