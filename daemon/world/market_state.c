#include "world/market_state.h"

#include <math.h>

#include "world/random.h"
#include "world/real.h"

/* The shocks of one day: standard normals unless named otherwise. */
struct day_shocks {
    double volatility, equity, vix, vix_noise, ten, two, bill, sofr, sofr_noise, baa, high_yield;
    double jump, burst, funds, sofr_stays; /* uniform */
};

/* Where a figure is of one series, it is fitted to what market_series.csv says of it (change_sd,
 * lag1_autocorr, plausible_min and _max, sim_recipe), weights of shocks to
 * market_change_correlations.csv, and spreads to market_spreads.csv; what is judged is so marked.
 * `credctl verify --realism` compares the outcome. */

/* By regime. */
static const double drift_of[] = {0.00052, 0.0001, -0.0006};     /* of the index, log a day */
static const double vix_centre_of[] = {2.79, 3.02, 3.33};        /* log */
static const double baa_centre_of[] = {1.75, 2.2, 3.5};          /* points */
static const double high_yield_centre_of[] = {1.22, 1.55, 2.14}; /* log of 3.4, 4.7, 8.5 */

/* Equity. Shocks are a mixture: on JUMP_SHARE of days JUMP_SCALE times as large, and downward. */
#define JUMP_SHARE     0.03
#define JUMP_SCALE     2.5
#define INDEX_SD       (0.80 * 0.176 / sqrt(252)) /* a day, four fifths of a VIX of 17.6 */
#define VIX_MEDIAN     2.868                      /* log of that */
#define INDEX_POWER    1.30                       /* of the VIX in the moves of the next day … */
#define PANIC_POWER    0.75                       /* … and of what it is above VIX_PANIC: */
#define VIX_PANIC      3.5                        /* log: there fear grows faster than the moves */
#define INDEX_REVERSAL 0.07                       /* of a day's move on the next */
#define INDEX_FALL     (-0.13)                    /* in a day: just beyond those of 2008 and 2020 */
#define INDEX_RISE     0.12
#define VALUE_PULL     0.0008  /* of the index to what it is worth, a day */
#define VALUE_BUYERS   3       /* how much faster where it is cheap */
#define VALUE_GROWTH   0.00029 /* of what it is worth, log a day */
#define LEVERAGE       (-0.92) /* correlation of shocks to the index and to the VIX */
#define VIX_PULL       0.02    /* a day: it persists by .98 */
#define VIX_CALM_PULL  0.05    /* besides, above VIX_CALM */
#define VIX_CALM       3.55
#define VIX_SD         0.064 /* with the noise, 6.8% a day */
#define VIX_UPWARD     0.13  /* large moves of either sign lift it … */
#define VIX_SQUARE     0.95  /* … against the usual square of a move, … */
#define VIX_SQUARE_MAX 12    /* … cut off here */
#define VIX_LEAST      2.20  /* log of 9, where it is turned back … */
#define VIX_TURN       0.3   /* … by so much of what it is below */
#define VIX_MOST       4.40  /* log of 81 */
#define VIX_NOISE      0.019 /* of its observation */
#define VIX_QUOTE_SD   0.055

/* Treasuries: a 2-year that expects the committee, a 10-year that follows a part of it. */
#define TWO_AHEAD     0.15  /* of the 2-year over the funds rate, without expectations */
#define TWO_PULL      0.010 /* a day */
#define TWO_SD        0.062
#define TWO_FLOOR     0.05
#define TWO_AIM_FLOOR 0.12
#define TEN_ANCHOR    4.1  /* what it comes back to by itself, */
#define TEN_ANCHORED  0.3  /* so much, */
#define TEN_ABOVE     0.95 /* and for the rest over the 2-year */
#define TEN_PULL      0.0020
#define TEN_FOLLOWS   0.35 /* of the 2-year's pull */
#define TEN_SD        0.0565
#define TEN_FLOOR     0.5
#define EQUITY_TO_TEN 0.27 /* correlations of shocks */
#define TEN_TO_TWO    0.78
#define SLOPE_LEAST   (-0.4) /* of the curve: beyond these buyers come for the cheaper end */
#define SLOPE_MOST    2.3
#define SLOPE_PULL    0.04 /* a day */
#define BURST_SHARE   0.02 /* of days, with moves of rates … */
#define BURST_SCALE   2.1  /* … so many times as large */
#define RATES_SD      0.36 /* of the log volatility that rates share */
#define RATES_PERSIST 0.985
#define JOBS_DAY      1.4 /* times the moves on the day of the jobs report */
#define FOMC_DAY      1.3
#define BILL_BELOW    0.06 /* of the 3-month bill under the funds rate */
#define BILL_PULL     0.05
#define BILL_SD       0.027
#define BILL_FLOOR    0.01

