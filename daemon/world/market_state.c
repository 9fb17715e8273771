
#include <math.h>

#include "clock/civil.h"
#include "world/market_shocks.h"
#include "world/random.h"
#include "world/real.h"

/* Where a figure is of one series, it is fitted to what market_series.csv says of it (change_sd,
 * lag1_autocorr, plausible_min and _max, sim_recipe), weights of shocks to
 * market_change_correlations.csv, and spreads to market_spreads.csv; what is judged is so marked.
 * `credctl verify --realism` compares the outcome. */

/* Of the index by regime, log a day. */
static const double drift_of[] = {0.00052, 0.0001, 0.0006};

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
#define BUST_DRIFT     (-0.0022) /* in the first BUST_MONTHS of a recession */
#define BUST_MONTHS    8
#define RESCUE_FROM    0.15 /* log under the peak, from where buyers come outside recessions … */
#define RESCUE         0.07 /* … by so much of what it is further down, a day */
#define SLOW_PULL      0.0075  /* of the slow mean to the index, a day */
#define VALUE_PULL     0.0008  /* of the index to what it is worth, a day */
#define VALUE_BUYERS   3       /* how much faster where it is cheap */
#define VALUE_GROWTH   0.00029 /* of what it is worth, log a day */
#define LEVERAGE       (-0.92) /* correlation of shocks to the index and to the VIX */
#define VIX_PULL       0.02    /* a day: it persists by .98 */
#define VIX_CALM_PULL  0.05    /* besides, above VIX_CALM */
#define VIX_CALM       3.55
#define VIX_GOOD       3.35 /* as VIX_CALM outside recessions */
#define VIX_GOOD_PULL  0.11
#define VIX_SD         0.062  /* with the noise, 6.8% a day */
#define UNREST_PERSIST 0.95   /* of the size of the moves of the VIX, a day … */
#define UNREST_SD      0.33   /* … its sd, as a logarithm … */
#define UNREST_FEAR    0.05   /* … and what a large move adds to it */
#define ERA_PERSIST    0.9985 /* of what the VIX comes back to, a day … */
#define ERA_SD         0.17
#define HEAT_PULL      0.10  /* of the variance of late, a day … */
#define HEAT_SHARE     0.65  /* … and how much of it is in the moves of the next day */
#define HEAT_MOST      10    /* one day counts no more */
#define VIX_UPWARD     0.13  /* large moves of either sign lift it … */
#define VIX_SQUARE     0.95  /* … against the usual square of a move, … */
#define VIX_SQUARE_MAX 12    /* … cut off here */
#define VIX_LEAST      2.20  /* log of 9, where it is turned back … */
#define VIX_TURN       0.3   /* … by so much of what it is below */
#define VIX_MOST       4.40  /* log of 81 */
#define VIX_NOISE      0.012 /* of its observation */
#define VIX_QUOTE_SD   0.055

/* Treasuries: a 2-year that expects the committee, a 10-year that follows a part of it. */
#define TWO_AHEAD     0.15  /* of the 2-year over the funds rate, without expectations */
#define TWO_PULL      0.010 /* a day */
#define TWO_SD        0.062
#define TWO_OWN_SD    0.30  /* of its own log volatility … */
#define TWO_SUDDEN    0.03  /* of days, with moves of its own … */
#define TWO_SCALE     3.0   /* … so many times as large */
#define TWO_OWN_STAYS 0.996 /* … from day to day */
#define TWO_FLOOR     0.05
#define TWO_AIM_FLOOR 0.12
#define TEN_ANCHOR    4.1  /* what it comes back to by itself, */
#define TEN_ANCHORED  0.3  /* so much, */
#define TEN_ABOVE     0.95 /* and for the rest over the 2-year */
#define TEN_PULL      0.0020
#define TEN_FOLLOWS   0.35 /* of the 2-year's pull */
#define TEN_SD        0.0565
#define TEN_BACK      0.045 /* of a move, given back two days later */
#define TEN_FLOOR     0.5
#define TEN_TO_TWO    0.78
#define SLOPE_LEAST   (-0.4) /* of the curve: beyond these buyers come for the cheaper end */
#define SLOPE_MOST    2.3
#define SLOPE_PULL    0.04 /* a day */
#define BURST_SHARE   0.01 /* of days, with moves of rates … */
#define BURST_SCALE   1.8  /* … so many times as large */
#define RATES_SD      0.30 /* of the log volatility that rates share */
#define RATES_PERSIST 0.994
#define JOBS_DAY      1.25 /* times the moves on the day of the jobs report */
#define FOMC_DAY      1.15

/* Mortgages: the survey follows the 10-year's average from Monday to Wednesday, now and a week
 * later. */
