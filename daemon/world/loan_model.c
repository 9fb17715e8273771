#include "world/loan_model.h"

#include <stdlib.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/bank_days.h"
#include "world/credit_model.h"
#include "world/loan_choice.h"
#include "world/loan_held.h"
#include "world/loan_price.h"
#include "world/market.h"
#include "world/random.h"

#define DAY           INT64_C(86400)
#define SEASONS       1024 /* days remembered */
#define SEASON_MOST   1.5  /* demand over its mean is cut off there */
#define SCORES        (SCORE_HIGH - SCORE_LOW + 1)
#define OPENS         (9 * 3600)
#define CLOSES        (17 * 3600)
#define LATEST_REVIEW (16 * 3600 + 1800) /* what comes later waits for the next business day */

#define RATE_OF_SHARES 6.5 /* percent: the mortgage rate at which demand is what the shares say */
#define DEMAND_LEAST   .2  /* times as many, however high the rate … */
#define DEMAND_MOST    5.0 /* … or low */
#define HOMES_ANSWER   .35 /* of a higher rate: for the rest a cheaper home makes up */
/* Part of a payment that the applicant's own income bears. */
#define SHARE_COUPLES .6 /* of homes: half of couples apply together */
#define SHARE_LATER   .2 /* students repay out of later incomes, firms out of their own */
/* Payments on other debts over income: a median of .17, dti_personal_lc in
 * loan_rules_elasticity.csv. */
#define DEBTS_LEAST  .06
#define DEBTS_SPREAD .16
#define DEBTS_CARDS  .08 /* more where cards are used up */
/* Judged. */
#define APPROVAL_UNEMPLOYED .5
#define APPROVAL_LATE       .3 /* 60 days and more */
#define APPROVAL_MOST       .995
/* Card denials ran from 9.7 to 21.5 percent within five years: loan_approval_rates.csv. */
#define TIGHTENS           .14
#define CONDITIONAL_DENIED .2 /* times as often do those pass through it who are denied then */

#define STATUS(name)           \
    {                          \
        name, sizeof(name) - 1 \
    }
const struct loan_status_name loan_status_names[] = {
    [LOAN_PENDING] = STATUS("Pending"),         [LOAN_UNDER_REVIEW] = STATUS("Under Review"),
    [LOAN_CONDITIONAL] = STATUS("Conditional"), [LOAN_APPROVED] = STATUS("Approved"),
    [LOAN_DENIED] = STATUS("Denied"),           [LOAN_WITHDRAWN] = STATUS("Withdrawn"),
    [LOAN_FUNDED] = STATUS("Funded"),
};

/* What a day makes of demand. */
struct season {
    int64_t day; /* plus one */
    double demand;
    double factor[LOAN_PRODUCTS];
};

struct loan_model {
    struct world *world;
    uint64_t seed;
    struct bank_days *bank_days;
    struct season seasons[SEASONS];
    double applicants[SCORES][LOAN_PRODUCTS]; /* loan_applicants, by score */
    struct loan_choice choice;
};

struct loan_model *loan_model_new(struct world *world)
{
    struct loan_model *model = MEM_NEW(struct loan_model);
    model->world = world;
    model->seed = world_settings(world)->seed;
    const struct zone *zone = world_zone(world);
    int64_t first = zone_day(zone, world_start(world).s);
    model->bank_days =
        bank_days_new(zone, first, WORLD_TIME_LAST.s / 86400 + 2 * LOAN_LONGEST_DAYS);
    loan_choice_init(&model->choice);
    for (int score = 0; score < SCORES; score++)
        for (unsigned i = 0; i < LOAN_PRODUCTS; i++)
            model->applicants[score][i] =
                real_interpolate(loan_applicants[i], LOAN_POINTS, SCORE_LOW + score);
    return model;
}

void loan_model_free(struct loan_model *model)
{
    if (!model)
        return;
    bank_days_free(model->bank_days);
    free(model);
}

/* Days of the model are those of UTC: what a day makes of demand need not begin at midnight. */
static void season_fill(struct loan_model *model, struct season *season, int64_t day)
{
    struct civil_date date = civil_from_days(day);
    struct market_view market = market_view(model->world, day - 1);
    double sum = 0;
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++) {
        double factor = loan_months[i][date.month - 1];
        if (loan_facts[i].rate_response > 0)
            factor *= real_clip(
                real_exp(-loan_facts[i].rate_response * (market.mortgage_30y - RATE_OF_SHARES)),
                DEMAND_LEAST, DEMAND_MOST);
        season->factor[i] = factor;
        sum += factor * loan_facts[i].share / 100.0;
    }
    season->demand = real_clip(sum / SEASON_MOST, 0.0, 1.0);
    season->day = day + 1;
}

static const struct season *season_at(struct loan_model *model, world_time at)
{
    int64_t day = at.s / DAY;
    struct season *season = &model->seasons[day % SEASONS];
    if (season->day != day + 1)
        season_fill(model, season, day);
    return season;
}