/* Credit spreads: Baa in points, high yield as a logarithm. */
#define BAA_PULL         0.006
#define BAA_SD           0.0165 /* of its level, a day */
#define BAA_LEAST        1.30
#define BAA_TURN         1.32
#define BAA_MOST         6.0
#define HIGH_YIELD_PULL  0.016
#define HIGH_YIELD_SD    0.0175 /* a day, at a log VIX of VIX_STRESS … */
#define VIX_STRESS       2.9
#define STRESS_POWER     0.6  /* … and how it grows with it */
#define HIGH_YIELD_FEAR  0.7  /* of the log VIX above its centre that high yield takes on */
#define HIGH_YIELD_AGAIN 0.25 /* of a day's shock on the next */
#define HIGH_YIELD_TURN  0.90
#define HIGH_YIELD_LEAST 0.88 /* log of 2.4 */
#define HIGH_YIELD_MOST  3.05 /* log of 21 */

/* Money market. */
#define FUNDS_OFF      0.04 /* of days on which it is a hundredth higher, and lower */
#define SOFR_STAYS     0.40 /* of days on which it does not move */
#define SOFR_PERSIST   0.65
#define SOFR_SD        0.018
#define SOFR_LOW       (-0.11) /* against the funds rate */
#define SOFR_HIGH      0.25
#define SOFR_MONTH_END 0.03
#define SOFR_MONTH_SD  0.02
#define SOFR_QUARTER   0.05 /* besides */

/* Mortgages: the survey follows the week's average of the 10-year, now and a week later. */
#define SURVEY_NOW     0.77
#define SURVEY_LATER   0.25
#define SURVEY_PULL    0.05 /* a week, to the usual spread */
#define SURVEY_SD      0.042
#define SPREAD_USUAL   1.75
#define SPREAD_BAD     0.3  /* more in a recession: judged */
#define SPREAD_SD      0.36 /* of its slow part … */
#define SPREAD_PERSIST 0.99 /* … from week to week */
#define SPREAD_LEAST   1.08
#define SPREAD_MOST    2.82
#define GAP_15Y        0.62
#define GAP_15Y_PULL   0.015
#define GAP_15Y_SD     0.030
#define GAP_15Y_LEAST  0.20
#define GAP_15Y_MOST   1.0

void market_state_start(struct market_state *state, const struct market_levels *levels, int64_t day)
{
    /* About the levels of 2025 and 2026: market_series.csv, latest values. */
    *state = (struct market_state){
        .day = day,
        .month = market_month_of(day),
        .rates = {.phase = POLICY_HOLD,
                  .target = 15,
                  .target_next = 15,
                  .bill_3m = 3.62,
                  .treasury_2y = 3.75,
                  .treasury_10y = 4.30,
                  .baa_spread = 1.70,
                  .log_high_yield = 1.10},
        .equity = {.log_index = levels->index, .log_vix = 2.83},
        .mortgage = {.rate_30y = 6.45,
                     .gap_15y = 0.80,
                     .week_average = 4.30,
                     .week_average_before = 4.30},
    };
    market_economy_start(&state->economy, levels);
    state->economy.sentiment_index = levels->index;
}

static struct day_shocks draw_day(uint64_t seed, int64_t day)
{
    struct random_block block[4];

    for (uint16_t draw = 0; draw < 4; draw++)
        block[draw] = random_at(seed, RANDOM_MARKET_DAY, 0, (uint32_t)day, draw);
    return (struct day_shocks){
        .volatility = random_normal(block[0].word[0]),
        .equity = random_normal(block[0].word[1]),
        .vix = random_normal(block[0].word[2]),
        .jump = random_uniform(block[0].word[3]),
        .vix_noise = random_normal(block[1].word[0]),
        .ten = random_normal(block[1].word[1]),
        .two = random_normal(block[1].word[2]),
        .burst = random_uniform(block[1].word[3]),
        .bill = random_normal(block[2].word[0]),
        .sofr = random_normal(block[2].word[1]),
        .baa = random_normal(block[2].word[2]),
        .high_yield = random_normal(block[2].word[3]),
        .sofr_noise = random_normal(block[3].word[0]),
        .funds = random_uniform(block[3].word[1]),
        .sofr_stays = random_uniform(block[3].word[2]),
    };
}