#define SURVEY_DAYS    3
#define SURVEY_NOW     0.74
#define SURVEY_LATER   0.12
#define SURVEY_PULL    0.05 /* a week, to the usual spread */
#define SURVEY_SD      0.030
#define SURVEY_NOISE   0.016 /* of the lenders asked in one week */
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
                  .funds_below = 12,
                  .bill_3m = 3.62,
                  .treasury_2y = 3.75,
                  .treasury_10y = 4.30,
                  .baa_spread = 1.70,
                  .log_high_yield = 1.10},
        .equity = {.log_index = levels->index,
                   .log_peak = levels->index,
                   .log_slow = levels->index,
                   .heat = 1,
                   .log_vix = 2.83},
        .mortgage = {.rate_30y = 6.45,
                     .gap_15y = 0.80,
                     .week_average = 4.30,
                     .week_average_before = 4.30},
    };
    market_economy_start(&state->economy, levels);
    state->economy.sentiment_index = levels->index;
}

/* A recession begins with a bust and ends with a recovery; otherwise a bad fall finds buyers. */
static double equity_drift(const struct market_state *state)
{
    const struct market_equity *equity = &state->equity;
    const struct market_economy *economy = &state->economy;
    double cheap = real_clip(-equity->over_value, 0, 1);
    double drift = drift_of[economy->regime] +
                   VALUE_PULL * (VALUE_BUYERS * cheap * cheap - equity->over_value);

    if (economy->regime == REGIME_RECESSION)
        return economy->regime_months <= BUST_MONTHS ? drift + BUST_DRIFT : drift;
    return drift + RESCUE * real_clip(equity->log_peak - equity->log_index - RESCUE_FROM, 0, 0.3);
}

static double equity_sd(const struct market_equity *equity)
{
    double usual = real_clip(equity->log_vix, 0, VIX_PANIC);

    return INDEX_SD *
           real_exp(INDEX_POWER * (usual - VIX_MEDIAN) + PANIC_POWER * (equity->log_vix - usual));
}

static void move_index(struct market_equity *equity, double change, double expected_sd)
{
    double size = change / expected_sd;

    equity->heat += HEAT_PULL * (real_clip(size * size, 0, HEAT_MOST) - equity->heat);
    equity->log_index += change;
    equity->log_slow += SLOW_PULL * (equity->log_index - equity->log_slow);
    if (equity->log_index > equity->log_peak)
        equity->log_peak = equity->log_index;
    equity->over_value += change - VALUE_GROWTH;
    equity->last_return = change;
}

static void move_vix(struct market_equity *equity, enum market_regime regime, double fear,
                     const struct day_shocks *shocks)
{
    double unrest = real_exp(equity->log_unrest - UNREST_SD * UNREST_SD);
    double size = fear < 0 ? -fear : fear;

    equity->log_era = ERA_PERSIST * equity->log_era +
                      ERA_SD * sqrt(1 - ERA_PERSIST * ERA_PERSIST) * shocks->vix_era;
    equity->log_unrest =
        UNREST_PERSIST * equity->log_unrest +
        UNREST_SD * sqrt(1 - UNREST_PERSIST * UNREST_PERSIST) * shocks->vix_unrest +
        UNREST_FEAR * real_clip(size - 0.75, -1, 4);
    equity->log_vix +=
        VIX_PULL * (market_vix_centre[regime] + equity->log_era - equity->log_vix) -
        VIX_CALM_PULL * real_clip(equity->log_vix - VIX_CALM, 0, 1) -
        (regime == REGIME_RECESSION ? 0 : VIX_GOOD_PULL) *
            real_clip(equity->log_vix - VIX_GOOD, 0, 1) +
        VIX_SD * unrest *
            (fear + VIX_UPWARD * (real_clip(fear * fear, 0, VIX_SQUARE_MAX) - VIX_SQUARE));
    if (equity->log_vix < VIX_LEAST)
        equity->log_vix = VIX_LEAST + (VIX_LEAST - equity->log_vix) * VIX_TURN;
    equity->log_vix = real_clip(equity->log_vix, VIX_LEAST, VIX_MOST);
}

/* Volatility follows the VIX of the day before, and what the last days were beyond it; shocks are a
 * mixture with rare, negative jumps. */
static void step_equity(struct market_state *state, const struct day_shocks *shocks,
                        struct market_day *out)
{
    struct market_equity *equity = &state->equity;
    bool jump = shocks->jump < JUMP_SHARE;
    double scale = jump ? JUMP_SCALE : market_mixture_rest(JUMP_SHARE, JUMP_SCALE);
    double shift = -0.5 * JUMP_SCALE * (jump ? 1 : -JUMP_SHARE / (1 - JUMP_SHARE));
    double shock = shocks->equity * scale + shift;
    double expected = equity_sd(equity);
    double sd = expected * sqrt(1 - HEAT_SHARE + HEAT_SHARE * equity->heat);
    double change =
        real_clip(equity_drift(state) - INDEX_REVERSAL * equity->last_return + sd * shock,
                  INDEX_FALL, INDEX_RISE);
    double fear = LEVERAGE * shock + sqrt(1 - LEVERAGE * LEVERAGE) * shocks->vix * scale;

