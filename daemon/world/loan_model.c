#include "world/loan_model.h"

#include <stdlib.h>

#include "base/mem.h"
#include "world/loan_ask.h"
#include "world/loan_choice.h"
#include "world/random.h"
#include "world/real.h"

#define YEAR               31556952.0
#define MONTH              INT64_C(2630016)
#define CARDS_LEAST_DUE    .015 /* of the balance, a month */
#define CONDITIONAL_DENIED .2   /* times as often do those pass through it who are denied then */
#define TRADED_IN          .75  /* of old cars, when a new one is bought */
#define PAID_EARLY         .30  /* of car and personal loans */
#define STEEPNESS          1.7  /* of the curves, which the rest makes flatter … */
#define STEEPNESS_OPEN     2.0  /* … most for what nothing secures */
#define INQUIRY_WEIGHT     .40
#define OWN_WEIGHT         1.5 /* in the odds: what lenders see of a person and others do not */
#define REMEMBERED         (48 * MONTH) /* a charge-off, by a lender */

struct loan_model {
    struct world *world;
    uint64_t seed;
    double pace;
    struct loan_wants *wants;
    struct loan_clerk *clerk;
};

struct loan_model *loan_model_new(struct world *world)
{
    struct loan_model *model = MEM_NEW(struct loan_model);
    model->world = world;
    model->seed = world_settings(world)->seed;
    model->pace = 1.0;
    model->wants = loan_wants_new(world);
    model->clerk = loan_clerk_new(world);
    return model;
}

void loan_model_free(struct loan_model *model)
{
    if (!model)
        return;
    loan_wants_free(model->wants);
    loan_clerk_free(model->clerk);
    free(model);
}

void loan_model_pace(struct loan_model *model, double pace)
{
    model->pace = pace;
}

const struct loan_clerk *loan_model_clerk(const struct loan_model *model)
{
    return model->clerk;
}

static struct random_block draw(const struct loan_model *model, enum random_purpose purpose,
                                const struct arrival *arrival, uint16_t number)
{
    return random_at(model->seed, purpose, arrival->customer, arrival->round << 11 | arrival->lane,
                     number);
}

void loan_model_watch(struct loan_model *model, struct loan_life *life, world_time at)
{
    struct credit_view credit = credit_view_alone(model->world, life->customer, at);
    if (credit.state == PAY_CHARGED_OFF)
        life->off = (uint32_t)at.s;
    if (credit.state != PAY_CURRENT)
        life->late = (uint32_t)at.s;
}

static void look(const struct loan_model *model, const struct loan_life *life, world_time at,
                 struct loan_moment *moment)
{
    struct world *world = model->world;
    moment->at = at;
    moment->person = customer_person_at(world, life->customer, at);
    moment->age = (double)(at.s / 86400 - moment->person.birth_day) / 365.2425;
    moment->income = (double)moment->person.annual_income / 1200.0;
    moment->market = market_view(world, local_at(world_local(world), at.s).day);
    loan_life_sheet(life, at, &moment->sheet);
    moment->own = life->own;
    int64_t tempo = world_tempo(world, STREAM_LOAN_APPLICATIONS, world_plus(at, -1));
    moment->haste = model->pace * (double)tempo / (double)WORLD_TEMPO_ONE;
}

static void look_up_credit(struct loan_model *model, struct loan_life *life,
                           struct loan_moment *moment)
{
    world_time at = moment->at;
    moment->credit = credit_view_alone(model->world, life->customer, at);
    if (moment->credit.state == PAY_CHARGED_OFF)
        life->off = (uint32_t)at.s;
    if (moment->credit.state != PAY_CURRENT)
        life->late = (uint32_t)at.s;
    moment->credit.score = loan_held_score(life->loans, life->count, at, moment->credit.score);
    moment->credit.utilization =
        loan_held_utilization(life->loans, life->count, at, moment->credit.utilization);
    moment->cards = CARDS_LEAST_DUE * life->limit * moment->credit.utilization / 10000.0;
}

/* What somebody wants comes last of what is cheap to know, and decides whether the rest is asked.
 */
static bool wants(struct loan_model *model, struct loan_life *life, const struct arrival *arrival,
                  double part, struct loan_moment *moment, double want[LOAN_PRODUCTS])
{
    double least = part * WANT_MOST;
    if (least > loan_wants_most(life))
        return false;
    look(model, life, arrival->at, moment);
    if (least > loan_wants_begin(model->wants, life, moment, want))
        return false;
    look_up_credit(model, life, moment);
    return least <= loan_wants_end(model->wants, life, moment, want);
}

/* --- what a lender decides --- */

/* What debt over income costs, in the logarithm of the odds: limits are .36, .43 and .50
 * (loan_rules_elasticity.csv). */
