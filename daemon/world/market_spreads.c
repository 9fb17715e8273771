/* Spreads of credit: Baa in points, high yield as a logarithm. Fitted to their lines in
 * market_series.csv and market_series_stats.csv (change_sd, kurtosis, skew, share of unchanged
 * days) and to market_change_correlations.csv, by years where these differ. */
#include <math.h>

#include "world/market_shocks.h"
#include "world/real.h"

/* By regime. */
static const double baa_centre_of[] = {1.75, 2.2, 3.3};          /* points */
static const double high_yield_centre_of[] = {1.22, 1.55, 2.10}; /* log of 3.4, 4.7, 8.2 */

#define BAA_PULL  0.006
#define BAA_SD    0.0138 /* of its level, a day, at a log VIX of VIX_STRESS … */
#define BAA_POWER 0.5    /* … and how it grows with it */
#define BAA_LEAST 1.30
#define BAA_TURN  1.32
#define BAA_MOST  6.0

#define HIGH_YIELD_PULL  0.022
#define HIGH_YIELD_SD    0.0165
#define VIX_STRESS       2.9
#define STRESS_POWER     0.5
#define HIGH_YIELD_FEAR  0.90 /* of the log VIX above its centre that high yield takes on */
#define HIGH_YIELD_AGAIN 0.20 /* of a day's shock on the next */
#define HIGH_YIELD_TURN  0.90
#define HIGH_YIELD_LEAST 0.88 /* log of 2.4 */
#define HIGH_YIELD_MOST  3.05 /* log of 21 */

/* How closely high yield follows equity: a slow state about TIE_USUAL; in stress closer. */
#define TIE_PERSIST 0.994 /* a day */
#define TIE_USUAL   0.54
#define TIE_SD      0.26
#define TIE_STRESS  0.12
#define TIE_LEAST   0.05
#define TIE_MOST    0.80
#define TEN_TIE     0.36 /* to the 10-year */

/* Now and then a default or a fright widens both. */
#define JUMP_SHARE 0.012
#define JUMP_SIZE  2.0  /* mean, in sds of a day */
#define HEAVY      0.05 /* of days that move … */
#define HEAVY_SIZE 2.3  /* … so many times as much */

static double credit_jump(const struct day_shocks *shocks)
{
    /* Exponential, and on average nothing: spreads come down slowly between. */
    double size = shocks->credit_jump < JUMP_SHARE ? -JUMP_SIZE * real_log(shocks->credit_size) : 0;

    return size - JUMP_SHARE * JUMP_SIZE;
}

static double own_scale(const struct day_shocks *shocks)
{
    return shocks->credit_heavy < HEAVY ? HEAVY_SIZE : market_mixture_rest(HEAVY, HEAVY_SIZE);
}

static void step_baa(struct market_state *state, const struct day_shocks *shocks,
                     struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double stress = real_exp(BAA_POWER * (state->equity.log_vix - VIX_STRESS));
    /* Of unit variance, each of both sums. */
    double credit = 0.42 * shocks->high_yield + 0.9075 * shocks->baa;
    double shock = -0.28 * shocks->equity - 0.375 * market_ten_shock(shocks) - 0.24 * shocks->two +
                   0.816 * own_scale(shocks) * credit + 0.8 * credit_jump(shocks);

    rates->baa_spread += BAA_PULL * (baa_centre_of[state->economy.regime] - rates->baa_spread) +
                         BAA_SD * stress * rates->baa_spread * shock;
    rates->baa_spread = real_clip(market_reflect(rates->baa_spread, BAA_TURN), BAA_LEAST, BAA_MOST);
    out->value[SERIES_BAA_SPREAD] = market_round(SERIES_BAA_SPREAD, rates->baa_spread);
}

static double high_yield_tie(struct market_rates *rates, const struct day_shocks *shocks,
                             double stressed)
{
    rates->credit_tie = TIE_PERSIST * rates->credit_tie +
                        TIE_SD * sqrt(1 - TIE_PERSIST * TIE_PERSIST) * shocks->credit_tie;
    return real_clip(TIE_USUAL + rates->credit_tie + TIE_STRESS * stressed, TIE_LEAST, TIE_MOST);
}

static void step_high_yield(struct market_state *state, const struct day_shocks *shocks,
                            struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    enum market_regime regime = state->economy.regime;
    double fear = state->equity.log_vix - market_vix_centre[regime];
    double stressed = state->equity.log_vix - VIX_STRESS;
    double tie = high_yield_tie(rates, shocks, stressed);
    double shock =
        -tie * shocks->equity - TEN_TIE * market_ten_shock(shocks) +
        sqrt(1 - tie * tie - TEN_TIE * TEN_TIE) * own_scale(shocks) * shocks->high_yield +
        credit_jump(shocks);

    shock *= HIGH_YIELD_SD * real_exp(STRESS_POWER * stressed);
    rates->log_high_yield += HIGH_YIELD_PULL * (high_yield_centre_of[regime] +
                                                HIGH_YIELD_FEAR * fear - rates->log_high_yield) +
                             shock + HIGH_YIELD_AGAIN * rates->high_yield_shock;
    rates->log_high_yield = real_clip(market_reflect(rates->log_high_yield, HIGH_YIELD_TURN),
                                      HIGH_YIELD_LEAST, HIGH_YIELD_MOST);
    rates->high_yield_shock = shock;
    out->value[SERIES_HY_OAS] = market_round(SERIES_HY_OAS, real_exp(rates->log_high_yield));
}

void market_step_spreads(struct market_state *state, const struct day_shocks *shocks,
                         struct market_day *out)
{
    step_baa(state, shocks, out);
    step_high_yield(state, shocks, out);
}