double loan_model_demand(struct loan_model *model, world_time at)
{
    return season_at(model, at)->demand;
}

static struct random_block draw(const struct loan_model *model, enum random_purpose purpose,
                                const struct arrival *arrival, uint16_t number)
{
    return random_at(model->seed, purpose, arrival->customer, arrival->round << 11 | arrival->lane,
                     number);
}

static enum loan_product pick_product(struct loan_model *model, const struct person *person,
                                      int score, world_time at, double u)
{
    const struct season *season = season_at(model, at);
    const double *applicants = model->applicants[score - SCORE_LOW];
    double weights[LOAN_PRODUCTS], sum = 0;
    loan_likelihood(&model->choice, person, at, weights);
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++) {
        weights[i] *= season->factor[i] * applicants[i];
        sum += weights[i];
    }
    double target = u * sum;
    unsigned product = 0;
    while (product + 1 < LOAN_PRODUCTS && target >= weights[product])
        target -= weights[product++];
    return (enum loan_product)product;
}

const struct loan_choice *loan_model_choice(const struct loan_model *model)
{
    return &model->choice;
}

struct loan loan_make(struct loan_model *model, const struct arrival *arrival)
{
    struct person person = customer_person_at(model->world, arrival->customer, arrival->at);
    struct random_block what = draw(model, RANDOM_LOAN, arrival, 0);
    struct random_block amount = draw(model, RANDOM_LOAN, arrival, 1);
    struct loan loan = {.credit = credit_view_alone(model->world, arrival->customer, arrival->at)};
    loan.product =
        pick_product(model, &person, loan.credit.score, arrival->at, random_uniform(what.word[0]));
    const struct loan_facts *facts = &loan_facts[loan.product];
    loan.amount = loan_amount(facts, &person, random_normal(amount.word[0]),
                              random_normal(amount.word[2]), random_uniform(amount.word[1]));
    loan.term = loan_term(facts, random_uniform(what.word[1]));
    const struct loan_purpose *purpose = loan_purpose(
        facts, loan_age(&person, arrival->at), loan.credit.score, random_uniform(what.word[2]));
    loan.purpose = purpose->text;
    loan.relief = purpose->relief;
    return loan;
}

/* Who buys a home when rates are high looks for a cheaper one: lenders deny as many. */
static double burden_rate(enum loan_product product, const struct market_view *market)
{
    double rate = loan_rate(product, market);
    if (product == LOAN_PURCHASE)
        rate = RATE_OF_SHARES + HOMES_ANSWER * (rate - RATE_OF_SHARES);
    return real_clip(rate, .5, 40.0);
}

/* The monthly payment asked for, over the monthly income. */
static double burden_of(const struct loan *loan, const struct person *person,
                        const struct market_view *market)
{
    double income = (double)person->annual_income / 1200.0;
    double payment = loan_payment(loan->product, (double)loan->amount, loan->term,
                                  burden_rate(loan->product, market));
    double shared = 1.0;
    if (loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE)
        shared = SHARE_COUPLES;
    if (loan->product == LOAN_STUDENT || loan->product == LOAN_BUSINESS)
        shared = SHARE_LATER;
    return shared * payment / income;
}

/* `debts` is the applicant's place among those with fewer and more of them, 0 to 1. */
static double approval_chance(struct loan_model *model, const struct arrival *arrival,
                              const struct loan *loan, double debts)
{
    /* Lenders' limits are .36, .43 and .50: loan_rules_elasticity.csv. */
    static const struct real_point by_debt[] = {{.30, 1.04}, {.36, 1.0}, {.43, .92},
                                                {.50, .70},  {.60, .40}, {.90, .12}};
    struct person person = customer_person_at(model->world, arrival->customer, arrival->at);
    const struct credit_view credit = loan->credit;
    struct market_view market =
        market_view(model->world, local_at(world_local(model->world), arrival->at.s).day);

    double chance = real_interpolate(loan_facts[loan->product].approval, LOAN_POINTS, credit.score);
    double ratio = DEBTS_LEAST + DEBTS_SPREAD * debts + DEBTS_CARDS * credit.utilization / 10000.0 +
                   burden_of(loan, &person, &market);
    chance *= real_interpolate(by_debt, sizeof by_debt / sizeof *by_debt, ratio) *
              (1.0 - TIGHTENS * market.tightness);
    if (person.employment == UNEMPLOYED)
        chance *= APPROVAL_UNEMPLOYED;
    if (credit.state == PAY_60 || credit.state == PAY_90 || credit.state == PAY_CHARGED_OFF)
        chance *= APPROVAL_LATE;
    return real_clip(chance, 0.0, APPROVAL_MOST);
}

