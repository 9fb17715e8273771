#include "world/loan_past.h"

#include "world/credit.h"
#include "world/loan_price.h"
#include "world/market.h"
#include "world/random.h"
#include "world/real.h"

#define MONTH        INT64_C(2630016)
#define OLD_MOST     5e6
#define SECOND_CARS  .12
#define STUDIES_FROM 19.0
#define STUDIES_LAST 7.0

#define CARD_LIMIT      25000.0 /* of all cards of somebody with a usual income */
#define CARD_SPREAD     .55
#define CARD_INCOME     .55
#define CARD_SCORE      .004
#define APPETITE_SPREAD 2.5 /* most people apply for nothing in a year, a few often */
#define APPETITE_MOST   10.0
/* Those who ask often are seen as worse risks. */
#define OWN_APPETITE    .70
#define OWN_REST        .714
#define RATE_REMEMBERED .5 /* of an old loan: today's, the rest is what rates were on average */

/* One follows the other every so many months. Survey of Consumer Finances 2022: who has them, what
 * is left of them; terms and rates of what is outstanding: judgement. */
static const struct old_loan {
    enum loan_product product;
    bool owners;
    double share; /* of those who can have it */
    double median, spread, income;
    int term, every;
    double rate, around;
    double most; /* of a month's income, about, for the payment */
} old_loans[] = {
    {LOAN_PURCHASE, true, .64, 235000, .50, .6, 360, 180, 4.4, .7, .36},
    {LOAN_AUTO_USED, false, .48, 33000, .42, .45, 72, 60, 7.8, 2.0, .20},
    {LOAN_PERSONAL, false, .19, 10500, .65, .4, 48, 44, 13.5, 3.0, .07},
    {LOAN_HOME_EQUITY, true, .07, 45000, .65, .5, 180, 180, 8.0, 1.0, .10},
    {LOAN_STUDENT, false, .40, 80000, .65, .2, 240, 0, 5.5, .8, .21},
};
#define OLD_LOANS (sizeof old_loans / sizeof *old_loans)

struct past {
    struct world *world;
    struct loan_life *life;
    struct person person;
    world_time at;
};

static struct random_block draw(const struct past *past, uint32_t cell, uint16_t number)
{
    return random_at(world_settings(past->world)->seed, RANDOM_LOAN_PAST, past->life->customer,
                     cell, number);
}

/* A loan for studies is taken once, when young. */
static int64_t studies_at(const struct past *past, double u)
{
    return (
        int64_t)(((double)past->person.birth_day + 365.2425 * (STUDIES_FROM + STUDIES_LAST * u)) *
                 86400.0);
}

static double old_rate(const struct past *past, const struct old_loan *old, double z)
{
    struct market_view market = market_view(past->world, past->at.s / 86400);
    double today = loan_rate(old->product, &market);
    double usual = old->product == LOAN_PURCHASE
                       ? (1.0 - RATE_REMEMBERED) * old->rate + RATE_REMEMBERED * (today - .3)
                       : old->rate;
    return real_clip(usual + old->around * z, 2.25, 30.0);
}

static void add_old(const struct past *past, unsigned number, int64_t at, uint32_t cell)
{
    const struct old_loan *old = &old_loans[number];
    struct random_block how = draw(past, cell, (uint16_t)(1 + number));
    double dollars = old->median * real_exp(old->spread * random_normal(how.word[0]) +
                                            old->income * past->person.log_income);
    double rate = old_rate(past, old, random_normal(how.word[1]));
    double most = old->most * real_exp(.25 * random_normal(how.word[2])) *
                  (double)past->person.annual_income / 1200.0 /
                  loan_payment(old->product, 1.0, old->term, rate);
    dollars = real_clip(dollars < most ? dollars : most, 500.0, OLD_MOST);
    struct loan_held loan = {
        .at = at > 1 ? (uint32_t)at : 1,
        .amount = (uint32_t)dollars,
        .payment =
            (uint32_t)real_round(100.0 * loan_payment(old->product, dollars, old->term, rate)),
        .term = (uint16_t)old->term,
        .rate = (uint16_t)real_round(100.0 * rate),
        .product = (uint8_t)old->product,
        .old = true,
        .approved = true,
    };
    if (past->at.s - (int64_t)loan.at < old->term * MONTH)
        (void)loan_life_add(past->life, &loan, past->at);
}

/* Who has which, and since when; a number serves for both. */
static void add_all(const struct past *past)
{
    struct random_block who = draw(past, 0, 0), more = draw(past, 0, 64);
    const double u[OLD_LOANS] = {random_uniform(who.word[0]), random_uniform(who.word[1]),
                                 random_uniform(who.word[2]), random_uniform(who.word[3]),
                                 random_uniform(more.word[0])};
    for (unsigned i = 0; i < OLD_LOANS; i++) {
        const struct old_loan *old = &old_loans[i];
        if (u[i] >= old->share || (old->owners && !past->life->owner))
            continue;
        int64_t every = old->every * MONTH, at = studies_at(past, u[i] / old->share), cell = 0;
        if (every > 0) {
            int64_t shift = (int64_t)(u[i] / old->share * (double)every);
            cell = (past->at.s + shift) / every;
            at = cell * every - shift;
        }
        if (at <= past->at.s)
            add_old(past, i, at, (uint32_t)cell);
    }
}

static void fill_person(const struct past *past)
{
    struct random_block block = random_at(world_settings(past->world)->seed, RANDOM_LOAN_PERSON,
                                          past->life->customer, 0, 0);
    struct loan_life *life = past->life;
    struct credit_view credit = credit_view_alone(past->world, life->customer, past->at);
    double z = random_normal(block.word[0]);
    double appetite = real_exp(APPETITE_SPREAD * z - .5 * APPETITE_SPREAD * APPETITE_SPREAD);
    life->appetite = (float)(appetite < APPETITE_MOST ? appetite : APPETITE_MOST);
    life->own = (float)(OWN_APPETITE * z + OWN_REST * random_normal(block.word[1]));
    life->limit = (float)(CARD_LIMIT * real_exp(CARD_SPREAD * random_normal(block.word[2]) +
                                                CARD_INCOME * past->person.log_income +
                                                CARD_SCORE * (credit.score - 715)));
    double cards = 1.0 + 4.5 * random_uniform(block.word[3]) * (.6 + .4 * appetite);
    life->cards = (uint8_t)(cards < 20 ? cards : 20);
    life->owner = past->person.homeowner;
    life->off = credit.state == PAY_CHARGED_OFF ? (uint32_t)past->at.s : 0;
}

void loan_past_fill(struct world *world, struct loan_life *life, world_time at)
{
    struct past past = {.world = world, .life = life, .at = at};
    past.person = customer_person_at(world, life->customer, at);
    *life = (struct loan_life){.customer = life->customer};
    fill_person(&past);
    add_all(&past);
    for (unsigned i = 0; i < life->count; i++)
        if (life->loans[i].product == LOAN_STUDENT)
            life->studies = STUDIES_FIRST;
}