    move_index(equity, change, expected);
    move_vix(equity, state->economy.regime, fear, shocks);
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

static void step_treasuries(struct market_state *state, const struct day_shocks *shocks,
                            double volatility, struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double funds = rates->target_next * QUARTER_POINT - FUNDS_BELOW;
    double ten = market_ten_shock(shocks);
    double own =
        shocks->two_sudden < TWO_SUDDEN ? TWO_SCALE : market_mixture_rest(TWO_SUDDEN, TWO_SCALE);
    double two = TEN_TO_TWO * ten + sqrt(1 - TEN_TO_TWO * TEN_TO_TWO) * own * shocks->two;
    double aim = funds + TWO_AHEAD + expectation(rates, state->economy.regime, funds);
    double pull = TWO_PULL * ((aim < TWO_AIM_FLOOR ? TWO_AIM_FLOOR : aim) - rates->treasury_2y);
    /* Near zero they move less. */
    double two_scale = (0.18 + 0.82 * real_clip(rates->treasury_2y / 2.0, 0, 1)) *
                       real_exp(rates->log_volatility_2y - TWO_OWN_SD * TWO_OWN_SD);
    double ten_scale = real_clip(0.35 + 0.65 * rates->treasury_10y / 2.0, 0.35, 1);

    rates->treasury_2y = market_reflect(
        rates->treasury_2y + pull + TWO_SD * two_scale * volatility * two, TWO_FLOOR);
    double centre =
        TEN_ANCHORED * TEN_ANCHOR + (1 - TEN_ANCHORED) * (rates->treasury_2y + TEN_ABOVE);
    double sd = TEN_SD * ten_scale * volatility;
    double slope = rates->treasury_10y - rates->treasury_2y;
    rates->treasury_10y += TEN_PULL * (centre - rates->treasury_10y) + TEN_FOLLOWS * pull +
                           sd * ten - TEN_BACK * rates->ten_shocks[1] +
                           SLOPE_PULL * (real_clip(slope, SLOPE_LEAST, SLOPE_MOST) - slope);
    rates->treasury_10y = market_reflect(rates->treasury_10y, TEN_FLOOR);
    rates->ten_shocks[1] = rates->ten_shocks[0];
    rates->ten_shocks[0] = sd * ten;
    out->value[SERIES_TREASURY_2Y] = market_round(SERIES_TREASURY_2Y, rates->treasury_2y);
    out->value[SERIES_TREASURY_10Y] = market_round(SERIES_TREASURY_10Y, rates->treasury_10y);
    out->quote_sd[SERIES_TREASURY_10Y_QUOTE - SERIES_PUBLISHED] = sd;

    market_step_bill(state, shocks, two, two_scale, out);
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
    double shown = mortgage->rate_30y + SURVEY_NOISE * random_normal(block.word[3]);
    out->value[SERIES_MORTGAGE_30Y] = market_round(SERIES_MORTGAGE_30Y, shown);
    out->value[SERIES_MORTGAGE_15Y] = market_round(SERIES_MORTGAGE_15Y, shown - mortgage->gap_15y);
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
    rates->log_volatility_2y =
        TWO_OWN_STAYS * rates->log_volatility_2y +
        TWO_OWN_SD * sqrt(1 - TWO_OWN_STAYS * TWO_OWN_STAYS) * shocks->volatility_2y;
    return real_exp(rates->log_volatility - RATES_SD * RATES_SD) *
           (jobs_friday(day, seed) ? JOBS_DAY : 1) * (fomc_day(day) ? FOMC_DAY : 1) *
           (shocks->burst < BURST_SHARE ? BURST_SCALE
                                        : market_mixture_rest(BURST_SHARE, BURST_SCALE));
}

void market_state_step(struct market_state *state, uint64_t seed, int64_t day,
                       struct market_day *out)
{
    struct day_shocks shocks = market_draw_day(seed, day);

    if (out->open[BUSINESS_BANK]) {
        state->rates.target = state->rates.target_next;
        market_step_funds(state, &shocks, out);
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
        market_step_spreads(state, &shocks, out);
        market_step_sofr(state, &shocks, day, out);
        if (civil_weekday(day) < SURVEY_DAYS) {
            state->mortgage.week_sum += state->rates.treasury_10y;
            state->mortgage.week_days++;
        }
    }
    state->day = day;
}