/* The scale of the common part of a mixture whose whole has unit variance. */
static double mixture_rest(double share, double scale)
{
    return sqrt((1 - share * scale * scale) / (1 - share));
}

/* Volatility follows the VIX of the day before; shocks are a mixture with rare, negative jumps. */
static void step_equity(struct market_state *state, const struct day_shocks *shocks,
                        struct market_day *out)
{
    struct market_equity *equity = &state->equity;
    enum market_regime regime = state->economy.regime;
    bool jump = shocks->jump < JUMP_SHARE;
    double scale = jump ? JUMP_SCALE : mixture_rest(JUMP_SHARE, JUMP_SCALE);
    double shift = -0.5 * JUMP_SCALE * (jump ? 1 : -JUMP_SHARE / (1 - JUMP_SHARE));
    double shock = shocks->equity * scale + shift;
    double usual = real_clip(equity->log_vix, 0, VIX_PANIC);
    double sd = INDEX_SD * real_exp(INDEX_POWER * (usual - VIX_MEDIAN) +
                                    PANIC_POWER * (equity->log_vix - usual));
    double cheap = real_clip(-equity->over_value, 0, 1);
    double drift =
        drift_of[regime] + VALUE_PULL * (VALUE_BUYERS * cheap * cheap - equity->over_value);
    double change = real_clip(drift - INDEX_REVERSAL * equity->last_return + sd * shock, INDEX_FALL,
                              INDEX_RISE);
    double fear = LEVERAGE * shock + sqrt(1 - LEVERAGE * LEVERAGE) * shocks->vix * scale;

    equity->log_index += change;
    equity->over_value += change - VALUE_GROWTH;
    equity->last_return = change;
    equity->log_vix +=
        VIX_PULL * (vix_centre_of[regime] - equity->log_vix) -
        VIX_CALM_PULL * real_clip(equity->log_vix - VIX_CALM, 0, 1) +
        VIX_SD * (fear + VIX_UPWARD * (real_clip(fear * fear, 0, VIX_SQUARE_MAX) - VIX_SQUARE));
    if (equity->log_vix < VIX_LEAST)
        equity->log_vix = VIX_LEAST + (VIX_LEAST - equity->log_vix) * VIX_TURN;
    equity->log_vix = real_clip(equity->log_vix, VIX_LEAST, VIX_MOST);
    out->value[SERIES_SP500] = market_round(SERIES_SP500, real_exp(equity->log_index));
    out->value[SERIES_VIX] =
        market_round(SERIES_VIX, real_exp(equity->log_vix + VIX_NOISE * shocks->vix_noise));
    out->quote_sd[SERIES_SP500_QUOTE - SERIES_PUBLISHED] = sd;
    out->quote_sd[SERIES_VIX_QUOTE - SERIES_PUBLISHED] = VIX_QUOTE_SD;
}

/* What the market expects of the committee beyond the next meeting, in points: judged. */
static double expectation(const struct market_rates *rates, enum market_regime regime, double funds)
{
    if (rates->phase == POLICY_HIKE)
        return 0.9;
    if (rates->phase == POLICY_CUT)
        return regime == REGIME_RECESSION ? -1.12 : -0.8;
    return 0.20 * real_clip(POLICY_NEUTRAL - funds, -3, 3);
}

static double reflect(double value, double floor)
{
    return value < floor ? floor + (floor - value) * 0.5 : value;
}

static double ten_shock(const struct day_shocks *shocks)
{
    return EQUITY_TO_TEN * shocks->equity + sqrt(1 - EQUITY_TO_TEN * EQUITY_TO_TEN) * shocks->ten;
}