static double by_debt(const struct loan_held *loan, const struct loan_terms *terms)
{
    static const struct real_point secured[] = {{.20, .35}, {.36, .10},  {.43, -.1},
                                                {.50, -.9}, {.57, -1.8}, {.75, -3.5}};
    static const struct real_point open[] = {{.05, .20},  {.15, .15},  {.25, -.45},
                                             {.31, -1.7}, {.40, -4.2}, {.80, -8.0}};
    bool home = loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE ||
                loan->product == LOAN_HOME_EQUITY || loan->product == LOAN_HOME_LINE;
    if (home)
        return real_interpolate(secured, sizeof secured / sizeof *secured, terms->debt_after);
    if (loan->product == LOAN_STUDENT || loan->product == LOAN_BUSINESS)
        return 0; /* others stand in for it, or the firm does */
    double weight = loan->product == LOAN_PERSONAL ? 1.0 : .5;
    return weight * real_interpolate(open, sizeof open / sizeof *open, terms->debt_before) +
           .5 * real_interpolate(secured, sizeof secured / sizeof *secured, terms->debt_after);
}

/* Cards that are used up beyond what goes with a score. */
static double by_use(const struct loan_held *loan, const struct credit_view *credit)
{
    static const struct real_point usual[] = {
        {500, .85}, {600, .65}, {680, .42}, {760, .18}, {820, .06}};
    double beyond = credit->utilization / 10000.0 -
                    real_interpolate(usual, sizeof usual / sizeof *usual, credit->score);
    bool open = loan->product == LOAN_CARD || loan->product == LOAN_PERSONAL;
    return (open ? -1.5 : -.6) * beyond;
}

/* What is late, or was charged off some years ago. */
static double by_history(const struct loan_life *life, const struct loan_moment *moment,
                         const struct loan_held *loan)
{
    static const double late[PAY_COUNT] = {0, -.6, -2.0, -3.5, -6.0};
    bool home = loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE;
    double sum = late[moment->credit.state];
    if (home && moment->credit.state != PAY_CURRENT)
        sum -= 3.0;
    if (life->off && (int64_t)life->off + REMEMBERED > moment->at.s)
        sum -= home ? 4.0 : loan->product == LOAN_STUDENT ? .3 : 1.0;
    return sum;
}

/* Standards rise first for those who only just pass. Card denials ran from 9.7 to 21.5 percent
 * within five years: loan_approval_rates.csv. */
static double by_economy(const struct loan_moment *moment)
{
    double weak = real_clip((780.0 - moment->credit.score) / 160.0, .3, 1.0);
    return -1.1 * moment->market.tightness * weak;
}

/* What the rest takes from the curves on average, given back. */
static const double usual_points[LOAN_PRODUCTS] = {
    [LOAN_CARD] = 4.0,      [LOAN_AUTO_NEW] = 1.25,   [LOAN_AUTO_USED] = 1.25,
    [LOAN_PERSONAL] = 4.6,  [LOAN_STUDENT] = .6,      [LOAN_PURCHASE] = 1.2,
    [LOAN_REFINANCE] = .80, [LOAN_HOME_EQUITY] = 2.7, [LOAN_HOME_LINE] = 3.0,
    [LOAN_BUSINESS] = 1.4,
};

static double approval_of(const struct loan_life *life, const struct loan_moment *moment,
                          const struct loan_held *loan, const struct loan_terms *terms)
{
    double usual =
        real_interpolate(loan_facts[loan->product].approval, LOAN_POINTS, moment->credit.score);
    bool open = loan->product == LOAN_CARD || loan->product == LOAN_PERSONAL;
    double odds = (open ? STEEPNESS_OPEN : STEEPNESS) * real_log(usual / (1.0 - usual)) +
                  by_debt(loan, terms) + by_use(loan, &moment->credit) +
                  by_history(life, moment, loan) + by_economy(moment) + usual_points[loan->product];
    double inquiries = moment->sheet.inquiries > 1 ? moment->sheet.inquiries - 1.0 : 0;
    odds -= INQUIRY_WEIGHT * (inquiries < 8 ? inquiries : 8);
    odds -= OWN_WEIGHT * moment->own;
    if (moment->person.employment == UNEMPLOYED)
        odds -= 1.0;
    return 1.0 / (1.0 + real_exp(-odds));
}

static void decide(const struct loan_model *model, const struct arrival *arrival,
                   const struct loan_life *life, const struct loan_moment *moment,
                   const struct loan_terms *terms, struct loan_held *loan)
{
    const struct loan_facts *facts = &loan_facts[loan->product];
    struct random_block chance = draw(model, RANDOM_LOAN_DECISION, arrival, 0);
    loan->withdrawn = random_uniform(chance.word[0]) < facts->withdrawn;
    if (loan->withdrawn)
        return;
    loan->approved = random_uniform(chance.word[1]) < approval_of(life, moment, loan, terms);
    loan->conditional =
        random_uniform(chance.word[2]) <
        (loan->approved ? facts->conditional : CONDITIONAL_DENIED * facts->conditional);
    loan->at = loan->approved && random_uniform(chance.word[3]) < facts->funded;
}

