#include "world/loan_wants.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/credit_model.h"
#include "world/loan_choice.h"
#include "world/loan_price.h"
#include "world/real.h"

#define DAY     INT64_C(86400)
#define YEAR    31556952.0
#define SEASONS 1024 /* days remembered */
#define SCORES  (SCORE_HIGH - SCORE_LOW + 1)

#define RATE_OF_SHARES 6.5  /* percent: the mortgage rate at which demand is what the shares say */
#define DEMAND_LEAST   .2   /* times as many, however high the rate … */
#define DEMAND_MOST    3.0  /* … or low */
#define USUAL          .035 /* makes the sum over all people about one a year */
#define USED           .08  /* of cards: who uses less owes nothing to consolidate */
#define JOBS_USUAL     4.4  /* percent unemployed */

/* What a person's appetite for credit is worth beyond what life asks for. */
#define MOST_ANYBODY  3.5
#define MOST_APPETITE 8.0

/* What a day makes of wants. */
struct season {
    int64_t day; /* plus one */
    double factor[LOAN_PRODUCTS];
};

struct loan_wants {
    struct world *world;
    struct season seasons[SEASONS];
    double applicants[SCORES][LOAN_PRODUCTS]; /* loan_applicants, by score */
    double most[LOAN_PRODUCTS];               /* that credit makes of a want */
    struct loan_choice choice;
};

/* How wants answer the economy, as logarithms: to tight credit, to a point of unemployment, to a
 * point of the mortgage rate. In 2008 to 2010 applications for cards, cars and homes fell by a
 * fifth to a third (loan_rules_elasticity.csv); the split is judgement. */
static const struct {
    double tight, jobs, rate;
} answers[LOAN_PRODUCTS] = {
    [LOAN_CARD] = {-.22, -.03, 0},      [LOAN_AUTO_NEW] = {-.35, -.05, 0},
    [LOAN_AUTO_USED] = {-.20, -.03, 0}, [LOAN_PERSONAL] = {-.20, -.03, 0},
    [LOAN_STUDENT] = {0, .05, 0},       [LOAN_PURCHASE] = {-.35, -.06, -.22},
    [LOAN_REFINANCE] = {-.10, -.03, 0}, [LOAN_HOME_EQUITY] = {-.35, -.03, 0},
    [LOAN_HOME_LINE] = {-.35, -.03, 0}, [LOAN_BUSINESS] = {-.10, -.02, 0},
};

/* What use of cards makes of a want, and what payments already due do. */
struct answer {
    double at_none, at_all; /* of the use */
    double free, weight;    /* without payments; less so much times their share of income … */
    double least, most;     /* … within these */
};

static const struct answer no_answer = {1.0, 1.0, 1.0, 0, 1.0, 1.0};
static const struct answer credit_answers[LOAN_PRODUCTS] = {
    [LOAN_CARD] = {.8, 1.4, 1.25, 1.1, .25, 1.15},
    [LOAN_AUTO_NEW] = {1.0, 1.0, 1.35, 1.8, .1, 1.15},
    [LOAN_AUTO_USED] = {1.0, 1.0, 1.35, 1.8, .1, 1.15},
    [LOAN_PERSONAL] = {.05, 2.45, 1.6, 3.2, .06, 1.3},
};

static const struct answer *answer_of(unsigned product)
{
    return credit_answers[product].most > 0 ? &credit_answers[product] : &no_answer;
}

static void applicants_fill(struct loan_wants *wants, unsigned product)
{
    const struct answer *answer = answer_of(product);
    double most = 0;
    for (int score = 0; score < SCORES; score++) {
        double part = real_interpolate(loan_applicants[product], LOAN_POINTS, SCORE_LOW + score);
        wants->applicants[score][product] = part;
        most = part > most ? part : most;
    }
    wants->most[product] = most * answer->at_all * answer->most;
}

struct loan_wants *loan_wants_new(struct world *world)
{
    struct loan_wants *wants = MEM_NEW(struct loan_wants);
    wants->world = world;
    loan_choice_init(&wants->choice);
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++)
        applicants_fill(wants, i);
    return wants;
}

void loan_wants_free(struct loan_wants *wants)
{
    free(wants);
}