static void step_treasuries(struct market_state *state, const struct day_shocks *shocks,
                            double volatility, struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double funds = rates->target_next * QUARTER_POINT - FUNDS_BELOW;
    double ten = ten_shock(shocks);
    double two = TEN_TO_TWO * ten + sqrt(1 - TEN_TO_TWO * TEN_TO_TWO) * shocks->two;
    double aim = funds + TWO_AHEAD + expectation(rates, state->economy.regime, funds);
    double pull = TWO_PULL * ((aim < TWO_AIM_FLOOR ? TWO_AIM_FLOOR : aim) - rates->treasury_2y);
    /* Near zero they move less. */
    double two_scale = 0.25 + 0.75 * real_clip(rates->treasury_2y / 1.8, 0, 1);
    double ten_scale = real_clip(0.35 + 0.65 * rates->treasury_10y / 2.0, 0.35, 1);

    rates->treasury_2y =
        reflect(rates->treasury_2y + pull + TWO_SD * two_scale * volatility * two, TWO_FLOOR);
    double centre =
        TEN_ANCHORED * TEN_ANCHOR + (1 - TEN_ANCHORED) * (rates->treasury_2y + TEN_ABOVE);
    double sd = TEN_SD * ten_scale * volatility;
    double slope = rates->treasury_10y - rates->treasury_2y;
    rates->treasury_10y += TEN_PULL * (centre - rates->treasury_10y) + TEN_FOLLOWS * pull +
                           sd * ten +
                           SLOPE_PULL * (real_clip(slope, SLOPE_LEAST, SLOPE_MOST) - slope);
    rates->treasury_10y = reflect(rates->treasury_10y, TEN_FLOOR);
    out->value[SERIES_TREASURY_2Y] = market_round(SERIES_TREASURY_2Y, rates->treasury_2y);
    out->value[SERIES_TREASURY_10Y] = market_round(SERIES_TREASURY_10Y, rates->treasury_10y);
    out->quote_sd[SERIES_TREASURY_10Y_QUOTE - SERIES_PUBLISHED] = sd;

    double ahead =
        QUARTER_POINT * (double)rates->phase * (state->economy.regime == REGIME_RECESSION ? 2 : 1);
    rates->bill_3m += BILL_PULL * (funds + ahead - BILL_BELOW - rates->bill_3m) +
                      BILL_SD * two_scale * (0.6 * two + 0.8 * shocks->bill);
    rates->bill_3m = reflect(rates->bill_3m, BILL_FLOOR);
    out->value[SERIES_TBILL_3M] = market_round(SERIES_TBILL_3M, rates->bill_3m);

    /* Of unit variance, each of both sums. */
    double credit = 0.42 * shocks->high_yield + 0.9075 * shocks->baa;
    double baa = -0.28 * shocks->equity - 0.375 * ten - 0.24 * shocks->two + 0.816 * credit;
    enum market_regime regime = state->economy.regime;
    rates->baa_spread +=
        BAA_PULL * (baa_centre_of[regime] - rates->baa_spread) + BAA_SD * rates->baa_spread * baa;
    rates->baa_spread = real_clip(reflect(rates->baa_spread, BAA_TURN), BAA_LEAST, BAA_MOST);
    out->value[SERIES_BAA_SPREAD] = market_round(SERIES_BAA_SPREAD, rates->baa_spread);
}

static void step_high_yield(struct market_state *state, const struct day_shocks *shocks,
                            struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    enum market_regime regime = state->economy.regime;
    double fear = state->equity.log_vix - vix_centre_of[regime];
    double stress = real_exp(STRESS_POWER * (state->equity.log_vix - VIX_STRESS));
    double shock = HIGH_YIELD_SD * stress *
                   (-0.66 * shocks->equity - 0.32 * ten_shock(shocks) + 0.59 * shocks->high_yield);

    rates->log_high_yield += HIGH_YIELD_PULL * (high_yield_centre_of[regime] +
                                                HIGH_YIELD_FEAR * fear - rates->log_high_yield) +
                             shock + HIGH_YIELD_AGAIN * rates->high_yield_shock;
    rates->log_high_yield = real_clip(reflect(rates->log_high_yield, HIGH_YIELD_TURN),
                                      HIGH_YIELD_LEAST, HIGH_YIELD_MOST);
    rates->high_yield_shock = shock;
    out->value[SERIES_HY_OAS] = market_round(SERIES_HY_OAS, real_exp(rates->log_high_yield));
}

/* The effective rate sticks to its place in the target range; on few days it is a hundredth off. */
static void step_funds(struct market_state *state, const struct day_shocks *shocks,
                       struct market_day *out)
{
    double upper = state->rates.target * QUARTER_POINT;
    double off = shocks->funds < FUNDS_OFF ? 0.01 : shocks->funds > 1 - FUNDS_OFF ? -0.01 : 0;

    out->value[SERIES_FUNDS] = market_round(SERIES_FUNDS, upper - FUNDS_BELOW + off);
    out->value[SERIES_PRIME] = market_round(SERIES_PRIME, upper + PRIME_ABOVE);
}

