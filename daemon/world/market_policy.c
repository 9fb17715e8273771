/* The committee that sets the range of the funds rate: it decides a meeting ahead in which
 * direction it will go, so that the market can expect it. */
#include "world/market_state.h"
#include "world/random.h"
#include "world/real.h"

/* Fitted to fed_funds_effective in market_series.csv, which has .34 moves a meeting, 68, 26 and 6%
 * of them of one, two and three quarter points, and 87% in the direction of the one before. What
 * depends on the regime is judged. */

#define TARGET_TOP    26 /* quarter points */
#define TARGET_BOTTOM 1
#define HIKE_COMES    0.92 /* chance of the move that was announced */
#define CUT_COMES     0.80
#define INFLATION_AIM 2.5 /* percent a year: above it the committee hikes sooner and longer … */
#define INFLATION_PER 1.0 /* … by so many points for each */
#define JOBS_AIM      5.3 /* unemployment above which it cuts, and below which it hikes … */
#define JOBS_PER      1.0
#define LONG_HOLD     12   /* meetings without a move, after which one is twice as likely … */
#define TOO_LONG      36   /* … and the committee wants to be away from an extreme */
#define CRASH_CUTS    0.95 /* chance that it turns to cuts at a meeting after a crash … */
#define CRASH_WHOLE   0.15 /* … of this size */

/* Where the target should be, in percent: judged. */
static double wanted(const struct market_economy *economy)
{
    return POLICY_NEUTRAL +
           INFLATION_PER * real_clip(economy->inflation_year - INFLATION_AIM, -2, 5) -
           JOBS_PER * real_clip(economy->unemployment - JOBS_AIM, -0.6, 4);
}

/* The committee's move in quarter points, in the direction that it had announced. */
static int policy_move(const struct market_rates *rates, enum market_regime regime,
                       const double uniform[2])
{
    if (rates->phase == POLICY_HIKE && uniform[0] < HIKE_COMES) {
        if (regime == REGIME_RECESSION)
            return 0;
        if (regime == REGIME_SLOWDOWN)
            return uniform[1] < 0.5 ? 1 : 0;
        return uniform[1] < 0.65 ? 1 : uniform[1] < 0.90 ? 2 : 3;
    }
    if (rates->phase == POLICY_CUT && uniform[0] < CUT_COMES) {
        if (regime == REGIME_RECESSION)
            return uniform[1] < 0.20 ? -1 : uniform[1] < 0.60 ? -2 : -3;
        return uniform[1] < 0.68 ? -1 : -2;
    }
    return 0;
}

static bool upper_is_low(const struct market_rates *rates)
{
    return rates->target_next * QUARTER_POINT < POLICY_NEUTRAL;
}

static enum policy_phase phase_in_expansion(const struct market_rates *rates,
                                            const struct market_economy *economy, double uniform)
{
    double gap = wanted(economy) - rates->target_next * QUARTER_POINT;
    bool bottom = rates->target_next <= TARGET_BOTTOM;

    if (rates->phase == POLICY_HIKE)
        return uniform < real_clip(0.16 - 0.10 * gap, 0.04, 0.7) ? POLICY_HOLD : POLICY_HIKE;
    if (rates->phase == POLICY_CUT)
        return uniform < real_clip(0.18 + 0.10 * gap, 0.06, 0.7) || bottom ? POLICY_HOLD
                                                                           : POLICY_CUT;
    double long_hold = 1 + (double)rates->held / LONG_HOLD;
    double tired = 0.02 * real_clip(rates->held - TOO_LONG, 0, 40);
    double up = real_clip(0.03 + 0.06 * gap, 0, 0.30) * long_hold;
    if (upper_is_low(rates))
        up += tired;
    double down = bottom ? 0 : real_clip(0.02 - 0.05 * gap, 0, 0.30) * long_hold;
    return uniform < up ? POLICY_HIKE : uniform < up + down ? POLICY_CUT : POLICY_HOLD;
}

static enum policy_phase next_phase(const struct market_state *state, double uniform, double alarm)
{
    const struct market_rates *rates = &state->rates;
    enum market_regime regime = state->economy.regime;
    double crash = real_clip((market_fall(&state->equity) - MARKET_CRASH) / CRASH_WHOLE, 0, 1);

    if (rates->target_next > TARGET_BOTTOM && alarm < CRASH_CUTS * crash)
        return POLICY_CUT;
    if (regime == REGIME_EXPANSION)
        return phase_in_expansion(rates, &state->economy, uniform);
    if (rates->target_next <= TARGET_BOTTOM)
        return POLICY_HOLD;
    if (rates->phase == POLICY_CUT)
        return POLICY_CUT;
    if (regime == REGIME_RECESSION)
        return uniform < 0.70 ? POLICY_CUT : rates->phase;
    return uniform < 0.25 ? POLICY_CUT : uniform < 0.60 ? POLICY_HOLD : rates->phase;
}

void market_policy_meeting(struct market_state *state, uint64_t seed, int64_t day)
{
    struct market_rates *rates = &state->rates;
    struct random_block block = random_at(seed, RANDOM_MARKET_MEETING, 0, (uint32_t)day, 0);
    double uniform[2] = {random_uniform(block.word[0]), random_uniform(block.word[1])};
    int next = rates->target + policy_move(rates, state->economy.regime, uniform);

    rates->target_next = next < TARGET_BOTTOM ? TARGET_BOTTOM
                         : next > TARGET_TOP  ? rates->target
                                              : next;
    rates->held = rates->target_next == rates->target ? rates->held + 1 : 0;
    rates->phase = next_phase(state, random_uniform(block.word[2]), random_uniform(block.word[3]));
}
