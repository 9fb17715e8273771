#include "world/loan_past.h"

#include "world/loan_choice.h"
#include "world/loan_price.h"
#include "world/market.h"
#include "world/random.h"

#define MONTH        INT64_C(2630016)
#define WINDOW       (6 * MONTH) /* of the applications that the settings count */
#define GROWN        1.1         /* customers at the origin over those of the window */
#define USUAL_PACE   2.0         /* applications of a customer in it, by default */
#define USUAL_SCORE  720
#define OLD_DRAW     64 /* the first number of the old loans */
#define OLD_MOST     5e6
#define SECOND_CARS  .5 /* of the old loans for cars */
#define STUDIES_FROM 21.0
#define STUDIES_LAST 6.0

/* Of the applications, so many are funded, so many days later: what loan_facts make of the
 * applicants. */
static const struct {
    double funded;
    int days;
} taken[LOAN_PRODUCTS] = {
    [LOAN_CARD] = {.57, 8},       [LOAN_AUTO_NEW] = {.84, 3},     [LOAN_AUTO_USED] = {.81, 3},
    [LOAN_PERSONAL] = {.47, 5},   [LOAN_STUDENT] = {.75, 20},     [LOAN_PURCHASE] = {.74, 48},
    [LOAN_REFINANCE] = {.55, 46}, [LOAN_HOME_EQUITY] = {.51, 18}, [LOAN_HOME_LINE] = {.50, 18},
    [LOAN_BUSINESS] = {.47, 14},
};

static struct random_block draw(const struct loan_past *past, uint32_t cell, uint16_t number)
{
    return random_at(world_settings(past->world)->seed, RANDOM_LOAN_PAST, past->customer, cell,
                     number);
}

/* Of a word's lower half. */
static double half_uniform(uint32_t word)
{
    return ((double)(word & 0xFFFF) + .5) / 65536.0;
}

static double half_normal(uint32_t word)
{
    return random_normal(word << 16 | word >> 16);
}

static struct loan_held recent_loan(const struct loan_past *past, enum loan_product product,
                                    const struct random_block *what, int64_t at)
{
    const struct loan_facts *facts = &loan_facts[product];
    int64_t dollars = loan_amount(facts, &past->person, random_normal(what->word[2]),
                                  half_normal(what->word[3]), random_uniform(what->word[3]));
    int term = loan_term(facts, half_uniform(what->word[1]));
    struct market_view market = market_view(past->world, at / 86400);
    int rate = loan_borrower_rate(product, &market, USUAL_SCORE);
    return (struct loan_held){
        .at = (uint32_t)(at + taken[product].days * INT64_C(86400)),
        .amount = (uint32_t)dollars,
        .payment = (uint32_t)real_round(100.0 *
                                        loan_payment(product, (double)dollars, term, rate / 100.0)),
        .term = (uint16_t)term,
        .rate = (uint16_t)rate,
        .product = (uint8_t)product,
    };
}

static enum loan_product pick(const double weights[LOAN_PRODUCTS], double target)
{
    unsigned product = 0;
    while (product + 1 < LOAN_PRODUCTS && target >= weights[product])
        target -= weights[product++];
    return (enum loan_product)product;
}

unsigned loan_past_recent(const struct loan_past *past, int64_t span,
                          struct loan_held held[LOANS_RECENT])
{
    double pace =
        GROWN * (double)world_settings(past->world)->loan_applications_per_customer / WINDOW;
    int64_t gone = past->at.s - span, at = past->since.s;
    if (at <= gone || pace <= 0)
        return 0;
    double weights[LOAN_PRODUCTS], all = 0, funded = 0;
    loan_likelihood(past->choice, &past->person, past->since, weights);
    for (unsigned i = 0; i < LOAN_PRODUCTS; i++) {
        all += weights[i];
        weights[i] *= taken[i].funded;
        funded += weights[i];
    }
    struct loan_held found[LOANS_RECENT];
    unsigned count = 0, kept = 0;
    while (count < LOANS_RECENT) {
        struct random_block what = draw(past, count, 0);
        at += (int64_t)(real_log(random_uniform(what.word[0])) * all / (pace * funded));
        if (at <= gone)
            break;
        enum loan_product product = pick(weights, half_uniform(what.word[1] >> 16) * funded);
        found[count] = recent_loan(past, product, &what, at);
        count++;
    }
    while (count-- > 0)
        if (found[count].at <= past->at.s &&
            loan_held_months(&found[count], past->at) < found[count].term)
            held[kept++] = found[count];
    return kept;
}

