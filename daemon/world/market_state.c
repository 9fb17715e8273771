#include "world/market_state.h"

#include <math.h>

#include "world/random.h"
#include "world/real.h"

/* The shocks of one day: standard normals unless named otherwise. */
struct day_shocks {
    double volatility, equity, vix, vix_noise, ten, two, bill, sofr, sofr_noise, baa, high_yield;
    double jump, burst, funds, sofr_stays; /* uniform */
};

static const double drift_of[] = {0.00052, 0.0001, -0.0006};
static const double vix_centre_of[] = {2.79, 3.02, 3.33};
static const double baa_centre_of[] = {1.75, 2.2, 3.5};
static const double high_yield_centre_of[] = {1.22, 1.55, 2.14}; /* log of 3.4, 4.7, 8.5 */

#define POLICY_NEUTRAL  3.0
#define POLICY_TOP      26 /* quarter points */
#define BURST_SHARE     0.02
#define BURST_SCALE     2.1
#define JUMP_SHARE      0.03
#define JUMP_SCALE      2.5
#define LEVERAGE        (-0.92)
#define EQUITY_TO_TEN   0.27
#define TEN_TO_TWO      0.78
#define HIGH_YIELD_FEAR 0.7     /* of the log VIX above its centre that high yield takes on */
#define VIX_PANIC       3.5     /* log: above it fear grows faster than the moves */
#define VALUE_PULL      0.0008  /* of the index to what it is worth, a day */
#define VALUE_GROWTH    0.00029 /* of what it is worth, log a day */
#define SLOPE_LEAST     (-0.4)  /* of the curve: beyond these buyers come for the cheaper end */
#define SLOPE_MOST      2.3

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

/* The committee's move in quarter points, in the direction that it had announced. */
static int policy_move(const struct market_rates *rates, enum market_regime regime,
                       const double uniform[2])
{
    if (rates->phase == POLICY_HIKE && uniform[0] < 0.92) {
        if (regime == REGIME_RECESSION)
            return 0;
        if (regime == REGIME_SLOWDOWN)
            return uniform[1] < 0.5 ? 1 : 0;
        return uniform[1] < 0.65 ? 1 : uniform[1] < 0.90 ? 2 : 3;
    }
    if (rates->phase == POLICY_CUT && uniform[0] < 0.80) {
        if (regime == REGIME_RECESSION)
            return uniform[1] < 0.20 ? -1 : uniform[1] < 0.60 ? -2 : -3;
        return uniform[1] < 0.68 ? -1 : -2;
    }
    return 0;
}

static enum policy_phase phase_in_expansion(const struct market_rates *rates,
                                            const struct market_economy *economy, double uniform)
{
    double upper = rates->target_next * 0.25;
    double gap = POLICY_NEUTRAL - upper;
    double hot = real_clip(economy->inflation_year - 2.5, -1.5, 3);

    if (rates->phase == POLICY_HIKE)
        return uniform < 0.09 - 0.02 * hot + 0.12 * real_clip((upper - 4.0) / 2, 0, 3)
                   ? POLICY_HOLD
                   : POLICY_HIKE;
    if (rates->phase == POLICY_CUT) {
        double end = 0.12 + 0.25 * real_clip((2.0 - upper) / 2, 0, 1);
        return uniform < end || rates->target_next <= 1 ? POLICY_HOLD : POLICY_CUT;
    }
    double slack = real_clip((economy->unemployment - 4.3) / 2.5, 0, 1);
    double up = (0.05 + 0.045 * real_clip(gap, -1, 3) + 0.035 * hot) * (1 - 0.9 * slack);
    double down = rates->target_next > 1 ? 0.03 + 0.05 * real_clip(-gap, -0.6, 3) - 0.02 * hot : 0;
    return uniform < up ? POLICY_HIKE : uniform < up + down ? POLICY_CUT : POLICY_HOLD;
}

static enum policy_phase next_phase(const struct market_rates *rates,
                                    const struct market_economy *economy, double uniform)
{
    if (economy->regime == REGIME_EXPANSION)
        return phase_in_expansion(rates, economy, uniform);
    if (rates->target_next <= 1)
        return POLICY_HOLD;
    if (rates->phase == POLICY_CUT)
        return POLICY_CUT;
    if (economy->regime == REGIME_RECESSION)
        return uniform < 0.70 ? POLICY_CUT : rates->phase;
    return uniform < 0.25 ? POLICY_CUT : uniform < 0.60 ? POLICY_HOLD : rates->phase;
}