/* The next step is due `days` business days on, in business hours, and after the last one. */
static world_time step_time(const struct loan_model *model, world_time last, int days, double u)
{
    struct local_days *zone = world_local(model->world);
    struct local local = local_at(zone, last.s);
    int64_t day = local.day, due = bank_days_step(model->bank_days, day, days);
    int begin = OPENS;
    if (due == day) {
        if (local.second >= LATEST_REVIEW)
            due = bank_days_step(model->bank_days, day, 1);
        else if (local.second >= OPENS)
            begin = local.second + 1;
    }
    int second = begin + (int)(u * (CLOSES - begin));
    world_time at = {local_instant(zone, due, second)};
    return world_before(last, at) ? at : world_plus(last, 1);
}

static int delay_days(const struct loan_delay *delay, double u)
{
    if (u < delay->fast)
        return delay->least;
    double rest = (u - delay->fast) / (1.0 - delay->fast);
    /* Short delays are the more common. */
    return delay->least + (int)(rest * rest * (double)(delay->most - delay->least + 1));
}

struct path {
    const struct loan_model *model;
    const struct arrival *arrival;
    struct loan_step *steps;
    unsigned count;
};

static void walk(struct path *path, enum loan_status to, const struct loan_delay *delay)
{
    struct random_block block =
        draw(path->model, RANDOM_LOAN_DELAY, path->arrival, (uint16_t)path->count);
    const struct loan_step *last = path->count ? &path->steps[path->count - 1] : NULL;
    int days = delay_days(delay, random_uniform(block.word[0]));
    path->steps[path->count] = (struct loan_step){
        .at = step_time(path->model, last ? last->at : path->arrival->at, days,
                        random_uniform(block.word[1])),
        .from = last ? last->to : LOAN_PENDING,
        .to = to,
    };
    path->count++;
}

/* What becomes of an application. */
struct outcome {
    bool withdrawn, conditional, approved, funded;
};

static struct outcome outcome_of(struct loan_model *model, const struct arrival *arrival,
                                 const struct loan *loan)
{
    const struct loan_facts *facts = &loan_facts[loan->product];
    struct random_block chance = draw(model, RANDOM_LOAN_DECISION, arrival, 0);
    struct outcome outcome = {.withdrawn = random_uniform(chance.word[0]) < facts->withdrawn};
    if (outcome.withdrawn)
        return outcome;
    struct random_block debts = draw(model, RANDOM_LOAN_DECISION, arrival, 1);
    double approval = approval_chance(model, arrival, loan, random_uniform(debts.word[0]));
    outcome.approved = random_uniform(chance.word[1]) * (1.0 - facts->withdrawn) < approval;
    outcome.conditional =
        random_uniform(chance.word[2]) <
        (outcome.approved ? facts->conditional : CONDITIONAL_DENIED * facts->conditional);
    outcome.funded = outcome.approved && random_uniform(chance.word[3]) < facts->funded;
    return outcome;
}

static unsigned walk_all(struct loan_model *model, const struct arrival *arrival,
                         const struct loan *loan, const struct outcome *outcome,
                         struct loan_step steps[LOAN_STEPS_MAX])
{
    const struct loan_facts *facts = &loan_facts[loan->product];
    struct path path = {model, arrival, steps, 0};

    walk(&path, LOAN_UNDER_REVIEW, &facts->review);
    if (outcome->withdrawn) {
        walk(&path, LOAN_WITHDRAWN, &facts->condition);
        return path.count;
    }
    if (outcome->conditional)
        walk(&path, LOAN_CONDITIONAL, &facts->condition);
    walk(&path, outcome->approved ? LOAN_APPROVED : LOAN_DENIED, &facts->decision);
    if (outcome->approved)
        walk(&path, outcome->funded ? LOAN_FUNDED : LOAN_WITHDRAWN, &facts->funding);
    return path.count;
}

unsigned loan_steps(struct loan_model *model, const struct arrival *arrival,
                    const struct loan *loan, struct loan_step steps[LOAN_STEPS_MAX])
{
    struct outcome outcome = outcome_of(model, arrival, loan);
    return walk_all(model, arrival, loan, &outcome, steps);
}

bool loan_model_fund(struct loan_model *model, const struct arrival *arrival,
                     struct loan_held *ret_held)
{
    struct loan loan = loan_make(model, arrival);
    struct loan_step steps[LOAN_STEPS_MAX];
    struct outcome outcome = outcome_of(model, arrival, &loan);
    if (!outcome.funded)
        return false;
    unsigned count = walk_all(model, arrival, &loan, &outcome, steps);
    struct market_view market =
        market_view(model->world, local_at(world_local(model->world), arrival->at.s).day);
    int rate = loan_borrower_rate(loan.product, &market, loan.credit.score);
    *ret_held = (struct loan_held){
        .at = (uint32_t)steps[count - 1].at.s,
        .amount = (uint32_t)loan.amount,
        .payment = (uint32_t)real_round(
            100.0 * loan_payment(loan.product, (double)loan.amount, loan.term, rate / 100.0)),
        .term = (uint16_t)loan.term,
        .rate = (uint16_t)rate,
        .product = (uint8_t)loan.product,
        .relief = loan.relief,
    };
    return true;
}