/* --- old ones --- */

/* One follows the other every so many months. Survey of Consumer Finances 2022: who has them, what
 * is left of them; terms and rates of what is outstanding: judgement. */
static const struct old_loan {
    enum loan_product product;
    bool owners;
    double share;  /* of those who can have it */
    double unseen; /* this much more where no applications are in the data */
    double median, spread;
    int term, every, rate;
} old_loans[LOANS_OLD] = {
    {LOAN_PURCHASE, true, .64, 0, 180000, .60, 360, 180, 420},
    {LOAN_AUTO_USED, false, .37, .25, 20500, .50, 72, 60, 780},
    {LOAN_PERSONAL, false, .12, .15, 10500, .65, 48, 48, 1350},
    {LOAN_HOME_EQUITY, true, .06, 0, 45000, .65, 180, 180, 800},
    {LOAN_STUDENT, false, .50, 0, 52000, .55, 240, 0, 550},
};

/* A loan for studies is taken once, when young. */
static int64_t studies_at(const struct loan_past *past, double u)
{
    return (
        int64_t)(((double)past->person.birth_day + 365.2425 * (STUDIES_FROM + STUDIES_LAST * u)) *
                 86400.0);
}

static struct loan_held old_loan(const struct loan_past *past, unsigned number, int64_t at,
                                 uint32_t cell)
{
    const struct old_loan *old = &old_loans[number];
    struct random_block how = draw(past, cell, (uint16_t)(OLD_DRAW + 1 + number));
    double z = random_normal(how.word[0]);
    double income = old->product == LOAN_STUDENT ? .2 : .6;
    double dollars = old->median * real_exp(old->spread * z + income * past->person.log_income);
    dollars = real_clip(dollars, 500.0, OLD_MOST);
    return (struct loan_held){
        .at = (uint32_t)at,
        .amount = (uint32_t)dollars,
        .payment = (uint32_t)real_round(
            100.0 * loan_payment(old->product, dollars, old->term, old->rate / 100.0)),
        .term = (uint16_t)old->term,
        .rate = (uint16_t)old->rate,
        .product = (uint8_t)old->product,
        .old = true,
        .beside = old->product == LOAN_AUTO_USED && random_uniform(how.word[1]) < SECOND_CARS,
    };
}

/* Uniform; the last word serves twice. */
static double share_of(const struct random_block *who, unsigned number)
{
    uint32_t word = who->word[number < 4 ? number : 3];
    return number < 3 ? random_uniform(word) : half_uniform(number == 3 ? word >> 16 : word);
}

unsigned loan_past_old(const struct loan_past *past, struct loan_held held[LOANS_OLD])
{
    double pace = (double)world_settings(past->world)->loan_applications_per_customer / USUAL_PACE;
    struct random_block who = draw(past, 0, OLD_DRAW);
    unsigned count = 0;
    for (unsigned i = 0; i < LOANS_OLD; i++) {
        const struct old_loan *old = &old_loans[i];
        double share = old->share + old->unseen * (pace < 1.0 ? 1.0 - pace : 0.0);
        double u = share_of(&who, i);
        if (u >= share || (old->owners && !past->person.homeowner))
            continue;
        int64_t every = old->every * MONTH, at = 0, cell = 0;
        if (every > 0) {
            int64_t shift = (int64_t)(u / share * (double)every);
            cell = (past->at.s + shift) / every;
            at = cell * every - shift;
        } else {
            at = studies_at(past, u / share);
        }
        if (at > past->at.s || past->at.s - at >= old->term * MONTH)
            continue;
        held[count++] = old_loan(past, i, at, (uint32_t)cell);
    }
    return count;
}