static void hold_meeting(struct market_state *state, uint64_t seed, int64_t day)
{
    struct market_rates *rates = &state->rates;
    struct random_block block = random_at(seed, RANDOM_MARKET_MEETING, 0, (uint32_t)day, 0);
    double uniform[2] = {random_uniform(block.word[0]), random_uniform(block.word[1])};
    int next = rates->target + policy_move(rates, state->economy.regime, uniform);

    rates->target_next = next < 1 ? 1 : next > POLICY_TOP ? rates->target : next;
    rates->phase = next_phase(rates, &state->economy, random_uniform(block.word[2]));
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
    double sd = 0.80 * 0.176 / sqrt(252) *
                real_exp(1.30 * (usual - 2.868) + 0.75 * (equity->log_vix - usual));
    double cheap = real_clip(-equity->over_value, 0, 1);
    double drift = drift_of[regime] + VALUE_PULL * (3 * cheap * cheap - equity->over_value);
    double change = real_clip(drift - 0.07 * equity->last_return + sd * shock, -0.13, 0.12);
    double fear = LEVERAGE * shock + sqrt(1 - LEVERAGE * LEVERAGE) * shocks->vix * scale;

    equity->log_index += change;
    equity->over_value += change - VALUE_GROWTH;
    equity->last_return = change;
    equity->log_vix += 0.02 * (vix_centre_of[regime] - equity->log_vix) -
                       0.05 * real_clip(equity->log_vix - 3.55, 0, 1) +
                       0.064 * (fear + 0.13 * (real_clip(fear * fear, 0, 12) - 0.95));
    if (equity->log_vix < 2.20)
        equity->log_vix = 2.20 + (2.20 - equity->log_vix) * 0.3;
    equity->log_vix = real_clip(equity->log_vix, 2.20, 4.40);
    out->value[SERIES_SP500] = market_round(SERIES_SP500, real_exp(equity->log_index));
    out->value[SERIES_VIX] =
        market_round(SERIES_VIX, real_exp(equity->log_vix + 0.019 * shocks->vix_noise));
    out->quote_sd[SERIES_SP500_QUOTE - SERIES_PUBLISHED] = sd;
    out->quote_sd[SERIES_VIX_QUOTE - SERIES_PUBLISHED] = 0.055;
}

/* What the market expects of the committee beyond the next meeting. */
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
    double funds = rates->target_next * 0.25 - 0.12;
    double ten = ten_shock(shocks);
    double two = TEN_TO_TWO * ten + sqrt(1 - TEN_TO_TWO * TEN_TO_TWO) * shocks->two;
    double aim = funds + 0.15 + expectation(rates, state->economy.regime, funds);
    double pull = 0.010 * ((aim < 0.12 ? 0.12 : aim) - rates->treasury_2y);
    double two_scale = 0.25 + 0.75 * real_clip(rates->treasury_2y / 1.8, 0, 1);
    double ten_scale = real_clip(0.35 + 0.65 * rates->treasury_10y / 2.0, 0.35, 1);

    rates->treasury_2y =
        reflect(rates->treasury_2y + pull + 0.062 * two_scale * volatility * two, 0.05);
    double centre = 0.3 * 4.1 + 0.7 * (rates->treasury_2y + 0.95);
    double sd = 0.0565 * ten_scale * volatility;
    double slope = rates->treasury_10y - rates->treasury_2y;
    rates->treasury_10y += 0.0020 * (centre - rates->treasury_10y) + 0.35 * pull + sd * ten +
                           0.04 * (real_clip(slope, SLOPE_LEAST, SLOPE_MOST) - slope);
    rates->treasury_10y = reflect(rates->treasury_10y, 0.5);
    out->value[SERIES_TREASURY_2Y] = market_round(SERIES_TREASURY_2Y, rates->treasury_2y);
    out->value[SERIES_TREASURY_10Y] = market_round(SERIES_TREASURY_10Y, rates->treasury_10y);
    out->quote_sd[SERIES_TREASURY_10Y_QUOTE - SERIES_PUBLISHED] = sd;

    double ahead =
        0.25 * (double)rates->phase * (state->economy.regime == REGIME_RECESSION ? 2 : 1);
    rates->bill_3m += 0.05 * (funds + ahead - 0.06 - rates->bill_3m) +
                      0.027 * two_scale * (0.6 * two + 0.8 * shocks->bill);
    rates->bill_3m = reflect(rates->bill_3m, 0.01);
    out->value[SERIES_TBILL_3M] = market_round(SERIES_TBILL_3M, rates->bill_3m);

    double credit = 0.42 * shocks->high_yield + 0.9075 * shocks->baa;
    double baa = -0.28 * shocks->equity - 0.375 * ten - 0.24 * shocks->two + 0.816 * credit;
    enum market_regime regime = state->economy.regime;
    rates->baa_spread +=
        0.006 * (baa_centre_of[regime] - rates->baa_spread) + 0.0165 * rates->baa_spread * baa;
    rates->baa_spread = real_clip(reflect(rates->baa_spread, 1.32), 1.30, 6.0);
    out->value[SERIES_BAA_SPREAD] = market_round(SERIES_BAA_SPREAD, rates->baa_spread);
}