static void step_sofr(struct market_state *state, const struct day_shocks *shocks, int64_t day,
                      struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double funds = rates->target * QUARTER_POINT - FUNDS_BELOW;
    int64_t next = business_day_step(BUSINESS_BOND, day, 1);
    double turn = 0;

    if (shocks->sofr_stays > SOFR_STAYS)
        rates->sofr_spread = real_clip(SOFR_PERSIST * rates->sofr_spread + SOFR_SD * shocks->sofr,
                                       SOFR_LOW, SOFR_HIGH);
    if (market_month_of(next) != state->month)
        turn = SOFR_MONTH_END + SOFR_MONTH_SD * shocks->sofr_noise;
    if (turn != 0 && state->month % 3 == 2)
        turn += SOFR_QUARTER;
    out->value[SERIES_SOFR] =
        market_round(SERIES_SOFR, real_clip(funds + rates->sofr_spread + turn, 0.01, 20));
}

static void hold_mortgage_survey(struct market_state *state, uint64_t seed, int64_t day,
                                 struct market_day *out)
{
    struct market_mortgage *mortgage = &state->mortgage;
    struct random_block block = random_at(seed, RANDOM_MARKET_WEEK, 0, (uint32_t)day, 0);
    double average = mortgage->week_days > 0 ? mortgage->week_sum / mortgage->week_days
                                             : state->rates.treasury_10y;
    double excess = state->economy.regime == REGIME_RECESSION ? SPREAD_BAD : 0;

    mortgage->spread_30y =
        SPREAD_PERSIST * mortgage->spread_30y +
        SPREAD_SD * sqrt(1 - SPREAD_PERSIST * SPREAD_PERSIST) * random_normal(block.word[1]);
    mortgage->rate_30y += SURVEY_NOW * (average - mortgage->week_average) +
                          SURVEY_LATER * (mortgage->week_average - mortgage->week_average_before) +
                          SURVEY_PULL * (SPREAD_USUAL + mortgage->spread_30y + excess -
                                         (mortgage->rate_30y - average)) +
                          SURVEY_SD * random_normal(block.word[0]);
    mortgage->rate_30y =
        real_clip(mortgage->rate_30y, average + SPREAD_LEAST, average + SPREAD_MOST);
    mortgage->gap_15y = real_clip(mortgage->gap_15y + GAP_15Y_PULL * (GAP_15Y - mortgage->gap_15y) +
                                      GAP_15Y_SD * random_normal(block.word[2]),
                                  GAP_15Y_LEAST, GAP_15Y_MOST);
    mortgage->week_average_before = mortgage->week_average;
    mortgage->week_average = average;
    mortgage->week_sum = 0;
    mortgage->week_days = 0;
    out->value[SERIES_MORTGAGE_30Y] = market_round(SERIES_MORTGAGE_30Y, mortgage->rate_30y);
    out->value[SERIES_MORTGAGE_15Y] =
        market_round(SERIES_MORTGAGE_15Y, mortgage->rate_30y - mortgage->gap_15y);
}

static bool jobs_friday(int64_t day, uint64_t seed)
{
    int64_t release = 0;

    series_release_day(SERIES_UNEMPLOYMENT, seed, market_month_of(day) - 1, &release);
    return release == day;
}

static double rates_volatility(struct market_rates *rates, uint64_t seed,
                               const struct day_shocks *shocks, int64_t day)
{
    rates->log_volatility = RATES_PERSIST * rates->log_volatility +
                            RATES_SD * sqrt(1 - RATES_PERSIST * RATES_PERSIST) * shocks->volatility;
    return real_exp(rates->log_volatility - RATES_SD * RATES_SD) *
           (jobs_friday(day, seed) ? JOBS_DAY : 1) * (fomc_day(day) ? FOMC_DAY : 1) *
           (shocks->burst < BURST_SHARE ? BURST_SCALE : mixture_rest(BURST_SHARE, BURST_SCALE));
}

void market_state_step(struct market_state *state, uint64_t seed, int64_t day,
                       struct market_day *out)
{
    struct day_shocks shocks = draw_day(seed, day);

    if (out->open[BUSINESS_BANK]) {
        state->rates.target = state->rates.target_next;
        step_funds(state, &shocks, out);
    }
    if (fomc_day(day))
        market_policy_meeting(state, seed, day);
    if (out->open[BUSINESS_EXCHANGE])
        step_equity(state, &shocks, out);
    if (series_survey_day(day))
        hold_mortgage_survey(state, seed, day, out);
    if (out->open[BUSINESS_BOND]) {
        double volatility = rates_volatility(&state->rates, seed, &shocks, day);
        step_treasuries(state, &shocks, volatility, out);
        step_high_yield(state, &shocks, out);
        step_sofr(state, &shocks, day, out);
        state->mortgage.week_sum += state->rates.treasury_10y;
        state->mortgage.week_days++;
    }
    state->day = day;
}