/* Days of the model are those of UTC: what a day makes of wants need not begin at midnight. */
static void season_fill(struct loan_wants *wants, struct season *season, int64_t day)
{
    struct civil_date date = civil_from_days(day);
    struct market_view market = market_view(wants->world, day - 1);
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++) {
        double rate = real_exp(answers[i].rate * (market.mortgage_30y - RATE_OF_SHARES));
        double economy = answers[i].tight * market.tightness +
                         answers[i].jobs * real_clip(market.unemployment - JOBS_USUAL, -2.0, 8.0);
        season->factor[i] = loan_months[i][date.month - 1] * real_exp(economy) *
                            real_clip(rate, DEMAND_LEAST, DEMAND_MOST);
    }
    season->day = day + 1;
}

static const struct season *season_at(struct loan_wants *wants, world_time at)
{
    int64_t day = at.s / DAY;
    struct season *season = &wants->seasons[day % SEASONS];
    if (season->day != day + 1)
        season_fill(wants, season, day);
    return season;
}

double loan_wants_most(const struct loan_life *life)
{
    double most = MOST_ANYBODY + MOST_APPETITE * life->appetite;
    return most < WANT_MOST ? most : WANT_MOST;
}

/* 0 just after something, 1 long after it. */
static double recovered(const struct loan_moment *moment, uint32_t then, double years)
{
    double since = then ? (double)(moment->at.s - (int64_t)then) / YEAR * moment->haste : 100.0;
    return since < years ? since / years : 1.0;
}

static double rise(double age, double from, double to)
{
    return real_clip((age - from) / (to - from), 0.0, 1.0);
}

static void want_cards(const struct loan_life *life, const struct loan_moment *moment, double *want)
{
    double few = 1.15 - .03 * life->cards;
    *want *= life->appetite * (few > .35 ? few : .35) *
             (.25 + .75 * rise(moment->sheet.card_age * moment->haste, 0, .2));
}

static void want_cars(const struct loan_life *life, const struct loan_moment *moment, double *want)
{
    const struct loan_sheet *sheet = &moment->sheet;
    double age = sheet->auto_age * (moment->haste > 1 ? moment->haste : 1.0);
    double due = .05 + .95 * rise(age, .4, 4.0);
    *want *= (.08 + .92 * life->appetite) * due * (sheet->autos > 1 ? .4 : 1.0);
}

/* Cash for those who owe on cards, and for those without work. */
static void want_cash(const struct loan_life *life, const struct loan_moment *moment, double *want)
{
    double age = moment->sheet.personal_age * moment->haste;
    *want *= life->appetite * (.12 + .88 * rise(age, .1, 1.2));
    if (moment->person.employment == UNEMPLOYED)
        *want *= 1.5;
}

static void want_studies(const struct loan_life *life, const struct loan_moment *moment,
                         double *want)
{
    double age = moment->sheet.student_age * moment->haste;
    *want *= (.4 + .6 * life->appetite) * (.03 + .97 * rise(age, .6, .9));
    if (life->studies != STUDIES_NONE && moment->age < 32)
        *want *= 1.6; /* another year of it */
}

/* Once a home is bought one stays. */
static void want_home(const struct loan_life *life, const struct loan_moment *moment, double *want)
{
    double lived =
        life->home_since ? (double)(moment->at.s - (int64_t)life->home_since) / YEAR : 8.0;
    *want *= .6 + .4 * life->appetite;
    if (life->owner)
        *want *= .01 + .99 * rise(lived, 4.0, 13.0);
    if (moment->sheet.moving)
        *want = 0;
}

static void want_new_mortgage(const struct loan_life *life, const struct loan_moment *moment,
                              double *want)
{
    const struct loan_held *home = moment->sheet.home;
    double age = home ? (double)(moment->at.s - (int64_t)home->at) / YEAR : 20.0;
    *want *= rise(age, .5, 1.0);
    if (!life->owner || moment->sheet.moving)
        *want = 0;
}

/* refi_s_curve in loan_rules_elasticity.csv: little below a saving of a quarter of a point, all
 * from about one on; besides, some need cash. */
static double refinancing(const struct loan_moment *moment, double saving)
{
    const struct loan_held *home = moment->sheet.home;
    if (!home)
        return .35;
    double age = (double)(moment->at.s - (int64_t)home->at) / YEAR;
    double size = sqrt(real_clip(moment->sheet.home_left / 180000.0, .02, 1.7));
    double pays = 4.2 * size * rise(saving, .3, 1.8);
    return pays + size * real_clip(1.0 + .35 * saving, .2, 1.5) * rise(age, 1.0, 3.0);
}