/* --- what becomes of it --- */

static bool is_car(const struct loan_held *loan)
{
    return loan->product == LOAN_AUTO_NEW || loan->product == LOAN_AUTO_USED;
}

static bool is_on_home(const struct loan_held *loan)
{
    return (loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE) && !loan->second;
}

/* Whether the new loan pays off an older one. */
static bool replaces(const struct loan_held *loan, const struct loan_held *old, double u)
{
    bool equity = old->product == LOAN_HOME_EQUITY || old->product == LOAN_HOME_LINE;
    const char *purpose = loan_facts[loan->product].purposes[loan->purpose].text;
    bool leased = loan->product == LOAN_AUTO_NEW && loan->purpose == 1;
    if (loan->product == LOAN_PURCHASE)
        return !loan->second && (is_on_home(old) || equity);
    if (loan->product == LOAN_REFINANCE)
        return is_on_home(old) || (equity && loan->relief);
    if (is_car(loan))
        return is_car(old) && !leased && (u < TRADED_IN || loan->purpose == 1);
    if (loan->product == LOAN_PERSONAL)
        return old->product == LOAN_PERSONAL && loan->relief && u < .6;
    if (loan->product == LOAN_STUDENT)
        return old->product == LOAN_STUDENT && purpose[0] == 'S';
    return false;
}

static void settle(struct loan_life *life, const struct loan_held *loan, double u)
{
    bool one = false;
    for (unsigned i = 0; i < life->count; i++) {
        struct loan_held *old = &life->loans[i];
        if (!loan_is_open(old, (world_time){loan->at}) || !replaces(loan, old, u) ||
            (is_car(loan) && one))
            continue;
        old->ended = loan->at;
        one = true;
    }
    if (loan->product == LOAN_CARD) {
        life->cards = (uint8_t)(life->cards < 40 ? life->cards + 1 : 40);
        life->limit += (float)loan->amount;
    }
    if (loan->product == LOAN_PURCHASE && !loan->second) {
        life->owner = true;
        life->home_since = loan->at;
    }
    if (loan->product == LOAN_STUDENT && loan->purpose < 2 && life->studies <= loan->purpose)
        life->studies = (uint8_t)(loan->purpose + 1);
}

static void fund(struct loan_model *model, const struct arrival *arrival, struct loan_life *life,
                 struct loan_held *loan)
{
    struct loan_step steps[LOAN_STEPS_MAX];
    struct random_block later = draw(model, RANDOM_LOAN_DECISION, arrival, 1);
    unsigned count = loan_steps(model->clerk, arrival, loan, steps);
    loan->at = (uint32_t)steps[count - 1].at.s;
    double early = random_uniform(later.word[0]) / PAID_EARLY;
    if ((is_car(loan) || loan->product == LOAN_PERSONAL) && early < 1.0)
        loan->ended = loan->at + (uint32_t)((.35 + .6 * early) * loan->term * (double)MONTH);
    settle(life, loan, random_uniform(later.word[1]));
}

static enum loan_product pick(const double want[LOAN_PRODUCTS], double u)
{
    double sum = 0;
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++)
        sum += want[i];
    double target = u * sum;
    unsigned product = 0;
    while (product + 1 < LOAN_PRODUCTS && target >= want[product])
        target -= want[product++];
    return (enum loan_product)product;
}

static void terms_of(const struct loan_moment *moment, const struct loan_held *loan,
                     struct loan_terms *terms)
{
    double income = moment->income;
    terms->credit = moment->credit;
    terms->income = 12.0 * income;
    terms->debt_before = (moment->sheet.instalments + moment->cards) / income;
    terms->debt_after = (loan_other_debts(moment, loan) + loan->payment / 100.0) / income;
}

bool loan_model_meet(struct loan_model *model, struct loan_life *life,
                     const struct arrival *arrival, double part, struct loan_terms *ret_terms)
{
    struct loan_moment moment;
    double want[LOAN_PRODUCTS];
    if (!wants(model, life, arrival, part, &moment, want))
        return false;
    struct loan_draws draws = {.what = draw(model, RANDOM_LOAN, arrival, 0),
                               .amount = draw(model, RANDOM_LOAN, arrival, 1),
                               .price = draw(model, RANDOM_LOAN, arrival, 2)};
    struct loan_held loan = {
        .applied = (uint32_t)arrival->at.s,
        .lane = arrival->lane,
        .product = (uint8_t)pick(want, random_uniform(draws.what.word[0])),
    };
    if (!loan_ask(life, &moment, &draws, &loan, &ret_terms->insured))
        return false;
    terms_of(&moment, &loan, ret_terms);
    decide(model, arrival, life, &moment, ret_terms, &loan);
    life->asked = loan.applied;
    if (!loan.withdrawn && !loan.approved)
        life->denied = loan.applied;
    if (loan.at)
        fund(model, arrival, life, &loan);
    (void)loan_life_add(life, &loan, arrival->at);
    return true;
}