static void step_high_yield(struct market_state *state, const struct day_shocks *shocks,
                            struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    enum market_regime regime = state->economy.regime;
    double fear = state->equity.log_vix - vix_centre_of[regime];
    double stress = real_exp(0.6 * (state->equity.log_vix - 2.9));
    double shock = 0.0175 * stress *
                   (-0.66 * shocks->equity - 0.32 * ten_shock(shocks) + 0.59 * shocks->high_yield);

    rates->log_high_yield +=
        0.016 * (high_yield_centre_of[regime] + HIGH_YIELD_FEAR * fear - rates->log_high_yield) +
        shock + 0.25 * rates->high_yield_shock;
    rates->log_high_yield = real_clip(reflect(rates->log_high_yield, 0.90), 0.88, 3.05);
    rates->high_yield_shock = shock;
    out->value[SERIES_HY_OAS] = market_round(SERIES_HY_OAS, real_exp(rates->log_high_yield));
}

/* The effective rate sticks to its place in the target range; on few days it is a point off. */
static void step_funds(struct market_state *state, const struct day_shocks *shocks,
                       struct market_day *out)
{
    double upper = state->rates.target * 0.25;
    double off = shocks->funds < 0.04 ? 0.01 : shocks->funds > 0.96 ? -0.01 : 0;

    out->value[SERIES_FUNDS] = market_round(SERIES_FUNDS, upper - 0.12 + off);
    out->value[SERIES_PRIME] = market_round(SERIES_PRIME, upper + 3.0);
}

static void step_sofr(struct market_state *state, const struct day_shocks *shocks, int64_t day,
                      struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double funds = rates->target * 0.25 - 0.12;
    int64_t next = business_day_step(BUSINESS_BOND, day, 1);
    double turn = 0;

    if (shocks->sofr_stays > 0.40)
        rates->sofr_spread =
            real_clip(0.65 * rates->sofr_spread + 0.018 * shocks->sofr, -0.11, 0.25);
    if (market_month_of(next) != state->month)
        turn = 0.03 + 0.02 * shocks->sofr_noise;
    if (turn != 0 && state->month % 3 == 2)
        turn += 0.05;
    out->value[SERIES_SOFR] =
        market_round(SERIES_SOFR, real_clip(funds + rates->sofr_spread + turn, 0.01, 20));
}

/* The survey follows the week's average of the 10-year by 0.77 now and 0.25 a week later. */
static void hold_mortgage_survey(struct market_state *state, uint64_t seed, int64_t day,
                                 struct market_day *out)
{
    struct market_mortgage *mortgage = &state->mortgage;
    struct random_block block = random_at(seed, RANDOM_MARKET_WEEK, 0, (uint32_t)day, 0);
    double average = mortgage->week_days > 0 ? mortgage->week_sum / mortgage->week_days
                                             : state->rates.treasury_10y;
    double excess = state->economy.regime == REGIME_RECESSION ? 0.3 : 0;

    mortgage->spread_30y =
        0.99 * mortgage->spread_30y + 0.36 * sqrt(1 - 0.99 * 0.99) * random_normal(block.word[1]);
    mortgage->rate_30y +=
        0.77 * (average - mortgage->week_average) +
        0.25 * (mortgage->week_average - mortgage->week_average_before) +
        0.05 * (1.75 + mortgage->spread_30y + excess - (mortgage->rate_30y - average)) +
        0.042 * random_normal(block.word[0]);
    mortgage->rate_30y = real_clip(mortgage->rate_30y, average + 1.08, average + 2.82);
    mortgage->gap_15y = real_clip(mortgage->gap_15y + 0.015 * (0.62 - mortgage->gap_15y) +
                                      0.030 * random_normal(block.word[2]),
                                  0.20, 1.0);
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
    const double sd = 0.36, persistence = 0.985;

    rates->log_volatility = persistence * rates->log_volatility +
                            sd * sqrt(1 - persistence * persistence) * shocks->volatility;
    return real_exp(rates->log_volatility - sd * sd) * (jobs_friday(day, seed) ? 1.4 : 1) *
           (fomc_day(day) ? 1.3 : 1) *
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
        hold_meeting(state, seed, day);
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