/* The points of a percent that a new mortgage would save. */
static double saving_with(const struct loan_moment *moment, int score)
{
    if (!moment->sheet.home)
        return 0;
    int offer = loan_borrower_rate(LOAN_REFINANCE, &moment->market, score, moment->own, 0);
    return ((double)moment->sheet.home->rate - offer) / 100.0;
}

static void want_equity(const struct loan_life *life, const struct loan_moment *moment,
                        double *want)
{
    double since = life->home_since ? recovered(moment, life->home_since, 2.0) : 1.0;
    *want *= (.3 + .7 * life->appetite) * since *
             (.1 + .9 * rise(moment->sheet.equity_age * moment->haste, .3, 2.0));
    if (!life->owner || moment->sheet.moving)
        *want = 0;
}

static void want_each(const struct loan_life *life, const struct loan_moment *moment,
                      double want[LOAN_PRODUCTS])
{
    want_cards(life, moment, &want[LOAN_CARD]);
    want_cars(life, moment, &want[LOAN_AUTO_NEW]);
    want_cars(life, moment, &want[LOAN_AUTO_USED]);
    want_cash(life, moment, &want[LOAN_PERSONAL]);
    want_studies(life, moment, &want[LOAN_STUDENT]);
    want_home(life, moment, &want[LOAN_PURCHASE]);
    want_new_mortgage(life, moment, &want[LOAN_REFINANCE]);
    want_equity(life, moment, &want[LOAN_HOME_EQUITY]);
    want_equity(life, moment, &want[LOAN_HOME_LINE]);
    want[LOAN_BUSINESS] *= (.3 + .7 * life->appetite) *
                           (.15 + .85 * rise(moment->sheet.business_age * moment->haste, .1, 1.0));
}

/* Who was just denied waits, and who was charged off has given up for years. */
static double courage(const struct loan_life *life, const struct loan_moment *moment)
{
    double factor = .35 + .65 * recovered(moment, life->asked, .06);
    factor *= .3 + .7 * recovered(moment, life->denied, .2);
    if (life->off)
        factor *= .35 + .65 * recovered(moment, life->off, 4.0);
    return factor;
}

double loan_wants_begin(struct loan_wants *wants, const struct loan_life *life,
                        const struct loan_moment *moment, double want[LOAN_PRODUCTS])
{
    const struct season *season = season_at(wants, moment->at);
    struct person person = moment->person;
    double most = 0, brave = courage(life, moment);
    person.homeowner = life->owner;
    loan_likelihood(&wants->choice, &person, moment->at, want);
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++)
        want[i] *= USUAL * season->factor[i] * brave;
    want_each(life, moment, want);
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++)
        most += want[i] * wants->most[i];
    if (want[LOAN_REFINANCE] > 0)
        most += want[LOAN_REFINANCE] * wants->most[LOAN_REFINANCE] *
                (refinancing(moment, saving_with(moment, SCORE_HIGH)) - 1.0);
    return most;
}

/* Who cannot pay asks for nothing. */
static double ability(const struct loan_moment *moment)
{
    if (moment->credit.state == PAY_CURRENT)
        return 1.0;
    return moment->credit.state == PAY_30 ? .8 : .4;
}

double loan_wants_end(const struct loan_wants *wants, const struct loan_life *life,
                      const struct loan_moment *moment, double want[LOAN_PRODUCTS])
{
    const double *applicants = wants->applicants[moment->credit.score - SCORE_LOW];
    double used = moment->credit.utilization / 10000.0, sum = 0, able = ability(moment);
    double burden = (moment->sheet.instalments + moment->cards) / moment->income;
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++) {
        const struct answer *answer = answer_of(i);
        want[i] *= applicants[i] * able *
                   (answer->at_none + (answer->at_all - answer->at_none) * used) *
                   real_clip(answer->free - answer->weight * burden, answer->least, answer->most);
    }
    if (used < USED) /* little is owed that could be consolidated */
        want[LOAN_PERSONAL] *= (.25 * used + .01) / (.05 + 2.4 * used);
    want[LOAN_REFINANCE] *= refinancing(moment, saving_with(moment, moment->credit.score));
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++)
        sum += want[i];
    double most = loan_wants_most(life);
    return sum < most ? sum : most;
}
